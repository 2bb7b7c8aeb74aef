"""Page furniture: page numbers and the lines that a printer repeats on every page."""

from __future__ import annotations

import re
from collections import Counter

from venocode.text.lines import Line, Link

_PAGE_LINE = re.compile(r"[-–\s|*]*(?:page|pg\.?)\s*\d{1,3}\s*(?:of|/)\s*\d{1,3}[-–\s|*.]*$", re.IGNORECASE)
_PAGE_ALONE = re.compile(r"[-\s]*(?:page|pg\.?|p\.)\s*\d{1,3}[-\s.]*$|-\s*\d{1,3}\s*-$", re.IGNORECASE)
_PAGE_PART = re.compile(r"\bpage\s*:?\s*\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?", re.IGNORECASE)
_EDGE = 4


def drop_furniture(lines: list[Line]) -> list[Line]:
    """Leave out page-number lines, and header and footer lines that repeat verbatim at page breaks.

    The first copy of a repeated line stays. The line after a dropped one is linked as over a page break.
    """
    pages = _page_parts(lines)
    if not pages and all(line.link is not Link.PAGE for line in lines):
        return lines
    dropped = {
        position
        for position, line in enumerate(lines)
        if (position in pages and _PAGE_LINE.match(line.body)) or _is_lone_number(lines, position)
    }
    if len(dropped) == len(lines):
        return lines
    dropped |= _repeated(lines, pages, dropped)
    kept: list[Line] = []
    broken = False
    for position, line in enumerate(lines):
        if position in dropped:
            broken = True
            continue
        if broken:
            line.link = Link.PAGE
        broken = False
        kept.append(line)
    return kept


def _page_parts(lines: list[Line]) -> set[int]:
    return {
        position
        for position, line in enumerate(lines)
        if ("age" in line.body or "AGE" in line.body or "g" in line.body[:4].lower()) and _has_page(line.body)
    }


def _has_page(body: str) -> bool:
    return bool(_PAGE_LINE.match(body)) or (len(body) <= 120 and bool(_PAGE_PART.search(body)))


def _is_lone_number(lines: list[Line], position: int) -> bool:
    """Whether a line is only a page number ("Page 2", "- 2 -") and stands at a form feed."""
    line = lines[position]
    at_break = line.link is Link.PAGE or (position + 1 < len(lines) and lines[position + 1].link is Link.PAGE)
    return at_break and bool(_PAGE_ALONE.match(line.body))


def _repeated(lines: list[Line], pages: set[int], dropped: set[int]) -> set[int]:
    """Positions of second and later copies of the lines next to page breaks."""
    edges = _edges(lines, pages, dropped)
    keys = {position: _key(lines[position].body) for position in edges}
    copies = Counter(keys.values())
    seen: set[str] = set()
    out: set[int] = set()
    for position in sorted(edges):
        key = keys[position]
        if copies[key] > 1 and key in seen and len(key) > 2:
            out.add(position)
        seen.add(key)
    return out


def _edges(lines: list[Line], pages: set[int], dropped: set[int]) -> set[int]:
    """Positions within four lines of the start of the note, a form feed or a page number."""
    breaks = {position for position, line in enumerate(lines) if line.link is Link.PAGE} | dropped | {0}
    breaks |= {position for position in pages if _PAGE_PART.search(lines[position].body)}
    near = {position + step for position in breaks for step in range(-_EDGE, _EDGE + 1)}
    return {position for position in near if 0 <= position < len(lines) and position not in dropped}


def _key(body: str) -> str:
    return _PAGE_PART.sub("page", " ".join(body.split()))
