"""A derivative as a rational function of letters: the forms in which its size can be bounded, and their proofs.

Contract: `elementary` writes tanh, sinh and cosh by exponentials; `Alphabet` reads every exp(c u) as a power of one
letter for each u, and whatever is no rational function of these and of the variable as an opaque letter. `same`
gives the sentences by which Coq proves that two such forms are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from theory.arithmetic import UndecidedError
from theory.coq.equalities import common_letters, equality, exponents_of, powers_of
from theory.coq.printer import Term, coq

MAX_OPERATIONS = 600
MAX_DEGREE = 40


@dataclass(frozen=True)
class Elementary:
    """An expression without hyperbolic functions, and the sentences that rewrite the original into it."""

    expr: sympy.Expr
    sentences: tuple[str, ...]


def elementary(expr: sympy.Expr, variable: Any) -> Elementary:
    """Write tanh(u) = 1 - 2/(1 + exp(2u)), tanh(log w) = (w^2 - 1)/(w^2 + 1), and sinh, cosh by exponentials."""
    swaps: dict[Any, Any] = {}
    sentences = []
    nodes = sorted(expr.atoms(sympy.tanh, sympy.sinh, sympy.cosh), key=str)
    for i, node in enumerate(nodes):
        u = node.args[0]
        shown, inner = coq(node, variable), coq(u, variable)
        if node.func is sympy.tanh and u.func is sympy.log:
            w = coq(u.args[0], variable)
            swaps[node] = (u.args[0] ** 2 - 1) / (u.args[0] ** 2 + 1)
            form, why = f"(({w}) ^ 2 - 1) * / (({w}) ^ 2 + 1)", "apply tanh_ln; sign"
        elif node.func is sympy.tanh:
            double = sympy.expand(2 * u)
            swaps[node] = 1 - 2 / (1 + sympy.exp(double))
            form, why = f"1 - 2 * / (1 + exp ({coq(double, variable)}))", "apply tanh_of; settle"
        else:
            sign, name = ("-", "sinh") if node.func is sympy.sinh else ("+", "cosh")
            swaps[node] = (sympy.exp(u) - sympy.exp(-u) if sign == "-" else sympy.exp(u) + sympy.exp(-u)) / 2
            form, why = f"(exp ({inner}) {sign} / exp ({inner})) / 2", f"apply {name}_exp"
        sentences.append(f"  assert (T{i} : {shown} = {form}) by ({why}); rewrite ?T{i}.")
    return Elementary(expr.xreplace(swaps) if swaps else expr, tuple(sentences))


class Alphabet:
    """The dictionary between parts of expressions and the letters of rational functions."""

    def __init__(self, expr: sympy.Expr, variable: Any) -> None:
        self.variable = variable
        self.steps = common_letters(exponents_of([expr]))
        self.exponential = {core: sympy.Dummy(f"e{i}") for i, core in enumerate(self.steps)}
        self.opaque: dict[Any, Any] = {}

    def rational(self, expr: sympy.Expr) -> sympy.Expr:
        """Read an expression as one fraction in lowest terms in the letters.

        Raises:
            UndecidedError: If it is too large for polynomial algebra.
        """
        encoded = self.encode(expr)
        if sympy.count_ops(encoded) > MAX_OPERATIONS:
            raise UndecidedError("it is too large for the algebra of the generated proof")
        return sympy.cancel(sympy.together(encoded))

    def encode(self, e: Any) -> Any:
        """Replace the parts by letters."""
        if e.is_Rational or e == self.variable:
            return e
        if e.is_Add or e.is_Mul:
            return e.func(*(self.encode(a) for a in e.args))
        if e.is_Pow and e.exp.is_Integer and abs(e.exp) <= MAX_DEGREE:
            return self.encode(e.base) ** e.exp
        if e.is_Pow and e.exp.is_Rational and e.exp.q == 2 and e.exp.p != 1 and abs(e.exp.p) <= MAX_DEGREE:
            return self.encode(sympy.sqrt(e.base)) ** e.exp.p
        if e.func is sympy.exp or e is sympy.E:
            exponent = e.args[0] if e.args else sympy.Integer(1)
            powers = powers_of(exponent, self.steps)
            return sympy.Mul(*(self.exponential[core] ** n for core, n in powers.items()))
        return self.opaque.setdefault(e, sympy.Dummy(f"o{len(self.opaque)}"))

    def decode(self, e: Any) -> Any:
        """Put the parts back in the place of their letters."""
        return e.xreplace(self.meanings())

    def meanings(self) -> dict[Any, Any]:
        """What each letter stands for."""
        parts = {symbol: sympy.exp(self.steps[core] * core) for core, symbol in self.exponential.items()}
        return {**parts, **{symbol: e for e, symbol in self.opaque.items()}}


def same(
    first: sympy.Expr,
    second: sympy.Expr,
    variable: Any,
    *,
    start: Iterable[str] = (),
    letters: Mapping[Any, Term] | None = None,
    meanings: Mapping[Any, Any] | None = None,
) -> list[str]:
    """Sentences that replace the first expression by the second in the goal, with the proof that they are equal.

    Args:
        first: What stands in the goal.
        second: What shall stand there; it may contain further letters.
        variable: The variable.
        start: Sentences that bring the first into exponentials.
        letters: The terms of the further letters.
        meanings: The expressions that they stand for.
    """
    old, new = coq(first, variable), coq(second, variable, letters)
    if old == new:
        return []
    plain = elementary(first, variable).expr
    parts = [first, plain, second.xreplace(dict(meanings or {}))]
    return [
        f"  assert (E : {old} = {new}).",
        "  {",
        *(f"  {line}" for line in [*start, *equality(parts, variable)]),
        "  }",
        "  rewrite E; clear E.",
    ]
