"""Intervals cover as often as they say, sample sizes give the power that they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from theory.errors import InputError
from verify.alarms import FalseAlarms
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare, rate
from verify.claim import ALPHA, BUDGET, Context
from verify.evidence import Evidence, from_comparisons
from verify.quantity import confidence, exact, measured
from verify.selftest.shift import found_faults, shifted
from verify.statistics import (
    POWER,
    bounded_mean_interval,
    detected_shift,
    error_rates,
    mean_interval,
    mean_power,
    replicates_needed,
)
from verify.verdict import Outcome


def test_a_bounded_mean_is_covered_where_students_interval_fails() -> None:
    """Draws that are rarely 1 and else 0: most samples have no spread at all."""
    rng = np.random.default_rng(1)
    mean, alpha, misses = 0.004, 0.05, {"bounded": 0, "student": 0}
    for _ in range(400):
        sample = (rng.random(200) < mean).astype(float)
        bounded = bounded_mean_interval(sample, low=0, high=1, alpha=alpha)
        student = mean_interval(sample, alpha=alpha)
        misses["bounded"] += not bounded.lower <= mean <= bounded.upper
        misses["student"] += not student.lower <= mean <= student.upper
    assert misses["student"] > 100
    assert stats.binomtest(misses["bounded"], 400, alpha, alternative="greater").pvalue > 1e-4


def test_the_bounded_interval_is_that_of_maurer_and_pontil() -> None:
    found = bounded_mean_interval([0.0, 1.0, 1.0, 2.0], low=0, high=2, alpha=0.1)
    spread = math.sqrt(2 * (2 / 3) * math.log(40) / 4)
    assert found.upper - found.value == pytest.approx(spread + 7 * 2 * math.log(40) / 9)
    wide = bounded_mean_interval(np.linspace(0, 1, 100), low=0, high=1, alpha=ALPHA)
    assert (
        wide.upper - wide.lower
        < bounded_mean_interval(np.linspace(0, 1, 100), low=-1, high=2, alpha=ALPHA).upper * 2
    )


@pytest.mark.parametrize("sample", [[0.5], [0.5, 1.1], [-0.1, 0.5], [math.nan, 0.5], []])
def test_draws_outside_the_range_are_refused(sample: list[float]) -> None:
    with pytest.raises(InputError, match="draws in"):
        bounded_mean_interval(sample, low=0, high=1, alpha=ALPHA)


def test_the_sample_size_is_the_least_with_the_power() -> None:
    count = replicates_needed(spread=0.6, fault=0.5, alpha=ALPHA)
    assert mean_power(count, 0.6, 0.5, ALPHA) >= POWER > mean_power(count - 1, 0.6, 0.5, ALPHA)


def test_the_power_is_the_one_that_samples_have() -> None:
    rng, alpha, found = np.random.default_rng(2), 0.01, 0
    for _ in range(1000):
        interval = mean_interval(rng.normal(0.5, 1.0, size=40), alpha=alpha)
        found += not interval.lower <= 0 <= interval.upper
    power = mean_power(40, 1.0, 0.5, alpha)
    assert 0.5 < power < 0.8
    assert stats.binomtest(found, 1000, power).pvalue > 1e-4


def test_every_measured_value_is_refuted_when_it_moves_by_the_detected_shift() -> None:
    comparisons = [
        compare("upper", UPPER, confidence(0.2, 0.1, level=0.9), exact(1)),
        compare("lower", LOWER, confidence(5.0, 0.1, level=0.9), exact(2)),
        compare("mean", IDENTITY, measured(0.9), exact(1), resolution=0.2),
        compare("slope", rate("0"), confidence(0.1, 0.05, level=0.9), exact(0), resolution=0.25),
        compare("count", IDENTITY, exact(3), exact(3)),
    ]
    size = detected_shift(comparisons)
    assert size == pytest.approx(3.2)
    for each in comparisons:
        assert all(found for _, found in found_faults(_evidence(each), size))
    for each in comparisons[:4]:
        alone = detected_shift([each])
        assert all(found for _, found in found_faults(_evidence(each), alone * (1 + 1e-9)))
        assert any(shifted(each, sign * alone / 4).outcome is not Outcome.FAILS for sign in (1, -1))
    assert error_rates(Context(alpha=0.01), comparisons) == {
        "alpha": 0.01,
        "power": POWER,
        "smallest_fault": size,
    }
    assert detected_shift([]) == 0.0


def _evidence(comparison: Comparison) -> Evidence:
    return from_comparisons([comparison])


def test_a_hundred_checks_are_within_the_budget() -> None:
    assert not FalseAlarms(math.fsum([ALPHA] * 100), 100).beyond_budget
    assert FalseAlarms(101 * ALPHA, 101).beyond_budget
    assert str(FalseAlarms(3.5e-5, 35)) == "at most 3.5e-5 of runs (35 statistical checks)"
    assert str(FalseAlarms(0.0, 0)).startswith("none by chance")
    assert pytest.approx(100 * ALPHA) == BUDGET
