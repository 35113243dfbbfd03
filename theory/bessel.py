"""The mean of a plane wave over the sphere, E cos(v·x) = j(‖v‖²), and the vector moments that follow from j.

Contract: as in `theory.sphere`, on which it builds: exact expressions, `d` an integer ≥ 3 or a positive symbol,
x ~ Unif(S^{d-1}(√d)). The power series of j has two routes that share no formula: `cosine_coefficient` from the
moments of a coordinate, and `ball_coefficient` from the hypergeometric function 0F1, a Bessel function of order
d/2 - 1 in disguise. An identity is a function that returns the pair (left side, right side).
"""

from __future__ import annotations

import sympy as sp

from theory.sphere import Pair, checked_dimension, moment_integral


def ball(s: sp.Expr, d: sp.Expr) -> sp.Expr:
    """E cos(v·x) = j(s) with s = ‖v‖²: the closed form j(s) = 0F1(; d/2; -d s/4)."""
    d = checked_dimension(d)
    return sp.hyper((), (d / 2,), -d * s / 4)


def cosine_coefficient(p: sp.Expr, d: sp.Expr) -> sp.Expr:
    """Coefficient of ‖v‖^{2p} in E cos(v·x), from the moments: (-1)^p E z^{2p} / (2p)!; p may be symbolic."""
    return (-1) ** p * moment_integral(p, d) / sp.gamma(2 * p + 1)


def ball_coefficient(p: sp.Expr, d: sp.Expr) -> sp.Expr:
    """Coefficient of s^p in `ball`: (-d/4)^p / (p! (d/2)_p); p may be symbolic."""
    d = checked_dimension(d)
    return (-d / 4) ** p * sp.gamma(d / 2) / (sp.gamma(p + 1) * sp.gamma(p + d / 2))


def ball_induction(d: sp.Expr) -> tuple[Pair, Pair]:
    """Both coefficients agree for every p: (values at p = 0) and (ratios of p+1 to p, in symbolic p)."""
    p = sp.Symbol("p", integer=True, nonnegative=True)
    ratios = [
        sp.cancel(sp.gammasimp(sp.powsimp(c(p + 1, d) / c(p, d))))
        for c in (cosine_coefficient, ball_coefficient)
    ]
    start = [sp.simplify(c(sp.Integer(0), d)) for c in (cosine_coefficient, ball_coefficient)]
    return (start[0], start[1]), (ratios[0], ratios[1])


def ball_derivatives(d: sp.Expr) -> tuple[Pair, Pair, Pair]:
    """The vector moments of cos and sin from E cos(v·x) = j(‖v‖²), for every v.

    Differentiating under the expectation, -E sin(v·x) x_i = ∂_i j and -E cos(v·x) x_i x_k = ∂_i∂_k j. With
    ‖v‖² = v_i² + v_k² + rest the derivatives are scalar, so the pairs (derived, stated) hold in every
    dimension: E sin(v·x) x_i = -2 j' v_i; E cos(v·x) x_i² = -(2j' + 4j'' v_i²); for i ≠ k,
    E cos(v·x) x_i x_k = -4 j'' v_i v_k.
    """
    vi, vk, rest, s = sp.symbols("v_i v_k rest s", real=True)
    square = vi**2 + vk**2 + rest
    field = ball(square, d)
    first, second = (sp.diff(ball(s, d), s, order).subs(s, square) for order in (1, 2))
    return (
        (-sp.diff(field, vi), -2 * first * vi),
        (-sp.diff(field, vi, 2), -(2 * first + 4 * second * vi**2)),
        (-sp.diff(field, vi, vk), -4 * second * vi * vk),
    )
