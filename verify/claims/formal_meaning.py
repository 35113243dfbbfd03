"""Claims that what the single files of proofs define means what SymPy derives: landscape, certificate, spheres.

As in `formal_model`: the value that a derivation gives at random rational data must be that of the Coq term, and
the kernel decides. The derivations take another route than the definitions: blocks of a quadratic form are second
derivatives of the form, means over signs are SymPy's, Legendre polynomials come from the explicit Gegenbauer sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np
import sympy as sp

from theory import expansion, landscape, signs, spectrum, sphere
from theory.expansion import at_sample, l, l2, m, n, p, q, w
from verify.bound import IDENTITY
from verify.claim import Check, Claim, Context
from verify.claims.formal import LAYER
from verify.claims.formal_values import EQUAL, NU, UNEQUAL, K, M, N, V, draw, function, number, preamble
from verify.evidence import Evidence
from verify.instances import Instance, hold
from verify.verdict import Kind

Values = Iterator[tuple[str, Fraction]]
MODEL = ("f_L", "f_Q", "polar", "feature", "inner", "apply", "along", "signed", "dot", "delta")
SCOPE = "random rational data, cubic σ, m = 4, n = 2, d = 2 and 3"


@dataclass(frozen=True)
class Meaning:
    """What one module defines.

    Attributes:
        module: The module.
        values: Coq terms with their exact values, drawn with a generator.
        unfolded: Definitions to unfold, those that use others first.
        computed: Recursive definitions.
        imports: Modules besides its own whose names occur.
    """

    module: str
    values: Callable[[np.random.Generator], Values]
    unfolded: tuple[str, ...]
    computed: tuple[str, ...] = ()
    imports: str = "Sums Model"


def agree(context: Context, *, meaning: Meaning, faulty: bool = False) -> Evidence:
    """Each definition of a module at random numbers against the derived value; `faulty` doubles the first value."""
    rng = context.rng("cases")
    found = [pair for _ in range(context.pick(1, 4, 16)) for pair in meaning.values(rng)]
    instances = [
        Instance(
            f"{term.split()[0].strip('(')}, number {k}",
            f"{term} = {number(value * (2 if faulty and not k else 1))}",
        )
        for k, (term, value) in enumerate(found)
    ]
    setup = preamble(f"{meaning.imports} {meaning.module}".strip(), meaning.unfolded, meaning.computed)
    return hold(LAYER, meaning.module, instances, preamble=setup, proof=EQUAL, refutation=UNEQUAL)


def landscape_values(rng: np.random.Generator) -> Values:
    """Model, loss and the sums of the landscape identity for the loss (z - y)²; W_L is V here, and so is W_Q."""
    case = draw(rng)
    at, sigma = case.coq, case.sigma
    model = f"{M} {case.d} {at['a']} {at['w0']}"
    sample = f"{at['s1']} {at['s2']} {N} {model}"
    slope, bend = f"(fun p z => 2 * (z - {at['Y']} p))", "(fun p z => 2)"
    named = {
        name: expression.subs(landscape.u, V) for name, expression in landscape.terms(_squared, sigma).items()
    }
    yield (
        f"second_order {at['s1']} {at['s2']} {model} {at['W']} {at['x']}",
        case.value(landscape.model(sigma), p=1),
    )
    yield (
        f"loss (fun p z => (z - {at['Y']} p) ^ 2) {sample} {at['X']} {at['W']}",
        case.value(landscape.loss(_squared, sigma)),
    )
    yield (
        f"weighted {slope} {sample} {at['X']} {at['W']} (polar {at['s2']} {model} {at['W']} {at['V']})",
        case.value(named["coupling of W and W_L"]),
    )
    energy = f"(energy {at['s1']} {at['s2']} {model} {at['W']} {at['V']})"
    yield f"weighted {bend} {sample} {at['X']} {at['W']} {energy}", case.value(named["energy of the neurons"])
    low = (case.u * case.W).sum() * case.u
    half = Fraction(1, 2)
    yield (
        f"turned {M} {case.d} {at['low']} {at['W']} {at['V']} 1 0",
        (case.V - half * case.W - half * low)[1, 0],
    )


def certificate_values(rng: np.random.Generator) -> Values:
    """Gradient and blocks of Σ_p ν_p (f_L + f_Q)(x_p;·), as derivatives of the sum."""
    case = draw(rng)
    at, sigma = case.coq, case.sigma
    data = f"{N} {M} {case.d} {at['a']} {at['w0']} {at['X']} {at['nu']}"
    linear, quadratic = (
        sp.Sum(NU[p] * expansion.taylor_term(sigma, order, point=at_sample), (p, 1, n)) for order in (1, 2)
    )
    yield f"pulled {at['s1']} {data} 2 1", case.value(sp.diff(linear, w[q, l]), q=3, l=2)
    block = sp.diff(quadratic, w[q, l], w[q, l2])
    yield f"bent {at['s2']} {data} 2 1 0", case.value(block, q=3, l=2, l2=1)
    yield f"bent {at['s2']} {data} 0 1 1", case.value(block, q=1, l=2, l2=2)
    b, w_r, c = case.W[0], case.V[0], abs(case.nu[0])
    C = np.multiply.outer(case.X[0], case.X[0])
    value = (b * w_r).sum() + (w_r @ C @ w_r) / 2 + c * (w_r * w_r).sum() ** 2
    yield f"neuron {case.d} {function(b)} {function(C)} {number(c)} {function(w_r)}", value


def rademacher_values(rng: np.random.Generator) -> Values:
    """A_r = √m ∇²_{w_r} of (1/n) Σ_p ε_p f_Q(x_p;·), with ν in the place of ε."""
    case = draw(rng)
    at = case.coq
    mean = sp.Sum(NU[p] * expansion.taylor_term(case.sigma, 2, point=at_sample), (p, 1, n)) / n
    block = sp.sqrt(m) * sp.diff(mean, w[q, l], w[q, l2])
    data = f"{N} {case.d} {at['a']} {at['w0']} {at['X']} {at['nu']}"
    yield f"signed_block {at['s2']} {data} 2 1 0", case.value(block, q=3, l=2, l2=1)


def spectral_values(rng: np.random.Generator) -> Values:
    """Projectors of two movements and the covariance of the samples under the weights ν."""
    case = draw(rng)
    at = case.coq
    basis = f"(fun k => match k with O => {at['u']} | _ => {at['v']} end)"
    low = sum(np.multiply.outer(each, each) for each in (case.u, case.v))
    yield f"P_low {K} {basis} 2 1 1 0", low[2, 1, 1, 0]
    yield f"P_high {K} {basis} 2 1 2 1", 1 - low[2, 1, 2, 1]
    data = f"{at['s1']} {N} {M} {case.d} {at['a']} {at['w0']} {at['X']} {at['nu']}"
    phi = case.phi
    value = sum((nu * phi[k][2][1] * phi[k][0][0] for k, nu in enumerate(case.nu)), Fraction(0))
    yield f"covariance {data} 2 1 0 0", value


def sign_values(rng: np.random.Generator) -> Values:
    """Means over all 2^4 sign vectors, which SymPy takes monomial by monomial."""
    case = draw(rng)
    at = case.coq
    data = f"{M} {case.d} {at['a']} {at['w0']} (signed {at['W']} S) {at['x']}"
    linear = signs.signed_term(case.sigma, 1)
    yield f"average {M} (fun S => f_L {at['s1']} {data} ^ 2)", case.value(signs.average(linear**2))
    yield f"average {M} (fun S => f_L {at['s1']} {data})", case.value(signs.average(linear))


def sphere_values(rng: np.random.Generator) -> Values:
    """Numbers of harmonics, Legendre polynomials and eigenvalues in a random dimension up to 9."""
    dimension = int(rng.integers(3, 10))
    u = Fraction(int(rng.integers(-7, 8)), 8)
    at, c = (
        sp.Rational(u.numerator, u.denominator),
        [Fraction(int(each), 4) for each in rng.integers(1, 9, 8)],
    )
    exact = [sp.Rational(each.numerator, each.denominator) for each in c]
    series = "(fun l => match l with " + " | ".join(f"{k}%nat => {number(each)}" for k, each in enumerate(c))
    series += " | _ => 0 end)"
    for degree in range(7):
        yield (
            f"P {dimension} {degree} {number(u)}",
            _plain(sphere.P_gegenbauer(degree, at, sp.Integer(dimension))),
        )
        yield f"B {dimension} {degree}", _plain(sphere.harmonic_dimension(sp.Integer(dimension), degree))
        yield (
            f"eigenvalue {dimension} {series} {degree}",
            _plain(spectrum.eigenvalue(degree, sp.Integer(dimension), exact)),
        )


def moment_values(rng: np.random.Generator) -> Values:
    """The stated moments of u = z/√d against those from the density (Beta functions)."""
    dimension = int(rng.integers(3, 10))
    for order in range(5):
        value = (
            sphere.moment_integral(sp.Integer(order), sp.Integer(dimension)) / sp.Integer(dimension) ** order
        )
        yield f"double_factorial {order} / rising {dimension} {order}", _plain(sp.simplify(value))


def _squared(y: sp.Expr, z: sp.Expr) -> sp.Expr:
    return (z - y) ** 2


def _plain(value: sp.Expr) -> Fraction:
    """A SymPy rational as a Fraction."""
    if not value.is_Rational:
        raise ArithmeticError(f"{value} is not rational")
    return Fraction(int(value.p), int(value.q))


MEANINGS: Mapping[str, Meaning] = {
    "landscape": Meaning(
        "Landscape",
        landscape_values,
        ("loss", "weighted", "energy", "neuron_part", "second_order", "turned", *MODEL),
    ),
    "certificate": Meaning("Certificate", certificate_values, ("neuron", "form", "pulled", "bent", *MODEL)),
    "rademacher": Meaning("Rademacher", rademacher_values, ("signed_block", "dot")),
    "spectral": Meaning("Spectral", spectral_values, ("P_high", "P_low", "covariance", *MODEL)),
    "signs": Meaning(
        "Signs", sign_values, ("average", *MODEL), ("signs", "put", "List.map", "List.app", "List.fold_right")
    ),
    "sphere": Meaning(
        "Gegenbauer", sphere_values, ("eigenvalue", "B"), ("P", "choose", "Nat.leb"), "Harmonics"
    ),
    "moments": Meaning("Moments", moment_values, (), ("double_factorial", "rising"), ""),
}

CLAIMS = (
    Claim(
        id="formal.further-definitions",
        title="What the files of proofs define is what SymPy derives",
        statement=r"L,\ \textstyle\sum_r g_r^2,\ \Phi^\top\nu,\ C_r,\ A_r,\ P_\le,\ \Sigma,\ \mathbb{E}_S,\ P_l,\ "
        r"B(d,l),\ \lambda_j,\ \mathbb{E}\,u^{2p}: \quad \text{Coq} = \text{SymPy}",
        bound=IDENTITY,
        source="this project",
        depends_on=("formal.definitions",),
        checks=tuple(
            Check(
                Kind.FORMAL,
                partial(agree, meaning=meaning),
                scope="random dimensions up to 9, degrees up to 6"
                if name in ("sphere", "moments")
                else SCOPE,
                name=name,
            )
            for name, meaning in MEANINGS.items()
        ),
    ),
    Claim(
        id="control.formal-further-definitions",
        title="A Coq block A_r of half the size",
        statement=r"A_r = \frac{1}{2n}\sum_i \varepsilon_i a_r\sigma''(w_{0,r}\cdot x_i)\,x_ix_i^\top",
        bound=IDENTITY,
        source="control",
        control_of="formal.further-definitions",
        fault="the value of SymPy doubled, as if Coq's block lacked a factor 2",
        checks=(
            Check(
                Kind.FORMAL,
                partial(agree, meaning=MEANINGS["rademacher"], faulty=True),
                scope=SCOPE,
                name="rademacher",
            ),
        ),
    ),
)
