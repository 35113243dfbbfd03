"""Number systems in which an exact expression is evaluated.

Contract: `ArbField` (real balls), `AcbField` (complex balls) and `MpField` (mpmath reals) offer the same
few operations, so that one tree walk (`theory.arithmetic`) serves all of them. Every number that enters is
exact: integers, rationals, and floats as the dyadic numbers that they are. Balls are rigorous: the true
value lies in the result for every choice of values in the arguments; where a function is undefined the
result is not finite. Precision is a property of the field; Arb's global precision is set only inside
`working_precision` and always restored (it is process-wide, so balls are not for use from several threads
at once).
"""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

import mpmath
import sympy
from flint import acb, arb, ctx, fmpq, fmpz

from theory.comparisons import equal, less
from theory.errors import InputError

Number: TypeAlias = Any  # arb, acb or mpmath.mpf: the element type of whichever field is in use
FunctionTable: TypeAlias = Mapping[Any, Callable[..., Number]]


class UndecidedError(ArithmeticError):
    """A question that the enclosures at hand neither prove nor refute; the message says why."""


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Set Arb's global precision to `bits` inside a with-block and restore it on every way out."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


class Field(ABC):
    """A number system: exact import of numbers, powers, and a table of elementary functions."""

    @abstractmethod
    def precision(self) -> AbstractContextManager[None]:
        """Give the context in which this field's operations must run."""

    @abstractmethod
    def integer(self, value: int) -> Number:
        """Import an integer."""

    @abstractmethod
    def number(self, value: object) -> Number:
        """Import a number exactly (ints, fractions, floats as dyadics, elements of the field).

        Raises:
            InputError: If the value is no number of this field.
        """

    @abstractmethod
    def rational(self, p: int, q: int) -> Number:
        """Give p/q to the field's precision."""

    @abstractmethod
    def constant(self, which: Any) -> Number:
        """Give one of pi, E, EulerGamma, I, or raise `InputError`."""

    @abstractmethod
    def integer_power(self, x: Number, n: int) -> Number:
        """Give x**n for an integer n of either sign."""

    @abstractmethod
    def rational_power(self, x: Number, p: int, q: int) -> Number:
        """Give the principal x**(p/q), q >= 2; not finite for a negative x of a real field."""

    @abstractmethod
    def hypergeometric(self, upper: list[Number], lower: list[Number], x: Number) -> Number:
        """Give the generalized hypergeometric function pFq(upper; lower; x)."""

    @property
    @abstractmethod
    def functions(self) -> FunctionTable:
        """Map each supported SymPy function class to its implementation."""

    def power(self, x: Number, y: Number) -> Number:
        """Give exp(y log x), the principal power for x > 0."""
        return self.functions[sympy.exp](y * self.functions[sympy.log](x))

    def less(self, a: Number, b: Number) -> bool | None:
        """Decide a < b, three-valued; fields without an order raise `InputError`."""
        raise InputError(
            given="a comparison of complex numbers",
            allowed="comparisons of real numbers",
            do="evaluate the condition in a real field",
        )

    def equal(self, a: Number, b: Number) -> bool | None:
        """Decide a = b, three-valued."""
        return None if a.overlaps(b) else False


@dataclass(frozen=True)
class ArbField(Field):
    """Real balls of `prec` bits."""

    prec: int = 128

    def precision(self) -> AbstractContextManager[None]:
        """Give the context that sets Arb's precision to `prec`."""
        return working_precision(self.prec)

    def integer(self, value: int) -> arb:
        """Import an integer exactly."""
        return arb(value)

    def number(self, value: object) -> arb:
        """Import a number or a ball; fractions are rounded outwards at the current precision."""
        if isinstance(value, arb):
            return value
        exact = _exact(value, "a real number")
        return self.rational(*exact.as_integer_ratio()) if isinstance(exact, Fraction) else arb(exact)

    def rational(self, p: int, q: int) -> arb:
        """Give p/q as a ball."""
        return arb(fmpq(p, q))

    def constant(self, which: Any) -> arb:
        """Give pi, E or EulerGamma."""
        if which is sympy.pi:
            return arb.pi()
        if which is sympy.E:
            return arb.const_e()
        if which is sympy.EulerGamma:
            return arb.const_euler()
        raise _unknown(which)

    def integer_power(self, x: arb, n: int) -> arb:
        """Give x**n; an even power of a ball around 0 does not reach below 0."""
        if n % 2 or n <= 0:
            return _integer_power(x, n, _ARB_ONE)
        return _integer_power(x, n, _ARB_ONE).nonnegative_part()

    def rational_power(self, x: arb, p: int, q: int) -> arb:
        """Give the real x**(p/q), NaN where x is negative."""
        if not x >= 0:
            return arb.nan()
        if q > 64:
            return self.power(x, self.rational(p, q))
        return _integer_power(x.sqrt() if q == 2 else x.root(q), p, _ARB_ONE)

    def hypergeometric(self, upper: list[arb], lower: list[arb], x: arb) -> arb:
        """Give pFq(upper; lower; x)."""
        return (
            x.hypgeom_0f1(lower[0]) if (len(upper), len(lower)) == (0, 1) else x.hypgeom([*upper], [*lower])
        )

    @property
    def functions(self) -> FunctionTable:
        """Map SymPy classes to Arb functions."""
        return _ARB_FUNCTIONS

    def less(self, a: arb, b: arb) -> bool | None:
        """Decide a < b, three-valued."""
        return less(a, b)

    def equal(self, a: arb, b: arb) -> bool | None:
        """Decide a = b, three-valued."""
        return equal(a, b)


@dataclass(frozen=True)
class AcbField(Field):
    """Complex balls of `prec` bits.

    With `analytic=True` every function answers a non-finite ball where its argument touches a branch cut, as
    `acb.integral` requires.
    """

    prec: int = 128
    analytic: bool = False

    def precision(self) -> AbstractContextManager[None]:
        """Give the context that sets Arb's precision to `prec`."""
        return working_precision(self.prec)

    def integer(self, value: int) -> acb:
        """Import an integer exactly."""
        return acb(value)

    def number(self, value: object) -> acb:
        """Import a number, a ball or a complex number."""
        if isinstance(value, acb):
            return value
        if isinstance(value, arb):
            return acb(value)
        if isinstance(value, complex):
            return acb(value.real, value.imag)
        return acb(ArbField(prec=self.prec).number(value))

    def rational(self, p: int, q: int) -> acb:
        """Give p/q as a ball."""
        return acb(arb(fmpq(p, q)))

    def constant(self, which: Any) -> acb:
        """Give pi, E, EulerGamma or I."""
        if which is sympy.I:
            return acb(0, 1)
        return acb(ArbField(prec=self.prec).constant(which))

    def integer_power(self, x: acb, n: int) -> acb:
        """Give x**n."""
        return _integer_power(x, n, _ACB_ONE)

    def rational_power(self, x: acb, p: int, q: int) -> acb:
        """Give the principal x**(p/q)."""
        if q == 2:
            return _integer_power(x.sqrt(analytic=self.analytic), p, _ACB_ONE)
        return x.pow(acb(arb(fmpq(p, q))), analytic=self.analytic)

    def hypergeometric(self, upper: list[acb], lower: list[acb], x: acb) -> acb:
        """Give pFq(upper; lower; x)."""
        return (
            x.hypgeom_0f1(lower[0]) if (len(upper), len(lower)) == (0, 1) else x.hypgeom([*upper], [*lower])
        )

    @property
    def functions(self) -> FunctionTable:
        """Map SymPy classes to complex functions."""
        return _ACB_ANALYTIC if self.analytic else _ACB_FUNCTIONS


@dataclass(frozen=True)
class MpField(Field):
    """Mpmath real numbers of `dps` digits, in a context of their own: not rigorous, an independent oracle."""

    dps: int = 50

    @cached_property
    def context(self) -> Any:
        """The private mpmath context of this field."""
        context = mpmath.MPContext()
        context.dps = self.dps
        return context

    def precision(self) -> AbstractContextManager[None]:
        """Give an empty context: the precision belongs to the private mpmath context."""
        return nullcontext()

    def integer(self, value: int) -> Any:
        """Import an integer."""
        return self.context.mpf(value)

    def number(self, value: object) -> Any:
        """Import a number, rounded to the field's digits."""
        if isinstance(value, mpmath.mpf) or type(value).__name__ == "mpf":
            return self.context.convert(value)
        exact = _exact(value, "a real number")
        if isinstance(exact, Fraction):
            return self.rational(exact.numerator, exact.denominator)
        return self.context.mpf(exact)

    def rational(self, p: int, q: int) -> Any:
        """Give p/q."""
        return self.context.mpf(p) / q

    def constant(self, which: Any) -> Any:
        """Give pi, E or EulerGamma."""
        names = {sympy.pi: self.context.pi, sympy.E: self.context.e, sympy.EulerGamma: self.context.euler}
        if which not in names:
            raise _unknown(which)
        return +names[which]

    def integer_power(self, x: Any, n: int) -> Any:
        """Give x**n, NaN for a negative power of 0."""
        return self.context.nan if n < 0 and x == 0 else x**n

    def rational_power(self, x: Any, p: int, q: int) -> Any:
        """Give the real x**(p/q), NaN where x is negative or a negative power meets 0."""
        if x < 0 or (x == 0 and p < 0):
            return self.context.nan
        return self.context.root(x, q) ** p

    def hypergeometric(self, upper: list[Any], lower: list[Any], x: Any) -> Any:
        """Give pFq(upper; lower; x)."""
        return self.context.hyper(upper, lower, x)

    @cached_property
    def functions(self) -> FunctionTable:
        """Map SymPy classes to mpmath functions."""
        m = self.context

        def log(x: Any) -> Any:
            return m.log(x) if x > 0 else m.nan

        table = {getattr(sympy, name): getattr(m, name) for name in _COMMON}
        return {**table, sympy.log: log, sympy.Abs: abs, sympy.loggamma: m.loggamma, sympy.erfc: m.erfc}

    def less(self, a: Any, b: Any) -> bool | None:
        """Decide a < b; NaN answers None."""
        return None if _is_nan(a) or _is_nan(b) else bool(a < b)

    def equal(self, a: Any, b: Any) -> bool | None:
        """Decide a = b; NaN answers None."""
        return None if _is_nan(a) or _is_nan(b) else bool(a == b)


_COMMON = ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "asinh", "erf", "gamma")
_ARB_ONE, _ACB_ONE = arb(1), acb(1)

_ARB_FUNCTIONS: FunctionTable = {
    **{getattr(sympy, name): getattr(arb, name) for name in (*_COMMON, "log", "erfc")},
    sympy.Abs: abs,
    sympy.loggamma: arb.lgamma,
}

_ACB_FUNCTIONS: FunctionTable = {
    getattr(sympy, name): getattr(acb, name) for name in (*_COMMON, "log", "erfc")
}


def _analytic_log(x: acb) -> acb:
    return x.log(analytic=True)


def _analytic_atan(x: acb) -> acb:
    # The cuts of atan are the half-lines +-i[1, oo) of the imaginary axis.
    if x.real.contains(0) and not abs(x.imag) < 1:
        return acb(arb.nan(), arb.nan())
    return x.atan()


def _analytic_asinh(x: acb) -> acb:
    if x.real.contains(0) and not abs(x.imag) < 1:
        return acb(arb.nan(), arb.nan())
    return x.asinh()


_ACB_ANALYTIC: FunctionTable = {
    **_ACB_FUNCTIONS,
    sympy.log: _analytic_log,
    sympy.atan: _analytic_atan,
    sympy.asinh: _analytic_asinh,
}


def _exact(value: object, wanted: str) -> int | float | Fraction | fmpz | fmpq:
    """Reduce a number to an exact type, or raise `InputError`; booleans, text and NaN are no numbers."""
    if isinstance(value, bool):
        raise _no_number(value, wanted)
    if isinstance(value, (fmpz, fmpq, Fraction)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _no_number(value, "a finite number")
        return float(value)
    if isinstance(value, sympy.Integer):
        return int(value)
    if isinstance(value, sympy.Rational):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):  # numpy's float32 and float16 are exact as doubles
        return _exact(float(value), wanted)
    raise _no_number(value, wanted)


def _is_nan(x: Any) -> bool:
    return bool(x != x)  # NaN is the only number that differs from itself


def _no_number(value: object, wanted: str) -> InputError:
    return InputError(
        given=f"the value {value!r:.80} of type {type(value).__name__}",
        allowed=f"{wanted}: an integer, a fraction, a float, or a number of the field",
        do="pass an exact number, a float or a ball",
    )


def _unknown(which: object) -> InputError:
    return InputError(
        given=f"the constant {which}",
        allowed="pi, E, EulerGamma (and I in complex balls)",
        do="rewrite the expression with these constants and rationals",
    )


def _integer_power(x: Number, n: int, one: Number) -> Number:
    """Give x**n by repeated squaring: Arb's own power of a ball centred at 0 is NaN."""
    if n < 0:
        return one / _integer_power(x, -n, one)
    result, square = one, x
    while n:
        if n & 1:
            result = square if result is one else result * square
        n >>= 1
        if n:
            square = square * square
    return result
