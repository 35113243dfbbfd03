"""Rigorous enclosures over the whole real line: the supremum of |f|, and whether f keeps one sign.

Contract: `supremum` returns a ball that contains sup over all real z of |f(z)|; its lower end is attained at
a point or approached at infinity, its upper end is proven. The line is cut in three: two half-lines, bounded
by an argument (`theory.tails`), and a finite interval between them, bounded by branch and bound with mean
value forms f(X) in f(c) + f'(X)(X - c). If the variable occurs only inside sin and cos of linear arguments
with commensurable rates, one period is the whole line. A function that tends to infinity raises `InputError`;
one for which no argument is found raises `UndecidedError`; nothing is guessed.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, TypeAlias

import sympy
from flint import arb

from theory.arithmetic import ArbField, UndecidedError, compile_arb, working_precision
from theory.errors import InputError
from theory.forms import cancelled, with_exponentials
from theory.tails import PRECISION, Tail, UnboundedError, tail

BoxFunction: TypeAlias = Callable[[arb], arb]

STARTS = (8, 16, 32, 64, 128, 512, 2048, 2**14, 2**17)
MAX_BOXES = 20_000


def supremum(expr: sympy.Expr, variable: Any, *, relative: float = 1e-8) -> arb:
    """Enclose sup over all real z of |expr(z)|.

    Args:
        expr: An exact expression of one variable, defined on the whole line.
        variable: Its symbol.
        relative: The relative width aimed at; where a function oscillates without a period (as in
            sin z + sin(sqrt(2) z)) the enclosure is wider, and still right.

    Returns:
        A ball that contains the supremum.

    Raises:
        InputError: If |expr| tends to infinity.
        UndecidedError: If no bound near infinity, or on the finite part, could be proven.
    """
    with working_precision(PRECISION):
        if variable not in expr.free_symbols:
            return abs(compile_arb(expr, [], prec=PRECISION)())
        search = _Search(_forms(expr), expr, variable, relative)
        period = _period(expr, variable)
        if period is not None:
            search.branch_and_bound(arb(0).union(period))
            return search.enclosure()
        search.sample()
        start = search.settle_tails()
        search.branch_and_bound(arb(0, start))
        return search.enclosure()


@dataclass(frozen=True)
class Sign:
    """Whether a function keeps one sign on the real line.

    Attributes:
        sign: +1 or -1 if it is proven to be positive or negative everywhere; 0 if a zero or an undefined point
            was found; None if neither is proven.
        place: For sign 0 the place, in words.
    """

    sign: int | None
    place: str = ""


def constant_sign(expr: sympy.Expr, variable: Any) -> Sign:
    """Decide whether a function (with no singularity of its own) has one sign on the whole line."""
    with working_precision(PRECISION):
        if variable not in expr.free_symbols:
            value = compile_arb(expr, [], prec=PRECISION)()
            return Sign(1 if value > 0 else -1 if value < 0 else 0 if value.is_zero() else None, "everywhere")
        forms = _forms(expr)
        values = [compile_arb(f, [variable], prec=PRECISION) for f in forms]
        signs: dict[int, arb] = {}
        for point in _POINTS:
            value = _meet(values, point)
            if value.is_zero():
                return Sign(0, f"z = {point.str(6, radius=False)}")
            if value > 0 or value < 0:
                signs.setdefault(1 if value > 0 else -1, point)
        if len(signs) == 2:
            return Sign(0, f"z = {_bisect(values, signs[-1], signs[1]).str(6, radius=False)}")
        if not signs:
            return Sign(None)
        (sign,) = signs
        period = _period(expr, variable)
        if period is not None:
            return Sign(sign) if _keeps(values, sign, arb(0).union(period)) else Sign(None)
        for start in STARTS:
            sides = [_tail_at(forms, variable, start, side) for side in (1, -1)]
            if all(isinstance(t, Tail) and (t.ball > 0 if sign > 0 else t.ball < 0) for t in sides):
                return Sign(sign) if _keeps(values, sign, arb(0, start)) else Sign(None)
        return Sign(None)


_POINTS = [
    *(arb(s) * k / 16 for k in range(0, 160) for s in (1, -1)),
    *(arb(s) * 2**j for j in range(4, 60) for s in (1, -1)),
]


@dataclass
class _Search:
    """The state of a search: the proven lower bound, and upper bounds of the tails and of the finite part."""

    forms: Sequence[sympy.Expr]
    expr: sympy.Expr
    variable: Any
    relative: float
    best: arb = field(default_factory=lambda: arb(0))
    tails_upper: arb = field(default_factory=lambda: arb(0))
    finite_upper: arb = field(default_factory=lambda: arb(0))

    def __post_init__(self) -> None:
        self.values = [compile_arb(f, [self.variable], prec=PRECISION) for f in self.forms]
        slope = cancelled(sympy.diff(self.expr, self.variable))
        self.slope = compile_arb(slope, [self.variable], prec=PRECISION)

    def enclosure(self) -> arb:
        upper = _larger(self.best, _larger(self.tails_upper, self.finite_upper))
        if not upper.is_finite():
            raise UndecidedError(f"no finite bound of |{str(self.expr):.80}| was found on a finite interval")
        return self.best.union(upper)

    def raise_best(self, candidate: arb) -> None:
        if candidate.is_finite() and candidate > self.best:
            self.best = candidate

    def sample(self) -> None:
        for point in _POINTS:
            self.raise_best(_meet(self.values, point).abs_lower())

    def enough(self) -> arb:
        """Give the bound below which a part of the line needs no more work."""
        return (self.best * (1 + arb(self.relative) / 2)).upper()

    def settle_tails(self) -> int:
        """Find a start from which both half-lines are bounded well enough, or take the best of all starts."""
        chosen, reason = 0, ""
        for start in STARTS:
            sides = [_tail_at(self.forms, self.variable, start, side) for side in (1, -1)]
            upper = arb(0)
            for t in sides:
                bound = self._bound(t)
                if isinstance(bound, str):
                    reason, upper = bound, arb.pos_inf()
                    break
                self.raise_best(bound[0].lower())
                upper = _larger(upper, bound[1].upper())
            if not upper.is_finite():
                continue
            # Later starts must be worth their longer finite part: a bound that hardly falls is kept.
            if not chosen or upper < self.tails_upper * arb(0.999):
                chosen, self.tails_upper = start, upper
            if upper <= self.enough():
                break
        if not chosen:
            raise UndecidedError(
                f"no argument bounds |{str(self.expr):.80}| near infinity: {reason}; rewrite the activation so "
                "that its decay is visible, for example with exp instead of quotients of other functions"
            )
        return chosen

    def _bound(self, t: Tail | str) -> tuple[arb, arb] | str:
        if isinstance(t, str):
            return t
        try:
            return t.magnitude()
        except UndecidedError as error:
            return str(error)
        except UnboundedError:
            raise InputError(
                given=f"{str(self.expr):.80}, which is unbounded: it tends to infinity",
                allowed="functions that are bounded on the real line",
                do="choose an activation whose first three derivatives are bounded, such as sin(z) + cos(z)",
            ) from None

    def branch_and_bound(self, domain: arb) -> None:
        """Bound |f| on the domain, bisecting the box with the largest bound until the bound is good enough."""
        heap: list[tuple[float, int, arb, arb]] = []
        serial = 0

        def push(box: arb) -> None:
            nonlocal serial
            serial += 1
            upper = self._bound_on(box)
            if not upper <= self.enough():
                key = float(upper) if upper.is_finite() else math.inf
                heapq.heappush(heap, (-key, serial, box, upper))

        push(domain)
        floor = self.tails_upper
        while heap and serial < MAX_BOXES:
            _, _, box, upper = heap[0]
            if upper <= self.enough() or upper <= floor:
                break
            heapq.heappop(heap)
            for half in _halves(box):
                push(half)
        # The heap is ordered by rounded keys: take the largest bound itself.
        self.finite_upper = reduce(_larger, (entry[3] for entry in heap), self.enough())

    def _bound_on(self, box: arb) -> arb:
        """Give an upper bound of |f| on a box and raise the proven lower bound by f at its midpoint."""
        direct = _meet(self.values, box).abs_upper()
        if direct.is_finite() and direct <= self.best:
            return direct
        middle = box.mid()
        value = _meet(self.values, middle)
        self.raise_best(value.abs_lower())
        # The ends of a box are rounded outwards, so the slope is taken on a box that surely holds them.
        slope = self.slope(arb(middle, box.rad() * arb(1.001)))
        if slope > 0 or slope < 0:
            # A monotone piece has its extremes at its ends.
            ends = [_meet(self.values, end).abs_upper() for end in (box.lower(), box.upper())]
            monotone = _larger(*ends)
            return _smaller(direct, monotone)
        centred = (value + slope * (box - middle)).abs_upper()
        return _smaller(direct, centred)


def _forms(expr: sympy.Expr) -> list[sympy.Expr]:
    """Give the expression and its equivalent forms, without repetitions."""
    forms = [expr, cancelled(expr)]
    if expr.has(sympy.tanh, sympy.sinh, sympy.cosh):
        forms.append(cancelled(with_exponentials(expr)))
    return list(dict.fromkeys(forms))


def _meet(values: Sequence[BoxFunction], box: arb) -> arb:
    """Intersect the enclosures of all forms on a box."""
    result = arb.nan()
    for value in values:
        ball = value(box)
        if not ball.is_finite():
            continue
        if not result.is_finite():
            result = ball
        elif ball.rad() < result.rad():
            result = ball
    return result


def _tail_at(forms: Sequence[sympy.Expr], variable: Any, start: int, side: int) -> Tail | str:
    """Give the tail with the smallest bound among all forms, or the reason why there is none."""
    reason, chosen, chosen_upper = "", None, arb.pos_inf()
    for form in forms:
        try:
            t = tail(form, variable, start=start, side=side)
        except UndecidedError as error:
            reason = reason or str(error)
            continue
        try:
            upper = t.magnitude()[1]
        except UnboundedError:
            return t
        except UndecidedError as error:
            reason, upper = reason or str(error), arb.pos_inf()
        if chosen is None or upper < chosen_upper:
            chosen, chosen_upper = t, upper
    return reason if chosen is None else chosen


def _keeps(values: Sequence[BoxFunction], sign: int, domain: arb) -> bool:
    """Prove by bisection that a function has the given sign on a box."""
    stack, count = [domain], 0
    while stack:
        box = stack.pop()
        count += 1
        good = any((v > 0 if sign > 0 else v < 0) for v in (value(box) for value in values))
        if good:
            continue
        if count > MAX_BOXES or box.rad() < 1e-9:
            return False
        stack.extend(_halves(box))
    return True


def _bisect(values: Sequence[BoxFunction], negative: arb, positive: arb) -> arb:
    """Approach a place where the sign changes."""
    for _ in range(40):
        middle = (negative + positive) / 2
        value = _meet(values, middle.mid())
        if value > 0:
            positive = middle.mid()
        elif value < 0:
            negative = middle.mid()
        else:
            break
    return (negative + positive) / 2


def _period(expr: sympy.Expr, variable: Any) -> arb | None:
    """Give the length of an interval that shows every value, if the structure proves that there is one."""
    rates: list[Any] = []

    def collect(e: Any) -> bool:
        if variable not in e.free_symbols:
            return True
        if e.func in (sympy.sin, sympy.cos):
            rate = sympy.diff(e.args[0], variable)
            if variable in rate.free_symbols:
                return collect(e.args[0])
            rates.append(rate)
            return True
        return bool(e.args) and all(collect(a) for a in e.args)

    if not collect(expr) or not rates:
        return None
    ratios = [r / rates[0] for r in rates]
    if not all(r.is_Rational and r != 0 for r in ratios):
        return None
    common = sympy.Rational(
        reduce(sympy.igcd, [abs(r.p) for r in ratios]), reduce(sympy.ilcm, [r.q for r in ratios])
    )
    length = 2 * sympy.pi / (sympy.Abs(rates[0]) * common)
    return ArbField(PRECISION).number(0) + compile_arb(length, [], prec=PRECISION)()


def _halves(box: arb) -> tuple[arb, arb]:
    middle, quarter = box.mid(), box.rad() / 2
    return arb(middle - quarter, quarter), arb(middle + quarter, quarter)


def _larger(a: arb, b: arb) -> arb:
    return b if b > a or not b.is_finite() else a


def _smaller(a: arb, b: arb) -> arb:
    return b if b < a or not a.is_finite() else a
