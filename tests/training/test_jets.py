"""Power series against mpmath's Taylor coefficients and against repeated automatic differentiation."""

import math
from collections.abc import Callable
from typing import Any

import mpmath
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from theory.errors import InputError
from training import jets

# Recurrences of a few steps in float64: some hundred roundings of 1e-16 each, relative to the largest term.
CLOSE = 1e-12
Z = ("z",)
ONE = ("rational", 1, 1)


def num(p: int, q: int = 1) -> tuple[Any, ...]:
    return ("rational", p, q)


SQUARE = ("pow", Z, num(2))
FIVE_SINE = ("add", num(5), ("sin", Z))
TREES: dict[str, tuple[Any, ...]] = {
    "polynomial": ("add", ("pow", Z, num(5)), ("mul", num(-3, 2), Z, Z), ("pi",)),
    "quotient": ("mul", Z, ("pow", ("add", num(2), SQUARE), num(-1))),
    "sine of square": ("sin", SQUARE),
    "cosine": ("cos", ("mul", num(3, 4), Z)),
    "sinh": ("sinh", Z),
    "cosh": ("cosh", ("add", Z, num(1, 3))),
    "tan": ("tan", ("mul", num(1, 3), Z)),
    "tanh": ("tanh", ("add", ("mul", num(2), Z), num(1, 2))),
    "atan": ("atan", ("mul", num(2), Z)),
    "asinh": ("asinh", ("mul", num(2), Z)),
    "erf": ("erf", ("add", Z, num(1, 2))),
    "exp": ("exp", ("mul", num(-1, 2), Z, Z)),
    "e to the z": ("pow", ("e",), Z),
    "two to the z": ("pow", num(2), Z),
    "softplus": ("log", ("add", ONE, ("exp", Z))),
    "logarithm": ("log", ("add", num(3), SQUARE)),
    "logistic": ("pow", ("add", ONE, ("exp", ("mul", num(-1), Z))), num(-1)),
    "sqrt": ("sqrt", ("add", ONE, SQUARE)),
    "half power": ("pow", ("add", ONE, SQUARE), num(1, 2)),
    "three halves": ("pow", FIVE_SINE, num(3, 2)),
    "third power": ("pow", FIVE_SINE, num(-2, 3)),
    "general power": ("pow", FIVE_SINE, ("cos", Z)),
    "constant function": ("mul", ("sin", num(2)), ("pow", Z, ("sin", num(0)))),
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "polynomial": lambda z: z**5 - 1.5 * z * z + mpmath.pi,
    "quotient": lambda z: z / (2 + z * z),
    "sine of square": lambda z: mpmath.sin(z * z),
    "cosine": lambda z: mpmath.cos(z * 3 / 4),
    "sinh": mpmath.sinh,
    "cosh": lambda z: mpmath.cosh(z + mpmath.mpf(1) / 3),
    "tan": lambda z: mpmath.tan(z / 3),
    "tanh": lambda z: mpmath.tanh(2 * z + 0.5),
    "atan": lambda z: mpmath.atan(2 * z),
    "asinh": lambda z: mpmath.asinh(2 * z),
    "erf": lambda z: mpmath.erf(z + 0.5),
    "exp": lambda z: mpmath.exp(-z * z / 2),
    "e to the z": mpmath.exp,
    "two to the z": lambda z: mpmath.mpf(2) ** z,
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
    "logarithm": lambda z: mpmath.log(3 + z * z),
    "logistic": lambda z: 1 / (1 + mpmath.exp(-z)),
    "sqrt": lambda z: mpmath.sqrt(1 + z * z),
    "half power": lambda z: mpmath.sqrt(1 + z * z),
    "three halves": lambda z: (5 + mpmath.sin(z)) ** 1.5,
    "third power": lambda z: (5 + mpmath.sin(z)) ** (-mpmath.mpf(2) / 3),
    "general power": lambda z: (5 + mpmath.sin(z)) ** mpmath.cos(z),
    "constant function": lambda z: mpmath.sin(2),
}


@pytest.mark.parametrize("name", TREES)
def test_series_equal_taylor_coefficients(name: str) -> None:
    points = [-2.0, -0.7, 0.0, 0.4, 1.9]
    series = jets.tree_series(TREES[name], torch.tensor(points, dtype=torch.float64), 7)
    assert len(series) == 8
    with mpmath.workdps(40):
        for column, point in enumerate(points):
            expected = [float(c) for c in mpmath.taylor(FUNCTIONS[name], mpmath.mpf(point), 7)]
            scale = max(abs(c) for c in expected)
            for k, c in enumerate(expected):
                assert abs(float(series[k][column]) - c) <= CLOSE * scale, (name, point, k)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", TREES)
def test_low_orders_are_the_beginning_of_high_orders(name: str, order: int) -> None:
    z = torch.linspace(-2, 2, 9, dtype=torch.float64)
    short, long = (jets.tree_series(TREES[name], z, p) for p in (order, 5))
    assert len(short) == order + 1
    for a, b in zip(short, long, strict=False):
        torch.testing.assert_close(a, b, rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize(("name", "at"), [("tanh", 9.0), ("softplus", -40.0), ("logistic", -30.0)])
def test_tails_keep_relative_accuracy(name: str, at: float) -> None:
    series = jets.tree_series(TREES[name], torch.tensor([at], dtype=torch.float64), 4)
    with mpmath.workdps(60):
        for value, c in zip(series, mpmath.taylor(FUNCTIONS[name], mpmath.mpf(at), 4), strict=True):
            # An argument rounded to 1e-16 of its size 40 moves an exponential tail by 40e-16.
            assert abs(float(value) / float(c) - 1) <= 1e-13


def trees() -> st.SearchStrategy[tuple[Any, ...]]:
    """Smooth expressions without poles, overflow or roots: every operation on bounded arguments."""

    def extend(inner: st.SearchStrategy[tuple[Any, ...]]) -> st.SearchStrategy[tuple[Any, ...]]:
        bounded = inner.map(lambda u: ("tanh", u))
        shifted = bounded.map(lambda u: ("add", num(5, 2), u))
        return st.one_of(
            st.tuples(st.sampled_from(["sin", "cos", "tanh", "atan", "erf", "asinh"]), inner),
            st.tuples(st.sampled_from(["exp", "sinh", "cosh", "tan"]), bounded),
            st.tuples(st.just("add"), inner, inner),
            st.tuples(st.just("mul"), bounded, bounded),
            bounded.map(lambda u: ("log", ("add", num(2), u))),
            bounded.map(lambda u: ("sqrt", ("add", num(3, 2), u))),
            st.tuples(st.just("pow"), shifted, st.sampled_from([num(-1), num(3, 2)])),
            bounded.map(lambda u: ("pow", u, num(3))),
        )

    leaves = st.sampled_from([Z, ("mul", num(1, 2), Z), ("add", Z, num(1, 3)), ("pi",), num(-2, 7)])
    return st.recursive(leaves, extend, max_leaves=5)


def by_operators(tree: tuple[Any, ...], z: Tensor) -> Tensor:
    """The expression by plain torch operations, to be differentiated automatically."""
    name, *arguments = tree
    if name == "rational":
        return torch.full_like(z, arguments[0] / arguments[1])
    if name == "z":
        return z
    if name == "pi":
        return torch.full_like(z, math.pi)
    values = [by_operators(argument, z) for argument in arguments]
    if name == "add":
        return values[0] + values[1]
    if name == "mul":
        return values[0] * values[1]
    if name == "pow":
        return values[0] ** (arguments[1][1] / arguments[1][2])
    return getattr(torch, name)(values[0])


@settings(max_examples=60, deadline=None)
@given(tree=trees(), points=st.lists(st.floats(-2, 2), min_size=1, max_size=3))
def test_random_trees_against_automatic_differentiation(tree: tuple[Any, ...], points: list[float]) -> None:
    z = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    value = by_operators(tree, z) + 0 * z
    series = jets.tree_series(tree, z.detach(), 3)
    for k, c in enumerate(series):
        # Automatic differentiation itself loses digits in 1 - tanh²; hence a tolerance above CLOSE.
        torch.testing.assert_close(c * math.factorial(k), value.detach(), rtol=1e-9, atol=1e-9)
        (value,) = torch.autograd.grad(value.sum(), z, create_graph=True)
        value = value + 0 * z


@pytest.mark.parametrize(
    "tree",
    [
        ("relu", Z),
        ("sin", Z, Z),
        ("pow", Z),
        ("add",),
        ("mul", Z, ("floor", Z)),
        "z",
        (),
    ],
)
def test_unknown_operations_are_refused(tree: Any) -> None:
    with pytest.raises(InputError, match="given:"):
        jets.check_tree(tree)


@pytest.mark.parametrize(
    "tree",
    [
        ("pow", num(-2), Z),
        ("mul", Z, ("pow", num(-2), num(1, 2))),
        ("mul", Z, ("pow", num(0), num(-1))),
    ],
)
def test_constants_without_a_real_value_are_refused(tree: tuple[Any, ...]) -> None:
    with pytest.raises(InputError, match="power|base"):
        jets.tree_series(tree, torch.ones(1, dtype=torch.float64), 2)
