"""A statement for Coq with its proof script, and the file that holds several of them.

Contract: everything here is text that other modules of this room made from an expression; nothing is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MARK = "'"  # of a derivative, in words

HEADER = """(* Generated proofs about one function of one variable, on top of Functions.v, Bounds.v and Enclosure.v
   of the folder theory/formal of ntk-escape:
     coqc -Q FOLDER NTK FILE.v        where FOLDER holds these three, compiled. *)
From Coq Require Import Reals Lra Lia ZArith.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic.
From NTK Require Import Functions Bounds Enclosure.
Open Scope R_scope.
"""


@dataclass(frozen=True)
class Goal:
    """One theorem to check.

    Attributes:
        name: The theorem's name.
        statement: The statement, without the final full stop.
        script: The sentences of the proof, between Proof and Qed.
        words: The statement in words.
    """

    name: str
    statement: str
    script: str
    words: str

    def text(self) -> str:
        """The theorem with its proof."""
        return f"Theorem {self.name} : {self.statement}.\nProof.\n{self.script}\nQed.\n"


def document(goals: Sequence[Goal], *, sigma: str = "") -> str:
    """A whole file: the header and the theorems.

    Args:
        goals: The theorems.
        sigma: The function that they are about as a term of Coq, for a comment; none if empty.
    """
    about = [f"(* sigma z = {sigma} *)\n"] if sigma else []
    return "\n".join([HEADER, *about, *(goal.text() for goal in goals)])
