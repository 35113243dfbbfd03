"""Sweeps on real processes: workers that die, a sweep that is killed, a Dask cluster, too little memory."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import distributed
import pytest

from theory.errors import InputError
from training.cells import Cell, CellStore
from training.sweep import Progress, run_sweep
from training.workers import dask, local, task

NAME = "functions_of_the_sweep_tests"
# What the workers import: `log` gets a line for each start of a cell, so that tests can count.
SOURCE = """
import os, signal, time
from pathlib import Path
from training.cells import CellFunction

def note(arguments):
    with open(arguments["log"], "a") as log:
        log.write(f"{arguments['x']} {os.getpid()}\\n")

def square(arguments):
    note(arguments)
    time.sleep(arguments.get("seconds", 0))
    return {"y": arguments["x"] ** 2}

def killer(arguments):
    note(arguments)
    starts = [line.split()[0] for line in Path(arguments["log"]).read_text().splitlines()]
    if starts.count(str(arguments["x"])) <= arguments["deaths"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"y": -1}

def broken(arguments):
    raise ZeroDivisionError("no such luck")

def endless(arguments):
    return {"y": float("inf")}

def memory(arguments):
    return arguments.get("bytes", 1000)

def cost(arguments):
    return 1.0

SQUARE, KILLER, BROKEN, ENDLESS = (CellFunction(each, memory, cost) for each in (square, killer, broken, endless))
"""
TABLE = {name.lower(): f"{NAME}:{name}" for name in ("SQUARE", "KILLER", "BROKEN", "ENDLESS")}


@pytest.fixture(autouse=True)
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / f"{NAME}.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "code")
    yield
    sys.modules.pop(NAME, None)


def cell(function: str, x: int, folder: Path, **more: float) -> Cell:
    return Cell(function, {"x": x, "log": str(folder / "log"), **more}, f"{function} {x}", TABLE)


def starts(folder: Path) -> Counter[int]:
    path = folder / "log"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return Counter(int(line.split()[0]) for line in lines)


def test_dead_workers_and_failing_cells_leave_the_others_alone(tmp_path: Path) -> None:
    """One cell kills its worker once, one always, one raises: four others and the first have results."""
    cells = [
        cell("killer", 100, tmp_path, deaths=1),
        cell("killer", 200, tmp_path, deaths=99),
        cell("broken", 300, tmp_path),
        cell("endless", 400, tmp_path),
        *(cell("square", x, tmp_path) for x in range(4)),
    ]
    seen: list[Progress] = []
    found = run_sweep(cells, folder=tmp_path / "cells", workers=local(2), attempts=2, progress=seen.append)
    once, always, broken, endless, *squares = found.cells
    assert once.result == {"y": -1}
    assert always.result is None and "died 2 times" in always.error and always.deaths == 2
    assert broken.error == "ZeroDivisionError: no such luck"
    assert endless.result is None and "finite numbers" in endless.error
    assert [each.result for each in squares] == [{"y": x**2} for x in range(4)]
    assert found.failed == (always, broken, endless)
    # Beside another cell once at most, then alone until it is given up.
    assert 2 <= starts(tmp_path)[200] <= 3
    assert [each.done for each in seen] == list(range(1, 9))
    assert seen[-1].seconds_left == 0

    again = run_sweep(cells[4:], folder=tmp_path / "cells", workers=local(1))
    assert again.computed == 0 and all(each.stored for each in again.cells)
    assert all(starts(tmp_path)[x] <= 2 for x in range(4))  # twice only for one that flew beside a killer


def test_a_killed_sweep_goes_on_and_leaves_no_worker_behind(tmp_path: Path) -> None:
    """kill -9 of the whole sweep: stored cells are not computed again, the workers end by themselves."""
    script = (
        "import sys, json; sys.path[:] = json.loads(sys.argv[1])\n"
        "from pathlib import Path\n"
        "from training.cells import Cell\n"
        "from training.sweep import run_sweep\n"
        "from training.workers import local\n"
        "if __name__ == '__main__':\n"
        "    cells = [Cell(*each) for each in json.loads(sys.argv[2])]\n"
        "    run_sweep(cells, folder=Path(sys.argv[3]), workers=local(2))\n"
    )
    (tmp_path / "main.py").write_text(script, encoding="utf-8")
    cells = [cell("square", x, tmp_path, seconds=0.3) for x in range(8)]
    plain = json.dumps([[each.function, each.arguments, each.label, each.table] for each in cells])
    folder = tmp_path / "cells"
    command = [sys.executable, str(tmp_path / "main.py"), json.dumps(sys.path), plain, str(folder)]
    sweep = subprocess.Popen(command)
    store = CellStore(folder)
    deadline = time.monotonic() + 60
    while sum(store.get(each) is not None for each in cells) < 2:
        assert sweep.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    sweep.send_signal(signal.SIGKILL)
    sweep.wait()
    stored = [x for x, each in enumerate(cells) if store.get(each) is not None]
    before = starts(tmp_path)
    assert 2 <= len(stored) < 8

    workers = {int(line.split()[1]) for line in (tmp_path / "log").read_text().splitlines()}
    while any(_runs(worker) for worker in workers):
        assert time.monotonic() < deadline, "a worker outlived the process that started it"
        time.sleep(0.02)

    found = run_sweep(cells, folder=folder, workers=local(2))
    assert [each.result for each in found.cells] == [{"y": x**2} for x in range(8)]
    assert found.computed == 8 - len(stored)
    assert all(starts(tmp_path)[x] == before[x] == 1 for x in stored)


def test_a_dask_cluster_computes_the_cells_though_a_worker_is_killed(tmp_path: Path) -> None:
    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": None, "silence_logs": 60}
    with distributed.LocalCluster(n_workers=2, **options) as cluster:
        cells = [cell("killer", 7, tmp_path, deaths=1), *(cell("square", x, tmp_path) for x in range(6))]
        workers = dask(cluster.scheduler_address)
        assert workers.jobs == 2 and not workers.shared
        found = run_sweep(cells, folder=tmp_path / "cells", workers=workers)
    assert [each.result for each in found.cells] == [{"y": -1}, *({"y": x**2} for x in range(6))]
    assert starts(tmp_path)[7] == 2
    assert found.computed == 7


def test_without_a_cluster_or_its_package_the_message_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'ntk-escape\[dask\]'"):
        dask("tcp://127.0.0.1:1")


def test_cells_that_do_not_fit_are_refused_before_any_starts(tmp_path: Path) -> None:
    small, large = (cell("square", x, tmp_path, bytes=x) for x in (600, 900))
    workers = replace(local(2), memory=1000)
    with pytest.raises(InputError, match="at once") as refused:
        run_sweep([small, large], folder=tmp_path / "cells", workers=workers)
    assert "fewer --jobs" in refused.value.do
    assert not starts(tmp_path)
    with pytest.raises(InputError, match="lower the sizes"):
        run_sweep([cell("square", 1, tmp_path, bytes=1001)], folder=tmp_path / "cells", workers=workers)
    # Each worker of a cluster has its own memory.
    apart = replace(workers, shared=False)
    assert run_sweep([small, large], folder=tmp_path / "cells", workers=apart).computed == 2


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:  # a zombie has ended, its parent only has not asked
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_with_other_code_computes_nothing() -> None:
    with pytest.raises(InputError, match="other code"):
        task("training.separation:MODEL", {}, "0" * 64)


def test_no_place_for_the_locks_of_processes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.workers.ProcessPoolExecutor", refuse)
    with pytest.raises(InputError, match=r"cannot be started \(No space left on device\); .*/dev/shm"):
        run_sweep([cell("square", 1, tmp_path)], folder=tmp_path / "out", workers=local(1))
