"""A record computed again is the same, and whatever was changed in it is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import ntk_escape
from report.commands import run_command
from theory.errors import InputError
from verify.registry import registry
from verify.replay import Agreement, changed_circumstances, replay
from verify.run import Run
from verify.verdict import Outcome

EXAMPLE = str(Path(__file__).parent / "my_claims.py")
CLAIMS = registry([EXAMPLE])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp("run")
    return ntk_escape.verify(EXAMPLE, seed=7, jobs=1, out=folder), folder


def with_first_evidence(run: Run, **changes: object) -> Run:
    """The run with something else in the evidence of its first record."""
    first = run.claims[0]
    record = first.results[0]
    edited = replace(record, evidence=replace(record.evidence, **changes))
    return replace(run, claims=(replace(first, results=(edited, *first.results[1:])), *run.claims[1:]))


def replayed(run: Run) -> dict[tuple[str, str], Agreement]:
    return {
        (each.before.claim_id, each.before.check): each.agreement for each in replay(run, CLAIMS, run.claims)
    }


def test_every_record_is_the_same_again(finished: tuple[Run, Path]) -> None:
    run, _ = finished
    found = replayed(run)
    assert len(found) == sum(len(each.results) for each in run.claims) == 5
    assert set(found.values()) == {Agreement.SAME}
    assert not changed_circumstances(run, CLAIMS)


def test_a_changed_number_and_its_place_are_named(finished: tuple[Run, Path]) -> None:
    run = with_first_evidence(finished[0], counts={"examples": 12345})
    name = run.claims[0].results[0].claim_id, run.claims[0].results[0].check
    (record,) = [each for each in replay(run, CLAIMS, run.claims) if each.agreement is not Agreement.SAME]
    assert (record.before.claim_id, record.before.check) == name
    assert record.agreement is Agreement.NUMBERS
    assert any(
        each.place == "evidence/counts/examples" and each.before == "12345" for each in record.differences
    )


def test_a_changed_seed_changes_a_drawn_record(finished: tuple[Run, Path]) -> None:
    """The seed of the record is the one that is used: under another one the drawn numbers are others."""
    run, _ = finished
    claims = tuple(
        replace(each, results=tuple(replace(record, seed=record.seed + 1) for record in each.results))
        for each in run.claims
    )
    other = list(replay(replace(run, claims=claims), CLAIMS, claims))
    assert all(each.now is not None and each.now.seed == each.before.seed for each in other)
    assert any(each.agreement is Agreement.NUMBERS for each in other)


def test_a_changed_outcome_is_told_apart(finished: tuple[Run, Path]) -> None:
    run = with_first_evidence(finished[0], outcome=Outcome.UNDECIDED)
    assert sorted(replayed(run).values()).count(Agreement.OUTCOME) == 1


def test_a_record_whose_claim_is_gone(finished: tuple[Run, Path]) -> None:
    run, _ = finished
    smaller = replace(
        CLAIMS, claims={k: v for k, v in CLAIMS.claims.items() if k != run.claims[-1].claim["id"]}
    )
    found = {each.before.claim_id: each.agreement for each in replay(run, smaller, run.claims[-1:])}
    assert found == {run.claims[-1].claim["id"]: Agreement.GONE}


def test_other_versions_are_named(finished: tuple[Run, Path]) -> None:
    run = replace(finished[0], environment={**finished[0].environment, "python": "2.7"})
    (difference,) = changed_circumstances(run, CLAIMS)
    assert (difference.place, difference.before) == ("python", "2.7")


def test_the_command(finished: tuple[Run, Path], capsys: pytest.CaptureFixture[str]) -> None:
    run, folder = finished
    some = run.claims[0].claim["id"]
    assert run_command(["replay", str(folder), some, EXAMPLE, "--jobs", "1"], version="0") == 0
    assert "records are the same, to the last digit" in capsys.readouterr().out
    assert run_command(["replay", str(folder), EXAMPLE, "--check", "nowhere"], version="0") == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_file_of_claims_runs_only_when_it_is_named(
    finished: tuple[Run, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The path of a file of claims stands in the results; taking it from there would run whatever they name."""
    assert run_command(["replay", str(finished[1])], version="0") == 2
    assert "name the file as well, if you trust it" in capsys.readouterr().err
    from report.workflow import claims_for

    with pytest.raises(InputError, match="allowed"):
        claims_for(finished[0].claims)
