r"""The suprema behind the Rademacher complexities of the linear and of the quadratic class, derived.

With signs S_p and samples x_p, p = 1…n, the complexity of a class is `E_S sup_f (1/n) Σ_p S_p f(x_p)`. Here are the
algebraic steps that give the suprema and the bounds on their means, as pairs (derived, stated):

- Linear class, `‖W‖ ≤ B`, one vector z = (1/n) Σ_p S_p P_≤φ(x_p), ρ = ‖z‖. `completion` and `duality` together are
  Cauchy and Schwarz with the defect written out,
  `B ρ - ⟨z, W⟩ = ‖ρW - Bz‖²/(2Bρ) + ρ (B² - ‖W‖²)/(2B)`: the supremum is Bρ, attained at W = Bz/ρ alone.
- Quadratic class, `Σ_r ‖w_r‖⁴ ≤ B⁴`. `signed_sum` writes the objective as `(1/(2√m)) Σ_r w_rᵀ A_r w_r`; in the
  eigenbasis of A_r, `spectral` bounds w_rᵀ A_r w_r by λ_r^+ ‖w_r‖², with equality at a top eigenvector; then the
  same two steps with W_r = ‖w_r‖², z_r = λ_r^+ and B² for B give `B² (Σ_r (λ_r^+)²)^{1/2}`.
- Means over the signs: `energy` is E‖Σ_p S_p z_p‖² = Σ_p ‖z_p‖², `frobenius` the same for the matrices
  `c_p x_p x_pᵀ`, `variance` their squares, and `tail` the integral of the matrix tail bound of Tropp.

The sums run over symbolic m, n, d and N: the proofs are by the normal form of `theory.sums`.
"""

from __future__ import annotations

import sympy as sp

from theory.expansion import (
    RULES,
    SIGMA,
    Pair,
    Scalar,
    X,
    a,
    at_sample,
    d,
    derivative,
    m,
    n,
    taylor_term,
    w,
    w0,
)
from theory.signs import SIGN_RULES, S, average
from theory.sums import Rules

N = sp.Symbol("N", integer=True, positive=True)
z, v, c = sp.IndexedBase("z"), sp.IndexedBase("v"), sp.IndexedBase("c")
B, rho = sp.symbols("B rho", positive=True)
_r, _i, _j, _k, _p = sp.symbols("r i j k p", integer=True)

SAMPLE_RULES = Rules(ranges=RULES.ranges, signs=SIGN_RULES.signs)


def completion() -> Pair:
    """Σ_i (ρ v_i - B z_i)² = ρ² Σ v_i² - 2Bρ Σ z_i v_i + B² Σ z_i², for every length N."""
    left = sp.Sum((rho * v[_i] - B * z[_i]) ** 2, (_i, 1, N))
    parts = [sp.Sum(term, (_i, 1, N)) for term in (v[_i] ** 2, z[_i] * v[_i], z[_i] ** 2)]
    return left, rho**2 * parts[0] - 2 * B * rho * parts[1] + B**2 * parts[2]


def duality(*, power: int = 2) -> Pair:
    """B ρ - ⟨z,v⟩ = (ρ²‖v‖² - 2Bρ⟨z,v⟩ + B²ρ²)/(2Bρ) + ρ(B² - ‖v‖²)/(2B), with ‖z‖² = ρ².

    Args:
        power: For controls: the power of B in the constraint ‖v‖² ≤ B^power.
    """
    product, square = sp.symbols("zv vv", real=True)
    defect = (rho**2 * square - 2 * B * rho * product + B**2 * rho**2) / (2 * B * rho)
    return B * rho - product, defect + rho * (B**power - square) / (2 * B)


def maximiser() -> Pair:
    """At v = Bz/ρ: ⟨z, v⟩ = (B/ρ) Σ z_i², which is Bρ."""
    return sp.Sum(z[_i] * (B / rho * z[_i]), (_i, 1, N)), B / rho * sp.Sum(z[_i] ** 2, (_i, 1, N))


def quartic_maximiser() -> tuple[Pair, Pair]:
    """At ‖w_r‖² = B² z_r/ρ, z_r = λ_r^+ and ρ² = Σ z_r²: the constraint Σ‖w_r‖⁴ and the value Σ z_r ‖w_r‖²."""
    square = B**2 / rho * z[_r]
    total = sp.Sum(z[_r] ** 2, (_r, 1, m))
    return (
        (sp.Sum(square**2, (_r, 1, m)), B**4 / rho**2 * total),
        (sp.Sum(z[_r] * square, (_r, 1, m)), B**2 / rho * total),
    )


def spectral() -> Pair:
    """In an eigenbasis: λ^+ Σ c_i² - Σ λ_i c_i² = Σ (λ^+ - λ_i) c_i², a sum of squares where λ^+ ≥ every λ_i."""
    top = sp.Symbol("lambda^+", nonnegative=True)
    left = top * sp.Sum(c[_i] ** 2, (_i, 1, d)) - sp.Sum(v[_i] * c[_i] ** 2, (_i, 1, d))
    return left, sp.Sum((top - v[_i]) * c[_i] ** 2, (_i, 1, d))


def signed_sum(sigma: Scalar = SIGMA, *, factor: int = 1) -> Pair:
    """(1/n) Σ_p S_p f_Q(x_p; W) = (1/(2√m)) Σ_r w_rᵀ A_r w_r with the stated A_r.

    `A_r = (1/n) Σ_p S_p a_r σ''(w0_r·x_p) x_p x_pᵀ`.

    Args:
        sigma: The activation, by default a generic one.
        factor: For controls: multiplies the stated side.
    """
    term = taylor_term(sigma, 2, point=at_sample)
    start = sp.Sum(w0[_r, _k] * X[_p, _k], (_k, 1, d))
    bend = S[_p] * a[_r] * derivative(sigma, 2)(start)
    stated = w[_r, _i] * bend * X[_p, _i] * X[_p, _j] * w[_r, _j]
    limits = ((_p, 1, n), (_r, 1, m), (_i, 1, d), (_j, 1, d))
    return sp.Sum(S[_p] * term, (_p, 1, n)) / n, factor * sp.Sum(stated, *limits) / (2 * sp.sqrt(m) * n)


def energy() -> Pair:
    """E_S ‖Σ_p S_p z_p‖² = Σ_p ‖z_p‖² for rows z_p in N dimensions, by averaging the signs."""
    moved = sp.Sum(S[_p] * z[_p, _i], (_p, 1, n))
    stated = sp.Sum(z[_p, _i] ** 2, (_p, 1, n), (_i, 1, N))
    return average(sp.Sum(moved**2, (_i, 1, N)), rules=SAMPLE_RULES), stated


def frobenius() -> Pair:
    """E_S ‖Σ_p S_p c_p x_p x_pᵀ‖_F² = Σ_p c_p² ‖x_p‖⁴."""
    entry = sp.Sum(S[_p] * c[_p] * X[_p, _i] * X[_p, _j], (_p, 1, n))
    stated = sp.Sum(c[_p] ** 2 * X[_p, _i] ** 2 * X[_p, _j] ** 2, (_p, 1, n), (_i, 1, d), (_j, 1, d))
    return average(sp.Sum(entry**2, (_i, 1, d), (_j, 1, d)), rules=SAMPLE_RULES), stated


def variance() -> Pair:
    """Entry (q, s) of Σ_p (c_p x_p x_pᵀ)², the matrix variance of Σ S_p c_p x_p x_pᵀ: Σ_p c_p² ‖x_p‖² x_pq x_ps."""
    q, s = sp.symbols("q s", integer=True)
    inner = sp.Sum((c[_p] * X[_p, q] * X[_p, _k]) * (c[_p] * X[_p, _k] * X[_p, s]), (_k, 1, d))
    square = sp.Sum(X[_p, _k] ** 2, (_k, 1, d))
    return sp.Sum(inner, (_p, 1, n)), sp.Sum(c[_p] ** 2 * square * X[_p, q] * X[_p, s], (_p, 1, n))


def tail(*, logarithm: int = 1) -> Pair:
    """∫_0^{τ²} du + ∫_{τ²}^∞ d e^{-u/(2V)} du = 2V (1 + log d), τ² = 2V log d.

    A bound on E (λ_max^+)² = ∫ P((λ_max^+)² > u) du from P(λ_max ≥ √u) ≤ d e^{-u/(2V)} (Tropp 2012), where V is the
    norm of the matrix variance.

    Args:
        logarithm: For controls: multiplies the logarithm on the stated side.
    """
    V, u, D = sp.symbols("V u D", positive=True)
    split = 2 * V * sp.log(D)
    # With u = τ² + y the second integral starts at 0, and d e^{-τ²/(2V)} = 1.
    rest = sp.integrate(sp.simplify(D * sp.exp(-(split + u) / (2 * V))), (u, 0, sp.oo))
    return sp.integrate(sp.S.One, (u, 0, split)) + rest, 2 * V * (1 + logarithm * sp.log(D))
