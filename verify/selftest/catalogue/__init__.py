"""The named faults, one module for each topic of each room; `catalogue` has them all."""

from __future__ import annotations

import fnmatch
import importlib
import pkgutil
from collections.abc import Iterable

from theory.errors import InputError
from verify.selftest.mutant import Mutant, distinct


def catalogue() -> tuple[Mutant, ...]:
    """All named faults, by module and in the order of each.

    Raises:
        InputError: If two share an ID or plant the same fault.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return distinct(mutant for module in modules for mutant in module.MUTANTS)


def select(patterns: Iterable[str]) -> tuple[Mutant, ...]:
    """Those whose ID matches one of the patterns (globs such as ``training.*``); all for no pattern.

    Raises:
        InputError: If a pattern matches nothing.
    """
    every, wanted = catalogue(), list(patterns)
    for pattern in wanted:
        if not fnmatch.filter([mutant.id for mutant in every], pattern):
            raise InputError(
                given=f"mutant {pattern!r}",
                allowed="the ID of a mutant or a glob such as training.*",
                do="run `ntk-escape mutate --list` to see every ID",
            )
    return tuple(
        mutant
        for mutant in every
        if not wanted or any(fnmatch.fnmatchcase(mutant.id, pattern) for pattern in wanted)
    )
