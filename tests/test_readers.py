"""Files in, rows out: what is read, in which order, and what a bad row says."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venocode.errors import InputError
from venocode.readers import Columns, Context, Row, open_source
from venocode.readers.decode import decode
from venocode.readers.note import read_note


def rows(path: Path | str, **options: object) -> list[Row]:
    source = open_source(str(path), **options)  # type: ignore[arg-type]
    found = list(source.rows)
    source.close()
    return found


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def problem(tmp_path: Path, line: str | bytes) -> str | None:
    (row,) = rows(write(tmp_path / "n.jsonl", line))
    return row.problem


class TestJsonl:
    def test_rows_keep_order_number_and_text(self, tmp_path: Path) -> None:
        path = write(tmp_path / "n.jsonl", '{"note_id": "b", "text": "one\\r\\ntwo"}\n\n{"note_id": 7, "text": "é"}')
        assert rows(path) == [Row(1, "b", "one\r\ntwo"), Row(3, "7", "é")]

    def test_byte_order_mark_is_not_part_of_the_first_line(self, tmp_path: Path) -> None:
        assert rows(write(tmp_path / "n.jsonl", b'\xef\xbb\xbf{"note_id": "a", "text": "x"}')) == [Row(1, "a", "x")]

    @pytest.mark.parametrize(
        ("line", "wanted"),
        [
            ('{"note_id": "a", "text": secret}', "line is not valid JSON at character 26"),
            ("[1, 2]", "line is not a JSON object"),
            ("[" * 100_000, "line is not valid JSON"),
            ('{"note_id": ' + "9" * 5000 + ', "text": "x"}', "line is not valid JSON"),
            ('{"text": "x"}', "note_id is missing, empty or not a string"),
            ('{"note_id": "  ", "text": "x"}', "note_id is missing, empty or not a string"),
            ('{"note_id": true, "text": "x"}', "note_id is missing, empty or not a string"),
            ('{"note_id": "a"}', "text is missing"),
            ('{"note_id": "a", "text": null}', "text is missing"),
            ('{"note_id": "a", "text": ["x"]}', "text is not a string"),
            ('{"note_id": "a", "text": ""}', "text is empty"),
            ('{"note_id": "a", "text": " \\n\\u00a0\\ufeff"}', "text holds nothing but white space"),
            ('{"note_id": "a", "text": "x\\u0000y"}', "text holds binary data"),
            ('{"note_id": "a", "text": "x\\ud800"}', "text holds bytes that are not valid in its encoding"),
            ('{"note_id": "a\\ud800", "text": "x"}', "note_id holds characters that are not valid Unicode"),
            (b'{"note_id": "a", "text": "caf\xe9"}', "line is not valid utf-8 at byte 29"),
        ],
    )
    def test_a_bad_line_is_one_row_with_its_problem(self, tmp_path: Path, line: str | bytes, wanted: str) -> None:
        assert (problem(tmp_path, line) or "").startswith(wanted)

    def test_problems_never_quote_the_note(self, tmp_path: Path) -> None:
        assert "secret" not in (problem(tmp_path, '{"note_id": "a", "text": secret}') or "")

    def test_other_keys(self, tmp_path: Path) -> None:
        path = write(tmp_path / "n.jsonl", '{"id": "a", "body": "x"}\n{"id": "b", "text": "x"}')
        first, second = rows(path, columns=Columns("id", "body"))
        assert first == Row(1, "a", "x")
        assert second.problem == "key 'body' is missing"

    def test_standard_input(self) -> None:
        assert rows("-", stdin=io.BytesIO(b'{"note_id": "a", "text": "x"}')) == [Row(1, "a", "x")]

    def test_progress_counts_bytes(self, tmp_path: Path) -> None:
        path = write(tmp_path / "n.jsonl", '{"note_id": "a", "text": "x"}\n' * 3)
        source = open_source(str(path))
        assert (source.size, source.done()) == (90, 0)
        next(source.rows)
        assert source.done() == 30
        source.close()

    @given(st.binary(max_size=300))
    def test_any_bytes_are_read_without_an_exception(self, data: bytes) -> None:
        for row in open_source("-", stdin=io.BytesIO(data)).rows:
            assert row.problem is not None or row.text.strip()


class TestTable:
    def test_quotes_line_breaks_and_byte_order_mark(self, tmp_path: Path) -> None:
        path = write(tmp_path / "n.csv", '\ufeffnote_id,mrn,text\r\na,1,"say ""hi"",\r\nthere"\r\n\r\nb,2,x\r\n')
        assert [(r.number, r.note_id) for r in rows(path)] == [(2, "a"), (4, "b")]
        assert [r.text for r in rows(path)] == ['say "hi",\r\nthere', "x"]

    def test_a_large_field(self, tmp_path: Path) -> None:
        path = tmp_path / "n.csv"
        with path.open("w", newline="", encoding="utf-8") as f:
            csv.writer(f).writerows([["note_id", "text"], ["a", "vein " * 400_000]])
        (row,) = rows(path)
        assert len(row.text) == 2_000_000

    def test_missing_column_names_wanted_present_and_remedy(self, tmp_path: Path) -> None:
        path = write(tmp_path / "n.csv", "note_id,body\na,x\n")
        with pytest.raises(
            InputError, match=r"n\.csv: no column 'text' or 'note_text'; .*'note_id', 'body'.*--text-column"
        ):
            rows(path)
        with pytest.raises(InputError, match=r"no column 'mrn'.*--id-column"):
            rows(path, columns=Columns("mrn", "body"))
        assert rows(path, columns=Columns(text="body")) == [Row(2, "a", "x")]

    def test_a_column_twice(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="stands 2 times"):
            rows(write(tmp_path / "n.csv", "note_id,text,text\na,x,y\n"))

    def test_empty_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="the file is empty"):
            rows(write(tmp_path / "n.csv", ""))

    def test_bad_rows_cost_themselves_only(self, tmp_path: Path) -> None:
        data = b'note_id,text\na,caf\xe9\nb,x,y\nc,"x"y\nd,good\ne,\nf\n'
        found = rows(write(tmp_path / "n.csv", data))
        assert [(r.number, r.note_id, r.problem) for r in found] == [
            (2, "a", "text holds bytes that are not valid in its encoding"),
            (3, None, "row has 3 fields, the header has 2"),
            (4, None, "not valid CSV: a quote is misplaced"),
            (5, "d", None),
            (6, "e", "text is empty"),
            (7, None, "row has 1 fields, the header has 2"),
        ]

    def test_an_open_quote_is_told(self, tmp_path: Path) -> None:
        found = rows(write(tmp_path / "n.csv", 'note_id,text\na,x\nb,"never closed\nc,y\n'))
        assert found == [
            Row(2, "a", "x"),
            Row(3, None, problem="not valid CSV: a quote is never closed"),
            Row(4, "c", "y"),
        ]

    def test_an_open_quote_costs_no_row_behind_it(self, tmp_path: Path) -> None:
        found = rows(write(tmp_path / "n.csv", 'note_id,text\na,"open\nb,"fine, really"\nc,"two\nlines"\n'))
        assert [(r.note_id, r.text) for r in found if not r.problem] == [("b", "fine, really"), ("c", "two\nlines")]
        assert [r.problem for r in found if r.problem] == ["not valid CSV: a quote is misplaced"]

    def test_columns_in_another_case(self, tmp_path: Path) -> None:
        assert rows(write(tmp_path / "n.csv", "NOTE_ID,NOTE_TEXT\n1,x\n")) == [Row(2, "1", "x")]

    def test_context_is_handed_on(self, tmp_path: Path) -> None:
        data = "note_id,note_text,person_id,note_date,visit_occurrence_id\n1,x,77,2024-02-30,5\n2,y,,20240229,\n"
        first, second = rows(write(tmp_path / "n.csv", data))
        assert first.context == Context("77", None, "5")
        assert second.context == Context(None, "2024-02-29", None)
        named = rows(write(tmp_path / "m.csv", "note_id,text,mrn\n1,x,9\n"), columns=Columns(person="mrn"))
        assert named[0].context.person == "9"

    def test_another_encoding(self, tmp_path: Path) -> None:
        path = write(tmp_path / "n.csv", b"note_id,text\na,caf\xe9\n")
        assert rows(path, encoding="cp1252") == [Row(2, "a", "café")]

    def test_tabs(self, tmp_path: Path) -> None:
        assert rows(write(tmp_path / "n.tsv", "note_id\ttext\na\tx, y\n")) == [Row(2, "a", "x, y")]


class TestFolder:
    def test_relative_path_is_the_id_and_names_give_the_order(self, tmp_path: Path) -> None:
        (tmp_path / "ward").mkdir()
        write(tmp_path / "b.txt", "two\r\n")
        write(tmp_path / "a.v1.txt", "one")
        write(tmp_path / "ward" / "c.TXT", "three")
        write(tmp_path / "readme.md", "not a note")
        assert rows(tmp_path) == [Row(1, "a.v1", "one"), Row(2, "b", "two\r\n"), Row(3, "ward/c", "three")]

    def test_bad_files_are_rows_with_problems(self, tmp_path: Path) -> None:
        write(tmp_path / "a.txt", b"caf\xe9")
        write(tmp_path / "b.txt", b"%PDF-1.7 ...")
        write(tmp_path / "c.txt", b"")
        write(tmp_path / "d.txt", "fine")
        found = rows(tmp_path)
        assert [bool(r.problem) for r in found] == [True, True, True, False]
        assert "--encoding" in (found[0].problem or "")
        assert "PDF" in (found[1].problem or "")

    def test_no_text_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"no \.txt, .* file in this directory; .*--from"):
            rows(tmp_path)


class TestRefused:
    def test_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"none\.jsonl: no such file"):
            rows(tmp_path / "none.jsonl")

    @pytest.mark.parametrize("name", ["a.txt", "a.rtf", "a.xlsx", "a.docx"])
    def test_other_kinds_of_file_come_with_a_remedy(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError, match=r"not read by batch; ."):
            rows(write(tmp_path / name, "x"))

    def test_unknown_encoding(self, tmp_path: Path) -> None:
        for name in ("n.jsonl", "n.csv"):
            with pytest.raises(InputError, match="encoding 'klingon' is not known"):
                rows(write(tmp_path / name, "note_id,text"), encoding="klingon")
        with pytest.raises(InputError, match="'hex' is not known"):
            decode(b"x", "hex")


class TestNote:
    def test_nothing_is_changed(self, tmp_path: Path) -> None:
        text = "a\r\nb\x0cc\u00a0d\te\r"
        assert read_note(str(write(tmp_path / "n.txt", text))) == text
        assert read_note("-", stdin=io.BytesIO(text.encode())) == text

    @pytest.mark.parametrize(
        ("data", "wanted"),
        [
            (b"", "is empty; "),
            (b" \n\t\r\n", "holds nothing but white space; "),
            (b"caf\xe9 secret", "is not valid utf-8 at byte 3; save it as UTF-8 or give --encoding"),
            (b"\xff\xfea\0b\0", "is encoded as UTF-16; "),
            (b"\x7fELF\x02\0\0\x80", "is binary data"),
            (b"abc\0def", "holds binary data; "),
            (b"PK\x03\x04rest", "is a zip archive or an office document"),
        ],
    )
    def test_what_is_not_a_note_is_told_with_the_name_of_the_file(
        self, tmp_path: Path, data: bytes, wanted: str
    ) -> None:
        path = write(tmp_path / "n.txt", data)
        with pytest.raises(InputError) as told:
            read_note(str(path))
        assert str(told.value).startswith(f"{path}: {wanted}")
        assert "secret" not in str(told.value)

    def test_missing_file_and_directory(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no such file"):
            read_note(str(tmp_path / "none.txt"))
        with pytest.raises(InputError, match=r"is a directory; .*venocode batch"):
            read_note(str(tmp_path))

    def test_other_encodings(self) -> None:
        assert decode("é".encode("cp1252"), "cp1252") == "é"
        assert decode("é vein".encode("utf-16"), "utf-16") == "é vein"

    @given(st.text(min_size=1).filter(lambda t: t.isprintable() and t.strip()))
    def test_printable_text_comes_through_whole(self, text: str) -> None:
        assert decode(text.encode("utf-8")) == text.removeprefix("\ufeff")


def test_ids_may_be_written_as_json_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "n.jsonl", json.dumps({"note_id": 12, "text": "x"}))
    assert rows(path)[0].note_id == "12"
