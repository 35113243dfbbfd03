"""Exact compilers from a SymPy expression to numbers: one tree walk, several number systems.

Contract: an expression is compiled once to nested closures and then called many times. The walk knows
exactly the nodes listed below and raises `InputError` on everything else, above all on a Float (a rounded
number has no place in a derivation), on a free symbol that is no argument and on an undefined function
without a Python implementation. Nothing is ever evaluated in floating point on the way.

Nodes: Integer, Rational, pi, E, EulerGamma, I (complex balls only), Add, Mul, Pow, the elementary functions
of the field (exp, log, sin, cos, tan, sinh, cosh, tanh, atan, asinh, erf, erfc, Abs, gamma, loggamma),
factorial, factorial2, binomial, RisingFactorial, hyper, Max and Min of integers, and the indexed language
of the theory room: Sum and Product over integer indices with symbolic limits, Indexed, KroneckerDelta,
Piecewise and relations.

Indexed arrays: formulas count from 1, storage from 0. `w[r, i]` reads `array[r-1][i-1]` of the nested
sequence (or NumPy array) that is passed for the IndexedBase `w`; an index outside the array is an error,
never a wrap-around. Summation limits, array indices, Kronecker deltas and relations between integer
expressions are computed with Python integers; so a symbol that occurs in them must be given an integer. A
relation between other expressions is decided in the field, three-valued; undecided raises `UndecidedError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import sympy

from theory.comparisons import contains, endpoints, equal, equal_within, less, less_equal
from theory.errors import InputError
from theory.fields import AcbField, ArbField, Field, MpField, Number, UndecidedError, working_precision
from theory.indices import WHOLE_FUNCTIONS, Closure, Env, IndexCompiler, constant, nonnegative, refuse

__all__ = [
    "AcbField",
    "ArbField",
    "Field",
    "MpField",
    "UndecidedError",
    "compile_acb",
    "compile_arb",
    "compile_expression",
    "compile_mp",
    "contains",
    "endpoints",
    "equal",
    "equal_within",
    "evaluate",
    "less",
    "less_equal",
    "working_precision",
]

Functions: TypeAlias = Mapping[Any, Callable[..., Any]]


def compile_expression(
    expr: sympy.Expr, arguments: Sequence[Any], field: Field, *, functions: Functions | None = None
) -> Callable[..., Number]:
    """Compile an expression to a function of its arguments with values in `field`.

    Args:
        expr: The expression; its free symbols and array bases must be among `arguments`.
        arguments: Symbols, `Idx` or `IndexedBase` objects, in the order of the call.
        field: `ArbField`, `AcbField` or `MpField`.
        functions: A Python callable on field elements for each undefined function class (or its name).

    Returns:
        A callable with `len(arguments)` positional arguments: numbers, and nested arrays for bases.

    Raises:
        InputError: On a node outside the language; at the call, on an index outside its array or a value
            that is no exact number.
        UndecidedError: At the call, when a relation between balls cannot be decided.
    """
    with field.precision():
        compiler = _Compiler(field, arguments, functions or {})
        body = compiler.number(sympy.sympify(expr, strict=True))
    count, size = len(arguments), 2 * compiler.slots

    def call(*values: Any) -> Number:
        if len(values) != count:
            raise TypeError(f"expected {count} arguments ({arguments}), got {len(values)}")
        with field.precision():
            env: Env = [None] * size
            for i, value in enumerate(values):
                env[2 * i] = _load(value, field)
                env[2 * i + 1] = value
            return body(env)

    return call


def compile_arb(
    expr: sympy.Expr, variables: Sequence[Any], *, prec: int = 128, functions: Functions | None = None
) -> Callable[..., Number]:
    """Compile to real balls of `prec` bits; see `compile_expression`."""
    return compile_expression(expr, variables, ArbField(prec), functions=functions)


def compile_acb(
    expr: sympy.Expr, variables: Sequence[Any], *, prec: int = 128, functions: Functions | None = None
) -> Callable[..., Number]:
    """Compile to complex balls; the callable takes `analytic=True` to answer non-finite balls on branch cuts.

    This is the flag that `acb.integral` hands to its integrand; see `compile_expression` for the rest.
    """
    plain = compile_expression(expr, variables, AcbField(prec), functions=functions)
    strict = compile_expression(expr, variables, AcbField(prec, analytic=True), functions=functions)

    def call(*values: Any, analytic: bool = False) -> Number:
        return strict(*values) if analytic else plain(*values)

    return call


def compile_mp(
    expr: sympy.Expr, variables: Sequence[Any], *, dps: int = 50, functions: Functions | None = None
) -> Callable[..., Number]:
    """Compile to mpmath reals of `dps` digits (an independent oracle, not rigorous)."""
    return compile_expression(expr, variables, MpField(dps), functions=functions)


def evaluate(
    expr: sympy.Expr, values: Mapping[Any, Any], field: Field, *, functions: Functions | None = None
) -> Number:
    """Evaluate once: `values` maps symbols to numbers and array bases to nested arrays.

    Compilations without `functions` are remembered, so repeated calls with other values are cheap.

    Raises:
        InputError: As `compile_expression`.
        UndecidedError: As `compile_expression`.
    """
    arguments = tuple(values)
    if functions is None:
        return _compiled(sympy.sympify(expr, strict=True), arguments, field)(*values.values())
    return compile_expression(expr, arguments, field, functions=functions)(*values.values())


@lru_cache(maxsize=512)
def _compiled(expr: sympy.Expr, arguments: tuple[Any, ...], field: Field) -> Callable[..., Number]:
    return compile_expression(expr, arguments, field)


def _load(value: Any, field: Field) -> Any:
    """Turn a value into a number of the field, or an array into nested lists of such numbers."""
    if hasattr(value, "tolist") and getattr(value, "ndim", 0) > 0:
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_load(item, field) for item in value]
    return field.number(value)


class _Compiler(IndexCompiler):
    """The walk over the nodes that have values in the field."""

    def __init__(self, field: Field, arguments: Sequence[Any], functions: Functions) -> None:
        super().__init__(field, arguments)
        self.functions = functions
        self.nodes: dict[type, Callable[[Any], Closure]] = {
            sympy.Add: self._add,
            sympy.Mul: self._mul,
            sympy.Pow: self._pow,
            sympy.Sum: self._sum,
            sympy.Product: self._product,
            sympy.Indexed: self._indexed,
            sympy.Piecewise: self._piecewise,
            sympy.hyper: self._hyper,
            sympy.binomial: self._binomial,
            sympy.RisingFactorial: self._rising,
        }

    # -- numbers

    def number(self, e: Any) -> Closure:
        """Compile to an element of the field."""
        if isinstance(e, sympy.Rational):
            return constant(self.field.rational(int(e.p), int(e.q)))
        if isinstance(e, (sympy.NumberSymbol, type(sympy.I))):
            return constant(self.field.constant(e))
        if e in self.scope:
            slot = self.scope[e]
            return lambda env: env[slot]
        node = self.nodes.get(e.func)
        if node is not None:
            return node(e)
        if e.func in WHOLE_FUNCTIONS and all(self.is_whole(a) for a in e.args):
            whole, integer = self.whole(e), self.field.integer
            return lambda env: integer(whole(env))
        if e.func is sympy.factorial:
            return self.number(sympy.gamma(e.args[0] + 1, evaluate=False))
        return self._function(e)

    def _function(self, e: Any) -> Closure:
        given = self.functions.get(e.func, self.functions.get(getattr(e.func, "__name__", "")))
        function = given or self.field.functions.get(e.func)
        if function is None or not e.args:
            raise refuse(e)
        parts = [self.number(a) for a in e.args]
        if len(parts) == 1:
            (part,) = parts
            return lambda env: function(part(env))
        return lambda env: function(*(part(env) for part in parts))

    def _add(self, e: Any) -> Closure:
        first, *rest = [self.number(a) for a in e.args]
        if len(rest) == 1:
            (second,) = rest
            return lambda env: first(env) + second(env)

        def add(env: Env) -> Any:
            total = first(env)
            for term in rest:
                total = total + term(env)
            return total

        return add

    def _mul(self, e: Any) -> Closure:
        switches = [self.whole(a) for a in e.args if a.func is sympy.KroneckerDelta]
        factors = [a for a in e.args if a.func is not sympy.KroneckerDelta]
        if switches:
            # A vanishing delta settles the product before any factor is computed.
            zero, one = self.field.integer(0), sympy.Integer(1)
            rest = self.number(sympy.Mul(*(factors or [one]), evaluate=False))
            return lambda env: rest(env) if all(s(env) for s in switches) else zero
        if len(factors) == 2 and factors[0] is sympy.S.NegativeOne:
            part = self.number(factors[1])
            return lambda env: -part(env)
        first, *others = [self.number(a) for a in factors]
        if len(others) == 1:
            (second,) = others
            return lambda env: first(env) * second(env)

        def mul(env: Env) -> Any:
            product = first(env)
            for factor in others:
                product = product * factor(env)
            return product

        return mul

    def _pow(self, e: Any) -> Closure:
        base, exponent = e.args
        field, b = self.field, self.number(base)
        if isinstance(exponent, sympy.Integer):
            n = int(exponent)
            return lambda env: field.integer_power(b(env), n)
        if isinstance(exponent, sympy.Rational):
            p, q = int(exponent.p), int(exponent.q)
            return lambda env: field.rational_power(b(env), p, q)
        if self.is_whole(exponent):
            k = self.whole(exponent)
            return lambda env: field.integer_power(b(env), k(env))
        y = self.number(exponent)
        return lambda env: field.power(b(env), y(env))

    def _hyper(self, e: Any) -> Closure:
        upper, lower = ([self.number(a) for a in group] for group in e.args[:2])
        x, hyper = self.number(e.args[2]), self.field.hypergeometric
        return lambda env: hyper([a(env) for a in upper], [b(env) for b in lower], x(env))

    def _binomial(self, e: Any) -> Closure:
        n, k = e.args
        if self.is_whole(n) and self.is_whole(k):
            return self._from_whole(self.whole_binomial(e))
        if self.is_whole(k):  # the polynomial n (n-1) ... (n-k+1) / k!
            top, count, integer = self.number(n), self.whole(k), self.field.integer

            def binomial(env: Env) -> Any:
                t, c = top(env), count(env)
                product = integer(1 if c >= 0 else 0)
                for i in range(c):
                    product = product * (t - i) / (i + 1)
                return product

            return binomial
        g = sympy.gamma
        return self.number(
            sympy.Mul(g(n + 1), sympy.Pow(g(k + 1) * g(n - k + 1), -1, evaluate=False), evaluate=False)
        )

    def _rising(self, e: Any) -> Closure:
        x, n = e.args
        if not self.is_whole(n):
            return self.number(sympy.gamma(x + n) / sympy.gamma(x))
        start, count, integer = self.number(x), self.whole(n), self.field.integer

        def rising(env: Env) -> Any:
            s, product = start(env), integer(1)
            for i in range(nonnegative(count(env), e)):
                product = product * (s + i)
            return product

        return rising

    # -- the indexed language

    def _sum(self, e: Any) -> Closure:
        return self._loop(e, e.limits, self.field.integer(0), lambda a, b: a + b)

    def _product(self, e: Any) -> Closure:
        return self._loop(e, e.limits, self.field.integer(1), lambda a, b: a * b)

    def _loop(self, e: Any, limits: Any, start: Any, combine: Callable[[Any, Any], Any]) -> Closure:
        """Compile nested loops; the first limit is the innermost, as in SymPy."""
        if not limits:
            return self.number(e.function)
        *inner, (index, low, high) = limits
        first, last = self.whole(low), self.whole(high)
        slot, shadowed = 2 * self.slots, self.scope.get(index)
        self.slots += 1
        self.scope[index] = slot
        self.bound.add(index)
        body = self._loop(e, inner, start, combine)
        self.bound.discard(index)
        del self.scope[index]
        if shadowed is not None:
            self.scope[index] = shadowed
        integer = self.field.integer

        def loop(env: Env) -> Any:
            total = start
            a, b = first(env), last(env)
            if b < a - 1:
                raise InputError(
                    given=f"the range {index} = {a}..{b} in {str(e):.80}",
                    allowed="upper limit >= lower limit - 1",
                    do="check the sizes passed for the symbols of the limits",
                )
            for k in range(a, b + 1):
                env[slot] = integer(k)
                env[slot + 1] = k
                total = combine(total, body(env))
            return total

        return loop

    def _indexed(self, e: Any) -> Closure:
        base = e.base if e.base in self.scope else e.base.label
        if base not in self.scope:
            raise refuse(e.base, "is an array that is not among the arguments")
        slot = self.scope[base]
        indices = [self.whole(i) for i in e.indices]

        def lookup(env: Env) -> Any:
            item = env[slot]
            for position in indices:
                k = position(env)
                if not isinstance(item, list) or not 1 <= k <= len(item):
                    size = len(item) if isinstance(item, list) else "no axis"
                    raise InputError(
                        given=f"index {k} in {e} where the array has {size}",
                        allowed="indices from 1 to the length of the axis, one per axis",
                        do="pass an array of the shape that the formula uses",
                    )
                item = item[k - 1]
            return item

        return lookup

    def _piecewise(self, e: Any) -> Closure:
        branches = [(self.condition(c), self.number(value)) for value, c in (a.args for a in e.args)]

        def choose(env: Env) -> Any:
            for holds, value in branches:
                if holds(env):
                    return value(env)
            raise InputError(
                given=f"values outside every case of {str(e):.80}",
                allowed="values for which a condition holds",
                do="add a default case",
            )

        return choose

    def _from_whole(self, closure: Closure) -> Closure:
        integer = self.field.integer
        return lambda env: integer(closure(env))
