"""Outcomes of checks, verdicts on claims, and how verdicts follow from outcomes.

A check has an outcome; a claim has a verdict. A verdict names the strongest kind of evidence that holds, and
only when nothing speaks against it: one failed check refutes, one error or undecided check withholds.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of check, strongest first."""

    FORMAL = "formal"
    SYMBOLIC = "symbolic"
    ENCLOSURE = "enclosure"
    PROPERTY = "property"
    STATISTICAL = "statistical"
    EXPERIMENT = "experiment"


class Outcome(StrEnum):
    """What one check found."""

    HOLDS = "HOLDS"
    FAILS = "FAILS"
    UNDECIDED = "UNDECIDED"
    VACUOUS = "VACUOUS"
    SKIPPED = "SKIPPED"
    ERROR = "ERROR"


class Verdict(StrEnum):
    """What is known about a claim, strongest first; `rank` orders them."""

    PROVED = "PROVED"
    ENCLOSED = "ENCLOSED"
    SUPPORTED = "SUPPORTED"
    SKIPPED = "SKIPPED"
    VACUOUS = "VACUOUS"
    UNDECIDED = "UNDECIDED"
    ERROR = "ERROR"
    REFUTED = "REFUTED"

    @property
    def rank(self) -> int:
        """0 for the strongest verdict; a larger rank is a weaker standing."""
        return list(Verdict).index(self)

    @property
    def established(self) -> bool:
        """Whether the claim stands: PROVED, ENCLOSED or SUPPORTED."""
        return self.rank <= Verdict.SUPPORTED.rank

    @property
    def meaning(self) -> str:
        """What the verdict says and what to do next."""
        return _MEANING[self]


_MEANING = {
    Verdict.PROVED: "derived exactly, for all parameters in the stated scope; nothing left to do",
    Verdict.ENCLOSED: "holds for rigorous enclosures at every listed parameter; extend the list for more",
    Verdict.SUPPORTED: "every check passed, none of them covers all parameters rigorously",
    Verdict.SKIPPED: "a check has not run; the reason says what is missing",
    Verdict.VACUOUS: "no tried input met the assumptions; widen the inputs or weaken the assumptions",
    Verdict.UNDECIDED: "the evidence is too coarse to say yes or no; raise precision, samples or the profile",
    Verdict.ERROR: "a check crashed; its message says where, and nothing is concluded from it",
    Verdict.REFUTED: "a check found the statement false; its evidence holds the counterexample",
}

# How strong a holding check makes its claim: a general derivation proves, a rigorous enclosure encloses.
_STRENGTH = {Kind.FORMAL: Verdict.PROVED, Kind.SYMBOLIC: Verdict.PROVED, Kind.ENCLOSURE: Verdict.ENCLOSED}

# What a check that does not hold makes of its claim.
_OBSTACLE = {
    Outcome.FAILS: Verdict.REFUTED,
    Outcome.ERROR: Verdict.ERROR,
    Outcome.UNDECIDED: Verdict.UNDECIDED,
    Outcome.VACUOUS: Verdict.VACUOUS,
}


def combine(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of a check made of several comparisons: the worst of them, VACUOUS if there is none."""
    order = (Outcome.FAILS, Outcome.ERROR, Outcome.UNDECIDED, Outcome.VACUOUS, Outcome.SKIPPED, Outcome.HOLDS)
    return min(outcomes, key=order.index, default=Outcome.VACUOUS)


def verdict(results: Iterable[tuple[Kind, bool, Outcome]]) -> Verdict:
    """The verdict on a claim from ``(kind, general, outcome)`` of each of its checks.

    A check that is not `general` covers only the instances it tried, so a symbolic or enclosure check of that
    sort SUPPORTS and no more. Skipped checks are passed over unless nothing else ran.
    """
    ran = [result for result in results if result[2] is not Outcome.SKIPPED]
    if not ran:
        return Verdict.SKIPPED
    obstacles = [_OBSTACLE[outcome] for _, _, outcome in ran if outcome in _OBSTACLE]
    if obstacles:
        return max(obstacles, key=lambda each: each.rank)
    strengths = [
        _STRENGTH.get(kind, Verdict.SUPPORTED) if general else Verdict.SUPPORTED for kind, general, _ in ran
    ]
    return min(strengths, key=lambda each: each.rank)


def weakest(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict with the weakest standing; used to propagate along dependencies.

    Raises:
        ValueError: If there is none.
    """
    return max(verdicts, key=lambda each: each.rank)
