"""Sample complexity: the least n at which a model's risk falls to a threshold, and its exponent in d.

With k = 1 the NTK needs n of order d^{k+1} = d² for the sparse part, the network n of order d^k = d (Nichani, Bai,
Lee 2022). The search brackets the threshold and bisects the bracket on a logarithmic scale, all for one target and
one network. Both models are measured by their exact risk; the NTK has the ridge with the least risk, which no
learner could know, so it is at its very best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats

from theory.errors import InputError
from training.cells import Arguments, Cell, CellFunction, Result
from training.kernel import infinite_ntk, kernel_risk, ridge_solutions
from training.problem import make_problem
from training.risk import exact_risk
from training.separation import setting
from training.train import train

MODELS = ("network", "ntk")
THRESHOLD = 0.3
# The search ends once the bracket is this narrow; the crossing is then interpolated in it.
RESOLUTION = 1.08
# Width of the network over d, and its least width: at n* twice the width changed the risk by under 3%.
WIDTH, LEAST_WIDTH = 12, 600
# Steps of the network's training: 400 instead lower its risk near the threshold by about 5%.
STEPS = 250
RIDGES = (1e-6, 1e-4, 1e-2)
# Where the search starts: n over d (network) or d² (NTK).
_START = {"network": 12.0, "ntk": 0.6}
# The risk falls about like n to this power near the threshold: where the search looks next.
_SLOPE = 1.5
_LONGEST_STEP = 2.0
_MOST = 40


@dataclass(frozen=True)
class Crossing:
    """Where a falling risk meets a threshold.

    Args:
        n: The number of points at which it does, interpolated in the last bracket on logarithmic scales.
        tried: Every n that was tried, with its risk, in the order of the search.
    """

    n: float
    tried: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Exponent:
    """A log-log slope with a Student interval over seeds.

    Args:
        slopes: Least-squares slope of log n* over log d for each seed.
        mean: Their mean.
        half_width: Half the width of its interval; infinite for one seed.
        level: The confidence level.
    """

    slopes: tuple[float, ...]
    mean: float
    half_width: float
    level: float


def least_samples(
    risk: Callable[[int], float], start: int, *, threshold: float = THRESHOLD, resolution: float = RESOLUTION
) -> Crossing:
    """The least n with `risk(n) ≤ threshold`, for a risk that falls with n, to the given ratio.

    Args:
        risk: The risk at n points.
        start: Where to begin, 1 or more.
        threshold: The threshold.
        resolution: Ratio of the bracket at which the search ends, above 1.

    Raises:
        InputError: If the risk is not finite, or no bracket is found.
    """
    tried: dict[int, float] = {}

    def at(n: int) -> float:
        if n not in tried:
            tried[n] = risk(n)
            if not (math.isfinite(tried[n]) and tried[n] > 0) or len(tried) > _MOST:
                raise InputError(
                    given=f"a risk of {tried[n]} at n={n}, the {len(tried)}th that was tried",
                    allowed="a positive risk that falls with n",
                    do="check the training, or choose another threshold",
                )
        return tried[n]

    n = max(1, start)
    while True:
        low = [each for each, value in tried.items() if value > threshold]
        high = [each for each, value in tried.items() if value <= threshold]
        below, above = max(low, default=0), min(high, default=0)
        if below > above > 0:  # the risk rose somewhere: the smallest crossing counts
            below = max((each for each in low if each < above), default=0)
        if below and above:
            if above <= max(below * resolution, below + 1):
                return Crossing(_crossing(below, above, at, threshold), tuple(tried.items()))
            middle = math.sqrt(below * above)
            n = min(max(round(middle), below + 1), above - 1)
        elif tried:
            edge = below or above
            factor = (at(edge) / threshold) ** (1 / _SLOPE)
            # A little past the expected crossing, so that the next step brackets it.
            factor *= math.sqrt(resolution) if below else 1 / math.sqrt(resolution)
            factor = min(max(factor, 1 / _LONGEST_STEP), _LONGEST_STEP)
            n = max(edge + 1, round(edge * factor)) if below else min(edge - 1, round(edge * factor))
            if n < 1:
                return Crossing(float(edge), tuple(tried.items()))
        at(n)


def sample_cell(model: str, d: int, seed: int, *, threshold: float = THRESHOLD) -> Cell:
    """The cell that searches the least n of one model in one dimension for one seed (k = 1).

    Raises:
        InputError: If there is no such model, or the threshold is not positive.
    """
    if model not in MODELS or not threshold > 0:
        raise InputError(
            given=f"model {model!r}, threshold {threshold}",
            allowed=f"one of {', '.join(MODELS)}, a positive threshold",
            do="correct it",
        )
    arguments = {"model": model, "d": d, "seed": seed, "threshold": threshold}
    return Cell("least-samples", arguments, f"{model} d={d} seed={seed}")


def sample_cells(dimensions: Iterable[int], seeds: Sequence[int], *, model: str) -> list[Cell]:
    """The cells of one model: every seed in every dimension."""
    return [sample_cell(model, d, seed) for seed in seeds for d in dimensions]


def exponent(dimensions: Sequence[int], table: Sequence[Sequence[float]], *, level: float = 0.95) -> Exponent:
    """The exponent of n* in d: the mean over seeds of the log-log slopes, with its Student interval.

    Args:
        dimensions: The dimensions, two or more.
        table: n* for each seed (rows) and dimension.
        level: The confidence level.
    """
    x = np.log(np.asarray(dimensions, dtype=float))
    x -= x.mean()
    slopes = np.log(np.asarray(table, dtype=float)) @ x / (x @ x)
    half_width = math.inf
    if len(slopes) > 1:
        quantile = float(scipy.stats.t.ppf((1 + level) / 2, len(slopes) - 1))
        half_width = quantile * float(slopes.std(ddof=1)) / math.sqrt(len(slopes))
    return Exponent(tuple(float(each) for each in slopes), float(slopes.mean()), half_width, level)


def _run(arguments: Arguments) -> Result:
    model, d, seed = arguments["model"], arguments["d"], arguments["seed"]
    start = _START[model] * d ** (1 if model == "network" else 2)
    measure = _network_risk if model == "network" else _ntk_risk
    found = least_samples(lambda n: measure(d, seed, n), round(start), threshold=arguments["threshold"])
    return {"n": found.n, "tried": [list(each) for each in found.tried]}


def _network_risk(d: int, seed: int, n: int) -> float:
    config = setting(1, d, seed=seed, n=n, m=_width(d), steps=STEPS)
    problem = make_problem(config)
    W = train(problem, problem.objective()).W
    return exact_risk(problem.network, W, problem.target)


def _ntk_risk(d: int, seed: int, n: int) -> float:
    problem = make_problem(setting(1, d, seed=seed, n=n, m=2))
    K = infinite_ntk(problem.X, problem.X)
    solutions = ridge_solutions(K, problem.y, RIDGES)
    return float(kernel_risk(problem.network.activation, problem.X, solutions, problem.target).min())


def _width(d: int) -> int:
    return max(LEAST_WIDTH, 2 * round(WIDTH * d / 2))


def _crossing(below: int, above: int, at: Callable[[int], float], threshold: float) -> float:
    """Log-log interpolation between the ends of the bracket."""
    before, after = math.log(at(below)), math.log(at(above))
    share = (before - math.log(threshold)) / (before - after)
    return below * math.exp(share * math.log(above / below))


def _memory(arguments: Arguments) -> int:
    d = int(arguments["d"])
    if arguments["model"] == "ntk":
        return 8 * 6 * round(2 * _START["ntk"] * d * d) ** 2
    return 4 * 8 * 2 * 12 * d * _width(d) + 4 * 8 * _width(d) ** 2


def _cost(arguments: Arguments) -> float:
    """Four trainings or ridge regressions at the start's n, in the unit of `training.separation`."""
    d = int(arguments["d"])
    if arguments["model"] == "ntk":
        n = _START["ntk"] * d * d
        return 4 * (n**3 + 100 * n * n)
    return 4.0 * STEPS * 12 * d * _width(d) * (2 * d + 60)


LEAST_SAMPLES = CellFunction(_run, _memory, _cost)
