"""The published result format: write a run as JSON, read it back, and trust nothing in between.

A file is written whole or not at all. A file is read only if it fits the schema, its digest is right and its
verdicts follow from its evidence, so neither a torn write, a flipped bit nor an edited verdict gets through.
"""

from __future__ import annotations

import json
import math
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from theory.errors import InputError
from verify.claim import ID_PATTERN, Profile
from verify.plain import MAX_DEPTH, plain, without_times
from verify.run import SCHEMA, Run, own_verdict
from verify.verdict import Kind

__all__ = [
    "check_result_errors",
    "packaged_schema",
    "parse_json",
    "read_json",
    "schema",
    "without_times",
    "write_json",
    "write_text",
]

# A run of the full profile is a few megabytes.
MAX_BYTES = 128_000_000


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the result format."""
    return packaged_schema("run.schema.json")


def packaged_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of that file name in ``verify/schema``."""
    return dict(json.loads(files("verify").joinpath("schema", name).read_text(encoding="utf-8")))


def write_json(run: Run, path: str | Path) -> None:
    """Write a run in the published format: all of the file or, if that fails, nothing.

    Raises:
        InputError: If the file cannot be written, or the run holds something that is not plain data.
    """
    try:
        text = json.dumps(run.to_json(), sort_keys=True, indent=2, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise InputError(
            given=f"a run that is not plain data ({error})",
            allowed="results as `verify.worker.perform` or `read_json` gives them",
            do="convert the values with int(), float() or str()",
        ) from error
    write_text(Path(path), text)


def write_text(target: Path, text: str) -> None:
    """Write a text file in UTF-8, brought to the disk before it gets its name: all of it or nothing.

    Raises:
        InputError: If the file cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes it private; a result is for handing out
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise InputError(
            given=f"{target}, which cannot be written ({error.strerror or error})",
            allowed="a writable folder with free space",
            do="choose another path, or free space or permissions; the results store is unharmed",
        ) from error


def read_json(path: str | Path) -> Run:
    """Read a run that `write_json` wrote.

    Raises:
        InputError: If the file is missing, too large, no JSON, of another schema version, does not fit the
            schema, was damaged or edited, or states a verdict that its evidence does not carry.
    """
    source = Path(path)
    data = parse_json(source)
    version = data.get("schema")
    if version != SCHEMA:
        raise _refuse(source, f"its format is {version!r}"[:200], f"the format {SCHEMA}")
    error = best_match(_run_validator().iter_errors(data))
    if error is not None:
        raise _refuse(source, _describe(error), "data that fit verify/schema/run.schema.json")
    try:
        run = Run.from_json(data)
        sound = _consistent(run) and run.to_json() == data
    except (KeyError, TypeError, ValueError, OverflowError) as problem:  # InputError is a ValueError
        raise _refuse(source, str(problem)[:500], "values that fit together") from problem
    if not sound:
        raise _refuse(source, "its digest or its verdicts do not fit its results", "a file as it was written")
    return run


def parse_json(source: Path) -> dict[str, Any]:
    """The JSON object in a file: of bounded size and depth, in UTF-8, with finite numbers only.

    Raises:
        InputError: If there is none.
    """
    try:
        found = source.stat()
        if not stat.S_ISREG(found.st_mode):  # reading a pipe may never end
            raise _refuse(source, "it cannot be read (no regular file)", "a readable file")
        if found.st_size > MAX_BYTES:
            raise _refuse(source, "it is too large", f"at most {MAX_BYTES} bytes")
        raw = source.read_bytes()
    except OSError as error:
        raise _refuse(source, f"it cannot be read ({error.strerror or error})", "a readable file") from error
    try:
        data = json.loads(
            raw.decode("utf-8"),
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_without_repetition,
        )
    except (ValueError, RecursionError) as error:  # bad JSON, bad UTF-8, a number beyond all bounds, nesting
        raise _refuse(source, f"it is no JSON ({error})"[:300], "one JSON object in UTF-8") from error
    try:
        sound = isinstance(data, dict) and plain(data) == data
    except InputError:
        sound = False
    if not sound:
        wanted = f"one JSON object, of at most {MAX_DEPTH} levels, its text valid Unicode"
        raise _refuse(source, "it holds something else than plain data", wanted)
    return dict(data)


def check_result_errors(data: Mapping[str, Any]) -> str:
    """What is wrong with the plain data of one check's result; empty if nothing."""
    error = best_match(_result_validator().iter_errors(data))
    return "" if error is None else _describe(error)


@cache
def _run_validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


@cache
def _result_validator() -> Draft202012Validator:
    full = schema()
    return Draft202012Validator({"$ref": "#/$defs/result", "$defs": full["$defs"]})


def _consistent(run: Run) -> bool:
    """Whether each claim's verdicts are those that its own results and its dependencies' give it."""
    sizes = list(Profile)
    propagated = {each.claim["id"]: each.propagated for each in run.claims}
    if len(propagated) != len(run.claims):
        return False
    if not all(ID_PATTERN.fullmatch(name) for name in propagated):  # the schema's $ allows a line break
        return False
    for each in run.claims:
        planned = [
            (check["name"], Kind(check["kind"]), check["general"])
            for check in each.claim["checks"]
            if sizes.index(Profile(check["profile"])) <= sizes.index(run.profile)
            and Kind(check["kind"]) in run.kinds
        ]
        names = [result.check for result in each.results]
        if len(set(names)) != len(names) or not {name for name, _, _ in planned}.issuperset(names):
            return False
        outcomes = {result.check: result.evidence.outcome for result in each.results}
        if any(result.claim_id != each.claim["id"] for result in each.results):
            return False
        if own_verdict(planned, outcomes) is not each.own or each.propagated.rank < each.own.rank:
            return False
        # What it rests on may lie outside the run; what lies inside must show in the propagated verdict.
        inside = [propagated[other] for other in each.claim["depends_on"] if other in propagated]
        if any(each.propagated.rank < other.rank for other in inside):
            return False
    return True


def _describe(error: Any) -> str:
    place = "/".join(str(part) for part in error.absolute_path) or "the top"
    return f"at {place}: {error.message}"[:500]


def _refuse(source: Path, problem: str, allowed: str) -> InputError:
    return InputError(
        given=f"{source}: {problem}",
        allowed=allowed,
        do="write the file again with `ntk-escape verify --out DIR`, which takes finished results from DIR",
    )


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not allowed; a non-finite number is written as text")


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):  # of two values under one name another reader may take the other
        names = [name for name, _ in pairs]
        raise ValueError(f"the name {next(n for n in names if names.count(n) > 1)[:40]!r} occurs twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
