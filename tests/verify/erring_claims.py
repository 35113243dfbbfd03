"""Claims whose statistical checks err as rarely as they say, and others that lie about it."""

import os
from functools import partial

from verify.bound import IDENTITY, LOWER, UPPER, compare
from verify.claim import Check, Claim, Context
from verify.evidence import Evidence, from_comparisons
from verify.quantity import exact, measured
from verify.statistics import STUDENT, dkw_distance, mean_interval
from verify.verdict import Kind

COUNT = 200


def mean(
    context: Context, *, truth: float = 0.0, fault: float = 1.0, width: float = 1.0, every: int = 0
) -> Evidence:
    """The mean of normal draws against 0."""
    found = mean_interval(context.rng("draws").normal(truth, size=COUNT), alpha=context.alpha)
    if every and context.seed % every == 0:
        os._exit(7)
    comparison = compare(
        "mean",
        IDENTITY,
        measured(found.value),
        exact(0),
        resolution=width * (found.upper - found.value),
        reason=STUDENT,
    )
    rates = {"alpha": context.alpha, "power": 0.99, "smallest_fault": fault}
    return from_comparisons([comparison], error_rates=rates)


def eight_means(context: Context) -> Evidence:
    """Takes the level for each of several comparisons, and states it for all of them together."""
    parts = [mean(Context(seed=context.seed + shift, alpha=context.alpha)) for shift in range(8)]
    comparisons = [each for part in parts for each in part.comparisons]
    return from_comparisons(comparisons, error_rates=parts[0].error_rates)


def too_narrow(context: Context) -> Evidence:
    """An interval that is a fifth as wide as its level needs."""
    return mean(context, width=0.2)


def too_proud(context: Context) -> Evidence:
    """Says that it finds a fault that its interval hides."""
    return mean(context, fault=0.2)


def below(context: Context) -> Evidence:
    """A bound: only a shift upwards breaks it."""
    found = mean_interval(context.rng("draws").normal(size=COUNT), alpha=context.alpha)
    bounds = compare("bound", UPPER, found, exact(1)), compare("other bound", LOWER, found, exact(-1))
    rates = {"alpha": context.alpha, "power": 0.99, "smallest_fault": 2.0}
    return from_comparisons(bounds, error_rates=rates)


def law(context: Context) -> Evidence:
    """A distance between distribution functions against its threshold."""
    draws = context.rng("draws").uniform(size=COUNT)
    distance, threshold = dkw_distance(draws, draws, alpha=context.alpha)
    comparison = compare("distance", UPPER, measured(distance), measured(threshold))
    rates = {"alpha": context.alpha, "power": 1 - context.alpha, "smallest_fault": 2 * threshold}
    return from_comparisons([comparison], error_rates=rates)


def dies(context: Context) -> Evidence:
    """Takes its process down under every third seed."""
    return mean(context, every=3)


def near(context: Context) -> Evidence:
    """A mean that is so close to 0 that the control is not refuted."""
    return mean(context, truth=0.1)


def _claim(name: str, run: object, **fields: object) -> Claim:
    return Claim(
        id=name,
        title=name,
        statement="0 = 0",
        bound=IDENTITY,
        source="tests",
        checks=(Check(Kind.STATISTICAL, run, scope="200 draws"),),  # type: ignore[arg-type]
        **fields,  # type: ignore[arg-type]
    )


CLAIMS = (
    _claim("true.honest", mean),
    _claim("true.bound", below),
    _claim("true.law", law),
    _claim("lie.narrow", too_narrow),
    _claim("lie.split", eight_means),
    _claim("lie.proud", too_proud),
    _claim("lie.dies", dies),
    _claim("control.far", partial(mean, truth=2.0), control_of="true.honest", fault="mean 2"),
    _claim("control.near", near, control_of="true.bound", fault="mean 0.1"),
)
