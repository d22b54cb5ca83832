"""Banded recurrences of Jacobi weights and Marchenko–Pastur laws: Gram matrices of all pairs, exact and in doubles."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from flint import arb, fmpq, fmpq_poly
from reference import products

import polyunroll as pu
from polyunroll.arithmetic.balls import ball_precision
from polyunroll.arithmetic.surd import Surd
from polyunroll.arithmetic.systems import DOUBLES
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.interpret.scalars import Scalars, constants_of
from polyunroll.interpret.transfer import residual_polynomial
from polyunroll.measures import Jacobi
from polyunroll.methods.sobolev_banded import jacobian_kernel_for, sobolev_for

TOP = 12
TABLES = Path(__file__).parent.parent / "reference"
EXPONENTS = [("1/3", "-1/4"), ("-9/10", "0"), ("2", "-1/3"), ("-1/2", "1/2"), ("0", "1"), ("-1/2", "-1/2"), ("0", "0")]
RATIOS = [("1/4", "1", "0"), ("81/100", "2", "1/3"), ("1", "1", "1/5"), ("9/4", "1/2", "1/10"), ("16", "1", "3")]


class Same(pu.Method):
    """Any banded program on a spectrum."""

    def __init__(self, spectrum, banded, **own):
        self._define(spectrum, banded.program, "banded", **own, **banded.values)


def fraction(value):
    return products.rational(value)


def weights():
    for alpha, beta in EXPONENTS:
        spectrum = pu.Spectrum("1/10", 3)
        # the dataclass itself, so that α = β runs the Jacobi program and not Gegenbauer's
        yield (
            f"jacobi:{alpha},{beta}",
            spectrum,
            Jacobi(fraction(alpha), fraction(beta)),
            products.jacobi(alpha, beta, "1/10", 3),
        )
    for ratio, scale, ridge in RATIOS:
        spectrum = pu.Spectrum.marchenko_pastur(ratio, scale, ridge)
        measure = pu.measures.marchenko_pastur(ratio)
        yield f"mp:{ratio}", spectrum, measure, products.marchenko_pastur(ratio, scale, ridge)


def build_cases():
    for name, spectrum, measure, integrals in weights():
        for eta in ("0", "1/50", "7/3"):
            method = Same(spectrum, sobolev_for(measure), eta=fraction(eta))
            yield pytest.param(method, products.sobolev(integrals, eta), integrals, id=f"sobolev {name} {eta}")
        for c in ("1/20", "1"):
            method = Same(spectrum, jacobian_kernel_for(measure), c=fraction(c))
            yield pytest.param(method, products.jacobian(integrals, c), integrals, id=f"kernel {name} {c}")


CASES = list(build_cases())


def run(method, top):
    machine = Machine(method, PolynomialModule())
    found = []
    for n in range(top + 1):
        if n:
            machine.step()
        names = [register.name for register in method.program.registers]
        found.append((dict(machine.states), {name: machine.scalars[name] for name in names}))
    return found


@pytest.mark.parametrize(("method", "product", "integrals"), CASES)
def test_all_pairs_are_orthogonal_and_registers_are_norms(method, product, integrals):
    found = run(method, TOP)
    S, Q = ([states[name] for states, _ in found] for name in ("y", "q"))
    assert [p.degree() for p in Q] == list(range(TOP + 1))
    kernel = fmpq(0)
    for n, (states, registers) in enumerate(found):
        assert [product(S[n], S[m]) for m in range(n)] == [0] * n
        assert [integrals.integral(Q[n] * Q[m]) for m in range(n)] == [0] * n
        norm, plain = product(S[n], S[n]), integrals.integral(Q[n] * Q[n])
        assert norm > 0
        assert registers["sigma"] == norm / plain
        assert registers["A"] == S[n](fmpq(0))
        assert Q[n](fmpq(0)) == 1
        kernel += S[n](fmpq(0)) ** 2 / norm
        assert registers["kernel"] == kernel * plain
        assert product(states["x"], states["x"]) == 1 / kernel


@pytest.mark.parametrize(("method", "product", "integrals"), CASES)
def test_the_residual_is_the_minimiser(method, product, integrals):
    for t in (0, 1, 2, 3, 4, 7, 10):
        P, least = products.minimiser(product, t)
        assert residual_polynomial(method, t) == P
        assert product(P, P) == least


@pytest.mark.parametrize("row", json.loads((TABLES / "sobolev_coefficients.json").read_text())["d"], ids=str)
def test_small_exact_values(row):
    # α = β = a − 1/2, on an interval where η_s = η
    a, spectrum = fraction(row["a"]), pu.Spectrum("1/4", "9/4")
    measure = Jacobi(a - fmpq(1, 2), a - fmpq(1, 2))
    found = run(Same(spectrum, sobolev_for(measure), eta=fraction(row["eta_s"])), 2 + len(row["d"]))
    assert [registers["d2"] for _, registers in found[3:]] == [fraction(v) for v in row["d"]]
    assert all(registers["d1"] == 0 for _, registers in found[1:])


@pytest.mark.parametrize("a", ["0", "1/2", "1", "-1/4"])
def test_two_programs_for_gegenbauer_weights(a):
    spectrum, exponent = pu.Spectrum("1/100", 1), fraction(a) - fmpq(1, 2)
    other = Same(spectrum, sobolev_for(Jacobi(exponent, exponent)), eta=fmpq(1, 7))
    for t in (1, 5, 20):
        assert residual_polynomial(other, t) == residual_polynomial(
            pu.Sobolev(spectrum, pu.measures.gegenbauer(a), "1/7"), t
        )


def test_reflection():
    # s → −s swaps α and β: p_n(−s) = (−1)^n × the other's, and the norms are the same
    one, two = (
        Scalars(m.program, constants_of(m.program, dict(m.values)))
        for m in (
            pu.Sobolev(pu.Spectrum(1, 5), pu.measures.jacobi("2/3", "-1/5")),
            pu.Sobolev(pu.Spectrum(1, 5), pu.measures.jacobi("-1/5", "2/3")),
        )
    )
    for _ in range(30):
        assert one["sigma"] == two["sigma"]
        if one.t:
            assert one["d1"] == -two["d1"]
            assert one["d2"] == two["d2"]
        one.advance()
        two.advance()


def test_a_jacobi_polynomial_of_sobolev_may_vanish_at_0():
    # r = (√17−3)/2 makes S_3(0) = 0 for η → ∞; here the sign changes between two ratios, and the kernel runs through
    signs = []
    for ratio in ("9/16", "4/9"):
        method = pu.Sobolev(pu.Spectrum.marchenko_pastur(ratio), pu.measures.marchenko_pastur(ratio), 10**9)
        signs.append(run(method, 3)[3][1]["A"] > 0)
    assert signs[0] != signs[1]


def test_an_irrational_ratio():
    spectrum = pu.Spectrum.marchenko_pastur("1/2")
    assert isinstance(spectrum.low, Surd)
    product = products.sobolev(products.marchenko_pastur("1/2"), "1/3")
    method = pu.Sobolev(spectrum, pu.measures.marchenko_pastur("1/2"), "1/3")
    for t in (1, 4, 9):
        P = residual_polynomial(method, t)
        P = P.a if isinstance(P, Surd) else P
        assert products.minimiser(product, t)[0] == P


def test_a_weight_on_an_irrational_spectrum():
    spectrum = pu.Spectrum.marchenko_pastur("1/2")
    P = residual_polynomial(pu.Sobolev(spectrum, pu.measures.jacobi(1, 0), 1), 4)
    approximate = products.minimiser(
        products.sobolev(products.jacobi(1, 0, *(Fraction(float(x)) for x in (spectrum.ell, spectrum.L))), 1), 4
    )[0]
    for x in ("1/2", "1", "2"):
        value = P.a(fraction(x)) + Surd(fmpq(0), fmpq(1), 2) * P.b(fraction(x))
        assert float(value) == pytest.approx(float(Fraction(str(approximate(fraction(x))))), rel=1e-12)


# -- in doubles, at degree 500 ----------------------------------------------------------------------------------------
DEGREE = 500


def long(value):
    """A ball's midpoint in extended precision."""
    high = float(value.mid())
    return np.longdouble(high) + np.longdouble(float((value - high).mid()))


def legendre_nodes(count):
    with ball_precision(200):
        pairs = [arb.legendre_p_root(count, k, weight=True) for k in range(count)]
        return np.array([long(s) for s, _ in pairs]), np.array([long(w) for _, w in pairs])


def chebyshev_nodes(count):
    """Of the second kind: √(1−s²) ds."""
    with ball_precision(200):
        angles = [arb.pi() * k / (count + 1) for k in range(1, count + 1)]
        s = np.array([long(theta.cos()) for theta in angles])
        w = np.array([long(theta.sin() ** 2) for theta in angles])
        return s, w


def first_kind_nodes(count):
    """Of the first kind: ds/√(1−s²), equal weights."""
    with ball_precision(200):
        return np.array([long((arb.pi() * (2 * k + 1) / (2 * count)).cos()) for k in range(count)])


def quadrature(kind, alpha, beta):
    """Nodes and weights that integrate polynomials of degree 2·DEGREE against the weight, mass 1."""
    if kind == "legendre":  # whole exponents
        s, w = legendre_nodes(DEGREE + 3)
        w = w * (1 - s) ** alpha * (1 + s) ** beta
    elif kind == "chebyshev":  # 1/√(1−s²) times whole powers
        s = first_kind_nodes(DEGREE + 3)
        w = (1 - s) ** (alpha + 0.5) * (1 + s) ** (beta + 0.5)
    else:  # √(1−s²)/(1+r+2√r s), analytic: geometric convergence
        s, w = chebyshev_nodes(DEGREE + 300)
        r = np.longdouble(alpha)
        w = w / (1 + r + 2 * np.sqrt(r) * s)
    return s, w / w.sum()


def evaluate(method, s, radius_of_z):
    """Ŝ_n = S_n/√k_n, their derivatives in s, and σ_n, from the registers in doubles; sums in extended precision."""
    scalars = Scalars(method.program, constants_of(method.program, dict(method.values)), DOUBLES)
    wide = {name: np.longdouble(scalars[name]) for name in ("b", "sigma")}
    names = [r.name for r in method.program.registers] + (["e"] if "ratio" in method.parameters else [])
    zero, one = np.zeros_like(s), np.ones_like(s)
    p, S = [(one, zero)], [(one, zero)]
    z = s * np.longdouble(radius_of_z)
    sigma, b, gammas = [wide["sigma"]], wide["b"], [np.longdouble(0)]
    for n in range(1, DEGREE + 1):
        scalars.advance()
        r = {name: np.longdouble(scalars[name]) for name in names}
        root = np.sqrt(r["gamma"])
        last = p[-2] if n > 1 else (zero, zero)
        back = np.sqrt(gammas[-1])
        value = ((z - b) * p[-1][0] - back * last[0]) / root
        slope = ((z - b) * p[-1][1] + radius_of_z * p[-1][0] - back * last[1]) / root
        gammas.append(r["gamma"])
        p.append((value, slope))
        new, scale = list(p[-1]), np.longdouble(1)
        for i, (c, d) in enumerate((("e", "d1"), ("f", "d2"), ("g", "d3")), 1):
            if d not in r or i > n:
                break
            scale = scale / np.sqrt(gammas[n - i + 1])
            for k in (0, 1):
                new[k] = new[k] + scale * (r[c] * p[n - i][k] - r[d] * S[n - i][k])
        S.append(tuple(new))
        sigma.append(r["sigma"])
        b = r["b"]
    return np.array([v for v, _ in S]), np.array([d for _, d in S]), np.array(sigma)


@pytest.mark.parametrize(
    ("kind", "alpha", "beta"),
    [
        ("legendre", 0, 0),
        ("legendre", 1, 0),
        ("legendre", 2, 1),
        ("chebyshev", -0.5, 0.5),
        ("chebyshev", 1.5, -0.5),
        ("marchenko-pastur", 0.25, None),
    ],
)
@pytest.mark.parametrize("product", ["sobolev", "kernel"])
def test_all_pairs_in_doubles(kind, alpha, beta, product):
    if kind == "marchenko-pastur":
        spectrum, measure, radius = pu.Spectrum.marchenko_pastur("1/4"), pu.measures.marchenko_pastur("1/4"), 1.0
    else:
        spectrum, measure, radius = pu.Spectrum("1/100", 1), Jacobi(*map(fraction, (alpha, beta))), 1.0
    s, w = quadrature(kind, alpha, beta)
    low, high = (np.longdouble(float(x)) for x in (spectrum.ell, spectrum.L))
    slope = 2 / (high - low)  # d/dλ = slope d/ds
    if product == "sobolev":
        method = Same(spectrum, sobolev_for(measure), eta=fmpq(1, 10))
        V, D, sigma = evaluate(method, s, radius)
        parts = [V * np.sqrt(w), D * slope * np.sqrt(np.longdouble(1) / 10 * w)]
    else:
        method = Same(spectrum, jacobian_kernel_for(measure), c=fmpq(1, 10))
        V, D, sigma = evaluate(method, s, radius)
        lam = (low + high) / 2 + s / slope
        parts = [(V - lam * slope * D) * np.sqrt(w), V * np.sqrt(np.longdouble(1) / 10 * w)]
    M = np.concatenate(parts, axis=1)
    norms = np.sqrt((M * M).sum(axis=1))
    assert np.max(np.abs(norms**2 / sigma - 1)) < 1e-13
    unit = (M / norms[:, None]).astype(float)
    gram = unit @ unit.T
    assert np.max(np.abs(gram - np.eye(DEGREE + 1))) <= 1e-13


def test_polynomials_of_the_check_are_those_of_the_method():
    # the evaluation above against the exact states, at small degrees
    spectrum = pu.Spectrum("1/100", 1)
    method = Same(spectrum, jacobian_kernel_for(Jacobi(fmpq(1, 3), fmpq(0))), c=fmpq(1))
    V, D, _ = evaluate(method, np.array([0.25], dtype=np.longdouble), 1.0)
    found = run(method, 6)
    x = fmpq(101, 200) + fmpq(99, 200) * fmpq(1, 4)
    for n in range(1, 7):
        y = found[n][0]["y"]
        ratio = (V[n, 0] / V[n - 1, 0]) / (D[n, 0] / D[n - 1, 0]) if n > 1 else None
        if ratio is not None:
            exact = (y(x) / found[n - 1][0]["y"](x)) / (y.derivative()(x) / found[n - 1][0]["y"].derivative()(x))
            assert float(ratio) == pytest.approx(int(exact.p) / int(exact.q), rel=1e-12)
    assert fmpq_poly([1]) == found[0][0]["y"]
