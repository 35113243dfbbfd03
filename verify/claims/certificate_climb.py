"""Claims on the way to a certificate, on small problems: the relaxed objective, the ascent, and what is reported.

The relaxed objective is written again from its definition, as a mean over fair signs, and differentiated by
autograd. The ascent is held against every value that it met, and against the relaxed objective above all bounds. A
certificate is what it says only if objective, bound and coupling error are those of its own W and dual point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.optimize
import torch
from torch import Tensor

from training import certificate
from training.dual import Dual, DualPoint, DualValue
from training.dual_ascent import dual_ascent
from training.dual_relaxed import Relaxed, spread_start
from training.objective import Objective
from training.optimize import lbfgs
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context, derive_seed
from verify.claims.dual_cases import STRENGTHS, cases, point_near, problem
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.verdict import Kind

FEW_SCOPE = "m = 6, d = 3, n = 4, both losses, sin + cos in pairs, tanh(z + 1/2) without"
SMALL = "m ≤ 8, d ≤ 5, n ≤ 6, both losses, four activations, paired or not"
ROUNDING: dict[str, Any] = {"resolution": 1e-11, "reason": "float64 rounding, relative to the sizes"}
STEPS, DESCENT = 15, 60
# Few problems, since an ascent takes a second: both losses, paired or not, closed and sampled covariance.
FEW: tuple[dict[str, Any], ...] = (
    {"loss": "squared", "activation": "sincos", "paired": True, "covariance": "closed where it can be"},
    {"loss": "logcosh", "activation": "tanh-shift", "paired": False, "covariance": "sampled"},
)
# Ends of the intervals that stand for a rigorous enclosure: any will do, and unequal ones are told apart.
WIDTHS = {"primal": (1e-3, 2e-3), "bound": (4e-3, 8e-3)}


def relaxed_by_autograd(context: Context) -> Evidence:
    """Value and gradient of the relaxed objective with a penalty, and the point where the dual touches it."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        dual, W = problem(case)
        Z, penalty = spread_start(W, seed=case["seed"]) * 0.7, 0.3
        free = Z.clone().requires_grad_()
        twin = _relaxed(dual, free) + penalty * free[1].square().sum()
        (slope,) = torch.autograd.grad(twin, free)
        found, point = Relaxed(dual, penalty=penalty).evaluate(Z), Relaxed(dual).tangent_at(Z)
        S = float((Z[0].square() + Z[1].square()).sum(dim=1).square().sum())
        nu = dual.loss.first(dual.y, _mean_values(dual, Z)) / dual.n
        shared: dict[str, Any] = {"parameters": case, **ROUNDING}
        gaps = {
            "relaxed objective": (found.value - float(twin.detach()), abs(found.value)),
            "its gradient": (float((found.grad - slope).abs().max()), float(slope.abs().max())),
            "t of its tangent": (point.t - S, S),
            "ν of its tangent": (float((point.nu - nu).abs().max()), float(nu.abs().max())),
        }
        return [
            compare(
                label,
                IDENTITY,
                measured(gap),
                exact(0),
                relative_to=max(size, 1e-6) + float(W.norm()),
                **shared,
            )
            for label, (gap, size) in gaps.items()
        ]

    return hold_property(context, cases(), test, examples=context.pick(12, 100))


def climbed(context: Context) -> Evidence:
    """The ascent from a point beside the tangent: the best value that it met, far on its way."""
    compared: list[Comparison] = []
    for case in _few(context, distance=0.1):
        dual, W = problem(case)
        watched = _Watched(dual.objective)
        start = point_near(dual, W, case)
        first = dual.evaluate(start).value
        with _given_to_scipy() as given:
            point, value = dual_ascent(watched, start, steps=STEPS)
        slope, difference = _slopes(*given[0], seed=case["seed"])
        fading = _Watched(dual.objective, fades=6)
        best = dual_ascent(fading, start, steps=STEPS)[1].value
        relaxed = Relaxed(dual)
        top = lbfgs(relaxed, spread_start(W, seed=case["seed"]), max_iter=DESCENT).final.value
        size = abs(top) + abs(first)
        compared += [
            compare(
                "value returned, less the best one met",
                IDENTITY,
                measured(value.value - max(watched.met)),
                exact(0),
                parameters=case,
            ),
            compare(
                "value returned, less the best one met, where the values fade",
                IDENTITY,
                measured(best - max(fading.met)),
                exact(0),
                parameters=case,
            ),
            compare(
                "slope along a direction, as the optimizer is told, against a difference",
                IDENTITY,
                measured(slope),
                measured(difference),
                resolution=1e-4,
                relative_to=abs(difference) + 1e-3 * size,
                reason="central differences of step 1e-5",
                parameters=case,
            ),
            compare(
                "value returned, less that at the point returned",
                IDENTITY,
                measured(value.value - dual.evaluate(point).value),
                exact(0),
                parameters=case,
            ),
            compare(
                "value returned against the relaxed objective",
                UPPER,
                measured(value.value),
                measured(top + 1e-10 * size),
                reason="1e-10 of the sizes covers rounding",
                parameters=case,
            ),
        ]
        if top - first > 1e-3 * size:
            compared.append(
                compare(
                    "rise, as a share of the way to the relaxed objective",
                    LOWER,
                    measured((value.value - first) / (top - first)),
                    exact("1/2"),
                    reason="stated beforehand: what is left may be the part that no bound of this kind reaches",
                    parameters=case,
                )
            )
    return from_comparisons(compared)


def reported(context: Context, *, model: str = "second-order") -> Evidence:
    """Objective, bound, coupling error, gap and s of a certificate, each computed anew from its W and its point.

    Args:
        context: Gives the seed.
        model: Whose objective the reported one is claimed to be: another one than `second-order` is a fault.
    """
    compared: list[Comparison] = []
    for case in _few(context, distance=0.0):
        dual, W = problem(case)
        given = _of_model(dual.objective, "full")
        found = certificate.certify(given, W, relaxed_steps=12, ascent_steps=4, enclose=_enclose)
        on, loss = dual.objective.sample, dual.loss
        rest = sum(
            weight * float(each.value(found.W)) for weight, each in dual.objective.regularizers.values()
        )
        values = {"full": on.f(found.W), "second-order": on.f_L(found.W) + on.f_Q(found.W)}
        stated = {name: rest + float(loss.value(dual.y, f).mean()) for name, f in values.items()}
        gap = values["full"] - values["second-order"]
        bound = dual.evaluate(found.point).value
        bounds = [each.bound for each in found.history]
        c = 2 * found.point.t * dual.lambda_[3]
        curved = dual.quadratic_part(found.point)
        curved = torch.cat((curved, -curved)) if dual.network.paired else curved
        least = torch.linalg.eigvalsh(curved)[:, 0] + 4 * c * found.s
        ends = (found.primal + WIDTHS["primal"][1]) - (bound - WIDTHS["bound"][0])
        pairs = {
            "objective": (found.primal, stated[model]),
            "objective of the network": (found.full, stated["full"]),
            "bound": (found.bound, bound),
            "coupling error": (found.coupling, float(gap.abs().max())),
            "gap from the outer ends": (found.absolute_gap, ends),
            "relative gap": (found.relative_gap, ends / (found.primal - WIDTHS["primal"][0])),
            "bound, the best of the way up": (found.bound, max(bounds)),
            "bound at the start": (found.start_bound, dual.evaluate(dual.tangent_at(W)).value),
        }
        compared += [
            compare(
                label,
                IDENTITY,
                measured(ours),
                measured(twin),
                relative_to=abs(twin) + abs(found.primal),
                parameters=case,
                **ROUNDING,
            )
            for label, (ours, twin) in pairs.items()
        ]
        compared.append(
            compare(
                "times that the best bound falls on the way up",
                IDENTITY,
                exact(sum(after < before for before, after in pairwise(bounds))),
                exact(0),
                parameters=case,
            )
        )
        compared.append(
            compare(
                "smallest eigenvalue of C + 4cs I at the reported s",
                LOWER,
                measured(float(least.min())),
                exact(0),
                strict=True,
                parameters=case,
            )
        )
    return from_comparisons(compared)


def _few(context: Context, *, distance: float) -> Iterator[dict[str, Any]]:
    """The few problems, each with its own seed; more of them in the larger profiles."""
    for index in range(len(FEW) * context.pick(1, 4)):
        sizes = {"m": 6, "d": 3, "n": 4, "lambda": STRENGTHS[index % len(STRENGTHS)], "steps": 20}
        seed = derive_seed(context.seed, str(index)) % 2**32
        yield {**sizes, **FEW[index % len(FEW)], "distance": distance, "seed": seed}


class _Watched(Dual):
    """A dual function that remembers its values; after some evaluations they may fade, as if by rounding."""

    def __init__(self, objective: Objective, *, fades: int | None = None) -> None:
        super().__init__(objective)
        self.met: list[float] = []
        self._fades = fades

    def evaluate(self, point: DualPoint) -> DualValue:
        """The value, remembered."""
        found = super().evaluate(point)
        if self._fades is not None and len(self.met) >= self._fades:
            found = replace(found, value=found.value - 1.0)
        self.met.append(found.value)
        return found


@contextmanager
def _given_to_scipy() -> Iterator[list[tuple[Any, Any]]]:
    """Note the function and the start of every minimization by SciPy, which goes on as usual."""
    given: list[tuple[Any, Any]] = []
    minimize = scipy.optimize.minimize

    def noted(fun: Any, x0: Any, **options: Any) -> Any:
        given.append((fun, np.array(x0)))
        return minimize(fun, x0, **options)

    scipy.optimize.minimize = noted
    try:
        yield given
    finally:
        scipy.optimize.minimize = minimize


def _slopes(fun: Any, x: Any, *, seed: int) -> tuple[float, float]:
    """The slope of a function along a random direction: by the gradient that it gives, and by a difference."""
    direction, h = np.random.default_rng(seed).standard_normal(len(x)), 1e-5
    ahead, behind = fun(x + h * direction)[0], fun(x - h * direction)[0]
    return float(fun(x)[1] @ direction), float((ahead - behind) / (2 * h))


def _mean_values(dual: Dual, Z: Tensor) -> Tensor:
    """The mean of f_L + f_Q over w_r = u_r ± e_r, from the definition of the two, `(n,)`."""
    network, X = dual.network, dual.X
    signs = network.a / math.sqrt(network.m)
    first, second = network.sigma(1, X), network.sigma(2, X)
    u, e = X @ Z[0].T, X @ Z[1].T
    mean: Tensor = (first * u + 0.5 * second * ((u + e).square() + (u - e).square()) / 2) @ signs
    return mean


def _relaxed(dual: Dual, Z: Tensor) -> Tensor:
    """`(1/n) Σ ℓ + λ1R1(u) + λ2R2(u) + λ3R3(u) + λ4 (Σ_r (‖u_r‖² + ‖e_r‖²)²)²`, term by term."""
    objective = dual.objective
    total = objective.loss.value(objective.y, _mean_values(dual, Z)).mean()
    for name, (weight, each) in objective.regularizers.items():
        if name != "R4":
            total = total + weight * each.value(Z[0])
    lengths = Z[0].square().sum(dim=1) + Z[1].square().sum(dim=1)
    return total + objective.lambda_[3] * lengths.square().sum().square()


def _of_model(objective: Objective, model: str) -> Objective:
    return Objective(
        objective.network,
        objective.sample.X,
        objective.y,
        objective.loss,
        lambda_=objective.lambda_,
        directions=objective.directions,
        covariance=objective.covariance,
        model=model,
    )


def _enclose(objective: Objective, W: Tensor, point: DualPoint, s: Tensor) -> certificate.Enclosures:
    """Intervals with known ends around the numbers themselves."""
    primal, bound = objective.value(W), Dual(objective).evaluate(point).value
    below, above = WIDTHS["primal"]
    under, over = WIDTHS["bound"]
    return certificate.Enclosures(
        primal=(primal - below, primal + above),
        bound=(bound - under, bound + over),
        full=(0.0, 0.0),
        coupling=(0.0, 0.0),
    )


CLAIMS = (
    Claim(
        id="certificate.reported",
        title="A certificate reports the numbers of its own W and dual point",
        statement=r"\text{objective} = L_\lambda(W) \text{ of } f_L + f_Q, \quad "
        r"\text{bound} = D(p) = \max_t D(p_t), \quad \text{coupling} = \max_i|f - f_L - f_Q|, \quad "
        r"\text{gap} = \overline{L_\lambda(W)} - \underline{D(p)}, \quad C_r + 4cs_r I \succ 0",
        bound=IDENTITY,
        source="this project",
        assumptions=(r"$\overline{\,\cdot\,}$, $\underline{\,\cdot\,}$ the ends of the enclosures",),
        depends_on=("certificate.weak-duality",),
        checks=(Check(Kind.EXPERIMENT, reported, scope=FEW_SCOPE),),
    ),
    Claim(
        id="control.certificate-of-network",
        title="The objective of the network taken for that of its second-order model",
        statement=r"\text{objective} = L_\lambda(W) \text{ of the full network}",
        bound=IDENTITY,
        source="control",
        control_of="certificate.reported",
        fault="the bound is about f_L + f_Q, and the network has another objective",
        checks=(Check(Kind.EXPERIMENT, partial(reported, model="full"), scope=FEW_SCOPE),),
    ),
)
