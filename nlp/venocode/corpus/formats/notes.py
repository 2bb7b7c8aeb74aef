"""Inline marks (``.notes``), see ``venocode.corpus.marked``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from venocode.corpus.formats.files import write_chunks
from venocode.corpus.gold import Draft, GoldNote
from venocode.corpus.marked import read_drafts, write_notes


def read(path: Path) -> Iterator[Draft]:
    """The notes of a file with everything that is wrong with each."""
    return read_drafts(path)


def write(notes: Iterable[GoldNote], out: str) -> None:
    """Write one file of inline-marked notes."""
    write_chunks([write_notes(notes).encode("utf-8")], out)
