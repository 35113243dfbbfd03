"""How many threads torch uses: set by commands and benchmarks, never by library code.

Threads beyond the free cores make the small matrix products of this room several times slower, so the entry
points choose the number on purpose.
"""

from __future__ import annotations

import os

import torch

from theory.errors import InputError


def set_threads(n: int) -> None:
    """Let torch use n threads inside one operation, for the whole process.

    Raises:
        InputError: If n is below 1, or above the number of cores and 4.
    """
    most = max(4, os.cpu_count() or 1)
    if not 1 <= n <= most:
        raise InputError(given=f"{n} threads", allowed=f"1 to {most} threads", do="use 1 on a busy machine")
    torch.set_num_threads(n)
