"""Claims on the infinite-width tangent kernel: its Mercer series, the formula for its eigenvalues, the trace."""

from __future__ import annotations

from functools import cache, partial

import sympy as sp
from flint import arb

from theory import spectrum, sphere
from theory.arithmetic import working_precision
from theory.coefficients import eigenvalue_ball
from theory.gegenbauer import gegenbauer_coefficient, harmonic_dimension, sincos_coefficient
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.spectrum_finite import torch_eigenvalues
from verify.evidence import Evidence, from_comparisons
from verify.exact import Identity, prove
from verify.quantity import ball, exact
from verify.verdict import Kind

d, u, z = sp.Symbol("d", positive=True), sp.Symbol("u"), sp.Symbol("z", real=True)
DEGREES = range(7)
PREC = 200
RADIUS = 1e-25  # relative; what counts as equal
PAPER = "Nichani, Bai, Lee 2022; the spectrum as in Ghorbani, Mei, Misiakiewicz, Montanari 2021"
LAMBDA = (
    r"\lambda_j = \frac{d}{B(d,j)}\left[1_{j\ge1}\frac{j+d-3}{2j+d-4}\,c_{j-1} "
    r"+ \frac{j+1}{2j+d}\,c_{j+1}\right]"
)
ENERGY = r"c_l = \mu_l(\sigma')^2 B(d,l)"
IN_D = "every real d > 2"


def mercer_series(context: Context) -> Evidence:
    """E_w (w·x)^p (w·y)^q against the Mercer series for all p, q <= 5: bilinear, hence every polynomial σ'."""
    pairs = [
        Identity(f"p = {p}, q = {q}", *spectrum.mercer(p, q, d, u)) for p in range(6) for q in range(p, 6)
    ]
    return prove(pairs, seed=context.seed)


def projection(context: Context, *, shift: int = 0) -> Evidence:
    """λ_j as the mean of d u κ(u) P_j(u), from the moments, for every c_0, …, c_7 at once."""
    c = sp.symbols(f"c:{8 + shift}")
    pairs = []
    for j in DEGREES:
        derived = sum((spectrum.projection(j, l, d) * c[l] for l in range(8)), sp.Integer(0))
        pairs.append(Identity(f"λ_{j}", derived, spectrum.eigenvalue(j, d, c[shift:])))
    return prove(pairs, seed=context.seed)


def recurrence(context: Context) -> Evidence:
    """λ_j as the coefficient of P_j in d u κ(u), from the three-term recurrence, which is proved too."""
    c = sp.symbols("c:8")
    pairs = [Identity(f"u P_{l}", *spectrum.multiplication(l, d, u)) for l in range(8)]
    for j in DEGREES:
        below = spectrum.multiplied(j, -1, d) * c[j - 1] if j else sp.Integer(0)
        derived = d * (below + spectrum.multiplied(j, 1, d) * c[j + 1]) / sphere.B(d, j)
        pairs.append(Identity(f"λ_{j}", derived, spectrum.eigenvalue(j, d, c)))
    return prove(pairs, seed=context.seed)


def kernel_integral(context: Context, *, shift: int = 0) -> Evidence:
    """The closed form of K for sin + cos, integrated against P_j, against the formula with c_l by 0F1."""
    comparisons = []
    for dimension in (3, 4, 8, 30, 100, 500):
        kernel = spectrum.sincos_kernel(z, sp.Integer(dimension))
        c = _sincos_energies(dimension, 7 + shift)
        for j in DEGREES:
            integral = gegenbauer_coefficient(kernel, z, j, dimension, prec=PREC)
            with working_precision(PREC):
                formula = eigenvalue_ball(j, dimension, dict(enumerate(c[shift:])))
                comparisons.append(relative(f"λ_{j} at d = {dimension}", integral, formula, d=dimension, j=j))
    return from_comparisons(comparisons)


def trace(context: Context, *, missing: int = 0) -> Evidence:
    """The sum over j for every c_0, …, c_6, and Σ c_l = E σ'² for every polynomial σ' of degree <= 5."""
    c = sp.symbols("c:7")
    left, right = spectrum.trace(d, c)
    for j in range(1, 6):
        left -= missing * spectrum.eigenvalue(j, d, c)
    pairs = [Identity("trace", left, right)]
    pairs += [
        Identity(f"energy of z^{p}, z^{q}", *spectrum.parseval(p, q, d))
        for p in range(6)
        for q in range(p, 6)
    ]
    return prove(pairs, seed=context.seed)


def trace_of_sincos(context: Context, *, missing: int = 0) -> Evidence:
    """Partial sums of λ_j B(d,j) up to j = 40 against d E σ'(z)² = d for sin + cos."""
    comparisons = []
    for dimension in (3, 4, 20, 100, 500):
        c = dict(enumerate(_sincos_energies(dimension, 41)))
        with working_precision(PREC):
            total = arb(0)
            for j in range(41):
                total += eigenvalue_ball(j, dimension, c) * (
                    harmonic_dimension(dimension, j) - missing * (j > 0)
                )
            comparisons.append(relative(f"trace at d = {dimension}", total, arb(dimension), d=dimension))
    return from_comparisons(comparisons)


def relative(label: str, value: arb, stated: arb, **where: object) -> Comparison:
    """Two balls that should be equal, relative to the stated one; the ball of the difference is the evidence."""
    with working_precision(PREC):
        gap = value / stated - 1
    return compare(
        label,
        IDENTITY,
        ball(gap),
        exact(0),
        resolution=RADIUS,
        reason="both balls have relative radii below 1e-30",
        parameters=where,
    )


@cache
def _sincos_energies(dimension: int, top: int) -> tuple[arb, ...]:
    """c_0, …, c_top of sin + cos by 0F1."""
    with working_precision(PREC):
        mu = [sincos_coefficient(l, 1, dimension, prec=PREC) for l in range(top + 1)]
        return tuple(m * m * harmonic_dimension(dimension, l) for l, m in enumerate(mu))


CLAIMS = (
    Claim(
        id="spectrum.mercer",
        title="Mercer series of the kernel",
        statement=r"K(x,y) = d\,u\,\kappa(u), \quad \kappa(u) = \mathbb{E}_w\,\sigma'(w\cdot x)\,\sigma'(w\cdot y) "
        rf"= \sum_l c_l P_l(u), \quad u = x\cdot y/d, \quad {ENERGY}, \quad \deg\sigma' \le 5",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"$w$ uniform on the unit sphere, $\|x\| = \|y\| = \sqrt d$",),
        depends_on=("sphere.addition", "sphere.expansion"),
        checks=(Check(Kind.SYMBOLIC, mercer_series, scope=f"{IN_D}, every angle, deg σ' ≤ 5", general=True),),
    ),
    Claim(
        id="spectrum.eigenvalue-formula",
        title="Eigenvalues of the kernel",
        statement=rf"{LAMBDA}, \quad {ENERGY}, \quad j \le 6",
        bound=IDENTITY,
        source=PAPER,
        assumptions=(r"$K(x,y) = d\,u\,\kappa(u)$ with $\kappa = \sum_l c_l P_l$",),
        depends_on=("spectrum.mercer", "sphere.funk-hecke", "sphere.counting"),
        checks=(
            Check(Kind.SYMBOLIC, projection, scope=f"{IN_D}, every c_l, j = 0…6, by moments", general=True),
            Check(
                Kind.SYMBOLIC, recurrence, scope=f"{IN_D}, every c_l, j = 0…6, by recurrence", general=True
            ),
            Check(Kind.ENCLOSURE, kernel_integral, scope="sin + cos, d = 3, 4, 8, 30, 100, 500, j = 0…6"),
            Check(
                Kind.PROPERTY, torch_eigenvalues, scope="torch by two routes, every built-in σ, d ≤ 12, j ≤ 2"
            ),
        ),
    ),
    Claim(
        id="spectrum.trace",
        title="Trace of the kernel",
        statement=r"\sum_j \lambda_j\,B(d,j) = d\sum_l c_l = d\,\mathbb{E}\,\sigma'(z)^2, \quad \deg\sigma' \le 5",
        bound=IDENTITY,
        source=PAPER,
        depends_on=("spectrum.eigenvalue-formula", "sphere.counting"),
        checks=(
            Check(Kind.SYMBOLIC, trace, scope=f"{IN_D}, every c_l, deg σ' ≤ 5", general=True),
            Check(Kind.ENCLOSURE, trace_of_sincos, scope="sin + cos, d = 3, 4, 20, 100, 500, j = 0…40"),
        ),
    ),
    Claim(
        id="control.eigenvalue-index",
        title="Eigenvalues with the index shifted by one",
        statement=LAMBDA.replace("c_{j-1}", "c_j").replace("c_{j+1}", "c_{j+2}"),
        bound=IDENTITY,
        source="control",
        control_of="spectrum.eigenvalue-formula",
        fault="c_{l+1} in the place of c_l",
        checks=(
            Check(Kind.SYMBOLIC, partial(projection, shift=1), scope=f"{IN_D}, j = 0…6", general=True),
            Check(Kind.ENCLOSURE, partial(kernel_integral, shift=1), scope="sin + cos, d = 3…500, j = 0…6"),
        ),
    ),
    Claim(
        id="control.trace-multiplicity",
        title="Trace with multiplicities off by one",
        statement=r"\lambda_0 + \sum_{j\ge1} \lambda_j\,(B(d,j) - 1) = d\,\mathbb{E}\,\sigma'(z)^2",
        bound=IDENTITY,
        source="control",
        control_of="spectrum.trace",
        fault="multiplicity B(d,j) - 1",
        checks=(
            Check(Kind.SYMBOLIC, partial(trace, missing=1), scope=IN_D, general=True),
            Check(Kind.ENCLOSURE, partial(trace_of_sincos, missing=1), scope="sin + cos, d = 3…500"),
        ),
    ),
)
