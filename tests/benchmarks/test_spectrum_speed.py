"""Time and memory of the good directions: a basis at d = 30, m = 1000, and P_≤ on 50 000 neurons at d = 100."""

import math
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from training.activation import activation
from training.directions import good_directions
from training.moments import moment_directions
from training.network import Network, initialise
from training.spectrum import exact_directions
from training.sphere import generator, low_degree_count, sample_sphere
from training.subspace import Subspace

Route = Callable[[Network], Subspace]
# Arrays of 40 MB and more: below, an allocation may reuse memory that is mapped already, which bends the slope.
WIDTHS = (50_000, 100_000, 200_000)
ROUNDS = 7


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def by_points(network: Network) -> Subspace:
    count = 4 * low_degree_count(network.d, 1)
    X = sample_sphere(count, network.d, radius=math.sqrt(network.d), generator=generator(0, "unlabeled"))
    return good_directions(network, X, 1)


def by_moments(network: Network) -> Subspace:
    return moment_directions(network, 1)


def by_eigenvectors(network: Network) -> Subspace:
    return exact_directions(network, 1)


@pytest.mark.parametrize("route", [by_points, by_moments, by_eigenvectors])
def test_basis_at_dimension_30_and_width_1000(benchmark: Any, route: Route) -> None:
    network = initialise(1000, 30, activation("sincos"), seed=0)
    good = benchmark.pedantic(route, args=(network,), rounds=5, warmup_rounds=1)
    assert good.half is not None and good.half.shape == (15_000, 31)
    if benchmark.enabled:
        assert benchmark.stats.stats.min <= 1.0


@pytest.mark.parametrize("route", [by_points, by_moments])
def test_projection_at_dimension_100_is_linear_in_the_width(benchmark: Any, route: Route) -> None:
    cases: list[tuple[Subspace, Tensor]] = []
    for width in WIDTHS if benchmark.enabled else (200, 400):
        good = route(initialise(width, 100, activation("sincos"), seed=0))
        W = torch.randn(width, 100, generator=generator(0, "W"), dtype=torch.float64)
        assert (
            good.half is None or width < WIDTHS[0]
        )  # the default budget of 1 GiB chose the matrix-free form
        cases.append((good, W))
    benchmark.pedantic(cases[0][0].project_out, args=(cases[0][1],), rounds=3, warmup_rounds=1)
    if not benchmark.enabled:
        return
    best = np.full(len(cases), np.inf)
    for _ in range(ROUNDS):  # in turns, so that a slow moment of the machine hits all widths
        for index, (good, W) in enumerate(cases):
            start = time.process_time()
            good.project_out(W)
            best[index] = min(best[index], time.process_time() - start)
    slope = float(np.polyfit(np.log(WIDTHS), np.log(best), 1)[0])
    benchmark.extra_info.update(slope=slope, seconds=best.tolist())
    assert slope <= 1.05
    # The most that this process ever held, in KiB: all three widths together.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss <= 8 * 2**20
