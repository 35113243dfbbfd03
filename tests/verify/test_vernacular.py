"""Reading Coq's text: no comment, string or odd period leads it astray, and no command slips through."""

import pytest

from theory.errors import InputError
from verify.layer import definitions
from verify.vernacular import blanked, faults, header, required, sentences, term_fault, theorem

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
    """
    assert faults(text, roots=ROOTS) == ()


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
    Fixpoint c n := d n with d n := c n.
    Inductive e := f | g.
    Notation h := (S i).
    Notation "x !" := (S x) (at level 9).
    Lemma j : True. Proof. exact I. Qed.
    """
    names = [names for names, _ in definitions(text)]
    assert names[:2] == [{"a"}, {"c", "d"}]
    assert {"e", "f", "g"} <= names[2] and "h" in names[3] and names[4:] == [{""}]
    assert definitions(text)[0][1] == "(* near *)\n    Definition a (x : nat) := b."


@pytest.mark.parametrize(
    "text", ["forall n, f n = (n.+1, [n], {| x := 1 |})", 'x = "a. ("', "A.b c", "(x .. y)"]
)
def test_one_term(text):
    assert term_fault(text) == ""


@pytest.mark.parametrize(
    "text",
    ["", "  ", "True.", "True. Axiom a : False", "True) := I. Axiom a : (False", "(True", "True)", "(True]"]
    + ['"x', "x (* c *)", "ltac:(exact True)", "True...", "x .\n"],
)
def test_no_one_term(text):
    assert term_fault(text) != ""
