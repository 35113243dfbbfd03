"""Every public torch quantity against its symbolic twin, at random small sizes, seeds, scales and activations.

The claims in verify/claims hold the rest of the training code against the same twins: the Taylor terms and
their gradients, the regularizer, the losses, the objective and the covariance. `test_claims.py` runs those.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp
import torch
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from theory import bessel, expansion, sphere
from theory.activation import Activation
from theory.arithmetic import compile_arb, evaluate
from theory.parser import to_tree
from training.activation import from_tree
from training.kernel import infinite_ntk
from training.network import Network, initialise
from training.sphere import generator, sample_sphere
from training.target import make_target
from verify.bound import Comparison
from verify.claims.indexed import FIELD, along, entries
from verify.claims.taylor import at, sigma_of
from verify.claims.twins import agree, draw, rows, small_cases
from verify.verdict import Outcome

EXAMPLES = settings(max_examples=40, deadline=None)
V_BASE = sp.IndexedBase("v")

# Expressions a user might give: every operation of the grammar, smooth with bounded derivatives.
EXPRESSIONS = (
    "sin(z) + cos(z)",
    "tanh(z + 1/2)",
    "erf(z/2) - 1/3",
    "log(1 + exp(z + 1/2))",
    "z*sigmoid(z)",
    "atan(2*z) + z/sqrt(1 + z^2)",
    "exp(-z^2/2)*cos(3*z)",
    "1/(2 + cosh(z)) + sinh(z)/cosh(z)**2",
)


def holds(*comparisons: Comparison) -> None:
    for comparison in comparisons:
        assert comparison.outcome is Outcome.HOLDS, comparison


def order_of(network: Network, X: Tensor, V: Tensor) -> float:
    """A generous size of the terms: what the float64 rounding of sums over neurons and coordinates scales with."""
    return float(1 + X.abs().max()) ** 2 * float(1 + V.abs().max()) * network.m**0.5


@cache
def network_of(activation: str) -> sp.Expr:
    return expansion.network(sigma_of(activation))


@cache
def slope_of(activation: str) -> sp.Expr:
    return sp.diff(network_of(activation), expansion.w[expansion.q, expansion.l])


@EXAMPLES
@given(small_cases())
def test_network_value(case: dict[str, Any]) -> None:
    network, W, X = draw(case)
    twins = [evaluate(network_of(case["activation"]), at(network, W, x), FIELD) for x in X]
    size = network.sigma(0, X).abs().sum(dim=1) + (X @ (network.w0 + W).T).abs().sum(dim=1)
    holds(agree("f", network.f(W, X), twins, size=size))


@EXAMPLES
@given(small_cases())
def test_network_derivatives(case: dict[str, Any]) -> None:
    network, W, X = draw(case)
    source = generator(case["seed"], "twins")
    V = torch.randn(W.shape, generator=source, dtype=torch.float64)
    nu = torch.randn(len(X), generator=source, dtype=torch.float64)
    slope, cells = slope_of(case["activation"]), list(np.ndindex(*W.shape))
    bend = along(slope)
    gradients, curvatures, pushes = [], [], []
    for x, weight in zip(X, nu.tolist(), strict=True):
        values = at(network, W, x)
        gradient = entries(slope, values, cells)
        gradients.append([each * arb(weight) for each in gradient])
        curvatures.append(entries(bend, {**values, V_BASE: rows(V)}, cells, weight=weight))
        pushes.append(sum((g * arb(float(V[cell])) for g, cell in zip(gradient, cells, strict=True)), arb(0)))
    size = order_of(network, X, V) * float(nu.abs().sum() + 1)
    total = [sum(column, arb(0)) for column in zip(*gradients, strict=True)]
    bent = [sum(column, arb(0)) for column in zip(*curvatures, strict=True)]
    holds(
        agree("pullback", network.pullback(W, X, nu), total, size=size),
        agree("curvature", network.curvature(W, X, nu, V), bent, size=size),
        agree("pushforward", network.pushforward(W, X, V), pushes, size=size),
    )
    value, pull = network.on(X).vjp(W)
    assert torch.equal(value, network.f(W, X))
    holds(agree("vjp", pull(nu), total, size=size))


@EXAMPLES
@given(small_cases())
def test_quadratic_model_derivatives(case: dict[str, Any]) -> None:
    network, W, X = draw(case)
    source = generator(case["seed"], "twins")
    V = torch.randn(W.shape, generator=source, dtype=torch.float64)
    nu = torch.randn(len(X), generator=source, dtype=torch.float64)
    cells = list(np.ndindex(*W.shape))
    term = expansion.taylor_coefficient(sigma_of(case["activation"]), 2)
    slope = sp.diff(term, expansion.w[expansion.q, expansion.l])
    bend = along(slope)
    pushes, curvatures = [], []
    for x, weight in zip(X, nu.tolist(), strict=True):
        values = {**at(network, W, x), V_BASE: rows(V)}
        gradient = entries(slope, values, cells)
        pushes.append(sum((g * arb(float(V[cell])) for g, cell in zip(gradient, cells, strict=True)), arb(0)))
        curvatures.append(entries(bend, values, cells, weight=weight))
    size = order_of(network, X, V) * float(1 + W.abs().max()) * float(nu.abs().sum() + 1)
    bent = [sum(column, arb(0)) for column in zip(*curvatures, strict=True)]
    holds(
        agree("∇f_Q·V", network.pushforward_Q(W, X, V), pushes, size=size),
        agree("Σν∇²f_Q·V", network.curvature_Q(X, nu, V), bent, size=size),
    )


@EXAMPLES
@given(small_cases())
def test_features_and_gram(case: dict[str, Any]) -> None:
    network, W, X = draw(case)
    slope = sp.diff(
        expansion.taylor_coefficient(sigma_of(case["activation"]), 1), expansion.w[expansion.q, expansion.l]
    )
    cells = list(np.ndindex(*W.shape))
    phi = [entries(slope, at(network, W, x), cells) for x in X]
    size = float(1 + X.abs().max()) ** 2
    gram = [sum((p * q for p, q in zip(left, right, strict=True)), arb(0)) for left in phi for right in phi]
    holds(
        agree("Φ", network.features(X), [entry for row in phi for entry in row], size=size),
        agree("K_m", network.gram(X), gram, size=size * case["d"]),
        agree("K_m(X, X')", network.gram(X, X.clone()), gram, size=size * case["d"]),
    )


@EXAMPLES
@given(
    st.sampled_from(EXPRESSIONS),
    st.integers(0, 4),
    st.lists(st.floats(-3, 3, allow_subnormal=False), min_size=1, max_size=4),
)
def test_activation_of_a_user(text: str, order: int, points: list[float]) -> None:
    exact = Activation.parse(text)
    ours = from_tree(text, to_tree(exact.expr)).derivative(torch.tensor(points, dtype=torch.float64), order)
    twin = compile_arb(exact.derivative(order), sorted(exact.expr.free_symbols, key=str), prec=192)
    # Derivatives of order 4 of exp(-z²/2) cos 3z reach 10²; the series sums terms of that size.
    holds(agree(f"σ^({order})", ours, [twin(arb(point)) for point in points], size=100.0))


@EXAMPLES
@given(st.integers(3, 8), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_target(d: int, k: int, R: int, seed: int) -> None:
    k = min(k, d - 1)
    R = min(R, d)
    target = make_target(d, k, R, seed=seed)
    X = sample_sphere(3, d, radius=d**0.5, generator=generator(seed, "inputs"))
    u = sp.Symbol("u")
    values = [arb(0)] * len(X)
    for ridge in (*target.dense, target.sparse):
        scaled = sp.sqrt(sphere.B(sp.Integer(d), ridge.degree)) * sphere.P_gegenbauer(
            ridge.degree, u, sp.Integer(d)
        )
        polynomial = compile_arb(scaled, [u], prec=192)
        for index, x in enumerate(X):
            for direction, weight in zip(ridge.directions, ridge.coefficients.tolist(), strict=True):
                inner = sum(
                    (arb(float(g)) * arb(float(c)) for g, c in zip(direction, x, strict=True)), arb(0)
                )
                values[index] += arb(weight) * polynomial(inner / arb(d).sqrt())
    size = sum(float(ridge.coefficients.abs().sum()) * 30 for ridge in (*target.dense, target.sparse))
    holds(agree("f*", target(X), values, size=size))


@EXAMPLES
@given(st.integers(3, 200), st.integers(0, 2**32 - 1))
def test_infinite_width_kernel(d: int, seed: int) -> None:
    X = sample_sphere(2, d, radius=d**0.5, generator=generator(seed, "inputs"))
    s = sp.Symbol("s")
    # w is uniform on the unit sphere: E cos(w·v) = j(‖v‖²/d) with j for the sphere of radius √d.
    profile = compile_arb(bessel.ball(s / d, sp.Integer(d)), [s], prec=192)
    twin = []
    for x in X:
        for other in X:
            pairs = [(arb(float(p)), arb(float(q))) for p, q in zip(x, other, strict=True)]
            inner = sum((p * q for p, q in pairs), arb(0))
            square = sum(((p - q) * (p - q) for p, q in pairs), arb(0))
            twin.append(inner * profile(square))
    # The kernel's own input is u = x·x'/d, whose rounding the profile's slope of order d/2 · 1/d multiplies.
    holds(agree("K", infinite_ntk(X, X), twin, size=float(d)))


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_finite_kernel_approaches_the_infinite_one(order: int) -> None:
    """The average of K_m over networks is K: 200 networks of width 64 give a standard error that must cover it."""
    d = 5 + order
    X = sample_sphere(2, d, radius=d**0.5, generator=generator(order, "inputs"))
    from training.activation import activation

    grams = torch.stack(
        [initialise(64, d, activation("sincos"), seed=seed).gram(X)[0, 1] for seed in range(200)]
    )
    error = (grams.mean() - infinite_ntk(X, X)[0, 1]) / (grams.std() / len(grams) ** 0.5)
    assert abs(float(error)) < 6  # a Gaussian exceeds six standard errors once in 5e8 draws
