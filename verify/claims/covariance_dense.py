"""Numbers of covariances and good directions that dense matrices give at once, where these are small enough."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from hypothesis import strategies

from training.activation import activation
from training.covariance import ExactCovariance, SampledCovariance
from training.directions import good_directions
from training.network import initialise
from training.plane import PairCovariance
from training.spectrum import exact_directions
from training.sphere import generator, low_degree_count, sample_sphere
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Context
from verify.evidence import Evidence
from verify.property import hold_property
from verify.quantity import measured


def dense_numbers(context: Context) -> Evidence:
    """Signed energies, error bars and eigenvalues up to the one after the n_k-th, from NumPy's dense matrices."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        m, d, k = case["m"], 3, case["k"]
        network = initialise(m, d, activation("sincos"), seed=case["seed"])
        source = generator(case["seed"], "dense")
        X = sample_sphere(40, d, radius=math.sqrt(d), generator=source)
        W = torch.randn(m, d, generator=source, dtype=torch.float64)
        sampled = SampledCovariance(network, X)
        features = network.features(X).numpy()
        values = features @ W.numpy().reshape(-1)
        n_k = low_degree_count(d, k)
        pairs: dict[str, tuple[float, float]] = {
            "standard error of ⟨W, ΣW⟩": (
                float(sampled.quadratic_error(W)),
                float((values**2).std(ddof=1) / math.sqrt(40)),
            )
        }
        for covariance in (ExactCovariance(network), PairCovariance(network), sampled):
            name = type(covariance).__name__
            blocks = covariance.dense().numpy().reshape(m, d, m, d)
            energy = sum(W[r].numpy() @ blocks[r, :, r] @ W[r].numpy() for r in range(m))
            pairs[f"Σ_r w_rᵀΣ_rr w_r, {name}"] = float(covariance.quadratic_signed(W)), float(energy)
        for name, found, matrix in (
            ("exact", exact_directions(network, k), ExactCovariance(network).dense().numpy()),
            ("dual", good_directions(network, X, k), features.T @ features / len(X)),
        ):
            falling = np.linalg.eigvalsh(matrix)[::-1]
            pairs[f"λ_1, {name}"] = float(found.eigenvalues[0]), float(falling[0])
            pairs[f"λ_(n_k), {name}"] = float(found.eigenvalues[-1]), float(falling[n_k - 1])
            pairs[f"λ_(n_k + 1), {name}"] = found.next_eigenvalue, float(falling[n_k])
        return [
            compare(
                label,
                IDENTITY,
                measured(ours),
                measured(twin),
                resolution=1e-9,
                relative_to=1.0,
                reason="the residuals at which Lanczos stops, and rounding; the numbers are of order 1",
                parameters=case,
            )
            for label, (ours, twin) in pairs.items()
        ]

    cases = strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((10, 24)),
            "k": strategies.integers(0, 1),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )
    return hold_property(context, cases, test, examples=context.pick(6, 60))
