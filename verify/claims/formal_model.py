"""Claims that the definitions of the network and of the regularizer in Coq mean what SymPy and torch compute.

A theorem in Coq is about Coq's own f_L, f_Q, R_1, ... If these were not the ones of the other rooms, its proof
would say nothing about them. So they are evaluated at random rational data: the value that SymPy's sums give must
be the Coq term's exactly, and torch's float must lie within rounding of it. The kernel decides both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import sympy as sp
import torch

from theory import expansion, landscape, regularizer
from theory.parser import to_tree
from training.activation import from_tree
from training.network import Network
from training.regularizer import GroupNorm, HighDegreePopulation, HighDegreeSample, LowDegreeNorm
from verify.bound import IDENTITY
from verify.claim import Check, Claim, Context
from verify.claims.formal import LAYER
from verify.claims.formal_values import (
    EQUAL,
    FAR,
    NEAR,
    UNEQUAL,
    Case,
    M,
    N,
    V,
    cases,
    number,
    preamble,
    tensor,
)
from verify.evidence import Evidence
from verify.instances import Instance, hold
from verify.verdict import Kind

# Torch adds up at most a few hundred terms below 1e5, each with a relative error of about 1e-16.
ROUNDING = Fraction(1, 10**10)

SETUP = preamble(
    "Sums Model",
    "R_1 R_2 R_3 R_4 network term f_L f_Q polar feature inner apply along replaced signed dot delta".split(),
)
SCOPE = "random rational data, cubic σ, m = 4, d = 2 and 3"


def against_sympy(context: Context, *, dropped: bool = False) -> Evidence:
    """Each definition at random numbers against the exact value of SymPy's sum.

    Args:
        context: Gives the cases.
        dropped: For the control: the 1/2 of f_Q is forgotten.
    """
    instances = [
        Instance(f"{name}, case {k}", f"{term} = {number(value)}")
        for k, case in enumerate(cases(context))
        for name, term, value in _sympy_values(case, dropped=dropped)
    ]
    return hold(LAYER, "Model", instances, preamble=SETUP, proof=EQUAL, refutation=UNEQUAL)


def against_torch(context: Context) -> Evidence:
    """Each definition at random numbers against torch's float, which enters as the dyadic number that it is."""
    instances = [
        Instance(f"{name}, case {k}", f"Rabs ({term} - {number(Fraction(value))}) <= {number(ROUNDING)}")
        for k, case in enumerate(cases(context))
        for name, term, value in _torch_values(case)
    ]
    return hold(LAYER, "Model", instances, preamble=SETUP, proof=NEAR, refutation=FAR)


def _terms(case: Case) -> dict[str, str]:
    """The definitions of Model.v at a case, as Coq terms."""
    d, at = case.d, case.coq
    data = f"{M} {d} {at['a']} {at['w0']}"
    here = f"{data} {at['W']} {at['x']}"
    return {
        "network": f"network {at['s0']} {here}",
        "f_L": f"f_L {at['s1']} {here}",
        "f_Q": f"f_Q {at['s2']} {here}",
        "term 2": f"term 2 {at['s2']} {here}",
        "term 3, six times": f"6 * term 3 {at['s3']} {here}",
        "polar": f"polar {at['s2']} {data} {at['W']} {at['V']} {at['x']}",
        "inner": f"inner {M} {d} {at['W']} {at['V']}",
        "feature": f"feature {at['s1']} {data} {at['x']} 1 0",
        "R_1": f"R_1 {at['s1']} {N} {data} {at['X']} {at['high']} {at['W']}",
        "R_2": f"R_2 {M} {d} {at['high']} {at['sigma']} {at['W']}",
        "R_3": f"R_3 {M} {d} {at['low']} {at['W']}",
        "R_4": f"R_4 {M} {d} {at['W']}",
        "signed": f"signed {at['W']} {at['a']} 1 0",
        "along": f"along {at['W']} {at['V']} (3 / 4) 1 0",
        "replaced": f"replaced {at['W']} 1 0 (3 / 4) 1 0 + replaced {at['W']} 1 0 (3 / 4) 0 1",
    }


def _sympy_values(case: Case, *, dropped: bool) -> Iterator[tuple[str, str, Fraction]]:
    """Name, Coq term and exact value of each definition."""
    sigma, terms = case.sigma, _terms(case)
    w, q, l = expansion.w, expansion.q, expansion.l
    polar = landscape.coupling(sigma, lambda neuron, coordinate: V[neuron, coordinate])
    product = sp.Sum(w[q, l] * V[q, l], (q, 1, expansion.m), (l, 1, expansion.d))
    linear = expansion.taylor_coefficient(sigma, 1)
    found = {
        "network": case.value(expansion.network(sigma)),
        "f_L": case.value(linear),
        "f_Q": case.value(expansion.taylor_coefficient(sigma, 2)) * (2 if dropped else 1),
        "term 2": case.value(expansion.taylor_coefficient(sigma, 2)),
        "term 3, six times": case.value(6 * expansion.taylor_coefficient(sigma, 3)),
        "polar": case.value(polar, p=1),
        "inner": case.value(product),
        "feature": case.value(sp.diff(linear, w[q, l]), q=2, l=1),
        **{f"R_{k}": case.value(regularizer.term(k)) for k in regularizer.TERMS},
        "signed": case.a[1] * case.W[1, 0],
        "along": case.W[1, 0] + Fraction(3, 4) * case.V[1, 0],
        "replaced": Fraction(3, 4) + case.W[0, 1],
    }
    for name, value in found.items():
        yield name, terms[name], value


def _torch_values(case: Case) -> Iterator[tuple[str, str, float]]:
    """Name, Coq term and torch's value of each definition."""
    activation = from_tree("cubic", to_tree(case.sigma.expr, variable="z"))
    network = Network(w0=tensor(case.w0), a=tensor(case.a), activation=activation)
    W, direction, X, terms = tensor(case.W), tensor(case.V), tensor(case.X), _terms(case)
    at_x = X[:1]
    directions, covariance = _Directions(tensor(case.u)), _Covariance(tensor(case.v))
    found = {
        "network": network.f(W, at_x)[0],
        "f_L": network.f_L(W, at_x)[0],
        "f_Q": network.f_Q(W, at_x)[0],
        "term 2": network.term(2, W, at_x)[0],
        "term 3, six times": 6 * network.term(3, W, at_x)[0],
        # X(W,V) is what f_Q(W + V) has beyond f_Q(W) + f_Q(V).
        "polar": (network.f_Q(W + direction, at_x) - network.f_Q(W, at_x) - network.f_Q(direction, at_x))[0],
        "inner": (W * direction).sum(),
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


CLAIMS = (
    Claim(
        id="formal.definitions",
        title="The network in Coq is the one of SymPy and of torch",
        statement=r"f,\ f_L,\ f_Q,\ f^{(j)},\ X(U,V),\ \phi,\ \langle U,V\rangle,\ R_1,\dots,R_4: "
        r"\quad \text{Coq} = \text{SymPy} = \text{torch}",
        bound=IDENTITY,
        source="this project",
        checks=(
            Check(Kind.FORMAL, against_sympy, scope=SCOPE),
            Check(Kind.PROPERTY, against_torch, scope=SCOPE.replace("rational", "dyadic")),
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
        checks=(Check(Kind.FORMAL, partial(against_sympy, dropped=True), scope=SCOPE),),
    ),
)
