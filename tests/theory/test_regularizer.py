"""R_1 … R_4: gradients and Hessians proved for symbolic sizes, planted faults, exact and numeric checks."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import mpmath
import pytest
import sympy as sp

from theory import regularizer as reg
from theory.arithmetic import MpField, evaluate
from theory.errors import InputError
from theory.expansion import d, l, l2, m, n, q, s, w
from theory.sums import Rules, equal

M, D, N = 2, 2, 3
FIELD = MpField(80)


@pytest.mark.parametrize("number", reg.TERMS)
def test_gradient_and_hessian_are_proved(number: int) -> None:
    assert equal(*reg.gradient_pair(number), rules=reg.RULES)
    assert equal(*reg.hessian_pair(number), rules=reg.RULES)


@pytest.mark.parametrize("number", reg.TERMS)
def test_a_dropped_factor_is_not_provable(number: int) -> None:
    for derived, stated in (reg.gradient_pair(number), reg.hessian_pair(number)):
        assert not equal(derived, stated / 2, rules=reg.RULES)  # 2 → 1, 8 → 4
        if stated.has(sp.Sum):
            assert not equal(derived, stated.subs(m, m - 1), rules=reg.RULES)  # a sum one neuron short
        assert not equal(derived, stated.subs(q, q + 1), rules=reg.RULES)  # neuron index shifted by one


def test_single_factors_inside_the_quartic_hessian_matter() -> None:
    derived, stated = reg.hessian_pair(4)
    block = 8 * reg._quartic() * sp.KroneckerDelta(q, s) * w[q, l] * w[q, l2]  # 2 w wᵀ → w wᵀ
    outer = 16 * reg._square(q) * reg._square(s) * w[q, l] * w[s, l2]  # 32 → 16
    assert not equal(derived, stated - block, rules=reg.RULES)
    assert not equal(derived, stated - outer, rules=reg.RULES)


def test_each_assumption_is_needed() -> None:
    """Symmetry of Σ for R_2 and P² = P for R_3: without them the same pair is not provable."""
    asymmetric = replace(reg.RULES, symmetric=frozenset({reg.P_low}))
    assert not equal(*reg.gradient_pair(2), rules=asymmetric)
    assert equal(*reg.gradient_pair(3), rules=reg.RULES)
    assert not equal(*reg.gradient_pair(3), rules=replace(reg.RULES, idempotent={}))
    assert not equal(*reg.gradient_pair(4), rules=Rules())  # range of q unknown


def values() -> dict[Any, Any]:
    """Exact rational data at m = d = 2, n = 3: a projector of rank 2 and a symmetric covariance."""
    size = M * D
    basis = sp.Matrix(size, 2, lambda a, b: sp.Integer((3 * a + 2 * b) % 5 - 1))
    projector = basis * (basis.T * basis).inv() * basis.T
    root = sp.Matrix(size, size, lambda a, b: sp.Rational((2 * a + 3 * b + a * b) % 7 - 3, 2))
    covariance = root * root.T

    def entry(matrix: sp.Matrix) -> list[list[list[list[sp.Expr]]]]:
        rows = [[matrix[a, c * D : (c + 1) * D].tolist()[0] for c in range(M)] for a in range(M * D)]
        return [rows[a * D : (a + 1) * D] for a in range(M)]

    features = [
        [[sp.Rational((p + 2 * a - b) % 5 - 2, 3) for b in range(D)] for a in range(M)] for p in range(N)
    ]
    movement = [[sp.Rational(1, 2), sp.Integer(-1)], [sp.Rational(2, 3), sp.Rational(3, 4)]]
    return {
        m: M, d: D, n: N, reg.phi: features, reg.P_low: entry(projector),
        reg.Sigma: entry(covariance), w: movement,
    }  # fmt: skip


@pytest.mark.parametrize("number", reg.TERMS)
def test_numbers_by_difference_quotients(number: int) -> None:
    """Central differences of R at 80 digits against derived and stated gradient and Hessian."""
    data, value = values(), reg.term(number)
    h = sp.Rational(1, 10**20)

    def shifted(*moves: tuple[int, int, int]) -> mpmath.mpf:
        movement = [list(row) for row in data[w]]
        for a, b, sign in moves:
            movement[a][b] += sign * h
        return evaluate(value, {**data, w: movement}, FIELD)

    with mpmath.workdps(80):
        step = mpmath.mpf(10) ** -20
        for a, b in product(range(M), range(D)):
            slope = (shifted((a, b, 1)) - shifted((a, b, -1))) / (2 * step)
            for expr in reg.gradient_pair(number):
                got = evaluate(expr, {**data, q: a + 1, l: b + 1}, FIELD)
                # Error O(h²) = 1e-40, rounding 1e-80/1e-20 = 1e-60.
                assert abs(got - slope) < mpmath.mpf(10) ** -35 * (1 + abs(slope))
            for c, e in product(range(M), range(D)):
                bend = sum(
                    one * two * shifted((a, b, one), (c, e, two)) for one in (1, -1) for two in (1, -1)
                ) / (4 * step**2)
                for expr in reg.hessian_pair(number):
                    got = evaluate(expr, {**data, q: a + 1, l: b + 1, s: c + 1, l2: e + 1}, FIELD)
                    assert abs(got - bend) < mpmath.mpf(10) ** -35 * (1 + abs(bend))


def test_terms_mean_what_their_names_say() -> None:
    """R_1 … R_4 against plain matrix algebra on exact rationals."""
    data = values()
    flat = sp.Matrix([entry for row in data[w] for entry in row])

    def square(array: Any) -> sp.Matrix:
        return sp.Matrix(M * D, M * D, lambda a, b: array[a // D][a % D][b // D][b % D])

    low, covariance = square(data[reg.P_low]), square(data[reg.Sigma])
    features = sp.Matrix([[e for row in sample for e in row] for sample in data[reg.phi]])
    high = flat - low * flat
    norms = [sum(e**2 for e in row) for row in data[w]]
    expected = {
        1: (features * high).dot(features * high) / N,
        2: (high.T * covariance * high)[0],
        3: (low * flat).dot(low * flat),
        4: sum(v**2 for v in norms) ** 2,
    }
    for number, target in expected.items():
        got = evaluate(reg.term(number), data, FIELD)
        with mpmath.workdps(80):
            assert abs(got - mpmath.mpf(int(target.p)) / int(target.q)) < mpmath.mpf(10) ** -70


@pytest.mark.parametrize("number", [2, 4])
def test_concretized_derivatives_are_those_of_the_written_out_term(number: int) -> None:
    small = reg.concretize(reg.term(number), m=2, d=2)
    at = {q: 1, l: 2}
    left = sp.diff(small, w[1, 2])
    right = reg.concretize(reg.gradient(number).subs(at), m=2, d=2)
    assert sp.expand(left - right) == 0


def test_bad_number_is_named() -> None:
    for function in (reg.term, reg.stated_gradient, reg.stated_hessian):
        with pytest.raises(InputError, match="term 5"):
            function(5)
