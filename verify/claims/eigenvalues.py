"""Claims on the eigenvalues of the kernel as balls: their radii, their order and the gaps between them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial, reduce
from typing import Any

from flint import arb

from theory import eigenvalues
from theory.activation import builtin
from theory.arithmetic import working_precision
from verify.bound import LOWER, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context, Profile
from verify.claims.spectrum import PREC, RADIUS, relative
from verify.claims.twins import ACTIVATIONS
from verify.evidence import Evidence, Series, from_comparisons
from verify.quantity import ball, exact
from verify.verdict import Kind

DEGREES = range(eigenvalues.TOP + 1)
SAMPLED = (3, 4, 5, 8, 16, 32, 64, 128, 250, 500)
ALL = range(3, 501)
SECOND_ROUTE = (3, 4, 30, 500)


def enclosures(context: Context, *, dimensions: Iterable[int] = ALL) -> Evidence:
    """The largest relative radius of λ_j over all dimensions, and λ_j > 0 at some of them."""
    dimensions = tuple(dimensions)
    comparisons: list[Comparison] = []
    series = []
    for name in ACTIVATIONS:
        found = {at: eigenvalues.spectrum(builtin(name), at).eigenvalues for at in dimensions}
        for j in DEGREES:
            radii = {at: values[j].rad() / abs(values[j]) for at, values in found.items()}
            at, radius = extreme(radii, largest=True)
            where = {"activation": name, "j": j, "d": at}
            label = f"relative radius of λ_{j} of {name}, largest"
            comparisons.append(compare(label, UPPER, ball(radius), ball(arb(RADIUS)), parameters=where))
            for at in (at for at in SAMPLED if at in found):
                where = {"activation": name, "j": j, "d": at}
                label = f"λ_{j} of {name} at d = {at}"
                comparisons.append(
                    compare(label, LOWER, ball(found[at][j], digits=30), exact(0), parameters=where)
                )
        series += _curves(name, found) if name == ACTIVATIONS[0] else []
    return from_comparisons(
        comparisons, series=tuple(series), counts={"spectra": len(dimensions) * len(ACTIVATIONS)}
    )


def second_route(context: Context) -> Evidence:
    """The trapezoidal enclosures against adaptive integration of each coefficient, four activations."""
    comparisons = []
    for name in ACTIVATIONS:
        for dimension in SECOND_ROUTE:
            values = eigenvalues.spectrum(builtin(name), dimension).eigenvalues
            for j in DEGREES:
                other = builtin(name).eigenvalue(j, dimension, prec=PREC)
                comparisons.append(
                    relative(f"λ_{j} of {name}", values[j], other, activation=name, j=j, d=dimension)
                )
    return from_comparisons(comparisons)


def order(
    context: Context, *, dimensions: Iterable[int] = ALL, degrees: tuple[int, ...] = (1, 2, 3)
) -> Evidence:
    """λ_k/λ_{k+1} > 1, all λ_j with j <= k above all others; dimensions that fail are listed."""
    dimensions = tuple(dimensions)
    comparisons = []
    for name in ACTIVATIONS:
        for k in degrees:
            table = [eigenvalues.gap(builtin(name), at, k) for at in dimensions]
            ratios = {row.d: row.ratio for row in table}
            with working_precision(PREC):
                outer = {row.d: row.lowest / row.highest for row in table}
            what = {f"λ_{k}/λ_{k + 1}": ratios, f"least λ_j, j ≤ {k}, over largest, j > {k},": outer}
            for label, values in what.items():
                at, least = extreme(values, largest=False)
                shown = {at: least} | {at: value for at, value in values.items() if not value > 1}
                comparisons += [
                    compare(f"{label} of {name}", LOWER, ball(value), exact(1), parameters=_at(name, k, at))
                    for at, value in shown.items()
                ]
    return from_comparisons(comparisons, counts={"gaps": len(dimensions) * len(degrees) * len(ACTIVATIONS)})


def extreme(values: dict[int, arb], *, largest: bool) -> tuple[int, arb]:
    """A ball that encloses the extreme value, and the dimension where it seems to lie."""
    at = (max if largest else min)(values, key=lambda each: float(values[each]))
    return at, reduce(arb.max if largest else arb.min, values.values())


def _at(name: str, k: int, dimension: int) -> dict[str, Any]:
    return {"activation": name, "k": k, "d": dimension}


def _curves(name: str, found: dict[int, tuple[arb, ...]]) -> list[Series]:
    return [
        Series(
            "ntk-eigenvalues",
            f"j = {j}",
            tuple(float(at) for at in found),
            tuple(float(values[j]) for values in found.values()),
            x_label="dimension $d$",
            y_label=rf"eigenvalue $\lambda_j$, {name}",
            log="xy",
        )
        for j in DEGREES
    ]


CLAIMS = (
    Claim(
        id="spectrum.enclosures",
        title="Certified eigenvalues",
        statement=r"\mathrm{rad}(\lambda_j) \le 10^{-25}\,\lambda_j, \quad \lambda_j > 0, "
        r"\quad j \le 6,\ 3 \le d \le 500",
        bound=UPPER,
        source="this project",
        assumptions=("four built-in activations: sin + cos and the shifted tanh, erf and softplus",),
        depends_on=("spectrum.eigenvalue-formula", "activation.coefficients"),
        checks=(
            Check(
                Kind.ENCLOSURE,
                partial(enclosures, dimensions=SAMPLED),
                name="enclosures_sampled",
                scope="ten dimensions from 3 to 500, four activations",
            ),
            Check(
                Kind.ENCLOSURE,
                second_route,
                scope="adaptive integration, d = 3, 4, 30, 500, four activations",
            ),
            Check(
                Kind.ENCLOSURE,
                enclosures,
                scope="every d = 3…500, four activations, j = 0…6",
                general=True,
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="spectrum.ordering",
        title="Gap behind degree k",
        statement=r"\lambda_k > \lambda_{k+1}, \quad \min_{j\le k}\lambda_j > \sup_{j>k}\lambda_j, "
        r"\quad k = 1, 2, 3,\ 3 \le d \le 500",
        bound=LOWER,
        source="this project",
        assumptions=("four built-in activations: sin + cos and the shifted tanh, erf and softplus",),
        depends_on=("spectrum.enclosures", "spectrum.trace"),
        checks=(
            Check(
                Kind.ENCLOSURE,
                partial(order, dimensions=SAMPLED),
                name="order_sampled",
                scope="ten dimensions from 3 to 500, four activations",
            ),
            Check(
                Kind.ENCLOSURE,
                order,
                scope="every d = 3…500, four activations, all degrees through the trace",
                general=True,
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.gap-behind-five",
        title="Order of the eigenvalues behind degree 5",
        statement=r"\lambda_5 > \lambda_6, \quad 3 \le d \le 500",
        bound=LOWER,
        source="control",
        control_of="spectrum.ordering",
        fault="k = 5, where the shifted tanh and erf have λ_5 < λ_6 at d = 3 and 4",
        checks=(
            Check(
                Kind.ENCLOSURE,
                partial(order, dimensions=SAMPLED, degrees=(5,)),
                scope="ten dimensions",
                name="order",
            ),
        ),
    ),
)
