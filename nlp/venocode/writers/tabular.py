"""Flat tables: rows of cells under typed columns, kept as CSV or as Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO, Protocol

from venocode.libraries import library
from venocode.readers.rows import Row
from venocode.records import NoteResult

Cell = str | int | float | date | datetime | None
Line = tuple[Cell, ...]
Rows = Callable[[NoteResult, Row], Iterable[Line]]

#: A spreadsheet reads a cell that begins so as a formula; the wide forms are those of East Asian settings.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Rows of a Parquet row group.
GROUP = 10_000


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of table.

    Attributes
    ----------
    columns : mapping of str to type
        Names in order, with ``int``, ``float``, ``str``, ``date`` or ``datetime``.
    begin : callable
        Gives the function that turns one record into rows; called once a run, for it may count.
    for_people : bool
        Whether the table is made for a spreadsheet: then no cell of its CSV can be run as a formula.
    """

    columns: Mapping[str, type]
    begin: Callable[[], Rows]
    for_people: bool = True


class Sink(Protocol):
    """Keeps the rows of one table."""

    def add(self, line: Line) -> None:
        """Append one row."""

    def close(self) -> None:
        """Finish the table."""


class CsvSink:
    """CSV in UTF-8."""

    def __init__(self, stream: BinaryIO, layout: Layout) -> None:
        self.stream = stream
        self.for_people = layout.for_people
        self.add(tuple(layout.columns))

    def add(self, line: Line) -> None:
        cells = [as_text(cell) for cell in line]
        text = io.StringIO()
        csv.writer(text).writerow(map(harmless, cells) if self.for_people else cells)
        self.stream.write(text.getvalue().encode("utf-8"))

    def close(self) -> None:
        """Nothing follows the last row."""


class ParquetSink:
    """Parquet, one row group for ``GROUP`` rows."""

    def __init__(self, stream: BinaryIO, layout: Layout) -> None:
        self.arrow = library("pyarrow", "parquet")
        names = {
            int: self.arrow.int64(),
            float: self.arrow.float64(),
            str: self.arrow.string(),
            date: self.arrow.date32(),
            datetime: self.arrow.timestamp("us"),
        }
        self.schema = self.arrow.schema([(name, names[kind]) for name, kind in layout.columns.items()])
        self.file = library("pyarrow.parquet", "parquet").ParquetWriter(stream, self.schema, compression="zstd")
        self.lines: list[Line] = []

    def add(self, line: Line) -> None:
        self.lines.append(line)
        if len(self.lines) >= GROUP:
            self._flush()

    def close(self) -> None:
        self._flush()
        self.file.close()

    def _flush(self) -> None:
        if self.lines:
            records = [dict(zip(self.schema.names, line, strict=True)) for line in self.lines]
            self.file.write_table(self.arrow.Table.from_pylist(records, schema=self.schema))
            self.lines = []


class TabularWriter:
    """Writes the rows of a layout into a sink."""

    def __init__(self, sink: Sink, layout: Layout) -> None:
        self.sink = sink
        self.rows = layout.begin()

    def write(self, result: NoteResult, row: Row) -> None:
        for line in self.rows(result, row):
            self.sink.add(line)

    def close(self) -> None:
        self.sink.close()


def as_text(cell: Any) -> str:
    """A cell as it stands in CSV; numbers to four places, times in ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.4f}"
    return cell.isoformat(sep=" ") if isinstance(cell, datetime) else str(cell)


def harmless(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula: a leading apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
