"""Gold notes as records, whatever file they come from, and every check that needs no second note.

A file is read into drafts: a draft holds the note as far as it could be read and everything that is wrong with it, each
fault with its remedy. ``venocode corpus validate`` tells them all; everybody else asks for gold notes, and the first
fault is refused with a ``CorpusError``. No message quotes the text of a note: it names offsets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from venocode.anatomy import VESSELS, side_of
from venocode.errors import CorpusError

ASSERTIONS = ("performed", "negated", "historical", "planned", "attempted", "other")
ROLES = ("treated", "stented", "access", "imaged")
APPROACHES = ("percutaneous", "open")
SIDES = ("left", "right", "bilateral", "none", "unknown")
GOLD_KEYS = ("treated_veins", "codes", "not_counted", "flags", "access", "fluoroscopy", "review")
GOLD_TYPES = {"treated_veins": (list, "a list"), "codes": (dict, "an object"), "not_counted": (list, "a list"),
              "flags": (list, "a list"), "access": (list, "a list"), "fluoroscopy": (bool, "true or false"),
              "review": (bool, "true or false")}  # fmt: skip
#: Keys of a gold JSONL line that are not part of the gold record.
NOTE_KEYS = ("note_id", "style", "phenomena", "text", "spans")
#: Reasons of the result record (docs/result-record.md).
REASONS = ("stent_same_vein", "dialysis_circuit", "all_inclusive", "bridged", "non_angioplasty_balloon", "historical", "planned",
           "attempted", "negated", "imaged_only", "access_only", "artery", "header_only_mismatch", "special")  # fmt: skip
#: Elements an auditor looks for; each is a flag ``missing:<element>``.
ELEMENTS = ("access", "fluoroscopy", "lesion", "balloon", "result")
#: Flags of the coding policy.
FLAGS = ("attempted", "balloon_unexplained", "bridging_lesion", "catheter_exchange", "coronary_sinus", "coverage",
         "grouping_differs", "header_body_mismatch", "header_only", "intracranial_sinus", "lead_venoplasty", "old_access",
         "pulmonary_vein", "separate_vein_modifier", "side_unspecified", "special_conduit", "two_routes", "vein_unspecified",
         *(f"missing:{element}" for element in ELEMENTS))  # fmt: skip
#: Flags with which the policy sends a note to a person.
REVIEW_FLAGS = frozenset({
    "intracranial_sinus", "coronary_sinus", "pulmonary_vein", "lead_venoplasty", "catheter_exchange", "old_access",
    "special_conduit", "two_routes", "header_only", "side_unspecified", "vein_unspecified", "balloon_unexplained",
})  # fmt: skip
UNSTORABLE = "holds half a character (a lone surrogate), which no file can store; remove it"
#: The attribute keys of a span, by label.
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "ANGIOPLASTY": ("assertion",),
    "VEIN": ("veins", "role"),
    "FLUOROSCOPY": (),
    "ACCESS": ("approach",),
}


@dataclass(frozen=True, slots=True)
class GoldNote:
    """A note with its marks (offsets into ``text``) and what it earns."""

    note_id: str
    style: str
    phenomena: tuple[str, ...]
    text: str
    spans: tuple[dict[str, Any], ...]
    gold: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """One line of a gold JSONL file."""
        return {
            "note_id": self.note_id,
            "style": self.style,
            "phenomena": list(self.phenomena),
            **self.gold,
            "text": self.text,
            "spans": [dict(s) for s in self.spans],
        }


@dataclass(frozen=True, slots=True)
class Draft:
    """A note as read, right or wrong.

    Parameters
    ----------
    place : str
        What a message names: ``note n-1``, or ``line 3`` where the id itself cannot be read.
    note : GoldNote or None
        The note as far as it could be read; ``None`` when it has no usable shape. Only a note without faults may be used.
    faults : tuple of str
        What is wrong, in the order found, each with its remedy.
    """

    place: str
    note: GoldNote | None
    faults: tuple[str, ...] = ()


def place_of(note_id: str) -> str:
    """How a message names a note."""
    return f"note {note_id}"


def draft_of(record: Any, place: str, faults: Iterable[str] = ()) -> Draft:
    """Check one line of a gold JSONL file, or the same record put together from another format.

    Parameters
    ----------
    record : object
        ``note_id``, ``style``, ``phenomena``, ``text``, ``spans`` and the keys of the gold record.
    place : str
        Where it stands, told when it has no usable id.
    faults : iterable of str
        What the format itself already found; told first.

    Returns
    -------
    Draft
        Spans in the order of the text.
    """
    known = tuple(faults)
    if not isinstance(record, dict):
        return Draft(place, None, (*known, "not a JSON object; write one object a note"))
    shape = tuple(_shape(record))
    note_id = record.get("note_id")
    named = place_of(note_id) if isinstance(note_id, str) and note_id else place
    if shape:
        return Draft(named, None, (*known, *shape))
    gold = {key: value for key, value in record.items() if key not in NOTE_KEYS}
    text, spans = record["text"], record["spans"]
    found = (*known, *span_faults(text, spans), *gold_faults(gold))
    ordered = tuple(spans) if found else in_order(spans)
    note = GoldNote(record["note_id"], record["style"], tuple(record["phenomena"]), text, ordered, gold)
    if not is_storable(note):
        found = (*found, UNSTORABLE)
    return Draft(named, note, found)


def _shape(record: dict[str, Any]) -> Iterator[str]:
    for key in ("note_id", "style", "text"):
        if not isinstance(record.get(key), str):
            yield f"{key} is missing or not a string; write one"
    if record.get("note_id") == "":
        yield "note_id is empty; give the note a name"
    for key in ("phenomena", "spans"):
        if not isinstance(record.get(key), list):
            yield f"{key} is missing or not a list; write [] when there are none"
    if isinstance(tags := record.get("phenomena"), list) and not all(isinstance(tag, str) for tag in tags):
        yield "phenomena must be a list of strings; quote each tag"
    if isinstance(spans := record.get("spans"), list) and not all(isinstance(span, dict) for span in spans):
        yield "spans must be a list of objects; write one object a mark"


def is_storable(note: GoldNote) -> bool:
    """Whether every character of a note can be written to a file; half of an emoji cannot."""
    try:
        json.dumps(note.to_dict(), ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def in_order(spans: Iterable[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Spans in the order of the text: the one order that every format keeps."""
    return tuple(sorted(spans, key=lambda s: (s["start"], s["end"], s["label"])))


def accepted(drafts: Iterable[Draft], source: str) -> Iterator[GoldNote]:
    """The notes of drafts that are all right.

    Raises
    ------
    CorpusError
        At the first draft that is not, naming ``source``, the note and its first fault.
    """
    for draft in drafts:
        if draft.faults or draft.note is None:
            raise CorpusError(f"{source}, {draft.place}: {draft.faults[0]}")
        yield draft.note


# --- spans ---------------------------------------------------------------------------------------------------------------


def where(span: dict[str, Any]) -> str:
    """How a message names a span."""
    return f"{span['label']} at {span['start']}-{span['end']}"


def span_faults(text: str, spans: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Everything wrong with the spans of one note.

    Parameters
    ----------
    text : str
        The text the offsets point into.
    spans : iterable of dict
        ``label``, ``start``, ``end``, ``text`` and the attributes of the label.

    Yields
    ------
    str
        One fault with its remedy.
    """
    seen: set[tuple[str, int, int]] = set()
    for number, span in enumerate(spans, start=1):
        label, start, end = span.get("label"), span.get("start"), span.get("end")
        if not isinstance(label, str) or label not in ATTRIBUTES:
            yield f"span {number}: label is missing or unknown; allowed: {', '.join(ATTRIBUTES)}"
        elif type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
            yield f"span {number}: offsets are no place in the text; count characters from 0, end exclusive"
        else:
            yield from _span_faults(text, span)
            if (label, start, end) in seen:
                yield f"{where(span)} stands twice; keep one"
            seen.add((label, start, end))


def _span_faults(text: str, span: dict[str, Any]) -> Iterator[str]:
    named, wanted = where(span), ATTRIBUTES[span["label"]]
    surface = text[span["start"] : span["end"]]
    if span.get("text") != surface:
        yield f"{named}: its text is not what stands at its offsets; mend the offsets"
    if not surface.strip():
        yield f"{named}: empty mark; mark words or nothing"
    if odd := sorted(map(str, set(span) - {"label", "start", "end", "text", *wanted})):
        yield f"{named}: unknown keys {', '.join(odd)}; remove them"
    for key, allowed in (("assertion", ASSERTIONS), ("role", ROLES), ("approach", APPROACHES)):
        if key in wanted and span.get(key) not in allowed:
            yield f"{named}: {key} is missing or unknown; allowed: {', '.join(allowed)}"
    if "veins" in wanted:
        yield from (f"{named}: {fault}" for fault in _veins_faults(span.get("veins")))


def _veins_faults(veins: Any) -> Iterator[str]:
    if not isinstance(veins, list) or not veins:
        yield "veins is missing or empty; name at least one"
        return
    for vein in veins:
        if not isinstance(vein, dict) or set(vein) != {"side", "vein"}:
            yield "a vein needs 'side' and 'vein' and nothing else; write both"
        elif not isinstance(vein["vein"], str) or vein["vein"] not in VESSELS:
            yield f"unknown vein {vein['vein']!r}; the names stand in venocode/anatomy.py"
        elif vein["side"] not in SIDES:
            yield f"side of {vein['vein']} is unknown; allowed: {', '.join(SIDES)}"


# --- the gold record -----------------------------------------------------------------------------------------------------


def gold_faults(gold: dict[str, Any]) -> Iterator[str]:
    """Everything wrong with a gold record by itself.

    Parameters
    ----------
    gold : dict
        What a note earns (``GOLD_KEYS``).

    Yields
    ------
    str
        One fault with its remedy.
    """
    shape = list(_gold_shape(gold))
    yield from shape
    if not shape:
        yield from _gold_values(gold)


def _gold_shape(gold: dict[str, Any]) -> Iterator[str]:
    if missing := [key for key in GOLD_KEYS if key not in gold]:
        yield f"gold record lacks {', '.join(missing)}; every record has {', '.join(GOLD_KEYS)}"
    for key, (kind, name) in GOLD_TYPES.items():
        if key in gold and not isinstance(gold[key], kind):
            yield f"{key} must be {name}; write it so"


def _gold_values(gold: dict[str, Any]) -> Iterator[str]:
    if not all(isinstance(flag, str) for flag in gold["flags"]):
        yield "flags must be a list of strings; quote each flag"
    n = len(gold["treated_veins"])
    want = {"37248": min(n, 1), "37249": max(n - 1, 0)}
    if gold["codes"] != want:
        yield f"codes {gold['codes']} do not fit {n} treated veins; write {json.dumps(want)} or mend the veins"
    for key, name in (("treated_veins", "vein"), ("not_counted", "vein"), ("access", "vessel")):
        for entry in gold[key]:
            yield from _entry_faults(entry, name, key)
    if any(isinstance(entry, dict) and entry.get("side") == "bilateral" for entry in gold["treated_veins"]):
        yield "treated_veins: 'bilateral' is two veins, left and right; write both"
    yield from _repeated([*gold["treated_veins"], *gold["not_counted"]])
    for key, what, allowed in (("not_counted", "why", REASONS), ("access", "approach", APPROACHES)):
        for entry in gold[key]:
            if isinstance(entry, dict) and entry.get(what) not in allowed:
                yield f"{key}: {what} is missing or unknown; allowed: {', '.join(allowed)}"


def _entry_faults(entry: Any, name: str, key: str) -> Iterator[str]:
    """Faults of one vein or vessel of a gold record."""
    if not isinstance(entry, dict) or not isinstance(entry.get(name), str):
        yield f"{key}: an entry lacks '{name}'; write an object with '{name}' and 'side'"
        return
    vein, side = entry[name], entry.get("side")
    if vein not in VESSELS:
        yield f"{key}: unknown vein {vein!r}; the names stand in venocode/anatomy.py"
    elif not isinstance(side, str) or side not in SIDES:
        yield f"{key}: side of {vein} is missing or unknown; allowed: {', '.join(SIDES)}"
    elif side_of(vein, side) != side:
        yield f"{key}: side {side!r} does not fit {vein}; write {side_of(vein, side)!r}"


def _repeated(entries: Iterable[Any]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        vein = (str(entry.get("vein")), str(entry.get("side"))) if isinstance(entry, dict) else None
        if vein is not None and vein in seen:
            yield f"{vein[1]} {vein[0]} stands twice in the gold record; name it once"
        elif vein is not None:
            seen.add(vein)
