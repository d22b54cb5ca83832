from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from polyunroll.errors import InvalidInput
from polyunroll.problems import Calls, CountingOracle, Oracle, QuadraticProblem


class Quartic(CountingOracle):
    """f(x, θ) = Σ x_k⁴/4 + θ Σ x_k: not a quadratic, one outer parameter, every default kept."""

    dimension = 3
    parameters = 1

    def _gradient(self, x):
        return x**3 + 2

    def _hvp(self, x, v):
        return 3 * (x**2 * v.T).T

    def _cross(self, x):
        return np.ones((3, 1))


def test_every_problem_is_an_oracle(family):
    assert isinstance(Quartic(), Oracle)
    assert isinstance(QuadraticProblem(**family), Oracle)
    assert not isinstance(np.eye(2), Oracle)


def test_calls_are_counted_and_products_by_column():
    oracle = Quartic()
    x = np.ones(3)
    for _ in range(4):
        oracle.gradient(x)
    oracle.hvp(x, x)
    oracle.hvp(x, np.ones((3, 5)))
    before = oracle.calls
    oracle.cross(x)
    oracle.cross_T(x, x)
    oracle.cross_T(x, np.ones((3, 2)))
    assert before == Calls(gradient=4, hvp=6)
    assert oracle.calls == Calls(gradient=4, hvp=6, cross=1, cross_T=3)
    assert oracle.calls - before == Calls(cross=1, cross_T=3)
    oracle.reset_calls()
    assert oracle.calls == Calls()
    assert Quartic().calls == Calls()


def test_the_default_transpose_is_the_transpose():
    np.testing.assert_array_equal(Quartic().cross_T(np.ones(3), np.array([1.0, 2, 4])), [7])


def test_nested_lists_are_read():
    np.testing.assert_array_equal(Quartic().gradient([0, 1, 2]), [2, 3, 10])
    assert Quartic().hvp([1, 1, 1], [[1, 2], [3, 4], [5, 6]]).shape == (3, 2)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda o: o.gradient(np.ones(2)), r"x has shape \(2,\); allowed is \(3,\)"),
        (lambda o: o.cross(np.ones((3, 1))), r"x has shape \(3, 1\); allowed is \(3,\)"),
        (lambda o: o.hvp(np.ones(3), np.ones(4)), r"v has shape \(4,\); allowed is \(3,\) or \(3, any\)"),
        (lambda o: o.cross_T(np.ones(3), np.ones((2, 3))), r"u has shape \(2, 3\); allowed is"),
        (lambda o: o.cross_T(np.ones(1), np.ones(3)), r"x has shape \(1,\)"),
        (lambda o: o.gradient(1.0), r"x has shape \(\)"),
    ],
)
def test_a_wrong_shape_is_refused_and_not_counted(ask, sentence):
    oracle = Quartic()
    with pytest.raises(InvalidInput, match=sentence):
        ask(oracle)
    assert oracle.calls == Calls()


def test_the_room_needs_neither_matplotlib_nor_scikit_learn():
    code = (
        "import sys, polyunroll.problems as p; "
        "assert all(hasattr(p, name) for name in p.__all__); "
        "sys.exit(any(m.split('.')[0] in ('matplotlib', 'sklearn') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 0
