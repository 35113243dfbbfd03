"""The regularized objective L_λ(W), its gradient and Hessian-vector product, each in one pass over the data.

`L_λ(W) = (1/n) Σ_i ℓ(y_i, f(x_i;W)) + λ1 R1 + λ2 R2 + λ3 R3 + λ4 R4` (Nichani, Bai, Lee 2022), for the
network or one of its Taylor models. All is written by hand. A pass goes through blocks of inputs that stay in
the cache: per block one product X Wᵀ gives the movements of all pre-activations, and from them come the
prediction and the linear part; the loss and R1 then share the product that pulls back to W. With the features
ΦU of the good directions at hand, `f_L(P_>W) = f_L(W) - (ΦU)(UᵀW)` needs no projected movement.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from theory.errors import InputError
from training.loss import Loss
from training.network import Network
from training.regularizer import (
    Covariance,
    Directions,
    GroupNorm,
    HighDegreePopulation,
    HighDegreeSample,
    LowDegreeNorm,
    Regularizer,
)
from training.sample import OnSample

MODELS = ("full", "second-order", "linear", "quadratic")

# Entries (rows × neurons) of a block's arrays: 0.8 MB in float32, so that a few of them stay in the cache.
_BLOCK_ENTRIES = 200_000


class Evaluation(NamedTuple):
    """The objective at one W: its value, its gradient `(m, d)` and the unweighted terms by name."""

    value: float
    grad: Tensor
    terms: dict[str, float]


class Objective:
    """The regularized training objective of a network on n labelled inputs.

    Movements W, V and gradients are `(m, d)`. Terms with λ = 0 are not computed and are missing from `terms`.

    Args:
        network: The network at initialization.
        X: Inputs, `(n, d)`, of the network's dtype.
        y: Labels, `(n,)`.
        loss: The loss ℓ.
        lambda_: The weights (λ1, λ2, λ3, λ4) of R1…R4, none negative.
        directions: The good directions; may be None where λ1 = λ2 = λ3 = 0.
        covariance: The feature covariance Σ as an operator; may be None where λ2 = 0.
        model: What is fitted to y: `full` f, `second-order` f_L + f_Q, `linear` f_L, or `quadratic` f_Q.

    Raises:
        InputError: If n < 1, shapes or dtypes do not fit, a λ is negative or infinite, or a part is missing.
    """

    def __init__(
        self,
        network: Network,
        X: Tensor,
        y: Tensor,
        loss: Loss,
        *,
        lambda_: Sequence[float],
        directions: Directions | None = None,
        covariance: Covariance | None = None,
        model: str = "full",
    ) -> None:
        _check_sample(network, X, y)
        _check_model(model)
        self.network = network
        self.sample = network.on(X)
        self.y = y
        self.loss = loss
        self.lambda_ = tuple(float(weight) for weight in lambda_)
        self.directions = directions if any(self.lambda_[:3]) else None
        self.covariance = covariance
        self.model = model
        self.regularizers = _regularizers(self.sample, self.lambda_, directions, covariance)
        self._signs = (network.a / math.sqrt(network.m))[:, None]
        self._low = self.directions.features_low(X) if self.directions and self.lambda_[0] else None

    @property
    def n(self) -> int:
        """The number of labelled inputs."""
        return self.sample.n

    def value(self, W: Tensor) -> float:
        """L_λ(W)."""
        return self._weigh(self.terms(W))

    def terms(self, W: Tensor) -> dict[str, float]:
        """The mean loss under `loss`, and `R1`…`R4` without their weights, those with λ > 0."""
        self._check_movement(W)
        total = 0.0
        for rows in self._blocks():
            f, _, _ = self._predict(rows, self._movements(rows, W), order=0)
            total += float(self.loss.value(self.y[rows], f).sum())
        terms = {"loss": total / self.n}
        for name, (_, regularizer) in self.regularizers.items():
            terms[name] = float(regularizer.value(W))
        return terms

    def value_and_grad(self, W: Tensor) -> tuple[float, Tensor]:
        """L_λ(W) and ∇L_λ(W), which share one pass."""
        value, grad, _ = self.evaluate(W)
        return value, grad

    def grad(self, W: Tensor) -> Tensor:
        """∇L_λ(W)."""
        return self.evaluate(W).grad

    def evaluate(self, W: Tensor) -> Evaluation:
        """L_λ(W), ∇L_λ(W) and the terms, which share one pass.

        Loss and R1 share the product that pulls back: row r of both is
        `m^{-1/2} a_r Σ_i [ν_i σ'((w0_r+w_r)·x_i) + ρ_i σ'(w0_r·x_i)] x_i`, less the lift of `(ΦU)ᵀρ`, with
        `ν_i = ℓ'_i / n` and `ρ_i = 2 λ1 f_L(x_i; P_>W) / n`.
        """
        self._check_movement(W)
        lambda1, lambda2, lambda3, lambda4 = self.lambda_
        terms = {"loss": 0.0} | dict.fromkeys(self.regularizers, 0.0)
        c = self.directions.coefficients(W) if self.directions is not None else W.new_zeros(0)
        low = (2 * lambda3) * c
        total = torch.zeros_like(W)
        for rows in self._blocks():
            moved = self._movements(rows, W)
            f, slopes, _ = self._predict(rows, moved, order=1)
            y = self.y[rows]
            terms["loss"] += float(self.loss.value(y, f).sum())
            weights = slopes * (self.loss.first(y, f) / self.n)[:, None, None]
            if self._low is not None:
                high = self._linear(rows, moved) - self._low[rows] @ c
                terms["R1"] += float(high.square().sum())
                rho = high * (2 * lambda1 / self.n)
                weights.addcmul_(self.sample.sigma(1)[rows, None], rho[:, None, None])
                low -= self._low[rows].T @ rho
            total.addmm_(weights.flatten(1).T, self.sample.X[rows])
        total *= self._signs
        terms["loss"] /= self.n
        if lambda1:
            terms["R1"] /= self.n
        if self.directions is not None:
            if self.covariance is not None and lambda2:
                projected = W - self.directions.lift(c)
                pulled = self.covariance.apply(projected)
                terms["R2"] = float((projected * pulled).sum())
                total.add_(pulled, alpha=2 * lambda2)
                low -= (2 * lambda2) * self.directions.coefficients(pulled)
            if lambda3:
                terms["R3"] = float(c.square().sum())
            total += self.directions.lift(low)
        if lambda4:
            squares = W.square().sum(dim=1, keepdim=True)
            S = squares.square().sum()
            terms["R4"] = float(S.square())
            total.addcmul_(squares * (8 * lambda4 * S), W)
        return Evaluation(self._weigh(terms), total, terms)

    def hvp(self, W: Tensor, V: Tensor) -> Tensor:
        """∇²L_λ(W)[V,·].

        The loss contributes `(1/n) Σ_i [ℓ''_i (∇f_i·V) ∇f_i + ℓ'_i ∇²f_i[V,·]]`, each regularizer its own.
        """
        self._check_movement(W)
        self._check_movement(V)
        total = torch.zeros_like(W)
        for rows in self._blocks():
            f, slopes, bends = self._predict(rows, self._movements(rows, W), order=2)
            moved = self._movements(rows, V)
            first = self.loss.first(self.y[rows], f) / self.n
            second = self.loss.second(self.y[rows], f) / self.n
            weights = slopes * (second * self._sum(slopes * moved))[:, None, None]
            weights += bends * moved * first[:, None, None]
            total.addmm_(weights.flatten(1).T, self.sample.X[rows])
        total *= self._signs
        for lambda_, regularizer in self.regularizers.values():
            total.add_(regularizer.hvp(W, V), alpha=lambda_)
        return total

    def _blocks(self) -> list[slice]:
        step = max(1, _BLOCK_ENTRIES // self.network.m)
        return [slice(start, min(start + step, self.n)) for start in range(0, self.n, step)]

    def _movements(self, rows: slice, W: Tensor) -> Tensor:
        """`w_r·x_i`, `(rows, pairs, distinct)`: axis 1 is the member of a pair, of length 1 if unpaired."""
        flat = self.sample.X[rows] @ W.T
        return flat.view(flat.shape[0], -1, self.network.distinct)

    def _predict(self, rows: slice, moved: Tensor, *, order: int) -> tuple[Tensor, Tensor, Tensor]:
        """The model's values at the rows, and per neuron the slopes and bends of its first two derivatives.

        `∇f_i` has rows `m^{-1/2} a_r slopes_ir x_i`, `∇²f_i` diagonal blocks `m^{-1/2} a_r bends_ir x_i x_iᵀ`.
        What lies beyond the order asked for may be empty; all broadcast against `moved`.
        """
        sigma = self.sample.sigma
        if self.model == "full":
            z = moved + self.sample.z0[rows, None]
            derivatives = self.network.activation.derivatives(z, order)
            parts = [*derivatives, z.new_empty(0), z.new_empty(0)]
            return self._sum(parts[0]), parts[1], parts[2]
        if self.model == "linear":
            return self._linear(rows, moved), sigma(1)[rows, None].expand_as(moved), torch.zeros_like(moved)
        bends = sigma(2)[rows, None]
        slopes = bends * moved
        values = self._sum(slopes * moved) / 2
        if self.model == "second-order":
            slopes += sigma(1)[rows, None]
            values += self._linear(rows, moved)
        return values, slopes, bends

    def _linear(self, rows: slice, moved: Tensor) -> Tensor:
        """f_L at the rows: the movements of a pair enter by their difference."""
        difference = moved[:, 0] - moved[:, 1] if self.network.paired else moved[:, 0]
        return (difference * self.sample.sigma(1)[rows]) @ self.network.readout

    def _sum(self, values: Tensor) -> Tensor:
        """m^{-1/2} Σ_r a_r values_r: the members of a pair are subtracted before the sum, so f(x;0) = 0.0."""
        return (values[:, 0] - values[:, 1] if self.network.paired else values[:, 0]) @ self.network.readout

    def _weigh(self, terms: dict[str, float]) -> float:
        return terms["loss"] + sum(weight * terms[name] for name, (weight, _) in self.regularizers.items())

    def _check_movement(self, W: Tensor) -> None:
        if W.shape != self.network.w0.shape or W.dtype != self.network.dtype:
            raise InputError(
                given=f"movement of shape {tuple(W.shape)} and {W.dtype}",
                allowed=f"shape {tuple(self.network.w0.shape)} and {self.network.dtype}",
                do="pass one row per neuron, in the dtype of the network",
            )


def _regularizers(
    sample: OnSample, lambda_: Sequence[float], directions: Directions | None, covariance: Covariance | None
) -> dict[str, tuple[float, Regularizer]]:
    """The regularizers with positive weight, by name, each with its weight."""
    if len(lambda_) != 4 or not all(math.isfinite(weight) and weight >= 0 for weight in lambda_):
        raise InputError(
            given=f"regularizer weights λ={tuple(lambda_)}",
            allowed="four finite numbers (λ1, λ2, λ3, λ4), none negative",
            do="use 0 for a term that should be left out",
        )
    found: dict[str, tuple[float, Regularizer]] = {}
    for name, weight in zip(("R1", "R2", "R3", "R4"), lambda_, strict=True):
        if weight == 0:
            continue
        if name == "R4":
            found[name] = weight, GroupNorm()
        elif directions is None or (name == "R2" and covariance is None):
            raise InputError(
                given=f"λ for {name} is {weight}, with directions={directions} and covariance={covariance}",
                allowed="directions where one of λ1, λ2, λ3 is positive, and a covariance where λ2 is",
                do="pass them, or set these λ to 0",
            )
        elif name == "R1":
            found[name] = weight, HighDegreeSample(directions, sample)
        elif name == "R3":
            found[name] = weight, LowDegreeNorm(directions)
        elif covariance is not None:
            found[name] = weight, HighDegreePopulation(directions, covariance)
    return found


def _check_sample(network: Network, X: Tensor, y: Tensor) -> None:
    if X.ndim != 2 or X.shape[0] < 1:
        raise InputError(
            given=f"inputs of shape {tuple(X.shape)}",
            allowed=f"shape (n, {network.d}) with n of 1 or more",
            do="pass at least one training input",
        )
    if y.shape != X.shape[:1] or y.dtype != network.dtype:
        raise InputError(
            given=f"labels of shape {tuple(y.shape)} and {y.dtype}",
            allowed=f"shape ({X.shape[0]},) and {network.dtype}",
            do="pass one label per input, in the dtype of the network",
        )


def _check_model(model: str) -> None:
    if model not in MODELS:
        near = difflib.get_close_matches(model, MODELS, n=1)
        raise InputError(
            given=f"model {model!r}",
            allowed=f"one of {', '.join(MODELS)}",
            do=f"did you mean {near[0]!r}?" if near else "choose one of these names",
        )
