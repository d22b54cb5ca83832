"""Residual polynomials of methods with symbols.

The program is run over the fractions of ℤ[g_1, …, g_k], where a generator g_i stands for each value that its laws
use and that is no rational number, such as s0 and eta_s of a Sobolev method; FLINT keeps them in lowest terms.
Only then is each generator replaced by what it stands for, an element of ℚ(the user's symbols)(√D).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from flint import Ordering, fmpq, fmpz_mpoly, fmpz_mpoly_ctx

from polyunroll.arithmetic.exact import whole_number
from polyunroll.arithmetic.expression import Expression
from polyunroll.arithmetic.surd import Surd
from polyunroll.arithmetic.symbols import Field, to_poly
from polyunroll.errors import InvalidInput
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.interpret.scalars import Scalars, constants_of
from polyunroll.methods.base import Method
from polyunroll.program import Program

if TYPE_CHECKING:
    import sympy

__all__ = ["Ratio", "jacobian_error_symbolic", "residual_symbolic"]

Image = tuple[Any, fmpz_mpoly]
"""What a generator stands for: a numerator, a polynomial or a Surd of two, and a denominator."""


class Ratio:
    """A fraction of polynomials over ℤ in lowest terms; the denominator's sign is arbitrary.

    Parameters
    ----------
    top, bottom : fmpz_mpoly
        Without common factors; `bottom` is not zero, and is one where `top` is zero.
    """

    __slots__ = ("bottom", "top")

    def __init__(self, top: fmpz_mpoly, bottom: fmpz_mpoly) -> None:
        self.top, self.bottom = top, bottom

    def __neg__(self) -> Ratio:
        return Ratio(-self.top, self.bottom)

    def __add__(self, other: Ratio) -> Ratio:
        # only the common factor of the denominators can cancel against the sum (Knuth, TAOCP 2, 4.5.1)
        common = self.bottom.gcd(other.bottom)
        rest = self.bottom / common
        top = self.top * (other.bottom / common) + other.top * rest
        if top.is_zero():
            return Ratio(top, common.context().constant(1))
        factor = top.gcd(common)
        return Ratio(top / factor, rest * (other.bottom / factor))

    def __sub__(self, other: Ratio) -> Ratio:
        return self + -other

    def __mul__(self, other: Ratio) -> Ratio:
        left, right = self.top.gcd(other.bottom), other.top.gcd(self.bottom)
        return Ratio((self.top / left) * (other.top / right), (self.bottom / right) * (other.bottom / left))

    def __truediv__(self, other: Ratio) -> Ratio:
        if other.top.is_zero():
            raise ZeroDivisionError("division of rational functions by zero")
        return self * Ratio(other.bottom, other.top)

    def __pow__(self, exponent: int) -> Ratio:
        if exponent < 0:
            if self.top.is_zero():
                raise ZeroDivisionError("a negative power of zero")
            return Ratio(self.bottom**-exponent, self.top**-exponent)
        return Ratio(self.top**exponent, self.bottom**exponent)

    def __eq__(self, other: object) -> bool:
        """Whether it is a whole number or the same fraction."""
        if isinstance(other, Ratio):
            return bool(self.top * other.bottom == other.top * self.bottom)
        return bool(isinstance(other, int) and self.top == self.bottom * other)

    __hash__ = None  # type: ignore[assignment]


class _Ratios:
    """The fractions of ℤ[g_1, …, g_k] as a System: each of some values is a generator."""

    def __init__(self, values: list[Any]) -> None:
        self.context = fmpz_mpoly_ctx.get([f"g{i}" for i in range(len(values))], Ordering.lex)
        one = self.context.constant(1)
        self._generators = {
            value: Ratio(generator, one) for value, generator in zip(values, self.context.gens(), strict=True)
        }

    def convert(self, value: Any) -> Ratio:
        if isinstance(value, fmpq):
            return Ratio(self.context.constant(value.p), self.context.constant(value.q))
        return self._generators[value]


class _CoefficientLists:
    """States as polynomials in λ: lists of ascending coefficients."""

    def __init__(self, zero: Ratio) -> None:
        self._zero = zero

    def start(self, weight: Ratio) -> list[Ratio]:
        return [weight]

    def gradient(self, query: list[Ratio]) -> list[Ratio]:
        return [self._zero, *query]

    def combine(self, terms: list[tuple[Ratio, list[Ratio]]]) -> list[Ratio]:
        total = [self._zero] * max(len(polynomial) for _, polynomial in terms)
        for coefficient, polynomial in terms:
            for i, value in enumerate(polynomial):
                total[i] = total[i] + coefficient * value
        return total


def residual_symbolic(method: Method, t: int) -> sympy.Poly:
    """The residual polynomial P_t of a method with symbols.

    Parameters
    ----------
    method : Method
    t : int
        Number of gradient evaluations, ≥ 0.

    Returns
    -------
    sympy.Poly
        In the symbol ``lambda``; coefficients in ZZ(symbols), or EX holding a + b√D with a and b cancelled. For
        a method without symbols, coefficients in QQ or QQ<sqrt(d)>.

    Raises
    ------
    InvalidInput
        If t is no whole number ≥ 0, or a law divides by zero for all values of the symbols.
    HorizonError
        If t is beyond the method's horizon.
    OutsideField
        If the coefficients need two square roots.
    """
    derived = _derive(method, t)
    return derived.poly() if isinstance(derived, _Derived) else to_poly(derived)


def jacobian_error_symbolic(method: Method, t: int) -> tuple[sympy.Poly, sympy.Poly]:
    """(E_t, D_t) = (P − λP', P') of a method with symbols, from the coefficients of P_t one by one.

    SymPy's own derivative and product are much slower, and change the form of coefficients with a root.

    Parameters
    ----------
    method, t
        As `residual_symbolic`, which says what is returned and raised.
    """
    derived = _derive(method, t)
    if isinstance(derived, _Derived):
        degrees = range(len(derived.fractions))
        return derived.poly([1 - k for k in degrees]), derived.poly(degrees, 1)
    P = to_poly(derived)
    D = P.diff()
    return P - D * D.gen, D


@dataclass(frozen=True)
class _Derived:
    """A polynomial in λ with coefficients (a + b√D)/c in a field: ascending triples of FLINT polynomials."""

    field: Field
    fractions: list[tuple[fmpz_mpoly, fmpz_mpoly, fmpz_mpoly]]

    def poly(self, factors: Sequence[int] | None = None, lowered: int = 0) -> Any:
        """The SymPy polynomial, each coefficient times a factor, and its degree lowered."""
        found = []
        for (a, b, bottom), factor in zip(self.fractions, factors or [1] * len(self.fractions), strict=True):
            real, root = (self._lowest_terms(part * factor, bottom) for part in (a, b))
            found.append(Surd(real, root, self.field.square) if root else real)
        return self.field.poly(found[lowered:])

    def _lowest_terms(self, top: fmpz_mpoly, bottom: fmpz_mpoly) -> Any:
        """top/bottom as an element of the field."""
        common = top.gcd(bottom)
        if bottom.leading_coefficient() < 0:
            common = -common
        return self.field.fraction((top / common).to_dict(), (bottom / common).to_dict())


def _derive(method: Method, t: int) -> Any:
    """P_t as _Derived, or, if there are no symbols, in FLINT."""
    t = whole_number(t, "t")
    method.require_steps(t)
    try:
        constants = _used(method.program, constants_of(method.program, dict(method.values)))
        tables = [value for register in method.program.registers for value in (register.table or ())[:t]]
        values = list(dict.fromkeys(v for v in (*constants.values(), *tables) if not isinstance(v, fmpq)))
        if all(isinstance(value, Surd) for value in values):
            return Machine(method, PolynomialModule()).run(t)
        ratios = _Ratios(values)
        scalars = Scalars(method.program, constants, ratios)
        coefficients = Machine(method, _CoefficientLists(ratios.convert(fmpq(0))), scalars=scalars).run(t)
        return _substituted(coefficients, values)
    except ZeroDivisionError:
        raise InvalidInput(f"{method!r} divides by zero, whatever its symbols stand for") from None


def _used(program: Program, constants: dict[str, Any]) -> dict[str, Any]:
    """The parameters and constants that registers, weights, queries and assignments name."""
    used = {name for expression in _laws(program) for name, _ in expression.names()}
    return {name: value for name, value in constants.items() if name in used}


def _laws(program: Program) -> Iterable[Expression]:
    for register in program.registers:
        yield from register.starts
        if register.law is not None:
            yield register.law
    yield from (state.weight for state in program.states)
    for terms in (program.query, *(assignment.terms for assignment in program.assignments)):
        yield from (coefficient for _, coefficient in terms)


def _substituted(coefficients: list[Ratio], values: list[Any]) -> _Derived:
    """Put in what the generators stand for, and clear roots from the denominators."""
    field = Field.of(values)
    elements = [field.element(value) for value in values]
    context = fmpz_mpoly_ctx.get([f"x{i}" for i in range(len(field.symbols))], Ordering.lex)
    square = None if field.square is None else _polynomial(field.square.numer, context)
    images = [_image(element, square, context) for element in elements]
    found = []
    for coefficient in coefficients:
        top, over = _compose(coefficient.top, images, context)
        bottom, under = _compose(coefficient.bottom, images, context)
        top, bottom = top * under, bottom * over
        if isinstance(bottom, Surd):
            conjugate = Surd(bottom.a, -bottom.b, bottom.d)
            top, bottom = top * conjugate, (bottom * conjugate).a
        if bottom.is_zero():
            raise ZeroDivisionError
        a, b = (top.a, top.b) if isinstance(top, Surd) else (top, context.constant(0))
        found.append((a, b, bottom))
    return _Derived(field, found)


def _polynomial(polynomial: Any, context: fmpz_mpoly_ctx) -> fmpz_mpoly:
    """A numerator or denominator of an element of the field, in FLINT."""
    return context.from_dict({monomial: int(coefficient) for monomial, coefficient in polynomial.terms()})


def _image(element: Any, square: fmpz_mpoly | None, context: fmpz_mpoly_ctx) -> Image:
    """An element of the field as a numerator, with or without √D, over a denominator without."""
    if not isinstance(element, Surd):
        return _polynomial(element.numer, context), _polynomial(element.denom, context)
    assert square is not None
    bottom = element.a.denom.lcm(element.b.denom)
    a, b = (_polynomial((part * bottom).numer, context) for part in (element.a, element.b))
    return Surd(a, b, square), _polynomial(bottom, context)


def _compose(polynomial: fmpz_mpoly, images: list[Image], context: fmpz_mpoly_ctx) -> Image:
    """A polynomial in the generators at their images: a numerator and a denominator, not in lowest terms."""
    bottom = context.constant(1)
    powers = []
    for (over, under), degree in zip(images, polynomial.degrees(), strict=True):
        overs, unders = [context.constant(1)], [context.constant(1)]
        for _ in range(degree):
            overs.append(over * overs[-1])
            unders.append(under * unders[-1])
        powers.append([a * b for a, b in zip(overs, unders[::-1], strict=True)])
        bottom = bottom * unders[-1]

    def total(terms: list[tuple[tuple[int, ...], Any]], i: int) -> Any:
        """Σ of terms that share the exponents of the first i generators, without these."""
        if i == len(images):
            return context.constant(terms[0][1])
        result: Any = context.constant(0)
        for exponent, group in groupby(terms, key=lambda term: term[0][i]):
            result = total(list(group), i + 1) * powers[i][exponent] + result
        return result

    terms = sorted(polynomial.terms(), key=lambda term: term[0])
    return (total(terms, 0) if terms else context.constant(0)), bottom
