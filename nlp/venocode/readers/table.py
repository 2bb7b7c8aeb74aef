"""Tables in CSV (or TSV), read record by record; fields may be as large as a note."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator

from venocode.errors import InputError
from venocode.readers.columns import Picked, pick
from venocode.readers.decode import plain_codec
from venocode.readers.files import LONGEST, Stream, bounded_lines
from venocode.readers.rows import Columns, Row, Source


def open_table(stream: Stream, name: str, columns: Columns, encoding: str = "utf-8", delimiter: str = ",") -> Source:
    """Read a table whose first record names the columns.

    Raises
    ------
    InputError
        When a column is missing, naming the one wanted, those present and the option to use.
    """
    # Bad bytes must cost one row, not the run: they come through as surrogates and are found in the row's check.
    text = io.TextIOWrapper(stream.bytes, encoding=plain_codec(encoding), errors="surrogateescape", newline="")
    records = _records(text, delimiter)
    try:
        header = next(records, None)
    except UnicodeError:
        header = "encoding"
    if isinstance(header, str):
        raise InputError(f"{name}: the header row cannot be read as CSV; check quotes and encoding")
    if not header:
        broken = stream.failure() if stream.failure else None
        raise InputError(f"{name}: {broken or 'the file is empty; the first row must name the columns'}")
    picked = pick(header, columns, name)

    def close() -> None:
        text.close()
        stream.close()

    return Source(_rows(records, header, picked), stream.size, stream.done, close)


_OPEN = "a quote is never closed"


class _Lines:
    """The lines of a file, with a memory of those that the record being read has taken."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.fresh = bounded_lines(text.readline)
        self.again: deque[str] = deque()
        self.taken: list[str] = []
        self.length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else next(self.fresh)
        if line is None:
            raise csv.Error("line is too long to be a note")
        self.taken.append(line)
        self.length += len(line)
        if self.length > LONGEST:
            raise csv.Error(_OPEN)
        return line

    def begin(self) -> None:
        self.taken, self.length = [], 0

    def go_back(self) -> None:
        """Read again from the second line of the broken record on."""
        self.again.extendleft(reversed(self.taken[1:]))


def _records(text: io.TextIOWrapper, delimiter: str) -> Iterator[list[str] | str]:
    """Records, or the problem of one that is broken.

    A quote that is never closed would swallow the rows behind it, so after a broken record reading goes on at the line
    after its first.
    """
    csv.field_size_limit(2 * LONGEST)
    lines = _Lines(text)
    records = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin()
        try:
            yield next(records)
        except StopIteration:
            return
        except csv.Error as error:
            lines.go_back()
            records = csv.reader(lines, delimiter=delimiter, strict=True)
            yield _problem(str(error))


def _problem(error: str) -> str:
    if "unexpected end" in error or error == _OPEN:
        return f"not valid CSV: {_OPEN}"
    return error if error.startswith("line is") else "not valid CSV: a quote is misplaced"


def _rows(records: Iterator[list[str] | str], header: list[str], picked: Picked) -> Iterator[Row]:
    number = 1
    while True:
        number += 1
        try:
            record = next(records)
        except StopIteration:
            return
        except UnicodeError:
            yield Row(number, None, problem="the rest of the file is not valid in its encoding")
            return
        if isinstance(record, str):
            yield Row(number, None, problem=record)
        elif len(record) != len(header) and record:
            yield Row(number, None, problem=f"row has {len(record)} fields, the header has {len(header)}")
        elif record:
            yield picked.row(number, dict(zip(header, record, strict=True)))
