"""The claim that an independent checker accepts the compiled proofs as well."""

from __future__ import annotations

import tempfile
from pathlib import Path

from verify.bound import IDENTITY
from verify.claim import Check, Claim, Context, Profile
from verify.claims.formal import LAYER
from verify.evidence import Evidence
from verify.layer import Layer
from verify.recheck import recheck
from verify.verdict import Kind
from verify.vernacular import required

FIFTH = """Axiom fifth : forall n : nat, n = 0.
Theorem false : 1 = 0.
Proof. apply fifth. Qed.
"""


def accepted(context: Context) -> Evidence:
    """Every module without interval arithmetic, with all that it loads."""
    return recheck(LAYER, [name for name in MODULES if name not in WITH_INTERVALS])


def with_an_axiom(context: Context) -> Evidence:
    """A module that assumes what is false."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Fifth.v").write_text(FIFTH, encoding="ascii")
        return recheck(Layer(Path(folder), "Control", libraries=()), ("Fifth",))


def _loads_intervals(name: str) -> bool:
    return any(
        prefix.split(".")[0] == "Interval"
        for source in LAYER.closure(name)
        for prefix, _ in required(source.text)
    )


MODULES = sorted(path.stem for path in LAYER.folder.glob("*.v"))
# The checker would take hours over what these compute in their proofs.
WITH_INTERVALS = [name for name in MODULES if _loads_intervals(name)]

CLAIMS = (
    Claim(
        id="formal.recheck",
        title="An independent checker accepts the compiled proofs",
        statement=r"\text{coqchk accepts every module without interval arithmetic, from the four axioms}",
        bound=IDENTITY,
        source="this project",
        checks=(
            Check(
                Kind.FORMAL,
                accepted,
                scope=f"every module but {', '.join(WITH_INTERVALS)}, and every library that they load",
                general=True,
                profile=Profile.STANDARD,
            ),
        ),
    ),
    Claim(
        id="control.formal-recheck",
        title="A module with an axiom of its own",
        statement=r"\text{coqchk accepts a module with a fifth axiom}",
        bound=IDENTITY,
        source="control",
        control_of="formal.recheck",
        fault="an axiom from which 1 = 0 follows",
        checks=(
            Check(Kind.FORMAL, with_an_axiom, scope="one module", general=True, profile=Profile.STANDARD),
        ),
    ),
)
