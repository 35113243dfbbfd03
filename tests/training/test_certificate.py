"""`certify`: what it returns, what it refuses, and that its enclosures are the ones passed in."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from theory.errors import InputError
from training.certificate import Enclosures, certify, memory_estimate
from training.config import Config
from training.dual import DualPoint
from training.objective import Objective
from training.optimize import ball, lbfgs
from training.problem import make_problem
from training.sphere import generator
from training.subspace import Subspace


def objective(model: str = "second-order", m: int = 40, d: int = 5) -> Objective:
    config = Config(k=1, d=d, n=30, m=m, lambda_=(1.0, 1.0, 0.1, 0.01), model=model, dtype="float64", seed=2)
    return make_problem(config).objective()


def trained(given: Objective) -> Tensor:
    start = ball(given.network.w0.shape, 1.0, generator(0, "start"), torch.float64)
    return lbfgs(given, start, max_iter=200).W


def test_certificate_of_a_trained_movement() -> None:
    given = objective()
    W = trained(given)
    calls: list[tuple[int, int]] = []
    found = certify(given, W, relaxed_steps=150, ascent_steps=20, progress=lambda *done: calls.append(done))
    assert found.W is W
    assert found.primal == given.value(W)
    assert found.start_bound < found.bound < found.primal
    assert found.relative_gap == pytest.approx((found.primal - found.bound) / found.primal)
    assert not found.certified
    bounds = [each.bound for each in found.history]
    assert bounds == sorted(bounds)
    assert bounds[0] == found.start_bound and bounds[-1] == found.bound
    assert [done for done, _ in calls] == list(range(1, len(calls) + 1))
    assert calls[-1][0] <= calls[-1][1]
    # s is far enough above its least value for a proof, and close enough to lose nothing.
    assert bool((found.s > 0).all())


def test_search_finds_a_lower_movement_and_is_implied_without_one() -> None:
    given = objective()
    W = trained(given)
    better = certify(given, W, relaxed_steps=150, ascent_steps=10, search=True)
    assert better.primal < given.value(W)
    fresh = certify(given, relaxed_steps=150, ascent_steps=10)
    assert fresh.start_bound == -math.inf
    assert fresh.bound < fresh.primal
    assert fresh.primal == given.value(fresh.W)


def test_full_network_is_compared_with_the_bound_of_its_second_order_model() -> None:
    given = objective(model="full")
    W = trained(given)
    found = certify(given, W, relaxed_steps=60, ascent_steps=5)
    on = given.sample
    assert found.full == pytest.approx(given.value(W), rel=1e-12)
    assert found.coupling == pytest.approx(float((on.f(W) - on.f_L(W) - on.f_Q(W)).abs().max()))
    second = objective()
    assert found.primal == pytest.approx(second.value(W), rel=1e-12)


def test_certified_gap_uses_the_outer_ends() -> None:
    given = objective(m=12)
    W = trained(given)

    def wide(_: Objective, at: Tensor, point: DualPoint, s: Tensor) -> Enclosures:
        assert at is W and s.shape == (12,)
        return Enclosures((0.5, 0.6), (0.25, 0.3), (0.5, 0.6), (0.0, 1.0))

    found = certify(given, W, relaxed_steps=10, ascent_steps=0, enclose=wide)
    assert found.certified
    assert found.absolute_gap == pytest.approx(0.35) and found.absolute_gap > 0.6 - 0.25 - 1e-15
    assert found.relative_gap == pytest.approx(0.7)


@pytest.mark.parametrize("least", [0.0, -1e-30])
def test_relative_gap_is_infinite_where_the_objective_may_be_zero(least: float) -> None:
    given = objective(m=12)
    balls = Enclosures((least, 0.6), (-0.25, 0.3), (0.5, 0.6), (0.0, 1.0))
    found = certify(given, trained(given), relaxed_steps=10, ascent_steps=0, enclose=lambda *_: balls)
    assert found.relative_gap == math.inf and found.absolute_gap < 1
    assert replace(found, enclosures=None, primal=least).relative_gap == math.inf


def test_an_enclosure_that_refuses_yields_no_certificate() -> None:
    given = objective(m=12)

    def refuse(*_: object) -> Enclosures:
        raise InputError(given="a point", allowed="another", do="nothing")

    with pytest.raises(InputError):
        certify(given, trained(given), relaxed_steps=10, ascent_steps=0, enclose=refuse)


@pytest.mark.parametrize("wrong", ["zero", "nan", "shape", "float32"])
def test_bad_movements_are_refused(wrong: str) -> None:
    given = objective(m=12)
    W = trained(given)
    bad = {
        "zero": torch.zeros_like(W),
        "nan": W * math.nan,
        "shape": W[:4],
        "float32": W.float(),
    }[wrong]
    with pytest.raises(InputError):
        certify(given, bad, relaxed_steps=10, ascent_steps=0)


def test_bad_settings_are_refused() -> None:
    given = objective(m=12)
    with pytest.raises(InputError, match="steps"):
        certify(given, relaxed_steps=0)
    with pytest.raises(InputError, match="steps"):
        certify(given, ascent_steps=-1)


def test_memory_is_refused_before_the_work_with_the_estimate() -> None:
    given = objective(m=12)
    calls: list[int] = []
    with pytest.raises(InputError, match="GB"):
        certify(given, budget=1000, progress=lambda done, _: calls.append(done))
    assert calls == []
    assert memory_estimate(objective(m=400)) > 20 * memory_estimate(given)


def test_memory_counts_the_good_directions_and_the_matrices_of_the_neurons() -> None:
    given = objective(m=8, d=12)
    assert isinstance(given.directions, Subspace)
    bare = _without_directions(given, 1)
    # An entry takes 48 bytes in a matrix of balls; U is held with its transpose.
    entries = given.network.distinct * 12 * given.directions.n_k
    assert memory_estimate(given) - memory_estimate(bare) > 2 * 48 * entries
    # The products x_i x_iᵀ in a matrix and in a list, for 9 times n more inputs.
    products = 9 * given.n * 12 * 13 // 2
    assert memory_estimate(_without_directions(given, 10)) - memory_estimate(bare) > 2 * 48 * products


def _without_directions(given: Objective, times: int) -> Objective:
    X, y = given.sample.X.repeat(times, 1), given.y.repeat(times)
    return Objective(given.network, X, y, given.loss, lambda_=(0, 0, 0, 0.01))
