"""Minimization of an objective over the movement W: perturbed gradient descent and L-BFGS.

Gradient descent has heavy-ball momentum and, where the gradient is small, adds noise that is uniform in a ball: a
strict saddle is left, a minimum is not (Ge, Huang, Jin, Yuan 2015; Jin, Ge, Netrapalli, Kakade, Jordan 2017). Its
whole state between two steps is a value, so a run can be stopped, saved and continued bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
import numpy.typing as npt
import scipy.optimize
import torch
from torch import Tensor

from theory.errors import InputError
from training.objective import Evaluation


class Differentiable(Protocol):
    """What the optimizers use of `training.objective.Objective`."""

    def evaluate(self, W: Tensor) -> Evaluation:
        """Value, gradient `(m, d)` and terms at W."""
        ...


class Status(Enum):
    """How a minimization ended; the value says what to do next."""

    CONVERGED = "the gradient is small and noise opened no way down: take W as the minimizer"
    STEPS_USED = (
        "all steps were used before convergence: allow more steps, or accept the gradient norm reached"
    )
    STALLED = "the line search found no lower value: check the gradient norm; for more digits use float64"


class DivergenceError(InputError):
    """The objective or its gradient was not finite during training.

    Args:
        step: The step at which it happened.
        lr: The learning rate, or None for L-BFGS, which has none.
        checkpoint: The file with the last finite state, or None if none was written.
    """

    def __init__(self, *, step: int, lr: float | None, checkpoint: str | None = None) -> None:
        if lr is None:
            super().__init__(
                given=f"an objective or gradient that was not finite in L-BFGS after {step} iterations",
                allowed="an objective that is finite at the start and wherever the line search looks",
                do="start nearer to W = 0, use float64, or train by gradient descent (optimizer 'gd')",
            )
        else:
            saved = f"the last finite state is in {checkpoint}" if checkpoint else "no checkpoint was written"
            super().__init__(
                given=f"learning rate {lr:g}, with which the loss was not finite at step {step}",
                allowed="a learning rate with which loss and gradient stay finite",
                do=f"train again with a smaller learning rate, such as {lr / 3:.2g}; {saved}",
            )
        self.step = step
        self.lr = lr
        self.checkpoint = checkpoint

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.step, self.lr, self.checkpoint))


@dataclass(frozen=True)
class Record:
    """One line of a history: the objective before step `step`."""

    step: int
    value: float
    grad_norm: float
    terms: dict[str, float]


@dataclass(frozen=True, eq=False)
class State:
    """Everything that gradient descent knows between two steps.

    Args:
        step: Steps done.
        W: The movement, `(m, d)`.
        velocity: The momentum buffer, `(m, d)`.
        generator_state: State of the generator of the noise, uint8.
        noise_step: The step before which noise was last added, or -1.
        noise_value: The objective there before the noise.
        history: One record per step done.
    """

    step: int
    W: Tensor
    velocity: Tensor
    generator_state: Tensor
    noise_step: int = -1
    noise_value: float = math.inf
    history: tuple[Record, ...] = ()


@dataclass(frozen=True, eq=False)
class Minimization:
    """The outcome of a minimization.

    Args:
        W: The final movement, `(m, d)`.
        final: The objective at W.
        history: One record per step or iteration, from the start to W, both included: `steps + 1` of them.
        steps: Steps done (gradient descent) or iterations (L-BFGS).
        status: How it ended.
    """

    W: Tensor
    final: Evaluation
    history: tuple[Record, ...]
    steps: int
    status: Status


def perturbed_gradient_descent(
    objective: Differentiable,
    W: Tensor,
    *,
    steps: int,
    generator: torch.Generator,
    lr: float,
    momentum: float = 0.95,
    noise_radius: float = 0.1,
    gradient_threshold: float = 1e-3,
    noise_interval: int = 50,
    decrease: float = 1e-4,
    callback: Callable[[State], None] | None = None,
    start: State | None = None,
) -> Minimization:
    """Heavy-ball gradient descent with noise at small gradients.

    `V ← momentum V - lr ∇L(W)`, `W ← W + V`. Where ‖∇L(W)‖_F is at most the threshold and no noise came within the
    last `noise_interval` steps, W first moves to a uniform point of the ball of radius `noise_radius` around it. If
    noise has already been tried and the objective has since fallen by less than `decrease`, W is an approximate
    second-order stationary point and the descent ends.

    Args:
        objective: What to minimize.
        W: Where to start, `(m, d)`. W = 0 lies in an invariant set of a paired network, movements with
            w_{r+m/2} = -w_r, where f_Q vanishes; and for the quadratic model it is a saddle. `ball` gives a start
            beside it.
        steps: Steps in total, 0 or more, those before `start` included.
        generator: Source of the noise, which advances.
        lr: Learning rate.
        momentum: Momentum, in [0, 1).
        noise_radius: Radius of the noise.
        gradient_threshold: Gradient norm up to which noise is added.
        noise_interval: Least number of steps between two additions of noise.
        decrease: Least decrease after noise that counts as progress.
        callback: Called with the state after every step. It shares no memory with later steps.
        start: The state to continue from, instead of W; the generator is set to its state.

    Raises:
        InputError: If a setting is out of range.
        DivergenceError: If the objective or its gradient is not finite.
    """
    _check_descent(steps, lr, momentum, noise_radius, noise_interval)
    if start is None:
        state = State(0, W, torch.zeros_like(W), generator.get_state())
    else:
        state = start
        generator.set_state(start.generator_state)
    status = Status.STEPS_USED
    while state.step < steps:
        found = _finite(objective.evaluate(state.W), state.step, lr)
        latest = _record(state.step, found)
        waited = state.noise_step < 0 or state.step >= state.noise_step + noise_interval
        W, noise_step, noise_value = state.W, state.noise_step, state.noise_value
        if waited and latest.grad_norm <= gradient_threshold:
            if found.value > noise_value - decrease:
                status = Status.CONVERGED
                break
            noise_step, noise_value = state.step, found.value
            W = W + ball(W.shape, noise_radius, generator, W.dtype)
            found = _finite(objective.evaluate(W), state.step, lr)
        velocity = (momentum * state.velocity).add_(found.grad, alpha=-lr)
        random, history = generator.get_state(), (*state.history, latest)
        state = State(state.step + 1, W + velocity, velocity, random, noise_step, noise_value, history)
        if callback is not None:
            callback(state)
    found = _finite(objective.evaluate(state.W), state.step, lr)
    return Minimization(state.W, found, (*state.history, _record(state.step, found)), state.step, status)


def lbfgs(
    objective: Differentiable,
    W: Tensor,
    *,
    max_iter: int,
    tolerance: float = 1e-6,
    callback: Callable[[Record], None] | None = None,
) -> Minimization:
    """L-BFGS by SciPy's L-BFGS-B, on float64 vectors: fast near a minimum, without a guarantee at saddles.

    Args:
        objective: What to minimize; in float32 its rounding limits the gradient norm that can be reached.
        W: Where to start, `(m, d)`.
        max_iter: Most iterations, 1 or more.
        tolerance: Converged once every entry of the gradient is at most this.
        callback: Called with the record of every iteration; the start, record 0 of the history, is none.

    Raises:
        InputError: If a setting is out of range.
        DivergenceError: If the objective or its gradient is not finite.
    """
    if max_iter < 1 or not (tolerance > 0 and math.isfinite(tolerance)):
        raise InputError(
            given=f"max_iter={max_iter}, tolerance={tolerance}",
            allowed="max_iter of 1 or more and a positive tolerance",
            do="correct the setting that is out of range",
        )
    history: list[Record] = []
    latest: list[Evaluation] = []

    def value_and_grad(vector: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        moved = torch.from_numpy(vector).to(W.dtype).reshape(W.shape)
        found = _finite(objective.evaluate(moved), max(0, len(history) - 1), None)
        latest[:] = [found]
        if not history:
            history.append(_record(0, found))
        return found.value, found.grad.double().reshape(-1).numpy()

    def keep(_: object) -> None:
        history.append(_record(len(history), latest[0]))
        if callback is not None:
            callback(history[-1])

    outcome = scipy.optimize.minimize(
        value_and_grad,
        W.double().reshape(-1).numpy(),
        jac=True,
        method="L-BFGS-B",
        callback=keep,
        options={"maxiter": max_iter, "maxfun": 20 * max_iter, "ftol": 0.0, "gtol": tolerance, "maxcor": 20},
    )
    steps, final = int(outcome.nit), torch.from_numpy(outcome.x).to(W.dtype).reshape(W.shape)
    found = _finite(objective.evaluate(final), steps, None)
    status = {0: Status.CONVERGED, 1: Status.STEPS_USED}.get(outcome.status, Status.STALLED)
    # The last record is that of the W returned, also where no iteration was needed.
    return Minimization(final, found, (*history[:steps], _record(steps, found)), steps, status)


def ball(shape: torch.Size, radius: float, generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    """A uniform point of the ball of this radius around 0, drawn in float64 and rounded."""
    direction = torch.randn(shape, generator=generator, dtype=torch.float64)
    scale = float(torch.rand((), generator=generator, dtype=torch.float64)) ** (1 / max(1, shape.numel()))
    point: Tensor = direction * (radius * scale / torch.linalg.vector_norm(direction))
    return point.to(dtype)


def _record(step: int, found: Evaluation) -> Record:
    return Record(step, found.value, float(torch.linalg.vector_norm(found.grad)), found.terms)


def _finite(found: Evaluation, step: int, lr: float | None) -> Evaluation:
    if math.isfinite(found.value) and bool(torch.isfinite(found.grad).all()):
        return found
    raise DivergenceError(step=step, lr=lr)


def _rebuild(step: int, lr: float | None, checkpoint: str | None) -> DivergenceError:
    return DivergenceError(step=step, lr=lr, checkpoint=checkpoint)


def _check_descent(steps: int, lr: float, momentum: float, noise_radius: float, noise_interval: int) -> None:
    wrong = {
        "steps of 0 or more": steps >= 0,
        "a positive finite lr": lr > 0 and math.isfinite(lr),
        "momentum in [0, 1)": 0 <= momentum < 1,
        "a noise_radius of 0 or more": noise_radius >= 0 and math.isfinite(noise_radius),
        "a noise_interval of 1 or more": noise_interval >= 1,
    }
    allowed = [text for text, fits in wrong.items() if not fits]
    if allowed:
        raise InputError(
            given=f"steps={steps}, lr={lr}, momentum={momentum}, noise_radius={noise_radius}, "
            f"noise_interval={noise_interval}",
            allowed="; ".join(allowed),
            do="correct the setting that is out of range",
        )
