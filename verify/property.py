"""Evidence from Hypothesis: a property held against many drawn cases, the worst one kept.

A case that does not meet the assumptions is counted, not hidden; a property that no case met is VACUOUS. For
inequalities it is counted, each by itself, how many cases came within 10% of the bound: one that always is close
must not hide another that never is. A failing case is shrunk by Hypothesis, and the smallest one found becomes
the evidence.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.strategies import SearchStrategy

from verify.bound import Comparison
from verify.claim import Context
from verify.evidence import Evidence
from verify.looseness import NEAR, reach, show_reach
from verify.verdict import Outcome, combine

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

    Its counts: ``examples`` drawn, how many ``met_assumptions``, and where inequalities with a scale were compared
    (`verify.looseness.reach`), how many ``inequalities`` there are, how many of them some case came near
    (``inequalities_near``), and the cases ``near_bound`` of the one that the fewest came near.

    Args:
        context: Gives the seed.
        strategy: Draws a case: small sizes, scales and a seed; large arrays come from the seed.
        test: Comparisons of one case; none if the case does not meet the assumptions.
        examples: Cases to draw.
        parameters: Parameters that all cases share.
    """
    worst: dict[str, Comparison] = {}
    failing: list[Comparison] = []
    counts = {"examples": 0, "met_assumptions": 0}
    nearness = _Nearness()

    def attempt(case: Any) -> None:
        comparisons = tuple(test(case))
        broken = [each for each in comparisons if each.outcome in (Outcome.FAILS, Outcome.ERROR)]
        if not failing:  # afterwards Hypothesis shrinks: its cases are not drawn from the strategy any more
            counts["examples"] += 1
            counts["met_assumptions"] += bool(comparisons)
            nearness.add(comparisons)
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
        report_multiple_bugs=False,
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
            counts={**counts, **nearness.counts()},
            parameters=dict(parameters or {}),
        )
    outcome = combine(each.outcome for each in worst.values())
    return Evidence(
        outcome,
        f"{counts['met_assumptions']} of {counts['examples']} drawn cases met the assumptions; "
        f"the worst of each comparison is shown{nearness.never()}",
        comparisons=tuple(worst.values()),
        counts={**counts, **nearness.counts()},
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


class _Nearness:
    """For each inequality by its label: the largest reach, and how many cases came near the bound."""

    def __init__(self) -> None:
        self._reach: dict[str, float] = {}
        self._near: dict[str, int] = {}

    def add(self, comparisons: Iterable[Comparison]) -> None:
        """Count one case; an inequality that it compares several times counts once."""
        case: dict[str, float] = {}
        for each in comparisons:
            share = reach(each)
            if share is not None:
                case[each.label] = max(share, case.get(each.label, share))
        for label, share in case.items():
            self._reach[label] = max(share, self._reach.get(label, share))
            self._near[label] = self._near.get(label, 0) + (share >= 1 - NEAR)

    def counts(self) -> dict[str, int]:
        """The counts for the evidence; none where no inequality has a scale."""
        if not self._near:
            return {}
        return {
            "inequalities": len(self._near),
            "inequalities_near": sum(number > 0 for number in self._near.values()),
            "near_bound": min(self._near.values()),
        }

    def never(self) -> str:
        """The inequalities that no case came near, with the closest that one came."""
        away = [
            f"{label} ({show_reach(self._reach[label])})"
            for label, number in self._near.items()
            if not number
        ]
        return f"; never within 10% of its bound: {', '.join(away)}" if away else ""


def _room(comparison: Comparison) -> tuple[bool, bool, float]:
    """Orders comparisons by closeness to failing; an undecided one is closer than any that holds.

    Of those that hold, one with a bound of 0 comes last: it has no scale, so its margin is in another unit, and at
    0 ≤ 0 it would hide the case that was near.
    """
    return comparison.outcome is Outcome.HOLDS, comparison.stated.value == 0, comparison.margin
