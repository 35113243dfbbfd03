"""Coq as a tool: find it, run it on one text in a given folder, and say how it ended.

What it says is told without paths and times, so two runs on one text give equal answers. Whether a text is wrong
(REJECTED, each time) is kept apart from what depends on the machine: time, memory, a broken installation.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from verify.cache import digest_of, unusable
from verify.layer import LIBRARIES
from verify.plain import steady

OLDEST = (8, 16)
INSTALL = (
    "on Debian and Ubuntu run `apt-get install -y --no-install-recommends coq libcoq-coquelicot libcoq-interval`; "
    "elsewhere install Coq 8.16 or newer with Coquelicot 3 and Interval 4, so that `coqc` is on the PATH"
)

# Far beyond what a sound file takes: a limit is there for those that loop.
LIMIT_SECONDS = 150.0

_resource: Any = importlib.import_module("resource") if os.name == "posix" else None

_MAX_OUTPUT = 1_000_000
_MAX_MESSAGE = 2_000
_DISK = re.compile(r"No space left|Disk quota|Read-only file system|Permission denied")
_LIMITS = re.compile(r"time ?out|stack overflow|out of memory", re.IGNORECASE)
_BROKEN = re.compile(r"Anomaly|System error|inconsistent assumptions|version number|Fatal error")


class Ending(StrEnum):
    """How Coq ended on a text."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # by the kernel or a tactic: it will be rejected each time
    LIMITED = "limited"  # time or memory ran out
    CRASHED = "crashed"


@dataclass(frozen=True)
class Answer:
    """What Coq said about one text.

    Attributes:
        ending: How it ended.
        output: What its commands printed.
        message: For any ending but ACCEPTED: why, without paths and times.
        line: The line of the text at fault; 0 if Coq names none.
    """

    ending: Ending
    output: str = ""
    message: str = ""
    line: int = 0


@dataclass(frozen=True)
class Toolchain:
    """The Coq that is installed here.

    Attributes:
        coqc: Path of the compiler.
        version: Such as ``8.16.1``.
        library: Folder of its library.
    """

    coqc: str
    version: str
    library: str

    def has(self, library: str) -> bool:
        """Whether a library besides Coq's own is installed."""
        return any((place / library).is_dir() for place in self._places())

    def identity(self) -> str:
        """Digest of the version and of name, size and time of the compiler and of all compiled files it loads."""
        files = [Path(self.coqc).resolve()]
        for folder in (
            Path(self.library) / "theories",
            *(place / library for place in self._places() for library in LIBRARIES),
        ):
            files += sorted(folder.rglob("*.vo"))
        stats = [
            (str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files if path.is_file()
        ]
        return digest_of([self.version, self.library, stats])

    def _places(self) -> list[Path]:
        more = os.environ.get("COQPATH", "").split(os.pathsep)
        return [Path(self.library) / "user-contrib", *(Path(each) for each in more if each)]


def toolchain() -> Toolchain | None:
    """The Coq on the PATH; None where there is none that works."""
    coqc = shutil.which("coqc")
    return None if coqc is None else _asked(coqc)


def described() -> str:
    """Version of Coq and the libraries that are there, for the record of the environment."""
    found = toolchain()
    if found is None:
        return "not installed"
    libraries = [library for library in LIBRARIES if found.has(library)]
    return f"{found.version} with {', '.join(libraries) or 'no further library'}"


def missing(libraries: Iterable[str] = LIBRARIES) -> str:
    """What has to be installed before proofs can be checked, and how; empty if nothing."""
    found = toolchain()
    if found is None:
        return f"Coq is not installed: {INSTALL}"
    if tuple(map(int, re.findall(r"\d+", found.version)[:2])) < OLDEST:
        return f"Coq {found.version} is too old: {INSTALL}"
    absent = [library for library in libraries if not found.has(library)]
    return f"{', '.join(absent)} for Coq is not installed: {INSTALL}" if absent else ""


def run_coq(
    tool: Toolchain,
    folder: Path,
    name: str,
    text: str,
    load: Sequence[tuple[Path, str]],
    *,
    limit: float,
    prefix: str = "",
) -> Answer:
    """Run Coq on a text; it stays in the process group of the caller, who may be ended as a whole.

    Args:
        tool: The Coq to run.
        folder: Where to work; the compiled file is left there if the text is accepted.
        name: Name of the module that the text makes.
        text: Sentences of Coq.
        load: Folders of compiled modules that it may load, with the prefixes that they belong to.
        limit: Seconds after which it is ended.
        prefix: Prefix of the module; by default it has none.

    Raises:
        InputError: If the folder cannot be written.
    """
    command = [tool.coqc, "-q", "-w", "none", "-noglob"]
    for place, root in [*load, *([(Path("."), prefix)] if prefix else [])]:
        command += ["-Q", str(place), root]
    try:
        (folder / f"{name}.v").write_text(text, encoding="utf-8")
        with open(folder / "output", "wb") as output, open(folder / "errors", "wb") as errors:
            process = subprocess.Popen(
                [*command, f"{name}.v"], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
            )
            code = _wait(process, limit)
        said = [_read(folder / each) for each in ("output", "errors")]
    except OSError as error:
        raise unusable(f"folder {folder}", error) from error
    for each in (folder, *(place for place, _ in load), tool.library):
        said = [part.replace(str(each), "…") for part in said]
    if code is None:
        return Answer(Ending.LIMITED, message=f"Coq was stopped at its time limit of {limit:g} s")
    fault = re.search(rf'File "\./{re.escape(name)}\.v", line (\d+), characters [\d-]+:\n', said[1])
    if code != 0 and fault is None and _DISK.search(said[1]):  # a tactic may say such words too, at its line
        raise unusable(f"folder {folder}", OSError(said[1].strip()[-200:]))
    return _judged(code, fault, *said)


@cache
def _asked(coqc: str) -> Toolchain | None:
    try:
        said = [
            subprocess.run(
                [coqc, option], capture_output=True, text=True, timeout=30, check=True
            ).stdout.strip()
            for option in ("-print-version", "-where")
        ]
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    version = said[0].split()[:1]
    if not version or re.match(r"\d+\.\d+", version[0]) is None:
        return None
    return Toolchain(coqc, version[0], said[1])


def _wait(process: subprocess.Popen[bytes], limit: float) -> int | None:
    """The exit code; None if the process had to be ended at the limit. It never outlives this call."""
    try:
        _limit_cpu(process.pid, limit)
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _limit_cpu(pid: int, limit: float) -> None:
    """Have the system end the process some time after the limit, should this one be killed meanwhile."""
    if not hasattr(_resource, "prlimit"):  # not Linux
        return
    seconds = int(limit) + 10
    with suppress(OSError, ValueError):  # gone already, or a lower limit holds
        _resource.prlimit(pid, _resource.RLIMIT_CPU, (seconds, seconds))


def _judged(code: int, fault: re.Match[str] | None, output: str, errors: str) -> Answer:
    """The answer from what a run left behind, and where in it Coq names a line of the text."""
    if code == 0:
        return Answer(Ending.ACCEPTED, output=output)
    message = errors if fault is None else errors[fault.end() :]
    message = re.sub(r"\AError:\s*", "", steady(message).strip())[:_MAX_MESSAGE]
    if -code == getattr(signal, "SIGXCPU", None):
        return Answer(Ending.LIMITED, message="Coq was stopped at its limit of processor time")
    if code < 0:
        causes = "most often because memory or processor time ran out"
        return Answer(Ending.CRASHED, message=f"Coq was ended by signal {-code}, {causes}")
    if _BROKEN.search(message) or fault is None or code != 1:
        return Answer(Ending.CRASHED, message=message or f"Coq left with exit code {code}")
    ending = Ending.LIMITED if _LIMITS.search(message) else Ending.REJECTED
    return Answer(ending, message=message, line=int(fault[1]))


def _read(path: Path) -> str:
    with open(path, "rb") as file:
        return file.read(_MAX_OUTPUT).decode("utf-8", "replace")
