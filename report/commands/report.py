"""``ntk-escape report``: write the report of a finished run again."""

from __future__ import annotations

from pathlib import Path

import click

from report.printable import printable


@click.command("report", short_help="Write the report of a finished run again.")
@click.argument("run", type=click.Path(), metavar="RUN")
@click.option(
    "--out", type=click.Path(), metavar="FILE", help="Where to write; by default report.html in the folder."
)
def command(run: str, out: str | None) -> None:
    """Write the HTML report of RUN, the folder of a run or its results.json.

    Where a selftest.json lies beside it, the report has what the self-test found as well.
    """
    from report import workflow
    from report.html import write_html

    finished = workflow.read_folder(run)
    source = Path(run)
    folder = source if source.is_dir() else source.parent
    target = folder / workflow.HTML_NAME if out is None else Path(out)
    click.echo(printable(str(write_html(finished, target, workflow.selftest_of(folder)))))
