"""What the page on the curse of unrolling says of the breast cancer data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import polyunroll as pu

pytestmark = pytest.mark.slow

SAFE, FAST, CHEBYSHEV, SOBOLEV = "GD, step 1/L", "GD, step 2/(L+ℓ)", "Chebyshev", "Sobolev, η = 1/100"
ALL, ONE = "one penalty for all", "a penalty on one direction"


@pytest.fixture(scope="module")
def left(run_script: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_script("curse_on_real_data")


def test_the_problem_is_as_described(left: dict[str, Any]) -> None:
    assert (left["weights"].parameters, left["weights"].dimension) == (569, 30)
    assert not left["weights"].commutes
    assert all(problem.commutes for problem in left["problems"].values())
    assert left["u"] @ left["H"] @ left["u"] == pytest.approx(float(left["S"].L), rel=1e-9)


def test_prediction_is_what_is_measured(left: dict[str, Any]) -> None:
    for name, times in left["times"].items():
        assert left["exact"][name] == pytest.approx(left["errors"][name][times], rel=1e-6, abs=1e-9)


def test_no_measured_error_is_above_what_is_proved(left: dict[str, Any]) -> None:
    for name, times in left["times"].items():
        assert np.all(left["errors"][name][times] <= np.array(left["bounds"][name]) * (1 + 1e-4))
        for kind in (ALL, ONE):
            assert np.all(left["commuting"][kind, name][times] <= np.array(left["V"][kind, name]) * (1 + 1e-4))


def test_two_humps_two_harmless_methods(left: dict[str, Any]) -> None:
    peaks = {name: error.max() for name, error in left["errors"].items()}
    assert round(peaks[FAST]) == 20
    assert round(peaks[CHEBYSHEV]) == 29
    assert left["burn_in"] == {SAFE: 0, FAST: 2858, CHEBYSHEV: 130, SOBOLEV: 0}
    for name in (FAST, CHEBYSHEV):
        assert left["errors"][name][left["burn_in"][name] - 1] > 1
    for name in (SAFE, SOBOLEV):
        assert peaks[name] <= 1 + 1e-9


def test_sobolev_is_first_to_a_thousandth(left: dict[str, Any]) -> None:
    assert left["thousandth"] == {SAFE: "-", FAST: "-", CHEBYSHEV: 261, SOBOLEV: 168}
    for name in (CHEBYSHEV, SOBOLEV):
        n = left["thousandth"][name]
        assert left["errors"][name][n - 1] > 1e-3 >= left["errors"][name][n:].max()


def test_bounds_are_seven_times_as_high_and_have_humps_everywhere(left: dict[str, Any]) -> None:
    for name, proof in left["worst"].items():
        peak = float(proof.peak) / left["known"].R
        assert peak > 50
        assert proof.length > left["burn_in"][name]
        if name in (FAST, CHEBYSHEV):
            assert peak / left["errors"][name].max() == pytest.approx(7, abs=0.5)


def test_the_common_penalty_never_rises(left: dict[str, Any]) -> None:
    for name in left["methods"]:
        assert left["commuting"][ALL, name].max() <= 1 + 1e-9


def test_the_one_direction_attains_the_bound_at_every_step(left: dict[str, Any]) -> None:
    for name in (FAST, CHEBYSHEV):
        method, steps = left["methods"][name]
        for t in range(1, steps + 1, max(1, steps // 40)):
            V = pu.worst_case(method, t)
            assert V.at == method.spectrum.L
            assert left["commuting"][ONE, name][t] == pytest.approx(float(V), rel=1e-6)
    assert round(left["commuting"][ONE, FAST].max()) == 365
    assert round(left["commuting"][ONE, CHEBYSHEV].max()) == 527


def test_sobolev_reaches_its_bounds_peak_in_the_one_direction(left: dict[str, Any]) -> None:
    peak = pu.burn_in(left["methods"][SOBOLEV][0], digits=6).peak
    assert float(peak) == pytest.approx(5.9, abs=0.05)
    assert left["commuting"][ONE, SOBOLEV].max() == pytest.approx(float(peak), rel=1e-4)
