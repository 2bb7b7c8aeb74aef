"""Line structure: real borders stay line ends, wraps and runs of white space become one space."""

from __future__ import annotations

import re

from venocode.text.furniture import drop_furniture
from venocode.text.lines import FIELD_GAP, Line, Link, all_capitals, classify, split_lines
from venocode.text.mapping import CELL, PAGE, Edit, Mapped
from venocode.text.wrapping import find_wraps

_RUN = re.compile(r"\s{2,}|[^\S ]")
_ROW_RUN = re.compile(rf"(?<!\s)(?:\s*[\t{CELL}]\s*|(?<!\.)\s{{2,}}|\s{{{FIELD_GAP},}})")
_HYPHENATED = re.compile(r"[a-z]{2,}-$")
_WORD_START = re.compile(r"(?!(?:and|or|to)\b)[a-z]{2,}")
_OPEN_COMPOUND = re.compile(r"\w[-/]$")
_WHOLE_WORD = re.compile(
    r"\b(?:left|right|drug|balloon|high|low|self|end|side|non|well|long|short|mid|catheter|stent|post|pre|half|over|"
    r"two|three|four|second|first|small|large|near|full|single|double|cross|follow|pull|peel|roll)-$"
)
_LABELLED = re.compile(r"[A-Za-z][\w /.&#-]{0,30}:")
_ROUNDS = 3


def lay_out(note: Mapped, stable: bool) -> tuple[Mapped, frozenset[int]]:
    """Judge every line end of a note and collapse its white space.

    Parameters
    ----------
    note : Mapped
        A note with clean characters.
    stable : bool
        Whether reading the result again must give the same text. A border that would then be taken for a wrap, since
        the columns that showed it are gone, is written as a paragraph border.

    Returns
    -------
    tuple of (Mapped, frozenset of int)
        The text, and the offsets of its spaces that were wide (columns of a table, header fields).
    """
    lines, wraps = _read(note.text)
    borders = [Link.NEXT if wrap else _border(line) for line, wrap in zip(lines, wraps, strict=True)]
    if stable:
        _settle(lines, wraps, borders)
    edits, gaps = _edits(note.text, lines, wraps, borders)
    return (note.edited(edits) if edits else note), gaps


def _read(text: str) -> tuple[list[Line], list[bool]]:
    lines = split_lines(text)
    if PAGE in text or "page" in text.lower():  # without either there is no page furniture to look for
        lines = drop_furniture(lines)
    classify(lines, all_capitals(lines))
    return lines, find_wraps(lines)


def _border(line: Line) -> Link:
    return Link.BLANK if line.link is Link.BLANK or line.link is Link.PAGE else Link.HARD


def _settle(lines: list[Line], wraps: list[bool], borders: list[Link]) -> None:
    """Turn line borders into paragraph borders where a second reading would take them for wraps."""
    if len(lines) < 2:
        return
    firsts = [position for position, wrap in enumerate(wraps) if not wrap]
    bodies = _joined(lines, firsts)
    for attempt in range(_ROUNDS):
        text = "".join(
            ("" if not number else "\n" if borders[first] is Link.HARD else "\n\n") + body
            for number, (first, body) in enumerate(zip(firsts, bodies, strict=True))
        )
        again = _read(text)[1]
        if not any(again) or len(again) != len(firsts):
            return
        for first, wrap in zip(firsts, again, strict=True):
            if wrap or attempt == _ROUNDS - 2:
                borders[first] = Link.BLANK


def _joined(lines: list[Line], firsts: list[int]) -> list[str]:
    ends = [*firsts[1:], len(lines)]
    bodies = []
    for first, end in zip(firsts, ends, strict=True):
        body = lines[first].body
        for line in lines[first + 1 : end]:
            drop, space = _seam(body, line.body)
            body = body[: len(body) - drop] + space + line.body
        bodies.append(" ".join(body.split()) if _has_runs(body) else body)
    return bodies


def _seam(before: str, after: str) -> tuple[int, str]:
    """How two parts of a wrapped line meet: characters to drop from the first, and what to put between."""
    if not _OPEN_COMPOUND.search(before) or before[-1] == "/":
        return 0, " "
    if _HYPHENATED.search(before):
        if not _WORD_START.match(after):
            return 0, " "
        return (0 if _WHOLE_WORD.search(before) else 1), ""
    return 0, "" if after[0].isalnum() else " "


def _edits(text: str, lines: list[Line], wraps: list[bool], borders: list[Link]) -> tuple[list[Edit], frozenset[int]]:
    edits: list[Edit] = []
    gaps: list[int] = []
    position, shift = 0, 0
    for number, line in enumerate(lines):
        new, start = "", position
        if number:
            new = "\n" if borders[number] is Link.HARD else "\n\n"
            if wraps[number]:
                drop, new = _seam(lines[number - 1].body, line.body)
                start -= drop
        if text[start : line.start] != new:
            edits.append((start, line.start, new))
            shift += len(new) - (line.start - start)
        wide = _columns(line, wraps, number) if line.gaps else ()
        for found in _RUN.finditer(line.body) if _has_runs(line.body) else ():
            run = line.start + found.start()
            if run in wide:
                gaps.append(run + shift)
            edits.append((run, line.start + found.end(), " "))
            shift -= found.end() - found.start() - 1
        position = line.end
    if position < len(text):
        edits.append((position, len(text), ""))
    return edits, frozenset(gaps)


def _has_runs(body: str) -> bool:
    """Whether ``_RUN`` may find something: of all white space only a plain space is printable."""
    return "  " in body or not body.isprintable()


def _columns(line: Line, wraps: list[bool], number: int) -> set[int]:
    """Starts of the wide runs of a line that separate columns; those inside running text do not."""
    if line.row:
        return {line.start + found.start() for found in _ROW_RUN.finditer(line.body)}
    joined = wraps[number] or (number + 1 < len(wraps) and wraps[number + 1])
    return {start for start, end in line.gaps if _is_column(line, start - line.start, end - line.start, joined)}


def _is_column(line: Line, start: int, end: int, joined: bool) -> bool:
    body = line.body
    if CELL in body[start:end] or body[start - 1] in ".:;|)]" or _LABELLED.match(body, end):
        return True
    return not joined and len(line.gaps) == 1 and not body[end].islower() and len(body) <= 100
