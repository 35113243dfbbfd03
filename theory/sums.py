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
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from itertools import product as cartesian

import sympy as sp

from theory.errors import InputError

Range = tuple[sp.Expr, sp.Expr]
_Limits = tuple[tuple[sp.Symbol, sp.Expr, sp.Expr], ...]
_Env = Mapping[sp.Symbol, sp.Symbol]


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
class _Atom:
    """One factor. Heads 'index', 'delta', 'bound' hold index expressions; 'apply', 'power' polynomials."""

    head: str
    label: sp.Basic
    args: tuple[sp.Expr, ...] = ()
    polys: tuple[_Poly, ...] = ()
    key: str = field(default="", compare=False)
    free: frozenset[sp.Symbol] = field(default=frozenset(), compare=False)


@dataclass(frozen=True)
class _Term:
    coefficient: sp.Expr
    limits: _Limits
    factors: tuple[tuple[_Atom, int], ...]


_Poly = tuple[_Term, ...]


def canonical(expr: sp.Expr, *, rules: Rules = NO_RULES) -> sp.Expr:
    """Normal form of a multi-sum polynomial, as a SymPy expression.

    Raises:
        InputError: when a node is outside the language, or a limit depends on another dummy.
    """
    expr = sp.sympify(expr)
    reserved = sorted(s.name for s in expr.free_symbols if isinstance(s, sp.Symbol) and s.name[0] in "_#*")
    if reserved:
        raise InputError(
            given=f"free symbols {reserved}",
            allowed="names that do not begin with _, # or *",
            do="rename them: these names are reserved for canonical dummies",
        )
    return _poly_expr(_normal(_Reader(rules).read(expr, {}, 0), rules, 0))


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

    def read(self, expr: sp.Expr, env: _Env, depth: int) -> list[_Term]:
        if not expr.has(sp.Indexed, sp.Sum, sp.KroneckerDelta) and not expr.free_symbols & set(env):
            return [_Term(expr, (), ())]
        if isinstance(expr, sp.Add):
            return [t for arg in expr.args for t in self.read(arg, env, depth)]
        if isinstance(expr, sp.Mul):
            return _distribute(self.read(arg, env, depth) for arg in expr.args)
        if isinstance(expr, sp.Sum):
            return self._sum(expr, env, depth)
        return self._power_or_atom(expr, env, depth)

    def _power_or_atom(self, expr: sp.Expr, env: _Env, depth: int) -> list[_Term]:
        if isinstance(expr, sp.Pow):
            base, exponent = expr.args
            if exponent.is_Integer and exponent > 0:
                return _distribute(self.read(base, env, depth) for _ in range(int(exponent)))
            if exponent.is_number:
                return _single(_atom("power", exponent, polys=(self._inner(base, env, depth),)))
        if isinstance(expr, sp.Indexed):
            args = tuple(i.xreplace(dict(env)) for i in expr.indices)
            return _single(_atom("index", expr.base, _sorted_halves(expr.base, args, self._rules)))
        if isinstance(expr, sp.KroneckerDelta) and len(expr.args) == 2:
            return _single(_atom("delta", sp.S.One, _sorted(i.xreplace(dict(env)) for i in expr.args)))
        if isinstance(expr, sp.Symbol):
            return _single(_atom("bound", sp.S.One, (env[expr],)))
        if isinstance(expr, sp.Function) and not isinstance(expr, sp.Piecewise | sp.KroneckerDelta):
            polys = tuple(self._inner(arg, env, depth) for arg in expr.args)
            if isinstance(expr, sp.Abs) and len(polys[0]) == 1:  # |c T| = |c| |T|
                only = polys[0][0]
                unit = (_Term(sp.Integer(1), only.limits, only.factors),)
                return [_Term(sp.Abs(only.coefficient), (), ((_atom("apply", sp.Abs, polys=(unit,)), 1),))]
            return _single(_atom("apply", expr.func, polys=polys))
        raise InputError(
            given=f"node {type(expr).__name__} in {expr}",
            allowed="Add, Mul, Pow with a number as exponent, Sum, Indexed, KroneckerDelta, functions of those",
            do="rewrite the expression without that node",
        )

    def _inner(self, expr: sp.Expr, env: _Env, depth: int) -> _Poly:
        return _normal(self.read(expr, env, depth + 1), self._rules, depth + 1)

    def _sum(self, expr: sp.Sum, env: _Env, depth: int) -> list[_Term]:
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
        return [_Term(t.coefficient, t.limits + tuple(limits), t.factors) for t in terms]


def _distribute(parts: Iterable[list[_Term]]) -> list[_Term]:
    return [
        _Term(
            sp.Mul(*(t.coefficient for t in terms)),
            tuple(x for t in terms for x in t.limits),
            tuple(f for t in terms for f in t.factors),
        )
        for terms in cartesian(*parts)
    ]


def _normal(terms: Iterable[_Term], rules: Rules, depth: int) -> _Poly:
    """Settle and name every term, then add up the coefficients of equal ones."""
    collected: dict[tuple[_Limits, tuple[tuple[_Atom, int], ...]], list[sp.Expr]] = {}
    for term in terms:
        named = _name(_settle(term, rules, depth), rules, depth)
        collected.setdefault((named.limits, named.factors), []).append(named.coefficient)
    kept = []
    for (limits, factors), coefficients in collected.items():
        total = sp.expand(sp.Add(*coefficients))
        if total != 0 and (total.is_number or sp.cancel(total) != 0):
            kept.append(_Term(total, limits, factors))
    return tuple(sorted(kept, key=_term_key))


def _settle(term: _Term, rules: Rules, depth: int) -> _Term:
    """Contract deltas, apply the declared relations, drop unused dummies."""
    limits = {s: (low, high) for s, low, high in term.limits}
    factors, coefficient = _merge(term.factors, rules), term.coefficient
    kept: set[_Atom] = set()
    while delta := next((a for a in factors if a.head == "delta" and a not in kept), None):
        left, right = delta.args
        del factors[delta]
        if left != right:  # a delta of indices that differ by a number stays, and is 0 as a SymPy object
            old, new, drop = _contraction(left, right, limits, rules)
            if old is not None:
                moved = ((_rename(a, {old: new}, rules, depth), power) for a, power in factors.items())
                factors = _merge(moved, rules)
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
    return _Term(coefficient, tuple((s, *ends) for s, ends in limits.items()), tuple(factors.items()))


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
    factors: dict[_Atom, int], limits: dict[sp.Symbol, Range], rules: Rules
) -> dict[_Atom, int]:
    """Replace Σ_β P[α, β] P[β, γ] by P[α, γ] while β runs over its whole range and occurs nowhere else."""
    while True:
        flat = [a for a, power in factors.items() for _ in range(max(power, 1))]
        step = next(_idempotent_pairs(flat, limits, rules), None)
        if step is None:
            return factors
        first, second, joined, spent = step
        for used in (first, second):
            factors[used] -= 1
        factors = _merge(((a, p) for a, p in [*factors.items(), (joined, 1)] if p), rules)
        for symbol in spent:
            del limits[symbol]


def _idempotent_pairs(
    flat: list[_Atom], limits: Mapping[sp.Symbol, Range], rules: Rules
) -> Iterator[tuple[_Atom, _Atom, _Atom, tuple[sp.Symbol, ...]]]:
    for base, ranges in rules.idempotent.items():
        places = [k for k, a in enumerate(flat) if a.head == "index" and a.label == base]
        swaps = (False, True) if base in rules.symmetric else (False,)
        for j, k, one, two in cartesian(places, places, swaps, swaps):
            if j == k:
                continue
            (alpha, beta), (beta2, gamma) = _halves(flat[j].args, one), _halves(flat[k].args, two)
            others = {s for i, a in enumerate(flat) if i not in (j, k) for s in a.free}
            others |= {s for e in alpha + gamma for s in e.free_symbols}
            full = all(limits.get(b) == ends for b, ends in zip(beta, ranges, strict=True))
            if beta == beta2 and full and len(set(beta)) == len(beta) and not others & set(beta):
                yield flat[j], flat[k], _atom("index", base, _sorted_halves(base, alpha + gamma, rules)), beta


def _name(term: _Term, rules: Rules, depth: int) -> _Term:
    """The labelling of the dummies that gives the smallest key."""
    candidates = []
    start = _ranks({s: (str(low), str(high)) for s, low, high in term.limits})
    for order in _orders(start, term.factors, rules, depth):
        names = {s: sp.Symbol(f"_{depth}_{k}", integer=True) for k, s in enumerate(order, 1)}
        moved = ((_rename(a, names, rules, depth), power) for a, power in term.factors)
        factors = tuple(sorted(_merge(moved, rules).items(), key=lambda f: (f[0].key, f[1])))
        limits = tuple(sorted(((names[s], low, high) for s, low, high in term.limits), key=str))
        candidates.append(_Term(term.coefficient, limits, factors))
    return min(candidates, key=_term_key)


def _orders(
    colours: dict[sp.Symbol, int], factors: tuple[tuple[_Atom, int], ...], rules: Rules, depth: int
) -> Iterator[list[sp.Symbol]]:
    """Orderings of the dummies, one per symmetry class as far as refinement can tell."""
    colours = _refine(colours, factors, rules, depth)
    groups: dict[int, list[sp.Symbol]] = {}
    for symbol in sorted(colours, key=lambda s: colours[s]):
        groups.setdefault(colours[symbol], []).append(symbol)
    tied = next((g for g in groups.values() if len(g) > 1), None)
    if tied is None:
        yield list(colours) if not colours else [g[0] for g in groups.values()]
        return
    whole = _merge(factors, rules)
    twins = all(
        _merge(((_rename(a, {tied[0]: s, s: tied[0]}, rules, depth), p) for a, p in factors), rules) == whole
        for s in tied[1:]
    )
    for chosen in tied[:1] if twins else tied:
        split = {s: (c, s is not chosen) for s, c in colours.items()}
        yield from _orders(_ranks(split), factors, rules, depth)


def _refine(
    colours: dict[sp.Symbol, int], factors: tuple[tuple[_Atom, int], ...], rules: Rules, depth: int
) -> dict[sp.Symbol, int]:
    """Split colour classes by how a dummy occurs among the colours of the others, until stable."""
    while len(set(colours.values())) < len(colours):
        signature = {}
        for symbol in colours:
            view = {s: sp.Symbol(f"#{c}") for s, c in colours.items()} | {symbol: sp.Symbol("*")}
            seen = [(_rename(a, view, rules, depth).key, p) for a, p in factors if symbol in a.free]
            signature[symbol] = (colours[symbol], sorted(seen))
        finer = _ranks(signature)
        if len(set(finer.values())) == len(set(colours.values())):
            break
        colours = finer
    return colours


def _ranks(values: Mapping[sp.Symbol, object]) -> dict[sp.Symbol, int]:
    order = {text: rank for rank, text in enumerate(sorted({str(v) for v in values.values()}))}
    return {s: order[str(v)] for s, v in values.items()}


def _merge(factors: Iterable[tuple[_Atom, int]], rules: Rules) -> dict[_Atom, int]:
    """Product of atoms as atom -> power, with a² = 1 for declared signs."""
    merged: dict[_Atom, int] = {}
    for atom, power in factors:
        merged[atom] = merged.get(atom, 0) + power
        if atom.head == "index" and atom.label in rules.signs:
            merged[atom] %= 2
    return {a: p for a, p in merged.items() if p}


def _rename(atom: _Atom, names: Mapping[sp.Symbol, sp.Expr], rules: Rules, depth: int) -> _Atom:
    touched = {s: names[s] for s in atom.free if s in names}
    if not touched:
        return atom
    args = tuple(touched.get(i, i) if i.is_Symbol else i.xreplace(touched) for i in atom.args)
    args = _sorted(args) if atom.head == "delta" else _sorted_halves(atom.label, args, rules)
    polys = tuple(_rename_poly(p, frozenset(touched.items()), rules, depth + 1) for p in atom.polys)
    return _atom(atom.head, atom.label, args, polys)


@lru_cache(maxsize=4096)
def _rename_poly(poly: _Poly, names: frozenset[tuple[sp.Symbol, sp.Expr]], rules: Rules, depth: int) -> _Poly:
    new = dict(names)
    moved = (tuple((_rename(a, new, rules, depth), p) for a, p in t.factors) for t in poly)
    return _normal(
        (_Term(t.coefficient, t.limits, f) for t, f in zip(poly, moved, strict=True)), rules, depth
    )


def _atom(head: str, label: sp.Basic, args: tuple[sp.Expr, ...] = (), polys: tuple[_Poly, ...] = ()) -> _Atom:
    inner = ";".join("+".join(map(_term_key, p)) for p in polys)
    free = {s for i in args for s in i.free_symbols}
    for term in (t for p in polys for t in p):
        free |= {s for a, _ in term.factors for s in a.free} - {s for s, _, _ in term.limits}
    return _Atom(
        head, label, args, polys, f"{head}:{label}[{','.join(map(str, args))}]({inner})", frozenset(free)
    )


def _single(atom: _Atom) -> list[_Term]:
    return [_Term(sp.Integer(1), (), ((atom, 1),))]


def _term_key(term: _Term) -> str:
    factors = "*".join(f"{a.key}^{p}" for a, p in term.factors)
    return f"{factors}|{term.limits}|{term.coefficient}"


def _halves(args: tuple[sp.Expr, ...], swap: bool) -> tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]:
    half = len(args) // 2
    return (args[half:], args[:half]) if swap else (args[:half], args[half:])


def _sorted_halves(base: sp.Basic, args: tuple[sp.Expr, ...], rules: Rules) -> tuple[sp.Expr, ...]:
    if base not in rules.symmetric:
        return args
    first, second = sorted(_halves(args, False), key=lambda half: [str(i) for i in half])
    return first + second


def _sorted(args: Iterable[sp.Expr]) -> tuple[sp.Expr, ...]:
    return tuple(sorted(args, key=str))


def _poly_expr(poly: _Poly) -> sp.Expr:
    return sp.Add(*(_term_expr(t) for t in poly))


def _term_expr(term: _Term) -> sp.Expr:
    bound = {s for s, _, _ in term.limits}
    outside: list[sp.Expr] = [term.coefficient]
    inside: list[sp.Expr] = []
    for atom, power in term.factors:
        (inside if atom.free & bound else outside).append(_atom_expr(atom) ** power)
    body = sp.Mul(*inside)
    return sp.Mul(*outside) * (sp.Sum(body, *term.limits) if term.limits else body)


def _atom_expr(atom: _Atom) -> sp.Expr:
    if atom.head == "index":
        return atom.label[atom.args]
    if atom.head == "delta":
        return sp.KroneckerDelta(*atom.args)
    if atom.head == "bound":
        return atom.args[0]
    values = [_poly_expr(p) for p in atom.polys]
    return values[0] ** atom.label if atom.head == "power" else atom.label(*values)
