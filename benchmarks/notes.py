"""The notes the benchmarks read: the shipped gold notes, and real reports where a folder ``../shared`` holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from venocode.corpus import read_notes
from venocode.rules import entries, load_rules

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ROOT / "corpora" / "notes"
DEV, REAL = (ROOT.parent / "shared" / name for name in ("dev/notes.jsonl", "real/mtsamples.jsonl"))
TARGETS = {"angioplasty": "ANGIOPLASTY", "fluoroscopy": "FLUOROSCOPY", "full": "VEIN", "stem": "VEIN"}


def gold() -> Iterator[tuple[str, str]]:
    """Id and text of every shipped note: dense, since each was written to be hard."""
    for path in sorted(CORPORA.glob("*.notes")):
        for note in read_notes(path):
            yield f"{path.stem}/{note.note_id}", note.text


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """Id and text of every row of a JSONL file; nothing where the file is not there."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        row = json.loads(line)
        yield f"{path.parent.name}/{row['note_id']}", row["text"]


def sample(texts: list[str], count: int) -> list[str]:
    """About ``count`` of the texts, evenly spread."""
    return texts[:: max(1, len(texts) // count)][:count]


def targets() -> list[tuple[str, str]]:
    """Words and labels every system looks for: what our rule files say of balloons, fluoroscopy and veins."""
    return sorted({(e.literal, TARGETS[e.kind]) for e in entries(load_rules()) if e.kind in TARGETS})
