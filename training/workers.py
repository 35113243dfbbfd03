"""Where the cells of a sweep run: processes of this machine, or the workers of a Dask cluster.

Both are a `concurrent.futures` executor. Every worker has one thread: more of them on busy cores are many times
slower. The local ones end with the process that started them, however it ends, so a killed sweep leaves nothing
behind.
"""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from theory.errors import InputError
from training.cells import Arguments, Result, code_fingerprint, find, perform

MOST_JOBS = 1024  # processes of one machine


@dataclass(frozen=True)
class Workers:
    """Where the cells run.

    Args:
        open: Gives a context manager with a fresh executor, which ends it.
        jobs: How many cells run at once.
        memory: Bytes for these cells together, or for each of them; see `shared`.
        shared: Whether they share that memory.
    """

    open: Callable[[], AbstractContextManager[Executor]]
    jobs: int
    memory: int
    shared: bool


def local(jobs: int) -> Workers:
    """Processes of this machine, with one thread each, that end when this process does.

    Raises:
        InputError: If `jobs` is below 1 or above `MOST_JOBS`.
    """
    if not 1 <= jobs <= MOST_JOBS:
        allowed = f"1 job or more, at most {MOST_JOBS}"
        raise InputError(given=f"{jobs} jobs", allowed=allowed, do="use the number of free cores")

    @contextmanager
    def pool() -> Iterator[Executor]:
        context = multiprocessing.get_context("spawn")
        reader, writer = context.Pipe(duplex=False)
        try:
            executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(reader,))
        except OSError as error:
            raise InputError(
                given=f"{jobs} worker processes, which cannot be started ({error.strerror or error})",
                allowed="a system that gives processes their locks: on Linux a writable /dev/shm with free space",
                do="free space there or make it writable; what is finished is kept",
            ) from error
        try:
            yield executor
            executor.shutdown(wait=True)
        finally:
            writer.close()  # tells the workers to end at once, whatever they are doing
            executor.shutdown(wait=True, cancel_futures=True)
            reader.close()

    return Workers(pool, jobs, machine_memory(), shared=True)


def dask(address: str) -> Workers:
    """The workers of a Dask cluster, through its client's executor (the extra `dask`).

    Args:
        address: The scheduler's address, such as `tcp://host:8786`. Its workers need this suite, and one thread.

    Raises:
        InputError: If `distributed` is not installed, no scheduler answers, or it has no workers.
    """
    if importlib.util.find_spec("distributed") is None:
        raise InputError(
            given=f"a Dask cluster at {address} without the package `distributed`",
            allowed="the extra `dask`",
            do="run `pip install 'ntk-escape[dask]'`, or leave out --dask",
        )
    distributed: Any = importlib.import_module("distributed")

    @contextmanager
    def connect() -> Iterator[Any]:
        try:
            client = distributed.Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                given=f"a Dask scheduler at {address} ({str(error).splitlines()[0]})",
                allowed="the address of one that runs, such as tcp://host:8786",
                do="start it with `dask scheduler` and `dask worker ADDRESS --nthreads 1`, or leave out --dask",
            ) from error
        try:
            yield client
        finally:
            client.close()

    with connect() as client:
        known = client.scheduler_info(n_workers=-1)["workers"].values()
        if not known:
            raise InputError(
                given=f"the Dask scheduler {address}, which has no workers",
                allowed="one worker or more",
                do=f"start some with `dask worker {address} --nthreads 1`",
            )
        limits = [worker["memory_limit"] // worker["nthreads"] for worker in known if worker["memory_limit"]]
        jobs = sum(worker["nthreads"] for worker in known)

    @contextmanager
    def executor() -> Iterator[Executor]:
        with connect() as client:
            pool = client.get_executor(pure=False)
            try:
                yield pool
            finally:
                pool.shutdown(wait=False)

    return Workers(executor, jobs, min(limits, default=machine_memory()), shared=False)


def task(place: str, arguments: Arguments, code: str) -> Result:
    """What a worker does for one cell: `perform` with one thread, whatever the worker's own setting is.

    Raises:
        InputError: If the worker has other code or libraries than `code`, under which the result would be kept.
    """
    if code_fingerprint(place) != code:
        raise InputError(
            given="a worker with other code or other versions of the libraries than this process",
            allowed="the same on both sides: results are kept under their fingerprint",
            do="install the same release and constraints on the workers, or start the sweep again after an edit",
        )
    find(place)  # loads what the cell needs
    if "torch" in sys.modules:
        from training.threads import set_threads

        set_threads(1)
    return perform(place, arguments)


def machine_memory() -> int:
    """Bytes of memory that this machine, or the container around this process, has."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return 1 << 62
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def _begin(reader: Connection) -> None:
    """What every local process does first: watch over the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the pipe

    def watch() -> None:
        try:
            reader.poll(None)
        finally:
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
