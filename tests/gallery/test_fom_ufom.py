"""What the page on FOM and UFOM says: the bias, the variance, the memory, and the q that costs least."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def left(run_script) -> dict[str, Any]:
    return run_script("fom_ufom")


A, C, STEP, R = np.array([0.5, 1.0]), np.array([0.0, 1.0]), 0.1, 5
KEPT = (1 - STEP * A) ** R
SHORT, SLOPE = A * KEPT, A * KEPT**2  # of a task's G_FO and G as functions of θ − c


def test_the_bias_is_predicted(left):
    wanted = (1 - KEPT) * SHORT * (left["best"] - C)
    for (measured, predicted), value in zip(left["biases"], wanted, strict=True):
        assert measured == pytest.approx(value, rel=1e-12)
        assert predicted == pytest.approx(value, rel=1e-12)


def test_fom_rests_elsewhere_and_cannot_reach_the_accuracy(left):
    def loss(theta):
        x = C + KEPT * (theta - C)
        return np.mean(A * (x - C) ** 2) / 2

    best, wrong = left["best"], left["wrong"]
    assert loss(best) < min(loss(best - 1e-4), loss(best + 1e-4), loss(wrong))
    assert SHORT @ (wrong - C) == pytest.approx(0, abs=1e-15)
    assert round(wrong - best, 3) == 0.066
    assert round((wrong - best) ** 2, 4) == 0.0044
    path = left["expected"](0)
    assert path.min() > (wrong - best) ** 2 > left["wanted"]
    assert left["measured"]["FOM"].mean(0).min() > left["wanted"]


def test_the_mean_is_exact_and_the_second_moment_is_the_formula(left):
    G, first = SLOPE * (left["best"] - C), SHORT * (left["best"] - C)
    assert left["V2"] == pytest.approx(np.mean(G**2), rel=1e-12)
    assert left["D2"] == pytest.approx(np.mean((G - first) ** 2), rel=1e-12)
    for q, values in zip(left["qs"], left["draws"], strict=True):
        tasks = values.reshape(-1, 2)
        error = 1e-12 + tasks.std(0) / np.sqrt(len(tasks))
        assert np.all(np.abs(tasks.mean(0) - G) < 4 * error)
        wanted = np.mean(G**2) + (1 / q - 1) * np.mean((G - first) ** 2)
        spread = 1e-12 + (values**2).std() / np.sqrt(len(values))
        assert abs((values**2).mean() - wanted) < 4 * spread
        assert abs((values**2).mean() / wanted - 1) < 0.03


def test_memory_does_not_grow(left):
    assert {steps: kept for steps, (_, kept) in left["memory"].items()} == {5: 9, 50: 9, 500: 9}
    assert left["memory"][500][0] == 505


def simulated(q, seed=0, repeats=20_000):
    """Iterations until the mean of (θ − best)² over many runs is 1/400, with the closed forms of the tasks."""
    rng, best = np.random.default_rng(seed), SLOPE @ C / SLOPE.sum()
    theta = np.full(repeats, best + 1)
    for k in range(1000):
        if np.mean((theta - best) ** 2) < 1 / 400:
            return k
        i, exact = rng.integers(2, size=repeats), rng.random(repeats) < q
        slope = SHORT[i] + exact / q * (SLOPE - SHORT)[i]
        theta = theta - slope * (theta - C[i]) / (SLOPE.mean() * (k + 3))
    raise AssertionError(f"q = {q} does not get there")


def test_the_best_probability_costs_least(left):
    star, cost = left["star"], left["cost"]
    assert (left["c0"], left["c1"]) == (5, 15)
    assert round(star, 3) == 0.363
    assert [round(cost[q]) for q in (0.1, star, 1.0)] == [2262, 1556, 2160]
    assert cost[star] < 1.01 * min(cost.values())
    for q in (0.1, star, 1.0):
        assert simulated(q) * (5 + 15 * q) == pytest.approx(cost[q], rel=0.05)


def test_runs_follow_the_recursion(left):
    for name, q in left["contestants"].items():
        values, path = left["measured"][name], left["expected"](q)
        error = values.std(0, ddof=1) / np.sqrt(len(values))
        wanted = path[(left["grid"] / (5 + 15 * q)).astype(int)]
        assert np.all(np.abs(values.mean(0) - wanted) < 4 * error)
    ends = {name: values[:, -1].mean() for name, values in left["measured"].items()}
    assert ends["q = q*"] < min(ends["q = 0.1"], ends["q = 1"], ends["FOM"])


def test_the_adaptive_probability_finds_the_best_one(left):
    assert round(left["learned"].mean(), 2) == 0.34
    assert np.abs(left["learned"] - left["star"]).max() < 0.15
    ends = {name: values[:, -1].mean() for name, values in left["measured"].items()}
    assert ends["adaptive q"] < 1.2 * ends["q = q*"]
