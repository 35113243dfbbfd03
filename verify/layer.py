"""A layer: a flat folder of Coq files under one prefix; what a module rests on, read from the texts alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from theory.errors import InputError
from verify.vernacular import IDENTIFIER, blanked, faults, identifiers, required, sentences

# What the proofs may load besides Coq's own library.
LIBRARIES = ("Coquelicot", "Flocq", "Interval")

_DEFINING = ("Definition", "Fixpoint", "Inductive", "Record", "Variant", "Notation", "Infix")


@dataclass(frozen=True)
class Source:
    """One file of a layer.

    Attributes:
        prefix: Prefix of its layer.
        name: Name of the module; the file is ``name.v``.
        text: Its text.
        on: Full names of the modules of layers that it requires itself.
    """

    prefix: str
    name: str
    text: str
    on: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """Prefix and name with a period between them."""
        return f"{self.prefix}.{self.name}"


@dataclass(frozen=True)
class Layer:
    """A flat folder of files ``X.v``, required as ``From prefix Require Import X``.

    Attributes:
        folder: The folder; nothing is ever written to it.
        prefix: The prefix, one identifier.
        under: Other layers whose modules its files may require.
        libraries: Libraries besides Coq's own that its files may require.
    """

    folder: Path
    prefix: str
    under: tuple[Layer, ...] = ()
    libraries: tuple[str, ...] = LIBRARIES

    def closure(self, module: str) -> tuple[Source, ...]:
        """The module and all modules of layers that it rests on, each after what it requires, itself last.

        Raises:
            InputError: If a file is missing or cannot be read, or modules require each other in a circle.
        """
        found: dict[str, Source] = {}
        self._collect(module, found, ())
        return tuple(found.values())

    def roots(self) -> frozenset[str]:
        """Prefixes that its files may load from."""
        above = {self.prefix, *self.libraries, "Coq"}
        return frozenset(above.union(*(layer.roots() for layer in self.under)))

    def faults(self, module: str) -> tuple[str, ...]:
        """What may not stand in the module or in what it rests on: each fault with file and line."""
        return tuple(
            f"{source.name}.v, {fault}"
            for source in self.closure(module)
            for fault in faults(source.text, roots=self.roots())
        )

    def definitions(self, module: str, statement: str) -> str:
        """All that a statement means beyond the libraries, as it stands in the files; empty if nothing.

        Every definition of the layer whose name occurs in the statement, or in a definition shown; and every
        notation. Names are compared as text, so this may show too much and never too little.
        """
        every = [
            (source.name, names, text)
            for source in self.closure(module)
            for names, text in definitions(source.text)
        ]
        known, size = {"", *identifiers(statement)}, 0
        while len(known) != size:
            size = len(known)
            for _, names, text in every:
                if names & known:
                    known |= identifiers(text)
        lines: list[str] = []
        last = ""
        for name, names, text in every:
            if names & known:
                lines += [f"(* {name}.v *)"] if name != last else []
                lines.append(text)
                last = name
        return "\n\n".join(lines)

    def _layers(self) -> dict[str, Layer]:
        below = {prefix: layer for each in self.under for prefix, layer in each._layers().items()}
        return {**below, self.prefix: self}

    def _collect(self, module: str, found: dict[str, Source], above: tuple[str, ...]) -> None:
        full = f"{self.prefix}.{module}"
        if full in above:
            raise InputError(
                given=f"modules that require each other: {' -> '.join((*above, full))}",
                allowed="modules without a circle",
                do="remove one Require",
            )
        if full in found:
            return
        text = self._read(module)
        on = []
        for prefix, name in required(text):
            root, _, rest = f"{prefix}.{name}".strip(".").partition(".")
            layer = self._layers().get(root)
            if layer is not None:
                on.append(f"{root}.{rest}")
                layer._collect(rest, found, (*above, full))
        found[full] = Source(self.prefix, module, text, tuple(on))

    def _read(self, module: str) -> str:
        path = self.folder / f"{module}.v"
        try:
            if re.fullmatch(IDENTIFIER, module) is None:
                raise ValueError("no module has such a name")
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise InputError(
                given=f"module {module} of {self.prefix}: {getattr(error, 'strerror', None) or error}",
                allowed="the name of a file X.v there, in UTF-8",
                do="correct the name, or install the project with its Coq files",
            ) from error


def definitions(text: str) -> tuple[tuple[frozenset[str], str], ...]:
    """What the file defines: for each sentence the names that it may introduce, and its text.

    The text has the comment right above it with it. A notation introduces the empty name: every statement needs it.
    """
    found = []
    previous = 0
    for each in sentences(text):
        gap, previous = text[previous : each.start], each.end
        if each.command not in _DEFINING:
            continue
        if each.command in ("Definition", "Fixpoint"):
            names = re.findall(rf"(?:^|\bwith\b)\s*({IDENTIFIER})", each.body)
        elif '"' in each.body:
            names = [""]
        else:  # constructors and fields are among these
            names = re.findall(IDENTIFIER, each.body)
        found.append((frozenset(names), _comment_above(gap) + text[each.start : each.end]))
    return tuple(found)


def _comment_above(gap: str) -> str:
    """The end of what stands between two sentences, after its last empty line, if that is a comment."""
    last = re.split(r"\n[ \t]*\n", gap)[-1].lstrip()
    try:
        return last if last.startswith("(*") and not blanked(last).strip() else ""
    except InputError:  # the empty line was within the comment
        return ""
