"""Data poisoning: an elastic net trained on samples some of which an attacker moves, θ being how far.

The inner problem is min_x 1/(2m) ‖A'x − y‖² + α‖x‖₁ + β/2 ‖x‖², the first c rows of A' being a_i + θ_i. Its proximal
gradient map is Φ = G∘T with T(x) = x − h(A'ᵀ(A'x − y)/m + βx), a mean over samples, and G(u) = soft(u, hα).
"""

from __future__ import annotations

import numpy as np

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, positive_number, real_array
from polyunroll.problems.elastic_net import soft

__all__ = ["Poisoning"]


class Poisoning:
    """The proximal gradient map of a poisoned elastic net; a `SampledContraction`.

    Parameters
    ----------
    A
        Shape (m, n): the clean samples, the c that may be moved first.
    y
        Shape (m,): labels.
    poisoned
        c, from 1 to m.
    alpha, beta
        Penalties of ‖x‖₁ and ½‖x‖², above 0.
    shifts
        θ, shape (c·n,): what is added to the first c rows, row after row; `None` means 0.
    step
        h > 0; `None` means 2/(λ_max + λ_min) of the Hessian at these shifts. `at` keeps it.

    Raises
    ------
    InvalidInput
        If a shape does not fit, an entry is not finite, or a number is out of range.
    """

    def __init__(
        self,
        A: Array,
        y: Array,
        poisoned: int,
        alpha: float,
        beta: float,
        shifts: Array = None,
        step: float | None = None,
    ) -> None:
        self.clean = real_array("A", A, (None, None))
        m, n = self.clean.shape
        if m == 0 or n == 0:
            raise InvalidInput(f"A has shape {self.clean.shape}; allowed is at least one sample and one feature")
        self.y = real_array("y", y, (m,))
        self.poisoned = whole_number(poisoned, "poisoned", 1)
        if self.poisoned > m:
            raise InvalidInput(f"poisoned = {self.poisoned} is more than the {m} samples")
        self.alpha, self.beta = positive_number("alpha", alpha), positive_number("beta", beta)
        c = self.poisoned
        self.shifts = real_array("shifts", np.zeros(c * n) if shifts is None else shifts, (c * n,))
        self.A: Doubles = np.array(self.clean)
        self.A[:c] += self.shifts.reshape(c, n)
        values = np.zeros(n)
        found = np.linalg.svd(self.A, compute_uv=False) ** 2 / m
        values[: len(found)] = found
        values += self.beta
        self.step = float(2 / (values.max() + values.min())) if step is None else positive_number("step", step)
        self.modulus = float(np.abs(1 - self.step * values).max())

    @property
    def dimension(self) -> int:
        """Number n of features."""
        return int(self.A.shape[1])

    @property
    def parameters(self) -> int:
        """Number c·n of entries that may be moved."""
        return len(self.shifts)

    @property
    def samples(self) -> int:
        """Number m of samples."""
        return len(self.y)

    @property
    def outer(self) -> Doubles:
        """The shifts, shape (c·n,)."""
        return self.shifts

    def at(self, outer: Array) -> Poisoning:
        """Take the same data and step at other shifts, shape (c·n,)."""
        return Poisoning(self.clean, self.y, self.poisoned, self.alpha, self.beta, outer, self.step)

    # -- samples of T --------------------------------------------------------------------------
    def sampled_map(self, x: Array, batch: Array) -> Array:
        """Give x − h(mean over the batch of a'(a'ᵀx − y) + βx)."""
        rows = self.A[batch]
        gradient = rows.T @ (rows @ x - self.y[batch]) / len(batch)
        return x - self.step * (gradient + self.beta * x)

    def sampled_vjp(self, x: Array, w: Array, batch: Array) -> Array:
        """Give w − h(mean over the batch of a'a'ᵀw + βw)."""
        rows = self.A[batch]
        return w - self.step * (rows.T @ (rows @ w) / len(batch) + self.beta * w)

    def sampled_parameter_vjp(self, x: Array, w: Array, batch: Array) -> Array:
        """−h times the mean over the batch of (a'ᵀx − y)w + (a'ᵀw)x, for each row that may be moved."""
        counts = np.bincount(batch, minlength=self.samples)[: self.poisoned]
        rows = self.A[: self.poisoned]
        residual, image = rows @ x - self.y[: self.poisoned], rows @ w
        found = counts[:, None] * (np.outer(residual, w) + np.outer(image, x))
        return np.asarray(-self.step * found.reshape(-1) / len(batch))

    def last_vjp(self, u: Array, w: Array) -> Array:
        """Keep w on the entries that the soft threshold does not set to 0."""
        return (np.abs(u) > self.step * self.alpha) * w

    def last_parameter_vjp(self, u: Array, w: Array) -> Array:
        """0: the threshold does not depend on the shifts."""
        return np.zeros(self.parameters)

    # -- Φ = G∘T -------------------------------------------------------------------------------
    def _all(self) -> Array:
        return np.arange(self.samples)

    def _before(self, x: Array) -> Doubles:
        return np.asarray(self.sampled_map(x, self._all()))

    def support(self, x: Array) -> Array:
        """Where Φ(x) is not 0: a boolean array of shape (n,)."""
        return np.abs(self._before(x)) > self.step * self.alpha

    def map(self, x: Array) -> Array:
        """Φ(x)."""
        return soft(self._before(x), self.step * self.alpha)

    def jvp(self, x: Array, v: Array) -> Array:
        """∂_xΦ v, of the shape of v."""
        image = self.A.T @ (self.A @ v) / self.samples + self.beta * v
        return (self.support(x) * (v - self.step * image).T).T

    def vjp(self, x: Array, u: Array) -> Array:
        """∂_xΦᵀ u."""
        return self.sampled_vjp(x, self.support(x) * u, self._all())

    def parameter_jacobian(self, x: Array) -> Array:
        """∂_θΦ, shape (n, c·n): blocks −(h/m) D ((a'ᵀx − y) I + a' xᵀ)."""
        n, rows = self.dimension, self.A[: self.poisoned]
        residual = rows @ x - self.y[: self.poisoned]
        blocks = residual[:, None, None] * np.eye(n) + rows[:, :, None] * x
        whole = -self.step / self.samples * np.moveaxis(blocks, 0, 1).reshape(n, -1)
        return self.support(x)[:, None] * whole

    def parameter_vjp(self, x: Array, u: Array) -> Array:
        """∂_θΦᵀ u, shape (c·n,)."""
        return self.sampled_parameter_vjp(x, self.support(x) * u, self._all())
