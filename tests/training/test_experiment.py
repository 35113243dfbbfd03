"""Experiments: reproducible, resumable bit for bit, measured without bias, and clear about bad input."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from theory.errors import InputError
from training import checkpoint
from training.config import Config
from training.experiment import Run, quadntk_rival, run, smallest_eigenvalue
from training.optimize import DivergenceError
from training.problem import make_problem
from training.train import CHECKPOINT_NAME

SMALL = Config(d=6, n=40, m=24, steps=130, n_test=500, n_held=200, seed=3)


def _numbers(found: Run) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(found.to_json())
    del data["seconds"]
    return data


def _stopping_at(step: int) -> Any:
    def progress(done: int, total: int, eta: float, value: float) -> None:
        if done == step:
            raise KeyboardInterrupt

    return progress


def test_one_configuration_gives_one_result() -> None:
    assert _numbers(run(SMALL)) == _numbers(run(SMALL))
    other = run(dataclasses.replace(SMALL, seed=4))
    assert other.test_error != run(SMALL).test_error
    assert other.seed == 4


def test_a_run_survives_json() -> None:
    found = run(SMALL)
    again = Run.from_json(found.to_json())
    assert again == found
    assert isinstance(again.config.lambda_, tuple)
    for text in ("no json", "[]", "{}", '{"schema": 1}', found.to_json().replace('"steps"', '"stepz"')):
        with pytest.raises(InputError, match="no run|did you mean"):
            Run.from_json(text)
    with pytest.raises(InputError, match="schema version 9"):
        Run.from_json(found.to_json().replace('"schema": 1', '"schema": 9'))


# Before the first checkpoint, between two, on one, and at the very end.
@pytest.mark.parametrize("stop", [1, 2, 49, 77, 100, 129, 130])
def test_resume_repeats_the_uninterrupted_run(stop: int, tmp_path: Path) -> None:
    config = dataclasses.replace(SMALL, gradient_threshold=0.05, noise_interval=20)
    whole = run(config)
    with pytest.raises(KeyboardInterrupt):
        run(config, checkpoint_dir=tmp_path, progress=_stopping_at(stop))
    steps: list[int] = []
    resumed = run(config, checkpoint_dir=tmp_path, resume=True, progress=lambda done, *_: steps.append(done))
    assert _numbers(resumed) == _numbers(whole)
    # The last state whose loss was known is one step back.
    assert steps == list(range(stop, whole.steps + 1))


def test_resume_remembers_what_noise_achieved(tmp_path: Path) -> None:
    """At a tiny learning rate noise is added at once, achieves nothing, and the run ends after one interval."""
    config = dataclasses.replace(
        SMALL, lr=1e-9, gradient_threshold=100.0, noise_interval=20, noise_radius=1e-6
    )
    whole = run(config)
    assert (whole.status, whole.steps) == ("CONVERGED", 20)
    with pytest.raises(KeyboardInterrupt):
        run(config, checkpoint_dir=tmp_path, progress=_stopping_at(10))
    assert _numbers(run(config, checkpoint_dir=tmp_path, resume=True)) == _numbers(whole)


def test_a_finished_run_can_be_made_longer(tmp_path: Path) -> None:
    longer = dataclasses.replace(SMALL, steps=170)
    run(SMALL, checkpoint_dir=tmp_path)
    assert _numbers(run(longer, checkpoint_dir=tmp_path, resume=True)) == _numbers(run(longer))
    with pytest.raises(InputError, match="170 steps or more"):
        run(SMALL, checkpoint_dir=tmp_path, resume=True)


def test_checkpoints_of_other_runs_are_refused(tmp_path: Path) -> None:
    run(SMALL, checkpoint_dir=tmp_path)
    with pytest.raises(InputError, match=r"seed=3 instead of 5"):
        run(dataclasses.replace(SMALL, seed=5), checkpoint_dir=tmp_path, resume=True)
    (tmp_path / CHECKPOINT_NAME).write_bytes(b"half")
    with pytest.raises(InputError, match="damaged"):
        run(SMALL, checkpoint_dir=tmp_path, resume=True)
    run(SMALL, checkpoint_dir=tmp_path)
    with pytest.raises(InputError, match="resume without a checkpoint folder"):
        run(SMALL, resume=True)
    with pytest.raises(InputError, match="L-BFGS"):
        run(dataclasses.replace(SMALL, optimizer="lbfgs"), checkpoint_dir=tmp_path)


def test_divergence_names_a_checkpoint_that_is_good(tmp_path: Path) -> None:
    """A path that diverges late: a good checkpoint, continued with a learning rate that is far too large."""
    path = tmp_path / CHECKPOINT_NAME
    run(SMALL, checkpoint_dir=tmp_path)
    bad = dataclasses.replace(SMALL, lr=1e4, steps=400)
    stored = dataclasses.replace(checkpoint.load(path), config=bad.trajectory())
    with pytest.raises(DivergenceError, match="no checkpoint was written"):
        run(bad)

    def diverge(first: int) -> DivergenceError:
        checkpoint.save(path, dataclasses.replace(stored, step=first))
        with pytest.raises(DivergenceError, match="smaller learning rate") as caught:
            run(bad, checkpoint_dir=tmp_path, resume=True)
        return caught.value

    needed = diverge(130).step - 130
    # Now the loss is not finite just when a checkpoint is due, or one step later: no such state is written.
    for step in (150, 151):
        error = diverge(step - needed)
        assert error.step == step
        assert checkpoint.load(path).step == step - 1
        assert f"not finite at step {step}" in str(error)
        found = checkpoint.load(path)
        assert f"{CHECKPOINT_NAME} (step {found.step})" in str(error)
        value = make_problem(bad).objective().value(torch.from_numpy(found.arrays["W"]))
        assert math.isfinite(value)


def test_divergence_in_the_first_steps_keeps_the_last_finite_state(tmp_path: Path) -> None:
    bad = dataclasses.replace(SMALL, lr=1e3)
    with pytest.raises(DivergenceError) as caught:
        run(bad, checkpoint_dir=tmp_path)
    step = caught.value.step
    assert 1 < step < 50  # none was due since step 0
    found = checkpoint.load(tmp_path / CHECKPOINT_NAME, config=bad.trajectory())
    assert found.step == step - 1
    assert f"the last finite state is in {tmp_path / CHECKPOINT_NAME} (step {step - 1})" in str(caught.value)
    objective = make_problem(bad).objective()
    evaluation = objective.evaluate(torch.from_numpy(found.arrays["W"]))
    assert math.isfinite(evaluation.value) and bool(torch.isfinite(evaluation.grad).all())
    # Gone on from there, it diverges at the same step.
    with pytest.raises(DivergenceError, match=f"not finite at step {step};"):
        run(bad, checkpoint_dir=tmp_path, resume=True)


def test_lbfgs_that_starts_converged_is_a_run_like_any_other() -> None:
    """W = 0 is a stationary point of the quadratic model."""
    config = dataclasses.replace(SMALL, optimizer="lbfgs", model="quadratic", start_radius=0.0)
    found = run(dataclasses.replace(config, lambda_=(0.0, 0.0, 0.0, 1.0)))
    assert (found.status, found.steps, found.gradient_norm, len(found.history)) == ("CONVERGED", 0, 0.0, 1)
    assert found.train_loss == found.history[-1].value > 0


def test_progress_counts_the_steps_done() -> None:
    for optimizer in ("gd", "lbfgs"):
        steps: list[int] = []
        config = dataclasses.replace(SMALL, optimizer=optimizer, steps=5)
        found = run(config, progress=lambda done, *_, into=steps: into.append(done))
        assert steps == [1, 2, 3, 4, 5] and found.steps == 5


def test_the_digest_tells_trajectories_apart() -> None:
    assert SMALL.digest() == dataclasses.replace(SMALL).digest()
    assert len(SMALL.digest()) == 6
    longer = dataclasses.replace(SMALL, steps=SMALL.steps + 1)
    assert longer.digest() == SMALL.digest()  # its checkpoint can be gone on from
    for change in ({"seed": 4}, {"lr": 0.5}, {"lambda_": (1.0, 1.0, 1e-3, 2e-4)}, {"model": "quadratic"}):
        assert dataclasses.replace(SMALL, **change).digest() != SMALL.digest()


def test_the_history_and_the_final_numbers_agree() -> None:
    found = run(dataclasses.replace(SMALL, steps=450, gradient_threshold=0.0))
    assert found.history[-1].step == found.steps == 450
    assert 100 <= len(found.history) <= 200
    last = found.history[-1]
    assert (last.value, last.grad_norm, last.terms) == (found.objective, found.gradient_norm, found.terms)
    weights = dict(zip(("R1", "R2", "R3", "R4"), found.config.lambda_, strict=True))
    assert found.objective == pytest.approx(
        found.train_loss + sum(weights[name] * found.terms[name] for name in weights), rel=1e-12
    )
    assert found.history[-1].value < 0.2 * found.history[0].value


@pytest.mark.parametrize("model", ["full", "second-order", "linear", "quadratic"])
@pytest.mark.parametrize("optimizer", ["gd", "lbfgs"])
def test_every_model_trains_with_every_optimizer(model: str, optimizer: str) -> None:
    weights = (0.0, 0.0, 0.0, 1e-3)
    config = dataclasses.replace(SMALL, model=model, optimizer=optimizer, dtype="float64", lambda_=weights)
    found = run(dataclasses.replace(config, steps=60))
    start = make_problem(config).objective().value(torch.zeros(config.m, config.d, dtype=torch.float64))
    assert found.objective < 0.8 * start
    assert set(found.terms) == {"loss", "R4"}


def test_the_error_on_fresh_points_is_unbiased() -> None:
    problem = make_problem(Config(d=10, n=20, m=4, seed=1))
    estimate = problem.error(lambda X: torch.zeros(X.shape[0], dtype=torch.float64), "test", 20_000)
    assert abs(estimate.mean - problem.target.null_risk) < 5 * estimate.standard_error
    # The standard error is that of a mean: at the fourfold number of points it halves, up to its own noise.
    fewer = problem.error(lambda X: torch.zeros(X.shape[0], dtype=torch.float64), "test", 5_000)
    assert fewer.standard_error / estimate.standard_error == pytest.approx(2, rel=0.15)
    shifted = problem.error(lambda X: problem.target(X) + 0.5, "test", 3_000)
    assert shifted.mean == pytest.approx(0.25, rel=1e-12)
    assert shifted.standard_error < 1e-12


def test_test_error_is_that_of_the_trained_network() -> None:
    """The reported error against the mean over the same points, through the checkpointed W, neuron by neuron."""
    problem = make_problem(SMALL)
    W = torch.randn(SMALL.m, SMALL.d, generator=torch.Generator().manual_seed(0)) / 3
    X = problem.points("test", 300)
    f = X.new_zeros(300)
    for w0, a, w in zip(problem.network.w0.double(), problem.network.a.double(), W.double(), strict=True):
        z = X @ (w0 + w)
        f += a * (z.sin() + z.cos()) / math.sqrt(SMALL.m)
    squares = (f - problem.target(X)).square()
    found = problem.model_error(W, "test", 300)
    assert found.mean == pytest.approx(float(squares.mean()), rel=1e-12)
    assert found.standard_error == pytest.approx(float(squares.std()) / math.sqrt(300), rel=1e-12)


def test_smallest_eigenvalue_of_the_hessian() -> None:
    config = dataclasses.replace(SMALL, d=4, n=20, m=8, dtype="float64", steps=5, hessian=True)
    problem = make_problem(config)
    objective = problem.objective()
    W = torch.randn(8, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64) / 2
    eye = torch.eye(32, dtype=torch.float64).reshape(32, 8, 4)
    dense = torch.stack([objective.hvp(W, unit).reshape(-1) for unit in eye])
    assert float((dense - dense.T).abs().max()) < 1e-12 * float(dense.abs().max())
    expected = float(torch.linalg.eigvalsh(dense)[0])
    assert smallest_eigenvalue(objective, W, seed=0) == pytest.approx(expected, rel=1e-3)
    found = run(config)
    assert found.hessian_min is not None and math.isfinite(found.hessian_min)


def test_the_network_learns_what_its_rivals_do_not() -> None:
    """The headline on a small scale: the dense and the sparse part together, with fewer than d² points."""
    config = Config(d=24, n=480, m=480, seed=1, n_test=4000, steps=300)
    network, quadratic = run(config), quadntk_rival(config, lambdas=(1e-5,))
    assert network.status in ("STEPS_USED", "CONVERGED")
    assert network.train_loss < 0.01
    assert network.gradient_norm < 0.01
    assert network.test_error < 0.12 * network.null_risk
    assert quadratic.test_error > 1.6 * network.test_error


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"d": 2, "k": 1}, "d of 3 or more"),
        ({"m": 7}, "use m=8"),
        ({"m": 0}, "m of 2 or more"),
        ({"n": 0}, "n of 1 or more"),
        ({"k": 0}, "k of 1 or more"),
        ({"k": 5, "d": 5}, "k of at most 4"),
        ({"R": 9, "d": 8}, "R of at most 8"),
        ({"lambda_": (1, 1, -1e-3, 0)}, "none negative"),
        ({"lambda_": (1, 1, 0)}, "four finite numbers"),
        ({"lambda_": (1, 1, math.inf, 0)}, "four finite numbers"),
        ({"lambda_": (1, 1, "a", 0)}, "four finite numbers"),
        ({"lambda_": 3.0}, "four finite numbers"),
        ({"n": 10.5}, "a whole number"),
        ({"seed": "7"}, "a whole number"),
        ({"lr": "fast"}, "allowed: a number"),
        ({"activation": "relu"}, "activation"),
        ({"activation": ("sinn", ("z",))}, "sinn"),
        ({"loss": "hinge"}, "one of squared, logcosh"),
        ({"model": "second order"}, "did you mean 'second-order'"),
        ({"optimizer": "adam"}, "one of gd, lbfgs"),
        ({"dtype": "float16"}, "float32"),
        ({"steps": 0}, "steps of 1 or more"),
        ({"lr": 0.0}, "positive lr"),
        ({"lr": math.nan}, "positive lr"),
        ({"momentum": 1.0}, "momentum in"),
        ({"n_test": 1}, "n_test of 2 or more"),
        ({"n_unlabeled": 10}, "at least 3 n_k = 123"),
        ({"start_radius": math.nan}, "start_radius"),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Config(**settings)


def test_settings_round_trip_and_unknown_names() -> None:
    config = Config(activation=("add", ("sin", ("z",)), ("cos", ("z",))), lambda_=(1, 0, 0, 1))
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    with pytest.raises(InputError, match="did you mean 'momentum'"):
        Config.from_dict({"momentun": 0.9})


def test_an_expression_trains_like_its_built_in_twin() -> None:
    tree = ("add", ("sin", ("z",)), ("cos", ("z",)))
    weights = (0.0, 0.0, 0.0, 1e-3)  # the covariance is exact for the built-in name only
    config = dataclasses.replace(SMALL, dtype="float64", steps=30, lambda_=weights)
    built_in, expression = run(config), run(dataclasses.replace(config, activation=tree))
    assert expression.test_error == pytest.approx(built_in.test_error, rel=1e-9)
