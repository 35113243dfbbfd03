"""Shared references: cubature on the sphere, exact for polynomials, so that tests need no sampling."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.special
import torch
from torch import Tensor

Rule = Callable[[int, int], tuple[Tensor, Tensor]]


def _unit_rule(d: int, degree: int) -> tuple[np.ndarray, np.ndarray]:
    if d == 2:
        angles = 2 * np.pi * np.arange(degree + 1) / (degree + 1)
        return np.stack((np.cos(angles), np.sin(angles)), axis=1), np.full(degree + 1, 1 / (degree + 1))
    # x = (t, √(1-t²) y): t has density ∝ (1-t²)^{(d-3)/2}, y is uniform one dimension lower.
    t, weight = scipy.special.roots_jacobi(degree // 2 + 1, (d - 3) / 2, (d - 3) / 2)
    inner, inner_weight = _unit_rule(d - 1, degree)
    first = np.broadcast_to(t[:, None, None], (len(t), len(inner), 1))
    rest = np.sqrt(1 - t**2)[:, None, None] * inner[None]
    points = np.concatenate((first, rest), axis=2).reshape(-1, d)
    return points, np.outer(weight / weight.sum(), inner_weight).reshape(-1)


@pytest.fixture(scope="session")
def sphere_rule() -> Rule:
    """`sphere_rule(d, degree)`: points on S^{d-1}(√d) and weights, exact for polynomials up to that degree."""

    def rule(d: int, degree: int) -> tuple[Tensor, Tensor]:
        points, weights = _unit_rule(d, degree)
        return torch.from_numpy(points * d**0.5), torch.from_numpy(weights)

    return rule
