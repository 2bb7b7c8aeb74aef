"""Formats of gold notes: one module each, all both ways.

A format reads drafts (right or wrong notes, see ``venocode.corpus.gold``) and writes gold notes. Whatever it writes, it
reads back to the same notes; a note it cannot carry is refused with the reason, never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from venocode.corpus.formats import brat, conll, docbin, jsonl, labelstudio, notes
from venocode.corpus.gold import UNSTORABLE, Draft, GoldNote, accepted, is_storable, place_of
from venocode.errors import CorpusError

__all__ = ["FORMATS", "SUFFIXES", "Format", "corpus_files", "format_of", "read_corpus", "read_drafts", "write_corpus"]


class Format(Protocol):
    """One file format."""

    def read(self, path: Path) -> Iterator[Draft]:
        """The notes of a file or directory, with everything that is wrong with each."""

    def write(self, notes: Iterable[GoldNote], out: str) -> None:
        """Write notes; ``out`` stands under its name only when it is complete."""


FORMATS: dict[str, Format] = {
    "notes": notes,
    "jsonl": jsonl,
    "brat": brat,
    "conll": conll,
    "labelstudio": labelstudio,
    "docbin": docbin,
}
SUFFIXES = {
    ".notes": "notes",
    ".jsonl": "jsonl",
    ".brat": "brat",
    ".conll": "conll",
    ".json": "labelstudio",
    ".spacy": "docbin",
}


def format_of(path: Path) -> str:
    """The format a name asks for: by suffix; a directory is brat.

    Parameters
    ----------
    path : Path
        A file or directory, there or not yet.

    Returns
    -------
    str
        A name of ``FORMATS``.

    Raises
    ------
    CorpusError
        When the name does not tell.
    """
    if path.is_dir():
        return "brat"
    name = SUFFIXES.get(path.suffix.lower())
    if name is None:
        raise CorpusError(f"{path}: the name tells no format ({', '.join(SUFFIXES)}); give --from or --to")
    return name


def read_drafts(path: Path, name: str | None = None) -> Iterator[Draft]:
    """The notes of a file with everything that is wrong with each.

    Parameters
    ----------
    path : Path
        A file, or the directory of a brat corpus.
    name : str, optional
        A name of ``FORMATS``; by suffix otherwise.

    Returns
    -------
    iterator of Draft

    Raises
    ------
    CorpusError
        When the file itself cannot be read.
    """
    return FORMATS[name or format_of(path)].read(path)


def read_corpus(path: Path, name: str | None = None) -> Iterator[GoldNote]:
    """The notes of a file, each checked.

    Parameters
    ----------
    path : Path
        A file, or the directory of a brat corpus.
    name : str, optional
        A name of ``FORMATS``; by suffix otherwise.

    Returns
    -------
    iterator of GoldNote

    Raises
    ------
    CorpusError
        At the first fault, naming file, note and remedy.
    """
    return accepted(read_drafts(path, name), path.name)


def write_corpus(notes: Iterable[GoldNote], out: str, name: str | None = None) -> None:
    """Write notes to a file.

    Parameters
    ----------
    notes : iterable of GoldNote
        The notes in order.
    out : str
        A file, ``-`` for standard output, or a new directory for brat.
    name : str, optional
        A name of ``FORMATS``; by suffix otherwise.

    Raises
    ------
    CorpusError
        When the format cannot carry a note, naming it and why.
    InputError
        When the place cannot be written to.
    """
    FORMATS[name or format_of(Path(out))].write(_storable(notes), out)


def _storable(notes: Iterable[GoldNote]) -> Iterator[GoldNote]:
    for note in notes:
        if not is_storable(note):
            raise CorpusError(f"{place_of(note.note_id)}: {UNSTORABLE}")
        yield note


def corpus_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files to look at: a directory stands for the corpus files in it, unless it is itself a brat corpus.

    Parameters
    ----------
    paths : iterable of Path
        Files and directories.

    Yields
    ------
    Path

    Raises
    ------
    CorpusError
        When a directory holds no corpus file.
    """
    for path in paths:
        if not path.is_dir() or any(path.glob("*.ann")):
            yield path
            continue
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in (".notes", ".jsonl", ".conll", ".spacy"))
        if not found:
            raise CorpusError(f"{path}: no corpus files in this directory; name files, or a directory that holds some")
        yield from found
