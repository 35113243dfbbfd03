"""The proof engine against brute-force expansion at small sizes, and against things it must not prove."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.errors import InputError
from theory.sums import Rules, canonical, difference, equal

m, d = sp.symbols("m d", integer=True, positive=True)
i, j, k, r, s, t, u, v, q, l = sp.symbols("i j k r s t u v q l", integer=True)
A, w, x, P, a = (sp.IndexedBase(name) for name in ("A", "w", "x", "P", "a"))
g = sp.Function("g")
ONE = sp.S.One
FREE = Rules(ranges={q: (ONE, m), l: (ONE, d)})
PROJECTOR = Rules(symmetric=frozenset({P}), idempotent={P: ((ONE, m), (ONE, d))})


def over(body: sp.Expr, *indices: sp.Symbol) -> sp.Expr:
    """Sum with r, s, t, u over 1..m and the others over 1..d."""
    return sp.Sum(body, *((index, 1, m if index in (r, s, t, u) else d) for index in indices))


def small(expr: sp.Expr) -> sp.Expr:
    """The expression at m = 2, d = 3, q = 2, l = 1, every sum written out by SymPy."""
    return sp.expand(expr.subs({m: 2, d: 3, q: 2, l: 1}).doit())


CASES = {
    "power": over(w[r, i] * x[i], i) ** 3,
    "nested": over(over(w[r, i] ** 2, i) ** 2, r) ** 2,
    "function": over(a[r] * g(over(w[r, i] * x[i], i)) ** 2, r) * over(x[i], i),
    "delta": over(sp.KroneckerDelta(r, q) * sp.KroneckerDelta(i, l) * w[r, i] * x[j], r, i, j),
    "double delta": over(sp.KroneckerDelta(r, s) * sp.KroneckerDelta(s, t) * A[r, t] * A[t, s], r, s, t),
    "unused": over(w[q, i], i, j) + over(ONE, r),
    "cross": over(A[r, s] * A[s, t] * A[t, r], r, s, t) - over(A[r, s], r, s) ** 2,
    "index as value": over(i * x[i], i),
    "root": sp.sqrt(over(x[i] ** 2, i)) * over(x[j], j),
}


@pytest.mark.parametrize("name", CASES)
def test_normal_form_keeps_the_value(name: str) -> None:
    expr = CASES[name]
    assert small(canonical(expr, rules=FREE)) == small(expr)


@pytest.mark.parametrize("name", CASES)
def test_normal_form_is_idempotent(name: str) -> None:
    first = canonical(CASES[name], rules=FREE)
    renamed = first.xreplace({z: sp.Symbol("y" + z.name[1:], integer=True) for z in first.atoms(sp.Symbol)
                              if z.name.startswith("_")})  # fmt: skip
    assert canonical(renamed, rules=FREE) == first


@pytest.mark.parametrize("name", CASES)
def test_a_changed_factor_is_not_provable(name: str) -> None:
    assert not equal(CASES[name], CASES[name] / 2, rules=FREE)
    assert equal(CASES[name], CASES[name], rules=FREE)


NEURONS, COORDINATES = (r, s, t), (i, j, k)
FACTORS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(NEURONS), st.sampled_from(COORDINATES)).map(lambda p: w[p]),
        st.tuples(st.sampled_from(NEURONS), st.sampled_from(NEURONS)).map(lambda p: A[p]),
        st.sampled_from(COORDINATES).map(lambda index: x[index]),
        st.tuples(st.sampled_from(NEURONS), st.sampled_from(NEURONS)).map(lambda p: sp.KroneckerDelta(*p)),
        st.sampled_from(NEURONS).map(lambda index: g(over(w[index, v] * x[v], v))),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    factors=FACTORS, other=FACTORS, neurons=st.permutations(NEURONS), coordinates=st.permutations(COORDINATES)
)
def test_renaming_dummies_never_changes_the_normal_form(
    factors: list[sp.Expr], other: list[sp.Expr], neurons: list[sp.Symbol], coordinates: list[sp.Symbol]
) -> None:
    """Completeness under renaming, soundness against brute force, on random products."""
    names = dict(zip((*NEURONS, *COORDINATES), (*neurons, *coordinates), strict=True))
    body = sp.Mul(*factors)
    moved = body.subs(names, simultaneous=True)
    left, right = over(body, *NEURONS, *COORDINATES), over(moved, *neurons, *coordinates)
    assert canonical(left) == canonical(right)
    third = over(sp.Mul(*other), *NEURONS, *COORDINATES)
    if equal(left, third):
        assert small(left) == small(third)


def test_symmetric_graphs_get_one_name() -> None:
    """A case that refinement alone cannot split: one hexagon against two triangles (all degrees equal)."""
    six = sp.symbols("c1:7", integer=True)
    limits = [(index, 1, m) for index in six]
    hexagon = sp.Mul(*(A[six[p], six[(p + 1) % 6]] for p in range(6)))
    triangles = sp.Mul(*(A[six[b + p], six[b + (p + 1) % 3]] for b in (0, 3) for p in range(3)))
    order = (3, 0, 5, 1, 4, 2)
    turned = hexagon.subs({six[p]: six[order[p]] for p in range(6)}, simultaneous=True)
    assert equal(sp.Sum(hexagon, *limits), sp.Sum(turned, *limits))
    assert not equal(sp.Sum(hexagon, *limits), sp.Sum(triangles, *limits))


def test_dummies_that_refinement_cannot_tell_apart_are_all_tried() -> None:
    """A triangle and a hexagon in one product: equal degrees everywhere, but no symmetry between the two."""
    nine = sp.symbols("c1:10", integer=True)
    limits = [(index, 1, m) for index in nine]

    def cycles(order: tuple[int, ...]) -> sp.Expr:
        moved = [nine[k] for k in order]
        triangle = sp.Mul(*(A[moved[p], moved[(p + 1) % 3]] for p in range(3)))
        hexagon = sp.Mul(*(A[moved[3 + p], moved[3 + (p + 1) % 6]] for p in range(6)))
        return sp.Sum(triangle * hexagon, *limits)

    assert equal(cycles((0, 1, 2, 3, 4, 5, 6, 7, 8)), cycles((6, 8, 3, 0, 7, 1, 5, 2, 4)))


def test_projector_rules_keep_the_value() -> None:
    """At m = d = 2 with the entries of a rational projector of rank 2."""
    basis = sp.Matrix([[1, 0], [2, 1], [0, -1], [1, 3]])
    matrix = basis * (basis.T * basis).inv() * basis.T
    entries = {
        P[e // 2 + 1, e % 2 + 1, f // 2 + 1, f % 2 + 1]: matrix[e, f] for e in range(4) for f in range(4)
    }

    def value(expr: sp.Expr) -> sp.Expr:
        return sp.expand(expr.subs({m: 2, d: 2, q: 2, l: 1}).doit().xreplace(entries))

    for expr in (
        over(P[q, l, s, j] * P[s, j, r, i] * w[r, i], r, s, i, j),
        over(P[q, l, s, j] * P[s, j, r, i] * w[r, i] * x[j], r, s, i, j),  # j occurs elsewhere
        over(P[r, i, s, j] ** 2, r, s, i, j),
        over(P[r, i, s, j] * P[s, i, r, j], r, s, i, j),  # halves that only half match
    ):
        assert value(canonical(expr, rules=PROJECTOR)) == value(expr)


def test_delta_is_contracted_only_where_the_ranges_allow_it() -> None:
    shifted = sp.Sum(sp.KroneckerDelta(r, q) * x[r], (r, 2, m))  # misses q = 1
    full = sp.Sum(sp.KroneckerDelta(r, q) * x[r], (r, 1, m))
    assert equal(full, x[q], rules=FREE)
    assert not equal(shifted, x[q], rules=FREE)
    first = sp.Symbol("_0_1", integer=True)
    kept = sp.Sum(sp.KroneckerDelta(q, first), (first, 2, m))
    assert canonical(shifted, rules=FREE) == x[q] * kept  # not contracted, yet the free index wins
    assert not equal(full, x[q])  # the range of q was not declared
    assert not equal(sp.Sum(sp.KroneckerDelta(r, q + 1) * x[r], (r, 1, m)), x[q + 1], rules=FREE)
    mixed = sp.Sum(sp.KroneckerDelta(r, i) * x[i], (r, 1, m), (i, 1, d))
    assert not equal(mixed, sp.Sum(x[i], (i, 1, d)))


def test_delta_of_different_integers_vanishes() -> None:
    assert canonical(sp.KroneckerDelta(q, q + 1) * x[q]) == 0
    assert canonical(sp.KroneckerDelta(q, s) * (x[q] - x[s])) == 0
    assert canonical(sp.KroneckerDelta(q, s) * sp.KroneckerDelta(s, t) * (x[q] - x[t])) == 0


def test_projector_rules() -> None:
    double = over(P[q, l, s, j] * P[s, j, r, i], s, j)
    assert equal(double, P[q, l, r, i], rules=PROJECTOR)
    assert equal(P[q, l, r, i], P[r, i, q, l], rules=PROJECTOR)
    assert equal(over(P[r, i, s, j] ** 2, r, i, s, j), over(P[r, i, r, i], r, i), rules=PROJECTOR)
    assert not equal(double, P[q, l, r, i])
    partial = sp.Sum(P[q, l, s, j] * P[s, j, r, i], (s, 2, m), (j, 1, d))
    assert not equal(partial, P[q, l, r, i], rules=PROJECTOR)
    marked = over(P[q, l, s, j] * P[s, j, r, i] * x[j], s, j)  # j occurs elsewhere: no contraction
    assert not equal(marked, P[q, l, r, i] * x[l], rules=PROJECTOR)
    without_symmetry = Rules(idempotent=PROJECTOR.idempotent)
    assert not equal(over(P[q, l, s, j] * P[r, i, s, j], s, j), P[q, l, r, i], rules=without_symmetry)


def test_sign_rule() -> None:
    rules = Rules(signs=frozenset({a}))
    assert equal(over(a[r] ** 4 * x[r], r), over(x[r], r), rules=rules)
    assert equal(over(a[r] ** 3 * x[r], r), over(a[r] * x[r], r), rules=rules)
    assert not equal(over(a[r] * a[s] * x[r], r, s), over(x[r], r), rules=rules)


def test_functions_compare_their_arguments_in_normal_form() -> None:
    together = g(over((w[q, i] + A[q, i]) * x[i], i))
    apart = g(over(A[q, j] * x[j], j) + over(x[k] * w[q, k], k))
    assert equal(together, apart)
    assert not equal(together, g(over((w[q, i] - A[q, i]) * x[i], i)))
    assert equal(sp.Abs(over(-2 * x[i], i)), 2 * sp.Abs(over(x[j], j)))


def test_difference_shows_what_is_left() -> None:
    assert difference(3 * over(x[i], i), over(x[j], j)) == canonical(2 * over(x[i], i))


@pytest.mark.parametrize(
    "expr",
    [
        sp.Sum(x[i], (i, 1, d), (d, 1, m)),
        sp.Piecewise((x[q], q > 1), (0, True)),
        2 ** x[q],
        sp.Symbol("_0_1") * x[q],
        sp.KroneckerDelta(q, s, (1, 3)) * x[q],
    ],
)
def test_outside_the_language_is_an_input_error(expr: sp.Expr) -> None:
    with pytest.raises(InputError, match="given:"):
        canonical(expr)
