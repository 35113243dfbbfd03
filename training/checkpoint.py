"""Checkpoints: one `.npz` file per training state, written atomically and read without pickle.

A file holds numeric arrays and a JSON header with the schema version, the configuration, the step and the scalar
state. It is written beside its place and moved there once it is on disk, so that after a crash the path holds
either the old checkpoint or the new one, never half of one. A digest in the header reveals damage.
"""

from __future__ import annotations

import hashlib
import io
import json
import stat
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from theory.errors import InputError
from training.durable import replace_file

FORMAT = "ntk-escape-checkpoint"
SCHEMA = 1
_HEADER = "header"
# All that reading a damaged archive was seen to raise; RuntimeError for a flag that means encryption.
_READ_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    OverflowError,
    MemoryError,
    RecursionError,
    SyntaxError,
    tokenize.TokenError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training state as plain data.

    Args:
        config: The configuration that determines the trajectory, as JSON values.
        step: Steps done.
        arrays: Numeric arrays by name; the name `header` is reserved.
        scalars: Further state as JSON values; floats survive exactly, infinities do not.
    """

    config: Mapping[str, Any]
    step: int
    arrays: Mapping[str, npt.NDArray[Any]]
    scalars: Mapping[str, Any]


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint atomically: temporary file, fsync, rename, fsync of the folder.

    Raises:
        InputError: If the folder cannot be written, or an array is not numeric.
    """
    header = {
        "format": FORMAT,
        "schema": SCHEMA,
        "config": checkpoint.config,
        "step": checkpoint.step,
        "scalars": checkpoint.scalars,
    }
    text = json.dumps(
        header | {"digest": _digest(header, checkpoint.arrays)}, sort_keys=True, allow_nan=False
    )
    if _HEADER in checkpoint.arrays or any(a.dtype.hasobject for a in checkpoint.arrays.values()):
        raise InputError(
            given=f"checkpoint arrays {sorted(checkpoint.arrays)}",
            allowed=f"numeric arrays under names other than {_HEADER!r}",
            do="store other values as scalars",
        )
    members: dict[str, Any] = {_HEADER: np.frombuffer(text.encode(), dtype=np.uint8), **checkpoint.arrays}
    try:
        replace_file(path, lambda out: np.savez(out, **members))
    except OSError as error:
        raise InputError(
            given=f"checkpoint file {path}, which cannot be written ({error.strerror or error})",
            allowed="a folder with write permission and free space",
            do="choose another folder for checkpoints",
        ) from error


def load(path: Path, *, config: Mapping[str, Any] | None = None) -> Checkpoint:
    """Read a checkpoint.

    Args:
        path: The file.
        config: If given, the configuration that the checkpoint must have.

    Raises:
        InputError: If the file is missing, damaged, no checkpoint, of another schema version, or of another
            configuration.
    """
    try:
        with _regular(path).open("rb") as file, zipfile.ZipFile(file) as archive:
            if sum(info.file_size for info in archive.infolist()) > path.stat().st_size:
                raise zipfile.BadZipFile("members that overlap")
            arrays = {
                info.filename.removesuffix(".npy"): _member(archive, info) for info in archive.infolist()
            }
        header = json.loads(arrays.pop(_HEADER).tobytes().decode())
    except FileNotFoundError as error:
        raise InputError(
            given=f"checkpoint {path}, which does not exist",
            allowed="a file that an earlier run wrote",
            do="check the folder, or train without resuming",
        ) from error
    except _READ_ERRORS as error:
        raise damaged(path) from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise damaged(path)
    digest = header.pop("digest", None)
    if header.get("schema") != SCHEMA:
        raise InputError(
            given=f"checkpoint {path} of schema version {header.get('schema')}",
            allowed=f"schema version {SCHEMA}",
            do="resume with the release that wrote it, or train from the start",
        )
    if digest != _digest(header, arrays):
        raise damaged(path)
    found = _checked(path, header, arrays)
    if config is not None:
        _check_config(path, found.config, config)
    return found


def _regular(path: Path) -> Path:
    """The path, unless opening it could wait for ever, as a named pipe does.

    Raises:
        InputError: If it is something else than a file.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise damaged(path)
    return path


def _checked(path: Path, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Checkpoint:
    """The checkpoint, if its parts are of the right types: anybody can write a digest that fits."""
    config, step, scalars = header.get("config"), header.get("step"), header.get("scalars")
    if not isinstance(step, int) or isinstance(step, bool) or step < 0:
        raise damaged(path)
    if not (isinstance(config, dict) and isinstance(scalars, dict)):
        raise damaged(path)
    return Checkpoint(config, step, arrays, scalars)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> npt.NDArray[Any]:
    """An array, parsed only once all of its bytes have passed the archive's own check."""
    if info.compress_type != zipfile.ZIP_STORED:  # as `save` writes them; so no few bytes become a great many
        raise zipfile.BadZipFile("a compressed member")
    raw = io.BytesIO(archive.read(info))
    array: npt.NDArray[Any] = np.lib.format.read_array(raw, allow_pickle=False)
    return array


def _digest(header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """SHA-256 of the header and of every array with its name, type and shape."""
    total = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {arrays[name].shape} ".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _check_config(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    # Through JSON, so that tuples and lists compare equal.
    plain = json.loads(json.dumps(wanted))
    differing = sorted(key for key in found.keys() | plain.keys() if found.get(key) != plain.get(key))
    if differing:
        changes = ", ".join(f"{key}={found.get(key)} instead of {plain.get(key)}" for key in differing)
        raise InputError(
            given=f"checkpoint {path} of another run: {changes}",
            allowed="a checkpoint of the same configuration",
            do="use the settings of the checkpoint, or another checkpoint folder",
        )


def damaged(path: Path) -> InputError:
    """What is said of a file that is no checkpoint, or of one that does not fit its training."""
    return InputError(
        given=f"file {path}, which is damaged or no checkpoint",
        allowed="a complete checkpoint written by this package",
        do="delete the file and train from the start, or restore it from a copy",
    )
