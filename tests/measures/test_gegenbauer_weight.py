"""Weights by name and by number."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq

from polyunroll import measures
from polyunroll.arithmetic.surd import Surd
from polyunroll.errors import InvalidInput


def test_named_weights_are_cases():
    assert measures.chebyshev() == measures.gegenbauer(0)
    assert measures.legendre() == measures.gegenbauer("1/2") == measures.gegenbauer(0.5)
    assert measures.chebyshev() != measures.legendre()
    assert len({measures.legendre(), measures.gegenbauer(Fraction(1, 2))}) == 1


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        (measures.chebyshev(), "chebyshev"),
        (measures.legendre(), "legendre"),
        (measures.gegenbauer(1), "gegenbauer:1"),
        (measures.gegenbauer("-1/4"), "gegenbauer:-1/4"),
        (measures.gegenbauer("0.3"), "gegenbauer:3/10"),
    ],
)
def test_text_and_back(measure, text):
    assert str(measure) == text
    assert measures.parse_measure(text) == measure
    assert measures.parse_measure(f" {text} ") == measure


@pytest.mark.parametrize(
    "text", ["", "hermite", "gegenbauer", "legendre:1", "chebyshev:", "gegenbauer:1:2", "Legendre"]
)
def test_unknown_text(text):
    with pytest.raises(InvalidInput, match="is not known; give chebyshev, legendre or gegenbauer:a with a > -1/2"):
        measures.parse_measure(text)


@pytest.mark.parametrize("a", ["-1/2", -1, "-0.5", Surd(fmpq(0), fmpq(-1), 2)])
def test_weights_that_are_not_integrable(a):
    with pytest.raises(InvalidInput, match="is not allowed; the Gegenbauer weight"):
        measures.gegenbauer(a)


@pytest.mark.parametrize("text", ["gegenbauer:x", "gegenbauer:"])
def test_a_is_a_number(text):
    with pytest.raises(InvalidInput, match=r"^a = .* is not a number"):
        measures.parse_measure(text)


def test_just_above_the_limit():
    assert measures.gegenbauer("-0.4999999999999999999999").a > fmpq(-1, 2)
    assert measures.gegenbauer(Surd(fmpq(0), fmpq(-1, 3), 2)).a < 0


def test_a_may_be_a_symbol():
    assert str(measures.gegenbauer(sympy.Symbol("a"))) == "gegenbauer:a"
