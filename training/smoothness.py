"""How fast the gradient of the objective can turn: a constant β with ‖∇²L_λ(W)‖ ≤ β wherever L_λ(W) ≤ level.

No term of L_λ is negative, so on that sublevel set the mean loss is at most `level` and `T = Σ_r ‖w_r‖⁴` at most
`(level/λ4)^{1/2}`. With κ = ‖XᵀX/n‖, M_j = sup|σ^{(j)}|, b = sup ℓ'', and by Cauchy and Schwarz:

| part of the Hessian | bound |
| --- | --- |
| Gauss-Newton | `b s² κ`, s = M_1 (full, linear), `M_1 + M_2 t` (second-order), `M_2 t` (quadratic) |
| bends of the neurons | `M_2 m^{-1/2} min(max|ℓ'| κ, rms(ℓ') max‖x‖ √κ)`, with ℓ'² ≤ 2bℓ |
| λ1 R1, λ2 R2, λ3 R3 | `2 λ1 ‖P_>ΦᵀΦP_>‖/n`, `2 λ2 M_1² ‖E x xᵀ‖`, `2 λ3` |
| λ4 R4 | `56 λ4 T^{3/2}`, at most `56 λ4^{1/4} level^{3/4}` |

where `t² = (1/m) max_i Σ_r (w_r·x_i)² ≤ m^{-1/2} max‖x‖² T^{1/2}`. A step W - lr ∇L_λ(W) from a W in the set,
lr < 2/β, stays in the set: on the segment the objective cannot return to its level. So the descent inequality

    L_λ(W - lr ∇L_λ(W)) ≤ L_λ(W) - lr (1 - lr β/2) ‖∇L_λ(W)‖²

holds at every step of gradient descent without momentum, and `min_t ‖∇L_λ(W_t)‖² ≤ 2β (L_λ(W_0) - L_λ(W_N))/N` at
lr = 1/β (Nesterov 2004).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from theory.errors import InputError
from training.activation import Activation
from training.objective import Objective

# The Gram matrix of more points than this is not decomposed: R1 then has the bound M_1² κ.
_LARGEST_GRAM = 2000
# (M_1, M_2): σ' and σ'' of a shifted function have the suprema of the function itself.
_SUPREMA: dict[str, tuple[float, float]] = {
    "sincos": (math.sqrt(2), math.sqrt(2)),
    "tanh": (1.0, 4 / (3 * math.sqrt(3))),
    "erf": (2 / math.sqrt(math.pi), 2 * math.sqrt(2 / (math.pi * math.e))),
    "softplus": (1.0, 0.25),
    # σ' = Φ(z) + z φ(z) is largest at √2, where σ'' = (2 - z²) φ(z) vanishes.
    "gelu": ((1 + math.erf(1)) / 2 + 1 / (math.e * math.sqrt(math.pi)), math.sqrt(2 / math.pi)),
}


@dataclass(frozen=True)
class Smoothness:
    """A bound on the norm of the Hessian where the objective is at most a level.

    Args:
        level: The level.
        parts: The bound for each part of the Hessian, with the weights of the regularizers.
    """

    level: float
    parts: dict[str, float]

    @property
    def total(self) -> float:
        """The constant β."""
        return math.fsum(self.parts.values())

    @property
    def step(self) -> float:
        """The learning rate 1/β, at which the descent inequality promises most."""
        return 1 / self.total


def suprema(activation: Activation) -> tuple[float, float]:
    """`M_1 = sup|σ'|` and `M_2 = sup|σ''|` of a built-in activation, in closed form.

    Raises:
        InputError: For an activation of the user.
    """
    name = activation.name.removesuffix("-shift")
    if name not in _SUPREMA:
        raise InputError(
            given=f"the smoothness constant for the activation {activation.name!r}",
            allowed="a built-in activation, whose suprema have a closed form: "
            + ", ".join(f"{each}-shift" if each == "erf" else each for each in _SUPREMA),
            do="train with a fixed learning rate, or choose a built-in activation",
        )
    return _SUPREMA[name]


def smoothness(objective: Objective, *, level: float) -> Smoothness:
    """The constant β for the sublevel set L_λ ≤ level.

    Args:
        objective: The objective.
        level: The level, such as the objective at the start of a descent.

    Raises:
        InputError: If the level is not finite and positive, the activation is not built in, or the model has a
            quadratic part and λ4 = 0, so that nothing bounds its movement.
    """
    if not 0 < level < math.inf:
        raise InputError(given=f"level {level}", allowed="a positive number", do="pass L_λ at the start")
    M1, M2 = suprema(objective.network.activation)
    sample, m, loss = objective.sample, objective.network.m, objective.loss
    lambda1, lambda2, lambda3, lambda4 = objective.lambda_
    kappa = float(torch.linalg.matrix_norm(sample.X.double(), ord=2)) ** 2 / sample.n
    longest = float(torch.linalg.vector_norm(sample.X.double(), dim=1).max())
    rms = min(loss.lipschitz, math.sqrt(2 * loss.smoothness * level))
    largest = min(loss.lipschitz, math.sqrt(2 * loss.smoothness * level * sample.n))
    slope = _slope(objective, M1, M2, longest, level)
    bend = 0.0 if objective.model == "linear" else M2 / math.sqrt(m)
    parts = {
        "Gauss-Newton": loss.smoothness * slope**2 * kappa,
        "bends": bend * min(largest * kappa, rms * longest * math.sqrt(kappa)),
    }
    if lambda1:
        parts["R1"] = 2 * lambda1 * min(M1**2 * kappa, _high_gram(objective))
    if lambda2 and objective.covariance is not None:
        parts["R2"] = 2 * lambda2 * M1**2 * _input_norm(objective)
    if lambda3:
        parts["R3"] = 2 * lambda3
    if lambda4:
        parts["R4"] = 56 * lambda4**0.25 * level**0.75
    return Smoothness(level, parts)


def _slope(objective: Objective, M1: float, M2: float, longest: float, level: float) -> float:
    """A bound on the root mean square over the neurons of the model's slopes, at every input."""
    if objective.model in ("full", "linear"):
        return M1
    lambda4 = objective.lambda_[3]
    if not lambda4:
        raise InputError(
            given=f"the smoothness constant of the {objective.model} model at λ4 = 0",
            allowed="λ4 > 0, which bounds the movement on a sublevel set",
            do="give λ4 a positive value, or train with a fixed learning rate",
        )
    moved: float = longest * (level / lambda4) ** 0.125 * objective.network.m**-0.25
    return M2 * moved + (M1 if objective.model == "second-order" else 0.0)


def _high_gram(objective: Objective) -> float:
    """`‖P_>ΦᵀΦP_>‖/n`, the largest eigenvalue of `(ΦΦᵀ - ΦU(ΦU)ᵀ)/n`; infinite where that is too large."""
    sample, directions = objective.sample, objective.directions
    if sample.n > _LARGEST_GRAM or directions is None:
        return math.inf
    low = directions.features_low(sample.X).double()
    gram = sample.gram().double() - low @ low.T
    return max(0.0, float(torch.linalg.eigvalsh(gram).max())) / sample.n


def _input_norm(objective: Objective) -> float:
    """`‖E x xᵀ‖` of the covariance's inputs."""
    known = getattr(objective.covariance, "input_norm", None)
    return float(known()) if known is not None else math.inf
