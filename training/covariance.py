"""The NTK feature covariance Σ = E φφᵀ as an operator on movements, exact or from unlabeled points.

Σ is md×md and never formed. For σ = sin + cos the expectation over the sphere is closed: with the even
function `j(s) = 0F1(; d/2; -d s/4)`, `E cos(v·x) = j(‖v‖²)` for x uniform on S^{d-1}(√d), and two
derivatives in v give `E cos(v·x) x xᵀ = -(2 j'(s) I + 4 j''(s) v vᵀ)`, s = ‖v‖². As `σ'(u)σ'(v) = cos(u-v)
- sin(u+v)` and the odd part has mean zero, Σ couples neurons r and s through v = w0_r - w0_s alone. Any
other activation uses the average over unlabeled points.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt
import scipy.special
import torch
from torch import Tensor

from theory.errors import InputError
from training.network import Network

# The terms of the series reach e^{s/2} while the sum is about e^{-s/2}: up to here it loses under two digits.
_SERIES_LIMIT = 8.0
_SERIES_TOLERANCE = 1e-19
# Above this dimension the Bessel function underflows for s near the limit.
_BESSEL_DIMENSION = 800


class Covariance(ABC):
    """A symmetric positive semidefinite operator Σ on movements `(m, d)` of one network."""

    def __init__(self, network: Network) -> None:
        self.network = network

    @abstractmethod
    def apply(self, W: Tensor) -> Tensor:
        """The movement `Σ W`, `(m, d)`."""

    def quadratic(self, W: Tensor) -> Tensor:
        """The number `⟨W, Σ W⟩ = E f_L(x; W)²`."""
        return (W * self.apply(W)).sum()

    def input_norm(self) -> float:
        """The operator norm of `E x xᵀ` over the inputs that Σ averages: 1 on the sphere of radius √d."""
        return 1.0

    @abstractmethod
    def quadratic_signed(self, W: Tensor) -> Tensor:
        """The mean of `quadratic(W⊙S)` over independent fair signs S_r, the number `Σ_r w_rᵀ Σ_rr w_r`.

        All m signs are independent, also those of a pair: of Σ only the diagonal blocks are left.
        """

    def dense(self) -> Tensor:
        """The matrix Σ, `(m*d, m*d)`, row-major in (neuron, coordinate): small sizes only."""
        net = self.network
        size = net.m * net.d
        eye = torch.eye(size, dtype=net.dtype).reshape(size, net.m, net.d)
        return torch.stack([self.apply(unit).reshape(-1) for unit in eye], dim=1)


class ExactCovariance(Covariance):
    """Σ without sampling error, for the activation sin + cos.

    `(ΣW)_r = Σ_s (a_r a_s/m) E[cos(v·x) x xᵀ] w_s` with `v = w0_r - w0_s`. The two coefficient matrices of
    the distinct rows are computed once; one application is three products of such a matrix with a `(·, d)`
    matrix.

    Args:
        network: A network with the activation `sincos`.

    Raises:
        InputError: If the network has another activation.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        if network.activation.name != "sincos":
            raise InputError(
                given=f"the exact covariance for activation {network.activation.name!r}",
                allowed="the activation 'sincos', whose expectations are closed",
                do="use SampledCovariance with unlabeled points",
            )
        w0 = network.w0_distinct.double()
        # From the Gram matrix; the clamp removes rounding below zero at coinciding rows.
        norms = w0.square().sum(dim=1)
        s = (norms[:, None] + norms[None, :] - 2 * w0 @ w0.T).clamp(min=0)
        _, first, second = sphere_cosine(s.numpy(), network.d)
        self._w0 = network.w0_distinct
        self._isotropic = torch.from_numpy(-2 * first).to(network.dtype)
        self._along = torch.from_numpy(-4 * second).to(network.dtype)

    def apply(self, W: Tensor) -> Tensor:
        """The movement `Σ W`, `(m, d)`."""
        net, h = self.network, self.network.distinct
        scale = net.readout[:, None]
        Y = (W[:h] - W[h:] if net.paired else W) * scale
        # v_rs·y_s = w0_r·y_s - w0_s·y_s, and Σ_s t_rs v_rs = (Σ_s t_rs) w0_r - Σ_s t_rs w0_s.
        T = (self._w0 @ Y.T).sub_((self._w0 * Y).sum(dim=1)).mul_(self._along)
        rows = torch.addmm(T.sum(dim=1, keepdim=True) * self._w0, self._isotropic, Y)
        rows.addmm_(T, self._w0, alpha=-1).mul_(scale)
        return torch.cat((rows, -rows)) if net.paired else rows

    def quadratic_signed(self, W: Tensor) -> Tensor:
        """The number `Σ_r w_rᵀ Σ_rr w_r = -2 j'(0)/m ‖W‖²`: v = 0 within a neuron."""
        energy: Tensor = W.square().sum() * self._isotropic[0, 0] / self.network.m
        return energy


class SampledCovariance(Covariance):
    """Σ estimated as `(1/N) Φᵀ Φ` on N unlabeled points, for any activation; Φ is never formed.

    Args:
        network: The network at initialization.
        X_unlabeled: Points of the input distribution, `(N, d)`, at least one.

    Raises:
        InputError: If there is no point, or the points do not fit the network.
    """

    def __init__(self, network: Network, X_unlabeled: Tensor) -> None:
        super().__init__(network)
        if X_unlabeled.shape[0] < 1:
            raise InputError(given="no unlabeled points", allowed="1 point or more", do="draw some points")
        self._sample = network.on(X_unlabeled)

    @property
    def points(self) -> Tensor:
        """The unlabeled points, `(N, d)`."""
        return self._sample.X

    def apply(self, W: Tensor) -> Tensor:
        """The movement `(1/N) Φᵀ Φ W`, `(m, d)`."""
        return self._sample.pullback_L(self._sample.f_L(W) / self._sample.n)

    def input_norm(self) -> float:
        """The operator norm of `(1/N) Σ_i x_i x_iᵀ`."""
        return float(torch.linalg.matrix_norm(self._sample.X.double(), ord=2)) ** 2 / self._sample.n

    def quadratic(self, W: Tensor) -> Tensor:
        """The number `(1/N) ‖Φ W‖²`."""
        return self._sample.f_L(W).square().mean()

    def quadratic_signed(self, W: Tensor) -> Tensor:
        """The number `(1/N) Σ_i (1/m) Σ_r σ'(w0_r·x_i)² (w_r·x_i)²`."""
        X = self._sample.X
        terms = self.network.sigma1(X) * (X @ W.T)
        return terms.square().sum(dim=1).mean() / self.network.m

    def quadratic_error(self, W: Tensor) -> Tensor:
        """The standard error of `quadratic` at a W chosen without these points: `std(f_L(x_i; W)²)/√N`.

        Raises:
            InputError: If there are fewer than 2 points.
        """
        if self._sample.n < 2:
            raise InputError(
                given="1 unlabeled point", allowed="2 points or more for an error bar", do="draw more points"
            )
        error: Tensor = self._sample.f_L(W).square().std() / math.sqrt(self._sample.n)
        return error


def sphere_cosine(
    s: npt.NDArray[np.float64], d: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The functions `j(s) = 0F1(; d/2; -d s/4) = E cos(v·x)`, s = ‖v‖², and its derivatives j' and j''.

    `(0F1(; b; x))' = 0F1(; b+1; x)/b` gives `j' = -½ 0F1(; d/2+1; x)` and `j'' = d/(4(d+2)) 0F1(; d/2+2; x)`,
    x = -d s/4.

    Args:
        s: Squared lengths, of any shape, 0 or more.
        d: Dimension, 3 or more.

    Raises:
        InputError: If some s is above 8 while d is above 800, where double precision underflows on the way.
    """
    zeroth, first, second = (_hyp0f1(d / 2 + i, s, d) for i in range(3))
    return zeroth, -0.5 * first, d / (4 * (d + 2)) * second


def _hyp0f1(b: float, s: npt.NDArray[np.float64], d: int) -> npt.NDArray[np.float64]:
    """`0F1(; b; -d s/4)`, b ≥ d/2, to about 1e-13; SciPy's own function overflows from b = 172 on."""
    large = s > _SERIES_LIMIT
    value = _series(b, -d / 4 * np.where(large, 0.0, s))
    if large.any():
        if d > _BESSEL_DIMENSION:
            raise InputError(
                given=f"a squared length of {s.max():.3g} in dimension d={d}",
                allowed=f"at most {_SERIES_LIMIT} where d is above {_BESSEL_DIMENSION}",
                do="lower the dimension, or the norm of the weights",
            )
        # 0F1(; b; -u²/4) = Γ(b) (u/2)^{1-b} J_{b-1}(u), with the factors in logarithms.
        u = np.sqrt(d * s[large])
        factor = np.exp(scipy.special.gammaln(b) - (b - 1) * np.log(u / 2))
        value[large] = factor * scipy.special.jv(b - 1, u)
    return value


def _series(b: float, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Horner's scheme for `Σ_i x^i / ((b)_i i!)`, with as many terms as the largest |x| needs."""
    largest, term, count = float(np.abs(x).max(initial=0.0)), 1.0, 0
    while term > _SERIES_TOLERANCE:
        count += 1
        term *= largest / (count * (b + count - 1))
    value = np.ones_like(x)
    for i in range(count, 0, -1):
        value *= x / (i * (b + i - 1))
        value += 1
    return value
