"""The stand-alone checker is asked about the compiled files themselves, and what it lists decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from verify import recheck as module
from verify.compiled import compile_layer
from verify.coq import Toolchain
from verify.evidence import Evidence
from verify.layer import Layer
from verify.recheck import recheck
from verify.verdict import Outcome

PROVED = "Theorem one : 1 = 1.\nProof. reflexivity. Qed.\n"


def check(folder: Path, text: str, **options: float) -> Evidence:
    (folder / "Sample.v").write_text(text)
    return recheck(Layer(folder, "Demo", libraries=()), ["Sample"], **options)


def test_a_module_without_axioms_is_accepted(tmp_path: Path, coq: Toolchain) -> None:
    found = check(tmp_path, PROVED)
    assert found.outcome is Outcome.HOLDS
    assert (found.counts, found.summary[-4:]) == ({"modules": 1, "axioms": 0}, "none")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Axiom five : 1 = 5.\n", "Demo.Sample.five"),
        ("Parameter classic : forall P : Prop, P.\n", "Demo.Sample.classic"),
        ("Unset Guard Checking.\nFixpoint f (n : nat) {struct n} : False := f n.\n", "unsafe (co)fixpoints"),
        ("Unset Universe Checking.\nDefinition t : Type := Type.\n", "type-in-type"),
        ("Unset Positivity Checking.\nInductive t := c : (t -> nat) -> t.\n", "positivity"),
    ],
)
def test_what_is_taken_on_trust_is_found(tmp_path: Path, coq: Toolchain, text: str, why: str) -> None:
    found = check(tmp_path, text + PROVED)
    assert found.outcome is Outcome.FAILS
    assert why in found.summary


def test_the_permitted_axioms_are_permitted_by_their_full_names(tmp_path: Path, coq: Toolchain) -> None:
    load = "From Coq Require Import {}.\n"
    stated = "Theorem one : 1 = 1 \\/ False.\nProof. {} Qed.\n"
    found = check(
        tmp_path, load.format("Classical_Prop") + stated.format("destruct (classic (1 = 1)); tauto.")
    )
    assert (found.outcome, found.counts["axioms"]) == (Outcome.HOLDS, 1)
    other = check(tmp_path, load.format("ProofIrrelevance") + stated.format("left; reflexivity."))
    assert (other.outcome, "proof_irrelevance" in other.summary) == (Outcome.FAILS, True)


def test_a_forged_compiled_file_is_not_accepted(
    tmp_path: Path, coq: Toolchain, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(tmp_path, PROVED)
    (folder,) = compile_layer(Layer(tmp_path, "Demo", libraries=()), "Sample")
    compiled = folder / "Sample.vo"
    raw = bytearray(compiled.read_bytes())
    raw[len(raw) // 2] ^= 1
    compiled.write_bytes(raw)
    # As if the forger had made a seal that fits.
    monkeypatch.setattr(module, "compile_layer", lambda layer, name: (folder,))
    assert check(tmp_path, PROVED).outcome is Outcome.UNDECIDED


def test_a_time_limit_concludes_nothing_and_no_coq_is_skipped(
    tmp_path: Path, coq: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = check(tmp_path, PROVED, limit=0.001)
    assert (found.outcome, "time limit" in found.summary) == (Outcome.UNDECIDED, True)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert check(tmp_path, PROVED).outcome is Outcome.SKIPPED
