"""Good directions from the low-degree moments against cubature, dense algebra and the spectrum of Σ."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from theory.errors import InputError
from training.activation import activation
from training.moments import MomentDirections, low_degree_moments, moment_directions
from training.network import Network, initialise
from training.spectrum import exact_directions
from training.sphere import generator, low_degree_count, sample_sphere
from training.subspace import principal_angles

CLOSE = 1e-11


def movement(network: Network, seed: int = 0) -> Tensor:
    W = torch.randn(network.m, network.d, generator=generator(seed, "W"), dtype=torch.float64)
    return W.to(network.dtype)


@pytest.mark.parametrize("name", ["sincos", "erf-shift"])
@pytest.mark.parametrize(("d", "k"), [(3, 0), (3, 2), (4, 1)])
@pytest.mark.parametrize("paired", [True, False])
def test_moments_equal_cubature(sphere_rule, name: str, d: int, k: int, paired: bool) -> None:
    X, weights = sphere_rule(d, 60)
    network = initialise(8, d, activation(name), seed=1)
    if not paired:
        network = Network(network.w0, network.a.roll(1), network.activation)
    moments = low_degree_moments(network, k)
    expected = network.features(X).T @ (weights[:, None] * moments.basis(X))
    W, c = movement(network), torch.linspace(-1, 1, moments.n_k, dtype=torch.float64)
    rows = network.distinct * d
    torch.testing.assert_close(moments.dense_half(), expected[:rows], rtol=0, atol=CLOSE)
    torch.testing.assert_close(moments.apply(c).reshape(-1), expected @ c, rtol=0, atol=CLOSE)
    torch.testing.assert_close(moments.apply_transpose(W), expected.T @ W.reshape(-1), rtol=0, atol=CLOSE)
    torch.testing.assert_close(moments.gram(), expected.T @ expected, rtol=0, atol=CLOSE)
    assert moments.n_k == low_degree_count(d, k)


def test_blocks_of_neurons_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    network = initialise(26, 5, activation("sincos"), seed=0)
    moments, W = low_degree_moments(network, 2), movement(network)
    c = torch.linspace(-1, 1, moments.n_k, dtype=torch.float64)
    before = moments.gram(), moments.apply(c), moments.apply_transpose(W)
    monkeypatch.setattr("training.moments._BLOCK_ENTRIES", 100)
    after = moments.gram(), moments.apply(c), moments.apply_transpose(W)
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-13)


@settings(max_examples=15, deadline=None)
@given(d=st.integers(3, 5), h=st.integers(6, 12), k=st.integers(0, 2), seed=st.integers(0, 10**6))
def test_dense_and_matrix_free_agree_and_the_algebra_holds(d: int, h: int, k: int, seed: int) -> None:
    network = initialise(2 * h, d, activation("sincos"), seed=seed)
    dense, free = moment_directions(network, k), moment_directions(network, k, budget=0)
    assert dense.half is not None and free.half is None
    W, c = movement(network, seed), torch.linspace(-1, 1, dense.n_k, dtype=torch.float64)
    X = sample_sphere(6, d, radius=math.sqrt(d), generator=generator(seed, "X"))
    # The basis has rounding 1e-16 times the condition of the Gram matrix.
    close = 1e-11 * float(dense.eigenvalues[0] / dense.eigenvalues[-1])
    for one, other in (
        (dense.coefficients(W), free.coefficients(W)),
        (dense.lift(c), free.lift(c)),
        (dense.project(W), free.project(W)),
        (dense.features_low(X), free.features_low(X)),
        (dense.project(dense.project(W)), dense.project(W)),
        (dense.coefficients(dense.lift(c)), c),
        (dense.project(dense.project_out(W)), torch.zeros_like(W)),
        (dense.features_low(X) @ dense.coefficients(W), network.f_L(dense.project(W), X)),
        (dense.basis().T @ dense.basis(), torch.eye(dense.n_k, dtype=torch.float64)),
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=close)


def test_a_movement_that_is_projected_stays_as_it_was() -> None:
    network = initialise(20, 4, activation("sincos"), seed=0)
    W = movement(network)
    before = W.clone()
    moment_directions(network, 1).project_out(W)
    assert torch.equal(W, before)


def test_eigenvalues_are_lower_bounds_and_tend_to_those_of_the_covariance() -> None:
    angles = []
    for m in (60, 600):
        network = initialise(m, 4, activation("sincos"), seed=0)
        moments, exact = moment_directions(network, 1), exact_directions(network, 1)
        assert bool((moments.eigenvalues <= exact.eigenvalues * (1 + 1e-12)).all())
        assert bool((moments.eigenvalues >= 0.5 * exact.eigenvalues).all())
        assert math.isnan(moments.next_eigenvalue)
        angles.append(float(principal_angles(moments, exact)[0]))
    # Of order m^{-1/2}: ten times the width, about a third of the angle.
    assert 0 < angles[1] < 0.6 * angles[0] < 0.6


def test_float32_network_gets_the_float64_projector() -> None:
    wide = initialise(20, 4, activation("sincos"), seed=2)
    narrow = initialise(20, 4, activation("sincos"), seed=2, dtype=torch.float32)
    W = movement(wide)
    for budget in (1 << 30, 0):
        value = moment_directions(narrow, 1, budget=budget).project(W.float())
        assert value.dtype == torch.float32
        # Single precision 6e-8 in the weights, times the condition of at most 100.
        expected = moment_directions(wide, 1).project(W)
        assert float((value.double() - expected).abs().max()) <= 1e-5


def test_budget_is_counted_in_bytes() -> None:
    network = initialise(8, 3, activation("sincos"), seed=0)
    size = 4 * 3 * 4 * 8  # distinct rows, d, n_k, bytes
    assert moment_directions(network, 1, budget=size).half is not None
    assert moment_directions(network, 1, budget=size - 1).half is None


def test_bad_input_is_refused() -> None:
    narrow = initialise(6, 5, activation("sincos"), seed=0)  # 15 independent features, n_2 = 20
    with pytest.raises(InputError, match="15 independent features") as refused:
        moment_directions(narrow, 2)
    assert "m=8" in refused.value.do
    assert moment_directions(initialise(12, 5, activation("sincos"), seed=0), 2).n_k == 20
    # As many features as polynomials, but some combination of the latter is not seen.
    with pytest.raises(InputError, match=r"vanishes on a polynomial.*width m=8"):
        moment_directions(initialise(8, 5, activation("sincos"), seed=0), 2)
    with pytest.raises(InputError, match="degree -1"):
        moment_directions(narrow, -1)
    long = Network(2 * narrow.w0, narrow.a, narrow.activation, paired=True)
    with pytest.raises(InputError, match="length differs from 1"):
        moment_directions(long, 1)


@pytest.mark.parametrize(("name", "k"), [("tanh", 0), ("tanh", 1), ("tanh", 2)])
def test_an_activation_that_misses_a_degree_is_refused(name: str, k: int) -> None:
    with pytest.raises(InputError, match="vanishes on a polynomial"):
        moment_directions(initialise(40, 4, activation(name), seed=0), k)
    shifted: MomentDirections = moment_directions(initialise(40, 4, activation("tanh-shift"), seed=0), k)
    assert shifted.n_k == low_degree_count(4, k)
