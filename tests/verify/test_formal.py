"""Formal evidence: only what the kernel proves exactly as shown holds; each way around it is planted and caught."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

import verify.audit
from theory.errors import InputError
from verify.audit import AXIOMS, assumed
from verify.claim import Claim, Context, Profile
from verify.compiled import ask
from verify.coq import INSTALL, missing
from verify.evidence import Evidence
from verify.formal import Proofs
from verify.layer import Layer
from verify.pool import Task, perform_all
from verify.verdict import Kind, Outcome, Verdict, verdict
from verify.worker import perform

FOLDER = Path(__file__).with_name("formal_sample")
STATEMENTS = {
    "counted": "forall n : nat, ones n = n",
    "counted_twin_false": "~ (forall n : nat, ones n = S n)",
    "next": "forall n : nat, n <= S n",
}


def proofs(folder: Path = FOLDER, **statements: str) -> Proofs:
    return Proofs("Sample", Layer(folder, "Sample", libraries=()), {**STATEMENTS, **statements})


def prove(name: str, folder: Path = FOLDER, **statements: str) -> Evidence:
    return proofs(folder, **statements).check(name, scope="all n").run(Context())


def twin(folder: Path = FOLDER, *, name="counted", old="= n", new="= S n", **more: str) -> Claim:
    return proofs(folder).control(
        name, old=old, new=new, id="control.it", control_of="a.b", title="T", statement="s", fault="f", **more
    )


def refute(folder: Path = FOLDER, **more: str) -> Evidence:
    return twin(folder, **more).checks[0].run(Context())


@pytest.fixture
def plant(tmp_path):
    """A copy of the sample with a text replaced, or added at the end of a file."""

    def change(old: str, new: str, module: str = "Sample") -> Path:
        folder = tmp_path / "planted"
        if not folder.exists():
            shutil.copytree(FOLDER, folder)
        path = folder / f"{module}.v"
        text = path.read_text()
        assert text.count(old) >= 1
        path.write_text(text.replace(old, new) if old else text + new)
        return folder

    return change


def texts(evidence: Evidence) -> dict[str, str]:
    return {each.title: each.text for each in evidence.listings}


def test_a_proof_holds_and_shows_all_that_the_statement_means(coq):
    found = prove("counted")
    assert found.outcome is Outcome.HOLDS, found.summary
    assert found.summary == "Coq's kernel accepts Sample.counted as a proof of the statement shown; no axioms"
    shown = texts(found)
    assert shown["Statement in Coq"] == STATEMENTS["counted"]
    assert shown["Read after"] == "From Coq Require Import PeanoNat.\nFrom Sample Require Import Base."
    meaning = shown["Definitions that it rests on"]
    assert "(* the function that is 1 everywhere *)\nDefinition one (k : nat) : nat := unit." in meaning
    assert (
        "Fixpoint total" in meaning
        and "Definition unit" in meaning
        and "Definition ones" in meaning
        and "unused" not in meaning
        and "Require" not in meaning
    )
    assert shown["Axioms that the theorems shown of Sample.v rest on"] == "none"
    assert found == prove("counted")
    assert verdict([(Kind.FORMAL, True, found.outcome)]) is Verdict.PROVED


def test_the_evidence_goes_through_the_worker_unchanged(coq):
    check = proofs().check("counted", scope="all n", profile=Profile.STANDARD)
    assert (check.name, check.kind, check.general, check.profile) == (
        "coq_counted",
        Kind.FORMAL,
        True,
        Profile.STANDARD,
    )
    claim = Claim(id="a.b", title="T", statement="s", bound=twin().bound, source="S", checks=(check,))
    result = perform(claim, "coq_counted", profile=Profile.STANDARD, seed=0)
    assert result.evidence == prove("counted")


def test_all_statements_of_a_module_take_one_audit(fake, fresh_cache):
    assert [prove(name).outcome for name in STATEMENTS] == [Outcome.HOLDS] * 3
    assert fake.compiled == ["Base.v", "Sample.v", "Probe.v"]


PERMITTED = """
From Coq Require Import FunctionalExtensionality Classical Reals.
Theorem classical : forall (P : Prop) (f g : nat -> nat), (forall x, f x = g x) -> f = g /\\ (P \\/ ~ P).
Proof. intros P f g H. split; [apply functional_extensionality; exact H|apply classic]. Qed.
Theorem real : forall x : R, (x + 0 = x)%R.
Proof. intros x. apply Rplus_0_r. Qed.
"""


def test_the_four_axioms_are_permitted_and_named(coq, tmp_path):
    (tmp_path / "Sample.v").write_text(PERMITTED)
    statements = {
        "classical": "forall (P : Prop) (f g : nat -> nat), (forall x, f x = g x) -> f = g /\\ (P \\/ ~ P)",
        "real": "forall x : R, (x + 0 = x)%R",
    }
    module = Proofs("Sample", Layer(tmp_path, "Sample", libraries=()), statements)
    found = module.check("real", scope="x").run(Context())
    assert found.outcome is Outcome.HOLDS, found.summary
    named = [
        line.split(":")[0]
        for line in texts(found)["Axioms that the theorems shown of Sample.v rest on"].splitlines()
    ]
    assert set(named) == set(AXIOMS) - {"ClassicalDedekindReals.sig_not_dec"}
    assert found.counts["axioms"] == 3


AXIOM = "\nAxiom free : forall n : nat, n <= S n.\n"


@pytest.mark.parametrize(
    ("module", "old", "new", "reason"),
    [
        ("Sample", "apply add_one.\nQed.", "Admitted.", "Sample.v, line 10 holds 'Admitted'"),
        ("Sample", "apply add_one.", "admit.", "Sample.v, line 10 holds 'admit'"),
        ("Sample", "", AXIOM, "Sample.v, line 23 holds the command 'Axiom'"),
        ("Base", "", AXIOM, "Base.v, line 23 holds the command 'Axiom'"),
        ("Base", "", "\nParameter p : False.\n", "Base.v, line 23 holds the command 'Parameter'"),
        ("Base", "Fixpoint total", "Unset Guard Checking.\nFixpoint total", "changes an option"),
        (
            "Sample",
            "Theorem counted :",
            "(* Theorem counted : *) Lemma counted :",
            "0 theorems named counted",
        ),
        ("Sample", "Theorem counted :", "Theorem counted' :", "0 theorems named counted"),
        ("Sample", "apply add_one.", "reflexivity.", "Coq rejects Sample.v, line 10"),
        ("Base", "reflexivity.", "", "Coq rejects Base.v, line 21"),
    ],
)
def test_a_hole_in_a_file_is_found(coq, plant, module, old, new, reason):
    found = prove("counted", plant(old, new, module))
    assert found.outcome is Outcome.UNDECIDED
    assert found.summary.startswith("not proved: ") and reason in found.summary
    assert texts(found)["Statement in Coq"] == STATEMENTS["counted"]


@pytest.mark.parametrize(
    ("load", "proof", "axiom"),
    [
        ("ProofIrrelevance", "destruct (proof_irrelevance True I I).", "ProofIrrelevance.proof_irrelevance"),
        ("Uint63", "pose (x := Uint63.add).", "PrimInt63.int, PrimInt63.add"),
    ],
)
def test_an_axiom_of_a_library_is_found_where_it_is_used(coq, plant, load, proof, axiom):
    plant("Require Import PeanoNat", f"Require Import PeanoNat {load}")
    folder = plant("intros n. repeat", f"{proof} intros n. repeat")
    found = prove("next", folder)
    assert found.outcome is Outcome.UNDECIDED
    assert f"Sample.next rests on {axiom}" in found.summary and "not permitted" in found.summary
    assert prove("counted", folder).outcome is Outcome.HOLDS


INTERVAL = """
From Coq Require Import Reals.
From Interval Require Import Tactic.
Theorem machine : (exp 1 <= 3)%R.
Proof. interval. Qed.
"""


def test_the_interval_tactic_over_machine_floats_is_found(coq, tmp_path):
    if not coq.has("Interval"):
        pytest.skip(missing())
    (tmp_path / "Sample.v").write_text(INTERVAL)
    module = Proofs("Sample", Layer(tmp_path, "Sample"), {"machine": "(exp 1 <= 3)%R"})
    found = module.check("machine", scope="one number").run(Context())
    assert found.outcome is Outcome.UNDECIDED
    assert "PrimFloat" in found.summary and "not permitted" in found.summary


def test_a_module_with_the_name_of_a_permitted_axiom_s_is_refused(coq, plant):
    folder = plant("Import Base.", "Import Base Classical_Prop.")
    (folder / "Classical_Prop.v").write_text("Definition classic := 0.\n")
    assert "has the name Classical_Prop of one of Coq's own" in prove("counted", folder).summary


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("forall n : nat, ones n <= n", "proves another statement than the one shown"),
        ("forall n : nat, ones n = n + 0", "proves another statement than the one shown"),
        ("_", "is no proposition"),
        ("forall n, ones n = _ n", "is no proposition"),
        ("nat", "is no proposition"),
        ("forall n : nat, absent n = n", "is no proposition"),
        ("forall n : nat, ones n = ", "is no proposition"),
    ],
)
def test_a_claim_that_shows_another_statement_gets_no_proof(coq, statement, reason):
    found = prove("counted", counted=statement)
    assert found.outcome is Outcome.UNDECIDED
    assert found.summary.startswith("not proved: ") and reason in found.summary
    assert prove("next", counted=statement).outcome is Outcome.HOLDS


def test_a_file_that_proves_less_than_is_shown_is_found(coq, plant):
    folder = plant("forall n : nat, n <= S n", "forall n : nat, n = 0 -> n <= S n")
    plant("Proof. intros n. repeat", "Proof. intros n _. repeat")
    assert "Sample.next proves another statement" in prove("next", folder).summary


def test_no_notation_of_the_file_hides_what_is_assumed_or_said(coq, plant):
    """The bare name of an axiom, or the very file of the audit, read otherwise by notations of the module."""
    plant("Require Import PeanoNat", "Require Import PeanoNat ProofIrrelevance")
    plant("intros n. repeat", "destruct (proof_irrelevance True I I). intros n. repeat")
    folder = plant("", '\nNotation "( x , y )" := I.\nNotation shown_0 := I.\nNotation said_0 := True.\n')
    alone = Proofs("Sample", Layer(folder, "Sample", libraries=()), {"next": STATEMENTS["next"]})
    assert "not permitted" in alone.check("next", scope="all n").run(Context()).summary
    lie = plant("", '\nNotation "x <= y" := (x = x /\\ y = y) (at level 70).\n')
    found = prove("next", lie)
    assert found.outcome is Outcome.UNDECIDED and "proves another statement" in found.summary
    assert 'Notation "x <= y"' in texts(found)["Definitions that it rests on"]


REALS = "From Coq Require Import Reals Lra.\nOpen Scope R_scope.\n"
ZERO = "exact (fun _ => 0). "
DONE = ".\nProof. intros; reflexivity. Qed.\n"
HALF = "Theorem t : 1 / 2 = 0" + DONE
LESS = (
    "Fixpoint le' (n : nat) (x y : R) {struct n} : Prop := True\nwhere \"x <= y\" := (le' O x y) : R_scope.\n"
)
WRAPPED = """Record zero := Zero { of :> R -> R; is_zero : forall x, of x = 0 }.
Lemma sin : zero. Proof. exact (Zero (fun _ => 0) (fun _ => eq_refl)). Qed.
Theorem t : forall x : R, sin x = 0. Proof. intros x. apply is_zero. Qed.
"""


def only(folder: Path, statement: str, text: str) -> Evidence:
    """The evidence for a theorem ``t`` of a module ``Sample`` with this text."""
    (folder / "Sample.v").write_text(text, encoding="utf-8")
    layer = Layer(folder, "Sample", libraries=())
    return Proofs("Sample", layer, {"t": statement}).check("t", scope="x").run(Context())


@pytest.mark.parametrize(
    ("text", "statement", "shown"),
    [
        (f"{REALS}{LESS}Theorem t : 5 <= 3.\nProof. exact I. Qed.\n", "5 <= 3", LESS.strip()),
        (f"{REALS}Open Scope nat_scope.\n{HALF}", "1 / 2 = 0", "Open Scope nat_scope."),
        (f"From Coq Require Import Reals PeanoNat.\n{HALF}", "1 / 2 = 0", "Reals PeanoNat."),
        (f"{REALS}Close Scope R_scope.\n{HALF}", "1 / 2 = 0", "Close Scope R_scope."),
        (f"{REALS}Definition h := 1.\nArguments h.\nTheorem t : h = 1{DONE}", "h = 1", "Arguments h."),
        (f"Ltac one := exact 1.\nNotation h := ltac:(one).\nTheorem t : h = 1{DONE}", "h = 1", "Ltac one :="),
        (
            f"{REALS}Module I := Nat.\nExport I.\nTheorem t : sub 1 2 = O{DONE}",
            "sub 1 2 = O",
            "Module I := Nat.",
        ),
        (f"{REALS}Module I := Nat.\nExport I.\nTheorem t : sub 1 2 = O{DONE}", "sub 1 2 = O", "Export I."),
        (f"{REALS}{WRAPPED}", "forall x : R, sin x = 0", "Lemma sin : zero."),
        (f"{REALS}{WRAPPED}", "forall x : R, sin x = 0", "Record zero :="),
        (f"{REALS}Example sin (x : R) : R := 0.\nTheorem t : sin 1 = 0{DONE}", "sin 1 = 0", "Example sin"),
    ],
)
def test_what_gives_a_statement_another_meaning_is_shown(coq, tmp_path, text, statement, shown):
    found = only(tmp_path, statement, text)
    assert found.outcome is Outcome.HOLDS, found.summary
    assert any(shown in each for each in texts(found).values())


@pytest.mark.parametrize(
    ("text", "statement", "reason"),
    [
        (f"Lemma sin : R -> R.\nProof. {ZERO}Defined.\n", "forall x : R, sin x = 0", "holds 'Defined'"),
        (f"Definition sin : R -> R.\nProof. {ZERO}Qed.\n", "forall x : R, sin x = 0", "defines by tactics"),
        (
            'Notation "x !(* y" := (x + y) (at level 50).\nLemma q : 1 !(* 2 = 3.\nProof. lra. Qed.\n'
            'Definition sin (x : R) : R := 0.\nNotation "x *) y" := (x + y) (at level 50).\n'
            "Lemma r : 1 *) 2 = 3.\nProof. lra. Qed.\n",
            "forall x : R, sin x = 0",
            "can be read in two ways",
        ),
        ("Definition sin\u00a0x : R := 0.\n", "sin x = 0", "only ASCII"),
    ],
)
def test_what_would_hide_another_meaning_is_refused(coq, tmp_path, text, statement, reason):
    found = only(tmp_path, statement, f"{REALS}{text}Theorem t : {statement}{DONE}")
    assert found.outcome is Outcome.UNDECIDED and reason in found.summary


@pytest.mark.parametrize(
    ("base", "shown"),
    [
        (
            "From Coq Require Import Reals.\nDefinition half := 1 / 2.\n",
            True,
        ),  # without the scope: of naturals
        ("From Coq Require Import Reals ZArith.\nOpen Scope R_scope.\nDefinition half := 1 / 2.\n", True),
        (REALS + "Definition half := 1 / 2.\n", False),
        (REALS.replace("Lra", "Lia Psatz") + "Definition half := 1 / 2.\n", False),  # tactics
        (REALS + "Definition other := 1 / 2.\n", False),
        ("From Coq Require Import Reals.\nDefinition other := 1 / 2.\n", False),
        ("From Coq Require Import Reals ZArith.\nOpen Scope R_scope.\nDefinition other := 1.\n", False),
        ("From Coq Require Export ZArith.\nDefinition other := 1.\n", True),
        ("Definition half := 1 / 2.\n", True),
        ("Open Scope nat_scope.\nDefinition other := 1.\n", True),
        ("Local Open Scope nat_scope.\nDefinition other := 1.\n", False),
    ],
)
def test_the_header_of_another_file_is_shown_where_it_matters(tmp_path, base, shown):
    """Where a definition reads otherwise after it, or the module takes it over; and else not, to be short."""
    (tmp_path / "Base.v").write_text(base)
    (tmp_path / "Sample.v").write_text(f"{REALS}From Sample Require Import Base.\n")
    meaning = Layer(tmp_path, "Sample", libraries=()).definitions("Sample", "half = 0")
    words = ("Require", "Open Scope nat", "(* without a header *)")
    assert any(each in meaning for each in words) is shown
    assert ("Definition half" in meaning) is ("half" in base)


GUARD = "Fixpoint f (n : nat) {struct n} : False := f n.\n"


def test_what_is_assumed_beside_axioms_is_found(coq, tmp_path):
    """The list of assumptions would tell, were the texts not scanned; and a strange list is not an empty one."""
    text = f"Export Unset Guard Checking.\n{GUARD}Theorem t : False.\nProof. exact (f 0). Qed.\n"
    assert "imports more than modules" in only(tmp_path, "False", text).summary
    layer = Layer(FOLDER, "Sample", libraries=())
    for option, expected in (("Export Unset", ("f is assumed to be guarded.",)), ("Set", ())):
        loop = GUARD if expected else "Definition f := 0.\n"
        output = ask(layer, "Base", f"{option} Guard Checking.\n{loop}Print Assumptions f.").output
        assert assumed(output) == expected
    assert assumed("") == assumed("  \n") == ("an unknown list of assumptions",)


@pytest.mark.parametrize(
    "statement", ["True. Axiom a : False", "True) := I. Check (I", "(* n *) True", "True."]
)
def test_a_statement_that_is_no_single_term_is_refused_at_once(statement):
    with pytest.raises(InputError, match=r"the statement of Sample\.counted: "):
        proofs(counted=statement)
    with pytest.raises(InputError, match=r"the mutated statement of Sample\.counted: "):
        twin(old="= n", new=statement)


def test_unknown_names_and_ambiguous_replacements_are_refused():
    with pytest.raises(InputError, match="one of counted, counted_twin_false, next"):
        proofs().check("count", scope="x")
    with pytest.raises(InputError, match="an identifier"):
        proofs(**{"a b": "True"})
    for old, new in (("absent", "x"), ("n", "m"), ("= n", "= n")):
        with pytest.raises(InputError, match="text that occurs exactly once"):
            twin(old=old, new=new)
    with pytest.raises(InputError, match=r"allowed: ~ \(forall n : nat, ones n = n \+ 1\)"):
        twin(new="= n + 1", negation="counted_twin_false")


def test_the_kernel_refuses_the_twin(coq):
    claim = twin(new="= n + 1")
    assert claim.checks[0].scope == "whether the proof of the theorem also proves the mutated statement"
    assert claim.is_control and claim.checks[0].profile is Profile.STANDARD
    found = refute(new="= n + 1")
    assert found.outcome is Outcome.FAILS, found.summary
    assert found.summary == "the mutated statement is not proved by the script that proves Sample.counted"
    assert texts(found)["Mutated statement in Coq"] == "forall n : nat, ones n = n + 1"
    assert "Unable to unify" in texts(found)["Why Coq refuses the proof"]
    assert verdict([(Kind.FORMAL, True, found.outcome)]) is Verdict.REFUTED
    assert found == refute(new="= n + 1")


def test_a_twin_whose_negation_is_proved(coq, plant):
    found = refute(negation="counted_twin_false")
    assert found.outcome is Outcome.FAILS
    assert found.summary == (
        "the mutated statement is false, by Sample.counted_twin_false, "
        "and not proved by the script that proves Sample.counted"
    )
    broken = refute(
        plant("Theorem counted_twin_false", "Lemma counted_twin_false"), negation="counted_twin_false"
    )
    assert broken.outcome is Outcome.UNDECIDED and "0 theorems" in broken.summary


def test_a_twin_that_is_proved_too_is_no_control(coq):
    found = refute(name="next", old="S n", new="S (S n)")
    assert found.outcome is Outcome.HOLDS
    assert found.summary == "the proof of Sample.next also proves the mutated statement"


RENAMED = "Theorem t : forall n : nat, n <= S n.\nProof. intros. apply (le_S n n). apply le_n. Qed.\n"


def mutate(folder: Path, statement: str, text: str, old: str, new: str) -> Evidence:
    """The evidence for a twin of the theorem ``t`` of a module ``Sample`` with this text."""
    (folder / "Sample.v").write_text(text)
    module = Proofs("Sample", Layer(folder, "Sample", libraries=()), {"t": statement})
    more = {"id": "control.it", "control_of": "a.b", "title": "T", "statement": "s", "fault": "f"}
    return module.control("t", old=old, new=new, **more).checks[0].run(Context())


@pytest.mark.parametrize(
    ("new", "outcome"),
    [
        ("forall k : nat, k <= S k", Outcome.HOLDS),  # renamed only: the script does not find its n
        ("forall k : nat, k <= 1 + k", Outcome.HOLDS),  # equal by computation
        ("forall n : nat, n <= S (S n)", Outcome.FAILS),  # true, but by another script
        ("forall n : nat, S n <= n", Outcome.FAILS),
    ],
)
def test_the_theorem_itself_must_not_be_a_proof_of_the_twin(coq, tmp_path, new, outcome):
    statement = "forall n : nat, n <= S n"
    found = mutate(tmp_path, statement, RENAMED, statement, new)
    assert found.outcome is outcome, found.summary
    if outcome is Outcome.FAILS:
        assert found.summary == "the mutated statement is not proved by the script that proves Sample.t"
    lie = RENAMED + 'Notation "x <= y" := (x < y).\nNotation "@ x" := I (at level 8).\n'
    assert mutate(tmp_path, statement, lie, statement, new).outcome is not Outcome.FAILS


@pytest.mark.parametrize("name", ["again", "Again", "twin", "Said", "same", "mutated", "aux"])
def test_no_name_in_the_module_is_in_the_way_of_the_twin(coq, tmp_path, name):
    """A lemma of any name serves the script, and what the script defines by the way is not there twice."""
    statement, weaker = "forall n m : nat, n <= S n", "forall n m : nat, n <= n"
    text = (
        f"Lemma {name} : forall n : nat, n <= S n.\nProof. intros; repeat constructor. Qed.\n"
        f"Theorem t : {statement}.\n"
        f"Proof. intros n m. abstract (first [apply {name} | apply le_n]) using by_the_way. Qed.\n"
    )
    assert mutate(tmp_path, statement, text, statement, weaker).outcome is Outcome.HOLDS
    found = mutate(tmp_path, statement, text, statement, "forall n m : nat, S n <= n")
    assert found.outcome is Outcome.FAILS
    assert "exists" not in texts(found)["Why Coq refuses the proof"]


def test_a_time_out_within_a_script_is_refused(coq, plant):
    """It could look like any failure."""
    folder = plant("intros n. repeat constructor.", "intros n. first [timeout 9 repeat constructor | fail].")
    found = refute(folder, name="next", old="n <= S n", new="S n <= n")
    assert found.outcome is Outcome.UNDECIDED and "holds 'timeout'" in found.summary


def test_names_of_the_audit_are_not_those_of_a_statement(coq):
    for statement in ("said_1 -> said_1", "Audit.said_1 -> True"):
        found = prove("next", next=statement)
        assert found.outcome is Outcome.UNDECIDED and "is no proposition" in found.summary


@pytest.mark.parametrize("new", ["= absent", "= true", "= _"])
def test_a_twin_that_says_nothing_refutes_nothing(coq, new):
    found = refute(new=new)
    assert found.outcome is Outcome.UNDECIDED
    assert "the mutated statement is no proposition of Coq" in found.summary


def test_a_script_that_fails_in_that_place_refutes_nothing(coq, plant):
    """A tactic that is local to the file is not there when the script runs again after the header."""
    folder = plant(
        "Theorem next : forall n : nat, n <= S n.",
        "Ltac go := repeat constructor.\nTheorem next : forall n : nat, n <= S n.",
    )
    plant("intros n. repeat constructor.", "intros m. go.")
    assert refute(folder, name="next", old="n <= S n", new="S n <= n").outcome is Outcome.FAILS
    plant("Ltac go", "Local Ltac go")
    found = refute(folder, name="next", old="n <= S n", new="S n <= n")
    assert found.outcome is Outcome.UNDECIDED
    assert "the script does not prove Sample.next itself after the header" in found.summary


@pytest.mark.parametrize("message", ["Timeout!", "Stack overflow.", "Anomaly: x"])
def test_a_twin_that_only_ran_out_of_something_refutes_nothing(coq, plant, message):
    folder = plant("intros n. repeat constructor.", f'repeat constructor || fail 1 "{message}".')
    found = refute(folder, name="next", old="n <= S n", new="S n <= n")
    assert found.outcome in (Outcome.UNDECIDED, Outcome.ERROR)
    assert message in found.summary


def test_a_proof_that_loops_is_undecided(coq, plant, monkeypatch):
    """Only what loops runs under the short limit, so a busy machine changes nothing."""
    assert prove("counted").outcome is Outcome.HOLDS
    plant("Theorem next", "Ltac spin := idtac; spin.\nTheorem next")
    folder = plant("intros n. repeat constructor.", "intros n. spin.")
    with monkeypatch.context() as patch:
        patch.setattr(verify.audit, "ask", partial(ask, limit=1.0))
        for found in (prove("next", folder), refute(folder, name="next", old="n <= S n", new="S n <= n")):
            assert found.outcome is Outcome.UNDECIDED
            assert "Coq came to no end on Sample.v: Coq was stopped at its time limit of 1 s" in found.summary
    plant("intros n. spin.", "intros n. apply Nat.le_succ_diag_r || spin.")
    assert prove("next", folder).outcome is Outcome.HOLDS
    with monkeypatch.context() as patch:
        patch.setattr(verify.audit, "ask", partial(ask, limit=1.0))
        found = refute(folder, name="next", old="n <= S n", new="S n <= n")
        assert found.outcome is Outcome.UNDECIDED and "no end on the twin" in found.summary


def test_a_crash_is_an_error_and_not_kept(fake, fresh_cache):
    fake.does("kill -SEGV $$")
    for found in (prove("counted"), refute()):
        assert found.outcome is Outcome.ERROR and "Coq broke down on Base.v" in found.summary
    fake.does('exec "$REAL" "$@"')
    assert prove("counted").outcome is Outcome.HOLDS
    assert refute().outcome is Outcome.FAILS


def test_without_coq_or_a_library_it_is_skipped_with_what_to_do(tmp_path, monkeypatch, coq):
    module = Proofs("Sample", Layer(FOLDER, "Sample", libraries=("Absent",)), STATEMENTS)
    found = module.check("counted", scope="all n").run(Context())
    assert (found.outcome, found.summary) == (Outcome.SKIPPED, f"Absent for Coq is not installed: {INSTALL}")
    monkeypatch.setenv("PATH", str(tmp_path))
    for found in (prove("counted"), refute()):
        assert (found.outcome, found.summary) == (Outcome.SKIPPED, f"Coq is not installed: {INSTALL}")
        assert found.listings
    assert verdict([(Kind.FORMAL, True, found.outcome)]) is Verdict.SKIPPED


def test_a_missing_file_of_the_layer_is_named(coq, tmp_path):
    with pytest.raises(InputError, match="module Sample of Sample: No such file"):
        prove("counted", tmp_path)


def test_checks_of_one_module_at_once_in_workers(fake, fresh_cache, tmp_path):
    """Two workers want one module and one audit; the second waits for what the first computes."""
    claims = tmp_path / "claims.py"
    claims.write_text(
        "from pathlib import Path\nfrom verify.bound import IDENTITY\nfrom verify.claim import Claim\n"
        "from verify.formal import Proofs\nfrom verify.layer import Layer\n"
        f"proofs = Proofs('Sample', Layer(Path({str(FOLDER)!r}), 'Sample', libraries=()), {STATEMENTS!r})\n"
        "def claim(name):\n    check = proofs.check(name, scope='all n')\n    id = 'a.' + name.replace('_', '-')\n"
        "    return Claim(id=id, title='T', statement='s', bound=IDENTITY, source='S', checks=(check,))\n"
        "CLAIMS = tuple(map(claim, proofs.statements))\n"
    )
    tasks = [
        Task(str(claims), f"a.{name}".replace("_", "-"), f"coq_{name}", Profile.QUICK, 0, 60.0)
        for name in STATEMENTS
    ]
    found = perform_all(
        tasks,
        sources=[str(claims)],
        jobs=2,
        started=lambda task: None,
        progressed=lambda task, done, total: None,
    )
    assert [each.result.evidence.outcome for each in found] == [Outcome.HOLDS] * 3
    assert sorted(fake.compiled) == ["Base.v", "Probe.v", "Sample.v"]
