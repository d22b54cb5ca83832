"""Tasks for learning a start: the outer parameter is where the inner loop begins.

On these tasks every inner loss is a quadratic, so that the exact gradient of the whole procedure is known, and with
it how far the first-order one is from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.problems.bilevel import Bilevel, Loss, ValidationLoss
from polyunroll.problems.checks import Array, Doubles, positive_number, real_array
from polyunroll.problems.quadratic import QuadraticProblem

__all__ = ["LineTasks", "SinusoidTasks"]


class LineTasks:
    """Tasks on the line: L_i(φ) = ½ a_i (φ − c_i)² inside and outside, equally likely.

    After r steps of gradient descent with step α the outer loss is ½ a_i (1 − αa_i)^2r (θ − c_i)², so the best start
    is a mean of the c_i with weights a_i(1 − αa_i)^2r; the first-order gradients vanish at the mean with weights
    a_i(1 − αa_i)^r instead.

    Parameters
    ----------
    curvatures
        a_i > 0, shape (k,).
    centres
        c_i, shape (k,).

    Raises
    ------
    InvalidInput
        If the shapes do not fit or a curvature is not above 0.
    """

    def __init__(self, curvatures: Array, centres: Array) -> None:
        self.a = real_array("curvatures", curvatures, (None,))
        self.c = real_array("centres", centres, self.a.shape)
        if len(self.a) == 0 or self.a.min() <= 0:
            raise InvalidInput(f"curvatures are {self.a}; allowed are one or more numbers above 0")

    def task(self, i: int) -> Bilevel:
        """Task i, its inner problem having no outer parameter but its start."""
        a, c = float(self.a[i]), float(self.c[i])
        quadratic = QuadraticProblem(np.array([[a]]), np.array([-a * c]))
        loss = Loss(lambda x, theta: a * float(x[0] - c) ** 2 / 2, lambda x, theta: a * (x - c))
        return Bilevel(lambda theta: quadratic, loss)

    def best_start(self, step: float, steps: int, power: int = 2) -> float:
        """The start with the least mean outer loss; with power = 1, where the mean first-order gradient is 0."""
        weights = self.a * (1 - step * self.a) ** (power * steps)
        return float(weights @ self.c / weights.sum())


@dataclass(frozen=True)
class SinusoidTasks:
    """Regression on y = A sin(x + φ), a task for each amplitude A and phase φ, with few samples.

    The model is linear in Gaussian bumps on [−5, 5]; inside it is fitted to `shots` noiseless samples by least squares
    with a small penalty, outside it is judged on as many other ones.

    Attributes
    ----------
    features : int
        n, the number of bumps.
    shots : int
        Samples of the inner problem, and as many of the outer loss.
    penalty : float
        Of ½‖x‖² inside, above 0.
    """

    features: int = 40
    shots: int = 10
    penalty: float = 1e-3

    def __post_init__(self) -> None:
        whole_number(self.features, "features", 2)
        whole_number(self.shots, "shots", 1)
        positive_number("penalty", self.penalty)

    def bumps(self, points: Array) -> Doubles:
        """The features at points of shape (k,): shape (k, n)."""
        centres = np.linspace(-5, 5, self.features)
        return np.asarray(np.exp(-((np.asarray(points)[:, None] - centres) ** 2) / 2))

    def largest_eigenvalue(self) -> float:
        """A bound on the eigenvalues of every inner Hessian: the largest ‖bumps‖² plus the penalty."""
        rows = self.bumps(np.linspace(-5, 5, 2001))
        return float(1.01 * np.max(np.sum(rows**2, axis=1)) + self.penalty)

    def draw(self, rng: np.random.Generator) -> Bilevel:
        """A task with A in [0.1, 5] and φ in [0, π], drawn uniformly."""
        amplitude, phase = rng.uniform(0.1, 5), rng.uniform(0, np.pi)
        points = rng.uniform(-5, 5, (2, self.shots))
        inside, outside = (self.bumps(row) for row in points)
        y_in, y_out = amplitude * np.sin(points + phase)
        H = inside.T @ inside / self.shots + self.penalty * np.eye(self.features)
        quadratic = QuadraticProblem(H, -inside.T @ y_in / self.shots)
        return Bilevel(lambda theta: quadratic, ValidationLoss(outside, y_out))
