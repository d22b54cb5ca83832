"""Graphs as edge lists: incidence matrices, Laplacians, pixel grids and signals that are smooth on them.

A graph on n nodes has edges (i, j), i ≠ j, as an integer array of shape (e, 2). Row k of the incidence matrix C is
e_i − e_j, so that Cx holds the differences along the edges, and L = Cᵀdiag(w)C.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, real_array, require_shape

__all__ = [
    "all_edges",
    "degree_matrix",
    "grid_differences",
    "grid_differences_T",
    "grid_edges",
    "grid_spectrum",
    "incidence",
    "known_nodes",
    "laplacian",
    "random_graph",
    "read_edges",
    "smooth_signals",
    "squared_distances",
]

Edges = npt.NDArray[np.int64]


def read_edges(n: int, edges: Array) -> Edges:
    """Edges as an integer array of shape (e, 2).

    Raises
    ------
    InvalidInput
        If an edge does not join two different nodes of 0 … n − 1, or one is listed twice.
    """
    found = np.asarray(edges)
    if found.dtype.kind not in "iu":
        raise InvalidInput(f"edges have dtype {found.dtype}; allowed are whole numbers")
    require_shape("edges", found, (None, 2))
    wrong = np.argwhere((found < 0) | (found >= n))
    if len(wrong):
        raise InvalidInput(
            f"edges[{int(wrong[0][0])}] is {tuple(found[wrong[0][0]].tolist())}; allowed are 0 to {n - 1}"
        )
    loops = np.flatnonzero(found[:, 0] == found[:, 1])
    if len(loops):
        raise InvalidInput(
            f"edges[{int(loops[0])}] joins node {int(found[loops[0], 0])} with itself; allowed are two nodes"
        )
    if len(np.unique(np.sort(found, axis=1), axis=0)) < len(found):
        raise InvalidInput("edges has an edge twice; allowed is each edge once")
    return found.astype(np.int64)


def incidence(n: int, edges: Array) -> scipy.sparse.csr_array:
    """The incidence matrix C, shape (e, n); errors as for `read_edges`."""
    pairs = read_edges(n, edges)
    e = len(pairs)
    values = np.repeat([1.0, -1.0], e)
    return scipy.sparse.csr_array((values, (np.tile(np.arange(e), 2), pairs.T.reshape(-1))), shape=(e, n))


def known_nodes(known: Array, n: int) -> npt.NDArray[np.bool_]:
    """Which of n nodes have a known signal: booleans of shape (n,), or `None` for all."""
    values = np.ones(n) if known is None else np.asarray(known, dtype=np.float64)
    return np.asarray(real_array("known", values, (n,)) != 0)


def degree_matrix(n: int, edges: Array) -> scipy.sparse.csr_array:
    """The matrix that takes edge weights to node degrees, shape (n, e); errors as for `read_edges`."""
    return scipy.sparse.csr_array(abs(incidence(n, edges)).T)


def laplacian(n: int, edges: Array, weights: Array) -> scipy.sparse.csr_array:
    """Cᵀdiag(w)C, shape (n, n), for weights of shape (e,); errors as for `read_edges`."""
    C = incidence(n, edges)
    w = real_array("weights", weights, (C.shape[0],))
    return scipy.sparse.csr_array(C.T @ (scipy.sparse.diags_array(w) @ C))


def grid_edges(rows: int, columns: int) -> Edges:
    """The edges between neighbouring pixels, those down first, then those to the right.

    Pixel (i, j) is node i·columns + j.
    """
    rows, columns = whole_number(rows, "rows", 1), whole_number(columns, "columns", 1)
    node = np.arange(rows * columns).reshape(rows, columns)
    down = np.stack([node[1:].reshape(-1), node[:-1].reshape(-1)], 1)
    right = np.stack([node[:, 1:].reshape(-1), node[:, :-1].reshape(-1)], 1)
    return np.concatenate([down, right])


def grid_differences(image: Array) -> Doubles:
    """The differences along `grid_edges` of an image of shape (rows, columns), shape (e,), without a matrix."""
    x = real_array("image", image, (None, None))
    return np.concatenate([(x[1:] - x[:-1]).reshape(-1), (x[:, 1:] - x[:, :-1]).reshape(-1)])


def grid_differences_T(values: Array, rows: int, columns: int) -> Doubles:  # noqa: N802
    """The adjoint of `grid_differences`: shape (e,) to (rows, columns), borders included."""
    cut = (rows - 1) * columns
    u = real_array("values", values, (cut + rows * (columns - 1),))
    down, right = u[:cut].reshape(rows - 1, columns), u[cut:].reshape(rows, columns - 1)
    image = np.zeros((rows, columns))
    image[1:] += down
    image[:-1] -= down
    image[:, 1:] += right
    image[:, :-1] -= right
    return image


def grid_spectrum(rows: int, columns: int) -> Doubles:
    """The eigenvalues of the Laplacian of a pixel grid with weights 1, ascending, shape (rows·columns,).

    They are 4 − 2cos(πi/rows) − 2cos(πj/columns), i < rows, j < columns: the grid is a product of two paths.
    """
    rows, columns = whole_number(rows, "rows", 1), whole_number(columns, "columns", 1)
    down, right = (2 - 2 * np.cos(np.pi * np.arange(length) / length) for length in (rows, columns))
    return np.sort(np.add.outer(down, right).reshape(-1))


def all_edges(n: int) -> Edges:
    """The n(n − 1)/2 edges of the complete graph, (0, 1), (0, 2) and so on."""
    n = whole_number(n, "n", 2)
    return np.stack(np.triu_indices(n, 1), 1).astype(np.int64)


def random_graph(n: int, probability: float, rng: np.random.Generator) -> Doubles:
    """Weights on `all_edges` of a connected random graph, shape (n(n−1)/2,): each edge is there with `probability`.

    A path through all nodes in random order is added, so that it is connected; weights lie in [½, 2].

    Raises
    ------
    InvalidInput
        If the probability is not in [0, 1].
    """
    if not 0 <= probability <= 1:
        raise InvalidInput(f"probability is {probability}; allowed is 0 to 1")
    edges = all_edges(n)
    there = rng.random(len(edges)) < probability
    order = rng.permutation(n)
    path = {frozenset(pair) for pair in zip(order[1:].tolist(), order[:-1].tolist(), strict=True)}
    there |= np.array([frozenset(edge) in path for edge in edges.tolist()])
    return np.where(there, rng.uniform(0.5, 2, len(edges)), 0.0)


def smooth_signals(n: int, edges: Array, weights: Array, count: int, rng: np.random.Generator) -> Doubles:
    """Signals drawn from N(0, L⁺) on a graph, shape (n, count): neighbours have similar values.

    Raises
    ------
    InvalidInput
        As `laplacian`.
    """
    values, vectors = np.linalg.eigh(laplacian(n, edges, weights).toarray())
    scale = np.where(values > 1e-10 * values[-1], 1 / np.sqrt(np.maximum(values, 1e-300)), 0.0)
    return np.asarray((vectors * scale) @ rng.standard_normal((n, whole_number(count, "count", 1))))


def squared_distances(signals: Array) -> Doubles:
    """‖row i − row j‖² along `all_edges`, divided by the number of columns; shape (n(n−1)/2,)."""
    X = real_array("signals", signals, (None, None))
    edges = all_edges(len(X))
    return np.asarray(((X[edges[:, 0]] - X[edges[:, 1]]) ** 2).mean(axis=1))
