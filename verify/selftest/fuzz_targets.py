"""Fuzzing in a process of its own: ``python -m verify.selftest.fuzz_targets ENGINE TARGET SEED SECONDS FOLDER``.

ENGINE is ``hypothesis`` (formulas of the grammar that are then damaged, arbitrary text, changed runs with a digest
that fits) or ``atheris`` (bytes, guided by the coverage of the modules that read them; it instruments what is
imported after it, so little is imported here at the top). TARGET is ``expression`` or ``run``. What came out is
kept in the file ``fuzz.json`` in the folder while it runs, since libFuzzer ends the process itself.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from theory.errors import InputError

REPORT = "fuzz.json"
HANG_SECONDS = 2.0

# Longer than this, and an input counts as one without end; by then the finding is certain.
_END_SECONDS = 20
_MOST_FINDINGS = 20
_INSTRUMENTED = [
    "theory.parser",
    "verify.export",
    "verify.plain",
    "verify.run",
    "verify.evidence",
    "verify.bound",
]


class Record:
    """Counts and findings, kept in a file."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.path = folder / REPORT
        self.seconds = seconds
        self.ends = 0.0
        self.saved = 0.0
        self.found: dict[str, Any] = {"runs": 0, "accepted": 0, "slowest": 0.0, "input": "", "findings": []}
        self.save()

    def feed(self, target: Callable[[Any], None], given: Any) -> None:
        """Run the target on one input and note what came of it."""
        if not self.ends:  # what is loaded before is no part of the time
            self.ends = time.monotonic() + self.seconds
        began, what = time.process_time(), ""
        try:
            target(given)
            self.found["accepted"] += 1
        except InputError:
            pass
        except (Exception, RecursionError) as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}: {error}"[:300]
        took = time.process_time() - began
        if took > HANG_SECONDS:
            what = what or f"{took:.1f} s of processor time"
        self.found["runs"] += 1
        if took > self.found["slowest"]:
            self.found |= {"slowest": took, "input": ascii(given)[:200]}
        if what:
            self._note(what, given)
        if what or time.monotonic() - self.saved > 0.5:
            self.save()

    def _note(self, what: str, given: Any) -> None:
        """Of the inputs that lead to one place the shortest is kept."""
        kind, shown = what.split(": ")[0], ascii(given)
        findings = self.found["findings"]
        same = next((each for each in findings if each["what"].split(": ")[0] == kind), None)
        if same is None and len(findings) < _MOST_FINDINGS:
            findings.append({"what": what, "input": shown})
        elif same is not None and len(shown) < len(same["input"]):
            same |= {"what": what, "input": shown}

    def save(self) -> None:
        """Write the file."""
        self.saved = time.monotonic()
        self.path.write_text(json.dumps(self.found), encoding="ascii")


def main(arguments: list[str]) -> None:
    """Fuzz one target with one engine."""
    engine, target, seed, seconds, folder = arguments
    record = Record(Path(folder), float(seconds))
    if engine == "atheris":
        _atheris(target, int(seed), float(seconds), Path(folder), record)
    elif engine == "hypothesis":
        _hypothesis(target, int(seed), Path(folder), record)
    else:
        raise SystemExit(f"there is no engine {engine}")
    record.save()


def _entries() -> Any:
    return importlib.import_module("verify.selftest.hostile_entries")


def _valid(folder: Path) -> dict[str, Any]:
    """The data of a sound run."""
    runs = importlib.import_module("verify.selftest.hostile_run")
    path = folder / "valid.json"
    importlib.import_module("verify.export").write_json(runs.hostile_run(), path)
    return dict(json.loads(path.read_bytes()))


def _read(folder: Path, text: bytes) -> None:
    path = folder / "run.json"
    path.write_bytes(text)
    _entries().document(path)


# -- Hypothesis


def _hypothesis(target: str, seed: int, folder: Path, record: Record) -> None:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import seed as seeded

    from verify.selftest import fuzz_strategies
    from verify.time_limit import OutOfTime, within

    if target == "expression":
        strategy, feed = fuzz_strategies.formulas(), _entries().expression
    else:
        strategy = fuzz_strategies.changes(_valid(folder))

        def feed(text: str) -> None:
            _read(folder, text.encode("utf-8", "surrogatepass"))

    def limited(text: str) -> None:
        with contextlib.suppress(OutOfTime), within(_END_SECONDS):
            feed(text)

    @seeded(seed)
    @settings(
        max_examples=10**6,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(strategy)
    def one(text: str) -> None:
        if record.ends and time.monotonic() > record.ends:
            raise KeyboardInterrupt  # the time is up; Hypothesis lets this through
        record.feed(limited, text)

    with contextlib.suppress(KeyboardInterrupt):
        one()


# -- atheris


def _atheris(target: str, seed: int, seconds: float, folder: Path, record: Record) -> None:
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=_INSTRUMENTED):
        entries = _entries()
        for name in entries.EVERY if target == "expression" else (entries.READER,):
            if name.partition(":")[0] in ("theory.parser", "theory.coq.printer", "verify.export"):
                entries.entry(name)
    corpus = folder / "corpus"
    corpus.mkdir()
    if target == "expression":
        for number, text in enumerate(_SEEDS):
            (corpus / str(number)).write_bytes(text.encode())

        def one(data: bytes) -> None:
            record.feed(entries.expression, data.decode("utf-8", "surrogateescape"))
    else:
        valid = _valid(folder)
        signed = importlib.import_module("verify.selftest.hostile_run").signed
        (corpus / "0").write_bytes(bytes(range(256)))

        def one(data: bytes) -> None:
            record.feed(lambda text: _read(folder, text), _changed(valid, data, signed))

    options = [f"-seed={seed + 1}", f"-max_total_time={max(1, round(seconds))}", f"-timeout={_END_SECONDS}"]
    quiet = ["-print_final_stats=0", "-verbosity=0", "-max_len=1200", f"-artifact_prefix={folder}{os.sep}"]
    atheris.Setup([sys.argv[0], *options, *quiet, str(corpus)], one)
    atheris.Fuzz()


_SEEDS = (
    "sin(z) + cos(z)",
    "tanh(z + 1/2)",
    "z/2*(1 + erf(z/sqrt(2)))",
    "log(1 + exp(-z**2))",
    "1.5e-2*z^3 - sigmoid(1.702*z)/atan(pi*e)",
    "sinh(((z)))*cosh(-z)**-1",
)


def _changed(valid: dict[str, Any], data: bytes, signed: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    """What some bytes make of a run: raw text, bytes of the file replaced, or values replaced and signed anew."""
    mode, rest = data[:1], data[1:]
    if mode < b"\x40":
        return rest
    if mode < b"\x80":
        text = bytearray(json.dumps(valid).encode())
        for k in range(0, len(rest) - 2, 3):
            text[int.from_bytes(rest[k : k + 2], "big") % len(text)] = rest[k + 2]
        return bytes(text)
    changed = copy.deepcopy(valid)
    for k in range(0, len(rest) - 9, 10):
        _replace(changed, rest[k : k + 10])
    try:
        return json.dumps(signed(changed)).encode()
    except (ValueError, InputError):
        return b"{}"


def _replace(data: Any, choice: bytes) -> None:
    """Walk down as the bytes say and put another value there."""
    here = data
    for step in choice[:7]:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = keys[step % len(keys)]
        if not isinstance(here[key], dict | list) or step > 0xE0:
            break
        here = here[key]
    else:
        return
    values: tuple[Any, ...] = (
        None,
        True,
        0,
        -1,
        choice[9],
        10**400,
        -(10**30),
        1e308,
        5e-324,
        "",
        "nan",
        "inf",
        [],
        {},
        [[]],
    )
    index = choice[8] % (len(values) + 2)
    if index < len(values):
        here[key] = values[index]
    elif isinstance(here, dict) and index == len(values):
        here["more"] = here.pop(key)
    else:
        here[key] = chr(choice[9]) * choice[7]


if __name__ == "__main__":
    main(sys.argv[1:])
