"""From names on a command line, or in a script, to a run in a folder.

A run's folder holds ``results.sqlite`` (every finished check, what a resumed run goes on from),
``results.json`` (the published format) and ``report.html``.
"""

from __future__ import annotations

import difflib
import fnmatch
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from report.html import write_html
from theory.errors import InputError
from verify.claim import Claim, Profile
from verify.claims import SOURCES
from verify.export import read_json, write_json
from verify.registry import Registry, load, refuse_long, registry
from verify.run import EVERY_KIND, ClaimResult, Run
from verify.runner import Observer, run
from verify.selftest.section import FILE_NAME as SELFTEST_NAME
from verify.selftest.section import Selftest, read_selftest
from verify.verdict import Kind

JSON_NAME = "results.json"
HTML_NAME = "report.html"


def verify(
    *names: str,
    profile: str | Profile = Profile.QUICK,
    seed: int = 0,
    jobs: int | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    kinds: Iterable[str | Kind] = EVERY_KIND,
    observer: Observer | None = None,
    limit_seconds: float | None = None,
    memory: int | None = None,
) -> Run:
    """Verify claims, write the results and the report into a folder, and return the run.

    The same call again takes what is finished from the folder and computes the rest.

    Args:
        names: IDs and globs such as ``taylor.*``, and paths of files of claims that end in ``.py``.
        profile: quick, standard or full.
        seed: The run's seed; equal seeds give equal results on one machine.
        jobs: Worker processes; by default one for each core that this process may use.
        out: Folder of the run; by default `default_folder`.
        fresh: Compute every check again, also the finished ones.
        kinds: The kinds of check to run, such as ``["formal"]``; verdicts then rest on these alone.
        observer: Told about each check as it starts, progresses and finishes.
        limit_seconds: Time limit of each check; by default one far beyond what the profile needs.
        memory: Memory limit of each check in bytes; by default half of the machine's.

    Raises:
        InputError: If a name matches nothing, a file of claims cannot be used, or the folder cannot be written.
    """
    claims, selected = select(names)
    return verify_selected(
        claims,
        selected,
        profile=as_profile(profile),
        seed=seed,
        jobs=available_cores() if jobs is None else jobs,
        folder=default_folder(profile, seed) if out is None else Path(out),
        fresh=fresh,
        kinds=tuple(as_kind(each) for each in kinds),
        observer=observer,
        limit_seconds=limit_seconds,
        memory=memory,
    )


def verify_selected(
    claims: Registry,
    selected: Sequence[Claim],
    *,
    profile: Profile,
    seed: int,
    jobs: int,
    folder: Path,
    fresh: bool = False,
    kinds: Sequence[Kind] = EVERY_KIND,
    observer: Observer | None = None,
    limit_seconds: float | None = None,
    memory: int | None = None,
) -> Run:
    """`verify` for claims that are loaded already."""
    finished = run(
        claims,
        selected,
        profile=profile,
        seed=seed,
        jobs=jobs,
        folder=folder,
        fresh=fresh,
        kinds=kinds,
        observer=observer,
        limit_seconds=limit_seconds,
        memory=memory,
    )
    write_json(finished, folder / JSON_NAME)
    write_html(finished, folder / HTML_NAME, selftest_of(folder))
    return finished


def select(names: Iterable[str]) -> tuple[Registry, tuple[Claim, ...]]:
    """The registry to work with, and the claims that the names choose from it.

    Files alone choose all of their claims; IDs and globs choose among the claims of the files and of the
    suite; nothing at all chooses the suite. The suite is loaded only where something refers to it.

    Raises:
        InputError: If a name matches nothing or a file cannot be used.
    """
    given = list(dict.fromkeys(names))
    files = [name for name in given if name.endswith(".py")]
    patterns = [name for name in given if not name.endswith(".py")]
    if not files:
        claims = registry(SOURCES)
        return claims, claims.select(patterns)
    own = [claim for file in files for claim in getattr(load(file), "CLAIMS", ()) if isinstance(claim, Claim)]
    known = {claim.id for claim in own}
    needed = {name for claim in own for name in (*claim.depends_on, claim.control_of) if name}
    alone = needed <= known and all(fnmatch.filter(known, pattern) for pattern in patterns)
    claims = registry(files if alone else (*SOURCES, *files))
    return claims, claims.select(patterns or known)


def read_folder(folder: str | Path) -> Run:
    """The run in a folder, or in a JSON file of the published format.

    Raises:
        InputError: If there is none, or it is damaged.
    """
    path = Path(folder)
    if path.is_dir():
        path = path / JSON_NAME
    if not path.is_file():
        raise InputError(
            given=f"{folder}, where there is no {JSON_NAME}",
            allowed="the folder of a run, as given to `ntk-escape verify --out`",
            do="run `ntk-escape verify` first, or check the path",
        )
    return read_json(path)


def selftest_of(folder: str | Path) -> Selftest | None:
    """The self-test whose ``selftest.json`` lies in the folder; None if there is none.

    Raises:
        InputError: If it is damaged.
    """
    path = Path(folder) / SELFTEST_NAME
    return read_selftest(path) if path.is_file() else None


def pick(finished: Run, patterns: Sequence[str]) -> tuple[ClaimResult, ...]:
    """The claims of a finished run whose ID matches one of the patterns; all for no pattern.

    Raises:
        InputError: If a pattern matches nothing; names near it are suggested.
    """
    known = [str(each.claim["id"]) for each in finished.claims]
    chosen: set[str] = set()
    for pattern in patterns:
        refuse_long(pattern)
        matches = fnmatch.filter(known, pattern)
        if not matches:
            near = difflib.get_close_matches(pattern, known, n=3, cutoff=0.5)
            raise InputError(
                given=f"claim {pattern!r}",
                allowed="a claim of this run" + (f"; near it: {', '.join(near)}" if near else ""),
                do="run `ntk-escape list --out DIR` to see every claim of the run",
            )
        chosen.update(matches)
    return tuple(each for each in finished.claims if not patterns or each.claim["id"] in chosen)


def claims_for(results: Iterable[ClaimResult], files: Sequence[str] = ()) -> Registry:
    """The claims that these results are about, as they are now.

    They are taken from the suite and from the files that the caller names, never from a path that stands in the
    results: those are data, and a file of claims is code.

    Raises:
        InputError: If a result belongs to a file of claims that is not named, or one cannot be used.
    """
    needed = {str(each.claim["defined_in"]) for each in results}
    own = sorted(source for source in needed if source not in SOURCES)
    if own and not files:
        raise InputError(
            given=f"claims that are defined in {own[0]}",
            allowed="claims of the suite, and of files that are named in the command",
            do="name the file as well, if you trust it: it is Python code and runs",
        )
    return registry((*SOURCES, *files)) if needed & {*SOURCES} else select(files)[0]


def default_folder(profile: str | Profile, seed: int) -> Path:
    """Where a run goes when nothing else is said: ``runs/<profile>-seed<seed>``."""
    return Path("runs") / f"{as_profile(profile).value}-seed{seed}"


def as_profile(name: str | Profile) -> Profile:
    """The profile of that name.

    Raises:
        InputError: If there is none.
    """
    try:
        return Profile(name)
    except ValueError:
        raise InputError(
            given=f"profile {name!r}", allowed=", ".join(Profile), do="choose one of them"
        ) from None


def as_kind(name: str | Kind) -> Kind:
    """The kind of check of that name.

    Raises:
        InputError: If there is none.
    """
    try:
        return Kind(name)
    except ValueError:
        raise InputError(given=f"kind {name!r}", allowed=", ".join(Kind), do="choose one of them") from None


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
