from __future__ import annotations

import math

import pytest
import torch

from theory.errors import InputError
from training.activation import activation
from training.expressivity import quadratic_movement
from training.expressivity_linear import (
    coefficients,
    fitted_coordinates,
    least_norm,
    limit_movement,
    linear_movement,
    linear_part,
)
from training.expressivity_profile import profile
from training.moments import moment_directions
from training.network import initialise
from training.plane import kernel_eigenvalues
from training.sphere import generator, sample_sphere
from training.target import make_target


def setting(k: int, *, name: str = "sincos", R: int = 2, d: int = 5, m: int = 200) -> tuple:
    network = initialise(m, d, activation(name), seed=1)
    target = make_target(d, k, R, seed=2)
    return (
        network,
        target,
        moment_directions(network, k),
        linear_part(target, profile(network.activation, d, k).rest),
    )


@pytest.mark.parametrize("k", [1, 2, 3])
def test_parts_add_up_to_the_target(k: int) -> None:
    """Linear part plus Σ α_i (β_i·x)² p(β_i·x), p from its values, is f*."""
    network, target, _, ridges = setting(k)
    X = sample_sphere(6, 5, radius=5**0.5, generator=generator(0, "X"))
    h = profile(network.activation, 5, k)
    assert all(ridge.degree <= k for ridge in ridges)
    total = sum(ridge(X) for ridge in ridges)
    for beta, alpha in zip(target.sparse.directions, target.sparse.coefficients, strict=True):
        z = X @ beta
        q = make_target(5, k, 1, seed=0).sparse
        q = type(q)(k + 1, beta[None, :], torch.ones(1, dtype=torch.float64))
        total += alpha * (q(X) - h.rest[0] - h.rest[1] * z)
    assert torch.allclose(total, target(X), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_coefficients_are_those_of_a_regression(k: int) -> None:
    """On more points than polynomials least squares finds the coefficients of a polynomial exactly."""
    _, _, directions, ridges = setting(k)
    X = sample_sphere(4 * directions.n_k, 5, radius=5**0.5, generator=generator(0, "X"))
    basis, values = directions.moments.basis(X), sum(ridge(X) for ridge in ridges)
    found = torch.linalg.lstsq(basis, values[:, None]).solution[:, 0]
    assert torch.allclose(coefficients(ridges, directions.moments), found, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(
    ("k", "name"), [(1, "sincos"), (2, "sincos"), (2, "tanh-shift"), (1, "softplus-shift")]
)
def test_least_movement_that_fits(k: int, name: str) -> None:
    network, target, directions, ridges = setting(k, name=name)
    W = linear_movement(target, directions)
    stated = coefficients(ridges, directions.moments)
    assert torch.allclose(directions.moments.apply_transpose(W), stated, rtol=1e-8, atol=1e-9)
    assert torch.allclose(directions.project(W), W, rtol=1e-8, atol=1e-10)
    norm = float(fitted_coordinates(ridges, directions).square().sum())
    assert math.isclose(float(W.square().sum()), norm, rel_tol=1e-9)
    matrix_free = moment_directions(network, k, budget=0)
    assert torch.allclose(linear_movement(target, matrix_free), W, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_movement_and_norm_of_infinite_width(k: int) -> None:
    """Both from the coefficients in an orthonormal basis: M Λ^{-1} c, and Σ c²/λ_j."""
    network, target, directions, ridges = setting(k)
    c, lambda_ = coefficients(ridges, directions.moments), kernel_eigenvalues(network.activation, 5, k)
    repeated = torch.cat(
        [
            torch.full((part.harmonics.count,), lambda_[part.harmonics.degree], dtype=torch.float64)
            for part in directions.moments.parts
        ]
    )
    assert torch.allclose(limit_movement(network, target), directions.moments.apply(c / repeated), rtol=1e-8)
    assert math.isclose(least_norm(network.activation, target), float((c**2 / repeated).sum()), rel_tol=1e-10)


def test_directions_of_too_low_a_degree_are_refused() -> None:
    network, target = initialise(200, 5, activation("sincos"), seed=1), make_target(5, 2, 1, seed=2)
    with pytest.raises(InputError, match="moment_directions\\(network, 2\\)"):
        linear_movement(target, moment_directions(network, 1))


def test_degree_that_the_kernel_does_not_see_is_refused() -> None:
    """σ' of tanh is even: λ_2 = 0, so a dense part of degree 2 is out of reach, though W_Q exists."""
    network, target = initialise(20, 5, activation("tanh"), seed=1), make_target(5, 2, 1, seed=2)
    assert bool(quadratic_movement(network, target).isfinite().all())
    with pytest.raises(InputError, match="λ_2"):
        limit_movement(network, target)
    with pytest.raises(InputError, match="λ_2"):
        least_norm(network.activation, target)
