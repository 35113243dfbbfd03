"""Claims on the loss term L(W): its value, gradient and Hessian, and the sizes of their terms."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import sympy as sp
import torch
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from theory import expansion
from theory import loss as exact_loss
from theory.arithmetic import evaluate
from theory.expansion import X as X_base
from theory.expansion import a, d, l, m, n, p, q, w, w0
from training.loss import loss, loss_names
from training.network import Network
from training.objective import MODELS, Objective
from training.sphere import generator, sample_sphere
from verify.bound import IDENTITY, Comparison
from verify.claim import Check, Claim, Context
from verify.claims import regularizer as terms
from verify.claims.formal_regularizer import PROOFS
from verify.claims.indexed import FIELD, along, entries, prover, spot_check
from verify.claims.taylor import sigma_of
from verify.claims.twins import ACTIVATIONS, agree, draw, rows
from verify.evidence import Evidence
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.verdict import Kind

PAPER = "the setting of Nichani, Bai, Lee 2022"
GENERAL = "every m, n, d and every smooth ℓ and σ"
v = sp.IndexedBase("v")


def derivative_of_loss(context: Context, *, order: int, factor: int = 1) -> Evidence:
    """SymPy's derivatives of (1/n) Σ ℓ(y_p, f(x_p;W)) in w, for generic ℓ and σ, against the stated sums."""
    pair = exact_loss.gradient_pair() if order == 1 else exact_loss.hessian_pair()
    name = "∂L/∂w[q,l]" if order == 1 else "∂²L/∂w[q,l]∂w[s,l']"
    identity = Identity(name, pair[0], factor * pair[1])
    return prove([identity], seed=context.seed, prover=prover(expansion.RULES), spot_check=spot_check())


def torch_loss(context: Context, *, order: int) -> Evidence:
    """The loss term in torch against SymPy's derivative, every entry: network and Taylor models, paired or not."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, W, X = draw_loss(case)
        y, names = labels(case), (case["loss"], case["activation"], case["model"])
        objective = Objective(network, X, y, loss(case["loss"]), lambda_=(0, 0, 0, 0), model=case["model"])
        values, V, cells = loss_values(network, W, X, y), direction(case, W), terms.all_cells(case)
        size = loss_sizes(objective, W, V)
        if order == 1:
            value, gradient = objective.value_and_grad(W)
            twin, ours = (
                evaluate(value_of_loss(*names), values, FIELD),
                torch.tensor(value, dtype=torch.float64),
            )
            slopes = entries(slope_of_loss(*names), values, cells)
            return [
                agree("L", ours, [twin], size=size[0], parameters=case),
                agree("∇L", gradient, slopes, size=size[1], parameters=case),
            ]
        twins = entries(bend_of_loss(*names), {**values, v: rows(V)}, cells)
        return [agree("∇²L·V", objective.hvp(W, V), twins, size=size[2], parameters=case)]

    return hold_property(context, loss_cases(), test, examples=context.pick(8, 30, 100))


def direction(case: dict[str, Any], W: Tensor) -> Tensor:
    """A random direction V, of the shape of W."""
    return torch.randn(W.shape, generator=generator(case["seed"], "direction"), dtype=torch.float64)


def loss_cases() -> SearchStrategy[dict[str, Any]]:
    """Sizes large enough that neurons, coordinates and samples differ, and small enough for exact evaluation."""
    return strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((2, 4)),
            "d": strategies.integers(3, 4),
            "n": strategies.integers(1, 3),
            "activation": strategies.sampled_from(ACTIVATIONS),
            "loss": strategies.sampled_from(loss_names()),
            "model": strategies.sampled_from(MODELS),
            "paired": strategies.booleans(),
            "scale": strategies.sampled_from((0.1, 1.0)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


def labels(case: dict[str, Any]) -> Tensor:
    """Random labels, `(n,)`."""
    return 2 * torch.randn(case["n"], generator=generator(case["seed"], "labels"), dtype=torch.float64)


def loss_values(network: Network, W: Tensor, X: Tensor, y: Tensor) -> dict[Any, Any]:
    """Values of the symbols of the loss term."""
    return {
        m: network.m,
        d: network.d,
        n: len(X),
        w0: rows(network.w0),
        a: rows(network.a),
        w: rows(W),
        X_base: rows(X),
        exact_loss.Y: rows(y),
    }


def loss_sizes(objective: Objective, W: Tensor, V: Tensor) -> tuple[float, float, float]:
    """Sums of the absolute terms of L, of an entry of ∇L and of one of ∇²L·V, the largest over the entries.

    F is this sum for a residual f - y, S_r and T_r are those of the first two derivatives in w_r·x, and G is that
    of ∇f·V. Rounding of the residual reaches ℓ with the slope ℓ', and ℓ' with the slope ℓ'': F enters there.
    """
    network, X, y, ell = objective.network, objective.sample.X, objective.y, objective.loss
    scale, entry = network.m**-0.5, X.abs()
    moved, along = entry @ W.abs().T, entry @ V.abs().T
    if objective.model == "full":
        z = X @ (network.w0 + W).T
        value, slopes, bends = (each.abs() for each in network.activation.derivatives(z, 2))
    else:
        first, second = network.sigma(1, X).abs(), network.sigma(2, X).abs()
        linear, quadratic = objective.model != "quadratic", objective.model != "linear"
        value = linear * first * moved + quadratic * second * moved.square() / 2
        slopes, bends = linear * first + quadratic * second * moved, quadratic * second
    f = objective.sample.f(W) if objective.model == "full" else _taylor(objective, W)
    F = scale * value.sum(dim=1) + y.abs()
    l0, l1, l2 = ell.value(y, f).abs(), ell.first(y, f).abs(), ell.second(y, f)
    G = scale * (slopes * along).sum(dim=1)
    pulled = slopes * (l1 + l2 * F)[:, None]
    bent = slopes * (l2 * G)[:, None] + bends * along * (l1 + l2 * F)[:, None]
    slope, bend = (float((scale * each.T @ entry).max()) / len(X) for each in (pulled, bent))
    return float((l0 + l1 * F).mean()), slope, bend


def _taylor(objective: Objective, W: Tensor) -> Tensor:
    orders = {"linear": (1,), "quadratic": (2,), "second-order": (1, 2)}[objective.model]
    return torch.stack([objective.sample.term(order, W) for order in orders]).sum(dim=0)


def draw_loss(case: dict[str, Any]) -> tuple[Network, Tensor, Tensor]:
    """As `twins.draw`, or with m independent neurons of any sign where the case says that they are not paired."""
    network, W, X = draw(case)
    if case["paired"]:
        return network, W, X
    source = generator(case["seed"], "unpaired")
    w0 = sample_sphere(case["m"], case["d"], radius=1.0, generator=source)
    a = 2.0 * torch.randint(0, 2, (case["m"],), generator=source).to(torch.float64) - 1
    return Network(w0, a, network.activation), W, X


def _prediction(sigma: str, model: str) -> sp.Expr:
    """What the model predicts on sample p: the network, or terms of its Taylor expansion as stated."""
    function = sigma_of(sigma)
    orders = {"linear": (1,), "quadratic": (2,), "second-order": (1, 2)}
    if model == "full":
        return exact_loss.prediction(function)
    return sp.Add(
        *(expansion.taylor_term(function, order, point=expansion.at_sample) for order in orders[model])
    )


@cache
def value_of_loss(name: str, sigma: str, model: str) -> sp.Expr:
    """The loss term of a model, as an expression."""
    ell = exact_loss.LOSSES[name]
    return sp.Sum(ell(exact_loss.Y[p], _prediction(sigma, model)), (p, 1, n)) / n


@cache
def slope_of_loss(name: str, sigma: str, model: str) -> sp.Expr:
    """Entry [q,l] of its gradient, as SymPy derives it."""
    return sp.diff(value_of_loss(name, sigma, model), w[q, l])


@cache
def bend_of_loss(name: str, sigma: str, model: str) -> sp.Expr:
    """Entry [q,l] of its Hessian along V."""
    return along(slope_of_loss(name, sigma, model))


CLAIMS = (
    Claim(
        id="loss.gradient",
        title="Gradient of the training loss",
        statement=r"\nabla_{w_q} \frac1n\sum_i \ell(y_i, f(x_i;W)) = \frac{1}{n\sqrt m}\sum_i "
        r"\ell'(y_i, f_i)\,a_q\,\sigma'((w_{0,q}+w_q)\cdot x_i)\,x_i",
        bound=IDENTITY,
        source=PAPER,
        checks=(
            Check(Kind.SYMBOLIC, partial(derivative_of_loss, order=1), scope=GENERAL, general=True),
            Check(
                Kind.PROPERTY,
                partial(torch_loss, order=1),
                scope="torch, network and Taylor models, paired or not, both losses, four σ, m ≤ 4",
            ),
            PROOFS.check("gradient_loss", scope="every m, n, d, every entry, every differentiable ℓ and σ"),
        ),
    ),
    Claim(
        id="loss.hessian",
        title="Hessian of the training loss",
        statement=r"\nabla^2_{w_q w_s} L = \frac1n\sum_i \Big[\ell''_i\,\nabla_{w_q}f_i\,\nabla_{w_s}f_i^\top + "
        r"\tfrac{1}{\sqrt m}\,\ell'_i\,a_q\,\sigma''((w_{0,q}+w_q)\cdot x_i)\,x_ix_i^\top\,\delta_{qs}\Big]",
        bound=IDENTITY,
        source=PAPER,
        depends_on=("loss.gradient",),
        checks=(
            Check(Kind.SYMBOLIC, partial(derivative_of_loss, order=2), scope=GENERAL, general=True),
            Check(
                Kind.PROPERTY,
                partial(torch_loss, order=2),
                scope="torch, network and Taylor models, paired or not, both losses, four σ, m ≤ 4",
            ),
            PROOFS.check(
                "hessian_loss", scope="every m, n, d, every two entries, every ℓ and σ twice differentiable"
            ),
        ),
    ),
    Claim(
        id="control.loss-factor",
        title="Gradient of the training loss, twice too large",
        statement=r"\nabla_{w_q} L = \frac{2}{n\sqrt m}\sum_i \ell'_i\,a_q\,\sigma'_{iq}\,x_i",
        bound=IDENTITY,
        source="control",
        control_of="loss.gradient",
        fault="factor 2",
        checks=(
            Check(Kind.SYMBOLIC, partial(derivative_of_loss, order=1, factor=2), scope=GENERAL, general=True),
        ),
    ),
)
