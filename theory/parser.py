"""The only way from a user's text to an expression: a recursive-descent parser with a whitelist.

Contract: `parse_expression` answers every text, however long or hostile, quickly with an expression of one
variable or with an `InputError` that points at the offending character; nothing of the text is ever executed.
The language:

    expression = term {("+" | "-") term}
    term       = factor {("*" | "/") factor}
    factor     = ("+" | "-") factor | atom [("**" | "^") factor]     (powers: to the right, above the sign)
    atom       = number | variable | "pi" | "e" | "E" | function "(" expression ")" | "(" expression ")"
    function   = sin cos tan sinh cosh tanh exp log sqrt atan erf sigmoid

Numbers are exact: 0.1 is 1/10. SymPy's constructors fold constants, so their input is kept small: every
number in an expression is at most 1e9 in size and short, those inside an exponent at most 400; a constant
subexpression must be a real number of at most 1e9. With these limits no fold can grow without bound.

`to_tree` gives the same function as plain nested tuples for readers that must not use SymPy:

    tree = ("z",) | ("pi",) | ("e",) | ("rational", p, q)             q > 0, lowest terms
         | ("add", tree, tree, ...) | ("mul", tree, tree, ...)        two or more
         | ("pow", base, exponent)
         | (f, tree)                       f in exp log sin cos tan sinh cosh tanh atan erf

("pow", b, ("rational", n, 1)) is an integer power, ("pow", b, ("rational", 1, 2)) the square root,
any other exponent the real power for b > 0. The tree holds the function itself, never its derivatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NoReturn, TypeAlias

import sympy

from theory.arithmetic import ArbField, evaluate
from theory.errors import InputError

Tree: TypeAlias = tuple[Any, ...]

MAX_LENGTH = 1000
MAX_DEPTH = 60
MAX_DIGITS = 30
MAX_NUMBER = 10**9
MAX_EXPONENT = 400
TAME_NODES = 40
TAME_POWER = 8
TAME_LEVEL = 2


def parse_expression(text: str, *, variable: str = "z") -> sympy.Expr:
    """Parse the text of a smooth function of one variable into an exact expression.

    Args:
        text: For example ``"tanh(z + 1/2)"`` or ``"z*sigmoid(1.702*z)"``; ASCII, at most 1000 characters.
        variable: The name of the variable.

    Returns:
        An expression whose only free symbol is ``sympy.Symbol(variable, real=True)``; all numbers are exact.

    Raises:
        InputError: If the text is outside the language or its limits, or a constant part of it has no real
            value; the message shows the position and a caret under it.
    """
    if not isinstance(text, str):
        raise InputError(
            given=f"an expression of type {type(text).__name__}",
            allowed="text",
            do="pass the formula as a string",
        )
    if len(text) > MAX_LENGTH:
        raise InputError(
            given=f"an expression of {len(text)} characters",
            allowed=f"at most {MAX_LENGTH} characters",
            do="shorten the expression, or build the activation from a SymPy expression in Python",
        )
    parser = _Parser(text, variable)
    expr = parser.expression()
    if parser.kind != "end":
        parser.fail(f"unexpected {parser.token!r} after a complete expression", hint=_juxtaposed(parser))
    return expr


def to_tree(expr: sympy.Expr, *, variable: str = "z") -> Tree:
    """Give an expression of one variable as nested tuples of strings and integers, in the module's grammar.

    Raises:
        InputError: On a node that the grammar does not have, or another free symbol.
    """
    if isinstance(expr, sympy.Rational):
        return ("rational", int(expr.p), int(expr.q))
    if isinstance(expr, sympy.Symbol) and expr.name == variable:
        return ("z",)
    if expr is sympy.pi:
        return ("pi",)
    if expr is sympy.E:
        return ("e",)
    name = _TREE_NAMES.get(expr.func)
    if name is None:
        raise InputError(
            given=f"{str(expr):.80} ({type(expr).__name__}) in an activation",
            allowed=f"{variable}, rationals, pi, E and {', '.join(sorted(_TREE_NAMES.values()))}",
            do="rewrite the activation with these",
        )
    return (name, *(to_tree(argument, variable=variable) for argument in expr.args))


def from_tree(tree: Tree, *, variable: str = "z") -> sympy.Expr:
    """Rebuild the expression of a tree: the inverse of `to_tree`."""
    head, *parts = tree
    atoms = {"z": sympy.Symbol(variable, real=True), "pi": sympy.pi, "e": sympy.E}
    if head in atoms:
        return atoms[head]
    if head == "rational":
        return sympy.Rational(*parts)
    return _FROM_NAMES[head](*(from_tree(part, variable=variable) for part in parts))


def _sigmoid(u: sympy.Expr, *, evaluate: bool = True) -> sympy.Expr:
    return sympy.Pow(1 + sympy.exp(-u, evaluate=evaluate), -1, evaluate=evaluate)


def _sqrt(u: sympy.Expr, *, evaluate: bool = True) -> sympy.Expr:
    return sympy.Pow(u, sympy.Rational(1, 2), evaluate=evaluate)


def _is_tame(parts: tuple[Any, ...]) -> bool:
    """Say whether a node over these parts is small enough to be simplified: see `_Parser.build`."""
    nodes = [node for part in parts for node in sympy.preorder_traversal(part)]
    steep = any(
        n.is_Pow and n.exp.is_Integer and abs(n.exp) > TAME_POWER and not n.base.is_Atom for n in nodes
    )
    return len(nodes) <= TAME_NODES and not steep and all(_level(part) < TAME_LEVEL for part in parts)


def _level(expr: sympy.Expr) -> int:
    """Count the functions, roots and general powers that are nested in each other, but for short constants."""
    if not expr.args or not (expr.free_symbols or sum(1 for _ in sympy.preorder_traversal(expr)) > 8):
        return 0
    algebraic = expr.is_Add or expr.is_Mul or (expr.is_Pow and expr.exp.is_Integer)
    return max(_level(part) for part in expr.args) + (0 if algebraic else 1)


_FUNCTIONS: dict[str, Callable[[sympy.Expr], sympy.Expr]] = {
    **{name: getattr(sympy, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log")},
    **{name: getattr(sympy, name) for name in ("atan", "erf")},
    "sqrt": _sqrt,
    "sigmoid": _sigmoid,
}
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "E": sympy.E}
_TREE_NAMES: dict[Any, str] = {
    **{sympy.Add: "add", sympy.Mul: "mul", sympy.Pow: "pow"},
    **{f: name for name, f in _FUNCTIONS.items() if name not in ("sqrt", "sigmoid")},
}
_FROM_NAMES: dict[str, Any] = {name: f for f, name in _TREE_NAMES.items()}
_SMOOTH_SUBSTITUTES = {
    "abs": "sqrt(z**2 + 1/100)",
    "max": "log(1 + exp(z))",
    "min": "-log(1 + exp(-z))",
    "relu": "log(1 + exp(z)), the softplus",
    "leaky_relu": "z/10 + 9/10*log(1 + exp(z))",
    "elu": "log(1 + exp(z)), the softplus",
    "sign": "tanh(5*z)",
    "sgn": "tanh(5*z)",
    "heaviside": "sigmoid(5*z)",
    "step": "sigmoid(5*z)",
    "floor": "z",
    "ceil": "z",
    "round": "z",
}
_SYNONYMS = {"ln": "log", "arctan": "atan", "tg": "tan", "th": "tanh", "logistic": "sigmoid", "sqr": "**2"}

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<symbol>\*\*|[-+*/^()])|(?P<end>\Z))"
)


class _Parser:
    """One pass over the text; `kind`, `token` and `start` describe the token under the reading head."""

    def __init__(self, text: str, variable: str) -> None:
        self.text = text
        self.variable = variable
        self.depth = 0
        self.stop = 0
        self.advance()

    def advance(self) -> None:
        found = _TOKEN.match(self.text, self.stop)
        if found is None:
            self.start = (
                self.stop + len(self.text[self.stop :]) - len(self.text[self.stop :].lstrip(" \t\r\n"))
            )
            self.refuse_character(self.text[self.start])
        self.kind = str(found.lastgroup)
        self.token = found.group(self.kind)
        self.start, self.stop = found.start(self.kind), found.end()

    def accept(self, *symbols: str) -> str | None:
        if self.kind == "symbol" and self.token in symbols:
            symbol = self.token
            self.advance()
            return symbol
        return None

    # -- grammar

    def expression(self) -> sympy.Expr:
        start = self.start
        terms = [self.term()]
        while sign := self.accept("+", "-"):
            term = self.term()
            terms.append(term if sign == "+" else self.build(start, sympy.Mul, sympy.Integer(-1), term))
        return terms[0] if len(terms) == 1 else self.build(start, sympy.Add, *terms)

    def term(self) -> sympy.Expr:
        start = self.start
        factors = [self.factor()]
        while sign := self.accept("*", "/"):
            at = self.start
            factor = self.factor()
            factors.append(factor if sign == "*" else self.power(at, factor, sympy.Integer(-1)))
        return factors[0] if len(factors) == 1 else self.build(start, sympy.Mul, *factors)

    def factor(self) -> sympy.Expr:
        start = self.start
        if sign := self.accept("+", "-"):
            part = self.inner(self.factor)
            return part if sign == "+" else self.build(start, sympy.Mul, sympy.Integer(-1), part)
        result = self.atom()
        return self.power(start, result, self.inner(self.factor)) if self.accept("**", "^") else result

    def inner(self, rule: Callable[[], sympy.Expr]) -> sympy.Expr:
        """Apply a rule one level deeper."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nesting deeper than {MAX_DEPTH} levels", hint="flatten the expression")
        result = rule()
        self.depth -= 1
        return result

    def atom(self) -> sympy.Expr:
        start, token = self.start, self.token
        if self.kind == "number":
            return self.number()
        if self.kind == "name":
            self.advance()
            return self.named(start, token)
        if self.accept("("):
            inside = self.inner(self.expression)
            self.close()
            return inside
        if self.kind == "end":
            self.fail("the expression ends where a value is expected", hint="complete it")
        self.fail(
            f"{token!r} where a value is expected", hint=f"a number, {self.variable}, or a function call"
        )

    def named(self, start: int, name: str) -> sympy.Expr:
        function = _FUNCTIONS.get(name)
        called = self.kind == "symbol" and self.token == "("
        if name == self.variable:
            result = sympy.Symbol(name, real=True)
        elif name in _CONSTANTS:
            result = _CONSTANTS[name]
        elif function is not None and called:
            self.advance()
            argument = self.inner(self.expression)
            self.close()
            return self.call(start, function, argument)
        else:
            self.unknown(start, name, called)
        if called:
            self.fail(f"{name} is not a function", hint=f"write {name}*(...) for a product")
        return result

    def number(self) -> sympy.Expr:
        token, start = self.token, self.start
        mantissa, _, exponent = token.lower().partition("e")
        if len(mantissa) > MAX_DIGITS + 1 or len(exponent) > 4 or abs(int(exponent or "0")) > MAX_DIGITS:
            self.fail(f"a number of more than {MAX_DIGITS} digits", hint="round it")
        value = Fraction(token)
        self.advance()
        if self.kind == "name" and self.start == self.stop - len(self.token) == start + len(token):
            self.fail(f"{token!r} is followed by {self.token!r}", hint=f"write {token}*{self.token}")
        return self.build(start, sympy.Rational, value.numerator, value.denominator)

    def close(self) -> None:
        if not self.accept(")"):
            shown = "the end" if self.kind == "end" else repr(self.token)
            self.fail(f"{shown} where ')' is expected", hint=_juxtaposed(self) or "close the parenthesis")

    # -- construction within limits

    def call(self, start: int, function: Callable[[Any], Any], argument: sympy.Expr) -> sympy.Expr:
        if function is sympy.exp:
            self.check_exponent(start, argument)
        return self.build(start, function, argument)

    def power(self, start: int, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        self.check_exponent(start, exponent)
        if base.is_Number and exponent.is_Number:
            if base == 0 and exponent <= 0:
                self.fail("a division by zero or 0**0", at=start, hint="remove it")
            size = max(int(base.p).bit_length(), int(base.q).bit_length()) * abs(exponent)
            if exponent.q == 1 and base not in (0, 1, -1) and size > 256:
                self.fail("a power with too many digits", at=start, hint="use smaller constants")
        return self.build(start, sympy.Pow, base, exponent)

    def build(self, start: int, make: Callable[..., Any], *parts: Any) -> sympy.Expr:
        """Construct a node and refuse a result with large numbers, or a constant that is not real."""
        # To simplify a node SymPy asks for the sign and realness of its parts, which can take for ever when they
        # are deep; so only small nodes are simplified, and larger ones are left as written.
        tame = make is sympy.Rational or _is_tame(parts)
        expr = make(*parts) if tame else make(*parts, evaluate=False)
        for node in sympy.preorder_traversal(expr):
            if isinstance(node, sympy.Rational):
                if abs(node) > MAX_NUMBER or int(node.q).bit_length() > 200:
                    self.fail(f"a number beyond {MAX_NUMBER:.0e} in size or length", at=start, hint="rescale")
            elif node.func is sympy.Pow or node.func is sympy.exp:
                self.check_exponent(start, node.args[-1])
            elif node.args and node.func not in _TREE_NAMES:  # SymPy reads sqrt(z**2) as Abs(z)
                self.fail(
                    f"a part that simplifies to {str(node):.40}, but the activation must be smooth",
                    at=start,
                    hint=f"use a smooth substitute such as {_SMOOTH_SUBSTITUTES['abs']}",
                )
            elif node.args == () and not (node.is_Symbol or node in (sympy.pi, sympy.E)):
                self.fail("a constant part that has no real value", at=start, hint="check its domain")
        if not expr.free_symbols and not expr.is_Rational:
            self.check_constant(start, expr)
        return expr

    def check_exponent(self, start: int, exponent: sympy.Expr) -> None:
        if any(abs(number) > MAX_EXPONENT for number in exponent.atoms(sympy.Rational)):
            self.fail(f"a number beyond {MAX_EXPONENT} inside an exponent", at=start, hint="rescale")

    def check_constant(self, start: int, expr: sympy.Expr) -> None:
        ball = evaluate(expr, {}, ArbField(128))
        if not ball.is_finite():
            self.fail("a constant part that has no real value", at=start, hint="check its domain")
        if not abs(ball) < MAX_NUMBER or (abs(ball) * MAX_NUMBER < 1 and not ball.contains(0)):
            self.fail(f"a constant beyond {MAX_NUMBER:.0e} (or its inverse)", at=start, hint="rescale")

    # -- errors

    def refuse_character(self, character: str) -> NoReturn:
        code = f"U+{ord(character):04X}"
        if ord(character) > 127 or not character.isprintable():
            self.fail(
                f"the character {ascii(character)} ({code}), which is no ASCII letter or sign",
                hint="retype it on a plain keyboard (ASCII)",
            )
        hints = {
            ".": "attributes and methods are not part of the language",
            "[": "use parentheses",
            "{": "use parentheses",
            "=": "write only the right-hand side of the definition",
            ",": "every function takes one argument; write decimals with a point",
            ":": "write only a formula, no statements",
            "!": "factorials are not part of the language",
            "|": "for |u| use the smooth sqrt(u**2 + 1/100)",
        }
        self.fail(f"the character {character!r} ({code})", hint=hints.get(character, "remove it"))

    def unknown(self, start: int, name: str, called: bool) -> NoReturn:
        smooth = _SMOOTH_SUBSTITUTES.get(name.lower())
        shown = name if len(name) <= 40 else name[:40] + "..."
        if smooth is not None:
            self.fail(
                f"{shown!r}, which is not smooth, but the activation must be smooth (three derivatives)",
                at=start,
                hint=f"use a smooth substitute such as {smooth}",
            )
        if name in _FUNCTIONS and not called:
            self.fail(f"the function {shown} without an argument", at=start, hint=f"write {shown}(...)")
        similar = _SYNONYMS.get(name.lower()) or next((f for f in _FUNCTIONS if f == name.lower()), None)
        hint = f"did you mean {similar}?" if similar else f"the variable is called {self.variable}"
        self.fail(f"the unknown name {shown!r}", at=start, hint=hint)

    def fail(self, what: str, *, hint: str | None, at: int | None = None) -> NoReturn:
        position = self.start if at is None else at
        raise InputError(
            given=f"{what}, at column {position + 1}:\n{_caret(self.text, position)}\n",
            allowed=f"numbers, {self.variable}, pi, e, + - * / ** ( ) and {', '.join(sorted(_FUNCTIONS))}",
            do=hint or "correct the expression at the caret",
        )


def _juxtaposed(parser: _Parser) -> str | None:
    """Hint at a forgotten multiplication sign, as in 2 z or (z)(z)."""
    return "write * between factors" if parser.kind in ("name", "number") or parser.token == "(" else None


def _caret(text: str, position: int) -> str:
    """Show at most 60 characters around the position, escaped, with a caret in the line below."""
    begin = max(position - 30, 0)

    def plain(part: str) -> str:
        return "".join(c if c.isprintable() and ord(c) < 128 else "?" for c in part)

    return f"    {plain(text[begin : begin + 60])}\n    {' ' * (position - begin)}^"
