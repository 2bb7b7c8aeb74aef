"""Page furniture: page numbers and the lines that a printer repeats on every page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from venocode.text.lines import Line, Link

_NUMBER = r"page\s*:?\s*\d{1,3}\s*(?:of|/)\s*\d{1,3}"
_PAGE_PART = re.compile(rf"\b{_NUMBER}\b", re.IGNORECASE)
_PAGE_LINE = re.compile(rf"(?:{_NUMBER}|-+\s*{_NUMBER}\s*-+)[\s|.]*$", re.IGNORECASE)
_PAGE_ALONE = re.compile(r"(?:page|pg\.?|p\.)\s*\d{1,3}[\s.]*$|-+\s*(?:page\s*)?\d{1,3}\s*-+$", re.IGNORECASE)
_EDGE = 4
_SHORTEST = 4


def drop_furniture(lines: list[Line]) -> list[Line]:
    """Leave out page-number lines, and header and footer lines that repeat verbatim at page breaks.

    A page breaks at a form feed and at a "Page 2 of 3" line. Of a repeated line the first copy stays. The line after a
    dropped one is linked as over a page break.
    """
    parts = {
        position: _PAGE_PART.search(line.body) for position, line in enumerate(lines) if "age" in line.body.lower()
    }
    pages = {position for position, found in parts.items() if found}
    if not pages and all(line.link is not Link.PAGE for line in lines):
        return lines
    numbers = {position for position, line in enumerate(lines) if _is_number(lines, position, line)}
    if not lines or len(numbers) == len(lines):
        return lines
    dropped = numbers | _repeated(lines, pages, numbers)
    kept: list[Line] = []
    for position, line in enumerate(lines):
        if position in dropped:
            continue
        if position - 1 in dropped:
            line.link = Link.PAGE
        kept.append(line)
    return kept


def _is_number(lines: list[Line], position: int, line: Line) -> bool:
    """Whether a line is only a page number; one without a total ("Page 2", "- 2 -") must stand at a form feed."""
    if _PAGE_LINE.match(line.body):
        return True
    at_break = line.link is Link.PAGE or (position + 1 < len(lines) and lines[position + 1].link is Link.PAGE)
    return at_break and _PAGE_ALONE.match(line.body) is not None


def _repeated(lines: list[Line], pages: set[int], numbers: set[int]) -> set[int]:
    """Second and later copies of lines that stand at the same distance from several page breaks."""
    rest = [position for position in range(len(lines)) if position not in numbers]
    keys = [_key(lines[position].body) for position in rest]
    breaks = _breaks(lines, rest, pages, numbers)
    copies = Counter(place for cut in breaks for place in _places(keys, cut))
    seen: dict[str, int] = {}
    out: set[int] = set()
    for number, key in enumerate(keys):
        seen.setdefault(key, number)
    for cut in breaks:
        ended = 0
        for side, distance, key in _places(keys, cut):
            if side == ended:
                continue
            if copies[side, distance, key] < 2 or len(key) < _SHORTEST:
                ended = side
                continue
            number = cut + distance if side > 0 else cut - 1 - distance
            if number != seen[key]:
                out.add(rest[number])
    return out


def _breaks(lines: list[Line], rest: list[int], pages: set[int], numbers: set[int]) -> list[int]:
    """Positions in ``rest`` before which a page begins; the start of the note is one.

    A line that holds a page number next to other text, and comes back, may be a header or a footer.
    """
    keys = Counter(_key(lines[position].body) for position in pages)
    breaks = {0}
    before = -1
    for number, position in enumerate(rest):
        if lines[position].link is Link.PAGE or any(gone in numbers for gone in range(before + 1, position)):
            breaks.add(number)
        if position in pages and keys[_key(lines[position].body)] > 1:
            breaks |= {number, number + 1}
        before = position
    return sorted(breaks)


def _places(keys: list[str], cut: int) -> Iterator[tuple[int, int, str]]:
    """The lines around a page break: side (1 below, -1 above), distance in lines, and what they say."""
    for distance in range(min(_EDGE, len(keys) - cut)):
        yield 1, distance, keys[cut + distance]
    for distance in range(min(_EDGE, cut)):
        yield -1, distance, keys[cut - 1 - distance]


def _key(body: str) -> str:
    return _PAGE_PART.sub("page", " ".join(body.split()))
