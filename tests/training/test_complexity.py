import math

import pytest
import scipy.optimize
import torch
from torch import Tensor

from theory.errors import InputError
from training import complexity as module
from training.activation import activation
from training.complexity import (
    LinearClass,
    QuadraticClass,
    all_signs,
    deviation,
    draw_signs,
    quadratic_norm,
    rademacher,
)
from training.moments import moment_directions
from training.network import Network, initialise
from training.sphere import generator, sample_sphere


def made(*, paired: bool = True, m: int = 4, d: int = 3, n: int = 6, seed: int = 2) -> tuple[Network, Tensor]:
    net = initialise(m, d, activation("sincos"), seed=seed)
    if not paired:
        w0 = sample_sphere(m, d, radius=1.0, generator=generator(seed, "rows"))
        net = Network(w0, torch.tensor([1.0, -1.0] * (m // 2), dtype=torch.float64), net.activation)
    return net, sample_sphere(n, d, radius=d**0.5, generator=generator(seed, "data"))


@pytest.mark.parametrize("paired", [True, False])
def test_linear_supremum_is_the_norm_of_projected_features(paired: bool) -> None:
    net, X = made(paired=paired, m=6)
    good = moment_directions(net, 1)
    found = LinearClass(good, X)
    U, Phi = good.basis(), net.features(X)
    signs = draw_signs(5, len(X), seed=0)
    stated = torch.linalg.vector_norm(signs @ Phi @ U @ U.T, dim=1) / len(X)
    torch.testing.assert_close(found.supremum(signs), stated, rtol=1e-12, atol=0)
    trace = float((Phi @ U @ U.T @ Phi.T).trace())
    assert math.isclose(found.upper(), math.sqrt(trace) / len(X), rel_tol=1e-12)
    assert math.isclose(found.lower() * math.sqrt(2), found.upper(), rel_tol=1e-15)


@pytest.mark.parametrize("paired", [True, False])
def test_quadratic_supremum_is_what_an_optimizer_finds(paired: bool) -> None:
    """Maximization over the ball of ‖·‖_{2,4} from many starts, by a general optimizer on a scale-free quotient."""
    net, X = made(paired=paired)
    found = QuadraticClass(net, X)
    signs = draw_signs(1, len(X), seed=4)[0]

    def negative(flat: object) -> float:
        W = torch.as_tensor(flat, dtype=torch.float64).reshape(net.w0.shape)
        return -float((signs * net.f_Q(W, X)).mean()) / quadratic_norm(W) ** 2

    source = generator(0, "starts")
    starts = [torch.randn(net.w0.numel(), generator=source, dtype=torch.float64).numpy() for _ in range(4)]
    best = max(-scipy.optimize.minimize(negative, start).fun for start in starts)
    assert math.isclose(best, float(found.supremum(signs[None])), rel_tol=1e-6)


def test_negative_definite_neurons_contribute_nothing() -> None:
    net, X = made(paired=False, n=6)
    found = QuadraticClass(net, X)
    signs = -torch.sign(net.a[0] * net.sigma(2, X)[:, 0])
    W = found.maximiser(signs)
    assert torch.equal(W[0], torch.zeros(3, dtype=torch.float64))
    value = float((signs * net.f_Q(W, X)).mean())
    assert math.isclose(value, float(found.supremum(signs[None])), rel_tol=1e-12)
    assert math.isclose(quadratic_norm(W), 1, rel_tol=1e-12)


def test_blocks_of_neurons_give_the_same_supremum(monkeypatch: pytest.MonkeyPatch) -> None:
    net, X = made(m=14)
    found, signs = QuadraticClass(net, X), draw_signs(3, len(X), seed=0)
    whole, upper = found.supremum(signs), found.upper()
    monkeypatch.setattr(module, "_BLOCK_ENTRIES", 4 * 3 * 6)  # blocks of 4, 7 distinct rows
    torch.testing.assert_close(found.supremum(signs), whole, rtol=1e-14, atol=0)
    assert math.isclose(found.upper(), upper, rel_tol=1e-14)


@pytest.mark.parametrize("paired", [True, False])
def test_quadratic_maximiser_attains_the_supremum(paired: bool) -> None:
    net, X = made(paired=paired)
    found = QuadraticClass(net, X)
    for signs in draw_signs(4, len(X), seed=5):
        W = found.maximiser(signs)
        value = float((signs * net.f_Q(W, X)).mean())
        assert math.isclose(value, float(found.supremum(signs[None])), rel_tol=1e-12)
        assert math.isclose(quadratic_norm(W), 1, rel_tol=1e-12)


@pytest.mark.parametrize("paired", [True, False])
def test_upper_bound_uses_the_matrix_variance(paired: bool) -> None:
    net, X = made(paired=paired)
    total = 0.0
    for r in range(net.m):
        c = net.sigma(2, X)[:, r]
        H = c[:, None, None] * X[:, :, None] * X[:, None, :] / len(X)
        total += float(torch.linalg.matrix_norm((H @ H).sum(dim=0), ord=2))
    stated = 0.5 * math.sqrt(2 * (1 + math.log(3)) * total / net.m)
    assert math.isclose(QuadraticClass(net, X).upper(), stated, rel_tol=1e-12)


def test_upper_bound_on_the_sphere_is_its_formula() -> None:
    net, X = made(n=7)
    largest = float(net.sigma(2, X).abs().max())
    size = float(torch.linalg.eigvalsh(X.T @ X)[-1]) / 7
    stated = largest * math.sqrt((1 + math.log(3)) * 3 / (2 * 7) * size)
    assert math.isclose(QuadraticClass(net, X).upper_on_sphere(), stated, rel_tol=1e-12)


def test_lower_bound_is_its_formula() -> None:
    """By a loop over the first of each pair, at lengths of x that differ."""
    net, X = made(m=6, n=7)
    X = X * torch.linspace(0.5, 1.5, 7, dtype=torch.float64)[:, None]
    total = 0.0
    for w0 in net.w0[:3]:
        for x in X:
            bend = -math.sin(float(w0 @ x)) - math.cos(float(w0 @ x))
            total += bend**2 * float(x @ x) ** 2
    stated = math.sqrt(total / (6 * 3 * 7**2)) / (2 * math.sqrt(2))
    assert math.isclose(QuadraticClass(net, X).lower(), stated, rel_tol=1e-12)


def test_maximiser_of_a_vanishing_supremum_is_zero() -> None:
    net, X = made(m=6)
    X = torch.cat((X[:1], X[:1]))
    signs = torch.tensor([1.0, -1.0], dtype=torch.float64)
    for found in (LinearClass(moment_directions(net, 1), X), QuadraticClass(net, X)):
        assert torch.equal(found.maximiser(signs), torch.zeros_like(net.w0))


def test_a_flip_of_a_sign_moves_the_supremum_by_its_difference_at_most() -> None:
    net, X = made(m=6)
    for found in (LinearClass(moment_directions(net, 1), X), QuadraticClass(net, X)):
        signs, bounds = all_signs(len(X)), found.differences()
        values = found.supremum(signs)
        for i in range(len(X)):
            flipped = signs.clone()
            flipped[:, i] *= -1
            change = float((found.supremum(flipped) - values).abs().max())
            assert change <= float(bounds[i]) * (1 + 1e-12)
            assert change > 0.05 * float(bounds[i])  # and the bound is not idle


def test_estimate_covers_the_mean_over_all_signs() -> None:
    net, X = made(m=6)
    found = QuadraticClass(net, X)
    exact = float(found.supremum(all_signs(len(X))).mean())
    estimate = rademacher(found.supremum, len(X), draws=200, seed=1, differences=found.differences())
    assert estimate.lower < exact < estimate.upper
    assert abs(estimate.mean - exact) < estimate.guaranteed
    squares = float(found.differences().square().sum())
    stated = math.sqrt(squares * math.log(2e6) / 400)
    assert math.isclose(estimate.guaranteed, stated, rel_tol=1e-9)
    assert rademacher(found.supremum, len(X), draws=3, seed=1).guaranteed == math.inf


def test_all_signs_are_all_of_them() -> None:
    signs = all_signs(3)
    assert len({tuple(row) for row in signs.tolist()}) == 8 and set(signs.flatten().tolist()) == {-1.0, 1.0}
    with pytest.raises(InputError, match="n=17"):
        all_signs(17)


def test_deviation_of_a_bounded_loss() -> None:
    assert math.isclose(deviation(2.0, 800, 0.1), 6 * math.sqrt(math.log(20) / 1600), rel_tol=1e-15)
    with pytest.raises(InputError, match="δ=0"):
        deviation(1.0, 10, 0.0)


def test_bad_input_is_named() -> None:
    net, X = made(paired=False)
    with pytest.raises(InputError, match="paired"):
        QuadraticClass(net, X).lower()
    with pytest.raises(InputError, match="no inputs"):
        QuadraticClass(net, X[:0])
    with pytest.raises(InputError, match="2 draws"):
        rademacher(QuadraticClass(net, X).supremum, len(X), draws=2, seed=0)
