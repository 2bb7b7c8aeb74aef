"""Section headings of operative notes: line-anchored, an own lexicon (sections.yaml), one linear pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from venocode.rules import load_rules

LINE_HEADING = re.compile(
    r"^[ \t]*(?:[-*•#]+\s*)?(?:(?:\(?(?:\d{1,2}|[A-Za-z]|[ivx]{1,4})[.)]|\d{1,2})\s+)?"
    r"([A-Za-z][A-Za-z0-9 /&,'()\-]{1,70}?)\s*(:+|\s-{1,2}\s|\s\|\s|\.(?=\s)|$)"
)
CAPITALS = re.compile(r"^[ \t]*((?:[A-Z][A-Z/&'\-]+)(?:[ /&,]+[A-Z][A-Z/&'\-]+){0,5})(?=\s)")
INLINE = re.compile(r"(?:(?<=[.;!?)]\s)|(?<=[.;]))\s*((?:[A-Z][A-Za-z/&'\-]*)(?: [A-Za-z/&'\-]+){0,4})\s?:(?=[\s,])")
FINITE = re.compile(r"\b(?:was|were|is|are|had|has|have|been|did|showed|shows|came|went|took)\b", re.IGNORECASE)
OWN_LINE = re.compile(r"[A-Z][a-z]+(?:[ ,/&-]{1,2}[A-Za-z]+){0,4}:?[ \t]*")
OF_THE_PAST = re.compile(
    r"\b(?:previous|prior|past|earlier|before|old|former|family|social|drugs?|allerg\w+)\b", re.IGNORECASE
)
INFLATED = re.compile(r"\b(?:atm|waist|residual|inflations?|inflated|\d+ ?x ?\d+|atmospheres)\b", re.IGNORECASE)
BODY_BEGINS = re.compile(
    r"\b(?:punctured|accessed|prepped|draped|micropuncture|micropunctured|time-?out|local anaesthetic|lignocaine|lidocaine)\b",
    re.IGNORECASE,
)
YEAR = re.compile(r"\b(?:19|20)\d\d\b|\b(?:ago|elsewhere|last|since)\b", re.IGNORECASE)
FOUND = re.compile(r"\b(?:re)?stenos|\bnarrow|\bpatent|\bocclu|\bopen\b", re.IGNORECASE)
PLACED = re.compile(r"\b(?:deployed|placed|implanted)\b|\d ?(?:mm ?)?x ?\d", re.IGNORECASE)
NAMES_OF_PROCEDURE = ("proc name", "procedure name", "name of procedure", "operation name", "name of operation")
#: Headings that seldom stand over a title.
DEEDS = frozenset({"treatment", "intervention", "interventions", "therapy"})
PROSE_LENGTH = 150
MOST_WORDS = 8


@lru_cache(maxsize=1)
def _lexicon() -> tuple[dict[str, dict[str, Any]], list[tuple[str, dict[str, Any]]]]:
    exact: dict[str, dict[str, Any]] = {}
    words: list[tuple[str, dict[str, Any]]] = []
    for section in load_rules()["sections"]["sections"]:
        for heading in section["headings"]:
            exact.setdefault(heading, section)
        words.extend((word, section) for word in section.get("words", ()))
    return exact, words


@lru_cache(maxsize=4096)
def plain(heading: str) -> str:
    """A heading as the lexicon spells it: lower-case words."""
    return " ".join(re.findall(r"[a-z]+", heading.lower()))


def find_headings(text: str) -> list[tuple[int, int, str, str]]:
    """Headings as (start, end of heading, section name, kind), in text order."""
    found: list[tuple[int, int, str, str]] = []
    at = 0
    lines = text.split("\n")
    for i, line in enumerate(lines):
        heads = list(_line(line))
        found.extend((at + s, at + e, sec["name"], sec["kind"]) for s, e, sec in heads)
        if not heads and found and found[-1][3] == "past" and _unknown_heading(lines, i):
            found.append((at, at + len(line), "narrative", "body"))
        elif not heads and found and found[-1][3] == "past" and _begins_body(line):
            found.append((at, at, "narrative", "body"))
        at += len(line) + 1
    return _settle_ambiguous(found, text)


def _unknown_heading(lines: list[str], i: int) -> bool:
    """ "First step" on a line of its own: a heading outside the lexicon still ends a history."""
    if not (0 < i < len(lines) - 1 and not lines[i - 1].strip() and lines[i + 1].strip()):
        return False
    prose = bool(FINITE.search(lines[i + 1])) or len(lines[i + 1]) > 60
    return prose and bool(OWN_LINE.fullmatch(lines[i])) and not OF_THE_PAST.search(lines[i])


def _begins_body(line: str) -> bool:
    """ "RFV accessed under ultrasound, 6F": the procedure begins, though no heading says that the history is over."""
    return bool(BODY_BEGINS.search(line)) and not OF_THE_PAST.search(line) and not YEAR.search(line)


def _line(line: str) -> Iterator[tuple[int, int, dict[str, Any]]]:
    exact, words = _lexicon()
    end = 0
    m = LINE_HEADING.match(line)
    if m:
        section = _section_for(m.group(1), m.group(2), exact, words)
        if section is not None and section["kind"] == "consent" and m.group(2) == ".":
            section = None  # "Informed consent. The graft ..." is a sentence
        if section is not None:
            end = m.end()
            yield m.start(1), end, section
    if not end:
        c = CAPITALS.match(line)
        if c and (section := exact.get(plain(c.group(1)))) is not None:
            end = c.end(1)
            yield c.start(1), end, section
    for m in INLINE.finditer(line, end) if line.find(":", end) >= 0 else ():  # most lines of prose hold no colon
        section = exact.get(plain(m.group(1)))
        if section is not None:
            yield m.start(1), m.end(), section


def _section_for(heading: str, mark: str, exact: dict[str, Any], words: list[tuple[str, Any]]) -> dict[str, Any] | None:
    key = plain(heading)
    if key in exact:
        section: dict[str, Any] = exact[key]
        return None if section["name"] == "implants" and heading[-1:].isdigit() else section  # "Stent 2: 14 x 60"
    count = len(key.split())
    if mark.strip() == "|" and any(f" {w}" in f" {key}" for w in NAMES_OF_PROCEDURE):
        named: dict[str, Any] = exact["procedure name"]
        return named  # a row of a record: "PROC NAME(S) | 1. ..."
    if count == 0 or count > MOST_WORDS or mark.strip() not in (":", "") or (FINITE.search(heading) and count > 5):
        return None
    if mark.strip() == "" and (count > 6 or not heading[:1].isupper()):
        return None
    padded = f" {key}"
    for word, candidate in words:
        if f" {word}" in padded:
            if mark.strip() == "" and candidate["kind"] == "body" and count > 5:
                return None
            return candidate  # type: ignore[no-any-return]
    return None


def _settle_ambiguous(found: list[tuple[int, int, str, str]], text: str) -> list[tuple[int, int, str, str]]:
    """ "PROCEDURE:" heads a title or a narrative: its own text tells."""
    out: list[tuple[int, int, str, str]] = []
    for i, (start, end, name, kind) in enumerate(found):
        stop = found[i + 1][0] if i + 1 < len(found) else len(text)
        content = text[end:stop]
        if kind == "ambiguous":
            told = len(content) > PROSE_LENGTH and len(FINITE.findall(content)) >= 1
            enough = 1 if plain(text[start:end]) in DEEDS else 2
            narrative = told or len(INFLATED.findall(content)) >= enough or len(content) > 500
            name, kind = ("technique", "body") if narrative else ("procedure", "header")
        elif (kind == "header" and len(content) > 450 and len(FINITE.findall(content)) >= 4) or (
            name == "dose" and len(FINITE.findall(content)) >= 3
        ):
            name, kind = "technique", "body"
        elif name == "implants" and FOUND.search(content) and not PLACED.search(content):
            name, kind = "findings", "body"  # "Stents: in-stent restenosis, R 70%"
        elif kind == "past" and "imaging" in plain(text[start:end]) and any(s[3] == "body" for s in out):
            name, kind = "findings", "body"  # after the access it is today's
        out.append((start, end, name, kind))
    return out
