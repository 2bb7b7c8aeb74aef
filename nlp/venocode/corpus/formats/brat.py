r"""brat standoff: a directory of ``.txt`` and ``.ann`` files.

Marks are text-bound lines (``T1\tVEIN 10 24\t...``), several fragments where a mark crosses a line break; ``Assertion``,
``Role`` and ``Approach`` are attribute lines; the canonical veins of a mark stand in an ``AnnotatorNotes`` comment
(``#1\tAnnotatorNotes T1\tleft femoral_vein+right femoral_vein``). What brat has no place for stands in ``gold.jsonl``, which
it ignores: one line a note, in order, with its file name, id, style, phenomena and gold record. ``annotation.conf`` lets
brat offer the labels and values.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from venocode.corpus.formats.files import content, text_of
from venocode.corpus.gold import APPROACHES, ASSERTIONS, ATTRIBUTES, ROLES, Draft, GoldNote, draft_of, place_of, where
from venocode.corpus.marked import attributes_of, parse_attributes
from venocode.errors import CorpusError
from venocode.writers.jsonl import to_line

GOLD = "gold.jsonl"
CONFIG = "annotation.conf"
#: brat attribute, the key it stands for, and its values.
KINDS = {
    "Assertion": ("ANGIOPLASTY", "assertion", ASSERTIONS),
    "Role": ("VEIN", "role", ROLES),
    "Approach": ("ACCESS", "approach", APPROACHES),
}
BOUND = re.compile(r"(T\S+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)", re.DOTALL)
ATTRIBUTE = re.compile(r"[AM]\S+\t(\S+) (T\S+) (\S+)")
COMMENT = re.compile(r"#\S*\tAnnotatorNotes (T\S+)\t(.*)")
LONGEST_NAME = 180


# --- writing -------------------------------------------------------------------------------------------------------------


def write(notes: Iterable[GoldNote], out: str) -> None:
    """Write a new directory.

    Raises
    ------
    CorpusError
        When the directory exists and is not empty, or a mark begins or ends with a line break.
    """
    place = Path(out).resolve()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise CorpusError(f"{out}: exists already and is not empty; name a new directory for brat")
    if not place.parent.is_dir():
        raise CorpusError(f"{out}: the directory above does not exist; create it first")
    partial = place.with_name(f".{place.name}.{os.getpid()}.partial")
    partial.mkdir()
    try:
        _fill(partial, notes)
    except BaseException:
        shutil.rmtree(partial)
        raise
    if place.exists():
        place.rmdir()
    partial.rename(place)


def _fill(folder: Path, notes: Iterable[GoldNote]) -> None:
    (folder / CONFIG).write_text(config(), encoding="utf-8")
    taken: set[str] = set()
    with (folder / GOLD).open("wb") as gold:
        for number, note in enumerate(notes, start=1):
            name = _file_name(note.note_id, number, taken)
            record = {"file": name, **note.to_dict()}
            del record["text"], record["spans"]
            gold.write(to_line(record))
            (folder / f"{name}.txt").write_bytes(note.text.encode("utf-8"))
            (folder / f"{name}.ann").write_bytes("".join(_lines(note)).encode("utf-8"))


def _file_name(note_id: str, number: int, taken: set[str]) -> str:
    """A name every file system can hold, and none twice where letter case does not count."""
    name = quote(note_id, safe=" ").replace(".", "%2E").replace(" ", "_")
    if len(name) > LONGEST_NAME or name.lower() in taken:
        name = f"{name[:LONGEST_NAME]}-{number}"
    taken.add(name.lower())
    return name


def _lines(note: GoldNote) -> Iterator[str]:
    kinds = {label: (kind, key) for kind, (label, key, _) in KINDS.items()}
    for number, span in enumerate(note.spans, start=1):
        if re.match(r"[\r\n]|.*[\r\n]\Z", span["text"], re.DOTALL):
            raise CorpusError(
                f"{place_of(note.note_id)}: {where(span)} begins or ends with a line break, which brat cannot mark; "
                "mark the words only"
            )
        fragments = _fragments(span)
        places = ";".join(f"{start} {end}" for start, end in fragments)
        yield f"T{number}\t{span['label']} {places}\t{_shown(note.text, fragments)}\n"
        if span["label"] in kinds:
            kind, key = kinds[span["label"]]
            yield f"A{number}\t{kind} T{number} {span[key]}\n"
        if span["label"] == "VEIN":
            veins = str(attributes_of(span)).rpartition(":")[0]
            yield f"#{number}\tAnnotatorNotes T{number}\t{veins}\n"


def _fragments(span: dict[str, Any]) -> list[tuple[int, int]]:
    """The pieces of a mark between line breaks: brat shows each on its own line."""
    start = span["start"]
    return [(start + m.start(), start + m.end()) for m in re.finditer(r"[^\r\n]+", span["text"])]


def _shown(text: str, fragments: Iterable[tuple[int, int]]) -> str:
    return " ".join(text[start:end] for start, end in fragments)


def config() -> str:
    """The ``annotation.conf`` of the four labels and their attributes."""
    values = [f"{kind}\tArg:{label}, Value:{'|'.join(allowed)}" for kind, (label, _, allowed) in KINDS.items()]
    lines = ["[entities]", *ATTRIBUTES, "", "[relations]", "", "[events]", "", "[attributes]", *values]
    return "\n".join(lines) + "\n"


# --- reading -------------------------------------------------------------------------------------------------------------


def read(path: Path) -> Iterator[Draft]:
    """The notes of a directory with everything that is wrong with each.

    Raises
    ------
    CorpusError
        When it has no ``gold.jsonl``, or holds texts that are not named there.
    """
    if not path.is_dir():
        raise CorpusError(f"{path}: no such directory; name the one that holds the .txt and .ann files")
    if not (path / GOLD).is_file():
        raise CorpusError(f"{path.name}: has no {GOLD}; write one line a note with its file name and gold record")
    named: set[str] = set()
    for number, line in enumerate(text_of(path / GOLD).split("\n"), start=1):
        if line.strip():
            yield _draft(path, line, f"{GOLD}, line {number}", named)
    for stray in sorted({p.stem for p in path.glob("*.txt")} - named):
        yield Draft(f"file {stray}.txt", None, (f"is not named in {GOLD}; add its line or remove the file",))


def _draft(folder: Path, line: str, place: str, named: set[str]) -> Draft:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or not isinstance(name := record.pop("file", None), str):
        return Draft(place, None, ("not a JSON object with 'file'; write the file name without suffix there",))
    if Path(name).name != name:
        return Draft(place, None, ("'file' is no plain file name; write the name without directory and suffix",))
    named.add(name)
    try:
        text = content(folder / f"{name}.txt").decode("utf-8")
        standoff = content(folder / f"{name}.ann").decode("utf-8")
    except UnicodeDecodeError as error:
        return Draft(place, None, (f"a file of it is not UTF-8 at byte {error.start}; save it as UTF-8",))
    except CorpusError:
        return Draft(place, None, ("its .txt or .ann file cannot be read; both must stand beside it",))
    spans, faults = _spans(text, standoff)
    return draft_of(record | {"text": text, "spans": spans}, place, faults)


def _spans(text: str, standoff: str) -> tuple[list[dict[str, Any]], list[str]]:
    lines = list(enumerate(standoff.replace("\r", "").split("\n"), start=1))
    spans: dict[str, dict[str, Any]] = {}
    faults: list[str] = []
    for number, line in lines:
        if line.startswith("T"):
            try:
                _bound(text, line, spans)
            except CorpusError as error:
                faults.append(f".ann line {number}: {error}")
    for number, line in lines:
        if line.strip() and not line.startswith("T"):
            try:
                _attribute(line, spans)
            except CorpusError as error:
                faults.append(f".ann line {number}: {error}")
    return list(spans.values()), faults


def _bound(text: str, line: str, spans: dict[str, dict[str, Any]]) -> None:
    m = BOUND.fullmatch(line)
    if m is None:
        raise CorpusError("unreadable text-bound line; write: T1, tab, label start end, tab, text")
    name, label, places, shown = m.groups()
    if name in spans:
        raise CorpusError(f"{name} stands twice; number the lines anew")
    fragments = [(int(start), int(end)) for start, end in (part.split() for part in places.split(";"))]
    for (_, end), (start, _) in pairwise(fragments):
        if not end < start or text[end:start].strip("\r\n"):
            raise CorpusError("has several fragments with words between them; mark one piece")
    if shown != _shown(text, fragments):
        raise CorpusError("its text is not what stands at its offsets; mend the offsets")
    start, end = fragments[0][0], fragments[-1][1]
    spans[name] = {"label": label, "start": start, "end": end, "text": text[start:end]}


def _attribute(line: str, spans: dict[str, dict[str, Any]]) -> None:
    """Put what an attribute or comment line says into its span."""
    if m := ATTRIBUTE.fullmatch(line):
        kind, name, value = m.groups()
        if kind not in KINDS:
            raise CorpusError(f"unknown attribute; known: {', '.join(KINDS)}")
        found = {KINDS[kind][1]: value}
    elif m := COMMENT.fullmatch(line):
        name = m[1]
        span = spans.get(name, {})
        found = {"veins": parse_attributes("VEIN", f"{m[2]}:imaged", span.get("start", 0))["veins"]}
    else:
        raise CorpusError("is neither a mark, an attribute nor the veins of a mark; a gold note has no place for it")
    if name not in spans:
        raise CorpusError(f"{name} is no mark of this file; remove the line")
    if key := next((key for key in found if key in spans[name]), None):
        raise CorpusError(f"{name} has two values for {key}; keep one")
    spans[name] |= found
