"""Drills on the disk: full, read-only, folders in the way or gone, no place for temporary files.

A real full or read-only disk is a tmpfs in a mount namespace of its own (`unshare`), which leaves nothing behind;
it needs root or user namespaces. Beside it the size of files is limited, which any system can do.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from verify.selftest.command import Ended
from verify.selftest.drill import Drill, drill, impossible
from verify.selftest.rig import Rig

_BEGIN = 'mkdir -p "$DRILL_OUT" && mount -t tmpfs -o size=$DRILL_SIZE tmpfs "$DRILL_OUT" || exit 77\n'
_RUN = '"$@"; echo "== $?"\n'
_LIST = '"$DRILL_PYTHON" -m ntk_escape list --out "$DRILL_OUT"; echo "== $?"\n'
_KEEP = 'mkdir "$DRILL_KEEP" && cp "$DRILL_OUT"/results.json "$DRILL_KEEP"\n'

_FULL = _BEGIN + _RUN + 'mount -o remount,size=64m "$DRILL_OUT"\n' + _RUN + _KEEP
_READ_ONLY = (
    'mount --bind "$DRILL_TARGET" "$DRILL_TARGET" && mount -o remount,ro,bind "$DRILL_TARGET" || exit 77\n'
    + _RUN
    + _LIST
)
# Only the folder of the rig stays writable, though it may lie in a folder for temporary files.
_NO_TEMPORARY = (
    'mount --bind "$DRILL_HOME" "$DRILL_HOME" || exit 77\n'
    "for place in /tmp /var/tmp /usr/tmp /dev/shm; do\n"
    '  if [ -d "$place" ]; then mount --bind "$place" "$place"; fi\n'
    "done\n"
    'mount --bind "$DRILL_HOME" "$DRILL_HOME"\n'
    "for place in /tmp /var/tmp /usr/tmp /dev/shm; do\n"
    '  if [ -d "$place" ]; then mount -o remount,ro,bind "$place" || exit 77; fi\n'
    "done\n"
    "cd /proc || exit 77\n" + _RUN
)


def full_disk(rig: Rig, sizes: Sequence[int]) -> Drill:
    """A disk that is full before the run or within it, and then is not; sizes in KiB."""
    fault = "full disk (tmpfs)"
    problems, message, done, reason = [], "", 0, _no_namespace(rig)
    for size in () if reason else sizes:
        out = rig.folder()
        parts, left = _scripted(rig, out, _FULL, DRILL_SIZE=f"{size}k")
        if len(parts) != 2:
            problems.append(f"at {size} KiB: {left[-200:]}")
            continue
        done += 1
        problems += [f"at {size} KiB: {each}" for each in _full(rig, out, *parts)]
        message = message or parts[0].message
    if reason:
        return impossible(fault, reason)
    words = "a message, and the same command goes on once there is space"
    return drill(rig, fault, done, words, problems=problems, message=message)


def full_files(rig: Rig, sizes: Sequence[int]) -> Drill:
    """The same by a limit on the size of each file, in KiB, which needs no rights."""
    problems, message = [], ""
    for size in sizes:
        out = rig.folder()
        limit = 1024 * (size + 4)
        running = rig.start(out, prepare=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)))
        ended = running.end()
        found = ended.faults()
        if ended.code not in (0, 2):
            found.append(f"exit code {ended.code}: {ended.message[-200:]}")
        found += rig.resumed(out, ended.outcomes)
        problems += [f"at {size} KiB: {each}" for each in found]
        message = message or (ended.message if ended.code else "")
    if not message:
        problems.append("no run reached the limit")
    words = "a message, and the same command goes on once there is space"
    fault = "full disk (limit on the size of files)"
    return drill(rig, fault, len(sizes), words, problems=problems, message=message)


def read_only(rig: Rig, *, store: bool) -> Iterator[Drill]:
    """A folder, and with `store` a store alone, that cannot be written: reading goes on, writing says why not."""
    cases = (("read-only folder", "."), ("read-only store", "results.sqlite"))
    for fault, name in cases if store else cases[:1]:
        reason = _no_namespace(rig)
        if reason and os.geteuid() == 0:
            yield impossible(fault, f"{reason}, and root may write to what is read-only")
            continue
        out = rig.folder()
        first = rig.run(out, "drill.c0[0-3]")
        refused, listed = (_by_mode if reason else _by_mount)(rig, out, out / name)
        problems = [each for part in (first, refused, listed) for each in part.faults()]
        if (first.code, refused.code, listed.code) != (0, 2, 0):
            problems.append(f"exit codes {first.code}, {refused.code}, {listed.code}, not 0, 2, 0")
        problems += rig.resumed(out, first.outcomes)
        words = "a message; `list` reads it; once writable the same command goes on"
        yield drill(rig, fault, 1, words, problems=problems, message=refused.message)


def in_the_way(rig: Rig, *, most: int) -> Iterator[Drill]:
    """Files and folders where something else should be, and a folder that vanishes during the run.

    Args:
        rig: The rig.
        most: How many of the former to plant at most.
    """
    cases: list[tuple[str, Callable[[Path], object], str]] = [
        ("the output folder is a file", lambda out: out.write_text("x"), ""),
        ("a part of its path is a file", lambda out: out.write_text("x"), "run"),
        ("a folder where the store should be", lambda out: (out / "results.sqlite").mkdir(parents=True), ""),
        ("a folder where the results should be", lambda out: (out / "results.json").mkdir(parents=True), ""),
        ("a folder where the report should be", lambda out: (out / "report.html").mkdir(parents=True), ""),
        ("a text where the store should be", _text_as_store, ""),
    ]
    problems, message = [], ""
    for name, plant, target in cases[:most]:
        out = rig.folder()
        plant(out)
        ended = rig.run(out / target if target else out)
        found = ended.faults() + (
            [] if ended.code == 2 else [f"exit code {ended.code}, {ended.message[-200:]}"]
        )
        problems += [f"{name}: {each}" for each in found]
        message = message or ended.message
        _remove(out)
        problems += [f"{name}, once it is gone: {each}" for each in rig.resumed(out, before=rig.marks(out))]
    yield drill(
        rig,
        "something else where folder, store, results or report should be",
        min(most, len(cases)),
        "a message; once it is out of the way the run succeeds",
        problems=problems,
        message=message,
    )
    out = rig.folder()
    running = rig.start_loaded(out)
    running.until(lambda: len(running.so_far().outcomes) >= 3)
    os.rename(out, out.with_suffix(".gone"))
    shutil.rmtree(out.with_suffix(".gone"))
    ended = running.end()
    problems = ended.faults()
    if ended.code != 2:
        problems.append(f"exit code {ended.code}: {ended.message[-200:]}")
    problems += rig.resumed(out)
    yield drill(
        rig,
        "the output folder vanishes during the run",
        1,
        "a message; the next run starts anew",
        problems=problems,
        message=ended.message,
    )


def no_temporary_files(rig: Rig) -> Drill:
    """TMPDIR, the usual folders for temporary files and /dev/shm cannot be written: nothing needs them."""
    fault = "no writable folder for temporary files and no /dev/shm"
    reason = _no_namespace(rig)
    if reason:
        return impossible(fault, reason)
    out = rig.folder()
    parts, left = _scripted(rig, out, _NO_TEMPORARY, TMPDIR="/proc")
    if len(parts) != 1:
        return drill(rig, fault, 1, "", problems=[left[-300:]])
    problems = parts[0].faults()
    if parts[0].code != 0:
        problems.append(f"exit code {parts[0].code}: {parts[0].message[-200:]}")
    problems += rig.resumed(out, parts[0].outcomes)
    return drill(rig, fault, 1, "the run succeeds without them", problems=problems)


def _full(rig: Rig, out: Path, filled: Ended, resumed: Ended) -> list[str]:
    problems = filled.faults() + resumed.faults()
    if filled.code not in (0, 2) or resumed.code != 0:
        problems.append(f"exit codes {filled.code} and then {resumed.code}: {filled.message[-200:]}")
    return problems + _not_equal(rig, out) + _again(filled, resumed)


def _not_equal(rig: Rig, out: Path) -> list[str]:
    equal = rig.digest_of(out.with_suffix(".kept")) == rig.digest
    return [] if equal else ["what came out at last differs from an undisturbed run"]


def _again(first: Ended, later: Ended) -> list[str]:
    twice = sorted(first.outcomes.keys() & later.outcomes.keys())
    return [f"computed again although finished: {', '.join(twice)}"] if twice else []


def _by_mount(rig: Rig, out: Path, target: Path) -> tuple[Ended, Ended]:
    """The command, and `list`, while the file or folder is mounted read-only."""
    parts, left = _scripted(rig, out, _READ_ONLY, DRILL_TARGET=str(target))
    return (parts[0], parts[1]) if len(parts) == 2 else (Ended(77, left), Ended(77, ""))


def _by_mode(rig: Rig, out: Path, target: Path) -> tuple[Ended, Ended]:
    """The same for one who is not root: by permissions."""
    mode = target.stat().st_mode
    os.chmod(target, 0o444 if target.is_file() else 0o555)
    try:
        return rig.run(out), rig.ask(["list", "--out", str(out)], out)
    finally:
        os.chmod(target, mode)


def _scripted(rig: Rig, out: Path, script: str, **more: str) -> tuple[list[Ended], str]:
    """Run a script in a mount namespace; what each of its commands did, and what was said after the last."""
    variables = {
        "DRILL_OUT": str(out),
        "DRILL_KEEP": str(out.with_suffix(".kept")),
        "DRILL_HOME": str(rig.home),
        "DRILL_PYTHON": sys.executable,
        **more,
    }
    ended = rig.start(out, wrapped=[*_namespace(), "sh", "-c", script, "sh"], more=variables).end()
    pieces = re.split(r"^== (\d+)$", ended.output, flags=re.MULTILINE)
    parts = [Ended(int(code), text) for text, code in zip(pieces[::2], pieces[1::2], strict=False)]
    return parts, pieces[-1]


def _namespace() -> list[str]:
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


def _no_namespace(rig: Rig) -> str:
    """Why no file system can be mounted here; empty if one can."""
    place = rig.home / "probe"
    place.mkdir(exist_ok=True)
    try:
        found = subprocess.run(
            [*_namespace(), "mount", "-t", "tmpfs", "tmpfs", str(place)],
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return rig.shown(found.stderr.strip())[-120:] or "mount failed" if found.returncode else ""


def _text_as_store(out: Path) -> None:
    out.mkdir()
    (out / "results.sqlite").write_text("no database, and long enough to be looked at " * 20)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
