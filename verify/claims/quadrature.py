"""Means over the sphere by Gauss-Jacobi quadrature in floats: the route to coefficients that the torch code tests.

For x uniform on the sphere of radius √d and a unit vector w, u = w·x/√d has a density proportional to
(1-u²)^{(d-3)/2}. The rule with N nodes is exact for polynomials of degree below 2N.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from scipy import special
from torch import Tensor

from training import sphere


@lru_cache(maxsize=64)
def rule(d: int, nodes: int = 64) -> tuple[Tensor, Tensor]:
    """Nodes u and weights of total 1 for the first coordinate on the unit sphere of R^d, d ≥ 2, each `(nodes,)`."""
    u, weights = special.roots_jacobi(nodes, (d - 3) / 2, (d - 3) / 2)
    return torch.tensor(u, dtype=torch.float64), torch.tensor(weights / weights.sum(), dtype=torch.float64)


@lru_cache(maxsize=4)
def sphere_rule(count: int = 48) -> tuple[Tensor, Tensor]:
    """Gauss-Legendre in height times equidistant angles on the sphere of radius √3 in R^3: points and weights."""
    heights, weights = np.polynomial.legendre.leggauss(count)
    angles = math.pi * np.arange(2 * count) / count
    ring = np.sqrt(1 - heights**2)[:, None]
    flat = np.broadcast_to(heights[:, None], (count, 2 * count))
    points = np.stack([ring * np.cos(angles), ring * np.sin(angles), flat], -1)
    spread = np.repeat(weights / (4 * count), 2 * count)
    return torch.from_numpy(math.sqrt(3) * points.reshape(-1, 3)), torch.from_numpy(spread)


def coefficient(values: Tensor, l: int, d: int, *, nodes: int = 64) -> tuple[Tensor, float]:
    """μ_l(g) = E g(z) P_l(z/√d) from the values of g at √d u, and the sum of the absolute terms."""
    u, weights = rule(d, nodes)
    terms = weights * values * sphere.gegenbauer(l, d, u)
    return terms.sum(), float(terms.abs().sum())
