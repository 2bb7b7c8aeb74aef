"""A directory tree of text files: one note a file, the relative path without suffix is the note id."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from venocode.errors import InputError
from venocode.readers.decode import decode, plain_codec
from venocode.readers.rows import Row, Source, make_row


def open_folder(root: Path, encoding: str = "utf-8") -> Source:
    """Read every ``.txt`` file under ``root``, in the order of their names.

    Raises
    ------
    InputError
        When there is none.
    """
    plain_codec(encoding)
    total = sum(1 for _ in _paths(root))
    if not total:
        raise InputError(f"{root}: no .txt file in this directory; JSONL and CSV files are given by their own path")
    done = 0

    def rows() -> Iterator[Row]:
        nonlocal done
        for done, path in enumerate(_paths(root), start=1):
            yield _row(done, root, path, encoding)

    return Source(rows(), total, lambda: done)


def _paths(root: Path) -> Iterator[Path]:
    for folder, subfolders, files in os.walk(root):
        subfolders.sort()
        for name in sorted(files):
            if name.lower().endswith(".txt"):
                yield Path(folder, name)


def _row(number: int, root: Path, path: Path, encoding: str) -> Row:
    note_id = path.relative_to(root).with_suffix("").as_posix()
    try:
        return make_row(number, note_id, decode(path.read_bytes(), encoding))
    except InputError as error:
        return Row(number, make_row(number, note_id, "x").note_id, problem=f"file {error}")
    except OSError as error:
        return Row(number, make_row(number, note_id, "x").note_id, problem=f"file cannot be read: {error.strerror}")
