"""Convex losses ℓ(y, z) of a label y and a prediction z, with their first two derivatives in z.

Both depend on the residual r = z - y alone. "squared" is the loss of the experiments; "logcosh" is Lipschitz
and smooth, as the theory assumes.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from theory.errors import InputError

_Elementwise = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Loss:
    """A loss ℓ(y, z) = h(z - y) with convex h.

    Args:
        name: The name under which configurations select it.
        lipschitz: sup |ℓ'|, infinite if unbounded.
        smoothness: sup ℓ''.
        h: The function of the residual, elementwise.
        h1: Its first derivative.
        h2: Its second derivative.
    """

    name: str
    lipschitz: float
    smoothness: float
    h: _Elementwise
    h1: _Elementwise
    h2: _Elementwise

    def value(self, y: Tensor, z: Tensor) -> Tensor:
        """ℓ(y, z), elementwise: y and z of one shape."""
        return self.h(z - y)

    def first(self, y: Tensor, z: Tensor) -> Tensor:
        """∂ℓ/∂z, elementwise."""
        return self.h1(z - y)

    def second(self, y: Tensor, z: Tensor) -> Tensor:
        """∂²ℓ/∂z², elementwise; never negative."""
        return self.h2(z - y)


def loss(name: str) -> Loss:
    """The loss of this name: `squared`, (z - y)², or `logcosh`, log cosh(z - y).

    Raises:
        InputError: If no loss has this name.
    """
    if name not in _LOSSES:
        near = difflib.get_close_matches(name, _LOSSES, n=1)
        raise InputError(
            given=f"loss name {name!r}",
            allowed=f"one of {', '.join(_LOSSES)}",
            do=f"did you mean {near[0]!r}?" if near else "choose one of these names",
        )
    return _LOSSES[name]


def loss_names() -> tuple[str, ...]:
    """The names that `loss` accepts, the default first."""
    return tuple(_LOSSES)


def _square(r: Tensor) -> Tensor:
    return r.square()


def _square1(r: Tensor) -> Tensor:
    return 2 * r


def _square2(r: Tensor) -> Tensor:
    return torch.full_like(r, 2.0)


def _logcosh(r: Tensor) -> Tensor:
    """Near 0 `log(1 + 2 sinh²(r/2))`, further out `|r| - log 2 + log(1 + e^{-2|r|})`: no digits are lost."""
    size = r.abs()
    far = size + torch.log1p(torch.exp(-2 * size)) - math.log(2)
    near = torch.log1p(2 * torch.sinh(size.clamp(max=1) / 2).square())
    return torch.where(size < 1, near, far)


def _logcosh2(r: Tensor) -> Tensor:
    """sech² r, at most 1 even when rounded; 1 - tanh² r would lose every digit in the tails."""
    return torch.cosh(r).reciprocal().square()


_LOSSES: dict[str, Loss] = {
    "squared": Loss("squared", math.inf, 2.0, _square, _square1, _square2),
    "logcosh": Loss("logcosh", 1.0, 1.0, _logcosh, torch.tanh, _logcosh2),
}
