"""Gold notes with inline marks: readable at a glance in an editor and in tests.

A corpus file holds notes one after another::

    === ir-001 | voice of the author | tag, tag
    {"treated_veins": [...], "codes": {...}, "not_counted": [...], "flags": [], "access": [],
     "fluoroscopy": true, "review": false}
    ---
    Under <<F|fluoroscopy>> the <<V:left common_iliac_vein:treated|left common iliac vein>> was <<A:performed|dilated>>.

Marks: ``<<A:assertion|text>>``, ``<<V:side name+side name:role|text>>``, ``<<F|text>>``, ``<<X:approach|text>>``.
Marks never nest or overlap, a text ends with one line break, and Windows line ends are read as plain ones: a note that
needs more is refused by the writer, never changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from venocode.anatomy import VESSELS
from venocode.corpus.gold import (
    APPROACHES,
    ASSERTIONS,
    NOTE_KEYS,
    ROLES,
    SIDES,
    Draft,
    GoldNote,
    accepted,
    draft_of,
    in_order,
    place_of,
    where,
)
from venocode.errors import CorpusError

MARK = re.compile(r"<<(A|V|F|X)(?::([^|<>]*))?\|(.*?)>>", re.DOTALL)
#: What looks like a mark but is none.
STRAY = re.compile(r"<<(?:[^<>\n]*>>)?|>>")
HEADER = re.compile(r"(?m)^=== ")
LABELS = {"A": "ANGIOPLASTY", "V": "VEIN", "F": "FLUOROSCOPY", "X": "ACCESS"}
LETTERS = {label: letter for letter, label in LABELS.items()}
ELSEWHERE = "write this note to jsonl, brat, labelstudio or docbin instead"

Span = dict[str, Any]


# --- marks -> text and spans ---------------------------------------------------------------------------------------------


def parse_marked(marked: str) -> tuple[str, list[Span]]:
    """Strip inline marks.

    Parameters
    ----------
    marked : str
        Text with inline marks.

    Returns
    -------
    tuple of str and list of dict
        The plain text and one span a mark, offsets into the plain text.

    Raises
    ------
    CorpusError
        When a mark has an unknown attribute or holds no text, or marks are nested.
    """
    text, spans, faults = _parse(marked)
    if faults:
        raise CorpusError(faults[0])
    return text, spans


def _parse(marked: str) -> tuple[str, list[Span], list[str]]:
    """Plain text, the spans that can be read, and what is wrong with the rest."""
    plain: list[str] = []
    spans: list[Span] = []
    faults: list[str] = []
    at = length = 0
    for m in MARK.finditer(marked):
        between = marked[at : m.start()]
        faults += _stray(between, length)
        length += len(between)
        kind, written, surface = m.group(1), m.group(2), m.group(3)
        if "<<" in surface:
            faults.append(f"nested mark near offset {length}; close the outer mark before the inner one")
        elif not surface.strip():
            faults.append(f"empty mark near offset {length}; mark words or nothing")
        else:
            span = {"label": LABELS[kind], "start": length, "end": length + len(surface), "text": surface}
            try:
                spans.append(span | parse_attributes(LABELS[kind], written, length))
            except CorpusError as error:
                faults.append(str(error))
        plain += [between, surface]
        length += len(surface)
        at = m.end()
    faults += _stray(marked[at:], length)
    text = "".join([*plain, marked[at:]])
    if not faults:
        faults += _stray(text, 0)  # brackets that only meet once a mark is stripped
    return text, spans, faults


def _stray(text: str, offset: int) -> list[str]:
    return [f"unreadable mark near offset {offset + m.start()}; see the format of marks" for m in STRAY.finditer(text)]


def parse_attributes(label: str, written: str | None, at: int) -> Span:
    """The attributes of a span from the way a mark writes them.

    Parameters
    ----------
    label : str
        Label of the span.
    written : str or None
        ``performed``, ``left femoral_vein+right femoral_vein:treated``, ``percutaneous``; ``None`` when nothing is written.
    at : int
        Offset for the message.

    Returns
    -------
    dict
        The attribute keys of the label.

    Raises
    ------
    CorpusError
        When a value is not known.
    """
    if label == "FLUOROSCOPY":
        if written is not None:
            raise CorpusError(f"unknown attribute {written!r} near offset {at}; a mark F has none")
        return {}
    attrs = written or ""
    if label == "ANGIOPLASTY":
        return {"assertion": _one_of(attrs, ASSERTIONS, at)}
    if label == "ACCESS":
        return {"approach": _one_of(attrs, APPROACHES, at)}
    names, _, role = attrs.rpartition(":")
    veins = []
    for part in names.split("+"):
        side, _, vein = part.strip().partition(" ")
        if vein not in VESSELS:
            raise CorpusError(f"unknown vein {vein!r} near offset {at}; the names stand in venocode/anatomy.py")
        veins.append({"side": _one_of(side, SIDES, at), "vein": vein})
    return {"veins": veins, "role": _one_of(role, ROLES, at)}


def _one_of(value: str, allowed: Iterable[str], at: int) -> str:
    if value not in allowed:
        raise CorpusError(f"unknown attribute {value!r} near offset {at}; allowed: {', '.join(allowed)}")
    return value


# --- text and spans -> marks ---------------------------------------------------------------------------------------------


def attributes_of(span: Span) -> str | None:
    """The attributes of a span as a mark writes them; ``None`` when the label has none."""
    if span["label"] == "FLUOROSCOPY":
        return None
    if span["label"] == "VEIN":
        names = "+".join(f"{vein['side']} {vein['vein']}" for vein in span["veins"])
        return f"{names}:{span['role']}"
    return str(span["assertion" if span["label"] == "ANGIOPLASTY" else "approach"])


def to_marked(text: str, spans: Iterable[Span]) -> str:
    """Write marks into a text: what ``parse_marked`` strips again.

    Parameters
    ----------
    text : str
        Plain text.
    spans : iterable of dict
        Spans with offsets into ``text``, in any order.

    Returns
    -------
    str
        Text with inline marks.

    Raises
    ------
    CorpusError
        When two spans overlap, or when brackets of the text would be read as marks.
    """
    ordered = in_order(spans)
    refuse_overlap(ordered)
    if stray := STRAY.search(text):
        raise CorpusError(f"text holds double angle brackets at offset {stray.start()}; {ELSEWHERE}")
    parts: list[str] = []
    at = 0
    for span in ordered:
        written = attributes_of(span)
        head = LETTERS[span["label"]] + ("" if written is None else f":{written}")
        parts += [text[at : span["start"]], f"<<{head}|{text[span['start'] : span['end']]}>>"]
        at = span["end"]
    marked = "".join([*parts, text[at:]])
    if parse_marked(marked) != (text, list(ordered)):
        raise CorpusError(f"angle brackets of the text touch a mark; {ELSEWHERE}")
    return marked


def refuse_overlap(ordered: Iterable[Span]) -> None:
    """Refuse spans that overlap.

    Parameters
    ----------
    ordered : iterable of dict
        Spans in the order of the text.

    Raises
    ------
    CorpusError
        Naming the first two that do.
    """
    for one, two in pairwise(ordered):
        if two["start"] < one["end"]:
            raise CorpusError(f"{where(one)} and {where(two)} overlap, marks never nest; {ELSEWHERE}")


# --- files ---------------------------------------------------------------------------------------------------------------


def read_notes(path: Path) -> Iterator[GoldNote]:
    """Read one corpus file of inline-marked notes, checking every mark and every gold record.

    Raises
    ------
    CorpusError
        Naming the file, the note and what is wrong.
    """
    return accepted(read_drafts(path), path.name)


def read_drafts(path: Path) -> Iterator[Draft]:
    """Read one corpus file of inline-marked notes with everything that is wrong with each.

    Raises
    ------
    CorpusError
        When the file itself cannot be read.
    """
    before, *blocks = HEADER.split(_text(path))
    if before.strip():
        yield Draft(
            "head of the file", None, ("text stands before the first line '=== '; give the note its header line",)
        )
    for block in blocks:
        yield _draft(block)


def _draft(block: str) -> Draft:
    head, _, rest = block.partition("\n")
    note_id, style, tags, *more = [*(part.strip() for part in head.split("|")), "", ""]
    faults = [] if not any(more) else ["header line has more than three parts; write: id | voice | tag, tag"]
    record, found, body = rest.partition("\n---\n")
    if not found:
        return Draft(
            place_of(note_id), None, (*faults, "no line '---' between the gold record and the text; write one")
        )
    text, spans, marks = _parse(body.rstrip("\n") + "\n")
    try:
        gold = json.loads(record)
    except RecursionError:
        return Draft(place_of(note_id), None, (*faults, "the gold record is nested too deeply; see the format"))
    except ValueError as error:
        return Draft(place_of(note_id), None, (*faults, f"gold record is no JSON: {error}; mend it there", *marks))
    faults += marks
    if not isinstance(gold, dict) or any(key in gold for key in NOTE_KEYS):
        from_gold = "is not a JSON object" if not isinstance(gold, dict) else f"holds one of {', '.join(NOTE_KEYS)}"
        return Draft(place_of(note_id), None, (*faults, f"gold record {from_gold}; see the format"))
    phenomena = [tag.strip() for tag in tags.split(",") if tag.strip()]
    note = {"note_id": note_id, "style": style, "phenomena": phenomena, **gold, "text": text, "spans": spans}
    return draft_of(note, place_of(note_id), faults)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except OSError:
        raise CorpusError(f"{path.name} cannot be read; check the path {path}") from None
    except UnicodeDecodeError as error:
        heads = re.findall(rb"(?m)^=== ([^|\r\n]*)", error.object[: error.start])
        note = f", note {heads[-1].decode('utf-8').strip()}" if heads else ""
        raise CorpusError(f"{path.name}{note}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None


def to_block(note: GoldNote) -> str:
    """One note as it stands in a corpus file.

    Parameters
    ----------
    note : GoldNote
        The note.

    Returns
    -------
    str
        Header line, gold record, ``---`` and the marked text, which ``read_notes`` reads back to the same note.

    Raises
    ------
    CorpusError
        When the format cannot carry the note, naming it and why.
    """
    try:
        if not note.text.endswith("\n") or note.text.endswith("\n\n"):
            raise CorpusError(f"text does not end with exactly one line break; {ELSEWHERE}")
        if "\r\n" in note.text:
            raise CorpusError(f"text has Windows line ends, at offset {note.text.index(chr(13))}; {ELSEWHERE}")
        marked = to_marked(note.text, note.spans)
    except CorpusError as error:
        raise CorpusError(f"{place_of(note.note_id)}: {error}") from None
    head = f"{note.note_id} | {note.style} | {', '.join(note.phenomena)}"
    block = f"=== {head}\n{_record(note.gold)}\n---\n{marked}"
    _refuse_loss(note, block)
    return block


def _record(gold: Span) -> str:
    """A gold record, one key a line; the two verdicts at its end share one."""
    parts = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in gold.items()]
    lines = ",\n ".join(parts)
    return "{" + lines.replace(',\n "review": ', ', "review": ') + "}"


def _refuse_loss(note: GoldNote, block: str) -> None:
    """Read a block back and refuse it where the note has changed."""
    again = [_draft(part).note for part in HEADER.split(block)[1:]]
    first = again[0]
    if len(again) > 1:
        what = "a line of the text begins with '=== '"
    elif first is None:
        what = "its header line cannot be read back"
    else:
        changed = [
            key
            for key in ("note_id", "style", "phenomena", "text", "gold")
            if getattr(first, key) != getattr(note, key)
        ]
        if not changed:
            return
        what = f"{changed[0]} does not come back as it was (bars, commas, line ends or white space in it)"
    raise CorpusError(f"{place_of(note.note_id)}: {what}; {ELSEWHERE}")


def write_notes(notes: Iterable[GoldNote]) -> str:
    """A corpus file of inline-marked notes.

    Parameters
    ----------
    notes : iterable of GoldNote
        The notes in order.

    Returns
    -------
    str
        The content of the file.

    Raises
    ------
    CorpusError
        When the format cannot carry a note, naming it and why.
    """
    return "\n".join(map(to_block, notes))
