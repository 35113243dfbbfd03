"""The sphere in torch: seeded generators, uniform samples, Gegenbauer polynomials and harmonic counts.

Inputs are uniform on S^{d-1}(√d), first-layer weights on S^{d-1}(1). Every random quantity of this room
comes from a generator that `generator(seed, purpose)` makes, so one seed gives independent streams for the
data, the weights and the target, and drawing more of one never changes another.
"""

from __future__ import annotations

import hashlib
import math

import torch
from torch import Tensor

from theory.errors import InputError


def generator(seed: int, purpose: str) -> torch.Generator:
    """A torch generator for one purpose, seeded with the first 63 bits of SHA-256(`"<seed>/<purpose>"`).

    The room's own purposes are "data", "unlabeled", "validation", "test", "weights", "signs", "target",
    "noise" and "start"; any other text is another stream, independent of these for all practical ends.

    Args:
        seed: Any integer, the seed of the whole run.
        purpose: What the stream is for.
    """
    digest = hashlib.sha256(f"{int(seed)}/{purpose}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def sample_sphere(
    count: int, d: int, *, radius: float, generator: torch.Generator, dtype: torch.dtype = torch.float64
) -> Tensor:
    """Independent uniform points on the sphere of R^d, as normalised Gaussian vectors.

    The points are drawn in float64 and then rounded, so every dtype sees the same points.

    Args:
        count: How many points, 0 or more.
        d: Dimension of the surrounding space, 1 or more.
        radius: Radius of the sphere: √d for inputs, 1 for weights and directions.
        generator: The source of randomness, which advances.
        dtype: Floating type of the result.

    Returns:
        Points of shape `(count, d)`.

    Raises:
        InputError: If `count`, `d` or `radius` is out of range.
    """
    if count < 0 or d < 1 or not (radius > 0 and math.isfinite(radius)):
        raise InputError(
            given=f"count={count}, d={d}, radius={radius}",
            allowed="count of 0 or more, d of 1 or more, a positive finite radius",
            do="correct the argument that is out of range",
        )
    points = torch.randn(count, d, generator=generator, dtype=torch.float64)
    norms: Tensor = torch.linalg.vector_norm(points, dim=1, keepdim=True)
    return (points * radius / norms).to(dtype)


def gegenbauer(l: int, d: int, u: Tensor) -> Tensor:
    """Gegenbauer polynomial `P_l(u)` of dimension d with `P_l(1) = 1`, elementwise.

    `(i+d-2) P_{i+1} = (2i+d-2) u P_i - i P_{i-1}`, `P_0 = 1`, `P_1 = u`; `P_l(γ·x/√d)` is a harmonic of
    degree l on the sphere of R^d for every unit γ.

    Raises:
        InputError: If l is negative or d is below 3.
    """
    _check_degree(l, d)
    before, value = torch.ones_like(u), u
    if l == 0:
        return before
    for i in range(1, l):
        before, value = value, ((2 * i + d - 2) * u * value - i * before) / (i + d - 2)
    return value


def harmonic_count(d: int, l: int) -> int:
    """Dimension `B(d,l)` of the harmonics of degree l: `B(d,0) = 1`, `B(d,l) = (2l+d-2)/l · C(l+d-3, l-1)`.

    Raises:
        InputError: If l is negative or d is below 3.
    """
    _check_degree(l, d)
    return 1 if l == 0 else (2 * l + d - 2) * math.comb(l + d - 3, l - 1) // l


def low_degree_count(d: int, k: int) -> int:
    """Dimension `n_k = C(d+k-1, k) + C(d+k-2, k-1)` of the polynomials of degree ≤ k on the sphere of R^d.

    Raises:
        InputError: If k is negative or d is below 3.
    """
    _check_degree(k, d)
    return 1 if k == 0 else math.comb(d + k - 1, k) + math.comb(d + k - 2, k - 1)


def _check_degree(l: int, d: int) -> None:
    if l < 0 or d < 3:
        raise InputError(
            given=f"degree {l} in dimension d={d}",
            allowed="a degree of 0 or more and d of 3 or more",
            do="raise the degree or the dimension",
        )
