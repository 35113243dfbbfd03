"""Plant faults one at a time, run the checks that touch each, and say which caught it.

Named faults (the catalogue) are wrong for a reason that is stated; each has to be caught by a claim. Generic ones
are drawn by chance; each has to be caught by a claim or by a unit test. Edits that change nothing are planted too,
and have to be caught by nothing, so that what the others are caught by is their fault and not the planting.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

from verify.registry import Registry
from verify.selftest.equivalent import EQUIVALENTS, Equivalent, argument_for, checked
from verify.selftest.exam import IMPORT, PASSED, Exam, Observation, Trial, noticed
from verify.selftest.experience import Experience
from verify.selftest.generic import Fault, Population, package_folder, population
from verify.selftest.laboratory import perform_trials
from verify.selftest.mutant import Mutant
from verify.selftest.planting import source_of
from verify.selftest.record import (
    CLAIMS,
    EQUIVALENT,
    GENERIC,
    NAMED,
    SURVIVED,
    TESTS,
    UNCHANGED,
    Catch,
    Limits,
    Mutation,
    Record,
    Watcher,
)
from verify.selftest.subject import Subject, generic_subject, named_subject, unchanged_subjects
from verify.selftest.touch import Plan, statement_lines, touch_map
from verify.selftest.unittests import available, files_for

# Far beyond what a file of tests takes without a fault.
_TEST_SECONDS = 600.0
# Of the time, the part after which no generic fault is begun, so that the unit tests get what is left.
_SHARE = 0.75


def mutate(
    registry: Registry,
    named: Sequence[Mutant],
    *,
    generic: int = 0,
    chosen: Sequence[Fault] = (),
    sites: Population | None = None,
    seed: int = 0,
    jobs: int = 1,
    minutes: float = float("inf"),
    plan: Plan | None = None,
    limits: Limits | None = None,
    equivalents: Iterable[Equivalent] = EQUIVALENTS,
    keep: Path | None = None,
    watcher: Watcher | None = None,
) -> Mutation:
    """Plant the faults and see what catches them.

    Args:
        registry: All claims.
        named: Named faults.
        generic: How many generic faults to draw.
        chosen: Generic faults to plant besides.
        sites: Where to draw from; by default everywhere.
        seed: Seed of the draw and of the checks.
        jobs: Number of processes.
        minutes: Wall time after which no further fault is begun; what is left is reported as not tried.
        plan: Which checks take part.
        limits: How much work one fault may take.
        equivalents: Faults that are argued to change nothing.
        keep: Folder in which the map of what the checks touch is kept.
        watcher: Told what happens.

    Raises:
        InputError: If a named fault does not fit its file, an entry of the equivalents is stale, or something that
            is needed is not installed.
    """
    began = time.monotonic()
    limits, known = limits or Limits(), checked(equivalents)
    sites = population() if generic and sites is None else sites
    drawn = [*chosen, *islice(sites.draw(seed) if sites is not None else iter(()), generic)]
    work = _Work(registry, limits, jobs, began + 60 * minutes, watcher)
    touched = touch_map(
        registry, plan or Plan(seed=seed), jobs=jobs, keep=keep, progress=work.telling("map of the checks")
    )
    odd = tuple(
        f"{each.exam.claim} {each.exam.check} {each.exam.expected}" for each in touched.checks if each.odd
    )
    touched = replace(touched, checks=tuple(each for each in touched.checks if not each.odd))
    subjects = [
        *unchanged_subjects(touched),
        *(named_subject(mutant, touched) for mutant in named),
        *(generic_subject(fault, touched, argument_for(fault, known)) for fault in drawn),
    ]
    records = tuple(work.judge(subjects))
    return Mutation(
        records=records,
        drawn_from=sites if generic else None,
        seed=seed,
        checks=len(touched.checks),
        odd=(*odd, *work.odd),
        seconds=time.monotonic() - began,
    )


class _Work:
    """The stages, each over all faults that are left."""

    def __init__(
        self, registry: Registry, limits: Limits, jobs: int, deadline: float, watcher: Watcher | None
    ) -> None:
        self._sources = registry.sources
        self._limits, self._jobs, self._watcher = limits, jobs, watcher
        self._began, self._deadline = time.monotonic(), deadline
        self._experience = Experience()
        self.odd: list[str] = []

    def telling(self, title: str) -> Callable[[int, int], None]:
        """A function that reports progress under a title."""
        watcher = self._watcher
        return lambda done, total: watcher.stage(title, done, total) if watcher is not None else None

    def judge(self, subjects: Sequence[Subject]) -> list[Record]:
        """What became of each, in the given order."""
        limits = self._limits
        records = {each.record.id: each.record for each in subjects}

        def open_ones(*sorts: str) -> list[Subject]:
            found = [replace(each, record=records[each.record.id]) for each in subjects]
            return [each for each in found if each.record.sort in sorts and each.record.fate == SURVIVED]

        def claims(
            title: str, chosen: Sequence[Subject], trial_of: Callable[[Subject], Trial], share: float
        ) -> None:
            for subject, trial, observations in self._stage(title, chosen, trial_of, share):
                records[subject.record.id] = self._after_claims(subject, trial, observations)

        named = [each for each in subjects if each.record.sort != GENERIC]
        claims("named faults", named, self._first, 1.0)
        claims("longer checks", open_ones(NAMED), self._longer, 1.0)
        claims("generic faults", [each for each in subjects if each not in named], self._first, _SHARE)
        left = open_ones(GENERIC)
        if limits.tests_end and available() and left and time.monotonic() < self._deadline:
            tests = self._test_files(left)
            for subject, trial, observations in self._stage(
                "unit tests", left, lambda each: self._tested(each, tests), 1.0
            ):
                catches = _catches(trial.exams, observations)
                fate = TESTS if catches else SURVIVED
                records[subject.record.id] = self._tell(replace(subject.record, fate=fate, catches=catches))
        return [_final(records[each.record.id]) for each in subjects]

    def _stage(
        self, title: str, subjects: Sequence[Subject], trial_of: Callable[[Subject], Trial], share: float
    ) -> Iterator[tuple[Subject, Trial, tuple[Observation, ...]]]:
        """Run a trial for each subject, made when its turn comes, until this share of the time is over."""
        tell, done = self.telling(title), 0
        until = self._began + share * (self._deadline - self._began)
        idle: list[tuple[Subject, Trial]] = []

        def in_time() -> Iterator[tuple[Subject, Trial]]:
            for subject in subjects:
                if time.monotonic() > until:
                    return
                trial = trial_of(subject)
                if trial.exams:
                    yield subject, trial
                else:
                    idle.append((subject, trial))

        if subjects:
            with closing(perform_trials(in_time(), sources=self._sources, jobs=self._jobs)) as results:
                for subject, trial, observations in results:
                    yield subject, trial, observations
                    done += 1
                    tell(done + len(idle), len(subjects))
        for subject, trial in idle:
            yield subject, trial, ()
        tell(len(idle) + done, len(subjects))

    def _first(self, subject: Subject) -> Trial:
        """The checks whose time without a fault is known."""
        limits, record = self._limits, subject.record
        checks = [pair for pair in subject.checks if pair[1].ended]
        exams = [each.exam for each in self._experience.order(record.file, checks)]
        if record.sort == NAMED:
            return subject.trial(exams, stop=limits.named, end=limits.named_end)
        if record.sort == UNCHANGED:
            return subject.trial(exams, stop=float("inf"), end=limits.unchanged_end)
        end = limits.equivalent_end if record.reason else limits.generic_end
        return subject.trial(exams, stop=0.0, end=end)

    def _longer(self, subject: Subject) -> Trial:
        """The checks that take longer than the map waited for them."""
        exams = [
            replace(each.exam, limit=self._limits.long, known=False, expected=_expected(each.exam))
            for _, each in subject.checks
            if not each.ended
        ]
        return subject.trial(exams if self._limits.long_end else (), stop=0.0, end=self._limits.long_end)

    def _after_claims(self, subject: Subject, trial: Trial, observations: tuple[Observation, ...]) -> Record:
        catches = _catches(trial.exams, observations)
        for each in observations:
            if subject.record.sort != UNCHANGED:
                exam = trial.exams[each.exam]
                self._experience.note(subject.record.file, exam, noticed(exam, each.ended))
        return self._tell(
            replace(
                subject.record,
                fate=CLAIMS if catches else SURVIVED,
                catches=catches,
                tried=subject.record.tried + len(observations),
            )
        )

    def _tell(self, record: Record) -> Record:
        if self._watcher is not None:
            self._watcher.found(record)
        return record

    def _test_files(self, subjects: Sequence[Subject]) -> dict[str, tuple[Exam, dict[str, frozenset[int]]]]:
        """The test files that may notice one of the faults, run without a fault: as exams, with what they touch."""
        root = str(package_folder())
        names = dict.fromkeys(name for each in subjects for name in files_for(each.module))
        exams = [Exam(root, expected=PASSED, limit=_TEST_SECONDS, tests=(name,)) for name in names]
        trials = [(exam, Trial((exam,), stop=float("inf"), cover=True)) for exam in exams]
        found, tell = {}, self.telling("test files without a fault")
        with closing(perform_trials(trials, sources=self._sources, jobs=self._jobs)) as results:
            for done, (exam, _, observations) in enumerate(results, start=1):
                (seen,) = observations
                if seen.ended != PASSED:
                    self.odd.append(f"{exam.tests[0]} {seen.ended} {seen.summary}")
                else:
                    limit = max(10.0, 6 * seen.seconds)
                    lines = {file: frozenset(each) for file, each in seen.lines.items()}
                    found[exam.tests[0]] = replace(exam, limit=limit), lines
                tell(done, len(exams))
        return found

    def _tested(self, subject: Subject, tests: dict[str, tuple[Exam, dict[str, frozenset[int]]]]) -> Trial:
        """The test files that execute the fault."""
        file = subject.record.file
        lines = statement_lines(source_of(file).read_text(encoding="utf-8"), [subject.record.line])
        exams = [
            tests[name][0]
            for name in files_for(subject.module)
            if name in tests and lines & tests[name][1].get(file, frozenset())
        ]
        end = self._limits.equivalent_end if subject.record.reason else self._limits.tests_end
        return subject.trial(exams, stop=0.0, end=end)


def _final(record: Record) -> Record:
    """A record with a survivor that is argued to change nothing called equivalent."""
    argued = record.sort == GENERIC and record.reason and record.fate == SURVIVED
    return replace(record, fate=EQUIVALENT) if argued else record


def _catches(exams: Sequence[Exam], observations: Iterable[Observation]) -> tuple[Catch, ...]:
    found = []
    for each in observations:
        exam = exams[each.exam]
        if noticed(exam, each.ended):
            name = each.summary if exam.tests else f"{exam.claim} {exam.check}"
            name = exam.source if each.ended == IMPORT else name or exam.tests[0]
            found.append(Catch(name, each.ended, each.seconds, each.summary))
    return tuple(found)


def _expected(exam: Exam) -> str:
    """How a check ends that was not waited for: the suite's own run says that all are as they should be."""
    return "FAILS" if exam.claim.startswith("control.") else "HOLDS"
