"""Good directions: the projector P_≤ onto the top n_k eigenvectors of the NTK feature covariance.

`Σ = E φφᵀ` is an md×md matrix, but its top eigenvectors follow from the N×N Gram matrix of N ≥ 3 n_k
unlabeled points: with eigenpairs `(Λ, V)` of `Φ Φᵀ`, the columns of `U = Φᵀ V Λ^{-1/2}` are orthonormal,
and `P_≤ = U Uᵀ`. The features of a paired network are antisymmetric, `φ_{r+m/2} = -φ_r`, so half of U says
all. U is kept dense where it fits a memory budget; otherwise Φ and Φᵀ are applied to the unlabeled points
each time. Both routes give the same numbers up to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import scipy.linalg
import torch
from torch import Tensor

from theory.errors import InputError
from training.network import Network
from training.sample import OnSample
from training.sphere import low_degree_count
from training.subspace import DEFAULT_BYTES, Subspace, check_rank, in_float64

# Up to this N one full symmetric eigendecomposition is as fast as computing a subset of it.
_FULL_EIGENPROBLEM = 512
# Columns of the matrix products that make the dense basis: wide enough to be fast, small beside the basis.
_COLUMNS = 1024
# Entries (points × neurons) of a block of the matrix-free product, 2 MB in float64.
_BLOCK_ENTRIES = 1 << 18


@dataclass(frozen=True, eq=False)
class GoodDirections(Subspace):
    """P_≤, its complement and its coordinates, for movements W of one network; see `good_directions`.

    Args:
        network: The network whose features are meant.
        n_k: Rank of P_≤: the number of polynomials of degree ≤ k.
        eigenvalues: The top n_k eigenvalues of `(1/N) Φᵀ Φ`, which estimates Σ, falling, `(n_k,)`, float64.
        next_eigenvalue: The eigenvalue after these, which bounds f_L on the complement; 0.0 if there is none.
        half: U's rows for the distinct neurons, `(distinct*d, n_k)`, or None if U did not fit the budget.
        dual: `V Λ^{-1/2}`, `(N, n_k)`: U = Φᵀ dual.
        unlabeled: The network on the N unlabeled points.
    """

    dual: Tensor
    unlabeled: OnSample

    def features_low(self, X: Tensor) -> Tensor:
        """Features in the good coordinates, `Φ(X) U = K_m(X, X_unlabeled) V Λ^{-1/2}`, `(n, n_k)`.

        `f_L(x; P_≤W)` is this times `coefficients(W)`.
        """
        return self.network.on(X).gram(self.unlabeled) @ self.dual

    # Both products go some neurons at a time: no array of N·m numbers, and none of the size of W, on the way.

    def _apply(self, c: Tensor) -> Tensor:
        net, h, slopes = self.network, self.network.distinct, self.unlabeled.sigma(1)
        weighted = (self.dual @ c)[:, None] * self.unlabeled.X
        result = torch.empty_like(net.w0)
        for rows in self._blocks():
            block = torch.mm(slopes[:, rows].T, weighted, out=result[rows]).mul_(net.readout[rows, None])
            if net.paired:
                torch.neg(block, out=result[h:][rows])
        return result

    def _apply_transpose(self, W: Tensor) -> Tensor:
        net, h, slopes = self.network, self.network.distinct, self.unlabeled.sigma(1)
        values = torch.zeros(self.unlabeled.n, dtype=net.dtype)
        for rows in self._blocks():
            seen = W[rows] - W[h:][rows] if net.paired else W[rows]
            values += (slopes[:, rows] * (self.unlabeled.X @ seen.T)) @ net.readout[rows]
        return self.dual.T @ values

    def _blocks(self) -> list[slice]:
        h, step = self.network.distinct, max(1, _BLOCK_ENTRIES // self.unlabeled.n)
        return [slice(start, min(start + step, h)) for start in range(0, h, step)]


def good_directions(
    network: Network, X_unlabeled: Tensor, k: int, *, budget: int = DEFAULT_BYTES
) -> GoodDirections:
    """Compute P_≤ from unlabeled points by the dual route (Nichani, Bai, Lee 2022: the top eigenspace of Σ).

    The eigenproblem is solved in float64 for every dtype of the network. The basis is unique up to sign where
    the eigenvalues differ; the projector needs only a gap after the n_k-th.

    Args:
        network: The network at initialization.
        X_unlabeled: At least 3 n_k points `(N, d)` from the input distribution; no labels are used.
        k: Degree of the good directions, 0 or more: `n_k = C(d+k-1, k) + C(d+k-2, k-1)` directions.
        budget: Most bytes that a dense basis may take; above, it is applied matrix-free.

    Raises:
        InputError: If there are too few points, too few independent features for n_k directions, or the
            points do not determine n_k directions.
    """
    n_k = low_degree_count(network.d, k)
    N = X_unlabeled.shape[0]
    _check_sizes(network, n_k, N, k)
    exact = in_float64(network)
    sample = exact.on(X_unlabeled.double())
    values, vectors = _top_eigenpairs(sample.gram(), min(n_k + 1, N))
    if float(values[n_k - 1]) <= N * torch.finfo(torch.float64).eps * float(values[0]):
        raise InputError(
            given=f"unlabeled points whose features span fewer than n_k={n_k} dimensions",
            allowed="points in general position on the sphere",
            do="draw fresh unlabeled points, without duplicates",
        )
    dual = vectors[:, :n_k] / values[:n_k].sqrt()
    size = network.distinct * network.d * n_k * network.w0.element_size()
    half = _dense_half(sample, dual, network.dtype) if size <= budget else None
    return GoodDirections(
        network=network,
        n_k=n_k,
        eigenvalues=values[:n_k] / N,
        next_eigenvalue=max(0.0, float(values[n_k]) / N),
        dual=dual.to(network.dtype),
        unlabeled=network.on(X_unlabeled),
        half=half,
    )


def _check_sizes(network: Network, n_k: int, N: int, k: int) -> None:
    if N < 3 * n_k:
        raise InputError(
            given=f"{N} unlabeled points for n_k={n_k} good directions (d={network.d}, k={k})",
            allowed=f"at least 3 n_k = {3 * n_k} points",
            do=f"draw {3 * n_k} or more unlabeled points, or lower k",
        )
    check_rank(network, n_k, k)


def _top_eigenpairs(gram: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The largest eigenvalues, falling, and their eigenvectors as columns."""
    N = gram.shape[0]
    if N <= _FULL_EIGENPROBLEM:
        values, vectors = torch.linalg.eigh(gram)
    else:
        low, high = N - count, N - 1
        found = scipy.linalg.eigh(gram.numpy(), subset_by_index=(low, high), check_finite=False)
        values, vectors = (torch.from_numpy(array) for array in found)
    return values.flip(0)[:count], vectors.flip(1)[:, :count].contiguous()


def _dense_half(sample: OnSample, dual: Tensor, dtype: torch.dtype) -> Tensor:
    """The rows of `Φᵀ dual` for the distinct neurons, `(distinct*d, n_k)`, some columns at a time."""
    net, slopes = sample.network, sample.sigma(1).T
    U = torch.empty(net.distinct, net.d, dual.shape[1], dtype=dtype)
    step = max(1, _COLUMNS // net.d)
    for start in range(0, dual.shape[1], step):
        columns = dual[:, start : start + step]
        weighted = (sample.X[:, :, None] * columns[:, None, :]).reshape(sample.n, -1)
        pulled = (slopes @ weighted).mul_(net.readout[:, None])
        U[:, :, start : start + step] = pulled.reshape(net.distinct, net.d, -1)
    return U.reshape(net.distinct * net.d, -1)
