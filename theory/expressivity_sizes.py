"""How large the movements that express a target are: balls for E h² of the quadratic part, for norms of the linear.

Contract: balls are rigorous at `PREC` bits. The formulas are those of `theory.expressivity` and `theory.spectrum`,
the coefficients of σ'' and σ' those of `theory.coefficients`. Growth in d is the slope log2(v(2d)/v(d)).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import sympy
from flint import arb, fmpq

from theory import expressivity
from theory.activation import Activation
from theory.arithmetic import UndecidedError, compile_arb, working_precision
from theory.coefficients import Coefficients, gegenbauer_coefficients
from theory.eigenvalues import PREC, TOP, normal_energy, spectrum
from theory.errors import InputError
from theory.gegenbauer import harmonic_dimension, polynomial_ball

_D = sympy.Symbol("d", positive=True)
_SHARED = 2  # degrees up to this one are computed together, so that k = 1, 2, 3 share them


@lru_cache(maxsize=4096)
def profile_weights(activation: Activation, k: int, d: int) -> tuple[arb, ...]:
    """The coefficients p_l B(d,l)/μ_l(σ'') of P_l in h, l = 0…k-1; 0 where p_l is 0 by parity.

    Raises:
        InputError: If k < 1 or d < 3, or a μ_l(σ'') that is needed cannot be told from 0.
    """
    harmonic_dimension(d, k)  # checks both
    found = _bend_coefficients(activation, max(k - 1, _SHARED), d)
    with working_precision(PREC):
        root = arb(harmonic_dimension(d, k + 1)).sqrt()
        weights = []
        for l, p in enumerate(_coefficients(k)):
            if p == 0:
                weights.append(arb(0))
                continue
            if found.mu[l].contains(0):
                raise InputError(
                    given=f"μ_{l}(σ'') in {found.mu[l].str(5)} for {activation.name!r} in dimension d = {d}",
                    allowed=f"an activation whose μ_l(σ'') is not 0 for l in {list(range(k - 1, -1, -2))}",
                    do="use an activation with a shift, such as tanh(z + 1/2), or another degree k",
                )
            value = sympy.Rational(p.subs(_D, d))
            ratio = arb(fmpq(int(value.p), int(value.q))) * harmonic_dimension(d, l)
            weights.append(root * ratio / found.mu[l])
        return tuple(weights)


def profile_ball(activation: Activation, k: int, d: int, u: arb) -> arb:
    """Enclose h(u)."""
    with working_precision(PREC):
        weights = enumerate(profile_weights(activation, k, d))
        return sum((weight * polynomial_ball(l, d, u) for l, weight in weights), arb(0))


def mean_square(activation: Activation, k: int, d: int) -> arb:
    """Enclose E h² = Σ_l p_l² B(d,l)/μ_l(σ'')², of order d^{k-1}.

    Raises:
        InputError: As `profile_weights`.
    """
    with working_precision(PREC):
        weights = enumerate(profile_weights(activation, k, d))
        return sum((weight * weight / harmonic_dimension(d, l) for l, weight in weights), arb(0))


def mean_square_limits(activation: Activation, k: int) -> tuple[arb, arb]:
    """The limit Λ of E h² d^{1-k}, and the limit κ of d (E h² d^{1-k}/Λ - 1).

    Raises:
        InputError: If k < 1.
        UndecidedError: If Λ could not be enclosed: (E σ''(g) He_{k-1}(g))² could not be told from 0.
    """
    if k < 1:
        raise InputError(given=f"degree k = {k}", allowed="k >= 1", do="choose a degree of at least 1")
    h, r = sympy.symbols(f"h:{k}"), sympy.symbols(f"r:{k}")
    # Both formulas hold the top degree only.
    symbols, values = [h[k - 1], r[k - 1]], normal_energy(activation, k - 1, order=2)
    with working_precision(PREC):
        first, kappa = (
            compile_arb(formula, symbols, prec=PREC)(*values)
            for formula in (expressivity.limit(k, h), expressivity.kappa(k, h, r))
        )
        if not (first.is_finite() and kappa.is_finite()):
            raise UndecidedError(f"the limit of E h² at k = {k} is not finite for {activation.name!r}")
        return first, kappa


def least_norm(activation: Activation, energies: Mapping[int, arb], d: int) -> arb:
    """Enclose the least ‖W_L‖² of infinite width, Σ_j ‖Π_j g‖²/λ_j, for the energies ‖Π_j g‖² by degree.

    The ball is not finite where a λ_j that is needed cannot be told from 0.

    Raises:
        InputError: If a degree is negative, or d < 3.
    """
    if any(j < 0 for j in energies):
        raise InputError(
            given=f"energies of the degrees {sorted(energies)}",
            allowed="degrees of 0 or more",
            do="give each energy under the degree of its part",
        )
    lambda_ = _eigenvalues(activation, d, max(energies, default=0))
    with working_precision(PREC):
        return sum((energy / lambda_[j] for j, energy in energies.items()), arb(0))


def worst_norm(activation: Activation, k: int, d: int) -> arb:
    """Enclose 1/min_{1≤j≤k} λ_j, the least ‖W_L‖² of the worst f_k of unit norm without a constant part.

    The ball is not finite where the smallest λ_j cannot be told from 0.

    Raises:
        InputError: If k < 1 or d < 3.
    """
    if k < 1:
        raise InputError(given=f"degree k = {k}", allowed="k >= 1", do="choose a degree of at least 1")
    lowest, *others = _eigenvalues(activation, d, k)[1 : k + 1]
    with working_precision(PREC):
        for other in others:
            lowest = lowest.min(other)
        return 1 / lowest


def slope(values: tuple[arb, arb]) -> arb:
    """The slope log2(v(2d)/v(d)) from the values at d and 2d."""
    with working_precision(PREC):
        return (values[1] / values[0]).log() / arb(2).log()


def _eigenvalues(activation: Activation, d: int, top: int) -> tuple[arb, ...]:
    """λ_0, …, λ_top and perhaps more: small degrees share one computation."""
    return spectrum(activation, d, top=max(top, TOP)).eigenvalues


@lru_cache(maxsize=4096)
def _bend_coefficients(activation: Activation, top: int, d: int) -> Coefficients:
    return gegenbauer_coefficients(activation.derivative(2), activation.variable, top, d, prec=PREC)


@lru_cache(maxsize=16)
def _coefficients(k: int) -> tuple[sympy.Expr, ...]:
    return expressivity.coefficients(k, _D)
