"""Equivalent forms of an expression of one variable, and its parity, by exact algebra.

Contract: every function here returns an expression that equals its input wherever both are defined. An exponential
exp(k u + c) is read as exp(c) E^k with E = exp(u), any other function of the variable as an opaque letter; then the
expression is a rational function of a few letters, and polynomial algebra decides cancellation exactly. What cannot
be seen in this way is left as it is: `parity` answers None for "not proven".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import sympy

from theory.arithmetic import ArbField, evaluate

MAX_NODES = 400
MAX_DEGREE = 24


@lru_cache(maxsize=256)
def cancelled(expr: sympy.Expr) -> sympy.Expr:
    """Bring a rational function of exponentials and other letters to lowest terms, factored.

    Expressions that are too large for polynomial algebra come back unchanged.
    """
    if _is_large(expr):
        return expr
    letters = _Letters()
    rational = letters.encode(expr)
    if _is_large(rational):
        return expr
    return letters.decode(sympy.factor(sympy.cancel(sympy.together(rational))))


def with_exponentials(expr: sympy.Expr) -> sympy.Expr:
    """Write tanh, sinh and cosh by exponentials, so that their decay can be seen."""

    def tanh(u: Any) -> Any:
        return 1 - 2 / (1 + sympy.exp(2 * u))

    swaps = {
        node: {sympy.tanh: tanh, sympy.sinh: _sinh, sympy.cosh: _cosh}[node.func](node.args[0])
        for node in expr.atoms(sympy.tanh, sympy.sinh, sympy.cosh)
        if not node.args[0].has(sympy.tanh, sympy.sinh, sympy.cosh)
    }
    return expr.xreplace(swaps) if swaps else expr


def is_identically_zero(expr: sympy.Expr) -> bool:
    """Prove that an expression vanishes by cancellation; False means only "not proven"."""
    if expr == 0:
        return True
    if _is_large(expr):
        return False
    return bool(sympy.cancel(sympy.together(_Letters().encode(with_exponentials(expr)))) == 0)


def parity(expr: sympy.Expr, variable: Any) -> int | None:
    """Prove that a function is even (+1) or odd (-1); None if neither is proven.

    The zero function is both; it is reported as even.
    """
    mirrored = expr.xreplace({variable: -variable})
    for sign in (1, -1):
        difference = mirrored - sign * expr
        if _may_vanish(difference, variable) and is_identically_zero(difference):
            return sign
    return None


class _Letters:
    """The dictionary between transcendental parts and the letters of a rational function."""

    def __init__(self) -> None:
        self.meaning: dict[Any, sympy.Expr] = {}
        self.letter: dict[sympy.Expr, Any] = {}
        self.units: dict[sympy.Expr, sympy.Rational] = {}

    def encode(self, e: Any) -> Any:
        self._collect_units(e)
        return self._encode(e)

    def decode(self, e: Any) -> Any:
        return e.xreplace(self.meaning)

    def _encode(self, e: Any) -> Any:
        if e.is_Rational or e.is_Symbol:
            return e
        if e.is_Add or e.is_Mul:
            return e.func(*(self._encode(a) for a in e.args))
        if e.is_Pow and e.exp.is_Integer:
            return self._encode(e.base) ** e.exp
        if e.func is sympy.exp:
            product = sympy.Integer(1)
            for core, coefficient in _exponent_terms(e.args[0]):
                unit = self.units[core]
                product *= self._letter(sympy.exp(unit * core)) ** (coefficient / unit)
            return product
        return self._letter(e)

    def _letter(self, e: sympy.Expr) -> Any:
        if e not in self.letter:
            self.letter[e] = sympy.Dummy()
            self.meaning[self.letter[e]] = e
        return self.letter[e]

    def _collect_units(self, e: Any) -> None:
        """Find for each exponent u the largest rational step g such that all exponents are multiples of g u."""
        for node in _algebraic_nodes(e):
            if node.func is sympy.exp:
                for core, coefficient in _exponent_terms(node.args[0]):
                    known = self.units.get(core, sympy.Integer(0))
                    self.units[core] = sympy.gcd(known, coefficient)


def _exponent_terms(u: Any) -> Iterator[tuple[Any, Any]]:
    for term in sympy.Add.make_args(sympy.expand_mul(u)):
        coefficient, core = term.as_coeff_Mul(rational=True)
        yield core, coefficient


def _algebraic_nodes(e: Any) -> Iterator[Any]:
    yield e
    if e.is_Add or e.is_Mul or (e.is_Pow and e.exp.is_Integer):
        for part in e.args:
            yield from _algebraic_nodes(part)


def _is_large(e: Any) -> bool:
    count = 0
    for node in sympy.preorder_traversal(e):
        count += 1
        if count > MAX_NODES or (node.is_Pow and node.exp.is_Integer and abs(node.exp) > MAX_DEGREE):
            return True
    return False


def _may_vanish(expr: sympy.Expr, variable: Any) -> bool:
    """Rule out by balls at two points that an expression is zero: cheap, before any algebra."""
    for point in (sympy.Rational(5, 7), sympy.Rational(-23, 11)):
        value = evaluate(expr, {variable: point}, ArbField(128))
        if value.is_finite() and not value.contains(0):
            return False
    return True


def _sinh(u: Any) -> Any:
    return (sympy.exp(u) - sympy.exp(-u)) / 2


def _cosh(u: Any) -> Any:
    return (sympy.exp(u) + sympy.exp(-u)) / 2
