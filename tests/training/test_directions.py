"""Good directions by the dual route against the singular value decomposition of the dense features."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import training.directions
from theory.errors import InputError
from training.activation import activation
from training.directions import GoodDirections, good_directions
from training.network import Network, initialise
from training.sphere import generator, low_degree_count, sample_sphere

# Eigenvectors of well separated eigenvalues: 1e-16 times the condition of the gap, which is below 1e3 here.
CLOSE = 1e-11


def unlabeled(N: int, d: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return sample_sphere(N, d, radius=math.sqrt(d), generator=generator(seed, "unlabeled"), dtype=dtype)


def movement(network: Network, seed: int) -> Tensor:
    return torch.randn(network.m, network.d, generator=generator(seed, "W"), dtype=torch.float64).to(
        network.dtype
    )


def made(m: int, d: int, k: int, seed: int, **options: int) -> tuple[Network, Tensor, GoodDirections]:
    network = initialise(m, d, activation("sincos"), seed=seed)
    X = unlabeled(4 * low_degree_count(d, k), d, seed)
    return network, X, good_directions(network, X, k, **options)


def gap_is_fine(good: GoodDirections) -> bool:
    last = float(good.eigenvalues[-1])
    return last - good.next_eigenvalue > 1e-3 * float(good.eigenvalues[0])


@pytest.mark.parametrize("budget", [1 << 30, 0])
@pytest.mark.parametrize("limit", [10**6, 0])
@pytest.mark.parametrize(("d", "k", "m", "paired"), [(3, 1, 8, True), (4, 2, 20, True), (5, 1, 9, False)])
def test_projector_equals_the_top_right_singular_vectors(
    monkeypatch: pytest.MonkeyPatch, budget: int, limit: int, d: int, k: int, m: int, paired: bool
) -> None:
    monkeypatch.setattr(training.directions, "_FULL_EIGENPROBLEM", limit)
    n_k = low_degree_count(d, k)
    X = unlabeled(4 * n_k, d, 0)
    if paired:
        network = initialise(m, d, activation("sincos"), seed=0)
    else:
        w0 = sample_sphere(m, d, radius=1.0, generator=generator(0, "w"))
        network = Network(w0, torch.ones(m, dtype=torch.float64), activation("sincos"))
    good = good_directions(network, X, k, budget=budget)
    assert (good.half is None) == (budget == 0) and good.n_k == n_k and gap_is_fine(good)

    _, singular, right = torch.linalg.svd(network.features(X), full_matrices=False)
    expected = right[:n_k].T @ right[:n_k]
    U = good.basis()
    torch.testing.assert_close(U.T @ U, torch.eye(n_k, dtype=torch.float64), rtol=0, atol=CLOSE)
    torch.testing.assert_close(U @ U.T, expected, rtol=0, atol=CLOSE)
    squares = singular.square() / X.shape[0]
    torch.testing.assert_close(good.eigenvalues, squares[:n_k], rtol=CLOSE, atol=0)
    assert good.next_eigenvalue == pytest.approx(float(squares[n_k]), rel=1e-9, abs=1e-14)

    W = movement(network, 1)
    low = (expected @ W.reshape(-1)).reshape(m, d)
    torch.testing.assert_close(good.project(W), low, rtol=0, atol=10 * CLOSE)
    torch.testing.assert_close(good.project_out(W), W - low, rtol=0, atol=10 * CLOSE)
    fresh = unlabeled(7, d, 5)
    torch.testing.assert_close(good.features_low(fresh), network.features(fresh) @ U, rtol=0, atol=10 * CLOSE)


@settings(max_examples=20, deadline=None)
@given(d=st.integers(3, 6), h=st.integers(4, 10), seed=st.integers(0, 10**6))
def test_the_two_routes_agree_and_the_algebra_holds(d: int, h: int, seed: int) -> None:
    network, X, dense = made(2 * h, d, 1, seed)
    free = good_directions(network, X, 1, budget=0)
    W, c = movement(network, seed), torch.linspace(-1, 1, dense.n_k, dtype=torch.float64)
    # The basis itself has rounding 1e-16 times the condition of the Gram matrix within its top part.
    close = 1e-10 * float(dense.eigenvalues[0] / dense.eigenvalues[-1])
    for a, b in (
        (dense.coefficients(W), free.coefficients(W)),
        (dense.lift(c), free.lift(c)),
        (dense.project(W), free.project(W)),
        (dense.project(dense.project(W)), dense.project(W)),
        (dense.coefficients(dense.lift(c)), c),
        (dense.lift(dense.coefficients(W)), dense.project(W)),
        (dense.project(dense.project_out(W)), torch.zeros_like(W)),
        (dense.features_low(X) @ dense.coefficients(W), network.f_L(dense.project(W), X)),
    ):
        torch.testing.assert_close(a, b, rtol=0, atol=close)
    lifted = dense.lift(c)
    assert torch.equal(lifted[:h], -lifted[h:])


def test_linear_part_on_the_complement_obeys_the_next_eigenvalue() -> None:
    network, X, good = made(30, 5, 1, 3)
    W = good.project_out(movement(network, 2))
    mean_square = float(network.f_L(W, X).square().mean())
    assert 0 < mean_square <= good.next_eigenvalue * float(W.square().sum()) * (1 + 1e-12)


def test_float32_network_gets_the_float64_projector() -> None:
    wide = initialise(20, 4, activation("sincos"), seed=2)
    narrow = initialise(20, 4, activation("sincos"), seed=2, dtype=torch.float32)
    X = unlabeled(20, 4, 2)
    W = movement(wide, 0)
    expected = good_directions(wide, X, 1).project(W)
    for budget in (1 << 30, 0):
        value = good_directions(narrow, X.float(), 1, budget=budget).project(W.float())
        assert value.dtype == torch.float32
        # Single precision 6e-8, times a gap condition of at most 100.
        assert float((value.double() - expected).abs().max()) <= 1e-5


def test_budget_is_counted_in_bytes() -> None:
    network, X, _ = made(8, 3, 1, 0)
    size = 4 * 3 * 4 * 8  # distinct rows, d, n_k, bytes
    assert good_directions(network, X, 1, budget=size).half is not None
    assert good_directions(network, X, 1, budget=size - 1).half is None


def test_too_few_points_or_neurons_are_refused() -> None:
    network = initialise(40, 5, activation("sincos"), seed=0)
    with pytest.raises(InputError, match=r"17 unlabeled points.*3 n_k = 18"):
        good_directions(network, unlabeled(17, 5, 0), 1)
    assert good_directions(network, unlabeled(18, 5, 0), 1).n_k == 6
    narrow = initialise(6, 5, activation("sincos"), seed=0)  # 15 independent features, n_2 = 20
    with pytest.raises(InputError, match="15 independent features"):
        good_directions(narrow, unlabeled(60, 5, 0), 2)
    with pytest.raises(InputError, match="degree -1"):
        good_directions(network, unlabeled(60, 5, 0), -1)


def test_duplicate_points_are_refused() -> None:
    network = initialise(40, 5, activation("sincos"), seed=0)
    with pytest.raises(InputError, match="duplicates"):
        good_directions(network, unlabeled(4, 5, 0).repeat(5, 1), 1)
