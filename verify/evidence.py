"""What a check returns: comparisons, exact results, counts, curves, listings, and the outcome that follows.

Evidence is plain data through and through, so it crosses process borders, goes into the store and comes
back equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from verify.bound import Comparison
from verify.quantity import plain_float
from verify.verdict import Outcome, combine


@dataclass(frozen=True)
class Series:
    """A curve for the report: ``y`` over ``x``, with optional error bars ``(lower, upper)`` per point.

    Attributes:
        figure: Series with one figure name are drawn into one figure.
        label: Legend text.
        x: Abscissae; text makes a bar chart.
        y: Ordinates.
        lower: Lower ends of the error bars, or empty.
        upper: Upper ends of the error bars, or empty.
        x_label: Axis label with its symbol, LaTeX between dollars.
        y_label: Axis label with its symbol.
        log: Which axes are logarithmic: "", "x", "y" or "xy".
    """

    figure: str
    label: str
    x: tuple[float | str, ...]
    y: tuple[float, ...]
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    x_label: str = ""
    y_label: str = ""
    log: str = ""

    def to_json(self) -> dict[str, Any]:
        """The series as plain data."""
        return {
            "figure": self.figure,
            "label": self.label,
            "x": [each if isinstance(each, str) else plain_float(each) for each in self.x],
            "y": [plain_float(each) for each in self.y],
            "lower": [plain_float(each) for each in self.lower],
            "upper": [plain_float(each) for each in self.upper],
            "x_label": self.x_label,
            "y_label": self.y_label,
            "log": self.log,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Series:
        """The inverse of `to_json`."""
        numbers = {key: tuple(map(float, data[key])) for key in ("y", "lower", "upper")}
        return cls(**{**data, "x": tuple(data["x"]), **numbers})


@dataclass(frozen=True)
class Listing:
    """Text for the report as it stands, line by line: a statement in the language of a proof assistant, say.

    Attributes:
        title: What it is.
        text: The text.
    """

    title: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """The listing as plain data."""
        return {"title": self.title, "text": self.text}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Listing:
        """The inverse of `to_json`."""
        return cls(**data)


@dataclass(frozen=True)
class Evidence:
    """What one check computed.

    Attributes:
        outcome: HOLDS, FAILS, UNDECIDED, VACUOUS, SKIPPED or ERROR.
        summary: One line for a person: what was found, or why nothing was.
        comparisons: Each number that was held against another.
        derivation: Steps of an exact derivation, as LaTeX.
        counts: Sizes of what was tried, e.g. ``{"examples": 100, "met_assumptions": 97}``.
        parameters: Parameters that all comparisons share.
        error_rates: For a statistical check: ``alpha`` (false alarm), ``power``, and ``smallest_fault``, the
            smallest shift of a measured value, in its own unit, that is found with that power.
        series: Curves for the report.
        listings: Verbatim text for the report.
    """

    outcome: Outcome
    summary: str
    comparisons: tuple[Comparison, ...] = ()
    derivation: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    error_rates: Mapping[str, float] = field(default_factory=dict)
    series: tuple[Series, ...] = ()
    listings: tuple[Listing, ...] = ()

    @property
    def worst(self) -> Comparison | None:
        """The comparison with the least room: failing and broken ones first, then the smallest margin."""
        broken = (Outcome.FAILS, Outcome.ERROR)
        ranked = sorted(self.comparisons, key=lambda each: (each.outcome not in broken, each.margin))
        return ranked[0] if ranked else None

    @property
    def margin(self) -> float | None:
        """The smallest margin over all comparisons; None where nothing numeric was compared."""
        return None if self.worst is None else self.worst.margin

    def to_json(self) -> dict[str, Any]:
        """The evidence as plain data."""
        return {
            "outcome": self.outcome.value,
            "summary": self.summary,
            "comparisons": [each.to_json() for each in self.comparisons],
            "derivation": list(self.derivation),
            "counts": dict(self.counts),
            "parameters": dict(self.parameters),
            "error_rates": dict(self.error_rates),
            "series": [each.to_json() for each in self.series],
            "listings": [each.to_json() for each in self.listings],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Evidence:
        """The inverse of `to_json`."""
        return cls(
            outcome=Outcome(data["outcome"]),
            summary=data["summary"],
            comparisons=tuple(Comparison.from_json(each) for each in data["comparisons"]),
            derivation=tuple(data["derivation"]),
            counts=data["counts"],
            parameters=data["parameters"],
            error_rates=data["error_rates"],
            series=tuple(Series.from_json(each) for each in data["series"]),
            listings=tuple(Listing.from_json(each) for each in data["listings"]),
        )


def from_comparisons(comparisons: Iterable[Comparison], *, summary: str = "", **fields: Any) -> Evidence:
    """Evidence whose outcome is the worst of its comparisons; VACUOUS when there is none.

    Args:
        comparisons: The comparisons.
        summary: One line; by default the count and the comparison with the least room.
        **fields: Further fields of `Evidence`.
    """
    all_of_them = tuple(comparisons)
    evidence = Evidence(combine(each.outcome for each in all_of_them), summary, all_of_them, **fields)
    if summary:
        return evidence
    return Evidence(evidence.outcome, _describe(evidence), all_of_them, **fields)


def skipped(reason: str) -> Evidence:
    """Evidence of a check that cannot run here, with the reason and what would let it run."""
    return Evidence(Outcome.SKIPPED, reason)


def _describe(evidence: Evidence) -> str:
    worst = evidence.worst
    if worst is None:
        return "nothing was compared"
    held = sum(each.outcome is Outcome.HOLDS for each in evidence.comparisons)
    return (
        f"{held} of {len(evidence.comparisons)} comparisons hold; least room at {worst.label}: "
        f"{worst.measured.text} against {worst.stated.text}"
    )
