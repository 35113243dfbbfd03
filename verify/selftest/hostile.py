"""Hostile input: nothing that a user feeds in may hurt them.

A catalogue of hostile formulas, options, settings, checkpoints, stores, results and paths goes into the suite's
own entry points, and then inputs that nobody thought of (`verify.selftest.fuzz`). Each must end in a message or in
a result, never in a crash; within 2 s of processor time, or the limit that was asked for; without running code;
without markup of its own in the report, and without characters that act on the terminal.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from verify.selftest.fuzz import TARGETS, Fuzzed, environment, fuzz
from verify.selftest.hostile_case import ACCEPTED, CRASHED, HANG_SECONDS, HUNG, REFUSED, Case, Outcome
from verify.selftest.section import Figure, Section, Table

# What is started as the process that is fed.
CHILD = "verify.selftest.hostile_child"

# Wall time after which an input is taken for one without end: the machine may be busy with other things.
_WALL_SECONDS = 40.0
_START_SECONDS = 180.0
_MOST_DEATHS = 20


def hostile(*, fast: bool, seed: int, seconds: float) -> Section:
    """Feed the catalogue in, then fuzz for so many seconds.

    Args:
        fast: Only part of the options and of the changed files.
        seed: The seed of the changed files and of the fuzzing.
        seconds: Wall time of the fuzzing, shared by two engines on two targets.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ntk-escape-hostile-") as place:
        folder = Path(place)
        outcomes = catalogue(fast=fast, seed=seed, folder=folder)
        fuzzed = fuzz(seed=seed, seconds=seconds, folder=folder / "fuzz")
    return section(outcomes, fuzzed, seconds=time.monotonic() - began)


def catalogue(*, fast: bool, seed: int, folder: Path) -> tuple[Outcome, ...]:
    """What came of every input of the catalogue, fed in by a child process; a new one goes on where one ends."""
    place = folder / "catalogue"
    place.mkdir()
    outcomes: list[Outcome] = []
    first, done = 0, False
    for _ in range(_MOST_DEATHS):
        found, done = _serve(place, fast=fast, seed=seed, first=first)
        outcomes += found
        first += len(found)
        if done or not found:
            break
    if not done:
        case = Case("process", "the process that is fed", "", None, ACCEPTED)
        outcomes.append(Outcome(case, CRASHED, 0.0, "it ended before it had been fed everything"))
    return tuple(outcomes)


def section(outcomes: Sequence[Outcome], fuzzed: Sequence[Fuzzed], *, seconds: float) -> Section:
    """Figures and tables from what came of the inputs."""
    findings = [(each, *finding) for each in fuzzed for finding in each.findings]
    slow = [finding for finding in findings if _is_slow(finding[1])]
    runs = sum(each.runs for each in fuzzed)

    def zero(name: str, number: int) -> Figure:
        return Figure(name, str(number), "0", number == 0)

    figures = (
        Figure("inputs tried", f"{len(outcomes)} of the catalogue, {runs} by fuzzing"),
        zero("crashes", sum(each.ended == CRASHED for each in outcomes) + len(findings) - len(slow)),
        zero(
            f"hangs: over {HANG_SECONDS:g} s or the limit given",
            sum(each.ended == HUNG for each in outcomes) + len(slow),
        ),
        zero("inputs whose code ran", sum(each.marker for each in outcomes)),
        zero("reports with markup of others", sum(bool(each.markup) for each in outcomes)),
        zero("control characters on the terminal", sum(each.raw for each in outcomes)),
        zero("other answers than stated", sum(not each.as_stated for each in outcomes)),
    )
    failed = sum(not each.harmless for each in outcomes) + len(findings)
    came = (
        "each ended in a message or in a result" if not failed else f"{failed} did harm; the table says how"
    )
    return Section(
        id="hostile",
        title="Hostile input",
        summary=f"Hostile formulas, options, settings, checkpoints, stores, results and paths: {came}.",
        figures=figures,
        tables=tuple(_tables(outcomes, fuzzed, findings)),
        seconds=seconds,
    )


def _tables(
    outcomes: Sequence[Outcome], fuzzed: Sequence[Fuzzed], findings: Sequence[tuple[Fuzzed, str, str]]
) -> Iterator[Table]:
    rows = []
    for kind in dict.fromkeys(each.case.kind for each in outcomes):
        of_kind = [each for each in outcomes if each.case.kind == kind]
        counts = [
            sum(each.ended == ended for each in of_kind) for ended in (REFUSED, ACCEPTED, CRASHED, HUNG)
        ]
        slowest = max(of_kind, key=lambda each: each.seconds)
        row = (kind, len(of_kind), *counts, f"{slowest.seconds:.2f} s", slowest.case.name)
        rows.append(tuple(map(str, row)))
    columns = ("kind of input", "inputs", "refused", "accepted", "crashed", "hung", "slowest", "which")
    yield Table("Hostile input by kind", columns, tuple(rows))
    yield Table(
        "Fuzzing",
        ("engine", "what", "inputs", "accepted", "findings", "slowest"),
        tuple(_fuzz_row(each) for each in fuzzed),
    )
    harm = [(each.case.kind, each.case.name, _harm(each)) for each in outcomes if not each.harmless]
    harm += [(f"{each.engine}, {each.target}", shown[:300], what[:300]) for each, what, shown in findings]
    if harm:
        yield Table("Inputs that did harm", ("kind of input", "input", "what happened"), tuple(harm))


def _fuzz_row(each: Fuzzed) -> tuple[str, ...]:
    if not each.possible:
        return (each.engine, TARGETS[each.target], "not possible here: it is not installed", "", "", "")
    counts = (str(each.runs), str(each.accepted), str(len(each.findings)))
    return (each.engine, TARGETS[each.target], *counts, f"{each.slowest:.2f} s")


def _harm(each: Outcome) -> str:
    found = [each.ended] if not each.as_stated else []
    found += ["its code ran"] if each.marker else []
    found += [f"in the report: {', '.join(each.markup)}"] if each.markup else []
    found += ["control characters on the terminal"] if each.raw else []
    return f"{', '.join(found)}, where it must be {each.case.must}: {each.detail}"[:300]


def _is_slow(what: str) -> bool:
    return what.endswith("s of processor time") or what == "timeout" or "did not end" in what


# -- the child


def _serve(folder: Path, *, fast: bool, seed: int, first: int) -> tuple[list[Outcome], bool]:
    """Outcomes of the inputs from number `first` on, until all are done, one has no end, or the child dies."""
    size = "fast" if fast else "full"

    outcomes: list[Outcome] = []
    with (folder / "output").open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", CHILD, str(folder), size, str(seed), str(first)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            env=environment(),
        )
    assert child.stdout is not None
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    reader = threading.Thread(target=_forward, args=(child.stdout, lines), daemon=True)
    reader.start()
    open_case, done, wait = None, False, _START_SECONDS
    try:
        while True:
            try:
                line = lines.get(timeout=wait)
            except queue.Empty:
                line = b""
                if open_case is not None:
                    outcomes.append(Outcome(open_case, HUNG, wait, "it had no end"))
                    open_case = None
            if not line:
                break
            event = json.loads(line)
            if event["event"] == "begin":
                open_case = Case(event["kind"], event["name"], "", None, event["must"], event["seconds"])
                wait = _WALL_SECONDS + 10 * open_case.seconds
            elif event["event"] == "end" and open_case is not None:
                outcomes.append(_outcome(open_case, event))
                open_case = None
            elif event["event"] == "done":
                done = True
    finally:
        child.kill()
        code = child.wait()
        reader.join()
        child.stdout.close()
    if open_case is not None:
        outcomes.append(Outcome(open_case, CRASHED, 0.0, f"the process died with code {code}"))
    return outcomes, done


def _outcome(case: Case, event: dict[str, Any]) -> Outcome:
    took = float(event["took"])
    return Outcome(
        case,
        HUNG if took > case.seconds and event["ended"] != CRASHED else event["ended"],
        took,
        event["detail"],
        bool(event["marker"]),
        tuple(event.get("markup", ())),
        bool(event.get("raw", False)),
    )


def _forward(source: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    with suppress(ValueError):
        for line in source:
            lines.put(line)
    lines.put(b"")
