"""The landscape identity in torch against enumeration, differences and the objective's own derivatives."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from theory.errors import InputError
from training.config import Config
from training.landscape import (
    Competitor,
    identity,
    signed_curvature,
    signed_regularizer_curvatures,
    stationary_bound,
)
from training.objective import Objective
from training.problem import make_problem
from training.regularizer import Regularizer

SMALL = Config(d=5, n=7, m=6, dtype="float64", loss="logcosh", seed=2, model="second-order")


def _setting(config: Config) -> tuple[Objective, Tensor, Competitor]:
    objective = make_problem(config).objective()
    source = torch.Generator().manual_seed(config.seed)
    W, L, Q = (torch.randn(config.m, config.d, generator=source, dtype=torch.float64) for _ in range(3))
    low = L if objective.directions is None else objective.directions.project(L)
    return objective, W, Competitor(low, Q)


def _plain(objective: Objective) -> Objective:
    """The loss alone."""
    return Objective(
        objective.network,
        objective.sample.X,
        objective.y,
        objective.loss,
        lambda_=(0, 0, 0, 0),
        model=objective.model,
    )


@pytest.mark.parametrize("model", ["second-order", "full"])
@pytest.mark.parametrize("activation", ["sincos", "tanh-shift", "softplus-shift"])
@pytest.mark.parametrize("loss", ["squared", "logcosh"])
def test_both_sides_agree(model: str, activation: str, loss: str) -> None:
    objective, W, competitor = _setting(replace(SMALL, model=model, activation=activation, loss=loss))
    found = identity(objective, W, competitor)
    assert abs(found.gap - found.total) <= 1e-13 * found.size
    assert abs(found.gap) > 1e-3  # and it is no identity of zeros
    assert (found.terms["Taylor remainder"] != 0) is (model == "full")


def test_each_term_matters() -> None:
    objective, W, competitor = _setting(SMALL)
    found = identity(objective, W, competitor)
    small = [name for name, value in found.terms.items() if abs(value) < 1e-8 * found.size]
    assert small == ["Taylor remainder"]


def test_the_left_side_is_the_derivative_of_the_loss_towards_the_competitor() -> None:
    objective, W, competitor = _setting(SMALL)
    f = objective.sample.f_L(W) + objective.sample.f_Q(W)
    best = competitor.values(objective)

    def loss_at(t: float) -> float:
        return float(objective.loss.value(objective.y, f + t * (best - f)).mean())

    slope = (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5
    assert identity(objective, W, competitor).gap == pytest.approx(slope, rel=1e-7)
    assert competitor.loss(objective) == pytest.approx(loss_at(1.0), rel=1e-12)


def test_signed_curvatures_are_means_over_all_signs() -> None:
    objective, W, competitor = _setting(SMALL)
    Q, every = competitor.quadratic, itertools.product((1.0, -1.0), repeat=SMALL.m)
    moved = [torch.tensor(signs, dtype=torch.float64)[:, None] * Q for signs in every]

    def mean(term: Objective | Regularizer) -> float:
        return float(torch.stack([(V * term.hvp(W, V)).sum() for V in moved]).mean())

    assert signed_curvature(objective, W, Q) == pytest.approx(mean(_plain(objective)), rel=1e-11)
    found = signed_regularizer_curvatures(objective, W, Q)
    assert set(found) == {"R1", "R2", "R3", "R4"}
    for name, (_, term) in objective.regularizers.items():
        assert found[name] == pytest.approx(mean(term), rel=1e-11)


def test_the_bound_holds_with_equality_where_nothing_is_estimated() -> None:
    """With the true inner product and mean curvature in the place of ε‖V‖ and ½γ‖W_Q‖² the bound is the tangent."""
    objective, W, competitor = _setting(SMALL)
    low = objective.directions.project(W) if objective.directions is not None else W
    V = competitor.linear - 0.5 * W - 0.5 * low
    bound = stationary_bound(objective, W, competitor, gradient_norm=1.0, negative=1.0)
    signed = signed_regularizer_curvatures(objective, W, competitor.quadratic)
    mean = signed_curvature(objective, W, competitor.quadratic)
    mean += sum(weight * signed[name] for name, (weight, _) in objective.regularizers.items())
    exact = bound.total - bound.gradient - bound.curvature - float((objective.grad(W) * V).sum()) - 0.5 * mean
    assert exact == pytest.approx(bound.tangent, rel=1e-10)
    assert bound.gap <= bound.tangent
    assert bound.gradient == pytest.approx(float(torch.linalg.vector_norm(V)), rel=1e-14)
    assert bound.curvature == pytest.approx(0.5 * float(competitor.quadratic.square().sum()), rel=1e-14)


def test_bad_input() -> None:
    objective, W, competitor = _setting(replace(SMALL, model="quadratic", lambda_=(0, 0, 0, 1e-4)))
    with pytest.raises(InputError, match="'quadratic'"):
        identity(objective, W, competitor)
    objective, W, competitor = _setting(SMALL)
    with pytest.raises(InputError, match="negative curvature -1"):
        stationary_bound(objective, W, competitor, gradient_norm=0.0, negative=-1.0)
