"""Claims on activations: derivatives, and suprema over the whole real line."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import sympy as sp
import torch
from flint import arb
from hypothesis import strategies

from theory.activation import builtin
from theory.arithmetic import compile_arb
from training.activation import activation, builtin_names
from verify.bound import IDENTITY, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.expressions import TEXTS, derivatives_of_expressions
from verify.claims.twins import ACTIVATIONS, agree
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import ball, measured
from verify.verdict import Kind

PAPER = "the assumptions on σ in Nichani, Bai, Lee 2022"
z = sp.Symbol("z", real=True)

# sup|σ^(j)| in closed form: the maxima of these derivatives are elementary, whatever the shift of z.
_ROOT = sp.sqrt(2)
SUPREMA = {
    "sincos": (_ROOT, _ROOT, _ROOT),
    "tanh-shift": (sp.Integer(1), 4 / (3 * sp.sqrt(3)), sp.Integer(2)),
    "erf-shift": (2 / sp.sqrt(sp.pi), 2 * _ROOT / sp.sqrt(sp.pi * sp.E), 4 / sp.sqrt(sp.pi)),
    "softplus-shift": (sp.Integer(1), sp.Rational(1, 4), sp.sqrt(3) / 18),
}

# What the statements quantify over: the enclosures visit all of it.
SIGMAS = (
    r"\sin z + \cos z,\ \tanh\!\left(z + \tfrac12\right),\ \mathrm{erf}\!\left(z + \tfrac12\right),\ "
    r"\log\!\left(1 + e^{z + 1/2}\right)"
)


def derivatives(context: Context, *, shift: int = 0) -> Evidence:
    """σ, σ', …, σ⁗ of the training code against SymPy's derivatives in ball arithmetic."""
    cases = strategies.fixed_dictionaries(
        {
            "activation": strategies.sampled_from(builtin_names()),
            "order": strategies.integers(0, 4),
            "z": strategies.lists(strategies.floats(-6, 6, allow_subnormal=False), min_size=1, max_size=4),
        }
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        name, order = case["activation"], case["order"]
        computed = activation(name).derivative(torch.tensor(case["z"], dtype=torch.float64), order + shift)
        twin = [_derivative(name, order)(arb(point)) for point in case["z"]]
        # The derivatives are of order one at 0 and may be tiny in the tails, where only their size at 0 matters.
        return [agree(f"σ^({order})", computed, twin, size=1.0, parameters=case)]

    return hold_property(context, cases, test, examples=context.pick(200, 1000))


def suprema(context: Context, *, factor: sp.Expr = sp.S.One) -> Evidence:
    """The enclosure of sup|σ^(j)| over the whole real line against the closed form."""
    comparisons = []
    for name, values in SUPREMA.items():
        for order, value in enumerate(values, start=1):
            comparisons.append(
                compare(
                    f"M_{order} of {name}",
                    IDENTITY,
                    ball(builtin(name).suprema(order)),
                    ball(compile_arb(factor * value, [], prec=128)()),
                    resolution=1e-6,
                    reason="branch and bound stops at a relative width of 1e-8",
                    parameters={"activation": name, "order": order},
                )
            )
    return from_comparisons(comparisons)


def suprema_attacked(context: Context) -> Evidence:
    """Hypothesis looks for a point where the training code's |σ^(j)| exceeds the enclosure."""
    cases = strategies.fixed_dictionaries(
        {
            "activation": strategies.sampled_from(ACTIVATIONS),
            "order": strategies.integers(1, 3),
            "z": strategies.floats(-30, 30),
        }
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        point = torch.tensor([case["z"]], dtype=torch.float64)
        value = abs(float(activation(case["activation"]).derivative(point, case["order"])))
        return [
            compare(
                f"|σ^({case['order']})| of {case['activation']}",
                UPPER,
                measured(value),
                ball(builtin(case["activation"]).suprema(case["order"])),
                resolution=1e-7,
                reason="the enclosure has a relative width of 1e-8, the torch value an error of 1e-15",
                parameters=case,
            )
        ]

    return hold_property(context, cases, test, examples=context.pick(300, 3000))


@cache
def _derivative(name: str, order: int) -> Any:
    function = builtin(name)
    return compile_arb(function.derivative(order), [function.variable], prec=192)


CLAIMS = (
    Claim(
        id="activation.derivatives",
        title="Derivatives of the activations",
        statement=r"\sigma^{(j)} \text{ in the training code is the } j\text{-th derivative}, \quad 0 \le j \le 4",
        bound=IDENTITY,
        source="this project",
        checks=(
            Check(Kind.PROPERTY, derivatives, scope="torch, every built-in activation, |z| ≤ 6"),
            Check(
                Kind.PROPERTY,
                derivatives_of_expressions,
                scope=f"torch, {len(TEXTS)} expressions as a user may write them, |z| ≤ 2",
            ),
        ),
    ),
    Claim(
        id="activation.suprema",
        title="Bounds on the derivatives",
        statement=r"\left|\sup_{\mathbb{R}} |\sigma^{(j)}| - M_j\right| \le 10^{-6}, \quad (M_1, M_2, M_3) = "
        r"\left(\sqrt2, \sqrt2, \sqrt2\right), \left(1, \tfrac{4}{3\sqrt3}, 2\right), \left(\tfrac{2}{\sqrt\pi}, "
        r"\tfrac{2\sqrt2}{\sqrt{\pi e}}, \tfrac{4}{\sqrt\pi}\right), \left(1, \tfrac14, \tfrac{\sqrt3}{18}\right) "
        rf"\text{{ for }} \sigma = {SIGMAS}",
        bound=IDENTITY,
        source=PAPER,
        depends_on=("activation.derivatives",),
        checks=(
            Check(
                Kind.ENCLOSURE,
                suprema,
                scope="the whole real line with a tail argument, four activations",
                general=True,
            ),
            Check(Kind.PROPERTY, suprema_attacked, scope="torch, |z| ≤ 30, four activations"),
        ),
    ),
    Claim(
        id="control.derivative-order",
        title="σ'' in the place of σ'",
        statement=r"\sigma^{(j+1)} = \sigma^{(j)}",
        bound=IDENTITY,
        source="control",
        control_of="activation.derivatives",
        fault="derivative order shifted by one",
        checks=(
            Check(Kind.PROPERTY, partial(derivatives, shift=1), scope="torch, every built-in activation"),
        ),
    ),
    Claim(
        id="control.suprema",
        title="Bounds one percent too small",
        statement=r"M_j = 0.99\,\sup|\sigma^{(j)}|",
        bound=IDENTITY,
        source="control",
        control_of="activation.suprema",
        fault="factor 0.99",
        checks=(
            Check(
                Kind.ENCLOSURE,
                partial(suprema, factor=sp.Rational(99, 100)),
                scope="the whole real line, four activations",
            ),
        ),
    ),
)
