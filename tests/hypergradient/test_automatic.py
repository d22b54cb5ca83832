"""Problems written in JAX or PyTorch give what the same problem gives with derivatives written by hand."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from codegen.conforming import need_module

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.hypergradient import NotFinite, aid, fom, itd, truncated, ufom
from polyunroll.problems import (
    Bilevel,
    ElasticNet,
    FunctionOracle,
    LogisticLoss,
    LogisticPenalty,
    Loss,
    QuadraticProblem,
    SquaredDistance,
    jax_problem,
    torch_problem,
)

# PyTorch's function transforms load parts of PyTorch that warn about each other.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")

RNG = np.random.default_rng(17)
A, Y = RNG.standard_normal((12, 4)), np.sign(RNG.standard_normal(12))
B, Z = RNG.standard_normal((5, 4)), np.sign(RNG.standard_normal(5))
S = pu.Spectrum("1/10", "5/2")
THETA = np.array([0.3])
BY_HAND = Bilevel(LogisticPenalty(A, Y, 0.3), LogisticLoss(B, Z))


def jax_logistic(jnp, kind="loss"):
    def inner(x, theta):
        return jnp.mean(jnp.logaddexp(0.0, -Y * (A @ x))) + theta[0] / 2 * (x @ x)

    return inner, lambda x, theta: jnp.mean(jnp.logaddexp(0.0, -Z * (B @ x)))


@pytest.fixture
def jax():
    found = need_module("jax")
    before = found.config.jax_enable_x64
    found.config.update("jax_enable_x64", True)
    yield found
    found.config.update("jax_enable_x64", before)


@pytest.fixture
def torch():
    return need_module("torch")


def torch_logistic(torch):
    a, y, b, z = map(torch.tensor, (A, Y, B, Z))

    def inner(x, theta):
        return torch.nn.functional.softplus(-y * (a @ x)).mean() + theta[0] / 2 * (x @ x)

    return inner, lambda x, theta: torch.nn.functional.softplus(-z * (b @ x)).mean()


def estimators(problem, theta):
    m = pu.Chebyshev(S)
    yield itd(problem, theta, m, 12)
    yield itd(problem, theta, m, 12, mode="forward")
    yield itd(problem, theta, pu.Sobolev(S), 12, checkpoints=2)
    yield truncated(problem, theta, m, 12, plain_steps=5)
    yield truncated(problem, theta, m, 12)
    yield aid(problem, theta, m, 20)
    yield aid(problem, theta, m, 20, solver="normal-cg")
    yield aid(problem, theta, m, 20, solver=m, solver_steps=9)


def agree(problem, theta, wanted_type):
    for found, known in zip(estimators(problem, theta), estimators(BY_HAND, THETA), strict=True):
        assert isinstance(found.hypergradient, wanted_type)
        np.testing.assert_allclose(np.asarray(found.hypergradient), known.hypergradient, rtol=1e-9)
        np.testing.assert_allclose(np.asarray(found.x), known.x, rtol=1e-9)
        assert found.costs.gradients == known.costs.gradients


def test_jax(jax):
    problem = jax_problem(*jax_logistic(jax.numpy), dimension=4)
    agree(problem, THETA, np.ndarray)
    agree(problem, jax.numpy.asarray(THETA), jax.Array)


def test_torch(torch):
    problem = torch_problem(*torch_logistic(torch), dimension=4)
    agree(problem, THETA, np.ndarray)
    agree(problem, torch.tensor(THETA), torch.Tensor)


def test_jax_in_single_precision_refuses_doubles(jax):
    jax.config.update("jax_enable_x64", False)
    problem = jax_problem(*jax_logistic(jax.numpy), dimension=4)
    with pytest.raises(InvalidInput, match="JAX is set to single precision"):
        itd(problem, THETA, pu.Chebyshev(S), 5)
    found = itd(problem, jax.numpy.asarray(THETA), pu.Chebyshev(S), 12)
    known = itd(BY_HAND, THETA, pu.Chebyshev(S), 12)
    np.testing.assert_allclose(np.asarray(found.hypergradient), known.hypergradient, rtol=1e-4)


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_maps(library, request):
    module = request.getfixturevalue(library)
    net = ElasticNet(A, Y, 0.1, 0.2)
    H, b, h = A.T @ A / 12, A.T @ Y / 12, net.step
    c = np.linspace(-1, 1, 4)
    if library == "jax":
        np_like, convert, build = module.numpy, module.numpy.asarray, jax_problem
    else:
        np_like, convert, build = module, module.tensor, torch_problem
    H, b, c = map(convert, (H, b, c))

    def inner(x, theta):
        u = x - h * (H @ x + theta[1] * x - b)
        return np_like.sign(u) * np_like.maximum(abs(u) - h * theta[0], 0 * u)

    problem = build(
        inner, lambda x, theta: ((x - c) ** 2).sum() / 2 + 0 * theta.sum(), 4, kind="map", modulus=net.modulus
    )
    by_hand = Bilevel(net, SquaredDistance(np.linspace(-1, 1, 4)))
    for ask in (
        lambda p: itd(p, net.outer, steps=40),
        lambda p: itd(p, net.outer, steps=40, mode="forward"),
        lambda p: aid(p, net.outer, steps=40),
        lambda p: aid(p, net.outer, steps=40, solver="normal-cg"),
    ):
        np.testing.assert_allclose(ask(problem).hypergradient, ask(by_hand).hypergradient, rtol=1e-9)


def test_first_order_estimators_in_other_libraries(torch):
    inner = LogisticPenalty(A, Y, 0.3)
    start, m = np.ones(4), pu.GradientDescent(S, "1/2")
    by_hand = Bilevel(lambda theta: FunctionOracle(4, 0, inner.gradient, inner.hvp), LogisticLoss(B, Z))
    a, y, b, z = map(torch.tensor, (A, Y, B, Z))

    def slopes(x, rows, labels):
        return -labels * torch.sigmoid(-labels * (rows @ x)) / len(labels)

    def gradient(x):
        return a.T @ slopes(x, a, y) + 0.3 * x

    def hvp(x, v):
        return torch.func.jvp(gradient, (x,), (v,))[1]

    loss = Loss(lambda x, t: 0, lambda x, t: b.T @ slopes(x, b, z))
    problem = Bilevel(lambda theta: FunctionOracle(4, 0, gradient, hvp), loss)
    for ask in (lambda p, t: fom(p, t, m, 5), lambda p, t: ufom(p, t, m, 5, q=0.9, seed=0)):
        found, known = ask(problem, torch.tensor(start)), ask(by_hand, start)
        assert isinstance(found.hypergradient, torch.Tensor)
        np.testing.assert_allclose(found.hypergradient.numpy(), known.hypergradient, rtol=1e-11)
        assert found.info["exact"] == known.info["exact"]


def test_predictions_for_quadratics_in_other_libraries(torch):
    H, dH = np.diag([0.2, 1.0, 2.0]), RNG.standard_normal((2, 3, 3))
    arrays = H, np.ones(3), dH + np.swapaxes(dH, 1, 2)
    known, inner = QuadraticProblem(*arrays), QuadraticProblem(*map(torch.tensor, arrays))
    theta, c = torch.zeros(2, dtype=torch.float64), torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    problem = Bilevel(lambda t: inner, Loss(lambda x, t: 0, lambda x, t: x - c))
    true = known.solution_jacobian().T @ (known.solution() - c.numpy())
    for found in (
        itd(problem, theta, pu.Chebyshev(S), 9),
        truncated(problem, theta, pu.Chebyshev(S), 9, plain_steps=3),
        truncated(problem, theta, pu.Chebyshev(S), 9),
        aid(problem, theta, pu.Chebyshev(S), 9, solver=pu.Chebyshev(S), solver_steps=4),
    ):
        error = found.hypergradient.numpy() - true
        assert np.linalg.norm(found.predicted.hypergradient - error) < 1e-8 * np.linalg.norm(error)


def test_a_library_that_is_not_there_is_named(monkeypatch):
    for name, build in (("jax", jax_problem), ("torch", torch_problem)):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(ImportError, match=rf'install it with pip install "polyunroll\[{name}\]"'):
            build(lambda x, t: 0, lambda x, t: 0, 1)


def test_arrays_that_hold_no_real_floating_numbers_are_refused(torch):
    problem = torch_problem(*torch_logistic(torch), dimension=4)
    for theta, dtype in ((torch.tensor([1]), "int64"), (torch.tensor([1j]), "complex64")):
        with pytest.raises(InvalidInput, match=f"theta has dtype {dtype}; give real floating-point numbers"):
            itd(problem, theta, pu.Chebyshev(S), 3)


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_a_run_that_leaves_the_numbers_stops_in_other_libraries(library, request):
    module = request.getfixturevalue(library)
    build, convert = (jax_problem, module.numpy.asarray) if library == "jax" else (torch_problem, module.tensor)
    problem = build(lambda x, t: t[0] * (x * x).sum() * 1e100 - x.sum(), lambda x, t: (x * x).sum(), 2)
    for theta in (np.ones(1), convert(np.ones(1))):
        for mode in ("forward", "reverse"):
            with pytest.raises(NotFinite, match=r"not finite at step 5 of 9") as caught:
                itd(problem, theta, pu.Chebyshev(S), 9, mode=mode)
            assert np.isfinite(np.asarray(caught.value.x)).all()


def test_bad_kinds_are_refused(torch):
    with pytest.raises(InvalidInput, match="kind = 'flow' is not known; give loss or map"):
        torch_problem(lambda x, t: 0, lambda x, t: 0, 1, kind="flow")
    with pytest.raises(InvalidInput, match="dimension = 0"):
        torch_problem(lambda x, t: 0, lambda x, t: 0, 0)
