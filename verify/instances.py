"""Propositions without variables, such as the value of a definition at given numbers, decided by Coq's kernel.

Each is proved, or its negation is, or neither: three answers, as everywhere. All go into one file, since loading
the libraries takes longer than most proofs; the one at which Coq stops is then tried the other way round. What all
proofs rest on is listed at the end, and only the axioms of `verify.audit` are permitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verify.audit import asked, collected, concluded, no_proof, permitted, sound_text, unused
from verify.coq import Ending
from verify.evidence import Evidence, Listing
from verify.layer import Layer
from verify.rules import require_sentences, require_term
from verify.verdict import Outcome, combine

# What may stand in front of instances: nothing that changes what a statement means, but what is loaded.
_BEFORE = frozenset("From Require Import Open Lemma Proof Qed Ltac".split())


@dataclass(frozen=True)
class Instance:
    """A proposition without variables.

    Attributes:
        label: What it says, in words.
        statement: It, as one term of Coq.
    """

    label: str
    statement: str


@dataclass(frozen=True)
class _Setting:
    """Where instances are decided: the module, the sentences in front of them, the script for each way round."""

    layer: Layer
    module: str
    preamble: str
    proof: str
    refutation: str


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
        InputError: If a text holds what may not stand there, a file of the layer is missing, or the cache cannot be
            written.
    """
    for each in instances:
        require_term(f"the instance {each.label!r}", each.statement)
    require_sentences("the preamble", preamble, roots=layer.roots(), commands=_BEFORE)
    for script in (proof, refutation):
        require_sentences("the script of instances", script, roots=(), commands=())
    setting = _Setting(layer, module, preamble, proof, refutation)
    shown = [Listing("Read after", preamble.strip())]

    def judge() -> Evidence:
        sound_text(layer, module)
        return _summed_up(instances, _decide(setting, [each.statement for each in instances]), shown)

    return concluded(layer, shown, "nothing is concluded", judge)


def _summed_up(
    instances: Sequence[Instance], answers: Sequence[bool | None], shown: Sequence[Listing]
) -> Evidence:
    named = {True: Outcome.HOLDS, False: Outcome.FAILS, None: Outcome.UNDECIDED}
    outcome = combine(named[answer] for answer in answers)
    wrong = [each for each, answer in zip(instances, answers, strict=True) if not answer]
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
        listings=(*shown, *(Listing(each.label, each.statement) for each in wrong[:3] or instances[:3])),
    )


def _decide(setting: _Setting, statements: Sequence[str]) -> list[bool | None]:
    """True: proved; False: the negation is proved; None: neither.

    Raises:
        NotProved: If Coq came to no end, or an axiom is not permitted.
    """
    answers: list[bool | None] = [None] * len(statements)
    left = list(range(len(statements)))
    while left:
        stopped = _first_rejected(setting, [statements[k] for k in left], setting.proof)
        for k in left[:stopped]:
            answers[k] = True
        if stopped is None:
            break
        k = left[stopped]
        if _first_rejected(setting, [f"~ ({statements[k]})"], setting.refutation) is None:
            answers[k] = False
        left = left[stopped + 1 :]
    return answers


def _first_rejected(setting: _Setting, statements: Sequence[str], script: str) -> int | None:
    """Position of the first statement that the script does not prove; None if it proves all, by permitted axioms.

    Coq lists no axioms where it stops: then there is a position, and what was proved before it decides nothing.

    Raises:
        NotProved: If Coq came to no end, stops elsewhere, or an axiom is not permitted.
    """
    layer, module = setting.layer, setting.module
    texts = (setting.preamble, script, *statements)
    place, name, together = unused(("Instances", "instance", "together"), layer, module, *texts)
    lines = [f"Module {place}.", *setting.preamble.split("\n")]
    starts = []
    for number, statement in enumerate(statements):
        starts.append(len(lines) + 1)
        lines += f"Theorem {name}_{number} : (\n{statement}\n).\nProof.\n{script}\nQed.".split("\n")
    names = [f"{place}.{name}_{number}" for number in range(len(statements))]
    answer = asked(layer, module, "\n".join([*lines, f"End {place}.", collected(names, together)]))
    if answer.ending is Ending.ACCEPTED:
        permitted("the instances rest", answer.output)
        return None
    stopped = sum(start <= answer.line for start in starts) - 1
    if answer.ending is not Ending.REJECTED or stopped < 0:
        raise no_proof("the instances", answer)
    return stopped
