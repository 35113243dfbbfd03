"""Modules of Coq compiled into the cache, and answers of its kernel about texts that load them.

What Coq says about a text follows from the text, the modules it loads and Coq itself, so a compiled module and an
answer are kept under all of these, whether Coq accepts or rejects. What depends on the machine (time, memory) is
not kept. Nothing is written into the folders of the layers.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from verify.cache import Entry, digest_of, entry
from verify.coq import LIMIT_SECONDS, Answer, Ending, Toolchain, missing, run_coq, toolchain
from verify.layer import Layer, Source

_FORMAT = 1  # of what the cache holds; raised when its meaning changes


class NotCompiled(Exception):
    """A module of a layer that Coq does not take.

    Attributes:
        module: Its name.
        answer: What Coq said.
    """

    def __init__(self, module: str, answer: Answer) -> None:
        super().__init__(module, answer)
        self.module = module
        self.answer = answer


def ask(layer: Layer, module: str, text: str, *, limit: float = LIMIT_SECONDS) -> Answer:
    """What Coq says about a text that loads a module of a layer; modules are compiled first where needed.

    Args:
        layer: The layer.
        module: The module whose closure the text may load.
        text: Sentences of Coq.
        limit: Seconds for each run of Coq.

    Raises:
        NotCompiled: If a module is not accepted.
        InputError: If a file of the layer is missing or the cache cannot be written.
    """
    tool = _tool()
    keys, load = _compiled(tool, layer.closure(module), limit)
    key = digest_of(["answer", list(keys.values()), text])
    with entry("coq-answer", key) as place:
        kept = place.load(_answer)
        if kept is not None:
            return kept
        with place.workspace() as folder:
            answer = run_coq(tool, folder, "Probe", text, load, limit=limit)
        if answer.ending in (Ending.ACCEPTED, Ending.REJECTED):
            place.seal(asdict(answer))
        return answer


def compile_layer(layer: Layer, module: str, *, limit: float = LIMIT_SECONDS) -> tuple[Path, ...]:
    """Compile a module and what it rests on, and give the folders of the compiled files, its own last.

    Raises:
        NotCompiled: If a module is not accepted.
        InputError: If a file of the layer is missing or the cache cannot be written.
    """
    return tuple(folder for folder, _ in _compiled(_tool(), layer.closure(module), limit)[1])


def _tool() -> Toolchain:
    tool = toolchain()
    if tool is None:
        raise RuntimeError(missing())
    return tool


def _compiled(
    tool: Toolchain, closure: tuple[Source, ...], limit: float
) -> tuple[dict[str, str], list[tuple[Path, str]]]:
    """Keys of the modules, and where the compiled files lie with the prefixes that they belong to."""
    keys: dict[str, str] = {}
    digests: dict[str, str] = {}
    load: list[tuple[Path, str]] = []
    identity = tool.identity()
    for source in closure:
        parts = [_FORMAT, identity, source.full_name, source.text, [keys[each] for each in source.on]]
        keys[source.full_name] = key = digest_of(parts)
        with entry(f"coq-{source.name}", key) as place:
            digests[source.full_name] = _compile(tool, place, source, digests, load, limit)
        load.append((place.folder, source.prefix))
    return keys, load


def _compile(
    tool: Toolchain,
    place: Entry,
    source: Source,
    digests: dict[str, str],
    load: list[tuple[Path, str]],
    limit: float,
) -> str:
    """Compile one module unless it is there; give the digest of the compiled file."""
    target = f"{source.name}.vo"
    # A compiled file names the very bytes of those it was compiled against.
    on = {each: digests[each] for each in source.on}
    kept = place.load(partial(_module, place.folder / target))
    if kept is not None and kept[0] == on:
        if isinstance(kept[1], Answer):
            raise NotCompiled(source.name, kept[1])
        return kept[1]
    with place.workspace() as folder:
        answer = run_coq(tool, folder, source.name, source.text, load, limit=limit, prefix=source.prefix)
        if answer.ending is Ending.ACCEPTED:
            place.seal({"on": on, "rejected": None}, [folder / target])
            return _file_digest(place.folder / target)
    if answer.ending is Ending.REJECTED:
        place.seal({"on": on, "rejected": asdict(answer)})
    raise NotCompiled(source.name, answer)


def _module(target: Path, kept: Any) -> tuple[dict[str, str], Answer | str]:
    """What a module was compiled against, and why it was rejected or the digest of the compiled file."""
    rejected = kept["rejected"]
    return dict(kept["on"]), _file_digest(target) if rejected is None else _answer(rejected)


def _answer(kept: Any) -> Answer:
    return Answer(Ending(kept["ending"]), str(kept["output"]), str(kept["message"]), int(kept["line"]))


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
