r"""The exact test error of a network with σ = sin + cos: every formula of the risk, derived.

x is uniform on S^{d-1}(√d), `j(s) = 0F1(; d/2; -d s/4) = E cos(v·x)` at s = ‖v‖² (`theory.bessel`). Two derivations
are needed, and both only differentiate j under the expectation:

- `E σ(u·x) σ(v·x) = j(‖u-v‖²)`, since `σ(p) σ(q) = cos(p-q) + sin(p+q)` and the sine is odd in x. The second
  moments of Taylor terms are the coefficients of `t^a τ^b` with u = w0 + t w and v = w0' + τ w'.
- `E (γ·x)^k cos(u·x) = ± ∂_γ^k j(|u|²)`, so that `E σ(u·x) q_l(γ·x)` is a combination of j, …, j^{(l)}. The
  contiguous relation of 0F1 collapses it to one term, the one that the formula of Funk and Hecke names.

Contract: as in `theory.sphere`: exact expressions, `d` an integer ≥ 3 or a positive symbol; an identity is a
function that returns the pair (derived, stated). The sums over neurons are indexed expressions in the arrays of
`theory.expansion`, with directions gamma `(S, d)` and coefficients c `(S,)` of the target.
"""

from __future__ import annotations

import sympy as sp

from theory import bessel
from theory.expansion import a, m, w, w0
from theory.sphere import B, P, Pair, checked_dimension

gamma, c = sp.IndexedBase("gamma"), sp.IndexedBase("c")
S = sp.Symbol("S", integer=True, positive=True)
t, tau = sp.symbols("t tau", real=True)
_r, _q, _i, _s, _p = (sp.Symbol(name, integer=True, positive=True) for name in ("r", "q", "i", "s", "p"))


def product_to_sum() -> Pair:
    """σ(p) σ(q) = cos(p-q) + sin(p+q), expanded in sines and cosines of p and q."""
    p, q = sp.symbols("p q", real=True)
    left = (sp.sin(p) + sp.cos(p)) * (sp.sin(q) + sp.cos(q))
    return sp.expand(left), sp.expand(sp.expand_trig(sp.cos(p - q) + sp.sin(p + q)))


def taylor_moment(order: int, other: int, d: sp.Expr) -> Pair:
    """[t^a τ^b] j(‖v + t w - τ w'‖²): by the chain rule of SymPy, and in closed form, for orders a, b ≤ 2.

    With ‖v + t w - τ w'‖² = s + A t + B τ + C t τ + P t² + Q τ², that is A = 2 v·w, B = -2 v·w', C = -2 w·w',
    P = |w|² and Q = |w'|².
    """
    s, A, B_, C, P_, Q = sp.symbols("s A B C P Q", real=True)
    moved = s + A * t + B_ * tau + C * t * tau + P_ * t**2 + Q * tau**2
    derived = sp.diff(bessel.ball(moved, d), t, order, tau, other).subs({t: 0, tau: 0})
    j = [sp.diff(bessel.ball(s, d), s, i) for i in range(5)]
    stated = {
        (0, 0): j[0],
        (0, 1): j[1] * B_,
        (0, 2): j[1] * Q + j[2] * B_**2 / 2,
        (1, 1): j[1] * C + j[2] * A * B_,
        (1, 2): j[2] * (B_ * C + Q * A) + j[3] * A * B_**2 / 2,
        (2, 2): j[2] * (P_ * Q + C**2 / 2)
        + j[3] * (A**2 * Q / 2 + B_**2 * P_ / 2 + A * B_ * C)
        + j[4] * A**2 * B_**2 / 4,
    }
    return derived / (sp.factorial(order) * sp.factorial(other)), stated[order, other]


def linear_moment(d: sp.Expr) -> Pair:
    """The closed form at a = b = 1 against -(2 j' w·w' + 4 j'' (v·w)(v·w')), the quadratic form of Σ."""
    s, vw, vw_, ww_ = sp.symbols("s vw vw' ww'", real=True)
    _, closed = taylor_moment(1, 1, d)
    names = {str(symbol): symbol for symbol in closed.free_symbols}
    derived = closed.subs({names["A"]: 2 * vw, names["B"]: -2 * vw_, names["C"]: -2 * ww_})
    first, second = (sp.diff(bessel.ball(s, d), s, order) for order in (1, 2))
    return derived.subs(names["s"], s), -(2 * first * ww_ + 4 * second * vw * vw_)


def cross_moment(l: int, d: sp.Expr, *, sign: int | None = None) -> Pair:
    """E σ(u·x) P_l(γ·x/√d) d^{l/2} for unit γ: by derivatives of j along γ, and by the stated closed form.

    Stated: s_l d^l / (d (d+2) … (d+2l-2)) 0F1(; d/2+l; -d τ/4) Q_l, with τ = |u|², Q_l = τ^{l/2} P_l(u·γ/√τ) and
    s_l = 1, 1, -1, -1 for l = 0, 1, 2, 3 and so on.

    Args:
        l: Degree, 0 or more.
        d: Dimension.
        sign: For controls: another s_l.
    """
    d = checked_dimension(d)
    z, along, rest = sp.symbols("z b rest", real=True)
    square = along**2 + rest
    zonal = sp.Poly(sp.expand(d ** sp.Rational(l, 2) * P(l, z / sp.sqrt(d), d)), z)
    field = bessel.ball(square, d)
    derived = sum(
        coefficient * (-1) ** ((k + 1) // 2) * (sp.diff(field, along, k) if k else field)
        for (k,), coefficient in zonal.terms()
    )
    return derived, radial(l, square, d, sign=sign) * solid(l, along, square, d)


def radial(l: int, square: sp.Expr, d: sp.Expr, *, sign: int | None = None) -> sp.Expr:
    """s_l d^l / (d (d+2) … (d+2l-2)) 0F1(; d/2+l; -d τ/4) at τ = `square`."""
    scale = sp.Integer((1, 1, -1, -1)[l % 4] if sign is None else sign)
    for i in range(l):
        scale = scale * d / (d + 2 * i)
    return scale * sp.hyper((), (d / 2 + l,), -d * square / 4)


def solid(l: int, along: sp.Expr, square: sp.Expr, d: sp.Expr) -> sp.Expr:
    """Q_l = τ^{l/2} P_l(b/√τ), a polynomial in b = `along` and τ = `square`."""
    u = sp.Dummy("u")
    terms = sp.Poly(P(l, u, d), u).terms()
    return sum((value * along**k * square ** ((l - k) // 2) for (k,), value in terms), sp.Integer(0))


def contiguous_coefficients(d: sp.Expr) -> tuple[Pair, Pair]:
    """0F1(; b-1; x) - 0F1(; b; x) = x/(b(b-1)) 0F1(; b+1; x), b = d/2 + 1: in every power of x.

    The pairs are the constant terms and the coefficients of x^{p+1}, p symbolic.
    """
    b, p = checked_dimension(d) / 2 + 1, sp.Symbol("p", integer=True, nonnegative=True)

    def coefficient(base: sp.Expr, power: sp.Expr) -> sp.Expr:
        return sp.gamma(base) / (sp.gamma(base + power) * sp.gamma(power + 1))

    start = coefficient(b - 1, sp.Integer(0)) - coefficient(b, sp.Integer(0))
    left = coefficient(b - 1, p + 1) - coefficient(b, p + 1)
    return (start, sp.Integer(0)), (left, coefficient(b + 1, p) / (b * (b - 1)))


def vanishes_by_contiguity(expression: sp.Expr, d: sp.Expr) -> bool:
    """Whether a combination of 0F1(; d/2+i; x), i = 0, 1, …, all at one x, is 0 by the contiguous relation.

    Each one is replaced, from the lowest i on, by `F_i = F_{i+1} + x / ((d/2+i)(d/2+i+1)) F_{i+2}`; two are left,
    and their coefficients, rational in all symbols, must vanish.
    """
    nodes = sorted(expression.atoms(sp.hyper), key=lambda node: int(node.bq[0] - d / 2))
    if not nodes:
        return bool(sp.cancel(sp.together(sp.expand(expression))) == 0)
    arguments = {sp.expand(node.argument) for node in nodes}
    if len(arguments) != 1:
        return False
    (x,) = arguments
    low, high = int(nodes[0].bq[0] - d / 2), int(nodes[-1].bq[0] - d / 2)
    F = [sp.Dummy(f"F{i}") for i in range(max(high + 1, low + 2))]
    rest = sp.expand(expression.xreplace({node: F[int(node.bq[0] - d / 2)] for node in nodes}))
    for i in range(low, len(F) - 2):
        b = d / 2 + i + 1
        rest = sp.expand(rest.subs(F[i], F[i + 1] + x / (b * (b - 1)) * F[i + 2]))
    return all(sp.cancel(sp.together(rest.coeff(each))) == 0 for each in F[-2:]) and not rest.has(*F[:-2])


def second_moment(order: int | None, other: int | None, d: int, *, shift: int = 0) -> sp.Expr:
    """E f^{(a)} f^{(b)} as a sum over pairs of neurons; None stands for the full network at w0 + w.

    Args:
        order: a, 0 or more, or None.
        other: b.
        d: Dimension.
        shift: For controls: added to the dimension in j.
    """
    square = sum(
        (
            (w0[_r, i] + t * w[_r, i] - w0[_q, i] - tau * w[_q, i]) ** 2
            for i in map(sp.Integer, range(1, d + 1))
        ),
        sp.Integer(0),
    )
    term = bessel.ball(square, sp.Integer(d + shift))
    for variable, each in ((t, order), (tau, other)):
        term = _coefficient(term, variable, each)
    return sp.Sum(a[_r] * a[_q] * term, (_r, 1, m), (_q, 1, m)) / m


def target_moment(order: int | None, l: int, d: int) -> sp.Expr:
    """E f^{(a)} q for q = Σ_s c_s √B(d,l) P_l(γ_s·x/√d) with unit γ_s; None stands for the full network."""
    coordinates = [sp.Integer(i) for i in range(1, d + 1)]
    moved = [w0[_r, i] + t * w[_r, i] for i in coordinates]
    along = sum((u * gamma[_s, i] for u, i in zip(moved, coordinates, strict=True)), sp.Integer(0))
    square = sum((u**2 for u in moved), sp.Integer(0))
    dimension = sp.Integer(d)
    term = _coefficient(radial(l, square, dimension) * solid(l, along, square, dimension), t, order)
    scale = sp.sqrt(B(dimension, l)) / dimension ** sp.Rational(l, 2)
    return scale / sp.sqrt(m) * sp.Sum(a[_r] * c[_s] * term, (_s, 1, S), (_r, 1, m))


def target_energy(l: int, d: int) -> sp.Expr:
    """E q² = Σ_st c_s c_t P_l(γ_s·γ_t) for unit γ."""
    product = sum((gamma[_s, i] * gamma[_p, i] for i in map(sp.Integer, range(1, d + 1))), sp.Integer(0))
    return sp.Sum(c[_s] * c[_p] * P(l, product, sp.Integer(d)), (_s, 1, S), (_p, 1, S))


def _coefficient(term: sp.Expr, variable: sp.Symbol, order: int | None) -> sp.Expr:
    """[t^a] of the term, or its value at t = 1."""
    if order is None:
        return term.subs(variable, 1)
    return sp.diff(term, variable, order).subs(variable, 0) / sp.factorial(order)
