"""The closed NTK against 40-digit hypergeometric functions and wide networks; ridge regression against solves."""

import math

import mpmath
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from theory.errors import InputError
from training.activation import activation
from training.kernel import infinite_ntk, kernel_ridge, ntk_kernel
from training.network import initialise
from training.sphere import generator, sample_sphere


def _points(count: int, d: int, seed: int, purpose: str = "data") -> Tensor:
    return sample_sphere(count, d, radius=math.sqrt(d), generator=generator(seed, purpose))


@pytest.mark.parametrize("d", [3, 4, 10, 61, 300, 1000])
def test_equals_the_hypergeometric_function(d: int) -> None:
    X = _points(4, d, seed=d)
    # The antipode and a coincident point are the ends of the interval.
    X2 = torch.cat((X[:2], -X[:1], _points(3, d, seed=d, purpose="test")))
    K = infinite_ntk(X, X2)
    with mpmath.workdps(40):
        for i, x in enumerate(X.tolist()):
            for j, other in enumerate(X2.tolist()):
                square = mpmath.fsum((mpmath.mpf(p) - q) ** 2 for p, q in zip(x, other, strict=True))
                inner = mpmath.fsum(mpmath.mpf(p) * q for p, q in zip(x, other, strict=True))
                expected = inner * mpmath.hyp0f1(mpmath.mpf(d) / 2, -square / 4)
                # K(x,x) = d; rounding of u moves K by about d ε.
                assert abs(float(K[i, j]) - expected) < 2e-15 * d


def test_is_the_limit_of_wide_networks() -> None:
    d, n, m = 6, 12, 40_000
    X = _points(n, d, seed=1)
    finite = initialise(m, d, activation("sincos"), seed=1).gram(X)
    # Per entry a mean of m/2 numbers of size at most 2 |x·x'| ≤ 2d: five standard errors.
    assert float((infinite_ntk(X, X) - finite).abs().max()) < 5 * 2 * d / math.sqrt(m / 2)
    assert float((infinite_ntk(X, X) - finite).abs().max()) > 0


def test_which_kernel_is_taken() -> None:
    X, X2 = _points(5, 4, seed=2), _points(3, 4, seed=3)
    wide = initialise(10, 4, activation("sincos"), seed=0)
    assert torch.equal(ntk_kernel(wide, X, X2), infinite_ntk(X, X2))
    assert torch.equal(ntk_kernel(wide, X), infinite_ntk(X, X))
    other = initialise(10, 4, activation("tanh-shift"), seed=0)
    assert torch.equal(ntk_kernel(other, X, X2), infinite_ntk(X, X2, other.activation))
    assert not torch.allclose(ntk_kernel(other, X, X2), infinite_ntk(X, X2), rtol=0.1)


def test_is_symmetric_and_positive() -> None:
    X = _points(60, 5, seed=4)
    K = infinite_ntk(X, X)
    assert torch.allclose(K, K.T, rtol=0, atol=1e-13)
    assert float(torch.linalg.eigvalsh(K).min()) > -1e-12
    assert torch.allclose(K.diagonal(), torch.full((60,), 5.0, dtype=torch.float64), rtol=1e-14, atol=0)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 12), held=st.integers(1, 8), d=st.integers(3, 7), seed=st.integers(0, 10**6))
def test_ridge_regression_equals_a_solve_per_ridge(n: int, held: int, d: int, seed: int) -> None:
    X, X_held = _points(n, d, seed), _points(held, d, seed, "validation")
    source = generator(seed, "target")
    y, y_held = (torch.randn(count, generator=source, dtype=torch.float64) for count in (n, held))
    K, K_held = infinite_ntk(X, X), infinite_ntk(X_held, X)
    ridges = (1e-3, 0.1, 1.0, 30.0)
    fit = kernel_ridge(K, y, K_held, y_held, ridges=ridges)
    solved = [torch.linalg.solve(K + r * d * torch.eye(n, dtype=torch.float64), y) for r in ridges]
    errors = [float((K_held @ c - y_held).square().mean()) for c in solved]
    # The condition number is up to n/1e-3.
    assert fit.errors == pytest.approx(errors, rel=1e-8)
    best = fit.errors.index(min(fit.errors))
    assert fit.ridge == ridges[best]
    assert fit.ridges == ridges
    assert torch.allclose(fit.coefficients, solved[best], rtol=1e-8, atol=1e-10)


def test_the_ridge_is_chosen_on_held_out_labels() -> None:
    # Pure noise is predicted best by the largest ridge, a noiseless linear function by the smallest.
    d = 10
    X, X_held = _points(60, d, 5), _points(200, d, 5, "validation")
    K, K_held = infinite_ntk(X, X), infinite_ntk(X_held, X)
    noise = torch.randn(260, generator=generator(5, "noise"), dtype=torch.float64)
    assert kernel_ridge(K, noise[:60], K_held, noise[60:]).ridge == 10.0
    assert kernel_ridge(K, X[:, 0], K_held, X_held[:, 0]).ridge < 0.1


def test_bad_input() -> None:
    X = _points(4, 5, seed=6)
    with pytest.raises(InputError, match="sphere of radius"):
        infinite_ntk(X, 2 * X)
    with pytest.raises(InputError, match="sphere of radius"):
        infinite_ntk(X * math.nan, X)
    K = infinite_ntk(X, X)
    for ridges in ((), (0.1, 0.0), (math.inf,)):
        with pytest.raises(InputError, match="positive numbers"):
            kernel_ridge(K, X[:, 0], K, X[:, 0], ridges=ridges)
