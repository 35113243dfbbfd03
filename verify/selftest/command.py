"""A command of the suite as a person sees it: what it says while it runs, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from verify.selftest.drill_files import SERVER

LIMIT_SECONDS = 120.0  # far beyond what any command of a drill takes; one that is not back by then hangs

_REPORTED = re.compile(r"^\[ *\d+/\d+\] (\w+) +(?:\(control\) )?(\S+) \S+ ", re.MULTILINE)
_UNWANTED = ("Traceback (most recent call last)", "Exception ignored", "stopped by an unexpected")


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Its exit code, negative for a signal; None if it hung and was ended.
        output: What it wrote to standard output and standard error.
    """

    code: int | None
    output: str

    @property
    def outcomes(self) -> Mapping[str, str]:
        """Outcome by claim of the checks that it reported as computed."""
        return {claim: outcome for outcome, claim in _REPORTED.findall(self.output)}

    @property
    def message(self) -> str:
        """What it said besides the lines of its checks, on one line."""
        lines = [line.strip() for line in self.output.splitlines() if not line.startswith("[")]
        return " ".join(line for line in lines if line)

    def faults(self) -> list[str]:
        """What no command may do: hang, show a traceback, or refuse something without saying what to do."""
        found = [f"said {each!r}" for each in _UNWANTED if each in self.output]
        if self.code is None:
            found.append("hung")
        if self.code == 2 and not all(
            f"  {label}:" in self.output for label in ("given", "allowed", "to do")
        ):
            found.append("refused without saying what was given, what is allowed and what to do")
        return found


class Process(Protocol):
    """What `Running` needs of a process; `subprocess.Popen` has it, too."""

    @property
    def pid(self) -> int:
        """Its number, and that of its group."""

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""


class Server:
    """A process that has loaded the command and runs it in forks of itself, which saves loading it each time.

    Args:
        modules: What it loads besides the command.
        environment: Its environment.
        folder: Where it works.
    """

    def __init__(self, modules: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER, json.dumps(modules)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=folder,
        )

    def fork(self, arguments: Iterable[str], log: Path, environment: Mapping[str, str]) -> Process:
        """Run the command with these arguments."""
        order = {"arguments": [*arguments], "log": str(log), "environment": {**environment}}
        return _Fork(self, int(self.answer({**order, "limit": int(LIMIT_SECONDS)})))

    def answer(self, order: Mapping[str, Any]) -> Any:
        """Its answer to one order."""
        channel, answers = self._process.stdin, self._process.stdout
        assert channel is not None and answers is not None
        channel.write(json.dumps(order) + "\n")
        channel.flush()
        return json.loads(answers.readline())

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


class _Fork:
    """A fork of a server."""

    def __init__(self, server: Server, pid: int) -> None:
        self.pid = pid
        self._server = server
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._server.answer({"ended": self.pid})
        return self._code


class Running:
    """A command that runs."""

    def __init__(self, process: Process, log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.process.poll() is not None

    def so_far(self) -> Ended:
        """What it has said so far."""
        text = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        return Ended(self.process.poll(), text)

    def until(self, condition: Callable[[], bool], seconds: float = LIMIT_SECONDS) -> bool:
        """Wait until the condition holds or the command is over; gives whether the condition held first."""
        end = time.monotonic() + seconds
        while not self.ended and time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.003)
        return False

    def send(self, number: int) -> None:
        """Send a signal to its whole process group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def end(self, seconds: float = LIMIT_SECONDS) -> Ended:
        """Wait until it is over and say how it ended; one that is not over by then is killed."""
        self.until(lambda: False, seconds)
        if self.ended and self.process.poll() != -signal.SIGALRM:  # by which a fork ends itself in the end
            return self.so_far()
        self.send(signal.SIGKILL)
        self.until(lambda: False)
        return Ended(None, self.so_far().output)
