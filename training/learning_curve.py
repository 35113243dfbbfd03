"""The closed-form estimate of the risk of kernel ridge regression, and measured risks to hold it against.

For a kernel with eigenvalues λ_i and ridge δ, n points of noiseless labels with coefficients v_i, let κ solve
`Σ_i λ_i/(λ_i+κ) + δ/κ = n`. Then the mean risk is about `E_0 Σ_i (κ/(λ_i+κ))² v_i²` with
`E_0 = n / (n - Σ_i (λ_i/(λ_i+κ))²)` (Bordelon, Canatar, Pehlevan 2020; Simon, Dickens, Karkada, DeWeese 2021). On
the sphere λ_l has multiplicity B(d,l), and degrees far beyond κ act as a further ridge, the rest of the trace.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import scipy.optimize
import torch

from theory.errors import InputError
from training.activation import Activation, activation
from training.cells import Arguments, Cell, CellFunction, Result
from training.kernel import infinite_ntk, kernel_risk, ridge_solutions
from training.parts import part_of
from training.plane import infinite_kernel, kernel_eigenvalues
from training.problem import make_problem
from training.separation import setting
from training.sphere import harmonic_count
from training.target import Target

# Degrees above `_TOP`, or with more harmonics than this, enter through the trace: their eigenvalues are far below
# κ, and rounding of 1e-16 of the trace would count once for each harmonic.
_TOP = 12
_MOST_HARMONICS = 10**8


@dataclass(frozen=True)
class Estimate:
    """The estimate for one kernel, ridge and n.

    Args:
        kappa: The effective ridge κ.
        inflation: The factor E_0.
        unlearned: `(κ/(λ_l+κ))²` for each degree l = 0…
        risk: The estimated mean risk.
    """

    kappa: float
    inflation: float
    unlearned: tuple[float, ...]
    risk: float


def estimate(
    sigma: Activation, d: int, n: int, energies: Mapping[int, float], *, ridge: float, shift: int = 0
) -> Estimate:
    """The estimated risk of kernel ridge regression with the NTK of infinite width.

    Args:
        sigma: The activation σ.
        d: Dimension, 3 or more.
        n: Training points, 1 or more.
        energies: Second moment of the target's part of each degree.
        ridge: Ridge in units of the kernel's diagonal, positive.
        shift: Falsifies the multiplicities by taking B(d, l - shift), for a control.

    Raises:
        InputError: If n or the ridge is out of range, or a degree of the target has no computed eigenvalue.
    """
    values, trace = _spectrum(sigma, d)
    if n < 1 or not ridge > 0 or any(not 0 <= l < len(values) for l in energies):
        raise InputError(
            given=f"n={n}, ridge={ridge}, degrees {sorted(energies)}",
            allowed=f"n of 1 or more, a positive ridge, degrees 0…{len(values) - 1}",
            do="correct it",
        )
    counts = [harmonic_count(d, max(0, l - shift)) for l in range(len(values))]
    pairs = list(zip(values, counts, strict=True))
    delta = ridge * trace + trace - math.fsum(value * harmonic_count(d, l) for l, value in enumerate(values))

    def excess(log_kappa: float) -> float:
        kappa = math.exp(log_kappa)
        return math.fsum(count * value / (value + kappa) for value, count in pairs) + delta / kappa - n

    # Σ λ/(λ+κ) + δ/κ lies between δ/κ and (trace + δ)/κ.
    low, high = math.log(delta / n), math.log((sum(v * c for v, c in pairs) + delta) / n)
    kappa = math.exp(scipy.optimize.brentq(excess, low - 1e-9, high + 1e-9, xtol=1e-13))
    inflation = n / (n - math.fsum(count * (value / (value + kappa)) ** 2 for value, count in pairs))
    unlearned = tuple((kappa / (value + kappa)) ** 2 for value in values)
    risk = inflation * math.fsum(unlearned[l] * energy for l, energy in energies.items())
    return Estimate(kappa, inflation, unlearned, risk)


def energies_of(target: Target) -> dict[int, float]:
    """The second moment of the target's part of each degree that it has."""
    return {ridge.degree: ridge.energy() for ridge in (*target.dense, target.sparse)}


def ridge_cell(sigma: str, d: int, n: int, seed: int, *, ridge: float, part: str = "both") -> Cell:
    """The cell that measures the exact risk of kernel ridge regression at infinite width on one problem (k = 1)."""
    arguments = {"activation": sigma, "d": d, "n": n, "seed": seed, "ridge": ridge, "part": part}
    return Cell("ridge-curve", arguments, f"kernel ridge d={d} n={n} seed={seed}")


@lru_cache(maxsize=64)
def _spectrum(sigma: Activation, d: int) -> tuple[tuple[float, ...], float]:
    """λ_0, λ_1, … up to the largest degree that is computed, and the trace κ(1)."""
    one = torch.ones(1, dtype=torch.float64)
    top = max(l for l in range(2, _TOP + 1) if l == 2 or harmonic_count(d, l) <= _MOST_HARMONICS)
    return kernel_eigenvalues(sigma, d, top), float(infinite_kernel(sigma, d, one)[0])


def _run(arguments: Arguments) -> Result:
    sigma = activation(arguments["activation"])
    n = arguments["n"]
    problem = make_problem(setting(1, arguments["d"], seed=arguments["seed"], n=n, m=2))
    target = part_of(problem.target, arguments["part"])
    K = infinite_ntk(problem.X, problem.X, sigma)
    solution = ridge_solutions(K, target(problem.X), (arguments["ridge"],))
    return {"risk": float(kernel_risk(sigma, problem.X, solution, target)[0])}


def _memory(arguments: Arguments) -> int:
    return 8 * 5 * int(arguments["n"]) ** 2


def _cost(arguments: Arguments) -> float:
    n = float(arguments["n"])
    return n**3 / 3 + 100 * n * n


RIDGE_CURVE = CellFunction(_run, _memory, _cost)
