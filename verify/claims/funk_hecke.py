"""Claims on means against a Legendre polynomial: addition formula, Funk-Hecke formula, expansion."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp
import torch
from flint import arb
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from theory import sphere
from theory.arithmetic import compile_arb
from training import sphere as torch_sphere
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.legendre import QUADRATURE
from verify.claims.quadrature import coefficient, rule
from verify.claims.sphere import CLASSICAL, IN_D, d
from verify.claims.twins import agree
from verify.evidence import Evidence, from_comparisons
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import ball, measured
from verify.statistics import ALPHA, mean_interval
from verify.verdict import Kind

u, z, c = sp.Symbol("u"), sp.Symbol("z", real=True), sp.Symbol("c")


def addition(context: Context, *, shift: int = 0) -> Evidence:
    """The addition formula, by rotating the plane of x and y onto two coordinates: d and x·y symbolic."""
    pairs = []
    for l in range(6):
        left, right = sphere.addition_formula(l, d, c)
        right = right * sphere.B(d, l) / sphere.B(d + shift, l)
        pairs.append(Identity(f"l = {l}", left, right))
    return prove(pairs, seed=context.seed)


def addition_by_sampling(context: Context) -> Evidence:
    """The addition formula for the sampler of the weights: a mean over w in torch."""
    count = context.pick(200_000, 2_000_000)
    comparisons = []
    dimension = 6
    generator = torch_sphere.generator(context.seed, "addition")
    W = torch_sphere.sample_sphere(count, dimension, radius=1.0, generator=generator)
    X = torch_sphere.sample_sphere(2, dimension, radius=1.0, generator=generator)
    cosine = float(X[0] @ X[1])
    for l in range(1, 5):
        values = [torch_sphere.gegenbauer(l, dimension, W @ x) for x in X]
        mean = mean_interval((values[0] * values[1]).numpy(), alpha=ALPHA / 4)
        twin = compile_arb(sphere.P(l, u, sp.Integer(dimension)) / sphere.B(sp.Integer(dimension), l), [u])
        half = mean.upper - mean.value
        comparisons.append(
            compare(
                f"E P_{l} P_{l}",
                IDENTITY,
                measured(mean.value),
                ball(twin(arb(cosine))),
                resolution=half,
                reason="half-width of the Student interval at the declared false-alarm rate",
                parameters={"d": dimension, "l": l, "N": count},
            )
        )
    rates = {
        "alpha": ALPHA,
        "power": 0.99,
        "smallest_fault": 2 * max(each.resolution for each in comparisons),
    }
    return from_comparisons(comparisons, error_rates=rates)


def funk_hecke(context: Context) -> Evidence:
    """The Funk-Hecke formula for every monomial z^p, p <= 5, hence for every polynomial of that degree."""
    pairs = [
        Identity(f"g = z^{p}, l = {l}", *sphere.funk_hecke(z**p, z, l, d, c))
        for p in range(6)
        for l in range(5)
    ]
    return prove(pairs, seed=context.seed)


def funk_hecke_in_torch(context: Context) -> Evidence:
    """The torch polynomials under a product rule over the plane of x and β, for random g and angles.

    With w·x = √d s and β·w = c s + √(1-c²) √(1-s²) t, the coordinate t is that of a sphere of one dimension less.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        l, dimension, cosine = case["l"], case["d"], case["c"]
        (s, weights), (t, inner) = rule(dimension), rule(dimension - 1)
        g = _polynomial(case["g"], s)
        planar = cosine * s[:, None] + math.sqrt(1 - cosine**2) * (1 - s[:, None] ** 2).sqrt() * t
        terms = (weights * g)[:, None] * inner * torch_sphere.gegenbauer(l, dimension, planar)
        mu = coefficient(g, l, dimension)[0]
        at = torch_sphere.gegenbauer(l, dimension, torch.tensor(cosine, dtype=torch.float64))
        stated = [arb(float(mu * at))]
        return [agree("E g P_l", terms.sum(), stated, size=float(terms.abs().sum()), parameters=case)]

    return hold_property(context, _polynomials(5, 4), test, examples=context.pick(100, 400))


def reproduction(context: Context) -> Evidence:
    """The expansion of every monomial of degree <= 6, hence of every polynomial of that degree."""
    pairs = [Identity(f"g = z^{p}", *sphere.reproduce(z**p, z, d)) for p in range(7)]
    return prove(pairs, seed=context.seed)


def reproduction_in_torch(context: Context) -> Evidence:
    """The expansion of random polynomials in the torch polynomials, with coefficients by quadrature."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        dimension = case["d"]
        g = _polynomial(case["g"], rule(dimension)[0])
        point = torch.tensor([case["c"]], dtype=torch.float64)
        terms = torch.stack(
            [
                coefficient(g, l, dimension)[0]
                * torch_sphere.harmonic_count(dimension, l)
                * torch_sphere.gegenbauer(l, dimension, point)
                for l in range(7)
            ]
        )
        # The coefficients are means of terms of the size of g, and B(d,l) P_l amplifies their rounding.
        size = sum(
            coefficient(g, l, dimension)[1]
            * torch_sphere.harmonic_count(dimension, l)
            * float(torch_sphere.gegenbauer(l, dimension, point).abs())
            for l in range(7)
        )
        twin = sum((arb(weight) * arb(case["c"]) ** power for power, weight in enumerate(case["g"])), arb(0))
        return [agree("Σ μ_l B P_l", terms.sum(dim=0), [twin], size=size, parameters=case)]

    return hold_property(context, _polynomials(6, 0), test, examples=context.pick(100, 400))


def _polynomials(degree: int, top: int) -> SearchStrategy[dict[str, Any]]:
    """Draws g as coefficients in z/√d, a degree l <= top, a dimension and the cosine of an angle."""
    entry = strategies.integers(-8, 8)
    return strategies.fixed_dictionaries(
        {
            "g": strategies.lists(entry, min_size=1, max_size=degree + 1).filter(any),
            "l": strategies.integers(0, top),
            "d": strategies.integers(3, 200),
            "c": strategies.floats(-1, 1, allow_subnormal=False),
        }
    )


def _polynomial(weights: list[int], s: Tensor) -> Tensor:
    return sum((weight * s**power for power, weight in enumerate(weights)), torch.zeros_like(s))


CLAIMS = (
    Claim(
        id="sphere.addition",
        title="Addition formula",
        statement=r"\mathbb{E}_w\,P_l(w\cdot x/\sqrt d)\,P_l(w\cdot y/\sqrt d) = \frac{P_l(x\cdot y/d)}{B(d,l)}, "
        r"\quad l \le 5",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(r"$w$ uniform on the unit sphere; here $x, y$ have norm $\sqrt d$",),
        depends_on=("sphere.moments", "sphere.recurrence", "sphere.counting"),
        checks=(
            Check(Kind.SYMBOLIC, addition, scope=f"{IN_D}, every angle, l = 0…5", general=True),
            Check(Kind.STATISTICAL, addition_by_sampling, scope="torch sampler, d = 6, l = 1…4"),
        ),
    ),
    Claim(
        id="sphere.funk-hecke",
        title="Funk-Hecke formula",
        statement=r"\mathbb{E}_w\,g(w\cdot x)\,P_l(\beta\cdot w) = \mu_l(g)\,P_l(\beta\cdot x/\sqrt d), \quad "
        r"\mu_l(g) = \mathbb{E}\,g(z)\,P_l(z/\sqrt d), \quad \deg g \le 5,\ l \le 4",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(r"$\|\beta\| = 1$, $\|x\| = \sqrt d$",),
        depends_on=("sphere.addition",),
        checks=(
            Check(Kind.SYMBOLIC, funk_hecke, scope=f"{IN_D}, every angle", general=True),
            Check(Kind.PROPERTY, funk_hecke_in_torch, scope=f"{QUADRATURE}, d = 3…200"),
        ),
    ),
    Claim(
        id="sphere.expansion",
        title="Expansion in Legendre polynomials",
        statement=r"g(z) = \sum_l \mu_l(g)\,B(d,l)\,P_l(z/\sqrt d), \quad \deg g \le 6",
        bound=IDENTITY,
        source=CLASSICAL,
        depends_on=("sphere.orthogonality",),
        checks=(
            Check(Kind.SYMBOLIC, reproduction, scope=f"{IN_D}, deg g = 0…6", general=True),
            Check(Kind.PROPERTY, reproduction_in_torch, scope=f"{QUADRATURE}, d = 3…200"),
        ),
    ),
)
