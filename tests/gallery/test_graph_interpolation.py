"""What the page on missing pixels says, and graph total variation with missing pixels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.problems.graphs import grid_edges, incidence

slow = pytest.mark.slow


@pytest.fixture(scope="module")
def left(run_script):
    pytest.importorskip("sklearn")
    pytest.importorskip("PIL")
    return run_script("graph_interpolation")


def largest_errors(left, name):
    value, slope = (np.array(left[which][name]) for which in ("values", "slopes"))
    return (
        np.abs(value / left["loss"] - 1).max(),
        np.abs(slope - left["slope"]).max() / np.abs(left["slope"]).max(),
    )


@slow
def test_the_exact_loss_and_slope_are_those_of_direct_solutions(left):
    held, y = left["held_out"], left["y"]

    def loss(log_mu):
        H = pu.problems.GraphPenalty(y, left["edges"], np.exp(log_mu), known=left["fit"]).dense_hessian()
        return np.mean((np.linalg.solve(H, np.where(left["fit"], y, 0)) - y)[held] ** 2) / 2

    for k in (0, 25, 50):
        at, h = np.log(left["mus"][k]), 1e-4
        assert left["loss"][k] == pytest.approx(loss(at), rel=1e-9)
        assert left["slope"][k] == pytest.approx((loss(at + h) - loss(at - h)) / (2 * h), rel=1e-5, abs=1e-9)


@slow
def test_chebyshev_gives_the_loss_and_not_its_slope(left):
    of_loss, of_slope = largest_errors(left, "Chebyshev")
    assert 0.01 < of_loss < 0.02
    assert of_slope > 1  # larger than the largest slope
    assert 0.4 < left["wrong"]["Chebyshev"] < 0.6
    assert not any(inner.commutes for inner in left["inners"][::20])
    eigenvalues = [np.linalg.eigvalsh(left["inners"][k].dense_hessian()) for k in (0, -1)]
    assert eigenvalues[0][0] > 1 / 300  # inside the spectrum that the polynomials are made for
    assert eigenvalues[1][-1] < 9


@slow
def test_the_wrong_slope_is_the_derivative_of_what_is_unrolled(left):
    mu, h = left["mus"][7], 1e-5
    for name in ("Chebyshev", "Jacobian kernel"):
        values = [left["unroll"](left["inners"][7].at(mu * np.exp(s)), *left["methods"][name])[0] for s in (h, -h)]
        assert left["slopes"][name][7] == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-4)


@slow
def test_errors_are_predicted(left):
    assert set(left["gap"]) == {"Chebyshev", "Jacobian kernel", "CG"}
    assert max(left["gap"].values()) < 1e-8


@slow
def test_the_jacobian_kernel_is_closer_and_conjugate_gradients_need_a_third(left):
    assert largest_errors(left, "Chebyshev")[1] > 5 * largest_errors(left, "Jacobian kernel")[1]
    assert left["methods"]["Chebyshev"][1] == left["methods"]["Jacobian kernel"][1] == 3 * left["methods"]["CG"][1]
    assert largest_errors(left, "CG")[1] < 1e-3
    assert left["wrong"]["CG"] == 0


@slow
def test_what_is_learned(left):
    best = np.exp(
        minimize_scalar(
            lambda a: np.mean(
                (
                    pu.problems.GraphPenalty(left["y"], left["edges"], np.exp(a), known=left["fit"]).solution()
                    - left["y"]
                )[left["held_out"]]
                ** 2
            ),
            bounds=(-6, 0),
            method="bounded",
        ).x
    )
    learned = {name: np.exp(phi) for name, phi in left["learned"].items()}
    assert learned["GLR by CG"][0] == pytest.approx(best, rel=0.03)
    assert learned["GLR by Chebyshev"][0] > 0.5
    before, after = ({k: left["psnr"](x) for k, x in left[which].items()} for which in ("before", "after"))
    assert after["GLR by Chebyshev"] - before["GLR by Chebyshev"] < 0.5
    assert after["GLR by CG"] - before["GLR by CG"] == pytest.approx(1.5, abs=0.05)
    for name in ("weighted GLR by CG", "GTV by ADMM"):
        assert after[name] - after["GLR by CG"] == pytest.approx(0.55, abs=0.1)


@slow
def test_the_chain_rule_of_every_prior(left):
    h = 1e-6
    for prior, phi, solver in (
        (left["weighted_glr"], np.log([0.3, 0.1]), left["methods"]["Chebyshev"]),
        (left["gtv"], np.log([0.1, 0.03, 0.7]), ()),
    ):
        inner, chain = prior(phi, left["fit"])
        slope = chain.T @ left["unroll"](inner, *solver)[1].hypergradient
        for i, unit in enumerate(np.eye(len(phi))):
            values = [left["unroll"](prior(phi + s * unit, left["fit"])[0], *solver)[0] for s in (h, -h)]
            assert slope[i] == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-3, abs=1e-8)


EDGES = grid_edges(4, 5)
RNG = np.random.default_rng(3)
SIGNAL = RNG.standard_normal(20)
KNOWN = RNG.random(20) < 0.6
MU, GAMMA, RHO = 0.3, 0.2, 1.5


def fixed_point(problem, steps=4000):
    state = np.zeros(problem.dimension)
    for _ in range(steps):
        state = problem.map(state)
    return state


def test_total_variation_fills_in_what_is_missing():
    problem = pu.problems.GraphTotalVariation(SIGNAL, EDGES, MU, GAMMA, RHO, known=KNOWN)
    state = fixed_point(problem)
    x, C = problem.signal(state), incidence(20, EDGES).toarray()
    multiplier = RHO * state[20 + len(EDGES) :]
    # the conditions of optimality of a convex problem
    np.testing.assert_allclose(KNOWN * (x - SIGNAL) + MU * C.T @ (C @ x) + C.T @ multiplier, 0, atol=1e-10)
    assert np.abs(multiplier).max() <= GAMMA + 1e-10
    apart = np.abs(C @ x) > 1e-8
    assert 0 < apart.sum() < len(EDGES)
    np.testing.assert_allclose(multiplier[apart], GAMMA * np.sign(C @ x)[apart], atol=1e-9)
    elsewhere = np.where(KNOWN, SIGNAL, 1e3)
    other = pu.problems.GraphTotalVariation(elsewhere, EDGES, MU, GAMMA, RHO, known=KNOWN)
    np.testing.assert_array_equal(fixed_point(other, 50), fixed_point(problem, 50))
    assert other.objective(x) == pytest.approx(problem.objective(x))
    assert problem.objective(x) < min(problem.objective(x + 0.01 * d) for d in RNG.standard_normal((20, 20)))
    assert problem.at(problem.outer).known.tolist() == KNOWN.tolist()


def test_its_derivative_with_missing_pixels():
    problem = pu.problems.GraphTotalVariation(SIGNAL, EDGES, MU, GAMMA, RHO, known=KNOWN)
    weights = RNG.standard_normal(problem.dimension)
    bilevel = pu.problems.Bilevel(problem, pu.problems.LinearLoss(weights))
    found = pu.hypergradient.itd(bilevel, problem.outer, steps=12)
    forward = pu.hypergradient.itd(bilevel, problem.outer, steps=12, mode="forward")
    np.testing.assert_allclose(found.hypergradient, forward.hypergradient, rtol=1e-10)
    for i, unit in enumerate(np.eye(3)):
        ends = [weights @ pu.hypergradient.itd(bilevel, problem.outer + s * unit, steps=12).x for s in (1e-6, -1e-6)]
        assert found.hypergradient[i] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5)


def test_a_part_without_a_known_node_is_refused():
    with pytest.raises(InvalidInput, match=r"connected part of node 2 has no known node"):
        pu.problems.GraphTotalVariation([1.0, 2, 3, 4], [[0, 1], [2, 3]], 1, 1, 1, known=[True, True, False, False])
