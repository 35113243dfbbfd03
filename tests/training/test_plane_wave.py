import mpmath
import numpy as np
import pytest
import torch

from training import risk
from training.plane_wave import evaluate_profiles, plane_wave, plane_wave_profile

# The mean of a cosine and its interpolant err by a few units of roundoff; |j^{(i)}| ≤ 1.
ROUNDING = 4e-15


def derivative(d: int, order: int, s: float) -> float:
    """j^{(order)}(s) from the hypergeometric series in 50 digits."""
    with mpmath.workdps(50):
        scale = mpmath.fprod(-mpmath.mpf(d) / 4 / (mpmath.mpf(d) / 2 + i) for i in range(order))
        return float(scale * mpmath.hyp0f1(mpmath.mpf(d) / 2 + order, -mpmath.mpf(d) * s / 4))


@pytest.mark.parametrize("d", [3, 4, 40, 400, 2000])
@pytest.mark.parametrize("order", [0, 1, 4])
def test_interpolant_has_all_digits(d: int, order: int) -> None:
    for largest in (0.5, 8.0, 40.0):
        s = torch.linspace(0, largest, 23, dtype=torch.float64)
        (found,) = evaluate_profiles([plane_wave_profile(d, order, largest)], s, largest)
        stated = [derivative(d, order, float(each)) for each in s]
        np.testing.assert_allclose(found.numpy(), stated, atol=ROUNDING, rtol=0)


def test_declared_error_leaves_room_at_the_largest_length() -> None:
    """Upper part of the longest interval, second derivative, where the errors are largest: 39 units were seen."""
    largest = risk._LARGEST
    s = torch.linspace(0.8 * largest, largest, 60, dtype=torch.float64)
    worst = 0.0
    for order in (0, 2):
        (found,) = evaluate_profiles([plane_wave_profile(400, order, largest)], s, largest)
        stated = [derivative(400, order, float(each)) for each in s]
        worst = max(worst, float(np.abs(found.numpy() - stated).max()) * 2.0 ** (53 + order))
    assert 5 < worst < 0.75 * risk._EVALUATION


def test_plane_wave_shifts_the_order_and_keeps_the_argument() -> None:
    with mpmath.workdps(50):
        stated = float(mpmath.hyp0f1(mpmath.mpf(5) / 2 + 3, -mpmath.mpf(5) * 2.5 / 4))
    assert abs(plane_wave(5, 3, np.array([2.5]))[0] - stated) <= ROUNDING
