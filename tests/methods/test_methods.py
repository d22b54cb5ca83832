"""The families: what they take, what they refuse, what they are called; and the horizon of a list of steps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import fmpq
from reference.cases import CASES, methods
from reference.fields import INTERVALS
from reference.members import OPTIONS, member

import polyunroll as pu
from polyunroll.arithmetic.surd import Surd
from polyunroll.errors import HorizonError, InvalidInput, OutsideField
from polyunroll.interpret.double_jets import DoubleJets
from polyunroll.interpret.jets import DividedDifferences, ball_jets
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.interpret.series import chebyshev_balls
from polyunroll.interpret.steps import steps_of
from polyunroll.interpret.transfer import chebyshev_coefficients, residual_polynomial
from polyunroll.methods import Method, families, family
from polyunroll.methods.base import step_size

S = pu.Spectrum("1/100", 1)


# -- families -------------------------------------------------------------------------------------------
def test_families_are_found_by_their_files():
    assert list(families()) == sorted(families())
    assert {"gd", "chebyshev", "heavy-ball", "nesterov", "sobolev"} <= set(families())
    for name, cls in families().items():
        assert issubclass(cls, Method)
        assert cls.name == name
        assert family(name) is cls
        assert cls.__doc__


def test_unknown_family():
    with pytest.raises(InvalidInput, match=r"'adam' is not a method; choose from chebyshev, gd, "):
        family("adam")


@pytest.mark.parametrize("name", families())
def test_every_family_can_be_made_from_a_spectrum_alone(name):
    method = member(name, S)
    assert method == member(name, S)
    assert hash(method) == hash(member(name, S))
    assert method.spectrum == S
    assert method.label
    assert repr(method).startswith(type(method).__name__ + "([1/100, 1]")
    assert method != member(name, pu.Spectrum("1/50", 1))
    if name not in OPTIONS:
        assert method == family(name)(S)
    assert dict(method.values)["L"] == 1
    assert not method.is_symbolic


@pytest.mark.parametrize("name", families())
@pytest.mark.parametrize("spectrum", [None, (0.01, 1), "1/100,1"])
def test_a_spectrum_is_needed(name, spectrum):
    with pytest.raises(InvalidInput, match="is not a Spectrum; give one, such as"):
        member(name, spectrum)


def test_labels_tell_the_cases_apart():
    labels = [method.label for method in methods(INTERVALS[0])]
    assert len(set(labels)) == len(labels) == len(CASES)


def test_options_from_texts():
    gd = family("gd")
    assert gd.from_options(S, {"step": "2/(L+ell)"}) == pu.GradientDescent(S, "2/(L+ell)")
    assert gd.from_options(S, {"step": "1, 1/2"}) == pu.GradientDescent(S, ["1", "1/2"])
    assert gd.from_options(S, {"step": "1, 1/2"}).horizon == 2
    made = family("sobolev").from_options(S, {"measure": "gegenbauer:1", "eta": "1/10"})
    assert made == pu.Sobolev(S, pu.measures.gegenbauer(1), "1/10")


def test_equal_methods():
    # however a parameter was written, and whatever the label says
    same = [pu.GradientDescent(S), pu.GradientDescent(S, 1), pu.GradientDescent(pu.Spectrum(0.01, 1), "L")]
    assert same[0] == same[1] == same[2]
    assert len(set(same)) == 1
    assert len({method.label for method in same}) == 3
    assert pu.GradientDescent(S, 1) != pu.GradientDescent(S, [1])
    assert pu.Sobolev(S) == pu.Sobolev(S, pu.measures.gegenbauer(0), 1)
    assert pu.Chebyshev(S) != pu.HeavyBall(S)


def test_a_method_cannot_be_changed():
    with pytest.raises(AttributeError):
        pu.Chebyshev(S).spectrum = pu.Spectrum(1, 2)


# -- steps ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("step", "value"),
    [
        ("1/L", 1),
        ("2/(L+ell)", Fraction(200, 101)),
        ("2/(L + ell)", Fraction(200, 101)),
        ("kappa", Fraction(1, 100)),
        ("1/sqrt(L*ell)", 10),
        ("0.3", Fraction(3, 10)),
        ("-(-1)", 1),
        ("(1-kappa)^2/L", Fraction(9801, 10000)),
        ("2**-3", Fraction(1, 8)),
        (0.3, Fraction(3, 10)),
        (np.float64(0.3), Fraction(3, 10)),
        (Fraction(1, 3), Fraction(1, 3)),
        (sympy.Rational(1, 3), Fraction(1, 3)),
    ],
)
def test_step_sizes(step, value):
    assert pu.GradientDescent(S, step).parameters["h"] == value


def test_irrational_steps():
    assert pu.GradientDescent(S, "sqrt(2)/L").parameters["h"] == Surd(fmpq(0), fmpq(1), 2)
    assert pu.GradientDescent(S, sympy.sqrt(2)).parameters["h"] == Surd(fmpq(0), fmpq(1), 2)
    with pytest.raises(OutsideField):
        pu.GradientDescent(S, "sqrt(2)+sqrt(3)")
    with pytest.raises(OutsideField):
        pu.GradientDescent(S, "sqrt(ell-L)")


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (0, "step = 0 is not allowed; a step size must be > 0"),
        (-1, "step = -1 is not allowed; a step size must be > 0"),
        ("ell-L", "step = ell-L is not allowed; a step size must be > 0"),
        ("1/(L-100*ell)", "divides by zero on the spectrum"),
        ("1/m", "names 'm'; it may name only L, ell, kappa and sqrt"),
        ("t", "names 't'"),
        ("L[t-1]", "names 'L'"),
        ("exp(L)", "contains 'exp(L)'"),
        ("__import__('os')", "contains"),
        ("L if L else 1", "contains"),
        ("1/", "is not an expression"),
        ("", "is not an expression"),
        (float("nan"), "is not finite"),
        (True, "is not a number"),
        (None, "is not a number"),
        (lambda t: 1 / (t + 1), "is a function; give a step size, or a list of them"),
        ([], "at least one step size"),
        ((), "at least one step size"),
        (["1", 0], "step[1] = 0 is not allowed"),
        (["1", "x"], "names 'x'"),
    ],
)
def test_steps_that_are_refused(step, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.GradientDescent(S, step)
    assert sentence in str(caught.value)


def test_a_step_may_be_zero_over_nothing_only():
    assert step_size("1/(L-ell)", S) == fmpq(100, 99)
    with pytest.raises(InvalidInput, match=r"my step = '1/\(L-ell\)' divides by zero"):
        step_size("1/(L-ell)", pu.Spectrum(1, 1), "my step")


def test_a_list_of_steps_is_a_table():
    method = pu.GradientDescent(S, ["1/L", 2, "sqrt(2)"])
    assert method.horizon == 3
    assert method.label == "GD, 3 steps"
    assert method.program.registers[0].table == (fmpq(1), fmpq(2), Surd(fmpq(0), fmpq(1), 2))
    assert pu.GradientDescent(S, (1.0, 0.5)).horizon == 2


# -- Sobolev --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"eta": -1}, "eta = -1 is not allowed; give a number >= 0"),
        ({"eta": "x"}, "eta = 'x' is not a number"),
        ({"eta": float("inf")}, "eta = inf is not finite"),
        ({"measure": "legendre"}, "measure = 'legendre' is not a measure"),
        ({"measure": 1}, "measure = 1 is not a measure"),
    ],
)
def test_sobolev_refuses(arguments, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.Sobolev(S, **arguments)
    assert sentence in str(caught.value)


def test_sobolev_needs_an_interval():
    with pytest.raises(InvalidInput, match="is one point; a Sobolev method needs ell < L"):
        pu.Sobolev(pu.Spectrum("2/3", "2/3"))


@pytest.mark.parametrize("name", ["heavy-ball", "nesterov"])
def test_a_root_outside_the_field_is_refused(name):
    # √(ℓL) for ℓ = √2, L = 2 needs the fourth root of 2
    method = family(name)(pu.Spectrum(sympy.sqrt(2), 2))
    with pytest.raises(OutsideField):
        residual_polynomial(method, 2)


# -- horizons -------------------------------------------------------------------------------------------
FIXED = pu.GradientDescent(S, [1, "1/2", "1/3"])

BEYOND = {
    "require_steps": lambda: FIXED.require_steps(4),
    "residual": lambda: pu.residual(FIXED, 4),
    "residual_polynomial": lambda: residual_polynomial(FIXED, 4),
    "chebyshev_coefficients": lambda: chebyshev_coefficients(FIXED, 4),
    "jacobian_error": lambda: pu.jacobian_error(FIXED, 4),
    "recurrence": lambda: pu.recurrence(FIXED, 4),
    "steps_of": lambda: steps_of(FIXED, 4),
    "chebyshev_series": lambda: pu.chebyshev_series(FIXED, 4),
    "chebyshev_series in digits": lambda: pu.chebyshev_series(FIXED, 4, 20),
    "chebyshev_balls": lambda: chebyshev_balls(FIXED, 4, 100),
    "jets": lambda: pu.jets(FIXED, 4, [0.5]),
    "jets in digits": lambda: pu.jets(FIXED, 4, [0.5], digits=20),
    "ball_jets": lambda: ball_jets(FIXED, 4, [fmpq(1, 2)]),
    "double jets": lambda: DoubleJets(FIXED, np.array([[0.5]])).advance(4),
    "DividedDifferences": lambda: DividedDifferences(FIXED, [0.5, 1]).at(4),
    "sampled_worst_case": lambda: pu.sampled_worst_case(FIXED, 4),
    "machine": lambda: Machine(FIXED, PolynomialModule()).run(4),
    "run": lambda: pu.run(FIXED, np.diag([0.5, 1]), np.ones(2), np.ones(2), 4),
    "schedule": lambda: pu.schedule(FIXED, 4),
}


@pytest.mark.parametrize("ask", BEYOND.values(), ids=BEYOND)
def test_no_more_steps_than_there_are(ask):
    with pytest.raises(HorizonError, match="t = 4 is beyond this method's 3 steps; give t <= 3"):
        ask()


def test_all_the_steps_there_are():
    expected = 0.5 * 0.75 * (1 - 0.5 / 3)
    assert pu.jets(FIXED, 3, [0.5]).derivative()[0] == pytest.approx(expected, rel=1e-15)
    assert float(residual_polynomial(FIXED, 3)(fmpq(1, 2))) == pytest.approx(expected, rel=1e-15)
    machine = Machine(FIXED, PolynomialModule())
    machine.run(3)
    with pytest.raises(HorizonError):
        machine.step()
    assert machine.t == 3
    assert machine.output == residual_polynomial(FIXED, 3)


# -- step counts ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("t", [-1, 1.0, "3", None, True, 2.5])
@pytest.mark.parametrize(
    "ask",
    [
        lambda t: pu.residual(pu.Chebyshev(S), t),
        lambda t: pu.jacobian_error(pu.Chebyshev(S), t),
        lambda t: pu.recurrence(pu.Chebyshev(S), t),
        lambda t: pu.chebyshev_series(pu.Chebyshev(S), t),
        lambda t: pu.jets(pu.Chebyshev(S), t, [0.5]),
        lambda t: pu.sampled_worst_case(pu.Chebyshev(S), t),
        lambda t: DividedDifferences(pu.Chebyshev(S), [0.5]).at(t),
    ],
    ids=["residual", "jacobian_error", "recurrence", "chebyshev_series", "jets", "sampled", "DividedDifferences"],
)
def test_t_is_a_whole_number(ask, t):
    with pytest.raises(InvalidInput, match=r"^t = .* is not allowed; give a whole number ≥ 0"):
        ask(t)


def test_numpy_whole_numbers_will_do():
    assert pu.residual(pu.Chebyshev(S), np.int64(3)) == pu.residual(pu.Chebyshev(S), 3)


# -- symbols where numbers are needed -------------------------------------------------------------------
ELL, L = sympy.symbols("ell L", positive=True)
SYMBOLIC = [
    pu.GradientDescent(S, sympy.Symbol("h", positive=True)),
    pu.Chebyshev(pu.Spectrum(ELL, L)),
    pu.Sobolev(S, eta=sympy.Symbol("eta", positive=True)),
    pu.Sobolev(S, pu.measures.gegenbauer(sympy.Symbol("a", positive=True))),
]
NUMBERS_NEEDED = {
    "recurrence": lambda m: pu.recurrence(m, 2),
    "chebyshev_series": lambda m: pu.chebyshev_series(m, 2),
    "chebyshev_series in digits": lambda m: pu.chebyshev_series(m, 2, 20),
    "jets": lambda m: pu.jets(m, 2, [0.5]),
    "jets in digits": lambda m: pu.jets(m, 2, [0.5], digits=20),
    "DividedDifferences": lambda m: DividedDifferences(m, [0.5, 1]),
    "sampled_worst_case": lambda m: pu.sampled_worst_case(m, 2),
    "run": lambda m: pu.run(m, np.diag([0.5, 1]), np.ones(2), np.ones(2), 2),
}


@pytest.mark.parametrize("method", SYMBOLIC, ids=str)
@pytest.mark.parametrize("ask", NUMBERS_NEEDED.values(), ids=NUMBERS_NEEDED)
def test_symbols_are_refused_where_numbers_are_needed(ask, method):
    assert method.is_symbolic
    with pytest.raises(InvalidInput, match="symbol"):
        ask(method)


def test_symbols_give_polynomials():
    h = sympy.Symbol("h", positive=True)
    P = pu.residual(pu.GradientDescent(S, h), 3)
    x = P.gen
    assert sympy.expand(P.as_expr() - (1 - h * x) ** 3) == 0
    P = pu.residual(pu.Chebyshev(pu.Spectrum(ELL, L)), 3)
    sigma, at_0 = (2 * x - L - ELL) / (L - ELL), -(L + ELL) / (L - ELL)
    assert sympy.cancel(P.as_expr() - sympy.chebyshevt(3, sigma) / sympy.chebyshevt(3, at_0)) == 0


@pytest.mark.parametrize("name", ["chebyshev", "heavy-ball", "nesterov", "gd"])
def test_symbolic_ends_agree_with_numbers_put_in(name):
    P = pu.residual(family(name)(pu.Spectrum(ELL, L)), 4)
    assert P.as_expr().subs(P.gen, 0) == 1
    expected = pu.residual(family(name)(pu.Spectrum("1/4", 4)), 4)
    found = P.as_expr().subs({ELL: sympy.Rational(1, 4), L: 4})
    assert sympy.expand(found - expected.as_expr()) == 0
