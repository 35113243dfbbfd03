"""Expression trees evaluated as truncated power series: a user's activation and all of its derivatives.

A user's activation arrives as a tree of nested tuples in `z`, such as `("add", ("sin", ("z",)),
("rational", 1, 2))`:

    tree = ("z",) | ("pi",) | ("e",) | ("rational", p, q)
         | ("add", tree, ...) | ("mul", tree, ...) | ("pow", base, exponent) | (function, tree)

Its series at z + t (`training.series`) gives the derivatives, `σ^{(j)}(z) = j! c_j`. Parts without z are
folded into numbers first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from theory.errors import InputError
from training import series
from training.series import Series

# ("add", tree, ...), ("rational", p, q), ("z",), ...: a recursive tuple, which type checkers cannot spell.
Tree = tuple[Any, ...]


def check_tree(tree: Tree) -> None:
    """Accept a tree whose every operation this module knows.

    Raises:
        InputError: Naming the first unknown operation or wrong number of arguments.
    """
    operation, arguments = _split(tree)
    if operation in _LEAVES:
        _check_leaf(operation, arguments)
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


def _check_leaf(operation: str, arguments: Sequence[Any]) -> None:
    wanted = 2 if operation == "rational" else 0
    whole = all(isinstance(each, int) and not isinstance(each, bool) for each in arguments)
    if len(arguments) != wanted or not whole or (wanted and arguments[1] <= 0):
        raise InputError(
            given=f"{operation} with {len(arguments)} argument(s)",
            allowed='("rational", p, q) with whole p and q > 0; z, pi and e without arguments',
            do="correct the expression tree",
        )


def tree_series(tree: Tree, z: Tensor, order: int) -> Series:
    """The series of the expression at z + t, to O(t^{order+1}): `order + 1` tensors of z's shape.

    Raises:
        InputError: If the tree contains an operation that this module does not know.
    """
    if (value := _constant(tree)) is not None:
        return series.constant(value, z, order)
    operation, arguments = _split(tree)
    if operation == "z":
        return series.variable(z, order)
    if operation == "pow":
        return _power_of_tree(arguments[0], arguments[1], z, order)
    if operation == "log" and (rest := _minus_one(arguments[0])) is not None:
        return series.log1p(tree_series(rest, z, order))
    if operation == "add":
        return _sum(arguments, z, order)
    if operation == "mul":
        return _product(arguments, z, order)
    if operation not in _FUNCTIONS:
        check_tree(tree)
    return _FUNCTIONS[operation](tree_series(arguments[0], z, order))


def _split(tree: Tree) -> tuple[str, tuple[Any, ...]]:
    if not isinstance(tree, tuple) or not tree or not isinstance(tree[0], str):
        raise InputError(
            given=f"expression tree {tree!r}",
            allowed="a tuple whose first entry names the operation",
            do="pass the tree that the expression parser makes",
        )
    return tree[0], tree[1:]


def _constant(tree: Tree) -> float | None:
    """The value of a tree without z (sums, products and powers of numbers, π and e), else None."""
    operation, arguments = _split(tree)
    if operation == "rational":
        return float(Fraction(*arguments))
    if operation in _CONSTANTS:
        return _CONSTANTS[operation]
    if operation == "z":
        return None
    values = [_constant(argument) for argument in arguments]
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
    rest = tuple(argument for argument in arguments if _constant(argument) != 1.0)
    return ("add", *rest) if len(rest) == len(arguments) - 1 and rest else None


def _sum(arguments: tuple[Tree, ...], z: Tensor, order: int) -> Series:
    total = tree_series(arguments[0], z, order)
    for argument in arguments[1:]:
        value = _constant(argument)
        if value is not None:
            total = [total[0] + value, *total[1:]]
        else:
            total = [x + y for x, y in zip(total, tree_series(argument, z, order), strict=True)]
    return total


def _product(arguments: tuple[Tree, ...], z: Tensor, order: int) -> Series:
    scale = math.prod(value for t in arguments if (value := _constant(t)) is not None)
    factors = [tree_series(t, z, order) for t in arguments if _constant(t) is None]
    total = factors[0]
    for factor in factors[1:]:
        total = series.mul(total, factor)
    return total if scale == 1 else [scale * c for c in total]


def _power_of_tree(base: Tree, exponent: Tree, z: Tensor, order: int) -> Series:
    value = _constant(exponent)
    base_value = _constant(base)
    if value is not None:
        exact = Fraction(*exponent[1:]) if exponent[0] == "rational" else value
        root = tree_series(base, z, order)
        return series.sqrt(root) if exact == Fraction(1, 2) else series.power(root, exact)
    raised = tree_series(exponent, z, order)
    if base_value is not None:
        if base_value <= 0:
            raise InputError(
                given=f"the base {base_value} under an exponent with z",
                allowed="a positive base",
                do="use exp, or a positive base",
            )
        log_base = math.log(base_value)
        return series.exp(raised if log_base == 1 else [c * log_base for c in raised])
    return series.exp(series.mul(raised, series.log(tree_series(base, z, order))))


_CONSTANTS: dict[str, float] = {"pi": math.pi, "e": math.e}
_LEAVES = ("z", "rational", *_CONSTANTS)
_FUNCTIONS: dict[str, Callable[[Series], Series]] = {
    "sin": series.sin,
    "cos": series.cos,
    "tan": series.tan,
    "tanh": series.tanh,
    "sinh": series.sinh,
    "cosh": series.cosh,
    "exp": series.exp,
    "log": series.log,
    "sqrt": series.sqrt,
    "atan": series.atan,
    "asinh": series.asinh,
    "erf": series.erf,
}
