"""Certified eigenvalues: a second route, an exactly solvable activation, failures of the order, and limits."""

from __future__ import annotations

import math

import pytest
import sympy as sp
from flint import arb, fmpq

from theory.activation import Activation, builtin
from theory.arithmetic import UndecidedError, working_precision
from theory.eigenvalues import exponent, gap, gaps, limits, spectrum
from theory.errors import InputError
from theory.gegenbauer import harmonic_dimension

NAMES = ("sincos", "tanh-shift", "erf-shift", "softplus-shift")
SQUARE = Activation("square", sp.Symbol("z", real=True) ** 2 / 2 + sp.Symbol("z", real=True))  # σ' = 1 + z


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("d", [3, 4, 57])
def test_against_adaptive_integration(name: str, d: int) -> None:
    for j, value in enumerate(spectrum(builtin(name), d).eigenvalues):
        assert value.overlaps(builtin(name).eigenvalue(j, d, prec=192))
        assert value.rad() < 1e-25 * value


@pytest.mark.parametrize("d", [3, 4, 50])
def test_an_activation_with_three_eigenvalues(d: int) -> None:
    """σ' = 1 + z: c_0 = c_1 = 1, so λ_0 = 1, λ_1 = 1, λ_2 = (d-1)/B(d,2) = 2/(d+2), no others; trace 2d."""
    found = spectrum(SQUARE, d)
    expected = [fmpq(1), fmpq(1), fmpq(2, d + 2), *[fmpq(0)] * 4]
    with working_precision(200):
        assert all(value.overlaps(arb(q)) for value, q in zip(found.eigenvalues, expected, strict=True))
    assert all(value.rad() < 1e-35 for value in found.eigenvalues)
    assert found.trace.contains(2 * d)
    assert found.rest.contains(0)
    assert found.rest.rad() < 1e-25


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("d", [3, 10])
def test_the_trace_bounds_what_was_not_computed(name: str, d: int) -> None:
    sigma = builtin(name)
    found, later = spectrum(sigma, d), spectrum(sigma, d, top=9)
    assert found.rest > 0
    with working_precision(160):
        tail = sum((later.eigenvalues[j] * harmonic_dimension(d, j) for j in (7, 8, 9)), arb(0))
        assert (found.rest - later.rest).overlaps(tail)
    assert all(value < found.beyond.upper() for value in later.eigenvalues[7:])


def test_the_order_fails_exactly_where_it_fails() -> None:
    """λ_5 < λ_6 for the shifted tanh at d = 3 and 4 only, while k = 1, 2, 3 are in order everywhere tried."""
    sigma = builtin("tanh-shift")
    table = gaps(sigma, range(3, 9), degrees=(1, 2, 3, 5))
    assert [(row.k, row.d) for row in table if row.ordered is not True] == [(5, 3), (5, 4)]
    assert all(row.ordered is False for row in table if row.k == 5 and row.d < 5)
    values = spectrum(sigma, 3).eigenvalues
    assert values[5] < values[6]


def test_order_of_neighbours_is_not_separation() -> None:
    """The largest degrees of tanh-shift at d = 3: λ_4 > λ_5, yet λ_4 > λ_6 must hold for separation too."""
    row = gap(builtin("tanh-shift"), 3, 4)
    values = spectrum(builtin("tanh-shift"), 3).eigenvalues
    assert row.highest.overlaps(max(values[5], values[6], key=float))
    assert row.lowest.overlaps(min(values[:5], key=float))
    # λ_0 is the smallest of the low ones for the shifted tanh: it decides at k = 1.
    assert gap(builtin("tanh-shift"), 50, 1).lowest.overlaps(
        spectrum(builtin("tanh-shift"), 50).eigenvalues[0]
    )
    assert gap(builtin("tanh-shift"), 50, 0).ordered is False  # λ_0 < λ_1


def test_equal_and_vanishing_eigenvalues_are_undecided_not_wrong() -> None:
    assert gap(SQUARE, 7, 0).ordered is None  # λ_0 = λ_1 = 1
    assert gap(SQUARE, 7, 4).ordered is None  # 0/0
    assert gap(SQUARE, 7, 4).separated is None
    assert gap(SQUARE, 7, 1).separated is True


@pytest.mark.parametrize("j", range(7))
def test_limits_of_the_default_activation(j: int) -> None:
    """h_l = e^{-1}/l!, so Λ_j = j! h_{j-1} = j/e and Λ_0 = h_1 = 1/e."""
    limit, kappa = limits(builtin("sincos"), j)
    with working_precision(160):
        assert limit.overlaps(max(j, 1) * arb(-1).exp())
        assert limit.rad() < 1e-35
        # 0F1 gives c_l = h_l (1 + ρ_l/d + …), ρ_0 = -1/2 + 0 and so on: measured at d = 10^5 instead.
        d = 100_000
        scaled = spectrum(builtin("sincos"), d).eigenvalues[j] * arb(d) ** max(j - 1, 0)
        assert abs(d * (scaled / limit - 1) - kappa) < 0.02  # next order: κ² ~ 1600 over 1e5


@pytest.mark.parametrize("name", NAMES)
def test_exponents_tend_to_their_limit_like_one_over_d(name: str) -> None:
    for j in (2, 4, 6):
        _, kappa = limits(builtin(name), j)
        errors = []
        for d in (1000, 2000):
            with working_precision(160):
                scaled = d * (exponent(builtin(name), j, d) - (1 - j))
                errors.append(float(scaled + kappa / (2 * arb(2).log())))
        assert abs(errors[0]) < 0.2
        # The error of the scaled slope is of the next order: it halves as d doubles.
        assert math.isclose(errors[0] / errors[1], 2, rel_tol=0.05)


def test_no_limit_without_a_sign() -> None:
    with pytest.raises(UndecidedError, match="λ_0"):
        limits(builtin("tanh"), 0)


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="d = 2"):
        spectrum(builtin("sincos"), 2)
    with pytest.raises(InputError, match="k = 6"):
        gap(builtin("sincos"), 5, 6)
