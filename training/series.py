"""Truncated power series in torch.

A series is a list of coefficient tensors `[c_0, …, c_p]` of one shape, standing at every entry for
`Σ_j c_j t^j + O(t^{p+1})`. Elementary functions of a series follow from the differential equation that each
satisfies (`e' = a' e`, `s' = a' c`, …), one coefficient after the other, so no symbolic differentiation is
involved.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import torch
from torch import Tensor

Series = list[Tensor]


def constant(value: float, like: Tensor, order: int) -> Series:
    """The series of a constant, with the shape and dtype of `like`."""
    return [torch.full_like(like, value), *[torch.zeros_like(like)] * order]


def variable(z: Tensor, order: int) -> Series:
    """The series `z + t`."""
    zeros = torch.zeros_like(z)
    return [z, torch.ones_like(z), *[zeros] * (order - 1)][: order + 1]


def mul(a: Series, b: Series) -> Series:
    """The product `a b`: Cauchy products of the coefficients."""
    return [_convolve(a, b, k, range(k + 1)) for k in range(len(a))]


def div(a: Series, b: Series) -> Series:
    """The quotient `a / b`, where b_0 ≠ 0."""
    c: Series = []
    for k in range(len(a)):
        c.append((a[k] - _convolve(b, c, k, range(1, k + 1))) / b[0])
    return c


def power(a: Series, exponent: float | Fraction) -> Series:
    """The power `a^p`: repeated products for whole p (any a_0), else by `a y' = p a' y` (a_0 > 0)."""
    if exponent == int(exponent):
        whole = _whole_power(a, abs(int(exponent)))
        return div(constant(1.0, a[0], len(a) - 1), whole) if exponent < 0 else whole
    p = float(exponent)
    y = [a[0] ** p]
    for k in range(1, len(a)):
        total = sum((p * i - (k - i)) * a[i] * y[k - i] for i in range(1, k + 1))
        y.append(total / (k * a[0]))
    return y


def sqrt(a: Series) -> Series:
    """The square root, where a_0 > 0; `2 y y' = a'`."""
    y = [torch.sqrt(a[0])]
    for k in range(1, len(a)):
        y.append((a[k] - _convolve(y, y, k, range(1, k))) / (2 * y[0]))
    return y


def exp(a: Series) -> Series:
    """The exponential; `y' = a' y`."""
    return _solve([torch.exp(a[0])], lambda y, k: _slope(a, y, k), len(a))


def log(a: Series) -> Series:
    """The natural logarithm, where a_0 > 0; `y' = a'/a`."""
    return _integral(torch.log(a[0]), div(_derivative(a), a[:-1]))


def log1p(a: Series) -> Series:
    """`log(1 + a)`, where a_0 > -1, without the rounding of 1 + a_0 where a_0 is small."""
    return _integral(torch.log1p(a[0]), div(_derivative(a), [1 + a[0], *a[1:]][:-1]))


def sin(a: Series) -> Series:
    """The sine; see `sin_cos`."""
    return sin_cos(a)[0]


def cos(a: Series) -> Series:
    """The cosine; see `sin_cos`."""
    return sin_cos(a)[1]


def sin_cos(a: Series) -> tuple[Series, Series]:
    """Sine and cosine together; `s' = a' c`, `c' = -a' s`."""
    return _pair(a, torch.sin(a[0]), torch.cos(a[0]), -1)


def sinh(a: Series) -> Series:
    """The hyperbolic sine; `s' = a' c`, `c' = a' s`."""
    return _pair(a, torch.sinh(a[0]), torch.cosh(a[0]), 1)[0]


def cosh(a: Series) -> Series:
    """The hyperbolic cosine; `c' = a' s`, `s' = a' c`."""
    return _pair(a, torch.sinh(a[0]), torch.cosh(a[0]), 1)[1]


def tan(a: Series) -> Series:
    """The tangent; `y' = q a'` with `q = 1/cos²`, `q' = 2 y q a'`."""
    return _tangent(a, torch.tan(a[0]), 1 / torch.cos(a[0]).square(), 2)


def tanh(a: Series) -> Series:
    """The hyperbolic tangent; `y' = q a'` with `q = 1/cosh²`, `q' = -2 y q a'`."""
    return _tangent(a, torch.tanh(a[0]), torch.cosh(a[0]).reciprocal().square(), -2)


def atan(a: Series) -> Series:
    """The inverse tangent; `y' = a'/(1 + a²)`."""
    square = mul(a, a)
    return _integral(torch.atan(a[0]), div(_derivative(a), [1 + square[0], *square[1:]][:-1]))


def asinh(a: Series) -> Series:
    """The inverse hyperbolic sine; `y' = a'/√(1 + a²)`."""
    square = mul(a, a)
    root = sqrt([1 + square[0], *square[1:]])
    return _integral(torch.asinh(a[0]), div(_derivative(a), root[:-1]))


def erf(a: Series) -> Series:
    """The error function; `y' = (2/√π) e^{-a²} a'`."""
    gauss = exp([-c for c in mul(a, a)])
    return _integral(torch.erf(a[0]), [c * (2 / math.sqrt(math.pi)) for c in mul(gauss[:-1], _derivative(a))])


def _convolve(a: Series, b: Series, k: int, indices: range) -> Tensor:
    """`Σ_i a_i b_{k-i}` over the given i; zero if there are none."""
    total = torch.zeros_like(a[0])
    for i in indices:
        total = total + a[i] * b[k - i]
    return total


def _slope(a: Series, y: Series, k: int) -> Tensor:
    """Coefficient k of the solution of `Y' = a' y`: `(1/k) Σ_{i=1..k} i a_i y_{k-i}`."""
    total = torch.zeros_like(a[0])
    for i in range(1, k + 1):
        total = total + (i / k) * a[i] * y[k - i]
    return total


def _solve(start: Series, step: Callable[[Series, int], Tensor], length: int) -> Series:
    y = list(start)
    for k in range(1, length):
        y.append(step(y, k))
    return y


def _derivative(a: Series) -> Series:
    return [k * a[k] for k in range(1, len(a))]


def _integral(start: Tensor, slope: Series) -> Series:
    return [start, *[c / (k + 1) for k, c in enumerate(slope)]]


def _whole_power(a: Series, p: int) -> Series:
    result = constant(1.0, a[0], len(a) - 1)
    while p:
        if p & 1:
            result = mul(result, a)
        p >>= 1
        if p:
            a = mul(a, a)
    return result


def _pair(a: Series, s0: Tensor, c0: Tensor, sign: int) -> tuple[Series, Series]:
    s, c = [s0], [c0]
    for k in range(1, len(a)):
        following = _slope(a, c, k), sign * _slope(a, s, k)
        s.append(following[0])
        c.append(following[1])
    return s, c


def _tangent(a: Series, y0: Tensor, q0: Tensor, sign: int) -> Series:
    """Solve `y' = q a'`, `q' = sign y q a'` together, which keeps q accurate where it is tiny."""
    y, q = [y0], [q0]
    for k in range(1, len(a)):
        y.append(_slope(a, q, k))
        q.append(sign * _slope(a, mul(y[:k], q), k))
    return y
