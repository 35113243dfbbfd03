"""Attacks on claims that state an inequality: the largest ratio of its sides that gradient ascent finds.

A `Target` says how to draw an input, which ratio to climb, and how to evaluate both sides at an input without the
formula that was climbed. The ascents start at the best of the random draws, so what they find beyond it is what
draws alone do not find. Both inputs, the best drawn one and the one found, are held against the bound by the rule
of any other comparison. A ratio near 1 shows that the bound is sharp, a small one how loose it is, as far as
ascent can tell.

Each attack comes with a control: the same with the bound lowered, by so little that draws do not notice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor

from training.attack import highest, maximise
from training.sphere import generator
from verify.bound import UPPER, Bound, Comparison, compare
from verify.claim import Check, Claim, Context, Profile
from verify.evidence import Evidence, Series, from_comparisons
from verify.quantity import Certainty, Quantity
from verify.verdict import Kind

DRAWS, RESTARTS = 100, 4
BY_DRAWS, BY_ASCENT = "best of random draws", "by gradient ascent"


@dataclass(frozen=True)
class Target:
    """An inequality `small(p) ≤ large(p)` over points p.

    Attributes:
        label: What is bounded.
        draw: A random point from a generator; everything that is free is in it.
        ratio: `small/large` at a point, differentiable by autograd: what is climbed.
        sides: Both sides at a point, by other code than the ratio where there is any.
        sizes: Sizes and settings, for the report.
        resolution: Relative slack of the comparison.
        reason: Why that much.
    """

    label: str
    draw: Callable[[torch.Generator], Tensor]
    ratio: Callable[[Tensor], Tensor]
    sides: Callable[[Tensor], tuple[Quantity, Quantity]]
    sizes: Mapping[str, Any] = field(default_factory=dict)
    resolution: float = 1e-12
    reason: str = "float64 rounding"


Targets = Callable[[int], tuple[Target, ...]]
"""Makes the targets of one claim from a seed: what is not attacked, such as labels, is drawn from it."""


def attack_check(
    targets: Targets, *, scope: str, steps: int = 100, profile: Profile = Profile.QUICK
) -> Check:
    """The attack as a check of a claim."""
    run = partial(attack, targets=targets, steps=steps)
    return Check(Kind.PROPERTY, run, scope=f"attacked: {scope}", name="attack", profile=profile)


def attack_control(
    targets: Targets,
    *,
    factor: float,
    scope: str,
    steps: int = 100,
    profile: Profile = Profile.QUICK,
    bound: Bound = UPPER,
    **about: str,
) -> Claim:
    """A control: the attack on the same inequality with its larger side times `factor` < 1.

    Args:
        targets: As for the check.
        factor: What the larger side is multiplied by.
        scope: What is attacked.
        steps: Most steps of one ascent.
        profile: The smallest profile in which it runs.
        bound: The kind of statement.
        **about: id, title, statement, control_of and fault of the control.
    """
    run = partial(attack, targets=targets, steps=steps, factor=factor)
    check = Check(Kind.PROPERTY, run, scope=f"attacked: {scope}", name="attack", profile=profile)
    return Claim(
        id=about["id"],
        title=about["title"],
        statement=about["statement"],
        bound=bound,
        source="control",
        control_of=about["control_of"],
        fault=about["fault"],
        checks=(check,),
    )


def attack(context: Context, *, targets: Targets, steps: int = 100, factor: float = 1.0) -> Evidence:
    """Both sides at the best of 100 random points, and at the best of four ascents from these."""
    comparisons: list[Comparison] = []
    curves: list[Series] = []
    largest: dict[str, float] = {}
    total = 0
    for target in targets(context.seed):
        source = generator(context.seed, f"attack on {target.label}")
        points = [target.draw(source) for _ in range(DRAWS)]
        starts = highest(target.ratio, points, RESTARTS)
        found = maximise(target.ratio, starts, steps=steps)
        total += found.steps
        comparisons += [
            _held(target, starts[0], factor, BY_DRAWS),
            _held(target, found.at, factor, BY_ASCENT, steps=len(found.history) - 1),
        ]
        largest[target.label] = comparisons[-1].parameters["ratio"]
        curves.append(
            Series(
                "attack",
                target.label,
                tuple(float(step) for step in range(len(found.history))),
                found.history,
                x_label="step of the best ascent",
                y_label="smaller side over larger side",
            )
        )
    ratios = ", ".join(f"{ratio:.4g} ({label})" for label, ratio in largest.items())
    return from_comparisons(
        comparisons,
        summary=f"largest ratio of the sides by gradient ascent: {ratios}",
        counts={"draws": DRAWS, "restarts": RESTARTS, "steps": total},
        parameters={"largest_ratio": largest},
        series=tuple(curves),
    )


def _held(target: Target, point: Tensor, factor: float, how: str, **more: int) -> Comparison:
    small, large = target.sides(point)
    where = {
        **target.sizes,
        **more,
        "ratio": small.value / large.value,
        "norm of the point": float(torch.linalg.vector_norm(point)),
    }
    return compare(
        f"{target.label}, {how}",
        UPPER,
        small,
        large if factor == 1.0 else _scaled(large, factor),
        resolution=target.resolution,
        reason=target.reason,
        parameters=where,
    )


def _scaled(quantity: Quantity, factor: float) -> Quantity:
    """A control's bound: its ends are scaled, and it is no longer called rigorous."""
    lower, upper = quantity.lower * factor, quantity.upper * factor
    value = min(max(quantity.value * factor, lower), upper)
    return Quantity(value, lower, upper, Certainty.FLOAT, f"{value:.6g}")
