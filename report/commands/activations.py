"""An activation as the user names it, and what the assumptions of the theory make of it.

A formula that is no smooth function with bounded derivatives is bad input; a smooth one that fails another
assumption, as tanh does by its symmetry, is a finding with its reason.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from theory.activation import Activation, Admissibility
    from theory.errors import InputError

option = click.option(
    "--activation",
    default="sincos",
    show_default=True,
    metavar="NAME|EXPR",
    help='A built-in name, or a formula in z such as "tanh(z + 1/2)".',
)


LIMIT_SECONDS = 60
"""What the derivations of one formula may take unless the user allows more; of the built-in ones they take one."""


@contextmanager
def limited(text: str, seconds: float, *, remedy: str = "simplify the formula") -> Iterator[None]:
    """Stop work on that formula after so many seconds: SymPy's time for a short text has no bound.

    Raises:
        InputError: If it takes longer.
    """
    from theory.errors import InputError
    from verify.time_limit import OutOfTime, within

    try:
        with within(seconds):
            yield
    except OutOfTime as reason:
        raise InputError(
            given=f"activation {_shortened(text)!r}, whose derivations take {reason}",
            allowed="a formula for which that time suffices",
            do=remedy,
        ) from None


def assess(text: str, *, k: int, d: int) -> tuple[Activation, Admissibility]:
    """The activation of that name or formula, and whether it is admissible for degree k in dimension d.

    Raises:
        InputError: If the text is neither, or the function is not smooth or has an unbounded derivative.
    """
    activation = _smooth(text)
    found = activation.admissibility(k, d)
    infinite = [reason for reason in found.reasons if " is infinite" in reason]
    if infinite:
        raise _unusable(text, infinite)
    return activation, found


def usable(text: str) -> Activation:
    """The activation of that name or formula, if it may be smooth with three bounded derivatives.

    Raises:
        InputError: If the text is neither, or the function is not smooth or has an unbounded derivative.
    """
    from theory.arithmetic import UndecidedError
    from theory.errors import InputError

    activation = _smooth(text)
    infinite = []
    for order in (1, 2, 3):
        try:
            activation.suprema(order)
        except UndecidedError:
            continue  # what is not decided is for the caller to say
        except InputError as error:
            infinite.append(f"M_{order} is infinite: {error.given}")
    if infinite:
        raise _unusable(text, infinite)
    return activation


def verdict(found: Admissibility) -> str:
    """What was found in one sentence, with the reason where an assumption fails."""
    place = f"for k = {found.k} at d = {found.d}"
    if found.admissible:
        return f"admissible {place}"
    word = "undecided" if found.admissible is None else "not admissible"
    return f"{word} {place}: {'; '.join(found.reasons)}"


def _smooth(text: str) -> Activation:
    """The activation, unless it is shown not to be smooth."""
    activation = _resolve(text)
    smooth, reasons = activation.smoothness()
    if smooth is False:
        raise _unusable(text, reasons)
    return activation


def _resolve(text: str) -> Activation:
    """The activation; a name that is nearly a built-in one is answered with that one."""
    from theory.activation import BUILTIN, resolve
    from theory.errors import InputError

    try:
        return resolve(text)
    except InputError as error:
        near = difflib.get_close_matches(_shortened(text.strip()), BUILTIN, n=1, cutoff=0.75)
        if not near:
            raise
        do = f"did you mean the built-in {near[0]}? In a formula, {error.do}"
        raise InputError(given=error.given, allowed=error.allowed, do=do) from error


def _unusable(text: str, reasons: Sequence[str]) -> InputError:
    from theory.activation import BUILTIN
    from theory.errors import InputError

    return InputError(
        given=f"activation {_shortened(text)!r}: {'; '.join(_shortened(reason, 300) for reason in reasons)}",
        allowed="a smooth function on the real line with bounded first, second and third derivative",
        do=f"choose another formula in z, or one of {', '.join(BUILTIN)}",
    )


def _shortened(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
