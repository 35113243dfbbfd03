r"""The relaxed objective, whose minimum is the largest dual bound, and the descent from it to a good W.

Give every neuron a random movement: `w_r = u_r ± e_r` with a fair sign. The mean of the second-order model is
then `f_L(x;u) + f_Q(x;u) + f_Q(x;e)`, and

    `L^rel(u, e) = (1/n) Σ_i ℓ(y_i, ·) + λ1 R1(u) + λ2 R2(u) + λ3 R3(u) + λ4 (Σ_r (‖u_r‖² + ‖e_r‖²)²)²`

is the objective with `w_r w_rᵀ` replaced by `M_r = u_r u_rᵀ + e_r e_rᵀ` and ‖w_r‖² by tr M_r. In (u, M), M ⪰
uuᵀ, it is convex: the dual of the dual. So `dual ≤ inf L^rel ≤ inf L_λ`, and the tangent at a minimiser (u, e)
is a dual point whose bound is `L^rel(u, e)` itself, wherever no neuron asks for an M of higher rank (Burer,
Monteiro 2003). The dual function is steep and, in the hard case, not smooth; L^rel is a polynomial in (u, e),
and L-BFGS minimises it.

A penalty `κ Σ‖e_r‖²` that grows step by step turns the fair signs into decided ones and ends at e = 0:
graduated nonconvexity (Blake, Zisserman 1987), which finds lower minima of L_λ than a descent from a random
start.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from theory.errors import InputError
from training.dual import Dual, DualPoint
from training.objective import Evaluation
from training.optimize import Minimization, Record, lbfgs
from training.sphere import generator

# Entries (rows × neurons) of a block's arrays, as in training.objective.
_BLOCK_ENTRIES = 200_000
# Penalties κ in units of 8 λ4 S mean‖w‖², the curvature of R4: from no effect to no e left.
_PENALTIES = (0.03, 0.1, 0.2, 0.4, 0.8, 1.6)
_STEPS, _FINAL_STEPS = 60, 300
GRADUATED_STEPS = len(_PENALTIES) * _STEPS + _FINAL_STEPS


class Relaxed:
    """The relaxed objective as a function of Z = (u, e), `(2, m, d)`; see `training.optimize.Differentiable`.

    Args:
        dual: The dual function of the objective.
        penalty: The weight κ of `Σ‖e_r‖²`.
    """

    def __init__(self, dual: Dual, *, penalty: float = 0.0) -> None:
        self.dual = dual
        self.penalty = penalty
        objective = dual.objective
        self._sample, self._network = objective.sample, objective.network
        self._low = dual.directions.features_low(dual.X) if dual.directions and dual.lambda_[0] else None

    def evaluate(self, Z: Tensor) -> Evaluation:
        """Value, gradient `(2, m, d)` and terms; `loss` is that of the mean prediction."""
        dual, net = self.dual, self._network
        lambda1, lambda2, lambda3, lambda4 = dual.lambda_
        u, n, h = Z[0], dual.n, net.distinct
        directions, covariance = dual.directions, dual.objective.covariance
        c = directions.coefficients(u) if directions is not None else u.new_zeros(0)
        low = 2 * lambda3 * c
        terms = {"loss": 0.0} | dict.fromkeys(dual.objective.regularizers, 0.0)
        pulled = torch.zeros_like(Z)
        for rows in self._blocks():
            X = dual.X[rows]
            moved = (X @ Z.reshape(-1, net.d).T).view(len(X), 2, -1, h)
            first, second = self._sample.sigma(1)[rows], self._sample.sigma(2)[rows]
            bent = moved * second[:, None, None]
            seen = moved[:, 0, 0] - moved[:, 0, 1] if net.paired else moved[:, 0, 0]
            squares = (bent * moved).sum(dim=1)
            both = squares[:, 0] - squares[:, 1] if net.paired else squares[:, 0]
            f_L = (seen * first) @ net.readout
            f = f_L + both @ net.readout / 2
            y = dual.y[rows]
            terms["loss"] += float(dual.loss.value(y, f).sum())
            nu = dual.loss.first(y, f) / n
            slope = nu
            if self._low is not None:
                high = f_L - self._low[rows] @ c
                terms["R1"] += float(high.square().sum())
                rho = high * (2 * lambda1 / n)
                low = low - self._low[rows].T @ rho
                slope = nu + rho
            bent *= nu[:, None, None, None]
            bent[:, 0] += (first * slope[:, None])[:, None]
            pulled.view(-1, net.d).addmm_(bent.flatten(1).T, X)
        pulled *= (net.a / math.sqrt(net.m))[:, None]
        terms["loss"] /= n
        if lambda1:
            terms["R1"] /= n
        if directions is not None:
            if covariance is not None and lambda2:
                projected = u - directions.lift(c)
                spread = covariance.apply(projected)
                terms["R2"] = float((projected * spread).sum())
                pulled[0].add_(spread, alpha=2 * lambda2)
                low = low - 2 * lambda2 * directions.coefficients(spread)
            if lambda3:
                terms["R3"] = float(c.square().sum())
            pulled[0] += directions.lift(low)
        squares = Z.square().sum(dim=(0, 2))
        S = squares.square().sum()
        terms["R4"] = float(S.square())
        pulled.addcmul_((8 * lambda4 * S * squares)[:, None], Z)
        value = terms["loss"] + sum(
            weight * terms[name] for name, (weight, _) in dual.objective.regularizers.items()
        )
        if self.penalty:
            value += self.penalty * float(Z[1].square().sum())
            pulled[1].add_(Z[1], alpha=2 * self.penalty)
        return Evaluation(value, pulled, terms)

    def tangent_at(self, Z: Tensor) -> DualPoint:
        """The dual point at which every piece touches the relaxed objective at Z."""
        values = self._sample.f_L(Z[0]) + self._sample.f_Q(Z[0]) + self._sample.f_Q(Z[1])
        t = float(Z.square().sum(dim=(0, 2)).square().sum())
        return self.dual.tangent_at(Z[0], values, t)

    def _blocks(self) -> list[slice]:
        step = max(1, _BLOCK_ENTRIES // (2 * self._network.m))
        return [slice(start, min(start + step, self.dual.n)) for start in range(0, self.dual.n, step)]


def spread_start(W: Tensor, *, seed: int) -> Tensor:
    """The pair (W, e) with a random e of W's size, `(2, m, d)`: a start at e = 0 would stay there.

    Raises:
        InputError: If W is zero or not finite.
    """
    size = float(W.square().mean().sqrt())
    if not (0 < size < math.inf):
        raise InputError(
            given="a movement that is zero or not finite",
            allowed="a finite W other than 0",
            do="train first, or draw a random W",
        )
    e = torch.randn(W.shape, generator=generator(seed, "spread"), dtype=torch.float64)
    return torch.stack((W, e * size))


def graduated_descent(
    dual: Dual,
    Z: Tensor,
    *,
    steps: int = _STEPS,
    final_steps: int = _FINAL_STEPS,
    penalties: tuple[float, ...] = _PENALTIES,
    callback: Callable[[Record], None] | None = None,
) -> Minimization:
    """From a minimiser (u, e) of the relaxed objective to a low minimum W of the second-order objective.

    Args:
        dual: The dual function.
        Z: A minimiser of the relaxed objective, `(2, m, d)`.
        steps: L-BFGS iterations per penalty.
        final_steps: L-BFGS iterations on the objective itself.
        penalties: The penalties, rising, in units of the curvature of R4 at Z.
        callback: Called with the record of every iteration; at most `GRADUATED_STEPS` times with the defaults.

    Raises:
        InputError: If a setting is out of range.
        DivergenceError: If the objective is not finite.
    """
    squares = Z.square().sum(dim=(0, 2))
    unit = float(8 * dual.lambda_[3] * squares.square().sum() * squares.mean())
    for penalty in penalties:
        Z = lbfgs(Relaxed(dual, penalty=penalty * unit), Z, max_iter=steps, callback=callback).W
    # Little is left of e; one sign for all of it, or none, whichever is lowest.
    start = min((Z[0], Z[0] + Z[1], Z[0] - Z[1]), key=dual.objective.value)
    return lbfgs(dual.objective, start, max_iter=final_steps, tolerance=1e-8, callback=callback)
