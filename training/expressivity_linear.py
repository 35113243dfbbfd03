"""The movement W_L of the linear part: least norm, fitting the dense part f_k and what the quadratic part leaves.

With g = f_k + Σ_i α_i r(β_i·x), r the affine rest of the sparse polynomial, W_L is the shortest movement whose
linear part has the coefficients of g in all degrees ≤ k. At infinite width `‖W_L‖² = Σ_j ‖Π_j g‖²/λ_j`, of order
d^{k-1}.

Source: Nichani, Bai, Lee 2022.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from theory.errors import InputError
from training.activation import Activation
from training.expressivity_profile import check_fit, profile
from training.harmonic import Harmonics, RidgeMoments, ridge_coefficients
from training.moments import MomentDirections, Moments
from training.network import Network
from training.plane import kernel_eigenvalues
from training.sphere import gegenbauer, harmonic_count
from training.subspace import in_float64
from training.target import Ridge, Target

# An eigenvalue below this share of the trace of the NTK is the rounding of a quadrature.
_VANISHING = 1e-14


def linear_part(target: Target, rest: tuple[float, float]) -> tuple[Ridge, ...]:
    """What the linear part has to express: f_k, and `Σ_i α_i r(β_i·x)`, as ridge polynomials of degree ≤ k."""
    betas, alphas = target.sparse.directions, target.sparse.coefficients
    constant = Ridge(0, betas, alphas * rest[0])
    slope = Ridge(1, betas, alphas * rest[1])
    return tuple(ridge for ridge in (constant, slope) if bool(ridge.coefficients.any())) + target.dense


def linear_movement(target: Target, directions: MomentDirections) -> Tensor:
    """The movement W_L of least norm with `E f_L(x; W_L) p(x) = E g(x) p(x)` for all p of degree ≤ k, `(m, d)`.

    Here g is `linear_part`, c its coefficients, M the moments: `W_L = M (MᵀM)^{-1} c` lies in ran P_≤, and
    f_L(·; W_L) differs from g in degrees above k alone, by O(m^{-1/2}).

    Args:
        target: The target.
        directions: P_≤ of the network from the moments of degree k or more.

    Raises:
        InputError: As `check_fit` and `profile`, or if the directions are of a lower degree.
    """
    network = directions.network
    check_fit(network, target)
    ridges = linear_part(target, profile(network.activation, target.d, target.k).rest)
    return directions.lift(fitted_coordinates(ridges, directions).to(network.dtype))


def fitted_coordinates(ridges: tuple[Ridge, ...], directions: MomentDirections) -> Tensor:
    """Coordinates in ran P_≤ of the least movement that fits a sum of ridge polynomials, `(n_k,)`, float64.

    With `MᵀM = V Λ Vᵀ` and U = M V Λ^{-1/2}: `(MᵀM)^{-1} c` in front of M is `Λ^{-1/2} Vᵀ c` in front of U. The
    squared norm of the movement is that of these coordinates.

    Raises:
        InputError: If a ridge polynomial is of higher degree than the directions.
    """
    return directions.rotation.T @ coefficients(ridges, directions.moments)


def coefficients(ridges: tuple[Ridge, ...], moments: Moments) -> Tensor:
    """Coefficients `E g(x) p(x)` of a sum g of ridge polynomials in the basis p of the moments, `(n_k,)`.

    `E q_l(γ·x) P_l(γ_s·x/√d) = P_l(γ·γ_s)/√B(d,l)` makes them exact.

    Raises:
        InputError: If a ridge polynomial is of higher degree than the basis.
    """
    degrees = [part.harmonics.degree for part in moments.parts]
    pieces = [torch.zeros(part.harmonics.count, dtype=torch.float64) for part in moments.parts]
    for ridge in ridges:
        if ridge.degree not in degrees:
            raise InputError(
                given=f"a polynomial of degree {ridge.degree} for moments of degree ≤ {max(degrees)}",
                allowed=f"a degree of at most {max(degrees)}",
                do=f"make the directions with moment_directions(network, {ridge.degree})",
            )
        at = degrees.index(ridge.degree)
        basis = moments.parts[at].harmonics
        inner = gegenbauer(ridge.degree, basis.d, basis.directions @ ridge.directions.T.double())
        pieces[at] += basis.mix.T @ (inner @ ridge.coefficients.double()) / math.sqrt(basis.count)
    return torch.cat(pieces)


def limit_movement(network: Network, target: Target) -> Tensor:
    """The movement `W_L = Σ_j λ_j^{-1} E φ(x) g_j(x)` that fits g as m → ∞, g_j its part of degree j, `(m, d)`.

    It needs the target's own directions only, no matrix of size n_k, so it serves where the moments of all
    polynomials do not fit into memory; at finite width it misses g by O(m^{-1/2}) in all degrees.

    Raises:
        InputError: As `check_fit` and `profile`, or if the NTK vanishes on a degree of g.
    """
    check_fit(network, target)
    exact = in_float64(network)
    ridges = linear_part(target, profile(network.activation, target.d, target.k).rest)
    lambda_ = _positive_eigenvalues(network.activation, target)
    mu = ridge_coefficients(lambda z: network.activation.derivative(z, 1), target.d, target.k + 1)
    parts = []
    for ridge in ridges:
        l, scale = ridge.degree, math.sqrt(harmonic_count(target.d, ridge.degree))
        zonal = Harmonics(l, ridge.directions.double(), ridge.coefficients.double()[:, None] * scale)
        parts.append(RidgeMoments(zonal, exact.w0_distinct, mu[max(l - 1, 0)], mu[l + 1]))
    inverse = torch.tensor([1 / lambda_[ridge.degree] for ridge in ridges], dtype=torch.float64)
    return Moments(exact, tuple(parts)).apply(inverse).to(network.dtype)


def least_norm(activation: Activation, target: Target) -> float:
    """The least `‖W_L‖²` at infinite width, `Σ_j ‖Π_j g‖²/λ_j` with g = `linear_part`, of order d^{k-1}.

    Raises:
        InputError: If the NTK vanishes on a degree of g.
    """
    ridges = linear_part(target, profile(activation, target.d, target.k).rest)
    lambda_ = _positive_eigenvalues(activation, target)
    energies = _energies(ridges)
    return math.fsum(energy / lambda_[j] for j, energy in energies.items())


def _positive_eigenvalues(activation: Activation, target: Target) -> tuple[float, ...]:
    """λ_0, …, λ_k of infinite width; those on which g has no part need not be positive."""
    values = kernel_eigenvalues(activation, target.d, target.k)
    energies = _energies(linear_part(target, profile(activation, target.d, target.k).rest))
    (slope,) = ridge_coefficients(lambda z: activation.derivative(z, 1).square(), target.d, 0)
    for j, value in enumerate(values):
        if energies.get(j) and not value > _VANISHING * target.d * slope:
            raise InputError(
                given=f"the activation {activation.name!r} with λ_{j} = {value:.2g} in dimension d={target.d}",
                allowed="an activation whose NTK sees every degree of the target",
                do="use an activation with a shift, such as tanh(z + 1/2)",
            )
    return tuple(values)


def _energies(ridges: tuple[Ridge, ...]) -> dict[int, float]:
    """`‖Π_j g‖²` of a sum of ridge polynomials, by degree; ridges of one degree are added first."""
    energies = {}
    for j in sorted({ridge.degree for ridge in ridges}):
        same = [ridge for ridge in ridges if ridge.degree == j]
        directions = torch.cat([ridge.directions for ridge in same])
        energies[j] = Ridge(j, directions, torch.cat([ridge.coefficients for ridge in same])).energy()
    return energies
