"""The rule on the disc, Σ by pairs of neurons and the kernel of infinite width against other routes."""

import itertools
import math

import pytest
import torch

from theory.errors import InputError
from training.activation import activation, builtin_names
from training.covariance import Covariance, ExactCovariance, SampledCovariance
from training.kernel import infinite_ntk
from training.network import Network, initialise
from training.plane import PairCovariance, disc_rule, infinite_kernel, kernel_eigenvalues
from training.sphere import generator, harmonic_count, sample_sphere

# Quadratures of analytic functions, rounded in float64.
CLOSE = 1e-12


@pytest.mark.parametrize("d", [3, 4, 5, 30, 500])
def test_disc_rule_has_the_moments_of_two_coordinates(d: int) -> None:
    p, q, weights = disc_rule(d, 8)
    for values, expected in (
        (torch.ones_like(p), 1.0),
        (p * p, 1.0),
        (q * q, 1.0),
        (p * q, 0.0),
        (p**3 * q, 0.0),
        (p * p * q * q, d / (d + 2)),
        (p**4, 3 * d / (d + 2)),
        (p**6, 15 * d * d / ((d + 2) * (d + 4))),
    ):
        assert float(weights @ values) == pytest.approx(expected, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("d", [3, 4])
def test_pairs_equal_cubature(sphere_rule, name: str, d: int) -> None:
    # Degree 100: the poles of tanh' lie at distance π/2 from an interval of length 4, where the rule errs by 1e-12.
    X, weights = sphere_rule(d, 100)
    for paired in (True, False):
        network = initialise(6, d, activation(name), seed=d)
        if not paired:
            # Lengths other than 1, rows that are parallel, opposite and zero.
            w0 = network.w0 * torch.linspace(0.3, 1.0, 6, dtype=torch.float64)[:, None]
            w0[1], w0[2], w0[3] = 0.5 * w0[0], -w0[0], 0
            network = Network(w0, network.a, network.activation)
        Phi = network.features(X)
        expected = Phi.T @ (weights[:, None] * Phi)
        pairs = PairCovariance(network)
        torch.testing.assert_close(pairs.dense(), expected, rtol=0, atol=10 * CLOSE)


@pytest.mark.parametrize("d", [3, 4, 9, 30])
def test_pairs_equal_the_closed_form(d: int) -> None:
    network = initialise(8, d, activation("sincos"), seed=1)
    pairs, closed = PairCovariance(network), ExactCovariance(network)
    torch.testing.assert_close(pairs.dense(), closed.dense(), rtol=0, atol=CLOSE)


def test_nodes_by_default_are_enough() -> None:
    for name in ("tanh-shift", "erf-shift", "softplus-shift", "gelu"):
        network = initialise(4, 10, activation(name), seed=1)
        finer = PairCovariance(network, nodes=64).half
        torch.testing.assert_close(PairCovariance(network).half, finer, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("kind", ["exact", "pairs", "sampled"])
def test_mean_over_signs_equals_all_sign_vectors(paired: bool, kind: str) -> None:
    network = initialise(6, 4, activation("sincos"), seed=0)
    if not paired:
        network = Network(network.w0, network.a, network.activation)
    X = sample_sphere(5, 4, radius=2.0, generator=generator(0, "X"))
    covariance: Covariance = {
        "exact": ExactCovariance,
        "pairs": PairCovariance,
        "sampled": lambda net: SampledCovariance(net, X),
    }[kind](network)
    W = torch.randn(6, 4, generator=generator(0, "W"), dtype=torch.float64)
    energies = [
        float(covariance.quadratic(torch.tensor(S, dtype=torch.float64)[:, None] * W))
        for S in itertools.product((1.0, -1.0), repeat=6)
    ]
    mean = math.fsum(energies) / len(energies)
    assert float(covariance.quadratic_signed(W)) == pytest.approx(mean, rel=CLOSE)
    assert max(energies) > 1.5 * mean  # the signs matter, so the mean is not any one of them


@pytest.mark.parametrize("d", [3, 4, 20, 200])
def test_infinite_kernel_equals_the_closed_form(d: int) -> None:
    X = sample_sphere(6, d, radius=math.sqrt(d), generator=generator(0, "X"))
    X = torch.cat((X, -X[:1], X[:1]))
    K = infinite_ntk(X, X[:1])[:, 0]
    u = (X @ X[0]) / d
    # Values are of size d; SciPy's nodes for the weight (1-t)^{98} are good to about 1e-13 each.
    torch.testing.assert_close(infinite_kernel(activation("sincos"), d, u), K, rtol=0, atol=d * 1e-12)


@pytest.mark.parametrize("name", ["sincos", "tanh-shift", "softplus-shift"])
@pytest.mark.parametrize("d", [3, 4, 12])
def test_eigenvalues_add_up_to_the_trace(name: str, d: int) -> None:
    top = 24 if name == "sincos" else 36
    lambda_ = kernel_eigenvalues(activation(name), d, top)
    total = math.fsum(value * harmonic_count(d, j) for j, value in enumerate(lambda_))
    trace = float(infinite_kernel(activation(name), d, torch.ones(1, dtype=torch.float64)))
    # The eigenvalues left out: poles at distance π/2 make those of tanh fall slowest.
    assert total == pytest.approx(trace, rel=1e-8)
    assert min(lambda_[:4]) > 0


def test_a_centred_activation_has_no_constant_part() -> None:
    lambda_ = kernel_eigenvalues(activation("tanh"), 6, 2)
    assert abs(lambda_[0]) <= 1e-14 and lambda_[1] > 0.1 and abs(lambda_[2]) <= 1e-14


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="at most 2048"):
        PairCovariance(initialise(1400, 3, activation("tanh"), seed=0))
    with pytest.raises(InputError, match="float32"):
        PairCovariance(initialise(4, 3, activation("tanh"), seed=0, dtype=torch.float32))
    with pytest.raises(InputError, match="d of 3 or more"):
        kernel_eigenvalues(activation("tanh"), 2, 1)
    with pytest.raises(InputError, match="0 nodes"):
        disc_rule(3, 0)
