"""The tables for people: one row a note, or one row a code line. Lists within a cell are joined by ``; ``."""

from __future__ import annotations

from collections.abc import Iterator

from venocode.readers.rows import Row
from venocode.records import NoteResult
from venocode.writers.base import name_of
from venocode.writers.tabular import Layout, Line


def note_row(result: NoteResult, row: Row) -> Iterator[Line]:
    """The row of one note."""
    counted = [name_of(v.vein) for v in result.veins if v.decision == "counted"]
    reasons = [f"{name_of(v.vein)}: {v.reason}" for v in result.veins if v.decision != "counted"]
    yield (
        result.note_id,
        result.units("37248"),
        result.units("37249"),
        result.disposition,
        round(result.probability, 4),
        "; ".join(f.flag for f in result.flags),
        "; ".join(counted),
        "; ".join(reasons),
    )


def code_rows(result: NoteResult, row: Row) -> Iterator[Line]:
    """One row for each code line of one note; a note without codes has none."""
    for line in result.codes:
        veins = "; ".join(map(name_of, line.veins))
        yield result.note_id, line.code, line.units, veins, result.disposition, round(result.probability, 4)


NOTES = Layout(
    {
        "note_id": str,
        "units_37248": int,
        "units_37249": int,
        "disposition": str,
        "probability": float,
        "flags": str,
        "counted_veins": str,
        "reasons": str,
    },
    lambda: note_row,
)
CODES = Layout(
    {"note_id": str, "code": str, "units": int, "veins": str, "disposition": str, "probability": float},
    lambda: code_rows,
)
