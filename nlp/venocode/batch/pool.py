"""Worker processes: orders out, outcomes back in order, and one bad note never takes another with it."""

from __future__ import annotations

import gc
import multiprocessing as mp
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Literal

from venocode import errors
from venocode.batch.rows import Chunk
from venocode.batch.summary import Coder
from venocode.batch.wire import Coded, Report, pack_order, unpack_report
from venocode.batch.worker import Pulse, serve
from venocode.readers.rows import Row

StartMethod = Literal["fork", "spawn"]
DEFAULT_START: StartMethod = "fork" if sys.platform == "linux" else "spawn"

#: Chunks in flight for each worker: enough to keep the others busy while one is at a slow note.
WINDOW = 16
TIMEOUT = 120.0
GROWTH = 512 * 2**20
#: A note during which this many workers died goes to quarantine.
DEATHS = 2
#: Workers that may die in a row with no note to blame before the run gives up.
IDLE_DEATHS = 5
LONGEST_WAIT = 1.0


@dataclass(slots=True)
class Work:
    """A chunk under way: what has come back of it."""

    chunk: Chunk
    outcomes: list[Coded | str | None]
    missing: int
    deaths: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Order:
    """Positions of a chunk that one worker codes."""

    work: Work
    positions: list[int]
    done: int = 0

    @property
    def rows(self) -> list[Row]:
        return [self.work.chunk.rows[i] for i in self.positions]


@dataclass(slots=True)
class Worker:
    """A process with what it is at. ``base`` is its memory before the first note."""

    process: Any
    pipe: Connection
    pulse: Pulse
    order: Order | None = None
    ready: bool = False
    base: int = 0


class Pool:
    """Codes chunks in worker processes.

    Parameters
    ----------
    factory : callable
        Builds the engine, once in each worker; with ``spawn`` it must be importable.
    workers : int
        Number of processes.
    start_method : {"fork", "spawn"}
        ``fork`` builds the engine before the workers are made, which then share it and start at once.
    timeout : float
        Seconds after which a note that is still being read goes to quarantine and its worker is replaced.
    growth : int
        Bytes by which a worker may grow before a fresh one takes its place.
    """

    def __init__(
        self,
        factory: Callable[[], Coder],
        workers: int = 1,
        start_method: StartMethod = DEFAULT_START,
        timeout: float = TIMEOUT,
        growth: int = GROWTH,
    ) -> None:
        self.factory, self.size, self.timeout, self.growth = factory, workers, timeout, growth
        self.start_method = start_method
        self.context: Any = mp.get_context(start_method)
        self.workers: list[Worker] = []
        self.queue: deque[Order] = deque()
        self.identity: dict[str, str] = {}
        self.replaced = self.idle_deaths = 0

    def start(self) -> dict[str, str]:
        """Start the workers and wait until the first is ready.

        Returns
        -------
        dict of str to str
            What the engine says of itself: versions and hashes.

        Raises
        ------
        VenocodeError
            When the engine cannot be built.
        """
        for library in ("OMP", "OPENBLAS", "MKL"):
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")
        if self.start_method == "fork":
            self.factory()  # the factory keeps what it built, and the workers inherit it
            gc.freeze()
        for _ in range(self.size):
            self._hire()
        while not any(worker.ready for worker in self.workers):
            self._listen(LONGEST_WAIT)
        return self.identity

    def run(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, list[Coded | str]]]:
        """Code chunks and give back each with its outcomes, in order.

        Only ``WINDOW`` chunks for each worker are read ahead.
        """
        source = iter(chunks)
        flight: deque[Work] = deque()
        more = True
        while more or flight:
            while more and len(flight) < WINDOW * self.size:
                chunk = next(source, None)
                more = chunk is not None
                if chunk is not None:
                    flight.append(self._enqueue(chunk))
            self._assign()
            done = bool(flight) and not flight[0].missing
            if flight:
                self._listen(0.0 if done else LONGEST_WAIT)
            if done:
                work = flight.popleft()
                yield work.chunk, [x for x in work.outcomes if x is not None]

    def close(self) -> None:
        """End every worker at once."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.join()
            worker.pipe.close()
        self.workers = []

    # -- orders ---------------------------------------------------------------------------------------------------

    def _enqueue(self, chunk: Chunk) -> Work:
        outcomes: list[Coded | str | None] = [row.problem for row in chunk.rows]
        positions = [i for i, problem in enumerate(outcomes) if problem is None]
        work = Work(chunk, outcomes, len(positions))
        if positions:
            self.queue.append(Order(work, positions))
        return work

    def _assign(self) -> None:
        for worker in self.workers:
            if not self.queue:
                return
            if worker.ready and worker.order is None:
                worker.order = self.queue.popleft()
                try:
                    worker.pipe.send_bytes(pack_order(worker.order.rows))
                except OSError:
                    continue  # it died while idle: its end is seen when the pool listens

    def _settle(self, work: Work, position: int, outcome: Coded | str) -> None:
        work.outcomes[position] = outcome
        work.missing -= 1

    # -- workers --------------------------------------------------------------------------------------------------

    def _hire(self) -> None:
        ours, theirs = self.context.Pipe()
        pulse = self.context.RawArray("q", 2)
        foreign = [*(w.pipe for w in self.workers), ours] if self.start_method == "fork" else []
        process = self.context.Process(
            target=serve, args=(self.factory, theirs, pulse, foreign, os.getpid()), daemon=True
        )
        process.start()
        theirs.close()
        self.workers.append(Worker(process, ours, pulse))

    def _replace(self, worker: Worker) -> None:
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        self.workers.remove(worker)
        self.replaced += 1
        self._hire()

    def _listen(self, patience: float) -> None:
        """Take in what the workers report, waiting for it as long as there is patience; stop notes that run away."""
        by_pipe = {worker.pipe: worker for worker in self.workers}
        for pipe in wait(list(by_pipe), min(patience, self.timeout / 2)):
            worker = by_pipe[pipe]  # type: ignore[index]
            try:
                report = unpack_report(worker.pipe.recv_bytes())
            except (EOFError, OSError):
                self._bury(worker)
            else:
                self._take(worker, report)
        self._stop_runaways()

    def _take(self, worker: Worker, report: Report) -> None:
        if report.failure is not None:
            kind, message = report.failure
            raise getattr(errors, kind, errors.VenocodeError)(message)
        if report.identity is not None:
            worker.ready, worker.base, self.identity = True, report.memory, report.identity
            return
        self._record(worker, report)
        if report.idle:
            worker.order = None
            self.idle_deaths = 0
            if report.memory - worker.base > self.growth:
                self._replace(worker)

    def _record(self, worker: Worker, report: Report) -> None:
        order = worker.order
        assert order is not None
        for outcome in report.outcomes:
            self._settle(order.work, order.positions[order.done], outcome)
            order.done += 1

    # -- what goes wrong ------------------------------------------------------------------------------------------

    def _bury(self, worker: Worker) -> None:
        """A worker died: its note is tried once more by itself, and the rest of its order goes back to the queue."""
        worker.process.join()
        code = worker.process.exitcode
        at = worker.pulse[0] if worker.pulse[1] else None
        order = worker.order
        if order is None or at is None:
            self.idle_deaths += 1
            if self.idle_deaths >= IDLE_DEATHS:
                raise RuntimeError(f"worker processes die before they read a note ({_cause(code)})")
        self._replace(worker)
        if order is None:
            return
        rest = order.positions[order.done :]
        if at is None or at < order.done:
            self.queue.appendleft(Order(order.work, rest))
            return
        suspect = order.positions[at]
        deaths = order.work.deaths[suspect] = order.work.deaths.get(suspect, 0) + 1
        self._split(order.work, rest, suspect)
        if deaths >= DEATHS:
            self._settle(order.work, suspect, f"the worker that read it died ({_cause(code)})")
        else:
            self.queue.appendleft(Order(order.work, [suspect]))

    def _split(self, work: Work, positions: list[int], suspect: int) -> None:
        """Give the notes before and after a suspect back to the queue."""
        at = positions.index(suspect)
        for part in (positions[at + 1 :], positions[:at]):
            if part:
                self.queue.appendleft(Order(work, part))

    def _stop_runaways(self) -> None:
        now = time.monotonic_ns()
        for worker in list(self.workers):
            since = worker.pulse[1]
            if worker.order is not None and since and (now - since) / 1e9 > self.timeout:
                self._stop_runaway(worker, worker.order)

    def _stop_runaway(self, worker: Worker, order: Order) -> None:
        worker.process.kill()
        worker.process.join()
        self._drain(worker)
        at = worker.pulse[0] if worker.pulse[1] else None
        rest = order.positions[order.done :]
        self._replace(worker)
        if at is None or at < order.done:  # it was done in the very last moment
            if rest:
                self.queue.appendleft(Order(order.work, rest))
            return
        suspect = order.positions[at]
        self._split(order.work, rest, suspect)
        self._settle(order.work, suspect, f"took longer than {self.timeout:g} seconds")

    def _drain(self, worker: Worker) -> None:
        """Take in what a worker sent before it was stopped."""
        try:
            while worker.pipe.poll():
                self._record(worker, unpack_report(worker.pipe.recv_bytes()))
        except (EOFError, OSError):
            return


def _cause(code: int | None) -> str:
    """How a process ended, in a word."""
    if code is not None and code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"
