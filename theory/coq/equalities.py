"""Proof sentences for the equality of two expressions: exponentials by few letters, then a decision by `field`.

Contract: `equality` gives sentences that try to close a goal  s = t  whose parts are those of given expressions;
`exponentials` gives those that write every exp(c1 u1 + c2 u2 + ...) as a product of powers of the letters exp(g u).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from theory.coq.printer import coq

Letters = Mapping[Any, Any]  # the core u of an exponent -> the step g: the letter is exp(g u)


def equality(expressions: Iterable[sympy.Expr], variable: Any) -> list[str]:
    """Sentences that prove an equality over the parts of these expressions, if it is one of rational functions."""
    parts = list(expressions)
    facts, squares, inverses = [], [], []
    for i, base in enumerate(_roots(parts)):
        root = coq(sympy.Pow(base, sympy.Rational(1, 2), evaluate=False), variable)
        shown = coq(base, variable)
        facts.append(f"  assert (Q{i} : {root} ^ 2 = {shown}) by (apply pow2_sqrt; sign).")
        squares.append(f"Q{i}")
        if not base.is_number or base is sympy.pi:
            facts.append(f"  assert (I{i} : / ({shown}) = (/ {root}) ^ 2) by (apply inverse_root; sign).")
            inverses.append(f"I{i}")
    tries = ["solve [inverses; field]", "solve [field; repeat split; sign]"]
    if squares:
        hints = " ".join(squares)
        rewritten = "".join(f"rewrite ?{each}; " for each in inverses)
        tries[1:] = [
            f"solve [{rewritten}inverses; field]",
            f"solve [inverses; field [{hints}]]",
            tries[1],
            f"solve [field [{hints}]; repeat split; sign]",
        ]
    names = " ".join(squares + inverses)
    flatten = f"  revert {names}; flatten; intros {names}." if names else "  flatten."
    return [
        "  cbv beta.",
        *exponentials(parts, variable),
        *facts,
        flatten,
        f"  first [ {' | '.join(tries)} ].",
    ]


def exponentials(expressions: Iterable[sympy.Expr], variable: Any) -> list[str]:
    """Sentences that rewrite the exponentials of these expressions in letters, the larger ones first."""
    exponents = exponents_of(expressions)
    if len(exponents) < 2:
        return []
    letters = common_letters(exponents)
    sentences = []
    for i, exponent in enumerate(exponents):
        powers = powers_of(exponent, letters)
        if list(powers.values()) == [1]:
            continue
        shown = coq(sympy.exp(exponent, evaluate=False), variable)
        product = " * ".join(_letter_power(core, letters[core], n, variable) for core, n in powers.items())
        sentences.append(f"  assert (X{i} : {shown} = {product}) by exponents; rewrite ?X{i}.")
    return sentences


def exponents_of(expressions: Iterable[sympy.Expr]) -> list[Any]:
    """The arguments of all exponentials, with 1 for the number e; the larger ones first."""
    found: set[Any] = set()
    for expr in expressions:
        found |= {node.args[0] for node in expr.atoms(sympy.exp)}
        if expr.has(sympy.E):
            found.add(sympy.Integer(1))
    return sorted(found, key=lambda e: (-sympy.count_ops(e), str(e)))


def common_letters(exponents: Iterable[Any]) -> dict[Any, Any]:
    """For each core u of the exponents the largest step g of which all coefficients are multiples.

    The step is negative if all coefficients are, so that no letter is inverted without need.
    """
    steps: dict[Any, Any] = {}
    signs: dict[Any, set[int]] = {}
    for exponent in exponents:
        for core, coefficient in exponent_terms(exponent):
            steps[core] = sympy.gcd(steps.get(core, sympy.Integer(0)), coefficient)
            signs.setdefault(core, set()).add(1 if coefficient > 0 else -1)
    return {core: -step if signs[core] == {-1} else step for core, step in steps.items()}


def powers_of(exponent: Any, letters: Letters) -> dict[Any, int]:
    """The powers of the letters whose product is exp(exponent)."""
    powers: dict[Any, int] = {}
    for core, coefficient in exponent_terms(exponent):
        powers[core] = powers.get(core, 0) + int(coefficient / letters[core])
    return {core: n for core, n in powers.items() if n}


def exponent_terms(exponent: Any) -> list[tuple[Any, Any]]:
    """The terms of an exponent as pairs of a core and its rational coefficient.

    Polynomials are multiplied out; any other term is one core, up to its rational factor.
    """
    pairs = []
    for whole in sympy.Add.make_args(exponent):
        symbols = whole.free_symbols
        split = sympy.Add.make_args(sympy.expand(whole)) if whole.is_polynomial(*symbols) else (whole,)
        for part in split:
            coefficient, core = part.as_coeff_Mul(rational=True)
            pairs.append((core, coefficient))
    return pairs


def _letter_power(core: Any, step: Any, n: int, variable: Any) -> str:
    shown = coq(sympy.exp(step * core, evaluate=False), variable)
    power = shown if abs(n) == 1 else f"{shown} ^ {abs(n)}"
    return power if n > 0 else f"/ {power}"


def _roots(expressions: Iterable[sympy.Expr]) -> list[Any]:
    found = {
        node.base
        for expr in expressions
        for node in expr.atoms(sympy.Pow)
        if node.exp.is_Rational and node.exp.q == 2
    }
    return sorted(found, key=str)
