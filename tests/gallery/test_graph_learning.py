"""What the page on learning a graph says."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def left(run_script):
    pytest.importorskip("sklearn")
    return run_script("graph_learning")


def test_edges_are_recovered_better(left):
    f_before, precision_before, error_before = left["table"]["not tuned", 2000]
    f_after, precision_after, error_after = left["table"]["tuned for 100 steps", 2000]
    assert f_before == pytest.approx(0.35, abs=0.01)
    assert f_after == pytest.approx(0.84, abs=0.01)
    assert 0.22 < error_after / error_before < 0.3
    assert abs(precision_after - precision_before) < 0.02  # the order of the weights stays as it was


def test_what_20_steps_learn_is_no_penalty(left):
    table, theta = left["table"], left["thetas"]["tuned for 20 steps"]
    assert theta[0] == pytest.approx(np.exp(left["bounds"][0][0]))
    assert table["tuned for 20 steps", 20][2] < table["tuned for 100 steps", 20][2] < table["not tuned", 20][2]
    assert table["tuned for 20 steps", 2000][2] > table["not tuned", 2000][2]
    assert table["tuned for 100 steps", 2000][2] == pytest.approx(table["tuned for 100 steps", 100][2], abs=0.01)


@pytest.mark.parametrize("steps", [20, 100])
def test_the_derivative_in_phi(left, steps):
    phi, h = np.array([-1.0, 0.5, 1.0]), 1e-6
    slope = left["objective"](phi, steps)[1]
    for i, unit in enumerate(np.eye(3)):
        values = [left["objective"](phi + s * unit, steps)[0] for s in (h, -h)]
        assert slope[i] == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-4, abs=1e-8)


def test_the_fixed_point_is_the_solution(left):
    z = left["training"][0][1]
    u = left["problem"].inner.weights(left["implicit"].x)
    D = np.zeros((left["n"], left["e"]))
    for k, ends in enumerate(left["edges"]):
        D[ends, k] = 1
    beta, alpha, _ = left["theta"]
    gradient = 2 * z + 2 * beta * u - alpha * D.T @ (1 / (D @ u))
    there = u > 1e-6
    assert left["e"] / 10 < there.sum() < left["e"] / 2
    np.testing.assert_allclose(gradient[there], 0, atol=1e-8)  # the conditions of optimality of a convex problem
    np.testing.assert_allclose(u[~there], 0, atol=1e-10)
    assert gradient[~there].min() > 0


def test_rates_are_predicted(left):
    rates, expected = left["rates"], left["expected"]
    assert rates["iterate"] == pytest.approx(expected["iterate"], abs=1e-4)
    assert rates["hypergradient"] == pytest.approx(expected["hypergradient"], abs=1e-3)
    assert rates["iterate"] < rates["hypergradient"] < expected["hypergradient"]


def test_signs_and_sizes_along_the_way(left):
    ts, slopes, solution = left["ts"], left["slopes"], left["implicit"].hypergradient
    np.testing.assert_allclose(slopes[-1], solution, atol=1e-6)
    assert solution[0] < 0 < slopes[ts <= 50, 0].min()
    assert abs(solution[2]) < 1e-9
    sizes = np.abs(slopes)
    assert (sizes[ts <= 30].argmax(axis=1) == 2).all()
    assert sizes[ts > 30].argmax(axis=1)[0] != 2
