"""Under which circumstances a result was computed: versions, platform, CPU, and a fingerprint of the code.

Nothing here differs between two runs on one machine: no paths, no times, no number of jobs.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import platform
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from theory.errors import InputError
from verify import coq
from verify.plain import canonical

DISTRIBUTION = "ntk-escape"
LIBRARIES = ("sympy", "mpmath", "numpy", "scipy", "torch", "python-flint", "hypothesis")
# report/ renders results and decides none.
PACKAGES = ("theory", "training", "verify")

# The code that decides a result: Python modules and Coq proofs.
_SUFFIXES = (".py", ".v")

# CPU features that change how floating-point sums are vectorised, hence their last bits.
_FEATURES = re.compile(r"(sse|avx|fma|f16c|amx|asimd|neon|sve|fp|bf16|i8mm)\w*")


def environment() -> dict[str, Any]:
    """Versions of the suite, Python, the libraries and Coq, the platform, and the CPU with its features."""
    model, features = _cpu()
    return {
        DISTRIBUTION: _version(DISTRIBUTION, missing="source"),
        "python": platform.python_version(),
        **{name: _version(name, missing="not installed") for name in LIBRARIES},
        "coq": coq.described(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": model,
        "cpu_features": features,
    }


def fingerprint(sources: Iterable[str] = ()) -> str:
    """SHA-256 over everything that decides a result: the code of the packages, claims, environment.

    A stored result counts as finished only under the same fingerprint. A file of claims counts with its own
    text; a module that it imports from outside the packages does not.

    Args:
        sources: Dotted names of modules and paths of files that define the claims.

    Raises:
        InputError: If a source cannot be read.
    """
    total = hashlib.sha256(canonical(environment()).encode())
    for name, path in sorted([*_package_files(), *_source_files(sources)]):
        try:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(
                given=f"{path}, which cannot be read ({error.strerror})",
                allowed="a readable file",
                do="check the path and its permissions",
            ) from error
        total.update(f"{name}\x00{content}\x00".encode())
    return total.hexdigest()


def _package_files() -> list[tuple[str, Path]]:
    """Name and path of each file of code in the packages."""
    found = []
    for package in PACKAGES:
        for root in map(Path, _locations(package)):
            for path in root.rglob("*"):
                if path.suffix in _SUFFIXES:
                    found.append((f"{package}/{path.relative_to(root).as_posix()}", path))
    return found


def _source_files(sources: Iterable[str]) -> list[tuple[str, Path]]:
    """Name and path of each source outside the packages."""
    found = []
    for source in set(sources):
        if source.endswith(".py"):
            found.append((Path(source).name, Path(source)))
        elif source.split(".")[0] not in PACKAGES:
            spec = importlib.util.find_spec(source)
            if spec is not None and spec.origin is not None and spec.has_location:
                found.append((source, Path(spec.origin)))
    return found


def _locations(package: str) -> list[str]:
    spec = importlib.util.find_spec(package)
    return [] if spec is None else list(spec.submodule_search_locations or [])


def _version(distribution: str, *, missing: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return missing


def _cpu() -> tuple[str, list[str]]:
    """Model name and vector features of the first CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return platform.processor() or "unknown", []
    fields: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        if not line.strip() and fields:
            break  # the first CPU ends here
        fields[key.strip()] = value.strip()
    features = (fields.get("flags") or fields.get("Features") or "").split()
    model = fields.get("model name") or platform.processor() or platform.machine() or "unknown"
    return model, sorted({each for each in features if _FEATURES.fullmatch(each)})
