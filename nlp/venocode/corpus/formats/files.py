"""What the formats share: reading whole files, and writing them so that none is half written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from venocode.errors import CorpusError, describe
from venocode.writers.base import output


def content(path: Path) -> bytes:
    """The bytes of a file.

    Raises
    ------
    CorpusError
        When it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({describe(error)}); check the path") from None


def text_of(path: Path) -> str:
    """The text of a UTF-8 file, line ends as they are, without a byte order mark.

    Raises
    ------
    CorpusError
        When it cannot be read or is not UTF-8.
    """
    data = content(path)
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path.name}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None


def write_chunks(chunks: Iterable[bytes], out: str) -> None:
    """Write a file, or to standard output for ``-``.

    Raises
    ------
    InputError
        When the place cannot be written to.
    """
    with output(out) as stream:
        for chunk in chunks:
            stream.write(chunk)
