"""From an exact expression to the text of a Coq term over R, and from the term to a proof of its derivative.

Contract: `term` knows exactly the nodes that `theory.parser` can build and their derivatives (rationals, pi, E, the
variable, Add, Mul, Pow, exp, log, sin, cos, tan, sinh, cosh, tanh, atan, erf) and raises `InputError` on everything
else, above all on a Float. Numbers are printed exactly. No text of a user is ever copied: names come from this file
alone and the variable is always printed as z.

A term is nested tuples, so that the text and the proof of the derivative come from the same shape:

    ("num", n) ("var",) ("pi",) ("add", s, t) ("sub", s, t) ("opp", t) ("mul", s, t) ("div", s, t) ("inv", t)
    ("pow", t, n)  n >= 2      ("root", t)  the square root      ("rpower", s, t)  s^t for s > 0
    ("name", text)  a letter of Coq that the caller has introduced
    (f, t)  f in exp ln sin cos tan sinh cosh tanh atan erf

A power with exponent k/2 is the k-th power of the square root, as in `theory.parser`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy

from theory.errors import InputError

Term: TypeAlias = tuple[Any, ...]

FUNCTIONS = {
    sympy.exp: "exp",
    sympy.log: "ln",
    **{getattr(sympy, name): name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "erf")},
}
_NAMES = frozenset(FUNCTIONS.values())
_ONE: Term = ("num", 1)


def coq(expr: sympy.Expr, variable: Any, letters: Mapping[Any, Term] | None = None) -> str:
    """Print an expression of one variable as a Coq term over R in the letter z.

    Args:
        expr: The expression.
        variable: Its symbol.
        letters: Terms to put in the place of further symbols.

    Raises:
        InputError: As `term`.
    """
    return text(term(expr, variable, letters))


def term(expr: Any, variable: Any, letters: Mapping[Any, Term] | None = None) -> Term:
    """Read an exact expression of one variable as a term.

    Raises:
        InputError: On a Float, another free symbol, or a node outside the language.
    """
    return _Reader(variable, letters or {}).read(expr)


def text(t: Term) -> str:
    """Print a term in Coq's syntax for reals, with the parentheses that it needs."""
    return _print(t)[0]


def children(t: Term) -> tuple[Term, ...]:
    """The terms directly under a term."""
    return tuple(part for part in t[1:] if isinstance(part, tuple))


def is_constant(t: Term) -> bool:
    """Whether the variable does not occur."""
    return t[0] != "var" and all(is_constant(part) for part in children(t))


@dataclass(frozen=True)
class _Reader:
    """The walk from an expression to a term."""

    variable: Any
    letters: Mapping[Any, Term]

    def read(self, expr: Any) -> Term:
        if isinstance(expr, sympy.Rational):
            return _rational(int(expr.p), int(expr.q))
        if expr == self.variable:
            return ("var",)
        if expr in self.letters:
            return self.letters[expr]
        if expr is sympy.pi:
            return ("pi",)
        if expr is sympy.E:
            return ("exp", _ONE)
        if isinstance(expr, sympy.Add):
            return self.sum(expr)
        if isinstance(expr, sympy.Mul):
            return self.product(expr)
        if isinstance(expr, sympy.Pow):
            return self.power(expr.base, expr.exp)
        name = FUNCTIONS.get(getattr(expr, "func", None))
        if name is None:
            raise InputError(
                given=f"{str(expr):.80} ({type(expr).__name__}) in an expression for Coq",
                allowed=f"{self.variable}, exact rationals, pi, E, + - * / powers, {', '.join(sorted(_NAMES))}",
                do="write numbers exactly (1/10, not 0.1 as a float) and use these functions",
            )
        return (name, self.read(expr.args[0]))

    def sum(self, expr: Any) -> Term:
        """A sum from the left; terms without a sign come first, so that the others are subtracted."""
        parts = [self.read(part) for part in expr.args]
        first, *rest = sorted(parts, key=lambda part: _without_sign(part) is not None)
        for part in rest:
            positive = _without_sign(part)
            first = ("add", first, part) if positive is None else ("sub", first, positive)
        return first

    def product(self, expr: Any) -> Term:
        """A product from the left, divided by one factor after the other: the negative powers go below."""
        coefficient = sympy.Integer(1)
        above: list[Term] = []
        below: list[Term] = []
        for factor in expr.args:
            if isinstance(factor, sympy.Rational):
                coefficient = coefficient * factor
            elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0 and factor.exp.q <= 2:
                below.append(self.power(factor.base, -factor.exp))
            else:
                above.append(self.read(factor))
        if abs(coefficient.p) != 1 or not above:
            above.insert(0, ("num", abs(int(coefficient.p))))
        if coefficient.q != 1:
            below.insert(0, ("num", int(coefficient.q)))
        if coefficient.p < 0:
            above[0] = ("opp", above[0])
        product = above[0]
        for factor in above[1:]:
            product = ("mul", product, factor)
        for factor in below:
            product = ("div", product, factor)
        return product

    def power(self, base: Any, exponent: Any) -> Term:
        b = self.read(base)
        if not (exponent.is_Rational and exponent.q <= 2):
            return ("rpower", b, self.read(exponent))
        if exponent == 0:
            return _ONE
        if exponent < 0:
            return ("inv", self.power(base, -exponent))
        root: Term = b if exponent.q == 1 else ("root", b)
        return root if exponent.p == 1 else ("pow", root, int(exponent.p))


def _rational(p: int, q: int) -> Term:
    size: Term = ("num", abs(p))
    signed = size if p >= 0 else ("opp", size)
    return signed if q == 1 else ("div", signed, ("num", q))


def _without_sign(t: Term) -> Term | None:
    """The term without its leading minus sign, or None if it has none."""
    if t[0] == "opp":
        return t[1]
    if t[0] in ("mul", "div"):
        first = _without_sign(t[1])
        return None if first is None else (t[0], first, t[2])
    return None


_SUM, _PRODUCT, _PREFIX, _POWER, _CALL, _ATOM = 50, 40, 35, 30, 10, 0


def _print(t: Term) -> tuple[str, int]:
    """The text and the level of its outermost sign, as in Coq's grammar of reals."""
    head = t[0]
    if head == "num":
        return str(t[1]), _ATOM
    if head == "var":
        return "z", _ATOM
    if head == "pi":
        return "PI", _ATOM
    if head == "name":
        return t[1], _ATOM
    if head in ("add", "sub"):
        sign = "+" if head == "add" else "-"
        return f"{_within(t[1], _SUM)} {sign} {_within(t[2], _PRODUCT)}", _SUM
    if head in ("mul", "div"):
        sign = "*" if head == "mul" else "/"
        return f"{_within(t[1], _PRODUCT)} {sign} {_within(t[2], _POWER)}", _PRODUCT
    if head in ("opp", "inv"):
        return f"{'-' if head == 'opp' else '/'} {_within(t[1], _POWER)}", _PREFIX
    if head == "pow":
        return f"{_within(t[1], _CALL)} ^ {t[2]}", _POWER
    if head == "rpower":
        return f"Rpower {_within(t[1], _ATOM)} {_within(t[2], _ATOM)}", _CALL
    return f"{'sqrt' if head == 'root' else head} {_within(t[1], _ATOM)}", _CALL


def _within(t: Term, level: int) -> str:
    shown, own = _print(t)
    return shown if own <= level else f"({shown})"
