"""The subject of the drills: the real command on a small file of claims that leaves marks when a check runs.

Every drill starts ``ntk-escape`` as a process of its own, disturbs it, and then looks at what a person would see:
exit code, messages, the folder of the run. A `Rig` keeps all of it in one folder and knows what an undisturbed run
gives, so that any result that differs is noticed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import verify
from theory.errors import InputError
from verify.selftest.command import Ended, Running, Server
from verify.selftest.drill_files import CLAIMS

CHECKS = 12

_PRELOADED = ("report.workflow", "report.terminal", "report.summary", "report.commands", "verify.worker")


@dataclass
class Rig:
    """A folder with the claims, the folders of runs and the marks of the checks; use `build`.

    Attributes:
        home: The folder.
        claims: The file of claims.
        digest: Digest of an undisturbed run.
        first: Seconds from the start of an undisturbed run to its first finished check.
        last: Seconds to its last one.
        whole: Seconds to its end.
    """

    home: Path
    claims: Path
    digest: str = ""
    first: float = 0.0
    last: float = 0.0
    whole: float = 0.0
    _folders: int = 0
    _logs: int = 0
    _servers: dict[tuple[str, ...], Server] = field(default_factory=dict)

    @classmethod
    def build(cls, home: Path) -> Rig:
        """Write the claims and watch an undisturbed run.

        Raises:
            InputError: If that run does not end as it should, so that no drill would mean anything.
        """
        claims = home / "claims.py"
        claims.write_text(CLAIMS, encoding="utf-8")
        rig = cls(home, claims)
        out, began = rig.folder(), time.monotonic()
        running = rig.start(out)
        running.until(lambda: bool(running.so_far().outcomes))
        rig.first = time.monotonic() - began
        running.until(lambda: len(running.so_far().outcomes) == CHECKS)
        rig.last = time.monotonic() - began
        ended = running.end()
        rig.whole = time.monotonic() - began
        if ended.code != 0:
            raise InputError(
                given=f"an undisturbed run that ended with exit code {ended.code}: {ended.message[-300:]}",
                allowed="exit code 0",
                do="run `ntk-escape verify` on a file of claims and mend what it says",
            )
        rig.digest = rig.digest_of(out)
        return rig

    def close(self) -> None:
        """End what it started."""
        for server in self._servers.values():
            server.close()

    def folder(self) -> Path:
        """A name for the folder of a new run."""
        self._folders += 1
        return self.home / f"run{self._folders:03d}"

    def environment(self, out: Path) -> dict[str, str]:
        """The environment of a command on a run's folder."""
        marks = self._marks(out)
        marks.mkdir(exist_ok=True)
        path = [str(self.home), str(Path(verify.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
            "DRILL_MARKS": str(marks),
            "OMP_NUM_THREADS": "1",
            "NO_COLOR": "1",
            "TERM": "dumb",
        }

    def arguments(self, out: Path, *options: str) -> list[str]:
        """The arguments that verify the claims into a folder."""
        return ["verify", str(self.claims), "--out", str(out), "--jobs", "2", *options]

    def command(self, out: Path, *options: str) -> list[str]:
        """The command line that does it in a process of its own."""
        return [sys.executable, "-m", "ntk_escape", *self.arguments(out, *options)]

    def start(
        self,
        out: Path,
        *options: str,
        wrapped: Sequence[str] = (),
        prepare: Callable[[], object] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Running:
        """Start the command in a session of its own.

        Args:
            out: Folder of the run.
            options: Further options.
            wrapped: A command that takes this one as its arguments.
            prepare: Called in the new process before the command.
            more: Further variables of the environment.
        """
        log = self._log()

        def begin() -> None:
            # A job in the background would ignore it.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if prepare is not None:
                prepare()

        with log.open("wb") as file:
            process = subprocess.Popen(
                [*wrapped, *self.command(out, *options)],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**self.environment(out), **(more or {})},
                start_new_session=True,
                preexec_fn=begin,
                cwd=self.home,
            )
        return Running(process, log)

    def run(self, out: Path, *options: str) -> Ended:
        """The command on a folder, undisturbed, in a process of its own that need not load everything again."""
        return self.ask(self.arguments(out, *options), out)

    def ask(self, arguments: Iterable[str], out: Path, *, preloaded: Sequence[str] = ()) -> Ended:
        """Any command line of ``ntk-escape``, undisturbed; `preloaded` are modules that it will need."""
        return self._forked(arguments, out, preloaded).end()

    def start_loaded(self, out: Path) -> Running:
        """Start the command from where it has loaded its modules, which is most of its start."""
        return self._forked(self.arguments(out), out)

    def marks(self, out: Path) -> Counter[str]:
        """How often each check of a run's folder really began, and under ``.end`` how often it came to its end."""
        return Counter({path.name: len(path.read_text().split()) for path in self._marks(out).glob("c*")})

    def process_of(self, out: Path, name: str) -> int:
        """The process in which a check began last."""
        return int((self._marks(out) / name).read_text().split()[-1])

    def digest_of(self, out: Path) -> str:
        """The digest in the results of a run; empty if there are none."""
        try:
            return str(json.loads((out / "results.json").read_bytes())["digest"])
        except (OSError, ValueError, KeyError):
            return ""

    def resumed(
        self,
        out: Path,
        finished: Iterable[str] = (),
        *,
        before: Counter[str] | None = None,
        read: bool = False,
    ) -> list[str]:
        """What is wrong when the same command goes on in a folder after a fault; empty if nothing.

        Args:
            out: The folder.
            finished: Claims whose check was reported as finished, so it may not run again.
            before: The marks at that time; by default those of now.
            read: Whether to read the folder with `list` and `report` as well.
        """
        marks = self.marks(out) if before is None else before
        ended = self.run(out)
        problems = ended.faults()
        if ended.code != 0:
            problems.append(f"resuming ended with exit code {ended.code}: {ended.message[-200:]}")
        if self.digest_of(out) != self.digest:
            problems.append("the resumed run differs from an undisturbed one")
        after = self.marks(out)
        again = [claim for claim in finished if after[claim[-3:]] != marks[claim[-3:]]]
        if again:
            problems.append(f"computed again although finished: {', '.join(again)}")
        for arguments in (["list", "--out", str(out)], ["report", str(out)]) if read else ():
            found = self.ask(arguments, out)
            if found.code != 0 or found.faults():
                problems.append(f"`{arguments[0]}` ended with exit code {found.code}: {found.message[-200:]}")
        return problems

    def left_over(self, seconds: float = 10.0) -> list[int]:
        """Processes with the claims in their command line that do not end by themselves in that time."""
        end = time.monotonic() + seconds
        while (found := self._processes()) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    def shown(self, text: str) -> str:
        """The text without the paths of this machine."""
        return text.replace(str(self.home), "…")

    def _forked(self, arguments: Iterable[str], out: Path, preloaded: Sequence[str] = ()) -> Running:
        modules = (*_PRELOADED, *preloaded)
        if modules not in self._servers:
            self._servers[modules] = Server(modules, self.environment(out), self.home)
        log = self._log()
        return Running(self._servers[modules].fork(arguments, log, self.environment(out)), log)

    def _processes(self) -> list[int]:
        found = []
        wanted = str(self.claims).encode()
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if wanted in path.read_bytes():
                    found.append(int(path.parent.name))
        return found

    def _marks(self, out: Path) -> Path:
        return self.home / f"{out.name}.marks"

    def _log(self) -> Path:
        self._logs += 1
        return self.home / f"log{self._logs:04d}"
