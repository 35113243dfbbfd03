"""Eigenpairs of the NTK feature covariance Σ on the half of movements that the linear part sees.

In a paired network Σ vanishes on movements with `w_{r+m/2} = w_r`, and maps the antisymmetric ones, with unit
coordinates y as `W = (y, -y)/√2`, to themselves: so the eigenproblem has distinct·d unknowns, not m·d. It is
solved by LAPACK where it is small and by ARPACK (restarted Lanczos) else, always in float64; every answer
comes with its residuals `‖Σv - θv‖`, which bound the distance from θ to the spectrum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg
import scipy.sparse.linalg
import torch
from torch import Tensor

from theory.errors import InputError
from training.covariance import Covariance, ExactCovariance
from training.network import Network
from training.plane import PairCovariance
from training.sphere import low_degree_count
from training.subspace import Subspace, check_rank, fold, unfold

Vector = npt.NDArray[np.float64]

# Up to this many unknowns the dense eigenproblem is as fast as Lanczos.
_DENSE = 150
_TOLERANCE = 1e-11
_SEED = 20_22


@dataclass(frozen=True, eq=False)
class Eigenpairs:
    """The top eigenvalues of Σ, falling, with orthonormal eigenvectors.

    Args:
        network: The network.
        values: The eigenvalues, `(count,)`, float64.
        half: The eigenvectors as movements, their rows for the distinct neurons, `(distinct*d, count)`, float64.
        residuals: `‖Σv - θv‖` of each pair, `(count,)`.
    """

    network: Network
    values: Tensor
    half: Tensor
    residuals: Tensor

    def movement(self, index: int) -> Tensor:
        """The eigenvector of this index as a unit movement, `(m, d)`, float64."""
        rows = self.half[:, index].reshape(self.network.distinct, self.network.d)
        return unfold(self.network, rows)


def top_eigenpairs(covariance: Covariance, count: int, *, dense: bool | None = None) -> Eigenpairs:
    """The `count` largest eigenvalues of Σ and their eigenvectors.

    The same covariance gives the same answer: Lanczos starts from a fixed vector.

    Args:
        covariance: Σ of a float64 network: exact, by pairs, or sampled.
        count: How many, from 1 to distinct·d (from 1 to one less for Lanczos).
        dense: Whether to form the matrix and use LAPACK, or to use Lanczos; by default what is faster.

    Raises:
        InputError: If there are fewer eigenvalues, or the network is not in float64.
    """
    net = covariance.network
    size = net.distinct * net.d
    if not 1 <= count <= size or net.dtype != torch.float64:
        raise InputError(
            given=f"{count} eigenpairs of a {net.dtype} network with {size} independent features",
            allowed=f"1 to {size} eigenpairs of a float64 network",
            do="correct the count, widen the network, or make it in float64",
        )
    operator = half_operator(covariance)
    if dense is None:
        dense = size <= _DENSE or count >= size // 2
    if dense or count == size:
        matrix = dense_half(covariance).numpy()
        values, vectors = scipy.linalg.eigh(
            matrix, subset_by_index=(size - count, size - 1), check_finite=False
        )
    else:
        values, vectors = _lanczos(operator, count)
    order = np.argsort(values)[::-1]
    values, vectors = values[order], np.ascontiguousarray(vectors[:, order])
    residuals = np.linalg.norm(np.asarray(operator @ vectors) - vectors * values, axis=0)
    scale = math.sqrt(0.5) if net.paired else 1.0
    return Eigenpairs(
        net, torch.from_numpy(values), torch.from_numpy(vectors * scale), torch.from_numpy(residuals)
    )


def exact_directions(network: Network, k: int, *, covariance: Covariance | None = None) -> Subspace:
    """P_≤ as the top n_k eigenvectors of Σ itself (Nichani, Bai, Lee 2022), with a dense basis.

    Args:
        network: The network at initialization, float64.
        k: Degree of the good directions, 0 or more: `n_k = C(d+k-1, k) + C(d+k-2, k-1)` directions.
        covariance: Σ; by default the exact one: closed for `sincos`, by pairs of neurons (small networks) else.

    Raises:
        InputError: If n_k is above the number of independent features, or no exact Σ is at hand.
    """
    n_k = low_degree_count(network.d, k)
    check_rank(network, n_k, k)
    if covariance is None:
        sincos = network.activation.name == "sincos"
        covariance = ExactCovariance(network) if sincos else PairCovariance(network)
    top = top_eigenpairs(covariance, min(n_k + 1, network.distinct * network.d))
    after = float(top.values[n_k]) if len(top.values) > n_k else 0.0
    return Subspace(network, n_k, top.values[:n_k], max(0.0, after), top.half[:, :n_k].contiguous())


def worst_high_degree(covariance: Covariance, directions: Subspace) -> tuple[Tensor, float]:
    """The unit movement W in ran P_> with the largest `E f_L(x; W)²`, and that energy, by Lanczos on P_>ΣP_>.

    Args:
        covariance: Σ of a float64 network.
        directions: P_≤ of the same network.

    Returns:
        The movement `(m, d)` and its energy `⟨W, ΣW⟩`; the energy never exceeds λ_{n_k+1}(Σ) when P_≤ is the
        span of the top n_k eigenvectors.

    Raises:
        InputError: If nothing is left beside P_≤.
    """
    net = covariance.network
    size = net.distinct * net.d
    if size - directions.n_k < 2:
        raise InputError(
            given=f"n_k={directions.n_k} good directions of {size} independent features",
            allowed=f"n_k of at most {size - 2}",
            do="widen the network or lower k",
        )

    def compressed(y: Vector) -> Vector:
        W = directions.project_out(_movement(net, y))
        return _coordinates(net, directions.project_out(covariance.apply(W)))

    operator = scipy.sparse.linalg.LinearOperator((size, size), matvec=compressed, dtype=np.float64)
    _, vectors = _lanczos(operator, 1)
    W = directions.project_out(_movement(net, vectors[:, 0]))
    W = W / torch.linalg.vector_norm(W)
    return W, float(covariance.quadratic(W))


def half_operator(covariance: Covariance) -> scipy.sparse.linalg.LinearOperator:
    """Σ in unit coordinates y `(distinct*d,)` of the movements that the linear part sees, for SciPy."""
    net = covariance.network
    size = net.distinct * net.d
    return scipy.sparse.linalg.LinearOperator(
        (size, size),
        matvec=lambda y: _coordinates(net, covariance.apply(_movement(net, y))),
        dtype=np.float64,
    )


def dense_half(covariance: Covariance) -> Tensor:
    """Σ as a matrix in the same coordinates, `(distinct*d, distinct*d)`: small sizes only."""
    net = covariance.network
    if isinstance(covariance, PairCovariance):
        return covariance.half * (net.m // net.distinct)
    size = net.distinct * net.d
    columns = np.asarray(half_operator(covariance) @ np.eye(size))
    return torch.from_numpy((columns + columns.T) / 2)


def _lanczos(operator: scipy.sparse.linalg.LinearOperator, count: int) -> tuple[Vector, Vector]:
    size = operator.shape[0]
    start = np.random.default_rng(_SEED).standard_normal(size)
    # Half as many spare vectors as wanted ones: fewest products with Σ at the sizes tried, for a few restarts.
    ncv = min(size, count + max(20, count // 2))
    values, vectors = scipy.sparse.linalg.eigsh(
        operator, k=count, which="LA", v0=start, ncv=ncv, tol=_TOLERANCE
    )
    return values, vectors


def _movement(network: Network, y: Vector) -> Tensor:
    """The movement with unit coordinates y: `(y, -y)/√2` if paired."""
    rows = torch.from_numpy(np.ascontiguousarray(y, dtype=np.float64)).reshape(network.distinct, network.d)
    return unfold(network, rows * math.sqrt(0.5) if network.paired else rows)


def _coordinates(network: Network, W: Tensor) -> Vector:
    """Unit coordinates of the antisymmetric part of W, the inverse of `_movement` on it."""
    rows = fold(network, W)
    values: Vector = (rows * math.sqrt(0.5) if network.paired else rows).reshape(-1).numpy()
    return values
