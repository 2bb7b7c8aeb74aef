"""Writers: result records out. A file appears under its name only when it is complete."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from venocode.writers.base import ResultWriter
from venocode.writers.jsonl import JsonlWriter
from venocode.writers.table import TableWriter

__all__ = ["FORMATS", "ResultWriter", "format_of", "result_writer"]

FORMATS: dict[str, type[ResultWriter]] = {"jsonl": JsonlWriter, "csv": TableWriter}


def format_of(path: str) -> str:
    """The format a file name asks for: ``csv`` for ``.csv``, otherwise ``jsonl``."""
    return "csv" if Path(path).suffix.lower() == ".csv" else "jsonl"


def result_writer(kind: str, stream: BinaryIO) -> ResultWriter:
    """The writer for one of ``FORMATS``."""
    return FORMATS[kind](stream)
