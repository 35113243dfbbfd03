"""Built-in activations against mpmath and automatic differentiation; user activations against the built-ins."""

import pickle
from collections.abc import Callable
from typing import Any

import mpmath
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.errors import InputError
from training.activation import activation, builtin_names, from_tree

HALF = mpmath.mpf(1) / 2
REFERENCES: dict[str, Callable[[Any], Any]] = {
    "sincos": lambda z: mpmath.sin(z) + mpmath.cos(z),
    "tanh-shift": lambda z: mpmath.tanh(z + HALF),
    "erf-shift": lambda z: mpmath.erf(z + HALF),
    "softplus-shift": lambda z: mpmath.log(1 + mpmath.exp(z + HALF)),
    "tanh": mpmath.tanh,
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
    "gelu": lambda z: z / 2 * (1 + mpmath.erf(z / mpmath.sqrt(2))),
}
Z = ("z",)
SHIFTED = ("add", Z, ("rational", 1, 2))
ROOT_HALF = ("pow", ("rational", 2, 1), ("rational", -1, 2))
TREES: dict[str, tuple[Any, ...]] = {
    "sincos": ("add", ("sin", Z), ("cos", Z)),
    "tanh-shift": ("tanh", SHIFTED),
    "erf-shift": ("erf", SHIFTED),
    "softplus-shift": ("log", ("add", ("rational", 1, 1), ("exp", SHIFTED))),
    "gelu": ("mul", ("rational", 1, 2), Z, ("add", ("rational", 1, 1), ("erf", ("mul", ROOT_HALF, Z)))),
}


@pytest.mark.parametrize("name", builtin_names())
def test_derivatives_equal_mpmath(name: str) -> None:
    points = [-6.0, -2.5, -0.5, 0.0, 0.3, 1.7, 5.0]
    values = activation(name).derivatives(torch.tensor(points, dtype=torch.float64), 7)
    assert len(values) == 8
    with mpmath.workdps(60):
        for column, point in enumerate(points):
            for j, c in enumerate(mpmath.taylor(REFERENCES[name], mpmath.mpf(point), 7)):
                expected = float(c * mpmath.factorial(j))
                # Relative to the derivative itself even in the tails (sincos: to its size, which is 1); the
                # factor covers polynomials with coefficients of size j! near one of their zeros.
                scale = abs(expected) + (1.0 if name == "sincos" else 1e-4 * float(mpmath.factorial(j)))
                assert abs(float(values[j][column]) - expected) <= 2e-13 * scale, (name, point, j)


@pytest.mark.parametrize(
    ("name", "point", "upto"),
    [("tanh", 15.0, 4), ("tanh", -15.0, 4), ("softplus", -25.0, 4), ("gelu", -7.0, 4), ("erf-shift", 5.0, 4)],
)
def test_tails_keep_relative_accuracy(name: str, point: float, upto: int) -> None:
    values = activation(name).derivatives(torch.tensor([point], dtype=torch.float64), upto)
    with mpmath.workdps(80):
        for j, c in enumerate(mpmath.taylor(REFERENCES[name], mpmath.mpf(point), upto)):
            # Rounding the exponent, up to 50 in size, to 1e-16 of itself.
            assert abs(float(values[j]) / float(c * mpmath.factorial(j)) - 1) <= 2e-14, j


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(builtin_names()),
    order=st.integers(0, 5),
    points=st.lists(st.floats(-4, 4), min_size=1, max_size=4),
)
def test_each_derivative_is_the_slope_of_the_one_before(name: str, order: int, points: list[float]) -> None:
    z = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    sigma = activation(name)
    (slope,) = torch.autograd.grad(sigma.derivative(z, order).sum(), z)
    # The coefficients of the sixth derivative reach 1e4: 1e-16 of that.
    torch.testing.assert_close(sigma.derivative(z, order + 1).detach(), slope, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", builtin_names())
def test_one_order_equals_the_same_of_all_orders(name: str) -> None:
    z = torch.linspace(-3, 3, 13, dtype=torch.float64)
    sigma = activation(name)
    for j, value in enumerate(sigma.derivatives(z, 6)):
        assert torch.equal(sigma.derivative(z, j), value)
    some = sigma.evaluate(z, (3, 0, 2))
    assert all(torch.equal(a, sigma.derivative(z, j)) for a, j in zip(some, (3, 0, 2), strict=True))


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_dtype_are_kept_and_the_input_is_untouched(name: str, dtype: torch.dtype) -> None:
    z = torch.linspace(-3, 3, 12, dtype=dtype).reshape(3, 4)
    before = z.clone()
    for value in activation(name).derivatives(z, 4):
        assert value.shape == z.shape and value.dtype == dtype
    assert torch.equal(z, before)


@pytest.mark.parametrize("name", TREES)
def test_a_user_tree_equals_the_builtin(name: str) -> None:
    z = torch.linspace(-4, 4, 33, dtype=torch.float64)
    user = from_tree("mine", TREES[name])
    assert user.name == "mine"
    pairs = zip(user.derivatives(z, 5), activation(name).derivatives(z, 5), strict=True)
    for mine, built_in in pairs:
        torch.testing.assert_close(mine, built_in, rtol=1e-12, atol=1e-12)


def test_activations_survive_pickling() -> None:
    z = torch.linspace(-1, 1, 5, dtype=torch.float64)
    for sigma in (activation("gelu"), from_tree("mine", TREES["sincos"])):
        again = pickle.loads(pickle.dumps(sigma))
        assert again == sigma and torch.equal(again.derivative(z, 2), sigma.derivative(z, 2))


def test_unknown_name_lists_the_known_and_suggests_one() -> None:
    with pytest.raises(InputError) as caught:
        activation("tanh_shift")
    assert all(name in caught.value.allowed for name in builtin_names())
    assert "'tanh-shift'" in caught.value.do


def test_bad_orders_and_trees_are_refused() -> None:
    z = torch.zeros(1, dtype=torch.float64)
    with pytest.raises(InputError, match="-1"):
        activation("tanh").derivative(z, -1)
    with pytest.raises(InputError, match="-2"):
        activation("tanh").derivatives(z, -2)
    with pytest.raises(InputError, match="relu"):
        from_tree("kinked", ("relu", Z))
