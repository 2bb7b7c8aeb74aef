"""The batch loop in this process, for an engine at hand: memory holds one note at a time and the ids seen so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from venocode.batch.rows import Ledger, quarantined
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
        entered = ledger.enter(row)
        result = outcome(entered, engine)
        if isinstance(result, NoteResult):
            sink.write(result, entered)
            tally.code(result.disposition, units_of(result))
        else:
            quarantine(quarantined(entered, result))
            tally.quarantine(result)
        progress(tally.coded, tally.quarantined)
    return tally.summary(time.monotonic() - began)


def outcome(row: Row, engine: Coder) -> NoteResult | str:
    """The record of one row, or the reason why there is none."""
    if row.problem is not None or row.note_id is None:
        return row.problem or "note_id is missing"
    try:
        return engine.code(row.text, note_id=row.note_id)
    except VenocodeError as error:
        return str(error)
    except Exception as error:  # whatever one note breaks must not stop the others; its message may quote the note
        return type(error).__name__
