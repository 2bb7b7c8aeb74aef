"""Gold JSON lines (``.jsonl``): one note a line, as ``GoldNote.to_dict`` gives it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from venocode.corpus.formats.files import text_of, write_chunks
from venocode.corpus.gold import Draft, GoldNote, draft_of
from venocode.writers.jsonl import to_line


def read(path: Path) -> Iterator[Draft]:
    """The notes of a file with everything that is wrong with each; blank lines are passed over."""
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if line.strip():
            yield _draft(line, f"line {number}")


def _draft(line: str, place: str) -> Draft:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return Draft(place, None, ("not valid JSON; write one object a line",))
    return draft_of(record, place)


def write(notes: Iterable[GoldNote], out: str) -> None:
    """Write one note a line."""
    write_chunks((to_line(note.to_dict()) for note in notes), out)
