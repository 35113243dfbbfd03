r"""Claims on least norms in the NTK: what the dense part costs, and what the sparse part would."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from flint import arb

from theory import expressivity, expressivity_sizes
from theory.activation import builtin
from theory.gegenbauer import polynomial_ball
from training.activation import activation
from training.expressivity_linear import fitted_coordinates, least_norm, linear_movement, linear_part
from training.expressivity_profile import profile
from training.moments import moment_directions
from training.network import initialise
from training.plane import kernel_eigenvalues
from training.sphere import generator
from training.target import Ridge, make_target
from verify.bound import IDENTITY, UPPER, Comparison, compare, rate
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.expressivity import DEGREES, PAPER, SAMPLED, either_prover, either_spot_check
from verify.claims.expressivity_growth import FEW, FOUR, MANY, SLOPE_SCOPE, dimension_curve, slope_bound
from verify.claims.expressivity_movements import at_infinite_width, fitted
from verify.claims.expressivity_norms import BLOCK, WIDTHS, near_ball, root_mean_squares, target_cases
from verify.claims.powers import curve, power_law, rates
from verify.claims.twins import ACTIVATIONS
from verify.evidence import Evidence, from_comparisons
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.verdict import Kind


def shortest(context: Context) -> Evidence:
    """Pythagoras with V in the span of the φ_p, for symbolic m, n, d; and the bound by the smallest λ_j."""
    pairs = [Identity(label, *pair) for label, pair in expressivity.least_norm_pairs().items()]
    pairs += [Identity(f"room of the bound, k = {k}", *expressivity.norm_gap(k)) for k in DEGREES]
    return prove(pairs, seed=context.seed, prover=either_prover, spot_check=either_spot_check)


def torch_norms(context: Context, *, shift: int = 0) -> Evidence:
    """Σ_j ‖Π_j g‖²/λ_j in torch against balls; W_L is orthogonal to every movement that the fit leaves free."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        dimension, k = case["d"], min(case["k"], case["d"] - 1, 2)
        sigma, exact_sigma = activation(case["activation"]), builtin(case["activation"])
        target = make_target(dimension, k, min(case["R"], 3), seed=case["seed"])
        ridges = linear_part(target, profile(sigma, dimension, k).rest)
        energies = {j + shift: _energy(ridges, j) for j in range(k + 1)}
        stated = expressivity_sizes.least_norm(exact_sigma, energies, dimension)
        comparisons = [near_ball("least norm at infinite width", least_norm(sigma, target), stated, case)]
        network = initialise(256, dimension, sigma, seed=case["seed"])
        good = moment_directions(network, k)
        if float(good.eigenvalues[-1]) < 1e-4 * float(good.eigenvalues[0]):
            return comparisons  # too ill-conditioned to compare digits
        W = linear_movement(target, good)
        V = torch.randn(W.shape, generator=generator(case["seed"], "V"), dtype=torch.float64)
        free = V - good.project(V)
        cross = (W * free).sum() / (torch.linalg.vector_norm(W) * torch.linalg.vector_norm(free))
        label = "cosine of W_L with a W of E f_L(x; W) p(x) = 0"
        comparisons.append(
            compare(
                label,
                IDENTITY,
                measured(float(cross)),
                exact(0),
                resolution=1e-9,
                reason="rounding, over the smallest eigenvalue of MᵀM, which is at least 1e-4 of the largest",
                parameters=case,
            )
        )
        return comparisons

    return hold_property(context, target_cases(), test, examples=context.pick(15, 100))


def norm_growth(context: Context, *, shift: int = 0, names: tuple[str, ...] = ACTIVATIONS) -> Evidence:
    """Slopes between d and 2d: of 1/min_{1≤j≤k} λ_j within 30/d of k - 1, of 1/λ_{k+1} within 30/d of k."""
    names = names[: context.pick(2, len(names))]
    dimensions = context.pick(FEW, MANY, range(3, 251))
    comparisons, series = [], []
    for name in names:
        sigma = builtin(name)
        for k in DEGREES:
            where = {"activation": name, "k": k}
            worst = partial(expressivity_sizes.worst_norm, sigma, k)
            sparse = partial(_sparse_norm, sigma, k)
            dense_label, sparse_label = (
                f"1/min λ_j, j = 1…k, {name}, k = {k}",
                f"1/λ_{k + 1}, {name}, k = {k}",
            )
            comparisons.append(slope_bound(dense_label, worst, k - 1, dimensions, where))
            comparisons.append(slope_bound(sparse_label, sparse, k - shift, dimensions, where))
            if name == names[0]:
                label = rf"least $\|W\|^2$, {name}"
                series.append(
                    dimension_curve(f"dense, k = {k}", dimensions, worst, label, "expressivity-least-norm")
                )
                series.append(
                    dimension_curve(f"sparse, k = {k}", dimensions, sparse, label, "expressivity-least-norm")
                )
    return from_comparisons(comparisons, series=tuple(series))


def norm_of_width(context: Context) -> Evidence:
    """Least norm that fits g, or f_sp, in degree ≤ k, or k + 1, over its limit: deviation from 1 over m."""
    blocks = 32
    comparisons, series = [], []
    alpha, k, dimension = context.alpha / (2 * len(SAMPLED)), 1, 5
    for name in SAMPLED:
        sigma = activation(name)
        target = make_target(dimension, k, 1, seed=derive_seed(context.seed, "target", name))
        sparse_limit = target.norm_sp / kernel_eigenvalues(sigma, dimension, k + 1)[k + 1]
        parts = {
            "dense part": (
                linear_part(target, profile(sigma, dimension, k).rest),
                k,
                least_norm(sigma, target),
            ),
            "sparse part": ((target.sparse,), k + 1, sparse_limit),
        }
        for label, (ridges, degree, limit) in parts.items():
            ratios = np.empty((blocks * BLOCK, len(WIDTHS)))
            for row in range(len(ratios)):
                for column, m in enumerate(WIDTHS):
                    seed = derive_seed(context.seed, f"{name} {label} {row} {m}")
                    directions = moment_directions(
                        initialise(m, dimension, sigma, seed=seed), degree, budget=0
                    )
                    ratios[row, column] = float(fitted_coordinates(ridges, directions).square().sum()) / limit
            where = {"activation": name, "d": dimension, "k": k}
            table = root_mean_squares(ratios - 1)
            what = f"‖W_L‖² over its limit minus 1, {label}, {name}"
            comparisons.append(
                power_law(what, WIDTHS, table, "-1/2", band=0.25, alpha=alpha, parameters=where)
            )
            labels = {"x_label": "width $m$", "y_label": "relative deviation"}
            series.append(curve("expressivity-size", f"least norm, {label}, {name}", WIDTHS, table, **labels))
    return from_comparisons(comparisons, error_rates=rates(context, comparisons, 0.25), series=tuple(series))


def _sparse_norm(sigma: Any, k: int, dimension: int) -> arb:
    return expressivity_sizes.least_norm(sigma, {k + 1: arb(1)}, dimension)


def _energy(ridges: tuple[Ridge, ...], j: int) -> arb:
    """‖Π_j g‖² = Σ_{st} c_s c_t P_j(γ_s·γ_t) over the ridges of degree j, as a ball."""
    same = [(row, c) for ridge in ridges if ridge.degree == j for row, c in _rows(ridge)]
    total = arb(0)
    for first, c in same:
        for second, e in same:
            inner = sum((arb(p) * arb(q) for p, q in zip(first, second, strict=True)), arb(0))
            total += arb(c) * arb(e) * polynomial_ball(j, len(first), inner)
    return total


def _rows(ridge: Ridge) -> list[tuple[list[float], float]]:
    return list(zip(ridge.directions.tolist(), ridge.coefficients.tolist(), strict=True))


CLAIMS = (
    Claim(
        id="expressivity.least-norm",
        title="Least norm that fits a polynomial in the NTK",
        statement=r"\min\{\|W\|^2 : f_L(\cdot;W) = f\} = \sum_j \frac{\|\Pi_j f\|^2}{\lambda_j}, \quad "
        r"\sum_{j\le k} \frac{\|\Pi_j f_k\|^2}{\lambda_j} \le \frac{\|f_k\|^2}{\min_{1\le j\le k}\lambda_j} "
        r"= O(d^{k-1}), \quad \frac{\|f_{sp}\|^2}{\lambda_{k+1}} = \Theta(d^k)",
        bound=UPPER,
        source=PAPER,
        assumptions=("infinite width", "$f_k$ without a constant part, $f_{sp}$ of degree $k + 1$", FOUR),
        depends_on=("spectrum.eigenvalue-formula", "spectrum.exponents", "spectrum.ordering"),
        checks=(
            Check(
                Kind.SYMBOLIC,
                shortest,
                scope="least norm: every m, n, d and features; the bound: every λ_j, k = 1, 2, 3",
            ),
            Check(Kind.PROPERTY, torch_norms, scope="four activations, k ≤ 2, d ≤ 8, m = 256"),
            Check(Kind.ENCLOSURE, norm_growth, scope=SLOPE_SCOPE),
            Check(Kind.PROPERTY, fitted, scope="torch, d = 3 by quadrature, k ≤ 2, m ≤ 40, four activations"),
            Check(
                Kind.PROPERTY,
                at_infinite_width,
                scope="torch, the movement of infinite width, d = 3 by quadrature, k ≤ 2, four activations",
            ),
        ),
    ),
    Claim(
        id="expressivity.least-norm-width",
        title="Least norm at finite width",
        statement=r"\left|\|W_L\|^2 \Big/ \sum_j \frac{\|\Pi_j f\|^2}{\lambda_j} - 1\right| = \Theta(m^{-1/2})",
        bound=rate("-1/2"),
        source=PAPER,
        assumptions=(
            r"$W_L$ of least norm with $\mathbb{E}\,f_L\,p = \mathbb{E}\,f\,p$ for all $p$ of the degree of $f$",
        ),
        depends_on=("expressivity.least-norm", "spectrum.finite-width"),
        checks=(
            Check(
                Kind.STATISTICAL,
                norm_of_width,
                scope="three activations, k = 1, dense and sparse part, d = 5, m = 256…16384",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.expressivity-sparse-norm",
        title="The sparse part as cheap in the NTK as the dense one",
        statement=r"\|f_{sp}\|^2/\lambda_{k+1} = O(d^{k-1})",
        bound=UPPER,
        source="control",
        control_of="expressivity.least-norm",
        fault="exponent k - 1 for k",
        checks=(
            Check(
                Kind.ENCLOSURE, partial(norm_growth, shift=1, names=("sincos",)), scope="sin + cos, d = 3…500"
            ),
        ),
    ),
    Claim(
        id="control.expressivity-norm-index",
        title="Least norm with the eigenvalue of the next degree",
        statement=r"\min\{\|W\|^2 : f_L(\cdot;W) = f\} = \sum_j \frac{\|\Pi_j f\|^2}{\lambda_{j+1}}",
        bound=UPPER,
        source="control",
        control_of="expressivity.least-norm",
        fault="λ_{j+1} for λ_j",
        checks=(Check(Kind.PROPERTY, partial(torch_norms, shift=1), scope="k ≤ 2, d ≤ 8"),),
    ),
)
