"""The optax adapters: the method's iterates, compiled and not, and rest after the last step."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest

import polyunroll as pu
from polyunroll.errors import InvalidInput

S = pu.Spectrum("1/20", 2)


def test_without_optax_there_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "optax", None)
    monkeypatch.delitem(sys.modules, "polyunroll.schedules.optax", raising=False)
    with pytest.raises(ImportError, match=r'needs optax; install it with pip install "polyunroll\[optax\]"'):
        importlib.import_module("polyunroll.schedules.optax")


class TestWithOptax:
    @pytest.fixture(autouse=True)
    def libraries(self):
        self.jax = pytest.importorskip("jax", reason="JAX is not installed")
        self.optax = pytest.importorskip("optax", reason="optax is not installed")
        from polyunroll.schedules import optax as adapters

        self.adapters = adapters
        # 64 bits for this test alone
        before = self.jax.config.jax_enable_x64
        self.jax.config.update("jax_enable_x64", True)
        yield
        self.jax.config.update("jax_enable_x64", before)

    @pytest.fixture
    def problem(self):
        rng = np.random.default_rng(0)
        basis, _ = np.linalg.qr(rng.normal(size=(7, 7)))
        H = basis * np.linspace(0.05, 2, 7) @ basis.T
        return (H + H.T) / 2, rng.normal(size=7), rng.normal(size=7)

    @pytest.mark.parametrize("form", ["program", "momentum", "richardson", "chebyshev-series"])
    @pytest.mark.parametrize(
        "method",
        [
            pu.Chebyshev(S),
            pu.Sobolev(S),
            pu.Nesterov(S),
            pu.HeavyBall(S),
            pu.FixedPolynomial(S, [1, -2, "3/2", "-1/3"]),
        ],
        ids=lambda m: m.name,
    )
    def test_the_end_is_the_methods(self, problem, method, form):
        jnp = self.jax.numpy
        H, b, x0 = problem
        steps = method.horizon or 10
        try:
            made = pu.schedule(method, steps, form)
        except InvalidInput:
            pytest.skip("no momentum form: that is another test's")
        whole = pu.run(method, H, b, x0, steps, check=False, keep=True)
        transformation = self.adapters.gradient_transformation(made)
        plain = lambda g, state, x: transformation.update(g, state, x)  # noqa: E731
        for update in (plain, self.jax.jit(plain), lambda g, state, x: transformation.update(g, state)):
            # a tree of two leaves
            x = {"a": jnp.asarray(x0[:3]), "b": [jnp.asarray(x0[3:])]}
            state = transformation.init(x)
            for t in range(steps + 3):
                if form in ("program", "momentum") and t <= steps:
                    iterate = self.adapters.solution(x, state)
                    flat = np.concatenate([iterate["a"], iterate["b"][0]])
                    assert flat == pytest.approx(whole.history[t], abs=1e-12)
                flat = np.concatenate([x["a"], x["b"][0]])
                g = H @ flat + b
                change, state = update({"a": jnp.asarray(g[:3]), "b": [jnp.asarray(g[3:])]}, state, x)
                x = self.optax.apply_updates(x, change)
            assert np.concatenate([x["a"], x["b"][0]]) == pytest.approx(whole.x, abs=1e-12)
            assert int(state.count) == (len(made.step_sizes) if form in ("momentum", "richardson") else steps)

    def test_the_count_may_be_traced(self):
        made = pu.schedule(pu.Chebyshev(S), 5, "momentum")
        size, decay = self.adapters.step_size_schedule(made), self.adapters.decay_schedule(made)
        counts = self.jax.numpy.arange(8)
        assert self.jax.jit(self.jax.vmap(size))(counts).tolist() == [*made.step_sizes, 0, 0, 0]
        assert self.jax.jit(self.jax.vmap(decay))(counts).tolist() == [*made.decays, 0, 0, 0]
        assert float(size(2)) == made.step_sizes[2]

    def test_step_sizes_and_decays_make_sgd_the_method(self, problem):
        H, b, x0 = problem
        made = pu.schedule(pu.Chebyshev(S), 10, "momentum")
        sgd = self.optax.inject_hyperparams(self.optax.sgd)(
            learning_rate=self.adapters.step_size_schedule(made), momentum=self.adapters.decay_schedule(made)
        )
        x = self.jax.numpy.asarray(x0)
        state = sgd.init(x)
        for _ in range(10):
            change, state = sgd.update(H @ x + b, state, x)
            x = self.optax.apply_updates(x, change)
        assert np.asarray(x) == pytest.approx(pu.run(pu.Chebyshev(S), H, b, x0, 10, check=False).x, abs=1e-12)

    def test_single_precision_stays_single(self):
        made = pu.schedule(pu.Sobolev(S), 5)
        transformation = self.adapters.gradient_transformation(made)
        x = self.jax.numpy.ones(3, self.jax.numpy.float32)
        change, state = transformation.update(x, transformation.init(x), x)
        assert change.dtype == np.float32
        assert {v.dtype for v in state.vectors} == {np.dtype("float32")}

    def test_what_is_refused(self):
        for use in (self.adapters.step_size_schedule, self.adapters.decay_schedule):
            with pytest.raises(InvalidInput, match="has no step sizes; make one with form='momentum'"):
                use(pu.schedule(pu.Sobolev(S), 5))
        with pytest.raises(InvalidInput, match=r"schedule is a Chebyshev; give one that pu\.schedule made"):
            self.adapters.gradient_transformation(pu.Chebyshev(S))
