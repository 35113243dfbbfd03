"""Claims on the eigenvalues of the kernel for large dimension: exponents 1 - j with their rate, and the limit."""

from __future__ import annotations

from functools import partial

import sympy as sp
from flint import arb

from theory import eigenvalues, spectrum
from theory.activation import builtin
from theory.arithmetic import working_precision
from verify.bound import LIMIT, UPPER, Comparison, compare, rate
from verify.claim import Check, Claim, Context
from verify.claims.eigenvalues import SAMPLED, extreme
from verify.claims.spectrum import PAPER, PREC
from verify.claims.twins import ACTIVATIONS
from verify.evidence import Evidence, Series, from_comparisons
from verify.exact import Identity, prove
from verify.quantity import ball, exact
from verify.verdict import Kind

TOP = eigenvalues.TOP
DEGREES = range(TOP + 1)
SLOPE_BOUND = 30  # of d |slope - (1-j)|, whose limit for j <= 6 is at most 29.1
FAR = 4096  # where slopes and scaled eigenvalues are held against their limits


def exponents(context: Context, *, shift: int = 0, names: tuple[str, ...] | None = None) -> Evidence:
    """Slopes of λ_j between d and 2d: within 30/d of 1-j, and d times the difference tends to -κ_j/(2 log 2)."""
    dimensions = context.pick(SAMPLED[:-1], range(3, 251))
    names = names or context.pick(ACTIVATIONS[:2], ACTIVATIONS)
    comparisons, series = [], []
    for name in names:
        for j in DEGREES:
            claimed, sigma = min(1 - j, 0) - shift, builtin(name)
            with working_precision(PREC):
                gaps = {at: at * (eigenvalues.exponent(sigma, j, at) - claimed) for at in dimensions}
                at, largest = extreme({at: abs(gap) for at, gap in gaps.items()}, largest=True)
                far = FAR * (eigenvalues.exponent(sigma, j, FAR) - claimed)
                kappa = eigenvalues.limits(sigma, j)[1]
                limit = -kappa / (2 * arb(2).log())
            comparisons += [
                compare(
                    f"slope of λ_{j} between 250 and 500, {name}",
                    rate(str(claimed)),
                    ball(eigenvalues.exponent(sigma, j, 250)),
                    exact(claimed),
                    resolution=SLOPE_BOUND / 250,
                    reason="the slope differs from its limit by at most 30/d",
                    parameters={"activation": name, "j": j, "d": 250},
                ),
                compare(
                    f"d |slope - ({claimed})| of λ_{j}, {name}, largest",
                    UPPER,
                    ball(largest),
                    exact(SLOPE_BOUND),
                    parameters={"activation": name, "j": j, "d": at},
                ),
                _near(f"d (slope - ({claimed})) of λ_{j}, {name}", far, limit, kappa, name, j),
            ]
            series += [_slopes(j, gaps)] if name == names[0] else []
    return from_comparisons(comparisons, series=tuple(series))


def hermite_limit(context: Context, *, shift: int = 0) -> Evidence:
    """λ_j d^{j-1} at 1/d = 0 for every h, and h_l, r_l of every monomial of degree <= 5 from its exact c_l(d)."""
    eps = sp.Symbol("epsilon", positive=True)
    h = sp.symbols(f"h:{TOP + 2 + shift}")
    pairs = [
        Identity(f"limit of λ_{j}", spectrum.scaled(j, eps, h).subs(eps, 0), spectrum.limit(j, h[shift:]))
        for j in DEGREES
    ]
    for l in range(TOP):
        for p in range(TOP):
            first, second = spectrum.energy_expansion(l, p)
            pairs += [Identity(f"h_{l} of z^{p}", *first), Identity(f"r_{l} of z^{p}", *second)]
    return prove(pairs, seed=context.seed)


def hermite_rate(context: Context, *, shift: int = 0, names: tuple[str, ...] | None = None) -> Evidence:
    """Far out, d (λ_j d^{j-1}/Λ_j - 1) against its limit κ_j, which the Hermite coefficients of σ' give."""
    names = names or context.pick(ACTIVATIONS[:2], ACTIVATIONS)
    comparisons = []
    for name in names:
        for j in DEGREES:
            sigma = builtin(name)
            with working_precision(PREC):
                limit, kappa = eigenvalues.limits(sigma, j)
                value = eigenvalues.spectrum(sigma, FAR).eigenvalues[j]
                gap = FAR * (value * arb(FAR) ** (max(j - 1, 0) + shift) / limit - 1)
            comparisons.append(
                _near(f"d (λ_{j} d^{max(j - 1, 0)}/Λ_{j} - 1), {name}", gap, kappa, kappa, name, j)
            )
    return from_comparisons(comparisons)


def _near(label: str, value: arb, limit: arb, kappa: arb, name: str, j: int) -> Comparison:
    return compare(
        label,
        LIMIT,
        ball(value),
        ball(limit),
        resolution=(4 + float(kappa) ** 2) / FAR,
        reason="the next order is C/d, C of the order of κ_j²",
        parameters={"activation": name, "j": j, "d": FAR},
    )


def _slopes(j: int, gaps: dict[int, arb]) -> Series:
    return Series(
        "ntk-exponents",
        f"j = {j}",
        tuple(float(at) for at in gaps),
        tuple(float(value) for value in gaps.values()),
        x_label="dimension $d$",
        y_label=r"$d\,(\mathrm{slope} - (1-j))$",
        log="x",
    )


CLAIMS = (
    Claim(
        id="spectrum.exponents",
        title="Exponents of the eigenvalues",
        statement=r"s_j(d) = \log_2\frac{\lambda_j(2d)}{\lambda_j(d)} = 1 - j - \frac{\kappa_j}{2\log 2}\,d^{-1} "
        r"+ O(d^{-2}), \quad |s_j(d) - (1-j)| \le \frac{30}{d}, \quad 1 \le j \le 6; \quad s_0(d) \to 0",
        bound=LIMIT,
        source=PAPER,
        assumptions=(r"$h_{j-1} \ne 0$; here for the four built-in activations that are admissible",),
        depends_on=("spectrum.enclosures", "spectrum.hermite-limit"),
        checks=(
            Check(
                Kind.ENCLOSURE, exponents, scope="d = 3…500 and 4096, four activations (quick: two), j = 0…6"
            ),
        ),
    ),
    Claim(
        id="spectrum.hermite-limit",
        title="Eigenvalues in the limit of large dimension",
        statement=r"\lambda_j\,d^{\,j-1} = j!\,h_{j-1}\,(1 + \kappa_j/d + O(d^{-2})), \quad \lambda_0 \to h_1, "
        r"\quad h_l = \frac{(\mathbb{E}\,\sigma'(g)\,\mathrm{He}_l(g))^2}{l!}, \quad 1 \le j \le 6",
        bound=LIMIT,
        source=PAPER,
        assumptions=(
            r"$g$ standard normal",
            r"$c_l = h_l + r_l/d + O(d^{-2})$: derived for $\deg\sigma' \le 5$, enclosed for four activations",
        ),
        depends_on=("spectrum.eigenvalue-formula", "sphere.hermite-limit"),
        checks=(
            Check(Kind.SYMBOLIC, hermite_limit, scope="every h_l, j = 0…6", general=True),
            Check(Kind.ENCLOSURE, hermite_rate, scope="d = 4096, four activations (quick: two), j = 0…6"),
        ),
    ),
    Claim(
        id="control.spectrum-exponent",
        title="Exponent -j for 1 - j",
        statement=r"\log_2(\lambda_j(2d)/\lambda_j(d)) \to -j",
        bound=LIMIT,
        source="control",
        control_of="spectrum.exponents",
        fault="exponent -j for 1 - j",
        checks=(
            Check(
                Kind.ENCLOSURE,
                partial(exponents, shift=1, names=("sincos",)),
                scope="sin + cos, d = 3…500 and 4096",
            ),
        ),
    ),
    Claim(
        id="control.hermite-index",
        title="Limit with h_j for h_{j-1}",
        statement=r"\lambda_j\,d^{\,j-1} \to j!\,h_j",
        bound=LIMIT,
        source="control",
        control_of="spectrum.hermite-limit",
        fault="index of h shifted by one; the power of d is one too large in the enclosure",
        checks=(
            Check(Kind.SYMBOLIC, partial(hermite_limit, shift=1), scope="every h_l", general=True),
            Check(
                Kind.ENCLOSURE, partial(hermite_rate, shift=1, names=("sincos",)), scope="sin + cos, d = 4096"
            ),
        ),
    ),
)
