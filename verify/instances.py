"""Propositions without variables, such as the value of a definition at given numbers, decided by Coq's kernel.

Each is proved, or its negation is, or neither: three answers, as everywhere. All go into one file, since loading
the libraries takes longer than most proofs; the one at which Coq stops is then tried the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verify.audit import NotProved
from verify.compiled import NotCompiled, ask
from verify.coq import Ending, missing
from verify.evidence import Evidence, Listing
from verify.layer import Layer
from verify.verdict import Outcome, combine


@dataclass(frozen=True)
class Instance:
    """A proposition without variables.

    Attributes:
        label: What it says, in words.
        statement: It, as one term of Coq.
    """

    label: str
    statement: str


def hold(
    layer: Layer, module: str, instances: Sequence[Instance], *, preamble: str, proof: str, refutation: str
) -> Evidence:
    """Evidence on a list of instances: HOLDS if the kernel proves all, FAILS if it proves a negation.

    Args:
        layer: The layer.
        module: The module whose definitions occur.
        instances: The propositions.
        preamble: Sentences in front of them: what to load, and tactics.
        proof: Tactics that prove such a proposition where it is true, ended by a period.
        refutation: The same for its negation.

    Raises:
        InputError: If a file of the layer is missing or the cache cannot be written.
    """
    lacking = missing(layer.libraries)
    if lacking:
        return Evidence(Outcome.SKIPPED, lacking)
    faults = layer.faults(module)
    if faults:
        return Evidence(Outcome.UNDECIDED, f"nothing is concluded: {'; '.join(faults[:3])}")
    try:
        answers = _decide(layer, module, instances, preamble, proof, refutation)
    except NotProved as reason:
        return Evidence(reason.outcome, f"nothing is concluded: {reason}")
    named = {True: Outcome.HOLDS, False: Outcome.FAILS, None: Outcome.UNDECIDED}
    outcome = combine(named[answer] for answer in answers)
    wrong = [each for each, answer in zip(instances, answers, strict=True) if not answer]
    shown = wrong[:3] or instances[:3]
    words = {
        Outcome.HOLDS: f"Coq's kernel proves all {len(answers)} instances",
        Outcome.FAILS: "Coq's kernel proves the negation of "
        + ", ".join(each.label for each, answer in zip(instances, answers, strict=True) if answer is False),
        Outcome.UNDECIDED: f"neither proved nor refuted: {', '.join(each.label for each in wrong)}",
        Outcome.VACUOUS: "no instance was given",
    }
    return Evidence(
        outcome,
        words[outcome],
        counts={"instances": len(answers), "proved": sum(answer is True for answer in answers)},
        listings=tuple(Listing(each.label, each.statement) for each in shown),
    )


def _decide(
    layer: Layer, module: str, instances: Sequence[Instance], preamble: str, proof: str, refutation: str
) -> list[bool | None]:
    """True: proved; False: the negation is proved; None: neither."""
    answers: list[bool | None] = [None] * len(instances)
    left = list(range(len(instances)))
    while left:
        stopped = _first_rejected(layer, module, [instances[k].statement for k in left], preamble, proof)
        for k in left[:stopped]:
            answers[k] = True
        if stopped is None:
            break
        k = left[stopped]
        opposite = f"~ ({instances[k].statement})"
        if _first_rejected(layer, module, [opposite], preamble, refutation) is None:
            answers[k] = False
        left = left[stopped + 1 :]
    return answers


def _first_rejected(
    layer: Layer, module: str, statements: list[str], preamble: str, script: str
) -> int | None:
    """Position of the first statement that the script does not prove; None if it proves all.

    Raises:
        NotProved: If Coq came to no end, or stops elsewhere.
    """
    lines = preamble.splitlines()
    starts = []
    for number, statement in enumerate(statements):
        starts.append(len(lines) + 1)
        lines += [
            f"Theorem instance_{number} : (",
            *statement.splitlines(),
            ").",
            "Proof.",
            *script.splitlines(),
            "Qed.",
        ]
    try:
        answer = ask(layer, module, "\n".join([*lines, ""]))
    except NotCompiled as error:
        raise NotProved(f"Coq does not take {error.module}.v: {error.answer.message}") from error
    if answer.ending is Ending.ACCEPTED:
        return None
    stopped = sum(start <= answer.line for start in starts) - 1
    if answer.ending is not Ending.REJECTED or stopped < 0:
        outcome = Outcome.ERROR if answer.ending is Ending.CRASHED else Outcome.UNDECIDED
        raise NotProved(f"Coq stopped on the instances: {answer.message}", outcome)
    return stopped
