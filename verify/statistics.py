"""Intervals and tests with declared error rates, and the sample sizes that follow from them.

Each statistical check may raise a false alarm with probability at most `Context.alpha`, which it splits over its
comparisons. With at most 100 of them a run of the whole suite raises one at most once in 10^4 runs (union bound).

A check declares the smallest shift of a measured value, in its own unit, that it finds with probability `POWER`
or more: each measured value that is off by that much, whatever the others are, makes the check fail.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from theory.errors import InputError
from verify.bound import Comparison, Relation
from verify.claim import Context
from verify.quantity import Quantity, confidence

POWER = 0.99

STUDENT = "half-width of the Student interval at the declared false-alarm rate, the mean taken as normal"

Array = NDArray[np.float64]


def mean_interval(sample: Array | Sequence[float], *, alpha: float) -> Quantity:
    """Student interval ``mean ± t_{1-alpha/2} s/√N`` for the mean of independent draws.

    Exact for normal draws. For others a skewness γ of the draws changes the probability of a tail at z standard
    errors by a factor of about ``exp(γ z³/(6√N))`` (Cramér 1938), so it needs large N, draws that are themselves
    means, or room beside the interval as where a slope is held against a band. (Of the checks of this project that
    have no such room those with large N see factors of at most 1.02, both tails together.) For draws of known range
    use `bounded_mean_interval`.

    Args:
        sample: At least 3 independent draws, shape ``(N,)``.
        alpha: Probability that the interval misses the mean.

    Raises:
        InputError: For fewer than 3 draws.
    """
    values = np.asarray(sample, dtype=float)
    if values.ndim != 1 or len(values) < 3:
        raise InputError(
            given=f"a sample of shape {values.shape}", allowed="at least 3 draws", do="draw more"
        )
    width = _t(alpha, len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return confidence(float(values.mean()), width, level=1 - alpha)


def bounded_mean_interval(
    sample: Array | Sequence[float], *, low: float, high: float, alpha: float
) -> Quantity:
    """Empirical Bernstein interval for the mean of independent draws in ``[low, high]``, whatever their law.

    ``mean ± (s √(2 log(4/alpha)/N) + 7 (high - low) log(4/alpha)/(3(N-1)))`` (Maurer and Pontil 2009).

    Args:
        sample: At least 2 independent draws, shape ``(N,)``.
        low: No draw is below.
        high: No draw is above.
        alpha: Probability that the interval misses the mean.

    Raises:
        InputError: For fewer than 2 draws, or one outside the range.
    """
    values = np.asarray(sample, dtype=float)
    if values.ndim != 1 or len(values) < 2 or not (values.min() >= low and values.max() <= high):
        raise InputError(
            given=f"a sample of shape {values.shape} from {values.min(initial=math.inf)} to "
            f"{values.max(initial=-math.inf)}",
            allowed=f"at least 2 draws in [{low}, {high}]",
            do="draw more, or correct the range",
        )
    logarithm, count = math.log(4 / alpha), len(values)
    spread = float(values.std(ddof=1)) * math.sqrt(2 * logarithm / count)
    width = spread + 7 * (high - low) * logarithm / (3 * (count - 1))
    return confidence(float(values.mean()), width, level=1 - alpha)


def slope_interval(x: Sequence[float], y: Array, *, alpha: float) -> Quantity:
    """Interval for the slope of ``log y`` over ``log x`` from independent replicates.

    Each replicate gets its own least-squares slope; the slopes are independent and identically distributed,
    so their Student interval needs no model of the error of a single point.

    Args:
        x: Abscissae, positive, shape ``(p,)``.
        y: Positive values, shape ``(replicates, p)``, at least 3 replicates.
        alpha: Probability that the interval misses the expected slope.

    Raises:
        InputError: If a value is not positive, or there are fewer than 3 replicates.
    """
    if np.asarray(y).ndim != 2 or not (np.asarray(y) > 0).all() or min(x) <= 0:
        raise InputError(
            given="values that are not all positive, or not of shape (replicates, points)",
            allowed="positive x and y on log axes",
            do="check the quantity whose exponent is measured",
        )
    return mean_interval(slopes(x, y), alpha=alpha)


def slopes(x: Sequence[float], y: Array) -> Array:
    """Least-squares slope of ``log y`` over ``log x`` of each row of `y`, shape ``(replicates,)``."""
    centred = np.log(np.asarray(x, dtype=float))
    centred = centred - centred.mean()
    return np.asarray(np.log(np.asarray(y, dtype=float)) @ centred / (centred @ centred))


def dkw_distance(sample: Array, cdf: Array, *, alpha: float) -> tuple[float, float]:
    """Largest distance between empirical and stated distribution function, and its DKW threshold.

    ``P(sup|F_N - F| > sqrt(log(2/alpha)/(2N))) <= alpha`` (Dvoretzky, Kiefer, Wolfowitz; Massart 1990).

    Args:
        sample: Draws, shape ``(N,)``.
        cdf: The stated distribution function at each draw, shape ``(N,)``.
        alpha: False-alarm probability of the threshold.
    """
    order = np.argsort(sample)
    stated = np.asarray(cdf)[order]
    count = len(stated)
    steps = np.arange(count + 1) / count
    distance = float(max((steps[1:] - stated).max(), (stated - steps[:-1]).max()))
    return distance, math.sqrt(math.log(2 / alpha) / (2 * count))


def error_rates(context: Context, comparisons: Iterable[Comparison]) -> dict[str, float]:
    """The error rates of a check whose comparisons share `context.alpha` and find what they measured, shifted."""
    return {"alpha": context.alpha, "power": POWER, "smallest_fault": detected_shift(comparisons)}


def detected_shift(comparisons: Iterable[Comparison]) -> float:
    """The smallest shift with which each of the measured values is refuted, to either side where that counts.

    For a bound: from the value to the bound, and twice the half-width of the interval. For the others: twice the
    half-width and the resolution, which often is a half-width itself. Where it is, or where the interval is one,
    a true value that far off escapes only if its interval misses it.
    """
    return max((_shift(each) for each in comparisons), default=0.0)


def replicates_needed(*, spread: float, fault: float, alpha: float, power: float = POWER) -> int:
    """The least N at which Student's interval of a mean leaves out a value at distance `fault`, by noncentral t.

    Args:
        spread: Standard deviation of a draw.
        fault: Distance of the true mean from the stated one.
        alpha: Probability that the interval misses the mean.
        power: Probability with which the stated value is left out.
    """
    return next(count for count in itertools.count(3) if mean_power(count, spread, fault, alpha) >= power)


def mean_power(count: int, spread: float, fault: float, alpha: float) -> float:
    """The probability that Student's interval from `count` normal draws leaves out a value at distance `fault`."""
    return float(stats.nct.sf(_t(alpha, count - 1), count - 1, fault * math.sqrt(count) / spread))


def _shift(each: Comparison) -> float:
    measured, stated = each.measured, each.stated
    half = max(measured.upper - measured.value, measured.value - measured.lower)
    slack = each.resolution * max(abs(stated.lower), abs(stated.upper))
    if each.relation in (Relation.UPPER, Relation.BELOW):
        return max(stated.upper + slack - measured.value, 0.0) + 2 * half
    if each.relation in (Relation.LOWER, Relation.ABOVE):
        return max(measured.value - stated.lower + slack, 0.0) + 2 * half
    return 2 * (each.resolution + half)


def _t(alpha: float, degrees: int) -> float:
    return float(stats.t.ppf(1 - alpha / 2, degrees))
