r"""An example of your own file of claims, from elsewhere in mathematics.

Run it with ``ntk-escape verify my_claims.py``. A claim is data; a check is a function from a `Context` to
`Evidence`; the file ends with the tuple ``CLAIMS``.
"""

import math

import sympy as sp
from flint import arb
from hypothesis import strategies

from verify.bound import IDENTITY, UPPER, Comparison, compare, rate
from verify.claim import Check, Claim, Context
from verify.evidence import Evidence, from_comparisons
from verify.exact import Identity, prove
from verify.property import hold_property
from verify.quantity import ball, exact, measured
from verify.verdict import Kind

z = sp.Symbol("z", real=True)


def derive(context: Context) -> Evidence:
    """SymPy expands one side into the other."""
    expanded = sp.expand_trig(sp.sin(2 * z))
    return prove([Identity("sin 2z", expanded, 2 * sp.sin(z) * sp.cos(z))], seed=context.seed)


def floats_agree(context: Context) -> Evidence:
    """Floating-point values of both sides agree to rounding."""

    def test(angle: float) -> list[Comparison]:
        return [
            compare(
                "sin 2z",
                IDENTITY,
                measured(math.sin(2 * angle)),
                measured(2 * math.sin(angle) * math.cos(angle)),
                resolution=1e-15,
                reason="three roundings of numbers below 1",
                parameters={"z": angle},
            )
        ]

    return hold_property(context, strategies.floats(-3, 3), test, examples=context.pick(50, 500))


def archimedes(context: Context) -> Evidence:
    """A ball that encloses pi lies below 22/7."""
    return from_comparisons([compare("pi", UPPER, ball(arb.pi()), exact("22/7"))])


def halve_the_step(context: Context) -> Evidence:
    """The error of the trapezoidal rule for exp on [0, 1] falls as the square of the step."""

    def error(steps: int) -> arb:
        inner = sum((arb(i) / steps).exp() for i in range(1, steps))
        return ((1 + arb(1).exp()) / 2 + inner) / steps - (arb(1).exp() - 1)

    exponent = (error(64) / error(128)).log() / arb(2).log()
    return from_comparisons(
        [compare("exponent", rate("2"), ball(exponent), exact(2), resolution=1e-4, reason="next term is h^4")]
    )


def forget_the_two(context: Context) -> Evidence:
    """The same derivation with the factor 2 dropped."""
    return prove([Identity("sin 2z", sp.sin(2 * z), sp.sin(z) * sp.cos(z))], seed=context.seed)


CLAIMS = (
    Claim(
        id="trig.double-angle",
        title="Double angle",
        statement=r"\sin 2z = 2 \sin z \cos z",
        bound=IDENTITY,
        source="any textbook of analysis",
        assumptions=("$z$ is real",),
        checks=(
            Check(Kind.SYMBOLIC, derive, scope="every real z", general=True),
            Check(Kind.PROPERTY, floats_agree, scope="z in [-3, 3]"),
        ),
    ),
    Claim(
        id="circle.archimedes",
        title="Upper bound of Archimedes",
        statement=r"\pi < 22/7",
        bound=UPPER,
        source="Archimedes, Measurement of a Circle",
        checks=(Check(Kind.ENCLOSURE, archimedes, scope="one number", general=True),),
    ),
    Claim(
        id="quadrature.trapezoid",
        title="Rate of the trapezoidal rule",
        statement=r"T_h(f) - \int f = \Theta(h^2)",
        bound=rate("2"),
        source="any textbook of numerical analysis",
        checks=(Check(Kind.ENCLOSURE, halve_the_step, scope="exp on [0, 1], h = 1/64 and 1/128"),),
    ),
    Claim(
        id="trig.double-angle-without-two",
        title="Double angle without its factor",
        statement=r"\sin 2z = \sin z \cos z",
        bound=IDENTITY,
        source="this file",
        control_of="trig.double-angle",
        fault="the factor 2 is dropped",
        checks=(Check(Kind.SYMBOLIC, forget_the_two, scope="every real z", general=True),),
    ),
)
