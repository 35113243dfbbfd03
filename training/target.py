"""Targets: a dense polynomial of degree ≤ k plus a sparse one of degree k + 1.

`f* = f_k + f_sp`. The dense part has one component per degree j = 1..k, a random combination of zonal
harmonics `q_j(γ·x)` in many random directions γ; the sparse part is `Σ_{i≤R} α_i q_{k+1}(β_i·x)` with few
directions. Here `q_l(z) = √B(d,l) P_l(z/√d)` is pure degree l with unit norm on S^{d-1}(√d), so every
second moment is exact: `E q_l(γ·x) q_l(γ'·x) = P_l(γ·γ')`, and different degrees are orthogonal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from theory.errors import InputError
from training.sphere import gegenbauer, generator, harmonic_count, sample_sphere


@dataclass(frozen=True, eq=False)
class Ridge:
    """A pure-degree polynomial `Σ_s c_s q_l(γ_s·x)`, `q_l(z) = √B(d,l) P_l(z/√d)`.

    Args:
        degree: The degree l.
        directions: Unit rows γ_s, `(S, d)`.
        coefficients: The numbers c_s, `(S,)`.
    """

    degree: int
    directions: Tensor
    coefficients: Tensor

    def __call__(self, X: Tensor) -> Tensor:
        """Values at the rows of X `(n, d)`, which lie on S^{d-1}(√d): `(n,)`, in X's dtype."""
        d = self.directions.shape[1]
        u = X @ self.directions.T.to(X.dtype) / math.sqrt(d)
        values = gegenbauer(self.degree, d, u) @ self.coefficients.to(X.dtype)
        return values * math.sqrt(harmonic_count(d, self.degree))

    def energy(self) -> float:
        """The second moment `Σ_{st} c_s c_t P_l(γ_s·γ_t)` over the sphere, exact up to rounding."""
        gram = gegenbauer(self.degree, self.directions.shape[1], self.directions @ self.directions.T)
        return float(self.coefficients @ gram @ self.coefficients)


@dataclass(frozen=True, eq=False)
class Target:
    """The target `f* = f_k + f_sp` (Nichani, Bai, Lee 2022), with its ridge decomposition.

    Args:
        d: Input dimension.
        k: Degree of the dense part.
        R: Number of sparse directions.
        dense: One ridge polynomial per degree 1..k.
        sparse: The ridge polynomial of degree k + 1.
    """

    d: int
    k: int
    R: int
    dense: tuple[Ridge, ...]
    sparse: Ridge

    def f_k(self, X: Tensor) -> Tensor:
        """The dense part of degree ≤ k at the rows of X, `(n,)`."""
        total = self.dense[0](X)
        for ridge in self.dense[1:]:
            total = total + ridge(X)
        return total

    def f_sp(self, X: Tensor) -> Tensor:
        """The sparse part `Σ_i α_i q_{k+1}(β_i·x)` at the rows of X, `(n,)`."""
        return self.sparse(X)

    def __call__(self, X: Tensor) -> Tensor:
        """The target f* at the rows of X, `(n,)`."""
        return self.f_k(X) + self.f_sp(X)

    @property
    def norm_k(self) -> float:
        """`E f_k²`, which is 1."""
        return math.fsum(ridge.energy() for ridge in self.dense)

    @property
    def norm_sp(self) -> float:
        """`E f_sp² = Σ_{ij} α_i α_j P_{k+1}(β_i·β_j)`."""
        return self.sparse.energy()

    @property
    def null_risk(self) -> float:
        """`E f*²`, the risk of predicting 0: the parts have no degree in common, so their energies add."""
        return self.norm_k + self.norm_sp


def make_target(
    d: int,
    k: int,
    R: int,
    *,
    seed: int,
    alphas: Sequence[float] | None = None,
    energies: Sequence[float] | None = None,
    dense_directions: int | None = None,
) -> Target:
    """Draw a target of the given shape.

    The directions are uniform on the sphere, the dense coefficients Gaussian and then scaled, degree by
    degree, to the exact energies. Degree 1 is one direction: any linear function is.

    Args:
        d: Input dimension, 3 or more.
        k: Degree of the dense part, `1 ≤ k < d`.
        R: Number of sparse directions, `1 ≤ R ≤ d`.
        seed: Seed of the run; the purpose "target" is used.
        alphas: The R numbers α_i; by default all `R^{-1/2}`, so that E f_sp² is about 1.
        energies: `E (degree-j part of f_k)²` for j = 1..k, non-negative with sum 1; by default all 1/k.
        dense_directions: Most directions of one dense component; by default 2 d.

    Raises:
        InputError: If an argument is out of its range, or of the wrong length.
    """
    _check_shape(d, k, R)
    alphas = [R**-0.5] * R if alphas is None else list(alphas)
    energies = [1 / k] * k if energies is None else list(energies)
    cap = 2 * d if dense_directions is None else dense_directions
    _check_weights(k, R, alphas, energies, cap)
    source = generator(seed, "target")
    betas = sample_sphere(R, d, radius=1.0, generator=source)
    sparse = Ridge(k + 1, betas, torch.tensor(alphas, dtype=torch.float64))
    dense = tuple(_dense_part(d, j, energies[j - 1], cap, source) for j in range(1, k + 1))
    return Target(d, k, R, dense, sparse)


def _dense_part(d: int, degree: int, energy: float, cap: int, source: torch.Generator) -> Ridge:
    count = 1 if degree == 1 else min(harmonic_count(d, degree), cap)
    directions = sample_sphere(count, d, radius=1.0, generator=source)
    raw = torch.randn(count, generator=source, dtype=torch.float64)
    scale = math.sqrt(energy / Ridge(degree, directions, raw).energy())
    return Ridge(degree, directions, raw * scale)


def _check_shape(d: int, k: int, R: int) -> None:
    if d < 3:
        raise InputError(given=f"dimension d={d}", allowed="d of 3 or more", do="use a larger dimension")
    if not 1 <= k < d:
        raise InputError(given=f"degree k={k} at d={d}", allowed=f"1 ≤ k ≤ {d - 1}", do="lower k or raise d")
    if not 1 <= R <= d:
        raise InputError(
            given=f"R={R} sparse directions at d={d}", allowed=f"1 ≤ R ≤ {d}", do="lower R or raise d"
        )


def _check_weights(k: int, R: int, alphas: list[float], energies: list[float], cap: int) -> None:
    if len(alphas) != R or not all(math.isfinite(alpha) for alpha in alphas):
        raise InputError(given=f"alphas={alphas}", allowed=f"{R} finite numbers", do="give one per direction")
    if len(energies) != k or min(energies) < 0 or abs(math.fsum(energies) - 1) > 1e-9:
        raise InputError(
            given=f"energies={energies}",
            allowed=f"k={k} non-negative numbers with sum 1",
            do="give the share of each degree 1..k in E f_k² = 1",
        )
    if cap < 1:
        raise InputError(given=f"dense_directions={cap}", allowed="1 or more", do="leave it out, or raise it")
