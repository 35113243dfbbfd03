"""Cells: independent pieces of long work as plain data, computed once and kept in a folder.

A cell is the name of a function in a table and JSON arguments, so it can be sent to any process or machine. Its
key is a digest of both, of the code of theory/ and training/ and of the libraries that compute it: a result counts
as finished only under the same key. Each result is one file with a checksum, written beside its place and moved
there once it is on disk; whatever kills a process leaves whole files. Checks that need the same cells share them
(`evaluate`): each takes those that the other does not hold a lock on. Two sweeps in one folder at once do not.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from theory.errors import InputError
from training.durable import replace_file

if os.name == "posix":
    import fcntl

SCHEMA = 1

# Name of a cell function -> the module and the name of its `CellFunction` there.
TABLE: Mapping[str, str] = {
    "model": "training.separation:MODEL",
    "least-samples": "training.sample_complexity:LEAST_SAMPLES",
    "ridge-curve": "training.learning_curve:RIDGE_CURVE",
}

Arguments = Mapping[str, Any]
Result = dict[str, Any]


@dataclass(frozen=True)
class CellFunction:
    """What a name in the table stands for.

    Args:
        run: The function: JSON arguments to a JSON object, the same for the same arguments.
        memory: Estimate of the bytes that it needs.
        cost: Estimate of its work, in any unit; large cells start first and the time to go follows from it.
    """

    run: Callable[[Arguments], Result]
    memory: Callable[[Arguments], int]
    cost: Callable[[Arguments], float]


@dataclass(frozen=True)
class Cell:
    """One independent piece of work.

    Args:
        function: A name in the table.
        arguments: Its arguments, JSON values.
        label: What it is, in words, for progress and messages.
        table: Where the names are looked up.
    """

    function: str
    arguments: Arguments
    label: str = ""
    table: Mapping[str, str] = field(default_factory=lambda: TABLE, repr=False)

    @property
    def key(self) -> str:
        """What the result is stored under: 32 hexadecimal digits."""
        return _digest([SCHEMA, self.function, self.arguments, code_fingerprint(self.place)])[:32]

    @property
    def place(self) -> str:
        """Module and name of the function.

        Raises:
            InputError: If the table has no such name.
        """
        if self.function not in self.table:
            raise InputError(
                given=f"cell function {self.function!r}",
                allowed=f"one of {', '.join(sorted(self.table))}",
                do="correct the name",
            )
        return self.table[self.function]

    def compute(self) -> Result:
        """The result, computed in this process."""
        return perform(self.place, self.arguments)

    @property
    def memory(self) -> int:
        """Estimate of the bytes that computing it needs."""
        return find(self.place).memory(self.arguments)

    @property
    def cost(self) -> float:
        """Estimate of the work, in the unit of its function."""
        return find(self.place).cost(self.arguments)


@dataclass(frozen=True)
class CellStore:
    """Finished cells in a folder, one file each.

    Args:
        folder: The folder; made when the first result is written.
    """

    folder: Path

    def path(self, cell: Cell) -> Path:
        """The file of a cell's result."""
        return self.folder / f"{cell.function}-{cell.key}.json"

    def get(self, cell: Cell) -> Result | None:
        """The stored result, or None if there is none or the file is damaged; see `damaged`."""
        result, _ = self._read(cell)
        return result

    def damaged(self, cell: Cell) -> bool:
        """Whether there is a file that does not hold the cell's result."""
        result, found = self._read(cell)
        return found and result is None

    def put(self, cell: Cell, result: Result) -> None:
        """Store a result: temporary file, fsync, rename, fsync of the folder.

        Raises:
            InputError: If the folder cannot be written.
        """
        record = {"function": cell.function, "arguments": cell.arguments, "result": result}
        path = self.path(cell)
        text = canonical(record | {"digest": _digest(record)})
        try:
            replace_file(path, lambda out: out.write(text.encode()))
        except OSError as error:
            raise InputError(
                given=f"{self.folder}, which cannot be written ({error.strerror or error})",
                allowed="a writable folder with free space",
                do="choose another folder",
            ) from error

    @contextmanager
    def lock(self, cell: Cell, *, wait: bool) -> Iterator[bool]:
        """Hold the cell against other processes; yields False if one holds it and `wait` is not set.

        The system frees the lock of a process that dies. Where there are no such locks two processes may compute
        one cell at once, which costs time and nothing else.
        """
        if os.name != "posix":
            yield True
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = open(
                self.path(cell).with_suffix(".lock"), "ab"
            )  # a link there leads to a file that stays whole
        except OSError as error:
            raise InputError(
                given=f"{self.folder}, which cannot be written ({error.strerror or error})",
                allowed="a writable folder with free space",
                do="choose another --out folder; what is finished is kept",
            ) from error
        with handle:
            held = True
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                held = False
            except OSError:  # a file system without locks
                held = True
            yield held

    def _read(self, cell: Cell) -> tuple[Result | None, bool]:
        try:
            record = json.loads(self.path(cell).read_bytes())
            sound = isinstance(record, dict) and record.pop("digest", None) == _digest(record)
            # Whole, and of this very cell: a file under another's name would be whole, too.
            sound = sound and [record["function"], record["arguments"]] == _plain(
                [cell.function, cell.arguments]
            )
        except FileNotFoundError:
            return None, False
        except (OSError, ValueError, KeyError, RecursionError):
            return None, True
        if not sound:
            return None, True
        result = record.get("result")
        return (result, True) if isinstance(result, dict) else (None, True)


def evaluate(
    cells: Sequence[Cell],
    folder: Path | None = None,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Result]:
    """The results of the cells, in order, computed in this process unless the folder has them.

    Several processes may do this at once with one folder: a cell that another one is computing is left for later,
    and waited for only when nothing else is left to do.

    Args:
        cells: The cells.
        folder: Where finished cells are kept; None keeps nothing.
        progress: Called with (finished, total) after each.
    """
    results: dict[int, Result] = {}
    store = None if folder is None else CellStore(folder)
    for wait in (False, True):
        for index, cell in enumerate(cells):
            if index in results:
                continue
            found = cell.compute() if store is None else _stored(store, cell, wait=wait)
            if found is not None:
                results[index] = found
                progress(len(results), len(cells))
    return [results[index] for index in range(len(cells))]


def perform(place: str, arguments: Arguments) -> Result:
    """Compute a cell from the module and name of its function, as a worker does; the result is plain JSON data.

    Raises:
        InputError: If the function is not found, or its result is no JSON object with finite numbers.
    """
    result = find(place).run(arguments)
    try:
        plain: Result = json.loads(canonical(result))
    except (TypeError, ValueError) as error:
        raise InputError(
            given=f"a result of {place} that is no JSON object ({error})",
            allowed="texts, finite numbers, lists and objects of them",
            do="correct the cell function",
        ) from error
    return plain


def find(place: str) -> CellFunction:
    """The cell function `module:name`.

    Raises:
        InputError: If there is none.
    """
    module, _, name = place.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            given=f"cell function {place} ({error})",
            allowed="a module that can be imported, and the name of a `CellFunction` in it",
            do="correct the table, or install the same version of the suite on every worker",
        ) from error
    if not isinstance(found, CellFunction):
        raise InputError(given=f"{place}, a {type(found).__name__}", allowed="a `CellFunction`", do="wrap it")
    return found


@lru_cache(maxsize=64)
def code_fingerprint(place: str) -> str:
    """SHA-256 of all that decides a result: the code of theory/, training/ and its own module, the libraries.

    Raises:
        InputError: If the module of the function is not found.
    """
    root = Path(__file__).resolve().parent.parent
    paths = [path for room in ("theory", "training") for path in sorted((root / room).glob("*.py"))]
    own = importlib.util.find_spec(place.partition(":")[0])
    if own is None or own.origin is None:
        raise InputError(
            given=f"cell function {place}, whose module is not found",
            allowed="a module that can be imported",
            do="correct the table",
        )
    total = hashlib.sha256()
    for path in (*paths, Path(own.origin)):
        total.update(path.name.encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    versions = (platform.python_version(), *map(importlib.metadata.version, ("torch", "numpy", "scipy")))
    total.update("\x1f".join(versions).encode())
    return total.hexdigest()


def canonical(data: Any) -> str:
    """JSON text with sorted keys and without spaces, the same for equal data; non-finite numbers are refused."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _stored(store: CellStore, cell: Cell, *, wait: bool) -> Result | None:
    found = store.get(cell)
    if found is not None:
        return found
    with store.lock(cell, wait=wait) as mine:
        if not mine:
            return None
        found = store.get(cell)  # another process may have finished it in the meantime
        if found is None:
            found = cell.compute()
            store.put(cell, found)
        return found


def _plain(data: Any) -> Any:
    """The data as JSON gives it back."""
    return json.loads(canonical(data))


def _digest(data: Any) -> str:
    return hashlib.sha256(canonical(data).encode()).hexdigest()
