"""One method whose every iterate is kept in check, with the least worst case at its last step: no burn-in on the way.

A base method's residuals q_n and a table τ_1 … τ_T make the iterates P_n = 1 + Σ_{k≤n} τ_k d_k, d_k = q_k − q_{k−1},
all linear in τ. To minimise W_T = max|F±(P_T)| subject to W_n ≤ peak for n < T is a semi-infinite linear programme over
the conditions (n, λ, ±): with z = 1/W_T and y = zτ, z is largest subject to

    |zR + Σ y_k F±(d_k)| ≤ 1 at step T,    |zR + Σ_{k≤n} y_k F±(d_k)| ≤ z·peak at steps n < T.

Lower bound: where Σ_j μ_j F_j(d_k) + Σ_{i: n_i ≥ k} ν_i F_i(d_k) = 0 for every k, every table has

    R(Σμ_j + Σν_i) = Σ μ_j F_j(P_T) + Σ ν_i F_i(P_{n_i}) ≤ W_T·Σ|μ_j| + peak·Σ|ν_i|.

Where peak = R, the first τ_n that is not 0 must have τ_n F±(d_n) ≤ 0 on all of [ℓ, L], for both signs: as long as
F±(d_n) takes values of either sign, τ_n = 0, and if it always does, the method stands still.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from flint import arb, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision, to_double
from polyunroll.arithmetic.exact import exact, public, sign, to_float, whole_number
from polyunroll.bounds.cosine import derivative
from polyunroll.bounds.enclosure import Enclosure, Portable, lower_fraction, upper_fraction
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method, require_interval
from polyunroll.methods.jacobian_kernel import JacobianKernel
from polyunroll.optimal.answer import flattest
from polyunroll.optimal.exchange import ExchangeFailed
from polyunroll.optimal.minimax import Minimax, quotient
from polyunroll.optimal.partial_sums import collected, own_values
from polyunroll.optimal.problem import Problem, rounded
from polyunroll.optimal.sequence_search import Differences, SequenceSearch, first_free
from polyunroll.optimal.weights import nearest_weights
from polyunroll.output.literals import decimal_literal, fraction_literal
from polyunroll.spectrum import Spectrum

__all__ = ["MinimaxSequence", "SequenceDual"]

_BITS_PER_DIGIT = 3.3219280948873626
_MAX_STEPS = 100
_MAX_DIGITS = 7
_LARGEST = 300.0  # of log |T_t(σ(0))| in doubles
_INWARD = (2e-9, 2e-8, 2e-7)  # how far inside the peak the search stays, relative to it


@dataclass(frozen=True)
class SequenceDual(Portable):
    """Proof of a lower bound: Σ weights·F_σ(λ)(d_k) over the conditions of steps ≥ k is 0, for every k that is free.

    Attributes
    ----------
    steps : tuple of int
        n of each condition.
    points : tuple of exact numbers
    sides : tuple of {1, −1}
        Of RA + GB and RA − GB.
    weights : tuple of Enclosure
    first : int
        τ_k = 0 for k below (or λ itself costs nothing, for G = 0 in the split `total`).
    bound : Fraction
        At most (R·Σ weights − peak·Σ_{n<T}|weights|)/Σ_{n=T}|weights|.
    """

    steps: tuple[int, ...]
    points: tuple[Any, ...]
    sides: tuple[int, ...]
    weights: tuple[Enclosure, ...]
    first: int
    bound: Fraction


class MinimaxSequence(Method):
    """The table τ_1 … τ_T with W_n ≤ peak at every step n < T and the least W_T.

    The least over what: over all tables, for one base method. Its residuals q_0 = 1, q_1, … give the iterates
    P_n = 1 + Σ_{k≤n} τ_k (q_k − q_{k−1}): the base method runs, and one more vector collects its moves, each times its
    τ. (With the Chebyshev method as base these are the iterates of `FixedPolynomial`.) Any P_T of degree T has such a
    table where every q_k has degree k, but then the iterates before it are determined. So the bounds are of this family
    of methods, and `unconstrained` is the limit at T of all methods: `cost` is W_T as a multiple of it.

    Parameters
    ----------
    spectrum : Spectrum
        Without symbols, ℓ < L.
    T : int
        The horizon, at most 100; and so far as the least W_T is not below about 10⁻⁶·R, for the search is in doubles.
    R, G : exact numbers ≥ 0, not both 0
    split : {"total", "partial"}
    peak : exact number ≥ R, optional
        What W_n is to be at most for n < T; by default R = W_0: no burn-in in W.
    base : Method, optional
        On the same spectrum; by default the Jacobian kernel of the Chebyshev weight.
    digits : int
        The two bounds are asked to agree to a relative 10^−digits, 1 to 7.

    Attributes
    ----------
    peak : exact number
    W : Enclosure
        W_T, certified.
    V : Enclosure
        V_T, certified. For G = 0 W_n and V_n are the same; otherwise W_n ≤ V_n ≤ √2·W_n.
    steps : tuple of Enclosure
        W_0 … W_T, certified, all but the last proved to be at most peak.
    lower, upper : Fraction
        lower ≤ least W_T ≤ upper, both proved.
    limit : Enclosure
        The same two.
    gap : Fraction
        (upper − lower)/upper, 0 where both are 0.
    dual : SequenceDual or None
        What proves `lower`; None where `proof` is a sentence that needs no numbers.
    proof : str
    unconstrained : Enclosure
        The least W_T of any method with fixed coefficients.
    cost : Enclosure or None
        W_T as a multiple of that; None where it is 0.

    Raises
    ------
    InvalidInput
        If an argument is none of these.
    LinearProgramFailed
        If HiGHS does not solve a linear programme of the search.
    ExchangeFailed
        If W_n ≤ peak could not be proved, or the gap asked for is not reached.

    Notes
    -----
    With peak = R and G > 0 the family often has to stand still: in the split `total` W_1 = R + G·max|P_1'| ≤ R asks for
    τ_1 = 0, and so on as long as the next difference has error polynomials of either sign. That is proved and said; a
    peak above R sets it free.

    A method with T + 2 vectors of memory may take any polynomial of degree n for P_n, so the best of its step
    (`Minimax`): its W_n is the limit at every n, never rises, and no constraint costs anything.

    Examples
    --------
    >>> from polyunroll import MinimaxSequence, Spectrum
    >>> steady = MinimaxSequence(Spectrum("1/100", 1), 10)
    >>> max(float(W) for W in steady.steps) <= 1
    True
    """

    name: ClassVar[str] = "minimax-sequence"
    options: ClassVar[tuple[str, ...]] = ()

    problem: Problem
    base: Method
    peak: Any
    W: Enclosure
    steps: tuple[Enclosure, ...]
    lower: Fraction
    dual: SequenceDual | None
    proof: str

    def __init__(
        self,
        spectrum: Spectrum,
        T: int,
        R: Any = 1,
        G: Any = 0,
        split: str = "total",
        peak: Any = None,
        digits: int = 6,
        base: Method | None = None,
    ) -> None:
        problem = replace(Problem.of(spectrum, T, R, G, split), whole=True)
        require_interval(spectrum, "a sequence")
        if problem.t > _MAX_STEPS:
            raise InvalidInput(f"T = {T} is beyond what the search can do; give T <= {_MAX_STEPS}")
        if problem.scales[2] > _LARGEST:
            raise InvalidInput(f"T = {T} steps on {spectrum} are beyond doubles; give fewer steps")
        wanted = whole_number(digits, "digits", 1)
        if wanted > _MAX_DIGITS:
            raise InvalidInput(f"digits = {digits} is not allowed; give 1 to {_MAX_DIGITS}")
        bound = problem.R if peak is None else exact(peak, "peak")
        if type(bound).__name__ == "Symbolic" or sign(bound - problem.R) < 0:
            raise InvalidInput(f"peak = {peak} is not allowed; W_0 = R, so give a number >= R = {public(problem.R)}")
        base = JacobianKernel(spectrum) if base is None else base
        _check_base(base, problem)
        found = _found(problem, base, bound, wanted)
        shown = ", ".join(f"{n}={fraction_literal(v)}" for n, v in (("R", problem.R), ("G", problem.G)))
        label = f"minimax sequence, T={problem.t}, {shown}, W<={fraction_literal(bound)}"
        self._define(spectrum, collected(base, found.tails), label, **own_values(base))
        object.__setattr__(self, "problem", problem)
        object.__setattr__(self, "base", base)
        object.__setattr__(self, "peak", public(bound))
        object.__setattr__(self, "W", found.steps[-1])
        for name in ("steps", "lower", "dual", "proof"):
            object.__setattr__(self, name, getattr(found, name))

    @property
    def upper(self) -> Fraction:
        """The certified W_T of this method."""
        return self.W.upper

    @property
    def limit(self) -> Enclosure:
        """The least W_T of the family's methods with W_n ≤ peak for n < T."""
        return Enclosure(self.lower, self.upper, proved="certified suprema; dual weights", note=self.proof)

    @property
    def gap(self) -> Fraction:
        """(upper − lower)/upper, 0 where both are 0."""
        return (self.upper - self.lower) / self.upper if self.upper else Fraction(0)

    @cached_property
    def V(self) -> Enclosure:
        """V_T of this method."""
        problem = self.problem
        return worst_case(self, problem.t, problem.R, problem.G, split=problem.split)

    @cached_property
    def unconstrained(self) -> Enclosure:
        """The least W_T of any method with fixed coefficients."""
        problem = self.problem
        return Minimax(self.spectrum, problem.t, problem.R, problem.G, problem.split, digits=8).limit

    @property
    def cost(self) -> Enclosure | None:
        """W_T as a multiple of the unconstrained limit."""
        return quotient(self.W, self.unconstrained)

    @property
    def tails(self) -> tuple[Any, ...]:
        """τ_1 … τ_T, exactly."""
        return self.program.registers[-1].table or ()

    def __repr__(self) -> str:
        problem = self.problem
        sizes = f"R={fraction_literal(problem.R)}, G={fraction_literal(problem.G)}, split={problem.split}"
        return f"MinimaxSequence({self.spectrum}, T={problem.t}, {sizes}, peak={fraction_literal(exact(self.peak))})"


def _check_base(base: Any, problem: Problem) -> None:
    if not isinstance(base, Method):
        raise InvalidInput(f"base = {base!r} is not a method; give one, such as Chebyshev(spectrum)")
    if base.is_symbolic or base.spectrum.parameters != problem.spectrum.parameters:
        raise InvalidInput(f"the base {base!r} is not on the spectrum {problem.spectrum}, or has symbols")
    base.require_steps(problem.t)


@dataclass(frozen=True)
class _Sequence:
    """What is found: the table, W_0 … W_T, the lower bound and its proof."""

    tails: tuple[Any, ...]
    steps: tuple[Enclosure, ...]
    lower: Fraction
    dual: SequenceDual | None
    proof: str


def _found(problem: Problem, base: Method, peak: Any, digits: int) -> _Sequence:
    if sign(problem.R) == 0:
        return _still(problem, "R = 0: P ≡ 1 has P' = 0")
    if problem.t == 0:
        return _still(problem, "T = 0: P ≡ 1 is the only polynomial")
    if problem.t == 1 and problem.split == "total":
        return _still(problem, "T = 1: E ≡ 1 for every P, so that P ≡ 1 is optimal")
    bits = int((digits + 3) * _BITS_PER_DIGIT) + 256 + int(6 * problem.scales[2])
    rows = Differences(problem, base, bits)
    first = first_free(rows) if sign(peak - problem.R) == 0 else 1
    if first is None:
        words = "every F±(q_n − q_{n−1}) takes values of either sign: W_n <= R for n < T and W_T <= R only for P ≡ 1"
        return _still(problem, words)
    failure: ExchangeFailed | None = None
    for inward in _INWARD:
        search = SequenceSearch(rows, first, to_float(peak / problem.R) * (1 - inward))
        search.run()
        try:
            return _proved(rows, base, search, peak, digits)
        except ExchangeFailed as one:
            failure = one
    assert failure is not None
    raise failure


def _still(problem: Problem, proof: str) -> _Sequence:
    W = _start(problem, proof)
    return _Sequence((fmpq(0),) * problem.t, (W,) * (problem.t + 1), W.lower, None, proof)


def _start(problem: Problem, why: str) -> Enclosure:
    """R = W_0."""
    shown = public(problem.R)
    if isinstance(shown, Fraction):
        return Enclosure(shown, shown, proved=why)
    with ball_precision(128):
        return Enclosure(lower_fraction(ball(problem.R)), upper_fraction(ball(problem.R)), proved=why)


# -- proofs ------------------------------------------------------------------------------------------------------------
def _proved(rows: Differences, base: Method, search: SequenceSearch, peak: Any, digits: int) -> _Sequence:
    problem = rows.problem
    tails = [fmpq(*float(v).as_integer_ratio()) for v in search.tau]
    if rows.free:
        tails[0] = _flat(rows, tails)
    steps = _certified(problem, base, tails, search.first, peak, digits)
    dual = _dual(rows, search, peak, digits)
    gap = 1 - dual.bound / steps[-1].upper
    if gap > Fraction(1, 10**digits):
        raise ExchangeFailed(
            f"the search for T = {problem.t} with W_n <= peak ended with a gap of {decimal_literal(gap, 2)}, above "
            f"1e-{digits}; ask for fewer digits"
        )
    proof = "weights with Σ_{n >= k} w F(q_k − q_{k−1}) = 0: W_T >= (R·Σw − peak·Σ_{n<T}|w|)/Σ_{n=T}|w|"
    if search.first > (2 if rows.free else 1):
        proof += f"; W_n <= R asks for P_n ≡ 1 up to n = {search.first - 1}"
    return _Sequence(tuple(tails), steps, dual.bound, dual, proof)


def _flat(rows: Differences, tails: list[fmpq]) -> fmpq:
    """τ_1, which E does not see, so that max|P_T'| is nearly least: d_1 is a multiple of λ."""
    radius = to_float(rows.problem.spectrum.radius)
    with ball_precision(128):
        total = [
            sum((arb(t) * d[k] for t, d in zip(tails, rows.a, strict=True)), arb(0)) for k in range(len(tails) + 1)
        ]
        shift = flattest(derivative(total, arb(radius))) * radius / to_double(rows.a[0][1])
    return fmpq(*float(shift).as_integer_ratio()) + tails[0]


def _certified(
    problem: Problem, base: Method, tails: list[fmpq], first: int, peak: Any, digits: int
) -> tuple[Enclosure, ...]:
    """W_0 … W_T; P_n ≡ 1 or E_n ≡ 1 before the first step that counts.

    Raises
    ------
    ExchangeFailed
        If one of them is not proved to be at most peak.
    """
    method = object.__new__(MinimaxSequence)
    method._define(problem.spectrum, collected(base, tuple(tails)), "sequence", **own_values(base))
    T, how = problem.t, {"criterion": "pointwise", "split": problem.split}
    still = [_start(problem, "E ≡ 1")] * first
    later = worst_case(method, range(first, T + 1), problem.R, problem.G, max(digits + 2, 12), **how)
    for n, W in enumerate(later[:-1], first):
        if sign(peak - exact(W.upper)) < 0:
            raise ExchangeFailed(
                f"W_{n} <= {public(peak)} was not proved for T = {T}: it is at most {decimal_literal(W.upper, 12)}"
            )
    return (*still, *later)


def _dual(rows: Differences, search: SequenceSearch, peak: Any, digits: int) -> SequenceDual:
    problem, columns = rows.problem, search.columns
    bits = int((digits + 3) * _BITS_PER_DIGIT) + 2
    with ball_precision(bits + 192 + int(4 * problem.scales[2])):
        conditions = [rounded(float(a), int(b)) for a, b in zip(search.theta, search.side, strict=True)]
        whole = rows.in_balls(conditions)
        counted = [[row[k] if k < n else arb(0) for k in columns] for row, n in zip(whole, search.steps, strict=True)]
        weights = nearest_weights(counted, [arb(float(v)) for v in search.weights], [arb(0)] * columns.size)
        if weights is None:
            raise ExchangeFailed(f"the weights of the lower bound for T = {problem.t} were not enclosed")
        last = [n == problem.t for n in search.steps]
        total = sum((abs(w) for w, is_last in zip(weights, last, strict=True) if is_last), arb(0))
        own = sum((abs(w) for w, is_last in zip(weights, last, strict=True) if not is_last), arb(0))
        if not total > 0:
            raise ExchangeFailed(f"the weights of the lower bound for T = {problem.t} were not enclosed")
        bound = (ball(problem.R) * sum(weights, arb(0)) - ball(peak) * own) / total
        return SequenceDual(
            tuple(int(n) for n in search.steps),
            tuple(public(problem.point(c)) for c in conditions),
            tuple(c.side for c in conditions),
            tuple(Enclosure(lower_fraction(v), upper_fraction(v)) for v in weights),
            search.first,
            max(lower_fraction(bound.lower()), Fraction(0)),
        )
