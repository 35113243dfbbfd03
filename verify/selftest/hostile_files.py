"""Hostile files, written byte by byte: checkpoints, results stores, results and self-tests in JSON."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import pickle
import random
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from verify.plain import canonical
from verify.selftest.hostile_run import signed
from verify.store import Store

HTML = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;<svg/onload=alert(3)>]]>--><!--$\\text{<b>}$"
ESCAPES = "\x1b[31m\x1b]0;title\x07\x9b2J\u202e\r\x08"
KEY = ("fingerprint", "quick", "0")


class Runs:
    """Unpickled, it makes a file: proof that a reader runs code."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch '{self.marker}'",)


# -- checkpoints


def archive(members: dict[str, bytes], *, compressed: bool = False) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", method) as out:
        for name, data in members.items():
            out.writestr(name, data)
    return buffer.getvalue()


def array(values: Any, *, objects: bool = False) -> bytes:
    """An array as a ``.npy`` file; with `objects` its elements are pickled."""
    buffer = io.BytesIO()
    np.lib.format.write_array(
        buffer, np.asarray(values, dtype=object if objects else None), allow_pickle=objects
    )
    return buffer.getvalue()


def _claims(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    """The head of a ``.npy`` file that promises an array of that shape, with nothing behind it."""
    buffer = io.BytesIO()
    head = {"descr": kind, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, head)
    return buffer.getvalue()


def _head(text: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def checkpoint(fields: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    """A checkpoint with a digest that fits, whatever its parts are."""
    header = {
        "format": "ntk-escape-checkpoint",
        "schema": 1,
        "config": {},
        "step": 0,
        "scalars": {},
        **fields,
    }
    header = {name: value for name, value in header.items() if value is not ...}
    total = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    found = {name: np.asarray(values) for name, values in arrays.items()}
    for name in sorted(found):
        total.update(f"{name} {found[name].dtype.str} {found[name].shape} ".encode())
        total.update(np.ascontiguousarray(found[name]).tobytes())
    text = json.dumps({**header, "digest": total.hexdigest()}, sort_keys=True).encode()
    members = {"header.npy": array(np.frombuffer(text, dtype=np.uint8))}
    return archive(members | {f"{name}.npy": array(values) for name, values in found.items()})


def checkpoints(marker: Path) -> Iterator[tuple[str, bytes, bool]]:
    """``(name, bytes, whether it must be refused)``; one that would run code touches the marker."""
    evil = Runs(marker)
    code = f"__import__('os').system('touch {marker}')".encode()
    text = json.dumps({"format": "ntk-escape-checkpoint", "schema": 1}).encode()
    header = {"header.npy": array(np.frombuffer(text, dtype=np.uint8))}
    yield "a pickle", pickle.dumps(evil), True
    yield (
        "torch's own format, a pickle in an archive",
        archive({"archive/data.pkl": pickle.dumps(evil)}),
        True,
    )
    yield "an array of pickled objects", archive({**header, "W.npy": array([evil], objects=True)}), True
    yield "a header of pickled objects", archive({"header.npy": array([evil], objects=True)}), True
    yield "a member that is a pickle", archive({**header, "W.npy": pickle.dumps(evil)}), True
    yield (
        "code for a type",
        archive({"W.npy": _head(b"{'descr': " + repr(code.decode()).encode() + b"}\n")}),
        True,
    )
    yield "code for a header", archive({"W.npy": _head(code + b"\n")}), True
    yield "deeply nested header", archive({"W.npy": _head(b"(" * 9000 + b"\n")}), True
    yield "a header without an end", archive({"W.npy": _head(b"{'descr': '''\n")}), True
    yield "8 TB promised", archive({**header, "W.npy": _claims((10**12,))}), True
    yield "a negative size", archive({**header, "W.npy": _claims((-1,))}), True
    yield "sizes whose product overflows", archive({**header, "W.npy": _claims((2**33, 2**33))}), True
    zeros = {"W.npy": _claims((4 * 10**6,)) + bytes(32 * 10**6)}
    yield "a bomb: 32 MB in a few bytes", archive({**header, **zeros}, compressed=True), True
    yield "members that overlap", _overlapping(), True
    yield (
        "JSON nested 100 000 deep",
        archive({"header.npy": array(np.frombuffer(b"[" * 10**5, np.uint8))}),
        True,
    )
    yield "a number as the header", archive({"header.npy": array(3.0)}), True
    yield "members that climb out", archive({"../../climbed.npy": array(1.0), "/climbed": array(1.0)}), True
    yield "nothing", b"", True
    yield "text", b"hello", True
    forged: dict[str, tuple[Any, ...]] = {
        "step": ("x", -1, 1.5, True, ...),
        "config": (None, [1]),
        "scalars": ([], ...),
    }
    for name, value in ((name, value) for name, values in forged.items() for value in values):
        yield f"forged, {name} {value!r}"[:40], checkpoint({name: value}, {"W": [0.0]}), True
    yield "forged, well-formed", checkpoint({}, {"W": [0.0]}), False


def _overlapping() -> bytes:
    """An archive of a thousand members that are all the same million bytes."""
    data = bytearray(archive({"W.npy": array(np.zeros(125_000))}))
    end = data.rindex(b"PK\x05\x06")
    start = int.from_bytes(data[end + 16 : end + 20], "little")
    entry, count = bytes(data[start:end]), 1000
    tail = bytearray(data[end:])
    tail[8:10] = tail[10:12] = count.to_bytes(2, "little")
    tail[12:16] = (len(entry) * count).to_bytes(4, "little")
    return bytes(data[:start]) + entry * count + bytes(tail)


# -- results stores


def stores(result: dict[str, Any]) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """``(name, what makes the database at a path)``: crafted layouts, and rows with a checksum that fits."""
    tables = _sound_tables()
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
    row = "'fingerprint' fingerprint, 'quick' profile, '0' seed, x claim, 'b' name, 1 final, '{}' data, '' checksum"
    insert = f"INSERT INTO results {endless} SELECT {row} FROM c"
    yield "a view for a table", _database([tables[0], f"CREATE VIEW results AS SELECT 1 x, {row[:-13]}"])
    yield (
        "a view without end",
        _database([tables[0], f"CREATE VIEW results AS {endless} SELECT {row} FROM c"]),
    )
    yield "a trigger that deletes", _database([*tables, _trigger("DELETE FROM results")])
    yield (
        "a trigger without end",
        _database([*tables, _trigger(insert.replace("INSERT", "INSERT OR REPLACE"))]),
    )
    yield "a missing table", _database(tables[:1])
    yield "other columns", _database([tables[0], "CREATE TABLE results (a, b)"])
    yield "another version", _database(tables, version=10**9)
    text = json.dumps(result)
    rows: dict[str, tuple[Any, Any, Any]] = {
        "a row that is no JSON": ("a.b", "c", "{"),
        "a row that is a list": ("a.b", "c", "[1, 2]"),
        "an empty row": ("a.b", "c", "{}"),
        "a row nested 100 000 deep": ("a.b", "c", "[" * 10**5 + "]" * 10**5),
        "a row with evidence 3": ("a.b", "c", json.dumps({**result, "evidence": 3})),
        "a row of another check": ("../../x", "c", text),
        "a number of 5000 digits": ("a.b", "c", text[:-1] + ', "seed": 1' + "0" * 5000 + "}"),
        "bytes for text": (b"\xff\x00", b"\xff", b"\x00" * 10**6),
        "escape sequences": (ESCAPES, ESCAPES, text),
    }
    for name, fields in rows.items():
        yield name, _database(tables, row=fields)
    yield "a folder", lambda path: path.mkdir()
    yield "a text", _text
    yield "a link to nowhere", lambda path: path.symlink_to(path.parent / "absent" / "absent")


def _text(path: Path) -> None:
    path.write_text("hello" * 1000, encoding="ascii")


def _sound_tables() -> list[str]:
    """The statements that make a sound store, as an empty one has them."""
    with tempfile.TemporaryDirectory() as folder:
        with Store.open(folder) as store:
            path = store.path
        with sqlite3.connect(path) as connection:
            found = [row[0] for row in connection.execute("SELECT sql FROM sqlite_schema ORDER BY name DESC")]
        connection.close()
    return found


def _trigger(action: str) -> str:
    return f"CREATE TRIGGER t AFTER INSERT ON runs BEGIN {action}; END"


def _database(
    statements: list[str], *, version: int = 1, row: tuple[Any, Any, Any] | None = None
) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")
            if row is not None:
                claim, name, data = row
                fields = (*KEY, claim, name, 1, data)
                shown = [each.decode("latin-1") if isinstance(each, bytes) else each for each in fields]
                checksum = hashlib.sha256(canonical(shown).encode()).hexdigest()
                connection.execute("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*fields, checksum))
        finally:
            connection.close()

    return make


# -- JSON


def documents(valid: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """``(name, bytes)`` of files that are no run, though some nearly are."""
    text = json.dumps(valid)
    yield "nothing", b""
    yield "null", b"null"
    yield "nested 100 000 deep", b"[" * 10**5 + b"]" * 10**5
    yield "objects nested 100 000 deep", b'{"a":' * 10**5 + b"1" + b"}" * 10**5
    yield "a name twice", text.replace('"seed": 0', '"seed": 1, "seed": 0', 1).encode()
    yield "a number of 5000 digits", text.replace('"seed": 0', '"seed": 1' + "0" * 5000, 1).encode()
    yield "NaN", text.replace('"seconds": 41.5', '"seconds": NaN', 1).encode()
    yield "1e400", text.replace('"seconds": 41.5', '"seconds": 1e400', 1).encode()
    yield "a byte order mark", b"\xef\xbb\xbf" + text.encode()
    yield "UTF-16", text.encode("utf-16")
    yield "bytes of no encoding", text.encode().replace(b"A title", b"\xff\xfe\x00")
    yield "a lone surrogate", text.replace("A title", "\\ud800", 1).encode()
    yield "cut in half", text[: len(text) // 2].encode()
    yield "a pickle", pickle.dumps(valid)
    yield "a prototype", json.dumps({**valid, "__proto__": {}, "__class__": "os.system"}).encode()
    yield (
        "100 000 names",
        json.dumps(signed({**valid, "environment": {str(i): "" for i in range(10**5)}})).encode(),
    )


def mutations(valid: dict[str, Any], *, seed: int, most: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Copies of valid data with one value replaced and the digest made to fit: at most so many, spread evenly."""
    values: tuple[Any, ...] = (
        None,
        True,
        0,
        -1,
        10**30,
        10**400,
        1e308,
        5e-324,
        "",
        HTML,
        ESCAPES,
        "nan",
        "$x^{$",
        [],
        {},
        [[]],
        "a.b\n",
    )
    places = [place for place in _places(valid) if place and place != ("digest",)]
    choices = [(place, value) for place in places for value in values]
    rng = random.Random(seed)
    for place, value in rng.sample(choices, min(most, len(choices))):
        changed = copy.deepcopy(valid)
        inside: Any = changed
        for step in place[:-1]:
            inside = inside[step]
        inside[place[-1]] = value
        yield f"{'/'.join(map(str, place))} = {ascii(value)[:24]}", signed(changed)


def _places(data: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from _places(value, (*place, key))
