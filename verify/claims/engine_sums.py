"""Claims on the proof engine: a multi-sum keeps its value in normal form, and renamed dummies change nothing.

The other side is a reading of this module's own: a sum is plain data, and its value is looped in Python over
fractions. The engine sees the same data as a SymPy expression.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias

import sympy as sp
from hypothesis import strategies

from theory.arithmetic import evaluate
from theory.sums import Rules, canonical, equal
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.indexed import FIELD
from verify.evidence import Evidence
from verify.exact import Identity, compare_balls, prove
from verify.property import hold_property
from verify.quantity import exact
from verify.verdict import Kind

PROJECT = "this project"

# An array and the names of its indices; P is a projector, a are signs, delta is Kronecker's.
Factor: TypeAlias = tuple[str, tuple[str, ...]]

NEURONS, COORDINATES = ("r", "s", "t"), ("i", "j")
FREE = {"q": "m", "l": "d"}  # free indices and the sizes that bound them
SHAPES = {"w": "md", "x": "d", "A": "mm", "a": "m", "P": "mdmd"}

m, d = sp.symbols("m d", integer=True, positive=True)
_SIZES = {"m": m, "d": d}
_INDEX = {name: sp.Symbol(name, integer=True) for name in (*NEURONS, *COORDINATES, *FREE)}
_BASE = {name: sp.IndexedBase(name) for name in SHAPES}
RULES = Rules(
    ranges={_INDEX[name]: (sp.S.One, _SIZES[size]) for name, size in FREE.items()},
    symmetric=frozenset({_BASE["P"]}),
    idempotent={_BASE["P"]: ((sp.S.One, m), (sp.S.One, d))},
    signs=frozenset({_BASE["a"]}),
)


@dataclass(frozen=True)
class MultiSum:
    """`(Σ over its dummies of the product of the factors)^power`.

    Attributes:
        factors: The factors.
        starts: Where the index of each neuron starts, 1 or 2; coordinates start at 1.
        power: The power, 1 or 2.
    """

    factors: tuple[Factor, ...]
    starts: tuple[int, ...]
    power: int

    def dummies(self) -> tuple[tuple[str, int, str], ...]:
        """Name, start and size of every dummy, used or not."""
        neurons = tuple((name, low, "m") for name, low in zip(NEURONS, self.starts, strict=True))
        return (*neurons, *((name, 1, "d") for name in COORDINATES))

    def expression(self) -> sp.Expr:
        """The same for the engine."""
        parts = [_factor(name, [_INDEX[index] for index in indices]) for name, indices in self.factors]
        limits = [(_INDEX[name], low, _SIZES[size]) for name, low, size in self.dummies()]
        return sp.Sum(sp.Mul(*parts), *limits) ** self.power

    def value(self, arrays: Mapping[str, Any], sizes: Mapping[str, int], free: Mapping[str, int]) -> Fraction:
        """The value, looped."""
        names = [name for name, _, _ in self.dummies()]
        ranges = [range(low, sizes[size] + 1) for _, low, size in self.dummies()]
        total = Fraction(0)
        for point in itertools.product(*ranges):
            where = {**free, **dict(zip(names, point, strict=True))}
            product = Fraction(1)
            for name, indices in self.factors:
                product *= _entry(name, [where[index] for index in indices], arrays)
            total += product
        return total**self.power


def normal_form(context: Context, *, start: int | None = None) -> Evidence:
    """Random multi-sums with deltas, projectors and signs: the value of the normal form, and no index left over.

    Args:
        context: The context.
        start: For controls: where the loops of this module start, whatever the sum says.
    """
    # The seed draws the sum, evenly: what breaks a rule is a coincidence of indices.
    cases = strategies.fixed_dictionaries({"seed": strategies.integers(0, 2**32 - 1)})

    def test(case: dict[str, Any]) -> list[Comparison]:
        rng = random.Random(case["seed"])
        factors = tuple(factor for _ in range(rng.choice((1, 1, 2, 3))) for factor in _group(rng))
        stated = MultiSum(factors, tuple(rng.choice((1, 2)) for _ in NEURONS), rng.choice((1, 1, 2)))
        expression = stated.expression()
        found = canonical(expression, rules=RULES)
        new = found.free_symbols - expression.free_symbols - {m, d}
        left_over = {str(symbol) for symbol in new if isinstance(symbol, sp.Symbol)}
        where = {"sum": str(expression)}
        dangling = compare("indices left over", IDENTITY, exact(len(left_over)), exact(0), parameters=where)
        if left_over:
            return [dangling]
        sizes = {"m": rng.choice((2, 3)), "d": 2}
        free = {name: rng.randint(1, sizes[size]) for name, size in FREE.items()}
        arrays = {name: _array(name, sizes, rng) for name in SHAPES}
        values: dict[Any, Any] = {_BASE[name]: _nested(name, array, sizes) for name, array in arrays.items()}
        values |= {_SIZES[name]: size for name, size in sizes.items()}
        values |= {_INDEX[name]: value for name, value in free.items()}
        looped = stated if start is None else MultiSum(factors, (start,) * len(NEURONS), stated.power)
        expected = looped.value(arrays, sizes, free)
        with FIELD.precision():
            ours = FIELD.number(expected)
            value = compare_balls(
                "value", evaluate(found, values, FIELD), ours, parameters={**where, **sizes}
            )
        return [dangling, value]

    return hold_property(context, cases, test, examples=context.pick(200, 1000))


def renaming(context: Context) -> Evidence:
    """Products of cycles, whose dummies look alike from near, with dummies renamed and factors shuffled."""
    rng = random.Random(context.seed)
    pairs = []
    for lengths in ((3,), (4,), (3, 3), (3, 4), (3, 5), (2, 3, 4)):
        order = list(range(sum(lengths)))
        rng.shuffle(order)
        left, right = (_cycles(lengths, names) for names in (list(range(sum(lengths))), order))
        pairs.append(Identity(f"cycles of length {lengths}", left, right))
    return prove(
        pairs,
        seed=context.seed,
        prover=lambda pair: equal(pair.lhs, pair.rhs),
        spot_check=_evaluate_cycles,
    )


def _group(rng: random.Random) -> tuple[Factor, ...]:
    """One factor; or two that a rule may join: projectors in a row, or two signs."""
    neurons, coordinates = (*NEURONS, "q"), (*COORDINATES, "l")
    name = rng.choice(("w", "A", "a", "x", "delta", "delta", "PP", "PP"))
    if name == "PP":
        inner = (rng.choice(neurons), rng.choice(coordinates))
        outer = [(rng.choice(neurons), rng.choice(coordinates)) for _ in range(2)]
        if rng.random() < 0.5:  # nothing but the two holds the index between them
            inner, outer = ("t", "j"), [(rng.choice("rsq"), rng.choice("il")) for _ in range(2)]
        return ("P", (*outer[0], *inner)), ("P", (*inner, *outer[1]))
    if name == "a":
        drawn = rng.choice(neurons)
        return tuple(("a", (each,)) for each in (drawn, rng.choice((drawn, rng.choice(neurons)))))
    if name == "delta":
        names = rng.choice((neurons, neurons, coordinates))
        return (("delta", (rng.choice(names), rng.choice(names))),)
    sizes = {"m": neurons, "d": coordinates}
    return ((name, tuple(rng.choice(sizes[size]) for size in SHAPES[name])),)


def _factor(name: str, indices: list[sp.Symbol]) -> sp.Expr:
    return sp.KroneckerDelta(*indices) if name == "delta" else _BASE[name][tuple(indices)]


def _entry(name: str, indices: list[int], arrays: Mapping[str, Any]) -> Fraction:
    if name == "delta":
        return Fraction(indices[0] == indices[1])
    found: Fraction = arrays[name][tuple(indices)]
    return found


def _array(name: str, sizes: Mapping[str, int], rng: random.Random) -> dict[tuple[int, ...], Fraction]:
    """Entries by index, counted from 1: signs for a, for P the projector on one direction, else rationals."""
    places = list(_places(name, sizes))
    if name == "a":
        return {place: Fraction(rng.choice((-1, 1))) for place in places}
    if name == "P":
        along = {
            place: Fraction(rng.randint(1, 9))
            for place in itertools.product(*(range(1, sizes[size] + 1) for size in "md"))
        }
        square = sum((value * value for value in along.values()), Fraction(0))
        return {place: along[place[:2]] * along[place[2:]] / square for place in places}
    return {place: Fraction(rng.randint(-30, 30), 10) for place in places}


def _places(name: str, sizes: Mapping[str, int]) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(1, sizes[size] + 1) for size in SHAPES[name]))


def _nested(name: str, array: Mapping[tuple[int, ...], Fraction], sizes: Mapping[str, int]) -> Any:
    def level(place: tuple[int, ...]) -> Any:
        if len(place) == len(SHAPES[name]):
            return array[place]
        return [level((*place, k)) for k in range(1, sizes[SHAPES[name][len(place)]] + 1)]

    return level(())


def _cycles(lengths: tuple[int, ...], order: list[int]) -> sp.Expr:
    """Σ of Π A[c_1,c_2] A[c_2,c_3] … A[c_k,c_1] over disjoint cycles, its dummies named in this order."""
    dummies = [sp.Symbol(f"c{k}", integer=True) for k in order]
    parts, start = [], 0
    for length in lengths:
        cycle = dummies[start : start + length]
        parts += [_BASE["A"][one, two] for one, two in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
        start += length
    return sp.Sum(sp.Mul(*parts), *((dummy, 1, m) for dummy in sorted(dummies, key=str)))


def _evaluate_cycles(identity: Identity, rng: random.Random) -> Comparison:
    sizes = {"m": 2}
    matrix = _nested("A", _array("A", sizes, rng), sizes)
    values = {_BASE["A"]: matrix, m: 2}
    return compare_balls(
        identity.label, *(evaluate(side, values, FIELD) for side in (identity.lhs, identity.rhs))
    )


CLAIMS = (
    Claim(
        id="engine.normal-form",
        title="A multi-sum keeps its value in normal form",
        statement=r"\mathrm{value}(N(e)) = \mathrm{value}(e) \text{ for the normal form } N(e) \text{ of every "
        r"multi-sum } e",
        bound=IDENTITY,
        source=PROJECT,
        assumptions=(r"$P$ is an orthogonal projector and $a_r = \pm1$, as the rules of the engine say",),
        checks=(
            Check(
                Kind.PROPERTY,
                normal_form,
                scope="random sums of products and their squares, ranges from 1 and from 2, m ≤ 3, d = 2",
            ),
        ),
    ),
    Claim(
        id="engine.renaming",
        title="Names of dummies do not matter",
        statement=r"N(e) = N(e') \text{ where } e' \text{ is } e \text{ with other names for its dummies}",
        bound=IDENTITY,
        source=PROJECT,
        depends_on=("engine.normal-form",),
        checks=(Check(Kind.SYMBOLIC, renaming, scope="products of cycles with up to nine dummies, every m"),),
    ),
    Claim(
        id="control.sum-start",
        title="Sums that always start at 1",
        statement=r"\sum_{r=2}^m = \sum_{r=1}^m",
        bound=IDENTITY,
        source="control",
        control_of="engine.normal-form",
        fault="the first term of every sum is kept",
        checks=(Check(Kind.PROPERTY, partial(normal_form, start=1), scope="random sums, m ≤ 3, d = 2"),),
    ),
)
