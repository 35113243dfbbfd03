"""A subspace of movements with an orthonormal basis U, and the projectors P_≤ = U Uᵀ and P_> = I - P_≤.

Every route to the good directions ends here: an eigenproblem, unlabeled points, or moments. In a paired
network the features are antisymmetric, `φ_{r+m/2} = -φ_r`, and so are the basis movements, so the rows of U
for the distinct neurons say all. They are kept dense where they fit a memory budget; otherwise the route
applies U and Uᵀ each time, without ever holding it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import scipy.linalg
import torch
from torch import Tensor

from theory.errors import InputError
from training.network import Network

DEFAULT_BYTES = 1 << 30
# Entries of the features of some inputs that are held at once, 64 MB in float64.
_BLOCK_ENTRIES = 1 << 23


@dataclass(frozen=True, eq=False)
class Subspace:
    """The span of n_k orthonormal movements of one network; see the functions that make one.

    Args:
        network: The network whose movements are meant.
        n_k: Dimension of the subspace: for P_≤, the number of polynomials of degree ≤ k.
        eigenvalues: Estimates of the top n_k eigenvalues of Σ, falling, `(n_k,)`, float64.
        next_eigenvalue: The same for the eigenvalue after these; NaN where the route does not give it.
        half: U's rows for the distinct neurons, `(distinct*d, n_k)`, or None if U did not fit the budget.
    """

    network: Network
    n_k: int
    eigenvalues: Tensor
    next_eigenvalue: float
    half: Tensor | None

    def coefficients(self, W: Tensor) -> Tensor:
        """Coordinates `Uᵀ W` of P_≤W, `(n_k,)`."""
        if self.half is None:
            return self._apply_transpose(W)
        return self.half.T @ fold(self.network, W).reshape(-1)

    def lift(self, c: Tensor) -> Tensor:
        """The movement `U c` in ran P_≤ with coordinates c `(n_k,)`, `(m, d)`."""
        if self.half is None:
            return self._apply(c)
        net = self.network
        return unfold(net, (self.half @ c).reshape(net.distinct, net.d))

    def project(self, W: Tensor) -> Tensor:
        """The good part `P_≤ W = U Uᵀ W`, `(m, d)`."""
        return self.lift(self.coefficients(W))

    def project_out(self, W: Tensor) -> Tensor:
        """The rest `P_> W = W - P_≤ W`, `(m, d)`."""
        return self.project(W).neg_().add_(W)

    def features_low(self, X: Tensor) -> Tensor:
        """Features in the good coordinates, `Φ(X) U`, `(n, n_k)`.

        `f_L(x; P_≤W)` is this times `coefficients(W)`.
        """
        if self.half is None:
            eye = torch.eye(self.n_k, dtype=self.network.dtype)
            on = self.network.on(X)
            return torch.stack([on.f_L(self.lift(column)) for column in eye], dim=1)
        net, parts = self.network, []
        for points in torch.split(X, max(1, _BLOCK_ENTRIES // self.half.shape[0])):
            slopes = net.on(points).sigma(1) * net.readout
            parts.append((slopes[:, :, None] * points[:, None, :]).reshape(len(points), -1) @ self.half)
        # f_L sees the difference of the two movements of a pair, which is twice the first.
        return torch.cat(parts) * _copies(net)

    def basis(self) -> Tensor:
        """The orthonormal basis U, `(m*d, n_k)`, row-major in (neuron, coordinate): small sizes only."""
        eye = torch.eye(self.n_k, dtype=self.network.dtype)
        return torch.stack([self.lift(column).reshape(-1) for column in eye], dim=1)

    def half_basis(self) -> Tensor:
        """U's rows for the distinct neurons, `(distinct*d, n_k)`, computed where they are not kept."""
        return self.basis()[: self.network.distinct * self.network.d] if self.half is None else self.half

    def _apply(self, c: Tensor) -> Tensor:
        """`U c` without U, `(m, d)`."""
        raise NotImplementedError

    def _apply_transpose(self, W: Tensor) -> Tensor:
        """`Uᵀ W` without U, `(n_k,)`."""
        raise NotImplementedError


def fold(network: Network, W: Tensor) -> Tensor:
    """What the linear part sees of W `(m, d)`: `w_r - w_{r+m/2}`, `(m/2, d)`, if paired, else W itself."""
    h = network.distinct
    return W[:h] - W[h:] if network.paired else W


def unfold(network: Network, rows: Tensor) -> Tensor:
    """The antisymmetric movement `(rows, -rows)` of a paired network, else `rows` itself, `(m, d)`."""
    return torch.cat((rows, -rows)) if network.paired else rows


def principal_angles(first: Subspace, second: Subspace) -> Tensor:
    """Principal angles between two subspaces of movements of one network, in radians.

    The cosines are the singular values of `U₁ᵀ U₂`; small angles come from the sines, which keep their digits
    (Björck, Golub 1973).

    Returns:
        The angles, falling, `(min(n_1, n_2),)`, float64.

    Raises:
        InputError: If the subspaces belong to networks of different shape.
    """
    if first.network.w0.shape != second.network.w0.shape or first.network.paired != second.network.paired:
        raise InputError(
            given=f"subspaces of movements {tuple(first.network.w0.shape)} and {tuple(second.network.w0.shape)}",
            allowed="two subspaces of movements of one network",
            do="compute both for the same network",
        )
    # Dropping the second half of a pair scales all columns alike, which leaves the angles as they are.
    bases = [space.half_basis().double().numpy() for space in (first, second)]
    angles: Tensor = torch.from_numpy(scipy.linalg.subspace_angles(*bases))
    return angles


def check_rank(network: Network, n_k: int, k: int) -> None:
    """Refuse more good directions than there are independent features.

    Raises:
        InputError: If n_k is above `distinct * d`; the message says which width would do.
    """
    independent = network.distinct * network.d
    if n_k > independent:
        needed = math.ceil(n_k / network.d) * (2 if network.paired else 1)
        raise InputError(
            given=f"n_k={n_k} good directions (d={network.d}, k={k}) for {independent} independent features",
            allowed=f"n_k of at most {independent} at width m={network.m}",
            do=f"widen the network to m={needed} or more, or lower k",
        )


def in_float64(network: Network) -> Network:
    """The same network in double precision, where eigenproblems are solved for every dtype."""
    return Network(network.w0.double(), network.a.double(), network.activation, paired=network.paired)


def _copies(network: Network) -> int:
    return 2 if network.paired else 1
