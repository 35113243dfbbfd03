"""Coq for the tests that need it, and a cache of their own for all tests of the engine."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from verify.cache import VARIABLE
from verify.coq import Toolchain, missing, toolchain


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The tests share a cache, so each sample is compiled once; the user's is left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def coq() -> Toolchain:
    """Coq; without it the test is skipped, unless this is continuous integration, which has to have it."""
    found = toolchain()
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(missing())
    if found is None:
        pytest.skip(missing())
    return found


@pytest.fixture
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "fresh cache"))
    return tmp_path / "fresh cache"


class FakeCoq:
    """A coqc on the PATH that notes each file and then does what a script says; by default the real thing.

    The script lies beside it, so it stays the same compiler whatever the script says.
    """

    def __init__(self, folder: Path, real: Toolchain) -> None:
        self._log = folder / "compiled"
        self._script = folder / "script"
        path = folder / "coqc"
        path.write_text(
            f'#!/bin/sh\nREAL="{real.coqc}"\n'
            'case "$1" in -print-version|-where) exec "$REAL" "$@";; esac\n'
            f'for last; do :; done; echo "$last" >> "{self._log}"\n. "{self._script}"\n'
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        self.does('exec "$REAL" "$@"')

    def does(self, script: str) -> None:
        """Let it do this with a text; the arguments are in "$@", the real compiler in "$REAL"."""
        self._script.write_text(script + "\n")

    @property
    def compiled(self) -> list[str]:
        """The files that it was given so far."""
        return self._log.read_text().split() if self._log.exists() else []


@pytest.fixture
def fake(tmp_path: Path, coq: Toolchain, monkeypatch: pytest.MonkeyPatch) -> FakeCoq:
    """A compiler that the test can watch and break."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return FakeCoq(folder, coq)
