"""One hostile input as data, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HANG_SECONDS = 2.0
REFUSED, ACCEPTED, EITHER = "refused", "accepted", "either"
CRASHED, HUNG = "crashed", "hung"


@dataclass(frozen=True)
class Case:
    """One hostile input.

    Attributes:
        kind: The row of the table that it counts for: ``expression``, ``checkpoint`` …
        name: What it is, in a few words.
        handler: How it is fed in: a name in `verify.selftest.hostile_child.HANDLERS`.
        given: The input as its handler takes it.
        must: What must happen: `REFUSED` with a message, `ACCEPTED`, or `EITHER` of them. Never a crash.
        seconds: Processor time after which it counts as a hang; more than 2 only where a time limit was asked for.
    """

    kind: str
    name: str
    handler: str
    given: Any = field(repr=False)
    must: str = EITHER
    seconds: float = HANG_SECONDS


@dataclass(frozen=True)
class Outcome:
    """What came of one input.

    Attributes:
        case: The input.
        ended: `REFUSED`, `ACCEPTED`, `CRASHED` or `HUNG`.
        seconds: Processor time that it took.
        detail: The message of a refusal, or the exception of a crash.
        marker: Whether code in the input ran: it would have made a file.
        markup: Elements or attributes in the report that are none of its own.
        raw: Whether a character that acts on a terminal got there.
    """

    case: Case
    ended: str
    seconds: float
    detail: str = ""
    marker: bool = False
    markup: tuple[str, ...] = ()
    raw: bool = False

    @property
    def as_stated(self) -> bool:
        """Whether it ended as it must."""
        return self.ended in ((REFUSED, ACCEPTED) if self.case.must == EITHER else (self.case.must,))

    @property
    def harmless(self) -> bool:
        """Whether it ended as it must and hurt nobody."""
        return self.as_stated and not (self.marker or self.markup or self.raw)
