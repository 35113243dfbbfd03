"""The same seed, the same bytes: for one worker and for two, and for every record computed again."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from theory.errors import InputError
from verify.claim import Profile
from verify.plain import without_times
from verify.registry import Registry
from verify.replay import Agreement, Difference, Replayed, replay
from verify.run import Run
from verify.runner import run
from verify.selftest.section import Figure, Section, Table
from verify.verdict import Kind

# A proof of Coq draws nothing, and its cache would answer the second time.
DRAWING = tuple(kind for kind in Kind if kind is not Kind.FORMAL)


def determinism(
    claims: Registry, patterns: Iterable[str] = (), *, seed: int = 0, kinds: tuple[Kind, ...] = DRAWING
) -> Section:
    """Run the quick profile with one job and with two, compare the JSON as bytes, and replay every record.

    Args:
        claims: The claims.
        patterns: IDs and globs; none for all.
        seed: Seed of the run.
        kinds: The kinds of check.

    Raises:
        InputError: If a pattern matches nothing.
    """
    begun = time.monotonic()
    selected = claims.select(patterns)
    with tempfile.TemporaryDirectory() as scratch:
        runs = [
            run(
                claims,
                selected,
                profile=Profile.QUICK,
                seed=seed,
                jobs=jobs,
                folder=Path(scratch, f"jobs{jobs}"),
                kinds=kinds,
            )
            for jobs in (1, 2)
        ]
    texts = [_text(each) for each in runs]
    records = list(replay(runs[0], claims, runs[0].claims, jobs=2))
    counts = Counter(record.agreement for record in records)
    same = counts[Agreement.SAME]
    if not records:
        raise InputError(given="claims without a record", allowed="claims with a check", do="choose others")
    return Section(
        id="determinism",
        title="The same seed gives the same bytes",
        summary=f"{len(selected)} claims and controls of the quick profile (kinds {', '.join(kinds)}), "
        f"seed {seed}: run with one worker and with two, then every record computed again from its own seed.",
        figures=(
            Figure(
                "JSON of one worker and of two, times aside",
                f"{len(texts[0])} bytes, equal" if texts[0] == texts[1] else "different",
                "equal",
                texts[0] == texts[1],
            ),
            Figure(
                "records the same when computed again",
                f"{same} of {len(records)}",
                "all",
                same == len(records),
            ),
        ),
        tables=tuple(_differing(records)),
        seconds=time.monotonic() - begun,
    )


def _text(finished: Run) -> bytes:
    """The JSON of a run without its times, as bytes."""
    return json.dumps(without_times(finished.to_json()), sort_keys=True, allow_nan=False).encode()


def _differing(records: list[Replayed]) -> list[Table]:
    """A table of the records that differ, with the first place; none if none does."""
    rows = tuple(
        (record.before.claim_id, record.before.check, record.agreement.value, _place(record.differences))
        for record in records
        if record.agreement is not Agreement.SAME
    )
    return [Table("Records that differ", ("claim", "check", "how", "first place"), rows)] if rows else []


def _place(differences: tuple[Difference, ...]) -> str:
    if not differences:
        return ""
    first = differences[0]
    return f"{first.place}: {first.before[:60]} before, {first.now[:60]} now"
