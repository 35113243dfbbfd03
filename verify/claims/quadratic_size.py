"""Claims on movements of QuadNTK size: random signs leave f_L small, a bad direction makes it large.

At `‖w_r‖ = B m^{-1/4}` the quadratic part is of order one. Means over the signs are exact, energies
`E f_L(x; W)² = ⟨W, ΣW⟩` too; only the network, the drawn signs and the data are random.
"""

from __future__ import annotations

import itertools
from functools import partial
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from theory import activation as exact_activation
from training.activation import activation
from training.covariance import Covariance, SampledCovariance
from training.network import Network, initialise
from training.plane import PairCovariance
from training.spectrum import exact_directions
from training.sphere import generator, low_degree_count, sample_sphere
from training.subspace import Subspace
from verify.bound import IDENTITY, UPPER, Comparison, compare, rate
from verify.claim import Check, Claim, Context, Profile
from verify.claims.attacks import attack_check, attack_control
from verify.claims.attacks_model import signs_on_sample
from verify.claims.powers import curve, exponent_control, power_law, rates
from verify.claims.widths import activation_cases, over_widths
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import ball, exact, measured
from verify.statistics import STUDENT, mean_interval
from verify.verdict import Kind

PAPER = "Nichani, Bai, Lee 2022"
SINCOS = r"$\sigma = \sin + \cos$"
SIZE = 2.0
MOVEMENT = r"$\|w_r\| = B\,m^{-1/4}$, with the direction of $w_r$ given by the sign $a_r$"
LABELS = {"x_label": "width $m$", "y_label": r"$\mathbb{E}\,f_L^2$, or $\|P_\leq W\|^2$"}


def sign_bound(context: Context, *, part: str, factor: float = 1.0) -> Evidence:
    """The exact mean over signs against its bound, for random W of any size and shape."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network = initialise(case["m"], case["d"], activation(case["activation"]), seed=case["seed"])
        covariance = PairCovariance(network)
        W = torch.randn(case["m"], case["d"], generator=generator(case["seed"], "W"), dtype=torch.float64)
        # One coordinate far larger than the others in half of the cases, so that aligned W occur.
        W[:, 0] *= 30 ** (case["seed"] % 2)
        W *= case["scale"]
        X = _inputs(case["d"], case["seed"])
        mean = _sign_mean(part, network, W, covariance, X)
        slope = exact_activation.builtin(case["activation"]).suprema(1)
        norm = float(torch.linalg.vector_norm(W, dim=1).pow(4).sum().sqrt())
        if part == "projection":
            longest = float(torch.linalg.vector_norm(W, dim=1).max())
            stated = measured(factor * low_degree_count(case["d"], 1) * longest**2)
        else:
            size = float(torch.linalg.matrix_norm(X.T @ X / len(X), ord=2)) if part == "sample" else 1.0
            stated = ball(slope * slope * (factor * size * norm / network.m**0.5))
        label = f"mean over signs, {part}"
        return [
            compare(
                label, UPPER, measured(mean), stated, resolution=1e-12, reason="rounding", parameters=case
            )
        ]

    return hold_property(context, activation_cases(), test, examples=context.pick(40, 200))


def sign_exponent(context: Context, *, part: str, claimed: str = "-1/2") -> Evidence:
    """The mean over signs at ‖w_r‖ = B m^{-1/4} over m, and draws of signs against that mean."""
    draws = 8

    def energies(network: Network, good: Subspace, covariance: Covariance, seed: int) -> list[float]:
        W, X = _aligned(network), _inputs(network.d, seed)
        mean = _sign_mean(part, network, W, covariance, X, good)
        source = generator(seed, "random signs")
        total = 0.0
        for _ in range(draws):
            S = 2 * torch.randint(0, 2, (network.m, 1), generator=source) - 1
            total += _energy(part, network, S * W, covariance, X, good)
        return [mean, total / (draws * mean)]

    widths, (means, ratios) = over_widths(context, energies, 2, d=4, networks=context.pick(24, full=40))
    where, alpha = {"d": 4, "k": 1, "B": SIZE}, context.alpha / 2
    law = power_law(
        f"the mean over signs, {part}", widths, means, claimed, band=0.25, alpha=alpha, parameters=where
    )
    ratio = mean_interval(ratios.mean(axis=1), alpha=alpha)
    drawn = compare(
        "drawn signs over the mean",
        IDENTITY,
        measured(ratio.value),
        exact(1),
        resolution=ratio.upper - ratio.value,
        reason=STUDENT,
        parameters=where,
    )
    return from_comparisons(
        [law, drawn],
        error_rates=rates(context, [law, drawn], 0.25),
        series=(curve("linear-energy", f"random signs, {part}", widths, means, **LABELS),),
    )


def bad_direction(context: Context, *, claimed: str = "1/2", networks: int | None = None) -> Evidence:
    """E f_L² and size of `P_>W`, `w_r = B m^{-1/4} a_r sgn(γ·w0_r) β`, mean over axes γ, β, over m."""

    def size(network: Network, good: Subspace, covariance: Covariance, seed: int) -> list[float]:
        energies, norms = [], []
        for i, j in itertools.permutations(range(network.d), 2):
            W = torch.zeros(network.m, network.d, dtype=torch.float64)
            W[:, j] = SIZE * network.m**-0.25 * network.a * network.w0[:, i].sign()
            W = good.project_out(W)
            energies.append(float(covariance.quadratic(W)))
            norms.append(float(torch.linalg.vector_norm(W, dim=1).pow(4).sum().pow(0.25)))
        return [fmean(energies), fmean(norms)]

    widths, (energy, norm) = over_widths(
        context, size, 2, d=4, networks=networks or context.pick(40, full=60)
    )
    where, alpha = {"d": 4, "k": 1, "B": SIZE}, context.alpha / 2
    comparisons = [
        power_law("E f_L(x; P_>W)²", widths, energy, claimed, band=0.25, alpha=alpha, parameters=where),
        power_law("‖P_>W‖_{2,4}", widths, norm, "0", band=0.125, alpha=alpha, parameters=where),
    ]
    return from_comparisons(
        comparisons,
        error_rates=rates(context, comparisons, 0.25),
        series=(curve("linear-energy", "bad direction", widths, energy, **LABELS),),
    )


def _inputs(d: int, seed: int) -> Tensor:
    return sample_sphere(8 * d, d, radius=d**0.5, generator=generator(seed, "data"))


def _aligned(network: Network) -> Tensor:
    """`w_r = B m^{-1/4} e_1` where a_r = 1, and along e_2 where a_r = -1."""
    units = torch.eye(network.d, dtype=torch.float64)[:2]
    return SIZE * network.m**-0.25 * units[(network.a < 0).long()]


def _energy(
    part: str, network: Network, W: Tensor, covariance: Covariance, X: Tensor, good: Subspace
) -> float:
    if part == "population":
        return float(covariance.quadratic(W))
    if part == "sample":
        return float(network.f_L(W, X).square().mean())
    return float(good.coefficients(W).square().sum())


def _sign_mean(
    part: str, network: Network, W: Tensor, covariance: Covariance, X: Tensor, good: Subspace | None = None
) -> float:
    """The mean over all sign vectors: only the diagonal blocks of a quadratic form survive."""
    if part == "sample":
        return float(SampledCovariance(network, X).quadratic_signed(W))
    if part == "population":
        return float(covariance.quadratic_signed(W))
    good = good or exact_directions(network, 1, covariance=covariance)
    U = good.half_basis().reshape(network.distinct, network.d, good.n_k)
    copies = torch.cat((U, -U)) if network.paired else U
    return float(torch.einsum("ri,ric->rc", W, copies).square().sum())


def _sign_claim(part: str, title: str, quantity: str, bound: str, *attacks: Check) -> Claim:
    return Claim(
        id=f"directions.sign-{part}",
        title=title,
        statement=rf"\mathbb{{E}}_S\,{quantity} \le {bound}, \quad "
        rf"= \Theta(m^{{-1/2}}) \text{{ at }} \|w_r\| = B\,m^{{-1/4}}",
        bound=UPPER,
        source=PAPER,
        assumptions=(r"$S_r$ independent fair signs", r"$M_1 = \sup|\sigma'| < \infty$", "rate: " + MOVEMENT),
        depends_on=(
            "taylor.sign-linear",
            "directions.sign-trace",
            "directions.covariance",
            "activation.suprema",
        ),
        checks=(
            Check(
                Kind.PROPERTY,
                partial(sign_bound, part=part),
                scope="built-in activations, random W, m ≤ 16, d ≤ 5",
            ),
            Check(
                Kind.STATISTICAL,
                partial(sign_exponent, part=part),
                scope="sin + cos, d = 4, m = 32…1024",
                profile=Profile.STANDARD,
            ),
            *attacks,
        ),
    )


CLAIMS = (
    _sign_claim(
        "population",
        "Random signs: f_L is small on the population",
        r"\mathbb{E}\,f_L(x;W\odot S)^2",
        r"M_1^2\,m^{-1/2}\,\|W\|_{2,4}^2",
    ),
    _sign_claim(
        "sample",
        "Random signs: f_L is small on the sample",
        r"\tfrac1n\sum_i f_L(x_i;W\odot S)^2",
        r"M_1^2\,\|X^\top X/n\|_{op}\,m^{-1/2}\,\|W\|_{2,4}^2",
        attack_check(signs_on_sample, scope="W, the inputs and w_0 at m = 6, d = 3, n = 4"),
    ),
    attack_control(
        signs_on_sample,
        factor=0.9,
        scope="W, the inputs and w_0 at m = 6, d = 3, n = 4",
        id="control.attack-sign-sample",
        control_of="directions.sign-sample",
        title="Energy under signs with nine tenths of M_1²",
        statement=r"\mathbb{E}_S\,\tfrac1n\sum_i f_L(x_i;W\odot S)^2 \le "
        r"\tfrac{9}{10}\,M_1^2\,\|X^\top X/n\|_{op}\,m^{-1/2}\,\|W\|_{2,4}^2",
        fault="constant smaller by a tenth: every neuron must be at its steepest and move along every input",
    ),
    _sign_claim(
        "projection",
        "Random signs: the good part is small",
        r"\|P_\le(W\odot S)\|_F^2",
        r"n_k \max_r \|w_r\|^2",
    ),
    Claim(
        id="directions.bad",
        title="Bad directions exist",
        statement=r"\mathbb{E}\,f_L(x;P_>W)^2 = \Theta(m^{1/2}) \text{ for } "
        r"w_r = B\,m^{-1/4}\,a_r\,\mathrm{sgn}(\gamma\cdot w_{0,r})\,\beta, \quad \beta \perp \gamma",
        bound=rate("1/2"),
        source=PAPER,
        assumptions=(SINCOS,),
        depends_on=("directions.projector", "directions.covariance"),
        checks=(
            Check(
                Kind.STATISTICAL, bad_direction, scope="d = 4, k = 1, m = 32…1024", profile=Profile.STANDARD
            ),
        ),
    ),
    exponent_control(
        "sign-rate",
        "Random signs claimed to leave f_L of order one",
        "sign-population",
        "0",
        "exponent 0 for -1/2",
        partial(sign_exponent, part="population", claimed="0"),
    ),
    Claim(
        id="control.sign-constant",
        title="Energy under signs with a constant a quarter of M_1²",
        statement=r"\mathbb{E}_S\,\mathbb{E}\,f_L(x;W\odot S)^2 \le \tfrac14 M_1^2\,m^{-1/2}\,\|W\|_{2,4}^2",
        bound=UPPER,
        source="control",
        control_of="directions.sign-population",
        fault="constant four times too small",
        checks=(
            Check(Kind.PROPERTY, partial(sign_bound, part="population", factor=0.25), scope="m ≤ 16, d ≤ 5"),
        ),
    ),
    exponent_control(
        "bad-rate",
        "Bad directions claimed to stay of order one",
        "bad",
        "0",
        "exponent 0 for 1/2",
        partial(bad_direction, claimed="0", networks=20),
    ),
)
