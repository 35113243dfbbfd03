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


@pytest.mark.parametrize("pair", [*descent.self_bounding(), descent.taylor_remainder(), descent.descent()])
def test_pairs_without_sums(pair: tuple[sp.Expr, sp.Expr]) -> None:
    assert vanishes(pair[0] - pair[1])
    assert not vanishes(pair[0] - 2 * pair[1])
