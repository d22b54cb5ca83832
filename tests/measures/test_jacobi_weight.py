"""Jacobi weights and Marchenko–Pastur laws by name and by number."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq

import polyunroll as pu
from polyunroll import measures
from polyunroll.errors import InvalidInput


def test_gegenbauer_weights_are_cases():
    assert measures.jacobi(0, 0) == measures.legendre()
    assert measures.jacobi("-1/2", "-1/2") == measures.chebyshev()
    assert measures.jacobi("1/3", "1/3") == measures.gegenbauer("5/6")
    assert (measures.legendre().alpha, measures.gegenbauer(1).beta) == (0, fmpq(1, 2))
    assert measures.jacobi(1, 0) != measures.jacobi(0, 1)


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        (measures.jacobi("1/2", 0), "jacobi:1/2,0"),
        (measures.jacobi("-0.9", 3), "jacobi:-9/10,3"),
        (measures.marchenko_pastur("1/4"), "marchenko-pastur:1/4"),
        (measures.marchenko_pastur(2), "marchenko-pastur:2"),
    ],
)
def test_text_and_back(measure, text):
    assert str(measure) == text
    assert measures.parse_measure(text) == measure


UNKNOWN = ("jacobi", "jacobi:1", "jacobi:1,2,3", "jacobi:", "marchenko-pastur", "eigenvalues:", "mixed:1/2")


@pytest.mark.parametrize("text", UNKNOWN)
def test_unknown_text(text):
    with pytest.raises(InvalidInput, match=r"is not known; give chebyshev, .* jacobi:alpha,beta with both > -1"):
        measures.parse_measure(text)


@pytest.mark.parametrize(("alpha", "beta", "name"), [(-1, 0, "alpha"), (0, "-1.5", "beta"), (-3, -3, "alpha")])
def test_weights_that_are_not_integrable(alpha, beta, name):
    with pytest.raises(InvalidInput, match=f"^{name} = .* is not allowed; the Jacobi weight"):
        measures.jacobi(alpha, beta)


@pytest.mark.parametrize("ratio", [0, -1, "-1/4"])
def test_ratios_that_are_not_allowed(ratio):
    with pytest.raises(InvalidInput, match=r"^ratio = .* is not allowed; features / samples must be > 0$"):
        measures.marchenko_pastur(ratio)


def test_the_hull_of_the_law():
    law = measures.marchenko_pastur("1/4")
    assert pu.Spectrum.marchenko_pastur("1/4").condition_number == 9
    for spectrum in (pu.Spectrum(1, 9), pu.Spectrum(1, 8), pu.Spectrum("1/100", "9/100")):
        pu.Sobolev(spectrum, law)
        pu.JacobianKernel(spectrum, law)
    for family in (pu.Sobolev, pu.JacobianKernel):
        with pytest.raises(InvalidInput, match=r"^the spectrum \[1, 10\] is not the support of marchenko-pastur:1/4"):
            family(pu.Spectrum(1, 10), law)


@pytest.mark.parametrize("ratio", ["1/4", "1", "4"])
def test_a_random_matrix_agrees(ratio):
    # a seeded sample covariance matrix, shifted by a ridge: its eigenvalues' method is near the law's
    law, ridge = measures.marchenko_pastur(ratio), "1/5"
    spectrum = pu.Spectrum.marchenko_pastur(ratio, 1, ridge)
    samples = 400
    features = samples * int(law.ratio.p) // int(law.ratio.q)
    A = np.random.default_rng(0).standard_normal((samples, features)) / np.sqrt(samples)
    values = np.clip(np.linalg.eigvalsh(A.T @ A), 0, None) + 0.2
    wide = pu.Spectrum(str(min(values) * 0.999), str(max(values) * 1.001))
    x = np.sort(values)
    for family in (pu.Sobolev, pu.JacobianKernel):
        P = pu.jets(family(spectrum, law, "1/10"), 6, x, order=1)
        Q = pu.jets(family(wide, measures.empirical(np.round(x, 9)), "1/10", 6), 6, x, order=1)
        for k in (0, 1):
            a, b = P.derivative(k), Q.derivative(k)
            assert np.sqrt(np.mean((a - b) ** 2)) < 0.25 * np.sqrt(np.mean(b**2))
