"""Short invented notes with inline marks (see ``venocode.corpus``): coded by one engine, compared with their marks."""

from __future__ import annotations

from functools import cache
from typing import Any

import venocode
from venocode.corpus import LABELS, parse_marked
from venocode.engine import Engine
from venocode.records import Mention, NoteResult

LETTERS = {label: letter for letter, label in LABELS.items()}


@cache
def engine() -> Engine:
    """The one engine of the test session."""
    return venocode.load()


def coded(note: str) -> NoteResult:
    """Code a note; inline marks are stripped first."""
    text, _ = parse_marked(note)
    return engine().code(text)


def assert_mentions(marked: str, only: str = "AVFX") -> NoteResult:
    """The mentions found are exactly the marked ones: label, place and attribute.

    ``only`` names the kinds compared (A, V, F, X): "V" for a note that is about veins alone.
    """
    text, spans = parse_marked(marked)
    result = engine().code(text)
    wanted = [(s["start"], s["end"], _mark(s)) for s in spans if LETTERS[s["label"]] in only]
    found = [(m.start, m.end, _mark(_span(m))) for m in result.mentions if LETTERS[m.label] in only]
    assert render(text, found) == render(text, wanted)
    return result


def _span(mention: Mention) -> dict[str, Any]:
    return mention.to_dict()


def _mark(span: dict[str, Any]) -> str:
    """The head of a mark, both sides written out: ``V:left iliac_vein+right iliac_vein:treated``."""
    letter = LETTERS[span["label"]]
    if letter == "A":
        return f"A:{span['assertion']}"
    if letter == "X":
        return f"X:{span['approach']}"
    if letter == "F":
        return "F"
    names = sorted(
        f"{side} {v['vein']}"
        for v in span["veins"]
        for side in (("left", "right") if v["side"] == "bilateral" else (v["side"],))
    )
    return f"V:{'+'.join(names)}:{span['role']}"


def render(text: str, marks: list[tuple[int, int, str]]) -> str:
    """Text with marks written into it: what a failing test shows."""
    for start, end, head in sorted(marks, reverse=True):
        text = f"{text[:start]}<<{head}|{text[start:end]}>>{text[end:]}"
    return text


def counted(note: str) -> list[str]:
    """The veins that earn a unit, in the order of the note: ``["left common_iliac_vein"]``."""
    return [f"{v.vein.side} {v.vein.vein}" for v in coded(note).veins if v.decision == "counted"]


def reasons(note: str) -> dict[str, str | None]:
    """Why each vein of the note earns no unit: ``{"left common_femoral_vein": "imaged_only"}``."""
    return {f"{v.vein.side} {v.vein.vein}": v.reason for v in coded(note).veins if v.decision == "not_counted"}


def assertions(note: str) -> list[str | None]:
    """The assertion of every balloon act of the note, in order."""
    return [m.assertion for m in coded(note).mentions if m.label == "ANGIOPLASTY"]


def named(note: str) -> list[str]:
    """Every vein named, mention by mention, as ``side vein`` with ``+`` inside a mention."""
    return ["+".join(f"{v.side} {v.vein}" for v in m.veins) for m in coded(note).mentions if m.label == "VEIN"]


def found(note: str, label: str) -> list[str]:
    """The words of every mention of a label."""
    return [m.text for m in coded(note).mentions if m.label == label]
