"""The memory limit of a check: what counts as running out, and that it binds the fork and nothing else."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from verify import memory
from verify.memory import MIB, default_limit, lift_limit, limit_memory, ran_out


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (np.exceptions.DTypePromotionError("x"), False),
        (OSError(12, "Cannot allocate memory"), True),
        (OSError(28, "No space left on device"), False),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."), True),
        (RuntimeError("shapes do not fit"), False),
        (ValueError("can't allocate memory"), False),
    ],
)
def test_what_counts_as_running_out(error: BaseException, expected: bool) -> None:
    assert ran_out(error) is expected


def test_the_default_is_a_part_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    found = default_limit()
    assert found is not None and 0 < found <= total / 2
    monkeypatch.setattr(memory, "_machine", lambda: None)
    assert default_limit() is None


@pytest.mark.skipif(sys.platform != "linux", reason="no such limit elsewhere")
@pytest.mark.parametrize(("size", "lifted", "expected"), [(30, False, 0), (200, False, 1), (200, True, 0)])
def test_the_limit_binds_a_fork_until_it_is_lifted(size: int, lifted: bool, expected: int) -> None:
    child = os.fork()
    if child == 0:
        code = 9
        try:
            limit_memory(100 * MIB)
            if lifted:
                lift_limit()
            np.ones(size * MIB // 8)
            code = 0
        except MemoryError:
            code = 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == expected
    np.ones(200 * MIB // 8)  # this process is not bound
