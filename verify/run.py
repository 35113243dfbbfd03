"""A run as a value: results of checks, verdicts of claims, and the plain data that leaves the process.

The JSON form is the published result format (``verify/schema/run.schema.json``). Everything that differs
between two runs of one seed on one machine sits under keys named ``started`` or ``seconds``; the digest covers
the rest, so two such runs have equal digests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from verify.claim import Check, Claim, Profile
from verify.evidence import Evidence
from verify.plain import digest
from verify.registry import Registry
from verify.verdict import Kind, Outcome, Verdict, verdict, weakest

SCHEMA = "ntk-escape/run/1"
EVERY_KIND = tuple(Kind)


@dataclass(frozen=True)
class CheckResult:
    """The evidence of one check and the circumstances under which it was computed.

    Attributes:
        claim_id: The claim.
        check: The name of the check within it.
        seed: The check's own seed.
        evidence: What was found.
        seconds: Wall time of the check.
        traceback: For an ERROR: where it crashed; otherwise empty.
    """

    claim_id: str
    check: str
    seed: int
    evidence: Evidence
    seconds: float
    traceback: str = ""

    def to_json(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "claim_id": self.claim_id,
            "check": self.check,
            "seed": self.seed,
            "evidence": self.evidence.to_json(),
            "seconds": self.seconds,
            "traceback": self.traceback,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CheckResult:
        """The inverse of `to_json`."""
        return cls(**{**data, "evidence": Evidence.from_json(data["evidence"])})


@dataclass(frozen=True)
class ClaimResult:
    """A claim with its results, its own verdict and the propagated one.

    Attributes:
        claim: The claim's own data (`Claim.describe`), and where it is defined.
        own: Verdict from its own checks.
        propagated: Weakest verdict among the claim and all that it depends on.
        results: Results of its checks, in the claim's order.
    """

    claim: Mapping[str, Any]
    own: Verdict
    propagated: Verdict
    results: tuple[CheckResult, ...]

    @property
    def is_control(self) -> bool:
        """Whether the claim is false on purpose."""
        return self.claim["control_of"] is not None

    @property
    def as_expected(self) -> bool:
        """Whether nothing needs attention: a claim is established, a control REFUTED, or what it needs is missing.

        A control that has no result at all (an interrupt) was not even tried, and that needs attention.
        """
        if self.is_control:
            return self.own is Verdict.REFUTED or self.is_skipped
        return self.own.established or self.own is Verdict.SKIPPED

    @property
    def is_skipped(self) -> bool:
        """Whether each of its checks said that it cannot run here, such as for want of a tool."""
        outcomes = {result.evidence.outcome for result in self.results}
        return self.own is Verdict.SKIPPED and outcomes == {Outcome.SKIPPED}

    def to_json(self) -> dict[str, Any]:
        """The claim's part of a run as plain data."""
        return {
            **self.claim,
            "own": self.own.value,
            "propagated": self.propagated.value,
            "as_expected": self.as_expected,
            "results": [result.to_json() for result in self.results],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ClaimResult:
        """The inverse of `to_json`."""
        added = ("own", "propagated", "as_expected", "results")
        return cls(
            claim={key: value for key, value in data.items() if key not in added},
            own=Verdict(data["own"]),
            propagated=Verdict(data["propagated"]),
            results=tuple(CheckResult.from_json(each) for each in data["results"]),
        )


@dataclass(frozen=True)
class Run:
    """One run: what was asked, under which circumstances, and what came out.

    Attributes:
        profile: The profile.
        seed: The run's seed.
        environment: Versions of the packages, Python, platform and CPU features, and the code fingerprint.
        started: When the first check started, ISO 8601 in UTC.
        seconds: Wall time of all checks that were computed, including those reused from an earlier run.
        claims: Claims with their results, in registry order.
        complete: False for a run that was interrupted: some checks have no result.
        kinds: The kinds of check that ran; verdicts rest on these alone.
    """

    profile: Profile
    seed: int
    environment: Mapping[str, Any]
    started: str
    seconds: float
    claims: tuple[ClaimResult, ...]
    complete: bool = True
    kinds: tuple[Kind, ...] = EVERY_KIND

    @property
    def exit_code(self) -> int:
        """0 all hold; 1 a claim refuted or a control not refuted; 3 undecided, vacuous, error or incomplete.

        A control that is merely undecided was not refuted, so it counts as 1; one that an interrupt kept from
        running was not even tried, so it counts as 3; one that needs a missing tool does not count.
        """
        odd = [each for each in self.claims if not each.as_expected]
        tried = [each for each in odd if each.own is not Verdict.SKIPPED]
        if any(each.is_control or each.own is Verdict.REFUTED for each in tried):
            return 1
        return 3 if odd or not self.complete else 0

    def to_json(self) -> dict[str, Any]:
        """The run in the published result format."""
        data: dict[str, Any] = {
            "schema": SCHEMA,
            "profile": self.profile.value,
            "kinds": [kind.value for kind in self.kinds],
            "seed": self.seed,
            "environment": dict(self.environment),
            "started": self.started,
            "seconds": self.seconds,
            "complete": self.complete,
            "exit_code": self.exit_code,
            "claims": [each.to_json() for each in self.claims],
        }
        return {**data, "digest": digest(data)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Run:
        """The inverse of `to_json`; validate against the schema first."""
        return cls(
            profile=Profile(data["profile"]),
            seed=data["seed"],
            environment=data["environment"],
            started=data["started"],
            seconds=data["seconds"],
            claims=tuple(ClaimResult.from_json(each) for each in data["claims"]),
            complete=data["complete"],
            kinds=tuple(Kind(each) for each in data["kinds"]),
        )


def checks_in(claim: Claim, profile: Profile, kinds: Iterable[Kind] = EVERY_KIND) -> tuple[Check, ...]:
    """The checks of a claim that run in this profile, of these kinds."""
    sizes, wanted = list(Profile), set(kinds)
    return tuple(
        check
        for check in claim.checks
        if sizes.index(check.profile) <= sizes.index(profile) and check.kind in wanted
    )


def due(claims: Iterable[Claim], profile: Profile, kinds: Iterable[Kind] = EVERY_KIND) -> tuple[Claim, ...]:
    """The claims that have such a check; the others are left to a larger profile or to other kinds."""
    wanted = tuple(kinds)
    return tuple(claim for claim in claims if checks_in(claim, profile, wanted))


def own_verdict(planned: Iterable[tuple[str, Kind, bool]], outcomes: Mapping[str, Outcome]) -> Verdict:
    """The verdict of a claim from ``(name, kind, general)`` of its planned checks and the outcomes so far.

    While a planned check has no outcome (the run was interrupted) the claim is at best SKIPPED: part of the
    evidence establishes nothing.
    """
    checks = list(planned)
    found = [(kind, general, outcomes[name]) for name, kind, general in checks if name in outcomes]
    so_far = verdict(found)
    return so_far if len(found) == len(checks) else weakest([so_far, Verdict.SKIPPED])


def judge(
    registry: Registry,
    selected: tuple[Claim, ...],
    results: Mapping[tuple[str, str], CheckResult],
    *,
    profile: Profile,
    kinds: Iterable[Kind] = EVERY_KIND,
) -> tuple[ClaimResult, ...]:
    """Verdicts of the selected claims from the results so far, keyed by ``(claim id, check name)``.

    A dependency outside the selection counts as SKIPPED.
    """
    own, wanted = {}, tuple(kinds)
    for claim in selected:
        planned = [(check.name, check.kind, check.general) for check in checks_in(claim, profile, wanted)]
        outcomes = {
            name: results[claim.id, name].evidence.outcome
            for name, _, _ in planned
            if (claim.id, name) in results
        }
        own[claim.id] = own_verdict(planned, outcomes)
    propagated = registry.propagate(own)
    return tuple(
        ClaimResult(
            claim={**claim.describe(), "defined_in": registry.origin[claim.id]},
            own=own[claim.id],
            propagated=propagated[claim.id],
            results=tuple(
                results[claim.id, check.name] for check in claim.checks if (claim.id, check.name) in results
            ),
        )
        for claim in selected
    )


def kind_of(result: CheckResult, claim: Mapping[str, Any]) -> Kind:
    """The kind of the check that gave this result, from the claim's plain data."""
    return Kind({check["name"]: check["kind"] for check in claim["checks"]}[result.check])
