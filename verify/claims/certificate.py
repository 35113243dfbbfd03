"""Claims on the certificate of global optimality: the dual bound holds everywhere, and each piece of it is right.

Symbolic: the bound less the objective is a sum of squares, as identities for all m, n and d. In balls: random
dual points of random problems never reach above the objective, the inner minimum is sandwiched between its
bound and its minimiser's value, and the float bound agrees with the ball. What the bound is good for is in
`certificate_gaps`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import sympy as sp
import torch
from flint import arb

from theory import duality
from theory import loss as exact_loss
from theory.dual_bound import Enclosure
from training.certificate import certifiable_s
from training.dual import Dual, DualPoint
from training.dual_relaxed import Relaxed, spread_start
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context, Profile
from verify.claims.attacks import attack_check, attack_control
from verify.claims.attacks_objective import fenchel_young, weak_duality
from verify.claims.certificate_climb import relaxed_by_autograd
from verify.claims.certified import exact_data, exact_point
from verify.claims.dual_cases import cases, point_near, problem
from verify.claims.formal_certificate import PROOFS
from verify.claims.indexed import prover, spot_check
from verify.evidence import Evidence
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import ball, exact, measured
from verify.verdict import Kind, combine

HERE = "this project, from Fenchel duality (Rockafellar, Convex Analysis, 1970)"
SETTING = r"$f = f_L + f_Q$; $\lambda_4 > 0$; $P_> = I - UU^\top$ with any $U$; $R_3 = \|U^\top W\|^2$"
AGREEMENT = 1e-9
SMALL = "m ≤ 8, d ≤ 5, n ≤ 6, both losses, four activations, paired or not, U not orthonormal"


def chain(context: Context) -> Evidence:
    """The regrouping by neurons, with the stated b, and every piece above its tangent, for symbolic m, n, d."""
    first, second, third = duality.regularizer_tangents()
    by_neurons = [
        Identity("Σ ν f + 2tλ4 S by neurons", *duality.separation()),
        Identity("all linear parts as b·W", *duality.linear_parts()),
        Identity("a neuron above its bound", *duality.inner()),
    ]
    forms = [
        Identity("R1 above its tangent", *first),
        Identity("R2 above its tangent", *second),
        Identity("R3 above its tangent", *third),
        Identity("any quadratic form above its tangent", *duality.tangent()),
    ]
    parts = [
        prove(
            by_neurons,
            seed=context.seed,
            prover=prover(duality.curvature_rules()),
            spot_check=spot_check(),
        ),
        prove(forms, seed=context.seed, prover=prover(duality.FORMS), spot_check=spot_check()),
    ]
    return _joined(parts)


def young(context: Context, *, losses: Any = exact_loss.LOSSES) -> Evidence:
    """The gap of Fenchel and Young has value 0 at the maximiser and a second derivative that is a square."""
    pairs = []
    for name, given in losses.items():
        stationary, _ = exact_loss.fenchel(given)
        pairs += [
            Identity(f"{name}: slope of the gap at z(ν)", stationary[0] - stationary[1], sp.S.Zero),
            Identity(f"{name}: gap at z(ν)", *duality.fenchel_young(given)),
            Identity(f"{name}: its second derivative", *duality.young_curvature(given)),
        ]
    return prove(pairs, seed=context.seed)


def relaxed_identity(context: Context) -> Evidence:
    """The relaxed neuron above the same bound, and the relaxed objective as a mean over fair signs."""
    model, length = duality.mean_of_signs()
    return prove(
        [
            Identity("mean of f_L + f_Q over u ± e", *model),
            Identity("mean of ‖u ± e‖²", *length),
            Identity("relaxed neuron less its bound", *duality.inner_relaxed()),
        ],
        seed=context.seed,
        prover=prover(duality.curvature_rules()),
        spot_check=spot_check(),
    )


def never_exceeds(context: Context, *, conjugate: float = 1.0) -> Evidence:
    """Balls of bound and objective at random points; `conjugate` scales the quadratic part of ℓ* (a fault)."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        dual, W = problem(case)
        point = point_near(dual, W, case)
        exact_side = Enclosure(exact_data(dual.objective))
        bound = exact_side.dual(exact_point(point, _s(dual, point)))
        if conjugate != 1.0:
            squared = sum((arb(each) ** 2 for each in point.nu.tolist()), arb(0)) * dual.n / 4
            bound += (1 - conjugate) * squared
        objective = exact_side.primal(W.numpy()).second_order
        value = dual.evaluate(point).value
        comparisons = [
            compare("dual bound against the objective", UPPER, ball(bound), ball(objective), parameters=case)
        ]
        if conjugate == 1.0:
            comparisons += [
                _agree("bound in float64 and as a ball", value, bound, case),
                _agree("objective in float64 and as a ball", dual.objective.value(W), objective, case),
            ]
        return comparisons

    strategy = cases()
    if conjugate != 1.0:  # ℓ* is quadratic for the squared loss
        strategy = strategy.map(lambda case: {**case, "loss": "squared", "steps": 20, "distance": 0.0})
    return hold_property(context, strategy, test, examples=context.pick(25, 120))


def below_relaxed(context: Context) -> Evidence:
    """The bound at random points against the relaxed objective at random (u, e); e = 0 against the objective."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        dual, W = problem(case)
        relaxed = Relaxed(dual)
        Z = spread_start(W, seed=case["seed"]) * 0.7
        point = point_near(dual, W, case)
        still = torch.stack((W, torch.zeros_like(W)))
        value, scale = relaxed.evaluate(Z).value, 1e-12 * (1 + abs(dual.objective.value(W)))
        return [
            compare(
                "dual bound against the relaxed objective",
                UPPER,
                measured(dual.evaluate(point).value),
                measured(value),
                resolution=1e-12,
                reason="float64 rounding",
                parameters=case,
            ),
            compare(
                "relaxed objective at e = 0 less the objective",
                IDENTITY,
                measured(relaxed.evaluate(still).value - dual.objective.value(W)),
                exact(0),
                resolution=scale,
                reason="float64 rounding",
                parameters=case,
            ),
        ]

    return hold_property(context, cases(), test, examples=context.pick(25, 150))


def supergradient(context: Context) -> Evidence:
    """D(p') ≤ D(p) + ⟨∇D(p), p' - p⟩ for points near and far: D is concave and its gradient is right."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        dual, W = problem(case)
        start = point_near(dual, W, case)
        here = dual.evaluate(start)
        comparisons = []
        for distance in (1e-5, 1e-2, 1.0):
            other = point_near(dual, W, {**case, "distance": distance}, "other")
            other = _between(start, other, 1.0 if distance == 1.0 else distance)
            linear = here.value + _inner(here.grad, start, other)
            size = abs(here.value) + abs(linear) + 1
            comparisons.append(
                compare(
                    f"D at a distance of {distance:g} less its tangent, relative to their sizes",
                    UPPER,
                    measured((dual.evaluate(other).value - linear) / size),
                    measured(1e-13),
                    reason="float64 rounding",
                    parameters=case,
                )
            )
        return comparisons

    return hold_property(context, cases(), test, examples=context.pick(25, 200))


def _joined(parts: list[Evidence]) -> Evidence:
    return Evidence(
        combine(part.outcome for part in parts),
        "; ".join(part.summary for part in parts),
        comparisons=tuple(each for part in parts for each in part.comparisons),
        derivation=tuple(step for part in parts for step in part.derivation),
        counts={name: sum(part.counts[name] for part in parts) for name in ("identities", "proved")},
    )


def _s(dual: Dual, point: DualPoint) -> torch.Tensor:
    return certifiable_s(dual.evaluate(point), dual, point)


def _agree(label: str, value: float, enclosure: arb, case: dict[str, Any]) -> Comparison:
    scale = max(abs(value), 1e-3)
    return compare(
        label,
        IDENTITY,
        ball((arb(value) - enclosure) / scale),
        exact(0),
        resolution=AGREEMENT,
        reason="stated for both routes: rounding, and s raised for the proof",
        parameters=case,
    )


def _between(start: DualPoint, end: DualPoint, share: float) -> DualPoint:
    parts = {
        name: getattr(start, name) + share * (getattr(end, name) - getattr(start, name))
        for name in ("nu", "rho", "gamma", "zeta", "t")
    }
    return replace(start, **parts)


def _inner(grad: DualPoint, start: DualPoint, end: DualPoint) -> float:
    total = grad.t * (end.t - start.t)
    for name in ("nu", "rho", "gamma", "zeta"):
        total += float((getattr(grad, name) * (getattr(end, name) - getattr(start, name))).sum())
    return total


# ℓ = (z - y)² with a conjugate half as large as it should be in its quadratic part.
WRONG_CONJUGATE = replace(
    exact_loss.SQUARED,
    name="squared, wrong conjugate",
    conjugate=exact_loss.nu**2 / 8 + exact_loss.nu * exact_loss.y,
)

CLAIMS = (
    Claim(
        id="certificate.fenchel-young",
        title="The losses above their tangents",
        statement=r"\tfrac1n \ell(y,z) \ge \nu z - \tfrac1n \ell^*(n\nu)",
        bound=LOWER,
        source="Rockafellar, Convex Analysis (1970)",
        assumptions=(r"$\ell$ squared or $\log\cosh$; for the latter $|n\nu| < 1$",),
        depends_on=("loss.convexity", "loss.conjugates"),
        checks=(
            Check(
                Kind.SYMBOLIC,
                young,
                scope="all y, z and ν in the domain: value and slope 0 at z(ν), convex in z",
                general=True,
            ),
            PROOFS.check("fenchel_young", scope="every n, all y, z and ν in the domain, both losses"),
            attack_check(fenchel_young, scope="z and ν of twenty samples, both sides less νy"),
        ),
    ),
    attack_control(
        fenchel_young,
        factor=0.9,
        scope="z and ν of twenty samples",
        id="control.attack-fenchel-young",
        control_of="certificate.fenchel-young",
        title="Nine tenths of loss and conjugate",
        statement=r"\sum_i \nu_i(z_i - y_i) \le \tfrac{9}{10}\sum_i \ell(y_i,z_i) + \ell^*(\nu_i) - \nu_iy_i",
        fault="smaller by a tenth: random ν and z do not match over twenty samples",
        bound=LOWER,
    ),
    Claim(
        id="certificate.weak-duality",
        title="Every dual point bounds the objective from below",
        statement=r"L_\lambda(W) \ge -\tfrac1n\sum_i \ell_i^*(n\nu_i) - \tfrac{n}{4\lambda_1}\|\rho\|^2 - "
        r"\lambda_2\langle\zeta,\Sigma\zeta\rangle - \tfrac1{4\lambda_3}\|\gamma\|^2 - \lambda_4 t^2 + "
        r"\sum_r \min_w \left[ b_r\cdot w + \tfrac12 w^\top C_r w + 2t\lambda_4\|w\|^4 \right]",
        bound=LOWER,
        source=HERE,
        assumptions=(
            SETTING,
            r"$b = \Phi^\top\nu + P_>(\Phi^\top\rho + 2\lambda_2\Sigma\zeta) + U\gamma$, "
            r"$C_r = m^{-1/2} a_r \sum_i \nu_i\,\sigma''(w_{0,r}\cdot x_i)\,x_i x_i^\top$, $t > 0$",
            r"$P_> = I - UU^\top$ is symmetric; $\Sigma$ is symmetric and $\Sigma \succeq 0$, as every mean of "
            r"$\varphi\varphi^\top$ is",
        ),
        depends_on=(
            "certificate.quartic",
            "certificate.fenchel-young",
            "certificate.inner-minimum",
            "regularizer.gradient-r2",
        ),
        checks=(
            Check(
                Kind.SYMBOLIC,
                chain,
                scope="every m, n, d, n_k, U, any σ: the linear parts are the stated b, and the difference of both "
                "sides is the sum of the pieces, each a square or a form in Σ or K ⪰ 0",
                general=True,
            ),
            Check(Kind.PROPERTY, never_exceeds, scope=f"random dual points in balls, {SMALL}"),
            PROOFS.check(
                "weak_duality_split",
                scope="every m, n, d, n_k, U, any σ', σ'' and any loss with the given bounds on its conjugate; any "
                "lower bound stands for the minimum; λ1, λ2, λ3 of 0 or more",
            ),
            attack_check(
                weak_duality,
                scope="the dual point at one trained W in balls, m = 8, d = 3, n = 4, both losses",
                steps=60,
            ),
        ),
    ),
    attack_control(
        weak_duality,
        factor=0.95,
        scope="the dual point at one trained W in balls, m = 8, d = 3, n = 4",
        steps=60,
        id="control.attack-weak-duality",
        control_of="certificate.weak-duality",
        title="The dual function claimed below nineteen twentieths of the objective",
        statement=r"\tfrac{19}{20}\,L_\lambda(W) \ge D(p)",
        fault="the objective smaller by a twentieth: dual points near a tangent stay below, the best does not",
        bound=LOWER,
    ),
    Claim(
        id="certificate.gradient",
        title="The dual function is concave, with the gradient of its minimisers",
        statement=r"D(p') \le D(p) + \langle \nabla D(p), p' - p\rangle, \quad \nabla D \text{ from } w_r^*",
        bound=UPPER,
        source="Danskin 1966",
        assumptions=(SETTING,),
        depends_on=("certificate.weak-duality",),
        checks=(
            Check(
                Kind.PROPERTY,
                supergradient,
                scope=f"torch, distances 1e-5 to 1, {SMALL}; a wrong gradient fails at the small ones",
            ),
        ),
    ),
    Claim(
        id="certificate.relaxation",
        title="The relaxed objective lies between the bound and the objective",
        statement=r"D(p) \le L^{\mathrm{rel}}(u, e), \quad L^{\mathrm{rel}}(W, 0) = L_\lambda(W), \quad "
        r"L^{\mathrm{rel}}: w_r w_r^\top \to u_r u_r^\top + e_r e_r^\top",
        bound=UPPER,
        source="this project; Burer, Monteiro 2003 for the factors",
        assumptions=(SETTING,),
        depends_on=("certificate.weak-duality",),
        checks=(
            Check(
                Kind.SYMBOLIC,
                relaxed_identity,
                scope="every m, n, d, any σ: the mean over signs, and each neuron above its bound; the other "
                "pieces are those of certificate.weak-duality, and e = 0 is tested by the other check",
            ),
            Check(Kind.PROPERTY, below_relaxed, scope=f"torch, random points, {SMALL}"),
            Check(
                Kind.PROPERTY,
                relaxed_by_autograd,
                scope=f"torch, value, gradient and tangent against the definition, {SMALL}",
            ),
        ),
    ),
    Claim(
        id="control.dual-conjugate",
        title="The dual bound with a wrong conjugate",
        statement=r"\ell^*(\nu) = \tfrac18\nu^2 + \nu y \text{ for } \ell = (z-y)^2",
        bound=LOWER,
        source="control",
        control_of="certificate.weak-duality",
        fault="the quadratic part of the conjugate halved: the bound rises above the objective",
        checks=(
            Check(
                Kind.SYMBOLIC,
                partial(young, losses={WRONG_CONJUGATE.name: WRONG_CONJUGATE}),
                scope="all y and ν",
                general=True,
            ),
            Check(
                Kind.PROPERTY,
                partial(never_exceeds, conjugate=0.5),
                scope="at trained points, in balls",
                profile=Profile.STANDARD,
            ),
        ),
    ),
)
