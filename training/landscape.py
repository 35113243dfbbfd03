"""The landscape at any movement W, held against a competitor (W_L, W_Q): every term of the landscape identity.

A competitor has the values `f*_i = f_L(x_i; W_L) + f_Q(x_i; W_Q)`. With the loss L(W) = (1/n) Σ ℓ(y_i, f_i) of the
second-order model or the full network, `X_i(U,V) = m^{-1/2} Σ_r a_r σ''(w0_r·x_i)(u_r·x_i)(v_r·x_i)`, neuron
r's part `g_r(x_i)` of ∇f_i·W_Q, fair signs S, and means over the sample in the brackets of ℓ', ℓ'':

    (1/n) Σ ℓ'_i (f*_i - f_i) = ⟨∇L, W_L⟩ - ⟨ℓ', X(W,W_L)⟩ + ½ E_S ∇²L[W_Q⊙S, W_Q⊙S] - ½⟨ℓ'', Σ_r g_r²⟩
                            - ½⟨∇L, W⟩ - ½⟨∇L, P_≤W⟩ + ½⟨ℓ', X(W, P_≤W)⟩ - ½⟨ℓ', f_L(P_>W)⟩ - (Taylor remainder)

for every W; the Taylor remainder is 0 for the second-order model. As ℓ is convex, the left side is at most
L(f*) - L(W): where the gradient is small and the Hessian has no large negative eigenvalue, W is nearly as good as
every competitor (`stationary_bound`). Everything is written by hand, in one pass over blocks of inputs.

Source: the argument of Bai and Lee 2020 and Nichani, Bai, Lee 2022; this form of it is this project's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from theory.errors import InputError
from training.network import Network
from training.objective import Objective
from training.subspace import Subspace

MODELS = ("second-order", "full")
# Entries (rows × neurons) of a block's arrays: 4 MB in float64.
_BLOCK_ENTRIES = 500_000


@dataclass(frozen=True, eq=False)
class Competitor:
    """A pair of movements (W_L, W_Q), one for each part of the second-order model, `(m, d)` each."""

    linear: Tensor
    quadratic: Tensor

    def values(self, objective: Objective) -> Tensor:
        """`f*_i = f_L(x_i; W_L) + f_Q(x_i; W_Q)`, `(n,)`."""
        return objective.sample.f_L(self.linear) + objective.sample.f_Q(self.quadratic)

    def loss(self, objective: Objective) -> float:
        """The mean loss L(f*) on the sample."""
        return float(objective.loss.value(objective.y, self.values(objective)).mean())


@dataclass(frozen=True)
class Identity:
    """Both sides of the landscape identity at one W.

    Args:
        gap: The left side, (1/n) Σ ℓ'_i (f*_i - f_i).
        terms: The terms of the right side with their signs and factors, by name.
        size: Sum of the absolute values of everything that is added up, to which rounding is relative.
    """

    gap: float
    terms: dict[str, float]
    size: float

    @property
    def total(self) -> float:
        """The right side."""
        return math.fsum(self.terms.values())


@dataclass(frozen=True)
class StationaryBound:
    """What near stationarity of L_λ says about L(W) - L(f*).

    Args:
        gap: L(W) - L(f*), which is at most `tangent` by convexity, and that at most `total`.
        tangent: (1/n) Σ ℓ'_i (f_i - f*_i).
        gradient: `ε ‖V‖_F`, V = W_L - ½W - ½P_≤W.
        curvature: `½ γ ‖W_Q‖_F²`.
        coupling: `⟨ℓ', X(W, W_L - ½P_≤W)⟩ + ½⟨ℓ'', Σ_r g_r²⟩ + ½⟨ℓ', f_L(P_>W)⟩`, means over the sample.
        taylor: The Taylor remainder, 0 for the second-order model: the coupling error of the full network.
        regularizers: `λ_j (⟨∇R_j, V⟩ + ½ E_S ∇²R_j[W_Q⊙S, W_Q⊙S])` for each regularizer with λ_j > 0.
    """

    gap: float
    tangent: float
    gradient: float
    curvature: float
    coupling: float
    taylor: float
    regularizers: dict[str, float]

    @property
    def total(self) -> float:
        """The bound on `tangent`, and so on `gap`."""
        own = (self.gradient, self.curvature, self.coupling, self.taylor)
        return math.fsum((*own, *self.regularizers.values()))


def identity(objective: Objective, W: Tensor, competitor: Competitor) -> Identity:
    """Both sides of the landscape identity for the objective's loss, best in float64.

    Args:
        objective: Gives sample, labels, loss, model and P_≤ (0 where it has no good directions).
        W: The movement, `(m, d)`.
        competitor: The competitor.

    Raises:
        InputError: If the model is neither the second-order one nor the full network.
    """
    low = _low(objective, W)
    sums, slope = _sample_sums(objective, W, competitor, low)
    along = {name: float((slope * V).sum()) for name, V in (("L", competitor.linear), ("W", W), ("P", low))}
    terms = {
        "gradient along W_L": along["L"],
        "coupling of W and W_L": -sums["X(W,W_L)"],
        "mean curvature along W_Q": 0.5 * (sums["energy"] + sums["bend"]),
        "energy of the neurons": -0.5 * sums["energy"],
        "gradient along W": -0.5 * along["W"],
        "gradient along P_low W": -0.5 * along["P"],
        "coupling of W and P_low W": 0.5 * sums["X(W,P_low W)"],
        "high-degree linear part": -0.5 * sums["high"],
        "Taylor remainder": -sums["Taylor"],
    }
    norms = (torch.linalg.vector_norm(V) for V in (competitor.linear, W, low))
    size = sums["size"] + float(torch.linalg.vector_norm(slope) * sum(norms))
    return Identity(sums["gap"], terms, size)


def signed_curvature(objective: Objective, W: Tensor, quadratic: Tensor) -> float:
    """`E_S ∇²L[W_Q⊙S, W_Q⊙S] = Σ_r w_Q,rᵀ (∇²L)_rr w_Q,r` of the loss alone.

    Raises:
        InputError: As `identity`.
    """
    sums, _ = _sample_sums(objective, W, Competitor(torch.zeros_like(W), quadratic), _low(objective, W))
    return sums["energy"] + sums["bend"]


def signed_regularizer_curvatures(objective: Objective, W: Tensor, quadratic: Tensor) -> dict[str, float]:
    """`E_S ∇²R_j[W_Q⊙S, W_Q⊙S]` of each regularizer with λ_j > 0, unweighted: only diagonal blocks are left.

    With C_r = U_rᵀ w_Q,r: R1 has `(2/n) Σ_ir (m^{-1/2} a_r σ'(w0_r·x_i)(w_Q,r·x_i) - (ΦU C_r)_i)²`, R2 has
    `2 Σ_r (w_Q,rᵀ Σ_rr w_Q,r - 2 C_r·(UᵀΣ)_r w_Q,r + C_rᵀ UᵀΣU C_r)`, R3 has `2 Σ_r ‖C_r‖²`, and R4
    `8T Σ_r (‖w_r‖²‖w_Q,r‖² + 2(w_r·w_Q,r)²) + 32 Σ_r ‖w_r‖⁴ (w_r·w_Q,r)²`, T = Σ_r ‖w_r‖⁴.

    Raises:
        InputError: If the good directions are no `Subspace`.
    """
    Q, found = quadratic, {}
    if any(name in objective.regularizers for name in ("R1", "R2", "R3")):
        directions = _subspace(objective)
        C = _per_neuron(objective.network, directions.half_basis(), Q)
        if "R1" in objective.regularizers:
            found["R1"] = 2 * _high_energy(objective, directions, Q, C)
        if "R2" in objective.regularizers and objective.covariance is not None:
            eye = torch.eye(directions.n_k, dtype=Q.dtype)
            images = torch.stack([objective.covariance.apply(directions.lift(each)) for each in eye], dim=2)
            mixed = (C * torch.einsum("rik,ri->rk", images, Q)).sum()
            basis = torch.stack([directions.coefficients(images[:, :, k]) for k in range(directions.n_k)])
            own = _diagonal_energy(objective, Q)
            found["R2"] = 2 * float(own - 2 * mixed + ((C @ basis) * C).sum())
        if "R3" in objective.regularizers:
            found["R3"] = 2 * float(C.square().sum())
    if "R4" in objective.regularizers:
        squares, inner = W.square().sum(dim=1), (W * Q).sum(dim=1)
        T = squares.square().sum()
        near = 8 * T * (squares * Q.square().sum(dim=1) + 2 * inner.square()).sum()
        found["R4"] = float(near + 32 * (squares * inner).square().sum())
    return found


def stationary_bound(
    objective: Objective, W: Tensor, competitor: Competitor, *, gradient_norm: float, negative: float
) -> StationaryBound:
    """The bound on L(W) - L(f*) at a W with `‖∇L_λ(W)‖_F ≤ ε` and `∇²L_λ(W) ⪰ -γ I`.

    Args:
        objective: The objective L_λ of the second-order model or of the full network, best in float64.
        W: The movement, `(m, d)`.
        competitor: Any competitor.
        gradient_norm: ε.
        negative: γ, 0 or more.

    Raises:
        InputError: As `identity`, or if ε or γ is negative.
    """
    if not (gradient_norm >= 0 and negative >= 0):
        raise InputError(
            given=f"gradient norm {gradient_norm}, negative curvature {negative}",
            allowed="two numbers that are 0 or more",
            do="pass ε ≥ ‖∇L_λ(W)‖ and γ ≥ max(0, -λ_min)",
        )
    low = _low(objective, W)
    sums, _ = _sample_sums(objective, W, competitor, low)
    V = competitor.linear - 0.5 * W - 0.5 * low
    bends = signed_regularizer_curvatures(objective, W, competitor.quadratic)
    regularizers = {
        name: weight * (float((regularizer.grad(W) * V).sum()) + 0.5 * bends[name])
        for name, (weight, regularizer) in objective.regularizers.items()
    }
    return StationaryBound(
        gap=objective.terms(W)["loss"] - competitor.loss(objective),
        tangent=-sums["gap"],
        gradient=gradient_norm * float(torch.linalg.vector_norm(V)),
        curvature=0.5 * negative * float(competitor.quadratic.square().sum()),
        coupling=sums["X(W,W_L)"] - 0.5 * sums["X(W,P_low W)"] + 0.5 * (sums["energy"] + sums["high"]),
        taylor=sums["Taylor"],
        regularizers=regularizers,
    )


def _sample_sums(
    objective: Objective, W: Tensor, competitor: Competitor, low: Tensor
) -> tuple[dict[str, float], Tensor]:
    """The means over the sample that the identity needs, and ∇L(W) of the loss alone."""
    _check_model(objective)
    network = objective.network
    signs = network.a / math.sqrt(network.m)
    names = ("gap", "X(W,W_L)", "X(W,P_low W)", "energy", "bend", "high", "Taylor", "size")
    total, slope = dict.fromkeys(names, 0.0), torch.zeros_like(W)
    step = max(1, _BLOCK_ENTRIES // network.m)
    for start in range(0, objective.n, step):
        X, y = objective.sample.X[start : start + step], objective.y[start : start + step]
        on = network.on(X)
        w, l, q, p = (X @ each.T for each in (W, competitor.linear, competitor.quadratic, low))
        first, second = network.sigma(1, X), network.sigma(2, X)
        best = (first * l + 0.5 * second * q.square()) @ signs
        model = (first * w + 0.5 * second * w.square()) @ signs
        slopes, bends, f, taylor = first + second * w, second, model, torch.zeros_like(model)
        if objective.model == "full":
            f = on.f(W)
            z = X @ (network.w0 + W).T
            full = network.activation.derivative(z, 1), network.activation.derivative(z, 2)
            turned = (full[0] - slopes) * (l - 0.5 * w - 0.5 * p) + 0.5 * (full[1] - bends) * q.square()
            taylor = f - model + turned @ signs
            slopes, bends = full
        nu = objective.loss.first(y, f) / objective.n
        curvature = objective.loss.second(y, f) / objective.n
        parts = {
            "gap": nu * (best - f),
            "X(W,W_L)": nu * ((second * w * l) @ signs),
            "X(W,P_low W)": nu * ((second * w * p) @ signs),
            "energy": curvature * (slopes * q).square().sum(dim=1) / network.m,
            "bend": nu * ((bends * q.square()) @ signs),
            "high": nu * ((first * (w - p)) @ signs),
            "Taylor": nu * taylor,
            "size": nu.abs() * (((first * l).abs() + (second * q.square()).abs()) @ signs.abs()),
        }
        for name, part in parts.items():
            total[name] += float(part.sum())
        total["size"] += math.fsum(float(part.abs().sum()) for part in parts.values())
        slope += ((slopes * nu[:, None]).T @ X) * signs[:, None]
    return total, slope


def _high_energy(objective: Objective, directions: Subspace, Q: Tensor, C: Tensor) -> float:
    """`E_S R1(W_Q⊙S)`."""
    network, X, total = objective.network, objective.sample.X, 0.0
    signs = network.a / math.sqrt(network.m)
    for points in torch.split(X, max(1, _BLOCK_ENTRIES // network.m)):
        parts = network.sigma(1, points) * (points @ Q.T) * signs - directions.features_low(points) @ C.T
        total += float(parts.square().sum())
    return total / objective.n


def _diagonal_energy(objective: Objective, Q: Tensor) -> Tensor:
    """`Σ_r w_Q,rᵀ Σ_rr w_Q,r`."""
    covariance = objective.covariance
    quadratic_signed = getattr(covariance, "quadratic_signed", None)
    if quadratic_signed is None:
        raise InputError(
            given=f"a covariance of type {type(covariance).__name__}",
            allowed="one that knows its diagonal blocks, as those of training.covariance do",
            do="use ExactCovariance or SampledCovariance",
        )
    return torch.as_tensor(quadratic_signed(Q))


def _per_neuron(network: Network, half: Tensor, Q: Tensor) -> Tensor:
    """`U_rᵀ q_r` for each neuron, `(m, n_k)`; in a paired network U_{r+m/2} = -U_r."""
    blocks = half.reshape(network.distinct, network.d, -1)
    pieces = torch.split(Q, network.distinct)
    found = [torch.einsum("rik,ri->rk", blocks, piece) for piece in pieces]
    return torch.cat((found[0], -found[1])) if network.paired else found[0]


def _low(objective: Objective, W: Tensor) -> Tensor:
    """P_≤W; 0 where the objective has no good directions."""
    return torch.zeros_like(W) if objective.directions is None else objective.directions.project(W)


def _subspace(objective: Objective) -> Subspace:
    if not isinstance(objective.directions, Subspace):
        raise InputError(
            given=f"good directions of type {type(objective.directions).__name__}",
            allowed="a training.subspace.Subspace, whose basis can be cut into neurons",
            do="use moment_directions or good_directions",
        )
    return objective.directions


def _check_model(objective: Objective) -> None:
    if objective.model not in MODELS:
        raise InputError(
            given=f"the landscape identity for model {objective.model!r}",
            allowed=", ".join(MODELS),
            do="choose one of these models",
        )
