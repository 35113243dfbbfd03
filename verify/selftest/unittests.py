"""Which test files may notice a fault in a module: those that import it, themselves or through one module."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from verify.selftest.generic import package_folder

FOLDER = "tests"

# The claims have their own turn, the benchmarks measure time, and the rest is about other rooms than the two.
_ROOMS = ("theory", "training", "test_twins.py")


def available() -> bool:
    """Whether the tests are there: in a checkout, not in an installed package."""
    return (package_folder() / FOLDER).is_dir()


def files_for(module: str) -> tuple[str, ...]:
    """Test files that import the module: the one with its name first, then the closest and most special ones.

    Args:
        module: Dotted name, such as ``theory.terms``.
    """
    root = package_folder()
    parts = module.split(".")
    own = f"test_{parts[-1]}.py", f"test_{'_'.join(parts[1:])}.py"
    ranked = []
    for path, direct in _test_imports().items():
        if module in direct:
            distance = 1
        elif any(module in _imports_of(each) for each in direct):
            distance = 2
        else:
            continue
        subject = f"{path.parent.name}.{path.stem.removeprefix('test_')}"
        if path.name in own:
            rank = 0
        else:
            rank = 1 if module in _imports_of(subject) else 1 + distance
        ranked.append((rank, len(direct), str(path.relative_to(root))))
    return tuple(name for *_, name in sorted(ranked))


@cache
def _test_imports() -> Mapping[Path, frozenset[str]]:
    """What each test file imports."""
    root = package_folder() / FOLDER
    found = [path for path in sorted(root.rglob("test_*.py")) if path.relative_to(root).parts[0] in _ROOMS]
    return {path: frozenset(_imported(path)) for path in found}


@cache
def _imports_of(module: str) -> frozenset[str]:
    path = package_folder() / (module.replace(".", "/") + ".py")
    return frozenset(_imported(path)) if path.is_file() else frozenset()


def _imported(path: Path) -> Iterable[str]:
    """Dotted names that a file imports, with each imported member, which may be a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
