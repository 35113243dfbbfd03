"""What can be certified of a trained network: how far from optimal it is, and its test error."""

from __future__ import annotations

import decimal
import math
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
        InputError: If the model, the activation or λ4 admits no lower bound, or the memory would not suffice.
    """
    from theory.activation import BUILTIN
    from theory.errors import InputError
    from training.certificate import DEFAULT_BYTES, memory_needed
    from training.curvature import check_memory

    needed = memory_needed(n=config.n, m=config.m, distinct=config.m // 2, d=config.d, n_k=config.n_k)
    check_memory(needed, DEFAULT_BYTES, "the certificate")

    if config.model not in CERTIFIABLE or config.activation not in BUILTIN or not config.lambda_[3]:
        raise InputError(
            given=f"--certify with model {config.model}, λ4={config.lambda_[3]:g} and activation "
            f"{config.activation if isinstance(config.activation, str) else 'given as a formula'}",
            allowed=f"the models {' and '.join(CERTIFIABLE)}, λ4 > 0, and one of {', '.join(BUILTIN)}",
            do="change these settings, or leave --certify out",
        )


def measure(problem: Problem, W: Tensor) -> dict[str, Any]:
    """Certify a trained network: intervals as pairs of floats, rounded outwards; or why that failed."""
    from theory.errors import InputError

    try:
        return _intervals(problem, W)
    except (InputError, ArithmeticError, MemoryError, RuntimeError) as error:
        return {"failed": str(error) or type(error).__name__}


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
    """What was certified, for a person; every figure is rounded to the side on which it stays true."""
    if "failed" in measured:
        yield f"{'certificate':<15} none; {measured['failed']}"
        return
    bound, (lowest, value) = measured["lower_bound"][0], measured["second_order_objective"]
    yield f"{'lower bound':<15} {down(bound, 6)}, certified, on the objective of the second-order model"
    gap = math.nextafter(value - bound, math.inf)
    share = f", {up(math.nextafter(gap / lowest, math.inf), 3)} of it" if lowest > 0 else ""
    yield f"{'its objective':<15} at this W at most {up(gap, 4)} above the bound{share}"
    if model == "full":
        above = math.nextafter(measured["network_objective"][1] - bound, math.inf)
        yield f"{'the network':<15} at most {up(above, 4)} above that bound"
        yield f"{'coupling':<15} {up(measured['coupling'][1], 4)} at most, |f - f_L - f_Q| on the sample"
    if "risk" in measured:
        yield f"{'certified error':<15} [{down(measured['risk'][0], 15)}, {up(measured['risk'][1], 15)}]"


def down(number: float, digits: int) -> str:
    """The number to so many digits, rounded towards -∞."""
    return _rounded(number, digits, decimal.ROUND_FLOOR)


def up(number: float, digits: int) -> str:
    """The number to so many digits, rounded towards ∞."""
    return _rounded(number, digits, decimal.ROUND_CEILING)


def _rounded(number: float, digits: int, rounding: str) -> str:
    return str(decimal.Context(prec=digits, rounding=rounding).create_decimal(number).normalize())
