"""Small problems, drawn with everything in them, on which the dual bound is attacked.

Both losses, four activations, closed and sampled covariance, paired and unpaired networks, and good directions
that are not even orthonormal: the bound is about the U at hand.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from training.activation import activation
from training.covariance import Covariance, ExactCovariance, SampledCovariance
from training.dual import Dual, DualPoint
from training.loss import loss, loss_names
from training.network import Network, initialise
from training.objective import Objective
from training.optimize import lbfgs
from training.sphere import generator, sample_sphere
from training.subspace import Subspace
from verify.claims.twins import ACTIVATIONS

STRENGTHS = ((1.0, 1.0, 0.1, 0.01), (1.0, 1.0, 0.01, 1e-3), (0.3, 2.0, 0.0, 0.1), (0.0, 0.0, 0.0, 0.01))


def cases() -> SearchStrategy[dict[str, Any]]:
    """Draws sizes, loss, activation, weights λ, scales and a seed; arrays come from the seed."""
    return strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((4, 6, 8)),
            "d": strategies.integers(3, 5),
            "n": strategies.integers(1, 6),
            "loss": strategies.sampled_from(loss_names()),
            "activation": strategies.sampled_from(ACTIVATIONS),
            "paired": strategies.booleans(),
            "covariance": strategies.sampled_from(("closed where it can be", "sampled")),
            "lambda": strategies.sampled_from(STRENGTHS),
            "distance": strategies.sampled_from((0.0, 1e-3, 0.1, 1.0)),
            "steps": strategies.sampled_from((0, 20)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


def problem(case: dict[str, Any]) -> tuple[Dual, Tensor]:
    """The dual function of a case and a movement, trained by some steps or not at all."""
    network = initialise(case["m"], case["d"], activation(case["activation"]), seed=case["seed"])
    source = generator(case["seed"], "dual case")
    if not case["paired"]:
        network = Network(network.w0, network.a, network.activation)
    d, n = case["d"], case["n"]
    X = sample_sphere(n, d, radius=d**0.5, generator=source)
    y = torch.randn(n, generator=source, dtype=torch.float64)
    size = network.distinct * d
    half = torch.linalg.qr(torch.randn(size, 2, generator=source, dtype=torch.float64)).Q
    # Not orthonormal, by far more than rounding.
    half = half * 0.7 + 0.05 * torch.randn(size, 2, generator=source, dtype=torch.float64)
    covariance: Covariance
    if network.activation.name == "sincos" and case["covariance"] != "sampled":
        covariance = ExactCovariance(network)
    else:
        covariance = SampledCovariance(network, sample_sphere(5, d, radius=d**0.5, generator=source))
    objective = Objective(
        network,
        X,
        y,
        loss(case["loss"]),
        lambda_=case["lambda"],
        directions=Subspace(network, 2, torch.ones(2, dtype=torch.float64), float("nan"), half),
        covariance=covariance,
        model="second-order",
    )
    W = torch.randn(case["m"], d, generator=source, dtype=torch.float64)
    if case["steps"]:
        W = lbfgs(objective, W, max_iter=case["steps"]).W
    return Dual(objective), W


def point_near(dual: Dual, W: Tensor, case: dict[str, Any], purpose: str = "point") -> DualPoint:
    """The tangent point at W, moved by a random amount of relative size `distance`, still feasible."""
    tangent = dual.tangent_at(W)
    source = generator(case["seed"], purpose)
    distance = case["distance"]

    def moved(part: Tensor, idle: bool = False) -> Tensor:
        noise = torch.randn(part.shape, generator=source, dtype=torch.float64)
        size = part.abs().max() + 0.1 if part.numel() else 0.0
        return part if idle else part + distance * size * noise

    lambda1, lambda2, lambda3, _ = dual.lambda_
    nu = moved(tangent.nu)
    if dual.loss.lipschitz == 1:
        nu = nu.clamp(-0.999 / dual.n, 0.999 / dual.n)
    factor = float(torch.randn(1, generator=source, dtype=torch.float64)) * distance
    return replace(
        tangent,
        nu=nu,
        rho=moved(tangent.rho, not lambda1),
        gamma=moved(tangent.gamma, not lambda3),
        zeta=moved(tangent.zeta, not lambda2),
        t=max(tangent.t, 1e-3) * 2.0**factor,
    )
