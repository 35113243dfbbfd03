"""All parts of the self-test, one after the other, each kept as soon as it is finished.

The file ``selftest.json`` is written after every part, so a self-test that was cut off goes on from there. Parts of
another state of the code, another seed or another size are not taken over.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from theory.errors import InputError
from verify.environment import environment, fingerprint
from verify.selftest.section import FILE_NAME, Figure, Section, Selftest, read_selftest, write_selftest

Part = Callable[[], Section]


def selftest(
    parts: Mapping[str, Part],
    *,
    wanted: Iterable[str] = (),
    sources: Iterable[str],
    seed: int,
    size: str,
    folder: Path,
    fresh: bool = False,
    started: Callable[[str], None] = lambda part: None,
    finished: Callable[[Section, bool], None] = lambda section, reused: None,
) -> Selftest:
    """Run the parts that are wanted and not finished; give back all that is known of this state of the code.

    A part that crashes is a section that did not pass; the others go on.

    Args:
        parts: Each part by its ID, in the order of the report.
        wanted: IDs of the parts to run; none for all.
        sources: Modules and files of the claims, for the fingerprint of the code.
        seed: Seed of everything random.
        size: ``full`` or ``fast``.
        folder: Where ``selftest.json`` is kept.
        fresh: Whether to run again what is finished.
        started: Told the ID of a part that begins.
        finished: Told a section, and whether it was there before.

    Raises:
        InputError: If a part is not known, or the folder cannot be written.
    """
    chosen = list(wanted) or list(parts)
    unknown = [name for name in chosen if name not in parts]
    if unknown:
        raise InputError(given=f"part {unknown[0]!r}", allowed=", ".join(parts), do="choose one of them")
    state = {**environment(), "fingerprint": fingerprint(sources)}
    path = folder / FILE_NAME
    known = _known(path, state, seed, size)
    begun = datetime.now(UTC).isoformat(timespec="seconds")

    def record() -> Selftest:
        sections = tuple(known[name] for name in parts if name in known)
        return Selftest(sections, state, seed, size, begun, sum(section.seconds for section in sections))

    for name in chosen:
        if name in known and not fresh:
            finished(known[name], True)
            continue
        started(name)
        known[name] = _run(name, parts[name])
        finished(known[name], False)
        write_selftest(record(), path)
    return record()


def _run(name: str, part: Part) -> Section:
    begun = time.monotonic()
    try:
        section = part()
    except InputError:
        raise
    except Exception as error:  # a part that crashes has found nothing, and the others go on
        trace = traceback.format_exception(error)
        return Section(
            id=name,
            title=f"The part {name} crashed",
            summary=" ".join(trace[-1].split())[:500],
            figures=(Figure("ended by itself", "no", "yes", False),),
            seconds=time.monotonic() - begun,
        )
    return replace(section, id=name, seconds=time.monotonic() - begun)


def _known(path: Path, state: Mapping[str, object], seed: int, size: str) -> dict[str, Section]:
    """Finished sections of this state of the code; none where the file is missing, damaged or of another state."""
    try:
        before = read_selftest(path)
    except InputError:
        return {}
    if dict(before.environment) != state or (before.seed, before.size) != (seed, size):
        return {}
    return {section.id: section for section in before.sections}
