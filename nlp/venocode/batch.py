"""The batch loop: rows in, one result record a row out, in the same order, and nothing lost.

Every row ends in one of two places: the output, or the quarantine with its reason. Memory holds one note at a time,
and the note ids seen so far.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from venocode.errors import VenocodeError
from venocode.readers.rows import Row
from venocode.records import NoteResult

CODES = ("37248", "37249")


class Coder(Protocol):
    """What the loop needs of an engine."""

    def code(self, text: str, note_id: str = "note") -> NoteResult:
        """Code one note."""


class Sink(Protocol):
    """Where result records go."""

    def write(self, result: NoteResult, row: Row) -> None:
        """Keep one record of the row it came from."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. ``seconds`` is the time spent on the rows, without start-up."""

    coded: int = 0
    quarantined: int = 0
    units: Mapping[str, int] = field(default_factory=dict)
    lanes: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def speed(self) -> float:
        """Notes a second."""
        return self.coded / self.seconds if self.seconds > 0 else 0.0


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
    seen: dict[str, int] = {}
    units: Counter[str] = Counter(dict.fromkeys(CODES, 0))
    lanes: Counter[str] = Counter()
    coded = quarantined = 0
    for row in rows:
        result = _code(row, engine, seen)
        if isinstance(result, NoteResult):
            sink.write(result, row)
            coded += 1
            lanes[result.disposition] += 1
            units.update({line.code: line.units for line in result.codes})
        else:
            quarantine({"row": row.number, "note_id": row.note_id, "reason": result})
            quarantined += 1
        progress(coded, quarantined)
    return Summary(coded, quarantined, dict(units), dict(lanes), time.monotonic() - began)


def _code(row: Row, engine: Coder, seen: dict[str, int]) -> NoteResult | str:
    """The record of one row, or the reason why there is none."""
    if row.problem is not None or row.note_id is None:
        return row.problem or "note_id is missing"
    if row.note_id in seen:  # several notes of one message share its number
        return f"note_id stands already in row {seen[row.note_id]}"
    seen[row.note_id] = row.number
    try:
        return engine.code(row.text, note_id=row.note_id)
    except VenocodeError as error:
        return str(error)
    except Exception as error:  # whatever one note breaks must not stop the others; its message may quote the note
        return type(error).__name__
