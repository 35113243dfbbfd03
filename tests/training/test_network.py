"""The network's hand-written functions against loops and automatic differentiation, paired and unpaired."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.func import grad, jacrev

from theory.errors import InputError
from training.activation import activation, builtin_names
from training.network import Network, initialise
from training.sphere import generator, sample_sphere

# Sums of a few dozen products in float64, relative to the size of the result's largest entry.
CLOSE = 1e-12


def close(value: Tensor, expected: Tensor) -> None:
    assert value.shape == expected.shape and value.dtype == expected.dtype
    scale = max(1e-300, float(expected.detach().abs().max())) if expected.numel() else 1.0
    assert float((value - expected).abs().max()) <= CLOSE * max(scale, 1e-3)


class Case:
    """A random small network with inputs, movements and weights ν, all from one seed."""

    def __init__(self, m: int, d: int, n: int, name: str, paired: bool, seed: int, size: float) -> None:
        source = generator(seed, "case")

        def draw(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=source, dtype=torch.float64)

        if paired:
            self.network = initialise(m, d, activation(name), seed=seed)
        else:
            signs = torch.sign(draw(m))
            self.network = Network(draw(m, d) / math.sqrt(d), signs, activation(name))
        self.X = sample_sphere(n, d, radius=math.sqrt(d), generator=source)
        self.W, self.V = size * draw(m, d), draw(m, d)
        self.nu = draw(n)

    def f(self, W: Tensor) -> Tensor:
        """The definition, neuron by neuron."""
        net = self.network
        total = torch.zeros(self.X.shape[0], dtype=torch.float64)
        for r in range(net.m):
            z = self.X @ (net.w0[r] + W[r])
            total = total + net.a[r] * net.activation.derivative(z, 0)
        return total / math.sqrt(net.m)

    def term(self, j: int, W: Tensor) -> Tensor:
        """The definition of the Taylor term, neuron by neuron."""
        net = self.network
        total = torch.zeros(self.X.shape[0], dtype=torch.float64)
        for r in range(net.m):
            slope = net.activation.derivative(self.X @ net.w0[r], j)
            total = total + net.a[r] * slope * (self.X @ W[r]) ** j
        return total / math.sqrt(net.m) / math.factorial(j)


CASES = st.builds(
    Case,
    m=st.sampled_from([2, 4, 6]),
    d=st.integers(3, 5),
    n=st.integers(1, 5),
    name=st.sampled_from(builtin_names()),
    paired=st.booleans(),
    seed=st.integers(0, 10**6),
    size=st.sampled_from([0.01, 0.3, 1.0]),
)
examples = settings(max_examples=40, deadline=None)


def hessian_product(function: Callable[[Tensor], Tensor], W: Tensor, V: Tensor) -> Tensor:
    return grad(lambda U: (grad(function)(U) * V).sum())(W)


def along(function: Callable[[Tensor], Tensor], W: Tensor, V: Tensor) -> Tensor:
    """The derivative of t ↦ function(W + tV) at 0, by reverse mode."""
    return jacrev(lambda t: function(W + t * V))(torch.zeros((), dtype=torch.float64))


@examples
@given(case=CASES)
def test_values_and_taylor_terms_equal_the_definitions(case: Case) -> None:
    net, X, W = case.network, case.X, case.W
    close(net.f(W, X), case.f(W))
    for j in range(5):
        close(net.term(j, W, X), case.term(j, W))
    close(net.f_L(W, X), case.term(1, W))
    close(net.f_Q(W, X), case.term(2, W))


@examples
@given(case=CASES, j=st.integers(0, 3))
def test_terms_are_taylor_coefficients_along_a_ray(case: Case, j: int) -> None:
    def curve(t: Tensor) -> Tensor:
        return case.f(t * case.V)

    for _ in range(j):
        curve = jacrev(curve)
    close(
        case.network.term(j, case.V, case.X), curve(torch.zeros((), dtype=torch.float64)) / math.factorial(j)
    )


@examples
@given(case=CASES)
def test_pullbacks_equal_gradients(case: Case) -> None:
    net, X, W, nu = case.network, case.X, case.W, case.nu
    close(net.pullback(W, X, nu), grad(lambda U: nu @ case.f(U))(W))
    close(net.pullback_L(X, nu), grad(lambda U: nu @ case.term(1, U))(W))
    close(net.pullback_Q(W, X, nu), grad(lambda U: nu @ case.term(2, U))(W))
    for j in range(4):
        close(net.on(X).pullback_term(j, W, nu), grad(lambda U, j=j: nu @ case.term(j, U))(W))


@examples
@given(case=CASES)
def test_pushforwards_equal_directional_derivatives(case: Case) -> None:
    net, X, W, V = case.network, case.X, case.W, case.V
    close(net.pushforward(W, X, V), along(case.f, W, V))
    close(net.pushforward_L(X, V), along(lambda U: case.term(1, U), W, V))
    close(net.pushforward_Q(W, X, V), along(lambda U: case.term(2, U), W, V))


@examples
@given(case=CASES)
def test_curvatures_equal_hessian_products(case: Case) -> None:
    net, X, W, V, nu = case.network, case.X, case.W, case.V, case.nu
    close(net.curvature(W, X, nu, V), hessian_product(lambda U: nu @ case.f(U), W, V))
    close(net.curvature_Q(X, nu, V), hessian_product(lambda U: nu @ case.term(2, U), W, V))


@examples
@given(case=CASES)
def test_values_with_their_pullback_equal_the_two_apart(case: Case) -> None:
    sample, W, nu = case.network.on(case.X), case.W, case.nu
    values, pull = sample.vjp(W)
    close(values, case.f(W))
    close(pull(nu), grad(lambda U: nu @ case.f(U))(W))
    values, pull = sample.vjp_Q(W)
    close(values, case.term(2, W))
    close(pull(nu), grad(lambda U: nu @ case.term(2, U))(W))


@examples
@given(case=CASES)
def test_features_and_gram_equal_the_definitions(case: Case) -> None:
    net, X, W = case.network, case.X, case.W
    Phi = net.features(X)
    by_hand = torch.zeros_like(Phi)
    for i, x in enumerate(X):
        by_hand[i] = grad(lambda U, i=i: case.term(1, U)[i])(W).reshape(-1)
        for r in range(net.m):
            slope = net.activation.derivative(net.w0[r] @ x, 1)
            assert torch.allclose(Phi[i].reshape(net.m, net.d)[r], net.a[r] * slope * x / math.sqrt(net.m))
    close(Phi, by_hand)
    close(net.f_L(W, X), Phi @ W.reshape(-1))
    close(net.gram(X), Phi @ Phi.T)
    X2 = X.flip(0)[:2] + 0.5
    close(net.gram(X, X2), Phi @ net.features(X2).T)
    close(net.sigma1(X), net.activation.derivative(X @ net.w0.T, 1))
    close(net.sigma(2, X), net.activation.derivative(X @ net.w0.T, 2))


@examples
@given(case=CASES)
def test_remainder_bound_holds_and_equals_its_formula(case: Case) -> None:
    net, X, W = case.network, case.X, case.W
    M3 = 2.0  # above sup |σ'''| of every built-in but erf-shift, whose supremum is 4/√π
    M3 = max(M3, 4 / math.sqrt(math.pi))
    by_hand = sum((X @ W[r]).abs() ** 3 for r in range(net.m)) * M3 / (6 * math.sqrt(net.m))
    bound = net.remainder_bound(W, X, M3)
    close(bound, torch.as_tensor(by_hand))
    rest = net.f(W, X) - net.term(0, W, X) - net.f_L(W, X) - net.f_Q(W, X)
    assert bool((rest.abs() <= bound + 1e-14).all())


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("m", "d", "n"), [(2, 3, 1), (6, 5, 7), (34, 17, 33), (402, 60, 101)])
def test_a_paired_network_starts_at_exactly_zero(
    name: str, dtype: torch.dtype, m: int, d: int, n: int
) -> None:
    net = initialise(m, d, activation(name), seed=m, dtype=dtype)
    X = sample_sphere(n, d, radius=math.sqrt(d), generator=generator(0, "data"), dtype=dtype)
    W = torch.zeros(m, d, dtype=dtype)
    zeros = torch.zeros(n, dtype=dtype)
    assert torch.equal(net.f(W, X), zeros)
    assert torch.equal(net.on(X).vjp(W)[0], zeros)
    assert all(torch.equal(net.term(j, W, X), zeros) for j in range(4))


def test_an_unpaired_copy_of_a_paired_network_agrees() -> None:
    net = initialise(8, 4, activation("sincos"), seed=1)
    plain = Network(net.w0, net.a, net.activation)
    X = sample_sphere(6, 4, radius=2.0, generator=generator(0, "data"))
    W = torch.randn(8, 4, generator=generator(0, "W"), dtype=torch.float64)
    nu = torch.linspace(-1, 1, 6, dtype=torch.float64)
    for of in (net, plain):
        assert of.distinct == (4 if of.paired else 8)
    close(net.f(W, X), plain.f(W, X))
    close(net.f_L(W, X), plain.f_L(W, X))
    close(net.pullback_L(X, nu), plain.pullback_L(X, nu))
    close(net.gram(X), plain.gram(X))


def test_initialisation_draws_unit_pairs_from_the_seed() -> None:
    net = initialise(2000, 5, activation("tanh"), seed=3)
    half = net.m // 2
    assert (
        net.paired and torch.equal(net.w0[:half], net.w0[half:]) and torch.equal(net.a[:half], -net.a[half:])
    )
    norms = torch.linalg.vector_norm(net.w0, dim=1)
    torch.testing.assert_close(norms, torch.ones_like(norms), rtol=1e-14, atol=0)
    # 1000 fair signs: |sum| above 180 has probability below 2 exp(-180²/2000) < 2e-7 (Hoeffding).
    assert abs(float(net.a[:half].sum())) <= 180
    assert set(net.a.tolist()) == {1.0, -1.0}
    assert torch.equal(net.w0, initialise(2000, 5, activation("gelu"), seed=3).w0)
    assert not torch.equal(net.w0, initialise(2000, 5, activation("tanh"), seed=4).w0)
    assert torch.equal(
        net.w0.float(), initialise(2000, 5, activation("tanh"), seed=3, dtype=torch.float32).w0
    )


def test_float32_follows_float64() -> None:
    wide, narrow = (
        initialise(40, 10, activation("sincos"), seed=0, dtype=dtype)
        for dtype in (torch.float64, torch.float32)
    )
    X = sample_sphere(30, 10, radius=math.sqrt(10), generator=generator(0, "data"))
    W = 0.1 * torch.randn(40, 10, generator=generator(0, "W"), dtype=torch.float64)
    nu = torch.linspace(-1, 1, 30, dtype=torch.float64)
    for value, expected in (
        (narrow.f(W.float(), X.float()), wide.f(W, X)),
        (narrow.pullback(W.float(), X.float(), nu.float()), wide.pullback(W, X, nu)),
        (narrow.gram(X.float()), wide.gram(X)),
    ):
        assert value.dtype == torch.float32
        # Single precision is 6e-8; sums of 40 to 300 terms lose up to two digits of it.
        assert float((value.double() - expected).abs().max()) <= 1e-5 * float(expected.abs().max())


def test_bad_networks_are_refused() -> None:
    sigma = activation("sincos")
    for m in (0, 1, 7, -2):
        with pytest.raises(InputError, match=f"m={m}"):
            initialise(m, 5, sigma, seed=0)
    with pytest.raises(InputError, match="d=2"):
        initialise(4, 2, sigma, seed=0)
    w0, a = torch.eye(4, dtype=torch.float64), torch.tensor([1.0, -1, -1, 1], dtype=torch.float64)
    with pytest.raises(InputError, match="antisymmetric pairs"):
        Network(w0, a, sigma, paired=True)
    same = torch.cat((w0[:2], w0[:2]))
    assert (
        Network(same, torch.tensor([1.0, -1, -1, 1], dtype=torch.float64), sigma, paired=True).distinct == 2
    )
    with pytest.raises(InputError, match="antisymmetric pairs"):
        Network(same, torch.ones(4, dtype=torch.float64), sigma, paired=True)
    with pytest.raises(InputError, match="±1"):
        Network(w0, 2 * a, sigma)
    for wrong in (a[:3], a.float()):
        with pytest.raises(InputError, match="floating dtype"):
            Network(w0, wrong, sigma)


def test_bad_inputs_are_refused() -> None:
    net = initialise(4, 3, activation("sincos"), seed=0)
    X, W = torch.zeros(5, 3, dtype=torch.float64), torch.zeros(4, 3, dtype=torch.float64)
    for wrong in (X[:, :2], X.float(), X[0]):
        with pytest.raises(InputError, match="inputs of shape"):
            net.f(W, wrong)
    for wrong in (W[:3], W.float()):
        with pytest.raises(InputError, match="movement of shape"):
            net.f_L(wrong, X)
    with pytest.raises(InputError, match="ν of shape"):
        net.pullback_L(X, torch.zeros(4, dtype=torch.float64))
    for call in (lambda: net.term(-1, W, X), lambda: net.on(X).pullback_term(-1, W, X[:, 0])):
        with pytest.raises(InputError, match="-1"):
            call()
