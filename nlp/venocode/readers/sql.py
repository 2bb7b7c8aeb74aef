"""A query against a database, read through a server-side cursor where the database has one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from venocode.errors import InputError
from venocode.libraries import library
from venocode.readers.columns import pick
from venocode.readers.rows import Columns, Row, Source

#: Rows fetched at once.
FETCH = 200
#: How messages begin that are about the query or the connection; any other might quote a note and is not told.
_HARMLESS = (
    *("no such table", "no such column", 'near "', "unable to open database", "database is locked"),
    *("connection failed", "connection is bad", "failed to resolve host"),
)
_SQLSTATES = ("42", "28", "3D")


def is_url(path: str) -> bool:
    """Whether an input or output is a database URL such as ``postgresql+psycopg://host/base``."""
    return "://" in path


def open_sql(url: str, query: str | None, columns: Columns) -> Source:
    """Read the rows of a query in the order the database gives them.

    Parameters
    ----------
    url : str
        A SQLAlchemy URL.
    query : str
        Sent as it is: percent signs and colons need no escape.
    columns : Columns
        Which columns of the result to read.

    Raises
    ------
    InputError
        When there is no query, no connection or no such column. The password of the URL is never shown.
    """
    if not query:
        raise InputError(f"{shown(url)}: a database needs a query; give --query 'SELECT note_id, note_text FROM note'")
    engine = connect(url)
    connection: Any = None
    try:
        connection = engine.connect()
        options = {"stream_results": True, "yield_per": FETCH, "no_parameters": True}
        result = connection.execution_options(**options).exec_driver_sql(query)
        header = list(result.keys())
    except Exception as error:  # the classes are those of SQLAlchemy and of every driver
        _let_go(engine, connection)
        raise InputError(f"{shown(url)}: the query cannot be run ({reason(error)})") from None
    try:
        picked = pick(header, columns, shown(url))
    except InputError:
        _let_go(engine, connection)
        raise
    done = 0

    def rows() -> Iterator[Row]:
        nonlocal done
        try:
            for record in result:
                done += 1
                yield picked.row(done, dict(zip(header, record, strict=True)))
        except Exception as error:
            problem = f"the database broke off ({type(error).__name__}); what follows was not read"
            yield Row(done + 1, None, problem=problem)

    return Source(rows(), None, lambda: done, lambda: _let_go(engine, connection))


def connect(url: str) -> Any:
    """A SQLAlchemy engine.

    Raises
    ------
    InputError
        When the URL is malformed or its driver is not installed.
    """
    sqlalchemy = library("sqlalchemy", "sql")
    try:
        return sqlalchemy.create_engine(url, hide_parameters=True)
    except ImportError as error:
        raise InputError(f"{shown(url)}: the driver {error.name} is not installed; install it with pip") from None
    except Exception as error:
        raise InputError(
            f"{shown(url)}: is no database URL ({type(error).__name__}); see docs/readers-writers.md"
        ) from None


def shown(url: str) -> str:
    """A database URL as it may stand in a message: without user and password."""
    if not is_url(url):
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def reason(error: Exception) -> str:
    """What to tell about a database error: its words when they are about the query, otherwise its class alone."""
    original = getattr(error, "orig", None) or error
    words = " ".join(str(original).splitlines()[:1])[:200]
    state = getattr(original, "sqlstate", None) or ""
    if state.startswith(_SQLSTATES) or words.startswith(_HARMLESS):
        return words
    return type(original).__name__


def _let_go(engine: Any, connection: Any) -> None:
    if connection is not None:
        connection.close()
    engine.dispose()
