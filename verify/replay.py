"""Compute records of a finished run again and hold them against what the run says.

A record is the result of one check. It is computed by the same worker as in a run, from the seed and the profile
that the record names, and compared as data: every comparison, count, derivation and parameter, times aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from verify.environment import environment, fingerprint
from verify.plain import without_times
from verify.pool import Task, perform_all
from verify.registry import Registry
from verify.run import CheckResult, ClaimResult, Run
from verify.runner import LIMIT_SECONDS

_MISSING = "nothing"


class Agreement(StrEnum):
    """How a record computed again compares with what the run says."""

    SAME = "same"
    NUMBERS = "numbers differ"
    OUTCOME = "outcome differs"
    GONE = "gone"


@dataclass(frozen=True)
class Difference:
    """A place in a record at which the two differ, as text."""

    place: str
    before: str
    now: str


@dataclass(frozen=True)
class Replayed:
    """One record, computed again.

    Attributes:
        before: The record.
        now: What came out now; None where the claim or the check is gone.
        differences: Every place at which the two differ, times aside.
    """

    before: CheckResult
    now: CheckResult | None
    differences: tuple[Difference, ...]

    @property
    def agreement(self) -> Agreement:
        """SAME if nothing differs; OUTCOME if what the check found does; else NUMBERS."""
        if self.now is None:
            return Agreement.GONE
        if self.now.evidence.outcome is not self.before.evidence.outcome:
            return Agreement.OUTCOME
        return Agreement.NUMBERS if self.differences else Agreement.SAME


def replay(
    run: Run,
    claims: Registry,
    selected: tuple[ClaimResult, ...],
    *,
    check: str | None = None,
    jobs: int = 1,
) -> Iterator[Replayed]:
    """Compute the records of these claims again and yield each with how it compares.

    Args:
        run: The finished run.
        claims: The claims as they are now.
        selected: The claims of the run whose records are computed again.
        check: Only checks of this name.
        jobs: Worker processes.
    """
    records = {
        (result.claim_id, result.check): result
        for each in selected
        for result in each.results
        if check in (None, result.check)
    }
    there = {(claim.id, known.name) for claim in claims for known in claim.checks}
    for name, record in records.items():
        if name not in there:
            yield Replayed(record, None, ())
    limit = LIMIT_SECONDS[run.profile]
    tasks = [
        Task(claims.origin[record.claim_id], *name, profile=run.profile, seed=record.seed, limit=limit)
        for name, record in records.items()
        if name in there
    ]
    outcomes = perform_all(tasks, sources=claims.sources, jobs=jobs)
    with closing(outcomes):
        for done in outcomes:
            before = records[done.task.claim_id, done.task.check]
            found = tuple(_differences(before.to_json(), done.result.to_json()))
            yield Replayed(before, done.result, found)


def changed_circumstances(run: Run, claims: Registry) -> tuple[Difference, ...]:
    """What is other here than where the run was made: versions, machine, code."""
    now = {**environment(), "fingerprint": fingerprint(claims.sources)}
    return tuple(_differences(dict(run.environment), now))


def _differences(before: Any, now: Any, place: str = "") -> Iterator[Difference]:
    """Each place at which two pieces of plain data differ, times aside."""
    before, now = without_times(before), without_times(now)
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        pairs = {key: (before.get(key, _MISSING), now.get(key, _MISSING)) for key in (*before, *now)}
    elif isinstance(before, list) and isinstance(now, list):
        longest = range(max(len(before), len(now)))
        pairs = {str(k): (_entry(before, k), _entry(now, k)) for k in longest}
    else:
        if before != now or type(before) is not type(now):
            yield Difference(place, str(before), str(now))
        return
    for key, (old, new) in pairs.items():
        yield from _differences(old, new, f"{place}/{key}" if place else key)


def _entry(items: list[Any], k: int) -> Any:
    return items[k] if k < len(items) else _MISSING
