"""The Leja order of points: each next one as far as can be from all before it, in the product of distances.

Only doubles are multiplied, with their exponents apart, so that the order is the same on every machine.

References
----------
Reichel, The application of Leja points to Richardson iteration and polynomial preconditioning, Linear Algebra
Appl. 154–156 (1991) 389–414.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["leja_order"]

_COINCIDENT = 2.0**-26
"""What stands for the distance of a point to itself, where it is there more than once, relative to its size."""


def leja_order(points: npt.NDArray[np.complex128]) -> list[int]:
    """An order of points of the upper half plane; each that is not real stands for its conjugate too, just after it.

    Parameters
    ----------
    points : array of complex, shape (n,)
        None of them 0.

    Returns
    -------
    list of int
        The first is the largest in modulus; of equals the first in the array is taken.
    """
    x, y = points.real, points.imag
    sizes = x * x + y * y
    # squared distances to the points taken so far, and for a point off the real axis that of the pair to them
    products, exponents = np.frexp(sizes)
    left = np.ones(len(points), dtype=bool)
    order: list[int] = []
    for _ in range(len(points)):
        candidates = np.flatnonzero(left)
        top = candidates[exponents[candidates] == exponents[candidates].max()]
        chosen = int(top[np.argmax(products[top])])
        order.append(chosen)
        left[chosen] = False
        if len(order) == 1:
            products, exponents = np.ones(len(points)), np.zeros(len(points), dtype=exponents.dtype)
        dx = x - x[chosen]
        for dy in (y - y[chosen], y + y[chosen]) if y[chosen] else (y,):
            distances = dx * dx + dy * dy
            same = distances <= _COINCIDENT**2 * sizes
            products, shift = np.frexp(products * np.where(same, _COINCIDENT**2 * sizes, distances))
            exponents = exponents + shift
    return order
