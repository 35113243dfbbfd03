"""How often a run raises a false alarm: the rates that its statistical checks declare, added up.

The union bound needs no independence. A control raises no false alarm: it is false, so a refutation is right.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from verify.claim import BUDGET
from verify.run import ClaimResult, kind_of
from verify.verdict import Kind


@dataclass(frozen=True)
class FalseAlarms:
    """The declared false-alarm rates of a run.

    Attributes:
        rate: The share of runs of true claims in which a statistical check FAILS is at most this.
        checks: How many statistical checks of claims ran.
    """

    rate: float
    checks: int

    @property
    def beyond_budget(self) -> bool:
        """Whether they are more than `BUDGET`, beyond the rounding of a sum."""
        return self.rate > BUDGET * (1 + 1e-9)

    def __str__(self) -> str:
        """In words."""
        if not self.checks:
            return "none by chance: no statistical check ran"
        number = f"{self.checks} statistical check{'' if self.checks == 1 else 's'}"
        text = f"at most {_short(self.rate)} of runs ({number})"
        return f"{text}, more than the budget of {_short(BUDGET)}" if self.beyond_budget else text


def false_alarms(claims: Iterable[ClaimResult]) -> FalseAlarms:
    """The false-alarm rates that the results of these claims declare."""
    rates = [
        float(result.evidence.error_rates["alpha"])
        for claim in claims
        if not claim.is_control
        for result in claim.results
        if kind_of(result, claim.claim) is Kind.STATISTICAL and "alpha" in result.evidence.error_rates
    ]
    return FalseAlarms(math.fsum(rates), len(rates))


def _short(rate: float) -> str:
    """``3.5e-5`` for 3.5e-05."""
    mantissa, exponent = f"{rate:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
