"""How a failure of the command looks: one readable message on standard error and an exit code, no traceback."""

from __future__ import annotations

import os
import sys
import tempfile
import textwrap
import traceback
from collections.abc import Callable

import click

BAD_INPUT = 2
CRASHED = 3
INTERRUPTED = 130
"""What shells use for a program that Ctrl-C ended; no verdict is implied."""


def guarded(action: Callable[[], object]) -> int:
    """Run the action and return its exit code; every failure becomes a message and a code."""
    try:
        code = action()
    except click.Abort:  # click's own form of KeyboardInterrupt
        say("interrupted; what was finished is kept, and the same command goes on from there")
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except BrokenPipeError:
        # The reader left (a pager, head): nothing to tell it, and nothing more may be flushed to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _explain(error)
    return code if isinstance(code, int) else 0


def say(text: str) -> None:
    """One line to standard error, with the program's name."""
    click.echo(f"ntk-escape: {text}", err=True)


def _explain(error: Exception) -> int:
    from theory.errors import InputError

    if isinstance(error, InputError):
        say("this input cannot be used")
        for label, text in (("given", error.given), ("allowed", error.allowed), ("to do", error.do)):
            click.echo(_hanging(label, text), err=True)
        return BAD_INPUT
    place = _keep_traceback(error)
    say(f"stopped by an unexpected {type(error).__name__}: {str(error)[:300]}")
    click.echo(_hanging("details", place), err=True)
    click.echo(_hanging("to do", "please report it with that file; finished results are kept"), err=True)
    return CRASHED


def _hanging(label: str, text: str) -> str:
    """``label: text`` wrapped to 80 columns under its own start; paths and formulas are never broken.

    Further lines of the text, such as a formula with a caret under it, are only indented.
    """
    first, *others = text.splitlines() or [""]
    head = textwrap.fill(
        first,
        80,
        initial_indent=f"  {label + ':':<9}",
        subsequent_indent=" " * 11,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join([head, *(" " * 11 + line for line in others)])


def _keep_traceback(error: Exception) -> str:
    """Write the traceback to a file of its own and return the file's path."""
    text = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="ntk-escape-", suffix=".txt", delete=False, encoding="utf-8", errors="replace"
        ) as file:
            file.write(text)
    except OSError as problem:
        return f"no file could be written for the traceback ({problem.strerror or problem})"
    return file.name
