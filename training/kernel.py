"""The NTK as a rival: kernel ridge regression at infinite width, and its exact risk.

For σ = sin + cos, `σ'(u)σ'(v) = cos(u-v) - sin(u+v)` and the odd part has mean zero over w ~ Unif(S^{d-1}(1)), so
`K(x,x') = (x·x') E_w cos(w·(x-x')) = (x·x') 0F1(; d/2; -‖x-x'‖²/4)` (Jacot, Gabriel, Hongler 2018; Nichani, Bai,
Lee 2022). On the sphere ‖x-x'‖² = 2d(1-u) with u = x·x'/d, and the factor is an entire function of u: on [-1, 1] a
polynomial of degree 20 equals it to the last digits. For other activations the factor is interpolated.

With the eigenvalues λ_l of K on the harmonics of degree l the risk of a kernel predictor has no sampling error:
`f = Σ_i c_i K(·, x_i)` has `E f² = Σ_ij c_i c_j Σ_l λ_l² B(d,l) P_l(x_i·x_j/d)` and, for a target whose part of
degree l is f*_l, `E f f* = Σ_i c_i Σ_l λ_l f*_l(x_i)`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from theory.errors import InputError
from training.activation import Activation
from training.covariance import sphere_cosine
from training.network import Network
from training.plane import infinite_kernel, kernel_eigenvalues
from training.sphere import harmonic_count
from training.target import Target

# Ridges in units of the mean of the kernel's diagonal.
RIDGES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)

_DEGREE = 20
# Degrees above this have a share λ_l² B(d,l) of the kernel's energy far below rounding.
_TOP = 12
# Chebyshev nodes for the kernels of other activations, and the coefficients that count as rounding.
_NODES = 80
_ROUNDING = 1e-14
# Entries of a kernel that are evaluated together, so that they stay in the cache.
_BLOCK_ENTRIES = 100_000


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """Kernel ridge regression with the ridge that predicts held-out labels best.

    Args:
        ridges: The ridges tried, in units of the mean of the kernel's diagonal.
        errors: The mean squared error on the held-out points for each.
        ridge: The best one.
        coefficients: Its dual coefficients, `(n,)`: the prediction at x is `Σ_i K(x, x_i) coefficients_i`.
    """

    ridges: tuple[float, ...]
    errors: tuple[float, ...]
    ridge: float
    coefficients: Tensor


def ntk_kernel(network: Network, X: Tensor, X2: Tensor | None = None) -> Tensor:
    """The NTK of infinite width with the network's activation between two sets of points, `(n, n')`.

    Raises:
        InputError: If the points do not lie on S^{d-1}(√d).
    """
    return infinite_ntk(X, X if X2 is None else X2, network.activation)


def infinite_ntk(X: Tensor, X2: Tensor, activation: Activation | None = None) -> Tensor:
    """The NTK of infinite width, `(n, n')`; for σ = sin + cos, `K(x,x') = (x·x') 0F1(; d/2; -‖x-x'‖²/4)`.

    For other activations it is interpolated from `training.plane.infinite_kernel`, to about 1e-13 of its diagonal.

    Args:
        X: Points on S^{d-1}(√d), `(n, d)`.
        X2: Points on S^{d-1}(√d), `(n', d)`.
        activation: The activation σ; by default sin + cos.

    Raises:
        InputError: If a point does not lie on the sphere of radius √d.
    """
    d = X.shape[1]
    for points in (X, X2):
        _check_on_sphere(points, d)
    closed = activation is None or activation.name == "sincos"
    coefficients = _profile(d) if closed or activation is None else _interpolated(activation, d)
    K = torch.empty(X.shape[0], X2.shape[0], dtype=X.dtype)
    step = max(1, _BLOCK_ENTRIES // max(1, X2.shape[0]))
    for start in range(0, X.shape[0], step):
        u = (X[start : start + step] @ X2.T).div_(d)
        if not closed:
            K[start : start + step] = _clenshaw(coefficients, u)
            continue
        value = torch.full_like(u, coefficients[-1])
        for c in reversed(coefficients[:-1]):
            value.mul_(u).add_(c)
        torch.mul(value, u.mul_(d), out=K[start : start + step])
    return K


def kernel_ridge(
    K: Tensor, y: Tensor, K_held: Tensor, y_held: Tensor, *, ridges: Sequence[float] = RIDGES
) -> RidgeFit:
    """Fit `(K + ρ I) c = y` for every ridge by one eigendecomposition, and keep the best on held-out labels.

    Args:
        K: Kernel matrix of the n training points, `(n, n)`.
        y: Their labels, `(n,)`.
        K_held: Kernel between held-out and training points, `(n_held, n)`.
        y_held: Labels of the held-out points, `(n_held,)`.
        ridges: Ridges to try, in units of the mean of K's diagonal; all positive.

    Raises:
        InputError: If no ridge is given, or one is not positive.
    """
    if not ridges or not all(0 < ridge < math.inf for ridge in ridges):
        raise InputError(
            given=f"ridges {tuple(ridges)}",
            allowed="one or more positive numbers",
            do="correct the list of ridges",
        )
    values, vectors = torch.linalg.eigh(K)
    # Rounding makes the smallest eigenvalues of a semidefinite matrix slightly negative.
    shifted = values.clamp(min=0)[:, None] + K.diagonal().mean() * torch.tensor(ridges, dtype=K.dtype)
    coefficients = vectors @ ((vectors.T @ y)[:, None] / shifted)
    errors = (K_held @ coefficients - y_held[:, None]).square().mean(dim=0)
    best = int(errors.argmin())
    return RidgeFit(
        tuple(float(ridge) for ridge in ridges),
        tuple(float(error) for error in errors),
        float(ridges[best]),
        coefficients[:, best].contiguous(),
    )


def ridge_solutions(K: Tensor, y: Tensor, ridges: Sequence[float]) -> Tensor:
    """Dual coefficients `(K + ρ I)^{-1} y` for several ridges, `(n, len(ridges))`, by Cholesky factors.

    Args:
        K: Kernel matrix, `(n, n)`.
        y: Labels, `(n,)`.
        ridges: Ridges in units of the mean of K's diagonal, all positive.

    Raises:
        InputError: If K + ρ I is not positive definite to rounding.
    """
    columns = []
    for ridge in ridges:
        shifted = K.clone()
        shifted.diagonal().add_(ridge * float(K.diagonal().mean()))
        factor, failed = torch.linalg.cholesky_ex(shifted)
        if int(failed):
            raise InputError(
                given=f"ridge {ridge}, with which a kernel matrix of {len(y)} points is not positive definite",
                allowed="a positive ridge above the rounding of the kernel",
                do="raise the ridge",
            )
        columns.append(torch.cholesky_solve(y[:, None], factor)[:, 0])
    return torch.stack(columns, dim=1)


def kernel_risk(activation: Activation, X: Tensor, coefficients: Tensor, target: Target) -> Tensor:
    """The exact risk `E (f - f*)²` of `f = Σ_i c_i K(·, x_i)` with the NTK of infinite width, `(R,)`.

    Args:
        activation: The activation σ.
        X: Training points on S^{d-1}(√d), `(n, d)`, float64.
        coefficients: R columns of dual coefficients c, `(n, R)`.
        target: The target f*.
    """
    d = X.shape[1]
    values = _eigenvalues(activation, d)
    weights = [value**2 * harmonic_count(d, l) for l, value in enumerate(values)]
    energy = torch.zeros(coefficients.shape[1], dtype=torch.float64)
    step = max(1, _BLOCK_ENTRIES // len(X))
    for start in range(0, len(X), step):
        rows = slice(start, start + step)
        K2 = _zonal(weights, d, (X[rows] @ X.T).div_(d))
        energy += (coefficients[rows] * (K2 @ coefficients)).sum(dim=0)
    seen = sum(
        (values[ridge.degree] * ridge(X) for ridge in (*target.dense, target.sparse)),
        torch.zeros(len(X), dtype=X.dtype),
    )
    risk: Tensor = energy - 2 * seen @ coefficients + target.null_risk
    return risk


@lru_cache(maxsize=64)
def _eigenvalues(activation: Activation, d: int) -> tuple[float, ...]:
    return kernel_eigenvalues(activation, d, _TOP)


def _zonal(weights: Sequence[float], d: int, u: Tensor) -> Tensor:
    """`Σ_l weights_l P_l(u)`, elementwise, by the recurrence of the P_l."""
    before, value = torch.ones_like(u), u.clone()
    total = value.mul(weights[1]).add_(weights[0])
    for i in range(1, len(weights) - 1):
        before = before.mul_(-i).addcmul_(u, value, value=2 * i + d - 2).div_(i + d - 2)
        before, value = value, before
        total.add_(value, alpha=weights[i + 1])
    return total


def _clenshaw(coefficients: Sequence[float], u: Tensor) -> Tensor:
    """The Chebyshev series `Σ_i c_i T_i(u)`, elementwise."""
    after, value = torch.zeros_like(u), torch.zeros_like(u)
    for c in reversed(coefficients[1:]):
        after, value = value, (2 * u).mul_(value).sub_(after).add_(c)
    total: Tensor = u * value - after + coefficients[0]
    return total


@lru_cache(maxsize=32)
def _interpolated(activation: Activation, d: int) -> tuple[float, ...]:
    """Chebyshev coefficients of the kernel of infinite width on [-1, 1], those below rounding left out."""
    nodes = np.polynomial.chebyshev.chebpts1(_NODES)
    values = infinite_kernel(activation, d, torch.from_numpy(nodes)).numpy()
    series = np.polynomial.chebyshev.chebfit(nodes, values, _NODES - 1)
    size = np.abs(series)
    kept = 1 + int(np.flatnonzero(size > _ROUNDING * size.sum()).max())
    return tuple(float(c) for c in series[: max(2, kept)])


@lru_cache(maxsize=32)
def _profile(d: int) -> tuple[float, ...]:
    """Coefficients in powers of u, constant first, of `0F1(; d/2; -d(1-u)/2)` on [-1, 1].

    Interpolation at Chebyshev points; the coefficients fall like 1/(2^l l!), so powers lose nothing here.
    """
    nodes = np.polynomial.chebyshev.chebpts1(_DEGREE + 1)
    values = sphere_cosine(2 - 2 * nodes, d)[0]
    series = np.polynomial.chebyshev.chebfit(nodes, values, _DEGREE)
    return tuple(float(c) for c in np.polynomial.chebyshev.cheb2poly(series))


def _check_on_sphere(points: Tensor, d: int) -> None:
    off = float((points.square().sum(dim=1) / d - 1).abs().max()) if points.shape[0] else 0.0
    if not off < 1e-4:
        raise InputError(
            given=f"points whose squared length differs from d={d} by a factor of up to 1 ± {off:.2g}",
            allowed="points on the sphere of radius √d",
            do="scale every row to length √d",
        )
