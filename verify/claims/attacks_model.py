"""Targets of attacks on bounds of the model: polynomials, activations, Taylor terms, good directions, signs.

What is climbed is written for autograd and stays exact where both sides are small; both sides are then evaluated
in ball arithmetic, by the training code or by NumPy, which share no formula with it but the projection P_>.
"""

from __future__ import annotations

import itertools
import math
from functools import cache, partial
from typing import Any

import numpy as np
import sympy as sp
import torch
from flint import arb
from torch import Tensor

from theory import activation as exact_activation
from theory import expansion
from theory.arithmetic import compile_arb, evaluate, working_precision
from theory.gegenbauer import polynomial_ball
from training.activation import Activation, activation
from training.attack import on_sphere
from training.network import Network, initialise
from training.plane import PairCovariance
from training.spectrum import top_eigenpairs
from training.sphere import gegenbauer, low_degree_count
from training.subspace import Subspace
from verify.claims.attacks import Target
from verify.claims.indexed import FIELD
from verify.claims.twins import rows
from verify.quantity import Quantity, ball, exact, measured

PREC = 128
# Nodes and weights on [0, 1]; a mean of σ' or σ''' over a step of size 1 is then known to about 1e-12.
NODES, WEIGHTS = (
    torch.from_numpy((1 + part) / 2 if part.min() < 0 else part / 2)
    for part in np.polynomial.legendre.leggauss(16)
)


def legendre(seed: int) -> tuple[Target, ...]:
    """|P_l(u)| against 1 at u = x_1 for unit x: draws in d = 10 rarely come near the poles."""
    d = 10

    def height(x: Tensor) -> Tensor:
        return on_sphere(x)[0]

    def ratio(x: Tensor, *, l: int) -> Tensor:
        return gegenbauer(l, d, height(x)).abs()

    def sides(x: Tensor, *, l: int) -> tuple[Quantity, Quantity]:
        with working_precision(PREC):
            return ball(abs(polynomial_ball(l, d, arb(float(height(x)))))), exact(1)

    return tuple(
        Target(
            f"|P_{l}(u)|",
            partial(_normal, (d,)),
            partial(ratio, l=l),
            partial(sides, l=l),
            {"d": d, "l": l},
            reason="u is rounded to float64, and with it a pole",
        )
        for l in (2, 3, 4)
    )


def lipschitz(seed: int) -> tuple[Target, ...]:
    """|σ(y+h) - σ(y)| against M_1|h|: the ratio is climbed as the mean of σ' between the two."""

    def ratio(point: Tensor, *, sigma: Activation, M1: float) -> Tensor:
        y, h = point
        return ((sigma.derivative(y + NODES * h, 1) * WEIGHTS).sum() / M1).abs()

    def sides(point: Tensor, *, name: str) -> tuple[Quantity, Quantity]:
        sigma = _ball_function(name)
        with working_precision(PREC):
            y, h = (arb(each) for each in point.tolist())
            return ball(abs(sigma(y + h) - sigma(y))), ball(
                exact_activation.builtin(name).suprema(1) * abs(h)
            )

    found = []
    for name in ("tanh-shift", "erf-shift"):
        M1 = float(exact_activation.builtin(name).suprema(1))
        climbed = partial(ratio, sigma=activation(name), M1=M1)
        draw, label = partial(_normal, (2,), scale=5.0), f"difference of σ, {name}"
        found.append(Target(label, draw, climbed, partial(sides, name=name), {"activation": name}))
    return tuple(found)


def remainder(seed: int) -> tuple[Target, ...]:
    """|f - f_L - f_Q| against its bound, over W of one size, x and the first layer at once."""
    m, d, scale = 12, 4, 0.5
    half = torch.tensor([1.0, -1.0] * (m // 4), dtype=torch.float64)
    a = torch.cat((half, -half))

    def parts(point: Tensor, sigma: Activation) -> tuple[Network, Tensor, Tensor]:
        W, half, x = point[:m], on_sphere(point[m:-1]), on_sphere(point[-1:], math.sqrt(d))
        W = on_sphere(W.reshape(-1), scale * math.sqrt(m * d)).reshape(m, d)
        return Network(torch.cat((half, half)), a, sigma, paired=True), W, x

    def ratio(point: Tensor, *, sigma: Activation, M3: float) -> Tensor:
        network, W, x = parts(point, sigma)
        start, step = network.w0 @ x[0], W @ x[0]
        third = sigma.derivative(start + NODES[:, None] * step, 3)
        cubes = step**3 * (WEIGHTS[:, None] * (1 - NODES[:, None]) ** 2 / 2 * third).sum(dim=0)
        return (a * cubes).sum().abs() / (M3 / 6 * step.abs() ** 3).sum()

    def sides(point: Tensor, *, name: str) -> tuple[Quantity, Quantity]:
        network, W, x = parts(point, activation(name))
        values: dict[Any, Any] = {expansion.m: m, expansion.d: d, expansion.a: rows(a), expansion.w: rows(W)}
        values |= {expansion.w0: rows(network.w0), expansion.x: rows(x[0])}
        gap = evaluate(_remainder(name), values, FIELD)
        M3 = exact_activation.builtin(name).suprema(3)
        return ball(abs(gap)), ball(M3 * float(network.remainder_bound(W, x, 1.0)))

    found = []
    for name in ("sincos", "tanh-shift"):
        M3 = float(exact_activation.builtin(name).suprema(3))
        climbed = partial(ratio, sigma=activation(name), M3=M3)
        sizes = {"activation": name, "m": m, "d": d, "‖W‖_F²/(md)": scale**2}
        draw = partial(_normal, (m + m // 2 + 1, d))
        found.append(Target(f"|f - f_L - f_Q|, {name}", draw, climbed, partial(sides, name=name), sizes))
    return tuple(found)


def high_degree(seed: int) -> tuple[Target, ...]:
    """E f_L(x; P_>W)² against λ_{n_k+1}‖P_>W‖², climbed on the dense matrix of Σ."""
    m, d, k = 12, 3, 1
    network = initialise(m, d, activation("tanh-shift"), seed=seed)
    covariance, n_k = PairCovariance(network), low_degree_count(d, k)
    top = top_eigenpairs(covariance, n_k + 1, dense=True)
    good = Subspace(network, n_k, top.values[:n_k], float(top.values[n_k]), top.half[:, :n_k])
    level, matrix = float(top.values[n_k]), covariance.dense()

    def ratio(W: Tensor) -> Tensor:
        high = good.project_out(W).reshape(-1)
        quotient: Tensor = high @ matrix @ high / (level * (high @ high))
        return quotient

    def sides(W: Tensor) -> tuple[Quantity, Quantity]:
        high = good.project_out(W)
        bound = eigenvalue * float(high.square().sum())
        return measured(float(covariance.quadratic(high))), measured(bound)

    eigenvalue = float(np.linalg.eigvalsh(covariance.dense().numpy())[-n_k - 1])
    sizes = {"m": m, "d": d, "k": k, "activation": "tanh-shift"}
    reason = "float64 eigenvalues of a matrix of norm about 1, over a bound of about 0.01"
    draw = partial(_normal, (m, d))
    return (Target("E f_L(x; P_>W)²", draw, ratio, sides, sizes, resolution=1e-10, reason=reason),)


def signs_on_sample(seed: int) -> tuple[Target, ...]:
    """The mean over signs of (1/n)Σ f_L² against its bound, over W, the inputs and the first layer at once."""
    m, d, n = 6, 3, 4

    def parts(point: Tensor, sigma: Activation) -> tuple[Network, Tensor, Tensor]:
        half, X = on_sphere(point[m : m + m // 2]), on_sphere(point[m + m // 2 :], math.sqrt(d))
        a = torch.tensor([1.0] * (m // 2) + [-1.0] * (m // 2), dtype=torch.float64)
        return Network(torch.cat((half, half)), a, sigma, paired=True), point[:m], X

    def ratio(point: Tensor, *, sigma: Activation, M1: float) -> Tensor:
        network, W, X = parts(point, sigma)
        energy = (sigma.derivative(X @ network.w0.T, 1) * (X @ W.T)).square().sum() / (m * n)
        return energy / (M1**2 * _size(X) * _quartic_norm(W) / math.sqrt(m))

    def sides(point: Tensor, *, name: str) -> tuple[Quantity, Quantity]:
        network, W, X = parts(point, activation(name))
        total = 0.0
        for S in itertools.product((1.0, -1.0), repeat=m):
            total += float(network.f_L(torch.tensor(S, dtype=torch.float64)[:, None] * W, X).square().mean())
        M1 = exact_activation.builtin(name).suprema(1)
        largest = float(np.linalg.norm(X.numpy(), ord=2))
        norm = largest**2 / n * float(np.linalg.norm(np.square(W.numpy()).sum(axis=1)))
        return measured(total / 2**m), ball(M1 * M1 * (norm / math.sqrt(m)))

    found = []
    for name in ("sincos", "erf-shift"):
        M1 = float(exact_activation.builtin(name).suprema(1))
        climbed = partial(ratio, sigma=activation(name), M1=M1)
        draw, label = partial(_normal, (m + m // 2 + n, d)), f"mean over signs, sample, {name}"
        sizes = {"activation": name, "m": m, "d": d, "n": n}
        found.append(Target(label, draw, climbed, partial(sides, name=name), sizes))
    return tuple(found)


def _normal(shape: tuple[int, ...], source: torch.Generator, *, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(shape, generator=source, dtype=torch.float64)


def _size(X: Tensor) -> Tensor:
    """`‖XᵀX/n‖`."""
    return torch.linalg.matrix_norm(X.T @ X / len(X), ord=2)


def _quartic_norm(W: Tensor) -> Tensor:
    """`‖W‖_{2,4}²`."""
    return W.square().sum(dim=1).square().sum().sqrt()


@cache
def _ball_function(name: str) -> Any:
    function = exact_activation.builtin(name)
    return compile_arb(function.expr, [function.variable], prec=PREC)


@cache
def _remainder(name: str) -> sp.Expr:
    """F - f(x;0) - f_L - f_Q as the sums that define it."""
    function = exact_activation.builtin(name)
    return expansion.remainder(sp.Lambda(function.variable, function.expr))[0]
