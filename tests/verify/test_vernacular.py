"""Reading Coq's text: no comment, string or odd period leads it astray, and no command slips through."""

import pytest

from theory.errors import InputError
from verify.layer import definitions
from verify.rules import faults, term_fault
from verify.vernacular import blanked, header, required, sentences, theorem

ROOTS = ("Coq", "Sample")


def codes(text):
    return [" ".join(each.code.split()) for each in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A. B.", ["A.", "B."]),
        ("A.b c.\nD.", ["A.b c.", "D."]),
        ("Proof with x.\n y... z.", ["Proof with x.", "y...", "z."]),
        ('Notation "[ x ; .. ; y ]" := (c x .. (c y n) .. ).', ['Notation " " := (c x .. (c y n) .. ).']),
        ("A (* . x. (* y. *) *) b.", ["A b."]),
        ('A (* "*)" x. *) b.', ["A b."]),
        ('A "x. (* " b.', ['A " " b.']),
        ('A "x "" y. " b.', ['A " "" " b.']),
        ("A.(* x *) b.", ["A. b."]),
        ("A b", ["A b"]),
        ("(* x. *)", []),
        ("A.\r\nB.", ["A.", "B."]),
    ],
)
def test_sentences_end_where_coq_ends_them(text, expected):
    assert codes(text) == expected
    assert len(blanked(text)) == len(text)


def test_positions_are_those_of_the_file():
    text = "(* one\n   two *)\nA b.\n\n  C.\n"
    first, second = sentences(text)
    assert (first.line, second.line) == (3, 5)
    assert [text[each.start : each.end] for each in (first, second)] == ["A b.", "C."]


@pytest.mark.parametrize(
    ("text", "what"), [("A. (* (* *)", "comment"), ('A.\n"x', "string"), ('(* " *)', "string")]
)
def test_what_does_not_end_is_refused(text, what):
    with pytest.raises(InputError, match=f"a {what} that starts in line"):
        sentences(text)


@pytest.mark.parametrize(
    "sentence",
    [
        "Axiom bad : False.",
        "Local Axiom bad : False.",
        "#[local] Axiom bad : False.",
        "- + { Axiom bad : False.",
        "1: { Axiom bad : False.",
        "all: Axiom bad : False.",
        "Axioms a b : False.",
        "Parameter p : nat.",
        "Conjecture c : False.",
        "Hypothesis h : False.",
        "Hypotheses h : False.",
        "Variable v : nat.",
        "Context (v : nat).",
        "Section S.",
        "Admitted.",
        "Proof. admit.",
        "Proof. try (intros; admit).",
        "Proof. give_up.",
        "Abort.",
        "Fail Qed.",
        "Time Qed.",
        "Unset Guard Checking.",
        "Unset Positivity Checking.",
        "Unset Universe Checking.",
        "Set Universe Polymorphism.",
        "Local Unset Guard Checking.",
        "#[bypass_check(guard)] Fixpoint f (n : nat) : False := f n.",
        'Declare ML Module "x".',
        'Load "x".',
        "Module Type T.",
        "Module M.",
        "Declare Module M : T.",
        "Primitive int := #int63_type.",
        "Program Definition x := _.",
        "Hint Resolve x : core.",
        "Instance i : C.",
        "Proof. native_compute.",
        "From Elsewhere Require Import X.",
        "Require Import X Y (z).",
        'Add LoadPath "x".',
        "Theorem t : True",
        "[x']: Axiom bad : False.",
        "[ x' ] : { Axiom bad : False.",
        "Export Unset Guard Checking.",
        "Export Set Printing All.",
        "Import (notations) A.",
        "Lemma sin : R -> R. Proof. exact (fun _ => 0). Defined.",
        "Definition sin : R -> R.",
        "Fixpoint sin (n : nat) : R.",
        "Proof. first [timeout 1 auto | fail].",
        "Require Import mathcomp.ssreflect.ssreflect.",
        "Require Import A Elsewhere.X.",
        'Notation "x !(* y" := (x + y) (at level 50).',
        'Notation "x *) y" := (x + y) (at level 50).',
        'Notation "x !( * y" := (x + y) (at level 50).',
        "Notation \"x '!(' * y\" := (x + y) (at level 50).",
        'Notation "x !. y" := (x + y) (at level 50).',
        'Infix "!(" := plus.',
        'Fixpoint f n := n where "x !( y" := (f x).',
        'Proof. idtac "(*".',
        "Definition sin\u00a0x := 0.",
        "Definition d := 0\u2003.",
        "Definition x\u00b2 := 0.",
    ],
)
def test_what_could_let_a_hole_through_is_a_fault(sentence):
    text = f"(* Axiom. *)\nRequire Import A.\n{sentence}"
    assert len(faults(text, roots=ROOTS)) == 1
    assert faults(text, roots=ROOTS)[0].startswith("line 3 ")


def test_a_library_loaded_below_the_header_is_a_fault():
    assert faults("Definition x := 1. Require Import A.", roots=ROOTS) == (
        "line 1 loads a library below the header",
    )


def test_words_in_comments_strings_and_longer_names_are_no_faults():
    text = """
    From Coq Require Import A.  Import A.  Local Open Scope nat_scope.  Unset Strict Implicit.
    (* Admitted. *)
    Notation "'Axiom' x" := (S x) (at level 9).
    Module F := G H.  Export F.
    Lemma admit_less x : admitted' x.
    Proof. - + { 1: apply admit'. } [|easy]. all: auto. Qed.
    Local Ltac go := idtac "admit".
    Definition Axiomatic := 1.
    (* \u03c3\u00b2 *) Notation "[ x ; .. ; y ]" := (c x .. (c y n) .. ). Notation "n .+1" := (S n) (at level 2).
    Fixpoint f n := n where "n '!'" := (f n). Lemma l : True. Proof. idtac "f(x).". Qed.
    """
    assert faults(text, roots=ROOTS) == ()
    assert faults("Require Export Coq.A B. Export A B.C. Global Import D.", roots=ROOTS) == ()


def test_a_script_may_hold_tactics_only():
    assert faults("intros. auto.", roots=(), commands=()) == ()
    assert faults("exact I.\nQed.", roots=(), commands=()) == ("line 2 holds the command 'Qed'",)


def test_the_header_is_the_run_of_sentences_at_the_top():
    text = "(* a *)\nFrom Coq Require Import A.\n(* b *) Open Scope x.\nSet Implicit Arguments.\n"
    text += "Definition d := 1.\nImport E."
    assert header(text) == "From Coq Require Import A.\nOpen Scope x.\nSet Implicit Arguments."
    assert header("Definition d := 1.") == ""


def test_required_modules_by_prefix():
    text = "From A Require Import B C.d.\nFrom A.E Require F.\nRequire Export G.\nRequire H.i."
    assert required(text) == (("A", "B"), ("A", "C.d"), ("A.E", "F"), ("", "G"), ("", "H.i"))


SMALL = """
(* Theorem one : False. *)
Theorem one' : False. Admitted.
Theorem one :
  forall n : nat, (* all *)
    n = n.
Proof. intros n. reflexivity. Qed.
Lemma two : True. Proof. exact I. Qed.
Theorem three : True. Proof. exact I. Defined.
Theorem four : True. Proof. exact I. Admitted.
Theorem five : True. Theorem six : True. Proof. exact I. Qed.
"""


def test_a_theorem_with_its_script():
    found = theorem(SMALL, "one")
    assert found.statement == "forall n : nat, (* all *)\n    n = n"
    assert found.script == "Proof. intros n. reflexivity. Qed."


@pytest.mark.parametrize("name", ["zero", "two", "three", "four", "five", "one''"])
def test_what_is_no_theorem_with_a_finished_proof_is_refused(name):
    with pytest.raises(InputError):
        theorem(SMALL, name)
    with pytest.raises(InputError, match="2 theorems"):
        theorem(SMALL + SMALL, "one")


def test_definitions_with_what_they_introduce():
    text = """
    (* far *)

    (* near *)
    Definition a (x : nat) := b.
    Fixpoint c n := match n with O => d n end with d n := match n with S k => c k end.
    Inductive e := f | g.
    Notation h := (S i).
    Notation "x !" := (S x) (at level 9).
    Lemma j : forall n, match n with O => True | S k => True end. Proof. exact I. Qed.
    """
    names = [names for names, _ in definitions(text)]
    assert names[:2] == [{"a"}, {"c", "d"}]
    assert {"e", "f", "g"} <= names[2] and "h" in names[3] and "" in names[4] and names[5:] == [{"j"}]
    assert definitions(text)[0][1] == "(* near *)\n    Definition a (x : nat) := b."


@pytest.mark.parametrize(
    "sentence",
    [
        "Open Scope nat_scope.",
        "Close Scope R_scope.",
        "Arguments eq {A} x%nat_scope y%nat_scope.",
        "Module X := Y.",
        "Import X.",
        "Export X.",
        "Set Implicit Arguments.",
        "Unset Implicit Arguments.",
        'Infix "+" := f.',
        'Fixpoint f n := n where "x <= y" := (f x).',
        'Definition f n := n where "x <= y" := (f x).',
        'Inductive f := where "x <= y" := f.',
    ],
)
def test_what_changes_how_all_is_read_is_needed_by_every_statement(sentence):
    (_, (names, text)) = definitions(f"Open Scope R_scope.\nDefinition a := 1.\n{sentence}")
    assert "" in names and text == sentence


@pytest.mark.parametrize("command", ["Example", "Lemma", "Theorem", "Fact", "Remark", "Corollary", "Ltac"])
def test_whatever_has_a_name_is_shown_with_it(command):
    assert definitions(f"{command} it := x.") == (({"it"}, f"{command} it := x."),)


@pytest.mark.parametrize(
    "text", ["forall n, f n = (n.+1, [n], {| x := 1 |})", 'x = "a. ("', "A.b c", "(x .. y)"]
)
def test_one_term(text):
    assert term_fault(text) == ""


@pytest.mark.parametrize(
    "text",
    ["", "  ", "True.", "True. Axiom a : False", "True) := I. Axiom a : (False", "(True", "True)", "(True]"]
    + ['"x', "x *) y", "x\u00a0y", "x\u00b2", "x (* c *)", "ltac:(exact True)", "True...", "x .\n"],
)
def test_no_one_term(text):
    assert term_fault(text) != ""
