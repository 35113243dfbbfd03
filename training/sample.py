"""A network on a fixed sample: values, Taylor terms and their derivatives, with the activations cached.

Training evaluates the same inputs X thousands of times. What depends on X and the initial weights alone
(`w0_r·x`, σ', σ'' there) is computed once and kept. All formulas are written by hand and vectorised; there is
no automatic differentiation. For paired networks both members of a pair share `w0_r·x`, so `σ^{(j)}(w0_r·x)`
is held for half of the neurons, the linear part needs only the difference of the two movements, and every sum
over neurons is a sum of differences: f(x; 0) is exactly 0.0 in floating point.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from theory.errors import InputError

if TYPE_CHECKING:
    from training.network import Network

Pull = Callable[[Tensor], Tensor]


class OnSample:
    """The network's functions at the rows of one input matrix; see `Network.on`.

    Shapes: X `(n, d)`; movements W, V and results of pull-backs `(m, d)`; values, ν and push-forwards `(n,)`.
    Source of the model: Nichani, Bai, Lee 2022; Bai, Lee 2020 for the Taylor terms.

    Args:
        network: The network at initialization.
        X: Inputs, `(n, d)`, of the network's dtype.

    Raises:
        InputError: If X has another shape or dtype.
    """

    def __init__(self, network: Network, X: Tensor) -> None:
        if X.ndim != 2 or X.shape[1] != network.d or X.dtype != network.dtype:
            raise InputError(
                given=f"inputs of shape {tuple(X.shape)} and {X.dtype}",
                allowed=f"shape (n, {network.d}) and {network.dtype}",
                do="pass one input per row, in the dtype of the network",
            )
        self.network = network
        self.X = X
        self.z0 = X @ network.w0_distinct.T
        self._sigma: dict[int, Tensor] = {}

    @property
    def n(self) -> int:
        """The number of inputs."""
        return self.X.shape[0]

    def sigma(self, j: int) -> Tensor:
        """`σ^{(j)}(w0_r·x_i)` for the distinct rows w0_r, cached: `(n, m/2)` if paired, else `(n, m)`."""
        if j not in self._sigma:
            self._sigma[j] = self.network.activation.derivative(self.z0, j)
        return self._sigma[j]

    def f(self, W: Tensor) -> Tensor:
        """The network, `f(x;W) = m^{-1/2} Σ_r a_r σ((w0_r + w_r)·x)`; exactly 0.0 at W = 0 if paired."""
        net = self.network
        return self._sum_neurons([net.activation.derivative(z, 0) for z in self._moved(W)])

    def term(self, j: int, W: Tensor) -> Tensor:
        """Taylor term `f^{(j)}(x;W) = m^{-1/2}/j! Σ_r a_r σ^{(j)}(w0_r·x) (w_r·x)^j`.

        Raises:
            InputError: If j is negative.
        """
        _check_order(j)
        if j == 1:
            return self.f_L(W)
        powers = [delta**j for delta in self._movements(W)]
        return self._sum_neurons([self.sigma(j) * power for power in powers]) / math.factorial(j)

    def f_L(self, W: Tensor) -> Tensor:
        """The linear (NTK) part, `f_L = f^{(1)} = ⟨φ(x), W⟩`; the movements of a pair enter by difference."""
        return (self.sigma(1) * (self.X @ self._difference(W).T)) @ self.network.readout

    def f_Q(self, W: Tensor) -> Tensor:
        """The quadratic (QuadNTK) part, `f_Q = f^{(2)} = m^{-1/2}/2 Σ_r a_r σ''(w0_r·x) (w_r·x)²`."""
        return self.term(2, W)

    def remainder_bound(self, W: Tensor, M3: float) -> Tensor:
        """Bound on |f - f_L - f_Q| where |σ'''| ≤ M3: `M3/(6√m) Σ_r |w_r·x|³`; needs f(x;0) = 0."""
        total = sum((delta.abs() ** 3).sum(dim=1) for delta in self._movements(W))
        return torch.as_tensor(total) * (M3 / (6 * math.sqrt(self.network.m)))

    def vjp(self, W: Tensor) -> tuple[Tensor, Pull]:
        """The values f(x_i;W) and the map ν ↦ Σ_i ν_i ∇f(x_i;W), which share the activations."""
        net = self.network
        derivatives = [net.activation.derivatives(z, 1) for z in self._moved(W)]
        slopes = [first for _, first in derivatives]
        return self._sum_neurons([value for value, _ in derivatives]), lambda nu: self._pull(slopes, nu)

    def vjp_Q(self, W: Tensor) -> tuple[Tensor, Pull]:
        """The values f_Q(x_i;W) and the map ν ↦ Σ_i ν_i ∇f_Q(x_i;W), which share the movements."""
        movements = self._movements(W)
        value = self._sum_neurons([self.sigma(2) * delta.square() for delta in movements]) / 2
        return value, lambda nu: self._pull([self.sigma(2) * delta for delta in movements], nu)

    def pullback(self, W: Tensor, nu: Tensor) -> Tensor:
        """Σ_i ν_i ∇f(x_i;W), row r: `m^{-1/2} a_r Σ_i ν_i σ'((w0_r+w_r)·x_i) x_i`."""
        return self._pull([self.network.activation.derivative(z, 1) for z in self._moved(W)], nu)

    def pullback_L(self, nu: Tensor) -> Tensor:
        """Σ_i ν_i ∇f_L(x_i) = Φᵀν, row r: `m^{-1/2} a_r Σ_i ν_i σ'(w0_r·x_i) x_i`."""
        return self._pull([self.sigma(1)], nu)

    def pullback_Q(self, W: Tensor, nu: Tensor) -> Tensor:
        """Σ_i ν_i ∇f_Q(x_i;W), row r: `m^{-1/2} a_r Σ_i ν_i σ''(w0_r·x_i) (w_r·x_i) x_i`."""
        return self._pull([self.sigma(2) * delta for delta in self._movements(W)], nu)

    def pullback_term(self, j: int, W: Tensor, nu: Tensor) -> Tensor:
        """Σ_i ν_i ∇f^{(j)}(x_i;W).

        Row r is `m^{-1/2}/(j-1)! a_r Σ_i ν_i σ^{(j)}(w0_r·x_i) (w_r·x_i)^{j-1} x_i`, and 0 for j = 0.

        Raises:
            InputError: If j is negative.
        """
        _check_order(j)
        if j == 0:
            return torch.zeros_like(W)
        powers = [delta ** (j - 1) for delta in self._movements(W)]
        return self._pull([self.sigma(j) * power for power in powers], nu / math.factorial(j - 1))

    def pushforward(self, W: Tensor, V: Tensor) -> Tensor:
        """Directional derivative ∇f(x_i;W)·V = `m^{-1/2} Σ_r a_r σ'((w0_r+w_r)·x_i) (v_r·x_i)`."""
        slopes = [self.network.activation.derivative(z, 1) for z in self._moved(W)]
        return self._sum_neurons([s * v for s, v in zip(slopes, self._movements(V), strict=True)])

    def pushforward_L(self, V: Tensor) -> Tensor:
        """Directional derivative of f_L along V: f_L is linear, so it is f_L(x_i;V)."""
        return self.f_L(V)

    def pushforward_Q(self, W: Tensor, V: Tensor) -> Tensor:
        """Directional derivative ∇f_Q(x_i;W)·V = `m^{-1/2} Σ_r a_r σ''(w0_r·x_i) (w_r·x_i) (v_r·x_i)`."""
        products = [w * v for w, v in zip(self._movements(W), self._movements(V), strict=True)]
        return self._sum_neurons([self.sigma(2) * product for product in products])

    def curvature(self, W: Tensor, nu: Tensor, V: Tensor) -> Tensor:
        """Σ_i ν_i ∇²f(x_i;W)[V,·], row r: `m^{-1/2} a_r Σ_i ν_i σ''((w0_r+w_r)·x_i) (v_r·x_i) x_i`."""
        bends = [self.network.activation.derivative(z, 2) for z in self._moved(W)]
        return self._pull([s * v for s, v in zip(bends, self._movements(V), strict=True)], nu)

    def curvature_Q(self, nu: Tensor, V: Tensor) -> Tensor:
        """Σ_i ν_i ∇²f_Q(x_i)[V,·]: f_Q is quadratic, so it is `pullback_Q` at V, the same for every W."""
        return self.pullback_Q(V, nu)

    def features(self) -> Tensor:
        """NTK features Φ with `φ(x)[r·d+i] = m^{-1/2} a_r σ'(w0_r·x) x_i`, `(n, m*d)`: small sizes only."""
        half = (self.sigma(1) * self.network.readout)[:, :, None] * self.X[:, None, :]
        blocks = torch.cat((half, -half), dim=1) if self.network.paired else half
        return blocks.reshape(self.n, self.network.m * self.network.d)

    def gram(self, other: OnSample | None = None) -> Tensor:
        """NTK Gram matrix `K_m(x,x') = (x·x') (1/m) Σ_r σ'(w0_r·x) σ'(w0_r·x')`, `(n, n)` or `(n, n')`.

        a_r² = 1 drops out. Both members of a pair have the same w0_r, so the mean over all neurons is the
        mean over the distinct half, exactly.
        """
        if other is None:
            slopes, inputs = _symmetric_product(self.sigma(1)), _symmetric_product(self.X)
        else:
            slopes, inputs = self.sigma(1) @ other.sigma(1).T, self.X @ other.X.T
        return slopes.mul_(inputs).div_(self.network.distinct)

    def _parts(self, W: Tensor) -> list[Tensor]:
        """The rows of W per half of the pairs: two tensors `(m/2, d)` if paired, else W itself."""
        net = self.network
        if W.shape != net.w0.shape or W.dtype != net.dtype:
            raise InputError(
                given=f"movement of shape {tuple(W.shape)} and {W.dtype}",
                allowed=f"shape ({net.m}, {net.d}) and {net.dtype}",
                do="pass one row per neuron, in the dtype of the network",
            )
        return [W[: net.distinct], W[net.distinct :]] if net.paired else [W]

    def _difference(self, W: Tensor) -> Tensor:
        """What the linear part sees of W: `w_r - w_{r+m/2}`, `(m/2, d)`, if paired, else W itself."""
        parts = self._parts(W)
        return parts[0] - parts[1] if len(parts) == 2 else parts[0]

    def _movements(self, W: Tensor) -> list[Tensor]:
        """`w_r·x_i` per half of the pairs: two tensors `(n, m/2)` if paired, else one `(n, m)`."""
        return [self.X @ part.T for part in self._parts(W)]

    def _moved(self, W: Tensor) -> list[Tensor]:
        """`(w0_r+w_r)·x_i` in the same form; at W = 0 both halves are bit for bit the same."""
        return [delta.add_(self.z0) for delta in self._movements(W)]

    def _sum_neurons(self, values: list[Tensor]) -> Tensor:
        """m^{-1/2} Σ_r a_r values_r: the two members of a pair are subtracted before the sum."""
        return (values[0] - values[1] if len(values) == 2 else values[0]) @ self.network.readout

    def _pull(self, weights: list[Tensor], nu: Tensor) -> Tensor:
        """Rows `m^{-1/2} a_r Σ_i ν_i weights_ir x_i` in `(m, d)`; one tensor of a pair gives both halves."""
        if nu.shape != (self.n,):
            raise InputError(
                given=f"ν of shape {tuple(nu.shape)}",
                allowed=f"shape ({self.n},)",
                do="pass one number per input",
            )
        X_nu = nu[:, None] * self.X
        return self._spread([weight.T @ X_nu for weight in weights])

    def _spread(self, pulled: list[Tensor]) -> Tensor:
        """The gradient `(m, d)` from unsigned sums per distinct row; one sum for a pair gives both halves."""
        scale = self.network.readout[:, None]
        rows = [total.mul_(scale) for total in pulled]
        return torch.cat((rows[0], rows[-1].neg())) if self.network.paired else rows[0]


def _symmetric_product(S: Tensor) -> Tensor:
    """`S Sᵀ` by three of its four blocks; the fourth is a transpose."""
    half = S.shape[0] // 2
    top, bottom = S[:half], S[half:]
    product = S.new_empty(S.shape[0], S.shape[0])
    torch.mm(top, top.T, out=product[:half, :half])
    torch.mm(bottom, S.T, out=product[half:])
    product[:half, half:] = product[half:, :half].T
    return product


def _check_order(j: int) -> None:
    if j < 0:
        raise InputError(given=f"Taylor order {j}", allowed="an order of 0 or more", do="use j ≥ 0")
