"""Eigenpairs of Σ, the routes to P_≤, principal angles and the worst direction, against dense algebra."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from theory.errors import InputError
from training.activation import activation
from training.covariance import Covariance, ExactCovariance, SampledCovariance
from training.directions import good_directions
from training.moments import moment_directions
from training.network import Network, initialise
from training.plane import PairCovariance
from training.spectrum import dense_half, exact_directions, top_eigenpairs, worst_high_degree
from training.sphere import generator, low_degree_count, sample_sphere
from training.subspace import Subspace, principal_angles

# Lanczos stops at a residual of 1e-11 of the eigenvalue; vectors lose the inverse of the gap, 1e3 at most here.
VALUES, VECTORS = 1e-10, 1e-7


def unpaired(m: int, d: int, seed: int) -> Network:
    w0 = sample_sphere(m, d, radius=1.0, generator=generator(seed, "w"))
    return Network(w0, torch.ones(m, dtype=torch.float64), activation("sincos"))


def unlabeled(N: int, d: int, seed: int = 0) -> Tensor:
    return sample_sphere(N, d, radius=math.sqrt(d), generator=generator(seed, "unlabeled"))


def projector(space: Subspace) -> Tensor:
    U = space.basis()
    return U @ U.T


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("kind", ["exact", "pairs", "sampled"])
def test_eigenpairs_equal_those_of_the_dense_matrix(paired: bool, dense: bool, kind: str) -> None:
    network = initialise(24, 4, activation("sincos"), seed=0) if paired else unpaired(12, 4, 0)
    covariance: Covariance = {
        "exact": ExactCovariance,
        "pairs": PairCovariance,
        "sampled": lambda net: SampledCovariance(net, unlabeled(80, 4)),
    }[kind](network)
    values, vectors = torch.linalg.eigh(covariance.dense())
    top = top_eigenpairs(covariance, 6, dense=dense)
    torch.testing.assert_close(top.values, values.flip(0)[:6], rtol=VALUES, atol=0)
    assert float(top.residuals.max()) <= VALUES
    space = Subspace(network, 5, top.values[:5], float(top.values[5]), top.half[:, :5])
    expected = vectors[:, -5:] @ vectors[:, -5:].T
    torch.testing.assert_close(projector(space), expected, rtol=0, atol=VECTORS)
    for index in (0, 5):
        W = top.movement(index)
        assert float(torch.linalg.vector_norm(W)) == pytest.approx(1, rel=1e-12)
        torch.testing.assert_close(covariance.apply(W), top.values[index] * W, rtol=0, atol=VALUES)


def test_dense_half_has_the_nonzero_spectrum() -> None:
    network = initialise(10, 3, activation("sincos"), seed=0)
    whole = torch.linalg.eigvalsh(ExactCovariance(network).dense()).flip(0)
    for covariance in (ExactCovariance(network), PairCovariance(network)):
        half = torch.linalg.eigvalsh(dense_half(covariance)).flip(0)
        torch.testing.assert_close(half, whole[:15], rtol=0, atol=1e-13)
    assert float(whole[15:].abs().max()) <= 1e-13


def test_lanczos_gives_the_same_answer_twice() -> None:
    covariance = ExactCovariance(initialise(200, 5, activation("sincos"), seed=0))
    first, second = (top_eigenpairs(covariance, 6) for _ in range(2))
    assert torch.equal(first.values, second.values) and torch.equal(first.half, second.half)


@pytest.mark.parametrize("dense", [True, False])
def test_repeated_eigenvalues_are_no_obstacle(dense: bool) -> None:
    # The frame ±e_i is invariant under permutations and reflections: the degree-1 eigenvalue is d-fold.
    d = 6
    eye = torch.eye(d, dtype=torch.float64)
    w0 = torch.cat((eye, -eye))
    network = Network(w0, torch.ones(2 * d, dtype=torch.float64), activation("sincos"))
    covariance = ExactCovariance(network)
    expected = torch.linalg.eigvalsh(covariance.dense()).flip(0)
    spread = expected[:, None] - expected[None, :]
    assert int((spread.abs() < 1e-12).sum()) > 2 * len(expected)  # there are repeated ones
    top = top_eigenpairs(covariance, d + 3, dense=dense)
    torch.testing.assert_close(top.values, expected[: d + 3], rtol=0, atol=VALUES)
    eye = torch.eye(d + 3, dtype=torch.float64)
    torch.testing.assert_close(top.half.T @ top.half, eye, rtol=0, atol=1e-10)


@settings(max_examples=15, deadline=None)
@given(d=st.integers(3, 5), h=st.integers(8, 14), seed=st.integers(0, 10**6))
def test_exact_directions_equal_the_dense_eigenspace(d: int, h: int, seed: int) -> None:
    network = initialise(2 * h, d, activation("sincos"), seed=seed)
    good = exact_directions(network, 1)
    values, vectors = torch.linalg.eigh(PairCovariance(network).dense())
    n_k = low_degree_count(d, 1)
    assert good.n_k == n_k
    torch.testing.assert_close(good.eigenvalues, values.flip(0)[:n_k], rtol=0, atol=VALUES)
    assert good.next_eigenvalue == pytest.approx(float(values[-n_k - 1]), abs=VALUES)
    gap = float(values[-n_k] - values[-n_k - 1])
    expected = vectors[:, -n_k:] @ vectors[:, -n_k:].T
    torch.testing.assert_close(projector(good), expected, rtol=0, atol=1e-10 / gap)
    W = torch.randn(2 * h, d, generator=generator(seed, "W"), dtype=torch.float64)
    X = unlabeled(5, d, seed)
    torch.testing.assert_close(good.project_out(W) + good.project(W), W, rtol=0, atol=1e-13)
    features = network.features(X) @ good.basis()
    torch.testing.assert_close(good.features_low(X), features, rtol=0, atol=1e-12)


def test_features_in_blocks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    network, X = initialise(20, 4, activation("sincos"), seed=0), unlabeled(9, 4)
    good = exact_directions(network, 1)
    before = good.features_low(X)
    monkeypatch.setattr("training.subspace._BLOCK_ENTRIES", 100)
    torch.testing.assert_close(good.features_low(X), before, rtol=0, atol=1e-14)


def test_other_activations_use_pairs_of_neurons(sphere_rule) -> None:
    network = initialise(20, 3, activation("erf-shift"), seed=0)
    X, weights = sphere_rule(3, 80)
    features = network.features(X) * weights.sqrt()[:, None]
    _, singular, right = torch.linalg.svd(features, full_matrices=False)
    good = exact_directions(network, 1)
    torch.testing.assert_close(good.eigenvalues, singular[:4].square(), rtol=1e-9, atol=0)
    torch.testing.assert_close(projector(good), right[:4].T @ right[:4], rtol=0, atol=VECTORS)


def test_dual_and_primal_routes_to_a_sampled_covariance_agree() -> None:
    network, X = initialise(30, 4, activation("tanh-shift"), seed=0), unlabeled(200, 4)
    dual = good_directions(network, X, 1)
    primal = exact_directions(network, 1, covariance=SampledCovariance(network, X))
    torch.testing.assert_close(dual.eigenvalues, primal.eigenvalues, rtol=1e-9, atol=0)
    assert dual.next_eigenvalue == pytest.approx(primal.next_eigenvalue, rel=1e-9)
    assert float(principal_angles(dual, primal)[0]) <= VECTORS


def test_dual_route_closes_in_on_the_exact_one() -> None:
    network = initialise(30, 4, activation("sincos"), seed=0)
    exact = exact_directions(network, 1)
    angles = [
        float(principal_angles(good_directions(network, unlabeled(N, 4), 1), exact)[0]) for N in (20, 2000)
    ]
    # Of order N^{-1/2}: a hundred times the points, about a tenth of the angle.
    assert angles[1] < 0.3 * angles[0]


def test_principal_angles_of_planes_with_known_angles() -> None:
    network = unpaired(2, 3, 0)
    a, b = 0.3, 1e-9
    first, second = torch.zeros(6, 2, dtype=torch.float64), torch.zeros(6, 2, dtype=torch.float64)
    first[0, 0] = first[1, 1] = 1
    second[0, 0], second[2, 0] = math.cos(a), math.sin(a)
    second[1, 1], second[3, 1] = math.cos(b), math.sin(b)
    spaces = [Subspace(network, 2, torch.ones(2), 0.0, half) for half in (first, second)]
    angles = principal_angles(*spaces)
    # The cosine of 1e-9 is 1 in floating point: only the sine has its digits.
    torch.testing.assert_close(angles, torch.tensor([a, b], dtype=torch.float64), rtol=1e-6, atol=0)
    assert float(principal_angles(spaces[0], spaces[0]).max()) <= 1e-15


@pytest.mark.parametrize("paired", [True, False])
def test_worst_direction_attains_the_next_eigenvalue(paired: bool) -> None:
    network = initialise(30, 4, activation("sincos"), seed=1) if paired else unpaired(15, 4, 1)
    covariance, good = ExactCovariance(network), exact_directions(network, 1)
    W, energy = worst_high_degree(covariance, good)
    assert float(torch.linalg.vector_norm(W)) == pytest.approx(1, rel=1e-12)
    assert float(good.project(W).abs().max()) <= 1e-12
    assert energy == pytest.approx(float(covariance.quadratic(W)), rel=1e-12)
    assert energy == pytest.approx(good.next_eigenvalue, rel=1e-9)
    # No other subspace of that dimension leaves less: Courant and Fischer.
    near = moment_directions(network, 1)
    _, other = worst_high_degree(covariance, near)
    assert other > energy * 1.001
    rest = torch.eye(30 * 4 if paired else 15 * 4, dtype=torch.float64) - projector(near)
    stated = float(torch.linalg.eigvalsh(rest @ covariance.dense() @ rest)[-1])
    assert other == pytest.approx(stated, rel=1e-9)


def test_standard_error_of_a_sampled_energy() -> None:
    network, X = initialise(10, 4, activation("tanh-shift"), seed=0), unlabeled(400, 4)
    W = torch.randn(10, 4, generator=generator(0, "W"), dtype=torch.float64)
    squares = network.f_L(W, X).square()
    expected = math.sqrt(float((squares - squares.mean()).square().sum()) / 399 / 400)
    assert float(SampledCovariance(network, X).quadratic_error(W)) == pytest.approx(expected, rel=1e-12)
    truth = float(PairCovariance(network).quadratic(W))
    # A fixed seed; six standard errors are exceeded once in 5e8 draws.
    assert abs(float(SampledCovariance(network, X).quadratic(W)) - truth) <= 6 * expected
    with pytest.raises(InputError, match="2 points"):
        SampledCovariance(network, X[:1]).quadratic_error(W)


def test_bad_input_is_refused() -> None:
    network = initialise(6, 5, activation("sincos"), seed=0)
    with pytest.raises(InputError, match="15 independent features") as refused:
        exact_directions(network, 2)
    assert "m=8" in refused.value.do
    covariance = ExactCovariance(network)
    for count in (0, 16):
        with pytest.raises(InputError, match="1 to 15 eigenpairs"):
            top_eigenpairs(covariance, count)
    assert len(top_eigenpairs(covariance, 15).values) == 15
    with pytest.raises(InputError, match="float64"):
        narrow = initialise(6, 5, activation("sincos"), seed=0, dtype=torch.float32)
        top_eigenpairs(ExactCovariance(narrow), 1)
    with pytest.raises(InputError, match="at most 1"):
        tiny = unpaired(1, 3, 0)
        worst_high_degree(
            ExactCovariance(tiny), Subspace(tiny, 2, torch.ones(2), 0.0, torch.eye(3, 2).double())
        )
    with pytest.raises(InputError, match="one network"):
        other = initialise(8, 5, activation("sincos"), seed=0)
        principal_angles(exact_directions(network, 1), exact_directions(other, 1))
