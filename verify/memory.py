"""How much memory one check may take, so that a check without end leaves the others and the machine alone.

The limit is on the private memory that a process may write to (``RLIMIT_DATA``), beyond what the worker holds
when the check begins. It binds what the check allocates in Python, numpy, torch or C, and each process that it
starts by itself. Where the system has no such limit (macOS, Windows) nothing is limited.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

MIB = 2**20

# Half of the machine: what else runs fits beside one check that goes astray, and no sound check comes near it.
_SHARE = 0.5

_resource: Any = importlib.import_module("resource") if os.name == "posix" else None


def default_limit() -> int | None:
    """Bytes that a check may take unless told otherwise: half of the machine or of the container around us."""
    total = _machine()
    return None if total is None else int(total * _SHARE)


def limit_memory(allowed: int) -> None:
    """Let this process allocate that many bytes more; further requests then fail."""
    held = _held()
    if held is None:
        return
    soft, hard = _resource.getrlimit(_resource.RLIMIT_DATA)
    wanted = held + allowed
    for ceiling in (soft, hard):  # what is tighter already stays
        if ceiling != _resource.RLIM_INFINITY:
            wanted = min(wanted, ceiling)
    _resource.setrlimit(_resource.RLIMIT_DATA, (wanted, hard))


def lift_limit() -> None:
    """Undo `limit_memory`, so that this process can say what happened."""
    if _held() is not None:
        hard = _resource.getrlimit(_resource.RLIMIT_DATA)[1]
        _resource.setrlimit(_resource.RLIMIT_DATA, (hard, hard))


def ran_out(error: BaseException) -> bool:
    """Whether an error says that memory could not be had; torch has no class of its own for that."""
    if isinstance(error, MemoryError):
        return True
    text = str(error)
    return (
        isinstance(error, OSError)
        and error.errno == 12
        or (isinstance(error, RuntimeError) and ("can't allocate memory" in text or "bad_alloc" in text))
    )


def _held() -> int | None:
    """Bytes of private writable memory that this process has; None where they are not limited."""
    if sys.platform != "linux":
        return None
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("VmData:")]
    return int(found[0]) * 1024 if found else None


def _machine() -> int | None:
    """Bytes of memory that this machine has, or the container that this process is in, if it has fewer."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    for name in ("memory.max", "memory/memory.limit_in_bytes"):  # of version 2 and 1
        try:
            text = Path("/sys/fs/cgroup", name).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if text.isdigit():
            total = min(total, int(text))
    return total
