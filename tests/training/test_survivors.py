"""What the self-test by mutation found untested in the training room: boundaries, estimates, routes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from theory.errors import InputError
from training import spectrum
from training.activation import activation
from training.certificate import certifiable_s, memory_needed
from training.checkpoint import Checkpoint, load, save
from training.config import Config
from training.covariance import ExactCovariance
from training.dual import Dual
from training.network import initialise
from training.problem import make_problem
from training.risk import estimated_risk
from training.sample_complexity import LEAST_SAMPLES
from training.sphere import generator, sample_sphere
from training.target import make_target


def test_one_unlabeled_point_is_a_number_of_points() -> None:
    assert Config(n_unlabeled=1, lambda_=(0.0, 0.0, 0.0, 0.1)).n_unlabeled == 1
    with pytest.raises(InputError, match="n_unlabeled"):
        Config(n_unlabeled=0)


def test_an_interval_for_the_risk_needs_two_points() -> None:
    network = initialise(8, 4, activation("sincos"), seed=0)
    target = make_target(4, 1, 1, seed=0)
    W = torch.zeros_like(network.w0)
    X = sample_sphere(2, 4, radius=2.0, generator=generator(0, "test"))
    assert estimated_risk(network, W, target, X).value >= 0
    with pytest.raises(InputError, match="1 points"):
        estimated_risk(network, W, target, X[:1])


@pytest.mark.parametrize("wanted", [True, False, None])
def test_the_route_to_the_eigenpairs_is_the_one_asked_for(
    wanted: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default the dense one for a small matrix: it takes seconds there, and Lanczos is no better."""

    def refuse(*_: object) -> object:
        raise AssertionError("the other route was taken")

    network = initialise(24, 4, activation("sincos"), seed=0)
    monkeypatch.setattr(spectrum, "_lanczos" if wanted is not False else "dense_half", refuse)
    assert len(spectrum.top_eigenpairs(ExactCovariance(network), 3, dense=wanted).values) == 3


def test_large_matrices_take_the_iterative_route(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> object:
        raise AssertionError("the dense route was taken")

    network = initialise(24, 4, activation("sincos"), seed=0)
    monkeypatch.setattr(spectrum, "_DENSE", 10)
    monkeypatch.setattr(spectrum, "dense_half", refuse)
    assert len(spectrum.top_eigenpairs(ExactCovariance(network), 3).values) == 3


def test_the_memory_of_a_certificate_counts_every_array() -> None:
    n, m, h, d, n_k = 7, 10, 5, 3, 2
    pairs = sum(1 for i in range(d) for j in range(i + 1))
    floats = 4 * n * h + 6 * h * d * d + 160 * m * d + 3 * h * h + h * d * n_k
    balls = 8 * n * h + 4 * h * h + 2 * h * d * n_k + (2 * n + 3 * h) * pairs
    assert memory_needed(n=n, m=m, distinct=h, d=d, n_k=n_k) == 8 * floats + 120 * balls


def test_s_is_above_its_least_value_by_a_share_of_the_size_of_its_block() -> None:
    """A definite matrix within rounding is not enough for a proof: the distance grows with ‖C_r‖/(4c)."""
    config = Config(
        k=1, d=5, n=30, m=12, lambda_=(1.0, 1.0, 0.1, 0.01), model="second-order", dtype="float64", seed=2
    )
    dual = Dual(make_problem(config).objective())
    W = 0.3 * torch.randn(12, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    point = dual.tangent_at(W)
    nothing = torch.zeros(12, dtype=torch.float64)
    least = SimpleNamespace(minima=SimpleNamespace(s=nothing, end=nothing))
    size = torch.linalg.matrix_norm(dual.quadratic_part(point))
    share = torch.cat((size, size)) / (8 * point.t * 0.01)
    distance = certifiable_s(least, dual, point) / share
    assert (
        float(distance.min()) == pytest.approx(float(distance.max()), rel=1e-12) and float(distance.min()) > 0
    )


def test_memory_and_cost_of_a_search_depend_on_the_model() -> None:
    """The network holds a few arrays of 12 d times its width, kernel ridge regression a matrix of (1.2 d²)²."""
    ntk, network = ({"model": model, "d": 60} for model in ("ntk", "network"))
    assert LEAST_SAMPLES.memory(ntk) == 8 * 6 * round(1.2 * 60**2) ** 2
    width = 720
    assert LEAST_SAMPLES.memory(network) == 4 * 8 * 2 * 12 * 60 * width + 4 * 8 * width**2
    n = 0.6 * 60**2
    assert LEAST_SAMPLES.cost(ntk) == pytest.approx(4 * (n**3 + 100 * n**2))
    assert LEAST_SAMPLES.cost(network) == pytest.approx(4 * 250 * 12 * 60 * width * 180)


@pytest.mark.parametrize("parts", [([1], {"a": 1}), ({"a": 1}, [1])])
def test_a_checkpoint_with_one_part_of_a_wrong_type_is_damaged(
    parts: tuple[Any, Any], tmp_path: Path
) -> None:
    """Anybody can write a digest that fits; each part has to be of its type, not only one of them."""
    config, scalars = parts
    save(tmp_path / "c.npz", Checkpoint(config, 1, {"W": np.zeros(2)}, scalars))
    with pytest.raises(InputError):
        load(tmp_path / "c.npz")
