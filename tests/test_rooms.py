"""The rooms: imports point downwards only, and the symbolic and the torch route share nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("theory", "training", "verify", "report")

# What a module of each room may import from the rooms; claims and the engine have rules of their own below.
ALLOWED = {
    "theory": {"theory"},
    "training": {"training", "theory.errors"},
    "verify": {"verify", "training", "theory"},
    "report": {"report", "verify", "training", "theory"},
}
# Libraries that would make one route depend on the other's machinery.
FORBIDDEN = {
    "theory": {"torch"},
    "training": {"sympy", "flint", "mpmath"},
    "verify": {"jinja2", "matplotlib"},
}


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Dotted names that a file imports, with the imported member where it could be a module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(str(node.module))
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_downwards(room: str) -> None:
    assert modules(room)
    for path in modules(room):
        for name in imported(path):
            top = name.split(".")[0]
            if top not in ROOMS and top != "ntk_escape":
                continue
            allowed = any(name == each or name.startswith(each + ".") for each in ALLOWED[room])
            assert allowed, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_routes_share_no_machinery(room: str) -> None:
    for path in modules(room):
        tops = {name.split(".")[0] for name in imported(path)}
        assert not tops & FORBIDDEN[room], f"{path.relative_to(ROOT)} imports {tops & FORBIDDEN[room]}"


def test_engine_knows_no_claims_and_no_torch() -> None:
    """The engine serves any set of claims: outside verify/claims nothing imports the paper's rooms."""
    for path in sorted((ROOT / "verify").glob("*.py")):
        names = imported(path)
        generic = ("theory.errors", "theory.arithmetic")
        for name in names:
            paper = name.split(".")[0] in ("theory", "training") and not name.startswith(generic)
            assert not paper, f"{path.name} imports {name}"
            assert not name.startswith(("verify.claims", "torch")), f"{path.name} imports {name}"
