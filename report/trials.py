"""What a person sees while faults are planted: one bar a stage in a terminal, few plain lines everywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from report.terminal import is_plain
from verify.selftest.record import NAMED, SURVIVED, Record, Watcher

_EVERY_SECONDS = 20.0


@contextmanager
def watching() -> Iterator[Watcher]:
    """A watcher that writes to standard error while the block runs."""
    if is_plain():
        yield _Plain()
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bars(progress)


class _Plain:
    """A line when a stage is done, and now and then within it."""

    def __init__(self) -> None:
        self._said = 0.0

    def stage(self, title: str, done: int, total: int) -> None:
        """Say how far it is."""
        now = time.monotonic()
        if done == total or now - self._said > _EVERY_SECONDS:
            self._said = now
            print(f"[{done}/{total}] {title}", file=sys.stderr, flush=True)

    def found(self, record: Record) -> None:
        """Name a fault that no check has caught so far."""
        if record.sort == NAMED and record.fate == SURVIVED:
            print(f"not caught so far: {record.id}", file=sys.stderr, flush=True)


class _Bars:
    """A bar for each stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def stage(self, title: str, done: int, total: int) -> None:
        """Move the bar of this stage."""
        if title not in self._tasks:
            self._tasks[title] = self._progress.add_task(title, total=total)
        self._progress.update(self._tasks[title], completed=done, total=total)

    def found(self, record: Record) -> None:
        """Nothing: the list comes at the end."""
