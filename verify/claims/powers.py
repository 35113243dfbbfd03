"""Measured power laws: a slope per independent replicate, held against a claimed exponent.

The interval of the mean slope must lie within a band around the claimed exponent. The band is half the distance
to the nearest rival on the grid on which the exponents of a claim lie, so a rival's own interval is refuted.

The intervals are Student's. A slope of logarithms of means over many neurons and inputs is close to normal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.bound import Comparison, Relation, compare, rate
from verify.claim import Check, Claim, Context, Profile
from verify.evidence import Series
from verify.quantity import exact
from verify.statistics import POWER, detected_shift, slope_interval
from verify.verdict import Kind

Array = NDArray[np.float64]

REASONS = {
    0.25: "half the distance to the next multiple of 1/2",
    0.125: "half the distance to the next multiple of 1/4",
}


def power_law(
    label: str,
    x: Sequence[float],
    table: Array,
    claimed: str,
    *,
    band: float,
    alpha: float,
    parameters: Mapping[str, Any] | None = None,
) -> Comparison:
    """The mean log-log slope of independent replicates against a claimed exponent.

    Args:
        label: What is measured.
        x: Abscissae, shape ``(p,)``.
        table: Positive values, shape ``(replicates, p)``.
        claimed: The exponent, as text such as ``-1/2``.
        band: 0.25 or 0.125, see `REASONS`.
        alpha: Probability that the interval misses the expected slope.
        parameters: The point in parameter space.
    """
    slope = slope_interval(x, table, alpha=alpha)
    shared = {**(parameters or {}), "x": [float(each) for each in x], "replicates": len(table)}
    return compare(
        f"log-log slope of {label}",
        rate(claimed),
        slope,
        exact(claimed),
        resolution=band,
        reason=REASONS[band],
        parameters=shared,
    )


def curve(figure: str, label: str, x: Sequence[float], table: Array, *, x_label: str, y_label: str) -> Series:
    """Geometric means over the replicates with their 5% and 95% quantiles, on log axes."""
    ends = np.quantile(table, (0.05, 0.95), axis=0)
    means = np.exp(np.log(table).mean(axis=0))
    return line(figure, label, x, means, x_label=x_label, y_label=y_label, low=ends[0], high=ends[1])


def line(
    figure: str,
    label: str,
    x: Sequence[float],
    y: Sequence[float] | Array,
    *,
    x_label: str,
    y_label: str,
    low: Sequence[float] | Array = (),
    high: Sequence[float] | Array = (),
) -> Series:
    """A curve on log axes, with error bars from `low` to `high` if they are given."""
    floats = [tuple(float(each) for each in values) for values in (x, y, low, high)]
    return Series(
        figure, label, floats[0], floats[1], floats[2], floats[3], x_label=x_label, y_label=y_label, log="xy"
    )


def rates(context: Context, comparisons: Iterable[Comparison], band: float) -> dict[str, float]:
    """Error rates of slopes against exponents, and of the bounds and means that are compared beside them.

    False alarms: an expected slope within the band is refuted only where its interval misses it, and by more than
    the slope's distance to the edge of the band, which leaves room for slopes that are not quite normal.

    Power: a rival at twice the band HOLDS only where the interval misses its slope. It FAILS if the half-width is
    less than the band by some standard errors; the numbers of replicates are such that this has probability
    `POWER` or more by the noncentral t law (`verify.statistics.mean_power`) at the spreads that were seen.
    """
    others = [each for each in comparisons if each.relation is not Relation.RATE]
    return {
        "alpha": context.alpha,
        "power": POWER,
        "smallest_fault": max(2 * band, detected_shift(others)),
    }


def exponent_control(slug: str, title: str, of: str, wrong: str, fault: str, run: Any) -> Claim:
    """A control that claims a wrong exponent for the claim ``directions.<of>``."""
    return Claim(
        id=f"control.{slug}",
        title=title,
        statement=rf"\text{{exponent }} {wrong}",
        bound=rate(wrong),
        source="control",
        control_of=f"directions.{of}",
        fault=fault,
        checks=(Check(Kind.STATISTICAL, run, scope="sin + cos, d = 4", profile=Profile.STANDARD),),
    )
