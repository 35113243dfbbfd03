"""Good directions without sampling: the span of the low-degree moments `E φ(x) p(x)` of the NTK features.

With orthonormal polynomials p of degree ≤ k, `M = E φ(x) p(x)ᵀ` is `(m*d, n_k)` and closed for every
activation up to one-dimensional quadratures (`training.harmonic`). Its columns play the part of the samples of
the dual route: from `MᵀM = V Λ Vᵀ`, `U = M V Λ^{-1/2}` is orthonormal, and Λ are the eigenvalues of the NTK of
this network restricted to polynomials of degree ≤ k. The span tends to the top eigenspace of Σ as m grows;
at finite width the two differ by an angle of order m^{-1/2}.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from theory.errors import InputError
from training.harmonic import RidgeMoments, harmonics, ridge_coefficients
from training.network import Network
from training.sphere import low_degree_count
from training.subspace import DEFAULT_BYTES, Subspace, check_rank, in_float64

# Entries (neurons × directions) of a block's arrays: 0.4 MB in float64.
_BLOCK_ENTRIES = 50_000
# Weights of length 1 ± this are on the unit sphere: single precision, with room.
_UNIT = 1e-5


@dataclass(frozen=True, eq=False)
class Moments:
    """The moments `M = E φ(x) p(x)ᵀ` of one network with an orthonormal basis p of the polynomials of degree ≤ k.

    Args:
        network: The network, float64.
        parts: The moments with the harmonics of degree 0…k, without the factors m^{-1/2} a_r.
    """

    network: Network
    parts: tuple[RidgeMoments, ...]

    @property
    def n_k(self) -> int:
        """The number of polynomials of degree ≤ k."""
        return sum(part.harmonics.count for part in self.parts)

    def basis(self, X: Tensor) -> Tensor:
        """The polynomials p at the rows of X `(n, d)`, which lie on S^{d-1}(√d): `(n, n_k)`."""
        return torch.cat([part.harmonics(X) for part in self.parts], dim=1)

    def dense_half(self, rows: slice = slice(None)) -> Tensor:
        """M's rows for the distinct neurons of a range, `(count*d, n_k)`."""
        scale = self.network.readout[rows, None, None]
        blocks = [part.dense(rows) for part in self.parts]
        return torch.cat(blocks, dim=2).mul_(scale).reshape(-1, self.n_k)

    def apply(self, c: Tensor) -> Tensor:
        """The movement `M c` for c `(n_k,)`, `(m, d)`, without holding M."""
        net, h = self.network, self.network.distinct
        pieces = torch.split(c, [part.harmonics.count for part in self.parts])
        result = torch.empty_like(net.w0)
        for rows in self._blocks():
            block = result[rows].zero_()
            for part, piece in zip(self.parts, pieces, strict=True):
                block += part.apply(piece, rows)
            block *= net.readout[rows, None]
            if net.paired:
                torch.neg(block, out=result[h:][rows])
        return result

    def apply_transpose(self, W: Tensor) -> Tensor:
        """The moments `Mᵀ W = E f_L(x; W) p(x)`, `(n_k,)`: f_L's coefficients in degree ≤ k, for W `(m, d)`."""
        net, h = self.network, self.network.distinct
        total = torch.zeros(self.n_k, dtype=torch.float64)
        for rows in self._blocks():
            seen = W[rows] - W[h:][rows] if net.paired else W[rows]
            seen = seen * net.readout[rows, None]
            total += torch.cat([part.apply_transpose(seen, rows) for part in self.parts])
        return total

    def _blocks(self) -> list[slice]:
        """Ranges of neurons whose arrays stay in the cache; no array of the size of W is made on the way."""
        h = self.network.distinct
        step = max(1, _BLOCK_ENTRIES // max(len(part.harmonics.directions) for part in self.parts))
        return [slice(start, min(start + step, h)) for start in range(0, h, step)]

    def gram(self) -> Tensor:
        """`MᵀM = E E p(x) K_m(x, x') p(x')ᵀ`, the NTK on polynomials of degree ≤ k, `(n_k, n_k)`.

        With the weights ρ of w_r and s of γ in the moments of one neuron, and t = γ·w,
        `(ρ_i w + s_i γ_i)·(ρ_j w + s_j γ_j) = ρ_i ρ_j + ρ_i s_j t_j + s_i t_i ρ_j + s_i s_j γ_i·γ_j`:
        M is not needed, and the cost has no factor d.
        """
        gamma = torch.cat([part.harmonics.directions for part in self.parts])
        mix = torch.zeros(len(gamma), self.n_k, dtype=torch.float64)
        row = column = 0
        for part in self.parts:
            size, count = part.harmonics.mix.shape
            mix[row : row + size, column : column + count] = part.harmonics.mix
            row, column = row + size, column + count
        radial = torch.zeros(len(gamma), len(gamma), dtype=torch.float64)
        tangential = torch.zeros_like(radial)
        for rows in self._blocks():
            pairs = [part.profiles(rows) for part in self.parts]
            rho, s = (torch.cat(each, dim=1) for each in zip(*pairs, strict=True))
            cross = rho.T @ (s * (self.parts[0].w[rows] @ gamma.T))
            radial.addmm_(rho.T, rho).add_(cross).add_(cross.T)
            tangential.addmm_(s.T, s)
        total: Tensor = mix.T @ (radial + tangential * (gamma @ gamma.T)) @ mix
        return total / self.network.distinct


@dataclass(frozen=True, eq=False)
class MomentDirections(Subspace):
    """P_≤ from the low-degree moments; see `moment_directions`.

    Args:
        network: The network whose features are meant.
        n_k: Rank of P_≤: the number of polynomials of degree ≤ k.
        eigenvalues: Eigenvalues of the NTK restricted to degree ≤ k, falling, `(n_k,)`, float64; they are
            lower bounds on those of Σ.
        next_eigenvalue: NaN: the moments of degree ≤ k say nothing on it.
        half: U's rows for the distinct neurons, `(distinct*d, n_k)`, or None if U did not fit the budget.
        moments: The moments M.
        rotation: `V Λ^{-1/2}`, `(n_k, n_k)`: U = M rotation.
    """

    moments: Moments
    rotation: Tensor

    def _apply(self, c: Tensor) -> Tensor:
        return self.moments.apply(self.rotation @ c.double()).to(self.network.dtype)

    def _apply_transpose(self, W: Tensor) -> Tensor:
        return (self.rotation.T @ self.moments.apply_transpose(W.double())).to(self.network.dtype)


def low_degree_moments(network: Network, k: int) -> Moments:
    """The moments of the features with all polynomials of degree ≤ k (Funk, Hecke), exact for every activation.

    Args:
        network: A network whose weights at initialization are unit vectors.
        k: Degree, 0 or more.

    Raises:
        InputError: If a weight is not of length 1, or the degree is negative.
    """
    low_degree_count(network.d, k)
    exact = in_float64(network)
    off = float((torch.linalg.vector_norm(exact.w0, dim=1) - 1).abs().max())
    if not off <= _UNIT:
        raise InputError(
            given=f"first-layer weights whose length differs from 1 by up to {off:.2g}",
            allowed="unit vectors, for which one number per degree gives all moments",
            do="scale every row of w0 to length 1, or use good_directions",
        )
    w = exact.w0_distinct / torch.linalg.vector_norm(exact.w0_distinct, dim=1, keepdim=True)
    mu = ridge_coefficients(lambda z: exact.activation.derivative(z, 1), network.d, k + 1)
    parts = [RidgeMoments(harmonics(network.d, l), w, mu[max(l - 1, 0)], mu[l + 1]) for l in range(k + 1)]
    return Moments(exact, tuple(parts))


def moment_directions(network: Network, k: int, *, budget: int = DEFAULT_BYTES) -> MomentDirections:
    """Compute P_≤ as the span of the moments `E φ(x) p(x)`, p of degree ≤ k, without any inputs.

    Args:
        network: A network whose weights at initialization are unit vectors.
        k: Degree of the good directions, 0 or more.
        budget: Most bytes that a dense basis may take; above, it is applied matrix-free.

    Raises:
        InputError: If n_k is above the number of independent features, a weight is not of length 1, or the
            activation's NTK vanishes on a polynomial of degree ≤ k.
    """
    check_rank(network, low_degree_count(network.d, k), k)
    moments = low_degree_moments(network, k)
    values, vectors = torch.linalg.eigh(moments.gram())
    n_k = moments.n_k
    slope = network.activation.derivative
    (trace,) = ridge_coefficients(lambda z: network.d * slope(z, 1).square(), network.d, 0)
    if float(values[0]) <= n_k * torch.finfo(torch.float64).eps * trace:
        raise InputError(
            given=f"an NTK that vanishes on a polynomial of degree ≤ {k} (activation {network.activation.name!r}, "
            f"width m={network.m})",
            allowed=f"an activation and a width whose NTK sees all n_k={n_k} of them",
            do="use an activation with a shift such as tanh(z + 1/2), a wider network or a lower k, or "
            "estimate the directions from unlabeled points (n_unlabeled)",
        )
    rotation = vectors.flip(1) / values.flip(0).sqrt()
    half = None
    if network.distinct * network.d * n_k * network.w0.element_size() <= budget:
        half = (moments.dense_half() @ rotation).to(network.dtype)
    return MomentDirections(
        network=network,
        n_k=n_k,
        eigenvalues=values.flip(0),
        next_eigenvalue=math.nan,
        half=half,
        moments=moments,
        rotation=rotation,
    )
