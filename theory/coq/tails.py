"""Proof scripts for the size of a function beyond a start: |g(z)| <= M for all z >= a, or for all z <= -a.

Contract: numerator and denominator are divided by the largest monomial z^k exp(q(z)) of the denominator. What is
left are powers of 1/z, and products z^k exp(q(z)) that decay; the lemma `decay_right` of theory/formal/Bounds.v
puts these between -a^k exp(q(a)) and a^k exp(q(a)). Interval arithmetic then bounds the quotient. `Tails.script`
predicts by balls whether that gives the bound at this start and raises `UndecidedError` if not: Coq has the last
word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from flint import arb

from theory.arithmetic import UndecidedError, compile_arb, working_precision
from theory.coq.letters import Alphabet, Elementary, same
from theory.coq.printer import Term, coq, term, text

STARTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 128, 256, 1024)
PRECISION = 96
_X = sympy.Dummy("x")  # 1/z


@dataclass(frozen=True)
class Monomial:
    """The product z^power exp(exponent) on one side; its size beyond the start is decreasing."""

    letter: Any
    power: int
    exponent: sympy.Expr


@dataclass(frozen=True)
class Root:
    """The square root of a polynomial of degree 2n: |z|^n times `letter`, which tends to a limit."""

    letter: Any
    node: sympy.Expr
    half_degree: int
    scaled: sympy.Expr  # the polynomial over z^(2n)


class Tails:
    """The tails of one function on both sides."""

    def __init__(self, g: sympy.Expr, plain: Elementary, variable: Any) -> None:
        self.g = g
        self.plain = plain
        self.variable = variable
        self.alphabet = Alphabet(plain.expr, variable)
        self.fraction = self.alphabet.rational(plain.expr)
        self.roots = [
            root for node in list(self.alphabet.opaque) if (root := _root(node, variable)) is not None
        ]

    def script(self, side: int, start: int, bound: sympy.Rational) -> list[str]:
        """Sentences that prove the bound for side * z >= start, the hypothesis U.

        Raises:
            UndecidedError: If this method does not reach the bound from this start.
        """
        z = self.variable
        monomials: dict[Any, Monomial] = {}
        target = self._quotient(side, monomials)
        used = list(monomials.values())
        self._predict(target, used, side, start, bound)
        shown: dict[Any, Term] = {_X: ("inv", ("var",))}
        meanings: dict[Any, Any] = {_X: 1 / z}
        for m in used:
            shown[m.letter] = ("mul", ("pow", ("var",), m.power), ("exp", term(m.exponent, z)))
            meanings[m.letter] = z**m.power * sympy.exp(m.exponent)
        scalings = []
        for i, root in enumerate(self.roots):
            shown[root.letter] = ("root", term(root.scaled, z))
            meanings[root.letter] = sympy.sqrt(root.scaled)
            size = f"({'z' if side > 0 else '- z'}) ^ {root.half_degree}"
            equation = f"{coq(root.node, z)} = {size} * {text(shown[root.letter])}"
            scalings.append(
                f"  assert (W{i} : {equation}) by (apply root_scaled; [apply pow_le; lra | field; exact N]);"
                f" rewrite ?W{i}."
            )
        lines = [
            "  assert (N : z <> 0) by lra.",
            f"  assert (V : 0 <= {'z' if side > 0 else '- z'} - {start}) by lra.",
            *same(
                self.g,
                target,
                z,
                start=[*self.plain.sentences, *scalings],
                letters=shown,
                meanings=meanings,
            ),
        ]
        for i, m in enumerate(used):
            lines += self._decay(m, f"p{i}", side, start)
        for i, node in enumerate(sorted(target.atoms(sympy.erf), key=str)):
            argument = coq(node.args[0], z)
            lines += [
                f"  generalize (erf_range ({argument})); generalize (erf ({argument})); intros h{i} H{i}.",
            ]
        return [*lines, "  interval with (i_prec 60)."]

    def _quotient(self, side: int, monomials: dict[Any, Monomial]) -> Any:
        """The function as a quotient whose monomials are bounded, over the leading one of the denominator."""
        scaling = {
            self.alphabet.opaque[r.node]: (side * self.variable) ** r.half_degree * r.letter
            for r in self.roots
        }
        fraction = sympy.cancel(sympy.together(self.fraction.xreplace(scaling)))
        letters = [self.variable, *self.alphabet.exponential.values()]
        parts = [sympy.Poly(part, *letters) for part in sympy.fraction(fraction)]
        lead = max(parts[1].monoms(), key=lambda m: self._growth(m, side))
        totals = []
        for part in parts:
            total = sympy.Integer(0)
            for powers, coefficient in part.terms():
                rest = tuple(a - b for a, b in zip(powers, lead, strict=True))
                total += self.alphabet.decode(sympy.factor(coefficient)) * self._monomial(
                    rest, side, monomials
                )
            totals.append(total)
        return totals[0] / totals[1]

    def _exponent(self, powers: tuple[int, ...]) -> sympy.Expr:
        steps = self.alphabet.steps.items()
        return sympy.expand(
            sum(
                (n * step * core for n, (core, step) in zip(powers[1:], steps, strict=True)), sympy.Integer(0)
            )
        )

    def _growth(self, powers: tuple[int, ...], side: int) -> tuple[tuple[int, float], ...]:
        """Coefficients of the exponent from the highest degree, then the power: larger grows faster."""
        found = self._coefficients(self._exponent(powers), side)
        degrees = {degree: float(sympy.N(c)) for degree, c in found.items() if degree > 0}
        return (*(tuple((d, degrees.get(d, 0.0)) for d in range(24, 0, -1))), (0, float(powers[0])))

    def _coefficients(self, exponent: sympy.Expr, side: int) -> dict[int, Any]:
        mirrored = exponent.subs(self.variable, side * self.variable)
        if not mirrored.is_polynomial(self.variable) or sympy.degree(mirrored, self.variable) > 24:
            raise UndecidedError("an exponent that is no polynomial")
        return {m[0]: c for m, c in sympy.Poly(mirrored, self.variable).terms()}

    def _monomial(self, powers: tuple[int, ...], side: int, monomials: dict[Any, Monomial]) -> Any:
        """The letter of a monomial, with the powers of 1/z that it does not hold."""
        exponent = self._exponent(powers)
        if self.variable not in exponent.free_symbols:
            if powers[0] > 0:
                raise UndecidedError("a part of it grows, and only cancels against another")
            return sympy.exp(exponent) * _X ** -powers[0]
        found = self._coefficients(exponent, side)
        if not ball_of(found[max(found)]) < 0:
            raise UndecidedError("an exponential that grows, and only cancels against another")
        key = (max(powers[0], 0), exponent)
        if key not in monomials:
            monomials[key] = Monomial(sympy.Dummy(f"p{len(monomials)}"), *key)
        return monomials[key].letter * _X ** max(-powers[0], 0)

    def _predict(
        self, target: Any, used: list[Monomial], side: int, start: int, bound: sympy.Rational
    ) -> None:
        with working_precision(PRECISION):
            values = {_X: (1 / arb(start)).union(0) * side}
            for m in used:
                self._quotients(m, side, start)
                size = ball_of(start**m.power * sympy.exp(m.exponent.subs(self.variable, side * start)))
                values[m.letter] = size.union(-size)
            for root in self.roots:
                inverse = compile_arb(root.scaled.xreplace({self.variable: 1 / _X}), [_X], prec=PRECISION)
                values[root.letter] = inverse(values[_X]).sqrt()
            swaps = {}
            for node in target.atoms(sympy.sin, sympy.cos, sympy.erf, sympy.atan):
                if self.variable in node.free_symbols:
                    swaps[node] = sympy.Dummy()
                    radius = ball_of(sympy.pi / 2) if node.func is sympy.atan else arb(1)
                    values[swaps[node]] = radius.union(-radius)
            flat = target.xreplace(swaps)
            if self.variable in flat.free_symbols:
                raise UndecidedError("a part of it has no bound that this method knows")
            ball = compile_arb(flat, list(values), prec=PRECISION)(*values.values())
            if not ball.is_finite() or not abs(ball) < ball_of(bound) * arb(0.999999):
                raise UndecidedError("its tails are not small enough at this start")

    def _quotients(self, m: Monomial, side: int, start: int) -> list[Any]:
        """The coefficients c_1, c_2, ... of start (q(start) - q(z)) - k (|z| - start) in |z| - start, all >= 0."""
        v = sympy.Dummy("v")
        edge = m.exponent.subs(self.variable, side * start)
        inside = m.exponent.subs(self.variable, side * (start + v))
        difference = sympy.expand(start * (edge - inside) - m.power * v)
        found = sympy.Poly(difference, v).all_coeffs()[::-1][1:]
        if not all(ball_of(c) >= 0 for c in found):
            raise UndecidedError("a part of it does not decrease from this start on")
        return found

    def _decay(self, m: Monomial, name: str, side: int, start: int) -> list[str]:
        z = self.variable
        edge = coq(m.exponent.subs(z, side * start), z)
        distance = f"({'z' if side > 0 else '- z'} - {start})"
        nested = ""
        for c in reversed(self._quotients(m, side, start)):
            nested = f"{distance} * ({coq(c, z)}{' + ' + nested if nested else ''})"
        size = f"{start} ^ {m.power} * exp ({edge})"
        product = f"z ^ {m.power} * {coq(sympy.exp(m.exponent, evaluate=False), z)}"
        return [
            f"  assert (B{name} : - ({size}) <= {product} <= {size}).",
            f"  {{ apply decay_{'right' if side > 0 else 'left'}; [lra | lra |].",
            f"    apply (below ({nested})); [numerals; settle | sign]. }}",
            f"  revert B{name}; generalize ({product}); intros {name} B{name}.",
        ]


def ball_of(e: Any) -> arb:
    """A constant expression as a ball."""
    return compile_arb(sympy.sympify(e), [], prec=PRECISION)()


def _root(node: Any, variable: Any) -> Root | None:
    """Read the square root of a polynomial of even degree with a positive leading coefficient."""
    if not (node.is_Pow and node.exp == sympy.Rational(1, 2) and node.base.is_polynomial(variable)):
        return None
    polynomial = sympy.Poly(node.base, variable)
    degree = polynomial.degree()
    if degree < 2 or degree % 2 or not ball_of(polynomial.LC()) > 0:
        return None
    scaled = sympy.expand(node.base / variable**degree)
    return Root(sympy.Dummy("w"), node, degree // 2, scaled)
