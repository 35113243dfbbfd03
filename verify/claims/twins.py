"""The torch side of a claim held against its symbolic twin.

The twin is evaluated in ball arithmetic, so its value is certain to far more digits than a float has; the
torch value enters as the exact dyadic numbers that it is. What is left is the rounding of the torch code,
which ``ROUNDING`` bounds: a sum of N terms rounds to about N·1.1e-16 of the sum of their sizes, and the sizes
drawn here have N below a few hundred.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from flint import arb
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from training.activation import activation
from training.network import Network, initialise
from training.sphere import generator, sample_sphere
from verify.bound import IDENTITY, Comparison, compare
from verify.quantity import ball, exact, measured

ACTIVATIONS = ("sincos", "tanh-shift", "erf-shift", "softplus-shift")
ROUNDING = 1e-12
REASON = "float64 rounding of sums of at most a few hundred terms, relative to the sum of the terms' sizes"


def agree(
    label: str,
    computed: Tensor,
    twin: list[arb],
    *,
    size: float | Tensor = 0.0,
    parameters: Mapping[str, Any] | None = None,
) -> Comparison:
    """Largest distance between a float64 tensor and its exact twin, relative to the size of the terms.

    Args:
        label: What is compared.
        computed: The torch result, any shape.
        twin: Its exact values in row-major order.
        size: Sum of the absolute terms before they cancel; the twin's own largest value where that is larger.
        parameters: The case.
    """
    flat = [arb(value) for value in computed.detach().to(torch.float64).flatten().tolist()]
    if len(flat) != len(twin):
        raise ValueError(f"{label}: {len(flat)} torch values against {len(twin)} exact ones")
    sizes = [float(torch.as_tensor(size).max()), *(abs(float(value)) for value in twin)]
    errors = [ours - value for ours, value in zip(flat, twin, strict=True)]
    if not all(each.is_finite() for each in errors) or not all(map(math.isfinite, sizes)):
        return compare(
            label,
            IDENTITY,
            measured(math.nan),
            exact(0),
            reason="a value is not finite",
            parameters=parameters,
        )
    scale = max(sizes)
    worst = max(errors, key=lambda each: abs(float(each)), default=arb(0))
    return compare(
        label,
        IDENTITY,
        ball(worst / scale if scale else worst),
        exact(0),
        resolution=ROUNDING,
        reason=REASON,
        parameters=parameters,
    )


def rows(tensor: Tensor) -> list[Any]:
    """A tensor as nested lists of floats, the form in which exact evaluation takes indexed symbols."""
    return list(tensor.detach().to(torch.float64).tolist())


def small_cases(activations: tuple[str, ...] = ACTIVATIONS) -> SearchStrategy[dict[str, Any]]:
    """Draws small sizes, an activation, a scale of the movement and a seed; arrays come from the seed."""
    return strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((2, 4, 6)),
            "d": strategies.integers(3, 5),
            "n": strategies.integers(1, 4),
            "activation": strategies.sampled_from(activations),
            "scale": strategies.sampled_from((1e-3, 0.1, 1.0, 4.0)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


def draw(case: dict[str, Any]) -> tuple[Network, Tensor, Tensor]:
    """Network, movement and inputs of a case; everything comes from its seed."""
    network = initialise(case["m"], case["d"], activation(case["activation"]), seed=case["seed"])
    source = generator(case["seed"], "case")
    W = case["scale"] * torch.randn(case["m"], case["d"], generator=source, dtype=torch.float64)
    X = sample_sphere(case["n"], case["d"], radius=case["d"] ** 0.5, generator=source)
    return network, W, X
