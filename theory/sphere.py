r"""Harmonic analysis on the sphere of radius √d, exact and with a symbolic dimension.

Contract: every function takes `d` as an integer ≥ 3 or as a positive SymPy symbol and returns an exact
expression (no Float ever). A fact that matters has two routes that share no formula: `P` and `P_gegenbauer`,
`B` and `harmonic_dimension`, `moment` and `moment_integral`. The mean of a plane wave is in `theory.bessel`.
An identity is a function that returns the pair (left side, right side); whoever calls it decides what
equality means. Here x ~ Unif(S^{d-1}(√d)), a unit vector w gives z = w·x, and P_l(1) = 1.

Source of the setting: Nichani, Bai, Lee 2022; the facts are classical (Atkinson and Han 2012).
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import lru_cache, reduce

import sympy as sp

from theory.errors import InputError

Pair = tuple[sp.Expr, sp.Expr]


def P(l: int, u: sp.Expr, d: sp.Expr) -> sp.Expr:
    """Legendre polynomial in dimension d with P_l(1) = 1.

    Formula: (l+d-2) P_{l+1}(u) = (2l+d-2) u P_l(u) - l P_{l-1}(u), P_0 = 1, P_1 = u.

    Raises:
        InputError: when l < 0 or an integer d < 3.
    """
    coefficients = _legendre(_degree(l), checked_dimension(d))
    return sum((c * u**j for j, c in enumerate(coefficients) if c != 0), sp.Integer(0))


def P_gegenbauer(l: int, u: sp.Expr, d: sp.Expr) -> sp.Expr:
    """The same polynomial as C_l^{(α)}(u)/C_l^{(α)}(1) with α = d/2 - 1, from the explicit sum.

    Formula: C_l^{(α)}(u) = Σ_k (-1)^k (α)_{l-k} (2u)^{l-2k} / (k! (l-2k)!), C_l^{(α)}(1) = (2α)_l / l!.

    Raises:
        InputError: when l < 0 or an integer d < 3.
    """
    l, alpha = _degree(l), checked_dimension(d) / 2 - 1
    at_one = _rising(2 * alpha, l) / sp.factorial(l)
    value = sp.Integer(0)
    for k in range(l // 2 + 1):
        weight = (-1) ** k * _rising(alpha, l - k) / (sp.factorial(k) * sp.factorial(l - 2 * k))
        value += sp.cancel(weight * 2 ** (l - 2 * k) / at_one) * u ** (l - 2 * k)
    return value


def B(d: sp.Expr, l: int) -> sp.Expr:
    """Number of independent harmonics of degree l, a polynomial in d.

    Formula: B(d,l) = (2l+d-2)/l · binom(l+d-3, l-1), B(d,0) = 1.

    Raises:
        InputError: when l < 0 or an integer d < 3.
    """
    l, d = _degree(l), checked_dimension(d)
    if l == 0:
        return sp.Integer(1)
    return sp.expand((2 * l + d - 2) / sp.Integer(l) * _binomial(l + d - 3, l - 1))


def harmonic_dimension(d: sp.Expr, l: int) -> sp.Expr:
    """Dimension of homogeneous degree l modulo |x|² times degree l-2: the second route to B(d,l).

    Formula: binom(d+l-1, l) - binom(d+l-3, l-2).
    """
    l, d = _degree(l), checked_dimension(d)
    lower = _binomial(d + l - 3, l - 2) if l >= 2 else sp.Integer(0)
    return sp.expand(_binomial(d + l - 1, l) - lower)


def n_k(d: sp.Expr, k: int) -> sp.Expr:
    """Number of harmonics of degree at most k: binom(d+k-1, k) + binom(d+k-2, k-1)."""
    k, d = _degree(k), checked_dimension(d)
    lower = _binomial(d + k - 2, k - 1) if k >= 1 else sp.Integer(0)
    return sp.expand(_binomial(d + k - 1, k) + lower)


def n_k_sum(d: sp.Expr, k: int) -> sp.Expr:
    """The same number as Σ_{l≤k} B(d,l)."""
    return sp.expand(sum((B(d, l) for l in range(_degree(k) + 1)), sp.Integer(0)))


def moment(p: int, d: sp.Expr) -> sp.Expr:
    """Even moment E z^{2p} = (2p-1)!! d^p / (d(d+2)…(d+2p-2)); odd moments vanish."""
    return monomial_moment((2 * _degree(p),), d)


def moment_integral(p: sp.Expr, d: sp.Expr) -> sp.Expr:
    """E z^{2p} from the density ∝ (1-z²/d)^{(d-3)/2}; p may be symbolic.

    With z = √d u and v = u² both integrals are Beta functions:
    E z^{2p} = d^p Beta(p+1/2, (d-1)/2) / Beta(1/2, (d-1)/2).
    """
    p, half, d = sp.sympify(p, strict=True), sp.Rational(1, 2), checked_dimension(d)
    b = (d - 1) / 2
    top = sp.gamma(p + half) * sp.gamma(b) / sp.gamma(p + half + b)
    bottom = sp.gamma(half) * sp.gamma(b) / sp.gamma(half + b)
    return d**p * sp.gammasimp(top / bottom)


def monomial_moment(exponents: Sequence[int], d: sp.Expr) -> sp.Expr:
    """E Π_i x_i^{e_i} over distinct coordinates; zero as soon as one exponent is odd.

    Formula: with e = 2b and |b| = Σ b_i, d^{|b|} Π(2b_i-1)!! / (d(d+2)…(d+2|b|-2)).

    Raises:
        InputError: when an exponent is negative.
    """
    d = checked_dimension(d)
    if any(_degree(e) % 2 for e in exponents):
        return sp.Integer(0)
    value, total = sp.Integer(1), sum(exponents) // 2
    for e in exponents:
        value *= sp.factorial2(e - 1)
    for i in range(total):
        value *= d / (d + 2 * i)
    return value


def expect(poly: sp.Expr, z: sp.Symbol, d: sp.Expr) -> sp.Expr:
    """E of a polynomial in z = w·x, term by term through `moment`."""
    return _expect(poly, (z,), d)


def expect_plane(poly: sp.Expr, z1: sp.Symbol, z2: sp.Symbol, d: sp.Expr) -> sp.Expr:
    """E of a polynomial in two orthonormal coordinates z1, z2 of x."""
    return _expect(poly, (z1, z2), d)


def orthogonality(j: int, l: int, d: sp.Expr) -> Pair:
    """E P_j(z/√d) P_l(z/√d) = δ_{jl}/B(d,l)."""
    z = sp.Symbol("z", real=True)
    root = sp.sqrt(checked_dimension(d))
    left = expect(P(j, z / root, d) * P(l, z / root, d), z, d)
    return left, (1 / B(d, l) if j == l else sp.Integer(0))


def addition_formula(l: int, d: sp.Expr, c: sp.Symbol) -> Pair:
    """E_w P_l(w·x/√d) P_l(w·y/√d) = P_l(x·y/d)/B(d,l) with c = x·y/d, w uniform on the unit sphere."""
    z1, root = sp.Symbol("z1", real=True), sp.sqrt(checked_dimension(d))
    return funk_hecke(P(l, z1 / root, d), z1, l, d, c)[0], P(l, c, d) / B(d, l)


def funk_hecke(g: sp.Expr, z: sp.Symbol, l: int, d: sp.Expr, c: sp.Symbol) -> Pair:
    """E_w g(w·x) P_l(β·w) = μ_l(g) P_l(c), c = β·x/√d, β a unit vector, g a polynomial in z.

    The left side rotates the plane of x and β onto two coordinates: w·x = z1 and √d β·w = c z1 + s z2
    with s² = 1 - c²; odd powers of s carry odd powers of z2 and vanish.
    """
    z1, z2 = sp.Symbol("z1", real=True), sp.Symbol("z2", real=True)
    s, root = sp.Dummy("s"), sp.sqrt(checked_dimension(d))
    planar = expect_plane(g.subs(z, z1) * P(l, (c * z1 + s * z2) / root, d), z1, z2, d)
    left = _even_substitute(planar, s, 1 - c**2)
    return left, mu(l, g, z, d) * P(l, c, d)


def mu(l: int, g: sp.Expr, z: sp.Symbol, d: sp.Expr) -> sp.Expr:
    """Coefficient μ_l(g) = E g(z) P_l(z/√d) of a polynomial g."""
    return expect(g * P(l, z / sp.sqrt(checked_dimension(d)), d), z, d)


def gegenbauer_expansion(g: sp.Expr, z: sp.Symbol, d: sp.Expr) -> list[sp.Expr]:
    """All μ_l(g), l = 0..deg g, of a polynomial g, so that g = Σ_l μ_l(g) B(d,l) P_l(z/√d)."""
    return [mu(l, g, z, d) for l in range(sp.Poly(g, z).degree() + 1 if g != 0 else 0)]


def reproduce(g: sp.Expr, z: sp.Symbol, d: sp.Expr) -> Pair:
    """Reproduction Σ_l μ_l(g) B(d,l) P_l(z/√d) = g for a polynomial g."""
    root = sp.sqrt(checked_dimension(d))
    terms = (m * B(d, l) * P(l, z / root, d) for l, m in enumerate(gegenbauer_expansion(g, z, d)))
    return sum(terms, sp.Integer(0)), g


def hermite(l: int, z: sp.Expr) -> sp.Expr:
    """Probabilists' Hermite polynomial: He_{l+1} = z He_l - l He_{l-1}, He_0 = 1, He_1 = z."""
    previous, current = sp.Integer(0), sp.Integer(1)
    for j in range(_degree(l)):
        previous, current = current, sp.expand(z * current - j * previous)
    return current


def hermite_gap(l: int, d: sp.Expr) -> dict[int, sp.Expr]:
    """Coefficients, by power of z, of √B(d,l) P_l(z/√d) - He_l(z)/√l!."""
    z, d = sp.Symbol("z"), checked_dimension(d)
    he = sp.Poly(hermite(l, z), z)
    return {
        j: sp.sqrt(B(d, l)) * c / sp.sqrt(d) ** j - he.coeff_monomial(z**j) / sp.sqrt(sp.factorial(l))
        for j, c in enumerate(_legendre(_degree(l), d))
        if c != 0
    }


def hermite_shift(l: int, i: int) -> sp.Expr:
    """The rate c in [z^i] √B P_l(z/√d) = h + c/d + O(1/d²), h = [z^i] He_l/√l!: c = h (i² + 2il + 3l - 6i)/4."""
    z = sp.Symbol("z")
    h = sp.Poly(hermite(l, z), z).coeff_monomial(z**i) / sp.sqrt(sp.factorial(_degree(l)))
    return h * sp.Rational(i * i + 2 * i * l + 3 * l - 6 * i, 4)


def hermite_expansion(l: int) -> dict[int, tuple[Pair, Pair, Pair]]:
    """Three pairs for each power z^i that together say [z^i] √B P_l(z/√d) = h + c/d + O(1/d²).

    The coefficient is ±√R(1/d) with R rational, so its expansion at 1/d = 0 is ±(√R(0) + R'(0)/(2√R(0))/d + …).
    The pairs are (R(0), h²), (its sign for large d, the sign of h) and (R'(0), 2hc), c of `hermite_shift`;
    where R has a pole at 0, the first pair has its numerator there against 0, which it is not.
    """
    z, d, eps = sp.Symbol("z"), sp.Symbol("d", positive=True), sp.Symbol("epsilon", positive=True)
    he, pairs = sp.Poly(hermite(l, z), z), {}
    for i, c in enumerate(_legendre(_degree(l), d)):
        if c == 0:
            continue
        h = he.coeff_monomial(z**i) / sp.sqrt(sp.factorial(l))
        top, bottom = (
            sp.Poly(part, eps) for part in sp.fraction(sp.cancel((B(d, l) * c**2 / d**i).subs(d, 1 / eps)))
        )
        unit = bottom.TC() or sp.Integer(1)
        (p0, p1), (q0, q1) = ((f.TC() / unit, f.coeff_monomial(eps) / unit) for f in (top, bottom))
        sign = reduce(operator.mul, (sp.sign(sp.LC(sp.Poly(f, d))) for f in sp.fraction(sp.cancel(c))))
        rate = (p1 * q0 - p0 * q1, 2 * h * hermite_shift(l, i) * q0**2)
        pairs[i] = (p0, h**2 * q0), (sign, sp.sign(h)), rate
    return pairs


def hermite_rate(l: int) -> dict[int, sp.Expr]:
    """Limit of d · `hermite_gap` as d → ∞, by power of z, as `hermite_expansion` derives it.

    Raises:
        ArithmeticError: when the gap does not close (the limit would be infinite).
    """
    rates = {}
    for i, (leading, sign, slope) in hermite_expansion(l).items():
        if leading[0] != leading[1] or sign[0] != sign[1]:
            raise ArithmeticError(f"coefficient of z^{i} at degree {l} does not tend to that of He_{l}")
        h = sign[0] * sp.sqrt(leading[0])
        rates[i] = sp.simplify(slope[0] / (2 * h))
    return rates


def checked_dimension(d: sp.Expr) -> sp.Expr:
    """The dimension as a SymPy object.

    Raises:
        InputError: when d is a number other than an integer >= 3.
    """
    d = sp.sympify(d, strict=True)
    if d.is_number and not (d.is_integer and d >= 3):
        raise InputError(
            given=f"dimension d = {d}",
            allowed="an integer d >= 3 or a positive symbol",
            do="choose d >= 3, where the sphere has a density and the recurrence no zero divisor",
        )
    return d


@lru_cache(maxsize=512)
def _legendre(l: int, d: sp.Expr) -> tuple[sp.Expr, ...]:
    """Coefficients of P_l by power, from the three-term recurrence."""
    previous: list[sp.Expr] = [sp.Integer(0)]
    current: list[sp.Expr] = [sp.Integer(1)]
    for j in range(l):
        shifted = [sp.Integer(0), *current]
        padded = previous + [sp.Integer(0)] * (len(shifted) - len(previous))
        if j == 0:
            previous, current = current, shifted  # (d-2) P_1 = (d-2) u P_0
            continue
        step = [
            sp.factor(((2 * j + d - 2) * s - j * q) / (j + d - 2))
            for s, q in zip(shifted, padded, strict=True)
        ]
        previous, current = current, step
    return tuple(current)


def _expect(poly: sp.Expr, variables: tuple[sp.Symbol, ...], d: sp.Expr) -> sp.Expr:
    """Term by term, in the polynomial ring over rational functions of √d and the other symbols."""
    d, root = checked_dimension(d), sp.Dummy("root", positive=True)
    # √d itself for a symbol, √2 for d = 8, nothing for d = 9: what the ring does not know.
    surd = next(iter(sp.sqrt(d).atoms(sp.Pow)), root)
    rational = poly.subs(surd, root)
    rational = rational.subs(d, root**2) if d.is_Symbol else rational
    others = sorted(rational.free_symbols - set(variables) | {root}, key=str)
    expanded = _polynomial(rational, variables, sp.QQ.frac_field(*others))
    value = sum(
        (c * monomial_moment(e, d) for e, c in expanded.terms() if not any(k % 2 for k in e)), sp.S.Zero
    )
    return sp.cancel(sp.together(value.subs(root, surd)))


def _polynomial(expr: sp.Expr, variables: tuple[sp.Symbol, ...], domain: sp.Domain) -> sp.Poly:
    """Build the polynomial by ring operations: expanding the expression first would be slow."""
    if isinstance(expr, sp.Add | sp.Mul) and expr.has(*variables):
        parts = (_polynomial(arg, variables, domain) for arg in expr.args)
        return reduce(operator.add if isinstance(expr, sp.Add) else operator.mul, parts)
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer and expr.exp > 0:
        return _polynomial(expr.base, variables, domain) ** int(expr.exp)
    return sp.Poly(expr, *variables, domain=domain)


def _even_substitute(expr: sp.Expr, s: sp.Symbol, square: sp.Expr) -> sp.Expr:
    """Replace s² by `square`; an odd power would mean that an odd moment was not zero."""
    numerator, denominator = sp.fraction(sp.together(expr))
    terms = sp.Poly(numerator, s).terms()
    if any(e % 2 for (e,), _ in terms):
        raise ArithmeticError("odd power of the orthogonal component survived the expectation")
    return sum((c * square ** (e // 2) for (e,), c in terms), sp.Integer(0)) / denominator


def _binomial(top: sp.Expr, k: int) -> sp.Expr:
    """binom(top, k) as a polynomial in `top`."""
    value = sp.Integer(1)
    for i in range(k):
        value *= (top - i) / sp.Integer(i + 1)
    return sp.expand(value)


def _rising(a: sp.Expr, k: int) -> sp.Expr:
    value = sp.Integer(1)
    for i in range(k):
        value *= a + i
    return value


def _degree(l: int) -> int:
    if l < 0:
        raise InputError(
            given=f"degree or order {l}", allowed="an integer >= 0", do="pass a non-negative integer"
        )
    return int(l)
