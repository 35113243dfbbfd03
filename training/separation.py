"""The separation experiment: the regularized network and its rivals on one problem, as cells of a sweep.

Along n = c d^k the network keeps its risk while that of each rival grows (Nichani, Bai, Lee 2022). Five models:
the network by its own objective; the NTK by kernel ridge regression, at infinite width and at the network's; the
QuadNTK alone; f_L + f_Q without R1, R2 and R3. Every rival has the best strength of a grid on held-out labels. With
σ = sin + cos all risks are exact: what varies is the problem itself, with its seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
import scipy.stats

from theory.errors import InputError
from training.cells import Arguments, Cell, CellFunction, Result
from training.config import Config
from training.parts import PARTS, pose
from training.risk import exact_risk
from training.rivals import Rival, finite_ntk_rival, ntk_rival, quadntk_rival, unregularized_rival
from training.train import train

NETWORK = "network"
MODELS = (NETWORK, "ntk", "finite-ntk", "quadntk", "unregularized")

# Iterations of L-BFGS for a trained rival. Both early (60) and late (200) stopping gave them larger errors.
RIVAL_STEPS = 80
_HISTORY = 40
# Arrays of n × m entries that a training holds at once, and kernel matrices of a ridge regression.
_ARRAYS, _KERNELS = 6, 6


@dataclass(frozen=True)
class Scaling:
    """How the sizes and strengths go with d for one degree k.

    Args:
        samples: n / d^k.
        width: m / n.
        lambda_: The network's weights of R1…R4.
        quadratic: λ4 of the QuadNTK that are tried.
        second_order: λ4 of f_L + f_Q that are tried.
        optimizer: How the network is trained.
        steps: Its steps.
    """

    samples: float
    width: float
    lambda_: tuple[float, float, float, float]
    quadratic: tuple[float, ...]
    second_order: tuple[float, ...]
    optimizer: str
    steps: int


SCALINGS = {
    1: Scaling(
        20, 1.0, (1.0, 1.0, 1e-3, 1e-4), (1e-4, 1e-5, 1e-6, 1e-7), (1e-1, 1e-2, 1e-5, 1e-7), "gd", 400
    ),
    2: Scaling(
        2000 / 576, 1.2, (1.0, 1.0, 1e-4, 1e-7), (1e-7, 1e-8, 1e-9), (1e-6, 1e-8, 1e-10), "lbfgs", 150
    ),
}


@dataclass(frozen=True)
class Summary:
    """A mean over independent seeds with its Student interval.

    Args:
        values: One value per seed.
        mean: Their mean.
        half_width: Half the width of the interval; infinite for a single seed.
        level: Its confidence level.
    """

    values: tuple[float, ...]
    mean: float
    half_width: float
    level: float


def setting(k: int, d: int, *, seed: int, **others: object) -> Config:
    """The configuration of the network at degree k and dimension d: n = c d^k points, width proportional to n.

    Args:
        k: Degree of the dense part, 1 or 2.
        d: Dimension.
        seed: Seed of everything random.
        others: Settings of `Config` that differ.

    Raises:
        InputError: If there is no scaling for k, or a setting is out of range.
    """
    scaling = _scaling(k)
    n = round(scaling.samples * d**k)
    chosen = {
        "n": n,
        "m": 2 * round(scaling.width * n / 2),
        "lambda_": scaling.lambda_,
        "optimizer": scaling.optimizer,
        "steps": scaling.steps,
        "n_test": 20_000,
    }
    return Config.from_dict({"k": k, "d": d, "seed": seed, **chosen, **others})


def model_cell(model: str, config: Config, part: str = "both") -> Cell:
    """The cell that trains and measures one model on one problem.

    Args:
        model: One of `MODELS`.
        config: The network's configuration; a rival takes its data, width, activation and loss.
        part: The part of the target that is learned.

    Raises:
        InputError: If there is no such model or part.
    """
    for name, known in ((model, MODELS), (part, PARTS)):
        if name not in known:
            raise InputError(
                given=f"{name!r}", allowed=f"one of {', '.join(known)}", do="choose one of these"
            )
    label = f"{model} k={config.k} d={config.d} seed={config.seed}"
    return Cell("model", {"model": model, "part": part, "config": config.to_dict()}, label)


def separation_cells(
    k: int, dimensions: Iterable[int], seeds: Sequence[int], *, models: Sequence[str] = MODELS
) -> list[Cell]:
    """The cells of the table: every model at every dimension, for every seed."""
    return [
        model_cell(model, setting(k, d, seed=seed)) for d in dimensions for seed in seeds for model in models
    ]


def summarize(values: Sequence[float], *, level: float = 0.95) -> Summary:
    """Mean and Student interval over seeds.

    Raises:
        InputError: If there is no value.
    """
    if not values:
        raise InputError(given="no value", allowed="one per seed, one or more", do="run a seed")
    half_width = math.inf
    if len(values) > 1:
        quantile = float(scipy.stats.t.ppf((1 + level) / 2, len(values) - 1))
        half_width = quantile * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Summary(tuple(values), math.fsum(values) / len(values), half_width, level)


def _scaling(k: int) -> Scaling:
    if k not in SCALINGS:
        raise InputError(
            given=f"k={k}",
            allowed=f"k of {' or '.join(map(str, SCALINGS))}, for which sizes and strengths are stated",
            do="choose one of these, or train single networks with `ntk-escape train`",
        )
    return SCALINGS[k]


def _run(arguments: Arguments) -> Result:
    """Train and measure; the result has the risk as `error`, and how it came about."""
    config, part = Config.from_dict(arguments["config"]), arguments["part"]
    if arguments["model"] == NETWORK:
        return _train_network(config, part)
    scaling = _scaling(config.k)
    rival = replace(config, optimizer="lbfgs", steps=RIVAL_STEPS)
    exact = config.activation == "sincos"
    measure: dict[str, Callable[[], Rival]] = {
        "ntk": partial(ntk_rival, rival, part=part, exact=exact),
        "finite-ntk": partial(finite_ntk_rival, rival, part=part, exact=exact),
        "quadntk": partial(quadntk_rival, rival, lambdas=scaling.quadratic, part=part, exact=exact),
        "unregularized": partial(
            unregularized_rival, rival, lambdas=scaling.second_order, part=part, exact=exact
        ),
    }
    found = measure[arguments["model"]]()
    kept = {name: value for name, value in asdict(found).items() if name not in ("seconds", "name")}
    error, standard_error = kept.pop("test_error"), kept.pop("test_standard_error")
    return {"error": error, "standard_error": standard_error, "settled": found.settled, **kept}


def _train_network(config: Config, part: str) -> Result:
    problem = pose(config, part)
    objective = problem.objective()
    found = train(problem, objective)
    if config.activation == "sincos":
        error, standard_error = exact_risk(problem.network, found.W, problem.target), 0.0
    else:
        estimate = problem.model_error(found.W, "test", config.n_test)
        error, standard_error = estimate.mean, estimate.standard_error
    first, last = found.history[0], found.history[-1]
    stride = max(1, len(found.history) // _HISTORY)
    return {
        "error": error,
        "standard_error": standard_error,
        "null_risk": problem.target.null_risk,
        "objective": found.final.value,
        "terms": found.final.terms,
        "start_loss": first.terms["loss"],
        "start_gradient": first.grad_norm,
        "gradient_norm": last.grad_norm,
        "steps": found.steps,
        "status": found.status.name,
        "history": [[record.step, record.value] for record in found.history[::stride]],
    }


def _memory(arguments: Arguments) -> int:
    config = Config.from_dict(arguments["config"])
    n, m, d = config.n, config.m, config.d
    if arguments["model"] in ("ntk", "finite-ntk"):
        # The kernel, its eigenvectors and copies; the kernel with the held-out points; the activations.
        return 8 * (_KERNELS * n * n + config.n_held * n + (n + config.n_held) * m)
    size = 4 if config.dtype == "float32" else 8
    basis = config.n_k * m * d // 2 * 8 if arguments["model"] == NETWORK else 0
    if config.n_unlabeled is not None:  # the points, the network on them, their kernel and its eigenvectors
        basis += 8 * config.unlabeled * (d + 3 * m + 2 * config.unlabeled)
    # L-BFGS keeps 20 pairs of float64 vectors.
    return size * (_ARRAYS * n * m + 8 * m * d) + 2 * basis + 8 * 45 * m * d + 8 * 4 * m * m


def _cost(arguments: Arguments) -> float:
    """Products of a training, roughly: two per entry of the n × m arrays and coordinate, trigonometry as 30."""
    config = Config.from_dict(arguments["config"])
    n, m, d = config.n, config.m, config.d
    if arguments["model"] in ("ntk", "finite-ntk"):
        return 10.0 * n**3 + 60.0 * config.n_held * n
    if arguments["model"] == NETWORK:
        return float(config.steps) * (n * m * (2 * d + 60) + 4 * config.n_k * m * d)
    scaling = _scaling(config.k)
    grid = scaling.quadratic if arguments["model"] == "quadntk" else scaling.second_order
    return 1.1 * len(grid) * RIVAL_STEPS * n * m * (2 * d + 20)


MODEL = CellFunction(_run, _memory, _cost)
