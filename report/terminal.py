"""What a person sees while a run goes on: a live table in a terminal, plain lines everywhere else."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from report.wording import SYMBOLS, duration
from verify.claim import Claim, Profile
from verify.run import EVERY_KIND, CheckResult, checks_in
from verify.runner import Observer
from verify.verdict import Kind

_COLOURS = {"HOLDS": "green", "FAILS": "red", "ERROR": "red", "UNDECIDED": "yellow", "VACUOUS": "magenta"}


def is_plain() -> bool:
    """Whether to write plain lines: standard error is no terminal, or NO_COLOR or TERM=dumb asks for it."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb" or not sys.stderr.isatty()


@contextmanager
def watching(
    selected: Sequence[Claim], profile: Profile, kinds: Sequence[Kind] = EVERY_KIND
) -> Iterator[Observer]:
    """An observer for a run of these claims, writing to standard error while the block runs."""
    shown = {
        (claim.id, check.name): "control" if claim.is_control else check.kind.value
        for claim in selected
        for check in checks_in(claim, profile, kinds)
    }
    if is_plain():
        plain = PlainObserver(shown)
        yield plain
        plain.close()
        return
    board = LiveObserver(shown)
    with Live(
        get_renderable=board.render, console=Console(stderr=True), refresh_per_second=8, transient=True
    ):
        yield board


class PlainObserver(Observer):
    """One line for each check that is computed; reused results are counted, not listed."""

    def __init__(self, kinds: dict[tuple[str, str], str]) -> None:
        self._kinds = kinds
        self._total = len(kinds)
        self._done = 0
        self._reused = 0

    def finished(self, result: CheckResult, reused: bool) -> None:
        """Write the line of a check that was computed."""
        self._done += 1
        if reused:
            self._reused += 1
            return
        self._say_reused()
        width = len(str(self._total))
        head = f"[{self._done:>{width}}/{self._total}] {result.evidence.outcome.value:<9} "
        tail = f" {duration(result.seconds)}"
        name = f"{result.claim_id} {result.check}"
        if self._kinds[result.claim_id, result.check] == "control":
            head += "(control) "  # what is false on purpose should fail
        room = 79 - len(head) - len(tail)
        print(
            head + (name if len(name) <= room else name[: room - 1] + "…") + tail, file=sys.stderr, flush=True
        )

    def noticed(self, message: str) -> None:
        """Write the message."""
        print(f"note: {message}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Write what is left to say."""
        self._say_reused()

    def _say_reused(self) -> None:
        if self._reused:
            text = f"{self._reused} of {self._total} checks were finished before and are taken from the store"
            print(text, file=sys.stderr, flush=True)
            self._reused = 0


class LiveObserver(Observer):
    """The state of a run as a table: what runs now with its progress and ETA, and how far the whole is."""

    def __init__(self, kinds: dict[tuple[str, str], str]) -> None:
        self._kinds = kinds
        self._running: dict[tuple[str, str], tuple[float, int, int]] = {}
        self._notes: list[str] = []
        self._last: list[CheckResult] = []
        self._progress = Progress(
            TextColumn("checks"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        )
        self._bar = self._progress.add_task("checks", total=len(kinds))

    def started(self, claim_id: str, check: str) -> None:
        """Show the check as running."""
        self._running[claim_id, check] = time.monotonic(), 0, 0

    def progressed(self, claim_id: str, check: str, done: int, total: int) -> None:
        """Show how far a running check is."""
        since = self._running.get((claim_id, check), (time.monotonic(), 0, 0))[0]
        self._running[claim_id, check] = since, done, total

    def finished(self, result: CheckResult, reused: bool) -> None:
        """Move a check from running to finished."""
        self._running.pop((result.claim_id, result.check), None)
        self._progress.advance(self._bar)
        if not reused:
            self._last = [*self._last, result][-5:]

    def noticed(self, message: str) -> None:
        """Keep the message on screen."""
        self._notes.append(message)

    def render(self) -> Group:
        """The current picture."""
        table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
        table.add_column("", width=1)
        for heading in ("claim", "check"):  # these two give way where the terminal is narrow
            table.add_column(heading, no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column("kind", min_width=11, no_wrap=True)
        table.add_column("progress", justify="right", min_width=20, no_wrap=True)
        for each in self._last:
            outcome = each.evidence.outcome.value
            table.add_row(
                Text(SYMBOLS[outcome], _COLOURS.get(outcome, "dim")),
                Text(each.claim_id),
                Text(each.check),
                self._kinds.get((each.claim_id, each.check), ""),
                f"{outcome} {duration(each.seconds)}",
            )
        for (claim_id, check), (since, done, total) in list(self._running.items()):
            kind = self._kinds.get((claim_id, check), "")
            left = _how_far(time.monotonic() - since, done, total)
            table.add_row(Text("…", "cyan"), Text(claim_id), Text(check), kind, left)
        return Group(table, self._progress, *(Text(f"note: {note}") for note in self._notes))


def _how_far(elapsed: float, done: int, total: int) -> str:
    """``done/total, ETA`` once a check has reported progress, else the time so far."""
    if not 0 < done <= total:
        return duration(round(elapsed, 1))
    return f"{done}/{total}, {duration(round(elapsed * (total - done) / done))} left"
