"""One method whose every iterate is kept in check, with the least worst case at its last step: no burn-in on the way.

A base method's residuals q_n and a table τ_1 … τ_T make the iterates P_n = 1 + Σ_{k≤n} τ_k d_k, d_k = q_k − q_{k−1},
all linear in τ, and V_n is convex in them. To minimise V_T subject to V_n ≤ peak for n < T is a linear programme over
cuts (`sequence_cuts`); for W_n = max|F±(P_n)| one over the conditions (n, λ, ±) (`sequence_search`): with z = 1/W_T
and y = zτ, z is largest subject to

    |zR + Σ y_k F±(d_k)| ≤ 1 at step T,    |zR + Σ_{k≤n} y_k F±(d_k)| ≤ z·peak at steps n < T.

Where G = 0 both are the same. What is proved of the answer, and of all other tables: `sequence_proofs`.

Where peak = R, the first τ_n that is not 0 must have τ_n F±(d_n) ≤ 0 on all of [ℓ, L], for both signs: as long as
F±(d_n) takes values of either sign, τ_n = 0, and if it always does, the method stands still. (For V_n there is a
condition on pairs of points, too: `first_free_exactly`.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from flint import arb, fmpq

from polyunroll.arithmetic.balls import BITS_PER_DIGIT, ball_precision, to_double
from polyunroll.arithmetic.exact import exact, is_symbolic, public, sign, to_float, whole_number
from polyunroll.bounds.cosine import derivative
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method, require_interval
from polyunroll.methods.jacobian_kernel import JacobianKernel
from polyunroll.methods.partial_sums import PartialSums, require_base
from polyunroll.optimal.answer import flattest
from polyunroll.optimal.exchange import ExchangeFailed
from polyunroll.optimal.minimax import Minimax, quotient, said_of
from polyunroll.optimal.problem import Problem
from polyunroll.optimal.sequence_cuts import CutSearch, first_free_exactly
from polyunroll.optimal.sequence_proofs import (
    SequenceDual,
    SequenceMixedDual,
    certified,
    dual_of,
    mixed_dual_of,
    start,
)
from polyunroll.optimal.sequence_search import Differences, SequenceSearch, first_free
from polyunroll.output.literals import decimal_literal, fraction_literal
from polyunroll.spectrum import Spectrum

__all__ = ["MinimaxSequence"]

_MAX_STEPS = {"pointwise": 100, "exact": 60}
"""By criterion, for G > 0."""
_MAX_FREE_STEPS = 300  # for G = 0
_MAX_DIGITS = 7
_LARGEST = 300.0  # of log |T_t(σ(0))| in doubles
_INWARD = (2e-9, 2e-8, 2e-7)  # how far inside the peak the search stays, relative to it


class MinimaxSequence(PartialSums):
    """The table τ_1 … τ_T with V_n ≤ peak at every step n < T and the least V_T: by default, no burn-in.

    Guaranteed, by certified suprema of the table found: V_n ≤ peak for every n < T, and V_T ≤ `upper`. With the default
    peak = R = V_0 that is V_n ≤ V_0 at every step. With the criterion "pointwise" it is W_n that is guaranteed, and V_n
    only to be ≤ √2·W_n: for G > 0 such a method may have a burn-in.

    The least over what: over all tables, for one base method. Its residuals q_0 = 1, q_1, … give the iterates
    P_n = 1 + Σ_{k≤n} τ_k (q_k − q_{k−1}): the base method runs, and one more vector collects its moves, each times its
    τ. (With the Chebyshev method as base these are the iterates of `FixedPolynomial`.) Any P_T of degree T has such a
    table where every q_k has degree k, but then the iterates before it are determined. So the bounds are of this family
    of methods, and `unconstrained` is the limit at T of all methods: `cost` is V_T (W_T) as a multiple of it.

    Its data (`as_data`) are those of `PartialSums`, which need no search: that is what certificates and schedules of it
    are built from again.

    Parameters
    ----------
    spectrum : Spectrum
        Without symbols, ℓ < L.
    T : int
        The horizon, at most 300 for G = 0, 100 for the criterion "pointwise" and 60 for "exact"; and so far as the
        least V_T is not below about 10⁻⁶·R, for the search is in doubles.
    R, G : exact numbers ≥ 0, not both 0
    split : {"total", "partial"}
    peak : exact number ≥ R, optional
        What V_n (W_n) is to be at most for n < T; by default R = V_0.
    base : Method, optional
        On the same spectrum; by default the Jacobian kernel of the Chebyshev weight.
    digits : int
        The two bounds are asked to agree to a relative 10^−digits, 1 to 7.
    criterion : {"exact", "pointwise"}
        Whether V_n and V_T are meant, or W_n and W_T. For G = 0 they are the same.

    Attributes
    ----------
    peak : exact number
    W, V : Enclosure
        W_T and V_T of this method; the one that is not least is computed when asked for.
    steps : tuple of Enclosure
        V_0 … V_T (or W_0 … W_T), certified, all but the last proved to be at most peak.
    lower, upper : Fraction
        lower ≤ least V_T (or W_T) ≤ upper, both proved.
    limit : Enclosure
        The same two.
    gap : Fraction
        (upper − lower)/upper, 0 where both are 0.
    dual : SequenceMixedDual, SequenceDual or None
        What proves `lower`; None where `proof` is a sentence that needs no numbers.
    proof : str
    unconstrained : Enclosure
        The least V_T (W_T) of any method with fixed coefficients.
    cost : Enclosure or None
        V_T (W_T) as a multiple of that; None where it is 0.

    Raises
    ------
    InvalidInput
        If an argument is none of these.
    LinearProgramFailed
        If HiGHS does not solve a linear programme of the search.
    ExchangeFailed
        If V_n ≤ peak could not be proved, or the gap asked for is not reached.

    Notes
    -----
    With peak = R and G > 0 the family often has to stand still: in the split `total` V_1 ≥ W_1 = R + G·max|P_1'| ≤ R
    asks for τ_1 = 0, and so on as long as the next difference has error polynomials of either sign. That is proved and
    said; a peak above R sets it free.

    A method with T + 2 vectors of memory may take any polynomial of degree n for P_n, so the best of its step
    (`Minimax`): its worst case is the limit at every n, never rises, and no constraint costs anything.

    Examples
    --------
    >>> from polyunroll import MinimaxSequence, Spectrum
    >>> steady = MinimaxSequence(Spectrum("1/100", 1), 10)
    >>> max(float(V) for V in steady.steps) <= 1
    True
    """

    name: ClassVar[str] = "minimax-sequence"
    options: ClassVar[tuple[str, ...]] = ()

    problem: Problem
    criterion: str
    peak: Any
    steps: tuple[Enclosure, ...]
    lower: Fraction
    dual: SequenceDual | SequenceMixedDual | None
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
        criterion: str = "exact",
    ) -> None:
        problem = replace(Problem.of(spectrum, T, R, G, split), whole=True)
        require_interval(spectrum, "a sequence")
        if criterion not in _MAX_STEPS:
            raise InvalidInput(f"criterion = {criterion!r} is not known; give {' or '.join(_MAX_STEPS)}")
        most = _MAX_STEPS[criterion] if sign(problem.G) > 0 else _MAX_FREE_STEPS
        if problem.t > most:
            raise InvalidInput(f"T = {T} is beyond what the search can do; give T <= {most}")
        if problem.scales[2] > _LARGEST:
            raise InvalidInput(f"T = {T} steps on {spectrum} are beyond doubles; give fewer steps")
        wanted = whole_number(digits, "digits", 1)
        if wanted > _MAX_DIGITS:
            raise InvalidInput(f"digits = {digits} is not allowed; give 1 to {_MAX_DIGITS}")
        bound = problem.R if peak is None else exact(peak, "peak")
        if is_symbolic(bound) or sign(bound - problem.R) < 0:
            raise InvalidInput(
                f"peak = {peak} is not allowed; the start is R, so give a number >= R = {public(problem.R)}"
            )
        base = JacobianKernel(spectrum) if base is None else base
        _check_base(base, problem)
        found = _found(problem, base, bound, wanted, criterion)
        shown = ", ".join(f"{n}={fraction_literal(v)}" for n, v in (("R", problem.R), ("G", problem.G)))
        symbol = "V" if criterion == "exact" else "W"
        label = f"minimax sequence, T={problem.t}, {shown}, {symbol}<={fraction_literal(bound)}"
        self._define_on(base, found.tails, label)
        for name, value in (("problem", problem), ("criterion", criterion), ("peak", public(bound))):
            object.__setattr__(self, name, value)
        for name in ("steps", "lower", "dual", "proof"):
            object.__setattr__(self, name, getattr(found, name))
        kept = f"{symbol}_n <= {fraction_literal(bound)} at every n < {problem.t}, proved"
        least = f"{symbol}_{problem.t} of any method that scales the moves of {base.label} and keeps this"
        said = said_of(least, self.limit, problem)
        object.__setattr__(self, "found", f"{kept}; {said}")

    @property
    def upper(self) -> Fraction:
        """The certified V_T (W_T) of this method."""
        return self.steps[-1].upper

    @property
    def limit(self) -> Enclosure:
        """The least V_T (W_T) of the family's methods with V_n (W_n) ≤ peak for n < T."""
        return Enclosure(self.lower, self.upper, proved="certified suprema; dual weights", note=self.proof)

    @property
    def gap(self) -> Fraction:
        """(upper − lower)/upper, 0 where both are 0."""
        return self.limit.relative_width

    @cached_property
    def W(self) -> Enclosure:
        """W_T of this method."""
        return self._last("pointwise")

    @cached_property
    def V(self) -> Enclosure:
        """V_T of this method."""
        return self._last("exact")

    def _last(self, criterion: str) -> Enclosure:
        problem = self.problem
        if criterion == self.criterion:
            return self.steps[-1]
        return worst_case(self, problem.t, problem.R, problem.G, criterion=criterion, split=problem.split)

    @cached_property
    def unconstrained(self) -> Enclosure:
        """The least V_T (W_T) of any method with fixed coefficients."""
        problem = self.problem
        digits = 8 if self.criterion == "pointwise" else 6
        return Minimax(
            self.spectrum, problem.t, problem.R, problem.G, problem.split, digits, criterion=self.criterion
        ).limit

    @property
    def cost(self) -> Enclosure | None:
        """V_T (W_T) as a multiple of the unconstrained limit."""
        return quotient(self.steps[-1], self.unconstrained)

    def __repr__(self) -> str:
        problem = self.problem
        sizes = f"R={fraction_literal(problem.R)}, G={fraction_literal(problem.G)}, split={problem.split}"
        return f"MinimaxSequence({self.spectrum}, T={problem.t}, {sizes}, peak={fraction_literal(exact(self.peak))})"


def _check_base(base: Any, problem: Problem) -> None:
    require_base(base, problem.t)
    if base.spectrum.parameters != problem.spectrum.parameters:
        raise InvalidInput(f"the base {base!r} is not on the spectrum {problem.spectrum}")


@dataclass(frozen=True)
class _Sequence:
    """What is found: the table, the worst case at steps 0 … T, the lower bound and its proof."""

    tails: tuple[Any, ...]
    steps: tuple[Enclosure, ...]
    lower: Fraction
    dual: SequenceDual | SequenceMixedDual | None
    proof: str


def _found(problem: Problem, base: Method, peak: Any, digits: int, criterion: str) -> _Sequence:
    if sign(problem.R) == 0:
        return _still(problem, "R = 0: P ≡ 1 has P' = 0")
    if problem.t == 0:
        return _still(problem, "T = 0: P ≡ 1 is the only polynomial")
    if problem.t == 1 and problem.split == "total":
        return _still(problem, "T = 1: E ≡ 1 for every P, so that P ≡ 1 is optimal")
    bits = int((digits + 3) * BITS_PER_DIGIT) + 256 + int(6 * problem.scales[2])
    rows = Differences(problem, base, bits)
    mixed = criterion == "exact" and sign(problem.G) > 0
    first: int | None = 1
    if sign(peak - problem.R) == 0:
        first = first_free_exactly(rows) if mixed else first_free(rows)
    if first is None:
        symbol = "V" if mixed else "W"
        words = (
            "weights with R·Σw A(q_n − q_{n−1}) ± G·√(Σw B²) of either sign"
            if mixed
            else ("every F±(q_n − q_{n−1}) takes values of either sign")
        )
        return _still(problem, f"{words}: {symbol}_n <= R for n < T and {symbol}_T <= R only for P ≡ 1")
    failure: ExchangeFailed | None = None
    for inward in _INWARD:
        share = to_float(peak / problem.R) * (1 - inward)
        try:
            if mixed:
                return _proved_exactly(rows, base, CutSearch(rows, first, share), peak, digits, inward)
            return _proved(rows, base, SequenceSearch(rows, first, share), peak, digits)
        except ExchangeFailed as one:
            failure = one
    assert failure is not None
    raise failure


def _still(problem: Problem, proof: str) -> _Sequence:
    value = start(problem, proof)
    return _Sequence((fmpq(0),) * problem.t, (value,) * (problem.t + 1), value.lower, None, proof)


def _proved(rows: Differences, base: Method, search: SequenceSearch, peak: Any, digits: int) -> _Sequence:
    search.run()
    tails = [fmpq(*float(v).as_integer_ratio()) for v in search.tau]
    if rows.free:
        tails[0] = _flat(rows, tails)
    steps = certified(rows.problem, base, tails, search.first, peak, digits, "pointwise")
    dual = dual_of(rows, search, peak, digits)
    proof = "weights with Σ_{n >= k} w F(q_k − q_{k−1}) = 0: W_T >= (R·Σw − peak·Σ_{n<T}|w|)/Σ_{n=T}|w|"
    return _whole(rows, search.first, tails, steps, dual, proof, digits)


def _proved_exactly(
    rows: Differences, base: Method, search: CutSearch, peak: Any, digits: int, inward: float
) -> _Sequence:
    search.run(inward / 2)
    tails = [fmpq(*float(v).as_integer_ratio()) for v in search.tau]
    steps = certified(rows.problem, base, tails, search.first, peak, digits, "exact")
    dual = mixed_dual_of(rows, search, peak, digits)
    proof = (
        "weights with Σ_{n >= k} (p RA + q GB)(q_k − q_{k−1}) = 0, and Cauchy's inequality: "
        "V_T >= (R·Σp − peak·Σ_{n<T} N_n)/N_T, N_n = max over s of Σ √(p²s + q²(1−s)) at step n"
    )
    return _whole(rows, search.first, tails, steps, dual, proof, digits)


def _whole(
    rows: Differences,
    first: int,
    tails: list[fmpq],
    steps: tuple[Enclosure, ...],
    dual: SequenceDual | SequenceMixedDual,
    proof: str,
    digits: int,
) -> _Sequence:
    """What was found, if the gap is what was asked for.

    Raises
    ------
    ExchangeFailed
    """
    gap = 1 - dual.bound / steps[-1].upper
    if gap > Fraction(1, 10**digits):
        raise ExchangeFailed(
            f"the search for T = {rows.problem.t} with a peak ended with a gap of {decimal_literal(gap, 2)}, above "
            f"1e-{digits}; ask for fewer digits"
        )
    if sign(rows.problem.R - exact(steps[-1].upper)) < 0:
        return replace(_still(rows.problem, f"{proof}; P ≡ 1 is as good as any"), lower=dual.bound, dual=dual)
    if first > (2 if rows.free else 1):
        proof += f"; the peak asks for P_n ≡ 1 up to n = {first - 1}"
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
