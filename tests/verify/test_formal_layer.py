"""The proofs of this project as texts: each theorem is shown by a claim, word for word, and has a twin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from verify.claim import Claim
from verify.claims import SOURCES
from verify.claims.formal import LAYER
from verify.formal import Proofs
from verify.registry import registry
from verify.verdict import Kind
from verify.vernacular import sentences, theorem

CLAIMS = registry(SOURCES)
MODULES = sorted(path.stem for path in LAYER.folder.glob("*.v"))


def theorems(module: str) -> list[str]:
    text = (LAYER.folder / f"{module}.v").read_text(encoding="utf-8")
    heads = [re.match(r"Theorem\s+([\w']+)", each.code) for each in sentences(text)]
    return [head[1] for head in heads if head is not None]


def shown(*, controls: bool) -> Iterator[tuple[Claim, Proofs, str]]:
    """Claim, proofs and theorem of each formal check that shows a theorem of the layer."""
    for claim in CLAIMS:
        for check in claim.checks:
            if check.kind is Kind.FORMAL and claim.is_control is controls and isinstance(check.run, partial):
                if check.run.args and isinstance(check.run.args[0], Proofs):
                    yield claim, check.run.args[0], check.run.args[1]


def test_every_theorem_is_shown_and_has_a_twin() -> None:
    stated = {(module, name) for module in MODULES for name in theorems(module)}
    assert len(stated) > 150
    negations = {(module, name) for module, name in stated if name.endswith("_twin_false")}
    claimed = {(proofs.module, name) for _, proofs, name in shown(controls=False)}
    mutated = {(proofs.module, name) for _, proofs, name in shown(controls=True)}
    assert claimed == stated - negations
    assert mutated == stated - negations


def test_every_proved_negation_is_part_of_a_control() -> None:
    stated = {(m, name) for m in MODULES for name in theorems(m) if name.endswith("_twin_false")}
    used = {
        (check.run.args[0].module, check.run.args[3])
        for claim in CLAIMS
        if claim.is_control
        for check in claim.checks
        if isinstance(check.run, partial) and len(check.run.args) == 4
    }
    assert stated <= used


def test_the_statements_that_claims_show_are_those_of_the_files() -> None:
    """Coq's kernel is asked too, and takes what is equal by computation; a reader has to find the same words."""
    for _, proofs, name in shown(controls=False):
        text = (LAYER.folder / f"{proofs.module}.v").read_text(encoding="utf-8")
        assert proofs.statements[name].split() == theorem(text, name).statement.split(), name


def test_a_twin_belongs_to_the_claim_that_shows_its_theorem() -> None:
    home: dict[tuple[str, str], set[str]] = {}
    for claim, proofs, name in shown(controls=False):
        home.setdefault((proofs.module, name), set()).add(claim.id)
    for claim, proofs, name in shown(controls=True):
        assert claim.control_of in home[proofs.module, name], claim.id


def test_no_file_holds_what_may_not_stand_there() -> None:
    assert [fault for module in MODULES for fault in LAYER.faults(module)] == []
