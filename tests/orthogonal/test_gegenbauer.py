"""The Sobolev recurrences against exact Gram matrices of all pairs of degrees, not neighbours only."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import mpmath
import pytest
from flint import fmpq, fmpq_mat, fmpq_poly
from reference.fields import INTERVALS, Interval, Number, element, poly, poly_of
from reference.moments import gram, interval_moments, minimiser, weight_moments

import polyunroll as pu
from polyunroll.arithmetic.surd import Surd
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.interpret.transfer import residual_polynomial

TABLES = Path(__file__).parent.parent / "reference"

WEIGHTS = ["0", "1/2", "1", "3/2", "-1/4"]
ETAS = ["0", "1/50", "1", "37"]
TOP = 12

UNSCALED = Interval("1/4..9/4", Number.of("1/4"), Number.of("9/4"), Number.of("3/4"))
"""λ = 5/4 + s: the derivative in λ is that in s, and η_s = η."""

GOLDEN = INTERVALS[-1]
"""[1, 9+4√5], where S_3(0) = 0 for the Chebyshev weight and η_s = 1, that is η = (L−ℓ)²/4 = 36 + 16√5."""
GOLDEN_ETA = Surd(fmpq(36), fmpq(16), 5)

every_weight = pytest.mark.parametrize("a", WEIGHTS)
every_eta = pytest.mark.parametrize("eta", ETAS)


def sobolev(interval, a, eta):
    return pu.Sobolev(interval.spectrum, pu.measures.gegenbauer(a), eta)


def run(method, top):
    """The machine's states and registers after 0, 1, …, top steps."""
    machine = Machine(method, PolynomialModule())
    found = []
    for n in range(top + 1):
        if n:
            machine.step()
        names = [register.name for register in method.program.registers]
        found.append((dict(machine.states), {name: machine.scalars[name] for name in names}))
    return found


def rational(value):
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)


def matrix(polynomials):
    """Row n: the coefficients of polynomial n."""
    size = len(polynomials)
    rows = [p.coeffs() + [fmpq(0)] * size for p in polynomials]
    return fmpq_mat([row[:size] for row in rows])


def products(polynomials, interval, a, eta):
    """All ⟨p_i, p_j⟩, from the moments of the weight."""
    size = len(polynomials)
    G = gram(Fraction(a), interval, Fraction(eta), size - 1).to_list()
    G = fmpq_mat([[fmpq(int(v.numerator), int(v.denominator)) for v in row] for row in G])
    V = matrix(polynomials)
    return (V * G * V.transpose()).tolist()


def assert_diagonal(table):
    for i, row in enumerate(table):
        for j, value in enumerate(row):
            assert (value != 0) == (i == j), (i, j, value)
        assert row[i] > 0


@pytest.mark.parametrize("a", WEIGHTS)
def test_the_moments_are_those_of_the_weight(a):
    # A third opinion: the integrals themselves, by the beta function in high precision.
    with mpmath.workdps(40):
        mass = mpmath.beta(mpmath.mpf(1) / 2, mpmath.mpf(Fraction(a).numerator) / Fraction(a).denominator + 0.5)
        b = mpmath.mpf(Fraction(a).numerator) / Fraction(a).denominator + mpmath.mpf(1) / 2
        for k, moment in enumerate(weight_moments(Fraction(a), 12)):
            integral = 0 if k % 2 else mpmath.beta(mpmath.mpf(k + 1) / 2, b) / mass
            assert abs(mpmath.mpf(moment.numerator) / moment.denominator - integral) < 1e-38


@every_weight
@every_eta
@pytest.mark.parametrize("interval", [INTERVALS[0], UNSCALED], ids=lambda i: i.name)
def test_all_pairs_are_orthogonal(interval, a, eta):
    found = run(sobolev(interval, a, eta), TOP)
    S = [states["y"] for states, _ in found]
    assert [p.degree() for p in S] == list(range(TOP + 1))
    assert_diagonal(products(S, interval, a, eta))


@every_weight
def test_the_plain_orthogonal_polynomials(a):
    # q = Q_n/Q_n(0), and its norms give γ_n, for any η.
    interval = INTERVALS[0]
    found = run(sobolev(interval, a, "1/3"), TOP)
    Q = [states["q"] for states, _ in found]
    table = products(Q, interval, a, 0)
    assert_diagonal(table)
    assert all(q[0] == 1 for q in Q)
    for n in range(1, TOP + 1):
        registers = found[n][1]
        assert table[n][n] / table[n - 1][n - 1] == registers["gamma"] * registers["varpi"] ** 2


@every_weight
@every_eta
def test_registers_are_norms_and_values(a, eta):
    interval = INTERVALS[0]
    found = run(sobolev(interval, a, eta), TOP)
    S, Q = ([states[name] for states, _ in found] for name in ("y", "q"))
    with_derivatives, without = products(S, interval, a, eta), products(Q, interval, a, 0)
    kernel = fmpq(0)
    for n, (states, registers) in enumerate(found):
        assert registers["A"] == states["y"][0]
        assert registers["sigma"] == with_derivatives[n][n] / without[n][n]
        kernel += states["y"][0] ** 2 / with_derivatives[n][n]
        assert registers["kernel"] == kernel * without[n][n]
        if n >= 3:
            # Q_n + c_nQ_{n−2} = S_n + d_nS_{n−2}, both sides divided by Q_n(0) = Q_{n−2}(0)/(ϖ_nϖ_{n−1})
            ratio = registers["varpi"] * found[n - 1][1]["varpi"]
            left = Q[n] + ratio * registers["c"] * Q[n - 2]
            assert left == S[n] + ratio * registers["d"] * S[n - 2]


@pytest.mark.parametrize("row", json.loads((TABLES / "sobolev_coefficients.json").read_text())["d"], ids=str)
def test_small_exact_values(row):
    expected = [rational(value) for value in row["d"]]
    found = run(sobolev(UNSCALED, row["a"], row["eta_s"]), 2 + len(expected))
    assert [registers["d"] for _, registers in found[3:]] == expected
    assert [registers["d"] for _, registers in found[:3]][1:] == [0, 0]


@pytest.mark.parametrize("row", json.loads((TABLES / "sobolev_coefficients.json").read_text())["d"], ids=str)
def test_small_exact_values_by_gram_schmidt(row):
    size = 3 + len(row["d"])
    plain, full = (monic(row["a"], eta, size) for eta in (0, row["eta_s"]))
    G = gram(Fraction(row["a"]), UNSCALED, Fraction(row["eta_s"]), size - 1)
    weight = gram(Fraction(row["a"]), UNSCALED, Fraction(0), size - 1)
    for n, expected in enumerate(row["d"], 3):
        antiderivative = (n * plain[n - 1]).integral()
        F = antiderivative - inner(antiderivative, plain[0], weight)
        assert inner(F, full[n - 2], G) / inner(full[n - 2], full[n - 2], G) == rational(expected)


def inner(p, q, G):
    rows = G.to_list()
    total = sum(
        (
            element(c, G.domain) * element(d, G.domain) * rows[i][j]
            for i, c in enumerate(p.coeffs())
            for j, d in enumerate(q.coeffs())
        ),
        G.domain.zero,
    )
    return fmpq(int(total.numerator), int(total.denominator))


def monic(a, eta, size):
    """Gram–Schmidt on 1, λ, λ², …"""
    G = gram(Fraction(a), UNSCALED, Fraction(eta), size - 1)
    found = []
    for n in range(size):
        p = fmpq_poly([0] * n + [1])
        for q in found:
            p -= inner(p, q, G) / inner(q, q, G) * q
        found.append(p)
    return found


@pytest.mark.parametrize("name", ["T", "U", "P"])
def test_classical_tables(name):
    row = json.loads((TABLES / "classical_polynomials.json").read_text())[name]
    found = run(sobolev(UNSCALED, row["a"], 1), 6)
    for n, (states, _) in enumerate(found):
        listed = [rational(value) for value in row["coefficients"][n]]
        of_s = fmpq_poly([listed[(n - k) // 2] if (n - k) % 2 == 0 else 0 for k in range(n + 1)])
        of_lambda = of_s(fmpq_poly([fmpq(-5, 4), 1]))
        assert states["q"] == of_lambda / of_lambda[0]


# -- the minimisers -----------------------------------------------------------------------------------
@every_weight
@every_eta
@pytest.mark.parametrize("interval", [INTERVALS[0], UNSCALED], ids=lambda i: i.name)
def test_the_residual_minimises_the_norm(interval, a, eta):
    method = sobolev(interval, a, eta)
    G = gram(Fraction(a), interval, Fraction(eta), 8)
    found = run(method, 8)
    growth = fmpq(1)  # Q_n(0)²/k_n
    for t in range(9):
        coefficients, least = minimiser(G, t)
        P = residual_polynomial(method, t)
        assert poly_of(P, interval.K) == poly(coefficients, interval.K)
        assert products_value(P, interval, a, eta) == least
        registers = found[t][1]
        if t:
            growth /= registers["gamma"] * registers["varpi"] ** 2
        assert 1 / (registers["kernel"] * growth) == fmpq(int(least.numerator), int(least.denominator))


def products_value(P, interval, a, eta):
    G = gram(Fraction(a), interval, Fraction(eta), 8).to_list()
    p = [element(c, interval.K) for c in P.coeffs()]
    return sum((c * d * G[i][j] for i, c in enumerate(p) for j, d in enumerate(p)), interval.K.zero)


@every_weight
def test_no_other_polynomial_does_better(a):
    # The defining inequality itself: adding λ^k to P_t raises the norm by exactly ⟨λ^k, λ^k⟩.
    interval, eta, t = INTERVALS[0], "1", 6
    P = residual_polynomial(sobolev(interval, a, eta), t)
    G = gram(Fraction(a), interval, Fraction(eta), 8).to_list()
    for k in range(1, t + 1):
        other = P + fmpq_poly([0] * k + [1])
        assert products_value(other, interval, a, eta) == products_value(P, interval, a, eta) + G[k][k]


def test_eta_0_is_the_kernel_polynomial_of_the_weight():
    # ∫ P_t·λ^k dμ = 0 for 1 ≤ k ≤ t.
    interval = INTERVALS[0]
    moments = interval_moments(Fraction(1, 2), interval, 14)
    P = residual_polynomial(sobolev(interval, "1/2", 0), 6)
    p = [element(c, interval.K) for c in P.coeffs()]
    products_ = [sum((c * moments[i + k] for i, c in enumerate(p)), interval.K.zero) for k in range(1, 8)]
    assert products_[:6] == [0] * 6
    assert products_[6] != 0


@pytest.mark.parametrize("interval", [INTERVALS[4], GOLDEN], ids=lambda i: i.name)
@pytest.mark.parametrize("a", ["0", "1/2", "-1/4"])
def test_minimisers_on_irrational_spectra(interval, a):
    method = sobolev(interval, a, "2/5")
    G = gram(Fraction(a), interval, Fraction("2/5"), 6)
    for t in (0, 1, 3, 6):
        assert poly_of(residual_polynomial(method, t), interval.K) == poly(minimiser(G, t)[0], interval.K)


# -- where S_3(0) = 0 ---------------------------------------------------------------------------------
def test_the_kernel_runs_through_a_sobolev_polynomial_that_vanishes_at_0():
    method = sobolev(GOLDEN, "0", GOLDEN_ETA)
    found = run(method, 7)
    assert [registers["A"] == 0 for _, registers in found] == [False] * 3 + [True] + [False] * 4
    assert found[3][0]["y"].a[0] == found[3][0]["y"].b[0] == 0
    assert poly_of(found[3][0]["y"], GOLDEN.K).degree() == 3
    G = gram(Fraction(0), GOLDEN, GOLDEN_ETA, 7)
    for t in range(8):
        coefficients, least = minimiser(G, t)
        P = poly(coefficients, GOLDEN.K)
        assert poly_of(residual_polynomial(method, t), GOLDEN.K) == P
        assert poly_of(found[t][0]["x"], GOLDEN.K) == P
        if t == 3:  # S_3 adds nothing to the kernel at 0
            assert P.degree() == 2
            assert least == minimiser(G, 2)[1]


def test_nearby_it_does_not_vanish():
    eta = Surd(fmpq(36), fmpq(16), 5) + fmpq(1, 1000)
    assert run(sobolev(GOLDEN, "0", eta), 3)[3][1]["A"] != 0


@pytest.mark.parametrize("a", ["1/2", "1", "3/2"])
def test_from_one_half_on_no_sobolev_polynomial_vanishes_at_0(a):
    # −d_n ≥ 0 and F_n(1) ≥ 0 iff a ≥ 1/2, so then A_n > 0; here for n ≤ 40 on three spectra.
    for ell in ("1/1000", "1/18", "9/10"):
        for _, registers in run(pu.Sobolev(pu.Spectrum(ell, 1), pu.measures.gegenbauer(a), 1), 40):
            assert registers["A"] > 0
