"""What Coq's kernel says about theorems: do they prove the statements written elsewhere, and from which axioms.

One file for all statements of a module, since listing axioms takes seconds. The kernel is asked in two steps. Each
statement must stand as a proposition by itself, with nothing left to be guessed, read as after the module's header.
Then, without any import, so that no notation of the module takes part, the theorem must be a proof of it. Axioms
are printed with their full names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from theory.errors import InputError
from verify.compiled import NotCompiled, ask
from verify.coq import Answer, Ending
from verify.layer import Layer
from verify.verdict import Outcome
from verify.vernacular import header, theorem

# The axioms of Coq's real numbers and of classical logic; a proof may rest on these and on no other.
AXIOMS: Mapping[str, str] = {
    "ClassicalDedekindReals.sig_not_dec": "it is decidable whether a negation holds",
    "ClassicalDedekindReals.sig_forall_dec": "it is decidable whether a decidable property holds of all naturals",
    "FunctionalExtensionality.functional_extensionality_dep": "functions with equal values are equal",
    "Classical_Prop.classic": "every proposition holds or does not",
}

_NO_AXIOMS = "Closed under the global context"


class NotProved(Exception):
    """A statement that stays without proof; its text says why.

    Attributes:
        outcome: UNDECIDED, or ERROR where Coq itself broke down.
    """

    def __init__(self, reason: str, outcome: Outcome = Outcome.UNDECIDED) -> None:
        super().__init__(reason)
        self.outcome = outcome


def audited(layer: Layer, module: str, statements: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The axioms that the module's theorems rest on, if the one of this name proves its statement.

    Statements beside it that are not proved do not matter.

    Args:
        layer: The layer.
        module: The module.
        statements: Statements by the names of their theorems.
        name: One of these names.

    Raises:
        NotProved: If it does not, an axiom is not permitted, or the texts hold what may not be there.
        InputError: If a file of the layer is missing or the cache cannot be written.
    """
    text = _sound_text(layer, module)
    _theorem(text, module, name)
    left = dict(statements)
    while True:
        lines, owners = _audit(module, layer.prefix, text, left)
        answer = _ask(layer, module, lines)
        if answer.ending is Ending.ACCEPTED:
            break
        step, culprit = owners.get(answer.line, ("", ""))
        if answer.ending is not Ending.REJECTED or not culprit:
            raise _no_proof("the audit", answer)
        if culprit == name:
            reason = {
                "said": f"the statement is no proposition of Coq after the header of {module}.v",
                "shown": f"{module}.{name} proves another statement than the one shown",
            }[step]
            raise NotProved(f"{reason}: {answer.message}")
        del left[culprit]
    strangers = [each for each in _assumed(answer.output) if each not in AXIOMS]
    if not strangers:
        return tuple(each for each in AXIOMS if each in _assumed(answer.output))
    if len(left) == 1:
        raise NotProved(f"{module}.{name} rests on {', '.join(strangers)}, which is not permitted")
    return audited(layer, module, {name: statements[name]}, name)


def twin_answer(layer: Layer, module: str, name: str, statement: str, mutated: str) -> str | None:
    """Why the script that proves a theorem does not prove a mutated statement; None if it does.

    Args:
        layer: The layer.
        module: The module.
        name: The theorem.
        statement: Its statement.
        mutated: The mutated statement.

    Raises:
        NotProved: If nothing follows: the script does not prove the statement itself in this place, the mutated one
            is no proposition, or Coq came to no end.
        InputError: If a file of the layer is missing or the cache cannot be written.
    """
    text = _sound_text(layer, module)
    script = _theorem(text, module, name)
    parts = (
        f"{header(text)}\nFrom {layer.prefix} Require Import {module}.",
        f"Theorem again : (\n{statement}\n).\n{script}",
        f"Definition mutated : Prop := (\n{mutated}\n).",
        f"Theorem twin : (\n{mutated}\n).\n{script}\n",
    )
    answer = _ask(layer, module, "\n".join(parts).split("\n"))
    if answer.ending is Ending.ACCEPTED:
        return None
    starts = [1]
    for part in parts:
        starts.append(starts[-1] + part.count("\n") + 1)
    if answer.ending is Ending.REJECTED and answer.line >= starts[3]:
        return answer.message
    if answer.ending is Ending.REJECTED and answer.line >= starts[2]:
        raise NotProved(f"the mutated statement is no proposition of Coq: {answer.message}")
    if answer.ending is Ending.REJECTED and answer.line >= starts[1]:
        raise NotProved(
            f"the script does not prove {module}.{name} itself after the header: {answer.message}"
        )
    raise _no_proof("the twin", answer)


def _sound_text(layer: Layer, module: str) -> str:
    """The module's text, if neither it nor what it rests on holds what may not be there."""
    faults = layer.faults(module)
    if faults:
        raise NotProved("; ".join(faults[:3]) + (" …" if len(faults) > 3 else ""))
    # A permitted axiom is known by the name of its module, which a layer must not take.
    taken = {axiom.split(".")[0] for axiom in AXIOMS} & {source.name for source in layer.closure(module)}
    if taken:
        raise NotProved(f"a module of the layer has the name {', '.join(taken)} of one of Coq's own")
    return layer.closure(module)[-1].text


def _theorem(text: str, module: str, name: str) -> str:
    """The script of the theorem."""
    try:
        return theorem(text, name).script
    except InputError as error:
        raise NotProved(f"{module}.v holds {error.given}; wanted: {error.allowed}") from error


def _audit(
    module: str, prefix: str, text: str, statements: Mapping[str, str]
) -> tuple[list[str], dict[int, tuple[str, str]]]:
    """The lines of the audit, and for the lines of each statement which step it is and whose."""
    lines = [f"From {prefix} Require {module}.", "Module Audit.", *header(text).split("\n")]
    lines.append(f"From {prefix} Require Import {module}.")
    owners = {}
    for index, (name, statement) in enumerate(statements.items()):
        for line in f"Definition said_{index} : Prop := (\n{statement}\n).".split("\n"):
            lines.append(line)
            owners[len(lines)] = "said", name
    lines.append("End Audit.")
    for index, name in enumerate(statements):
        lines.append(f"Definition shown_{index} : Audit.said_{index} := @{prefix}.{module}.{name}.")
        owners[len(lines)] = "shown", name
    together = ", ".join(["I", *(f"shown_{index}" for index in range(len(statements)))])
    return [*lines, f"Definition together := ({together}).", "Print Assumptions together.", ""], owners


def _ask(layer: Layer, module: str, lines: list[str]) -> Answer:
    try:
        return ask(layer, module, "\n".join(lines))
    except NotCompiled as error:
        raise _no_proof(f"{error.module}.v", error.answer) from error


def _no_proof(what: str, answer: Answer) -> NotProved:
    """Why there is no proof, from an answer that is no acceptance."""
    place = f"{what}, line {answer.line}" if answer.line else what
    if answer.ending is Ending.CRASHED:
        return NotProved(f"Coq broke down on {place}: {answer.message}", Outcome.ERROR)
    if answer.ending is Ending.LIMITED:
        hint = "try again with --fresh when less is running"
        return NotProved(f"Coq came to no end on {place}: {answer.message}; {hint}")
    return NotProved(f"Coq rejects {place}: {answer.message}")


def _assumed(output: str) -> tuple[str, ...]:
    """What a printed list of assumptions names: axioms, and whatever else stands there."""
    found = []
    for line in output.splitlines():
        if line.strip() in ("", "Axioms:", _NO_AXIOMS) or line[0].isspace():
            continue
        axiom = re.match(r"(\S+)(?: :|$)", line)  # "x is assumed to be guarded" is no axiom
        found.append(line.strip() if axiom is None else axiom[1])
    if not output.startswith(("Axioms:", _NO_AXIOMS)):
        found.append("an unknown list of assumptions")
    return tuple(found)
