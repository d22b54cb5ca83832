from __future__ import annotations

from fractions import Fraction

import array_api_strict as strict
import mpmath
import numpy as np
import pytest
import scipy.sparse as sparse
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse.linalg import aslinearoperator

from polyunroll.errors import InvalidInput
from polyunroll.problems import Calls, Quadratic, QuadraticProblem


def at(family, theta):
    """The member of the family at θ."""
    H = family["H"] + np.tensordot(theta, family["dH"], 1)
    return QuadraticProblem(H, family["b"] + family["db"] @ theta, family["dH"], family["db"])


def central(f, p, step):
    """∂f by central differences, the parameter on the last axis."""
    columns = [(f(step * e) - f(-step * e)) / (2 * step) for e in np.eye(p)]
    return np.stack(columns, -1)


def forms(H):
    return {"dense": H, "sparse": sparse.csr_array(H), "operator": aslinearoperator(H)}


@pytest.fixture(params=["dense", "sparse", "operator"])
def problem(request, family):
    return QuadraticProblem(forms(family["H"])[request.param], family["b"], family["dH"], family["db"])


def test_the_oracle_matches_its_formulas(problem, family, rng):
    x, v, block = rng.standard_normal(6), rng.standard_normal(6), rng.standard_normal((6, 4))
    H, b, dH, db = (family[k] for k in ("H", "b", "dH", "db"))
    expected = np.stack([dH[i] @ x + db[:, i] for i in range(3)], 1)
    assert (problem.dimension, problem.parameters) == (6, 3)
    assert_allclose(problem.gradient(x), H @ x + b, rtol=1e-13)
    assert_allclose(problem.hvp(x, v), H @ v, rtol=1e-13)
    assert_allclose(problem.hvp(x, block), H @ block, rtol=1e-13)
    assert_allclose(problem.cross(x), expected, rtol=1e-13)
    assert_allclose(problem.cross_T(x, v), expected.T @ v, rtol=1e-12)
    assert_allclose(problem.cross_T(x, block), expected.T @ block, rtol=1e-11)
    assert_allclose(problem.dense_hessian(), H, rtol=1e-15)
    assert problem.calls == Calls(gradient=1, hvp=5, cross=1, cross_T=5)


def test_cross_is_the_parameter_derivative_of_the_gradient(problem, family, rng):
    # The gradient is affine in θ, so central differences have no truncation error, only rounding/step.
    x = rng.standard_normal(6)
    found = central(lambda theta: at(family, theta).gradient(x), 3, 0.01)
    assert_allclose(problem.cross(x), found, atol=1e-12)


def test_the_solution_and_its_jacobian(problem, family):
    # Truncation step²/6·|∂³x*| ~ 1e-10·1e4 (each derivative costs a factor 1/ℓ = 10 and ‖x*‖ ~ 10); rounding
    # cond·eps·‖x*‖/step ~ 1e-9: an absolute error of 1e-5 where ∂x* is about 100.
    assert_allclose(problem.gradient(problem.solution()), 0, atol=1e-13)
    found = central(lambda theta: at(family, theta).solution(), 3, 1e-5)
    assert_allclose(problem.solution_jacobian(), found, atol=1e-5)
    assert problem.calls == Calls(gradient=1)


def test_the_solution_jacobian_against_fifty_digits(problem, family):
    with mpmath.workdps(50):
        H, b = mpmath.matrix(family["H"].tolist()), mpmath.matrix(family["b"].tolist())
        x = mpmath.lu_solve(H, -b)
        columns = []
        for i in range(3):
            rhs = mpmath.matrix(family["dH"][i].tolist()) * x + mpmath.matrix(family["db"][:, i].tolist())
            columns.append([float(z) for z in mpmath.lu_solve(H, -rhs)])
        exact = np.array([float(z) for z in x])
    assert_allclose(problem.solution(), exact, rtol=1e-12)  # condition number 10
    assert_allclose(problem.solution_jacobian(), np.array(columns).T, rtol=1e-11)


def test_solve_takes_vectors_and_blocks(problem, family, rng):
    block = rng.standard_normal((6, 2))
    assert_allclose(problem.solve(block), np.linalg.solve(family["H"], block), rtol=1e-11)
    assert_allclose(problem.solve(block[:, 0]), problem.solve(block)[:, 0], rtol=1e-12)
    assert_array_equal(problem.solve(np.zeros(6)), np.zeros(6))


def test_derivative_size_and_defect_by_their_definitions(problem, family):
    H, dH = family["H"], family["dH"]
    defects = [np.linalg.norm(H @ d - d @ H) / (np.linalg.eigvalsh(H)[-1] * np.linalg.norm(d)) for d in dH]
    assert problem.hessian_derivative_norm() == pytest.approx(np.sqrt(np.sum(dH**2)), rel=1e-14)
    assert problem.commutation_defect() == pytest.approx(max(defects), rel=1e-12)
    assert 0 < problem.commutation_defect() <= 1
    assert not problem.commutes


def test_functions_of_the_hessian_commute_with_it(family):
    H = family["H"]
    for form in forms(H).values():
        problem = QuadraticProblem(form, family["b"], [H @ H @ H, np.zeros((6, 6)), np.eye(6)])
        assert problem.commutation_defect() < 1e-15
        assert problem.commutes
    assert QuadraticProblem(H, family["b"], db=np.ones((6, 2))).commutes


def test_a_defect_just_above_the_stated_tolerance_is_not_rounding():
    H = np.diag([1.0, 2])
    tilt = np.array([[0.0, 1], [1, 0]])  # [H, tilt] has Frobenius norm √2, ‖H‖ = 2
    for size, expected in ((1.9e-10, True), (2.1e-10, False)):
        dH = np.eye(2) + size * tilt  # defect size·√2/(2·√2) = size/2
        assert QuadraticProblem(H, [0, 0], [dH]).commutes is expected


def test_sparse_derivatives_and_large_sparse_problems(family):
    sparse_dH = [sparse.coo_array(d) for d in family["dH"][:2]] + [family["dH"][2]]
    one, other = QuadraticProblem(**family), QuadraticProblem(**{**family, "dH": sparse_dH})
    x = np.arange(6.0)
    assert_allclose(other.cross(x), one.cross(x), rtol=1e-13)
    assert other.hessian_derivative_norm() == pytest.approx(one.hessian_derivative_norm(), rel=1e-14)
    for H in forms(family["H"]).values():
        same = QuadraticProblem(H, family["b"], sparse_dH, family["db"])
        assert same.commutation_defect() == pytest.approx(one.commutation_defect(), rel=1e-12)
    n = 400
    H = sparse.diags_array([-np.ones(n - 1), 2.1 * np.ones(n), -np.ones(n - 1)], offsets=[-1, 0, 1])
    laplacian = sparse.diags_array([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], offsets=[-1, 0, 1])
    mask = sparse.diags_array((np.arange(n) < 7).astype(float))
    for form in (H, aslinearoperator(H.tocsr())):
        large = QuadraticProblem(form, np.ones(n), [laplacian, sparse.eye_array(n)])
        assert_allclose(large.gradient(large.solution()), 0, atol=1e-12)
        assert large.solution_jacobian().shape == (n, 2)
    assert large.parameters == 2
    assert QuadraticProblem(H, np.ones(n), [laplacian, sparse.eye_array(n)]).commutes
    # Only the entry (6, 7) of the tridiagonal H leaves the mask, so ‖[H, mask]‖_F = √2; ‖mask‖_F = √7.
    largest = 2.1 + 2 * np.cos(np.pi / (n + 1))
    defect = QuadraticProblem(H, np.ones(n), [mask]).commutation_defect()
    assert defect == pytest.approx(np.sqrt(2 / 7) / largest, rel=1e-7)


def test_the_derivative_formula_on_a_cube(family, rng):
    # P(λ) = λ³: 𝓛_i c = (∂H HH + H ∂H H + HH ∂H) c, and P[λ, μ] = λ² + λμ + μ².
    H, c = family["H"], rng.standard_normal(6)
    values, V = np.linalg.eigh(H)
    D = values[:, None] ** 2 + np.outer(values, values) + values**2
    expected = np.stack([(d @ H @ H + H @ d @ H + H @ H @ d) @ c for d in family["dH"]], 1)
    assert_allclose(QuadraticProblem(**family).daleckii_krein(V, D, c), expected, atol=1e-13)


def test_the_derivative_formula_is_the_derivative_of_a_matrix_function(family, rng):
    # d/dθ H(θ)³c by central differences, exact up to step² for a cubic and rounding over the step.
    c = rng.standard_normal(6)
    values, V = np.linalg.eigh(family["H"])
    D = values[:, None] ** 2 + np.outer(values, values) + values**2
    cube = central(lambda theta: np.linalg.matrix_power(at(family, theta).hessian(), 3) @ c, 3, 1e-4)
    assert_allclose(QuadraticProblem(**family).daleckii_krein(V, D, c), cube, atol=1e-6)


def test_absent_derivatives_are_zero(family):
    H, b, dH, db = (family[k] for k in ("H", "b", "dH", "db"))
    x = np.arange(6.0)
    neither, only_b, only_H = (
        QuadraticProblem(H, b),
        QuadraticProblem(H, b, db=db),
        QuadraticProblem(H, b, dH),
    )
    assert neither.parameters == 0
    assert neither.cross(x).shape == (6, 0)
    assert neither.solution_jacobian().shape == (6, 0)
    assert neither.commutes
    assert_array_equal(only_b.cross(x), db)
    assert only_b.hessian_derivative_norm() == 0
    assert_array_equal(only_b.daleckii_krein(np.eye(6), np.ones((6, 6)), x), np.zeros((6, 3)))
    assert_array_equal(only_H.cross(x), (dH @ x).T)


def test_the_given_arrays_can_change_afterwards(family):
    H = family["H"].copy()
    problem = QuadraticProblem(H, family["b"])
    before = problem.solution()
    H[:] = 0
    assert_array_equal(QuadraticProblem(family["H"], family["b"]).solution(), before)
    with pytest.raises(ValueError, match="read-only"):
        problem.hessian()[0, 0] = 1


def test_numbers_of_other_kinds_are_read():
    problem = QuadraticProblem([[Fraction(1, 2), 0], [0, 2]], np.array([1, 2], dtype=np.float32))
    assert_allclose(problem.solution(), [-2, -1], rtol=1e-15)


def test_arrays_of_another_library_stay_in_it(family, rng):
    problem = QuadraticProblem(**{k: strict.asarray(v) for k, v in family.items()})
    plain = QuadraticProblem(**family)
    x, u = rng.standard_normal(6), rng.standard_normal((6, 2))
    xs, us = strict.asarray(x), strict.asarray(u)
    for found, expected in (
        (problem.gradient(xs), plain.gradient(x)),
        (problem.hvp(xs, us), plain.hvp(x, u)),
        (problem.cross(xs), plain.cross(x)),
        (problem.cross_T(xs, us), plain.cross_T(x, u)),
    ):
        assert type(found) is type(xs)
        assert_allclose(np.asarray(found), expected, rtol=1e-12)
    assert problem.parameters == 3
    assert_allclose(problem.solution_jacobian(), plain.solution_jacobian(), rtol=1e-14)
    assert problem.commutation_defect() == plain.commutation_defect()
    assert problem.hessian_derivative_norm() == plain.hessian_derivative_norm()
    V, D = np.eye(6), np.ones((6, 6))
    assert_allclose(problem.daleckii_krein(V, D, x), plain.daleckii_krein(V, D, x), rtol=1e-14)
    assert problem.doubles() is problem.doubles()
    assert plain.doubles() is plain
    assert QuadraticProblem(strict.asarray(family["H"]), strict.asarray(family["b"])).cross(xs).shape == (
        6,
        0,
    )


def test_single_precision_is_judged_by_its_own_rounding(family):
    H = family["H"].astype(np.float32)
    H[0, 1] *= 1 + 4e-6
    assert isinstance(QuadraticProblem(H, family["b"]), Quadratic)
    with pytest.raises(InvalidInput, match="differs from its transpose"):
        QuadraticProblem(H.astype(np.float64), family["b"])


SKEW = np.array([[1.0, 2], [0, 1]])
I2 = np.eye(2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((np.ones((2, 3)), [0, 0]), r"H has shape \(2, 3\); allowed is a square matrix"),
        ((np.ones((0, 0)), []), r"H has shape \(0, 0\); allowed is a square matrix"),
        ((np.ones(2), [0, 0]), r"H has shape \(2,\); allowed is \(any, any\)"),
        ((SKEW, [0, 0]), r"H differs from its transpose by 2; allowed is a symmetric matrix"),
        ((sparse.csr_array(SKEW), [0, 0]), r"H differs from its transpose by 2"),
        ((aslinearoperator(SKEW), [0, 0]), r"H fails a randomised symmetry check"),
        ((aslinearoperator(np.ones((2, 3))), [0, 0]), r"H has shape \(2, 3\); allowed is a square"),
        ((aslinearoperator(np.diag([1, np.inf])), [0, 0]), r"H times a random vector\[1\] is -?inf"),
        ((np.diag([1, np.nan]), [0, 0]), r"H\[1, 1\] is nan; allowed are finite numbers only"),
        ((sparse.csr_array(np.diag([1, np.inf])), [0, 0]), r"the data of H\[1\] is inf"),
        ((1j * I2, [0, 0]), r"H has dtype complex128; allowed are real numbers"),
        (([[1, 0], [0]], [0, 0]), r"H of type list cannot be read as an array of real numbers"),
        ((I2, [0, 0, 0]), r"b has shape \(3,\); allowed is \(2,\)"),
        ((I2, ["a", "b"]), r"b has dtype <U1; allowed are real numbers"),
        ((I2, [0, 0], [I2, SKEW]), r"dH\[1\] differs from its transpose by 2"),
        ((I2, [0, 0], [np.eye(3)]), r"dH\[0\] has shape \(3, 3\); allowed is \(2, 2\)"),
        ((I2, [0, 0], I2), r"dH has shape \(2, 2\); allowed is \(any, 2, 2\)"),
        ((I2, [0, 0], sparse.csr_array(I2)), r"dH is of type csr_array; allowed is a \(p, 2, 2\) array"),
        ((I2, [0, 0], 3.0), r"dH is of type float; allowed is"),
        ((I2, [0, 0], [aslinearoperator(I2)]), r"dH\[0\] is a LinearOperator; allowed are dense and sparse"),
        ((I2, [0, 0], [I2], np.ones((2, 2))), r"db has shape \(2, 2\); allowed is \(2, 1\)"),
        ((strict.asarray(I2), [0, 0]), r"b is of type list while H is of type Array"),
        ((strict.asarray(I2), strict.ones(3)), r"b has shape \(3,\); allowed is \(2,\)"),
        ((strict.ones((2, 3)), strict.ones(2)), r"H has shape \(2, 3\); allowed is \(2, 2\)"),
    ],
)
def test_bad_matrices_are_refused(arguments, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        QuadraticProblem(*arguments)


@pytest.mark.parametrize(
    ("H", "sentence"),
    [
        (np.diag([1.0, -0.5]), r"H has smallest eigenvalue -0\.5; allowed is a positive definite H"),
        (sparse.csr_array(np.diag([1.0, -0.5])), r"H has an eigenvalue at or below 0; allowed is a positive"),
        (sparse.csr_array(np.array([[0.0, 1], [1, 0]])), r"H has an eigenvalue at or below 0"),
        (sparse.csr_array(np.diag([1.0, 0])), r"H is singular; allowed is a positive definite H"),
        (aslinearoperator(np.diag([1.0, -2.0])), r"H has vᵀHv = .*; allowed is a positive definite H"),
        (strict.asarray([[1.0, 2], [0, 1]]), r"H differs from its transpose by 2"),
    ],
)
def test_only_positive_definite_problems_are_solved(H, sentence):
    b = strict.ones(2) if isinstance(H, type(strict.ones(1))) else np.ones(2)
    with pytest.raises(InvalidInput, match=sentence):
        QuadraticProblem(H, b).solution()


def test_an_operator_that_rounding_keeps_above_the_tolerance_is_solved_as_well_as_it_can_be():
    n = 60
    q, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((n, n)))
    H = (q * np.geomspace(1e-4, 1, n)) @ q.T
    H = (H + H.T) / 2
    found = QuadraticProblem(aslinearoperator(H), np.ones(n)).solution()
    exact = -(q / np.geomspace(1e-4, 1, n)) @ q.T @ np.ones(n)
    # The residual cannot fall below 1e-16·‖x*‖ ~ 1e-13; the solution then errs by 1e4 times its last place.
    assert np.linalg.norm(found - exact) < 1e-10 * np.linalg.norm(exact)


def test_a_hopeless_operator_is_refused():
    n = 60
    q, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((n, n)))
    H = (q * np.geomspace(1e-14, 1, n)) @ q.T
    with pytest.raises(InvalidInput, match=r"conjugate gradients on H stop|vᵀHv"):
        QuadraticProblem(aslinearoperator((H + H.T) / 2), np.ones(n)).solution()


def test_bad_arguments_of_the_derivative_formula(family):
    problem = QuadraticProblem(**family)
    good = {"V": np.eye(6), "D": np.ones((6, 6)), "c": np.ones(6)}
    for name, wrong in (("V", np.eye(5)), ("D", np.ones(6)), ("c", np.ones((6, 1)))):
        with pytest.raises(InvalidInput, match=f"{name} has shape"):
            problem.daleckii_krein(**{**good, name: wrong})
    with pytest.raises(InvalidInput, match="rhs has shape"):
        problem.solve(np.ones(5))
