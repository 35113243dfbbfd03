"""Small random objectives with a competitor, on which the claims on the landscape are held against torch."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from training.curvature import Hessian
from training.directions import good_directions
from training.landscape import MODELS, Competitor
from training.loss import loss, loss_names
from training.objective import Objective
from training.regularizer import Regularizer
from training.sphere import generator, sample_sphere
from verify.claims import regularizer as terms
from verify.claims.loss import labels
from verify.claims.twins import ACTIVATIONS, draw

SMALL = "torch, four activations, both losses, m ≤ 6, d ≤ 5"
LAMBDAS = (1.0, 0.5, 0.1, 0.01)


def landscape_cases(
    *, largest: int = 4, weights: tuple[float, ...] = LAMBDAS, models: tuple[str, ...] = MODELS
) -> SearchStrategy[dict[str, Any]]:
    """Small sizes in which P_≤ is neither 0 nor I; the arrays come from the seed."""
    return strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((4, 6)),
            "d": strategies.sampled_from((3, 5)),
            "n": strategies.integers(1, largest),
            "activation": strategies.sampled_from(ACTIVATIONS),
            "loss": strategies.sampled_from(loss_names()),
            "model": strategies.sampled_from(models),
            "scale": strategies.sampled_from((0.1, 1.0)),
            "lambda_": strategies.just(weights),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


def draw_landscape(case: dict[str, Any], *, model: str = "") -> tuple[Objective, Tensor, Competitor]:
    """Objective, movement and competitor of a case."""
    at = terms.setting(case)
    objective = Objective(
        at.network,
        at.X,
        labels(case),
        loss(case["loss"]),
        lambda_=case["lambda_"],
        directions=at.directions,
        covariance=at.covariance,
        model=model or case["model"],
    )
    source = generator(case["seed"], "competitor")
    linear, quadratic = (torch.randn(at.W.shape, generator=source, dtype=torch.float64) for _ in range(2))
    # The bound takes a W_L in ran P_≤; the identity any.
    return objective, at.W, Competitor(at.directions.project(linear), case["scale"] * quadratic)


def draw_smallest(case: dict[str, Any]) -> tuple[Objective, Tensor, Competitor, Tensor]:
    """As `draw_landscape` at m = 2, d = 3, with P_≤ of rank 1 of 3 and its basis U, for exact evaluation."""
    case = {**case, "m": 2, "d": 3}
    network, W, X = draw(case)
    points = sample_sphere(10, 3, radius=3**0.5, generator=generator(case["seed"], "unlabeled"))
    directions = good_directions(network, points, 0)
    objective = Objective(
        network,
        X,
        labels(case),
        loss(case["loss"]),
        lambda_=(0.0, 0.0, 0.1, 0.0),
        directions=directions,
        model=case["model"],
    )
    source = generator(case["seed"], "competitor")
    linear, quadratic = (torch.randn(W.shape, generator=source, dtype=torch.float64) for _ in range(2))
    return objective, W, Competitor(linear, quadratic), directions.basis()


def dense_hessian(objective: Objective | Regularizer, W: Tensor) -> Tensor:
    """The Hessian as a matrix, from plain Hessian-vector products."""
    eye = torch.eye(W.numel(), dtype=W.dtype)
    matrix = torch.stack([objective.hvp(W, unit.reshape(W.shape)).reshape(-1) for unit in eye])
    return (matrix + matrix.T) / 2


def dense_parts(objective: Objective, W: Tensor) -> dict[str, Tensor]:
    """The Hessian's parts as matrices, under the names of `training.smoothness`, with the regularizers' weights."""
    plain = Objective(
        objective.network,
        objective.sample.X,
        objective.y,
        objective.loss,
        lambda_=(0.0, 0.0, 0.0, 0.0),
        model=objective.model,
    )
    bends = torch.block_diag(*Hessian(plain, W).blocks())
    weighted = objective.regularizers.items()
    return {
        "Gauss-Newton": dense_hessian(plain, W) - bends,
        "bends": bends,
        **{name: weight * dense_hessian(term, W) for name, (weight, term) in weighted},
    }


def size_of_bends(objective: Objective, W: Tensor, V: Tensor) -> float:
    """The size of the terms of ∇²L[V, V] before they cancel."""
    X, network = objective.sample.X, objective.network
    moved = (X @ V.T).square().sum() / network.m**0.5
    return float(moved * (1 + (X @ W.T).abs().max()) ** 2 * (1 + objective.y.abs().max()))
