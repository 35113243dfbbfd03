"""In which order to try the checks on a fault: what has caught others, near this one and anywhere, comes first.

If check i takes t_i seconds and catches with probability p_i, independently, then the order by t_i / p_i takes
the least time on average. The probabilities are learnt as the faults are tried. Only the order depends on them, and
with it which of several catches is found first; whether a fault is caught at all does not, unless time is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from verify.selftest.exam import Exam
from verify.selftest.touch import Touched

# Seconds for the fork of a check, which the quickest ones take as well.
_FORK_SECONDS = 0.05
# How much less a check counts that executes other lines of the file, or only loads it.
_FAINTER = (1.0, 0.3, 0.1)
# Before anything is known, a check catches this share of the faults that it touches.
_PRIOR, _WEIGHT = 0.3, 4.0


class Experience:
    """How often each check was tried and caught something, by file and in all."""

    def __init__(self) -> None:
        self._tried: Counter[tuple[str, str, str]] = Counter()
        self._caught: Counter[tuple[str, str, str]] = Counter()

    def note(self, file: str, exam: Exam, caught: bool) -> None:
        """Take in how a check did on a fault in this file."""
        for place in (file, ""):
            self._tried[place, exam.claim, exam.check] += 1
            self._caught[place, exam.claim, exam.check] += caught

    def chance(self, file: str, exam: Exam) -> float:
        """The share of faults in this file that the check catches, as far as is known."""
        there, anywhere = (file, exam.claim, exam.check), ("", exam.claim, exam.check)
        overall = (self._caught[anywhere] + _WEIGHT * _PRIOR) / (self._tried[anywhere] + _WEIGHT)
        return (self._caught[there] + overall) / (self._tried[there] + 1)

    def order(self, file: str, ranked: Iterable[tuple[int, Touched]]) -> tuple[Touched, ...]:
        """The checks, best first; `TouchMap.touching` says how closely each touches the fault."""

        def cost(pair: tuple[int, Touched]) -> float:
            rank, check = pair
            return (check.seconds + _FORK_SECONDS) / (self.chance(file, check.exam) * _FAINTER[rank])

        return tuple(check for _, check in sorted(ranked, key=cost))
