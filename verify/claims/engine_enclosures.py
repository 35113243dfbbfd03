"""Claims on rigorous risks and spectra: each ball holds the value that a slow reading of it gives.

The other side is quadrature for each pair of neurons at 400 bits, and five times as many degrees of the spectrum.
"""

from __future__ import annotations

import itertools
import random
from functools import partial

import sympy as sp
from flint import arb, fmpq

from theory.activation import builtin
from theory.arithmetic import working_precision
from theory.certified_risk import certified_risk
from theory.eigenvalues import Spectrum, gap, spectrum
from theory.gegenbauer import gegenbauer_coefficient
from theory.learning_curve import estimate
from training.sphere import harmonic_count
from verify.bound import IDENTITY, UPPER, compare
from verify.claim import Check, Claim, Context
from verify.claims.enclosed import PREC, encloses
from verify.claims.engine_objective import Balls, Rows, balls, dot, wave_form
from verify.evidence import Evidence, from_comparisons
from verify.quantity import exact
from verify.verdict import Kind

PROJECT = "this project"
z = sp.Symbol("z", real=True)


def risks(context: Context, *, cross: int = 2) -> Evidence:
    """The test error and its parts, from quadrature of one integral for each pair, with directions of any length.

    Args:
        context: The context.
        cross: For controls: how often the mixed term counts.
    """
    compared = []
    for d, m, size in ((3, 4, 1.0), (5, 6, 1.0), (12, 4, 0.5)):
        rng = random.Random(context.seed + d)
        w0, w = ([[rng.randint(-64, 64) / 64 * size for _ in range(d)] for _ in range(m)] for _ in range(2))
        w0[1], w[1] = [-each for each in w0[0]], [-each for each in w[0]]  # as far apart as rows can be
        w0[3] = w0[2]
        a = [rng.choice((-1.0, 1.0)) for _ in range(m)]
        ridges = [
            (l, [[rng.randint(-32, 32) / 16 for _ in range(d)] for _ in range(2)], [1.0, -0.75])
            for l in (0, 1, 2, 3)
        ]
        found = certified_risk(w0, a, w, ridges)
        linear = certified_risk(w0, a, w, ridges[:1], linear=True)
        with working_precision(PREC):
            u = balls([[p + q for p, q in zip(*rows, strict=True)] for rows in zip(w0, w, strict=True)])
            moment = _second_moment(u, a, d)
            mixed, null = (
                sum(parts, arb(0)) for parts in zip(*(_target(u, a, each, d) for each in ridges), strict=True)
            )
            values = {
                "E f²": (found.moment, moment),
                "E f f*": (found.cross, mixed),
                "E f*²": (found.null, null),
                "risk": (found.value, moment - cross * mixed + null),
                "E f_L²": (linear.moment, _linear_moment(balls(w0), balls(w), a, d)),
            }
        compared += [encloses(label, *pair, parameters={"d": d, "m": m}) for label, pair in values.items()]
    return from_comparisons(compared)


def effective_ridge(context: Context) -> Evidence:
    """κ and E_0 of the learning curve from certified eigenvalues of five times as many degrees."""
    compared = []
    for name, d, n in (("tanh-shift", 3, 30), ("tanh-shift", 6, 100), ("sincos", 4, 12)):
        ridge = fmpq(1, 1000)
        found = estimate(builtin(name), d, n, {1: 1}, ridge=ridge)
        more = spectrum(builtin(name), d, top=_MORE)
        with working_precision(PREC):
            kappa = _solved(more, n, more.trace * arb(ridge))
            shares = [value / (value + kappa) for value in more.eigenvalues]
            squares = sum(
                (harmonic_count(d, l) * share * share for l, share in enumerate(shares)), arb(0)
            ) + (more.rest * more.beyond / kappa**2).union(0)
            inflation = n / (n - squares)
        where = {"activation": name, "d": d, "n": n}
        compared.append(encloses("κ", found.kappa, kappa, parameters=where))
        compared.append(encloses("E_0", found.inflation, inflation, parameters=where))
    return from_comparisons(compared)


def beyond(context: Context) -> Evidence:
    """The bound on eigenvalues that were not computed, and what the trace leaves, against more degrees.

    Trace and eigenvalues themselves are taken as they are: they have their own checks (``spectrum.trace``,
    ``spectrum.eigenvalue-formula``).
    """
    compared = []
    for name, d in itertools.product(("sincos", "tanh-shift"), (3, 10, 60)):
        more = spectrum(builtin(name), d, top=12)
        for top in (1, 2, 3, 5):
            found = spectrum(builtin(name), d, top=top)
            where = {"activation": name, "d": d, "top": top}
            with working_precision(PREC):
                known = sum((harmonic_count(d, l) * more.eigenvalues[l] for l in range(top + 1, 13)), arb(0))
                rest = known + more.rest
            for l in range(top + 1, 13):
                room = (more.eigenvalues[l] - found.beyond.upper()).lower()
                compared.append(
                    compare(
                        "λ_l less the bound, l > top",
                        UPPER,
                        exact(int(room > 0)),
                        exact(0),
                        parameters={**where, "l": l},
                    )
                )
            overlap = int(rest.overlaps(found.rest))
            compared.append(
                compare("rest of the trace", IDENTITY, exact(overlap), exact(1), parameters=where)
            )
        for k in (1, 2, 3, 5):
            behind = gap(builtin(name), d, k)
            sides = {
                "lowest λ_j, j ≤ k": [behind.lowest - each for each in more.eigenvalues[: k + 1]],
                "highest λ_j, j > k": [each - behind.highest for each in more.eigenvalues[k + 1 :]],
            }
            for label, differences in sides.items():
                wrong = sum(difference > 0 for difference in differences)
                compared.append(
                    compare(label, UPPER, exact(wrong), exact(0), parameters={"σ": name, "d": d, "k": k})
                )
    return from_comparisons(compared)


_MORE = 60


def _second_moment(u: Balls, a: list[float], d: int) -> arb:
    total = arb(0)
    for r, s in itertools.product(range(len(u)), repeat=2):
        v = [p - q for p, q in zip(u[r], u[s], strict=True)]
        length = _root(dot(v, v))
        mean = gegenbauer_coefficient(sp.cos(length * z), z, 0, d, prec=PREC) if length else arb(1)
        total += arb(a[r]) * arb(a[s]) * mean
    return total / len(u)


def _linear_moment(w0: Balls, w: Balls, a: list[float], d: int) -> arb:
    total = arb(0)
    for r, s in itertools.product(range(len(w0)), repeat=2):
        v = [p - q for p, q in zip(w0[r], w0[s], strict=True)]
        total += arb(a[r]) * arb(a[s]) * wave_form(v, w[r], w[s], d)
    return total / len(w0)


def _target(u: Balls, a: list[float], ridge: tuple[int, Rows, list[float]], d: int) -> tuple[arb, arb]:
    """E f q and E q² for q = Σ_s c_s √B P_l(γ_s·x/√d), by the formula of Funk and Hecke."""
    l, directions, coefficients = ridge
    unit = [[each / dot(row, row).sqrt() for each in row] for row in balls(directions)]
    c = [arb(each) for each in coefficients]
    mixed = arb(0)
    for sign, row in zip(a, u, strict=True):
        length = _root(dot(row, row))
        mean = gegenbauer_coefficient(sp.sin(length * z) + sp.cos(length * z), z, l, d, prec=PREC)
        along = [_legendre(l, d, dot(row, gamma) / dot(row, row).sqrt()) for gamma in unit]
        mixed += arb(sign) * mean * sum((p * q for p, q in zip(c, along, strict=True)), arb(0))
    null = sum(
        (c[s] * c[t] * _legendre(l, d, dot(unit[s], unit[t])) for s in range(len(c)) for t in range(len(c))),
        arb(0),
    )
    return mixed * arb(harmonic_count(d, l)).sqrt() / arb(len(u)).sqrt(), null


def _legendre(l: int, d: int, t: arb) -> arb:
    """P_l by its first formulas."""
    if l < 2:
        return t**l if l else arb(1)
    return (d * t * t - 1) / (d - 1) if l == 2 else ((d + 2) * t**3 - 3 * t) / (d - 1)


def _solved(found: Spectrum, n: int, delta: arb) -> arb:
    """A ball for the root of Σ λ_i/(λ_i+κ) + δ/κ = n: the degrees that are missing are put at either end."""

    def excess(kappa: arb, *, most: bool) -> arb:
        shares = (
            harmonic_count(found.d, l) * value / (value + kappa) for l, value in enumerate(found.eigenvalues)
        )
        rest = found.rest.upper() / kappa if most else arb(0)
        return delta / kappa + sum(shares, arb(0)) + rest - n

    ends = []
    for most in (False, True):
        low, high = arb("1e-9"), arb("1e9")
        for _ in range(300):
            middle = arb((low * high).sqrt().mid())
            if excess(middle, most=most).mid() > 0:
                low = middle
            else:
                high = middle
        ends.append(low)
    return ends[0].union(ends[1])


def _root(square: arb) -> sp.Expr:
    """The root of an exact dyadic number."""
    mantissa, exponent = square.man_exp()
    return sp.sqrt(sp.Rational(int(mantissa)) * sp.Integer(2) ** int(exponent))


CLAIMS = (
    Claim(
        id="engine.risk",
        title="The ball of the test error holds its value",
        statement=r"\mathbb{E}(f - f^*)^2 \in [\mathbb{E}(f - f^*)^2]",
        bound=UPPER,
        source=PROJECT,
        depends_on=("engine.balls", "sphere.funk-hecke"),
        checks=(
            Check(
                Kind.ENCLOSURE,
                risks,
                scope="d = 3, 5, 12, degrees 0 to 3, opposite and repeated rows, directions of any length",
            ),
        ),
    ),
    Claim(
        id="engine.spectrum",
        title="What the computed degrees leave is bounded",
        statement=r"\lambda_j \le \beta \ (j > J), \quad \underline\lambda_k \le \lambda_j \ (j \le k), \quad "
        r"\lambda_j \le \overline\lambda_k \ (j > k), \quad \kappa \in [\kappa], \quad E_0 \in [E_0]",
        bound=UPPER,
        source=PROJECT,
        depends_on=("spectrum.eigenvalue-formula", "spectrum.trace"),
        checks=(
            Check(Kind.ENCLOSURE, beyond, scope="two activations, d = 3, 10, 60, J = 1, 2, 3, 5, j ≤ 12"),
            Check(Kind.ENCLOSURE, effective_ridge, scope="tanh(z + 1/2) and sin + cos, d = 3, 4, 6"),
        ),
    ),
    Claim(
        id="control.risk-mixed-once",
        title="The test error with its mixed term once",
        statement=r"\mathbb{E}(f - f^*)^2 = \mathbb{E} f^2 - \mathbb{E} f f^* + \mathbb{E} f^{*2}",
        bound=UPPER,
        source="control",
        control_of="engine.risk",
        fault="factor 2 dropped",
        checks=(Check(Kind.ENCLOSURE, partial(risks, cross=1), scope="the same networks"),),
    ),
)
