"""Drills on processes: kill -9 at random moments, requests to end, dead workers, endless checks, crowds."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from verify.selftest.command import Running
from verify.selftest.drill import Drill, drill
from verify.selftest.drill_files import ENDLESS
from verify.selftest.rig import CHECKS, Rig

# Python ends by SIGINT itself where the interrupt met code that is made from text, such as a dataclass; shells call
# both 130.
_INTERRUPTED = (130, -signal.SIGINT)

# Where in its life a command is disturbed. A moment within is drawn at random.
_PHASES = ("starting", "computing", "storing", "writing")

_MEMORY_MIB = 100


def kills(rig: Rig, count: int, rng: random.Random) -> Iterator[Drill]:
    """Kill -9 of the command: of fresh runs that are then resumed, and again and again of one run."""
    moments: Counter[str] = Counter()
    problems: list[str] = []
    planted = 0
    while planted < (count + 1) // 2:
        out = rig.folder()
        phase = _PHASES[(planted + 1) % len(_PHASES)]
        finished = _killed(rig, out, phase, rng)
        if finished is not None:
            planted += 1
            moments[phase] += 1
            problems += _after_kill(rig) + rig.resumed(out, finished, read=True)
    words = ", ".join(f"{moments[phase]} {phase}" for phase in _PHASES)
    yield drill(
        rig,
        "kill -9 of a run, then resumed",
        planted,
        f"{words}; nothing lost, same results",
        problems=problems,
    )
    problems, planted, runs, attempts = [], 0, 0, 0
    while planted < count // 2:
        out, safe, over = rig.folder(), set[str](), False
        runs += 1
        while planted < count // 2 and not over:
            marks, attempts = rig.marks(out), attempts + 1
            finished = _killed(rig, out, rng.choice(_PHASES), rng)
            over = finished is None
            planted += not over
            after = rig.marks(out)
            again = [claim for claim in safe if after[claim[-3:]] != marks[claim[-3:]]]
            problems += [f"computed again although finished: {claim}" for claim in again] + _after_kill(rig)
            safe |= finished or set()
        problems += rig.resumed(out, safe, read=True)
    words = f"{runs} runs of {CHECKS} checks, resumed each time; no finished check ran twice"
    yield drill(rig, "kill -9 again and again of one run", planted, words, problems=problems)


def requests_to_end(rig: Rig, count: int, rng: random.Random) -> Iterator[Drill]:
    """Ctrl-C, and SIGTERM, at random moments: exit code 130, and the same command goes on."""
    for number, name in ((signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")):
        problems: list[str] = []
        planted, message = 0, ""
        while planted < count:
            out = rig.folder()
            phase = _PHASES[planted % len(_PHASES)]
            running = _started(rig, out, phase)
            if not _moment(rig, running, out, phase, rng, earliest=0.25):
                running.end()
                continue
            planted += 1
            running.send(number)
            ended = running.end(30.0)
            finished = set(ended.outcomes)
            problems += ended.faults()
            if ended.code == 0 and len(finished) == CHECKS:
                pass  # it came a moment too late to matter
            elif ended.code not in _INTERRUPTED:
                problems.append(f"{name} gave exit code {ended.code}: {ended.message[-200:]}")
            else:
                message = ended.message
            problems += _after_kill(rig) + rig.resumed(out, finished)
        yield drill(
            rig,
            f"{name} at random moments",
            planted,
            "exit code 130, what was finished is kept",
            problems=problems,
            message=message,
        )


def dead_workers(rig: Rig, count: int, rng: random.Random) -> Drill:
    """Kill -9 of a worker, or of the process of the check within it: one ERROR, the others go on."""
    problems: list[str] = []
    message = ""
    for attempt in range(count):
        out = rig.folder()
        running = rig.start_loaded(out)
        victim = f"c{rng.randrange(CHECKS):02d}"
        running.until(lambda out=out, victim=victim: rig.marks(out)[victim] > 0)  # type: ignore[misc]
        process = rig.process_of(out, victim)
        with suppress(ProcessLookupError):
            os.kill(_parent(process) if attempt % 2 else process, signal.SIGKILL)
        ended = running.end()
        errors = {claim for claim, outcome in ended.outcomes.items() if outcome == "ERROR"}
        problems += ended.faults()
        if ended.code not in (1, 3) or {claim[-3:] for claim in errors} != {victim}:
            problems.append(f"killed {victim}, exit code {ended.code}, errors at {sorted(errors) or 'none'}")
        if len(ended.outcomes) != CHECKS:
            problems.append(f"only {len(ended.outcomes)} of {CHECKS} checks went on")
        for claim in errors:
            message = _told(ended.output, claim)
            if "SIGKILL" not in message:
                problems.append(f"the reason of the error at {claim} is not told")
        problems += rig.resumed(out, set(ended.outcomes) - errors)
    return drill(
        rig,
        "kill -9 of a worker or of its check",
        count,
        "ERROR for that check, the others go on",
        problems=problems,
        message=message,
    )


def two_runs(rig: Rig, count: int) -> Drill:
    """Two commands on one folder at once: they share the store, and both end with the same results."""
    problems: list[str] = []
    for _ in range(count):
        out = rig.folder()
        for ended in [each.end() for each in (rig.start_loaded(out), rig.start_loaded(out))]:
            problems += ended.faults()
            if ended.code != 0:
                problems.append(f"exit code {ended.code}: {ended.message[-200:]}")
        if rig.digest_of(out) != rig.digest:
            problems.append("two runs at once differ from an undisturbed one")
        if not (out / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>"):
            problems.append("the report is cut off")
        finished = [f"drill.c{number:02d}" for number in range(CHECKS)]
        problems += rig.resumed(out, finished)
    return drill(
        rig,
        "two runs in one folder at a time",
        count,
        "both share the store and end with the same results",
        problems=problems,
    )


def endless_checks(rig: Rig, *, torch: bool) -> Iterator[Drill]:
    """Checks that hang, take memory without end or are killed for it, in one run; the others hold.

    Args:
        rig: The rig.
        torch: Whether one of them fills the memory with tensors.
    """
    greedy = ("python_objects", "numpy_arrays", *(("torch_tensors",) if torch else ()))
    limit = 12.0 if torch else 3.0  # loading torch takes seconds
    cases: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
        ("a check that hangs", ("hanging",), "UNDECIDED", f"time limit of {limit:g} s"),
        ("checks that take memory without end", greedy, "UNDECIDED", f"memory limit of {_MEMORY_MIB} MiB"),
        ("a check that the system kills for memory", ("killed_by_the_system",), "ERROR", "SIGKILL"),
    )
    names = [name for case in cases for name in case[1]]
    file, out = rig.home / "endless.py", rig.folder()
    file.write_text(ENDLESS.replace("(CHECKS)", f"[sound, {', '.join(names)}]"), encoding="utf-8")
    options = ["--limit", str(limit), "--memory", str(_MEMORY_MIB), "--jobs", "2", "--out", str(out)]
    ended = rig.ask(["verify", str(file), *options], out)
    again = rig.ask(["verify", str(file), "--limit", "0.5", *options[2:]], out)
    common = ended.faults() + again.faults()
    if (
        ended.code != 3
        or ended.outcomes.get("drill.sound") != "HOLDS"
        or len(ended.outcomes) != len(names) + 1
    ):
        common.append(f"exit code {ended.code}, outcomes {dict(ended.outcomes)}")
    if set(again.outcomes) != {_id(name) for name in names}:
        common.append(f"the next command computed {sorted(again.outcomes)}")
    told = {name: _told(ended.output, _id(name)) for name in names}
    for title, mine, outcome, reason in cases:
        problems = list(common)
        for name in mine:
            if ended.outcomes.get(_id(name)) != outcome or reason not in told[name]:
                problems.append(f"{name} is {ended.outcomes.get(_id(name))}: {told[name][-200:]}")
        words = f"{outcome} with the reason; the others go on; tried again next time"
        yield drill(rig, title, len(mine), words, problems=problems, message=told[mine[-1]])


def _id(name: str) -> str:
    return "drill." + name.replace("_", "-")


def _told(output: str, claim: str) -> str:
    """What the summary of a run says about a claim, on one line."""
    lines = output.splitlines()
    begins = [number for number, line in enumerate(lines) if line.split()[1:2] == [claim]]
    if not begins:
        return ""
    block = lines[begins[-1] + 1 :]
    end = next((number for number, line in enumerate(block) if not line.startswith("   ")), len(block))
    return " ".join(" ".join(block[:end]).split())


def _killed(rig: Rig, out: Path, phase: str, rng: random.Random) -> set[str] | None:
    """Kill a command at a moment of that phase; claims that it had reported as finished, None if it was over."""
    running = _started(rig, out, phase)
    if not _moment(rig, running, out, phase, rng):
        running.end()
        return None
    running.send(signal.SIGKILL)
    ended = running.end()
    return set(ended.outcomes) if ended.code == -signal.SIGKILL else None


def _started(rig: Rig, out: Path, phase: str) -> Running:
    """The command, from its very start where that is the phase that is looked at."""
    return rig.start(out) if phase == "starting" else rig.start_loaded(out)


def _moment(
    rig: Rig, running: Running, out: Path, phase: str, rng: random.Random, *, earliest: float = 0.0
) -> bool:
    """Wait for a random moment of that phase; False if the command is over by then.

    Args:
        rig: The rig.
        running: The command.
        out: Its folder.
        phase: One of `_PHASES`.
        rng: Where the moment is drawn from.
        earliest: For the start: no moment before this part of it.
    """
    began = rig.marks(out)
    if phase == "starting":
        time.sleep(rng.uniform(earliest, 1.0) * rig.first)
    elif phase == "computing":
        count = rng.randint(1, CHECKS - 1)
        running.until(lambda: len(running.so_far().outcomes) >= count)
        time.sleep(rng.uniform(0.0, 0.15))
    elif phase == "storing":  # from the last word of a check on, for as long as storing takes
        count = sum(began.values()) + 2 * rng.randint(1, 4)
        running.until(lambda: sum(rig.marks(out).values()) >= count)
        time.sleep(rng.uniform(0.0, 0.02))
    else:
        running.until(lambda: sum(name.endswith(".end") for name in rig.marks(out)) >= CHECKS)
        running.until(lambda: len(running.so_far().outcomes) + _reused(running) >= CHECKS)
        time.sleep(rng.uniform(0.0, 1.0) * (rig.whole - rig.last))
    return not running.ended


def _reused(running: Running) -> int:
    """How many checks the command said that it took from the store."""
    head, mark, _ = running.so_far().output.partition(" checks were finished before")
    return int(head.split("\n")[-1].split()[0]) if mark else 0


def _after_kill(rig: Rig) -> list[str]:
    left = rig.left_over()
    return [f"{len(left)} processes were left running"] if left else []


def _parent(process: int) -> int:
    text = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    return int(text.rsplit(")", 1)[1].split()[1])
