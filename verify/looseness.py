"""How close an inequality came to its bound: what a check exercised, and which claims are loose.

A bound that no input comes near is supported by every input, and would be by inputs of another problem too. So
each comparison `measured ≤ stated` (or ≥, <, >) has a reach: the smaller side as a share of the larger one, 1 at
equality. A claim that states an inequality and holds is *loose* if no comparison of its checks reaches 90% of its
bound.
That is a flag beside the verdict and no verdict: a loose bound can be true, proved and useful.

A bound of 0 has no scale, so a comparison with it (λ > 0, say) has no reach and counts neither way.

Everything here follows from the comparisons in the evidence; nothing of it is stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from verify.bound import Comparison, Relation
from verify.run import ClaimResult
from verify.verdict import Outcome

NEAR = 0.1
"""A case within 10% of its bound has exercised it."""

_UPPER = (Relation.UPPER, Relation.BELOW)
_LOWER = (Relation.LOWER, Relation.ABOVE)


@dataclass(frozen=True)
class Inequality:
    """One inequality of one check, at the input that came closest to the bound.

    Attributes:
        check: The check.
        label: What was compared.
        reach: The smaller side as a share of the larger one.
    """

    check: str
    label: str
    reach: float

    @property
    def is_near(self) -> bool:
        """Whether some input came within 10% of the bound."""
        return self.reach >= 1 - NEAR


def reach(comparison: Comparison) -> float | None:
    """The smaller side of an inequality as a share of the larger one; None for what has no scale.

    0 where the sides have different signs: an input so far from the bound says nothing about it. Above 1 where the
    inequality is broken. None for an identity, a rate, a limit, a bound of 0, and for values that are not finite.
    """
    measured, stated = comparison.measured.value, comparison.stated.value
    if comparison.relation not in (*_UPPER, *_LOWER) or stated == 0:
        return None
    if not (comparison.measured.finite and comparison.stated.finite):
        return None
    if measured * stated <= 0:
        return 0.0
    # Of negative sides the larger one is closer to 0.
    below = (comparison.relation in _UPPER) == (stated > 0)
    return measured / stated if below else stated / measured


def inequalities(result: ClaimResult) -> tuple[Inequality, ...]:
    """Every inequality with a scale that the checks of a claim compared, each once, at its largest reach."""
    found: dict[tuple[str, str], float] = {}
    for each in result.results:
        for comparison in each.evidence.comparisons:
            share = reach(comparison)
            if share is not None and comparison.outcome is not Outcome.ERROR:
                key = each.check, comparison.label
                found[key] = max(share, found.get(key, share))
    return tuple(Inequality(check, label, share) for (check, label), share in found.items())


def closest(result: ClaimResult) -> Inequality | None:
    """The inequality that came closest to its bound; None where nothing was compared with one that has a scale."""
    return max(inequalities(result), key=lambda each: each.reach, default=None)


def is_loose(result: ClaimResult) -> bool:
    """Whether a claim that states an inequality stayed away from its bound in all of its checks.

    Never of a control, of a claim that does not stand, nor of one no check of which held numbers against a bound.
    """
    if result.is_control or not result.own.established or result.claim["bound"] not in (*_UPPER, *_LOWER):
        return False
    best = closest(result)
    return best is not None and not best.is_near


def loose_claims(results: Iterable[ClaimResult]) -> tuple[ClaimResult, ...]:
    """The claims among them that are loose, in their order."""
    return tuple(each for each in results if is_loose(each))


def describe(result: ClaimResult) -> str:
    """How close a loose claim came to its bound, as a sentence; empty for a claim that is not loose."""
    best = closest(result)
    if best is None or not is_loose(result):
        return ""
    return f"the closest case reached {show_reach(best.reach)} of the bound ({best.check}: {best.label})"


def exercised(result: ClaimResult) -> str:
    """How many inequalities of a claim came near their bounds, and which stayed away most; empty if it has none.

    One that always is near hides the others from the flag, not from this.
    """
    found = inequalities(result)
    if not found:
        return ""
    near = sum(each.is_near for each in found)
    text = f"{near} of {len(found)} inequalities came within 10% of their bounds"
    least = min(found, key=lambda each: each.reach)
    if near == len(found) or len(found) == 1:
        return text
    return f"{text}; farthest away with {show_reach(least.reach)}: {least.label} ({least.check})"


def show_reach(share: float) -> str:
    """A reach for reading, rounded towards 0 so that what is not near never reads as 90%."""
    if share < 1e-4:
        return "less than 0.01%"
    digits = 2 if share < 0.1 else 0
    return f"{math.floor(100 * share * 10**digits) / 10**digits:g}%"
