"""Numbers that carry what is known about them.

A ``Quantity`` is an interval with a best value inside it and a word for what the interval means: an exact
number, a rigorous ball, a confidence interval, or a bare float. Comparisons work on the interval, so no
number can be compared as if it were known better than it is.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from flint import arb, fmpq
from sympy import Expr, Float, Rational

from theory.errors import InputError


class Certainty(StrEnum):
    """What the interval of a quantity means."""

    EXACT = "exact"  # a number known exactly; the interval is its rounding to float
    BALL = "ball"  # a rigorous enclosure by ball arithmetic
    CONFIDENCE = "confidence"  # a confidence interval at the stated level
    FLOAT = "float"  # a floating-point result; the interval is the point itself


_FRACTION = re.compile(r"-?[0-9]+(/[1-9][0-9]*)?")


@dataclass(frozen=True)
class Quantity:
    """A number and what is known about it.

    Attributes:
        value: Best value, as a float.
        lower: Lower end of the interval, rounded down.
        upper: Upper end of the interval, rounded up.
        certainty: What the interval means.
        text: The number as a person reads it: exact form, or value with radius.
        radius: Decimal text of the radius of a ball (kept apart because it can be far below float precision).
    """

    value: float
    lower: float
    upper: float
    certainty: Certainty
    text: str
    radius: str = "0"

    def __post_init__(self) -> None:
        if not math.isnan(self.value) and not self.lower <= self.value <= self.upper:
            raise InputError(
                given=f"value {self.value!r} with the interval [{self.lower!r}, {self.upper!r}]",
                allowed="an interval that contains its value",
                do="order the ends and check the sign of the half-width",
            )

    @property
    def finite(self) -> bool:
        """Whether value and both ends are finite numbers."""
        return all(math.isfinite(part) for part in (self.value, self.lower, self.upper))

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """Both ends as fractions; equal for an exact fraction, whose floats would be rounded apart.

        Raises:
            OverflowError, ValueError: If an end is not finite.
        """
        if self.certainty is Certainty.EXACT and _FRACTION.fullmatch(self.text):
            return Fraction(self.text), Fraction(self.text)
        return Fraction(self.lower), Fraction(self.upper)

    def to_json(self) -> dict[str, Any]:
        """The quantity as plain data; a non-finite float becomes the text ``nan``, ``inf`` or ``-inf``."""
        return {
            "value": plain_float(self.value),
            "lower": plain_float(self.lower),
            "upper": plain_float(self.upper),
            "certainty": self.certainty.value,
            "text": self.text,
            "radius": self.radius,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Quantity:
        """The inverse of `to_json`."""
        return cls(
            value=float(data["value"]),
            lower=float(data["lower"]),
            upper=float(data["upper"]),
            certainty=Certainty(data["certainty"]),
            text=str(data["text"]),
            radius=str(data["radius"]),
        )


def exact(number: int | str | Expr) -> Quantity:
    """An exactly known number: an integer, a fraction as text such as ``1/4``, or a constant expression.

    Raises:
        InputError: If it is no real number, or holds a float and is thus not exact.
    """
    try:
        expression = number if isinstance(number, Expr) else Rational(number)
        if isinstance(expression, Rational):
            enclosure = arb(fmpq(int(expression.p), int(expression.q)))
        else:
            # SymPy vouches for 30 digits (strict); a relative radius of 1e-20 is far beyond their error.
            middle = arb(str(Float(expression.evalf(30, strict=True), 30)))
            enclosure = middle + middle * arb(0, 1e-20)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise _not_exact(number) from error
    if not enclosure.is_finite() or (isinstance(number, Expr) and number.has(Float)):
        raise _not_exact(number)
    lower, upper = _ends(enclosure)
    value = min(max(float(enclosure.mid()), lower), upper)
    return Quantity(value, lower, upper, Certainty.EXACT, str(expression))


def ball(enclosure: arb, *, digits: int = 20) -> Quantity:
    """A rigorous enclosure from ball arithmetic."""
    lower, upper = _ends(enclosure)
    middle = float(enclosure.mid())
    # The interval is rounded outwards, the middle to nearest: clamp so that rounding never puts it outside.
    value = middle if math.isnan(middle) else min(max(middle, lower), upper)
    return Quantity(
        value=value,
        lower=lower,
        upper=upper,
        certainty=Certainty.BALL,
        text=enclosure.str(digits),
        radius=enclosure.rad().str(3, radius=False),
    )


def confidence(value: float, half_width: float, *, level: float) -> Quantity:
    """A symmetric confidence interval ``value ± half_width`` at confidence `level` in (0, 1)."""
    return interval(value, value - half_width, value + half_width, level=level)


def interval(value: float, lower: float, upper: float, *, level: float) -> Quantity:
    """A confidence interval ``[lower, upper]`` around `value` at confidence `level` in (0, 1)."""
    if not 0 < level < 1:
        raise InputError(given=f"level {level!r}", allowed="0 < level < 1", do="pass 1 - alpha")
    text = f"{value:.6g} in [{lower:.6g}, {upper:.6g}] at 1 - {1 - level:.1e}"
    return Quantity(value, lower, upper, Certainty.CONFIDENCE, text)


def measured(value: float) -> Quantity:
    """A bare floating-point number; what it may be off by belongs into the resolution of the comparison."""
    number = float(value)
    return Quantity(number, number, number, Certainty.FLOAT, f"{number:.6g}")


def plain_float(number: float) -> float | str:
    """The number as plain data: itself, or ``nan``, ``inf`` or ``-inf`` as text."""
    return float(number) if math.isfinite(number) else str(float(number))


def _not_exact(number: object) -> InputError:
    return InputError(
        given=f"{str(number)[:100]!r} as an exact number",
        allowed="an integer, a fraction as text such as 1/4, or a real SymPy constant without floats",
        do="write Rational(1, 4) for 0.25, or use verify.quantity.measured for a float",
    )


def _ends(enclosure: arb) -> tuple[float, float]:
    """Both ends of a ball as floats, rounded outwards."""
    if not enclosure.is_finite():
        return -math.inf, math.inf
    if enclosure.is_exact() and arb(float(enclosure)) == enclosure:
        return float(enclosure), float(enclosure)
    lower = math.nextafter(float(enclosure.lower()), -math.inf)
    upper = math.nextafter(float(enclosure.upper()), math.inf)
    return lower, upper
