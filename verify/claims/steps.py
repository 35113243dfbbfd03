"""The claim on the optimizers' steps: what they evaluated is recorded, and NumPy recomputes every step from it.

A descent that steps a little differently than stated, or returns another W than the one that it reports on, still
lowers the objective. So each velocity, each noise and each end is held against its rule, from the points at which
the objective was asked for and the answers that it gave.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.config import OPTIMIZERS
from training.objective import Evaluation, Objective
from training.optimize import Minimization, State, Status, ball, lbfgs, perturbed_gradient_descent
from training.problem import make_problem
from training.sphere import generator
from training.train import train
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.landscape_cases import SMALL, draw_landscape, landscape_cases
from verify.claims.problems import configured, problem_cases
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.verdict import Kind

RULES: dict[str, Any] = {
    "lr": 0.002,
    "momentum": 0.6,
    "noise_radius": 0.05,
    "gradient_threshold": 1e9,
    "noise_interval": 4,
    "decrease": 1e-3,
}
STEPS = 40
# A uniform point of a ball of dimension D is nearer to the centre than this share of the radius with probability
# SHARE^D: below 1e-12 at the D = 40 and more at which the noise is drawn.
DIMENSION, SHARE = (10, 4), 0.5


def recomputed(context: Context, *, momentum: float = RULES["momentum"]) -> Evidence:
    """Every step of a descent with noise: velocity, movement, when noise comes, how far, and when it ends."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, _ = draw_landscape(case)
        W = W * (0.2 / float(W.abs().max()))  # where R4 is no wall that the steps could leap over
        watched = _Watched(objective)
        states: list[Any] = []
        found = perturbed_gradient_descent(
            watched,
            W,
            steps=STEPS,
            generator=generator(case["seed"], "noise"),
            callback=states.append,
            **RULES,
        )
        return [*_steps(watched, states, W, momentum, case), *_end(objective, found, states, case)]

    return hold_property(context, landscape_cases(), test, examples=context.pick(6, 60))


def noise(context: Context) -> Evidence:
    """Points of the ball: within the radius, not near the centre, and of independent directions."""
    source = generator(context.seed, "ball")
    shape = torch.Size(DIMENSION)
    points = torch.stack([ball(shape, 2.0, source, torch.float64) for _ in range(200)]).flatten(1).numpy()
    lengths = np.linalg.norm(points, axis=1) / 2.0
    units = points / np.linalg.norm(points, axis=1, keepdims=True)
    cosines = np.abs(units @ units.T - np.eye(len(units)))
    # (length/radius)^D is uniform; its mean over 200 draws has the deviation 0.02.
    shares = lengths ** points.shape[1]
    return from_comparisons(
        [
            compare("largest length over the radius", UPPER, measured(float(lengths.max())), exact(1)),
            compare("smallest length over the radius", LOWER, measured(float(lengths.min())), exact("1/2")),
            compare(
                "|mean of (length/radius)^D - 1/2|",
                UPPER,
                measured(abs(float(shares.mean()) - 0.5)),
                exact("1/5"),
                reason="ten standard deviations of the mean of 200 uniform numbers",
            ),
            compare(
                "largest |cosine| of two points",
                UPPER,
                measured(float(cosines.max())),
                exact("95/100"),
                reason="in dimension 40 a cosine of 0.95 has probability below 1e-20, and there are 19900 pairs",
            ),
        ]
    )


def line_search(context: Context) -> Evidence:
    """L-BFGS: what it reports on is the W that it returns, also in float32, where its line search ends early."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, _ = draw_landscape(case)
        compared = []
        for name, each, start in (("float64", objective, W), ("float32", _rounded(objective), W.float())):
            found = lbfgs(each, start, max_iter=60, tolerance=1e-9)
            compared += _reported(each, found, {**case, "dtype": name})
        return compared

    return hold_property(context, landscape_cases(), test, examples=context.pick(2, 30))


def start(context: Context) -> Evidence:
    """A training starts at the point of the ball that its own stream gives, beside 0 and not antisymmetric."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        compared = []
        for optimizer in OPTIMIZERS:
            problem = make_problem(configured(case, optimizer=optimizer, steps=2, lr=1e-3))
            objective, shape = problem.objective(), problem.network.w0.shape
            W = ball(shape, problem.config.start_radius, generator(case["seed"], "start"), torch.float64)
            first = train(problem, objective).history[0]
            compared.append(
                compare(
                    f"objective at the start, {optimizer}",
                    IDENTITY,
                    measured(first.value),
                    measured(objective.value(W)),
                    resolution=1e-12,
                    relative_to=1.0 + first.value,
                    reason="float64 rounding of another order of the same sums",
                    parameters=case,
                )
            )
            half = len(W) // 2
            compared.append(
                compare(
                    f"smallest |w_r + w_(r+m/2)| at the start, {optimizer}",
                    LOWER,
                    measured(float(torch.linalg.vector_norm(W[:half] + W[half:], dim=1).min())),
                    exact(0),
                    strict=True,
                    parameters=case,
                )
            )
        return compared

    return hold_property(context, problem_cases(), test, examples=context.pick(4, 40))


class _Watched:
    """An objective that remembers where it was asked, and what it said."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self.asked: list[tuple[Tensor, Evaluation]] = []

    def evaluate(self, W: Tensor) -> Evaluation:
        """The objective at W, remembered."""
        found = self._objective.evaluate(W)
        self.asked.append((W.clone(), found))
        return found


def _steps(
    watched: _Watched, states: list[State], W: Tensor, momentum: float, case: dict[str, Any]
) -> list[Comparison]:
    """The largest errors of all steps, each from the points asked in it: the movement, and the noisy one if any."""
    asked, wrong, far, near = list(watched.asked), 0, 0.0, math.inf
    position, velocity, last, error = W.numpy(), np.zeros(W.shape), -math.inf, 0.0
    for step, state in enumerate(states):
        if not asked:
            wrong += 1  # a step that asked for nothing
            break
        at, found = asked.pop(0)
        error = max(error, float(np.abs(at.numpy() - position).max()))
        due = step >= last + RULES["noise_interval"]
        wrong += (state.noise_step == step) is not due
        if state.noise_step == step and asked:
            at, found = asked.pop(0)
            length = float(np.linalg.norm(at.numpy() - position)) / RULES["noise_radius"]
            far, near, last = max(far, length), min(near, length), step
        velocity = momentum * velocity - RULES["lr"] * found.grad.numpy()
        position = at.numpy() + velocity
        error = max(error, float(np.abs(state.W.numpy() - position).max()))
        error = max(error, float(np.abs(state.velocity.numpy() - velocity).max()))
    size = float(W.abs().max()) + 1.0
    compared = [
        compare(
            "largest error of W or velocity, from the rule of the step",
            IDENTITY,
            measured(error),
            exact(0),
            resolution=1e-12,
            relative_to=size,
            reason="float64 rounding of at most 40 steps",
            parameters=case,
        ),
        compare(
            "steps with noise at another time than due", IDENTITY, exact(wrong), exact(0), parameters=case
        ),
    ]
    if math.isfinite(near):
        compared.append(
            compare(
                "largest noise over its radius",
                UPPER,
                measured(far),
                measured(1 + 1e-12),
                reason="rounding",
                parameters=case,
            )
        )
        compared.append(
            compare(
                "smallest noise over its radius",
                LOWER,
                measured(near),
                exact(0),
                strict=True,
                parameters=case,
            )
        )
    return compared


def _end(
    objective: Objective, found: Minimization, states: list[State], case: dict[str, Any]
) -> list[Comparison]:
    """It ends when all steps are done, or when noise was tried and has opened no way down."""
    last = states[-1] if states else None
    ended = found.status is Status.CONVERGED
    opened = last is not None and found.final.value > last.noise_value - RULES["decrease"]
    waited = last is not None and found.steps >= last.noise_step + RULES["noise_interval"]
    early = ended and not (opened and waited and last is not None and last.noise_step >= 0)
    late = not ended and found.steps < STEPS
    return [
        compare(
            "ends too early, or without a reason", IDENTITY, exact(early + late), exact(0), parameters=case
        ),
        *_reported(objective, found, case),
    ]


def _reported(objective: Objective, found: Minimization, case: dict[str, Any]) -> list[Comparison]:
    """The final value, the last record and their gradient are those of the W returned."""
    there = objective.evaluate(found.W)
    norm = float(torch.linalg.vector_norm(there.grad))
    pairs = {
        "final value": (found.final.value, there.value),
        "value of the last record": (found.history[-1].value, there.value),
        "gradient norm of the last record": (found.history[-1].grad_norm, norm),
        "records less steps": (float(len(found.history) - found.steps), 1.0),
    }
    return [
        compare(
            f"{name}, against the W returned",
            IDENTITY,
            measured(ours),
            measured(twin),
            reason="the same evaluation, bit for bit",
            parameters=case,
        )
        for name, (ours, twin) in pairs.items()
    ]


def _rounded(objective: Objective) -> Objective:
    """The loss and R4 of the same problem in single precision."""
    network = objective.network
    single = type(network)(network.w0.float(), network.a.float(), network.activation, paired=network.paired)
    weights = (0.0, 0.0, 0.0, objective.lambda_[3])
    X, y = objective.sample.X.float(), objective.y.float()
    return Objective(single, X, y, objective.loss, lambda_=weights, model=objective.model)


CLAIMS = (
    Claim(
        id="optimization.steps",
        title="The optimizers take the stated steps and report on the W that they return",
        statement=r"V_{t+1} = \mu V_t - \eta\nabla L_\lambda(W_t + \xi_t), \quad "
        r"W_{t+1} = W_t + \xi_t + V_{t+1}, \quad \xi_t \text{ uniform in a ball where due, else } 0",
        bound=IDENTITY,
        source="this project; Jin, Ge, Netrapalli, Kakade, Jordan 2017 for the noise",
        assumptions=(
            r"noise is due where $\|\nabla L_\lambda\|$ is small and none came within the last steps; the descent "
            "ends where noise was tried and the objective has not fallen since",
        ),
        checks=(
            Check(Kind.PROPERTY, recomputed, scope=f"NumPy, 40 steps with noise; {SMALL}"),
            Check(Kind.EXPERIMENT, noise, scope="200 points of a ball in dimension 40"),
            Check(Kind.PROPERTY, start, scope="a training with either optimizer, d = 4, n = 12, m = 16"),
            Check(Kind.PROPERTY, line_search, scope=f"L-BFGS in float64 and float32; {SMALL}"),
        ),
    ),
    Claim(
        id="control.momentum-sign",
        title="Momentum of the other sign",
        statement=r"V_{t+1} = -\mu V_t - \eta\nabla L_\lambda(W_t + \xi_t)",
        bound=IDENTITY,
        source="control",
        control_of="optimization.steps",
        fault="the last step is taken back, not gone on with",
        checks=(
            Check(
                Kind.PROPERTY,
                partial(recomputed, momentum=-RULES["momentum"]),
                scope=f"NumPy, 40 steps with noise; {SMALL}",
            ),
        ),
    ),
)
