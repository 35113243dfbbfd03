"""The separation's cells against trainings done here, the parts of a target, and the intervals over seeds."""

import math

import pytest
import torch
from scipy import stats

from theory.errors import InputError
from training.config import Config
from training.kernel import infinite_ntk
from training.parts import part_of, pose
from training.problem import make_problem
from training.risk import exact_risk
from training.rivals import finite_ntk_rival, ntk_rival, quadntk_rival, unregularized_rival
from training.separation import MODELS, model_cell, separation_cells, setting, summarize
from training.train import train

SMALL = {"n": 60, "m": 40, "steps": 30, "n_held": 100}


def test_sizes_follow_the_scaling() -> None:
    one, two = setting(1, 40, seed=3), setting(2, 24, seed=3)
    assert (one.n, one.m, one.lambda_, one.steps) == (800, 800, (1.0, 1.0, 1e-3, 1e-4), 400)
    assert (two.n, two.m, two.k, two.lambda_[3]) == (2000, 2400, 2, 1e-7)
    assert setting(1, 40, seed=3, n=10).n == 10
    with pytest.raises(InputError, match="k=3"):
        setting(3, 10, seed=0)
    cells = separation_cells(1, (20, 40), (0, 1))
    assert len(cells) == len({cell.key for cell in cells}) == 4 * len(MODELS)
    with pytest.raises(InputError, match="network"):
        model_cell("ntk-suffices", one)


@pytest.mark.parametrize("part", ["both", "dense"])
def test_the_network_cell_is_a_training_with_its_exact_risk(part: str) -> None:
    config = setting(1, 8, seed=4, **SMALL)
    found = model_cell("network", config, part).compute()
    problem = pose(config, part)
    trained = train(problem, problem.objective())
    assert found["error"] == exact_risk(problem.network, trained.W, problem.target)
    assert found["objective"] == trained.final.value and found["steps"] == 30
    assert found["null_risk"] == pytest.approx(2 if part == "both" else 1)
    estimate = problem.model_error(trained.W, "test", 20_000)
    assert abs(found["error"] - estimate.mean) < 5 * estimate.standard_error


@pytest.mark.parametrize("model", [model for model in MODELS if model != "network"])
def test_a_rival_cell_has_its_best_strength_and_its_exact_risk(model: str) -> None:
    config = setting(1, 8, seed=5, **SMALL)
    found = model_cell(model, config).compute()
    assert found["standard_error"] == 0
    assert found["strength"] == found["strengths"][found["held_errors"].index(min(found["held_errors"]))]
    rival = Config.from_dict(config.to_dict() | {"optimizer": "lbfgs", "steps": 80})
    by_points = {
        "ntk": ntk_rival,
        "finite-ntk": finite_ntk_rival,
        "quadntk": lambda each: quadntk_rival(each, lambdas=found["strengths"]),
        "unregularized": lambda each: unregularized_rival(each, lambdas=found["strengths"]),
    }[model](rival)
    assert by_points.strength == found["strength"]
    assert abs(by_points.test_error - found["error"]) < 5 * by_points.test_standard_error


def test_the_finite_ntk_uses_the_kernel_of_its_width() -> None:
    """At 4000 neurons both kernels agree to about m^{-1/2}; at 20 they do not."""
    wide, narrow = (setting(1, 6, seed=1, n=40, m=m, n_held=50) for m in (4000, 20))
    assert finite_ntk_rival(wide, exact=False).test_error == pytest.approx(
        ntk_rival(wide, exact=True).test_error, rel=0.15
    )
    assert finite_ntk_rival(narrow).test_error > 1.2 * ntk_rival(narrow, exact=True).test_error


def test_parts_keep_the_data_and_split_the_target() -> None:
    config = setting(1, 10, seed=2, n=50, m=20)
    whole = make_problem(config)
    dense, sparse = pose(config, "dense"), pose(config, "sparse")
    assert torch.equal(dense.X, whole.X) and torch.equal(sparse.X, whole.X)
    torch.testing.assert_close(dense.y, whole.target.f_k(whole.X), rtol=1e-14, atol=0)
    torch.testing.assert_close(dense.y + sparse.y, whole.y, rtol=1e-13, atol=1e-13)
    assert dense.target.null_risk == pytest.approx(1) and sparse.target.null_risk == pytest.approx(1)
    with pytest.raises(InputError, match="part"):
        part_of(whole.target, "all")


def test_intervals_over_seeds_are_students() -> None:
    values = [1.0, 2.0, 4.0]
    found = summarize(values, level=0.9)
    low, high = stats.t.interval(0.9, 2, loc=7 / 3, scale=stats.sem(values))
    assert found.mean - found.half_width == pytest.approx(low, rel=1e-12)
    assert found.mean + found.half_width == pytest.approx(high, rel=1e-12)
    assert summarize([3.0]).half_width == math.inf
    with pytest.raises(InputError, match="no value"):
        summarize([])


def test_the_ntk_never_sees_the_width() -> None:
    config = setting(1, 6, seed=1, n=30, m=20, n_held=40)
    problem = make_problem(config).in_float64()
    assert torch.equal(infinite_ntk(problem.X, problem.X), infinite_ntk(problem.X, problem.X, config.sigma()))
    other = Config.from_dict(config.to_dict() | {"m": 40})
    assert ntk_rival(config, exact=True).test_error == ntk_rival(other, exact=True).test_error
