"""``ntk-escape mutate``: plant faults one at a time and say which claim catches each."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from report.commands import files, options

if TYPE_CHECKING:
    from verify.selftest.record import Mutation, Record

FILE_NAME = "mutation.json"
_SHOWN = 3


@click.command("mutate", short_help="Plant faults one at a time, say which claim catches each.")
@click.argument("names", nargs=-1, metavar="[ID|GLOB]...")
@click.option("--generic", type=click.IntRange(min=0), default=0, show_default=True, metavar="N",
              help="Generic faults to draw by chance besides.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draw and of the checks.")
@options.jobs
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), metavar="M",
              help="Begin no further fault after this time.")  # fmt: skip
@click.option("--out", type=click.Path(), metavar="DIR", default="runs/mutation", show_default=True,
              help="Folder for mutation.json and what the checks touch.")  # fmt: skip
@click.option("--all-checks", is_flag=True, help="Run all checks on every named fault, not only for seconds.")
@click.option(
    "--list", "only_list", is_flag=True, help="List the named faults with the reason each is wrong."
)
def command(
    names: tuple[str, ...],
    generic: int,
    seed: int,
    jobs: int | None,
    minutes: float | None,
    out: str,
    all_checks: bool,
    only_list: bool,
) -> int:
    """Plant faults in the theory and the training code, one at a time, and run the checks that touch each.

    Without names all named faults are planted. A generic fault is named as its survivor is listed,
    FILE:LINE:COLUMN:OPERATOR. No file is changed: a fault exists in a process that ends with its trial.

    Exit code 1 if a named fault is caught by no claim, or the generic ones miss their target.
    """
    from report.commands.failures import say
    from report.sections import figure_lines
    from report.trials import watching
    from report.workflow import available_cores
    from theory.errors import InputError
    from verify.claims import SOURCES
    from verify.registry import registry
    from verify.selftest import catalogue, mutation, score
    from verify.selftest.generic import missing, population
    from verify.selftest.record import Limits

    chosen = [name for name in names if ".py:" in name]
    patterns = [name for name in names if ".py:" not in name]
    named = catalogue.select(patterns) if patterns or not chosen else ()
    if only_list:
        for mutant in named:
            click.echo(f"{mutant.id}  {mutant.file}\n    {mutant.reason}")
        click.echo(f"\n{len(named)} named faults")
        return 0
    if absent := missing():
        raise InputError(
            given=f"a self-test by mutation without {absent}",
            allowed="the extra `selftest`",
            do="run `pip install 'ntk-escape[selftest]'`, or `make selftest` in a checkout",
        )
    sites = population() if generic or chosen else None
    limits = Limits(named=float("inf"), named_end=float("inf")) if all_checks else Limits()
    folder = Path(out)
    files.write(folder / FILE_NAME, "")
    with watching() as watcher:
        result = mutation.mutate(
            registry(SOURCES),
            named,
            generic=generic,
            chosen=[sites.find(name) for name in chosen] if sites is not None else (),
            sites=sites,
            seed=seed,
            jobs=available_cores() if jobs is None else jobs,
            minutes=float("inf") if minutes is None else minutes,
            limits=limits,
            keep=folder,
            watcher=watcher,
        )
    section = score.section(result)
    files.write(folder / FILE_NAME, _data(result))
    for line in _lines(result):
        click.echo(line)
    for line in figure_lines(section):
        click.echo(line)
    say(f"details in {folder / FILE_NAME}")
    return 0 if section.passed else 1


def _lines(result: Mutation) -> list[str]:
    """A line or more for each fault that was named or survived."""
    from verify.selftest.record import GENERIC, NAMED, SURVIVED, UNCHANGED, UNTRIED

    found = [line for each in result.of(NAMED) for line in _told(each)]
    found += [f"caught all the same: {each.id}" for each in result.of(UNCHANGED) if each.catches]
    shown = result.of(GENERIC, SURVIVED, UNTRIED) if result.drawn_from is not None else result.of(GENERIC)
    for each in shown:
        found += [*_told(each), f"    {each.old}", f"    {each.new}", f"    {each.command}"]
    return [*found, ""] if found else []


def _told(record: Record) -> list[str]:
    """What became of a fault, and what caught it."""
    lines = [f"{record.fate.upper() if not record.catches else 'caught'}  {record.id}"]
    for catch in record.catches[:_SHOWN]:
        lines.append(f"    {catch.how:<9} {catch.name} ({catch.seconds:.1f} s)")
    if len(record.catches) > _SHOWN:
        lines.append(f"    and {len(record.catches) - _SHOWN} more")
    if not record.catches:
        lines.append(f"    {record.tried} of {record.touching} checks that touch it were run")
    return lines


def _data(result: Mutation) -> str:
    """The records as JSON."""
    data = {
        "seed": result.seed,
        "seconds": result.seconds,
        "records": [asdict(each) for each in result.records],
    }
    return json.dumps(data, indent=1) + "\n"
