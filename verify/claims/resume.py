"""The claim on interrupted training: resumed, it ends with the same bits, and goes on from its own state alone.

A checkpoint that lacks the momentum, the state of the noise or some digits of W would give another trajectory, and
still a plausible one. So a training is cut off at many steps, resumed each time, and held against the one that ran
through: every entry of W, every record of the history, the status. It takes noise every few steps, before and after
the cuts, and ends where noise has opened no way down, so all of its state decides the rest. What is not its state
is refused: the checkpoint of another configuration, and one in which a number was changed.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from theory.errors import InputError
from training import checkpoint
from training.config import Config
from training.optimize import Minimization, Status
from training.problem import Problem, make_problem
from training.train import CHECKPOINT_NAME, train
from verify.bound import IDENTITY, compare
from verify.claim import Check, Claim, Context, derive_seed
from verify.evidence import Evidence, from_comparisons
from verify.quantity import exact
from verify.verdict import Kind

# Every gradient counts as small, so noise comes every 15 steps until it opens no way down, after 90 to 225 steps on
# the problems tried.
SETTING = Config(
    k=1,
    d=6,
    n=40,
    m=12,
    steps=900,
    lr=0.05,
    momentum=0.8,
    noise_radius=1.0,
    gradient_threshold=1e9,
    noise_interval=15,
    dtype="float64",
)
CUTS = (1, 17, 45, 46, 73)
# One setting of each kind that decides a trajectory, other than the stated ones.
OTHERS = (
    {"lambda_": (1.0, 1.0, 1e-3, 2e-4)},
    {"seed": -1},
    {"lr": 0.04},
    {"momentum": 0.7},
    {"model": "second-order"},
    {"loss": "logcosh"},
    {"noise_radius": 0.9},
    {"n": 41},
)
ARRAYS = ("W", "velocity", "history_value", "history_grad_norm", "history_terms")
SCOPE = "full network, d = 6, n = 40, m = 12, float64, noise every 15 steps"


class _CutOffError(Exception):
    """What stands for a crash."""


def resumed(context: Context, *, forgotten: tuple[str, ...] = ()) -> Evidence:
    """The training that ran through against the one that was cut off and resumed, at several steps.

    Args:
        context: Gives the seed.
        forgotten: Arrays of the checkpoint that are set to 0 before the resumption, for a control.
    """
    config = replace(SETTING, seed=derive_seed(context.seed, "problem"))
    problem = make_problem(config)
    objective = problem.objective()
    whole = train(problem, objective)
    comparisons = [
        compare(
            "training that ends where noise opens no way down",
            IDENTITY,
            exact(int(whole.status is Status.CONVERGED)),
            exact(1),
        ),
        compare(
            "steps of the training, beyond the last cut", IDENTITY, exact(whole.steps > max(CUTS)), exact(1)
        ),
    ]
    cuts = (*CUTS, whole.steps - 4)  # the last one after the last noise, whose outcome decides the end
    for index, cut in enumerate(cuts):
        with tempfile.TemporaryDirectory() as folder:
            _cut(problem, Path(folder), cut)
            if forgotten:
                _forget(Path(folder) / CHECKPOINT_NAME, forgotten)
            steps: list[int] = []
            found = train(
                problem,
                objective,
                progress=lambda done, *_, steps=steps: steps.append(done),
                checkpoint_dir=Path(folder),
                resume=True,
            )
        where = {"cut at": cut}
        differences = _differences(found, whole)
        comparisons += [
            compare(f"{name} that differ", IDENTITY, exact(count), exact(0), parameters=where)
            for name, count in differences.items()
        ]
        comparisons.append(
            compare("steps computed anew", IDENTITY, exact(cut + 2 - steps[0]), exact(1), parameters=where)
        )
        context.progress(index + 1, len(cuts))
    parameters = {"cuts": list(cuts), "steps": whole.steps, "status": whole.status.name}
    return from_comparisons(comparisons, parameters=parameters)


def refused(context: Context) -> Evidence:
    """Checkpoints of other configurations, and those with one number changed, are refused: all of them."""
    config = replace(SETTING, seed=derive_seed(context.seed, "problem"), steps=3)
    problem = make_problem(config)
    accepted = []
    with tempfile.TemporaryDirectory() as folder:
        train(problem, problem.objective(), checkpoint_dir=Path(folder))
        for others in OTHERS:
            if _resumes(make_problem(replace(config, **others)), Path(folder)):
                accepted.append(str(others))
        for name in ARRAYS:
            with tempfile.TemporaryDirectory() as copy:
                (Path(copy) / CHECKPOINT_NAME).write_bytes((Path(folder) / CHECKPOINT_NAME).read_bytes())
                _nudge(Path(copy) / CHECKPOINT_NAME, name)
                if _resumes(problem, Path(copy)):
                    accepted.append(name)
        control = _resumes(problem, Path(folder))
    return from_comparisons(
        [
            compare(
                "checkpoints of other configurations or with a changed number that were accepted",
                IDENTITY,
                exact(len(accepted)),
                exact(0),
                parameters={"accepted": accepted, "tried": len(OTHERS) + len(ARRAYS)},
            ),
            compare("its own checkpoint is accepted", IDENTITY, exact(int(control)), exact(1)),
        ]
    )


def _cut(problem: Problem, folder: Path, cut: int) -> None:
    """Train to a step and no further, as if the process had been told to end there."""

    def watch(done: int, *_: object) -> None:
        if done == cut + 1:
            raise _CutOffError

    try:
        train(problem, problem.objective(), progress=watch, checkpoint_dir=folder)
    except _CutOffError:
        return
    raise AssertionError(f"the training ended before step {cut + 1}")


def _differences(found: Minimization, whole: Minimization) -> dict[str, int]:
    return {
        "entries of W": int((found.W != whole.W).sum()),
        "records of the history": sum(a != b for a, b in zip(found.history, whole.history, strict=False))
        + abs(len(found.history) - len(whole.history)),
        "steps, final values and status": (found.steps != whole.steps)
        + (found.final.value != whole.final.value)
        + (found.status is not whole.status),
    }


def _resumes(problem: Problem, folder: Path) -> bool:
    try:
        train(problem, problem.objective(), checkpoint_dir=folder, resume=True)
    except InputError:
        return False
    return True


def _forget(path: Path, names: tuple[str, ...]) -> None:
    """The checkpoint with some arrays 0, written as a sound one."""
    found = checkpoint.load(path)
    arrays = {name: array * (name not in names) for name, array in found.arrays.items()}
    checkpoint.save(path, replace(found, arrays=arrays))


def _nudge(path: Path, name: str) -> None:
    """Move one number of an array by a unit in the last place; the archive is whole, its digest is not."""
    with np.load(path) as archive:
        arrays = {each: archive[each] for each in archive.files}
    arrays[name].flat[0] = np.nextafter(arrays[name].flat[0], np.inf)
    np.savez(path, **arrays)


CLAIMS = (
    Claim(
        id="training.resume",
        title="A training that was cut off and resumed is the one that ran through",
        statement=r"(W_T, \ldots) \text{ resumed from the state at step } s < T \;=\; "
        r"(W_T, \ldots) \text{ without a break}",
        bound=IDENTITY,
        source="this project",
        assumptions=(
            r"every entry of $W_T$, every record of the history, the number of steps and the status, bit for bit, "
            "on one machine with one number of threads",
            "only the step that was cut off is computed again; the checkpoint of another configuration, or with "
            "a number changed, is refused",
        ),
        checks=(
            Check(
                Kind.EXPERIMENT,
                resumed,
                scope=f"{SCOPE}; cut off after {', '.join(map(str, CUTS))} and T - 4 steps",
            ),
            Check(
                Kind.EXPERIMENT,
                refused,
                scope=f"{len(OTHERS)} other settings; {len(ARRAYS)} arrays, one number moved by its last digit",
            ),
        ),
    ),
    Claim(
        id="control.resume-without-momentum",
        title="A training claimed to go on without its momentum",
        statement=r"(W_T, \ldots) \text{ resumed from } (W_s, 0) = (W_T, \ldots) \text{ without a break}",
        bound=IDENTITY,
        source="control",
        control_of="training.resume",
        fault="the momentum of the checkpoint is set to 0 before the resumption",
        checks=(Check(Kind.EXPERIMENT, partial(resumed, forgotten=("velocity",)), scope=SCOPE),),
    ),
)
