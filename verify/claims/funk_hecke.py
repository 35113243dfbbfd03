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
from training.harmonic import Harmonics, RidgeMoments, ridge_coefficients
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
from verify.statistics import STUDENT, error_rates, mean_interval
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
        mean = mean_interval((values[0] * values[1]).numpy(), alpha=context.alpha / 4)
        twin = compile_arb(sphere.P(l, u, sp.Integer(dimension)) / sphere.B(sp.Integer(dimension), l), [u])
        half = mean.upper - mean.value
        comparisons.append(
            compare(
                f"E P_{l} P_{l}",
                IDENTITY,
                measured(mean.value),
                ball(twin(arb(cosine))),
                resolution=half,
                reason=STUDENT,
                parameters={"d": dimension, "l": l, "N": count},
            )
        )
    return from_comparisons(comparisons, error_rates=error_rates(context, comparisons))


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


def vector_moments_in_torch(context: Context) -> Evidence:
    """E g(w·x) x P_l(γ·x/√d) in torch against SymPy's exact means over the plane of w and γ, for polynomials g.

    With γ = c w + s v the mean lies in that plane: its parts along w and v are means of g(p) p P_l and g(p) q P_l,
    where (p, q) are two coordinates of x.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        l, dimension, at = case["l"], case["d"], sp.Integer(case["d"])
        cosine, sine = sp.Rational(case["c"], 5), sp.Rational(case["s"], 5)
        p, q = sp.symbols("p q", real=True)
        g = sum((power * p**i for i, power in enumerate(case["g"])), sp.Integer(0))
        zonal = sphere.P(l, (cosine * p + sine * q) / sp.sqrt(at), at)
        stated = [
            compile_arb(sphere.expect_plane(sp.expand(g * each * zonal), p, q, at), [p], prec=192)(arb(0))
            for each in (p, q)
        ]
        w, v = torch.eye(dimension, dtype=torch.float64)[:2]
        gamma = float(cosine) * w + float(sine) * v
        values = ridge_coefficients(lambda z: _power_sum(case["g"], z), dimension, l + 1)
        zonals = Harmonics(l, gamma[None], torch.ones(1, 1, dtype=torch.float64))
        moments = RidgeMoments(zonals, w[None], values[max(l - 1, 0)], values[l + 1])
        one = torch.ones(1, dtype=torch.float64)
        size = float(sum(abs(c) * dimension ** ((i + 1) / 2) for i, c in enumerate(case["g"])))
        flat = [*stated, *[arb(0)] * (dimension - 2)]
        V = torch.arange(1.0, dimension + 1, dtype=torch.float64)[None]
        pulled = [sum((arb(float(x)) * y for x, y in zip(V[0], flat, strict=True)), arb(0))]
        shared: dict[str, Any] = {"size": size * dimension, "parameters": case}
        return [
            agree("E g x P_l, applied", moments.apply(one)[0], flat, **shared),
            # At degree 1 the dense form is for the coordinates alone.
            *([] if l == 1 else [agree("E g x P_l, dense", moments.dense()[0, :, 0], flat, **shared)]),
            agree("E g V·x P_l", moments.apply_transpose(V), pulled, **shared),
        ]

    cases = strategies.fixed_dictionaries(
        {
            "g": strategies.lists(strategies.integers(-3, 3), min_size=2, max_size=6),
            "l": strategies.integers(0, 4),
            "d": strategies.integers(3, 8),
            "c": strategies.just(3),
            "s": strategies.sampled_from((4, -4)),
        }
    )
    return hold_property(context, cases, test, examples=context.pick(30, 200))


def _power_sum(powers: list[int], z: Tensor) -> Tensor:
    return torch.stack([c * z**i for i, c in enumerate(powers)]).sum(dim=0)


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
            Check(
                Kind.PROPERTY,
                vector_moments_in_torch,
                scope="torch, the vector moments E g(w·x) x P_l that follow, d = 3…8, l ≤ 4, deg g ≤ 5",
            ),
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
