"""Activations σ and all their derivatives as hand-written torch functions.

An `Activation` evaluates any set of derivative orders at a tensor and shares the work between them: one sine
and one cosine for `sincos`, one exponential for the tanh and softplus family, one Gaussian and a Hermite
recurrence for `erf-shift` and `gelu`. An activation that the user wrote arrives as a plain tree of nested
tuples and is differentiated by truncated power series (`training.jets`), never by a computer algebra system.

The tensors that an evaluation returns may share memory with each other: do not modify them in place.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from theory.errors import InputError
from training.jets import Tree, check_tree, tree_series

Evaluate = Callable[[Tensor, Sequence[int]], tuple[Tensor, ...]]

_SHIFT = 0.5


@dataclass(frozen=True)
class Activation:
    """An activation function σ: R → R with derivatives of every order.

    Args:
        name: The name under which reports show it.
        evaluate: `evaluate(z, orders)` returns `σ^{(j)}(z)` for each j in `orders`, each of z's shape.
    """

    name: str
    evaluate: Evaluate

    def derivatives(self, z: Tensor, upto: int) -> tuple[Tensor, ...]:
        """All derivatives up to one order, `(σ(z), σ'(z), …, σ^{(upto)}(z))`, each of z's shape.

        Raises:
            InputError: If `upto` is negative.
        """
        return self.evaluate(z, range(_checked_order(upto) + 1))

    def derivative(self, z: Tensor, order: int) -> Tensor:
        """One derivative `σ^{(order)}(z)`, of z's shape; cheaper than all derivatives up to it.

        Raises:
            InputError: If `order` is negative.
        """
        return self.evaluate(z, (_checked_order(order),))[0]


def activation(name: str) -> Activation:
    """The built-in activation of this name: see `builtin_names`.

    Raises:
        InputError: If no built-in activation has this name.
    """
    if name not in _BUILTIN:
        known = ", ".join(_BUILTIN)
        near = difflib.get_close_matches(name, _BUILTIN, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InputError(
            given=f"activation name {name!r}",
            allowed=f"one of {known}",
            do=f"{hint}choose a built-in name, or give your own activation as an expression in z",
        )
    return Activation(name, _BUILTIN[name])


def builtin_names() -> tuple[str, ...]:
    """The names that `activation` accepts, the default first."""
    return tuple(_BUILTIN)


def from_tree(name: str, tree: Tree) -> Activation:
    """A user's activation, given as a plain expression tree in z.

    Its derivatives come from truncated power series arithmetic: the series of σ(z + t) in t, times j!.

    Args:
        name: The name under which reports show it.
        tree: Nested tuples whose first entry is the operation, such as
            `("add", ("sin", ("z",)), ("rational", 1, 2))`.

    Raises:
        InputError: If the tree contains an operation that the series arithmetic does not know.
    """
    check_tree(tree)
    return Activation(name, _TreeEvaluate(tree))


def _checked_order(order: int) -> int:
    if order < 0:
        raise InputError(
            given=f"derivative order {order}",
            allowed="an order of 0 or more",
            do="ask for a non-negative order",
        )
    return order


@dataclass(frozen=True)
class _TreeEvaluate:
    """The `evaluate` of a user's tree, as a value: equal trees are equal, and it can be pickled."""

    tree: Tree

    def __call__(self, z: Tensor, orders: Sequence[int]) -> tuple[Tensor, ...]:
        series = tree_series(self.tree, z, max(orders))
        return tuple(series[j] * math.factorial(j) for j in orders)


def _sincos(z: Tensor, orders: Sequence[int]) -> tuple[Tensor, ...]:
    """σ = sin z + cos z = √2 sin(z + π/4): every derivative is one sine or one cosine of the same angle."""
    u = z + math.pi / 4
    sine = torch.sin(u).mul_(math.sqrt(2)) if any(j % 2 == 0 for j in orders) else u
    cosine = torch.cos(u).mul_(math.sqrt(2)) if any(j % 2 == 1 for j in orders) else u
    values = [cosine if j % 2 else sine for j in orders]
    return tuple(-value if j % 4 >= 2 else value for j, value in zip(orders, values, strict=True))


def _tanh(u: Tensor, orders: Sequence[int]) -> tuple[Tensor, ...]:
    """tanh^{(j)} = (1 - t²) q_j(t), t = tanh u, j ≥ 1; 1 - t² as 1/cosh², accurate in the tails."""
    t = torch.tanh(u)
    if max(orders) == 0:
        return tuple(t for _ in orders)
    sech2 = torch.cosh(u).reciprocal().square()
    return tuple(t if j == 0 else sech2 * _horner(_tanh_polynomial(j), t) for j in orders)


def _tanh_shift(z: Tensor, orders: Sequence[int]) -> tuple[Tensor, ...]:
    return _tanh(z + _SHIFT, orders)


def _softplus(u: Tensor, orders: Sequence[int]) -> tuple[Tensor, ...]:
    """log(1+e^u); its first derivative is the logistic (1 + tanh(u/2))/2, the rest follow from tanh."""
    higher = [j for j in orders if j >= 2]
    values: dict[int, Tensor] = {}
    if higher:
        tanh = _tanh(u / 2, [j - 1 for j in higher])
        values = {j: value * 0.5**j for j, value in zip(higher, tanh, strict=True)}
    if 0 in orders:
        values[0] = -torch.nn.functional.logsigmoid(-u)
    if 1 in orders:
        values[1] = torch.sigmoid(u)
    return tuple(values[j] for j in orders)


def _softplus_shift(z: Tensor, orders: Sequence[int]) -> tuple[Tensor, ...]:
    return _softplus(z + _SHIFT, orders)


def _erf_shift(z: Tensor, orders: Sequence[int]) -> tuple[Tensor, ...]:
    """erf^{(j)}(u) = (2/√π) (-1)^{j-1} H_{j-1}(u) e^{-u²}; with H_n(u) = 2^{n/2} He_n(√2 u)."""
    u = z + _SHIFT
    top = max(orders)
    gauss = torch.exp(-u.square()) * (2 / math.sqrt(math.pi)) if top else u
    hermite = _hermite(math.sqrt(2) * u, top - 1)
    return tuple(
        torch.erf(u) if j == 0 else gauss * hermite[j - 1] * (-math.sqrt(2)) ** (j - 1) for j in orders
    )


def _gelu(z: Tensor, orders: Sequence[int]) -> tuple[Tensor, ...]:
    """GELU, z Φ(z), Φ the normal distribution function; its j-th derivative is z Φ^{(j)} + j Φ^{(j-1)}."""
    top = max(orders)
    phi = torch.exp(-z.square() / 2) / math.sqrt(2 * math.pi) if top else z
    hermite = _hermite(z, top - 1)
    # erfc of the negative argument keeps the left tail of Φ accurate, where 1 + erf cancels.
    cdf = torch.special.erfc(z * -math.sqrt(0.5)) / 2 if min(orders) <= 1 else z
    values = []
    for j in orders:
        if j == 0:
            values.append(z * cdf)
        elif j == 1:
            values.append(cdf + z * phi)
        else:
            values.append((z * hermite[j - 1] - j * hermite[j - 2]) * phi * (-1) ** (j - 1))
    return tuple(values)


@cache
def _tanh_polynomial(order: int) -> tuple[int, ...]:
    """Coefficients (constant term first) of q_j: q_1 = 1, q_{j+1} = -2t q_j + (1 - t²) q_j'."""
    if order == 1:
        return (1,)
    q = _tanh_polynomial(order - 1)
    following = [0] * (len(q) + 1)
    for power, c in enumerate(q):
        following[power + 1] -= (2 + power) * c
        if power:
            following[power - 1] += power * c
    return tuple(following)


def _horner(coefficients: Sequence[int], t: Tensor) -> Tensor:
    value = torch.full_like(t, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        value = value * t + c
    return value


def _hermite(u: Tensor, upto: int) -> list[Tensor]:
    """Probabilists' Hermite polynomials He_0(u) … He_upto(u); He_{l+1} = u He_l - l He_{l-1}."""
    values = [torch.ones_like(u), u]
    for l in range(1, upto):
        values.append(u * values[l] - l * values[l - 1])
    return values


_BUILTIN: dict[str, Evaluate] = {
    "sincos": _sincos,
    "tanh-shift": _tanh_shift,
    "erf-shift": _erf_shift,
    "softplus-shift": _softplus_shift,
    "tanh": _tanh,
    "softplus": _softplus,
    "gelu": _gelu,
}
