"""Claims on ball arithmetic: balls hold the numbers that they are about, comparisons of balls are proofs.

The other sides are this module's own: exact fractions, looped sums, comparisons of the ends of intervals.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias

import sympy as sp
from flint import acb, arb, fmpq
from hypothesis import strategies

from theory import comparisons as theory_comparisons
from theory.activation import builtin
from theory.arithmetic import ArbField, UndecidedError, compile_acb, evaluate, working_precision
from theory.coefficients import gegenbauer_coefficients, hermite_coefficient
from theory.gegenbauer import gegenbauer_coefficient
from verify.bound import IDENTITY, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.enclosed import PREC, encloses
from verify.claims.twins import ACTIVATIONS
from verify.evidence import Evidence, from_comparisons
from verify.property import hold_property
from verify.quantity import exact
from verify.verdict import Kind

PROJECT = "this project"
Rationals: TypeAlias = dict[str, Any]

x, y, z = sp.symbols("x y z", real=True)
n, k, j, i = sp.symbols("n k j i", integer=True)


def _rising(start: Fraction, count: int) -> Fraction:
    return math.prod((start + step for step in range(count)), start=Fraction(1))


def _falling(start: Fraction, count: int) -> Fraction:
    return math.prod((start - step for step in range(count)), start=Fraction(1))


RELATIONS: dict[str, tuple[Any, Callable[[int, int], bool]]] = {
    "<": (sp.Lt, operator.lt),
    "<=": (sp.Le, operator.le),
    ">": (sp.Gt, operator.gt),
    ">=": (sp.Ge, operator.ge),
    "==": (sp.Eq, operator.eq),
    "!=": (sp.Ne, operator.ne),
}

# What the compiler must know, and the same over fractions; n ≥ 0 and j, k are integers.
FORMULAS: tuple[tuple[str, sp.Expr, Callable[[Rationals], Fraction]], ...] = (
    ("sum of products", x + y * z - x / 3, lambda v: v["x"] + v["y"] * v["z"] - v["x"] / 3),
    ("odd power", x**3 - y, lambda v: v["x"] ** 3 - v["y"]),
    ("even power", x**4 * y**5, lambda v: v["x"] ** 4 * v["y"] ** 5),
    ("inverse", 1 / (1 + x**2) ** 3, lambda v: 1 / (1 + v["x"] ** 2) ** 3),
    (
        "sum",
        sp.Sum(x * i + y, (i, 1, n)),
        lambda v: sum((v["x"] * t + v["y"] for t in range(1, v["n"] + 1)), Fraction(0)),
    ),
    (
        "product",
        sp.Product(x + i, (i, 1, n)),
        lambda v: math.prod((v["x"] + t for t in range(1, v["n"] + 1)), start=Fraction(1)),
    ),
    ("rising factorial", sp.RisingFactorial(x, n), lambda v: _rising(v["x"], v["n"])),
    (
        "binomial of a number",
        sp.binomial(x, n),
        lambda v: _falling(v["x"], v["n"]) / math.factorial(v["n"]),
    ),
    (
        "binomial of integers",
        x * sp.binomial(k, n),
        lambda v: v["x"] * _falling(Fraction(v["k"]), v["n"]) / math.factorial(v["n"]),
    ),
    (
        "double factorial",
        x * sp.factorial2(2 * n + 1),
        lambda v: v["x"] * math.prod(range(1, 2 * v["n"] + 2, 2)),
    ),
    (
        "deltas",
        sp.KroneckerDelta(n, k) * sp.KroneckerDelta(k, j) * x + y,
        lambda v: v["x"] * (v["n"] == v["k"] == v["j"]) + v["y"],
    ),
)


def formulas(context: Context, *, index: int = 0) -> Evidence:
    """Compiled formulas at random rationals, a third of them negative, in balls of 53 bits and of 128.

    Args:
        context: The context.
        index: For controls: added to n in the fractions alone.
    """
    rational = strategies.fractions(min_value=-4, max_value=4, max_denominator=9)
    cases = strategies.fixed_dictionaries(
        {
            "formula": strategies.integers(0, len(FORMULAS) - 1),
            "x": rational,
            "y": rational,
            "z": rational,
            "n": strategies.integers(0, 5),
            "k": strategies.integers(-3, 4),
            "j": strategies.integers(-3, 4),
        }
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        label, formula, value = FORMULAS[case["formula"]]
        stated = value({**case, "n": case["n"] + index})
        where = {name: str(part) for name, part in case.items()} | {"formula": label}
        with working_precision(PREC):
            expected = arb(fmpq(stated.numerator, stated.denominator))
        values = {symbol: case[str(symbol)] for symbol in formula.free_symbols}
        return [
            encloses(label, evaluate(formula, values, ArbField(bits)), expected, parameters=where)
            for bits in (53, 128)
        ]

    return hold_property(context, cases, test, examples=context.pick(400, 3000))


def order(context: Context, *, overlap: int = 0) -> Evidence:
    """The three-valued comparisons of balls against the ends of their intervals: 1 true, -1 false, 0 undecided.

    Args:
        context: The context.
        overlap: For controls: what the other side says of intervals that overlap.
    """
    quarter = strategies.integers(-8, 8).map(lambda value: Fraction(value, 4))
    width = strategies.sampled_from((Fraction(0), Fraction(0), Fraction(1, 4), Fraction(3, 2)))
    cases = strategies.fixed_dictionaries(
        {"a": quarter, "b": quarter, "wide_a": width, "wide_b": width, "tolerance": quarter.map(abs)}
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        (a, low_a, high_a), (b, low_b, high_b) = (
            (_interval(case[name], case[f"wide_{name}"]), case[name] - wide, case[name] + wide)
            for name, wide in (("a", case["wide_a"]), ("b", case["wide_b"]))
        )
        nearest = max(low_a - high_b, low_b - high_a, Fraction(0))
        farthest = max(high_a - low_b, high_b - low_a)
        touch = high_a == low_b or low_a == high_b
        point = low_a == high_a and low_b == high_b
        relation = _relation()
        found = {
            "a < b": (theory_comparisons.less(a, b), high_a < low_b, low_a >= high_b),
            "a <= b": (theory_comparisons.less_equal(a, b), high_a <= low_b, low_a > high_b),
            "a = b": (theory_comparisons.equal(a, b), point and low_a == low_b, nearest > 0),
            "a < b in a formula": (relation(a, b), high_a < low_b, low_a >= high_b),
        }
        where = {name: str(part) for name, part in case.items()}
        compared = [
            compare(
                label,
                IDENTITY,
                exact(_code(answer)),
                exact(1 if true else -1 if false else overlap),
                parameters=where,
            )
            for label, (answer, true, false) in found.items()
            # Where intervals only touch, the ends that Arb rounds outwards may leave it undecided.
            if not (touch and answer is None)
        ]
        within = theory_comparisons.equal_within(a, b, float(case["tolerance"]))
        # |a - b| as a ball may reach a little beyond the farthest points, so only what is claimed is looked at.
        if within is True:
            compared.append(_at_most("|a - b| <= t", farthest, case["tolerance"], where))
        if within is False:
            compared.append(_at_most("|a - b| > t", case["tolerance"], nearest, where, strict=True))
        if within is None:
            compared.append(_at_most("|a - b| undecided", nearest, case["tolerance"], where))
        inside = theory_comparisons.contains(a, b)
        compared.append(
            compare(
                "b in a",
                IDENTITY,
                exact(int(inside)),
                exact(int(low_a <= low_b and high_b <= high_a)),
                parameters=where,
            )
        )
        low, high = theory_comparisons.endpoints(a)
        compared.append(compare("lower end", UPPER, exact(_fraction(low)), exact(low_a), parameters=where))
        compared.append(compare("upper end", UPPER, exact(high_a), exact(_fraction(high)), parameters=where))
        return compared

    return hold_property(context, cases, test, examples=context.pick(400, 3000))


def relations(context: Context) -> Evidence:
    """The six relations as conditions of a formula, between integers and between exact balls."""
    compared = []
    for left, right in itertools.product((-1, 0, 1), repeat=2):
        for sign, (relation, holds) in RELATIONS.items():
            for kind, (a, b) in (("integers", (k, j)), ("balls", (x, y))):
                formula = sp.Piecewise((sp.Integer(1), relation(a, b)), (sp.Integer(0), True))
                found = evaluate(formula, {a: left, b: right}, ArbField(64))
                compared.append(
                    compare(
                        f"{left} {sign} {right}, {kind}",
                        IDENTITY,
                        exact(int(found == 1)),
                        exact(int(holds(left, right))),
                    )
                )
    return from_comparisons(compared)


def quadrature(context: Context) -> Evidence:
    """Coefficients at few bits hold those at many bits by the other method; so do Hermite coefficients.

    The trapezoidal rule at few bits has an error far above its rounding, and the tails of a Hermite integral that
    begins early are not small: the radii must cover both.
    """
    compared = []
    for name in ACTIVATIONS:
        function = builtin(name)
        slope = function.derivative(1)
        for dimension in (3, 12, 150):
            for bits in (48, 64):
                found = gegenbauer_coefficients(slope, function.variable, 3, dimension, prec=bits)
                for l, ours in enumerate(found.mu):
                    twin = gegenbauer_coefficient(slope, function.variable, l, dimension, prec=256)
                    where = {"activation": name, "d": dimension, "bits": bits}
                    compared.append(encloses(f"μ_{l}(σ')", ours, twin, parameters=where))
    wave = sp.exp(sp.Rational(-1, 2))  # E cos(G); by parts twice, E cos(G) He_2(G) is its negative
    normal = ((sp.Integer(1), 0, sp.Integer(1)), (sp.cos(z), 0, wave), (sp.cos(z), 2, -wave))
    for expression, l, mean in normal:
        twin = evaluate(mean, {}, ArbField(PREC))
        for reach in (1, 2, 3, 5):
            if l < reach**2 / 2:
                found_at = hermite_coefficient(expression, z, l, supremum=arb(1), reach=reach)
                where = {"g": str(expression), "l": l, "reach": reach}
                compared.append(encloses("E g He_l", found_at, twin, parameters=where))
    return from_comparisons(compared)


def branch_cuts(context: Context) -> Evidence:
    """Where a complex ball touches a branch cut, the compiled function answers no finite ball."""
    functions = {
        "log": (sp.log(z), ((-2, 0), (-1, 0.25), (0, 0))),
        "sqrt": (sp.sqrt(z), ((-2, 0), (-1, 0.25))),
        "atan": (sp.atan(z), ((0, 1), (0, 1.25), (0, -2), (0, -0.75))),
        "asinh": (sp.asinh(z), ((0, 1), (0, 1.25), (0, -2), (0, -0.75))),
    }
    compared = []
    for name, (function, points) in functions.items():
        compiled = compile_acb(function, [z], prec=64)
        for real, imaginary in points:
            box = acb(arb(real, 0.25), arb(imaginary, 0.5))
            finite = compiled(box, analytic=True).is_finite()
            where = {"function": name, "around": f"{real} + {imaginary}i"}
            compared.append(
                compare(f"{name} on its cut", IDENTITY, exact(int(finite)), exact(0), parameters=where)
            )
        away = compiled(acb(arb(2, 0.01), arb(0, 0.01)), analytic=True).is_finite()
        compared.append(compare(f"{name} off its cut", IDENTITY, exact(int(away)), exact(1)))
    return from_comparisons(compared)


def _interval(middle: Fraction, wide: Fraction) -> arb:
    return arb(float(middle), float(wide))


def _relation() -> Callable[[arb, arb], bool | None]:
    """Whether x < y, by a formula with two cases."""
    formula = sp.Piecewise((sp.Integer(1), x < y), (sp.Integer(0), True))

    def decide(a: arb, b: arb) -> bool | None:
        try:
            return bool(evaluate(formula, {x: a, y: b}, ArbField(64)) == 1)
        except UndecidedError:
            return None

    return decide


def _code(answer: bool | None) -> int:
    return 0 if answer is None else 1 if answer else -1


def _fraction(end: arb) -> Fraction:
    mantissa, exponent = end.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _at_most(
    label: str, low: Fraction, high: Fraction, where: dict[str, str], *, strict: bool = False
) -> Comparison:
    return compare(label, UPPER, exact(low), exact(high), strict=strict, parameters=where)


CLAIMS = (
    Claim(
        id="engine.balls",
        title="A formula's ball holds its value",
        statement=r"e(v) \in [e](v)",
        bound=UPPER,
        source=PROJECT,
        checks=(
            Check(Kind.PROPERTY, formulas, scope="powers, sums, products, binomials, deltas at rationals"),
        ),
    ),
    Claim(
        id="engine.comparisons",
        title="Comparisons of balls are proofs",
        statement=r"A \mathbin{\square} B \text{ is true (false) iff } a \mathbin{\square} b \text{ is true "
        r"(false) for all } a \in A, b \in B, \text{ else undecided}, \quad \square \in \{<, \le, =\}",
        bound=IDENTITY,
        source=PROJECT,
        checks=(
            Check(Kind.PROPERTY, order, scope="intervals with ends in ℤ/4, many of which touch"),
            Check(Kind.ENCLOSURE, relations, scope="six relations between -1, 0 and 1"),
        ),
    ),
    Claim(
        id="engine.quadrature",
        title="Integrals by few bits hold those by many",
        statement=r"\mu_l(\sigma') \in [\mu_l(\sigma')]_{\text{few bits}}, \quad \mathbb{E}\,g(G)\,"
        r"\mathrm{He}_l(G) \in [\cdot]_{\text{short reach}}",
        bound=UPPER,
        source=PROJECT,
        depends_on=("engine.balls",),
        checks=(
            Check(
                Kind.ENCLOSURE,
                quadrature,
                scope="four activations, d = 3, 12, 150, l ≤ 3, 48 and 64 bits; reach from 1 to 5",
            ),
        ),
    ),
    Claim(
        id="engine.branch-cuts",
        title="No value on a branch cut",
        statement=r"[f](B) \text{ is not finite where } B \text{ meets a cut of } f",
        bound=IDENTITY,
        source=PROJECT,
        checks=(Check(Kind.ENCLOSURE, branch_cuts, scope="log, square root, atan, asinh"),),
    ),
    Claim(
        id="control.ball-index",
        title="Formulas with the index shifted by one",
        statement=r"e(n + 1) \in [e](n)",
        bound=UPPER,
        source="control",
        control_of="engine.balls",
        fault="n + 1 for n on one side",
        checks=(Check(Kind.PROPERTY, partial(formulas, index=1), scope="the same formulas"),),
    ),
    Claim(
        id="control.overlap-refutes",
        title="Overlapping balls taken for a refutation",
        statement=r"A \cap B \ne \emptyset \Rightarrow \neg(A < B)",
        bound=IDENTITY,
        source="control",
        control_of="engine.comparisons",
        fault="undecided comparisons count as false",
        checks=(Check(Kind.PROPERTY, partial(order, overlap=-1), scope="intervals with ends in ℤ/4"),),
    ),
)
