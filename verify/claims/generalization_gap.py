r"""The claim on the train-test gap: trained networks, two clipped losses, the bound at the norms they end with.

Nothing in the bound is sampled: the complexities enter by their proved bounds given the inputs, and the distance
of the network from the two classes by closed forms. Only the error on fresh points carries an interval.

Losses lie in [0, 1], so a bound of 1 or more says nothing; such comparisons are left out and counted. Where the
bound says something it is still a thousand times the gap of these networks, which are far from the worst member of
their classes. That its terms are needed is the subject of `verify.claims.generalization_members`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.complexity import (
    LinearClass,
    QuadraticClass,
    deviation,
    quadratic_norm,
)
from training.config import Config
from training.covariance import ExactCovariance
from training.loss import loss
from training.moments import moment_directions
from training.problem import Problem, make_problem
from training.risk import coupling_error, risk
from training.subspace import in_float64
from training.train import train
from verify.bound import UPPER, compare
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.evidence import Evidence, Series, from_comparisons
from verify.quantity import Quantity, confidence, exact, measured
from verify.statistics import bounded_mean_interval, error_rates
from verify.verdict import Kind

PAPER = "Nichani, Bai, Lee 2022"
CLIP = 1.0  # the largest value of a loss
# The radii for which the bound on the gap holds at once: the norms of W are rounded up to the next of them.
RADII = tuple(2.0 ** (power / 32) for power in range(-64, 129))
# Samples and widths: with the width the coupling error falls, and the bound needs both to be below 1.
SIZES = ((400, 200), (1600, 200), (6400, 200), (12800, 400))


@dataclass(frozen=True)
class Clipped:
    """A loss h(z - y), cut off at `CLIP`: Lipschitz and bounded."""

    name: str
    lipschitz: float

    def mean(self, residual: Tensor) -> Tensor:
        """The losses of the residuals."""
        return loss(self.name).h(residual).clamp(max=CLIP)


LOSSES = (Clipped("logcosh", 1.0), Clipped("squared", 2.0 * CLIP**0.5))


def train_test_gap(context: Context) -> Evidence:
    """Trained networks: test minus train of two clipped losses against the bound at their own norms, over n."""
    sizes = context.pick(SIZES, full=(*SIZES, (51200, 800)))
    seeds, fresh = context.pick(2, full=4), context.pick(50_000, full=400_000)
    runs = seeds * len(sizes)
    comparisons, rows, idle = [], [], 0
    for index in range(seeds):
        for n, m in sizes:
            config = Config(
                k=1,
                d=5,
                n=n,
                m=m,
                lambda_=(1.0, 1.0, 1e-3, 1e-4),
                steps=150,
                loss="logcosh",
                seed=derive_seed(context.seed, f"{index} {n}"),
            )
            problem = make_problem(config)
            W = train(problem, problem.objective()).W.double()
            row = _gap(problem, W, fresh, alpha=context.alpha, runs=runs)
            rows.append((n, row))
            idle += sum(bound >= CLIP for bound in row.bounds.values())
            comparisons += [
                compare(
                    f"test minus train, {name}",
                    UPPER,
                    gap,
                    measured(row.bounds[name]),
                    reason="the interval covers the fresh points; the bound holds with probability 1 - δ",
                    parameters={"n": n, "m": m, "problem": index + 1, **row.parameters},
                )
                for name, gap in row.gaps.items()
                if row.bounds[name] < CLIP
            ]
            context.progress(len(rows), runs)
    counts = [n for n, _ in sizes]
    compared = len(comparisons)
    comparisons.append(
        compare(
            f"bound, clipped logcosh, n = {counts[-1]}",
            UPPER,
            measured(max(row.bounds["logcosh"] for n, row in rows if n == counts[-1])),
            exact(1),
            strict=True,
            reason="the largest loss: above it a bound says nothing",
        )
    )
    where = {
        "d": 5,
        "m": [m for _, m in sizes],
        "k": 1,
        "δ": context.alpha / 2,
        "clip": CLIP,
        "radii": f"2^(i/32), i = -64…128, {len(RADII)} of each norm",
    }
    return from_comparisons(
        comparisons,
        parameters=where,
        counts={"comparisons": compared, "left out, their bound being 1 or more": idle},
        error_rates=error_rates(context, comparisons),
        series=_gap_series(counts, rows),
    )


@dataclass(frozen=True)
class _Gap:
    """Gap and bound of one trained network, per loss."""

    gaps: dict[str, Any]
    bounds: dict[str, float]
    squared: float
    parameters: dict[str, Any]


def gap_bound(
    lipschitz: float,
    *,
    parts: Sequence[tuple[float, LinearClass | QuadraticClass]],
    n: int,
    delta: float,
    rest: float = 0.0,
) -> float:
    """`2 L Σ_F Rad(F) + 3c √(log(2/δ)/(2n)) + L rest`, with the proved bounds on the complexities.

    Args:
        lipschitz: L.
        parts: Classes with their radii: B for the linear one, B² for the quadratic one.
        n: The number of samples.
        delta: The probability δ that the bound fails.
        rest: Distance of f from the sum of the classes, over the sample and the distribution.
    """
    complexity = math.fsum(radius * each.upper() for radius, each in parts)
    return lipschitz * (2 * complexity + rest) + deviation(CLIP, n, delta)


def _gap(problem: Problem, W: Tensor, fresh: int, *, alpha: float, runs: int) -> _Gap:
    """The steps of the bound: `f = f_L(P_≤W) + f_Q(W) + g`, the first two in the classes, g measured.

    `E ℓ(f) - (1/n)Σ ℓ(f) ≤ 2 L (Rad_L + Rad_Q) + 3c √(log(2/δ')/(2n)) + L ((1/n) Σ |g(x_i)| + (E g²)^{1/2})`, where
    δ' = δ over the number of networks, losses and pairs of radii, and δ = α/2: the other half of α is for the
    intervals of the errors on fresh points. (E g²)^{1/2} is at most that of f_L(P_>W) plus
    that of f - f_L - f_Q, both in closed form.
    """
    network, X, y = in_float64(problem.network), problem.X, problem.y
    good = moment_directions(network, 1)
    low = good.project(W)
    linear, quadratic = LinearClass(good, X), QuadraticClass(network, X)
    B_L, B_Q = (_rounded_up(norm) for norm in (float(low.norm()), quadratic_norm(W)))
    events = runs * len(LOSSES)
    values = network.f(W, X)
    rest = float((values - network.f_L(low, X) - network.f_Q(W, X)).abs().mean())
    high = math.sqrt(max(float(ExactCovariance(network).quadratic(W - low)), 0.0))
    coupling = coupling_error(network, W)
    rest += high + math.sqrt(coupling.value + coupling.rounding)
    points = problem.points("gap", fresh)
    outside = problem.target(points)
    predicted = torch.cat([network.f(W, part) for part in torch.split(points, 10_000)])
    gaps, bounds = {}, {}
    for each in LOSSES:
        fresh_losses = each.mean(predicted - outside).numpy()
        test = bounded_mean_interval(fresh_losses, low=0, high=CLIP, alpha=alpha / (2 * events))
        inside = float(each.mean(values - y).mean())
        gaps[each.name] = shifted(test, inside, alpha)
        # A norm beyond the grid has an infinite radius, hence no bound.
        bounds[each.name] = gap_bound(
            each.lipschitz,
            parts=((B_L, linear), (B_Q**2, quadratic)),
            n=len(X),
            delta=alpha / (2 * events * len(RADII) ** 2),
            rest=rest,
        )
    squared = risk(network, W, problem.target).value - float((values - y).square().mean())
    found = {
        "‖P_≤W‖": float(low.norm()),
        "‖W‖_{2,4}": quadratic_norm(W),
        "coupling and high part": rest,
    }
    return _Gap(gaps, bounds, squared, found)


def shifted(quantity: Quantity, by: float, alpha: float) -> Quantity:
    """The interval, one of all those at level 1 - α together, moved down by a number without error."""
    return confidence(quantity.value - by, quantity.upper - quantity.value, level=1 - alpha)


def _gap_series(counts: Sequence[int], rows: Iterable[tuple[int, _Gap]]) -> tuple[Series, ...]:
    found = list(rows)
    labels: dict[str, Any] = {"x_label": "samples $n$", "y_label": "test minus train", "log": "xy"}
    x = tuple(float(n) for n in counts)

    def line(label: str, pick: Any) -> Series:
        means = [np.mean([pick(row) for count, row in found if count == n]) for n in counts]
        return Series(
            "generalization-gap", label, x, tuple(float(max(each, 1e-5)) for each in means), **labels
        )

    lines = [line("squared loss, exact risk minus train", lambda row: row.squared)]
    for each in LOSSES:
        lines.append(line(f"gap, clipped {each.name}", lambda row, name=each.name: row.gaps[name].value))
        lines.append(line(f"bound, clipped {each.name}", lambda row, name=each.name: row.bounds[name]))
    return tuple(lines)


def _rounded_up(norm: float) -> float:
    """The least radius of the declared grid at or above the norm; infinite beyond, which leaves no bound."""
    return min((radius for radius in RADII if radius >= norm), default=math.inf)


CLAIMS = (
    Claim(
        id="generalization.gap",
        title="Train-test gap of trained networks",
        statement=r"\mathbb{E}\,\ell(f) - \frac1n \sum_i \ell(f(x_i)) \le 2L\,(\mathrm{Rad}_L + \mathrm{Rad}_Q) + "
        r"3c\sqrt{\frac{\log(2/\delta')}{2n}} + L\Big(\frac1n\sum_i |g(x_i)| + \|g\|_{L^2}\Big) "
        r"\text{ with probability } \ge 1-\delta",
        bound=UPPER,
        source="Bartlett and Mendelson 2002; classes of " + PAPER,
        assumptions=(
            r"$\ell = \min(\log\cosh r, 1)$ with $L = 1$, and $\ell = \min(r^2, 1)$ with $L = 2$; $c = 1$",
            r"$g = f - f_L(\cdot; P_\le W) - f_Q$: the coupling error and the high part, "
            r"$\|g\|_{L^2}$ from closed forms",
            r"$B_L, B_Q$ are the norms of the trained $W$, rounded up on a grid of $193 \times 193$ radii; "
            r"$\delta = 5\cdot 10^{-7}$ for all networks and losses at once, "
            r"$\delta' = \delta/(193^2 N)$ for $N$ pairs of them",
        ),
        depends_on=("generalization.class-gap", "risk.second-moment"),
        checks=(
            Check(
                Kind.STATISTICAL,
                train_test_gap,
                scope="trained with log cosh, d = 5, m = 200 (400 at n = 12800), n = 400…12800, two problems each; "
                "only bounds below the largest loss are compared: log cosh from n = 6400 on, squared at n = 12800 "
                "for some problems, 0.8 to 1.05; there the bound is a thousand times the gap or more",
                profile=Profile.STANDARD,
            ),
        ),
    ),
)
