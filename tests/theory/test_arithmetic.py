"""The exact compilers: one walk, three number systems, no rounding that is not accounted for."""

import cmath
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp
from flint import acb, arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.arithmetic import (
    AcbField,
    ArbField,
    MpField,
    UndecidedError,
    compile_acb,
    compile_arb,
    compile_expression,
    compile_mp,
    contains,
    endpoints,
    equal,
    equal_within,
    evaluate,
    less,
    less_equal,
    working_precision,
)
from theory.errors import InputError

X, Y = sp.symbols("x y", real=True)
M, D = sp.symbols("m d", integer=True, positive=True)
R, S, I, J = sp.symbols("r s i j", integer=True)
W, A = sp.IndexedBase("w"), sp.IndexedBase("a")
BALLS = ArbField(128)

FUNCTIONS = [sp.exp, sp.sin, sp.cos, sp.tan, sp.sinh, sp.cosh, sp.tanh, sp.atan, sp.asinh, sp.erf, sp.erfc]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_elementary_functions_against_mpmath(function):
    value = compile_arb(function(X), [X])(Fraction(3, 7))
    with mpmath.workdps(50):
        truth = getattr(mpmath, function.__name__)(mpmath.mpf(3) / 7)
        assert abs(mpmath.mpf(value.mid().str(45, radius=False)) - truth) < mpmath.mpf(10) ** -36
    assert value.rad() < 1e-35


@pytest.mark.parametrize(
    ("expr", "truth"),
    [
        (sp.Rational(1, 3) * X, 0.5 / 3),
        (X**7, 0.5**7),
        (X**-2, 4.0),
        (X ** sp.Rational(3, 2), 0.5**1.5),
        (X ** sp.Rational(-5, 3), 0.5 ** (-5 / 3)),
        (X**sp.pi, 0.5**math.pi),
        (2**X, 2**0.5),
        (sp.log(X), math.log(0.5)),
        (sp.Abs(-X), 0.5),
        (sp.gamma(X), math.gamma(0.5)),
        (sp.loggamma(X), math.lgamma(0.5)),
        (sp.factorial(X, evaluate=False), math.gamma(1.5)),
        (sp.binomial(X, 3), 0.5 * -0.5 * -1.5 / 6),
        (sp.RisingFactorial(X, 3, evaluate=False), 0.5 * 1.5 * 2.5),
        (sp.hyper((), (X,), -1), float(mpmath.hyp0f1(0.5, -1))),
        (sp.hyper((1,), (X,), -1), float(mpmath.hyp1f1(1, 0.5, -1))),
        (sp.E + sp.pi + sp.EulerGamma + X, math.e + math.pi + 0.5772156649015329 + 0.5),
    ],
)
def test_nodes_against_known_values(expr, truth):
    assert float(compile_arb(expr, [X])(0.5).mid()) == pytest.approx(truth, rel=1e-14)
    assert float(compile_mp(expr, [X], dps=30)(0.5)) == pytest.approx(truth, rel=1e-14)


def _expressions():
    leaves = st.sampled_from([X, X, sp.Integer(2), sp.Rational(1, 3), sp.pi])
    unary = [
        sp.sin,
        sp.cos,
        sp.tanh,
        sp.atan,
        sp.erf,
        lambda u: sp.sqrt(1 + u**2),
        lambda u: 1 / (2 + sp.sin(u)),
    ]

    def grow(inner):
        return st.one_of(
            st.builds(lambda f, u: f(u), st.sampled_from(unary), inner),
            st.builds(
                lambda f, u, v: f(u, v),
                st.sampled_from([lambda u, v: u + v, lambda u, v: u * v]),
                inner,
                inner,
            ),
        )

    return st.recursive(leaves, grow, max_leaves=6)


@settings(max_examples=150, deadline=None)
@given(_expressions(), st.floats(-3, 3))
def test_the_ball_contains_the_value_at_higher_precision(expr, x):
    ball = compile_arb(expr, [X], prec=64)(x)
    value = compile_mp(expr, [X], dps=60)(x)
    with working_precision(200):
        # 60 digits are exact to 1e-50 here, far below the radius of any 64-bit ball of this size.
        assert ball.is_finite()
        assert (ball - arb(value)).contains(0) or abs(ball - arb(value)) < 1e-50
        wide = compile_arb(expr, [X], prec=64)(arb(x, 0.25))
        assert not less(wide, arb(value)) and not less(arb(value), wide)


@settings(max_examples=60, deadline=None)
@given(_expressions(), st.floats(-2, 2))
def test_complex_balls_agree_with_real_ones_on_the_line(expr, x):
    f = compile_acb(expr, [X])
    real = compile_arb(expr, [X])(x)
    for analytic in (False, True):
        assert f(x, analytic=analytic).real.overlaps(real)
        assert f(x, analytic=analytic).imag.contains(0)


def test_complex_values_and_branch_cuts():
    f = compile_acb(sp.log(X) * sp.sqrt(X) + sp.I, [X])
    truth = cmath.log(1 + 2j) * cmath.sqrt(1 + 2j) + 1j
    assert abs(complex(float(f(1 + 2j).real.mid()), float(f(1 + 2j).imag.mid())) - truth) < 1e-14
    across = acb(-1, arb(0, 0.5))
    beside = acb(-1, arb(2, 0.5))
    for expr in (sp.log(X), sp.sqrt(X), X ** sp.Rational(1, 3), X**sp.pi):
        g = compile_acb(expr, [X])
        assert g(across).is_finite()
        assert not g(across, analytic=True).is_finite()
        assert g(beside, analytic=True).is_finite()
    h = compile_acb(sp.atan(X), [X])
    assert not h(acb(arb(0, 0.5), 2), analytic=True).is_finite()
    assert h(acb(arb(0, 0.5), 0.5), analytic=True).is_finite()
    assert not compile_acb(sp.tanh(X), [X])(acb(0, arb(1.5, 0.2))).is_finite()


def test_floats_enter_as_the_dyadic_numbers_that_they_are():
    value = compile_arb(X, [X])(0.1)
    assert value.is_exact() and value == arb(0.1)
    with working_precision(200):
        assert not (10 * value).contains(1)
    assert compile_arb(X, [X])(np.float32(0.5)) == arb(0.5)
    third = compile_arb(X, [X], prec=200)(Fraction(1, 3))
    with working_precision(300):
        assert (3 * third - 1).contains(0) and third.rad() < 1e-55


@pytest.mark.parametrize("bad", [True, "1", math.nan, math.inf, None, 1j])
def test_refuses_values_that_are_no_numbers(bad):
    with pytest.raises(InputError, match="allowed"):
        compile_arb(X, [X])(bad)


@pytest.mark.parametrize(
    "expr",
    [
        sp.Float(0.5) * X,
        X ** sp.Float(2.0),
        X + Y,
        sp.Function("f")(X),
        sp.zeta(X),
        W[1, 1],
        sp.I * X,
        sp.Derivative(sp.Function("f")(X), X),
        sp.Sum(X, (R, 1, M)),
        sp.Sum(W[R, X], (R, 1, 2)),
    ],
)
def test_refuses_nodes_outside_the_language(expr):
    with pytest.raises(InputError):
        compile_arb(expr, [X])


def test_undefined_functions_are_called_on_field_elements():
    f = sp.Function("f")
    expr = sp.Sum(f(X + R) / 3, (R, 1, M))
    by_class = evaluate(expr, {X: 2, M: 3}, BALLS, functions={f: lambda u: u * u})
    by_name = evaluate(expr, {X: 2, M: 3}, MpField(30), functions={"f": lambda u: u * u})
    assert (3 * by_class).contains(50) and by_class.rad() < 1e-30
    assert abs(by_name - mpmath.mpf(50) / 3) < 1e-14


WEIGHTS = [[1, 2.5, -3], [0.25, 4, 7]]


def test_indexed_sums_against_loops():
    norm = sp.Sum(sp.Sum(W[R, I] ** 2, (I, 1, D)) ** 2, (R, 1, M))
    gradient = sp.diff(norm, W[S, J])
    w = np.array(WEIGHTS)
    truth = float(((w**2).sum(1) ** 2).sum())
    assert evaluate(norm, {M: 2, D: 3, W: WEIGHTS}, BALLS) == arb(truth)  # all values are short dyadics
    assert evaluate(norm, {M: 2, D: 3, W: w}, BALLS) == arb(truth)
    exact = 4 * (w**2).sum(1)[:, None] * w
    for s in (1, 2):
        for j in (1, 2, 3):
            value = evaluate(gradient, {M: 2, D: 3, W: WEIGHTS, S: s, J: j}, BALLS)
            assert value == arb(float(exact[s - 1, j - 1]))


def test_inner_limits_may_depend_on_outer_indices():
    expr = sp.Sum(10 * R + S, (S, 1, R), (R, 1, M))
    truth = sum(10 * r + s for r in range(1, 5) for s in range(1, r + 1))
    assert evaluate(expr, {M: 4}, BALLS) == truth
    assert evaluate(sp.Product(R + X, (R, 1, M)), {M: 3, X: 2}, BALLS) == 60
    assert evaluate(sp.Sum(R, (R, 1, M - 1)), {M: 1}, BALLS) == 0
    with pytest.raises(InputError, match="range"):
        evaluate(sp.Sum(R, (R, 1, M - 3)), {M: 1}, BALLS)


def test_an_index_shadows_an_argument_only_inside_its_sum():
    assert evaluate(sp.Sum(R, (R, 1, 3)) + 100 * R, {R: 7}, BALLS) == 706


def test_indices_count_from_one_and_never_wrap():
    assert evaluate(A[1], {A: [10, 20]}, BALLS) == 10
    assert evaluate(A[R + 1], {A: [10, 20], R: 1}, BALLS) == 20
    for index in (0, -1, 3):
        with pytest.raises(InputError, match="index"):
            evaluate(A[R], {A: [10, 20], R: index}, BALLS)
    with pytest.raises(InputError, match="no axis"):
        evaluate(W[1, 1], {W: [1, 2]}, BALLS)
    with pytest.raises(InputError, match="integer"):
        evaluate(A[R], {A: [10, 20], R: 1.5}, BALLS)
    with pytest.raises(InputError, match="integer is needed"):
        evaluate(A[R / 2], {A: [10, 20], R: 3}, BALLS)
    assert evaluate(A[R / 2], {A: [10, 20], R: 4}, BALLS) == 20


def test_deltas_piecewise_and_relations():
    k = sp.KroneckerDelta
    assert evaluate(sp.Sum(k(R, S) * A[R], (R, 1, 3)), {A: [5, 6, 7], S: 2}, BALLS) == 6
    # A vanishing delta settles its product, so the other factors need not exist.
    assert evaluate(k(R, 1) * A[R], {A: [5], R: 4}, BALLS) == 0
    assert evaluate(k(R, S), {R: 2, S: 2}, BALLS) == 1
    cases = sp.Piecewise((1, sp.Eq(R, 1)), (2, (R >= 3) & (R < 5)), (3, True))
    assert [int(evaluate(cases, {R: r}, BALLS).unique_fmpz()) for r in range(1, 6)] == [1, 3, 2, 2, 3]
    on_balls = sp.Piecewise((1, X < 0), (2, True))
    assert evaluate(on_balls, {X: -0.5}, BALLS) == 1
    assert evaluate(on_balls, {X: 0}, BALLS) == 2
    with pytest.raises(UndecidedError, match="overlap"):
        evaluate(on_balls, {X: arb(0, 1)}, BALLS)
    negated = sp.Piecewise((1, sp.Or(sp.Ne(R, 2), R > 7)), (0, True))
    assert [int(evaluate(negated, {R: r}, BALLS).unique_fmpz()) for r in (1, 2, 8)] == [1, 0, 1]


@pytest.mark.parametrize(("n", "k", "truth"), [(5, 2, 10), (5, 0, 1), (5, -1, 0), (2, 4, 0), (-3, 2, 6)])
def test_binomials_of_integers(n, k, truth):
    assert evaluate(sp.binomial(R, S), {R: n, S: k}, BALLS) == truth


def test_precision_is_restored_even_after_an_error():
    before = ctx.prec
    f = compile_arb(A[R] + X, [A, R, X], prec=300)
    assert f([1], 1, Fraction(1, 3)).rad() < 1e-80
    with pytest.raises(InputError):
        f([1], 2, 1)
    assert ctx.prec == before
    mp_before = mpmath.mp.dps
    compile_mp(sp.exp(X), [X], dps=80)(1)
    assert mpmath.mp.dps == mp_before


def test_even_powers_of_balls_around_zero_stay_nonnegative():
    f = compile_arb(sp.sqrt(1 + X**2), [X])
    assert f(arb(0, 3)).is_finite()
    assert compile_arb(X**2, [X])(arb(0, 1)) >= 0
    assert compile_arb(X**4, [X])(arb(0.5, 2)).contains(arb(2.5) ** 4)
    assert compile_arb(X**3, [X])(arb(0, 1)).contains(-1)
    assert not compile_arb(1 / X, [X])(arb(0, 1)).is_finite()


def test_real_fields_have_no_roots_of_negative_numbers():
    for expr in (sp.sqrt(X), X ** sp.Rational(1, 3), sp.log(X), X**sp.pi):
        assert not compile_arb(expr, [X])(-2).is_finite()
        assert mpmath.isnan(compile_mp(expr, [X], dps=20)(-2))


def test_comparisons_are_three_valued():
    one, wide = arb(1), arb(1, 0.5)
    assert less(one, arb(2)) is True and less(arb(2), one) is False and less(one, wide) is None
    assert less(one, one) is False and less_equal(one, one) is True
    assert less_equal(wide, one) is None and less_equal(arb(2), one) is False
    assert equal(one, one) is True and equal(wide, wide) is None and equal(one, arb(2)) is False
    assert equal_within(one, arb(1.25), 0.5) is True and equal_within(one, arb(3), 0.5) is False
    assert equal_within(one, arb(1.5, 0.1), 0.5) is None
    assert less(arb.nan(), one) is None and equal(arb.nan(), one) is None
    assert contains(wide, 0.75) and not contains(wide, 2) and not contains(arb.nan(), 1)
    low, high = endpoints(wide)
    assert low <= arb(0.5) and high >= arb(1.5)


def test_every_field_evaluates_the_same_expression():
    expr = sp.hyper((), (D / 2,), -D / 4) * sp.sqrt(X) + sp.Sum(A[R] ** 2, (R, 1, M))
    values = {D: 7, X: Fraction(2, 3), A: [0.5, 1.5], M: 2}
    ball, number, wave = (evaluate(expr, values, field) for field in (BALLS, MpField(30), AcbField(128)))
    assert abs(float(ball.mid()) - float(number)) < 1e-14
    assert wave.real.overlaps(ball)


def test_wrong_number_of_arguments_is_an_error():
    with pytest.raises(TypeError, match="expected 2 arguments"):
        compile_expression(X + Y, [X, Y], BALLS)(1)
