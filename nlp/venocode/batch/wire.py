"""What crosses a process border: JSON bytes, never an object of a language library."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from venocode.readers.rows import Context, Row


@dataclass(frozen=True, slots=True)
class Coded:
    """One record as it is written, with what the summary counts."""

    line: bytes
    lane: str
    units: dict[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker sends: it is ready, it failed to start, or it has coded some notes of its order.

    ``outcomes`` are records or reasons, in the order of the notes; ``idle`` says that the order is done.
    """

    outcomes: tuple[Coded | str, ...] = ()
    idle: bool = False
    memory: int = 0
    identity: dict[str, str] | None = None
    failure: tuple[str, str] | None = None


def pack_order(rows: Sequence[Row]) -> bytes:
    """An order of notes for a worker; what stands around them stays with the parent."""
    return json.dumps([[row.number, row.note_id, row.text] for row in rows]).encode("ascii")


def unpack_order(message: bytes) -> list[Row]:
    """The notes of an order."""
    return [Row(number, note_id, text) for number, note_id, text in json.loads(message)]


def pack_row(row: Row) -> bytes:
    """A whole row as a line of JSON."""
    context = row.context
    around = [context.person, context.date, context.encounter, context.reference]
    return json.dumps([row.number, row.note_id, row.text, around]).encode("ascii") + b"\n"


def unpack_row(line: bytes) -> Row:
    """The row of a line."""
    number, note_id, text, around = json.loads(line)
    return Row(number, note_id, text, context=Context(*around))


def pack_report(report: Report) -> bytes:
    """A report: one line of JSON, then the bytes of the records."""
    items = [x if isinstance(x, str) else [len(x.line), x.lane, x.units] for x in report.outcomes]
    head = [items, report.idle, report.memory, report.identity, report.failure]
    lines = b"".join(x.line for x in report.outcomes if isinstance(x, Coded))
    return json.dumps(head).encode("ascii") + b"\n" + lines


def unpack_report(message: bytes) -> Report:
    """The report of a worker."""
    head, _, body = message.partition(b"\n")
    items, idle, memory, identity, failure = json.loads(head)
    outcomes: list[Coded | str] = []
    at = 0
    for item in items:
        outcomes.append(_outcome(item, body, at))
        at += 0 if isinstance(item, str) else item[0]
    return Report(tuple(outcomes), idle, memory, identity, (failure[0], failure[1]) if failure else None)


def _outcome(item: Any, body: bytes, at: int) -> Coded | str:
    return item if isinstance(item, str) else Coded(body[at : at + item[0]], item[1], item[2])
