"""The ascent of `training.attack` on functions whose maxima are known."""

import math

import pytest
import torch

from theory.errors import InputError
from training.attack import highest, maximise, on_sphere, with_gradient
from training.sphere import generator


def starts(count, *shape, seed=0):
    source = generator(seed, "starts")
    return [torch.randn(*shape, generator=source, dtype=torch.float64) for _ in range(count)]


def test_the_top_of_a_stretched_paraboloid_is_found_to_rounding():
    # Curvatures 1 and 1e4: plain gradient ascent would need thousands of steps.
    scales, top = torch.tensor([1.0, 1e4], dtype=torch.float64), torch.tensor([3.0, -2.0])
    found = maximise(lambda x: 5 - (scales * (x - top) ** 2).sum(), starts(1, 2), steps=60)
    assert found.value == pytest.approx(5, abs=1e-12)
    assert torch.allclose(found.at, top.double(), atol=1e-5)
    assert found.steps <= 60


def test_the_best_of_several_ascents_is_kept():
    # Two hills, of heights 1 and 2: each start climbs its own.
    hills = lambda x: torch.exp(-((x + 3) ** 2)).sum() + 2 * torch.exp(-((x - 3) ** 2)).sum()  # noqa: E731
    near = [torch.tensor([-2.5], dtype=torch.float64), torch.tensor([2.5], dtype=torch.float64)]
    assert maximise(hills, near[:1]).value == pytest.approx(1, abs=1e-9)
    both = maximise(hills, near)
    assert both.value == pytest.approx(2, abs=1e-9)
    assert both.steps > maximise(hills, near[1:]).steps


def test_a_constraint_is_kept_and_the_largest_eigenvalue_found():
    # The largest value of x'Ax on the sphere of radius 2 is 4 times the largest eigenvalue.
    A = torch.diag(torch.tensor([1.0, 2.0, 7.0], dtype=torch.float64))
    seen = []

    def quotient(z):
        x = on_sphere(z, 2.0)
        seen.append(float(x.detach().norm()))
        return x @ A @ x

    found = maximise(quotient, starts(2, 3))
    assert found.value == pytest.approx(28, rel=1e-9)
    assert max(abs(each - 2) for each in seen) < 1e-12


def test_every_step_goes_up_and_the_history_ends_at_the_value():
    found = maximise(lambda x: -(x**4).sum() + x.sum(), starts(1, 5))
    assert all(after > before for before, after in zip(found.history, found.history[1:], strict=False))
    assert found.history[-1] == found.value
    assert found.value == pytest.approx(5 * 0.75 * 0.25 ** (1 / 3), rel=1e-9)


def test_what_is_not_finite_is_never_stepped_to():
    # log x beyond 2 turns into NaN: the supremum log 2 is approached from the left.
    wall = lambda x: torch.where(x < 2, torch.log(x), torch.full_like(x, math.nan)).sum()  # noqa: E731
    found = maximise(wall, [torch.tensor([0.5], dtype=torch.float64)])
    assert 1.9 < float(found.at) < 2
    with pytest.raises(InputError, match="at none of which"):
        maximise(wall, [torch.tensor([3.0], dtype=torch.float64)])
    with pytest.raises(InputError, match="0 starts"):
        maximise(wall, [])


def test_flat_ground_is_not_walked_on():
    found = maximise(lambda x: 1 + 0 * x.sum(), starts(2, 3))
    assert found.steps == 0 and found.history == (1.0,)


def test_the_highest_points_come_first_without_those_that_are_not_finite():
    points = [torch.tensor([each], dtype=torch.float64) for each in (1.0, -1.0, 3.0, 2.0)]
    assert [float(each) for each in highest(lambda x: torch.log(x).sum(), points, 2)] == [3.0, 2.0]
    assert len(highest(lambda x: torch.log(x).sum(), points, 9)) == 3


def test_a_known_gradient_is_passed_on():
    # The value 9 and the slope 6 of x² at 3, times the factor 2 behind it.
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    value = 2 * with_gradient(x, 9.0, torch.tensor(6.0, dtype=torch.float64))
    value.backward()
    assert float(value.detach()) == 18 and float(x.grad) == 12


def test_the_same_starts_give_the_same_ascent():
    ratio = lambda x: torch.sin(x).sum() - 0.1 * (x**2).sum()  # noqa: E731
    first, again, other = (maximise(ratio, starts(3, 4, seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(first.at, again.at) and first.history == again.history
    assert first.history != other.history
