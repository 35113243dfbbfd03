"""What decides a table of sample complexities: the search for n*, its slope in d, and intervals over seeds.

Each is held against another one that answers the same question: a falling risk whose crossing is known, NumPy's
least squares, SciPy's intervals, and the NTK's risk at every n that a search tried.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.stats
import torch
from hypothesis import strategies

from training.kernel import infinite_ntk, kernel_risk
from training.problem import make_problem
from training.sample_complexity import RIDGES, exponent, least_samples, sample_cell
from training.separation import setting, summarize
from verify.bound import IDENTITY, Comparison, compare
from verify.claim import Context
from verify.evidence import Evidence
from verify.property import hold_property
from verify.quantity import exact, measured


def searched(context: Context) -> Evidence:
    """n* of a risk that is a power of n, where it is known, and of one that rises once: the first crossing."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        threshold, crossing, power = case["threshold"], case["crossing"], case["power"]
        start = max(1, round(crossing * case["start"]))
        found = least_samples(
            lambda n: threshold * (crossing / n) ** power, start, threshold=threshold, resolution=1.08
        )

        def bumpy(n: int) -> float:
            return threshold * (crossing / n) ** power * (1.5 if n > 1.6 * crossing else 1.0)

        rough = least_samples(bumpy, start, threshold=threshold, resolution=1.08)
        tried = dict(rough.tried)
        above = min(n for n, risk in tried.items() if risk <= threshold)
        below = max((n for n, risk in tried.items() if risk > threshold and n < above), default=0)
        return [
            compare(
                "log n* of a power of n",
                IDENTITY,
                measured(math.log(found.n)),
                measured(math.log(crossing)),
                resolution=1e-9,
                reason="the interpolation is exact for powers, rounding aside",
                parameters=case,
            ),
            compare(
                "whether n* lies where the risk first falls below the threshold",
                IDENTITY,
                exact(int(below <= rough.n <= above and above <= max(below * 1.08, below + 1))),
                exact(1),
                parameters=case,
            ),
        ]

    cases = strategies.fixed_dictionaries(
        {
            "threshold": strategies.floats(0.1, 1),
            "crossing": strategies.floats(20, 5000),
            "power": strategies.floats(0.8, 2.5),
            "start": strategies.floats(0.2, 5),
        }
    )
    return hold_property(context, cases, test, examples=context.pick(40, 300))


def over_seeds(context: Context) -> Evidence:
    """Slopes over d against NumPy's least squares; means and half-widths over seeds against SciPy's intervals."""

    def test(case: dict[str, Any]) -> list[Comparison]:
        generator = np.random.default_rng(case["seed"])
        dimensions = np.sort(generator.choice(np.arange(8, 90), case["dimensions"], replace=False))
        table = dimensions ** generator.uniform(0.5, 2.5) * generator.lognormal(
            0, 0.3, (case["seeds"], len(dimensions))
        )
        found = exponent([int(d) for d in dimensions], table.tolist(), level=case["level"])
        slopes = [np.polyfit(np.log(dimensions), np.log(row), 1)[0] for row in table]
        summary = summarize(slopes, level=case["level"])
        low, high = scipy.stats.t.interval(
            case["level"], len(slopes) - 1, loc=np.mean(slopes), scale=scipy.stats.sem(slopes)
        )
        pairs = {
            "slopes": (float(np.abs(np.array(found.slopes) - slopes).max()), 0.0),
            "mean slope": (found.mean, float(np.mean(slopes))),
            "half-width of the slope": (found.half_width, (high - low) / 2),
            "mean over seeds": (summary.mean, float(np.mean(slopes))),
            "half-width over seeds": (summary.half_width, (high - low) / 2),
        }
        return [
            compare(
                label,
                IDENTITY,
                measured(ours),
                measured(float(twin)),
                resolution=1e-9,
                relative_to=1.0 + abs(float(twin)),
                reason="float64 rounding; NumPy solves the least squares by another factorization",
                parameters=case,
            )
            for label, (ours, twin) in pairs.items()
        ]

    cases = strategies.fixed_dictionaries(
        {
            "dimensions": strategies.integers(2, 6),
            "seeds": strategies.integers(2, 6),
            "level": strategies.sampled_from((0.8, 0.95, 0.999)),
            "seed": strategies.integers(0, 2**32 - 1),
        }
    )
    return hold_property(context, cases, test, examples=context.pick(30, 200))


def best_ridge(context: Context) -> Evidence:
    """The risk of the NTK at every n that a search tried, against NumPy's solutions with the best of the ridges.

    Kernel and risk are those of the search: only the solutions and the choice among them are recomputed here. The
    kernel has its own route in ``separation.rivals``, the risk in ``risk.closed-form``.
    """

    def test(case: dict[str, Any]) -> list[Comparison]:
        compared = []
        for n, risk in sample_cell("ntk", 4, case["seed"]).compute()["tried"]:
            problem = make_problem(setting(1, 4, seed=case["seed"], n=n, m=2))
            K = infinite_ntk(problem.X, problem.X).numpy()
            mean = float(np.diag(K).mean())
            solved = [np.linalg.solve(K + each * mean * np.eye(n), problem.y.numpy()) for each in RIDGES]
            risks = kernel_risk(
                problem.network.activation,
                problem.X,
                torch.from_numpy(np.stack(solved, axis=1)),
                problem.target,
            )
            compared.append(
                compare(
                    "risk of the NTK at its best ridge",
                    IDENTITY,
                    measured(risk),
                    measured(float(risks.min())),
                    resolution=1e-6,
                    reason="rounding over the ridge, which is at least 1e-6 of the kernel",
                    parameters={**case, "n": n},
                )
            )
        return compared

    cases = strategies.fixed_dictionaries({"seed": strategies.integers(0, 10**6)})
    return hold_property(context, cases, test, examples=context.pick(3, 20))
