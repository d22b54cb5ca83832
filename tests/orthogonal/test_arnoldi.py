"""Arnoldi on nodes: Gram matrices, exact minimisers, and the same methods as the banded recurrences."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq
from reference import products

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.interpret.transfer import residual_polynomial
from polyunroll.orthogonal.arnoldi import Product, kernel_tails, largest_degree, orthonormal

S = pu.Spectrum("1/20", 1)
NODES = ["1/10", "1/3", "1/2", "7/10", "9/10", "1"]
WEIGHTS = [1, 2, 3, 1, 1, "1/2"]
FAMILIES = [
    pytest.param(pu.Sobolev, products.sobolev, id="sobolev"),
    pytest.param(pu.JacobianKernel, products.jacobian, id="kernel"),
]


def largest_error(P, Q):
    return max(abs(float(int((a - b).p) / int((a - b).q) / (int(a.p) / int(a.q)))) for a, b in zip(P, Q, strict=True))


@pytest.mark.parametrize(("family", "product"), FAMILIES)
@pytest.mark.parametrize("T", [1, 2, 5, 8, 11])
def test_the_minimiser_on_six_atoms(family, product, T):
    expected, _ = products.minimiser(product(products.Atoms(NODES, WEIGHTS), "1/7"), T)
    measure = pu.measures.discrete(NODES, WEIGHTS)
    assert residual_polynomial(family(S, measure, "1/7", T, "exact"), T) == expected
    for digits, tolerance in ((None, 1e-13), (30, 1e-30)):
        method = family(S, measure, "1/7", T, digits)
        found = residual_polynomial(method, T)
        assert found(fmpq(0)) == 1
        assert method.horizon == T
        assert largest_error(expected.coeffs(), found.coeffs()) < tolerance


@pytest.mark.parametrize("T", [1, 3, 5])
def test_without_a_derivative_term(T):
    expected, _ = products.minimiser(products.sobolev(products.Atoms(NODES, WEIGHTS), 0), T)
    measure = pu.measures.discrete(NODES, WEIGHTS)
    assert residual_polynomial(pu.Sobolev(S, measure, 0, T, "exact"), T) == expected
    assert largest_error(expected.coeffs(), residual_polynomial(pu.Sobolev(S, measure, 0, T), T).coeffs()) < 1e-13


@pytest.mark.parametrize("kind", ["sobolev", "jacobian"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_all_pairs_on_a_thousand_atoms_at_degree_200(kind, seed):
    generator = np.random.default_rng(seed)
    s, w = generator.uniform(-1, 1, 1000), generator.uniform(0, 1, 1000)
    product = Product(kind, s.tolist(), w.tolist(), 0.3, -1.02)
    V, H = orthonormal(product, 200)
    assert np.max(np.abs(V @ V.T - np.eye(201))) <= 1e-12
    # the recurrence: multiplication by s on the parts
    if kind == "sobolev":
        u, v = V[:, :1000], V[:, 1000:]
        moved = np.concatenate([s * u, s * v + np.sqrt(0.3) * u], axis=1)
        assert np.max(np.abs(moved[:200] - H.T @ V)) <= 1e-12


def test_all_pairs_from_the_recurrence_alone():
    # polynomials rebuilt from the Hessenberg matrix in longer arithmetic, and their products recomputed
    generator = np.random.default_rng(5)
    s, w = generator.uniform(-1, 1, 1000), generator.uniform(0, 1, 1000)
    _, H = orthonormal(Product("sobolev", s.tolist(), w.tolist(), 0.3, -1.02), 200)
    wide, weights = s.astype(np.longdouble), (w / w.sum()).astype(np.longdouble)
    p, d = [np.ones_like(wide)], [np.zeros_like(wide)]
    for n in range(200):
        h = H[: n + 2, n].astype(np.longdouble)
        p.append((wide * p[n] - sum(h[i] * p[i] for i in range(n + 1))) / h[n + 1])
        d.append((wide * d[n] + p[n] - sum(h[i] * d[i] for i in range(n + 1))) / h[n + 1])
    M = np.concatenate([np.array(p) * np.sqrt(weights), np.array(d) * np.sqrt(np.longdouble(0.3) * weights)], axis=1)
    # the atoms' gaps enlarge the roundings of the recurrence's own coefficients
    assert np.max(np.abs((M @ M.T).astype(float) - np.eye(201))) <= 1e-9


@pytest.mark.parametrize(("family", "product"), FAMILIES)
def test_doubles_and_digits_at_degree_60(family, product):
    generator = np.random.default_rng(3)
    measure = pu.measures.discrete(generator.uniform(0.06, 1, 150))
    points = [S.ell + (S.L - S.ell) * k / 20 for k in range(21)]
    a, b = (pu.jets(family(S, measure, "1/9", 60, d), 60, points, order=1, digits=40).derivative(0) for d in (None, 30))
    assert max(map(abs, a - b)) < 1e-11 * max(map(abs, b))


@pytest.mark.parametrize("eta", ["0", "1/10"])
@pytest.mark.parametrize("T", [5, 40, 120])
def test_gauss_nodes_give_the_method_of_the_weight(eta, T):
    # Gauss–Chebyshev quadrature with T + 1 nodes integrates the products of the Chebyshev weight exactly
    nodes = [pu.Spectrum("1/20", 1).center + S.radius * fmpq(*float(x).as_integer_ratio()) for x in chebyshev(2 * T)]
    atoms = pu.Sobolev(S, pu.measures.discrete(nodes), eta, T)
    weight = pu.Sobolev(S, eta=eta)
    points = [S.ell + (S.L - S.ell) * k / 20 for k in range(21)]
    a, b = (pu.jets(m, T, points, order=1, digits=40) for m in (atoms, weight))
    for k in (0, 1):
        assert max(abs(a.derivative(k) - b.derivative(k))) < 1e-11 * max(abs(b.derivative(k)))


def chebyshev(count):
    return np.cos(np.pi * (np.arange(count) + 0.5) / count)


def test_how_far_atoms_reach():
    def of(kind, parameter):
        return Product(kind, [0.0, 0.5, 1.0], [1.0, 1.0, 1.0], parameter, -2.0)

    assert [largest_degree(of(k, p)) for k, p in (("sobolev", 1.0), ("sobolev", 0.0), ("jacobian", 1.0))] == [5, 2, 5]
    with pytest.raises(InvalidInput, match=r"^a measure of 3 atoms supports degrees <= 5 here; T = 6 is too large$"):
        kernel_tails(of("sobolev", 1.0), 6)


def test_atoms_too_close_for_doubles():
    nodes = [fmpq(1, 2) + fmpq(k, 10**12) for k in range(6)]
    measure = pu.measures.discrete(nodes)
    with pytest.raises(InvalidInput, match=r"^degree \d cannot be told from lower ones on these 6 nodes in doubles"):
        pu.Sobolev(S, measure, 0, 5)
    assert residual_polynomial(pu.Sobolev(S, measure, 0, 5, 60), 5).degree() == 5


def test_far_beyond_the_range_of_doubles():
    # |P_T| is of size ξ^T = 1e-344 at degree 450 on [1, 2]; x_T is a sum of moves, and takes as many digits to look at
    spectrum, T = pu.Spectrum(1, 2), 450
    points = [spectrum.ell + (spectrum.L - spectrum.ell) * k / 8 for k in range(9)]
    atoms = pu.Sobolev(spectrum, pu.measures.density(lambda x: 1.0), 1, T)
    found, expected = (
        pu.jets(m, T, points, order=0, digits=400).derivative()
        for m in (atoms, pu.Sobolev(spectrum, pu.measures.legendre()))
    )
    assert max(abs(found - expected)) < 1e-11 * max(abs(expected))


def test_a_polynomial_that_doubles_cannot_hold():
    # between nodes that double each time P is so much larger than on them that its series loses them
    nodes = [fmpq(1, 2**k) for k in range(12)]
    spectrum, measure = pu.Spectrum("1/2048", 1), pu.measures.discrete(nodes)
    with pytest.raises(InvalidInput, match=r"^degree 20 on these 12 nodes needs more than doubles: .* give digits"):
        pu.Sobolev(spectrum, measure, "1/100", 20)
    method = pu.Sobolev(spectrum, measure, "1/100", 20, 60)
    expected = pu.Sobolev(spectrum, measure, "1/100", 20, "exact")
    a, b = (residual_polynomial(m, 20) for m in (method, expected))
    assert largest_error(b.coeffs(), a.coeffs()) < 1e-40
