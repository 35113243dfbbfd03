"""What Coq's kernel says about theorems: do they prove the statements written elsewhere, and from which axioms.

One file for all statements of a module, since listing axioms takes seconds. The kernel is asked in two steps. Each
statement must stand as a proposition by itself, with nothing left to be guessed, read as after the module's header.
Then, without any import, so that no notation of the module takes part, the theorem must be a proof of it. Axioms
are printed with their full names.

All that asks the kernel shares what stands here: how it is asked, which axioms are permitted, and what its answer,
or the want of one, means for a check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from theory.errors import InputError
from verify.compiled import NotCompiled, ask
from verify.coq import Answer, Ending, missing
from verify.evidence import Evidence, Listing
from verify.layer import Layer
from verify.verdict import Outcome
from verify.vernacular import header, identifiers, theorem

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


def concluded(
    layer: Layer, shown: Sequence[Listing], otherwise: str, judge: Callable[[], Evidence]
) -> Evidence:
    """What a check finds; SKIPPED where Coq or a library is missing, and no verdict where the kernel gives none.

    Args:
        layer: The layer whose libraries it takes.
        shown: Listings of the evidence where `judge` comes to none, also those that it adds.
        otherwise: The words for that, before the reason.
        judge: Gives the evidence, or raises NotProved.
    """
    lacking = missing(layer.libraries)
    if lacking:
        return Evidence(Outcome.SKIPPED, lacking, listings=tuple(shown))
    try:
        return judge()
    except NotProved as reason:
        return Evidence(reason.outcome, f"{otherwise}: {reason}", listings=tuple(shown))


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
    _script(sound_text(layer, module), module, name)
    left = dict(statements)
    while True:
        lines, owners = _audit(layer, module, left)
        answer = asked(layer, module, "\n".join(lines))
        if answer.ending is Ending.ACCEPTED:
            break
        step, culprit = owners.get(answer.line, ("", ""))
        if answer.ending is not Ending.REJECTED or not culprit:
            raise no_proof("the audit", answer)
        if culprit == name:
            reason = {
                "said": f"the statement is no proposition of Coq after the header of {module}.v",
                "shown": f"{module}.{name} proves another statement than the one shown",
            }[step]
            raise NotProved(f"{reason}: {answer.message}")
        del left[culprit]
    if len(left) > 1 and not set(assumed(answer.output)) <= set(AXIOMS):
        return audited(layer, module, {name: statements[name]}, name)
    return permitted(f"{module}.{name} rests", answer.output)


def twin_answer(layer: Layer, module: str, name: str, statement: str, mutated: str) -> str | None:
    """Why the script that proves a theorem does not prove a mutated statement; None if it, or the theorem, does.

    The theorem itself must not be a proof of it, so another way to write the statement is no mutation.

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
    text = sound_text(layer, module)
    script = _script(text, module, name)
    load = f"{header(text)}\nFrom {layer.prefix} Require Import {module}."
    said, again, same, twin = unused(("Said", "Again", "same", "twin"), layer, module, statement, mutated)
    # The script runs in a module of its own each time, so what it defines by the way is never there already.
    parts = {
        "load": f"From {layer.prefix} Require {module}.\nModule {said}.\n{load}",
        "say": f"Definition {twin} : Prop := (\n{mutated}\n).\nEnd {said}.",
        "compare": f"Fail Definition {same} : {said}.{twin} := @{layer.prefix}.{module}.{name}.",
        "prove again": f"{load}\nModule {again}.\nTheorem {twin} : (\n{statement}\n).\n{script}\n"
        f"End {again}.",
        "prove the twin": f"Theorem {twin} : (\n{mutated}\n).\n{script}\n",
    }
    answer = asked(layer, module, "\n".join(parts.values()))
    if answer.ending is Ending.ACCEPTED:
        return None
    place, end = "", 1
    for part, lines in parts.items():
        place, end = part if answer.line >= end else place, end + lines.count("\n") + 1
    if answer.ending is Ending.REJECTED and place == "say":
        raise NotProved(f"the mutated statement is no proposition of Coq: {answer.message}")
    if answer.ending is Ending.REJECTED and place == "compare":
        return None
    if answer.ending is Ending.REJECTED and place == "prove again":
        raise NotProved(
            f"the script does not prove {module}.{name} itself after the header: {answer.message}"
        )
    if answer.ending is Ending.REJECTED and place == "prove the twin":
        return answer.message
    raise no_proof("the twin", answer)


def sound_text(layer: Layer, module: str) -> str:
    """The module's text, if neither it nor what it rests on holds what may not be there.

    Raises:
        NotProved: If one of them does.
        InputError: If a file of the layer is missing.
    """
    faults = layer.faults(module)
    if faults:
        raise NotProved("; ".join(faults[:3]) + (" …" if len(faults) > 3 else ""))
    # A permitted axiom is known by the name of its module, which a layer must not take.
    taken = {axiom.split(".")[0] for axiom in AXIOMS} & {source.name for source in layer.closure(module)}
    if taken:
        raise NotProved(f"a module of the layer has the name {', '.join(taken)} of one of Coq's own")
    return layer.closure(module)[-1].text


def asked(layer: Layer, module: str, text: str) -> Answer:
    """What Coq says about a text that loads a module.

    Raises:
        NotProved: If a module that it rests on is not accepted.
        InputError: If a file of the layer is missing or the cache cannot be written.
    """
    try:
        return ask(layer, module, text)
    except NotCompiled as error:
        raise no_proof(f"{error.module}.v", error.answer) from error


def no_proof(what: str, answer: Answer) -> NotProved:
    """Why there is no proof, from an answer that is no acceptance."""
    place = f"{what}, line {answer.line}" if answer.line else what
    if answer.ending is Ending.CRASHED:
        return NotProved(f"Coq broke down on {place}: {answer.message}", Outcome.ERROR)
    if answer.ending is Ending.LIMITED:
        hint = "try again with --fresh when less is running"
        return NotProved(f"Coq came to no end on {place}: {answer.message}; {hint}")
    return NotProved(f"Coq rejects {place}: {answer.message}")


def permitted(what: str, output: str) -> tuple[str, ...]:
    """The axioms in a printed list of assumptions.

    Raises:
        NotProved: If there is anything in it besides `AXIOMS`.
    """
    found = assumed(output)
    strangers = [each for each in found if each not in AXIOMS]
    if strangers:
        raise NotProved(f"{what} on {', '.join(strangers)}, which is not permitted")
    return tuple(each for each in AXIOMS if each in found)


def assumed(output: str) -> tuple[str, ...]:
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


def unused(names: Sequence[str], layer: Layer, module: str, *texts: str) -> tuple[str, ...]:
    """The names, each made longer until it occurs neither in the texts nor in what the module rests on."""
    held = frozenset().union(
        *map(identifiers, texts), *(identifiers(source.text) for source in layer.closure(module))
    )
    found = []
    for name in names:
        while any(each.startswith(name) for each in held):
            name += "_"
        found.append(name)
    return tuple(found)


def collected(names: Sequence[str], together: str) -> str:
    """Sentences that print what proofs rest on, all in one list; without an import around them."""
    return f"Definition {together} := ({', '.join(['I', *names])}).\nPrint Assumptions {together}.\n"


def _script(text: str, module: str, name: str) -> str:
    """The script of the theorem."""
    try:
        return theorem(text, name).script
    except InputError as error:
        raise NotProved(f"{module}.v holds {error.given}; wanted: {error.allowed}") from error


def _audit(
    layer: Layer, module: str, statements: Mapping[str, str]
) -> tuple[list[str], dict[int, tuple[str, str]]]:
    """The lines of the audit, and for the lines of each statement which step it is and whose."""
    load, text = f"From {layer.prefix} Require", layer.closure(module)[-1].text
    names = ("Audit", "said", "shown", "together")
    audit, said, shown, together = unused(names, layer, module, *statements.values())
    lines = [f"{load} {module}.", f"Module {audit}.", *header(text).split("\n"), f"{load} Import {module}."]
    owners = {}
    for index, (name, statement) in enumerate(statements.items()):
        for line in f"Definition {said}_{index} : Prop := (\n{statement}\n).".split("\n"):
            lines.append(line)
            owners[len(lines)] = "said", name
    lines.append(f"End {audit}.")
    for index, name in enumerate(statements):
        lines.append(
            f"Definition {shown}_{index} : {audit}.{said}_{index} := @{layer.prefix}.{module}.{name}."
        )
        owners[len(lines)] = "shown", name
    proofs = [f"{shown}_{index}" for index in range(len(statements))]
    return [*lines, collected(proofs, together)], owners
