"""Methods as plain data and back: nothing is lost, and nothing but what `as_data` writes is read."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
import sympy
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from reference.strategies import methods, positive, small, spectra

import polyunroll as pu
from polyunroll.arithmetic.exact import exact, sqrt
from polyunroll.arithmetic.surd import Surd
from polyunroll.errors import InvalidInput
from polyunroll.methods import exact_from_text, families, method_from_data
from polyunroll.output.literals import fraction_literal

S = pu.Spectrum("1/100", 1)


def back(method):
    """The method after a journey through JSON."""
    return method_from_data(json.loads(json.dumps(method.as_data())))


def rational(value):
    return fmpq(value.numerator, value.denominator)


surds = st.builds(
    lambda a, b, d: rational(a) + rational(b) * sqrt(fmpq(d)),
    small,
    small,
    st.sampled_from([2, 3, 5, 6, 12, 101, 2**61 - 1, 10**60 + 7]),
)


# -- numbers -------------------------------------------------------------------------------------------------
@given(st.fractions() | surds)
def test_an_exact_number_from_its_text(value):
    assert exact_from_text(fraction_literal(value)) == exact(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", fmpq(0)),
        ("-3", fmpq(-3)),
        ("-6/4", fmpq(-3, 2)),
        ("sqrt(2)", Surd(fmpq(0), fmpq(1), 2)),
        ("-sqrt(2)", Surd(fmpq(0), fmpq(-1), 2)),
        ("-5*sqrt(2)/3", Surd(fmpq(0), fmpq(-5, 3), 2)),
        ("1/2 - sqrt(5)/2", Surd(fmpq(1, 2), fmpq(-1, 2), 5)),
        ("-1/2 + 3*sqrt(5)", Surd(fmpq(-1, 2), fmpq(3), 5)),
        ("1 + sqrt(8)", Surd(fmpq(1), fmpq(2), 2)),
        ("1 + sqrt(9)", fmpq(4)),
        ("sqrt(0)", fmpq(0)),
    ],
)
def test_texts(text, value):
    found = exact_from_text(text)
    assert found == value
    assert type(found) is type(value)


def test_texts_of_any_length():
    long = Fraction(10**20_000 + 1, 3**30_000)
    assert exact_from_text(fraction_literal(long)) == exact(long)
    surd = Surd(rational(Fraction(10**700 + 1, 7**300)), fmpq(1, 3), 2)
    assert exact_from_text(fraction_literal(surd)) == surd


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "1\n", "+1", "1.5", "1e3", "1/-2", "1//2", "1/2/3", "0x10", "1_000", "١", "--1", "-", "/2"),
        *("nan", "inf", "NaN", "one", "1/0", "-5/0", "1 + 2", "2*3", "sqrt(-2)", "sqrt(2/3)", "sqrt(sqrt(2))"),
        *(
            "1+sqrt(2)",
            "1 + sqrt(2)/0",
            "1/0 + sqrt(2)",
            "1 + -sqrt(2)",
            "sqrt(2)*3",
            "sqrt()",
            "sqrt(2",
            "a + sqrt(2)",
        ),
        *("sqrt(2) + 1", "2**1000", "__import__('os')", "1" * 1_000_001, "sqrt(" + "1" * 30_000 + ")"),
        *(None, 1, 1.5, True, ["1"], {"1": 1}, b"1"),
    ],
    ids=lambda text: repr(text)[:20],
)
def test_other_texts_are_refused(text):
    with pytest.raises(InvalidInput) as caught:
        exact_from_text(text)
    assert len(str(caught.value)) < 200


# -- methods -------------------------------------------------------------------------------------------------
@given(methods())
def test_any_method_survives(method):
    rebuilt = back(method)
    assert rebuilt == method
    assert type(rebuilt) is type(method)
    assert rebuilt.as_data() == method.as_data()
    assert rebuilt.horizon == method.horizon
    assert (rebuilt.extremes is None) == (method.extremes is None)
    assert hash(rebuilt) == hash(method)


@given(spectra, st.lists(positive | surds.filter(lambda h: h > 0), min_size=1, max_size=6))
def test_steps_of_any_kind_survive(spectrum, steps):
    assert back(pu.GradientDescent(spectrum, steps)) == pu.GradientDescent(spectrum, steps)
    assert back(pu.GradientDescent(spectrum, steps[0])) == pu.GradientDescent(spectrum, steps[0])


@given(spectra, surds.filter(lambda a: a > fmpq(-1, 2)), surds.filter(lambda eta: eta >= 0))
def test_weights_of_any_kind_survive(spectrum, a, eta):
    method = pu.Sobolev(spectrum, pu.measures.gegenbauer(a), eta)
    assert back(method) == method


@pytest.mark.parametrize(
    "method",
    [
        pu.GradientDescent(S, "sqrt(2)/(L+ell)"),
        pu.GradientDescent(S, ["1", "sqrt(2)/2", "2/(L+ell)"]),
        pu.GradientDescent(S, [1]),
        pu.GradientDescent(pu.Spectrum("1e-300", "1e300")),
        pu.HeavyBall(pu.Spectrum(2, 3)),
        pu.Nesterov(pu.Spectrum(3, 3)),
        pu.Chebyshev(pu.Spectrum("3.5", "1e5")),
        pu.Sobolev(S, pu.measures.legendre(), "1/10"),
        pu.HeavyBall(pu.Spectrum.marchenko_pastur("1/2")),
        pu.Jacobi(S, "1/3", "-1/2"),
        pu.Sobolev(S, pu.measures.jacobi("1/3", "-1/4"), "1/10"),
        pu.Sobolev(pu.Spectrum.marchenko_pastur("1/2"), pu.measures.marchenko_pastur("1/2"), 2),
        pu.Sobolev(pu.Spectrum.marchenko_pastur(2, 1, 1), pu.measures.marchenko_pastur(2)),
        pu.JacobianKernel(S, pu.measures.legendre(), "1/7"),
        pu.UnrolledCG(S, [1, "1/2", "1/3"], ["1/5", "1/7"]),
        pu.PartialSums(pu.JacobianKernel(S, pu.measures.legendre(), "1/7"), ["1/2", "-1/3", 2]),
        pu.PartialSums(pu.GradientDescent(S, [1, "1/2", "1/3"]), ["1/2", "1/5"]),
        pu.PartialSums(pu.FixedPolynomial(S, [1, "-1/2", "1/7"]), ["1/2", "1/5"]),
        pu.PartialSums(pu.HeavyBall(pu.Spectrum(2, 3)), [1]),
        pu.JacobianKernel(pu.Spectrum.marchenko_pastur("1/2"), pu.measures.marchenko_pastur("1/2")),
    ],
    ids=repr,
)
def test_some_methods(method):
    rebuilt = back(method)
    assert rebuilt.values == method.values
    assert rebuilt.program == method.program
    assert pu.chebyshev_series(rebuilt, 1) == pu.chebyshev_series(method, 1)


def test_every_family_is_among_them():
    plain = (pu.GradientDescent, pu.Chebyshev, pu.HeavyBall, pu.Nesterov, pu.Sobolev, pu.JacobianKernel)
    others = (
        pu.Jacobi(S, 0, 0),
        pu.FixedPolynomial(S, [1]),
        pu.UnrolledCG(S, [1], []),
        pu.PartialSums(pu.Nesterov(S), [1]),
    )
    built = {method.name for method in (*(make(S) for make in plain), *others)}
    assert built == set(families()), "a new family belongs into the strategies, and here"


def test_the_same_program_is_not_the_same_method():
    # one step of 1/2 and a list of one such step have the same P_1, and different horizons
    one, table = pu.GradientDescent(S, "1/2"), pu.GradientDescent(S, ["1/2"])
    assert back(one) == one != table == back(table)


def test_a_symbol_is_not_plain_data():
    h = sympy.Symbol("h", positive=True)
    with pytest.raises(InvalidInput, match="'h' is not an exact number"):
        back(pu.GradientDescent(S, h))


# -- what is no method ---------------------------------------------------------------------------------------
GD = {"name": "gd", "parameters": {"ell": "1/100", "L": "1", "h": "1"}}
NO_METHODS = {
    "nothing": {},
    "no mapping": [GD],
    "None": None,
    "a text": "gd",
    "no name": {"parameters": GD["parameters"]},
    "no parameters": {"name": "gd"},
    "another name": {**GD, "name": "newton"},
    "an empty name": {**GD, "name": ""},
    "no text for a name": {**GD, "name": ["gd"]},
    "a parameter missing": {**GD, "parameters": {"ell": "1/100", "L": "1"}},
    "an end missing": {**GD, "parameters": {"ell": "1/100", "h": "1"}},
    "a parameter too many": {**GD, "parameters": {**GD["parameters"], "eta": "1"}},
    "another family's parameter": {**GD, "name": "chebyshev"},
    "a table beside a step": {**GD, "tables": {"h": ["1"]}},
    "a table of another name": {"name": "gd", "parameters": {"ell": "1", "L": "2"}, "tables": {"g": ["1"]}},
    "a table that is no list": {"name": "gd", "parameters": {"ell": "1", "L": "2"}, "tables": {"h": 3}},
    "an empty table": {"name": "gd", "parameters": {"ell": "1", "L": "2"}, "tables": {"h": []}},
    "tables that are no mapping": {**GD, "tables": ["h"]},
    "a number that is no text": {**GD, "parameters": {**GD["parameters"], "h": 1}},
    "NaN": {**GD, "parameters": {**GD["parameters"], "h": "nan"}},
    "a division by zero": {**GD, "parameters": {**GD["parameters"], "h": "1/0"}},
    "a step of 0": {**GD, "parameters": {**GD["parameters"], "h": "0"}},
    "an empty spectrum": {**GD, "parameters": {"ell": "2", "L": "1", "h": "1"}},
    "a spectrum with 0": {**GD, "parameters": {"ell": "0", "L": "1", "h": "1"}},
    "two fields": {**GD, "parameters": {"ell": "sqrt(2)", "L": "sqrt(3)", "h": "1"}},
    "an exponent that is none": {"name": "jacobi", "parameters": {"ell": "1", "L": "2", "alpha": "-1", "beta": "1"}},
    "a base too many": {**GD, "base": "gd"},
    "no base": {"name": "partial-sums", "parameters": GD["parameters"], "tables": {"share": ["1"]}},
    "a base that is none": {**GD, "name": "partial-sums", "base": "newton", "tables": {"share": ["1"]}},
    "a base of its own kind": {**GD, "name": "partial-sums", "base": "partial-sums", "tables": {"share": ["1"]}},
    "a base with another parameter": {**GD, "name": "partial-sums", "base": "sobolev", "tables": {"share": ["1"]}},
    "no table of factors": {**GD, "name": "partial-sums", "base": "gd", "tables": {"tail": ["1"]}},
    "no factors": {**GD, "name": "partial-sums", "base": "gd", "tables": {"share": []}},
    "half a weight": {"name": "sobolev", "parameters": {"ell": "1", "L": "2", "alpha": "0", "eta": "1"}},
    "a weight that is none": {"name": "sobolev", "parameters": {"ell": "1", "L": "2", "a": "-1", "eta": "1"}},
}


@pytest.mark.parametrize("data", NO_METHODS.values(), ids=NO_METHODS)
def test_what_is_no_method(data):
    with pytest.raises(InvalidInput):
        method_from_data(data)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(["1", "h", "gd"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["h", "ell", "L", "x"]), inner),
    max_leaves=6,
)


@given(st.fixed_dictionaries({}, optional={"name": junk, "parameters": junk, "tables": junk, "base": junk}) | junk)
def test_junk_is_no_method(data):
    with pytest.raises(InvalidInput):
        method_from_data(data)


@given(st.sampled_from(["name", "parameters", "tables"]), junk)
def test_a_method_with_junk_in_it(key, value):
    try:
        built = method_from_data({**GD, key: value})
    except InvalidInput:
        return
    assert built.as_data() == GD, "only what is the same"
