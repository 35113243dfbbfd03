"""Claims on the losses alone: convexity, smoothness, Lipschitz constants and convex conjugates."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

import sympy as sp
import torch
from flint import arb, fmpq
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy

from theory import loss as exact_loss
from theory.arithmetic import compile_arb, evaluate
from training.loss import loss, loss_names
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.formal_certificate import PROOFS
from verify.claims.indexed import FIELD
from verify.claims.twins import ROUNDING, agree
from verify.evidence import Evidence
from verify.exact import Identity, compare_balls, prove
from verify.property import hold_property
from verify.quantity import ball, exact, measured
from verify.verdict import Kind

PAPER = "the setting of Nichani, Bai, Lee 2022"
TORCH = "torch, both losses, |y|, |z| ≤ 8"

# -log cosh, with roots whose squares are what the claim asks for: the first of them is imaginary.
_SECH = 1 / sp.cosh(exact_loss.z - exact_loss.y)
CONCAVE = replace(
    exact_loss.LOGCOSH,
    name="-logcosh",
    expr=-exact_loss.LOGCOSH.expr,
    roots=(sp.I * _SECH, sp.sqrt(1 + _SECH**2), _SECH),
)


def convexity(context: Context, *, losses: Mapping[str, exact_loss.Loss] = exact_loss.LOSSES) -> Evidence:
    """ℓ'', L - ℓ'' and, where ℓ' is bounded, its bound squared less ℓ'²: each the square of a real number."""
    pairs = []
    labels = ("ℓ''", "L - ℓ''", "sup|ℓ'|² - ℓ'²")
    for name, given in losses.items():
        squares, parts = exact_loss.curvature(given), exact_loss.reality(given)
        for label, square, part in zip(labels, squares, parts, strict=False):
            pairs += [
                Identity(f"{name}: {label} is a square", *square),
                Identity(f"{name}: its root for {label} is real", *part),
            ]
    return prove(pairs, seed=context.seed)


def derivatives_in_torch(context: Context) -> Evidence:
    """ℓ, ℓ', ℓ'' in torch against SymPy's, and the bounds 0 ≤ ℓ'' ≤ L, |ℓ'| ≤ sup|ℓ'| with nothing to spare."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        ours, exact_one = loss(case["loss"]), exact_loss.loss(case["loss"])
        y, z = (torch.tensor([case[key]], dtype=torch.float64) for key in ("y", "z"))
        found = (ours.value(y, z), ours.first(y, z), ours.second(y, z))
        # ℓ depends on z - y, whose rounding is relative to |y| + |z| and reaches ℓ with the slope of the next.
        moved = abs(case["y"]) + abs(case["z"])
        twins = [_derivative(case["loss"], order)(arb(case["y"]), arb(case["z"])) for order in range(4)]
        # 1e-30 stands for zero: both balls of a value at y = z are as wide as they are large.
        slopes = [abs(float(twin)) * moved + 1e-30 for twin in twins[1:]]
        second, first = (measured(float(each)) for each in (found[2], found[1].abs()))
        bounded = [
            compare("ℓ'' ≥ 0", LOWER, second, exact(0), parameters=case),
            compare("ℓ'' ≤ L", UPPER, second, exact(exact_one.smoothness), parameters=case),
        ]
        if exact_one.lipschitz.is_finite:
            bounded.append(compare("|ℓ'|", UPPER, first, exact(exact_one.lipschitz), parameters=case))
        return [
            *bounded,
            compare("L", IDENTITY, measured(ours.smoothness), exact(exact_one.smoothness), parameters=case),
            *(
                agree(f"ℓ^({order})", value, [twin], size=slope, parameters=case)
                for order, (value, twin, slope) in enumerate(zip(found, twins[:3], slopes, strict=True))
            ),
        ]

    return hold_property(context, _cases(), test, examples=context.pick(200, 1000))


def conjugates(context: Context) -> Evidence:
    """The stated maximiser is a stationary point of νz - ℓ, and ℓ* is the value there."""
    pairs = []
    for name, given in exact_loss.LOSSES.items():
        stationary, value = exact_loss.fenchel(given)
        pairs += [Identity(f"{name}: ℓ'(z(ν))", *stationary), Identity(f"{name}: ℓ*(ν)", *value)]
    return prove(pairs, seed=context.seed, spot_check=_inside_domain)


def conjugates_attacked(context: Context, *, factor: sp.Rational = sp.S.One) -> Evidence:
    """Fenchel-Young in torch: ℓ(y,z) + ℓ*(ν) ≥ νz for every drawn ν, with equality at ν = ℓ'(y,z)."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        ours = loss(case["loss"])
        y, z = (torch.tensor([case[key]], dtype=torch.float64) for key in ("y", "z"))
        value = float(ours.value(y, z))
        touching = _fenchel_young(case, float(ours.first(y, z)), value, factor)
        apart = _fenchel_young(case, case["nu"] * (1 if case["loss"] == "logcosh" else 8), value, factor)
        return [
            compare(
                "ℓ + ℓ* - νz for any ν, relative to their sizes",
                LOWER,
                ball(apart),
                measured(-ROUNDING),
                reason="float64 rounding of ℓ",
                parameters=case,
            ),
            compare(
                "ℓ + ℓ* - νz at ν = ℓ', relative to their sizes",
                IDENTITY,
                ball(touching),
                exact(0),
                resolution=ROUNDING,
                reason="float64 rounding of ℓ and ℓ'",
                parameters=case,
            ),
        ]

    return hold_property(context, _cases(), test, examples=context.pick(200, 1000))


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


def _cases() -> SearchStrategy[dict[str, Any]]:
    """Labels, predictions and slopes ν; beyond |z - y| = 16, ν = tanh(z - y) would round to ±1."""
    real = strategies.floats(-8, 8, allow_subnormal=False)
    return strategies.fixed_dictionaries(
        {
            "loss": strategies.sampled_from(loss_names()),
            "y": real,
            "z": real,
            "nu": strategies.floats(-0.999, 0.999, allow_subnormal=False),
        }
    )


def _fenchel_young(case: dict[str, Any], slope: float, value: float, factor: sp.Rational) -> arb:
    """(ℓ + factor ℓ* - νz) / (1 + |ℓ| + |ℓ*| + |νz|), its floats taken as the numbers that they are."""
    star = _conjugate(case["loss"])(arb(slope), arb(case["y"])) * arb(fmpq(int(factor.p), int(factor.q)))
    product = arb(slope) * arb(case["z"])
    return (arb(value) + star - product) / (1 + abs(arb(value)) + abs(star) + abs(product))


@cache
def _conjugate(name: str) -> Any:
    return compile_arb(exact_loss.loss(name).conjugate, [exact_loss.nu, exact_loss.y], prec=192)


@cache
def _derivative(name: str, order: int) -> Any:
    y, z = exact_loss.y, exact_loss.z
    return compile_arb(sp.diff(exact_loss.loss(name).expr, z, order), [y, z], prec=192)


CLAIMS = (
    Claim(
        id="loss.convexity",
        title="The losses are convex and smooth",
        statement=r"0 \le \partial_z^2\,\ell(y,z) \le L, \quad L = 2 \text{ for } \ell = (z-y)^2, "
        r"\quad L = 1 \text{ and } |\partial_z\,\ell| \le 1 \text{ for } \ell = \log\cosh(z-y)",
        bound=IDENTITY,
        source=PAPER,
        checks=(
            Check(Kind.SYMBOLIC, convexity, scope="every y and z, as squares of real roots", general=True),
            Check(Kind.PROPERTY, derivatives_in_torch, scope=TORCH),
        ),
    ),
    Claim(
        id="loss.conjugates",
        title="Convex conjugates of the losses",
        statement=r"\ell^*(\nu) = \sup_z\,\nu z - \ell(y,z) = \tfrac14\nu^2 + \nu y, \quad \ell^*(\nu) = \nu y + "
        r"\tfrac12\left[(1+\nu)\log(1+\nu) + (1-\nu)\log(1-\nu)\right]",
        bound=IDENTITY,
        source="classical; e.g. Rockafellar, Convex Analysis (1970)",
        depends_on=("loss.convexity",),
        checks=(
            Check(Kind.SYMBOLIC, conjugates, scope="every y and every ν in the domain", general=True),
            Check(
                Kind.PROPERTY, conjugates_attacked, scope=f"{TORCH}, Fenchel-Young inequality and equality"
            ),
            PROOFS.check("conjugate_squared", scope="the squared loss, every y and ν", general=False),
            PROOFS.check("conjugate_logcosh", scope="log cosh, |ν| < 1: an upper bound", general=False),
            PROOFS.check("conjugate_logcosh_attained", scope="log cosh, |ν| < 1: attained", general=False),
        ),
    ),
    Claim(
        id="control.loss-concave",
        title="A concave loss claimed convex",
        statement=r"0 \le \partial_z^2\,\ell(y,z) \text{ for } \ell = -\log\cosh(z-y)",
        bound=IDENTITY,
        source="control",
        control_of="loss.convexity",
        fault="the sign of the loss: its second derivative is the square of an imaginary number",
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(convexity, losses={CONCAVE.name: CONCAVE}),
                scope="every y and z",
                general=True,
            ),
        ),
    ),
    Claim(
        id="control.conjugate-factor",
        title="Conjugates one percent too large",
        statement=r"1.01\,\ell^*(\nu) = \sup_z\,\nu z - \ell(y,z)",
        bound=IDENTITY,
        source="control",
        control_of="loss.conjugates",
        fault="factor 1.01: the inequality may hold, equality does not",
        checks=(
            Check(Kind.PROPERTY, partial(conjugates_attacked, factor=sp.Rational(101, 100)), scope=TORCH),
        ),
    ),
)
