"""Experiments: train the network of a configuration and measure it; a run is a value.

Measured are the objective and its terms, the gradient norm, on request the smallest eigenvalue of the Hessian, and
the error on fresh points in float64, with its standard error. The rivals of the network are in `training.rivals`.
"""

from __future__ import annotations

import json
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import torch
from torch import Tensor

from theory.errors import InputError
from training.config import Config
from training.curvature import least_eigenvalue, smallest_eigenvalue
from training.optimize import Record
from training.problem import Problem, make_problem
from training.risk import exact_risk
from training.rivals import Rival, ntk_rival, quadntk_rival
from training.train import Progress, train

__all__ = ["Config", "Progress", "Rival", "Run", "ntk_rival", "quadntk_rival", "run", "smallest_eigenvalue"]

RUN_SCHEMA = 1

_RECORDS = 100


@dataclass(frozen=True)
class Run:
    """A trained and measured network, without its weights.

    Args:
        config: The configuration, which includes the seed.
        train_loss: The mean loss on the training points.
        objective: The regularized objective.
        terms: The loss and the unweighted regularizers, those with λ > 0.
        gradient_norm: ‖∇L_λ(W)‖_F at the end.
        hessian_min: The smallest eigenvalue of the Hessian, if the configuration asks for it.
        test_error: Mean squared error on fresh points.
        test_standard_error: The standard error of that mean.
        null_risk: The exact risk of predicting 0.
        steps: Steps done.
        status: How the training ended, a name of `training.optimize.Status`.
        history: Records at up to about 100 of the steps, the last one included.
        versions: Versions of Python and the libraries that computed the numbers.
        seconds: Wall time.
        exact_error: The exact risk, where the activation admits a closed form.
        measured: What was measured besides, by whoever had the weights.
    """

    config: Config
    train_loss: float
    objective: float
    terms: dict[str, float]
    gradient_norm: float
    hessian_min: float | None
    test_error: float
    test_standard_error: float
    null_risk: float
    steps: int
    status: str
    history: tuple[Record, ...]
    versions: dict[str, str]
    seconds: float
    exact_error: float | None = None
    measured: dict[str, Any] | None = None

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return self.config.seed

    @property
    def test_interval(self) -> tuple[float, float]:
        """An approximate 95% confidence interval for the risk."""
        return (
            self.test_error - 1.96 * self.test_standard_error,
            self.test_error + 1.96 * self.test_standard_error,
        )

    def to_json(self) -> str:
        """The run as JSON text, with sorted keys."""
        return json.dumps({"schema": RUN_SCHEMA} | asdict(self), sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Run:
        """The run that `to_json` wrote.

        Raises:
            InputError: If the text is not JSON, of another schema version, or lacks a part.
        """
        try:
            data = json.loads(text)
            schema = data.pop("schema")
            if schema == RUN_SCHEMA:
                data["config"] = Config.from_dict(data["config"])
                data["history"] = tuple(Record(**record) for record in data["history"])
                return cls(**data)
        except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
            raise InputError(
                given=f"a text that is no run ({error})",
                allowed="JSON as `Run.to_json` writes it",
                do="check where the text comes from, or train again",
            ) from error
        raise InputError(
            given=f"a run of schema version {schema}",
            allowed=f"schema version {RUN_SCHEMA}",
            do="read it with the release that wrote it, or train again",
        )


def run(
    config: Config,
    *,
    progress: Progress | None = None,
    checkpoint_dir: Path | None = None,
    resume: bool = False,
) -> Run:
    """Train the network of the configuration and measure it (Nichani, Bai, Lee 2022); see `run_with_weights`."""
    return run_with_weights(config, progress=progress, checkpoint_dir=checkpoint_dir, resume=resume)[0]


def run_with_weights(
    config: Config,
    *,
    progress: Progress | None = None,
    checkpoint_dir: Path | None = None,
    resume: bool = False,
) -> tuple[Run, Problem, Tensor]:
    """Train the network of the configuration, measure it, and give back the problem and the movement W as well.

    The same configuration gives the same numbers on the same machine and number of threads, `seconds` aside.

    Args:
        config: The configuration.
        progress: Called after every step with (step, total, seconds to go, objective).
        checkpoint_dir: Folder for the checkpoint; none is written without it. Gradient descent only.
        resume: Go on from the checkpoint in that folder if there is one.

    Raises:
        InputError: If the checkpoint cannot be used or written.
        DivergenceError: If the loss is not finite during training.
    """
    began = time.monotonic()
    problem = make_problem(config)
    objective = problem.objective()
    found = train(problem, objective, progress=progress, checkpoint_dir=checkpoint_dir, resume=resume)
    test = problem.model_error(found.W, "test", config.n_test)
    hessian_min = None
    if config.hessian:
        exact = problem.in_float64().objective()
        coarse = objective if config.dtype == "float32" else None
        hessian_min = least_eigenvalue(exact, found.W.double(), seed=config.seed, coarse=coarse).value
    measured = Run(
        config=config,
        train_loss=found.final.terms["loss"],
        objective=found.final.value,
        terms=found.final.terms,
        gradient_norm=found.history[-1].grad_norm,
        hessian_min=hessian_min,
        test_error=test.mean,
        test_standard_error=test.standard_error,
        null_risk=problem.target.null_risk,
        steps=found.steps,
        status=found.status.name,
        history=_decimated(found.history),
        versions=_versions(),
        exact_error=_exact_error(problem, found.W),
        seconds=time.monotonic() - began,
    )
    return measured, problem, found.W


def _exact_error(problem: Problem, W: Tensor) -> float | None:
    """The risk in closed form, or None: only sin + cos has one, and only for movements of moderate size."""
    if problem.network.activation.name != "sincos":
        return None
    try:
        return exact_risk(problem.network, W, problem.target, model=problem.config.model)
    except InputError:
        return None


def _decimated(history: tuple[Record, ...]) -> tuple[Record, ...]:
    stride = max(1, (len(history) - 1) // _RECORDS)
    kept = history[:-1:stride]
    return (*kept, history[-1])


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
