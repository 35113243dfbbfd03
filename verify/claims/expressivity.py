r"""Claims on the explicit movement of the quadratic part: what it expresses, exactly and in expectation.

The symbolic side holds for every σ, width and dimension; the torch side is the movement that
`training.expressivity` makes, entry by entry and through quadratures over the plane of x and β.
"""

from __future__ import annotations

import dataclasses
import random
from functools import cache, partial
from typing import Any

import numpy as np
import sympy as sp
import torch
from flint import arb
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy

from theory import expressivity, sphere
from theory.activation import builtin
from theory.arithmetic import compile_arb
from theory.expansion import RULES
from theory.expressivity_sizes import profile_ball
from training.activation import activation
from training.expressivity import quadratic_movement
from training.expressivity_linear import linear_part
from training.expressivity_profile import NeuronProfile, profile
from training.harmonic import ridge_coefficients
from training.network import initialise
from training.sphere import generator, sample_sphere
from training.target import make_target
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.expressivity_movements import split_in_torch
from verify.claims.indexed import prover, spot_check
from verify.claims.quadrature import rule
from verify.claims.twins import ACTIVATIONS, agree
from verify.evidence import Evidence, from_comparisons
from verify.exact import PRECISION, Identity, evaluate_at_random, prove, vanishes
from verify.property import hold_property
from verify.quantity import exact, measured
from verify.statistics import POWER, STUDENT, mean_interval, replicates_needed
from verify.verdict import Kind

PAPER = "Nichani, Bai, Lee 2022; the construction goes back to Bai, Lee 2020"
IN_D = "every real d > 2"
DEGREES = (1, 2, 3)
ADMISSIBLE = r"$\mu_l(\sigma'') \ne 0$ for $l = k-1, k-3, \dots$"
SPLIT = r"q(z) = \sqrt{B(d,k+1)}\,P_{k+1}(z/\sqrt d) = z^2 p(z) + r_0 + r_1 z"
PROFILE = r"h(u) = \sum_{l<k} \frac{p_l\,B(d,l)}{\mu_l(\sigma'')} P_l(u)"
MOVEMENT = r"w_r = m^{-1/4} b_r \beta, \quad b_r^2 = 4\max(a_r h(\beta\cdot w_{0,r}), 0)"

d, c, z, u = sp.Symbol("d", positive=True), sp.Symbol("c"), sp.Symbol("z", real=True), sp.Symbol("u")
SAMPLED = ("sincos", "tanh-shift", "softplus-shift")
MUS = sp.symbols("mu:4", positive=True)
# The error of the share of f_Q that its check finds, and the standard deviation of one network's share: the number
# of networks follows from the two.
FAULT, SPREAD, SPREADS = 0.5, 0.15, {("softplus-shift", 3): 0.6}


def split(context: Context) -> Evidence:
    """Q in powers of z by the explicit sum of Gegenbauer, against z² p + r with p expanded in the P_l."""
    pairs = []
    for k in DEGREES:
        scale, root = sp.sqrt(sphere.B(d, k + 1)), sp.sqrt(d)
        p = sum(
            (
                each * sphere.B(d, l) * sphere.P(l, z / root, d)
                for l, each in enumerate(expressivity.coefficients(k, d))
            ),
            sp.Integer(0),
        )
        _, rest = expressivity.split(k, d, z)
        whole = scale * sphere.P_gegenbauer(k + 1, z / root, d)
        pairs.append(Identity(f"q at k = {k}", whole, scale * (z**2 * p + rest)))
        pairs.append(Identity(f"second derivative of r at k = {k}", sp.diff(rest, z, 2), sp.Integer(0)))
    return prove(pairs, seed=context.seed)


def derivation(
    context: Context, *, factor: int = 4, same: bool = True, degrees: tuple[int, ...] = DEGREES
) -> Evidence:
    """Three steps: f_Q as a mean over neurons (any m, d, σ); the mean over a pair (any h); the mean over w.

    The last one rotates the plane of x and β onto two coordinates, for g of degree 3 with any μ_0, …, μ_3.
    """
    used = MUS if same else sp.symbols("nu:4", positive=True)
    size = sp.Symbol("h", nonnegative=True)
    pairs = [Identity("f_Q at this movement", *expressivity.reduction())]
    for label, h in {"h ≥ 0": size, "h ≤ 0": -size}.items():
        linear, _ = expressivity.pair_means(h, factor)
        pairs.append(Identity(f"mean of a b²/2 over a pair, {label}", *linear))
    for k in degrees:
        pairs.append(Identity(f"mean over w, k = {k}", *expressivity.expectation(k, d, c, MUS, used=used)))
    return prove(pairs, seed=context.seed, prover=either_prover, spot_check=either_spot_check)


def either_prover(identity: Identity) -> bool:
    """The normal form of multi-sums for arrays of symbolic size, else SymPy's rewriting."""
    if identity.lhs.has(sp.Indexed):
        return prover(RULES)(identity)
    return vanishes(identity.lhs - identity.rhs)


def either_spot_check(identity: Identity, rng: random.Random) -> Comparison:
    """The spot check that goes with `either_prover`."""
    check = spot_check() if identity.lhs.has(sp.Indexed) else evaluate_at_random
    return check(identity, rng)


def quadrature(context: Context, *, order: int = 2) -> Evidence:
    """E_w σ''(w·x) h(β·w) (β·x)² in torch, by a product rule over the plane, against z² p(z) of SymPy."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        k, dimension, cosine = case["k"], case["d"], case["c"]
        sigma = activation(case["activation"])
        h = with_coefficients(sigma, profile(sigma, dimension, k), order)
        (s, weights), (t, inner) = rule(dimension, 120), rule(dimension - 1, 16)
        bend = weights * sigma.derivative(s * dimension**0.5, 2)
        planar = cosine * s[:, None] + (1 - cosine**2) ** 0.5 * (1 - s[:, None] ** 2).sqrt() * t
        square = dimension * cosine**2
        terms = square * bend[:, None] * inner * h(planar)
        twin = [_bent(k, dimension)(arb(cosine))]
        return [agree(f"k = {k}", terms.sum(), twin, size=terms.abs().sum(), parameters=case)]

    return hold_property(context, _angles(), test, examples=context.pick(25, 300))


def movement(context: Context, *, factor: int = 4) -> Evidence:
    """Every entry of W_Q in torch against the formula in ball arithmetic, R ≤ 3 groups, k = 1, 2, 3."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        R, dimension, m = min(case["R"], case["m"] // 2), case["d"], case["m"]
        k = min(case["k"], dimension - 1)
        network = initialise(m, dimension, activation(case["activation"]), seed=case["seed"])
        target = make_target(dimension, k, R, seed=case["seed"])
        betas, alphas = target.sparse.directions.tolist(), target.sparse.coefficients.tolist()
        pairs, twin = m // 2, []
        for r, (weight, a) in enumerate(zip(network.w0.tolist(), network.a.tolist(), strict=True)):
            group = r % pairs % R
            inner = sum((arb(w) * arb(b) for w, b in zip(weight, betas[group], strict=True)), arb(0))
            share = arb(len(range(group, pairs, R))) / pairs
            h = profile_ball(builtin(case["activation"]), k, dimension, inner)
            b = (factor * arb(a) * arb(alphas[group]) * h / share).max(arb(0)).sqrt()
            twin += [b * arb(entry) / arb(m).root(4) for entry in betas[group]]
        return [agree("W_Q", quadratic_movement(network, target), twin, parameters=case)]

    return hold_property(context, _networks(), test, examples=context.pick(15, 150))


def unbiased(context: Context, *, least: int = 60) -> Evidence:
    """The share ⟨f_Q, g⟩/⟨g, g⟩ of g = Σ α_i (β_i·x)² p(β_i·x) in f_Q at W_Q: its mean over networks is 1."""
    comparisons = []
    cases = [(name, k) for name in SAMPLED for k in DEGREES]
    alpha = context.alpha / len(cases)
    for index, (name, k) in enumerate(cases):
        dimension, R, m = 6, 1 + index % 3, 1536
        target = make_target(dimension, k, R, seed=derive_seed(context.seed, "target", name, str(k)))
        source = generator(derive_seed(context.seed, name, str(k)), "inputs")
        X = sample_sphere(200, dimension, radius=dimension**0.5, generator=source)
        sigma = activation(name)
        stated = bent_part(target, X, profile(sigma, dimension, k))
        spread = SPREADS.get((name, k), SPREAD)
        replicates = max(least, replicates_needed(spread=spread, fault=FAULT, alpha=alpha))
        shares = np.empty(replicates)
        for row in range(replicates):
            network = initialise(m, dimension, sigma, seed=derive_seed(context.seed, f"{name} {k} {row}"))
            f_Q = network.f_Q(quadratic_movement(network, target), X)
            shares[row] = float(f_Q @ stated / (stated @ stated))
        mean = mean_interval(shares, alpha=alpha)
        half = mean.upper - mean.value
        comparisons.append(
            compare(
                f"share of the target in f_Q, {name}, k = {k}",
                IDENTITY,
                measured(mean.value),
                exact(1),
                resolution=half,
                reason=STUDENT,
                parameters={"d": dimension, "R": R, "m": m, "replicates": replicates},
            )
        )
        context.progress(index + 1, len(cases))
    rates = {"alpha": context.alpha, "power": POWER, "smallest_fault": FAULT}
    return from_comparisons(comparisons, error_rates=rates)


def bent_part(target: Any, X: Any, h: NeuronProfile) -> Any:
    """What the quadratic part has to express: f_sp without the affine rests, at the rows of X."""
    rests = linear_part(target, h.rest)[: -len(target.dense)]
    return target.f_sp(X) - sum((ridge(X) for ridge in rests), torch.zeros(len(X), dtype=X.dtype))


def with_coefficients(sigma: Any, h: NeuronProfile, order: int) -> NeuronProfile:
    """The profile with μ_l of another derivative of σ; order 2 is the true one."""
    if order == 2:
        return h
    wrong = ridge_coefficients(lambda at: sigma.derivative(at, order), h.d, h.k - 1)
    return dataclasses.replace(h, mu=wrong)


@cache
def _bent(k: int, dimension: int) -> Any:
    """z² p(z) at z = √d c as a function of a ball c."""
    at = sp.Integer(dimension)
    p, _ = expressivity.split(k, at, z)
    scale = sp.sqrt(sphere.B(at, k + 1))
    return compile_arb(scale * at * c**2 * p.subs(z, sp.sqrt(at) * c), [c], prec=PRECISION)


def _angles() -> SearchStrategy[dict[str, Any]]:
    return strategies.fixed_dictionaries(
        {
            "activation": strategies.sampled_from(ACTIVATIONS),
            "k": strategies.sampled_from(DEGREES),
            "d": strategies.integers(4, 40),
            "c": strategies.integers(-1000, 1000).map(lambda part: part / 1000),
        }
    )


def _networks() -> SearchStrategy[dict[str, Any]]:
    return strategies.fixed_dictionaries(
        {
            "activation": strategies.sampled_from(ACTIVATIONS),
            "k": strategies.sampled_from(DEGREES),
            "d": strategies.integers(3, 6),
            "m": strategies.sampled_from((2, 4, 6, 10)),
            "R": strategies.integers(1, 3),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


CLAIMS = (
    Claim(
        id="expressivity.split",
        title="The sparse polynomial in quadratic form",
        statement=rf"{SPLIT}, \quad p = \sum_{{l<k}} p_l\,B(d,l)\,P_l(z/\sqrt d), \quad k = 1, 2, 3",
        bound=IDENTITY,
        source="this project",
        depends_on=("sphere.recurrence", "sphere.counting", "sphere.expansion"),
        checks=(
            Check(Kind.SYMBOLIC, split, scope=f"{IN_D}, k = 1, 2, 3", general=True),
            Check(Kind.PROPERTY, split_in_torch, scope="torch, d = 4…9, k = 1, 2, 3"),
        ),
    ),
    Claim(
        id="expressivity.construction",
        title="The quadratic part expresses the sparse polynomial, in expectation",
        statement=r"\mathbb{E}_{w_0}\,f_Q(x;W_Q) = "
        r"\mathbb{E}_w[\sigma''(w\cdot x)\,h(\beta\cdot w)]\,(\beta\cdot x)^2 "
        rf"= q(\beta\cdot x) - r(\beta\cdot x), \quad {MOVEMENT}, \quad {PROFILE}",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(
            ADMISSIBLE,
            r"$w_{0,r}$ uniform on the unit sphere, in pairs with $a_r = \pm1$",
            r"$\|\beta\| = 1$, $\|x\| = \sqrt d$",
            r"$\sigma'' = \sum_{l\le3} \mu_l B(d,l) P_l$ up to degrees above 3, which are orthogonal to $h$",
            r"$k = 1, 2, 3$",
        ),
        depends_on=("expressivity.split", "sphere.funk-hecke", "taylor.quadratic-term"),
        checks=(
            Check(
                Kind.SYMBOLIC,
                derivation,
                scope=f"every m, {IN_D}, every angle, every μ_0, …, μ_3, k = 1, 2, 3",
                general=True,
            ),
            Check(Kind.PROPERTY, quadrature, scope="four activations, k = 1, 2, 3, d = 4…40, every angle"),
            Check(Kind.PROPERTY, movement, scope="four activations, k = 1, 2, 3, R ≤ 3, m ≤ 10, d ≤ 6"),
            Check(
                Kind.STATISTICAL,
                unbiased,
                scope="three activations, k = 1, 2, 3, R ≤ 3, d = 6, m = 1536",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.expressivity-factor",
        title="Movement of the quadratic part with 2 for 4",
        statement=r"b_r^2 = 2\max(a_r h(\beta\cdot w_{0,r}), 0)",
        bound=IDENTITY,
        source="control",
        control_of="expressivity.construction",
        fault="factor 2 for 4 in b_r²",
        checks=(
            Check(Kind.SYMBOLIC, partial(derivation, factor=2, degrees=(1,)), scope="the mean over a pair"),
            Check(Kind.PROPERTY, partial(movement, factor=2), scope="m ≤ 10, d ≤ 6"),
        ),
    ),
    Claim(
        id="control.expressivity-derivative",
        title="Profile with the coefficients of the first derivative",
        statement=r"h(u) = \sum_{l<k} \frac{p_l\,B(d,l)}{\mu_l(\sigma')} P_l(u)",
        bound=IDENTITY,
        source="control",
        control_of="expressivity.construction",
        fault="μ_l(σ') for μ_l(σ'')",
        checks=(
            Check(Kind.SYMBOLIC, partial(derivation, same=False, degrees=(1,)), scope="any numbers in h"),
            Check(Kind.PROPERTY, partial(quadrature, order=1), scope="four activations, d = 4…40"),
        ),
    ),
)
