from __future__ import annotations

import math

import pytest
import torch

from theory.errors import InputError
from theory.parser import parse_expression, to_tree
from training.activation import activation, from_tree
from training.expressivity_profile import profile
from training.harmonic import ridge_coefficients
from training.sphere import gegenbauer, harmonic_count


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("d", [4, 40])
def test_split_reproduces_the_polynomial(d: int, k: int) -> None:
    h = profile(activation("sincos"), d, k)
    z = torch.linspace(-(d**0.5), d**0.5, 9, dtype=torch.float64)
    u = z / d**0.5
    p = sum(value * harmonic_count(d, l) * gegenbauer(l, d, u) for l, value in enumerate(h.p))
    q = math.sqrt(harmonic_count(d, k + 1)) * gegenbauer(k + 1, d, u)
    assert torch.allclose(z**2 * p + h.rest[0] + h.rest[1] * z, q, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["sincos", "tanh-shift", "erf-shift"])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_profile_meets_its_equation(name: str, k: int) -> None:
    """μ_l(σ'') times the coefficient of P_l in h is p_l B(d,l), and E h² by quadrature is `mean_square`."""
    sigma, d = activation(name), 8
    h = profile(sigma, d, k)
    mu = ridge_coefficients(lambda z: sigma.derivative(z, 2), d, k - 1)
    for l, (weight, p) in enumerate(zip(h.weights, h.p, strict=True)):
        assert math.isclose(weight * mu[l], p * harmonic_count(d, l), rel_tol=1e-12)
    (square,) = ridge_coefficients(lambda z: h(z / d**0.5).square(), d, 0)
    assert math.isclose(square, h.mean_square, rel_tol=1e-12)


def test_activation_of_a_user() -> None:
    own = from_tree("mine", to_tree(parse_expression("sin(z) + cos(z)")))
    first, second = profile(own, 12, 3), profile(activation("sincos"), 12, 3)
    assert torch.allclose(torch.tensor(first.weights), torch.tensor(second.weights), rtol=1e-10)


@pytest.mark.parametrize(
    ("name", "k", "l"), [("tanh", 1, 0), ("tanh", 3, 0), ("softplus", 2, 1), ("gelu", 2, 1)]
)
def test_inadmissible_activation_is_refused(name: str, k: int, l: int) -> None:
    for d in (5, 60):
        with pytest.raises(InputError, match=rf"'{name}' with μ_{l}\(σ''\)"):
            profile(activation(name), d, k)


def test_coefficient_that_parity_leaves_out_may_vanish() -> None:
    assert profile(activation("tanh"), 6, 2).mean_square > 0


@pytest.mark.parametrize(("d", "k"), [(2, 1), (5, 0), (3, 3)])
def test_degree_out_of_range_is_refused(d: int, k: int) -> None:
    with pytest.raises(InputError, match="k="):
        profile(activation("sincos"), d, k)
