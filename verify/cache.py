"""A folder for what is slow to compute and follows from its inputs alone, such as proofs that a kernel checked.

An entry is found by a key that holds all its inputs, so it is never out of date. Processes that want one entry take
turns. An entry counts only with its seal, which is written last and holds the digest of every byte: what a killed
process or a damaged disk left behind is computed again. The folder can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from theory.errors import InputError
from verify.plain import canonical

VARIABLE = "NTK_ESCAPE_CACHE"

# Where there are no such locks (Windows) two processes may compute one entry twice; both write the same.
_locks = importlib.import_module("fcntl") if os.name == "posix" else None

_SEAL = "seal.json"

T = TypeVar("T")


def cache_folder() -> Path:
    """``$NTK_ESCAPE_CACHE``, or ``ntk-escape`` in ``$XDG_CACHE_HOME`` or in ``~/.cache``.

    Raises:
        InputError: If none of them is set and there is no home folder.
    """
    own, shared = os.environ.get(VARIABLE), os.environ.get("XDG_CACHE_HOME")
    if own:
        return Path(own).absolute()
    if shared and Path(shared).is_absolute():
        return Path(shared) / "ntk-escape"
    try:
        return Path.home() / ".cache" / "ntk-escape"
    except RuntimeError as error:
        raise unusable("a cache folder without a home folder", error) from error


class Entry:
    """An entry that this process holds; made by `entry`.

    Attributes:
        folder: Its folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, read: Callable[[Any], T]) -> T | None:
        """What `read` makes of the sealed data; None if there is no seal, or it or a sealed file is damaged.

        Data of another form than `read` takes is damaged too: it raises KeyError, TypeError, ValueError or OSError.
        """
        try:
            seal = json.loads((self.folder / _SEAL).read_bytes())
            data, files = seal["data"], dict(seal["files"])
            sound = seal["digest"] == _digest(canonical([data, files]).encode())
            whole = all(_digest((self.folder / name).read_bytes()) == files[name] for name in files)
            return read(data) if sound and whole else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def seal(self, data: Any, files: Iterable[Path] = ()) -> None:
        """Take over the files, then write the seal; whatever ends the process, no half of it counts.

        Args:
            data: Plain data.
            files: Files in a `workspace` of this entry; they are moved into its folder.

        Raises:
            InputError: If the folder cannot be written.
        """
        try:
            digests = {}
            for path in files:
                digests[path.name] = _digest(path.read_bytes())
                os.replace(path, self.folder / path.name)
            digest = _digest(canonical([data, digests]).encode())
            text = canonical({"data": data, "files": digests, "digest": digest})
            with self.workspace() as work:
                (work / _SEAL).write_text(text, encoding="ascii")
                os.replace(work / _SEAL, self.folder / _SEAL)
        except OSError as error:
            raise unusable(f"cache folder {self.folder}", error) from error

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """An empty folder within the entry, removed afterwards together with what killed processes left.

        Raises:
            InputError: If it cannot be made.
        """
        try:
            work = Path(tempfile.mkdtemp(prefix="work-", dir=self.folder))
        except OSError as error:
            raise unusable(f"cache folder {self.folder}", error) from error
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


@contextmanager
def entry(name: str, key: str) -> Iterator[Entry]:
    """Hold the entry of this name and key; another process that wants it waits.

    Args:
        name: What it is, for people who look into the folder; a file name.
        key: Hexadecimal digits that hold everything the entry depends on.

    Raises:
        InputError: If the cache folder cannot be made or written.
    """
    folder = cache_folder() / f"{name}-{key[:32]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "ab")
    except OSError as error:
        raise unusable(f"cache folder {folder}", error) from error
    with lock:  # closing gives the lock back; so does the end of the process, however it comes
        if _locks is not None:
            _locks.flock(lock, _locks.LOCK_EX)
            for left in folder.glob("work-*"):
                shutil.rmtree(left, ignore_errors=True)
        yield Entry(folder)


def digest_of(data: Any) -> str:
    """A key from plain data: SHA-256 of its canonical text."""
    return _digest(canonical(data).encode())


def unusable(given: str, error: BaseException) -> InputError:
    """The error for a cache folder that cannot be used."""
    reason = getattr(error, "strerror", None) or error
    return InputError(
        given=f"{given}, which cannot be used ({reason})",
        allowed="a writable folder with free space",
        do=f"free space or permissions, or set {VARIABLE} to another folder",
    )


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
