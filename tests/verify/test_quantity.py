"""Numbers and their intervals: rounded outwards, never better known than they are, equal after JSON."""

import json
import math
from fractions import Fraction

import pytest
import sympy as sp
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.errors import InputError
from verify.quantity import Certainty, Quantity, ball, confidence, exact, interval, measured

finite = st.floats(allow_nan=False, allow_infinity=False)
fractions = st.fractions(max_denominator=10**6)


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**30), st.integers(-40, 40))
@settings(max_examples=300, deadline=None, database=None)
def test_a_ball_of_a_fraction_encloses_it_after_rounding_to_floats(numerator, denominator, shift):
    value = Fraction(numerator, denominator) * Fraction(2) ** shift
    quantity = ball(arb(fmpq(value.numerator, value.denominator)))
    assert Fraction(quantity.lower) <= value <= Fraction(quantity.upper)
    # Outward by a few units in the last place, not by orders of magnitude.
    assert quantity.upper - quantity.lower <= 8 * math.ulp(quantity.value)


@given(finite.filter(lambda x: abs(x) < 1e300), st.floats(0, 1e-3))
@settings(max_examples=300, deadline=None, database=None)
def test_the_ends_of_a_wide_ball_lie_outside_it(middle, radius):
    enclosure = arb(middle, radius)
    quantity = ball(enclosure)
    assert arb(quantity.lower) <= enclosure.lower()
    assert arb(quantity.upper) >= enclosure.upper()
    assert quantity.lower <= quantity.value <= quantity.upper


def test_an_exact_ball_is_a_point():
    quantity = ball(arb(0.375))
    assert (quantity.lower, quantity.value, quantity.upper) == (0.375, 0.375, 0.375)


def test_a_ball_keeps_a_radius_far_below_float_precision():
    enclosure = arb("1", "1e-60")
    assert 1e-61 < float(ball(enclosure).radius) < 2e-60


@pytest.mark.parametrize("enclosure", [arb("nan"), arb("inf"), arb(0) / 0, arb(0, "inf")])
def test_a_ball_that_knows_nothing_is_not_finite(enclosure):
    quantity = ball(enclosure)
    assert not quantity.finite
    assert (quantity.lower, quantity.upper) == (-math.inf, math.inf)


@given(fractions)
@settings(max_examples=100, deadline=None, database=None)
def test_an_exact_fraction_knows_itself_exactly(value):
    quantity = exact(str(value))
    assert quantity.ends == (value, value)
    assert Fraction(quantity.lower) <= value <= Fraction(quantity.upper)
    assert quantity.certainty is Certainty.EXACT


@pytest.mark.parametrize("expression", [sp.pi, sp.sqrt(2) / 10**30, sp.exp(60), -sp.log(3), sp.pi * 10**25])
def test_an_irrational_constant_is_enclosed_tightly_at_every_scale(expression):
    quantity = exact(expression)
    digits = Fraction(str(sp.N(expression, 60)))
    low, high = quantity.ends
    assert low < digits < high
    assert high - low <= abs(digits) * Fraction(1, 10**14)


@pytest.mark.parametrize(
    "nonsense",
    [sp.Symbol("z"), sp.I, sp.zoo, sp.nan, sp.oo, "1/0", "one", sp.Float(0.1), sp.pi + sp.Float(0.5)],
)
def test_what_is_no_exact_real_number_is_refused(nonsense):
    with pytest.raises(InputError, match="exact number"):
        exact(nonsense)


def test_an_interval_that_misses_its_value_is_refused():
    with pytest.raises(InputError, match="contains its value"):
        interval(1.0, 2.0, 3.0, level=0.9)
    with pytest.raises(InputError, match="contains its value"):
        confidence(1.0, -0.1, level=0.9)
    with pytest.raises(InputError, match="contains its value"):
        confidence(1.0, math.nan, level=0.9)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, math.nan])
def test_a_confidence_level_must_be_a_probability(level):
    with pytest.raises(InputError, match="level"):
        confidence(0.0, 1.0, level=level)


@st.composite
def quantities(draw):
    ends = sorted(draw(st.tuples(*[st.floats(allow_nan=False)] * 3)))
    nan = draw(st.booleans()) and draw(st.booleans())
    return Quantity(
        value=math.nan if nan else ends[1],
        lower=ends[0],
        upper=ends[2],
        certainty=draw(st.sampled_from(Certainty)),
        text=draw(st.text(max_size=20)),
        radius=draw(st.text("0123456789e-.", max_size=10)),
    )


@given(quantities())
@settings(max_examples=200, deadline=None, database=None)
def test_a_quantity_survives_json(quantity):
    text = json.dumps(quantity.to_json(), allow_nan=False)
    back = Quantity.from_json(json.loads(text))
    assert back.to_json() == quantity.to_json()
    assert back == quantity or math.isnan(quantity.value)


def test_a_measured_number_is_a_point():
    assert measured(0.1).ends == (Fraction(0.1), Fraction(0.1))
    assert not measured(math.inf).finite
