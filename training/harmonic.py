"""Harmonics on S^{d-1}(√d) as sums of zonal functions, and their moments with ridge functions g(w·x).

A harmonic of degree l is a sum of `P_l(γ_s·x/√d)` over unit γ_s, whose second moments are exact:
`E P_l(γ_s·x/√d) P_l(γ_t·x/√d) = P_l(γ_s·γ_t)/B(d,l)`. The formula of Funk and Hecke gives every moment with a
ridge function from one number per degree, `μ_l(g) = E g(z) P_l(z/√d)`:

    E g(w·x) P_l(γ·x/√d)   = μ_l P_l(t),                                                      t = γ·w,
    E g(w·x) x P_l(γ·x/√d) = √d [ μ_{l+1} P_l(t) w + (μ_{l-1} - μ_{l+1})/(2l+d-2) ∇ ],
    ∇ = l P_l(t) w + P_l'(t) (γ - t w),

for unit w. The second one splits `x H(x)` into its parts of degree l+1 and l-1, `|x|²/(2l+d-2) ∇H` being the
lower one; ∇ is the gradient at w of the homogeneous polynomial that P_l(γ·x) extends to.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.special
import torch
from torch import Tensor

from theory.errors import InputError
from training.sphere import gegenbauer, generator, harmonic_count, sample_sphere

# Nodes of the rule for E g(z). On [-√d, √d] the activations at hand need under 60 for all digits.
_NODES = 120
# Twice as many random directions as harmonics: their Gram matrix has a condition number of about 34.
_OVERSAMPLING = 2
_SEED = 0


@dataclass(frozen=True, eq=False)
class Harmonics:
    """An orthonormal basis of the harmonics of one degree, `H_b(x) = Σ_s mix_sb P_l(γ_s·x/√d)`.

    Args:
        degree: The degree l.
        directions: Unit rows γ_s, `(S, d)`, float64.
        mix: The coefficients, `(S, B)`, `B = B(d, l)`.
    """

    degree: int
    directions: Tensor
    mix: Tensor

    @property
    def d(self) -> int:
        """Dimension of the inputs."""
        return self.directions.shape[1]

    @property
    def count(self) -> int:
        """The number B(d, l) of harmonics."""
        return self.mix.shape[1]

    def __call__(self, X: Tensor) -> Tensor:
        """Values at the rows of X `(n, d)`, which lie on S^{d-1}(√d): `(n, B)`."""
        u = X @ self.directions.T.to(X.dtype) / math.sqrt(self.d)
        return gegenbauer(self.degree, self.d, u) @ self.mix.to(X.dtype)


@dataclass(frozen=True, eq=False)
class RidgeMoments:
    """The moments `E g(w_r·x) x H_b(x)` for all rows w_r of a matrix, as an operator between b and (r, i).

    `= α_rb w_r + β Σ_s mix_sb P_l'(t_rs) γ_s` with `t = w γᵀ`, so applying it costs O(R S) products and O(R d)
    numbers per column; nothing of size R·d·B is held.

    Args:
        harmonics: The harmonics H_b.
        w: Unit rows w_r, `(R, d)`.
        mu_below: `μ_{l-1}(g)`; any number at l = 0.
        mu_above: `μ_{l+1}(g)`.
    """

    harmonics: Harmonics
    w: Tensor
    mu_below: float
    mu_above: float

    def dense(self, rows: slice = slice(None)) -> Tensor:
        """The moments of a range of the rows w_r, `(count, d, B)`."""
        mix, gamma, w = self.harmonics.mix, self.harmonics.directions, self.w[rows]
        radial, slope = self.profiles(rows)
        if self.harmonics.degree == 1:
            tangential = slope[:, :, None] * mix  # γ_s = e_s: row s of the mix, without a product with I
        else:
            products = (gamma[:, :, None] * mix[:, None, :]).reshape(len(gamma), -1)
            tangential = (slope @ products).reshape(*w.shape, -1)
        return tangential.addcmul_(w[:, :, None], (radial @ mix)[:, None, :])

    def apply(self, c: Tensor, rows: slice = slice(None)) -> Tensor:
        """`Σ_b c_b E g(w_r·x) x H_b(x)` for a range of the rows, `(count, d)`, for c `(B,)`."""
        w, weights = self.w[rows], self.harmonics.mix @ c
        radial, slope = self.profiles(rows)
        tangential = weights[:, None] * self.harmonics.directions
        return torch.addmm((radial @ weights)[:, None] * w, slope, tangential)

    def apply_transpose(self, V: Tensor, rows: slice = slice(None)) -> Tensor:
        """`Σ_r v_r·E g(w_r·x) x H_b(x)` over a range of the rows, `(B,)`, for V `(count, d)`."""
        w = self.w[rows]
        radial, slope = self.profiles(rows)
        along = (slope.T @ V * self.harmonics.directions).sum(dim=1)
        return (radial.T @ (V * w).sum(dim=1) + along) @ self.harmonics.mix

    def profiles(self, rows: slice = slice(None)) -> tuple[Tensor, Tensor]:
        """Weights of w_r and of γ_s in the moment with `P_l(γ_s·x/√d)`, each `(count, S)`."""
        w = self.w[rows]
        l, d = self.harmonics.degree, self.harmonics.d
        t = w @ self.harmonics.directions.T
        value = gegenbauer(l, d, t)
        if l == 0:
            return math.sqrt(d) * self.mu_above * value, torch.zeros_like(t)
        gradient = (self.mu_below - self.mu_above) / (2 * l + d - 2)
        slope = gegenbauer_slope(l, d, t)
        radial = (self.mu_above + gradient * l) * value - gradient * t * slope
        return math.sqrt(d) * radial, math.sqrt(d) * gradient * slope


def gegenbauer_slope(l: int, d: int, u: Tensor) -> Tensor:
    """The derivative `P_l'(u) = l(l+d-2)/(d-1) P_{l-1}^{(d+2)}(u)`, elementwise.

    Raises:
        InputError: If l is negative or d is below 3.
    """
    if l == 0:
        return torch.zeros_like(u)
    return gegenbauer(l - 1, d + 2, u) * (l * (l + d - 2) / (d - 1))


def ridge_coefficients(g: Callable[[Tensor], Tensor], d: int, upto: int) -> tuple[float, ...]:
    """The numbers `μ_l(g) = E g(z) P_l(z/√d)`, z = w·x for unit w, for l = 0…`upto`, by Gauss's rule.

    The rule has 120 nodes for the density ∝ (1 - z²/d)^{(d-3)/2}: exact to rounding for g analytic near
    [-√d, √d].

    Args:
        g: The ridge function, elementwise.
        d: Dimension, 3 or more.
        upto: The largest degree l, 0 or more.

    Raises:
        InputError: If the degree or the dimension is out of range.
    """
    harmonic_count(d, upto)
    nodes, weights = gauss_gegenbauer(d, _NODES)
    u, weight = torch.from_numpy(nodes), torch.from_numpy(weights)
    values = g(u * math.sqrt(d)) * weight
    return tuple(float((values * gegenbauer(l, d, u)).sum()) for l in range(upto + 1))


@lru_cache(maxsize=16)
def harmonics(d: int, l: int) -> Harmonics:
    """An orthonormal basis of the harmonics of degree l on S^{d-1}(√d); the same for the same d and l.

    Degree 1 is √d times the coordinates. From degree 2 on, 2 B(d,l) random directions are orthonormalised
    through the eigendecomposition of their exact Gram matrix.

    Raises:
        InputError: If l is negative or d is below 3.
    """
    count = harmonic_count(d, l)
    if l < 2:
        return Harmonics(
            l,
            torch.eye(count, d, dtype=torch.float64),
            torch.eye(count, dtype=torch.float64) * math.sqrt(count),
        )
    gamma = sample_sphere(
        _OVERSAMPLING * count, d, radius=1.0, generator=generator(_SEED, f"harmonics {d} {l}")
    )
    values, vectors = torch.linalg.eigh(gegenbauer(l, d, gamma @ gamma.T) / count)
    return Harmonics(l, gamma, vectors[:, -count:] / values[-count:].sqrt())


@lru_cache(maxsize=32)
def gauss_gegenbauer(d: int, count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Nodes on [-1, 1] and weights with sum 1 of Gauss's rule for the density ∝ (1-u²)^{(d-3)/2}.

    Raises:
        InputError: If d is below 3 or `count` below 1.
    """
    if d < 3 or count < 1:
        raise InputError(given=f"d={d}, {count} nodes", allowed="d ≥ 3 and 1 node or more", do="correct it")
    nodes, weights = scipy.special.roots_gegenbauer(count, d / 2 - 1)
    return nodes, weights / weights.sum()
