r"""Claims on the growth with d of the size of the quadratic part, `E h² = Θ(d^{k-1})`: its limit, and its rate.

The limit is exact for every activation with limits of its own. The rate is enclosed, for four activations.
"""

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
# Of the ratio of two remainders C/d + D/d² + … at d and 2d, which is 2 + (D/C)/d + …: this lets D/C be 400.
HALVING_BOUND = "1/10"
FOUR = "four built-in activations: sin + cos and the shifted tanh, erf and softplus"
SLOPE_SCOPE = (
    "slopes between d and 2d for 39 d from 3 to 250 (quick: 8 of them, two activations; full: every d)"
)
LIMIT_ASSUMPTION = r"$h_l = \lim_d c_l > 0$ for $l = k-1, k-3, \dots$, with $c_l = \mu_l(\sigma'')^2 B(d,l)$"


def growth_limit(
    context: Context, *, exponent: int = 0, index: int = 0, degrees: tuple[int, ...] = DEGREES
) -> Evidence:
    """E h² d^{1-k} at 1/d = 0, for every c_l; a planted exponent divides by more powers of d."""
    eps, energies = sp.Symbol("epsilon", positive=True), sp.symbols("h:4", positive=True)
    pairs = [
        Identity(
            f"k = {k}",
            sp.expand(expressivity.scaled(k, eps, energies) * eps**exponent).subs(eps, 0),
            expressivity.limit(k, energies[index:]),
        )
        for k in degrees
    ]
    return prove(pairs, seed=context.seed)


def kappa_formula(context: Context, *, sign: int = 1, degrees: tuple[int, ...] = DEGREES) -> Evidence:
    """κ from the derivative of E h² d^{1-k} in 1/d, for every h_l and r_l."""
    h, r = sp.symbols("h:3", positive=True), sp.symbols("r:3")
    stated = [sign * each for each in r]
    pairs = [
        Identity(
            f"κ at k = {k}",
            expressivity.limit_slope(k, h[:k], r[:k]) / expressivity.limit(k, h),
            expressivity.kappa(k, h, stated),
        )
        for k in degrees
    ]
    return prove(pairs, seed=context.seed)


def growth_slopes(context: Context, *, shift: int = 0, names: tuple[str, ...] = ACTIVATIONS) -> Evidence:
    """Slopes of E h² between d and 2d, within 30/d of k - 1."""
    names = names[: context.pick(2, len(names))]
    dimensions = context.pick(FEW, MANY, range(3, 251))
    comparisons, series = [], []
    for name in names:
        for k in DEGREES:
            value = partial(expressivity_sizes.mean_square, builtin(name), k)
            radius = {at: value(at).rad() / value(at) for at in dimensions}
            at, largest = extreme(radius, largest=True)
            where = {"activation": name, "k": k, "d": at}
            label = f"relative radius of E h², {name}, k = {k}, largest"
            comparisons.append(compare(label, UPPER, ball(largest), ball(arb(RADIUS)), parameters=where))
            comparisons.append(slope_bound(f"E h², {name}, k = {k}", value, k - 1 + shift, dimensions, where))
            if name == names[0]:
                series.append(dimension_curve(f"k = {k}", dimensions, value, rf"$\mathbb{{E}}\,h^2$, {name}"))
    return from_comparisons(comparisons, series=tuple(series))


def kappa_rate(context: Context, *, sign: int = 1, names: tuple[str, ...] = ACTIVATIONS) -> Evidence:
    """Far out, ρ(d) = d (E h² d^{1-k}/Λ - 1) - κ halves when d doubles; a wrong κ keeps it from falling at all."""
    comparisons = []
    for name in names[: context.pick(1, len(names))]:
        sigma = builtin(name)
        for k in DEGREES:
            limit, kappa = expressivity_sizes.mean_square_limits(sigma, k)
            with working_precision(PREC):
                free = expressivity.kappa(k, [sp.S.One] * k, [sp.S.Zero] * k)  # κ = free - r_{k-1}/h_{k-1}
                constant = arb(int(free.p)) / int(free.q)
                stated = constant + sign * (kappa - constant)
                near, far = (
                    at * (expressivity_sizes.mean_square(sigma, k, at) / (limit * arb(at) ** (k - 1)) - 1)
                    - stated
                    for at in (FAR, 2 * FAR)
                )
                gap = abs(near / far - 2)
            comparisons.append(
                compare(
                    f"|ρ(d)/ρ(2d) - 2|, {name}, k = {k}",
                    UPPER,
                    ball(gap),
                    exact(HALVING_BOUND),
                    parameters={"activation": name, "k": k, "d": FAR},
                )
            )
    return from_comparisons(comparisons)


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
        statement=r"\lim_{d\to\infty} d^{1-k}\,\mathbb{E}\,h^2 = \frac{1}{k(k+1)\,(k-1)!\,h_{k-1}}, "
        r"\quad k = 1, 2, 3",
        bound=LIMIT,
        source=PAPER,
        assumptions=(
            LIMIT_ASSUMPTION,
            r"the Hermite limit of $c_l$ is $(\mathbb{E}\,\sigma''(g)\,\mathrm{He}_l(g))^2/l!$ with $g$ standard "
            r"normal, which makes $(k-1)!\,h_{k-1} = (\mathbb{E}\,\sigma^{(k+1)}(g))^2$",
        ),
        depends_on=("expressivity.size", "spectrum.hermite-limit"),
        checks=(Check(Kind.SYMBOLIC, growth_limit, scope="every c_l, k = 1, 2, 3", general=True),),
    ),
    Claim(
        id="expressivity.growth-rate",
        title="Rate at which the size of the quadratic part reaches its growth",
        statement=r"\left|\log_2\frac{\mathbb{E}\,h^2(2d)}{\mathbb{E}\,h^2(d)} - (k-1)\right| \le \frac{30}{d} "
        r"\text{ for } 3 \le d \le 250, \quad \left|\frac{\rho(d)}{\rho(2d)} - 2\right| \le \frac{1}{10} "
        r"\text{ at } d = 4096, \quad \rho(d) = d\left(\frac{\mathbb{E}\,h^2}{\Lambda\,d^{k-1}} - 1\right) "
        r"- \kappa, \quad \kappa = \frac{k^2+9k-4}{2} - \frac{r_{k-1}}{h_{k-1}}, \quad k = 1, 2, 3",
        bound=UPPER,
        source="this project",
        assumptions=(
            FOUR,
            r"$\Lambda = 1/(k(k+1)\,(k-1)!\,h_{k-1})$, and $c_l = h_l + r_l/d + O(d^{-2})$ for "
            r"$c_l = \mu_l(\sigma'')^2 B(d,l)$, with $h_l$ and $r_l$ from the Hermite coefficients of $\sigma''$",
            r"$\rho$ falls like $1/d$ if $\mathbb{E}\,h^2 = \Lambda\,d^{k-1}(1 + \kappa/d + C/d^2 + O(d^{-3}))$ "
            r"with $C \ne 0$, and does not fall for any other $\kappa$",
            r"for other activations the constant 30 can be too small, as $\kappa$ has no bound",
        ),
        depends_on=("expressivity.growth",),
        checks=(
            Check(Kind.SYMBOLIC, kappa_formula, scope="the formula for κ: every h_l and r_l, k = 1, 2, 3"),
            Check(Kind.ENCLOSURE, growth_slopes, scope=SLOPE_SCOPE),
            Check(Kind.ENCLOSURE, kappa_rate, scope="d = 4096 and 8192, four activations (quick: sin + cos)"),
        ),
    ),
    Claim(
        id="control.expressivity-growth",
        title="Size of the quadratic part growing like d^k",
        statement=r"\lim_{d\to\infty} d^{-k}\,\mathbb{E}\,h^2 = \frac{1}{k(k+1)\,(k-1)!\,h_{k-1}}",
        bound=LIMIT,
        source="control",
        control_of="expressivity.growth",
        fault="exponent k for k - 1",
        checks=(
            Check(Kind.SYMBOLIC, partial(growth_limit, exponent=1, degrees=(1,)), scope="every c_l, k = 1"),
        ),
    ),
    Claim(
        id="control.expressivity-growth-index",
        title="Limit of the size with the next Hermite coefficient",
        statement=r"\lim_{d\to\infty} d^{1-k}\,\mathbb{E}\,h^2 = \frac{1}{k(k+1)\,(k-1)!\,h_k}",
        bound=LIMIT,
        source="control",
        control_of="expressivity.growth",
        fault="h_k for h_{k-1}",
        checks=(
            Check(Kind.SYMBOLIC, partial(growth_limit, index=1, degrees=(1,)), scope="every c_l, k = 1"),
        ),
    ),
    Claim(
        id="control.expressivity-growth-slope",
        title="Slope k of the size of the quadratic part",
        statement=r"\left|\log_2\frac{\mathbb{E}\,h^2(2d)}{\mathbb{E}\,h^2(d)} - k\right| \le \frac{30}{d}",
        bound=UPPER,
        source="control",
        control_of="expressivity.growth-rate",
        fault="slope k for k - 1",
        checks=(
            Check(
                Kind.ENCLOSURE,
                partial(growth_slopes, shift=1, names=("sincos",)),
                scope="sin + cos, d = 3…500",
            ),
        ),
    ),
    Claim(
        id="control.expressivity-growth-kappa",
        title="First correction to the size with the wrong sign of r",
        statement=r"\kappa = \frac{k^2+9k-4}{2} + \frac{r_{k-1}}{h_{k-1}}",
        bound=UPPER,
        source="control",
        control_of="expressivity.growth-rate",
        fault="+ r/h for - r/h in κ",
        checks=(
            Check(
                Kind.SYMBOLIC, partial(kappa_formula, sign=-1, degrees=(1,)), scope="every h_l and r_l, k = 1"
            ),
            Check(
                Kind.ENCLOSURE,
                partial(kappa_rate, sign=-1, names=("sincos",)),
                scope="sin + cos, d = 4096 and 8192",
            ),
        ),
    ),
)
