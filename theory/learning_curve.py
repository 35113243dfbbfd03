"""The learning curve of kernel ridge regression in closed form: enclosures by ball arithmetic, and its limit.

For a kernel with eigenvalues λ_i and ridge δ let κ solve `Σ_i λ_i/(λ_i+κ) + δ/κ = n`; the estimated mean risk for
noiseless labels with coefficients v_i is `E_0 Σ_i (κ/(λ_i+κ))² v_i²`, `E_0 = n/(n - Σ_i (λ_i/(λ_i+κ))²)` (Bordelon,
Canatar, Pehlevan 2020; Simon, Dickens, Karkada, DeWeese 2021). Here the λ_i are balls for the tangent kernel on the
sphere. The left side falls in κ, so two points with decided signs enclose the root; degrees above the computed ones
are bounded through the trace.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import sympy
from flint import arb, fmpq

from theory.activation import Activation
from theory.arithmetic import UndecidedError, compile_arb, less, working_precision
from theory.coefficients import hermite_coefficient
from theory.eigenvalues import PREC, Spectrum, limits, spectrum
from theory.errors import InputError
from theory.gegenbauer import harmonic_dimension

# Degrees whose eigenvalues are computed; then relative half-widths tried for the enclosure of κ, in powers of ten.
_TOP = 12
_WIDTHS = range(-20, 0)
_BISECTIONS = 120


@dataclass(frozen=True)
class Estimate:
    """The estimate as balls.

    Attributes:
        kappa: The effective ridge κ.
        inflation: The factor E_0.
        risk: The estimated mean risk.
    """

    kappa: arb
    inflation: arb
    risk: arb


@dataclass(frozen=True)
class Limit:
    """The learning curve as d → ∞ at n = α d^{k+1}, in the parameter s > 0, κ = s d^{-k}.

    Attributes:
        s: The symbol s.
        size: The symbol Λ, the limit of λ_{k+1} d^k.
        tail: The symbol Γ, the limit of (δ + Σ_{j>k+1} λ_j B(d,j))/d.
        alpha: α as a function of s; it falls.
        inflation: The limit of E_0.
        risk: The limit of the risk per unit energy of degree k + 1.
        low: The limit of `(κ/(λ_j+κ))²` for a degree 1 ≤ j ≤ k.
    """

    s: sympy.Symbol
    size: sympy.Symbol
    tail: sympy.Symbol
    alpha: sympy.Expr
    inflation: sympy.Expr
    risk: sympy.Expr
    low: sympy.Expr


def estimate(
    activation: Activation, d: int, n: int, energies: Mapping[int, fmpq | int], *, ridge: fmpq
) -> Estimate:
    """Enclose the estimated risk of ridge regression with the tangent kernel of infinite width.

    Args:
        activation: The activation σ.
        d: Dimension, 3 or more.
        n: Training points, 1 or more.
        energies: Second moment of the target's part of each degree.
        ridge: Ridge in units of the kernel's diagonal, positive.

    Raises:
        InputError: If n or the ridge is out of range, or a degree is not among the computed eigenvalues.
        UndecidedError: If κ could not be enclosed.
    """
    found = spectrum(activation, d, top=_TOP)
    if n < 1 or not ridge > 0 or any(not 0 <= l < len(found.eigenvalues) for l in energies):
        raise InputError(
            given=f"n={n}, ridge={ridge}, degrees {sorted(energies)}",
            allowed=f"n of 1 or more, a positive ridge, degrees 0…{len(found.eigenvalues) - 1}",
            do="correct it",
        )
    with working_precision(PREC):
        delta = found.trace * arb(ridge)
        kappa = _enclose(found, n, delta)
        learned = [value / (value + kappa) for value in found.eigenvalues]
        squares = sum((share * share * harmonic_dimension(d, l) for l, share in enumerate(learned)), arb(0))
        # Σ_{l>top} B (λ/(λ+κ))² lies between 0 and rest · λ_max/κ².
        squares += (found.rest * found.beyond / (kappa * kappa)).upper().union(0)
        inflation = n / (n - squares)
        risk = arb(0)
        for l, energy in energies.items():
            unlearned = kappa / (found.eigenvalues[l] + kappa)
            risk += unlearned * unlearned * arb(energy)
        return Estimate(kappa, inflation, inflation * risk)


def limit(k: int) -> Limit:
    """Derive the limit at n = α d^{k+1}, where λ_j = Λ_j d^{1-j} (1 + O(1/d)) and B(d,j) = d^j/j! (1 + O(1/d)).

    With κ = s d^{-k} every term of the equation for κ, divided by d^{k+1}, has a limit: degrees up to k count
    n_k = O(d^k), so 0; degree k+1 gives `Λ/((k+1)!(Λ+s))`; the degrees above have γ = Γ d, of the order of the
    trace, and give `Γ/s`. So the risk depends on n and d through n/d^{k+1} alone.

    Args:
        k: Degree of the dense part, 1 or more.

    Raises:
        InputError: If k is below 1.
    """
    if k < 1:
        raise InputError(given=f"k = {k}", allowed="k >= 1", do="choose such a degree")
    d, s, size, tail = sympy.symbols("d s Lambda Gamma", positive=True)
    kappa, value = s / d**k, size / d**k

    def per_sample(term: sympy.Expr) -> sympy.Expr:
        return sympy.limit(sympy.expand(term) / d ** (k + 1), d, sympy.oo)

    share = sympy.simplify(value / (value + kappa))
    below = per_sample(sum(_multiplicity(j, d) for j in range(k + 1)))
    count = per_sample(_multiplicity(k + 1, d))
    alpha = below + count * share + per_sample(tail * d / kappa)
    inflation = sympy.cancel(sympy.together(alpha / (alpha - below - count * share**2)))
    low = sympy.limit((kappa / (size * d ** (1 - k) + kappa)) ** 2, d, sympy.oo)
    return Limit(s, size, tail, alpha, inflation, inflation * (1 - share) ** 2, low)


def limit_samples(activation: Activation, k: int, threshold: fmpq, *, ridge: fmpq) -> arb:
    """The limit of n*/d^{k+1}, where n* brings the risk of unit energies in degrees ≤ k and k + 1 to the threshold.

    Args:
        activation: The activation σ.
        k: Degree of the dense part, 1 or more.
        threshold: The risk, between 0 and 1.
        ridge: Ridge in units of the kernel's diagonal.

    Raises:
        InputError: If the threshold is not between 0 and 1.
    """
    if not 0 < threshold < 1:
        raise InputError(given=f"threshold {threshold}", allowed="between 0 and 1", do="choose such a one")
    found = limit(k)
    with working_precision(PREC):
        sizes = [limits(activation, j)[0] for j in range(1, k + 2)]
        slope = activation.suprema(1)
        energy = hermite_coefficient(
            activation.derivative(1) ** 2, activation.variable, 0, supremum=slope * slope, prec=PREC
        )
        tail = energy * (1 + arb(ridge)) - sum(
            (value / math.factorial(j) for j, value in enumerate(sizes, start=1)), arb(0)
        )
        symbols = [found.s, found.size, found.tail]
        risk, alpha = (compile_arb(each, symbols, prec=PREC) for each in (found.risk, found.alpha))
        low, high = arb("1e-12"), arb("1e12")
        for _ in range(_BISECTIONS):
            middle = arb((low * high).sqrt().mid())
            if less(risk(middle, sizes[-1], tail), arb(threshold)):
                low = middle
            else:
                high = middle
        for power in _WIDTHS:
            width = arb(10) ** power
            below, above = arb((low * (1 - width)).mid()), arb((high * (1 + width)).mid())
            ends = [risk(each, sizes[-1], tail) for each in (below, above)]
            if less(ends[0], arb(threshold)) and less(arb(threshold), ends[1]):
                return alpha(below.union(above), sizes[-1], tail)
        raise UndecidedError(
            f"s for threshold {threshold} could not be enclosed: the eigenvalues are too wide"
        )


def _multiplicity(j: int, d: sympy.Symbol) -> sympy.Expr:
    """B(d,j) as a polynomial in d."""
    if j == 0:
        return sympy.Integer(1)
    rising = sympy.prod([d - 1 + i for i in range(j - 1)])
    return sympy.expand((2 * j + d - 2) * rising / sympy.factorial(j))


def _enclose(found: Spectrum, n: int, delta: arb) -> arb:
    """κ, between two numbers at which the left side is above and below n."""
    low, high = (delta + found.rest) / n / 2, (2 * found.trace + delta) / n
    low, high = arb(low.mid()), arb(high.mid())
    for _ in range(_BISECTIONS):
        middle = arb((low * high).sqrt().mid())
        if _sign(found, n, delta, middle) == 1:
            low = middle
        else:
            high = middle
    for power in _WIDTHS:
        width = arb(10) ** power
        below, above = arb((low * (1 - width)).mid()), arb((high * (1 + width)).mid())
        if _sign(found, n, delta, below) == 1 and _sign(found, n, delta, above) == -1:
            return below.union(above)
    raise UndecidedError(f"κ for n = {n} could not be enclosed: the eigenvalues are too wide")


def _sign(found: Spectrum, n: int, delta: arb, kappa: arb) -> int | None:
    """1 where the left side at κ is above n, -1 where it is below, None where the balls cannot tell."""
    total = delta / kappa
    for l, value in enumerate(found.eigenvalues):
        total += harmonic_dimension(found.d, l) * value / (value + kappa)
    # λ/(λ+κ) of the remaining degrees: below λ/κ, above λ/(λ_max+κ).
    total += (found.rest / kappa).union(found.rest / (found.beyond + kappa))
    if less(arb(n), total):
        return 1
    return -1 if less(total, arb(n)) else None
