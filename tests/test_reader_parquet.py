"""Parquet in, as pandas and pyarrow write it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fakes import NOTE
from venocode.errors import InputError
from venocode.readers import Columns, Context, Row, open_source


def rows(path: Path, **options: object) -> list[Row]:
    source = open_source(str(path), **options)  # type: ignore[arg-type]
    found = list(source.rows)
    source.close()
    return found


def many(path: Path, groups: int = 5, compression: str = "snappy") -> Path:
    table = pa.table({"note_id": [f"n{i}" for i in range(500)], "text": [f"note {i} of many" for i in range(500)]})
    pq.write_table(table, path, row_group_size=500 // groups, compression=compression)
    return path


class TestParquet:
    def test_a_pandas_frame(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"note_id": [1, 2, 3], "text": ["é\r\n", None, NOTE], "other": [1.5, 2.5, 3.5]})
        frame.to_parquet(tmp_path / "n.parquet")
        assert rows(tmp_path / "n.parquet") == [
            Row(1, "1", "é\r\n"),
            Row(2, "2", problem="text is missing"),
            Row(3, "3", NOTE),
        ]

    def test_ids_that_pandas_made_floats(self, tmp_path: Path) -> None:
        pd.DataFrame({"id": [12.0, None], "body": ["x", "y"]}).to_parquet(tmp_path / "n.pq")
        found = rows(tmp_path / "n.pq", columns=Columns("id", "body"))
        assert [r.note_id for r in found] == ["12", None]

    def test_an_omop_table(self, tmp_path: Path) -> None:
        frame = pd.DataFrame(
            {"NOTE_ID": [1], "PERSON_ID": [7], "NOTE_DATE": [pd.Timestamp("2024-05-06")], "NOTE_TEXT": [NOTE]}
        )
        frame.to_parquet(tmp_path / "note.parquet")
        assert rows(tmp_path / "note.parquet", kind="omop") == [Row(1, "1", NOTE, context=Context("7", "2024-05-06"))]

    @pytest.mark.parametrize("kind", [pa.binary(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
    def test_text_of_other_types(self, tmp_path: Path, kind: pa.DataType) -> None:
        table = pa.table({"note_id": ["a"], "text": pa.array(["é"]).cast(kind)})
        pq.write_table(table, tmp_path / "n.parquet")
        assert rows(tmp_path / "n.parquet") == [Row(1, "a", "é")]

    def test_text_that_is_not_utf_8_costs_its_row(self, tmp_path: Path) -> None:
        broken = pa.array([b"\xff", b"fine"], pa.binary()).view(pa.string())
        pq.write_table(pa.table({"note_id": ["a", "b"], "text": broken}), tmp_path / "n.parquet")
        first, second = rows(tmp_path / "n.parquet")
        assert first.problem == "text holds bytes that are not valid in its encoding"
        assert second == Row(2, "b", "fine")

    def test_missing_column(self, tmp_path: Path) -> None:
        pd.DataFrame({"note_id": [1], "body": ["x"]}).to_parquet(tmp_path / "n.parquet")
        with pytest.raises(InputError, match=r"no column 'text' or 'note_text'; the columns are 'note_id', 'body'"):
            rows(tmp_path / "n.parquet")

    def test_progress_counts_rows(self, tmp_path: Path) -> None:
        source = open_source(str(many(tmp_path / "n.parquet")))
        next(source.rows)
        assert (source.size, source.done()) == (500, 1)
        source.close()

    def test_parts_in_a_directory(self, tmp_path: Path) -> None:
        (tmp_path / "notes.parquet").mkdir()
        for part in ("part-1", "part-0"):
            frame = pd.DataFrame({"note_id": [f"{part}-a", f"{part}-b"], "text": ["x", "y"]})
            frame.to_parquet(tmp_path / "notes.parquet" / f"{part}.parquet")
        (tmp_path / "notes.parquet" / "_SUCCESS").touch()
        found = rows(tmp_path / "notes.parquet")
        assert [(r.number, r.note_id) for r in found] == [
            (1, "part-0-a"), (2, "part-0-b"), (3, "part-1-a"), (4, "part-1-b"),
        ]  # fmt: skip

    def test_a_broken_part_is_one_row(self, tmp_path: Path) -> None:
        (tmp_path / "d").mkdir()
        many(tmp_path / "d" / "a.parquet")
        (tmp_path / "d" / "b.parquet").write_bytes(b"PAR1 cut")
        found = rows(tmp_path / "d", kind="parquet")
        assert len(found) == 501
        assert "b.parquet: is no whole Parquet file" in (found[-1].problem or "")

    def test_memory_does_not_grow_with_a_row_group(self, tmp_path: Path) -> None:
        texts = [f"{i} " + "vein " * 2_000 for i in range(8_000)]
        table = pa.table({"note_id": list(range(8_000)), "text": texts})
        pq.write_table(table, tmp_path / "n.parquet", row_group_size=8_000, use_dictionary=False, compression="none")
        del table, texts
        before, most = pa.total_allocated_bytes(), 0
        source = open_source(str(tmp_path / "n.parquet"))
        for row in source.rows:
            most = max(most, pa.total_allocated_bytes() - before if row.number % 64 == 0 else 0)
        source.close()
        assert most < 20 * 2**20  # the row group is 80 MB


class TestDamage:
    @pytest.mark.parametrize("share", [0.0, 0.1, 0.9, 0.999])
    def test_a_file_cut_short(self, tmp_path: Path, share: float) -> None:
        path = many(tmp_path / "n.parquet")
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(InputError, match=r"n\.parquet: is no whole Parquet file \(\w+\); write it again"):
            rows(path)

    def test_missing_and_misnamed_files(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no such file"):
            rows(tmp_path / "none.parquet")
        (tmp_path / "csv.parquet").write_text("note_id,text\na,secret\n")
        with pytest.raises(InputError, match="no whole Parquet file") as told:
            rows(tmp_path / "csv.parquet")
        assert "secret" not in str(told.value)

    def test_a_damaged_row_group_costs_its_rows_and_no_others(self, tmp_path: Path) -> None:
        path = many(tmp_path / "n.parquet", compression="gzip")
        column = pq.ParquetFile(path).metadata.row_group(2).column(1)
        data = bytearray(path.read_bytes())
        start = column.data_page_offset + 30
        data[start : start + 40] = bytes(40)
        path.write_bytes(data)
        found = rows(path)
        assert [r.number for r in found] == list(range(1, 501))
        bad = [r for r in found if r.problem]
        assert [r.number for r in bad] == list(range(201, 301))
        assert {r.problem for r in bad} == {"row group 3 of the Parquet file is damaged"}
        assert [r.note_id for r in found if not r.problem] == [f"n{i}" for i in range(500) if not 200 <= i < 300]
