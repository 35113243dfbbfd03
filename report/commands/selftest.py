"""``ntk-escape selftest``: can the suite itself be fooled?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from report.commands import options

if TYPE_CHECKING:
    from verify.selftest.section import Section

PARTS = ("mutation", "rates", "faults", "hostile", "determinism")


@click.command("selftest", short_help="Plant faults everywhere and see whether the suite notices.")
@click.option("--fast", is_flag=True, help="The small one, for continuous integration: a few minutes.")
@click.option(
    "--part", "parts", type=click.Choice(PARTS), multiple=True, help="Only this part; may be given again."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything random.")
@options.jobs
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    default="runs/selftest",
    show_default=True,
    help="Folder of selftest.json, and of the run of the quick profile whose report shows it.",
)
@click.option("--fresh", is_flag=True, help="Run again the parts that the folder holds as finished.")
def command(fast: bool, parts: tuple[str, ...], seed: int, jobs: int | None, out: str, fresh: bool) -> int:
    """Put the suite to the test: it has to notice planted faults, and nothing may hurt it or its user.

    mutation: faults in the mathematics and in the training code must be caught by claims. rates: false alarms and
    missed faults of the statistical checks are counted. faults: runs are killed, disks fill up, files are damaged.
    hostile: input that wants to crash, hang or run code. determinism: the same seed gives the same bytes.

    Then the quick profile is verified, unless the folder has a run, and the report is written with all of it.
    Exit code 0 if every target is met and that run holds, else 1.
    """
    from report import selftests, workflow
    from report.html import write_html
    from verify.claim import Profile
    from verify.selftest.suite import selftest

    cores = workflow.available_cores() if jobs is None else jobs
    folder = Path(out)
    claims, everything = workflow.select(())
    found = selftest(
        selftests.parts(claims, fast=fast, seed=seed, jobs=cores, folder=folder),
        wanted=parts,
        sources=claims.sources,
        seed=seed,
        size="fast" if fast else "full",
        folder=folder,
        fresh=fresh,
        started=lambda name: click.echo(f"{name} …", err=True),
        finished=_show,
    )
    if (folder / workflow.JSON_NAME).is_file():
        run = workflow.read_folder(folder)
        write_html(run, folder / workflow.HTML_NAME, found)
    else:
        click.echo("quick profile …", err=True)
        run = workflow.verify_selected(
            claims, everything, profile=Profile.QUICK, seed=seed, jobs=cores, folder=folder
        )
    click.echo(f"report     {folder / workflow.HTML_NAME}")
    return 0 if found.passed and run.exit_code == 0 else 1


def _show(section: Section, reused: bool) -> None:
    """The figures of a part, those that miss their target marked."""
    from report.sections import figure_lines

    again = ", from before" if reused else ""
    click.echo(
        f"{'passed' if section.passed else 'MISSED':<10} {section.title} ({section.seconds:.0f} s{again})"
    )
    for line in figure_lines(section):
        click.echo(f"{'':<10} {line}")
