r"""Derivations to read: what `ntk-escape derive --activation EXPR` prints, as text or as LaTeX.

Contract: `derivations` runs the derivation (SymPy's differentiation of the nested sums with symbolic m, n, d),
states the formula, and lets `theory.sums` prove that the two agree; `proved` carries that verdict and is
never assumed. Only the display is abbreviated: z_r = w0_r·x, h_r = w_r·x, u_{p,r} = (w0_r + w_r)·x_p and
f_p = f(x_p; W) replace their sums.

Source of the formulas: Nichani, Bai, Lee 2022.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import sympy as sp

from theory import expansion, loss, regularizer
from theory.errors import InputError
from theory.expansion import Pair, Scalar, X, d, derivative, i, l2, m, p, q, r, s, w, w0, x
from theory.sums import Rules, equal

_Z, _H, _U, _F = (sp.IndexedBase(name) for name in ("z", "h", "u", "f"))
_CONTRACTED = "contract the Kronecker deltas: the statement"
_LATEX_NAMES = {
    regularizer.P_low.label: r"P_{\le}",
    regularizer.Sigma.label: r"\Sigma",
    regularizer.phi.label: r"\varphi",
    w0.label: "w_0",
    l2: "l'",
}


class HasExpression(Protocol):
    """Anything that carries its formula, such as `theory.activation.Activation`."""

    @property
    def expr(self) -> sp.Expr:
        """The formula in one free symbol."""


@dataclass(frozen=True)
class Derivation:
    """One result with its steps.

    Args:
        title: What is derived.
        statement_latex: The formula in LaTeX.
        statement_text: The formula as SymPy prints it.
        steps: The steps in plain text.
        steps_latex: The same steps in LaTeX.
        proved: Whether the engine proved stated = derived for all sizes.
    """

    title: str
    statement_latex: str
    statement_text: str
    steps: tuple[str, ...]
    steps_latex: tuple[str, ...]
    proved: bool

    def text(self) -> str:
        """The derivation as plain text."""
        return "\n".join([self.title, f"  {self.statement_text}", *(f"    - {step}" for step in self.steps)])

    def latex(self) -> str:
        """The derivation as a LaTeX fragment (paragraph, display, itemized steps)."""
        items = "\n".join(rf"  \item {step}" for step in self.steps_latex)
        body = f"\\begin{{itemize}}\n{items}\n\\end{{itemize}}"
        title = re.sub(r"\b([A-Za-z])_(\w)", r"$\1_\2$", self.title)
        return f"\\paragraph{{{title}}}\n\\[ {self.statement_latex} \\]\n{body}"


def derivations(activation: sp.Expr | HasExpression) -> list[Derivation]:
    """All derivations for one activation: σ', σ'', σ''', Taylor terms, remainder, gradients and Hessians.

    Args:
        activation: An expression in one free symbol, or an object whose `expr` is one.

    Raises:
        InputError: when the expression has not exactly one free symbol.
    """
    sigma = _callable(activation)
    return [
        *(_activation(sigma, order) for order in (1, 2, 3)),
        *(_taylor(sigma, order) for order in (1, 2, 3)),
        _remainder(sigma),
        *(
            _entry(f"Regularizer R_{k}", f"R_{k}", partial, k)
            for k in regularizer.TERMS
            for partial in (1, 2)
        ),
        _loss(sigma, 1),
        _loss(sigma, 2),
    ]


def _callable(activation: sp.Expr | HasExpression) -> Scalar:
    expr = activation if isinstance(activation, sp.Expr) else activation.expr
    if len(expr.free_symbols) != 1:
        raise InputError(
            given=f"activation {expr}",
            allowed="an expression in exactly one symbol",
            do="write it in z, such as sin(z) + cos(z)",
        )
    return sp.Lambda(next(iter(expr.free_symbols)), expr)


def _activation(sigma: Scalar, order: int) -> Derivation:
    z = sp.Symbol("z", real=True)
    marks = "'" * order
    step = sp.diff(derivative(sigma, order - 1)(z), z)
    value = derivative(sigma, order)(z)
    below = derivative(sigma, order - 1)(z)
    return _build(
        f"Derivative {order} of the activation",
        (f"sigma{marks}(z)", rf"\sigma{marks}(z)"),
        value,
        [(f"differentiate sigma{marks[1:]}(z) in z", rf"differentiate $\sigma{marks[1:]}(z)$ in $z$", below)],
        proved=bool(sp.simplify(step - value) == 0),
    )


def _taylor(sigma: Scalar, order: int) -> Derivation:
    derived = expansion.taylor_coefficient(sigma, order)
    stated = expansion.taylor_term(sigma, order)
    marks = "'" * order
    generic = expansion.taylor_term(order=order)
    names = {1: "Linear (NTK) term f_L", 2: "Quadratic (QuadNTK) term f_Q"}
    title = names.get(order, f"Taylor term of order {order}")
    return _build(
        title,
        (f"f^({order})(x; W)", rf"f^{{({order})}}(x;W)"),
        stated,
        [
            (
                "with z_r = w0_r.x, h_r = w_r.x, the network along t W is",
                r"with $z_r = w_{0,r}\cdot x$, $h_r = w_r\cdot x$, the network along $tW$ is",
                sp.Sum(expansion.a[r] * expansion.SIGMA(_Z[r] + expansion.t * _H[r]), (r, 1, m)) / sp.sqrt(m),
            ),
            (
                f"differentiate (order {order}) in t, divide by {order}!, set t = 0; generic sigma",
                rf"differentiate (order {order}) in $t$, divide by ${order}!$, set $t=0$; generic $\sigma$",
                generic,
            ),
            (
                f"insert sigma{marks}; the derivative of the sum itself reads",
                rf"insert $\sigma{marks}$; the derivative of the sum itself reads",
                derived,
            ),
        ],
        proved=equal(derived, stated),
    )


def _remainder(sigma: Scalar) -> Derivation:
    M = sp.Symbol("M_3", positive=True)
    parts = expansion.remainder_integral(sigma)
    z, h, u = sp.symbols("z h u", real=True)
    integrand = (h - u) ** 2 / 2 * expansion.SIGMA(z + u).diff(u, 3)
    weight = expansion.remainder_weight()
    proved = (
        equal(*expansion.remainder(sigma))
        and all(sp.simplify(left - right) == 0 for left, right in parts)
        and sp.simplify(weight[0] - weight[1]) == 0
    )
    return _build(
        "Remainder after the quadratic term",
        ("|f - f_L - f_Q| <=", r"\lvert f - f_L - f_Q\rvert \le"),
        expansion.remainder_bound(M),
        [
            (
                "one neuron: sigma(z+h) minus its quadratic polynomial is the integral over u from 0 to h of",
                r"one neuron: $\sigma(z+h)$ minus its quadratic polynomial is the integral over $u\in[0,h]$ of",
                integrand,
            ),
            (
                "|sigma'''| <= M_3 leaves the weight, with |h| for h < 0,",
                r"$\lvert\sigma'''\rvert\le M_3$ leaves the weight, with $\lvert h\rvert$ for $h<0$,",
                weight[1],
            ),
            (
                "sum over the neurons with |a_r| = 1, where sigma''' is",
                r"sum over the neurons with $\lvert a_r\rvert=1$, where $\sigma'''$ is",
                derivative(sigma, 3)(z),
            ),
        ],
        relation="",
        proved=bool(proved),
    )


def _entry(title: str, name: str, order: int, number: int) -> Derivation:
    derived, stated = regularizer.gradient_pair(number) if order == 1 else regularizer.hessian_pair(number)
    start = ("start from", "start from", regularizer.term(number))
    return _derivative(title, name, order, (derived, stated), regularizer.RULES, start)


def _loss(sigma: Scalar, order: int) -> Derivation:
    pair = loss.gradient_pair(sigma=sigma) if order == 1 else loss.hessian_pair(sigma=sigma)
    start = ("start from", "start from", loss.empirical_loss())
    return _derivative("Loss term L", "L", order, pair, expansion.RULES, start, sigma)


def _derivative(
    title: str,
    name: str,
    order: int,
    pair: Pair,
    rules: Rules,
    start: tuple[str, str, sp.Expr],
    sigma: Scalar = expansion.SIGMA,
) -> Derivation:
    kind = {1: "gradient", 2: "Hessian"}[order]
    by = {
        1: ("d/dw[q,l]", rf"\frac{{\partial {name}}}{{\partial w_{{q,l}}}}"),
        2: ("d^2/dw[q,l]dw[s,l']", rf"\frac{{\partial^2 {name}}}{{\partial w_{{q,l}}\,\partial w_{{s,l'}}}}"),
    }[order]
    return _build(
        f"{title}: {kind}",
        (f"{by[0]} {name}", by[1]),
        pair[1],
        [start, ("differentiate under the sums", "differentiate under the sums", pair[0])],
        closing=_CONTRACTED,
        proved=equal(*pair, rules=rules),
        sigma=sigma,
    )


def _build(
    title: str,
    name: tuple[str, str],
    value: sp.Expr,
    steps: list[tuple[str, str, sp.Expr]],
    *,
    proved: bool,
    relation: str = "=",
    closing: str = "the statement",
    sigma: Scalar = expansion.SIGMA,
) -> Derivation:
    verdict = f"{closing} is {'proved for all sizes' if proved else 'NOT proved'}"
    head_text, head_latex = (f"{part} {relation}".strip() for part in name)
    shown = [(text, latex, _short(expr, sigma)) for text, latex, expr in steps]
    return Derivation(
        title=title,
        statement_latex=f"{head_latex} {_latex(_short(value, sigma))}",
        statement_text=f"{head_text} {_short(value, sigma)}",
        steps=(*(f"{text}: {expr}" for text, _, expr in shown), verdict),
        steps_latex=(*(f"{latex}: ${_latex(expr)}$" for _, latex, expr in shown), verdict),
        proved=proved,
    )


def _short(expr: sp.Expr, sigma: Scalar) -> sp.Expr:
    """The abbreviations of the module; outputs f_p first, because they contain the sums u_{p,r}."""
    outputs = {loss.prediction(f): _F[p] for f in (sigma, expansion.SIGMA)}
    inner = {sp.Sum((w0[k, i] + w[k, i]) * X[p, i], (i, 1, d)): _U[p, k] for k in (r, q, s)}
    inner[sp.Sum(w0[r, i] * x[i], (i, 1, d))] = _Z[r]
    inner[sp.Sum(w[r, i] * x[i], (i, 1, d))] = _H[r]
    return expr.xreplace(outputs).xreplace(inner)


def _latex(expr: sp.Expr) -> str:
    return str(sp.latex(expr, symbol_names=_LATEX_NAMES))
