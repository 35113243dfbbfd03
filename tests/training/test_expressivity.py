from __future__ import annotations

import math

import pytest
import torch

from theory.errors import InputError
from training.activation import activation
from training.expressivity import joint_movement, quadratic_movement, quadratic_size, random_signs
from training.expressivity_linear import limit_movement
from training.expressivity_profile import profile
from training.moments import moment_directions
from training.network import Network, initialise
from training.sphere import generator, sample_sphere
from training.target import make_target


def points(count: int, d: int, seed: int = 0) -> torch.Tensor:
    return sample_sphere(count, d, radius=d**0.5, generator=generator(seed, "points"))


@pytest.mark.parametrize("R", [1, 3])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_f_Q_is_a_mean_over_pairs(k: int, R: int) -> None:
    """f_Q(x; W_Q) = Σ_i α_i mean over group i of h(β_i·w) σ''(w·x) (β_i·x)²: signs and widths drop out."""
    d, m = 5, 30
    network = initialise(m, d, activation("tanh-shift"), seed=3)
    target = make_target(d, k, R, seed=4)
    X, h = points(7, d), profile(network.activation, d, k)
    stated = torch.zeros(7, dtype=torch.float64)
    for i, (beta, alpha) in enumerate(zip(target.sparse.directions, target.sparse.coefficients, strict=True)):
        w = network.w0[: m // 2][i::R]
        bend = network.activation.derivative(X @ w.T, 2)
        stated += alpha * (bend @ h(w @ beta)) / len(w) * (X @ beta) ** 2
    assert torch.allclose(network.f_Q(quadratic_movement(network, target), X), stated, rtol=1e-11, atol=1e-12)


def test_one_member_of_each_pair_moves() -> None:
    network, target = initialise(40, 4, activation("sincos"), seed=1), make_target(4, 2, 2, seed=2)
    moved = quadratic_movement(network, target).square().sum(dim=1) > 0
    assert torch.equal(moved[:20], ~moved[20:])


def test_expectation_at_a_large_width() -> None:
    """RMS error of f_Q at m = 40 000 against √(2 E(h σ'' z²)²/m) of about 0.02."""
    network, target = initialise(40_000, 4, activation("sincos"), seed=5), make_target(4, 1, 1, seed=6)
    X, h = points(50, 4), profile(network.activation, 4, 1)
    stated = target.f_sp(X) - h.rest[0]
    error = (network.f_Q(quadratic_movement(network, target), X) - stated).square().mean().sqrt()
    assert float(error) < 0.1 * float(stated.square().mean().sqrt())


@pytest.mark.parametrize("R", [1, 2, 3])
def test_size_is_exact_at_degree_one(R: int) -> None:
    """At k = 1 the profile is constant; 8 distinct neurons in three groups have the shares 3/8, 3/8, 2/8."""
    network, target = initialise(16, 6, activation("sincos"), seed=1), make_target(6, 1, R, seed=2)
    W = quadratic_movement(network, target)
    assert math.isclose(
        float(W.square().sum(dim=1).square().sum()), quadratic_size(network.activation, target, 16)
    )


def test_known_size() -> None:
    """At k = 1 and large d the default activation has h = -√(e/2) = -1.166 and ‖W_Q‖_{2,4} = 1.82."""
    target = make_target(2000, 1, 1, seed=0)
    h = profile(activation("sincos"), 2000, 1)
    assert abs(h.weights[0] + math.sqrt(math.e / 2)) < 2e-3
    assert abs(quadratic_size(activation("sincos"), target, 2) ** 0.25 - 1.816) < 2e-3


def test_unpaired_network() -> None:
    """Without pairs the mean over the signs is over neurons, and the size has the same mean."""
    w0 = sample_sphere(4000, 3, radius=1.0, generator=generator(0, "w0"))
    a = (2 * torch.randint(0, 2, (4000,), generator=generator(0, "a")) - 1).double()
    network, target = Network(w0, a, activation("sincos")), make_target(3, 1, 2, seed=1)
    W = quadratic_movement(network, target)
    size = float(W.square().sum(dim=1).square().sum())
    assert abs(size / quadratic_size(network.activation, target, 8000) - 1) < 0.15


@pytest.mark.parametrize(("m", "R"), [(2, 3), (0, 1), (7, 1), (6, 4), (-4, 1)])
def test_size_at_an_impossible_width_is_refused(m: int, R: int) -> None:
    with pytest.raises(InputError, match=f"width m={m} for R={R}"):
        quadratic_size(activation("sincos"), make_target(6, 1, R, seed=2), m)


def test_size_at_the_least_width() -> None:
    target = make_target(6, 1, 3, seed=2)
    assert math.isclose(
        quadratic_size(activation("sincos"), target, 6), quadratic_size(activation("sincos"), target, 600)
    )


def test_parts_of_the_joint_movement() -> None:
    d, k = 5, 2
    network, target = initialise(64, d, activation("softplus-shift"), seed=1), make_target(d, k, 1, seed=2)
    found = joint_movement(network, target, seed=7, directions=moment_directions(network, k))
    assert torch.equal(found.W, found.linear + found.quadratic * found.signs[:, None])
    assert torch.equal(found.signs, random_signs(network, seed=7))
    assert not torch.equal(found.signs, random_signs(network, seed=8))
    assert set(found.signs.tolist()) == {1.0, -1.0}
    X = points(6, d)
    assert torch.allclose(network.f_Q(found.linear, X), torch.zeros(6, dtype=torch.float64), atol=1e-14)
    by_limit = joint_movement(network, target, seed=7)
    assert torch.equal(by_limit.linear, limit_movement(network, target))


def test_joint_movement_expresses_the_target() -> None:
    """At m = 20 000 the error is about (2|h|)^{1/2} m^{-1/4} = 0.14 without, and above 5 without the signs."""
    network, target = initialise(20_000, 6, activation("sincos"), seed=1), make_target(6, 1, 1, seed=2)
    found, X = joint_movement(network, target, seed=3), points(100, 6)

    def error(W: torch.Tensor) -> float:
        return float((network.f(W, X) - target(X)).square().mean().sqrt())

    assert error(found.W) < 0.5
    assert error(found.linear + found.quadratic) > 4


def test_single_precision_in_single_precision_out() -> None:
    network = initialise(32, 4, activation("sincos"), seed=1, dtype=torch.float32)
    target = make_target(4, 1, 1, seed=2)
    found = joint_movement(network, target, seed=3, directions=moment_directions(network, 1))
    assert found.W.dtype is found.signs.dtype is torch.float32
    double = joint_movement(initialise(32, 4, activation("sincos"), seed=1), target, seed=3)
    assert torch.allclose(found.quadratic.double(), double.quadratic, atol=1e-6)


def test_bad_input_is_refused() -> None:
    network = initialise(4, 4, activation("sincos"), seed=1)
    with pytest.raises(InputError, match="2 distinct neurons for R=3"):
        quadratic_movement(network, make_target(4, 1, 3, seed=1))
    with pytest.raises(InputError, match="dimension 5"):
        quadratic_movement(network, make_target(5, 1, 1, seed=1))
    longer = Network(2 * network.w0, network.a, network.activation, paired=True)
    with pytest.raises(InputError, match="length differs from 1"):
        quadratic_movement(longer, make_target(4, 1, 1, seed=1))
