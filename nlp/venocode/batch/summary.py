"""What a run did, and what it needs of an engine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from venocode.readers.rows import Row
from venocode.records import NoteResult

CODES = ("37248", "37249")
#: Reasons that differ only in a number are one kind.
NUMBER = re.compile(r"\d+")


class Coder(Protocol):
    """What a run needs of an engine."""

    def code(self, text: str, note_id: str = "note") -> NoteResult:
        """Code one note."""


class Sink(Protocol):
    """Where result records go."""

    def write(self, result: NoteResult, row: Row) -> None:
        """Keep one record of the row it came from."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. ``seconds`` is the time spent on the rows, without start-up."""

    coded: int = 0
    quarantined: int = 0
    units: Mapping[str, int] = field(default_factory=dict)
    lanes: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows that ended in one of the two places."""
        return self.coded + self.quarantined

    @property
    def speed(self) -> float:
        """Notes a second."""
        return self.coded / self.seconds if self.seconds > 0 else 0.0

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            self.coded + other.coded,
            self.quarantined + other.quarantined,
            _sum(self.units, other.units),
            _sum(self.lanes, other.lanes),
            self.seconds + other.seconds,
            _sum(self.reasons, other.reasons),
        )


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {key: first.get(key, 0) + second.get(key, 0) for key in (*first, *(k for k in second if k not in first))}


class Tally:
    """Counts while a run is under way."""

    def __init__(self) -> None:
        self.coded = self.quarantined = 0
        self.units: Counter[str] = Counter(dict.fromkeys(CODES, 0))
        self.lanes: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    def code(self, lane: str, units: Mapping[str, int]) -> None:
        """Count a note that was coded."""
        self.coded += 1
        self.lanes[lane] += 1
        self.units.update(units)

    def quarantine(self, reason: str) -> None:
        """Count a row that was put aside."""
        self.quarantined += 1
        self.reasons[NUMBER.sub("N", reason)] += 1

    def summary(self, seconds: float) -> Summary:
        """The counts so far."""
        return Summary(self.coded, self.quarantined, dict(self.units), dict(self.lanes), seconds, dict(self.reasons))


def units_of(result: NoteResult) -> dict[str, int]:
    """Units of a record by code."""
    return {line.code: line.units for line in result.codes}
