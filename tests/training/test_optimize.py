"""Gradient descent and L-BFGS on objectives whose solutions are known."""

import math
import pickle

import pytest
import torch
from torch import Tensor

from theory.errors import InputError
from training.objective import Evaluation
from training.optimize import (
    DivergenceError,
    State,
    Status,
    ball,
    lbfgs,
    perturbed_gradient_descent,
)
from training.sphere import generator


class Bowl:
    """½ Σ c_i w_i², minimum 0 at 0."""

    def __init__(self, curvatures: list[float]) -> None:
        self.c = torch.tensor([curvatures], dtype=torch.float64)

    def evaluate(self, W: Tensor) -> Evaluation:
        c = self.c.to(W.dtype)
        value = float((c * W.square()).sum() / 2)
        return Evaluation(value, c * W, {"loss": value})


class Saddle:
    """x²/2 - y²/2 + y⁴/4: a saddle of value 0 at 0, minima of value -1/4 at (0, ±1)."""

    def evaluate(self, W: Tensor) -> Evaluation:
        x, y = W[0, 0], W[0, 1]
        value = float(x**2 / 2 - y**2 / 2 + y**4 / 4)
        return Evaluation(value, torch.stack((x, y**3 - y))[None], {"loss": value})


def _rand() -> torch.Generator:
    return generator(0, "noise")


def test_heavy_ball_follows_its_recurrence() -> None:
    lr, momentum, curvatures, steps = 0.1, 0.9, [1.0, 5.0], 7
    start = torch.tensor([[1.0, -2.0]], dtype=torch.float64)
    found = perturbed_gradient_descent(
        Bowl(curvatures),
        start,
        steps=steps,
        lr=lr,
        momentum=momentum,
        gradient_threshold=0.0,
        generator=_rand(),
    )
    for c, first, got in zip(curvatures, start[0].tolist(), found.W[0].tolist(), strict=True):
        w = [first, first - lr * c * first]
        while len(w) <= steps:
            # w_{t+1} = w_t + momentum (w_t - w_{t-1}) - lr c w_t
            w.append(w[-1] + momentum * (w[-1] - w[-2]) - lr * c * w[-1])
        assert got == pytest.approx(w[steps], rel=1e-13)
    assert torch.equal(start, torch.tensor([[1.0, -2.0]], dtype=torch.float64))


def test_converges_to_the_minimum_and_says_so() -> None:
    found = perturbed_gradient_descent(
        Bowl([1.0, 3.0]),
        torch.ones(1, 2, dtype=torch.float64),
        steps=2000,
        lr=0.1,
        momentum=0.5,
        noise_radius=0.01,
        generator=_rand(),
    )
    assert found.status is Status.CONVERGED
    assert found.steps < 2000
    assert found.final.value < 1e-5
    assert [record.step for record in found.history] == list(range(found.steps + 1))
    assert found.history[-1].grad_norm <= 1e-3


def test_noise_leaves_the_saddle_and_nothing_else_does() -> None:
    start = torch.zeros(1, 2, dtype=torch.float64)
    still = perturbed_gradient_descent(
        Saddle(), start, steps=500, lr=0.3, noise_radius=0.0, generator=_rand()
    )
    assert torch.equal(still.W, start)
    assert still.status is Status.CONVERGED
    moved = perturbed_gradient_descent(
        Saddle(),
        start,
        steps=2000,
        lr=0.1,
        momentum=0.5,
        noise_radius=0.01,
        noise_interval=200,
        generator=_rand(),
    )
    assert moved.status is Status.CONVERGED
    assert moved.final.value == pytest.approx(-0.25, abs=1e-4)
    assert abs(moved.W[0, 1]) == pytest.approx(1.0, abs=1e-2)


def test_noise_comes_only_at_small_gradients_and_not_too_often() -> None:
    states: list[State] = []
    perturbed_gradient_descent(
        Saddle(),
        torch.tensor([[1.0, 0.0]], dtype=torch.float64),
        steps=400,
        lr=0.1,
        momentum=0.0,
        noise_radius=1e-9,
        gradient_threshold=0.05,
        noise_interval=30,
        decrease=-math.inf,
        generator=_rand(),
        callback=states.append,
    )
    events = sorted({state.noise_step for state in states} - {-1})
    norms = [record.grad_norm for record in states[-1].history]
    assert norms[events[0]] <= 0.05 < norms[events[0] - 1]
    assert all(norms[event] <= 0.05 for event in events)
    # Near the saddle every 30 steps, until the noise has grown and the path leaves it.
    gaps = [late - early for early, late in zip(events, events[1:], strict=False)]
    assert gaps[:3] == [30, 30, 30]
    assert min(gaps) >= 30


def test_noise_is_uniform_in_the_ball() -> None:
    source, draws, dim = generator(1, "noise"), 4000, 3
    points = torch.stack([ball(torch.Size((1, dim)), 2.0, source, torch.float64)[0] for _ in range(draws)])
    radii = points.norm(dim=1) / 2
    assert float(radii.max()) <= 1 + 1e-12
    # r^dim is uniform on [0, 1]: mean 1/2 and mean square 1/3, to 5 standard errors at a fixed seed.
    u = radii**dim
    assert abs(float(u.mean()) - 1 / 2) < 5 * math.sqrt(1 / 12 / draws)
    assert abs(float(u.square().mean()) - 1 / 3) < 5 * math.sqrt(4 / 45 / draws)
    # The direction has mean 0 and covariance I/dim; every entry varies by less than 1.
    unit = points / points.norm(dim=1, keepdim=True)
    assert float(unit.mean(dim=0).abs().max()) < 5 / math.sqrt(draws)
    second = unit.T @ unit / draws - torch.eye(dim, dtype=torch.float64) / dim
    assert float(second.abs().max()) < 5 / math.sqrt(draws)


@pytest.mark.parametrize("stop", [1, 30, 99])
def test_a_state_is_all_that_matters(stop: int) -> None:
    settings = {"steps": 100, "lr": 0.1, "momentum": 0.9, "noise_interval": 20, "gradient_threshold": 0.3}
    start = torch.tensor([[0.5, 1e-3]], dtype=torch.float64)
    states: list[State] = []
    whole = perturbed_gradient_descent(Saddle(), start, generator=_rand(), callback=states.append, **settings)
    assert len({state.noise_step for state in states}) > 2
    again = perturbed_gradient_descent(
        Saddle(),
        torch.full((1, 2), math.nan),
        generator=generator(99, "noise"),
        start=states[stop - 1],
        **settings,
    )
    assert torch.equal(whole.W, again.W)
    assert whole.history == again.history
    assert whole.status is again.status


def test_divergence_names_the_step_and_the_learning_rate() -> None:
    with pytest.raises(DivergenceError, match="smaller learning rate") as caught:
        perturbed_gradient_descent(Bowl([1.0]), torch.ones(1, 1), steps=1000, lr=100.0, generator=_rand())
    # |w| grows by a factor of about 100 per step, and w² leaves float32 at 1e38.
    assert 5 < caught.value.step < 30
    assert f"not finite at step {caught.value.step}" in str(caught.value)
    assert "learning rate 100" in str(caught.value)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.step, copy.lr, str(copy)) == (caught.value.step, caught.value.lr, str(caught.value))


def test_lbfgs_finds_the_minimum() -> None:
    start = torch.tensor([[3.0, -1.0, 2.0]], dtype=torch.float64)
    seen: list[int] = []
    found = lbfgs(
        Bowl([1.0, 10.0, 100.0]), start, max_iter=100, tolerance=1e-9, callback=lambda r: seen.append(r.step)
    )
    assert found.status is Status.CONVERGED
    assert float(found.W.abs().max()) < 1e-9
    assert seen == list(range(1, found.steps + 1))
    assert [record.step for record in found.history] == [0, *seen]
    assert found.history[0].value == pytest.approx((9 + 10 + 400) / 2, rel=1e-14)
    assert found.history[-1].value == pytest.approx(found.final.value, abs=1e-15)
    assert all(
        late.value <= early.value for early, late in zip(found.history, found.history[1:], strict=False)
    )


def test_lbfgs_says_when_it_was_stopped() -> None:
    found = lbfgs(Saddle(), torch.tensor([[3.0, 2.0]], dtype=torch.float64), max_iter=1, tolerance=1e-12)
    assert found.status is Status.STEPS_USED
    assert found.steps == 1


def test_lbfgs_that_starts_converged_has_one_record() -> None:
    start = torch.zeros(1, 2, dtype=torch.float64)
    found = lbfgs(Saddle(), start, max_iter=5)
    assert (found.status, found.steps, len(found.history)) == (Status.CONVERGED, 0, 1)
    assert torch.equal(found.W, start)
    assert (found.history[-1].step, found.history[-1].grad_norm) == (0, 0.0)


@pytest.mark.parametrize("max_iter", [1, 3, 50])
def test_the_last_record_of_lbfgs_is_that_of_its_result(max_iter: int) -> None:
    found = lbfgs(
        Saddle(), torch.tensor([[3.0, 2.0]], dtype=torch.float64), max_iter=max_iter, tolerance=1e-9
    )
    last = found.history[-1]
    assert (last.step, last.value) == (found.steps, Saddle().evaluate(found.W).value)
    assert last.grad_norm == float(Saddle().evaluate(found.W).grad.norm())


def test_lbfgs_rejects_a_loss_that_is_not_finite() -> None:
    """Its message speaks of L-BFGS: there is no learning rate to lower."""
    with pytest.raises(DivergenceError, match="L-BFGS after 0 iterations") as caught:
        lbfgs(Bowl([math.nan]), torch.ones(1, 1), max_iter=5)
    assert "learning rate" not in str(caught.value) and "optimizer 'gd'" in str(caught.value)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.step, copy.lr, str(copy)) == (0, None, str(caught.value))


def test_the_learning_rate_has_no_second_default() -> None:
    """`Config` has the only one; another here would be used where the two are mixed up."""
    with pytest.raises(TypeError, match="lr"):
        perturbed_gradient_descent(Bowl([1.0]), torch.ones(1, 1), steps=1, generator=_rand())


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": -1},
        {"lr": 0.0},
        {"lr": math.inf},
        {"momentum": 1.0},
        {"momentum": -0.1},
        {"noise_radius": -1.0},
        {"noise_interval": 0},
    ],
)
def test_bad_settings(wrong: dict[str, float]) -> None:
    name = next(iter(wrong))
    with pytest.raises(InputError, match=f"allowed: [a-z ]*{name}"):
        perturbed_gradient_descent(
            Bowl([1.0]), torch.ones(1, 1), **{"steps": 1, "lr": 0.1, "generator": _rand()} | wrong
        )


def test_bad_settings_of_lbfgs() -> None:
    for wrong in ({"max_iter": 0}, {"max_iter": 5, "tolerance": 0.0}):
        with pytest.raises(InputError, match="max_iter"):
            lbfgs(Bowl([1.0]), torch.ones(1, 1), **wrong)


def test_every_status_says_what_to_do() -> None:
    assert all(":" in status.value for status in Status)
