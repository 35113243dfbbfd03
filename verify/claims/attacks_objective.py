"""Targets of attacks on bounds of the objective: its curvature, descent, duality, and complexities.

What is climbed is written for autograd; both sides are then evaluated by the training code's own bounds, which
return plain numbers, or in ball arithmetic.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from flint import arb
from torch import Tensor

from theory import loss as exact_loss
from theory.arithmetic import compile_arb, working_precision
from theory.dual_bound import Enclosure
from training.activation import activation
from training.attack import on_sphere, with_gradient
from training.certificate import certifiable_s
from training.complexity import LinearClass, QuadraticClass, all_signs
from training.dual import INSIDE, Dual, DualPoint
from training.loss import Loss, loss
from training.moments import moment_directions
from training.network import Network, initialise
from training.objective import Objective
from training.optimize import lbfgs
from training.regularizer import GroupNorm
from training.smoothness import smoothness, suprema
from training.sphere import generator, sample_sphere
from verify.claims.attacks import Target
from verify.claims.certified import exact_data, exact_point
from verify.claims.dual_cases import problem
from verify.quantity import Quantity, ball, measured

PREC = 128
LAMBDA4 = 0.05
EDGE = 1 - 1e-12  # atanh is finite up to here
WEIGHTS = (0.1, 0.1, 0.1, 1.0)


def quartic_curvature(seed: int) -> tuple[Target, ...]:
    """The curvature of λ4 R4 at W along V against 56 λ4 T^{3/2}, T = Σ‖w_r‖⁴: its part of β."""
    m, d = 8, 4
    objective = _objective(seed, m=m, d=d, n=4)

    def ratio(point: Tensor) -> Tensor:
        W, V = point
        squares, inner = W.square().sum(dim=1), (W * V).sum(dim=1)
        T = squares.square().sum()
        bend = 8 * T * (squares * V.square().sum(dim=1) + 2 * inner.square()).sum()
        curvature: Tensor = (bend + 32 * (squares * inner).sum().square()) / V.square().sum()
        return curvature / (56 * T**1.5)

    def sides(point: Tensor) -> tuple[Quantity, Quantity]:
        W, V = point
        term = GroupNorm()
        along = LAMBDA4 * float((V * term.hvp(W, V)).sum() / V.square().sum())
        return measured(along), measured(
            smoothness(objective, level=LAMBDA4 * float(term.value(W))).parts["R4"]
        )

    sizes = {"m": m, "d": d, "λ4": LAMBDA4}
    return (Target("curvature of λ4 R4", partial(_normal, (2, m, d)), ratio, sides, sizes),)


def descent(seed: int) -> tuple[Target, ...]:
    """The promised fall η(1 - ηβ/2)‖∇L_λ‖² of a step η = 1/β against the fall itself, over W."""
    m, d, n = 4, 3, 3
    objective = _objective(seed, m=m, d=d, n=n)
    network, X = objective.network, objective.sample.X
    M1, M2 = suprema(network.activation)
    kappa = float(torch.linalg.matrix_norm(X.T @ X / n, ord=2))
    rounding = (
        1e-13  # of the objective: a fall that is not far above the rounding of both values is no evidence
    )

    def value(W: Tensor) -> Tensor:
        penalty = LAMBDA4 * W.square().sum(dim=1).square().sum().square()
        return objective.loss.value(objective.y, network.f(W, X)).mean() + penalty

    def beta(level: Tensor) -> Tensor:
        rms = (4 * level).sqrt()  # squared loss: sup ℓ'' = 2
        bends = M2 / math.sqrt(m) * torch.minimum(rms * math.sqrt(n) * kappa, rms * math.sqrt(d * kappa))
        return 2 * M1**2 * kappa + bends + 56 * LAMBDA4**0.25 * level**0.75

    def ratio(W: Tensor) -> Tensor:
        W = W if W.requires_grad else W.clone().requires_grad_()
        start = value(W)
        (grad,) = torch.autograd.grad(start, W, create_graph=True)
        step = 1 / beta(start)
        promised: Tensor = step / 2 * grad.square().sum() - rounding * start
        return promised / (start - value(W - step * grad))

    def sides(W: Tensor) -> tuple[Quantity, Quantity]:
        start, grad = objective.value_and_grad(W)
        constant = smoothness(objective, level=start).total
        lr = 1 / constant
        promised = lr * (1 - lr * constant / 2) * float(grad.square().sum()) - rounding * start
        return measured(promised), measured(start - objective.value(W - lr * grad))

    sizes = {"m": m, "d": d, "n": n, "λ4": LAMBDA4, "loss": "squared"}
    reason = "1e-13 of the objective was taken off the promised fall"
    draw = partial(_normal, (m, d), scale=0.3)
    return (Target("fall of one step", draw, ratio, sides, sizes, reason=reason),)


def fenchel_young(seed: int) -> tuple[Target, ...]:
    """Σ ν(z - y) against Σ ℓ(y,z) + ℓ*(ν) - νy over twenty samples: both sides less νy."""
    n = 20
    y = torch.randn(n, generator=generator(seed, "labels"), dtype=torch.float64)

    def parts(point: Tensor, name: str) -> tuple[Tensor, Tensor]:
        return point[0], point[1].tanh() if name == "logcosh" else point[1]

    def ratio(point: Tensor, *, ell: Loss) -> Tensor:
        z, nu = parts(point, ell.name)
        if ell.name == "squared":
            conjugate = nu.square() / 4
        else:
            conjugate = ((1 + nu) * torch.log1p(nu) + (1 - nu) * torch.log1p(-nu)) / 2
        quotient: Tensor = (nu * (z - y)).sum() / (ell.value(y, z) + conjugate).sum()
        return quotient

    def sides(point: Tensor, *, name: str) -> tuple[Quantity, Quantity]:
        given = exact_loss.loss(name)
        ell = compile_arb(given.expr, [exact_loss.y, exact_loss.z], prec=PREC)
        star = compile_arb(given.conjugate, [exact_loss.nu, exact_loss.y], prec=PREC)
        small, large = arb(0), arb(0)
        with working_precision(PREC):
            for label, z, nu in zip(
                *(map(arb, part.tolist()) for part in (y, *parts(point, name))), strict=True
            ):
                small += nu * (z - label)
                large += ell(label, z) + star(nu, label) - nu * label
        return ball(small), ball(large)

    return tuple(
        Target(
            f"Σ ν(z - y), {name}",
            partial(_normal, (2, n)),
            partial(ratio, ell=loss(name)),
            partial(sides, name=name),
            {"n": n, "loss": name},
            reason="128 bits; covers the radius where both sides are equal",
        )
        for name in ("squared", "logcosh")
    )


def weak_duality(seed: int) -> tuple[Target, ...]:
    """The dual bound D(p) against L_λ(W) at one trained W, over p: the two do not share a variable."""
    return tuple(_duality_target(seed, name) for name in ("squared", "logcosh"))


def linear_lower(seed: int) -> tuple[Target, ...]:
    """U/√2 against the complexity of the linear class, over two inputs: equal where both have one feature."""
    m, d, n = 6, 4, 2
    network = initialise(m, d, activation("erf-shift"), seed=seed)
    directions = moment_directions(network, 1)
    basis, signs = directions.basis(), all_signs(n)

    def ratio(point: Tensor) -> Tensor:
        low = directions.features_low(on_sphere(point, math.sqrt(d)))
        # The smallest of the norms is 0 at the maximum, where a norm has no gradient: 1e-20 under the root.
        norms = ((signs @ low).square().sum(dim=1) + 1e-20).sqrt()
        quotient: Tensor = (low.square().sum() / 2).sqrt() / norms.mean()
        return quotient

    def sides(point: Tensor) -> tuple[Quantity, Quantity]:
        X = on_sphere(point, math.sqrt(d))
        low = network.features(X) @ basis
        complexity = float(torch.linalg.vector_norm(signs @ low, dim=1).mean()) / n
        return measured(LinearClass(directions, X).lower()), measured(complexity)

    sizes = {"m": m, "d": d, "n": n, "activation": "erf-shift"}
    reason = "float64 rounding of the projections"
    draw = partial(_normal, (n, d))
    return (Target("U/√2, linear class", draw, ratio, sides, sizes, resolution=1e-10, reason=reason),)


def quadratic_bounds(seed: int) -> tuple[Target, ...]:
    """The complexity of the quadratic class against its upper bound, and its lower bound against it."""
    m, d, n = 4, 3, 4
    signs = all_signs(n)
    a = torch.tensor([1.0, 1.0, -1.0, -1.0], dtype=torch.float64)

    def parts(point: Tensor) -> QuadraticClass:
        half, X = on_sphere(point[: m // 2]), on_sphere(point[m // 2 :], math.sqrt(d))
        network = Network(torch.cat((half, half)), a, activation("sincos"), paired=True)
        return QuadraticClass(network, X)

    def upper(found: QuadraticClass) -> Tensor:
        weights = found.network.sigma(2, found.X).square().T * d / n**2
        tops = torch.linalg.eigvalsh((found.X.T * weights[:, None]) @ found.X)[:, -1]
        return 0.5 * (2 * (1 + math.log(d)) * tops.sum() / m).sqrt()

    def lower(found: QuadraticClass) -> Tensor:
        bends = found.network.sigma(2, found.X)[:, : m // 2]
        return (bends.square().sum() * d / (m * n**2)).sqrt() / (2 * math.sqrt(2))

    def mean_supremum(found: QuadraticClass) -> Tensor:
        weights = signs[:, None] * found.network.sigma(2, found.X)[:, : m // 2].T / n
        ends = torch.linalg.eigvalsh(torch.einsum("sri,ij,ik->srjk", weights, found.X, found.X))
        # Of a pair's A_r and -A_r each counts its largest eigenvalue, if that is positive.
        tops = torch.stack((ends[..., -1], -ends[..., 0])).clamp(min=0)
        return (tops.square().sum(dim=(0, 2)) / m).sqrt().mean() / 2

    def ratio(point: Tensor, *, above: bool) -> Tensor:
        found = parts(point)
        complexity = mean_supremum(found)
        return complexity / upper(found) if above else lower(found) / complexity

    def sides(point: Tensor, *, above: bool) -> tuple[Quantity, Quantity]:
        found = parts(point)
        complexity = float(found.supremum(signs).mean())
        values = (complexity, found.upper()) if above else (found.lower(), complexity)
        return measured(values[0]), measured(values[1])

    sizes = {"m": m, "d": d, "n": n, "activation": "sincos"}
    labels = {True: "complexity and upper bound", False: "lower bound and complexity"}
    draw = partial(_normal, (m // 2 + n, d))
    return tuple(
        Target(
            f"{labels[above]}, quadratic class",
            draw,
            partial(ratio, above=above),
            partial(sides, above=above),
            sizes,
            resolution=1e-10,
            reason="float64 rounding of eigenvalues",
        )
        for above in (True, False)
    )


def _duality_target(seed: int, name: str) -> Target:
    case: dict[str, Any] = {
        "m": 8, "d": 3, "n": 4, "loss": name, "activation": "sincos", "paired": True, "covariance": "sampled",
        "lambda": WEIGHTS, "steps": 0, "seed": seed % 2**32,
    }  # fmt: skip
    dual, W = _with_large_labels(*problem(case))
    exact_side = Enclosure(exact_data(dual.objective))
    low, tangent = dual.objective.value(W), dual.tangent_at(W)
    inside, edge = INSIDE / dual.n, name == "logcosh"
    cuts = [len(tangent.nu), len(tangent.rho), len(tangent.gamma), tangent.zeta.numel(), 1]

    def feasible(point: Tensor) -> Tensor:
        """The dual point as one vector: t > 0, and |nν| < 1 for log cosh, by how it is written."""
        nu, *rest, log_t = torch.split(point, cuts)
        return torch.cat((inside * torch.tanh(nu / inside) if edge else nu, *rest, log_t.exp()))

    def at(vector: Tensor) -> DualPoint:
        nu, rho, gamma, zeta, t = torch.split(vector.detach(), cuts)
        return DualPoint(nu, rho, gamma, zeta.reshape(tangent.zeta.shape), float(t))

    def draw(source: torch.Generator) -> Tensor:
        nu = inside * torch.atanh((tangent.nu / inside).clamp(-EDGE, EDGE)) if edge else tangent.nu
        log_t = torch.tensor([math.log(tangent.t)], dtype=torch.float64)
        touched = torch.cat((nu, tangent.rho, tangent.gamma, tangent.zeta.reshape(-1), log_t))
        return touched + _normal((sum(cuts),), source, scale=0.3)

    def ratio(point: Tensor) -> Tensor:
        vector = feasible(point)
        if not (
            at(vector).finite() and float(vector[-1].detach()) > 0
        ):  # the exponential ran out of the floats
            return math.nan * vector.sum()
        found = dual.evaluate(at(vector))
        slope = found.grad
        t = torch.tensor([slope.t], dtype=torch.float64)
        grad = torch.cat((slope.nu, slope.rho, slope.gamma, slope.zeta.reshape(-1), t))
        return with_gradient(vector, found.value, grad) / low

    def sides(point: Tensor) -> tuple[Quantity, Quantity]:
        where = at(feasible(point))
        bound = exact_side.dual(exact_point(where, certifiable_s(dual.evaluate(where), dual, where)))
        return ball(bound), ball(exact_side.primal(W.numpy()).second_order)

    sizes = {key: case[key] for key in ("m", "d", "n", "loss", "activation", "lambda")}
    return Target(f"dual bound, {name}", draw, ratio, sides, sizes, resolution=0.0, reason="")


def _with_large_labels(dual: Dual, W: Tensor) -> tuple[Dual, Tensor]:
    """The problem with labels of size 5 and a W trained on it: there the best bound is close to the objective."""
    at = dual.objective
    objective = Objective(
        at.network,
        at.sample.X,
        5 * at.y,
        at.loss,
        lambda_=WEIGHTS,
        directions=at.directions,
        covariance=at.covariance,
        model="second-order",
    )
    return Dual(objective), lbfgs(objective, W, max_iter=300).W


def _objective(seed: int, *, m: int, d: int, n: int) -> Objective:
    """The full network with the squared loss and λ4 alone, on random inputs and labels."""
    source = generator(seed, "attacked objective")
    network = initialise(m, d, activation("sincos"), seed=seed)
    X = sample_sphere(n, d, radius=math.sqrt(d), generator=source)
    y = _normal((n,), source)
    return Objective(network, X, y, loss("squared"), lambda_=(0.0, 0.0, 0.0, LAMBDA4), model="full")


def _normal(shape: tuple[int, ...], source: torch.Generator, *, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(shape, generator=source, dtype=torch.float64)
