from __future__ import annotations

import pytest
import sympy as sp

from theory import expansion, expressivity, sphere
from theory.errors import InputError
from theory.sums import equal
from verify.exact import vanishes

d, c, u = sp.Symbol("d", positive=True), sp.Symbol("c"), sp.Symbol("u")
z = sp.Symbol("z", real=True)
MUS, NUS = sp.symbols("mu:3", positive=True), sp.symbols("nu:3", positive=True)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_split_is_the_polynomial_in_two_parts(k: int) -> None:
    p, rest = expressivity.split(k, d, z)
    assert vanishes(z**2 * p + rest - sphere.P_gegenbauer(k + 1, z / sp.sqrt(d), d))
    assert sp.Poly(p, z).degree() == k - 1
    assert sp.Poly(rest, z).degree() <= 1


def test_degree_two_by_hand() -> None:
    """P_2(z/√d) = (z² - 1)/(d - 1)."""
    p, rest = expressivity.split(1, d, z)
    assert vanishes(p - 1 / (d - 1))
    assert vanishes(rest + 1 / (d - 1))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_coefficients_have_the_parity_of_p(k: int) -> None:
    zero = [value == 0 for value in expressivity.coefficients(k, d)]
    assert zero == [(k - 1 - l) % 2 == 1 for l in range(k)]


@pytest.mark.parametrize("k", [1, 2])
def test_expectation_holds_for_every_function_and_fails_for_the_coefficients_of_another(k: int) -> None:
    left, right = expressivity.expectation(k, d, c, MUS)
    assert vanishes(left - right)
    left, right = expressivity.expectation(k, d, c, MUS, used=NUS)
    assert not vanishes(left - right)


def test_reductions_hold_for_every_size() -> None:
    for left, right in (expressivity.reduction(), expressivity.size_reduction()):
        assert equal(left, right, rules=expansion.RULES)
        assert not equal(left, 2 * right, rules=expansion.RULES)


@pytest.mark.parametrize("sign", [1, -1])
def test_means_over_a_pair_need_the_factor_four(sign: int) -> None:
    h = sign * sp.Symbol("h", nonnegative=True)
    assert all(left == right for left, right in expressivity.pair_means(h))
    assert not any(left == right for left, right in expressivity.pair_means(h, 2))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_mean_square_of_the_profile(k: int) -> None:
    derived = expressivity.mean_square_moments(k, d, MUS)
    assert vanishes(derived - expressivity.mean_square(k, d, MUS))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_scaled_mean_square_and_its_first_two_terms(k: int) -> None:
    """With c_l = h_l + r_l/d the scaled quantity is limit + slope/d + O(1/d²), from its value at d = 10^6."""
    h, r = [sp.Rational(2 + l, 3) for l in range(k)], [sp.Rational(5 - l, 7) for l in range(k)]
    eps, at = sp.Symbol("epsilon", positive=True), sp.Rational(1, 10**6)
    energies = [first + second * at for first, second in zip(h, r, strict=True)]
    value = expressivity.scaled(k, eps, energies).subs(eps, at)
    limit, slope = expressivity.limit(k, h), expressivity.limit_slope(k, h, r)
    assert abs((value - limit) / at - slope) < 1e-3
    assert abs(value - limit) > 1e-9
    mus = [sp.sqrt(energy / sphere.B(10**6, l)) for l, energy in enumerate(energies)]
    assert sp.simplify(expressivity.mean_square(k, sp.Integer(10**6), mus) * at ** (k - 1) - value) == 0


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_first_correction_in_closed_form(k: int) -> None:
    h, r = sp.symbols(f"h:{k}", positive=True), sp.symbols(f"r:{k}")
    derived = expressivity.limit_slope(k, h, r) / expressivity.limit(k, h)
    assert vanishes(derived - expressivity.kappa(k, h, r))
    assert not vanishes(derived - expressivity.kappa(k, h, [-each for each in r]))


def test_shortest_movement() -> None:
    for left, right in expressivity.least_norm_pairs().values():
        assert equal(left, right, rules=expansion.RULES)
    left, right = expressivity.least_norm_pairs()["‖W‖²"]
    assert not equal(left, right + expansion.w[expansion.q, expansion.l] ** 2, rules=expansion.RULES)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_room_of_the_bound_by_the_smallest_eigenvalue(k: int) -> None:
    left, right = expressivity.norm_gap(k)
    assert vanishes(left - right)
    assert right.is_nonnegative
    assert right != 0


def test_degree_below_one_is_refused() -> None:
    with pytest.raises(InputError, match="k = 0"):
        expressivity.split(0, d, z)
