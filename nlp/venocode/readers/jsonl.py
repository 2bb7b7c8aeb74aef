"""JSON lines: one object a line."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from venocode.readers.decode import plain_codec
from venocode.readers.rows import Columns, Row, Source, make_row


def open_jsonl(stream: BinaryIO, columns: Columns, encoding: str = "utf-8") -> Source:
    """Read one JSON object a line from a binary stream; blank lines are passed over, but counted."""
    codec = plain_codec(encoding)
    place = Place(stream)
    return Source(_rows(place, columns, codec), file_size(stream), place.done, stream.close)


class Place:
    """Counts the bytes of the lines that went by."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.bytes = 0

    def done(self) -> int:
        return self.bytes

    def __iter__(self) -> Iterator[bytes]:
        for line in self.stream:
            self.bytes += len(line)
            yield line


def file_size(stream: BinaryIO) -> int | None:
    """Bytes of a regular file; ``None`` for a pipe, a terminal or memory."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _rows(lines: Place, columns: Columns, codec: str) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _row(number, line, columns, codec)


def _row(number: int, line: bytes, columns: Columns, codec: str) -> Row:
    try:
        record = json.loads(line.decode(codec))
    except UnicodeDecodeError as error:
        return Row(number, None, problem=f"line is not valid {codec.removesuffix('-sig')} at byte {error.start}")
    except json.JSONDecodeError as error:
        return Row(number, None, problem=f"line is not valid JSON at character {error.pos + 1}")
    except (ValueError, RecursionError):
        return Row(number, None, problem="line is not valid JSON")
    if not isinstance(record, dict):
        return Row(number, None, problem="line is not a JSON object")
    for wanted, name in (("note_id", columns.note_id), ("text", columns.text)):
        if name not in record and name != wanted:
            return Row(number, None, problem=f"key {name!r} is missing")
    return make_row(number, record.get(columns.note_id), record.get(columns.text))
