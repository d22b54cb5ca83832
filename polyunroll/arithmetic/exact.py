"""Exact numbers: rationals (FLINT's `fmpq`) and the numbers of one quadratic field ℚ(√d).

`exact` turns what a user gives into such a number, never through a float's binary value unless the
user gave a float (whose *shortest decimal* is meant).
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cmp_to_key
from numbers import Integral
from typing import Any, TypeAlias

from flint import fmpq, fmpz

from polyunroll.arithmetic.surd import Surd, rational_sqrt, split_square
from polyunroll.errors import InvalidInput, OutsideField
from polyunroll.output.literals import nearest_double

__all__ = [
    "Exact",
    "exact",
    "in_order",
    "is_symbolic",
    "is_sympy",
    "latex",
    "public",
    "sign",
    "sqrt",
    "to_float",
    "whole_number",
]

Exact: TypeAlias = fmpq | Surd

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_FRACTION = re.compile(r"([+-]?\d+)\s*/\s*(\d+)\Z")
_MAX_DIGITS = 4_000  # Python's own limit on turning text into integers is 4300
_MAX_EXPONENT = 100_000

_ALLOWED = "a whole number, a fraction such as '1/100', a decimal such as '0.01' or '1e-8', or a Fraction"


def is_sympy(value: object) -> bool:
    """Whether a value comes from SymPy, found without importing it."""
    return any((cls.__module__ or "").split(".", 1)[0] == "sympy" for cls in type(value).__mro__)


def is_symbolic(value: object) -> bool:
    """Whether a value is a `Symbolic`, found without importing SymPy."""
    return type(value).__name__ == "Symbolic"


def _from_text(text: str, name: str) -> fmpq:
    body = text.strip().replace("−", "-")
    if len(body) > _MAX_DIGITS:
        raise InvalidInput(f"{name} has {len(body)} characters; at most {_MAX_DIGITS} are allowed")
    if match := _FRACTION.match(body):
        if int(match[2]) == 0:
            raise InvalidInput(f"{name} = {text!r} divides by zero; give {_ALLOWED}")
        return fmpq(fmpz(int(match[1])), fmpz(int(match[2])))
    if _DECIMAL.match(body):
        mantissa, _, power = body.lower().partition("e")
        if len(power) > 12 or abs(int(power or 0)) > _MAX_EXPONENT:
            raise InvalidInput(f"{name} = {text!r} has an exponent beyond ±{_MAX_EXPONENT}")
        whole, _, decimals = mantissa.partition(".")
        scale = int(power or 0) - len(decimals)
        digits, power_of_ten = int(whole + decimals), 10 ** abs(scale)
        return fmpq(digits * power_of_ten) if scale >= 0 else fmpq(digits, power_of_ten)
    raise InvalidInput(f"{name} = {text!r} is not a number; give {_ALLOWED}")


def exact(value: Any, name: str = "the value") -> Any:
    """Turn a number as a user gives it into an exact one.

    Parameters
    ----------
    value : int, Fraction, str, float, fmpq, Surd, NumPy scalar or SymPy expression
        A float means its shortest decimal: 0.1 is 1/10.
    name : str
        What to call the value in a message.

    Returns
    -------
    fmpq, Surd, or (for a SymPy expression with free symbols) Symbolic

    Raises
    ------
    InvalidInput
        If the value is no finite number.
    OutsideField
        If it lies outside ℚ and every ℚ(√d).
    """
    if isinstance(value, (fmpq, Surd)):
        return value
    if isinstance(value, bool):
        raise InvalidInput(f"{name} = {value!r} is not a number; give {_ALLOWED}")
    if isinstance(value, (Integral, fmpz)):
        return fmpq(int(value))
    if isinstance(value, Fraction):
        return fmpq(value.numerator, value.denominator)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise InvalidInput(f"{name} = {value!r} is not finite; give {_ALLOWED}")
        return _from_text(repr(float(value)), name)
    if isinstance(value, str):
        return _from_text(value, name)
    if is_sympy(value):
        from polyunroll.arithmetic.symbols import from_sympy

        return from_sympy(value, name)
    if is_symbolic(value):
        return value
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:  # NumPy scalars, 0-d arrays
        if getattr(getattr(value, "dtype", None), "kind", "") == "f":  # the shortest decimal of its own precision
            return _from_text(str(value), name)
        item = value.item()
        if type(item) is not type(value):
            return exact(item, name)
    raise InvalidInput(f"{name} = {value!r} is not a number; give {_ALLOWED}")


def whole_number(value: Any, name: str, minimum: int = 0) -> int:
    """A step count or degree: a whole number ≥ `minimum`, refused otherwise with one sentence."""
    if isinstance(value, bool) or not isinstance(value, (Integral, fmpz)):
        raise InvalidInput(f"{name} = {value!r} is not allowed; give a whole number ≥ {minimum}")
    if int(value) < minimum:
        raise InvalidInput(f"{name} = {value} is not allowed; give a whole number ≥ {minimum}")
    return int(value)


def sign(value: Exact) -> int:
    """The exact sign: −1, 0 or 1.

    Raises
    ------
    InvalidInput
        If the value has symbols.
    """
    _require_number(value)
    return value.sign() if isinstance(value, Surd) else (value > 0) - (value < 0)


def _compare(a: Any, b: Any) -> int:
    return sign(a - b)


in_order = cmp_to_key(_compare)
"""An exact number as a sort key."""


def _require_number(value: object) -> None:
    if is_symbolic(value):
        raise InvalidInput(f"{value} has symbols; give a number here")


def sqrt(value: Exact) -> Exact:
    """The exact square root, in ℚ or in one ℚ(√d).

    Raises
    ------
    OutsideField
        If the value is negative, or its root needs a second square root.
    """
    if is_symbolic(value):
        from polyunroll.arithmetic.symbols import symbolic_sqrt

        return symbolic_sqrt(value)  # type: ignore[no-any-return]
    if sign(value) < 0:
        raise OutsideField(f"sqrt({value}) is not a real number; the number under the root must be ≥ 0")
    if isinstance(value, Surd):
        # √(a+b√d) = u+v√d needs u² = (a ± √(a²−db²))/2 rational
        norm_root = rational_sqrt(value.a * value.a - value.b * value.b * value.d)
        for half in () if norm_root is None else ((value.a + norm_root) / 2, (value.a - norm_root) / 2):
            u = rational_sqrt(half)
            if u is not None and u != 0:
                root = Surd(u, value.b / (2 * u), value.d)
                return root if root.sign() > 0 else -root
        raise OutsideField(f"sqrt({value}) lies outside ℚ(√{value.d}); exact numbers must stay in ℚ or one ℚ(√d)")
    if value == 0:
        return fmpq(0)
    scale, d = split_square(value)
    return scale if d == 1 else Surd(fmpq(0), scale, d)


def to_float(value: Exact) -> float:
    """The nearest double (fmpq's own conversion goes through two roundings).

    Raises
    ------
    InvalidInput
        If the number is beyond the largest double.
    """
    _require_number(value)
    if isinstance(value, fmpq):
        try:
            return int(value.p) / int(value.q)  # Python's integer division is correctly rounded
        except OverflowError:
            pass  # nearest_double says it in a sentence
    return nearest_double(value)


def public(value: Any) -> Any:
    """What a user sees: a Fraction for a rational, the Surd or the SymPy expression otherwise."""
    if isinstance(value, fmpq):
        return Fraction(int(value.p), int(value.q))
    return getattr(value, "expr", value)


def latex(value: Any) -> str:
    """LaTeX of an exact number, or of an expression in symbols."""
    if isinstance(value, Fraction):
        value = fmpq(value.numerator, value.denominator)
    if isinstance(value, fmpq):
        if value.q == 1:
            return str(value.p)
        return f"{'-' if value < 0 else ''}\\frac{{{abs(value.p)}}}{{{value.q}}}"
    if isinstance(value, Surd):
        size = abs(value.b)
        root = ("" if size == 1 else latex(size)) + f"\\sqrt{{{value.d}}}"
        if value.a == 0:
            return root if value.b > 0 else f"-{root}"
        return f"{latex(value.a)} {'+' if value.b > 0 else '-'} {root}"
    if is_symbolic(value) or is_sympy(value):
        from polyunroll.arithmetic.symbols import latex_of

        return latex_of(value)
    return str(value)
