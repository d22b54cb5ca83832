"""polyunroll: residual polynomials, Jacobian-error bounds and solvers for unrolled differentiation.

Public names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from polyunroll import measures as measures
    from polyunroll import problems as problems
    from polyunroll.bounds.burn_in import BurnIn as BurnIn
    from polyunroll.bounds.burn_in import burn_in as burn_in
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
    from polyunroll.errors import HorizonError as HorizonError
    from polyunroll.errors import InvalidInput as InvalidInput
    from polyunroll.errors import NotCommuting as NotCommuting
    from polyunroll.errors import OutsideField as OutsideField
    from polyunroll.errors import PolyunrollError as PolyunrollError
    from polyunroll.interpret.derive import recurrence as recurrence
    from polyunroll.interpret.derive import residual as residual
    from polyunroll.interpret.jets import jets as jets
    from polyunroll.interpret.series import chebyshev_series as chebyshev_series
    from polyunroll.interpret.vectors import Run as Run
    from polyunroll.interpret.vectors import run as run
    from polyunroll.jacobian import jacobian_error as jacobian_error
    from polyunroll.methods.base import Method as Method
    from polyunroll.methods.chebyshev import Chebyshev as Chebyshev
    from polyunroll.methods.gradient_descent import GradientDescent as GradientDescent
    from polyunroll.methods.heavy_ball import HeavyBall as HeavyBall
    from polyunroll.methods.nesterov import Nesterov as Nesterov
    from polyunroll.methods.sobolev import Sobolev as Sobolev
    from polyunroll.schedules.program import schedule as schedule
    from polyunroll.spectrum import Spectrum as Spectrum

_PUBLIC = {
    "BurnIn": "polyunroll.bounds.burn_in",
    "Chebyshev": "polyunroll.methods.chebyshev",
    "Claim": "polyunroll.claims.claim",
    "Enclosure": "polyunroll.bounds.enclosure",
    "GradientDescent": "polyunroll.methods.gradient_descent",
    "HeavyBall": "polyunroll.methods.heavy_ball",
    "HorizonError": "polyunroll.errors",
    "InvalidInput": "polyunroll.errors",
    "Method": "polyunroll.methods.base",
    "Nesterov": "polyunroll.methods.nesterov",
    "NotCommuting": "polyunroll.errors",
    "OutsideField": "polyunroll.errors",
    "PolyunrollError": "polyunroll.errors",
    "Rate": "polyunroll.bounds.rate",
    "Run": "polyunroll.interpret.vectors",
    "Sampled": "polyunroll.bounds.sampled",
    "Sequences": "polyunroll.claims.claim",
    "Sobolev": "polyunroll.methods.sobolev",
    "Spectrum": "polyunroll.spectrum",
    "TooWide": "polyunroll.bounds.enclosure",
    "UndecidedComparison": "polyunroll.bounds.enclosure",
    "Verdict": "polyunroll.claims.verify",
    "burn_in": "polyunroll.bounds.burn_in",
    "chebyshev_series": "polyunroll.interpret.series",
    "jacobian_error": "polyunroll.jacobian",
    "jets": "polyunroll.interpret.jets",
    "rate": "polyunroll.bounds.rate",
    "recurrence": "polyunroll.interpret.derive",
    "residual": "polyunroll.interpret.derive",
    "run": "polyunroll.interpret.vectors",
    "sampled_worst_case": "polyunroll.bounds.sampled",
    "schedule": "polyunroll.schedules.program",
    "verify": "polyunroll.claims.verify",
    "worst_case": "polyunroll.bounds.worst_case",
}
_ROOMS = ("measures", "problems")

__all__ = [*_PUBLIC, *_ROOMS]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"polyunroll.{name}")
    if name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'polyunroll' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
