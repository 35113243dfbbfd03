"""Output files of the subcommands: written whole or not at all."""

from __future__ import annotations

from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a file, all of it or nothing; without a text only try whether that would be possible.

    Raises:
        InputError: If it cannot be written.
    """
    from theory.errors import InputError

    draft = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        if text:
            draft.replace(path)
        draft.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            given=f"{path}, which cannot be written ({error.strerror or error})",
            allowed="a writable folder with free space",
            do="choose another --out folder",
        ) from error
