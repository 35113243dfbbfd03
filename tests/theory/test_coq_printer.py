"""The printer: exact text for each node, read back by a grammar of its own, and nothing else gets through."""

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.activation import BUILTIN, builtin
from theory.arithmetic import compile_mp
from theory.coq.printer import coq
from theory.errors import InputError

Z = sp.Symbol("z", real=True)
H = sp.Rational(1, 2)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (Z, "z"),
        (sp.Integer(-3), "- 3"),
        (sp.Rational(-2, 3), "- 2 / 3"),
        (sp.pi * sp.E, "exp 1 * PI"),
        (-(Z**2), "- z ^ 2"),
        ((-Z) ** 3, "- z ^ 3"),
        ((1 - Z) ** 2, "(1 - z) ^ 2"),
        (Z / 2 - 3, "z / 2 - 3"),
        (1 / (1 + sp.exp(-Z)), "/ (1 + exp (- z))"),
        (Z / (1 + Z**2) ** 2, "z / (1 + z ^ 2) ^ 2"),
        (sp.sqrt(1 + Z**2), "sqrt (1 + z ^ 2)"),
        ((1 + Z**2) ** sp.Rational(-3, 2), "/ sqrt (1 + z ^ 2) ^ 3"),
        ((1 + Z**2) ** sp.Rational(1, 3), "Rpower (1 + z ^ 2) (1 / 3)"),
        (2**Z, "Rpower 2 z"),
        (1 - sp.tanh(Z + H) ** 2, "1 - tanh (1 / 2 + z) ^ 2"),
        (sp.Pow(sp.Mul(2, 1 + Z, evaluate=False), -1, evaluate=False), "/ (2 * (1 + z))"),
        (sp.Mul(3, sp.Mul(2, 1 + Z, evaluate=False), evaluate=False), "3 * (2 * (1 + z))"),
        (sp.erf(sp.log(2 + sp.cos(Z))), "erf (ln (2 + cos z))"),
    ],
)
def test_prints(expr, expected):
    assert coq(expr, Z) == expected


@pytest.mark.parametrize(
    "expr",
    [
        sp.Float(0.5) * Z,
        sp.sin(Z + sp.Float(1)),
        Z**2.5,
        sp.Abs(Z),
        sp.gamma(Z),
        sp.I * Z,
        sp.Symbol("w") + Z,
        sp.zoo,
    ],
)
def test_refuses_what_it_does_not_know(expr):
    with pytest.raises(InputError, match="for Coq"):
        coq(expr, Z)


def test_the_name_of_the_variable_never_reaches_the_text():
    hostile = sp.Symbol("x *). Axiom a : False. (*", real=True)
    assert coq(sp.sin(hostile) / hostile, hostile) == "sin z / z"


# -- the text means the expression: read it with Coq's precedences, evaluate, compare with SymPy

VALUES = {
    **{
        name: getattr(mpmath, name)
        for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "erf", "sqrt")
    },
    "ln": mpmath.log,
}


class Reader:
    """Coq's grammar of reals as far as it is used, by level: + -, * /, prefix - /, ^, application."""

    def __init__(self, text, z):
        self.tokens = text.replace("(", " ( ").replace(")", " ) ").split()
        self.z = z

    def peek(self):
        return self.tokens[0] if self.tokens else ""

    def sum(self):
        value = self.product()
        while self.peek() in ("+", "-"):
            sign, other = self.tokens.pop(0), self.product()
            value = value + other if sign == "+" else value - other
        return value

    def product(self):
        value = self.prefix()
        while self.peek() in ("*", "/"):
            sign, other = self.tokens.pop(0), self.prefix()
            value = value * other if sign == "*" else value / other
        return value

    def prefix(self):
        if self.peek() in ("-", "/"):
            sign, inner = self.tokens.pop(0), self.prefix()
            return -inner if sign == "-" else 1 / inner
        base = self.application()
        if self.peek() == "^":
            self.tokens.pop(0)
            return base ** int(self.tokens.pop(0))
        return base

    def application(self):
        head = self.tokens.pop(0)
        if head == "Rpower":
            return self.atom() ** self.atom()
        if head in VALUES:
            return VALUES[head](self.atom())
        self.tokens.insert(0, head)
        return self.atom()

    def atom(self):
        token = self.tokens.pop(0)
        if token == "(":
            value = self.sum()
            assert self.tokens.pop(0) == ")"
            return value
        return {"z": self.z, "PI": mpmath.pi}.get(token) or mpmath.mpf(int(token))


def agrees(expr):
    f = compile_mp(expr, [Z], dps=30)
    for z in (mpmath.mpf("0.6180339887"), mpmath.mpf("-1.3247179572")):
        with mpmath.workdps(30):
            reader = Reader(coq(expr, Z), z)
            read, value = reader.sum(), f(z)
            assert not reader.tokens
            assert abs(read - value) <= 1e-20 * (1 + abs(value)), coq(expr, Z)


@pytest.mark.parametrize("name", BUILTIN)
def test_derivatives_of_the_builtin_activations_read_back(name):
    sigma = builtin(name)
    for order in range(4):
        agrees(sigma.derivative(order))


LEAVES = st.sampled_from([Z, -Z, Z + H, sp.pi, sp.sqrt(2), sp.Rational(-3, 7), sp.Integer(2), sp.Integer(-1)])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] - p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] / (2 + p[1] ** 2)),
        st.tuples(inner, st.sampled_from([2, 3])).map(lambda p: p[0] ** p[1]),
        inner.map(lambda u: (1 + u**2) ** sp.Rational(-3, 2)),
        inner.map(sp.tanh),
        inner.map(lambda u: sp.exp(-(u**2))),
        inner.map(sp.sin),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS)
def test_random_expressions_read_back(expr):
    agrees(expr)
