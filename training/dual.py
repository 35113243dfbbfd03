r"""The dual function of the regularized second-order objective: a lower bound on its infimum at every point.

For `f = f_L + f_Q` the objective is `L_λ(W) = (1/n) Σ_i ℓ(y_i, f(x_i;W)) + λ1 R1 + λ2 R2 + λ3 R3 + λ4 S²` with
`S = Σ_r ‖w_r‖⁴` and three convex quadratic forms R1…R3. Each piece lies above its tangents:

- `(1/n) ℓ(y_i, z) ≥ ν_i z - (1/n) ℓ*(nν_i)` (Fenchel, Young),
- `λ1 R1 ≥ ⟨P_>Φᵀρ, W⟩ - n‖ρ‖²/(4λ1)`, `λ2 R2 ≥ 2λ2⟨P_>Σζ, W⟩ - λ2⟨ζ, Σζ⟩`, `λ3 R3 ≥ ⟨Uγ, W⟩ - ‖γ‖²/(4λ3)`,
- `λ4 S² ≥ 2 t λ4 S - λ4 t²`, t ≥ 0.

The sum of the right sides separates over neurons, `b_r·w + ½ wᵀC_r w + c‖w‖⁴` with `c = 2tλ4`, `b = Φᵀν + V`,
`V = P_>(Φᵀρ + 2λ2Σζ) + Uγ`, `C_r = m^{-1/2} a_r Σ_i ν_i σ''(w0_r·x_i) x_i x_iᵀ`, and its minimum over each w_r
is known (`training.secular`). Hence for every (ν, ρ, γ, ζ, t) a bound on every W; V runs through all tangents
of `λ1R1 + λ2R2 + λ3R3`. The bound is concave in the point, and its gradient follows from the minimisers w*.

Nowhere is U assumed orthonormal: P_> is I - UUᵀ with the U at hand, and R3 is ‖UᵀW‖². In a paired network b and
C of a pair's second member are those of the first with the opposite sign, so half of everything is computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from theory.errors import InputError
from training.objective import Objective
from training.secular import Minima, inner_minima, paired_minima
from training.subspace import Subspace, fold, unfold

# Entries of a block of C's factors that are held at once, 16 MB in float64.
_BLOCK_ENTRIES = 1 << 21
# Largest |nν_i| that the ascent may reach where ℓ* ends at 1: there it is finite but infinitely steep.
INSIDE = 1 - 1e-9


@dataclass(frozen=True, eq=False)
class DualPoint:
    """A point of the dual function. A part whose λ is 0 must be zero.

    Args:
        nu: Slopes of the loss, `(n,)`.
        rho: Slopes of R1 in the values f_L(x_i; P_>W), `(n,)`.
        gamma: Slopes of R3 in the coordinates UᵀW, `(n_k,)`.
        zeta: Where R2 is touched: rows of the distinct neurons, `(distinct, d)`.
        t: Where the square S² is touched, above 0.
    """

    nu: Tensor
    rho: Tensor
    gamma: Tensor
    zeta: Tensor
    t: float

    def finite(self) -> bool:
        """Whether every number is finite."""
        parts = (self.nu, self.rho, self.gamma, self.zeta)
        return math.isfinite(self.t) and all(bool(torch.isfinite(part).all()) for part in parts)


@dataclass(frozen=True, eq=False)
class DualValue:
    """The dual function at one point.

    Args:
        value: The bound, up to rounding: not certified.
        grad: Its gradient, in the shape of a point.
        minima: The minima of the neurons, those of the distinct ones first.
        W: The minimisers w*, `(m, d)`.
    """

    value: float
    grad: DualPoint
    minima: Minima
    W: Tensor


class Dual:
    """The dual function of an objective, in float64.

    Args:
        objective: An objective of the model `second-order`, or `full`, whose second-order model is then meant.

    Raises:
        InputError: If the objective has another model or dtype, λ4 = 0, or directions without a basis.
    """

    def __init__(self, objective: Objective) -> None:
        _check_objective(objective)
        self.objective = _second_order(objective)
        self.network = objective.network
        self.X, self.y, self.loss = objective.sample.X, objective.y, objective.loss
        self.lambda_ = objective.lambda_
        directions = objective.directions
        self.directions = directions if isinstance(directions, Subspace) else None
        self.n_k = self.directions.n_k if self.directions is not None else 0
        size = self.network.distinct * self.network.d
        basis = self.X.new_zeros(size, 0) if self.directions is None else self.directions.half_basis()
        self._basis: Tensor = basis
        self._slopes = objective.sample.sigma(1) * self.network.readout
        self._bends = objective.sample.sigma(2) * self.network.readout
        self._copies = 2 if self.network.paired else 1

    @property
    def n(self) -> int:
        """The number of inputs."""
        return self.X.shape[0]

    def tangent_at(self, W: Tensor, values: Tensor | None = None, t: float | None = None) -> DualPoint:
        """The point at which every piece touches the objective at W `(m, d)`.

        Args:
            W: The movement.
            values: The predictions, if not those of the second-order model at W.
            t: The sum S, if not that of W.
        """
        lambda1, _, lambda3, _ = self.lambda_
        f = self.objective.sample.f_L(W) + self.objective.sample.f_Q(W) if values is None else values
        nu = self.loss.first(self.y, f) / self.n
        if self.loss.lipschitz == 1:
            nu = nu.clamp(-INSIDE / self.n, INSIDE / self.n)
        high = self._project_out(fold(self.network, W))
        return DualPoint(
            nu=nu,
            rho=(self._linear(high) * (2 * lambda1 / self.n)),
            gamma=2 * lambda3 * self._coefficients(fold(self.network, W)),
            zeta=high / self._copies if self.lambda_[1] else torch.zeros_like(high),
            t=float(W.square().sum(dim=1).square().sum()) if t is None else t,
        )

    def evaluate(self, point: DualPoint) -> DualValue:
        """The bound, its gradient and the minimisers.

        Raises:
            InputError: If the point is not feasible (`check_point`).
        """
        self.check_point(point)
        lambda1, lambda2, lambda3, lambda4 = self.lambda_
        b, C, pulled = self.linear_part(point), self.quadratic_part(point), self._covariance(point.zeta)
        minima = (paired_minima if self.network.paired else inner_minima)(b, C, 2 * point.t * lambda4)
        W = minima.w
        star, star1 = self.loss_conjugate(point.nu)
        value = float(minima.value.sum() - star.sum() / self.n) - lambda4 * point.t**2
        seen = fold(self.network, W)
        high, c = self._project_out(seen), self._coefficients(seen)
        f_high = self._linear(high)
        rho = gamma = zeta = None
        if lambda1:
            value -= float(point.rho.square().sum()) * self.n / (4 * lambda1)
            rho = f_high - point.rho * (self.n / (2 * lambda1))
        if lambda2:
            value -= lambda2 * self._copies * float((point.zeta * pulled).sum())
            zeta = 2 * lambda2 * self._covariance(high - self._copies * point.zeta)
        if lambda3:
            value -= float(point.gamma.square().sum()) / (4 * lambda3)
            gamma = c - point.gamma / (2 * lambda3)
        sample = self.objective.sample
        grad = DualPoint(
            nu=sample.f_L(W) + sample.f_Q(W) - star1,
            rho=torch.zeros_like(point.rho) if rho is None else rho,
            gamma=torch.zeros_like(point.gamma) if gamma is None else gamma,
            zeta=torch.zeros_like(point.zeta) if zeta is None else zeta,
            t=2 * lambda4 * (float(W.square().sum(dim=1).square().sum()) - point.t),
        )
        return DualValue(value, grad, minima, W)

    def linear_part(self, point: DualPoint) -> Tensor:
        """The vectors b_r of the distinct neurons, `(distinct, d)`."""
        V = self._slopes.T @ (point.rho[:, None] * self.X) + 2 * self.lambda_[1] * self._covariance(
            point.zeta
        )
        c = point.gamma - self._copies * (self._basis.T @ V.reshape(-1))
        V = V + (self._basis @ c).reshape(V.shape)
        return V + self._slopes.T @ (point.nu[:, None] * self.X)

    def quadratic_part(self, point: DualPoint) -> Tensor:
        """The matrices C_r of the distinct neurons, `(distinct, d, d)`."""
        d = self.network.d
        i, j = torch.triu_indices(d, d)
        upper = torch.zeros(self._bends.shape[1], len(i), dtype=self.X.dtype)
        for rows in torch.split(torch.arange(self.n), max(1, _BLOCK_ENTRIES // len(i))):
            weighted = self._bends[rows] * point.nu[rows, None]
            upper.addmm_(weighted.T, self.X[rows][:, i] * self.X[rows][:, j])
        C = upper.new_empty(len(upper), d, d)
        C[:, i, j] = upper
        C[:, j, i] = upper
        return C

    def loss_conjugate(self, nu: Tensor) -> tuple[Tensor, Tensor]:
        """The values `ℓ*(nν_i)` and the predictions `ℓ*'(nν_i)` at which they are attained, `(n,)` each."""
        slope = self.n * nu
        if self.loss.name == "squared":
            return slope.square() / 4 + slope * self.y, slope / 2 + self.y
        entropy = ((1 + slope) * torch.log1p(slope) + (1 - slope) * torch.log1p(-slope)) / 2
        return slope * self.y + entropy, self.y + torch.atanh(slope)

    def check_point(self, point: DualPoint) -> None:
        """Refuse a point at which the function is -∞ or not a number.

        Raises: InputError: If a shape is wrong, a number is not finite, t ≤ 0, some |nν_i| ≥ 1 for `logcosh`,
        or a part whose λ is 0 is not zero.
        """
        zeta = (self.network.distinct, self.network.d)
        shapes = [tuple(part.shape) for part in (point.nu, point.rho, point.gamma, point.zeta)]
        if shapes != [(self.n,), (self.n,), (self.n_k,), zeta]:
            raise InputError(
                given=f"a dual point with parts of shape {shapes}",
                allowed=f"nu ({self.n},), rho ({self.n},), gamma ({self.n_k},), zeta {zeta}",
                do="take the point from `tangent_at` of the same problem",
            )
        if not point.finite() or not point.t > 0:
            raise InputError(
                given=f"a dual point with t={point.t} and {'finite' if point.finite() else 'non-finite'} entries",
                allowed="finite entries and t > 0; at t = 0 the bound is -∞ wherever a C_r is indefinite",
                do="start from a movement W that is finite and not zero",
            )
        largest = float(point.nu.abs().max()) * self.n
        if self.loss.lipschitz == 1 and not largest < 1:
            raise InputError(
                given=f"a slope nν_i of size {largest:.6g} for the loss {self.loss.name!r}",
                allowed="sizes below 1, where the conjugate is finite",
                do="scale ν down",
            )
        parts = zip(
            self.lambda_, (point.rho, point.zeta, point.gamma), ("rho", "zeta", "gamma"), strict=False
        )
        idle = [name for weight, part, name in parts if weight == 0 and bool((part != 0).any())]
        if idle:
            raise InputError(
                given=f"nonzero {', '.join(idle)} where the regularizer of that part has weight 0",
                allowed="zeros there",
                do="set these parts to 0",
            )

    def _linear(self, seen: Tensor) -> Tensor:
        """f_L at the inputs from what it sees of a movement, `(n,)`."""
        return (self._slopes * (self.X @ seen.T)).sum(dim=1)

    def _coefficients(self, seen: Tensor) -> Tensor:
        return self._basis.T @ seen.reshape(-1)

    def _project_out(self, seen: Tensor) -> Tensor:
        """What f_L sees of P_>W."""
        low = self._basis @ self._coefficients(seen)
        return seen - self._copies * low.reshape(seen.shape)

    def _covariance(self, zeta: Tensor) -> Tensor:
        """The distinct rows of Σζ for the movement (ζ, -ζ), or ζ itself where neurons are not paired."""
        if self.objective.covariance is None or not self.lambda_[1]:
            return torch.zeros_like(zeta)
        return self.objective.covariance.apply(unfold(self.network, zeta))[: self.network.distinct]


def _second_order(objective: Objective) -> Objective:
    """The objective with the second-order model instead of the network."""
    if objective.model == "second-order":
        return objective
    return Objective(
        objective.network,
        objective.sample.X,
        objective.y,
        objective.loss,
        lambda_=objective.lambda_,
        directions=objective.directions,
        covariance=objective.covariance,
        model="second-order",
    )


def _check_objective(objective: Objective) -> None:
    if objective.model not in ("second-order", "full"):
        raise InputError(
            given=f"an objective of the model {objective.model!r}",
            allowed="'second-order', or 'full' for the bound on its second-order model",
            do="train one of these models",
        )
    if objective.network.dtype != torch.float64:
        raise InputError(
            given=f"an objective in {objective.network.dtype}",
            allowed="float64",
            do="use problem.in_float64().objective()",
        )
    if not objective.lambda_[3] > 0:
        raise InputError(
            given="λ4 = 0",
            allowed="λ4 > 0: without R4 the objective has no lower bound of this kind",
            do="train with a positive λ4",
        )
    if objective.directions is not None and not isinstance(objective.directions, Subspace):
        raise InputError(
            given=f"good directions of type {type(objective.directions).__name__}",
            allowed="a training.subspace.Subspace, whose basis is at hand",
            do="compute them with moment_directions or good_directions",
        )
