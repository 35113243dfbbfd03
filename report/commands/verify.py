"""``ntk-escape verify``: run checks, write results and report, say what holds."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from report.commands import options
from report.commands.failures import INTERRUPTED


@click.command("verify", short_help="Run checks, write results and report, say what holds.")
@options.names
@click.option(
    "--profile",
    type=click.Choice(options.PROFILES),
    default="quick",
    show_default=True,
    help="How much work to do.",
)
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(options.KINDS),
    multiple=True,
    help="Run only the checks of this kind; may be given again.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds give equal results.")
@options.jobs
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="Folder of the run; by default runs/<profile>-seed<seed>."
)
@click.option(
    "--limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Time limit of each check; by default far beyond what sound ones take.",
)
@click.option(
    "--memory",
    type=click.IntRange(min=1),
    metavar="MIB",
    help="Memory limit of each check; by default half of the machine's.",
)
@click.option("--fresh", is_flag=True, help="Compute again what the folder holds as finished.")
def command(
    names: tuple[str, ...],
    profile: str,
    kinds: tuple[str, ...],
    seed: int,
    jobs: int | None,
    out: str | None,
    limit: float | None,
    memory: int | None,
    fresh: bool,
) -> int:
    """Verify claims and write results.sqlite, results.json and report.html into one folder.

    Without names all claims of the suite are verified. A FILE.py defines CLAIMS; without further names all of
    its claims are verified. A file of claims is Python code and runs: give only files that you trust.

    The same command again goes on where an interrupted run stopped.
    """
    from report import terminal, workflow
    from report.printable import printable
    from report.summary import summary
    from verify.memory import MIB

    claims, selected = workflow.select(names)
    size = workflow.as_profile(profile)
    wanted = tuple(workflow.as_kind(each) for each in kinds or options.KINDS)
    folder = workflow.default_folder(size, seed) if out is None else Path(out)
    with terminal.watching(selected, size, wanted) as observer:
        finished = workflow.verify_selected(
            claims,
            selected,
            profile=size,
            seed=seed,
            jobs=workflow.available_cores() if jobs is None else jobs,
            folder=folder,
            fresh=fresh,
            kinds=wanted,
            observer=observer,
            limit_seconds=limit,
            memory=None if memory is None else memory * MIB,
        )
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for text, style in summary(finished, folder):
        shown = printable(text)
        click.echo(click.style(shown, fg=style or None) if colour else shown, color=colour)
    return finished.exit_code if finished.complete else INTERRUPTED
