"""One table of a database, one row a note: the columns of the table for people, and the whole record as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from venocode.errors import InputError
from venocode.libraries import library
from venocode.readers.rows import Row
from venocode.readers.sql import connect, reason, shown
from venocode.records import NoteResult
from venocode.writers.base import ResultWriter
from venocode.writers.table import NOTES, note_row

#: Rows sent at once.
CHUNK = 500
TABLE = "venocode_result"


@contextmanager
def sql_writer(url: str, table: str = TABLE) -> Iterator[ResultWriter]:
    """Write into a new or empty table, all of it in one transaction.

    Raises
    ------
    InputError
        When there is no connection, or the table holds rows already.
    """
    engine = connect(url)
    try:
        with engine.begin() as connection:
            yield SqlWriter(connection, _table(connection, table, url))
    except library("sqlalchemy.exc", "sql").SQLAlchemyError as error:
        raise InputError(f"{shown(url)}: the results cannot be written ({reason(error)}); nothing was kept") from None
    finally:
        engine.dispose()


def _table(connection: Any, name: str, url: str) -> Any:
    sql = library("sqlalchemy", "sql")
    kinds = {str: sql.Text, int: sql.Integer, float: sql.Float}
    columns = [sql.Column(column, kinds[kind]) for column, kind in NOTES.columns.items()]
    table = sql.Table(name, sql.MetaData(), *columns, sql.Column("record", sql.Text))
    table.create(connection, checkfirst=True)
    if connection.execute(sql.select(table).limit(1)).first() is not None:
        raise InputError(f"{shown(url)}: table {name!r} holds rows already; name another with --table or empty it")
    return table


class SqlWriter:
    """Inserts rows chunk by chunk."""

    def __init__(self, connection: Any, table: Any) -> None:
        self.connection, self.table = connection, table
        self.rows: list[dict[str, Any]] = []

    def write(self, result: NoteResult, row: Row) -> None:
        (line,) = note_row(result, row)
        cells = [
            cell.replace("\0", "\ufffd") if isinstance(cell, str) else cell for cell in line
        ]  # PostgreSQL has no NUL
        record = json.dumps(result.to_dict(), ensure_ascii=False)
        self.rows.append({**dict(zip(NOTES.columns, cells, strict=True)), "record": record})
        if len(self.rows) >= CHUNK:
            self.close()

    def close(self) -> None:
        """Send what is left; the transaction ends with the run."""
        if self.rows:
            self.connection.execute(self.table.insert(), self.rows)
            self.rows = []
