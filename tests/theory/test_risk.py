import pytest
import sympy as sp
from flint import arb

from theory import risk
from theory.arithmetic import ArbField, compile_arb, evaluate
from theory.expansion import a, m, w, w0

d = sp.Symbol("d", positive=True)


@pytest.mark.parametrize("l", range(5))
def test_cross_moments_collapse_in_every_dimension(l: int) -> None:
    derived, stated = risk.cross_moment(l, d)
    assert risk.vanishes_by_contiguity(derived - stated, d)
    assert not risk.vanishes_by_contiguity(derived - sp.Rational(999, 1000) * stated, d)
    assert not risk.vanishes_by_contiguity(derived + stated, d)


def test_contiguity_needs_one_argument_and_the_right_relation() -> None:
    x = sp.Symbol("x", real=True)
    F = [sp.hyper((), (d / 2 + i,), x) for i in range(3)]
    b = d / 2 + 1
    assert risk.vanishes_by_contiguity(F[0] - F[1] - x / (b * (b - 1)) * F[2], d)
    assert not risk.vanishes_by_contiguity(F[0] - F[1] - x / (b * (b + 1)) * F[2], d)
    assert not risk.vanishes_by_contiguity(F[0] - sp.hyper((), (d / 2,), 2 * x), d)
    assert risk.vanishes_by_contiguity(sp.Integer(0), d)


@pytest.mark.parametrize(("order", "other"), [(p, q) for p in range(3) for q in range(p, 3)])
def test_stated_taylor_moments_are_the_chain_rule(order: int, other: int) -> None:
    derived, stated = risk.taylor_moment(order, other, sp.Integer(5))
    symbols = sorted(stated.free_symbols | derived.free_symbols, key=str)
    point = [sp.Rational(3 + 2 * i, 7) for i in range(len(symbols))]
    sides = [compile_arb(side, symbols, prec=200)(*point) for side in (derived, stated)]
    assert abs(sides[0] - sides[1]) < 1e-40 and abs(sides[1]) > 1e-3


def test_one_neuron_has_second_moment_one_half_of_nothing() -> None:
    """m = 1: E f² = j(0) = 1 whatever the weights, and E f_L² = |w|², E sin² + cos² and the odd part aside."""
    values = {m: 1, a: [-1], w0: [[0.3, -0.2, 1.0]], w: [[0.5, 0.1, 0.2]]}
    field = ArbField(120)
    assert abs(evaluate(risk.second_moment(None, None, 3), values, field) - 1) < 1e-30
    # -2 j'(0) |w|², j'(0) = -1/2.
    assert abs(evaluate(risk.second_moment(1, 1, 3), values, field) - arb("0.3")) < 1e-16


def test_target_moments_agree_with_the_network_being_a_target() -> None:
    """E q² = 1 for one direction, and E f q for the direction of u itself has P_l(1) = 1."""
    values = {
        m: 1,
        a: [1],
        w0: [[0.0, 0.0, 1.0]],
        w: [[0.0, 0.0, 0.0]],
        risk.S: 1,
        risk.gamma: [[0.0, 0.0, 1.0]],
        risk.c: [1.0],
    }
    field = ArbField(120)
    assert abs(evaluate(risk.target_energy(2, 3), values, field) - 1) < 1e-30
    # d = 3: E sin(z) √3 z/√3, z uniform on [-√3, √3]: (sin √3 - √3 cos √3)/√3.
    root = arb(3).sqrt()
    stated = (root.sin() - root * root.cos()) / root
    assert abs(evaluate(risk.target_moment(None, 1, 3), values, field) - stated) < 1e-15
