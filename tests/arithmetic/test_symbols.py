"""SymPy at the edges: expressions in, polynomials out, and methods whose parameters are symbols."""

from __future__ import annotations

import math
import pickle
import time
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
from flint import Ordering, fmpq, fmpq_poly, fmpz, fmpz_mpoly_ctx
from hypothesis import given, settings
from hypothesis import strategies as st

import polyunroll as pu
from polyunroll.arithmetic.exact import exact, latex, sign, sqrt, to_float
from polyunroll.arithmetic.surd import Surd
from polyunroll.arithmetic.symbols import LAMBDA, Field, Symbolic, from_sympy, to_poly, to_sympy
from polyunroll.errors import HorizonError, InvalidInput, OutsideField
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.interpret.symbolic import Ratio, jacobian_error_symbolic, residual_symbolic

ROOT = Path(__file__).resolve().parents[2]
x, y, ell, L, h, eta, a = sympy.symbols("x y ell L h eta a")
p, q = sympy.symbols("p q", positive=True)
R = sympy.Rational
S = pu.Spectrum(ell, L)


# -- numbers out ---------------------------------------------------------------------------------
@given(st.fractions(), st.fractions(), st.sampled_from([2, 5, 6]))
def test_round_trips(u, v, d):
    number = exact(u) + exact(v) * sqrt(fmpq(d))
    assert from_sympy(to_sympy(number)) == number
    assert to_sympy(u) == R(u.numerator, u.denominator)


def test_round_trips_of_expressions():
    value = from_sympy(x / (1 + y))
    assert from_sympy(to_sympy(value)) == value
    assert to_sympy(value) == x / (1 + y)


def test_latex():
    assert latex(exact(x / y)) == r"\frac{x}{y}"
    assert latex(x / y) == r"\frac{x}{y}"
    assert exact(x)._repr_latex_() == "$x$"


# -- Symbolic ------------------------------------------------------------------------------------
sx, sy = Symbolic(x), Symbolic(y)
NUMBERS = [2, fmpz(2), fmpq(2), Fraction(2), fmpq(2, 3), Fraction(2, 3), Surd(fmpq(1), fmpq(1), 2), sy]


@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_operators_on_either_side(number):
    other = to_sympy(number)
    assert sx + number == Symbolic(x + other)
    assert number + sx == Symbolic(other + x)
    assert sx - number == Symbolic(x - other)
    assert number - sx == Symbolic(other - x)
    assert sx * number == Symbolic(x * other)
    assert number * sx == Symbolic(other * x)
    assert sx / number == Symbolic(x / other)
    assert number / sx == Symbolic(other / x)
    assert sx**3 == Symbolic(x**3)
    assert sx**-1 == 1 / sx
    assert -sx == 0 - sx


@pytest.mark.parametrize("other", [0.5, "x", None, 1j, True])
def test_other_things_do_not_combine(other):
    for operation in (lambda: sx + other, lambda: other - sx, lambda: sx * other, lambda: other / sx, lambda: sx**0.5):
        with pytest.raises(TypeError):
            operation()


def test_results_without_symbols_are_numbers_again():
    assert type(sx - sx) is fmpq
    assert sx / sx == fmpq(1)
    assert type(sx * 0) is fmpq
    assert type(sx**0) is fmpq
    assert ((sx + 1) ** 2 - sx**2 - 2 * sx) == fmpq(1)  # only after it is expanded
    assert isinstance((sx * sqrt(fmpq(2))) / sx, Surd)


def test_division_by_zero():
    for operation in (
        lambda: sx / 0,
        lambda: sx / fmpq(0),
        lambda: sx / (sx - sx),
        lambda: 1 / ((sx + 1) ** 2 - sx**2 - 2 * sx - 1),
    ):
        with pytest.raises(ZeroDivisionError):
            operation()


def test_a_symbolic_is_a_value():
    assert Symbolic(x + y) == sx + sy
    assert sx != sy
    assert sx != 1
    assert x == sx
    assert hash(Symbolic(x + y)) == hash(sx + sy)
    assert len({sx, Symbolic(x), sy}) == 2
    assert str(sx / sy) == repr(sx / sy) == "x/y"
    assert pickle.loads(pickle.dumps(sx / sy)) == sx / sy
    with pytest.raises(AttributeError):
        sx.expr = y


def test_a_symbolic_has_no_sign_and_no_double():
    for function in (sign, to_float):
        with pytest.raises(InvalidInput, match="x has symbols"):
            function(sx)


def test_roots_of_expressions():
    assert sqrt(sx * sy) == Symbolic(sympy.sqrt(x * y))
    assert sqrt(sx**2) == sx
    assert sqrt(12 * sx**3 / sy) == 2 * sx * sqrt(3 * sx * sy) / sy
    assert sqrt(exact(p * q)) ** 2 == exact(p * q)
    assert sqrt((sx + 1) ** 2) == sx + 1
    with pytest.raises(OutsideField, match="not known to be a positive"):
        sqrt((sx - 1) ** 2)
    with pytest.raises(OutsideField):
        sqrt(exact(sympy.Symbol("n", negative=True) ** 2))


def test_a_root_under_a_negative_factor_has_the_right_sign():
    # √((1−x)³) = (1−x)√(1−x), not (x−1)√(1−x)
    field = Field({x})
    root = field.expression(field.element((1 - x) ** R(3, 2)))
    assert root.subs(x, R(3, 4)) == R(1, 8)


# -- polynomials out -----------------------------------------------------------------------------
def test_polynomials():
    assert to_poly(fmpq_poly([1, fmpq(-1, 2), 3])) == sympy.Poly(3 * LAMBDA**2 - LAMBDA / 2 + 1, LAMBDA, domain="QQ")
    assert to_poly(fmpq_poly([])) == sympy.Poly(0, LAMBDA, domain="QQ")
    assert to_poly(fmpq_poly([7])).domain == sympy.QQ
    root = Surd(fmpq_poly([1]), fmpq_poly([0, 0, fmpq(1, 2)]), 8)
    found = to_poly(root)
    assert found.as_expr() == 1 + sympy.sqrt(2) * LAMBDA**2
    assert found.domain == sympy.QQ.algebraic_field(sympy.sqrt(2))
    assert to_poly(Surd(fmpq_poly([1, 1]), fmpq_poly([]), 2)).domain == sympy.QQ


@given(st.lists(st.fractions(), max_size=8), st.lists(st.fractions(), max_size=8))
@settings(deadline=None)
def test_coefficients_survive(first, second):
    u, v = (fmpq_poly([exact(c) for c in part]) for part in (first, second))
    found = to_poly(u)
    assert [from_sympy(c) for c in found.all_coeffs()[::-1]] == (u.coeffs() or [0])
    if v != 0:
        mixed = to_poly(Surd(u, v, 3))
        expected = sum((to_sympy(exact(c)) * LAMBDA**k for k, c in enumerate(first)), sympy.S.Zero)
        expected += sympy.sqrt(3) * sum((to_sympy(exact(c)) * LAMBDA**k for k, c in enumerate(second)), sympy.S.Zero)
        assert mixed == sympy.Poly(expected, LAMBDA, extension=[sympy.sqrt(3)])


def test_a_large_polynomial_is_fast():
    large = fmpq_poly([3**5000 + k for k in range(1001)]) / (fmpz(2) ** 8000 + 1)
    to_poly(fmpq_poly([1]))
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        found = to_poly(large)
        times.append(time.perf_counter() - begin)
    assert found.degree() == 1000
    assert min(times) < 0.2


# -- spectra and methods with symbols ------------------------------------------------------------
def gd(spectrum, **symbols):
    return pu.GradientDescent(spectrum, step="2/(L+ell)")


def gd_with_a_root(spectrum, **symbols):
    return pu.GradientDescent(spectrum, step="sqrt(kappa)/L")


def gd_free(spectrum, h=h, **symbols):
    return pu.GradientDescent(spectrum, step=h)


def gd_table(spectrum, h=h, **symbols):
    return pu.GradientDescent(spectrum, step=["1/L", h, "2/(L+ell)", "1/ell", h, "3/L"])


def chebyshev(spectrum, **symbols):
    return pu.Chebyshev(spectrum)


def heavy_ball(spectrum, **symbols):
    return pu.HeavyBall(spectrum)


def nesterov(spectrum, **symbols):
    return pu.Nesterov(spectrum)


def sobolev_legendre(spectrum, eta=eta, **symbols):
    return pu.Sobolev(spectrum, pu.measures.legendre(), eta=eta)


def sobolev_chebyshev(spectrum, eta=eta, **symbols):
    return pu.Sobolev(spectrum, pu.measures.chebyshev(), eta=eta)


def sobolev_any(spectrum, eta=eta, a=a, **symbols):
    return pu.Sobolev(spectrum, pu.measures.gegenbauer(a), eta=eta)


METHODS = [
    gd, gd_with_a_root, gd_free, gd_table, chebyshev, heavy_ball, nesterov,
    sobolev_legendre, sobolev_chebyshev, sobolev_any,
]  # fmt: skip
POINTS = [
    {"ell": R(1, 4), "L": R(1), "h": R(3, 2), "eta": R(1), "a": R(1)},
    {"ell": R(1, 100), "L": R(3, 2), "h": R(1, 7), "eta": R(1, 50), "a": R(7, 3)},
    {"ell": R(2), "L": R(3), "h": R(11, 30), "eta": R(40), "a": R(-1, 5)},
]


def numeric(make, point, t):
    """P_t of the same method with numbers, by the plain recurrence: ascending exact coefficients."""
    numbers = {name: exact(value) for name, value in point.items()}
    method = make(pu.Spectrum(point["ell"], point["L"]), h=numbers["h"], eta=numbers["eta"], a=numbers["a"])
    return to_poly(Machine(method, PolynomialModule()).run(t))


def at(polynomial, point):
    """The exact coefficients of a symbolic polynomial at a point, ascending, without zeros at the end."""
    values = {sympy.Symbol(name): value for name, value in point.items()}
    if polynomial.domain.is_FractionField:
        numbers = [exact(values[symbol]) for symbol in polynomial.domain.symbols]

        def total(terms):
            return sum((int(c) * math.prod(n**e for n, e in zip(numbers, m, strict=True)) for m, c in terms), fmpq(0))

        found = [total(c.numer.terms()) / total(c.denom.terms()) for c in polynomial.rep.to_list()[::-1]]
    else:
        found = [from_sympy(coefficient.subs(values)) for coefficient in polynomial.all_coeffs()[::-1]]
    while found and found[-1] == 0:
        found.pop()
    return found


@pytest.mark.parametrize("t", range(7))
@pytest.mark.parametrize("make", METHODS, ids=lambda make: make.__name__)
def test_symbols_give_what_numbers_give(make, t):
    method = make(S)
    derived = residual_symbolic(method, t)
    E, D = jacobian_error_symbolic(method, t)
    assert derived.gen == E.gen == D.gen == LAMBDA
    assert derived.eval(0) == 1
    for point in POINTS:
        expected = numeric(make, point, t)
        assert at(derived, point) == at(expected, {})
        slope = expected.diff()
        assert at(D, point) == at(slope, {})
        assert at(E, point) == at(expected - sympy.Poly(LAMBDA, LAMBDA) * slope, {})


@pytest.mark.parametrize("make", METHODS, ids=lambda make: make.__name__)
def test_the_first_error_polynomial_is_one(make):
    E, _ = jacobian_error_symbolic(make(S), 1)
    assert E.as_expr() == 1


def test_gradient_descent_in_closed_form():
    for t in (0, 1, 5, 12):
        free = sympy.Poly((1 - h * LAMBDA) ** t, LAMBDA).set_domain(sympy.ZZ.frac_field(h))
        assert residual_symbolic(gd_free(S), t) == free
        expected = sympy.Poly((1 - 2 * LAMBDA / (L + ell)) ** t, LAMBDA).set_domain(sympy.ZZ.frac_field(L, ell))
        assert residual_symbolic(gd(S), t) == expected


def test_chebyshev_in_closed_form():
    def sigma(point):
        return (2 * point - L - ell) / (L - ell)

    for t in (1, 2, 3, 6):
        expected = sympy.chebyshevt(t, sigma(LAMBDA)) / sympy.chebyshevt(t, sigma(0))
        assert sympy.cancel(residual_symbolic(pu.Chebyshev(S), t).as_expr() - expected) == 0


def test_heavy_ball_in_closed_form():
    # with s = √L, r = √ℓ, ρ = (s−r)/(s+r): P_t = ρ^t [U_t + c ρ U_{t−1} … ] from the two roots of z² = (1+ρ²−hλ)z − ρ²
    s, r = sympy.symbols("s r", positive=True)
    rho = (s - r) / (s + r)
    step = 4 / (s + r) ** 2
    first = 1 - 2 * LAMBDA / (s**2 + r**2)
    half = (1 + rho**2 - step * LAMBDA) / (2 * rho)
    found = residual_symbolic(pu.HeavyBall(pu.Spectrum(r**2, s**2)), 4)
    U = sympy.chebyshevu
    expected = rho**3 * (first * U(3, half) - rho * U(2, half))
    assert sympy.cancel(found.as_expr() - expected) == 0
    assert found.domain.is_FractionField  # √(ℓL) = rs comes out


@pytest.mark.parametrize("t", [1, 2, 3])
def test_sobolev_polynomials_are_orthogonal_to_all_that_vanish_at_zero(t):
    # P_t minimises ⟨P, P⟩ among P(0) = 1 if and only if ⟨P_t, λ^k⟩ = 0 for k = 1 … t
    def moment(k):
        return (L ** (k + 1) - ell ** (k + 1)) / ((k + 1) * (L - ell)) if k >= 0 else 0

    coefficients = residual_symbolic(sobolev_legendre(S), t).all_coeffs()[::-1]
    for k in range(1, t + 1):
        product = sum(c * (moment(j + k) + eta * j * k * moment(j + k - 2)) for j, c in enumerate(coefficients))
        assert sympy.cancel(product) == 0


def test_coefficients_are_canonical():
    polynomial = residual_symbolic(pu.HeavyBall(S), 3)
    assert polynomial.domain == sympy.EX
    for coefficient in polynomial.all_coeffs():
        root = sympy.sqrt(L * ell)
        rational = coefficient.subs(root, 0)
        irrational = (coefficient - rational) / root
        assert not rational.has(root)
        assert not irrational.expand().has(root)
        for part in (rational, sympy.cancel(irrational)):
            assert sympy.cancel(part) == part
    assert residual_symbolic(pu.Chebyshev(S), 4).domain == sympy.ZZ.frac_field(L, ell)


def test_symbols_in_a_table_and_on_a_numeric_spectrum():
    method = pu.GradientDescent(pu.Spectrum("1/100", 1), step=[x, "1/2"])
    assert residual_symbolic(method, 2).as_expr().expand() == ((1 - x * LAMBDA) * (1 - LAMBDA / 2)).expand()
    assert residual_symbolic(method, 1).as_expr().expand() == 1 - x * LAMBDA
    with pytest.raises(HorizonError):
        residual_symbolic(method, 3)


def test_irrational_numbers_beside_symbols():
    for spectrum in (pu.Spectrum.marchenko_pastur("1/2"), pu.Spectrum(1, sympy.sqrt(2))):
        found = residual_symbolic(pu.Sobolev(spectrum, pu.measures.legendre(), eta=eta), 3)
        numbers = pu.Sobolev(spectrum, pu.measures.legendre(), eta="1/3")
        expected = to_poly(Machine(numbers, PolynomialModule()).run(3))
        assert at(found, {"eta": R(1, 3)}) == at(expected, {})


def test_methods_without_symbols():
    for method in (pu.Chebyshev(pu.Spectrum("1/100", 1)), pu.HeavyBall(pu.Spectrum(2, 3))):
        derived = residual_symbolic(method, 4)
        assert derived == to_poly(Machine(method, PolynomialModule()).run(4))
        E, D = jacobian_error_symbolic(method, 4)
        assert derived.diff() == D
        assert derived - D * LAMBDA == E


def test_two_roots_are_refused():
    with pytest.raises(OutsideField, match="different fields"):
        residual_symbolic(pu.GradientDescent(S, step=["sqrt(L)", "sqrt(ell)"]), 2)
    with pytest.raises(OutsideField, match="different fields"):
        pu.GradientDescent(S, step="1/(sqrt(L)+sqrt(ell))")
    with pytest.raises(OutsideField):
        residual_symbolic(pu.HeavyBall(pu.Spectrum((1 - x) ** 2, (1 + x) ** 2)), 1)


def test_a_spectrum_of_one_symbol_divides_by_zero():
    with pytest.raises(InvalidInput, match="divides by zero"):
        residual_symbolic(pu.Sobolev(pu.Spectrum(x, x), eta=1), 2)
    assert residual_symbolic(pu.GradientDescent(pu.Spectrum(x, x)), 1).as_expr() == 1 - LAMBDA / x


@pytest.mark.parametrize(
    ("method", "t"),
    [
        (sobolev_legendre(S), 12),
        (sobolev_chebyshev(S), 12),
        (sobolev_any(S), 6),
        (heavy_ball(S), 12),
        (nesterov(S), 12),
        (chebyshev(S), 12),
        (gd_free(S), 12),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else value.label,
)
def test_derivations_take_seconds(method, t):
    begin = time.perf_counter()
    residual_symbolic(method, t)
    assert time.perf_counter() - begin < 5


def test_fractions_stay_in_lowest_terms():
    u, v = fmpz_mpoly_ctx.get(["u", "v"], Ordering.lex).gens()
    one = u * 0 + 1
    third = Ratio(u, one) / Ratio(3 * v, one)
    assert (third**-2).top == 9 * v**2
    assert third - third == 0
    assert third + Ratio(v, u) == Ratio(u**2 + 3 * v**2, 3 * u * v)
    for operation in (lambda: third / (third - third), lambda: (third - third) ** -1):
        with pytest.raises(ZeroDivisionError):
            operation()
