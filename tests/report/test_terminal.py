"""What a terminal shows: 80 columns, failures first, no control codes where they are not wanted."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from report.summary import MOST_SHOWN, WIDTH, summary
from report.terminal import LiveObserver, PlainObserver, is_plain
from verify.run import Run
from verify.verdict import Verdict

FOLDER = Path("runs/quick-seed0")


def text_of(run: Run) -> list[str]:
    return [text for text, _ in summary(run, FOLDER)]


def test_failures_come_first_each_with_its_command(run: Run) -> None:
    lines = text_of(run)
    assert lines[0].startswith("REFUTED    sphere.wrong")
    shown = [line.split()[2] for line in lines if line.strip().startswith("ntk-escape show ")]
    assert shown == ["sphere.wrong", "sphere.crash", "sphere.coarse", "sphere.vacuous"]
    assert lines.index(f"{'':<10} ntk-escape show sphere.wrong --out {FOLDER}") < 5
    assert any(
        line.startswith("claims     4 of 9 claims hold: 1 PROVED, 1 ENCLOSED, 2 SUPPORTED") for line in lines
    )
    assert "controls   1 of 1 controls REFUTED" in lines
    assert "loose      2 never came within 10% of the bound that they state" in lines
    assert "chance     false alarms at most 1e-6 of runs (1 statistical check)" in lines
    assert (
        f"report     {FOLDER / 'report.html'}" in lines and f"data       {FOLDER / 'results.json'}" in lines
    )
    assert "rest on a claim that is not established here" in " ".join(" ".join(lines).split())


def test_a_run_that_may_err_more_often_than_the_budget_says_so(run: Run) -> None:
    """Two checks of users with rates of their own: each rate is allowed, and the sum is too much."""
    chance = next(each for each in run.claims if any(r.evidence.error_rates for r in each.results))
    rates = {"alpha": 7e-5, "power": 0.99, "smallest_fault": 1.0}
    results = tuple(
        replace(each, evidence=replace(each.evidence, error_rates=rates))
        if each.evidence.error_rates
        else each
        for each in chance.results
    )
    loose = replace(chance, results=results)
    (line,) = (pair for pair in summary(replace(run, claims=(loose,)), FOLDER) if "alarms" in pair[0])
    assert line == ("chance     false alarms at most 7e-5 of runs (1 statistical check)", "")
    control = replace(loose, claim={**loose.claim, "control_of": "taylor.scale"})
    assert not any("alarms" in text for text, _ in summary(replace(run, claims=(control,)), FOLDER))
    shown = summary(replace(run, claims=(loose, loose)), FOLDER)
    start = next(k for k, (text, _) in enumerate(shown) if "alarms" in text)
    assert shown[start][1] == "yellow"
    text = " ".join(f"{shown[start][0]} {shown[start + 1][0]}".split())
    assert text == (
        "chance false alarms at most 1.4e-4 of runs (2 statistical checks), more than the budget of 1e-4"
    )


def test_eighty_columns_whatever_the_texts(make_run: Callable[[str], Run]) -> None:
    for line in text_of(make_run("a long text that goes on and on, with $x^2$ and so on; " * 9)):
        assert len(line) <= WIDTH, line


def test_many_failures_are_cut_with_a_pointer(run: Run) -> None:
    wrong = next(each for each in run.claims if each.own is Verdict.REFUTED and not each.is_control)
    lines = text_of(replace(run, claims=(wrong,) * (MOST_SHOWN + 5)))
    assert f"and 5 more: ntk-escape list --out {FOLDER}" in lines


def test_a_good_run_is_six_lines(run: Run) -> None:
    good = replace(run, claims=(run.claims[0], run.claims[-1]))
    assert text_of(good) == [
        "claims     1 of 1 claims hold: 1 PROVED",
        "controls   1 of 1 controls REFUTED",
        "loose      1 never came within 10% of the bound that it states",
        "time       41.5 s of checks, profile quick, seed 0",
        f"report     {FOLDER / 'report.html'}",
        f"data       {FOLDER / 'results.json'}",
    ]


def test_an_interrupted_run_says_how_to_go_on(run: Run) -> None:
    said = " ".join(" ".join(text_of(replace(run, complete=False))).split())
    assert "the same command goes on from there" in said


def test_plain_lines(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    results = [result for each in run.claims for result in each.results]
    kinds = {(result.claim_id, result.check): "property" for result in results}
    kinds["taylor.remainder-halved", "counterexample"] = "control"
    observer = PlainObserver(kinds)
    for result in results[:3]:
        observer.finished(result, True)
    for result in results[3:]:
        observer.finished(result, False)
    observer.noticed("a note")
    observer.close()
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == "" and "\x1b" not in err
    assert lines[0] == "3 of 11 checks were finished before and are taken from the store"
    assert lines[1].startswith("[ 4/11] HOLDS     sphere.moments arb ")
    assert "(control) taylor.remainder-halved" in err and lines[-1] == "note: a note"
    assert all(len(line) < 80 for line in lines)


def test_live_table_shows_what_runs_and_how_far(run: Run) -> None:
    results = [result for each in run.claims for result in each.results]
    kinds = {(result.claim_id, result.check): "experiment" for result in results}
    board = LiveObserver(kinds)
    board.finished(results[0], False)
    board.started("train.separation", "train")
    board.progressed("train.separation", "train", 100, 400)
    board.noticed("mind the [gap]")
    console = Console(file=io.StringIO(), width=80, record=True)
    console.print(board.render())
    shown = console.export_text()
    assert re.search(r"^✓ +taylor.remainder +derive +experiment +HOLDS 0.25 s", shown, re.MULTILINE)
    assert "train.separation" in shown and "100/400" in shown and "left" in shown
    assert "1/11" in shown and "mind the [gap]" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_plain_is_asked_for_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", _Terminal())
    assert not is_plain()
    monkeypatch.setenv(name, value)
    assert is_plain()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True
