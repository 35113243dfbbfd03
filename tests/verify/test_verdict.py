"""Verdicts: one fault refutes, one doubt withholds, and only a general exact check proves."""

from itertools import product

import pytest

from verify.verdict import Kind, Outcome, Verdict, combine, verdict, weakest

H, F, U, V, S, E = (
    Outcome.HOLDS,
    Outcome.FAILS,
    Outcome.UNDECIDED,
    Outcome.VACUOUS,
    Outcome.SKIPPED,
    Outcome.ERROR,
)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([(Kind.FORMAL, True, H)], Verdict.PROVED),
        ([(Kind.SYMBOLIC, True, H)], Verdict.PROVED),
        ([(Kind.SYMBOLIC, False, H)], Verdict.SUPPORTED),
        ([(Kind.ENCLOSURE, True, H)], Verdict.ENCLOSED),
        ([(Kind.ENCLOSURE, False, H)], Verdict.SUPPORTED),
        ([(Kind.PROPERTY, True, H)], Verdict.SUPPORTED),
        ([(Kind.STATISTICAL, True, H)], Verdict.SUPPORTED),
        ([(Kind.EXPERIMENT, True, H)], Verdict.SUPPORTED),
        ([(Kind.PROPERTY, False, H), (Kind.SYMBOLIC, True, H)], Verdict.PROVED),
        ([(Kind.ENCLOSURE, True, H), (Kind.SYMBOLIC, False, H)], Verdict.ENCLOSED),
        ([(Kind.SYMBOLIC, True, H), (Kind.PROPERTY, False, F)], Verdict.REFUTED),
        ([(Kind.SYMBOLIC, True, H), (Kind.PROPERTY, False, U)], Verdict.UNDECIDED),
        ([(Kind.SYMBOLIC, True, H), (Kind.PROPERTY, False, V)], Verdict.VACUOUS),
        ([(Kind.SYMBOLIC, True, H), (Kind.PROPERTY, False, E)], Verdict.ERROR),
        ([(Kind.SYMBOLIC, True, E), (Kind.PROPERTY, False, F)], Verdict.REFUTED),
        ([(Kind.SYMBOLIC, True, S), (Kind.PROPERTY, False, H)], Verdict.SUPPORTED),
        ([(Kind.SYMBOLIC, True, S)], Verdict.SKIPPED),
        ([], Verdict.SKIPPED),
    ],
)
def test_the_table_of_verdicts(results, expected):
    assert verdict(results) is expected


def test_no_order_of_checks_changes_the_verdict_and_only_holding_ones_establish():
    cases = list(product([Kind.SYMBOLIC, Kind.PROPERTY], [True, False], Outcome))
    for first, second in product(cases, repeat=2):
        found = verdict([first, second])
        assert found is verdict([second, first])
        outcomes = {first[2], second[2]}
        assert found.established == (H in outcomes and outcomes <= {H, S})
        if F in outcomes:
            assert found is Verdict.REFUTED


def test_the_outcome_of_several_comparisons_is_the_worst():
    worst_first = [F, E, U, V, S, H]
    for i, worse in enumerate(worst_first):
        for better in worst_first[i:]:
            assert combine([better, worse, better]) is worse
    assert combine([]) is V


def test_the_weakest_verdict_wins():
    assert weakest(Verdict) is Verdict.REFUTED
    assert weakest([Verdict.PROVED, Verdict.SUPPORTED]) is Verdict.SUPPORTED
    assert weakest([Verdict.ERROR, Verdict.UNDECIDED]) is Verdict.ERROR
    with pytest.raises(ValueError, match="empty"):
        weakest([])


def test_every_verdict_says_what_it_means():
    assert len({each.meaning for each in Verdict}) == len(Verdict)
    assert {each for each in Verdict if each.established} == {
        Verdict.PROVED,
        Verdict.ENCLOSED,
        Verdict.SUPPORTED,
    }
