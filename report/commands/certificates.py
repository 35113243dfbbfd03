"""What can be certified of a trained network: how far from optimal it is, and its test error."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from report.commands.failures import say

if TYPE_CHECKING:
    from torch import Tensor

    from training.config import Config
    from training.problem import Problem

CERTIFIABLE = ("full", "second-order")


def check(config: Config) -> None:
    """Refuse, before the training, what could not be certified after it.

    Raises:
        InputError: If the model, the activation or λ4 admits no lower bound.
    """
    from theory.activation import BUILTIN
    from theory.errors import InputError

    if config.model not in CERTIFIABLE or config.activation not in BUILTIN or not config.lambda_[3]:
        raise InputError(
            given=f"--certify with model {config.model}, λ4={config.lambda_[3]:g} and activation "
            f"{config.activation if isinstance(config.activation, str) else 'given as a formula'}",
            allowed=f"the models {' and '.join(CERTIFIABLE)}, λ4 > 0, and one of {', '.join(BUILTIN)}",
            do="change these settings, or leave --certify out",
        )


def measure(problem: Problem, W: Tensor) -> dict[str, Any]:
    """Certify a trained network: intervals as pairs of floats, rounded outwards; or why that failed.

    The training is done by then, so a certificate that cannot be had must not take its results along.
    """
    from theory.errors import InputError

    try:
        return _intervals(problem, W)
    except InputError as error:
        return {"failed": str(error)}


def _intervals(problem: Problem, W: Tensor) -> dict[str, Any]:
    from verify.claims import certified, certified_risk

    def progress(done: int, total: int) -> None:
        if done == total or done % max(1, total // 5) == 0:
            say(f"certificate: {done} of {total} iterations")

    found = certified.certify(
        problem.in_float64().objective(), W.double(), progress=progress if sys.stderr.isatty() else None
    )
    assert found.enclosures is not None
    measured: dict[str, Any] = {
        "second_order_objective": list(found.enclosures.primal),
        "network_objective": list(found.enclosures.full),
        "lower_bound": list(found.enclosures.bound),
        "coupling": list(found.enclosures.coupling),
    }
    if problem.network.activation.name == "sincos" and problem.config.model == "full":
        risk = certified_risk.certify(problem.network, W, problem.target)
        measured["risk"] = list(certified.interval(risk.value))
    return measured


def lines(measured: Mapping[str, Any], model: str) -> Iterator[str]:
    """What was certified, for a person."""
    if "failed" in measured:
        yield f"{'certificate':<15} none; {measured['failed']}"
        return
    bound = measured["lower_bound"][0]
    value = measured["network_objective" if model == "full" else "second_order_objective"][1]
    yield f"{'lower bound':<15} {bound:.6g}, certified, on the second-order objective"
    yield f"{'gap':<15} {value - bound:.4g} at most, {(value - bound) / value:.3g} of the objective"
    if model == "full":
        yield f"{'coupling':<15} {measured['coupling'][1]:.4g}, the largest |f - f_L - f_Q| on the sample"
    if "risk" in measured:
        yield f"{'certified error':<15} [{measured['risk'][0]:.15g}, {measured['risk'][1]:.15g}]"
