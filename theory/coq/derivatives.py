"""Proof scripts for derivatives: sigma^(j) is the derivative of sigma^(j-1), as SymPy's `diff` gives both.

Contract: `derivative_goal` states  forall z : R, is_derive (fun z => f z) z (g z)  for the raw expressions f and g
and composes the proof from the rules of theory/formal/Bounds.v, one for each node of f. That denominators do not
vanish and that logarithms and roots have positive arguments is part of the proof. Then the composed derivative must
equal g, which `field` decides with exponentials written as powers of a few letters. Whether the proof holds is for
Coq to say: a wrong g, or a right one that the script does not reach, is not proved.
"""

from __future__ import annotations

from typing import Any

import sympy

from theory.coq.equalities import equality
from theory.coq.goals import MARK, Goal
from theory.coq.printer import Term, is_constant, term, text


def derivative_goal(name: str, f: sympy.Expr, g: sympy.Expr, variable: Any, *, order: int = 1) -> Goal:
    """State and script that g is the derivative of f everywhere.

    Args:
        name: Name of the theorem.
        f: The function, exact.
        g: Its stated derivative.
        variable: Their one symbol.
        order: For the words only: g is called sigma with `order` marks.

    Raises:
        InputError: If a part of f or g has no form in Coq.
    """
    source, target = term(f, variable), term(g, variable)
    composer = _Composer(f, variable)
    proof = composer.proof(source)
    conditions = [
        f"  assert ({label} : {fact}) by {'settle' if ' = ' in fact else 'sign'}."
        for fact, label in composer.facts.items()
    ]
    script = [
        "  intros z.",
        *conditions,
        f"  refine (rule_equal _ _ _ _ {proof} _).",
        *equality([f, g, *composer.parts], variable),
    ]
    return Goal(
        name,
        f"forall z : R, is_derive (fun z : R => {text(source)}) z ({text(target)})",
        "\n".join(script),
        f"sigma{MARK * order} is the derivative of sigma{MARK * (order - 1)} on the whole line",
    )


class _Composer:
    """The proof term of a derivative.

    Attributes:
        facts: The conditions that it needs, with their labels.
        parts: Expressions whose roots and exponentials the composed derivative may hold besides those of f and g.
    """

    def __init__(self, f: sympy.Expr, variable: Any) -> None:
        self.variable = variable
        self.facts: dict[str, str] = {}
        # SymPy simplifies these arguments when it differentiates; the rules are told its form of them.
        self.forms: dict[Term, Any] = {}
        self.parts: list[sympy.Expr] = []
        for node in f.atoms(sympy.erf, sympy.atan):
            square = node.args[0] ** 2
            form = -square if node.func is sympy.erf else 1 + square
            self.forms[term(node, variable)] = form
            if node.func is sympy.erf:
                self.parts += [sympy.exp(form), sympy.sqrt(sympy.pi)]
        for node in f.atoms(sympy.Pow):
            self.forms[term(node, variable)] = node.exp - 1

    def proof(self, t: Term) -> str:
        """A Coq term whose type is is_derive (fun z => t) z (...)."""
        if is_constant(t):
            return f"(rule_constant ({text(t)}) z)"
        head = t[0]
        if head == "var":
            return "(rule_variable z)"
        if head in ("add", "sub", "mul"):
            rule = {"add": "plus", "sub": "minus", "mul": "mult"}[head]
            return f"(rule_{rule} _ _ _ _ _ {self.proof(t[1])} {self.proof(t[2])})"
        if head == "div":
            return f"(rule_over _ _ _ _ _ {self.proof(t[1])} {self.inverse(t[2])})"
        if head == "opp":
            return f"(rule_opp _ _ _ {self.proof(t[1])})"
        if head == "inv":
            return self.inverse(t[1])
        if head == "pow":
            return self.power(t[1], t[2])
        if head == "rpower":
            return self.general_power(t)
        return self.function(t)

    def function(self, t: Term) -> str:
        name, argument = t
        inner = self.proof(argument)
        if name in ("ln", "root"):
            return f"(rule_{name} _ _ _ {inner} {self.fact(f'0 < {text(argument)}')})"
        if name == "tan":
            cosine = text(("cos", argument))
            return f"(rule_tan _ _ _ {inner} {self.fact(f'{cosine} <> 0')})"
        if name in ("erf", "atan"):
            form = term(self.forms[t], self.variable)
            square: Term = ("pow", argument, 2)
            stated: Term = ("opp", square) if name == "erf" else ("add", ("num", 1), square)
            return f"(rule_{name} _ _ _ _ {inner} {self.fact(f'{text(form)} = {text(stated)}')})"
        return f"(rule_{name} _ _ _ {inner})"

    def power(self, base: Term, n: int) -> str:
        if base[0] == "root":
            positive = self.fact(f"0 < {text(base[1])}")
            return f"(rule_root_power {n - 2} _ _ _ {self.proof(base[1])} {positive})"
        return f"(rule_power {n - 1} _ _ _ {self.proof(base)})"

    def inverse(self, t: Term) -> str:
        """The rule for 1/t; powers and roots have their own, so that nothing has to cancel."""
        if is_constant(t):
            return f"(rule_constant ({text(('inv', t))}) z)"
        base, n = (t[1], t[2]) if t[0] == "pow" else (t, 1)
        if base[0] == "root":
            positive = self.fact(f"0 < {text(base[1])}")
            rule = f"rule_root_inverse_power {n - 1}" if n > 1 else "rule_root_inverse"
            return f"({rule} _ _ _ {self.proof(base[1])} {positive})"
        nonzero = self.fact(f"{text(base)} <> 0")
        rule = f"rule_inverse_power {n - 1}" if n > 1 else "rule_inverse"
        return f"({rule} _ _ _ {self.proof(base)} {nonzero})"

    def general_power(self, t: Term) -> str:
        _, base, exponent = t
        positive = self.fact(f"0 < {text(base)}")
        if is_constant(exponent):
            lower = text(term(self.forms[t], self.variable))
            less = self.fact(f"{lower} = {text(('sub', exponent, ('num', 1)))}")
            return f"(rule_real_power _ _ _ _ _ {self.proof(base)} {less} {positive})"
        return f"(rule_exponential _ _ _ _ _ {self.proof(base)} {self.proof(exponent)} {positive})"

    def fact(self, statement: str) -> str:
        return self.facts.setdefault(statement, f"P{len(self.facts)}")
