"""Where to cut a text into tokens so that it can be put together again and every span begins and ends at a cut."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

WORD = re.compile(r"\w+|[^\w\s]")
PIECE = re.compile(r"\w+|[^\w\s]|\s+")


def cut(pattern: re.Pattern[str], text: str, spans: Iterable[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    """Offsets of the matches of ``pattern``, cut further where a span begins or ends inside one.

    Parameters
    ----------
    pattern : re.Pattern
        ``WORD`` leaves white space out, ``PIECE`` keeps it.
    text : str
        The text.
    spans : iterable of dict
        Spans with ``start`` and ``end``.

    Yields
    ------
    tuple of int
        Start and end, in order, none empty.
    """
    borders = sorted({offset for span in spans for offset in (span["start"], span["end"])})
    for m in pattern.finditer(text):
        start, end = m.span()
        for border in borders[bisect_right(borders, start) : bisect_left(borders, end)]:
            yield start, border
            start = border
        yield start, end
