"""The results store: one SQLite file in the folder of a run, safe against crashes, crowds and bit rot.

Each finished check is committed in a transaction of its own, with full synchronisation, so whatever kills a
run leaves every result that was reported finished. Each row carries a checksum of all its fields: a damaged
row is dropped and its check computed anew, so damage can cost time but never change a verdict.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from theory.errors import InputError
from verify.export import check_result_errors
from verify.plain import canonical
from verify.run import CheckResult

FILE_NAME = "results.sqlite"
VERSION = 1

# Two runs may share a store: each commit takes milliseconds, so a lock held for this long is stuck.
WAIT_SECONDS = 30.0

_TABLES = """
CREATE TABLE runs (
    fingerprint TEXT, profile TEXT, seed TEXT, started TEXT NOT NULL,
    PRIMARY KEY (fingerprint, profile, seed)) WITHOUT ROWID;
CREATE TABLE results (
    fingerprint TEXT, profile TEXT, seed TEXT, claim TEXT, name TEXT,
    final INTEGER NOT NULL, data TEXT NOT NULL, checksum TEXT NOT NULL,
    PRIMARY KEY (fingerprint, profile, seed, claim, name)) WITHOUT ROWID;
"""


_LAYOUT = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"


@dataclass(frozen=True)
class Key:
    """What a stored result depends on besides its claim and check.

    Attributes:
        fingerprint: `verify.environment.fingerprint` of the code.
        profile: The profile of the run.
        seed: The seed of the run.
    """

    fingerprint: str
    profile: str
    seed: int

    @property
    def row(self) -> tuple[str, str, str]:
        """The key as text, since a seed may be larger than an SQLite integer."""
        return self.fingerprint, str(self.profile), str(self.seed)


class Store:
    """An open store; use it as a context manager so that it is closed.

    Attributes:
        path: The file.
        damaged: One line for each row found damaged by `results` so far.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.damaged: tuple[str, ...] = ()
        self._connection = connection

    @classmethod
    def open(cls, folder: str | Path, *, wait_seconds: float = WAIT_SECONDS) -> Store:
        """Open the store of a run's folder; make folder and store where they do not exist.

        A store that is there but read-only can be opened and read; `begin` and `put` then raise.

        Args:
            folder: The folder.
            wait_seconds: How long to wait for another run that is writing.

        Raises:
            InputError: If folder or file cannot be made, the file is damaged, not a store or of another
                schema version, or stays locked.
        """
        path = Path(folder) / FILE_NAME
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                given=f"output folder {path.parent}, which cannot be made ({error.strerror or error})",
                allowed="a folder that exists or can be made",
                do="choose another folder",
            ) from error
        with _sqlite_errors(path):
            connection = sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)
        store = cls(path, connection)
        try:
            with _sqlite_errors(path):
                store._prepare()
        except BaseException:
            connection.close()
            raise
        return store

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self._connection.close()

    def begin(self, key: Key, started: str, *, again: bool = False) -> str:
        """Note when the run of this key started, and give back when it first did.

        Args:
            key: The key.
            started: The time to note, ISO 8601.
            again: Whether to note it even if an earlier time is there.

        Raises:
            InputError: If the store cannot be written.
        """
        with self._transaction() as connection:
            verb = "REPLACE" if again else "IGNORE"
            connection.execute(f"INSERT OR {verb} INTO runs VALUES (?, ?, ?, ?)", (*key.row, started))
            found = connection.execute(
                "SELECT started FROM runs WHERE fingerprint = ? AND profile = ? AND seed = ?", key.row
            ).fetchone()
        return str(found[0])

    def put(self, result: CheckResult, key: Key, *, final: bool = True) -> None:
        """Commit one result, in place of an earlier one of the same key.

        Args:
            result: The result.
            key: What it depends on.
            final: Whether a later run may take it as finished; not so for one that ran out of time, say.

        Raises:
            InputError: If the store cannot be written: the disk is full, or another run holds the lock.
        """
        fields = (*key.row, result.claim_id, result.check, int(final), canonical(result.to_json()))
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*fields, _checksum(fields))
            )

    def results(self, key: Key, *, final_only: bool = False) -> dict[tuple[str, str], CheckResult]:
        """The results of this key by ``(claim id, check name)``; damaged rows are left out and noted.

        Raises:
            InputError: If the file cannot be read.
        """
        with _sqlite_errors(self.path):
            rows = self._connection.execute(
                "SELECT fingerprint, profile, seed, claim, name, final, data, checksum FROM results "
                "WHERE fingerprint = ? AND profile = ? AND seed = ?",
                key.row,
            ).fetchall()
        found = {}
        for *fields, checksum in rows:
            claim, name, final, data = fields[3:]
            if not all(isinstance(each, str) for each in (claim, name, data)):  # bytes, which no run writes
                self.damaged += (f"a stored result under {claim!r:.40} is damaged and was left out",)
            elif checksum != _checksum(tuple(fields)):
                self.damaged += (f"the stored result of {claim}, {name} is damaged and was left out",)
            elif final or not final_only:
                result = _result_from(data, claim, name)
                if result is None:
                    self.damaged += (f"the stored result of {claim}, {name} fits no check and was left out",)
                else:
                    found[claim, name] = result
        return found

    def forget(self, key: Key) -> None:
        """Let no later run take the results of this key as finished; they stay readable.

        Raises:
            InputError: If the store cannot be written.
        """
        for result in self.results(key, final_only=True).values():
            self.put(result, key, final=False)

    def _prepare(self) -> None:
        """Check that the file is a sound store of this version; make the tables in an empty one."""
        connection = self._connection
        connection.execute("PRAGMA synchronous = EXTRA")  # FULL, and the folder is synchronised as well
        # Bytes that are not text, in a damaged row, must fail its checksum rather than stop the reading.
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        with self._transaction():
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if version == 0 and tables == 0:
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            elif version != VERSION:
                raise InputError(
                    given=f"{self.path}, a database of schema version {version}",
                    allowed=f"a results store of schema version {VERSION}",
                    do="choose another --out folder, move the file away, or use the release that wrote it",
                )
        if connection.execute(_LAYOUT).fetchall() != _layout():
            raise _not_a_store(self.path, "its tables are not those of a store")
        report = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if report != "ok":
            raise _not_a_store(self.path, report)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed as a whole, or not at all."""
        with _sqlite_errors(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _layout() -> list[tuple[str, str, str]]:
    """What a store consists of: two tables and nothing else, no view and no trigger that could run for ever."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(_TABLES)
        return connection.execute(_LAYOUT).fetchall()
    finally:
        connection.close()


def _result_from(data: str, claim: str, name: str) -> CheckResult | None:
    """The result in a row, if it is one and of that check: whoever can write the file can write a checksum."""
    try:
        fields = json.loads(data)
        if check_result_errors(fields):
            return None
        result = CheckResult.from_json(fields)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    return result if (result.claim_id, result.check) == (claim, name) else None


def _checksum(fields: tuple[object, ...]) -> str:
    return hashlib.sha256(canonical(list(fields)).encode()).hexdigest()


def _not_a_store(path: Path, reason: object) -> InputError:
    return InputError(
        given=f"{path}, which is damaged or no results store ({reason})",
        allowed="a store that an earlier run wrote, or no file",
        do="move the file away and run again; its checks are then computed anew",
    )


@contextmanager
def _sqlite_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into a message that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code, without its details
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise InputError(
                given=f"{path}, locked by another process",
                allowed="a store that other runs lock for moments only",
                do="wait for the other run to end, or choose another --out folder",
            ) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise _not_a_store(path, error) from error
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED:
            raise InputError(
                given=f"{path}, which was moved or deleted while this process used it",
                allowed="a folder that stays where it is until the run is over",
                do="put it back and run again, or run again to compute everything anew",
            ) from error
        raise InputError(
            given=f"{path}, which cannot be written ({error})",
            allowed="a writable folder with free space",
            do="free space or permissions, or choose another --out folder; finished results are kept",
        ) from error
