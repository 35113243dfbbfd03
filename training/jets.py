"""Truncated power series in torch, and expression trees evaluated with them.

A series is a list of coefficient tensors `[c_0, …, c_p]` of one shape, standing at every entry for
`Σ_j c_j t^j + O(t^{p+1})`. Elementary functions of a series follow from the differential equation that each
satisfies (`e' = a' e`, `s' = a' c`, …), one coefficient after the other, so no symbolic differentiation is
involved. A user's activation arrives as a tree of nested tuples in `z`; its series at z + t gives all of its
derivatives, `σ^{(j)}(z) = j! c_j`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from theory.errors import InputError

Series = list[Tensor]
# ("add", tree, ...), ("rational", p, q), ("z",), ...: a recursive tuple, which type checkers cannot spell.
Tree = tuple[Any, ...]


def check_tree(tree: Tree) -> None:
    """Accept a tree whose every operation this module knows.

    Raises:
        InputError: Naming the first unknown operation or wrong number of arguments.
    """
    operation, arguments = _split(tree)
    if operation in _LEAVES:
        return
    if operation in ("add", "mul"):
        fits = len(arguments) >= 1
    elif operation == "pow":
        fits = len(arguments) == 2
    else:
        fits = operation in _FUNCTIONS and len(arguments) == 1
    if not fits:
        known = ", ".join([*_LEAVES, "add", "mul", "pow", *_FUNCTIONS])
        raise InputError(
            given=f"operation {operation!r} with {len(arguments)} argument(s)",
            allowed=f"one of {known}",
            do="write the activation with these functions of z",
        )
    for argument in arguments:
        check_tree(argument)


def tree_series(tree: Tree, z: Tensor, order: int) -> Series:
    """The series of the expression at z + t, to O(t^{order+1}): `order + 1` tensors of z's shape.

    Raises:
        InputError: If the tree contains an operation that this module does not know.
    """
    if constant(tree) is not None:
        return _constant_series(float(constant(tree) or 0.0), z, order)
    operation, arguments = _split(tree)
    if operation == "z":
        return variable(z, order)
    if operation == "pow":
        return _power_of_tree(arguments[0], arguments[1], z, order)
    if operation == "log" and (rest := _minus_one(arguments[0])) is not None:
        return log1p(tree_series(rest, z, order))
    if operation == "add":
        return _sum(arguments, z, order)
    if operation == "mul":
        return _product(arguments, z, order)
    if operation not in _FUNCTIONS:
        check_tree(tree)
    return _FUNCTIONS[operation](tree_series(arguments[0], z, order))


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
        return div(_constant_series(1.0, a[0], len(a) - 1), whole) if exponent < 0 else whole
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


def _split(tree: Tree) -> tuple[str, tuple[Any, ...]]:
    if not isinstance(tree, tuple) or not tree or not isinstance(tree[0], str):
        raise InputError(
            given=f"expression tree {tree!r}",
            allowed="a tuple whose first entry names the operation",
            do="pass the tree that the expression parser makes",
        )
    return tree[0], tree[1:]


def constant(tree: Tree) -> float | None:
    """The value of a tree without z (sums, products and powers of numbers, π and e), else None."""
    operation, arguments = _split(tree)
    if operation == "rational":
        return float(Fraction(*arguments))
    if operation in _CONSTANTS:
        return _CONSTANTS[operation]
    if operation == "z":
        return None
    values = [constant(argument) for argument in arguments]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    if operation == "add":
        return math.fsum(known)
    if operation == "mul":
        return math.prod(known)
    if operation == "pow":
        return _real_power(*known)
    check_tree(tree)
    one_point = [torch.tensor(known[0], dtype=torch.float64)]
    return float(_FUNCTIONS[operation](one_point)[0])


def _real_power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except (ValueError, OverflowError) as error:
        raise InputError(
            given=f"the constant {base}**{exponent}",
            allowed="powers with a finite real value",
            do="change the base or the exponent",
        ) from error


def _minus_one(tree: Tree) -> Tree | None:
    """The tree of u if this tree is a sum `1 + u`, else None."""
    operation, arguments = _split(tree)
    if operation != "add":
        return None
    rest = tuple(argument for argument in arguments if constant(argument) != 1.0)
    return ("add", *rest) if len(rest) == len(arguments) - 1 and rest else None


def _sum(arguments: tuple[Tree, ...], z: Tensor, order: int) -> Series:
    total = tree_series(arguments[0], z, order)
    for argument in arguments[1:]:
        value = constant(argument)
        if value is not None:
            total = [total[0] + value, *total[1:]]
        else:
            total = [x + y for x, y in zip(total, tree_series(argument, z, order), strict=True)]
    return total


def _product(arguments: tuple[Tree, ...], z: Tensor, order: int) -> Series:
    scale = math.prod(value for t in arguments if (value := constant(t)) is not None)
    factors = [tree_series(t, z, order) for t in arguments if constant(t) is None]
    total = factors[0]
    for factor in factors[1:]:
        total = mul(total, factor)
    return total if scale == 1 else [scale * c for c in total]


def _power_of_tree(base: Tree, exponent: Tree, z: Tensor, order: int) -> Series:
    value = constant(exponent)
    base_value = constant(base)
    if value is not None:
        exact = Fraction(*exponent[1:]) if exponent[0] == "rational" else value
        series = tree_series(base, z, order)
        return sqrt(series) if exact == Fraction(1, 2) else power(series, exact)
    raised = tree_series(exponent, z, order)
    if base_value is not None:
        if base_value <= 0:
            raise InputError(
                given=f"the base {base_value} under an exponent with z",
                allowed="a positive base",
                do="use exp, or a positive base",
            )
        log_base = math.log(base_value)
        return exp(raised if log_base == 1 else [c * log_base for c in raised])
    return exp(mul(raised, log(tree_series(base, z, order))))


def _constant_series(value: float, like: Tensor, order: int) -> Series:
    return [torch.full_like(like, value), *[torch.zeros_like(like)] * order]


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
    result = _constant_series(1.0, a[0], len(a) - 1)
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


_CONSTANTS: dict[str, float] = {"pi": math.pi, "e": math.e}
_LEAVES = ("z", "rational", *_CONSTANTS)
_FUNCTIONS: dict[str, Callable[[Series], Series]] = {
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "tanh": tanh,
    "sinh": sinh,
    "cosh": cosh,
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "atan": atan,
    "asinh": asinh,
    "erf": erf,
}
