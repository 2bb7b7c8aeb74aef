"""Which line ends are only wraps.

A wrap is believed on one of four grounds: the note is hard-wrapped and the next word would not have fitted on the
line; a sentence visibly goes on (small letter after an open end, or a line that ends in "the", "of", "was" ...); the
next line hangs under the text of a list item or a field. Lines with a structure of their own always stay apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from venocode.text.lines import STRUCTURAL, Kind, Line, Link, value_column

_NARROW, _WIDE = 40, 125
_OPEN_LINE = 30
_SHORT_LINE = 20
_SHOUT = 5
_SLACK = 25
_DANGLING = frozenset(
    "a an the of to at with from into and or was were is are be been for as that which than via using through between "
    "by under its their his her this these".split()
)
_ABBREVIATED = re.compile(
    r"\b(?:vv?|aa?|approx|vs|ext|int|fem|pop|no|dr|cm|mm|min|sec|hr|atm|fr|ca|resp)\.$", re.IGNORECASE
)
_LOWER_SENTENCE = re.compile(r"[.?!]\s+[a-z]{2}")
_UPPER_SENTENCE = re.compile(r"[.?!]\s+[A-Z]")


@dataclass(slots=True)
class _Page:
    """What the lines of a note say about its wrapping (widths in columns)."""

    lines: list[Line]
    wrapped: bool = False
    greedy: bool = False
    limit: int = _WIDE
    clock: bool = False
    limits: dict[int, int] = field(default_factory=dict)
    widest: dict[int, int] = field(default_factory=dict)
    blocks: list[int] = field(default_factory=list)
    _lower_style: bool | None = None

    @property
    def lower_style(self) -> bool:
        """Whether sentences begin with small letters; read only when first asked, since it costs a pass over the text."""
        if self._lower_style is None:
            self._lower_style = _is_lower_style(self.lines)
        return self._lower_style


@dataclass(slots=True)
class _Pair:
    """A line and the next one, with what a wrap test asks about them.

    Attributes
    ----------
    width : int
        Columns of the line.
    need : int
        Columns it would have with the first word of the next line.
    closed : bool
        Whether it ends like a sentence or a label.
    dangling : bool
        Whether it ends in a word that cannot end a line ("the", "of").
    lower : bool
        Whether the next line begins with a small letter.
    listed : bool
        Whether the line, a new one, began with a small letter itself, so that one more small letter says nothing.
    """

    width: int
    need: int
    closed: bool
    dangling: bool
    lower: bool
    listed: bool = False


def find_wraps(lines: list[Line]) -> list[bool]:
    """Say for every line whether it continues the line before it.

    Parameters
    ----------
    lines : list of Line
        Classified lines of a note.

    Returns
    -------
    list of bool
        One value a line; the first is False.
    """
    wraps = [False] * len(lines)
    if all(line.link in (Link.HARD, Link.BLANK) for line in lines[1:]):
        return wraps
    pairs = _pairs(lines)
    page = _survey(lines, pairs)
    item, column = -1, -1
    for position, line in enumerate(lines):
        pair = pairs[position]
        if pair is not None:
            before = lines[position - 1]
            if line.link is Link.PAGE:
                wraps[position] = _over_page(before, line, pair, page)
            else:
                hanging = 0 <= item < line.indent or (column >= 4 and column == line.indent)
                pair.listed = not wraps[position - 1] and before.kind in (Kind.LOWER, Kind.LOWER_LABEL)
                wraps[position] = _wraps(before, line, pair, page, page.blocks[position], hanging)
        if not wraps[position]:
            item = line.indent if line.kind in (Kind.BULLET, Kind.NUMBER) else -1
            column = value_column(line) if line.kind is Kind.LABEL else -1
    return wraps


def _pairs(lines: list[Line]) -> list[_Pair | None]:
    pairs: list[_Pair | None] = [None] * len(lines)
    for position in range(1, len(lines)):
        line = lines[position]
        if line.link is Link.NEXT or line.link is Link.PAGE:
            pairs[position] = _pair(lines[position - 1], line)
    return pairs


def _pair(before: Line, line: Line) -> _Pair:
    body = before.body
    last = body[body.rfind(" ") + 1 :].lower()
    space = line.body.find(" ")
    width = before.indent + len(body)
    tail = body.rstrip("\"')]")[-1:]
    lower = line.kind is Kind.LOWER or line.kind is Kind.LOWER_LABEL
    closed = tail in ".?!:" and not (lower and tail == "." and _ABBREVIATED.search(body) is not None)
    need = width + 1 + (space if space >= 0 else len(line.body))
    return _Pair(width, need, closed, width >= _SHORT_LINE and last in _DANGLING, lower)


def _survey(lines: list[Line], pairs: list[_Pair | None]) -> _Page:
    page = _Page(lines)
    page.clock = sum(line.kind in (Kind.TIME, Kind.CLOCK) for line in lines) >= 2
    page.blocks = _blocks(lines)
    by_block: dict[int, list[_Pair]] = {}
    for position, pair in enumerate(pairs):
        if pair is not None and _is_candidate(lines[position - 1], lines[position]):
            by_block.setdefault(page.blocks[position], []).append(pair)
    for line, block in zip(lines, page.blocks, strict=True):
        page.widest[block] = max(page.widest.get(block, 0), min(line.width, _WIDE))
    candidates = [pair for block in by_block.values() for pair in block]
    _judge(page, candidates)
    if page.wrapped:
        _block_limits(page, by_block)
    return page


def _judge(page: _Page, pairs: list[_Pair]) -> None:
    """Decide whether a note is hard-wrapped, and at which column."""
    count = len(pairs)
    widths = sorted(pair.width for pair in pairs if pair.width <= _WIDE)
    if count < 2 or not widths or len(widths) * 5 < count * 4:
        return
    page.limit = widths[int(0.95 * (len(widths) - 1))] if len(widths) >= 20 else widths[-1]
    if page.limit < _NARROW:
        return
    full = sum(pair.need > page.limit for pair in pairs)
    going_on = sum(pair.dangling or (pair.lower and not pair.closed and not page.lower_style) for pair in pairs)
    page.greedy = full * 10 >= count * 7
    page.wrapped = (
        going_on * 10 >= count * 4
        or (going_on >= 2 and going_on * 5 >= count and full * 2 >= count)
        or (count >= 4 and page.greedy and page.lower_style)
    )


def _block_limits(page: _Page, by_block: dict[int, list[_Pair]]) -> None:
    """Blocks that are evenly wrapped at a column of their own keep that column."""
    for block, pairs in by_block.items():
        widest = max((pair.width for pair in pairs if pair.width <= _WIDE), default=0)
        full = sum(pair.need > widest for pair in pairs)
        if len(pairs) >= 4 and widest >= _NARROW and full * 4 >= len(pairs) * 3:
            page.limits[block] = widest


def _blocks(lines: list[Line]) -> list[int]:
    blocks: list[int] = []
    block = 0
    for line in lines:
        block += line.link is not Link.NEXT
        blocks.append(block)
    return blocks


def _is_candidate(before: Line, line: Line) -> bool:
    """Whether a pair can tell something about the wrapping: both lines look like running text."""
    if before.row or line.row or line.kind in STRUCTURAL or before.kind in (Kind.RULE, Kind.CAPITALS):
        return False
    return not before.body.endswith(":") and line.indent <= before.indent + 3


def _is_lower_style(lines: list[Line]) -> bool:
    """Whether sentences and paragraphs begin with small letters in this note."""
    first = [line.kind for line in lines if line.link is not Link.NEXT]
    lower = sum(kind is Kind.LOWER or kind is Kind.LOWER_LABEL for kind in first)
    upper = len(first) - lower
    for line in lines:
        if line.link is Link.NEXT and line.kind is Kind.LOWER_LABEL:
            lower += 1
        lower += len(_LOWER_SENTENCE.findall(line.body))
        upper += len(_UPPER_SENTENCE.findall(line.body))
    return lower > upper


def _wraps(before: Line, line: Line, pair: _Pair, page: _Page, block: int, hanging: bool) -> bool:
    if before.row or line.row or before.kind is Kind.RULE or line.kind in (Kind.RULE, Kind.BULLET):
        return False
    if pair.dangling and not _is_shouted(line):
        return True
    if before.kind is Kind.CAPITALS or line.kind in STRUCTURAL:
        return False
    if before.body.endswith(":"):
        return _splits_label(before, line, pair, page, block)
    if line.kind is Kind.CLOCK and page.clock:
        return False
    if line.kind is Kind.LOWER_LABEL and (pair.closed or page.lower_style):
        return False
    if hanging and (line.kind is Kind.LOWER or pair.width * 10 >= page.widest[block] * 6):
        return True
    if pair.lower and not pair.closed and not page.lower_style and not pair.listed and line.kind is Kind.LOWER:
        return _goes_on(pair, page, block)
    return page.wrapped and _is_full(pair, page, block)


def _is_shouted(line: Line) -> bool:
    """Whether a line is a heading in capitals, with or without a colon."""
    return line.kind is Kind.CAPITALS or (
        line.kind is Kind.LABEL and line.body.partition(":")[0].isupper() and line.body.find(":") >= _SHOUT
    )


def _splits_label(before: Line, line: Line, pair: _Pair, page: _Page, block: int) -> bool:
    """Whether a wrap fell between a label at the end of a full line and its value ("... no thrombus. Duplex:")."""
    if not page.wrapped or (before.kind is Kind.LABEL and before.body.find(":") == len(before.body) - 1):
        return False
    value = line.kind is Kind.LOWER or line.body[0].isdigit()
    return value and _is_full(pair, page, block)


def _goes_on(pair: _Pair, page: _Page, block: int) -> bool:
    """Whether a line end between an open end and a small letter is a wrap."""
    if page.wrapped:
        return pair.width >= _SHORT_LINE
    return pair.width >= _OPEN_LINE and pair.need > page.widest[block] - _SLACK


def _is_full(pair: _Pair, page: _Page, block: int) -> bool:
    """Whether the first word of the next line would not have fitted."""
    limit = page.limits.get(block)
    if pair.closed:
        return pair.need > (limit or page.limit)
    if limit is not None:
        return pair.need * 10 > limit * 9
    return pair.need * 20 > page.limit * (18 if page.greedy else 15)


def _over_page(before: Line, line: Line, pair: _Pair, page: _Page) -> bool:
    """Whether a sentence goes on over a page break."""
    if before.row or line.row or line.kind in STRUCTURAL or before.kind in (Kind.RULE, Kind.CAPITALS) or pair.closed:
        return False
    if pair.dangling or (pair.lower and not page.lower_style and pair.width >= _SHORT_LINE):
        return True
    return page.wrapped and pair.need > page.limit
