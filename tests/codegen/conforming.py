"""What the tests of emitted solvers share: every method, every target, and a problem with derivatives."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

import polyunroll as pu
from polyunroll.methods import families

S = pu.Spectrum("1/10", 1)


def need(found, what):
    """Skip a test of an optional target; `make test-all` lets none be skipped (see conftest.py)."""
    if not found:
        pytest.skip(f"{what} is not installed")


def need_module(name):
    need(importlib.util.find_spec(name.partition(".")[0]) is not None, name)
    return importlib.import_module(name)


# -- methods -------------------------------------------------------------------------------------
OPTIONS = {"jacobi": {"measure": "jacobi:1/2,0"}}
"""What a family that has no defaults is built from."""
MORE = {
    "gd-list": lambda steps: pu.GradientDescent(S, [("1/2", "3/2", "1")[k % 3] for k in range(steps)]),
    "gd-2": lambda steps: pu.GradientDescent(S, "2/(L+ell)"),
    "polynomial": lambda steps: pu.FixedPolynomial.from_tails(S, [("1", "3/4", "1/2")[k % 3] for k in range(steps)]),
    "partial-sums": lambda steps: pu.PartialSums(
        pu.JacobianKernel(S), [("1", "3/4", "1/2")[k % 3] for k in range(steps)]
    ),
    "unrolled-cg": lambda steps: pu.UnrolledCG(
        S, [("1", "3/4", "1/2")[k % 3] for k in range(steps)], [("1/3", "1/5")[k % 2] for k in range(steps - 1)]
    ),
    "sobolev-gegenbauer": lambda steps: pu.Sobolev(S, pu.measures.gegenbauer("3/2"), eta="1/10"),
    "sobolev-0": lambda steps: pu.Sobolev(S, eta=0),
}


def method(name, steps):
    """A method of a family, or one of the others above, with at least so many steps."""
    return MORE[name](steps) if name in MORE else families()[name].from_options(S, OPTIONS.get(name, {}))


NAMES = sorted({*families(), *MORE})
every_method = pytest.mark.parametrize("name", NAMES)


# -- targets -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Target:
    """How a target's solvers are given arrays, and what they give back."""

    name: str
    array: object
    needs: tuple[str, ...] = ()


def _jax(value):
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax.numpy.asarray(value)


def _torch(value):
    import torch

    return torch.from_numpy(np.array(value))


def _strict(value):
    import array_api_strict

    return array_api_strict.asarray(np.array(value))


TARGETS = [
    Target("numpy", np.asarray),
    Target("array-api", _strict, ("array_api_strict",)),
    Target("numba", np.asarray, ("numba",)),
    Target("c", np.asarray),
    Target("jax", _jax, ("jax",)),
    Target("torch", _torch, ("torch",)),
]
every_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
every_library = pytest.mark.parametrize("target", [t for t in TARGETS if t.name != "c"], ids=lambda target: target.name)
"""All but C, whose solver has no batches, preconditioners and callbacks: a C caller has them in his own functions."""


def require(target):
    """No test where a target's library is not there."""
    for name in target.needs:
        need(importlib.util.find_spec(name) is not None, name)
    if target.name == "c":
        need(shutil.which("cc") is not None, "a C compiler")


@cache
def load(target, m, steps, derivative=None):
    """An emitted solver, made once."""
    require(target)
    return pu.generate(m, steps, target.name, derivative).load()


# -- a problem -----------------------------------------------------------------------------------
class Problem:
    """½ xᵀHx + bᵀx with ∂_iH = Σ_k W_ki u_k u_kᵀ, ∂b and ∂x_0; and what the vector interpreter makes of it."""

    def __init__(self, n=12, p=3, seed=0, low=0.1):
        rng = np.random.default_rng(seed)
        Q, _ = np.linalg.qr(rng.standard_normal((n, n)))
        H = (Q * np.linspace(low, 1, n)) @ Q.T
        self.H = (H + H.T) / 2
        self.b, self.x0, self.u = rng.standard_normal((3, n))
        self.U, self.W = rng.standard_normal((n, 4)), rng.standard_normal((4, p))
        self.dH = np.einsum("ik,kp,jk->pij", self.U, self.W, self.U)
        self.db, self.dx0 = rng.standard_normal((2, n, p))
        self.v = rng.standard_normal(p)

    def run(self, m, steps):
        return pu.run(m, self.H, self.b, self.x0, steps, (self.dH, self.db), dx0=self.dx0)

    def given(self, target):
        """All arrays in a target's library."""
        require(target)
        names = ("H", "b", "x0", "u", "U", "W", "dH", "db", "dx0")
        return SimpleNamespace(**{name: target.array(getattr(self, name)) for name in names})


@cache
def reference(name, steps):
    problem = Problem()
    return problem.run(method(name, steps), steps)


def apart(found, expected):
    """How far two vectors are apart, relative to the second."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)
