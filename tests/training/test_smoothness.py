"""The smoothness constant against dense Hessians, and the step rule that uses it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from theory.errors import InputError
from training.activation import activation, builtin_names
from training.config import Config
from training.experiment import run
from training.objective import MODELS
from training.optimize import ball
from training.problem import make_problem
from training.smoothness import smoothness, suprema
from training.sphere import generator
from training.train import learning_rate, train
from verify.claims.landscape_cases import dense_hessian, dense_parts

SMALL = Config(d=5, n=12, m=8, dtype="float64", lambda_=(1.0, 0.5, 0.1, 0.01), momentum=0.0, steps=60)


@pytest.mark.parametrize("name", builtin_names())
def test_suprema_are_attained_and_not_exceeded(name: str) -> None:
    z = torch.linspace(-40, 40, 400_001, dtype=torch.float64)
    for order, bound in zip((1, 2), suprema(activation(name)), strict=True):
        largest = float(activation(name).derivative(z, order).abs().max())
        assert bound * (1 - 1e-6) <= largest <= bound * (1 + 1e-14)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("loss", ["squared", "logcosh"])
def test_no_hessian_on_the_sublevel_set_is_larger(model: str, loss: str) -> None:
    objective = make_problem(replace(SMALL, model=model, loss=loss)).objective()
    for seed in range(5):
        source = torch.Generator().manual_seed(seed)
        W = (0.1 + seed) * torch.randn(8, 5, generator=source, dtype=torch.float64)
        norm = float(torch.linalg.eigvalsh(dense_hessian(objective, W)).abs().max())
        assert norm <= smoothness(objective, level=objective.value(W)).total


@pytest.mark.parametrize("loss", ["squared", "logcosh"])
def test_each_part_bounds_its_own_term_within_a_small_factor(loss: str) -> None:
    """A part that is too small would hide behind the others: each is held against its own dense matrix."""
    objective = make_problem(replace(SMALL, loss=loss)).objective()
    W = 0.5 * torch.randn(8, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    parts = smoothness(objective, level=objective.value(W)).parts
    matrices = dense_parts(objective, W)
    assert parts.keys() == matrices.keys()
    for name, matrix in matrices.items():
        norm = float(torch.linalg.matrix_norm(matrix, ord=2))
        assert norm <= parts[name] * (1 + 1e-12), name
        assert norm >= parts[name] / 15, name


def test_the_part_of_the_quartic_is_attained_by_one_neuron() -> None:
    """A single moving neuron has ∇²R_4[V,V] = 56 R_4^{3/4} along itself."""
    objective = make_problem(replace(SMALL, lambda_=(0, 0, 0, 0.1))).objective()
    W = torch.zeros(8, 5, dtype=torch.float64)
    W[3, 2] = 1.7
    term = objective.regularizers["R4"][1]
    form = float((W * term.hvp(W, W)).sum() / W.square().sum())
    part = smoothness(objective, level=0.1 * float(term.value(W))).parts["R4"]
    assert 0.1 * form == pytest.approx(part, rel=1e-12)


def test_the_constant_grows_with_the_level() -> None:
    objective = make_problem(SMALL).objective()
    low, high = (smoothness(objective, level=level) for level in (1.0, 16.0))
    assert high.parts["R4"] == pytest.approx(8 * low.parts["R4"])
    assert high.parts["bends"] == pytest.approx(4 * low.parts["bends"])
    assert high.parts["Gauss-Newton"] == low.parts["Gauss-Newton"]
    assert high.step == 1 / high.total < low.step


def test_the_rule_sets_the_learning_rate_and_every_step_descends() -> None:
    config = replace(SMALL, step_rule="smooth")
    problem = make_problem(config)
    objective = problem.objective()
    W = ball(torch.Size((8, 5)), config.start_radius, generator(config.seed, "start"), torch.float64)
    lr = learning_rate(config, objective, W)
    assert lr == smoothness(objective, level=objective.value(W)).step
    assert learning_rate(SMALL, objective, W) == SMALL.lr
    history = train(problem, objective).history
    assert len(history) == config.steps + 1
    for before, after in zip(history, history[1:], strict=False):
        assert after.value <= before.value - lr / 2 * before.grad_norm**2 * (1 - 1e-9)


def test_a_resumed_training_takes_the_same_steps(tmp_path: Path) -> None:
    config = replace(SMALL, step_rule="smooth", n_test=50)
    whole = run(config)
    run(replace(config, steps=25), checkpoint_dir=tmp_path)
    rest = run(config, checkpoint_dir=tmp_path, resume=True)
    assert (rest.objective, rest.test_error) == (whole.objective, whole.test_error)


def test_older_settings_and_digests_still_hold() -> None:
    settings = {name: value for name, value in SMALL.to_dict().items() if name != "step_rule"}
    assert Config.from_dict(settings) == SMALL
    assert "step_rule" not in SMALL.trajectory()
    other = replace(SMALL, step_rule="smooth")
    assert other.trajectory()["step_rule"] == "smooth" and other.digest() != SMALL.digest()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"step_rule": "armijo"}, "step_rule 'armijo'"),
        ({"step_rule": "smooth", "optimizer": "lbfgs"}, "L-BFGS finds its steps"),
        ({"step_rule": "smooth", "activation": ("sin", ("z",))}, "built-in activation"),
    ],
)
def test_bad_rules(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Config(**settings)


def test_what_cannot_be_bounded_is_refused() -> None:
    free = make_problem(replace(SMALL, model="quadratic", lambda_=(0, 0, 0, 0))).objective()
    with pytest.raises(InputError, match="λ4 = 0"):
        smoothness(free, level=1.0)
    with pytest.raises(InputError, match="level nan"):
        smoothness(free, level=math.nan)
