"""Claims on near stationary points: the bound of the landscape identity there, and how curved the objective is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from training.config import Config
from training.curvature import Hessian, least_eigenvalue
from training.expressivity import quadratic_movement
from training.expressivity_linear import linear_movement
from training.landscape import (
    Competitor,
    StationaryBound,
    identity,
    signed_regularizer_curvatures,
    stationary_bound,
)
from training.moments import MomentDirections
from training.problem import make_problem
from training.train import train
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, Relation, compare
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.formal_landscape import BOUND
from verify.claims.landscape import PAPER
from verify.claims.landscape_cases import (
    SMALL,
    dense_hessian,
    draw_landscape,
    landscape_cases,
    size_of_bends,
)
from verify.claims.loss import direction
from verify.claims.twins import ROUNDING
from verify.evidence import Evidence, Series, from_comparisons
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.statistics import slopes
from verify.verdict import Kind

# Where the bound is evaluated on trained networks: the weights of the experiments, widths apart by 2.
SETTING = Config(
    k=1, d=20, n=200, lambda_=(1.0, 1.0, 1e-3, 1e-4), optimizer="lbfgs", steps=300, dtype="float64"
)
WIDTHS = (200, 400, 800)
PROBLEMS = 3
# On either side of -1/2: up to half the way to no fall at all and to 1/m, a factor of √2 over these widths.
BAND = 0.25
SCOPE = "k = 1, d = 20, n = 200, m = 200, 400, 800, sin + cos, squared loss, three problems, 300 L-BFGS iterations"


def torch_bound(context: Context) -> Evidence:
    """Gap ≤ tangent ≤ bound at random W, with ε and γ from the gradient and the dense Hessian there."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, competitor = draw_landscape(case)
        epsilon = float(torch.linalg.vector_norm(objective.grad(W)))
        least = float(torch.linalg.eigvalsh(dense_hessian(objective, W))[0])
        found = stationary_bound(objective, W, competitor, gradient_norm=epsilon, negative=max(0.0, -least))
        return _ordered(found, case)

    return hold_property(context, landscape_cases(), test, examples=context.pick(10, 100))


def torch_terms_of_bound(context: Context) -> Evidence:
    """The two terms that near stationarity gives, from ε, γ and the movements, and the rest from the identity.

    The terms of the identity come from the sums that the bound is made of too: of these two, signs and factors
    alone are compared here. ``landscape.identity`` holds the sums themselves against another route.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, competitor = draw_landscape(case)
        epsilon, gamma = 0.7, 0.3
        found = stationary_bound(objective, W, competitor, gradient_norm=epsilon, negative=gamma)
        low = torch.zeros_like(W) if objective.directions is None else objective.directions.project(W)
        V = (competitor.linear - W / 2 - low / 2).numpy()
        sides = identity(objective, W, competitor).terms
        names = ("coupling of W and W_L", "coupling of W and P_low W", "energy of the neurons")
        rest = -sum(sides[name] for name in (*names, "high-degree linear part"))
        stated = {
            "ε‖V‖": (found.gradient, epsilon * float(np.sqrt((V**2).sum()))),
            "½γ‖W_Q‖²": (found.curvature, gamma / 2 * float((competitor.quadratic.numpy() ** 2).sum())),
            "coupling": (found.coupling, rest),
            "Taylor remainder": (found.taylor, -sides["Taylor remainder"]),
        }
        return [
            compare(
                label,
                IDENTITY,
                measured(ours),
                measured(twin),
                resolution=ROUNDING,
                relative_to=1 + sum(abs(each) for each in sides.values()) + abs(twin),
                reason="float64 rounding of the terms of the identity",
                parameters=case,
            )
            for label, (ours, twin) in stated.items()
        ]

    return hold_property(context, landscape_cases(), test, examples=context.pick(10, 60))


def trained_bound(context: Context) -> Evidence:
    """The bound at trained networks, for the explicit competitor that expresses the target, over the width."""
    compared: list[Comparison] = []
    table: dict[str, list[list[StationaryBound]]] = {"second-order": [], "full": []}
    rest: list[list[float]] = []
    total = PROBLEMS * (len(WIDTHS) + 1)
    for index in range(PROBLEMS):
        seed = derive_seed(context.seed, str(index))
        found, falling = [], []
        for step, m in enumerate(WIDTHS):
            each, loss_at_0, part = _trained(replace(SETTING, m=m, model="second-order", seed=seed))
            where = {"problem": index + 1, "m": m, "model": "second-order"}
            compared += [*_ordered(each, where), _informative(each, loss_at_0, where)]
            found.append(each)
            falling.append(part)
            context.progress((len(WIDTHS) + 1) * index + step + 1, total)
        full, loss_at_0, _ = _trained(replace(SETTING, m=WIDTHS[-1], model="full", seed=seed))
        where = {"problem": index + 1, "m": WIDTHS[-1], "model": "full"}
        compared += [*_ordered(full, where), _informative(full, loss_at_0, where)]
        context.progress((len(WIDTHS) + 1) * (index + 1), total)
        table["second-order"].append(found)
        table["full"].append([full])
        rest.append(falling)
    exponents = [float(each) for each in slopes(WIDTHS, np.array(rest))]
    compared += [
        compare(
            "exponent in m of coupling + ½(λ1 signed R_1 + λ2 signed R_2)",
            Relation.RATE,
            measured(exponent),
            exact("-1/2"),
            resolution=BAND,
            reason="half the way to exponents 0 and -1: ‖W_Q‖_F²/m falls as m^{-1/2}, and the residuals that "
            "multiply the rest change with m too, by no stated power",
            parameters={"problem": index + 1},
        )
        for index, exponent in enumerate(exponents)
    ]
    parameters = {
        **{name: value for name, value in SETTING.to_dict().items() if name not in ("seed", "m", "model")},
        "totals": {name: [[each.total for each in line] for line in lines] for name, lines in table.items()},
        "gaps": {name: [[each.gap for each in line] for line in lines] for name, lines in table.items()},
        "coupling_errors_of_the_full_network": [line[0].taylor for line in table["full"]],
        "exponents": exponents,
        "parts_at_the_largest_width": _parts(table["second-order"][0][-1]),
    }
    return from_comparisons(compared, parameters=parameters, series=_curves(table["second-order"]))


def gradient_alone(context: Context) -> Evidence:
    """The bound without its curvature term at W = 0, where ε‖V‖ = 0 for a competitor (0, W_Q)."""
    problem = make_problem(replace(SETTING, m=WIDTHS[0], model="second-order", seed=context.seed))
    objective, zero = problem.objective(), torch.zeros_like(problem.network.w0)
    competitor = Competitor(zero, quadratic_movement(problem.network, problem.target))
    epsilon = float(torch.linalg.vector_norm(objective.grad(zero)))
    found = stationary_bound(objective, zero, competitor, gradient_norm=epsilon, negative=0.0)
    return from_comparisons(_ordered(found, {"m": WIDTHS[0], "W": "0"}), parameters=_parts(found))


def curvature_from_both_sides(context: Context) -> Evidence:
    """Blocks ≤ λ_min ≤ Ritz value, and an eigenvalue within the residual, against the dense Hessian."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, _ = draw_landscape(case)
        dense = dense_hessian(objective, W)
        values = torch.linalg.eigvalsh(dense)
        found, operator = least_eigenvalue(objective, W, seed=case["seed"]), Hessian(objective, W)
        V = direction(case, W)
        product = operator.apply(V)
        size = float(values.abs().max())
        near = float((values - found.value).abs().min())
        slack: dict[str, Any] = {
            "resolution": 1e-9,
            "reason": "rounding of dense eigenvalues",
            "parameters": case,
        }
        least = measured(float(values[0]))
        return [
            compare(
                "∇²L_λ V, cached against plain",
                IDENTITY,
                measured(float((product - objective.hvp(W, V)).abs().max())),
                exact(0),
                resolution=ROUNDING,
                relative_to=(size + size_of_bends(objective, W, V)) * float(torch.linalg.vector_norm(V)),
                reason="float64 rounding relative to the Hessian's norm",
                parameters=case,
            ),
            compare("blocks", UPPER, measured(operator.lower_bound() - 1e-12 * size), least, **slack),
            compare("Ritz value", LOWER, measured(found.value + 1e-12 * size), least, **slack),
            compare(
                "distance of the Ritz value to the spectrum",
                UPPER,
                measured(near),
                measured(found.residual + 1e-11 * size),
                reason="an eigenvalue lies within the residual; 1e-11 of the norm covers rounding",
                parameters=case,
            ),
            compare(
                "distance of the Ritz value to λ_min, relative to the spread",
                UPPER,
                measured((found.value - float(values[0])) / size),
                measured(1e-3),
                reason="the tolerance of the iteration",
                parameters=case,
            ),
        ]

    return hold_property(context, landscape_cases(), test, examples=context.pick(8, 80))


def _trained(config: Config) -> tuple[StationaryBound, float, float]:
    """The bound at a trained network, the loss at W = 0, and coupling + ½(λ1 signed R_1 + λ2 signed R_2)."""
    problem = make_problem(config)
    objective = problem.objective()
    found = train(problem, objective)
    assert isinstance(objective.directions, MomentDirections)
    competitor = Competitor(
        linear_movement(problem.target, objective.directions),
        quadratic_movement(problem.network, problem.target),
    )
    negative = max(0.0, -Hessian(objective, found.W).lower_bound())
    epsilon = found.history[-1].grad_norm
    bound = stationary_bound(objective, found.W, competitor, gradient_norm=epsilon, negative=negative)
    start = objective.loss.value(objective.y, torch.zeros_like(objective.y)).mean()
    signed = signed_regularizer_curvatures(objective, found.W, competitor.quadratic)
    falling = bound.coupling + 0.5 * (config.lambda_[0] * signed["R1"] + config.lambda_[1] * signed["R2"])
    return bound, float(start), falling


def _ordered(found: StationaryBound, where: Mapping[str, Any]) -> list[Comparison]:
    """Gap ≤ tangent ≤ total."""
    parts = (found.gradient, found.curvature, found.coupling, found.taylor, *found.regularizers.values())
    size = max(1.0, *(abs(each) for each in parts), abs(found.tangent))
    reason = "1e-11 of the largest part covers rounding"
    return [
        compare(
            "L(W) - L(f*) against the tangent",
            UPPER,
            measured(found.gap),
            measured(found.tangent + 1e-11 * size),
            reason=reason,
            parameters=where,
        ),
        compare(
            "tangent against the bound",
            UPPER,
            measured(found.tangent),
            measured(found.total + 1e-11 * size),
            reason=reason,
            parameters=where,
        ),
    ]


def _informative(found: StationaryBound, start: float, where: Mapping[str, Any]) -> Comparison:
    return compare(
        "bound, share of the loss at W = 0",
        UPPER,
        measured(found.total / start),
        exact("1/2"),
        reason="a bound of the loss at W = 0 or more would say nothing",
        parameters=where,
    )


def _parts(found: StationaryBound) -> dict[str, float]:
    own = {
        name: getattr(found, name)
        for name in ("gap", "tangent", "gradient", "curvature", "coupling", "taylor")
    }
    return {**own, **found.regularizers, "total": found.total}


def _curves(table: list[list[StationaryBound]]) -> tuple[Series, ...]:
    """The parts of the bound over the width, means over the problems."""
    parts: dict[str, Callable[[StationaryBound], float]] = {
        "bound": lambda each: each.total,
        "coupling": lambda each: each.coupling,
        "regularizers": lambda each: sum(each.regularizers.values()),
        "curvature": lambda each: each.curvature,
        "gradient": lambda each: each.gradient,
    }
    return tuple(
        Series(
            "landscape-bound",
            name,
            tuple(float(m) for m in WIDTHS),
            tuple(sum(part(line[k]) for line in table) / len(table) for k in range(len(WIDTHS))),
            x_label="width $m$",
            y_label=r"bound on $L(W) - L(f^*)$ and its parts",
            log="xy",
        )
        for name, part in parts.items()
    )


CLAIMS = (
    Claim(
        id="landscape.stationary",
        title="No bad stationary points of second order",
        statement=r"L(W) - L(f^*) \le \varepsilon\,\|V\|_F + \tfrac12\gamma\,\|W_Q\|_F^2 + "
        r"\langle\ell', X(W, W_L - \tfrac12 P_\le W)\rangle + \tfrac12\sum_i\ell''_i\sum_r g_r(x_i)^2 "
        r"+ \tfrac12\langle\ell', f_L(P_> W)\rangle + \langle\ell', \rho\rangle "
        r"+ \sum_j \lambda_j\Big(\langle\nabla R_j, V\rangle + "
        r"\tfrac12\mathbb{E}_S\nabla^2R_j[W_Q\odot S, W_Q\odot S]\Big)",
        bound=UPPER,
        source=PAPER,
        assumptions=(
            r"$\|\nabla L_\lambda(W)\|_F \le \varepsilon$, $\nabla^2L_\lambda(W) \succeq -\gamma I$, "
            r"$V = W_L - \tfrac12 W - \tfrac12 P_\le W$, $\ell$ convex in the prediction",
            r"$\rho = 0$ for the second-order model; for the full network it is the coupling error",
            r"at trained networks: $(W_L, W_Q)$ the explicit construction, $\varepsilon$ measured, $\gamma$ from "
            r"the blocks of the Hessian; the bound is below $\tfrac12 L(0)$. It is far from tight: there "
            r"$L(W) - L(f^*)$ itself is negative",
            r"over the width one sum is fitted: coupling, $\langle\ell', X(W, W_L - \tfrac12 P_\le W)\rangle + "
            r"\tfrac12\sum_i\ell''_i\sum_r g_r(x_i)^2 + \tfrac12\langle\ell', f_L(P_> W)\rangle$, plus "
            r"signed $R_1$ and $R_2$, "
            r"$\tfrac12\sum_{j \le 2}\lambda_j\mathbb{E}_S\nabla^2R_j[W_Q\odot S, W_Q\odot S]$. "
            r"Its exponent over $m = 200, 400, 800$ lies within $\tfrac14$ of $-\tfrac12$ on each of three "
            r"problems: nearer to $m^{-1/2}$ than to a constant or to $m^{-1}$. No rate is claimed for the rest",
        ),
        depends_on=(
            "landscape.identity",
            "landscape.identity-full",
            "landscape.regularizers",
            "landscape.smooth",
            "landscape.curvature",
            "loss.convexity",
        ),
        checks=(
            Check(Kind.PROPERTY, torch_terms_of_bound, scope=f"torch, each term of the bound, {SMALL}"),
            Check(Kind.PROPERTY, torch_bound, scope=f"random W, ε and γ from the dense Hessian; {SMALL}"),
            Check(Kind.EXPERIMENT, trained_bound, scope=SCOPE, profile=Profile.STANDARD),
            BOUND.check(
                "stationary",
                scope="the second-order model, ρ = 0; every m, n, d, W, W_L, W_Q, ε, γ, λ, every ℓ with ℓ'' ≥ 0",
                general=False,
            ),
        ),
    ),
    Claim(
        id="landscape.curvature",
        title="The smallest Hessian eigenvalue from both sides",
        statement=r"\min_r \lambda_{\min}\Big(\tfrac{a_r}{\sqrt m}\sum_i\ell'_i\,\sigma''_{ir}\,x_ix_i^\top + "
        r"8\lambda_4T(\|w_r\|^2I + 2w_rw_r^\top)\Big) \le \lambda_{\min}(\nabla^2L_\lambda(W)) \le \theta, "
        r"\quad \mathrm{dist}(\theta, \mathrm{spec}) \le \|\nabla^2L_\lambda(W)v - \theta v\|",
        bound=UPPER,
        source="the first inequality: this project; the others: Parlett, The Symmetric Eigenvalue Problem (1980)",
        assumptions=(
            r"$\theta$ the Ritz value of Lanczos iteration at its unit vector $v$, $T = \sum_r\|w_r\|^4$",
        ),
        depends_on=("loss.objective",),
        checks=(
            Check(Kind.PROPERTY, curvature_from_both_sides, scope=f"against dense eigenvalues; {SMALL}"),
        ),
    ),
    Claim(
        id="control.stationary-gradient",
        title="A small gradient claimed to suffice",
        statement=r"L(W) - L(f^*) \le \varepsilon\,\|V\|_F + \text{coupling and regularizers at } W = 0",
        bound=UPPER,
        source="control",
        control_of="landscape.stationary",
        fault="the curvature term is missing: at a saddle the gradient says nothing",
        checks=(Check(Kind.EXPERIMENT, gradient_alone, scope="f_L + f_Q at d = 20, n = m = 200, W = 0"),),
    ),
)
