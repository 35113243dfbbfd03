"""Proofs generated for one activation, checked by Coq's kernel: its derivatives, and bounds on them.

Contract: `prove_activation` gives for each of three derivatives whether the kernel accepts that it is one, and a
bound on the whole line that the kernel accepts, as little above the supremum as the generated script reaches. The
goals are checked together in one file, since loading the libraries and listing axioms takes seconds; one that fails
is taken out and the rest is checked again, so none takes others along. A goal that is not proved may still be true.

What is accepted is cached under the text, and audited like the project's own proofs: the kernel compares the
theorem with the statement, and only the axioms of `verify.audit` may occur.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sympy
from flint import arb

from theory.activation import Activation
from theory.arithmetic import UndecidedError
from theory.coq.bounds import Candidate, bound_goal, candidates
from theory.coq.derivatives import derivative_goal
from theory.coq.goals import MARK, Goal, document
from theory.errors import InputError
from verify.audit import NotProved, audited
from verify.cache import digest_of, entry
from verify.claims.formal import LAYER
from verify.compiled import NotCompiled, compile_layer
from verify.coq import Ending, missing
from verify.layer import Layer

ORDERS = (1, 2, 3)

# For one goal; loading the libraries takes some of it. Sound goals take 0.1 to 20 s.
LIMIT_SECONDS = 40.0

_MODULE = "Generated"


class CoqMissing(Exception):
    """There is no Coq here; the text says how to install it."""


@dataclass(frozen=True)
class Proof:
    """What came of one goal.

    Attributes:
        name: Its name, such as ``derivative_2`` or ``bound_2``.
        words: The statement in words.
        statement: The statement in Coq; empty if there is none.
        proved: Whether the kernel accepts a proof.
        reason: If not: why.
        rejected: Whether Coq itself rejected the script, which it does each time; not so if its time ran out.
        axioms: If so: the axioms that the proofs of this run rest on.
        goal: The goal with its script.
        note: What else there is to know, such as how far a bound is from the supremum.
    """

    name: str
    words: str
    statement: str
    proved: bool
    reason: str = ""
    rejected: bool = False
    axioms: tuple[str, ...] = ()
    goal: Goal | None = None
    note: str = ""


def prove_activation(activation: Activation, *, limit: float = LIMIT_SECONDS) -> tuple[Proof, ...]:
    """Prove the first three derivatives of an activation and bounds on them.

    Args:
        activation: The activation.
        limit: Seconds for each goal.

    Raises:
        CoqMissing: If Coq or a library of it is not installed.
        InputError: If the cache cannot be written.
    """
    tries = [derivative_tries(activation, order) for order in ORDERS]
    return settle([*tries, *(bound_tries(activation, order) for order in ORDERS)], limit=limit)


def settle(tries: Sequence[Iterator[Proof]], *, limit: float = LIMIT_SECONDS) -> tuple[Proof, ...]:
    """For each sequence of tries the first that is proved, or the last; all next tries are checked together.

    Args:
        tries: Each gives at least one proof that is not checked yet; their names differ.
        limit: Seconds for each goal.

    Raises:
        CoqMissing: If Coq or a library of it is not installed.
        InputError: If the cache cannot be written.
    """
    found = [next(each) for each in tries]
    pending = dict(enumerate(found))
    while pending:
        goals = [each.goal for each in pending.values() if each.goal is not None]
        results = iter(prove(goals, limit=limit))
        following = {}
        for i, each in pending.items():
            found[i] = each if each.goal is None else replace(next(results), note=each.note)
            if not found[i].proved and (again := next(tries[i], None)) is not None:
                following[i] = again
        pending = following
    return tuple(found)


def derivative_tries(activation: Activation, order: int, *, prefix: str = "") -> Iterator[Proof]:
    """The goal that sigma^(order) is the derivative of sigma^(order - 1)."""
    name = f"{prefix}derivative_{order}"
    f, g = activation.derivative(order - 1), activation.derivative(order)
    try:
        yield _open(derivative_goal(name, f, g, activation.variable, order=order))
    except InputError as error:
        words = f"sigma{MARK * order} is the derivative of sigma{MARK * (order - 1)} on the whole line"
        yield Proof(name, words, "", False, f"no proof script: {error.given}")


def bound_tries(activation: Activation, order: int, *, prefix: str = "") -> Iterator[Proof]:
    """Bounds on sigma^(order), the smallest first; if there is none to try, one that says why."""
    name, words = f"{prefix}bound_{order}", f"|sigma{MARK * order}| is bounded on the whole line"
    g = activation.derivative(order)
    try:
        supremum = activation.suprema(order)
    except InputError as error:
        yield Proof(name, words, "", False, f"there is no finite bound to prove: {error.given}")
        return
    except UndecidedError as error:
        yield Proof(name, words, "", False, f"no bound is known that could be proved: {error}")
        return
    reason = ""
    for candidate in candidates(supremum):
        try:
            goal = bound_goal(name, g, candidate.bound, activation.variable, order=order)
        except (InputError, UndecidedError) as error:
            reason = reason or str(error)
            continue
        yield _open(goal, note=_sharpness(candidate, supremum))
        reason = ""
    if reason:
        yield Proof(name, words, "", False, f"no proof script: {reason}")


def prove(goals: Sequence[Goal], *, limit: float = LIMIT_SECONDS) -> tuple[Proof, ...]:
    """Check goals with the kernel; see the module's contract.

    Raises:
        CoqMissing: If Coq or a library of it is not installed.
        InputError: If the cache cannot be written.
    """
    lacking = missing(LAYER.libraries)
    if lacking:
        raise CoqMissing(lacking)
    results: dict[str, Proof] = {}
    left = list(goals)
    while left:
        try:
            axioms = _accepted(left, limit * len(left))
        except _Refused as refusal:
            at_fault = refusal.name or (left[0].name if len(left) == 1 else "")
            if not at_fault:
                # Coq names no goal, as when its time runs out: each by itself.
                results |= {goal.name: prove([goal], limit=limit)[0] for goal in left}
                break
            goal = next(goal for goal in left if goal.name == at_fault)
            results[at_fault] = replace(_open(goal), reason=refusal.reason, rejected=refusal.rejected)
            left.remove(goal)
        else:
            results |= {
                goal.name: replace(_open(goal), proved=True, reason="", axioms=axioms[goal.name])
                for goal in left
            }
            break
    return tuple(results[goal.name] for goal in goals)


class _Refused(Exception):
    """A file of goals that is not accepted: the goal at fault, if Coq names one, why, and if it always will be."""

    def __init__(self, name: str, reason: str, *, rejected: bool) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason
        self.rejected = rejected


def _accepted(goals: Sequence[Goal], limit: float) -> dict[str, tuple[str, ...]]:
    """The axioms of each theorem of a file with these goals, if it is accepted as a whole."""
    text = document(goals)
    with entry("coq-generated", digest_of(text)) as place:
        # The text is a function of the key: writing it again changes nothing.
        (place.folder / f"{_MODULE}.v").write_text(text, encoding="utf-8")
        layer = Layer(place.folder, "User", under=(LAYER,))
    try:
        compile_layer(layer, _MODULE, limit=limit)
    except NotCompiled as failure:
        answer = failure.answer
        if failure.module != _MODULE:
            raise RuntimeError(f"Coq does not take {failure.module}.v: {answer.message}") from failure
        rejected = answer.ending is Ending.REJECTED
        at_fault = _goal_at(goals, text, answer.line) if answer.line else ""
        reason = f"Coq rejects the generated proof: {answer.message}" if rejected else answer.message
        raise _Refused(at_fault, reason, rejected=rejected) from failure
    statements = {goal.name: goal.statement for goal in goals}
    axioms = {}
    for goal in goals:
        try:
            axioms[goal.name] = audited(layer, _MODULE, statements, goal.name)
        except NotProved as reason:
            raise _Refused(goal.name, str(reason), rejected=False) from reason
    return axioms


def _goal_at(goals: Sequence[Goal], text: str, line: int) -> str:
    """The goal in whose lines an error lies."""
    name = ""
    for goal in goals:
        if text.split(f"Theorem {goal.name} :")[0].count("\n") < line:
            name = goal.name
    return name


def _open(goal: Goal, *, note: str = "") -> Proof:
    return Proof(goal.name, goal.words, goal.statement, False, "not checked", goal=goal, note=note)


def _sharpness(candidate: Candidate, supremum: arb) -> str:
    excess = (candidate.factor - 1) * 100
    digits = str(sympy.N(excess, 3)).rstrip("0").rstrip(".")
    return f"the supremum is {supremum}; the bound is {digits} % more, rounded upwards to five digits"
