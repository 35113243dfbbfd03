"""The claims of this project as a set, and its property checks under seeds that no run of the suite uses."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from verify.claim import ALPHA, BUDGET, Check, Claim, Context, Profile
from verify.claims import SOURCES
from verify.registry import load, registry
from verify.run import due
from verify.statistics import POWER
from verify.verdict import Kind, Outcome

CLAIMS = registry(SOURCES)
OTHER_SEED = 20_26


def checks(kind: Kind, *, control: bool) -> list[object]:
    return [
        pytest.param(claim, check, id=f"{claim.id}-{check.name}")
        for claim in CLAIMS
        for check in claim.checks
        if check.kind is kind and claim.is_control is control and check.profile is Profile.QUICK
    ]


def test_the_standard_profile_checks_every_claim() -> None:
    assert due(CLAIMS, Profile.STANDARD) == tuple(CLAIMS)


def test_enough_claims_and_controls() -> None:
    controls = [claim for claim in CLAIMS if claim.is_control]
    assert len(CLAIMS) - len(controls) >= 35
    assert len(controls) >= 8
    assert all(claim.topic == "control" for claim in controls)


def test_most_claims_have_two_kinds_of_evidence() -> None:
    """Facts of the sphere stand on a derivation with its spot check, what only Coq states on its kernel alone."""
    single = [
        claim.id
        for claim in CLAIMS
        if not claim.is_control and claim.topic in ("taylor", "scales", "regularizer")
        if len(kinds := {check.kind for check in claim.checks}) < 2 and kinds != {Kind.FORMAL}
    ]
    assert single == []


def test_false_alarms_of_a_run_stay_below_one_in_ten_thousand() -> None:
    """Of the statistical checks, none of which has a level of its own; a control raises no false alarm.

    Experiments have few problems and say at which level their intervals are.
    """
    statistical = [
        check
        for claim in CLAIMS
        if not claim.is_control
        for check in claim.checks
        if check.kind is Kind.STATISTICAL
    ]
    assert len(statistical) >= 35 and len(statistical) * ALPHA <= BUDGET
    for source in SOURCES:
        tree = ast.parse(Path(str(load(source).__file__)).read_text(encoding="utf-8"))
        names = [
            alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
        ]
        assert "ALPHA" not in names, f"{source} takes its level from elsewhere than its context"


@pytest.mark.parametrize(("claim", "check"), checks(Kind.PROPERTY, control=False))
def test_property_holds_under_another_seed(claim: Claim, check: Check) -> None:
    evidence = check.run(Context(seed=OTHER_SEED))
    if evidence.outcome is Outcome.SKIPPED and os.environ.get("CI") != "true":
        pytest.skip(evidence.summary)
    assert evidence.outcome is Outcome.HOLDS, evidence.summary
    assert evidence.comparisons or evidence.counts["instances"] >= 10


@pytest.mark.parametrize(("claim", "check"), checks(Kind.PROPERTY, control=True))
def test_property_control_is_refuted_under_another_seed(claim: Claim, check: Check) -> None:
    evidence = check.run(Context(seed=OTHER_SEED))
    assert evidence.outcome is Outcome.FAILS, evidence.summary


def test_statistical_checks_declare_tight_error_rates() -> None:
    for claim in CLAIMS:
        for check in claim.checks:
            if check.kind is Kind.STATISTICAL and check.profile is Profile.QUICK:
                rates = check.run(Context(seed=OTHER_SEED)).error_rates
                assert rates["alpha"] <= ALPHA
                assert rates["power"] >= POWER
                assert rates["smallest_fault"] > 0
