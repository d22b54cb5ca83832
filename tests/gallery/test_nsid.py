"""What the page on NSID says: 1/K with a confidence interval, the exact expectation, and where the other two stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import polyunroll as pu

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def left(run_script) -> dict[str, Any]:
    return run_script("nsid")


def apart(left, name):
    """Means minus expectations, in standard errors."""
    values = left["errors"][name]
    return (values.mean(1) - left["predicted"][name]) / (values.std(1, ddof=1) / np.sqrt(values.shape[1]))


def test_the_truth_is_the_slope_of_the_validation_loss(left):
    inner, loss = left["inner"], left["problem"].outer

    def value(shifts):
        moved, x = inner.at(shifts), np.zeros(inner.dimension)
        for _ in range(300):
            x = moved.map(x)
        return loss.value(x, shifts)

    rng, h = np.random.default_rng(0), 1e-5
    for _ in range(3):
        way = rng.standard_normal(len(left["theta"]))
        slope = (value(left["theta"] + h * way) - value(left["theta"] - h * way)) / (2 * h)
        assert slope == pytest.approx(left["truth"] @ way, rel=1e-5, abs=1e-8)


def test_nsid_decays_like_one_over_the_steps(left):
    assert len(left["seeds"]) >= 20
    low, high = left["intervals"]["NSID"]
    assert -1.1 < low < -1 < high < -0.88
    assert round(left["slope"](left["predicted"]["NSID"]), 3) == -0.995


def test_means_follow_the_exact_expectation(left):
    for name in ("NSID", "constant step"):
        assert np.abs(apart(left, name)).max() < 3.5


def test_the_exact_expectation_against_many_short_runs(left, monkeypatch):
    """Three steps and 3000 runs, with so many draws that the sides of the kinks are known."""
    K, draws = 3, 400
    task, theta, x = left["problem"], left["theta"], left["x"]
    found = np.array(
        [
            pu.hypergradient.nsid(
                task, theta, steps=0, x0=x, solver_steps=K, seed=seed, batch=4, draws=draws
            ).hypergradient
            for seed in range(3000)
        ]
    )
    errors = np.sum((found - left["truth"]) ** 2, axis=1) / np.sum(left["truth"] ** 2)
    monkeypatch.setitem(left["expected"].__globals__, "draws", draws)
    wanted = left["expected"](K, lambda k: left["base"] / (left["base"] + k))
    assert abs(errors.mean() - wanted) < 4 * errors.std() / np.sqrt(len(errors))
    assert errors.std() / np.sqrt(len(errors)) < 0.05 * wanted


def test_the_side_of_every_kink_is_known(left):
    deviations = left["margin"].min() * np.sqrt(left["draws"] * (left["Ks"][0] + 1) * left["batch"])
    assert 4.5 < deviations < 5


def test_a_constant_step_stops(left):
    nsid, constant = (left["errors"][name].mean(1) for name in ("NSID", "constant step"))
    assert constant[-1] > 10 * nsid[-1]
    predicted = left["predicted"]["constant step"]
    assert 0.9 * predicted[-2] < predicted[-1] < predicted[-2]
    assert left["intervals"]["constant step"][0] > -0.4


def test_the_plain_chain_rule_goes_elsewhere(left):
    means = left["errors"]["plain chain rule"].mean(1)
    assert np.all(np.diff(means) < 0)
    assert means[-1] > 5 * left["errors"]["NSID"].mean(1)[-1]
    assert round(left["limit"], 3) == 0.033
    assert left["limit"] < means[-1] < 1.2 * left["limit"]
    assert round(np.abs(left["own"].mean(0) - left["inside"]).max(), 2) == 0.72
    # far out, with the page's own class and nothing else of it
    task = left["contestants"]["plain chain rule"][0]
    late = np.mean([left["squared_error"](task, 8192, seed, {}) for seed in range(4)])
    assert late == pytest.approx(left["limit"], rel=0.2)
