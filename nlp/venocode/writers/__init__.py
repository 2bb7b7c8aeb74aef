"""Writers: result records out, one file of this package a format. What is written appears only when it is complete."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from venocode.errors import InputError
from venocode.libraries import library
from venocode.readers.files import split_suffix
from venocode.readers.sql import is_url
from venocode.writers.base import ResultWriter, output, output_folder
from venocode.writers.brat import BratWriter
from venocode.writers.fhir import FhirWriter
from venocode.writers.jsonl import JsonlWriter
from venocode.writers.omop import NOTE_NLP, PROCEDURE_OCCURRENCE
from venocode.writers.parquet import ParquetWriter
from venocode.writers.site import SiteWriter
from venocode.writers.sql import TABLE, sql_writer
from venocode.writers.table import CODES, NOTES
from venocode.writers.tabular import CsvSink, Layout, ParquetSink, TabularWriter

__all__ = ["FORMATS", "ResultWriter", "format_of", "open_writer", "stream_writer"]

PARQUET = (".parquet", ".pq")
#: Tables that are Parquet when the name of the output says so, and CSV otherwise.
TABLES: dict[str, Layout] = {
    "csv": NOTES,
    "csv-codes": CODES,
    "parquet-flat": NOTES,
    "omop-note-nlp": NOTE_NLP,
    "omop-procedure-occurrence": PROCEDURE_OCCURRENCE,
}
STREAMS: dict[str, Callable[[BinaryIO], ResultWriter]] = {"jsonl": JsonlWriter, "parquet": ParquetWriter}
FOLDERS: dict[str, Callable[[Path], ResultWriter]] = {"brat": BratWriter, "html": SiteWriter}
#: What ``--to`` takes.
FORMATS = (*STREAMS, *TABLES, "fhir", *FOLDERS, "sql")


def format_of(path: str) -> str:
    """The format a name asks for: its suffix (before ``.gz`` or ``.zst``), a database URL, otherwise ``jsonl``."""
    if is_url(path):
        return "sql"
    suffix = split_suffix(Path(path))[0]
    return "csv" if suffix == ".csv" else "parquet" if suffix in PARQUET else "jsonl"


@contextmanager
def open_writer(path: str, kind: str | None = None, table: str = TABLE) -> Iterator[ResultWriter]:
    """A writer to a file, a directory or a database, finished when the block ends well and undone when it fails.

    Parameters
    ----------
    path : str
        A file (compressed when it ends in ``.gz`` or ``.zst``), a new directory, a database URL, or ``-``.
    kind : str, optional
        One of ``FORMATS``; by default what the name says.
    table : str
        The table of a database.

    Raises
    ------
    InputError
        When the place cannot be written to, or a library is missing.
    """
    kind = kind or format_of(path)
    if is_url(path) != (kind == "sql"):
        raise InputError(f"{kind}: results for a database need its URL and --to sql, any other format a path")
    if kind == "sql":
        with sql_writer(path, table) as writer:
            yield writer
            writer.close()
    elif kind in FOLDERS:
        with output_folder(path) as folder:
            writer = FOLDERS[kind](folder)
            yield writer
            writer.close()
    else:
        with output(path) as stream, _packed(stream, path) as packed:
            writer = stream_writer(kind, packed, path)
            yield writer
            writer.close()


def stream_writer(kind: str, stream: BinaryIO, path: str = "-") -> ResultWriter:
    """The writer of a format that is one stream; the suffix of ``path`` tells Parquet from CSV and NDJSON from JSON."""
    suffix = split_suffix(Path(path))[0]
    if kind in TABLES:
        flat = kind == "parquet-flat" or (suffix in PARQUET and kind != "csv")
        sink = ParquetSink(stream, TABLES[kind]) if flat else CsvSink(stream, TABLES[kind])
        return TabularWriter(sink, TABLES[kind])
    if kind == "fhir":
        return FhirWriter(stream, lines=suffix in (".ndjson", ".jsonl"))
    return STREAMS[kind](stream)


@contextmanager
def _packed(stream: BinaryIO, path: str) -> Iterator[BinaryIO]:
    """Compress by suffix."""
    packing = split_suffix(Path(path))[1]
    if packing == ".gz":
        with gzip.GzipFile(filename="", fileobj=stream, mode="wb", mtime=0) as packed:
            yield cast(BinaryIO, packed)
    elif packing == ".zst":
        with library("backports.zstd", "zstd").ZstdFile(stream, "wb") as packed:
            yield packed
    else:
        yield stream
