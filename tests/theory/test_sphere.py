"""Sphere identities: two routes each, brute force at small d, and twins with a planted fault."""

from __future__ import annotations

from itertools import combinations_with_replacement

import mpmath
import pytest
import sympy as sp

from theory import sphere
from theory.errors import InputError

d = sp.Symbol("d", positive=True)
u, z, c = sp.symbols("u z c")
DEGREES = range(6)


def same(pair: sphere.Pair) -> bool:
    return bool(sp.simplify(pair[0] - pair[1]) == 0)


@pytest.mark.parametrize("l", DEGREES)
def test_recurrence_and_explicit_gegenbauer_sum_agree(l: int) -> None:
    assert same((sphere.P(l, u, d), sphere.P_gegenbauer(l, u, d)))
    assert sp.simplify(sphere.P(l, sp.Integer(1), d)) == 1


def test_dimension_three_is_the_classical_legendre_polynomial() -> None:
    assert all(sp.expand(sphere.P(l, u, sp.Integer(3)) - sp.legendre(l, u)) == 0 for l in range(8))


def test_shifted_recurrence_is_not_the_explicit_sum() -> None:
    """(l+d-2) → (l+d-1) in the recurrence."""
    wrong = ((2 + d - 2) * u * u - 1) / (1 + d - 1)
    assert not same((wrong, sphere.P_gegenbauer(2, u, d)))


@pytest.mark.parametrize("l", DEGREES)
def test_counting_has_two_routes(l: int) -> None:
    assert sp.expand(sphere.B(d, l) - sphere.harmonic_dimension(d, l)) == 0
    assert sp.expand(sphere.n_k(d, l) - sphere.n_k_sum(d, l)) == 0
    if l >= 1:
        shifted = sphere.n_k(d, l - 1)  # k - 1 in place of k
        assert sp.expand(shifted - sphere.n_k_sum(d, l)) != 0


@pytest.mark.parametrize(("dimension", "l"), [(3, 2), (3, 4), (4, 3), (5, 2)])
def test_dimension_counts_the_kernel_of_the_laplacian(dimension: int, l: int) -> None:
    xs = sp.symbols(f"x1:{dimension + 1}")
    basis = [sp.Mul(*combo) for combo in combinations_with_replacement(xs, l)]
    rows = []
    for monomial in basis:
        laplacian = sp.Poly(sum(sp.diff(monomial, x, 2) for x in xs), *xs)
        lower = [sp.Mul(*combo) for combo in combinations_with_replacement(xs, l - 2)]
        rows.append([laplacian.coeff_monomial(target) for target in lower])
    kernel = len(basis) - sp.Matrix(rows).rank()
    assert sphere.B(sp.Integer(dimension), l) == kernel


@pytest.mark.parametrize("p", range(6))
def test_moments_agree_with_the_beta_integral(p: int) -> None:
    assert same((sphere.moment(p, d), sphere.moment_integral(sp.Integer(p), d)))


@pytest.mark.parametrize("dimension", [3, 4, 7])
def test_moment_integral_is_the_integral_of_the_density(dimension: int) -> None:
    """The Beta functions against quadrature of (1-z²/d)^{(d-3)/2}; (d-1)/2 in the exponent is far off."""
    with mpmath.workdps(30):
        root = mpmath.sqrt(dimension)

        def mean(power: int, exponent: mpmath.mpf) -> mpmath.mpf:
            def weight(v: mpmath.mpf) -> mpmath.mpf:
                return (1 - v * v / dimension) ** exponent

            points = [-root, 0, root]
            return mpmath.quad(lambda v: v**power * weight(v), points) / mpmath.quad(weight, points)

        value = sp.Rational(sphere.moment_integral(sp.Integer(2), sp.Integer(dimension)))
        exact = mpmath.mpf(value.p) / value.q
        half = mpmath.mpf(dimension - 3) / 2
        # Quadrature of a square-root end point (d = 4) is good to about 1e-15 at 30 digits.
        assert abs(mean(4, half) / exact - 1) < mpmath.mpf(10) ** -12
        assert abs(mean(4, half + 1) / exact - 1) > 0.01


def test_monomial_moments_satisfy_the_sphere_relation() -> None:
    """Σ_i E x_i² x^a = d E x^a, by brute force over the coordinates of a 4-sphere."""
    dimension = 4
    for exponents in [(0, 0, 0, 0), (2, 0, 0, 0), (2, 4, 0, 0), (2, 2, 2, 0), (1, 1, 0, 0)]:
        raised = [tuple(e + 2 * (k == j) for k, e in enumerate(exponents)) for j in range(dimension)]
        total = sum(sphere.monomial_moment(e, sp.Integer(dimension)) for e in raised)
        assert total == dimension * sphere.monomial_moment(exponents, sp.Integer(dimension))


def test_monomial_moments_are_rotation_invariant() -> None:
    """E (v·x)⁶ = ‖v‖⁶ E z⁶: mixed moments against the one-coordinate moment."""
    v = (2, -1, 3)
    xs = sp.symbols("x1:4")
    poly = sp.Poly((sum(a * b for a, b in zip(v, xs, strict=True))) ** 6, *xs)
    mean = sum(coefficient * sphere.monomial_moment(e, d) for e, coefficient in poly.terms())
    assert sp.simplify(mean - 14**3 * sphere.moment(3, d)) == 0


@pytest.mark.parametrize("l", DEGREES)
def test_orthogonality_up_to_degree(l: int) -> None:
    for j in range(l + 1):
        assert same(sphere.orthogonality(j, l, d))
    left, right = sphere.orthogonality(l, l, d)
    assert l == 0 or not same((left, right * sphere.B(d, l) / sphere.B(d, l - 1)))


@pytest.mark.parametrize("l", range(5))
def test_addition_formula(l: int) -> None:
    left, right = sphere.addition_formula(l, d, c)
    assert same((left, right))
    assert l == 0 or not same((left, right * sphere.B(d, l)))


def test_funk_hecke_and_reproduction_of_a_generic_polynomial() -> None:
    g = 3 * z**4 - z**3 + sp.Rational(1, 2) * z + 2
    for l in (0, 1, 2, 4, 5):
        assert same(sphere.funk_hecke(g, z, l, d, c))
    assert same(sphere.reproduce(g, z, d))
    truncated = sum(
        m * sphere.P(l, z / sp.sqrt(d), d) for l, m in enumerate(sphere.gegenbauer_expansion(g, z, d))
    )  # the factor B(d, l) dropped
    assert not same((truncated, g))


def test_hermite_polynomials_satisfy_their_rodrigues_formula() -> None:
    gauss = sp.exp(-(z**2) / 2)
    for l in range(7):
        rodrigues = sp.simplify((-1) ** l * sp.diff(gauss, z, l) / gauss)
        assert sp.expand(rodrigues - sphere.hermite(l, z)) == 0


@pytest.mark.parametrize("l", range(7))
def test_hermite_rate_is_one_over_d_and_not_faster(l: int) -> None:
    rates = sphere.hermite_rate(l)
    assert all(rate.is_finite for rate in rates.values())
    assert any(rate != 0 for rate in rates.values()) == (l >= 2)


def test_hermite_rate_is_the_limit_of_the_gap() -> None:
    """The algebraic rate against d · gap at d = 10^12 with 60 digits."""
    large = sp.Integer(10) ** 12
    for l in (2, 3, 5):
        for power, gap in sphere.hermite_gap(l, large).items():
            scaled = (large * gap).evalf(60)
            # The next term of the expansion is O(1/d) = 1e-12; 1e-9 leaves room for its constant.
            assert abs(scaled - sphere.hermite_rate(l)[power]) < sp.Float("1e-9")


@pytest.mark.parametrize("dimension", [3, 4, 8, 12, 40])
def test_coefficients_at_integers_are_those_of_the_symbol(dimension: int) -> None:
    """At d = 8 the root √d is 2√2, at d = 4 it is 2: neither is a power of one number as √d is."""
    for l in range(4):
        general = sphere.mu(l, z**3 + z**2 + z, z, d).subs(d, dimension)
        assert sp.simplify(general - sphere.mu(l, z**3 + z**2 + z, z, sp.Integer(dimension))) == 0


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="dimension d = 2"):
        sphere.P(2, u, sp.Integer(2))
    with pytest.raises(InputError, match="-1"):
        sphere.B(d, -1)
