"""Harmonics and their moments against cubature that is exact on the sphere."""

import math

import mpmath
import numpy as np
import pytest
import torch

from theory.errors import InputError
from training.activation import activation
from training.harmonic import (
    Harmonics,
    RidgeMoments,
    gauss_gegenbauer,
    gegenbauer_slope,
    harmonics,
    ridge_coefficients,
)
from training.sphere import gegenbauer, generator, harmonic_count, sample_sphere

# Sums of a few hundred float64 terms of size up to B(d, l) < 100, with mixes of condition 6.
CLOSE = 1e-12


@pytest.mark.parametrize(("d", "top"), [(3, 4), (4, 3), (5, 2)])
def test_harmonics_of_all_degrees_are_orthonormal(sphere_rule, d: int, top: int) -> None:
    X, weights = sphere_rule(d, 2 * top)
    values = torch.cat([harmonics(d, l)(X) for l in range(top + 1)], dim=1)
    gram = values.T @ (weights[:, None] * values)
    torch.testing.assert_close(gram, torch.eye(len(gram), dtype=torch.float64), rtol=0, atol=CLOSE)
    assert [harmonics(d, l).count for l in range(top + 1)] == [harmonic_count(d, l) for l in range(top + 1)]


def test_harmonics_do_not_depend_on_what_was_drawn_before() -> None:
    first = harmonics(6, 2).directions.clone()
    harmonics.cache_clear()
    torch.manual_seed(3)
    assert torch.equal(harmonics(6, 2).directions, first)


@pytest.mark.parametrize("d", [3, 4, 17, 100])
def test_slope_is_the_derivative(d: int) -> None:
    u = torch.linspace(-1, 1, 9, dtype=torch.float64, requires_grad=True)
    for l in range(6):
        (expected,) = torch.autograd.grad(gegenbauer(l, d, u).sum() + 0 * u.sum(), u)
        value = gegenbauer_slope(l, d, u.detach())
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-13 * l**2)


@pytest.mark.parametrize(("name", "d"), [("sincos", 3), ("tanh-shift", 4), ("erf-shift", 30), ("gelu", 5)])
def test_ridge_coefficients_equal_mpmath(name: str, d: int) -> None:
    sigma = activation(name)
    ours = ridge_coefficients(lambda z: sigma.derivative(z, 1), d, 4)

    def slope(z: float) -> float:
        return float(sigma.derivative(torch.tensor(z, dtype=torch.float64), 1))

    def mean(g) -> float:  # z = √d sin θ has density ∝ cos^{d-2} θ
        half = mpmath.pi / 2
        return mpmath.quad(lambda t: g(t) * mpmath.cos(t) ** (d - 2), [-half, 0, half], maxdegree=8)

    total = mean(lambda t: 1)
    for l, value in enumerate(ours):

        def term(t, l: int = l) -> float:
            u = torch.tensor(float(mpmath.sin(t)), dtype=torch.float64)
            return slope(math.sqrt(d) * float(u)) * float(gegenbauer(l, d, u))

        assert value == pytest.approx(float(mean(term) / total), abs=1e-12)


# At d = 5 and l = 3 the cubature has too many points for a second.
CUBATURES = [(d, l) for d in (3, 4, 5) for l in (0, 1, 2, 3) if (d, l) != (5, 3)]


@pytest.mark.parametrize(("d", "l"), CUBATURES)
def test_moments_equal_cubature(sphere_rule, d: int, l: int) -> None:
    X, weights = sphere_rule(d, 40)
    w = sample_sphere(3, d, radius=1.0, generator=generator(0, "w"))
    sigma = activation("sincos")
    mu = ridge_coefficients(lambda z: sigma.derivative(z, 1), d, l + 1)
    H = harmonics(d, l)
    moments = RidgeMoments(H, w, mu[max(l - 1, 0)], mu[l + 1])
    slopes = sigma.derivative(X @ w.T, 1) * weights[:, None]
    expected = torch.einsum("nr,ni,nb->rib", slopes, X, H(X))
    dense = moments.dense()
    torch.testing.assert_close(dense, expected, rtol=0, atol=CLOSE)
    torch.testing.assert_close(moments.dense(slice(1, 3)), expected[1:], rtol=0, atol=CLOSE)
    source = generator(1, "vectors")
    c = torch.randn(H.count, generator=source, dtype=torch.float64)
    V = torch.randn(3, d, generator=source, dtype=torch.float64)
    torch.testing.assert_close(moments.apply(c), dense @ c, rtol=0, atol=CLOSE)
    torch.testing.assert_close(moments.apply(c, slice(1, 2)), (dense @ c)[1:2], rtol=0, atol=CLOSE)
    back = torch.einsum("ri,rib->b", V, dense)
    torch.testing.assert_close(moments.apply_transpose(V), back, rtol=0, atol=CLOSE)
    parts = moments.apply_transpose(V[:2], slice(0, 2)) + moments.apply_transpose(V[2:], slice(2, 3))
    torch.testing.assert_close(parts, back, rtol=0, atol=CLOSE)


def test_gauss_rule_has_the_moments_of_the_sphere() -> None:
    for d in (3, 4, 30, 500):
        u, weights = gauss_gegenbauer(d, 20)
        # E z² = 1 and E z⁴ = 3 d/(d+2) for z = √d u.
        assert np.dot(weights, d * u**2) == pytest.approx(1, rel=1e-12)
        assert np.dot(weights, d**2 * u**4) == pytest.approx(3 * d / (d + 2), rel=1e-12)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="d of 3 or more"):
        harmonics(2, 1)
    with pytest.raises(InputError, match="degree -1"):
        harmonics(4, -1)
    with pytest.raises(InputError, match="degree -1"):
        ridge_coefficients(torch.cos, 4, -1)
    with pytest.raises(InputError, match="0 nodes"):
        gauss_gegenbauer(4, 0)


def test_values_keep_the_dtype_of_the_inputs() -> None:
    X = sample_sphere(4, 5, radius=math.sqrt(5), generator=generator(0, "X"), dtype=torch.float32)
    H: Harmonics = harmonics(5, 2)
    assert H(X).dtype == torch.float32
    # Single precision 6e-8 times sums of 28 terms of size up to 14.
    assert float((H(X).double() - H(X.double())).abs().max()) <= 1e-4
