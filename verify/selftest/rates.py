"""Counts of a calibration, the exact tests that hold them against declared rates, and their rows and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from scipy import stats

from verify.evidence import Evidence
from verify.selftest.section import Figure, Table
from verify.selftest.shift import Fault, found_faults, is_threshold
from verify.verdict import Outcome

LEVEL = 0.01
"""The probability that the tests together accuse a suite whose declared rates are all true."""

Name = tuple[str, str]
"""The ID of a claim and the name of a check of it."""

CONSISTENT, TOO_MANY, MISSED, BROKEN = (
    "consistent",
    "too many false alarms",
    "misses its smallest fault",
    "ends in an error",
)


@dataclass
class Tally:
    """What the runs of one check gave.

    Attributes:
        runs: Runs at the declared level.
        failed: Those that FAIL: false alarms of a true claim, refutations of a control.
        open: Those that neither hold nor fail.
        raised_runs: Runs at the raised level.
        raised_failed: Those that FAIL.
        found: For each fault in how many runs it was found.
        alpha: The declared false-alarm rate; `raised_alpha` that of the runs at the raised level.
        power: The declared probability that the smallest fault is found.
        fault: The declared smallest fault, the largest over the runs.
        bare: Whether a bare number is held against a bound, so that moving it shows little.
        tried: For each fault in how many runs it was planted.
        errors: What the runs said that ended in an error.
        seconds: Time of the longest run.
    """

    runs: int = 0
    failed: int = 0
    open: int = 0
    raised_runs: int = 0
    raised_failed: int = 0
    alpha: float = 0.0
    raised_alpha: float = 0.0
    power: float = 0.0
    fault: float = 0.0
    bare: bool = False
    tried: Counter[Fault] = field(default_factory=Counter)
    found: Counter[Fault] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add_declared(self, evidence: Evidence, seconds: float) -> None:
        """Count a run at the declared level."""
        self.runs += 1
        self.seconds = max(self.seconds, seconds)
        self.failed += evidence.outcome is Outcome.FAILS
        self.open += evidence.outcome not in (Outcome.FAILS, Outcome.HOLDS)
        if not self._take(evidence):
            return
        rates = evidence.error_rates
        self.alpha, self.power = max(self.alpha, rates["alpha"]), max(self.power, rates["power"])
        self.fault = max(self.fault, rates["smallest_fault"])
        self.bare = self.bare or any(map(is_threshold, evidence.comparisons))
        for fault, found in found_faults(evidence, rates["smallest_fault"]):
            self.tried[fault] += 1
            self.found[fault] += found

    def add_raised(self, evidence: Evidence) -> None:
        """Count a run at the raised level."""
        self.raised_runs += 1
        self.raised_failed += evidence.outcome is Outcome.FAILS
        if self._take(evidence):
            self.raised_alpha = max(self.raised_alpha, evidence.error_rates["alpha"])

    @property
    def weakest(self) -> tuple[int, int]:
        """In how many runs the fault was found that is found least often, and in how many it was tried."""
        shares = [
            (self.found[fault] / tried, self.found[fault], tried) for fault, tried in self.tried.items()
        ]
        return min(shares)[1:] if shares else (0, 0)

    def verdict(self, share: float, *, is_control: bool) -> str:
        """What the counts say, each test at the level `share`."""
        if self.errors:
            return BROKEN
        if is_control:
            return MISSED if fewer(self.failed, self.runs, self.power) < share else CONSISTENT
        if more(self.failed, self.runs, self.alpha) < share:
            return TOO_MANY
        if more(self.raised_failed, self.raised_runs, self.raised_alpha) < share:
            return TOO_MANY
        each = share / max(len(self.tried), 1)
        misses = (fewer(self.found[fault], tried, self.power) < each for fault, tried in self.tried.items())
        return MISSED if any(misses) else CONSISTENT

    def _take(self, evidence: Evidence) -> bool:
        if evidence.outcome is Outcome.ERROR:
            self.errors.append(evidence.summary)
        return evidence.outcome is not Outcome.ERROR and "alpha" in evidence.error_rates


def more(count: int, runs: int, rate: float) -> float:
    """The probability of so many or more among so many runs at that rate."""
    return float(stats.binom.sf(count - 1, runs, rate)) if runs else 1.0


def fewer(count: int, runs: int, rate: float) -> float:
    """The probability of so few or fewer among so many runs at that rate."""
    return float(stats.binom.cdf(count, runs, rate)) if runs else 1.0


def upper_limit(count: int, runs: int) -> float:
    """The upper 95% limit of Clopper and Pearson for the rate behind a count."""
    return 1.0 if count >= runs else float(stats.beta.ppf(0.95, count + 1, runs - count))


def figures(tallies: Mapping[Name, Tally], controls: set[Name], raised: float) -> tuple[Figure, ...]:
    """The figures of the section: what was counted over all checks, and how many contradict their declaration."""
    share = _share(tallies, controls)
    true = [tally for name, tally in tallies.items() if name not in controls]
    verdicts = {name: tally.verdict(share, is_control=name in controls) for name, tally in tallies.items()}
    alarms, runs = sum(each.failed for each in true), sum(each.runs for each in true)
    expected = sum(each.alpha * each.runs for each in true)
    loose = [each for each in true if each.raised_alpha <= raised * (1 + 1e-9)]
    raised_alarms, raised_runs = (
        sum(each.raised_failed for each in loose),
        sum(each.raised_runs for each in loose),
    )
    found, tried = sum(each.found.total() for each in true), sum(each.tried.total() for each in true)
    refuted, control_runs = (
        sum(tallies[name].failed for name in controls),
        sum(tallies[name].runs for name in controls),
    )
    least = min((each.power for each in true if each.power), default=0.0)
    open_runs = sum(each.open for each in true)
    lines = [
        Figure(
            "false alarms at the declared level",
            f"{alarms} of {runs} runs",
            f"as declared, {expected:.1g} to be expected at most",
            more(alarms, max(runs, 1), min(expected / max(runs, 1), 1.0)) >= share,
        ),
        Figure(
            f"false alarms at the level {raised:g}",
            _share_of(raised_alarms, raised_runs),
            f"at most {raised:.1%}",
            more(raised_alarms, raised_runs, raised) >= share,
        ),
        Figure(
            "faults of the declared size found",
            _share_of(found, tried),
            f"at least {least:.1%}",
            all(verdicts[name] != MISSED for name in tallies if name not in controls),
        ),
        Figure("runs that left a true claim undecided", f"{open_runs} of {runs}"),
    ]
    if controls:
        lines.append(
            Figure(
                "runs that refuted their control",
                _share_of(refuted, control_runs),
                "at least as declared",
                all(verdicts[name] != MISSED for name in controls),
            )
        )
    contradicting = [name for name, verdict in verdicts.items() if verdict != CONSISTENT]
    value = f"{len(contradicting)} of {len(tallies)}"
    lines.append(Figure("checks that contradict what they declare", value, "none", not contradicting))
    return tuple(lines)


def tables(
    tallies: Mapping[Name, Tally],
    controls: set[Name],
    worlds: Mapping[Name, tuple[Name, ...]],
    raised: float,
) -> tuple[Table, ...]:
    """A row for each check, of claims and of controls."""
    share = _share(tallies, controls)
    rows, control_rows = [], []
    for name, tally in tallies.items():
        label, verdict = ", ".join(name), _verdict_text(tally, share, is_control=name in controls)
        if name in controls:
            control_rows.append((label, f"{tally.failed} of {tally.runs}", verdict))
            continue
        found, tried = tally.weakest
        others = [f"{other[0]} {tallies[other].failed} of {tallies[other].runs}" for other in worlds[name]]
        how = "values moved, some of them bare distances" if tally.bare else "values moved"
        rows.append(
            (
                label,
                f"{tally.alpha:.1g}",
                f"{tally.fault:.3g}",
                f"{tally.failed} of {tally.runs}" + (f", {tally.open} open" if tally.open else ""),
                f"{tally.raised_failed} of {tally.raised_runs} "
                f"(< {upper_limit(tally.raised_failed, tally.raised_runs):.0%})",
                f"{found} of {tried}",
                "; ".join([how, *others]),
                verdict,
            )
        )
    columns = (
        "check",
        "α",
        "smallest fault",
        "false alarms at α",
        f"at {raised:g} (upper 95% limit)",
        "fault found, in the value that shows it least",
        "how; other worlds refuted",
        "verdict",
    )
    found_tables = [Table("Statistical checks of claims", columns, tuple(rows))]
    if control_rows:
        found_tables.append(
            Table("Statistical controls", ("check", "refuted", "verdict"), tuple(control_rows))
        )
    return tuple(found_tables)


def _verdict_text(tally: Tally, share: float, *, is_control: bool) -> str:
    verdict = tally.verdict(share, is_control=is_control)
    return f"{verdict}: {tally.errors[0][:200]}" if verdict == BROKEN else verdict


def _share(tallies: Mapping[Name, Tally], controls: set[Name]) -> float:
    """The level of each test: three for a check of a claim, one for a control, two for the sums over all."""
    return LEVEL / (3 * (len(tallies) - len(controls)) + len(controls) + 2)


def _share_of(count: int, runs: int) -> str:
    return f"{count} of {runs} ({count / runs:.2%})" if runs else "none was run"
