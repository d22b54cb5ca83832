"""Problems to run methods on: the oracle protocol, quadratics, ridge regression and real data."""

from __future__ import annotations

from polyunroll.problems.datasets import Dataset, load, theta_for_condition
from polyunroll.problems.oracle import Calls, CountingOracle, Oracle
from polyunroll.problems.prediction import Predictor, jacobian_error
from polyunroll.problems.quadratic import Quadratic, QuadraticProblem
from polyunroll.problems.ridge import Ridge, RidgePenalty, RidgeSampleWeights
from polyunroll.problems.worst_case import error_bound

__all__ = [
    "Calls",
    "CountingOracle",
    "Dataset",
    "Oracle",
    "Predictor",
    "Quadratic",
    "QuadraticProblem",
    "Ridge",
    "RidgePenalty",
    "RidgeSampleWeights",
    "error_bound",
    "jacobian_error",
    "load",
    "theta_for_condition",
]
