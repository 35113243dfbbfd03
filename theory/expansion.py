r"""The two-layer network and its Taylor terms, derived by SymPy for symbolic width m and dimension d.

Contract: f(x;W) = m^{-1/2} Σ_{r=1}^m a_r σ((w0_r + w_r)·x), as nested `Sum` over `Indexed` symbols with
1-based indices. Every statement comes as a pair: DERIVED by SymPy's differentiation, and STATED as the
formula of the theory; `theory.sums.equal` proves that they agree for all m and d. An activation is a callable
Expr -> Expr: the generic `SIGMA`, whose derivatives are σ', σ'', …, or any concrete one (a `Lambda`).

Source of the setting: Nichani, Bai, Lee 2022.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sympy as sp
from sympy.core.function import ArgumentIndexError

from theory.errors import InputError
from theory.sums import Rules

Scalar = Callable[[sp.Expr], sp.Expr]
Pair = tuple[sp.Expr, sp.Expr]

m, d, n = sp.symbols("m d n", integer=True, positive=True)
t = sp.Symbol("t", real=True)
r, s, i, j, p, q, l, k, l2 = sp.symbols("r s i j p q l k l'", integer=True)
w0, w, a, x, X = (sp.IndexedBase(name) for name in ("w0", "w", "a", "x", "X"))

# q, s are free neuron indices, l, l2 free coordinates; a is a sign.
RULES = Rules(
    ranges={q: (sp.S.One, m), s: (sp.S.One, m), l: (sp.S.One, d), l2: (sp.S.One, d)}, signs=frozenset({a})
)


def at_x(index: sp.Expr) -> sp.Expr:
    """Coordinate of the single input x, shape (d,)."""
    return x[index]


def at_sample(index: sp.Expr) -> sp.Expr:
    """Coordinate of sample p of the data X, shape (n, d)."""
    return X[p, index]


def movement(neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
    """Entry of the movement W, shape (m, d)."""
    return w[neuron, coordinate]


@cache  # never evicted: a second class of the same name would compare unequal
def _family(name: str, order: int, argument: int) -> Any:
    marks = "'" * order if order <= 3 else f"^({order})"

    def fdiff(self: sp.Function, argindex: int = 1) -> sp.Expr:
        if argindex != argument:
            raise ArgumentIndexError(self, argindex)
        return _family(name, order + 1, argument)(*self.args)

    def latex(self: sp.Function, printer: Any, exp: str | None = None) -> str:
        head = "\\" + name + ("'" * order if order <= 3 else f"^{{({order})}}")
        power = f"^{{{exp}}}" if exp else ""
        body = ", ".join(printer._print(arg) for arg in self.args)
        return f"{{{head}}}{power}\\left({body}\\right)"

    return type(name + marks, (sp.Function,), {"fdiff": fdiff, "_latex": latex, "__module__": __name__})


def generic(name: str, order: int = 0, argument: int = 1) -> Any:
    """An undefined smooth function whose derivative in one argument is the next function of its family.

    SymPy's chain rule then gives σ'(…) itself, where `Function('sigma')` would give unevaluated `Subs`.
    Equal arguments give the same class, so that expressions built apart compare equal.
    """
    return _family(name, order, argument)


SIGMA: Scalar = generic("sigma")


def derivative(sigma: Scalar, order: int) -> Scalar:
    """The function σ^{(order)}, by SymPy's differentiation at a symbol."""
    if order < 0:
        raise InputError(given=f"order {order}", allowed="an integer >= 0", do="pass a non-negative order")
    z = sp.Dummy("z", real=True)
    return sp.Lambda(z, sp.diff(sigma(z), z, order)) if order else sigma


def network(
    sigma: Scalar = SIGMA,
    *,
    scale: sp.Expr = sp.S.One,
    point: Scalar = at_x,
    moved: Callable[[sp.Expr, sp.Expr], sp.Expr] = movement,
) -> sp.Expr:
    """f(x; scale·W) = m^{-1/2} Σ_r a_r σ((w0_r + scale w_r)·x)."""
    inner = sp.Sum((w0[r, i] + scale * moved(r, i)) * point(i), (i, 1, d))
    return sp.Sum(a[r] * sigma(inner), (r, 1, m)) / sp.sqrt(m)


def taylor_coefficient(sigma: Scalar = SIGMA, order: int = 1) -> sp.Expr:
    """DERIVED f^{(order)}(x;W): the Taylor coefficient of t ↦ f(x;tW) at 0, by differentiation of the sums."""
    return (sp.diff(network(sigma, scale=t), t, order) / sp.factorial(order)).subs(t, 0)


def taylor_term(
    sigma: Scalar = SIGMA,
    order: int = 1,
    *,
    point: Scalar = at_x,
    moved: Callable[[sp.Expr, sp.Expr], sp.Expr] = movement,
) -> sp.Expr:
    """STATED f^{(j)}(x;W) = m^{-1/2}/j! Σ_r a_r σ^{(j)}(w0_r·x) (w_r·x)^j, with j = order."""
    start, step = _products(point, moved)
    body = a[r] * derivative(sigma, order)(start) * step**order
    return sp.Sum(body, (r, 1, m)) / (sp.sqrt(m) * sp.factorial(order))


def homogeneity(sigma: Scalar = SIGMA, order: int = 1) -> Pair:
    """f^{(j)}(x;tW) = t^j f^{(j)}(x;W)."""
    scaled = taylor_term(sigma, order, moved=lambda neuron, coordinate: t * w[neuron, coordinate])
    return scaled, t**order * taylor_term(sigma, order)


def at_initialization(sigma: Scalar = SIGMA, *, sign: int = -1) -> sp.Expr:
    """f(x;0) for m = 2h after w0_{r+h} = w0_r, a_{r+h} = sign·a_r; it is 0 for sign = -1.

    The sum over 1..2h is split at h and its second half re-indexed by r → r + h before the pairing is used.
    """
    h = sp.Symbol("h", integer=True, positive=True)
    inner = sp.Sum(w0[r, i] * x[i], (i, 1, d))
    term = a[r] * sigma(inner)
    shifted = term.subs(r, r + h)
    paired = shifted.replace(
        lambda e: isinstance(e, sp.Indexed) and e.indices[0] == r + h,
        lambda e: (sign if e.base == a else 1) * e.base[(r, *e.indices[1:])],
    )
    return (sp.Sum(term, (r, 1, h)) + sp.Sum(paired, (r, 1, h))) / sp.sqrt(2 * h)


def remainder(sigma: Scalar = SIGMA, order: int = 2) -> Pair:
    """The identity f - Σ_{j≤order} f^{(j)} = m^{-1/2} Σ_r a_r ρ(z_r, h_r), z_r = w0_r·x, h_r = w_r·x.

    ρ(z,h) = σ(z+h) - Σ_{j≤order} h^j σ^{(j)}(z)/j! is the remainder of one neuron.
    """
    left = network(sigma) - sum(taylor_term(sigma, o) for o in range(order + 1))
    start, step = _products(at_x, movement)
    rho = sigma(start + step) - taylor_polynomial(sigma, order, start, step)
    return left, sp.Sum(a[r] * rho, (r, 1, m)) / sp.sqrt(m)


def taylor_polynomial(sigma: Scalar, order: int, z: sp.Expr, h: sp.Expr) -> sp.Expr:
    """Σ_{j≤order} h^j σ^{(j)}(z)/j! of one neuron."""
    return sp.Add(*(h**o * derivative(sigma, o)(z) / sp.factorial(o) for o in range(order + 1)))


def remainder_integral(sigma: Scalar = SIGMA, order: int = 2) -> tuple[Pair, Pair, Pair]:
    """ρ(z,h) = ∫_0^h (h-u)^J/J! σ^{(J+1)}(z+u) du with J = order, by the fundamental theorem of calculus.

    The primitive G(u) = Σ_{j≤J} (h-u)^j σ^{(j)}(z+u)/j! gives three pairs: (dG/du, the integrand),
    (G(h), σ(z+h)) and (G(0), the Taylor polynomial); hence ρ = G(h) - G(0) is the integral.
    """
    z, h, u = sp.symbols("z h u", real=True)
    primitive = taylor_polynomial(sigma, order, z + u, h - u)
    integrand = (h - u) ** order / sp.factorial(order) * derivative(sigma, order + 1)(z + u)
    return (
        (sp.expand(sp.diff(primitive, u)), sp.expand(integrand)),
        (primitive.subs(u, h), sigma(z + h)),
        (primitive.subs(u, 0), taylor_polynomial(sigma, order, z, h)),
    )


def remainder_weight(order: int = 2) -> Pair:
    """∫_0^h (h-u)^J/J! du = h^{J+1}/(J+1)! for h > 0: what multiplies M_{J+1} in the bound."""
    h, u = sp.symbols("h u", positive=True)
    weight = sp.integrate(sp.expand((h - u) ** order) / sp.factorial(order), (u, 0, h))
    return weight, h ** (order + 1) / sp.factorial(order + 1)


def remainder_weight_mirrored(order: int = 2) -> Pair:
    """The same for h < 0, written with -h, h > 0: ∫_0^{-h} (-h-u)^J/J! du = (-h)^{J+1}/(J+1)!."""
    h, u = sp.Symbol("h", positive=True), sp.Symbol("u", real=True)
    weight = sp.integrate(sp.expand((-h - u) ** order) / sp.factorial(order), (u, 0, -h))
    return weight, (-h) ** (order + 1) / sp.factorial(order + 1)


def remainder_bound(M: sp.Expr, order: int = 2) -> sp.Expr:
    """|f - Σ_{j≤J} f^{(j)}| ≤ M/((J+1)! √m) Σ_r |w_r·x|^{J+1}, with M = sup |σ^{(J+1)}| and J = order.

    From `remainder` by the triangle inequality with |a_r| = 1, then `remainder_integral` and `remainder_weight`.
    """
    _, step = _products(at_x, movement)
    body = sp.Abs(step) ** (order + 1)
    return M / (sp.factorial(order + 1) * sp.sqrt(m)) * sp.Sum(body, (r, 1, m))


def scaled_term(sigma: Scalar = SIGMA, order: int = 1) -> tuple[Pair, sp.Expr]:
    """f^{(j)} at w_r = B m^{-1/4} u_r is prefactor · (1/m) Σ_r a_r σ^{(j)}(z_r)(u_r·x)^j.

    Returns the pair (f^{(j)} at that movement, prefactor times mean) and the prefactor
    B^j m^{1/2-j/4}/j!. Aligned directions are those whose mean stays of order one as m grows, so the
    prefactor is then the size: m^{1/4} for f_L, 1 for f_Q.
    """
    B, u = sp.Symbol("B", positive=True), sp.IndexedBase("u")
    fourth = sp.Rational(1, 4)
    moved = taylor_term(sigma, order, moved=lambda neuron, c: B * m**-fourth * u[neuron, c])
    start, step = _products(at_x, lambda neuron, c: u[neuron, c])
    mean = sp.Sum(a[r] * derivative(sigma, order)(start) * step**order, (r, 1, m)) / m
    prefactor = B**order * m ** (sp.Rational(1, 2) - order * fourth) / sp.factorial(order)
    return (moved, prefactor * mean), prefactor


def scaled_remainder(order: int = 2) -> tuple[Pair, sp.Expr]:
    """The remainder bound at w_r = B m^{-1/4} u_r: (bound, prefactor times (1/m) Σ_r |u_r·x|^{J+1}), prefactor."""
    B, M, u = sp.Symbol("B", positive=True), sp.Symbol("M", positive=True), sp.IndexedBase("u")
    fourth = sp.Rational(1, 4)
    bound = remainder_bound(M, order).replace(
        lambda e: isinstance(e, sp.Indexed) and e.base == w, lambda e: B * m**-fourth * u[e.indices]
    )
    _, step = _products(at_x, lambda neuron, c: u[neuron, c])
    mean = sp.Sum(sp.Abs(step) ** (order + 1), (r, 1, m)) / m
    half = sp.Rational(1, 2)
    prefactor = M * B ** (order + 1) * m ** (half - (order + 1) * fourth) / sp.factorial(order + 1)
    return (bound, prefactor * mean), prefactor


def width_exponent(prefactor: sp.Expr) -> sp.Expr:
    """Exponent of m in a power law: d log(prefactor) / d log m."""
    return sp.simplify(m * sp.diff(prefactor, m) / prefactor)


def concretize(expr: sp.Expr, **sizes: int) -> sp.Expr:
    """The expression at small sizes, such as m=2, d=3, n=2, every sum written out.

    Raises:
        InputError: when a size has another name or is below 1.
    """
    known = {"m": m, "d": d, "n": n}
    if any(name not in known or value < 1 for name, value in sizes.items()):
        raise InputError(given=f"sizes {sizes}", allowed="m, d, n >= 1", do="name the sizes m, d, n")
    return expr.subs({known[name]: value for name, value in sizes.items()}).doit()


def _products(point: Scalar, moved: Callable[[sp.Expr, sp.Expr], sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    """(w0_r·x, w_r·x) of neuron r."""
    return sp.Sum(w0[r, i] * point(i), (i, 1, d)), sp.Sum(moved(r, i) * point(i), (i, 1, d))
