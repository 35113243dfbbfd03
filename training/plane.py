"""Expectations of two projections of a uniform point of S^{d-1}(√d), by a rule on the disc.

For unit u, v at the inner product c the pair (u·x, v·x) is a function of the projection (p, q) of x to their
plane, which lies in the disc of radius √d with density ∝ (1 - (p²+q²)/d)^{(d-4)/2}. Gauss–Jacobi nodes in
the squared radius times equidistant angles integrate analytic functions of (p, q) to rounding. This gives Σ
and the kernel of infinite width for *every* smooth activation, by a route that shares nothing with the closed
forms for sin + cos. The cost is one evaluation of σ' per pair and node: small sizes only.
"""

from __future__ import annotations

import math
from functools import lru_cache

import scipy.special
import torch
from torch import Tensor

from theory.errors import InputError
from training.activation import Activation
from training.covariance import Covariance
from training.harmonic import gauss_gegenbauer
from training.network import Network
from training.sphere import gegenbauer, harmonic_count
from training.subspace import fold, unfold

# Radial nodes, and twice as many angles: enough for all digits of the built-in activations up to d = 30.
_NODES = 32
_KERNEL_NODES = 40
_LARGEST = 2048


class PairCovariance(Covariance):
    """Σ without sampling error for any smooth activation, as a dense matrix from one integral per pair.

    With `g = σ'(w0_r·x) σ'(w0_s·x)`, orthonormal e_1, e_2 in the plane of the two rows and (p, q) the
    projection of x to it, `E g x xᵀ = E g (p e_1 + q e_2)(p e_1 + q e_2)ᵀ + E g (d-p²-q²)/(d-2) (I - e_1 e_1ᵀ -
    e_2 e_2ᵀ)`, and block (r, s) of Σ is `a_r a_s/m` times this.

    Args:
        network: The network at initialization, in float64, of at most 2048 independent features.
        nodes: Radial nodes of the rule on the disc.

    Raises:
        InputError: If the network is too large for a dense matrix, or not in float64.
    """

    def __init__(self, network: Network, *, nodes: int = _NODES) -> None:
        super().__init__(network)
        size = network.distinct * network.d
        if size > _LARGEST or network.dtype != torch.float64:
            raise InputError(
                given=f"{size} independent features in {network.dtype}",
                allowed=f"at most {_LARGEST} in float64, for the matrix is dense",
                do="use ExactCovariance for sincos, else SampledCovariance, or a smaller network",
            )
        self.half = _second_moments(network, nodes)

    def apply(self, W: Tensor) -> Tensor:
        """The movement `Σ W`, `(m, d)`."""
        net = self.network
        rows = self.half @ fold(net, W).reshape(-1)
        return unfold(net, rows.reshape(net.distinct, net.d))

    def quadratic_signed(self, W: Tensor) -> Tensor:
        """The number `Σ_r w_rᵀ Σ_rr w_r` from the diagonal blocks."""
        h, d = self.network.distinct, self.network.d
        blocks = self.half.reshape(h, d, h, d).diagonal(dim1=0, dim2=2)
        rows = W.reshape(-1, h, d)  # the two members of a pair have the same block
        return torch.einsum("pri,ijr,prj->", rows, blocks, rows)


def kernel_eigenvalues(activation: Activation, d: int, upto: int) -> tuple[float, ...]:
    """Eigenvalues `λ_j = E_u κ(u) P_j(u)` of the NTK of infinite width, for j = 0…`upto`.

    `κ(u) = d u E_w σ'(w·x) σ'(w·x')` at x·x' = d u (Mercer; Jacot, Gabriel, Hongler 2018); each has multiplicity
    B(d, j). Both expectations are quadratures, so the digits are those of float64 relative to κ(1).

    Args:
        activation: The activation σ.
        d: Dimension, 3 or more.
        upto: The largest degree j, 0 or more.

    Raises:
        InputError: If the degree or the dimension is out of range.
    """
    harmonic_count(d, upto)
    u, weights = (torch.from_numpy(array) for array in gauss_gegenbauer(d, _KERNEL_NODES))
    kappa = infinite_kernel(activation, d, u) * weights
    return tuple(float((kappa * gegenbauer(j, d, u)).sum()) for j in range(upto + 1))


def infinite_kernel(activation: Activation, d: int, u: Tensor) -> Tensor:
    """The NTK of infinite width `κ(u) = d u E_w σ'(w·x) σ'(w·x')` at x·x' = d u, of u's shape `(n,)`.

    Args:
        activation: The activation σ.
        d: Dimension, 3 or more.
        u: Cosines in [-1, 1], `(n,)`, float64.
    """
    p, q, weights = disc_rule(d, _KERNEL_NODES)
    first = activation.derivative(p, 1) * weights
    second = activation.derivative(u[:, None] * p + (1 - u.square()).clamp(min=0).sqrt()[:, None] * q, 1)
    return d * u * (second @ first)


@lru_cache(maxsize=16)
def disc_rule(d: int, nodes: int) -> tuple[Tensor, Tensor, Tensor]:
    """Points (p, q) and weights with sum 1 for two coordinates of a uniform point of S^{d-1}(√d).

    Args:
        d: Dimension, 3 or more.
        nodes: Radial nodes, 1 or more; there are `2·nodes` angles.

    Returns:
        p, q and weights, each `(2·nodes²,)`.

    Raises:
        InputError: If an argument is out of range.
    """
    if d < 3 or nodes < 1:
        raise InputError(given=f"d={d}, {nodes} nodes", allowed="d ≥ 3 and 1 node or more", do="correct it")
    # τ = (p²+q²)/d has density ∝ (1-τ)^{(d-4)/2} on [0, 1].
    t, radial = scipy.special.roots_jacobi(nodes, (d - 4) / 2, 0)
    radius = torch.from_numpy((d * (1 + t) / 2) ** 0.5)
    angle = torch.arange(2 * nodes, dtype=torch.float64) * (math.pi / nodes)
    weights = torch.from_numpy(radial / radial.sum() / (2 * nodes)).repeat_interleave(2 * nodes)
    return torch.outer(radius, angle.cos()).flatten(), torch.outer(radius, angle.sin()).flatten(), weights


def _second_moments(network: Network, nodes: int) -> Tensor:
    """`readout_r readout_s E σ'(w0_r·x) σ'(w0_s·x) x xᵀ` for the distinct rows, `(h*d, h*d)`."""
    w0, d, h = network.w0_distinct, network.d, network.distinct
    p, q, weights = disc_rule(d, nodes)
    squares = torch.stack((p * p, p * q, q * q, (d - p * p - q * q) / (d - 2)), dim=1) * weights[:, None]
    lengths = torch.linalg.vector_norm(w0, dim=1)
    eye = torch.eye(d, dtype=w0.dtype)
    blocks = w0.new_empty(h, d, h, d)
    for r in range(h):
        e1 = w0[r] / lengths[r] if lengths[r] > 0 else eye[0]
        along = w0[r:] @ e1
        e2 = _orthonormal_partners(w0[r:], e1)
        across = (w0[r:] * e2).sum(dim=1)
        first = network.activation.derivative(lengths[r] * p, 1)
        second = network.activation.derivative(along[:, None] * p + across[:, None] * q, 1)
        pp, pq, qq, rest = (second @ (squares * first[:, None])).T[:, :, None, None]
        line, mixed, plane = (
            torch.outer(e1, e1),
            e1[:, None] * e2[:, None, :],
            e2[:, :, None] * e2[:, None, :],
        )
        value = (pp - rest) * line + pq * (mixed + mixed.mT) + (qq - rest) * plane + rest * eye
        value *= (network.readout[r] * network.readout[r:])[:, None, None]
        blocks[r, :, r:] = value.transpose(0, 1)
        blocks[r:, :, r] = value.mT
    return blocks.reshape(h * d, h * d)


def _orthonormal_partners(rows: Tensor, e1: Tensor) -> Tensor:
    """For each row a unit vector orthogonal to e1 whose plane with e1 holds the row, `(count, d)`."""
    # Projecting out twice restores orthogonality where a row is almost parallel to e1.
    rest = rows - (rows @ e1)[:, None] * e1
    parallel = torch.linalg.vector_norm(rest, dim=1) <= 1e-12
    spare = torch.eye(len(e1), dtype=rows.dtype)[int(e1.abs().argmin())]
    rest = torch.where(parallel[:, None], spare, rest)
    for _ in range(2):
        rest = rest - (rest @ e1)[:, None] * e1
        rest = rest / torch.linalg.vector_norm(rest, dim=1, keepdim=True)
    return rest
