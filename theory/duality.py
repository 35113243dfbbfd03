r"""Why every dual point bounds the regularized second-order objective from below: the chain, as exact identities.

With `f = f_L + f_Q` on the sample, S = Σ_r ‖w_r‖⁴, c = 2tλ4, K_r = C_r + 4cs_r I and any vectors x_r with K_r
x_r = -b_r,

    L_λ(W) - D = Σ_p [ℓ(y_p, f_p)/n + ℓ*(nν_p)/n - ν_p f_p]               Fenchel, Young
               + (λ1/n) Σ_p (f_L(x_p; P_>W) - nρ_p/(2λ1))²                 R1 above its tangent
               + λ2 ⟨P_>W - ζ, Σ(P_>W - ζ)⟩ + λ3 ‖UᵀW - γ/(2λ3)‖²          R2 and R3 above theirs
               + λ4 (S - t)²                                               the square above its tangent
               + Σ_r [½ (w_r - x_r)ᵀ K_r (w_r - x_r) + c (‖w_r‖² - s_r)²]   each neuron above its minimum

where D is the dual bound with `-½ b_rᵀK_r^{-1}b_r - c s_r² = ½ b_r·x_r - c s_r²` for neuron r. Every line is
not negative where t > 0, and Σ and each K_r are positive semidefinite. The functions here return pairs
(derived, stated), one per line and two for the regrouping by neurons, of the model with S and of all linear
parts, `Σ_r b_r·w_r` with b = Φᵀν + P_>(Φᵀρ + 2λ2Σζ) + Uγ; `theory.sums.equal` proves those with sums for all m,
n, d and n_k. Of P_> = I - UUᵀ only the symmetry is used: U need not be orthonormal.

The relaxed objective gives every neuron two equally likely movements u_r ± e_r; its line for a neuron is `½
(u-x)ᵀK(u-x) + ½ eᵀKe + c(‖u‖² + ‖e‖² - s)²`, so it lies above D as well, and meets it where all lines vanish.

Source: Fenchel duality (Rockafellar 1970) for the setting of Nichani, Bai, Lee 2022; the bound is this
project's own.
"""

from __future__ import annotations

import sympy as sp

from theory.expansion import (
    SIGMA,
    Pair,
    Scalar,
    X,
    a,
    at_sample,
    d,
    derivative,
    i,
    j,
    k,
    l,
    m,
    n,
    p,
    r,
    taylor_term,
    w,
    w0,
)
from theory.loss import Loss, z
from theory.loss import nu as slope
from theory.regularizer import Array, P_low, Sigma, phi, term
from theory.sums import Rules

nu, rho = sp.IndexedBase("nu"), sp.IndexedBase("rho")
u, v = sp.IndexedBase("u"), sp.IndexedBase("v")
U, gamma = sp.IndexedBase("U"), sp.IndexedBase("gamma")
n_k = sp.Symbol("n_k", integer=True, positive=True)
c, s_r, x_sq, t, S = sp.symbols("c s_r x_2 t S_4", real=True)
lambda1, lambda2, lambda3, lambda4 = sp.symbols("lambda_1:5", positive=True)
_half = sp.Rational(1, 2)
_e, _f, _g, _h = sp.symbols("e f g h", integer=True)

# P_≤ = UUᵀ is symmetric; it need not be idempotent.
FORMS = Rules(symmetric=frozenset({P_low, Sigma}))


def tangent_of_square() -> tuple[Pair, Pair]:
    """`c x² - (2csx - cs²) = c (x - s)²` with x = ‖w‖², and `λ4 S² - (2tλ4 S - λ4t²) = λ4 (S - t)²`."""
    return (
        (c * x_sq**2 - (2 * c * s_r * x_sq - c * s_r**2), c * (x_sq - s_r) ** 2),
        (lambda4 * S**2 - (2 * t * lambda4 * S - lambda4 * t**2), lambda4 * (S - t) ** 2),
    )


def separation(sigma: Scalar = SIGMA, *, quartic: sp.Expr | None = None) -> Pair:
    """`Σ_p ν_p f_p + 2tλ4 S` regrouped by neurons, `Σ_r [(Φᵀν)_r·w_r + ½ w_rᵀC_r w_r + c‖w_r‖⁴]`, c = 2tλ4.

    Args:
        sigma: The activation.
        quartic: Another c, to see the identity fail.
    """
    model = taylor_term(sigma, 1, point=at_sample) + taylor_term(sigma, 2, point=at_sample)
    left = sp.Sum(nu[p] * model, (p, 1, n)) + 2 * t * lambda4 * sp.Sum(_square(w, r) ** 2, (r, 1, m))
    linear = sp.Sum(_linear_part(sigma, r, i) * w[r, i], (i, 1, d))
    quadratic = sp.Sum(_quadratic_part(sigma, r, i, j) * w[r, i] * w[r, j], (i, 1, d), (j, 1, d))
    weight = 2 * t * lambda4 if quartic is None else quartic
    return left, sp.Sum(linear + quadratic / 2 + weight * _square(w, r) ** 2, (r, 1, m))


def linear_parts(sigma: Scalar = SIGMA) -> Pair:
    """All that is linear in W beneath the objective, `Σ_p ν_p f_L(x_p; W)` and the tangents of R1…R3, as b·W.

    `Σ_p ν_p f_L(x_p; W) + Σ_p ρ_p f_L(x_p; P_>W) + 2λ2⟨Σζ, P_>W⟩ + γ·UᵀW = Σ_{r,i} b[r,i] w[r,i]` with `b = Φᵀν
    + P_>(Φᵀρ + 2λ2Σζ) + Uγ` and P_> = I - UUᵀ, ζ in the base v; nothing is assumed of U and Σ.
    """

    def high(array: Array) -> Array:
        def entry(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
            along = sp.Sum(U[_e, _f, l] * array(_e, _f), (_e, 1, m), (_f, 1, d))
            return array(neuron, coordinate) - sp.Sum(U[neuron, coordinate, l] * along, (l, 1, n_k))

        return entry

    def spread(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
        return sp.Sum(Sigma[neuron, coordinate, _g, _h] * v[_g, _h], (_g, 1, m), (_h, 1, d))

    def tangents(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
        return _linear_part(sigma, neuron, coordinate, rho) + 2 * lambda2 * spread(neuron, coordinate)

    def total(left: Array, right: Array) -> sp.Expr:
        return sp.Sum(left(r, i) * right(r, i), (r, 1, m), (i, 1, d))

    def movement(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
        return w[neuron, coordinate]

    def b(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
        low = sp.Sum(U[neuron, coordinate, l] * gamma[l], (l, 1, n_k))
        return _linear_part(sigma, neuron, coordinate) + high(tangents)(neuron, coordinate) + low

    f_L = taylor_term(sigma, 1, point=at_sample)
    f_high = taylor_term(sigma, 1, point=at_sample, moved=high(movement))
    third = sp.Sum(gamma[l] * sp.Sum(U[r, i, l] * w[r, i], (r, 1, m), (i, 1, d)), (l, 1, n_k))
    left = sp.Sum(nu[p] * f_L + rho[p] * f_high, (p, 1, n)) + third
    return left + 2 * lambda2 * total(spread, high(movement)), total(b, movement)


def inner(sigma: Scalar = SIGMA, *, factor: int = 4) -> Pair:
    """One neuron above its bound, for every d and every vector x (here v[r,·]), with b = -Kx, K = C + 4cs I.

    `b·w + ½ wᵀCw + c‖w‖⁴ - (½ b·x - cs²) = ½ (w-x)ᵀK(w-x) + c (‖w‖² - s)²`.

    Args:
        sigma: The activation in C.
        factor: The factor of cs in K; any other than 4 breaks the identity.
    """
    difference = _difference(w, v)
    left = _neuron(sigma, w, factor) - _bound(sigma, factor)
    stated = _form(sigma, difference, factor) / 2 + c * (_square(w, r) - s_r) ** 2
    return left, stated


def inner_relaxed(sigma: Scalar = SIGMA) -> Pair:
    """The same for the relaxed neuron (u, e), e in the base w: `½(u-x)ᵀK(u-x) + ½eᵀKe + c(‖u‖² + ‖e‖² - s)²`."""
    length = _square(u, r) + _square(w, r)
    linear = sp.Sum(_b(sigma, i, 4) * u[r, i], (i, 1, d))
    curved = sum(_apply_C(sigma, base) for base in (u, w))
    left = linear + curved / 2 + c * length**2 - _bound(sigma, 4)
    forms = _form(sigma, _difference(u, v), 4) + _form(sigma, lambda index: w[r, index], 4)
    return left, forms / 2 + c * (length - s_r) ** 2


def mean_of_signs(sigma: Scalar = SIGMA) -> tuple[Pair, Pair]:
    """The mean of f_L + f_Q over the two movements u ± w of all neurons, and of one neuron's ‖·‖².

    f_L(u) + f_Q(u) + f_Q(w), and ‖u‖² + ‖w‖².
    """

    def model(sign: int) -> sp.Expr:
        def moved(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
            return u[neuron, coordinate] + sign * w[neuron, coordinate]

        return sum(taylor_term(sigma, order, point=at_sample, moved=moved) for order in (1, 2))

    def alone(base: sp.IndexedBase, order: int) -> sp.Expr:
        return taylor_term(sigma, order, point=at_sample, moved=lambda neuron, c_: base[neuron, c_])

    lengths = [sp.Sum((u[r, i] + sign * w[r, i]) ** 2, (i, 1, d)) for sign in (1, -1)]
    return (
        ((model(1) + model(-1)) / 2, alone(u, 1) + alone(u, 2) + alone(w, 2)),
        ((lengths[0] + lengths[1]) / 2, _square(u, r) + _square(w, r)),
    )


def tangent() -> Pair:
    """`q(W) - ⟨QV, W⟩ + q(V) = q(W - V)` for q(W) = ½⟨W,QW⟩ with any symmetric Q (in the base Sigma)."""

    def at_w(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
        return w[neuron, coordinate]

    def at_v(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
        return v[neuron, coordinate]

    def moved(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
        return w[neuron, coordinate] - v[neuron, coordinate]

    squares = _pair_with_Sigma(at_w, at_w) + _pair_with_Sigma(at_v, at_v)
    return squares / 2 - _pair_with_Sigma(at_v, at_w), _pair_with_Sigma(moved, moved) / 2


def regularizer_tangents() -> tuple[Pair, Pair, Pair]:
    """λ1R1, R2 and one coordinate of λ3R3 above their tangents.

    `λ1R1 - Σ_p ρ_p F_p + n‖ρ‖²/(4λ1) = (λ1/n) Σ_p (F_p - nρ_p/(2λ1))²` with F_p = f_L(x_p; P_>W);
    `R2 - 2⟨Σζ, P_>W⟩ + ⟨ζ,Σζ⟩ = ⟨P_>W - ζ, Σ(P_>W - ζ)⟩`, ζ in the base v;
    `λ3 x² - γx + γ²/(4λ3) = λ3 (x - γ/(2λ3))²`.
    """
    high = _high_value()
    first = lambda1 * term(1) - sp.Sum(rho[p] * high, (p, 1, n))
    first += n * sp.Sum(rho[p] ** 2, (p, 1, n)) / (4 * lambda1)
    square = lambda1 / n * sp.Sum((high - n * rho[p] / (2 * lambda1)) ** 2, (p, 1, n))

    def zeta(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
        return v[neuron, coordinate]

    def rest(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
        return _high_movement(neuron, coordinate) - v[neuron, coordinate]

    second = term(2) - 2 * _pair_with_Sigma(zeta, _high_movement) + _pair_with_Sigma(zeta, zeta)
    slope3, x = sp.symbols("gamma_c x_c", real=True)
    third = lambda3 * x**2 - slope3 * x + slope3**2 / (4 * lambda3)
    return (
        (first, square),
        (second, _pair_with_Sigma(rest, rest)),
        (third, lambda3 * (x - slope3 / (2 * lambda3)) ** 2),
    )


def fenchel_young(given: Loss) -> Pair:
    """`ℓ(y, z(ν)) + ℓ*(ν) - ν z(ν)` at the maximiser z(ν), which is 0, in the chart of the domain.

    With `young_curvature` and ℓ'(y, z(ν)) = ν (`theory.loss.fenchel`) the gap `ℓ + ℓ* - νz` is a convex
    function of z with value and slope 0 at z(ν), so it is nowhere negative; ν stands for nν_p.
    """
    gap = given.expr.subs(z, given.maximizer) + given.conjugate - slope * given.maximizer
    inside = gap.subs(slope, given.chart).rewrite(sp.exp)
    factored = inside.replace(sp.log, lambda arg: sp.log(sp.factor(sp.powsimp(arg))))
    return sp.expand(sp.expand_log(factored)), sp.S.Zero


def young_curvature(given: Loss) -> Pair:
    """The second derivative in z of `ℓ(y,z) + ℓ*(ν) - νz`: the square of a real function."""
    gap = given.expr + given.conjugate - slope * z
    return sp.diff(gap, z, 2), given.roots[0] ** 2


def curvature_rules() -> Rules:
    """Rules for the identities with C_r, in which a is a sign and r is a free neuron."""
    return Rules(ranges={r: (sp.S.One, m)}, signs=frozenset({a}), symmetric=frozenset({Sigma}))


def _square(base: sp.IndexedBase, neuron: sp.Expr) -> sp.Expr:
    return sp.Sum(base[neuron, k] ** 2, (k, 1, d))


def _preactivation(neuron: sp.Expr) -> sp.Expr:
    return sp.Sum(w0[neuron, k] * X[p, k], (k, 1, d))


def _linear_part(sigma: Scalar, neuron: sp.Expr, coordinate: sp.Expr, slopes: sp.IndexedBase = nu) -> sp.Expr:
    """(Φᵀν)_r, or the same of other slopes."""
    first = derivative(sigma, 1)(_preactivation(neuron))
    return a[neuron] * sp.Sum(slopes[p] * first * X[p, coordinate], (p, 1, n)) / sp.sqrt(m)


def _quadratic_part(sigma: Scalar, neuron: sp.Expr, row: sp.Expr, column: sp.Expr) -> sp.Expr:
    """(C_r)[row, column]."""
    second = derivative(sigma, 2)(_preactivation(neuron))
    return a[neuron] * sp.Sum(nu[p] * second * X[p, row] * X[p, column], (p, 1, n)) / sp.sqrt(m)


def _difference(left: sp.IndexedBase, right: sp.IndexedBase) -> Scalar:
    return lambda index: left[r, index] - right[r, index]


def _form(sigma: Scalar, vector: Scalar, factor: int) -> sp.Expr:
    """vectorᵀ (C_r + factor·cs I) vector."""
    curved = sp.Sum(_quadratic_part(sigma, r, i, j) * vector(i) * vector(j), (i, 1, d), (j, 1, d))
    return curved + factor * c * s_r * sp.Sum(vector(i) ** 2, (i, 1, d))


def _apply_C(sigma: Scalar, base: sp.IndexedBase) -> sp.Expr:
    return _form(sigma, lambda index: base[r, index], 0)


def _b(sigma: Scalar, index: sp.Expr, factor: int) -> sp.Expr:
    """B = -(C + factor·cs I) x, x in the base v."""
    return -sp.Sum(_quadratic_part(sigma, r, index, j) * v[r, j], (j, 1, d)) - factor * c * s_r * v[r, index]


def _neuron(sigma: Scalar, base: sp.IndexedBase, factor: int) -> sp.Expr:
    linear = sp.Sum(_b(sigma, i, factor) * base[r, i], (i, 1, d))
    return linear + _apply_C(sigma, base) / 2 + c * _square(base, r) ** 2


def _bound(sigma: Scalar, factor: int) -> sp.Expr:
    """½ b·x - cs², which is -½ bᵀK^{-1}b - cs²."""
    return sp.Sum(_b(sigma, i, factor) * v[r, i], (i, 1, d)) / 2 - c * s_r**2


def _high_movement(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
    """P_>W."""
    low = sp.Sum(P_low[neuron, coordinate, _e, _f] * w[_e, _f], (_e, 1, m), (_f, 1, d))
    return w[neuron, coordinate] - low


def _high_value() -> sp.Expr:
    """F_p = f_L(x_p; P_>W)."""
    return sp.Sum(phi[p, _g, _h] * _high_movement(_g, _h), (_g, 1, m), (_h, 1, d))


def _pair_with_Sigma(left: Array, right: Array) -> sp.Expr:
    """⟨left, Σ right⟩."""
    return sp.Sum(
        left(r, i) * Sigma[r, i, _g, _h] * right(_g, _h), (r, 1, m), (i, 1, d), (_g, 1, m), (_h, 1, d)
    )
