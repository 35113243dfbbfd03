"""Goals about bounds: candidates above the supremum, the method that fits, and refusals."""

import pytest
import sympy as sp
from flint import arb

from theory.activation import Activation, builtin
from theory.arithmetic import UndecidedError
from theory.coq.bounds import FACTORS, bound_goal, candidates
from theory.coq.letters import elementary
from theory.coq.tails import Tails
from theory.errors import InputError

Z = sp.Symbol("z", real=True)
TWO = sp.Integer(2)


@pytest.mark.parametrize("value", ["0.76980035891950", "1", "2.1e-7", "123456.789", "0.0999999"])
def test_candidates_are_short_and_above(value):
    exact = sp.Rational(value)
    found = list(candidates(arb(value)))
    assert [each.factor for each in found] == list(FACTORS)
    for each in found:
        assert each.factor * exact <= each.bound <= each.factor * exact * (1 + sp.Rational(11, 10**5))
        digits = str(each.bound.p * 10**30 // each.bound.q).rstrip("0")
        assert len(digits) <= 5
    assert next(iter(candidates(arb(0)))).bound == 0


def test_states_the_raw_derivative_and_a_decimal():
    sigma = builtin("tanh")
    goal = bound_goal("b", sigma.derivative(2), sp.Rational(77, 100), sigma.variable, order=2)
    assert goal.statement == "forall z : R, Rabs (- (2 - 2 * tanh z ^ 2) * tanh z) <= 77 / 100"
    assert goal.words == "|sigma''| is at most 0.77 on the whole line"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("tanh(z)", ["i_bisect t", "tanh_range (z)"]),
        ("log(1+exp(z))", ["i_bisect s", "logistic_range (z)"]),
        ("sin(z)+cos(z)", ["i_bisect y", "whole_periods (2 * PI)"]),
        ("sin(2*z/3+1)+cos(z)", ["whole_periods (6 * PI)", "(cos_equal (2 * n)%Z)", "(sin_equal (3 * n)%Z)"]),
        ("erf(z)", ["i_bisect z", "decay_left", "decay_right"]),
        ("z/2*(1+erf(z/sqrt(2)))", ["erf_within", "erf_range"]),
        ("z/sqrt(1+z**2)", ["root_scaled"]),
        ("atan(z)", ["/ z"]),
        ("z*erf(z)+exp(-z**2)/sqrt(pi)", ["generalize (erf_range (z))"]),
    ],
)
def test_methods(text, marks):
    sigma = Activation.parse(text)
    bound = next(candidates(sigma.suprema(1))).bound
    script = bound_goal("b", sigma.derivative(1), bound, sigma.variable).script
    for mark in marks:
        assert mark in script
    # Without an explicit precision the tactic trusts machine floats.
    assert script.count("interval with (") == script.count("interval with (i_prec 60")


def test_direct_bounds_the_outer_function_before_the_inner_one():
    """Once erf z is a letter, tanh (erf z) does not stand in the goal any more."""
    script = bound_goal("b", sp.tanh(sp.erf(Z)) + sp.sin(Z**2), sp.Integer(3), Z).script
    assert script.index("tanh_range (erf z)") < script.index("erf_range (z)")


def test_a_whole_bound_has_no_denominator():
    assert bound_goal("b", sp.sin(Z), sp.Integer(1), Z).statement.endswith("<= 1")


def test_a_period_holds_whole_turns_of_every_rate():
    script = bound_goal("b", sp.sin(3 * Z / 4) + sp.cos(Z / 6 + 1), sp.Rational(199, 100), Z).script
    for mark in ("whole_periods (24 * PI)", "(sin_equal (9 * n)%Z)", "(cos_equal (2 * n)%Z)"):
        assert mark in script


@pytest.mark.parametrize("side", [1, -1])
def test_tails_need_a_bound_that_they_can_reach(side):
    g = sp.diff(Z / (1 + sp.exp(-Z)), Z)
    tails = Tails(g, elementary(g, Z), Z)
    assert tails.script(side, 8, sp.Rational(11, 10))
    with pytest.raises(UndecidedError):
        tails.script(side, 1, sp.Rational(11, 10))  # z exp(-z) has not begun to decrease enough
    if side == 1:
        with pytest.raises(UndecidedError):
            tails.script(side, 64, sp.Rational(99, 100))  # the limit is 1


def test_decay_begins_where_the_power_has_lost():
    """z^3 exp(-z) rises up to 3, so its value at 2 bounds nothing beyond."""
    g = Z**3 * sp.exp(-Z)
    tails = Tails(g, elementary(g, Z), Z)
    assert tails.script(1, 3, sp.Integer(10))
    with pytest.raises(UndecidedError, match="does not decrease"):
        tails.script(1, 2, sp.Integer(10))


@pytest.mark.parametrize(
    "g", [Z, Z * sp.sin(Z), sp.exp(Z), sp.log(1 + Z**2), (1 + Z**2) ** sp.Rational(1, 3)]
)
def test_unbounded_functions_have_no_proof_script(g):
    with pytest.raises(UndecidedError):
        bound_goal("b", g, sp.Integer(10**6), Z)


def test_a_bound_is_rational():
    with pytest.raises(InputError):
        bound_goal("b", sp.sin(Z), sp.sqrt(2), Z)
    with pytest.raises(InputError):
        bound_goal("b", sp.sin(Z), sp.Float(1.5), Z)
    with pytest.raises(InputError):
        bound_goal("b", sp.Float(0.5) * sp.sin(Z), TWO, Z)
