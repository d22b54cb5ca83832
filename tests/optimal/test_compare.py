"""Comparisons: every cell against its own worst case and limit, and what is shown of them."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.optimal.compare import compare
from polyunroll.report.comparison import comparison_page, comparison_picture

S = pu.Spectrum("1/100", 1)


@pytest.fixture(scope="module")
def usual():
    return compare(S, [1, 3, 10, 25])


def test_cells_are_worst_cases_over_limits(usual):
    for i, method in enumerate(usual.methods):
        for k, t in enumerate(usual.steps):
            V, W = (pu.worst_case(method, t, digits=12, criterion=c) for c in ("exact", "pointwise"))
            limit = pu.Minimax(S, t, digits=20).limit
            assert usual.V[i][k].lower <= V.upper
            assert V.lower <= usual.V[i][k].upper
            assert usual.W[i][k].lower <= W.upper
            assert W.lower <= usual.W[i][k].upper
            multiple = usual.multiple(i, k)
            assert multiple.lower <= V.upper / limit.lower
            assert V.lower / limit.upper <= multiple.upper
            assert multiple.lower >= 1
            assert multiple.upper <= multiple.lower * Fraction(100_001, 100_000)


def test_known_limits(usual):
    # theory of the least worst case at κ = 1/100, (R, G) = (1, 0)
    assert float(usual.limit[0]) == 1
    assert float(usual.limit[2]) == pytest.approx(0.853288081571567, rel=1e-6)


def test_the_jacobian_kernel_is_best_of_the_usual_ones_for_large_t(usual):
    assert isinstance(usual.best(3), pu.JacobianKernel)
    i = usual.methods.index(usual.best(3))
    assert usual.multiple(i, 3) < 2


def test_where_v_is_w_it_is_computed_once(monkeypatch):
    from polyunroll.optimal import compare as module

    asked = []
    monkeypatch.setattr(
        module, "worst_case", lambda *a, **how: asked.append(how["criterion"]) or pu.worst_case(*a, **how)
    )
    for R, G, expected in ((1, 0, ["exact"]), (0, 1, ["exact"]), (1, 1, ["exact", "pointwise"])):
        asked.clear()
        found = compare(S, [2, 5], [pu.GradientDescent(S)], R, G)
        assert asked == expected
        assert (found.V == found.W) == (len(expected) == 1)


def test_a_sequence_is_compared_on_its_way():
    steady = pu.MinimaxSequence(S, 8)
    found = compare(S, 9, [steady])
    assert [value is None for value in found.V[0]] == [False] * 8 + [True]
    assert all(value.upper < 1 + Fraction(1, 10**5) for value in found.V[0][:8])
    assert found.multiple(0, 7).upper < 1 + Fraction(1, 10**6)


def test_a_horizon_leaves_the_other_cells_empty():
    best = pu.Minimax(S, 12)
    found = compare(S, 12, [best, pu.Chebyshev(S)])
    assert found.steps == tuple(range(1, 13))
    assert [value is None for value in found.V[0]] == [True] * 11 + [False]
    assert found.multiple(0, 11).lower == 1
    assert found.multiple(0, 0) is None
    assert "-" in str(comparison_page(found))


def test_where_the_limit_is_zero_there_is_no_multiple():
    found = compare(S, [3], [pu.Chebyshev(S)], R=0, G=1)
    assert found.limit[0].upper == 0
    assert found.multiple(0, 0) is None


def test_both_worst_cases_are_shown_where_they_differ():
    # 5.36584 against W = 5.20192: two eigenvalues are worse than one
    found = compare(S, [5], [pu.GradientDescent(S, "9/5")], R=1, G="1/2")
    V, W = found.multiple(0, 0), found.multiple(0, 0, pointwise=True)
    assert V > W
    text = str(comparison_page(found))
    assert f"{float(V):.4f} ({float(W):.4f})" in text
    assert "in brackets W_t" in text


def test_pages(usual):
    text = str(comparison_page(usual))
    assert "GD h=2/(L+ell)" in text
    assert len([line for line in text.splitlines() if line.lstrip().startswith(("1 ", "3 ", "10 ", "25 "))]) == 4
    data = json.loads(str(comparison_page(usual, "json")))
    assert data["steps"] == [1, 3, 10, 25]
    assert len(data["methods"]) == len(usual.methods)
    first = data["methods"][0]["V"][2]
    assert Fraction(first["lower"]) == usual.V[0][2].lower
    rebuilt = data["methods"][-1]["method"]
    assert rebuilt["name"] == "jacobian-kernel"
    assert str(comparison_page(usual, "latex")).count(r"\\") == 5


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_pictures(usual, ending, start):
    first = comparison_picture(usual, ending)
    assert first.startswith(start)
    assert first == comparison_picture(usual, ending)


def test_an_unknown_picture(usual):
    with pytest.raises(InvalidInput, match=r"^a picture ending in \.gif cannot be made; give png or svg"):
        comparison_picture(usual, "gif")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((S, 0), "t = 0 is not allowed"),
        ((S, []), "t = [] is not allowed"),
        ((S, 401), "t = 401 is not allowed; the limit is searched up to t = 400"),
        ((S, "5"), "t = '5' is not allowed"),
        ((S, 5, []), "methods = [] is not allowed"),
        ((S, 5, ["gd"]), "'gd' is not a method"),
        ((S, 5, [pu.Chebyshev(pu.Spectrum(1, 2))]), "Chebyshev is on the spectrum [1, 2], not on [1/100, 1]"),
        ((pu.Spectrum(1, 1), 5), "is one point; a comparison needs ell < L"),
        ((S, 5, None, 0, 0), "R = 0 and G = 0 leave nothing to bound"),
    ],
)
def test_bad_input(arguments, said):
    with pytest.raises(InvalidInput) as caught:
        compare(*arguments)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "method",
    [
        pu.Minimax(S, 6),
        pu.Sobolev(S, pu.measures.discrete([f"{k}/10" for k in range(1, 11)]), 1, T=6),
        pu.JacobianKernel(S, pu.measures.discrete([f"{k}/10" for k in range(1, 11)]), 1, T=6),
    ],
)
def test_what_is_best_at_one_horizon_answers_for_no_other(method):
    assert pu.worst_case(method, 6).upper > 0
    assert pu.worst_case(method, 0).upper == 1
    with pytest.raises(
        pu.HorizonError, match=r"^t = 5 is not this method's horizon; it is made for 6 steps as a whole"
    ):
        pu.worst_case(method, 5)
    with pytest.raises(pu.HorizonError):
        pu.average_case(method, 5, pu.measures.chebyshev())


def test_a_comparison_and_a_gap_are_readable(usual):
    lines = str(usual).splitlines()
    assert lines[0].split() == ["t", "1", "3", "10", "25"]
    assert lines[1].split() == ["limit", "1.0000", "0.99866", "0.85329", lines[1].split()[-1]]
    assert len({len(line) for line in lines}) == 1
    assert [line.startswith(method.label) for line, method in zip(lines[2:], usual.methods, strict=True)] == [True] * 8
    assert lines[2].split()[-2] == usual.multiple(0, 2).decimal(5)
    gap = pu.minimax_gap(pu.Chebyshev(S), 10)
    assert str(gap) == "V = 53.0872, the limit is 0.853288: 62.215 times as much"
    still = compare(S, 3, [pu.Chebyshev(S), pu.Minimax(S, 2)], R=0, G=1)
    assert str(still).splitlines()[-1].split()[-3:] == ["-", "-", "-"]
    assert str(pu.minimax_gap(pu.Chebyshev(S), 3, R=0, G=1)).endswith("the limit is 0")
