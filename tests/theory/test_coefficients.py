"""All coefficients at once: against adaptive integration and exact values, and honest balls at low accuracy."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import coefficients, sphere
from theory.arithmetic import UndecidedError, compile_arb, working_precision
from theory.coefficients import eigenvalue_ball, gegenbauer_coefficients, hermite_coefficient
from theory.errors import InputError
from theory.gegenbauer import gegenbauer_coefficient, sincos_coefficient

Z = sp.Symbol("z", real=True)
H = sp.Rational(1, 2)
SIGMA = sp.cos(Z) - sp.sin(Z)
FUNCTIONS = (
    sp.tanh(Z + H),
    1 - sp.tanh(Z + H) ** 2,
    sp.exp(-((Z + H) ** 2)),
    1 / (1 + sp.exp(-Z - H)),
    sp.sqrt(1 + Z**2) - Z / 3,  # branch points at ±i
    1 / (1 + 9 * Z**2) + Z**3,  # poles at ±i/3, where most strips end
    sp.atan(2 * Z - 1),
)


@pytest.mark.parametrize("d", [3, 4, 11, 200])
@pytest.mark.parametrize("g", FUNCTIONS, ids=str)
def test_against_adaptive_integration(g: sp.Expr, d: int) -> None:
    found = gegenbauer_coefficients(g, Z, 5, d)
    for l, value in enumerate(found.mu):
        truth = gegenbauer_coefficient(g, Z, l, d, prec=192)
        assert value.overlaps(truth)
        # The error aimed at is 2^-128 d^-5/2; rounding at 160 bits is far below.
        assert value.rad() < 1e-37
    assert found.energy.overlaps(gegenbauer_coefficient(g * g, Z, 0, d, prec=192))


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 500))
def test_against_the_closed_form(d: int) -> None:
    found = gegenbauer_coefficients(SIGMA, Z, 7, d)
    for l, value in enumerate(found.mu):
        truth = sincos_coefficient(l, 1, d, prec=256)
        assert value.overlaps(truth)
        assert value.rel_accuracy_bits() > 90  # 1e-27, also where μ_l is 1e-10 or so
    with working_precision(160):
        assert found.energy.contains(1)
        assert found.c(3).overlaps(found.mu[3] ** 2 * int(sphere.B(sp.Integer(d), 3)))


@pytest.mark.parametrize("d", [3, 5, 40])
def test_polynomials_have_rational_coefficients(d: int) -> None:
    g = 3 * Z**4 - Z**3 + Z / 2 + 2
    found = gegenbauer_coefficients(g, Z, 6, d)
    with working_precision(200):
        for l, value in enumerate(found.mu):
            assert value.overlaps(compile_arb(sphere.mu(l, g, Z, sp.Integer(d)), [], prec=200)())
        energy = sphere.expect(g**2, Z, sp.Integer(d))
        assert found.energy.overlaps(arb(fmpq(int(energy.p), int(energy.q))))


@pytest.mark.parametrize("d", [3, 4, 12, 90])
@pytest.mark.parametrize("g", FUNCTIONS, ids=str)
def test_balls_are_honest_at_low_accuracy(g: sp.Expr, d: int) -> None:
    """At 40 bits the rule has an error of about 1e-4 of its terms: the ball must admit it."""
    coarse = gegenbauer_coefficients(g, Z, 4, d, prec=40)
    for l, value in enumerate(coarse.mu):
        assert value.contains(gegenbauer_coefficient(g, Z, l, d, prec=160))
    assert coarse.energy.contains(gegenbauer_coefficient(g * g, Z, 0, d, prec=160))


@pytest.mark.parametrize("d", [3, 12, 90])
@pytest.mark.parametrize(("step", "end"), [(0.8, 30.0), (0.4, 30.0), (0.02, 0.3), (0.02, 0.8)])
def test_each_part_of_the_error_is_admitted(d: int, step: float, end: float) -> None:
    """A coarse step with every node, and a fine step with too few: each has an error far above rounding."""
    g = 1 / (1 + 9 * Z**2) + Z / 5
    height, bound = coefficients._rectangle(g, Z, 16)  # the rule's parts: a caller always gets both small
    rule = coefficients._Rule(arb(step), round(end / step), arb(height / d**0.5) * 0.9, bound)
    with working_precision(128):
        moments, energy = coefficients._moments(compile_arb(g, [Z], prec=128), 2, d, rule)
        u = Z / sp.sqrt(d)
        for p, value in enumerate(moments):
            assert value.contains(gegenbauer_coefficient(g * u**p, Z, 0, d, prec=160))
        assert energy.contains(gegenbauer_coefficient(g * g, Z, 0, d, prec=160))


def test_a_singularity_on_or_near_the_line_is_refused() -> None:
    for g in (1 / (Z - 1), 1 / (1 + 1000 * Z**2), sp.sqrt(Z**2 + sp.Rational(1, 900))):
        with pytest.raises(UndecidedError, match="gegenbauer_coefficient"):
            gegenbauer_coefficients(g, Z, 2, 5)


@pytest.mark.parametrize("l", range(9))
def test_hermite_coefficients_of_the_default_activation(l: int) -> None:
    """E σ'(g) He_l(g) = E σ^{(l+1)}(g) = ±e^{-1/2}, as E sin g = 0 and E cos g = e^{-1/2}."""
    value = hermite_coefficient(SIGMA, Z, l, supremum=arb(2).sqrt())
    sign = (1, -1, -1, 1)[l % 4]
    with working_precision(160):
        assert value.overlaps(sign * (arb(-1) / 2).exp())
        assert value.rad() < 1e-40


@pytest.mark.parametrize("reach", [3, 4, 18])
def test_the_tail_is_in_the_ball(reach: int) -> None:
    """A cut at 3 standard deviations leaves out 1e-2 for He_3; the ball must still contain the whole integral."""
    g = 1 + sp.tanh(Z + H)
    for l in (0, 1, 3, 4):
        value = hermite_coefficient(g, Z, l, supremum=arb(2), reach=reach)
        with mpmath.workdps(30), working_precision(160):
            truth = mpmath.quad(
                lambda x, l=l: (1 + mpmath.tanh(x + 0.5)) * mpmath.hermite(l, x / mpmath.sqrt(2))
                / mpmath.sqrt(2) ** l * mpmath.npdf(x),
                [-16, -4, 0, 4, 16],
            )  # fmt: skip
            # The quadrature is good to 1e-18; the ball is wider at a small reach.
            assert abs(value.mid() - arb(str(truth))) < 1e-18 + value.rad()
        assert reach < 10 or value.rad() < 1e-40


def test_eigenvalue_from_balls() -> None:
    c = {l: arb(1) / (l + 1) for l in range(4)}
    assert eigenvalue_ball(0, 5, c).overlaps(c[1])
    assert eigenvalue_ball(1, 5, c).overlaps(1 + arb(2) / 21)
    # d = 3, j = 2: (3/5) [ (2/3) c_1 + (3/7) c_3 ].
    assert eigenvalue_ball(2, 3, c).overlaps(
        arb(fmpq(3, 5)) * (arb(fmpq(2, 3)) * c[1] + arb(fmpq(3, 7)) * c[3])
    )


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="d = 2"):
        gegenbauer_coefficients(SIGMA, Z, 3, 2)
    with pytest.raises(InputError, match="l = -1"):
        gegenbauer_coefficients(SIGMA, Z, -1, 5)
    with pytest.raises(InputError, match="l = 9"):
        hermite_coefficient(SIGMA, Z, 9, supremum=arb(2), reach=4)
    with pytest.raises(InputError, match="-1"):
        eigenvalue_ball(-1, 5, {0: arb(1)})
