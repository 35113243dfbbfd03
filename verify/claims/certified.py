"""The bridge between the torch room's certificate and the ball arithmetic of the theory room.

`certify` here is `training.certificate.certify` with rigorous enclosures: the arrays of the objective are
handed over as the exact dyadic numbers that they are. What makes the result a proof is in `theory.dual_bound`.
"""

from __future__ import annotations

from functools import partial

import torch
from flint import arb
from torch import Tensor

from theory.activation import BUILTIN, Activation, builtin
from theory.dual_bound import Enclosure
from theory.dual_data import Data, Point
from theory.errors import InputError
from training import certificate
from training.certificate import DEFAULT_BYTES, Certificate, Enclosures, Interval, Progress
from training.covariance import ExactCovariance, SampledCovariance
from training.dual import Dual, DualPoint
from training.objective import Objective
from training.subspace import Subspace
from verify.quantity import ball

# How closely the float64 values must meet the enclosures, relative to the value; rounding of a loss that is all
# but 0 is relative to the labels instead.
_AGREEMENT, _ROUNDING = 1e-9, 1e-12


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
        activation: The exact σ, where the network's is not built in, and only there.
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

    The enclosures are about the arrays of the network, the sample and the directions; that the objective computes
    with the same ones is checked on its own float64 values.

    Raises:
        InputError: If the point is not feasible, a number is not finite, the objective is of another kind, or its
            values lie outside the enclosures by more than rounding.
    """
    exact = Enclosure(exact_data(objective, activation))
    primal = exact.primal(W.numpy(), full=True)
    assert primal.full is not None and primal.coupling is not None
    dual = Dual(objective)
    values = [(dual.objective, primal.second_order)]
    if objective.model == "full":
        values.append((objective, primal.full))
    for each, enclosure in values:
        # Two routes: the second takes f_L(P_≤W) from the features in the directions' own network.
        for value in (each.value(W), each.evaluate(W).value):
            _check_value("value", value, enclosure, objective)
    bound = exact.dual(exact_point(point, s))
    # An s beyond the best one gives a lower bound than the float64 one, and a valid one.
    _check_value("bound", dual.evaluate(point).value, bound, objective, or_less=True)
    return Enclosures(
        primal=interval(primal.second_order),
        bound=interval(bound),
        full=interval(primal.full),
        coupling=interval(primal.coupling),
    )


def exact_data(objective: Objective, activation: Activation | None = None) -> Data:
    """The arrays of an objective for `theory.dual_bound`.

    Raises:
        InputError: If its dtype, covariance, directions or activation has no exact counterpart, or an activation
            is given for a network whose own is built in.
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
        activation=_exact_activation(net.activation.name, activation),
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


def _check_value(
    what: str, value: float, enclosure: arb, objective: Objective, *, or_less: bool = False
) -> None:
    """Refuse an enclosure that is not about the float64 value; `or_less` allows one that lies below."""
    slack = _AGREEMENT * abs(enclosure) + _ROUNDING * arb(float(objective.y.square().mean()))
    excess = enclosure - arb(value)
    if not (excess if or_less else abs(excess)) < slack:
        raise InputError(
            given=f"an objective with a {what} of {value:.17g}",
            allowed=f"the {float(enclosure):.17g} that its network, sample and directions define",
            do="build the objective with the covariance and the directions of its own network, and pass the exact "
            "expression of its own activation",
        )


def _exact_activation(name: str, given: Activation | None) -> Activation:
    if given is not None:
        if name in BUILTIN:
            raise InputError(
                given=f"the activation {given.expr} for a network with the built-in activation {name!r}",
                allowed="an exact expression only where the network's activation is not built in",
                do="leave activation out",
            )
        return given
    try:
        return builtin(name)
    except InputError as error:
        raise InputError(
            given=f"a network with the activation {name!r}, which is not built in",
            allowed="a built-in activation, or the exact expression along with it",
            do="pass activation=theory.activation.Activation.parse('...') with the same formula",
        ) from error
