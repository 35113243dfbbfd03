"""The evidence of one check as a reader sees it: the rows that tell most, and why they may differ by so much."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from report.wording import (
    RELATIONS,
    duration,
    plain_text,
    plain_values,
    shortened,
    show_margin,
    show_number,
    show_quantity,
)
from verify.bound import Comparison
from verify.run import CheckResult, kind_of
from verify.verdict import Outcome

MOST_ROWS = 12
"""Rows of a check's table that are shown at first; the rest is folded away."""
MOST_FOLDED = 100
"""Rows that are folded away; what goes beyond is left to the JSON."""


@dataclass(frozen=True)
class Row:
    """One comparison as a table row; `note` is the letter of the reason for its resolution."""

    outcome: str
    label: str
    parameters: str
    measured: str
    full: str
    relation: str
    stated: str
    allowed: str
    margin: str
    note: str


@dataclass(frozen=True)
class CheckView:
    """One check of a claim with what it found."""

    name: str
    kind: str
    scope: str
    general: bool
    outcome: str
    summary: str
    facts: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    folded: tuple[Row, ...]
    left_out: int
    reasons: tuple[tuple[str, str], ...]
    derivation: tuple[str, ...]
    listings: tuple[tuple[str, str], ...]
    traceback: str


def check_view(result: CheckResult, claim: Mapping[str, Any]) -> CheckView:
    """What a report shows of one check, given the claim's plain data."""
    about = next(each for each in claim["checks"] if each["name"] == result.check)
    evidence = result.evidence
    ranked = sorted(evidence.comparisons, key=least_room_first)
    reasons = {
        reason: _letters(k)
        for k, reason in enumerate(dict.fromkeys(each.reason for each in ranked if each.reason))
    }
    rows = [_row(each, reasons) for each in ranked[: MOST_ROWS + MOST_FOLDED]]
    shown = {row.note for row in rows}
    facts = [("seed", str(result.seed)), ("time", duration(result.seconds))]
    facts += [(name.replace("_", " "), str(count)) for name, count in sorted(evidence.counts.items())]
    facts += [
        (name.replace("_", " "), show_number(rate, 3)) for name, rate in sorted(evidence.error_rates.items())
    ]
    return CheckView(
        name=result.check,
        kind=kind_of(result, claim).value,
        scope=about["scope"],
        general=about["general"],
        outcome=evidence.outcome.value,
        summary=evidence.summary,
        facts=tuple(facts),
        parameters=tuple(
            (name, shortened(plain_text(value), 160)) for name, value in sorted(evidence.parameters.items())
        ),
        rows=tuple(rows[:MOST_ROWS]),
        folded=tuple(rows[MOST_ROWS:]),
        left_out=max(0, len(ranked) - MOST_ROWS - MOST_FOLDED),
        reasons=tuple((letter, reason) for reason, letter in reasons.items() if letter in shown),
        derivation=evidence.derivation,
        listings=tuple((each.title, each.text) for each in evidence.listings),
        traceback=result.traceback,
    )


def least_room_first(comparison: Comparison) -> tuple[int, float]:
    """What tells a reader most comes first: failures, then the undecided, then the smallest margins."""
    order = (Outcome.FAILS, Outcome.ERROR, Outcome.UNDECIDED)
    urgency = order.index(comparison.outcome) if comparison.outcome in order else len(order)
    return urgency, -math.inf if math.isnan(comparison.margin) else comparison.margin


def _row(comparison: Comparison, reasons: Mapping[str, str]) -> Row:
    return Row(
        outcome=comparison.outcome.value,
        label=comparison.label,
        parameters=plain_values(comparison.parameters),
        measured=show_quantity(comparison.measured),
        full=shortened(f"{comparison.measured.text} ({comparison.measured.certainty.value})", 300),
        relation=RELATIONS[comparison.relation],
        stated=show_quantity(comparison.stated),
        allowed="exact" if comparison.resolution == 0 else show_number(comparison.resolution, 3),
        margin=show_margin(comparison.margin),
        note=reasons.get(comparison.reason, ""),
    )


def _letters(k: int) -> str:
    """a, b, …, z, aa, ab, …: names of footnotes."""
    return _letters(k // 26 - 1) + "abcdefghijklmnopqrstuvwxyz"[k % 26] if k >= 26 else chr(ord("a") + k)
