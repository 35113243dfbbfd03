"""The suite under faults: drills that disturb the real command and look at what becomes of it.

Each drill plants a fault many times (kill -9, a full disk, a damaged file, a check without end) and demands the
same: no finished result is lost or computed again, no verdict is ever wrong, and the command says what to do.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from verify.selftest.drill import Drill, impossible
from verify.selftest.drills_damage import cache_entries, cells, checkpoints, results, stores
from verify.selftest.drills_disk import full_disk, full_files, in_the_way, no_temporary_files, read_only
from verify.selftest.drills_process import dead_workers, endless_checks, kills, requests_to_end, two_runs
from verify.selftest.rig import Rig
from verify.selftest.section import Figure, Section, Table

_KILLS = 50  # at least so many in a drill of full size
_DAMAGES = 200  # the same for each kind of file


def faults(fast: bool, seed: int) -> Section:
    """Plant every fault and tell what became of it.

    Args:
        fast: A few of each kind, for tests; otherwise the full size, which takes some minutes.
        seed: Seed of the moments and places.

    Raises:
        InputError: If the command does not work undisturbed.
    """
    began = time.monotonic()
    drills = tuple(all_drills(fast, seed))
    return section(drills, fast=fast, seconds=time.monotonic() - began)


def all_drills(
    fast: bool, seed: int, progress: Callable[[Drill], None] = lambda done: None
) -> Iterator[Drill]:
    """Every drill, as it is done.

    Args:
        fast: A few of each kind.
        seed: Seed of the moments and places.
        progress: Called with each.

    Raises:
        InputError: If the command does not work undisturbed.
    """
    if sys.platform != "linux":
        yield impossible("all drills", "they need the processes and file systems of Linux")
        return
    with tempfile.TemporaryDirectory(prefix="drills-") as home:
        rig = Rig.build(Path(home))
        try:
            for done in planned(rig, fast, random.Random(seed)):
                progress(done)
                yield done
        finally:
            rig.close()


def planned(rig: Rig, fast: bool, rng: random.Random) -> Iterable[Drill]:
    """The drills on a rig, each done when its turn has come."""

    def size(small: int, full: int) -> int:
        return small if fast else full

    torch = not fast and importlib.util.find_spec("torch") is not None
    one = range(1)
    return chain(
        kills(rig, size(4, 52), rng),
        requests_to_end(rig, size(1, 6), rng),
        (dead_workers(rig, size(1, 4), rng) for _ in one),
        endless_checks(rig, torch=torch),
        (two_runs(rig, size(1, 3)) for _ in one),
        (full_disk(rig, (120,) if fast else (4, 16, 60, 120, 250)) for _ in one),
        () if fast else (full_files(rig, (4, 16, 60, 120, 200)) for _ in one),
        read_only(rig, store=not fast),
        in_the_way(rig, most=size(1, 9)),
        () if fast else (no_temporary_files(rig) for _ in one),
        stores(rig, size(30, 250), size(2, 30), rng),
        (results(rig, size(15, 200), rng) for _ in one),
        (checkpoints(rig, size(8, 200), rng) for _ in one),
        (cells(rig, size(1, 20), rng) for _ in one),
        (cache_entries(rig, size(60, 400), rng) for _ in one),
    )


def section(drills: tuple[Drill, ...], *, fast: bool, seconds: float) -> Section:
    """The section of the self-test from its drills."""
    done = [each for each in drills if each.possible]
    held = sum(each.held for each in done)
    kills_done = sum(each.times for each in done if each.fault.startswith("kill -9"))
    damages = {each.fault: each.times for each in done if "damaged" in each.fault}
    figures = [
        Figure("drills that held", f"{held} of {len(done)}", "all", bool(done) and held == len(done)),
        Figure("drills not possible on this machine", str(len(drills) - len(done))),
        Figure("faults planted", str(sum(each.times for each in done))),
        Figure("kill -9", str(kills_done), *(() if fast else (f"≥ {_KILLS}", kills_done >= _KILLS))),
    ]
    if damages:
        read = max(damages.values())
        figures.append(
            Figure(
                "damaged copies of one store",
                str(damages.get("store damaged, then read", read)),
                *(() if fast else (f"≥ {_DAMAGES}", read >= _DAMAGES)),
            )
        )
    summary = (
        "The real command is disturbed while it runs, and what it keeps is damaged; then the same command goes on. "
        "A drill held if no finished result was lost or computed again, every verdict was that of an undisturbed "
        f"run, and the command said what to do: {held} of {len(done)} did."
    )
    rows = tuple((each.fault, str(each.times), _what(each), each.message, _mark(each)) for each in drills)
    table = Table("Faults", ("fault", "planted", "what happened", "what the command said", "held"), rows)
    return Section("faults", "Store and runs under faults", summary, tuple(figures), (table,), seconds)


def _what(done: Drill) -> str:
    if not done.problems:
        return done.found
    more = f" (and {len(done.problems) - 3} more)" if len(done.problems) > 3 else ""
    return "; ".join(done.problems[:3]) + more


def _mark(done: Drill) -> str:
    if not done.possible:
        return "not possible here"
    return "yes" if done.held else "NO"
