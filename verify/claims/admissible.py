"""Claims on the sphere coefficients of activations, and on which activations the theory admits."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import sympy as sp
import torch
from flint import arb
from hypothesis import strategies

from theory.activation import builtin, resolve
from theory.arithmetic import working_precision
from theory.gegenbauer import gegenbauer_coefficient, sincos_coefficient
from training.activation import activation
from training.sphere import harmonic_count
from verify.bound import IDENTITY, LOWER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.activation import PAPER, SIGMAS, z
from verify.claims.quadrature import coefficient, rule
from verify.claims.sphere import DIMENSIONS
from verify.claims.twins import ACTIVATIONS, ROUNDING, agree
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import ball, exact, measured
from verify.verdict import Kind

PREC = 200
# What the statements quantify over: the enclosures visit all of it.
IN_DIMENSIONS = rf"d \in \{{{', '.join(map(str, DIMENSIONS))}\}}"


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


def coefficients_in_torch(context: Context) -> Evidence:
    """μ_l(σ') from σ' and P_l of the training code by Gauss-Jacobi quadrature, against the closed form."""
    cases = strategies.fixed_dictionaries({"d": strategies.integers(3, 500), "l": strategies.integers(0, 6)})

    def test(case: dict[str, Any]) -> list[Comparison]:
        value, size = _mean("sincos", 1, case["l"], case["d"])
        twin = sincos_coefficient(case["l"], 1, case["d"], prec=PREC)
        return [agree(f"μ_{case['l']}(σ')", value, [twin], size=size, parameters=case)]

    return hold_property(context, cases, test, examples=context.pick(100, 400))


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
                compare(f"{label} of {name}", LOWER, ball(value), exact(0), strict=True, parameters=where)
                for label, value in balls.items()
            ]
    return from_comparisons(comparisons)


def admissible_in_torch(context: Context, *, names: tuple[str, ...] = ACTIVATIONS) -> Evidence:
    """λ_j > 0 and |μ_l(σ'')| > 0 from the training code by quadrature, beyond its rounding, and near the balls.

    An eigenvalue is compared in units of the sum of its own terms: E σ'² P_l² takes the place of μ_l² in them.
    """
    cases = strategies.fixed_dictionaries(
        {"activation": strategies.sampled_from(names), "d": strategies.sampled_from(DIMENSIONS)}
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        name, dimension = case["activation"], case["d"]
        found = builtin(name).admissibility(3, dimension)
        slopes = [_mean(name, 1, l, dimension) for l in range(5)]
        bends = [_mean(name, 2, l, dimension) for l in range(3)]
        compared = []
        for l, ((value, size), twin) in enumerate(zip(bends, found.curvature, strict=True)):
            share = abs(float(value)) / size
            compared.append(agree(f"μ_{l}(σ'')", value, [twin], size=size, parameters=case))
            compared.append(
                compare(
                    f"|μ_{l}(σ'')|", LOWER, measured(share), measured(ROUNDING), strict=True, parameters=case
                )
            )
        for j, twin in enumerate(found.eigenvalues):
            eigenvalue = _eigenvalue(j, dimension, [float(mean) ** 2 for mean, _ in slopes])
            size = _eigenvalue(j, dimension, [total**2 for _, total in slopes])
            ours = torch.tensor(eigenvalue, dtype=torch.float64)
            compared.append(agree(f"λ_{j}", ours, [twin], size=size, parameters=case))
            # The square of the rounding of a mean, since its square enters.
            threshold = measured(ROUNDING**2)
            compared.append(
                compare(f"λ_{j}", LOWER, measured(eigenvalue / size), threshold, strict=True, parameters=case)
            )
        return compared

    return hold_property(context, cases, test, examples=context.pick(40, 100))


def inadmissible(context: Context) -> Evidence:
    """The unshifted activations fail where their symmetry forces a coefficient to zero, and only there.

    The cosine has every curvature that k = 1 needs, and λ_1 = 0.
    """
    expected = {("tanh", 1): False, ("softplus", 1): True, ("gelu", 1): True, ("cos(z)", 1): False}
    expected |= {("softplus", 2): False, ("gelu", 2): False}
    comparisons = [
        _decision(name, k, dimension, expected=truth)
        for (name, k), truth in expected.items()
        for dimension in (3, 8, 100)
    ]
    return from_comparisons(comparisons)


def _decision(name: str, k: int, dimension: int, *, expected: bool) -> Comparison:
    """Whether the activation is admissible, as 1 or 0; an interval of both where that is undecided."""
    found = resolve(name).admissibility(k, dimension)
    decided = ball(arb(0.5, 0.5)) if found.admissible is None else exact(int(found.admissible))
    return compare(
        f"admissible: {name}, k = {k}, d = {dimension}",
        IDENTITY,
        decided,
        exact(int(expected)),
        reason="; ".join(found.reasons),
        parameters={"activation": name, "k": k, "d": dimension},
    )


def _mean(name: str, order: int, l: int, d: int) -> tuple[torch.Tensor, float]:
    """μ_l(σ^(order)) and the sum of its absolute terms; the poles of tanh and the logistic need many nodes."""
    nodes = 48 if name == "sincos" else 256
    values = activation(name).derivative(math.sqrt(d) * rule(d, nodes)[0], order)
    return coefficient(values, l, d, nodes=nodes)


def _eigenvalue(j: int, d: int, squares: list[float]) -> float:
    """λ_j of the infinite-width kernel from the squares of μ_l(σ')."""
    lower = (j + d - 3) / (2 * j + d - 4) * squares[j - 1] * harmonic_count(d, j - 1) if j else 0.0
    upper = (j + 1) / (2 * j + d) * squares[j + 1] * harmonic_count(d, j + 1)
    return d / harmonic_count(d, j) * (lower + upper)


CLAIMS = (
    Claim(
        id="activation.coefficients",
        title="Coefficients of the default activation",
        statement=r"\mathbb{E}\,\sigma'(z)\,P_l(z/\sqrt d) = \frac{\kappa_l\,d^{l/2}}{d(d+2)\cdots(d+2l-2)}\,"
        r"{}_0F_1\!\left(;\tfrac d2 + l;-\tfrac d4\right)(1 + \varepsilon), "
        r"\quad |\varepsilon| \le 10^{-25}, \quad \kappa_l = \sqrt2\cos\!\left(\tfrac{\pi}{4}(2l+1)\right), "
        r"\quad \sigma = \sin z + \cos z, "
        rf"\quad l \le 6, \quad {IN_DIMENSIONS}",
        bound=IDENTITY,
        source="this project",
        depends_on=("sphere.bessel", "sphere.recurrence"),
        checks=(
            Check(Kind.ENCLOSURE, coefficients, scope="d = 3…500 (seven values), l = 0…6", general=True),
            Check(Kind.PROPERTY, coefficients_in_torch, scope="torch, quadrature, d = 3…500, l = 0…6"),
        ),
    ),
    Claim(
        id="activation.admissible",
        title="The shifted activations are admissible",
        statement=r"\lambda_j > 0 \ (j \le k), \quad \mu_l(\sigma'') \ne 0 \ (l \le k-1), \quad k = 1, 2, 3, \quad "
        rf"\sigma = {SIGMAS}, \quad {IN_DIMENSIONS}",
        bound=LOWER,
        source=PAPER,
        depends_on=("activation.suprema", "activation.coefficients"),
        checks=(
            Check(
                Kind.ENCLOSURE, admissible, scope="d = 3…500 (seven values), four activations", general=True
            ),
            Check(Kind.PROPERTY, admissible_in_torch, scope="torch, quadrature, the same d and σ"),
        ),
    ),
    Claim(
        id="activation.inadmissible",
        title="Symmetry makes an activation inadmissible",
        statement=r"\tanh \text{ fails at } k = 1; \quad \mathrm{softplus}, \mathrm{GELU} \text{ fail at } k = 2; "
        r"\quad \cos \text{ fails at } k = 1, \text{ by } \lambda_1 = 0",
        bound=IDENTITY,
        source=PAPER,
        checks=(Check(Kind.SYMBOLIC, inadmissible, scope="parity argument, evaluated at d = 3, 8, 100"),),
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
