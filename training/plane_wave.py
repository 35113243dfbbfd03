"""The mean of a plane wave over the sphere and its derivatives, `j(s) = 0F1(; d/2; -d s/4)`, to 1e-15.

Two evaluations that know nothing of the hypergeometric series (`training.covariance` sums it): at few points by
Gauss's rule for the mean of a cosine, at many by the interpolant of these values at Chebyshev points, which
Clenshaw's recurrence evaluates without loss of digits. Both hold in every dimension.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.linalg
import torch
from torch import Tensor

_UNIT = 2.0**-53


def plane_wave_profile(d: int, order: int, largest: float) -> tuple[float, ...]:
    """Chebyshev coefficients on [0, largest] of `j^{(order)}`, j(s) = 0F1(; d/2; -d s/4).

    `j^{(i)}(s) = (-d/4)^i / (d/2)_i · E cos(√(d s) t)` for a coordinate t of a uniform point of the unit sphere in
    dimension d + 2i; the mean is Gauss's rule, exact to rounding.

    Args:
        d: Dimension, 3 or more.
        order: The derivative, 0 or more.
        largest: Right end of the interval, positive.
    """
    scale = math.prod(-d / 4 / (d / 2 + i) for i in range(order))

    def values(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return scale * plane_wave(d, order, largest * (1 + x) / 2)

    # The coefficients fall like those of e^{-s/2}, which are e^{-L/4} I_k(L/4) for L = largest: none is left here.
    count = 20 + math.ceil(largest)
    nodes = np.cos(math.pi * (np.arange(count) + 0.5) / count)
    found = scipy.fft.dct(values(nodes), type=2) / count
    found[0] /= 2
    kept = np.flatnonzero(np.abs(found) > _UNIT / 16 * np.abs(found).max())
    return tuple(float(c) for c in found[: int(kept[-1]) + 1])


def evaluate_profiles(profiles: list[tuple[float, ...]], s: Tensor, largest: float) -> list[Tensor]:
    """The interpolants of j, j', … at s in [0, largest], by Clenshaw's recurrence; each of the shape of s.

    Args:
        profiles: Coefficients from `plane_wave_profile`, all on the interval [0, largest].
        s: Squared lengths, any shape.
        largest: Right end of the interval.
    """
    x = s * (2 / largest) - 1
    twice = 2 * x
    found = []
    for profile in profiles:
        ahead, value = torch.zeros_like(s), torch.full_like(s, profile[-1])
        if len(profile) == 1:
            found.append(value)
            continue
        for c in reversed(profile[1:-1]):
            ahead.neg_().addcmul_(twice, value).add_(c)
            ahead, value = value, ahead
        found.append(ahead.neg_().addcmul_(x, value).add_(profile[0]))
    return found


def plane_wave(d: int, shift: int, s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """`0F1(; d/2 + shift; -d s/4)`, the mean of cos(√(d s) t), by Gauss's rule in dimension d + 2·shift."""
    # A rule with N nodes errs by about (s/4)^N / N! in every dimension.
    nodes, weights = _rule(d + 2 * shift, 30 + int(s.max(initial=0.0)))
    return np.asarray(np.cos(np.multiply.outer(np.sqrt(d * s), nodes)) @ weights)


@lru_cache(maxsize=64)
def _rule(d: int, count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Gauss's rule for the density ∝ (1-t²)^{(d-3)/2}, from its Jacobi matrix (Golub, Welsch 1969).

    SciPy's rule, as in `training.harmonic`, has fewer digits from d = 400 on, and none for many nodes at d = 2000.
    """
    k = np.arange(1.0, count)
    off_diagonal = np.sqrt(k * (k + d - 3) / ((2 * k + d - 2) * (2 * k + d - 4)))
    nodes, vectors = scipy.linalg.eigh_tridiagonal(np.zeros(count), off_diagonal)
    return nodes, vectors[0] ** 2
