"""Files as streams of bytes: opened, decompressed by their suffix, and read with bounded memory."""

from __future__ import annotations

import gzip
import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, AnyStr, BinaryIO

from venocode.errors import InputError, describe
from venocode.libraries import library
from venocode.readers.rows import Row

COMPRESSED = (".gz", ".zst")
#: No line of a file and no record of a table may be longer (bytes or characters): it would not be a note.
LONGEST = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Stream:
    """An open file.

    Attributes
    ----------
    bytes : binary stream
        What is read, decompressed.
    size : int or None
        Bytes of the file as it lies on the disk; ``None`` for a pipe or memory.
    done : callable
        How many of them were read.
    close : callable
        Close the file.
    failure : callable, optional
        For a compressed file: why it ended before its time, ``None`` as long as it did not.
    """

    bytes: BinaryIO
    size: int | None
    done: Callable[[], int]
    close: Callable[[], None]
    failure: Callable[[], str | None] | None = None


def split_suffix(path: Path) -> tuple[str, str]:
    """The suffix that tells the format and the one that tells the compression: ``("jsonl", "gz")`` with dots."""
    suffix = path.suffix.lower()
    return (path.with_suffix("").suffix.lower(), suffix) if suffix in COMPRESSED else (suffix, "")


def open_stream(path: Path) -> Stream:
    """Open a file to read; ``.gz`` and ``.zst`` are decompressed on the way.

    Raises
    ------
    InputError
        When it cannot be opened.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: {describe(error)}; check the path of the input") from None
    packing = split_suffix(path)[1]
    if not packing:
        return plain_stream(raw)
    careful = Careful(_unpacked(raw, packing))
    return Stream(io.BufferedReader(careful), file_size(raw), raw.tell, raw.close, lambda: careful.failure)


def plain_stream(raw: BinaryIO) -> Stream:
    """A stream that is read as it is, such as standard input."""
    return Stream(raw, file_size(raw), _teller(raw), raw.close)


def _teller(raw: BinaryIO) -> Callable[[], int]:
    return raw.tell if raw.seekable() else lambda: 0


def _unpacked(raw: BinaryIO, packing: str) -> Any:
    if packing == ".gz":
        return gzip.GzipFile(fileobj=raw, mode="rb")
    return library("backports.zstd", "zstd").ZstdFile(raw, "rb")


class Careful(io.RawIOBase):
    """A decompressed stream that simply ends where the file is broken, and remembers why."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.failure: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self.stream.read1(len(buffer))
        except EOFError:
            self.failure = "the compressed file is cut short; what follows is missing"
        except Exception:  # each library has errors of its own
            self.failure = "the compressed file is damaged; what follows cannot be read"
        if self.failure:
            return 0
        buffer[: len(data)] = data
        return len(data)


def until_broken(rows: Iterator[Row], failure: Callable[[], str | None]) -> Iterator[Row]:
    """Rows of a file that may break off: the last one before the break may be cut and is put aside as well."""
    held: Row | None = None
    for row in rows:
        if held is not None:
            yield held
        held = row
    problem = failure()
    if problem is not None:
        number, note_id = (held.number, held.note_id) if held is not None else (1, None)
        yield Row(number, note_id, problem=problem)
    elif held is not None:
        yield held


def bounded_lines(readline: Callable[[int], AnyStr]) -> Iterator[AnyStr | None]:
    """Lines of a stream with their ends; ``None`` stands for one longer than ``LONGEST``."""
    while line := readline(LONGEST):
        if len(line) < LONGEST:
            yield line
            continue
        whole = line[-1:] in (b"\n", "\n", "\r")
        while not whole and (rest := readline(LONGEST)):
            whole = len(rest) < LONGEST or rest[-1:] in (b"\n", "\n", "\r")
        yield None


def file_size(stream: BinaryIO) -> int | None:
    """Bytes of a regular file; ``None`` for a pipe, a terminal or memory."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
