"""Whether an enclosure holds the number that it is about, looked at far beyond float accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flint import arb

from theory.arithmetic import working_precision
from verify.bound import UPPER, Comparison, compare
from verify.quantity import ball, exact

# The numbers that are looked for come from balls at this precision.
PREC = 400


def encloses(
    label: str, enclosure: arb, value: arb, *, parameters: Mapping[str, Any] | None = None
) -> Comparison:
    """That an enclosure contains a number, known as a much narrower ball: how far it lies outside, at most 0.

    The distance is in units of the number's size where that is above 1. An enclosure that is not finite is
    UNDECIDED.
    """
    with working_precision(PREC):
        outside = abs(value - enclosure.mid()) - enclosure.rad()
        size = abs(value).upper()
        outside = outside / size if size > 1 else outside
    return compare(
        label,
        UPPER,
        ball(outside),
        exact(0),
        reason="a proven enclosure leaves no room for rounding",
        parameters=parameters,
    )
