"""A finished check, judged again as if one of its measured values had come out otherwise.

So the power of a check is counted on its own runs: a world in which a measured value is off by a known amount is
the world at hand with that value moved, its interval with it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from verify.bound import Comparison, Relation, compare
from verify.evidence import Evidence
from verify.quantity import Certainty, Quantity
from verify.verdict import Outcome

Fault = tuple[str, int, int]
"""The label of a comparison, which of those with this label it is, and the sign of the shift."""

_STRICT = {Relation.BELOW: Relation.UPPER, Relation.ABOVE: Relation.LOWER}
_BAD_SIGNS = {Relation.UPPER: (1,), Relation.BELOW: (1,), Relation.LOWER: (-1,), Relation.ABOVE: (-1,)}


def found_faults(evidence: Evidence, size: float) -> Iterator[tuple[Fault, bool]]:
    """Each measured value moved by `size`, alone, and whether the check then fails.

    To either side; for an upper or lower bound only to the side on which it breaks.
    """
    seen: Counter[str] = Counter()
    for each in evidence.comparisons:
        seen[each.label] += 1
        for sign in _BAD_SIGNS.get(each.relation, (1, -1)):
            moved = shifted(each, sign * size)
            yield (each.label, seen[each.label], sign), moved.outcome is Outcome.FAILS


def shifted(comparison: Comparison, by: float) -> Comparison:
    """The comparison with its measured value and interval moved."""
    old = comparison.measured
    certainty = Certainty.FLOAT if old.certainty is Certainty.EXACT else old.certainty
    new = Quantity(old.value + by, old.lower + by, old.upper + by, certainty, f"{old.value + by:.6g}")
    return compare(
        comparison.label,
        _STRICT.get(comparison.relation, comparison.relation),
        new,
        comparison.stated,
        resolution=comparison.resolution,
        relative_to=_scale(comparison),
        strict=comparison.relation in _STRICT,
        reason=comparison.reason,
        parameters=comparison.parameters,
    )


def is_threshold(comparison: Comparison) -> bool:
    """Whether a bare number is held against a bound, so that a shift only shows that it is compared at all."""
    return comparison.relation in _BAD_SIGNS and comparison.measured.certainty is not Certainty.CONFIDENCE


def _scale(comparison: Comparison) -> float | None:
    """The scale of the distances: a comparison keeps its margin, ``1 - farthest/(resolution · scale)``, only."""
    if comparison.relation in _BAD_SIGNS or not 0 < comparison.resolution < math.inf:
        return None
    (low, high), (stated_low, stated_high) = comparison.measured.ends, comparison.stated.ends
    farthest = float(max(high - stated_low, stated_high - low))
    if not (math.isfinite(comparison.margin) and comparison.margin < 1 and farthest > 0):
        return None
    scale = farthest / (comparison.resolution * (1 - comparison.margin))
    return None if math.isclose(scale, 1.0, rel_tol=1e-9) else scale
