"""What a function does beyond all bounds: enclosures that hold on a whole half-line, by argument.

Contract: `tail(expr, variable, start=A, side=+1)` represents z -> expr(z) (side = +1) or z -> expr(-z)
(side = -1) on the half-line [A, oo) as

    z^p * exp(Q(z)) * b,      Q an exact polynomial without constant term, b a ball valid for all z >= A.

Products, quotients and powers act on the parts. A sum factors out its dominant monomial: the ratio r of a
smaller monomial to it is checked to decrease on [A, oo), so r(z) lies in [0, r(A)]. A monotone bounded function
(tanh, erf, atan) maps a half-infinite range to the interval between its value at the finite end and its limit.
Whatever fits no rule raises `UndecidedError`: nothing is guessed. A larger A makes more sums decidable and the
balls narrower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import sympy
from flint import arb

from theory.arithmetic import evaluate
from theory.fields import ArbField, UndecidedError, working_precision

Polynomial: TypeAlias = Mapping[int, Any]  # degree -> exact non-zero coefficient, a SymPy number

PRECISION = 96
_FIELD = ArbField(PRECISION)


@dataclass(frozen=True)
class Tail:
    """The function z^power * exp(exponent(z)) * ball on [start, oo)."""

    start: int
    power: Any
    exponent: Polynomial
    ball: arb
    polynomial: Polynomial | None = None

    def growth(self) -> int:
        """Give +1, 0 or -1: the monomial tends to infinity, is 1, or tends to 0."""
        return _growth(self.power, self.exponent)

    def at_start(self) -> arb:
        """Give the monomial's value at `start`."""
        return _monomial(self.start, self.power, self.exponent)

    def magnitude(self) -> tuple[arb, arb]:
        """Give numbers l <= sup |f| <= u over the half-line, for a bounded function.

        Raises:
            UnboundedError: If |f| provably tends to infinity.
            UndecidedError: If the monomial grows and the ball contains 0.
        """
        with working_precision(PRECISION):
            growth = self.growth()
            if growth == 0:
                return self.ball.abs_lower(), self.ball.abs_upper()
            if growth < 0:
                if self.ball.is_zero():
                    return arb(0), arb(0)
                _require_decrease(self.start, self.power, self.exponent)
                return arb(0), (self.at_start() * self.ball).abs_upper()
            if self.ball.abs_lower() > 0 and self.ball.is_finite():
                raise UnboundedError("it grows without bound")
            raise UndecidedError("a product of a growing factor and one whose decay is not visible")


class UnboundedError(ArithmeticError):
    """The function tends to infinity: proven."""


def tail(expr: sympy.Expr, variable: Any, *, start: int, side: int) -> Tail:
    """Represent expr(side * z) on [start, oo), start >= 8; see the module docstring.

    Raises:
        UndecidedError: If no rule applies at this `start`.
    """
    with working_precision(PRECISION):
        return _Walk(variable, start, side).visit(expr)


class _Walk:
    """The recursion over the expression; every method returns a `Tail` or raises `UndecidedError`."""

    def __init__(self, variable: Any, start: int, side: int) -> None:
        self.variable = variable
        self.start = start
        self.side = side
        self.known: dict[Any, Tail] = {}
        self.rules: dict[Any, Callable[[Any], Tail]] = {
            sympy.Add: lambda e: self.add([self.visit(a) for a in e.args]),
            sympy.Mul: self._mul,
            sympy.Pow: self._pow,
            sympy.exp: self._exp,
            sympy.log: lambda e: self.log(self.visit(e.args[0])),
            sympy.sinh: lambda e: self._hyperbolic(e, -1),
            sympy.cosh: lambda e: self._hyperbolic(e, 1),
            **{f: self._function for f in _FUNCTIONS},
        }

    def visit(self, e: Any) -> Tail:
        if e not in self.known:
            self.known[e] = self._visit(e)
        return self.known[e]

    def _visit(self, e: Any) -> Tail:
        if e == self.variable:
            return self.make(1, {}, arb(self.side), {1: sympy.Integer(self.side)})
        if not e.free_symbols:
            return self.make(0, {}, number(e), {0: e} if e != 0 else {})
        rule = self.rules.get(e.func)
        if rule is None:
            raise UndecidedError(f"no rule for the tail of {e.func.__name__}")
        return rule(e)

    def make(self, power: Any, exponent: Polynomial, ball: arb, polynomial: Polynomial | None = None) -> Tail:
        if not ball.is_finite():
            raise UndecidedError("a part of it is not defined, or not bounded, near infinity")
        return Tail(self.start, sympy.sympify(power, strict=True), exponent, ball, polynomial)

    # -- arithmetic

    def polynomial(self, polynomial: Polynomial) -> Tail:
        """Represent an exact polynomial: z^n times its leading coefficient plus decreasing powers."""
        if not polynomial:
            return self.make(0, {}, arb(0), {})
        degree = max(polynomial)
        ball = number(polynomial[degree])
        for k, c in polynomial.items():
            if k < degree:
                ball = ball + number(c) * (arb(self.start) ** (k - degree)).union(0)
        return self.make(degree, {}, ball, polynomial)

    def add(self, parts: list[Tail]) -> Tail:
        exact: Polynomial = {}
        for part in parts:
            if part.polynomial is not None:
                exact = _sum(exact, part.polynomial)
        rest = [part for part in parts if part.polynomial is None]
        if not rest:
            return self.polynomial(exact)
        # Polynomials cancel exactly before anything is enclosed.
        groups: list[tuple[Any, Polynomial, arb]] = []
        for part in [self.polynomial(exact), *rest]:
            for i, (power, exponent, ball) in enumerate(groups):
                if part.power == power and part.exponent == exponent:
                    groups[i] = (power, exponent, ball + part.ball)
                    break
            else:
                groups.append((part.power, part.exponent, part.ball))
        groups = [g for g in groups if not g[2].is_zero()]
        if not groups:
            return self.make(0, {}, arb(0), {})
        lead = groups[0]
        for group in groups[1:]:
            if _growth(group[0] - lead[0], _sum(group[1], lead[1], -1)) > 0:
                lead = group
        total = lead[2]
        for group in groups:
            if group is not lead:
                power, exponent = group[0] - lead[0], _sum(group[1], lead[1], -1)
                _require_decrease(self.start, power, exponent)
                total = total + _monomial(self.start, power, exponent).union(0) * group[2]
        return self.make(lead[0], lead[1], total)

    def mul(self, a: Tail, b: Tail) -> Tail:
        polynomial = _product(a.polynomial, b.polynomial)
        if polynomial is not None:
            return self.polynomial(polynomial)
        return self.make(a.power + b.power, _sum(a.exponent, b.exponent), a.ball * b.ball)

    def _mul(self, e: Any) -> Tail:
        first, *rest = [self.visit(a) for a in e.args]
        for factor in rest:
            first = self.mul(first, factor)
        return first

    def _pow(self, e: Any) -> Tail:
        base, exponent = e.args
        if exponent.free_symbols:
            log_base = self.log(self.visit(base)) if base.free_symbols else self.visit(sympy.log(base))
            return self.exp(self.mul(self.visit(exponent), log_base))
        b = self.visit(base)
        if exponent.is_Integer:
            n = int(exponent)
            polynomial: Polynomial | None = {0: sympy.Integer(1)} if 0 <= n <= 32 else None
            for _ in range(n):
                polynomial = _product(polynomial, b.polynomial)
            if polynomial is not None:
                return self.polynomial(polynomial)
            return self.make(b.power * n, _scale(b.exponent, exponent), _FIELD.integer_power(b.ball, n))
        if not b.ball > 0:
            raise UndecidedError("a root or general power of a part whose sign near infinity is not visible")
        r = number(exponent)
        return self.make(b.power * exponent, _scale(b.exponent, exponent), (r * b.ball.log()).exp())

    # -- exponential and logarithm

    def _exp(self, e: Any) -> Tail:
        terms = sympy.Add.make_args(e.args[0])
        tails = [self.visit(t) for t in terms]
        exact = [t for t in tails if t.polynomial is not None]
        result = self.exp(self.add(exact)) if exact else self.make(0, {}, arb(1))
        rest = [t for t in tails if t.polynomial is None]
        return self.mul(result, self.exp(self.add(rest))) if rest else result

    def exp(self, t: Tail) -> Tail:
        if t.polynomial is not None:
            rising = {k: c for k, c in t.polynomial.items() if k > 0}
            return self.make(0, rising, number(t.polynomial.get(0, sympy.Integer(0))).exp())
        if t.growth() <= 0:
            return self.make(0, {}, self.range(t).exp())
        if t.ball < 0:
            degree = max(int(sympy.floor(t.power)), 1) if not t.exponent else 1
            if t.power >= 1 or t.exponent:
                # -t >= c z^degree because (z^degree / monomial) decreases.
                _require_decrease(self.start, degree - t.power, _scale(t.exponent, -1))
                c = (t.at_start() / arb(self.start) ** degree * t.ball.abs_lower()).lower()
                return self.make(0, {degree: -_rational_below(c)}, arb(0.5, 0.5))
            _require_decrease(self.start, -t.power, {})
            return self.make(0, {}, (-t.at_start() * t.ball.abs_lower()).exp().union(0))
        if t.ball > 0 and not t.exponent and t.power.is_Integer:
            c = -_rational_below(-t.ball.upper())
            return self.make(0, {int(t.power): c}, arb(0.5, 0.5))
        raise UndecidedError("an exponential of a part whose growth is not visible")

    def log(self, t: Tail) -> Tail:
        if not t.ball > 0:
            raise UndecidedError("a logarithm of a part whose sign near infinity is not visible")
        parts = [self.make(0, {}, t.ball.log())]
        if t.exponent:
            degree = max(t.exponent)
            lead = self.make(0, {}, arb(0))
            for k, c in t.exponent.items():
                lead = self.add([lead, self.make(k, {}, number(c), {k: c})])
            parts.append(Tail(self.start, sympy.Integer(degree), {}, lead.ball))
        if t.power != 0:
            # log z / sqrt z decreases from e^2 on.
            a = arb(self.start)
            parts.append(self.make(sympy.Rational(1, 2), {}, (a.log() / a.sqrt()).union(0) * number(t.power)))
        return self.add(parts)

    def _hyperbolic(self, e: Any, sign: int) -> Tail:
        u = e.args[0]
        minus = self.make(0, {}, arb(sign))
        up, down = self._exp(sympy.exp(u, evaluate=False)), self._exp(sympy.exp(-u, evaluate=False))
        both = self.add([up, self.mul(minus, down)])
        return self.mul(self.make(0, {}, arb(0.5)), both)

    # -- bounded functions

    def range(self, t: Tail) -> arb:
        """Enclose the values of a tail that does not grow."""
        if t.growth() == 0:
            return t.ball
        _require_decrease(self.start, t.power, t.exponent)
        return (t.at_start() * t.ball).union(0)

    def _function(self, e: Any) -> Tail:
        rule = _FUNCTIONS[e.func]
        t = self.visit(e.args[0])
        growth = t.growth()
        if growth < 0 and rule.slope is not None:
            return self.make(t.power, t.exponent, t.ball * rule.slope(self.range(t)))
        if growth <= 0:
            return self.make(0, {}, rule.value(self.range(t)))
        if rule.limit is None:
            if rule.bounded is None:
                raise UndecidedError(f"{e.func.__name__} of an unbounded argument")
            return self.make(0, {}, rule.bounded)
        limit = rule.limit()
        if not (t.ball > 0 or t.ball < 0):
            return self.make(0, {}, limit.union(-limit))
        _require_decrease(self.start, -t.power, _scale(t.exponent, -1))
        end = t.at_start() * t.ball.abs_lower()
        reached = rule.value(end).union(limit)
        return self.make(0, {}, reached if t.ball > 0 else -reached)


@dataclass(frozen=True)
class _Bounded:
    """How a function acts on ranges.

    `value` maps a bounded range; `limit` is the value at +oo of an odd increasing function; `bounded` is a range
    for unbounded arguments; `slope` encloses f(t)/t for t in a range that contains 0, so that decay survives.
    """

    value: Callable[[arb], arb]
    limit: Callable[[], arb] | None = None
    bounded: arb | None = None
    slope: Callable[[arb], arb] | None = None


def _concave_slope(t: arb) -> arb:
    # tanh and atan: t (1 - t^2/3) <= f(t) <= t for t >= 0, and both are odd.
    u = arb(t.abs_upper())
    return (1 - u * u / 3).union(1)


def _erf_slope(t: arb) -> arb:
    return _concave_slope(t) * 2 / arb.const_sqrt_pi()


_FUNCTIONS: dict[Any, _Bounded] = {
    sympy.sin: _Bounded(arb.sin, bounded=arb(0, 1), slope=arb.sinc),
    sympy.cos: _Bounded(arb.cos, bounded=arb(0, 1)),
    sympy.tan: _Bounded(arb.tan),
    sympy.tanh: _Bounded(arb.tanh, limit=lambda: arb(1), slope=_concave_slope),
    sympy.atan: _Bounded(arb.atan, limit=lambda: arb.pi() / 2, slope=_concave_slope),
    sympy.erf: _Bounded(arb.erf, limit=lambda: arb(1), slope=_erf_slope),
}


@lru_cache(maxsize=4096)
def number(e: Any) -> arb:
    """Enclose an exact constant at the precision of this module."""
    return evaluate(e, {}, _FIELD)


def _sign(e: Any) -> int:
    """Give the sign of an exact constant."""
    if e.is_Rational:
        return int(e.p > 0) - int(e.p < 0)
    ball = number(e)
    if ball > 0:
        return 1
    if ball < 0:
        return -1
    raise UndecidedError(f"cannot tell the sign of {str(e):.60}")


def _growth(power: Any, exponent: Polynomial) -> int:
    return _sign(exponent[max(exponent)]) if exponent else _sign(power)


def _monomial(start: int, power: Any, exponent: Polynomial) -> arb:
    a = arb(start)
    total = number(power) * a.log() if power != 0 else arb(0)
    for k, c in exponent.items():
        total = total + number(c) * a**k
    return total.exp()


def _require_decrease(start: int, power: Any, exponent: Polynomial) -> None:
    """Check that z^power exp(exponent(z)) decreases (weakly) on [start, oo).

    Its logarithmic derivative times z is the polynomial power + sum k c_k z^k; it is not positive on the
    half-line if none of its coefficients in z - start is.
    """
    if not exponent:
        if _sign(power) > 0:
            raise UndecidedError("a smaller term that grows")
        return
    degree = max(exponent)
    coefficients = [
        number(power),
        *(number(exponent[k]) * k if k in exponent else arb(0) for k in range(1, degree + 1)),
    ]
    for i in range(degree + 1):  # repeated synthetic division: the Taylor coefficients at `start`
        for j in range(degree - 1, i - 1, -1):
            coefficients[j] = coefficients[j] + coefficients[j + 1] * start
    if not all(c <= 0 for c in coefficients):
        raise UndecidedError("terms whose order of growth is settled only further out")


def _sum(a: Polynomial, b: Polynomial, sign: int = 1) -> Polynomial:
    total = dict(a)
    for k, c in b.items():
        value = total.get(k, sympy.Integer(0)) + sign * c
        if value == 0:
            total.pop(k, None)
        else:
            total[k] = value
    return total


def _product(a: Polynomial | None, b: Polynomial | None) -> Polynomial | None:
    if a is None or b is None:
        return None
    total: dict[int, Any] = {}
    for i, c in a.items():
        for j, d in b.items():
            total[i + j] = total.get(i + j, sympy.Integer(0)) + c * d
    return {k: c for k, c in total.items() if c != 0} if len(total) <= 64 else None


def _scale(a: Polynomial, factor: Any) -> Polynomial:
    return {k: c * factor for k, c in a.items()} if factor != 0 else {}


def _rational_below(x: arb) -> Any:
    """Give a short rational that is at most the exact number x."""
    scaled = (x * 1024).floor().lower()
    unique = scaled.floor().unique_fmpz()
    if unique is None:
        raise UndecidedError("a rate of growth that is not finite")
    return sympy.Rational(int(unique), 1024)
