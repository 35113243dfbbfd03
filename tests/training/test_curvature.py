"""The Hessian operator and the ends of its spectrum against dense matrices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from theory.errors import InputError
from training import curvature
from training.config import Config
from training.curvature import Hessian, least_eigenvalue, smallest_eigenvalue
from training.objective import MODELS, Objective
from training.problem import make_problem
from training.subspace import in_float64
from verify.claims.landscape_cases import draw_landscape

SMALL = Config(d=6, n=30, m=20, dtype="float64", seed=1, lambda_=(1.0, 0.5, 0.1, 0.01))


def _setting(config: Config, scale: float = 0.3) -> tuple[Objective, Tensor]:
    source = torch.Generator().manual_seed(config.seed)
    W = scale * torch.randn(config.m, config.d, generator=source, dtype=torch.float64)
    return make_problem(config).objective(), W.to(config.torch_dtype)


def _dense(objective: Objective, W: Tensor) -> Tensor:
    eye = torch.eye(W.numel(), dtype=W.dtype)
    return torch.stack([objective.hvp(W, unit.reshape(W.shape)).reshape(-1) for unit in eye])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "lambda_", [(1.0, 0.5, 0.1, 0.01), (0.0, 0.5, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), (0, 0, 0, 1)]
)
def test_cached_products_are_the_plain_ones(model: str, lambda_: tuple[float, float, float, float]) -> None:
    objective, W = _setting(replace(SMALL, model=model, lambda_=lambda_))
    V = torch.randn(W.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    plain = objective.hvp(W, V)
    error = torch.linalg.vector_norm(Hessian(objective, W).apply(V) - plain)
    assert float(error) <= 1e-13 * float(torch.linalg.vector_norm(plain))


@pytest.mark.parametrize("model", MODELS)
def test_the_least_eigenvalue_lies_between_its_bounds(model: str) -> None:
    objective, W = _setting(replace(SMALL, model=model))
    values = torch.linalg.eigvalsh(_dense(objective, W))
    found, lower = least_eigenvalue(objective, W, seed=0), Hessian(objective, W).lower_bound()
    assert lower <= float(values[0]) + 1e-12
    assert found.value >= float(values[0]) - 1e-12
    assert found.value == pytest.approx(float(values[0]), abs=1e-3 * float(values[-1]))
    assert float((values - found.value).abs().min()) <= found.residual + 1e-12
    assert found.largest == pytest.approx(float(values[-1]), rel=1e-3)
    assert float(torch.linalg.vector_norm(found.vector)) == pytest.approx(1.0)
    assert smallest_eigenvalue(objective, W, seed=0) == found.value


def test_what_is_left_over_the_blocks_is_positive() -> None:
    objective, W = _setting(SMALL, scale=1.0)
    blocks = torch.zeros(W.numel(), W.numel(), dtype=W.dtype)
    for r, block in enumerate(Hessian(objective, W).blocks()):
        blocks[r * 6 : (r + 1) * 6, r * 6 : (r + 1) * 6] = block
    values = torch.linalg.eigvalsh(_dense(objective, W) - blocks)
    assert float(values[0]) >= -1e-12 * float(values[-1])
    # Twice the blocks would be too much: the bound has no room to give away.
    assert float(torch.linalg.eigvalsh(_dense(objective, W) - 2 * blocks)[0]) < -1e-3


def test_the_coarse_iteration_is_checked_in_double_precision() -> None:
    objective, W = _setting(SMALL)
    coarse, _ = _setting(replace(SMALL, dtype="float32"))
    assert coarse.network.dtype is torch.float32 and in_float64(coarse.network).dtype is torch.float64
    fine, found = (least_eigenvalue(objective, W, seed=0, coarse=each) for each in (None, coarse))
    assert found.vector.dtype is torch.float64
    product = objective.hvp(W, found.vector)
    assert found.value == pytest.approx(float((found.vector * product).sum()), rel=1e-10)
    assert found.residual == pytest.approx(
        float(torch.linalg.vector_norm(product - found.value * found.vector)), rel=1e-6
    )
    assert found.value == pytest.approx(fine.value, rel=1e-2)


def test_close_eigenvalues_are_not_taken_for_one() -> None:
    """Ten steps meet a mixture of two eigenvalues 2% apart, with a small residual: that is no convergence yet."""
    case = {"m": 4, "d": 5, "n": 4, "activation": "sincos", "loss": "squared", "model": "full", "seed": 4}
    objective, W, _ = draw_landscape({**case, "scale": 0.1, "lambda_": (1.0, 0.5, 0.1, 0.01)})
    values = torch.linalg.eigvalsh(_dense(objective, W))
    assert 0 < float(values[1] - values[0]) < 0.03 * float(-values[0])
    for seed in range(20):
        found = least_eigenvalue(objective, W, seed=seed)
        assert found.value == pytest.approx(float(values[0]), rel=1e-3)


def test_a_small_basis_starts_again() -> None:
    objective, W = _setting(replace(SMALL, d=10, n=40, m=40))
    found = least_eigenvalue(objective, W, seed=0, budget=20 * W.numel() * 8)  # of 20 vectors
    assert found.products > 21
    assert found.value == pytest.approx(least_eigenvalue(objective, W, seed=0).value, rel=1e-2)


def test_a_restart_does_not_trust_an_invariant_subspace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worst case of a restart: the vector found so far is the eigenvector of the LARGEST eigenvalue."""
    objective, W = _setting(replace(SMALL, model="linear"))
    values, vectors = torch.linalg.eigh(_dense(objective, W))
    plain, runs = curvature._lanczos, []

    def misled(*arguments: Any) -> tuple[Tensor, int, tuple[float, float] | None]:
        runs.append(arguments)
        return (vectors[:, -1], 1, None) if len(runs) == 1 else plain(*arguments)

    monkeypatch.setattr(curvature, "_lanczos", misled)
    found = least_eigenvalue(objective, W, seed=0)
    assert len(runs) == 2
    assert found.value == pytest.approx(float(values[0]), abs=1e-6 * float(values[-1]))


def test_a_restart_still_meets_the_largest_eigenvalue() -> None:
    """Once an eigenvalue has converged, the Ritz vector of another one has nothing along it any more."""
    objective, W = _setting(replace(SMALL, d=12, n=80, m=60))
    values = torch.linalg.eigvalsh(_dense(objective, W))
    budget = 40 * W.numel() * 8  # of 40 vectors
    found = least_eigenvalue(objective, W, seed=0, tolerance=1e-6, budget=budget)
    assert found.products > 80
    assert found.largest == pytest.approx(float(values[-1]), rel=1e-6)


def test_blocks_that_do_not_fit_are_refused_or_taken_in_groups() -> None:
    objective, W = _setting(replace(SMALL, d=20, n=20, m=30, lambda_=(1.0, 0.5, 0.1, 0.0)))
    budget = 4 * 20 * 30 * 8  # the cached arrays alone: room for two blocks and their copies, not for thirty
    operator, roomy = Hessian(objective, W, budget=budget), Hessian(objective, W)
    with pytest.raises(InputError, match=r"30 blocks of the Hessian, which would take 0\.0001 GB"):
        operator.blocks()
    least = torch.linalg.eigvalsh(roomy.blocks())[:, 0]
    assert int(least.argmin()) not in (0, 1, 28, 29)  # neither in the first nor in the last group
    assert operator.lower_bound() == roomy.lower_bound() == float(least.min())
    with_R4, _ = _setting(replace(SMALL, d=20, n=20, m=30))  # its blocks hold a sum over all neurons
    assert Hessian(with_R4, W, budget=budget).lower_bound() == Hessian(with_R4, W).lower_bound()
    wide, W = _setting(replace(SMALL, d=60, n=4, m=4))
    with pytest.raises(InputError, match="one block of the Hessian"):
        Hessian(wide, W, budget=4 * 4 * 4 * 8).lower_bound()


def test_limits_are_named() -> None:
    objective, W = _setting(SMALL)
    with pytest.raises(InputError, match="would take"):
        least_eigenvalue(objective, W, seed=0, budget=1000)
    with pytest.raises(InputError, match="did not reach the relative tolerance"):
        least_eigenvalue(objective, W, seed=0, steps=3)
