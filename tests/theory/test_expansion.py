"""Taylor terms: derived = stated for symbolic m and d, planted faults, small sizes, high-precision numbers."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from theory import expansion as ex
from theory.arithmetic import MpField, evaluate
from theory.errors import InputError
from theory.sums import equal

z = sp.Symbol("z", real=True)
HALF = sp.Rational(1, 2)
ACTIVATIONS = {
    "generic": ex.SIGMA,
    "sincos": sp.Lambda(z, sp.sin(z) + sp.cos(z)),
    "tanh-shift": sp.Lambda(z, sp.tanh(z + HALF)),
    "erf-shift": sp.Lambda(z, sp.erf(z + HALF)),
    "softplus-shift": sp.Lambda(z, sp.log(1 + sp.exp(z + HALF))),
}
SMALL = {"m": 2, "d": 3}


@pytest.mark.parametrize("order", range(7))
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_taylor_coefficient_is_the_stated_term(name: str, order: int) -> None:
    sigma = ACTIVATIONS[name]
    assert equal(ex.taylor_coefficient(sigma, order), ex.taylor_term(sigma, order))


@pytest.mark.parametrize("order", [2, 3])
def test_wrong_terms_are_not_provable(order: int) -> None:
    derived, stated = ex.taylor_coefficient(order=order), ex.taylor_term(order=order)
    assert not equal(derived, stated * sp.factorial(order))  # 1/j! dropped
    assert not equal(derived, stated * sp.sqrt(ex.m))  # m^{-1/2} dropped
    lower = stated.replace(ex.generic("sigma", order), ex.generic("sigma", order - 1))
    assert not equal(derived, lower)  # σ' and σ'' swapped
    assert not equal(derived, stated.subs(ex.d, ex.d - 1))  # sum over coordinates one short


@pytest.mark.parametrize("order", [1, 2, 3])
def test_small_sizes_by_brute_force(order: int) -> None:
    """Differentiate the written-out network (no Sum left) and compare with the concretized formula."""
    line = ex.concretize(ex.network(scale=ex.t), **SMALL)
    derived = (sp.diff(line, ex.t, order) / sp.factorial(order)).subs(ex.t, 0)
    assert sp.expand(derived - ex.concretize(ex.taylor_term(order=order), **SMALL)) == 0


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_homogeneity(name: str) -> None:
    for order in (1, 2, 3):
        left, right = ex.homogeneity(ACTIVATIONS[name], order)
        assert equal(left, right)
        assert not equal(left, ex.t * right)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_antisymmetric_pairs_start_at_zero(name: str) -> None:
    assert equal(ex.at_initialization(ACTIVATIONS[name]), sp.S.Zero)
    assert not equal(ex.at_initialization(ACTIVATIONS[name], sign=1), sp.S.Zero)


def test_pairing_agrees_with_the_network_at_four_neurons() -> None:
    """The split and re-indexed sum against the plain network at W = 0 with explicit pairs, sign = +1 kept."""
    network = ex.concretize(ex.network(scale=sp.S.Zero), m=4, d=2)
    paired = network.subs({ex.a[r + 2]: ex.a[r] for r in (1, 2)} | {
        ex.w0[r + 2, i]: ex.w0[r, i] for r in (1, 2) for i in (1, 2)
    })  # fmt: skip
    h = sp.Symbol("h", integer=True, positive=True)
    split = ex.at_initialization(sign=1).subs({h: 2, ex.d: 2}).doit()
    assert sp.expand(paired - split) == 0


@pytest.mark.parametrize("order", [1, 2, 3])
def test_remainder_of_the_network_is_a_sum_of_neuron_remainders(order: int) -> None:
    left, right = ex.remainder(order=order)
    assert equal(left, right)
    assert not equal(left + ex.taylor_term(order=order), right)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_neuron_remainder_is_the_integral(order: int) -> None:
    for left, right in ex.remainder_integral(order=order):
        assert sp.expand(left - right) == 0
    derived, integrand = ex.remainder_integral(order=order)[0]
    assert sp.expand(derived - order * integrand) != 0 or order == 1
    weight, stated = ex.remainder_weight(order)
    assert weight == stated
    assert weight != stated * (order + 1)


def test_remainder_bound_formula_and_its_validity_at_high_precision() -> None:
    M = sp.Symbol("M", positive=True)
    bound = ex.remainder_bound(M)
    cubes = sp.Sum(sp.Abs(sp.Sum(ex.w[ex.r, ex.i] * ex.x[ex.i], (ex.i, 1, ex.d))) ** 3, (ex.r, 1, ex.m))
    assert equal(bound, M / (6 * sp.sqrt(ex.m)) * cubes)
    assert not equal(bound, M / (3 * sp.sqrt(ex.m)) * cubes)
    # sin at 0 with one small step: |sin h - h| → h³/6, so the bound is tight and half of it is false.
    field = MpField(50)
    sigma = sp.Lambda(z, sp.sin(z))
    gap = ex.network(sigma) - ex.taylor_term(sigma, 1) - ex.taylor_term(sigma, 2)
    values = {ex.m: 1, ex.d: 1, ex.a: [1], ex.w0: [[0]], ex.w: [[sp.Rational(1, 10**6)]], ex.x: [1], M: 1}
    measured = abs(evaluate(gap, values, field))
    allowed = evaluate(bound, values, field)
    assert measured <= allowed
    assert measured > allowed * mpmath.mpf("0.999999")


@pytest.mark.parametrize("name", ["sincos", "tanh-shift", "erf-shift", "softplus-shift"])
def test_terms_are_the_derivatives_of_the_network_along_a_ray(name: str) -> None:
    """Numbers: j-th difference quotient of f(x; tW) at 60 digits against the stated term."""
    sigma, field = ACTIVATIONS[name], MpField(60)
    values = {
        ex.m: 2, ex.d: 2, ex.a: [1, -1],
        ex.w0: [[sp.Rational(3, 5), sp.Rational(4, 5)], [sp.Rational(-5, 13), sp.Rational(12, 13)]],
        ex.w: [[sp.Rational(1, 3), -1], [2, sp.Rational(1, 7)]],
        ex.x: [sp.Rational(7, 5), sp.Rational(1, 5)],
    }  # fmt: skip
    ray = ex.network(sigma, scale=ex.t)

    def f(step: sp.Expr) -> mpmath.mpf:
        return evaluate(ray, {**values, ex.t: step}, field)

    h = sp.Rational(1, 10**12)
    with mpmath.workdps(60):
        step = mpmath.mpf(10) ** -12
        first, second = (f(h) - f(-h)) / (2 * step), (f(h) - 2 * f(sp.S.Zero) + f(-h)) / (2 * step**2)
        # The quotients err by O(h²) = 1e-24 relative; 1e-20 leaves room for the constants.
        for order, quotient in ((1, first), (2, second)):
            stated = evaluate(ex.taylor_term(sigma, order), values, field)
            assert abs(quotient - stated) < mpmath.mpf(10) ** -20 * abs(stated)
            assert abs(2 * quotient - stated) > abs(stated) / 2


def test_scales_of_aligned_directions() -> None:
    expected = {1: sp.Rational(1, 4), 2: sp.S.Zero, 3: -sp.Rational(1, 4)}
    for order, exponent in expected.items():
        pair, prefactor = ex.scaled_term(order=order)
        assert equal(*pair)
        assert not equal(pair[0], pair[1] * ex.m ** sp.Rational(1, 4))
        assert ex.width_exponent(prefactor) == exponent
    pair, prefactor = ex.scaled_remainder()
    assert equal(*pair)
    assert ex.width_exponent(prefactor) == -sp.Rational(1, 4)


def test_generic_functions_differentiate_into_their_family_only_in_one_argument() -> None:
    assert sp.diff(ex.SIGMA(z**2), z) == 2 * z * ex.generic("sigma", 1)(z**2)
    assert ex.generic("sigma", 1) is ex.generic("sigma", 1, 1)  # one class, however it is asked for
    other = ex.generic("ell", 0, 2)(z, sp.Symbol("y")).diff(z)
    assert other.has(sp.Derivative)  # no family in the label: left unevaluated, never silently ℓ'


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="order -1"):
        ex.derivative(ex.SIGMA, -1)
    with pytest.raises(InputError, match="sizes"):
        ex.concretize(ex.network(), m=0)
