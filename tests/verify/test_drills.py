"""Every drill of the fast part holds, and a drill notices when something does not."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from verify.selftest import drills
from verify.selftest.command import Ended
from verify.selftest.drill import Drill
from verify.selftest.drills_damage import damaged, results
from verify.selftest.rig import CHECKS, Rig


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    built = Rig.build(tmp_path_factory.mktemp("rig"))
    yield built
    built.close()


@pytest.fixture(scope="module")
def done(rig: Rig) -> tuple[Drill, ...]:
    return tuple(drills.planned(rig, True, random.Random(0)))


def test_every_fault_is_survived(done: tuple[Drill, ...]) -> None:
    wrong = {each.fault: each.problems for each in done if each.possible and not each.held}
    assert not wrong
    assert len(done) >= 18 and all(each.times for each in done if each.possible)


def test_what_is_said_tells_what_to_do(done: tuple[Drill, ...]) -> None:
    said = {each.fault: each.message for each in done if each.possible}
    for fault in ("read-only folder", "full disk (tmpfs)", "results.json damaged", "checkpoint damaged"):
        assert fault not in said or "to do:" in said[fault]
    assert "time limit" in said["a check that hangs"]
    assert "memory limit" in said["checks that take memory without end"]
    assert "goes on from there" in said["SIGTERM at random moments"]


def test_the_section_counts_what_held_and_what_was_not_possible(done: tuple[Drill, ...]) -> None:
    broken = Drill("kill -9 of a run", 60, "", problems=("a result was lost",))
    absent = Drill("full disk", 0, "not possible here: no mounts", possible=False)
    good = drills.section(done, fast=True, seconds=1.0)
    assert good.passed and good.id == "faults"
    bad = drills.section((*done, broken, absent), fast=False, seconds=1.0)
    figures = {figure.name: figure for figure in bad.figures}
    possible = sum(each.possible for each in done)
    assert not bad.passed
    assert figures["drills that held"].value == f"{possible} of {possible + 1}"
    assert figures["drills not possible on this machine"].value == str(len(done) - possible + 1)
    assert figures["kill -9"].met is True
    assert figures["damaged copies of one store"].met is False  # the fast part has too few of them
    rows = {row[0]: row for row in bad.tables[0].rows}
    assert rows["kill -9 of a run"][2:] == ("a result was lost", "", "NO")
    assert rows["full disk"][-1] == "not possible here"
    assert not drills.section((absent,), fast=True, seconds=1.0).passed  # nothing was shown


def test_a_resumed_run_that_lost_or_changed_something_is_noticed(rig: Rig) -> None:
    out = rig.folder()
    assert rig.resumed(out) == []
    everything = [f"drill.c{number:02d}" for number in range(CHECKS)]
    assert rig.resumed(out, everything, read=True) == []
    (out / "results.sqlite").unlink()
    (problem,) = rig.resumed(out, everything)
    assert problem.startswith("computed again although finished: drill.c00, drill.c01")
    rig.digest, sound = "0" * 64, rig.digest
    assert rig.resumed(out) == ["the resumed run differs from an undisturbed one"]
    rig.digest = sound


def test_a_reader_that_trusts_a_damaged_file_is_noticed(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    real = rig.ask

    def trusting(arguments: list[str], out: Path) -> Ended:
        return real(arguments, out) if arguments[0] == "verify" else Ended(0, "drill.c00  SUPPORTED\n")

    monkeypatch.setattr(rig, "ask", trusting)
    found = results(rig, 20, random.Random(0))
    assert not found.held and "took it" in found.problems[0]


@pytest.mark.parametrize(
    ("ended", "fault"),
    [
        (Ended(None, ""), "hung"),
        (Ended(3, "Traceback (most recent call last):\n"), "said 'Traceback (most recent call last)'"),
        (Ended(2, "ntk-escape: no\n  given:   x\n  allowed: y\n"), "refused without saying"),
        (Ended(2, "ntk-escape: no\n  given:   x\n  allowed: y\n  to do:   z\n"), ""),
        (Ended(130, "interrupted\n"), ""),
    ],
)
def test_what_no_command_may_do(ended: Ended, fault: str) -> None:
    assert "".join(ended.faults()).startswith(fault) and bool(ended.faults()) == bool(fault)


def test_what_a_command_reported_is_read_from_its_lines() -> None:
    text = "[ 1/12] HOLDS     drill.c00 check 0.1 s\n[12/12] FAILS     (control) control.c11 check 3 ms\nnote: x\n"
    assert Ended(0, text).outcomes == {"drill.c00": "HOLDS", "control.c11": "FAILS"}
    assert Ended(0, text).message == "note: x"


def test_a_command_that_hangs_is_ended_and_said_to_hang(rig: Rig) -> None:
    running = rig.start_loaded(rig.folder())
    assert running.end(0.05).code is None
    assert running.ended and running.process.poll() == -signal.SIGKILL
    assert rig.left_over() == []


def test_damage_changes_something_each_time() -> None:
    rng = random.Random(1)
    raw = bytes(range(1, 200)) * 10
    kinds = set()
    for _ in range(200):
        changed, what = damaged(raw, rng)
        assert changed != raw
        kinds.add(what)
    assert kinds == {"cut off", "a bit flipped", "a block of zeros"}
