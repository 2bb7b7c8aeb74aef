"""One run: rows through the pool, to a stream as they come or to the run's folder and from there to the output."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from itertools import islice

from venocode.batch.folder import RunFolder
from venocode.batch.pool import Pool
from venocode.batch.rows import Ledger, chunks, quarantined
from venocode.batch.summary import Summary, Tally
from venocode.batch.wire import Coded
from venocode.errors import InputError
from venocode.readers.rows import Row
from venocode.records import NoteResult
from venocode.writers import ResultWriter
from venocode.writers.jsonl import JsonlWriter, to_line

Tick = Callable[[int, int], None]


class LineSink:
    """Writes records that come as lines of JSON: as they are, or through the writer of another format."""

    def __init__(self, writer: ResultWriter) -> None:
        self.writer = writer

    def write(self, line: bytes, row: Row) -> None:
        """Keep one record of the row it came from."""
        if isinstance(self.writer, JsonlWriter):
            self.writer.stream.write(line)
        else:
            self.writer.write(NoteResult.from_dict(json.loads(line)), row)

    def flush(self) -> None:
        """Hand on what is written, where a format can be read before it is complete."""
        if isinstance(self.writer, JsonlWriter):
            self.writer.stream.flush()


def run_to_stream(
    rows: Iterator[Row], pool: Pool, sink: LineSink, quarantine: Callable[[bytes], None], tick: Tick
) -> Summary:
    """Code rows and write each record as soon as those before it are written.

    Parameters
    ----------
    rows : iterator of Row
        From ``venocode.readers``.
    pool : Pool
        Started.
    sink : LineSink
        Receives the records.
    quarantine : callable
        Receives the entries of rows that cannot be coded, as lines of JSON.
    tick : callable
        Told the numbers coded and quarantined after every chunk.

    Returns
    -------
    Summary
    """
    began, tally = time.monotonic(), Tally()
    for chunk, outcomes in pool.run(chunks(rows, Ledger())):
        for row, outcome in zip(chunk.rows, outcomes, strict=True):
            if isinstance(outcome, Coded):
                sink.write(outcome.line, row)
                tally.code(outcome.lane, outcome.units)
            else:
                quarantine(to_line(quarantined(row, outcome)))
                tally.quarantine(outcome)
        sink.flush()
        tick(tally.coded, tally.quarantined)
    return tally.summary(time.monotonic() - began)


def run_to_folder(rows: Iterator[Row], ledger: Ledger, pool: Pool, folder: RunFolder, tick: Tick) -> Summary:
    """Code the rows that the folder lacks and keep what is done, whatever ends the run.

    Parameters
    ----------
    rows : iterator of Row
        Those after the folder's.
    ledger : Ledger
        Has entered the rows of the folder.
    pool : Pool
        Started.
    folder : RunFolder
        Begun.
    tick : callable
        Told the numbers coded and quarantined after every chunk.

    Returns
    -------
    Summary
        Of all sessions of the run.
    """
    earlier = folder.summary
    coded, quarantined = earlier.coded, earlier.quarantined
    try:
        for chunk, outcomes in pool.run(chunks(rows, ledger)):
            folder.add(chunk, outcomes)
            good = sum(isinstance(x, Coded) for x in outcomes)
            coded, quarantined = coded + good, quarantined + len(outcomes) - good
            tick(coded, quarantined)
    except BaseException:
        with contextlib.suppress(OSError):  # the disk may be what ended the run
            folder.flush()
        raise
    folder.flush()
    return folder.summary


def skip_done(rows: Iterator[Row], ledger: Ledger, folder: RunFolder) -> None:
    """Pass over the rows that an earlier session has done, and see that they are the same.

    Raises
    ------
    InputError
        When they are not.
    """
    for row in islice(rows, folder.rows):
        ledger.enter(row)
    if folder.parts and (ledger.rows, ledger.digest) != (folder.rows, folder.digest):
        raise InputError(
            f"{folder.out.name}: cannot resume, for the rows of the input changed since the run began; "
            "undo the change, or leave out --resume to start over"
        )
