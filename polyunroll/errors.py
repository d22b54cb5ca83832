"""The exceptions users see: one clear sentence each, naming the value and what is allowed."""

from __future__ import annotations

__all__ = ["HorizonError", "InvalidInput", "NotCommuting", "OutsideField", "PolyunrollError"]


class PolyunrollError(Exception):
    """Base of every error polyunroll raises on purpose."""


class InvalidInput(PolyunrollError, ValueError):
    """A value was given that is not allowed; the message names it and says what is."""


class OutsideField(InvalidInput):
    """An exact number was asked for outside ℚ and one quadratic field ℚ(√d)."""


class HorizonError(InvalidInput):
    """A fixed-horizon method was asked for more steps than it has."""


class NotCommuting(InvalidInput):
    """The split `total` was asked for on a problem where ∂H does not commute with H, so that it bounds nothing."""
