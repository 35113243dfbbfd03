"""The rivals are at their best, and honestly so: all data, the strength chosen on validation points, λ4 at work."""

import dataclasses
import json
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from theory.errors import InputError
from training.config import Config
from training.kernel import RIDGES, ntk_kernel
from training.problem import Problem, make_problem
from training.rivals import Rival, ntk_rival, quadntk_rival
from training.sphere import generator, sample_sphere
from training.train import train

CONFIG = Config(d=10, n=90, m=40, steps=120, n_test=400, n_held=150, seed=5, lr=0.1, dtype="float64")
LAMBDAS = (1.0, 1e-2, 1e-4)


def _points(config: Config, purpose: str, count: int) -> Tensor:
    """Points of a stream, drawn here and not by the code under test."""
    return sample_sphere(
        count, config.d, radius=math.sqrt(config.d), generator=generator(config.seed, purpose)
    )


def _kernel_errors(problem: Problem, X: Tensor) -> list[float]:
    """For every ridge the error at X of a dense solve on all n labelled points."""
    config, net = problem.config, problem.network
    train_X = _points(config, "data", config.n)
    y = problem.target(train_X)
    K = ntk_kernel(net, train_X)
    errors = []
    for ridge in RIDGES:
        shift = ridge * float(K.diagonal().mean()) * torch.eye(config.n, dtype=torch.float64)
        predicted = ntk_kernel(net, X, train_X) @ torch.linalg.solve(K + shift, y)
        errors.append(float((predicted - problem.target(X)).square().mean()))
    return errors


@pytest.mark.parametrize("activation", ["sincos", "tanh-shift"])
def test_the_ntk_is_the_dense_solve_on_all_labels_at_the_ridge_chosen_on_validation_points(
    activation: str,
) -> None:
    config = replace(CONFIG, activation=activation)
    problem = make_problem(config)
    rival = ntk_rival(config)
    held = _kernel_errors(problem, _points(config, "validation", config.n_held))
    # Solve and eigendecomposition differ by rounding times a condition number of at most 1e6.
    assert rival.held_errors == pytest.approx(held, rel=1e-7)
    best = held.index(min(held))
    assert rival.strength == RIDGES[best]
    tested = _kernel_errors(problem, _points(config, "test", config.n_test))
    assert rival.test_error == pytest.approx(tested[best], rel=1e-7)
    assert rival.n_used == config.n


def test_the_quadratic_model_is_trained_with_its_lambda_and_chosen_on_validation_points() -> None:
    rival = quadntk_rival(CONFIG, lambdas=LAMBDAS)
    held, tested, trained = [], [], []
    for weight in LAMBDAS:
        config = replace(CONFIG, model="quadratic", lambda_=(0.0, 0.0, 0.0, weight))
        problem = make_problem(config)
        found = train(problem, problem.objective())
        for purpose, count, into in (("validation", config.n_held, held), ("test", config.n_test, tested)):
            X = _points(config, purpose, count)
            into.append(float((problem.network.on(X).f_Q(found.W) - problem.target(X)).square().mean()))
        trained.append(found)
    # λ4 matters: without it, or with another of the three, the errors would be other ones.
    assert min(abs(a / b - 1) for a in held for b in held if a != b) > 1e-3
    assert rival.held_errors == pytest.approx(held, rel=1e-9)
    best = held.index(min(held))
    assert rival.strength == LAMBDAS[best]
    assert rival.test_error == pytest.approx(tested[best], rel=1e-9)
    objective = trained[best].final
    assert set(rival.terms) == {"loss", "R4"}
    assert rival.terms == pytest.approx(objective.terms, rel=1e-9)
    assert objective.value == pytest.approx(
        rival.terms["loss"] + rival.strength * rival.terms["R4"], rel=1e-12
    )
    assert rival.gradient_norm == pytest.approx(float(objective.grad.norm()), rel=1e-9)
    assert rival.n_used == CONFIG.n


def test_the_gradient_norm_tells_how_stationary_the_quadratic_model_is() -> None:
    early, late = (quadntk_rival(replace(CONFIG, steps=steps), lambdas=(1e-2,)) for steps in (20, 3000))
    assert early.gradient_norm is not None and late.gradient_norm is not None
    assert late.gradient_norm < 2e-3 < 0.1 * early.gradient_norm


def test_rivals_report_their_grid_and_are_plain_data() -> None:
    config = replace(CONFIG, d=12, n=150, m=60, n_held=300)
    for rival in (ntk_rival(config), quadntk_rival(config)):
        assert len(rival.strengths) == len(rival.held_errors) >= 4
        # The held-out error at the best strength and the test error estimate one risk, here of about 1 ± 0.1.
        assert abs(rival.test_error - min(rival.held_errors)) < 0.5
        assert rival.test_error < rival.null_risk == pytest.approx(2.0, rel=1e-12)
        assert rival.test_standard_error < 0.2 * rival.test_error
        data = json.loads(json.dumps(dataclasses.asdict(rival), allow_nan=False))
        assert Rival(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}) == rival
    with pytest.raises(InputError, match="no λ4"):
        quadntk_rival(config, lambdas=())


@pytest.mark.parametrize(
    ("strengths", "held_errors", "settled"),
    [
        ((1e-3, 1e-4, 1e-5), (0.5, 0.4, 0.6), True),  # inside
        ((1e-3, 1e-4, 1e-5), (0.6, 0.5, 0.4), False),  # still falling at an end
        ((1e-3, 1e-4, 1e-5), (0.4, 0.5, 0.6), False),
        ((1e-3, 1e-4, 1e-5), (0.6, 0.405, 0.4), True),  # flat at an end
        ((1e-4, 1e-5, 1e-3), (0.4, 0.5, 0.6), True),  # inside once sorted
        ((1e-4, 1e-5), (0.4, 0.5), False),
        ((1e-4,), (0.4,), False),  # nothing was compared
    ],
)
def test_a_grid_is_settled_where_a_longer_one_promises_nothing(
    strengths: tuple[float, ...], held_errors: tuple[float, ...], settled: bool
) -> None:
    rival = Rival("ntk", strengths, held_errors, 0.0, 1.0, 0.1, 2.0, 1.0, n_used=10)
    assert rival.settled is settled
