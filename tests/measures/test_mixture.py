"""Mixtures: the minimisers they give, what they are made of, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq
from reference import products

import polyunroll as pu
from polyunroll import measures
from polyunroll.errors import InvalidInput
from polyunroll.interpret.transfer import residual_polynomial
from polyunroll.methods import method_from_data

S = pu.Spectrum("1/20", 1)
NODES, WEIGHTS = ["1/10", "1/3", "1"], [1, 2, 3]
ATOMS = measures.discrete(NODES, WEIGHTS)
FAMILIES = [
    pytest.param(pu.Sobolev, products.sobolev, id="sobolev"),
    pytest.param(pu.JacobianKernel, products.jacobian, id="kernel"),
]
BACKGROUNDS = [
    pytest.param(measures.chebyshev(), "-1/2", id="chebyshev"),
    pytest.param(measures.density(lambda x: 1), "0", id="density"),
]


def largest_error(P, Q):
    return max(abs(float(int((a - b).p) / int((a - b).q) / (int(a.p) / int(a.q)))) for a, b in zip(P, Q, strict=True))


# -- the methods ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("family", "product"), FAMILIES)
@pytest.mark.parametrize(("background", "exponent"), BACKGROUNDS)
@pytest.mark.parametrize(("share", "tolerance"), [("1/3", 1e-11), ("1e-6", 1e-9)])
@pytest.mark.parametrize("T", [1, 4, 11])
def test_the_minimiser_from_exact_moments(family, product, background, exponent, share, tolerance, T):
    atoms = product(products.Atoms(NODES, WEIGHTS), "1/7")
    weight = product(products.jacobi(exponent, exponent, "1/20", 1), "1/7")
    size = products.rational(share)
    expected, _ = products.minimiser(lambda p, q: (1 - size) * atoms(p, q) + size * weight(p, q), T)
    measure = measures.mixed([ATOMS, background], [1 - size, share])
    for digits, allowed in ((None, tolerance), (30, 1e-28)):
        found = residual_polynomial(family(S, measure, "1/7", T, digits), T)
        assert found(fmpq(0)) == 1
        assert largest_error(expected.coeffs(), found.coeffs()) < allowed


def test_a_background_supports_every_degree():
    with pytest.raises(InvalidInput, match=r"^a measure of 3 atoms supports degrees <= 5 here"):
        pu.JacobianKernel(S, ATOMS, T=40)
    method = pu.JacobianKernel(S, measures.mixed([ATOMS, measures.chebyshev()], [1, "1e-4"]), T=40)
    assert method.horizon == 40
    assert method_from_data(method.as_data()) == method


def test_an_atom_on_a_node_of_the_background():
    middle = measures.mixed([measures.discrete([S.center]), measures.chebyshev()], [1, "1/10"])
    beside = measures.mixed([measures.discrete([S.center + fmpq(1, 10**9)]), measures.chebyshev()], [1, "1/10"])
    a, b = (float(pu.worst_case(pu.JacobianKernel(S, m, T=6), 6)) for m in (middle, beside))
    assert a == pytest.approx(b, rel=1e-6)


def test_a_background_makes_a_run_in_doubles_possible():
    values = np.geomspace(0.01, 1, 16)
    spectrum, T = pu.Spectrum("0.0099", "1.01"), 31
    H, b = np.diag(values), np.ones(16)
    exact = -1 / values

    def error(measure):
        method = pu.JacobianKernel(spectrum, measure, T=T, digits=80)
        return np.linalg.norm(pu.run(method, H, b).x - exact) / np.linalg.norm(exact)

    alone = measures.empirical(values)
    assert error(alone) > 1e3
    assert error(measures.mixed([alone, measures.chebyshev()], [1, "1e-12"])) < 0.1


def test_averages_are_sums():
    parts = (ATOMS, measures.chebyshev(), measures.density(lambda x: x))
    shares = [fmpq(1, 2), fmpq(1, 3), fmpq(1, 6)]
    method = pu.Sobolev(S, eta="1/10")
    whole = pu.average_case(method, 9, measures.mixed(parts, shares), 1, "1/2")
    expected = sum(
        float(share) * float(pu.average_case(method, 9, part, 1, "1/2"))
        for share, part in zip(shares, parts, strict=True)
    )
    assert float(whole) == pytest.approx(expected, rel=1e-13)


# -- what they are made of --------------------------------------------------------------------------------------------
def test_atoms_are_joined_exactly():
    found = measures.mixed([ATOMS, measures.discrete(["1/3", "1/2"])], ["1/4", "3/4"])
    assert found == measures.discrete(["1/10", "1/3", "1/2", 1], ["1/24", "11/24", "3/8", "1/8"])


def test_equal_parts_are_joined_and_mixtures_opened():
    chebyshev = measures.chebyshev()
    inner = measures.mixed([ATOMS, chebyshev], [3, 1])
    assert inner.shares == (fmpq(3, 4), fmpq(1, 4))
    assert measures.mixed([chebyshev, inner], [1, 1]) == measures.mixed([ATOMS, chebyshev], [3, 5])
    assert measures.mixed([chebyshev, measures.jacobi("-1/2", "-1/2")], [1, 2]) == chebyshev
    assert measures.mixed([ATOMS], [5]) == ATOMS


def test_an_estimate_counts_as_its_atoms():
    estimate = measures.spectral_density(np.diag([0.1, 0.4, 1.0]), probes=2, steps=3)
    found = measures.mixed([estimate, measures.chebyshev()], [1, "1e-8"])
    assert found.parts == (estimate.measure, measures.chebyshev())
    assert str(found) == f"mixed:1*{estimate.measure}+1e-08*chebyshev"


def test_its_atoms():
    found = measures.mixed([ATOMS, measures.chebyshev()], [1, "1/3"])
    nodes, weights = found.atoms(S, 4, None)
    assert nodes[3:] == pytest.approx(0.525 - 0.475 * np.cos(np.pi * np.arange(1, 10, 2) / 10), rel=1e-15)
    assert weights == pytest.approx([1 / 8, 1 / 4, 3 / 8, *([1 / 20] * 5)], rel=1e-15)
    longer, exact = found.atoms(S, 4, 40)
    assert sum(exact) == 1
    assert [float(int(x.p) / int(x.q)) for x in longer] == pytest.approx(nodes, rel=1e-15)


# -- what is refused --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("parts", "shares", "message"),
    [
        ([], [], "^measures is empty; give at least one measure$"),
        ([ATOMS], [1, 2], "^there are 1 measures and 2 shares; give as many shares as measures$"),
        ([ATOMS, measures.chebyshev()], 1, "^there are 2 measures and 1 shares"),
        ([ATOMS, measures.chebyshev()], [1, 0], r"^shares\[1\] = 0 is not allowed; give a number > 0$"),
        ([ATOMS], [-1], r"^shares\[0\] = -1 is not allowed"),
        ([ATOMS], ["x"], r"^shares\[0\] = 'x' is not a number"),
        ([measures.legendre()], [1], r"^measures\[0\] = legendre cannot be part of a mixture; give chebyshev\(\), a"),
        ([ATOMS, "chebyshev"], [1, 1], r"^measures\[1\] = chebyshev cannot be part of a mixture"),
        ([np.array([0.1, 0.2]), ATOMS], [1, 1], r"^measures\[0\] = \[0\.1 0\.2\] cannot be part of a mixture"),
        (3, [1], r"^measures\[0\] = 3 cannot be part of a mixture"),
    ],
)
def test_mixtures_that_are_refused(parts, shares, message):
    with pytest.raises(InvalidInput, match=message):
        measures.mixed(parts, shares)


def test_a_mixture_has_a_horizon_and_no_exact_atoms():
    found = measures.mixed([ATOMS, measures.chebyshev()], [1, "1/3"])
    with pytest.raises(
        InvalidInput, match=r"^the measure mixed:0.75\*discrete:3 atoms\+0.25\*chebyshev has no short rec"
    ):
        pu.Sobolev(S, found)
    with pytest.raises(InvalidInput, match=r"^digits = 'exact' needs a rational spectrum, parameters and atoms"):
        pu.Sobolev(S, found, T=3, digits="exact")
    with pytest.raises(InvalidInput, match=r"^the measure has an atom at 1/10, outside the spectrum"):
        pu.Sobolev(pu.Spectrum("1/5", 1), found, T=3)
