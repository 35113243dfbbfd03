"""What is tried on planted packages, and how it may end: plain data that crosses process borders as JSON.

An exam is a check, as `verify.runner` would run it; or the loading of a module of claims; or test files, by pytest.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

TIMEOUT, DIED, IMPORT, LOST = "TIMEOUT", "DIED", "IMPORT", "LOST"
"""How an exam may end besides the outcomes of checks: over its limit; its process gone; not even loaded; or the
process that runs the trials gone, which says nothing about the fault."""

PASSED, FAILED = "PASSED", "FAILED"
"""How test files end."""


@dataclass(frozen=True)
class Exam:
    """One thing to run on the planted packages.

    Attributes:
        source: Module that defines the claim; for test files the folder that holds them.
        claim: ID of the claim; empty to load the source and no more.
        check: Name of the check.
        profile: The profile.
        seed: The check's own seed.
        limit: Seconds.
        expected: How it ends without a fault.
        known: Whether it was seen to end so within its limit; otherwise to be over the limit says nothing.
        tests: Paths of test files, in which case claim and check are empty.
    """

    source: str
    claim: str = ""
    check: str = ""
    profile: str = "quick"
    seed: int = 0
    limit: float = 30.0
    expected: str = ""
    known: bool = True
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """A fault and what to run on it.

    Attributes:
        exams: What to run, in this order.
        module: The module to plant a fault in; empty for none.
        source: Its text with the fault.
        stop: Seconds of CPU after which the trial ends if some exam has noticed the fault; 0 ends it at the first.
        give_up: Seconds of CPU after which it ends in any case. A busy machine leaves both as they are.
        cover: Whether to note which lines of the rooms are executed.
        loading: Seconds for importing one module of claims with the fault in the packages; without one it takes
            about a second for all.
    """

    exams: tuple[Exam, ...]
    module: str = ""
    source: str = ""
    stop: float = 0.0
    give_up: float = float("inf")
    cover: bool = False
    loading: int = 30

    def to_json(self) -> str:
        """The trial as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Trial:
        """The inverse of `to_json`."""
        data = json.loads(text)
        exams = tuple(Exam(**{**each, "tests": tuple(each["tests"])}) for each in data.pop("exams"))
        return cls(exams=exams, **data)


@dataclass(frozen=True)
class Observation:
    """How one exam ended.

    Attributes:
        exam: Its number within the trial.
        ended: An outcome of a check, or one of the words above.
        summary: What the check says, cut short.
        seconds: Wall time.
        cpu: Seconds of CPU.
        lines: For a trial that covers: the lines executed, by file such as ``theory/terms.py``.
    """

    exam: int
    ended: str
    summary: str = ""
    seconds: float = 0.0
    cpu: float = 0.0
    lines: dict[str, list[int]] = field(default_factory=dict)


def noticed(exam: Exam, ended: str) -> bool:
    """Whether this end of an exam shows that something is wrong."""
    return ended not in (exam.expected, LOST) and (exam.known or ended != TIMEOUT)
