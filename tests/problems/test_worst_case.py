"""Bounds for a problem's own R and G: valid where they say so, refused where they would not be."""

import numpy as np
import pytest

import polyunroll as pu
from polyunroll.problems import Predictor, QuadraticProblem, RidgePenalty, RidgeSampleWeights, error_bound


@pytest.fixture
def data():
    rng = np.random.default_rng(3)
    A, y = rng.standard_normal((40, 6)) * np.logspace(0, -1, 6), rng.standard_normal(40)
    return A, y


def _worst_ratio(problem, method, split, steps):
    x0 = np.zeros(problem.dimension)
    predictor = Predictor(problem, x0)
    run = pu.run(method, problem, x0=x0, steps=0, tangents=True)
    exact = problem.solution_jacobian()
    ratios = []
    for t in range(1, steps):
        run = run.resume(1)
        bound = error_bound(problem, method, t, x0, split=split, digits=8)
        error = np.linalg.norm(run.dx - exact)
        assert error <= float(bound.upper) * (1 + 1e-9) + 1e-13 * predictor.start_norm
        ratios.append(error / float(bound.upper))
    return max(ratios)


@pytest.mark.parametrize("family", [pu.GradientDescent, pu.Chebyshev, pu.Nesterov, pu.Sobolev])
def test_the_measured_error_stays_below(data, family):
    for problem, splits in (
        (RidgeSampleWeights(*data, 0.02), ("partial",)),
        (RidgePenalty(*data, 0.02), ("partial", "total")),
    ):
        method = family(pu.Spectrum.of(problem.hessian()))
        for split in splits:
            assert 0.001 < _worst_ratio(problem, method, split, 16) <= 1.0


def test_the_total_split_is_refused_where_it_is_invalid():
    # R and G of the split total are both 0 here, and yet gradient descent errs by up to 12.9
    u = np.array([1.0, -1.0]) / np.sqrt(2)
    problem = QuadraticProblem(np.diag([0.01, 1.0]), np.zeros(2), [np.outer(u, u)])
    x0 = np.ones(2) / np.sqrt(2)
    predictor = Predictor(problem, x0)
    assert pytest.approx(0, abs=1e-15) == predictor.R
    assert predictor.G_total == pytest.approx(0, abs=1e-15)
    method = pu.GradientDescent(pu.Spectrum("1/100", 1))
    run = pu.run(method, problem, x0=x0, steps=100, tangents=True)
    error = np.linalg.norm(run.dx - problem.solution_jacobian())
    assert error == pytest.approx(12.941858, abs=1e-6)
    with pytest.raises(pu.NotCommuting, match="does not commute"):
        error_bound(problem, method, 100, x0, split="total")
    assert error <= float(error_bound(problem, method, 100, x0).upper)


def test_a_spectrum_that_does_not_hold_the_eigenvalues_is_refused(data):
    problem = RidgePenalty(*data, 0.02)
    with pytest.raises(pu.InvalidInput, match="outside the method's spectrum"):
        error_bound(problem, pu.Chebyshev(pu.Spectrum("1/2", "3/5")), 3, np.zeros(6))
