"""The closed-form learning curve: limits that are known, its own equation, and exact risks on real data."""

import math

import pytest
import torch

from theory.errors import InputError
from training.activation import activation
from training.kernel import infinite_ntk, kernel_risk, ridge_solutions
from training.learning_curve import energies_of, estimate, ridge_cell
from training.plane import infinite_kernel, kernel_eigenvalues
from training.problem import make_problem
from training.separation import setting, summarize
from training.sphere import harmonic_count

SINCOS = activation("sincos")


def test_kappa_solves_its_equation() -> None:
    d, n, ridge = 10, 70, 1e-3
    found = estimate(SINCOS, d, n, {1: 1.0}, ridge=ridge)
    values = kernel_eigenvalues(SINCOS, d, 8)
    trace = float(infinite_kernel(SINCOS, d, torch.ones(1, dtype=torch.float64))[0])
    counted = [harmonic_count(d, l) * value for l, value in enumerate(values)]
    learned = sum(harmonic_count(d, l) * v / (v + found.kappa) for l, v in enumerate(values))
    rest = trace - sum(counted) + ridge * trace
    assert learned + rest / found.kappa == pytest.approx(n, rel=1e-9)
    squares = sum(harmonic_count(d, l) * (v / (v + found.kappa)) ** 2 for l, v in enumerate(values))
    assert found.inflation == pytest.approx(n / (n - squares), rel=1e-9)
    assert found.risk == pytest.approx(
        found.inflation * (found.kappa / (values[1] + found.kappa)) ** 2, rel=1e-12
    )


def test_the_ends_of_the_curve() -> None:
    """Few points or a huge ridge: nothing is learned, the risk is the energy. Many points: all is."""
    energies = {1: 1.0, 2: 0.5}
    assert estimate(SINCOS, 12, 10, energies, ridge=1e6).risk == pytest.approx(1.5, rel=1e-4)
    assert estimate(SINCOS, 12, 50_000, energies, ridge=1e-6).risk < 1e-5
    falling = [estimate(SINCOS, 12, n, energies, ridge=1e-4).risk for n in (5, 20, 80, 320, 1280)]
    assert falling == sorted(falling, reverse=True)
    with pytest.raises(InputError, match="ridge"):
        estimate(SINCOS, 12, 10, energies, ridge=0.0)
    with pytest.raises(InputError, match="degrees"):
        estimate(SINCOS, 12, 10, {40: 1.0}, ridge=1.0)


@pytest.mark.parametrize("name", ["sincos", "softplus-shift"])
def test_exact_risks_scatter_around_the_estimate(name: str) -> None:
    """Twelve problems at d = 16: the mean is within its 99.9% interval and 8% for terms of order 1/d."""
    for part, degree in (("dense", 1), ("sparse", 2)):
        cells = [ridge_cell(name, 16, 120, seed, ridge=1e-4, part=part) for seed in range(12)]
        risks = summarize([cell.compute()["risk"] for cell in cells], level=0.999)
        stated = estimate(activation(name), 16, 120, {degree: 1.0}, ridge=1e-4).risk
        assert abs(risks.mean - stated) < risks.half_width + 0.08 * stated
        wrong = estimate(activation(name), 16, 120, {degree: 1.0}, ridge=1e-4, shift=1).risk
        assert abs(risks.mean - wrong) > risks.half_width + 0.08 * wrong


@pytest.mark.parametrize("name", ["sincos", "tanh-shift"])
def test_the_exact_risk_of_a_kernel_predictor_agrees_with_fresh_points(name: str) -> None:
    problem = make_problem(setting(1, 9, seed=7, n=80, m=2))
    sigma = activation(name)
    K = infinite_ntk(problem.X, problem.X, sigma)
    solutions = ridge_solutions(K, problem.y, (1e-4, 1.0))
    shifted = K + torch.eye(80, dtype=torch.float64) * float(K.diagonal().mean())
    torch.testing.assert_close(solutions[:, 1], torch.linalg.solve(shifted, problem.y), rtol=1e-9, atol=1e-12)
    risks = kernel_risk(sigma, problem.X, solutions, problem.target)
    for column in range(2):
        c = solutions[:, column]
        fresh = problem.error(lambda X, c=c: infinite_ntk(X, problem.X, sigma) @ c, "test", 20_000)
        assert abs(float(risks[column]) - fresh.mean) < 5 * fresh.standard_error
    # The diagonal is the kernel at u = 1, whatever route it takes.
    one = float(infinite_kernel(sigma, 9, torch.ones(1, dtype=torch.float64))[0])
    assert float(K.diagonal().sub(one).abs().max()) < 1e-11 * one


def test_a_ridge_below_rounding_is_refused() -> None:
    X = make_problem(setting(1, 5, seed=0, n=40, m=2)).X
    K = infinite_ntk(torch.cat((X, X)), torch.cat((X, X)))
    with pytest.raises(InputError, match="positive definite"):
        ridge_solutions(K, torch.ones(80, dtype=torch.float64), (1e-30,))


def test_energies_are_those_of_the_target() -> None:
    target = make_problem(setting(2, 8, seed=1, n=5, m=2)).target
    found = energies_of(target)
    assert set(found) == {1, 2, 3}
    assert math.fsum(found.values()) == pytest.approx(target.null_risk, rel=1e-12)
    assert found[1] == pytest.approx(0.5) and found[3] == pytest.approx(1.0)
