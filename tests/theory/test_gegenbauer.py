"""Gegenbauer coefficients: against other quadratures, closed forms, orthogonality and a second derivation."""

from math import comb

import mpmath
import pytest
import sympy as sp
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.arithmetic import compile_mp, working_precision
from theory.errors import InputError
from theory.gegenbauer import gegenbauer_coefficient, harmonic_dimension, polynomial_ball, sincos_coefficient

Z = sp.Symbol("z", real=True)
H = sp.Rational(1, 2)
SINCOS = sp.sin(Z) + sp.cos(Z)


def quadrature(expr, l, d):
    """Compute E g(z) P_l(z / sqrt d) in the variable u = z / sqrt(d), with SciPy-free mpmath and its own P_l."""
    g = compile_mp(expr, [Z], dps=30)
    with mpmath.workdps(30):
        root = mpmath.sqrt(d)

        def p(u):
            # SymPy's normalization differs from P_l(1) = 1; Legendre and Gegenbauer from mpmath, scaled at 1.
            a = mpmath.mpf(d) / 2 - 1
            return mpmath.gegenbauer(l, a, u) / mpmath.gegenbauer(l, a, 1)

        def weight(u):
            return (1 - u * u) ** (mpmath.mpf(d - 3) / 2)

        # The weight narrows like 1/sqrt(d): break there.
        breaks = sorted({-1, 1, *(s * c / root for s in (-1, 1) for c in (0, 1, 2, 4, 8) if c < root)})
        top = mpmath.quad(lambda u: mpmath.mpf(g(root * u)) * p(u) * weight(u), breaks)
        return top / mpmath.quad(weight, breaks)


@pytest.mark.parametrize("d", [3, 4, 10, 101])
@pytest.mark.parametrize("l", [0, 1, 4])
@pytest.mark.parametrize(
    "expr",
    [
        sp.tanh(Z + H),
        1 / (1 + sp.exp(-Z)),
        sp.log(1 + sp.exp(Z + H)),
        sp.sqrt(1 + Z**2),
        sp.atan(Z - 1),
        sp.erf(Z + H),
    ],
    ids=str,
)
def test_against_another_quadrature(expr, l, d):
    ball = gegenbauer_coefficient(expr, Z, l, d)
    truth = quadrature(expr, l, d)
    with working_precision(160):
        # mpmath's own error at 30 digits and these integrands stays below 1e-20.
        assert abs(ball - arb(truth)) < 1e-20
    assert ball.rad() < 1e-40


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 8), st.integers(0, 5), st.integers(3, 500))
def test_the_closed_form_of_sin_plus_cos_is_the_integral(l, order, d):
    closed = sincos_coefficient(l, order, d)
    integral = gegenbauer_coefficient(sp.diff(SINCOS, Z, order), Z, l, d)
    assert closed.overlaps(integral)
    assert closed.rad() < 1e-40 and not closed.contains(0)


def test_default_activation_in_dimension_three():
    # d = 3: z is uniform on [-sqrt 3, sqrt 3], so mu_0(cos) = sin(sqrt 3)/sqrt 3.
    with working_precision(160):
        root = arb(3).sqrt()
        assert sincos_coefficient(0, 0, 3).overlaps(root.sin() / root)
        assert sincos_coefficient(0, 1, 3).overlaps(root.sin() / root)
        # mu_1(sin) = E sin(z) z / sqrt 3 = (sin(a)/a - cos(a)) / a at a = sqrt 3.
        assert sincos_coefficient(1, 0, 3).overlaps((root.sin() / root - root.cos()) / root)


@pytest.mark.parametrize("d", [3, 4, 7, 60])
def test_moments(d):
    # E z^{2p} = (2p-1)!! d^p / (d (d+2) ... (d+2p-2)).
    for p in range(5):
        truth = sp.factorial2(2 * p - 1) * sp.Integer(d) ** p
        for i in range(p):
            truth = truth / (d + 2 * i)
        with working_precision(200):
            difference = gegenbauer_coefficient(Z ** (2 * p), Z, 0, d) - arb(int(truth.p)) / int(truth.q)
        assert difference.contains(0)


@pytest.mark.parametrize("d", [3, 4, 9])
def test_orthogonality(d):
    u = Z / sp.sqrt(d)
    for j in range(4):
        g = sp.expand(polynomial_ball(j, d, u)) if j else sp.Integer(1) + 0 * Z
        for l in range(4):
            value = gegenbauer_coefficient(g, Z, l, d)
            assert (value * harmonic_dimension(d, l)).contains(int(j == l))


def test_polynomials_are_one_at_one_and_match_legendre_and_chebyshev():
    for d in (3, 4, 11):
        for l in range(7):
            assert polynomial_ball(l, d, arb(1)).contains(1)
    for l in range(7):
        value = arb(0.3)
        assert polynomial_ball(l, 3, value).overlaps(value.legendre_p(l))
        # d = 4: P_l is the Chebyshev polynomial of the second kind over l + 1.
        assert polynomial_ball(l, 4, value).overlaps(value.chebyshev_u(l) / (l + 1))


@pytest.mark.parametrize("d", [3, 4, 12])
def test_harmonic_dimensions(d):
    for l in range(6):
        # All polynomials of degree l minus |x|^2 times those of degree l - 2.
        lower = comb(d + l - 3, l - 2) if l >= 2 else 0
        assert harmonic_dimension(d, l) == comb(d + l - 1, l) - lower


def test_the_branch_cut_of_the_logarithm_is_not_crossed():
    # Large arguments bring the cuts of softplus at +-i pi close; ignoring `analytic` gives a wrong, narrow ball.
    expr = sp.log(1 + sp.exp(9 * Z))
    truth = quadrature(expr, 0, 3)
    with working_precision(160):
        assert abs(gegenbauer_coefficient(expr, Z, 0, 3) - arb(truth)) < 1e-15
    near = sp.sqrt(Z**2 + sp.Rational(1, 400))
    with working_precision(160):
        a = arb(3).sqrt()
        c = arb(1) / 20
        # E sqrt(z^2 + c^2) for z uniform on [-a, a].
        exact = ((a * a + c * c).sqrt() + c * c / a * (a / c).asinh()) / 2
        assert gegenbauer_coefficient(near, Z, 0, 3).overlaps(exact)
        assert gegenbauer_coefficient(near, Z, 0, 3).rad() < 1e-30


def test_a_pole_on_the_sphere_gives_no_finite_ball():
    assert not gegenbauer_coefficient(1 / (Z - 1), Z, 0, 5, prec=64).is_finite()


@pytest.mark.parametrize(("l", "d"), [(-1, 5), (0, 2), (0, -3)])
def test_bad_degrees_and_dimensions(l, d):
    for call in (
        lambda: gegenbauer_coefficient(Z, Z, l, d),
        lambda: sincos_coefficient(l, 0, d),
        lambda: harmonic_dimension(d, l),
    ):
        with pytest.raises(InputError):
            call()
