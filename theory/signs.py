r"""Random signs: averages over S ∈ {±1}^m of the Taylor terms at W⊙S (row r of W times S_r), exactly.

Contract: two routes to every average. `average_exact` sums over all 2^m sign vectors at a small, concrete m
with symbolic entries; `average` works for symbolic m from E S_r S_s = δ_{rs} and E S_r = 0, by replacing the
signs in the normal form of `theory.sums`. Identities are pairs (derived, stated).

Source: the random-sign argument of Bai and Lee 2020 and Nichani, Bai, Lee 2022.
"""

from __future__ import annotations

from itertools import product

import sympy as sp

from theory.errors import InputError
from theory.expansion import (
    RULES,
    SIGMA,
    Pair,
    Scalar,
    a,
    at_x,
    concretize,
    d,
    derivative,
    i,
    j,
    m,
    r,
    s,
    taylor_term,
    w,
    w0,
)
from theory.sums import Range, Rules, canonical

S = sp.IndexedBase("S")
P_low = sp.IndexedBase("P_low")

_NEURON: Range = (sp.S.One, m)
_COORDINATE: Range = (sp.S.One, d)
SIGN_RULES = Rules(
    ranges=RULES.ranges,
    signs=frozenset({a, S}),
    symmetric=frozenset({P_low}),
    idempotent={P_low: (_NEURON, _COORDINATE)},
)


def signed(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
    """Entry of W⊙S, shape (m, d)."""
    return S[neuron] * w[neuron, coordinate]


def signed_term(sigma: Scalar = SIGMA, order: int = 1) -> sp.Expr:
    """f^{(order)}(x; W⊙S)."""
    return taylor_term(sigma, order, moved=signed)


def average(expr: sp.Expr, *, rules: Rules = SIGN_RULES) -> sp.Expr:
    """E over independent fair signs S of a multi-sum polynomial, for symbolic m.

    In the normal form S_r² = 1; a term with S_r S_s gets δ_{rs}, a term with an odd number of factors is 0
    (each sign vector pairs with its negative).

    Raises:
        InputError: when a term keeps an even number ≥ 4 of factors S, or S inside a function.
    """
    terms = sp.Add.make_args(canonical(expr, rules=rules))
    return canonical(sp.Add(*(_average_term(term) for term in terms)), rules=rules)


def average_exact(expr: sp.Expr, size: int) -> sp.Expr:
    """Mean of a concretized expression over all 2^size values of (S[1], …, S[size]).

    Raises:
        InputError: when size is not between 1 and 12 (4096 vectors).
    """
    if not 1 <= size <= 12:
        raise InputError(
            given=f"{size} signs", allowed="1 to 12", do="use `average`, which needs no enumeration"
        )
    names = [S[k] for k in range(1, size + 1)]
    plain = {name: sp.Dummy(f"S{k}") for k, name in enumerate(names)}
    body = sp.Poly(expr.xreplace(plain), *plain.values())
    total = sp.Integer(0)
    for powers, coefficient in body.terms():
        # Each monomial is summed over the whole cube: no parity argument is used here.
        cube = sum(
            sp.prod([v**e for v, e in zip(signs, powers, strict=True)])
            for signs in product((1, -1), repeat=size)
        )
        total += coefficient * cube
    return total / 2**size


def exact_identities(sigma: Scalar = SIGMA, *, size: int, dimension: int) -> dict[str, Pair]:
    """The three sign identities at concrete m = size, d = dimension, averaged over all 2^m vectors.

    Keys: 'linear' (E_S f_L(W⊙S)² and its formula), 'quadratic' (E_S (f_Q(W⊙S) - f_Q(W))² and 0, so that
    f_Q agrees for each single S), 'cubic' (E_S f^{(3)}(W⊙S) and 0).
    """

    def small(expr: sp.Expr) -> sp.Expr:
        return concretize(expr, m=size, d=dimension)

    linear = average_exact(small(signed_term(sigma, 1)) ** 2, size)
    moved = small(signed_term(sigma, 2)) - small(taylor_term(sigma, 2))
    return {
        "linear": (_unit_signs(linear), small(linear_energy(sigma)[1])),
        "quadratic": (_unit_signs(average_exact(moved**2, size)), sp.Integer(0)),
        "cubic": (_unit_signs(average_exact(small(signed_term(sigma, 3)), size)), sp.Integer(0)),
    }


def linear_energy(sigma: Scalar = SIGMA) -> Pair:
    """E_S f_L(x;W⊙S)² = (1/m) Σ_r σ'(w0_r·x)² (w_r·x)²: (average, stated)."""
    start = sp.Sum(w0[r, i] * at_x(i), (i, 1, d))
    step = sp.Sum(w[r, i] * at_x(i), (i, 1, d))
    stated = sp.Sum(derivative(sigma, 1)(start) ** 2 * step**2, (r, 1, m)) / m
    return average(signed_term(sigma, 1) ** 2), stated


def quadratic_unchanged(sigma: Scalar = SIGMA) -> Pair:
    """f_Q(x; W⊙S) = f_Q(x; W) for every sign vector, without averaging (S_r² = 1)."""
    return signed_term(sigma, 2), taylor_term(sigma, 2)


def cubic_mean(sigma: Scalar = SIGMA) -> Pair:
    """E_S f^{(3)}(x; W⊙S) = 0."""
    return average(signed_term(sigma, 3)), sp.Integer(0)


def low_energy() -> Pair:
    """E_S ‖P_≤(W⊙S)‖_F² = Σ_r w_rᵀ (P_≤)_{rr} w_r: (average, stated)."""
    image = sp.Sum(P_low[r, i, s, j] * signed(s, j), (s, 1, m), (j, 1, d))
    stated = sp.Sum(w[r, i] * P_low[r, i, r, j] * w[r, j], (r, 1, m), (i, 1, d), (j, 1, d))
    return average(sp.Sum(image**2, (r, 1, m), (i, 1, d))), stated


def linear_scale(sigma: Scalar = SIGMA) -> tuple[Pair, sp.Expr]:
    """E_S f_L² at w_r = B m^{-1/4} u_r: (average, prefactor times mean) and the prefactor of f_L itself.

    The average is B² m^{-1/2} · (1/m) Σ_r σ'(z_r)²(u_r·x)², so f_L = Θ(m^{-1/4}) in root mean square, against
    m^{1/4} for aligned directions (`scaled_term`).
    """
    B, u = sp.Symbol("B", positive=True), sp.IndexedBase("u")
    small = B * m ** -sp.Rational(1, 4)
    term = taylor_term(sigma, 1, moved=lambda neuron, c: S[neuron] * small * u[neuron, c])
    start = sp.Sum(w0[r, i] * at_x(i), (i, 1, d))
    step = sp.Sum(u[r, i] * at_x(i), (i, 1, d))
    mean = sp.Sum(derivative(sigma, 1)(start) ** 2 * step**2, (r, 1, m)) / m
    return (average(term**2), small**2 * mean), small


def _unit_signs(expr: sp.Expr) -> sp.Expr:
    """Expand and use a_r² = 1."""
    return sp.expand(expr).replace(
        lambda e: isinstance(e, sp.Pow) and isinstance(e.base, sp.Indexed) and e.base.base == a,
        lambda e: e.base ** (e.exp % 2),
    )


def _average_term(term: sp.Expr) -> sp.Expr:
    """δ_{rs} for S_r S_s inside one product, sums included."""
    found: list[sp.Expr] = []

    def take(factor: sp.Expr) -> sp.Expr:
        if isinstance(factor, sp.Sum):
            return sp.Sum(take(factor.function), *factor.limits)
        if isinstance(factor, sp.Mul):
            return sp.Mul(*(take(f) for f in factor.args))
        if isinstance(factor, sp.Indexed) and factor.base == S:
            found.append(factor.indices[0])
            return sp.S.One
        return factor

    rest = take(term)
    if rest.has(S) or (len(found) > 2 and len(found) % 2 == 0):
        raise InputError(
            given=f"the term {term}",
            allowed="two factors S_r or an odd number, none in a function",
            do="use `average_exact` at a small m",
        )
    if len(found) % 2:
        return sp.Integer(0)
    if not found:
        return rest
    delta = sp.KroneckerDelta(*found)
    # The sums over r and s enclose the delta: it has to sit under every Sum of the term.
    return _under_sums(rest, delta)


def _under_sums(term: sp.Expr, factor: sp.Expr) -> sp.Expr:
    """Multiply by `factor` inside the one Sum of a normal-form term (free indices may stay outside)."""
    sums = [f for f in sp.Mul.make_args(term) if isinstance(f, sp.Sum)]
    if not sums:
        return term * factor
    inner = sums[0]
    others = sp.Mul(*(f for f in sp.Mul.make_args(term) if f is not inner))
    return others * sp.Sum(inner.function * factor, *inner.limits)
