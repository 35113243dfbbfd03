r"""Proof engine for finite multi-sums with symbolic limits: a normal form, and equality through it.

Contract: an expression built from `Sum`, `Indexed`, `KroneckerDelta`, sums, products, powers and functions
is rewritten to Σ_terms coefficient · Σ_{dummies} Π atoms. Powers of sums get fresh dummies, products are
distributed, deltas are contracted, unused dummies become a factor (the length of their range), and dummies
are named canonically (colour refinement, then the smallest labelling). Two expressions with one normal form
are equal for *every* value of the symbolic limits. Functions of sums such as σ'(Σ_j w[r,j] x[j]) and
non-integer powers are opaque atoms whose arguments are in normal form themselves.

`equal` is sound, not complete: True is a proof, False means "not proved".
Two assumptions: ranges are not reversed (hi ≥ lo - 1), and a free index lies in the range that `Rules`
declares for it; without a declaration a delta with that free index stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import count
from itertools import product as cartesian

import sympy as sp

from theory.errors import InputError
from theory.labelling import canonical_names
from theory.terms import (
    NO_RULES,
    Atom,
    Limits,
    Poly,
    Range,
    Rules,
    Term,
    halves,
    make_atom,
    merge,
    poly_expr,
    sorted_halves,
    sorted_indices,
    term_key,
)

__all__ = ["NO_RULES", "Range", "Rules", "canonical", "difference", "equal"]

_Env = Mapping[sp.Symbol, sp.Symbol]


def canonical(expr: sp.Expr, *, rules: Rules = NO_RULES) -> sp.Expr:
    """Normal form of a multi-sum polynomial, as a SymPy expression.

    Raises:
        InputError: when a node is outside the language, or a limit depends on another dummy.
    """
    expr = sp.sympify(expr, strict=True)
    reserved = sorted(s.name for s in expr.free_symbols if isinstance(s, sp.Symbol) and s.name[0] in "_#*")
    if reserved:
        raise InputError(
            given=f"free symbols {reserved}",
            allowed="names that do not begin with _, # or *",
            do="rename them: these names are reserved for canonical dummies",
        )
    return poly_expr(_normal(_Reader(rules).read(expr, {}, 0), rules, 0))


def difference(left: sp.Expr, right: sp.Expr, *, rules: Rules = NO_RULES) -> sp.Expr:
    """Normal form of left - right; it is 0 exactly when `equal` holds."""
    return canonical(sp.Add(left, sp.Mul(-1, right, evaluate=False), evaluate=False), rules=rules)


def equal(left: sp.Expr, right: sp.Expr, *, rules: Rules = NO_RULES) -> bool:
    """True when left = right is proved for all values of the symbolic limits; False means not proved."""
    return bool(difference(left, right, rules=rules) == 0)


class _Reader:
    """SymPy expression -> raw terms: a fresh dummy for every sum read, products distributed."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._numbers = count()

    def read(self, expr: sp.Expr, env: _Env, depth: int) -> list[Term]:
        if not expr.has(sp.Indexed, sp.Sum, sp.KroneckerDelta) and not expr.free_symbols & set(env):
            return [Term(expr, (), ())]
        if isinstance(expr, sp.Add):
            return [t for arg in expr.args for t in self.read(arg, env, depth)]
        if isinstance(expr, sp.Mul):
            return _distribute(self.read(arg, env, depth) for arg in expr.args)
        if isinstance(expr, sp.Sum):
            return self._sum(expr, env, depth)
        return self._power_or_atom(expr, env, depth)

    def _power_or_atom(self, expr: sp.Expr, env: _Env, depth: int) -> list[Term]:
        if isinstance(expr, sp.Pow):
            base, exponent = expr.args
            if exponent.is_Integer and exponent > 0:
                return _distribute(self.read(base, env, depth) for _ in range(int(exponent)))
            if exponent.is_number:
                return _single(make_atom("power", exponent, polys=(self._inner(base, env, depth),)))
        if isinstance(expr, sp.Indexed):
            args = tuple(i.xreplace(dict(env)) for i in expr.indices)
            return _single(make_atom("index", expr.base, sorted_halves(expr.base, args, self._rules)))
        if isinstance(expr, sp.KroneckerDelta) and len(expr.args) == 2:
            return _single(
                make_atom("delta", sp.S.One, sorted_indices(i.xreplace(dict(env)) for i in expr.args))
            )
        if isinstance(expr, sp.Symbol):
            return _single(make_atom("bound", sp.S.One, (env[expr],)))
        if isinstance(expr, sp.Function) and not isinstance(expr, sp.Piecewise | sp.KroneckerDelta):
            polys = tuple(self._inner(arg, env, depth) for arg in expr.args)
            if isinstance(expr, sp.Abs) and len(polys[0]) == 1:  # |c T| = |c| |T|
                only = polys[0][0]
                unit = (Term(sp.Integer(1), only.limits, only.factors),)
                return [Term(sp.Abs(only.coefficient), (), ((make_atom("apply", sp.Abs, polys=(unit,)), 1),))]
            return _single(make_atom("apply", expr.func, polys=polys))
        raise InputError(
            given=f"node {type(expr).__name__} in {expr}",
            allowed="Add, Mul, Pow with a number as exponent, Sum, Indexed, KroneckerDelta, functions of those",
            do="rewrite the expression without that node",
        )

    def _inner(self, expr: sp.Expr, env: _Env, depth: int) -> Poly:
        return _normal(self.read(expr, env, depth + 1), self._rules, depth + 1)

    def _sum(self, expr: sp.Sum, env: _Env, depth: int) -> list[Term]:
        bound, limits, inner = set(expr.variables) | set(env), [], dict(env)
        for symbol, low, high in expr.limits:
            if (low.free_symbols | high.free_symbols) & bound:
                raise InputError(
                    given=f"limits {low}..{high} of {symbol}",
                    allowed="limits free of other dummies",
                    do="write a triangular sum as a full one",
                )
            inner[symbol] = sp.Dummy(str(next(self._numbers)), integer=True)
            limits.append((inner[symbol], low, high))
        terms = self.read(expr.function, inner, depth)
        return [Term(t.coefficient, t.limits + tuple(limits), t.factors) for t in terms]


def _single(atom: Atom) -> list[Term]:
    return [Term(sp.Integer(1), (), ((atom, 1),))]


def _distribute(parts: Iterable[list[Term]]) -> list[Term]:
    return [
        Term(
            sp.Mul(*(t.coefficient for t in terms)),
            tuple(x for t in terms for x in t.limits),
            tuple(f for t in terms for f in t.factors),
        )
        for terms in cartesian(*parts)
    ]


def _normal(terms: Iterable[Term], rules: Rules, depth: int) -> Poly:
    """Settle and name every term, then add up the coefficients of equal ones."""
    rename = partial(_rename, rules=rules, depth=depth)
    collected: dict[tuple[Limits, tuple[tuple[Atom, int], ...]], list[sp.Expr]] = {}
    for term in terms:
        named = canonical_names(_settle(term, rules, depth), rename, rules, depth)
        collected.setdefault((named.limits, named.factors), []).append(named.coefficient)
    kept = []
    for (limits, factors), coefficients in collected.items():
        total = sp.expand(sp.Add(*coefficients))
        if total != 0 and (total.is_number or sp.cancel(total) != 0):
            kept.append(Term(total, limits, factors))
    return tuple(sorted(kept, key=term_key))


def _settle(term: Term, rules: Rules, depth: int) -> Term:
    """Contract deltas, apply the declared relations, drop unused dummies."""
    limits = {s: (low, high) for s, low, high in term.limits}
    factors, coefficient = merge(term.factors, rules), term.coefficient
    kept: set[Atom] = set()
    while delta := next((a for a in factors if a.head == "delta" and a not in kept), None):
        left, right = delta.args
        del factors[delta]
        if left != right:  # a delta of indices that differ by a number stays, and is 0 as a SymPy object
            old, new, drop = _contraction(left, right, limits, rules)
            if old is not None:
                moved = ((_rename(a, {old: new}, rules, depth), power) for a, power in factors.items())
                factors = merge(moved, rules)
            if drop and old is not None:
                del limits[old]
            else:
                factors[delta] = 1
                kept.add(delta)
    factors = _use_idempotence(factors, limits, rules)
    used = {s for a in factors for s in a.free}
    for symbol in [s for s in limits if s not in used]:
        low, high = limits.pop(symbol)
        coefficient *= high - low + 1
    return Term(coefficient, tuple((s, *ends) for s, ends in limits.items()), tuple(factors.items()))


def _contraction(
    left: sp.Expr, right: sp.Expr, limits: Mapping[sp.Symbol, Range], rules: Rules
) -> tuple[sp.Symbol | None, sp.Expr, bool]:
    """(index to replace, its replacement, whether its sum is used up) for δ(left, right)."""
    for old, new in ((left, right), (right, left)):
        if old in limits and _inside(new, limits[old], limits, rules):
            return old, new, True
    for old, new in ((right, left), (left, right)):  # the delta stays; use it to unify the other factors
        if old.is_Symbol and not new.has(old) and (old in limits or new not in limits):
            return old, new, False
    return None, left, False


def _inside(index: sp.Expr, ends: Range, limits: Mapping[sp.Symbol, Range], rules: Rules) -> bool:
    if index.is_Integer and all(e.is_Integer for e in ends):
        return bool(ends[0] <= index <= ends[1])
    return ends == limits.get(index, rules.ranges.get(index))


def _use_idempotence(
    factors: dict[Atom, int], limits: dict[sp.Symbol, Range], rules: Rules
) -> dict[Atom, int]:
    """Replace Σ_β P[α, β] P[β, γ] by P[α, γ] while β runs over its whole range and occurs nowhere else."""
    while True:
        flat = [a for a, power in factors.items() for _ in range(max(power, 1))]
        step = next(_idempotent_pairs(flat, limits, rules), None)
        if step is None:
            return factors
        first, second, joined, spent = step
        for used in (first, second):
            factors[used] -= 1
        factors = merge(((a, p) for a, p in [*factors.items(), (joined, 1)] if p), rules)
        for symbol in spent:
            del limits[symbol]


def _idempotent_pairs(
    flat: list[Atom], limits: Mapping[sp.Symbol, Range], rules: Rules
) -> Iterator[tuple[Atom, Atom, Atom, tuple[sp.Symbol, ...]]]:
    for base, ranges in rules.idempotent.items():
        places = [k for k, a in enumerate(flat) if a.head == "index" and a.label == base]
        swaps = (False, True) if base in rules.symmetric else (False,)
        for j, k, one, two in cartesian(places, places, swaps, swaps):
            if j == k:
                continue
            (alpha, beta), (beta2, gamma) = halves(flat[j].args, one), halves(flat[k].args, two)
            others = {s for i, a in enumerate(flat) if i not in (j, k) for s in a.free}
            others |= {s for e in alpha + gamma for s in e.free_symbols}
            full = all(limits.get(b) == ends for b, ends in zip(beta, ranges, strict=True))
            if beta == beta2 and full and len(set(beta)) == len(beta) and not others & set(beta):
                yield (
                    flat[j],
                    flat[k],
                    make_atom("index", base, sorted_halves(base, alpha + gamma, rules)),
                    beta,
                )


def _rename(atom: Atom, names: Mapping[sp.Symbol, sp.Expr], rules: Rules, depth: int) -> Atom:
    touched = {s: names[s] for s in atom.free if s in names}
    if not touched:
        return atom
    args = tuple(touched.get(i, i) if i.is_Symbol else i.xreplace(touched) for i in atom.args)
    args = sorted_indices(args) if atom.head == "delta" else sorted_halves(atom.label, args, rules)
    polys = tuple(_rename_poly(p, frozenset(touched.items()), rules, depth + 1) for p in atom.polys)
    return make_atom(atom.head, atom.label, args, polys)


@lru_cache(maxsize=4096)
def _rename_poly(poly: Poly, names: frozenset[tuple[sp.Symbol, sp.Expr]], rules: Rules, depth: int) -> Poly:
    new = dict(names)
    moved = (tuple((_rename(a, new, rules, depth), p) for a, p in t.factors) for t in poly)
    return _normal((Term(t.coefficient, t.limits, f) for t, f in zip(poly, moved, strict=True)), rules, depth)
