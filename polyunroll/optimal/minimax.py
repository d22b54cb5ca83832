"""Minimax-optimal methods: the least worst case a horizon allows, with a proved bound from either side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from flint import arb, fmpq

from polyunroll.arithmetic.balls import BITS_PER_DIGIT, ball_precision, midpoint
from polyunroll.arithmetic.exact import exact, public, sign, whole_number
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput
from polyunroll.methods.chebyshev_series import FixedPolynomial
from polyunroll.optimal.answer import Known, dyadic_tails
from polyunroll.optimal.constant import by_newton, by_programme
from polyunroll.optimal.constrained import BoundedDual, bounded, keeps, residual_bound, residual_size
from polyunroll.optimal.exact import MixedDual, cutting_planes, mixed_dual
from polyunroll.optimal.exchange import ExchangeFailed, find_reference
from polyunroll.optimal.problem import Problem
from polyunroll.optimal.remez import Dual, Polished, dual_of, polished
from polyunroll.output.literals import decimal_literal, fraction_literal
from polyunroll.spectrum import Spectrum

__all__ = ["Minimax", "horizon", "quotient", "said_of"]

_SHOWN = 6  # digits of the limit in reports
_DIGITS = {"pointwise": (30, 300), "exact": (6, 8), "bounded": (6, 8)}
"""By criterion, or with max_residual: how many are usual, and how many at most."""


class Minimax(FixedPolynomial):
    """The polynomial of degree ≤ t with P(0) = 1 and the least W_t = max|E|R + |D|G (or |P|R + |P'|G) on [ℓ, L].

    No method with fixed coefficients has a smaller W_t, or a smaller V_t ≥ W_t. The table holds the polynomial found,
    rounded to dyadic numbers; `upper` is its own certified W_t, `lower` a proved bound for every polynomial. With the
    criterion "exact" it is V_t that is least, and that the two bounds are of.

    Parameters
    ----------
    spectrum : Spectrum
        Without symbols.
    t : int
        The horizon.
    R, G : exact numbers ≥ 0, not both 0
    split : {"total", "partial"}
    digits : int, default 30, or 6 for the criterion "exact" and with max_residual
        The two bounds are asked to agree to a relative 10^−digits, 1 to 300, or 8 for those two, whose search is in
        doubles.
    criterion : {"pointwise", "exact"}
        Whether W_t or V_t is to be least.
    max_residual : exact number, optional
        Only polynomials with max|P| ≤ this are looked at, so that ‖x_t − x*‖ is at most so many times its start. At
        least 1/|T_t(σ(0))|, which only the Chebyshev polynomial attains. For the criterion "pointwise".

    Attributes
    ----------
    upper, lower : Fraction
        lower ≤ least W_t (or V_t) ≤ upper, both proved.
    limit : Enclosure
        The same two.
    gap : Fraction
        (upper − lower)/upper, 0 where both are 0.
    W, V : Enclosure
        W_t and V_t of this method; the one that is not least is computed when asked for. W_t ≤ V_t ≤ √2·W_t.
    residual_size : Enclosure
        max|P| of this method; proved to be at most max_residual where that is given.
    dual : Dual, MixedDual, BoundedDual or None
        What proves `lower`; None where `proof` is a sentence that needs no numbers.
    proof : str
        How the lower bound is proved, and what is known of other optimal polynomials.

    Raises
    ------
    InvalidInput
        If an argument is none of these.
    LinearProgramFailed
        If HiGHS does not solve a linear programme of the search.
    ExchangeFailed
        If the search does not reach the gap asked for.

    Notes
    -----
    Optimal polynomials need not be unique. For G = 0 in the split `total` P may be changed by any multiple of λ; the
    one with the least max|P'|, nearly, is taken. For G > 0 and small t, P ≡ 1 is optimal, and among others perhaps; it
    is taken wherever it is proved to be: such a method stands still. For R = 0 it always is.

    References
    ----------
    Cheney, Introduction to Approximation Theory, 1966, Chapters 2 and 3 (duality, de la Vallée-Poussin's bound, Remez).

    Examples
    --------
    >>> from polyunroll import Minimax, Spectrum
    >>> best = Minimax(Spectrum("1/100", 1), 10)
    >>> str(best.limit)
    '0.85328808157156704109'
    """

    name: ClassVar[str] = "minimax"
    is_whole: ClassVar[bool] = True
    options: ClassVar[tuple[str, ...]] = ("horizon", "max-residual", "no-burn-in", "peak", "base", "real-roots")

    problem: Problem
    criterion: str
    max_residual: Any
    lower: Fraction
    dual: Dual | MixedDual | BoundedDual | None
    proof: str
    _value: Enclosure

    def __init__(
        self,
        spectrum: Spectrum,
        t: int,
        R: Any = 1,
        G: Any = 0,
        split: str = "total",
        digits: int | None = None,
        criterion: str = "pointwise",
        max_residual: Any = None,
    ) -> None:
        problem = Problem.of(spectrum, t, R, G, split)
        if criterion not in _DIGITS:
            raise InvalidInput(f"criterion = {criterion!r} is not known; give {' or '.join(_DIGITS)}")
        if max_residual is not None and criterion != "pointwise":
            raise InvalidInput(f"max_residual is for the criterion pointwise; {criterion} has none")
        usual, most = _DIGITS[criterion if max_residual is None else "bounded"]
        wanted = usual if digits is None else whole_number(digits, "digits", 1)
        if wanted > most:
            raise InvalidInput(f"digits = {digits} is not allowed; give 1 to {most}")
        c = None if max_residual is None else residual_bound(problem, max_residual)
        known = _closed(problem) or (_search if criterion == "pointwise" else _exact_search)(problem, wanted)
        if c is not None and not keeps(spectrum, known.tails, c):
            known = bounded(problem, c, wanted)
        self._define_tails(spectrum, known.tails)
        shown = ", ".join(f"{name}={fraction_literal(v)}" for name, v in (("R", problem.R), ("G", problem.G)))
        object.__setattr__(self, "label", f"minimax, t={problem.t}, {shown}")
        if c is not None:
            object.__setattr__(self, "label", f"{self.label}, |P|<={fraction_literal(c)}")
        for name, value in (("problem", problem), ("criterion", criterion), ("_value", known.value)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "max_residual", None if c is None else public(c))
        for name in ("lower", "dual", "proof"):
            object.__setattr__(self, name, getattr(known, name))
        whose = "any method" if c is None else f"any method with max|P| <= {fraction_literal(c)}"
        symbol = "W" if criterion == "pointwise" else "V"
        object.__setattr__(self, "found", said_of(f"{symbol}_{problem.t} of {whose}", self.limit, problem))

    @property
    def upper(self) -> Fraction:
        """The certified W_t of this method, or V_t if that is to be least."""
        return self._value.upper

    @property
    def limit(self) -> Enclosure:
        """The least W_t of any method with fixed coefficients, or V_t; with max_residual, of those that keep it."""
        return Enclosure(self.lower, self.upper, proved="certified supremum; dual weights", note=self.proof)

    @property
    def gap(self) -> Fraction:
        """(upper − lower)/upper, 0 where both are 0."""
        return self.limit.relative_width

    @cached_property
    def W(self) -> Enclosure:
        """W_t of this method."""
        return self._value if self.criterion == "pointwise" else self._other("pointwise")

    @cached_property
    def V(self) -> Enclosure:
        """V_t of this method."""
        return self._value if self.criterion == "exact" else self._other("exact")

    @cached_property
    def residual_size(self) -> Enclosure:
        """max|P_t| on [ℓ, L], certified."""
        return residual_size(self.spectrum, self.tails, 20)

    def _other(self, criterion: str) -> Enclosure:
        problem = self.problem
        return worst_case(self, problem.t, problem.R, problem.G, criterion=criterion, split=problem.split)

    def as_data(self) -> dict[str, Any]:
        """The polynomial found as a method of the family `polynomial`: its table says all, without a search."""
        return {**super().as_data(), "name": FixedPolynomial.name}

    @classmethod
    def from_options(cls, spectrum: Spectrum, options: Mapping[str, str]) -> Minimax:
        """Take --horizon, -R, -G, --split and --max-residual; for the others see `minimax_from_options`."""
        how = (options.get("R", "1"), options.get("G", "0"), options.get("split", "total"))
        return cls(spectrum, horizon(options), *how, max_residual=options.get("max-residual"))

    def __repr__(self) -> str:
        problem = self.problem
        sizes = f"R={fraction_literal(problem.R)}, G={fraction_literal(problem.G)}, split={problem.split}"
        bound = "" if self.max_residual is None else f", max_residual={fraction_literal(exact(self.max_residual))}"
        return f"Minimax({self.spectrum}, t={problem.t}, {sizes}{bound})"


def horizon(options: Mapping[str, str]) -> int:
    """The --horizon of the command line, which the method minimax needs."""
    if "horizon" not in options:
        raise InvalidInput("the method minimax needs --horizon, the number of steps it is optimal at")
    text = options["horizon"]
    if not text.isdecimal() or len(text) > 9:
        raise InvalidInput(f"horizon = {text!r} is not allowed; give a whole number ≥ 0")
    return int(text)


# -- without a search --------------------------------------------------------------------------------------------------
def _closed(problem: Problem) -> Known | None:
    """Where an optimal polynomial is known: R = 0, t = 0, t = 1 in the split `total`, spectra of one point."""
    t, R, G, point = problem.t, problem.R, problem.G, problem.spectrum.low
    still = (fmpq(0),) * t
    if sign(R) == 0 and t >= 0:
        return _exactly(problem, still, fmpq(0), "R = 0: P ≡ 1 has P' = 0, and is the only one for G > 0")
    if t == 0:
        return _exactly(problem, still, R, "t = 0: P ≡ 1 is the only polynomial")
    if t == 1 and problem.split == "total":
        return _exactly(problem, still, R, "t = 1: E ≡ 1 for every P, so that P ≡ 1 is optimal, and for G = 0 all are")
    if sign(problem.spectrum.radius) != 0:
        return None
    if t > 1:
        method = FixedPolynomial(problem.spectrum, [1, -2 / point, 1 / point**2, *([0] * (t - 2))])
        return _exactly(problem, method.tails, fmpq(0), "one eigenvalue: P = (1 − λ/ℓ)² and P' vanish there")
    if sign(G / point - R) < 0:
        method = FixedPolynomial(problem.spectrum, [1, -1 / point])
        return _exactly(
            problem, method.tails, G / point, "one eigenvalue, t = 1: of P = 1 + aλ, linear between the ends"
        )
    return _exactly(problem, still, R, "one eigenvalue, t = 1: of P = 1 + aλ, linear between the ends")


def _exactly(problem: Problem, tails: tuple[Any, ...], value: Any, proof: str, dual: Dual | None = None) -> Known:
    shown = public(value)
    if isinstance(shown, Fraction):
        W = Enclosure(shown, shown, proved=proof)
    else:
        method = FixedPolynomial.from_tails(problem.spectrum, tails)
        W = worst_case(method, problem.t, problem.R, problem.G, criterion="pointwise", split=problem.split)
    return Known(tails, W, W.lower, dual, proof)


# -- by search ---------------------------------------------------------------------------------------------------------
def _search(problem: Problem, digits: int) -> Known:
    bits = int((digits + 2) * BITS_PER_DIGIT) + 2
    if sign(problem.G) > 0 and (constant := by_programme(problem, bits)) is not None:
        return _standing_still(problem, constant)
    reference = find_reference(problem, unless_constant=True)
    if reference is None:
        if (constant := by_newton(problem, bits)) is not None:
            return _standing_still(problem, constant)
        reference = find_reference(problem)
    assert reference is not None
    try:
        return _proved(problem, polished(problem, reference, bits), digits, bits)
    except ExchangeFailed as failure:
        return _nearly_constant(problem, failure, digits)


def _proved(problem: Problem, found: Polished, digits: int, bits: int) -> Known:
    dual = dual_of(problem, found.conditions, bits)
    tails = dyadic_tails(problem, found, bits)
    method = FixedPolynomial.from_tails(problem.spectrum, tails)
    W = worst_case(method, problem.t, problem.R, problem.G, digits + 2, criterion="pointwise", split=problem.split)
    gap = 1 - dual.bound / W.upper
    if gap > Fraction(1, 10**digits):
        raise ExchangeFailed(
            f"the search for t = {problem.t} ended with a gap of {decimal_literal(gap, 2)}, above 1e-{digits}; "
            "the reference was not optimal",
            found.conditions,
        )
    proof = "weights μ_j with Σ μ_j F_j(P) = P(0) for all P of degree ≤ t: W ≥ 1/Σ|μ_j|"
    if len(problem.columns) == problem.t:
        proof += "; P is optimal with any multiple of λ added, and has nearly the least max|P'| of these"
    return Known(tails, W, dual.bound, dual, proof)


def _exact_search(problem: Problem, digits: int) -> Known:
    """The least V: that of W where either size is 0 or P ≡ 1 has it, else by cuts."""
    if sign(problem.G) == 0:
        return _search(problem, digits)
    bits = int((digits + 3) * BITS_PER_DIGIT) + 2
    if (constant := by_programme(problem, bits)) is not None:
        return _standing_still(problem, constant)
    cuts = cutting_planes(problem, 10.0**-digits / 4)
    dual = mixed_dual(problem, cuts, bits)
    with ball_precision(2 * bits + int(3 * problem.scales[2])):
        total = sum(v * float(x) for v, x in zip(problem.ball_at_zero(), cuts.x, strict=True))
        a = tuple(midpoint(v / total) for v in problem.series([arb(float(x)) for x in cuts.x]))
    tails = dyadic_tails(problem, Polished((), a, fmpq(*dual.bound.as_integer_ratio())), bits)
    method = FixedPolynomial.from_tails(problem.spectrum, tails)
    V = worst_case(method, problem.t, problem.R, problem.G, digits + 2, split=problem.split)
    gap = 1 - dual.bound / V.upper
    if gap > Fraction(1, 10**digits):
        raise ExchangeFailed(
            f"the cuts for t = {problem.t} ended with a gap of {decimal_literal(gap, 2)}, above 1e-{digits}; "
            "ask for fewer digits"
        )
    proof = "weights p_j, q_j with Σ p_j RA(λ_j) + q_j GB(λ_j) = P(0) for all P of degree ≤ t, and Cauchy's inequality"
    return Known(tails, V, dual.bound, dual, proof)


def _nearly_constant(problem: Problem, failure: ExchangeFailed, digits: int) -> Known:
    """P ≡ 1 with the bound of the last conditions, if that is all that was asked for; else the failure."""
    if not failure.conditions:
        raise failure
    dual = dual_of(problem, failure.conditions, int((digits + 2) * BITS_PER_DIGIT))
    still = _exactly(problem, (fmpq(0),) * problem.t, problem.R, "the weights of the search's last conditions", dual)
    gap = 1 - dual.bound / still.value.upper
    if gap > Fraction(1, 10**digits):
        raise ExchangeFailed(f"{failure}; for P ≡ 1 it proves a gap of {decimal_literal(gap, 2)}: ask for fewer digits")
    return replace(still, lower=dual.bound)


def _standing_still(problem: Problem, dual: Dual) -> Known:
    proof = "P ≡ 1 is optimal, by weights μ_j > 0 with Σ μ_j F_j(P) = P(0) for all P; others may be too"
    return _exactly(problem, (fmpq(0),) * problem.t, problem.R, proof, dual)


def said_of(what: str, limit: Enclosure, problem: Problem) -> str:
    """The least that there is, with its question, for reports."""
    sizes = f"R = {fraction_literal(problem.R)}, G = {fraction_literal(problem.G)}, {problem.split}"
    value = (limit.lower + limit.upper) / 2
    width = limit.width / limit.upper if limit.upper else Fraction(0)
    near = "exactly" if width == 0 else f"to a relative {decimal_literal(width, 2)}"
    return f"least {what} for {sizes}: {decimal_literal(value, _SHOWN)}, proved {near}"


def quotient(value: Enclosure, limit: Enclosure) -> Enclosure | None:
    """A worst case as a multiple of the limit, ≥ 1; None where that is 0."""
    if limit.lower == 0:
        return None
    return Enclosure(max(value.lower / limit.upper, Fraction(1)), value.upper / limit.lower)
