"""A planted fault as data: one piece of one source file, replaced by a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from theory.errors import InputError


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        id: ``room.slug``, such as ``theory.remainder-constant``.
        file: The source file, relative to the folder of the packages: ``theory/expansion.py``.
        old: Text of the file that is replaced; where it occurs several times, `at` says which is meant.
        new: What takes its place.
        reason: Why the result is wrong, in words.
        at: Which occurrence of `old`, from 0; None where it has to be the only one.
    """

    id: str
    file: str
    old: str
    new: str
    reason: str
    at: int | None = None

    @property
    def module(self) -> str:
        """The dotted name of the module that is mutated."""
        return self.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def span(self, text: str) -> tuple[int, int]:
        """Where `old` stands in the text of the file: start and end offset.

        Raises:
            InputError: If it does not occur, or more than once where no occurrence is named.
        """
        count = text.count(self.old)
        if not self.old or self.old == self.new or count == 0 or (self.at is None and count > 1):
            raise InputError(
                given=f"mutant {self.id}, whose old text occurs {count} times in {self.file}",
                allowed="a text that occurs once and differs from the new one",
                do="quote more of the line, or say which occurrence with at=",
            )
        start = -1
        for _ in range((self.at or 0) + 1):
            start = text.find(self.old, start + 1)
        if start < 0:
            raise InputError(
                given=f"mutant {self.id}, occurrence {self.at} of {count} in {self.file}",
                allowed=f"0 to {count - 1}",
                do="correct at=",
            )
        return start, start + len(self.old)

    def planted(self, text: str) -> str:
        """The text of the file with the fault in it."""
        start, end = self.span(text)
        return text[:start] + self.new + text[end:]

    def lines(self, text: str) -> range:
        """The numbers of the lines that the replaced text covers, from 1."""
        start, end = self.span(text)
        first = text.count("\n", 0, start) + 1
        return range(first, first + text.count("\n", start, end) + 1)


def distinct(mutants: Iterable[Mutant]) -> tuple[Mutant, ...]:
    """The mutants, checked to have an ID each and to differ in what they plant.

    Raises:
        InputError: If two share an ID, or plant the same fault.
    """
    found: dict[str, Mutant] = {}
    planted: dict[tuple[object, ...], str] = {}
    for mutant in mutants:
        fault = (mutant.file, mutant.old, mutant.new, mutant.at)
        if mutant.id in found or fault in planted:
            raise InputError(
                given=f"mutant {mutant.id}, which is there twice or equals {planted.get(fault, mutant.id)}",
                allowed="one mutant for each ID and each fault",
                do="rename or remove one of them",
            )
        found[mutant.id], planted[fault] = mutant, mutant.id
    return tuple(found.values())
