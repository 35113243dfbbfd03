"""The claim on long work in pieces: a result is that of its own cell, and a run measures what it trained."""

from __future__ import annotations

import itertools
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import torch

from training.cells import Cell, evaluate
from training.config import Config
from training.experiment import run_with_weights
from training.learning_curve import ridge_cell
from training.objective import MODELS
from training.problem import make_problem
from training.risk import risk
from training.separation import NETWORK, model_cell
from training.sweep import run_sweep
from training.train import train
from training.workers import local
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context, derive_seed
from verify.evidence import Evidence, from_comparisons
from verify.quantity import exact, measured
from verify.verdict import Kind

SMALL: dict[str, Any] = {
    "d": 4,
    "n": 20,
    "m": 12,
    "n_test": 60,
    "optimizer": "lbfgs",
    "steps": 8,
    "dtype": "float64",
}


def stored(context: Context, *, shift: int = 0) -> Evidence:
    """Cells kept in a folder against the same cells computed apart, in the order given, some of them twice.

    With a shift, each result is claimed to be that of the cell `shift` places further, for a control.
    """
    seed = derive_seed(context.seed, "cells") % 10**6
    few = [ridge_cell("sincos", 4, n, seed + index, ridge=1e-3) for index, n in enumerate((30, 10, 20))]
    cells = [*few, ridge_cell("sincos", 4, 10, seed, ridge=1e-3), few[1], few[0]]
    apart = [cell.compute()["risk"] for cell in cells]
    with tempfile.TemporaryDirectory() as folder:
        kept = [each["risk"] for each in evaluate(cells, Path(folder))]
        again = [each["risk"] for each in evaluate(cells[::-1], Path(folder))][::-1]
        swept = run_sweep(cells, folder=Path(folder), workers=local(jobs=1))
        files = len(list(Path(folder).glob("*.json")))
    results = {
        "kept": kept,
        "read back": again,
        "of a sweep": [(each.result or {}).get("risk") for each in swept.cells],
    }
    turned = apart[shift:] + apart[:shift]
    comparisons = [
        compare(
            f"results that differ, {name}",
            IDENTITY,
            exact(sum(ours != twin for ours, twin in itertools.zip_longest(found, turned))),
            exact(0),
        )
        for name, found in results.items()
    ]
    comparisons.append(compare("files", IDENTITY, exact(files), exact(len({_named(cell) for cell in cells}))))
    comparisons.append(compare("results computed by the sweep", IDENTITY, exact(swept.computed), exact(0)))
    return from_comparisons(comparisons, parameters={"cells": len(cells), "risks": apart})


def runs(context: Context) -> Evidence:
    """The numbers of a run of each model against those of the movement that it ended with."""
    compared: list[Comparison] = []
    for index, model in enumerate(MODELS):
        config = Config(**SMALL, model=model, seed=derive_seed(context.seed, str(index)))
        found, problem, W = run_with_weights(config)
        objective = problem.objective()
        value, gradient = objective.value_and_grad(W)
        fresh = problem.points("test", config.n_test)
        assert found.exact_error is not None
        on = problem.network.on(fresh)
        parts = {"full": (on.f,), "linear": (on.f_L,), "quadratic": (on.f_Q,)}.get(model, (on.f_L, on.f_Q))
        values = torch.stack([each(W) for each in parts]).sum(dim=0)
        pairs = {
            "objective": (found.objective, value),
            "training loss": (found.train_loss, objective.terms(W)["loss"]),
            "gradient norm": (found.gradient_norm, float(torch.linalg.vector_norm(gradient))),
            "exact error": (found.exact_error, risk(problem.network, W, problem.target, model=model).value),
            "test error": (found.test_error, float((values - problem.target(fresh)).square().mean())),
        }
        compared += [
            compare(
                label,
                IDENTITY,
                measured(ours),
                measured(twin),
                resolution=1e-10,
                relative_to=1.0 + abs(twin),
                reason="float64 rounding",
                parameters={"model": model},
            )
            for label, (ours, twin) in pairs.items()
        ]
        common = {tuple(row) for row in fresh.tolist()} & {tuple(row) for row in problem.X.tolist()}
        if model == "full":
            compared += _network_cell(config)
        compared.append(compare("test points that were trained on", IDENTITY, exact(len(common)), exact(0)))
    return from_comparisons(compared)


def _network_cell(config: Config) -> list[Comparison]:
    """The cell that trains the network against the same training here."""
    cell, problem = model_cell(NETWORK, config).compute(), make_problem(config)
    found = train(problem, problem.objective())
    pairs = {
        "error of a cell": (cell["error"], risk(problem.network, found.W, problem.target).value),
        "objective of a cell": (cell["objective"], found.final.value),
        "null risk of a cell": (cell["null_risk"], problem.target.null_risk),
    }
    return [
        compare(label, IDENTITY, measured(ours), measured(twin), reason="the same training, bit for bit")
        for label, (ours, twin) in pairs.items()
    ]


def _named(cell: Cell) -> str:
    return f"{cell.function} {sorted(cell.arguments.items())}"


CLAIMS = (
    Claim(
        id="training.cells",
        title="A stored result is that of its own cell, and a run that of its own model",
        statement=r"r_i = F(c_i), \quad i = 1, \dots, N, \text{ in the order given, cells of one content once}",
        bound=IDENTITY,
        source="this project",
        checks=(
            Check(
                Kind.EXPERIMENT, stored, scope="six cells, four different ones: kept, read back, of a sweep"
            ),
            Check(Kind.EXPERIMENT, runs, scope="d = 4, n = 20, m = 12, four models, 8 L-BFGS iterations"),
        ),
    ),
    Claim(
        id="control.cells-shifted",
        title="Results claimed to be those of the next cell",
        statement=r"r_i = F(c_{i+1})",
        bound=IDENTITY,
        source="control",
        control_of="training.cells",
        fault="every result is given to the cell before its own",
        checks=(Check(Kind.EXPERIMENT, partial(stored, shift=1), scope="six cells, four different ones"),),
    ),
)
