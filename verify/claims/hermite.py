"""Claims on the limit d → ∞ of the Legendre polynomials: Hermite polynomials, at the rate 1/d."""

from __future__ import annotations

from functools import partial

import sympy as sp
from flint import arb

from theory import sphere
from theory.arithmetic import compile_arb
from verify.bound import compare, rate
from verify.claim import Check, Claim, Context
from verify.claims.sphere import CLASSICAL
from verify.evidence import Evidence, Series, from_comparisons
from verify.exact import Identity, prove
from verify.quantity import ball, exact
from verify.verdict import Kind

DEGREES = range(2, 7)


def hermite_limit(context: Context, *, factor: int = 1) -> Evidence:
    """The squared coefficient as a rational function R of 1/d: R(0) = h², R'(0) = 2hc, and its sign that of h."""
    pairs = []
    for l in DEGREES:
        for i, (leading, sign, slope) in sphere.hermite_expansion(l).items():
            pairs += [
                Identity(f"l = {l}, i = {i}: R(0)", leading[0], factor**2 * leading[1]),
                Identity(f"l = {l}, i = {i}: sign", *sign),
                Identity(f"l = {l}, i = {i}: R'(0)", slope[0], factor * slope[1]),
            ]
    return prove(pairs, seed=context.seed)


def hermite_exponent(context: Context, *, claimed: str = "-1") -> Evidence:
    """The exponent itself: slope of the largest coefficient gap between d and 2d, in ball arithmetic."""
    comparisons, series = [], []
    for l in DEGREES:
        sizes = [10 * 2**i for i in range(12)]
        gaps = [_largest_gap(l, size) for size in sizes]
        slope = (gaps[-1] / gaps[-2]).log() / arb(2).log()
        series.append(
            Series(
                "hermite-gap",
                f"l = {l}",
                tuple(float(size) for size in sizes),
                tuple(float(gap) for gap in gaps),
                x_label="dimension $d$",
                y_label=r"largest coefficient gap",
                log="xy",
            )
        )
        comparisons.append(
            compare(
                f"slope between d and 2d, degree {l}",
                rate(claimed),
                ball(slope),
                exact(claimed),
                resolution=0.01,
                reason="the slope differs from its limit by O(1/d), d = 20480, constants below 100",
                parameters={"l": l, "d": sizes[-2]},
            )
        )
    return from_comparisons(comparisons, series=tuple(series))


def _largest_gap(l: int, dimension: int) -> arb:
    values = [
        abs(compile_arb(gap, [], prec=192)()) for gap in sphere.hermite_gap(l, sp.Integer(dimension)).values()
    ]
    return max(values, key=float)


CLAIMS = (
    Claim(
        id="sphere.hermite-limit",
        title="Hermite limit and its rate",
        statement=r"[z^i]\,\sqrt{B(d,l)}\,P_l(z/\sqrt d) = h + \frac{h\,(i^2 + 2il + 3l - 6i)}{4\,d} + O(d^{-2}), "
        r"\quad h = [z^i]\,\frac{\mathrm{He}_l(z)}{\sqrt{l!}}, \quad 2 \le l \le 6",
        bound=rate("-1"),
        source=CLASSICAL,
        depends_on=("sphere.recurrence", "sphere.counting"),
        checks=(
            Check(
                Kind.SYMBOLIC,
                hermite_limit,
                scope="d → ∞, l = 2…6, every i: squared coefficients and their signs as functions of 1/d",
                general=True,
            ),
            Check(Kind.ENCLOSURE, hermite_exponent, scope="d = 20480, l = 2…6"),
        ),
    ),
    Claim(
        id="control.hermite-limit",
        title="Hermite limit twice too large",
        statement=r"[z^i]\,\sqrt{B(d,l)}\,P_l(z/\sqrt d) = 2\,[z^i]\,\frac{\mathrm{He}_l(z)}{\sqrt{l!}} + O(1/d)",
        bound=rate("-1"),
        source="control",
        control_of="sphere.hermite-limit",
        fault="factor 2",
        checks=(
            Check(Kind.SYMBOLIC, partial(hermite_limit, factor=2), scope="d → ∞, l = 2…6", general=True),
        ),
    ),
    Claim(
        id="control.hermite-rate",
        title="Hermite limit with rate 1/d²",
        statement=r"\sqrt{B(d,l)}\,P_l(z/\sqrt d) = \frac{\mathrm{He}_l(z)}{\sqrt{l!}} + \Theta(1/d^2)",
        bound=rate("-2"),
        source="control",
        control_of="sphere.hermite-limit",
        fault="exponent -2 for -1",
        checks=(Check(Kind.ENCLOSURE, partial(hermite_exponent, claimed="-2"), scope="d = 20480, l = 2…6"),),
    ),
)
