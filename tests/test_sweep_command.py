"""``ntk-escape sweep``: its table and file, going on where it was, damage, and messages."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from report.commands import run_command
from training.cells import Cell
from training.sweep import Finished, Sweep
from training.workers import Workers

SWEEP = ("sweep", "separation", "--d", "5", "--d", "6", "--seeds", "2", "--model", "ntk", "--jobs", "1")


def command(*arguments: object) -> int:
    return run_command([str(each) for each in arguments], version="0")


def test_a_sweep_writes_every_cell_and_is_never_computed_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def threads(jobs: int) -> Workers:  # processes have tests of their own; these need not load torch again
        return Workers(lambda: ThreadPoolExecutor(jobs), jobs, 1 << 30, shared=True)

    monkeypatch.setattr("training.workers.local", threads)
    assert command(*SWEEP, "--out", tmp_path) == 0
    out, err = capsys.readouterr()
    data = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))
    errors = {(c["arguments"]["config"]["d"], c["arguments"]["config"]["seed"]): c for c in data["cells"]}
    assert set(errors) == {(5, 1000), (5, 1001), (6, 1000), (6, 1001)}
    first = [errors[5, seed]["result"]["error"] for seed in (1000, 1001)]
    (row,) = (row for row in data["table"] if row["d"] == 5)
    assert row["mean"] == pytest.approx(sum(first) / 2, rel=1e-12)
    # Student's quantile at 97.5% with one degree of freedom; two values have the half-range as standard error.
    assert row["half_width"] == pytest.approx(12.7062 * abs(first[0] - first[1]) / 2, rel=1e-4)
    assert "[4/4] ntk k=1 d=5" in err and f"{row['mean']:.4g} ±" in out and "4 cells, 0 of them stored" in out

    assert command(*SWEEP, "--out", tmp_path) == 0
    assert "4 cells, 4 of them stored" in capsys.readouterr().out
    (some, *_) = sorted((tmp_path / "cells").glob("*.json"))
    some.write_text("{", encoding="utf-8")
    assert command(*SWEEP, "--out", tmp_path) == 0
    out, err = capsys.readouterr()
    assert "was damaged" in err and "3 of them stored" in out
    assert json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8")) == data


def test_failed_cells_are_named_and_the_exponent_comes_from_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def swept(cells: list[Cell], **_: object) -> Sweep:
        found = [Finished(cell, {"n": float(cell.arguments["d"] ** 2), "tried": []}) for cell in cells]
        found[0] = Finished(cells[0], None, "its worker died 3 times")
        return Sweep(tuple(found), ())

    monkeypatch.setattr("training.sweep.run_sweep", swept)
    assert command("sweep", "sample-complexity", "--model", "ntk", "--jobs", 1, "--out", tmp_path) == 3
    out, err = capsys.readouterr()
    assert "failed: ntk d=18 seed=1000: its worker died 3 times" in err
    assert "exponent in d: 2 ±" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("separation", "--k", 4), "k=4"),
        (("separation", "--seeds", 0), "--seeds 0"),
        (("separation", "--model", "nkt"), "--model nkt"),
        (("sample-complexity", "--k", 2), "--k 2"),
        (("separation", "--jobs", 0), "0 jobs"),
        (("separation", "--d", 60_000, "--model", "ntk"), "lower the sizes"),
    ],
)
def test_bad_input_is_explained(
    arguments: tuple[object, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("sweep", *arguments, "--out", tmp_path) == 2
    err = " ".join(capsys.readouterr().err.split())
    assert message in err and "to do:" in err
