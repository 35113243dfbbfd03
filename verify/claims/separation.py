"""Claims on the separation: what each kernel alone does not learn, gradient descent on the regularized loss does.

The bounds come from one earlier measurement (k = 1, n = m = 20 d: risk of the network 0.126, 0.168, 0.176 of a null
risk of 2 at d = 20, 40, 80; NTK 0.13, 0.45, 0.65; QuadNTK 0.39, 0.46, 0.51): the network below 0.15 of the null
risk, which leaves 1.7 times what was seen; each rival above 1.6 times the network, where 2.7 to 3.7 times was seen.
Strengths and steps were chosen on problems of seeds 0, 1 and 2. There the first bound on the network, 0.12, left
single problems too little room and became 0.15, and there the bound on the rivals at k = 2, 1.25 times the network,
was set; a run looks at other problems. Risks are exact for σ = sin + cos: what varies is the problem, and the
intervals are Student's at 95% over independent problems. A bound that is met with such room is missed by chance far
more seldom than once in 20.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from training.cells import Cell, Result, evaluate
from training.separation import MODELS, NETWORK, model_cell, setting, summarize
from verify.bound import IDENTITY, LOWER, UPPER, Comparison, compare
from verify.claim import Check, Claim, Context, Profile, derive_seed
from verify.evidence import Evidence, Series, from_comparisons
from verify.quantity import Quantity, exact, interval, measured
from verify.verdict import Kind

PAPER = "Nichani, Bai, Lee 2022 (abstract); sizes and thresholds: this project"
LEVEL = 0.95
SHARE, FACTOR = exact("3/20"), exact("8/5")
RIVALS = tuple(model for model in MODELS if model != NETWORK)
NAMES = {
    "network": "network, regularized",
    "ntk": "NTK, infinite width",
    "finite-ntk": "NTK, finite width",
    "quadntk": "QuadNTK alone",
    "unregularized": "both, without R1…R3",
}
SEEDS = {20: 4, 40: 4, 80: 3, 160: 3}
BEST = (
    "each rival with the best ridge or $\\lambda_4$ of a grid on held-out labels; trained rivals have 80 "
    "iterations of L-BFGS, fewer or many more of which made them worse"
)

Table = Mapping[str, list[Result]]


def separation(context: Context, *, k: int, d: int, seeds: int, factor: Quantity = FACTOR) -> Evidence:
    """All five models on the same problems: the network's share of the null risk, each rival's ratio to it."""
    found = measure(context, k, d, seeds)
    network = found[NETWORK]
    comparisons = [
        compare("risk of the network, share of the null risk", UPPER, mean(_shares(network)), SHARE),
        *(
            compare(f"risk of {NAMES[model]} over the network's", LOWER, ratio(found[model], network), factor)
            for model in RIVALS
        ),
        *_trained(network, k),
        *(
            compare(
                f"grids of {NAMES[model]} of which a longer one promises nothing",
                IDENTITY,
                measured(sum(each["settled"] for each in found[model])),
                exact(seeds),
                reason="the best strength is inside the grid, or its end is flat to 2%",
            )
            for model in RIVALS
        ),
    ]
    return from_comparisons(
        comparisons,
        parameters={**describe(k, d), "problems": seeds, "level": LEVEL, **_report(found)},
        series=_curves(k, d, network),
    )


def one_problem(context: Context) -> Evidence:
    """The network and both kernels on a single problem: no interval over problems, but each risk is exact."""
    d = 40
    (config,) = (setting(1, d, seed=seed) for seed in seeds_of(context, 1))
    models = (NETWORK, "ntk", "quadntk")
    found = dict(zip(models, results(context, [model_cell(model, config) for model in models]), strict=True))
    risks = {model: each["error"] for model, each in found.items()}
    comparisons = [
        compare(
            "risk of the network, share of the null risk",
            UPPER,
            measured(risks[NETWORK] / found[NETWORK]["null_risk"]),
            SHARE,
        ),
        *(
            compare(
                f"risk of {NAMES[model]} over the network's",
                LOWER,
                measured(risks[model] / risks[NETWORK]),
                FACTOR,
            )
            for model in models[1:]
        ),
        *_trained([found[NETWORK]], 1),
    ]
    return from_comparisons(
        comparisons, parameters={**describe(1, d), "risks": risks}, series=_curves(1, d, [found[NETWORK]])
    )


def trend(context: Context) -> Evidence:
    """From d to 2 d the NTK loses what the network keeps."""
    dimensions = context.pick((20, 40, 80), (20, 40, 80), (20, 40, 80, 160))
    tables = {d: measure(context, 1, d, SEEDS[d]) for d in dimensions}
    first, last = dimensions[0], dimensions[-1]
    risks = {d: {model: _errors(tables[d][model]) for model in MODELS} for d in dimensions}
    comparisons = [
        *(
            compare(
                f"risk of the NTK at d = {above} less that at d = {below}",
                LOWER,
                _difference(risks[above]["ntk"], risks[below]["ntk"]),
                exact(0),
                strict=True,
            )
            for below, above in zip(dimensions, dimensions[1:], strict=False)
        ),
        compare(
            f"risk of the NTK at d = {last}, share of E f_sp²",
            LOWER,
            mean(risks[last]["ntk"]),
            exact("1/2"),
            reason="0.65 was seen at d = 80; the estimate tends to 1",
        ),
        compare(
            f"growth of the network's risk from d = {first} to {last}, over the NTK's",
            UPPER,
            _growth(risks[last], risks[first]),
            exact("3/5"),
            reason="1.4 against 5 was seen, 0.28 times",
        ),
    ]
    return from_comparisons(
        comparisons,
        parameters={"k": 1, "n": "20 d", "level": LEVEL, "risks": {str(d): risks[d] for d in dimensions}},
        series=[
            over_dimensions("separation", NAMES[model], {d: risks[d][model] for d in dimensions})
            for model in MODELS
        ],
    )


def ntk_suffices(context: Context, *, d: int) -> Evidence:
    """The NTK held to the bound that the network meets."""
    problems = [setting(1, d, seed=seed) for seed in seeds_of(context, SEEDS[d])]
    found = results(context, [model_cell("ntk", config) for config in problems])
    comparison = compare("risk of the NTK, share of the null risk", UPPER, mean(_shares(found)), SHARE)
    return from_comparisons([comparison], parameters={**describe(1, d), "risks": _errors(found)})


def measure(context: Context, k: int, d: int, seeds: int) -> Table:
    """The results of all five models on the problems of this check's seed, by model."""
    configs = [setting(k, d, seed=seed) for seed in seeds_of(context, seeds)]
    cells = [model_cell(model, config) for model in MODELS for config in configs]
    found = results(context, cells)
    return {model: found[index * seeds : (index + 1) * seeds] for index, model in enumerate(MODELS)}


def seeds_of(context: Context, count: int) -> list[int]:
    """Seeds of independent problems."""
    return [derive_seed(context.seed, f"problem {index}") for index in range(count)]


def results(context: Context, cells: Sequence[Cell]) -> list[Result]:
    """The results of cells, those in the folder of the check's run taken from there."""
    folder = None if context.folder is None else context.folder / "cells"
    return evaluate(cells, folder, progress=context.progress)


def mean(values: Sequence[float]) -> Quantity:
    """The mean over problems with its Student interval."""
    found = summarize(values, level=LEVEL)
    return interval(
        found.mean, found.mean - found.half_width, found.mean + found.half_width, level=found.level
    )


def ratio(above: Sequence[Result], below: Sequence[Result]) -> Quantity:
    """The geometric mean over problems of the ratio of two risks, with the Student interval of its logarithm."""
    logs = [math.log(a / b) for a, b in zip(_errors(above), _errors(below), strict=True)]
    return _exponential(logs)


def over_dimensions(figure: str, label: str, risks: Mapping[int, Sequence[float]]) -> Series:
    """A model's risk over d, with its intervals."""
    found = [summarize(values, level=LEVEL) for values in risks.values()]
    return Series(
        figure,
        label,
        tuple(float(d) for d in risks),
        tuple(each.mean for each in found),
        lower=tuple(max(0.0, each.mean - each.half_width) for each in found),
        upper=tuple(each.mean + each.half_width for each in found),
        x_label="dimension $d$, $n = m = 20\\,d$",
        y_label=r"risk $\mathbb{E}(f-f^*)^2$, mean and 95% interval",
        log="x",
    )


def describe(k: int, d: int) -> dict[str, Any]:
    """The setting as data, without its seed."""
    config = setting(k, d, seed=0).to_dict()
    names = ("k", "d", "n", "m", "R", "lambda_", "activation", "loss", "optimizer", "steps")
    return {name: list(value) if isinstance(value := config[name], tuple) else value for name in names}


def _trained(network: Sequence[Result], k: int) -> list[Comparison]:
    """That the training arrived: loss and gradient against their start, the worst of the problems."""
    worst = {
        "training loss": max(each["terms"]["loss"] / each["start_loss"] for each in network),
        "gradient norm": max(each["gradient_norm"] / each["start_gradient"] for each in network),
    }
    return [
        compare(
            f"{name} of the network, share of its value at the start",
            UPPER,
            measured(value),
            exact("1/100"),
            reason="the worst of the problems",
        )
        for name, value in worst.items()
        if k == 1 or name == "training loss"
    ]


def _curves(k: int, d: int, network: Sequence[Result]) -> tuple[Series, ...]:
    return tuple(
        Series(
            f"training-curve-k{k}-d{d}",
            f"problem {index + 1}",
            tuple(float(step) for step, _ in each["history"]),
            tuple(value for _, value in each["history"]),
            x_label="step",
            y_label=r"objective $L_\lambda$",
            log="y",
        )
        for index, each in enumerate(network)
    )


def _report(found: Table) -> dict[str, Any]:
    """Every risk, and the strengths chosen."""
    risks = {model: _errors(some) for model, some in found.items()}
    strengths = {model: [each["strength"] for each in found[model]] for model in RIVALS}
    return {"risks": risks, "strengths": strengths}


def _errors(found: Sequence[Result]) -> list[float]:
    return [each["error"] for each in found]


def _shares(found: Sequence[Result]) -> list[float]:
    return [each["error"] / each["null_risk"] for each in found]


def _difference(above: Sequence[float], below: Sequence[float]) -> Quantity:
    """Difference of two independent means; the half-widths of their intervals add in squares."""
    first, second = (summarize(values, level=LEVEL) for values in (above, below))
    value = first.mean - second.mean
    width = math.hypot(first.half_width, second.half_width)
    return interval(value, value - width, value + width, level=LEVEL)


def _growth(last: Mapping[str, list[float]], first: Mapping[str, list[float]]) -> Quantity:
    """How much the network's risk grows over how much the NTK's does: at one d both are of the same problems."""
    above, below = (
        summarize([math.log(a / b) for a, b in zip(risks[NETWORK], risks["ntk"], strict=True)], level=LEVEL)
        for risks in (last, first)
    )
    value, width = above.mean - below.mean, math.hypot(above.half_width, below.half_width)
    return interval(math.exp(value), math.exp(value - width), math.exp(value + width), level=LEVEL)


def _exponential(logs: Sequence[float]) -> Quantity:
    found = summarize(logs, level=LEVEL)
    ends = (math.exp(found.mean - found.half_width), math.exp(found.mean + found.half_width))
    return interval(math.exp(found.mean), *ends, level=LEVEL)


def _check(run: Any, scope: str, *, profile: Profile = Profile.STANDARD, name: str = "") -> Check:
    return Check(Kind.EXPERIMENT, run, scope=scope, profile=profile, name=name, stream="problems")


CLAIMS = (
    Claim(
        id="separation.headline",
        title="Gradient descent escapes the NTK regime",
        statement=r"\mathrm{risk}(f_{\mathrm{GD}}) < 0.15\,\mathbb{E} f^{*2}, \quad "
        r"\mathrm{risk}(f_{\mathrm{NTK}}),\ \mathrm{risk}(f_{\mathrm{QuadNTK}}),\ "
        r"\mathrm{risk}(f_L + f_Q) > 1.6\,\mathrm{risk}(f_{\mathrm{GD}})",
        bound=UPPER,
        source=PAPER,
        assumptions=(
            r"$f^* = f_1 + f_{\mathrm{sp}}$: dense linear part, one sparse direction of degree 2, unit energies",
            r"$n = m = 20\,d$, $d = 40, 80$ (full profile: 160), squared loss, $\sigma = \sin + \cos$, "
            r"$\lambda = (1, 1, 10^{-3}, 10^{-4})$, 400 steps",
            BEST,
        ),
        depends_on=("loss.objective", "directions.covariance", "sphere.sampler", "activation.admissible"),
        checks=(
            _check(one_problem, "d = 40, one problem", profile=Profile.QUICK),
            _check(partial(separation, k=1, d=80, seeds=SEEDS[80]), "d = 80, three problems", name="at_80"),
            _check(partial(separation, k=1, d=40, seeds=SEEDS[40]), "d = 40, four problems", name="at_40"),
            _check(
                partial(separation, k=1, d=160, seeds=SEEDS[160]),
                "d = 160, three problems",
                name="at_160",
                profile=Profile.FULL,
            ),
            _check(trend, "d = 20, 40, 80 (full: 160): the NTK's risk grows, the network's hardly"),
        ),
    ),
    Claim(
        id="separation.degree-two",
        title="The separation at k = 2",
        statement=r"\mathrm{risk}(f_\lambda) < 0.15\,\mathbb{E} f^{*2}, \quad \mathrm{risk}(f_{\mathrm{NTK}}),\ "
        r"\mathrm{risk}(f_{\mathrm{QuadNTK}}),\ \mathrm{risk}(f_L + f_Q) > 1.25\,\mathrm{risk}(f_\lambda)",
        bound=UPPER,
        source=PAPER,
        assumptions=(
            r"$f^* = f_2 + f_{\mathrm{sp}}$: dense of degree 2, one sparse direction of degree 3, unit energies",
            r"$n = 3.47\,d^2$, $m = 1.2\,n$, squared loss, $\lambda = (1, 1, 10^{-4}, 10^{-7})$, "
            "150 iterations of L-BFGS",
            BEST,
        ),
        depends_on=("loss.objective", "directions.covariance", "sphere.sampler", "activation.admissible"),
        checks=(
            _check(
                partial(separation, k=2, d=24, seeds=3, factor=exact("5/4")),
                "d = 24, n = 2000, m = 2400, three problems",
                name="at_24",
            ),
            *(
                _check(
                    partial(separation, k=2, d=d, seeds=3, factor=exact("5/4")),
                    f"d = {d}, three problems",
                    name=f"at_{d}",
                    profile=Profile.FULL,
                )
                for d in (16, 32)
            ),
        ),
    ),
    Claim(
        id="control.ntk-suffices",
        title="The NTK claimed to reach the network's risk",
        statement=r"\mathrm{risk}(f_{\mathrm{NTK}}) < 0.15\,\mathbb{E} f^{*2} \text{ at } n = 20\,d",
        bound=UPPER,
        source="control",
        control_of="separation.headline",
        fault="the NTK alone needs d² samples for the sparse part",
        checks=(
            _check(partial(ntk_suffices, d=40), "d = 40, four problems", profile=Profile.QUICK, name="at_40"),
            _check(partial(ntk_suffices, d=80), "d = 80, three problems", name="at_80"),
        ),
    ),
)
