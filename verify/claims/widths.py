"""Numbers measured on independent networks of growing width, with their exact P_≤ and Σ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies

from training.activation import activation
from training.covariance import Covariance, ExactCovariance
from training.network import Network, initialise
from training.spectrum import exact_directions
from training.subspace import Subspace
from verify.claim import Context, derive_seed
from verify.claims.powers import Array
from verify.claims.twins import ACTIVATIONS

STANDARD, FULL = (32, 128, 512), (64, 256, 1024)

Measure = Callable[[Network, Subspace, Covariance, int], list[float]]
Table = tuple[tuple[int, ...], list[Array]]


def over_widths(context: Context, measure: Measure, count: int, *, d: int, networks: int) -> Table:
    """`count` numbers per independent network with its P_≤ and Σ, as arrays (networks, widths)."""
    widths = context.pick(STANDARD, full=FULL)
    table = np.empty((count, networks, len(widths)))
    for row in range(networks):
        for column, width in enumerate(widths):
            seed = derive_seed(context.seed, f"{row} {width}")
            network = initialise(width, d, activation("sincos"), seed=seed)
            covariance = ExactCovariance(network)
            good = exact_directions(network, 1, covariance=covariance)
            table[:, row, column] = measure(network, good, covariance, seed)
        context.progress(row + 1, networks)
    return widths, list(table)


def activation_cases() -> strategies.SearchStrategy[dict[str, Any]]:
    """Draws a small network of any built-in activation, and a scale and seed for its movement."""
    return strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((8, 16)),
            "d": strategies.integers(3, 5),
            "k": strategies.just(1),
            "activation": strategies.sampled_from(ACTIVATIONS),
            "scale": strategies.sampled_from((1e-3, 1.0, 30.0)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )
