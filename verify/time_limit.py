"""A limit on the time of a block of code, for work whose length nobody can tell beforehand.

An alarm of the system interrupts the main thread. Code in Python is interrupted at once; one long operation in C
is interrupted when it ends. Elsewhere (another thread, Windows) there is no such alarm, and nothing is limited.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# An exception that is raised in a destructor or a callback gets lost: the alarm goes off again until it is heard.
_AGAIN_SECONDS = 0.2


class OutOfTime(Exception):
    """The block took longer than it may."""


class _Alarm(BaseException):
    """Not an `Exception`, so that no library takes it for an error of its own and goes on."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let the block take that many seconds of wall time; blocks may be nested.

    Raises:
        OutOfTime: If it takes longer.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    armed, rang = True, False
    alarm, began = _Alarm(), time.monotonic()

    def ring(number: int, frame: FrameType | None) -> None:
        nonlocal rang
        if armed and callable(before) and time.monotonic() - began < seconds:
            before(number, frame)  # it is the block around this one whose time is up
        elif armed:
            rang = True
            raise alarm

    before = signal.signal(signal.SIGALRM, ring)
    lost = sys.unraisablehook
    sys.unraisablehook = lambda found: None if isinstance(found.exc_value, _Alarm) else lost(found)
    left, interval = signal.setitimer(signal.ITIMER_REAL, 0)
    first = min(seconds, left) if left else seconds
    signal.setitimer(signal.ITIMER_REAL, max(first, 1e-3), _AGAIN_SECONDS)
    try:
        try:
            yield
        finally:
            armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            sys.unraisablehook = lost
            if left:  # the alarm of a block around this one
                remaining = left - (time.monotonic() - began)
                signal.setitimer(signal.ITIMER_REAL, max(remaining, 1e-3), interval)
    except _Alarm as rung:
        if rung is not alarm:  # that of a block around this one
            raise
    except Exception:  # a library in C may turn the alarm into an error of its own
        if not rang:
            raise
    if rang:  # also where the alarm got lost, and with it who knows what
        raise OutOfTime(f"more than {seconds:g} s")
