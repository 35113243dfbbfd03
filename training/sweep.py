"""Sweeps: lists of independent cells on any `concurrent.futures` executor, resumable at any moment.

Results are stored by this process, one file per finished cell (`training.cells`), so the same call after a crash
goes on with what is missing. A worker may die: its cell is given to another one, a stated number of times, and then
reported as failed while the others go on. A pool that lost a process cannot say which cell it had: all that it may
have been are run again, one at a time, and only a cell that was alone is charged with a death. A Dask scheduler
knows, and tries other workers by itself before it reports a cell as a killer.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path

from theory.errors import InputError
from training.cells import Cell, CellStore, Result, code_fingerprint
from training.workers import Workers, task

# A cell whose worker died this often, with no other cell beside it, is given up.
ATTEMPTS = 3


@dataclass(frozen=True)
class Progress:
    """How far a sweep is.

    Args:
        done: Cells that are finished or failed, the stored ones included.
        total: All cells.
        seconds_left: Estimate from the cost of the cells computed so far; None before the first.
        last: What happened last, in words.
    """

    done: int
    total: int
    seconds_left: float | None
    last: str


@dataclass(frozen=True)
class Finished:
    """What became of a cell.

    Args:
        cell: The cell.
        result: Its result, or None if it failed.
        error: Why it failed; empty if it did not.
        deaths: How many workers died of it while no other cell ran.
        stored: Whether the result was there already.
    """

    cell: Cell
    result: Result | None
    error: str = ""
    deaths: int = 0
    stored: bool = False


@dataclass(frozen=True)
class Sweep:
    """All cells of a sweep, in the order in which they were given.

    Args:
        cells: What became of each.
        damaged: Files that did not hold what they should, and were computed anew.
    """

    cells: tuple[Finished, ...]
    damaged: tuple[str, ...]

    @property
    def failed(self) -> tuple[Finished, ...]:
        """The cells without a result."""
        return tuple(each for each in self.cells if each.result is None)

    @property
    def computed(self) -> int:
        """How many results were computed by this call."""
        return sum(each.result is not None and not each.stored for each in self.cells)


def run_sweep(
    cells: Sequence[Cell],
    *,
    folder: Path,
    workers: Workers,
    attempts: int = ATTEMPTS,
    progress: Callable[[Progress], None] = lambda report: None,
) -> Sweep:
    """Compute the cells that the folder does not have, and give back all of them.

    Args:
        cells: The cells; equal ones are computed once.
        folder: Folder of the results.
        workers: Where to compute: `local` or `dask`.
        attempts: After how many deaths of its worker a cell is given up, 1 or more.
        progress: Called after each cell.

    Raises:
        InputError: If a cell needs more memory than there is, a name is unknown, or the folder cannot be written.
    """
    if attempts < 1:
        raise InputError(given=f"{attempts} attempts", allowed="1 or more", do="allow one")
    run = _Run(list(cells), CellStore(folder), attempts, progress)
    if run.waiting:
        _check_memory([run.cells[index] for index in run.waiting], workers)
        run.compute(workers)
    return Sweep(tuple(run.finished[run.first[cell.key]] for cell in cells), tuple(run.damaged))


class _Run:
    """The state of one sweep: what waits, what is under suspicion, what is finished."""

    def __init__(
        self,
        cells: list[Cell],
        store: CellStore,
        attempts: int,
        progress: Callable[[Progress], None],
    ) -> None:
        unique = {cell.key: cell for cell in cells}
        self.cells = list(unique.values())
        self.first = {key: index for index, key in enumerate(unique)}
        self.store, self.attempts, self.progress = store, attempts, progress
        self.finished: dict[int, Finished] = {}
        self.damaged: list[str] = []
        self.deaths = [0] * len(self.cells)
        self.suspects: deque[int] = deque()
        for index, cell in enumerate(self.cells):
            result = store.get(cell)
            if result is not None:
                self.finished[index] = Finished(cell, result, stored=True)
            elif store.damaged(cell):
                self.damaged.append(str(store.path(cell)))
        left = [index for index in range(len(self.cells)) if index not in self.finished]
        self.waiting = deque(sorted(left, key=lambda index: -self.cells[index].cost))
        self.began, self.work = time.monotonic(), 0.0
        if self.finished:
            self._report(f"{len(self.finished)} stored")

    def compute(self, workers: Workers) -> None:
        """Until nothing waits: open an executor and use it until it breaks."""
        while self.waiting or self.suspects:
            with workers.open() as executor:
                self._use(executor, workers.jobs)

    def _use(self, executor: Executor, jobs: int) -> None:
        flying: dict[Future[Result], int] = {}
        while self.waiting or self.suspects or flying:
            alone = bool(self.suspects)
            while (self.suspects if alone else self.waiting) and len(flying) < (1 if alone else jobs):
                index = (self.suspects if alone else self.waiting).popleft()
                cell = self.cells[index]
                try:
                    flying[
                        executor.submit(task, cell.place, cell.arguments, code_fingerprint(cell.place))
                    ] = index
                except BrokenExecutor:
                    self._died([index, *flying.values()])
                    return
            done, _ = wait(flying, return_when=FIRST_COMPLETED)
            broken = []
            for future in done:
                index = flying.pop(future)
                error = CancelledError() if future.cancelled() else future.exception()
                if error is None:
                    self._keep(index, future.result())
                elif isinstance(error, BrokenExecutor):
                    broken.append(index)
                else:
                    self._fail(index, str(error) if isinstance(error, InputError) else _describe(error))
            if broken:  # all that still flew fails with it, and the executor takes no more
                self._died([*broken, *flying.values()])
                return

    def _keep(self, index: int, result: Result) -> None:
        cell = self.cells[index]
        self.store.put(cell, result)
        self.finished[index] = Finished(cell, result, deaths=self.deaths[index])
        self.work += cell.cost
        self._report(f"{cell.label or cell.function} finished")

    def _fail(self, index: int, error: str) -> None:
        cell = self.cells[index]
        self.finished[index] = Finished(cell, None, error, self.deaths[index])
        self._report(f"{cell.label or cell.function} failed")

    def _died(self, indices: list[int]) -> None:
        """A process of a pool died: one of these cells had it, and is charged if there is no other."""
        for index in indices:
            self.deaths[index] += len(indices) == 1
            if self.deaths[index] >= self.attempts:
                times = self.deaths[index]
                self._fail(index, f"its worker died {times} times: out of memory, or a crash in native code")
            else:
                self.suspects.append(index)

    def _report(self, last: str) -> None:
        left: float | None = None
        if self.work:
            rest = sum(cell.cost for index, cell in enumerate(self.cells) if index not in self.finished)
            left = (time.monotonic() - self.began) / self.work * rest
        self.progress(Progress(len(self.finished), len(self.cells), left, last))


def _check_memory(cells: Sequence[Cell], workers: Workers) -> None:
    """Refuse cells for which there is too little memory, before any of them starts."""
    needs = sorted(((cell.memory, cell) for cell in cells), key=lambda pair: -pair[0])
    at_once = needs[: workers.jobs] if workers.shared else needs[:1]
    total = sum(need for need, _ in at_once)
    if total <= workers.memory:
        return
    largest, cell = needs[0]
    alone = largest <= workers.memory
    name = cell.label or cell.function
    raise InputError(
        given=f"cells that need about {_gib(total)} at once, the largest ({name}) {_gib(largest)}",
        allowed=f"at most the {_gib(workers.memory)} that {'this machine' if workers.shared else 'a worker'} has",
        do="use fewer --jobs" if alone and workers.shared else "lower the sizes, or use a larger machine",
    )


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _gib(count: float) -> str:
    return f"{count / 2**30:.1f} GiB"
