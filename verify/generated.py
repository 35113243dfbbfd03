"""Proofs generated for one activation, checked by Coq's kernel: its derivatives, and bounds on them.

Contract: `prove_activation` gives for each of three derivatives whether the kernel accepts that it is one, and a
bound on the whole line that the kernel accepts, as little above the supremum as the generated script reaches. The
goals are checked together in one file, since loading the libraries and listing axioms takes seconds; one that fails
is taken out and the rest is checked again, so none takes others along. A goal that is not proved may still be true.

What is accepted is cached under the text, and audited like the project's own proofs: the kernel compares the theorem
with the statement, and only the axioms of `verify.audit` may occur.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sympy

from theory.activation import Activation
from theory.arithmetic import UndecidedError
from theory.coq_bounds import Candidate, bound_goal, candidates
from theory.coq_derivatives import derivative_goal
from theory.coq_goals import Goal, document
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
        axioms: If so: the axioms that the proofs of this run rest on.
        goal: The goal with its script.
        note: What else there is to know, such as how far a bound is from the supremum.
    """

    name: str
    words: str
    statement: str
    proved: bool
    reason: str = ""
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
    derivatives = [_derivative(activation, order) for order in ORDERS]
    tries = {order: _tries(activation, order) for order in ORDERS}
    proofs = {f"bound_{order}": next(tries[order]) for order in ORDERS}
    pending = [*derivatives, *proofs.values()]
    settled: dict[str, Proof] = {}
    while pending:
        for proof in _checked(pending, limit):
            settled[proof.name] = proof
        again = [settled[f"bound_{order}"] for order in ORDERS]
        pending = []
        for order, failed in zip(ORDERS, again, strict=True):
            following = None if failed.proved else next(tries[order], None)
            if following is not None:
                pending.append(following)
    return tuple(settled[name] for kind in ("derivative", "bound") for name in _names(kind))


def prove(goals: Sequence[Goal], *, limit: float = LIMIT_SECONDS) -> tuple[Proof, ...]:
    """Check goals with the kernel; see the module's contract.

    Raises:
        CoqMissing: If Coq or a library of it is not installed.
        InputError: If the cache cannot be written.
    """
    lacking = missing(LAYER.libraries)
    if lacking:
        raise CoqMissing(lacking)
    refused: dict[str, str] = {}
    left = list(goals)
    while left:
        try:
            found = _accepted(left, limit * len(left))
            break
        except _Refused as refusal:
            if refusal.name:
                refused[refusal.name] = refusal.reason
                left = [goal for goal in left if goal.name != refusal.name]
            elif len(left) == 1:
                refused[left.pop().name] = refusal.reason
            else:
                # Coq named no goal, as when its time runs out: each by itself.
                return tuple(proof for goal in goals for proof in _alone(goal, refused, limit))
    axioms = found if left else {}
    return tuple(
        _proof(goal, reason=refused[goal.name])
        if goal.name in refused
        else _proof(goal, axioms=axioms[goal.name])
        for goal in goals
    )


class _Refused(Exception):
    """A file of goals that is not accepted: the goal at fault, if Coq names one, and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason


def _alone(goal: Goal, refused: dict[str, str], limit: float) -> tuple[Proof, ...]:
    return (_proof(goal, reason=refused[goal.name]),) if goal.name in refused else prove([goal], limit=limit)


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
            raise _Refused("", f"{failure.module}.v of this project: {answer.message}") from failure
        at_fault = _goal_at(goals, text, answer.line) if answer.ending is Ending.REJECTED else ""
        raise _Refused(at_fault, answer.message) from failure
    statements = {goal.name: goal.statement for goal in goals}
    axioms = {}
    for goal in goals:
        try:
            axioms[goal.name] = audited(layer, _MODULE, statements, goal.name)
        except NotProved as reason:
            raise _Refused(goal.name, str(reason)) from reason
    return axioms


def _goal_at(goals: Sequence[Goal], text: str, line: int) -> str:
    """The goal in whose lines an error lies."""
    name = ""
    for goal in goals:
        if text.split(f"Theorem {goal.name} :")[0].count("\n") < line:
            name = goal.name
    return name


def _proof(goal: Goal, *, reason: str = "", axioms: tuple[str, ...] = ()) -> Proof:
    return Proof(goal.name, goal.words, goal.statement, not reason, reason, axioms, goal)


def _checked(pending: Sequence[Proof], limit: float) -> Iterator[Proof]:
    """The proofs with what the kernel says; those without a goal as they are."""
    results = iter(prove([each.goal for each in pending if each.goal is not None], limit=limit))
    for each in pending:
        yield each if each.goal is None else replace(next(results), note=each.note)


def _names(kind: str) -> list[str]:
    return [f"{kind}_{order}" for order in ORDERS]


def _derivative(activation: Activation, order: int) -> Proof:
    name = f"derivative_{order}"
    f, g = activation.derivative(order - 1), activation.derivative(order)
    try:
        return _open(derivative_goal(name, f, g, activation.variable, order=order))
    except InputError as error:
        return Proof(name, f"sigma^({order}) is the derivative of sigma^({order - 1})", "", False, str(error))


def _tries(activation: Activation, order: int) -> Iterator[Proof]:
    """Bounds to try, the smallest first; if there is none to try, one that says why."""
    name, words = f"bound_{order}", f"|sigma^({order})| is bounded on the whole line"
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
        reason = ""
        yield _open(goal, note=_sharpness(candidate, supremum))
    if reason:
        yield Proof(name, words, "", False, f"no proof script: {reason}")


def _open(goal: Goal, *, note: str = "") -> Proof:
    return Proof(goal.name, goal.words, goal.statement, False, "not checked", goal=goal, note=note)


def _sharpness(candidate: Candidate, supremum: object) -> str:
    excess = (candidate.factor - 1) * 100
    digits = str(sympy.N(excess, 3)).rstrip("0").rstrip(".")
    return f"the supremum is {supremum}; the bound is it plus {digits} %, rounded upwards to five digits"
