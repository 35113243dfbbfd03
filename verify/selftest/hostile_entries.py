"""The suite's entry points for what users feed in, by name, and what must hold of what they accept.

The engine imports nothing of what it tests: names of modules and functions stand here, and are looked up when a
process that is meant to be fed with hostile input starts.
"""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

from sympy import Rational

from theory.errors import InputError

PARSER = "theory.parser:parse_expression"
TREE = "theory.parser:to_tree"
FROM_TREE = "theory.parser:from_tree"
COQ = "theory.coq.printer:coq"
CONFIG = "training.config:Config"
CHECKPOINT = "training.checkpoint:load"
COMMAND = "report.commands:run_command"
READER = "verify.export:read_json"
EVERY = (PARSER, TREE, FROM_TREE, COQ, CONFIG, CHECKPOINT, COMMAND, READER)

# Names, numbers and signs: no dot that ends a sentence of Coq, no comment, no quotation mark.
_IN_COQ = re.compile(r"(?!.*\(\*)[A-Za-z0-9_ ()+\-*/^]*")
_PLACE = Rational(37, 100)


def entry(name: str) -> Any:
    """What ``module:name`` stands for."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def expression(text: str) -> None:
    """Parse a formula and demand of what is accepted that every later reader takes it for the same function.

    Raises:
        InputError: If the parser refuses the text, as it may.
        AssertionError: If it accepts something outside its whitelist, or whose tree or printed form is another
            function, or whose form for Coq holds more than a formula.
    """
    expr = entry(PARSER)(text)
    names = {symbol.name for symbol in expr.free_symbols}
    if not names <= {"z"}:
        raise AssertionError(f"accepted with the symbols {sorted(names)}")
    try:
        tree = entry(TREE)(expr)
    except InputError as error:
        raise AssertionError(f"accepted outside the whitelist: {error.given}") from None
    _same(expr, entry(FROM_TREE)(tree), "its tree")
    try:
        again = entry(PARSER)(str(expr))
    except InputError:  # printed, a formula may exceed the limits of a text
        again = expr
    _same(expr, again, "its printed form")
    try:
        printed = entry(COQ)(expr, next(iter(expr.free_symbols), None))
    except InputError:
        return
    if not _IN_COQ.fullmatch(printed):
        raise AssertionError(f"text for Coq: {printed:.200}")


def document(path: Path) -> None:
    """Read a run and demand that what is accepted says what the file says.

    Raises:
        InputError: If the reader refuses the file, as it may.
        AssertionError: If the run that was read is another one.
    """
    run = entry(READER)(path)
    if run.to_json() != json.loads(path.read_bytes()):
        raise AssertionError("accepted, but read as another run")


def _same(first: Any, second: Any, what: str) -> None:
    if first == second:
        return
    a, b = (each.subs({s: _PLACE for s in each.free_symbols}).evalf(30, maxn=60) for each in (first, second))
    if a.is_Float and b.is_Float and abs(a - b) > abs(b) / 10**15:
        raise AssertionError(f"{what} is another function: {a} for {b}")
