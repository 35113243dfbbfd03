"""Sets of claims: load them from modules and files, select by ID or glob, propagate verdicts.

A `Registry` is a value: claims by ID, checked for dangling references and cycles when it is made.
"""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType

from theory.errors import InputError
from verify.claim import Claim
from verify.verdict import Verdict, weakest

MAX_PATTERN = 200


@dataclass(frozen=True)
class Registry:
    """Claims by ID, in the order given.

    Attributes:
        claims: The claims.
        origin: For each ID the module name or file path that defines it; a worker process loads from there.
    """

    claims: Mapping[str, Claim]
    origin: Mapping[str, str]

    def __post_init__(self) -> None:
        for claim in self:
            for other in (*claim.depends_on, *([claim.control_of] if claim.control_of else [])):
                if other not in self.claims:
                    raise InputError(
                        given=f"{claim.id} refers to {other}",
                        allowed="IDs of claims in the same set" + _near(other, self.claims),
                        do="correct the ID or add that claim",
                    )
        try:
            self.order()
        except CycleError as error:
            raise InputError(
                given="claims that rest on each other: " + " -> ".join(error.args[1]),
                allowed="dependencies without a cycle",
                do="remove one depends_on of the cycle",
            ) from None

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims.values())

    def __len__(self) -> int:
        return len(self.claims)

    @property
    def sources(self) -> list[str]:
        """The modules and files that define the claims, each once, sorted."""
        return sorted(set(self.origin.values()))

    def order(self) -> tuple[str, ...]:
        """IDs with every claim after those that it depends on."""
        return tuple(TopologicalSorter({claim.id: claim.depends_on for claim in self}).static_order())

    def select(self, patterns: Iterable[str]) -> tuple[Claim, ...]:
        """Claims whose ID matches one of the patterns (globs such as ``taylor.*``); all for no pattern.

        Raises:
            InputError: If a pattern matches nothing; names near it are suggested.
        """
        wanted = list(patterns)
        if not wanted:
            return tuple(self)
        chosen: set[str] = set()
        for pattern in wanted:
            refuse_long(pattern)
            matches = fnmatch.filter(self.claims, pattern)
            if not matches:
                raise InputError(
                    given=f"claim {pattern!r}",
                    allowed="the ID of a claim or a glob such as taylor.*" + _near(pattern, self.claims),
                    do="run `ntk-escape list` to see every ID",
                )
            chosen.update(matches)
        return tuple(claim for claim in self if claim.id in chosen)

    def propagate(self, own: Mapping[str, Verdict]) -> dict[str, Verdict]:
        """Each claim's verdict together with everything that it depends on: the weakest of them.

        A dependency that the run did not include counts as SKIPPED.
        """
        result: dict[str, Verdict] = {}
        for name in self.order():
            depends_on = self.claims[name].depends_on
            mine = own.get(name, Verdict.SKIPPED)
            result[name] = weakest([mine, *(result[other] for other in depends_on)])
        return {claim.id: result[claim.id] for claim in self}


def refuse_long(pattern: str) -> None:
    """Refuse a pattern far longer than any ID: the time for matching grows faster than its length.

    Raises:
        InputError: If it is too long.
    """
    if len(pattern) > MAX_PATTERN:
        raise InputError(
            given=f"a name of {len(pattern)} characters, {pattern[:20]!r}…",
            allowed=f"the ID of a claim or a glob such as taylor.*, of at most {MAX_PATTERN} characters",
            do="run `ntk-escape list` to see every ID",
        )


def registry(sources: Iterable[str]) -> Registry:
    """The claims of modules (dotted names) and files (paths that end in ``.py``), in that order.

    A file of claims is Python code and runs when it is loaded: load only files that you trust.

    Raises:
        InputError: If a source is missing, fails to load, defines no ``CLAIMS``, or an ID occurs twice.
    """
    claims: dict[str, Claim] = {}
    origin: dict[str, str] = {}
    for source in sources:
        for claim in _claims_of(source):
            if claim.id in claims:
                raise InputError(
                    given=f"claim {claim.id} in {origin[claim.id]} and in {source}",
                    allowed="one claim per ID",
                    do="rename one of them",
                )
            claims[claim.id] = claim
            # Workers load it again, whatever the current folder is by then.
            origin[claim.id] = str(Path(source).resolve()) if source.endswith(".py") else source
    return Registry(claims, origin)


def load(source: str) -> ModuleType:
    """The module of that dotted name, or the one in the file of that path.

    Raises:
        InputError: If it cannot be found or fails while loading.
    """
    if not source.endswith(".py"):
        return _import(source)
    path = Path(source).resolve()
    # The content is part of the name, so that a file which was edited meanwhile is loaded anew.
    content = path.read_bytes() if path.is_file() else b""
    name = "claims_" + hashlib.sha256(bytes(path) + b"\0" + content).hexdigest()[:16]
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise InputError(given=f"file {source}", allowed="a Python file of claims", do="check the path")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except InputError:
        del sys.modules[name]
        raise
    except (
        Exception,
        SystemExit,
    ) as error:  # the file is the user's: whatever it raises is theirs to hear about
        del sys.modules[name]
        raise InputError(
            given=f"{source}, which stops with {type(error).__name__}: {error}",
            allowed="a Python file that defines CLAIMS",
            do=f"run `python {source}` to see where it stops",
        ) from error
    return module


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(
            given=f"module {name} ({error})",
            allowed="a dotted module name that Python finds, or the path of a file that ends in .py",
            do="check the spelling and what is installed",
        ) from error


def _claims_of(source: str) -> tuple[Claim, ...]:
    found = getattr(load(source), "CLAIMS", None)
    if not isinstance(found, tuple) or not all(isinstance(each, Claim) for each in found):
        raise InputError(
            given=f"{source}, whose CLAIMS is {type(found).__name__}",
            allowed="CLAIMS, a tuple of Claim",
            do="end the file with CLAIMS = (claim, ...)",
        )
    return found


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; near it: {', '.join(close)}" if close else ""
