"""Independence: each random array of a problem, its run and its rivals comes from the stream meant for it."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

import training.curvature
import training.network
import training.optimize
import training.problem
import training.rivals
import training.target
import training.train
from training import sphere
from training.config import Config
from training.covariance import ExactCovariance, SampledCovariance
from training.experiment import ntk_rival, quadntk_rival, run
from training.problem import make_problem
from training.train import train

CONFIG = Config(d=8, n=40, m=40, steps=8, n_test=300, n_held=50, seed=2, dtype="float64", hessian=True)
# Noise from the first step on.
NOISY = replace(CONFIG, gradient_threshold=1e6, noise_interval=1)
EXPERIMENT = ("problem", "network", "target", "train", "curvature")


class Recorder:
    """Remembers which module asked for which stream, and the rows that were drawn from it."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, int, str]] = set()
        self.rows: dict[tuple[str, str], list[Tensor]] = {}
        self._purpose: dict[int, str] = {}
        self._alive: list[torch.Generator] = []

    def generator(self, module: str, seed: int, purpose: str) -> torch.Generator:
        self.asked.add((module, seed, purpose))
        made = sphere.generator(seed, purpose)
        self._alive.append(made)  # an id is unique only among the living
        self._purpose[id(made)] = purpose
        return made

    def keep(self, module: str, source: torch.Generator, rows: Tensor) -> Tensor:
        self.rows.setdefault((module, self._purpose[id(source)]), []).append(rows)
        return rows

    @property
    def streams(self) -> set[tuple[str, str]]:
        return {(module, purpose) for module, _, purpose in self.asked}


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    seen = Recorder()
    for name in EXPERIMENT:
        module = getattr(training, name)

        def recorded(seed: int, purpose: str, *, name: str = name) -> torch.Generator:
            return seen.generator(name, seed, purpose)

        monkeypatch.setattr(module, "generator", recorded)
    for name in ("problem", "network", "target"):

        def sampled(*args: object, generator: torch.Generator, name: str = name, **more: object) -> Tensor:
            rows = sphere.sample_sphere(*args, generator=generator, **more)
            return seen.keep(name, generator, rows)

        monkeypatch.setattr(getattr(training, name), "sample_sphere", sampled)
    plain = training.optimize.ball
    for name in ("train", "optimize"):

        def moved(
            shape: torch.Size,
            radius: float,
            generator: torch.Generator,
            dtype: torch.dtype,
            *,
            name: str = name,
        ) -> Tensor:
            return seen.keep(name, generator, plain(shape, radius, generator, dtype))

        monkeypatch.setattr(getattr(training, name), "ball", moved)
    yield seen


def _unit(rows: Tensor) -> Tensor:
    rows = rows.double()
    return rows / rows.norm(dim=1, keepdim=True)


def _assert_disjoint(arrays: dict[str, Tensor]) -> None:
    """No two arrays share a row, up to its length and sign."""
    names = list(arrays)
    for i, first in enumerate(names):
        for second in names[:i]:
            cosine = (_unit(arrays[first]) @ _unit(arrays[second]).T).abs().max()
            # Independent rows at d = 8 come this close with probability below 1e-9 a pair; rounding is 1e-7.
            assert float(cosine) < 1 - 1e-6, (first, second)


def test_exact_directions_and_covariance_need_no_unlabeled_points(recorder: Recorder) -> None:
    run(CONFIG)
    assert ("problem", "unlabeled") not in recorder.streams


@pytest.mark.parametrize("sampled", [{"activation": "tanh-shift"}, {"n_unlabeled": 90}])
def test_a_run_draws_each_array_from_its_own_stream(recorder: Recorder, sampled: dict[str, Any]) -> None:
    run(replace(NOISY, **sampled))
    assert recorder.streams == {
        ("network", "weights"),
        ("network", "signs"),
        ("target", "target"),
        ("problem", "data"),
        ("problem", "unlabeled"),
        ("problem", "test"),
        ("train", "start"),
        ("train", "noise"),
        ("curvature", "lanczos"),
    }
    assert {seed for _, seed, _ in recorder.asked} == {NOISY.seed}
    drawn = {f"{module} {purpose}": torch.cat(rows) for (module, purpose), rows in recorder.rows.items()}
    assert set(drawn) == {
        "network weights",
        "target target",
        "problem data",
        "problem unlabeled",
        "problem test",
        "train start",
        "optimize noise",
    }
    _assert_disjoint(drawn)


@pytest.mark.parametrize("rival", ["ntk", "quadntk"])
def test_a_rival_never_sees_what_it_is_judged_on(recorder: Recorder, rival: str) -> None:
    ntk_rival(NOISY) if rival == "ntk" else quadntk_rival(NOISY, lambdas=(1e-3, 1e-5))
    asked = {purpose for module, purpose in recorder.streams if module == "problem"}
    assert asked == {"data", "validation", "test"}
    # The points are the same for the network and both rivals.
    for purpose, count in (("data", NOISY.n), ("validation", NOISY.n_held), ("test", NOISY.n_test)):
        source = sphere.generator(NOISY.seed, purpose)
        points = sphere.sample_sphere(count, NOISY.d, radius=math.sqrt(NOISY.d), generator=source)
        assert all(torch.equal(rows, points) for rows in recorder.rows["problem", purpose])
    first = {f"{module} {purpose}": rows[0] for (module, purpose), rows in recorder.rows.items()}
    assert {"problem data", "problem validation", "problem test", "network weights"} <= set(first)
    _assert_disjoint(first)


def test_the_arrays_of_a_problem_share_no_row() -> None:
    """By the arrays themselves, whatever made them."""
    problem = make_problem(CONFIG)
    target = problem.target
    _assert_disjoint(
        {
            "X": problem.X,
            "unlabeled": problem.points("unlabeled", CONFIG.unlabeled),
            "validation": problem.points("validation", CONFIG.n_held),
            "test": problem.points("test", CONFIG.n_test),
            "w0": problem.network.w0_distinct,
            "sparse directions": target.sparse.directions,
            "dense directions": torch.cat([ridge.directions for ridge in target.dense]),
        }
    )


def test_the_errors_reported_are_those_on_the_test_stream() -> None:
    problem = make_problem(CONFIG)
    W = train(problem, problem.objective()).W
    source = sphere.generator(CONFIG.seed, "test")
    X = sphere.sample_sphere(CONFIG.n_test, CONFIG.d, radius=math.sqrt(CONFIG.d), generator=source)
    expected = float((problem.network.on(X).f(W) - problem.target(X)).square().mean())
    assert run(CONFIG).test_error == pytest.approx(expected, rel=1e-10)


def test_the_objective_uses_the_exact_covariance_where_it_is_known() -> None:
    """Against Σ without sampling error; the sampled one is off by several percent here, 10⁴ times the tolerance."""
    problem = make_problem(CONFIG)
    covariance = problem.objective().covariance
    assert covariance is not None
    sampled = SampledCovariance(problem.network, problem.points("unlabeled", CONFIG.unlabeled))
    source = torch.Generator().manual_seed(0)
    for _ in range(3):
        W = torch.randn(CONFIG.m, CONFIG.d, generator=source, dtype=torch.float64)
        expected = float(ExactCovariance(problem.network).quadratic(W))
        assert float(covariance.quadratic(W)) == pytest.approx(expected, rel=1e-6)
        assert abs(float(sampled.quadratic(W)) / expected - 1) > 1e-3
        # And R2 of the objective is made from it.
        objective = problem.objective()
        assert objective.directions is not None
        high = W - objective.directions.lift(objective.directions.coefficients(W))
        R2 = float(ExactCovariance(problem.network).quadratic(high))
        assert objective.terms(W)["R2"] == pytest.approx(R2, rel=1e-6)
        assert objective.evaluate(W).terms["R2"] == pytest.approx(R2, rel=1e-6)
