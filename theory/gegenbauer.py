"""Gegenbauer coefficients of a function on the sphere, as balls, and the closed form for sin z + cos z.

For x uniform on the sphere of radius sqrt(d) in R^d and a unit vector w, z = w.x has a density proportional to
(1 - z^2/d)^((d-3)/2) on [-sqrt(d), sqrt(d)]. With z = sqrt(d) sin t this is the integral of an analytic function:

    mu_l(g) = E g(z) P_l(z / sqrt(d))
            = int g(sqrt(d) sin t) P_l(sin t) cos(t)^(d-2) dt / int cos(t)^(d-2) dt,    -pi/2 <= t <= pi/2,

where P_l is the Gegenbauer polynomial with P_l(1) = 1. Contract: the balls are rigorous (Arb's adaptive integration
in the complex plane, which subdivides around the poles of g and refuses its branch cuts).
"""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import Any

import sympy
from flint import acb, arb

from theory.arithmetic import compile_acb, working_precision
from theory.errors import InputError


@lru_cache(maxsize=1024)
def gegenbauer_coefficient(expr: sympy.Expr, variable: Any, l: int, d: int, *, prec: int = 160) -> arb:
    """Enclose mu_l(g) = E g(z) P_l(z / sqrt(d)) for a function g that is analytic on the real line.

    Args:
        expr: g as an exact expression of one variable.
        variable: Its symbol.
        l: Degree, l >= 0.
        d: Dimension, d >= 3.
        prec: Working precision in bits; the absolute error aimed at is 2^-prec.

    Returns:
        A ball; it is not finite where g is not defined on [-sqrt(d), sqrt(d)].

    Raises:
        InputError: If l < 0 or d < 3, or on an expression that cannot be compiled.
    """
    _check(l, d)
    g = compile_acb(expr, [variable], prec=prec)
    with working_precision(prec):
        root = acb(d).sqrt()

        def integrand(t: acb, analytic: bool) -> acb:
            sine, cosine = t.sin_cos()
            return g(root * sine, analytic=analytic) * polynomial_ball(l, d, sine) * cosine ** (d - 2)

        half = acb(arb.pi() / 2)
        total = acb.integral(integrand, -half, half, eval_limit=200_000)
        return total.real / _cosine_integral(d)


def sincos_coefficient(l: int, order: int, d: int, *, prec: int = 160) -> arb:
    """Enclose mu_l of the order-th derivative of sin z + cos z by a hypergeometric function.

    E exp(iz) P_l(z / sqrt(d)) = i^l C_l with C_l = d^(l/2) / (d (d+2) ... (d+2l-2)) 0F1(; d/2 + l; -d/4): the
    Fourier transform of the density times P_l is a Bessel function of order d/2 - 1 + l. The real part of i^l C_l
    belongs to cos, the imaginary part to sin.

    Raises:
        InputError: If l < 0, order < 0 or d < 3.
    """
    _check(l, d)
    if order < 0:
        raise InputError(given=f"order {order}", allowed="order >= 0", do="pass the number of derivatives")
    with working_precision(prec):
        c = (-arb(d) / 4).hypgeom_0f1(arb(d) / 2 + l) * arb(d).sqrt() ** l
        for j in range(l):
            c = c / (d + 2 * j)
        # mu_l(cos) and mu_l(sin) in units of C_l; then (cos, sin)' = (-sin, cos), order times.
        cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[l % 4]
        for _ in range(order):
            cosine, sine = -sine, cosine
        return c * (cosine + sine)


def polynomial_ball(l: int, d: int, u: Any) -> Any:
    """Evaluate P_l at a ball by (j + d - 2) P_{j+1}(u) = (2j + d - 2) u P_j(u) - j P_{j-1}(u)."""
    previous, current = u * 0, u * 0 + 1
    for j in range(l):
        previous, current = current, ((2 * j + d - 2) * u * current - j * previous) / (j + d - 2)
    return current


def harmonic_dimension(d: int, l: int) -> int:
    """Give B(d, l) = (2l+d-2)/l * binom(l+d-3, l-1), B(d, 0) = 1: the dimension of the degree-l harmonics.

    Raises:
        InputError: If l < 0 or d < 3.
    """
    _check(l, d)
    return 1 if l == 0 else (2 * l + d - 2) * comb(l + d - 3, l - 1) // l


def _cosine_integral(d: int) -> arb:
    """Give int cos(t)^(d-2) dt over [-pi/2, pi/2] = sqrt(pi) Gamma((d-1)/2) / Gamma(d/2)."""
    return arb.const_sqrt_pi() * (arb(d - 1) / 2).gamma() / (arb(d) / 2).gamma()


def _check(l: int, d: int) -> None:
    if l < 0:
        raise InputError(given=f"degree l = {l}", allowed="l >= 0", do="choose a degree of at least 0")
    if d < 3:
        raise InputError(given=f"dimension d = {d}", allowed="d >= 3", do="choose a dimension of at least 3")
