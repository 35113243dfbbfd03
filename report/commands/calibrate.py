"""``ntk-escape calibrate``: count how often the statistical checks err, against what they declare."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from report.commands import files, options

if TYPE_CHECKING:
    from verify.selftest.section import Section, Table

FILE_NAME = "calibration.json"
_REPETITIONS = 20


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
@options.jobs
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
    from report.trials import watching
    from theory.errors import InputError
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
    target = Path(out) / FILE_NAME
    files.write(target, "")
    with watching() as watcher:
        progressed = partial(watcher.stage, "calibrating")
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
    files.write(target, json.dumps(section.to_json(), sort_keys=True, indent=2) + "\n")
    _show(section, target)
    return 0 if section.passed else 1


def _show(section: Section, target: Path) -> None:
    from report.sections import figure_lines

    for table in section.tables:
        _show_table(table)
    click.echo(f"\n{section.summary}\n")
    for line in figure_lines(section):
        click.echo(line)
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
