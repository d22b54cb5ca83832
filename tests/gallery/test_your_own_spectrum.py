"""What the page on methods for a known spectrum says of three data sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import polyunroll as pu

pytestmark = pytest.mark.slow

NAMES = ("breast_cancer", "diabetes", "digits")
OWN, GUESS, POOR = "its eigenvalues", "estimate, 10 × 20 products", "estimate, 10 × 8 products"
KERNEL = "Jacobian kernel, Chebyshev weight"
CLASSICAL = ("GD, step 1/L", "GD, step 2/(L+ℓ)", "Chebyshev")


@pytest.fixture(scope="module")
def left(run_script: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_script("your_own_spectrum")


def test_the_problems_are_as_described(left: dict[str, Any]) -> None:
    for name, problem in left["problems"].items():
        values = left["eigenvalues"][name]
        assert not problem.commutes
        assert problem.theta == pytest.approx((values[-1] - problem.theta) / 1000)
        assert np.mean(values < np.mean(values[[0, -1]])) >= 0.9  # most near the lower end
    assert [len(left["eigenvalues"][name]) for name in NAMES] == [30, 10, 61]


@pytest.mark.parametrize("name", NAMES)
def test_steps_are_counted_from_the_measured_errors(left: dict[str, Any], name: str) -> None:
    for label in left["anytime"]:
        curve, steps = left["curves"][label, name], left["steps"][label, name]
        assert curve[steps - 1] > 1e-3 >= curve[steps:].max()
        assert len(curve) > steps + 4  # the run went on
    T = left["steps"][OWN, name]
    for horizon in range(T, left["enough"][name][2] + 1, 3):
        assert left["errors"](name, left["own"](name, horizon, left["known"][name]), horizon)[-1] <= 1e-3
    assert left["errors"](name, left["own"](name, T - 1, left["known"][name]), T - 1)[-1] > 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_eigenvalues_beat_chebyshev_and_gradient_descent(left: dict[str, Any], name: str) -> None:
    for label in (OWN, GUESS):
        for other in CLASSICAL:
            assert left["steps"][label, name] < left["steps"][other, name]


def test_how_much_is_saved(left: dict[str, Any]) -> None:
    steps = left["steps"]
    assert steps[OWN, "diabetes"] == pytest.approx(steps["Chebyshev", "diabetes"] / 4, rel=0.1)
    assert steps[OWN, "breast_cancer"] == pytest.approx(steps["Chebyshev", "breast_cancer"] / 2, rel=0.1)
    for name in ("breast_cancer", "digits"):  # the ends alone are nearly enough
        assert steps[OWN, name] < steps[KERNEL, name] < 1.1 * steps[OWN, name]
    assert steps[KERNEL, "diabetes"] > 2 * steps[OWN, "diabetes"]


def test_twenty_products_are_enough_and_eight_are_not(left: dict[str, Any]) -> None:
    steps = left["steps"]
    for name in NAMES:
        assert abs(steps[GUESS, name] - steps[OWN, name]) <= 2
        assert (steps[POOR, name] > steps[KERNEL, name]) == (name != "diabetes")


@pytest.mark.parametrize("seed", [1, 2])
def test_other_random_vectors_tell_as_much(left: dict[str, Any], seed: int) -> None:
    for name in NAMES:
        H = left["problems"][name].hessian()
        guess = pu.measures.spectral_density(H, probes=10, steps=20, seed=seed)
        T = left["steps"][OWN, name] + 2
        assert left["errors"](name, left["own"](name, T, guess), T)[-1] <= 1e-3


def test_before_its_horizon_a_method_is_no_answer(left: dict[str, Any]) -> None:
    for name, peak in (("breast_cancer", 100), ("diabetes", 50)):
        T = left["steps"][OWN, name]
        errors = left["errors"](name, left["own"](name, T, left["known"][name]), T)
        assert errors.max() > peak > 1 > 1e-3 >= errors[-1]


def test_eigenvalues_alone_fail_in_doubles_only(left: dict[str, Any]) -> None:
    for name, (exact, run, size) in left["alone"].items():
        assert exact < 1e-3 < 0.3 < run
        assert size > 12
        # 2N steps are enough on paper: all the values and slopes of the product vanish
        assert exact < 1e-12 or name == "diabetes"
    assert min(left["alone"][name][1] for name in ("breast_cancer", "digits")) > 1e90


def test_twice_as_many_steps_as_eigenvalues_are_enough_on_paper(left: dict[str, Any]) -> None:
    measure = left["known"]["diabetes"]
    coefficients = np.array([1])
    for node in measure.nodes:
        for _ in range(2):
            coefficients = np.append(coefficients, 0) - np.append(0, coefficients) / node
    method = pu.FixedPolynomial(left["spectra"]["diabetes"], coefficients.tolist())
    assert method.horizon == 20
    assert left["predicted"]("diabetes", method, 20) < 1e-100
    assert left["errors"]("diabetes", method, 20)[-1] > 0.1


def test_smaller_shares_are_better_until_rounding_takes_over(left: dict[str, Any]) -> None:
    exact, run = np.array(left["exact"]), np.array(left["run"])
    assert left["shares"][4] == "1e-24"
    assert np.all(np.diff(run[:5]) < 0)
    assert np.all(np.diff(run[4:]) > 0)
    assert run[:5] == pytest.approx(exact[:5], rel=0.05)
    assert run[-1] > 100 * exact[-1]
    assert run[4] < 1e-3  # in 100 steps
    assert left["steps"][OWN, "breast_cancer"] == 129


def test_much_below_that_share_doubles_do_not_find_the_method(left: dict[str, Any]) -> None:
    with pytest.raises(pu.InvalidInput, match="needs more than doubles"):
        left["own"]("breast_cancer", 100, left["known"]["breast_cancer"], "1e-16")


def test_how_well_the_eigenvalues_must_be_known(left: dict[str, Any]) -> None:
    off = left["off"]
    assert off[0, "1e-8"] <= 1e-3 < off[0, "1e-2"]
    assert off[1e-6, "1e-8"] > 5e-3
    assert min(off[1e-4, "1e-8"], off[1e-2, "1e-8"]) > 0.1
    assert off[1e-2, "1e-2"] < 1.2 * off[0, "1e-2"]
    # little is gained: the kernel without eigenvalues is as far
    T = left["steps"][OWN, "breast_cancer"]
    assert off[0, "1e-2"] > left["curves"][KERNEL, "breast_cancer"][T] / 1.5


def test_average_and_guarantee(left: dict[str, Any]) -> None:
    for name in NAMES:
        assert left["here"]["eigenvalues", name] <= 1e-3 < 5e-3 < left["here"]["minimax", name]
        assert left["everywhere"]["minimax", name] < 0.4 < 8 < left["everywhere"]["eigenvalues", name]
