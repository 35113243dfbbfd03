"""The rivals of the regularized network: the NTK alone and the QuadNTK alone, each at its best.

Both learn from the same n labelled points as the network and choose their strength on further held-out labels,
which the network does not get. The NTK is kernel ridge regression, the QuadNTK is f_Q with R4 alone, trained from
a small random start.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from theory.errors import InputError
from training.config import Config
from training.kernel import RIDGES, kernel_ridge, ntk_kernel
from training.problem import make_problem
from training.train import train

QUADRATIC_STRENGTHS = (1e-3, 1e-4, 1e-5, 1e-6)

# A held-out error at the end of the grid this close to its neighbour's, relatively, leaves nothing to search for.
_FLAT = 0.02


@dataclass(frozen=True)
class Rival:
    """The test error of a rival at its best strength.

    Args:
        name: `ntk` or `quadntk`.
        strengths: The ridges or λ4 that were tried; ridges in units of the mean of the kernel's diagonal.
        held_errors: The mean squared error on held-out points for each.
        strength: The best one.
        test_error: Its mean squared error on fresh points.
        test_standard_error: The standard error of that mean.
        null_risk: The exact risk of predicting 0.
        seconds: Wall time.
        n_used: The labelled points that it was fitted to, the held-out ones not counted.
        terms: The loss and the unweighted R4 on these points at the end; empty for `ntk`, which is solved.
        gradient_norm: The norm of its objective's gradient at the end, or None for `ntk`.
    """

    name: str
    strengths: tuple[float, ...]
    held_errors: tuple[float, ...]
    strength: float
    test_error: float
    test_standard_error: float
    null_risk: float
    seconds: float
    n_used: int
    terms: dict[str, float] = field(default_factory=dict)
    gradient_norm: float | None = None

    @property
    def settled(self) -> bool:
        """Whether a longer grid promises nothing: the best strength is inside it, or its end is flat to 2%."""
        order = sorted(range(len(self.strengths)), key=self.strengths.__getitem__)
        errors = [self.held_errors[index] for index in order]
        best = errors.index(min(errors))
        beside = [errors[index] for index in (best - 1, best + 1) if 0 <= index < len(errors)]
        return len(beside) == 2 or any(error <= (1 + _FLAT) * errors[best] for error in beside)


def ntk_rival(config: Config, *, ridges: Sequence[float] = RIDGES) -> Rival:
    """Kernel ridge regression with the NTK, of infinite width for `sincos`, else of the network at its width.

    Raises:
        InputError: If no ridge is given, or one is not positive.
    """
    began = time.monotonic()
    problem = make_problem(config).in_float64()
    network, X = problem.network, problem.X
    held = problem.points("validation", config.n_held)
    fit = kernel_ridge(
        ntk_kernel(network, X), problem.y, ntk_kernel(network, held, X), problem.target(held), ridges=ridges
    )
    test = problem.error(
        lambda points: ntk_kernel(network, points, X) @ fit.coefficients, "test", config.n_test
    )
    return Rival(
        "ntk",
        fit.ridges,
        fit.errors,
        fit.ridge,
        test.mean,
        test.standard_error,
        problem.target.null_risk,
        time.monotonic() - began,
        n_used=fit.coefficients.shape[0],
    )


def quadntk_rival(config: Config, *, lambdas: Sequence[float] = QUADRATIC_STRENGTHS) -> Rival:
    """The quadratic model f_Q with R4 alone, trained like the network, at the best λ4.

    Raises:
        InputError: If no λ4 is given, or one is negative.
    """
    if not lambdas:
        raise InputError(given="no λ4", allowed="one or more numbers, none negative", do="give a list of λ4")
    began = time.monotonic()
    alone = [replace(config, model="quadratic", lambda_=(0.0, 0.0, 0.0, float(weight))) for weight in lambdas]
    problems = [make_problem(each) for each in alone]
    objectives = [problem.objective() for problem in problems]
    trained = [train(problem, objective) for problem, objective in zip(problems, objectives, strict=True)]
    held = [
        problem.model_error(found.W, "validation", config.n_held).mean
        for problem, found in zip(problems, trained, strict=True)
    ]
    best = held.index(min(held))
    test = problems[best].model_error(trained[best].W, "test", config.n_test)
    return Rival(
        "quadntk",
        tuple(float(weight) for weight in lambdas),
        tuple(held),
        float(lambdas[best]),
        test.mean,
        test.standard_error,
        problems[best].target.null_risk,
        time.monotonic() - began,
        n_used=objectives[best].n,
        terms=trained[best].final.terms,
        gradient_norm=trained[best].history[-1].grad_norm,
    )
