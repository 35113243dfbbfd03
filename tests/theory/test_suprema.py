"""Suprema over the whole line: known values, honest failures, and the laws of tails that they rest on."""

import math

import pytest
import sympy as sp
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.arithmetic import UndecidedError, compile_arb, compile_mp, working_precision
from theory.errors import InputError
from theory.forms import cancelled, is_identically_zero, parity, with_exponentials
from theory.suprema import constant_sign, supremum
from theory.tails import UnboundedError, tail

Z = sp.Symbol("z", real=True)
H = sp.Rational(1, 2)
SIGMOID = 1 / (1 + sp.exp(-Z))
GELU = Z / 2 * (1 + sp.erf(Z / sp.sqrt(2)))
SOFTPLUS = sp.log(1 + sp.exp(Z))

# Exact suprema of derivatives, worked out by hand from the zeros of the next derivative.
KNOWN = [
    (sp.sin(Z) + sp.cos(Z), 1, sp.sqrt(2)),
    (sp.sin(Z) + sp.cos(Z), 2, sp.sqrt(2)),
    (sp.sin(Z) + sp.cos(Z), 3, sp.sqrt(2)),
    (sp.tanh(Z + H), 0, sp.Integer(1)),
    (sp.tanh(Z + H), 1, sp.Integer(1)),
    (sp.tanh(Z + H), 2, 4 / (3 * sp.sqrt(3))),
    (sp.tanh(Z + H), 3, sp.Integer(2)),
    (sp.erf(Z + H), 1, 2 / sp.sqrt(sp.pi)),
    (sp.erf(Z + H), 2, 2 * sp.sqrt(2) * sp.exp(-H) / sp.sqrt(sp.pi)),
    (sp.erf(Z + H), 3, 4 / sp.sqrt(sp.pi)),
    (sp.log(1 + sp.exp(Z + H)), 1, sp.Integer(1)),
    (sp.log(1 + sp.exp(Z + H)), 2, sp.Rational(1, 4)),
    (sp.log(1 + sp.exp(Z + H)), 3, 1 / (6 * sp.sqrt(3))),
    (SOFTPLUS, 3, 1 / (6 * sp.sqrt(3))),
    (GELU, 1, sp.erf(1) / 2 + H + sp.exp(-1) / sp.sqrt(sp.pi)),
    (GELU, 2, sp.sqrt(2 / sp.pi)),
    (Z * SIGMOID, 2, H),
    (sp.atan(Z), 0, sp.pi / 2),
    (sp.atan(Z), 1, sp.Integer(1)),
    (sp.atan(Z), 2, 3 * sp.sqrt(3) / 8),
    (sp.atan(Z), 3, sp.Integer(2)),
    (Z / sp.sqrt(1 + Z**2), 0, sp.Integer(1)),
    (Z / sp.sqrt(1 + Z**2), 1, sp.Integer(1)),
    (Z / sp.sqrt(1 + Z**2), 2, 48 * sp.sqrt(5) / 125),
    (Z / sp.sqrt(1 + Z**2), 3, sp.Integer(3)),
    (sp.log(1 + Z**2), 1, sp.Integer(1)),
    (sp.log(1 + Z**2), 2, sp.Integer(2)),
    (sp.sin(Z) + sp.sin(sp.sqrt(2) * Z), 1, 1 + sp.sqrt(2)),
    (Z * sp.exp(-(Z**2) / 2), 0, sp.exp(-H)),
    (Z**2, 2, sp.Integer(2)),
    (Z, 2, sp.Integer(0)),
    (sp.sin(sp.pi * Z) + sp.cos(2 * sp.pi * Z), 0, sp.Integer(2)),
    (sp.sin(sp.sin(Z)), 0, sp.sin(1)),
    (sp.sin(Z) / (2 + sp.cos(Z)), 0, 1 / sp.sqrt(3)),
    (sp.tanh(100 * Z), 3, sp.Integer(2 * 10**6)),
    (sp.tanh(Z / 1000), 1, sp.Rational(1, 1000)),
    (sp.exp(-sp.sqrt(1 + Z**2)), 0, sp.exp(-1)),
    (1 / sp.cosh(Z), 0, sp.Integer(1)),
    # One-sided peaks at irrational places: both halves of the line are searched.
    (sp.exp(-((Z + sp.pi) ** 2)), 0, sp.Integer(1)),
    (sp.exp(-((Z - sp.pi) ** 2)), 0, sp.Integer(1)),
]


@pytest.mark.parametrize(("sigma", "order", "truth"), KNOWN, ids=lambda v: str(v)[:30])
def test_known_suprema(sigma, order, truth):
    expr = sp.diff(sigma, Z, order)
    ball = supremum(expr, Z)
    exact = compile_arb(truth, [])()
    assert ball.contains(exact) or ball.overlaps(exact)
    assert ball.rad() <= 1e-8 * abs(exact.mid())


CASES = [
    *(
        Z * SIGMOID,
        GELU,
        sp.sin(Z) + sp.exp(-(Z**2)),
        sp.sin(Z) + sp.sin(sp.sqrt(2) * Z),
        sp.erf(Z),
        sp.log(1 + Z**2),
    ),
    *(Z * sp.tanh(SOFTPLUS), Z * sp.tanh(Z), sp.sin(3 * Z / 2) + sp.cos(Z / 3), sp.log(2 + sp.sin(Z))),
]
BOUNDS = {(i, j): supremum(sp.diff(f, Z, j), Z) for i, f in enumerate(CASES) for j in (1, 2)}
POINTWISE = {key: compile_arb(sp.diff(CASES[key[0]], Z, key[1]), [Z]) for key in BOUNDS}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(BOUNDS)), st.one_of(st.floats(-10, 10), st.floats(-300, 300)))
def test_no_point_exceeds_the_enclosure(key, z):
    assert not abs(POINTWISE[key](z)) > BOUNDS[key].upper()


@pytest.mark.parametrize("key", sorted(BOUNDS), ids=str)
def test_the_lower_end_is_reached(key):
    # The largest of many ordinary floats must come near the enclosure from below.
    f = compile_mp(sp.diff(CASES[key[0]], Z, key[1]), [Z], dps=20)
    largest = max(abs(f(k / 64)) for k in range(-1280, 1281))
    oscillates = key[0] == 3
    assert float(BOUNDS[key].lower()) <= float(largest) * (1 + (0.1 if oscillates else 2e-3))
    assert oscillates or BOUNDS[key].rad() <= 1e-8 * BOUNDS[key].mid()


@pytest.mark.parametrize(
    "expr", [Z, Z**2, sp.exp(Z), sp.exp(-Z), Z * sp.tanh(Z), 2**Z, SOFTPLUS, Z * SIGMOID, sp.cosh(Z)]
)
def test_unbounded_functions_are_named(expr):
    with pytest.raises(InputError, match="unbounded"):
        supremum(expr, Z)


@pytest.mark.parametrize("expr", [Z * sp.sin(Z), sp.log(1 + Z**2), 1 / Z, sp.tan(Z), sp.sin(Z) * sp.exp(Z)])
def test_what_has_no_argument_is_undecided_never_guessed(expr):
    with pytest.raises(UndecidedError):
        supremum(expr, Z)


def test_the_precision_of_the_caller_is_restored():
    before = ctx.prec
    supremum(sp.cos(Z), Z)
    with pytest.raises(InputError):
        supremum(Z, Z)
    assert ctx.prec == before


# -- tails

TAILS = [
    *(
        sp.tanh(Z + H),
        SOFTPLUS,
        GELU,
        Z * SIGMOID,
        sp.atan(Z),
        Z / sp.sqrt(1 + Z**2),
        sp.sin(Z) + sp.exp(-(Z**2)),
    ),
    *(
        Z**3 * sp.exp(-(Z**2)),
        sp.exp(-sp.sqrt(1 + Z**2)),
        sp.exp(-Z) * sp.sin(Z),
        1 / (1 + sp.cosh(Z)),
        sp.tanh(1 / Z),
    ),
    *(
        sp.atan(sp.exp(-Z)),
        sp.erf(3 / Z),
        sp.sin(2 / Z) * Z,
        sp.cos(1 / Z),
        sp.log(1 + Z**2),
        sp.exp(SIGMOID - Z),
        2**-Z,
    ),
    *(
        (1 + Z**2) ** sp.Rational(-3, 2),
        (Z**2 + Z) / (3 * Z**2 - 1),
        sp.sinh(Z) / sp.cosh(Z),
        sp.erf(-Z),
        sp.exp(-(Z**3)),
    ),
    *(sp.exp(-Z * sp.exp(Z)), sp.exp(Z - Z**2), Z - Z + 1 / Z, (Z + 1) ** 2 - Z**2 - 2 * Z, sp.tan(1 / Z)),
]


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(TAILS),
    st.integers(0, 2),
    st.sampled_from([8, 16, 40]),
    st.sampled_from([1, -1]),
    st.one_of(st.floats(1, 1.5), st.floats(1, 30)),
)
def test_a_tail_encloses_the_function_on_its_half_line(f, order, start, side, ratio):
    expr = sp.diff(f, Z, order)
    try:
        t = tail(expr, Z, start=start, side=side)
    except UndecidedError:
        return
    z = start * ratio
    with working_precision(160):
        point = arb(z)
        monomial = compile_arb(t.power, [], prec=160)() * point.log()
        for degree, coefficient in t.exponent.items():
            monomial = monomial + compile_arb(coefficient, [], prec=160)() * point**degree
        truth = compile_arb(expr, [Z], prec=2000)(side * point)
        assert (monomial.exp() * t.ball).overlaps(truth)
        try:
            assert not abs(truth) > t.magnitude()[1]
        except ArithmeticError:
            pass


def test_tails_know_growth_decay_and_their_doubts():
    assert tail(Z**2 * sp.exp(-Z), Z, start=16, side=1).growth() == -1
    assert tail(Z**2 * sp.exp(-Z), Z, start=16, side=-1).growth() == 1
    assert tail(sp.tanh(Z), Z, start=16, side=-1).ball.contains(-1)
    with pytest.raises(UnboundedError):
        tail(Z**2 * sp.exp(-Z), Z, start=16, side=-1).magnitude()
    with pytest.raises(UndecidedError, match="decay is not visible"):
        tail(Z * (1 - sp.tanh(Z)), Z, start=16, side=1).magnitude()
    with pytest.raises(UndecidedError, match="further out"):
        tail(Z**90 + sp.exp(Z), Z, start=8, side=1)  # at 8 the power is still ahead
    assert tail(Z**90 + sp.exp(Z), Z, start=2**12, side=1).power == 0
    with pytest.raises(UndecidedError, match="sign near infinity"):
        tail(sp.log(sp.sin(Z)), Z, start=8, side=1)


# -- forms and signs


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (sp.tanh(Z), -1),
        (sp.diff(sp.tanh(Z), Z), 1),
        (sp.diff(SOFTPLUS, Z, 2), 1),
        (sp.diff(SOFTPLUS, Z, 3), -1),
        (sp.diff(SOFTPLUS, Z), None),
        (sp.diff(SOFTPLUS, Z) - H, -1),
        (sp.diff(GELU, Z, 2), 1),
        (sp.diff(Z * SIGMOID, Z, 2), 1),
        (sp.sin(Z) + sp.cos(Z), None),
        (sp.cosh(Z) - Z**2, 1),
        (Z**3 / sp.sqrt(1 + Z**2), -1),
        (sp.tanh(Z + H), None),
        (Z + sp.Rational(1, 10**12), None),
        (sp.Integer(0), 1),
    ],
)
def test_parity(expr, expected):
    assert parity(expr, Z) == expected


def test_equivalent_forms_are_equal_and_zero_is_proven():
    for f in (
        SOFTPLUS,
        GELU,
        Z * SIGMOID,
        sp.tanh(Z + H),
        sp.erf(Z),
        Z * sp.exp(-3 * Z / 2) / (1 + sp.exp(Z / 3)),
    ):
        for j in (1, 2, 3):
            expr = sp.diff(f, Z, j)
            for form in (cancelled(expr), with_exponentials(expr), cancelled(with_exponentials(expr))):
                for z in (-1.5, 0.75):
                    assert compile_arb(form - expr, [Z])(z).contains(0)
                    assert compile_arb(form, [Z])(z).rad() < 1e-30
    assert is_identically_zero(sp.exp(2 * Z) / (1 + sp.exp(Z)) ** 2 - SIGMOID**2)
    assert is_identically_zero(sp.tanh(Z) - (sp.exp(2 * Z) - 1) / (sp.exp(2 * Z) + 1))
    assert not is_identically_zero(sp.exp(Z) - sp.exp(Z * sp.Rational(10**9 + 1, 10**9)))


@pytest.mark.parametrize(
    ("expr", "sign"),
    [
        *(
            (1 + sp.exp(Z), 1),
            (1 + Z**2, 1),
            (2 + sp.sin(Z), 1),
            (-1 - Z**2, -1),
            (sp.exp(-Z), 1),
            (sp.cosh(Z), 1),
        ),
        *((Z, 0), (Z**2, 0), (sp.cos(Z), 0), (Z - 100, 0), (sp.sin(2 * sp.sin(Z)), 0), (sp.exp(Z) - 1, 0)),
        *(
            (1 + sp.cos(Z), None),
            ((Z - sp.Rational(1, 3)) ** 2, None),
            (Z**2 - sp.sin(Z) + 1, 1),
            (sp.Integer(0), 0),
        ),
    ],
)
def test_constant_sign(expr, sign):
    found = constant_sign(expr, Z)
    assert found.sign == sign
    assert (sign == 0) == bool(found.place) or not expr.free_symbols


def test_the_place_of_a_zero_is_named():
    assert constant_sign(Z - 100, Z).place == "z = 100.000"
    assert abs(float(constant_sign(sp.cos(Z), Z).place.removeprefix("z = "))) == pytest.approx(
        math.pi / 2, abs=1e-5
    )
