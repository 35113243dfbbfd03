"""Losses and the loss term: constants, conjugates, gradient and Hessian proved, planted faults, numbers."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import pytest
import sympy as sp

from theory import loss as ls
from theory.arithmetic import MpField, evaluate
from theory.errors import InputError
from theory.expansion import RULES, SIGMA, Pair, X, a, d, generic, l, l2, m, n, q, s, w, w0
from theory.sums import equal

z = sp.Symbol("z", real=True)
HALF = sp.Rational(1, 2)
ACTIVATIONS = {
    "generic": SIGMA,
    "sincos": sp.Lambda(z, sp.sin(z) + sp.cos(z)),
    "tanh-shift": sp.Lambda(z, sp.tanh(z + HALF)),
    "erf-shift": sp.Lambda(z, sp.erf(z + HALF)),
    "softplus-shift": sp.Lambda(z, sp.log(1 + sp.exp(z + HALF))),
}
ELLS: dict[str, ls.Bivariate] = {"generic": ls.ELL, **ls.LOSSES}


def zero(pair: Pair) -> bool:
    return bool(sp.simplify((pair[0] - pair[1]).rewrite(sp.exp)) == 0)


@pytest.mark.parametrize("name", ls.LOSSES)
def test_convexity_smoothness_and_lipschitz(name: str) -> None:
    given = ls.loss(name)
    convex, *others = ls.curvature(given)
    assert all(zero(pair) for pair in (convex, *others, *ls.reality(given)))
    assert len(others) == (2 if given.lipschitz.is_finite else 1)
    assert not zero((2 * convex[0], convex[1]))
    assert sp.diff(given.expr, ls.z, 2).subs(ls.z, ls.y) == given.smoothness  # attained
    low, high = ls.slope_limits(given)
    assert sp.Max(-low, high) == given.lipschitz


def test_a_concave_loss_has_imaginary_roots() -> None:
    """-log cosh passes every identity of squares with the root i sech; only that it is not real gives it away."""
    root = sp.I / sp.cosh(ls.z - ls.y)
    concave = replace(ls.LOGCOSH, expr=-ls.LOGCOSH.expr, roots=(root, sp.sqrt(1 - root**2), root / sp.I))
    assert all(zero(pair) for pair in ls.curvature(concave))
    assert [zero(pair) for pair in ls.reality(concave)] == [False, True, True]


@pytest.mark.parametrize("name", ls.LOSSES)
def test_conjugate_from_its_definition(name: str) -> None:
    stationary, value = ls.fenchel(ls.loss(name))
    assert sp.simplify(stationary[0] - stationary[1]) == 0
    assert sp.simplify(value[0] - value[1]) == 0
    assert sp.simplify(value[0] - 2 * value[1]) != 0


@pytest.mark.parametrize("name", ls.LOSSES)
def test_chart_covers_the_domain(name: str) -> None:
    given = ls.loss(name)
    assert sp.limit(given.chart, ls.alpha, 0) == given.domain.inf
    assert sp.limit(given.chart, ls.alpha, sp.oo) == given.domain.sup
    assert sp.simplify(sp.diff(given.chart, ls.alpha)).is_positive


def test_conjugate_dominates_every_affine_value() -> None:
    """Fenchel-Young: ν z - ℓ(y,z) ≤ ℓ*(ν) on a grid, and ℓ*(ν) is nearly attained."""
    field = MpField(40)
    for given in ls.LOSSES.values():
        for nu in (sp.Rational(-9, 10), sp.Rational(1, 3), sp.Rational(1, 2)):
            star = evaluate(given.conjugate, {ls.nu: nu, ls.y: sp.Rational(2, 5)}, field)
            affine = ls.nu * ls.z - given.expr
            values = [
                evaluate(affine, {ls.nu: nu, ls.y: sp.Rational(2, 5), ls.z: sp.Rational(k, 20)}, field)
                for k in range(-60, 61)
            ]
            assert max(values) <= star + mpmath.mpf(10) ** -35  # rounding at 40 digits
            assert max(values) > star - mpmath.mpf(10) ** -2  # the grid step is 0.05


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", ELLS)
def test_gradient_and_hessian_are_proved(name: str, activation: str) -> None:
    ell, sigma = ELLS[name], ACTIVATIONS[activation]
    assert equal(*ls.gradient_pair(ell, sigma), rules=RULES)
    assert equal(*ls.hessian_pair(ell, sigma), rules=RULES)


def test_planted_faults_are_not_provable() -> None:
    gradient, stated = ls.gradient_pair()
    assert not equal(gradient, stated * sp.sqrt(m), rules=RULES)  # m^{-1/2} dropped
    assert not equal(gradient, stated * n, rules=RULES)  # 1/n dropped
    swapped = stated.replace(generic("sigma", 1), generic("sigma", 2))
    assert not equal(gradient, swapped, rules=RULES)  # σ' → σ''
    assert not equal(gradient, stated.subs(q, s), rules=RULES)  # another neuron
    hessian, stated = ls.hessian_pair()
    assert not equal(hessian, stated.subs(sp.KroneckerDelta(q, s), 1), rules=RULES)  # δ_{qs} dropped
    assert not equal(hessian, stated.replace(generic("sigma", 2), generic("sigma", 1)), rules=RULES)
    halved = stated.replace(generic("ell", 2, 2), lambda *args: generic("ell", 2, 2)(*args) / 2)
    assert not equal(hessian, halved, rules=RULES)


@pytest.mark.parametrize("name", ls.LOSSES)
def test_numbers_by_difference_quotients(name: str) -> None:
    field, sigma, given = MpField(60), ACTIVATIONS["sincos"], ls.loss(name)
    movement = [[sp.Rational(1, 2), -1], [sp.Rational(2, 3), sp.Rational(3, 4)]]
    data = {
        m: 2, d: 2, n: 2, a: [1, -1], w0: [[sp.Rational(3, 5), sp.Rational(4, 5)], [1, 0]], w: movement,
        X: [[1, 1], [sp.Rational(7, 5), sp.Rational(-1, 5)]], ls.Y: [sp.Rational(1, 3), 2],
    }  # fmt: skip
    value, h = ls.empirical_loss(given, sigma), sp.Rational(1, 10**15)

    def shifted(one: int, two: int) -> mpmath.mpf:
        moved = [list(row) for row in movement]
        moved[0][1] += one * h
        moved[1][0] += two * h
        return evaluate(value, {**data, w: moved}, field)

    with mpmath.workdps(60):
        step = mpmath.mpf(10) ** -15
        slope = (shifted(1, 0) - shifted(-1, 0)) / (2 * step)
        cross = sum(e * f * shifted(e, f) for e in (1, -1) for f in (1, -1)) / (4 * step**2)
        for expr in ls.gradient_pair(given, sigma):
            assert abs(evaluate(expr, {**data, q: 1, l: 2}, field) - slope) < mpmath.mpf(10) ** -25
        for expr in ls.hessian_pair(given, sigma):
            at = {**data, q: 1, l: 2, s: 2, l2: 1}
            assert abs(evaluate(expr, at, field) - cross) < mpmath.mpf(10) ** -25


def test_a_loss_is_a_function_of_label_and_prediction() -> None:
    assert ls.SQUARED(ls.z, ls.y) == (ls.y - ls.z) ** 2  # swapped names do not collide
    assert ls.loss_derivative(ls.SQUARED, 1)(sp.Integer(1), sp.Integer(4)) == 6


def test_unknown_loss_is_named() -> None:
    with pytest.raises(InputError, match="hinge"):
        ls.loss("hinge")
