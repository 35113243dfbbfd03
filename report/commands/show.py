"""``ntk-escape show``: everything about one claim."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from report.commands import options

if TYPE_CHECKING:
    from verify.run import CheckResult, ClaimResult

_MOST_ROWS = 6


@click.command("show", short_help="Everything about one claim.")
@click.argument("names", nargs=-1, required=True, metavar="ID|GLOB|FILE.py...")
@options.folder
def command(names: tuple[str, ...], out: str | None) -> None:
    """Show claims: statement, assumptions, checks, and the evidence of a finished run (with --out)."""
    from report import workflow
    from report.printable import printable

    if out is None:
        blocks = [_about(claim.describe()) for claim in workflow.select(names)[1]]
    else:
        picked = workflow.pick(workflow.read_folder(out), names)
        blocks = [[*_about(each.claim), *_found(each)] for each in picked]
    click.echo(printable("\n\n".join("\n".join(block) for block in blocks)))


def _about(claim: Mapping[str, Any]) -> list[str]:
    lines = [f"{claim['id']}  {claim['title']}", ""]
    lines += _field("statement", claim["statement"])
    lines += _field("says", claim["bound"])
    for assumption in claim["assumptions"]:
        lines += _field("assumes", assumption)
    if claim["control_of"]:
        lines += _field("control", f"false on purpose, must be REFUTED; falsifies {claim['control_of']}")
        lines += _field("fault", claim["fault"])
    if claim["depends_on"]:
        lines += _field("rests on", ", ".join(claim["depends_on"]))
    lines += _field("source", claim["source"])
    for check in claim["checks"]:
        reach = "all of the statement: " if check["general"] else ""
        lines += _field(
            "check", f"{check['name']} ({check['kind']}, {check['profile']}): {reach}{check['scope']}"
        )
    return lines


def _found(result: ClaimResult) -> Iterator[str]:
    from verify.looseness import describe, exercised

    yield ""
    yield from _field("verdict", f"{result.own.value}: {result.own.meaning}")
    if result.propagated is not result.own and not result.is_control:
        yield from _field("with rest", f"{result.propagated.value}, together with what it rests on")
    loose = describe(result)
    if loose:
        yield from _field("LOOSE", loose)
    reached = exercised(result)
    if reached:
        yield from _field("bounds", reached)
    for each in result.results:
        yield ""
        yield from _evidence(each)


def _evidence(result: CheckResult) -> Iterator[str]:
    from report.evidence import least_room_first
    from report.wording import RELATIONS, duration, plain_values, show_margin, show_quantity

    evidence = result.evidence
    yield from _field(
        evidence.outcome.value, f"{result.check}, seed {result.seed}, {duration(result.seconds)}"
    )
    yield from _field("", evidence.summary)
    rates = {**evidence.counts, **evidence.error_rates, **evidence.parameters}
    if rates:
        yield from _field("", plain_values(rates))
    for listing in evidence.listings:
        yield from _field("", f"{listing.title}:")
        yield textwrap.indent(listing.text.rstrip(), " " * 13)
    ranked = sorted(evidence.comparisons, key=least_room_first)
    for each in ranked[:_MOST_ROWS]:
        values = f"{show_quantity(each.measured)} {RELATIONS[each.relation]} {show_quantity(each.stated)}"
        at = f" at {plain_values(each.parameters)}" if each.parameters else ""
        text = f"{each.outcome.value} {each.label}: {values}, margin {show_margin(each.margin)}{at}"
        yield from _field("", text)
    if len(ranked) > _MOST_ROWS:
        yield from _field("", f"and {len(ranked) - _MOST_ROWS} comparisons with more room")
    if result.traceback:
        yield textwrap.indent(result.traceback.rstrip(), " " * 11)


def _field(label: str, text: str) -> list[str]:
    """A labelled text, wrapped to 80 columns under its own start; formulas are never broken inside a word."""
    return textwrap.wrap(
        text or "-",
        80,
        initial_indent=f"{label:<10} ",
        subsequent_indent=" " * 11,
        break_long_words=False,
        break_on_hyphens=False,
    )
