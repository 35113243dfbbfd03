r"""Claims on the regularizer at the explicit movement W* = W_L + W_Q⊙S: R_1 and R_2 fall, R_3 and R_4 stay bounded.

P_≤ comes from the exact moments of degree ≤ k, as in the objective; Σ is exact for sin + cos.
"""

from __future__ import annotations

from functools import partial
from statistics import fmean

from torch import Tensor

from training.covariance import ExactCovariance
from training.expressivity import quadratic_size
from training.expressivity_linear import least_norm
from training.moments import moment_directions
from training.network import Network
from training.regularizer import (
    GroupNorm,
    HighDegreePopulation,
    HighDegreeSample,
    LowDegreeNorm,
    Regularizer,
)
from training.target import Target
from verify.bound import UPPER, Comparison, compare, rate
from verify.claim import Check, Claim, Context, Profile
from verify.claims.expressivity import PAPER
from verify.claims.expressivity_widths import Case, at_least, movements_of, over_cases
from verify.claims.powers import Array, curve, rates
from verify.evidence import Evidence, from_comparisons
from verify.quantity import exact
from verify.statistics import mean_interval, slope_interval
from verify.verdict import Kind

TERM = {"x_label": "width $m$", "y_label": "regularizer at $W^*$"}
NARROW, LESS_NARROW = (128, 512, 2048), (256, 1024, 4096)  # where Σ is held, a matrix (m/2, m/2)
NARROW_SCOPE = "m = 128, 512, 2048 (full: 256, 1024, 4096)"
UNSIGNED = Case("sincos", 2, 5, 1)
TERMS = (Case("sincos", 1, 6, 1), UNSIGNED, Case("tanh-shift", 1, 6, 2), Case("softplus-shift", 1, 6, 1))


def terms(
    context: Context, *, signed: bool = True, cases: tuple[Case, ...] = TERMS, replicates: int = 48
) -> Evidence:
    """R_1…R_4 at W* over m: slopes of R_1 and R_2 against -1/2, of R_3 and R_4 at most 1/8, and their size."""
    widths = context.pick(NARROW, full=LESS_NARROW)

    def values(network: Network, target: Target, X: Tensor, seed: int) -> list[float]:
        directions = moment_directions(network, target.k)
        movements = movements_of(network, target, directions, seed, signed)
        sizes = (
            least_norm(network.activation, target),
            quadratic_size(network.activation, target, network.m) ** 2,
        )
        found: list[tuple[Regularizer, float]] = [
            (HighDegreeSample(directions, network.on(X)), 1.0),
            (LowDegreeNorm(directions), sizes[0]),
            (GroupNorm(), sizes[1]),
        ]
        if network.activation.name == "sincos":
            found.append((HighDegreePopulation(directions, ExactCovariance(network)), 1.0))
        return [fmean(float(term.value(W)) / size for W in movements) for term, size in found]

    comparisons, series = [], []
    alpha = context.alpha / (6 * len(cases))
    for case in cases:
        count = 4 if case.activation == "sincos" else 3
        high, low, group, *population = over_cases(context, case, widths, replicates, values, count)
        for name, table in (("R_1", high), *(("R_2", table) for table in population)):
            label = f"{name} at W*, {case.label}"
            comparisons.append(at_least(label, widths, table, "-1/2", 0.25, alpha))
            series.append(curve("expressivity-terms", f"{name}, {case.label}", widths, table, **TERM))
        for name, table in (("R_3", low), ("R_4", group)):
            comparisons += _bounded(f"{name} at W* over its stated size, {case.label}", widths, table, alpha)
    return from_comparisons(comparisons, error_rates=rates(context, comparisons, 0.25), series=tuple(series))


def _bounded(label: str, widths: tuple[int, ...], table: Array, alpha: float) -> list[Comparison]:
    """The slope is at most 1/8, and at the largest width the mean is at most 2."""
    slope = slope_interval(widths, table, alpha=alpha)
    mean = mean_interval(table[:, -1], alpha=alpha)
    shared = {"x": [float(m) for m in widths], "replicates": len(table)}
    return [
        compare(
            f"log-log slope of {label}",
            UPPER,
            slope,
            exact("1/8"),
            reason="half the distance from 0 to 1/4",
            parameters=shared,
        ),
        compare(
            f"mean of {label}, at m = {widths[-1]}",
            UPPER,
            mean,
            exact(2),
            reason="twice the stated size, which leaves room for terms that fall with m",
            parameters=shared,
        ),
    ]


CLAIMS = (
    Claim(
        id="expressivity.regularizer",
        title="The regularizer at the explicit movement",
        statement=r"R_1(W^*), R_2(W^*) = O(m^{-1/2}), \quad R_3(W^*), R_4(W^*) = O(1), \quad "
        r"\mathbb{E}\,R_3(W^*) \le 2\sum_j \frac{\|\Pi_j g\|^2}{\lambda_j}, \quad "
        r"\mathbb{E}\,R_4(W^*) \le 2\,\Big(8\,\mathbb{E}\,h^2 \sum_i \alpha_i^2/s_i\Big)^2",
        bound=rate("-1/2"),
        source=PAPER,
        assumptions=(
            r"$P_\le$ from the exact moments of degree $\le k$; $R_2$ for $\sigma = \sin + \cos$",
            "the bounds on the means are at the largest width; $g$ is what the linear part has to express",
        ),
        depends_on=(
            "expressivity.size",
            "expressivity.least-norm-width",
            "directions.sign-population",
            "directions.sign-projection",
        ),
        checks=(
            Check(
                Kind.STATISTICAL,
                terms,
                scope=f"three activations, k = 1, 2, R ≤ 2, d ≤ 6, {NARROW_SCOPE}",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.expressivity-unsigned-terms",
        title="The regularizer without random signs",
        statement=r"R_1, R_2 = \Theta(m^{-1/2}), \quad R_3 = O(1) \text{ at } W_L + W_Q",
        bound=rate("-1/2"),
        source="control",
        control_of="expressivity.regularizer",
        fault="signs omitted; at k = 1 what grows is R_3, as f_L(·; W_Q) tends to a linear function there",
        checks=(
            Check(
                Kind.STATISTICAL,
                partial(terms, signed=False, cases=(UNSIGNED,), replicates=24),
                scope=f"sin + cos, k = 2, d = 5, {NARROW_SCOPE}",
                profile=Profile.STANDARD,
            ),
        ),
    ),
)
