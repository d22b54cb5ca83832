"""FOM is biased, UFOM is not: its mean, its variance, its memory, and the probability that is worth taking."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.hypergradient import Probability, adaptive_ufom, aid, best_probability, fom, itd, truncated, ufom
from polyunroll.problems import Bilevel, FunctionOracle, LineTasks, QuadraticProblem, SinusoidTasks, SquaredDistance


def line():
    """Two tasks on the line on which first-order gradients mislead: one is nearly solved inside, one is not."""
    tasks = LineTasks([0.5, 1.6], [0.0, 1.0])
    return tasks, pu.GradientDescent(pu.Spectrum("1/10", 2), "1/10"), 5


def small():
    """(problem, θ, m, r) in three dimensions."""
    inner = QuadraticProblem(np.diag([0.2, 0.7, 1.5]), [1.0, -1, 0.5])
    return (
        Bilevel(lambda theta: inner, SquaredDistance([1.0, 2, 3])),
        np.ones(3),
        pu.GradientDescent(pu.Spectrum("1/10", 2)),
        3,
    )


def draws(problem, theta, m, r, q, count, seed):
    rng = np.random.default_rng(seed)
    return np.array([ufom(problem, theta, m, r, q=q, seed=rng).hypergradient for _ in range(count)])


def check_mean_and_variance(q, count, seed):
    problem, theta, m, r = small()
    exact, first = itd(problem, theta, m, r, x0=theta).start_gradient, fom(problem, theta, m, r).hypergradient
    values = draws(problem, theta, m, r, q, count, seed)
    error = np.linalg.norm(values.mean(0) - exact)
    spread = np.sqrt(values.var(0).sum() / count)
    assert error < 4 * spread
    assert np.linalg.norm(first - exact) > 30 * spread  # the bias of FOM would be seen
    squares = (values**2).sum(1)
    wanted = exact @ exact + (1 / q - 1) * ((exact - first) @ (exact - first))
    assert abs(squares.mean() - wanted) < 4 * squares.std() / np.sqrt(count)


def test_the_mean_is_exact_and_the_variance_is_the_formula():
    check_mean_and_variance(0.3, 4000, 1)


@pytest.mark.slow
def test_the_mean_of_a_hundred_thousand_draws():
    check_mean_and_variance(0.2, 100_000, 2)


def test_the_error_of_a_draw_is_predicted():
    problem, theta, m, r = small()
    exact, rng = itd(problem, theta, m, r, x0=theta).start_gradient, np.random.default_rng(9)
    branches = set()
    for _ in range(12):
        for found in (
            ufom(problem, theta, m, r, q=0.4, seed=rng),
            adaptive_ufom(problem, theta, m, r, state=Probability(1, 1), seed=rng),  # q = 1: no error
        ):
            np.testing.assert_allclose(
                found.predicted.hypergradient, found.hypergradient - exact, rtol=1e-9, atol=1e-13
            )
        branches.add(ufom(problem, theta, m, r, q=0.4, seed=rng).info["exact"])
    assert branches == {True, False}


def test_draws_repeat_and_follow_q():
    problem, theta, m, r = small()
    for q in (0.2, 0.9):
        one, two = draws(problem, theta, m, r, q, 300, 5), draws(problem, theta, m, r, q, 300, 5)
        np.testing.assert_array_equal(one, two)
    rng = np.random.default_rng(6)
    taken = [ufom(problem, theta, m, r, q=0.2, seed=rng) for _ in range(1000)]
    share = np.mean([found.info["exact"] for found in taken])
    assert abs(share - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 1000)
    # what the branches cost: r gradients, and r products more
    costs = {found.info["exact"]: found.costs for found in taken}
    assert (costs[False].gradients, costs[False].matvecs) == (r, 0)
    assert costs[True].matvecs == r
    assert costs[True].vjps == 0


@pytest.mark.parametrize("name", ["gd", "chebyshev", "sobolev"])
def test_memory_does_not_grow_with_the_steps(name):
    n = 60
    inner = QuadraticProblem(np.diag(np.linspace(0.1, 1, n)), np.ones(n))
    problem, S = Bilevel(lambda theta: inner, SquaredDistance(np.zeros(n))), pu.Spectrum("1/10", 1)
    m = {"gd": pu.GradientDescent(S), "chebyshev": pu.Chebyshev(S), "sobolev": pu.Sobolev(S)}[name]
    peaks = {r: ufom(problem, np.ones(n), m, r, q=1.0, seed=0).costs.peak_vectors for r in (20, 100, 400)}
    states = len(m.program.states)
    assert max(peaks.values()) <= (4 + 3) * states + 8
    assert peaks[400] <= peaks[100] + 1
    assert itd(problem, np.ones(n), m, 400).costs.peak_vectors > 400


def test_bytes_do_not_grow_with_the_steps():
    # what Python allocates at its peak, in vectors; the table of steps, some hundred bytes each, is a small part
    n = 20_000
    curvature = np.linspace(0.1, 1, n)
    inner = FunctionOracle(n, 0, lambda x: curvature * x - 1, lambda x, v: curvature * v)
    problem, theta = Bilevel(lambda theta: inner, SquaredDistance(np.zeros(n))), np.ones(n)
    m = pu.Chebyshev(pu.Spectrum("1/10", 1))

    def peak(ask):
        tracemalloc.start()
        ask()
        found = tracemalloc.get_traced_memory()[1] / (8 * n)
        tracemalloc.stop()
        return found

    peaks = {r: peak(lambda r=r: ufom(problem, theta, m, r, q=1.0, seed=0)) for r in (50, 50, 100, 200)}
    assert max(peaks.values()) < 24
    assert peaks[200] < peaks[50] + 4
    assert peak(lambda: itd(problem, theta, m, 200, x0=theta)) > 200


def test_first_order_gradients_mislead_and_unbiased_ones_do_not():
    tasks, m, r = line()
    best, wrong = tasks.best_start(0.1, r), tasks.best_start(0.1, r, power=1)
    assert abs(best - wrong) > 0.05

    def mean(estimate, theta):
        return np.mean([estimate(tasks.task(i), [theta]).hypergradient[0] for i in range(2)])

    assert abs(mean(lambda p, t: fom(p, t, m, r), wrong)) < 1e-15
    assert abs(mean(lambda p, t: fom(p, t, m, r), best)) > 1e-3
    assert abs(mean(lambda p, t: ufom(p, t, m, r, q=1.0, seed=0), best)) < 1e-15
    # the same from central differences of the mean loss: the start with the least of it is `best`
    losses = [
        np.mean([tasks.task(i).outer.value(fom(tasks.task(i), [t], m, r).x, 0) for i in range(2)])
        for t in (best - 1e-3, best, best + 1e-3)
    ]
    assert losses[1] < min(losses[0], losses[2])


@pytest.mark.parametrize(("c0", "c1"), [(1.0, 1.0), (1.0, 8.0), (5.0, 1.0)])
@pytest.mark.parametrize("p", [0.5, 0.8, 1.0, 2.0])
@pytest.mark.parametrize("ratio", [1e-3, 0.1, 0.4, 1.0, 3.0])
def test_the_best_probability_against_a_search(c0, c1, p, ratio):
    q = best_probability(ratio, 1.0, c0, c1, p)
    grid = np.linspace(0.05, 1, 20_001)
    values = (c0 + c1 * grid) * (1 + (1 / grid - 1) * ratio) ** p
    own = (c0 + c1 * q) * (1 + (1 / q - 1) * ratio) ** p
    assert 0.05 <= q <= 1
    assert own <= values.min() * (1 + 1e-9)


def test_corners_of_the_best_probability():
    assert best_probability(0, 1, 1, 1) == 0.05
    assert best_probability(0, 0, 1, 1) == 0.05
    assert best_probability(2, 1, 1, 1) == 1
    assert best_probability(1, 5, 1, 1) == pytest.approx(0.5)
    assert best_probability(1, 1, 1, 3, p=0.5, least=0.01) == pytest.approx(1 / 3)  # V² = D²: p c0/((1 − p) c1)
    assert best_probability(1e-9, 1, 1, 1, least=0.2) == 0.2


def test_moving_averages_are_corrected_for_their_start():
    state = Probability(1, 1, decay=0.9)
    assert (state.q, state.means) == (1.0, None)
    for i, (D2, V2) in enumerate([(1, 5), (2, 7), (4, 1)], 1):
        state.learn(D2, V2)
        weights = 0.9 ** np.arange(i)[::-1]
        seen = np.array([(1, 5), (2, 7), (4, 1)][:i])
        np.testing.assert_allclose(state.means, weights @ seen / weights.sum(), rtol=1e-13)
        assert state.q == best_probability(*state.means, 1, 1)
    assert Probability(1, 1).q == 1


def test_a_pair_that_is_refused_teaches_nothing():
    state = Probability(1, 1, decay=0.9)
    with pytest.raises(InvalidInput, match="V2 is nan"):
        state.learn(1, float("nan"))
    state.learn(2, 7)
    np.testing.assert_allclose(state.means, (2, 7), rtol=1e-13)


def test_adaptive_draws_learn_from_exact_ones_only():
    problem, theta, m, r = small()
    state, rng, used = Probability(r, r), np.random.default_rng(8), []
    for _ in range(200):
        before = state.exact_draws
        found = adaptive_ufom(problem, theta, m, r, state=state, seed=rng)
        used.append(found.info["q"])
        assert state.exact_draws == before + found.info["exact"]
    exact, first = itd(problem, theta, m, r, x0=theta).start_gradient, fom(problem, theta, m, r).hypergradient
    assert used[0] == 1
    np.testing.assert_allclose(state.means, ((exact - first) @ (exact - first), exact @ exact), rtol=1e-12)
    assert used[-1] == pytest.approx(best_probability((exact - first) @ (exact - first), exact @ exact, r, r))


@pytest.mark.slow
def test_the_best_probability_costs_least_on_the_toy():
    """Stochastic gradient descent over two tasks: the cost until the mean squared distance is 1/400 of its start.

    With steps 1/(μk) that distance decays like (second moment)/(μ²k), so cost·iterations is what q* minimises.
    """
    tasks, m, r = LineTasks([0.5, 1.0], [0.0, 1.0]), pu.GradientDescent(pu.Spectrum("1/10", 2), "1/10"), 5
    best, ends = tasks.best_start(0.1, r), (1 - 0.1 * tasks.a) ** r
    slopes, short = tasks.a * ends**2, tasks.a * ends  # G_i = slope_i (θ − c_i), and G_FO alike
    for i in range(2):
        found = ufom(tasks.task(i), [0.3], m, r, q=1.0, seed=0)
        assert found.hypergradient[0] == pytest.approx(slopes[i] * (0.3 - tasks.c[i]), rel=1e-12)
        assert fom(tasks.task(i), [0.3], m, r).hypergradient[0] == pytest.approx(
            short[i] * (0.3 - tasks.c[i]), rel=1e-12
        )
    at_best = best - tasks.c
    V2, D2 = np.mean((slopes * at_best) ** 2), np.mean(((slopes - short) * at_best) ** 2)
    c0, c1 = 1.0, 3.0  # r gradients; r products and the steps made again
    star = best_probability(D2, V2, c0, c1)
    assert 0.2 < star < 0.5

    def cost(q):
        rng, repeats = np.random.default_rng(12), 4000
        theta = np.full(repeats, best + 1.0)
        for k in range(1, 5000):
            i = rng.integers(2, size=repeats)
            xi = rng.random(repeats) < q
            G, first = slopes[i] * (theta - tasks.c[i]), short[i] * (theta - tasks.c[i])
            theta = theta - (first + xi / q * (G - first)) / (slopes.mean() * k)
            if np.mean((theta - best) ** 2) < 1 / 400:
                return k * (c0 + c1 * q)
        raise AssertionError(f"q = {q} does not get there")

    costs = {q: cost(q) for q in (star, 0.1, 1.0)}
    assert costs[star] < 0.9 * costs[0.1]
    assert costs[star] < 0.9 * costs[1.0]


def test_sinusoids_are_tasks_with_a_known_bias():
    tasks = SinusoidTasks(features=12, shots=5)
    m, rng = pu.GradientDescent(pu.Spectrum("1/1000", tasks.largest_eigenvalue())), np.random.default_rng(3)
    for _ in range(5):
        problem = tasks.draw(rng)
        theta, inner = rng.standard_normal(12), problem.at(None)
        assert np.linalg.eigvalsh(inner.dense_hessian())[-1] < tasks.largest_eigenvalue()
        found, exact = fom(problem, theta, m, 8), itd(problem, theta, m, 8, x0=theta).start_gradient
        h = float(1 / m.spectrum.L)
        product = np.linalg.matrix_power(np.eye(12) - h * inner.dense_hessian(), 8)
        np.testing.assert_allclose(exact, product @ found.hypergradient, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(found.predicted.hypergradient, found.hypergradient - exact, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda p, t, m: ufom(p, t, m, 3, q=-0.1, seed=0), r"q is -0\.1; it must be above 0 and at most 1"),
        (lambda p, t, m: ufom(p, t, m, 3, q=0, seed=0), r"q is 0; it must be above 0"),
        (lambda p, t, m: ufom(p, t, m, 3, q=1.5, seed=0), r"q is 1\.5"),
        (lambda p, t, m: ufom(p, t, m, 3, q=float("nan"), seed=0), r"q is nan"),
        (lambda p, t, m: ufom(p, t, m, 3, q=True, seed=0), r"q is True"),
        (lambda p, t, m: ufom(p, t, m, 3, q=0.5, seed=None), r"seed is None; give a whole number"),
        (lambda p, t, m: ufom(p, t, m, 3, q=0.5, seed="x"), r"seed is 'x'"),
        (lambda p, t, m: ufom(p, t, m, 3, q=0.5, seed=0, checkpoints=0), r"checkpoints = 0"),
        (lambda p, t, m: ufom(p, t, m, 0, q=0.5, seed=0), r"steps = 0 leaves nothing to differentiate"),
        (lambda p, t, m: fom(p, np.ones(2), m, 3), r"theta has shape \(2,\); it is the start of the inner loop"),
        (lambda p, t, m: adaptive_ufom(p, t, m, 3, state=0.5, seed=0), r"state is of type float; give a Probability"),
        (lambda p, t, m: best_probability(-1, 1, 1, 1), r"D2 is -1"),
        (lambda p, t, m: best_probability(1, float("inf"), 1, 1), r"V2 is inf"),
        (lambda p, t, m: best_probability(1, 1, 0, 1), r"c0 is 0; it must be a finite number above 0"),
        (lambda p, t, m: best_probability("a", 1, 1, 1), r"D2 is 'a'; give a number"),
        (lambda p, t, m: Probability(1, 1, decay="a"), r"decay is 'a'; give a number"),
        (lambda p, t, m: Probability(1, 1).learn(1, float("nan")), r"V2 is nan"),
        (lambda p, t, m: Probability(1, 1, decay=1), r"decay is 1; it must be at least 0 and below 1"),
        (lambda p, t, m: Probability(1, 1, least=0), r"least is 0"),
    ],
)
def test_bad_input_is_refused(ask, sentence):
    problem, theta, m, _ = small()
    with pytest.raises(InvalidInput, match=sentence):
        ask(problem, theta, m)


def test_a_problem_without_outer_parameters_has_no_hypergradient_but_by_its_start():
    problem, theta, m, r = small()
    for ask in (
        lambda: itd(problem, theta, m, r, x0=theta, mode="forward"),
        lambda: truncated(problem, theta, m, r, plain_steps=1),
        lambda: aid(problem, theta, m, r),
    ):
        with pytest.raises(InvalidInput, match="no outer parameters, and the answer would be a silent zero"):
            ask()
    found = itd(problem, theta, m, r, x0=theta)
    assert found.predicted is None
    assert np.linalg.norm(found.start_gradient) > 0.1


def test_a_problem_with_outer_parameters_is_for_itd():
    inner = QuadraticProblem(np.eye(2), np.ones(2), [np.eye(2)] * 2)
    with pytest.raises(InvalidInput, match="has 2 outer parameters besides its start"):
        fom(
            Bilevel(lambda theta: inner, SquaredDistance(np.ones(2))),
            np.ones(2),
            pu.GradientDescent(pu.Spectrum(1, 2)),
            2,
        )
