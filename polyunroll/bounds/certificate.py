"""Certificates: an enclosure with all that is needed to verify it, as plain JSON data.

Numbers are exact texts, or pairs [m, e] for m·2^e; a cell's pieces go from left to right. `check` verifies what is
written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from polyunroll.bounds.enclosure import Enclosure, Portable
from polyunroll.bounds.question import Question
from polyunroll.bounds.supremum import Supremum
from polyunroll.errors import InvalidInput
from polyunroll.output.literals import fraction_literal

__all__ = ["SCHEMA", "Evidence", "certificate"]

SCHEMA = "polyunroll/bound-certificate/1"

Data = dict[str, Any]


@dataclass(frozen=True)
class Evidence(Portable):
    """What an enclosure rests on.

    Attributes
    ----------
    question : Question
    kind : {"suprema", "points", "one point", "start"}
        The generic engine; the closed form at end points; a spectrum of one point; t = 0.
    precision : int
        Bits the search worked with.
    suprema : tuple of Supremum
        One for each of the question's functions (`pairs.functions`), in their order.
    s, p : arb or None
        The s of the upper bound and the weight of the lower, for the criterion "exact".
    places : tuple
        Suprema, or names of ends, that carry the lower bound.
    """

    question: Question
    kind: str
    precision: int
    suprema: tuple[Supremum, ...] = ()
    s: arb | None = None
    p: arb | None = None
    places: tuple[Any, ...] = ()


def certificate(enclosure: Enclosure) -> Data:
    """The enclosure's certificate, as JSON data.

    Raises
    ------
    InvalidInput
        If the enclosure was not made by `worst_case`.
    """
    evidence = enclosure.evidence
    if not isinstance(evidence, Evidence):
        raise InvalidInput(f"{enclosure!r} carries no evidence; certificates are for what worst_case returns")
    question = evidence.question
    return {
        "schema": SCHEMA,
        "method": question.method.as_data(),
        "solver": question.solver.as_data(),
        "t": question.t,
        "R": fraction_literal(question.R),
        "G": fraction_literal(question.G),
        "criterion": question.criterion,
        "split": question.split,
        "estimator": question.estimator,
        "plain_steps": question.plain_steps,
        "lower": fraction_literal(enclosure.lower),
        "upper": fraction_literal(enclosure.upper),
        "kind": evidence.kind,
        "precision": evidence.precision,
        "suprema": [_supremum_data(one) for one in evidence.suprema],
        "s": _dyadic(evidence.s),
        "p": _dyadic(evidence.p),
        "places": [
            place if isinstance(place, str) else {"j": place.j, "u": _dyadic(place.u), "N": place.N}
            for place in evidence.places
        ],
    }


def _supremum_data(found: Supremum) -> Data:
    cells = {
        str(j): [
            [list(p.low), list(p.high), p.rule, None if p.point is None else list(p.point)]
            for p in sorted(pieces, key=lambda p: Fraction(p.low[0]) * Fraction(2) ** p.low[1])
        ]
        for j, pieces in sorted(found.cells.items())
    }
    return {
        "N": found.N,
        "order": found.order,
        "j": found.j,
        "u": _dyadic(found.u),
        "lower": _dyadic(found.lower),
        "upper": _dyadic(found.upper),
        "cells": cells,
    }


def _dyadic(value: arb | None) -> list[int] | None:
    if value is None:
        return None
    mantissa, exponent = value.man_exp()
    return [int(mantissa), int(exponent)]
