"""Activations: an exact expression with its derivatives, suprema, sphere coefficients, and what they allow.

Contract: an `Activation` is a value; everything about it is derived from its exact expression.
`admissibility(k, d)` decides, with proofs or not at all, the assumptions under which a two-layer network with
this activation can learn a dense polynomial of degree <= k plus sparse terms of degree k + 1 on the sphere in
dimension d:

    smooth        sigma is real-analytic on the whole line (sufficient for three derivatives)
    M_j < oo      M_j = sup |sigma^(j)|, j = 1, 2, 3
    lambda_j > 0  for j <= k, the eigenvalues of the infinite-width tangent kernel
    mu_l(sigma'') != 0  for l <= k - 1, so that the quadratic term expresses every degree up to k + 1

where mu_l(g) = E g(z) P_l(z / sqrt(d)), c_l = mu_l(sigma')^2 B(d, l) and

    lambda_j = (d / B(d, j)) [ 1{j >= 1} (j + d - 3)/(2j + d - 4) c_{j-1} + (j + 1)/(2j + d) c_{j+1} ].

A quantity counts as positive when its ball is, as zero when a symmetry proves it, else as undecided.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import sympy
from flint import arb

from theory.arithmetic import UndecidedError, compile_arb, working_precision
from theory.coefficients import eigenvalue_ball
from theory.errors import InputError
from theory.forms import is_identically_zero, parity
from theory.gegenbauer import gegenbauer_coefficient, harmonic_dimension
from theory.parser import Tree, parse_expression, to_tree
from theory.suprema import constant_sign, supremum

BUILTIN: Mapping[str, str] = MappingProxyType(
    {
        "sincos": "sin(z) + cos(z)",
        "tanh-shift": "tanh(z + 1/2)",
        "erf-shift": "erf(z + 1/2)",
        "softplus-shift": "log(1 + exp(z + 1/2))",
        "tanh": "tanh(z)",
        "softplus": "log(1 + exp(z))",
        "gelu": "z/2*(1 + erf(z/sqrt(2)))",
    }
)


@dataclass(frozen=True)
class Admissibility:
    """What was found about an activation for degree k in dimension d.

    Attributes:
        admissible: True if every assumption is proven, False if one is refuted, None if one is undecided.
        reasons: Why not, one sentence per failing or undecided assumption; empty when admissible.
        k: Degree of the dense part.
        d: Dimension.
        smooth: Whether sigma is proven smooth (True), shown not to be (False), or neither (None).
        suprema: Enclosures of M_1, M_2, M_3; None where there is no finite bound. Empty if sigma is not smooth.
        eigenvalues: Balls for lambda_0, ..., lambda_k. Empty if sigma is not smooth.
        curvature: Balls for mu_0(sigma''), ..., mu_{k-1}(sigma''). Empty if sigma is not smooth.
    """

    admissible: bool | None
    reasons: tuple[str, ...]
    k: int
    d: int
    smooth: bool | None
    suprema: tuple[arb | None, ...] = ()
    eigenvalues: tuple[arb, ...] = ()
    curvature: tuple[arb, ...] = ()


@dataclass(frozen=True)
class Activation:
    """A function sigma of one real variable, given by an exact SymPy expression.

    Raises:
        InputError: If the expression has several variables, a rounded number, or a node without enclosures.
    """

    name: str
    expr: sympy.Expr

    def __post_init__(self) -> None:
        symbols = sorted(self.expr.free_symbols, key=str)
        if len(symbols) > 1:
            raise InputError(
                given=f"an activation of {len(symbols)} variables: {', '.join(map(str, symbols))}",
                allowed="one variable",
                do="replace the parameters by numbers",
            )
        compile_arb(self.expr, symbols)

    @classmethod
    def parse(cls, text: str) -> Activation:
        """Build an activation from the text of an expression in z; its name is the text.

        Raises:
            InputError: As `theory.parser.parse_expression`.
        """
        return cls(text.strip(), parse_expression(text))

    @property
    def variable(self) -> sympy.Symbol:
        """The variable of the expression (z for a constant)."""
        symbols: set[sympy.Symbol] = self.expr.free_symbols
        return next(iter(symbols)) if symbols else sympy.Symbol("z", real=True)

    @property
    def tree(self) -> Tree:
        """The function as nested tuples of plain data; see `theory.parser` for the grammar."""
        return to_tree(self.expr, variable=self.variable.name)

    def derivative(self, j: int) -> sympy.Expr:
        """Give sigma^(j) as an exact expression, j >= 0.

        Raises:
            InputError: If j < 0.
        """
        if j < 0:
            raise InputError(given=f"derivative of order {j}", allowed="order >= 0", do="pass a count")
        return _derivative(self.expr, self.variable, j)

    def suprema(self, order: int) -> arb:
        """Enclose M_order = sup |sigma^(order)| over the real line.

        Raises:
            InputError: If the derivative is unbounded.
            UndecidedError: If no finite bound could be proven.
        """
        return _supremum(self.derivative(order), self.variable)

    def mu(self, l: int, order: int, d: int, *, prec: int = 160) -> arb:
        """Enclose mu_l(sigma^(order)) = E sigma^(order)(z) P_l(z / sqrt(d)) on the sphere in dimension d.

        Raises:
            InputError: If l < 0, order < 0 or d < 3.
        """
        return gegenbauer_coefficient(self.derivative(order), self.variable, l, d, prec=prec)

    def eigenvalue(self, j: int, d: int, *, prec: int = 160) -> arb:
        """Enclose lambda_j, the eigenvalue of the infinite-width tangent kernel on degree-j harmonics.

        Raises:
            InputError: If j < 0 or d < 3.
        """
        with working_precision(prec):
            return eigenvalue_ball(j, d, {l: self._energy(l, d, prec) for l in (j - 1, j + 1) if l >= 0})

    def smoothness(self) -> tuple[bool | None, tuple[str, ...]]:
        """Check that sigma is analytic on the real line; give the reasons when it is not or that is not proven."""
        return _smoothness(self.expr, self.variable)

    def admissibility(self, k: int, d: int) -> Admissibility:
        """Decide the assumptions of the module docstring for degree k >= 1 in dimension d >= 3.

        Raises:
            InputError: If k < 1 or d < 3.
        """
        if k < 1 or d < 3:
            raise InputError(given=f"k = {k}, d = {d}", allowed="k >= 1 and d >= 3", do="choose such k and d")
        smooth, reasons = self.smoothness()
        if smooth is not True:
            return Admissibility(smooth, reasons, k, d, smooth)
        verdicts: list[bool | None] = []
        notes: list[str] = []
        bounds: list[arb | None] = []
        for j in (1, 2, 3):
            try:
                bounds.append(self.suprema(j))
            except (InputError, UndecidedError) as error:
                unbounded = isinstance(error, InputError)
                bounds.append(None)
                verdicts.append(False if unbounded else None)
                what = "is infinite" if unbounded else "could not be bounded"
                notes.append(f"M_{j} {what}: {error.given if isinstance(error, InputError) else error}")
        eigenvalues = tuple(self.eigenvalue(j, d) for j in range(k + 1))
        for j, value in enumerate(eigenvalues):
            verdict, why = self._positive(j, value)
            verdicts.append(verdict)
            notes.extend(why)
        curvature = tuple(self.mu(l, 2, d) for l in range(k))
        for l, value in enumerate(curvature):
            verdict, why = self._nonzero(l, value)
            verdicts.append(verdict)
            notes.extend(why)
        admissible = False if False in verdicts else None if None in verdicts else True
        return Admissibility(admissible, tuple(notes), k, d, True, tuple(bounds), eigenvalues, curvature)

    def _energy(self, l: int, d: int, prec: int) -> arb:
        coefficient = self.mu(l, 1, d, prec=prec)
        return coefficient * coefficient * harmonic_dimension(d, l)

    def _positive(self, j: int, value: arb) -> tuple[bool | None, list[str]]:
        if value > 0:
            return True, []
        proofs = [_vanishing(self.derivative(1), self.variable, l) for l in (j - 1, j + 1) if l >= 0]
        if all(proofs):
            needed = " and ".join(f"mu_{l}(sigma')" for l in (j - 1, j + 1) if l >= 0)
            return False, [f"lambda_{j} = 0: it is made of {needed}, and sigma' is {proofs[0]}"]
        return None, [
            f"lambda_{j} is undecided: its enclosure {value.str(5)} contains 0 and no symmetry proves it"
        ]

    def _nonzero(self, l: int, value: arb) -> tuple[bool | None, list[str]]:
        if value > 0 or value < 0:
            return True, []
        proof = _vanishing(self.derivative(2), self.variable, l)
        if proof:
            return False, [f"mu_{l}(sigma'') = 0: sigma'' is {proof}"]
        return None, [f"mu_{l}(sigma'') is undecided: {value.str(5)} contains 0 and no symmetry proves it"]


def builtin(name: str) -> Activation:
    """Give a built-in activation by name; the names are the keys of `BUILTIN`.

    Raises:
        InputError: If there is no such name (near names are suggested).
    """
    if name not in BUILTIN:
        near = difflib.get_close_matches(name, BUILTIN, n=2)
        raise InputError(
            given=f"the activation {name!r:.60}",
            allowed=", ".join(BUILTIN),
            do=f"did you mean {' or '.join(near)}?" if near else "choose a name, or give an expression in z",
        )
    return Activation(name, parse_expression(BUILTIN[name]))


def resolve(text: str) -> Activation:
    """Give the built-in activation of that name, or else parse the text as an expression in z."""
    return builtin(text.strip()) if text.strip() in BUILTIN else Activation.parse(text)


@lru_cache(maxsize=256)
def _derivative(expr: sympy.Expr, variable: Any, j: int) -> sympy.Expr:
    return expr if j == 0 else sympy.diff(_derivative(expr, variable, j - 1), variable)


@lru_cache(maxsize=256)
def _supremum(expr: sympy.Expr, variable: Any) -> arb:
    return supremum(expr, variable)


@lru_cache(maxsize=256)
def _vanishing(g: sympy.Expr, variable: Any, l: int) -> str:
    """Prove mu_l(g) = 0 by symmetry (P_l has the parity of l); give the reason, or an empty string."""
    if is_identically_zero(g):
        return "zero"
    wanted, word = (1, "even") if l % 2 else (-1, "odd")
    if parity(g, variable) == wanted:
        return word
    if l >= 1:
        # A constant has no component of degree l >= 1.
        varying = g - g.subs(variable, 0)
        if is_identically_zero(varying):
            return "constant"
        if parity(varying, variable) == wanted:
            return f"{word} up to a constant"
    return ""


@lru_cache(maxsize=256)
def _smoothness(expr: sympy.Expr, variable: Any) -> tuple[bool | None, tuple[str, ...]]:
    """Visit every node that can be singular, the inner ones first, and decide whether it is."""
    undecided: list[str] = []
    for node in sympy.postorder_traversal(expr):
        if variable not in node.free_symbols:
            continue
        if node.func in _NOT_SMOOTH:
            return False, (
                f"{node} is not smooth; use a smooth substitute such as sqrt(z**2 + 1/100) for |z|",
            )
        risk = _risk(node)
        if risk is None:
            continue
        part, positive, story = risk
        found = constant_sign(part, variable)
        if found.sign == 0:
            return False, (f"{node} is not smooth on the real line: {story}, at {found.place}",)
        if found.sign == -1 and positive:
            return False, (f"{node} is not defined on the real line: {part} is negative everywhere",)
        if found.sign is None:
            undecided.append(
                f"could not prove that {part} in {node} has one sign; its zeros would be singular"
            )
    return (None, tuple(undecided)) if undecided else (True, ())


_NOT_SMOOTH = (sympy.Abs, sympy.sign, sympy.Heaviside, sympy.Max, sympy.Min, sympy.Piecewise)


def _risk(node: Any) -> tuple[Any, bool, str] | None:
    """Give the part whose zeros are singular, whether it must be positive, and a phrase for the report."""
    if node.func is sympy.log:
        return node.args[0], True, f"its argument {node.args[0]} vanishes or changes sign"
    if node.func is sympy.tan:
        return sympy.cos(node.args[0]), False, "it has a pole"
    if node.func is sympy.Pow:
        if not node.exp.is_Integer:
            return node.base, True, f"its base {node.base} vanishes or changes sign"
        if node.exp < 0:
            return node.base, False, f"its denominator {node.base} vanishes"
    return None
