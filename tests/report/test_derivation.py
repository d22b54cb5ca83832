"""Derivations: the three formats say the same as the polynomials themselves."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import pytest
import sympy
from flint import fmpq

import polyunroll as pu
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.report.derivation import coefficients, derivation, heading

S = pu.Spectrum("1/100", 1)
LAMBDA = sympy.Symbol("lambda")
METHODS = [
    pu.Chebyshev(S),
    pu.GradientDescent(S, ["1/2", "7/3", "1"]),
    pu.HeavyBall(pu.Spectrum(1, 7)),
    pu.Nesterov(pu.Spectrum("1/4", 1)),
    pu.Sobolev(S, pu.measures.legendre(), eta="1/3"),
]
methods = pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)


def polynomials(method, t):
    return (pu.residual(method, t), *pu.jacobian_error(method, t))


def value(text):
    return sympy.sympify(text, rational=True)


@methods
def test_the_coefficients_of_json_are_the_exact_ones(method):
    data = json.loads(str(derivation(method, 3, "json")))
    lists = (data["residual"], data["jacobian_error"]["E"], data["jacobian_error"]["D"])
    for texts, polynomial in zip(lists, polynomials(method, 3), strict=True):
        ascending = polynomial.all_coeffs()[::-1]
        assert [sympy.expand(value(text) - c) for text, c in zip(texts, ascending, strict=True)] == [0] * len(texts)
    assert data["residual"][0] == "1"


@methods
def test_the_recurrence_of_json_gives_the_residual(method):
    recurrence = json.loads(str(derivation(method, 3, "json")))["recurrence"]
    names = [target for step in recurrence["steps"] for target in (a["target"] for a in step)]
    states = dict.fromkeys((*names, *recurrence["query"][0]), sympy.Integer(1))
    for query, step in zip(recurrence["query"], recurrence["steps"], strict=True):
        known = dict(states)
        known["gradient"] = LAMBDA * sum(value(c) * known[name] for name, c in query.items())
        for assignment in step:
            terms = assignment["terms"].items()
            known[assignment["target"]] = sympy.expand(sum(value(c) * known.get(n, 1) for n, c in terms))
        states = known
    expected = pu.residual(method, 3).as_expr()
    assert sympy.expand(states["x"] - expected.subs(sympy.Symbol("lambda"), LAMBDA)) == 0


@methods
def test_the_text_holds_every_coefficient(method):
    text = str(derivation(method, 3))
    for polynomial in polynomials(method, 3):
        for c in coefficients(polynomial):
            assert re.search(rf"(?<![\d/]){re.escape(str(c))}(?![\d/])", text), c
    assert text.startswith("method ")
    assert str(pu.recurrence(method, 3)) in text


def test_the_heading_speaks_of_the_condition_number():
    assert heading(pu.Chebyshev(S)) == [
        ("method", "Chebyshev"),
        ("spectrum", "[1/100, 1]"),
        ("condition number", "L/ℓ = 100"),
    ]
    noted = pu.Chebyshev(pu.Spectrum.marchenko_pastur("1/2"))
    assert dict(heading(noted))["spectrum"] == "[3/2 - sqrt(2), 3/2 + sqrt(2)] (Marchenko–Pastur)"


def test_long_rationals_are_kept_exact_and_unbroken():
    text = str(derivation(pu.Chebyshev(S), 40))
    for c in coefficients(pu.residual(pu.Chebyshev(S), 40)):
        assert str(c) in text
    assert text.count("\nλ^0  ") == 3, "a table for each polynomial"


def test_at_zero_steps():
    text = str(derivation(pu.Chebyshev(S), 0))
    assert text.endswith("λ^0    1                   1           0\n")
    assert "D_{0}(\\lambda) &= 0" in str(derivation(pu.Chebyshev(S), 0, "latex"))
    data = json.loads(str(derivation(pu.Chebyshev(S), 0, "json")))
    assert (data["residual"], data["jacobian_error"]) == (["1"], {"E": ["1"], "D": ["0"]})
    assert data["recurrence"] == {"query": [], "steps": []}


# -- LaTeX ---------------------------------------------------------------------------------------------------
def read_latex(formula):
    """A formula of ours as SymPy: fractions, roots and powers of λ."""
    text = formula.replace("\\left", "").replace("\\right", "").replace("\\quad {}", "").replace("&", "")
    text = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"(\1/\2)", text)
    text = re.sub(r"\\sqrt\{(\d+)\}", r"*sqrt(\1)", text)
    text = re.sub(r"\\lambda(\^\{(\d+)\})?", lambda m: f"*x**{m[2] or 1}", text)
    text = re.sub(r"(?<=[-+(])\s*\*", "1*", re.sub(r"^\s*\*", "", text))
    return value(text)


@methods
def test_the_formulas_of_latex_are_the_polynomials(method):
    text = str(derivation(method, 3, "latex"))
    body = text[text.index("{align*}") + 9 : text.index("\\end{align*}")]
    rows = re.split(r"(?:\\\\\n)?[PED]_\{3\}\(\\lambda\) &=", body)[1:]
    for row, polynomial in zip(rows, polynomials(method, 3), strict=True):
        found = read_latex(row.replace("\\\\\n", " ")).subs("x", LAMBDA)
        assert sympy.expand(found - polynomial.as_expr()) == 0
    assert text.count("{") == text.count("}")
    assert text.count("\\left") == text.count("\\right") + text.count("\\leftarrow")


def test_terms_of_latex():
    method = pu.GradientDescent(pu.Spectrum(1, 1))
    text = str(derivation(method, 3, "latex"))
    assert "P_{3}(\\lambda) &= 1 - 3 \\lambda + 3 \\lambda^{2} - \\lambda^{3} \\\\" in text
    assert "E_{3}(\\lambda) &= 1 - 3 \\lambda^{2} + 2 \\lambda^{3} \\\\" in text
    assert "D_{3}(\\lambda) &= -3 + 6 \\lambda - 3 \\lambda^{2}\n" in text


def test_long_formulas_of_latex_are_broken_before_a_sign():
    lines = str(derivation(pu.Chebyshev(S), 12, "latex")).splitlines()
    more = [line for line in lines if line.startswith("&\\quad")]
    assert more
    assert all(line.startswith(("&\\quad {}+ ", "&\\quad {}- ")) for line in more)


# -- refusals ------------------------------------------------------------------------------------------------
def test_what_is_not_allowed():
    with pytest.raises(InvalidInput, match="format = 'html'"):
        derivation(pu.Chebyshev(S), 3, "html")
    with pytest.raises(InvalidInput, match="t = -1"):
        derivation(pu.Chebyshev(S), -1)
    with pytest.raises(HorizonError):
        derivation(pu.GradientDescent(S, ["1/2"]), 2)


def test_coefficients_are_exact_numbers():
    assert coefficients(sympy.Poly(Fraction(1, 3) + 2 * LAMBDA, LAMBDA)) == [fmpq(1, 3), fmpq(2)]
