"""What became of planted faults: records as plain data, how much work each may take, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from verify.selftest.generic import Population

NAMED, GENERIC, UNCHANGED = "named", "generic", "unchanged"
"""Sorts of planted edits."""

CLAIMS, TESTS, SURVIVED, UNTRIED, EQUIVALENT = "claims", "tests", "survived", "not tried", "equivalent"
"""What became of a fault."""


@dataclass(frozen=True)
class Catch:
    """One exam that noticed a fault.

    Attributes:
        name: The claim and its check, or the test.
        how: How it ended: FAILS, ERROR, TIMEOUT, …
        seconds: How long it took.
        summary: What it says.
    """

    name: str
    how: str
    seconds: float
    summary: str


@dataclass(frozen=True)
class Record:
    """What became of one fault.

    Attributes:
        id: Its ID.
        sort: named, generic or unchanged.
        file: The file.
        line: The line.
        old: The line as it stands.
        new: What was planted.
        reason: Why it is wrong; for one argued equivalent, why it is not.
        fate: claims, tests, survived, not tried or equivalent.
        catches: What noticed it.
        touching: How many checks touch it.
        tried: How many of these ran.
    """

    id: str
    sort: str
    file: str
    line: int
    old: str
    new: str
    reason: str = ""
    fate: str = UNTRIED
    catches: tuple[Catch, ...] = ()
    touching: int = 0
    tried: int = 0

    @property
    def refuted(self) -> bool:
        """Whether a check found a statement false, rather than only stopping."""
        return any(catch.how in ("FAILS", "HOLDS") for catch in self.catches)

    @property
    def command(self) -> str:
        """The command that plants it again."""
        return f"ntk-escape mutate '{self.id}'"


@dataclass(frozen=True)
class Limits:
    """How much work one fault may take, in seconds of CPU.

    Attributes:
        named: After this time no further check is run on a named fault that is caught.
        named_end: After this time none is run on one that is not.
        generic_end: The same for a generic fault, which ends with the first catch.
        equivalent_end: The same for one that is argued to change nothing.
        unchanged_end: The same for an edit that changes nothing.
        long: For a check that did not end within the limit of the map; of wall time.
        long_end: For all such checks on one fault; 0 to try none.
        tests_end: For the test files on one fault.
    """

    named: float = 0.5
    named_end: float = 120.0
    generic_end: float = 20.0
    equivalent_end: float = 8.0
    unchanged_end: float = 30.0
    long: float = 60.0
    long_end: float = 120.0
    tests_end: float = 60.0


class Watcher(Protocol):
    """Told what happens; called in the caller's thread."""

    def stage(self, title: str, done: int, total: int) -> None:
        """How far a stage of the work is."""

    def found(self, record: Record) -> None:
        """What became of a fault so far."""


@dataclass(frozen=True)
class Mutation:
    """The result.

    Attributes:
        records: One for each fault.
        drawn_from: How many sites and replacements there are, and what was left out; None without generic faults.
        seed: The seed of the draw.
        checks: How many checks the map has.
        odd: Checks that do not come to HOLDS or FAILS without a fault, and test files that do not pass: these can
            notice no fault.
        seconds: Wall time.
    """

    records: tuple[Record, ...]
    drawn_from: Population | None
    seed: int
    checks: int
    odd: tuple[str, ...]
    seconds: float

    def of(self, sort: str, *fates: str) -> tuple[Record, ...]:
        """The records of a sort, with one of these fates if some are given."""
        return tuple(each for each in self.records if each.sort == sort and (not fates or each.fate in fates))
