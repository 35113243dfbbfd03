r"""What a bound on the gradient's turning is made of, and the descent inequality that follows from it.

Contract: identities as pairs (derived, stated), proved by `theory.sums.equal` with `RULES` for all m, n, d where
they are sums, by SymPy otherwise. With slopes and bends of the model, ∇f_p has rows m^{-1/2} a_r slope_{pr} x_p:

1. `∇²L[V,V] = (1/n) Σ_p ℓ''_p (∇f_p·V)² + (1/n) Σ_p ℓ'_p m^{-1/2} Σ_r a_r bend_{pr} (v_r·x_p)²`,
2. `∇²R_4[V,V] = 8T Σ_r (‖w_r‖²‖v_r‖² + 2(w_r·v_r)²) + 32 (Σ_r ‖w_r‖² w_r·v_r)²`, T = Σ_r ‖w_r‖⁴,
3. Cauchy-Schwarz as a sum of squares, `Σ b² Σ c² - (Σ bc)² = ½ Σ_{rs} (b_r c_s - b_s c_r)²`,
4. `ℓ'² ≤ 2bℓ`, b = sup ℓ'': with equality for the squared loss, and `(2 log cosh - tanh²)' = 2 tanh³` for log cosh,
5. along a step, φ(t) = L_λ(W - t lr ∇L_λ(W)), G = ‖∇L_λ(W)‖, where `φ'' ≤ lr² β G²`: the function
   `h(t) = lr² β G² (t - t²/2) - φ(t) - (1-t) φ'(t)` has `h' = (1-t)(lr² β G² - φ'') ≥ 0`, so
   `0 ≤ h(1) - h(0) = φ(0) - lr (1 - lr β/2) G² - φ(1)`,
6. over N steps at lr = 1/β, with S_N = Σ_{t<N} G_t²: `R_N = 2β(L_0 - L_N) - S_N` starts at 0 and rises by
   `R_{N+1} - R_N = 2β(L_N - G_N²/(2β) - L_{N+1}) ≥ 0`, so for `g = min_{t<N} G_t`
   `0 ≤ (R_N + (S_N - N g²))/N = 2β(L_0 - L_N)/N - g²`.

That a step stays where `φ'' ≤ lr² β G²` holds is no identity: up to the first τ ≤ 1 at which φ returned to φ(0),
5 for the step τ lr < 2/β gives φ(τ) < φ(0).

By 3, `(∇f_p·V)² ≤ (1/m) Σ_r slope_{pr}² Σ_r (v_r·x_p)²` and the two parts of 2 are at most
`24 T max_r ‖w_r‖² ‖V‖²` and `32 Σ_r ‖w_r‖⁶ ‖V‖²`, hence `∇²R_4 ≤ 56 T^{3/2}`.

Source: Nesterov, Lectures on Convex Optimization (2018); the constant for this objective is this project's own.
"""

from __future__ import annotations

import sympy as sp

from theory import landscape, regularizer
from theory.expansion import (
    RULES,
    SIGMA,
    Pair,
    Scalar,
    X,
    a,
    d,
    derivative,
    i,
    j,
    l,
    l2,
    m,
    n,
    p,
    q,
    r,
    s,
    w,
    w0,
)
from theory.loss import ELL, LOGCOSH, SQUARED, Bivariate, Y, loss_derivative, y, z

__all__ = [
    "RULES",
    "cauchy_schwarz",
    "hessian_form",
    "quartic_form",
    "rate",
    "room_of_a_step",
    "self_bounding",
]

v = sp.IndexedBase("v")
HALF = sp.Rational(1, 2)


def hessian_form(ell: Bivariate = ELL, sigma: Scalar = SIGMA, which: str = "full") -> Pair:
    """(derived ∇²L[V,V], Gauss-Newton part plus bends); see 1 of the module."""
    hessian = sp.diff(landscape.loss(ell, sigma, which), w[q, l], w[s, l2])
    derived = _form(hessian)
    start, step, along = (_product(base) for base in (w0, w, v))
    if which == "full":
        moved = sp.Sum((w0[r, i] + w[r, i]) * X[p, i], (i, 1, d))
        slope, bend = derivative(sigma, 1)(moved), derivative(sigma, 2)(moved)
    else:
        bend = derivative(sigma, 2)(start)
        slope = derivative(sigma, 1)(start) + bend * step
    output = landscape.model(sigma, which)
    push = sp.Sum(a[r] * slope * along, (r, 1, m)) / sp.sqrt(m)
    bent = sp.Sum(a[r] * bend * along**2, (r, 1, m)) / sp.sqrt(m)
    inner = loss_derivative(ell, 2)(Y[p], output) * push**2 + loss_derivative(ell, 1)(Y[p], output) * bent
    return derived, sp.Sum(inner, (p, 1, n)) / n


def quartic_form() -> Pair:
    """(derived ∇²R_4[V,V], its stated form); see 2 of the module."""
    square, mixed, other = (_dot(*bases) for bases in ((w, w), (w, v), (v, v)))
    T = sp.Sum(sp.Sum(w[s, j] ** 2, (j, 1, d)) ** 2, (s, 1, m))
    stated = (
        8 * T * sp.Sum(square * other + 2 * mixed**2, (r, 1, m)) + 32 * sp.Sum(square * mixed, (r, 1, m)) ** 2
    )
    return _form(regularizer.hessian(4)), stated


def cauchy_schwarz(*, factor: sp.Rational = HALF) -> Pair:
    """Σ b² Σ c² - (Σ bc)² as a sum of squares over pairs of neurons, for any columns b and c of two arrays."""
    norm = sp.Sum(w[r, l] ** 2, (r, 1, m)) * sp.Sum(v[r, l] ** 2, (r, 1, m))
    squares = sp.Sum((w[r, l] * v[s, l] - w[s, l] * v[r, l]) ** 2, (r, 1, m), (s, 1, m))
    return norm - sp.Sum(w[r, l] * v[r, l], (r, 1, m)) ** 2, factor * squares


def self_bounding() -> tuple[Pair, Pair]:
    """ℓ'² = 2bℓ for the squared loss; (2bℓ - ℓ'²)' = 2 tanh³ for log cosh, which has the sign of its argument."""
    slope = sp.diff(SQUARED.expr, z)
    squared = (2 * SQUARED.smoothness * SQUARED.expr, slope**2)
    gap = sp.Symbol("g", real=True)
    spare = (2 * LOGCOSH.smoothness * LOGCOSH.expr - sp.diff(LOGCOSH.expr, z) ** 2).subs(z, y + gap)
    return squared, (sp.diff(spare, gap).rewrite(sp.exp), (2 * sp.tanh(gap) ** 3).rewrite(sp.exp))


def room_of_a_step() -> tuple[Pair, Pair]:
    """(h' and its stated form, h(1) - h(0) and its stated form); see 5 of the module."""
    t, G, lr, beta = sp.symbols("t G lr beta", real=True)
    phi = sp.Function("phi")(t)

    def h(at: sp.Expr, value: sp.Expr, slope: sp.Expr) -> sp.Expr:
        return lr**2 * beta * G**2 * (at - at**2 / 2) - value - (1 - at) * slope

    plain = {sp.diff(phi, t, order): sp.Symbol(f"phi_{order}", real=True) for order in (2, 1)}
    rise = sp.diff(h(t, phi, sp.diff(phi, t)), t).subs(plain)
    before, after, end = sp.symbols("phi_before phi_after phi_end", real=True)
    gained = h(sp.S.One, after, end) - h(sp.S.Zero, before, -lr * G**2)
    return (
        (rise, (1 - t) * (lr**2 * beta * G**2 - plain[sp.diff(phi, t, 2)])),
        (gained, before - lr * (1 - lr * beta / 2) * G**2 - after),
    )


def rate() -> tuple[Pair, Pair]:
    """(R_{N+1} - R_N and 2β times the room of step N at lr = 1/β, the bound's room); see 6 of the module."""
    first, now, following, total = sp.symbols("L_0 L_N L_next S_N", real=True)
    beta, N, G, least, lr = sp.symbols("beta N G_N g lr", positive=True)

    def room(value: sp.Expr, squares: sp.Expr) -> sp.Expr:
        return 2 * beta * (first - value) - squares

    step = (now - lr * (1 - lr * beta / 2) * G**2 - following).subs(lr, 1 / beta)
    mean = (room(now, total) + (total - N * least**2)) / N
    return (
        (room(following, total + G**2) - room(now, total), 2 * beta * step),
        (mean, 2 * beta * (first - now) / N - least**2),
    )


def _form(hessian: sp.Expr) -> sp.Expr:
    """A Hessian with the free indices (q,l), (s,l') at (V, V)."""
    return sp.Sum(hessian * v[q, l] * v[s, l2], (q, 1, m), (l, 1, d), (s, 1, m), (l2, 1, d))


def _product(base: sp.IndexedBase) -> sp.Expr:
    """Row r of an array times x_p."""
    return sp.Sum(base[r, i] * X[p, i], (i, 1, d))


def _dot(one: sp.IndexedBase, other: sp.IndexedBase) -> sp.Expr:
    return sp.Sum(one[r, j] * other[r, j], (j, 1, d))
