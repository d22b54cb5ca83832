"""What each library can do with an emitted solver: JAX's and PyTorch's transformations, Dask's lazy arrays."""

from __future__ import annotations

import numpy as np
import pytest
from codegen.conforming import TARGETS, Problem, S, apart, every_method, load, method, need_module

import polyunroll as pu

BY_NAME = {target.name: target for target in TARGETS}
STEPS = 12


@pytest.fixture
def jax():
    module = need_module("jax")
    module.config.update("jax_enable_x64", True)
    return module


@pytest.fixture
def torch():
    return need_module("torch")


def by_hand(H, b, x0, m, steps):
    """Chebyshev's iteration from a textbook, for JAX's own derivatives: Golub and Van Loan, 11.2.8, in our letters."""
    ell, L = float(m.spectrum.ell), float(m.spectrum.L)
    center, radius = (L + ell) / 2, (L - ell) / 2
    x, r = x0, -(H @ x0 + b)
    d = r / center
    rho = radius / center
    for _ in range(steps):
        x = x + d
        r = r - H @ d
        next_rho = 1 / (2 * center / radius - rho)
        d = next_rho * rho * d + 2 * next_rho / radius * r
        rho = next_rho
    return x


def test_against_jaxs_derivatives_of_a_loop_written_by_hand(jax):
    problem, m = Problem(), pu.Chebyshev(S)
    given = problem.given(BY_NAME["jax"])

    def of(theta, shift):
        H = given.H + jax.numpy.tensordot(theta, given.dH, 1)
        return by_hand(H, given.b + given.db @ theta + shift, given.x0 + given.dx0 @ theta, m, STEPS)

    zero = jax.numpy.zeros(3), jax.numpy.zeros(12)
    expected, pull = jax.vjp(of, *zero)
    J = jax.jacfwd(of)(*zero)
    theta_bar, b_bar = pull(given.u)
    for name, target in BY_NAME.items():
        if name in ("jax", "numpy", "c", "array-api"):
            arrays = problem.given(target)
            factors = arrays.U, arrays.W
            x, dx = load(target, m, STEPS, "jvp").jvp(arrays.H, arrays.b, arrays.x0, factors, arrays.db, arrays.dx0)
            assert apart(x, expected) < 1e-13
            assert apart(dx, J) < 1e-13
            _, *bars = load(target, m, STEPS, "vjp").vjp(arrays.H, arrays.b, arrays.x0, arrays.u, factors)
            found = [np.asarray(bar) for bar in bars]
            assert apart(found[0] + problem.db.T @ found[1] + problem.dx0.T @ found[2], theta_bar) < 1e-13
            assert apart(found[1], b_bar) < 1e-13


@pytest.mark.parametrize("name", ["chebyshev", "nesterov", "sobolev", "gd-list"])
def test_jaxs_transformations_go_through(jax, name):
    problem, m = Problem(), method(name, 50)
    given = problem.given(BY_NAME["jax"])
    forward, backward = load(BY_NAME["jax"], m, 50, "jvp"), load(BY_NAME["jax"], m, 50, "vjp")
    solve = jax.jit(lambda H, b, x0: forward.solve(H, b, x0))
    expected = problem.run(m, 50)
    assert apart(solve(given.H, given.b, given.x0), expected.x) < 1e-13
    _, tangent = jax.jvp(solve, (given.H, given.b, given.x0), (given.dH[0], given.db[:, 0], given.dx0[:, 0]))
    assert apart(tangent, expected.dx[:, 0]) < 1e-13
    H_bar, b_bar, x0_bar = jax.grad(lambda *a: given.u @ solve(*a), argnums=(0, 1, 2))(given.H, given.b, given.x0)
    factors = given.U, given.W
    x, *bars = jax.jit(lambda: backward.vjp(given.H, given.b, given.x0, given.u, factors))()
    assert apart(x, expected.x) < 1e-13
    assert apart(bars[0], np.tensordot(given.dH, H_bar, 2)) < 1e-13
    assert apart(bars[1], b_bar) < 1e-13
    assert apart(bars[2], x0_bar) < 1e-13
    many = jax.vmap(solve, in_axes=(None, 0, None))(given.H, given.db.T, given.x0)
    assert apart(many[1], solve(given.H, given.db[:, 1], given.x0)) < 1e-13
    assert solve(*(value.astype("float32") for value in (given.H, given.b, given.x0))).dtype == "float32"


def test_jax_compiles_as_much_for_many_steps_as_for_few(jax):
    given = Problem().given(BY_NAME["jax"])
    sizes = []
    for steps in (10, 1000):
        solver = load(BY_NAME["jax"], pu.Chebyshev(S), steps, "vjp")
        functions = solver.solve, lambda *a, solver=solver: solver.vjp(*a, given.u, (given.U, given.W))
        sizes += [str(jax.make_jaxpr(f)(given.H, given.b, given.x0)).count("\n") for f in functions]
    assert sizes[2] == sizes[0]
    assert sizes[3] <= sizes[1] + 60  # the first segment may have no steps


def test_jaxs_sparse_matrices(jax):
    from jax.experimental import sparse

    problem = Problem()
    given = problem.given(BY_NAME["jax"])
    solver = load(BY_NAME["jax"], pu.Chebyshev(S), STEPS, "jvp")
    H = sparse.BCOO.fromdense(given.H)
    done = problem.run(pu.Chebyshev(S), STEPS)
    assert apart(solver.solve(H, given.b, given.x0), done.x) < 1e-13
    assert apart(solver.jvp(H, given.b, given.x0, (given.U, given.W), given.db, given.dx0)[1], done.dx) < 1e-13


@every_method
def test_autograd_goes_through(torch, name):
    problem, m = Problem(), method(name, 50)
    given = problem.given(BY_NAME["torch"])
    solver = load(BY_NAME["torch"], m, 50)
    leaves = [value.clone().requires_grad_() for value in (given.H, given.b, given.x0)]
    (given.u @ solver.solve(*leaves)).backward()
    done = problem.run(m, 50)
    parts = np.tensordot(given.dH, leaves[0].grad, 2), problem.db.T @ leaves[1].grad.numpy()
    assert apart(sum(parts) + problem.dx0.T @ leaves[2].grad.numpy(), done.dx.T @ problem.u) < 1e-13


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")  # PyTorch's own
def test_torchs_transformations_go_through(torch):
    problem, m = Problem(), pu.Sobolev(S)
    given = problem.given(BY_NAME["torch"])
    solver = load(BY_NAME["torch"], m, STEPS)
    done = problem.run(m, STEPS)
    tangents = given.dH[0], given.db[:, 0], given.dx0[:, 0]
    _, dx = torch.func.jvp(solver.solve, (given.H, given.b, given.x0), tangents)
    assert apart(dx, done.dx[:, 0]) < 1e-13
    many = torch.func.vmap(lambda b: solver.solve(given.H, b, given.x0))(given.db.T)
    assert apart(many[2], solver.solve(given.H, given.db[:, 2], given.x0)) < 1e-13
    single = solver.solve(*(value.float() for value in (given.H, given.b, given.x0)))
    assert single.dtype == torch.float32


@pytest.mark.filterwarnings("ignore:Sparse.*beta state:UserWarning")
@pytest.mark.parametrize("form", ["to_sparse_csr", "to_sparse_coo"])
def test_torchs_sparse_matrices(torch, form):
    problem = Problem()
    given = problem.given(BY_NAME["torch"])
    solver = load(BY_NAME["torch"], pu.Chebyshev(S), STEPS, "jvp")
    H = getattr(given.H, form)()
    done = problem.run(pu.Chebyshev(S), STEPS)
    assert apart(solver.solve(H, given.b, given.x0), done.x) < 1e-13
    assert apart(solver.jvp(H, given.b, given.x0, (given.U, given.W), given.db, given.dx0)[1], done.dx) < 1e-13
    bad = given.H.clone()
    bad[0, 0] = float("nan")
    with pytest.raises(ValueError, match="not finite"):
        solver.solve(getattr(bad, form)(), given.b)


@pytest.mark.parametrize("library", ["numpy", "torch", "dask.array"])
@pytest.mark.parametrize("name", ["chebyshev", "sobolev"])
def test_the_array_api_file_with_other_libraries(library, name):
    from codegen.conforming import Target

    module = need_module(library)
    convert = {"torch": lambda value: module.from_numpy(np.array(value)), "numpy": np.asarray}
    target = Target("array-api", convert.get(library, getattr(module, "from_array", None)))
    problem, m = Problem(), method(name, STEPS)
    given = problem.given(target)
    forward, backward = (load(BY_NAME["array-api"], m, STEPS, derivative) for derivative in ("jvp", "vjp"))
    done = problem.run(m, STEPS)
    x, dx = forward.jvp(given.H, given.b, given.x0, (given.U, given.W), given.db, given.dx0)
    assert type(x).__module__.partition(".")[0] == library.partition(".")[0]
    assert apart(x, done.x) < 1e-13
    assert apart(dx, done.dx) < 1e-13
    x, *bars = backward.vjp(given.H, given.b, given.x0, given.u, (given.U, given.W))
    theta_bar, b_bar, x0_bar = map(np.asarray, bars)
    assert apart(theta_bar + problem.db.T @ b_bar + problem.dx0.T @ x0_bar, done.dx.T @ problem.u) < 1e-13


@pytest.mark.parametrize("name", ["numpy", "c", "numba"])
@pytest.mark.parametrize("family", [pu.Chebyshev, pu.Nesterov, pu.Sobolev])
def test_logistic_regression_on_real_data(name, family):
    """Breast cancer, 30 features, the 569 sample weights as parameters; nothing is proved of what is no quadratic."""
    from polyunroll.problems import LogisticSampleWeights
    from polyunroll.problems.datasets import load as load_data

    if name == "numba":
        need_module("numba")
    data = load_data("breast_cancer", standardise_labels=False)
    labels = np.sign(data.y - 0.5)
    theta = 0.1
    high = float(np.linalg.eigvalsh(data.A.T @ data.A / len(labels))[-1]) / 4 + theta
    m, steps, x0 = family(pu.Spectrum("0.1", high)), 120, np.zeros(30)
    expected = pu.run(m, LogisticSampleWeights(data.A, labels, theta), None, x0, steps, True)
    oracle = LogisticSampleWeights(data.A, labels, theta)
    forward, backward = (load(BY_NAME[name], m, steps, derivative) for derivative in ("jvp", "vjp"))
    assert apart(forward.solve(oracle, None, x0), expected.x) < 1e-12
    assert oracle.calls.gradient == steps
    assert np.linalg.norm(oracle.gradient(expected.x)) < 1e-3 * np.linalg.norm(oracle.gradient(x0))
    x, dx = forward.jvp(oracle, None, x0)
    assert apart(x, expected.x) < 1e-12
    assert apart(dx, expected.dx) < 1e-11
    u = np.ones(30)
    _, weights_bar, _, _ = backward.vjp(oracle, None, x0, u)
    assert apart(weights_bar, expected.dx.T @ u) < 1e-11
