"""Claims on the parser: a text means what it says, to the last digit, and survives the way to the training code.

The other side is a grammar of this module's own: a formula is drawn as nested tuples, written out with more
parentheses than it needs or fewer, and worked out over exact fractions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias

import mpmath
import sympy as sp
from flint import arb, fmpq
from hypothesis import strategies

from theory.arithmetic import ArbField, evaluate, working_precision
from theory.errors import InputError
from theory.parser import from_tree, parse_expression, to_tree
from verify.bound import IDENTITY, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.enclosed import PREC, encloses
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import ball, exact
from verify.verdict import Kind

PROJECT = "this project"
z = sp.Symbol("z", real=True)

# ("z",), ("number", text), ("minus", f), ("power", f, n), or a sign and its two sides.
Formula: TypeAlias = tuple[Any, ...]

NUMBERS = ("2", "3", "0.1", ".75", "1e-3", "12.50", "7", "2.5e1", "0.3333333333333333")
SIGNS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2, "minus": 3, "power": 4}

# The functions of the language by their definitions, at points where all of them are defined.
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sin(z)": mpmath.sin,
    "cos(2*z)": lambda u: mpmath.cos(2 * u),
    "tan(z/3)": lambda u: mpmath.tan(u / 3),
    "exp(-z)": lambda u: mpmath.exp(-u),
    "log(1 + z)": lambda u: mpmath.log(1 + u),
    "sqrt(z)": mpmath.sqrt,
    "z**(1/3)": lambda u: mpmath.exp(mpmath.log(u) / 3),
    "sinh(z)": lambda u: (mpmath.exp(u) - mpmath.exp(-u)) / 2,
    "cosh(z)": lambda u: (mpmath.exp(u) + mpmath.exp(-u)) / 2,
    "tanh(z + 1/2)": lambda u: 1 - 2 / (1 + mpmath.exp(2 * u + 1)),
    "atan(z)": mpmath.atan,
    "erf(z)": mpmath.erf,
    "sigmoid(3*z)": lambda u: 1 / (1 + mpmath.exp(-3 * u)),
    "-z^2": lambda u: -(u**2),
    "2^z^2": lambda u: mpmath.power(2, u**2),
    "z**-2": lambda u: 1 / u**2,
    "e*pi": lambda u: mpmath.e * mpmath.pi,
}
POINTS = (Fraction(1, 2), Fraction(4, 3), Fraction(5, 2))
_DIGITS = 60


def arithmetic(context: Context, *, numbers: bool = True) -> Evidence:
    """Random formulas with signs, powers and decimals at a random point: the ball of 200 bits holds the fraction.

    Args:
        context: The context.
        numbers: For controls: whether decimals are the fractions that they say, or the nearest floats.
    """
    leaf = strategies.one_of(
        strategies.just(("z",)), strategies.sampled_from(NUMBERS).map(lambda text: ("number", text))
    )
    formula = strategies.recursive(
        leaf,
        lambda inner: strategies.one_of(
            strategies.tuples(strategies.sampled_from(tuple(SIGNS)), inner, inner),
            strategies.tuples(strategies.just("minus"), inner),
            strategies.tuples(strategies.just("power"), inner, strategies.sampled_from((2, 3, -1, -2))),
        ),
        max_leaves=6,
    )
    cases = strategies.fixed_dictionaries(
        {
            "formula": formula,
            "z": strategies.fractions(min_value=-3, max_value=3, max_denominator=8),
            "brackets": strategies.booleans(),
        }
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        text = written(case["formula"], brackets=case["brackets"])
        try:
            stated = worked_out(case["formula"], case["z"], numbers=numbers)
            parsed = parse_expression(text)
        except (ZeroDivisionError, InputError):  # undefined at this point, or beyond the parser's limits
            return []
        where = {"text": text, "z": str(case["z"])}
        with working_precision(PREC):
            expected = arb(fmpq(stated.numerator, stated.denominator))
        found = evaluate(parsed, {z: case["z"]}, ArbField(200))
        again = evaluate(from_tree(to_tree(parsed)), {z: case["z"]}, ArbField(200))
        if not (found.is_finite() and again.is_finite()):  # 0/0 where the fraction has cancelled it
            return []
        return [
            encloses("value", found, expected, parameters=where),
            encloses("value by the tree", again, expected, parameters=where),
        ]

    return hold_property(context, cases, test, examples=context.pick(200, 2000))


def functions(context: Context) -> Evidence:
    """Every function of the language at three points, against its definition in mpmath."""
    compared = []
    for text, definition in FUNCTIONS.items():
        parsed = parse_expression(text)
        for point in POINTS:
            with mpmath.workdps(_DIGITS):
                value = definition(mpmath.mpf(point.numerator) / point.denominator)
                shown = mpmath.nstr(value, _DIGITS)
            for how, expression in (("text", parsed), ("tree", from_tree(to_tree(parsed)))):
                values = {z: point} if expression.free_symbols else {}
                found = evaluate(expression, values, ArbField(200))
                with working_precision(PREC):
                    gap = found - arb(shown)
                compared.append(
                    compare(
                        f"{text} by its {how}",
                        IDENTITY,
                        ball(gap),
                        exact(0),
                        resolution=1e-45,
                        reason=f"mpmath at {_DIGITS} digits",
                        parameters={"text": text, "z": str(point)},
                    )
                )
    return from_comparisons(compared)


def written(formula: Formula, *, brackets: bool) -> str:
    """The formula as text, with brackets around every part or only where the grammar needs them."""
    head = formula[0]
    if head in ("z", "number"):
        return str(formula[-1])
    level = _LEVEL[head]

    def part(inner: Formula, least: int) -> str:
        shown = written(inner, brackets=brackets)
        return f"({shown})" if brackets or _LEVEL.get(inner[0], 5) < least else shown

    if head == "minus":
        return f"-{part(formula[1], level)}"
    if head == "power":
        return f"{part(formula[1], level + 1)}{'^' if brackets else '**'}{formula[2]}"
    # Signs read from the left: the right side of - and / has to bind more strongly.
    return f"{part(formula[1], level)} {head} {part(formula[2], level + 1)}"


def worked_out(formula: Formula, point: Fraction, *, numbers: bool = True) -> Fraction:
    """The value of the formula.

    Raises:
        ZeroDivisionError: If it is not defined at the point.
    """
    head = formula[0]
    if head == "z":
        return point
    if head == "number":
        return Fraction(formula[1]) if numbers else Fraction(float(formula[1]))
    parts = [worked_out(part, point, numbers=numbers) for part in formula[1:] if isinstance(part, tuple)]
    if head == "minus":
        return -parts[0]
    if head == "power":
        power = math.prod([parts[0]] * abs(formula[2]), start=Fraction(1))
        return power if formula[2] > 0 else 1 / power
    return SIGNS[head](*parts)


CLAIMS = (
    Claim(
        id="engine.parser",
        title="A formula means what it says",
        statement=r"[\mathrm{parse}(t)](z) \ni t(z)",
        bound=UPPER,
        source=PROJECT,
        depends_on=("engine.balls",),
        checks=(
            Check(
                Kind.PROPERTY,
                arithmetic,
                scope="signs, powers and decimals over exact fractions, with and without brackets",
            ),
            Check(Kind.ENCLOSURE, functions, scope="every function of the language, at three points"),
        ),
    ),
    Claim(
        id="control.parser-floats",
        title="Decimals taken for floats",
        statement=r"[\mathrm{parse}(\text{0.1})] \ni \mathrm{float}(0.1)",
        bound=UPPER,
        source="control",
        control_of="engine.parser",
        fault="a decimal is rounded to the nearest float",
        checks=(Check(Kind.PROPERTY, partial(arithmetic, numbers=False), scope="the same formulas"),),
    ),
)
