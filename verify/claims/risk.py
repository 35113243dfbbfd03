"""Claims on the exact test error: the closed form of its parts, for the network and its Taylor models.

Three routes to the moments are independent: SymPy's derivatives of j along γ, which never see the closed form with
0F1 and Q_l; quadrature on the sphere in dimension 3; and fresh points. The torch code, the sums over the neurons in
ball arithmetic and the certified ball evaluate that same closed form with different code (Gauss's rule and
Clenshaw's scheme, SymPy's expressions, Arb's 0F1): their agreement speaks for the code, not for the formula.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import Any

import sympy as sp
import torch
from flint import arb
from hypothesis import strategies
from torch import Tensor

from theory import risk as exact
from theory.arithmetic import evaluate
from theory.expansion import a, m, w, w0
from training.activation import activation
from training.config import Config
from training.network import Network, initialise
from training.objective import MODELS
from training.problem import Problem, make_problem
from training.risk import coupling_error, estimated_risk, risk
from training.sphere import generator
from training.target import Target, make_target
from training.train import train
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.claims.indexed import FIELD
from verify.claims.quadrature import sphere_rule
from verify.claims.sphere import IN_D, d
from verify.claims.twins import rows
from verify.evidence import Evidence, from_comparisons
from verify.exact import Identity, prove, vanishes
from verify.property import hold_property
from verify.quantity import ball, measured
from verify.quantity import exact as number
from verify.statistics import error_rates
from verify.verdict import Kind

SINCOS = r"$\sigma = \sin + \cos$"
SPHERE = r"$x$ uniform on $S^{d-1}(\sqrt d)$"
PROJECT = "this project"
DEGREES = range(5)
TERMS: dict[str, tuple[int | None, ...]] = {
    "full": (None,),
    "linear": (1,),
    "quadratic": (2,),
    "second-order": (1, 2),
}
SMALL = (
    Config(k=1, d=20, n=400, m=400, lambda_=(1.0, 1.0, 1e-3, 1e-4), steps=150, n_unlabeled=500),
    Config(k=2, d=8, n=600, m=400, lambda_=(1.0, 1.0, 1e-3, 1e-4), steps=150, n_unlabeled=1000),
)


def moments_from_plane_wave(context: Context) -> Evidence:
    """Product to sum, and every coefficient of t^a τ^b in j(‖v + t w - τ w'‖²) by the chain rule."""
    pairs = [Identity("σ(p) σ(q)", *exact.product_to_sum())]
    for order in range(3):
        for other in range(order, 3):
            pairs.append(Identity(f"E f^({order}) f^({other})", *exact.taylor_moment(order, other, d)))
    pairs.append(Identity("E f^(1) f^(1) is the form of Σ", *exact.linear_moment(d)))
    return prove(pairs, seed=context.seed)


def cross_moments(context: Context, *, sign: int | None = None) -> Evidence:
    """Derivatives of j along γ collapse to one 0F1 by its contiguous relation, which is proved in every power."""
    relation = [
        Identity(f"contiguous relation, {part}", *pair)
        for part, pair in zip(("constant", "x^{p+1}"), exact.contiguous_coefficients(d), strict=True)
    ]
    pairs = [Identity(f"l = {l}", *exact.cross_moment(l, d, sign=sign)) for l in DEGREES]
    labels = {each.label for each in relation}

    def prover(identity: Identity) -> bool:
        difference = identity.lhs - identity.rhs
        if identity.label in labels:
            return vanishes(difference)
        return exact.vanishes_by_contiguity(difference, d)

    return prove([*relation, *pairs], seed=context.seed, prover=prover)


def risk_in_torch(context: Context, *, shift: int = 0) -> Evidence:
    """E f², E f f*, E f*² and the risk in torch against the indexed sums in ball arithmetic, every model."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, W, target = _draw(case)
        found = risk(network, W, target, model=case["model"])
        moment, cross, null = _twin(case, network, W, target, shift=shift)
        bounds = {
            "E f²": (found.moment, moment),
            "E f f*": (found.cross, cross),
            "E f*²": (found.null, null),
            "E (f - f*)²": (found.value, moment - 2 * cross + null),
        }
        return [
            compare(
                label,
                IDENTITY,
                ball(arb(ours) - twin),
                number(0),
                resolution=found.rounding,
                reason="the bound on its rounding that the torch code states",
                parameters=case,
            )
            for label, (ours, twin) in bounds.items()
        ]

    return hold_property(context, _cases(), test, examples=context.pick(8, 60, 300))


def by_quadrature(context: Context) -> Evidence:
    """The closed forms in dimension 3 against a product rule on the sphere, every model, and the coupling error."""
    X, weights = sphere_rule(48)

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, W, target = _draw(case)
        on = network.on(X)
        terms = [on.term(order, W) for order in range(3)]
        values = {
            "full": on.f(W),
            "linear": terms[1],
            "quadratic": terms[2],
            "second-order": terms[1] + terms[2],
        }
        pairs = {
            f"E (f - f*)², {model}": (
                risk(network, W, target, model=model).value,
                float(weights @ (values[model] - target(X)).square()),
            )
            for model in MODELS
        }
        remainder = float(weights @ (on.f(W) - sum(terms)).square())
        pairs["E (f - f_0 - f_L - f_Q)²"] = (coupling_error(network, W).value, remainder)
        return [
            compare(
                label,
                IDENTITY,
                measured(ours),
                measured(theirs),
                resolution=1e-12,
                relative_to=1 + theirs,
                reason="the rule integrates these analytic functions to rounding",
                parameters=case,
            )
            for label, (ours, theirs) in pairs.items()
        ]

    return hold_property(context, _cases(dimensions=(3, 3)), test, examples=context.pick(10, 60, 300))


def by_sampling(context: Context) -> Evidence:
    """The closed form at trained networks, k = 1 and 2, against fresh points: f, f_L + f_Q, f_L and f_Q."""
    count, comparisons = context.pick(20_000, 100_000, 1_000_000), []
    # Half of α: squares of skewness 13 make tails at 5 standard errors up to 1.5 times as likely for N = 10^5.
    level = 1 - context.alpha / (2 * len(SMALL) * len(MODELS))
    for config in SMALL:
        problem, W = trained(replace(config, seed=derive_seed(context.seed, f"k={config.k}")))
        X = problem.points("exact risk", count)
        for model in MODELS:
            found = risk(problem.network, W, problem.target, model=model)
            sampled = estimated_risk(problem.network, W, problem.target, X, model=model, level=level)
            comparisons.append(
                compare(
                    f"E (f - f*)², {model}, k = {config.k}",
                    IDENTITY,
                    measured(sampled.value),
                    measured(found.value),
                    resolution=sampled.upper - sampled.value,
                    reason="half-width of the normal interval at the declared false-alarm rate",
                    parameters={"d": config.d, "m": config.m, "N": count},
                )
            )
    return from_comparisons(comparisons, error_rates=error_rates(context, comparisons))


def training_set_error(context: Context) -> Evidence:
    """The control: the mean over the training points, with its interval as if they were fresh, for the risk."""
    problem, W = trained(replace(SMALL[0], seed=context.seed))
    network, target = problem.network, problem.target
    sampled = estimated_risk(network, W, target, problem.X, level=1 - context.alpha)
    comparison = compare(
        "mean over the training points against E (f - f*)²",
        IDENTITY,
        measured(sampled.value),
        measured(risk(network, W, target).value),
        resolution=sampled.upper - sampled.value,
        reason="half-width of the interval, were the points fresh",
    )
    return from_comparisons([comparison], error_rates=error_rates(context, [comparison]))


def trained(config: Config) -> tuple[Problem, Tensor]:
    """The problem of a configuration and the movement that its training ends with."""
    problem = make_problem(config)
    return problem, train(problem, problem.objective()).W


def gaussian(network: Network, seed: int) -> Tensor:
    """A Gaussian movement of the network's shape."""
    return torch.randn(network.w0.shape, generator=generator(seed, "movement"), dtype=torch.float64)


def _cases(dimensions: tuple[int, int] = (3, 5)) -> strategies.SearchStrategy[dict[str, Any]]:
    return strategies.fixed_dictionaries(
        {
            "m": strategies.sampled_from((2, 4)),
            "d": strategies.integers(*dimensions),
            "k": strategies.integers(1, 2),
            "R": strategies.integers(1, 2),
            "model": strategies.sampled_from(MODELS),
            "scale": strategies.sampled_from((0.0, 0.3, 1.0)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )


def _draw(case: dict[str, Any]) -> tuple[Network, Tensor, Target]:
    network = initialise(case["m"], case["d"], activation("sincos"), seed=case["seed"])
    target = make_target(case["d"], case["k"], case["R"], seed=case["seed"], dense_directions=3)
    return network, case["scale"] * gaussian(network, case["seed"]), target


def _twin(
    case: dict[str, Any], network: Network, W: Tensor, target: Target, *, shift: int
) -> tuple[arb, arb, arb]:
    """E f², E f f* and E f*² from SymPy's sums over the neurons."""
    orders, dimension = TERMS[case["model"]], case["d"]
    values: dict[Any, Any] = {m: network.m, w0: rows(network.w0), w: rows(W), a: network.a.int().tolist()}
    moment = sum(
        (evaluate(_second(p, q, dimension, shift), values, FIELD) for p in orders for q in orders), arb(0)
    )
    cross, null = arb(0), arb(0)
    for ridge in (*target.dense, target.sparse):
        lengths = torch.linalg.vector_norm(ridge.directions, dim=1, keepdim=True)
        values |= {
            exact.S: len(ridge.directions),
            exact.gamma: rows(ridge.directions / lengths),
            exact.c: ridge.coefficients.tolist(),
        }
        for order in orders:
            cross += evaluate(_target(order, ridge.degree, dimension), values, FIELD)
        null += evaluate(_energy(ridge.degree, dimension), values, FIELD)
    return moment, cross, null


@cache
def _second(order: int | None, other: int | None, dimension: int, shift: int) -> sp.Expr:
    return exact.second_moment(order, other, dimension, shift=shift)


@cache
def _target(order: int | None, l: int, dimension: int) -> sp.Expr:
    return exact.target_moment(order, l, dimension)


@cache
def _energy(l: int, dimension: int) -> sp.Expr:
    return exact.target_energy(l, dimension)


CLAIMS = (
    Claim(
        id="risk.second-moment",
        title="Second moments of the network and of its Taylor terms",
        statement=r"\mathbb{E} f^2 = \frac1m \sum_{r,s} a_r a_s\, j(\|u_r-u_s\|^2), \quad "
        r"\mathbb{E} f^{(p)} f^{(q)} = \frac1m \sum_{r,s} a_r a_s\,[t^p \tau^q]\, "
        r"j(\|w_{0,r} + t w_r - w_{0,s} - \tau w_s\|^2), \quad p, q \le 2",
        bound=IDENTITY,
        source=PROJECT,
        assumptions=(SINCOS, SPHERE, r"$u = w_0 + w$, any $w_0$"),
        depends_on=("sphere.bessel", "sphere.bessel-moments"),
        checks=(
            Check(
                Kind.SYMBOLIC,
                moments_from_plane_wave,
                scope=f"{IN_D}, every pair of neurons, p, q ≤ 2; the sum over pairs by linearity",
                general=True,
            ),
            Check(
                Kind.PROPERTY,
                risk_in_torch,
                scope="torch, all models, m ≤ 4, d ≤ 5",
            ),
        ),
    ),
    Claim(
        id="risk.cross-moment",
        title="Moment of the network with a ridge polynomial",
        statement=r"\mathbb{E}\,\sigma(u\cdot x)\,q_l(\gamma\cdot x) = s_l \sqrt{B(d,l)}\, "
        r"\frac{d^{l/2}\,\rho^l}{d(d+2)\cdots(d+2l-2)}\, "
        r"{}_0F_1\!\left(;\tfrac d2+l;-\tfrac{d\rho^2}{4}\right) P_l\!\left(\tfrac{u\cdot\gamma}{\rho}\right), "
        r"\quad \rho = \|u\|, \quad s_l = 1, 1, -1, -1, \ldots, \quad l \le 4",
        bound=IDENTITY,
        source="Funk, Hecke; this project",
        assumptions=(SINCOS, SPHERE, r"$\|\gamma\| = 1$, $q_l(z) = \sqrt{B(d,l)}\,P_l(z/\sqrt d)$"),
        depends_on=("sphere.bessel", "sphere.funk-hecke"),
        checks=(
            Check(Kind.SYMBOLIC, cross_moments, scope=f"{IN_D}, every u and γ, l = 0…4", general=True),
            Check(
                Kind.PROPERTY,
                risk_in_torch,
                scope="torch, all models, l ≤ 3, m ≤ 4, d ≤ 5",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="risk.closed-form",
        title="The test error of a trained network has a closed form",
        statement=r"\mathbb{E}(f - f^*)^2 = \mathbb{E} f^2 - 2\,\mathbb{E} f f^* + \mathbb{E} f^{*2}, "
        r"\quad \mathbb{E} f^{*2} = \sum_l \sum_{s,t} c_s c_t P_l(\gamma_s\cdot\gamma_t)",
        bound=IDENTITY,
        source=PROJECT,
        assumptions=(SINCOS, SPHERE, r"$f$ is the full network, $f_L + f_Q$, $f_L$ or $f_Q$"),
        depends_on=("risk.second-moment", "risk.cross-moment", "sphere.addition"),
        checks=(
            Check(Kind.PROPERTY, by_quadrature, scope="product rule on the sphere, d = 3, all models"),
            Check(
                Kind.STATISTICAL,
                by_sampling,
                scope="trained networks, k = 1 and 2, all models, fresh points",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.training-set-error",
        title="Test error computed on the training set",
        statement=r"\frac1n \sum_i (f(x_i) - f^*(x_i))^2 = \mathbb{E}(f - f^*)^2",
        bound=IDENTITY,
        source="control",
        control_of="risk.closed-form",
        fault="training points for fresh ones",
        checks=(
            Check(
                Kind.STATISTICAL,
                training_set_error,
                scope="k = 1, d = 20, n = m = 400",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.risk-dimension",
        title="Second moment with j of dimension d + 2",
        statement=r"\mathbb{E} f^2 = \frac1m \sum_{r,s} a_r a_s\, "
        r"{}_0F_1\!\left(;\tfrac{d+2}2;-\tfrac{(d+2)\,\|u_r-u_s\|^2}{4}\right)",
        bound=IDENTITY,
        source="control",
        control_of="risk.second-moment",
        fault="d + 2 for d in j",
        checks=(
            Check(
                Kind.PROPERTY,
                partial(risk_in_torch, shift=2),
                scope="torch, m ≤ 4, d ≤ 5",
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.risk-sign",
        title="Cross moment without the sign of degrees 2 and 3",
        statement=r"s_l = 1 \text{ for every } l",
        bound=IDENTITY,
        source="control",
        control_of="risk.cross-moment",
        fault="the sign s_l, which is -1 at l = 2 and 3, is lost",
        checks=(Check(Kind.SYMBOLIC, partial(cross_moments, sign=1), scope=f"{IN_D}, l = 0…4"),),
    ),
)
