"""Three-valued comparisons of balls: True and False are proofs, None is "cannot tell".

Contract: a comparison of two balls is about every pair of points in them. Where the balls overlap, Arb's own
`a < b` is False in both directions; these functions say None instead, which no caller can mistake for a refutation.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, fmpq


def less(a: arb, b: arb) -> bool | None:
    """Decide a < b: True or False only when every pair of points of the balls agrees, else None."""
    if a < b:
        return True
    return False if a >= b else None


def less_equal(a: arb, b: arb) -> bool | None:
    """Decide a <= b: True or False only when every pair of points of the balls agrees, else None."""
    if a <= b:
        return True
    return False if a > b else None


def equal(a: arb, b: arb) -> bool | None:
    """Decide a = b: True for two equal exact numbers, False for disjoint balls, else None."""
    if a.is_exact() and b.is_exact() and a == b:
        return True
    return None if a.overlaps(b) else False


def equal_within(a: arb, b: arb, tolerance: arb | float) -> bool | None:
    """Decide |a - b| <= tolerance (an exact number or a ball), three-valued as in `less_equal`."""
    return less_equal(abs(a - b), arb(tolerance))


def contains(ball: arb, value: arb | fmpq | Fraction | float) -> bool:
    """Say whether a finite ball contains all of `value` (a number or another ball)."""
    exact = fmpq(value.numerator, value.denominator) if isinstance(value, Fraction) else value
    return ball.is_finite() and ball.contains(arb(exact))


def endpoints(ball: arb) -> tuple[arb, arb]:
    """Give exact numbers below and above the ball (rounded outwards to the working precision)."""
    return ball.lower(), ball.upper()
