r"""Claims on generalization: exact suprema over the two classes, and bounds on their complexity from both sides.

The linear class is ``{f_L(·; P_≤W) : ‖W‖_F ≤ B}``, the quadratic one ``{f_Q(·; W) : ‖W‖_{2,4} ≤ B}``. At small n
the complexity is the mean over all sign vectors, without sampling. The bounds are proved given the inputs; what
they rest on beyond the symbolic steps is named in the assumptions.
"""

from __future__ import annotations

import math
import random
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import sympy as sp
import torch
from hypothesis import strategies
from torch import Tensor

from theory import complexity as exact_steps
from theory.arithmetic import evaluate
from theory.sums import equal
from training.activation import activation
from training.complexity import (
    LinearClass,
    QuadraticClass,
    all_signs,
    draw_signs,
    quadratic_norm,
)
from training.moments import moment_directions
from training.network import Network, initialise
from training.sphere import generator, sample_sphere
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context, Profile
from verify.claims.attacks import attack_check, attack_control
from verify.claims.attacks_objective import linear_lower, quadratic_bounds
from verify.claims.formal_rademacher import PROOFS
from verify.claims.indexed import FIELD, GENERIC
from verify.claims.twins import ACTIVATIONS
from verify.evidence import Evidence
from verify.exact import Identity, compare_balls, prove, vanishes
from verify.property import hold_property
from verify.quantity import measured
from verify.verdict import Kind

PAPER = "Nichani, Bai, Lee 2022"
KAHANE = (
    r"Latała, Oleszkiewicz 1994: $\mathbb{E}\|S\| \ge 2^{-1/2} (\mathbb{E}\|S\|^2)^{1/2}$ for signed sums $S$"
)
TROPP = (
    r"Tropp 2012: $P(\lambda_{\max}(\sum_i \epsilon_i H_i) \ge t) \le d\,e^{-t^2/2V}$, $V = \|\sum_i H_i^2\|$"
)
RADEMACHER = (
    r"$\mathrm{Rad} = \mathbb{E}_\epsilon \sup \frac1n \sum_i \epsilon_i f(x_i)$ "
    r"over the class of radius $B \ge 0$"
)
ROUNDING = "float64 rounding of the sums and of the eigenvalues"


def supremum_steps(context: Context, *, part: str, factor: int = 1) -> Evidence:
    """Cauchy and Schwarz with the defect written out; for f_Q the quadratic forms and the duality of norms."""
    scalar = {"B ρ - ⟨z, W⟩"}
    pairs = [
        Identity("completion of the square", *exact_steps.completion()),
        Identity("B ρ - ⟨z, W⟩", *exact_steps.duality()),
        Identity("value at the maximiser", *exact_steps.maximiser()),
    ]
    if part == "quadratic":
        constraint, value = exact_steps.quartic_maximiser()
        pairs += [
            Identity("signed sum of f_Q", *exact_steps.signed_sum(factor=factor)),
            Identity("defect in an eigenbasis", *exact_steps.spectral()),
            Identity("constraint at the maximiser", *constraint),
            Identity("value at the maximiser, f_Q", *value),
        ]
    return _prove(pairs, context, scalar)


def mean_steps(context: Context, *, part: str) -> Evidence:
    """Second moments over the signs; for f_Q the matrix variance and the integral of the tail bound."""
    pairs = [Identity("E‖Σ ε_i z_i‖²", *exact_steps.energy())]
    if part == "quadratic":
        pairs = [
            Identity("E‖Σ ε_i c_i x_i x_iᵀ‖_F²", *exact_steps.frobenius()),
            Identity("Σ (c_i x_i x_iᵀ)²", *exact_steps.variance()),
            Identity("integral of the tail", *exact_steps.tail()),
        ]
    return _prove(pairs, context, {"integral of the tail"})


def supremum_attained(
    context: Context, *, part: str, factor: float = 1.0, negative: bool = False
) -> Evidence:
    """The explicit maximiser attains the supremum; random and perturbed movements of the same norm stay below."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, X, signs = _signed_case(case)
        found = one_class(part, network, X)
        radius = case["scale"] * (1.0 if part == "linear" else case["scale"])
        stated = factor * radius * float(found.supremum(signs[None]))
        if negative and isinstance(found, QuadraticClass):
            stated = radius * _with_negative(found, signs)
        best = _scaled(part, found.maximiser(signs), case["scale"])
        shared: dict[str, Any] = {
            "resolution": 1e-10,
            "reason": ROUNDING,
            "parameters": {key: value for key, value in case.items() if key != "wild"},
        }
        comparisons = [
            compare(
                "value at the maximiser",
                IDENTITY,
                measured(_value(part, network, found, best, X, signs)),
                measured(stated),
                relative_to=max(abs(stated), 1e-3),
                **shared,
            ),
        ]
        source = generator(case["seed"], "movement")
        for name, share in (("random W", 1e6), ("W near the maximiser", 0.1)):
            noise = torch.randn(network.w0.shape, generator=source, dtype=torch.float64)
            W = _scaled(part, best + share * case["scale"] * noise / noise.norm(), case["scale"])
            value = _value(part, network, found, W, X, signs)
            comparisons.append(
                compare(f"value at {name}", UPPER, measured(value), measured(stated + 1e-12), **shared)
            )
        return comparisons

    return hold_property(context, _signed_cases(), test, examples=context.pick(15, 150, 600))


def bounds_by_enumeration(context: Context, *, part: str, factor: float = 1.0) -> Evidence:
    """The complexity as the mean over all 2^n sign vectors, between its bounds."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, X, _ = _signed_case(case)
        found = one_class(part, network, X)
        complexity = measured(float(found.supremum(all_signs(len(X))).mean()))
        shared: dict[str, Any] = {"resolution": 1e-10, "reason": ROUNDING, "parameters": case}
        comparisons = [
            compare(
                "complexity and upper bound", UPPER, complexity, measured(factor * found.upper()), **shared
            )
        ]
        if isinstance(found, QuadraticClass):
            coarse = measured(found.upper_on_sphere())
            comparisons.append(
                compare(
                    "upper bound and its form on the sphere", UPPER, measured(found.upper()), coarse, **shared
                )
            )
        if part == "linear" or network.paired:
            below = measured(found.lower())
            comparisons.append(compare("complexity and lower bound", LOWER, complexity, below, **shared))
        return comparisons

    return hold_property(context, _signed_cases(largest=7), test, examples=context.pick(8, 60, 300))


def one_class(part: str, network: Network, X: Tensor) -> LinearClass | QuadraticClass:
    """The class of this name on the inputs X."""
    return (
        QuadraticClass(network, X) if part == "quadratic" else LinearClass(moment_directions(network, 1), X)
    )


def _signed_cases(largest: int = 8) -> strategies.SearchStrategy[dict[str, Any]]:
    """Small networks, paired or not, and signs that are random or set against one neuron, so that its A_r ≤ 0."""
    return strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((4, 6)),
            "d": strategies.integers(3, 4),
            "n": strategies.integers(1, largest),
            "paired": strategies.booleans(),
            "aligned": strategies.booleans(),
            "activation": strategies.sampled_from(ACTIVATIONS),
            "scale": strategies.sampled_from((0.1, 1.0, 3.0)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


def _signed_case(case: dict[str, Any]) -> tuple[Network, Tensor, Tensor]:
    sigma, d, seed = activation(case["activation"]), case["d"], case["seed"]
    network = initialise(case["m"], d, sigma, seed=seed)
    if not case["paired"]:
        w0 = sample_sphere(case["m"], d, radius=1.0, generator=generator(seed, "weights"))
        signs = 2 * torch.randint(0, 2, (case["m"],), generator=generator(seed, "signs")) - 1
        network = Network(w0, signs.double(), sigma)
    X = sample_sphere(case["n"], d, radius=d**0.5, generator=generator(seed, "data"))
    if case["aligned"]:
        signs = -torch.sign(network.a[0] * sigma.derivative(X @ network.w0[0], 2))
        return network, X, torch.where(signs == 0, torch.ones_like(signs), signs)
    return network, X, draw_signs(1, case["n"], seed=seed)[0]


def _scaled(part: str, W: Tensor, radius: float) -> Tensor:
    norm = float(W.norm()) if part == "linear" else quadratic_norm(W)
    return W if norm == 0 else W * (radius / norm)


def _value(
    part: str, network: Network, found: LinearClass | QuadraticClass, W: Tensor, X: Tensor, signs: Tensor
) -> float:
    """(1/n) Σ ε_i f(x_i), by the network's own functions."""
    if isinstance(found, LinearClass):
        return float((signs * network.f_L(found.directions.project(W), X)).mean())
    return float((signs * network.f_Q(W, X)).mean())


def _with_negative(found: QuadraticClass, signs: Tensor) -> float:
    """The control's supremum: λ_max(A_r)² even where λ_max is negative."""
    net, X = found.network, found.X
    weights = net.sigma(2, X).T * net.a[:, None] * signs / len(X)
    top = torch.linalg.eigvalsh((X.T * weights[:, None]) @ X)[:, -1]
    return 0.5 * math.sqrt(float(top.square().sum()) / net.m)


def _prove(pairs: list[Identity], context: Context, scalar: set[str]) -> Evidence:
    """Proof by normal form of the sums, or by SymPy's rewriting for identities without sums."""

    def prover(identity: Identity) -> bool:
        if identity.label in scalar:
            return vanishes(identity.lhs - identity.rhs)
        return equal(identity.lhs, identity.rhs, rules=exact_steps.SAMPLE_RULES)

    return prove(pairs, seed=context.seed, prover=prover, spot_check=_spot_check)


def _spot_check(identity: Identity, rng: random.Random) -> Comparison:
    """Both sides as balls at random sizes up to 3, signs and rational arrays; arrays are as large as any index."""
    symbols = identity.lhs.free_symbols | identity.rhs.free_symbols
    arrays = {each.base: each.rank for each in symbols if isinstance(each, sp.Indexed)}
    sizes = {str(each): rng.choice((2, 3)) for each in sorted(symbols, key=str) if each.is_integer}
    values: dict[Any, Any] = {each: sizes[str(each)] for each in symbols if str(each) in sizes}
    for each in sorted(symbols - set(values), key=str):
        if isinstance(each, sp.Symbol) and str(each) not in {str(base) for base in arrays}:
            values[each] = Fraction(rng.randint(100, 800), 100)
    for base, rank in sorted(arrays.items(), key=str):
        signs = str(base) in ("a", "S")
        flat = [
            rng.choice((-1, 1)) if signs else Fraction(rng.randint(-300, 300), 100) for _ in range(3**rank)
        ]
        values[base] = np.array(flat, dtype=object).reshape((3,) * rank).tolist()
    sides = [evaluate(side, values, FIELD, functions=GENERIC) for side in (identity.lhs, identity.rhs)]
    return compare_balls(identity.label, *sides, parameters=sizes)


CLAIMS = (
    Claim(
        id="generalization.linear-supremum",
        title="Exact supremum over the linear class",
        statement=r"\sup_{\|W\|_F \le B} \frac1n \sum_i \epsilon_i f_L(x_i; P_\le W) "
        r"= B\,\Big\|\frac1n \sum_i \epsilon_i P_\le\varphi(x_i)\Big\|, \quad \text{attained}",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"$B \ge 0$, $P_\le$ symmetric",),
        depends_on=("taylor.homogeneity", "directions.projector"),
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(supremum_steps, part="linear"),
                scope="every length N: Cauchy and Schwarz with the defect written out, and the maximiser",
                general=True,
            ),
            Check(
                Kind.PROPERTY,
                partial(supremum_attained, part="linear"),
                scope="built-in activations, paired or not, m ≤ 6, d ≤ 4, n ≤ 8",
            ),
            PROOFS.check(
                "linear_supremum",
                scope="the supremum and that it is attained, every m, n, d, any σ' and signs, any symmetric P_≤",
            ),
        ),
    ),
    Claim(
        id="generalization.quadratic-supremum",
        title="Exact supremum over the quadratic class",
        statement=r"\sup_{\|W\|_{2,4} \le B} \frac1n \sum_i \epsilon_i f_Q(x_i; W) = \frac{B^2}{2} "
        r"\Big(\frac1m \sum_r \lambda_{\max}^+(A_r)^2\Big)^{1/2}, \quad "
        r"A_r = \frac1n \sum_i \epsilon_i a_r \sigma''(w_{0,r}\cdot x_i)\,x_i x_i^\top",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(
            r"$B \ge 0$; $\lambda_{\max}^+(A) = \max(0, \lambda_{\max}(A))$, "
            r"$\lambda_{\max}(A) = \sup_{\|w\| = 1} w^\top A w$",
        ),
        depends_on=("taylor.homogeneity", "generalization.largest-value"),
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(supremum_steps, part="quadratic"),
                scope="every m, n, d and every smooth σ; the spectral theorem is used, not derived",
                general=True,
            ),
            Check(
                Kind.PROPERTY,
                partial(supremum_attained, part="quadratic"),
                scope="built-in activations, paired or not, signs against one neuron, m ≤ 6, d ≤ 4, n ≤ 8",
            ),
            PROOFS.check(
                "quadratic_supremum",
                scope="every m, n, d, any σ'' and signs",
            ),
        ),
    ),
    Claim(
        id="generalization.linear-bound",
        title="Complexity of the linear class, from both sides",
        statement=r"\frac{1}{\sqrt2}\,U \le \mathrm{Rad} \le U, \quad U = \frac Bn "
        r"\sqrt{\mathrm{tr}\,\Phi_\le\Phi_\le^\top}",
        bound=UPPER,
        source=PAPER,
        assumptions=(
            "given the inputs",
            RADEMACHER,
            KAHANE,
        ),
        depends_on=("generalization.linear-supremum",),
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(mean_steps, part="linear"),
                scope="the second moment for every n and N; the upper bound is Jensen's, the lower one is cited",
            ),
            Check(
                Kind.PROPERTY,
                partial(bounds_by_enumeration, part="linear"),
                scope="all 2^n sign vectors, n ≤ 7, built-in activations",
            ),
            PROOFS.check(
                "linear_complexity", scope="the upper bound, for every m, n, d, any σ'", general=False
            ),
            attack_check(linear_lower, scope="the lower bound, two inputs at m = 6, d = 4"),
        ),
    ),
    attack_control(
        linear_lower,
        factor=0.99,
        scope="the lower bound, two inputs at m = 6, d = 4",
        id="control.attack-linear-complexity",
        control_of="generalization.linear-bound",
        title="A lower bound on the linear class larger by one percent",
        statement=r"\frac{100}{99\sqrt2}\,U \le \mathrm{Rad}",
        fault="constant larger by one percent: random inputs have different features, two equal ones tell",
        bound=LOWER,
    ),
    Claim(
        id="generalization.quadratic-bound",
        title="Complexity of the quadratic class, from both sides",
        statement=r"\frac{B^2}{2\sqrt2} \Big(\frac{1}{m d n^2} \sum_{r \le m/2} \sum_i "
        r"\sigma''(w_{0,r}\cdot x_i)^2 \|x_i\|^4\Big)^{1/2} \le \mathrm{Rad} \le \frac{B^2}{2} "
        r"\Big(\frac{2(1+\log d)}{m} \sum_r V_r\Big)^{1/2} \le M_2 B^2 "
        r"\Big(\frac{(1+\log d)\,d}{2n} \Big\|\frac{X^\top X}{n}\Big\|\Big)^{1/2}",
        bound=UPPER,
        source=PAPER,
        assumptions=(
            r"given the inputs, $\|x_i\|^2 = d$ (the last inequality alone needs this)",
            RADEMACHER,
            r"$M_2 = \max_{r,i} |\sigma''(w_{0,r}\cdot x_i)|$",
            r"$V_r = \frac{1}{n^2} \|\sum_i \sigma''(w_{0,r}\cdot x_i)^2 \|x_i\|^2 x_i x_i^\top\|$",
            TROPP,
            KAHANE + "; the lower bound is for paired networks, whose class is symmetric",
        ),
        depends_on=("generalization.quadratic-supremum",),
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(mean_steps, part="quadratic"),
                scope="second moments, matrix variance and tail integral for every n, d; the tail bound is cited",
            ),
            Check(
                Kind.PROPERTY,
                partial(bounds_by_enumeration, part="quadratic"),
                scope="all 2^n sign vectors, n ≤ 7, built-in activations",
            ),
            attack_check(
                quadratic_bounds,
                scope="both bounds, the inputs and w_0 at m = n = 4, d = 3, paired, sin + cos",
                steps=40,
            ),
        ),
    ),
    attack_control(
        quadratic_bounds,
        factor=0.49,
        scope="both bounds, the inputs and w_0 at m = n = 4, d = 3",
        steps=40,
        id="control.attack-quadratic-complexity",
        control_of="generalization.quadratic-bound",
        title="Less than half of the upper bound, more than twice the lower one",
        statement=r"\mathrm{Rad} \le \tfrac{49}{100}\,\frac{B^2}{2} "
        r"\Big(\frac{2(1+\log d)}{m} \sum_r V_r\Big)^{1/2}",
        fault="49/100 of the upper bound, and 100/49 of the lower: random inputs know neither",
    ),
    Claim(
        id="control.complexity-half",
        title="Supremum over the quadratic class without the factor 1/2",
        statement=r"\sup = B^2 \Big(\frac1m \sum_r \lambda_{\max}^+(A_r)^2\Big)^{1/2}",
        bound=IDENTITY,
        source="control",
        control_of="generalization.quadratic-supremum",
        fault="the factor 1/2 is lost",
        checks=(
            Check(
                Kind.PROPERTY,
                partial(supremum_attained, part="quadratic", factor=2.0),
                scope="m ≤ 6, d ≤ 4, n ≤ 8",
            ),
            Check(
                Kind.SYMBOLIC,
                partial(supremum_steps, part="quadratic", factor=2),
                scope="the signed sum of f_Q",
            ),
        ),
    ),
    Claim(
        id="control.complexity-positive-part",
        title="Supremum over the quadratic class with negative eigenvalues",
        statement=r"\sup = \frac{B^2}{2} \Big(\frac1m \sum_r \lambda_{\max}(A_r)^2\Big)^{1/2}",
        bound=IDENTITY,
        source="control",
        control_of="generalization.quadratic-supremum",
        fault="the largest eigenvalue for its positive part",
        checks=(
            Check(
                Kind.PROPERTY,
                partial(supremum_attained, part="quadratic", negative=True),
                scope="m ≤ 6, d ≤ 4, n ≤ 8",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.complexity-bound",
        title="Upper bound on the linear complexity claimed at two thirds",
        statement=r"\mathrm{Rad} \le \tfrac23\,U",
        bound=UPPER,
        source="control",
        control_of="generalization.linear-bound",
        fault="a constant below the proved lower bound",
        checks=(
            Check(
                Kind.PROPERTY,
                partial(bounds_by_enumeration, part="linear", factor=2 / 3),
                scope="all 2^n sign vectors, n ≤ 7",
            ),
        ),
    ),
)
