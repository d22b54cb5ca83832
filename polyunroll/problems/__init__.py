"""Problems to run methods on: what a problem is, quadratics, regressions, few-shot tasks and real data."""

from __future__ import annotations

from polyunroll.problems.automatic import jax_problem, torch_problem
from polyunroll.problems.bilevel import Bilevel, LinearLoss, Loss, OuterLoss, SquaredDistance, ValidationLoss
from polyunroll.problems.callables import FunctionContraction, FunctionOracle
from polyunroll.problems.contraction import Contraction, SampledContraction
from polyunroll.problems.datasets import Dataset, load, load_image, theta_for_condition
from polyunroll.problems.elastic_net import ElasticNet, Lasso
from polyunroll.problems.family import QuadraticFamily
from polyunroll.problems.few_shot import LineTasks, SinusoidTasks
from polyunroll.problems.graph_laplacian import GraphPenalty, GraphWeights
from polyunroll.problems.graph_learning import GraphLearning
from polyunroll.problems.graph_total_variation import GraphTotalVariation
from polyunroll.problems.logistic import LogisticLoss, LogisticPenalty, LogisticSampleWeights
from polyunroll.problems.oracle import Calls, CountingOracle, Oracle
from polyunroll.problems.poisoning import Poisoning
from polyunroll.problems.prediction import Predictor, jacobian_error
from polyunroll.problems.quadratic import Quadratic, QuadraticProblem
from polyunroll.problems.ridge import Ridge, RidgePenalty, RidgeSampleWeights
from polyunroll.problems.ridge_features import RidgeFeaturePenalties
from polyunroll.problems.worst_case import error_bound

__all__ = [
    "Bilevel",
    "Calls",
    "Contraction",
    "CountingOracle",
    "Dataset",
    "ElasticNet",
    "FunctionContraction",
    "FunctionOracle",
    "GraphLearning",
    "GraphPenalty",
    "GraphTotalVariation",
    "GraphWeights",
    "Lasso",
    "LineTasks",
    "LinearLoss",
    "LogisticLoss",
    "LogisticPenalty",
    "LogisticSampleWeights",
    "Loss",
    "Oracle",
    "OuterLoss",
    "Poisoning",
    "Predictor",
    "Quadratic",
    "QuadraticFamily",
    "QuadraticProblem",
    "Ridge",
    "RidgeFeaturePenalties",
    "RidgePenalty",
    "RidgeSampleWeights",
    "SampledContraction",
    "SinusoidTasks",
    "SquaredDistance",
    "ValidationLoss",
    "error_bound",
    "jacobian_error",
    "jax_problem",
    "load",
    "load_image",
    "theta_for_condition",
    "torch_problem",
]
