"""The losses against autograd and 40-digit arithmetic."""

import math

import mpmath
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from theory.errors import InputError
from training.loss import loss, loss_names

residuals = st.floats(-600, 600, allow_nan=False)
labels = st.floats(-5, 5, allow_nan=False)


def _reference(name: str, r: float) -> tuple[mpmath.mpf, mpmath.mpf, mpmath.mpf]:
    x = mpmath.mpf(r)
    if name == "squared":
        return x**2, 2 * x, mpmath.mpf(2)
    return mpmath.log(mpmath.cosh(x)), mpmath.tanh(x), mpmath.sech(x) ** 2


@pytest.mark.parametrize("name", loss_names())
@pytest.mark.parametrize("r", [0.0, 1e-200, 1e-12, -1e-5, 0.3, -0.999, 1.0, 1.001, -2.5, 20.0, -340.0, 800.0])
def test_every_digit_at_every_scale(name: str, r: float) -> None:
    z, y = torch.tensor(r, dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    found = (loss(name).value(y, z), loss(name).first(y, z), loss(name).second(y, z))
    with mpmath.workdps(40):
        for got, expected in zip(found, _reference(name, r), strict=True):
            if abs(expected) < 1e-300:
                assert float(got) <= 1e-300  # below the normal numbers of double precision
            else:
                # A few roundings of 1.1e-16 each; e^{-2|r|} multiplies that of its argument by 2|r|.
                assert abs(float(got) / expected - 1) < 4e-15 + 4e-16 * abs(r)


@pytest.mark.parametrize("name", loss_names())
@given(y=labels, r=st.floats(-30, 30, allow_nan=False))
def test_derivatives_are_those_of_the_value(name: str, y: float, r: float) -> None:
    ell = loss(name)
    target = torch.tensor(y, dtype=torch.float64)
    z = torch.tensor(y + r, dtype=torch.float64, requires_grad=True)
    first = torch.autograd.grad(ell.value(target, z), z)[0]
    second = torch.autograd.grad(ell.first(target, z), z, allow_unused=True)[0]
    assert torch.allclose(first, ell.first(target, z), rtol=1e-12, atol=1e-14)
    # torch's own derivative 1 - tanh² has an absolute error of about 1e-16.
    assert torch.allclose(second, ell.second(target, z), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", loss_names())
@given(r=residuals)
def test_constants_bound_the_derivatives(name: str, r: float) -> None:
    ell = loss(name)
    y, z = torch.zeros((), dtype=torch.float64), torch.tensor(r, dtype=torch.float64)
    assert abs(float(ell.first(y, z))) <= ell.lipschitz
    assert 0 <= float(ell.second(y, z)) <= ell.smoothness
    assert float(ell.value(y, z)) >= 0


@pytest.mark.parametrize("name", loss_names())
def test_constants_are_attained(name: str) -> None:
    ell = loss(name)
    zero, far = torch.zeros(1, dtype=torch.float64), torch.full((1,), 40.0, dtype=torch.float64)
    assert float(ell.second(zero, zero)) == ell.smoothness
    assert math.isinf(ell.lipschitz) or float(ell.first(zero, far)) == pytest.approx(ell.lipschitz, rel=1e-15)


def test_far_residuals_do_not_overflow_in_float32() -> None:
    y, z = torch.zeros(2), torch.tensor([1e30, -1e30])
    assert torch.equal(loss("logcosh").value(y, z), torch.tensor([1e30, 1e30]))
    assert torch.equal(loss("logcosh").second(y, z), torch.zeros(2))


def test_unknown_name_suggests_a_near_one() -> None:
    with pytest.raises(InputError, match="did you mean 'squared'"):
        loss("square")
    with pytest.raises(InputError, match="one of squared, logcosh"):
        loss("zzz")
