"""Calibration: a check that lies about its error rates is caught, an honest one is not accused."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from scipy import stats

import ntk_escape
from theory.errors import InputError
from verify.bound import IDENTITY, LOWER, UPPER, Relation, compare
from verify.claim import ALPHA, Context, Profile, derive_seed
from verify.claims import SOURCES
from verify.evidence import from_comparisons
from verify.quantity import confidence, exact, measured
from verify.registry import Registry, registry
from verify.run import checks_in
from verify.selftest import calibration, rates
from verify.selftest.calibration import calibrate, plan
from verify.selftest.reseeding import reseed
from verify.selftest.section import Section
from verify.selftest.shift import found_faults, shifted
from verify.verdict import Kind, Outcome

FILE = Path(__file__).with_name("erring_claims.py")


@pytest.fixture(scope="module")
def claims() -> Registry:
    return registry([str(FILE)])


@pytest.fixture(scope="module")
def section(claims: Registry) -> Section:
    return calibrate(claims, claims, profile=Profile.QUICK, seed=0, jobs=2, repetitions=60)


def verdict(section: Section, name: str) -> str:
    rows = [row for table in section.tables for row in table.rows if row[0].startswith(f"{name},")]
    assert len(rows) == 1
    return rows[0][-1]


@pytest.mark.parametrize("name", ["true.honest", "true.bound", "true.law", "control.far"])
def test_an_honest_check_is_not_accused(section: Section, name: str) -> None:
    assert verdict(section, name) == rates.CONSISTENT


@pytest.mark.parametrize("name", ["lie.narrow", "lie.split"])
def test_a_false_alarm_rate_that_is_a_lie_is_found(section: Section, name: str) -> None:
    assert verdict(section, name) == rates.TOO_MANY


@pytest.mark.parametrize("name", ["lie.proud", "control.near"])
def test_a_power_that_is_a_lie_is_found(section: Section, name: str) -> None:
    assert verdict(section, name) == rates.MISSED


def test_a_crash_is_a_row_and_not_the_end(section: Section) -> None:
    assert verdict(section, "lie.dies").startswith(f"{rates.BROKEN}: the process of the check left with exit")


def test_the_section_does_not_pass_and_says_how_many_lie(section: Section) -> None:
    by_name = {figure.name: figure for figure in section.figures}
    assert by_name["checks that contradict what they declare"].value == "5 of 9"
    assert not section.passed
    assert by_name["false alarms at the level 0.05"].met is False
    assert by_name["faults of the declared size found"].met is False
    assert by_name["runs that refuted their control"].met is False
    assert Section.from_json(section.to_json()) == section


def test_honest_checks_alone_pass_and_name_the_other_world(claims: Registry) -> None:
    found = calibrate(
        claims, claims.select(["true.honest"]), profile=Profile.QUICK, seed=5, jobs=2, repetitions=3
    )
    assert found.passed
    ((row,), (control,)) = (table.rows for table in found.tables)
    assert row[1:3] == ("1e-06", "1") and row[3] == "0 of 3" and row[5] == "3 of 3"
    assert row[6] == "values moved; control.far 3 of 3"
    assert control[0] == "control.far, mean" and control[1] == "3 of 3"


def test_repetitions_have_the_seeds_of_runs(claims: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = []

    def perform(tasks, **options):
        planned.extend(tasks)
        return (each for each in ())

    monkeypatch.setattr(calibration, "perform_all", perform)
    calibrate(claims, claims.select(["true.law"]), profile=Profile.QUICK, seed=7, jobs=1, repetitions=2)
    seeds = {(task.alpha, task.seed) for task in planned}
    wanted = [derive_seed(number, "true.law", "law") for number in (8, 9)]
    assert seeds == {(alpha, seed) for alpha in (ALPHA, 0.05) for seed in wanted}


def test_an_interrupt_gives_back_the_counts_so_far(claims: Registry) -> None:
    def stop(done: int, total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    options = {"profile": Profile.QUICK, "seed": 0, "jobs": 1, "repetitions": 9, "progressed": stop}
    found = calibrate(claims, claims.select(["true.honest"]), **options)  # type: ignore[arg-type]
    assert not found.passed and found.figures[0].value == "no, interrupted"
    assert "6 runs" in found.summary


def test_time_is_spent_on_three_runs_each_and_then_evenly() -> None:
    costs = {"cheap": 0.1, "dear": 4.0, "dearest": 30.0}
    counts = Counter(plan(costs, 25.0, done={name: 1 for name in costs}))  # type: ignore[arg-type, type-var]
    assert counts["dear"] >= 2 and counts["cheap"] > 30 and counts["dearest"] == 0
    assert sum(costs[name] * count for name, count in counts.items()) <= 25.0
    assert min(Counter(plan(costs, 500.0, done={})).values()) >= 3  # type: ignore[arg-type, type-var]


def test_with_minutes_each_check_runs_at_least_once(claims: Registry) -> None:
    found = calibrate(claims, claims.select(["true.*"]), profile=Profile.QUICK, seed=0, jobs=2, minutes=0.001)
    runs = [int(row[3].split()[2].rstrip(",")) for row in found.tables[0].rows]
    assert min(runs) >= 1


@pytest.mark.parametrize(
    "given", [{}, {"repetitions": 1, "minutes": 1.0}, {"repetitions": 0}, {"minutes": 0.0}]
)
def test_it_says_what_is_missing(claims: Registry, given: dict[str, int]) -> None:
    with pytest.raises(InputError):
        calibrate(claims, claims, profile=Profile.QUICK, seed=0, jobs=1, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("relation", [Relation.IDENTITY, Relation.UPPER, Relation.LOWER, Relation.BELOW])
@pytest.mark.parametrize("relative_to", [None, 7.0])
def test_a_shift_by_nothing_changes_nothing(relation: Relation, relative_to: float | None) -> None:
    plain = Relation.UPPER if relation is Relation.BELOW else relation
    strict = relation is Relation.BELOW
    before = compare(
        "x",
        plain,
        confidence(1.0, 0.2, level=0.9),
        exact("5/4"),
        resolution=0.1,
        relative_to=relative_to,
        strict=strict,
    )
    after = shifted(before, 0.0)
    assert (after.outcome, after.relation) == (before.outcome, before.relation)
    assert after.margin == pytest.approx(before.margin)


def test_a_shift_breaks_a_bound_on_its_side_only_and_an_identity_on_both() -> None:
    upper = compare("above", UPPER, confidence(0.0, 0.1, level=0.9), exact(1))
    lower = compare("below", LOWER, confidence(2.0, 0.1, level=0.9), exact(1))
    equal = compare("equal", IDENTITY, measured(1.0), exact(1), resolution=0.5)
    evidence = from_comparisons([upper, lower, equal, equal])
    assert dict(found_faults(evidence, 1.2)) == {
        ("above", 1, 1): True,
        ("below", 1, -1): True,
        ("equal", 1, 1): True,
        ("equal", 1, -1): True,
        ("equal", 2, 1): True,
        ("equal", 2, -1): True,
    }
    assert not any(found for _, found in found_faults(evidence, 0.4))
    assert shifted(upper, -5.0).outcome is Outcome.HOLDS


def test_exact_tests_are_those_of_scipy() -> None:
    for count, runs, rate in ((0, 10, 0.05), (3, 20, 0.05), (20, 20, 0.99), (17, 20, 0.99)):
        greater = stats.binomtest(count, runs, rate, alternative="greater").pvalue
        less = stats.binomtest(count, runs, rate, alternative="less").pvalue
        assert rates.more(count, runs, rate) == pytest.approx(greater)
        assert rates.fewer(count, runs, rate) == pytest.approx(less)
        limit = stats.binomtest(count, runs).proportion_ci(0.9, method="exact").high
        assert rates.upper_limit(count, runs) == pytest.approx(limit)


def test_runs_under_other_seeds_count_what_is_unexpected(claims: Registry) -> None:
    chosen = claims.select(["true.*", "control.*"])
    figure, table = reseed(claims, chosen, profile=Profile.QUICK, seed=0, seeds=3, jobs=2)
    assert figure.value == "3 of 3" and figure.met is False
    assert {row[1] for row in table.rows} == {"control.near"}
    assert table.rows[0][-1] == "ntk-escape verify control.near --profile quick --seed 1"
    figure, table = reseed(claims, claims.select(["true.*"]), profile=Profile.QUICK, seed=0, seeds=2, jobs=2)
    assert figure.value == "0 of 2" and figure.met is True and table.rows == ()


def test_the_command_writes_the_figures_and_fails_on_a_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--repetitions", "4", "--jobs", "2", "--out", str(tmp_path)]
    # control.near comes with true.bound.
    assert ntk_escape.main(["calibrate", str(FILE), "true.*", *options]) == 1
    assert ntk_escape.main(["calibrate", str(FILE), "true.honest", "true.law", *options]) == 0
    shown = capsys.readouterr().out
    assert "false alarms at α: 0 of 4" in shown and "verdict: consistent" in shown
    data = json.loads((tmp_path / "calibration.json").read_text())
    assert data["passed"] and data["id"] == "rates"
    assert ntk_escape.main(["calibrate", str(FILE), "--repetitions", "1", "--minutes", "1"]) == 2


def test_every_statistical_check_takes_its_level_from_the_context() -> None:
    """The quick ones at two levels: each interval and threshold follows; facts of every draw have none."""
    for claim in registry(SOURCES):
        for check in checks_in(claim, Profile.QUICK, (Kind.STATISTICAL,)):
            usual, raised = (check.run(Context(seed=1, alpha=alpha)) for alpha in (ALPHA, 1e-3))
            assert (usual.error_rates["alpha"], raised.error_rates["alpha"]) == (ALPHA, 1e-3)
            for one, other in zip(usual.comparisons, raised.comparisons, strict=True):
                fact = one.label.startswith(("max | ", "repeated points"))
                assert (one.margin == other.margin) is fact, (claim.id, one.label)
