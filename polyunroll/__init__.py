"""polyunroll: residual polynomials, Jacobian-error bounds and solvers for unrolled differentiation.

Public names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from polyunroll import hypergradient as hypergradient
    from polyunroll import measures as measures
    from polyunroll import problems as problems
    from polyunroll.advice.advise import advise as advise
    from polyunroll.advice.answer import Advice as Advice
    from polyunroll.bounds.average import average_case as average_case
    from polyunroll.bounds.burn_in import BurnIn as BurnIn
    from polyunroll.bounds.burn_in import burn_in as burn_in
    from polyunroll.bounds.burn_in import steps_to as steps_to
    from polyunroll.bounds.check_burn_in import check_certificate as check_certificate
    from polyunroll.bounds.enclosure import Enclosure as Enclosure
    from polyunroll.bounds.enclosure import TooWide as TooWide
    from polyunroll.bounds.enclosure import UndecidedComparison as UndecidedComparison
    from polyunroll.bounds.rate import Rate as Rate
    from polyunroll.bounds.rate import rate as rate
    from polyunroll.bounds.sampled import Sampled as Sampled
    from polyunroll.bounds.sampled import sampled_worst_case as sampled_worst_case
    from polyunroll.bounds.worst_case import worst_case as worst_case
    from polyunroll.claims.claim import Claim as Claim
    from polyunroll.claims.claim import Sequences as Sequences
    from polyunroll.claims.verify import Verdict as Verdict
    from polyunroll.claims.verify import verify as verify
    from polyunroll.codegen.generate import Source as Source
    from polyunroll.codegen.generate import generate as generate
    from polyunroll.errors import HorizonError as HorizonError
    from polyunroll.errors import InvalidInput as InvalidInput
    from polyunroll.errors import NotCommuting as NotCommuting
    from polyunroll.errors import OutsideField as OutsideField
    from polyunroll.errors import PolyunrollError as PolyunrollError
    from polyunroll.interpret.derive import recurrence as recurrence
    from polyunroll.interpret.derive import residual as residual
    from polyunroll.interpret.jets import DividedDifferences as DividedDifferences
    from polyunroll.interpret.jets import jets as jets
    from polyunroll.interpret.series import chebyshev_series as chebyshev_series
    from polyunroll.interpret.vectors import Run as Run
    from polyunroll.interpret.vectors import run as run
    from polyunroll.jacobian import jacobian_error as jacobian_error
    from polyunroll.methods.base import Method as Method
    from polyunroll.methods.chebyshev import Chebyshev as Chebyshev
    from polyunroll.methods.chebyshev_series import FixedPolynomial as FixedPolynomial
    from polyunroll.methods.gradient_descent import GradientDescent as GradientDescent
    from polyunroll.methods.heavy_ball import HeavyBall as HeavyBall
    from polyunroll.methods.jacobi import Jacobi as Jacobi
    from polyunroll.methods.jacobian_kernel import JacobianKernel as JacobianKernel
    from polyunroll.methods.nesterov import Nesterov as Nesterov
    from polyunroll.methods.partial_sums import PartialSums as PartialSums
    from polyunroll.methods.sobolev import Sobolev as Sobolev
    from polyunroll.methods.unrolled_cg import UnrolledCG as UnrolledCG
    from polyunroll.optimal.compare import Comparison as Comparison
    from polyunroll.optimal.compare import compare as compare
    from polyunroll.optimal.constrained_sequence import MinimaxSequence as MinimaxSequence
    from polyunroll.optimal.constrained_steps import BestSteps as BestSteps
    from polyunroll.optimal.constrained_steps import best_steps as best_steps
    from polyunroll.optimal.exchange import ExchangeFailed as ExchangeFailed
    from polyunroll.optimal.exchange import LinearProgramFailed as LinearProgramFailed
    from polyunroll.optimal.frontier import BestStep as BestStep
    from polyunroll.optimal.frontier import FrontierPoint as FrontierPoint
    from polyunroll.optimal.frontier import best_step as best_step
    from polyunroll.optimal.frontier import step_frontier as step_frontier
    from polyunroll.optimal.gap import MinimaxGap as MinimaxGap
    from polyunroll.optimal.gap import minimax_gap as minimax_gap
    from polyunroll.optimal.minimax import Minimax as Minimax
    from polyunroll.optimal.tuning import Tuned as Tuned
    from polyunroll.optimal.tuning import tune as tune
    from polyunroll.report import plot as plot
    from polyunroll.schedules.base import Schedule as Schedule
    from polyunroll.schedules.make import schedule as schedule
    from polyunroll.schedules.read import read_schedule as read_schedule
    from polyunroll.spectrum import Spectrum as Spectrum

_PUBLIC = {
    "Advice": "polyunroll.advice.answer",
    "BestStep": "polyunroll.optimal.frontier",
    "BestSteps": "polyunroll.optimal.constrained_steps",
    "BurnIn": "polyunroll.bounds.burn_in",
    "Chebyshev": "polyunroll.methods.chebyshev",
    "Claim": "polyunroll.claims.claim",
    "Comparison": "polyunroll.optimal.compare",
    "DividedDifferences": "polyunroll.interpret.jets",
    "Enclosure": "polyunroll.bounds.enclosure",
    "ExchangeFailed": "polyunroll.optimal.exchange",
    "FixedPolynomial": "polyunroll.methods.chebyshev_series",
    "FrontierPoint": "polyunroll.optimal.frontier",
    "GradientDescent": "polyunroll.methods.gradient_descent",
    "HeavyBall": "polyunroll.methods.heavy_ball",
    "HorizonError": "polyunroll.errors",
    "InvalidInput": "polyunroll.errors",
    "Jacobi": "polyunroll.methods.jacobi",
    "JacobianKernel": "polyunroll.methods.jacobian_kernel",
    "LinearProgramFailed": "polyunroll.optimal.exchange",
    "Method": "polyunroll.methods.base",
    "Minimax": "polyunroll.optimal.minimax",
    "MinimaxGap": "polyunroll.optimal.gap",
    "MinimaxSequence": "polyunroll.optimal.constrained_sequence",
    "Nesterov": "polyunroll.methods.nesterov",
    "NotCommuting": "polyunroll.errors",
    "OutsideField": "polyunroll.errors",
    "PartialSums": "polyunroll.methods.partial_sums",
    "PolyunrollError": "polyunroll.errors",
    "Rate": "polyunroll.bounds.rate",
    "Run": "polyunroll.interpret.vectors",
    "Sampled": "polyunroll.bounds.sampled",
    "Schedule": "polyunroll.schedules.base",
    "Sequences": "polyunroll.claims.claim",
    "Sobolev": "polyunroll.methods.sobolev",
    "Source": "polyunroll.codegen.generate",
    "Spectrum": "polyunroll.spectrum",
    "TooWide": "polyunroll.bounds.enclosure",
    "Tuned": "polyunroll.optimal.tuning",
    "UndecidedComparison": "polyunroll.bounds.enclosure",
    "UnrolledCG": "polyunroll.methods.unrolled_cg",
    "Verdict": "polyunroll.claims.verify",
    "advise": "polyunroll.advice.advise",
    "average_case": "polyunroll.bounds.average",
    "best_step": "polyunroll.optimal.frontier",
    "best_steps": "polyunroll.optimal.constrained_steps",
    "burn_in": "polyunroll.bounds.burn_in",
    "chebyshev_series": "polyunroll.interpret.series",
    "check_certificate": "polyunroll.bounds.check_burn_in",
    "compare": "polyunroll.optimal.compare",
    "generate": "polyunroll.codegen.generate",
    "jacobian_error": "polyunroll.jacobian",
    "jets": "polyunroll.interpret.jets",
    "minimax_gap": "polyunroll.optimal.gap",
    "rate": "polyunroll.bounds.rate",
    "read_schedule": "polyunroll.schedules.read",
    "recurrence": "polyunroll.interpret.derive",
    "residual": "polyunroll.interpret.derive",
    "run": "polyunroll.interpret.vectors",
    "sampled_worst_case": "polyunroll.bounds.sampled",
    "schedule": "polyunroll.schedules.make",
    "step_frontier": "polyunroll.optimal.frontier",
    "steps_to": "polyunroll.bounds.burn_in",
    "tune": "polyunroll.optimal.tuning",
    "verify": "polyunroll.claims.verify",
    "worst_case": "polyunroll.bounds.worst_case",
}
_MODULES = {
    "hypergradient": "polyunroll.hypergradient",
    "measures": "polyunroll.measures",
    "plot": "polyunroll.report.plot",
    "problems": "polyunroll.problems",
}

__all__ = [*_PUBLIC, *_MODULES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'polyunroll' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
