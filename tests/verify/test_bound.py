"""Comparisons are three-valued, exact and never more confident than their intervals allow."""

import math
from itertools import product

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.errors import InputError
from verify.bound import IDENTITY, LIMIT, LOWER, UPPER, Bound, Comparison, Relation, compare, rate
from verify.quantity import Certainty, Quantity, exact, measured
from verify.verdict import Outcome

HOLDS, FAILS, UNDECIDED = Outcome.HOLDS, Outcome.FAILS, Outcome.UNDECIDED
DISTANCES = (Relation.IDENTITY, Relation.RATE, Relation.LIMIT)


def span(lower: float, upper: float) -> Quantity:
    return Quantity((lower + upper) / 2, lower, upper, Certainty.BALL, "ball")


@st.composite
def spans(draw):
    lower, width = draw(st.integers(-6, 6)), draw(st.integers(0, 5))
    return lower, lower + width


def related(relation: Relation, a: int, b: int, resolution: int, size: int) -> bool:
    """The relation between two points, as a person would write it down."""
    if relation is Relation.UPPER:
        return a <= b + resolution * size
    if relation is Relation.LOWER:
        return a >= b - resolution * size
    if relation is Relation.BELOW:
        return a < b + resolution * size
    if relation is Relation.ABOVE:
        return a > b - resolution * size
    return abs(a - b) <= resolution


@given(st.sampled_from(Relation), spans(), spans(), st.integers(0, 3))
@settings(max_examples=1000, deadline=None, database=None)
def test_it_holds_for_all_pairs_fails_for_all_pairs_or_is_undecided(relation, left, right, resolution):
    # The ends are integers, so every pair of integers decides what every pair of reals would.
    size = max(abs(right[0]), abs(right[1]))
    truths = {
        related(relation, a, b, resolution, size)
        for a, b in product(range(left[0], left[1] + 1), range(right[0], right[1] + 1))
    }
    found = compare("x", relation, span(*left), span(*right), resolution=resolution)
    expected = UNDECIDED if len(truths) == 2 else (HOLDS if truths == {True} else FAILS)
    assert found.outcome is expected
    strict = relation in (Relation.BELOW, Relation.ABOVE)
    assert (found.margin > 0 if strict else found.margin >= 0) == (expected is HOLDS)


@pytest.mark.parametrize(
    ("relation", "left", "right", "resolution", "expected", "margin"),
    [
        (UPPER, (1, 2), (4, 4), 0.0, HOLDS, 0.5),
        (UPPER, (1, 4), (4, 4), 0.0, HOLDS, 0.0),
        (UPPER, (5, 6), (4, 4), 0.0, FAILS, -0.5),
        (UPPER, (3, 5), (4, 4), 0.0, UNDECIDED, -0.25),
        (UPPER, (-3, -2), (-1, -1), 0.0, HOLDS, 1.0),
        (UPPER, (5, 5), (4, 4), 0.25, HOLDS, 0.0),
        (LOWER, (6, 8), (4, 4), 0.0, HOLDS, 0.5),
        (LOWER, (1, 2), (4, 4), 0.0, FAILS, -0.75),
        (LOWER, (3, 5), (4, 4), 0.0, UNDECIDED, -0.25),
        (IDENTITY, (4, 4), (4, 4), 0.0, HOLDS, 0.0),
        (IDENTITY, (4, 5), (4, 4), 2.0, HOLDS, 0.5),
        (IDENTITY, (4, 6), (4, 4), 1.0, UNDECIDED, -1.0),
        (IDENTITY, (6, 6), (4, 4), 1.0, FAILS, -1.0),
        (LIMIT, (6, 6), (4, 4), 2.0, HOLDS, 0.0),
        (rate("-1/4"), (0, 0), (4, 4), 8.0, HOLDS, 0.5),
    ],
)
def test_outcome_and_margin_by_hand(relation, left, right, resolution, expected, margin):
    found = compare("x", relation, span(*left), span(*right), resolution=resolution)
    assert (found.outcome, found.margin) == (expected, margin)


@pytest.mark.parametrize("relation", Relation)
def test_a_measured_nan_is_an_error_and_says_so_in_every_relation(relation):
    found = compare("x", relation, measured(math.nan), exact(1), resolution=1e9)
    assert found.outcome is Outcome.ERROR
    assert math.isnan(found.margin)


def test_a_strict_bound_does_not_hold_with_equality():
    assert compare("x", UPPER, exact(1), exact(1)).outcome is HOLDS
    assert compare("x", UPPER, exact(1), exact(1), strict=True).outcome is FAILS
    assert compare("x", LOWER, exact(2), exact(1), strict=True).outcome is HOLDS
    assert compare("x", LOWER, span(0, 2), exact(0), strict=True).outcome is UNDECIDED


@pytest.mark.parametrize("relation", Relation)
@pytest.mark.parametrize("bad", [math.inf, -math.inf])
def test_an_infinite_side_is_undecided(relation, bad):
    assert compare("x", relation, measured(bad), exact(1)).outcome is UNDECIDED
    assert compare("x", relation, exact(1), measured(bad)).outcome is UNDECIDED


@pytest.mark.parametrize("relation", Relation)
def test_a_stated_nan_never_holds(relation):
    assert compare("x", relation, exact(1), measured(math.nan), resolution=1e9).outcome is UNDECIDED


def test_the_comparison_itself_rounds_nothing():
    # 0.1 + 0.2 as floats exceeds 0.3 by one unit in the last place, and 1 + 2^-53 rounds to 1.
    assert compare("x", UPPER, measured(0.1 + 0.2), measured(0.3)).outcome is FAILS
    assert compare("x", IDENTITY, measured(1.0), measured(-(2.0**-53)), resolution=1.0).outcome is FAILS


def test_exact_numbers_are_compared_exactly_though_no_float_is_equal_to_them():
    assert compare("x", IDENTITY, exact("1/3"), exact("2/6")).outcome is HOLDS
    third = exact("1/3")
    close = exact(f"{10**40 + 1}/{3 * 10**40}")
    assert compare("x", IDENTITY, third, close).outcome is FAILS
    assert compare("x", UPPER, third, close).outcome is HOLDS
    assert compare("x", LOWER, third, close).outcome is FAILS
    assert compare("x", IDENTITY, exact(sp.pi), exact(sp.pi)).outcome is HOLDS
    assert compare("x", IDENTITY, exact(sp.pi), exact(sp.E)).outcome is FAILS


@pytest.mark.parametrize("relation", DISTANCES)
def test_a_scale_makes_the_distance_relative(relation):
    far, near = measured(1.01e6), measured(1e6)
    assert compare("x", relation, far, near, resolution=0.1).outcome is FAILS
    assert compare("x", relation, far, near, resolution=0.1, relative_to=1e6).outcome is HOLDS


@pytest.mark.parametrize("resolution", [-1.0, math.nan, math.inf])
def test_a_resolution_that_would_let_anything_pass_is_refused(resolution):
    with pytest.raises(InputError, match="resolution"):
        compare("x", IDENTITY, exact(1), exact(2), resolution=resolution)


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
def test_a_scale_that_would_let_anything_pass_is_refused(scale):
    with pytest.raises(InputError, match="scale"):
        compare("x", IDENTITY, exact(1), exact(2), resolution=0.1, relative_to=scale)


def test_only_a_rate_has_an_exponent():
    assert str(rate("-1/4")) == "rate -1/4"
    with pytest.raises(InputError, match="exponent"):
        Bound(Relation.RATE)
    with pytest.raises(InputError, match="exponent"):
        Bound(Relation.UPPER, "1/2")


def test_a_comparison_survives_json():
    for value in (1.5, math.nan, math.inf):
        found = compare("x", UPPER, measured(value), exact(2), reason="why", parameters={"d": 3, "m": [2, 4]})
        back = Comparison.from_json(found.to_json())
        assert back.to_json() == found.to_json()
        assert back.parameters == {"d": 3, "m": [2, 4]}
