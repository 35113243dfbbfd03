"""Planted edits with all that is needed to try them: the text of the file, and the checks that touch the place."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from verify.selftest.exam import Exam, Trial
from verify.selftest.generic import Fault
from verify.selftest.mutant import Mutant
from verify.selftest.planting import source_of
from verify.selftest.record import GENERIC, NAMED, UNCHANGED, Record
from verify.selftest.touch import Touched, TouchMap, statement_lines


@dataclass(frozen=True)
class Subject:
    """A planted edit with all that is needed to try it.

    Attributes:
        record: What is known of it.
        module: The module.
        text: The text of its file with the edit.
        checks: The checks that touch the place, with how closely.
    """

    record: Record
    module: str
    text: str
    checks: tuple[tuple[int, Touched], ...]

    def trial(self, exams: Iterable[Exam], *, stop: float, end: float) -> Trial:
        """A trial of these exams on it; `Trial.stop`, `Trial.give_up`."""
        return Trial(tuple(exams), module=self.module, source=self.text, stop=stop, give_up=end)


def named_subject(mutant: Mutant, touched: TouchMap) -> Subject:
    """A named fault.

    Raises:
        InputError: If it does not fit its file.
    """
    text = source_of(mutant.file).read_text(encoding="utf-8")
    lines = mutant.lines(text)
    record = Record(
        mutant.id,
        NAMED,
        mutant.file,
        lines.start,
        _squeezed(mutant.old),
        _squeezed(mutant.new),
        mutant.reason,
    )
    return _subject(record, mutant.module, mutant.planted(text), touched, statement_lines(text, lines))


def generic_subject(fault: Fault, touched: TouchMap, argument: str) -> Subject:
    """A generic fault, with the argument that it changes nothing, if there is one."""
    text = source_of(fault.file).read_text(encoding="utf-8")
    record = Record(fault.id, GENERIC, fault.file, fault.line, fault.old, fault.new, argument)
    return _subject(record, fault.module, fault.text, touched, statement_lines(text, fault.lines))


def unchanged_subjects(touched: TouchMap) -> Iterator[Subject]:
    """Edits that change nothing, in the files that most checks touch."""
    reached = Counter(file for check in touched.checks if check.ended for file in check.lines)
    edits: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("all text formatted anew", lambda text: ast.unparse(ast.parse(text))),
        ("an unused name", lambda text: f"{text}\n_NOTHING_USES_THIS = 0\n"),
        ("a comment", lambda text: f"{text}\n# nothing\n"),
    )
    for (file, _), (name, edit) in zip(reached.most_common(len(edits)), edits, strict=False):
        text = source_of(file).read_text(encoding="utf-8")
        lines = frozenset(range(1, text.count("\n") + 2))
        record = Record(f"{file}:{name}", UNCHANGED, file, 1, "", name)
        module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        yield _subject(record, module, edit(text), touched, lines)


def _subject(record: Record, module: str, text: str, touched: TouchMap, lines: Iterable[int]) -> Subject:
    checks = touched.touching(record.file, lines)
    return Subject(replace(record, touching=len(checks)), module, text, checks)


def _squeezed(text: str) -> str:
    return " ".join(text.split())
