"""Eigenvalues of the infinite-width tangent kernel as balls: values, order and gaps, exponents, limits.

Contract: everything is a rigorous enclosure or a three-valued decision made from one. The formula for λ_j is
`theory.spectrum.weights`, the coefficients come from `theory.coefficients`; eigenvalues above the largest degree
computed are bounded through the trace, so a statement about a gap is about all of the spectrum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import sympy
from flint import arb

from theory.activation import Activation
from theory.arithmetic import UndecidedError, compile_arb, less, working_precision
from theory.coefficients import eigenvalue_ball, gegenbauer_coefficients, hermite_coefficient
from theory.errors import InputError
from theory.gegenbauer import harmonic_dimension
from theory.spectrum import energy_correction, limit, limit_slope, normal_mean

PREC = 160
TOP = 6


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues of the kernel of an activation in dimension d.

    Attributes:
        d: Dimension.
        eigenvalues: Balls for λ_0, …, λ_top.
        trace: Ball for d E σ'(z)² = Σ_j λ_j B(d,j) over all j.
    """

    d: int
    eigenvalues: tuple[arb, ...]
    trace: arb

    @property
    def rest(self) -> arb:
        """Ball for Σ_{j>top} λ_j B(d,j), what the trace leaves for the degrees that were not computed."""
        with working_precision(PREC):
            known = sum(
                (value * harmonic_dimension(self.d, j) for j, value in enumerate(self.eigenvalues)), arb(0)
            )
            return self.trace - known

    @property
    def beyond(self) -> arb:
        """Ball for the largest λ_j with j > top, from 0 up: λ_j B(d,j) is part of `rest`, and B(d,j) grows."""
        with working_precision(PREC):
            return (self.rest / harmonic_dimension(self.d, len(self.eigenvalues))).upper().union(0)


@dataclass(frozen=True)
class Gap:
    """How the spectrum falls behind degree k in dimension d.

    Attributes:
        d: Dimension.
        k: Degree.
        ratio: Ball for λ_k/λ_{k+1}.
        lowest: Ball for the smallest of λ_0, …, λ_k.
        highest: Ball for the largest λ_j with j > k, of all degrees.
    """

    d: int
    k: int
    ratio: arb
    lowest: arb
    highest: arb

    @property
    def ordered(self) -> bool | None:
        """Whether λ_k > λ_{k+1}; None where the balls cannot tell."""
        return less(arb(1), self.ratio)

    @property
    def separated(self) -> bool | None:
        """Whether every λ_j, j ≤ k, exceeds every λ_j, j > k: then the top n_k eigenvectors have degree ≤ k."""
        return less(self.highest, self.lowest)


@lru_cache(maxsize=8192)
def spectrum(activation: Activation, d: int, *, top: int = TOP) -> Spectrum:
    """Enclose λ_0, …, λ_top and the trace.

    Raises:
        InputError: If d < 3 or top < 0.
        UndecidedError: If σ' could not be proven analytic near [-√d, √d].
    """
    harmonic_dimension(d, top)  # checks both
    c = gegenbauer_coefficients(activation.derivative(1), activation.variable, top + 1, d, prec=PREC)
    with working_precision(PREC):
        energies = {l: c.c(l) for l in range(top + 2)}
        values = tuple(eigenvalue_ball(j, d, energies) for j in range(top + 1))
        return Spectrum(d, values, c.energy * d)


def gap(activation: Activation, d: int, k: int) -> Gap:
    """The gap behind degree k in dimension d.

    Raises:
        InputError: If d < 3, or k is outside 0, …, 5.
    """
    if not 0 <= k < TOP:
        raise InputError(given=f"degree k = {k}", allowed=f"0 <= k <= {TOP - 1}", do="choose such a degree")
    found = spectrum(activation, d)
    values = found.eigenvalues
    with working_precision(PREC):
        return Gap(
            d,
            k,
            values[k] / values[k + 1],
            _extreme(values[: k + 1], -1),
            _extreme((*values[k + 1 :], found.beyond), 1),
        )


def gaps(activation: Activation, dimensions: Iterable[int], degrees: Iterable[int] = (1, 2, 3)) -> list[Gap]:
    """The table of gaps over dimensions and degrees; filter by `ordered` and `separated` to find failures."""
    degrees = tuple(degrees)
    return [gap(activation, d, k) for d in dimensions for k in degrees]


def exponent(activation: Activation, j: int, d: int) -> arb:
    """Slope log2(λ_j(2d) / λ_j(d)) between d and 2d, which tends to 1 - j (to 0 at j = 0)."""
    with working_precision(PREC):
        ratio = spectrum(activation, 2 * d).eigenvalues[j] / spectrum(activation, d).eigenvalues[j]
        return ratio.log() / arb(2).log()


def limits(activation: Activation, j: int) -> tuple[arb, arb]:
    """The limit Λ_j of λ_j d^{j-1} (of λ_0 at j = 0), and the limit of d (λ_j d^{j-1}/Λ_j - 1).

    So λ_j = Λ_j d^{1-j} (1 + κ_j/d + O(1/d²)), and d (`exponent` - (1 - j)) tends to -κ_j / (2 log 2).

    Raises:
        UndecidedError: If Λ_j could not be told from 0.
    """
    with working_precision(PREC):
        h, r = sympy.symbols(f"h:{j + 2}"), sympy.symbols(f"r:{j + 2}")
        energies = {l: normal_energy(activation, l) for l in (j - 1, j + 1) if l >= 0}
        values = {h[l]: pair[0] for l, pair in energies.items()}
        values |= {r[l]: pair[1] for l, pair in energies.items()}
        first, slope = (
            compile_arb(formula, list(values), prec=PREC)(*values.values())
            for formula in (limit(j, h), limit_slope(j, h, r))
        )
        if first.contains(0):
            raise UndecidedError(f"the limit of λ_{j} lies in {first.str(5)}: no exponent without its sign")
        return first, slope / first


def normal_energy(activation: Activation, l: int, *, order: int = 1) -> tuple[arb, arb]:
    """h_l and r_l in c_l = h_l + r_l/d + O(1/d²), from the Hermite coefficients of σ^(order); c_l = μ_l² B(d,l).

    Raises:
        InputError: If l or the order is negative, or the derivative is unbounded.
    """
    with working_precision(PREC):
        z = sympy.Symbol("z", real=True)
        first = _hermite(activation, l, order) / arb(math.factorial(l)).sqrt()
        second = arb(0)
        for power, weight in _in_hermite(energy_correction(l, z), z).items():
            second += compile_arb(weight, [], prec=PREC)() * _hermite(activation, power, order)
        return first * first, 2 * first * second


def _in_hermite(polynomial: sympy.Expr, z: sympy.Symbol) -> dict[int, sympy.Expr]:
    """Coefficients of a polynomial in He_0, He_1, …: E p^(i)(G)/i!, by the Taylor formula of the heat equation."""
    degree = sympy.Poly(polynomial, z).degree()
    return {i: normal_mean(sympy.diff(polynomial, z, i), z) / sympy.factorial(i) for i in range(degree + 1)}


@lru_cache(maxsize=512)
def _hermite(activation: Activation, l: int, order: int) -> arb:
    supremum = activation.suprema(order)
    return hermite_coefficient(
        activation.derivative(order), activation.variable, l, supremum=supremum, prec=PREC
    )


def _extreme(values: Iterable[arb], sign: int) -> arb:
    """Ball for the largest (sign 1) or smallest (sign -1) of several numbers."""
    first, *others = values
    for other in others:
        first = first.max(other) if sign > 0 else first.min(other)
    return first
