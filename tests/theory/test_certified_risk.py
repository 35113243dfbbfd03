import math
import random

import mpmath
import pytest
from flint import arb, ctx

from theory import certified_risk as module
from theory.certified_risk import certified_risk, wave_polynomial
from theory.errors import InputError


def draw(m: int, d: int, *, seed: int = 1) -> tuple[list[list[float]], list[float], list[list[float]]]:
    rng = random.Random(seed)

    def rows(scale: float) -> list[list[float]]:
        return [[scale * rng.gauss(0, 1) for _ in range(d)] for _ in range(m)]

    return rows(0.6), [rng.choice((-1.0, 1.0)) for _ in range(m)], rows(0.4)


def unit(rows: list[list[float]]) -> list[list[mpmath.mpf]]:
    return [[each / mpmath.sqrt(mpmath.fdot(row, row)) for each in row] for row in rows]


def wave(d: int, s: mpmath.mpf) -> mpmath.mpf:
    return mpmath.hyp0f1(mpmath.mpf(d) / 2, -d * s / 4)


def legendre(l: int, d: int, u: mpmath.mpf) -> mpmath.mpf:
    return mpmath.gegenbauer(l, mpmath.mpf(d) / 2 - 1, u) / mpmath.gegenbauer(l, mpmath.mpf(d) / 2 - 1, 1)


def count(d: int, l: int) -> int:
    return (2 * l + d - 2) * math.comb(l + d - 3, l - 1) // l


def reference(
    w0: list[list[float]],
    a: list[float],
    w: list[list[float]],
    ridges: list[tuple[int, list, list]],
    *,
    h: float,
) -> tuple[mpmath.mpf, ...]:
    """E f², E f f* and E f*² of the network at w0 + h w by 40-digit sums; the cross terms by quadrature."""
    m, d = len(w0), len(w0[0])
    u = [
        [mpmath.mpf(p) + h * mpmath.mpf(q) for p, q in zip(*pair, strict=True)]
        for pair in zip(w0, w, strict=True)
    ]
    moment = mpmath.mpf(0)
    for r in range(m):
        for s in range(m):
            square = sum((p - q) ** 2 for p, q in zip(u[r], u[s], strict=True))
            moment += a[r] * a[s] * wave(d, square)
    cross, null = mpmath.mpf(0), mpmath.mpf(0)
    for l, directions, weights in ridges:
        gamma = unit(directions)
        for r in range(m):
            length = mpmath.sqrt(mpmath.fdot(u[r], u[r]))

            def density(z: mpmath.mpf) -> mpmath.mpf:
                return (1 - z * z / d) ** (mpmath.mpf(d - 3) / 2)

            def integrand(z: mpmath.mpf, l: int = l, length: mpmath.mpf = length) -> mpmath.mpf:
                value = mpmath.sin(length * z) + mpmath.cos(length * z)
                return value * legendre(l, d, z / mpmath.sqrt(d)) * density(z)

            ends = [-mpmath.sqrt(d), 0, mpmath.sqrt(d)]
            mu = mpmath.quad(integrand, ends) / mpmath.quad(density, ends)
            for c, g in zip(weights, gamma, strict=True):
                cross += (
                    a[r] * c * mpmath.sqrt(count(d, l)) * mu * legendre(l, d, mpmath.fdot(u[r], g) / length)
                )
        null += sum(
            mpmath.mpf(c) * b * legendre(l, d, mpmath.fdot(g, e))
            for c, g in zip(weights, gamma, strict=True)
            for b, e in zip(weights, gamma, strict=True)
        )
    return moment / m, cross / mpmath.sqrt(m), null


def near(enclosure: arb, value: mpmath.mpf, digits: int) -> bool:
    with mpmath.workdps(40):
        return abs(enclosure - arb(mpmath.nstr(value, 35))) < arb(10) ** -digits


# In odd dimension the density of a coordinate is a polynomial, so quadrature has all its digits.
RIDGES = [
    (1, [[1.0, 2.0, 0.5, -1.0, 0.25]], [0.7]),
    (3, [[0.3, -0.4, 1.0, 0.2, 0.1], [1.0, 1.0, -1.0, 0.5, 2.0]], [0.5, -0.6]),
]


def test_ball_holds_the_value_of_a_slow_sum() -> None:
    w0, a, w = draw(3, 5)
    found = certified_risk(w0, a, w, RIDGES)
    with mpmath.workdps(40):
        moment, cross, null = reference(w0, a, w, RIDGES, h=1)
    ctx.prec = 160
    try:
        assert near(found.moment, moment, 20) and near(found.cross, cross, 18) and near(found.null, null, 20)
        assert found.value.rad() < 1e-20
        assert (found.moment - 2 * found.cross + found.null).overlaps(found.value)
    finally:
        ctx.prec = 53


def test_linear_part_is_the_derivative_of_the_network() -> None:
    """E f_L f* is the slope of E f f* along w, and E f_L² the mixed slope of the double sum."""
    m, d = 4, 5
    w0, a, w = draw(m, d)
    w0[3] = w0[0]  # rows that coincide are merged
    found = certified_risk(w0, a, w, RIDGES, linear=True)
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -12

        def pair(t: mpmath.mpf, tau: mpmath.mpf) -> mpmath.mpf:
            total = mpmath.mpf(0)
            for r in range(m):
                for s in range(m):
                    square = sum((w0[r][i] + t * w[r][i] - w0[s][i] - tau * w[s][i]) ** 2 for i in range(d))
                    total += a[r] * a[s] * wave(d, square)
            return total / m

        moment = (pair(h, h) - pair(h, -h) - pair(-h, h) + pair(-h, -h)) / (4 * h * h)
        slope = (reference(w0, a, w, RIDGES[:1], h=h)[1] - reference(w0, a, w, RIDGES[:1], h=-h)[1]) / (2 * h)
    one = certified_risk(w0, a, w, RIDGES[:1], linear=True)
    assert abs(float(found.moment) - float(moment)) < 1e-14
    assert abs(float(one.cross) - float(slope)) < 1e-14


@pytest.mark.parametrize("d", [3, 50])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_remainder_covers_what_the_polynomial_leaves_out(d: int, order: int) -> None:
    ctx.prec = 250
    try:
        for largest in (0.0, 1.0, 12.5):
            polynomial, tail = wave_polynomial(d, order, largest)
            scale = arb(1)
            for i in range(order):
                scale = scale * (arb(-d) / 4) / (arb(d) / 2 + i)
            for s in (0, largest / 3, largest):
                exact = scale * (arb(-d) * arb(s) / 4).hypgeom_0f1(arb(d) / 2 + order)
                assert not abs(polynomial(arb(s)) - exact) > tail
            assert tail < 1e-24
            # Half of the terms would not do: the bound is not just generous.
            short = type(polynomial)(polynomial.coeffs()[: polynomial.length() // 2])
            if largest == 12.5:
                assert abs(short(arb(largest)) - exact) > tail
    finally:
        ctx.prec = 53


def test_remainder_of_a_short_series_is_the_whole_geometric_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """|c_N| L^N/(1 - θ), written out, where θ is not small: without 1/(1 - θ) the bound would be another."""
    monkeypatch.setattr(module, "_TAIL_BITS", -4)
    d, order, largest = 5, 1, 6.0
    polynomial, tail = wave_polynomial(d, order, largest)
    count = polynomial.length()

    def size(p: int) -> float:
        below = math.prod(d / 2 + order + i for i in range(p))
        return (d / 4) ** order / (d / 2) * (d / 4) ** p / (math.factorial(p) * below) * largest**p

    theta = d / 4 * largest / ((count + 1) * (d / 2 + order + count))
    assert theta > 0.3
    assert math.isclose(float(tail), size(count) / (1 - theta), rel_tol=1e-12)


@pytest.mark.parametrize("linear", [False, True])
def test_ball_of_a_short_series_still_holds_the_value(monkeypatch: pytest.MonkeyPatch, linear: bool) -> None:
    """With a few terms of j the ball is wide: the remainder is in it, and the value too."""
    w0, a, w = draw(3, 5)
    narrow = certified_risk(w0, a, w, RIDGES, linear=linear)
    monkeypatch.setattr(module, "_TAIL_BITS", 4)
    wide = certified_risk(w0, a, w, RIDGES, linear=linear)
    assert wide.moment.contains(narrow.moment) and wide.value.contains(narrow.value)
    assert 1e-4 < wide.value.rad() < 10
    assert abs(wide.moment.mid() - narrow.moment) > 1e-12  # the polynomial alone misses the value


def test_long_weights_cost_precision_but_not_rigour() -> None:
    """At ‖u‖ of 6 the series of j reaches e^{70}; the ball stays narrow and below the largest value, m."""
    w0, a, w = draw(2, 5)
    long = [[6 * each / math.sqrt(sum(x * x for x in row)) for each in row] for row in w0]
    found = certified_risk(long, a, [[0.0] * 5] * 2, [])
    with mpmath.workdps(80):
        square = sum((mpmath.mpf(p) - mpmath.mpf(q)) ** 2 for p, q in zip(*long, strict=True))
        stated = 1 + a[0] * a[1] * wave(5, square)
    assert abs(float(found.moment) - float(stated)) < 1e-15 and found.moment.rad() < 1e-18


def test_bad_input_is_named() -> None:
    w0, a, w = draw(2, 4)
    with pytest.raises(InputError, match="one part of the target per degree"):
        certified_risk(*draw(2, 5), [RIDGES[0], RIDGES[0]])
    with pytest.raises(InputError, match="matching shapes"):
        certified_risk(w0, a[:1], w, [])
    with pytest.raises(InputError, match="not finite"):
        certified_risk(w0, a, [[math.nan] * 4] * 2, [])
    with pytest.raises(InputError, match="sign that is not finite"):
        certified_risk(w0, [1.0, math.inf], w, [])
    for ridge in (
        (1, [[1.0, math.nan, 0.0, 0.0]], [1.0]),
        (1, [[1.0, 0.0, 0.0, 0.0]], [math.nan]),
        (1, [[0.0] * 4], [1.0]),
        (1, [], []),
    ):
        with pytest.raises(InputError, match="part of degree 1"):
            certified_risk(w0, a, w, [ridge])
    with pytest.raises(InputError, match="0 or more"):
        certified_risk(w0, a, w, [(-1, [[1.0, 0.0, 0.0, 0.0]], [1.0])])
    with pytest.raises(InputError, match="so long"):
        certified_risk([[100.0] * 4] * 2, a, w, [])
