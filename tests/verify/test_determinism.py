"""The part of the self-test that compares runs byte by byte, and that it can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from verify.registry import registry
from verify.selftest.determinism import determinism

UNSTEADY = """
import os
from verify.bound import UPPER, compare
from verify.claim import Check, Claim
from verify.evidence import from_comparisons
from verify.quantity import measured
from verify.verdict import Kind

def draws(context):
    value = {value}
    return from_comparisons([compare("u", UPPER, measured(value), measured(2))])

CLAIMS = (Claim(id="steady.draw", title="t", statement="0", bound=UPPER, source="s",
                checks=(Check(Kind.PROPERTY, draws, scope="s"),)),)
"""


@pytest.mark.parametrize(
    ("value", "passed"),
    [
        ("context.rng().uniform()", True),
        ("int.from_bytes(os.urandom(4)) / 2**32", False),
        ("os.getpid() / 2**32", False),
    ],
)
def test_what_does_not_come_from_the_seed_is_noticed(value: str, passed: bool, tmp_path: Path) -> None:
    file = tmp_path / "steady.py"
    file.write_text(UNSTEADY.replace("{value}", value))
    section = determinism(registry([str(file)]))
    assert section.passed is passed
    assert [figure.met for figure in section.figures] == [passed, passed]
    assert bool(section.tables) is not passed
    if not passed:
        assert section.tables[0].rows[0][:2] == ("steady.draw", "draws")


def test_claims_of_the_suite() -> None:
    """Checks of several kinds, with SymPy, torch and Hypothesis in them."""
    claims = registry(["verify.claims.sphere", "verify.claims.legendre", "verify.claims.funk_hecke"])
    section = determinism(claims, ["sphere.recurrence", "sphere.moments", "sphere.sampler"], seed=3)
    assert section.passed, section.figures
