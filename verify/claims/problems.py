"""Claims on the problems that networks and rivals are given: their points, their labels, and the errors on them.

A test error says something on points that nothing was trained on; no formula would notice if it were otherwise. So
the points of all purposes are held against each other, the labels against the polynomials of the target in ball
arithmetic, and the errors against NumPy's mean and deviation.
"""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import Any

import scipy.stats
import torch
from flint import arb
from hypothesis import strategies
from torch import Tensor

from theory.gegenbauer import harmonic_dimension, polynomial_ball
from training.config import Config
from training.covariance import SampledCovariance
from training.objective import MODELS
from training.parts import PARTS, pose
from training.problem import Problem, make_problem
from training.risk import estimated_risk
from training.sphere import generator
from training.target import Ridge, Target
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.twins import agree
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.verdict import Kind

# What the training code draws for, from streams of its own.
PURPOSES = ("data", "unlabeled", "validation", "test", "weights", "signs", "target", "noise", "start")
SUMS = "float64 rounding of sums of 50 terms"
POINTS = ("validation", "test", "unlabeled")


def streams(context: Context) -> Evidence:
    """The first draws of every purpose under several seeds: repeated by the same, met by no other."""
    seeds = [*range(3), -1, context.seed]
    found: dict[tuple[float, ...], list[str]] = {}
    repeated = 0
    for seed, purpose in itertools.product(seeds, PURPOSES):
        draws = [tuple(torch.rand(4, generator=generator(seed, purpose)).tolist()) for _ in range(2)]
        repeated += draws[0] == draws[1]
        found.setdefault(draws[0], []).append(f"{seed}/{purpose}")
    total = len(seeds) * len(PURPOSES)
    shared = [names for names in found.values() if len(names) > 1]
    return from_comparisons(
        [
            compare("streams that share their draws", IDENTITY, exact(sum(map(len, shared))), exact(0)),
            compare("streams that repeat themselves", IDENTITY, exact(repeated), exact(total)),
        ],
        parameters={"streams": total, "shared": shared},
    )


def points(context: Context, *, against: str = "") -> Evidence:
    """Points of a problem that occur for two purposes, those of Σ included: none.

    With `against` the purpose from which the training points are claimed to be new, for a control.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        problem = _problem(case, activation="tanh-shift", n_unlabeled=60)
        found = {
            purpose: problem.points(purpose, case["n"]) for purpose in (*POINTS, *filter(None, [against]))
        }
        found["training"] = problem.X
        covariance = problem.objective().covariance
        assert isinstance(covariance, SampledCovariance)
        compared = [
            compare(
                f"points common to {first} and {second}",
                IDENTITY,
                exact(_common(found[first], found[second])),
                exact(0),
                parameters=case,
            )
            for first, second in itertools.combinations(found, 2)
        ]
        lengths = torch.linalg.vector_norm(problem.network.w0, dim=1)
        compared.append(
            compare(
                "largest | |w_0r| - 1 |",
                IDENTITY,
                measured(float((lengths - 1).abs().max())),
                exact(0),
                resolution=1e-14,
                reason="float64 rounding of a unit vector",
                parameters=case,
            )
        )
        counted = {"Σ and training": problem.X, "Σ and test": found["test"]}
        compared += [
            compare(
                f"points common to {name}",
                IDENTITY,
                exact(_common(covariance.points, other)),
                exact(0),
                parameters=case,
            )
            for name, other in counted.items()
        ]
        return compared

    return hold_property(context, problem_cases(), test, examples=context.pick(8, 60))


def labels(context: Context) -> Evidence:
    """Labels of whole problems and of their parts, and the energies, against the target in ball arithmetic."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        problem = pose(configured(case), case["part"])
        drawn = make_problem(configured(case))
        whole = drawn.target
        # The dense part has energy 1, each of its degrees the same; the sparse part has coefficients R^{-1/2}.
        kept = {"both": (1, 1), "dense": (1, 0), "sparse": (0, 1)}[case["part"]]
        stated = [sum(_value(whole, x.tolist(), kept), arb(0)) for x in problem.X]
        both = [sum(_value(whole, x.tolist(), (1, 1)), arb(0)) for x in drawn.X]
        sizes = [sum((abs(each) for each in _value(whole, x.tolist(), kept)), arb(0)) for x in problem.X]
        size = max(float(each.abs_upper()) for each in sizes)
        shared: dict[str, Any] = {"parameters": case}
        energies = torch.tensor([ridge.energy() for ridge in whole.dense], dtype=torch.float64)
        alphas = whole.sparse.coefficients
        degrees = [ridge.degree for ridge in (*whole.dense, whole.sparse)]
        k, R = case["k"], case["R"]
        return [
            agree("labels", problem.y, stated, size=size, **shared),
            agree("labels as drawn", drawn.y, both, size=float(drawn.y.abs().max()) + size, **shared),
            agree("energies by degree", energies, [arb(1) / k] * k, **shared),
            agree("α_i", alphas, [1 / arb(R).sqrt()] * R, **shared),
            agree(
                "E f_sp²",
                torch.tensor([whole.norm_sp], dtype=torch.float64),
                [_energy(whole.sparse)],
                size=1.0,
                **shared,
            ),
            compare(
                "degrees 1…k+1",
                IDENTITY,
                exact(int(degrees == list(range(1, k + 2)))),
                exact(1),
                **shared,
            ),
        ]

    return hold_property(context, problem_cases(), test, examples=context.pick(12, 80))


def estimates(context: Context) -> Evidence:
    """The error on fresh points, and its standard error, of each model against NumPy's mean and deviation."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        problem = _problem(case)
        W = torch.randn(problem.network.w0.shape, generator=generator(case["seed"], "W"), dtype=torch.float64)
        compared = []
        for model in MODELS:
            posed = Problem(
                configured(case, model=model), problem.target, problem.network, problem.X, problem.y
            )
            found = posed.model_error(W, "test", 50)
            X = posed.points("test", 50)
            orders = {"full": (), "linear": (1,), "quadratic": (2,), "second-order": (1, 2)}[model]
            values = sum((problem.network.term(j, W, X) for j in orders), torch.zeros(len(X)))
            values = problem.network.f(W, X) if model == "full" else values
            squares = (values - problem.target(X)).square().numpy()
            twin = {"mean": squares.mean(), "standard error": squares.std(ddof=1) / math.sqrt(50)}
            ours = {"mean": found.mean, "standard error": found.standard_error}
            interval = estimated_risk(problem.network, W, problem.target, X, model=model, level=0.99)
            half = scipy.stats.norm.interval(0.99, scale=twin["standard error"])[1]
            twin |= {"upper end": twin["mean"] + half, "lower end": twin["mean"] - half}
            ours |= {"upper end": interval.upper, "lower end": interval.lower}
            compared += [
                same(f"{name}, {model}", ours[name], float(twin[name]), case, resolution=1e-12, reason=SUMS)
                for name in twin
            ]
        return compared

    return hold_property(context, problem_cases(), test, examples=context.pick(6, 40))


def problem_cases(n: int = 12, n_test: int = 50) -> strategies.SearchStrategy[dict[str, Any]]:
    """Draws a small problem: degrees, the part of the target, and a seed."""
    return strategies.fixed_dictionaries(
        {
            "k": strategies.sampled_from((1, 2)),
            "R": strategies.integers(1, 2),
            "part": strategies.sampled_from(PARTS),
            "n": strategies.just(n),
            "n_test": strategies.just(n_test),
            "seed": strategies.integers(0, 10**6),
        }
    )


def configured(case: dict[str, Any], **others: Any) -> Config:
    """The configuration of a case."""
    chosen = {name: case[name] for name in ("k", "R", "n", "n_test", "seed")}
    return Config(d=4, m=16, n_held=30, dtype="float64", **chosen, **others)


def same(
    label: str, ours: float, twin: float, case: dict[str, Any], *, resolution: float, reason: str
) -> Comparison:
    """Two numbers that agree relative to the larger of the second one and 1."""
    return compare(
        label,
        IDENTITY,
        measured(ours),
        measured(twin),
        resolution=resolution,
        relative_to=max(twin, 1.0),
        reason=reason,
        parameters=case,
    )


def _problem(case: dict[str, Any], **others: Any) -> Problem:
    return make_problem(configured(case, **others))


def _common(first: Tensor, second: Tensor) -> int:
    """Rows of the one that are rows of the other, in single precision, so that a rounded copy is seen too."""
    left, right = ({tuple(row) for row in each.float().tolist()} for each in (first, second))
    return len(left & right)


def _value(target: Target, x: list[float], kept: tuple[int, int]) -> list[arb]:
    """The terms `c_s √B(d,l) P_l(γ_s·x/√d)` of the kept parts at one point."""
    terms, root = [], arb(target.d).sqrt()
    ridges = [*target.dense] * kept[0] + [target.sparse] * kept[1]
    for ridge in ridges:
        scale = arb(harmonic_dimension(target.d, ridge.degree)).sqrt()
        for gamma, c in zip(ridge.directions.tolist(), ridge.coefficients.tolist(), strict=True):
            cosine = sum((arb(p) * arb(q) for p, q in zip(gamma, x, strict=True)), arb(0)) / root
            terms.append(arb(c) * scale * polynomial_ball(ridge.degree, target.d, cosine))
    return terms


def _energy(ridge: Ridge) -> arb:
    """`Σ_ij c_i c_j P_l(γ_i·γ_j)`."""
    rows, d = ridge.directions.tolist(), ridge.directions.shape[1]
    weights = [arb(c) for c in ridge.coefficients.tolist()]
    total = arb(0)
    for (p, left), (q, right) in itertools.product(zip(weights, rows, strict=True), repeat=2):
        cosine = sum((arb(x) * arb(y) for x, y in zip(left, right, strict=True)), arb(0))
        total += p * q * polynomial_ball(ridge.degree, d, cosine)
    return total


CLAIMS = (
    Claim(
        id="training.data",
        title="What is measured on was never trained on, and the labels are the target's",
        statement=r"X_{\mathrm{train}},\ X_{\mathrm{held}},\ X_{\mathrm{test}},\ X_{\mathrm{unlabeled}} "
        r"\text{ have no point in common}, \quad y_i = f_k(x_i) + f_{sp}(x_i), \quad "
        r"\|\Pi_j f_k\|^2 = \tfrac1k, \quad \hat E = \overline{(f - f^*)^2} \pm \mathrm{std}/\sqrt N",
        bound=IDENTITY,
        source="this project",
        checks=(
            Check(Kind.PROPERTY, streams, scope=f"{len(PURPOSES)} purposes, five seeds"),
            Check(Kind.PROPERTY, points, scope="d = 4, tanh(z + 1/2), whose Σ needs unlabeled points"),
            Check(Kind.PROPERTY, labels, scope="d = 4, k and R of 1 and 2, whole targets and parts of them"),
            Check(Kind.PROPERTY, estimates, scope="d = 4, four models, 50 fresh points"),
        ),
    ),
    Claim(
        id="control.test-on-training-points",
        title="The training points claimed to be fresh",
        statement=r"X_{\mathrm{train}} \cap X_{\mathrm{data}} = \emptyset",
        bound=IDENTITY,
        source="control",
        control_of="training.data",
        fault="points of the stream from which the training points come",
        checks=(Check(Kind.PROPERTY, partial(points, against="data"), scope="d = 4, tanh(z + 1/2)"),),
    ),
)
