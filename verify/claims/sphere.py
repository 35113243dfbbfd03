"""Claims on the sphere of radius √d: moments, Legendre polynomials, counting of harmonics, limits."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp
import torch
from flint import arb
from hypothesis import strategies
from scipy import stats

from theory import bessel, sphere
from theory.arithmetic import compile_arb
from training import sphere as torch_sphere
from verify.bound import IDENTITY, UPPER, Comparison, compare, rate
from verify.claim import Check, Claim, Context
from verify.claims.twins import agree
from verify.evidence import Evidence, Series, from_comparisons
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import ball, exact, measured
from verify.statistics import ALPHA, dkw_distance, mean_interval
from verify.verdict import Kind

d, u, z, c = sp.Symbol("d", positive=True), sp.Symbol("u"), sp.Symbol("z", real=True), sp.Symbol("c")
TOP = 8  # degrees 0…8 cover every degree that a claim of this project uses
DIMENSIONS = (3, 4, 5, 8, 20, 100, 500)
CLASSICAL = "classical; e.g. Atkinson and Han, Spherical Harmonics and Approximations (2012)"
IN_D = "every real d > 2"


def moment_formula(context: Context, *, shift: int = 0) -> Evidence:
    """The product formula against the Beta integral of the density."""
    pairs = [
        Identity(f"E z^{2 * p}", sphere.moment_integral(p, d), sphere.moment(p, d + shift))
        for p in range(1, TOP + 1)
    ]
    return prove(pairs, seed=context.seed)


def law_of_samples(context: Context) -> Evidence:
    """The torch sampler: z²/d follows Beta(1/2, (d-1)/2), the distribution function of the stated density."""
    count, dimensions = context.pick(100_000, 1_000_000), (3, 10, 40)
    comparisons = []
    for dimension in dimensions:
        generator = torch_sphere.generator(context.seed, f"sphere {dimension}")
        points = torch_sphere.sample_sphere(count, dimension, radius=dimension**0.5, generator=generator)
        direction = torch.ones(dimension, dtype=torch.float64) / dimension**0.5
        share = ((points @ direction) ** 2 / dimension).numpy()
        cdf = stats.beta.cdf(share, 0.5, (dimension - 1) / 2)
        distance, threshold = dkw_distance(share, cdf, alpha=ALPHA / len(dimensions))
        comparisons.append(
            compare(
                f"sup|F_N - F| at d = {dimension}",
                UPPER,
                measured(distance),
                measured(threshold),
                reason="Dvoretzky-Kiefer-Wolfowitz threshold at the declared false-alarm rate",
                parameters={"d": dimension, "N": count},
            )
        )
    # By the same inequality, a law at distance twice the threshold escapes with probability below alpha.
    rates = {"alpha": ALPHA, "power": 1 - ALPHA, "smallest_fault": 2 * comparisons[0].stated.value}
    return from_comparisons(comparisons, error_rates=rates)


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


def orthogonality(context: Context, *, factor: int = 1) -> Evidence:
    """E P_j P_l from the moments, every pair j <= l <= 6."""
    pairs = []
    for j in range(7):
        for l in range(j, 7):
            left, right = sphere.orthogonality(j, l, d)
            pairs.append(Identity(f"E P_{j} P_{l}", left, factor * right))
    return prove(pairs, seed=context.seed)


def counting(context: Context, *, shift: int = 0) -> Evidence:
    """B(d,l) as the product formula and as a difference of two polynomial spaces; n_k closed and as a sum."""
    pairs = [
        Identity(f"B(d,{l})", sphere.B(d, l), sphere.harmonic_dimension(d + shift, l)) for l in range(TOP + 1)
    ]
    pairs += [Identity(f"n_{k}", sphere.n_k_sum(d, k), sphere.n_k(d + shift, k)) for k in range(TOP + 1)]
    return prove(pairs, seed=context.seed)


def counting_by_rank(context: Context) -> Evidence:
    """n_k as the rank of all monomials of degree <= k at random points of the sphere, and as torch counts."""
    comparisons = []
    for dimension in (3, 4, 5):
        for k in range(1, 4):
            generator = torch_sphere.generator(context.seed, "rank")
            points = torch_sphere.sample_sphere(400, dimension, radius=1.0, generator=generator).numpy()
            exponents = [e for e in np.ndindex(*(k + 1,) * dimension) if sum(e) <= k]
            monomials = np.stack([np.prod(points ** np.array(e), axis=1) for e in exponents], axis=1)
            stated, where = exact(sphere.n_k(sp.Integer(dimension), k)), {"d": dimension, "k": k}
            rank = int(np.linalg.matrix_rank(monomials))
            counted = torch_sphere.low_degree_count(dimension, k)
            comparisons.append(
                compare("rank of the monomials", IDENTITY, exact(rank), stated, parameters=where)
            )
            comparisons.append(compare("torch count", IDENTITY, exact(counted), stated, parameters=where))
    return from_comparisons(comparisons)


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


def reproduction(context: Context) -> Evidence:
    """The expansion of every monomial of degree <= 6, hence of every polynomial of that degree."""
    pairs = [Identity(f"g = z^{p}", *sphere.reproduce(z**p, z, d)) for p in range(7)]
    return prove(pairs, seed=context.seed)


def hermite_limit(context: Context, *, shift: int = 0) -> Evidence:
    """In ε = 1/d the coefficients are √(rational) with the Hermite coefficients as values at ε = 0.

    With c_i(d) the coefficient of u^i in P_l, `√B P_l(z/√d)` has the coefficient
    `√(B/d^l) · c_i d^{(l-i)/2}` of z^i. Both factors are analytic at ε = 0: l! B/d^l is 1 there and
    c_i d^{(l-i)/2} is the coefficient of He_l. So each gap is c/d + O(d^{-2}).
    """
    epsilon = sp.Symbol("epsilon", positive=True)
    pairs = []
    for l in range(2, 7):
        he = sp.Poly(sphere.hermite(l + shift, z), z)
        count = sp.cancel((sphere.B(d, l) * sp.factorial(l) / d**l).subs(d, 1 / epsilon))
        pairs.append(Identity(f"l! B/d^l at l = {l}, d → ∞", count.subs(epsilon, 0), sp.Integer(1)))
        for (power,), coefficient in sp.Poly(sphere.P(l, u, d), u).terms():
            scaled = sp.cancel((coefficient * d ** sp.Rational(l - power, 2)).subs(d, 1 / epsilon))
            stated = he.coeff_monomial(z ** (power + shift))
            pairs.append(Identity(f"z^{power} in degree {l}, d → ∞", scaled.subs(epsilon, 0), stated))
    return prove(pairs, seed=context.seed)


def hermite_exponent(context: Context, *, claimed: str = "-1") -> Evidence:
    """The exponent itself: slope of the largest coefficient gap between d and 2d, in ball arithmetic."""
    comparisons, series = [], []
    for l in range(2, 7):
        sizes = [10 * 2**i for i in range(12)]
        gaps = [_largest_gap(l, size) for size in sizes]
        slope = (gaps[-1] / gaps[-2]).log() / arb(2).log()
        series.append(
            Series(
                "hermite-gap",
                f"l = {l}",
                tuple(float(size) for size in sizes),
                tuple(float(gap) for gap in gaps),
                x_label="dimension $d$",
                y_label=r"largest coefficient gap",
                log="xy",
            )
        )
        comparisons.append(
            compare(
                f"slope between d and 2d, degree {l}",
                rate(claimed),
                ball(slope),
                exact(claimed),
                resolution=0.01,
                reason="the slope differs from its limit by O(1/d), d = 20480, constants below 100",
                parameters={"l": l, "d": sizes[-2]},
            )
        )
    return from_comparisons(comparisons, series=tuple(series))


def _largest_gap(l: int, dimension: int) -> arb:
    values = [
        abs(compile_arb(gap, [], prec=192)()) for gap in sphere.hermite_gap(l, sp.Integer(dimension)).values()
    ]
    return max(values, key=float)


def bessel_series(context: Context, *, factor: int = 1) -> Evidence:
    """Both power series agree at 0 and in every ratio of neighbours, p symbolic: so in every coefficient."""
    start, ratio = bessel.ball_induction(d)
    labels = ("coefficient of s^0", "ratio of the coefficients of s^{p+1} and s^p")
    pairs = [
        Identity(label, left, factor * right)
        for label, (left, right) in zip(labels, (start, ratio), strict=True)
    ]
    return prove(pairs, seed=context.seed)


def bessel_derivatives(context: Context) -> Evidence:
    """E sin(v·x) x and E cos(v·x) x xᵀ from j by differentiating under the expectation, entry by entry."""
    names = ("E sin(v·x) x_i", "E cos(v·x) x_i²", "E cos(v·x) x_i x_k")
    pairs = [Identity(name, *pair) for name, pair in zip(names, bessel.ball_derivatives(d), strict=True)]
    return prove(pairs, seed=context.seed)


IN_DEGREES = rf"0 \le l \le {TOP}"

CLAIMS = (
    Claim(
        id="sphere.moments",
        title="Moments of a coordinate",
        statement=r"\mathbb{E}\,z^{2p} = \frac{(2p-1)!!\;d^p}{d(d+2)\cdots(d+2p-2)}, \quad 1 \le p \le 8",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(r"$z = w \cdot x$ with $x$ uniform on the sphere of radius $\sqrt{d}$ and $\|w\| = 1$",),
        checks=(Check(Kind.SYMBOLIC, moment_formula, scope=f"{IN_D}, p = 1…8", general=True),),
    ),
    Claim(
        id="sphere.sampler",
        title="The sampler is uniform",
        statement=r"\frac{z^2}{d} \sim \mathrm{Beta}\!\left(\tfrac12, \tfrac{d-1}{2}\right)",
        bound=UPPER,
        source="this project (the torch sampler)",
        depends_on=("sphere.moments",),
        checks=(Check(Kind.STATISTICAL, law_of_samples, scope="d = 3, 10, 40"),),
    ),
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
        ),
    ),
    Claim(
        id="sphere.value-at-one",
        title="Normalisation",
        statement=rf"P_l(1) = 1, \quad {IN_DEGREES}",
        bound=IDENTITY,
        source=CLASSICAL,
        depends_on=("sphere.recurrence",),
        checks=(Check(Kind.SYMBOLIC, value_at_one, scope=f"{IN_D}, l = 0…8", general=True),),
    ),
    Claim(
        id="sphere.orthogonality",
        title="Orthogonality",
        statement=r"\mathbb{E}\,P_j(z/\sqrt d)\,P_l(z/\sqrt d) = \frac{\delta_{jl}}{B(d,l)}, \quad j, l \le 6",
        bound=IDENTITY,
        source=CLASSICAL,
        depends_on=("sphere.moments", "sphere.recurrence", "sphere.counting"),
        checks=(Check(Kind.SYMBOLIC, orthogonality, scope=f"{IN_D}, j, l = 0…6", general=True),),
    ),
    Claim(
        id="sphere.counting",
        title="Counting harmonics",
        statement=r"B(d,l) = \frac{2l+d-2}{l}\binom{l+d-3}{l-1} = \binom{d+l-1}{l} - \binom{d+l-3}{l-2}, \quad "
        r"n_k = \sum_{l \le k} B(d,l) = \binom{d+k-1}{k} + \binom{d+k-2}{k-1}, \quad l, k \le 8",
        bound=IDENTITY,
        source=CLASSICAL,
        checks=(
            Check(Kind.SYMBOLIC, counting, scope=f"{IN_D}, l, k = 0…8", general=True),
            Check(Kind.PROPERTY, counting_by_rank, scope="rank of the monomials and torch, d = 3…5, k = 1…3"),
        ),
    ),
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
        checks=(Check(Kind.SYMBOLIC, funk_hecke, scope=f"{IN_D}, every angle", general=True),),
    ),
    Claim(
        id="sphere.expansion",
        title="Expansion in Legendre polynomials",
        statement=r"g(z) = \sum_l \mu_l(g)\,B(d,l)\,P_l(z/\sqrt d), \quad \deg g \le 6",
        bound=IDENTITY,
        source=CLASSICAL,
        depends_on=("sphere.orthogonality",),
        checks=(Check(Kind.SYMBOLIC, reproduction, scope=f"{IN_D}, deg g = 0…6", general=True),),
    ),
    Claim(
        id="sphere.hermite-limit",
        title="Hermite limit and its rate",
        statement=r"[z^i]\left(\sqrt{B(d,l)}\,P_l(z/\sqrt d) - \frac{\mathrm{He}_l(z)}{\sqrt{l!}}\right) = "
        r"\frac{c_{l,i}}{d} + O(d^{-2}), \quad 2 \le l \le 6",
        bound=rate("-1"),
        source=CLASSICAL,
        depends_on=("sphere.recurrence", "sphere.counting"),
        checks=(
            Check(Kind.SYMBOLIC, hermite_limit, scope="every coefficient, l = 2…6", general=True),
            Check(Kind.ENCLOSURE, hermite_exponent, scope="d = 20480, l = 2…6"),
        ),
    ),
    Claim(
        id="sphere.bessel",
        title="Mean of a plane wave",
        statement=r"\mathbb{E}\cos(v\cdot x) = j(\|v\|^2), \quad "
        r"j(s) = {}_0F_1\!\left(;\tfrac d2;-\tfrac{d\,s}{4}\right)",
        bound=IDENTITY,
        source=CLASSICAL,
        depends_on=("sphere.moments",),
        checks=(Check(Kind.SYMBOLIC, bessel_series, scope=f"{IN_D}, every coefficient", general=True),),
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
        ),
    ),
    Claim(
        id="control.moment-dimension",
        title="Moments with the dimension shifted by one",
        statement=r"\mathbb{E}\,z^{2p} = \frac{(2p-1)!!\,(d+1)^p}{(d+1)(d+3)\cdots(d+2p-1)}",
        bound=IDENTITY,
        source="control",
        control_of="sphere.moments",
        fault="d replaced by d + 1",
        checks=(Check(Kind.SYMBOLIC, partial(moment_formula, shift=1), scope=IN_D, general=True),),
    ),
    Claim(
        id="control.counting-shifted",
        title="Counting with the dimension shifted by one",
        statement=r"n_k = \binom{d+k}{k} + \binom{d+k-1}{k-1}",
        bound=IDENTITY,
        source="control",
        control_of="sphere.counting",
        fault="d replaced by d + 1",
        checks=(Check(Kind.SYMBOLIC, partial(counting, shift=1), scope=IN_D, general=True),),
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
    Claim(
        id="control.hermite-rate",
        title="Hermite limit with rate 1/d²",
        statement=r"\sqrt{B(d,l)}\,P_l(z/\sqrt d) = \frac{\mathrm{He}_l(z)}{\sqrt{l!}} + \Theta(1/d^2)",
        bound=rate("-2"),
        source="control",
        control_of="sphere.hermite-limit",
        fault="exponent -2 for -1",
        checks=(Check(Kind.ENCLOSURE, partial(hermite_exponent, claimed="-2"), scope="d = 20480, l = 2…6"),),
    ),
)
