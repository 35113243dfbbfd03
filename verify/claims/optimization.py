"""Claims on the optimizers: both reach one objective, from every start, at a stationary point of second order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from training.config import Config
from training.curvature import Hessian, LeastEigenvalue, least_eigenvalue
from training.objective import Objective
from training.optimize import Minimization, Record, ball, lbfgs, perturbed_gradient_descent
from training.problem import make_problem
from training.sphere import generator
from training.train import train
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.saddle import SETTING as SADDLE
from verify.evidence import Evidence, Series, from_comparisons
from verify.quantity import Quantity, exact, measured
from verify.verdict import Kind

PAPER = "Nichani, Bai, Lee 2022; Jin, Ge, Netrapalli, Kakade, Jordan 2017; sizes and thresholds: this project"
AGREEMENT = exact("1/100")
# Seed by seed another loss and activation: six problems.
PAIRS = tuple(
    (loss, activation)
    for loss in ("squared", "logcosh")
    for activation in ("sincos", "tanh-shift", "erf-shift")
)
SETTING = Config(k=1, d=20, n=400, m=400, lambda_=(1.0, 1.0, 0.1, 0.1), steps=1000)
FAST_STEPS = 600  # iterations of L-BFGS
STARTS = 5
SCOPE = "k = 1, d = 20, n = m = 400, λ = (1, 1, 0.1, 0.1), the full network"

# Where minima of different value exist: the weaker the regularization, the smaller the objective they differ in.
WEAK = (
    replace(SETTING, lambda_=(1.0, 1.0, 0.1, 0.01)),
    replace(SETTING, n=200, m=1000, lambda_=(1.0, 1.0, 1e-2, 1e-3), steps=1500, gradient_threshold=3e-4),
)
WEAK_AGREEMENT = exact("1/20")


@dataclass(frozen=True, eq=False)
class Pair:
    """One problem, minimized by both optimizers from one start."""

    config: Config
    objective: Objective
    descent: Minimization
    newton: Minimization

    @property
    def distance(self) -> float:
        """Relative distance of the two objectives."""
        values = (self.descent.final.value, self.newton.final.value)
        return abs(values[0] - values[1]) / min(values)


def agreement(context: Context) -> Evidence:
    """Perturbed gradient descent and L-BFGS on six problems: objectives and gradient norms."""
    compared: list[Comparison] = []
    pairs: list[Pair] = []
    for index, (loss, activation) in enumerate(PAIRS):
        seed = derive_seed(context.seed, str(index))
        pair = _both(replace(SETTING, loss=loss, activation=activation, seed=seed))
        pairs.append(pair)
        compared += _held(pair, {"problem": index + 1, "loss": loss, "activation": activation})
        context.progress(index + 1, len(PAIRS))
    return from_comparisons(compared, parameters=_parameters(SETTING, pairs), series=_curves(pairs[0]))


def weak_agreement(context: Context) -> Evidence:
    """The same at weaker regularization, where the objective is a smaller part of its start."""
    compared: list[Comparison] = []
    parameters: dict[str, Any] = {}
    for number, setting in enumerate(WEAK):
        pairs: list[Pair] = []
        for index, (loss, activation) in enumerate(PAIRS):
            seed = derive_seed(context.seed, str(index))
            pair = _both(replace(setting, loss=loss, activation=activation, seed=seed), iterations=1500)
            pairs.append(pair)
            where = {"problem": index + 1, "loss": loss, "activation": activation, "setting": number + 1}
            compared.append(_distance(pair, where, "minima differ here; stated before", WEAK_AGREEMENT))
            context.progress(number * len(PAIRS) + index + 1, len(WEAK) * len(PAIRS))
        parameters[f"setting {number + 1}"] = _parameters(setting, pairs)
    return from_comparisons(compared, parameters=parameters)


def starts(context: Context) -> Evidence:
    """Both optimizers from five starts of one problem: the spread of all ten objectives."""
    config = replace(SETTING, seed=context.seed)
    problem = make_problem(config)
    objectives = problem.objective(), problem.in_float64().objective()
    found: dict[str, list[Minimization]] = {"gd": [], "lbfgs": []}
    for index in range(STARTS):
        start = derive_seed(context.seed, f"start {index}")
        W = _start(config, start)
        found["gd"].append(
            perturbed_gradient_descent(
                objectives[0],
                W,
                steps=config.steps,
                generator=generator(start, "noise"),
                lr=config.lr,
                momentum=config.momentum,
                gradient_threshold=config.gradient_threshold,
            )
        )
        tolerance = config.gradient_threshold / W.numel() ** 0.5
        found["lbfgs"].append(lbfgs(objectives[1], W.double(), max_iter=FAST_STEPS, tolerance=tolerance))
        context.progress(index + 1, STARTS)
    values = {name: [each.final.value for each in runs] for name, runs in found.items()}
    every = [value for each in values.values() for value in each]
    comparison = compare(
        "spread of ten objectives, relative to the least",
        UPPER,
        measured((max(every) - min(every)) / min(every)),
        AGREEMENT,
        reason="five starts by two optimizers; stated before",
    )
    return from_comparisons([comparison], parameters={**_plain(config), "objectives": values})


def second_order(context: Context) -> Evidence:
    """Gradient norm and smallest Hessian eigenvalue where perturbed gradient descent ends, on three problems."""
    compared: list[Comparison] = []
    ends: list[LeastEigenvalue] = []
    lower: list[float] = []
    problems = PAIRS[::2]
    for index, (loss, activation) in enumerate(problems):
        seed = derive_seed(context.seed, str(index))
        problem = make_problem(replace(SETTING, loss=loss, activation=activation, seed=seed))
        coarse, fine = problem.objective(), problem.in_float64().objective()
        found = train(problem, coarse)
        W = found.W.double()
        end = least_eigenvalue(fine, W, seed=seed, coarse=coarse, tolerance=1e-2)
        bound = Hessian(fine, W).lower_bound()
        where = {"problem": index + 1, "loss": loss, "activation": activation}
        gradient = float(torch.linalg.vector_norm(fine.grad(W)))
        compared += [
            _gradient("perturbed gradient descent", gradient, SETTING.gradient_threshold, where),
            compare(
                "smallest eigenvalue of all blocks, share of the largest Hessian eigenvalue",
                LOWER,
                measured(bound / end.largest),
                exact("-1/100"),
                reason="λ_min is at least this; λ_max at least the largest Ritz value",
                parameters=where,
            ),
            compare(
                "Ritz value less its residual, share of the largest Hessian eigenvalue",
                LOWER,
                measured((end.value - end.residual) / end.largest),
                exact("-1/100"),
                reason="an eigenvalue lies within the residual of the Ritz value",
                parameters=where,
            ),
            compare(
                "Ritz value against the blocks",
                LOWER,
                measured(end.value),
                measured(bound),
                reason="an upper bound on λ_min against a lower one",
                parameters=where,
            ),
        ]
        ends.append(end)
        lower.append(bound)
        context.progress(index + 1, len(problems))
    parameters = {
        **_plain(SETTING),
        "ritz_values": [each.value for each in ends],
        "residuals": [each.residual for each in ends],
        "largest": [each.largest for each in ends],
        "products": [each.products for each in ends],
        "blocks": lower,
    }
    return from_comparisons(compared, parameters=parameters)


def agreement_from_zero(context: Context) -> Evidence:
    """L-BFGS from W = 0, which adds no noise, against perturbed gradient descent from there, for f_Q."""
    config = replace(SADDLE, seed=context.seed)
    objective = make_problem(config).objective()
    zero = torch.zeros(config.m, config.d, dtype=config.torch_dtype)
    noisy = perturbed_gradient_descent(
        objective,
        zero,
        steps=config.steps,
        generator=generator(config.seed, "noise"),
        lr=config.lr,
        momentum=config.momentum,
        noise_radius=config.noise_radius,
        gradient_threshold=config.gradient_threshold,
    )
    pair = Pair(config, objective, noisy, lbfgs(objective, zero, max_iter=config.steps))
    return from_comparisons([_distance(pair, {"start": "W = 0"}, "both start at the saddle")])


def _both(config: Config, *, iterations: int = FAST_STEPS) -> Pair:
    problem = make_problem(config)
    objective = problem.objective()
    fast = replace(config, optimizer="lbfgs", dtype="float64", steps=iterations)
    exact_problem = replace(problem.in_float64(), config=fast)
    return Pair(config, objective, train(problem, objective), train(exact_problem, exact_problem.objective()))


def _held(pair: Pair, where: dict[str, Any]) -> list[Comparison]:
    limit = pair.config.gradient_threshold
    return [
        _distance(pair, where, "stated before; the minima of one problem differ by less"),
        _gradient("perturbed gradient descent", pair.descent.history[-1].grad_norm, limit, where),
        _gradient("L-BFGS", pair.newton.history[-1].grad_norm, limit, where),
        compare(
            "objective, share of its value at the start",
            UPPER,
            measured(pair.descent.final.value / pair.descent.history[0].value),
            exact("9/10"),
            reason="both optimizers have left the start",
            parameters=where,
        ),
    ]


def _distance(pair: Pair, where: dict[str, Any], reason: str, allowed: Quantity = AGREEMENT) -> Comparison:
    return compare(
        "distance of the two objectives, relative to the smaller",
        UPPER,
        measured(pair.distance),
        allowed,
        reason=reason,
        parameters=where,
    )


def _gradient(name: str, norm: float, limit: float, where: dict[str, Any]) -> Comparison:
    return compare(
        f"gradient norm at the end of {name}",
        UPPER,
        measured(norm),
        measured(1.01 * limit),
        reason="the threshold at which the descent may end; 1% covers single precision",
        parameters=where,
    )


def _start(config: Config, seed: int) -> torch.Tensor:
    shape = torch.Size((config.m, config.d))
    return ball(shape, config.start_radius, generator(seed, "start"), config.torch_dtype)


def _plain(config: Config) -> dict[str, Any]:
    return {
        name: value for name, value in config.to_dict().items() if name not in ("seed", "loss", "activation")
    }


def _parameters(config: Config, pairs: list[Pair]) -> dict[str, Any]:
    return {
        **_plain(config),
        "distances": [pair.distance for pair in pairs],
        "objectives": {
            "gd": [pair.descent.final.value for pair in pairs],
            "lbfgs": [pair.newton.final.value for pair in pairs],
        },
        "steps": {
            "gd": [pair.descent.steps for pair in pairs],
            "lbfgs": [pair.newton.steps for pair in pairs],
        },
        "status": {
            "gd": [pair.descent.status.name for pair in pairs],
            "lbfgs": [pair.newton.status.name for pair in pairs],
        },
    }


def _curves(pair: Pair) -> tuple[Series, ...]:
    """Objective and gradient norm over the steps, both optimizers."""
    runs = {"perturbed gradient descent": pair.descent, "L-BFGS": pair.newton}
    curves = []
    for name, found in runs.items():
        kept = found.history[:: max(1, len(found.history) // 200)]
        curves += [
            _curve(
                "optimizers-objective", name, kept, [each.value for each in kept], r"objective $L_\lambda$"
            ),
            _curve(
                "optimizers-gradient",
                name,
                kept,
                [each.grad_norm for each in kept],
                r"gradient norm $\|\nabla L_\lambda\|_F$",
            ),
        ]
    return tuple(curves)


def _curve(figure: str, label: str, kept: tuple[Record, ...], y: list[float], y_label: str) -> Series:
    x = tuple(float(each.step) for each in kept)
    return Series(figure, label, x, tuple(y), x_label="step or iteration", y_label=y_label, log="y")


CLAIMS = (
    Claim(
        id="optimization.agreement",
        title="Gradient descent and L-BFGS reach the same objective",
        statement=r"|L_\lambda(W_{\mathrm{GD}}) - L_\lambda(W_{\mathrm{BFGS}})| \le 10^{-2}\,\min L_\lambda, \quad "
        r"\|\nabla L_\lambda\|_F \le 10^{-3}",
        bound=UPPER,
        source=PAPER,
        assumptions=(
            r"$d = 20$, $n = m = 400$, $\lambda = (1, 1, 0.1, 0.1)$; heavy ball with learning rate 1, momentum "
            r"0.95 and noise, until $\|\nabla L_\lambda\|_F \le 10^{-3}$ and noise opens no way down (350 steps); "
            r"L-BFGS from the same start",
            r"weaker regularization leaves minima of different value: at $\lambda = (1, 1, 0.1, 0.01)$ the "
            r"objectives differ by up to 1%, at $(1, 1, 10^{-2}, 10^{-3})$, where $L_\lambda$ is a few percent of "
            "its start, by up to 3% (full profile: below 5%)",
        ),
        depends_on=("loss.objective",),
        checks=(
            Check(
                Kind.EXPERIMENT,
                agreement,
                scope=f"{SCOPE}; six problems: two losses, three activations",
                profile=Profile.STANDARD,
            ),
            Check(
                Kind.EXPERIMENT,
                weak_agreement,
                scope="λ = (1, 1, 0.1, 0.01) at n = m = 400 and (1, 1, 1e-2, 1e-3) at n = 200, m = 1000: within 5%",
                profile=Profile.FULL,
            ),
        ),
    ),
    Claim(
        id="optimization.starts",
        title="The objective reached does not depend on the start",
        statement=r"\max L_\lambda(W) - \min L_\lambda(W) \le 10^{-2} \min L_\lambda(W) "
        r"\text{ over five starts and both optimizers}",
        bound=UPPER,
        source=PAPER,
        assumptions=(r"as for the agreement of the optimizers; $W_0$ uniform in the unit ball",),
        depends_on=("optimization.agreement",),
        checks=(
            Check(
                Kind.EXPERIMENT,
                starts,
                scope=f"{SCOPE}, squared loss, sin + cos; one problem",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="optimization.second-order",
        title="Gradient descent ends at a stationary point of second order",
        statement=r"\|\nabla L_\lambda(W)\|_F \le 10^{-3}, \quad \lambda_{\min}(\nabla^2L_\lambda(W)) \ge "
        r"-10^{-2}\,\lambda_{\max}(\nabla^2L_\lambda(W))",
        bound=LOWER,
        source=PAPER,
        assumptions=(
            r"curvature below $-0.006$ would be seen: noise of radius 0.1 has about $10^{-3}$ along one direction, "
            r"which 50 steps at rate 1 and momentum 0.95 raise by $e^{1000|\lambda_{\min}|}$",
            "the lower bound on the least eigenvalue is that of the Hessian's blocks, the upper one the Ritz value",
        ),
        depends_on=("landscape.curvature", "optimization.agreement"),
        checks=(
            Check(
                Kind.EXPERIMENT,
                second_order,
                scope=f"{SCOPE}; three problems: two losses, three activations",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.optimizers-from-zero",
        title="Two optimizers claimed to agree from W = 0, one without noise",
        statement=r"|L_\lambda(W_{\mathrm{GD}}) - L_\lambda(W_{\mathrm{BFGS}})| \le 10^{-2}\,\min L_\lambda "
        r"\text{ from } W_0 = 0",
        bound=IDENTITY,
        source="control",
        control_of="optimization.agreement",
        fault="W = 0 is a saddle of the quadratic model, and L-BFGS adds no noise",
        checks=(Check(Kind.EXPERIMENT, agreement_from_zero, scope="f_Q at d = 10, n = m = 100, 300 steps"),),
    ),
)
