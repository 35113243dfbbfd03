"""Claims on activations: derivatives, suprema over the whole real line, coefficients, admissibility."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import sympy as sp
import torch
from flint import arb
from hypothesis import strategies

from theory.activation import builtin
from theory.arithmetic import compile_arb, working_precision
from theory.gegenbauer import gegenbauer_coefficient, sincos_coefficient
from training.activation import activation, builtin_names
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.twins import ACTIVATIONS, agree
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import ball, exact, measured
from verify.verdict import Kind

PAPER = "the assumptions on σ in Nichani, Bai, Lee 2022"
z = sp.Symbol("z", real=True)
PREC = 200
DIMENSIONS = (3, 4, 5, 8, 20, 100, 500)

# sup|σ^(j)| in closed form: the maxima of these derivatives are elementary, whatever the shift of z.
_ROOT = sp.sqrt(2)
SUPREMA = {
    "sincos": (_ROOT, _ROOT, _ROOT),
    "tanh-shift": (sp.Integer(1), 4 / (3 * sp.sqrt(3)), sp.Integer(2)),
    "erf-shift": (2 / sp.sqrt(sp.pi), 2 * _ROOT / sp.sqrt(sp.pi * sp.E), 4 / sp.sqrt(sp.pi)),
    "softplus-shift": (sp.Integer(1), sp.Rational(1, 4), sp.sqrt(3) / 18),
}


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


def coefficients(context: Context, *, shift: int = 0) -> Evidence:
    """μ_l(σ') of sin + cos by rigorous quadrature against the closed form by 0F1."""
    comparisons = []
    for dimension in DIMENSIONS:
        for l in range(7):
            integral = gegenbauer_coefficient(sp.cos(z) - sp.sin(z), z, l, dimension, prec=PREC)
            closed = sincos_coefficient(l + shift, 1, dimension, prec=PREC)
            with working_precision(PREC):
                gap = integral / closed - 1
            comparisons.append(
                compare(
                    f"μ_{l}(σ') at d = {dimension}",
                    IDENTITY,
                    ball(gap),
                    exact(0),
                    resolution=1e-25,
                    reason=f"both balls have a relative radius below 1e-30 at {PREC} bits",
                    parameters={"d": dimension, "l": l},
                )
            )
    return from_comparisons(comparisons)


def admissible(context: Context, *, names: tuple[str, ...] = ACTIVATIONS) -> Evidence:
    """λ_j > 0 for j <= 3 and |μ_l(σ'')| > 0 for l <= 2 as balls, and the decision for k = 1, 2, 3."""
    comparisons = []
    for name in names:
        for dimension in DIMENSIONS:
            where = {"activation": name, "d": dimension}
            for k in (1, 2, 3):
                comparisons.append(_decision(name, k, dimension, expected=True))
            found = builtin(name).admissibility(3, dimension)
            balls = {f"λ_{j}": value for j, value in enumerate(found.eigenvalues)}
            balls |= {f"|μ_{l}(σ'')|": abs(value) for l, value in enumerate(found.curvature)}
            comparisons += [
                compare(f"{label} of {name}", LOWER, ball(value), exact(0), parameters=where)
                for label, value in balls.items()
            ]
    return from_comparisons(comparisons)


def inadmissible(context: Context) -> Evidence:
    """The unshifted activations fail where their symmetry forces a coefficient to zero, and only there."""
    expected = {("tanh", 1): False, ("softplus", 1): True, ("gelu", 1): True}
    expected |= {("softplus", 2): False, ("gelu", 2): False}
    comparisons = [
        _decision(name, k, dimension, expected=truth)
        for (name, k), truth in expected.items()
        for dimension in (3, 8, 100)
    ]
    return from_comparisons(comparisons)


def _decision(name: str, k: int, dimension: int, *, expected: bool) -> Comparison:
    """Whether the activation is admissible, as 1 or 0; an interval of both where that is undecided."""
    found = builtin(name).admissibility(k, dimension)
    decided = ball(arb(0.5, 0.5)) if found.admissible is None else exact(int(found.admissible))
    return compare(
        f"admissible: {name}, k = {k}, d = {dimension}",
        IDENTITY,
        decided,
        exact(int(expected)),
        reason="; ".join(found.reasons),
        parameters={"activation": name, "k": k, "d": dimension},
    )


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
        checks=(Check(Kind.PROPERTY, derivatives, scope="torch, every built-in activation, |z| ≤ 6"),),
    ),
    Claim(
        id="activation.suprema",
        title="Bounds on the derivatives",
        statement=r"M_j = \sup_{\mathbb{R}} |\sigma^{(j)}| < \infty, \quad j = 1, 2, 3",
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
        id="activation.coefficients",
        title="Coefficients of the default activation",
        statement=r"\mu_l(\sigma') = \mathbb{E}\,\sigma'(z)\,P_l(z/\sqrt d) \text{ in closed form by } {}_0F_1, "
        r"\quad \sigma = \sin + \cos,\ l \le 6",
        bound=IDENTITY,
        source="this project",
        depends_on=("sphere.bessel", "sphere.recurrence"),
        checks=(Check(Kind.ENCLOSURE, coefficients, scope="d = 3…500, l = 0…6"),),
    ),
    Claim(
        id="activation.admissible",
        title="The shifted activations are admissible",
        statement=r"\lambda_j > 0 \ (j \le k), \quad \mu_l(\sigma'') \ne 0 \ (l \le k-1), \quad k = 1, 2, 3",
        bound=LOWER,
        source=PAPER,
        depends_on=("activation.suprema", "activation.coefficients"),
        checks=(
            Check(
                Kind.ENCLOSURE, admissible, scope="d = 3…500 (seven values), four activations", general=True
            ),
        ),
    ),
    Claim(
        id="activation.inadmissible",
        title="Symmetry makes an activation inadmissible",
        statement=r"\tanh \text{ fails at } k = 1; \quad \mathrm{softplus}, \mathrm{GELU} \text{ fail at } k = 2",
        bound=IDENTITY,
        source=PAPER,
        checks=(Check(Kind.SYMBOLIC, inadmissible, scope="parity argument, evaluated at d = 3, 8, 100"),),
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
    Claim(
        id="control.coefficient-index",
        title="Coefficients with the index shifted by one",
        statement=r"\mu_{l+1}(\sigma') = \mu_l(\sigma')",
        bound=IDENTITY,
        source="control",
        control_of="activation.coefficients",
        fault="index l shifted by one",
        checks=(Check(Kind.ENCLOSURE, partial(coefficients, shift=1), scope="d = 3…500, l = 0…6"),),
    ),
    Claim(
        id="control.tanh-admissible",
        title="tanh claimed admissible",
        statement=r"\sigma = \tanh \text{ satisfies the assumptions for } k = 1, 2, 3",
        bound=LOWER,
        source="control",
        control_of="activation.admissible",
        fault="tanh is odd, so λ_0 = 0 and μ_0(σ'') = 0",
        checks=(
            Check(Kind.ENCLOSURE, partial(admissible, names=("tanh",)), scope="d = 3…500 (seven values)"),
        ),
    ),
)
