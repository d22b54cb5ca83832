"""Finding claims and deciding them."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from polyunroll.claims.claim import Claim
from polyunroll.claims.render import scope
from polyunroll.claims.search import decide
from polyunroll.errors import InvalidInput

__all__ = ["ENTRY_POINTS", "Verdict", "claims", "no_such", "verify"]

ENTRY_POINTS = "polyunroll.proofs"
"""Third parties name a package of proofs under this group of entry points."""


@dataclass(frozen=True)
class Verdict:
    """What the kernel says of a claim.

    Attributes
    ----------
    verdict : {"PROVED", "REFUTED", "UNDECIDED"}
    scope : str
        "all t", "all t >= N", "t <= N" or "t = N": what the claim is about.
    reason : str
        The counterexample, or what could not be verified; empty when proved.
    hypotheses : tuple of str
        What programs divide by, where that is not proved to be ≠ 0.
    axioms : tuple of str
        The textbook theorems that the proof, or one that it cites, uses.
    cites : tuple of str
        The ids of the claims that the proof cites.
    seconds : float
    """

    verdict: str
    scope: str
    reason: str
    hypotheses: tuple[str, ...]
    axioms: tuple[str, ...]
    cites: tuple[str, ...]
    seconds: float

    def __bool__(self) -> bool:
        return self.verdict == "PROVED"


def _modules() -> Iterator[str]:
    packages = ["proofs", *(point.value for point in entry_points(group=ENTRY_POINTS))]
    for package in packages:
        for module in iter_modules(import_module(package).__path__):
            if not module.name.startswith("_"):
                yield f"{package}.{module.name}"


@cache
def claims() -> dict[str, Claim]:
    """Every claim by its id: one a file, discovered in `proofs` and in packages named by entry points.

    Raises
    ------
    InvalidInput
        If a file has no CLAIM, or two have one id.
    """
    found: dict[str, Claim] = {}
    for name in _modules():
        claim = getattr(import_module(name), "CLAIM", None)
        if not isinstance(claim, Claim):
            raise InvalidInput(f"{name} has no CLAIM; a file of proofs defines CLAIM = Claim(...)")
        if claim.id in found:
            raise InvalidInput(f"two claims have the id {claim.id!r}; ids must differ")
        found[claim.id] = claim
    return dict(sorted(found.items()))


def no_such(pattern: str, known: Iterable[str]) -> str:
    """What to say of a pattern that matches no claim: the ids that look like it, or how to see them all."""
    near = get_close_matches(pattern, [*known], n=5)
    if near:
        return f"no claim matches {pattern!r}; near it there are {', '.join(near)}"
    return f"no claim matches {pattern!r}; give a pattern such as 'gd_*', or '*' for all {len([*known])} claims"


def verify(pattern: str | Claim = "*") -> list[tuple[Claim, Verdict]]:
    """Decide every claim whose id matches, or one claim of your own.

    Parameters
    ----------
    pattern : str or Claim
        A shell pattern such as "gd_*"; or a claim, which need not be among those that are found.

    Returns
    -------
    list of (Claim, Verdict)
        In the order of their ids.

    Raises
    ------
    InvalidInput
        If no claim matches.
    """
    if isinstance(pattern, Claim):
        return [(pattern, _decided(pattern))]
    chosen = [claim for name, claim in claims().items() if fnmatch.fnmatchcase(name, pattern)]
    if not chosen:
        raise InvalidInput(no_such(pattern, claims()))
    return [(claim, _decided(claim)) for claim in chosen]


def _decided(claim: Claim) -> Verdict:
    begin = time.perf_counter()
    data = claim.as_data()
    decision = decide(data)
    cites = tuple(sorted({given["claim"]["id"] for given in data.get("cited", ()) if "claim" in given}))
    seconds = time.perf_counter() - begin
    return Verdict(decision.verdict, scope(data), decision.reason, decision.hypotheses, decision.axioms, cites, seconds)
