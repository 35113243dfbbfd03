"""The pieces of which a multi-sum is made, and the relations that a proof may use between them.

Contract: a `Poly` is a tuple of `Term`s, a term is coefficient · Σ_{limits} Π factors, a factor an `Atom` with
its power. All are values: equal atoms are equal as objects, and the keys are text that does not depend on the
session. Nothing here decides anything about a sum; `theory.sums` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp

Range = tuple[sp.Expr, sp.Expr]
Limits = tuple[tuple[sp.Symbol, sp.Expr, sp.Expr], ...]


@dataclass(frozen=True)
class Rules:
    """What a proof may use besides algebra.

    Args:
        ranges: Free index -> (lo, hi), the range in which it is known to lie.
        symmetric: Bases with P[α, β] = P[β, α]; the indices split into two halves α, β.
        idempotent: Bases with Σ_β P[α, β] P[β, γ] = P[α, γ] -> the ranges of the indices of one half.
        signs: Bases with a[…]² = 1.
    """

    ranges: Mapping[sp.Symbol, Range] = field(default_factory=dict)
    symmetric: frozenset[sp.IndexedBase] = frozenset()
    idempotent: Mapping[sp.IndexedBase, tuple[Range, ...]] = field(default_factory=dict)
    signs: frozenset[sp.IndexedBase] = frozenset()

    def __hash__(self) -> int:
        return hash((frozenset(self.ranges), self.symmetric, frozenset(self.idempotent), self.signs))


NO_RULES = Rules()


@dataclass(frozen=True)
class Atom:
    """One factor. Heads 'index', 'delta', 'bound' hold index expressions; 'apply', 'power' polynomials."""

    head: str
    label: sp.Basic
    args: tuple[sp.Expr, ...] = ()
    polys: tuple[Poly, ...] = ()
    key: str = field(default="", compare=False)
    free: frozenset[sp.Symbol] = field(default=frozenset(), compare=False)


@dataclass(frozen=True)
class Term:
    """One summand: coefficient · Σ over the limits of the product of the factors."""

    coefficient: sp.Expr
    limits: Limits
    factors: tuple[tuple[Atom, int], ...]


Poly = tuple[Term, ...]


def make_atom(
    head: str, label: sp.Basic, args: tuple[sp.Expr, ...] = (), polys: tuple[Poly, ...] = ()
) -> Atom:
    """Build an atom with its text key and its free symbols."""
    inner = ";".join("+".join(map(term_key, p)) for p in polys)
    free = {s for i in args for s in i.free_symbols}
    for term in (t for p in polys for t in p):
        free |= {s for a, _ in term.factors for s in a.free} - {s for s, _, _ in term.limits}
    return Atom(
        head, label, args, polys, f"{head}:{label}[{','.join(map(str, args))}]({inner})", frozenset(free)
    )


def merge(factors: Iterable[tuple[Atom, int]], rules: Rules) -> dict[Atom, int]:
    """Product of atoms as atom -> power, with a² = 1 for declared signs."""
    merged: dict[Atom, int] = {}
    for atom, power in factors:
        merged[atom] = merged.get(atom, 0) + power
        if atom.head == "index" and atom.label in rules.signs:
            merged[atom] %= 2
    return {a: p for a, p in merged.items() if p}


def term_key(term: Term) -> str:
    """Text that orders terms and tells them apart."""
    factors = "*".join(f"{a.key}^{p}" for a, p in term.factors)
    return f"{factors}|{term.limits}|{term.coefficient}"


def halves(args: tuple[sp.Expr, ...], swap: bool) -> tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]:
    """Split the indices into two halves, in either order."""
    half = len(args) // 2
    return (args[half:], args[:half]) if swap else (args[:half], args[half:])


def sorted_halves(base: sp.Basic, args: tuple[sp.Expr, ...], rules: Rules) -> tuple[sp.Expr, ...]:
    """Order the two halves of the indices of a symmetric base."""
    if base not in rules.symmetric:
        return args
    first, second = sorted(halves(args, False), key=lambda half: [str(i) for i in half])
    return first + second


def sorted_indices(args: Iterable[sp.Expr]) -> tuple[sp.Expr, ...]:
    """Order indices by name."""
    return tuple(sorted(args, key=str))


def poly_expr(poly: Poly) -> sp.Expr:
    """Write a polynomial as a SymPy expression."""
    return sp.Add(*(_term_expr(t) for t in poly))


def _term_expr(term: Term) -> sp.Expr:
    bound = {s for s, _, _ in term.limits}
    outside: list[sp.Expr] = [term.coefficient]
    inside: list[sp.Expr] = []
    for atom, power in term.factors:
        (inside if atom.free & bound else outside).append(_atom_expr(atom) ** power)
    body = sp.Mul(*inside)
    return sp.Mul(*outside) * (sp.Sum(body, *term.limits) if term.limits else body)


def _atom_expr(atom: Atom) -> sp.Expr:
    if atom.head == "index":
        return atom.label[atom.args]
    if atom.head == "delta":
        return sp.KroneckerDelta(*atom.args)
    if atom.head == "bound":
        return atom.args[0]
    values = [poly_expr(p) for p in atom.polys]
    return values[0] ** atom.label if atom.head == "power" else atom.label(*values)
