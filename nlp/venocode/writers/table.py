"""One row a note, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import BinaryIO

from venocode.records import NoteResult
from venocode.writers.base import name_of

COLUMNS = (
    "note_id",
    "units_37248",
    "units_37249",
    "disposition",
    "probability",
    "flags",
    "counted_veins",
    "reasons",
)
#: A spreadsheet reads a cell that begins so as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class TableWriter:
    """Writes CSV in UTF-8; lists within a cell are joined by ``; ``."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self._line(COLUMNS)

    def write(self, result: NoteResult) -> None:
        self._line(to_cells(result))

    def _line(self, cells: tuple[str, ...]) -> None:
        line = io.StringIO()
        csv.writer(line).writerow(cells)
        self.stream.write(line.getvalue().encode("utf-8"))


def to_cells(result: NoteResult) -> tuple[str, ...]:
    """The cells of one note, in the order of ``COLUMNS``."""
    counted = [name_of(v.vein) for v in result.veins if v.decision == "counted"]
    reasons = [f"{name_of(v.vein)}: {v.reason}" for v in result.veins if v.decision != "counted"]
    return (
        harmless(result.note_id),
        str(result.units("37248")),
        str(result.units("37249")),
        result.disposition,
        f"{result.probability:.4f}",
        "; ".join(f.flag for f in result.flags),
        "; ".join(counted),
        "; ".join(reasons),
    )


def harmless(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula: a leading apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
