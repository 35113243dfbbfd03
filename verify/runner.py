"""Run checks: plan them, reuse what is finished, hand the rest to workers, store each result, judge.

Results depend neither on the order of the checks nor on the number of jobs: each check has a seed of its own
and runs in a worker process with one thread.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from theory.errors import InputError
from verify.claim import Claim, Profile, check_seed
from verify.environment import environment, fingerprint
from verify.memory import MIB, default_limit
from verify.pool import Task, perform_all
from verify.registry import Registry
from verify.run import EVERY_KIND, CheckResult, Run, checks_in, due, judge
from verify.store import Key, Store
from verify.verdict import Kind

OUTPUT_NAME = "checks.log"
PARTS_NAME = "parts"

# Far beyond what a sound check of the profile takes: the limit is there for those that hang.
LIMIT_SECONDS: Mapping[Profile, float] = {
    Profile.QUICK: 300.0,
    Profile.STANDARD: 3_600.0,
    Profile.FULL: 6 * 3_600.0,
}


class Observer:
    """Told what happens while a run goes on; this one does nothing. Called in the caller's thread."""

    def started(self, claim_id: str, check: str) -> None:
        """A check was handed to a worker."""

    def progressed(self, claim_id: str, check: str, done: int, total: int) -> None:
        """A check reports how far it is; at most a few times a second."""

    def finished(self, result: CheckResult, reused: bool) -> None:
        """A result is in the store; `reused` if it was there before this run."""

    def noticed(self, message: str) -> None:
        """Something that the person should know, such as a damaged row in the store."""


def run(
    registry: Registry,
    selected: Iterable[Claim],
    *,
    profile: Profile,
    seed: int,
    jobs: int,
    folder: str | Path,
    fresh: bool = False,
    kinds: Iterable[Kind] = EVERY_KIND,
    observer: Observer | None = None,
    limit_seconds: float | None = None,
    memory: int | None = None,
) -> Run:
    """Run every check of the profile and of these kinds of the selected claims and give back the run.

    Claims without such a check are left out; the observer is told how many.

    A check that raises, exits or crashes its process is an ERROR; one that is over its time limit or its memory
    limit is UNDECIDED; the others go on. On an interrupt (Ctrl-C) the workers are ended and the run so far is
    given back with ``complete=False``; the same call goes on from there.

    Args:
        registry: All claims, with where they are defined.
        selected: Those to run.
        profile: quick, standard or full.
        seed: Seed of the run.
        jobs: Number of worker processes.
        folder: Folder of the run; the store is kept in it, and what checks print.
        fresh: Whether to compute again what the store has finished.
        kinds: The kinds of check to run; verdicts then rest on these alone.
        observer: Told what happens.
        limit_seconds: Time limit of each check; by default that of the profile, `LIMIT_SECONDS`.
        memory: Memory limit of each check in bytes; by default `verify.memory.default_limit`.

    Raises:
        InputError: If an argument is out of range, no selected claim has a check in this profile, or the folder
            or its store cannot be used.
    """
    _check_arguments(seed=seed, jobs=jobs, limit_seconds=limit_seconds, memory=memory)
    observer = observer or Observer()
    wanted = tuple(kind for kind in Kind if kind in set(kinds))
    chosen = _due(tuple(selected), profile, wanted, observer)
    sources = registry.sources
    key = Key(fingerprint(sources), profile, seed)
    limit = LIMIT_SECONDS[profile] if limit_seconds is None else limit_seconds
    parts = Path(folder).resolve() / PARTS_NAME / key.fingerprint[:16]
    tasks = _plan(
        registry,
        chosen,
        profile=profile,
        kinds=wanted,
        seed=seed,
        limit=limit,
        memory=default_limit() if memory is None else memory,
        folder=str(parts),
    )
    results: dict[tuple[str, str], CheckResult] = {}
    interrupted = False
    with Store.open(folder) as store:
        started = store.begin(key, _now(), again=fresh)
        if fresh:
            shutil.rmtree(parts, ignore_errors=True)
        finished = {} if fresh else store.results(key, final_only=True)
        for message in store.damaged:
            observer.noticed(message + "; the check is computed again")
        todo = []
        for task in tasks:
            name = task.claim_id, task.check
            if name in finished:
                results[name] = finished[name]
                observer.finished(finished[name], True)
            else:
                todo.append(task)
        try:
            _compute(todo, results, sources=sources, store=store, key=key, jobs=jobs, observer=observer)
        except KeyboardInterrupt:
            interrupted = True
        if fingerprint(sources) != key.fingerprint:
            store.forget(key)
            observer.noticed("the code changed during the run, so the next run computes everything again")
    return Run(
        profile=profile,
        seed=seed,
        environment={**environment(), "fingerprint": key.fingerprint},
        started=started,
        seconds=math.fsum(result.seconds for result in results.values()),
        claims=judge(registry, chosen, results, profile=profile, kinds=wanted),
        complete=not interrupted,
        kinds=wanted,
    )


def _due(
    selected: tuple[Claim, ...], profile: Profile, kinds: tuple[Kind, ...], observer: Observer
) -> tuple[Claim, ...]:
    """The selected claims that have a check to run."""
    chosen = due(selected, profile, kinds)
    left = [claim.id for claim in selected if claim not in chosen]
    limited = kinds != EVERY_KIND
    if selected and not chosen:
        names = ", ".join(left[:3]) + (" …" if len(left) > 3 else "")
        raise InputError(
            given=f"profile {profile.value}"
            + (f" with kinds {', '.join(kinds) or 'none'}" if limited else "")
            + f" for {names}",
            allowed="a profile in which at least one selected claim has a check"
            + (" of these kinds" if limited else ""),
            do="choose a larger one, such as --profile standard" + (", or other kinds" if limited else ""),
        )
    if left and limited:
        observer.noticed(
            f"{len(left)} of {len(selected)} claims and controls have no check of these kinds here"
        )
    elif left:
        observer.noticed(
            f"{len(left)} of {len(selected)} claims and controls are checked in a larger profile only"
        )
    return chosen


def _compute(
    tasks: list[Task],
    results: dict[tuple[str, str], CheckResult],
    *,
    sources: list[str],
    store: Store,
    key: Key,
    jobs: int,
    observer: Observer,
) -> None:
    """Compute the tasks; put each result into the store and then into `results`."""
    output = store.path.with_name(OUTPUT_NAME)
    outcomes = perform_all(
        tasks,
        sources=sources,
        jobs=jobs,
        started=lambda task: observer.started(task.claim_id, task.check),
        progressed=lambda task, done, total: observer.progressed(task.claim_id, task.check, done, total),
    )
    with closing(outcomes):
        for done in outcomes:
            store.put(done.result, key, final=done.final)
            results[done.task.claim_id, done.task.check] = done.result
            if done.printed:
                _keep_output(output, done.task, done.printed)
            observer.finished(done.result, False)


def _plan(
    registry: Registry,
    selected: Iterable[Claim],
    *,
    profile: Profile,
    kinds: tuple[Kind, ...],
    seed: int,
    limit: float,
    memory: int | None,
    folder: str,
) -> list[Task]:
    """The tasks, those that tend to take longest first, so that the workers end at about one time."""
    largest_first, weakest_first = list(reversed(Profile)), list(reversed(Kind))
    planned = [
        (
            (largest_first.index(check.profile), weakest_first.index(check.kind)),
            Task(
                source=registry.origin[claim.id],
                claim_id=claim.id,
                check=check.name,
                profile=profile,
                seed=check_seed(seed, claim, check),
                limit=limit,
                memory=memory,
                folder=folder,
            ),
        )
        for claim in selected
        for check in checks_in(claim, profile, kinds)
    ]
    return [task for _, task in sorted(planned, key=lambda pair: pair[0])]


def _keep_output(path: Path, task: Task, text: str) -> None:
    """Append what a check printed to the log in the folder of the run."""
    try:
        with path.open("a", encoding="utf-8") as log:
            log.write(f"== {task.claim_id}, {task.check}\n{text.rstrip()}\n")
    except OSError as error:
        raise InputError(
            given=f"{path}, which cannot be written ({error.strerror})",
            allowed="a writable folder with free space",
            do="free space, or choose another --out folder; finished results are kept",
        ) from error


def _check_arguments(**given: Any) -> None:
    seed, jobs, limit_seconds, memory = (given[name] for name in ("seed", "jobs", "limit_seconds", "memory"))
    if isinstance(seed, bool) or not isinstance(seed, int) or abs(seed) >= 2**63:
        raise InputError(given=f"seed {seed!r}", allowed="an integer of at most 63 bits", do="pass one")
    if isinstance(jobs, bool) or not isinstance(jobs, int) or not 1 <= jobs <= 1024:
        raise InputError(
            given=f"jobs {jobs!r}", allowed="an integer from 1 to 1024", do="pass the number of free cores"
        )
    if limit_seconds is not None and not limit_seconds > 0:
        raise InputError(
            given=f"time limit {limit_seconds!r} s", allowed="a positive number", do="pass one or None"
        )
    if memory is not None and not memory >= MIB:
        raise InputError(
            given=f"memory limit of {memory!r} bytes",
            allowed=f"{MIB} bytes or more",
            do="pass so many or None",
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
