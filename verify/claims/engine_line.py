"""Claims on statements about the whole real line: suprema, tails, and where a function is smooth.

The other sides are functions whose suprema and singular points are known by construction: where the largest value
lies on the left, between the ends of a period, or only at infinity.
"""

from __future__ import annotations

from functools import partial

import sympy as sp

from theory.activation import Activation
from theory.arithmetic import ArbField, UndecidedError, compile_arb, evaluate, working_precision
from theory.forms import cancelled, is_identically_zero, parity, with_exponentials
from theory.suprema import supremum
from theory.tails import tail
from verify.bound import IDENTITY, UPPER, compare
from verify.claim import Check, Claim, Context
from verify.claims.enclosed import PREC, encloses
from verify.evidence import Evidence, from_comparisons
from verify.quantity import ball, exact
from verify.verdict import Kind

PROJECT = "this project"
z = sp.Symbol("z", real=True)

# sup |f| over the line, and where it lies.
SUPREMA: tuple[tuple[sp.Expr, sp.Expr], ...] = (
    (sp.exp(-((z + 3) ** 2)), sp.Integer(1)),  # a peak on the left
    (sp.exp(-((z + 24) ** 2)), sp.Integer(1)),  # and one that no search near 0 sees
    (z * sp.exp(-(z**2)), 1 / sp.sqrt(2 * sp.E)),  # at irrational points of both sides
    (sp.exp(-z) / (1 + sp.exp(-z)) ** 2 + sp.Rational(1, 3), sp.Rational(7, 12)),
    (2 - sp.atan(z), 2 + sp.pi / 2),  # at -∞, approached slowly
    (2 + sp.atan(z), 2 + sp.pi / 2),
    (sp.tanh(z) - 3, sp.Integer(4)),
    (sp.erf(z) + 3, sp.Integer(4)),
    ((z**2 - 1) / (z**2 + 1), sp.Integer(1)),  # at 0 and at both ends
    ((2 * z**2 - 1) / (z**2 + 1), sp.Integer(2)),  # at both ends only, from below
    (2 - sp.sin(z), sp.Integer(3)),  # in the second half of a period
    (4 + sp.sin(z) + sp.cos(z), 4 + sp.sqrt(2)),
    # Two rates: both cosines are 1 at z = 20 and at no other place of a shorter interval from 0.
    (3 + sp.cos((z - 20) / 2) + sp.cos((z - 20) / 3), sp.Integer(5)),
    (sp.sin(z) ** 3 * sp.cos(z), 3 * sp.sqrt(3) / 16),
)

# f, and the half-lines beyond 8 on which its tail is known, as a function of side * z.
TAILS: tuple[sp.Expr, ...] = (
    (z**2 - 1) / (z**2 + 1),
    z**3 - 5 * z**2 + z,
    sp.tanh(1 / z),
    sp.atan(3 / z),
    sp.erf(2 / z),
    sp.sin(2 / z) / z,
    sp.exp(1 / z) - 1 / z**2,
    z * sp.exp(-(z**2) / 7),
    sp.exp(-(z**2)) * (z**4 + 1) / (z**2 + 3),
    1 / (1 + sp.exp(-z)),
    sp.tanh(z / 3) - 2,
    sp.atan(z) * sp.exp(-sp.sqrt(1 + z**2)),
    sp.log(1 + z**2) / z,
    1 + z**16 * sp.exp(-(z**2) / 10),
    sp.cosh(z) / (1 + sp.cosh(z)),
)
_STARTS, _BEYOND = (8, 16, 64), (0, "1/8", 1, 3, 17, 200)

# What is to be said about the smoothness of σ. No zero lies at a point that a search on a grid would meet; where
# two zeros lie between its points, "not proven" is all that is asked.
SMOOTH: dict[str, str] = {
    "log(1 + z**2)": "smooth",
    "1/(1 + exp(z))": "smooth",
    "1/(-1 - z**2)": "smooth",
    "sqrt(z**2 + 1/100)": "smooth",
    "1/(2 + sin(3*z))": "smooth",
    "1/z": "not smooth",
    "1/(z - 1/3)": "not smooth",
    "log(z + 5)": "not smooth",
    "log(-1 - z**2)": "not smooth",
    "sqrt(sin(z))": "not smooth",
    "tan(z)": "not smooth",
    "1/((z - 1/32)**2 - 1/1000000)": "not proven",
    "1/((z + 24)**2 - 1)": "not proven",
    "log((z - 24)**2 - 1)": "not proven",
}

# Bounded functions with three bounded derivatives, for which no rule of the tails finds a bound.
UNDECIDED = ("1/(2 + sin(z) + sin(sqrt(2)*z)/2)", "1/(3 + cos(z) + sin(sqrt(2)*z))")


FORMS: tuple[sp.Expr, ...] = (
    (1 + sp.exp(z)) ** 2 - 1 - 2 * sp.exp(z) - sp.exp(2 * z),
    sp.cosh(z) ** 2 - sp.sinh(z) ** 2 - 1,
    sp.tanh(z) - sp.sinh(z) / sp.cosh(z),
    sp.tanh(z + sp.Rational(1, 2)),
    sp.tanh(z) * sp.exp(-(z**2)),
    (1 - sp.tanh(z) ** 2) * sp.cosh(z),
    sp.sinh(z) / (2 + sp.cosh(z)),
    sp.exp(z) / (1 + sp.exp(z)) - sp.Rational(1, 2),
    sp.log(1 + sp.exp(z)) - z / 2,  # even, by an identity that the algebra does not know
    (sp.exp(3 * z / 2) - sp.exp(z / 2)) / (sp.exp(z) - 1),
    sp.erf(z) * sp.sin(z),
    sp.atan(z) + sp.Rational(1, 10**20),
)
# What the algebra has to see, for the first three and for those with a parity.
EXPECTED: dict[sp.Expr, str] = {
    **dict.fromkeys(FORMS[:3], "zero"),
    FORMS[4]: "odd",
    FORMS[5]: "even",
    FORMS[6]: "odd",
    FORMS[7]: "odd",
    FORMS[10]: "even",
}
_PLACES = ("-5/2", "-1/3", "2/7", "3")
_FIELD = ArbField(200)


def suprema(context: Context, *, factor: sp.Expr = sp.S.One) -> Evidence:
    """The enclosure holds the supremum, exactly."""
    compared = []
    for function, value in SUPREMA:
        with working_precision(PREC):
            twin = compile_arb(factor * value, [], prec=PREC)()
        found = supremum(function, z)
        compared.append(encloses(f"sup |{function}|", found, twin, parameters={"f": str(function)}))
    return from_comparisons(compared)


def forms(context: Context) -> Evidence:
    """Equivalent forms have the value of what they stand for; what is not 0 is not called 0, nor even or odd."""
    compared = []
    for function in FORMS:
        for how, form in (("cancelled", cancelled(function)), ("exponentials", with_exponentials(function))):
            for point in _PLACES:
                values = {z: sp.Rational(point)}
                gap = evaluate(function, values, _FIELD) - evaluate(form, values, _FIELD)
                where = {"f": str(function), "z": point}
                compared.append(
                    compare(
                        how,
                        IDENTITY,
                        ball(gap),
                        exact(0),
                        resolution=1e-40,
                        reason="balls of 200 bits, whose radii at these places stay far below",
                        parameters=where,
                    )
                )
        zero = is_identically_zero(function)
        found = {"zero": zero, "even": parity(function, z) == 1, "odd": parity(function, z) == -1}
        mirrored = function.xreplace({z: -z})
        gaps = {"zero": function, "even": function - mirrored, "odd": function + mirrored}
        for label, gap_of in gaps.items():
            true = all(evaluate(gap_of, {z: sp.Rational(at)}, _FIELD).contains(0) for at in _PLACES)
            said = f"called {label}: {function}"
            compared.append(compare(said, UPPER, exact(int(found[label])), exact(int(true))))
        if function in EXPECTED:
            seen = next((label for label, answer in found.items() if answer), "none")
            said = f"seen as {EXPECTED[function]}: {function}"
            compared.append(compare(said, IDENTITY, exact(int(seen == EXPECTED[function])), exact(1)))
    return from_comparisons(compared)


def tails(context: Context) -> Evidence:
    """f(side z) / (z^p exp Q(z)) lies in the ball of its tail, at points from the start of the half-line on."""
    compared, known = [], set()
    for function in TAILS:
        for side in (1, -1):
            for start in _STARTS:
                try:
                    found = tail(function, z, start=start, side=side)
                except UndecidedError:
                    continue
                known.add((function, side))
                exponent = sum((c * z**power for power, c in found.exponent.items()), sp.Integer(0))
                ratio = function.xreplace({z: side * z}) / (z**found.power * sp.exp(exponent))
                for beyond in _BEYOND:
                    point = start + sp.Rational(beyond)
                    twin = evaluate(ratio, {z: point}, ArbField(PREC))
                    where = {"f": str(function), "side": side, "start": start, "z": str(point)}
                    compared.append(encloses(f"tail of {function}", found.ball, twin, parameters=where))
    compared.append(compare("functions with a side", IDENTITY, exact(len(known)), exact(2 * len(TAILS))))
    return from_comparisons(compared)


def smoothness(context: Context, *, positive: bool = False) -> Evidence:
    """What is said about the smoothness of each function.

    Args:
        context: The context.
        positive: For controls: whether a function that is not proven smooth is called so all the same.
    """
    compared = []
    for text, truth in SMOOTH.items():
        found, _ = Activation.parse(text).smoothness()
        smooth = found is True or (positive and found is None)
        compared.append(
            compare(f"proven smooth: {text}", IDENTITY, exact(int(smooth)), exact(int(truth == "smooth")))
        )
        if truth == "not smooth":
            compared.append(compare(f"refuted: {text}", IDENTITY, exact(int(found is False)), exact(1)))
    return from_comparisons(compared)


def undecided(context: Context) -> Evidence:
    """An activation with an assumption that is not decided is not called admissible."""
    compared = []
    for text in UNDECIDED:
        found = Activation.parse(text).admissibility(1, 5)
        compared.append(
            compare(f"admissible: {text}", IDENTITY, exact(int(found.admissible is True)), exact(0))
        )
        compared.append(compare(f"reasons: {text}", UPPER, exact(1), exact(len(found.reasons))))
    return from_comparisons(compared)


CLAIMS = (
    Claim(
        id="engine.suprema",
        title="Enclosures of suprema hold the supremum",
        statement=r"\sup_{\mathbb{R}} |f| \in [\sup |f|]",
        bound=UPPER,
        source=PROJECT,
        depends_on=("engine.balls", "engine.tails"),
        checks=(
            Check(
                Kind.ENCLOSURE,
                suprema,
                scope="14 functions: peaks, limits at either end, one and two periods",
            ),
        ),
    ),
    Claim(
        id="engine.tails",
        title="Tails hold on the whole half-line",
        statement=r"f(\pm z) \in z^p e^{Q(z)} \cdot B \text{ for all } z \ge a",
        bound=UPPER,
        source=PROJECT,
        depends_on=("engine.balls",),
        checks=(Check(Kind.ENCLOSURE, tails, scope="15 functions, both sides, a = 8, 16, 64, six points"),),
    ),
    Claim(
        id="engine.smoothness",
        title="What is called smooth is smooth",
        statement=r"\text{an activation is called smooth only where it has no singular point on } \mathbb{R}",
        bound=IDENTITY,
        source=PROJECT,
        checks=(
            Check(
                Kind.ENCLOSURE,
                smoothness,
                scope="14 functions, with zeros between and beyond a search's points",
            ),
            Check(Kind.ENCLOSURE, undecided, scope="two functions whose M_j no rule bounds"),
        ),
    ),
    Claim(
        id="engine.forms",
        title="Equivalent forms are equal",
        statement=r"F(f) = f, \quad \text{and } f \text{ is called zero, even or odd only where it is}",
        bound=IDENTITY,
        source=PROJECT,
        depends_on=("engine.balls",),
        checks=(
            Check(
                Kind.ENCLOSURE, forms, scope="12 functions of exponentials, tanh, sinh, cosh at four points"
            ),
        ),
    ),
    Claim(
        id="control.suprema-above",
        title="Suprema one part in ten million larger",
        statement=r"(1 + 10^{-7}) \sup_{\mathbb{R}} |f| \in [\sup |f|]",
        bound=UPPER,
        source="control",
        control_of="engine.suprema",
        fault="factor 1 + 10⁻⁷, where the enclosures have a relative width of 10⁻⁸",
        checks=(
            Check(
                Kind.ENCLOSURE,
                partial(suprema, factor=1 + sp.Rational(1, 10**7)),
                scope="the same functions",
            ),
        ),
    ),
    Claim(
        id="control.undecided-smooth",
        title="Smooth until refuted",
        statement=r"\text{not refuted} \Rightarrow \text{smooth}",
        bound=IDENTITY,
        source="control",
        control_of="engine.smoothness",
        fault="what is not decided counts as smooth",
        checks=(Check(Kind.ENCLOSURE, partial(smoothness, positive=True), scope="the same functions"),),
    ),
)
