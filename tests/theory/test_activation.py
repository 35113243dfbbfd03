"""Activations: what is admissible, at which degree it ends, and why."""

import pytest
import sympy as sp
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.activation import BUILTIN, Activation, builtin, resolve
from theory.arithmetic import MpField, UndecidedError, evaluate, working_precision
from theory.errors import InputError
from theory.gegenbauer import harmonic_dimension, sincos_coefficient

Z = sp.Symbol("z", real=True)
SHIFTS = ["sincos", "tanh-shift", "erf-shift", "softplus-shift"]


def test_the_built_in_names_and_formulas():
    formulas = {
        "sincos": sp.sin(Z) + sp.cos(Z),
        "tanh-shift": sp.tanh(Z + sp.Rational(1, 2)),
        "erf-shift": sp.erf(Z + sp.Rational(1, 2)),
        "softplus-shift": sp.log(1 + sp.exp(Z + sp.Rational(1, 2))),
        "tanh": sp.tanh(Z),
        "softplus": sp.log(1 + sp.exp(Z)),
        "gelu": Z / 2 * (1 + sp.erf(Z / sp.sqrt(2))),
    }
    assert set(BUILTIN) == set(formulas)
    for name, expr in formulas.items():
        assert builtin(name).expr == expr
        assert resolve(name) == builtin(name)
    with pytest.raises(InputError, match="did you mean tanh-shift"):
        builtin("tanh-shfit")


@pytest.mark.parametrize("d", [3, 4, 5, 30, 500])
@pytest.mark.parametrize("name", SHIFTS)
def test_the_shifts_are_admissible(name, d):
    found = builtin(name).admissibility(3, d)
    assert found.admissible is True and found.reasons == () and found.smooth is True
    assert all(value > 0 for value in found.eigenvalues) and len(found.eigenvalues) == 4
    assert all(not value.contains(0) for value in found.curvature) and len(found.curvature) == 3
    assert all(bound is not None and bound.is_finite() for bound in found.suprema)


@pytest.mark.parametrize("d", [3, 4, 30])
def test_the_inadmissible_examples_fail_where_and_why_they_should(d):
    tanh = builtin("tanh").admissibility(1, d)
    assert tanh.admissible is False
    assert [r.split(":")[0] for r in tanh.reasons] == ["lambda_0 = 0", "mu_0(sigma'') = 0"]
    assert "even" in tanh.reasons[0] and "odd" in tanh.reasons[1]
    for name in ("softplus", "gelu"):
        assert builtin(name).admissibility(1, d).admissible is True
        second = builtin(name).admissibility(2, d)
        assert second.admissible is False
        assert second.reasons == ("mu_1(sigma'') = 0: sigma'' is even",)
        third = builtin(name).admissibility(3, d)
        assert [r.split(":")[0] for r in third.reasons] == ["lambda_3 = 0", "mu_1(sigma'') = 0"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("log(z)", "z = 0"),
        ("1/z", "z = 0"),
        ("sqrt(z)", "z = 0"),
        ("tan(z)", "z = 1.5708"),
        ("1/(z-1)", "z = 1.0000"),
        ("log(z+20)", "z = -20.0000"),
        ("tan(2*sin(z))", "z = 0.9033"),
        ("1/(exp(z)-2)", "z = 0.6931"),
        ("sin(1/(z**2-2))", "z = -1.4142|z = 1.4142"),
        ("z**(7/2)", "z = 0"),
        ("log(-1-z**2)", "negative everywhere"),
    ],
)
def test_singular_activations_are_rejected_with_the_place(text, place):
    found = Activation.parse(text).admissibility(1, 10)
    assert found.admissible is False and found.smooth is False
    assert any(p in found.reasons[0] for p in place.split("|")), found.reasons
    assert found.suprema == () and found.eigenvalues == ()


@pytest.mark.parametrize(
    "text",
    [
        "log(2+sin(z))",
        "1/(1+z**2)",
        "sqrt(1+z**2)",
        "tan(sin(z))",
        "atan(z)",
        "(1+z**2)**(-3/2)",
        "2**z",
        "1/cosh(z)",
    ],
)
def test_smooth_activations_are_proven_smooth(text):
    assert Activation.parse(text).smoothness() == (True, ())


def test_what_touches_zero_is_undecided_not_passed():
    found = Activation.parse("1/(1+cos(z))").admissibility(1, 10)
    assert found.admissible is None and found.smooth is None
    assert "could not prove" in found.reasons[0]


@pytest.mark.parametrize("text", ["z**2", "exp(z)", "cosh(z)", "z**3"])
def test_unbounded_derivatives_are_named(text):
    found = Activation.parse(text).admissibility(1, 10)
    assert found.admissible is False
    assert found.reasons[0].startswith("M_1 is infinite") and found.suprema[0] is None


def test_an_undecided_bound_is_not_a_pass():
    sigma = Activation.parse("z*sin(z) + z*cos(z)")
    with pytest.raises(UndecidedError):
        sigma.suprema(1)
    found = sigma.admissibility(1, 10)
    assert found.admissible is not True
    assert any("could not be bounded" in reason for reason in found.reasons)


def test_symmetric_and_degenerate_functions():
    assert Activation.parse("3").admissibility(1, 5).admissible is False
    line = Activation.parse("2*z + 1").admissibility(1, 5)
    assert line.admissible is False and "mu_0(sigma'') = 0: sigma'' is zero" in line.reasons
    assert line.eigenvalues[1].contains(4)  # lambda_1 = c_0 = (sigma')^2 for a linear function
    even = Activation.parse("1/(1+z**2)").admissibility(1, 5)
    assert [r.split(":")[0] for r in even.reasons] == ["lambda_1 = 0"]


def test_eigenvalues_of_the_default_activation_in_closed_form():
    sigma = builtin("sincos")
    for d in (3, 4, 17):
        with working_precision(160):
            c = [sincos_coefficient(l, 1, d) ** 2 * harmonic_dimension(d, l) for l in range(5)]
            # lambda_0 = c_1 and lambda_1 = c_0 + 2 c_2 / (d + 2).
            assert sigma.eigenvalue(0, d).overlaps(c[1])
            assert sigma.eigenvalue(1, d).overlaps(c[0] + 2 * c[2] / (d + 2))
            general = (arb(d - 1) / d * c[1] + arb(3) / (d + 4) * c[3]) * d / harmonic_dimension(d, 2)
            assert sigma.eigenvalue(2, d).overlaps(general)


@pytest.mark.parametrize("name", ["sincos", "softplus-shift", "tanh"])
def test_the_trace_of_the_kernel(name):
    # sum_j lambda_j B(d, j) = d E sigma'(z)^2: the positive terms up to j = 16 leave out little of it.
    sigma, d = builtin(name), 6
    with working_precision(160):
        total = sum((sigma.eigenvalue(j, d) * harmonic_dimension(d, j) for j in range(17)), arb(0))
        square = Activation("square", sigma.derivative(1) ** 2).mu(0, 0, d) * d
        assert not total > square
        assert total > square * arb(0.999)


@pytest.mark.parametrize("name", sorted(BUILTIN))
def test_derivatives_by_finite_differences(name):
    sigma, field = builtin(name), MpField(60)
    m = field.context
    for j in (1, 2, 3):
        f = sigma.derivative(j)
        values = [
            evaluate(sigma.expr, {sigma.variable: m.mpf(3) / 10 + i * m.mpf(10) ** -9}, field)
            for i in range(5)
        ]
        difference = sum((-1) ** (j - i) * m.binomial(j, i) * values[i] for i in range(j + 1)) * m.mpf(
            10
        ) ** (9 * j)
        # A forward difference with step 1e-9 is off by j/2 * 1e-9 times the next derivative.
        assert abs(difference - evaluate(f, {sigma.variable: m.mpf(3) / 10}, field)) < 1e-7


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(BUILTIN)), st.integers(1, 3), st.floats(-30, 30))
def test_suprema_bound_the_derivatives(name, order, z):
    sigma = builtin(name)
    value = evaluate(sigma.derivative(order), {sigma.variable: z}, MpField(30))
    assert abs(float(value)) <= float(sigma.suprema(order).upper())
    assert sigma.suprema(order).rad() < 1e-8 * sigma.suprema(order).mid()


def test_bad_input_is_refused():
    y = sp.Symbol("y")
    for make in (
        lambda: Activation("two", Z + y),
        lambda: Activation("rounded", sp.Float(0.5) * Z),
        lambda: Activation("strange", sp.zeta(Z)),
        lambda: Activation.parse("relu(z)"),
        lambda: builtin("sincos").derivative(-1),
        lambda: builtin("sincos").admissibility(0, 5),
        lambda: builtin("sincos").admissibility(1, 2),
        lambda: builtin("sincos").eigenvalue(-1, 5),
    ):
        with pytest.raises(InputError):
            make()


def test_other_symbols_serve_as_the_variable():
    t = sp.Symbol("t")
    sigma = Activation("own", sp.sin(t) + sp.cos(t))
    assert sigma.variable == t
    assert sigma.mu(2, 1, 9).overlaps(builtin("sincos").mu(2, 1, 9))
    assert sigma.tree == builtin("sincos").tree or set(sigma.tree) == set(builtin("sincos").tree)
    assert sigma.admissibility(2, 9).admissible is True


@pytest.mark.parametrize(
    "expr", [sp.Abs(Z), sp.Max(0, Z), sp.Piecewise((Z, Z > 0), (0, True)), Z * sp.Abs(Z)]
)
def test_kinks_from_python_are_not_smooth(expr):
    try:
        sigma = Activation("kink", expr)
    except InputError:
        return
    found = sigma.admissibility(1, 5)
    assert found.admissible is False and "not smooth" in found.reasons[0]
