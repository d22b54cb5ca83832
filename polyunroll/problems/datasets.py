"""Small real data sets that come with scikit-learn, ready for ridge regression.

scikit-learn is imported by `load` alone, so the rest of the room works without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, positive_number, real_array

NAMES = ("breast_cancer", "diabetes", "digits")
"""The data sets `load` knows."""

IMAGES = ("china", "flower")
"""The pictures `load_image` knows."""


@dataclass(frozen=True)
class Dataset:
    """A data set.

    Attributes
    ----------
    name
        One of `NAMES`.
    A
        Shape (m, n): one row for each sample.
    y
        Shape (m,): labels.
    dropped
        Columns of the original features that are constant and were left out.
    message
        One sentence that says which columns were left out; empty where none were.
    """

    name: str
    A: Doubles
    y: Doubles
    dropped: tuple[int, ...]
    message: str

    @property
    def rows(self) -> int:
        """Number m of samples."""
        return len(self.A)

    @property
    def columns(self) -> int:
        """Number n of features."""
        return int(self.A.shape[1])

    @cached_property
    def spectrum(self) -> Doubles:
        """The n eigenvalues of AᵀA/m, ascending."""
        values = np.zeros(self.columns)
        found = np.linalg.svd(self.A, compute_uv=False)[::-1] ** 2 / self.rows
        values[self.columns - len(found) :] = found
        return values

    def __str__(self) -> str:
        low, high = self.spectrum[[0, -1]]
        left_out = f", {len(self.dropped)} constant columns left out" if self.dropped else ""
        return f"{self.name}: {self.rows} rows, {self.columns} columns{left_out}, AᵀA/m in [{low:.6g}, {high:.6g}]"


def load_image(name: str, rows: int, columns: int) -> Doubles:
    """Load one of scikit-learn's pictures in grey, made smaller by means over blocks.

    Parameters
    ----------
    name
        ``"china"`` or ``"flower"``, 427 × 640 pixels each.
    rows, columns
        The size wanted, at most that of the picture; what does not fit whole blocks is cut off below and right.

    Returns
    -------
    ndarray
        Shape (rows, columns), from 0 (black) to 1 (white): the mean of the three colours. The spectrum of its pixel
        grid is `graphs.grid_spectrum(rows, columns)`.

    Raises
    ------
    InvalidInput
        If the name is unknown or the size too large.
    ImportError
        If scikit-learn or Pillow is not installed.
    """
    if name not in IMAGES:
        raise InvalidInput(f"picture {name!r} is unknown; allowed are {', '.join(IMAGES)}")
    try:
        from sklearn.datasets import load_sample_image

        picture = load_sample_image(f"{name}.jpg")
    except ImportError:
        raise ImportError(
            "polyunroll.problems.load_image needs scikit-learn and Pillow; install them with "
            'pip install "polyunroll[demo]"'
        ) from None
    grey = picture.mean(axis=2) / 255
    rows, columns = whole_number(rows, "rows", 1), whole_number(columns, "columns", 1)
    down, right = grey.shape[0] // rows, grey.shape[1] // columns
    if down == 0 or right == 0:
        raise InvalidInput(
            f"the size {rows} × {columns} is larger than the picture's, {grey.shape[0]} × {grey.shape[1]}"
        )
    blocks = grey[: rows * down, : columns * right].reshape(rows, down, columns, right)
    return np.asarray(blocks.mean(axis=(1, 3)))


def load(name: str, *, standardise: bool = True, standardise_labels: bool | None = None) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name
        ``"breast_cancer"`` (569 × 30, labels 0 and 1), ``"diabetes"`` (442 × 10, a measured quantity) or
        ``"digits"`` (1797 × 64, labels 0 to 9).
    standardise
        Give every feature mean 0 and standard deviation 1 (of the population: divided by m), leaving out
        constant features. With `False` the features are those measured, constant ones included.
    standardise_labels
        The same for the labels; `None` means as `standardise`.

    Returns
    -------
    Dataset

    Raises
    ------
    InvalidInput
        If the name is unknown.
    ImportError
        If scikit-learn is not installed.
    """
    if name not in NAMES:
        raise InvalidInput(f"data set {name!r} is unknown; allowed are {', '.join(NAMES)}")
    try:
        from sklearn import datasets as sources
    except ImportError:
        raise ImportError(
            'polyunroll.problems.load needs scikit-learn; install it with pip install "polyunroll[demo]"'
        ) from None
    options = {"scaled": False} if name == "diabetes" else {}
    features, labels = getattr(sources, f"load_{name}")(return_X_y=True, **options)
    A, y = real_array("A", features, (None, None)), real_array("y", labels, (None,))
    dropped: tuple[int, ...] = ()
    message = ""
    if standardise:
        constant = np.ptp(A, axis=0) == 0
        dropped = tuple(int(i) for i in np.flatnonzero(constant))
        A = _standardised(A[:, ~constant])
        if dropped:
            columns = ", ".join(str(i) for i in dropped)
            message = f"{name}: left out the feature columns {columns}, which are constant."
    if standardise if standardise_labels is None else standardise_labels:
        y = _standardised(y)
    return Dataset(name, A, y, dropped, message)


def theta_for_condition(A: Array, condition: float) -> float:
    """Find the ridge penalty θ > 0 that gives H = AᵀA/m + θI a wanted condition number.

    Parameters
    ----------
    A
        Shape (m, n).
    condition
        Wanted (λ_max + θ)/(λ_min + θ), above 1 and below the condition number λ_max/λ_min of AᵀA/m, which a
        penalty can only lower.

    Returns
    -------
    float
        θ = (λ_max − condition·λ_min)/(condition − 1).

    Raises
    ------
    InvalidInput
        If A is not a finite matrix with a nonzero entry, or no θ > 0 gives that condition number.
    """
    A = real_array("A", A, (None, None))
    m, n = A.shape
    if A.size == 0 or not A.any():
        raise InvalidInput(f"A of shape {A.shape} has no nonzero entry; allowed is a matrix that has one")
    values = np.linalg.svd(A, compute_uv=False) ** 2 / m
    largest, least = float(values[0]), float(values[-1]) if m >= n else 0.0
    own = largest / least if least > 0 else np.inf
    condition = positive_number("condition", condition)
    if not 1 < condition < own:
        raise InvalidInput(
            f"condition is {condition}; allowed is a number strictly between 1 and {own:.6g}, the condition "
            "number of AᵀA/m, because a ridge penalty can only lower it"
        )
    return (largest - condition * least) / (condition - 1)


def _standardised(values: Doubles) -> Doubles:
    result: Doubles = (values - values.mean(axis=0)) / values.std(axis=0)
    result.flags.writeable = False
    return result
