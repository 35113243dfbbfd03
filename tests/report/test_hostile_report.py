"""Reports and commands show what others wrote without letting it act."""

import re

import pytest
from click.testing import CliRunner

from report.commands import activations, run_command
from report.commands.failures import guarded
from report.html import render
from report.printable import printable
from theory.errors import InputError
from verify.selftest.hostile_files import ESCAPES, HTML
from verify.selftest.hostile_run import hostile_run

ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


def test_characters_that_act_are_spelled_out_and_others_stay():
    assert printable("\x1b[31m\u202e\x9b\r") == r"\x1b[31m\u202e\x9b\r"
    assert printable("σ(z) ≤ 1,\n\tmößig 日本 😀") == "σ(z) ≤ 1,\n\tmößig 日本 😀"


@pytest.mark.parametrize(
    "text", [HTML, ESCAPES, "\x00", "\ud800", "{{ 7*7 }}{% raw %}", "]]>", "'onclick='x"]
)
def test_the_page_shows_every_string_and_runs_none(text):
    page = render(hostile_run(text))
    assert not ACTING.search(page)
    assert "<script" not in page and "<img" not in page and "49" not in re.findall(r"A title (\S+)", page)
    assert not re.search(r"<[^>]*\son\w+\s*=", re.sub(r'"[^"]*"', '""', page))


@pytest.mark.parametrize("arguments", [["list", "--\x1b[31m"], ["\x1b[31m"], ["report", "no\x1b]0;x\x07"]])
def test_messages_on_the_terminal_do_not_act(arguments, capsys):
    assert run_command(arguments, version="0") == 2
    said = capsys.readouterr().err
    assert said and not ACTING.search(said)


def test_a_message_of_any_length_is_cut(capsys):
    def fail():
        raise InputError(given="x" * 10**6, allowed="y", do="z")

    assert guarded(fail) == 2
    assert len(capsys.readouterr().err) < 5000


def test_a_path_that_the_system_refuses_is_bad_input(capsys):
    assert run_command(["report", "x" * 5000], version="0") == 2
    assert "File name too long" in capsys.readouterr().err


def test_a_derivation_without_end_is_given_up_with_what_to_do(capsys):
    endless = "+".join(f"sin({i}*z)" for i in range(1, 80))
    assert run_command(["derive", "--activation", endless, "--limit", "1"], version="0") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "take more than 1 s" in said and "raise --limit" in said


def test_train_gives_up_on_such_a_formula_too(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(activations, "LIMIT_SECONDS", 1)
    endless = "*".join(f"sin({i}*z)" for i in range(1, 60))
    arguments = ["train", "--activation", endless, "--d", "5", "--n", "8", "--m", "4", "--out", str(tmp_path)]
    assert run_command(arguments, version="0") == 2
    assert "more than 1 s" in " ".join(capsys.readouterr().err.split())


def test_help_says_which_input_is_code():
    from report.commands import group

    said = " ".join(CliRunner().invoke(group, ["verify", "--help"]).output.split())
    assert "is Python code and runs: give only files that you trust" in said
