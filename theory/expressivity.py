r"""Expressivity, exact: what the quadratic part of the network can be made to say, and what that costs.

With z = β·x and unit β, the sparse polynomial of degree k + 1 splits as

    q(z) = √B(d,k+1) P_{k+1}(z/√d) = z² p(z) + r(z),    deg p = k - 1,    r affine,

and with p_l = E p(z) P_l(z/√d), the profile h(u) = Σ_l p_l B(d,l)/μ_l P_l(u) of a function
g = Σ_l μ_l B(d,l) P_l(z/√d), for us σ'', satisfies E_w g(w·x) h(β·w) = p(β·x). Neurons that move by
w_r = m^{-1/4} b_r β with b_r² = 4 max(a_r h(β·w0_r), 0) then have E f_Q = z² p(z), and
‖W_Q‖_{2,4}^4 = (1/m) Σ_r b_r⁴ has mean 8 E h².

Contract: as in `theory.sphere`: `d` is an integer ≥ 3 or a positive symbol, results are exact, and an identity is
a function that returns the pair (derived, stated). The derivation of the expectation rotates the plane of x and β
onto two coordinates and takes moments; it does not use the Funk-Hecke formula. With c_l = μ_l² B(d,l),

    E h² = Σ_l p_l² B(d,l)/μ_l² = Σ_l (p_l B(d,l))²/c_l,

of which `scaled` gives E h² d^{1-k} as a rational function of 1/d.

Source: Nichani, Bai, Lee 2022; the construction goes back to Bai and Lee 2020. The limits are this project's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import sympy as sp

from theory import expansion
from theory.errors import InputError
from theory.sphere import B, P, Pair, checked_dimension, expect, expect_plane, mu

DEGREES = (1, 2, 3)


@lru_cache(maxsize=64)
def split(k: int, d: sp.Expr, z: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """The polynomials (p, r) of `q/√B(d,k+1) = P_{k+1}(z/√d) = z² p(z) + r(z)`, r affine.

    The common factor √B(d,k+1) is left out, so that the coefficients are rational in √d.

    Raises:
        InputError: when k < 1 or an integer d < 3.
    """
    d = checked_dimension(d)
    if k < 1:
        raise InputError(given=f"degree k = {k}", allowed="k >= 1", do="choose a degree of at least 1")
    powers = sp.Poly(P(k + 1, z / sp.sqrt(d), d), z).all_coeffs()[::-1]
    p = sum((c * z**i for i, c in enumerate(powers[2:])), sp.Integer(0))
    return p, powers[0] + powers[1] * z


def coefficients(k: int, d: sp.Expr) -> tuple[sp.Expr, ...]:
    """The numbers p_l/√B(d,k+1), l = 0…k-1; every second one is 0 by parity."""
    z = sp.Symbol("z", real=True)
    p, _ = split(k, d, z)
    return tuple(mu(l, p, z, d) for l in range(k))


def profile(k: int, d: sp.Expr, u: sp.Expr, mus: Sequence[sp.Expr]) -> sp.Expr:
    """h(u)/√B(d,k+1) = Σ_l p_l B(d,l)/μ_l P_l(u); terms with p_l = 0 are absent, whatever their μ_l."""
    terms = (p * B(d, l) / mus[l] * P(l, u, d) for l, p in enumerate(coefficients(k, d)) if p != 0)
    return sum(terms, sp.Integer(0))


def expectation(
    k: int, d: sp.Expr, c: sp.Symbol, mus: Sequence[sp.Symbol], *, used: Sequence[sp.Symbol] | None = None
) -> Pair:
    """(β·x)² E_w[g(w·x) h(β·w)] + r(β·x) = q(β·x) for g = Σ_l μ_l B(d,l) P_l(z/√d), any μ_l; c = β·x/√d.

    The left side takes w·x = z1 and √d β·w = c z1 + s z2 with s² = 1 - c², w uniform on the unit sphere.

    Args:
        k: Degree of the dense part.
        d: Dimension.
        c: Cosine of the angle between β and x.
        mus: The numbers μ_0(g), …, μ_L(g), L ≥ k - 1; g has degree L.
        used: What stands for them in h; other numbers than `mus` make the statement false.
    """
    z, z1, z2 = sp.symbols("z z1 z2", real=True)
    s, root = sp.Dummy("s"), sp.sqrt(checked_dimension(d))
    g = sum((value * B(d, l) * P(l, z1 / root, d) for l, value in enumerate(mus)), sp.Integer(0))
    h = profile(k, d, (c * z1 + s * z2) / root, mus if used is None else used)
    planar = sp.Poly(expect_plane(g * h, z1, z2, d), s)
    # Odd powers of the orthogonal component carry odd moments and are gone.
    mean = sum((value * (1 - c**2) ** sp.Rational(e, 2) for (e,), value in planar.terms()), sp.Integer(0))
    scale, (_, rest) = sp.sqrt(B(d, k + 1)), split(k, d, z)
    return scale * ((root * c) ** 2 * mean + rest.subs(z, root * c)), scale * P(k + 1, c, d)


def reduction() -> Pair:
    """f_Q at w_r = m^{-1/4} b_r β: `(β·x)²/(2m) Σ_r a_r b_r² σ''(w0_r·x)`, for symbolic m and d and any σ."""
    m, d, r, i, a, w0, x = (getattr(expansion, name) for name in ("m", "d", "r", "i", "a", "w0", "x"))
    b, beta = sp.IndexedBase("b"), sp.IndexedBase("beta")
    left = expansion.taylor_term(
        order=2, moved=lambda neuron, c: m ** sp.Rational(-1, 4) * b[neuron] * beta[c]
    )
    along = sp.Sum(beta[i] * x[i], (i, 1, d))
    bend = expansion.derivative(expansion.SIGMA, 2)(sp.Sum(w0[r, i] * x[i], (i, 1, d)))
    return left, along**2 / (2 * m) * sp.Sum(a[r] * b[r] ** 2 * bend, (r, 1, m))


def size_reduction() -> Pair:
    """‖W‖_{2,4}^4 at w_r = m^{-1/4} b_r β: `(Σ_i β_i²)²/m Σ_r b_r⁴`, for symbolic m and d."""
    m, d, r, i = (getattr(expansion, name) for name in ("m", "d", "r", "i"))
    b, beta = sp.IndexedBase("b"), sp.IndexedBase("beta")
    square = sp.Sum((m ** sp.Rational(-1, 4) * b[r] * beta[i]) ** 2, (i, 1, d))
    return sp.Sum(square**2, (r, 1, m)), sp.Sum(beta[i] ** 2, (i, 1, d)) ** 2 / m * sp.Sum(
        b[r] ** 4, (r, 1, m)
    )


def pair_means(h: sp.Expr, factor: int = 4) -> tuple[Pair, Pair]:
    """Means over a = ±1 with b² = factor·max(a h, 0): (½ a b², h) and (b⁴, 8h²), both true for the factor 4.

    Args:
        h: A value of the profile, of known sign.
        factor: The constant in b².
    """
    squares = {sign: sp.Integer(factor) * sp.Max(sign * h, 0) for sign in (1, -1)}
    linear = sum((sign * square for sign, square in squares.items()), sp.Integer(0)) / 4
    quartic = sum((square**2 for square in squares.values()), sp.Integer(0)) / 2
    return (linear, h), (quartic, 8 * h**2)


def mean_square(k: int, d: sp.Expr, mus: Sequence[sp.Expr]) -> sp.Expr:
    """STATED E h² = Σ_l p_l² B(d,l)/μ_l²."""
    terms = (p**2 * B(d, l) / mus[l] ** 2 for l, p in enumerate(coefficients(k, d)) if p != 0)
    return B(d, k + 1) * sum(terms, sp.Integer(0))


def mean_square_moments(k: int, d: sp.Expr, mus: Sequence[sp.Symbol]) -> sp.Expr:
    """DERIVED E h(β·w)² over w uniform on the unit sphere, by the moments of z = √d β·w."""
    z = sp.Symbol("z", real=True)
    h = profile(k, d, z / sp.sqrt(checked_dimension(d)), mus)
    return B(d, k + 1) * expect(h**2, z, d)


def scaled(k: int, epsilon: sp.Symbol, c: Sequence[sp.Expr]) -> sp.Expr:
    """E h² d^{1-k} as a function of epsilon = 1/d and the energies c_l = μ_l² B(d,l), finite at epsilon = 0."""
    d = sp.Symbol("d", positive=True)
    total = sp.Integer(0)
    for l, p in enumerate(coefficients(k, d)):
        if p != 0:
            weight = B(d, k + 1) * p**2 * B(d, l) ** 2 * d ** (1 - k)
            total += sp.cancel(sp.expand(weight).subs(d, 1 / epsilon)) / c[l]
    return total


def limit(k: int, h: Sequence[sp.Expr]) -> sp.Expr:
    """STATED limit of E h² d^{1-k} as c_l → h_l: `1/(k (k+1) (k-1)! h_{k-1})`.

    For g = σ'', h_{k-1} = (E σ''(g) He_{k-1}(g))²/(k-1)! with g standard normal, so this is
    `1/(k (k+1) (E σ^{(k+1)}(g))²)`.
    """
    return 1 / (k * (k + 1) * sp.factorial(k - 1) * h[k - 1])


def limit_slope(k: int, h: Sequence[sp.Expr], r: Sequence[sp.Expr]) -> sp.Expr:
    """DERIVED limit of d (E h² d^{1-k} - `limit`) when c_l = h_l + r_l/d + O(1/d²): finite, so the rate is 1/d."""
    epsilon = sp.Symbol("epsilon", positive=True)
    c = [first + second * epsilon for first, second in zip(h, r, strict=True)]
    return sp.diff(scaled(k, epsilon, c), epsilon).subs(epsilon, 0)


def kappa(k: int, h: Sequence[sp.Expr], r: Sequence[sp.Expr]) -> sp.Expr:
    """STATED κ in E h² = Λ d^{k-1} (1 + κ/d + O(1/d²)), Λ the `limit`: `(k² + 9k - 4)/2 - r_{k-1}/h_{k-1}`.

    Here c_l = h_l + r_l/d + O(1/d²); degrees below k - 1 enter at the order 1/d² only.
    """
    return sp.Rational(k**2 + 9 * k - 4, 2) - r[k - 1] / h[k - 1]


def least_norm_pairs() -> dict[str, Pair]:
    """Why `V = Σ_p y_p φ_p` is the shortest W with ⟨φ_p, W⟩ = ⟨φ_p, V⟩ for all p; symbolic m, n, d.

    The φ_p are any n movements: features at points, or moments with polynomials. `‖W‖² = ‖V‖² + ‖W - V‖² +
    2⟨V, W - V⟩`, and ⟨V, W - V⟩ = Σ_p y_p (⟨φ_p, W⟩ - ⟨φ_p, V⟩), which vanishes for such W.
    """
    m, d, n, r, i, p, w = (getattr(expansion, name) for name in ("m", "d", "n", "r", "i", "p", "w"))
    v, y, phi = sp.IndexedBase("v"), sp.IndexedBase("Y"), sp.IndexedBase("phi")
    q = sp.Symbol("q", integer=True)

    def total(body: sp.Expr) -> sp.Expr:
        return sp.Sum(body, (r, 1, m), (i, 1, d))

    shortest = sp.Sum(y[q] * phi[q, r, i], (q, 1, n))
    missed = total(phi[p, r, i] * w[r, i]) - total(phi[p, r, i] * shortest)
    return {
        "‖W‖²": (
            total(w[r, i] ** 2),
            total(v[r, i] ** 2) + total((w[r, i] - v[r, i]) ** 2) + 2 * total(v[r, i] * (w[r, i] - v[r, i])),
        ),
        "⟨V, W - V⟩": (
            total(shortest * (w[r, i] - shortest.subs(q, expansion.s))),
            sp.Sum(y[p] * missed, (p, 1, n)),
        ),
    }


def norm_gap(k: int) -> Pair:
    """`‖f‖²/λ - Σ_j ‖Π_j f‖²/λ_j = Σ_j ‖Π_j f‖² δ_j/(λ λ_j)` with λ_j = λ + δ_j, δ_j ≥ 0, j = 1…k: not negative.

    Raises:
        ArithmeticError: when the right side is not manifestly non-negative.
    """
    lambda_ = sp.Symbol("lambda", positive=True)
    energies, gaps = (
        sp.symbols(f"E1:{k + 1}", nonnegative=True),
        sp.symbols(f"delta1:{k + 1}", nonnegative=True),
    )
    terms = list(zip(energies, gaps, strict=True))
    left = sp.Add(*energies) / lambda_ - sp.Add(*(energy / (lambda_ + gap) for energy, gap in terms))
    right = sp.Add(*(energy * gap / (lambda_ * (lambda_ + gap)) for energy, gap in terms))
    if not right.is_nonnegative:
        raise ArithmeticError("the gap of the bound on the least norm has no sign")
    return left, right
