"""What the page on constant step sizes says of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
import pytest

import polyunroll as pu

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def left(run_script: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_script("step_size_frontier")


def largest_error(h: float, t: int) -> float:
    """max|E_t| for ℓ = 1/100 and L = 1 on a fine grid, from the formula of Theorem 2."""
    x = h * np.linspace(0.01, 1, 401)
    return float(np.abs((1 - x) ** (t - 1) * (1 + (t - 1) * x)).max())


def test_burn_in_begins_beyond_the_square_root_of_two(left: dict[str, Any]) -> None:
    for point in left["frontier"]:
        free = float(point.step) <= sqrt(2)
        assert (point.burn_in.length == 0) == free
        assert (float(point.burn_in.peak) == 1) == free
    assert sum(float(point.step) > sqrt(2) for point in left["frontier"]) > 10


def test_burn_in_and_peak_by_the_formula(left: dict[str, Any]) -> None:
    for point in left["frontier"][::6] + left["frontier"][-3:]:
        errors = np.array([largest_error(float(point.step), t) for t in range(1, 3000)])
        above = np.flatnonzero(errors > 1 + 1e-9)
        assert point.burn_in.length == (above[-1] + 2 if above.size else 0)
        assert float(point.burn_in.peak) == pytest.approx(errors.max(), rel=1e-9)


def test_efficient_steps_lie_between_the_two_borders(left: dict[str, Any]) -> None:
    inside = (left["x"] >= sqrt(2) - 1e-12) & (left["x"] <= 2 / 1.01 + 1e-12)
    assert np.array_equal(left["efficient"], inside)


def test_a_better_rate_costs_a_peak_and_no_shorter_burn_in(left: dict[str, Any]) -> None:
    chosen = [point for point in left["frontier"] if point.is_efficient]
    for one, other in pairwise(chosen):
        assert other.rate.rate < one.rate.rate
        assert other.burn_in.peak > one.burn_in.peak
        assert other.burn_in.length >= one.burn_in.length
    last = chosen[-1].burn_in
    assert last.length == 325
    assert round(float(last.peak)) == 37
    for beyond in left["frontier"][-2:]:
        assert float(beyond.step) > 2 / 1.01
        assert beyond.rate.rate > chosen[-1].rate.rate
        assert beyond.burn_in.length > last.length
        assert beyond.burn_in.peak > last.peak


def test_the_usual_step_has_no_advantage() -> None:
    S = pu.Spectrum("1/100", 1)
    slow, larger = pu.GradientDescent(S), pu.GradientDescent(S, "sqrt(2)/L")
    assert all(pu.worst_case(larger, t) <= pu.worst_case(slow, t) for t in range(3, 300))
    assert 1 in pu.worst_case(larger, 2)  # √2 is the border: V_2 is the start itself


def test_the_theorem_is_proved(left: dict[str, Any]) -> None:
    assert left["verdict"].verdict == "PROVED"
    assert left["verdict"].scope.startswith("all t")


def test_no_step_on_the_grid_is_better_than_the_best(left: dict[str, Any]) -> None:
    for t, found in left["best"].items():
        errors = [largest_error(h, t) for h in left["h"]]
        assert float(found.limit) <= min(errors) * (1 + 1e-9)
        assert largest_error(float(found.step), t) == pytest.approx(float(found.worst_case), rel=1e-4)


def test_best_steps_are_over_their_burn_in_and_below_the_fastest(left: dict[str, Any]) -> None:
    for t, found in left["best"].items():
        assert sqrt(2) < float(found.step) < 2 / 1.01
        assert 0 < pu.burn_in(found.method, digits=4).length <= t
        assert left["usual"][t][2] > 1
    assert round(float(left["best"][100].worst_case), 2) == 0.42
    assert float(left["S"].condition_number) == 100


def test_from_zero_the_proof_loses_little(left: dict[str, Any]) -> None:
    found, R = left["own"]["zero", 100], np.linalg.norm(left["jacobian"])
    there = left["measured"](found.method, 100, left["starts"]["zero"])
    assert round(float(found.worst_case) / R, 3) == 0.420
    assert round(there, 3) == 0.415
    assert round(left["seen"]["zero", 100].min(), 3) == 0.413
    grid = left["grid"]
    steep = pu.worst_case(pu.GradientDescent(left["T"], f"{grid[-1]}/L"), 100)
    assert round(float(steep)) == 73
    assert grid[-1] == 1.99
    assert round(left["seen"]["zero", 100][-1], 1) == 1.5


def test_after_a_warm_start_no_step_is_proved_but_the_error_is_less(left: dict[str, Any]) -> None:
    assert ("warm", 100) not in left["own"]
    known = left["known"]
    assert (known.R, known.G_total) == pytest.approx(
        (np.linalg.norm(left["jacobian"]), np.linalg.norm(left["starts"]["warm"]))
    )
    assert round(left["seen"]["warm", 100].min(), 3) == 0.372
    assert np.all(left["seen"]["warm", 100] < left["seen"]["zero", 100])
    solution = left["ridge"].solution()
    apart = {name: np.linalg.norm(start - solution) for name, start in left["starts"].items()}
    assert apart["warm"] < apart["zero"]


def test_the_partial_split_sees_that_the_start_is_near(left: dict[str, Any]) -> None:
    known, steep = left["known"], pu.GradientDescent(left["T"], "1.98/L")
    total = float(pu.worst_case(steep, 300, known.R, known.G_total, split="total"))
    partial = left["bound"]
    assert partial < 0.06 < 1 < total / known.R
    assert left["split"] == "partial"
    assert left["measured"](steep, 300, left["starts"]["warm"]) < partial


def test_measured_errors_are_below_what_is_proved(left: dict[str, Any]) -> None:
    known = {name: pu.problems.Predictor(left["ridge"], start) for name, start in left["starts"].items()}
    for (name, t), errors in left["seen"].items():
        R, G = known[name].R, known[name].G_total
        for c, error in zip(left["grid"][::15], errors[::15], strict=True):
            V = pu.worst_case(pu.GradientDescent(left["T"], f"{c}/L"), t, R, G, digits=4)
            assert error <= float(V.upper) / R * (1 + 1e-9)
