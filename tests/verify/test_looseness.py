"""How near an inequality came to its bound, and which claims are flagged for never coming near."""

import math
from dataclasses import replace

import pytest

from verify.bound import IDENTITY, LOWER, UPPER, Relation, compare
from verify.claim import Check, Claim, Profile
from verify.evidence import from_comparisons
from verify.looseness import (
    closest,
    describe,
    exercised,
    inequalities,
    is_loose,
    loose_claims,
    reach,
    show_reach,
)
from verify.quantity import measured
from verify.registry import Registry
from verify.run import CheckResult, ClaimResult, judge
from verify.verdict import Kind, Verdict


@pytest.mark.parametrize(
    ("relation", "value", "bound", "share"),
    [
        (Relation.UPPER, 3.0, 4.0, 0.75),
        (Relation.BELOW, 3.0, 4.0, 0.75),
        (Relation.LOWER, 4.0, 3.0, 0.75),
        (Relation.ABOVE, 4.0, 3.0, 0.75),
        # Of negative sides: -4 ≤ -3 and -3 ≥ -4 are as far from equality as 3 ≤ 4.
        (Relation.UPPER, -4.0, -3.0, 0.75),
        (Relation.LOWER, -3.0, -4.0, 0.75),
        # A side of the other sign, or none at all, is no approach to the bound.
        (Relation.UPPER, -3.0, 1e-12, 0.0),
        (Relation.LOWER, 3.0, -1e-12, 0.0),
        (Relation.UPPER, 0.0, 4.0, 0.0),
        # A broken inequality lies beyond its bound.
        (Relation.UPPER, 5.0, 4.0, 1.25),
        (Relation.LOWER, 4.0, 5.0, 1.25),
        # No scale: 1e-9 above 0 is neither near nor far, and 0 ≤ 0 exercises nothing.
        (Relation.LOWER, 1e-9, 0.0, None),
        (Relation.UPPER, 0.0, 0.0, None),
        (Relation.IDENTITY, 4.0, 4.0, None),
        (Relation.UPPER, 1.0, math.inf, None),
    ],
)
def test_reach(relation, value, bound, share):
    assert reach(compare("x", relation, measured(value), measured(bound))) == share


def test_a_bound_without_a_number_has_no_reach():
    assert reach(compare("x", UPPER, measured(math.nan), measured(1))) is None


def result_of(*pairs, bound=UPPER, **more) -> ClaimResult:
    """A claim with one property check whose comparisons are ``(label, measured, stated)``."""
    claim = Claim(
        id="a.claim",
        title="",
        statement="",
        bound=bound,
        source="",
        checks=(Check(Kind.PROPERTY, print, scope="", name="tried"),),
        **more,
    )
    evidence = from_comparisons(
        [compare(label, bound, measured(value), measured(stated), resolution=1.0 if bound is IDENTITY else 0.0)
         for label, value, stated in pairs]
    )  # fmt: skip
    registry = Registry({claim.id: claim}, {claim.id: "nowhere"})
    found = {(claim.id, "tried"): CheckResult(claim.id, "tried", 1, evidence, 0.5)}
    (judged,) = judge(registry, (claim,), found, profile=Profile.QUICK)
    return judged


def test_a_claim_that_never_comes_near_is_loose_and_says_how_near_it_came():
    far = result_of(("x", 0.2, 1.0), ("x", 0.34, 1.0), ("y", 0.1, 1.0))
    assert far.own is Verdict.SUPPORTED and is_loose(far)
    assert describe(far) == "the closest case reached 34% of the bound (tried: x)"
    assert loose_claims([far, result_of(("x", 0.95, 1.0))]) == (far,)


def test_one_near_inequality_clears_the_flag_but_the_others_are_told():
    mixed = result_of(("x", 0.95, 1.0), ("y", 0.002, 1.0))
    assert not is_loose(mixed) and describe(mixed) == ""
    assert [each.is_near for each in inequalities(mixed)] == [True, False]
    assert exercised(mixed) == (
        "1 of 2 inequalities came within 10% of their bounds; farthest away with 0.2%: y (tried)"
    )


def test_exactly_ninety_percent_is_near_and_less_never_reads_as_that():
    assert not is_loose(result_of(("x", 0.9, 1.0)))
    assert describe(result_of(("x", 0.8999, 1.0))).startswith("the closest case reached 89% ")
    assert (
        show_reach(0.00321) == "0.32%" and show_reach(1e-9) == "less than 0.01%" and show_reach(1) == "100%"
    )


def test_what_states_no_inequality_or_holds_no_number_or_falls_is_not_loose():
    assert not is_loose(result_of(("x", 0.5, 1.0), bound=IDENTITY))
    assert not is_loose(result_of(("λ", 0.5, 0.0), bound=LOWER)), "a bound of 0 has no scale"
    assert closest(result_of(("λ", 0.5, 0.0), bound=LOWER)) is None
    broken = result_of(("x", 0.5, 1.0), ("y", 1.0, -2.0))
    assert broken.own is Verdict.REFUTED and not is_loose(broken)
    vacuous = result_of()
    assert vacuous.own is Verdict.VACUOUS and not is_loose(vacuous) and exercised(vacuous) == ""


def test_a_control_is_not_flagged():
    control = result_of(("x", 0.5, 1.0))
    control = replace(control, claim={**control.claim, "control_of": "a.other", "fault": "sign"})
    assert control.is_control and control.own is Verdict.SUPPORTED and not is_loose(control)


def test_the_closest_of_several_kinds_of_values_counts():
    best = closest(result_of(("x", 4.0, 1.0), ("y", 2.0, 1.9), bound=LOWER))
    assert best is not None and best.label == "y" and best.reach == 0.95
