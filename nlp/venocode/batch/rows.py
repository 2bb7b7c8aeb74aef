"""Rows before they are coded: second ids are found, a sample is drawn, chunks of about equal work are cut."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from venocode.readers.rows import Row

CHUNK_CHARACTERS = 40_000
CHUNK_ROWS = 400
#: Kilobytes of ids kept in memory; the rest of a long run's ids lie in a temporary file of SQLite.
ID_CACHE = 65_536


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows with about the work of every other chunk. ``digest`` identifies all rows up to its end."""

    number: int
    first: int
    rows: tuple[Row, ...]
    digest: str


def quarantined(row: Row, reason: str) -> dict[str, Any]:
    """The entry of the quarantine for a row."""
    return {"row": row.number, "note_id": row.note_id, "reason": reason}


class Ids:
    """Note ids and the row of each, in bounded memory. Only hashes are kept."""

    def __init__(self) -> None:
        self.store = sqlite3.connect("", isolation_level=None)
        self.store.execute(f"PRAGMA cache_size = -{ID_CACHE}")
        self.store.execute("PRAGMA journal_mode = OFF")
        self.store.execute("PRAGMA synchronous = OFF")
        self.store.execute("CREATE TABLE ids (id BLOB PRIMARY KEY, number INTEGER) WITHOUT ROWID")

    def add(self, note_id: str, number: int) -> int | None:
        """Enter an id: the row in which it stood first, ``None`` when it is new."""
        key = hashlib.blake2b(note_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        added = self.store.execute("INSERT OR IGNORE INTO ids VALUES (?, ?)", (key, number))
        if added.rowcount:
            return None
        with closing(self.store.execute("SELECT number FROM ids WHERE id = ?", (key,))) as found:
            return int(found.fetchone()[0])


class Ledger:
    """All rows in the order of the input: how many, which ids, and a digest of their content."""

    def __init__(self) -> None:
        self.rows = 0
        self.ids = Ids()
        self.hash = hashlib.blake2b(digest_size=16)

    def enter(self, row: Row) -> Row:
        """The next row, with a problem when its id has stood before."""
        self.rows += 1
        known = (row.number, row.note_id, len(row.text), row.problem, row.context)
        self.hash.update(repr(known).encode("ascii", "backslashreplace"))
        self.hash.update(row.text.encode("utf-8", "surrogatepass"))
        if row.problem is not None or row.note_id is None:
            return Row(row.number, row.note_id, problem=row.problem or "note_id is missing")
        first = self.ids.add(row.note_id, row.number)
        if first is not None:
            return Row(row.number, row.note_id, problem=f"note_id stands already in row {first}")
        return row

    @property
    def digest(self) -> str:
        """Identifies every row entered so far and their order."""
        return self.hash.copy().hexdigest()


def chunks(rows: Iterable[Row], ledger: Ledger) -> Iterator[Chunk]:
    """Cut rows into chunks balanced by characters."""
    number, held, size = 0, list[Row](), 0
    for row in rows:
        entered = ledger.enter(row)
        held.append(entered)
        size += len(entered.text)
        if size >= CHUNK_CHARACTERS or len(held) >= CHUNK_ROWS:
            yield Chunk(number, ledger.rows - len(held), tuple(held), ledger.digest)
            number, held, size = number + 1, [], 0
    if held:
        yield Chunk(number, ledger.rows - len(held), tuple(held), ledger.digest)


def sample(rows: Iterable[Row], size: int, seed: int) -> list[Row]:
    """Draw rows with equal chances and keep their order; memory holds ``size`` rows, however many there are.

    Parameters
    ----------
    rows : iterable of Row
        All rows; they are read once.
    size : int
        Rows to draw; all of them when there are no more.
    seed : int
        The same seed draws the same rows.

    Returns
    -------
    list of Row
        In the order of the input.
    """
    chance = random.Random(seed)
    kept: list[tuple[int, Row]] = []
    for at, row in enumerate(rows):
        if len(kept) < size:
            kept.append((at, row))
        elif (place := chance.randrange(at + 1)) < size:
            kept[place] = (at, row)
    return [row for _, row in sorted(kept, key=lambda item: item[0])]
