r"""Claims on the growth with d of the size of the quadratic part, `E h² = Θ(d^{k-1})`, with its limit and rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import sympy as sp
from flint import arb

from theory import expressivity, expressivity_sizes
from theory.activation import builtin
from theory.arithmetic import working_precision
from verify.bound import LIMIT, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.eigenvalues import extreme
from verify.claims.expressivity import DEGREES, PAPER
from verify.claims.spectrum import PREC, RADIUS
from verify.claims.twins import ACTIVATIONS
from verify.evidence import Evidence, Series, from_comparisons
from verify.exact import Identity, prove
from verify.quantity import ball, exact
from verify.verdict import Kind

FEW = (3, 4, 8, 16, 32, 64, 128, 250)
MANY = (*range(3, 33), 40, 50, 64, 80, 100, 128, 160, 200, 250)
FAR = 4096
SLOPE_BOUND = 30  # of d |slope - exponent|; κ/(2 log 2) is at most 12 for k ≤ 3 and these activations
FOUR = "four built-in activations: sin + cos and the shifted tanh, erf and softplus"
GROWTH_SCOPE = "d from 3 to 500 and 4096 (quick: 8 values, two activations; full: every d), k = 1, 2, 3"


def growth_limit(context: Context, *, shift: int = 0) -> Evidence:
    """E h² d^{1-k} at 1/d = 0, for every c_l."""
    eps, energies = sp.Symbol("epsilon", positive=True), sp.symbols("h:4", positive=True)
    pairs = [
        Identity(
            f"k = {k}",
            expressivity.scaled(k, eps, energies).subs(eps, 0),
            expressivity.limit(k, energies[shift:]),
        )
        for k in DEGREES
    ]
    return prove(pairs, seed=context.seed)


def growth(context: Context, *, shift: int = 0, names: tuple[str, ...] = ACTIVATIONS) -> Evidence:
    """Slopes of E h² between d and 2d within 30/d of k - 1; far out, d (E h² d^{1-k}/Λ - 1) against its limit κ."""
    names = names[: context.pick(2, len(names))]
    dimensions = context.pick(FEW, MANY, range(3, 251))
    comparisons, series = [], []
    for name in names:
        sigma = builtin(name)
        for k in DEGREES:
            claimed = k - 1 + shift

            def value(at: int, k: int = k, sigma: Any = sigma) -> arb:
                return expressivity_sizes.mean_square(sigma, k, at)

            radius = {at: value(at).rad() / value(at) for at in dimensions}
            at, largest = extreme(radius, largest=True)
            where = {"activation": name, "k": k, "d": at}
            label = f"relative radius of E h², {name}, k = {k}, largest"
            comparisons.append(compare(label, UPPER, ball(largest), ball(arb(RADIUS)), parameters=where))
            comparisons.append(slope_bound(f"E h², {name}, k = {k}", value, claimed, dimensions, where))
            limit, kappa = expressivity_sizes.mean_square_limits(sigma, k)
            with working_precision(PREC):
                gap = FAR * (value(FAR) / (limit * arb(FAR) ** claimed) - 1)
            comparisons.append(
                compare(
                    f"d (E h² d^{{{-claimed}}}/Λ - 1), {name}, k = {k}",
                    LIMIT,
                    ball(gap),
                    ball(kappa),
                    resolution=(4 + float(kappa) ** 2) / FAR,
                    reason="the next order is C/d, C of the order of κ²",
                    parameters={"activation": name, "k": k, "d": FAR},
                )
            )
            if name == names[0]:
                series.append(dimension_curve(f"k = {k}", dimensions, value, rf"$\mathbb{{E}}\,h^2$, {name}"))
    return from_comparisons(comparisons, series=tuple(series))


def slope_bound(
    label: str,
    value: Callable[[int], arb],
    claimed: int,
    dimensions: Iterable[int],
    where: dict[str, Any],
) -> Comparison:
    """The largest d |slope - claimed| of a quantity between d and 2d, over the dimensions, is at most 30."""
    with working_precision(PREC):
        gaps = {
            at: abs(at * (expressivity_sizes.slope((value(at), value(2 * at))) - claimed))
            for at in dimensions
        }
    at, largest = extreme(gaps, largest=True)
    label = f"d |slope - {claimed}| of {label}, largest"
    return compare(label, UPPER, ball(largest), exact(SLOPE_BOUND), parameters={**where, "d": at})


def _alphas(target: Any) -> list[float]:
    return list(target.sparse.coefficients.tolist())


def dimension_curve(
    label: str,
    dimensions: Iterable[int],
    value: Callable[[int], arb],
    y_label: str,
    figure: str = "expressivity-growth",
) -> Series:
    """A quantity over the dimension, on log axes."""
    at = tuple(dimensions)
    return Series(
        figure,
        label,
        tuple(float(each) for each in at),
        tuple(float(value(each)) for each in at),
        x_label="dimension $d$",
        y_label=y_label,
        log="xy",
    )


CLAIMS = (
    Claim(
        id="expressivity.growth",
        title="Growth of the size of the quadratic part",
        statement=r"\mathbb{E}\,h^2 = \frac{d^{k-1}}{k(k+1)\,(\mathbb{E}\,\sigma^{(k+1)}(g))^2}"
        r"\left(1 + \frac{\kappa}{d} + O(d^{-2})\right), \quad "
        r"\left|\log_2\frac{\mathbb{E}\,h^2(2d)}{\mathbb{E}\,h^2(d)} - (k-1)\right| \le \frac{30}{d}",
        bound=LIMIT,
        source=PAPER,
        assumptions=(
            "$g$ standard normal",
            r"$\mathbb{E}\,\sigma^{(k+1)}(g) \ne 0$; enclosed for " + FOUR,
        ),
        depends_on=("expressivity.size", "spectrum.hermite-limit"),
        checks=(
            Check(Kind.SYMBOLIC, growth_limit, scope="the limit for every c_l, k = 1, 2, 3", general=True),
            Check(Kind.ENCLOSURE, growth, scope=GROWTH_SCOPE),
        ),
    ),
    Claim(
        id="control.expressivity-growth",
        title="Size of the quadratic part growing like d^k",
        statement=r"\mathbb{E}\,h^2 = \Theta(d^k)",
        bound=LIMIT,
        source="control",
        control_of="expressivity.growth",
        fault="exponent k for k - 1; in the limit, h_k for h_{k-1}",
        checks=(
            Check(Kind.SYMBOLIC, partial(growth_limit, shift=1), scope="every c_l"),
            Check(
                Kind.ENCLOSURE,
                partial(growth, shift=1, names=("sincos",)),
                scope="sin + cos, d = 3…500, 4096",
            ),
        ),
    ),
)
