"""``ntk-escape train``: train one network, measure it, write run.json."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from report.commands import activations, certificates
from report.commands.failures import INTERRUPTED, say
from report.commands.files import write
from report.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.experiment import Progress, Run

RUN_NAME = "run.json"


@click.command("train", short_help="Train one network and measure it.")
@click.option("--k", type=int, default=1, show_default=True, help="Degree of the dense part of the target.")
@click.option("--d", type=int, default=40, show_default=True, help="Input dimension.")
@click.option("--n", type=int, default=800, show_default=True, help="Training points.")
@click.option("--m", type=int, default=800, show_default=True, help="Width, an even number.")
@click.option("--R", "R", type=int, default=1, show_default=True, help="Directions of the sparse part.")
@click.option(
    "--lambda",
    "lambda_",
    metavar="L1,L2,L3,L4",
    default="1,1,1e-3,1e-4",
    show_default=True,
    help="Weights of the regularizers R1…R4.",
)
@activations.option
@click.option("--loss", default="squared", show_default=True, help="squared or logcosh.")
@click.option("--model", default="full", show_default=True, help="full, second-order, linear or quadratic.")
@click.option("--optimizer", default="gd", show_default=True, help="gd or lbfgs.")
@click.option("--steps", type=int, default=400, show_default=True, help="Steps of the optimizer.")
@click.option(
    "--step-rule",
    default="fixed",
    show_default=True,
    help="fixed: --lr; smooth: 1/β with a bound β on the Hessian, sure and slow.",
)
@click.option("--lr", type=float, default=None, help="Learning rate of gd.  [default: the experiment's]")
@click.option("--momentum", type=float, default=None, help="Momentum of gd.  [default: the experiment's]")
@click.option(
    "--n-unlabeled",
    type=int,
    default=None,
    help="Estimate the good directions from that many unlabeled points.  [default: exact, from moments]",
)
@click.option("--hessian", is_flag=True, help="Compute the smallest eigenvalue of the Hessian at the end.")
@click.option(
    "--certify", is_flag=True, help="Certify a lower bound on the second-order objective, and the test error."
)
@click.option(
    "--threads",
    type=int,
    default=1,
    show_default=True,
    help="Threads of torch; more than the free cores are slower.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything random.")
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    help="Folder for run.json and the checkpoint; by default one whose name ends in a hash of the settings.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in the folder.")
@click.option(
    "--fresh", is_flag=True, help="Delete what an earlier training left in the folder, and start anew."
)
def command(
    out: str | None,
    resume: bool,
    fresh: bool,
    threads: int,
    lambda_: str,
    activation: str,
    certify: bool,
    **settings: Any,
) -> int:
    """Train the two-layer network on the regularized objective and print what it reached.

    Writes run.json, and for gd a checkpoint that --resume goes on from, into one folder. A folder that holds
    an earlier training is used with --resume or --fresh only.
    """
    from training.curvature import check_memory
    from training.experiment import Config, run_with_weights
    from training.separation import NETWORK, model_cell
    from training.threads import set_threads
    from training.workers import machine_memory

    set_threads(threads)
    given = {name: value for name, value in settings.items() if value is not None}
    _check_rate(**given)
    config = Config(lambda_=_weights(lambda_), activation=_activation(activation, **given), **given)
    check_memory(model_cell(NETWORK, config).memory, machine_memory(), "the training")
    if certify:
        certificates.check(config)
    # The number of steps is left out of the hash, so that --resume with more of them finds its folder.
    folder = Path(f"runs/train-seed{config.seed}-{config.digest()}" if out is None else out)
    _check_unused(folder, resume=resume, fresh=fresh)
    write(folder / RUN_NAME, "")  # an output that cannot be written should fail now, not after the training
    if fresh:
        _clear(folder)
    checkpoints = folder if config.optimizer == "gd" else None
    try:
        with _progress() as progress:
            finished, problem, W = run_with_weights(
                config, progress=progress, checkpoint_dir=checkpoints, resume=resume
            )
    except KeyboardInterrupt:
        how = "--resume in place of --fresh" if fresh else "--resume"
        kept = f"the checkpoint is in {folder}; go on with the same command and {how}"
        say(f"interrupted; {kept if checkpoints else 'lbfgs keeps no checkpoint'}")
        return INTERRUPTED
    path = folder / RUN_NAME
    write(path, finished.to_json() + "\n")
    if certify:  # by now the training is safe, whatever comes
        try:
            finished = replace(finished, measured=certificates.measure(problem, W))
        except KeyboardInterrupt:
            say(f"interrupted; {path} holds the training, without a certificate")
            return INTERRUPTED
        write(path, finished.to_json() + "\n")
    for line in _lines(finished):
        click.echo(line)
    click.echo(printable(f"{'data':<15} {path}"))
    return 0


def _activation(text: str, *, k: int, d: int, **others: Any) -> Any:
    """The activation as `Config` takes it; one that misses an assumption is trained, if it can be, with a note."""
    if text == "sincos":  # meets every assumption, so nothing heavy need be loaded to say so
        return text
    from theory.activation import BUILTIN, builtin

    with activations.limited(text, activations.LIMIT_SECONDS):
        sigma, found = activations.assess(text, k=max(k, 1), d=max(d, 3))
    if not found.admissible:
        say(f"note: {activations.verdict(found)}")
    # A formula that spells a built-in one gets its hand-written code.
    return next((name for name in BUILTIN if builtin(name).expr == sigma.expr), sigma.tree)


def _weights(text: str) -> tuple[float, float, float, float]:
    from theory.errors import InputError

    try:
        first, second, third, fourth = (float(part) for part in text.split(","))
        return first, second, third, fourth
    except ValueError:
        raise InputError(
            given=f"--lambda {text!r}",
            allowed="four numbers between commas, none negative, such as 1,1,1e-3,1e-4",
            do="use 0 for a term that should be left out",
        ) from None


def _check_rate(*, step_rule: str, lr: float | None = None, **others: Any) -> None:
    from theory.errors import InputError

    if step_rule == "smooth" and lr is not None:
        raise InputError(
            given=f"--lr {lr:g} with --step-rule smooth",
            allowed="one of them: the rule computes the learning rate",
            do="leave one out",
        )


def _check_unused(folder: Path, *, resume: bool, fresh: bool) -> None:
    """Refuse to overwrite an earlier training unasked."""
    from theory.errors import InputError
    from training.train import CHECKPOINT_NAME

    if resume and fresh:
        raise InputError(
            given="--resume and --fresh",
            allowed="one of them: go on from what is in the folder, or delete it",
            do="leave one out",
        )
    found = [name for name in (RUN_NAME, CHECKPOINT_NAME) if (folder / name).exists()]
    if found and not fresh and not (resume and CHECKPOINT_NAME in found):
        raise InputError(
            given=f"{folder}, which holds {' and '.join(found)} of an earlier training",
            allowed="a folder without one; with --resume, one with a checkpoint",
            do=f"use {'--resume to go on from it, ' if CHECKPOINT_NAME in found else ''}--fresh to delete it, "
            "or another --out folder",
        )


def _clear(folder: Path) -> None:
    from theory.errors import InputError
    from training.train import CHECKPOINT_NAME

    try:
        for name in (RUN_NAME, CHECKPOINT_NAME):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            given=f"{folder}, which cannot be cleared ({error.strerror or error})",
            allowed="a writable folder",
            do="choose another --out folder",
        ) from error


def _lines(run: Run) -> Iterator[str]:
    from report.wording import duration, show_number

    low, high = run.test_interval
    yield f"{'test error':<15} {run.test_error:.4g} [{low:.4g}, {high:.4g}]"
    if run.exact_error is not None:
        yield f"{'exact error':<15} {run.exact_error:.6g}, in closed form"
    yield f"{'null risk':<15} {run.null_risk:.4g}, what predicting 0 has"
    yield f"{'training loss':<15} {show_number(run.train_loss, 4)}"
    yield f"{'objective':<15} {show_number(run.objective, 6)}"
    for name, value in run.terms.items():
        yield f"{'  ' + name:<15} {show_number(value, 4)}"
    yield f"{'gradient norm':<15} {show_number(run.gradient_norm, 3)}"
    if run.hessian_min is not None:
        yield f"{'least curvature':<15} {show_number(run.hessian_min, 3)}"
    if run.measured is not None:
        yield from certificates.lines(run.measured, run.config.model)
    yield f"{'ended':<15} {run.status} after {run.steps} steps, {duration(run.seconds)}"


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar with ETA and objective in a terminal, a line at every tenth of the way elsewhere."""
    from report.terminal import is_plain
    from report.wording import duration, show_number

    if is_plain():

        def line(step: int, total: int, left: float, value: float) -> None:
            if step * 10 // total > (step - 1) * 10 // total:
                text = (
                    f"step {step}/{total}, objective {show_number(value, 4)}, {duration(round(left, 1))} left"
                )
                click.echo(text, err=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("objective {task.fields[value]}"),
        console=Console(file=sys.stderr),
        transient=True,
    ) as bar:
        task = bar.add_task("training", total=None, value="")

        def move(step: int, total: int, left: float, value: float) -> None:
            bar.update(task, completed=step, total=total, value=show_number(value, 4))

        yield move
