"""The command ``ntk-escape``: one module for each subcommand, assembled here.

Each module loads the rooms that it needs when it runs, so that ``--help`` and ``--version`` answer at once.
Exit codes: 0 all hold; 1 something refuted or a control not refuted; 2 usage or bad input; 3 undecided, vacuous
or an error, ours included; 130 interrupted (finished results are kept).
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from report.commands import (
    calibrate,
    derive,
    list,
    mutate,
    prove,
    replay,
    report,
    selftest,
    show,
    sweep,
    train,
    verify,
)
from report.commands.failures import guarded


def _print_version(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"ntk-escape {context.find_root().obj}")
        context.exit()


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 all hold; 1 something refuted or a control not refuted; 2 usage or bad input; "
    "3 undecided or an error; 130 interrupted.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
def group() -> None:
    """Verify how gradient descent escapes the neural tangent kernel regime, claim by claim."""


for _module in (verify, list, show, train, sweep, report, replay, derive, prove, mutate, calibrate, selftest):
    group.add_command(_module.command)


def run_command(arguments: Sequence[str], *, version: str) -> int:
    """Run the command line and return the exit code; never raises."""
    return guarded(
        lambda: group.main([*arguments], prog_name="ntk-escape", standalone_mode=False, obj=version)
    )
