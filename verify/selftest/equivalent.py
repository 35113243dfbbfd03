"""Generic faults that change nothing, each with the argument why; they are taken out of the score.

An entry names the line as it stands and as the fault makes it, so it survives edits elsewhere and says nothing
about any other fault; one whose line is gone is stale and has to go too. The arguments are tried like everything
else: a fault listed here that some check notices refutes its argument, and the self-test says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from theory.errors import InputError
from verify.selftest.generic import Fault
from verify.selftest.planting import source_of


@dataclass(frozen=True)
class Equivalent:
    """A fault that changes nothing.

    Attributes:
        file: The file.
        old: The line without its indentation.
        new: What the fault makes of it; several for one argument.
        argument: Why no result differs.
    """

    file: str
    old: str
    new: tuple[str, ...]
    argument: str

    def covers(self, fault: Fault) -> bool:
        """Whether it is about this fault; spaces do not count."""
        same_place = fault.file == self.file and _tight(fault.old) == _tight(self.old)
        return same_place and _tight(fault.new) in {_tight(each) for each in self.new}

    @property
    def stale(self) -> bool:
        """Whether its line is not in the file any more."""
        try:
            text = source_of(self.file).read_text(encoding="utf-8")
        except OSError:
            return True
        return _tight(self.old) not in _tight(text)


def argument_for(fault: Fault, known: Iterable[Equivalent]) -> str:
    """Why the fault changes nothing; empty if nobody argued so."""
    return next((each.argument for each in known if each.covers(fault)), "")


def checked(known: Iterable[Equivalent]) -> tuple[Equivalent, ...]:
    """The entries, none of which is about a line that is gone.

    Raises:
        InputError: If one is.
    """
    entries = tuple(known)
    stale = [f"{each.file}: {each.old}" for each in entries if each.stale]
    if stale:
        raise InputError(
            given=f"equivalent faults of lines that are gone: {'; '.join(stale)}",
            allowed="lines that are in their files",
            do="remove these entries from verify/selftest/equivalent.py",
        )
    return entries


def _tight(text: str) -> str:
    return "".join(text.split())


EQUIVALENTS: tuple[Equivalent, ...] = ()
