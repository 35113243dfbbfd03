"""Which check executes which lines of the rooms: the map from a fault to the checks that can notice it.

Every check is run once without a fault, with its lines, its outcome and its time noted. A check touches a line if
it executes it, or if loading its module of claims does (constants, and what is computed when a module is loaded).
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from theory.errors import InputError
from verify.claim import Profile, check_seed
from verify.environment import fingerprint
from verify.export import write_text
from verify.plain import canonical
from verify.registry import Registry
from verify.run import checks_in
from verify.selftest.exam import TIMEOUT, Exam, Trial
from verify.selftest.laboratory import perform_trials
from verify.verdict import Kind, Outcome

MAP_NAME = "touched.json"

Lines = Mapping[str, frozenset[int]]

# How much longer than without a fault a check may take before that counts as noticing it.
_SLOWER, _LEAST_LIMIT = 8.0, 5.0
_BATCH = 12


@dataclass(frozen=True)
class Touched:
    """What one check did without a fault.

    Attributes:
        exam: The check, with its outcome as what is expected.
        seconds: Seconds of CPU that it took.
        lines: What it executed, by file such as ``theory/terms.py``.
    """

    exam: Exam
    seconds: float
    lines: Lines

    @property
    def ended(self) -> bool:
        """Whether it came to its end within the limit of the map."""
        return self.exam.expected != TIMEOUT

    @property
    def odd(self) -> bool:
        """Whether it ended in neither way in which a sound check ends."""
        return self.ended and self.exam.expected not in (Outcome.HOLDS, Outcome.FAILS)


@dataclass(frozen=True)
class TouchMap:
    """What every check touches.

    Attributes:
        checks: The checks.
        loads: For each module of claims what loading it executes.
    """

    checks: tuple[Touched, ...]
    loads: Mapping[str, Lines]

    def touching(self, file: str, lines: Iterable[int]) -> tuple[tuple[int, Touched], ...]:
        """The checks that touch one of the lines, each with how closely, the closest and quickest first.

        0: it executes one of them; 1: it executes others of the file, and loading its claims one of these; 2: only
        loading its claims does.
        """
        wanted, ranked = frozenset(lines), []
        for check in self.checks:
            own = check.lines.get(file, frozenset())
            if wanted & own:
                rank = 0
            elif wanted & self.loads[check.exam.source].get(file, frozenset()):
                rank = 1 if own else 2
            else:
                continue
            ranked.append((rank, check.seconds, check))
        return tuple((rank, check) for rank, _, check in sorted(ranked, key=lambda each: each[:2]))

    def to_json(self) -> dict[str, Any]:
        """The map as plain data."""
        return {
            "checks": [
                {
                    **{**vars(each.exam), "tests": []},
                    "seconds": each.seconds,
                    "lines": _plain(each.lines),
                }
                for each in self.checks
            ],
            "loads": {source: _plain(lines) for source, lines in self.loads.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TouchMap:
        """The inverse of `to_json`."""
        checks = []
        for each in data["checks"]:
            rest = {key: value for key, value in each.items() if key not in ("seconds", "lines")}
            exam = Exam(**{**rest, "tests": ()})
            checks.append(Touched(exam, each["seconds"], _lines(each["lines"])))
        return cls(tuple(checks), {source: _lines(lines) for source, lines in data["loads"].items()})


@dataclass(frozen=True)
class Plan:
    """Which checks the map takes in.

    Attributes:
        patterns: Globs of claims; all for none.
        kinds: Kinds of check.
        quick_limit: Seconds for a check of the quick profile.
        standard_limit: Seconds for one of the standard profile; 0 leaves these out.
        seed: The run's seed, from which each check has its own as in a run.
    """

    patterns: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = tuple(kind for kind in Kind if kind is not Kind.FORMAL)
    quick_limit: float = 60.0
    standard_limit: float = 4.0
    seed: int = 0

    def exams(self, registry: Registry) -> list[Exam]:
        """The checks as exams, those of the quick profile first."""
        found = []
        for claim in registry.select(self.patterns):
            for check in checks_in(claim, Profile.STANDARD, self.kinds):
                quick = check.profile is Profile.QUICK
                limit = self.quick_limit if quick else self.standard_limit
                if limit > 0:
                    exam = Exam(
                        source=registry.origin[claim.id],
                        claim=claim.id,
                        check=check.name,
                        profile=check.profile.value,
                        seed=check_seed(self.seed, claim, check),
                        limit=limit,
                    )
                    found.append((not quick, exam))
        return [exam for _, exam in sorted(found, key=lambda each: each[0])]


def touch_map(
    registry: Registry,
    plan: Plan,
    *,
    jobs: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
    keep: Path | None = None,
) -> TouchMap:
    """Run the checks of the plan once, without a fault, and note what they touch.

    Args:
        registry: All claims.
        plan: Which checks.
        jobs: Number of processes.
        progress: Called with ``(done, total)``.
        keep: A folder in which the map is kept for the same code and plan.

    Raises:
        InputError: If the folder cannot be written.
    """
    sources = registry.sources
    key = canonical([fingerprint(sources), repr(plan)])
    if keep is not None and (known := _read(keep / MAP_NAME, key)) is not None:
        return known
    exams = plan.exams(registry)
    used = sorted({exam.source for exam in exams})
    todo = [("load", [Exam(each) for each in used])]
    todo += [("check", exams[at : at + _BATCH]) for at in range(0, len(exams), _BATCH)]
    trials = [((what, batch), Trial(tuple(batch), stop=float("inf"), cover=True)) for what, batch in todo]
    found: dict[Exam, Touched] = {}
    loads: dict[str, Lines] = {}
    with closing(perform_trials(trials, sources=sources, jobs=jobs)) as results:
        for (what, batch), _, observations in results:
            for each in observations:
                exam, lines = batch[each.exam], _lines(each.lines)
                if what == "load":
                    loads[exam.source] = lines
                else:
                    limit = max(_LEAST_LIMIT, _SLOWER * each.seconds)
                    known_as = replace(exam, expected=each.ended, limit=limit)
                    found[exam] = Touched(known_as, each.cpu, lines)
            progress(len(found), len(exams))
    missing = [exam.source for exam in exams if exam.source not in loads]
    result = TouchMap(
        tuple(found[exam] for exam in exams if exam in found),
        {**loads, **{source: {} for source in missing}},
    )
    if keep is not None:
        write_text(keep / MAP_NAME, json.dumps({"key": key, **result.to_json()}))
    return result


def statement_lines(text: str, lines: Iterable[int]) -> frozenset[int]:
    """All lines of the statements that the lines belong to: Python notes a statement at some of its lines only.

    Of a compound statement (``if``, ``for``, ``def``) only its head counts.
    """
    wanted, found = set(lines), set(lines)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.stmt):
            continue
        body = getattr(node, "body", None)
        decorators = getattr(node, "decorator_list", [])
        start = min([node.lineno, *(each.lineno for each in decorators)])
        end = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno
        span = range(start, end + 1)
        if wanted.intersection(span):
            found.update(span)
    return frozenset(found)


def _plain(lines: Lines) -> dict[str, list[int]]:
    return {file: sorted(each) for file, each in sorted(lines.items())}


def _lines(data: Mapping[str, Sequence[int]]) -> Lines:
    return {file: frozenset(each) for file, each in data.items()}


def _read(path: Path, key: str) -> TouchMap | None:
    """The map that is kept there, if it is of this code and plan."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return TouchMap.from_json(data) if data["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None  # none yet, or damaged: it is made again
