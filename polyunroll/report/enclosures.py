"""Enclosures as JSON data."""

from __future__ import annotations

from polyunroll.bounds.enclosure import Enclosure
from polyunroll.output.literals import fraction_literal

__all__ = ["ends"]


def ends(value: Enclosure, digits: int = 15) -> dict[str, str]:
    """The value to some digits, and both ends as exact text."""
    return {
        "value": value.decimal(digits),
        "lower": fraction_literal(value.lower),
        "upper": fraction_literal(value.upper),
    }
