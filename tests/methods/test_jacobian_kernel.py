"""Jacobian kernels: least in the mean square of E_t, by routes that know no recurrence."""

from __future__ import annotations

import pytest
from reference import products

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.interpret.transfer import residual_polynomial

S = pu.Spectrum("1/100", 1)


@pytest.mark.parametrize("c", ["1/10", "1", "10"])
def test_the_default_is_the_chebyshev_weight(c):
    product = products.jacobian(products.jacobi("-1/2", "-1/2", "1/100", 1), c)
    for t in (1, 2, 5, 9):
        assert residual_polynomial(pu.JacobianKernel(S, c=c), t) == products.minimiser(product, t)[0]


def test_as_c_grows_it_is_the_kernel_polynomial_of_the_weight():
    points = [0.01, 0.5, 1.0]
    far, near = (pu.jets(pu.JacobianKernel(S, c=c), 8, points, order=0).derivative() for c in (10**15, 10**16))
    limit = pu.jets(pu.Sobolev(S, eta=0), 8, points, order=0).derivative()
    assert far == pytest.approx(limit, rel=1e-9)
    assert near == pytest.approx(limit, rel=1e-9)


@pytest.mark.parametrize(("ell", "steps"), [("1/100", 57), ("1/1000", 181)])
def test_steps_to_a_thousandth(ell, steps):
    # measured before there was a recurrence; the limit for any method is 54, and about 169
    method = pu.JacobianKernel(pu.Spectrum(ell, 1))
    assert pu.worst_case(method, steps).upper <= 1e-3 < pu.worst_case(method, steps - 1).lower


def test_it_has_no_burn_in_here():
    assert pu.burn_in(pu.JacobianKernel(S)).length == 0
    assert pu.burn_in(pu.Sobolev(S)).length > 0
    assert pu.burn_in(pu.Chebyshev(S)).length > 0


@pytest.mark.parametrize("t", [100, 1000])
def test_far_out_nothing_over_or_underflows(t):
    for spectrum in (pu.Spectrum("1/1000000", 1), pu.Spectrum("999/1000", 1), S):
        found = pu.jets(pu.JacobianKernel(spectrum), t, [float(spectrum.ell), float(spectrum.L)])
        exact = pu.jets(pu.JacobianKernel(spectrum), t, [spectrum.ell, spectrum.L], digits=40)
        for k in (0, 1):
            assert found.log10_abs(k) == pytest.approx(exact.log10_abs(k), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("c", [0, "0"])
def test_c_must_be_positive(c):
    with pytest.raises(InvalidInput, match=r"^c = 0 is not allowed; without its second term"):
        pu.JacobianKernel(S, c=c)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"c": -1}, "^c = -1 is not allowed; give a number >= 0"),
        ({"measure": "chebyshev"}, "^measure = 'chebyshev' is not a measure"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        pu.JacobianKernel(S, **arguments)


def test_one_point():
    with pytest.raises(InvalidInput, match="is one point; a Jacobian kernel needs ell < L"):
        pu.JacobianKernel(pu.Spectrum(2, 2))
