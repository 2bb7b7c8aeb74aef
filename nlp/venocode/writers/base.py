"""What the writers share: how a vein is named to people, and how a file is put in its place."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote

from venocode.errors import InputError, describe
from venocode.readers.rows import Row
from venocode.records import NoteResult, Vein

LONGEST_NAME = 120
STDOUT_NAMES = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})


class ResultWriter(Protocol):
    """Writes one record after another."""

    def write(self, result: NoteResult, row: Row) -> None:
        """Append one record; ``row`` is the input it came from: the note as received and its context."""

    def close(self) -> None:
        """Finish a run that is complete: what follows the last record."""


def name_of(vein: Vein) -> str:
    """A vein in words: ``left common iliac vein``, ``superior vena cava``, ``femoral vein (side unknown)``."""
    name = vein.vein.replace("_", " ")
    if vein.side == "none" or name.startswith(f"{vein.side} "):
        return name
    return f"{name} (side unknown)" if vein.side == "unknown" else f"{vein.side} {name}"


def is_stdout(path: str) -> bool:
    """Whether an output path means standard output."""
    return path in STDOUT_NAMES


@contextmanager
def output(path: str) -> Iterator[BinaryIO]:
    """A binary stream to ``path`` that stands under its name only when all went well.

    Regular files are written to a temporary name beside ``path`` and renamed at the end; on an exception the old
    file is left as it was. Standard output, pipes and devices are written directly.

    Raises
    ------
    InputError
        When the place cannot be written to.
    """
    if is_stdout(path):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    place = Path(path).resolve()
    if place.exists() and not place.is_file() and not place.is_dir():
        with place.open("wb") as stream:
            yield stream
        return
    partial = place.with_name(f".{place.name}.{os.getpid()}.partial")
    with _create(path, place, partial) as stream:
        try:
            yield stream
        except BaseException:
            stream.close()
            partial.unlink(missing_ok=True)
            raise
    partial.replace(place)


@contextmanager
def output_folder(path: str) -> Iterator[Path]:
    """A directory that stands under its name only when all went well.

    Raises
    ------
    InputError
        When there is a file or a directory with something in it already: nothing is ever overwritten.
    """
    if is_stdout(path):
        raise InputError("this format is a directory of files; name one with -o")
    place = Path(path).resolve()
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise InputError(f"{path}: is there already and not an empty directory; name a new one")
    if not place.parent.is_dir():
        raise InputError(f"{path}: the directory above it does not exist; create it first")
    partial = place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        partial.mkdir()
    except OSError as error:
        raise InputError(f"{path}: cannot write here ({describe(error)}); name another place") from None
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    partial.replace(place)


def file_name(note_id: str) -> str:
    """A file name for a note, different for every id, that no system takes for a path or a hidden file."""
    name = quote(note_id, safe="()+,=@")
    name = f"%2E{name[1:]}" if name.startswith(".") else name
    if len(name) <= LONGEST_NAME and not name.endswith("."):
        return name
    return f"{name[:LONGEST_NAME]}-{hashlib.sha256(note_id.encode()).hexdigest()[:16]}"


def _create(path: str, place: Path, partial: Path) -> BinaryIO:
    if place.is_dir():
        raise InputError(f"{path}: is a directory; name a file to write")
    if not place.parent.is_dir():
        raise InputError(f"{path}: the directory does not exist; create it first")
    try:
        return partial.open("wb")
    except OSError as error:
        raise InputError(f"{path}: cannot write here ({describe(error)}); name another place") from None
