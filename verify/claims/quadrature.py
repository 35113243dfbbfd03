"""Means over the sphere by Gauss-Jacobi quadrature in floats: the route to coefficients that the torch code tests.

For x uniform on the sphere of radius √d and a unit vector w, u = w·x/√d has a density proportional to
(1-u²)^{(d-3)/2}. The rule with N nodes is exact for polynomials of degree below 2N.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from scipy import special
from torch import Tensor

from training import sphere


@lru_cache(maxsize=64)
def rule(d: int, nodes: int = 64) -> tuple[Tensor, Tensor]:
    """Nodes u and weights of total 1 for the first coordinate on the unit sphere of R^d, d ≥ 2, each `(nodes,)`."""
    u, weights = special.roots_jacobi(nodes, (d - 3) / 2, (d - 3) / 2)
    return torch.tensor(u, dtype=torch.float64), torch.tensor(weights / weights.sum(), dtype=torch.float64)


def coefficient(values: Tensor, l: int, d: int, *, nodes: int = 64) -> tuple[Tensor, float]:
    """μ_l(g) = E g(z) P_l(z/√d) from the values of g at √d u, and the sum of the absolute terms."""
    u, weights = rule(d, nodes)
    terms = weights * values * sphere.gegenbauer(l, d, u)
    return terms.sum(), float(terms.abs().sum())
