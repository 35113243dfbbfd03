"""Ascent of the dual function by L-BFGS, in units in which its quadratic parts have unit curvature.

The parts of a point live on scales that differ by orders of magnitude: `-nν²/4`, `-nρ²/(4λ1)`, `-γ²/(4λ3)`,
`-λ2⟨ζ,Σζ⟩`, `-λ4t²`. From the tangent at a relaxed minimiser (`training.dual_relaxed`) some dozen iterations
recover most of what the unfinished descent there costs, for it is the matrices C_r + 4cs I with slightly
negative eigenvalues that cost it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import scipy.optimize
import torch

from theory.errors import InputError
from training.dual import INSIDE, Dual, DualPoint, DualValue

Vector = npt.NDArray[np.float64]


def dual_ascent(
    dual: Dual,
    point: DualPoint,
    *,
    steps: int,
    callback: Callable[[int, float], None] | None = None,
) -> tuple[DualPoint, DualValue]:
    """The best point found from a start, never worse than the start.

    Args:
        dual: The dual function.
        point: Where to start.
        steps: L-BFGS iterations at most, 0 or more.
        callback: Called with (iteration, best bound so far).

    Raises:
        InputError: If the start is not feasible, or `steps` is negative.
    """
    if steps < 0:
        raise InputError(given=f"{steps} ascent steps", allowed="0 or more", do="use 0 for no ascent")
    scales = _scales(dual, point)
    best, value = point, dual.evaluate(point)
    if steps == 0:
        return best, value
    iteration = 0

    def negated(vector: Vector) -> tuple[float, Vector]:
        nonlocal best, value
        tried = _unpack(vector, point, scales)
        found = dual.evaluate(tried)
        if found.value > value.value:
            best, value = tried, found
        return -found.value, -_pack(found.grad, 1 / scales)

    def keep(_: object) -> None:
        nonlocal iteration
        iteration += 1
        if callback is not None:
            callback(iteration, value.value)

    start = _pack(point, scales)
    bound = np.full(len(start), math.inf)
    if dual.loss.lipschitz == 1:
        bound[: dual.n] = scales[: dual.n] * (INSIDE / dual.n)
    lower = -bound
    # t stays above 0, where the quartic part would vanish.
    lower[-1] = start[-1] * 1e-3
    scipy.optimize.minimize(
        negated,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=scipy.optimize.Bounds(lower, bound),
        callback=keep,
        options={"maxiter": steps, "maxfun": 2 * steps + 20, "ftol": 0.0, "gtol": 1e-12, "maxcor": 20},
    )
    return best, value


def _scales(dual: Dual, point: DualPoint) -> Vector:
    """Factors from the numbers of a point to the variables; a part without weight has slope 0 and stays at 0."""
    lambda1, lambda2, lambda3, lambda4 = dual.lambda_
    sizes = (point.nu.numel(), point.rho.numel(), point.gamma.numel(), point.zeta.numel(), 1)
    # ζ enters through Σ, whose eigenvalues beyond P_≤ are well below 1: about 1/9.
    factors = (
        math.sqrt(dual.n / 2),
        math.sqrt(dual.n / (2 * lambda1)) if lambda1 else 1.0,
        1 / math.sqrt(2 * lambda3) if lambda3 else 1.0,
        math.sqrt(2 * lambda2) / 3 if lambda2 else 1.0,
        math.sqrt(2 * lambda4),
    )
    return np.concatenate([np.full(size, factor) for size, factor in zip(sizes, factors, strict=True)])


def _pack(point: DualPoint, factors: Vector) -> Vector:
    parts = (point.nu, point.rho, point.gamma, point.zeta)
    flat = np.concatenate([*(part.reshape(-1).numpy() for part in parts), [point.t]])
    packed: Vector = flat * factors
    return packed


def _unpack(vector: Vector, like: DualPoint, scales: Vector) -> DualPoint:
    flat = torch.from_numpy(vector / scales)
    sizes = [like.nu.numel(), like.rho.numel(), like.gamma.numel(), like.zeta.numel(), 1]
    nu, rho, gamma, zeta, t = torch.split(flat, sizes)
    return DualPoint(nu, rho, gamma, zeta.reshape(like.zeta.shape), float(t))
