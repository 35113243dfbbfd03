"""Inner minima against brute force, at the hard case and at its rounded neighbours."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import torch
from torch import Tensor

from theory.errors import InputError
from training.secular import inner_minima, paired_minima


def draw(count: int, d: int, seed: int) -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(seed)
    C = torch.randn(count, d, d, generator=source, dtype=torch.float64)
    return torch.randn(count, d, generator=source, dtype=torch.float64), (C + C.mT) / 2


def phi(b: Tensor, C: Tensor, c: float, w: Tensor) -> Tensor:
    curved = torch.einsum("ri,rij,rj->r", w, C, w)
    return (b * w).sum(dim=1) + curved / 2 + c * w.square().sum(dim=1).square()


@pytest.mark.parametrize("scale", [1e-6, 0.1, 1.0, 50.0])
def test_minimum_is_the_best_of_many_descents(scale: float) -> None:
    b, C = draw(4, 4, 1)
    b = scale * b
    found = inner_minima(b, C, 0.7)
    torch.testing.assert_close(phi(b, C, 0.7, found.w), found.value, rtol=1e-12, atol=1e-13)
    rng = np.random.default_rng(0)
    for r in range(4):

        def one(w: np.ndarray, r: int = r) -> float:
            return float(phi(b[r : r + 1], C[r : r + 1], 0.7, torch.from_numpy(w)[None]))

        starts = rng.standard_normal((4, 4)) * 2
        best = min(scipy.optimize.minimize(one, each).fun for each in (*starts, *-starts))
        assert float(found.value[r]) <= best + 1e-12 * abs(best)
        assert float(found.value[r]) == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize("rounding", [0.0, 1e-17, 1e-13])
@pytest.mark.parametrize("size", [0.01, 1.0, 3.0])
def test_hard_case_with_b_orthogonal_to_the_bottom(rounding: float, size: float) -> None:
    """C = diag(-1, 1, 2), b = (0, size, 0): hard while the second entry of w, -size/2, is short enough."""
    c = 0.5
    C = torch.diag(torch.tensor([-1.0, 1.0, 2.0], dtype=torch.float64))[None]
    b = torch.tensor([[rounding, size, 0.0]], dtype=torch.float64)
    found = inner_minima(b, C, c)
    end = 1 / (4 * c)
    hard = (size / 2) ** 2 < end
    assert (float(found.s) == pytest.approx(end, rel=1e-10)) is hard
    assert float(found.w.square().sum()) == pytest.approx(float(found.s), rel=1e-12)
    torch.testing.assert_close(phi(b, C, c, found.w), found.value, rtol=1e-12, atol=0)
    if hard:
        assert float(found.value) == pytest.approx(-(size**2) / 4 - c * end**2, rel=1e-10)


def test_zero_b_and_definite_c_give_zero() -> None:
    b, C = draw(5, 3, 2)
    found = inner_minima(0 * b, C @ C.mT, 0.3)
    assert not found.w.any()
    assert float(found.value.abs().max()) < 1e-200


def test_zero_b_and_indefinite_c_fill_the_bottom() -> None:
    C = torch.diag(torch.tensor([-2.0, 1.0], dtype=torch.float64))[None]
    found = inner_minima(torch.zeros(1, 2, dtype=torch.float64), C, 0.25)
    # min -x + c x² over x = ‖w‖² is at x = 1/(2c) = 2.
    torch.testing.assert_close(found.w.abs(), torch.tensor([[2.0**0.5, 0.0]], dtype=torch.float64))
    assert float(found.value) == pytest.approx(-1.0)


def test_pairs_are_both_signs() -> None:
    b, C = draw(6, 5, 3)
    both = inner_minima(torch.cat((b, -b)), torch.cat((C, -C)), 1.3)
    found = paired_minima(b, C, 1.3)
    torch.testing.assert_close(found.value, both.value, rtol=1e-12, atol=0)
    torch.testing.assert_close(found.w, both.w, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(found.end, both.end, rtol=1e-12, atol=1e-15)


def test_bad_input_is_refused() -> None:
    b, C = draw(2, 3, 4)
    for c in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="c positive"):
            inner_minima(b, C, c)
    b[0, 0] = float("nan")
    with pytest.raises(InputError, match="finite b"):
        paired_minima(b, C, 1.0)
