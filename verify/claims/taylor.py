"""Claims on the Taylor terms f_L, f_Q, f^(3) in the movement W: definition, homogeneity, remainder."""

from __future__ import annotations

import itertools
from functools import cache, partial
from typing import Any

import sympy as sp
import torch
from torch import Tensor

from theory import activation as exact_activation
from theory import expansion
from theory.arithmetic import evaluate
from training.network import Network
from verify.bound import IDENTITY, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.attacks import attack_check, attack_control
from verify.claims.attacks_model import remainder
from verify.claims.formal_taylor import PROOFS
from verify.claims.indexed import FIELD, prover, spot_check
from verify.claims.twins import ROUNDING, agree, draw, rows, small_cases
from verify.evidence import Evidence
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import ball, exact, measured
from verify.verdict import Kind

PAPER = "the Taylor expansion of Bai and Lee 2020 and Nichani, Bai, Lee 2022"
GENERAL = "every m, n, d and every smooth σ"
NAMES = {1: "f_L", 2: "f_Q", 3: "f^(3)"}
FORMAL = {1: "linear_term", 2: "quadratic_term", 3: "cubic_term"}


def definition(context: Context, *, order: int, factor: int = 1) -> Evidence:
    """The Taylor coefficient of t ↦ f(x;tW), differentiated by SymPy, against the stated sum."""
    derived = expansion.taylor_coefficient(expansion.SIGMA, order)
    stated = factor * expansion.taylor_term(expansion.SIGMA, order)
    pair = Identity(NAMES[order], derived, stated)
    return prove([pair], seed=context.seed, prover=prover(), spot_check=spot_check())


def torch_term(context: Context, *, order: int) -> Evidence:
    """f^(j) and its gradient in torch against the Taylor coefficient that SymPy derives."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, W, X = draw(case)
        values = {"f": network.term(order, W, X), "named": _named(network, order, W, X)}
        twins = [evaluate(_coefficient(case["activation"], order), at(network, W, x), FIELD) for x in X]
        size = sizes(network, order, W, X)
        compared = [
            agree(f"{NAMES[order]}, {how}", value, twins, size=size, parameters=case)
            for how, value in values.items()
        ]
        nu = torch.linspace(-1, 1, len(X) + 1, dtype=torch.float64)[1:]
        gradient = network.on(X).pullback_term(order, W, nu)
        slope = _gradient(case["activation"], order)
        twin_gradient = [
            sum(
                evaluate(slope, {**at(network, W, x), expansion.q: r + 1, expansion.l: i + 1}, FIELD)
                * float(v)
                for x, v in zip(X, nu, strict=True)
            )
            for r, i in itertools.product(range(network.m), range(network.d))
        ]
        compared.append(agree(f"∇{NAMES[order]}", gradient, twin_gradient, parameters=case))
        return compared

    return hold_property(context, small_cases(), test, examples=context.pick(40, 200))


def homogeneity(context: Context, *, shift: int = 0) -> Evidence:
    """f^(j)(x;tW) = t^j f^(j)(x;W) for j = 1, 2, 3, from the sums."""
    pairs = []
    for order in NAMES:
        left, right = expansion.homogeneity(expansion.SIGMA, order)
        pairs.append(Identity(NAMES[order], left, right * expansion.t**shift))
    return prove(pairs, seed=context.seed, prover=prover(), spot_check=spot_check())


def torch_homogeneity(context: Context) -> Evidence:
    """The same in torch, where t is a power of two so that scaling rounds nothing."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, W, X = draw(case)
        power = case["seed"] % 7 - 3
        compared = []
        for order, name in NAMES.items():
            scaled = network.term(order, W * 2.0**power, X) * 2.0 ** (-power * order)
            gap = (scaled - network.term(order, W, X)).abs().max()
            size = float(sizes(network, order, W, X).max())
            compared.append(
                compare(
                    name,
                    IDENTITY,
                    measured(float(gap)),
                    exact(0),
                    resolution=ROUNDING,
                    relative_to=size or 1.0,
                    reason="scaling by powers of two is exact, so only the order of summation could differ",
                    parameters=case,
                )
            )
        return compared

    return hold_property(context, small_cases(), test, examples=context.pick(40, 200))


def initialization(context: Context, *, sign: int = -1) -> Evidence:
    """f(x;0) = 0 for m = 2h: the second half of the sum cancels the first, any h."""
    at_zero = expansion.at_initialization(expansion.SIGMA, sign=sign)
    pair = Identity("f(x;0)", at_zero, sp.Integer(0))
    return prove([pair], seed=context.seed, prover=prover(), spot_check=spot_check())


def torch_initialization(context: Context) -> Evidence:
    """f(x;0) in torch is exactly 0.0, not merely small."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, W, X = draw({**case, "m": case["m"] * 8})
        largest = float(network.f(torch.zeros_like(W), X).abs().max())
        return [compare("max |f(x;0)|", IDENTITY, measured(largest), exact(0), parameters=case)]

    return hold_property(context, small_cases(), test, examples=context.pick(40, 200))


def remainder_form(context: Context) -> Evidence:
    """Remainder of the network as a sum over neurons, of a neuron as an integral, and the integral's weight."""
    structure = Identity("f - f_L - f_Q - f(x;0)", *expansion.remainder())
    proof = prove([structure], seed=context.seed, prover=prover(), spot_check=spot_check())
    if proof.outcome != "HOLDS":
        return proof
    names = ("derivative of the primitive", "primitive at h", "primitive at 0")
    wave = sp.Lambda(sp.Symbol("z"), sp.sin(sp.Symbol("z")) + sp.cos(sp.Symbol("z")))
    pairs = [
        Identity("weight for h > 0", *expansion.remainder_weight()),
        Identity("weight for h < 0", *expansion.remainder_weight_mirrored()),
    ]
    generic = []
    for name, concrete, general in zip(
        names, expansion.remainder_integral(wave), expansion.remainder_integral(), strict=True
    ):
        pairs.append(Identity(name, *concrete))
        generic.append((name, sp.expand(general[0] - general[1])))
    unproved = [name for name, gap in generic if gap != 0]
    parts = prove(pairs, seed=context.seed, prover=lambda pair: pair.label not in unproved and _same(pair))
    return Evidence(
        parts.outcome,
        "remainder as an integral with its weight, any σ; " + parts.summary,
        comparisons=(*proof.comparisons, *parts.comparisons),
        derivation=(*proof.derivation, *parts.derivation, *INEQUALITIES),
        counts=parts.counts,
    )


# How the bound follows from the identities: (h-u)² keeps one sign between 0 and h, and |a_r| ≤ 1.
INEQUALITIES = (
    r"|\rho(z,h)| = \left|\int_0^h \tfrac{(h-u)^2}{2}\,\sigma^{(3)}(z+u)\,du\right| \le "
    r"M_3\left|\int_0^h \tfrac{(h-u)^2}{2}\,du\right| = \tfrac{M_3}{6}|h|^3",
    r"|f - f_L - f_Q| \le \tfrac{1}{\sqrt m}\sum_r |a_r|\,|\rho(w_{0,r}\cdot x, w_r\cdot x)| \le "
    r"\tfrac{M_3}{6\sqrt m}\sum_r |w_r\cdot x|^3",
)


def torch_remainder(context: Context, *, divisor: float = 1.0) -> Evidence:
    """|f - f_L - f_Q| in torch against the bound, with M_3 enclosed over the whole real line."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, W, X = draw(case)
        third = exact_activation.builtin(case["activation"]).suprema(3)
        gap = (network.f(W, X) - network.f_L(W, X) - network.f_Q(W, X)).abs()
        cubes = network.remainder_bound(W, X, 1.0)
        rounding = 1e-15 * torch.stack([sizes(network, order, W, X) for order in (0, 1, 2)]).sum(dim=0)
        worst = int((gap - rounding - float(third) * cubes / divisor).argmax())
        return [
            compare(
                "|f - f_L - f_Q|",
                UPPER,
                measured(float(gap[worst] - rounding[worst])),
                ball(third * float(cubes[worst]) / divisor),
                resolution=ROUNDING,
                reason="float64 rounding of the three values was subtracted from the gap",
                parameters=case,
            )
        ]

    return hold_property(context, small_cases(), test, examples=context.pick(100, 1000))


def at(network: Network, W: Tensor, x: Tensor) -> dict[Any, Any]:
    """Values of the symbols of `theory.expansion` at one input."""
    return {
        expansion.m: network.m,
        expansion.d: network.d,
        expansion.w0: rows(network.w0),
        expansion.a: rows(network.a),
        expansion.w: rows(W),
        expansion.x: rows(x),
    }


@cache
def sigma_of(name: str) -> sp.Lambda:
    """A built-in activation as a SymPy function, from the symbolic room."""
    function = exact_activation.builtin(name)
    return sp.Lambda(function.variable, function.expr)


@cache
def _coefficient(name: str, order: int) -> sp.Expr:
    return expansion.taylor_coefficient(sigma_of(name), order)


@cache
def _gradient(name: str, order: int) -> sp.Expr:
    return sp.diff(_coefficient(name, order), expansion.w[expansion.q, expansion.l])


def _named(network: Network, order: int, W: Tensor, X: Tensor) -> Tensor:
    """The term under its own name where it has one."""
    return {1: network.f_L, 2: network.f_Q}.get(order, partial(network.term, order))(W, X)


def sizes(network: Network, order: int, W: Tensor, X: Tensor) -> Tensor:
    """Sum of the absolute terms of f^(j), `(n,)`: what rounding is relative to."""
    return (network.sigma(order, X) * (X @ W.T) ** order).abs().sum(dim=1) / network.m**0.5


def _same(identity: Identity) -> bool:
    return bool(sp.expand(identity.lhs - identity.rhs, trig=True) == 0)


def _definition(order: int, slug: str, title: str, formula: str) -> Claim:
    return Claim(
        id=f"taylor.{slug}",
        title=title,
        statement=formula,
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"$\sigma$ smooth",),
        depends_on=("taylor.curve",),
        checks=(
            PROOFS.check(FORMAL[order], scope=f"every m, n, d and every σ with {order} derivatives"),
            Check(Kind.SYMBOLIC, partial(definition, order=order), scope=GENERAL, general=True),
            Check(
                Kind.PROPERTY,
                partial(torch_term, order=order),
                scope="torch value and gradient, m ≤ 6, d ≤ 5",
            ),
        ),
    )


def _formula(order: int, name: str, weight: str, bare: str) -> str:
    return (
        rf"{name}(x;W) = \frac{{1}}{{{order}!}}\frac{{d^{order}}}{{dt^{order}}} f(x;tW)\Big|_{{t=0}} = "
        rf"\frac{{1}}{{{weight}\sqrt m}}\sum_r a_r\,\sigma{bare}(w_{{0,r}}\cdot x)\,(w_r\cdot x)^{order}"
    )


CLAIMS = (
    _definition(1, "linear-term", "The NTK term f_L", _formula(1, "f_L", "", "'")),
    _definition(2, "quadratic-term", "The QuadNTK term f_Q", _formula(2, "f_Q", "2", "''")),
    _definition(3, "cubic-term", "The third term", _formula(3, "f^{(3)}", "6", "'''")),
    Claim(
        id="taylor.homogeneity",
        title="Homogeneity of the terms",
        statement=r"f^{(j)}(x;tW) = t^j f^{(j)}(x;W), \quad j = 1, 2, 3",
        bound=IDENTITY,
        source=PAPER,
        depends_on=("taylor.linear-term", "taylor.quadratic-term", "taylor.cubic-term"),
        checks=(
            PROOFS.check("homogeneity", scope="every j, m, n, d and every σ"),
            Check(Kind.SYMBOLIC, homogeneity, scope=GENERAL, general=True),
            Check(Kind.PROPERTY, torch_homogeneity, scope="torch, t = 2^-3 … 2^3"),
        ),
    ),
    Claim(
        id="taylor.initialization",
        title="The network starts at zero",
        statement=r"f(x;0) = 0",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"antisymmetric pairs: $w_{0,r+m/2} = w_{0,r}$, $a_{r+m/2} = -a_r$",),
        checks=(
            PROOFS.check("initialization", scope="every even m, every d and σ"),
            Check(Kind.SYMBOLIC, initialization, scope="every even m, every d and σ", general=True),
            Check(Kind.PROPERTY, torch_initialization, scope="torch, exactly 0.0, m ≤ 48"),
        ),
    ),
    Claim(
        id="taylor.remainder",
        title="Remainder of the second-order expansion",
        statement=r"|f - f_L - f_Q|(x;W) \le \frac{M_3}{6\sqrt m} \sum_r |w_r\cdot x|^3, \quad "
        r"M_3 = \sup|\sigma'''|",
        bound=UPPER,
        source=PAPER,
        assumptions=(
            r"$\sigma$ thrice differentiable with $M_3 < \infty$",
            r"$f(x;0) = 0$",
            r"$|a_r| \le 1$",
        ),
        depends_on=(
            "taylor.initialization",
            "taylor.linear-term",
            "taylor.quadratic-term",
            "activation.suprema",
        ),
        checks=(
            PROOFS.check("remainder", scope="the inequality itself, every m, d, a, w_0, W, x and σ"),
            Check(Kind.SYMBOLIC, remainder_form, scope="integral form, every m, d and σ", general=True),
            Check(Kind.PROPERTY, torch_remainder, scope="torch, M_3 as a rigorous ball, m ≤ 6"),
            attack_check(remainder, scope="W of one norm, x and w_0 at m = 12, d = 4", steps=60),
        ),
    ),
    Claim(
        id="control.quadratic-half",
        title="f_Q without its factor 1/2",
        statement=r"f_Q = \frac{1}{\sqrt m}\sum_r a_r\,\sigma''(w_{0,r}\cdot x)\,(w_r\cdot x)^2",
        bound=IDENTITY,
        source="control",
        control_of="taylor.quadratic-term",
        fault="factor 1/2 dropped",
        checks=(Check(Kind.SYMBOLIC, partial(definition, order=2, factor=2), scope=GENERAL, general=True),),
    ),
    Claim(
        id="control.homogeneity-degree",
        title="Homogeneity with the degree off by one",
        statement=r"f^{(j)}(x;tW) = t^{j+1} f^{(j)}(x;W)",
        bound=IDENTITY,
        source="control",
        control_of="taylor.homogeneity",
        fault="j replaced by j + 1",
        checks=(Check(Kind.SYMBOLIC, partial(homogeneity, shift=1), scope=GENERAL, general=True),),
    ),
    Claim(
        id="control.unpaired",
        title="Start at zero without opposite signs",
        statement=r"f(x;0) = 0 \text{ with } a_{r+m/2} = a_r",
        bound=IDENTITY,
        source="control",
        control_of="taylor.initialization",
        fault="the pairs have equal signs",
        checks=(Check(Kind.SYMBOLIC, partial(initialization, sign=1), scope=GENERAL, general=True),),
    ),
    Claim(
        id="control.remainder-constant",
        title="Remainder with 1/9 for 1/6",
        statement=r"|f - f_L - f_Q| \le \frac{M_3}{9\sqrt m} \sum_r |w_r\cdot x|^3",
        bound=UPPER,
        source="control",
        control_of="taylor.remainder",
        fault="constant smaller by a third",
        checks=(Check(Kind.PROPERTY, partial(torch_remainder, divisor=1.5), scope="torch, m ≤ 6"),),
    ),
    attack_control(
        remainder,
        factor=0.9,
        scope="W, x and w_0 at m = 12, d = 4",
        steps=60,
        id="control.attack-remainder",
        control_of="taylor.remainder",
        title="Remainder with 3/20 for 1/6",
        statement=r"|f - f_L - f_Q| \le \frac{3 M_3}{20\sqrt m} \sum_r |w_r\cdot x|^3",
        fault="constant smaller by a tenth: random signs and preactivations never add up so far",
    ),
)
