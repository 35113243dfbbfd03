"""Perform one check, in this process or as a worker process that answers in lines of JSON.

A worker loads all sources of claims, reads one command a line on its standard input, ``{"source", "claim",
"check", "profile", "seed", "folder", "memory", "alpha"}``, and answers with lines ``{"event": "started"}``,
``{"event": "progress", "done", "total"}``, ``{"event": "result", "data", "final"}`` and at last ``{"event":
"ended", "code"}``, which comes without a result if the check took its process down. It moves both channels away
before it loads anything else, so what a check prints goes to standard error and never between the answers.

On Linux each check runs in a fork of the worker, which itself never runs one. So no check sees what another
left behind (caches, precisions, generators, imports), its result does not depend on the order of checks, and a
crash costs no new start. Elsewhere a check runs in the worker itself. A worker ends when its input ends.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import math
import os
import random
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np

from theory.errors import InputError
from verify.claim import Claim, Context, Profile
from verify.evidence import Evidence
from verify.export import check_result_errors
from verify.memory import MIB, lift_limit, limit_memory, ran_out
from verify.plain import canonical, plain, steady
from verify.quantity import Certainty
from verify.registry import load
from verify.run import CheckResult
from verify.verdict import Kind, Outcome

# Evidence is for reading: a result beyond this size (in characters of JSON) is a mistake of its check.
MAX_RESULT = 16_000_000

_MAX_TEXT = 20_000
_PROGRESS_INTERVAL = 0.1  # seconds between two reports of progress


def perform(
    claim: Claim,
    check: str,
    *,
    profile: Profile,
    seed: int,
    folder: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CheckResult:
    """Run one check and give back its result, as plain data all through; never raises what the check raises.

    The generators of Python, NumPy and, where loaded, torch are seeded first, so that a check which draws
    from one of them by accident still gives the same result in every order and number of jobs.

    Args:
        claim: The claim.
        check: The name of the check within it.
        profile: The profile.
        seed: The seed of this check (`verify.claim.derive_seed` of run seed, claim and check).
        folder: Where the check may keep finished parts of long work.
        progress: Called with ``(done, total)`` by long checks.
    """
    context = Context(profile=profile, seed=seed, folder=folder, progress=progress)
    return _attempt(claim, check, context, memory=None)[0]


def _attempt(claim: Claim, check: str, context: Context, *, memory: int | None) -> tuple[CheckResult, bool]:
    """The result of a check, and whether it came to its end of itself: no crash, no want of memory."""
    _seed_global_generators(context.seed)
    start = time.perf_counter()
    try:
        evidence = claim.check(check).run(context)
        if not isinstance(evidence, Evidence):
            raise InputError(
                given=f"a check that returned {type(evidence).__qualname__}",
                allowed="an Evidence",
                do="return verify.evidence.from_comparisons(...) or an Evidence",
            )
        _require_rigour(claim.check(check).kind, evidence)
        _require_rates(claim.check(check).kind, evidence)
        result = CheckResult(claim.id, check, context.seed, evidence, time.perf_counter() - start)
        return _plain_result(result), evidence.outcome is not Outcome.ERROR
    except BaseException as error:  # sys.exit in a check is its crash, not ours
        if memory is not None and ran_out(error):
            lift_limit()  # what the check holds is not free yet, and its end has to be told
            evidence, trace = Evidence(Outcome.UNDECIDED, _out_of_memory(memory)), ""
        else:
            evidence, trace = Evidence(Outcome.ERROR, _message(error)), _trace(error)
    seconds = time.perf_counter() - start
    return CheckResult(claim.id, check, context.seed, evidence, seconds, trace), False


def _require_rigour(kind: Kind, evidence: Evidence) -> None:
    """Refuse evidence of a rigorous kind that rests on numbers of another: floats prove and enclose nothing."""
    if kind not in (Kind.FORMAL, Kind.SYMBOLIC, Kind.ENCLOSURE):
        return
    for each in evidence.comparisons:
        for quantity in (each.measured, each.stated):
            if quantity.certainty not in (Certainty.EXACT, Certainty.BALL):
                raise InputError(
                    given=f"a {kind.value} check that compares a {quantity.certainty.value} ({each.label})",
                    allowed="exact numbers and balls in checks of the kinds formal, symbolic and enclosure",
                    do="pass exact(...) or ball(...), or declare the check as property, statistical or experiment",
                )


def _require_rates(kind: Kind, evidence: Evidence) -> None:
    """Refuse a statistical check that does not say how often it errs, or says what no check can do."""
    if kind is not Kind.STATISTICAL or not evidence.comparisons:
        return
    rates = evidence.error_rates
    missing = {"alpha", "power", "smallest_fault"} - set(rates)
    if missing:
        raise InputError(
            given=f"a statistical check without {', '.join(sorted(missing))} among its error rates",
            allowed="alpha (false alarms), smallest_fault and the power with which that fault is found",
            do="pass error_rates={...} with all three to the Evidence",
        )
    stated = {name: rates[name] for name in ("alpha", "power", "smallest_fault")}
    possible = 0 < rates["alpha"] < 1 and 0 < rates["power"] < 1 and 0 < rates["smallest_fault"] < math.inf
    if not possible:  # a comparison with NaN is false too
        raise InputError(
            given=f"a statistical check with the error rates {stated}",
            allowed="alpha and power between 0 and 1, and a smallest_fault above 0: no sample decides for certain",
            do="state the rates at which the check errs",
        )


def find(source: str, claim_id: str) -> Claim:
    """The claim of that ID in a module or file of claims.

    Raises:
        InputError: If the source cannot be loaded or has no such claim.
    """
    for claim in load(source).CLAIMS:
        if isinstance(claim, Claim) and claim.id == claim_id:
            return claim
    raise InputError(
        given=f"claim {claim_id} in {source}",
        allowed="a claim that its source defines each time it is loaded",
        do="define it at the top level of the file, without a condition",
    )


def main(sources: Iterable[str] = ()) -> None:
    """Serve commands until the standard input ends; then end, whatever is going on.

    Args:
        sources: Modules and files of claims to load at the start.
    """
    commands, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    faulthandler.enable()
    for source in sources:
        with suppress(InputError):  # the check that needs it will say so
            load(source)
    gc.freeze()  # what is loaded stays for good; collecting it in a fork would only copy its pages
    for line in commands:
        command, code = json.loads(line), 0
        if sys.platform == "linux":
            code = _serve_in_fork(command, answers, commands)
        else:
            _serve(command, answers)
        # On a line of its own, should the fork have died within one.
        answers.write(b"\n" + canonical({"event": "ended", "code": code}).encode() + b"\n")
        answers.flush()
    _end()


def _serve_in_fork(command: dict[str, Any], answers: BinaryIO, commands: BinaryIO) -> int:
    """Answer one command in a fork; give its exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            _offer_to_the_oom_killer()
            if command["memory"] is not None:
                limit_memory(command["memory"])
            _serve(command, answers)
            os._exit(0)
        except BaseException:  # the answer could not be given, and the loop of the worker is not for the fork
            traceback.print_exc()
        finally:
            os._exit(1)
    handle = os.pidfd_open(child)
    ready, _, _ = select.select([handle, commands.fileno()], [], [])
    os.close(handle)
    if commands.fileno() in ready:  # a next command would come after the answer: the input has ended
        _end()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _serve(command: dict[str, Any], answers: BinaryIO) -> None:
    """Answer one command."""
    lock = threading.Lock()
    last_report = 0.0

    def answer(event: str, **fields: Any) -> None:
        with lock:  # a check may report progress from a thread
            answers.write(canonical({"event": event, **fields}).encode() + b"\n")
            answers.flush()

    def progress(done: int, total: int) -> None:
        nonlocal last_report
        now = time.monotonic()
        if now - last_report >= _PROGRESS_INTERVAL or done >= total:
            last_report = now
            answer("progress", done=int(done), total=int(total))

    claim_id, check, seed = command["claim"], command["check"], command["seed"]
    folder = Path(command["folder"]) if command["folder"] else None
    try:
        claim = find(command["source"], claim_id)
    except BaseException as error:
        evidence = Evidence(Outcome.ERROR, _message(error))
        result, final = CheckResult(claim_id, check, seed, evidence, 0.0, _trace(error)), False
    else:
        answer("started")
        context = Context(Profile(command["profile"]), seed, folder, progress, command["alpha"])
        result, final = _attempt(claim, check, context, memory=command["memory"])
    with suppress(OSError, ValueError):  # what it printed may be lost to a full disk, its result may not
        sys.stderr.flush()
    answer("result", data=result.to_json(), final=final)


def _end() -> NoReturn:
    """End this process and, where it leads a session of its own, whatever its checks started."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


def _plain_result(result: CheckResult) -> CheckResult:
    """The result as it will come back from the store.

    Raises:
        InputError: If something in it is not plain, does not fit the schema, or is too large.
    """
    data = plain(result.to_json(), place="evidence")
    size = len(canonical(data["evidence"]))
    if size > MAX_RESULT:
        raise InputError(
            given=f"evidence of {size} characters of JSON",
            allowed=f"at most {MAX_RESULT}",
            do="keep the worst comparisons and thin out the series",
        )
    errors = check_result_errors(data)
    if errors:
        raise InputError(
            given=f"evidence that does not fit the result format: {errors}",
            allowed="fields of the types that verify.evidence.Evidence states",
            do="correct the check",
        )
    return CheckResult.from_json(data)


def _out_of_memory(limit: int) -> str:
    return (
        f"stopped at its memory limit of {limit // MIB} MiB; raise the limit (--memory), lower the profile, "
        "or use a machine with more memory"
    )


def _message(error: BaseException) -> str:
    text = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    return steady(text)[:_MAX_TEXT]


def _trace(error: BaseException) -> str:
    """Where it crashed, from the check's own frame on."""
    frames = error.__traceback__.tb_next if error.__traceback__ is not None else None
    return steady("".join(traceback.format_exception(type(error), error, frames)))[-_MAX_TEXT:]


def _seed_global_generators(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)


def _offer_to_the_oom_killer() -> None:
    """Ask Linux to end this worker, and not its parent, when memory runs out."""
    try:
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    except OSError:  # not Linux, or not allowed: then the kernel chooses
        return


if __name__ == "__main__":
    main()
