"""A run as what a reader sees, the same for every output format: headline, counts, open points, one view per claim.

Nothing here is HTML. Strings stay as they are in the results; whoever renders them escapes them. Named values
are sorted, so that a run gives the same report before and after it went through a file.
"""

from __future__ import annotations

import math
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from report.evidence import CheckView, check_view
from report.wording import duration, plain_text, show_margin
from verify.alarms import false_alarms
from verify.evidence import Series
from verify.looseness import describe, exercised, loose_claims
from verify.run import EVERY_KIND, ClaimResult, Run, kind_of
from verify.verdict import Kind, Outcome, Verdict

_BOUND_NAMES = {"upper": "upper bound", "lower": "lower bound"}


@dataclass(frozen=True)
class Link:
    """A reference to another claim; `verdict` is empty when that claim is not in the run."""

    id: str
    title: str
    verdict: str


@dataclass(frozen=True)
class ClaimView:
    """One claim as its section shows it; `loose` says how far it stays from its bound, or is empty."""

    id: str
    topic: str
    title: str
    statement: str
    bound: str
    source: str
    assumptions: tuple[str, ...]
    fault: str
    control_of: Link | None
    own: str
    propagated: str
    as_expected: bool
    loose: str
    exercised: str
    kinds: tuple[str, ...]
    margin: str
    seconds: str
    checks: tuple[CheckView, ...]
    not_run: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, tuple[Series, ...]], ...]
    rests_on: tuple[Link, ...]
    used_by: tuple[Link, ...]
    controls: tuple[Link, ...]
    command: str


@dataclass(frozen=True)
class Proof:
    """One theorem that a proof assistant accepted, with the axioms that it rests on."""

    theorem: str
    claim: Link
    axioms: tuple[str, ...]


@dataclass(frozen=True)
class ReportView:
    """A whole run as the page shows it; `tone` is good, bad (something refuted) or open."""

    headline: str
    tone: str
    verdicts: tuple[tuple[str, str, int], ...]
    kinds: tuple[tuple[str, int, tuple[tuple[str, int], ...]], ...]
    open_points: tuple[tuple[Link, str], ...]
    caveats: tuple[str, ...]
    topics: tuple[tuple[str, tuple[ClaimView, ...]], ...]
    controls: tuple[ClaimView, ...]
    proofs: tuple[Proof, ...]
    circumstances: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]

    @property
    def axioms(self) -> tuple[str, ...]:
        """Every axiom that some proof rests on."""
        return tuple(sorted({axiom for proof in self.proofs for axiom in proof.axioms}))

    @property
    def claims(self) -> tuple[ClaimView, ...]:
        """All claims but the controls, topic by topic."""
        return tuple(claim for _, claims in self.topics for claim in claims)


def report_view(run: Run) -> ReportView:
    """Everything that a report of this run shows."""
    by_id = {str(each.claim["id"]): each for each in run.claims}
    views = [_claim_view(each, by_id, run) for each in run.claims]
    claims = [each for each in run.claims if not each.is_control]
    counted = Counter(each.own for each in claims)
    return ReportView(
        headline=headline(run),
        tone={0: "good", 1: "bad"}.get(run.exit_code, "open"),
        verdicts=tuple((each.value, each.meaning, counted[each]) for each in Verdict),
        kinds=_kinds(claims),
        open_points=tuple(_open_points(run, by_id)),
        caveats=tuple(_caveats(run)),
        topics=_topics(view for view in views if view.control_of is None),
        controls=tuple(view for view in views if view.control_of is not None),
        proofs=tuple(_proofs(claims, by_id)),
        circumstances=(
            ("profile", run.profile.value),
            ("seed", str(run.seed)),
            ("started", run.started),
            ("computing time", duration(run.seconds)),
            ("false alarms", str(false_alarms(run.claims))),
        ),
        versions=tuple(_flat(run.environment)),
    )


def headline(run: Run) -> str:
    """The outcome of a run in one or two sentences."""
    claims = [each for each in run.claims if not each.is_control]
    controls = [each for each in run.claims if each.is_control]
    held = sum(each.own.established for each in claims)
    others = Counter(each.own for each in claims if not each.own.established)
    if not claims:
        first = "No claim was selected"
    elif not others:
        first = "The claim holds" if held == 1 else f"All {held} claims hold"
    else:
        names = ", ".join(f"{number} {verdict}" for verdict, number in sorted(others.items(), key=_by_rank))
        first = f"{held} of {len(claims)} claims hold; {names}"
    parts = [first + "."]
    if controls:
        refuted = sum(each.own is Verdict.REFUTED for each in controls)
        skipped = sum(each.is_skipped for each in controls)
        rest = f" ({skipped} SKIPPED)" if skipped else ""
        parts.append(f"{refuted} of {len(controls)} controls REFUTED{rest}, as each of them must be.")
    if not run.complete:
        parts.append("The run was interrupted: some checks have no result.")
    return " ".join(parts)


def why(result: ClaimResult) -> str:
    """The reason for a claim's verdict in one line: the summary of the check that decided it."""
    order = [Outcome.FAILS, Outcome.ERROR, Outcome.UNDECIDED, Outcome.VACUOUS, Outcome.SKIPPED, Outcome.HOLDS]
    ranked = sorted(result.results, key=lambda each: order.index(each.evidence.outcome))
    if not ranked:
        return "no check of it has a result"
    return f"{ranked[0].check}: {ranked[0].evidence.summary}"


def margin_of(result: ClaimResult) -> float | None:
    """The smallest margin over all comparisons of a claim: NaN if one is unknown, None if it has none.

    An exact match has no room by its nature, so it counts only where nothing else was compared.
    """
    found = [each for result in result.results for each in result.evidence.comparisons]
    margins = [each.margin for each in found if each.margin != 0 or each.resolution != 0]
    if any(math.isnan(margin) for margin in margins):
        return math.nan
    return min(margins, default=0.0 if found else None)


def kinds_of(claim: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of evidence that a claim's checks give, strongest first."""
    present = {check["kind"] for check in claim["checks"]}
    return tuple(kind.value for kind in Kind if kind.value in present)


def _claim_view(result: ClaimResult, by_id: Mapping[str, ClaimResult], run: Run) -> ClaimView:
    claim = result.claim
    name = claim["id"]
    done = {each.check for each in result.results}
    figures: dict[str, list[Series]] = {}
    for each in result.results:
        for series in each.evidence.series:
            figures.setdefault(series.figure, []).append(series)
    users = [each for each in by_id.values() if name in each.claim["depends_on"]]
    controls = [each for each in by_id.values() if each.claim["control_of"] == name]
    return ClaimView(
        id=name,
        topic=name.split(".")[0],
        title=claim["title"],
        statement=claim["statement"],
        bound=_BOUND_NAMES.get(claim["bound"], claim["bound"]),
        source=claim["source"],
        assumptions=tuple(claim["assumptions"]),
        fault=claim["fault"],
        control_of=_link(claim["control_of"], by_id) if result.is_control else None,
        own=result.own.value,
        propagated=result.propagated.value,
        as_expected=result.as_expected,
        loose=describe(result),
        exercised=exercised(result),
        kinds=kinds_of(claim),
        margin=show_margin(margin_of(result)),
        seconds=duration(sum(each.seconds for each in result.results)),
        checks=tuple(check_view(each, claim) for each in result.results),
        not_run=tuple(
            (each["name"], each["profile"]) for each in claim["checks"] if each["name"] not in done
        ),
        figures=tuple((_caption(figure), tuple(series)) for figure, series in figures.items()),
        rests_on=tuple(_link(each, by_id) for each in claim["depends_on"]),
        used_by=tuple(_link(each.claim["id"], by_id) for each in users),
        controls=tuple(_link(each.claim["id"], by_id) for each in controls),
        command=_command(claim, run),
    )


def _command(claim: Mapping[str, Any], run: Run) -> str:
    """The command that runs the claim again; a claim of a user's file needs that file."""
    file = claim["defined_in"]
    words = ["ntk-escape", "verify", *([file] if file.endswith(".py") else []), claim["id"]]
    return shlex.join([*words, "--profile", run.profile.value, "--seed", str(run.seed)])


def _topics(views: Iterable[ClaimView]) -> tuple[tuple[str, tuple[ClaimView, ...]], ...]:
    """Claims by topic; topics in the order in which they first occur."""
    topics: dict[str, list[ClaimView]] = {}
    for view in views:
        topics.setdefault(view.topic, []).append(view)
    return tuple((topic, tuple(claims)) for topic, claims in topics.items())


def _kinds(claims: Iterable[ClaimResult]) -> tuple[tuple[str, int, tuple[tuple[str, int], ...]], ...]:
    """For each kind of evidence: how many claims have it, and the outcomes of its checks."""
    outcomes: dict[Kind, Counter[Outcome]] = {kind: Counter() for kind in Kind}
    bearers: Counter[Kind] = Counter()
    for claim in claims:
        bearers.update({kind_of(each, claim.claim) for each in claim.results})
        for each in claim.results:
            outcomes[kind_of(each, claim.claim)][each.evidence.outcome] += 1
    return tuple(
        (kind.value, bearers[kind], tuple((each.value, outcomes[kind][each]) for each in Outcome))
        for kind in Kind
    )


def _proofs(claims: Iterable[ClaimResult], by_id: Mapping[str, ClaimResult]) -> Iterable[Proof]:
    """What formal checks say of the theorems that were accepted."""
    for claim in claims:
        for result in claim.results:
            found = result.evidence.parameters
            accepted = result.evidence.outcome is Outcome.HOLDS and {"theorem", "axioms"} <= set(found)
            if accepted and kind_of(result, claim.claim) is Kind.FORMAL:
                axioms = tuple(map(str, found["axioms"]))
                yield Proof(str(found["theorem"]), _link(claim.claim["id"], by_id), axioms)


def _open_points(run: Run, by_id: Mapping[str, ClaimResult]) -> Iterable[tuple[Link, str]]:
    """Claims that are not established, controls that were not refuted, and claims that rest on such."""
    for each in sorted(run.claims, key=lambda each: (each.as_expected, -each.own.rank)):
        link = _link(each.claim["id"], by_id)
        if each.is_control:
            if not each.as_expected:
                yield link, f"a control that was not refuted: {why(each)}"
        elif not each.own.established:
            yield link, why(each)
        elif not each.propagated.established:
            weak = [name for name in each.claim["depends_on"] if _standing(name, by_id)]
            yield (
                link,
                f"holds by its own checks, but rests on {', '.join(weak)}, not established in this run",
            )


def _standing(name: str, by_id: Mapping[str, ClaimResult]) -> bool:
    """Whether a claim is missing from the run or does not stand with all that it depends on."""
    return name not in by_id or not by_id[name].propagated.established


def _caveats(run: Run) -> Iterable[str]:
    if run.kinds != EVERY_KIND:
        names = ", ".join(run.kinds) or "no kind"
        yield f"Only checks of these kinds ran: {names}. Verdicts rest on these alone."
    supported = sum(each.own is Verdict.SUPPORTED for each in run.claims if not each.is_control)
    if supported:
        yield (
            f"{supported} claims are SUPPORTED and no more: every check passed at the parameters that were "
            "tried, and none of them covers all parameters rigorously."
        )
    loose = len(loose_claims(run.claims))
    if loose:
        yield (
            f"{loose} claims are marked LOOSE: they hold, but no input tried came within 10% of the stated bound, "
            "so a smaller bound may hold as well. That is no verdict."
        )
    yield (
        "Verdicts are about the statements as they are written in this report. They say nothing about the "
        "wording of any theorem in a cited paper."
    )


def _link(name: str, by_id: Mapping[str, ClaimResult]) -> Link:
    found = by_id.get(name)
    return Link(name, found.claim["title"], found.own.value) if found else Link(name, "not in this run", "")


def _by_rank(item: tuple[Verdict, int]) -> int:
    return -item[0].rank


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for name, value in sorted(values.items()):
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", plain_text(value)


def _caption(figure: str) -> str:
    """The name of a figure as its caption: a slug such as ``learning-curve`` becomes words."""
    words = figure.replace("-", " ") if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", figure) else figure
    return words[:1].upper() + words[1:]
