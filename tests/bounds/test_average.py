"""The average case against mpmath's quadrature, the Sobolev optimum, and a Monte Carlo experiment."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from flint import fmpq, fmpq_poly

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.interpret.transfer import residual_polynomial

S = pu.Spectrum("1/10", 1)
LAMBDA = sympy.Symbol("lambda")


def polynomials(method, t, split):
    """(A, B) as mpmath coefficients, descending."""
    P = pu.residual(method, t)
    D = P.diff()
    A = P - sympy.Poly(LAMBDA, LAMBDA) * D if split == "total" else P
    return [[mpmath.mpf(c.p) / c.q for c in p.all_coeffs()] for p in (A, D)]


def integrated(method, t, density, ends, R, G, split, atom=None):
    """R²∫A² + G²∫B² over a density in λ, of mass 1 after division, by mpmath; atom = (λ, mass) has the rest."""
    A, B = polynomials(method, t, split)

    def square(x):
        return R**2 * mpmath.polyval(A, x) ** 2 + G**2 * mpmath.polyval(B, x) ** 2

    (low, high), (place, mass) = ends, atom or (0, 0)
    # λ = center − radius cos θ takes the singularities at the ends away
    center, radius = (low + high) / 2, (high - low) / 2

    def over(f):
        return mpmath.quad(
            lambda u: f(center - radius * mpmath.cos(u)) * radius * mpmath.sin(u), mpmath.linspace(0, mpmath.pi, 9)
        )

    total = over(density)
    return (1 - mass) * over(lambda x: density(x) * square(x)) / total + mass * square(place)


def jacobi_density(alpha, beta, low, high):
    return lambda x: (high - x) ** alpha * (x - low) ** beta


@pytest.mark.parametrize("split", ["partial", "total"])
@pytest.mark.parametrize(("alpha", "beta"), [("-1/2", "-1/2"), ("0", "0"), ("1/2", "-1/3"), ("2", "1")])
@pytest.mark.parametrize("t", [0, 1, 7, 20])
def test_jacobi_weights_by_quadrature(alpha, beta, t, split):
    mpmath.mp.dps = 30
    low, high = mpmath.mpf(1) / 10, mpmath.mpf(1)
    a, b = (mpmath.mpf(Fraction(v).numerator) / Fraction(v).denominator for v in (alpha, beta))
    measure = pu.measures.jacobi(alpha, beta)
    for method in (pu.Chebyshev(S), pu.Sobolev(S, measure, "1/5"), pu.GradientDescent(S, "9/5")):
        found = pu.average_case(method, t, measure, "3/2", "1/7", 12, split)
        density = jacobi_density(a, b, low, high)
        expected = integrated(method, t, density, (low, high), mpmath.mpf(3) / 2, mpmath.mpf(1) / 7, split)
        assert abs(mpmath.mpf(found.lower.numerator) / found.lower.denominator / expected - 1) < 1e-11
        assert found.relative_width <= Fraction(1, 10**12)


@pytest.mark.parametrize(("ratio", "ridge"), [("1/4", "0"), ("4/9", "1/5"), ("4", "1/2"), ("1", "1/3")])
def test_marchenko_pastur_by_quadrature(ratio, ridge):
    mpmath.mp.dps = 30
    r, shift = mpmath.mpf(Fraction(ratio).numerator) / Fraction(ratio).denominator, Fraction(ridge)
    shift = mpmath.mpf(shift.numerator) / shift.denominator
    spectrum = pu.Spectrum.marchenko_pastur(ratio, ridge=ridge)
    low, high = (1 - mpmath.sqrt(r)) ** 2, (1 + mpmath.sqrt(r)) ** 2

    def density(x):
        return mpmath.sqrt((x - shift - low) * (high - x + shift)) / (x - shift)

    atom = (shift, 1 - 1 / r) if r > 1 else None
    for t in (1, 6):
        method = pu.Chebyshev(spectrum)
        found = pu.average_case(method, t, pu.measures.marchenko_pastur(ratio), 1, "1/2", 12)
        expected = integrated(method, t, density, (low + shift, high + shift), 1, mpmath.mpf("0.5"), "partial", atom)
        assert abs(mpmath.mpf(found.upper.numerator) / found.upper.denominator / expected - 1) < 1e-10


def test_atoms_exactly():
    nodes, weights = [Fraction(1, 10), Fraction(1, 3), Fraction(1)], [1, 2, 5]
    measure = pu.measures.discrete(nodes, weights)
    P = residual_polynomial(pu.Chebyshev(S), 9)
    D = P.derivative()
    exact = sum(
        fmpq(w, 8) * (P(fmpq(x.numerator, x.denominator)) ** 2 + 4 * D(fmpq(x.numerator, x.denominator)) ** 2)
        for x, w in zip(nodes, weights, strict=True)
    )
    found = pu.average_case(pu.Chebyshev(S), 9, measure, 1, 2, 40)
    assert Fraction(int(exact.p), int(exact.q)) in found
    assert found.relative_width <= Fraction(1, 10**40)


@pytest.mark.parametrize("measure", [pu.measures.chebyshev(), pu.measures.jacobi("1/2", "-1/4")])
def test_the_sobolev_method_has_the_least_value(measure):
    eta = Fraction(1, 25)  # G = 1/5
    best = pu.Sobolev(S, measure, eta)
    values = {t: pu.average_case(best, t, measure, 1, "1/5") for t in (1, 4, 9)}
    others = [pu.Sobolev(S, measure, 1), pu.Sobolev(S, measure, 0), pu.Sobolev(S, pu.measures.legendre(), eta)]
    for t, value in values.items():
        for other in (*others, pu.Chebyshev(S), pu.GradientDescent(S)):
            assert t == 1 or value < pu.average_case(other, t, measure, 1, "1/5")
        P = residual_polynomial(best, t)
        for bump in (fmpq_poly([0, 1]), fmpq_poly([0, 0, -1, 1]), fmpq_poly([0, -2, 0, 0, 1])):
            if bump.degree() > t:
                continue
            for size in (fmpq(1, 50), fmpq(-1, 50)):
                moved = [Fraction(int(c.p), int(c.q)) for c in (P + size * bump).coeffs()]
                assert value < pu.average_case(pu.FixedPolynomial(S, moved), t, measure, 1, "1/5")


def test_monte_carlo():
    # random H with eigenvalues drawn from the density, isotropic a and c, ∂H such that c = ∂H(x_0 − x*)
    rng = np.random.default_rng(3)
    method, t, n, draws = pu.Chebyshev(S), 6, 40, 4000
    A, B = (np.array([float(c) for c in p]) for p in polynomials(method, t, "partial"))
    values = []
    for _ in range(draws):
        lam = 0.55 - 0.45 * np.cos(np.pi * rng.random(n))  # the Chebyshev weight on [1/10, 1]
        a, c = rng.standard_normal((2, n)) / np.sqrt(n)
        values.append(np.sum((np.polyval(A, lam) * a + 0.3 * np.polyval(B, lam) * c) ** 2))
    found = float(pu.average_case(method, t, pu.measures.chebyshev(), 1, "3/10"))
    assert abs(np.mean(values) - found) < 4 * np.std(values) / np.sqrt(draws)


def test_a_density_is_measured():
    found = pu.average_case(pu.Chebyshev(S), 8, pu.measures.density(lambda x: x * 0 + 1), 1, 1, 10)
    exact = pu.average_case(pu.Chebyshev(S), 8, pu.measures.legendre(), 1, 1, 20)
    assert abs(found.lower / exact.lower - 1) < Fraction(1, 10**9)
    assert found.proved.startswith("measured")


def test_nothing_to_average():
    assert pu.average_case(pu.Chebyshev(S), 0, pu.measures.chebyshev(), 0, 1).upper == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((pu.Chebyshev(S), 5, "chebyshev"), "measure = 'chebyshev' is not a measure"),
        ((pu.Chebyshev(S), -1, pu.measures.chebyshev()), "t = -1 is not allowed"),
        ((pu.Chebyshev(S), 20_001, pu.measures.chebyshev()), "t = 20001 is not allowed; give at most 20000"),
        ((pu.Chebyshev(S), 5, pu.measures.chebyshev(), 0, 0), "R = 0 and G = 0 leave nothing to bound"),
        ((pu.Chebyshev(S), 5, pu.measures.chebyshev(), 1, 0, 1001), "digits = 1001 is not allowed"),
        ((pu.GradientDescent(pu.Spectrum(1, 1)), 5, pu.measures.chebyshev()), "is one point"),
        ((pu.Chebyshev(S), 5, pu.measures.marchenko_pastur("1/100")), "is not the support of"),
        ((pu.Chebyshev(S), 5, pu.measures.discrete([2])), "outside the spectrum"),
    ],
)
def test_bad_input(arguments, said):
    with pytest.raises(InvalidInput) as caught:
        pu.average_case(*arguments)
    assert said in str(caught.value)
