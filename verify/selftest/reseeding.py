"""A whole profile under many seeds: whatever is not as expected in one of these runs is a false alarm.

Only the kinds of check that draw at random are repeated; the others give the same for every seed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing

from theory.errors import InputError
from verify.claim import Claim, Profile, check_seed
from verify.pool import Task, perform_all
from verify.registry import Registry
from verify.run import CheckResult, ClaimResult, checks_in, due, judge
from verify.runner import LIMIT_SECONDS
from verify.selftest.section import Figure, Section, Table
from verify.verdict import Kind

RANDOM_KINDS = (Kind.PROPERTY, Kind.STATISTICAL, Kind.EXPERIMENT)


def reseed_section(
    claims: Registry,
    selected: Iterable[Claim],
    *,
    profile: Profile,
    seed: int,
    seeds: int,
    jobs: int,
    progressed: Callable[[int, int], None] = lambda done, total: None,
) -> Section:
    """`reseed` as a section of its own."""
    begun = time.monotonic()
    figure, table = reseed(
        claims, selected, profile=profile, seed=seed, seeds=seeds, jobs=jobs, progressed=progressed
    )
    return Section(
        id="seeds",
        title="Other seeds",
        summary=f"Every check that draws at random was run under the seeds {seed + 1} to {seed + seeds}, profile "
        f"{profile.value}. A claim that is not established or a control that is not refuted counts.",
        figures=(figure,),
        tables=(table,),
        seconds=time.monotonic() - begun,
    )


def reseed(
    claims: Registry,
    selected: Iterable[Claim],
    *,
    profile: Profile,
    seed: int,
    seeds: int,
    jobs: int,
    progressed: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Figure, Table]:
    """Run the profile under the seeds ``seed + 1, …, seed + seeds``; give the number of surprises, and each one.

    Args:
        claims: All claims, with where they are defined.
        selected: Those to run.
        profile: quick, standard or full.
        seed: See above.
        seeds: How many.
        jobs: Number of worker processes.
        progressed: Called with ``(done, total)`` checks.

    Raises:
        InputError: If there is no seed, or no selected claim has a check that draws at random.
    """
    if seeds < 1:
        raise InputError(given=f"{seeds} seeds", allowed="1 or more", do="pass a number")
    chosen = due(tuple(selected), profile, RANDOM_KINDS)
    if not chosen:
        raise InputError(
            given=f"claims without a check that draws at random in the profile {profile.value}",
            allowed="at least one",
            do="choose others, or a larger profile",
        )
    tasks = {
        Task(
            source=claims.origin[claim.id],
            claim_id=claim.id,
            check=check.name,
            profile=profile,
            seed=check_seed(number, claim, check),
            limit=LIMIT_SECONDS[profile],
        ): number
        for number in range(seed + 1, seed + seeds + 1)
        for claim in chosen
        for check in checks_in(claim, profile, RANDOM_KINDS)
    }
    results: dict[int, dict[tuple[str, str], CheckResult]] = {number: {} for number in tasks.values()}
    outcomes = perform_all(tasks, sources=claims.sources, jobs=jobs)
    with closing(outcomes):
        for count, done in enumerate(outcomes):
            results[tasks[done.task]][done.task.claim_id, done.task.check] = done.result
            progressed(count + 1, len(tasks))
    surprises = []
    for number, found in results.items():
        judged = judge(claims, chosen, found, profile=profile, kinds=RANDOM_KINDS)
        surprises += [_row(number, each, profile) for each in judged if not each.as_expected]
    bad = len({row[0] for row in surprises})
    figure = Figure(
        f"runs of the profile {profile.value} with something unexpected, {len(chosen)} claims and controls each",
        f"{bad} of {seeds}",
        "none",
        not surprises,
    )
    return figure, Table(
        "Unexpected under other seeds",
        ("seed", "claim", "verdict", "first reason", "again"),
        tuple(surprises),
    )


def _row(number: int, result: ClaimResult, profile: Profile) -> tuple[str, ...]:
    claim_id = str(result.claim["id"])
    reasons = [f"{each.check}: {each.evidence.summary}" for each in result.results]
    # A claim fails by one of its checks; a control by none.
    failed = [f"{each.check}: {each.evidence.summary}" for each in result.results if _troubled(each)]
    command = f"ntk-escape verify {claim_id} --profile {profile.value} --seed {number}"
    return str(number), claim_id, result.own.value, (failed or reasons or [""])[0][:300], command


def _troubled(result: CheckResult) -> bool:
    return result.evidence.outcome.value not in ("HOLDS", "SKIPPED")
