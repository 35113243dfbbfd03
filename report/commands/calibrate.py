"""``ntk-escape calibrate``: count how often the statistical checks err, against what they declare."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from report.commands import options

if TYPE_CHECKING:
    from verify.selftest.section import Section, Table

FILE_NAME = "calibration.json"
_REPETITIONS = 20
_EVERY_SECONDS = 20.0


@click.command("calibrate", short_help="Count how often the statistical checks err.")
@options.names
@click.option(
    "--profile",
    type=click.Choice(options.PROFILES),
    default="quick",
    show_default=True,
    help="Which checks, and at what size.",
)
@click.option(
    "--repetitions",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Runs of each check at each level; {_REPETITIONS} if nothing is said.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="M",
    help="Wall time to spread over the checks instead.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    metavar="K",
    help="Run everything random in the profile under K seeds instead.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Repetition r has the seed of run SEED + r."
)
@click.option("--jobs", type=click.IntRange(min=1), help="Worker processes; by default one a core.")
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    default="runs/calibration",
    show_default=True,
    help=f"Folder for {FILE_NAME}.",
)
def command(
    names: tuple[str, ...],
    profile: str,
    repetitions: int | None,
    minutes: float | None,
    seeds: int | None,
    seed: int,
    jobs: int | None,
    out: str,
) -> int:
    """Repeat statistical checks under many seeds and compare their errors with the declared rates.

    False alarms are counted at the declared level and at a raised one. Each measured value is moved by the declared
    smallest fault, and the check has to fail. Controls have to be refuted. With --seeds, whole runs of the profile
    are repeated instead, and whatever is not as expected in one of them is a false alarm.

    Exit code 1 if a count contradicts a declared rate.
    """
    from report import workflow
    from theory.errors import InputError
    from verify.export import write_text
    from verify.selftest.calibration import calibrate
    from verify.selftest.reseeding import reseed_section

    if sum(each is not None for each in (repetitions, minutes, seeds)) > 1:
        raise InputError(
            given="more than one of --repetitions, --minutes and --seeds",
            allowed="one of them",
            do="say how often, or how long, or under how many seeds",
        )
    claims, selected = workflow.select(names)
    size = workflow.as_profile(profile)
    cores = workflow.available_cores() if jobs is None else jobs
    begun = time.monotonic()
    with _watching() as progressed:
        if seeds is not None:
            section = reseed_section(
                claims, selected, profile=size, seed=seed, seeds=seeds, jobs=cores, progressed=progressed
            )
        else:
            section = calibrate(
                claims,
                selected,
                profile=size,
                seed=seed,
                jobs=cores,
                repetitions=_REPETITIONS if repetitions is None and minutes is None else repetitions,
                minutes=minutes,
                progressed=progressed,
            )
    section = replace(section, seconds=time.monotonic() - begun)
    target = Path(out) / FILE_NAME
    write_text(target, json.dumps(section.to_json(), sort_keys=True, indent=2) + "\n")
    _show(section, target)
    return 0 if section.passed else 1


def _show(section: Section, target: Path) -> None:
    for table in section.tables:
        _show_table(table)
    click.echo(f"\n{section.summary}\n")
    for figure in section.figures:
        mark = {True: "ok", False: "MISSED", None: ""}[figure.met]
        wanted = f" (target: {figure.target})" if figure.target else ""
        click.echo(f"{mark:<7}{figure.name}: {figure.value}{wanted}")
    click.echo(f"{'data':<7}{target}")


def _show_table(table: Table) -> None:
    """A table in a terminal; in a file each row as lines, which need no width."""
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    from report.printable import printable

    if not table.rows:
        return
    if not sys.stdout.isatty():
        click.echo(f"\n{table.title}")
        for row in table.rows:
            click.echo(f"\n{printable(row[0])}")
            for head, text in zip(table.columns[1:], row[1:], strict=True):
                click.echo(f"    {head}: {printable(text)}")
        return
    drawn = Drawn(title=table.title, title_justify="left")
    for column in table.columns:
        drawn.add_column(column)
    for row in table.rows:
        drawn.add_row(*(Text(printable(text)) for text in row))
    Console().print(drawn)


@contextmanager
def _watching() -> Iterator[Callable[[int, int], None]]:
    """Progress on standard error: a bar in a terminal, else a line now and then."""
    from rich.console import Console
    from rich.progress import Progress

    from report.terminal import is_plain

    if is_plain():
        said = time.monotonic()

        def say(done: int, total: int) -> None:
            nonlocal said
            if time.monotonic() - said > _EVERY_SECONDS:
                said = time.monotonic()
                print(f"[{done}/{total}]", file=sys.stderr, flush=True)

        yield say
        return
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("calibrating", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
