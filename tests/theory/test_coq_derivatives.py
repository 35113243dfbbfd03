"""Goals about derivatives: what they state; that they are text made from the expression alone."""

import os
import subprocess
import sys

import pytest
import sympy as sp

from theory.activation import Activation, builtin
from theory.coq.derivatives import derivative_goal
from theory.coq.goals import document
from theory.errors import InputError

Z = sp.Symbol("z", real=True)


def test_states_the_raw_derivative():
    sigma = builtin("tanh-shift")
    goal = derivative_goal("d", sigma.derivative(1), sigma.derivative(2), sigma.variable, order=2)
    assert goal.statement == (
        "forall z : R, is_derive (fun z : R => 1 - tanh (1 / 2 + z) ^ 2) z "
        "(- (2 - 2 * tanh (1 / 2 + z) ^ 2) * tanh (1 / 2 + z))"
    )
    assert goal.words == "sigma'' is the derivative of sigma' on the whole line"


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("log(1+exp(z))", ["0 < 1 + exp z"]),
        ("1/(1+z**2)", ["1 + z ^ 2 <> 0"]),
        ("sqrt(1+z**2)", ["0 < 1 + z ^ 2"]),
        ("tan(sin(z))", ["cos (sin z) <> 0"]),
        ("(1+z**2)**(1/3)", ["0 < 1 + z ^ 2"]),
        ("2**z", ["0 < 2"]),
        ("exp(z)", []),
    ],
)
def test_domains_are_proved_not_assumed(text, conditions):
    sigma = Activation.parse(text)
    goal = derivative_goal("d", sigma.expr, sigma.derivative(1), sigma.variable)
    for condition in conditions:
        assert f": {condition}) by sign." in goal.script
    assert " by sign." in goal.script or not conditions
    assert "<>" not in goal.statement and "->" not in goal.statement


def test_exponentials_are_written_in_one_letter():
    sigma = builtin("softplus")
    goal = derivative_goal("d", sigma.derivative(1), sigma.derivative(2), sigma.variable)
    assert "assert (X0 : exp (2 * z) = exp z ^ 2) by exponents; rewrite ?X0." in goal.script


def test_a_float_does_not_get_through():
    with pytest.raises(InputError):
        derivative_goal("d", sp.sin(Z), sp.Float(1.0) * sp.cos(Z), Z)


def test_the_text_does_not_depend_on_the_hash_seed():
    program = (
        "from theory.activation import Activation; from theory.coq.goals import document;"
        "from theory.coq.derivatives import derivative_goal; from theory.coq.bounds import bound_goal;"
        "s = Activation.parse('exp(-z**2)*erf(z) + log(1+exp(z+1/3)) + z/sqrt(1+z**2)');"
        "print(document([derivative_goal('d', s.derivative(1), s.derivative(2), s.variable),"
        " bound_goal('b', s.derivative(2), 4, s.variable)]))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program.replace(", 4,", ", __import__('sympy').Integer(4),")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1


def test_a_document_holds_the_goals_after_one_header():
    sigma = builtin("sincos")
    goals = [
        derivative_goal(f"d{j}", sigma.derivative(j - 1), sigma.derivative(j), sigma.variable) for j in (1, 2)
    ]
    text = document(goals)
    assert text.count("Open Scope R_scope.") == 1
    assert [text.index(f"Theorem d{j} : ") for j in (1, 2)] == sorted(
        text.index(f"Theorem d{j} : ") for j in (1, 2)
    )
    assert "Admitted" not in text and "Axiom" not in text
