"""The claim on the rivals of the network: what they learn from, their strength, their errors.

A separation from rivals that had other points than the network, or not their best strength, would be worth nothing,
and would look the same. So small rivals are held against ones that are fitted and measured from the definitions:
the kernels by NumPy's solver with SciPy's hypergeometric function, the trained ones by training at each strength.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.special
import torch
from hypothesis import strategies
from torch import Tensor

from training.activation import activation
from training.kernel import infinite_ntk, ridge_solutions
from training.parts import pose
from training.problem import Problem
from training.rivals import Rival, finite_ntk_rival, ntk_rival, quadntk_rival, unregularized_rival
from training.separation import SCALINGS, setting
from training.sphere import generator, sample_sphere
from training.train import train
from verify.bound import IDENTITY, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.problems import configured, problem_cases, same
from verify.claims.quadrature import rule
from verify.claims.twins import ACTIVATIONS
from verify.evidence import Evidence
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.verdict import Kind

# Kernels are inverted: their rounding grows with the condition number, below 1e5 with the ridges used here.
SOLVED: dict[str, Any] = {
    "resolution": 1e-8,
    "reason": "rounding, times the condition number of the kernel with its ridge",
}
# A rival that is trained is trained again, by the same steps from the same start.
TRAINED: dict[str, Any] = {"resolution": 0.0, "reason": "the same training, bit for bit"}
RIDGES = (1e-3, 1e-1, 10.0)
STRENGTHS = (1e-1, 1e-4, 1e-6)
SMALL = "d = 4, n = 24, m = 16"
Matrix = npt.NDArray[np.float64]


def kernels(context: Context, *, points: int = 0) -> Evidence:
    """Both kernel rivals against ridge regression in NumPy on the same points; held-out labels choose the ridge.

    Args:
        context: Gives the seed.
        points: Further training points that the twin has, for a control.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        problem = pose(configured(case), case["part"])
        compared = []
        for name, rival, kernel in (
            ("NTK", ntk_rival, _infinite),
            ("finite NTK", finite_ntk_rival, partial(_finite, problem)),
        ):
            found = rival(problem.config, ridges=RIDGES, part=case["part"])
            twin = _ridge(problem, kernel, points)
            compared += [
                compare(f"points, {name}", IDENTITY, exact(found.n_used), exact(case["n"]), parameters=case),
                compare(
                    f"index of the ridge, {name}",
                    IDENTITY,
                    exact(RIDGES.index(found.strength)),
                    exact(int(np.argmin(twin[0]))),
                    parameters=case,
                ),
                same(f"test error, {name}", found.test_error, twin[1], case, **SOLVED),
                *(
                    same(f"held-out error, {name}", ours, theirs, case, **SOLVED)
                    for ours, theirs in zip(found.held_errors, twin[0], strict=True)
                ),
            ]
            if found.n_used == case["n"]:  # else the closed form is for other points
                exactly = rival(problem.config, ridges=RIDGES, part=case["part"], exact=True)
                compared.append(_within(f"exact risk of the {name}", exactly.test_error, found, case))
        return compared

    return hold_property(context, problem_cases(n=24, n_test=400), test, examples=context.pick(4, 40))


def trained(context: Context) -> Evidence:
    """The trained rivals: the model, the points and R_4 alone; of all strengths the best on held-out points."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        compared = []
        for model, rival in (("quadratic", quadntk_rival), ("second-order", unregularized_rival)):
            config = configured(case, optimizer="lbfgs", steps=12)
            found = rival(config, lambdas=STRENGTHS, part=case["part"])
            held, test_errors = [], []
            for strength in STRENGTHS:
                alone = configured(
                    case, optimizer="lbfgs", steps=12, model=model, lambda_=(0.0, 0.0, 0.0, strength)
                )
                problem = pose(alone, case["part"])
                W = train(problem, problem.objective()).W
                held.append(problem.model_error(W, "validation", config.n_held).mean)
                test_errors.append(problem.model_error(W, "test", config.n_test))
            best = int(np.argmin(held))
            exactly = rival(config, lambdas=STRENGTHS, part=case["part"], exact=True)
            compared += [
                compare(f"points, {model}", IDENTITY, exact(found.n_used), exact(case["n"]), parameters=case),
                compare(
                    f"index of λ4, {model}",
                    IDENTITY,
                    exact(STRENGTHS.index(found.strength)),
                    exact(best),
                    parameters=case,
                ),
                same(f"test error, {model}", found.test_error, test_errors[best].mean, case, **TRAINED),
                _within(f"exact risk, {model}", exactly.test_error, found, case),
            ]
            compared += [
                same(f"held-out error, {model}", ours, theirs, case, **TRAINED)
                for ours, theirs in zip(found.held_errors, held, strict=True)
            ]
        return compared

    return hold_property(context, problem_cases(n=24, n_test=400), test, examples=context.pick(2, 10))


def grids(context: Context) -> Evidence:
    """Whether a grid is long enough: its best strength is inside, or the end is within 2% of its neighbour."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        generator = np.random.default_rng(case["seed"])
        strengths = generator.permutation(10.0 ** -np.arange(case["count"]))
        errors = generator.uniform(1, 1.1, case["count"])
        order = np.argsort(strengths)
        ranked, best = errors[order], int(np.argmin(errors[order]))
        neighbour = ranked[1] if best == 0 else ranked[-2]
        stated = 0 < best < case["count"] - 1 or neighbour <= 1.02 * ranked[best]
        kept = tuple(float(each) for each in strengths), tuple(float(each) for each in errors)
        found = Rival("ntk", *kept, kept[0][int(np.argmin(errors))], 1.0, 0.0, 1.0, 0.0, 10)
        return [compare("settled", IDENTITY, exact(int(found.settled)), exact(int(stated)), parameters=case)]

    cases = strategies.fixed_dictionaries(
        {"count": strategies.integers(2, 5), "seed": strategies.integers(0, 2**32 - 1)}
    )
    return hold_property(context, cases, test, examples=context.pick(60, 300))


def interpolated(context: Context) -> Evidence:
    """The NTK of infinite width of every activation against a product rule over a plane; solutions with it.

    With x = √d e_1 the second point is √d (u e_1 + √(1-u²) e_2); of w the first coordinate is s and the second
    √(1-s²) t, with t a coordinate in one dimension less.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        d, sigma = case["d"], activation(case["activation"])
        (s, weights), (t, inner) = rule(d, 80), rule(d - 1, 80)
        X = sample_sphere(5, d, radius=d**0.5, generator=generator(case["seed"], "kernel"))
        cosines = (X @ X.T / d).clamp(-1, 1)
        root = d**0.5
        first = sigma.derivative(root * s, 1)
        plane = (1 - s.square()).sqrt()[:, None] * t
        means = []
        for u in cosines.flatten().tolist():
            second = sigma.derivative(root * (u * s[:, None] + (1 - u * u) ** 0.5 * plane), 1)
            means.append(float((weights * first) @ (second @ inner)))
        twin = d * cosines.numpy() * np.array(means).reshape(5, 5)
        found = infinite_ntk(X, X, sigma)
        y = X[:, 0]
        solved = ridge_solutions(found, y, RIDGES).numpy()
        mean = float(np.diag(twin).mean())
        stated = np.stack([np.linalg.solve(twin + each * mean * np.eye(5), y.numpy()) for each in RIDGES], 1)
        size = float(np.abs(twin).max())
        gaps = {
            "kernel": float(np.abs(found.numpy() - twin).max()) / size,
            "solutions": float(np.abs(solved - stated).max()) / float(np.abs(stated).max()),
        }
        return [
            compare(
                f"{name}, relative",
                IDENTITY,
                measured(gap),
                exact(0),
                resolution=1e-8,
                reason="the rule, 1e-10 for σ' analytic near [-√d, √d]; solutions: over the smallest ridge, 1e-3",
                parameters=case,
            )
            for name, gap in gaps.items()
        ]

    cases = strategies.fixed_dictionaries(
        {
            "activation": strategies.sampled_from(ACTIVATIONS),
            "d": strategies.integers(4, 9),
            "seed": strategies.integers(0, 10**6),
        }
    )
    return hold_property(context, cases, test, examples=context.pick(8, 60))


def sizes(context: Context) -> Evidence:
    """N = c d^k points and an even width of c' n neurons, as stated, whatever d."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        k, d = case["k"], case["d"]
        config, scaling = setting(k, d, seed=0), SCALINGS[k]
        return [
            compare(
                "|n - c d^k|",
                UPPER,
                measured(abs(config.n - scaling.samples * d**k)),
                exact("1/2"),
                reason="rounded to a whole number",
                parameters=case,
            ),
            compare(
                "|m - c' n|",
                UPPER,
                measured(abs(config.m - scaling.width * config.n)),
                exact(1),
                reason="rounded to an even number",
                parameters=case,
            ),
        ]

    cases = strategies.fixed_dictionaries(
        {"k": strategies.sampled_from((1, 2)), "d": strategies.integers(4, 90)}
    )
    return hold_property(context, cases, test, examples=context.pick(20, 60))


def _infinite(X: Matrix, Y: Matrix) -> Matrix:
    """The NTK of infinite width of sin + cos, `(x·y) 0F1(; d/2; -‖x-y‖²/4)`, by SciPy's hypergeometric function."""
    squares = ((X[:, None] - Y[None]) ** 2).sum(axis=2)
    return np.asarray((X @ Y.T) * scipy.special.hyp0f1(X.shape[1] / 2, -squares / 4))


def _finite(problem: Problem, X: Matrix, Y: Matrix) -> Matrix:
    """The mean over all neurons of (x·y) σ'(w0·x) σ'(w0·y), σ' = cos - sin."""
    w0 = problem.network.w0.numpy()
    left, right = (np.cos(Z @ w0.T) - np.sin(Z @ w0.T) for Z in (X, Y))
    return np.asarray((X @ Y.T) * (left @ right.T) / len(w0))


def _ridge(
    problem: Problem, kernel: Callable[[Matrix, Matrix], Matrix], further: int
) -> tuple[list[float], float]:
    """Held-out errors of all ridges, and the test error of the best, by solving (K + ρ mean(diag K) I) c = y."""
    X, held = problem.X.numpy(), problem.points("validation", problem.config.n_held)
    fresh = problem.points("test", problem.config.n_test)
    if further:
        X = np.concatenate((X, held[:further].numpy()))
    y = problem.target(torch.from_numpy(X)).numpy()
    K = kernel(X, X)
    mean = float(np.diag(K).mean())
    solutions = [np.linalg.solve(K + ridge * mean * np.eye(len(X)), y) for ridge in RIDGES]

    def error(solution: Matrix, at: Tensor) -> float:
        return float(((kernel(at.numpy(), X) @ solution - problem.target(at).numpy()) ** 2).mean())

    errors = [error(solution, held) for solution in solutions]
    return errors, error(solutions[int(np.argmin(errors))], fresh)


def _within(label: str, risk: float, found: Rival, case: dict[str, Any]) -> Comparison:
    """An exact risk against the mean over fresh points: eight standard errors, which no run leaves by chance."""
    return compare(
        f"|{label} - mean over fresh points| / standard error",
        UPPER,
        measured(abs(risk - found.test_error) / max(found.test_standard_error, 1e-12)),
        exact(8),
        reason="eight standard errors of the mean over 400 points",
        parameters=case,
    )


CLAIMS = (
    Claim(
        id="separation.rivals",
        title="Each rival learns from the network's points and has its best strength",
        statement=r"c_\rho = (K + \rho\,\overline{K_{ii}}\,I)^{-1}y, \quad \rho^* = \arg\min_\rho "
        r"\overline{(f_\rho - f^*)^2}_{\mathrm{held}}, \quad n = c\,d^k",
        bound=IDENTITY,
        source="this project",
        assumptions=(
            "$K$ the NTK of infinite width, or of the network; the trained rivals have $R_4$ alone",
            "the risk in closed form is that of the model that was fitted",
        ),
        depends_on=("training.data",),
        checks=(
            Check(Kind.PROPERTY, kernels, scope=f"NumPy and SciPy's 0F1; {SMALL}, three ridges"),
            Check(Kind.PROPERTY, grids, scope="two to five strengths in any order"),
            Check(Kind.PROPERTY, interpolated, scope="the kernel by quadrature, d = 4…9, four activations"),
            Check(Kind.PROPERTY, trained, scope=f"f_Q and f_L + f_Q at three λ4; {SMALL}"),
            Check(Kind.PROPERTY, sizes, scope="k = 1, 2, d = 4…90"),
        ),
    ),
    Claim(
        id="control.rival-with-more-points",
        title="A rival with one point more",
        statement=r"c_\rho = (K + \rho\,\overline{K_{ii}}\,I)^{-1}y \text{ on } n + 1 \text{ points}",
        bound=IDENTITY,
        source="control",
        control_of="separation.rivals",
        fault="the twin also learns from the first held-out point",
        checks=(Check(Kind.PROPERTY, partial(kernels, points=1), scope=f"NumPy and SciPy's 0F1; {SMALL}"),),
    ),
)
