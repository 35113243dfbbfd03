"""Evidence from Hypothesis: a property held against many drawn cases, the worst one kept.

A case that does not meet the assumptions is counted, not hidden; a property that no case met is VACUOUS. A
failing case is shrunk by Hypothesis and the smallest one found becomes the evidence.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.strategies import SearchStrategy

from verify.bound import Comparison, Relation
from verify.claim import Context
from verify.evidence import Evidence
from verify.verdict import Outcome, combine

NEAR = 0.1  # a case within 10% of its bound has exercised it

Property = Callable[[Any], "Iterable[Comparison]"]


class _CounterexampleFound(Exception):
    """Raised inside Hypothesis to make it shrink."""


def hold_property(
    context: Context,
    strategy: SearchStrategy[Any],
    test: Property,
    *,
    examples: int,
    parameters: Mapping[str, Any] | None = None,
) -> Evidence:
    """Evidence that every comparison of `test` holds on `examples` drawn cases.

    Args:
        context: Gives the seed.
        strategy: Draws a case: small sizes, scales and a seed; large arrays come from the seed.
        test: Comparisons of one case; none if the case does not meet the assumptions.
        examples: Cases to draw.
        parameters: Parameters that all cases share.
    """
    worst: dict[str, Comparison] = {}
    failing: list[Comparison] = []
    counts = {"examples": 0, "met_assumptions": 0, "near_bound": 0}

    def attempt(case: Any) -> None:
        comparisons = tuple(test(case))
        broken = [each for each in comparisons if each.outcome in (Outcome.FAILS, Outcome.ERROR)]
        if not failing:  # afterwards Hypothesis shrinks: its cases are not drawn from the strategy any more
            counts["examples"] += 1
            counts["met_assumptions"] += bool(comparisons)
            counts["near_bound"] += any(_near(each) for each in comparisons)
        if broken:
            failing[:] = broken
            raise _CounterexampleFound
        if failing:
            return
        for each in comparisons:
            known = worst.get(each.label)
            if known is None or _room(each) < _room(known):
                worst[each.label] = each

    runner = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    try:
        with _same_draws_everywhere():
            seed(context.seed)(runner(given(strategy)(attempt)))()
    except _CounterexampleFound:
        return Evidence(
            combine(each.outcome for each in failing),
            f"counterexample in case {counts['examples']}, shrunk: {failing[0].label} "
            f"at {dict(failing[0].parameters)}",
            comparisons=tuple(failing),
            counts=counts,
            parameters=dict(parameters or {}),
        )
    outcome = combine(each.outcome for each in worst.values())
    return Evidence(
        outcome,
        f"{counts['met_assumptions']} of {counts['examples']} drawn cases met the assumptions; "
        "the worst of each comparison is shown",
        comparisons=tuple(worst.values()),
        counts=counts,
        parameters=dict(parameters or {}),
    )


@contextmanager
def _same_draws_everywhere() -> Iterator[None]:
    """Keep Hypothesis from mixing constants of the loaded modules into its draws.

    It looks for numbers in the source of whatever local module is loaded by then, so the draws of one seed
    would depend on which checks ran before in the same process.
    """
    providers: Any = importlib.import_module("hypothesis.internal.conjecture.providers")
    collect = getattr(providers, "_get_local_constants", None)
    if collect is None:  # a release that does not do so
        yield
        return
    providers._get_local_constants = providers.Constants
    providers.CONSTANTS_CACHE.cache.clear()
    try:
        yield
    finally:
        providers._get_local_constants = collect
        providers.CONSTANTS_CACHE.cache.clear()


def _room(comparison: Comparison) -> tuple[bool, float]:
    """Orders comparisons by closeness to failing; an undecided one is closer than any that holds."""
    return comparison.outcome is Outcome.HOLDS, comparison.margin


def _near(comparison: Comparison) -> bool:
    """Whether an inequality was exercised close to its bound; an identity always is."""
    if comparison.relation in (Relation.UPPER, Relation.LOWER, Relation.BELOW, Relation.ABOVE):
        return comparison.margin < NEAR
    return True
