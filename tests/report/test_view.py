"""What a report says in words and numbers, whatever its format."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from flint import arb

from report.evidence import least_room_first
from report.html import render
from report.view import headline, margin_of, report_view, why
from report.wording import duration, show_margin, show_number, show_quantity
from verify.bound import UPPER, compare
from verify.quantity import ball, confidence, exact, measured
from verify.run import ClaimResult, Run
from verify.verdict import Outcome, Verdict


def only(run: Run, *names: str) -> Run:
    return replace(run, claims=tuple(each for each in run.claims if each.claim["id"] in names))


def control(run: Run) -> ClaimResult:
    return next(each for each in run.claims if each.is_control)


def test_headline_of_a_run_in_which_all_is_well(run: Run) -> None:
    good = only(run, "taylor.remainder", "taylor.scale", "taylor.remainder-halved")
    assert headline(good) == "All 2 claims hold. 1 of 1 controls REFUTED, as each of them must be."
    assert report_view(good).tone == "good"


def test_headline_names_every_kind_of_failure_worst_first(run: Run) -> None:
    assert headline(run).startswith(
        "4 of 9 claims hold; 1 REFUTED, 1 ERROR, 1 UNDECIDED, 1 VACUOUS, 1 SKIPPED."
    )
    assert report_view(run).tone == "bad"


def test_a_control_that_is_not_refuted_is_an_open_point(run: Run) -> None:
    passed = replace(control(run), own=Verdict.SUPPORTED, propagated=Verdict.SUPPORTED)
    odd = replace(only(run, "taylor.remainder"), claims=(*only(run, "taylor.remainder").claims, passed))
    assert "0 of 1 controls REFUTED" in headline(odd)
    link, reason = report_view(odd).open_points[0]
    assert link.id == "taylor.remainder-halved" and "not refuted" in reason
    assert report_view(odd).tone == "bad"


def test_open_points_cover_exactly_what_is_not_established(run: Run) -> None:
    reasons = {link.id: reason for link, reason in report_view(run).open_points}
    assert set(reasons) == {
        "sphere.vacuous",
        "sphere.coarse",
        "sphere.crash",
        "sphere.absent",
        "sphere.wrong",
        "train.separation",
    }
    assert "rests on sphere.wrong" in reasons["train.separation"]
    assert "taylor.scale" not in reasons["train.separation"]


def test_a_dependency_outside_the_run_is_named_as_such(run: Run) -> None:
    alone = only(run, "taylor.scale")
    alone = replace(alone, claims=(replace(alone.claims[0], propagated=Verdict.SKIPPED),))
    ((link, reason),) = report_view(alone).open_points
    assert link.id == "taylor.scale" and "taylor.remainder" in reason
    assert report_view(alone).claims[0].rests_on[0].title == "not in this run"


def test_a_loose_claim_is_marked_beside_its_verdict_and_counted(run: Run) -> None:
    view = report_view(run)
    loose = {claim.id: claim.loose for claim in view.claims if claim.loose}
    assert set(loose) == {"taylor.remainder", "train.separation"}
    assert loose["taylor.remainder"].startswith("the closest case reached 39% of the bound (torch: ")
    assert view.claims[0].own == "PROVED" and view.claims[0].exercised.startswith("0 of 1 inequalities")
    assert any(caveat.startswith("2 claims are marked LOOSE") for caveat in view.caveats)
    page = render(run)
    assert page.count('class="badge v-LOOSE"') == 4, "in the table and at the claim, of two claims"
    assert "Loose: the closest case reached 59% of the bound" in page


def test_topics_and_claims_keep_the_order_of_the_registry(run: Run) -> None:
    view = report_view(run)
    assert [topic for topic, _ in view.topics] == ["taylor", "sphere", "train"]
    assert [claim.id for claim in view.claims] == [
        each.claim["id"] for each in run.claims if not each.is_control
    ]


def test_counts_by_kind_leave_controls_out(run: Run) -> None:
    kinds = {kind: (claims, dict(outcomes)) for kind, claims, outcomes in report_view(run).kinds}
    assert list(kinds) == ["formal", "symbolic", "enclosure", "property", "statistical", "experiment"]
    assert kinds["enclosure"] == (
        3,
        {"HOLDS": 1, "FAILS": 1, "UNDECIDED": 1, "VACUOUS": 0, "SKIPPED": 0, "ERROR": 0},
    )


def test_rows_begin_with_failures_then_the_least_room() -> None:
    rows = [
        compare(label, UPPER, value, exact(1))
        for label, value in (
            ("wide", measured(0.1)),
            ("open", ball(arb(1, 0.5))),
            ("tight", measured(0.99)),
            ("failed", measured(2.0)),
        )
    ]
    assert [row.label for row in sorted(rows, key=least_room_first)] == ["failed", "open", "tight", "wide"]


def test_the_reason_is_that_of_the_check_which_decided(run: Run) -> None:
    claim = next(each for each in run.claims if each.claim["id"] == "taylor.remainder")
    failed = next(each for each in run.claims if each.claim["id"] == "sphere.wrong").results[0]
    mixed = replace(claim, results=(*claim.results, failed))
    assert why(mixed).startswith("counterexample: ")
    assert why(replace(claim, results=())) == "no check of it has a result"


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [
        (exact("12/5"), "12/5"),
        (exact(10**40), "1e40"),
        (measured(0.1234567), "0.123457"),
        (measured(1.5e-12), "1.5e-12"),
        (confidence(0.126, 0.02, level=0.99), "0.126 [0.106, 0.146]"),
        (measured(math.nan), "nan"),
    ],
)
def test_numbers_read_well(quantity: object, shown: str) -> None:
    assert show_quantity(quantity) == shown  # type: ignore[arg-type]  # parametrized with quantities only


def test_a_ball_shows_its_radius() -> None:
    value, radius = show_quantity(ball(arb("2.4", "1e-20"))).split(" ± ")
    assert value == "2.4" and 0 < float(radius) < 1e-15
    assert show_quantity(ball(arb("1.23456789", "1e-3"))) == "1.2346 ± 0.001"
    assert show_quantity(ball(arb(0, "3e-57"))) == "0 ± 3e-57"
    assert show_quantity(ball(arb(2))) == "2"
    odd = {
        "<b>": ball(arb(2)).text,
        "1e-320": "2 ± 1e-320",
        "inf": "2 ± inf",
        "nan": "2 ± nan",
        "-1": "2 ± -1",
    }
    for radius, shown in odd.items():
        assert show_quantity(replace(ball(arb(2)), radius=radius)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0314, "31 ms"),
        (0.25, "0.25 s"),
        (41.52, "41.5 s"),
        (119.7, "2 min 0 s"),
        (3600.0, "60 min 0 s"),
        (9000.0, "2 h 30 min"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_margins_and_exponents() -> None:
    assert show_margin(None) == "" and show_margin(math.nan) == "unknown" and show_margin(0.0) == "exact"
    assert show_number(-0.000012345, 3) == "-1.23e-5" and show_number(-math.inf) == "-inf"


def test_an_exact_match_does_not_hide_the_room_of_the_rest(run: Run) -> None:
    claim = next(each for each in run.claims if each.claim["id"] == "taylor.scale")
    match = compare("exponent", UPPER, exact(1), exact(1))
    result = claim.results[0]
    both = replace(
        result, evidence=replace(result.evidence, comparisons=(*result.evidence.comparisons, match))
    )
    only_match = replace(result, evidence=replace(result.evidence, comparisons=(match,)))
    assert margin_of(replace(claim, results=(both,))) == margin_of(claim) > 0
    assert margin_of(replace(claim, results=(only_match,))) == 0
    assert margin_of(replace(claim, results=())) is None


def test_the_audit_lists_the_theorems_that_were_accepted_and_their_axioms(run: Run) -> None:
    def with_proof(outcome: Outcome) -> Run:
        claims = []
        for each in run.claims:
            if each.claim["id"] == "sphere.absent":
                (result,) = each.results
                found = {"theorem": "Sphere.absent", "axioms": ["classic"]}
                evidence = replace(result.evidence, outcome=outcome, parameters=found)
                each = replace(each, results=(replace(result, evidence=evidence),))
            claims.append(each)
        return replace(run, claims=tuple(claims))

    accepted = report_view(with_proof(Outcome.HOLDS))
    assert [(each.theorem, each.claim.id, each.axioms) for each in accepted.proofs] == [
        ("Sphere.absent", "sphere.absent", ("classic",))
    ]
    assert accepted.axioms == ("classic",)
    page = render(with_proof(Outcome.HOLDS))
    assert 'id="proofs"' in page and "Axioms that any of them rests on: classic." in page
    assert report_view(with_proof(Outcome.UNDECIDED)).proofs == ()
    assert 'id="proofs"' not in render(run)
