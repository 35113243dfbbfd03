"""Fuzzing of what reads users' text, each engine and target in a process of its own for a stated time."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from verify.selftest.fuzz_targets import REPORT

TARGETS = {"expression": "formulas for the parser", "run": "files for the reader of results"}
ENGINES = ("hypothesis", "atheris")

# Loading and instrumenting what is fuzzed, and writing the report at the end.
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Fuzzed:
    """What came of one engine on one target.

    Attributes:
        engine: The engine.
        target: The target.
        possible: False where the engine is not installed.
        runs: How many inputs were tried.
        accepted: How many of them were taken rather than refused.
        slowest: The most processor seconds that one took.
        findings: ``(what, input)`` of each place that an input crashed, and of each input that took too long.
    """

    engine: str
    target: str
    possible: bool = True
    runs: int = 0
    accepted: int = 0
    slowest: float = 0.0
    findings: tuple[tuple[str, str], ...] = ()


def fuzz(*, seed: int, seconds: float, folder: Path) -> tuple[Fuzzed, ...]:
    """Fuzz each target with each engine, a quarter of the time for each.

    Args:
        seed: The seed of the engines.
        seconds: Wall time for all of it, without what it takes to start.
        folder: An empty folder for what they write.
    """
    return tuple(
        _fuzz(engine, target, seed=seed, seconds=seconds / 4, folder=folder / f"{engine}-{target}")
        for engine in ENGINES
        for target in TARGETS
    )


def _fuzz(engine: str, target: str, *, seed: int, seconds: float, folder: Path) -> Fuzzed:
    if importlib.util.find_spec(engine) is None:
        return Fuzzed(engine, target, possible=False)
    folder.mkdir(parents=True)
    module = "verify.selftest.fuzz_targets"
    command = [sys.executable, "-m", module, engine, target, str(seed), str(seconds), str(folder)]
    ended = ""
    try:
        finished = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=seconds + _START_SECONDS,
            env=environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        ended = "the process did not end"
    else:
        if finished.returncode:
            last = finished.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            ended = f"the process ended with code {finished.returncode}: {' '.join(last)[:200]}"
    try:
        found = json.loads((folder / REPORT).read_bytes())
    except (OSError, ValueError):
        found = {"runs": 0, "accepted": 0, "slowest": 0.0, "findings": []}
    findings = [(each["what"], each["input"]) for each in found["findings"]]
    # libFuzzer leaves the input here that took the process down, or took too long.
    left = [path for name in ("crash-*", "timeout-*", "oom-*") for path in sorted(folder.glob(name))]
    findings += [(path.name.split("-")[0], ascii(path.read_bytes())[:500]) for path in left]
    if ended and not left:
        findings.append((ended, ""))
    if not found["runs"] and not findings:
        findings.append(("nothing was tried", ""))
    return Fuzzed(engine, target, True, found["runs"], found["accepted"], found["slowest"], tuple(findings))


def environment() -> dict[str, str]:
    """The environment of a child: it finds the same modules, computes with one thread, and keeps no bytecode."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
