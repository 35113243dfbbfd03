"""Intervals and tests with declared error rates.

Each statistical check may raise a false alarm with probability at most ``ALPHA``. With fewer than 100 of them
a run of the whole suite raises one less than once in 10^4 runs (union bound).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from theory.errors import InputError
from verify.quantity import Quantity, confidence

ALPHA = 1e-6

Array = NDArray[np.float64]


def mean_interval(sample: Array | Sequence[float], *, alpha: float = ALPHA) -> Quantity:
    """Student interval ``mean ± t_{1-alpha/2} s/√N`` for the mean of independent draws.

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


def slope_interval(x: Sequence[float], y: Array, *, alpha: float = ALPHA) -> Quantity:
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


def dkw_distance(sample: Array, cdf: Array, *, alpha: float = ALPHA) -> tuple[float, float]:
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


def _t(alpha: float, degrees: int) -> float:
    return float(stats.t.ppf(1 - alpha / 2, degrees))
