"""A worker process: builds its engine once, then codes one order of notes after another."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from venocode.batch.inline import outcome
from venocode.batch.summary import Coder, units_of
from venocode.batch.wire import Coded, Report, pack_report, unpack_order
from venocode.errors import VenocodeError
from venocode.readers.rows import Row
from venocode.writers.jsonl import to_line

#: A report is sent when its records are this large, or the order is done.
REPORT_BYTES = 256_000
PARENT_DEATH_SIGNAL = 1

#: What a worker is at: the position in its order, and since when (``time.monotonic_ns``; 0 when between two notes).
Pulse = Any


def serve(
    factory: Callable[[], Coder], orders: Connection, pulse: Pulse, foreign: Sequence[Connection], parent: int
) -> None:
    """Body of a worker process.

    Parameters
    ----------
    factory : callable
        Builds the engine.
    orders : Connection
        Orders come in and reports go out; an empty order ends the worker.
    pulse : shared array of two integers
        Tells the parent at which note the worker is, also when it can tell nothing any more.
    foreign : sequence of Connection
        Ends of other workers' pipes that a fork has copied; closed, so that their workers see the parent end.
    parent : int
        Process id of the parent.
    """
    _detach(foreign, parent)
    try:
        engine = factory()
    except VenocodeError as error:
        orders.send_bytes(pack_report(Report(failure=(type(error).__name__, str(error)))))
        return
    identity: dict[str, str] = getattr(engine, "identity", {})
    orders.send_bytes(pack_report(Report(idle=True, memory=own_memory(), identity=identity)))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while order := orders.recv_bytes():
            _code(unpack_order(order), engine, orders, pulse)


def _detach(foreign: Sequence[Connection], parent: int) -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for connection in foreign:
        connection.close()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _code(rows: Sequence[Row], engine: Coder, orders: Connection, pulse: Pulse) -> None:
    held: list[Coded | str] = []
    size = 0
    for position, row in enumerate(rows):
        pulse[0] = position
        pulse[1] = time.monotonic_ns()
        found = _outcome(row, engine)
        held.append(found)
        size += len(found.line) if isinstance(found, Coded) else 0
        pulse[1] = 0
        if size >= REPORT_BYTES:
            orders.send_bytes(pack_report(Report(tuple(held))))
            held, size = [], 0
    orders.send_bytes(pack_report(Report(tuple(held), idle=True, memory=own_memory())))


def _outcome(row: Row, engine: Coder) -> Coded | str:
    result = outcome(row, engine)
    if isinstance(result, str):
        return result
    try:
        return Coded(to_line(result.to_dict()), result.disposition, units_of(result))
    except Exception as error:  # a record that cannot be written is the fault of its note alone
        return type(error).__name__


def own_memory() -> int:
    """Bytes this process holds in memory, without files it shares; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - read after every order
            resident, shared = map(int, statm.read().split()[1:3])
            return (resident - shared) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0
