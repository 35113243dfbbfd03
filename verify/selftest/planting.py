"""Import the packages with a fault in one of their source files, without touching the file.

A process in which a fault is planted is a fork that ends with the trial, so nothing that it has loaded or cached
reaches another one.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from verify.environment import PACKAGES


def source_of(file: str) -> Path:
    """The path of a source file of the packages, given relative to their folder."""
    package, _, rest = file.partition("/")
    spec = importlib.util.find_spec(package)
    locations = [] if spec is None else list(spec.submodule_search_locations or [])
    return Path(locations[0] if locations else package, rest)


def forget_packages() -> None:
    """Make the next import of any module of the packages, and of any file of claims, load it anew."""
    for name in list(sys.modules):
        if name.split(".")[0] in PACKAGES or name.startswith(
            "claims_"
        ):  # as `verify.registry.load` names files
            del sys.modules[name]
    importlib.invalidate_caches()


def plant(module: str, source: str) -> None:
    """Make the next import of the module run this source in place of its file's."""
    sys.meta_path.insert(0, _Finder(module, source))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module, with another source."""

    def __init__(self, module: str, source: str) -> None:
        self._module, self._source = module, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification that the usual search finds, with the loader replaced."""
        if fullname != self._module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.origin is None:
            return None
        loader = _Loader(fullname, spec.origin, self._source)
        return importlib.util.spec_from_file_location(
            fullname, spec.origin, loader=loader, submodule_search_locations=spec.submodule_search_locations
        )


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module from text; neither reads nor writes compiled files."""

    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self._source = source

    def get_code(self, fullname: str) -> Any:
        """The compiled text."""
        return self.source_to_code(self._source.encode(), self.path)
