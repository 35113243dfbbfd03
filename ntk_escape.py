"""Front door: the public API, re-exported, and the entry point of the command ``ntk-escape``.

Importing this module is cheap: every name below is fetched from its room when it is first used, so a script
that only builds claims never loads torch. The rooms have generic names; before any of them is used, the front
door checks that Python finds *ours* under those names and not a user's own ``report.py`` or ``training/``.

Example:
    >>> import ntk_escape
    >>> str(ntk_escape.Kind.ENCLOSURE)
    'enclosure'
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from report.html import write_html
    from report.workflow import verify
    from theory.errors import InputError
    from theory.render import derivations
    from training.experiment import Config
    from training.experiment import run as train
    from verify.bound import IDENTITY, LIMIT, LOWER, UPPER, Bound, Comparison, Relation, compare, rate
    from verify.claim import Check, Claim, Context, Profile
    from verify.evidence import Evidence, Series, from_comparisons, skipped
    from verify.export import read_json, write_json
    from verify.quantity import Quantity, ball, confidence, exact, interval, measured
    from verify.registry import Registry, registry
    from verify.run import Run
    from verify.runner import run
    from verify.verdict import Kind, Outcome, Verdict

__version__ = "0.1.0"

_ROOMS = ("theory", "training", "verify", "report")

# Public name -> the module that defines it, and its name there where that differs.
_EXPORTS = {
    "Bound": "verify.bound",
    "Check": "verify.claim",
    "Claim": "verify.claim",
    "Comparison": "verify.bound",
    "Config": "training.experiment",
    "Context": "verify.claim",
    "Evidence": "verify.evidence",
    "IDENTITY": "verify.bound",
    "InputError": "theory.errors",
    "Kind": "verify.verdict",
    "LIMIT": "verify.bound",
    "LOWER": "verify.bound",
    "Outcome": "verify.verdict",
    "Profile": "verify.claim",
    "Quantity": "verify.quantity",
    "Registry": "verify.registry",
    "Relation": "verify.bound",
    "Run": "verify.run",
    "Series": "verify.evidence",
    "UPPER": "verify.bound",
    "Verdict": "verify.verdict",
    "ball": "verify.quantity",
    "compare": "verify.bound",
    "confidence": "verify.quantity",
    "derivations": "theory.render",
    "exact": "verify.quantity",
    "from_comparisons": "verify.evidence",
    "interval": "verify.quantity",
    "measured": "verify.quantity",
    "rate": "verify.bound",
    "read_json": "verify.export",
    "registry": "verify.registry",
    "run": "verify.runner",
    "skipped": "verify.evidence",
    "train": "training.experiment:run",
    "verify": "report.workflow",
    "write_html": "report.html",
    "write_json": "verify.export",
}

__all__ = [
    "IDENTITY",
    "LIMIT",
    "LOWER",
    "UPPER",
    "Bound",
    "Check",
    "Claim",
    "Comparison",
    "Config",
    "Context",
    "Evidence",
    "InputError",
    "Kind",
    "Outcome",
    "Profile",
    "Quantity",
    "Registry",
    "Relation",
    "Run",
    "Series",
    "Verdict",
    "__version__",
    "ball",
    "compare",
    "confidence",
    "derivations",
    "exact",
    "from_comparisons",
    "interval",
    "main",
    "measured",
    "rate",
    "read_json",
    "registry",
    "run",
    "skipped",
    "train",
    "verify",
    "write_html",
    "write_json",
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``ntk-escape`` and return its exit code.

    Args:
        arguments: The command line without the program's name; by default this process's own.
    """
    try:
        problem = _hidden_room()
        if problem:
            print(f"ntk-escape: {problem}", file=sys.stderr)
            return 2
        from report.commands import run_command

        given = sys.argv[1:] if arguments is None else arguments
        return run_command(given, version=__version__)
    except KeyboardInterrupt:  # before the command itself could take care of it
        print("ntk-escape: interrupted", file=sys.stderr)
        return 130


def __getattr__(name: str) -> Any:
    """Fetch a public name from its room on first use.

    Raises:
        ImportError: If one of the rooms is hidden by a file of the same name.
        AttributeError: If there is no such name.
    """
    if name not in _EXPORTS:
        raise AttributeError(f"module 'ntk_escape' has no attribute {name!r}")
    problem = _hidden_room()
    if problem:
        raise ImportError(f"ntk_escape: {problem}")
    module, _, inner = _EXPORTS[name].partition(":")
    value = getattr(importlib.import_module(module), inner or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _hidden_room() -> str:
    """What to tell the user when a room's name leads to a file that is not ours; empty when all is well."""
    home = Path(__file__).resolve().parent
    for room in _ROOMS:
        found = _location(room)
        if found == home / room:
            continue
        if found is None:
            return (
                f"its own package {room!r} is missing\n"
                f"  allowed: a complete installation, with {home / room}\n"
                f"  to do:   install ntk-escape again"
            )
        return (
            f"{found} hides its own package {room!r}\n"
            f"  given:   {found}, which Python finds first under that name\n"
            f"  allowed: {home / room}\n"
            f"  to do:   rename {found.name}, or run from a folder that does not contain it"
        )
    return ""


def _location(room: str) -> Path | None:
    """The folder of a package, or the file of a plain module, that an import of this name would load."""
    try:
        spec = importlib.util.find_spec(room)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or ())
    place = folders[0] if folders else spec.origin
    return Path(place).resolve() if place else None


if __name__ == "__main__":
    sys.exit(main())
