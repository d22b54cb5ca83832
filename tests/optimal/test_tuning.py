"""Tuned parameters: proved values, the known optimum of gradient descent, and a regret that is at least 1."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.report.tuning import tuned_page

S = pu.Spectrum("1/100", 1)


@pytest.fixture(scope="module")
def kernel():
    return pu.tune(pu.JacobianKernel, S, 30)


def test_the_answer_is_proved(kernel):
    again = pu.worst_case(kernel.method, 30, digits=12)
    assert kernel.value[0].lower <= again.upper
    assert again.lower <= kernel.value[0].upper
    assert kernel.limit[0].upper <= kernel.value[0].upper
    assert kernel.multiple >= 1
    assert kernel.multiple.lower <= again.upper / pu.Minimax(S, 30).limit.lower


def test_it_is_better_than_the_family_s_defaults_and_all_that_was_tried(kernel):
    assert kernel.value[0] < pu.worst_case(pu.JacobianKernel(S), 30, digits=12)
    assert kernel.multiple < Fraction(3, 2)
    best = min(trial.value for trial in kernel.trials)
    chosen = next(trial for trial in kernel.trials if dict(trial.parameters) == dict(kernel.parameters))
    assert chosen.value == best
    for trial in kernel.trials[::40]:
        measure = pu.measures.jacobi(trial.parameters["alpha"], trial.parameters["beta"])
        method = pu.JacobianKernel(S, measure, trial.parameters["c"])
        assert pu.worst_case(method, 30, digits=8).upper >= kernel.value[0].lower * Fraction(9_999, 10_000)


def test_the_same_answer_every_time(kernel):
    again = pu.tune(pu.JacobianKernel, S, 30)
    assert again.method == kernel.method
    assert again.trials == kernel.trials


def test_gradient_descent_finds_the_best_constant_step():
    # 1/L times a step of three decimals
    best = pu.best_step(S, 20)
    found = pu.tune(pu.GradientDescent, S, 20)
    assert abs(found.parameters["step"] - best.step) <= Fraction(1, 1000)
    assert found.value[0].upper <= best.worst_case.upper * Fraction(101, 100)


def test_given_parameters_stay():
    found = pu.tune(pu.Sobolev, S, 20, alpha=0, beta="-1/2")
    assert found.parameters["alpha"] == 0
    assert found.parameters["beta"] == Fraction(-1, 2)
    assert {name for trial in found.trials for name in trial.parameters} == {"eta"}


def test_several_horizons_weigh_the_largest_regret():
    found = pu.tune(pu.Jacobi, pu.Spectrum("1/10", 1), [5, 15], beta="-1/2")
    ratios = [found.multiple_at(k) for k in range(2)]
    assert found.multiple == max(ratios, key=lambda ratio: ratio.upper)
    one = pu.tune(pu.Jacobi, pu.Spectrum("1/10", 1), 5, beta="-1/2")
    assert one.multiple_at(0).lower <= ratios[0].upper


def test_the_average_case_recovers_the_density():
    # the Sobolev method of the density itself, with η = G²/R², is the least of all
    measure = pu.measures.jacobi("1/2", 0)
    found = pu.tune(pu.Sobolev, S, 12, 1, "1/10", "partial", measure=measure)
    least = pu.average_case(pu.Sobolev(S, measure, "1/100"), 12, measure, 1, "1/10")
    assert least.lower <= found.value[0].upper <= least.upper * Fraction(101, 100)
    assert found.limit is None
    assert found.multiple is None


def test_pages(kernel):
    text = str(tuned_page(kernel))
    assert "multiple" in text
    assert "that no other parameters of the family do better is not" in text
    data = json.loads(str(tuned_page(kernel, "json")))
    assert len(data["trials"]) == len(kernel.trials)
    assert Fraction(data["value"][0]["upper"]) == kernel.value[0].upper
    assert r"\begin{tabular}" in str(tuned_page(kernel, "latex"))
    assert "times the least possible" in str(kernel)


@pytest.mark.parametrize(
    ("arguments", "fixed", "said"),
    [
        ((pu.Chebyshev, S, 5), {}, "Chebyshev has no parameters to tune"),
        (("sobolev", S, 5), {}, "family = 'sobolev' is not a family of methods"),
        ((pu.Sobolev, S, 0), {}, "t = 0 is not allowed"),
        ((pu.Sobolev, S, []), {}, "t = [] is not allowed"),
        ((pu.Sobolev, S, 5), {"a": 1}, "Sobolev has no parameter a; it has alpha, beta, eta"),
        ((pu.GradientDescent, S, 5), {"step": 1}, "all parameters are given"),
        ((pu.Sobolev, S, [5, 6]), {"measure": pu.measures.chebyshev()}, "t = [5, 6] is not allowed"),
        ((pu.Sobolev, pu.Spectrum(1, 1), 5), {}, "tuning needs ell < L"),
    ],
)
def test_bad_input(arguments, fixed, said):
    with pytest.raises(InvalidInput) as caught:
        pu.tune(*arguments, **fixed)
    assert said in str(caught.value)
