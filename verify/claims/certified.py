"""The bridge between the torch room's certificate and the ball arithmetic of the theory room.

`certify` here is `training.certificate.certify` with rigorous enclosures: the arrays of the objective are
handed over as the exact dyadic numbers that they are. What makes the result a proof is in `theory.dual_bound`.
"""

from __future__ import annotations

from functools import partial

import torch
from flint import arb
from torch import Tensor

from theory.activation import Activation, builtin
from theory.dual_bound import Enclosure
from theory.dual_data import Data, Point
from theory.errors import InputError
from training import certificate
from training.certificate import DEFAULT_BYTES, Certificate, Enclosures, Interval, Progress
from training.covariance import ExactCovariance, SampledCovariance
from training.dual import DualPoint
from training.objective import Objective
from training.subspace import Subspace
from verify.quantity import ball


def certify(
    objective: Objective,
    W: Tensor | None = None,
    *,
    relaxed_steps: int = 600,
    ascent_steps: int = 60,
    search: bool = False,
    seed: int = 0,
    activation: Activation | None = None,
    progress: Progress | None = None,
    budget: int = DEFAULT_BYTES,
) -> Certificate:
    """A certificate whose numbers rounding cannot break; see `training.certificate.certify` for the rest.

    Args:
        objective: The objective, float64, of the model `second-order` or `full`.
        W: A trained movement, `(m, d)`; None to search for one.
        relaxed_steps: Iterations on the relaxed objective.
        ascent_steps: Iterations of the ascent that follows.
        search: Whether to look for a lower W too.
        seed: Seed of the starts.
        activation: The exact σ, where the network's is not built in.
        progress: Called with (iterations done, at most).
        budget: Most bytes to use.

    Raises:
        InputError: If something is out of range, does not fit into memory, or is not finite or feasible.
    """
    return certificate.certify(
        objective,
        W,
        relaxed_steps=relaxed_steps,
        ascent_steps=ascent_steps,
        search=search,
        seed=seed,
        enclose=partial(enclose, activation=activation),
        progress=progress,
        budget=budget,
    )


def enclose(
    objective: Objective, W: Tensor, point: DualPoint, s: Tensor, *, activation: Activation | None = None
) -> Enclosures:
    """Rigorous intervals for the objective at W and for the bound at a dual point.

    Raises:
        InputError: If the point is not feasible, a number is not finite, or the objective is of another kind.
    """
    exact = Enclosure(exact_data(objective, activation))
    bound = exact.dual(exact_point(point, s))
    primal = exact.primal(W.numpy(), full=True)
    assert primal.full is not None and primal.coupling is not None
    return Enclosures(
        primal=interval(primal.second_order),
        bound=interval(bound),
        full=interval(primal.full),
        coupling=interval(primal.coupling),
    )


def exact_data(objective: Objective, activation: Activation | None = None) -> Data:
    """The arrays of an objective for `theory.dual_bound`.

    Raises:
        InputError: If its dtype, covariance, directions or activation has no exact counterpart.
    """
    net, covariance, directions = objective.network, objective.covariance, objective.directions
    if net.dtype != torch.float64:
        raise InputError(
            given=f"an objective in {net.dtype}",
            allowed="float64",
            do="use problem.in_float64().objective()",
        )
    unlabeled = None
    if isinstance(covariance, SampledCovariance):
        unlabeled = covariance.points.numpy()
    elif covariance is not None and not isinstance(covariance, ExactCovariance) and objective.lambda_[1]:
        raise InputError(
            given=f"a covariance of type {type(covariance).__name__}",
            allowed="ExactCovariance or SampledCovariance",
            do="build the objective with one of these",
        )
    U = torch.zeros(net.distinct * net.d, 0, dtype=torch.float64)
    if isinstance(directions, Subspace):
        U = directions.half_basis()
    return Data(
        w0=net.w0_distinct.numpy(),
        a=net.a[: net.distinct].numpy(),
        paired=net.paired,
        X=objective.sample.X.numpy(),
        y=objective.y.numpy(),
        U=U.numpy(),
        lambda_=(objective.lambda_[0], objective.lambda_[1], objective.lambda_[2], objective.lambda_[3]),
        loss=objective.loss.name,
        activation=activation or _exact_activation(net.activation.name),
        unlabeled=unlabeled,
    )


def exact_point(point: DualPoint, s: Tensor) -> Point:
    """A dual point with its s for `theory.dual_bound`."""
    return Point(
        nu=point.nu.numpy(),
        rho=point.rho.numpy(),
        gamma=point.gamma.numpy(),
        zeta=point.zeta.numpy(),
        t=point.t,
        s=s.numpy(),
    )


def interval(enclosure: arb) -> Interval:
    """Both ends of a ball as floats, rounded outwards."""
    found = ball(enclosure)
    return found.lower, found.upper


def _exact_activation(name: str) -> Activation:
    try:
        return builtin(name)
    except InputError as error:
        raise InputError(
            given=f"a network with the activation {name!r}, which is not built in",
            allowed="a built-in activation, or the exact expression along with it",
            do="pass activation=theory.activation.Activation.parse('...') with the same formula",
        ) from error
