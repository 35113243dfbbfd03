"""``ntk-escape sweep``: many trainings as independent cells, on this machine or on a Dask cluster."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from report.commands.failures import INTERRUPTED, say
from report.commands.files import write
from report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from training.cells import Cell
    from training.sweep import Finished, Progress, Sweep

SWEEP_NAME = "sweep.json"
SWEEP_SCHEMA = 1
INCOMPLETE = 3
_MOST_SEEDS = 1000
KINDS = ("separation", "sample-complexity")

# Sizes that take a minute or two on two cores.
_DIMENSIONS = {
    ("separation", 1): (20, 40),
    ("separation", 2): (12, 16),
    ("sample-complexity", 1): (18, 27, 40),
}


@click.command("sweep", short_help="Train many networks and rivals: risks, or sample complexity, over d.")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--k", type=int, default=1, show_default=True, help="Degree of the dense part, 1 or 2.")
@click.option(
    "--d", "dimensions", type=int, multiple=True, metavar="D", help="A dimension; give it once for each."
)
@click.option("--seeds", type=int, default=3, show_default=True, help="Problems in each dimension.")
@click.option(
    "--seed",
    type=int,
    default=1000,
    show_default=True,
    help="Seed of the first problem; strengths and steps were chosen on those of 0, 1 and 2.",
)
@click.option("--model", "models", multiple=True, metavar="NAME", help="A model; all without this option.")
@click.option("--jobs", type=int, default=None, help="Worker processes.  [default: one for each free core]")
@click.option("--dask", "address", metavar="ADDRESS", help="Scheduler of a Dask cluster to compute on.")
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    help="Folder for sweep.json and the finished cells; by default one named after the kind.",
)
def command(
    kind: str,
    k: int,
    dimensions: tuple[int, ...],
    seeds: int,
    seed: int,
    models: tuple[str, ...],
    jobs: int | None,
    address: str | None,
    out: str | None,
) -> int:
    """Compute the risks of the network and its rivals, or the least n that reaches a risk of 0.3, over d.

    The same command goes on where it was, whatever ended it: each finished cell is a file in the folder and is
    never computed again. Writes sweep.json with every cell and prints the means over the problems.
    """
    from report.workflow import available_cores
    from training.sweep import run_sweep
    from training.workers import dask, local

    chosen = tuple(dict.fromkeys(dimensions)) or _DIMENSIONS.get((kind, k), (10,))
    cells = _cells(kind, k, chosen, _seeds(seed, seeds), models)
    folder = Path(f"runs/sweep-{kind}-k{k}" if out is None else out)
    write(folder / SWEEP_NAME, "")  # an output that cannot be written should fail now, not after the sweep
    workers = dask(address) if address else local(available_cores() if jobs is None else jobs)
    try:
        with _watching(len(cells)) as progress:
            finished = run_sweep(cells, folder=folder / "cells", workers=workers, progress=progress)
    except KeyboardInterrupt:
        say(f"interrupted; finished cells are in {folder}, and the same command goes on from there")
        return INTERRUPTED
    for damaged in finished.damaged:
        say(f"note: {damaged} was damaged and has been computed anew")
    table = _table(kind, finished)
    path = folder / SWEEP_NAME
    write(path, json.dumps(_record(kind, k, finished, table), sort_keys=True, indent=1) + "\n")
    for line in _lines(kind, table):
        click.echo(line)
    for each in finished.failed:
        say(f"failed: {each.cell.label}: {each.error}")
    stored = sum(each.stored for each in finished.cells)
    click.echo(printable(f"{len(finished.cells)} cells, {stored} of them stored before; data in {path}"))
    return INCOMPLETE if finished.failed else 0


def _cells(
    kind: str, k: int, dimensions: Sequence[int], seeds: Sequence[int], models: Sequence[str]
) -> list[Cell]:
    from theory.errors import InputError
    from training import sample_complexity, separation

    known = separation.MODELS if kind == "separation" else sample_complexity.MODELS
    for model in models:
        if model not in known:
            raise InputError(
                given=f"--model {model}", allowed=f"one of {', '.join(known)}", do="choose one of these"
            )
    if kind == "separation":
        return separation.separation_cells(k, dimensions, seeds, models=models or known)
    if k != 1:
        raise InputError(given=f"--k {k} for sample-complexity", allowed="--k 1", do="leave --k out")
    return [
        cell
        for model in models or known
        for cell in sample_complexity.sample_cells(dimensions, seeds, model=model)
    ]


def _seeds(first: int, count: int) -> list[int]:
    from theory.errors import InputError

    if not 1 <= count <= _MOST_SEEDS:
        allowed = f"1 to {_MOST_SEEDS}"
        raise InputError(given=f"--seeds {count}", allowed=allowed, do="use 3 or more for intervals")
    return list(range(first, first + count))


def _table(kind: str, finished: Sweep) -> list[dict[str, Any]]:
    """One row for each model and dimension, and for sample complexity the exponent of each model."""
    from training.sample_complexity import exponent
    from training.separation import summarize

    name = "error" if kind == "separation" else "n"
    values: dict[tuple[str, int], dict[int, float]] = {}
    for each in finished.cells:
        if each.result is not None:
            model, d, seed = _place(each)
            values.setdefault((model, d), {})[seed] = each.result[name]
    rows: list[dict[str, Any]] = []
    for (model, d), by_seed in values.items():
        found = summarize(list(by_seed.values()))
        width = found.half_width if len(by_seed) > 1 else None
        rows.append({"model": model, "d": d, "mean": found.mean, "half_width": width, "values": by_seed})
    if kind == "sample-complexity":
        for model in dict.fromkeys(model for model, _ in values):
            of_model = {d: by_seed for (name, d), by_seed in values.items() if name == model}
            shared = set.intersection(*(set(by_seed) for by_seed in of_model.values()))
            if len(of_model) > 1 and shared:
                table = [[of_model[d][seed] for d in of_model] for seed in sorted(shared)]
                slope = exponent(list(of_model), table)
                width = slope.half_width if len(table) > 1 else None
                rows.append({"model": model, "exponent": slope.mean, "half_width": width})
    return rows


def _place(each: Finished) -> tuple[str, int, int]:
    arguments = each.cell.arguments
    config = arguments.get("config", arguments)
    return arguments["model"], config["d"], config["seed"]


def _lines(kind: str, table: Sequence[dict[str, Any]]) -> Iterator[str]:
    what = "risk" if kind == "separation" else "least n"
    yield f"{'model':<14} {'d':>5}  {what} (95% interval over problems)"
    for row in table:
        half = "" if row["half_width"] is None else f" ± {row['half_width']:.2g}"
        if "exponent" in row:
            yield f"{row['model']:<14} exponent in d: {row['exponent']:.3g}{half}"
        else:
            yield f"{row['model']:<14} {row['d']:>5}  {row['mean']:.4g}{half}"


def _record(kind: str, k: int, finished: Sweep, table: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schema": SWEEP_SCHEMA,
        "kind": kind,
        "k": k,
        "table": table,
        "cells": [
            {
                "function": each.cell.function,
                "arguments": dict(each.cell.arguments),
                "result": each.result,
                "error": each.error,
            }
            for each in finished.cells
        ],
    }


@contextmanager
def _watching(total: int) -> Iterator[Callable[[Progress], None]]:
    """A bar with the time to go in a terminal, a line for each cell elsewhere."""
    from report.terminal import is_plain
    from report.wording import duration

    def words(report: Progress) -> str:
        left = report.seconds_left
        return report.last if left is None else f"{report.last}, {duration(round(left, 1))} left"

    if is_plain():
        yield lambda report: click.echo(f"[{report.done}/{report.total}] {words(report)}", err=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(
        TextColumn("cells"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[words]}"),
        console=Console(file=sys.stderr),
        transient=True,
    ) as bar:
        task = bar.add_task("cells", total=total, words="")
        yield lambda report: bar.update(task, completed=report.done, total=report.total, words=words(report))
