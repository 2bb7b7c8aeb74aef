"""Readers: files, tables and messages in, plain rows out, one file of this package a format.

Every reader streams; a bad row is a row with a problem, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from venocode.errors import InputError
from venocode.readers.fhir import open_fhir
from venocode.readers.files import Stream, open_stream, plain_stream, split_suffix, until_broken
from venocode.readers.folder import open_files, open_folder
from venocode.readers.hl7 import open_hl7
from venocode.readers.jsonl import open_jsonl
from venocode.readers.omop import QUERY
from venocode.readers.parquet import open_parquet
from venocode.readers.rows import Columns, Context, Row, Source
from venocode.readers.sql import is_url, open_sql
from venocode.readers.table import open_table

__all__ = ["KINDS", "Columns", "Context", "Row", "Source", "open_source"]

#: What ``--from`` takes, with the suffixes that mean the same (each also with ``.gz`` or ``.zst``, save Parquet).
KINDS: dict[str, tuple[str, ...]] = {
    "folder": (),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "csv": (".csv",),
    "tsv": (".tsv",),
    "parquet": (".parquet", ".pq"),
    "sql": (),
    "omop": (),
    "fhir": (),
    "hl7": (".hl7",),
}
#: Suffixes of the files of a directory that is read with ``--from``.
IN_FOLDERS = {**KINDS, "fhir": (".json", ".ndjson", ".jsonl"), "omop": (".parquet", ".pq", ".csv", ".tsv")}
#: Kinds of file that are asked for often and are not read, with what to do instead.
REFUSED = {
    **dict.fromkeys(
        (".txt", ".rtf", ".html", ".htm", ".docx"),
        "for one note use 'venocode code', for many give the directory that holds them",
    ),
    ".zip": "unpack it and give the directory or the JSONL or CSV file",
    ".xlsx": "save the sheet as CSV (UTF-8)",
    ".xls": "save the sheet as CSV (UTF-8)",
    ".pdf": "extract its text first",
}


def open_source(
    path: str,
    columns: Columns | None = None,
    encoding: str = "utf-8",
    stdin: BinaryIO | None = None,
    kind: str | None = None,
    query: str | None = None,
) -> Source:
    """Open a collection of notes.

    Parameters
    ----------
    path : str
        A file, a directory, a database URL, or ``-`` for standard input (JSONL unless ``kind`` says otherwise).
    columns : Columns, optional
        The names that hold the note id, the text and their context.
    encoding : str
        Encoding of the bytes.
    stdin : binary stream, optional
        What ``-`` reads.
    kind : str, optional
        One of ``KINDS``; by default what the suffix says, and JSONL where it says nothing.
    query : str, optional
        What to ask a database.

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
    if is_url(path) or kind == "sql":
        return open_sql(path, query or (QUERY if kind == "omop" else None), columns)
    if query is not None:
        raise InputError(f"{path}: --query is for a database; give its URL, such as postgresql+psycopg://host/base")
    if path == "-":
        if stdin is None:
            raise InputError("no standard input to read from; name a file instead of '-'")
        return _open_stream(plain_stream(stdin), "standard input", kind or "jsonl", columns, encoding)
    place = Path(path)
    if place.is_dir():
        kind = kind or _kind_of(place) or "folder"
        if kind == "folder":
            return open_folder(place, encoding)
        wanted = kind
        return open_files(place, _with_packing(kind), lambda file: _open_file(file, wanted, columns, encoding))
    return _open_file(place, kind, columns, encoding)


def _with_packing(kind: str) -> tuple[str, ...]:
    return tuple(suffix + packing for suffix in IN_FOLDERS[kind] for packing in ("", ".gz", ".zst"))


def _kind_of(place: Path) -> str | None:
    suffix = split_suffix(place)[0]
    return next((kind for kind, suffixes in KINDS.items() if suffix in suffixes), None)


def _open_file(place: Path, kind: str | None, columns: Columns, encoding: str) -> Source:
    suffix = split_suffix(place)[0]
    if kind is None and suffix in REFUSED:
        raise InputError(f"{place}: a {suffix} file is not read by batch; {REFUSED[suffix]}")
    if kind == "folder":
        raise InputError(f"{place}: is no directory; check the path of the input")
    if kind in (None, "omop"):
        kind = _kind_of(place) or ("csv" if kind else "jsonl")
    if kind == "parquet":
        return open_parquet(place, columns)
    return _open_stream(open_stream(place), str(place), kind or "jsonl", columns, encoding)


def _open_stream(stream: Stream, name: str, kind: str, columns: Columns, encoding: str) -> Source:
    openers: dict[str, Callable[[], Source]] = {
        "jsonl": lambda: open_jsonl(stream, columns, encoding),
        "csv": lambda: open_table(stream, name, columns, encoding),
        "tsv": lambda: open_table(stream, name, columns, encoding, delimiter="\t"),
        "omop": lambda: open_table(stream, name, columns, encoding),
        "fhir": lambda: open_fhir(stream, encoding),
        "hl7": lambda: open_hl7(stream, encoding),
    }
    if kind not in openers:
        raise InputError(f"{name}: {kind} cannot be read from a stream; name a file or a directory")
    source = openers[kind]()
    if stream.failure is None:
        return source
    return Source(until_broken(source.rows, stream.failure), source.size, source.done, source.close)
