"""The formula for the eigenvalues against classical polynomials at d = 3 and 4, and its limit against numbers."""

from __future__ import annotations

import pytest
import sympy as sp

from theory import spectrum, sphere
from theory.errors import InputError

d = sp.Symbol("d", positive=True)
u, z = sp.Symbol("u", real=True), sp.Symbol("z", real=True)
c = sp.symbols("c0:9")


def same(pair: sphere.Pair) -> bool:
    return bool(sp.cancel(sp.together(sp.expand(pair[0] - pair[1]))) == 0)


def classical(j: int, l: int, dimension: int) -> sp.Expr:
    """E d u P_l(u) P_j(u) by integration: Legendre polynomials at d = 3, Chebyshev of the second kind at d = 4."""
    if dimension == 3:
        return sp.integrate(3 * u * sp.legendre(l, u) * sp.legendre(j, u), (u, -1, 1)) / 2
    t = sp.Symbol("t", real=True)
    values = [sp.expand(sp.chebyshevu(k, sp.cos(t)) / (k + 1)) for k in (l, j)]
    density = 2 * sp.sin(t) ** 2 / sp.pi  # the law of u = cos t
    return sp.integrate(sp.expand(4 * sp.cos(t) * values[0] * values[1] * density), (t, 0, sp.pi))


@pytest.mark.parametrize("dimension", [3, 4])
@pytest.mark.parametrize("j", [0, 1, 2, 4])
def test_formula_in_the_smallest_dimensions(dimension: int, j: int) -> None:
    weights = spectrum.weights(j, sp.Integer(dimension))
    for l in range(j + 3):
        assert sp.simplify(classical(j, l, dimension) - weights.get(l, 0)) == 0


@pytest.mark.parametrize("j", range(7))
def test_formula_is_the_projection(j: int) -> None:
    weights = spectrum.weights(j, d)
    for l in range(8):
        assert same((spectrum.projection(j, l, d), weights.get(l, sp.Integer(0))))
    shifted = spectrum.weights(j + 1, d)  # the weights of the next degree are others
    assert not same((shifted[j], weights.get(j - 1, sp.Integer(0))))


@pytest.mark.parametrize("j", range(1, 7))
def test_formula_is_the_recurrence(j: int) -> None:
    weights, scale = spectrum.weights(j, d), d / sphere.B(d, j)
    assert same((scale * spectrum.multiplied(j, -1, d), weights[j - 1]))
    assert same((scale * spectrum.multiplied(j, 1, d), weights[j + 1]))
    assert same(spectrum.multiplication(j, d, u))


def test_low_degrees_in_words() -> None:
    assert spectrum.eigenvalue(0, d, c) == c[1]
    assert same((spectrum.eigenvalue(1, d, c), c[0] + 2 * c[2] / (d + 2)))
    assert set(spectrum.weights(0, d)) == {1}


def test_mercer_series_of_monomials() -> None:
    for p, q in ((0, 0), (1, 1), (1, 3), (2, 2), (2, 4), (1, 2), (3, 3)):
        left, right = spectrum.mercer(p, q, d, u)
        assert same((left, right))
        assert q < 2 or right == 0 or not same((left, right.subs(d, d + 2)))


def test_mercer_series_in_three_dimensions_by_quadrature_of_the_sphere() -> None:
    """E (w·x)^2 (w·y)^2 at d = 3 by integrating over angles: (d²/(d(d+2))) (1 + 2u²)."""
    angle, polar = sp.symbols("angle polar", real=True)
    x, s = sp.cos(polar), sp.sqrt(1 - u**2)
    y = u * sp.cos(polar) + s * sp.sin(polar) * sp.cos(angle)
    integrand = sp.expand(9 * x**2 * y**2 * sp.sin(polar))
    value = sp.integrate(integrand, (angle, 0, 2 * sp.pi), (polar, 0, sp.pi)) / (4 * sp.pi)
    assert sp.simplify(value - spectrum.mercer(2, 2, sp.Integer(3), u)[1]) == 0


def test_trace_and_energy() -> None:
    left, right = spectrum.trace(d, c[:6])
    assert same((left, right))
    assert not same((left - spectrum.eigenvalue(1, d, c), right))  # one multiplicity off by one
    for p, q in ((0, 0), (0, 2), (1, 3), (2, 4), (1, 2)):
        assert same(spectrum.parseval(p, q, d))
    assert spectrum.parseval(1, 3, d)[1] == sphere.moment(2, d)


@pytest.mark.parametrize("j", range(7))
def test_limit_and_rate_of_generic_coefficients(j: int) -> None:
    """With c_l = h_l + r_l/d exactly, d (λ_j d^{j-1} - limit) at d = 10^9 is `limit_slope` up to 1e-9."""
    h, r = sp.symbols("h0:8"), sp.symbols("r0:8")
    numbers = {s: sp.Rational(7 + 3 * i, 5) for i, s in enumerate((*h, *r))}
    size = sp.Integer(10) ** 9
    values = [(a + b / size).subs(numbers) for a, b in zip(h, r, strict=True)]
    value = spectrum.eigenvalue(j, size, values) * size ** max(j - 1, 0)
    gap = size * (value - spectrum.limit(j, h).subs(numbers))
    slope = spectrum.limit_slope(j, h, r).subs(numbers)
    assert abs(gap - slope) < sp.Rational(1, 1000)  # next order: constants below 1e6 over 1e9
    assert slope != 0
    if j >= 1:
        assert spectrum.limit(j, h) == sp.factorial(j) * h[j - 1]


@pytest.mark.parametrize("l", range(5))
@pytest.mark.parametrize("p", range(6))
def test_expansion_of_the_coefficients(l: int, p: int) -> None:
    """Both orders of c_l(d) of z^p; without the correction of the density the second one is wrong."""
    first, second = spectrum.energy_expansion(l, p)
    assert sp.simplify(first[0] - first[1]) == 0
    assert sp.simplify(second[0] - second[1]) == 0


def test_density_matters_in_the_second_order() -> None:
    (limit, _), (derived, _) = spectrum.energy_expansion(0, 4)  # (E z⁴)² = 9 (1 - 2/d + …)²
    assert (limit, derived) == (9, -36)


def test_kernel_of_the_default_activation() -> None:
    """The series of κ at u = 1 in d = 5 from the moments of w; so K(x, x) = d E σ'² = d."""
    s = sp.Symbol("s", positive=True)
    kappa = spectrum.sincos_kernel(sp.sqrt(5) * (1 - s), sp.Integer(5)) / (5 * (1 - s))
    series = kappa.replace(
        sp.hyper, lambda _, lower, x: sum(x**p / (sp.rf(lower[0], p) * sp.factorial(p)) for p in range(4))
    )
    # E cos(w·v), ‖v‖² = 2 d s, w uniform on the unit sphere: E (w·v)^{2p} = ‖v‖^{2p} E z^{2p}/d^p.
    moments = sum(
        (-1) ** p * (10 * s) ** p * sphere.moment(p, sp.Integer(5)) / 5**p / sp.factorial(2 * p)
        for p in range(4)
    )
    assert sp.expand(sp.simplify(series) - moments) == 0


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="dimension d = 2"):
        spectrum.weights(1, sp.Integer(2))
    with pytest.raises(InputError, match="-1"):
        spectrum.weights(-1, d)
