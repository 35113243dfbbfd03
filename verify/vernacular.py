"""The text of Coq files, read without Coq: sentences, header, theorems with their scripts.

Comments and the contents of strings are blanked first, at equal length, so a word in them is never taken for code
and every position in the blanked text is one in the file. What is read here is what Coq reads in texts that the
rules of `verify.rules` let through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from theory.errors import InputError

IDENTIFIER = r"[^\W\d][\w']*"

# Commands that state, prove, define, abbreviate or load; none of them can assume anything or switch a check off.
COMMANDS = frozenset(
    "From Require Import Export Open Close Set Unset Definition Fixpoint Inductive Record Variant Notation Infix "
    "Arguments Ltac Opaque Transparent Module Theorem Lemma Corollary Proposition Fact Remark Example "
    "Proof Qed Defined".split()
)
# What a sentence that loads modules is made of: prefix and names.
REQUIRE = re.compile(
    rf"(?:From\s+([\w.]+)\s+)?Require(?:\s+(?:Import|Export))?((?:\s+{IDENTIFIER}(?:\.{IDENTIFIER})*)+)\s*\."
)

_HEADER = re.compile(r"(From|Require|Import|Export|(Local\s+)?Open\s+Scope|Set|Unset)\b")
_BEFORE_A_COMMAND = re.compile(
    rf"(?:[-+*{{}}\s]|(?:\d+(?:\s*[-,]\s*\d+)*|all|par|!|\[\s*{IDENTIFIER}\s*\])\s*:)*(?:(?:Local|Global)\s+)?"
)
_THEOREM = re.compile(rf"Theorem\s+({IDENTIFIER})\s*:(?!=)")
_BLANK = " \t\r\n"


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
    for end in [*ends(text, code), len(text)]:
        body = code[start:end]
        if body.strip():
            first = start + len(body) - len(body.lstrip())
            found.append(Sentence(first, end, text.count("\n", 0, first) + 1, code[first:end].rstrip()))
        start = end
    return tuple(found)


def top(text: str) -> tuple[Sentence, ...]:
    """The sentences at the top that load, import, open scopes and set options."""
    every = sentences(text)
    return every[: next((i for i, each in enumerate(every) if not _HEADER.match(each.code)), len(every))]


def header(text: str) -> str:
    """The code of the sentences at the top, line by line."""
    return "\n".join(sentence.code for sentence in top(text))


def ends(text: str, code: str) -> list[int]:
    """Where sentences end in a text, given it blanked: after one period or three before a blank."""
    runs = [run for run in re.finditer(r"\.+", code) if len(run[0]) != 2]  # two are a token of notations
    return [
        run.end() for run in runs if text[run.end() : run.end() + 1] in ("", *_BLANK)
    ]  # no comment counts


def required(text: str) -> tuple[tuple[str, str], ...]:
    """Each module that the file requires, as ``(prefix or "", name)``, in its order."""
    found = []
    for sentence in sentences(text):
        loads = REQUIRE.fullmatch(sentence.code)
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


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _endless(what: str, text: str, position: int) -> InputError:
    return InputError(
        given=f"a {what} that starts in line {text.count(chr(10), 0, position) + 1} and does not end",
        allowed=f"a {what} with its end",
        do="close it",
    )
