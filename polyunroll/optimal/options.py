"""The command line's method minimax: the best polynomial for a horizon, or the best under one of three conditions."""

from __future__ import annotations

from collections.abc import Mapping

from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.methods.partial_sums import base_named
from polyunroll.optimal.constrained_sequence import MinimaxSequence
from polyunroll.optimal.constrained_steps import best_steps
from polyunroll.optimal.minimax import Minimax, horizon
from polyunroll.spectrum import Spectrum

__all__ = ["minimax_from_options"]

_CONDITIONS = (("max-residual",), ("no-burn-in", "peak"), ("real-roots",))
"""The options of each condition; at most one condition is allowed."""


def minimax_from_options(spectrum: Spectrum, options: Mapping[str, str]) -> Method:
    """The method of --horizon, -R, -G and --split, and of the options of one condition.

    Parameters
    ----------
    spectrum : Spectrum
    options : mapping of str to str
        max-residual; no-burn-in or peak, and base; real-roots. Of a flag any text means that it is given.

    Returns
    -------
    Method
        A `Minimax`, a `MinimaxSequence`, or the gradient descent of `best_steps`.

    Raises
    ------
    InvalidInput
        If they do not go together, or one is not allowed.
    ExchangeFailed, LinearProgramFailed
        If the search fails.
    """
    given = [[name for name in names if name in options] for names in _CONDITIONS]
    used = [names[0] for names in given if names]
    if len(used) > 1:
        raise InvalidInput(f"--{used[0]} and --{used[1]} do not go together; give one of them")
    if "no-burn-in" in options and "peak" in options:
        raise InvalidInput("--no-burn-in and --peak do not go together: no burn-in is a peak of R, what the start has")
    if "base" in options and not given[1]:
        raise InvalidInput("--base is of a method that is kept in check at every step; give --no-burn-in or --peak too")
    if used in ([], ["max-residual"]):
        return Minimax.from_options(spectrum, options)
    T = horizon(options)
    how = (options.get("R", "1"), options.get("G", "0"), options.get("split", "total"))
    if used == ["real-roots"]:
        return best_steps(spectrum, T, *how).method
    base = base_named(options["base"], spectrum) if "base" in options else None
    return MinimaxSequence(spectrum, T, *how, peak=options.get("peak"), base=base)
