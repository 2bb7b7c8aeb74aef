"""What every reader yields, and the checks a row must pass before it is coded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from venocode.readers.decode import problem_of


@dataclass(frozen=True, slots=True)
class Columns:
    """The names under which a file keeps the note id and the text."""

    note_id: str = "note_id"
    text: str = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input. ``problem`` says in one sentence why it cannot be coded, and is ``None`` otherwise.

    ``number`` is the line of a JSONL file, the record of a table as a spreadsheet counts it (the header is row 1),
    or the position of a file in a directory.
    """

    number: int
    note_id: str | None
    text: str = ""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """An open input. ``size`` and ``done`` are in the same unit (bytes or files); ``size`` is ``None`` for a stream."""

    rows: Iterator[Row]
    size: int | None
    done: Callable[[], int]
    close: Callable[[], None] = lambda: None


def make_row(number: int, note_id: object, text: object) -> Row:
    """A row from raw values, with the first problem found.

    Parameters
    ----------
    number : int
        Position of the row in its input.
    note_id : object
        A non-empty string, or an integer.
    text : object
        A string with at least one visible character.
    """
    name = _name(note_id)
    if name is None:
        return Row(number, None, problem="note_id is missing, empty or not a string")
    if not _encodable(name):
        return Row(number, ascii(name)[1:-1], problem="note_id holds characters that are not valid Unicode")
    if text is None:
        return Row(number, name, problem="text is missing")
    if not isinstance(text, str):
        return Row(number, name, problem="text is not a string")
    if not _encodable(text):
        return Row(number, name, problem="text holds bytes that are not valid in its encoding")
    problem = problem_of(text)
    if problem:
        return Row(number, name, problem=f"text {problem}")
    return Row(number, name, text)


def _name(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    name = str(value)
    return name if name.strip() else None


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
