"""The mean of a plane wave: two series, and its vector moments by differentiation and by moments."""

from __future__ import annotations

import sympy as sp

from theory import bessel, sphere

d = sp.Symbol("d", positive=True)


def same(pair: sphere.Pair) -> bool:
    return bool(sp.simplify(pair[0] - pair[1]) == 0)


def test_cosine_series_is_the_hypergeometric_function_for_every_coefficient() -> None:
    start, ratio = bessel.ball_induction(d)
    assert start[0] == start[1] == 1
    assert same(ratio)
    for p in range(5):
        explicit = (-1) ** p * sphere.moment(p, d) / sp.factorial(2 * p)
        assert same((explicit, bessel.ball_coefficient(sp.Integer(p), d)))
        # Coefficients 0 and 1 (1 and -1/2) do not depend on d; from 2 on a wrong dimension shows.
        assert p <= 1 or not same((explicit, bessel.ball_coefficient(sp.Integer(p), 2 * d)))


def test_vector_moments_by_differentiation() -> None:
    pairs = bessel.ball_derivatives(d)
    assert all(same(pair) for pair in pairs)
    assert not any(same((derived, stated / 2)) for derived, stated in pairs)


def test_vector_moment_of_cosine_from_monomial_moments() -> None:
    """E cos(v·x) x_1² in d = 5 up to |v|⁴: the closed form against the moments, no differentiation."""
    five = sp.Integer(5)
    v1, v2 = sp.symbols("v_i v_k", real=True)
    x1, x2 = sp.symbols("x1 x2")
    cosine = sum((-1) ** p * (v1 * x1 + v2 * x2) ** (2 * p) / sp.factorial(2 * p) for p in range(3))
    terms = sp.Poly(cosine * x1**2, x1, x2).terms()
    moments = sum(coefficient * sphere.monomial_moment(e, five) for e, coefficient in terms)
    closed = bessel.ball_derivatives(five)[1][1].subs(sp.Symbol("rest", real=True), 0)
    closed = closed.replace(
        sp.hyper, lambda _, lower, x: sum(x**p / (sp.rf(lower[0], p) * sp.factorial(p)) for p in range(3))
    )
    low = [(e, coefficient) for e, coefficient in sp.Poly(closed, v1, v2).terms() if sum(e) <= 4]
    assert dict(low) == dict(sp.Poly(moments, v1, v2).terms())
