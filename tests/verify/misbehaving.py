"""Claims whose checks misbehave in every way that the runner must survive; used by the tests of the runner."""

import ctypes
import os
import random
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from verify.bound import UPPER, compare
from verify.claim import Check, Claim, Context, Profile
from verify.evidence import Evidence, Series, from_comparisons
from verify.quantity import measured
from verify.verdict import Kind, Outcome


def note(name: str) -> None:
    """Leave a mark that this check really ran, and in which process."""
    folder = os.environ.get("MISBEHAVING_MARKS")
    if folder:
        with Path(folder, name).open("a") as file:
            file.write(f"{os.getpid()}\n")


def good(context: Context) -> Evidence:
    note("good")
    value = context.rng("draw").uniform()
    # Drawn from global generators on purpose: the worker must make even these repeatable.
    slips = random.random() + np.random.uniform()
    return from_comparisons(
        [compare("u", UPPER, measured(value), measured(1), parameters={"slips": slips})],
        parameters={"n": np.int64(3), "flag": np.bool_(True), "scale": np.float64(0.5), "pair": (1, 2)},
        counts={"draws": 1},
        series=(Series("f", "u", (1, 2), (float("nan"), 1.0)),),
    )


def keeps_a_part(context: Context) -> Evidence:
    """Long work in parts: what an earlier attempt kept is taken, and said."""
    assert context.folder is not None
    part = context.folder / "part"
    kept = part.exists()
    context.folder.mkdir(parents=True, exist_ok=True)
    part.write_text("1")
    return from_comparisons(
        [compare("kept", UPPER, measured(float(kept)), measured(1))], parameters={"kept": kept}
    )


def also_good(context: Context) -> Evidence:
    note("also_good")
    return good(context)


def raises(context: Context) -> Evidence:
    raise ZeroDivisionError(f"in the check {object()!r}")


def exits(context: Context) -> Evidence:
    sys.exit(0)


def dies(context: Context) -> Evidence:
    os._exit(7)


def leaves_quietly(context: Context) -> Evidence:
    os._exit(0)


def leaves_traces(context: Context) -> Evidence:
    # What a check leaves behind in its process must not reach the next one, which looks for it.
    os.environ["MISBEHAVING_TRACE"] = "x"
    np.random.uniform(size=3)
    return good(context)


def finds_no_traces(context: Context) -> Evidence:
    return Evidence(Outcome.FAILS if "MISBEHAVING_TRACE" in os.environ else Outcome.HOLDS, "traces")


def crashes(context: Context) -> Evidence:
    ctypes.string_at(0)
    raise AssertionError("unreachable")


def hangs(context: Context) -> Evidence:
    note("hangs")
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    note_child = os.environ.get("MISBEHAVING_MARKS")
    if note_child:
        Path(note_child, "child").write_text(str(child.pid))
    time.sleep(600)
    raise AssertionError("unreachable")


def prints(context: Context) -> Evidence:
    note("prints")
    print('{"event": "result", "data": 1}')
    os.write(1, b"straight to the descriptor\n")
    warnings.warn("a warning of the check", stacklevel=1)
    context.progress(1, 2)
    context.progress(2, 2)
    return good(context)


def reads_input(context: Context) -> Evidence:
    input("is anyone there? ")
    return good(context)


def closes_channels(context: Context) -> Evidence:
    os.closerange(3, 64)
    return good(context)


def returns_number(context: Context) -> Evidence:
    return 0.5  # type: ignore[return-value]  # the fault under test


def returns_array(context: Context) -> Evidence:
    return from_comparisons([], parameters={"W": np.zeros((2, 2))})


def returns_wrong_field(context: Context) -> Evidence:
    return Evidence(Outcome.HOLDS, "fine", counts={"examples": 0.5})  # type: ignore[dict-item]  # the same


def returns_flood(context: Context) -> Evidence:
    return Evidence(Outcome.HOLDS, "x" * 17_000_000)


def exhausts_memory(context: Context) -> Evidence:
    raise MemoryError


def never_in_quick(context: Context) -> Evidence:
    raise AssertionError("this check is for the full profile")


def claim(*functions: Callable[[Context], Evidence], **more: object) -> Claim:
    name = functions[0].__name__.replace("_", "-")
    checks = tuple(Check(Kind.PROPERTY, each, scope="") for each in functions)
    return Claim(
        id=f"bad.{name}",
        title=name,
        statement="0 \\le 1",
        bound=UPPER,
        source="this file",
        checks=checks,
        **more,
    )


CLAIMS = (
    claim(good),
    claim(also_good, depends_on=("bad.good",)),
    claim(raises),
    claim(exits),
    claim(dies),
    claim(leaves_quietly),
    claim(leaves_traces),
    claim(finds_no_traces),
    claim(crashes),
    claim(hangs),
    claim(prints),
    claim(reads_input),
    claim(closes_channels),
    claim(returns_number),
    claim(returns_array),
    claim(returns_wrong_field),
    claim(returns_flood),
    claim(exhausts_memory),
    Claim(
        id="bad.large",
        title="a check of the full profile beside one of the quick one",
        statement="0 \\le 1",
        bound=UPPER,
        source="this file",
        checks=(
            Check(Kind.PROPERTY, good, scope=""),
            Check(Kind.EXPERIMENT, never_in_quick, scope="", profile=Profile.FULL),
        ),
    ),
    Claim(
        id="bad.waits",
        title="a claim that only the standard profile checks",
        statement="0 \\le 1",
        bound=UPPER,
        source="this file",
        depends_on=("bad.good",),
        checks=(Check(Kind.EXPERIMENT, keeps_a_part, scope="", profile=Profile.STANDARD),),
    ),
    Claim(
        id="bad.toothless-control",
        title="a control that its check does not refute",
        statement="0 \\le 1",
        bound=UPPER,
        source="this file",
        control_of="bad.good",
        fault="none at all",
        checks=(Check(Kind.PROPERTY, good, scope=""),),
    ),
    Claim(
        id="bad.shared",
        title="two checks that look at the same random problem, and one that has its own",
        statement="0 \\le 1",
        bound=UPPER,
        source="this file",
        checks=(
            Check(Kind.PROPERTY, good, scope="", name="one", stream="pair"),
            Check(Kind.PROPERTY, good, scope="", name="two", stream="pair"),
            Check(Kind.PROPERTY, good, scope="", name="three"),
            Check(Kind.PROPERTY, good, scope="", name="four"),
        ),
    ),
    Claim(
        id="bad.vacuous",
        title="a check that compares nothing",
        statement="0 \\le 1",
        bound=UPPER,
        source="this file",
        checks=(Check(Kind.PROPERTY, lambda context: from_comparisons([]), scope="", name="empty"),),
    ),
)
