r"""Claims on the size of the quadratic part's movement: ‖W_Q‖_{2,4}^4 → 8 E h²."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from hypothesis import strategies

from theory import expressivity, expressivity_sizes
from theory.activation import builtin
from training.activation import activation
from training.expressivity import quadratic_movement, quadratic_size
from training.network import initialise
from training.target import make_target
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.expressivity import (
    ADMISSIBLE,
    DEGREES,
    IN_D,
    MUS,
    PAPER,
    either_prover,
    either_spot_check,
)
from verify.claims.powers import Array, curve, power_law, rates
from verify.claims.twins import ACTIVATIONS
from verify.evidence import Evidence, from_comparisons
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import ball, exact, measured
from verify.statistics import STUDENT, mean_interval
from verify.verdict import Kind

d = sp.Symbol("d", positive=True)
WIDTHS = (256, 1024, 4096, 16384)
RATIOS = {"sincos": 3, "tanh-shift": 2, "softplus-shift": 3}  # degree k by activation
BLOCK = 8  # networks whose root mean square deviation is one point of a slope


def size(context: Context, *, factor: int = 8, degrees: tuple[int, ...] = DEGREES) -> Evidence:
    """‖W‖_{2,4}^4 at this movement, the mean of b⁴ over a pair, and E h² by moments; m, d, μ_l symbolic."""
    pairs = [Identity("‖W‖_{2,4}^4", *expressivity.size_reduction())]
    h = sp.Symbol("h", nonnegative=True)
    for label, value in {"h ≥ 0": h, "h ≤ 0": -h}.items():
        derived, stated = expressivity.pair_means(value)[1]
        pairs.append(Identity(f"mean of b⁴ over a pair, {label}", derived, stated * sp.Rational(factor, 8)))
    for k in degrees:
        derived = expressivity.mean_square_moments(k, d, MUS)
        pairs.append(Identity(f"E h² at k = {k}", derived, expressivity.mean_square(k, d, MUS)))
    return prove(pairs, seed=context.seed, prover=either_prover, spot_check=either_spot_check)


def size_at_one(context: Context, *, factor: int = 8) -> Evidence:
    """8 E h² Σ α_i²/s_i in torch against a ball; at k = 1, where h is constant, ‖W_Q‖_{2,4}^4 of every network."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        dimension, pairs = case["d"], case["m"] // 2
        k, R = min(case["k"], dimension - 1), min(case["R"], pairs)
        sigma = activation(case["activation"])
        target = make_target(dimension, k, R, seed=case["seed"])
        total = sum(
            (
                arb(alpha) ** 2 * pairs / len(range(i, pairs, R))
                for i, alpha in enumerate(target.sparse.coefficients.tolist())
            ),
            arb(0),
        )
        stated = factor * expressivity_sizes.mean_square(builtin(case["activation"]), k, dimension) * total
        values = {"the formula in torch": quadratic_size(sigma, target, case["m"])}
        if k == 1:
            network = initialise(case["m"], dimension, sigma, seed=case["seed"])
            W = quadratic_movement(network, target)
            values["‖W_Q‖_{2,4}^4 of a network"] = float(W.square().sum(dim=1).square().sum())
        return [near_ball(label, value, stated, case) for label, value in values.items()]

    return hold_property(context, target_cases(), test, examples=context.pick(30, 150))


def size_ratio(context: Context) -> Evidence:
    """‖W_Q‖_{2,4}^4 over its stated mean, in independent networks at k ≥ 2: mean 1, deviation like m^{-1/2}."""
    blocks = 32
    comparisons, series = [], []
    alpha = context.alpha / (2 * len(RATIOS))
    for name, k in RATIOS.items():
        dimension, R = 6, 2
        sigma = activation(name)
        target = make_target(dimension, k, R, seed=derive_seed(context.seed, "target", name))
        ratios = np.empty((blocks * BLOCK, len(WIDTHS)))
        for row in range(len(ratios)):
            for column, m in enumerate(WIDTHS):
                seed = derive_seed(context.seed, f"{name} {row} {m}")
                W = quadratic_movement(initialise(m, dimension, sigma, seed=seed), target)
                total = float(W.square().sum(dim=1).square().sum())
                ratios[row, column] = total / quadratic_size(sigma, target, m)
        where = {"activation": name, "d": dimension, "k": k, "R": R}
        mean = mean_interval(ratios.mean(axis=1), alpha=alpha)
        comparisons.append(_mean_is_one("‖W_Q‖_{2,4}^4/(8 E h² Σ α²/s)", mean, where))
        table = root_mean_squares(ratios - 1)
        comparisons.append(
            power_law("its deviation from 1", WIDTHS, table, "-1/2", band=0.25, alpha=alpha, parameters=where)
        )
        labels = {"x_label": "width $m$", "y_label": "relative deviation"}
        series.append(
            curve("expressivity-size", f"norm of the quadratic part, {name}", WIDTHS, table, **labels)
        )
    return from_comparisons(comparisons, error_rates=rates(context, comparisons, 0.25), series=tuple(series))


def near_ball(label: str, value: float, stated: arb, case: dict[str, Any]) -> Comparison:
    """A float against a ball, relative to its size."""
    return compare(
        label,
        IDENTITY,
        measured(value),
        ball(stated),
        resolution=1e-10,
        relative_to=float(abs(stated)),
        reason="quadratures in float64, of functions up to 1e3 times larger than the coefficient",
        parameters=case,
    )


def _mean_is_one(label: str, mean: Any, where: dict[str, Any]) -> Comparison:
    return compare(
        f"mean of {label}",
        IDENTITY,
        measured(mean.value),
        exact(1),
        resolution=mean.upper - mean.value,
        reason=STUDENT,
        parameters=where,
    )


def root_mean_squares(deviations: Array) -> Array:
    """Root mean square per block of networks, `(blocks, widths)`: far from 0, so that its logarithm is tame."""
    blocks = deviations.reshape(-1, BLOCK, deviations.shape[1])
    return np.asarray(np.sqrt((blocks**2).mean(axis=1)))


def target_cases() -> strategies.SearchStrategy[dict[str, Any]]:
    """Draws an activation, a degree, a dimension, a width, a number of directions and a seed."""
    return strategies.fixed_dictionaries(
        {
            "activation": strategies.sampled_from(ACTIVATIONS),
            "k": strategies.sampled_from(DEGREES),
            "d": strategies.integers(3, 8),
            "m": strategies.sampled_from((2, 6, 10, 32)),
            "R": strategies.integers(1, 3),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


CLAIMS = (
    Claim(
        id="expressivity.size",
        title="Size of the movement of the quadratic part",
        statement=r"\mathbb{E}\,\|W_Q\|_{2,4}^4 = 8\,\mathbb{E}\,h^2 \sum_i \alpha_i^2/s_i, \quad "
        r"\mathbb{E}\,h^2 = \sum_{l<k} \frac{p_l^2\,B(d,l)}{\mu_l(\sigma'')^2}, \quad "
        r"\|W_Q\|_{2,4}^4/\mathbb{E}\,\|W_Q\|_{2,4}^4 - 1 = \Theta(m^{-1/2}) \text{ for } k \ge 2",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(
            ADMISSIBLE,
            r"$s_i$ the shares of the $R$ groups of neurons; $s_i \to 1/R$, so the norm tends to "
            r"$8\,R\,\mathbb{E}\,h^2\,\sum_i\alpha_i^2$",
            "$k = 1, 2, 3$; at $k = 1$ the profile is constant, and so is the norm",
        ),
        depends_on=("expressivity.construction", "sphere.orthogonality"),
        checks=(
            Check(Kind.SYMBOLIC, size, scope=f"one direction, every m, {IN_D}, every μ_l, k = 1, 2, 3"),
            Check(Kind.PROPERTY, size_at_one, scope="four activations, R ≤ 3, d ≤ 8; networks at k = 1"),
            Check(
                Kind.STATISTICAL,
                size_ratio,
                scope="three activations, k = 2 or 3, d = 6, R = 2, m = 256…16384",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.expressivity-size",
        title="Size of the quadratic part with 4 for 8",
        statement=r"\mathbb{E}\,\|W_Q\|_{2,4}^4 = 4\,\mathbb{E}\,h^2",
        bound=IDENTITY,
        source="control",
        control_of="expressivity.size",
        fault="factor 4 for 8",
        checks=(
            Check(Kind.SYMBOLIC, partial(size, factor=4, degrees=(1,)), scope="the mean of b⁴ over a pair"),
            Check(Kind.PROPERTY, partial(size_at_one, factor=4), scope="R ≤ 3, d ≤ 8"),
        ),
    ),
)
