"""Claims on the uniform law of the sphere of radius √d: its moments, the sampler, and how many harmonics it has."""

from __future__ import annotations

from functools import partial

import numpy as np
import sympy as sp
import torch
from scipy import special
from torch import Tensor

from theory import sphere
from theory.arithmetic import working_precision
from theory.gegenbauer import gegenbauer_coefficient
from training import sphere as torch_sphere
from verify.bound import IDENTITY, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.formal_harmonics import PROOFS
from verify.claims.formal_moments import BY_DENSITY
from verify.claims.formal_moments import PROOFS as MOMENTS
from verify.claims.twins import ROUNDING
from verify.evidence import Evidence, from_comparisons
from verify.exact import Identity, prove
from verify.quantity import ball, exact, measured
from verify.statistics import dkw_distance
from verify.verdict import Kind

d, z = sp.Symbol("d", positive=True), sp.Symbol("z", real=True)
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


def moment_by_integration(context: Context) -> Evidence:
    """The product formula against rigorous integration of z^{2p} over the density."""
    comparisons = []
    for dimension in DIMENSIONS:
        for p in range(1, TOP + 1):
            # As (z/√d)^{2p}, so that the absolute error of the quadrature is relative to a number of order 1.
            power = z ** (2 * p) / sphere.moment(p, sp.Integer(dimension))
            with working_precision(160):
                gap = gegenbauer_coefficient(power, z, 0, dimension) - 1
            comparisons.append(
                compare(
                    f"E z^{2 * p} at d = {dimension}",
                    IDENTITY,
                    ball(gap),
                    exact(0),
                    resolution=1e-25,
                    reason="relative; quadrature at 160 bits leaves a radius below 1e-30",
                    parameters={"d": dimension, "p": p},
                )
            )
    return from_comparisons(comparisons)


def law_of_samples(context: Context) -> Evidence:
    """The torch sampler: norms, distinct rows, the law of v·x for several v, and of consecutive points.

    Consecutive points show what one direction cannot: v·x is right for one v where points repeat, or where the
    half space opposite to another direction is left out, but then x_i·x_{i+1} is not v·x in law. For uniform
    points all x_i·x_{i+1} are independent, since x_{i+1} is uniform whatever came before.
    """
    count, dimensions = context.pick(100_000, 400_000, 1_000_000), (3, 10, 40)
    comparisons, thresholds = [], []
    for dimension in dimensions:
        source = torch_sphere.generator(context.seed, f"sphere {dimension}")
        points = torch_sphere.sample_sphere(count, dimension, radius=dimension**0.5, generator=source)
        where = {"d": dimension, "N": count}
        shares = _shares(points, source)
        for name, share in shares.items():
            distance, threshold = dkw_distance(
                share.numpy(),
                _law(share, dimension),
                alpha=context.alpha / (len(shares) * len(dimensions)),
            )
            thresholds.append(threshold)
            comparisons.append(
                compare(
                    f"sup|F_N - F| of {name} at d = {dimension}",
                    UPPER,
                    measured(distance),
                    measured(threshold),
                    reason="Dvoretzky-Kiefer-Wolfowitz threshold at the declared false-alarm rate",
                    parameters=where,
                )
            )
        comparisons += _exact_facts(points, where)
    # By the same inequality, a law at distance twice the threshold escapes with probability below alpha.
    rates = {"alpha": context.alpha, "power": 1 - context.alpha, "smallest_fault": 2 * max(thresholds)}
    return from_comparisons(comparisons, error_rates=rates)


def _shares(points: Tensor, source: torch.Generator) -> dict[str, Tensor]:
    """U = v·x/√d for unit vectors v that do not depend on x: fixed, drawn, and the following point."""
    dimension = points.shape[1]
    drawn = torch_sphere.sample_sphere(1, dimension, radius=1.0, generator=source)[0]
    first, last = torch.eye(dimension, dtype=torch.float64)[[0, -1]]
    diagonal = torch.ones(dimension, dtype=torch.float64) / dimension**0.5
    directions = {"e_1·x": first, "e_d·x": last, "(1,…,1)·x": diagonal, "v·x": drawn}
    shares = {name: points @ v / dimension**0.5 for name, v in directions.items()}
    return shares | {"x_i·x_{i+1}": (points[:-1] * points[1:]).sum(dim=1) / dimension}


def _law(share: Tensor, dimension: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """F(u) = ½(1 + sgn(u) I_{u²}(½, (d-1)/2)): u² follows a Beta law and the sign is fair."""
    u = share.numpy()
    inside = special.betainc(0.5, (dimension - 1) / 2, np.minimum(u * u, 1.0))
    return np.asarray((1 + np.sign(u) * inside) / 2, dtype=np.float64)


def _exact_facts(points: Tensor, where: dict[str, int]) -> list[Comparison]:
    """What holds for each draw and not in the mean alone: every norm is √d, and no point occurs twice."""
    norms = points.square().sum(dim=1) / points.shape[1]
    repeated = len(points) - len(np.unique(points.numpy(), axis=0))
    return [
        compare(
            f"max | ‖x‖²/d - 1 | at d = {where['d']}",
            IDENTITY,
            measured(float((norms - 1).abs().max())),
            exact(0),
            resolution=ROUNDING,
            reason="float64 rounding of a sum of d squares",
            parameters=where,
        ),
        compare(
            f"repeated points at d = {where['d']}",
            IDENTITY,
            exact(repeated),
            exact(0),
            reason="doubles repeat with probability below 1e-20",
            parameters=where,
        ),
    ]


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


CLAIMS = (
    Claim(
        id="sphere.moments",
        title="Moments of a coordinate",
        statement=r"\mathbb{E}\,z^{2p} = \frac{(2p-1)!!\;d^p}{d(d+2)\cdots(d+2p-2)}, \quad 1 \le p \le 8",
        bound=IDENTITY,
        source=CLASSICAL,
        assumptions=(r"$z = w \cdot x$ with $x$ uniform on the sphere of radius $\sqrt{d}$ and $\|w\| = 1$",),
        checks=(
            Check(Kind.SYMBOLIC, moment_formula, scope=f"{IN_D}, p = 1…8", general=True),
            Check(Kind.ENCLOSURE, moment_by_integration, scope="d = 3…500 (seven values), p = 1…8"),
            MOMENTS.check("moments", scope=f"{BY_DENSITY}: every p, and 0 for odd powers", general=False),
        ),
    ),
    Claim(
        id="sphere.sampler",
        title="The sampler is uniform",
        statement=r"\|x_i\| = \sqrt d, \quad \mathbb{P}\!\left[v\cdot x_i \le t\right] = "
        r"\mathbb{P}\!\left[x_i\cdot x_{i+1} \le \sqrt d\,t\right] = \tfrac12\left(1 + \mathrm{sgn}(t)\,"
        r"I_{t^2/d}\!\left(\tfrac12, \tfrac{d-1}{2}\right)\right), \quad \|v\| = 1",
        bound=UPPER,
        source="this project (the torch sampler)",
        assumptions=(r"$I$ is the regularized incomplete Beta function",),
        depends_on=("sphere.moments",),
        checks=(
            Check(
                Kind.STATISTICAL,
                law_of_samples,
                scope="d = 3, 10, 40; four v, one of them random; consecutive points",
            ),
        ),
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
            PROOFS.check("B_difference", scope="the difference: every real d, every l ≥ 2", general=False),
            PROOFS.check("counting", scope="the sum n_k: every real d, every k ≥ 1", general=False),
            PROOFS.check(
                "counting_binomial",
                scope="the sum n_k by factorials: every integer d ≥ 2, k ≥ 1",
                general=False,
            ),
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
)
