"""The front door: its API is complete and cheap, and a hidden room is named instead of a traceback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ntk_escape
from report.commands.failures import guarded

ROOT = Path(ntk_escape.__file__).resolve().parent


def python(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python in a folder, with this project importable from everywhere but hidden by that folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **variables}
    environment.pop("PYTHONSAFEPATH", None)
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("hider", ["report.py", "training/__init__.py", "theory/notes.txt", "verify.py"])
def test_a_file_that_hides_a_room_is_named(tmp_path: Path, hider: str) -> None:
    (tmp_path / hider).parent.mkdir(exist_ok=True)
    (tmp_path / hider).write_text("")
    found = python("-m", "ntk_escape", "--version", folder=tmp_path)
    if hider == "theory/notes.txt":  # a folder without __init__.py gives way to a real package
        assert "hides" not in found.stderr
        return
    room = tmp_path / hider if hider.endswith(("report.py", "verify.py")) else tmp_path / "training"
    assert found.returncode == 2
    assert f"{room} hides its own package" in found.stderr and "rename" in found.stderr
    assert str(ROOT / room.stem) in found.stderr
    assert "Traceback" not in found.stderr and found.stdout == ""


def test_a_script_with_a_hiding_neighbour_gets_an_import_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "report.py").write_text("VALUE = 1\n")
    (tmp_path / "script.py").write_text("import ntk_escape\nprint('imported')\nntk_escape.Claim\n")
    found = python("script.py", folder=tmp_path)
    assert found.stdout == "imported\n" and found.returncode == 1
    last = found.stderr[found.stderr.index("ImportError") :]
    assert f"{tmp_path / 'report.py'} hides its own package 'report'" in last


def test_a_neighbour_of_a_file_of_claims_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "report.py").write_text("raise SystemExit('the wrong report')\n")
    (tmp_path / "mine.py").write_text("CLAIMS = ()\n")
    found = python("-P", "-m", "ntk_escape", "list", "mine.py", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    assert "0 claims and 0 controls" in found.stdout


def test_a_room_that_is_missing_is_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "ntk_escape.py").write_text((ROOT / "ntk_escape.py").read_text(encoding="utf-8"))
    # -P keeps the folder itself off the path: the copy is found, but no room, neither beside it nor elsewhere.
    found = python("-S", "ntk_escape.py", "list", folder=tmp_path, PYTHONPATH="")
    assert found.returncode == 2
    assert "its own package 'theory' is missing" in found.stderr and "install" in found.stderr


def test_every_public_name_is_there_and_lazy() -> None:
    lists = re.search(r"if TYPE_CHECKING:\n(.*?)\n\n", (ROOT / "ntk_escape.py").read_text(), re.DOTALL)
    assert lists is not None
    typed = {
        name.split(" as ")[-1].strip()
        for line in lists.group(1).splitlines()
        for name in line.split(" import ")[1].split(",")
    }
    assert typed == set(ntk_escape._EXPORTS)
    assert set(ntk_escape.__all__) == typed | {"__version__", "main"}
    for name in ntk_escape.__all__:
        assert getattr(ntk_escape, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        getattr(ntk_escape, "nonsense")  # noqa: B009  (an attribute that a type checker would refuse)


def test_help_and_import_load_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, ntk_escape; ntk_escape.main(['--help']); ntk_escape.main(['verify', '--help']); "
        "print(sorted({'torch', 'sympy', 'numpy', 'matplotlib', 'jinja2', 'rich'} & set(sys.modules)))"
    )
    found = python("-c", code, folder=tmp_path)
    assert found.stdout.splitlines()[-1] == "[]", found.stderr


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == ntk_escape.__version__
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {ntk_escape.__version__}\n" in citation


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_while_the_command_loads_is_no_traceback(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ntk_escape, "_hidden_room", lambda: signal.raise_signal(signal.SIGINT))
    assert ntk_escape.main(["--version"]) == 130
    assert "interrupted" in capsys.readouterr().err
    monkeypatch.undo()
    before = signal.getsignal(number)
    assert guarded(lambda: signal.raise_signal(number)) == 130
    assert "goes on from there" in capsys.readouterr().err
    assert signal.getsignal(number) is before


def test_nohup_stays_nohup() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert guarded(lambda: signal.raise_signal(signal.SIGHUP)) == 0
    finally:
        signal.signal(signal.SIGHUP, before)
