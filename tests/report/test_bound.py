"""Bounds as they are shown: the value, the word for how sure it is, and the sentences that go with it."""

from __future__ import annotations

import json
import math

import pytest

import polyunroll as pu
from polyunroll.bounds.sampled import Sampled
from polyunroll.errors import InvalidInput
from polyunroll.report import bound as report
from polyunroll.report.bound import bound

S = pu.Spectrum("1/100", 1)
METHOD = pu.Chebyshev(S)


@pytest.fixture
def measured(monkeypatch):
    """Lets a test say what is measured."""

    def set_to(value, log10, at=None):
        def fake(method, t, R, G, criterion, split, points=11):
            return Sampled(value, log10, at, t, R, G, criterion, split, points)

        monkeypatch.setattr(report, "sampled_worst_case", fake)

    return set_to


@pytest.mark.parametrize(
    ("criterion", "split", "symbol", "meaning"),
    [
        ("exact", "total", "V_7", "V_t, the largest error"),
        ("pointwise", "total", "W_7", "the largest |E_t|R + |D_t|G"),
        ("separate", "total", "max|E_7|R + max|D_7|G", "max|E_t|R + max|D_t|G"),
        ("exact", "partial", "V_7", "V_t, the largest error"),
        ("pointwise", "partial", "W_7", "the largest |P_t|R + |P_t'|G"),
        ("separate", "partial", "max|P_7|R + max|P_7'|G", "max|P_t|R + max|P_t'|G"),
    ],
)
def test_the_text_names_what_was_measured(criterion, split, symbol, meaning):
    text = str(bound(METHOD, 7, R="1/2", G=2, criterion=criterion, split=split))
    value = pu.sampled_worst_case(METHOD, 7, R="1/2", G=2, criterion=criterion, split=split).value
    assert f"measured    {symbol} ≈ {value:.10g}" in text
    assert meaning in text
    assert "R, G              1/2, 2\n" in text
    assert "sampled lower estimate" in text
    assert "not an enclosure" in text
    assert ("only where ∂H commutes with H" in text) == (split == "total")
    assert ("W_t does not bound" in text) == (criterion == "pointwise")


def test_a_pointwise_value_bounds_where_one_part_is_zero():
    assert "does not bound" not in str(bound(METHOD, 7, R=1, G="0", criterion="pointwise"))


@pytest.mark.parametrize(
    ("value", "log10", "text", "latex"),
    [
        (0.0, -863.5, "3.16227766e-864", "3.16227766 \\cdot 10^{-864}"),
        (math.inf, 400.25, "1.77827941e+400", "1.77827941 \\cdot 10^{400}"),
        (0.0, -math.inf, "0", "0"),
        (1e-310, -310.0, "1.00000000e-310", "1.00000000 \\cdot 10^{-310}"),
        (2e-21, -20.7, "2e-21", "2 \\cdot 10^{-21}"),
        (0.5, math.log10(0.5), "0.5", "0.5"),
    ],
)
def test_no_size_is_lost(measured, value, log10, text, latex):
    measured(value, log10)
    assert f"V_9 ≈ {text}\n" in str(bound(METHOD, 9))
    assert str(bound(METHOD, 9, format="latex")) == f"\\[ V_{{9}} \\approx {latex} \\quad \\text{{(measured)}} \\]\n"
    data = json.loads(str(bound(METHOD, 9, format="json")))
    assert data["value"] == text
    assert data["log10"] == (repr(log10) if math.isfinite(log10) else None)
    assert data["at"] is None


def test_the_place_is_shown(measured):
    measured(2.0, math.log10(2), at=0.25)
    assert "V_9 ≈ 2    at λ = 0.25\n" in str(bound(METHOD, 9))
    assert json.loads(str(bound(METHOD, 9, format="json")))["at"] == "0.25"


@pytest.mark.parametrize(
    ("criterion", "symbol"),
    [
        ("pointwise", "W_{9}"),
        ("separate", "\\max\\lvert P_{9} \\rvert R + \\max\\lvert P_{9}' \\rvert G"),
    ],
)
def test_symbols_of_latex(measured, criterion, symbol):
    measured(2.0, math.log10(2))
    assert f"\\[ {symbol} \\approx 2 " in str(bound(METHOD, 9, criterion=criterion, split="partial", format="latex"))


def test_the_keys_of_json_are_the_names_of_the_attributes():
    data = json.loads(str(bound(METHOD, 9, R=0.5, G="1/3", points=51, format="json")))
    found = pu.sampled_worst_case(METHOD, 9, R=0.5, G="1/3", points=51)
    assert set(vars(found)) <= set(data)
    assert (data["R"], data["G"], data["points"]) == ("1/2", "1/3", 51)
    assert float(data["value"]) == found.value
    assert data["method"]["name"] == "chebyshev"
    assert data["spectrum"]["kappa"] == "1/100"
    assert all(sentence.endswith(".") for sentence in data["notes"])


def test_what_is_not_allowed():
    with pytest.raises(InvalidInput, match="format = 'html'"):
        bound(METHOD, 3, format="html")
    with pytest.raises(InvalidInput, match="R = -1"):
        bound(METHOD, 3, R=-1)
