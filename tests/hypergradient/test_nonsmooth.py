"""Elastic net and lasso: once the support is found, errors are those of the reduced quadratic."""

from __future__ import annotations

import numpy as np
import pytest

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.hypergradient import aid, itd
from polyunroll.interpret.jets import DividedDifferences
from polyunroll.problems import Bilevel, ElasticNet, Lasso, Predictor, SquaredDistance


def setting(kind, seed=1, step=None):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((30, 12))
    y = A[:, :4] @ np.array([2.0, -1, 1.5, -3]) + 0.1 * rng.standard_normal(30)
    inner = ElasticNet(A, y, 0.3, 0.05, step) if kind == "elastic net" else Lasso(A, y, 0.3, step)
    return inner, Bilevel(inner, SquaredDistance(rng.standard_normal(12)))


@pytest.mark.parametrize("kind", ["elastic net", "lasso"])
@pytest.mark.parametrize("step", [None, 0.2])
def test_errors_after_identification_are_predicted_from_the_reduced_problem(kind, step):
    inner, problem = setting(kind, step=step)
    late = itd(problem, inner.outer, steps=3000, mode="forward")
    k = late.identified_at
    assert 1 <= k < 200
    k += 1  # the support at x_k is that of Φ(x_k): the reduced problem begins with the next iterate
    here = itd(problem, inner.outer, steps=k, mode="forward")
    signs = np.sign(late.x)
    assert np.array_equal(np.sign(here.x), signs)
    reduced, S = inner.reduced(late.x), np.flatnonzero(inner.support(late.x))
    assert 0 < len(S) < 12
    assert reduced.commutes
    np.testing.assert_allclose(reduced.solution(), late.x[S], rtol=1e-11)
    np.testing.assert_allclose(reduced.solution_jacobian(), late.jacobian[S], rtol=1e-9, atol=1e-11)
    known = Predictor(reduced, here.x[S], here.jacobian[S])
    ends = known.eigenvalues[[0, -1]]
    m = pu.GradientDescent(pu.Spectrum(round(float(ends[0]) * 0.99, 6), round(float(ends[1]) * 1.01, 6)), inner.step)
    for t in (1, 3, 8):
        after = itd(problem, inner.outer, steps=k + t, mode="forward")
        P, D = DividedDifferences(m, known.eigenvalues).at(t)
        error = after.jacobian[S] - reduced.solution_jacobian()
        assert np.linalg.norm(error) > 1e-6 * np.linalg.norm(late.jacobian)
        assert np.linalg.norm(error - known.error(P, D)) < 1e-8 * np.linalg.norm(error)
        assert np.all(after.jacobian[~inner.support(late.x)] == 0)


@pytest.mark.parametrize("kind", ["elastic net", "lasso"])
def test_the_rate_after_identification_is_that_of_the_reduced_hessian(kind):
    inner, problem = setting(kind, step=0.1)
    late = itd(problem, inner.outer, steps=6000, mode="forward")
    eigenvalues = np.linalg.eigvalsh(inner.reduced(late.x).hessian())
    rate = np.abs(1 - inner.step * eigenvalues).max()
    assert rate < inner.modulus - 0.005  # the whole Hessian promises less
    t = np.array([late.identified_at + 300, late.identified_at + 400])
    sizes = [
        np.linalg.norm(itd(problem, inner.outer, steps=int(s), mode="forward").jacobian - late.jacobian) for s in t
    ]
    measured = np.log(sizes[1] / sizes[0]) / 100
    # errors go like t·rateᵗ: the factor t adds ln(t_2/t_1)/100
    slow = np.log(t[1] / t[0]) / 100
    assert np.log(rate) - 1e-3 < measured < np.log(rate) + slow + 1e-3


def test_identification_is_reported_with_its_first_step():
    inner, problem = setting("elastic net")
    k = itd(problem, inner.outer, steps=2000).identified_at
    supports = []
    x = np.zeros(12)
    for _ in range(k + 3):
        supports.append(inner.support(x))
        x = inner.map(x)
    assert not np.array_equal(supports[k - 1], supports[k])
    assert np.array_equal(supports[k], supports[k + 1])
    assert aid(problem, inner.outer, steps=2000).identified_at == k
    assert itd(problem, inner.outer, steps=k).identified_at == k


def test_no_contraction_is_refused():
    rng = np.random.default_rng(0)
    wide = Lasso(rng.standard_normal((5, 9)), rng.standard_normal(5), 0.1)
    assert wide.modulus == pytest.approx(1, abs=1e-12)
    long = ElasticNet(rng.standard_normal((9, 5)), rng.standard_normal(9), 0.1, 0.1, step=100.0)
    assert long.modulus > 1
    for inner in (wide, long):
        inner.modulus = max(inner.modulus, 1.0)
        problem = Bilevel(lambda theta, inner=inner: inner, SquaredDistance(np.ones(inner.dimension)))
        with pytest.raises(InvalidInput, match=r"the contraction constant is .*; it must be at least 0 and below 1"):
            itd(problem, inner.outer, steps=5)
        with pytest.raises(InvalidInput, match="the contraction constant is"):
            aid(problem, inner.outer, pu.GradientDescent(pu.Spectrum("1/10", 2)), 5)
