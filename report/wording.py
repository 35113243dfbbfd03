"""Numbers, durations and parameters as a reader sees them, the same in a page and in a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from verify.bound import Relation
from verify.quantity import Certainty, Quantity

SYMBOLS = {
    "PROVED": "■",
    "ENCLOSED": "◉",
    "SUPPORTED": "✓",
    "HOLDS": "✓",
    "SKIPPED": "–",
    "VACUOUS": "∅",
    "UNDECIDED": "?",
    "ERROR": "!",
    "REFUTED": "✗",
    "FAILS": "✗",
    "LOOSE": "≪",
}
"""One sign for each verdict, outcome and flag, so that colour is never the only signal."""

RELATIONS = {
    Relation.IDENTITY: "=",
    Relation.UPPER: "≤",
    Relation.LOWER: "≥",
    Relation.RATE: "≈",
    Relation.LIMIT: "→",
    Relation.BELOW: "<",
    Relation.ABOVE: ">",
}


def show_number(number: float, digits: int = 6) -> str:
    """A float for reading: few digits, no padded exponent."""
    text = f"{number:.{digits}g}"
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else text


def show_margin(margin: float | None) -> str:
    """A margin for reading; empty where nothing numeric was compared."""
    if margin is None:
        return ""
    if math.isnan(margin):
        return "unknown"
    if margin == 0:
        return "exact"
    return show_number(margin, 3)


def show_quantity(quantity: Quantity) -> str:
    """A quantity with its error bars, ball or interval."""
    value = quantity.value
    if quantity.certainty is Certainty.EXACT:
        return quantity.text if len(quantity.text) <= 28 else show_number(value, 10)
    if quantity.certainty is Certainty.BALL:
        return _show_ball(quantity)
    if quantity.certainty is Certainty.CONFIDENCE:
        return f"{show_number(value, 4)} [{show_number(quantity.lower, 4)}, {show_number(quantity.upper, 4)}]"
    return show_number(value)


def _show_ball(quantity: Quantity) -> str:
    """The value to the digits that its radius leaves, and the radius."""
    value = quantity.value
    try:
        radius = float(quantity.radius)  # 0 below the range of floats
    except ValueError:  # not a number: the results were written by something else
        return quantity.text
    if radius == 0:
        return show_number(value, 8)
    known = value and radius > 0 and math.isfinite(value) and math.isfinite(radius)
    digits = round(math.log10(abs(value)) - math.log10(radius)) + 2 if known else 1
    return f"{show_number(value, min(max(digits, 1), 8))} ± {show_number(radius, 2)}"


def duration(seconds: float) -> str:
    """A duration for reading."""
    if 0 < seconds < 0.1:
        return f"{show_number(1000 * seconds, 2)} ms"
    if seconds < 100:
        return f"{show_number(seconds, 3)} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def plain_values(values: Mapping[str, Any], longest: int = 120) -> str:
    """Parameters as ``name = value`` pairs on one line."""
    return shortened(
        ", ".join(f"{name}={plain_text(value)}" for name, value in sorted(values.items())), longest
    )


def plain_text(value: Any) -> str:
    """Plain data on one line."""
    if isinstance(value, float):
        return show_number(value)
    if isinstance(value, list | tuple):
        return "(" + ", ".join(plain_text(each) for each in value) + ")"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {plain_text(each)}" for name, each in sorted(value.items())) + "}"
    return str(value)


def shortened(text: str, longest: int) -> str:
    """The text, cut with an ellipsis where it is too long."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
