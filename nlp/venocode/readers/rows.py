"""What every reader yields, and the checks a row must pass before it is coded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from venocode.readers.decode import problem_of

_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")


@dataclass(frozen=True, slots=True)
class Columns:
    """The names under which a file keeps what is read; ``None`` takes the usual names (``columns.USUAL``)."""

    note_id: str | None = None
    text: str | None = None
    person: str | None = None
    date: str | None = None
    encounter: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What the source says around a note. Coding ignores it; OMOP and FHIR writers hand it on.

    Attributes
    ----------
    person : str or None
        Identifier of the patient.
    date : str or None
        Day of the note, ``YYYY-MM-DD``.
    encounter : str or None
        Identifier of the visit.
    reference : str or None
        FHIR reference to the resource the note came from.
    """

    person: str | None = None
    date: str | None = None
    encounter: str | None = None
    reference: str | None = None


NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input. ``problem`` says in one sentence why it cannot be coded, and is ``None`` otherwise.

    ``number`` is the line of a JSONL file, the record of a table as a spreadsheet counts it (the header is row 1),
    or the position of a file, record, resource or message in its input (``docs/readers-writers.md``).
    """

    number: int
    note_id: str | None
    text: str = ""
    problem: str | None = None
    context: Context = NO_CONTEXT


@dataclass(frozen=True, slots=True)
class Source:
    """An open input. ``size`` and ``done`` are in the same unit (bytes, files or rows); ``size`` may be unknown."""

    rows: Iterator[Row]
    size: int | None
    done: Callable[[], int]
    close: Callable[[], None] = lambda: None


def make_row(number: int, note_id: object, text: object, context: Context = NO_CONTEXT) -> Row:
    """A row from raw values, with the first problem found.

    Parameters
    ----------
    number : int
        Position of the row in its input.
    note_id : object
        A non-empty string, or an integer.
    text : object
        A string with at least one visible character.
    context : Context
        What stands around the note.
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
    return Row(number, name, text, context=context)


def bad_row(number: int, note_id: object, problem: str) -> Row:
    """A row that cannot be coded, under its id as far as it has one."""
    return Row(number, make_row(number, note_id, "-").note_id, problem=problem)


def plain_id(value: object) -> object:
    """An id as a string or integer, where a database or a data frame gave another type that means the same."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    return value


def optional_id(value: object) -> str | None:
    """An identifier of the context as a string; ``None`` for whatever is not usable as one."""
    if value is None:
        return None
    name = _name(plain_id(value))
    return name if name is not None and _encodable(name) else None


def iso_date(value: object) -> str | None:
    """The day of a date, a time stamp or a string that begins with year, month and day; otherwise ``None``."""
    if value is None:
        return None
    found = _DATE.match(value.isoformat() if isinstance(value, date) else value if isinstance(value, str) else "")
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return None


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
