"""Try checks on the packages with a fault planted: a process that loads everything once and forks for each trial.

It says ``{"ready": true}``, then reads one command a line on its standard input (`Trial` as JSON) and answers with
one line for each exam (`Observation` as JSON), ``{"whole": true}`` unless it died on the way, and
``{"over": true}``. A trial runs in a fork, which
plants the fault and imports the packages again; each exam runs in a fork of that one, with a limit on time and
memory. So the libraries are loaded once, and nothing that a fault does (crash, hang, print, fill memory) reaches
the next exam.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from verify.memory import limit_memory
from verify.registry import load
from verify.selftest.exam import DIED, FAILED, IMPORT, PASSED, TIMEOUT, Exam, Observation, Trial, noticed
from verify.selftest.planting import forget_packages, plant, source_of

COVERED = ("theory", "training")

_MEMORY = 4 * 2**30  # bytes that an exam may take beyond what is loaded
_MERCY_SECONDS = 5.0  # beyond its limit, for an exam that is to say what it executed so far
_MAX_SUMMARY = 300


def load_anew(source: str) -> None:
    """Load a module or file of claims by the packages as they are now, which after a planting are not ours."""
    importlib.import_module("verify.registry").load(source)


def main(sources: Iterable[str] = ()) -> None:
    """Serve trials until the standard input ends.

    Args:
        sources: Modules of claims to load at the start.
    """
    commands, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _silence()
    sys.dont_write_bytecode = True
    for source in sources:
        load(source)
    gc.freeze()  # collecting what is loaded would only copy its pages in every fork
    _say(answers, {"ready": True})
    for line in commands:
        child = os.fork()
        if child == 0:
            _and_leave(partial(_try, Trial.from_json(line), answers))
        os.waitpid(child, 0)
        _say(answers, {"over": True})
    os._exit(0)


def _try(trial: Trial, answers: BinaryIO) -> None:
    """Plant the fault, run the exams, answer for each."""
    _run_exams(trial, answers)
    _say(answers, {"whole": True})


def _run_exams(trial: Trial, answers: BinaryIO) -> None:
    began, caught = _spent(), False
    forget_packages()
    if trial.module:
        plant(trial.module, trial.source)
    broken: dict[str, str] = {}
    for number, exam in enumerate(trial.exams):
        passed = _spent() - began
        if passed > trial.give_up or (caught and passed >= trial.stop):
            return
        reason = ""
        if exam.claim:
            reason = _load(exam.source, broken, trial.loading)
        if reason:
            observation = Observation(number, IMPORT, reason)
        else:
            observation = _examine(number, exam, cover=trial.cover)
        caught |= noticed(exam, observation.ended)
        _say(answers, asdict(observation))


def _spent() -> float:
    """Seconds of CPU that this process took, with the exams that it waited for."""
    return sum(os.times()[:4])


def _load(source: str, known: dict[str, str], limit: int) -> str:
    """Load a module of claims, once; why it cannot be, or nothing.

    It stays loaded, so the forks need not do it again. If that hangs or dies, so does this process, and the trial
    ends here.
    """
    if source not in known:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(limit)  # unlike an exception of ours it cannot be caught by what is loaded
        try:
            load_anew(source)
            known[source] = ""
        except BaseException as error:  # whatever the fault makes it raise
            known[source] = f"{source} cannot be loaded: {type(error).__name__}: {error}"[:_MAX_SUMMARY]
        signal.alarm(0)
    return known[source]


def _examine(number: int, exam: Exam, *, cover: bool) -> Observation:
    """Run one exam in a fork and see how it ends."""
    with tempfile.TemporaryDirectory(prefix="exam-", ignore_cleanup_errors=True) as scratch:
        return _examine_in(scratch, number, exam, cover=cover)


def _examine_in(scratch: str, number: int, exam: Exam, *, cover: bool) -> Observation:
    began = time.monotonic()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        # Whatever the exam leaves (temporary files, examples that Hypothesis keeps) goes with it.
        os.environ.update(TMPDIR=scratch, HYPOTHESIS_STORAGE_DIRECTORY=scratch)
        tempfile.tempdir = scratch
        with os.fdopen(writer, "wb") as channel:
            _and_leave(lambda: _sit(exam, channel, cover=cover))
    os.close(writer)
    raw, in_time = _read(reader, child, exam.limit + (_MERCY_SECONDS if cover else 0.0))
    os.close(reader)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # it and whatever it started
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)  # should it not have come to lead a group
    _, status, usage = os.wait4(child, 0)
    seconds, cpu = time.monotonic() - began, usage.ru_utime + usage.ru_stime
    try:
        data = json.loads(raw)
    except ValueError:
        if in_time:
            code = os.waitstatus_to_exitcode(status)
            return Observation(number, DIED, f"the process ended with code {code}", seconds, cpu)
        return Observation(number, TIMEOUT, f"over its limit of {exam.limit:.1f} s", seconds, cpu)
    return Observation(exam=number, seconds=seconds, cpu=cpu, **data)


def _read(reader: int, child: int, limit: float) -> tuple[bytes, bool]:
    """What the child writes until it ends or its time is over, and whether it ended in time."""
    handle = os.pidfd_open(child)
    deadline, chunks = time.monotonic() + limit, []
    os.set_blocking(reader, False)
    try:
        while True:
            left = deadline - time.monotonic()
            ready = select.select([reader, handle], [], [], max(0.0, left))[0]
            chunk = b""
            with suppress(BlockingIOError):
                chunk = os.read(reader, 1 << 20)
            chunks.append(chunk)
            if not chunk and (handle in ready or reader in ready):
                return b"".join(chunks), True
            if left <= 0:
                return b"".join(chunks), False
    finally:
        os.close(handle)


def _sit(exam: Exam, channel: BinaryIO, *, cover: bool) -> None:
    """What the fork of one exam does: run it and write how it ended."""
    os.setsid()
    _die_with_parent()
    _silence()
    limit_memory(_MEMORY)
    coverage = _Coverage() if cover else None

    def answer(ended: str, summary: str) -> NoReturn:
        lines = {} if coverage is None else coverage.lines()
        channel.write(
            json.dumps({"ended": ended, "summary": summary[:_MAX_SUMMARY], "lines": lines}).encode()
        )
        channel.flush()
        os._exit(0)

    if coverage is not None:
        # Half a check still says which lines it executes.
        signal.signal(signal.SIGALRM, lambda *_: answer(TIMEOUT, f"longer than {exam.limit:g} s"))
        signal.setitimer(signal.ITIMER_REAL, exam.limit)
    answer(*_run(exam, coverage))


def _run(exam: Exam, coverage: _Coverage | None) -> tuple[str, str]:
    """How the exam ends, and a line about it."""
    if exam.tests:
        if coverage is not None:
            coverage.start()
        return _run_tests(exam)
    if not exam.claim:
        forget_packages()
        if coverage is not None:
            coverage.start()
        load_anew(exam.source)
        return PASSED, ""
    # Of the planted packages, hence not at the top.
    from verify.claim import Profile
    from verify.worker import find, perform

    claim = find(exam.source, exam.claim)
    if coverage is not None:
        coverage.start()
    result = perform(claim, exam.check, profile=Profile(exam.profile), seed=exam.seed)
    return result.evidence.outcome.value, result.evidence.summary


def _run_tests(exam: Exam) -> tuple[str, str]:
    """Run test files by pytest, until the first failure."""
    pytest = importlib.import_module("pytest")
    os.chdir(exam.source)
    failures: list[str] = []

    class Listener:
        """Keeps the name of what failed."""

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                failures.append(f"{report.nodeid} ({report.when})")

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                failures.append(f"{report.nodeid} (collecting)")

    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
    # The claims have loaded what pytest would rather load itself; the project makes errors of warnings.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    options += ["--rootdir", exam.source, "--hypothesis-seed", str(exam.seed)]
    code = int(pytest.main([*options, *exam.tests], plugins=[Listener()]))
    return (PASSED, "") if code == 0 else (FAILED, ", ".join(failures) or f"pytest ended with code {code}")


class _Coverage:
    """Which lines of the rooms this process executes from `start` on."""

    def __init__(self) -> None:
        self._roots = {room: source_of(f"{room}/__init__.py").parent.resolve() for room in COVERED}
        self._coverage: Any = None

    def start(self) -> None:
        """Begin."""
        module = importlib.import_module("coverage")
        patterns = [f"{root}{os.sep}*" for root in self._roots.values()]
        self._coverage = module.Coverage(data_file=None, config_file=False, include=patterns)
        self._coverage.start()

    def lines(self) -> dict[str, list[int]]:
        """The lines, by file relative to the folder of the packages."""
        if self._coverage is None:
            return {}
        self._coverage.stop()
        data = self._coverage.get_data()
        found = {}
        for name in data.measured_files():
            for room, root in self._roots.items():
                path = Path(name)
                if path.is_relative_to(root):
                    found[f"{room}/{path.relative_to(root).as_posix()}"] = sorted(data.lines(name) or ())
        return found


def _and_leave(action: Callable[[], None]) -> NoReturn:
    """Do it and end this process, whatever comes of it: the loops above are not for a fork."""
    try:
        action()
        os._exit(0)
    except BaseException:  # the answer is missing, which the other side notices
        os._exit(70)


def _say(answers: BinaryIO, data: object) -> None:
    answers.write(json.dumps(data).encode() + b"\n")
    answers.flush()


def _silence() -> None:
    """Nothing printed or read by what runs here reaches the channels or the terminal."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
