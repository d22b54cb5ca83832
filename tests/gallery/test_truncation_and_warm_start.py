"""What the page on truncation and a warm start says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import polyunroll as pu

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def left(run_script: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_script("truncation_and_warm_start")


def at(left: dict[str, Any], start: str, kind: str, budget: int) -> float:
    return float(left["errors"][start, kind][list(left["budgets"]).index(budget)])


def test_the_problem_is_as_described(left: dict[str, Any]) -> None:
    assert (left["ridge"].parameters, len(left["held_out"])) == (400, 169)
    assert float(left["S"].condition_number) == pytest.approx(1000, rel=1e-6)
    ratio = left["known"]["cold"].G_partial / left["known"]["warm"].G_partial
    assert round(ratio) == 14
    assert np.sum(left["before"] == 0.5) == 40


def test_prediction_is_what_is_measured(left: dict[str, Any]) -> None:
    for start, run in left["run"].items():
        assert run == pytest.approx(left["curve"][start][list(left["some"])], rel=1e-8)


def test_prediction_agrees_with_the_estimators_own(left: dict[str, Any]) -> None:
    for start, x0 in left["starts"].items():
        found = pu.hypergradient.truncated(
            left["problem"], left["weights"], left["chebyshev"], 120, plain_steps=37, x0=x0
        )
        error = np.linalg.norm(found.predicted.jacobian) / left["known"][start].R
        assert left["curve"][start][37] == pytest.approx(error, rel=1e-8)


def test_nothing_measured_is_above_what_is_proved(left: dict[str, Any]) -> None:
    for start, run in left["run"].items():
        assert np.all(run <= left["bound"][start])


def test_the_cold_start(left: dict[str, Any]) -> None:
    curve = left["curve"]["cold"]
    assert (left["best"]["cold"], left["advice"]["cold"]) == (92, 111)
    assert round(curve[0], 2) == 1.84
    assert round(curve[92], 2) == 0.30
    assert round(curve[111], 2) == 0.62
    assert left["costs"].matvecs == 28


def test_the_best_split_is_where_the_terms_are_about_equal(left: dict[str, Any]) -> None:
    def term(N: int, which: str) -> float:
        return float(left["predicted"](left["table"], "cold", N, 120 - N, **{which: 0}))

    assert 0.8 < term(92, "first") / term(92, "second") < 1.25
    assert term(72, "first") / term(72, "second") > 2.5
    assert term(112, "first") / term(112, "second") < 0.1


def test_the_warm_start(left: dict[str, Any]) -> None:
    curve = left["curve"]["warm"]
    assert (left["best"]["warm"], left["advice"]["warm"]) == (0, 81)
    assert round(curve[0], 3) == 0.005
    assert round(curve[81] / curve[0]) == 26
    assert round(left["bound"]["warm"][0] / left["run"]["warm"][0]) == 192


def test_the_advice_minimises_the_bound(left: dict[str, Any]) -> None:
    for start, N in left["advice"].items():
        least = left["proved"](start, N, 120 - N)
        assert least <= left["bound"][start].min() * (1 + 1e-3)
        for other in (N - 3, N + 3):
            assert least < left["proved"](start, other, 120 - other)


def test_from_the_cold_start_truncation_always_helps(left: dict[str, Any]) -> None:
    for budget in left["budgets"]:
        assert at(left, "cold", "best split", budget) < at(left, "cold", "no split", budget)
        assert at(left, "cold", "best split", budget) < 1
        assert (at(left, "cold", "no split", budget) > 1) == (budget <= 120)
    gains = [at(left, "cold", "no split", T) / at(left, "cold", "best split", T) for T in left["budgets"]]
    assert np.argmax(gains) == np.argmax(left["errors"]["cold", "no split"])
    assert gains[-1] == min(gains)


def test_the_advice_is_one_step_until_something_better_is_guaranteed(left: dict[str, Any]) -> None:
    for budget, (_, N) in zip(left["budgets"], left["where"]["cold"], strict=True):
        assert (budget - 1 == N) == (budget <= 100)
    for N in range(0, 100, 7):
        assert left["proved"]("cold", N, 100 - N) > 0.98
    assert at(left, "cold", "advised split", 300) / at(left, "cold", "best split", 300) == pytest.approx(1.12, abs=0.01)


def test_from_the_warm_start_no_plain_step_is_worth_it(left: dict[str, Any]) -> None:
    assert all(N == 0 for N, _ in left["where"]["warm"])
    near = at(left, "cold", "best split", 120) / at(left, "warm", "no split", 120)
    assert round(near) == 61


def test_sobolev_without_a_split(left: dict[str, Any]) -> None:
    ratio = at(left, "cold", "best split", 120) / at(left, "cold", "Sobolev, no split", 120)
    assert round(ratio) == 17
    for budget in left["budgets"]:
        ahead = at(left, "warm", "Sobolev, no split", budget) < at(left, "warm", "no split", budget)
        assert ahead == (budget >= 100)
