"""A run in a terminal: what needs attention first, each with the command to look at it, then the counts.

Every line but the paths and commands fits 80 columns. Lines are plain text with the style in which to show
them, so that the caller decides about colour.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from report.view import why
from report.wording import duration
from report.workflow import HTML_NAME, JSON_NAME
from verify.alarms import false_alarms
from verify.looseness import loose_claims
from verify.run import EVERY_KIND, CheckResult, ClaimResult, Run
from verify.verdict import Outcome, Verdict

WIDTH = 80
MOST_SHOWN = 20

Line = tuple[str, str]
"""Text, and a colour name for it or nothing."""


def summary(run: Run, folder: Path) -> list[Line]:
    """The summary of a run whose results lie in the folder."""
    return [*_attention(run, folder), *_counts(run), *_places(run, folder)]


def _attention(run: Run, folder: Path) -> Iterator[Line]:
    odd = sorted((each for each in run.claims if not each.as_expected), key=lambda each: -each.own.rank)
    for each in odd[:MOST_SHOWN]:
        title = f"{each.claim['id']}  {each.claim['title']}"
        reason = f"a control, and not refuted: {why(each)}" if each.is_control else why(each)
        yield _cut(f"{each.own.value:<10} {title}"), "red"
        for line in textwrap.wrap(reason, WIDTH - 11, max_lines=3, placeholder=" …"):
            yield f"{'':<10} {line}", ""
        yield f"{'':<10} ntk-escape show {each.claim['id']} --out {folder}", "cyan"
    if len(odd) > MOST_SHOWN:
        yield f"and {len(odd) - MOST_SHOWN} more: ntk-escape list --out {folder}", "red"
    if odd:
        yield "", ""


def _counts(run: Run) -> Iterator[Line]:
    claims = [each for each in run.claims if not each.is_control]
    controls = [each for each in run.claims if each.is_control]
    held = sum(each.own.established for each in claims)
    number = Counter(each.own for each in claims)
    counts = ", ".join(f"{number[verdict]} {verdict.value}" for verdict in Verdict if number[verdict])
    text = f"{held} of {len(claims)} claims hold: {counts}" if claims else "no claim was selected"
    yield from _labelled("claims", text, "green" if all(each.as_expected for each in claims) else "red")
    if controls:
        refuted = sum(each.own is Verdict.REFUTED for each in controls)
        skipped = sum(each.is_skipped for each in controls)
        text = f"{refuted} of {len(controls)} controls REFUTED" + (f", {skipped} SKIPPED" if skipped else "")
        yield from _labelled(
            "controls", text, "green" if all(each.as_expected for each in controls) else "red"
        )
    alarms = false_alarms(claims)
    if alarms.checks:
        text = f"false alarms {alarms}"
        yield from _labelled("chance", text, "yellow" if alarms.beyond_budget else "")
    loose = len(loose_claims(claims))
    if loose:
        text = (
            f"{loose} never came within 10% of the bound that {'it states' if loose == 1 else 'they state'}"
        )
        yield from _labelled("loose", text, "")
    missing = Counter(each.evidence.summary for each in _skipped(run))
    for reason, count in missing.items():
        yield from _labelled("skipped", f"{count} check{'' if count == 1 else 's'}: {reason}", "yellow")
    if run.kinds != EVERY_KIND:
        yield from _labelled("note", f"only checks of the kinds {', '.join(run.kinds)} ran", "yellow")
    weak = [each for each in claims if _rests_on_sand(each)]
    if weak:
        text = f"{len(weak)} hold by their own checks but rest on a claim that is not established here"
        yield from _labelled("note", text, "yellow")


def _skipped(run: Run) -> Iterator[CheckResult]:
    """The results of checks that said they cannot run here."""
    for claim in run.claims:
        for result in claim.results:
            if result.evidence.outcome is Outcome.SKIPPED:
                yield result


def _places(run: Run, folder: Path) -> Iterator[Line]:
    yield f"{'time':<10} {duration(run.seconds)} of checks, profile {run.profile.value}, seed {run.seed}", ""
    yield f"{'report':<10} {folder / HTML_NAME}", ""
    yield f"{'data':<10} {folder / JSON_NAME}", ""
    if not run.complete:
        yield from _labelled(
            "note",
            "interrupted; finished checks are kept, and the same command goes on from there",
            "yellow",
        )


def _rests_on_sand(result: ClaimResult) -> bool:
    return result.own.established and not result.propagated.established


def _labelled(label: str, text: str, colour: str) -> Iterator[Line]:
    for k, line in enumerate(textwrap.wrap(text, WIDTH - 11, break_on_hyphens=False)):
        yield f"{label if k == 0 else '':<10} {line}", colour


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
