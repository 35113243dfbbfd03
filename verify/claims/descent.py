"""Claims on step sizes: a bound on the Hessian over a sublevel set, and the descent inequality at every step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from hypothesis import strategies
from torch import Tensor

from theory import activation as exact_activation
from theory import descent as exact_descent
from training.activation import activation, builtin_names
from training.config import Config
from training.curvature import least_eigenvalue
from training.objective import MODELS, Objective
from training.optimize import Minimization, State, ball, perturbed_gradient_descent
from training.problem import make_problem
from training.smoothness import smoothness, suprema
from training.sphere import generator
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.attacks import attack_check, attack_control
from verify.claims.attacks_objective import descent, quartic_curvature
from verify.claims.indexed import prover, spot_check
from verify.claims.landscape_cases import (
    SMALL,
    dense_hessian,
    dense_parts,
    draw_landscape,
    landscape_cases,
)
from verify.evidence import Evidence, Series, from_comparisons
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import ball as enclosed
from verify.quantity import exact, measured
from verify.verdict import Kind

SOURCE = "Nesterov, Lectures on Convex Optimization (2018); the constant: this project"
ROUNDING = 1e-12
SETTING = Config(k=1, d=20, n=200, m=400, steps=300, momentum=0.0, dtype="float64", step_rule="smooth")
PAIRS = (("squared", "sincos"), ("logcosh", "tanh-shift"), ("squared", "softplus-shift"))
SCOPE = (
    "the full network at k = 1, d = 20, n = 200, m = 400, λ = (1, 1, 1e-3, 1e-4), 300 steps; three problems"
)


def derived_forms(context: Context) -> Evidence:
    """The quadratic forms that the bound is read off, from SymPy's Hessians, and Cauchy-Schwarz as squares."""
    pairs = [
        Identity(f"∇²L[V,V], {which}", *exact_descent.hessian_form(which=which))
        for which in ("second-order", "full")
    ]
    pairs += [
        Identity("∇²R_4[V,V]", *exact_descent.quartic_form()),
        Identity("Σ b² Σ c² - (Σ bc)²", *exact_descent.cauchy_schwarz()),
    ]
    return prove(pairs, seed=context.seed, prover=prover(exact_descent.RULES), spot_check=spot_check())


def derived_self_bounding(context: Context) -> Evidence:
    """ℓ'² ≤ 2 sup ℓ'' ℓ for both losses."""
    squared, logcosh = exact_descent.self_bounding()
    pairs = [
        Identity("2·2ℓ and ℓ'², squared", *squared),
        Identity("(2ℓ - ℓ'²)', log cosh", *logcosh),
    ]
    return prove(pairs, seed=context.seed)


def derived_inequality(context: Context) -> Evidence:
    """The room of one step as the rise of an increasing function, and the room of the rate by telescoping."""
    rise, gained = exact_descent.room_of_a_step()
    telescoped, mean = exact_descent.rate()
    pairs = [
        Identity("h', for the room of a step", *rise),
        Identity("h(1) - h(0), the room of a step", *gained),
        Identity("R_{N+1} - R_N, for the room of the rate", *telescoped),
        Identity("R_N and the room of the rate", *mean),
    ]
    return prove(pairs, seed=context.seed)


def torch_parts(context: Context) -> Evidence:
    """Each part of β against the norm of its own dense matrix, and β against the whole, where L_λ(W) is the level.

    A part that is too small would hide behind the others in the sum.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, _ = draw_landscape(case)
        found = smoothness(objective, level=objective.value(W))
        norms = {name: _norm(matrix) for name, matrix in dense_parts(objective, W).items()}
        assert norms.keys() == found.parts.keys()
        norms["whole Hessian"] = whole = _norm(dense_hessian(objective, W))
        bounds = {**found.parts, "whole Hessian": found.total}
        whole_of_parts = measured(float(sum(found.parts.values())))
        return [
            compare(
                "β, the sum of its parts",
                IDENTITY,
                measured(found.total),
                whole_of_parts,
                resolution=ROUNDING,
                relative_to=found.total,
                reason="float64 rounding",
                parameters=case,
            ),
            compare(
                "step times β",
                IDENTITY,
                measured(found.step * found.total),
                exact(1),
                resolution=ROUNDING,
                reason="float64 rounding",
                parameters=case,
            ),
        ] + [
            compare(
                f"norm of the Hessian's part, {name}",
                UPPER,
                measured(norm),
                measured(bounds[name] + ROUNDING * (bounds[name] + whole)),
                reason="1e-12 of the part and of the whole Hessian covers rounding; R1 and R3 are attained",
                parameters=case,
            )
            for name, norm in norms.items()
        ]

    cases = landscape_cases(models=MODELS)
    return hold_property(context, cases, test, examples=context.pick(25, 300))


def quartic_attained(context: Context, *, constant: int = 56) -> Evidence:
    """One moving neuron: the curvature of λ4 R4 along its own movement is the whole part of β, not less."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, _ = draw_landscape(case)
        alone = torch.zeros_like(W)
        alone[case["seed"] % len(W)] = W[0]
        weight, term = objective.regularizers["R4"]
        along = weight * float((alone * term.hvp(alone, alone)).sum() / alone.square().sum())
        part = smoothness(objective, level=weight * float(term.value(alone))).parts["R4"] * constant / 56
        return [
            compare(
                "curvature of λ4 R4 along one moving neuron, share of its part",
                relation,
                measured(along / part),
                exact(1),
                resolution=ROUNDING,
                reason="float64 rounding of positive terms",
                parameters=case,
            )
            for relation in (UPPER, LOWER)
        ]

    return hold_property(context, landscape_cases(models=("full",)), test, examples=context.pick(10, 50))


def torch_suprema(context: Context) -> Evidence:
    """M_1 and M_2 of every built-in activation in the training code against the certified suprema."""

    def test(name: str) -> list[Comparison]:
        certified = [exact_activation.builtin(name).suprema(order) for order in (1, 2)]
        return [
            compare(
                f"M_{order}",
                IDENTITY,
                measured(own),
                enclosed(one),
                resolution=1e-7,
                relative_to=own,
                reason="the width of the certified enclosures, 1e-8 relative",
                parameters={"activation": name},
            )
            for order, own, one in zip((1, 2), suprema(activation(name)), certified, strict=True)
        ]

    cases = strategies.sampled_from(builtin_names())
    return hold_property(context, cases, test, examples=context.pick(12, 30))


def descent_small(context: Context) -> Evidence:
    """Twenty steps at 1/β from random movements of small objectives."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        objective, W, _ = draw_landscape(case)
        beta = smoothness(objective, level=objective.value(W)).total
        found, noisy = _descend(objective, W, lr=1 / beta, steps=20, seed=case["seed"])
        return _each_step(found, noisy, beta=beta, lr=1 / beta, where=case)

    cases = landscape_cases(models=MODELS)
    return hold_property(context, cases, test, examples=context.pick(10, 100))


def descent_trained(context: Context) -> Evidence:
    """Three hundred steps at 1/β on three problems: the inequality at each, and the rate that follows."""
    compared: list[Comparison] = []
    curves: list[Series] = []
    constants = []
    for index, (loss, name) in enumerate(PAIRS):
        config = replace(SETTING, loss=loss, activation=name, seed=derive_seed(context.seed, str(index)))
        objective, W = _problem(config)
        level = objective.value(W)
        found = smoothness(objective, level=level)
        where = {"problem": index + 1, "loss": loss, "activation": name}
        run, noisy = _descend(objective, W, lr=found.step, steps=config.steps, seed=config.seed)
        compared += _each_step(run, noisy, beta=found.total, lr=found.step, where=where)
        compared += _rate(run, beta=found.total, where=where)
        curves += _curves(run, beta=found.total, label=f"{loss}, {name}")
        local = least_eigenvalue(objective, W, seed=config.seed, tolerance=0.1).largest
        constants.append({**found.parts, "total": found.total, "largest_eigenvalue_at_the_start": local})
        context.progress(index + 1, len(PAIRS))
    plain = {
        key: value for key, value in SETTING.to_dict().items() if key not in ("seed", "loss", "activation")
    }
    return from_comparisons(compared, series=tuple(curves), parameters={**plain, "constants": constants})


def descent_too_long(context: Context) -> Evidence:
    """The inequality with a third of the largest eigenvalue at the start in the place of β."""
    objective, W = _problem(replace(SETTING, d=10, n=100, m=100, seed=context.seed))
    beta = least_eigenvalue(objective, W, seed=context.seed, tolerance=0.1).largest / 3
    found, noisy = _descend(objective, W, lr=1 / beta, steps=30, seed=context.seed)
    return from_comparisons(_each_step(found, noisy, beta=beta, lr=1 / beta, where={"beta": beta}))


def _norm(matrix: Tensor) -> float:
    return float(torch.linalg.matrix_norm(matrix, ord=2))


def _problem(config: Config) -> tuple[Objective, Tensor]:
    W = ball(
        torch.Size((config.m, config.d)),
        config.start_radius,
        generator(config.seed, "start"),
        config.torch_dtype,
    )
    return make_problem(config).objective(), W


def _descend(
    objective: Objective, W: Tensor, *, lr: float, steps: int, seed: int
) -> tuple[Minimization, set[int]]:
    """Gradient descent without momentum, and the steps before which noise was added."""
    noisy: set[int] = set()

    def note(state: State) -> None:
        noisy.add(state.noise_step)

    found = perturbed_gradient_descent(
        objective,
        W,
        steps=steps,
        generator=generator(seed, "noise"),
        lr=lr,
        momentum=0.0,
        callback=note,
    )
    return found, noisy


def _each_step(
    found: Minimization, noisy: set[int], *, beta: float, lr: float, where: dict[str, Any]
) -> list[Comparison]:
    """The descent inequality at every step without noise; of all steps the one with the least room."""
    worst: Comparison | None = None
    for before, after in zip(found.history, found.history[1:], strict=False):
        if before.step in noisy:
            continue
        allowed = before.value - lr * (1 - lr * beta / 2) * before.grad_norm**2
        each = compare(
            "L_λ(W - lr ∇L_λ(W)) less L_λ(W) - lr (1 - lr β/2)‖∇L_λ(W)‖², relative to L_λ(W)",
            UPPER,
            measured((after.value - allowed) / before.value),
            measured(ROUNDING),
            reason="float64 rounding of the objective",
            parameters={**where, "step": before.step, "steps": found.steps},
        )
        # A descent that has diverged ends in an error before this; what fails first is kept.
        if worst is None or each.margin < worst.margin:
            worst = each
    return [] if worst is None else [worst]


def _rate(found: Minimization, *, beta: float, where: dict[str, Any]) -> list[Comparison]:
    """min_t ‖∇L_λ(W_t)‖² ≤ 2β (L_λ(W_0) - L_λ(W_N))/N at N = 10, 100 and the end."""
    history, compared = found.history, []
    for N in sorted({min(count, len(history) - 1) for count in (10, 100, len(history) - 1)}):
        least = min(each.grad_norm for each in history[:N]) ** 2
        allowed = 2 * beta * (history[0].value - history[N].value) / N
        compared.append(
            compare(
                "least ‖∇L_λ‖² of N steps",
                UPPER,
                measured(least),
                measured(allowed),
                resolution=1e-9,
                reason="float64 rounding of the objective's decrease",
                parameters={**where, "N": N},
            )
        )
    return compared


def _curves(found: Minimization, *, beta: float, label: str) -> list[Series]:
    history = found.history[:: max(1, len(found.history) // 100)]
    x = tuple(float(each.step) for each in history[1:])
    least: list[float] = []
    for each in found.history[:-1]:
        least.append(min(each.grad_norm, least[-1] if least else math.inf))
    first = found.history[0].value
    lines: dict[str, Callable[[int], float]] = {
        "least gradient norm": lambda step: least[step - 1],
        "bound": lambda step: math.sqrt(2 * beta * (first - found.history[step].value) / step),
    }
    return [
        Series(
            "descent-rate",
            f"{name}; {label}",
            x,
            tuple(line(each.step) for each in history[1:]),
            x_label="step $N$",
            y_label=r"$\min_{t<N}\|\nabla L_\lambda(W_t)\|_F$",
            log="xy",
        )
        for name, line in lines.items()
    ]


CLAIMS = (
    Claim(
        id="optimization.smoothness",
        title="A computed bound on the Hessian of the objective",
        statement=r"\|\nabla^2L_\lambda(W)\| \le b\,s^2\kappa "
        r"+ \tfrac{M_2}{\sqrt m}\min\big(\max_i|\ell'|\,\kappa, "
        r"\mathrm{rms}(\ell')\,\max_i\|x_i\|\sqrt\kappa\big) + \tfrac{2\lambda_1}{n}\|P_>\Phi^\top\Phi P_>\| "
        r"+ 2\lambda_2M_1^2 + 2\lambda_3 + 56\,\lambda_4^{1/4}L_0^{3/4} \text{ where } L_\lambda(W) \le L_0",
        bound=UPPER,
        source=SOURCE,
        assumptions=(
            r"$\kappa = \|X^\top X/n\|$, $M_j = \sup|\sigma^{(j)}|$, $b = \sup\ell''$, $\ell'^2 \le 2b\,\ell$",
            r"$s = M_1$ for the full network; $M_1 + M_2t$ for the second-order model and $M_2t$ for $f_Q$, "
            r"$t = \max_i\|x_i\|\,(L_0/\lambda_4)^{1/8}m^{-1/4}$",
            r"$\Sigma$ of other inputs than the sphere's: $2\lambda_2M_1^2\|\mathbb{E}xx^\top\|$",
        ),
        depends_on=("loss.hessian", "regularizer.hessian-r4", "activation.suprema"),
        checks=(
            Check(
                Kind.SYMBOLIC,
                derived_forms,
                scope="the quadratic forms and Cauchy-Schwarz, every m, n, d, ℓ, σ",
            ),
            Check(
                Kind.SYMBOLIC,
                derived_self_bounding,
                scope="ℓ'² ≤ 2bℓ for the squared loss and for log cosh",
            ),
            Check(
                Kind.PROPERTY,
                torch_parts,
                scope=f"each part and the whole against dense matrices, four models; {SMALL}",
            ),
            Check(
                Kind.PROPERTY,
                quartic_attained,
                scope=f"the part of R_4 at one moving neuron, where 56 is attained; {SMALL}",
            ),
            Check(
                Kind.PROPERTY,
                torch_suprema,
                scope="M_1, M_2 of the seven built-in activations",
                profile=Profile.STANDARD,
            ),
            attack_check(
                quartic_curvature, scope="the part of R_4, W and the direction of the curvature, m = 8, d = 4"
            ),
        ),
    ),
    Claim(
        id="optimization.descent",
        title="The descent inequality at every step, and its rate",
        statement=r"L_\lambda(W - \eta\nabla L_\lambda(W)) \le "
        r"L_\lambda(W) - \eta\big(1 - \tfrac{\eta\beta}{2}\big)"
        r"\|\nabla L_\lambda(W)\|_F^2, \quad \min_{t<N}\|\nabla L_\lambda(W_t)\|_F^2 \le "
        r"\tfrac{2\beta}{N}\big(L_\lambda(W_0) - L_\lambda(W_N)\big)",
        bound=UPPER,
        source=SOURCE,
        assumptions=(
            r"$\beta$ the bound on the Hessian over $\{L_\lambda \le L_\lambda(W_0)\}$, $\eta < 2/\beta$ "
            r"(the rate: $\eta = 1/\beta$), no momentum, steps without noise",
            r"$\beta$ is more than ten times the largest eigenvalue met, so this step is sure and slow: gradient "
            "descent with momentum and learning rate 1 is what the experiments use",
        ),
        depends_on=("optimization.smoothness",),
        checks=(
            Check(
                Kind.SYMBOLIC,
                derived_inequality,
                scope="the identities of one step and of the rate, for every function and N; that a step stays "
                "in the sublevel set is argued in words",
            ),
            Check(Kind.PROPERTY, descent_small, scope=f"20 steps, four models; {SMALL}"),
            Check(Kind.EXPERIMENT, descent_trained, scope=SCOPE, profile=Profile.STANDARD),
            attack_check(descent, scope="one step from W, the full network at m = 4, d = n = 3, λ4 alone"),
        ),
    ),
    attack_control(
        quartic_curvature,
        factor=0.9,
        scope="the part of R_4 at m = 8, d = 4",
        id="control.attack-quartic",
        control_of="optimization.smoothness",
        title="The part of R_4 smaller by a tenth",
        statement=r"\lambda_4\|\nabla^2R_4(W)\| \le \tfrac{252}{5}\,\lambda_4^{1/4}L_0^{3/4} "
        r"\text{ where } \lambda_4R_4(W) \le L_0",
        fault="50.4 for 56: a random W spreads over the neurons, and the curvature over directions",
    ),
    attack_control(
        descent,
        factor=0.75,
        scope="one step from W, m = 4, d = n = 3",
        id="control.attack-descent",
        control_of="optimization.descent",
        title="Four thirds of the promised descent",
        statement=r"L_\lambda(W - \eta\nabla L_\lambda(W)) \le L_\lambda(W) - "
        r"\tfrac43\,\eta\big(1 - \tfrac{\eta\beta}{2}\big)\|\nabla L_\lambda(W)\|_F^2",
        fault="a fall larger by a third: W drawn at random falls so far, one long neuron does not",
    ),
    Claim(
        id="control.smoothness-quartic",
        title="The part of R_4 a fourth of what it is",
        statement=r"\lambda_4\|\nabla^2R_4(W)\| \le 14\,\lambda_4^{1/4}L_0^{3/4} "
        r"\text{ where } \lambda_4R_4(W) \le L_0",
        bound=UPPER,
        source="control",
        control_of="optimization.smoothness",
        fault="14 for 56: one moving neuron has four times this curvature along itself",
        checks=(
            Check(
                Kind.PROPERTY,
                partial(quartic_attained, constant=14),
                scope=f"one moving neuron; {SMALL}",
            ),
        ),
    ),
    Claim(
        id="control.descent-step",
        title="Descent claimed at three times the longest step",
        statement=r"L_\lambda(W - \eta\nabla L_\lambda(W)) \le L_\lambda(W) - \tfrac{\eta}{2}"
        r"\|\nabla L_\lambda(W)\|_F^2 \text{ at } \eta = 3/\lambda_{\max}(\nabla^2L_\lambda(W_0))",
        bound=UPPER,
        source="control",
        control_of="optimization.descent",
        fault="a third of the curvature in the place of its bound: steps overshoot along the steepest direction",
        checks=(
            Check(
                Kind.EXPERIMENT, descent_too_long, scope="the full network at d = 10, n = m = 100, 30 steps"
            ),
        ),
    ),
)
