"""Small faults without a meaning, at places drawn by chance: the operators of cosmic-ray over the two rooms.

A site is one operator, number, comparison, condition, loop or keyword of the code; at most sites several
replacements are possible. A sample draws sites uniformly, then one replacement at each, so a site with many
replacements counts no more than one with two. The order of the draw depends on the seed and on the text around the
site alone, so an edit elsewhere leaves it as it is.

Left out is what cannot change a result, and replacements that only raise; `Population.left_out` counts them.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from theory.errors import InputError
from verify.claim import derive_seed
from verify.selftest.planting import source_of

ROOMS = ("theory", "training")

_BITWISE = ("Shift", "Bit", "Invert")
_BINARY = frozenset("+ - * / // % ** >> << | & ^".split())
_BY_TYPE = {
    "number": ("NumberReplacer",),
    "comparison": ("ReplaceComparisonOperator",),
    "factor": ("ReplaceUnaryOperator",),
    "not_test": ("ReplaceUnaryOperator",),
    "if_stmt": ("AddNot",),
    "while_stmt": ("AddNot",),
    "assert_stmt": ("AddNot",),
    "test": ("AddNot",),
    "except_clause": ("ExceptionReplacer",),
    "decorator": ("RemoveDecorator",),
    "for_stmt": ("ZeroIterationForLoop",),
}

_RAISES = "bitwise operators, which on numbers only raise"
_SAME = "identity for equality and unary plus, which are the same or a deletion"
_MESSAGE = "text of an error message"
_ANNOTATION = "annotation"
_STAR = "the star before keyword-only parameters, which binds callers only"
_FROZEN = "frozen or slots of a dataclass, which guard against accidents only"
_CACHE = "decorators and sizes of caches, which cost time only"


@dataclass(frozen=True)
class Replacement:
    """One replacement at a site.

    Attributes:
        operator: The name of cosmic-ray's operator.
        occurrence: Which of its occurrences in the file.
        id: ``file:line:column:operator``, with a number after the operator if it has several at the site.
    """

    operator: str
    occurrence: int
    id: str


@dataclass(frozen=True)
class Site:
    """A place in the code.

    Attributes:
        file: The file, such as ``theory/terms.py``.
        line: Its line, from 1.
        column: Its column, from 0.
        replacements: What is possible there.
        key: The text that identifies it whatever stands before it in the file.
    """

    file: str
    line: int
    column: int
    replacements: tuple[Replacement, ...]
    key: str


@dataclass(frozen=True)
class Fault:
    """A generic fault.

    Attributes:
        id: `Replacement.id`.
        file: The file.
        line: The first line that differs.
        old: That line, stripped; lines in a row that differ are joined.
        new: What stands there instead.
        text: The text of the file with the fault.
        lines: All lines that differ, from 1.
    """

    id: str
    file: str
    line: int
    old: str
    new: str
    text: str
    lines: range

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        return self.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@dataclass(frozen=True)
class Population:
    """All sites.

    Attributes:
        sites: The sites.
        left_out: How many replacements were left out, by reason.
    """

    sites: tuple[Site, ...]
    left_out: Mapping[str, int]

    @property
    def replacements(self) -> int:
        """How many faults there are."""
        return sum(len(site.replacements) for site in self.sites)

    def draw(self, seed: int) -> Iterator[Fault]:
        """Faults in the order of the draw, one a site; what changes nothing or does not parse is passed over."""
        for site in sorted(self.sites, key=lambda each: (derive_seed(seed, each.key), each.key)):
            ranked = sorted(site.replacements, key=lambda each: derive_seed(seed, site.key, each.operator))
            for replacement in ranked:
                fault = planted(site.file, replacement)
                if fault is not None:
                    yield fault
                    break

    def find(self, name: str) -> Fault:
        """The fault of that ID.

        Raises:
            InputError: If there is none.
        """
        for site in self.sites:
            for replacement in site.replacements:
                fault = planted(site.file, replacement) if replacement.id == name else None
                if fault is not None:
                    return fault
        raise InputError(
            given=f"generic fault {name!r}",
            allowed="file:line:column:operator as a survivor is listed, for the code as it was then",
            do="run the sample again, or copy the ID from its list",
        )


def missing() -> str:
    """What has to be installed for generic faults; empty if nothing."""
    absent = [name for name in ("coverage", "cosmic_ray", "pytest") if importlib.util.find_spec(name) is None]
    return ", ".join(absent).replace("_", "-")


def files() -> tuple[str, ...]:
    """The files of the two rooms."""
    found = []
    for room in ROOMS:
        root = source_of(f"{room}/__init__.py").parent
        found += [f"{room}/{path.relative_to(root).as_posix()}" for path in sorted(root.rglob("*.py"))]
    return tuple(found)


def population(chosen: Iterable[str] | None = None) -> Population:
    """All sites of these files, by default of the two rooms.

    Raises:
        InputError: If cosmic-ray is not installed.
    """
    sites: list[Site] = []
    left_out: Counter[str] = Counter()
    for file in files() if chosen is None else chosen:
        found, dropped = sites_of(file, source_of(file).read_text(encoding="utf-8"))
        sites += found
        left_out.update(dropped)
    return Population(tuple(sites), dict(sorted(left_out.items())))


def sites_of(file: str, text: str) -> tuple[list[Site], Mapping[str, int]]:
    """The sites of one file of that text, and how many replacements were left out for which reason."""
    tools: Any = importlib.import_module("cosmic_ray.ast")
    spans = _spans(text)
    lines = text.split("\n")
    occurrences, left_out = Counter[str](), Counter[str]()
    at_place: defaultdict[tuple[int, int, str], list[Replacement]] = defaultdict(list)
    for node in tools.ast_nodes(tools.get_ast(text)):
        for name in _candidates(node):
            for index, (start, _) in enumerate(_operators()[name].mutation_positions(node)):
                occurrence, occurrences[name] = occurrences[name], occurrences[name] + 1
                reason = _STAR if node.parent and node.parent.type == "parameters" else ""
                reason = reason or _dropped(name) or _within(start, spans)
                if reason:
                    left_out[reason] += 1
                    continue
                line, column = start
                place = line, column, name.split("_")[0]
                several = f".{index}" if name == "NumberReplacer" else ""
                at_place[place].append(
                    Replacement(name, occurrence, f"{file}:{line}:{column}:{name}{several}")
                )
    sites, seen = [], Counter[str]()
    for (line, column, family), replacements in at_place.items():
        key = f"{file}\x1f{lines[line - 1].strip()}\x1f{family}"
        seen[key] += 1
        sites.append(Site(file, line, column, tuple(replacements), f"{key}\x1f{seen[key]}"))
    return sites, left_out


def planted(file: str, replacement: Replacement) -> Fault | None:
    """The fault as text; None if the file then says the same or does not parse."""
    text = source_of(file).read_text(encoding="utf-8")
    mutating = importlib.import_module("cosmic_ray.mutating")
    new = mutating.mutate_code(text, _operators()[replacement.operator], replacement.occurrence)
    try:
        if new is None or ast.dump(ast.parse(new)) == ast.dump(ast.parse(text)):
            return None
    except SyntaxError:
        return None
    before, after = text.split("\n"), new.split("\n")
    first = next(n for n, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1])
    last = next(
        n for n, pair in enumerate(zip(before[::-1], after[::-1], strict=False)) if pair[0] != pair[1]
    )
    stop, new_stop = max(len(before) - last, first + 1), max(len(after) - last, first)
    return Fault(
        id=replacement.id,
        file=file,
        line=first + 1,
        old=" ".join(line.strip() for line in before[first:stop]),
        new=" ".join(line.strip() for line in after[first:new_stop]),
        text=new,
        lines=range(first + 1, stop + 1),
    )


@cache
def _operators() -> Mapping[str, Any]:
    """cosmic-ray's operators by name, without those that need to be told names of variables."""
    if missing():
        raise InputError(
            given=f"generic faults without {missing()}",
            allowed="the extra `selftest`",
            do="run `pip install 'ntk-escape[selftest]'`, or leave out the generic faults",
        )
    plugins = importlib.import_module("cosmic_ray.plugins")
    classes = {name.split("/")[1]: plugins.get_operator(name) for name in plugins.operator_names()}
    return {name: each() for name, each in classes.items() if not each.arguments()}


def _candidates(node: Any) -> tuple[str, ...]:
    """Operators that may apply to a node of this type; trying all at every node would take long."""
    if node.type == "operator":
        return _named("ReplaceBinaryOperator") if node.value in _BINARY else ()
    if node.type == "keyword":
        return _named(
            "ReplaceTrue", "ReplaceFalse", "ReplaceAnd", "ReplaceOr", "ReplaceBreak", "ReplaceContinue"
        )
    return _named(*_BY_TYPE[node.type]) if node.type in _BY_TYPE else ()


@cache
def _named(*prefixes: str) -> tuple[str, ...]:
    """Names of operators with one of these prefixes."""
    return tuple(name for name in _operators() if name.startswith(prefixes))


def _dropped(name: str) -> str:
    """Why an operator is left out everywhere; empty if it is not."""
    if any(part in name for part in _BITWISE):
        return _RAISES
    kind, *pair = name.split("_")
    if kind == "ReplaceComparisonOperator" and len({"Is", "IsNot"} & set(pair)) == 1:
        return _SAME
    return _SAME if kind == "ReplaceUnaryOperator" and pair[-1] == "UAdd" else ""


Span = tuple[tuple[int, int], tuple[int, int], str]


def _spans(text: str) -> list[Span]:
    """Stretches of the code in which a fault cannot change a result, with the reason."""
    spans: list[Span] = []

    def add(node: ast.AST | None, reason: str) -> None:
        if isinstance(node, ast.expr | ast.stmt | ast.keyword | ast.arg):
            end = node.end_lineno or node.lineno, node.end_col_offset or 0
            spans.append(((node.lineno, node.col_offset), end, reason))

    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.arg | ast.AnnAssign):
            add(node.annotation, _ANNOTATION)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            add(node.returns, _ANNOTATION)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            add(node.value, _ANNOTATION)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            for each in node.decorator_list:
                words = ast.unparse(each)
                if words.startswith("dataclass("):
                    add(each, _FROZEN)
                elif words.split("(")[0].split(".")[-1] in ("cache", "lru_cache"):
                    add(each, _CACHE)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            add(node, _ANNOTATION)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "InputError":
            for keyword in node.keywords:
                add(keyword.value, _MESSAGE)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for argument in node.exc.args:
                add(argument, _MESSAGE)
    # ast counts columns in bytes, parso in characters.
    rows = text.split("\n")

    def characters(place: tuple[int, int]) -> tuple[int, int]:
        return place[0], len(rows[place[0] - 1].encode()[: place[1]].decode(errors="ignore"))

    return [(characters(start), characters(end), reason) for start, end, reason in spans]


def _within(place: tuple[int, int], spans: Iterable[Span]) -> str:
    """The reason of the stretch that a place lies in; empty if in none."""
    # A decorator's own span begins after its @, which is where its removal is placed.
    line, column = place
    for start, end, reason in spans:
        decorated = reason in (_CACHE,) and (line, column + 1) == start
        if decorated or start <= place < end:
            return reason
    return ""


def package_folder() -> Path:
    """The folder that holds the packages: a checkout, or site-packages."""
    return source_of("theory/__init__.py").parent.parent
