"""Problems with one part of the target alone: who can learn the dense part, and who the sparse one?

The data, the network and the directions stay those of the whole problem: the rows of a table differ in labels only.
"""

from __future__ import annotations

from dataclasses import replace

from theory.errors import InputError
from training.config import Config
from training.problem import Problem, make_problem
from training.target import Ridge, Target

PARTS = ("both", "dense", "sparse")


def pose(config: Config, part: str = "both") -> Problem:
    """The problem of a configuration with a part of its target, `both`, `dense` or `sparse`.

    Raises:
        InputError: If there is no such part.
    """
    problem = make_problem(config)
    target = part_of(problem.target, part)
    return replace(problem, target=target, y=target(problem.X))


def part_of(target: Target, part: str) -> Target:
    """The target f_k + f_sp, its dense part f_k, or its sparse part f_sp.

    Raises:
        InputError: If there is no such part.
    """
    if part not in PARTS:
        raise InputError(
            given=f"part {part!r}", allowed=f"one of {', '.join(PARTS)}", do="choose one of these"
        )
    if part == "dense":
        return replace(target, sparse=_silent(target.sparse))
    if part == "sparse":
        return replace(target, dense=tuple(_silent(ridge) for ridge in target.dense))
    return target


def _silent(ridge: Ridge) -> Ridge:
    return replace(ridge, coefficients=ridge.coefficients * 0)
