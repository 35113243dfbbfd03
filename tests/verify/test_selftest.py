"""The record of a self-test: kept part by part, read back only if it is whole, shown in the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from report.html import render
from theory.errors import InputError
from verify.claim import Profile
from verify.run import Run
from verify.selftest.section import (
    FILE_NAME,
    Figure,
    Section,
    Selftest,
    Table,
    read_selftest,
    write_selftest,
)
from verify.selftest.suite import selftest

GOOD = Section(
    id="good",
    title="Good part",
    summary="It went well.",
    figures=(Figure("killed", "3 of 3", "all", True), Figure("time", "2 s")),
    tables=(Table("Rows <b>", ("fault", "held"), (("<script>alert(1)</script>", "yes"),)),),
)
BAD = Section("bad", "Bad part", "It did not.", (Figure("killed", "2 of 3", "all", False),))


def record(*sections: Section) -> Selftest:
    return Selftest(sections, {"fingerprint": "0" * 64}, 5, "fast", "2026-01-01T00:00:00+00:00", 1.0)


def test_a_figure_that_misses_its_target_fails_the_whole() -> None:
    assert GOOD.passed and not BAD.passed
    assert record(GOOD).passed
    assert not record(GOOD, BAD).passed
    assert not record().passed  # nothing was tested


def test_a_row_has_one_text_for_each_column() -> None:
    with pytest.raises(InputError, match="a row of 1 texts"):
        Table("t", ("a", "b"), (("x",),))


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_selftest(record(GOOD, BAD), tmp_path / FILE_NAME)
    assert read_selftest(tmp_path / FILE_NAME) == record(GOOD, BAD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"2 of 3"', '"3 of 3"'),  # a figure
        ('"met": false', '"met": true'),
        ('"passed": false', '"passed": true'),
        ('"bad"', '"BAD"'),  # against the schema
        ("}", ""),
    ],
)
def test_what_was_edited_is_refused(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    write_selftest(record(GOOD, BAD), path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=FILE_NAME):
        read_selftest(path)


class Parts:
    """Parts that count how often they ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def part(self, section: Section):
        def run() -> Section:
            self.ran.append(section.id)
            return section

        return run

    def run(self, folder: Path, **options: object) -> Selftest:
        parts = {"good": self.part(GOOD), "bad": self.part(BAD)}
        given = {"sources": [], "seed": 1, "size": "fast", "folder": folder, **options}
        return selftest(parts, **given)


def test_finished_parts_are_not_run_again(tmp_path: Path) -> None:
    parts = Parts()
    first = parts.run(tmp_path, wanted=["bad"])
    assert [section.id for section in first.sections] == ["bad"]
    both = parts.run(tmp_path)
    assert [section.id for section in both.sections] == ["good", "bad"]  # in the order of the report
    assert parts.ran == ["bad", "good"]
    assert [section.id for section in read_selftest(tmp_path / FILE_NAME).sections] == ["good", "bad"]
    parts.run(tmp_path, fresh=True)
    assert parts.ran == ["bad", "good", "good", "bad"]


@pytest.mark.parametrize("other", [{"seed": 2}, {"size": "full"}])
def test_parts_of_another_seed_or_size_are_not_taken_over(other: dict[str, object], tmp_path: Path) -> None:
    parts = Parts()
    parts.run(tmp_path)
    parts.run(tmp_path, wanted=["good"], **other)
    assert parts.ran == ["good", "bad", "good"]
    assert [section.id for section in read_selftest(tmp_path / FILE_NAME).sections] == ["good"]


def test_parts_of_other_code_are_not_taken_over(tmp_path: Path) -> None:
    claims = tmp_path / "claims.py"
    claims.write_text("CLAIMS = ()")
    parts = Parts()
    parts.run(tmp_path, sources=[str(claims)], wanted=["good"])
    claims.write_text("CLAIMS = ( )")
    parts.run(tmp_path, sources=[str(claims)], wanted=["good"])
    assert parts.ran == ["good", "good"]


def test_a_part_that_crashes_does_not_pass_and_the_others_go_on(tmp_path: Path) -> None:
    def crash() -> Section:
        raise ZeroDivisionError("in the part")

    found = selftest(
        {"broken": crash, "good": lambda: GOOD}, sources=[], seed=0, size="fast", folder=tmp_path
    )
    assert [section.passed for section in found.sections] == [False, True]
    assert "ZeroDivisionError: in the part" in found.sections[0].summary
    assert not found.passed


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'nothing'"):
        Parts().run(tmp_path, wanted=["nothing"])


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(json.dumps({"schema": "other"}))
    parts = Parts()
    assert len(parts.run(tmp_path).sections) == 2
    assert parts.ran == ["good", "bad"]


def test_the_report_shows_it_and_escapes_it() -> None:
    run = Run(Profile.QUICK, 0, {"fingerprint": "1" * 64}, "2026-01-01T00:00:00+00:00", 0.0, ())
    page = render(run, record(GOOD, BAD))
    assert 'id="selftest"' in page and 'href="#selftest"' in page
    assert "2 of 3" in page and "✗ no" in page and "✓ yes" in page
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert "Rows &lt;b&gt;" in page
    assert "another state of the code" in page  # its fingerprint is not that of the run
    assert 'id="selftest"' not in render(run)
