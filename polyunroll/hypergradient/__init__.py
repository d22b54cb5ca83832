"""Estimators of hypergradients that run on problems, each with its costs and, on quadratics, its exact error."""

from __future__ import annotations

from polyunroll.hypergradient.aid import aid
from polyunroll.hypergradient.conjugate_gradients import cg_coefficients
from polyunroll.hypergradient.failures import NotConverged, NotFinite
from polyunroll.hypergradient.fom import adaptive_ufom, fom, ufom
from polyunroll.hypergradient.itd import itd
from polyunroll.hypergradient.nsid import nsid
from polyunroll.hypergradient.probability import Probability, best_probability
from polyunroll.hypergradient.result import Costs, Prediction, Result
from polyunroll.hypergradient.split import Split, best_split
from polyunroll.hypergradient.truncated import truncated

__all__ = [
    "Costs",
    "NotConverged",
    "NotFinite",
    "Prediction",
    "Probability",
    "Result",
    "Split",
    "adaptive_ufom",
    "aid",
    "best_probability",
    "best_split",
    "cg_coefficients",
    "fom",
    "itd",
    "nsid",
    "truncated",
    "ufom",
]
