"""``ntk-escape list``: one line for each claim."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

import click

from report.commands import options


@click.command("list", short_help="One line for each claim.")
@options.names
@options.folder
@click.option("--json", "as_json", is_flag=True, help="Print the claims as JSON.")
def command(names: tuple[str, ...], out: str | None, as_json: bool) -> None:
    """List claims: ID, verdict (with --out), kinds of evidence, title."""
    from report import workflow

    if out is None:
        rows = [dict(claim.describe()) for claim in workflow.select(names)[1]]
    else:
        picked = workflow.pick(workflow.read_folder(out), names)
        rows = [{**each.claim, "own": each.own, "propagated": each.propagated} for each in picked]
    if as_json:
        click.echo(json.dumps(rows, indent=2, sort_keys=True))
        return
    for line in _table(rows):
        click.echo(line)
    controls = sum(row["control_of"] is not None for row in rows)
    click.echo(f"\n{len(rows) - controls} claims and {controls} controls")


def _table(rows: list[dict[str, Any]]) -> list[str]:
    from report.printable import printable
    from report.view import kinds_of

    cells = [
        [
            row["id"],
            *([row["own"].value] if "own" in row else []),
            ", ".join(kinds_of(row)),
            printable(("control: " if row["control_of"] else "") + " ".join(row["title"].split())),
        ]
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in cells]
    return [line.rstrip()[:room] for line in lines]
