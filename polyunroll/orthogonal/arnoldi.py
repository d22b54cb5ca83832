"""Kernel polynomials of a product on finitely many nodes: Arnoldi with reorthogonalisation, and no band structure.

On nodes s_i with weights w_i the Sobolev product Σ w(PQ + ηP'Q') is the plain product of the vectors (√w p, √(ηw) p'),
on which multiplication by s acts as (u, v) → (su, sv + √η u). The product Σ w(𝓐P·𝓐Q + cPQ), 𝓐P = P − (s−s0)P', is that
of (√w 𝓐p, √(cw) p), with (u, v) → (su − (s−s0)v/√c, sv). Orthogonalising s·S_n against all earlier S_i (classical
Gram–Schmidt, twice) gives the next S_n. N nodes support the degrees up to 2N−1, or N−1 where η = 0 (only u is there).

Each polynomial carries its Chebyshev coefficients along, and its value at s0: both obey the same linear combinations.
The kernel polynomial K_t(s, s0)/K_t(s0, s0) is Σ w_k T_k(s)/T_k(s0), Σ w_k = 1; it is handed back as the exact numbers
τ_n = w_n + … + w_t = 1 − (w_0 + … + w_{n−1}), which make a method with P(0) = 1 whatever the w_k are rounded to.

References: Golub and Van Loan, Matrix Computations, 10.5; Giraud, Langou, Rozložník, Numer. Math. 101 (2005) 87–100
(twice is enough); Brubeck, Nakatsukasa, Trefethen, SIAM Rev. 63 (2021) 405–415 (Vandermonde with Arnoldi).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import frexp, ldexp
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat
from numpy.typing import NDArray

from polyunroll.arithmetic.balls import midpoint
from polyunroll.errors import InvalidInput

__all__ = ["Product", "kernel_tails", "largest_degree", "orthonormal"]

_DEPENDENT = 1e-8
"""A polynomial of which orthogonalising leaves less than this share has fewer than 8 digits left in doubles."""


_LEAST = 1e-6
"""How far P's values at the nodes may be from those of its Chebyshev series, in doubles."""


@dataclass(frozen=True)
class Product:
    """A product on nodes, in the coordinate s.

    Attributes
    ----------
    kind : {"sobolev", "jacobian"}
    nodes, weights : list
        Distinct nodes, weights > 0; doubles, balls or fmpq throughout.
    parameter : the same
        η_s ≥ 0 of the Sobolev product, c > 0 of the other.
    at : the same
        s0, the s of λ = 0.
    """

    kind: str
    nodes: list[Any]
    weights: list[Any]
    parameter: Any
    at: Any

    @property
    def has_two_parts(self) -> bool:
        """Whether a polynomial is more than its values at the nodes."""
        return bool(self.kind == "jacobian" or self.parameter != 0)


def largest_degree(product: Product) -> int:
    """The largest degree that the nodes support: 2N−1, or N−1 where the product has no second part."""
    count = len(product.nodes)
    return 2 * count - 1 if product.has_two_parts else count - 1


# -- in doubles --------------------------------------------------------------------------------------------------------
def orthonormal(product: Product, degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(V, H): orthonormal vectors as the rows of V, shape (degree+1, ·), and the Hessenberg matrix of s, in doubles.

    s S_n = Σ_{i≤n+1} H[i, n] S_i.

    Raises
    ------
    InvalidInput
        If a polynomial cannot be told from lower ones in doubles.
    """
    s, w = np.array(product.nodes, dtype=float), np.array(product.weights, dtype=float)
    root = np.sqrt(w / np.sum(w))
    count, parameter = s.size, float(product.parameter)
    if product.kind == "jacobian":
        start = np.concatenate([root, np.sqrt(parameter) * root])
        shift = (s - product.at) / np.sqrt(parameter)
    else:
        start = np.concatenate([root, np.zeros(count)]) if parameter else root

    def times_s(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        u, v = vector[:count], vector[count:]
        if product.kind == "jacobian":
            return np.concatenate([s * u - shift * v, s * v])
        return np.concatenate([s * u, s * v + np.sqrt(parameter) * u]) if parameter else s * u

    V, H = np.zeros((degree + 1, start.size)), np.zeros((degree + 1, degree))
    V[0] = start / np.linalg.norm(start)
    for n in range(degree):
        image = times_s(V[n])
        known = V[: n + 1]
        size = np.linalg.norm(image)
        first = known @ image
        image = image - first @ known
        second = known @ image
        image = image - second @ known
        left = np.linalg.norm(image)
        if not left > _DEPENDENT * size:
            raise InvalidInput(
                f"degree {n + 1} cannot be told from lower ones on these {count} nodes in doubles; "
                f"give a degree <= {n}, or digits"
            )
        H[: n + 1, n], H[n + 1, n] = first + second, left
        V[n + 1] = image / left
    return V, H


def _tails_in_doubles(product: Product, degree: int) -> list[fmpq]:
    V, H = orthonormal(product, degree)
    at = float(product.at)
    values = np.zeros(degree + 1)  # at s0, up to a common factor
    series = np.zeros((degree + 1, degree + 2))  # Chebyshev coefficients
    values[0], series[0, 0] = 1.0, 1.0
    for n in range(degree):
        moved = np.zeros(degree + 2)
        moved[1:] += series[n, :-1] / 2
        moved[:-1] += series[n, 1:] / 2
        moved[1] += series[n, 0] / 2
        known = H[: n + 1, n]
        series[n + 1] = (moved - known @ series[: n + 1]) / H[n + 1, n]
        values[n + 1] = (at * values[n] - known @ values[: n + 1]) / H[n + 1, n]
        if abs(values[n + 1]) > 2.0**400:
            values *= 2.0**-400
        if np.max(np.abs(series[n + 1])) > 2.0**400:  # atoms with wide gaps: the same for all, as only ratios count
            series *= 2.0**-400
    values = values / np.max(np.abs(values))
    coefficients = values @ series[:, : degree + 1]
    _require_digits(product, V, values, coefficients)
    quotients = [1.0, at]
    for _ in range(degree - 1):
        quotients.append(2 * at - 1 / quotients[-1])
    # T_k(s0)/T_degree(s0) from the largest down, with exponents of their own: they may lie below all doubles
    ratios, mantissa, exponent = [fmpq(1)], 1.0, 0
    plain = np.ones(degree + 1)
    for k in range(degree - 1, -1, -1):
        mantissa, more = frexp(mantissa / quotients[k + 1])
        exponent += more
        ratios.append(fmpq(*mantissa.as_integer_ratio()) * fmpq(2) ** exponent)
        plain[k] = ldexp(mantissa, exponent)
    coefficients = coefficients / np.sum(coefficients * plain)
    shares = zip(coefficients.tolist(), reversed(ratios), strict=True)
    return _tails([fmpq(*c.as_integer_ratio()) * ratio for c, ratio in shares])


def _require_digits(
    product: Product, V: NDArray[np.float64], values: NDArray[np.float64], coefficients: NDArray[np.float64]
) -> None:
    """Refuse coefficients that do not give P at the nodes, up to a factor: between far nodes P may be much larger."""
    count = len(product.nodes)
    kept = V[:, :count] if product.kind == "sobolev" else V[:, count:]
    root = np.sqrt(np.array(product.weights, dtype=float))
    one, other = (
        values @ kept,
        root * np.polynomial.chebyshev.chebval(np.array(product.nodes, dtype=float), coefficients),
    )
    one, other = one / np.linalg.norm(one), other / np.linalg.norm(other)
    if not min(np.linalg.norm(one - other), np.linalg.norm(one + other)) <= _LEAST:
        raise InvalidInput(
            f"degree {V.shape[0] - 1} on these {count} nodes needs more than doubles: the polynomial is much larger "
            "between them; give digits, such as 50"
        )


def _tails(shares: list[Any]) -> list[Any]:
    """τ_1 … τ_t = 1 − (w_0 + … + w_{n−1})."""
    total, found = fmpq(1), []
    for share in shares[:-1]:
        total = total - share
        found.append(total)
    return found


# -- in balls and exactly ----------------------------------------------------------------------------------------------
class _Rows:
    """A polynomial as a row of numbers: its parts at the nodes, its Chebyshev coefficients, its value at s0."""

    def __init__(self, product: Product, degree: int, matrix: Any, rounded: bool) -> None:
        self._product, self._matrix, self._rounded = product, matrix, rounded
        self._count, self._degree = len(product.nodes), degree
        parts = 2 if product.has_two_parts else 1
        self._size = parts * self._count
        weights = list(product.weights)
        self._weights = weights + [w * product.parameter for w in weights] if parts == 2 else weights

    def start(self) -> Any:
        one, zero = self._product.weights[0] * 0 + 1, self._product.weights[0] * 0
        second = [one if self._product.kind == "jacobian" else zero] * (self._size - self._count)
        return self._row([one] * self._count + second + [one] + [zero] * self._degree + [one])

    def _row(self, entries: list[Any]) -> Any:
        row = self._matrix([entries])
        return row.mid() if self._rounded else row

    def cleaned(self, row: Any) -> Any:
        """The row without what rounding has added to its balls."""
        return row.mid() if self._rounded else row

    def part(self, row: Any) -> Any:
        """The entries that inner products are made of."""
        return self._matrix([row.entries()[: self._size]])

    def dual(self, row: Any) -> Any:
        """The column whose product with another's part is the inner product."""
        entries = row.entries()[: self._size]
        column = self._matrix([[w * x] for w, x in zip(self._weights, entries, strict=True)])
        return column.mid() if self._rounded else column

    def inner(self, part: Any, dual: Any) -> Any:
        """The inner product of the one whose part and the one whose dual is given."""
        value = (part * dual)[0, 0]
        return value.mid() if self._rounded else value

    def times_s(self, row: Any) -> Any:
        entries = row.entries()
        nodes, count, at = self._product.nodes, self._count, self._product.at
        u, v = entries[:count], entries[count : self._size]
        series, value = entries[self._size : -1], entries[-1]
        if self._product.kind == "jacobian":
            first = [s * a - (s - at) * b for s, a, b in zip(nodes, u, v, strict=True)]
            parts = first + [s * b for s, b in zip(nodes, v, strict=True)]
        else:
            parts = [s * a for s, a in zip(nodes, u, strict=True)]
            parts += [s * b + a for s, a, b in zip(nodes, u, v, strict=True)] if v else []
        moved = [value * 0] * (self._degree + 1)
        for k, a in enumerate(series):
            if k:
                moved[k - 1] = moved[k - 1] + a / 2
            if k < self._degree:
                moved[k + 1] = moved[k + 1] + (a / 2 if k else a)
        return self._row([*parts, *moved, at * value])


def _tails_in_field(product: Product, degree: int, matrix: Any, rounded: bool) -> list[Any]:
    rows = _Rows(product, degree, matrix, rounded)
    found, duals, norms = [rows.start()], [], []
    for n in range(degree + 1):
        duals.append(rows.dual(found[n]))
        norms.append(rows.inner(rows.part(found[n]), duals[n]))
        if not norms[n] > 0:
            raise InvalidInput(f"degree {n} cannot be told from lower ones on these nodes at this precision; give more")
        if n == degree:
            break
        image = rows.times_s(found[n])
        for _pass in range(2 if rounded else 1):
            part = rows.part(image)
            factors = [rows.inner(part, dual) / norm for dual, norm in zip(duals, norms, strict=True)]
            for factor, row in zip(factors, found, strict=True):
                if factor != 0:
                    image = image - factor * row
            image = rows.cleaned(image)
        found.append(image)
    total, kernel = None, 0 * norms[0]
    for row, norm in zip(found, norms, strict=True):
        value = row[0, row.ncols() - 1]
        kernel = kernel + value * value / norm
        total = (value / norm) * row if total is None else total + (value / norm) * row
    assert total is not None
    series = total.entries()[-degree - 2 : -1]
    at, last, present = product.at, norms[0] * 0 + 1, product.at
    shares = [series[0] / kernel]
    for k in range(1, degree + 1):
        shares.append(series[k] * present / kernel)
        last, present = present, 2 * at * present - last
    return _tails([midpoint(share) if rounded else share for share in shares])


def kernel_tails(product: Product, degree: int) -> list[Any]:
    """τ_1 … τ_degree of the kernel polynomial at s0, exact numbers.

    Parameters
    ----------
    product : Product
        In doubles, in balls (midpoints at the precision in force: τ are rounded, not enclosed) or in fmpq (exact).
    degree : int

    Raises
    ------
    InvalidInput
        If the nodes support no polynomial of that degree.
    """
    top = largest_degree(product)
    if degree > top:
        raise InvalidInput(
            f"a measure of {len(product.nodes)} atoms supports degrees <= {top} here; T = {degree} is too large"
        )
    kind = type(product.weights[0])
    if kind is fmpq:
        return _tails_in_field(product, degree, fmpq_mat, False)
    if kind is arb:
        return _tails_in_field(product, degree, arb_mat, True)
    return list(_tails_in_doubles(product, degree))
