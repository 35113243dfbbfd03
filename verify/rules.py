"""What may stand in texts of Coq that proofs rest on: files of a layer, statements of claims, scripts of checks.

The rules are whitelists: a command that is not known here is a fault, whatever it does. They see to it that nothing
is assumed or switched off, and that a text means to Coq what it says to a reader: each definition says what it is,
and no token of a notation looks like the start of a comment or the end of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from theory.errors import InputError
from verify.vernacular import COMMANDS, IDENTIFIER, REQUIRE, Sentence, blanked, ends, sentences, top

SETTINGS = re.compile(
    r"(Set|Unset)\s+(Implicit Arguments|Strict Implicit|Contextual Implicit|Maximal Implicit Insertion"
    r"|Asymmetric Patterns|Default Goal Selector|Bullet Behavior|Warnings|Printing \w+)\b"
)
# Tactics that leave a hole, those that trust more than the kernel, and one that depends on the machine's speed; and
# the end of a proof that computes, since a statement could then mean what no sentence says.
FORBIDDEN = (
    "admit",
    "give_up",
    "Admitted",
    "bypass_check",
    "native_compute",
    "native_cast_no_check",
    "ltac2",
    "timeout",
    "Defined",
)

_PAIRS = {")": "(", "]": "[", "}": "{"}
# Beyond these Coq and Python do not agree on what is a blank, a part of a name or a symbol.
_STRANGE = re.compile(r"[^\t\n\r -~]")
_IMPORT = re.compile(
    rf"(?:(?:Local|Global)\s+)?(?:Import|Export)(?:\s+(?!(?:Set|Unset)\b){IDENTIFIER}(?:\.{IDENTIFIER})*)+\s*\."
)
_COMMENT = re.compile(r"\(\*|\*\)")


def faults(text: str, *, roots: Collection[str], commands: Collection[str] = COMMANDS) -> tuple[str, ...]:
    """What may not stand in a text that proofs rest on: each fault with its line.

    Args:
        text: Sentences of Coq, such as those of a file.
        roots: Prefixes of libraries that it may load from.
        commands: The commands that it may hold, besides tactics.
    """
    every = sentences(text)
    head = top(text)
    found = []
    for each in every:
        problem = _fault(each, roots, commands) or _strings_fault(each, text[each.start : each.end])
        if not problem and each.command in ("From", "Require") and each not in head:
            problem = "loads a library below the header"
        if problem:
            found.append(f"line {each.line} {problem}")
    return tuple(found)


def term_fault(text: str) -> str:
    """Why a text cannot be taken as one term of Coq, to be put between parentheses; empty if it can."""
    try:
        code = blanked(text)
    except InputError as error:
        return error.given
    if _COMMENT.search(text):
        return "it holds a comment"
    if not code.strip():
        return "it is empty"
    if ends(text, code):
        return "a period ends it early"
    strange = _STRANGE.search(code)
    if strange is not None:
        return f"it holds {strange[0]!r}"
    if re.search(r"\bltac\b", code):
        return "it holds a tactic"
    opened: list[str] = []
    for each in code:
        if each in _PAIRS.values():
            opened.append(each)
        elif each in _PAIRS and (not opened or opened.pop() != _PAIRS[each]):
            return f"its {each!r} closes nothing"
    return f"its {opened[-1]!r} is not closed" if opened else ""


def require_term(what: str, text: str) -> None:
    """Refuse a text that is not one term of Coq.

    Raises:
        InputError: If it is not.
    """
    fault = term_fault(text)
    if fault:
        raise InputError(
            given=f"{what}: {fault}",
            allowed="one term of Coq without comments, its brackets closed, no period at its end",
            do="correct the text",
        )


def require_sentences(what: str, text: str, *, roots: Collection[str], commands: Collection[str]) -> None:
    """Refuse sentences that hold other commands than these, or what no text may hold.

    Raises:
        InputError: If they do.
    """
    found = faults(text, roots=roots, commands=commands)
    if found:
        raise InputError(
            given=f"{what}: {'; '.join(found[:3])}",
            allowed=f"tactics{' and ' if commands else ''}{', '.join(sorted(commands))}",
            do="correct the text",
        )


def _fault(sentence: Sentence, roots: Collection[str], commands: Collection[str]) -> str:
    """What is wrong with the code of a sentence; empty if nothing."""
    code, command = sentence.code, sentence.command
    for word in FORBIDDEN:
        if re.search(rf"(?<![\w']){word}(?![\w'])", code):
            return f"holds '{word}'"
    strange = _STRANGE.search(code)
    if strange is not None:
        return f"holds {strange[0]!r}: only ASCII may stand outside comments"
    if not code.endswith("."):
        return "has no period at its end"
    if "#[" in code:
        return "holds an attribute"
    if command[:1].isupper() and command not in commands:
        return f"holds the command '{command}'"
    if command in ("Set", "Unset") and SETTINGS.match(code) is None:
        return f"changes an option: '{' '.join(code.split())}'"
    if command in ("Import", "Export") and _IMPORT.fullmatch(code) is None:
        return f"imports more than modules: '{' '.join(code.split())}'"
    if command in ("Definition", "Fixpoint") and ":=" not in code:
        return "defines by tactics, so that it does not say what it means"
    if command == "Module" and re.match(rf"Module\s+{IDENTIFIER}\s*:=", code) is None:
        return "opens a module"
    if command in ("From", "Require"):
        return _loading_fault(code, roots)
    return ""


def _loading_fault(code: str, roots: Collection[str]) -> str:
    loads = REQUIRE.fullmatch(code)
    if loads is None:
        return "requires in a form that is not known here"
    # A name alone is one of Coq's own library: the others are reached by their prefixes only.
    for place in [loads[1]] if loads[1] else [name for name in loads[2].split() if "." in name]:
        if place.split(".")[0] not in roots:
            return f"loads from {place}, not among {', '.join(sorted(roots))}"
    return ""


def _strings_fault(sentence: Sentence, text: str) -> str:
    """What is wrong with the strings of a sentence, given its text as it stands in the file."""
    notation = sentence.command in ("Notation", "Infix") or re.search(r"\bwhere\b", sentence.code)
    for place in re.finditer(r'"[^"]*"', sentence.code):
        held = text[place.start() + 1 : place.end() - 1]
        if _COMMENT.search(held) or (notation and any(map(_deceives, held.split()))):
            return f"holds a string that can be read in two ways: {held!r}"
    return ""


def _deceives(token: str) -> bool:
    """Whether Coq reads a token where the text seems to open a comment or to end a sentence: "!(" before "*"."""
    bare = token.strip("'")
    return bare != ".." and ("(" in bare[1:] or bare.endswith("."))
