"""Error rates put to the test: how often statistical checks err, against what they declare.

Each statistical check of a true claim runs under many seeds. At a raised level its false alarms become frequent
enough to count; at its own level the faults of the declared size have to be found, each measured value moved by
that much in turn. The statistical controls are worlds that differ in truth, so they have to be refuted. Each count
is held against its rate by an exact binomial test, all tests together at `LEVEL`.
"""

from __future__ import annotations

import heapq
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from theory.errors import InputError
from verify.claim import ALPHA, Check, Claim, Profile, check_seed
from verify.pool import Task, perform_all
from verify.registry import Registry
from verify.run import checks_in
from verify.runner import LIMIT_SECONDS
from verify.selftest.rates import LEVEL, Name, Tally, figures, tables
from verify.selftest.section import Figure, Section
from verify.verdict import Kind

RAISED = 0.05
LEAST = 3  # repetitions of each check before a cheap one gets more, as far as the time goes

Progressed = Callable[[int, int], None]


@dataclass(frozen=True)
class _Subject:
    """One statistical check, of a true claim or of a control."""

    claim: Claim
    check: Check
    source: str

    @property
    def name(self) -> Name:
        return self.claim.id, self.check.name


@dataclass(frozen=True)
class _Item:
    """A subject at one level: what is repeated."""

    subject: _Subject
    alpha: float


def calibrate(
    claims: Registry,
    selected: Iterable[Claim],
    *,
    profile: Profile,
    seed: int,
    jobs: int,
    repetitions: int | None = None,
    minutes: float | None = None,
    raised: float = RAISED,
    progressed: Progressed = lambda done, total: None,
) -> Section:
    """Count false alarms and found faults of the statistical checks, and hold them against the declared rates.

    Repetition r has the seeds of the run with seed ``seed + r``, so what it finds is reproduced by that run. On an
    interrupt (Ctrl-C) the counts so far are given back, in a section that does not pass.

    Args:
        claims: All claims, with where they are defined.
        selected: Those to calibrate; the controls of a claim come with it.
        profile: quick, standard or full.
        seed: Seed of the calibration.
        jobs: Number of worker processes.
        repetitions: Runs of each check at each level.
        minutes: Wall time to spend instead, spread over the checks: each once, then each `LEAST` times, cheap ones
            first, and then equal times for all.
        raised: The level at which false alarms are counted.
        progressed: Called with ``(done, total)``, runs or with `minutes` seconds.

    Raises:
        InputError: If not exactly one of `repetitions` and `minutes` is given, or a number is out of range, or no
            statistical check is selected.
    """
    _check_arguments(repetitions, minutes, raised)
    begun = time.monotonic()
    chosen = {claim.id for claim in selected}
    subjects = [
        _Subject(claim, check, claims.origin[claim.id])
        for claim in claims
        if claim.id in chosen or claim.control_of in chosen
        for check in checks_in(claim, profile, (Kind.STATISTICAL,))
    ]
    if not subjects:
        raise InputError(
            given=f"claims without a statistical check in the profile {profile.value}",
            allowed="at least one",
            do="choose others, or a larger profile such as --profile standard",
        )
    declared = [_Item(subject, ALPHA) for subject in subjects]
    items = [
        *declared,
        *(_Item(subject, raised) for subject in subjects if not subject.claim.is_control),
    ]
    tallies = {subject.name: Tally() for subject in subjects}
    done: dict[_Item, int] = defaultdict(int)
    measure = partial(
        _measure,
        tallies=tallies,
        done=done,
        sources=claims.sources,
        profile=profile,
        seed=seed,
        jobs=jobs,
    )
    interrupted = False
    try:
        if repetitions is not None:
            measure([item for _ in range(repetitions) for item in items], progressed=progressed)
        elif minutes is not None:
            budget = 60 * minutes * jobs
            spent = measure(declared, progressed=lambda count, total: None)
            costs = {item: tallies[item.subject.name].seconds for item in items}
            measure(
                plan(costs, budget - spent, done=done),
                progressed=lambda count, total: progressed(
                    round(spent + (budget - spent) * count / total), round(budget)
                ),
            )
    except KeyboardInterrupt:
        interrupted = True
    ended = (Figure("ended by itself", "no, interrupted", "yes", False),) if interrupted else ()
    return Section(
        id="rates",
        title="Error rates of the statistical checks",
        summary=_summary(tallies, subjects, profile, raised),
        figures=(*ended, *figures(tallies, _controls(subjects), raised)),
        tables=tables(tallies, _controls(subjects), _worlds(subjects), raised),
        seconds=time.monotonic() - begun,
    )


def plan(costs: Mapping[_Item, float], budget: float, *, done: Mapping[_Item, int]) -> list[_Item]:
    """The runs to spend the seconds on: each item `LEAST` times, cheap ones first, and then equal times for all."""
    planned: list[_Item] = []
    counts = {item: done.get(item, 0) for item in costs}
    order = list(costs)

    def key(item: _Item) -> tuple[bool, float]:
        enough = counts[item] >= LEAST
        return enough, costs[item] * (counts[item] if enough else 1)

    queue = [(*key(item), index) for index, item in enumerate(order)]
    heapq.heapify(queue)
    while queue:
        *_, index = heapq.heappop(queue)
        item = order[index]
        if costs[item] <= budget:
            budget -= max(costs[item], 0.01)
            counts[item] += 1
            planned.append(item)
            heapq.heappush(queue, (*key(item), index))
    return planned


def _measure(
    items: Sequence[_Item],
    *,
    tallies: Mapping[Name, Tally],
    done: dict[_Item, int],
    sources: Sequence[str],
    profile: Profile,
    seed: int,
    jobs: int,
    progressed: Progressed,
) -> float:
    """Run the items, each with its next seed, and count what comes out; give the seconds of computing."""
    tasks = []
    for item in items:
        done[item] += 1
        subject = item.subject
        tasks.append(
            Task(
                source=subject.source,
                claim_id=subject.claim.id,
                check=subject.check.name,
                profile=profile,
                seed=check_seed(seed + done[item], subject.claim, subject.check),
                limit=LIMIT_SECONDS[profile],
                alpha=item.alpha,
            )
        )
    spent = 0.0
    outcomes = perform_all(tasks, sources=sources, jobs=jobs)
    with closing(outcomes):
        for count, each in enumerate(outcomes):
            tally = tallies[each.task.claim_id, each.task.check]
            if each.task.alpha == ALPHA:
                tally.add_declared(each.result.evidence, each.result.seconds)
            else:
                tally.add_raised(each.result.evidence)
            spent += each.result.seconds
            progressed(count + 1, len(tasks))
    return spent


def _controls(subjects: Iterable[_Subject]) -> set[Name]:
    return {subject.name for subject in subjects if subject.claim.is_control}


def _worlds(subjects: Sequence[_Subject]) -> dict[Name, tuple[Name, ...]]:
    """For each check of a true claim the controls that run the same function in a world that differs in truth."""
    return {
        subject.name: tuple(
            other.name
            for other in subjects
            if other.claim.control_of == subject.claim.id
            and other.check.name == subject.check.name
            and _function(other.check) is _function(subject.check)
        )
        for subject in subjects
    }


def _function(check: Check) -> object:
    return getattr(check.run, "func", check.run)


def _summary(
    tallies: Mapping[Name, Tally], subjects: Sequence[_Subject], profile: Profile, raised: float
) -> str:
    true = [subject for subject in subjects if not subject.claim.is_control]
    runs = sum(tally.runs + tally.raised_runs for tally in tallies.values())
    return (
        f"{len(true)} statistical checks of claims and {len(subjects) - len(true)} of controls, profile "
        f"{profile.value}, {runs} runs with a seed each. False alarms were counted at the declared level and at "
        f"{raised:g}; each measured value was moved by the declared smallest fault and judged again. The exact "
        f"tests together accuse a suite that errs as rarely as it declares with probability {LEVEL:g}."
    )


def _check_arguments(repetitions: int | None, minutes: float | None, raised: float) -> None:
    if (repetitions is None) == (minutes is None):
        raise InputError(
            given=f"repetitions {repetitions} and minutes {minutes}",
            allowed="one of the two",
            do="say how often each check is run, or how long all of it may take",
        )
    if repetitions is not None and repetitions < 1:
        raise InputError(given=f"{repetitions} repetitions", allowed="1 or more", do="pass a number")
    if minutes is not None and not minutes > 0:
        raise InputError(given=f"{minutes} minutes", allowed="a positive number", do="pass one")
    if not ALPHA < raised < 1:
        raise InputError(given=f"level {raised}", allowed=f"between {ALPHA:g} and 1", do="pass such as 0.05")
