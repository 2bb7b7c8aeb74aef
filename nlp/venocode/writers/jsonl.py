"""Result records as JSON lines."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from venocode.readers.rows import Row
from venocode.records import NoteResult

#: Some readers take these for line ends; inside JSON strings they may be escaped.
LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}


def to_json(record: dict[str, Any]) -> bytes:
    """One record as UTF-8 JSON that no reader takes for more than one line."""
    return json.dumps(record, ensure_ascii=False).translate(LINE_ENDS).encode("utf-8")


def to_line(record: dict[str, Any]) -> bytes:
    """One record as one line of UTF-8 JSON."""
    return to_json(record) + b"\n"


class JsonlWriter:
    """One result record a line (``docs/result-record.md``)."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def write(self, result: NoteResult, row: Row) -> None:
        self.stream.write(to_line(result.to_dict()))

    def close(self) -> None:
        """Nothing follows the last line."""
