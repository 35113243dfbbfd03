"""The rivals of the regularized network: the NTK, the QuadNTK, and both without R1…R3, each at its best.

All learn from the same n labelled points as the network and choose their strength on further held-out labels,
which the network does not get. The NTK is kernel ridge regression, at infinite width or the network's; the others
are f_Q and f_L + f_Q with R4 alone, trained from a small random start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from torch import Tensor

from theory.errors import InputError
from training.config import Config
from training.kernel import RIDGES, RidgeFit, kernel_ridge, kernel_risk, ntk_kernel
from training.parts import pose
from training.problem import Estimate, Predict, Problem
from training.risk import exact_risk
from training.train import train

QUADRATIC_STRENGTHS = (1e-3, 1e-4, 1e-5, 1e-6)
SECOND_ORDER_STRENGTHS = (1e-1, 1e-2, 1e-3, 1e-5)

# A held-out error at the end of the grid this close to its neighbour's, relatively, leaves nothing to search for.
_FLAT = 0.02


@dataclass(frozen=True)
class Rival:
    """The test error of a rival at its best strength.

    Args:
        name: `ntk`, `finite-ntk`, `quadntk` or `unregularized`.
        strengths: The ridges or λ4 that were tried; ridges in units of the mean of the kernel's diagonal.
        held_errors: The mean squared error on held-out points for each.
        strength: The best one.
        test_error: Its mean squared error on fresh points, or its exact risk.
        test_standard_error: The standard error of that mean; 0 where the risk is exact.
        null_risk: The exact risk of predicting 0.
        seconds: Wall time.
        n_used: The labelled points that it was fitted to, the held-out ones not counted.
        terms: The loss and the unweighted R4 on these points at the end; empty for a kernel, which is solved.
        gradient_norm: The norm of its objective's gradient at the end, or None for a kernel.
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


def ntk_rival(
    config: Config, *, ridges: Sequence[float] = RIDGES, part: str = "both", exact: bool = False
) -> Rival:
    """Kernel ridge regression with the NTK of infinite width.

    Args:
        config: The configuration.
        ridges: Ridges to try, in units of the mean of the kernel's diagonal.
        part: The part of the target that is learned; see `training.parts`.
        exact: Compute the test error in closed form (σ = sin + cos), else on fresh points.

    Raises:
        InputError: If no ridge is given, or one is not positive.
    """
    began = time.monotonic()
    problem = pose(config, part).in_float64()
    network = problem.network
    fit, predict = _fit_ridge(problem, partial(ntk_kernel, network), ridges)
    if exact:
        risk = kernel_risk(network.activation, problem.X, fit.coefficients[:, None], problem.target)
        test = Estimate(float(risk[0]), 0.0)
    else:
        test = problem.error(predict, "test", config.n_test)
    return _ridge_rival("ntk", problem, fit, test, began)


def finite_ntk_rival(
    config: Config, *, ridges: Sequence[float] = RIDGES, part: str = "both", exact: bool = False
) -> Rival:
    """Kernel ridge regression with the NTK of the network at its width: the best ridge-regularized f_L.

    Arguments and errors as in `ntk_rival`.
    """
    began = time.monotonic()
    problem = pose(config, part).in_float64()
    network = problem.network
    fit, predict = _fit_ridge(problem, network.gram, ridges)
    if exact:
        W = network.on(problem.X).pullback_L(fit.coefficients)
        test = Estimate(exact_risk(network, W, problem.target, model="linear"), 0.0)
    else:
        test = problem.error(predict, "test", config.n_test)
    return _ridge_rival("finite-ntk", problem, fit, test, began)


def quadntk_rival(
    config: Config,
    *,
    lambdas: Sequence[float] = QUADRATIC_STRENGTHS,
    part: str = "both",
    exact: bool = False,
) -> Rival:
    """The quadratic model f_Q with R4 alone, trained like the network, at the best λ4.

    Raises:
        InputError: If no λ4 is given, or one is negative.
    """
    return _trained_rival("quadntk", "quadratic", config, lambdas, part, exact)


def unregularized_rival(
    config: Config,
    *,
    lambdas: Sequence[float] = SECOND_ORDER_STRENGTHS,
    part: str = "both",
    exact: bool = False,
) -> Rival:
    """The second-order model f_L + f_Q without R1, R2 and R3, at the best λ4: nothing keeps f_L from fitting all.

    Raises:
        InputError: If no λ4 is given, or one is negative.
    """
    return _trained_rival("unregularized", "second-order", config, lambdas, part, exact)


def _fit_ridge(
    problem: Problem, kernel: Callable[[Tensor, Tensor], Tensor], ridges: Sequence[float]
) -> tuple[RidgeFit, Predict]:
    X, held = problem.X, problem.points("validation", problem.config.n_held)
    fit = kernel_ridge(kernel(X, X), problem.y, kernel(held, X), problem.target(held), ridges=ridges)
    return fit, lambda points: kernel(points, X) @ fit.coefficients


def _ridge_rival(name: str, problem: Problem, fit: RidgeFit, test: Estimate, began: float) -> Rival:
    return Rival(
        name,
        fit.ridges,
        fit.errors,
        fit.ridge,
        test.mean,
        test.standard_error,
        problem.target.null_risk,
        time.monotonic() - began,
        n_used=fit.coefficients.shape[0],
    )


def _trained_rival(
    name: str, model: str, config: Config, lambdas: Sequence[float], part: str, exact: bool
) -> Rival:
    if not lambdas:
        raise InputError(given="no λ4", allowed="one or more numbers, none negative", do="give a list of λ4")
    began = time.monotonic()
    alone = [replace(config, model=model, lambda_=(0.0, 0.0, 0.0, float(weight))) for weight in lambdas]
    problems = [pose(each, part) for each in alone]
    objectives = [problem.objective() for problem in problems]
    trained = [train(problem, objective) for problem, objective in zip(problems, objectives, strict=True)]
    held = [
        problem.model_error(found.W, "validation", config.n_held).mean
        for problem, found in zip(problems, trained, strict=True)
    ]
    best = held.index(min(held))
    problem, W = problems[best], trained[best].W
    if exact:
        test = Estimate(exact_risk(problem.network, W, problem.target, model=model), 0.0)
    else:
        test = problem.model_error(W, "test", config.n_test)
    return Rival(
        name,
        tuple(float(weight) for weight in lambdas),
        tuple(held),
        float(lambdas[best]),
        test.mean,
        test.standard_error,
        problem.target.null_risk,
        time.monotonic() - began,
        n_used=objectives[best].n,
        terms=trained[best].final.terms,
        gradient_norm=trained[best].history[-1].grad_norm,
    )
