"""Gold notes with inline marks: readable at a glance in an editor and in tests.

A corpus file holds notes one after another::

    === ir-001 | voice of the author | tag, tag
    {"treated_veins": [...], "codes": {...}, "not_counted": [...], "flags": [], "access": [],
     "fluoroscopy": true, "review": false}
    ---
    Under <<F|fluoroscopy>> the <<V:left common_iliac_vein:treated|left common iliac vein>> was <<A:performed|dilated>>.

Marks: ``<<A:assertion|text>>``, ``<<V:side name+side name:role|text>>``, ``<<F|text>>``, ``<<X:approach|text>>``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from venocode.anatomy import VESSELS, side_of
from venocode.errors import CorpusError

MARK = re.compile(r"<<(A|V|F|X)(?::([^|<>]*))?\|(.*?)>>", re.DOTALL)
LABELS = {"A": "ANGIOPLASTY", "V": "VEIN", "F": "FLUOROSCOPY", "X": "ACCESS"}
ASSERTIONS = ("performed", "negated", "historical", "planned", "attempted", "other")
ROLES = ("treated", "stented", "access", "imaged")
APPROACHES = ("percutaneous", "open")
SIDES = ("left", "right", "bilateral", "none", "unknown")
GOLD_KEYS = ("treated_veins", "codes", "not_counted", "flags", "access", "fluoroscopy", "review")
GOLD_TYPES = {"treated_veins": (list, "a list"), "codes": (dict, "an object"), "not_counted": (list, "a list"),
              "flags": (list, "a list"), "access": (list, "a list"), "fluoroscopy": (bool, "true or false"),
              "review": (bool, "true or false")}  # fmt: skip
#: Reasons of the result record (docs/result-record.md).
REASONS = ("stent_same_vein", "dialysis_circuit", "all_inclusive", "bridged", "non_angioplasty_balloon", "historical", "planned",
           "attempted", "negated", "imaged_only", "access_only", "artery", "header_only_mismatch", "special")  # fmt: skip


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


def parse_marked(marked: str) -> tuple[str, list[dict[str, Any]]]:
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
    plain: list[str] = []
    spans: list[dict[str, Any]] = []
    at = length = 0
    for m in MARK.finditer(marked):
        plain.append(marked[at : m.start()])
        length += m.start() - at
        kind, attrs, surface = m.group(1), m.group(2), m.group(3)
        if "<<" in surface:
            raise CorpusError(f"nested mark near offset {length}")
        if not surface.strip():
            raise CorpusError(f"empty mark near offset {length}")
        span: dict[str, Any] = {"label": LABELS[kind], "start": length, "end": length + len(surface), "text": surface}
        span.update(_attributes(kind, attrs, length))
        plain.append(surface)
        spans.append(span)
        length += len(surface)
        at = m.end()
    plain.append(marked[at:])
    text = "".join(plain)
    if "<<" in text or ">>" in text:
        raise CorpusError(f"unreadable mark near offset {max(text.find('<<'), text.find('>>'))}")
    return text, spans


def _attributes(kind: str, written: str | None, at: int) -> dict[str, Any]:
    if kind == "F":
        if written is not None:
            raise CorpusError(f"unknown attribute {written!r} near offset {at}; a mark F has none")
        return {}
    attrs = written or ""
    if kind == "A":
        return {"assertion": _one_of(attrs, ASSERTIONS, at)}
    if kind == "X":
        return {"approach": _one_of(attrs, APPROACHES, at)}
    names, _, role = attrs.rpartition(":")
    veins = []
    for part in names.split("+"):
        side, _, vein = part.strip().partition(" ")
        if vein not in VESSELS:
            raise CorpusError(f"unknown vein {vein!r} near offset {at}")
        veins.append({"side": _one_of(side, SIDES, at), "vein": vein})
    return {"veins": veins, "role": _one_of(role, ROLES, at)}


def _one_of(value: str, allowed: Iterable[str], at: int) -> str:
    if value not in allowed:
        raise CorpusError(f"unknown attribute {value!r} near offset {at}; allowed: {', '.join(allowed)}")
    return value


def read_notes(path: Path) -> Iterator[GoldNote]:
    """Read one corpus file of inline-marked notes, checking every mark and every gold record.

    Raises
    ------
    CorpusError
        Naming the file, the note and what is wrong.
    """
    blocks = re.split(r"(?m)^=== ", _text(path))
    for block in blocks[1:]:
        head, _, rest = block.partition("\n")
        note_id, style, tags = ([p.strip() for p in head.split("|")] + ["", ""])[:3]
        record, found, body = rest.partition("\n---\n")
        if not found:
            raise CorpusError(f"{path.name}, note {note_id}: no line '---' between the gold record and the text")
        try:
            gold = json.loads(record)
            text, spans = parse_marked(body.rstrip("\n") + "\n")
            _check(gold)
        except RecursionError:
            raise CorpusError(f"{path.name}, note {note_id}: the gold record is nested too deeply") from None
        except (ValueError, CorpusError) as error:
            raise CorpusError(f"{path.name}, note {note_id}: {error}") from None
        yield GoldNote(note_id, style, tuple(t.strip() for t in tags.split(",") if t.strip()), text, tuple(spans), gold)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise CorpusError(f"{path.name} cannot be read; check the path {path}") from None
    except UnicodeDecodeError as error:
        heads = re.findall(rb"(?m)^=== ([^|\r\n]*)", error.object[: error.start])
        note = f", note {heads[-1].decode('utf-8').strip()}" if heads else ""
        raise CorpusError(f"{path.name}{note}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None


def _check(gold: Any) -> None:
    if not isinstance(gold, dict):
        raise CorpusError("gold record is not a JSON object")
    missing = [k for k in GOLD_KEYS if k not in gold]
    if missing:
        raise CorpusError(f"gold record lacks {', '.join(missing)}")
    for key, (kind, name) in GOLD_TYPES.items():
        if not isinstance(gold[key], kind):
            raise CorpusError(f"{key} must be {name}")
    if not all(isinstance(flag, str) for flag in gold["flags"]):
        raise CorpusError("flags must be a list of strings")
    n = len(gold["treated_veins"])
    want = {"37248": min(n, 1), "37249": max(n - 1, 0)}
    if gold["codes"] != want:
        raise CorpusError(f"codes {gold['codes']} do not fit {n} treated veins")
    treated = [_vein(entry, "vein", "treated_veins") for entry in gold["treated_veins"]]
    if any(side == "bilateral" for _, side in treated):
        raise CorpusError("treated_veins: 'bilateral' is two veins, left and right")
    seen: set[tuple[str, str]] = set()
    for vein in [*treated, *(_vein(entry, "vein", "not_counted") for entry in gold["not_counted"])]:
        if vein in seen:
            raise CorpusError(f"{vein[1]} {vein[0]} stands twice in the gold record")
        seen.add(vein)
    for entry in gold["not_counted"]:
        _known(entry.get("why"), REASONS, "not_counted: why")
    for entry in gold["access"]:
        _vein(entry, "vessel", "access")
        _known(entry.get("approach"), APPROACHES, "access: approach")


def _vein(entry: Any, name: str, key: str) -> tuple[str, str]:
    """The vein and side of one entry of a gold record."""
    if not isinstance(entry, dict) or not isinstance(entry.get(name), str):
        raise CorpusError(f"{key}: an entry lacks '{name}'")
    vein = entry[name]
    if vein not in VESSELS:
        raise CorpusError(f"unknown vein {vein!r}")
    side = _known(entry.get("side"), SIDES, f"{key}: side of {vein}")
    if side_of(vein, side) != side:
        raise CorpusError(f"{key}: side {side!r} does not fit {vein}")
    return vein, side


def _known(value: Any, allowed: tuple[str, ...], what: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise CorpusError(f"{what} is missing or unknown; allowed: {', '.join(allowed)}")
    return value
