"""What the writers share: how a vein is named to people, and how a file is put in its place."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from venocode.errors import InputError
from venocode.records import NoteResult, Vein

STDOUT_NAMES = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})


class ResultWriter(Protocol):
    """Writes one record after another to a binary stream."""

    def __init__(self, stream: BinaryIO) -> None: ...

    def write(self, result: NoteResult) -> None:
        """Append one record."""


def name_of(vein: Vein) -> str:
    """A vein in words: ``left common iliac vein``, ``superior vena cava``, ``femoral vein (side unknown)``."""
    name = vein.vein.replace("_", " ")
    if vein.side == "none" or name.startswith(f"{vein.side} "):
        return name
    return f"{name} (side unknown)" if vein.side == "unknown" else f"{vein.side} {name}"


def is_stdout(path: str) -> bool:
    """Whether an output path means standard output."""
    return path in STDOUT_NAMES


def is_device(path: str) -> bool:
    """Whether an output path is a pipe or a device, which is written to directly."""
    place = Path(path).resolve()
    return place.exists() and not place.is_file() and not place.is_dir()


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
    if is_device(path):
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


def refuse_place(path: str, place: Path) -> None:
    """Refuse a place where no file can be written.

    Raises
    ------
    InputError
        When it is a directory, or its directory does not exist.
    """
    if place.is_dir():
        raise InputError(f"{path}: is a directory; name a file to write")
    if not place.parent.is_dir():
        raise InputError(f"{path}: the directory does not exist; create it first")


def settle(stream: BinaryIO) -> None:
    """Have a file on the disk itself before anything else relies on it."""
    stream.flush()
    os.fsync(stream.fileno())


def _create(path: str, place: Path, partial: Path) -> BinaryIO:
    refuse_place(path, place)
    try:
        return partial.open("wb")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InputError(f"{path}: cannot write here ({reason}); name another place") from None
