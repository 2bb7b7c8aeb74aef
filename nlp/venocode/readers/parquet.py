"""Parquet files, read batch by batch within their row groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from venocode.errors import InputError
from venocode.libraries import library
from venocode.readers.columns import Picked, pick
from venocode.readers.files import open_stream
from venocode.readers.rows import Columns, Row, Source

#: Rows held at once. Pages are read through a buffer, so a large row group does not come into memory as a whole.
BATCH = 64
BUFFER = 2**20


def open_parquet(path: Path, columns: Columns) -> Source:
    """Read the rows of a Parquet file in their order; only the columns that are needed are read.

    Raises
    ------
    InputError
        When it is no whole Parquet file, or a column is missing.
    """
    parquet = library("pyarrow.parquet", "parquet")
    open_stream(path).close()
    try:
        file = parquet.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False, memory_map=False)
        header = list(file.schema_arrow.names)
    except Exception as error:  # Arrow errors are of many classes, and an OSError may be a damaged footer
        raise InputError(f"{path}: is no whole Parquet file ({type(error).__name__}); write it again") from None
    picked = pick(header, columns, str(path))
    total = file.metadata.num_rows
    done = 0

    def rows() -> Iterator[Row]:
        nonlocal done
        for row in _rows(file, picked):
            done = row.number
            yield row

    return Source(rows(), total, lambda: done, file.close)


def _rows(file: Any, picked: Picked) -> Iterator[Row]:
    number = 0
    for group in range(file.metadata.num_row_groups):
        last = number + file.metadata.row_group(group).num_rows
        for record in _records(file, group, picked):
            if record is None or number >= last:
                break
            number += 1
            yield picked.row(number, record)
        while number < last:
            number += 1
            yield Row(number, None, problem=f"row group {group + 1} of the Parquet file is damaged")


def _records(file: Any, group: int, picked: Picked) -> Iterator[dict[str, Any] | None]:
    """The records of a row group; ``None`` where it cannot be read any further."""
    try:
        for batch in file.iter_batches(batch_size=BATCH, row_groups=[group], columns=picked.names):
            names = batch.schema.names
            values = [_values(column) for column in batch.columns]
            yield from (dict(zip(names, record, strict=True)) for record in zip(*values, strict=True))
    except Exception:  # a damaged page: Arrow tells it as OSError, ArrowInvalid, UnicodeDecodeError and others
        yield None


def _values(column: Any) -> list[Any]:
    """Python values of a column; text that is not valid UTF-8 comes as its bytes."""
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        return list(column.cast("binary").to_pylist())
