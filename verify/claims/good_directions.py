"""Claims on the good directions: the routes to P_≤, what is in them, and what is left beside them.

P_≤ is the projector on the top n_k eigenvectors of the exact Σ, except where a claim is about another route
to it. Energies `E f_L(x; W)² = ⟨W, ΣW⟩` are exact; only the network and the unlabeled points are random.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from hypothesis import strategies

from training.activation import activation
from training.covariance import Covariance, ExactCovariance
from training.directions import good_directions
from training.moments import low_degree_moments, moment_directions
from training.network import Network, initialise
from training.plane import PairCovariance
from training.spectrum import dense_half, exact_directions, top_eigenpairs, worst_high_degree
from training.sphere import generator, low_degree_count, sample_sphere
from training.subspace import Subspace, principal_angles
from verify.bound import IDENTITY, UPPER, Comparison, compare, rate
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.attacks import attack_check, attack_control
from verify.claims.attacks_model import high_degree
from verify.claims.formal_spectral import PROOFS
from verify.claims.powers import curve, exponent_control, power_law, rates
from verify.claims.widths import activation_cases, over_widths
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.verdict import Kind

PAPER = "Nichani, Bai, Lee 2022"
SINCOS = r"$\sigma = \sin + \cos$"
# Eigenvectors of float64 matrices of norm about 1: 1e-15 over the gap, which is 1e-3 or more, with room for
# Lanczos, which stops at residuals of 1e-11.
GAP, CLOSE = 1e-3, 1e-7
DISTANCE = "root mean square sine of the principal angles"


def routes(context: Context, *, extra: int = 0) -> Evidence:
    """Σ by pairs of neurons with LAPACK, against the closed Σ with Lanczos: matrix, eigenvalues, projector."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network = initialise(case["m"], case["d"], activation("sincos"), seed=case["seed"])
        closed, pairs = ExactCovariance(network), PairCovariance(network)
        n_k = low_degree_count(case["d"], case["k"])
        by_lapack = top_eigenpairs(pairs, n_k + 1 + extra, dense=True)
        by_lanczos = top_eigenpairs(closed, n_k, dense=False)
        if float(by_lapack.values[n_k - 1] - by_lapack.values[n_k]) < GAP * float(by_lapack.values[0]):
            return []  # no gap, no projector: the routes need not agree
        first, second = by_lapack.half[:, : n_k + extra], by_lanczos.half
        distance = torch.linalg.matrix_norm(2 * (first @ first.T - second @ second.T), ord=2)
        gaps = {
            "entries of Σ": (dense_half(pairs) - dense_half(closed)).abs().max(),
            "top n_k eigenvalues": (by_lapack.values[:n_k] - by_lanczos.values).abs().max(),
            "norm of the difference of the projectors": distance,
        }
        return [
            compare(
                label,
                IDENTITY,
                measured(float(gap)),
                exact(0),
                resolution=CLOSE if label.startswith("norm") else 1e-11,
                reason="rounding, and the residual at which Lanczos stops, over the gap for the projector",
                parameters=case,
            )
            for label, gap in gaps.items()
        ]

    cases = strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((24, 40)),
            "d": strategies.integers(3, 5),
            "k": strategies.just(1),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )
    return hold_property(context, cases, test, examples=context.pick(20, 100))


def moment_angle(context: Context, *, claimed: str = "-1/2") -> Evidence:
    """Distance between the top eigenspace of Σ and the span of the moments, over m."""

    def distance(network: Network, good: Subspace, covariance: Covariance, seed: int) -> list[float]:
        return [_distance(good, moment_directions(network, 1))]

    widths, (table,) = over_widths(context, distance, 1, d=6, networks=context.pick(40, full=60))
    where = {"d": 6, "k": 1}
    label = f"{DISTANCE}, moments"
    law = power_law(label, widths, table, claimed, band=0.25, alpha=context.alpha, parameters=where)
    labels = {"x_label": "width $m$", "y_label": DISTANCE}
    return from_comparisons(
        [law],
        error_rates=rates(context, [law], 0.25),
        series=(curve("moment-angle", "moments against exact Σ", widths, table, **labels),),
    )


def dual_angle(context: Context, *, claimed: str = "-1/2", networks: int | None = None) -> Evidence:
    """Distance between the top eigenspaces of Σ and of the dual problem, over N."""
    d, width, networks = 6, 64, networks or context.pick(40, full=60)
    n_k = low_degree_count(d, 1)
    counts = tuple(factor * n_k for factor in context.pick((10, 26, 70), full=(10, 40, 160)))
    table = np.empty((networks, len(counts)))
    for row in range(networks):
        network = initialise(width, d, activation("sincos"), seed=derive_seed(context.seed, str(row)))
        good = exact_directions(network, 1)
        for column, count in enumerate(counts):
            source = generator(derive_seed(context.seed, f"{row} {count}"), "unlabeled")
            X = sample_sphere(count, d, radius=d**0.5, generator=source)
            table[row, column] = _distance(good, good_directions(network, X, 1))
        context.progress(row + 1, networks)
    where = {"d": d, "k": 1, "m": width}
    label = f"{DISTANCE}, dual route"
    law = power_law(label, counts, table, claimed, band=0.25, alpha=context.alpha, parameters=where)
    labels = {"x_label": "unlabeled points $N$", "y_label": DISTANCE}
    return from_comparisons(
        [law],
        error_rates=rates(context, [law], 0.25),
        series=(curve("dual-angle", "dual route against exact Σ", counts, table, **labels),),
    )


def low_degree(context: Context, *, below: int = 0, networks: int | None = None) -> Evidence:
    """1 minus the share of the energy of f_L(·; v) in degree ≤ k, mean over the top eigenvectors v, over m."""

    def missing(network: Network, good: Subspace, covariance: Covariance, seed: int) -> list[float]:
        moments = low_degree_moments(network, 1 - below)
        vectors = [good.lift(unit) for unit in torch.eye(good.n_k, dtype=torch.float64)]
        energies = torch.stack([moments.apply_transpose(v).square().sum() for v in vectors])
        return [float(1 - (energies / good.eigenvalues).mean())]

    widths, (table,) = over_widths(context, missing, 1, d=6, networks=networks or context.pick(80, full=100))
    where = {"d": 6, "k": 1}
    label = "the energy above degree k"
    law = power_law(label, widths, table, "-1", band=0.25, alpha=context.alpha, parameters=where)
    labels = {"x_label": "width $m$", "y_label": "share of energy above degree $k$"}
    return from_comparisons(
        [law],
        error_rates=rates(context, [law], 0.25),
        series=(curve("low-degree-energy", "top eigenvectors of Σ", widths, table, **labels),),
    )


def high_degree_bound(context: Context, *, shift: int = 0) -> Evidence:
    """E f_L(x; P_>W)² against λ_{n_k+1}(Σ)‖P_>W‖², for random W and for the maximiser found by Lanczos."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network = initialise(case["m"], case["d"], activation(case["activation"]), seed=case["seed"])
        covariance = PairCovariance(network)
        n_k = low_degree_count(case["d"], case["k"])
        top = top_eigenpairs(covariance, n_k + 2, dense=True)
        good = Subspace(network, n_k, top.values[:n_k], float(top.values[n_k]), top.half[:, :n_k])
        stated = measured(float(top.values[n_k + shift]))
        W = torch.randn(case["m"], case["d"], generator=generator(case["seed"], "W"), dtype=torch.float64)
        high = case["scale"] * good.project_out(W)
        energy = float(covariance.quadratic(high) / high.square().sum())
        _, largest = worst_high_degree(covariance, good)
        reason = "Lanczos stops at residuals of 1e-11, and an eigenvalue errs by less than the residual"
        shared: dict[str, Any] = {"resolution": 1e-9, "reason": reason, "parameters": case}
        label = "E f_L(x; P_>W)²/‖P_>W‖²"
        return [
            compare(f"{label}, random W", UPPER, measured(energy), stated, **shared),
            compare(f"{label}, worst W", UPPER, measured(largest), stated, **shared),
            compare(
                f"{label}, worst W attains the bound",
                IDENTITY,
                measured(largest),
                stated,
                relative_to=stated.value,
                **shared,
            ),
        ]

    return hold_property(context, activation_cases(), test, examples=context.pick(20, 100))


def _distance(first: Subspace, second: Subspace) -> float:
    return float(principal_angles(first, second).sin().square().mean().sqrt())


CLAIMS = (
    Claim(
        id="directions.routes",
        title="Four routes to P_≤ agree",
        statement=r"\text{largest angle between } \mathrm{ran}\,P_\le \text{ and } "
        r"\mathrm{span}\{\mathbb{E}\,\varphi(x)p(x) : \deg p \le k\} = O(m^{-1/2}), "
        r"\text{ and the dual route} = O(N^{-1/2})",
        bound=rate("-1/2"),
        source=PAPER,
        assumptions=(SINCOS, "a gap behind the n_k-th eigenvalue"),
        depends_on=("directions.projector", "directions.covariance", "spectrum.outliers"),
        checks=(
            Check(
                Kind.PROPERTY,
                routes,
                scope="pairs of neurons with LAPACK against closed Σ with Lanczos, d ≤ 5",
            ),
            Check(
                Kind.STATISTICAL,
                moment_angle,
                scope="moments against exact Σ, d = 6, m = 32…1024",
                profile=Profile.STANDARD,
            ),
            Check(
                Kind.STATISTICAL,
                dual_angle,
                scope="unlabeled points against exact Σ, d = 6, N = 10…160 n_k",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="directions.low-degree",
        title="Good directions are polynomials of degree ≤ k",
        statement=r"\mathbb{E}\,(\Pi_{>k} f_L(x;v))^2 / \mathbb{E}\,f_L(x;v)^2 = \Theta(m^{-1}), \quad "
        r"v \in \mathrm{ran}\,P_\le",
        bound=rate("-1"),
        source=PAPER,
        assumptions=(SINCOS,),
        depends_on=("directions.routes", "spectrum.torch-eigenvalues"),
        checks=(
            Check(
                Kind.STATISTICAL,
                low_degree,
                scope="exact harmonic projection, d = 6, k = 1, m = 32…1024",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="directions.high-degree-bound",
        title="Little of f_L is left beside the good directions",
        statement=r"\mathbb{E}\,f_L(x;P_>W)^2 \le \lambda_{n_k+1}(\Sigma)\,\|P_>W\|_F^2",
        bound=UPPER,
        source=PAPER,
        depends_on=("directions.projector", "directions.high-degree-form"),
        checks=(
            PROOFS.check(
                "energy_beside_good_directions",
                scope="every m, d, K < md, σ', any finite set of points with any weights for the expectation",
                general=False,
            ),
            Check(
                Kind.PROPERTY,
                high_degree_bound,
                scope="built-in activations, random W and the worst W, m ≤ 16, d ≤ 5",
            ),
            attack_check(high_degree, scope="W at m = 12, d = 3, k = 1, shifted tanh"),
        ),
    ),
    attack_control(
        high_degree,
        factor=0.9,
        scope="W at m = 12, d = 3, k = 1",
        id="control.attack-high-degree",
        control_of="directions.high-degree-bound",
        title="Nine tenths of what is left beside the good directions",
        statement=r"\mathbb{E}\,f_L(x;P_>W)^2 \le \tfrac{9}{10}\,\lambda_{n_k+1}(\Sigma)\,\|P_>W\|_F^2",
        fault="eigenvalue smaller by a tenth: a random W is never along its eigenvector",
    ),
    Claim(
        id="control.route-rank",
        title="Routes with n_k off by one",
        statement=r"\text{top } n_k + 1 \text{ eigenvectors} = \text{top } n_k \text{ eigenvectors}",
        bound=IDENTITY,
        source="control",
        control_of="directions.routes",
        fault="n_k off by one",
        checks=(Check(Kind.PROPERTY, partial(routes, extra=1), scope="m ≤ 40, d ≤ 5"),),
    ),
    exponent_control(
        "dual-rate",
        "Dual route claimed to err by 1/N",
        "routes",
        "-1",
        "exponent -1 for -1/2",
        partial(dual_angle, claimed="-1", networks=16),
    ),
    exponent_control(
        "low-degree-index",
        "Good directions claimed to have degree ≤ k - 1",
        "low-degree",
        "-1",
        "degree k - 1 for k",
        partial(low_degree, below=1, networks=12),
    ),
    Claim(
        id="control.high-degree-index",
        title="Energy bound with the next eigenvalue",
        statement=r"\mathbb{E}\,f_L(x;P_>W)^2 \le \lambda_{n_k+2}(\Sigma)\,\|P_>W\|_F^2",
        bound=UPPER,
        source="control",
        control_of="directions.high-degree-bound",
        fault="index n_k + 2 for n_k + 1",
        checks=(
            Check(Kind.PROPERTY, partial(high_degree_bound, shift=1), scope="the worst W, m ≤ 16, d ≤ 5"),
        ),
    ),
)
