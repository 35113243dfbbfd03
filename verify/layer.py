"""A layer: a flat folder of Coq files under one prefix; what a module rests on, read from the texts alone.

What a statement means is read from them too: `Layer.definitions` gives each sentence of the layer that takes part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from theory.errors import InputError
from verify.rules import faults
from verify.vernacular import IDENTIFIER, Sentence, blanked, header, identifiers, required, sentences, top

# What the proofs may load besides Coq's own library.
LIBRARIES = ("Coquelicot", "Flocq", "Interval")

# What introduces a name with what stands behind it; a statement may also name a lemma.
_NAMING = frozenset(
    "Definition Fixpoint Ltac Example Theorem Lemma Corollary Proposition Fact Remark".split()
)
# What introduces more names than its first, or a way to write something.
_DECLARING = frozenset("Inductive Record Variant Notation Infix".split())
# What may change how all that follows is read.
_CHANGING = frozenset("Open Close Arguments Module Import Export Set Unset".split())
# A clause of a sentence that introduces more names has a colon before any arrow; a case of a match has not.
_NAMED = re.compile(rf"(?:^|\bwith\b)\s*({IDENTIFIER})(?![^:]*=>)")
# Modules that bring in tactics, and no name or sign for statements.
_TACTICS = frozenset({"Coq.Lia", "Coq.Lra", "Coq.Psatz"})


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
        prefix: The prefix, one identifier, and not that of a library.
        under: Other layers whose modules its files may require.
        libraries: Libraries besides Coq's own that its files may require.
    """

    folder: Path
    prefix: str
    under: tuple[Layer, ...] = ()
    libraries: tuple[str, ...] = LIBRARIES

    def __post_init__(self) -> None:
        taken = {"Coq", *LIBRARIES, *self.libraries}
        if re.fullmatch(IDENTIFIER, self.prefix) is None or self.prefix in taken:
            raise InputError(
                given=f"a layer with the prefix {self.prefix!r}",
                allowed=f"an identifier of Coq besides {', '.join(sorted(taken))}",
                do="choose another prefix",
            )

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

        Every sentence of the layer that gives a meaning to a name in the statement, or in a sentence shown; and
        whatever changes how a text is read, such as a notation or a scope. Names are compared as text, so this may
        show too much and never too little. A file whose header lets names or signs mean something else than that
        of the module does is shown with its header.
        """
        closure = self.closure(module)
        every = {source.full_name: definitions(source.text) for source in closure}
        known, size = {"", *identifiers(statement)}, 0
        while len(known) != size:
            size = len(known)
            for names, text in [each for found in every.values() for each in found]:
                if names & known:
                    known |= identifiers(text)
        lines: list[str] = []
        for source in closure:
            shown = [text for names, text in every[source.full_name] if names & known]
            if self._reads_otherwise(source.text, closure[-1].text, shown=bool(shown)):
                shown = [header(source.text) or "(* without a header *)", *shown]
            lines += [f"(* {source.name}.v *)", *shown] if shown else []
        return "\n\n".join(lines)

    def _reads_otherwise(self, text: str, own: str, *, shown: bool) -> bool:
        """Whether the header of a file brings in what the module's own does not.

        If nothing of the file is shown, only what the module takes over with an import of it counts.
        """
        head, own_head = top(text), top(own)
        own_libraries, _ = self._brought_in(own_head)
        if not shown:
            head, own_head = (tuple(filter(_taken_over, each)) for each in (head, own_head))
        libraries, settings = self._brought_in(head)
        others = settings != self._brought_in(own_head)[1]
        return not libraries <= own_libraries or (others and (shown or bool(settings)))

    def _brought_in(self, head: tuple[Sentence, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
        """The modules that the sentences of a header load for statements, and the sentences that load nothing."""
        loads = [each for each in head if each.command in ("From", "Require")]
        modules = {
            f"{prefix}.{name}"
            for each in loads
            for prefix, name in required(each.code)
            if prefix.split(".")[0] not in self._layers()
        }
        return frozenset(modules - _TACTICS), tuple(each.code for each in head if each not in loads)

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

    The text has the comment right above it with it. What every statement needs introduces the empty name:
    notations, and below the header what changes scopes, arguments, names or options.
    """
    found = []
    previous = 0
    start = len(top(text))
    for index, each in enumerate(sentences(text)):
        gap, previous = text[previous : each.start], each.end
        names = _names(each) if index >= start else frozenset()
        if names:
            found.append((names, _comment_above(gap) + text[each.start : each.end]))
    return tuple(found)


def _taken_over(sentence: Sentence) -> bool:
    """Whether a sentence of a header also changes how files are read that import this one."""
    return (
        sentence.command == "Open" and sentence.code.startswith("Open") or "Export" in sentence.code.split()
    )


def _names(sentence: Sentence) -> frozenset[str]:
    names: list[str] = []
    if sentence.command in _NAMING:
        names = _NAMED.findall(sentence.body)
    elif sentence.command in _DECLARING:  # constructors and fields are among these
        names = re.findall(IDENTIFIER, sentence.body)
    notation = sentence.command in _NAMING | _DECLARING and '"' in sentence.body
    return frozenset([*names, ""] if notation or sentence.command in _CHANGING else names)


def _comment_above(gap: str) -> str:
    """The end of what stands between two sentences, after its last empty line, if that is a comment."""
    last = re.split(r"\n[ \t]*\n", gap)[-1].lstrip()
    try:
        return last if last.startswith("(*") and not blanked(last).strip() else ""
    except InputError:  # the empty line was within the comment
        return ""
