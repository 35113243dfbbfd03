"""What the smoothness constant and the descent inequality are made of."""

from __future__ import annotations

import pytest
import sympy as sp

from theory import descent
from theory.sums import equal
from verify.exact import vanishes


@pytest.mark.parametrize("which", ["second-order", "full"])
def test_the_hessian_splits_into_two_parts(which: str) -> None:
    derived, stated = descent.hessian_form(which=which)
    assert equal(derived, stated, rules=descent.RULES)
    assert not equal(derived, 2 * stated, rules=descent.RULES)


def test_the_quartic_form_is_derived() -> None:
    derived, stated = descent.quartic_form()
    assert equal(derived, stated, rules=descent.RULES)
    assert not equal(derived, stated / 2, rules=descent.RULES)


def test_cauchy_schwarz_is_a_sum_of_squares() -> None:
    assert equal(*descent.cauchy_schwarz(), rules=descent.RULES)
    assert not equal(*descent.cauchy_schwarz(factor=sp.S.One), rules=descent.RULES)


@pytest.mark.parametrize("pair", [*descent.self_bounding(), *descent.room_of_a_step(), *descent.rate()])
def test_pairs_without_sums(pair: tuple[sp.Expr, sp.Expr]) -> None:
    assert vanishes(pair[0] - pair[1])
    assert not vanishes(pair[0] - 2 * pair[1])


def test_the_room_is_that_of_a_quadratic() -> None:
    """For φ(t) = c - lr G² t + κ lr² G² t²/2 the room is lr² G² (β - κ)/2, and none is left at κ = β."""
    kappa, beta, lr, G = sp.symbols("kappa beta lr G", real=True)
    (_, (_, room)) = descent.room_of_a_step()
    values = {"phi_before": 7, "phi_after": 7 - lr * G**2 + kappa * lr**2 * G**2 / 2}
    found = room.subs({sp.Symbol(name, real=True): value for name, value in values.items()})
    assert vanishes(found - lr**2 * G**2 * (beta - kappa) / 2)


def test_the_rate_is_attained_by_equal_steps() -> None:
    """Steps that use up the descent inequality, with gradients of one size, leave the rate no room."""
    (_, (_, room)) = descent.rate()
    beta, N, g = sp.symbols("beta N g", positive=True)
    last = sp.Symbol("L_0", real=True) - N * g**2 / (2 * beta)
    assert vanishes(room.subs(sp.Symbol("L_N", real=True), last))
