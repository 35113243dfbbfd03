"""The text of Coq files, read without Coq: sentences, header, theorems with their scripts, forbidden words.

Comments and the contents of strings are blanked first, at equal length, so a word in them is never taken for code
and every position in the blanked text is one in the file. The rules are whitelists: a command that is not known
here is a fault, whatever it does.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from theory.errors import InputError

IDENTIFIER = r"[^\W\d][\w']*"

# Commands that state, prove, define, abbreviate or load; none of them can assume anything or switch a check off.
COMMANDS = frozenset(
    "From Require Import Export Open Close Set Unset Definition Fixpoint Inductive Record Variant Notation Infix "
    "Arguments Ltac Opaque Transparent Module Theorem Lemma Corollary Proposition Fact Remark Example "
    "Proof Qed Defined".split()
)
SETTINGS = re.compile(
    r"(Set|Unset)\s+(Implicit Arguments|Strict Implicit|Contextual Implicit|Maximal Implicit Insertion"
    r"|Asymmetric Patterns|Default Goal Selector|Bullet Behavior|Warnings|Printing \w+)\b"
)
# Tactics that leave a hole, and those that trust more than the kernel.
FORBIDDEN = (
    "admit",
    "give_up",
    "Admitted",
    "bypass_check",
    "native_compute",
    "native_cast_no_check",
    "ltac2",
)

_HEADER = re.compile(r"(From|Require|Import|Export|(Local\s+)?Open\s+Scope|Set|Unset)\b")
_BEFORE_A_COMMAND = re.compile(
    r"(?:[-+*{}\s]|(?:\d+(?:\s*[-,]\s*\d+)*|all|par|!|\[\s*\w+\s*\])\s*:)*(?:(?:Local|Global)\s+)?"
)
_REQUIRE = re.compile(
    rf"(?:From\s+([\w.]+)\s+)?Require(?:\s+(?:Import|Export))?((?:\s+{IDENTIFIER}(?:\.{IDENTIFIER})*)+)\s*\."
)
_THEOREM = re.compile(rf"Theorem\s+({IDENTIFIER})\s*:(?!=)")
_BLANK = " \t\r\n"
_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Sentence:
    """One sentence of a file.

    Attributes:
        start: Position of its first character that is neither blank nor in a comment.
        end: Position after its period.
        line: Line of its first character, from 1.
        code: Its text with comments and strings blanked.
    """

    start: int
    end: int
    line: int
    code: str

    @property
    def command(self) -> str:
        """Its first word after bullets, braces, goal selectors and ``Local``; empty if it is no word."""
        found = re.match(r"\w+", self._rest)
        return "" if found is None else found[0]

    @property
    def body(self) -> str:
        """The code after the command."""
        return self._rest[len(self.command) :]

    @property
    def _rest(self) -> str:
        found = _BEFORE_A_COMMAND.match(self.code)
        return self.code if found is None else self.code[found.end() :]


@dataclass(frozen=True)
class Theorem:
    """A theorem of a file: its statement and its proof, from ``Proof.`` to ``Qed.``, as they stand there."""

    name: str
    statement: str
    script: str


def blanked(text: str) -> str:
    """The text with comments and the contents of strings replaced by blanks, at equal length.

    Comments nest, and a string within a comment hides what would end it, as in Coq.

    Raises:
        InputError: If a comment or a string does not end.
    """
    out: list[str] = []
    depth, done, opened = 0, 0, 0
    token = re.compile(r'\(\*|\*\)|"')
    while (found := token.search(text, done)) is not None:
        start, end = found.span()
        if found[0] == '"':
            end = text.find('"', end) + 1
            if not end:
                raise _endless("string", text, start)
        between = text[done:start]
        out.append(_blank(between) if depth else between)
        if found[0] == '"' and not depth:
            out.append(f'"{_blank(text[start + 1 : end - 1])}"')
        elif found[0] == "*)" and not depth:  # ends no comment: left for Coq to refuse
            out.append(found[0])
        else:
            out.append(_blank(text[start:end]))
        if found[0] == "(*":
            opened = start if depth == 0 else opened
            depth += 1
        elif found[0] == "*)" and depth:
            depth -= 1
        done = end
    if depth:
        raise _endless("comment", text, opened)
    return "".join(out) + text[done:]


def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences; a period ends one where a blank or the end of the file follows it.

    Text after the last period comes as a last sentence without one.

    Raises:
        InputError: If a comment or a string does not end.
    """
    code = blanked(text)
    found = []
    start = 0
    for end in [*_ends(text, code), len(text)]:
        body = code[start:end]
        if body.strip():
            first = start + len(body) - len(body.lstrip())
            found.append(Sentence(first, end, text.count("\n", 0, first) + 1, code[first:end].rstrip()))
        start = end
    return tuple(found)


def header(text: str) -> str:
    """The sentences at the top that load, import, open scopes and set options, without their comments."""
    return "\n".join(sentence.code for sentence in _header(sentences(text), text))


def required(text: str) -> tuple[tuple[str, str], ...]:
    """Each module that the file requires, as ``(prefix or "", name)``, in its order."""
    found = []
    for sentence in sentences(text):
        loads = _REQUIRE.fullmatch(sentence.code)
        if loads is not None:
            found += [(loads[1] or "", name) for name in loads[2].split()]
    return tuple(found)


def theorem(text: str, name: str) -> Theorem:
    """The theorem of that name.

    Raises:
        InputError: If the file does not hold exactly one ``Theorem name : …. Proof. … Qed.``.
    """
    every = sentences(text)
    places = [
        (index, found.end())
        for index, each in enumerate(every)
        if (found := _THEOREM.match(each.code)) is not None and found[1] == name
    ]
    for index, colon in places if len(places) == 1 else []:
        stated, rest = every[index], every[index + 1 :]
        last = next((each for each in rest if each.command in COMMANDS - {"Proof"}), None)
        if rest and rest[0].command == "Proof" and last is not None and last.code == "Qed.":
            statement = text[stated.start + colon : stated.end - 1].strip()
            return Theorem(name, statement, text[rest[0].start : last.end])
    raise InputError(
        given=f"{len(places)} theorems named {name}" if len(places) != 1 else f"Theorem {name} without Qed",
        allowed=f"one 'Theorem {name} : statement.', then 'Proof.', its tactics and 'Qed.'",
        do="state and prove it in the file, or correct the name",
    )


def identifiers(text: str) -> frozenset[str]:
    """Every identifier in the code of a text; those of a qualified name one by one."""
    return frozenset(re.findall(IDENTIFIER, blanked(text)))


def faults(text: str, *, roots: Collection[str]) -> tuple[str, ...]:
    """What may not stand in a file of proofs: each fault with its line.

    Args:
        text: The file.
        roots: Prefixes of libraries that it may load from.
    """
    every = sentences(text)
    top = _header(every, text)
    found = []
    for each in every:
        problem = _fault(each, roots)
        if not problem and each.command in ("From", "Require") and each not in top:
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
    if "(*" in text:
        return "it holds a comment"
    if not code.strip():
        return "it is empty"
    if _ends(text, code):
        return "a period ends it early"
    if "ltac" in identifiers(text):
        return "it holds a tactic"
    opened: list[str] = []
    for each in code:
        if each in _PAIRS.values():
            opened.append(each)
        elif each in _PAIRS and (not opened or opened.pop() != _PAIRS[each]):
            return f"its {each!r} closes nothing"
    return f"its {opened[-1]!r} is not closed" if opened else ""


def _fault(sentence: Sentence, roots: Collection[str]) -> str:
    """What is wrong with a sentence; empty if nothing."""
    code, command = sentence.code, sentence.command
    for word in FORBIDDEN:
        if re.search(rf"(?<![\w']){word}(?![\w'])", code):
            return f"holds '{word}'"
    if not code.endswith("."):
        return "has no period at its end"
    if "#[" in code:
        return "holds an attribute"
    if command[:1].isupper() and command not in COMMANDS:
        return f"holds the command '{command}'"
    if command in ("Set", "Unset") and SETTINGS.match(code) is None:
        return f"changes an option: '{' '.join(code.split())}'"
    if command == "Module" and re.match(rf"Module\s+{IDENTIFIER}\s*:=", code) is None:
        return "opens a module"
    if command in ("From", "Require"):
        loads = _REQUIRE.fullmatch(code)
        if loads is None:
            return "requires in a form that is not known here"
        if loads[1] and loads[1].split(".")[0] not in roots:
            return f"loads from {loads[1]}, not among {', '.join(sorted(roots))}"
    return ""


def _header(every: tuple[Sentence, ...], text: str) -> tuple[Sentence, ...]:
    count = next((i for i, each in enumerate(every) if not _HEADER.match(each.code)), len(every))
    return every[:count]


def _ends(text: str, code: str) -> list[int]:
    """Where sentences end: after one period or three (two are a token of notations) before a blank."""
    runs = [run for run in re.finditer(r"\.+", code) if len(run[0]) != 2]
    return [
        run.end() for run in runs if text[run.end() : run.end() + 1] in ("", *_BLANK)
    ]  # no comment counts


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _endless(what: str, text: str, position: int) -> InputError:
    return InputError(
        given=f"a {what} that starts in line {text.count(chr(10), 0, position) + 1} and does not end",
        allowed=f"a {what} with its end",
        do="close it",
    )
