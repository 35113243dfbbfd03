"""What a claim says about two numbers, and the three-valued comparison that follows from it.

The kind of bound is data and decides the comparison. Both sides are intervals; a comparison HOLDS only
when it holds for every pair of points in them, FAILS only when it fails for every pair, and is UNDECIDED
otherwise. The margin is how much room was left, in units of what was allowed: it is not negative if and only if
the comparison holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from theory.errors import InputError
from verify.quantity import Certainty, Quantity
from verify.verdict import Outcome

# Lower and upper end of the measured side, then of the stated one.
Ends = tuple[Fraction, Fraction, Fraction, Fraction]


class Relation(StrEnum):
    """How the measured side of a comparison relates to the stated one."""

    IDENTITY = "identity"
    UPPER = "upper"
    LOWER = "lower"
    RATE = "rate"
    LIMIT = "limit"
    BELOW = "below"  # upper, strictly
    ABOVE = "above"  # lower, strictly


@dataclass(frozen=True)
class Bound:
    """The kind of statement a claim makes.

    Attributes:
        relation: identity, upper, lower, rate or limit.
        exponent: For a rate: the claimed exponent, as text such as ``-1/4``.
    """

    relation: Relation
    exponent: str | None = None

    def __post_init__(self) -> None:
        if (self.relation is Relation.RATE) != (self.exponent is not None):
            raise InputError(
                given=f"{self.relation.value} with exponent {self.exponent!r}",
                allowed="an exponent for a rate, and for nothing else",
                do="use verify.bound.rate('-1/4') or one of IDENTITY, UPPER, LOWER, LIMIT",
            )

    def __str__(self) -> str:
        return self.relation.value if self.exponent is None else f"rate {self.exponent}"


IDENTITY = Bound(Relation.IDENTITY)
UPPER = Bound(Relation.UPPER)
LOWER = Bound(Relation.LOWER)
LIMIT = Bound(Relation.LIMIT)


def rate(exponent: str) -> Bound:
    """The statement that a quantity scales with the given exponent, written as an exact fraction."""
    return Bound(Relation.RATE, exponent)


@dataclass(frozen=True)
class Comparison:
    """One measured number held against one stated number.

    Attributes:
        label: What is compared.
        relation: How the two should relate.
        measured: The computed side.
        stated: The side that the claim gives.
        resolution: Largest distance that still counts as equal (identity, rate, limit), or the relative slack
            that covers rounding (upper, lower).
        outcome: HOLDS, FAILS or UNDECIDED.
        margin: Room left in units of what was allowed; negative when it fails, NaN when a side is not finite.
        reason: Why this resolution.
        parameters: The point in parameter space.
    """

    label: str
    relation: Relation
    measured: Quantity
    stated: Quantity
    resolution: float
    outcome: Outcome
    margin: float
    reason: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        return {
            "label": self.label,
            "relation": self.relation.value,
            "measured": self.measured.to_json(),
            "stated": self.stated.to_json(),
            "resolution": self.resolution,
            "outcome": self.outcome.value,
            "margin": self.margin if math.isfinite(self.margin) else str(self.margin),
            "reason": self.reason,
            "parameters": dict(self.parameters),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Comparison:
        """The inverse of `to_json`."""
        return cls(
            label=data["label"],
            relation=Relation(data["relation"]),
            measured=Quantity.from_json(data["measured"]),
            stated=Quantity.from_json(data["stated"]),
            resolution=data["resolution"],
            outcome=Outcome(data["outcome"]),
            margin=float(data["margin"]),
            reason=data["reason"],
            parameters=data["parameters"],
        )


def compare(
    label: str,
    relation: Relation | Bound,
    measured: Quantity,
    stated: Quantity,
    *,
    resolution: float = 0.0,
    relative_to: float | None = None,
    strict: bool = False,
    reason: str = "",
    parameters: Mapping[str, Any] | None = None,
) -> Comparison:
    """Compare two quantities by the rule of the relation.

    Identity, rate and limit: with D the set of distances between points of the two intervals, HOLDS if
    ``max D <= resolution``, FAILS if ``min D > resolution``. Upper: HOLDS if
    ``measured.upper <= stated.lower + slack``, FAILS if ``measured.lower > stated.upper + slack`` with
    ``slack = resolution * max(|stated|)``; lower is the mirror image; a strict bound does not hold with equality.
    A side that is not finite is UNDECIDED, except that a measured NaN is an ERROR: a computation that broke
    down neither supports nor refutes.

    Args:
        label: What is compared.
        relation: The relation, or the bound that carries it.
        measured: The computed side.
        stated: The side that the claim gives.
        resolution: See above; 0 means exact.
        relative_to: If given, identity, rate and limit measure the distance in units of this scale.
        strict: For an upper or lower bound: whether equality breaks it.
        reason: Why this resolution.
        parameters: The point in parameter space, plain data.

    Raises:
        InputError: If the resolution is negative or not finite, or the scale is not positive.
    """
    kind = relation.relation if isinstance(relation, Bound) else relation
    if strict:
        kind = {Relation.UPPER: Relation.BELOW, Relation.LOWER: Relation.ABOVE}.get(kind, kind)
    if not (math.isfinite(resolution) and resolution >= 0):
        raise InputError(given=f"resolution {resolution!r}", allowed="a finite number >= 0", do="state one")
    if relative_to is not None and not 0 < relative_to < math.inf:
        raise InputError(
            given=f"scale {relative_to!r}", allowed="a positive finite scale", do="pass |stated| or similar"
        )
    if math.isnan(measured.value):
        outcome, margin = Outcome.ERROR, math.nan
    elif not (measured.finite and stated.finite):
        outcome, margin = Outcome.UNDECIDED, math.nan
    elif kind in (Relation.UPPER, Relation.BELOW):
        outcome, margin = _order(_ends_of(measured, stated), resolution, strict=kind is Relation.BELOW)
    elif kind in (Relation.LOWER, Relation.ABOVE):
        outcome, margin = _order(
            _mirror(_ends_of(measured, stated)), resolution, strict=kind is Relation.ABOVE
        )
    else:
        outcome, margin = _distance(_ends_of(measured, stated), resolution, relative_to or 1.0)
    return Comparison(
        label, kind, measured, stated, resolution, outcome, margin, reason, dict(parameters or {})
    )


def _ends_of(measured: Quantity, stated: Quantity) -> Ends:
    """Ends of both intervals, as fractions so that the comparison itself rounds nothing."""
    if measured.certainty is stated.certainty is Certainty.EXACT and measured.text == stated.text:
        point = Fraction(stated.value)  # one number, though an irrational one has an interval of floats
        return point, point, point, point
    return (*measured.ends, *stated.ends)


def _distance(ends: Ends, resolution: float, scale: float) -> tuple[Outcome, float]:
    low, high, stated_low, stated_high = ends
    allowed = Fraction(resolution) * Fraction(scale)
    nearest = max(low - stated_high, stated_low - high)
    farthest = max(high - stated_low, stated_high - low)
    if allowed > 0:
        margin = _float(1 - farthest / allowed)
    else:
        margin = 0.0 if farthest == 0 else -math.inf
    if farthest <= allowed:
        return Outcome.HOLDS, margin
    return (Outcome.FAILS if nearest > allowed else Outcome.UNDECIDED), margin


def _order(ends: Ends, resolution: float, *, strict: bool) -> tuple[Outcome, float]:
    low, high, stated_low, stated_high = ends
    size = max(abs(stated_low), abs(stated_high))
    slack = Fraction(resolution) * size
    room = stated_low + slack - high
    margin = _float(room / size) if size > 0 else _float(room)
    if room > 0 or (room == 0 and not strict):
        return Outcome.HOLDS, margin
    excess = low - stated_high - slack
    return (Outcome.FAILS if excess > 0 or (excess == 0 and strict) else Outcome.UNDECIDED), margin


def _mirror(ends: Ends) -> Ends:
    low, high, stated_low, stated_high = ends
    return -high, -low, -stated_high, -stated_low


def _float(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)
