"""Claims on the spectrum of Σ at finite width: eigenvalues by torch, their deviation, the n_k outliers.

The stated eigenvalues λ_j are balls from the symbolic room; the measured ones come from torch and ARPACK.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies

from theory import eigenvalues
from theory.activation import builtin
from training.activation import activation
from training.covariance import ExactCovariance
from training.moments import low_degree_moments
from training.network import initialise
from training.plane import kernel_eigenvalues
from training.spectrum import top_eigenpairs
from training.sphere import harmonic_count, low_degree_count
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare, rate
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.powers import curve, line, power_law, rates
from verify.claims.twins import ACTIVATIONS
from verify.evidence import Evidence, Series, from_comparisons
from verify.property import hold_property
from verify.quantity import ball, confidence, exact, measured
from verify.statistics import POWER, detected_shift, mean_interval
from verify.verdict import Kind

PAPER = "Nichani, Bai, Lee 2022"
SINCOS = r"$\sigma = \sin + \cos$"
DIMENSION, DEGREE = 4, 1
# Quadratures of analytic functions in float64: some hundred terms, relative to the trace κ(1) = Σ λ_j B(d,j).
QUADRATURE = 1e-12
RESTRICTED_WIDTHS = (256, 1024, 4096, 16384)


def torch_eigenvalues(context: Context, *, shift: int = 0) -> Evidence:
    """λ_j in torch by two routes, the kernel on the disc and the moments of a network, against balls."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        name, d = case["activation"], case["d"]
        sigma = activation(name)
        found = eigenvalues.spectrum(builtin(name), d)
        network = initialise(case["m"], d, sigma, seed=case["seed"])
        moments = low_degree_moments(network, case["k"])
        energies = moments.gram().diagonal().split([part.harmonics.count for part in moments.parts])
        by_kernel = kernel_eigenvalues(sigma, d, case["k"])
        compared = []
        for j, (restricted, value) in enumerate(zip(energies, by_kernel, strict=True)):
            stated = found.eigenvalues[j + shift]
            for route, ours in (("kernel", value), ("moments", float(restricted.mean()))):
                compared.append(
                    compare(
                        f"λ_{j} by the {route}",
                        IDENTITY,
                        measured(ours),
                        ball(stated),
                        resolution=QUADRATURE,
                        relative_to=float(found.trace),
                        reason="rounding of quadratures in float64, relative to the trace",
                        parameters=case,
                    )
                )
        return compared

    cases = strategies.fixed_dictionaries(
        {
            "activation": strategies.sampled_from(ACTIVATIONS),
            "d": strategies.integers(3, 12),
            "k": strategies.integers(0, 2),
            "m": strategies.sampled_from((2, 6)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )
    return hold_property(context, cases, test, examples=context.pick(25, 100))


def finite_width(
    context: Context, *, claimed: str = "-1/2", shift: int = 0, replicates: int | None = None
) -> Evidence:
    """Deviation of the eigenvalues of Σ from λ_j, and of the part of it that is first order in 1/√m."""
    widths, replicates = context.pick((64, 256, 1024), full=(128, 512, 2048)), replicates or 64
    lambda_ = [float(each) for each in _lambda(DIMENSION)]
    per_degree = [harmonic_count(DIMENSION, j) for j in range(DEGREE + 1)]
    diagonal = np.repeat(lambda_[shift : shift + DEGREE + 1], per_degree)
    stated = np.sort(diagonal)[::-1]
    spectra, restricted = np.empty((replicates, len(widths))), np.empty((replicates, len(RESTRICTED_WIDTHS)))
    for row in range(replicates):
        for column, width in enumerate(widths):
            network = initialise(width, DIMENSION, activation("sincos"), seed=_seed(context, row, width))
            top = top_eigenpairs(ExactCovariance(network), len(stated)).values.numpy()
            spectra[row, column] = np.abs(top / stated - 1).max()
        for column, width in enumerate(RESTRICTED_WIDTHS):
            network = initialise(width, DIMENSION, activation("sincos"), seed=_seed(context, row, -width))
            gram = low_degree_moments(network, DEGREE).gram().numpy()
            restricted[row, column] = np.linalg.norm(gram - np.diag(diagonal))
        context.progress(row + 1, replicates)
    where = {"d": DIMENSION, "k": DEGREE}
    alpha = context.alpha / 2
    comparisons = [
        power_law(
            "the largest relative deviation of n_k eigenvalues",
            widths,
            spectra,
            claimed,
            band=0.25,
            alpha=alpha,
            parameters=where,
        ),
        power_law(
            "the NTK on degree ≤ k minus its limit",
            RESTRICTED_WIDTHS,
            restricted,
            claimed,
            band=0.125,
            alpha=alpha,
            parameters=where,
        ),
    ]
    labels = {"x_label": "width $m$", "y_label": r"deviation from $\lambda_j$"}
    series = (
        curve("width-deviation", "eigenvalues of Σ, largest relative", widths, spectra, **labels),
        curve("width-deviation", "NTK on degree ≤ k, norm", RESTRICTED_WIDTHS, restricted, **labels),
    )
    return from_comparisons(comparisons, error_rates=rates(context, comparisons, 0.25), series=series)


def outliers(context: Context, *, extra: int = 0, networks: int | None = None) -> Evidence:
    """Eigenvalues of Σ above the midpoint of λ_k and λ_{k+1}, in independent networks, k = 1 and 2."""
    width, networks = context.pick(1024, full=2048), networks or 20
    lambda_ = [float(each) for each in _lambda(DIMENSION)]
    # A count is wrong where one of the draws strays: 2 edges, k = 1 and 2, and every network have their share.
    alpha = context.alpha / (4 * networks)
    comparisons: list[Comparison] = []
    for k in (1, 2):
        n_k = low_degree_count(DIMENSION, k)
        middle = (lambda_[k] + lambda_[k + 1]) / 2
        where = {"d": DIMENSION, "k": k, "m": width, "networks": networks}
        top = np.empty((networks, n_k + 2))
        for row in range(networks):
            network = initialise(width, DIMENSION, activation("sincos"), seed=_seed(context, row, k))
            top[row] = top_eigenpairs(ExactCovariance(network), n_k + 2).values.numpy()
        counts = (top > middle).sum(axis=1)
        for word, count in (("fewest", counts.min()), ("most", counts.max())):
            label = f"k = {k}: eigenvalues above the midpoint, {word}"
            comparisons.append(
                compare(label, IDENTITY, exact(int(count)), exact(n_k + extra), parameters=where)
            )
        for index, relation in ((n_k - 1, LOWER), (n_k, UPPER)):
            label = f"k = {k}: eigenvalue {index + 1} of one more network against the midpoint"
            values = top[:, index]
            mean = mean_interval(values, alpha=alpha)
            # A new draw strays from the mean of N by √(N+1) times the half-width of the mean's interval.
            spread = (mean.upper - mean.value) * (networks + 1) ** 0.5
            drawn = confidence(mean.value, spread, level=1 - alpha)
            comparisons.append(compare(label, relation, drawn, measured(middle), parameters=where))
    return from_comparisons(
        comparisons,
        error_rates={
            "alpha": context.alpha,
            "power": POWER,
            "smallest_fault": max(1.0, detected_shift(comparisons)),  # a count off by one
        },
        series=_staircase(context),
    )


def _lambda(d: int) -> tuple[Any, ...]:
    return eigenvalues.spectrum(builtin("sincos"), d).eigenvalues


def _staircase(context: Context) -> tuple[Series, ...]:
    """Top eigenvalues of Σ of one network, with the certified λ_j as lines over the indices of degree j."""
    d, width = 6, context.pick(1024, full=4096)
    x_label, y_label = "index", "eigenvalue of Σ"
    count = low_degree_count(d, 2) + 12
    network = initialise(width, d, activation("sincos"), seed=_seed(context, 0, 0))
    top = top_eigenpairs(ExactCovariance(network), count).values.tolist()
    series = [
        line(
            "ntk-spectrum",
            f"network, m = {width}",
            range(1, count + 1),
            top,
            x_label=x_label,
            y_label=y_label,
        )
    ]
    first = 1
    for j, value in enumerate(_lambda(d)[:4]):
        last = min(first + harmonic_count(d, j) - 1, count)
        height = ball(value)
        low, high = ([end] * 2 for end in (height.lower, height.upper))
        ends, y = (first, last), [height.value] * 2
        series.append(
            line(
                "ntk-spectrum",
                f"λ_{j}, certified",
                ends,
                y,
                low=low,
                high=high,
                x_label=x_label,
                y_label=y_label,
            )
        )
        first = last + 1
    return tuple(series)


def _seed(context: Context, *parts: int) -> int:
    return derive_seed(context.seed, *(str(part) for part in parts))


CLAIMS = (
    Claim(
        id="spectrum.torch-eigenvalues",
        title="Eigenvalues of the NTK in torch",
        statement=r"\lambda_j = \mathbb{E}\,\kappa(u) P_j(u) = \frac{1}{B(d,j)} \sum_b "
        r"\left\|\mathbb{E}\,\sigma'(w\cdot x)\,x\,H_{jb}(x)\right\|^2 \text{ for every unit } w",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"$H_{jb}$ orthonormal harmonics of degree $j$",),
        depends_on=("spectrum.eigenvalue-formula", "spectrum.enclosures"),
        checks=(
            Check(
                Kind.PROPERTY, torch_eigenvalues, scope="built-in activations, d ≤ 12, j ≤ 2, against balls"
            ),
        ),
    ),
    Claim(
        id="spectrum.finite-width",
        title="Eigenvalues of Σ at width m",
        statement=r"\lambda_i(\Sigma) = \lambda_j\,(1 + O(m^{-1/2})) \text{ for the } n_k \text{ outliers}",
        bound=rate("-1/2"),
        source=PAPER,
        assumptions=(SINCOS, r"$w_{0,r}$ independent and uniform"),
        depends_on=("spectrum.torch-eigenvalues", "directions.covariance"),
        checks=(
            Check(
                Kind.STATISTICAL,
                finite_width,
                scope=f"d = {DIMENSION}, k = {DEGREE}, m = 64…2048",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="spectrum.outliers",
        title="n_k outliers and a gap",
        statement=r"\#\{i : \lambda_i(\Sigma) > \tfrac12(\lambda_k + \lambda_{k+1})\} = n_k",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(SINCOS, "a wide network"),
        depends_on=("spectrum.finite-width", "sphere.counting"),
        checks=(
            Check(
                Kind.STATISTICAL,
                outliers,
                scope=f"d = {DIMENSION}, k = 1 and 2, m ≥ 1024",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.torch-index",
        title="Eigenvalues with the index shifted by one",
        statement=r"\mathbb{E}\,\kappa(u) P_j(u) = \lambda_{j+1}",
        bound=IDENTITY,
        source="control",
        control_of="spectrum.torch-eigenvalues",
        fault="j replaced by j + 1",
        checks=(Check(Kind.PROPERTY, partial(torch_eigenvalues, shift=1), scope="d ≤ 12, j ≤ 2"),),
    ),
    Claim(
        id="control.finite-index",
        title="Spectrum of Σ against λ_{j+1}",
        statement=r"\lambda_i(\Sigma) = \lambda_{j+1}\,(1 + O(m^{-1/2}))",
        bound=rate("-1/2"),
        source="control",
        control_of="spectrum.finite-width",
        fault="index of λ shifted by one",
        checks=(
            Check(
                Kind.STATISTICAL,
                partial(finite_width, shift=1, replicates=12),
                scope=f"d = {DIMENSION}, k = {DEGREE}",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.finite-rate",
        title="Deviation at rate 1/m",
        statement=r"\lambda_i(\Sigma) = \lambda_j\,(1 + O(m^{-1}))",
        bound=rate("-1"),
        source="control",
        control_of="spectrum.finite-width",
        fault="exponent -1 for -1/2",
        checks=(
            Check(
                Kind.STATISTICAL,
                partial(finite_width, claimed="-1", replicates=24),
                scope=f"d = {DIMENSION}, k = {DEGREE}",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.outlier-count",
        title="One outlier too many",
        statement=r"\#\{i : \lambda_i(\Sigma) > \tfrac12(\lambda_k + \lambda_{k+1})\} = n_k + 1",
        bound=IDENTITY,
        source="control",
        control_of="spectrum.outliers",
        fault="n_k off by one",
        checks=(
            Check(
                Kind.STATISTICAL,
                partial(outliers, extra=1, networks=4),
                scope=f"d = {DIMENSION}, k = 1 and 2",
                profile=Profile.STANDARD,
            ),
        ),
    ),
)
