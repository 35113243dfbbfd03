from __future__ import annotations

import math

import pytest
import sympy as sp
from flint import arb

from theory import expressivity, expressivity_sizes
from theory.activation import Activation, builtin
from theory.arithmetic import compile_arb
from theory.eigenvalues import spectrum
from theory.errors import InputError

SINCOS = builtin("sincos")


@pytest.mark.parametrize("k", [1, 2, 3])
def test_limit_and_rate_of_sincos_in_closed_form(k: int) -> None:
    """(E σ^(j)(g))² = 1/e for every j, so Λ = e/(k(k+1)).

    At k = 1, E cos z = exp(-1/2)(1 - 1/(4d) + …) by the fourth cumulant -6/d of z: r_0/h_0 = -1/2, κ = 3 + 1/2.
    """
    limit, kappa = expressivity_sizes.mean_square_limits(SINCOS, k)
    assert limit.overlaps(arb(1).exp() / (k * (k + 1)))
    assert float(limit.rad()) < 1e-20
    assert kappa.overlaps(arb({1: 7, 2: 15, 3: 31}[k]) / 2)
    assert abs(remainder_ratio(SINCOS, k) - 2) < 0.01


def test_limit_and_rate_come_from_the_second_derivative() -> None:
    """For sin + cos any derivative would do; for the shifted tanh only σ'' meets the values far out."""
    assert abs(remainder_ratio(builtin("tanh-shift"), 2) - 2) < 0.01


def remainder_ratio(sigma: Activation, k: int) -> float:
    """ρ(d)/ρ(2d) at d = 4096 for ρ(d) = d (E h² d^{1-k}/Λ - 1) - κ = O(1/d); it is near 1 if κ is wrong."""
    limit, kappa = expressivity_sizes.mean_square_limits(sigma, k)
    values = {d: expressivity_sizes.mean_square(sigma, k, d) for d in (4096, 8192)}
    near, far = (d * (value / (limit * arb(d) ** (k - 1)) - 1) - kappa for d, value in values.items())
    return float(near / far)


@pytest.mark.parametrize("name", ["sincos", "tanh-shift"])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_mean_square_is_the_formula_at_the_enclosed_coefficients(name: str, k: int) -> None:
    sigma, d = builtin(name), 7
    mus = sp.symbols(f"mu:{k}")
    formula = compile_arb(expressivity.mean_square(k, sp.Integer(d), mus), list(mus), prec=160)
    stated = formula(*(sigma.mu(l, 2, d) for l in range(k)))  # by another rule of integration
    found = expressivity_sizes.mean_square(sigma, k, d)
    assert found.overlaps(stated)
    assert float(found.rad() / found) < 1e-25


def test_profile_at_one_is_the_sum_of_its_weights() -> None:
    weights = expressivity_sizes.profile_weights(SINCOS, 3, 5)
    assert expressivity_sizes.profile_ball(SINCOS, 3, 5, arb(1)).overlaps(sum(weights, arb(0)))
    assert weights[1] == 0


@pytest.mark.parametrize(
    ("name", "k", "l"), [("tanh", 1, 0), ("softplus", 2, 1), ("gelu", 2, 1), ("tanh", 3, 0)]
)
def test_vanishing_coefficient_is_refused_where_it_is_needed(name: str, k: int, l: int) -> None:
    with pytest.raises(InputError, match=rf"μ_{l}\(σ''\)"):
        expressivity_sizes.mean_square(builtin(name), k, 6)


def test_coefficient_that_parity_leaves_out_may_vanish() -> None:
    """σ'' of tanh is odd: μ_0 = 0 stops k = 1, but k = 2 needs μ_1 only."""
    assert expressivity_sizes.mean_square(builtin("tanh"), 2, 6) > 0


def test_activation_of_a_user() -> None:
    same = Activation.parse("cos(z) + sin(z)")
    first, second = (expressivity_sizes.mean_square(each, 2, 9) for each in (same, SINCOS))
    assert first.overlaps(second)


def test_norms_from_eigenvalues() -> None:
    lambda_ = spectrum(SINCOS, 6).eigenvalues
    found = expressivity_sizes.least_norm(SINCOS, {0: arb(2), 2: arb(3)}, 6)
    assert found.overlaps(2 / lambda_[0] + 3 / lambda_[2])
    assert expressivity_sizes.worst_norm(SINCOS, 3, 6).overlaps(1 / lambda_[3])
    assert not expressivity_sizes.worst_norm(SINCOS, 3, 6).overlaps(1 / lambda_[2])


def test_worst_norm_leaves_the_constant_out() -> None:
    """For the shifted softplus λ_0 < λ_1: with λ_0 among them the norm would be another one."""
    sigma = builtin("softplus-shift")
    lambda_ = spectrum(sigma, 8).eigenvalues
    assert lambda_[0] < lambda_[1]
    assert expressivity_sizes.worst_norm(sigma, 1, 8).overlaps(1 / lambda_[1])


def test_norms_beyond_the_degrees_of_the_usual_spectrum() -> None:
    lambda_9 = spectrum(SINCOS, 6, top=9).eigenvalues[9]
    assert expressivity_sizes.worst_norm(SINCOS, 9, 6).overlaps(1 / lambda_9)
    assert expressivity_sizes.least_norm(SINCOS, {9: arb(2)}, 6).overlaps(2 / lambda_9)
    assert 6e10 < 1 / lambda_9 < 8e10


def test_degrees_outside_the_range_are_refused() -> None:
    with pytest.raises(InputError, match="k = 0"):
        expressivity_sizes.worst_norm(SINCOS, 0, 6)
    with pytest.raises(InputError, match=r"degrees \[-1, 2\]"):
        expressivity_sizes.least_norm(SINCOS, {-1: arb(1), 2: arb(1)}, 6)
    with pytest.raises(InputError, match="k = 0"):
        expressivity_sizes.mean_square_limits(SINCOS, 0)


def test_slope_of_a_power() -> None:
    assert math.isclose(float(expressivity_sizes.slope((arb(5) ** 3, arb(10) ** 3))), 3)
