"""What to try for one activation: the goal of each derivative, and goals of bounds from the sharpest to the widest.

Contract: nothing is checked here. A sequence of tries is told how the last one ended, and gives a proof without a
goal, with its reason, where no script can be written.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

import sympy
from flint import arb

from theory.activation import Activation
from theory.arithmetic import UndecidedError
from theory.coq.bounds import Candidate, bound_goal, candidates
from theory.coq.derivatives import derivative_goal
from theory.coq.goals import MARK, Goal
from theory.errors import InputError
from verify.time_limit import OutOfTime, within

ORDERS = (1, 2, 3)


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


Tries: TypeAlias = Generator[Proof, bool | None, None]
"""Proofs to check one after the other. What is sent is whether the last one came to no end: then only the easiest
is left to try."""


def timed(tries: Tries, seconds: Callable[[], float], *, name: str, words: str) -> Tries:
    """The same tries; where writing one takes more than the seconds left, one without a goal that says so."""
    answer: bool | None = None
    while True:
        allowed = seconds()
        try:
            with within(allowed):
                proof = next(tries) if answer is None else tries.send(answer)
        except StopIteration:
            return
        except OutOfTime as reason:
            yield Proof(name, words, "", False, f"no proof script: writing it takes {reason}")
            return
        answer = yield proof


def every_try(activation: Activation, seconds: Callable[[], float]) -> list[Tries]:
    """The tries for three derivatives, then for a bound on each, each written in the seconds that are left then."""
    makers = [(derivative_tries, "derivative", _derivative_words), (bound_tries, "bound", _bound_words)]
    return [
        timed(make(activation, order), seconds, name=f"{name}_{order}", words=words(order))
        for make, name, words in makers
        for order in ORDERS
    ]


def derivative_tries(activation: Activation, order: int, *, prefix: str = "") -> Tries:
    """The goal that sigma^(order) is the derivative of sigma^(order - 1)."""
    name, words = f"{prefix}derivative_{order}", _derivative_words(order)
    f, g = activation.derivative(order - 1), activation.derivative(order)
    try:
        yield unchecked(derivative_goal(name, f, g, activation.variable, order=order))
    except InputError as error:
        yield Proof(name, words, "", False, f"no proof script: {error.given}")


def bound_tries(activation: Activation, order: int, *, prefix: str = "") -> Tries:
    """Bounds on sigma^(order), the smallest first; if there is none to try, one that says why."""
    name, words = f"{prefix}bound_{order}", _bound_words(order)
    g = activation.derivative(order)
    try:
        supremum = activation.suprema(order)
    except InputError as error:
        yield Proof(name, words, "", False, f"there is no finite bound to prove: {error.given}")
        return
    except UndecidedError as error:
        yield Proof(name, words, "", False, f"no bound is known that could be proved: {error}")
        return
    *sharper, widest = candidates(supremum)
    refused = False
    for candidate in sharper:
        try:
            goal = bound_goal(name, g, candidate.bound, activation.variable, order=order)
        except InputError as error:
            yield Proof(name, words, "", False, f"no proof script: {error.given}")
            return
        except UndecidedError:
            if not refused and not _has_script(g, widest, activation):
                break
            refused = True
            continue
        if (yield unchecked(goal, note=_sharpness(candidate, supremum))):
            break
    try:
        goal = bound_goal(name, g, widest.bound, activation.variable, order=order)
    except UndecidedError as error:
        yield Proof(name, words, "", False, f"no proof script: {error}")
    else:
        yield unchecked(goal, note=_sharpness(widest, supremum))


def unchecked(goal: Goal, *, note: str = "") -> Proof:
    """A goal before its proof is checked."""
    return Proof(goal.name, goal.words, goal.statement, False, "not checked", goal=goal, note=note)


def _derivative_words(order: int) -> str:
    return f"sigma{MARK * order} is the derivative of sigma{MARK * (order - 1)} on the whole line"


def _bound_words(order: int) -> str:
    return f"|sigma{MARK * order}| is bounded on the whole line"


def _has_script(g: sympy.Expr, candidate: Candidate, activation: Activation) -> bool:
    try:
        bound_goal("any", g, candidate.bound, activation.variable)
    except UndecidedError:
        return False
    return True


def _sharpness(candidate: Candidate, supremum: arb) -> str:
    if supremum == 0:
        return "the supremum is 0"
    excess = (candidate.factor - 1) * 100
    digits = str(sympy.N(excess, 3)).rstrip("0").rstrip(".")
    return f"the supremum is {supremum}; the bound is {digits} % more, rounded upwards to five digits"
