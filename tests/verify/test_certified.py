"""The bridge to ball arithmetic: same numbers, outward ends, and refusals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from theory.activation import Activation
from theory.errors import InputError
from theory.parser import to_tree
from training.certificate import certifiable_s
from training.config import Config
from training.covariance import SampledCovariance
from training.dual import Dual
from training.objective import Objective
from training.problem import make_problem
from training.sphere import generator, sample_sphere
from training.subspace import Subspace
from verify.claims.certified import certify, enclose, exact_data


def objective(**changes: Any) -> Objective:
    settings: dict[str, Any] = {
        "k": 1,
        "d": 5,
        "n": 20,
        "m": 16,
        "lambda_": (1.0, 1.0, 0.1, 0.01),
        "model": "second-order",
        "dtype": "float64",
    }
    return make_problem(Config(**{**settings, **changes})).objective()


@pytest.mark.parametrize(
    "change", [{}, {"loss": "logcosh"}, {"activation": "softplus-shift", "model": "full"}]
)
def test_both_routes_agree_and_the_gap_is_certified(change: dict[str, Any]) -> None:
    found = certify(objective(**change), relaxed_steps=60, ascent_steps=5)
    balls = found.enclosures
    assert balls is not None and found.certified
    for value, (low, high) in (
        (found.primal, balls.primal),
        (found.bound, balls.bound),
        (found.full, balls.full),
        (found.coupling, balls.coupling),
    ):
        assert low <= high
        assert value == pytest.approx(low, rel=1e-9) and value == pytest.approx(high, rel=1e-9)
    assert balls.bound[0] < balls.primal[0]
    assert found.absolute_gap >= balls.primal[1] - balls.bound[0]


def test_an_activation_of_a_user_needs_its_exact_expression() -> None:
    exact = Activation.parse("tanh(z + 1/3)")
    given = objective(activation=to_tree(exact.expr), m=12)
    with pytest.raises(InputError, match="activation"):
        certify(given, relaxed_steps=5, ascent_steps=0)
    found = certify(given, relaxed_steps=5, ascent_steps=0, activation=exact)
    assert found.enclosures is not None
    assert found.primal == pytest.approx(found.enclosures.primal[0], rel=1e-9)


def test_an_exact_expression_does_not_replace_a_built_in_activation() -> None:
    with pytest.raises(InputError, match="built-in activation 'sincos'"):
        certify(objective(), relaxed_steps=5, ascent_steps=0, activation=Activation.parse("tanh(z + 1/2)"))


def test_a_wrong_exact_expression_is_refused() -> None:
    given = objective(activation=to_tree(Activation.parse("tanh(z + 1/3)").expr), m=12)
    with pytest.raises(InputError, match="define"):
        certify(given, relaxed_steps=5, ascent_steps=0, activation=Activation.parse("tanh(z + 1/2)"))


@pytest.mark.parametrize("part", ["covariance", "directions"])
@pytest.mark.parametrize("model", ["second-order", "full"])
def test_parts_of_another_network_are_refused(part: str, model: str) -> None:
    given, other = objective(model=model), objective(model=model, seed=1)
    assert other.covariance is not None and other.directions is not None
    parts: dict[str, Any] = {"covariance": given.covariance, "directions": given.directions}
    mixed = Objective(
        given.network,
        given.sample.X,
        given.y,
        given.loss,
        lambda_=given.lambda_,
        model=model,
        **{**parts, part: getattr(other, part)},
    )
    with pytest.raises(InputError, match="of its own network"):
        certify(mixed, relaxed_steps=20, ascent_steps=0)


def test_a_bound_above_that_of_the_objective_is_refused() -> None:
    """Where W is 0 no value tells one covariance from another, but the bound does."""
    given, other = objective(), objective(seed=1)
    found = certify(given, relaxed_steps=60, ascent_steps=5)
    parts: dict[str, Any] = {"lambda_": given.lambda_, "directions": given.directions}
    mixed = Objective(
        given.network, given.sample.X, given.y, given.loss, covariance=other.covariance, **parts
    )
    with pytest.raises(InputError, match="a bound of"):
        enclose(mixed, torch.zeros_like(found.W), found.point, found.s)


def test_sampled_covariance_of_sin_plus_cos_is_the_one_enclosed() -> None:
    given = objective(m=12)
    points = sample_sphere(7, 5, radius=5**0.5, generator=generator(3, "points"))
    sampled = Objective(
        given.network,
        given.sample.X,
        given.y,
        given.loss,
        lambda_=given.lambda_,
        directions=given.directions,
        covariance=SampledCovariance(given.network, points),
        model="second-order",
    )
    assert exact_data(sampled).unlabeled is not None and exact_data(given).unlabeled is None
    found = certify(sampled, relaxed_steps=20, ascent_steps=0)
    assert found.enclosures is not None
    assert found.bound == pytest.approx(found.enclosures.bound[0], rel=1e-9)


def test_a_larger_s_gives_a_weaker_bound_and_is_not_refused() -> None:
    given = objective()
    found = certify(given, relaxed_steps=20, ascent_steps=0)
    assert found.enclosures is not None
    weaker = enclose(given, found.W, found.point, found.s * 1.5)
    assert weaker.bound[1] < found.enclosures.bound[0]


def test_hard_cases_are_certified_too() -> None:
    """With ρ = -ν and γ to match every b vanishes: all neurons are hard cases, where s must exceed its end."""
    given = objective()
    dual = Dual(given)
    tangent = dual.tangent_at(torch.ones(16, 5, dtype=torch.float64))
    pulled = given.sample.pullback_L(tangent.nu)
    assert isinstance(given.directions, Subspace)
    gamma = -given.directions.coefficients(pulled)
    zeta = torch.zeros_like(tangent.zeta)
    point = replace(tangent, rho=-tangent.nu, gamma=gamma, zeta=zeta)
    assert float(dual.linear_part(point).abs().max()) < 1e-14
    value = dual.evaluate(point)
    balls = enclose(given, torch.ones(16, 5, dtype=torch.float64), point, certifiable_s(value, dual, point))
    assert value.value == pytest.approx(balls.bound[0], rel=1e-9)


@pytest.mark.parametrize("damage", ["s", "t", "nan", "movement"])
def test_a_damaged_certificate_is_refused(damage: str) -> None:
    given = objective()
    found = certify(given, relaxed_steps=20, ascent_steps=0)
    point, s, W = found.point, found.s, found.W
    if damage == "s":
        s = s * 0.1
    elif damage == "t":
        point = replace(point, t=-point.t)
    elif damage == "nan":
        point = replace(point, rho=point.rho * math.nan)
    else:
        W = W + math.inf
    with pytest.raises(InputError):
        enclose(given, W, point, s)


def test_float32_is_refused() -> None:
    given = objective(dtype="float32")
    with pytest.raises(InputError, match="float64"):
        certify(given, torch.zeros(16, 5), relaxed_steps=5)
