"""Whatever the bytes: rows or an InputError, nothing lost on the way, and memory that does not grow with the file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import docx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from memory import read_through
from venocode.errors import InputError
from venocode.readers import Row, files, open_source, table
from venocode.readers.docx import docx_text

LINES = b"".join(json.dumps({"note_id": f"n{i}", "text": f"note {i} of many"}).encode() + b"\n" for i in range(2_000))
FHIR_KEYS = (
    *("id", "status", "content", "attachment", "contentType", "data", "url", "presentedForm", "conclusion", "subject"),
    *("reference", "context", "encounter", "period", "start", "date", "identifier", "value", "masterIdentifier"),
)
PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".zst": zstd.compress}


def word_document() -> bytes:
    document = docx.Document()
    document.add_paragraph("left common iliac vein")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


WORD = word_document()


def rows(path: Path | str, **options: object) -> list[Row]:
    source = open_source(str(path), **options)  # type: ignore[arg-type]
    found = list(source.rows)
    source.close()
    return found


@pytest.mark.parametrize("suffix", PACKERS)
class TestCompressed:
    def test_every_format_that_is_one_stream(self, tmp_path: Path, suffix: str) -> None:
        pack = PACKERS[suffix]
        for name, data in (
            ("n.jsonl", b'{"note_id": "a", "text": "x"}'),
            ("n.ndjson", b'{"note_id": "a", "text": "x"}'),
            ("n.csv", b"note_id,text\na,x\n"),
            ("n.tsv", b"note_id\ttext\na\tx\n"),
            ("n.hl7", b"MSH|^~\\&|||||||MDM^T02|a\rOBX|1|TX|||x\r"),
        ):
            path = tmp_path / (name + suffix)
            path.write_bytes(pack(data))
            assert [(r.note_id, r.text) for r in rows(path)] == [("a", "x")]

    def test_several_members_are_one_stream(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"n.jsonl{suffix}"
        path.write_bytes(PACKERS[suffix](LINES[:1000]) + PACKERS[suffix](LINES[1000:]))
        assert len(rows(path)) == 2_000

    @pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
    def test_a_file_cut_short_gives_what_it_holds_and_says_so(self, tmp_path: Path, suffix: str, share: float) -> None:
        whole = b"".join(PACKERS[suffix](LINES[i : i + 8000]) for i in range(0, len(LINES), 8000))
        path = tmp_path / f"n.jsonl{suffix}"
        path.write_bytes(whole[: int(len(whole) * share)])
        *good, last = rows(path)
        assert [r.note_id for r in good] == [f"n{i}" for i in range(len(good))]
        assert all(r.problem is None for r in good)
        assert len(good) >= 2_000 * (share - 0.1) - 200
        assert last.problem == "the compressed file is cut short; what follows is missing"

    def test_a_table_cut_in_a_note_does_not_pass_for_a_whole_note(self, tmp_path: Path, suffix: str) -> None:
        random.seed(1)
        body = "".join(f"{i},left {random.random()} common iliac vein\n" for i in range(5_000))
        whole = f"note_id,text\n{body}".encode()
        packed = b"".join(PACKERS[suffix](whole[i : i + 20_000]) for i in range(0, len(whole), 20_000))
        path = tmp_path / f"n.csv{suffix}"
        path.write_bytes(packed[: len(packed) // 2])
        *good, last = rows(path)
        assert all(r.text.endswith("vein") for r in good)
        assert last.problem == "the compressed file is cut short; what follows is missing"

    def test_damage_is_told(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"n.jsonl{suffix}"
        path.write_bytes(b"plain text, no archive")
        (row,) = rows(path)
        assert row.problem == "the compressed file is damaged; what follows cannot be read"
        table_path = tmp_path / f"n.csv{suffix}"
        table_path.write_bytes(b"plain text, no archive")
        with pytest.raises(InputError, match=r"n\.csv.*: the compressed file is damaged"):
            rows(table_path)

    def test_progress_counts_bytes_of_the_file(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"n.jsonl{suffix}"
        path.write_bytes(PACKERS[suffix](LINES))
        source = open_source(str(path))
        list(source.rows)
        assert source.done() == source.size == path.stat().st_size
        source.close()


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, extra in (
        ("backports.zstd", "n.jsonl.zst", "zstd"),
        ("pyarrow.parquet", "n.parquet", "parquet"),
        ("sqlalchemy", "sqlite://", "sql"),
    ):
        monkeypatch.setitem(__import__("sys").modules, module, None)
        (tmp_path / "n.jsonl.zst").write_bytes(zstd.compress(LINES))
        with pytest.raises(InputError, match=rf"which is not installed; pip install 'venocode\[{extra}\]'"):
            rows(name if "://" in name else tmp_path / name, query="SELECT 1" if "://" in name else None)


class TestBounds:
    def test_a_line_without_end_is_one_row(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "LONGEST", 1_000)
        for size in (999, 1_000, 1_001, 2_000, 5_000):
            (tmp_path / "n.jsonl").write_bytes(b"x" * size + b'\n{"note_id": "a", "text": "x"}\n')
            first, second = rows(tmp_path / "n.jsonl")
            assert first.problem == (
                "line is not valid JSON at character 1" if size < 999 else "line is too long to be a note"
            )
            assert second == Row(2, "a", "x")

    def test_an_open_quote_does_not_take_in_the_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(table, "LONGEST", 10_000)
        body = "".join(f"{i},left common iliac vein\n" for i in range(20_000))
        (tmp_path / "n.csv").write_text(f'note_id,text\nopen,"never closed\n{body}')
        number, peak = read_through(open_source(str(tmp_path / "n.csv")))
        assert number == 20_001
        assert peak < 2**20
        assert [r.problem for r in rows(tmp_path / "n.csv") if r.problem] == ["not valid CSV: a quote is never closed"]

    def test_quotes_broken_everywhere_cost_no_more_than_reading(self, tmp_path: Path) -> None:
        with (tmp_path / "n.csv").open("w") as file:
            file.write("note_id,text\n")
            file.writelines(f'{i},"say ""so\n' if i % 2 else f'{i},"x"y\n' for i in range(40_000))
        number, _ = read_through(open_source(str(tmp_path / "n.csv")))
        assert number >= 40_000

    @pytest.mark.parametrize("name", ["n.jsonl", "n.jsonl.gz", "n.jsonl.zst", "n.csv", "n.parquet", "folder"])
    def test_memory_does_not_grow_with_the_input(self, tmp_path: Path, name: str) -> None:
        path, text = tmp_path / name, "left common iliac vein " * 300
        total = 3_000
        if name == "folder":
            path.mkdir()
            for i in range(total := 400):
                (path / f"{i}.txt").write_text(text * 8)
        elif name == "n.parquet":
            notes = pa.table({"note_id": list(range(total)), "text": [f"{i} {text}" for i in range(total)]})
            pq.write_table(notes, path, row_group_size=1_000, use_dictionary=False)
        elif name == "n.csv":
            with path.open("w", newline="") as file:
                csv.writer(file).writerows([["note_id", "text"], *([i, text] for i in range(total))])
        else:
            data = b"".join(json.dumps({"note_id": i, "text": text}).encode() + b"\n" for i in range(total))
            path.write_bytes(PACKERS.get(path.suffix, bytes)(data))
        number, peak = read_through(open_source(str(path)))
        assert number == total
        assert peak < 3 * 2**20  # the input is 20 MB


def accounted(found: list[Row]) -> None:
    """Every row is either a note or a problem, and positions never go back."""
    assert all(r.problem is not None or (r.text.strip() and r.note_id) for r in found)
    assert [r.number for r in found] == sorted(r.number for r in found)


SEEDS: dict[str, bytes] = {
    "n.jsonl": LINES[:300],
    "n.jsonl.gz": gzip.compress(LINES[:300]),
    "n.jsonl.zst": zstd.compress(LINES[:300]),
    "n.csv": b'note_id,text\na,"say ""hi"""\nb,x\nc,"two\nlines"\n',
    "n.tsv": b"note_id\ttext\na\tx\n",
    "n.hl7": b"MSH|^~\\&|||||||ORU^R01|a\rPID|1||7\rOBR|1|2\rOBX|1|TX|||x\\.br\\y~z\r",
    "fhir.json": b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "DocumentReference", "id": "a", '
    b'"content": [{"attachment": {"data": "bGVmdA=="}}]}}]}',
    "fhir.ndjson": b'{"resourceType": "DiagnosticReport", "id": "a", "conclusion": "x"}\n{"resourceType": "Patient"}\n',
    "n.txt": b"left common iliac vein",
    "n.html": b"<meta charset='cp1252'><p>left</p>",
    "n.rtf": b"{\\rtf1\\ansicpg1252 left}",
}
mutation = st.tuples(st.integers(0, 400), st.integers(0, 8), st.binary(max_size=8))


@pytest.mark.parametrize("name", SEEDS)
@given(changes=st.lists(mutation, max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_damage_to_a_file_gives_rows_or_an_input_error(name: str, changes: list[tuple[int, int, bytes]]) -> None:
    data = bytearray(SEEDS[name])
    for place, length, new in changes:
        data[place : place + length] = new
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        document = name.endswith((".txt", ".html", ".rtf"))
        kind = "fhir" if name.startswith("fhir") else "folder" if document else None
        with suppress(InputError):
            accounted(rows(path.parent if document else path, kind=kind))


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv", "fhir", "hl7"])
@given(data=st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
@settings(max_examples=60, deadline=None)
def test_any_bytes_on_standard_input(kind: str, data: bytes) -> None:
    with suppress(InputError):
        accounted(rows("-", stdin=io.BytesIO(data), kind=kind))


@given(data=st.binary(max_size=400), changes=st.lists(mutation, max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_bytes_as_a_document_or_a_parquet_file(data: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "n.parquet"
        pq.write_table(pa.table({"note_id": ["a", "b"], "text": ["x", "y"]}), path)
        whole = bytearray(path.read_bytes())
        for place, length, new in changes:
            whole[place : place + length] = new
        for content in (data, bytes(whole)):
            path.write_bytes(content)
            with suppress(InputError):
                accounted(rows(path))
    with pytest.raises(InputError):
        docx_text(data)


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=8))
@settings(deadline=None)
def test_every_row_that_the_csv_module_writes_comes_back(values: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("note_id", "text"), *values])
    data = text.getvalue().encode("utf-8", "surrogatepass")
    found = rows("-", stdin=io.BytesIO(data), kind="csv")
    assert len(found) == len(values)
    for row, (name, body) in zip(found, values, strict=True):
        assert row.problem or (row.note_id, row.text) == (name, body)


@given(data=st.binary(max_size=400))
def test_every_line_that_is_not_blank_is_one_row(data: bytes) -> None:
    lines = sum(1 for line in data.split(b"\n") if line.strip())
    assert len(rows("-", stdin=io.BytesIO(data))) == lines


values = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20) | st.binary(max_size=20)


@given(records=st.lists(st.tuples(values, values, values, values), max_size=8))
@settings(max_examples=40, deadline=None)
def test_any_values_of_a_database_give_one_row_each(records: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        base = sqlite3.connect(f"{folder}/base.db")
        base.execute("CREATE TABLE note (note_id, note_text, person_id, note_date)")
        base.executemany("INSERT INTO note VALUES (?, ?, ?, ?)", records)
        base.commit()
        base.close()
        found = rows(f"sqlite:///{folder}/base.db", query="SELECT * FROM note")
    accounted(found)
    assert len(found) == len(records)


@given(changes=st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 8), st.binary(max_size=8)), max_size=6))
@settings(max_examples=30, deadline=None)
def test_any_damage_to_a_word_document(changes: list[tuple[int, int, bytes]]) -> None:
    data = bytearray(WORD)
    for place, length, new in changes:
        data[place : place + length] = new
    with suppress(InputError):
        docx_text(bytes(data))


trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["bGVmdA==", "text/plain", "a/1"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(FHIR_KEYS), children, max_size=4),
    max_leaves=20,
)


@given(tree=trees, kind=st.sampled_from(["DocumentReference", "DiagnosticReport"]), broken=st.sampled_from(FHIR_KEYS))
@settings(max_examples=200, deadline=None)
def test_any_shape_of_a_fhir_resource_is_one_row(tree: object, kind: str, broken: str) -> None:
    resource = {"id": "a", "content": [{"attachment": {"data": "bGVmdA=="}}], broken: tree, "resourceType": kind}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource}]}
    for data in (json.dumps(resource), json.dumps(bundle, indent=1)):
        found = rows("-", stdin=io.BytesIO(data.encode()), kind="fhir")
        accounted(found)
        assert len(found) == 1


pieces = st.sampled_from(
    ["MSH|^~\\&|", "|", "^", "~", "\\", "\r", "\n", "MDM^T02", "ORU^R01", "OBX|1|TX|||", "OBR|", "TXA|", "x"]
)


@given(parts=st.lists(pieces | st.text(max_size=3), max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_order_of_the_parts_of_hl7_messages(parts: list[str]) -> None:
    data = "MSH|^~\\&|||||||MDM^T02|a\rOBX|1|TX|||first\r" + "".join(parts)
    found = rows("-", stdin=io.BytesIO(data.encode()), kind="hl7")
    accounted(found)
    assert found[0].number == 1
