"""Transcription archives: notes stored as one line, their line ends turned into commas.

``FINDINGS: , Normal.,PLAN:,1. Observe.,2. Return.`` had a line end where each of these commas stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from venocode.text.mapping import HARD, PAGE, Edit, Mapped

_COLUMNS_PER_LINE = 400
_NEWLINE = re.compile(rf"[\n{HARD}{PAGE}]")
_MARK = re.compile(r"[.:?!]\s*,(?=\s*[A-Z\d])|,,")
_SURE_MARK = re.compile(r"[A-Za-z]:\s*,\s*[A-Z\d]|[a-z]{3}\.,[A-Z]")

_ITEM = r"(?:\d{1,2}[.)](?!\d)|[a-h][.)]\s|\*\s)"
_SEPARATOR = re.compile(
    rf"""
    (?P<list>(?<=:)\s*,[\s,]*(?={_ITEM}))                    # PROCEDURES:,1. Venography
  | (?P<heading>(?<=:)\s*,[\s,]*)                            # FINDINGS: , Normal
  | (?P<sentence>(?<=[.?!])(?:,|\s+,)(?:\s*,)*(?=[^\sa-z,]|{_ITEM})  # one.,Two   one. ,2. two
    | (?<=[.?!])\s+,[\s,]*                                   # one. , Two
    | (?<=[a-z]{{4}}\.),\s+(?=[A-Z]|{_ITEM})                 # performed., Two (but "q.d., Two" is prose)
    | (?<=[)\]%]\.),\s+(?=[A-Z]|{_ITEM}))
  | (?P<double>(?<!\s)\s*,\s*,[\s,]*)                             # one,,two
  | (?P<item>(?:(?<!\d)|(?<=\d\d\d\d)),(?=\d{{1,2}}[.)](?:\s|[A-Z])|\*\s))
  | (?P<label>,(?=[A-Z][A-Z0-9\ /&()'-]{{1,50}}:))           # Minimal,DRAINS: None
  | (?P<word>(?<=[a-z0-9)%]),(?=[A-Z][a-z]+[\ ,:.]))         # General,Specimens
    """,
    re.VERBOSE,
)
_BORDER = re.compile(HARD)
_BARE_HEADING = re.compile(r"(?:[A-Z][A-Z0-9 /&()'-]{4,60}|[A-Z]{4}(?=,[A-Z][a-z]))(?P<comma>,)(?=\S)")


def is_archive(text: str) -> bool:
    """Whether a text has (almost) no line ends and at least two separators; one sure separator where it has none."""
    body = text.strip()
    ends = len(_NEWLINE.findall(body))
    if ends * _COLUMNS_PER_LINE > len(body):
        return False
    if not ends and _SURE_MARK.search(body):
        return True
    marks = _MARK.finditer(body)
    return next(marks, None) is not None and next(marks, None) is not None


def split_archive(note: Mapped) -> Mapped:
    """Give an archive its line ends back; a note of another kind is returned as it is."""
    if not is_archive(note.text):
        return note
    edits: list[Edit] = [
        (found.start(), found.end(), " " if found.lastgroup == "heading" else HARD) for found in _separators(note.text)
    ]
    if not edits:
        return note
    note = note.edited(edits)
    headings = [(found.start("comma"), found.end("comma"), HARD) for found in _bare_headings(note.text)]
    return note.edited(headings) if headings else note


def _separators(text: str) -> Iterator[re.Match[str]]:
    """What ``_SEPARATOR.finditer`` finds, tried only where it can begin: at a comma or the white space before one."""
    end = 0
    comma = text.find(",")
    while comma >= 0:
        start = comma
        while start > end and text[start - 1].isspace():
            start -= 1
        found = _SEPARATOR.match(text, start) or _SEPARATOR.match(text, comma)
        if found:
            yield found
        end = found.end() if found else comma + 1
        comma = text.find(",", end)


def _bare_headings(text: str) -> Iterator[re.Match[str]]:
    """Headings without a colon, tried only where a line begins."""
    starts = [0, *(found.end() for found in _BORDER.finditer(text))]
    return filter(None, (_BARE_HEADING.match(text, start) for start in starts))
