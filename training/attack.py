"""Attack on an inequality: ascent on the ratio of its two sides, from many starts, by autograd.

What random draws try is where a bound is easy. Where it is tight the input is special, and that is where ascent
goes: to the largest ratio of both sides that it finds. The ratio found is a lower bound on the supremum, nothing
more; who attacks a claim evaluates both sides again there, by another route.

A constraint is met by how the point is written: a vector on the sphere as a normalised one (`on_sphere`), a
positive number as an exponential. A quantity whose gradient the training code knows already joins by
`with_gradient`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from theory.errors import InputError

Ratio = Callable[[Tensor], Tensor]

# A step is taken if it gains this share of what the slope promises, and halved so often before it is given up.
_SUFFICIENT, _HALVINGS = 1e-4, 30
# An ascent that gains less than this, relatively, on three steps in a row has arrived.
_GAIN, _PATIENCE = 1e-12, 3
# The first step, and each after the curvature was forgotten, is so long relative to the point.
_FIRST = 0.1


@dataclass(frozen=True, eq=False)
class Ascent:
    """The largest value that was found.

    Args:
        at: The point, of the shape of the starts.
        value: The value there.
        history: The value after each step of the ascent that ended there, the start first.
        steps: Steps of all ascents together.
    """

    at: Tensor
    value: float
    history: tuple[float, ...]
    steps: int


def maximise(objective: Ratio, starts: Sequence[Tensor], *, steps: int = 100) -> Ascent:
    """The best of one ascent from each start: quasi-Newton steps (BFGS), halved until they gain enough.

    A point at which the value or its gradient is not finite is never stepped to. Nothing here is random.

    Args:
        objective: The function, from a float64 tensor to a number; differentiable by autograd.
        starts: Where the ascents begin, all of one shape.
        steps: Most steps of one ascent.

    Raises:
        InputError: If there is no start, or the objective is finite at none of them.
    """
    found = [each for start in starts if (each := _ascend(objective, start, steps)) is not None]
    if not found:
        raise InputError(
            given=f"{len(starts)} starts, at none of which the objective and its gradient are finite",
            allowed="at least one start with a finite value",
            do="draw other starts",
        )
    best = max(found, key=lambda each: each.value)
    return Ascent(best.at, best.value, best.history, sum(each.steps for each in found))


def highest(objective: Ratio, points: Sequence[Tensor], count: int) -> tuple[Tensor, ...]:
    """The `count` points of largest value, largest first, of those where value and gradient are finite: starts."""
    known = [each for point in points if (each := _evaluate(objective, point)) is not None]
    known.sort(key=lambda each: each[1], reverse=True)
    return tuple(each[0] for each in known[:count])


def on_sphere(points: Tensor, radius: float = 1.0) -> Tensor:
    """The points scaled to the sphere of this radius along their last axis; NaN for a point that is 0."""
    scaled: Tensor = points * (radius / torch.linalg.vector_norm(points, dim=-1, keepdim=True))
    return scaled


def with_gradient(point: Tensor, value: float, grad: Tensor) -> Tensor:
    """A number with this value, and this gradient in `point`, for autograd to go on from."""
    moved: Tensor = (grad.detach() * (point - point.detach())).sum()
    return value + moved


def _ascend(objective: Ratio, start: Tensor, steps: int) -> Ascent | None:
    here = _evaluate(objective, start.detach().to(torch.float64))
    if here is None:
        return None
    point, value, grad = here
    history, inverse, idle = [value], None, 0
    while len(history) <= steps and idle < _PATIENCE:
        if inverse is None:
            direction = _normalised(point, grad)
        else:
            direction = inverse @ grad.reshape(-1)
            if not float(direction @ grad.reshape(-1)) > 0:
                inverse = None
                continue
        taken = _search(objective, point, value, grad, direction.reshape(point.shape))
        if taken is None:
            if inverse is None:
                break
            inverse = None  # once more along the gradient itself
            continue
        inverse = _update(inverse, (taken[0] - point).reshape(-1), (grad - taken[2]).reshape(-1))
        idle = idle + 1 if taken[1] - value <= _GAIN * abs(value) else 0
        point, value, grad = taken
        history.append(value)
    return Ascent(point, value, tuple(history), len(history) - 1)


def _evaluate(objective: Ratio, point: Tensor) -> tuple[Tensor, float, Tensor] | None:
    """The point with its value and gradient; None where one of them is not finite."""
    variable = point.clone().requires_grad_()
    value = objective(variable)
    number = float(value.detach())
    if not math.isfinite(number):
        return None
    (grad,) = torch.autograd.grad(value, variable)
    return (point, number, grad) if bool(torch.isfinite(grad).all()) else None


def _normalised(point: Tensor, grad: Tensor) -> Tensor:
    """The gradient, as long as a tenth of the point."""
    size = float(torch.linalg.vector_norm(grad))
    length = _FIRST * max(float(torch.linalg.vector_norm(point)), _FIRST)
    return grad.reshape(-1) * (length / size if size else 0.0)


def _search(
    objective: Ratio, point: Tensor, value: float, grad: Tensor, direction: Tensor
) -> tuple[Tensor, float, Tensor] | None:
    """The first of the steps 1, 1/2, 1/4, … that gains enough; None if none does."""
    slope, length = float((grad * direction).sum()), 1.0
    for _ in range(_HALVINGS):
        there = _evaluate(objective, point + length * direction)
        if there is not None and there[1] > value and there[1] >= value + _SUFFICIENT * length * slope:
            return there
        length /= 2
    return None


def _update(inverse: Tensor | None, step: Tensor, bend: Tensor) -> Tensor | None:
    """The BFGS update of the inverse curvature; a step along which the function bends upwards is left out."""
    along = float(step @ bend)
    if not along > 1e-12 * float(step.norm() * bend.norm()):
        return inverse
    eye = torch.eye(len(step), dtype=step.dtype)
    if inverse is None:
        inverse = eye * (along / float(bend @ bend))
    left = eye - torch.outer(step, bend) / along
    return left @ inverse @ left.T + torch.outer(step, step) / along
