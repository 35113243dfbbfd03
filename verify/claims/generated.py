"""Proofs generated for one activation, checked by Coq's kernel: its derivatives, and bounds on them.

Contract: `prove_activation` gives for each of three derivatives whether the kernel accepts that it is one, and a
bound on the whole line that the kernel accepts, as little above the supremum as the generated script reaches. The
goals are checked together in one file, since loading the libraries and listing axioms takes seconds; one that fails
is taken out and the rest is checked again, so none takes others along. A goal that is not proved may still be true:
its script may be wrong, or its time run out. A bound on sigma^(j) counts only if the first j derivatives are
proved, since Coq's functions are total and the expression alone may mean something else.

What is accepted is cached under the text, and audited like the project's own proofs: the kernel compares the
theorem with the statement, and only the axioms of `verify.audit` may occur.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from theory.activation import Activation
from theory.coq.goals import Goal, document
from verify.audit import NotProved, audited
from verify.cache import digest_of, entry
from verify.claims.formal import LAYER
from verify.claims.generated_tries import ORDERS, Proof, Tries, every_try, unchecked
from verify.compiled import NotCompiled, compile_layer
from verify.coq import Ending, missing
from verify.layer import Layer

# For one goal; loading the libraries takes some of it. Sound goals take 0.1 to 20 s.
LIMIT_SECONDS = 40.0
MORE_SECONDS = 10.0  # for each further goal in one file

# For an activation as a whole, after the project's own layer is compiled.
BUDGET_SECONDS = 240.0

# For writing one script: SymPy simplifies, and nobody can tell how long. Sound ones take up to a few seconds.
SCRIPT_SECONDS = 20.0

_LEAST_SECONDS = 6.0  # with less left no run is begun: loading the libraries takes about 2 s
_MODULE = "Generated"
_NO_TIME = "the time of this run is used up"


class CoqMissing(Exception):
    """There is no Coq here; the text says how to install it."""


def prove_activation(
    activation: Activation,
    *,
    limit: float = LIMIT_SECONDS,
    budget: float = BUDGET_SECONDS,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Proof, ...]:
    """Prove the first three derivatives of an activation and bounds on them.

    Args:
        activation: The activation.
        limit: Seconds for each goal.
        budget: Seconds for all of them, the writing of scripts included; what is left then is not proved.
        progress: Takes a line of text before each step that may last.

    Raises:
        CoqMissing: If Coq or a library of it is not installed.
        InputError: If the cache cannot be written.
    """
    progress("compiling what the proofs rest on, unless it is kept …")
    _prepare()
    progress("writing proof scripts …")
    deadline = time.monotonic() + budget
    tries = every_try(activation, lambda: min(SCRIPT_SECONDS, deadline - time.monotonic()))
    proofs = settle(tries, limit=limit, deadline=deadline, progress=progress)
    derivatives, bounds = proofs[: len(ORDERS)], proofs[len(ORDERS) :]
    return (
        *derivatives,
        *(_resting_on(derivatives[:j], each) for j, each in enumerate(bounds, start=1)),
    )


def settle(
    tries: Sequence[Tries],
    *,
    limit: float = LIMIT_SECONDS,
    deadline: float = math.inf,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Proof, ...]:
    """For each sequence of tries the first that is proved, or the last; all next tries are checked together.

    Args:
        tries: Each gives at least one proof that is not checked yet; their names differ.
        limit: Seconds for each goal.
        deadline: The time on `time.monotonic` after which nothing is begun.
        progress: Takes a line of text before each step that may last.

    Raises:
        CoqMissing: If Coq or a library of it is not installed.
        InputError: If the cache cannot be written.
    """
    found = [next(each) for each in tries]
    pending = dict(enumerate(found))
    while pending:
        goals = [each.goal for each in pending.values() if each.goal is not None]
        results = iter(prove(goals, limit=limit, deadline=deadline, progress=progress))
        following = {}
        for i, each in pending.items():
            found[i] = each if each.goal is None else replace(next(results), note=each.note)
            if found[i].proved or each.goal is None or time.monotonic() >= deadline:
                continue
            try:
                following[i] = tries[i].send(not found[i].rejected)
            except StopIteration:
                continue
        pending = following
    return tuple(found)


def prove(
    goals: Sequence[Goal],
    *,
    limit: float = LIMIT_SECONDS,
    deadline: float = math.inf,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Proof, ...]:
    """Check goals with the kernel; see the module's contract.

    Args:
        goals: The goals.
        limit: Seconds for a goal by itself; several in one file have `MORE_SECONDS` for each further one.
        deadline: The time on `time.monotonic` after which nothing is begun.
        progress: Takes a line of text before each run of Coq.

    Raises:
        CoqMissing: If Coq or a library of it is not installed.
        InputError: If the cache cannot be written.
    """
    _prepare()
    results: dict[str, Proof] = {}
    left = list(goals)
    while left:
        seconds = _seconds(len(left), limit, deadline)
        if seconds <= 0:
            results |= {goal.name: replace(unchecked(goal), reason=f"time: {_NO_TIME}") for goal in left}
            break
        progress(f"checking {', '.join(goal.name for goal in left)}, for at most {seconds:g} s …")
        try:
            axioms = _accepted(left, seconds)
        except _Refused as refusal:
            at_fault = refusal.name or (left[0].name if len(left) == 1 else "")
            if not at_fault:
                # Coq names no goal, as when its time runs out: each by itself.
                for goal in left:
                    (results[goal.name],) = prove([goal], limit=limit, deadline=deadline, progress=progress)
                break
            goal = next(goal for goal in left if goal.name == at_fault)
            results[at_fault] = replace(unchecked(goal), reason=refusal.reason, rejected=refusal.rejected)
            left.remove(goal)
        else:
            results |= {
                goal.name: replace(unchecked(goal), proved=True, reason="", axioms=axioms[goal.name])
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


def _prepare() -> None:
    """Compile the modules that generated proofs load; this is kept and takes no time of theirs."""
    lacking = missing(LAYER.libraries)
    if lacking:
        raise CoqMissing(lacking)
    try:
        compile_layer(LAYER, "Bounds")  # and under it Functions and Enclosure
    except NotCompiled as failure:
        raise RuntimeError(f"Coq does not take {failure.module}.v: {failure.answer.message}") from failure


def _seconds(count: int, limit: float, deadline: float) -> float:
    """For a file with so many goals: a third of what is left at most, so that others have their turn; 0 if none."""
    left = deadline - time.monotonic()
    if left < _LEAST_SECONDS:
        return 0.0
    seconds = min(limit + MORE_SECONDS * (count - 1), left / 3)
    return float(int(seconds)) if seconds >= 1 else seconds


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


def _resting_on(derivatives: Sequence[Proof], bound: Proof) -> Proof:
    """A bound is one on the derivative that it names only if that is shown to be it."""
    absent = next((each.name for each in derivatives if not each.proved), "")
    if not absent or not bound.proved:
        return bound
    reason = f"{absent} is not proved, so this bounds an expression that may not be the derivative"
    return replace(bound, proved=False, reason=reason, axioms=())
