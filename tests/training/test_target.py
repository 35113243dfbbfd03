"""Targets: exact moments by cubature on small spheres, values against loops."""

import itertools
import math

import pytest
import scipy.special
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from theory.errors import InputError
from training.sphere import generator, sample_sphere
from training.target import Ridge, make_target

CLOSE = 1e-12  # sums of some thousand cubature terms of size 1


def monomials(X: Tensor, degree: int) -> Tensor:
    columns = itertools.combinations_with_replacement(range(X.shape[1]), degree)
    return torch.stack([X[:, list(c)].prod(dim=1) for c in columns], dim=1)


@settings(max_examples=25, deadline=None)
@given(d=st.integers(3, 5), k=st.integers(1, 3), R=st.integers(1, 3), seed=st.integers(0, 10**6))
def test_moments_and_degrees_are_exact(sphere_rule, d: int, k: int, R: int, seed: int) -> None:
    k = min(k, d - 1)
    target = make_target(d, k, R, seed=seed)
    X, weights = sphere_rule(d, 2 * (k + 1))
    low, high, both = target.f_k(X), target.f_sp(X), target(X)
    assert float(weights @ low**2) == pytest.approx(1.0, rel=CLOSE)
    assert target.norm_k == pytest.approx(1.0, rel=CLOSE)
    assert float(weights @ high**2) == pytest.approx(target.norm_sp, rel=1e-10)
    assert float(weights @ both**2) == pytest.approx(target.null_risk, rel=1e-10)
    assert torch.allclose(both, low + high, rtol=CLOSE, atol=CLOSE)
    # f_sp is of pure degree k + 1: orthogonal to all forms of degree ≤ k. Dense parts likewise, without constant.
    for degree in range(k + 1):
        assert float((monomials(X, degree).T @ (weights * high)).abs().max()) <= 1e-10
    for ridge in target.dense:
        assert float(weights @ ridge(X) ** 2) == pytest.approx(1 / k, rel=1e-10)
        for degree in range(ridge.degree):
            assert float((monomials(X, degree).T @ (weights * ridge(X))).abs().max()) <= 1e-10


def test_values_equal_a_loop_over_directions() -> None:
    d, k = 6, 2
    target = make_target(d, k, 2, seed=4, alphas=(0.7, -1.3))
    X = sample_sphere(5, d, radius=math.sqrt(d), generator=generator(1, "data"))

    def q(l: int, z: float) -> float:
        count = {1: d, 2: (d + 2) * (d - 1) // 2, 3: (d + 4) * d * (d - 1) // 6}[l]
        index = d / 2 - 1
        at_one = scipy.special.eval_gegenbauer(l, index, 1.0)
        return math.sqrt(count) * scipy.special.eval_gegenbauer(l, index, z / math.sqrt(d)) / at_one

    for x, value, sparse in zip(X, target(X), target.f_sp(X), strict=True):
        by_hand = sum(
            alpha * q(3, float(beta @ x))
            for alpha, beta in zip((0.7, -1.3), target.sparse.directions, strict=True)
        )
        assert float(sparse) == pytest.approx(by_hand, rel=CLOSE)
        for ridge in target.dense:
            terms = zip(ridge.coefficients, ridge.directions, strict=True)
            by_hand += sum(float(c) * q(ridge.degree, float(gamma @ x)) for c, gamma in terms)
        assert float(value) == pytest.approx(by_hand, rel=CLOSE)


def test_default_shape_of_the_decomposition() -> None:
    target = make_target(10, 3, 4, seed=0)
    assert [ridge.degree for ridge in target.dense] == [1, 2, 3]
    assert [len(ridge.coefficients) for ridge in target.dense] == [1, 20, 20]
    assert target.sparse.degree == 4 and target.sparse.directions.shape == (4, 10)
    assert torch.equal(target.sparse.coefficients, torch.full((4,), 0.5, dtype=torch.float64))
    for ridge in (*target.dense, target.sparse):
        norms = torch.linalg.vector_norm(ridge.directions, dim=1)
        torch.testing.assert_close(norms, torch.ones_like(norms), rtol=1e-14, atol=0)
    # Dense: in dimension 3 there are only 5 harmonics of degree 2, fewer than the cap of 6 directions.
    assert len(make_target(3, 2, 1, seed=0).dense[1].coefficients) == 5


def test_energies_are_shared_as_asked() -> None:
    target = make_target(7, 3, 1, seed=2, energies=(0.5, 0.0, 0.5), dense_directions=3)
    assert [ridge.energy() for ridge in target.dense] == pytest.approx([0.5, 0.0, 0.5], rel=CLOSE, abs=CLOSE)
    assert [len(ridge.coefficients) for ridge in target.dense] == [1, 3, 3]
    assert target.norm_sp == pytest.approx(1.0, rel=CLOSE)


def test_seed_decides_everything() -> None:
    X = sample_sphere(4, 8, radius=math.sqrt(8), generator=generator(0, "data"))
    assert torch.equal(make_target(8, 2, 2, seed=9)(X), make_target(8, 2, 2, seed=9)(X))
    assert not torch.allclose(make_target(8, 2, 2, seed=9)(X), make_target(8, 2, 2, seed=10)(X))


def test_values_follow_the_dtype_of_the_inputs() -> None:
    target = make_target(8, 2, 2, seed=1)
    X = sample_sphere(50, 8, radius=math.sqrt(8), generator=generator(0, "data"))
    narrow = target(X.float())
    assert narrow.dtype == torch.float32
    torch.testing.assert_close(narrow.double(), target(X), rtol=0, atol=2e-5)  # 1e-7 times sums of 20 terms


def test_energy_counts_the_overlap_of_directions() -> None:
    gamma = torch.tensor([[1.0, 0, 0], [0, 1.0, 0]], dtype=torch.float64)
    # P_2(0) = -1/(d-1) = -1/2, so E (q(x_1) + q(x_2))² = 2 - 1.
    assert Ridge(2, gamma, torch.ones(2, dtype=torch.float64)).energy() == pytest.approx(1.0, rel=CLOSE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"d": 2}, "d of 3"),
        ({"k": 0}, "k=0"),
        ({"k": 6}, "1 ≤ k ≤ 5"),
        ({"R": 0}, "R=0"),
        ({"R": 7}, "1 ≤ R ≤ 6"),
        ({"alphas": (1.0,)}, "2 finite numbers"),
        ({"alphas": (1.0, math.nan)}, "finite"),
        ({"energies": (1.0,)}, "sum 1"),
        ({"energies": (0.7, 0.7)}, "sum 1"),
        ({"energies": (1.5, -0.5)}, "non-negative"),
        ({"dense_directions": 0}, "1 or more"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_target(**{"d": 6, "k": 2, "R": 2, "seed": 0, **arguments})
