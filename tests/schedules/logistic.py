"""Logistic regression on real data, on which polyunroll's methods run though no bound of theirs holds.

f(x) = mean_i log(1 + exp(−y_i a_iᵀx)) + θ/2 ‖x‖², y_i = ±1. Its Hessian Aᵀdiag(s(1−s))A/m + θI, s = 1/(1+exp(−Ax)),
lies between θI and (λ_max(AᵀA/m)/4 + θ)I everywhere: that interval is the spectrum the methods are given.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import polyunroll as pu
from polyunroll.problems.oracle import CountingOracle


class Logistic(CountingOracle):
    """The breast_cancer data, standardised; the outer parameter is θ."""

    def __init__(self, theta: float = 1 / 64) -> None:
        data = pu.problems.load("breast_cancer", standardise_labels=False)
        self.A, self.y, self.theta = data.A, 2 * data.y - 1, theta

    @property
    def dimension(self) -> int:
        return self.A.shape[1]

    @property
    def parameters(self) -> int:
        return 1

    def _gradient(self, x):
        return -self.A.T @ (self.y / (1 + np.exp(self.y * (self.A @ x)))) / len(self.y) + self.theta * x

    def _hvp(self, x, v):
        s = 1 / (1 + np.exp(-(self.A @ x)))
        weights = s * (1 - s) / len(s)
        return self.A.T @ ((weights if v.ndim == 1 else weights[:, None]) * (self.A @ v)) + self.theta * v

    def _cross(self, x):
        return x[:, None]

    def spectrum(self) -> pu.Spectrum:
        """[θ, L], L a little rounded up."""
        largest = np.linalg.norm(self.A, 2) ** 2 / len(self.y) / 4 + self.theta
        return pu.Spectrum(Fraction(self.theta), Fraction(int(largest * 1024) + 1, 1024))

    def spectrum_at(self, x) -> pu.Spectrum:
        """The Hessian's spectrum at a point, a little widened."""
        values = np.linalg.eigvalsh(self.hvp(x, np.eye(self.dimension)))
        low, high = int(values[0] * 65536) - 1, int(values[-1] * 1024) + 1
        return pu.Spectrum(Fraction(low, 65536), Fraction(high, 1024))

    def solution(self) -> np.ndarray:
        """The minimum, by Newton's method."""
        x = np.zeros(self.dimension)
        for _ in range(50):
            x = x - np.linalg.solve(self.hvp(x, np.eye(self.dimension)), self.gradient(x))
        assert np.linalg.norm(self.gradient(x)) < 1e-14
        return x
