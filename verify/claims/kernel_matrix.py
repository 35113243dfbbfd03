"""Claims on the kernel matrix of n inputs, d^k ≪ n ≪ d^{k+1}: low degrees, a multiple of I, and a rest Δ.

If the n×B matrix of the harmonics of degree k + 1 were Gaussian, Δ/γ would have the size of the edge of its
spectrum, drawn in the figure: a rate of d^{-1/4}, with corrections of the same order at the sizes at hand.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import scipy.sparse.linalg

from theory import eigenvalues
from theory.activation import builtin
from training.kernel import infinite_ntk
from training.sphere import gegenbauer, generator, harmonic_count, sample_sphere
from verify.bound import rate
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.powers import curve, line, power_law, rates
from verify.evidence import Evidence, from_comparisons
from verify.verdict import Kind

PAPER = "the decomposition of Ghorbani, Mei, Misiakiewicz, Montanari 2021"
SINCOS = r"$\sigma = \sin + \cos$"


def kernel_matrix(context: Context, *, k: int, lower: int = 0, replicates: int | None = None) -> Evidence:
    """‖Δ‖/γ along n = d^{k+1/2}: K minus its exact low-degree part and minus γ on the diagonal."""
    shorter, longer = (((16, 32, 64), (16, 32, 64, 128)), ((8, 12, 16), (8, 12, 16, 20, 24)))[k - 1]
    along = context.pick(shorter, full=longer)
    replicates = replicates or context.pick(32, full=16)
    table = np.empty((replicates, len(along)))
    for row in range(replicates):
        for column, d in enumerate(along):
            # Small samples are cheap and scatter more: a replicate takes the mean of several of them.
            samples = range(round((along[-1] / d) ** (1.5 * k)))
            ratios = [
                _residual(d, k, lower, derive_seed(context.seed, f"{row} {d} {sample}")) for sample in samples
            ]
            table[row, column] = np.mean(ratios)
        context.progress(row + 1, replicates)
    where = {"k": k, "n": [round(d ** (k + 0.5)) for d in along]}
    label = f"‖Δ‖/γ at k = {k}"
    law = power_law(label, along, table, "-1/4", band=0.125, alpha=context.alpha, parameters=where)
    x_label, y_label = "dimension $d$", r"$\|\Delta\|/\gamma_{>k}$"
    edge = line(
        "kernel-matrix",
        f"k = {k}, random-matrix edge",
        along,
        [_edge(d, k) for d in along],
        x_label=x_label,
        y_label=y_label,
    )
    series = (curve("kernel-matrix", f"k = {k}", along, table, x_label=x_label, y_label=y_label), edge)
    return from_comparisons([law], error_rates=rates(context, [law], 0.125), series=series)


def _tail(d: int, k: int) -> float:
    """γ_{>k} = Σ_{j>k} λ_j B(d,j), as the trace minus the terms up to k."""
    found = eigenvalues.spectrum(builtin("sincos"), d)
    low = sum(float(found.eigenvalues[j]) * harmonic_count(d, j) for j in range(k + 1))
    return float(found.trace) - low


def _residual(d: int, k: int, lower: int, seed: int) -> float:
    n = round(d ** (k + 0.5))
    X = sample_sphere(n, d, radius=d**0.5, generator=generator(seed, "data"))
    gamma, lambda_ = _tail(d, k - lower), eigenvalues.spectrum(builtin("sincos"), d).eigenvalues
    delta, u = infinite_ntk(X, X), X @ X.T / d
    for j in range(k - lower + 1):
        delta -= float(lambda_[j]) * harmonic_count(d, j) * gegenbauer(j, d, u)
    delta.diagonal().sub_(gamma)
    start = np.random.default_rng(seed % 2**32).standard_normal(n)
    # Lanczos gives the norm to the square of this: far below the spread between samples.
    value = scipy.sparse.linalg.eigsh(
        delta.numpy(), k=1, which="LM", v0=start, tol=1e-3, return_eigenvectors=False
    )
    return float(abs(value[0]) / gamma)


def _edge(d: int, k: int) -> float:
    """Size of the degree-(k+1) part of Δ/γ if its n×B matrix were Gaussian: `s (2√ρ + ρ)`, ρ = n/B(d,k+1)."""
    B = harmonic_count(d, k + 1)
    rho = round(d ** (k + 0.5)) / B
    return (
        float(eigenvalues.spectrum(builtin("sincos"), d).eigenvalues[k + 1])
        * B
        / _tail(d, k)
        * (2 * rho**0.5 + rho)
    )


def _kernel_claim(k: int, dimensions: str) -> Claim:
    return Claim(
        id=f"spectrum.kernel-matrix-{k}",
        title=f"The kernel matrix for d^{k} ≪ n ≪ d^{k + 1}",
        statement=rf"K = K_{{\le {k}}} + \gamma_{{>{k}}} I + \Delta, \quad \gamma_{{>k}} = \sum_{{j>k}} "
        rf"\lambda_j B(d,j), \quad \|\Delta\|/\gamma_{{>{k}}} = \Theta(d^{{-1/4}}) \text{{ at }} n = d^{{{k}+1/2}}",
        bound=rate("-1/4"),
        source=PAPER,
        assumptions=(SINCOS, "the NTK of infinite width"),
        depends_on=("spectrum.torch-eigenvalues",),
        checks=(
            Check(
                Kind.STATISTICAL,
                partial(kernel_matrix, k=k),
                scope=f"n = d^({k}+1/2), {dimensions}",
                profile=Profile.STANDARD,
            ),
        ),
    )


CLAIMS = (
    _kernel_claim(1, "d = 16…128"),
    _kernel_claim(2, "d = 8…24"),
    Claim(
        id="control.kernel-degree",
        title="Kernel matrix with the degree off by one",
        statement=r"K = K_{\le k-1} + \gamma_{>k-1} I + \Delta, \quad \|\Delta\|/\gamma_{>k-1} = \Theta(d^{-1/4})",
        bound=rate("-1/4"),
        source="control",
        control_of="spectrum.kernel-matrix-1",
        fault="k replaced by k - 1 at the same n",
        checks=(
            Check(
                Kind.STATISTICAL,
                partial(kernel_matrix, k=1, lower=1, replicates=8),
                scope="n = d^(3/2)",
                profile=Profile.STANDARD,
            ),
        ),
    ),
)
