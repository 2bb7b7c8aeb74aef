"""brat standoff: for each note its text and its annotations, and one configuration for all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from venocode.readers.rows import Row
from venocode.records import Mention, NoteResult
from venocode.writers.base import file_name, name_of

CONFIGURATION = """[entities]
ANGIOPLASTY
VEIN
FLUOROSCOPY
ACCESS

[relations]

[events]

[attributes]
Assertion Arg:ANGIOPLASTY, Value:performed|negated|historical|planned|attempted|other
Role Arg:VEIN, Value:treated|stented|access|imaged
Approach Arg:ACCESS, Value:percutaneous|open
"""


class BratWriter:
    """Writes ``NOTE.txt`` and ``NOTE.ann`` into a directory; the name is the note id, percent-encoded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "annotation.conf").write_text(CONFIGURATION, encoding="utf-8")

    def write(self, result: NoteResult, row: Row) -> None:
        name = file_name(result.note_id)
        (self.folder / f"{name}.txt").write_bytes(row.text.encode("utf-8"))
        annotations = "".join(f"{line}\n" for line in annotation_lines(result, row.text))
        (self.folder / f"{name}.ann").write_bytes(annotations.encode("utf-8"))

    def close(self) -> None:
        """Every note has files of its own."""


def annotation_lines(result: NoteResult, text: str) -> Iterator[str]:
    """The lines of the ``.ann`` file: text-bound annotations, attributes, and the veins as notes."""
    attributes, notes = count(1), count(1)
    for number, mention in enumerate(result.mentions, start=1):
        spans = list(_fragments(text, mention.start, mention.end))
        if not spans:
            continue
        places = ";".join(f"{start} {end}" for start, end in spans)
        yield f"T{number}\t{mention.label} {places}\t{' '.join(text[start:end] for start, end in spans)}"
        for name, value in _attributes(mention):
            yield f"A{next(attributes)}\t{name} T{number} {value}"
        if mention.veins:
            yield f"#{next(notes)}\tAnnotatorNotes T{number}\t{'; '.join(map(name_of, mention.veins))}"


def _attributes(mention: Mention) -> Iterator[tuple[str, str]]:
    for name, value in (("Assertion", mention.assertion), ("Role", mention.role), ("Approach", mention.approach)):
        if value:
            yield name, value


def _fragments(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a span within single lines: an annotation of brat may not run over a line end."""
    for line in text[start:end].splitlines(keepends=True):
        body = line.rstrip()
        lead = len(body) - len(body.lstrip())
        if body.strip():
            yield start + lead, start + len(body)
        start += len(line)
