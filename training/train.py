"""Training the network of a problem: from its start to a minimization, with progress, checkpoints and resume.

A checkpoint holds the whole state of gradient descent, so a resumed training gives the same bits as one without
a break. It is written every few steps, at the end, and when the user interrupts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from theory.errors import InputError
from training import checkpoint
from training.config import Config
from training.objective import Objective
from training.optimize import (
    DivergenceError,
    Minimization,
    Record,
    State,
    ball,
    lbfgs,
    perturbed_gradient_descent,
)
from training.problem import Problem
from training.smoothness import smoothness
from training.sphere import generator

CHECKPOINT_NAME = "checkpoint.npz"

# Called with (step, total, seconds to go, value of the objective).
Progress = Callable[[int, int, float, float], None]

_CHECKPOINT_EVERY = 50


def train(
    problem: Problem,
    objective: Objective,
    *,
    progress: Progress | None = None,
    checkpoint_dir: Path | None = None,
    resume: bool = False,
) -> Minimization:
    """Minimize the objective from a small random start, as the problem's configuration says.

    Args:
        problem: The problem.
        objective: Its objective.
        progress: Called after every step.
        checkpoint_dir: Folder for the checkpoint; none is written without it. Gradient descent only.
        resume: Go on from the checkpoint in that folder if there is one, else start afresh.

    Raises:
        InputError: If checkpoints are asked of L-BFGS, the folder cannot be written, or its checkpoint is damaged,
            of another schema version or of another configuration; or as `learning_rate`.
        DivergenceError: If the loss is not finite; the last finite state is saved first, and named.
    """
    config = problem.config
    shape = torch.Size((config.m, config.d))
    W = ball(shape, config.start_radius, generator(config.seed, "start"), config.torch_dtype)
    report = _Reporter(config.steps, progress)
    if config.optimizer == "lbfgs":
        _refuse_checkpoints(checkpoint_dir, resume)
        # L-BFGS bounds the largest entry; this bound implies that of the norm.
        tolerance = max(config.gradient_threshold, 1e-12) / math.sqrt(shape.numel())
        return lbfgs(
            objective,
            W,
            max_iter=config.steps,
            tolerance=tolerance,
            callback=lambda record: report(record.step, record.value),
        )
    lr = learning_rate(config, objective, W)
    saver = _Saver(config, checkpoint_dir)
    noise = generator(config.seed, "noise")
    loaded = saver.load() if resume else None
    start = loaded if loaded is not None else State(0, W, torch.zeros_like(W), noise.get_state())
    saver.latest = start
    report.first = start.step

    def after_step(state: State) -> None:
        saver.after_step(state)
        report(state.step, state.history[-1].value)

    try:
        found = perturbed_gradient_descent(
            objective,
            start.W,
            steps=config.steps,
            generator=noise,
            lr=lr,
            momentum=config.momentum,
            noise_radius=config.noise_radius,
            gradient_threshold=config.gradient_threshold,
            noise_interval=config.noise_interval,
            callback=after_step,
            start=start,
        )
    except DivergenceError as error:
        saver.save_good()
        raise DivergenceError(step=error.step, lr=error.lr, checkpoint=saver.last) from error
    except BaseException:
        # An interrupt or a full disk: keep what was computed, then let it pass.
        saver.save_good()
        raise
    saver.save_latest()
    return found


def learning_rate(config: Config, objective: Objective, W: Tensor) -> float:
    """The learning rate of gradient descent from W: `lr`, or 1/β for the sublevel set of L_λ(W).

    Raises:
        InputError: If the step rule is `smooth` and nothing bounds the Hessian; see `training.smoothness`.
    """
    return config.lr if config.step_rule == "fixed" else smoothness(objective, level=objective.value(W)).step


class _Reporter:
    """Turns records into progress with an estimate of the time to go."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self.progress = progress
        self.first = 0
        self.began = time.monotonic()

    def __call__(self, done: int, value: float) -> None:
        if self.progress is None:
            return
        pace = (time.monotonic() - self.began) / max(1, done - self.first)
        self.progress(done, self.total, pace * max(0, self.total - done), value)


class _Saver:
    """Writes states to the checkpoint file, only such whose loss is known to be finite.

    The loss at a new state is evaluated in the next step, so the state before the latest is the good one.
    """

    def __init__(self, config: Config, folder: Path | None) -> None:
        self.config = config
        self.path = None if folder is None else folder / CHECKPOINT_NAME
        self.good: State | None = None
        self.latest: State | None = None
        self.written = -1

    @property
    def last(self) -> str | None:
        """The file that was written last and its step, in words."""
        return f"{self.path} (step {self.written})" if self.written >= 0 else None

    def after_step(self, state: State) -> None:
        """Take note of a state, and write the good one if its turn has come."""
        self.good, self.latest = self.latest, state
        if self.good is not None and self.good.step % _CHECKPOINT_EVERY == 0:
            self._write(self.good)

    def save_good(self) -> None:
        """Write the last state whose loss is known to be finite."""
        if self.good is not None:
            self._write(self.good)

    def save_latest(self) -> None:
        """Write the final state, once its loss is known to be finite."""
        if self.latest is not None:
            self._write(self.latest)

    def load(self) -> State | None:
        """The state in the folder, or None if there is none."""
        if self.path is None:
            raise InputError(
                given="resume without a checkpoint folder",
                allowed="the folder that an earlier training wrote to",
                do="name the checkpoint folder",
            )
        if not self.path.exists():
            return None
        found = checkpoint.load(self.path, config=self.config.trajectory())
        if found.step > self.config.steps:
            raise InputError(
                given=f"checkpoint {self.path} of step {found.step}, for a training of {self.config.steps} steps",
                allowed=f"{found.step} steps or more",
                do="raise the number of steps, or use another checkpoint folder",
            )
        try:
            state = _state(found)
            sound = _fits(state, self.config)
        except (KeyError, TypeError, ValueError, RuntimeError, OverflowError):
            sound = False
        if not sound:
            raise checkpoint.damaged(self.path)
        self.written = found.step
        return state

    def _write(self, state: State) -> None:
        if self.path is not None and state.step != self.written:
            checkpoint.save(self.path, _checkpoint(self.config, state))
            self.written = state.step


def _checkpoint(config: Config, state: State) -> checkpoint.Checkpoint:
    names = list(state.history[0].terms) if state.history else []
    arrays = {
        "W": state.W.numpy(),
        "velocity": state.velocity.numpy(),
        "generator": state.generator_state.numpy(),
        "history_value": np.array([record.value for record in state.history]),
        "history_grad_norm": np.array([record.grad_norm for record in state.history]),
        "history_terms": np.array([[record.terms[name] for name in names] for record in state.history]),
    }
    scalars = {
        "noise_step": state.noise_step,
        "noise_value": state.noise_value if math.isfinite(state.noise_value) else None,
        "terms": names,
    }
    return checkpoint.Checkpoint(config.trajectory(), state.step, arrays, scalars)


def _state(found: checkpoint.Checkpoint) -> State:
    arrays, scalars = found.arrays, found.scalars
    history = tuple(
        Record(step, float(value), float(norm), dict(zip(scalars["terms"], map(float, terms), strict=True)))
        for step, (value, norm, terms) in enumerate(
            zip(arrays["history_value"], arrays["history_grad_norm"], arrays["history_terms"], strict=True)
        )
    )
    noise_value = scalars["noise_value"]
    return State(
        found.step,
        torch.from_numpy(arrays["W"]),
        torch.from_numpy(arrays["velocity"]),
        torch.from_numpy(arrays["generator"]),
        scalars["noise_step"],
        math.inf if noise_value is None else noise_value,
        history,
    )


def _fits(state: State, config: Config) -> bool:
    """Whether a state that was read can be one of this training: its shapes and types."""
    shape = torch.Size((config.m, config.d))
    arrays = all(
        each.shape == shape and each.dtype == config.torch_dtype for each in (state.W, state.velocity)
    )
    torch.Generator().set_state(state.generator_state)  # raises RuntimeError or TypeError on any other
    scalars = isinstance(state.noise_step, int) and isinstance(state.noise_value, float)
    return arrays and scalars


def _refuse_checkpoints(folder: Path | None, resume: bool) -> None:
    if folder is not None or resume:
        raise InputError(
            given="checkpoints for L-BFGS",
            allowed="checkpoints for gradient descent, whose state is a value",
            do="use optimizer 'gd', or train without checkpoints",
        )
