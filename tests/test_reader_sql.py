"""Databases in: PostgreSQL as its own tools fill it, and SQLite."""

from __future__ import annotations

import csv
import os
import sqlite3
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from fakes import NOTE
from memory import read_through
from postgresql import program
from venocode.errors import InputError
from venocode.readers import Columns, Context, Row, open_source

NASTY = 'He said "100 % stenosis"; :bind, \\path, tab\there\r\nnext line é\U0001f9b5'


def rows(url: str, query: str | None, **options: object) -> list[Row]:
    source = open_source(url, query=query, **options)  # type: ignore[arg-type]
    found = list(source.rows)
    source.close()
    return found


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """Notes 1 to 3 in an OMOP NOTE table."""
    with sqlite3.connect(tmp_path / "cdm.db") as base:
        base.execute(
            "CREATE TABLE note (note_id INTEGER, person_id INTEGER, note_date TEXT, visit_occurrence_id INTEGER, "
            "note_text TEXT)"
        )
        notes = [(3, 30, "2024-03-03", None, ""), (1, 10, "2024-03-01", 5, NASTY), (2, 20, None, None, NOTE)]
        base.executemany("INSERT INTO note VALUES (?, ?, ?, ?, ?)", notes)
    base.close()
    return f"sqlite:///{tmp_path / 'cdm.db'}"


def psql(url: str, *commands: str) -> str:
    tool = program("psql")
    if tool is None:
        pytest.skip("psql is not installed")
    (host,) = parse_qs(urlsplit(url).query)["host"]
    options = [part for command in commands for part in ("-c", command)]
    base = ["-h", host, "-U", "tester", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-q"]
    done = subprocess.run(
        [tool, *base, *options], capture_output=True, text=True, env={**os.environ, "PGUSER": "tester"}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def notes(postgres: str, tmp_path: Path) -> str:
    """An OMOP NOTE table, loaded by psql from a CSV file."""
    with (tmp_path / "load.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[2, 20, "2024-03-02", "", NOTE], [1, 10, "2024-03-01", 5, NASTY]])
    psql(
        postgres,
        "DROP TABLE IF EXISTS note",
        "CREATE TABLE note (note_id bigint, person_id int, note_date date, visit_occurrence_id int, note_text text)",
        f"\\copy note from '{tmp_path / 'load.csv'}' csv",
        "INSERT INTO note VALUES (3, 30, NULL, NULL, NULL)",
    )
    return postgres


class TestSqlite:
    def test_omop_reads_the_note_table_without_a_query(self, sqlite: str) -> None:
        assert rows(sqlite, None, kind="omop") == [
            Row(1, "1", NASTY, context=Context("10", "2024-03-01", "5")),
            Row(2, "2", NOTE, context=Context("20")),
            Row(3, "3", problem="text is empty"),
        ]

    def test_a_query_is_sent_as_it_is(self, sqlite: str) -> None:
        query = "SELECT note_id AS id, note_text AS body FROM note WHERE note_text LIKE '%:bind%'"
        assert rows(sqlite, query, columns=Columns("id", "body")) == [Row(1, "1", NASTY)]

    def test_missing_column(self, sqlite: str) -> None:
        with pytest.raises(InputError, match=r"no column 'text' or 'note_text'; the columns are 'note_id'; .*--text"):
            rows(sqlite, "SELECT note_id FROM note")

    def test_a_database_needs_a_query(self, sqlite: str) -> None:
        with pytest.raises(InputError, match="give --query"):
            rows(sqlite, None)
        with pytest.raises(InputError, match="--query is for a database"):
            rows("notes.csv", "SELECT 1")

    @pytest.mark.parametrize(
        ("query", "wanted"),
        [("SELECT * FROM nowhere", "no such table: nowhere"), ("SELEC", "syntax error"), (";", "cannot be run")],
    )
    def test_a_wrong_query_is_told(self, sqlite: str, query: str, wanted: str) -> None:
        with pytest.raises(InputError, match=wanted):
            rows(sqlite, query)

    @pytest.mark.parametrize("url", ["nonsense://user:hunter2@host/base", "sqlite:////no/such/place.db", "://"])
    def test_no_connection(self, url: str) -> None:
        with pytest.raises(InputError) as told:
            rows(url, "SELECT 1")
        assert "hunter2" not in str(told.value)

    def test_a_note_that_is_bytes(self, tmp_path: Path) -> None:
        base = sqlite3.connect(tmp_path / "b.db")
        base.execute("CREATE TABLE n (note_id, text)")
        base.executemany("INSERT INTO n VALUES (?, ?)", [("a", "é".encode()), ("b", b"\xff"), (1.0, "x"), (1.5, "x")])
        base.commit()
        base.close()
        found = rows(f"sqlite:///{tmp_path / 'b.db'}", "SELECT * FROM n")
        assert [(r.note_id, r.text, bool(r.problem)) for r in found] == [
            ("a", "é", False), ("b", "", True), ("1", "x", False), (None, "", True),
        ]  # fmt: skip


class TestPostgres:
    def test_notes_come_as_psql_loaded_them(self, notes: str) -> None:
        assert rows(notes, None, kind="omop") == [
            Row(1, "1", NASTY, context=Context("10", "2024-03-01", "5")),
            Row(2, "2", NOTE, context=Context("20", "2024-03-02")),
            Row(3, "3", problem="text is missing"),
        ]

    def test_csv_that_psql_writes(self, notes: str, tmp_path: Path) -> None:
        path = tmp_path / "out.csv"
        psql(notes, f"\\copy (SELECT note_id, note_text FROM note ORDER BY 1) to '{path}' csv header")
        assert [r.text for r in rows(str(path), None)] == [NASTY, NOTE, ""]

    def test_percent_colon_and_cast_need_no_escape(self, notes: str) -> None:
        query = "SELECT note_id::text AS note_id, note_text FROM note WHERE note_text LIKE '%:bind%' AND 7 % 2 = 1"
        assert [r.note_id for r in rows(notes, query)] == ["1"]

    def test_ids_of_other_types(self, notes: str) -> None:
        query = "SELECT 'c0ffee00-0000-4000-8000-000000000001'::uuid AS note_id, 'x' AS text UNION ALL SELECT NULL, 'y'"
        assert [r.note_id for r in rows(notes, query)] == ["c0ffee00-0000-4000-8000-000000000001", None]
        assert rows(notes, "SELECT 12::numeric AS note_id, 'x' AS text")[0].note_id == "12"

    def test_a_wrong_query_is_told(self, notes: str) -> None:
        with pytest.raises(InputError, match=r'relation "nowhere" does not exist'):
            rows(notes, "SELECT * FROM nowhere")

    def test_a_failure_between_the_rows_is_one_row_with_its_problem_and_quotes_nothing(self, notes: str) -> None:
        query = (
            "SELECT n AS note_id, CASE WHEN n = 1000 THEN (('secret' || n)::int)::text ELSE 'x' END AS text "
            "FROM generate_series(1, 2000) AS n"
        )
        *good, bad = rows(notes, query)
        assert [r.note_id for r in good] == [str(n) for n in range(1, len(good) + 1)]
        assert len(good) >= 500
        assert "the database broke off" in (bad.problem or "")
        assert "secret" not in (bad.problem or "")

    def test_rows_stream_through_a_cursor_of_the_server(self, notes: str) -> None:
        query = "SELECT n AS note_id, repeat('vein ', 2000) AS text FROM generate_series(1, 10000) AS n"
        number, peak = read_through(open_source(notes, query=query))
        assert number == 10_000
        assert peak < 20 * 2**20  # the whole result is 100 MB
