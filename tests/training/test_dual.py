"""The dual function: against its definition, its gradient against differences, and what it refuses."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from theory.errors import InputError
from training import dual_ascent as dual_ascent_module
from training.config import Config
from training.dual import Dual, DualPoint
from training.dual_ascent import dual_ascent
from training.dual_relaxed import Relaxed, graduated_descent, spread_start
from training.objective import Objective
from training.optimize import ball, lbfgs
from training.problem import make_problem
from training.sphere import generator

LAMBDA = (1.0, 1.0, 0.1, 0.01)
PARTS = ("nu", "rho", "gamma", "zeta")


def objective(**changes: Any) -> Objective:
    settings: dict[str, Any] = {
        "k": 1,
        "d": 5,
        "n": 20,
        "m": 12,
        "lambda_": LAMBDA,
        "model": "second-order",
        "dtype": "float64",
        "seed": 1,
    }
    return make_problem(Config(**{**settings, **changes})).objective()


def start(given: Objective, seed: int = 0) -> Tensor:
    return ball(given.network.w0.shape, 1.0, generator(seed, "start"), torch.float64)


def moved(point: DualPoint, seed: int, size: float) -> DualPoint:
    source = generator(seed, "moved")
    parts = {
        name: getattr(point, name)
        + size * torch.randn(getattr(point, name).shape, generator=source, dtype=torch.float64)
        for name in PARTS
    }
    return replace(point, **parts)


@pytest.mark.parametrize("loss", ["squared", "logcosh"])
def test_tangent_touches_the_objective_up_to_the_inner_minima(loss: str) -> None:
    """At the tangent of W the bound is L(W) less what each neuron at w_r lies above its own minimum."""
    given = objective(loss=loss)
    W = start(given)
    dual = Dual(given)
    point = dual.tangent_at(W)
    b, C = dual.linear_part(point), dual.quadratic_part(point)
    b, C = torch.cat((b, -b)), torch.cat((C, -C))
    c = 2 * point.t * LAMBDA[3]
    neurons = (b * W).sum(dim=1) + torch.einsum("ri,rij,rj->r", W, C, W) / 2
    neurons += c * W.square().sum(dim=1).square()
    found = dual.evaluate(point)
    lost = float((neurons - found.minima.value).sum())
    assert lost > 0.01
    assert found.value == pytest.approx(given.value(W) - lost, rel=1e-12)


def test_parts_of_a_point_are_the_gradient_of_the_objective() -> None:
    """b_r + C_r w_r + 4c‖w_r‖² w_r at the tangent is the gradient of L at W."""
    given = objective()
    W = start(given)
    dual = Dual(given)
    point = dual.tangent_at(W)
    b, C = dual.linear_part(point), dual.quadratic_part(point)
    b, C = torch.cat((b, -b)), torch.cat((C, -C))
    c = 2 * point.t * LAMBDA[3]
    slope = b + torch.einsum("rij,rj->ri", C, W) + 4 * c * W.square().sum(dim=1, keepdim=True) * W
    torch.testing.assert_close(slope, given.grad(W), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"loss": "logcosh"},
        {"activation": "tanh-shift", "n_unlabeled": 60},
        {"lambda_": (0.0, 1.0, 0.0, 0.1)},
    ],
)
def test_gradient_agrees_with_differences(change: dict[str, Any]) -> None:
    given = objective(**change)
    dual = Dual(given)
    point = dual.tangent_at(start(given))
    found = dual.evaluate(point)
    source = generator(3, "direction")
    weights = dict(zip(("rho", "zeta", "gamma"), given.lambda_[:3], strict=True))
    for name in (*PARTS, "t"):
        if weights.get(name) == 0:
            assert not getattr(found.grad, name).any()
            continue
        here = getattr(point, name)
        step: Any = 1.0
        if name != "t":
            step = torch.randn(here.shape, generator=source, dtype=torch.float64)
            step = step / step.norm()
        h = 1e-6
        ends = [dual.evaluate(replace(point, **{name: here + sign * h * step})).value for sign in (1, -1)]
        slope = float((getattr(found.grad, name) * step).sum()) if name != "t" else found.grad.t
        # Central differences: h² times a third derivative, and rounding of about 1e-16/h.
        assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(slope, rel=2e-4, abs=1e-7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"t": 0.0}, "t > 0"),
        ({"t": math.nan}, "non-finite"),
        ({"nu": torch.full((20,), math.inf, dtype=torch.float64)}, "non-finite"),
        ({"gamma": torch.zeros(2, dtype=torch.float64)}, "shape"),
    ],
)
def test_infeasible_points_are_refused(change: dict[str, Any], message: str) -> None:
    given = objective()
    dual = Dual(given)
    with pytest.raises(InputError, match=message):
        dual.evaluate(replace(dual.tangent_at(start(given)), **change))


def test_slopes_beyond_the_domain_are_refused() -> None:
    given = objective(loss="logcosh")
    dual = Dual(given)
    point = dual.tangent_at(start(given))
    with pytest.raises(InputError, match="below 1"):
        dual.evaluate(replace(point, nu=torch.full((20,), 1 / 20, dtype=torch.float64)))


def test_idle_parts_must_be_zero() -> None:
    given = objective(lambda_=(1.0, 1.0, 0.0, 0.01))
    dual = Dual(given)
    with pytest.raises(InputError, match="gamma"):
        dual.evaluate(replace(dual.tangent_at(start(given)), gamma=torch.ones(6, dtype=torch.float64)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "linear"}, "second-order"),
        ({"dtype": "float32"}, "float64"),
        ({"lambda_": (1.0, 1.0, 0.1, 0.0)}, "λ4"),
    ],
)
def test_objectives_without_a_bound_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Dual(objective(**change))


@pytest.mark.parametrize("loss", ["squared", "logcosh"])
def test_ascent_rises_and_stays_below_the_objective(loss: str) -> None:
    given = objective(loss=loss, lambda_=(1.0, 1.0, 0.01, 1e-3))
    dual = Dual(given)
    trained = lbfgs(given, start(given), max_iter=60)
    before = dual.tangent_at(trained.W)
    seen: list[float] = []
    point, value = dual_ascent(dual, before, steps=40, callback=lambda _, bound: seen.append(bound))
    assert dual.evaluate(before).value + 0.01 < value.value < trained.final.value
    assert seen == sorted(seen)
    assert dual.evaluate(point).value == value.value
    if loss == "logcosh":
        assert float(point.nu.abs().max()) * 20 < 1


def test_ascent_of_no_steps_is_the_start() -> None:
    given = objective()
    dual = Dual(given)
    point = dual.tangent_at(start(given))
    assert dual_ascent(dual, point, steps=0)[0] is point
    with pytest.raises(InputError, match="0 or more"):
        dual_ascent(dual, point, steps=-1)


def test_ascent_keeps_the_best_point_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    given = objective()
    dual = Dual(given)
    point = dual.tangent_at(start(given))

    def erratic(function: Any, x: Any, **_: Any) -> None:
        for step in (1e-3, 10.0):  # a little up the slope, then far beyond the top
            function(x - step * function(x)[1])

    monkeypatch.setattr(dual_ascent_module.scipy.optimize, "minimize", erratic)
    best, value = dual_ascent(dual, point, steps=5)
    assert value.value > dual.evaluate(point).value
    assert dual.evaluate(best).value == value.value


@pytest.mark.parametrize(
    "change", [{}, {"loss": "logcosh", "activation": "erf-shift"}, {"lambda_": (0.0, 0.0, 0.0, 0.1)}]
)
def test_relaxed_gradient_and_its_value_without_spread(change: dict[str, Any]) -> None:
    given = objective(**change)
    relaxed = Relaxed(Dual(given), penalty=0.3)
    Z = spread_start(start(given), seed=2)
    found = relaxed.evaluate(Z)
    V = torch.randn(Z.shape, generator=generator(4, "V"), dtype=torch.float64)
    ends = [relaxed.evaluate(Z + sign * 1e-6 * V).value for sign in (1, -1)]
    assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(float((found.grad * V).sum()), rel=1e-6)
    still = torch.stack((Z[0], torch.zeros_like(Z[0])))
    assert relaxed.evaluate(still).value == pytest.approx(given.value(Z[0]), rel=1e-13)


def test_relaxed_value_is_a_mean_over_signs() -> None:
    """The prediction is the mean over u ± e, and ‖w‖² its mean too."""
    given = objective(lambda_=(0.0, 0.0, 0.0, 0.01))
    relaxed = Relaxed(Dual(given))
    Z = spread_start(start(given), seed=2)
    signs = 2 * torch.randint(0, 2, (2000, given.network.m, 1), generator=generator(5, "signs")).double() - 1
    values = torch.stack(
        [given.sample.f_L(Z[0] + each * Z[1]) + given.sample.f_Q(Z[0] + each * Z[1]) for each in signs]
    )
    mean = values.mean(dim=0)
    error = values.std(dim=0) / len(values) ** 0.5
    f = given.sample.f_L(Z[0]) + given.sample.f_Q(Z[0]) + given.sample.f_Q(Z[1])
    # Twenty inputs: a Gaussian exceeds six standard errors once in 5e8 draws.
    assert float(((mean - f) / error).abs().max()) < 6
    lengths = (Z.square().sum(dim=(0, 2))).square().sum()
    loss = float((f - given.y).square().mean())
    assert relaxed.evaluate(Z).value == pytest.approx(loss + 0.01 * float(lengths) ** 2, rel=1e-12)


def test_relaxed_minimum_closes_on_the_bound_and_graduation_beats_a_random_start() -> None:
    given = objective(d=6, n=40, m=60)
    dual = Dual(given)
    relaxed = Relaxed(dual)
    Z = lbfgs(relaxed, spread_start(start(given), seed=1), max_iter=300, tolerance=1e-10).W
    value, bound = relaxed.evaluate(Z).value, dual.evaluate(relaxed.tangent_at(Z)).value
    assert bound < value < bound * 1.01
    trained = lbfgs(given, start(given), max_iter=300).final.value
    found = graduated_descent(dual, Z)
    assert bound < found.final.value < trained
    assert found.final.value < graduated_descent(dual, Z, penalties=()).final.value


def test_spread_needs_a_movement() -> None:
    with pytest.raises(InputError, match="other than 0"):
        spread_start(torch.zeros(4, 3, dtype=torch.float64), seed=0)
