"""Spectra: exact ends, refused input, ends of laws, and matrices whose eigenvalues are known."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import scipy.sparse as sparse
import sympy
from flint import fmpq
from reference.fields import INTERVALS
from scipy.sparse.linalg import LinearOperator, aslinearoperator

import polyunroll as pu
from polyunroll.arithmetic.surd import Surd
from polyunroll.eigenvalues import DIRECT_UP_TO, extremes, lanczos_extremes
from polyunroll.errors import InvalidInput, OutsideField, PolyunrollError

# -- ends -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ell", ["1/100", " 1 / 100 ", "0.01", ".01", "1e-2", Fraction(1, 100), 0.01, np.float64(0.01), fmpq(1, 100)]
)
def test_one_number_in_many_forms(ell):
    S = pu.Spectrum(ell, 1)
    assert (S.ell, S.L) == (Fraction(1, 100), 1)
    assert pu.Spectrum("1/100", "1") == S
    assert hash(pu.Spectrum("1/100", "1")) == hash(S)


def test_a_float_means_its_shortest_decimal():
    assert pu.Spectrum(0.1, 0.3).parameters == (("ell", fmpq(1, 10)), ("L", fmpq(3, 10)))


def test_names_of_the_house():
    S = pu.Spectrum("1/100", "5/2")
    assert (S.kappa, S.condition_number) == (Fraction(1, 250), 250)
    assert (S.center, S.radius) == (fmpq(251, 200), fmpq(249, 200))
    assert str(S) == "[1/100, 5/2]"
    assert eval(repr(S), {"Spectrum": pu.Spectrum}) == S  # noqa: S307
    assert S._repr_latex_() == r"$[\frac{1}{100}, \frac{5}{2}]$"
    assert S.note == ""
    assert not S.is_symbolic


@pytest.mark.parametrize(
    "value", [True, None, "x", "", "1/0", "1/2/3", "1 2", "0x10", "nan", "inf", 1j, [1], {}, Decimal]
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InvalidInput, match=r"^ell = .*give a whole number, a fraction such as '1/100'"):
        pu.Spectrum(value, 1)
    with pytest.raises(InvalidInput, match=r"^L = "):
        pu.Spectrum(1, value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), np.nan])
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(InvalidInput, match="is not finite"):
        pu.Spectrum(value, 1)


@pytest.mark.parametrize(
    ("ell", "L", "sentence"),
    [
        (0, 1, "ell = 0 is not allowed; the smallest eigenvalue must be > 0"),
        ("-1/2", 1, "ell = -1/2 is not allowed; the smallest eigenvalue must be > 0"),
        (2, 1, "ell = 2 is larger than L = 1; give 0 < ell <= L"),
        (1, -1, "ell = 1 is larger than L = -1; give 0 < ell <= L"),
        (Surd(fmpq(1), fmpq(-1), 2), 1, "the smallest eigenvalue must be > 0"),
        (Surd(fmpq(0), fmpq(1), 2), "1.4142135623730950", "is larger than L"),
    ],
)
def test_ends_out_of_order(ell, L, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.Spectrum(ell, L)
    assert sentence in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, PolyunrollError)


def test_exact_order_where_doubles_see_none():
    assert pu.Spectrum(Surd(fmpq(0), fmpq(1), 2), "1.41421356237309505").kappa < 1
    assert pu.Spectrum("1e-400", "1e400").condition_number == 10**800


def test_one_point():
    S = pu.Spectrum("2/3", "2/3")
    assert (S.radius, S.kappa, S.condition_number) == (0, 1, 1)
    assert S.points(4)[0] == S.points(4)[-1] == fmpq(2, 3)
    assert all(abs(point - fmpq(2, 3)) < fmpq(1, 10**15) for point in S.points(4))


def test_ends_in_one_quadratic_field():
    S = pu.Spectrum(3 - 2 * sympy.sqrt(2), 3 + 2 * sympy.sqrt(2))
    assert S.parameters == INTERVALS[4].spectrum.parameters
    assert (S.center, S.radius) == (3, Surd(fmpq(0), fmpq(2), 2))
    assert S.kappa == Surd(fmpq(17), fmpq(-12), 2)
    with pytest.raises(OutsideField, match="different fields"):
        pu.Spectrum(sympy.sqrt(2), sympy.sqrt(3))
    with pytest.raises(OutsideField):
        pu.Spectrum(1, sympy.pi)


def test_symbols_are_taken_on_trust():
    ell, L = sympy.symbols("ell L", positive=True)
    S = pu.Spectrum(ell, L)
    assert S.is_symbolic
    assert sympy.cancel(S.kappa - ell / L) == 0
    assert (S.ell, S.L) == (ell, L)


def test_contains_decides_exactly():
    S = INTERVALS[4].spectrum
    assert S.contains(S.low)
    assert S.contains(S.high)
    assert S.contains(fmpq(1))
    assert not S.contains(S.low - fmpq(1, 10**40))
    assert not S.contains(S.high + fmpq(1, 10**40))


# -- sample points --------------------------------------------------------------------------------------
@pytest.mark.parametrize("interval", INTERVALS, ids=lambda i: i.name)
@pytest.mark.parametrize("count", [2, 3, 10, 101])
def test_sample_points_are_chebyshevs(interval, count):
    S = interval.spectrum
    points = S.points(count)
    assert len(points) == count
    assert (points[0], points[-1]) == (S.low, S.high)
    assert all(S.contains(point) for point in points)
    assert all(a < b for a, b in pairwise(points))
    middle, radius = (float(interval.ell) + float(interval.L)) / 2, (float(interval.L) - float(interval.ell)) / 2
    expected = middle - radius * np.cos(np.linspace(0, np.pi, count))
    np.testing.assert_allclose([float(p) if hasattr(p, "d") else int(p.p) / int(p.q) for p in points], expected, 1e-12)


@pytest.mark.parametrize("count", [1, 0, -3, 2.0, True])
def test_too_few_points(count):
    with pytest.raises(InvalidInput, match="whole number ≥ 2"):
        pu.Spectrum(1, 2).points(count)


# -- Marchenko–Pastur -----------------------------------------------------------------------------------
def test_marchenko_pastur_ends():
    S = pu.Spectrum.marchenko_pastur("1/4")
    assert (S.ell, S.L, S.note) == (Fraction(1, 4), Fraction(9, 4), "Marchenko–Pastur")
    S = pu.Spectrum.marchenko_pastur("1/2")
    assert (S.low, S.high) == (Surd(fmpq(3, 2), fmpq(-1), 2), Surd(fmpq(3, 2), fmpq(1), 2))
    S = pu.Spectrum.marchenko_pastur("1/2", scale=3, ridge="1/10")
    assert S.low == Surd(fmpq(46, 10), fmpq(-3), 2)


def test_marchenko_pastur_with_more_features_than_samples():
    # the atom at 0 comes to lie at the ridge, below the bulk (1−2)² + 1/10
    S = pu.Spectrum.marchenko_pastur(4, ridge="1/10")
    assert (S.ell, S.L) == (Fraction(1, 10), Fraction(91, 10))
    S = pu.Spectrum.marchenko_pastur(1, ridge=2)
    assert (S.ell, S.L) == (2, 6)


def test_marchenko_pastur_holds_a_large_samples_eigenvalues():
    rng = np.random.default_rng(1)
    A = rng.standard_normal((2000, 500))
    values = np.linalg.eigvalsh(A.T @ A / 2000)
    S = pu.Spectrum.marchenko_pastur("1/4")
    assert abs(values[0] - float(S.ell)) < 0.03
    assert abs(values[-1] - float(S.L)) < 0.08


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"ratio": 0}, "ratio = 0 is not allowed"),
        ({"ratio": -1}, "ratio = -1 is not allowed"),
        ({"ratio": "1/2", "scale": 0}, "scale = 0 is not allowed"),
        ({"ratio": "1/2", "ridge": -1}, "ridge = -1 is not allowed"),
        ({"ratio": 1}, "ridge = 0 is not allowed"),
        ({"ratio": 2}, "ridge = 0 is not allowed; it must be ≥ 0, and > 0 where ratio ≥ 1"),
        ({"ratio": "a"}, "ratio = 'a' is not a number"),
    ],
)
def test_marchenko_pastur_refuses(arguments, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.Spectrum.marchenko_pastur(**arguments)
    assert sentence in str(caught.value)


# -- of a matrix ----------------------------------------------------------------------------------------
def rotated(values, seed=0):
    """A dense symmetric matrix with these eigenvalues."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values), len(values))))
    H = (q * np.asarray(values, dtype=float)) @ q.T
    return (H + H.T) / 2


def laplacian(n, shift):
    """tridiag(−1, 2 + shift, −1), eigenvalues 2 + shift − 2cos(kπ/(n+1))."""
    return sparse.diags_array([[-1.0] * (n - 1), [2.0 + shift] * n, [-1.0] * (n - 1)], offsets=[-1, 0, 1], format="csr")


@pytest.mark.parametrize("values", [[3], [1, 2], [1e-6, 1, 1e3], list(range(1, 31))])
def test_of_a_dense_matrix(values):
    S = pu.Spectrum.of(rotated(values))
    assert S.note.startswith("direct")
    assert S.ell <= min(values)
    assert max(values) <= S.L
    # and not uselessly wide: a backward error bound of n units in the last place of the largest
    slack = 100 * len(values) * 2.3e-16 * max(values)
    assert min(values) - S.ell < slack
    assert S.L - max(values) < slack


def test_the_ends_are_proved_for_an_exactly_known_matrix():
    # [[2, 1], [1, 2]] has the eigenvalues 1 and 3; [[2, 1], [1, 1]] (3 ± √5)/2
    S = pu.Spectrum.of([[2, 1], [1, 2]])
    assert S.ell <= 1
    assert S.L >= 3
    S, root = pu.Spectrum.of([[2, 1], [1, 1]]), Surd(fmpq(0), fmpq(1), 5)
    assert S.contains((3 - root) / 2)
    assert S.contains((3 + root) / 2)


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.coo_matrix, sparse.csc_array, np.asarray, list])
def test_one_matrix_in_many_forms(make):
    H = np.array([[2.0, 1.0], [1.0, 2.0]])
    assert pu.Spectrum.of(make(H)) == pu.Spectrum.of(H)


def test_a_large_dominant_matrix_by_its_discs():
    n = DIRECT_UP_TO + 500
    S = pu.Spectrum.of(laplacian(n, 1 / 2))
    assert S.note.startswith("Gershgorin")
    assert 0.499 < S.ell <= 0.5
    assert 4.5 <= S.L < 4.501


def test_a_large_matrix_that_is_not_dominant():
    n = DIRECT_UP_TO + 200
    d = np.linspace(1, 4, n)
    H = sparse.diags_array(d) + sparse.csr_array(([1.5, 1.5], ([0, 1], [1, 0])), shape=(n, n)) * 0.9
    # the corner [[1, 1.35], [1.35, 1.0025]] makes one eigenvalue negative: no interval is to be had
    with pytest.raises(InvalidInput, match="not distinguishable from 0 or less"):
        pu.Spectrum.of(H)
    q = sparse.diags_array([[0.9] * (n - 1), d + 1.0, [0.9] * (n - 1)], offsets=[-1, 0, 1], format="csr")
    q[0, 1] = q[1, 0] = 1.4
    values = np.linalg.eigvalsh(q.toarray())
    S = pu.Spectrum.of(q)
    assert values[-1] <= S.L
    assert "upper end by Gershgorin" in S.note
    assert "not a proof" in S.note


@pytest.mark.parametrize("low", [1.0, 0.5])
def test_an_operator_is_only_checked(low):
    values = np.linspace(low, 3, 60)
    H = aslinearoperator(rotated(values))
    S = pu.Spectrum.of(H, checks=60)
    assert S.note.startswith("Lanczos check")
    assert "not a proof" in S.note
    # 60 steps find both ends, which are then moved out by 5 %
    assert float(S.ell) == pytest.approx(0.95 * low, rel=1e-6)
    assert float(S.L) == pytest.approx(1.05 * 3, rel=1e-6)


def test_few_lanczos_steps_reach_less_far():
    values = np.linspace(0.5, 3, 200)
    few, many = (lanczos_extremes(np.diag(values), steps, 3) for steps in (5, 60))
    assert values[0] - 1e-12 <= many[0] < few[0]
    assert few[1] < many[1] <= values[-1] + 1e-12
    assert (
        pu.Spectrum.of(aslinearoperator(np.diag(values)), checks=5).ell
        > pu.Spectrum.of(aslinearoperator(np.diag(values)), checks=60).ell
    )


def test_the_check_is_the_same_each_time():
    H = aslinearoperator(rotated(np.linspace(1, 3, 50)))
    assert pu.Spectrum.of(H, checks=6) == pu.Spectrum.of(H, checks=6)
    assert pu.Spectrum.of(H, checks=6) != pu.Spectrum.of(H, checks=6, seed=5)


def test_lanczos_stops_where_the_space_is_exhausted():
    assert lanczos_extremes(np.eye(7), 40, 0) == pytest.approx((1, 1))
    assert lanczos_extremes(np.diag([1.0, 1, 1, 5, 5, 5]), 40, 0) == pytest.approx((1, 5))


@pytest.mark.parametrize(
    ("H", "sentence"),
    [
        (np.zeros((0, 0)), r"H has shape (0, 0); it must be square, with at least one row"),
        (np.ones((2, 3)), r"H has shape (2, 3); it must be square"),
        (np.ones((2, 2, 2)), r"H has shape (2, 2, 2); it must be square"),
        ([1, 2], r"H has shape (2,); it must be square"),
        (3, r"H has shape (); it must be square"),
        ([[np.nan]], "H has entries that are not finite"),
        ([[np.inf, 0], [0, 1]], "H has entries that are not finite"),
        ([[1, 2], [0, 1]], "H is not symmetric: H and its transpose differ by 2"),
        (sparse.csr_array([[1.0, 2.0], [0.0, 1.0]]), "H is not symmetric: H and its transpose differ by 2"),
        (aslinearoperator(np.array([[1.0, 2.0], [0.0, 1.0]])), "H is not symmetric: by a randomised check"),
        ([[1, 2], [2, 1]], "H has an eigenvalue near -1, not distinguishable from 0 or less"),
        ([[1, 1], [1, 1]], "its eigenvalues must be > 0 (add a ridge)"),
        (np.zeros((3, 3)), "H has an eigenvalue near 0"),
        (aslinearoperator(np.zeros((3, 3))), "H has an eigenvalue near 0"),
        (np.array([[2, 1j], [-1j, 2]]), "H has complex entries; they must be real"),
        (sparse.csr_array([[2, 1j], [-1j, 2]]), "H has complex entries; they must be real"),
        (aslinearoperator(np.array([[2, 1j], [-1j, 2]])), "H has complex entries; they must be real"),
        ([["a"]], "H is not a matrix of numbers"),
        ([[1, 2], [3]], "H is not a matrix of numbers"),
        ("x", "H is not a matrix of numbers"),
    ],
)
def test_matrices_that_are_refused(H, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.Spectrum.of(H)
    assert sentence in str(caught.value)


def test_an_operator_that_gives_no_numbers():
    H = LinearOperator((2, 2), matvec=lambda v: v * np.nan, dtype=float)
    with pytest.raises(InvalidInput, match="not finite"):
        pu.Spectrum.of(H)


def test_of_rounding_asymmetry():
    # whichever triangle is read, and for the symmetric part too, the interval holds the eigenvalues
    H = np.array([[2, 1 + 1e-11], [1, 2]])
    S = pu.Spectrum.of(H)
    assert S.note.startswith("direct")
    for corner in (H[0, 1], H[1, 0], (H[0, 1] + H[1, 0]) / 2):
        assert S.ell <= 2 - Fraction(corner)
        assert 2 + Fraction(corner) <= S.L


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_single_precision(make):
    # in single precision itself the eigenvalues would be off by 1e-7, far more than the interval is widened by
    single = rotated(np.linspace(1, 3, 40)).astype(np.float32)
    values = np.linalg.eigvalsh(single.astype(float))
    S = pu.Spectrum.of(make(single))
    assert 0 < values[0] - float(S.ell) < 1e-12
    assert 0 < float(S.L) - values[-1] < 1e-12
    single[0, 1] += np.float32(2e-7)
    assert pu.Spectrum.of(make(single)).note.startswith("direct")


def test_extremes_of_single_precision():
    single = rotated(np.linspace(1, 3, 40)).astype(np.float32)
    expected = np.linalg.eigvalsh(single.astype(float))
    for H in (single, sparse.csr_array(single)):
        low, high, slack, direct = extremes(H)
        assert direct
        assert slack < 1e-5  # what single precision made unsymmetric
        assert (low, high) == pytest.approx((expected[0], expected[-1]), rel=1e-13)


def test_positive_but_not_for_certain():
    # 1e-17 is an eigenvalue, but rounding in the largest one hides it
    with pytest.raises(InvalidInput, match="H has an eigenvalue near 1e-17, not distinguishable from 0 or less"):
        pu.Spectrum.of(np.diag([1, 1e-17]))
    assert 0 < pu.Spectrum.of(np.diag([1, 1e-13])).ell <= Fraction(1e-13)


def test_discs_in_single_precision():
    # rows of the float32 number nearest to 1/10: their sums in single precision are off by 1e-8 or so
    n, entry = DIRECT_UP_TO + 24, float(np.float32(0.1))
    dense = np.zeros((n, n), dtype=np.float32)
    dense[:24, :24] = np.float32(0.1)
    dense[np.arange(n), np.arange(n)] = 3
    S = pu.Spectrum.of(sparse.csr_array(dense))
    assert S.note.startswith("Gershgorin")
    assert 3 - 23 * Fraction(entry) - Fraction(1, 10**9) < S.ell <= 3 - 23 * Fraction(entry)
    assert 3 + 23 * Fraction(entry) <= S.L


def test_the_golden_interval():
    S, root = INTERVALS[-1].spectrum, sympy.sqrt(5)
    assert S.parameters == pu.Spectrum(1, 9 + 4 * root).parameters
    assert abs(mpmath.mpf(float(S.condition_number)) - 17.944) < 1e-3
