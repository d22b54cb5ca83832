from __future__ import annotations

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from polyunroll.errors import InvalidInput
from polyunroll.problems import RidgePenalty, load, theta_for_condition

pytest.importorskip("sklearn")


@pytest.mark.parametrize(
    ("name", "shape", "dropped"),
    [("breast_cancer", (569, 30), ()), ("diabetes", (442, 10), ()), ("digits", (1797, 61), (0, 32, 39))],
)
def test_data_is_standardised_and_constant_columns_are_named(name, shape, dropped):
    data = load(name)
    assert (data.name, data.A.shape, data.y.shape, data.dropped) == (name, shape, shape[:1], dropped)
    assert_allclose(data.A.mean(axis=0), 0, atol=1e-13)
    assert_allclose((data.A**2).mean(axis=0), 1, rtol=1e-12)
    assert data.y.mean() == pytest.approx(0, abs=1e-13)
    assert (data.y**2).mean() == pytest.approx(1, rel=1e-12)
    if dropped:
        assert data.message == "digits: left out the feature columns 0, 32, 39, which are constant."
    else:
        assert data.message == ""


def test_measured_data():
    raw = load("digits", standardise=False)
    assert raw.A.shape == (1797, 64)
    assert (raw.dropped, raw.message) == ((), "")
    assert raw.A.max() == 16
    assert set(raw.y) == set(range(10))
    labels = load("breast_cancer", standardise_labels=False)
    assert set(labels.y) == {0, 1}
    assert_allclose(labels.A, load("breast_cancer").A)
    assert load("diabetes", standardise=False).A[0, 0] == 59  # an age in years, not scikit-learn's scaled column
    assert load("diabetes", standardise=False, standardise_labels=True).y.std() == pytest.approx(1)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InvalidInput, match="'iris' is unknown; allowed are breast_cancer, diabetes, digits"):
        load("iris")


def test_without_scikit_learn_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r'pip install "polyunroll\[demo\]"'):
        load("digits")


def test_the_penalty_for_a_condition_number(rng):
    A = rng.standard_normal((20, 5))
    for condition in (1.001, 2, 2.9):
        theta = theta_for_condition(A, condition)
        H = RidgePenalty(A, np.ones(20), theta).hessian()
        assert np.linalg.cond(H) == pytest.approx(condition, rel=1e-12)
    wide = theta_for_condition(A.T, 1e6)  # more features than samples: λ_min = 0, any condition number will do
    assert np.linalg.cond(RidgePenalty(A.T, np.ones(5), wide).hessian()) == pytest.approx(1e6, rel=1e-8)


def test_theory_9_takes_a_thousandth_of_the_largest_eigenvalue():
    A = load("breast_cancer").A
    values = np.linalg.eigvalsh(A.T @ A / len(A))
    condition = (values[-1] * 1.001) / (values[0] + values[-1] / 1000)
    assert values[-1] == pytest.approx(13.2816076822579, rel=1e-12)
    assert condition == pytest.approx(991.0722, rel=1e-6)
    assert theta_for_condition(A, condition) == pytest.approx(values[-1] / 1000, rel=1e-10)


@pytest.mark.parametrize(
    ("A", "condition", "sentence"),
    [
        (
            np.diag([2.0, 1]),
            4,
            r"condition is 4\.0; allowed is a number strictly between 1 and 4, the condition",
        ),
        (np.diag([2.0, 1]), 1, r"condition is 1\.0; allowed"),
        (np.diag([2.0, 1]), "x", r"condition is 'x'; allowed is a number"),
        (np.diag([2.0, 1]), float("nan"), r"condition is nan; allowed"),
        (np.eye(2), 2, r"strictly between 1 and 1,"),
        (np.zeros((2, 2)), 2, r"A of shape \(2, 2\) has no nonzero entry"),
        (np.zeros((0, 2)), 2, r"A of shape \(0, 2\) has no nonzero entry"),
        (np.ones(2), 2, r"A has shape \(2,\)"),
    ],
)
def test_impossible_condition_numbers_are_refused(A, condition, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        theta_for_condition(A, condition)
