"""A pool of worker processes that survives what its checks do: crashes, hangs, exits, stray prints.

Each worker is a fresh Python process in a session of its own, so a Ctrl-C reaches the parent only and a
worker is ended together with whatever it started. A thread per worker reads its answers into one queue.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Queue
from typing import IO, Any, TypeAlias

from theory.errors import InputError
from verify.claim import ALPHA, Profile
from verify.evidence import Evidence
from verify.plain import steady
from verify.run import CheckResult
from verify.verdict import Outcome

# -P keeps the current folder out of the search for `sys` and `json`; then the parent's own path is taken
# over, so that the worker finds the very packages that the parent found.
_BOOT = """import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
importlib.import_module(sys.argv[2]).main(sys.argv[3:])
"""

# Linear algebra libraries that start a thread per core would fight over the cores with other workers, and
# sums split over threads depend on their number. A fixed hash seed fixes the order of sets of text.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}

# Allowed for a worker to start and load the claims, before the time limit of its check begins.
_START_SECONDS = 120.0
_TICK = 0.1  # seconds between two looks at deadlines and at dead workers
_LAST_WORDS_SECONDS = 1.0  # for the answers of a process that just died to arrive
_MAX_OUTPUT = 65_536  # bytes kept of what one check printed


@dataclass(frozen=True)
class Task:
    """One check to be run.

    Attributes:
        source: Module name or file path that defines the claim.
        claim_id: The claim.
        check: The name of the check within it.
        profile: The profile.
        seed: The check's own seed.
        limit: Its time limit in seconds.
        folder: `verify.claim.Context.folder`; empty for none.
        memory: Bytes that it may take, `verify.memory.limit_memory`; None for no limit.
        alpha: `verify.claim.Context.alpha`.
    """

    source: str
    claim_id: str
    check: str
    profile: Profile
    seed: int
    limit: float
    folder: str = ""
    memory: int | None = None
    alpha: float = ALPHA


@dataclass(frozen=True)
class Done:
    """A task's result.

    Attributes:
        task: The task.
        result: What came out.
        final: Whether the check itself came to its end; not so if it crashed or was stopped.
        printed: What it printed.
    """

    task: Task
    result: CheckResult
    final: bool
    printed: str


Answers: TypeAlias = "Queue[tuple[_Worker, dict[str, Any] | None]]"


def perform_all(
    tasks: Iterable[Task],
    *,
    sources: Sequence[str],
    jobs: int,
    started: Callable[[Task], None] = lambda task: None,
    progressed: Callable[[Task, int, int], None] = lambda task, done, total: None,
) -> Generator[Done, None, None]:
    """Run the tasks on `jobs` worker processes and yield each result as it comes.

    Every task yields exactly one result. When the iteration ends, is closed or raises, all workers are ended.

    Args:
        tasks: The tasks, in the order in which to start them.
        sources: What every worker loads at its start: the same for each run of a set of claims, whichever of
            them are selected, so that every check finds the same modules loaded.
        jobs: Number of worker processes.
        started: Called when a task is handed to a worker.
        progressed: Called with ``(task, done, total)``.
    """
    waiting = deque(tasks)
    answers: Answers = Queue()
    pool: list[_Worker] = []
    try:
        while waiting or any(worker.task for worker in pool):
            _hand_out(waiting, pool, jobs=jobs, begin=lambda: _Worker(answers, sources), started=started)
            worker, answer = _next(answers)
            if worker is None or worker.task is None or worker not in pool:
                pass  # silence, or a late word from a worker that was ended or is between two tasks
            elif answer is None:
                yield _retire(worker, pool, channel_closed=True)
            elif answer["event"] == "started":
                worker.deadline = time.monotonic() + worker.task.limit
            elif answer["event"] == "progress":
                progressed(worker.task, answer["done"], answer["total"])
            elif answer["event"] == "result":
                worker.result, worker.final = CheckResult.from_json(answer["data"]), bool(answer["final"])
            elif worker.result is not None:
                yield worker.finish(worker.result)
            else:
                yield worker.finish_without(_death(answer["code"]))
            for worker in [each for each in pool if each.task]:
                if not worker.alive():  # its last answers may still be on their way
                    worker.deadline = min(worker.deadline, time.monotonic() + _LAST_WORDS_SECONDS)
                if time.monotonic() > worker.deadline:
                    yield _retire(worker, pool, channel_closed=False)
    finally:
        for worker in pool:
            worker.end()


def start_process(
    module: str, sources: Sequence[str], *, errors: IO[bytes], buffering: int = -1
) -> subprocess.Popen[bytes]:
    """A fresh Python in a session of its own that runs ``main(sources)`` of the module, with pipes to and from it.

    Args:
        module: Dotted name of a module that has a `main`.
        sources: What it loads at its start.
        errors: Where its standard error goes.
        buffering: That of the pipes, as for `subprocess.Popen`.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _BOOT, json.dumps(sys.path), module, *sources],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={**os.environ, **_ENVIRONMENT},
        start_new_session=True,
        bufsize=buffering,
    )


def _next(answers: Answers) -> tuple[_Worker | None, dict[str, Any] | None]:
    """The next answer, with its worker; nothing if none comes in a while."""
    try:
        return answers.get(timeout=_TICK)
    except Empty:
        return None, None


def _hand_out(
    waiting: deque[Task],
    pool: list[_Worker],
    *,
    jobs: int,
    begin: Callable[[], _Worker],
    started: Callable[[Task], None],
) -> None:
    """Give each idle worker a task, starting workers as needed."""
    while waiting and sum(worker.task is not None for worker in pool) < jobs:
        worker = next((each for each in pool if each.task is None), None)
        if worker is None:
            worker = begin()
            pool.append(worker)
        if worker.start(waiting[0]):
            started(waiting.popleft())
        else:  # it died between two tasks
            pool.remove(worker)
            worker.end()


def _retire(worker: _Worker, pool: list[_Worker], *, channel_closed: bool) -> Done:
    """End a worker that died or is over time; give the result of the task that it had."""
    pool.remove(worker)
    code = worker.exit_code(wait=_LAST_WORDS_SECONDS if channel_closed else 0.0)
    worker.end()
    if code is None and not channel_closed:
        return worker.finish_without(None)
    return worker.finish_without("the worker closed its channel" if code is None else _death(code))


def _death(code: int) -> str:
    """How a process ended that should not have, from its exit code."""
    if code >= 0:
        return f"the process of the check left with exit code {code}"
    name = signal.Signals(-code).name
    hint = "; most often because memory ran out" if name == "SIGKILL" else ""
    return f"the process of the check was ended by {name}{hint}"


def _scratch_file() -> IO[bytes]:
    """A file without a name for what checks print; in memory where no folder for temporary files can be written.

    Raises:
        InputError: If there is no such folder and no such memory.
    """
    try:
        return tempfile.TemporaryFile(buffering=0)
    except OSError as error:
        if hasattr(os, "memfd_create"):
            return open(os.memfd_create("printed"), "r+b", buffering=0)
        raise InputError(
            given=f"no folder for temporary files ({error.strerror or error})",
            allowed="a writable folder with free space",
            do="free space there, or set TMPDIR to another folder",
        ) from error


class _Worker:
    """A worker process and the task that it has in hand."""

    def __init__(self, answers: Answers, sources: Sequence[str]) -> None:
        self.task: Task | None = None
        self.result: CheckResult | None = None
        self.final = False
        self.deadline = math.inf
        self._since = 0.0
        self._output = ""
        self._printed = _scratch_file()
        self._process = start_process("verify.worker", sources, errors=self._printed)
        self._reader = threading.Thread(target=self._read, args=(answers,), daemon=True)
        self._reader.start()

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def start(self, task: Task) -> bool:
        """Hand over a task; False if the process is gone."""
        command = {
            "source": task.source,
            "claim": task.claim_id,
            "check": task.check,
            "profile": task.profile.value,
            "seed": task.seed,
            "folder": task.folder,
            "memory": task.memory,
            "alpha": task.alpha,
        }
        channel = self._process.stdin
        assert channel is not None
        if not self.alive():
            return False
        try:
            channel.write(json.dumps(command).encode() + b"\n")
            channel.flush()
        except OSError:
            return False
        self.task, self.result, self.final, self._since = task, None, False, time.monotonic()
        self.deadline = self._since + _START_SECONDS + task.limit
        return True

    def finish(self, result: CheckResult) -> Done:
        """Close the task with its result."""
        assert self.task is not None
        task, self.task = self.task, None
        return Done(task, result, self.final, self._take_output())

    def finish_without(self, death: str | None) -> Done:
        """Close a task that has no result: an ERROR if its process died, UNDECIDED if it was stopped."""
        assert self.task is not None
        output = self._take_output()
        if death is None:
            reason = (
                f"stopped at its time limit of {self.task.limit:g} s; raise the limit or lower the profile"
            )
            evidence, trace = Evidence(Outcome.UNDECIDED, reason), ""
        else:
            lines = output.splitlines()  # the dump of a crash ends in a long list of loaded modules
            trace = steady("\n".join(line for line in lines if not line.startswith("Extension modules:")))
            evidence = Evidence(Outcome.ERROR, death)
        seconds = time.monotonic() - self._since
        task, self.task = self.task, None
        result = CheckResult(task.claim_id, task.check, task.seed, evidence, seconds, trace)
        return Done(task, result, False, output)

    def exit_code(self, *, wait: float) -> int | None:
        """The exit code of the process, waiting that many seconds for it; None while it runs."""
        try:
            return self._process.wait(wait)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """End the process and whatever it started, and close the channels."""
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        self._reader.join(_LAST_WORDS_SECONDS)
        self._output = self._take_output()
        self._printed.close()
        for channel in (self._process.stdin, self._process.stdout):
            # A process that left the session may keep the channel open, and a reader on it blocks closing.
            if channel is not None and not self._reader.is_alive():
                with suppress(OSError):
                    channel.close()

    def _take_output(self) -> str:
        """What was printed since the last time, cut to its end if it is long; the process is idle or gone."""
        if self._printed.closed:
            return self._output
        size = self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, size - _MAX_OUTPUT))
        text = self._printed.read().decode("utf-8", "replace")
        self._printed.seek(0)  # both processes share the position
        self._printed.truncate()
        return text

    def _read(self, answers: Answers) -> None:
        """Put each answer into the queue, and None when the channel ends."""
        channel = self._process.stdout
        assert channel is not None
        with suppress(OSError):
            for line in channel:
                with suppress(ValueError):  # half a line, from a process that died while it wrote
                    answers.put((self, json.loads(line)))
        answers.put((self, None))
