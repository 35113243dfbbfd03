"""The search for the least n on known risks, its failures, and the exponents."""

import math

import numpy as np
import pytest

from theory.errors import InputError
from training import sample_complexity
from training.kernel import infinite_ntk, kernel_ridge
from training.problem import make_problem
from training.risk import exact_risk
from training.sample_complexity import RIDGES, exponent, least_samples, sample_cell
from training.separation import setting
from training.train import train


@pytest.mark.parametrize("start", [1, 90, 137, 138, 2000, 50_000])
def test_the_search_finds_the_crossing_of_a_power_law(start: int) -> None:
    """risk = (137/n)^1.3 · 0.3 crosses 0.3 at n = 137 exactly; interpolation is exact on logarithmic scales."""
    tried: list[int] = []

    def risk(n: int) -> float:
        tried.append(n)
        return 0.3 * (137 / n) ** 1.3

    found = least_samples(risk, start)
    assert found.n == pytest.approx(137, rel=1e-12)
    assert len(set(tried)) == len(tried) <= 14
    assert [n for n, _ in found.tried] == tried
    below = max(n for n in tried if n < 137)
    above = min(n for n in tried if n >= 137)
    assert above <= 1.08 * below or above == below + 1


def test_the_search_copes_with_steps_with_noise_and_with_a_risk_that_is_low_at_once() -> None:
    assert 98 <= least_samples(lambda n: 1.0 if n < 100 else 0.1, 7).n <= 103
    rng = np.random.default_rng(0)
    noise = {n: float(rng.normal()) for n in range(1, 5000)}
    rough = least_samples(lambda n: 0.3 * (500 / n) ** 1.5 * math.exp(0.05 * noise[n]), 60)
    assert rough.n == pytest.approx(500, rel=0.15)
    assert least_samples(lambda n: 0.01, 1).n == 1


@pytest.mark.parametrize("risk", [lambda n: 1.0, lambda n: math.nan, lambda n: 0.0])
def test_a_risk_that_never_falls_or_is_no_number_is_refused(risk: object) -> None:
    with pytest.raises(InputError, match="falls with n"):
        least_samples(risk, 10)  # type: ignore[arg-type]


def test_the_exponent_is_the_mean_slope_over_seeds() -> None:
    dimensions = (10, 20, 40)
    table = [[d**1.9 for d in dimensions], [3 * d**2.1 for d in dimensions]]
    found = exponent(dimensions, table)
    assert found.slopes == pytest.approx((1.9, 2.1), rel=1e-12)
    assert found.mean == pytest.approx(2.0, rel=1e-12)
    # Student's quantile at 97.5% with one degree of freedom is 12.706.
    assert found.half_width == pytest.approx(12.7062 * 0.1, rel=1e-4)
    assert exponent(dimensions, table[:1]).half_width == math.inf


def test_the_ntk_cell_brackets_the_threshold() -> None:
    found = sample_cell("ntk", 8, 3).compute()
    tried = {n: risk for n, risk in found["tried"]}
    below, above = max(n for n in tried if n < found["n"]), min(n for n in tried if n >= found["n"])
    assert tried[below] > 0.3 >= tried[above]
    problem = make_problem(setting(1, 8, seed=3, n=above, m=2))
    X = problem.points("test", 20_000)
    K, K_test = infinite_ntk(problem.X, problem.X), infinite_ntk(X, problem.X)
    fit = kernel_ridge(K, problem.y, K_test, problem.target(X), ridges=RIDGES)
    assert tried[above] == pytest.approx(min(fit.errors), rel=0.05)


def test_the_network_cell_trains_and_bad_arguments_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="one of network, ntk"):
        sample_cell("quadntk", 8, 0)
    with pytest.raises(InputError, match="threshold"):
        sample_cell("ntk", 8, 0, threshold=0.0)
    monkeypatch.setattr(sample_complexity, "LEAST_WIDTH", 40)
    monkeypatch.setattr(sample_complexity, "STEPS", 60)
    found = sample_cell("network", 6, 0, threshold=0.9).compute()
    n, risk = found["tried"][0]
    problem = make_problem(setting(1, 6, seed=0, n=n, m=72, steps=60))
    W = train(problem, problem.objective()).W
    assert n == 72 and risk == exact_risk(problem.network, W, problem.target)
    assert 6 < found["n"] < 200
