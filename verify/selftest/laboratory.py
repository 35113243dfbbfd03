"""Run trials on several processes of `verify.selftest.trial` at once, and hand back what they observed."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from queue import Queue
from typing import Any, Generic, TypeVar

from theory.errors import InputError
from verify.pool import start_process
from verify.selftest.exam import IMPORT, LOST, Observation, Trial

_START_SECONDS = 120.0  # for a process to load all claims
_SPARE_SECONDS = 60.0  # beyond the limits of the exams, for forks and imports on a busy machine

T = TypeVar("T")


def perform_trials(
    trials: Iterable[tuple[T, Trial]], *, sources: Sequence[str], jobs: int
) -> Generator[tuple[T, Trial, tuple[Observation, ...]], None, None]:
    """Run the trials and yield each with its observations, as they come.

    When the iteration ends, is closed or raises, all processes are ended. The trials are taken one by one, when a
    process is free, so an iterable that ends early (for want of time) ends the work.

    Args:
        trials: Pairs of whatever tells them apart and the trial.
        sources: Modules of claims that the processes load at their start.
        jobs: Number of processes.

    Raises:
        InputError: If the system is not Linux.
    """
    if sys.platform != "linux":
        raise InputError(
            given=f"a self-test by mutation on {sys.platform}",
            allowed="Linux, where each trial is a fork",
            do="run it there, or in a container",
        )
    yield from _Laboratory(iter(trials), sources, jobs).results()


class _ClosedError(Exception):
    """The work was ended from outside."""


class _Laboratory(Generic[T]):
    """Threads with a process each, that share one iterator of trials and one queue of results."""

    def __init__(self, trials: Iterator[tuple[T, Trial]], sources: Sequence[str], jobs: int) -> None:
        self._trials, self._sources, self._jobs = trials, sources, jobs
        self._lock = threading.Lock()
        self._servers: list[_Server] = []
        self._results: Queue[tuple[T, Trial, tuple[Observation, ...]] | BaseException | None] = Queue()
        self._closed = False

    def results(self) -> Generator[tuple[T, Trial, tuple[Observation, ...]], None, None]:
        """Each trial with its observations."""
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._jobs)]
        for thread in threads:
            thread.start()
        running = len(threads)
        try:
            while running:
                found = self._results.get()
                if found is None:
                    running -= 1
                elif isinstance(found, BaseException):
                    raise found
                else:
                    yield found
        finally:
            with self._lock:
                self._closed = True
                for server in self._servers:
                    server.end()
            for thread in threads:
                thread.join()
            for server in self._servers:
                server.close()

    def _work(self) -> None:
        """What each thread does."""
        try:
            server = self._begin()
            while True:
                with self._lock:
                    pair = None if self._closed else next(self._trials, None)
                if pair is None:
                    break
                answer = server.ask(pair[1], again=self._begin)
                server = answer[0]
                self._results.put((*pair, answer[1]))
        except _ClosedError:
            pass  # nobody waits for a result
        except BaseException as error:
            self._results.put(error)
        finally:
            self._results.put(None)

    def _begin(self) -> _Server:
        with self._lock:
            if self._closed:
                raise _ClosedError
            server = _Server(self._sources)
            self._servers.append(server)
        server.await_ready()
        return server


class _Server:
    """One process that serves trials."""

    def __init__(self, sources: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()
        self._process = start_process("verify.selftest.trial", sources, errors=self._errors, buffering=0)

    def await_ready(self) -> None:
        """Wait until it has loaded everything.

        Raises:
            InputError: If it does not come so far.
        """
        answer = next(self._answers(time.monotonic() + _START_SECONDS), None)
        if answer is None:
            self._errors.seek(0)
            words = self._errors.read().decode("utf-8", "replace").strip().splitlines()
            raise InputError(
                given=f"claims that a fresh process cannot load ({words[-1] if words else 'no message'})",
                allowed="claims that load without a fault planted",
                do="run `ntk-escape list` to see where it stops",
            )

    def ask(self, trial: Trial, *, again: Callable[[], _Server]) -> tuple[_Server, tuple[Observation, ...]]:
        """Run one trial; give the server to go on with, which is another one if this one had to be ended."""
        limit = sum(exam.limit + _SPARE_SECONDS / 10 for exam in trial.exams)
        deadline = time.monotonic() + limit + _SPARE_SECONDS
        found: list[Observation] = []
        whole = False
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(trial.to_json().encode() + b"\n")
        for data in self._answers(deadline):
            if "whole" in data:
                whole = True
            elif "over" in data:
                if not whole:  # the fork of the trial died, which it only does while it loads something
                    words = "loading the packages hung or ended the process"
                    found.append(Observation(min(len(found), len(trial.exams) - 1), IMPORT, words))
                return self, tuple(found)
            else:
                found.append(Observation(**data))
        code = self._process.poll()
        self.end()
        number = min(len(found), len(trial.exams) - 1)
        word = "hung" if code is None else f"ended with code {code}"
        return again(), (*found, Observation(number, LOST, f"the process that served the trial {word}"))

    def _answers(self, deadline: float) -> Iterator[dict[str, Any]]:
        """The answers as they come, until the process ends or time is over."""
        channel = self._process.stdout
        assert channel is not None
        rest = b""
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([channel], [], [], left)[0]:
                return
            chunk = os.read(channel.fileno(), 1 << 20)
            if not chunk:
                self._process.wait()
                return
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield json.loads(line)

    def end(self) -> None:
        """End the process and all that it forked."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """Close the channels, once no thread waits on them."""
        self._errors.close()
        for channel in (self._process.stdin, self._process.stdout):
            if channel is not None:
                channel.close()
