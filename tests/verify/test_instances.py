"""Instances are proved, refuted or left open, each by itself, and nothing is concluded where Coq cannot speak."""

from __future__ import annotations

from pathlib import Path

import pytest

from theory.errors import InputError
from verify.coq import Toolchain
from verify.evidence import Evidence
from verify.instances import Instance, hold
from verify.layer import Layer
from verify.verdict import Outcome

TWICE = "Definition twice (n : nat) : nat := n + n.\n"


PREAMBLE = "From Sample Require Import Twice.\n"


def decide(
    folder: Path,
    *statements: str,
    text: str = TWICE,
    more: str = "",
    proof: str = "reflexivity.",
    refutation: str = "discriminate.",
) -> Evidence:
    (folder / "Twice.v").write_text(text)
    layer = Layer(folder, "Sample", libraries=())
    instances = [Instance(f"number {k}", statement) for k, statement in enumerate(statements)]
    return hold(layer, "Twice", instances, preamble=PREAMBLE + more, proof=proof, refutation=refutation)


def test_each_instance_gets_its_own_answer(tmp_path: Path, coq: Toolchain) -> None:
    right, wrong, open_ = "twice 2 = 4", "twice 3 = 5", "forall n, twice n = n"
    assert decide(tmp_path, right, right).outcome is Outcome.HOLDS
    found = decide(tmp_path, right, wrong, right, open_, wrong)
    assert found.outcome is Outcome.FAILS
    assert found.counts == {"instances": 5, "proved": 2}
    assert found.summary.endswith("negation of number 1, number 4")
    assert [each.title for each in found.listings] == ["Read after", "number 1", "number 3", "number 4"]
    assert found.listings[0].text == PREAMBLE.strip()
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
        ("Definition twice (n : nat) : nat := n + absent.\n", "reflexivity.", "Coq rejects Twice.v, line 1"),
    ],
)
def test_nothing_is_concluded_from_an_unsound_module(
    tmp_path: Path, coq: Toolchain, text: str, proof: str, why: str
) -> None:
    found = decide(tmp_path, "twice 2 = 5", text=text, proof=proof)
    assert found.outcome is Outcome.UNDECIDED
    assert why in found.summary


@pytest.mark.parametrize(
    ("statement", "more", "proof"),
    [
        ("True). Proof. exact I. Qed. Axiom q : False. Theorem z : (True", "", "exact I."),
        ("False", "Axiom f : False.", "exact f."),
        ("5 <= 3", 'Notation "x <= y" := True.', "exact I."),
        ("5 <= 3", "Definition le (n m : nat) := True.", "exact I."),
        ("False", "Unset Guard Checking.", "exact I."),
        ("False", "From Elsewhere Require Import X.", "exact I."),
        ("False", "", "admit. Admitted. Theorem z : True. exact I."),
        ("False", "", "exact I. Qed. Lemma l : True. Proof. exact I."),
        ("2 + 2 = 4", "", "timeout 1 reflexivity."),
    ],
)
def test_a_text_that_could_let_a_hole_through_is_refused(
    tmp_path: Path, statement: str, more: str, proof: str
) -> None:
    with pytest.raises(InputError):
        decide(tmp_path, statement, more=more, proof=proof)
    with pytest.raises(InputError):
        decide(tmp_path, statement, more=more, refutation=proof)


IRRELEVANCE = "From Coq Require Import ProofIrrelevance.\n"
SAME = "forall p q : True \\/ True, p = q"


def test_an_axiom_that_is_not_permitted_decides_nothing(tmp_path: Path, coq: Toolchain) -> None:
    """Neither an instance nor a negation, whatever a notation makes of the list of all proofs."""
    use = "first [reflexivity | intros; apply proof_irrelevance]."
    found = decide(tmp_path, "twice 2 = 4", SAME, more=IRRELEVANCE, proof=use)
    assert found.outcome is Outcome.UNDECIDED
    assert "rest on ProofIrrelevance.proof_irrelevance, which is not permitted" in found.summary
    use = "intro H; apply H; intros; apply proof_irrelevance."
    found = decide(tmp_path, f"~ ({SAME})", more=IRRELEVANCE, refutation=use)
    assert found.outcome is Outcome.UNDECIDED and "not permitted" in found.summary
    text = TWICE + 'Notation "( x , y )" := I.\n'
    use = "intros; apply proof_irrelevance."
    assert "not permitted" in decide(tmp_path, SAME, text=text, more=IRRELEVANCE, proof=use).summary


def test_an_instance_on_which_coq_ran_out_of_something_is_not_tried_the_other_way_round(
    tmp_path: Path, coq: Toolchain
) -> None:
    found = decide(tmp_path, "twice 2 = 4", "twice 2 = 5", proof='reflexivity || fail 1 "out of memory".')
    assert found.outcome is Outcome.UNDECIDED
    assert found.summary.startswith("nothing is concluded: Coq came to no end on the instances, line ")


def test_names_that_the_engine_takes_are_not_in_the_way(tmp_path: Path, coq: Toolchain) -> None:
    text = TWICE + "Lemma instance_0 n : twice n = n + n.\nProof. reflexivity. Qed.\n"
    found = decide(
        tmp_path, "twice 1 = 2", "twice 2 = 4", text=text, proof="rewrite instance_0; reflexivity."
    )
    assert found.outcome is Outcome.HOLDS


def test_no_instance_is_vacuous_and_no_coq_is_skipped(
    tmp_path: Path, coq: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decide(tmp_path).outcome is Outcome.VACUOUS
    monkeypatch.setenv("PATH", str(tmp_path))
    assert decide(tmp_path, "twice 2 = 4").outcome is Outcome.SKIPPED
