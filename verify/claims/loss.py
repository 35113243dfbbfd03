"""Claims on the losses and on the whole training objective: derivatives, convexity, conjugates."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import cache, partial
from typing import Any

import sympy as sp
import torch
from flint import arb
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from theory import expansion
from theory import loss as exact_loss
from theory import regularizer as exact_terms
from theory.arithmetic import evaluate
from theory.expansion import X as X_base
from theory.expansion import a, d, l, m, n, p, q, w, w0
from training.loss import loss, loss_names
from training.network import Network
from training.objective import MODELS, Objective
from training.sphere import generator
from verify.bound import IDENTITY, Comparison
from verify.claim import Check, Claim, Context
from verify.claims import regularizer as terms
from verify.claims.indexed import FIELD, along, entries, prover, spot_check
from verify.claims.taylor import sigma_of
from verify.claims.twins import ACTIVATIONS, agree, draw, rows
from verify.evidence import Evidence
from verify.exact import Identity, compare_balls, prove
from verify.property import hold_property
from verify.verdict import Kind

PAPER = "the setting of Nichani, Bai, Lee 2022"
GENERAL = "every m, n, d and every smooth ℓ and σ"
LAMBDAS = (1.0, 0.5, 0.1, 0.01)
v = sp.IndexedBase("v")


def derivative_of_loss(context: Context, *, order: int, factor: int = 1) -> Evidence:
    """SymPy's derivatives of (1/n) Σ ℓ(y_p, f(x_p;W)) in w, for generic ℓ and σ, against the stated sums."""
    pair = exact_loss.gradient_pair() if order == 1 else exact_loss.hessian_pair()
    name = "∂L/∂w[q,l]" if order == 1 else "∂²L/∂w[q,l]∂w[s,l']"
    identity = Identity(name, pair[0], factor * pair[1])
    return prove([identity], seed=context.seed, prover=prover(expansion.RULES), spot_check=spot_check())


def convexity(context: Context) -> Evidence:
    """ℓ'' and L - ℓ'' as squares, hence both non-negative."""
    pairs = []
    for name, given in exact_loss.LOSSES.items():
        bend, slack = exact_loss.curvature(given)
        pairs += [Identity(f"{name}: ℓ''", *bend), Identity(f"{name}: L - ℓ''", *slack)]
    return prove(pairs, seed=context.seed)


def conjugates(context: Context) -> Evidence:
    """The stated maximiser is a stationary point of νz - ℓ, and ℓ* is the value there."""
    pairs = []
    for name, given in exact_loss.LOSSES.items():
        stationary, value = exact_loss.fenchel(given)
        pairs += [Identity(f"{name}: ℓ'(z(ν))", *stationary), Identity(f"{name}: ℓ*(ν)", *value)]
    return prove(pairs, seed=context.seed, spot_check=_inside_domain)


def _inside_domain(identity: Identity, rng: random.Random) -> Comparison:
    """Both sides at one random point with |ν| < 1, where both conjugates are finite."""
    symbols = sorted(identity.lhs.free_symbols | identity.rhs.free_symbols, key=str)
    point = {
        symbol: sp.Rational(rng.randint(-90, 90) if symbol == exact_loss.nu else rng.randint(10, 300), 100)
        for symbol in symbols
    }
    lhs, rhs = (evaluate(side, point, FIELD) for side in (identity.lhs, identity.rhs))
    where = {str(symbol): str(value) for symbol, value in point.items()}
    return compare_balls(identity.label, lhs, rhs, parameters=where)


def torch_loss(context: Context, *, order: int) -> Evidence:
    """The loss term in torch against SymPy's derivative: the network and its Taylor models, both losses, four σ."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, W, X = draw(case)
        y, names = _labels(case), (case["loss"], case["activation"], case["model"])
        objective = Objective(network, X, y, loss(case["loss"]), lambda_=(0, 0, 0, 0), model=case["model"])
        values, size, cells = _values(network, W, X, y), _size(network, W, X, y), terms.cells_of(case)
        if order == 1:
            value, gradient = objective.value_and_grad(W)
            twin = evaluate(_value(*names), values, FIELD)
            return [
                agree("L", torch.tensor(value, dtype=torch.float64), [twin], size=size, parameters=case),
                agree(
                    "∇L",
                    _pick(gradient, cells),
                    entries(_slope(*names), values, cells),
                    size=size,
                    parameters=case,
                ),
            ]
        V = _direction(case, W)
        twins = entries(_bend(*names), {**values, v: rows(V)}, cells)
        size *= 1 + float(X.square().sum(dim=1).max())
        return [agree("∇²L·V", _pick(objective.hvp(W, V), cells), twins, size=size, parameters=case)]

    return hold_property(context, _cases(), test, examples=context.pick(10, 100))


def torch_objective(context: Context) -> Evidence:
    """The fused pass of the training objective against the sum of its terms, each from its own SymPy twin."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        case = {**case, "m": 4, "d": 3}
        at, cells = terms.setting(case), terms.cells_of(case)
        names = (case["loss"], case["activation"], case["model"])
        y, V = _labels(case), _direction(case, at.W)
        objective = Objective(
            at.network,
            at.X,
            y,
            loss(case["loss"]),
            lambda_=LAMBDAS,
            directions=at.directions,
            covariance=at.covariance,
            model=case["model"],
        )
        parts = [
            (1.0, _values(at.network, at.W, at.X, y), _value(*names), _slope(*names), _bend(*names)),
            *(
                (weight, terms.values_of(at, i), exact_terms.term(i), terms.slope(i), terms.bend(i))
                for i, weight in enumerate(LAMBDAS, start=1)
            ),
        ]
        value = sum(evaluate(term, values, FIELD) * arb(weight) for weight, values, term, _, _ in parts)
        slope = _total(entries(each, values, cells, weight=weight) for weight, values, _, each, _ in parts)
        bend = _total(
            entries(each, {**values, v: rows(V)}, cells, weight=weight)
            for weight, values, _, _, each in parts
        )
        size = _size(at.network, at.W, at.X, y) * (1 + float(at.X.square().sum(dim=1).max()))
        size += sum(w_ * max(terms.sizes_of(at, i)) for i, w_ in enumerate(LAMBDAS, start=1))
        ours, gradient = objective.value_and_grad(at.W)
        product = objective.hvp(at.W, V)
        return [
            agree("L_λ", torch.tensor(ours, dtype=torch.float64), [value], size=size, parameters=case),
            agree("∇L_λ", _pick(gradient, cells), slope, size=size, parameters=case),
            agree("∇²L_λ·V", _pick(product, cells), bend, size=size, parameters=case),
        ]

    return hold_property(context, _cases(), test, examples=context.pick(6, 60))


def _pick(array: Tensor, cells: list[tuple[int, int]]) -> Tensor:
    return torch.stack([array[cell] for cell in cells])


def _total(parts: Iterable[list[arb]]) -> list[arb]:
    return [sum(column, arb(0)) for column in zip(*parts, strict=True)]


def _direction(case: dict[str, Any], W: Tensor) -> Tensor:
    return torch.randn(W.shape, generator=generator(case["seed"], "direction"), dtype=torch.float64)


def _cases() -> SearchStrategy[dict[str, Any]]:
    """Sizes large enough that neurons, coordinates and samples differ, and small enough for exact evaluation."""
    return strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((2, 4)),
            "d": strategies.integers(3, 4),
            "n": strategies.integers(1, 3),
            "activation": strategies.sampled_from(ACTIVATIONS),
            "loss": strategies.sampled_from(loss_names()),
            "model": strategies.sampled_from(MODELS),
            "scale": strategies.sampled_from((0.1, 1.0)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


def _labels(case: dict[str, Any]) -> Tensor:
    return 2 * torch.randn(case["n"], generator=generator(case["seed"], "labels"), dtype=torch.float64)


def _values(network: Network, W: Tensor, X: Tensor, y: Tensor) -> dict[Any, Any]:
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


def _size(network: Network, W: Tensor, X: Tensor, y: Tensor) -> float:
    """Size of the terms in L and ∇L before they cancel: predictions as sums of absolute values, times inputs."""
    largest = (X @ (network.w0 + W).T).abs().sum(dim=1).max() + network.m
    return float((largest + y.abs().max()) * X.abs().max()) * (1 + float(largest))


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
def _value(name: str, sigma: str, model: str) -> sp.Expr:
    ell = exact_loss.LOSSES[name]
    return sp.Sum(ell(exact_loss.Y[p], _prediction(sigma, model)), (p, 1, n)) / n


@cache
def _slope(name: str, sigma: str, model: str) -> sp.Expr:
    return sp.diff(_value(name, sigma, model), w[q, l])


@cache
def _bend(name: str, sigma: str, model: str) -> sp.Expr:
    return along(_slope(name, sigma, model))


CLAIMS = (
    Claim(
        id="loss.convexity",
        title="The losses are convex and smooth",
        statement=r"0 \le \partial_z^2\,\ell(y,z) \le L, \quad L = 2 \text{ for } \ell = (z-y)^2, "
        r"\quad L = 1 \text{ for } \ell = \log\cosh(z-y)",
        bound=IDENTITY,
        source=PAPER,
        checks=(Check(Kind.SYMBOLIC, convexity, scope="every y and z, as sums of squares", general=True),),
    ),
    Claim(
        id="loss.conjugates",
        title="Convex conjugates of the losses",
        statement=r"\ell^*(\nu) = \sup_z\,\nu z - \ell(y,z) = \tfrac14\nu^2 + \nu y, \quad \ell^*(\nu) = \nu y + "
        r"\tfrac12\left[(1+\nu)\log(1+\nu) + (1-\nu)\log(1-\nu)\right]",
        bound=IDENTITY,
        source="classical; e.g. Rockafellar, Convex Analysis (1970)",
        depends_on=("loss.convexity",),
        checks=(Check(Kind.SYMBOLIC, conjugates, scope="every y and every ν in the domain", general=True),),
    ),
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
                scope="torch, network and Taylor models, both losses, four σ, m ≤ 4",
            ),
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
                scope="torch, network and Taylor models, both losses, four σ, m ≤ 4",
            ),
        ),
    ),
    Claim(
        id="loss.objective",
        title="The training objective is the sum of its terms",
        statement=r"L_\lambda = L + \lambda_1R_1 + \lambda_2R_2 + \lambda_3R_3 + \lambda_4R_4 "
        r"\text{ in value, gradient and Hessian}",
        bound=IDENTITY,
        source=PAPER,
        depends_on=("loss.hessian", *(f"regularizer.hessian-r{number}" for number in (1, 2, 3, 4))),
        checks=(Check(Kind.PROPERTY, torch_objective, scope="torch, one fused pass, m = 4, d = 3, k = 1"),),
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
