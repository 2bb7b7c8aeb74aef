"""Which columns of a table hold the id, the text and the context of a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from venocode.errors import InputError
from venocode.readers.rows import NO_CONTEXT, Columns, Context, Row, iso_date, make_row, optional_id, plain_id

#: Names tried in this order where the user names no column.
USUAL: Mapping[str, tuple[str, ...]] = {
    "note_id": ("note_id",),
    "text": ("text", "note_text"),
    "person": ("person_id",),
    "date": ("note_date",),
    "encounter": ("visit_occurrence_id",),
}
OPTIONS: Mapping[str, str] = {
    "note_id": "--id-column",
    "text": "--text-column",
    "person": "--person-column",
    "date": "--date-column",
    "encounter": "--encounter-column",
}
REQUIRED = ("note_id", "text")


@dataclass(frozen=True, slots=True)
class Picked:
    """The columns to read of a table; each is a name of its header, ``None`` when there is none."""

    note_id: str
    text: str
    person: str | None
    date: str | None
    encounter: str | None

    @property
    def names(self) -> list[str]:
        """Every column to read, once."""
        wanted = (self.note_id, self.text, self.person, self.date, self.encounter)
        return list(dict.fromkeys(name for name in wanted if name is not None))

    def row(self, number: int, record: Mapping[str, Any]) -> Row:
        """The row of one record: values by column name. Bytes are read as UTF-8."""
        text = record[self.text]
        if isinstance(text, bytes | memoryview):
            text = bytes(text).decode("utf-8", "surrogateescape")
        return make_row(number, plain_id(record[self.note_id]), text, self._context(record))

    def _context(self, record: Mapping[str, Any]) -> Context:
        if self.person is None and self.date is None and self.encounter is None:
            return NO_CONTEXT
        return Context(
            optional_id(record[self.person]) if self.person else None,
            iso_date(record[self.date]) if self.date else None,
            optional_id(record[self.encounter]) if self.encounter else None,
        )


def pick(header: Sequence[str], columns: Columns, source: str) -> Picked:
    """Find the columns in a header, by their exact name or, when that is missing, regardless of case.

    Raises
    ------
    InputError
        When one that must be there is missing or stands twice, naming those present and the option to use.
    """
    found = {role: _find(header, role, getattr(columns, role), source) for role in USUAL}
    return Picked(**found)  # type: ignore[arg-type]


def _find(header: Sequence[str], role: str, asked: str | None, source: str) -> str | None:
    wanted = USUAL[role] if asked is None else (asked,)
    for name in wanted:
        same = [c for c in header if c == name] or [c for c in header if c.casefold() == name.casefold()]
        if len(same) > 1:
            raise InputError(f"{source}: column {name!r} stands {len(same)} times in the header; rename one")
        if same:
            return same[0]
    if asked is None and role not in REQUIRED:
        return None
    missing = " or ".join(repr(name) for name in wanted)
    present = ", ".join(repr(c[:40]) for c in header[:30])
    raise InputError(
        f"{source}: no column {missing}; the columns are {present}; name the right one with {OPTIONS[role]}"
    )
