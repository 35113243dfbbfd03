"""Evidence from drawn cases, exact derivations and samples: each can fail, and says what it tried."""

import math
import sys
import types

import numpy as np
import pytest
import sympy as sp
from hypothesis import strategies

from theory.errors import InputError
from verify.bound import IDENTITY, LOWER, UPPER, compare
from verify.claim import ALPHA, Context
from verify.exact import Identity, prove, vanishes
from verify.property import hold_property
from verify.quantity import measured
from verify.statistics import dkw_distance, mean_interval, slope_interval
from verify.verdict import Outcome

NUMBERS = strategies.floats(0, 100)
z = sp.Symbol("z", real=True)


def below(limit):
    """The property x <= limit, for x of at least 1 only."""

    def test(x):
        if x < 1:
            return []
        return [compare("x", UPPER, measured(x), measured(limit), parameters={"x": x})]

    return test


def test_a_property_that_holds_counts_what_it_tried():
    found = hold_property(Context(seed=1), NUMBERS, below(100), examples=200)
    assert found.outcome is Outcome.HOLDS
    assert 100 < found.counts["met_assumptions"] < found.counts["examples"] <= 200
    assert 0 < found.counts["near_bound"] < found.counts["met_assumptions"]
    assert found.worst is not None and found.worst.measured.value > 90


def test_a_property_that_fails_gives_the_smallest_counterexample():
    found = hold_property(Context(seed=1), NUMBERS, below(50), examples=200)
    assert found.outcome is Outcome.FAILS
    assert [each.parameters["x"] for each in found.comparisons] == [51.0]


def test_a_property_that_no_case_meets_is_vacuous():
    found = hold_property(Context(seed=1), NUMBERS, lambda x: [], examples=50)
    assert found.outcome is Outcome.VACUOUS
    assert found.counts == {"examples": 50, "met_assumptions": 0}


def test_each_inequality_is_counted_by_itself():
    # x ≤ 100 is near for a tenth of the draws, x ≤ 200 never, x ≥ 0 has no scale, and x = x is no inequality.
    def test(x):
        return [
            compare("x", UPPER, measured(x), measured(100)),
            compare("far", UPPER, measured(x), measured(200)),
            compare("sign", LOWER, measured(x), measured(0)),
            compare("same", IDENTITY, measured(x), measured(x)),
        ]

    found = hold_property(Context(seed=1), NUMBERS, test, examples=200)
    assert found.counts == {
        "examples": found.counts["examples"],
        "met_assumptions": found.counts["examples"],
        "inequalities": 2,
        "inequalities_near": 1,
        "near_bound": 0,
    }
    assert found.summary.endswith("never within 10% of its bound: far (50%)")


def test_an_inequality_that_is_always_near_does_not_lend_its_count():
    def test(x):
        return [
            compare("tight", UPPER, measured(99), measured(100)),
            compare("x", UPPER, measured(x), measured(100)),
        ]

    both = hold_property(Context(seed=1), NUMBERS, test, examples=200).counts
    alone = hold_property(Context(seed=1), NUMBERS, below(100), examples=200).counts
    assert both["inequalities_near"] == 2
    assert both["near_bound"] == alone["near_bound"] < both["examples"]


def test_no_inequality_no_count_of_near_ones():
    same = lambda x: [compare("same", IDENTITY, measured(x), measured(x))]  # noqa: E731
    found = hold_property(Context(seed=1), NUMBERS, same, examples=20)
    assert set(found.counts) == {"examples", "met_assumptions"} and "never" not in found.summary


def test_equality_at_zero_does_not_hide_the_case_that_was_near():
    test = lambda x: [compare("x", UPPER, measured(x), measured(1.05 * x))]  # noqa: E731
    found = hold_property(Context(seed=1), NUMBERS, test, examples=200)
    assert found.worst is not None and found.worst.stated.value > 0


def test_a_nan_is_an_error_and_no_counterexample():
    test = lambda x: [compare("x", UPPER, measured(x * math.nan), measured(1))]  # noqa: E731
    assert hold_property(Context(seed=1), NUMBERS, test, examples=20).outcome is Outcome.ERROR


def test_an_exception_in_a_property_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        hold_property(Context(seed=1), NUMBERS, lambda x: 1 / 0, examples=20)


def draws(seed):
    seen = []
    hold_property(Context(seed=seed), NUMBERS, lambda x: seen.append(x) or [], examples=100)
    return seen


def test_draws_depend_on_the_seed_alone_and_not_on_the_modules_that_are_loaded(tmp_path, monkeypatch):
    before = draws(1)
    assert before == draws(1) != draws(2)
    # Hypothesis would pick numbers out of this one: it lies outside the folders of libraries.
    path = tmp_path / "late.py"
    path.write_text("NUMBERS = [" + ", ".join(f"{i}.0625" for i in range(99)) + "]\n")
    module = types.ModuleType("late")
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "late", module)
    assert draws(1) == before


def test_an_identity_is_proved_refuted_or_left_open():
    right = Identity("sin 2z", sp.expand_trig(sp.sin(2 * z)), 2 * sp.sin(z) * sp.cos(z))
    wrong = Identity("sin 2z", sp.sin(2 * z), sp.sin(z) * sp.cos(z))
    assert prove([right], seed=0).outcome is Outcome.HOLDS
    assert prove([right, wrong], seed=0).outcome is Outcome.FAILS
    assert prove([], seed=0).outcome is Outcome.VACUOUS
    # A prover that gives up decides nothing; one that lies is overruled by the balls.
    assert prove([right], seed=0, prover=lambda identity: False).outcome is Outcome.UNDECIDED
    assert prove([wrong], seed=0, prover=lambda identity: True).outcome is Outcome.FAILS


def test_vanishing_is_said_of_zero_only():
    n = sp.Symbol("n", positive=True)
    assert vanishes(sp.gamma(n + 1) - n * sp.gamma(n))
    assert vanishes((z + 1) ** 2 - z**2 - 2 * z - 1)
    assert not vanishes((z + 1) ** 2 - z**2 - 2 * z)


def test_the_interval_of_a_mean_misses_as_often_as_it_says():
    # 4000 intervals at alpha = 0.1: a count outside 400 +- 100 has probability below 1e-6.
    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(4000):
        found = mean_interval(rng.normal(2.0, 3.0, size=5), alpha=0.1)
        missed += not found.lower <= 2.0 <= found.upper
    assert 300 < missed < 500
    assert ALPHA <= 1e-6
    with pytest.raises(InputError, match="at least 3 draws"):
        mean_interval([1.0, 2.0], alpha=ALPHA)


def test_a_slope_is_found_and_a_wrong_one_excluded():
    rng = np.random.default_rng(0)
    x = [1.0, 2.0, 4.0, 8.0]
    y = np.array(x) ** -0.25 * np.exp(0.01 * rng.normal(size=(40, 4)))
    found = slope_interval(x, y, alpha=ALPHA)
    assert found.lower < -0.25 < found.upper
    assert found.upper - found.lower < 0.02
    with pytest.raises(InputError, match="positive"):
        slope_interval(x, y * 0, alpha=ALPHA)


def test_the_distance_of_distributions_is_the_supremum():
    distance, threshold = dkw_distance(np.array([0.9, 0.1]), np.array([0.9, 0.1]), alpha=0.02)
    assert distance == pytest.approx(0.4)
    assert threshold == pytest.approx(math.sqrt(math.log(100) / 4))


def test_a_comparison_of_equal_floats_is_an_identity_without_room():
    assert compare("x", IDENTITY, measured(0.1), measured(0.1)).margin == 0.0
