"""The lines of a note: where they stand and what they look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from venocode.text.mapping import CELL, HARD, PAGE


class Link(IntEnum):
    """What stands between a line and the line before it."""

    NEXT = 0
    HARD = 1
    BLANK = 2
    PAGE = 3


class Kind(IntEnum):
    """How a line begins."""

    OTHER = 0
    LOWER = 1
    BULLET = 2
    NUMBER = 3
    TIME = 4
    CLOCK = 5
    LABEL = 6
    LOWER_LABEL = 7
    CAPITALS = 8
    RULE = 9


STRUCTURAL = frozenset({Kind.BULLET, Kind.NUMBER, Kind.TIME, Kind.LABEL, Kind.CAPITALS, Kind.RULE})
FIELD_GAP = 3

_END = re.compile(f"[\n{HARD}{PAGE}]")
_WIDE_RUN = re.compile(rf"[^\S\n]{{{FIELD_GAP},}}|[^\S\n]*[\t{CELL}][^\S\n]*")
_START = re.compile(
    r"""
    (?P<RULE>[-=_*~\#.+\s]{3,}$|(?:-{3}|={3}|\*{3}|_{3})[^\n]*(?:-{3}|={3}|\*{3}|_{3})$)
  | (?P<BULLET>\*|-{1,2}>?\s|->|=>|-(?=[A-Za-z(])|[+>]\s+(?![\d\s])|o\s+(?=[A-Za-z])|\[[ xX]?\]
      |\((?![lLrR]\))[a-zA-Z]\)|\((?:[ivxIVX]{1,4}|\d{1,2})\)|[a-kA-Km-qM-Qs-zS-Z]\)\s|\d{1,2}\)(?=\s|[A-Z(])
      |(?:ii|iii|iv|vi{1,3})\)\s)
  | (?P<TIME>(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)|0\d[0-5]\d(?=[-\s:,h]|$))
  | (?P<CLOCK>(?:1\d|2[0-3])[0-5]\d(?=[-\s:,h]|$))
  | (?P<NUMBER>\d{1,2}\.(?=\s|[A-Z(])|\d{1,2}-\s|\#\d|[a-hA-H]\.\s|(?:I{1,3}|I?V|VI{1,3}|IX|ii|iii|vi{1,3})\.\s|i\.\s)
  | (?P<LABEL>[A-Z][^.:;?!,()\s]*(?:\s+[^.:;?!,\s]+){0,5}\s?:(?=\s|[,;]|$))
  | (?P<LOWER_LABEL>[a-z][\w/.&-]{0,14}:(?=\s|$))
  | (?P<LOWER>["'(]?[a-z])
    """,
    re.VERBOSE,
)
_LEADER = re.compile(r"\.{4}|\.{3}\s?\d|(?:\s\.){3}")
_VALUE = re.compile(r"[A-Za-z][^:]{0,40}:\s+(?=\S)")
_MAX_CAPITALS = 60
_MAX_LABEL = 45


@dataclass(slots=True)
class Line:
    """A line that is not blank.

    Attributes
    ----------
    start, end : int
        Offsets of its first character and behind its last one that is not white space.
    indent : int
        Columns in front of it; a tab counts as eight.
    body : str
        The line without the white space around it.
    link : Link
        What stands between it and the line before it.
    gaps : list of (start, end)
        Wide runs of white space inside it (three columns or more, a tab or a cell border), offsets into the text.
    kind : Kind
        How it begins.
    row : bool
        Whether it is a row of a table or of header fields; dots may lead from one column to the next.
    """

    start: int
    end: int
    indent: int
    body: str
    link: Link
    gaps: list[tuple[int, int]]
    kind: Kind = Kind.OTHER
    row: bool = False

    @property
    def width(self) -> int:
        """Columns from the left margin to the last character."""
        return self.indent + len(self.body)


def split_lines(text: str) -> list[Line]:
    """Cut a text into its lines; blank lines leave their trace in the link of the next line."""
    lines: list[Line] = []
    link = Link.NEXT
    position = 0
    for found in _END.finditer(text):
        link = _add(text, position, found.start(), link, lines)
        link = max(link, _link_of(text, found.start()))
        position = found.end()
    _add(text, position, len(text), link, lines)
    return lines


def _link_of(text: str, end: int) -> Link:
    sign = text[end]
    return Link.NEXT if sign == "\n" else Link.HARD if sign == HARD else Link.PAGE


def _add(text: str, start: int, end: int, link: Link, lines: list[Line]) -> Link:
    """Add a line unless it is blank; return the least link of the line that follows."""
    raw = text[start:end]
    body = raw.strip()
    if not body:
        return max(link, Link.BLANK) if lines and (start or link) else link
    offset = raw.index(body[0]) if raw[0] != body[0] else 0
    indent = offset + 7 * raw.count("\t", 0, offset) if offset else 0
    gaps: list[tuple[int, int]] = []
    if "   " in body or "\t" in body or CELL in body:
        base = start + offset
        gaps = [(base + found.start(), base + found.end()) for found in _WIDE_RUN.finditer(body)]
    lines.append(Line(start + offset, start + offset + len(body), indent, body, link, gaps))
    return Link.NEXT


def classify(lines: list[Line], capitals: bool) -> None:
    """Set the kind of every line and find the table rows.

    Parameters
    ----------
    lines : list of Line
        All lines of a note.
    capitals : bool
        Whether the whole note is typed in capitals, so that capitals make no heading.
    """
    for line in lines:
        line.kind = _kind(line.body, capitals)
    for position, line in enumerate(lines):
        if len(line.gaps) >= 2:
            near = lines[max(0, position - 1) : position + 2]
            line.row = _is_row(line) or any(_aligned(line, other) for other in near if other is not line)
        elif "..." in line.body or ". ." in line.body:
            line.row = _LEADER.search(line.body) is not None


def all_capitals(lines: list[Line]) -> bool:
    """Whether a note is typed in capitals: most of its longer lines hold no small letter."""
    longer = [line.body for line in lines if len(line.body) >= 20]
    return len(longer) >= 2 and sum(map(str.isupper, longer)) * 10 > len(longer) * 6


def value_column(line: Line) -> int:
    """Column of the value of a ``Label:   value`` line; -1 where there is none."""
    found = _VALUE.match(line.body)
    return line.indent + found.end() if found else -1


def _kind(body: str, capitals: bool) -> Kind:
    found = _START.match(body)
    kind = Kind[found.lastgroup] if found and found.lastgroup else Kind.OTHER
    if kind is Kind.LABEL and found and found.end() > _MAX_LABEL:
        kind = Kind.OTHER
    if kind is Kind.OTHER and not capitals and _is_capital_heading(body):
        kind = Kind.CAPITALS
    return kind


def _is_capital_heading(body: str) -> bool:
    if len(body) > _MAX_CAPITALS or not body.isupper() or body[-1] in ".;?!,-":
        return False
    return sum(map(str.isalpha, body)) >= 5


def _is_row(line: Line) -> bool:
    """Whether most cells begin like cells: with a capital, a digit or a sign."""
    body, base = line.body, line.start
    cells = [body[end - base] for _, end in line.gaps]
    return sum(not cell.islower() for cell in cells) * 3 >= len(cells) * 2


def _aligned(line: Line, other: Line) -> bool:
    """Whether two lines have at least two cells that begin in the same columns."""
    if len(other.gaps) < 2:
        return False
    columns = {end - line.start + line.indent for _, end in line.gaps}
    return sum(end - other.start + other.indent in columns for _, end in other.gaps) >= 2
