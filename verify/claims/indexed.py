"""Identities between multi-sums with symbolic m, n, d: proved by normal form, spot-checked at small sizes.

The spot check is what stands between a fault of the normal form and a verdict: both sides are evaluated in
ball arithmetic at random sizes and random rational arrays, sums looped as they are written.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from theory import expansion
from theory.arithmetic import ArbField, evaluate
from theory.sums import Rules, equal
from verify.bound import Comparison
from verify.exact import PRECISION, Identity, Prover, SpotCheck, compare_balls

FIELD = ArbField(PRECISION)

# The shape of each array in the formulas, by the name of its base; sizes are looked up by symbol name.
SHAPES: Mapping[str, tuple[str, ...]] = {
    "w0": ("m", "d"),
    "w": ("m", "d"),
    "u": ("m", "d"),
    "v": ("m", "d"),
    "a": ("m",),
    "S": ("m",),
    "b": ("m",),
    "beta": ("d",),
    "x": ("d",),
    "X": ("n", "d"),
    "Y": ("n",),
    "nu": ("n",),
    "rho": ("n",),
    "U": ("m", "d", "n_k"),
    "gamma": ("n_k",),
    "phi": ("n", "m", "d"),
    "P_low": ("m", "d", "m", "d"),
    "Sigma": ("m", "d", "m", "d"),
}

# σ = sin + cos and its derivatives, for formulas with a generic σ; ℓ = exp(-y z) for a generic loss in z.
GENERIC: Mapping[str, Callable[..., arb]] = {
    "sigma": lambda z: z.sin() + z.cos(),
    "sigma'": lambda z: z.cos() - z.sin(),
    "sigma''": lambda z: -z.sin() - z.cos(),
    "sigma'''": lambda z: z.sin() - z.cos(),
    "sigma^(4)": lambda z: z.sin() + z.cos(),
    "ell": lambda y, z: (-y * z).exp(),
    "ell'": lambda y, z: -y * (-y * z).exp(),
    "ell''": lambda y, z: y * y * (-y * z).exp(),
}


def prover(rules: Rules = expansion.RULES) -> Prover:
    """The proof by normal form under these rules."""
    return lambda identity: equal(identity.lhs, identity.rhs, rules=rules)


def spot_check(functions: Mapping[str, Callable[..., arb]] = GENERIC) -> SpotCheck:
    """Evaluation of both sides at random sizes and arrays."""

    def check(identity: Identity, rng: random.Random) -> Comparison:
        names = {"m": rng.choice((2, 3)), "d": rng.choice((2, 3)), "n": rng.choice((1, 2)), "h": 2}
        symbols = identity.lhs.free_symbols | identity.rhs.free_symbols
        if any(str(symbol) == "n_k" for symbol in symbols):
            names["n_k"] = 2
        values = _values(symbols, names, rng)
        sides = [evaluate(side, values, FIELD, functions=functions) for side in (identity.lhs, identity.rhs)]
        return compare_balls(identity.label, *sides, parameters=names)

    return check


def along(slope: sp.Expr) -> sp.Expr:
    """Entry of ∇²F·V from the same entry of ∇F: its derivative along W + tV at t = 0, V in the base ``v``."""
    t, v = sp.Dummy("t", real=True), sp.IndexedBase("v")
    moved = slope.replace(
        lambda node: isinstance(node, sp.Indexed) and node.base == expansion.w,
        lambda node: expansion.w[node.indices] + t * v[node.indices],
    )
    return sp.diff(moved, t).subs(t, 0)


def entries(
    expression: sp.Expr, values: Mapping[Any, Any], cells: Iterable[tuple[int, int]], *, weight: float = 1.0
) -> list[arb]:
    """The expression at the free indices q, l of each cell (counted from 0), times an exact weight."""
    return [
        evaluate(expression, {**values, expansion.q: r + 1, expansion.l: i + 1}, FIELD) * arb(weight)
        for r, i in cells
    ]


def _values(symbols: set[Any], sizes: Mapping[str, int], rng: random.Random) -> dict[Any, Any]:
    """A value for every base and symbol: arrays by shape, indices within their range, scalars rational."""
    values: dict[Any, Any] = {}
    ranges = {"q": "m", "s": "m", "r": "m", "l": "d", "l'": "d", "i": "d", "p": "n"}
    for symbol in sorted(symbols, key=str):
        name = str(symbol)
        if isinstance(symbol, sp.Indexed):
            continue
        if name in sizes:
            values[symbol] = sizes[name]
        elif name in SHAPES:
            base = sp.IndexedBase(name)
            values[base] = _array(name, tuple(sizes[size] for size in SHAPES[name]), rng)
        elif symbol.is_integer:
            values[symbol] = rng.randint(1, sizes[ranges[name]])
        else:
            values[symbol] = Fraction(rng.randint(100, 800), 100)
    return values


def _array(name: str, shape: tuple[int, ...], rng: random.Random) -> Any:
    """Random rationals; signs for ``a`` and ``S``, a projector for ``P_low``, a symmetric matrix for ``Sigma``."""
    if name in ("a", "S"):
        return [rng.choice((-1, 1)) for _ in range(shape[0])]
    if name in ("P_low", "Sigma"):
        half = shape[: len(shape) // 2]
        vector = _array("", half, rng)
        outer = np.multiply.outer(np.array(vector, dtype=object), np.array(vector, dtype=object))
        if name == "P_low":
            return (outer / (np.array(vector, dtype=object) ** 2).sum()).tolist()
        other = np.array(_array("", half, rng), dtype=object)
        return (outer + 2 * np.multiply.outer(other, other)).tolist()
    flat = [Fraction(rng.randint(-300, 300), 100) for _ in range(int(np.prod(shape)))]
    return np.array(flat, dtype=object).reshape(shape).tolist()
