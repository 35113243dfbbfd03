"""The chain of identities, and that each of them breaks when a constant in it is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from theory import duality, loss
from theory.sums import equal

CURVED = duality.curvature_rules()


def test_the_pieces_regroup_by_neurons() -> None:
    assert equal(*duality.separation(), rules=CURVED)
    half = duality.t * duality.lambda4  # c = tλ4 instead of 2tλ4
    assert not equal(*duality.separation(quartic=half), rules=CURVED)


def test_all_linear_parts_are_the_stated_b() -> None:
    left, right = duality.linear_parts()
    assert equal(left, right)
    for symbol in (duality.lambda2, duality.U, duality.rho, duality.gamma, duality.nu):
        doubled = _doubled(right, symbol)
        assert doubled != right and not equal(left, doubled), symbol


def _doubled(expr: sp.Expr, symbol: sp.Expr) -> sp.Expr:
    if isinstance(symbol, sp.IndexedBase):
        return expr.replace(
            lambda node: isinstance(node, sp.Indexed) and node.base == symbol, lambda node: 2 * node
        )
    return expr.subs(symbol, 2 * symbol)


@pytest.mark.parametrize(("factor", "holds"), [(4, True), (2, False), (8, False)])
def test_a_neuron_lies_above_its_bound_with_four_cs_only(factor: int, holds: bool) -> None:
    assert equal(*duality.inner(factor=factor), rules=CURVED) is holds


def test_relaxed_neuron_and_mean_over_signs() -> None:
    assert equal(*duality.inner_relaxed(), rules=CURVED)
    model, length = duality.mean_of_signs()
    assert equal(*model, rules=CURVED)
    assert equal(*length, rules=CURVED)


def test_quadratic_forms_lie_above_their_tangents() -> None:
    assert equal(*duality.tangent(), rules=duality.FORMS)
    for left, right in duality.regularizer_tangents():
        assert equal(left, right, rules=duality.FORMS)
        assert not equal(2 * left, right, rules=duality.FORMS)


def test_squares() -> None:
    for left, right in duality.tangent_of_square():
        assert sp.expand(left - right) == 0
        assert isinstance(sp.factor(right).args[-1], sp.Pow)


@pytest.mark.parametrize("given", loss.LOSSES.values(), ids=list(loss.LOSSES))
def test_young_gap_touches_zero_and_is_convex(given: loss.Loss) -> None:
    assert duality.fenchel_young(given) == (0, 0)
    left, right = duality.young_curvature(given)
    assert sp.simplify((left - right).rewrite(sp.exp)) == 0
    wrong = replace(given, conjugate=given.conjugate + loss.nu**2)
    assert duality.fenchel_young(wrong)[0] != 0
