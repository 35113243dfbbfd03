"""The explicit movements of torch by their definitions: quadrature on the sphere of dimension 3, and SymPy's split.

At finite width W_L fits g in the moments with all polynomials of degree ≤ k, and the movement of infinite width is
a mean of features times g: integrals that a product rule on the sphere takes without any formula of harmonics.
"""

from __future__ import annotations

import itertools
from typing import Any

import sympy as sp
import torch
from flint import arb
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from theory import expressivity, sphere
from theory.activation import builtin
from theory.arithmetic import compile_arb
from theory.eigenvalues import spectrum
from training.activation import activation
from training.expressivity import random_signs
from training.expressivity_linear import limit_movement, linear_movement
from training.expressivity_profile import profile
from training.moments import moment_directions
from training.network import Network, initialise
from training.target import Target, make_target
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Context
from verify.claims.quadrature import sphere_rule
from verify.claims.twins import ACTIVATIONS, agree
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import exact, measured

# Eigenvalues of MᵀM below this share of the largest leave fewer digits than are compared.
CONDITION, FITTED = 1e-6, 1e-8
REASON = "rounding, over the smallest eigenvalue of MᵀM, which is at least 1e-6 of the largest"


def split_in_torch(context: Context) -> Evidence:
    """p_l, r_0 and r_1 of the training code against SymPy's split of the sparse polynomial."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        k, dimension = case["k"], case["d"]
        z, at = sp.Symbol("z", real=True), sp.Integer(case["d"])
        p, rest = expressivity.split(k, at, z)
        scale = sp.sqrt(sphere.B(at, k + 1))
        root = sp.sqrt(at)
        stated = [
            *(scale * sphere.expect(sp.expand(p * sphere.P(l, z / root, at)), z, at) for l in range(k)),
            *(scale * sp.Poly(rest, z).coeff_monomial(z**i) for i in range(2)),
        ]
        found = profile(activation(case["activation"]), dimension, k)
        values = torch.tensor([*found.p, *found.rest], dtype=torch.float64)
        twin = [compile_arb(sp.sympify(each), [z], prec=192)(arb(0)) for each in stated]
        return [agree("p_l, r_0, r_1", values, twin, size=1.0, parameters=case)]

    cases = strategies.fixed_dictionaries(
        {
            "activation": strategies.sampled_from(ACTIVATIONS),
            "k": strategies.integers(1, 3),
            "d": strategies.integers(4, 9),
        }
    )
    return hold_property(context, cases, test, examples=context.pick(12, 60))


def fitted(context: Context) -> Evidence:
    """E f_L(x; W_L) h(x) = E g(x) h(x) for every monomial h of degree ≤ k, by quadrature in dimension 3."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, target = _drawn(case)
        good = moment_directions(network, case["k"])
        if float(good.eigenvalues[-1]) < CONDITION * float(good.eigenvalues[0]):
            return []
        X, weights = sphere_rule()
        f, g = network.f_L(linear_movement(target, good), X), _linear_part(target, X)
        moments = [(weights * (f - g)) @ h for h in _monomials(X, case["k"])]
        return [
            compare(
                "largest |E (f_L(x; W_L) - g(x)) h(x)|",
                IDENTITY,
                measured(float(torch.stack(moments).abs().max())),
                exact(0),
                resolution=FITTED,
                relative_to=float((weights * g.square()).sum().sqrt()) * 3.0 ** (case["k"] / 2),
                reason=REASON,
                parameters=case,
            )
        ]

    return hold_property(context, _cases(), test, examples=context.pick(8, 60))


def at_infinite_width(context: Context) -> Evidence:
    """W_L of infinite width, row by row: Σ_j λ_j^{-1} E φ(x) g_j(x) by quadrature, λ_j certified."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        network, target = _drawn(case)
        values = [float(each) for each in spectrum(builtin(case["activation"]), 3).eigenvalues]
        X, weights = sphere_rule()
        whole = torch.stack([ridge(X) / values[ridge.degree] for ridge in target.dense]).sum(dim=0)
        for degree, part in enumerate(_rests(target, X)):
            whole = whole + part / values[degree]
        slopes = network.sigma1(X) * (weights * whole)[:, None]
        twin = (network.a / network.m**0.5)[:, None] * (slopes.T @ X)
        found = limit_movement(network, target)
        return [
            compare(
                "largest entry of W_L less its integral",
                IDENTITY,
                measured(float((found - twin).abs().max())),
                exact(0),
                resolution=FITTED,
                relative_to=float(twin.abs().max()),
                reason="rounding of the eigenvalues, which are above 1e-4 of the largest here, and of the rules",
                parameters=case,
            )
        ]

    return hold_property(context, _cases(), test, examples=context.pick(8, 60))


def signs_are_fair(context: Context) -> Evidence:
    """The signs S of 64 neurons: ±1, both of them, in pairs alike and unlike, and others for another seed."""
    network = initialise(64, 3, activation("sincos"), seed=context.seed)
    drawn = [random_signs(network, seed=context.seed + shift) for shift in range(3)]
    facts = {
        "entries other than ±1": sum(int((each.abs() != 1).sum()) for each in drawn),
        "draws with one sign only": sum(abs(int(each.sum())) == 64 for each in drawn),
        "draws whose pairs are all alike, or all unlike": sum(
            abs(int((each[:32] * each[32:]).sum())) == 32 for each in drawn
        ),
        "equal draws of two seeds": sum(
            torch.equal(first, second) for first, second in itertools.combinations(drawn, 2)
        ),
    }
    reason = "by chance below 2^{-29}"
    return from_comparisons(
        [compare(label, IDENTITY, exact(count), exact(0), reason=reason) for label, count in facts.items()]
    )


def _drawn(case: dict[str, Any]) -> tuple[Network, Target]:
    network = initialise(case["m"], 3, activation(case["activation"]), seed=case["seed"])
    return network, make_target(3, case["k"], case["R"], seed=case["seed"])


def _rests(target: Target, X: Tensor) -> list[Tensor]:
    """`Σ_i α_i r_0` and `Σ_i α_i r_1 β_i·x` with r from SymPy's split."""
    z, at = sp.Symbol("z", real=True), sp.Integer(3)
    _, rest = expressivity.split(target.k, at, z)
    polynomial, scale = sp.Poly(rest, z), sp.sqrt(sphere.B(at, target.k + 1))
    r = [float(scale * polynomial.coeff_monomial(z**i)) for i in range(2)]
    alphas = target.sparse.coefficients
    return [
        r[0] * alphas.sum() * torch.ones(len(X), dtype=X.dtype),
        r[1] * (X @ target.sparse.directions.T) @ alphas,
    ]


def _linear_part(target: Target, X: Tensor) -> Tensor:
    return target.f_k(X) + torch.stack(_rests(target, X)).sum(dim=0)


def _monomials(X: Tensor, k: int) -> list[Tensor]:
    """All monomials of degree ≤ k."""
    found = []
    for degree in range(k + 1):
        for chosen in itertools.combinations_with_replacement(range(3), degree):
            found.append(
                torch.stack([torch.ones(len(X), dtype=X.dtype), *(X[:, i] for i in chosen)]).prod(dim=0)
            )
    return found


def _cases() -> SearchStrategy[dict[str, Any]]:
    return strategies.fixed_dictionaries(
        {
            "activation": strategies.sampled_from(ACTIVATIONS),
            "k": strategies.integers(1, 2),
            "m": strategies.sampled_from((20, 40)),
            "R": strategies.integers(1, 2),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )
