"""Atoms, files of eigenvalues, densities and estimates: what they hold, and what is refused."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from flint import fmpq

import polyunroll as pu
from polyunroll import measures
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.methods import method_from_data

S = pu.Spectrum("1/100", 1)


# -- atoms ------------------------------------------------------------------------------------------------------------
def test_atoms_are_sorted_joined_and_normalised():
    found = measures.discrete([2, "1/2", 2, 3], [1, 2, 3, 0])
    assert found.nodes == (fmpq(1, 2), fmpq(2))
    assert found.weights == (fmpq(1, 3), fmpq(2, 3))
    assert found == measures.discrete(["1/2", "2"], [1, 2])
    assert str(found) == "discrete:2 atoms"
    assert (found.spectrum.ell, found.spectrum.L) == (Fraction(1, 2), 2)


def test_doubles_are_their_shortest_decimals():
    assert measures.discrete(np.array([0.1, 0.25])).nodes == (fmpq(1, 10), fmpq(1, 4))
    assert measures.empirical([0.1, 0.1]).weights == (fmpq(1),)


@pytest.mark.parametrize(
    ("nodes", "weights", "message"),
    [
        ([], None, "^nodes is empty"),
        ([1, 0], None, r"^nodes\[1\] = 0 is not allowed; eigenvalues must be > 0$"),
        ([1, -2.5], None, r"^nodes\[1\] = -5/2 is not allowed"),
        ([1, 2], [1, -1], r"^weights\[1\] = -1 is negative; weights must be >= 0$"),
        ([1, 2], [0, 0], "^all weights are 0"),
        ([1, 2], [1], "^there are 2 nodes and 1 weights"),
        ([1, float("nan")], None, r"^nodes\[1\] = nan is not finite"),
        ([1, "x"], None, r"^nodes\[1\] = 'x' is not a number"),
        ("12", None, "^nodes is a str; give a list of numbers"),
        (3, None, "^nodes is a int; give a list of numbers"),
        (np.eye(2), None, r"^nodes has shape \(2, 2\)"),
    ],
)
def test_atoms_that_are_refused(nodes, weights, message):
    with pytest.raises(InvalidInput, match=message):
        measures.discrete(nodes, weights)


def test_atoms_outside_the_spectrum():
    with pytest.raises(InvalidInput, match=r"^the measure has an atom at 2, outside the spectrum \[1/100, 1\]"):
        pu.Sobolev(S, measures.discrete(["1/2", 2]), 1, 2)


# -- files ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "0.1\n0.25\n3\n",
        "0.1,0.25,3",
        "eigenvalue\n0.1\n0.25\n3",
        "# of my matrix\n 0.1 ; 0.25\n\n3\n",
        "\ufeff0.1 25e-2\n3",
    ],
)
def test_text_files(tmp_path, text):
    path = tmp_path / "eigenvalues.csv"
    path.write_text(text, encoding="utf-8")
    assert measures.empirical(path).nodes == (fmpq(1, 10), fmpq(1, 4), fmpq(3))
    assert measures.parse_measure(f"eigenvalues:{path}") == measures.empirical(str(path))
    both = measures.mixed([measures.empirical(path), measures.chebyshev()], [1, "1e-8"])
    assert measures.parse_measure(f"mixed:1e-8,{path}") == both


@pytest.mark.parametrize("dtype", ["float64", "float32", "int32"])
def test_npy_files(tmp_path, dtype):
    np.save(tmp_path / "eigenvalues.npy", np.array([3, 2, 1], dtype=dtype))
    assert measures.empirical(tmp_path / "eigenvalues.npy").nodes == (1, 2, 3)


def test_files_that_are_refused(tmp_path):
    def refused(name, message):
        with pytest.raises(InvalidInput, match=message):
            measures.empirical(tmp_path / name)

    refused("missing.npy", "cannot be read: No such file")
    refused(".", "cannot be read: Is a directory")
    (tmp_path / "first.csv").write_text("nan\n1\n")  # no name of a column
    refused("first.csv", r"^line 1 of .*first.csv' is 'nan'; it must hold numbers$")
    (tmp_path / "words.csv").write_text("1\ntwo\n")
    refused("words.csv", r"^line 2 of .*words.csv' is 'two'; it must hold numbers$")
    (tmp_path / "head.csv").write_text("a\nb\n1")
    refused("head.csv", "^line 2 of")
    (tmp_path / "empty.csv").write_text("# nothing\n")
    refused("empty.csv", "holds no numbers$")
    (tmp_path / "zero.txt").write_text("1\n0\n")
    refused("zero.txt", "eigenvalues must be > 0$")
    (tmp_path / "other.bin").write_bytes(bytes(range(128, 256)))
    refused("other.bin", "is neither NPY nor text$")
    (tmp_path / "object.npy").write_bytes(b"")
    np.save(tmp_path / "object.npy", np.array([1, None], dtype=object), allow_pickle=True)
    refused("object.npy", "is no NPY file of plain numbers$")
    np.save(tmp_path / "complex.npy", np.array([1j]))
    refused("complex.npy", "dtype complex128; give reals$")
    np.save(tmp_path / "matrix.npy", np.eye(3))
    refused("matrix.npy", r"has shape \(3, 3\)")


def test_a_pickle_is_never_loaded(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("it was loaded",))

    (tmp_path / "bomb.npy").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InvalidInput):
        measures.empirical(tmp_path / "bomb.npy")


# -- horizons ---------------------------------------------------------------------------------------------------------
def test_a_horizon_is_asked_for_where_it_is_needed():
    atoms = measures.discrete(["1/4", "1/2", 1])
    for family in (pu.Sobolev, pu.JacobianKernel):
        with pytest.raises(InvalidInput, match=r"^the measure discrete:3 atoms has no short recurrence: "):
            family(S, atoms)
        with pytest.raises(InvalidInput, match=r"^T = 5 is not for the measure chebyshev"):
            family(S, T=5)
        with pytest.raises(InvalidInput, match=r"^digits = 30 is not for the measure jacobi:1,0"):
            family(S, measures.jacobi(1, 0), digits=30)
        with pytest.raises(InvalidInput, match=r"^T = 0 is not allowed; give a whole number"):
            family(S, atoms, T=0)
        with pytest.raises(InvalidInput, match=r"^digits = 2000 is not allowed; give 1 to 1000, or 'exact'$"):
            family(S, atoms, T=2, digits=2000)
        method = family(S, atoms, T=4)
        assert method.horizon == 4
        assert method.decay is None
        with pytest.raises(HorizonError, match=r"^t = 5 is beyond this method's 4 steps"):
            pu.worst_case(method, 5)
        assert method_from_data(method.as_data()) == method
        assert type(method_from_data(method.as_data())) is family


def test_exactness_needs_rationals():
    atoms = measures.discrete(["1/4", "1/2", 1])
    with pytest.raises(InvalidInput, match=r"^digits = 'exact' needs a rational spectrum"):
        pu.Sobolev(pu.Spectrum.marchenko_pastur("1/2"), atoms, T=2, digits="exact")
    with pytest.raises(InvalidInput, match=r"has no exact atoms; give digits$"):
        pu.Sobolev(S, measures.density(lambda x: 1), T=2, digits="exact")


# -- densities --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("T", [3, 40])
def test_densities_of_known_weights(T):
    spectrum = pu.Spectrum("1/4", "9/4")
    known = [
        (measures.legendre(), lambda x: 7),
        (measures.gegenbauer(1), lambda x: ((x - 0.25) * (2.25 - x)) ** 0.5),
        (measures.jacobi("3/2", 0), lambda x: (2.25 - x) ** 1.5),
        (measures.marchenko_pastur("1/4"), lambda x: ((x - 0.25) * (2.25 - x)) ** 0.5 / x),
    ]
    for measure, f in known:
        for family in (pu.Sobolev, pu.JacobianKernel):
            one = pu.worst_case(family(spectrum, measures.density(f), "1/3", T), T)
            two = pu.worst_case(family(spectrum, measure, "1/3"), T)
            assert float(one) == pytest.approx(float(two), rel=1e-9)


def test_a_density_singular_at_both_ends():
    f = measures.density(lambda x: 1 / ((x - 0.01) * (1 - x)) ** 0.5)
    assert float(pu.worst_case(pu.Sobolev(S, f, 1, 30), 30)) == pytest.approx(
        float(pu.worst_case(pu.Sobolev(S), 30)), rel=1e-6
    )


def test_a_density_with_digits():
    method = pu.Sobolev(S, measures.density(lambda x: 1), "1/10", 12, 40)
    exact = pu.Sobolev(S, measures.legendre(), "1/10")
    points = [S.ell, S.L]
    a, b = (pu.jets(m, 12, points, digits=50).derivative(0) for m in (method, exact))
    assert max(abs(a - b)) < 1e-38 * max(abs(b))


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: -1.0, "^density:<lambda> is -1.0 at .*; a density must be >= 0$"),
        (lambda x: 0.0, "is 0 on the whole spectrum; its mass must be > 0$"),
        (lambda x: float("nan"), "is nan at .*; a density must be finite inside the spectrum$"),
        (lambda x: float("inf"), "is inf at"),
        (lambda x: "a", "^density:<lambda> fails at .*; it must give a number for every eigenvalue$"),
        (lambda x: 1 / (x - 0.01), "have not settled with .*: it is too rough or not integrable$"),
        (lambda x: (x - 0.01) ** -2, "have not settled with"),  # its integrals relative to its mass do settle
        (lambda x: (1 - x) ** -2, "have not settled with"),
        (lambda x: 1 / abs(x - 0.4), "have not settled with"),
        (lambda x: float(x > 0.3), "have not settled with"),
    ],
)
def test_densities_that_are_refused(f, message):
    with pytest.raises(InvalidInput, match=message):
        pu.Sobolev(S, measures.density(f), 1, 5)


def test_a_density_is_a_function():
    with pytest.raises(InvalidInput, match=r"^the density is a int; give a function of one number$"):
        measures.density(1)


# -- estimates --------------------------------------------------------------------------------------------------------
def test_an_estimate_of_a_diagonal_matrix():
    values = np.linspace(0.05, 1, 4000) ** 2
    H = scipy.sparse.diags(values)
    found = measures.spectral_density(H, probes=12, steps=40, seed=7)
    for f in (lambda x: x, np.exp, lambda x: 1 / x):
        value, error = found.integral(f)
        assert 0 < error < 0.2 * value
        assert abs(value - np.mean(f(values))) < 5 * error
    assert 0 < found.error < 0.05
    assert values[0] <= float(found.measure.spectrum.ell)
    assert float(found.measure.spectrum.L) <= values[-1] * (1 + 1e-12)
    assert found.measure == measures.spectral_density(H, probes=12, steps=40, seed=7).measure
    assert found.measure != measures.spectral_density(H, probes=12, steps=40, seed=8).measure
    # its method is close to that of all eigenvalues
    spectrum = pu.Spectrum("1/400", "1.0001")
    estimate, full = (pu.Sobolev(spectrum, m, "1/100", 20) for m in (found, measures.empirical(values)))
    a, b = (float(pu.worst_case(m, 20)) for m in (estimate, full))
    assert a == pytest.approx(b, rel=0.2)


def test_more_probes_make_the_error_smaller():
    H = scipy.sparse.diags(np.linspace(0.1, 1, 3000))
    few, many = (measures.spectral_density(H, probes=p, steps=20, seed=1).error for p in (4, 64))
    assert many < few


def test_small_matrices_are_seen_whole():
    H = np.diag([1.0, 1.0, 2.0, 5.0])
    found = measures.spectral_density(H, probes=3, steps=60)
    for nodes, weights in found.rules:
        np.testing.assert_allclose(nodes, [1, 2, 5], rtol=1e-12)
        assert np.sum(weights) == pytest.approx(1)


@pytest.mark.parametrize(
    ("H", "options", "message"),
    [
        (np.ones((2, 3)), {}, "must be square"),
        (np.array([[1.0, 2.0], [0.0, 1.0]]), {}, "is not symmetric"),
        (np.diag([1.0, -1.0]), {}, r"^H has a Ritz value of -1; its eigenvalues must be > 0 \(add a ridge\)$"),
        (np.eye(2), {"probes": 1}, "^probes = 1 is not allowed"),
        (np.eye(2), {"steps": 0}, "^steps = 0 is not allowed"),
        ("H", {}, "^H is no matrix of numbers|must be square"),
    ],
)
def test_estimates_that_are_refused(H, options, message):
    with pytest.raises(InvalidInput, match=message):
        measures.spectral_density(H, **options)
