"""Output files of the subcommands: written whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a file, all of it or nothing; without a text only try whether that would be possible.

    Raises:
        InputError: If it cannot be written.
    """
    from theory.errors import InputError
    from verify.export import write_text

    if text:
        write_text(path, text)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Under a name that nobody can foresee, and so lay a link there that leads elsewhere.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part"):
            pass
    except OSError as error:
        raise InputError(
            given=f"{path}, which cannot be written ({error.strerror or error})",
            allowed="a writable folder with free space",
            do="choose another --out folder",
        ) from error
