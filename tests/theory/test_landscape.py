"""The landscape identity: every coefficient matters, and the pieces mean what their names say."""

from __future__ import annotations

import pytest
import sympy as sp

from theory import landscape
from theory.errors import InputError
from theory.sums import equal


@pytest.mark.parametrize("which", landscape.MODELS)
def test_the_identity_is_proved(which: str) -> None:
    assert equal(*landscape.identity(which=which), rules=landscape.RULES)


@pytest.mark.parametrize("name", [name for name in landscape.COEFFICIENTS if name != "Taylor remainder"])
def test_no_coefficient_can_be_halved(name: str) -> None:
    wrong = {**landscape.COEFFICIENTS, name: landscape.COEFFICIENTS[name] / 2}
    assert not equal(*landscape.identity(coefficients=wrong), rules=landscape.RULES)


def test_the_full_network_needs_its_remainder() -> None:
    rest = {name: one for name, one in landscape.COEFFICIENTS.items() if name != "Taylor remainder"}
    assert not equal(*landscape.identity(which="full", coefficients=rest), rules=landscape.RULES)


def test_signs_leave_the_diagonal_blocks() -> None:
    derived, stated = landscape.curvature_pair()
    assert equal(derived, stated, rules=landscape.RULES)
    assert not equal(derived, 2 * stated, rules=landscape.RULES)


def test_signs_enumerated_at_a_small_size() -> None:
    """All 4 sign vectors at m = 2, d = n = 1, without the rule E S_r S_s = δ_rs."""
    every, stated = landscape.curvature_pair_enumerated(2, 1, 1)
    assert sp.expand(every - stated) == 0
    assert sp.expand(stated) != 0


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_regularizers_at_a_stationary_point(number: int) -> None:
    derived, stated = landscape.regularizer_pair(number)
    assert equal(derived, stated, rules=landscape.RULES)
    assert not equal(2 * derived, stated, rules=landscape.RULES)


def test_the_saddle_has_no_gradient_and_block_curvature() -> None:
    pairs = landscape.at_zero()
    assert all(equal(*pair, rules=landscape.RULES) for pair in pairs.values())
    derived, stated = pairs["Hessian at W = 0"]
    assert not equal(derived, -stated, rules=landscape.RULES)


def test_bad_names() -> None:
    with pytest.raises(InputError, match="model 'cubic'"):
        landscape.model(which="cubic")
    with pytest.raises(InputError, match="regularizer term 5"):
        landscape.stated_regularizer_terms(5)
