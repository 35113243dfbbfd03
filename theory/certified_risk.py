r"""The test error `E (f - f*)²` of a trained network with σ = sin + cos as a rigorous ball, fast.

The network, the movement and the target enter as the exact dyadic numbers that their floats are; only the
directions γ of the target are meant as γ/|γ|, for a float vector is never quite of length 1. Then

    E f²   = (1/m) Σ_rs a_r a_s j(‖u_r - u_s‖²),
    E f_L² = -(1/m) Σ_rs a_r a_s (2 j' w_r·w_s + 4 j'' (v·w_r)(v·w_s)),

u = w0 + w, v = w0_r - w0_s, and the moments with the target are values of 0F1 and its derivative (`theory.risk`).
One 0F1 costs 17 µs in Arb and there are m²/2 of them, so j is replaced by a polynomial with a proven remainder:

`j(s) = Σ_p c_p s^p` with `c_p = (-d/4)^p / (p! (d/2)_p)`. For 0 ≤ s ≤ L the terms from N on have ratios
`|c_{p+1} s / c_p| ≤ (d L/4) / ((p+1)(d/2+p)) ≤ θ`, the value at p = N. If θ < 1, the tail is at most
`|c_N| L^N / (1 - θ)`. The derivatives of j have the same kind of series, with d/2 + i in place of d/2. N is the
first index at which this bound is below 2^-80. The partial sums are as large as e^{L/2}; the working precision has
the bits for that.

The Gram matrices are ball matrices, so every rounding is in the radius. f_L sees of the neurons with one w0 only
`Σ a_r w_r`, which saves three quarters of the work in a paired network; the full network needs no pairing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from flint import arb, arb_mat, arb_poly

from theory.arithmetic import working_precision
from theory.errors import InputError
from theory.gegenbauer import harmonic_dimension

Rows: TypeAlias = Sequence[Sequence[float]]
# Degree l, directions and coefficients of Σ_s c_s √B(d,l) P_l(γ_s·x/√d).
RidgeData: TypeAlias = tuple[int, Rows, Sequence[float]]

_TAIL_BITS = 80
_BASE_PRECISION = 100
# Beyond this squared length the series has hundreds of terms.
_LARGEST = 400.0


@dataclass(frozen=True)
class CertifiedRisk:
    """Enclosures of the risk `E f² - 2 E f f* + E f*²` and of its parts.

    Attributes:
        value: The risk.
        moment: E f².
        cross: E f f*.
        null: E f*², the risk of predicting 0.
    """

    value: Any
    moment: Any
    cross: Any
    null: Any


def certified_risk(
    w0: Rows,
    a: Sequence[float],
    w: Rows,
    ridges: Sequence[RidgeData],
    *,
    linear: bool = False,
    shift: int = 0,
) -> CertifiedRisk:
    """Enclose the risk of the full network at w0 + w, or of its linear part f_L at the movement w.

    Args:
        w0: First-layer weights at initialization, `(m, d)`; their length is free.
        a: Second-layer weights, `(m,)`.
        w: The movement, `(m, d)`.
        ridges: The parts of the target, of pairwise different degrees.
        linear: Whether f_L is meant instead of f.
        shift: For controls: added to the dimension in j.

    Raises:
        InputError: If shapes do not fit, a number is not finite, degrees coincide or are negative, a part of the
            target has no direction or one of length 0, or the weights are so long that the series of j would need
            hundreds of terms.
    """
    m, d = _checked_shape(w0, a, w, ridges)
    with working_precision(_BASE_PRECISION):
        base = _matrix(w0) if linear else _matrix(w0) + _matrix(w)
        largest = max(float(_square(base, r).upper()) for r in range(m))
    reach = 4.0 * largest * (1 + 1e-9)
    if not reach <= _LARGEST:
        raise InputError(
            given=f"weights so long that ‖u_r - u_s‖² may reach {reach:.3g}",
            allowed=f"at most {_LARGEST:g}",
            do="use smaller weights: no trained network has weights of this size",
        )
    with working_precision(_BASE_PRECISION + math.ceil(0.8 * reach)):
        base, step, signs = _neurons(w0, a, w, linear=linear)
        if step is None:
            moment = _full_moment(base, signs, d + shift, reach) / m
        else:
            moment = _linear_moment(base, step, signs, d + shift, reach) / m
        cross, null = arb(0), arb(0)
        for degree, directions, coefficients in ridges:
            gamma = _normalised(directions)
            weights = [arb(each) for each in coefficients]
            values = _ridge_moments(base, step, degree, gamma, weights, d)
            cross += sum((sign * value for sign, value in zip(signs, values, strict=True)), arb(0))
            null += _energy(degree, gamma, weights, d)
        cross /= arb(m).sqrt()
        return CertifiedRisk(moment - 2 * cross + null, moment, cross, null)


def wave_polynomial(d: int, order: int, largest: float) -> tuple[Any, arb]:
    """The polynomial part of `j^{(order)}` on [0, largest] and a bound on the rest, both rigorous.

    Args:
        d: Dimension, 3 or more.
        order: The derivative i: `j^{(i)}(s) = (-d/4)^i/(d/2)_i 0F1(; d/2+i; -d s/4)`.
        largest: Right end, not negative.

    Returns:
        An `arb_poly` in s and a non-negative ball R: the derivative lies within R of the polynomial.
    """
    x, b, L = arb(-d) / 4, arb(d) / 2 + order, arb(largest)
    c = arb(1)
    for i in range(order):
        c = c * x / (arb(d) / 2 + i)
    coefficients, tail = [c], abs(c)
    while True:
        count = len(coefficients)
        theta = -x * L / ((count + 1) * (b + count))
        c = c * x / (count * (b + count - 1))
        tail = abs(c) * L**count / (1 - theta)
        if theta < 1 and tail < arb(2) ** -_TAIL_BITS:
            return arb_poly(coefficients), tail
        coefficients.append(c)


def _neurons(w0: Rows, a: Sequence[float], w: Rows, *, linear: bool) -> tuple[Any, Any | None, list[arb]]:
    """Rows u, no steps and the signs; for f_L the different rows w0, and `Σ a_r w_r` over the r that share one."""
    if not linear:
        return _matrix(w0) + _matrix(w), None, [arb(each) for each in a]
    steps: dict[tuple[float, ...], list[arb]] = {}
    for row, sign, moved in zip(w0, a, w, strict=True):
        total = steps.setdefault(tuple(row), [arb(0)] * len(row))
        steps[tuple(row)] = [old + arb(sign) * arb(each) for old, each in zip(total, moved, strict=True)]
    return _matrix(list(steps)), arb_mat(list(steps.values())), [arb(1)] * len(steps)


def _full_moment(u: Any, signs: list[arb], d: int, reach: float) -> arb:
    """Σ_rs a_r a_s j(‖u_r - u_s‖²): the diagonal is j(0) = 1, the rest is symmetric."""
    m = len(signs)
    polynomial, tail = wave_polynomial(d, 0, reach)
    gram = (u * u.transpose()).entries()
    squares = [gram[r * m + r] for r in range(m)]
    total = sum((sign * sign for sign in signs), arb(0))
    for r in range(1, m):
        row, square = gram[r * m : r * m + r], squares[r]
        s = [square + other - 2 * product for other, product in zip(squares[:r], row, strict=True)]
        total += 2 * signs[r] * _signed_sum(signs, _with_tail(polynomial.evaluate(s, algorithm="iter"), tail))
    return total


def _linear_moment(w0: Any, w: Any, signs: list[arb], d: int, reach: float) -> arb:
    """-Σ_rs a_r a_s (2 j' w_r·w_s + 4 j'' (v·w_r)(v·w_s)), v = w0_r - w0_s; -2 j'(0) |w_r|² at r = s."""
    m = len(signs)
    first, second = (wave_polynomial(d, order, reach) for order in (1, 2))
    gram, mixed, moved = ((left * right.transpose()).entries() for left, right in ((w0, w0), (w0, w), (w, w)))
    squares = [gram[r * m + r] for r in range(m)]
    own = [mixed[r * m + r] for r in range(m)]
    slope = first[0](arb(0))
    total = sum((2 * slope * moved[r * m + r] * signs[r] ** 2 for r in range(m)), arb(0))
    for r in range(1, m):
        s = [squares[r] + squares[i] - 2 * gram[r * m + i] for i in range(r)]
        waves = [
            _with_tail(polynomial.evaluate(s, algorithm="iter"), tail) for polynomial, tail in (first, second)
        ]
        terms = [
            2 * waves[0][i] * moved[r * m + i]
            + 4 * waves[1][i] * (own[r] - mixed[i * m + r]) * (mixed[r * m + i] - own[i])
            for i in range(r)
        ]
        total += 2 * signs[r] * _signed_sum(signs, terms)
    return -total


def _ridge_moments(
    base: Any, step: Any | None, l: int, gamma: Any, weights: list[arb], d: int
) -> Iterator[arb]:
    """For each row u of `base`: `E σ(u·x) q(x)`, or its derivative along the row of `step`.

    `= s_l √B(d,l) d^{l/2}/(d (d+2) … (d+2l-2)) F(τ) Σ_s c_s Q_l(u·γ_s, τ)`, τ = |u|², F = 0F1(; d/2+l; -d τ/4).
    """
    sign = (1, 1, -1, -1)[l % 4]
    scale = sign * arb(harmonic_dimension(d, l)).sqrt() * arb(d).sqrt() ** l
    for i in range(l):
        scale = scale / (d + 2 * i)
    b, x = arb(d) / 2 + l, -arb(d) / 4
    along = base * gamma.transpose()
    moved = None if step is None else step * gamma.transpose()
    for r in range(base.nrows()):
        tau = _square(base, r)
        F = (x * tau).hypgeom_0f1(b)
        if step is None or moved is None:
            zonal = sum(
                (c * _solid(l, d, along[r, i], tau, arb(0), arb(0))[0] for i, c in enumerate(weights)), arb(0)
            )
            yield scale * F * zonal
            continue
        tau_slope = 2 * sum((base[r, i] * step[r, i] for i in range(base.ncols())), arb(0))
        zonal, slope = arb(0), arb(0)
        for i, c in enumerate(weights):
            value, derivative = _solid(l, d, along[r, i], tau, moved[r, i], tau_slope)
            zonal += c * value
            slope += c * derivative
        yield scale * (F * slope + (x * tau).hypgeom_0f1(b + 1) * x / b * tau_slope * zonal)


def _solid(l: int, d: int, t: arb, tau: arb, dt: arb, dtau: arb) -> tuple[arb, arb]:
    """`Q_l = τ^{l/2} P_l(t/√τ)` and its derivative as t and τ move by dt and dτ.

    Recurrence: `(i+d-2) Q_{i+1} = (2i+d-2) t Q_i - i τ Q_{i-1}`.
    """
    before, value, before_slope, slope = arb(0), arb(1), arb(0), arb(0)
    for i in range(l):
        # At i = 0 the formula is 0/0 for d = 2 and Q_1 = t for every other d.
        up, down = (arb(1), arb(0)) if i == 0 else (arb(2 * i + d - 2) / (i + d - 2), arb(i) / (i + d - 2))
        ahead = up * t * value - down * tau * before
        ahead_slope = up * (dt * value + t * slope) - down * (dtau * before + tau * before_slope)
        before, value, before_slope, slope = value, ahead, slope, ahead_slope
    return value, slope


def _energy(l: int, gamma: Any, weights: list[arb], d: int) -> arb:
    """`Σ_st c_s c_t P_l(γ_s·γ_t)` for unit γ."""
    gram, count = gamma * gamma.transpose(), len(weights)
    total = sum((c * c for c in weights), arb(0))
    for s in range(count):
        row = sum(
            (weights[t] * _solid(l, d, gram[s, t], arb(1), arb(0), arb(0))[0] for t in range(s)), arb(0)
        )
        total += 2 * weights[s] * row
    return total


def _signed_sum(signs: list[arb], values: list[arb]) -> arb:
    total = arb(0)
    for sign, value in zip(signs, values, strict=False):  # the row ends at the diagonal
        total += sign * value
    return total


def _with_tail(values: Sequence[arb], tail: arb) -> list[arb]:
    radius = arb(0, tail.upper())
    return [value + radius for value in values]


def _matrix(rows: Rows) -> Any:
    return arb_mat([[arb(float(each)) for each in row] for row in rows])


def _normalised(rows: Rows) -> Any:
    exact = [[arb(float(each)) for each in row] for row in rows]
    lengths = [sum((each * each for each in row), arb(0)).sqrt() for row in exact]
    return arb_mat([[each / length for each in row] for row, length in zip(exact, lengths, strict=True)])


def _square(matrix: Any, r: int) -> arb:
    """The squared length of row r."""
    return sum((matrix[r, i] ** 2 for i in range(matrix.ncols())), arb(0))


def _checked_shape(w0: Rows, a: Sequence[float], w: Rows, ridges: Sequence[RidgeData]) -> tuple[int, int]:
    m, d = len(w0), len(w0[0]) if len(w0) else 0
    degrees = [degree for degree, _, _ in ridges]
    shapes = [len(row) == d for rows in (w0, w, *(directions for _, directions, _ in ridges)) for row in rows]
    fits = m > 0 and d >= 3 and len(w) == len(a) == m and all(shapes)
    fits = fits and all(len(directions) == len(weights) for _, directions, weights in ridges)
    if not fits or len(set(degrees)) != len(degrees) or min(degrees, default=0) < 0:
        raise InputError(
            given=f"w0 with {m} rows of {d}, {len(w)} movements, {len(a)} signs, parts of degree {degrees}",
            allowed="matching shapes in dimension 3 or more, and one part of the target per degree, 0 or more",
            do="pass one sign and one movement per neuron; merge parts of one degree",
        )
    for name, rows in (("weight", w0), ("movement", w), ("sign", [a])):
        if not all(math.isfinite(each) for row in rows for each in row):
            raise InputError(
                given=f"a {name} that is not finite",
                allowed="finite numbers",
                do="check the training: it has diverged",
            )
    for degree, directions, weights in ridges:
        finite = all(math.isfinite(each) for row in (*directions, weights) for each in row)
        if not (finite and len(directions) > 0 and all(any(row) for row in directions)):
            raise InputError(
                given=f"a part of degree {degree} with {len(directions)} directions, finite: {finite}",
                allowed="one direction or more, none of length 0, and finite numbers",
                do="leave out a part of the target that has no direction; correct its numbers",
            )
    return m, d
