"""The saddle claim: noise is what lets gradient descent leave a saddle of the landscape.

For the quadratic model W = 0 is a saddle of the objective, known exactly: f_Q has no linear term and R4 is of
degree 8, so the gradient there is 0 in floating point too, and the Hessian has negative eigenvalues because the
output signs come in opposite pairs. The same descent runs twice from W = 0: without noise it stays for ever,
with noise it leaves. Sizes, steps and thresholds are stated beforehand.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import torch

from theory import landscape as exact_landscape
from training.config import Config
from training.curvature import Hessian, least_eigenvalue, smallest_eigenvalue
from training.objective import Objective
from training.optimize import Minimization, perturbed_gradient_descent
from training.problem import make_problem
from training.sphere import generator
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, Relation, compare
from verify.claim import Check, Claim, Context, derive_seed
from verify.claims.indexed import prover, spot_check
from verify.claims.landscape_cases import SMALL, dense_hessian, draw_landscape, landscape_cases
from verify.evidence import Evidence, Series, from_comparisons
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.verdict import Kind

PAPER = "Ge, Huang, Jin, Yuan 2015; Nichani, Bai, Lee 2022; sizes and thresholds: this project"
SEEDS = 3
LOSS_SHARE = exact("1/2")
SETTING = Config(
    k=1,
    d=10,
    n=100,
    m=100,
    model="quadratic",
    lambda_=(0.0, 0.0, 0.0, 1e-4),
    steps=300,
    lr=0.1,
    dtype="float64",
)
SCOPE = "f_Q at k = 1, d = 10, n = m = 100, sin + cos, three problems, 300 steps from W = 0"


def escape(context: Context, *, noise_radius: float = SETTING.noise_radius) -> Evidence:
    """The saddle at W = 0, the descent that stays there and the one that leaves, on three problems."""
    gradients: list[float] = []
    curvatures: list[float] = []
    stayed: list[float] = []
    left: list[Minimization] = []
    for index in range(SEEDS):
        config = replace(SETTING, seed=derive_seed(context.seed, str(index)))
        objective = make_problem(config).objective()
        zero = torch.zeros(config.m, config.d, dtype=config.torch_dtype)
        gradients.append(float(objective.grad(zero).abs().max()))
        curvatures.append(smallest_eigenvalue(objective, zero, seed=config.seed))
        stayed.append(float(_descend(objective, config, noise_radius=0.0).W.abs().max()))
        left.append(_descend(objective, config, noise_radius=noise_radius))
        context.progress(index + 1, SEEDS)
    shares = [found.final.terms["loss"] / found.history[0].terms["loss"] for found in left]
    comparisons: list[Comparison] = [
        compare(
            "largest entry of the gradient at W = 0",
            IDENTITY,
            measured(max(gradients)),
            exact(0),
            reason="every term has a factor 0, so nothing is rounded",
        ),
        compare(
            "smallest eigenvalue of the Hessian at W = 0",
            UPPER,
            measured(max(curvatures)),
            exact(0),
            strict=True,
            reason="the worst of the three; a Ritz value is an upper bound",
        ),
        compare(
            "largest entry of W after gradient descent without noise",
            IDENTITY,
            measured(max(stayed)),
            exact(0),
            reason="a step along a gradient that is exactly 0",
        ),
        compare(
            "loss after descent with noise, share of its value at W = 0",
            UPPER,
            measured(max(shares)),
            LOSS_SHARE,
            reason="the worst of the three",
        ),
    ]
    parameters = {
        **{name: value for name, value in SETTING.to_dict().items() if name not in ("seed", "noise_radius")},
        "noise_radius": noise_radius,
        "smallest_eigenvalues": curvatures,
        "loss_shares": shares,
    }
    curves = [_curve(f"problem {index + 1}", found) for index, found in enumerate(left)]
    return from_comparisons(comparisons, series=tuple(curves), parameters=parameters)


def _descend(objective: Objective, config: Config, *, noise_radius: float) -> Minimization:
    """All steps of the descent from W = 0; it never ends early, so that standing still is not convergence."""
    return perturbed_gradient_descent(
        objective,
        torch.zeros(config.m, config.d, dtype=config.torch_dtype),
        steps=config.steps,
        generator=generator(config.seed, "noise"),
        lr=config.lr,
        momentum=config.momentum,
        noise_radius=noise_radius,
        gradient_threshold=config.gradient_threshold,
        noise_interval=config.noise_interval,
        decrease=-float("inf"),
    )


def _curve(label: str, found: Minimization) -> Series:
    return Series(
        "saddle",
        label,
        tuple(float(record.step) for record in found.history),
        tuple(record.terms["loss"] for record in found.history),
        x_label="step",
        y_label=r"loss $L(f_Q)$",
        log="y",
    )


def zero_is_stationary(context: Context) -> Evidence:
    """SymPy's gradient of the loss of f_Q at W = 0, and its Hessian m^{-1/2} a_r (1/n) Σ ℓ' σ'' x xᵀ δ_rs."""
    pairs = [Identity(name, *pair) for name, pair in exact_landscape.at_zero().items()]
    return prove(pairs, seed=context.seed, prover=prover(exact_landscape.RULES), spot_check=spot_check())


def saddle_spectrum(context: Context, *, relation: Relation = Relation.IDENTITY) -> Evidence:
    """The dense Hessian of the quadratic model at W = 0: a spectrum symmetric about 0, and Lanczos at its end.

    With the relation LOWER, the claim that no eigenvalue is negative.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, _ = draw_landscape({**case, "model": "second-order"}, model="quadratic")
        zero = torch.zeros_like(W)
        values = torch.linalg.eigvalsh(dense_hessian(objective, zero))
        least, largest = float(values[0]), float(values[-1])
        if relation is not Relation.IDENTITY:
            return [compare("λ_min at W = 0", relation, measured(least), exact(0), parameters=case)]
        found = least_eigenvalue(objective, zero, seed=case["seed"])
        operator = Hessian(objective, zero)
        shared: dict[str, Any] = {"relative_to": largest, "parameters": case, "reason": "float64 rounding"}
        return [
            compare(
                "largest entry of the gradient at W = 0",
                IDENTITY,
                measured(float(objective.grad(zero).abs().max())),
                exact(0),
                reason="every term has a factor 0, so nothing is rounded",
                parameters=case,
            ),
            compare("λ_min at W = 0", UPPER, measured(least), exact(0), strict=True, parameters=case),
            compare("-λ_max", IDENTITY, measured(-largest), measured(least), resolution=1e-12, **shared),
            compare(
                "blocks",
                IDENTITY,
                measured(operator.lower_bound()),
                measured(least),
                resolution=1e-12,
                **shared,
            ),
            compare("Lanczos", IDENTITY, measured(found.value), measured(least), resolution=1e-3, **shared),
        ]

    return hold_property(
        context, landscape_cases(weights=(0.0, 0.0, 0.0, 0.01)), test, examples=context.pick(10, 60)
    )


CLAIMS = (
    Claim(
        id="landscape.saddle",
        title="W = 0 is a strict saddle of the quadratic model",
        statement=r"\nabla L_\lambda(0) = 0, \quad \nabla^2L_\lambda(0) = \mathrm{diag}_r\Big(\tfrac{a_r}{\sqrt m}"
        r"\sum_i \ell'_i\,\sigma''(w_{0,r}\cdot x_i)\,x_ix_i^\top\Big), \quad "
        r"\lambda_{\min} = -\lambda_{\max} < 0",
        bound=IDENTITY,
        source="Ge, Huang, Jin, Yuan 2015 for strict saddles; this project for the formula",
        assumptions=(
            r"model $f_Q$, $\lambda_1 = \lambda_2 = \lambda_3 = 0$; for the spectrum a paired network, "
            r"whose blocks come with both signs, and one that is not 0",
        ),
        depends_on=("loss.hessian", "regularizer.hessian-r4"),
        checks=(
            Check(Kind.SYMBOLIC, zero_is_stationary, scope="gradient and Hessian: every m, n, d, ℓ, σ"),
            Check(Kind.PROPERTY, saddle_spectrum, scope=f"dense spectrum and Lanczos; {SMALL}"),
        ),
    ),
    Claim(
        id="training.saddle",
        title="Noise lets gradient descent leave a saddle",
        statement=r"\nabla L_\lambda(0) = 0, \quad \lambda_{\min}(\nabla^2 L_\lambda(0)) < 0, \quad "
        r"W_t^{\mathrm{GD}} = 0 \text{ for all } t, \quad "
        r"L(W_N^{\mathrm{noisy\,GD}}) < \tfrac12 L(0)",
        bound=UPPER,
        source=PAPER,
        assumptions=(
            r"model $f_Q$, squared loss, $\lambda = (0, 0, 0, 10^{-4})$, both descents from $W = 0$",
            r"noise uniform in a ball of radius $0.1$ wherever $\|\nabla L_\lambda\| \le 10^{-3}$, at most every "
            "50 steps; learning rate 0.1, momentum 0.95, N = 300",
        ),
        depends_on=("landscape.saddle",),
        checks=(Check(Kind.EXPERIMENT, escape, scope=SCOPE),),
    ),
    Claim(
        id="control.saddle-without-noise",
        title="Gradient descent claimed to leave a saddle without noise",
        statement=r"L(W_N^{\mathrm{GD}}) < \tfrac12 L(0) \text{ from } W_0 = 0",
        bound=UPPER,
        source="control",
        control_of="training.saddle",
        fault="the noise has radius 0, and without it the gradient at the saddle is exactly 0",
        checks=(Check(Kind.EXPERIMENT, partial(escape, noise_radius=0.0), scope=SCOPE),),
    ),
    Claim(
        id="control.saddle-minimum",
        title="The saddle at W = 0 claimed to be a minimum",
        statement=r"\lambda_{\min}(\nabla^2L_\lambda(0)) \ge 0",
        bound=LOWER,
        source="control",
        control_of="landscape.saddle",
        fault="the output signs come in opposite pairs, so the spectrum is symmetric about 0",
        checks=(Check(Kind.PROPERTY, partial(saddle_spectrum, relation=Relation.LOWER), scope=SMALL),),
    ),
)
