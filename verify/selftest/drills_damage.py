"""Drills on what a run keeps: stores, results, checkpoints, cells, the cache: cut off, flipped, zeroed.

Damage may cost time, never a verdict: the next command either gives what an undisturbed run gives, or says what is
wrong with which file; once that file is out of the way, as it says, the results are the same again.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from theory.errors import InputError
from verify.cache import Entry
from verify.plain import without_times
from verify.selftest.command import Ended
from verify.selftest.drill import Drill, drill
from verify.selftest.drill_files import CELLS, CUT_OFF
from verify.selftest.rig import CHECKS, Rig
from verify.store import Key, Store

# What `ntk-escape train` loads, so that a drill with many trainings loads it once.
_TRAINING = (
    "training.experiment",
    "training.separation",
    "training.curvature",
    "training.workers",
    "training.train",
    "report.commands.train",
)
_TRAIN = ("train", "--d", "6", "--n", "24", "--m", "8")


def damaged(raw: bytes, rng: random.Random) -> tuple[bytes, str]:
    """The bytes cut off anywhere, with one bit flipped or a block of zeros; and which of them."""
    kind, place = rng.random(), rng.randrange(len(raw))
    if kind < 0.35:
        return raw[:place], "cut off"
    if kind < 0.5 and any(raw[place : place + 512]):
        return raw[:place] + bytes(len(raw[place : place + 512])) + raw[place + 512 :], "a block of zeros"
    return raw[:place] + bytes([raw[place] ^ (1 << rng.randrange(8))]) + raw[place + 1 :], "a bit flipped"


def stores(rig: Rig, count: int, commands: int, rng: random.Random) -> Iterator[Drill]:
    """Damage to a store: each is read, and by some of them the command goes on.

    Args:
        rig: The rig.
        count: How many damaged stores to read.
        commands: How many to give to the whole command.
        rng: Where the damage is drawn from.
    """
    whole, cut = rig.folder(), rig.folder()
    problems = rig.resumed(whole)
    shutil.copytree(whole, cut)
    environment = rig.environment(cut)
    subprocess.run([sys.executable, "-c", CUT_OFF, str(cut)], env=environment, check=False)
    if not (cut / "results.sqlite-journal").exists():
        problems.append("no journal was left by a killed transaction")
    key, sound = _key_and_results(whole)
    seen: Counter[str] = Counter()
    folder = rig.folder()
    for number in range(count):
        what = _damage_store((whole, cut)[number % 2], folder, rng)
        try:
            with Store.open(folder) as store:
                found = store.results(key, final_only=True)
            seen["all read" if found == sound else "some left out"] += 1
            wrong = [name for name, result in found.items() if result != sound.get(name)]
            problems += [f"{what}: a wrong result of {name[0]}" for name in wrong]
        except InputError:
            seen["refused"] += 1
        except Exception as error:  # whatever else it is, that is what this drill looks for
            problems.append(f"{what}: {type(error).__name__}: {error}")
    words = ", ".join(f"{seen[name]} {name}" for name in sorted(seen))
    yield drill(rig, "store damaged, then read", count, words, problems=problems)
    problems, message, again = [], "", Counter[str]()
    for number in range(commands):
        out = rig.folder()
        what = _damage_store((whole, cut)[number % 2], out, rng)
        ended = rig.run(out)
        problems += [f"{what}: {each}" for each in ended.faults()]
        if ended.code == 2:
            again["refused with what to do"] += 1
            message = message or ended.message
            for path in out.glob("results.sqlite*"):  # as it says
                path.unlink()
            ended = rig.run(out)
        elif ended.outcomes:
            again["computed again in part"] += 1
        else:
            again["used"] += 1
        if ended.code != 0 or rig.digest_of(out) != rig.digest:
            problems.append(
                f"{what}: exit code {ended.code}, results {'differ' if ended.code == 0 else 'missing'}"
            )
        shutil.rmtree(out)
    words = ", ".join(f"{again[name]} {name}" for name in sorted(again)) + "; always the same verdicts"
    yield drill(
        rig,
        "store damaged, then the same command",
        commands,
        words,
        problems=problems,
        message=message,
    )


def results(rig: Rig, count: int, rng: random.Random) -> Drill:
    """Damage to results.json: `list`, `show` and `report` use it only if nothing that it says has changed."""
    whole = rig.folder()
    problems = rig.resumed(whole)
    raw = (whole / "results.json").read_bytes()
    out = rig.folder()
    out.mkdir()
    expected = rig.ask(["list", "--out", str(whole)], out).output
    seen: Counter[str] = Counter()
    message = ""
    for number in range(count):
        changed, what = damaged(raw, rng)
        (out / "results.json").write_bytes(changed)
        reader = (
            ["list", "--out", str(out)],
            ["show", "drill.c00", "--out", str(out)],
            ["report", str(out)],
        )[number % 3]
        ended = rig.ask(reader, out)
        problems += [f"{what}: {each}" for each in ended.faults()]
        if ended.code == 2:
            seen["refused with what to do"] += 1
            message = message or ended.message
        elif ended.code != 0 or _without_times(changed) != _without_times(raw):
            problems.append(f"{what}: `{reader[0]}` took it, exit code {ended.code}")
        else:
            seen["read, as only a time or a space had changed"] += 1
            if number % 3 == 0 and ended.output != expected:
                problems.append(f"{what}: `list` shows something else")
    words = ", ".join(f"{seen[name]} {name}" for name in sorted(seen))
    return drill(rig, "results.json damaged", count, words, problems=problems, message=message)


def checkpoints(rig: Rig, count: int, rng: random.Random) -> Drill:
    """Damage to the checkpoint of a training: `train --resume` goes on to the same numbers, or refuses it."""
    base, reference, out = rig.folder(), rig.folder(), rig.folder()
    _train(rig, base, 40)
    shutil.copytree(base, reference)
    problems = _train(rig, reference, 60, "--resume").faults()
    expected = _training(reference)
    if not expected:
        return drill(rig, "checkpoint damaged", 0, "", problems=["the training gave no result"])
    (checkpoint,) = base.glob("*.npz")
    seen: Counter[str] = Counter()
    message = ""
    for _ in range(count):
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(base, out)
        changed, what = damaged(checkpoint.read_bytes(), rng)
        (out / checkpoint.name).write_bytes(changed)
        ended = _train(rig, out, 60, "--resume")
        problems += [f"{what}: {each}" for each in ended.faults()]
        if ended.code == 2:
            seen["refused with what to do"] += 1
            message = message or ended.message
            if (out / checkpoint.name).read_bytes() != changed:
                problems.append(f"{what}: the refused file was changed")
        elif ended.code != 0 or _training(out) != expected:
            problems.append(f"{what}: exit code {ended.code}, or numbers of another training")
        else:
            seen["used, to the same numbers"] += 1
    ended = _train(rig, out, 60, "--fresh")  # as it says: from the start
    if ended.code != 0 or _training(out) != expected:
        problems.append("training from the start gives other numbers")
    words = ", ".join(f"{seen[name]} {name}" for name in sorted(seen))
    return drill(rig, "checkpoint damaged", count, words, problems=problems, message=message)


def cells(rig: Rig, count: int, rng: random.Random) -> Drill:
    """Damage to the finished parts of a check: they, and no others, are computed again."""
    (rig.home / "drill_cells.py").write_text(CELLS, encoding="utf-8")
    base = rig.folder()
    arguments = ["verify", str(rig.home / "drill_cells.py"), "--jobs", "1", "--out"]
    problems = rig.ask([*arguments, str(base)], base).faults()
    digest = rig.digest_of(base)
    parts = sorted(base.glob("parts/**/squared-*.json"))
    if len(parts) != 6 or not digest:
        return drill(rig, "finished cell damaged", 0, "", problems=["no cells were kept"])
    for _ in range(count):
        out = rig.folder()
        shutil.copytree(base, out)
        for path in out.glob("results.*"):  # as if the run had been killed before its check was finished
            path.unlink()
        victim = out / rng.choice(parts).relative_to(base)
        changed, what = damaged(victim.read_bytes(), rng)
        victim.write_bytes(changed)
        ended = rig.ask([*arguments, str(out)], out)
        problems += [f"{what}: {each}" for each in ended.faults()]
        computed = len(list((rig.home / f"{out.name}.marks").glob("cell*")))
        if rig.digest_of(out) != digest or computed != 1:
            problems.append(f"{what}: exit code {ended.code}, {computed} cells computed again")
        shutil.rmtree(out)
    words = "that cell alone is computed again, same results"
    return drill(rig, "finished cell damaged", count, words, problems=problems)


def cache_entries(rig: Rig, count: int, rng: random.Random) -> Drill:
    """Damage to what is kept of Coq: an entry counts as a whole or not at all."""
    place = Entry(rig.folder())
    place.folder.mkdir()
    data = {
        "ending": "rejected",
        "output": "",
        "message": "no such lemma",
        "line": 3,
        "numbers": list(range(50)),
    }
    with place.workspace() as work:
        compiled = work / "Module.vo"
        compiled.write_bytes(rng.randbytes(2000))
        place.seal(data, [compiled])
    kept = {path: path.read_bytes() for path in sorted(place.folder.iterdir())}
    problems = [] if place.load(lambda found: found) == data else ["a whole entry is not read"]
    seen: Counter[str] = Counter()
    for _ in range(count):
        victim = rng.choice([*kept])
        changed, what = damaged(kept[victim], rng)
        victim.write_bytes(changed)
        try:
            found = place.load(lambda found: found)
            seen["left out" if found is None else "used"] += 1
            if found is not None and found != data:
                problems.append(f"{what} in {victim.name}: an entry that says something else")
            if found is not None and victim.name == compiled.name:
                problems.append(f"{what} in {victim.name}: a changed file is taken")
        except Exception as error:  # whatever it is, that is what this drill looks for
            problems.append(f"{what} in {victim.name}: {type(error).__name__}: {error}")
        victim.write_bytes(kept[victim])
    words = ", ".join(f"{seen[name]} {name}" for name in sorted(seen))
    return drill(rig, "cache entry of Coq damaged", count, words, problems=problems)


def _damage_store(source: Path, target: Path, rng: random.Random) -> str:
    """A copy of a store, with its journal if it has one, in which one of the files is damaged; says what."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    files = sorted(source.glob("results.sqlite*"))
    victim = rng.choice(files)
    what = ""
    for path in files:
        raw = path.read_bytes()
        if path == victim:
            raw, what = damaged(raw, rng)
            what = f"{what} in {path.name}"
        (target / path.name).write_bytes(raw)
    return what


def _key_and_results(folder: Path) -> tuple[Key, dict[tuple[str, str], object]]:
    environment = json.loads((folder / "results.json").read_bytes())["environment"]
    key = Key(environment["fingerprint"], "quick", 0)
    with Store.open(folder) as store:
        found: dict[tuple[str, str], object] = dict(store.results(key, final_only=True))
    if len(found) != CHECKS:
        raise InputError(given=f"a store with {len(found)} results", allowed=f"{CHECKS}", do="mend the store")
    return key, found


def _train(rig: Rig, out: Path, steps: int, *options: str) -> Ended:
    arguments: Sequence[str] = [*_TRAIN, "--steps", str(steps), "--out", str(out), *options]
    return rig.ask(arguments, out, preloaded=_TRAINING)


def _training(out: Path) -> object:
    """What came out of a training, without its times; None if nothing did."""
    try:
        return without_times(json.loads((out / "run.json").read_bytes()))
    except (OSError, ValueError):
        return None


def _without_times(raw: bytes) -> object:
    try:
        return without_times(json.loads(raw))
    except ValueError:
        return None
