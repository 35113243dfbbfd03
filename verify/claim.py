r"""Claims and checks as data.

A claim is a statement with its assumptions, its source, what it rests on, and the checks that test it. A file
of claims defines ``CLAIMS``, a tuple of `Claim`; nothing is registered behind the reader's back.

Example:
    >>> from verify.claim import Check, Claim
    >>> from verify.bound import UPPER
    >>> from verify.evidence import from_comparisons
    >>> from verify.bound import compare
    >>> from verify.quantity import exact
    >>> from verify.verdict import Kind
    >>> def below_one(context):
    ...     return from_comparisons([compare("sin 1", UPPER, exact("21/25"), exact(1))])
    >>> claim = Claim(
    ...     id="demo.sine", title="Sine is at most one", statement=r"\sin 1 \le 1", bound=UPPER,
    ...     source="school",
    ...     checks=(Check(Kind.ENCLOSURE, below_one, scope="z = 1"),),
    ... )
    >>> claim.checks[0].name
    'below_one'
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from theory.errors import InputError
from verify.bound import Bound
from verify.evidence import Evidence
from verify.verdict import Kind

ID_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*")

ALPHA = 1e-6
"""The false-alarm rate of one statistical check, so that a hundred of them stay within `BUDGET`."""

BUDGET = 1e-4
"""The false-alarm rate that a run may have with all its statistical checks together."""


class Profile(StrEnum):
    """How much work a run may do."""

    QUICK = "quick"
    STANDARD = "standard"
    FULL = "full"


@dataclass(frozen=True)
class Context:
    """What a check is given: the profile, its own seed, and a way to report progress.

    Attributes:
        profile: quick, standard or full.
        seed: Seed of this check alone, derived from the run's seed, the claim and the check, so it depends
            neither on the order of checks nor on the number of jobs.
        folder: Where a check may keep finished parts of long work, so that a run which was cut off goes on from
            them; one folder for each state of the code. None: nothing is kept.
        progress: Called with ``(done, total)`` by long checks.
        alpha: The false-alarm rate that a statistical check may use. Calibration raises it, so that false alarms
            become frequent enough to count.
    """

    profile: Profile = Profile.QUICK
    seed: int = 0
    folder: Path | None = field(default=None, compare=False)
    progress: Callable[[int, int], None] = field(default=lambda done, total: None, compare=False)
    alpha: float = ALPHA

    def pick(self, quick: Any, standard: Any = None, full: Any = None) -> Any:
        """The value for this profile; one not given falls back to the next smaller profile's."""
        by_profile = {Profile.QUICK: quick, Profile.STANDARD: standard, Profile.FULL: full}
        order = list(Profile)
        candidates = [by_profile[each] for each in order[: order.index(self.profile) + 1]]
        return next(value for value in reversed(candidates) if value is not None)

    def rng(self, purpose: str = "") -> np.random.Generator:
        """A generator for one purpose within this check."""
        return np.random.default_rng(derive_seed(self.seed, purpose))


@dataclass(frozen=True)
class Check:
    """One way to test a claim.

    Attributes:
        kind: Kind of evidence that it yields.
        run: Function from a `Context` to `Evidence`; an exception in it makes the outcome ERROR.
        scope: What it covers, in words: parameters, ranges, sizes.
        general: Whether the scope is all that the statement quantifies over; only then can a formal or
            symbolic check PROVE and an enclosure ENCLOSE.
        name: Name within the claim; by default the function's.
        profile: The smallest profile in which it runs.
        stream: Checks of one claim with the same stream get the same seed, so that they can look at the same
            random problems; by default each has its own.
    """

    kind: Kind
    run: Callable[[Context], Evidence]
    scope: str
    general: bool = False
    name: str = ""
    profile: Profile = Profile.QUICK
    stream: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            # A partial (a check with a planted fault, say) carries the name of what it wraps.
            function = getattr(self.run, "func", self.run)
            name = getattr(function, "__name__", type(function).__name__)
            object.__setattr__(self, "name", name.strip("_"))


@dataclass(frozen=True)
class Claim:
    """A statement that checks can test.

    Attributes:
        id: ``topic.slug`` in lower-case letters, digits and hyphens.
        title: A short name in plain words.
        statement: The statement in LaTeX, without dollars.
        bound: What kind of statement it is.
        source: Where it comes from (paper), or ``this project``.
        assumptions: Each assumption, in words with LaTeX between dollars.
        depends_on: IDs of the claims that it rests on.
        checks: The checks.
        control_of: For a control, the ID of the true claim that it falsifies; a control must be REFUTED.
        fault: For a control: what is wrong with it.
    """

    id: str
    title: str
    statement: str
    bound: Bound
    source: str
    checks: tuple[Check, ...]
    assumptions: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    control_of: str | None = None
    fault: str = ""

    def __post_init__(self) -> None:
        if not ID_PATTERN.fullmatch(self.id):
            raise InputError(
                given=f"claim id {self.id!r}",
                allowed="topic.slug in lower-case letters, digits and hyphens, such as taylor.remainder",
                do="rename the claim",
            )
        names = [check.name for check in self.checks]
        if not names or len(set(names)) != len(names):
            raise InputError(
                given=f"checks {names} on claim {self.id}",
                allowed="at least one check, each with a name of its own",
                do="add a check, or pass name= to tell two apart",
            )
        if (self.control_of is None) != (not self.fault):
            raise InputError(
                given=f"control_of={self.control_of!r} with fault={self.fault!r} on claim {self.id}",
                allowed="both or neither",
                do="say what is wrong with a control, and which claim it falsifies",
            )

    @property
    def topic(self) -> str:
        """The part of the ID before the dot."""
        return self.id.split(".")[0]

    @property
    def is_control(self) -> bool:
        """Whether the claim is false on purpose."""
        return self.control_of is not None

    def check(self, name: str) -> Check:
        """The check of that name.

        Raises:
            KeyError: If there is none.
        """
        return {check.name: check for check in self.checks}[name]

    def describe(self) -> Mapping[str, Any]:
        """The claim's own data, without its checks' functions, as plain data."""
        return {
            "id": self.id,
            "title": self.title,
            "statement": self.statement,
            "bound": str(self.bound),
            "source": self.source,
            "assumptions": list(self.assumptions),
            "depends_on": list(self.depends_on),
            "control_of": self.control_of,
            "fault": self.fault,
            "checks": [
                {
                    "name": check.name,
                    "kind": check.kind.value,
                    "scope": check.scope,
                    "general": check.general,
                    "profile": check.profile.value,
                }
                for check in self.checks
            ],
        }


def check_seed(seed: int, claim: Claim, check: Check) -> int:
    """The own seed of a check in a run with this seed; checks of a claim with one stream share it."""
    return derive_seed(seed, claim.id, check.stream or check.name)


def derive_seed(seed: int, *parts: str) -> int:
    """A seed in [0, 2^63) that depends on every part and on nothing else: SHA-256 of the parts."""
    text = "\x1f".join((str(seed), *parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
