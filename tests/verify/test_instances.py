"""Instances are proved, refuted or left open, each by itself, and nothing is concluded where Coq cannot speak."""

from __future__ import annotations

from pathlib import Path

import pytest

from verify.coq import Toolchain
from verify.evidence import Evidence
from verify.instances import Instance, hold
from verify.layer import Layer
from verify.verdict import Outcome

TWICE = "Definition twice (n : nat) : nat := n + n.\n"


def decide(folder: Path, *statements: str, text: str = TWICE, proof: str = "reflexivity.") -> Evidence:
    (folder / "Twice.v").write_text(text)
    layer = Layer(folder, "Sample", libraries=())
    instances = [Instance(f"number {k}", statement) for k, statement in enumerate(statements)]
    preamble = "From Sample Require Import Twice.\n"
    return hold(layer, "Twice", instances, preamble=preamble, proof=proof, refutation="discriminate.")


def test_each_instance_gets_its_own_answer(tmp_path: Path, coq: Toolchain) -> None:
    right, wrong, open_ = "twice 2 = 4", "twice 3 = 5", "forall n, twice n = n"
    assert decide(tmp_path, right, right).outcome is Outcome.HOLDS
    found = decide(tmp_path, right, wrong, right, open_, wrong)
    assert found.outcome is Outcome.FAILS
    assert found.counts == {"instances": 5, "proved": 2}
    assert found.summary.endswith("negation of number 1, number 4")
    assert [each.title for each in found.listings] == ["number 1", "number 3", "number 4"]
    undecided = decide(tmp_path, right, open_)
    assert (undecided.outcome, undecided.summary) == (
        Outcome.UNDECIDED,
        "neither proved nor refuted: number 1",
    )


def test_a_changed_definition_is_refuted(tmp_path: Path, coq: Toolchain) -> None:
    changed = TWICE.replace("n + n", "n + n + n")
    assert decide(tmp_path, "twice 2 = 4", text=changed).outcome is Outcome.FAILS


@pytest.mark.parametrize(
    ("text", "proof", "why"),
    [
        (TWICE + "Axiom all : forall P : Prop, P.\n", "apply all.", "holds the command 'Axiom'"),
        ("Definition twice (n : nat) : nat := n + absent.\n", "reflexivity.", "Coq does not take Twice.v"),
    ],
)
def test_nothing_is_concluded_from_an_unsound_module(
    tmp_path: Path, coq: Toolchain, text: str, proof: str, why: str
) -> None:
    found = decide(tmp_path, "twice 2 = 5", text=text, proof=proof)
    assert found.outcome is Outcome.UNDECIDED
    assert why in found.summary


def test_no_instance_is_vacuous_and_no_coq_is_skipped(
    tmp_path: Path, coq: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decide(tmp_path).outcome is Outcome.VACUOUS
    monkeypatch.setenv("PATH", str(tmp_path))
    assert decide(tmp_path, "twice 2 = 4").outcome is Outcome.SKIPPED
