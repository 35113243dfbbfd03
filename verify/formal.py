r"""Proofs that a kernel checked, as evidence: what is proved is exactly what the claim shows, and on what it rests.

`Proofs` names the theorems of one Coq module and writes out each statement. Coq's kernel is asked, in a file of its
own, whether the theorem of that name proves the statement written here, and which axioms it rests on; the texts of
the module and of all that it loads from its layer are scanned for what would let a hole through. What falls short
of a proof is UNDECIDED and says "not proved"; nothing is called false for want of a proof. Without Coq: SKIPPED.

A control is the twin of a theorem. It claims that the proof also proves a mutated statement, which must be refuted:
the theorem is no proof of it, and the same script does not make one. Whether the mutated statement is false is
another question; a control may answer it with a theorem that proves its negation.

Example:
    >>> from pathlib import Path
    >>> from verify.layer import Layer
    >>> proofs = Proofs("Sample", Layer(Path("proofs"), "Demo"), {"half": "forall n : nat, n / 2 <= n"})
    >>> proofs.check("half", scope="all n").kind.value
    'formal'
    >>> twin = proofs.control(
    ...     "half", old="n / 2 <= n", new="n <= n / 2", id="control.half", control_of="demo.half",
    ...     title="The other way round", statement=r"n \le n/2", fault="the sides are swapped",
    ... )
    >>> twin.is_control
    True
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from theory.errors import InputError
from verify.audit import AXIOMS, audited, concluded, twin_answer
from verify.bound import IDENTITY, Bound
from verify.claim import Check, Claim, Context, Profile
from verify.evidence import Evidence, Listing
from verify.layer import Layer
from verify.rules import require_term
from verify.verdict import Kind, Outcome
from verify.vernacular import IDENTIFIER, header


@dataclass(frozen=True)
class Proofs:
    """Theorems of one module, each with the statement that claims show for it.

    Attributes:
        module: Name of the module: its file is ``module.v`` in the layer's folder.
        layer: The layer.
        statements: The statement of each theorem by its name, one term of Coq without the period, as it reads after
            the module's header.
    """

    module: str
    layer: Layer
    statements: Mapping[str, str]

    def __post_init__(self) -> None:
        for name, statement in self.statements.items():
            if re.fullmatch(IDENTIFIER, name) is None:
                raise InputError(
                    given=f"theorem {name!r} of {self.module}",
                    allowed="an identifier of Coq",
                    do="correct it",
                )
            require_term(f"the statement of {self.module}.{name}", statement)

    def check(
        self, name: str, *, scope: str, general: bool = True, profile: Profile = Profile.QUICK
    ) -> Check:
        """A check that HOLDS if the theorem of that name proves its statement from permitted axioms.

        Args:
            name: The theorem; the check is called ``coq_`` and its name.
            scope: What the statement covers, in words.
            general: Whether that is all that the claim quantifies over.
            profile: The smallest profile in which it runs.

        Raises:
            InputError: If no statement has that name.
        """
        self._statement(name)
        run = partial(_proved, self, name)
        return Check(Kind.FORMAL, run, scope, general=general, name=f"coq_{name}", profile=profile)

    def control(
        self,
        name: str,
        *,
        old: str,
        new: str,
        id: str,
        control_of: str,
        title: str,
        statement: str,
        fault: str,
        negation: str = "",
        bound: Bound = IDENTITY,
        source: str = "this project",
        scope: str = "whether the proof of the theorem also proves the mutated statement",
        profile: Profile = Profile.STANDARD,
    ) -> Claim:
        """The twin of a theorem as a control: its check FAILS, as it must, if the proof does not carry over.

        The script is first run on the true statement at the same place, the mutated statement has to be a
        proposition, and the theorem itself no proof of it, so the kernel refuses the twin for what it says and not
        for how it is written.

        Args:
            name: The theorem.
            old: Text that occurs exactly once in its statement.
            new: What replaces it.
            id: ID of the control.
            control_of: ID of the true claim.
            title: A short name in plain words.
            statement: The mutated statement in LaTeX, without dollars.
            fault: What is wrong with it, in words.
            negation: Name of a theorem among the statements which says ``~ (mutated statement)``; the control then
                also wants that one proved.
            bound: What kind of statement it is.
            source: Where it comes from.
            scope: What the check covers.
            profile: The smallest profile in which it runs.

        Raises:
            InputError: If the replacement or the negation does not fit the statements.
        """
        original = self._statement(name)
        if original.count(old) != 1 or old == new:
            raise InputError(
                given=f"{old!r} to be replaced by {new!r}: {original.count(old)} times in {self.module}.{name}",
                allowed="text that occurs exactly once, and another in its place",
                do="take in more of what stands around it",
            )
        mutated = original.replace(old, new)
        require_term(f"the mutated statement of {self.module}.{name}", mutated)
        if negation and self._statement(negation).split() != f"~ ({mutated})".split():
            raise InputError(
                given=f"the statement of {self.module}.{negation}",
                allowed=f"~ ({mutated})",
                do="write it so, in the statements and in the module",
            )
        run = partial(_twin, self, name, mutated, negation)
        check = Check(Kind.FORMAL, run, scope, general=True, name=f"coq_{name}_twin", profile=profile)
        return Claim(
            id=id,
            title=title,
            statement=statement,
            bound=bound,
            source=source,
            checks=(check,),
            control_of=control_of,
            fault=fault,
        )

    def _statement(self, name: str) -> str:
        if name not in self.statements:
            raise InputError(
                given=f"theorem {name!r}",
                allowed=f"one of {', '.join(self.statements)}, whose statements are given",
                do="correct the name, or add its statement",
            )
        return self.statements[name]


def _proved(proofs: Proofs, name: str, context: Context) -> Evidence:
    """Whether the theorem proves its statement."""
    module, layer, statement = proofs.module, proofs.layer, proofs.statements[name]
    shown = [Listing("Statement in Coq", statement)]

    def judge() -> Evidence:
        above, meaning = header(layer.closure(module)[-1].text), layer.definitions(module, statement)
        shown.extend([Listing("Read after", above)] if above else [])
        shown.extend([Listing("Definitions that it rests on", meaning)] if meaning else [])
        axioms = audited(layer, module, proofs.statements, name)
        listed = "\n".join(f"{axiom}: {AXIOMS[axiom]}" for axiom in axioms) or "none"
        shown.append(Listing(f"Axioms that the theorems shown of {module}.v rest on", listed))
        short = [axiom.split(".")[-1] for axiom in axioms]
        return Evidence(
            Outcome.HOLDS,
            f"Coq's kernel accepts {module}.{name} as a proof of the statement shown; "
            + (f"axioms: {', '.join(short)}" if short else "no axioms"),
            counts={"axioms": len(axioms)},
            parameters={"theorem": f"{module}.{name}", "axioms": short},
            listings=tuple(shown),
        )

    return concluded(layer, shown, "not proved", judge)


def _twin(proofs: Proofs, name: str, mutated: str, negation: str, context: Context) -> Evidence:
    """Whether the proof of a theorem also goes through for a mutated statement."""
    module, layer = proofs.module, proofs.layer
    shown = [Listing("Mutated statement in Coq", mutated)]

    def judge() -> Evidence:
        refusal = twin_answer(layer, module, name, proofs.statements[name], mutated)
        if negation:
            audited(layer, module, proofs.statements, negation)
        if refusal is None:
            summary = f"the proof of {module}.{name} also proves the mutated statement"
            return Evidence(Outcome.HOLDS, summary, listings=tuple(shown))
        shown.append(Listing("Why Coq refuses the proof", refusal))
        summary = f"not proved by the script that proves {module}.{name}"
        if negation:
            shown.append(Listing(f"Proved instead, as {module}.{negation}", proofs.statements[negation]))
            summary = f"false, by {module}.{negation}, and {summary}"
        return Evidence(Outcome.FAILS, f"the mutated statement is {summary}", listings=tuple(shown))

    return concluded(layer, shown, "nothing is concluded", judge)
