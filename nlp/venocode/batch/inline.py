"""The batch loop in this process, for an engine at hand: memory holds one note at a time and the ids seen so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from venocode.batch.rows import Ledger, Task
from venocode.batch.summary import Coder, Sink, Summary, Tally, units_of
from venocode.errors import VenocodeError
from venocode.readers.rows import Row
from venocode.records import NoteResult


def run_batch(
    rows: Iterable[Row],
    engine: Coder,
    sink: Sink,
    quarantine: Callable[[dict[str, Any]], None],
    progress: Callable[[int, int], None] = lambda coded, quarantined: None,
) -> Summary:
    """Code every row.

    Parameters
    ----------
    rows : iterable of Row
        From ``venocode.readers``.
    engine : Coder
        Codes one note.
    sink : Sink
        Receives the result records in the order of the rows.
    quarantine : callable
        Receives ``{"row", "note_id", "reason"}`` of every row that cannot be coded.
    progress : callable
        Told the numbers coded and quarantined after every row.

    Returns
    -------
    Summary
        Counts, units and lanes.
    """
    began = time.monotonic()
    tally = Tally()
    ledger = Ledger()
    for row in rows:
        task = ledger.enter(row)
        result = outcome(task, engine)
        if isinstance(result, NoteResult):
            sink.write(result)
            tally.code(result.disposition, units_of(result))
        else:
            quarantine(task.quarantined(result))
            tally.quarantine(result)
        progress(tally.coded, tally.quarantined)
    return tally.summary(time.monotonic() - began)


def outcome(task: Task, engine: Coder) -> NoteResult | str:
    """The record of one row, or the reason why there is none."""
    if task.problem is not None or task.note_id is None:
        return task.problem or "note_id is missing"
    try:
        return engine.code(task.text, note_id=task.note_id)
    except VenocodeError as error:
        return str(error)
    except Exception as error:  # whatever one note breaks must not stop the others; its message may quote the note
        return type(error).__name__
