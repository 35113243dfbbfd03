"""How a failure of the command looks: one readable message on standard error and an exit code, no traceback."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import tempfile
import textwrap
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from report.printable import printable

BAD_INPUT = 2
CRASHED = 3
INTERRUPTED = 130
_PATHS = (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS)
_LONGEST = 1000  # letters of a line: what is given may be of any length
"""What shells use for a program that Ctrl-C ended; no verdict is implied."""


def guarded(action: Callable[[], object]) -> int:
    """Run the action and return its exit code; every failure becomes a message and a code."""
    try:
        with _ended_like_by_ctrl_c():
            code = action()
    except (click.Abort, KeyboardInterrupt):  # click has a form of its own
        say("interrupted; what was finished is kept, and the same command goes on from there")
        return INTERRUPTED
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(file=shown)
        for line in shown.getvalue().rstrip().splitlines():
            click.echo(_cut(printable(line)), err=True)
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
    click.echo(printable(f"ntk-escape: {text}"), err=True)


@contextmanager
def _ended_like_by_ctrl_c() -> Iterator[None]:
    """While the block runs, a request to end (SIGTERM) or a closed terminal (SIGHUP) ends it as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():  # only there can a handler be set
        yield
        return
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    wanted = [getattr(signal, name) for name in names]
    ours = [each for each in wanted if signal.getsignal(each) is signal.SIG_DFL]  # nohup stays nohup
    for each in ours:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each in ours:
            signal.signal(each, signal.SIG_DFL)


def _explain(error: Exception) -> int:
    from theory.errors import InputError

    if isinstance(error, InputError):
        say("this input cannot be used")
        for label, text in (("given", error.given), ("allowed", error.allowed), ("to do", error.do)):
            click.echo(_hanging(label, text), err=True)
        return BAD_INPUT
    if isinstance(error, OSError) and error.errno in _PATHS and error.filename:
        say("this path cannot be used")
        click.echo(_hanging("given", f"{error.filename} ({error.strerror})"), err=True)
        click.echo(_hanging("to do", "choose another path, or change its permissions"), err=True)
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
    first, *others = [_cut(line) for line in printable(text).split("\n")]
    head = textwrap.fill(
        first,
        80,
        initial_indent=f"  {label + ':':<9}",
        subsequent_indent=" " * 11,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join([head, *(" " * 11 + line for line in others)])


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]} … {line[-_LONGEST // 2 :]}"


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
