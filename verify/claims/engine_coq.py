"""Claims on what is handed to Coq: the text of a term means the expression, and a candidate bound is one.

A proof that Coq accepts is about the text of its statement. Here that text is read back by a reader of this
module's own, by the grammar of Coq's reals, and worked out in mpmath.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath
import sympy as sp
from flint import arb

from theory.activation import builtin
from theory.arithmetic import ArbField, evaluate, working_precision
from theory.coq.bounds import candidates
from theory.coq.derivatives import derivative_goal
from theory.coq.letters import Alphabet, elementary
from theory.coq.printer import coq
from verify.bound import IDENTITY, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context
from verify.claims.enclosed import PREC
from verify.claims.twins import ACTIVATIONS
from verify.evidence import Evidence, from_comparisons
from verify.quantity import ball, exact
from verify.verdict import Kind

PROJECT = "this project"
z = sp.Symbol("z", real=True)
_DIGITS = 60
_PLACES = ("-3/4", "1/3", "5/2")
# Shapes that the derivatives of the activations do not have.
EXPRESSIONS: tuple[sp.Expr, ...] = (
    2 - z - 3 * z**2,
    -(z**3) / 4 + sp.Rational(7, 5),
    (1 - z) / ((2 + z**2) * (3 + z**4)),
    -2 / (3 * (1 + z**2) ** 2),
    sp.sqrt(1 + z**2) ** 3 / (5 + z**2),
    1 / sp.sqrt(2 + z**2),
    (1 + z**2) ** (sp.Rational(2, 3)) - sp.pi / 2,
    sp.exp(-(z**2) / 3) * sp.E,
    -sp.sin(z) * sp.cos(2 * z) - sp.tan(z / 5),
    sp.sinh(z) - sp.cosh(z / 2) + sp.tanh(z) ** 2,
    sp.atan(z) ** 2 - sp.erf(-z) + sp.log(2 + sp.cos(z)),
    sp.exp(z) / (1 + sp.exp(2 * z)) - sp.exp(-3 * z / 2),
    sp.tanh(sp.log(2 + z**2)) / (1 + sp.exp(-z)),
)


def printed(context: Context, *, sign: int = 1) -> Evidence:
    """The text of each expression, and both sides of each statement on a derivative, read back at three points.

    Args:
        context: The context.
        sign: For controls: what the value that was read is multiplied by.
    """
    compared = []
    for expression in EXPRESSIONS:
        compared += _same("printed", coq(expression, z), expression, sign)
    for name in ACTIVATIONS:
        function = builtin(name)
        for order in (1, 2, 3):
            below, above = function.derivative(order - 1), function.derivative(order)
            goal = derivative_goal("goal", below, above, function.variable)
            found = re.fullmatch(r"forall z : R, is_derive \(fun z : R => (.*)\) z \((.*)\)", goal.statement)
            compared.append(
                compare("a statement on a derivative", IDENTITY, exact(int(bool(found))), exact(1))
            )
            if found:
                compared += _same(f"σ^({order - 1}) of {name}", found[1], below, sign)
                compared += _same(f"σ^({order}) of {name}", found[2], above, sign)
    return from_comparisons(compared)


def letters(context: Context) -> Evidence:
    """An expression without hyperbolic functions, and as a fraction in letters, keeps its value."""
    compared = []
    derivatives = [builtin(name).derivative(order) for name in ACTIVATIONS for order in (1, 2, 3)]
    for expression in (*EXPRESSIONS, *derivatives):
        plain = elementary(expression, z).expr
        alphabet = Alphabet(plain, z)
        again = alphabet.decode(alphabet.rational(plain))
        for how, form in (("elementary", plain), ("letters", again)):
            for place in _PLACES:
                values = {z: sp.Rational(place)}
                gap = evaluate(expression, values, _FIELD) - evaluate(form, values, _FIELD)
                compared.append(
                    compare(
                        how,
                        IDENTITY,
                        ball(gap),
                        exact(0),
                        resolution=1e-35,
                        reason="200 bits",
                        parameters={"f": str(expression), "z": place},
                    )
                )
    return from_comparisons(compared)


def bounds(context: Context) -> Evidence:
    """Every candidate lies above the supremum, by the factor that it states and not by more than its rounding."""
    compared = []
    for value in (sp.sqrt(2), sp.pi * 100, sp.exp(-7), sp.Rational(1, 18), sp.Integer(1)):
        with working_precision(PREC):
            size = evaluate(value, {}, ArbField(PREC))
        for candidate in candidates(size):
            with working_precision(PREC):
                bound, factor = (
                    evaluate(each, {}, ArbField(PREC)) for each in (candidate.bound, candidate.factor)
                )
                room = bound / (size * factor) - 1
            where = {"supremum": str(value), "bound": str(candidate.bound)}
            compared.append(compare("room above", UPPER, exact(0), ball(room), parameters=where))
            compared.append(compare("rounding", UPPER, ball(room), exact("1/1000"), parameters=where))
    return from_comparisons(compared)


_FIELD = ArbField(200)
_TOKEN = re.compile(r"\s*(?:(\d+)|([A-Za-z]+)|(.))")
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(mpmath, name) for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan")},
    "erf": mpmath.erf,
    "ln": mpmath.log,
    "sqrt": mpmath.sqrt,
}


class _Reader:
    """Coq's reals: + - at 50 and * / at 40 from the left, prefix - and / at 35, ^ at 30, application first."""

    def __init__(self, text: str, place: Any) -> None:
        self.tokens = [match.group(match.lastindex or 0) for match in _TOKEN.finditer(text.strip())]
        self.place = place

    def value(self) -> Any:
        total = self.sum()
        if self.tokens:
            raise ValueError(f"left over: {self.tokens[:5]}")
        return total

    def next(self, *signs: str) -> str:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in signs else ""

    def sum(self) -> Any:
        total = self.product()
        while sign := self.next("+", "-"):
            term = self.product()
            total = total + term if sign == "+" else total - term
        return total

    def product(self) -> Any:
        total = self.prefixed()
        while sign := self.next("*", "/"):
            factor = self.prefixed()
            total = total * factor if sign == "*" else total / factor
        return total

    def prefixed(self) -> Any:
        if sign := self.next("-", "/"):
            inner = self.prefixed()
            return -inner if sign == "-" else 1 / inner
        base = self.applied()
        return base ** int(self.tokens.pop(0)) if self.next("^") else base

    def applied(self) -> Any:
        head = self.tokens[0]
        if head == "Rpower":
            self.tokens.pop(0)
            base, exponent = self.atom(), self.atom()
            return mpmath.exp(exponent * mpmath.log(base))
        if head in _FUNCTIONS:
            self.tokens.pop(0)
            return _FUNCTIONS[head](self.atom())
        return self.atom()

    def atom(self) -> Any:
        head = self.tokens.pop(0)
        if head == "(":
            inner = self.sum()
            if not self.next(")"):
                raise ValueError("a bracket is open")
            return inner
        if head.isdigit():
            return mpmath.mpf(head)
        return {"z": self.place, "PI": mpmath.pi}[head]


def _same(label: str, text: str, expression: sp.Expr, sign: int) -> list[Comparison]:
    compared = []
    for place in _PLACES:
        point = sp.Rational(place)
        with mpmath.workdps(_DIGITS):
            shown = mpmath.nstr(sign * _Reader(text, mpmath.mpf(point.p) / point.q).value(), _DIGITS)
        found = evaluate(expression, {z: point}, _FIELD)
        with working_precision(PREC):
            gap = found - arb(shown)
        compared.append(
            compare(
                label,
                IDENTITY,
                ball(gap),
                exact(0),
                resolution=1e-40,
                reason=f"mpmath at {_DIGITS} digits",
                parameters={"text": text, "z": place},
            )
        )
    return compared


CLAIMS = (
    Claim(
        id="engine.coq-terms",
        title="What Coq is given means what is claimed",
        statement=r"\mathrm{read}(\mathrm{print}(f))(z) = f(z)",
        bound=IDENTITY,
        source=PROJECT,
        depends_on=("engine.balls",),
        checks=(
            Check(
                Kind.ENCLOSURE,
                printed,
                scope="13 expressions and the statements on three derivatives of four activations",
            ),
            Check(Kind.ENCLOSURE, letters, scope="the same expressions, without tanh and as fractions"),
        ),
    ),
    Claim(
        id="engine.coq-bounds",
        title="Candidate bounds lie above the supremum",
        statement=r"\varphi\, s \le M \le \left(1 + 10^{-3}\right) \varphi\, s "
        r"\text{ for each candidate } M \text{ of factor } \varphi \text{ above } s",
        bound=UPPER,
        source=PROJECT,
        checks=(Check(Kind.ENCLOSURE, bounds, scope="five suprema"),),
    ),
    Claim(
        id="control.coq-sign",
        title="Coq's text with its sign turned",
        statement=r"\mathrm{read}(\mathrm{print}(f)) = -f",
        bound=IDENTITY,
        source="control",
        control_of="engine.coq-terms",
        fault="the sign of what was read is turned",
        checks=(Check(Kind.ENCLOSURE, partial(printed, sign=-1), scope="the same expressions"),),
    ),
)
