"""JSON lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from venocode.readers.columns import USUAL
from venocode.readers.decode import plain_codec
from venocode.readers.files import Stream, bounded_lines
from venocode.readers.rows import NO_CONTEXT, Columns, Context, Row, Source, iso_date, make_row, optional_id


def open_jsonl(stream: Stream, columns: Columns, encoding: str = "utf-8") -> Source:
    """Read one JSON object a line; blank lines are passed over, but counted."""
    codec = plain_codec(encoding)
    place = Place(stream.bytes)
    done = place.done if stream.bytes.seekable() else stream.done
    return Source(_rows(place, columns, codec), stream.size, done, stream.close)


class Place:
    """Counts the bytes of the lines that went by."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.bytes = 0

    def done(self) -> int:
        return self.bytes

    def __iter__(self) -> Iterator[bytes | None]:
        for line in bounded_lines(self.stream.readline):
            self.bytes += len(line or b"")
            yield line


def _rows(lines: Place, columns: Columns, codec: str) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if line is None:
            yield Row(number, None, problem="line is too long to be a note")
        elif line.strip():
            yield _row(number, line, columns, codec)


def read_object(line: bytes, codec: str) -> dict[str, Any] | str:
    """The JSON object on a line, or the problem with it."""
    try:
        record = json.loads(line.decode(codec))
    except UnicodeDecodeError as error:
        return f"line is not valid {codec.removesuffix('-sig')} at byte {error.start}"
    except json.JSONDecodeError as error:
        return f"line is not valid JSON at character {error.pos + 1}"
    except (ValueError, RecursionError):
        return "line is not valid JSON"
    return record if isinstance(record, dict) else "line is not a JSON object"


def _row(number: int, line: bytes, columns: Columns, codec: str) -> Row:
    record = read_object(line, codec)
    if isinstance(record, str):
        return Row(number, None, problem=record)
    for name in (columns.note_id, columns.text):
        if name is not None and name not in record:
            return Row(number, None, problem=f"key {name!r} is missing")
    person = optional_id(_value(record, columns.person, USUAL["person"]))
    day = iso_date(_value(record, columns.date, USUAL["date"]))
    visit = optional_id(_value(record, columns.encounter, USUAL["encounter"]))
    context = Context(person, day, visit) if person or day or visit else NO_CONTEXT
    note_id = _value(record, columns.note_id, USUAL["note_id"])
    return make_row(number, note_id, _value(record, columns.text, USUAL["text"]), context)


def _value(record: dict[str, Any], asked: str | None, usual: tuple[str, ...]) -> Any:
    if asked is not None:
        return record.get(asked)
    for name in usual:
        if name in record:
            return record[name]
    return None
