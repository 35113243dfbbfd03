"""Evidence from exact derivations, each spot-checked by an independent numerical evaluation.

A prover says "proved" or "not proved"; it never says "false". So each identity is also evaluated in ball
arithmetic at a random rational point: balls that exclude each other refute it, whatever the prover said, and
an identity that is neither proved nor refuted is UNDECIDED.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

from theory.arithmetic import compile_arb
from verify.bound import IDENTITY, Comparison, compare
from verify.evidence import Evidence
from verify.quantity import Certainty, Quantity, ball, exact
from verify.verdict import Outcome

# Spot checks run at this precision and must agree far beyond float accuracy.
PRECISION = 192
RESOLUTION = 1e-40
REASON = f"ball arithmetic at {PRECISION} bits leaves radii below 1e-40 of the scale at these sizes"

# What is known of a difference where a side has no finite value: nothing.
_UNKNOWN = Quantity(0.0, -math.inf, math.inf, Certainty.BALL, "not finite", "inf")


@dataclass(frozen=True)
class Identity:
    """A statement ``lhs = rhs`` between two expressions that were obtained in different ways."""

    label: str
    lhs: sp.Expr
    rhs: sp.Expr


Prover = Callable[[Identity], bool]
SpotCheck = Callable[[Identity, random.Random], Comparison]


def prove(
    identities: Iterable[Identity],
    *,
    seed: int,
    prover: Prover | None = None,
    spot_check: SpotCheck | None = None,
    derivation: Iterable[str] = (),
    parameters: Mapping[str, Any] | None = None,
) -> Evidence:
    """Evidence that every identity holds: HOLDS if all are proved, FAILS if a spot check refutes one.

    Args:
        identities: The identities.
        seed: Seed of the random points.
        prover: Returns True only for a proved identity; by default `vanishes` on the difference.
        spot_check: Evaluates both sides at one random point; by default every free symbol becomes a random
            rational, drawn again where a side has no finite value.
        derivation: Further steps, as LaTeX.
        parameters: Parameters that all identities share.
    """
    prover = prover or (lambda identity: vanishes(identity.lhs - identity.rhs))
    spot_check = spot_check or evaluate_at_random
    rng = random.Random(seed)
    spots, unproved, steps = [], [], list(derivation)
    for identity in identities:
        spot = spot_check(identity, rng)
        spots.append(spot)
        if spot.outcome is Outcome.FAILS or not prover(identity):
            unproved.append(identity.label)
        elif not derivation:
            steps.append(f"{typeset(identity.lhs)} = {typeset(identity.rhs)}")
    refuted = [spot.label for spot in spots if spot.outcome is Outcome.FAILS]
    if not spots:
        outcome, summary = Outcome.VACUOUS, "no identity was given"
    elif refuted:
        outcome, summary = Outcome.FAILS, f"false at a random point: {', '.join(refuted)}"
    elif unproved:
        outcome, summary = Outcome.UNDECIDED, f"neither proved nor refuted: {', '.join(unproved)}"
    else:
        counted = "1 identity" if len(spots) == 1 else f"{len(spots)} identities"
        outcome, summary = Outcome.HOLDS, f"{counted} derived exactly and spot-checked by balls"
    return Evidence(
        outcome,
        summary,
        comparisons=tuple(spots),
        derivation=tuple(steps),
        counts={"identities": len(spots), "proved": len(spots) - len(unproved)},
        parameters=dict(parameters or {}),
    )


def vanishes(expression: sp.Expr) -> bool:
    """Whether SymPy reduces the expression to zero, by ever stronger rewriting; False means "not proved"."""
    steps: tuple[Callable[[sp.Expr], sp.Expr], ...] = (
        sp.expand,
        lambda each: sp.cancel(sp.together(each)),
        lambda each: sp.gammasimp(sp.expand_func(each)),
        sp.simplify,
    )
    for step in steps:
        expression = step(expression)
        if expression == 0:
            return True
    return False


def typeset(expression: sp.Expr) -> str:
    """LaTeX of an expression, with a letter for each summation index that a normal form had numbered."""
    numbered = sorted((s for s in expression.atoms(sp.Symbol) if s.name.startswith("_")), key=str)
    letters = {symbol: sp.Symbol(f"j_{count}") for count, symbol in enumerate(numbered, start=1)}
    return str(_Printer().doprint(expression.xreplace(letters)))


class _Printer(LatexPrinter):
    """One sum sign a limit: several limits under one sign need a macro that not every typesetter knows."""

    def _print_Sum(self, node: sp.Sum) -> str:
        signs = (
            rf"\sum_{{{self._print(index)}={self._print(low)}}}^{{{self._print(high)}}} "
            for index, low, high in reversed(node.limits)
        )
        body = str(self._print(node.function))
        return "".join(signs) + (rf"\left({body}\right)" if isinstance(node.function, sp.Add) else body)


def evaluate_at_random(identity: Identity, rng: random.Random) -> Comparison:
    """Both sides as balls at one random rational point, compared relative to their size.

    The point is drawn from (1, 8), and again from ever wider ranges while a side is not finite there: a point
    outside the domain says nothing about the identity, and if none is found the comparison is UNDECIDED.
    """
    symbols = sorted(identity.lhs.free_symbols | identity.rhs.free_symbols, key=str)
    compiled = [compile_arb(side, symbols, prec=PRECISION) for side in (identity.lhs, identity.rhs)]
    for low, high in ((1, 8), (1, 8), (-1, 1), (0, 1), (-8, 8), (8, 100), (-100, 100)):
        point = [sp.Rational(rng.randint(100 * low, 100 * high), 100) for _ in symbols]
        sides = [side(*point) for side in compiled]
        if all(side.is_finite() for side in sides):
            break
    where = {str(symbol): str(value) for symbol, value in zip(symbols, point, strict=True)}
    return compare_balls(identity.label, *sides, parameters=where)


def compare_balls(
    label: str,
    lhs: Any,
    rhs: Any,
    *,
    parameters: Mapping[str, Any] | None = None,
    resolution: float = RESOLUTION,
) -> Comparison:
    """The identity of two balls, relative to the larger of their sizes (to 1 where both are below 1)."""
    finite = lhs.is_finite() and rhs.is_finite()
    scale = max(1.0, abs(float(lhs)), abs(float(rhs))) if finite else 1.0
    return compare(
        label,
        IDENTITY,
        ball((lhs - rhs) / scale) if finite else _UNKNOWN,
        exact(0),
        resolution=resolution,
        reason=REASON,
        parameters=dict(parameters or {}),
    )
