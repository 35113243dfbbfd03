"""Derivatives of the network and of its Taylor terms in torch, each against the derivative that SymPy takes.

The training code has them by hand, per model: the gradient pulled back to W, its product with a direction, and the
Hessian along a direction. The twin differentiates the formula of the model in w[q,l], entry by entry.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import sympy as sp
import torch
from flint import arb
from hypothesis import strategies
from torch import Tensor

from theory import expansion
from theory.expansion import a, d, l, m, q, w, w0, x
from training.network import Network
from training.sphere import generator, sample_sphere
from verify.bound import Comparison
from verify.claim import Context
from verify.claims.indexed import along, entries
from verify.claims.taylor import sigma_of
from verify.claims.twins import ACTIVATIONS, agree, draw, rows
from verify.evidence import Evidence
from verify.property import hold_property

v = sp.IndexedBase("v")
# The models by the orders of the Taylor terms that they are; none for the network itself.
MODELS = {"f": None, "f_L": 1, "f_Q": 2}


def torch_derivatives(context: Context) -> Evidence:
    """Σ_i ν_i ∇f(x_i), ∇f(x_i)·V and Σ_i ν_i ∇²f(x_i)V in torch, of f, f_L and f_Q, paired networks and others."""
    cases = strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((2, 4)),
            "d": strategies.just(3),
            "n": strategies.integers(1, 2),
            "activation": strategies.sampled_from(ACTIVATIONS),
            "model": strategies.sampled_from(tuple(MODELS)),
            "paired": strategies.booleans(),
            "scale": strategies.sampled_from((0.1, 1.0)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, W, X = draw(case)
        if not case["paired"]:
            network = _unpaired(case, network)
        source = generator(case["seed"], "directions")
        V = torch.randn(W.shape, generator=source, dtype=torch.float64)
        nu = torch.randn(len(X), generator=source, dtype=torch.float64)
        sigma, model = case["activation"], case["model"]
        cells = list(itertools.product(range(network.m), range(network.d)))
        slopes = [entries(_slope(sigma, model), _values(network, W, V, point), cells) for point in X]
        bends = [entries(_bend(sigma, model), _values(network, W, V, point), cells) for point in X]
        flat = [arb(value) for value in V.flatten().tolist()]
        pushed = [sum((s * t for s, t in zip(each, flat, strict=True)), arb(0)) for each in slopes]
        # A sum of a few terms whose sizes are at most the largest entry times their number.
        size = float(sum(abs(float(entry)) for each in slopes for entry in each)) * float(V.abs().max())
        on = network.on(X)
        value, pull = on.vjp(W) if model == "f" else on.vjp_Q(W)
        pulled = {
            "f": (on.pullback(W, nu), pull(nu)),
            "f_L": (on.pullback_L(nu),),
            "f_Q": (on.pullback_Q(W, nu), pull(nu)),
        }[model]
        along_V = {"f": on.pushforward, "f_L": lambda _, V: on.pushforward_L(V), "f_Q": on.pushforward_Q}[
            model
        ]
        compared = [
            agree(f"∇{model}, pulled back", each, _weighted(nu, slopes), size=size, parameters=case)
            for each in pulled
        ]
        compared.append(agree(f"∇{model}·V", along_V(W, V), pushed, size=size, parameters=case))
        if model != "f_L":
            bent = on.curvature(W, nu, V) if model == "f" else on.curvature_Q(nu, V)
            own = on.f(W) if model == "f" else on.f_Q(W)
            compared.append(agree(f"∇²{model} V", bent, _weighted(nu, bends), size=size, parameters=case))
            compared.append(
                agree(
                    f"{model} with its gradient", value, [arb(each) for each in own.tolist()], parameters=case
                )
            )
        return compared

    return hold_property(context, cases, test, examples=context.pick(12, 80))


def _unpaired(case: dict[str, Any], paired: Network) -> Network:
    """M independent neurons of any sign."""
    source = generator(case["seed"], "unpaired")
    signs = 2 * torch.randint(0, 2, (case["m"],), generator=source).double() - 1
    return Network(
        sample_sphere(case["m"], case["d"], radius=1.0, generator=source), signs, paired.activation
    )


def _values(network: Network, W: Tensor, V: Tensor, point: Tensor) -> dict[Any, Any]:
    sizes: dict[Any, Any] = {m: network.m, d: network.d}
    arrays = {w0: rows(network.w0), a: rows(network.a), w: rows(W), v: rows(V), x: rows(point)}
    return sizes | arrays


def _weighted(nu: Tensor, each: list[list[arb]]) -> list[arb]:
    weights = [arb(value) for value in nu.tolist()]
    return [
        sum((weight * value for weight, value in zip(weights, values, strict=True)), arb(0))
        for values in zip(*each, strict=True)
    ]


@cache
def _slope(sigma: str, model: str) -> sp.Expr:
    """Entry [q,l] of the gradient of the model at x."""
    function, order = sigma_of(sigma), MODELS[model]
    formula = expansion.network(function) if order is None else expansion.taylor_term(function, order)
    return sp.diff(formula, w[q, l])


@cache
def _bend(sigma: str, model: str) -> sp.Expr:
    """Entry [q,l] of its Hessian along V."""
    return along(_slope(sigma, model))
