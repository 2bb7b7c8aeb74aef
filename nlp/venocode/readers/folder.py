"""A directory tree of documents: one note a file, the relative path without suffix is the note id."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from venocode.errors import InputError, describe
from venocode.readers.decode import decode, plain_codec
from venocode.readers.docx import docx_text
from venocode.readers.rows import Row, Source, bad_row, make_row

DOCUMENTS = (".txt", ".rtf", ".html", ".htm", ".docx")
#: How HTML and RTF name the encoding they are written in.
_DECLARED = re.compile(rb"""charset\s*=\s*["']?([\w.:-]{1,30})|\\ansicpg(\d{3,5})""", re.IGNORECASE)


def open_folder(root: Path, encoding: str = "utf-8") -> Source:
    """Read every document under ``root``, in the order of their names.

    Raises
    ------
    InputError
        When there is none.
    """
    plain_codec(encoding)
    total = sum(1 for _ in paths_under(root, DOCUMENTS))
    if not total:
        kinds = ", ".join(DOCUMENTS)
        raise InputError(f"{root}: no {kinds} file in this directory; for files of another kind name it with --from")
    done = 0

    def rows() -> Iterator[Row]:
        nonlocal done
        seen: set[str] = set()
        for done, path in enumerate(paths_under(root, DOCUMENTS), start=1):
            yield _row(done, _note_id(root, path, seen), path, encoding)

    return Source(rows(), total, lambda: done)


def open_files(root: Path, suffixes: tuple[str, ...], open_one: Callable[[Path], Source]) -> Source:
    """Read every file of a kind under ``root``, one after the other; row numbers count on from file to file.

    A file that cannot be opened is one row with its problem.

    Raises
    ------
    InputError
        When there is none.
    """
    total = sum(1 for _ in paths_under(root, suffixes))
    if not total:
        raise InputError(f"{root}: no {', '.join(suffixes)} file in this directory")
    done = 0

    def rows() -> Iterator[Row]:
        nonlocal done
        number = 0
        for path in paths_under(root, suffixes):
            for row in _rows_of(path, open_one):
                number += 1
                yield Row(number, row.note_id, row.text, row.problem, row.context)
            done += 1

    return Source(rows(), total, lambda: done)


def paths_under(root: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Files whose name ends in one of the suffixes, in the order of their names."""
    for folder, subfolders, files in os.walk(root):
        subfolders.sort()
        for name in sorted(files):
            if name.lower().endswith(suffixes) and not name.startswith((".", "~$")):
                yield Path(folder, name)


def _rows_of(path: Path, open_one: Callable[[Path], Source]) -> Iterator[Row]:
    try:
        source = open_one(path)
    except InputError as error:
        yield Row(1, None, problem=str(error))
        return
    try:
        yield from source.rows
    finally:
        source.close()


def _note_id(root: Path, path: Path, seen: set[str]) -> str:
    """The relative path without its suffix; with it where another document has the same path already."""
    relative = path.relative_to(root)
    short = relative.with_suffix("").as_posix()
    if short in seen:
        return relative.as_posix()
    seen.add(short)
    return short


def _row(number: int, note_id: str, path: Path, encoding: str) -> Row:
    try:
        return make_row(number, note_id, document_text(path.name, path.read_bytes(), encoding))
    except InputError as error:
        return bad_row(number, note_id, f"file {error}")
    except OSError as error:
        return bad_row(number, note_id, f"file cannot be read: {describe(error)}")


def document_text(name: str, data: bytes, encoding: str) -> str:
    """The text of a document as its offsets count it: HTML and RTF with their markup, Word without.

    Raises
    ------
    InputError
        When it is not what its name says, as the end of a sentence.
    """
    if name.lower().endswith(".docx"):
        return docx_text(data)
    try:
        return decode(data, encoding)
    except InputError:
        declared = None if name.lower().endswith(".txt") else _DECLARED.search(data[:2048])
        if declared is None:
            raise
        return decode(data, f"cp{declared[2].decode()}" if declared[2] else declared[1].decode())
