"""Activations that a user writes: derivatives of their expression trees in torch against SymPy's.

Each text is parsed once into an expression, which SymPy differentiates and ball arithmetic evaluates, and given as
a plain tree to the training code, which differentiates it by truncated power series. The two share the text alone.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch
from flint import arb
from hypothesis import strategies

from theory.arithmetic import compile_arb
from theory.parser import parse_expression, to_tree
from training.activation import from_tree
from verify.bound import Comparison
from verify.claim import Context
from verify.claims.twins import agree
from verify.evidence import Evidence
from verify.property import hold_property

# Every function of the grammar, sums of several terms, products, quotients and the four kinds of power; for |z| ≤ 2
# the arguments stay where the functions are smooth and of order one.
TEXTS = (
    "sin(z) + cos(z) + 1/2",
    "z*sin(z)*exp(z/3)",
    "z*sigmoid(1.702*z)",
    "tan(z/2) - cosh(z/2)",
    "tanh(z + 1/2)*sinh(z/3)",
    "exp(-z**2/2)",
    "log(1 + exp(z + 1/2))",
    "log(3 + z)",
    "sqrt(1 + z**2)",
    "(3 + z)**(1/3) + pi*z",
    "1/(2 + sin(z))",
    "(1 + z)**3 - z**2 + E",
    "2**z + z",
    "(2 + cos(z))**sin(z)",
    "atan(2*z)",
    "erf(z + 1/2)",
    "z/2*(1 + erf(z/sqrt(2)))",
)
ORDERS = 4


def derivatives_of_expressions(context: Context) -> Evidence:
    """σ, σ', …, σ⁗ of expression trees in the training code against SymPy's derivatives in ball arithmetic."""
    cases = strategies.fixed_dictionaries(
        {"z": strategies.lists(strategies.floats(-2, 2, allow_subnormal=False), min_size=1, max_size=3)}
    )

    def test(case: dict[str, Any]) -> list[Comparison]:
        compared = []
        for text in TEXTS:
            points = torch.tensor(case["z"], dtype=torch.float64)
            found = from_tree("expression", to_tree(parse_expression(text))).derivatives(points, ORDERS)
            for order, computed in enumerate(found):
                twin = [_derivative(text, order)(arb(point)) for point in case["z"]]
                # The terms of a derivative cancel; j! bounds their size where the series has radius 1.
                size, where = float(math.factorial(order)), {**case, "expression": text}
                compared.append(agree(f"σ^({order})", computed, twin, size=size, parameters=where))
        return compared

    return hold_property(context, cases, test, examples=context.pick(8, 60))


@cache
def _derivative(text: str, order: int) -> Any:
    expression = parse_expression(text)
    (variable,) = expression.free_symbols
    return compile_arb(expression.diff(variable, order), [variable], prec=192)
