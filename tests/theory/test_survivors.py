"""What the self-test by mutation found untested in the theory room: boundaries, defaults, hints, edges."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.activation import Activation
from theory.certified_risk import certified_risk
from theory.coq.derivatives import derivative_goal
from theory.coq.equalities import exponent_terms
from theory.errors import InputError
from theory.expansion import remainder_weight, remainder_weight_mirrored
from theory.suprema import supremum

Z = sp.Symbol("z", real=True)


def test_the_weight_of_the_remainder_is_by_default_that_of_the_third_derivative() -> None:
    for weight in (remainder_weight(), remainder_weight_mirrored()):
        (symbol,) = weight[0].free_symbols
        assert sp.Abs(weight[1] / symbol**3).simplify() == sp.Rational(1, 6)


def test_the_certified_risk_takes_dimension_three() -> None:
    w0, w = [[0.6, 0.0, 0.8]], [[0.1, 0.2, -0.1]]
    found = certified_risk(w0, [1.0], w, [(1, [[1.0, 0.0, 0.0]], [1.0])])
    assert found.value.is_finite()
    with pytest.raises(InputError, match="dimension 3"):
        certified_risk([[0.6, 0.8]], [1.0], [[0.1, 0.2]], [(1, [[1.0, 0.0]], [1.0])])


@pytest.mark.parametrize(
    ("text", "hint"),
    [("Tanh(z)", "did you mean tanh"), ("ARCTAN(z)", "did you mean atan"), ("foo(z)", "called z")],
)
def test_an_unknown_name_is_answered_with_the_one_that_was_meant(text: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        Activation.parse(text)
    assert hint in caught.value.do


@pytest.mark.parametrize("power", [1, 2, 3])
def test_the_rule_of_an_inverse_power_carries_the_power_less_one(power: int) -> None:
    sigma = Activation.parse(f"1/(1+z**2)**{power}")
    script = derivative_goal("d", sigma.expr, sigma.derivative(1), sigma.variable).script
    rule = "rule_inverse " if power == 1 else f"rule_inverse_power {power - 1} "
    assert f"({rule}_ _ _" in script and script.count("rule_inverse") == 1


@pytest.mark.parametrize("start", [1, 2, 4, 8])
@pytest.mark.parametrize("side", [1, -1])
def test_a_supremum_at_the_edge_of_the_finite_part(start: int, side: int) -> None:
    """A narrow bump whose top is between the points that are tried at first, just inside a start of the tails."""
    place = side * (start - sp.Rational(13, 32))
    found = supremum(2 * sp.exp(-400 * (Z - place) ** 2), Z)
    assert found.contains(2) and found.rad() < 1e-3


def test_polynomials_in_exponents_are_multiplied_out_and_nothing_else_is() -> None:
    half = sp.Rational(1, 2)
    terms = exponent_terms(-half * (Z + 1) ** 2)
    assert set(terms) == {(Z**2, -half), (Z, sp.Integer(-1)), (sp.Integer(1), -half)}
    assert exponent_terms(3 * sp.tanh(Z) * (Z + 1)) == [(sp.tanh(Z) * (Z + 1), sp.Integer(3))]
