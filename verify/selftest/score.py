"""What a self-test by mutation found, as a section of the report: scores with intervals, and every survivor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scipy import stats

from verify.selftest.record import (
    CLAIMS,
    EQUIVALENT,
    GENERIC,
    NAMED,
    SURVIVED,
    TESTS,
    UNCHANGED,
    UNTRIED,
    Mutation,
    Record,
)
from verify.selftest.section import Figure, Section, Table

TARGET = 0.95
CONFIDENCE = 0.95

_SHOWN = 6  # catches listed for one fault


def section(result: Mutation) -> Section:
    """The section."""
    named, generic = result.of(NAMED), result.of(GENERIC)
    return Section(
        id="mutation",
        title="Planted faults",
        summary=_summary(result),
        figures=tuple(
            figure
            for figures in (_named_figures(named), _generic_figures(result), _engine_figures(result))
            for figure in figures
        ),
        tables=tuple(table for table in (_named_table(named), *_generic_tables(generic)) if table.rows),
        seconds=result.seconds,
    )


def generic_score(result: Mutation) -> tuple[int, int]:
    """How many generic faults were caught, of how many that were tried and are not equivalent."""
    caught = len(result.of(GENERIC, CLAIMS, TESTS))
    return caught, caught + len(result.of(GENERIC, SURVIVED))


def interval(caught: int, total: int) -> tuple[float, float]:
    """The exact (Clopper-Pearson) interval for the share that is caught."""
    if not total:
        return 0.0, 1.0
    found = stats.binomtest(caught, total).proportion_ci(confidence_level=CONFIDENCE, method="exact")
    return float(found.low), float(found.high)


def refuted_equivalents(result: Mutation) -> tuple[Record, ...]:
    """Faults that were argued to change nothing and were caught all the same."""
    return tuple(each for each in result.of(GENERIC, CLAIMS, TESTS) if each.reason)


def _summary(result: Mutation) -> str:
    named, generic = len(result.of(NAMED)), len(result.of(GENERIC))
    words = [
        f"{named} named faults and {generic} generic ones were planted one at a time, and the checks that execute "
        f"them were run: {result.checks} checks in all."
    ]
    if result.drawn_from is not None:
        words.append(
            f"The generic ones are a random sample of {len(result.drawn_from.sites)} sites with "
            f"{result.drawn_from.replacements} replacements by the operators of cosmic-ray (seed {result.seed}): "
            "every site is as likely as another, and so is every replacement at it."
        )
        left_out = "; ".join(f"{count} {reason}" for reason, count in result.drawn_from.left_out.items())
        words.append(f"Left out before the draw: {left_out}.")
    return " ".join(words)


def _named_figures(named: Sequence[Record]) -> list[Figure]:
    if not named:
        return []
    caught = [each for each in named if each.fate == CLAIMS]
    refuted = sum(each.refuted for each in caught)
    untried = sum(each.fate == UNTRIED for each in named)
    value = f"{len(caught)} of {len(named)}" + (f", {untried} not tried" if untried else "")
    return [
        Figure("Named faults caught by claims", value, "all", len(caught) == len(named)),
        Figure("Of these, by a claim found false or a control found true", f"{refuted} of {len(caught)}"),
    ]


def _generic_figures(result: Mutation) -> list[Figure]:
    generic = result.of(GENERIC)
    if not generic:
        return []
    caught, total = generic_score(result)
    low, high = interval(caught, total)
    by_claims = len(result.of(GENERIC, CLAIMS))
    fates = Counter(each.fate for each in generic)
    score = caught / total if total else 0.0
    judged = result.drawn_from is not None
    return [
        Figure(
            "Generic faults caught",
            f"{caught} of {total} ({score:.1%}; {CONFIDENCE:.0%} interval {low:.1%} to {high:.1%})",
            f"at least {TARGET:.0%}" if judged else "",
            score >= TARGET if judged else None,
        ),
        Figure("Of these, by claims alone", f"{by_claims} of {total} ({by_claims / max(total, 1):.1%})"),
        Figure("Generic faults argued equivalent", f"{fates[EQUIVALENT]}"),
        *([Figure("Generic faults not tried for want of time", f"{fates[UNTRIED]}")] * bool(fates[UNTRIED])),
        *(
            Figure("Argued equivalent, but caught", each.id, "none", False)
            for each in refuted_equivalents(result)
        ),
    ]


def _engine_figures(result: Mutation) -> list[Figure]:
    unchanged = result.of(UNCHANGED)
    caught = [each for each in unchanged if each.fate == CLAIMS]
    tried = sum(each.tried for each in unchanged)
    odd = [
        Figure("Checks and tests that already fail without a fault", each, "none", False)
        for each in result.odd
    ]
    if not unchanged:
        return odd
    value = f"{len(caught)} of {len(unchanged)} (in {tried} checks)"
    return [
        Figure(
            "Edits that change nothing and were caught",
            value,
            "none of at least one",
            bool(tried) and not caught,
        ),
        *odd,
    ]


def _named_table(named: Sequence[Record]) -> Table:
    rows = []
    for each in named:
        claims = list(dict.fromkeys(f"{catch.name} {catch.how}" for catch in each.catches))
        more = f" and {len(claims) - _SHOWN} more" if len(claims) > _SHOWN else ""
        first = each.catches[0] if each.catches else None
        rows.append(
            (
                each.id,
                f"{each.file}:{each.line}",
                each.reason,
                "; ".join(claims[:_SHOWN]) + more if claims else each.fate.upper(),
                f"{first.seconds:.1f} s" if first else "",
            )
        )
    return Table(
        "Named faults", ("fault", "where", "why it is wrong", "caught by", "first after"), tuple(rows)
    )


def _generic_tables(generic: Sequence[Record]) -> list[Table]:
    def rows(fate: str, last: str) -> tuple[tuple[str, ...], ...]:
        found = sorted(
            (each for each in generic if each.fate == fate), key=lambda each: (each.file, each.line)
        )
        return tuple((f"{each.file}:{each.line}", each.old, each.new, getattr(each, last)) for each in found)

    counts = {
        file: Counter(each.fate for each in generic if each.file == file)
        for file in sorted({each.file for each in generic})
    }
    fates = (CLAIMS, TESTS, SURVIVED, EQUIVALENT, UNTRIED)
    return [
        Table(
            "Generic faults that survived",
            ("where", "line", "planted", "plant it again"),
            rows(SURVIVED, "command"),
        ),
        Table(
            "Generic faults argued equivalent",
            ("where", "line", "planted", "argument"),
            rows(EQUIVALENT, "reason"),
        ),
        Table(
            "Generic faults by module: caught by",
            ("module", *fates),
            tuple((file, *(str(count[fate]) for fate in fates)) for file, count in counts.items()),
        ),
    ]
