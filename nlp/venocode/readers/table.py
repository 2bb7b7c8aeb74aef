"""Tables in CSV (or TSV), read record by record; fields may be as large as a note."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from venocode.errors import InputError
from venocode.readers.decode import plain_codec
from venocode.readers.jsonl import file_size
from venocode.readers.rows import Columns, Row, Source, make_row

FIELD_LIMIT = 2**31 - 1


def open_table(stream: BinaryIO, name: str, columns: Columns, encoding: str = "utf-8", delimiter: str = ",") -> Source:
    """Read a table whose first record names the columns.

    Raises
    ------
    InputError
        When a column is missing, naming the one wanted, those present and the option to use.
    """
    size = file_size(stream)
    # Bad bytes must cost one row, not the run: they come through as surrogates and are found in the row's check.
    text = io.TextIOWrapper(stream, encoding=plain_codec(encoding), errors="surrogateescape", newline="")
    csv.field_size_limit(FIELD_LIMIT)
    records = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(records, None)
    except (csv.Error, UnicodeError):
        raise InputError(f"{name}: the header row cannot be read as CSV; check quotes and encoding") from None
    if not header:
        raise InputError(f"{name}: the file is empty; the first row must name the columns")
    at_id = _column(header, columns.note_id, "--id-column", name)
    at_text = _column(header, columns.text, "--text-column", name)
    rows = _rows(records, len(header), at_id, at_text)
    return Source(rows, size, stream.tell, text.close)


def _column(header: list[str], wanted: str, option: str, name: str) -> int:
    if header.count(wanted) == 1:
        return header.index(wanted)
    if wanted in header:
        raise InputError(f"{name}: column {wanted!r} stands {header.count(wanted)} times in the header; rename one")
    present = ", ".join(repr(c[:40]) for c in header[:30])
    raise InputError(f"{name}: no column {wanted!r}; the columns are {present}; name the right one with {option}")


def _rows(records: Iterator[list[str]], width: int, at_id: int, at_text: int) -> Iterator[Row]:
    number = 1
    while True:
        number += 1
        try:
            record = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            # "unexpected end of data": an open quote took in the rest of the file.
            rest = "unexpected end" in str(error)
            problem = "a quote is never closed, the rest of the file is inside it" if rest else "a quote is misplaced"
            yield Row(number, None, problem=f"not valid CSV: {problem}")
            continue
        except UnicodeError:
            yield Row(number, None, problem="the rest of the file is not valid in its encoding")
            return
        if not record:
            continue
        if len(record) != width:
            yield Row(number, None, problem=f"row has {len(record)} fields, the header has {width}")
            continue
        yield make_row(number, record[at_id], record[at_text])
