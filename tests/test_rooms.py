"""The rooms: imports point downwards only, and the symbolic and the torch route share nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from training.cells import TABLE

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


def forbidden_imports(room: str, path: Path) -> set[str]:
    """What a file of the room imports and may not: another room above it, or the other route's machinery."""
    names = imported(path)
    return {
        name
        for name in names
        if name.split(".")[0] in FORBIDDEN.get(room, set())
        or (
            name.split(".")[0] in (*ROOMS, "ntk_escape")
            and not any(name == each or name.startswith(each + ".") for each in ALLOWED[room])
        )
    }


def hidden_imports(path: Path) -> set[str]:
    """Ways past the import statement: a module could be fetched by its name, or out of those that are loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {"__import__", "eval", "exec", "compile"}
    found = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and each.id in called}
    found |= {
        f"{each.value.id}.{each.attr}"
        for each in ast.walk(tree)
        if isinstance(each, ast.Attribute)
        and isinstance(each.value, ast.Name)
        and (each.value.id, each.attr) in {("sys", "modules"), ("importlib", "import_module")}
    }
    return found | (imported(path) & {"importlib.import_module", "importlib.reload", "sys.modules"})


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_downwards_and_routes_share_no_machinery(room: str) -> None:
    assert modules(room)
    for path in modules(room):
        assert not forbidden_imports(room, path), path.relative_to(ROOT)


# Where a module is fetched by its name, and why no symbolic code comes in by that.
BY_NAME = {
    "training/cells.py": "cell functions of sweeps, from `training.cells.TABLE`",
    "training/workers.py": "the optional Dask",
}


@pytest.mark.parametrize("room", ["theory", "training"])
def test_the_two_routes_import_nothing_by_its_name(room: str) -> None:
    found = {path.relative_to(ROOT).as_posix() for path in modules(room) if hidden_imports(path)}
    assert found == {file for file in BY_NAME if file.startswith(room)}


def test_cell_functions_are_torch_code() -> None:
    assert all(place.startswith("training.") for place in TABLE.values())


@pytest.mark.parametrize(
    ("room", "text"),
    [
        ("theory", "import torch"),
        ("theory", "from torch import nn"),
        ("theory", "def twin():\n    import torch.autograd"),
        ("theory", "from training import network"),
        ("training", "import sympy"),
        ("training", "from flint import arb"),
        ("training", "from theory.activation import activation"),
        ("training", "from theory import expansion"),
        ("training", "from verify.claims import twins"),
        ("verify", "import report.html"),
        ("verify", "import ntk_escape"),
    ],
)
def test_a_planted_import_is_noticed(room: str, text: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(f"from theory.errors import InputError\n{text}\n")
    assert forbidden_imports(room, planted)
    planted.write_text("from theory.errors import InputError\n")
    assert not forbidden_imports(room, planted)


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\nimportlib.import_module('torch')",
        "from importlib import import_module\nimport_module('torch')",
        "__import__('torch')",
        "import sys\nsys.modules['torch']",
        "from sys import modules",
        "exec('import torch')",
    ],
)
def test_a_planted_import_by_name_is_noticed(text: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(text + "\n")
    assert hidden_imports(planted)


def test_engine_knows_no_claims_and_no_torch() -> None:
    """The engine serves any set of claims: outside verify/claims nothing imports the paper's rooms."""
    for path in sorted((ROOT / "verify").glob("*.py")):
        names = imported(path)
        generic = ("theory.errors", "theory.arithmetic")
        for name in names:
            paper = name.split(".")[0] in ("theory", "training") and not name.startswith(generic)
            assert not paper, f"{path.name} imports {name}"
            assert not name.startswith(("verify.claims", "torch")), f"{path.name} imports {name}"
