"""What the page on ITD and AID says: the support, the plateau, the drop, and the rates of the reduced problem."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def left(run_script) -> dict[str, Any]:
    return run_script("itd_aid_elastic_net")


def iterates(net, count):
    found = [np.zeros(net.dimension)]
    for _ in range(count):
        found.append(net.map(found[-1]))
    return np.array(found)


def test_the_hypergradient_is_the_slope_of_the_validation_loss(left):
    def loss(theta):
        return left["validation"].value(iterates(left["net"].at(theta), 2500)[-1], theta)

    theta, h = left["theta"], 1e-6
    slopes = [(loss(theta + h * e) - loss(theta - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(left["truth"], slopes, rtol=1e-6)


def test_the_last_zero_is_found_at_step_87(left):
    supports = iterates(left["net"], 400) != 0
    changes = np.flatnonzero((supports[1:] != supports[:-1]).any(1))
    # the support of Φ(x_k) is what is looked at: x itself changes for the last time one step later
    assert left["k"] == changes[-1] == 87
    assert supports[40:88].sum(1).tolist() == [7] * 48
    assert supports[88:].sum(1).tolist() == [6] * 313
    assert np.flatnonzero(supports[-1]).tolist() == left["S"].tolist()
    assert left["sizes"][40:87] == [7] * 47


def test_the_two_contraction_constants(left):
    A, net = left["data"].A[::2], left["net"]
    whole, part = (np.linalg.eigvalsh(M.T @ M / len(A)) + 0.02 for M in (A, A[:, left["S"]]))
    assert left["q"] == pytest.approx(np.abs(1 - net.step * whole).max(), abs=1e-12)
    assert left["rho"] == pytest.approx(np.abs(1 - net.step * part).max(), abs=1e-8)
    assert (round(left["q"], 3), round(left["rho"], 3)) == (0.987, 0.894)
    assert left["rate"].power == 1


def test_nothing_is_gained_before(left):
    times, k = left["times"], left["k"]
    before = (times >= 40) & (times < k)
    for errors in left["measured"].values():
        assert np.array(errors)[before].min() > 1.1
        assert np.array(errors)[before].max() < 1.2
    x = iterates(left["net"], k)
    away = np.linalg.norm(x - left["solved"].x, axis=1) / np.linalg.norm(left["solved"].x)
    assert (round(away[40], 3), round(away[86], 3)) == (0.045, 0.003)


def test_implicit_differentiation_forgets_and_unrolling_does_not(left):
    times = left["times"].tolist()
    at = {name: dict(zip(times, errors, strict=True)) for name, errors in left["measured"].items()}
    assert at["AID"][86] > 1000 * at["AID"][88]
    assert at["ITD"][88] > 1
    # the lag in steps, from any late pair of errors
    lags = [np.log(at["ITD"][t] / at["AID"][t]) / -np.log(left["rho"]) for t in times if t >= 110]
    assert min(lags) > 64.5
    assert max(lags) < 66.5
    assert round(left["lag"]) == 65


def test_what_the_two_cost(left):
    itd, aid = (left[name](100).costs for name in ("itd", "aid"))
    assert (itd.gradients, itd.vjps) == (100, 200)
    assert aid.gradients == 100
    assert aid.vjps <= 102
    assert itd.peak_vectors > 100 > 10 > aid.peak_vectors


def test_what_comes_after_is_predicted(left):
    count = len(left["later"])
    assert count >= 80
    assert left["times"][-count] <= left["k"] + 3
    for name, errors in left["measured"].items():
        np.testing.assert_allclose(left["predicted"][name], errors[-count:], rtol=1e-4)
        assert errors[-count] > 1e6 * errors[-1]


def test_both_shrink_by_the_rate_of_the_reduced_problem(left):
    for factor in left["factors"].values():
        assert factor == pytest.approx(left["rho"], abs=2e-4)
    # a factor t would be seen: (t + 1)/t is 1.005 there
    assert left["rho"] * (1 + 1 / left["times"][-1]) > left["rho"] + 2e-3
    start = left["start"].x - left["solved"].x
    assert np.linalg.norm(start) < 0.003 * np.linalg.norm(left["solved"].x)
