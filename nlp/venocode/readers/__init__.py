"""Readers: files in, plain rows out. Every reader streams; a bad row is a row with a problem, never an exception."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from venocode.errors import InputError
from venocode.readers.folder import open_folder
from venocode.readers.jsonl import open_jsonl
from venocode.readers.rows import Columns, Row, Source
from venocode.readers.table import open_table

__all__ = ["Columns", "Row", "Source", "open_source"]

#: Kinds of file that are asked for often and are not read, with what to do instead.
REFUSED = {
    ".txt": "for one note use 'venocode code', for many give the directory that holds them",
    ".gz": "decompress it: gunzip -c FILE | venocode batch - -o OUT",
    ".zip": "unpack it and give the directory or the JSONL or CSV file",
    ".xlsx": "save the sheet as CSV (UTF-8)",
    ".xls": "save the sheet as CSV (UTF-8)",
    ".parquet": "write it as JSONL or CSV",
    ".pdf": "extract its text first",
    ".docx": "save it as plain text (UTF-8)",
}


def open_source(
    path: str, columns: Columns | None = None, encoding: str = "utf-8", stdin: BinaryIO | None = None
) -> Source:
    """Open a collection of notes: JSONL, CSV, a directory of text files, or JSONL on standard input.

    Parameters
    ----------
    path : str
        A ``.csv`` or ``.tsv`` file, a directory tree of ``.txt`` files, ``-`` for JSONL on standard input; any
        other file is read as JSONL.
    columns : Columns, optional
        The names that hold the note id and the text.
    encoding : str
        Encoding of the bytes.
    stdin : binary stream, optional
        What ``-`` reads.

    Returns
    -------
    Source
        The rows, and how far reading has come.

    Raises
    ------
    InputError
        When nothing can be read: no such file, no such column, a kind of file that is not read.
    """
    columns = columns or Columns()
    if path == "-":
        if stdin is None:
            raise InputError("no standard input to read from; name a file instead of '-'")
        return open_jsonl(stdin, columns, encoding)
    place = Path(path)
    if place.is_dir():
        return open_folder(place, encoding)
    suffix = place.suffix.lower()
    if suffix in REFUSED:
        raise InputError(f"{path}: a {suffix} file is not read by batch; {REFUSED[suffix]}")
    try:
        stream = place.open("rb")
    except OSError as error:
        raise InputError(f"{path}: {describe(error)}; check the path of the input") from None
    if suffix in (".csv", ".tsv"):
        return open_table(stream, path, columns, encoding, delimiter="\t" if suffix == ".tsv" else ",")
    return open_jsonl(stream, columns, encoding)


def describe(error: OSError) -> str:
    """The operating system's own words for what went wrong, in lower case and without the path."""
    reason = error.strerror or type(error).__name__
    return reason[:1].lower() + reason[1:]
