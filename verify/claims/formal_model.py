"""Claims that the definitions in Coq mean what SymPy and torch compute.

A theorem in Coq is about Coq's own f_L, f_Q, R_1, ... If these were not the ones of the other rooms, its proof
would say nothing about them. So the definitions are evaluated at random numbers on which everything is rational: a
cubic activation, dyadic weights, a projector with entries ±1/4, m = 4. The value that SymPy's sums give must be the
Coq term's exactly, and torch's float must lie within rounding of it; the kernel decides both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np
import sympy as sp
import torch
from flint import arb

from theory import expansion, landscape, regularizer
from theory.arithmetic import evaluate
from theory.parser import to_tree
from training.activation import from_tree
from training.network import Network
from training.regularizer import GroupNorm, HighDegreePopulation, HighDegreeSample, LowDegreeNorm
from verify.bound import IDENTITY
from verify.claim import Check, Claim, Context
from verify.claims.formal import LAYER
from verify.claims.indexed import FIELD
from verify.evidence import Evidence
from verify.instances import Instance, hold
from verify.verdict import Kind

Array = np.ndarray  # of Fractions
M, N = 4, 2

# Torch adds up at most a few hundred terms below 1e5, each with a relative error of about 1e-16.
ROUNDING = Fraction(1, 10**10)

PREAMBLE = """From Coq Require Import Reals Lra Lia Arith.
From NTK Require Import Sums Model.
Open Scope R_scope.
Lemma root : sqrt (INR 4) = 2.
Proof. replace (INR 4) with (2 * 2) by (simpl; lra). apply sqrt_square; lra. Qed.
Ltac at_numbers :=
  unfold R_1, R_2, R_3, R_4, network, term, f_L, f_Q, polar, feature, inner, apply, along, replaced, signed, dot,
    delta; rewrite ?root; cbn [sum pow fact Nat.eqb andb Nat.mul Nat.add INR].
"""
EQUAL = "at_numbers. first [lra | field]."
UNEQUAL = "at_numbers. intro H. first [lra | revert H; field_simplify; lra]."
NEAR = "at_numbers. apply Rabs_le. split; first [lra | field_simplify; lra]."
FAR = "at_numbers. intro H. apply Rabs_le_inv in H. destruct H. first [lra | field_simplify in H; lra]."


@dataclass(frozen=True)
class Case:
    """Random dyadic data at which every definition has a rational value."""

    d: int
    cubic: tuple[Fraction, ...]
    a: Array
    w0: Array
    W: Array
    V: Array
    X: Array
    u: Array  # P_low = u uᵀ, an orthogonal projector
    v: Array  # Sigma = v vᵀ

    @property
    def P_low(self) -> Array:
        """The projector, (m, d, m, d)."""
        return np.multiply.outer(self.u, self.u)

    @property
    def Sigma(self) -> Array:
        """A symmetric covariance, (m, d, m, d)."""
        return np.multiply.outer(self.v, self.v)

    @property
    def sigma(self) -> sp.Lambda:
        """The activation, for SymPy."""
        z = sp.Symbol("z", real=True)
        return sp.Lambda(z, sum(_rational(c) * z**k for k, c in enumerate(self.cubic)))


def draw(rng: np.random.Generator) -> Case:
    """A case; the sizes too are random where that costs nothing."""
    d = int(rng.integers(2, 4))

    def dyadic(*shape: int) -> Array:
        return _exact(rng.integers(-12, 13, shape), 8)

    u = np.zeros(M * d, dtype=int)
    u[rng.permutation(M * d)[:4]] = rng.choice((-1, 1), 4)
    cubic = tuple(Fraction(int(c), 4) for c in rng.integers(1, 8, 4) * rng.choice((-1, 1), 4))
    return Case(
        d=d,
        cubic=cubic,
        a=_exact(rng.choice((-1, 1), M)),
        w0=dyadic(M, d),
        W=dyadic(M, d),
        V=dyadic(M, d),
        X=dyadic(N, d),
        u=_exact(u.reshape(M, d), 2),
        v=dyadic(M, d),
    )


def against_sympy(context: Context, *, dropped: bool = False) -> Evidence:
    """Each definition at random numbers against the exact value of SymPy's sum."""
    instances = [
        Instance(f"{name}, case {number}", f"{term} = {_number(value)}")
        for number, case in enumerate(_cases(context))
        for name, term, value in _sympy_values(case, dropped=dropped)
    ]
    return hold(LAYER, "Model", instances, preamble=PREAMBLE, proof=EQUAL, refutation=UNEQUAL)


def against_torch(context: Context) -> Evidence:
    """Each definition at random numbers against torch's float, which enters as the dyadic number that it is."""
    instances = [
        Instance(
            f"{name}, case {number}",
            f"Rabs ({term} - {_number(Fraction(value))}) <= {_number(ROUNDING)}",
        )
        for number, case in enumerate(_cases(context))
        for name, term, value in _torch_values(case)
    ]
    return hold(LAYER, "Model", instances, preamble=PREAMBLE, proof=NEAR, refutation=FAR)


def _cases(context: Context) -> list[Case]:
    rng = context.rng("cases")
    return [draw(rng) for _ in range(context.pick(1, 5, 20))]


def _terms(case: Case) -> dict[str, str]:
    """The definitions of Model.v at a case, as Coq terms."""
    d = case.d
    s = [f"(fun z => {_polynomial(_derived(case.cubic, order))})" for order in range(4)]
    a, w0, W, V, x = (_function(each) for each in (case.a, case.w0, case.W, case.V, case.X[0]))
    X, u, v = (_function(each) for each in (case.X, case.u, case.v))
    low = f"(fun r i s j => {u} r i * {u} s j)"
    high = f"(fun r i s j => delta r s * delta i j - {u} r i * {u} s j)"
    sigma = f"(fun r i s j => {v} r i * {v} s j)"
    return {
        "network": f"network {s[0]} {M} {d} {a} {w0} {W} {x}",
        "f_L": f"f_L {s[1]} {M} {d} {a} {w0} {W} {x}",
        "f_Q": f"f_Q {s[2]} {M} {d} {a} {w0} {W} {x}",
        "term 2": f"term 2 {s[2]} {M} {d} {a} {w0} {W} {x}",
        "term 3, six times": f"6 * term 3 {s[3]} {M} {d} {a} {w0} {W} {x}",
        "polar": f"polar {s[2]} {M} {d} {a} {w0} {W} {V} {x}",
        "inner": f"inner {M} {d} {W} {V}",
        "feature": f"feature {s[1]} {M} {d} {a} {w0} {x} 1 0",
        "R_1": f"R_1 {s[1]} {N} {M} {d} {a} {w0} {X} {high} {W}",
        "R_2": f"R_2 {M} {d} {high} {sigma} {W}",
        "R_3": f"R_3 {M} {d} {low} {W}",
        "R_4": f"R_4 {M} {d} {W}",
    }


def _sympy_values(case: Case, *, dropped: bool) -> Iterator[tuple[str, str, Fraction]]:
    """Name, Coq term and exact value of each definition; `dropped` forgets the 1/2 of f_Q."""
    sigma, terms = case.sigma, _terms(case)
    arrays = {
        expansion.m: M,
        expansion.d: case.d,
        expansion.n: N,
        expansion.a: case.a.tolist(),
        expansion.w0: case.w0.tolist(),
        expansion.w: case.W.tolist(),
        expansion.x: case.X[0].tolist(),
        expansion.X: case.X.tolist(),
        expansion.p: 1,
        sp.IndexedBase("v"): case.V.tolist(),
    }
    phi = [[[_feature(case, x, r, i) for i in range(case.d)] for r in range(M)] for x in case.X]
    forms = {
        regularizer.phi: phi,
        regularizer.P_low: case.P_low.tolist(),
        regularizer.Sigma: case.Sigma.tolist(),
    }
    other = sp.IndexedBase("v")
    polar = landscape.coupling(sigma, lambda neuron, coordinate: other[neuron, coordinate])
    expressions = {
        "network": expansion.network(sigma),
        "f_L": expansion.taylor_coefficient(sigma, 1),
        "f_Q": expansion.taylor_coefficient(sigma, 2) * (2 if dropped else 1),
        "term 2": expansion.taylor_coefficient(sigma, 2),
        "term 3, six times": 6 * expansion.taylor_coefficient(sigma, 3),
        "polar": polar,
        **{f"R_{number}": regularizer.term(number) for number in regularizer.TERMS},
    }
    for name, expression in expressions.items():
        values = {**arrays, **forms} if name.startswith("R_") else arrays
        yield name, terms[name], _fraction(evaluate(expression, values, FIELD))
    yield "inner", terms["inner"], (case.W * case.V).sum()
    yield "feature", terms["feature"], phi[0][1][0]


def _torch_values(case: Case) -> Iterator[tuple[str, str, float]]:
    """Name, Coq term and torch's value of each definition."""
    network = Network(
        w0=_tensor(case.w0),
        a=_tensor(case.a),
        activation=from_tree("cubic", to_tree(case.sigma.expr, variable="z")),
    )
    W, X, terms = _tensor(case.W), _tensor(case.X), _terms(case)
    at_x = X[:1]
    directions, covariance = _Directions(_tensor(case.u)), _Covariance(_tensor(case.v))
    found = {
        "network": network.f(W, at_x)[0],
        "f_L": network.f_L(W, at_x)[0],
        "f_Q": network.f_Q(W, at_x)[0],
        "term 2": network.term(2, W, at_x)[0],
        "term 3, six times": 6 * network.term(3, W, at_x)[0],
        "feature": network.features(at_x).reshape(M, case.d)[1, 0],
        "R_1": HighDegreeSample(directions, network.on(X)).value(W),
        "R_2": HighDegreePopulation(directions, covariance).value(W),
        "R_3": LowDegreeNorm(directions).value(W),
        "R_4": GroupNorm().value(W),
    }
    for name, value in found.items():
        yield name, terms[name], float(value)


@dataclass(frozen=True)
class _Directions:
    """P_≤ = u uᵀ as the regularizers want it."""

    u: torch.Tensor

    def project(self, W: torch.Tensor) -> torch.Tensor:
        return self.u * (self.u * W).sum()

    def project_out(self, W: torch.Tensor) -> torch.Tensor:
        return W - self.project(W)

    def coefficients(self, W: torch.Tensor) -> torch.Tensor:
        return (self.u * W).sum().reshape(1)

    def lift(self, c: torch.Tensor) -> torch.Tensor:
        return self.u * c[0]

    def features_low(self, X: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError("no value of R_1, R_2, R_3 needs it")


@dataclass(frozen=True)
class _Covariance:
    """Σ = v vᵀ as an operator."""

    v: torch.Tensor

    def apply(self, W: torch.Tensor) -> torch.Tensor:
        return self.v * (self.v * W).sum()


def _feature(case: Case, x: Array, r: int, i: int) -> Fraction:
    """φ(x)[r,i] at m = 4."""
    z = (case.w0[r] * x).sum()
    slope = sum((c * z**k for k, c in enumerate(_derived(case.cubic, 1))), Fraction(0))
    return Fraction(case.a[r] * slope * x[i] / 2)


def _derived(coefficients: tuple[Fraction, ...], order: int) -> tuple[Fraction, ...]:
    """Coefficients of a derivative of a polynomial, constant term first."""
    for _ in range(order):
        coefficients = tuple(k * c for k, c in enumerate(coefficients))[1:]
    return coefficients


def _polynomial(coefficients: tuple[Fraction, ...]) -> str:
    return " + ".join(f"{_number(c)} * z ^ {k}" for k, c in enumerate(coefficients)) or "0"


def _function(array: Array) -> str:
    """An array as a function of its indices, 0 outside."""
    names = "ri"[: array.ndim]
    rows = " | ".join(
        ", ".join(f"{each}%nat" for each in index) + f" => {_number(value)}"
        for index, value in np.ndenumerate(array)
    )
    other = ", ".join("_" * array.ndim)
    return f"(fun {' '.join(names)} => match {', '.join(names)} with {rows} | {other} => 0 end)"


def _number(value: Fraction) -> str:
    return f"({value.numerator} / {value.denominator})" if value.denominator > 1 else f"({value.numerator})"


def _exact(values: np.ndarray, denominator: int = 1) -> Array:
    return np.vectorize(lambda each: Fraction(int(each), denominator), otypes=[object])(values)


def _tensor(array: Array) -> torch.Tensor:
    return torch.tensor(array.astype(float), dtype=torch.float64)


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


def _fraction(value: arb) -> Fraction:
    """The dyadic number that a ball of radius 0 is."""
    if not value.is_exact():
        raise ArithmeticError(f"{value} is no exact value: the case holds more than dyadic numbers")
    mantissa, exponent = (int(each) for each in value.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


CLAIMS = (
    Claim(
        id="formal.definitions",
        title="The definitions in Coq are those of SymPy and of torch",
        statement=r"\text{Coq's } f,\ f_L,\ f_Q,\ f^{(j)},\ X(U,V),\ \phi,\ R_1,\dots,R_4",
        bound=IDENTITY,
        source="this project",
        checks=(
            Check(Kind.FORMAL, against_sympy, scope="random rational data, cubic σ, m = 4, d = 2 and 3"),
            Check(Kind.PROPERTY, against_torch, scope="random dyadic data, cubic σ, m = 4, d = 2 and 3"),
        ),
    ),
    Claim(
        id="control.formal-definitions",
        title="A Coq f_Q without its one half",
        statement=r"f_Q(x;W) = \frac{1}{\sqrt m}\sum_r a_r\sigma''(w_{0,r}\cdot x)(w_r\cdot x)^2",
        bound=IDENTITY,
        source="control",
        control_of="formal.definitions",
        fault="the factor 1/2 of f_Q dropped",
        checks=(
            Check(
                Kind.FORMAL,
                partial(against_sympy, dropped=True),
                scope="random rational data, cubic σ, m = 4, d = 2 and 3",
            ),
        ),
    ),
)
