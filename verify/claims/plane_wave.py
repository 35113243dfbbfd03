"""Claims on the mean of a plane wave over the sphere, E cos(v·x) = j(‖v‖²), and on its vector moments."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import sympy as sp
import torch
from flint import arb
from hypothesis import strategies

from theory import bessel
from theory.arithmetic import compile_arb, working_precision
from theory.gegenbauer import gegenbauer_coefficient
from training.covariance import sphere_cosine
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.formal_constants import PROOFS
from verify.claims.sphere import CLASSICAL, DIMENSIONS, IN_D, d, z
from verify.claims.twins import agree
from verify.evidence import Evidence, from_comparisons
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import ball
from verify.verdict import Kind

s = sp.Symbol("s", positive=True)
LENGTHS = (sp.Rational(1, 2), sp.Integer(1), sp.Integer(2), sp.Integer(4))  # of v
PREC = 160
AT = "d = 3…500 (seven values), ‖v‖ = 1/2, 1, 2, 4"


def bessel_series(context: Context, *, factor: int = 1) -> Evidence:
    """Both power series agree at 0 and in every ratio of neighbours, p symbolic: so in every coefficient."""
    start, ratio = bessel.ball_induction(d)
    labels = ("coefficient of s^0", "ratio of the coefficients of s^{p+1} and s^p")
    pairs = [
        Identity(label, left, factor * right)
        for label, (left, right) in zip(labels, (start, ratio), strict=True)
    ]
    return prove(pairs, seed=context.seed)


def bessel_by_integration(context: Context, *, shift: int = 0) -> Evidence:
    """J by 0F1 against rigorous integration of cos(‖v‖z) over the density."""
    return _integrals({"E cos(v·x)": lambda r, dimension: (sp.cos(r * z), _wave(0, dimension + shift)(r**2))})


def bessel_derivatives(context: Context) -> Evidence:
    """E sin(v·x) x and E cos(v·x) x xᵀ from j by differentiating under the expectation, entry by entry."""
    names = ("E sin(v·x) x_i", "E cos(v·x) x_i²", "E cos(v·x) x_i x_k")
    pairs = [Identity(name, *pair) for name, pair in zip(names, bessel.ball_derivatives(d), strict=True)]
    return prove(pairs, seed=context.seed)


def moments_by_integration(context: Context, *, sign: int = -1) -> Evidence:
    """The moments along v and across it against rigorous integration over z = v·x/‖v‖.

    Across v, E cos(v·x) x_⊥² is the mean of cos(‖v‖z) (d - z²)/(d-1) by symmetry; the mixed entries follow from
    these two by rotating v.
    """

    def first(r: sp.Expr, dimension: int) -> arb:
        return _wave(1, dimension)(r**2)

    def along(r: sp.Expr, dimension: int) -> arb:
        length = arb(str(float(r)))  # exact: the lengths are dyadic
        return sign * (2 * first(r, dimension) + 4 * length**2 * _wave(2, dimension)(r**2))

    return _integrals(
        {
            "E sin(v·x) v·x/‖v‖": lambda r, n: (
                z * sp.sin(r * z),
                sign * 2 * first(r, n) * arb(str(float(r))),
            ),
            "E cos(v·x) (v·x/‖v‖)²": lambda r, n: (z**2 * sp.cos(r * z), along(r, n)),
            "E cos(v·x) x_⊥²": lambda r, n: (
                (n - z**2) / (n - 1) * sp.cos(r * z),
                sign * 2 * first(r, n),
            ),
        }
    )


def cosine_in_torch(context: Context) -> Evidence:
    """j, j' and j'' as the exact covariance of the training code evaluates them, against balls."""
    cases = strategies.fixed_dictionaries(
        {
            "d": strategies.integers(3, 800),
            "s": strategies.lists(strategies.floats(0, 16, allow_subnormal=False), min_size=1, max_size=4),
        }
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        computed = sphere_cosine(np.array(case["s"]), case["d"])
        return [
            agree(
                f"j^({order})(s)",
                torch.from_numpy(values),
                [_wave(order, case["d"])(arb(point)) for point in case["s"]],
                # The values at 0, which bound all others: 1, 1/2 and below 1/4.
                size=0.5**order,
                parameters=case,
            )
            for order, values in enumerate(computed)
        ]

    return hold_property(context, cases, test, examples=context.pick(100, 400))


def _integrals(rows: dict[str, Callable[[sp.Expr, int], tuple[sp.Expr, arb]]]) -> Evidence:
    """Each row gives an integrand in z and the stated mean, at a length of v and a dimension."""
    comparisons = []
    for dimension in DIMENSIONS:
        for length in LENGTHS:
            for label, row in rows.items():
                with working_precision(PREC):
                    integrand, stated = row(length, dimension)
                    integral = gegenbauer_coefficient(integrand, z, 0, dimension, prec=PREC)
                comparisons.append(
                    compare(
                        label,
                        IDENTITY,
                        ball(integral),
                        ball(stated),
                        resolution=1e-14,
                        reason="both balls are narrower than 1e-25; their ends are rounded to floats",
                        parameters={"d": dimension, "‖v‖": str(length)},
                    )
                )
    return from_comparisons(comparisons)


@cache
def _wave(order: int, dimension: int) -> Callable[..., arb]:
    return compile_arb(sp.diff(bessel.ball(s, sp.Integer(dimension)), s, order), [s], prec=192)


CLAIMS = (
    Claim(
        id="sphere.bessel",
        title="Mean of a plane wave",
        statement=r"\mathbb{E}\cos(v\cdot x) = j(\|v\|^2), \quad "
        r"j(s) = {}_0F_1\!\left(;\tfrac d2;-\tfrac{d\,s}{4}\right)",
        bound=IDENTITY,
        source=CLASSICAL,
        depends_on=("sphere.moments",),
        checks=(
            Check(Kind.SYMBOLIC, bessel_series, scope=f"{IN_D}, every coefficient", general=True),
            Check(Kind.ENCLOSURE, bessel_by_integration, scope=AT),
            PROOFS.check(
                "F01_sphere_mean_3",
                scope="d = 3, where v·x/‖v‖ is uniform on [-√3, √3]; every v ≠ 0",
                general=False,
            ),
        ),
    ),
    Claim(
        id="sphere.bessel-moments",
        title="Vector moments of a plane wave",
        statement=r"\mathbb{E}\sin(v\cdot x)\,x = -2j'(s)\,v, \quad "
        r"\mathbb{E}\cos(v\cdot x)\,xx^\top = -\left(2j'(s)\,I + 4j''(s)\,vv^\top\right), \quad s = \|v\|^2",
        bound=IDENTITY,
        source="this project",
        depends_on=("sphere.bessel",),
        checks=(
            Check(Kind.SYMBOLIC, bessel_derivatives, scope=f"{IN_D}, every v and every entry", general=True),
            Check(Kind.ENCLOSURE, moments_by_integration, scope=AT),
            Check(Kind.PROPERTY, cosine_in_torch, scope="torch: j, j', j'' for d = 3…800, s ≤ 16"),
        ),
    ),
    Claim(
        id="control.bessel-dimension",
        title="Mean of a plane wave with the dimension shifted by one",
        statement=r"\mathbb{E}\cos(v\cdot x) = {}_0F_1\!\left(;\tfrac{d+1}2;-\tfrac{(d+1)\,s}{4}\right)",
        bound=IDENTITY,
        source="control",
        control_of="sphere.bessel",
        fault="d replaced by d + 1",
        checks=(Check(Kind.ENCLOSURE, partial(bessel_by_integration, shift=1), scope=AT),),
    ),
)
