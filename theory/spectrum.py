r"""Eigenvalues of the infinite-width tangent kernel, exact and with a symbolic dimension.

With w uniform on the unit sphere, x and y on the sphere of radius √d and u = x·y/d, the kernel is

    K(x, y) = (x·y) E_w σ'(w·x) σ'(w·y) = d u κ(u),    κ(u) = Σ_l c_l P_l(u),    c_l = μ_l(σ')² B(d,l),

and its eigenvalue on the harmonics of degree j, of multiplicity B(d,j), is

    λ_j = (d / B(d,j)) [ 1{j≥1} (j+d-3)/(2j+d-4) c_{j-1} + (j+1)/(2j+d) c_{j+1} ].

Contract: as in `theory.sphere`: `d` is an integer ≥ 3 or a positive symbol, results are exact, and an identity is
a function that returns the pair (derived, stated). The formula is stated once, in `weights`; the derivation
(`mercer`, `projection`, `multiplication`) uses the Legendre polynomials and the moments only, never `weights`.
In the limit d → ∞ the c_l tend to h_l = (E σ'(g) He_l(g))²/l!, g standard normal; `limit` and `limit_slope` say
what becomes of the λ_j.

Source of the kernel: Nichani, Bai, Lee 2022; of its spectrum: Ghorbani, Mei, Misiakiewicz, Montanari 2021.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import sympy as sp

from theory import bessel
from theory.sphere import (
    B,
    P,
    Pair,
    checked_dimension,
    expect,
    expect_plane,
    hermite,
    hermite_rate,
    moment,
    mu,
)

Coefficients: TypeAlias = Sequence[Any] | Mapping[int, Any]


def weights(j: int, d: sp.Expr) -> dict[int, sp.Expr]:
    """The stated formula as l -> weight, λ_j = Σ_l weight_l c_l: at most the degrees l = j-1 and j+1.

    Formula: (d/B(d,j)) (j+d-3)/(2j+d-4) at l = j-1 (for j ≥ 1) and (d/B(d,j)) (j+1)/(2j+d) at l = j+1.
    At j = 1 the first is 1, so λ_1 = c_0 + 2c_2/(d+2); λ_0 = c_1.

    Raises:
        InputError: when j < 0 or an integer d < 3.
    """
    d = checked_dimension(d)
    scale = d / B(d, j)
    upper = {j + 1: sp.cancel(scale * (j + 1) / (2 * j + d))}
    return upper if j == 0 else {j - 1: sp.cancel(scale * (j + d - 3) / (2 * j + d - 4)), **upper}


def eigenvalue(j: int, d: sp.Expr, c: Coefficients) -> sp.Expr:
    """λ_j from the coefficients c_l of κ, which are indexed by l and reach at least l = j+1."""
    return sum((weight * c[l] for l, weight in weights(j, d).items()), sp.Integer(0))


def mercer(p: int, q: int, d: sp.Expr, u: sp.Symbol) -> Pair:
    """E_w (w·x)^p (w·y)^q = Σ_l μ_l(z^p) μ_l(z^q) B(d,l) P_l(u) with u = x·y/d.

    Both sides are bilinear in (z^p, z^q), so the pairs p, q ≤ N prove κ = Σ c_l P_l for every polynomial σ' of
    degree ≤ N. The left side rotates the plane of x and y onto two coordinates.
    """
    z, z1, z2 = sp.symbols("z z1 z2", real=True)
    s = sp.Dummy("s")
    planar = sp.Poly(expect_plane(z1**p * (u * z1 + s * z2) ** q, z1, z2, d), s)
    # Odd powers of the orthogonal component carry odd moments and are gone.
    left = sum((value * (1 - u**2) ** sp.Rational(e, 2) for (e,), value in planar.terms()), sp.Integer(0))
    right = sum(
        (mu(l, z**p, z, d) * mu(l, z**q, z, d) * B(d, l) * P(l, u, d) for l in range(min(p, q) + 1)),
        sp.Integer(0),
    )
    return left, right


def multiplication(l: int, d: sp.Expr, u: sp.Expr) -> Pair:
    """Product with u: u P_l = ((l+d-2) P_{l+1} + l P_{l-1}) / (2l+d-2), with P_{-1} absent at l = 0."""
    d = checked_dimension(d)
    below = l * P(l - 1, u, d) if l >= 1 else sp.Integer(0)
    return u * P(l, u, d), ((l + d - 2) * P(l + 1, u, d) + below) / (2 * l + d - 2)


def multiplied(j: sp.Expr, step: int, d: sp.Expr) -> sp.Expr:
    """Coefficient of P_j in u P_l at l = j + step, step = ±1, from `multiplication`; j may be symbolic."""
    l = sp.sympify(j, strict=True) + step
    return (l + d - 2 if step == -1 else l) / (2 * l + d - 2)


def projection(j: int, l: int, d: sp.Expr) -> sp.Expr:
    """Weight of c_l in λ_j, derived: E d u P_l(u) P_j(u) over u = z/√d, by the moments of z.

    A zonal kernel k(u) has the eigenvalue E k(u) P_j(u) on degree j (Funk-Hecke), here with k = d u κ.
    """
    z, d = sp.Symbol("z", real=True), checked_dimension(d)
    u = z / sp.sqrt(d)
    return expect(d * u * P(l, u, d) * P(j, u, d), z, d)


def trace(d: sp.Expr, c: Coefficients) -> Pair:
    """Σ_j λ_j B(d,j) = d Σ_l c_l when κ stops at degree L = len(c) - 1, so that the λ_j stop at L + 1."""
    top = len(c) - 1
    padded = {l: c[l] if l <= top else sp.Integer(0) for l in range(top + 3)}
    left = sum((eigenvalue(j, d, padded) * B(d, j) for j in range(top + 2)), sp.Integer(0))
    return left, d * sum((c[l] for l in range(top + 1)), sp.Integer(0))


def parseval(p: int, q: int, d: sp.Expr) -> Pair:
    """Σ_l μ_l(z^p) μ_l(z^q) B(d,l) = E z^{p+q}: with `trace`, Σ_j λ_j B(d,j) = d E σ'(z)² for polynomials σ'."""
    z = sp.Symbol("z", real=True)
    terms = (mu(l, z**p, z, d) * mu(l, z**q, z, d) * B(d, l) for l in range(min(p, q) + 1))
    return sum(terms, sp.Integer(0)), sp.Integer(0) if (p + q) % 2 else moment((p + q) // 2, d)


def sincos_kernel(z: sp.Expr, d: sp.Expr) -> sp.Expr:
    """K = d u κ(u) of σ = sin + cos in closed form, z = √d u: κ(u) = E_w cos(w·(x-y)) = j(2(1-u)).

    The product σ'(w·x) σ'(w·y) is cos(w·(x-y)) - sin(w·(x+y)), whose sine has mean 0; w = x'/√d with x' on the
    sphere of radius √d, and ‖x-y‖² = 2d(1-u).
    """
    d = checked_dimension(d)
    return sp.sqrt(d) * z * bessel.ball(2 * (1 - z / sp.sqrt(d)), d)


def scaled(j: int, epsilon: sp.Expr, c: Coefficients) -> sp.Expr:
    """λ_j d^{j-1} (λ_0 at j = 0) as a function of epsilon = 1/d, rational and finite at epsilon = 0."""
    d = sp.Symbol("d", positive=True)
    power = max(j - 1, 0)
    return sum(
        (sp.cancel((w * d**power).subs(d, 1 / epsilon)) * c[l] for l, w in weights(j, d).items()),
        sp.Integer(0),
    )


def limit(j: int, h: Coefficients) -> sp.Expr:
    """Limit of λ_j d^{j-1} as c_l → h_l: j! h_{j-1} for j ≥ 1, and h_1 for λ_0 itself."""
    return h[1] if j == 0 else sp.factorial(j) * h[j - 1]


def limit_slope(j: int, h: Coefficients, r: Coefficients) -> sp.Expr:
    """Limit of d · (λ_j d^{j-1} - `limit`) when c_l = h_l + r_l/d + O(1/d²): finite, so the rate is 1/d.

    It is the derivative of `scaled` at 1/d = 0; nothing but rational functions is expanded.
    """
    eps = sp.Symbol("epsilon", positive=True)
    c = {l: h[l] + r[l] * eps for l in weights(j, sp.Symbol("d", positive=True))}
    return sp.expand(sp.diff(scaled(j, eps, c), eps).subs(eps, 0))


@lru_cache(maxsize=64)
def energy_correction(l: int, z: sp.Symbol) -> sp.Expr:
    """The polynomial q_l with √B(d,l) μ_l(g) = E g(G) [He_l(G)/√l! + q_l(G)/d] + O(1/d²), G standard normal.

    Two corrections of order 1/d add up: `hermite_rate` for the polynomial, and the density of z, which is the
    normal one times 1 - He_4(z)/(4d) + O(1/d²). So r_l = 2 E[g He_l]/√l! · E[g q_l] in c_l = h_l + r_l/d + O(1/d²).
    """
    rate = sum((value * z**power for power, value in hermite_rate(l).items()), sp.Integer(0))
    density = hermite(l, z) * hermite(4, z) / (4 * sp.sqrt(sp.factorial(l)))
    return sp.expand(rate - density)


def energy_expansion(l: int, p: int) -> tuple[Pair, Pair]:
    """(h_l, r_l) of g = z^p: from c_l(d) at 1/d = 0, and from normal moments with `energy_correction`."""
    z, eps, d = sp.Symbol("z", real=True), sp.Symbol("epsilon", positive=True), sp.Symbol("d", positive=True)
    exact = sp.cancel(sp.expand(mu(l, z**p, z, d) ** 2 * B(d, l)).subs(d, 1 / eps))
    first = normal_mean(z**p * hermite(l, z), z) / sp.sqrt(sp.factorial(l))
    second = normal_mean(sp.expand(z**p * energy_correction(l, z)), z)
    return (exact.subs(eps, 0), first**2), (sp.diff(exact, eps).subs(eps, 0), 2 * first * second)


def normal_mean(poly: sp.Expr, z: sp.Symbol) -> sp.Expr:
    """E of a polynomial in a standard normal z: E z^{2p} = (2p-1)!!."""
    terms = sp.Poly(poly, z).terms()
    return sum((c * sp.factorial2(e - 1) for (e,), c in terms if e % 2 == 0), sp.Integer(0))
