r"""Losses, and the loss term L(W) = (1/n) Σ_p ℓ(y_p, f(x_p;W)) with its gradient and Hessian.

Contract: a `Loss` is a function of (label y, prediction z), convex and smooth in z, with its constants and
convex conjugate as exact expressions. Gradient and Hessian are DERIVED by SymPy through the nested sums, for
a generic ℓ and σ (families of undefined functions whose derivative is the next member,
`theory.expansion.generic`) or for concrete ones, and STATED as formulas; `theory.sums.equal` with
`theory.expansion.RULES` proves that they agree for all m, n, d. No step of the derivation is a placeholder:
the chain rule through the sums is SymPy's own.

Source: Nichani, Bai, Lee 2022 for the setting; conjugates as in Rockafellar 1970.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from theory.errors import InputError
from theory.expansion import (
    SIGMA,
    Pair,
    Scalar,
    X,
    a,
    at_sample,
    d,
    derivative,
    generic,
    i,
    l,
    l2,
    m,
    n,
    network,
    p,
    q,
    s,
    w,
    w0,
)

Bivariate = Callable[[sp.Expr, sp.Expr], sp.Expr]

Y = sp.IndexedBase("Y")
ELL: Bivariate = generic("ell", 0, 2)

y, z, nu = sp.symbols("y z nu", real=True)
alpha = sp.Symbol("alpha", positive=True)


@dataclass(frozen=True)
class Loss:
    """A loss ℓ(y, z) with what is known about it.

    Args:
        name: The name that the command line uses.
        expr: ℓ in the symbols `y` (label) and `z` (prediction).
        smoothness: sup ℓ'' over z, attained at z = y.
        lipschitz: sup |ℓ'| over z (oo when unbounded).
        conjugate: ℓ*(ν) = sup_z (ν z - ℓ(y,z)) in the symbols `nu`, `y`.
        maximizer: The z that attains it, in `nu`, `y`.
        domain: The ν where the conjugate is finite and attained.
        chart: ν as a function of `alpha` > 0, one to one onto the domain (for proofs with logarithms).
        roots: Real expressions in y, z whose squares are ℓ'', smoothness - ℓ'' and, for a Lipschitz loss,
            lipschitz² - ℓ'².
    """

    name: str
    expr: sp.Expr
    smoothness: sp.Expr
    lipschitz: sp.Expr
    conjugate: sp.Expr
    maximizer: sp.Expr
    domain: sp.Set
    chart: sp.Expr
    roots: tuple[sp.Expr, ...]

    def __call__(self, label: sp.Expr, prediction: sp.Expr) -> sp.Expr:
        """ℓ(label, prediction)."""
        return self.expr.subs({y: label, z: prediction}, simultaneous=True)


SQUARED = Loss(
    name="squared",
    expr=(z - y) ** 2,
    smoothness=sp.Integer(2),
    lipschitz=sp.oo,
    conjugate=nu**2 / 4 + nu * y,
    maximizer=y + nu / 2,
    domain=sp.S.Reals,
    chart=sp.log(alpha),
    roots=(sp.sqrt(2), sp.S.Zero),
)
LOGCOSH = Loss(
    name="logcosh",
    expr=sp.log(sp.cosh(z - y)),
    smoothness=sp.S.One,
    lipschitz=sp.S.One,
    conjugate=nu * y + ((1 + nu) * sp.log(1 + nu) + (1 - nu) * sp.log(1 - nu)) / 2,
    maximizer=y + sp.log((1 + nu) / (1 - nu)) / 2,
    domain=sp.Interval.open(-1, 1),
    chart=(alpha - 1) / (alpha + 1),
    roots=(1 / sp.cosh(z - y), sp.tanh(z - y), 1 / sp.cosh(z - y)),
)
LOSSES = {loss.name: loss for loss in (SQUARED, LOGCOSH)}


def loss(name: str) -> Loss:
    """The loss of that name.

    Raises:
        InputError: when there is none.
    """
    if name not in LOSSES:
        raise InputError(given=f"loss {name!r}", allowed=", ".join(LOSSES), do="choose one of these names")
    return LOSSES[name]


def loss_derivative(ell: Bivariate, order: int) -> Bivariate:
    """The derivative of ℓ of that order in the prediction."""
    label, prediction = sp.Dummy("y", real=True), sp.Dummy("z", real=True)
    if order == 0:
        return ell
    return sp.Lambda((label, prediction), sp.diff(ell(label, prediction), prediction, order))


def curvature(given: Loss) -> tuple[Pair, ...]:
    """Convexity, smoothness and the Lipschitz bound as squares, identities in y and z.

    Pairs: (ℓ'', a square) gives ℓ'' ≥ 0; (smoothness - ℓ'', a square) gives ℓ'' ≤ smoothness; and, where ℓ has a
    finite Lipschitz constant, (lipschitz² - ℓ'², a square). For log cosh the squares are sech², tanh² and sech².
    A square of an imaginary number would say the opposite, so each pair is worth as much as its `reality`.
    """
    first, second = (sp.diff(given.expr, z, order) for order in (1, 2))
    sides = [second, given.smoothness - second]
    if given.lipschitz != sp.oo:
        sides.append(given.lipschitz**2 - first**2)
    return tuple((side, root**2) for side, root in zip(sides, given.roots, strict=True))


def reality(given: Loss) -> tuple[Pair, ...]:
    """The imaginary part of each root of `curvature`, which vanishes: pairs (imaginary part, 0)."""
    return tuple((sp.im(root), sp.S.Zero) for root in given.roots)


def slope_limits(given: Loss) -> tuple[sp.Expr, sp.Expr]:
    """Limits of ℓ' as the prediction tends to -∞ and +∞: with ℓ' monotone they bound its range."""
    gap = sp.Symbol("g", real=True)
    slope = sp.diff(given.expr, z).subs(z, y + gap).rewrite(sp.exp)
    return sp.limit(slope, gap, -sp.oo), sp.limit(slope, gap, sp.oo)


def fenchel(given: Loss) -> tuple[Pair, Pair]:
    """ℓ* from its definition: at the maximizer z(ν), ℓ'(y, z(ν)) = ν, and ℓ* = ν z(ν) - ℓ(y, z(ν)).

    ℓ is convex (`curvature`), so the stationary point is the maximum. Both pairs are written in the chart
    ν(alpha) with their logarithms expanded, where they agree for every alpha > 0.
    """
    slope = sp.diff(given.expr, z).subs(z, given.maximizer)
    value = nu * given.maximizer - given.expr.subs(z, given.maximizer)
    return (_charted(slope, given), _charted(nu, given)), (
        _charted(value, given),
        _charted(given.conjugate, given),
    )


def prediction(sigma: Scalar = SIGMA) -> sp.Expr:
    """f(x_p; W) on sample p of X, shape (n, d)."""
    return network(sigma, point=at_sample)


def empirical_loss(ell: Bivariate = ELL, sigma: Scalar = SIGMA) -> sp.Expr:
    """L(W) = (1/n) Σ_p ℓ(Y_p, f(x_p;W))."""
    return sp.Sum(ell(Y[p], prediction(sigma)), (p, 1, n)) / n


def gradient(ell: Bivariate = ELL, sigma: Scalar = SIGMA) -> sp.Expr:
    """DERIVED ∂L/∂w[q,l]."""
    return sp.diff(empirical_loss(ell, sigma), w[q, l])


def hessian(ell: Bivariate = ELL, sigma: Scalar = SIGMA) -> sp.Expr:
    """DERIVED ∂²L/∂w[q,l]∂w[s,l']."""
    return sp.diff(gradient(ell, sigma), w[s, l2])


def stated_gradient(ell: Bivariate = ELL, sigma: Scalar = SIGMA) -> sp.Expr:
    """STATED (1/n) Σ_p ℓ'(y_p, f_p) g_p[q,l], g_p[q,l] = m^{-1/2} a_q σ'((w0_q+w_q)·x_p) x_p[l]."""
    slope = loss_derivative(ell, 1)(Y[p], prediction(sigma))
    return sp.Sum(slope * _network_gradient(sigma, q, l), (p, 1, n)) / n


def stated_hessian(ell: Bivariate = ELL, sigma: Scalar = SIGMA) -> sp.Expr:
    """STATED (1/n) Σ_p [ℓ''_p g_p[q,l] g_p[s,l'] + ℓ'_p m^{-1/2} a_q σ''_{p,q} x_p[l] x_p[l'] δ_{qs}]."""
    output = prediction(sigma)
    slope, bend = (loss_derivative(ell, order)(Y[p], output) for order in (1, 2))
    outer = bend * _network_gradient(sigma, q, l) * _network_gradient(sigma, s, l2)
    second = derivative(sigma, 2)(_preactivation(q))
    inner = slope * a[q] * second * X[p, l] * X[p, l2] * sp.KroneckerDelta(q, s) / sp.sqrt(m)
    return sp.Sum(outer + inner, (p, 1, n)) / n


def gradient_pair(ell: Bivariate = ELL, sigma: Scalar = SIGMA) -> Pair:
    """(derived, stated) gradient entry of the loss term."""
    return gradient(ell, sigma), stated_gradient(ell, sigma)


def hessian_pair(ell: Bivariate = ELL, sigma: Scalar = SIGMA) -> Pair:
    """(derived, stated) Hessian entry of the loss term."""
    return hessian(ell, sigma), stated_hessian(ell, sigma)


def _charted(expr: sp.Expr, given: Loss) -> sp.Expr:
    """The expression in `alpha`, its hyperbolic functions as powers and its logarithms of factors."""
    inside = expr.subs(nu, given.chart).rewrite(sp.exp)
    factored = inside.replace(sp.log, lambda arg: sp.log(sp.factor(sp.powsimp(arg))))
    return sp.expand(sp.expand_log(factored))


def _preactivation(neuron: sp.Expr) -> sp.Expr:
    """(w0_neuron + w_neuron)·x_p."""
    return sp.Sum((w0[neuron, i] + w[neuron, i]) * X[p, i], (i, 1, d))


def _network_gradient(sigma: Scalar, neuron: sp.Expr, coordinate: sp.Expr) -> sp.Expr:
    return a[neuron] * derivative(sigma, 1)(_preactivation(neuron)) * X[p, coordinate] / sp.sqrt(m)
