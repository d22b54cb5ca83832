"""Symbols and SymPy: the only module that imports it.

A user's expression is walked node by node and must lie in ℚ(x, y, …)(√D): rational functions of its symbols and
one square root. A symbol stands for a positive number unless it is declared otherwise; this matters only where a
square is taken out of a root. `Symbolic` carries such an expression through a method's parameters; `Field` is
the field itself, which gives every element one canonical form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import reduce
from itertools import zip_longest
from operator import add, mul
from typing import Any

import sympy
from flint import fmpq, fmpq_poly, fmpz
from sympy import EX, QQ, ZZ

from polyunroll.arithmetic.exact import exact, public
from polyunroll.arithmetic.exact import sqrt as number_sqrt
from polyunroll.arithmetic.surd import Surd, split_square
from polyunroll.errors import InvalidInput, OutsideField

__all__ = ["LAMBDA", "Field", "Symbolic", "from_sympy", "latex_of", "symbolic_sqrt", "to_poly", "to_sympy"]

LAMBDA = sympy.Symbol("lambda")
"""The eigenvalue variable of every polynomial given to users."""

_MAX_POWER, _MAX_BITS = 1_000, 333_000  # the bits of a Float's exponent: about 10^±100000
_ALLOWED = "rational numbers, symbols, + - * /, whole powers and sqrt"


def from_sympy(value: Any, name: str = "the value") -> Any:
    """Turn a SymPy expression into an exact number, or a Symbolic where it has symbols.

    Parameters
    ----------
    value : sympy.Expr
        Numbers and symbols under + − × ÷, whole powers and square roots; a Float means its shortest decimal.
    name : str
        What to call the value in a message.

    Returns
    -------
    fmpq or Surd where the symbols cancel, Symbolic where they do not

    Raises
    ------
    InvalidInput
        If it is no such expression, not finite, or divides by zero; OutsideField outside every ℚ(symbols)(√D).
    """
    if not isinstance(value, sympy.Expr):
        raise InvalidInput(f"{name} = {value} is not a number; allowed are {_ALLOWED}")
    floats = {number: to_sympy(_shortest_decimal(number, name)) for number in value.atoms(sympy.Float)}
    try:
        return _settle(value.xreplace(floats), name)
    except ZeroDivisionError:
        raise InvalidInput(f"{name} = {value} divides by zero") from None


def _settle(expr: Any, name: str) -> Any:
    """The number that an expression is, or else the expression as a Symbolic."""
    if not expr.free_symbols:
        return _walk_number(expr, name)
    field = Field(expr.free_symbols, name)
    number = field.number(field.element(expr, name))
    return Symbolic(expr) if number is None else number


def _shortest_decimal(value: Any, name: str) -> Any:
    """The decimal with the fewest digits that is rounded to this Float, at its own precision."""
    negative, mantissa, exponent, bits = value._mpf_
    if abs(exponent + bits) > _MAX_BITS:
        raise InvalidInput(f"{name} = {value} has an exponent beyond ±100000")
    size = fmpq(fmpz(mantissa)) * fmpq(2) ** exponent
    if not mantissa:
        return size
    # the numbers that round to it: half a unit in the last place up; half of that down from a power of two
    up = fmpq(2) ** (exponent + bits - value._prec - 1)
    down, ends = up / 2 if mantissa == 1 else up, bits < value._prec
    place = (exponent + bits) * 30103 // 100000
    while True:
        unit = fmpq(10) ** place
        below = size.p * unit.q // (size.q * unit.p)
        nearby = [(n * unit - size, n % 2) for n in (below, below + 1)]
        if fitting := [(abs(d), odd, d) for d, odd in nearby if -down < d < up or (ends and d in (-down, up))]:
            decimal = size + min(fitting)[2]
            return -decimal if negative else decimal
        place -= 1


def _walk_number(expr: Any, name: str) -> Any:
    """An expression without symbols as an exact number."""

    def leaf(node: Any) -> Any:
        return fmpq(int(node.p), int(node.q)) if node.is_Rational else None

    return _walk(expr, leaf, number_sqrt, name)


def _refused(node: Any, name: str) -> InvalidInput:
    if node in (sympy.oo, -sympy.oo, sympy.zoo, sympy.nan):
        return InvalidInput(f"{name} is not finite: it contains {node}; allowed are {_ALLOWED}")
    return OutsideField(f"{name} contains {node}, which lies outside ℚ and one ℚ(√d); allowed are {_ALLOWED}")


def _walk(node: Any, leaf: Callable[[Any], Any], sqrt: Callable[[Any], Any], name: str) -> Any:
    """An expression in any field: `leaf` gives numbers and symbols, None for what it leaves to be walked."""
    if (known := leaf(node)) is not None:
        return known
    if node.is_Add:
        return reduce(add, (_walk(argument, leaf, sqrt, name) for argument in node.args))
    if not node.is_Mul and not node.is_Pow:
        raise _refused(node, name)
    # √x·√y is one root √(xy): SymPy splits the roots of symbols declared positive
    factors, under = [], []
    for argument in sympy.Mul.make_args(node):
        base, power = argument.args if argument.is_Pow else (argument, sympy.S.One)
        if not power.is_Rational or power.q > 2 or abs(power.p) > _MAX_POWER:
            raise _refused(argument, name)
        part, whole = _walk(base, leaf, sqrt, name), int(power.p // power.q)
        if whole:
            factors.append(part if whole == 1 else part**whole)
        if power.q == 2:
            under.append(part)
    if under:
        factors.append(sqrt(reduce(mul, under)))
    return reduce(mul, factors)


class Field:
    """The field ℚ(x, y, …)(√D): SymPy's rational functions, and Surds of two such.

    D is given by the first root that does not come out.

    Parameters
    ----------
    symbols : iterable of sympy.Symbol
    name : str
        What to call the value in a message.

    Attributes
    ----------
    symbols : tuple of sympy.Symbol
        In alphabetical order.
    square : rational function or None
        D, a polynomial free of squares.

    Raises
    ------
    InvalidInput
        If a symbol is `lambda`, or declared not real or not commutative.
    """

    def __init__(self, symbols: Iterable[Any], name: str = "the value") -> None:
        for symbol in symbols:
            if not isinstance(symbol, sympy.Symbol) or not symbol.is_commutative or symbol.is_real is False:
                raise InvalidInput(f"{name} contains {symbol}, which does not stand for a real number")
            if symbol.name == LAMBDA.name:
                raise InvalidInput(f"{name} contains the symbol lambda, which stands for the eigenvalue")
        self.symbols = tuple(sorted(symbols, key=lambda symbol: (symbol.name, str(symbol.sort_key()))))
        self.domain = ZZ.frac_field(*self.symbols)
        self.square: Any = None

    @staticmethod
    def of(values: Iterable[Any]) -> Field:
        """The smallest field for some exact numbers, at least one of them a Symbolic."""
        return Field({symbol for value in values for symbol in to_sympy(value).free_symbols})

    def element(self, value: Any, name: str = "the value") -> Any:
        """An exact number or an expression as an element.

        Raises
        ------
        OutsideField
            If it is not in ℚ(symbols)(√D).
        """
        if isinstance(value, fmpq):
            return self.domain.field(int(value.p)) / self.domain.field(int(value.q))
        if isinstance(value, Surd):
            return self.element(value.a) + self.element(value.b) * self.sqrt(self.element(fmpq(value.d)))

        def leaf(node: Any) -> Any:
            if node.is_Symbol:
                return self.domain.field.gens[self.symbols.index(node)]
            return None if node.free_symbols else self.element(_walk_number(node, name))

        return _walk(to_sympy(value), leaf, self.sqrt, name)

    def sqrt(self, value: Any) -> Any:
        """The positive square root.

        Raises
        ------
        OutsideField
            If it needs a second root, is not real, or squares come out of it whose sign is not known.
        """
        if isinstance(value, Surd):
            number = self.number(value)
            if number is None:
                raise OutsideField(f"sqrt({self.expression(value)}) needs a second root; exact numbers have one only")
            return self.element(number_sqrt(number))
        if not value:
            return value
        scale, d = self._split(value)
        if d == 1:
            return scale
        if self.square is None:
            self.square = d
        if d != self.square:
            raise OutsideField(
                f"√({self.expression(self.square)}) and √({self.expression(d)}) lie in different fields; "
                "exact numbers have one root only"
            )
        return Surd(self.domain.zero, scale, d)

    def _split(self, value: Any) -> tuple[Any, Any]:
        """Write √value as s√d, with s > 0 and d a polynomial free of squares."""
        field = self.domain.field
        top, above = value.numer.factor_list()
        bottom, below = value.denom.factor_list()
        content = fmpq(int(top), int(bottom))
        powers = [*above, *((factor, -power) for factor, power in below)]
        unknown = [i for i, (factor, _) in enumerate(powers) if not self._is_positive(factor)]
        # one odd power of unknown sign is positive, as the whole is; otherwise no square of such comes out
        alone = len(unknown) == 1 and powers[unknown[0]][1] % 2 == 1
        if not alone and (any(powers[i][1] != 1 for i in unknown) or (content < 0 and not unknown)):
            raise OutsideField(f"sqrt({value.as_expr()}) is not known to be a positive element of one field")
        if content < 0:
            powers[unknown[0]] = (-powers[unknown[0]][0], powers[unknown[0]][1])
        outside, inside = split_square(abs(content))
        scale, d = self.element(outside), field(inside)
        for factor, power in powers:
            scale *= field(factor) ** (power // 2)
            d *= field(factor) ** (power % 2)
        return scale, d

    def _is_positive(self, factor: Any) -> bool:
        """Whether a polynomial is positive because all its coefficients and symbols are."""
        symbols = factor.as_expr().free_symbols
        return all(c > 0 for c in factor.coeffs()) and all(symbol.is_positive is not False for symbol in symbols)

    def number(self, element: Any) -> Any:
        """The fmpq or Surd that an element without symbols is; None for any other."""
        if isinstance(element, Surd):
            if element.b == 0:
                return self.number(element.a)
            parts = [self.number(part) for part in (element.a, element.b, element.d)]
            return None if None in parts else Surd(parts[0], parts[1], int(parts[2].p))
        if element.numer.is_ground and element.denom.is_ground:
            return fmpq(int(element.numer.LC), int(element.denom.LC))
        return None

    def expression(self, element: Any) -> Any:
        """An element as a SymPy expression a + b√D, with a and b cancelled."""
        if not isinstance(element, Surd):
            return element.as_expr()
        a, b, d = (part.as_expr() for part in (element.a, element.b, self.square))
        return a + b * sympy.sqrt(d)

    def fraction(self, top: dict[tuple[int, ...], Any], bottom: dict[tuple[int, ...], Any]) -> Any:
        """The element top/bottom, from whole polynomials in lowest terms, bottom with a leading coefficient > 0."""
        ring = self.domain.field.ring
        polynomials = ({tuple(map(int, m)): ZZ(int(c)) for m, c in terms.items()} for terms in (top, bottom))
        return self.domain.field.raw_new(*map(ring.from_dict, polynomials))

    def poly(self, coefficients: Sequence[Any]) -> Any:
        """A SymPy polynomial in LAMBDA from ascending elements: over ZZ(symbols), or EX where there is a root."""
        descending = coefficients[::-1]
        if not any(isinstance(c, Surd) for c in descending):
            return sympy.Poly.from_list(descending, LAMBDA, domain=self.domain)
        return sympy.Poly.from_list([EX(self.expression(c)) for c in descending], LAMBDA, domain=EX)


class Symbolic:
    """An expression in a user's symbols, as a parameter of a method or an end of a spectrum.

    Its operators take exact numbers on either side; a result without symbols is a number again.

    Parameters
    ----------
    expr : sympy.Expr
        As `from_sympy` lets through.
    """

    __slots__ = ("expr",)
    expr: Any

    def __init__(self, expr: Any) -> None:
        object.__setattr__(self, "expr", expr)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Symbolic cannot be changed")

    def __reduce__(self) -> Any:
        return Symbolic, (self.expr,)

    def _sympy_(self) -> Any:
        return self.expr

    def _apply(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, bool) or not isinstance(other, (Symbolic, fmpq, Surd, int, fmpz, Fraction)):
            return NotImplemented
        return _settle(operation(self.expr, to_sympy(other)), "the expression")

    def __add__(self, other: Any) -> Any:
        return self._apply(other, lambda x, y: x + y)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._apply(other, lambda x, y: x - y)

    def __rsub__(self, other: Any) -> Any:
        return self._apply(other, lambda x, y: y - x)

    def __mul__(self, other: Any) -> Any:
        return self._apply(other, lambda x, y: x * y)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if not isinstance(other, (Symbolic, Surd)) and other == 0:
            raise ZeroDivisionError(f"({self}) / 0")
        return self._apply(other, lambda x, y: x / y)

    def __rtruediv__(self, other: Any) -> Any:
        return self._apply(other, lambda x, y: y / x)

    def __pow__(self, exponent: int) -> Any:
        if not isinstance(exponent, int):
            return NotImplemented
        return _settle(self.expr**exponent, "the expression")

    def __neg__(self) -> Any:
        return Symbolic(-self.expr)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Symbolic, sympy.Expr)) and bool(self.expr == to_sympy(other))

    def __hash__(self) -> int:
        return hash(self.expr)

    def __str__(self) -> str:
        return str(self.expr)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"${sympy.latex(self.expr)}$"


def symbolic_sqrt(value: Any) -> Any:
    """The exact square root of an expression, squares of what is known to be positive taken out.

    Raises
    ------
    OutsideField
        If it lies outside ℚ(symbols) and one quadratic extension, or its sign is not known.
    """
    field = Field(value.expr.free_symbols)
    return _settle(field.expression(field.sqrt(field.element(value))), "the expression")


def to_sympy(value: Any) -> Any:
    """An exact number as a SymPy expression, exactly."""
    if isinstance(value, Symbolic):
        return value.expr
    if isinstance(value, sympy.Expr):
        return value
    number = exact(value)
    if isinstance(number, Surd):
        return to_sympy(number.a) + to_sympy(number.b) * sympy.sqrt(int(number.d))
    return sympy.Rational(int(number.p), int(number.q))


def latex_of(value: Any) -> str:
    """LaTeX of a Symbolic or a SymPy expression."""
    return str(sympy.latex(public(value)))


def to_poly(polynomial: Any, name: str = LAMBDA.name) -> Any:
    """An exact polynomial, fmpq_poly or Surd of two, as a sympy.Poly in one symbol over QQ or QQ<sqrt(d)>."""
    symbol = sympy.Symbol(name)
    if isinstance(polynomial, fmpq_poly):
        # over ZZ first: one division of the whole costs less than reducing every coefficient
        whole = [ZZ(int(c)) for c in polynomial.numer().coeffs()[::-1]]
        return sympy.Poly.from_list(whole, symbol, domain=ZZ).set_domain(QQ).quo_ground(QQ(int(polynomial.denom())))
    if not polynomial.b:
        return to_poly(polynomial.a, name)
    scale, d = split_square(fmpq(polynomial.d))
    domain = QQ.algebraic_field(sympy.sqrt(d))
    a, b = polynomial.a.coeffs(), (polynomial.b * scale).coeffs()
    pairs = [list(pair) for pair in zip_longest(b, a, fillvalue=fmpq(0))]
    if QQ.dtype is not fmpq:
        pairs = [[QQ(int(c.p), int(c.q)) for c in pair] for pair in pairs]
    return sympy.Poly.from_list([domain(pair) for pair in pairs[::-1]], symbol, domain=domain)
