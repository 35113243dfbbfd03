"""The process that is fed hostile inputs: it tells on its standard output, in lines of JSON, what came of each.

Run as ``python -m verify.selftest.hostile_child FOLDER FAST SEED FIRST``; the inputs before number FIRST are left
out, so that a new process can go on after one that hung or died. The functions that take the inputs are the suite's
own entry points, given by name: the engine imports nothing of what it tests.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from theory.errors import InputError
from verify.claim import ID_PATTERN
from verify.export import read_json, write_json
from verify.memory import limit_memory
from verify.selftest import hostile_files, hostile_texts
from verify.selftest.hostile_case import ACCEPTED, CRASHED, EITHER, REFUSED, Case
from verify.selftest.hostile_entries import CHECKPOINT, COMMAND, CONFIG, EVERY, entry, expression
from verify.selftest.hostile_files import ESCAPES, HTML
from verify.selftest.hostile_run import hostile_run, named
from verify.selftest.section import Figure, Section, Selftest, Table, read_selftest, write_selftest
from verify.store import FILE_NAME, Key, Store

# Far more than any of these inputs may take; one that needs more ends as a MemoryError, which is a crash.
_MEMORY = 4 * 2**30
_INTERNAL = re.compile(r"Traceback|stopped by an unexpected")
_ON_TERMINAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def cases(*, fast: bool, seed: int, folder: Path) -> Iterator[Case]:
    """Every hostile input, the same for the same arguments."""
    yield from hostile_texts.expressions()
    yield from hostile_texts.settings()
    for name, data, refused in hostile_files.checkpoints(folder / hostile_texts.MARKER):
        yield Case("checkpoint", name, "checkpoint", data, REFUSED if refused else ACCEPTED)
    valid = _valid_run(folder)
    result = valid["claims"][0]["results"][0]
    for name, make in hostile_files.stores(result):
        yield Case("store", name, "store", make)
    yield Case("result file", "HTML in every string", "report", hostile_run(HTML), ACCEPTED)
    yield Case("result file", "escape sequences in every string", "report", hostile_run(ESCAPES), ACCEPTED)
    for name, data in hostile_files.documents(valid):
        yield Case("result file", name, "document", data, REFUSED)
    for name, changed in hostile_files.mutations(valid, seed=seed, most=60 if fast else 700):
        yield Case("result file", name, "document", json.dumps(changed).encode())
    for name, changed in hostile_files.mutations(
        _valid_selftest(folder), seed=seed, most=60 if fast else 300
    ):
        yield Case("self-test file", name, "selftest", json.dumps(changed).encode())
    yield from _paths()
    yield from hostile_texts.commands(fast=fast)
    yield from hostile_texts.endless(fast=fast)


def main(arguments: list[str]) -> None:
    """Feed the inputs in, from number FIRST on."""
    folder, fast, seed, first = (
        Path(arguments[0]),
        arguments[1] == "fast",
        int(arguments[2]),
        int(arguments[3]),
    )
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    marker = folder / hostile_texts.MARKER
    limit_memory(_MEMORY)
    os.chdir(folder)
    with contextlib.suppress(FileExistsError):
        os.mkfifo("fifo")
    # What is loaded once is no part of any input's time.
    for name in (*EVERY, "report.html:render", "report.workflow:select"):
        entry(name)
    _command(folder, ["derive", "--activation", "tanh(z)"])
    _command(
        folder, ["train", "--d", "5", "--n", "8", "--m", "4", "--steps", "1", "--fresh", "--out", "small"]
    )
    _command(folder, ["list"])
    for number, case in enumerate(cases(fast=fast, seed=seed, folder=folder)):
        about = {
            "number": number,
            "kind": case.kind,
            "name": case.name,
            "must": case.must,
            "seconds": case.seconds,
        }
        if number < first:
            continue
        channel.write(json.dumps({"event": "begin", **about}) + "\n")
        channel.flush()
        began = time.process_time()
        ended, detail, found = _feed(case, folder)
        took = time.process_time() - began
        line = {
            "event": "end",
            "number": number,
            "ended": ended,
            "took": took,
            "detail": detail[:400],
            **found,
        }
        channel.write(json.dumps({**line, "marker": marker.exists()}) + "\n")
        channel.flush()
        marker.unlink(missing_ok=True)
    channel.write(json.dumps({"event": "done"}) + "\n")
    channel.flush()


def _feed(case: Case, folder: Path) -> tuple[str, str, dict[str, Any]]:
    """How it ended, a detail, and what else was found: ``markup`` and ``raw``."""
    try:
        found = HANDLERS[case.handler](folder, case.given)
    except InputError as error:
        return REFUSED, str(error), {}
    except BaseException as error:  # whatever it is, it is a crash
        return CRASHED, f"{type(error).__name__}: {error}", {}
    return str(found.pop("ended", ACCEPTED)), str(found.pop("detail", "")), found


# -- handlers: each feeds one input in, and raises what the entry point raises


def _expression(folder: Path, text: str) -> dict[str, Any]:
    expression(text.replace(hostile_texts.MARKER, str(folder / hostile_texts.MARKER)))
    return {}


def _config(folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    entry(CONFIG).from_dict(settings)
    return {}


def _config_float(folder: Path, given: list[str]) -> dict[str, Any]:
    return _config(folder, {given[0]: math.nan if given[1] == "nan" else math.inf})


def _checkpoint(folder: Path, data: bytes) -> dict[str, Any]:
    (folder / "checkpoint.npz").write_bytes(data)
    entry(CHECKPOINT)(folder / "checkpoint.npz")
    return {}


def _store(folder: Path, make: Callable[[Path], None]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        make(Path(place) / FILE_NAME)
        with Store.open(place, wait_seconds=1) as store:
            key = Key(*hostile_files.KEY[:2], seed=0)
            store.begin(key, "now")
            left = store.results(key)
            for result in left.values():
                store.put(result, key)
            if any(not ID_PATTERN.fullmatch(claim) for claim, _ in left):
                raise AssertionError(f"results of {sorted(left)}")
    return {}


def _document(folder: Path, data: bytes) -> dict[str, Any]:
    path = folder / "results.json"
    path.write_bytes(data)
    read_json(path)
    return _shown(folder)


def _report(folder: Path, run: Any) -> dict[str, Any]:
    write_json(run, folder / "results.json")
    return _shown(folder)


def _selftest(folder: Path, data: bytes) -> dict[str, Any]:
    path = folder / "selftest.json"
    path.write_bytes(data)
    read_selftest(path)
    return {}


def _shown(folder: Path) -> dict[str, Any]:
    """Show the run in the folder in every way there is."""
    found: dict[str, Any] = {"markup": [], "raw": False}
    for arguments in (["report", "."], ["list", "--out", "."], ["show", "*", "--out", "."]):
        answer = _command(folder, arguments)
        found["raw"] = found["raw"] or bool(answer.get("raw"))
        if answer["ended"] == CRASHED or (
            answer["ended"] == REFUSED and arguments != ["show", "*", "--out", "."]
        ):
            return {**answer, "ended": CRASHED}
    page = _Page()
    page.feed((folder / "report.html").read_text(encoding="utf-8"))
    found["markup"] = sorted(page.strange)[:5]
    return found


def _command(folder: Path, arguments: list[str]) -> dict[str, Any]:
    """Run the command in this process and read what it says: a crash of its own is one of ours."""
    place = str(folder / hostile_texts.MARKER)
    words = [each.replace(hostile_texts.MARKER, place) for each in arguments]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = entry(COMMAND)(words, version="0")
    said = err.getvalue()
    if _INTERNAL.search(said):
        return {"ended": CRASHED, "detail": said[:400]}
    ended = REFUSED if code == 2 else ACCEPTED
    if code == 2 and not said.strip():
        return {"ended": CRASHED, "detail": "refused without a word"}
    return {"ended": ended, "detail": said[:400], "raw": bool(_ON_TERMINAL.search(out.getvalue() + said))}


def _link(folder: Path, arguments: list[str]) -> dict[str, Any]:
    """Links to a file of the user where the command writes: that file must stay as it is."""
    victim = folder / "victim"
    victim.write_text("precious", encoding="ascii")
    place = folder / "linked"
    place.mkdir(exist_ok=True)
    for name in (
        "run.json",
        "run.json.part",
        "report.html",
        "report.html.part",
        "checkpoint.npz",
        "out.v",
        "out.v.part",
    ):
        with contextlib.suppress(FileExistsError):
            (place / name).symlink_to(victim)
    write_json(hostile_run(), place / "results.json")
    answer = _command(folder, arguments)
    if victim.read_text(encoding="ascii") != "precious":
        raise AssertionError("a file outside was overwritten through a link")
    return answer


def _identifier(folder: Path, name: str) -> dict[str, Any]:
    """A claim under a name that would lead out of the folder of its run."""
    named(name)
    return {}


HANDLERS: dict[str, Callable[[Path, Any], dict[str, Any]]] = {
    "expression": _expression,
    "config": _config,
    "config_float": _config_float,
    "checkpoint": _checkpoint,
    "store": _store,
    "document": _document,
    "report": _report,
    "selftest": _selftest,
    "command": _command,
    "link": _link,
    "identifier": _identifier,
}


def _paths() -> Iterator[Case]:
    for name in (
        "../../etc.x",
        "a/b.c",
        "a.b/../c",
        "a..b",
        "~.x",
        "a.b\n",
        "A.b",
        "",
        ".",
        "a.b\x00",
        "con.aux:x",
    ):
        yield Case("path", f"a claim called {ascii(name)}", "identifier", name, REFUSED)
    small = ["--d", "5", "--n", "8", "--m", "4", "--steps", "1", "--out", "linked"]
    yield Case("path", "links where train writes", "link", ["train", *small, "--fresh"], EITHER)
    yield Case("path", "links where report writes", "link", ["report", "linked"], EITHER)
    for place in ("/proc/self/x", "/dev/null/x", "victim/x", "x\x1b", "y" * 300):
        for arguments in (
            ["train", *small[:-1], place],
            ["sweep", "separation", "--out", place, "--d", "5", "--jobs", "1"],
        ):
            if place not in ("x\x1b",) or arguments[0] == "train":
                yield Case("path", f"{arguments[0]} --out {ascii(place)[:30]}", "command", arguments, EITHER)


def _valid_run(folder: Path) -> dict[str, Any]:
    path = folder / "valid.json"
    write_json(hostile_run(), path)
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _valid_selftest(folder: Path) -> dict[str, Any]:
    table = Table("A table", ("a", "b"), (("1", "2"),))
    section = Section(
        "part", "A part", "It went well.", (Figure("share", "1 of 1", "1 of 1", True),), (table,), 1.0
    )
    known: dict[str, Any] = {
        "size": "fast",
        "environment": {"python": "3.11"},
        "started": "2025",
        "seconds": 1.0,
    }
    path = folder / "valid-selftest.json"
    write_selftest(Selftest(sections=(section,), seed=0, **known), path)
    return dict(json.loads(path.read_text(encoding="utf-8")))


class _Page(HTMLParser):
    """What in a page is no markup of the report's own."""

    _STRANGE = frozenset(
        "script img iframe object embed base form link foreignobject image animate set b".split()
    )
    _INSIDE = re.compile(r"#|$")

    def __init__(self) -> None:
        super().__init__()
        self.strange: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._STRANGE:
            self.strange.add(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or (name.endswith("href") and not self._INSIDE.match(value or "")):
                self.strange.add(f"{tag} {name}={(value or '')[:40]}")


if __name__ == "__main__":
    main(sys.argv[1:])
