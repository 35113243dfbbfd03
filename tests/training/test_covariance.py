"""The covariance operators against exact cubature on the sphere, dense matrices and mpmath."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.errors import InputError
from training.activation import activation, builtin_names
from training.covariance import ExactCovariance, SampledCovariance, sphere_cosine
from training.network import Network, initialise
from training.sphere import generator, sample_sphere

CLOSE = 1e-12


@settings(max_examples=12, deadline=None)
@given(d=st.integers(3, 4), h=st.integers(1, 3), paired=st.booleans(), seed=st.integers(0, 10**6))
def test_exact_covariance_equals_cubature(sphere_rule, d: int, h: int, paired: bool, seed: int) -> None:
    network = initialise(2 * h, d, activation("sincos"), seed=seed)
    if not paired:
        # Without pairs, and with weights off the unit sphere.
        signs = torch.tensor([1.0, -1.0], dtype=torch.float64).repeat(h)
        w0 = network.w0 * torch.linspace(0.2, 1.4, 2 * h, dtype=torch.float64)[:, None]
        network = Network(w0, signs, network.activation)
    X, weights = sphere_rule(d, 40)  # cos(v·x) with |v·x| ≤ 2.8·2: the terms beyond degree 38 are below 1e-15
    Phi = network.features(X)
    expected = Phi.T @ (weights[:, None] * Phi)
    exact = ExactCovariance(network)
    torch.testing.assert_close(exact.dense(), expected, rtol=0, atol=CLOSE)
    W = torch.randn(2 * h, d, generator=generator(seed, "W"), dtype=torch.float64)
    flat = W.reshape(-1)
    torch.testing.assert_close(exact.apply(W).reshape(-1), expected @ flat, rtol=0, atol=10 * CLOSE)
    assert float(exact.quadratic(W)) == pytest.approx(float(weights @ network.f_L(W, X) ** 2), abs=10 * CLOSE)


def test_exact_covariance_has_the_trace_and_the_symmetry_of_a_second_moment() -> None:
    d = 12
    Sigma = ExactCovariance(initialise(10, d, activation("sincos"), seed=1)).dense()
    torch.testing.assert_close(Sigma, Sigma.T, rtol=0, atol=1e-14)
    assert float(torch.linalg.eigvalsh(Sigma)[0]) >= -1e-13
    # E ‖φ‖² = d E σ'² = d (1 - E sin 2z) = d.
    assert float(torch.trace(Sigma)) == pytest.approx(d, rel=1e-13)


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("paired", [True, False])
def test_sampled_covariance_equals_the_dense_average(name: str, paired: bool) -> None:
    network = initialise(6, 4, activation(name), seed=2)
    if not paired:
        network = Network(network.w0, -network.a, network.activation)
    X = sample_sphere(9, 4, radius=2.0, generator=generator(1, "unlabeled"))
    Phi = network.features(X)
    expected = Phi.T @ Phi / 9
    sampled = SampledCovariance(network, X)
    torch.testing.assert_close(sampled.dense(), expected, rtol=0, atol=1e-14)
    W = torch.randn(6, 4, generator=generator(0, "W"), dtype=torch.float64)
    flat = W.reshape(-1)
    assert float(sampled.quadratic(W)) == pytest.approx(float(flat @ expected @ flat), rel=CLOSE)
    torch.testing.assert_close(sampled.apply(W).reshape(-1), expected @ flat, rtol=0, atol=1e-13)


def test_sampled_covariance_approaches_the_exact_one() -> None:
    network = initialise(4, 5, activation("sincos"), seed=0)
    W = torch.randn(4, 5, generator=generator(0, "W"), dtype=torch.float64)
    X = sample_sphere(100_000, 5, radius=math.sqrt(5), generator=generator(0, "unlabeled"))
    exact = float(ExactCovariance(network).quadratic(W))
    # f_L² lies in [0, B²], B = √2·√5·m^{-1/2} Σ ‖w_r‖, so its variance is at most E f_L² B². Bernstein's
    # inequality at a false-alarm rate of 1e-7; the seed is fixed, so it can only alarm when code changes.
    bound = 10 * float(torch.linalg.vector_norm(W, dim=1).sum()) ** 2 / 4
    log = math.log(2e7)
    tolerance = bound * log / 3e5 + math.sqrt((bound * log / 3e5) ** 2 + 2 * exact * bound * log / 1e5)
    assert abs(float(SampledCovariance(network, X).quadratic(W)) - exact) <= tolerance
    assert tolerance <= 0.2 * exact


@pytest.mark.parametrize("d", [3, 4, 20, 81, 400, 700, 2000])
def test_sphere_cosine_and_its_derivatives_equal_mpmath(d: int) -> None:
    s = np.concatenate((np.linspace(0, 8, 17), [8.5, 16.0, 40.0] if d <= 800 else []))
    values = sphere_cosine(s.reshape(1, -1), d)
    with mpmath.workdps(60):
        b, c = mpmath.mpf(d) / 2, -mpmath.mpf(d) / 4
        for column, point in enumerate(s):
            for i, value in enumerate(values):
                factor = c**i / mpmath.rf(b, i)
                expected = factor * mpmath.hyp0f1(b + i, c * mpmath.mpf(point))
                # Values at 0 are 1, -1/2 and at most 1/4: rounding of 1e-16 times e^{s/2} ≤ 55 at most.
                assert abs(float(value[0, column]) - float(expected)) <= 1e-13, (d, point, i)


def test_sphere_cosine_keeps_relative_accuracy_on_unit_weights() -> None:
    s = np.linspace(0, 4, 9)
    for value, i in zip(sphere_cosine(s, 60), range(3), strict=True):
        for point, v in zip(s, value, strict=True):
            with mpmath.workdps(40):
                exact = mpmath.diff(lambda t: mpmath.hyp0f1(30, -15 * t), point, i)
            assert v == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_operators_keep_the_dtype_of_the_network(dtype: torch.dtype) -> None:
    network = initialise(20, 6, activation("sincos"), seed=0, dtype=dtype)
    wide = initialise(20, 6, activation("sincos"), seed=0)
    X = sample_sphere(50, 6, radius=math.sqrt(6), generator=generator(0, "unlabeled"))
    W = torch.randn(20, 6, generator=generator(0, "W"), dtype=torch.float64)
    for value, expected in (
        (ExactCovariance(network).apply(W.to(dtype)), ExactCovariance(wide).apply(W)),
        (SampledCovariance(network, X.to(dtype)).apply(W.to(dtype)), SampledCovariance(wide, X).apply(W)),
    ):
        assert value.dtype == dtype
        # Single precision 6e-8 times sums of about 100 terms.
        assert float((value.double() - expected).abs().max()) <= 1e-5 * float(expected.abs().max())


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="SampledCovariance"):
        ExactCovariance(initialise(4, 3, activation("tanh"), seed=0))
    network = initialise(4, 3, activation("tanh"), seed=0)
    with pytest.raises(InputError, match="no unlabeled points"):
        SampledCovariance(network, torch.zeros(0, 3, dtype=torch.float64))
    with pytest.raises(InputError, match="d=900"):
        sphere_cosine(np.array([9.0]), 900)
