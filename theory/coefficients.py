"""All Gegenbauer coefficients of a function at once, as balls: the trapezoidal rule with a proven error.

With z = √d tanh s the coefficients are integrals over the whole line whose integrand decays exponentially,

    μ_l(g) = E g(z) P_l(z/√d) = ∫ g(√d tanh s) P_l(tanh s) sech(s)^{d-1} ds / ∫ sech(s)^{d-1} ds,

and there the trapezoidal rule of step h converges like e^{-2πa/h} if the integrand f is analytic for |Im s| ≤ a:
its error is at most 2M/(e^{2πa/h} - 1), M ≥ ∫ |f(s + ib)| ds for every |b| ≤ a (Trefethen and Weideman 2014).
Three facts bound M, for a ≤ π/4 and s = x + ib, |b| ≤ a:

    |tanh s| ≤ 1,    |Im tanh s| ≤ tan a,    |cosh s|² = sinh² x + cos² b ≥ cos² a cosh² x.

So √d tanh s stays in the rectangle |Re| ≤ √d, |Im| ≤ √d tan a, and with G ≥ |g| on it the error of E g(z) u^p,
u = z/√d, is at most 2 G cos(a)^{1-d} / (e^{2πa/h} - 1) for every p. G comes from complex balls that cover the
rectangle; that all of them are finite also proves that g is analytic on it.

Contract: the balls are rigorous; what became of the floats that choose step and length is enclosed, not trusted.
All degrees share the values of g, so a dimension costs a few milliseconds where
`theory.gegenbauer.gegenbauer_coefficient`, the independent route by adaptive integration, costs a few per degree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from flint import acb, arb, fmpq, fmpq_poly

from theory.arithmetic import UndecidedError, compile_acb, compile_arb, working_precision
from theory.errors import InputError
from theory.gegenbauer import harmonic_dimension, polynomial_ball
from theory.spectrum import weights
from theory.sphere import hermite

# Half-heights of the rectangle, tried in this order; beyond 4 an entire function such as exp(-z²) grows too fast.
HEIGHTS = (4.0, 3.0, 2.0, 1.5, 1.0, 0.75, 0.5, 0.25, 0.125, 0.0625)
SIDE, SMALLEST = 0.25, 2.0**-9  # of the balls that cover it
GUARD = 32  # bits between the working precision and the error of the rule, for rounding


@dataclass(frozen=True)
class Coefficients:
    """Expansion of a function g on the sphere in dimension d.

    Attributes:
        d: Dimension.
        mu: Balls for μ_0(g), …, μ_top(g).
        energy: Ball for E g(z)², the sum of all c_l.
    """

    d: int
    mu: tuple[arb, ...]
    energy: arb

    def c(self, l: int) -> arb:
        """Energy c_l = μ_l(g)² B(d,l) in degree l."""
        return self.mu[l] * self.mu[l] * harmonic_dimension(self.d, l)


def gegenbauer_coefficients(
    expr: sympy.Expr, variable: Any, top: int, d: int, *, prec: int = 160
) -> Coefficients:
    """Enclose μ_0(g), …, μ_top(g) and E g(z)² for a function g that is analytic near the real line.

    Args:
        expr: g as an exact expression of one variable.
        variable: Its symbol.
        top: Largest degree, top ≥ 0.
        d: Dimension, d ≥ 3.
        prec: Working precision in bits; the error aimed at is 2^-(prec-32) relative to d^(-top/2).

    Raises:
        InputError: If top < 0 or d < 3, or on an expression that cannot be compiled.
        UndecidedError: If g could not be proven analytic in a rectangle around [-√d, √d].
    """
    harmonic_dimension(d, top)  # checks both
    with working_precision(prec):
        rule = _rule(expr, variable, d, accuracy=prec - GUARD + top * math.log2(d) / 2)
        moments, energy = _moments(compile_arb(expr, [variable], prec=prec), top, d, rule)
        u = fmpq_poly([0, 1])
        mu = []
        for l in range(top + 1):
            polynomial = polynomial_ball(l, d, u).coeffs()
            mu.append(sum((m * arb(q) for m, q in zip(moments, polynomial, strict=False) if q), arb(0)))
        return Coefficients(d, tuple(mu), energy)


def hermite_coefficient(
    expr: sympy.Expr, variable: Any, l: int, *, supremum: arb, prec: int = 160, reach: int = 18
) -> arb:
    """Enclose E g(z) He_l(z) for a standard normal z and a bounded g: adaptive integration, bounded tail.

    For x ≥ T ≥ 1 the tail obeys |He_l(x)| ≤ C x^l, C the sum of its absolute coefficients, and
    ∫_T^∞ x^l e^{-x²/2} dx ≤ T^{l-1} e^{-T²/2} / (1 - (l-1)/T²), by parts.

    Args:
        expr: g as an exact expression of one variable.
        variable: Its symbol.
        l: Degree, 0 ≤ l < T²/2.
        supremum: A bound on |g| over the real line.
        prec: Working precision in bits.
        reach: T, where the tail begins.

    Raises:
        InputError: If l is negative or so large that the bound on the tail fails.
    """
    if not 0 <= l < reach**2 / 2:
        raise InputError(
            given=f"degree l = {l}",
            allowed=f"0 <= l < {reach**2 / 2:g}",
            do="raise `reach` for large degrees",
        )
    polynomial = sympy.Poly(hermite(l, variable), variable)
    g = compile_acb(expr, [variable], prec=prec)
    he = compile_acb(polynomial.as_expr(), [variable], prec=prec)
    with working_precision(prec):

        def integrand(x: acb, analytic: bool) -> acb:
            return g(x, analytic=analytic) * he(x) * (-x * x / 2).exp()

        middle = acb.integral(integrand, acb(-reach), acb(reach), eval_limit=200_000).real
        size, T = int(sum(abs(c) for c in polynomial.all_coeffs())), arb(reach)
        tail = size * T ** max(l - 1, 0) * (-T * T / 2).exp() / (1 - max(l - 1, 0) / (T * T))
        return (middle + arb(0, (2 * supremum * tail).upper())) / (2 * arb.pi()).sqrt()


def eigenvalue_ball(j: int, d: int, c: Mapping[int, arb]) -> arb:
    """Enclose λ_j from balls for c_{j-1} (if j ≥ 1) and c_{j+1} by `theory.spectrum.weights`.

    Raises:
        InputError: If j < 0 or d < 3.
    """
    total = arb(0)
    for l, weight in weights(j, sympy.Integer(d)).items():
        total += arb(fmpq(int(weight.p), int(weight.q))) * c[l]
    return total


@dataclass(frozen=True)
class _Rule:
    """Nodes s = n·step, |n| ≤ count, and the bounds behind their error."""

    step: arb
    count: int
    strip: arb  # a
    bound: arb  # G

    def error(self, d: int, total: arb, *, power: int = 1) -> arb:
        """Error of E g^power u^p for every p ≥ 0: of the rule itself, and of the nodes left out."""
        bound, a, end = self.bound**power, self.strip, self.step * self.count
        rule = 2 * bound * a.cos() ** (1 - d) / ((2 * arb.pi() * a / self.step).exp() - 1)
        # log cosh is convex: sech(s) ≤ sech(S) e^{-tanh(S)(s-S)} for s ≥ S, and a sum is below its integral.
        left_out = 2 * bound * end.sech() ** (d - 1) / ((d - 1) * end.tanh() * total)
        return arb(0, (rule + left_out).upper())


def _rule(expr: sympy.Expr, variable: Any, d: int, *, accuracy: float) -> _Rule:
    """Choose strip, step and length; floats choose, balls prove."""
    radius = 2 ** math.ceil(math.log2(d) / 2)
    height, bound = _rectangle(expr, variable, radius)
    a = min(math.atan(height / math.sqrt(d)), math.pi / 4) * (1 - 1e-9)
    if not (arb(a).tan() * arb(d).sqrt() <= height and 4 * arb(a) <= arb.pi()):
        raise ArithmeticError(f"strip of half-width {a} leaves the rectangle of half-height {height}")
    bits = accuracy + math.log2(max(float(bound) ** 2, 1.0)) + 2
    step = 2 * math.pi * a / (bits * math.log(2) - (d - 1) * math.log(math.cos(a)))
    end = math.acosh(2 ** (bits / (d - 1)))
    return _Rule(arb(step), math.ceil(end / step), arb(a), bound)


def _moments(g: Callable[[arb], arb], top: int, d: int, rule: _Rule) -> tuple[list[arb], arb]:
    """Balls for E g(z) u^p, p = 0..top, and for E g(z)²; the nodes n and -n go together."""
    root, middle = arb(d).sqrt(), g(arb(0))
    moments, energy = [middle] + [arb(0)] * top, middle * middle
    for n in range(1, rule.count + 1):
        sinh, cosh = (rule.step * n).sinh_cosh()
        u, weight = sinh / cosh, 1 / cosh ** (d - 1)
        plus, minus = g(root * u), g(-root * u)
        energy += (plus * plus + minus * minus) * weight
        square, even, odd = u * u, (plus + minus) * weight, (plus - minus) * weight * u
        for p in range(0, top + 1, 2):
            moments[p] += even
            even *= square
        for p in range(1, top + 1, 2):
            moments[p] += odd
            odd *= square
    # ∫ sech(s)^{d-1} ds over the line.
    total = arb.const_sqrt_pi() * (arb(d - 1) / 2).gamma() / (arb(d) / 2).gamma()
    scale, error = rule.step / total, rule.error(d, total)
    return [scale * m + error for m in moments], scale * energy + rule.error(d, total, power=2)


@lru_cache(maxsize=256)
def _rectangle(expr: sympy.Expr, variable: Any, radius: int) -> tuple[float, arb]:
    """The largest half-height b of `HEIGHTS` with |g| ≤ G < ∞ for |Re z| ≤ radius, |Im z| ≤ b; gives b and G."""
    g = compile_acb(expr, [variable], prec=64)
    with working_precision(64):
        for height in HEIGHTS:
            if height <= radius and (bound := _cover(g, radius, height)) is not None:
                return height, bound
    raise UndecidedError(
        f"{str(expr):.80} could not be proven analytic within {HEIGHTS[-1]} of [-{radius}, {radius}]; "
        "it has a singularity closer by, or enclosures that are too wide: use `gegenbauer_coefficient`"
    )


def _cover(g: Callable[..., Any], radius: int, height: float) -> arb | None:
    """Bound |g| on the rectangle by balls, bisected where g is not finite; None if the smallest are not."""
    columns, rows = int(2 * radius / SIDE), 8
    side = 2 * height / rows
    boxes = [
        (SIDE * i - radius, SIDE * (i + 1) - radius, side * k - height, side * (k + 1) - height)
        for i in range(columns)
        for k in range(rows)
    ]
    bound = arb(0)
    while boxes:
        left, right, low, high = boxes.pop()
        value = abs(g(acb(arb(left).union(arb(right)), arb(low).union(arb(high))), analytic=True)).upper()
        if value.is_finite():
            bound = max(bound, value)  # both exact
        elif right - left <= SMALLEST:
            return None
        else:
            x, y = (left + right) / 2, (low + high) / 2
            boxes += [(a, b, e, f) for a, b in ((left, x), (x, right)) for e, f in ((low, y), (y, high))]
    return bound
