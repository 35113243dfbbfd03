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

_DEFAULT_BYTES = 1 << 30
# Up to this N one full symmetric eigendecomposition is as fast as computing a subset of it.
_FULL_EIGENPROBLEM = 512
# Columns of the matrix products that make the dense basis: wide enough to be fast, small beside the basis.
_COLUMNS = 1024


@dataclass(frozen=True, eq=False)
class GoodDirections:
    """P_≤, its complement and its coordinates, for movements W of one network; see `good_directions`.

    Args:
        network: The network whose features are meant.
        n_k: Rank of P_≤: the number of polynomials of degree ≤ k.
        eigenvalues: The top n_k eigenvalues of `(1/N) Φᵀ Φ`, which estimates Σ, falling, `(n_k,)`, float64.
        next_eigenvalue: The eigenvalue after these, which bounds f_L on the complement; 0.0 if there is none.
        dual: `V Λ^{-1/2}`, `(N, n_k)`: U = Φᵀ dual.
        unlabeled: The network on the N unlabeled points.
        half: U's rows for the distinct neurons, `(distinct*d, n_k)`, or None if U did not fit the budget.
    """

    network: Network
    n_k: int
    eigenvalues: Tensor
    next_eigenvalue: float
    dual: Tensor
    unlabeled: OnSample
    half: Tensor | None

    def coefficients(self, W: Tensor) -> Tensor:
        """Coordinates `Uᵀ W` of P_≤W, `(n_k,)`."""
        if self.half is None:
            return self.dual.T @ self.unlabeled.f_L(W)
        return self.half.T @ self._fold(W).reshape(-1)

    def lift(self, c: Tensor) -> Tensor:
        """The movement `U c` in ran P_≤ with coordinates c `(n_k,)`, `(m, d)`."""
        if self.half is None:
            return self.unlabeled.pullback_L(self.dual @ c)
        net = self.network
        rows = (self.half @ c).reshape(net.distinct, net.d)
        return torch.cat((rows, -rows)) if net.paired else rows

    def project(self, W: Tensor) -> Tensor:
        """The good part `P_≤ W = U Uᵀ W`, `(m, d)`."""
        return self.lift(self.coefficients(W))

    def project_out(self, W: Tensor) -> Tensor:
        """The rest `P_> W = W - P_≤ W`, `(m, d)`."""
        return W - self.project(W)

    def features_low(self, X: Tensor) -> Tensor:
        """Features in the good coordinates, `Φ(X) U = K_m(X, X_unlabeled) V Λ^{-1/2}`, `(n, n_k)`.

        `f_L(x; P_≤W)` is this times `coefficients(W)`.
        """
        return self.network.on(X).gram(self.unlabeled) @ self.dual

    def basis(self) -> Tensor:
        """The orthonormal basis U, `(m*d, n_k)`, row-major in (neuron, coordinate): small sizes only."""
        eye = torch.eye(self.n_k, dtype=self.network.dtype)
        return torch.stack([self.lift(column).reshape(-1) for column in eye], dim=1)

    def _fold(self, W: Tensor) -> Tensor:
        h = self.network.distinct
        return W[:h] - W[h:] if self.network.paired else W


def good_directions(
    network: Network, X_unlabeled: Tensor, k: int, *, budget: int = _DEFAULT_BYTES
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
    exact = _in_float64(network)
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
    independent = network.distinct * network.d
    if n_k > independent:
        raise InputError(
            given=f"n_k={n_k} good directions (d={network.d}, k={k}) for {independent} independent features",
            allowed=f"n_k of at most {independent} at width m={network.m}",
            do="widen the network or lower k",
        )


def _in_float64(network: Network) -> Network:
    return Network(network.w0.double(), network.a.double(), network.activation, paired=network.paired)


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
