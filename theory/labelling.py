"""Canonical names for the dummies of a sum: colour refinement, then the smallest labelling.

Contract: two terms that differ only in the names of their dummies get one name. Dummies are coloured by their
ranges, then by how they occur among the colours of the others until nothing splits further; what is still tied
is tried in every order, except where swapping two dummies leaves the term as it is (the method of graph
canonisation by individualisation and refinement; McKay 1981).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import sympy as sp

from theory.terms import Atom, Rules, Term, merge, term_key

Factors: TypeAlias = tuple[tuple[Atom, int], ...]
Rename: TypeAlias = Callable[[Atom, Mapping[sp.Symbol, sp.Expr]], Atom]


def canonical_names(term: Term, rename: Rename, rules: Rules, depth: int) -> Term:
    """The term with the labelling `_depth_1, _depth_2, …` of its dummies that gives the smallest key.

    Args:
        term: A term whose deltas are settled.
        rename: Gives an atom with other names for its free symbols, its arguments in normal form.
        rules: The declared relations, for products of equal atoms.
        depth: How deep the term lies inside arguments of functions; dummies of different depths never collide.
    """
    candidates = []
    start = _ranks({s: (str(low), str(high)) for s, low, high in term.limits})
    for order in _orders(start, term.factors, rename, rules):
        names = {s: sp.Symbol(f"_{depth}_{k}", integer=True) for k, s in enumerate(order, 1)}
        moved = ((rename(a, names), power) for a, power in term.factors)
        factors = tuple(sorted(merge(moved, rules).items(), key=lambda f: (f[0].key, f[1])))
        limits = tuple(sorted(((names[s], low, high) for s, low, high in term.limits), key=str))
        candidates.append(Term(term.coefficient, limits, factors))
    return min(candidates, key=term_key)


def _orders(
    colours: dict[sp.Symbol, int], factors: Factors, rename: Rename, rules: Rules
) -> Iterator[list[sp.Symbol]]:
    """Orderings of the dummies, one per symmetry class as far as refinement can tell."""
    colours = _refine(colours, factors, rename)
    groups: dict[int, list[sp.Symbol]] = {}
    for symbol in sorted(colours, key=lambda s: colours[s]):
        groups.setdefault(colours[symbol], []).append(symbol)
    tied = next((g for g in groups.values() if len(g) > 1), None)
    if tied is None:
        yield list(colours) if not colours else [g[0] for g in groups.values()]
        return
    whole = merge(factors, rules)
    twins = all(
        merge(((rename(a, {tied[0]: s, s: tied[0]}), p) for a, p in factors), rules) == whole
        for s in tied[1:]
    )
    for chosen in tied[:1] if twins else tied:
        split = {s: (c, s is not chosen) for s, c in colours.items()}
        yield from _orders(_ranks(split), factors, rename, rules)


def _refine(colours: dict[sp.Symbol, int], factors: Factors, rename: Rename) -> dict[sp.Symbol, int]:
    """Split colour classes by how a dummy occurs among the colours of the others, until stable."""
    while len(set(colours.values())) < len(colours):
        signature = {}
        for symbol in colours:
            view = {s: sp.Symbol(f"#{c}") for s, c in colours.items()} | {symbol: sp.Symbol("*")}
            seen = [(rename(a, view).key, p) for a, p in factors if symbol in a.free]
            signature[symbol] = (colours[symbol], sorted(seen))
        finer = _ranks(signature)
        if len(set(finer.values())) == len(set(colours.values())):
            break
        colours = finer
    return colours


def _ranks(values: Mapping[sp.Symbol, object]) -> dict[sp.Symbol, int]:
    order = {text: rank for rank, text in enumerate(sorted({str(v) for v in values.values()}))}
    return {s: order[str(v)] for s, v in values.items()}
