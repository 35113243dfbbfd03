"""Integers inside expressions: limits, array indices, Kronecker deltas, and the conditions built on them.

Contract: `IndexCompiler` keeps the scope of a compilation (which symbol lives in which slot) and compiles exactly
those expressions that must be Python integers or truth values. `theory.arithmetic` builds the numbers on top of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from theory.errors import InputError
from theory.fields import Field, UndecidedError

Env: TypeAlias = list[Any]  # slot 2i: the number of argument i in the field; slot 2i+1: the value as it came
Closure: TypeAlias = Callable[[Env], Any]


class IndexCompiler:
    """Scope, integers and conditions of one compilation."""

    def __init__(self, field: Field, arguments: Sequence[Any]) -> None:
        self.field = field
        self.slots = len(arguments)
        self.scope: dict[Any, int] = {argument: 2 * i for i, argument in enumerate(arguments)}
        self.bound: set[Any] = set()

    def number(self, e: Any) -> Closure:
        """Compile to an element of the field."""
        raise NotImplementedError

    def condition(self, c: Any) -> Callable[[Env], bool]:
        """Compile a condition; integer relations are exact, others three-valued in the field."""
        if isinstance(c, (BooleanTrue, BooleanFalse)):
            truth = bool(c)
            return lambda env: truth
        if c.func in (sympy.And, sympy.Or):
            parts, join = [self.condition(a) for a in c.args], (all if c.func is sympy.And else any)
            return lambda env: join(part(env) for part in parts)
        if c.func is sympy.Not:
            part = self.condition(c.args[0])
            return lambda env: not part(env)
        if not isinstance(c, Relational):
            raise refuse(c)
        exact = self.is_whole(c.lhs) and self.is_whole(c.rhs)
        compile_side = self.whole if exact else self.number
        a, b = compile_side(c.lhs), compile_side(c.rhs)
        is_less = (lambda x, y: bool(x < y)) if exact else self.field.less
        is_equal = (lambda x, y: bool(x == y)) if exact else self.field.equal
        tests: dict[type, tuple[Callable[[Any, Any], bool | None], bool, bool]] = {
            sympy.StrictLessThan: (is_less, False, False),
            sympy.GreaterThan: (is_less, False, True),
            sympy.StrictGreaterThan: (is_less, True, False),
            sympy.LessThan: (is_less, True, True),
            sympy.Equality: (is_equal, False, False),
            sympy.Unequality: (is_equal, False, True),
        }
        test, swap, negate = tests[c.func]

        def decide(env: Env) -> bool:
            x, y = a(env), b(env)
            answer = test(y, x) if swap else test(x, y)
            if answer is None:
                raise UndecidedError(f"cannot decide {c}: the balls {x} and {y} overlap; raise the precision")
            return answer is not negate

        return decide

    def is_whole(self, e: Any) -> bool:
        """Say whether an expression is computed with Python integers: integer symbols and indices only."""
        if isinstance(e, sympy.Rational):
            return bool(e.is_Integer)
        if isinstance(e, (sympy.Symbol, sympy.Idx)):
            return e in self.bound or bool(e.is_integer)
        if e.func is sympy.Pow:
            base, exponent = e.args
            return self.is_whole(base) and bool(exponent.is_Integer and exponent >= 0)
        allowed = e.func in (sympy.Add, sympy.Mul) or e.func in WHOLE_FUNCTIONS
        return allowed and bool(e.args) and all(self.is_whole(a) for a in e.args)

    def whole(self, e: Any) -> Callable[[Env], int]:
        """Compile to a Python integer; rational intermediate results are allowed, a fractional end is not."""
        exact = self._exact(e)

        def integer(env: Env) -> int:
            value = exact(env)
            if isinstance(value, Fraction):
                if value.denominator != 1:
                    raise no_integer(e, value)
                return int(value)
            return int(value)

        return integer

    def _exact(self, e: Any) -> Closure:
        if isinstance(e, sympy.Rational):
            value = int(e.p) if e.q == 1 else Fraction(int(e.p), int(e.q))
            return constant(value)
        if e in self.scope:
            return self._whole_symbol(e)
        if e.func is sympy.KroneckerDelta:
            a, b = self._exact(e.args[0]), self._exact(e.args[1])
            return lambda env: int(a(env) == b(env))
        if e.func is sympy.binomial:
            return self.whole_binomial(e)
        combine = WHOLE_FUNCTIONS.get(e.func)
        if combine is None:
            raise refuse(e, "stands where an integer is needed")
        parts = [self._exact(a) for a in e.args]
        return lambda env: combine(*(part(env) for part in parts))

    def _whole_symbol(self, e: Any) -> Closure:
        slot = self.scope[e] + 1

        def read(env: Env) -> int:
            value = env[slot]
            if isinstance(value, int) and not isinstance(value, bool):
                return value
            return _as_integer(value, e)

        return read

    def whole_binomial(self, e: Any) -> Closure:
        """Compile binom(n, k) of two integers, with (-1)^k binom(k-n-1, k) for n < 0."""
        n, k = self.whole(e.args[0]), self.whole(e.args[1])

        def binomial(env: Env) -> int:
            top, bottom = n(env), k(env)
            if bottom < 0:
                return 0
            if top < 0:
                return (-1) ** bottom * math.comb(bottom - top - 1, bottom)
            return math.comb(top, bottom)

        return binomial


def _product_of(*factors: Any) -> Any:
    return math.prod(factors)


def _power_of(base: Any, exponent: Any) -> Any:
    return Fraction(base) ** int(exponent) if exponent < 0 else base ** int(exponent)


def _double_factorial(n: int) -> int:
    return math.prod(range(int(n), 0, -2))


WHOLE_FUNCTIONS: Mapping[Any, Callable[..., Any]] = {
    sympy.Add: lambda *terms: sum(terms),
    sympy.Mul: _product_of,
    sympy.Pow: _power_of,
    sympy.factorial: lambda n: math.factorial(int(n)),
    sympy.factorial2: _double_factorial,
    sympy.Max: max,
    sympy.Min: min,
    sympy.KroneckerDelta: lambda a, b: int(a == b),
}


def constant(value: Any) -> Closure:
    """Give the closure of a constant."""
    return lambda env: value


def nonnegative(n: int, e: Any) -> int:
    """Pass on n >= 0; raise `InputError` otherwise."""
    if n < 0:
        raise no_integer(e, n)
    return n


def _as_integer(value: Any, e: Any) -> int:
    try:
        if value == int(value):
            return int(value)
    except (TypeError, ValueError):
        pass
    raise no_integer(e, value)


def no_integer(e: Any, value: Any) -> InputError:
    """Build the error for a value that should be an integer."""
    return InputError(
        given=f"{value!r:.60} for {str(e):.60}, which stands where an integer is needed",
        allowed="integers in limits, indices and deltas (not negative in factorials)",
        do="pass an integer for that symbol",
    )


def refuse(e: Any, why: str = "") -> InputError:
    """Build the error for a node outside the language."""
    kind = type(e).__name__
    reason = why or {
        "Float": "is a rounded number, and a derivation is exact",
        "Symbol": "is a symbol that is not among the arguments",
        "Idx": "is an index that is not among the arguments",
    }.get(kind, "is a node that the exact compiler does not know")
    return InputError(
        given=f"{str(e):.80} ({kind}), which {reason}",
        allowed="exact numbers, the arguments, and the nodes that theory.arithmetic lists",
        do="use exact numbers, pass the missing argument or function, or rewrite the expression",
    )
