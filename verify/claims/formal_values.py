"""Random rational data at which the definitions in Coq are evaluated, and how it reads in Coq and in SymPy.

Everything is rational on such a case: a cubic activation, dyadic weights, a projector with entries ±1/4, m = 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
import torch
from flint import arb

from theory import expansion, regularizer
from theory.arithmetic import evaluate
from theory.loss import Y
from verify.claim import Context
from verify.claims.indexed import FIELD

Array = np.ndarray  # of Fractions
M, N, K = 4, 2, 2

V, NU = sp.IndexedBase("v"), sp.IndexedBase("nu")

# Sentences before the instances: the root of the width, and the constants of each sum written out.
PREAMBLE = """From Coq Require Import Reals Lra Lia Arith List.
From NTK Require Import {modules}.
Open Scope R_scope.
Lemma root : sqrt (INR 4) = 2.
Proof. replace (INR 4) with (2 * 2) by (simpl; lra). apply sqrt_square; lra. Qed.
Ltac at_numbers :=
  {unfold}rewrite ?root; cbn [{computed}].
"""
EQUAL = "at_numbers. first [lra | field | field; repeat split; lra]."
UNEQUAL = "at_numbers. intro H. first [lra | revert H; field_simplify; lra]."
NEAR = "at_numbers. apply Rabs_le. split; first [lra | field_simplify; lra]."
FAR = "at_numbers. intro H. apply Rabs_le_inv in H. destruct H. first [lra | field_simplify in H; lra]."


@dataclass(frozen=True)
class Case:
    """Random dyadic data: all arrays hold Fractions.

    Attributes:
        d: Dimension.
        cubic: Coefficients of the activation, constant term first.
        a: Signs, (m,).
        w0: Weights at initialisation, (m, d); W, V: two movements.
        W: The movement.
        V: Another movement.
        X: Samples, (n, d).
        Y: Labels, (n,).
        u: P_low = u uᵀ is an orthogonal projector, (m, d).
        v: Sigma = v vᵀ, (m, d).
        nu: A vector over the samples, (n,).
    """

    d: int
    cubic: tuple[Fraction, ...]
    a: Array
    w0: Array
    W: Array
    V: Array
    X: Array
    Y: Array
    u: Array
    v: Array
    nu: Array

    @cached_property
    def sigma(self) -> sp.Lambda:
        """The activation, for SymPy."""
        z = sp.Symbol("z", real=True)
        terms = (sp.Rational(c.numerator, c.denominator) * z**k for k, c in enumerate(self.cubic))
        return sp.Lambda(z, sum(terms))

    @cached_property
    def coq(self) -> Mapping[str, str]:
        """The data as Coq terms; s0 … s3 are the activation and its derivatives, x the first sample."""
        slopes = {f"s{order}": f"(fun z => {polynomial(derived(self.cubic, order))})" for order in range(4)}
        arrays = {
            name: function(getattr(self, name)) for name in ("a", "w0", "W", "V", "X", "Y", "u", "v", "nu")
        }
        low = f"(fun r i s j => {arrays['u']} r i * {arrays['u']} s j)"
        high = f"(fun r i s j => delta r s * delta i j - {arrays['u']} r i * {arrays['u']} s j)"
        sigma = f"(fun r i s j => {arrays['v']} r i * {arrays['v']} s j)"
        return {**slopes, **arrays, "x": function(self.X[0]), "low": low, "high": high, "sigma": sigma}

    @cached_property
    def phi(self) -> list[list[list[Fraction]]]:
        """Features φ(x_p)[r,i] at m = 4."""
        slope = derived(self.cubic, 1)

        def entry(x: Array, r: int, i: int) -> Fraction:
            z = (self.w0[r] * x).sum()
            return Fraction(self.a[r] * sum(c * z**k for k, c in enumerate(slope)) * x[i] / 2)

        return [[[entry(x, r, i) for i in range(self.d)] for r in range(M)] for x in self.X]

    def value(self, expression: sp.Expr, **indices: int) -> Fraction:
        """A SymPy expression in the letters of `theory.expansion` at this case, exactly.

        Args:
            expression: The expression; v stands for V, x for the first sample.
            **indices: Values of free indices by name, counted from 1.
        """
        u, v = self.u, self.v
        values: dict[Any, Any] = {
            expansion.m: M,
            expansion.d: self.d,
            expansion.n: N,
            expansion.a: self.a.tolist(),
            expansion.w0: self.w0.tolist(),
            expansion.w: self.W.tolist(),
            expansion.x: self.X[0].tolist(),
            expansion.X: self.X.tolist(),
            Y: self.Y.tolist(),
            V: self.V.tolist(),
            NU: self.nu.tolist(),
            regularizer.phi: self.phi,
            regularizer.P_low: np.multiply.outer(u, u).tolist(),
            regularizer.Sigma: np.multiply.outer(v, v).tolist(),
            **{getattr(expansion, name): index for name, index in indices.items()},
        }
        return fraction(evaluate(expression, values, FIELD))


def draw(rng: np.random.Generator) -> Case:
    """A case in dimension 2 or 3."""
    d = int(rng.integers(2, 4))

    def dyadic(*shape: int) -> Array:
        return fractions(rng.integers(-12, 13, shape), 8)

    u = np.zeros(M * d, dtype=int)
    u[rng.permutation(M * d)[:4]] = rng.choice((-1, 1), 4)
    cubic = tuple(Fraction(int(c), 4) for c in rng.integers(1, 8, 4) * rng.choice((-1, 1), 4))
    return Case(
        d=d,
        cubic=cubic,
        a=fractions(rng.choice((-1, 1), M)),
        w0=dyadic(M, d),
        W=dyadic(M, d),
        V=dyadic(M, d),
        X=dyadic(N, d),
        Y=dyadic(N),
        u=fractions(u.reshape(M, d), 2),
        v=dyadic(M, d),
        nu=dyadic(N),
    )


def cases(context: Context) -> list[Case]:
    """The cases of a check, more of them in larger profiles."""
    rng = context.rng("cases")
    return [draw(rng) for _ in range(context.pick(1, 5, 20))]


def preamble(modules: str, unfolded: Iterable[str], computed: Iterable[str] = ()) -> str:
    """`PREAMBLE` for these modules.

    Args:
        modules: Names of modules, with blanks between.
        unfolded: Definitions to unfold, those that use others first.
        computed: Recursive definitions, and those that occur only in what these give.
    """
    always = ("sum", "pow", "fact", "Nat.eqb", "andb", "Nat.mul", "Nat.add", "Nat.sub", "INR")
    names = ", ".join(unfolded)
    # Modules without sums define no sum, and Coq knows no name that it was not given.
    known = always if "Sums" in modules.split() else always[1:]
    return PREAMBLE.format(
        modules=modules, unfold=f"unfold {names}; " if names else "", computed=" ".join((*known, *computed))
    )


def derived(coefficients: tuple[Fraction, ...], order: int) -> tuple[Fraction, ...]:
    """Coefficients of a derivative of a polynomial, constant term first."""
    for _ in range(order):
        coefficients = tuple(k * c for k, c in enumerate(coefficients))[1:]
    return coefficients


def polynomial(coefficients: tuple[Fraction, ...]) -> str:
    """A polynomial in z as a Coq term."""
    return " + ".join(f"{number(c)} * z ^ {k}" for k, c in enumerate(coefficients)) or "0"


def function(array: Array) -> str:
    """An array as a Coq function of its indices, 0 outside."""
    names = "ri"[: array.ndim]
    rows = " | ".join(
        ", ".join(f"{each}%nat" for each in index) + f" => {number(value)}"
        for index, value in np.ndenumerate(array)
    )
    other = ", ".join("_" * array.ndim)
    return f"(fun {' '.join(names)} => match {', '.join(names)} with {rows} | {other} => 0 end)"


def number(value: Fraction) -> str:
    """A number as a Coq term."""
    return f"({value.numerator} / {value.denominator})" if value.denominator > 1 else f"({value.numerator})"


def fractions(values: np.ndarray, denominator: int = 1) -> Array:
    """An array of integers over a denominator."""
    return np.vectorize(lambda each: Fraction(int(each), denominator), otypes=[object])(values)


def fraction(value: arb) -> Fraction:
    """The dyadic number that a ball of radius 0 is.

    Raises:
        ArithmeticError: If the radius is not 0.
    """
    if not value.is_exact():
        raise ArithmeticError(f"{value} is no exact value: the case holds more than dyadic numbers")
    mantissa, exponent = (int(each) for each in value.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


def tensor(array: Array) -> torch.Tensor:
    """The array in torch; dyadic numbers stay what they are."""
    return torch.tensor(array.astype(float), dtype=torch.float64)
