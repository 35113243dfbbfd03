"""One planted fault and what became of it: the row that every drill gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verify.selftest.rig import Rig


@dataclass(frozen=True)
class Drill:
    """What a fault did.

    Attributes:
        fault: What was planted.
        times: How often.
        found: What happened, in words.
        message: What the command said, as an example; empty if there was nothing to say.
        problems: What was not as it must be; empty if everything held.
        possible: Whether the fault could be planted here at all.
    """

    fault: str
    times: int
    found: str
    message: str = ""
    problems: tuple[str, ...] = ()
    possible: bool = True

    @property
    def held(self) -> bool:
        """Whether the fault was planted and everything held."""
        return self.possible and not self.problems


def drill(
    rig: Rig, fault: str, times: int, found: str, *, problems: Iterable[str] = (), message: str = ""
) -> Drill:
    """A drill that was done, its texts without the paths of this machine."""
    unique = tuple(dict.fromkeys(rig.shown(each) for each in problems))
    said = rig.shown(message)
    starts = [said.find(mark) for mark in ("ntk-escape: ", "interrupted; ") if mark in said]
    said = said[min(starts, default=0) :].replace("this input cannot be used ", "")
    return Drill(fault, times, found, said if len(said) <= 300 else said[:299] + "…", unique)


def impossible(fault: str, reason: str) -> Drill:
    """A drill that cannot be done on this machine."""
    return Drill(fault, 0, f"not possible here: {reason}", possible=False)
