"""The sampler's moments with a declared false-alarm rate, Gegenbauer polynomials and counts against SciPy."""

import hashlib
import math

import numpy as np
import pytest
import scipy.special
import torch

from theory.errors import InputError
from training.sphere import gegenbauer, generator, harmonic_count, low_degree_count, sample_sphere

FALSE_ALARM = 1e-7  # per comparison; this file makes 9 of them


def bernstein(count: int, variance: float, bound: float) -> float:
    """A deviation that the mean of `count` variables exceeds with probability below FALSE_ALARM (Bernstein)."""
    log = math.log(2 / FALSE_ALARM)
    return (2 * bound * log / 3 + math.sqrt((2 * bound * log / 3) ** 2 + 8 * count * variance * log)) / (
        2 * count
    )


@pytest.mark.parametrize("d", [3, 4, 11])
def test_moments_of_the_sampler(d: int) -> None:
    count = 200_000
    X = sample_sphere(count, d, radius=math.sqrt(d), generator=generator(5, "data"))
    # E z^{2p} = (2p-1)!! d^p / (d (d+2) ... (d+2p-2)) for one coordinate z.
    fourth = 3 * d / (d + 2)
    eighth = 105 * d**3 / ((d + 2) * (d + 4) * (d + 6))
    assert abs(float(X[:, 0].mean())) <= bernstein(count, 1.0, math.sqrt(d))
    # A corner-heavy sampler (a normalised cube) or an unnormalised one moves the fourth moment by percents.
    assert abs(float((X[:, 0] ** 4).mean()) - fourth) <= bernstein(count, eighth - fourth**2, d**2)
    mixed = d / (d + 2)
    product = float((X[:, 0] ** 2 * X[:, 1] ** 2).mean())
    assert abs(product - mixed) <= bernstein(count, 9 * eighth / 105 - mixed**2, d**2 / 4)


@pytest.mark.parametrize("radius", [1.0, math.sqrt(7)])
@pytest.mark.parametrize(("dtype", "close"), [(torch.float64, 1e-15), (torch.float32, 2e-7)])
def test_points_lie_on_the_sphere(radius: float, dtype: torch.dtype, close: float) -> None:
    X = sample_sphere(500, 7, radius=radius, generator=generator(0, "x"), dtype=dtype)
    assert X.shape == (500, 7) and X.dtype == dtype
    norms = torch.linalg.vector_norm(X.double(), dim=1)
    assert float((norms / radius - 1).abs().max()) <= close


def test_every_dtype_sees_the_same_points() -> None:
    wide, narrow = (
        sample_sphere(9, 5, radius=1.0, generator=generator(3, "x"), dtype=dtype)
        for dtype in (torch.float64, torch.float32)
    )
    assert torch.equal(wide.float(), narrow)


def test_streams_are_reproducible_and_apart() -> None:
    first, again, other_purpose, other_seed = (
        torch.rand(4, generator=generator(seed, purpose))
        for seed, purpose in ((1, "data"), (1, "data"), (1, "weights"), (2, "data"))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other_purpose) and not torch.equal(first, other_seed)
    documented = int.from_bytes(hashlib.sha256(b"1/data").digest()[:8], "big") >> 1
    assert generator(1, "data").initial_seed() == documented


def test_drawing_more_of_one_purpose_leaves_another_alone() -> None:
    few = sample_sphere(3, 4, radius=1.0, generator=generator(0, "data"))
    sample_sphere(1000, 4, radius=1.0, generator=generator(0, "unlabeled"))
    torch.rand(10)
    assert torch.equal(few, sample_sphere(3, 4, radius=1.0, generator=generator(0, "data")))


@pytest.mark.parametrize("d", [3, 4, 10, 41])
@pytest.mark.parametrize("l", range(7))
def test_gegenbauer_equals_scipy(l: int, d: int) -> None:
    u = np.linspace(-1, 1, 21)
    expected = scipy.special.eval_gegenbauer(l, d / 2 - 1, u) / scipy.special.eval_gegenbauer(
        l, d / 2 - 1, 1.0
    )
    # A few recurrence steps with values of size at most 1.
    np.testing.assert_allclose(gegenbauer(l, d, torch.from_numpy(u)).numpy(), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("d", [3, 6, 20])
def test_squared_norm_of_gegenbauer_is_one_over_the_count(d: int) -> None:
    nodes, weights = scipy.special.roots_jacobi(12, (d - 3) / 2, (d - 3) / 2)
    weights = torch.from_numpy(weights / weights.sum())
    values = torch.stack([gegenbauer(l, d, torch.from_numpy(nodes)) for l in range(7)])
    expected = torch.diag(torch.tensor([1 / harmonic_count(d, l) for l in range(7)], dtype=torch.float64))
    torch.testing.assert_close((values * weights) @ values.T, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("d", [3, 4, 9, 40])
def test_counts_of_harmonics(d: int) -> None:
    def forms(l: int) -> int:
        return math.comb(d + l - 1, l) if l >= 0 else 0

    # Harmonics of degree l are the forms of degree l modulo |x|² times those of degree l - 2.
    counts = [forms(l) - forms(l - 2) for l in range(8)]
    assert [harmonic_count(d, l) for l in range(8)] == counts
    assert [low_degree_count(d, k) for k in range(8)] == [sum(counts[: k + 1]) for k in range(8)]


def test_bad_arguments_are_refused() -> None:
    source = generator(0, "x")
    for count, d, radius in ((-1, 3, 1.0), (2, 0, 1.0), (2, 3, 0.0), (2, 3, math.inf)):
        with pytest.raises(InputError, match="radius"):
            sample_sphere(count, d, radius=radius, generator=source)
    for call in (harmonic_count, low_degree_count):
        for d, l in ((2, 1), (5, -1)):
            with pytest.raises(InputError, match="degree"):
                call(d, l)
    with pytest.raises(InputError, match="degree"):
        gegenbauer(-1, 4, torch.zeros(1))
