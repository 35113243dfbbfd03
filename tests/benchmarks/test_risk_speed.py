"""The exact test error at m = 800, d = 40: at most 0.5 s in float64 and 5 s as a ball, on one thread."""

from typing import Any

import pytest
import torch
from torch import Tensor

from theory.certified_risk import certified_risk
from training.activation import activation
from training.network import Network, initialise
from training.risk import exact_risk
from training.sphere import generator
from training.target import Target, make_target


@pytest.fixture
def case(benchmark: Any) -> tuple[Network, Tensor, Target]:
    torch.set_num_threads(1)
    width, d = (800, 40) if benchmark.enabled else (20, 5)
    network = initialise(width, d, activation("sincos"), seed=0)
    W = 0.1 * torch.randn(network.w0.shape, generator=generator(0, "W"), dtype=torch.float64)
    return network, W, make_target(d, 1, 1, seed=0)


def test_float64_risk(benchmark: Any, case: tuple[Network, Tensor, Target]) -> None:
    benchmark.pedantic(exact_risk, args=case, rounds=3, warmup_rounds=1)
    if benchmark.enabled:
        assert benchmark.stats.stats.min <= 0.5


@pytest.mark.parametrize("linear", [False, True])
def test_certified_risk(benchmark: Any, case: tuple[Network, Tensor, Target], linear: bool) -> None:
    network, W, target = case
    ridges = [
        (each.degree, each.directions.tolist(), each.coefficients.tolist())
        for each in (*target.dense, target.sparse)
    ]
    arguments = (network.w0.tolist(), network.a.tolist(), W.tolist(), ridges)
    found = benchmark.pedantic(certified_risk, args=arguments, kwargs={"linear": linear}, rounds=1)
    assert found.value.rad() < 1e-10
    if benchmark.enabled:
        assert benchmark.stats.stats.min <= 5
