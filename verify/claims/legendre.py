"""Claims on the Legendre polynomials in dimension d: recurrence, normalisation, orthogonality."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import sympy as sp
import torch
from flint import arb
from hypothesis import strategies

from theory import sphere
from theory.arithmetic import compile_arb
from training import sphere as torch_sphere
from verify.bound import IDENTITY, Comparison
from verify.claim import Check, Claim, Context
from verify.claims.formal_gegenbauer import PROOFS
from verify.claims.formal_moments import BY_DENSITY
from verify.claims.formal_moments import PROOFS as MOMENTS
from verify.claims.quadrature import coefficient, rule
from verify.claims.sphere import CLASSICAL, DIMENSIONS, IN_D, TOP, d
from verify.claims.twins import agree
from verify.evidence import Evidence
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.verdict import Kind

u = sp.Symbol("u")
IN_DEGREES = rf"0 \le l \le {TOP}"
QUADRATURE = "torch polynomials, Gauss-Jacobi quadrature"


def recurrence(context: Context, *, shift: int = 0) -> Evidence:
    """The three-term recurrence against the explicit Gegenbauer sum, every coefficient a function of d."""
    pairs = [
        Identity(f"P_{l}", sphere.P(l, u, d), sphere.P_gegenbauer(l, u, d + shift)) for l in range(TOP + 1)
    ]
    return prove(pairs, seed=context.seed)


def recurrence_in_torch(context: Context) -> Evidence:
    """P_l as the torch code evaluates it, against the explicit Gegenbauer sum in ball arithmetic."""
    cases = strategies.fixed_dictionaries(
        {
            "l": strategies.integers(0, TOP),
            "d": strategies.sampled_from(DIMENSIONS),
            "u": strategies.lists(strategies.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=4),
        }
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        twin = compile_arb(sphere.P_gegenbauer(case["l"], u, sp.Integer(case["d"])), [u], prec=192)
        computed = torch_sphere.gegenbauer(case["l"], case["d"], torch.tensor(case["u"], dtype=torch.float64))
        # |P_l| <= 1 on [-1, 1] and the recurrence is stable there, so the terms have size 1.
        return [agree("P_l(u)", computed, [twin(arb(x)) for x in case["u"]], size=1.0, parameters=case)]

    return hold_property(context, cases, test, examples=context.pick(100, 400))


def value_at_one(context: Context) -> Evidence:
    """P_l(1) = 1 by both routes: the normalised Gegenbauer sum and the recurrence."""
    one = sp.Integer(1)
    pairs = [Identity(f"P_{l}(1)", sphere.P_gegenbauer(l, one, d), one) for l in range(TOP + 1)]
    pairs += [Identity(f"P_{l}(1) by recurrence", sphere.P(l, one, d), one) for l in range(TOP + 1)]
    return prove(pairs, seed=context.seed)


def value_at_one_in_torch(context: Context) -> Evidence:
    """The torch polynomials at 1, in dimensions that are drawn."""
    cases = strategies.fixed_dictionaries(
        {"l": strategies.integers(0, TOP), "d": strategies.integers(3, 10_000)}
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        computed = torch_sphere.gegenbauer(case["l"], case["d"], torch.ones(1, dtype=torch.float64))
        return [agree("P_l(1)", computed, [arb(1)], parameters=case)]

    return hold_property(context, cases, test, examples=context.pick(100, 400))


def orthogonality(context: Context, *, factor: int = 1) -> Evidence:
    """E P_j P_l from the moments, every pair j <= l <= 6."""
    pairs = []
    for j in range(7):
        for l in range(j, 7):
            left, right = sphere.orthogonality(j, l, d)
            pairs.append(Identity(f"E P_{j} P_{l}", left, factor * right))
    return prove(pairs, seed=context.seed)


def orthogonality_in_torch(context: Context) -> Evidence:
    """E P_j P_l √(B_j B_l) = δ_{jl} for the torch polynomials, by quadrature."""
    degrees = strategies.integers(0, 6)
    cases = strategies.fixed_dictionaries({"j": degrees, "l": degrees, "d": strategies.integers(3, 500)})

    def test(case: dict[str, Any]) -> list[Comparison]:
        j, l, dimension = case["j"], case["l"], case["d"]
        values = torch_sphere.gegenbauer(j, dimension, rule(dimension)[0])
        scale = math.sqrt(
            sphere.B(sp.Integer(dimension), j) * sphere.harmonic_dimension(sp.Integer(dimension), l)
        )
        mean = coefficient(values, l, dimension)[0] * scale
        # By Cauchy-Schwarz the sum of the absolute terms is at most 1.
        return [agree("√(B_j B_l) E P_j P_l", mean, [arb(int(j == l))], size=1.0, parameters=case)]

    return hold_property(context, cases, test, examples=context.pick(100, 400))


CLAIMS = (
    Claim(
        id="sphere.recurrence",
        title="Legendre polynomials in dimension d",
        statement=r"(l+d-2)\,P_{l+1}(u) = (2l+d-2)\,u\,P_l(u) - l\,P_{l-1}(u), \quad "
        r"P_l = \frac{C_l^{(d/2-1)}}{C_l^{(d/2-1)}(1)}, \quad " + IN_DEGREES,
        bound=IDENTITY,
        source=CLASSICAL,
        checks=(
            Check(Kind.SYMBOLIC, recurrence, scope=f"{IN_D}, l = 0…8", general=True),
            Check(Kind.PROPERTY, recurrence_in_torch, scope="torch, d = 3…500, l = 0…8"),
            PROOFS.check(
                "recurrence",
                scope=f"{IN_D}, every l, for the polynomials that start with 1 and u; not the Gegenbauer sum",
                general=False,
            ),
            PROOFS.check("first_degrees", scope="P_0 = 1 and P_1 = u", general=False),
        ),
    ),
    Claim(
        id="sphere.value-at-one",
        title="Normalisation",
        statement=rf"P_l(1) = 1, \quad {IN_DEGREES}",
        bound=IDENTITY,
        source=CLASSICAL,
        depends_on=("sphere.recurrence",),
        checks=(
            Check(Kind.SYMBOLIC, value_at_one, scope=f"{IN_D}, l = 0…8", general=True),
            Check(Kind.PROPERTY, value_at_one_in_torch, scope="torch, d = 3…10000, l = 0…8"),
            PROOFS.check("value_at_one", scope=f"{IN_D}, every l, P_l by its recurrence"),
        ),
    ),
    Claim(
        id="sphere.orthogonality",
        title="Orthogonality",
        statement=r"\mathbb{E}\,P_j(z/\sqrt d)\,P_l(z/\sqrt d) = \frac{\delta_{jl}}{B(d,l)}, \quad j, l \le 6",
        bound=IDENTITY,
        source=CLASSICAL,
        depends_on=("sphere.moments", "sphere.recurrence", "sphere.counting"),
        checks=(
            Check(Kind.SYMBOLIC, orthogonality, scope=f"{IN_D}, j, l = 0…6", general=True),
            Check(Kind.PROPERTY, orthogonality_in_torch, scope=f"{QUADRATURE}, d = 3…500, j, l = 0…6"),
            MOMENTS.check("orthogonality_from_moments", scope=f"{IN_D}, all j and l, from the moments alone"),
            MOMENTS.check("orthogonality", scope=f"{BY_DENSITY}: all j and l", general=False),
        ),
    ),
    Claim(
        id="control.orthogonality-factor",
        title="Orthogonality with a factor 2",
        statement=r"\mathbb{E}\,P_l(z/\sqrt d)^2 = \frac{2}{B(d,l)}",
        bound=IDENTITY,
        source="control",
        control_of="sphere.orthogonality",
        fault="factor 2",
        checks=(Check(Kind.SYMBOLIC, partial(orthogonality, factor=2), scope=IN_D, general=True),),
    ),
)
