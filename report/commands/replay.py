"""``ntk-escape replay``: compute records of a finished run again and compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from report.commands import options

if TYPE_CHECKING:
    from verify.replay import Difference, Replayed

_MOST_SHOWN = 5
_LONGEST = 60


@click.command("replay", short_help="Compute records of a finished run again and compare.")
@click.argument("run", type=click.Path(), metavar="RUN")
@click.argument("names", nargs=-1, metavar="[ID|GLOB|FILE.py]...")
@click.option("--check", metavar="NAME", help="Only the checks of this name.")
@options.jobs
def command(run: str, names: tuple[str, ...], check: str | None, jobs: int | None) -> int:
    """Compute records of RUN (a folder of a run or its results.json) again, from the seeds that they name.

    Every comparison, count and parameter is held against the record, times aside. Records of claims in a file of
    yours need that file: name it as FILE.py. It is Python code and runs: give only files that you trust.

    Exit codes: 0 all the same; 1 an outcome differs, or numbers do on the same machine with the same code;
    3 numbers differ, and so do the versions, the machine or the code; or a claim is gone.
    """
    from report import workflow
    from theory.errors import InputError
    from verify.replay import Agreement, changed_circumstances, replay

    finished = workflow.read_folder(run)
    files = [name for name in names if name.endswith(".py")]
    patterns = [name for name in names if not name.endswith(".py")]
    picked = workflow.pick(finished, patterns)
    claims = workflow.claims_for(picked, files)
    changed = changed_circumstances(finished, claims)
    for each in changed[:_MOST_SHOWN]:
        click.echo(f"other here  {_line(each)}")
    counts = dict.fromkeys(Agreement, 0)
    for record in replay(
        finished, claims, picked, check=check, jobs=workflow.available_cores() if jobs is None else jobs
    ):
        counts[record.agreement] += 1
        for line in _report(record):
            click.echo(line)
    total = sum(counts.values())
    if not total:
        raise InputError(
            given=f"check {check!r}" if check else f"{run}, which has no such record",
            allowed="the name of a check of the chosen claims: "
            + ", ".join(sorted({result.check for each in picked for result in each.results})[:8]),
            do="run `ntk-escape show ID --out RUN` to see the checks",
        )
    click.echo(f"{counts[Agreement.SAME]} of {total} records are the same, to the last digit, times aside")
    if counts[Agreement.OUTCOME] or (counts[Agreement.NUMBERS] and not changed):
        return 1
    return 3 if counts[Agreement.NUMBERS] or counts[Agreement.GONE] else 0


def _report(record: Replayed) -> list[str]:
    """Lines about one record; the differences below it, the first few of them."""
    before = record.before
    lines = [f"{record.agreement.value:<15} {before.claim_id}  {before.check}  seed {before.seed}"]
    lines += [f"{'':<15} {_line(each)}" for each in record.differences[:_MOST_SHOWN]]
    if len(record.differences) > _MOST_SHOWN:
        lines.append(f"{'':<15} and {len(record.differences) - _MOST_SHOWN} more places")
    return lines


def _line(each: Difference) -> str:
    return f"{each.place}: {_short(each.before)} before, {_short(each.now)} now"


def _short(text: str) -> str:
    plain = text.encode("ascii", "backslashreplace").decode() if not text.isprintable() else text
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
