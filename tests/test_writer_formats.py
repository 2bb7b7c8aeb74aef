"""Records out as tables, Parquet, OMOP, FHIR, brat, SQL and pages: read back by the tools they are made for."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sqlite3
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from backports import zstd
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from fakes import LEFT_CIV, NOTE, FakeEngine
from venocode.errors import InputError
from venocode.readers import Context, Row
from venocode.records import CodeLine, Mention, NoteResult, Vein, VeinDecision
from venocode.writers import FORMATS, open_writer, site
from venocode.writers.base import file_name
from venocode.writers.brat import annotation_lines

LEFT_EIV = Vein("external_iliac_vein", "left")
RIGHT_EIV = Vein("external_iliac_vein", "right")
CONTEXT = Context("77", "2024-05-06", "5")
ONE = FakeEngine().code(NOTE, note_id="12")
THREE = replace(
    ONE,
    note_id="13",
    codes=(CodeLine("37248", 1, (LEFT_CIV,)), CodeLine("37249", 2, (LEFT_EIV, RIGHT_EIV))),
    veins=tuple(VeinDecision(v, "counted", None, 0.9) for v in (LEFT_CIV, LEFT_EIV, RIGHT_EIV)),
)
NONE = NoteResult("14", disposition="auto", probability=0.99)
RESULTS = (ONE, THREE, NONE)


def write(
    path: Path | str, *results: NoteResult, kind: str | None = None, context: Context = CONTEXT, **more: Any
) -> None:
    with open_writer(str(path), kind, **more) as writer:
        for number, result in enumerate(results or RESULTS, start=1):
            writer.write(result, Row(number, result.note_id, NOTE, context=context))


def write_and_fail(*where: str) -> None:
    with open_writer(*where) as writer:
        for number in range(600):
            writer.write(replace(ONE, note_id=str(number)), Row(number, str(number), NOTE))
        raise RuntimeError


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


class TestTables:
    def test_one_row_a_code_line(self, tmp_path: Path) -> None:
        write(tmp_path / "codes.csv", kind="csv-codes")
        assert [tuple(row.values()) for row in table(tmp_path / "codes.csv")] == [
            ("12", "37248", "1", "left common iliac vein", "review", "0.9100"),
            ("13", "37248", "1", "left common iliac vein", "review", "0.9100"),
            ("13", "37249", "2", "left external iliac vein; right external iliac vein", "review", "0.9100"),
        ]

    def test_no_cell_of_a_table_for_people_is_a_formula(self, tmp_path: Path) -> None:
        for kind in ("csv", "csv-codes"):
            write(tmp_path / "t.csv", replace(ONE, note_id="=cmd()", disposition="@sum"), kind=kind)
            (row,) = table(tmp_path / "t.csv")
            assert not any(cell.startswith(("=", "@")) for cell in row.values())
            assert row["note_id"] == "'=cmd()"

    @pytest.mark.parametrize(("kind", "name"), [("parquet-flat", "t.parquet"), ("csv-codes", "t.parquet")])
    def test_flat_parquet_has_the_columns_of_the_csv(self, tmp_path: Path, kind: str, name: str) -> None:
        write(tmp_path / name, kind=kind)
        write(tmp_path / "t.csv", kind="csv-codes" if kind == "csv-codes" else "csv")
        frame = pd.read_parquet(tmp_path / name)
        rows = [
            {k: f"{v:.4f}" if isinstance(v, float) else str(v) for k, v in r.items()} for r in frame.to_dict("records")
        ]
        assert rows == table(tmp_path / "t.csv")
        assert pd.api.types.is_integer_dtype(frame["units" if kind == "csv-codes" else "units_37248"])

    @pytest.mark.parametrize(("suffix", "unpack"), [(".gz", gzip.decompress), (".zst", zstd.decompress)])
    @pytest.mark.parametrize("name", ["r.jsonl", "r.csv"])
    def test_compressed(self, tmp_path: Path, name: str, suffix: str, unpack: Any) -> None:
        write(tmp_path / name)
        write(tmp_path / (name + suffix))
        assert unpack((tmp_path / (name + suffix)).read_bytes()) == (tmp_path / name).read_bytes()


class TestParquet:
    def test_the_whole_record_comes_back(self, tmp_path: Path) -> None:
        write(tmp_path / "r.parquet")
        for record, result in zip(pq.read_table(tmp_path / "r.parquet").to_pylist(), RESULTS, strict=True):
            for key in ("documentation", "provenance"):
                record[key] = dict(record[key])
            keys = [set(m) for m in result.to_dict()["mentions"]]
            record["mentions"] = [
                {k: v for k, v in m.items() if k in own} for m, own in zip(record["mentions"], keys, strict=True)
            ]
            assert record == result.to_dict()

    def test_many_records_are_many_row_groups(self, tmp_path: Path) -> None:
        write(tmp_path / "r.parquet", *(replace(NONE, note_id=str(i)) for i in range(2_500)))
        file = pq.ParquetFile(tmp_path / "r.parquet")
        assert (file.metadata.num_rows, file.metadata.num_row_groups) == (2_500, 3)

    def test_an_empty_run(self, tmp_path: Path) -> None:
        for kind in ("parquet", "parquet-flat"):
            with open_writer(str(tmp_path / "r.parquet"), kind):
                pass
            assert pq.read_table(tmp_path / "r.parquet").num_rows == 0


class TestOmop:
    COLUMNS = (
        "note_nlp_id note_id section_concept_id snippet offset lexical_variant note_nlp_concept_id "
        "note_nlp_source_concept_id nlp_system nlp_date nlp_datetime term_exists term_temporal term_modifiers"
    )

    def test_note_nlp(self, tmp_path: Path) -> None:
        write(tmp_path / "note_nlp.csv", kind="omop-note-nlp")
        first, second, *_ = rows = table(tmp_path / "note_nlp.csv")
        assert list(first) == self.COLUMNS.split()
        assert [r["note_nlp_id"] for r in rows] == [str(i) for i in range(1, 5)]
        start = int(first["offset"])
        end = int(re.findall(r"\bend=(\d+)", first["term_modifiers"])[0])
        assert NOTE[start:end] == first["lexical_variant"] == "left common iliac vein"
        assert first["lexical_variant"] in first["snippet"]
        assert "probability=0.9700" in first["term_modifiers"]
        assert "probability=0.9100" in second["term_modifiers"]
        assert (first["term_exists"], first["term_temporal"]) == ("Y", "")
        assert (second["term_exists"], second["term_temporal"]) == ("Y", "Present")
        assert first["nlp_date"] == datetime.now(UTC).date().isoformat()

    @pytest.mark.parametrize(
        ("assertion", "wanted"),
        [("negated", ("N", "")), ("historical", ("Y", "Past")), ("planned", ("N", "Future")), ("attempted", ("N", ""))],
    )
    def test_status(self, tmp_path: Path, assertion: str, wanted: tuple[str, str]) -> None:
        mention = Mention("ANGIOPLASTY", 0, 5, NOTE[:5], "technique", "ANG-001", assertion=assertion)
        write(tmp_path / "n.csv", replace(ONE, mentions=(mention,)), kind="omop-note-nlp")
        (row,) = table(tmp_path / "n.csv")
        assert (row["term_exists"], row["term_temporal"]) == wanted

    def test_columns_are_no_wider_than_the_model(self, tmp_path: Path) -> None:
        mention = Mention("VEIN", 0, 3_000, "v" * 3_000, "s" * 3_000, "R", veins=(LEFT_CIV,) * 100, role="treated")
        write(tmp_path / "n.csv", replace(ONE, mentions=(mention,)), kind="omop-note-nlp")
        (row,) = table(tmp_path / "n.csv")
        assert [len(row[c]) for c in ("lexical_variant", "snippet")] <= [250, 250]
        assert len(row["term_modifiers"]) <= 2_000

    def test_procedure_occurrence(self, tmp_path: Path) -> None:
        write(tmp_path / "p.csv", kind="omop-procedure-occurrence")
        rows = table(tmp_path / "p.csv")
        assert (
            list(rows[0])
            == (
                "procedure_occurrence_id person_id procedure_concept_id procedure_date procedure_datetime procedure_end_date "
                "procedure_end_datetime procedure_type_concept_id modifier_concept_id quantity provider_id "
                "visit_occurrence_id visit_detail_id procedure_source_value procedure_source_concept_id modifier_source_value"
            ).split()
        )
        kept = ("procedure_occurrence_id", "person_id", "procedure_date", "quantity", "visit_occurrence_id")
        assert [tuple(r[c] for c in (*kept, "procedure_source_value")) for r in rows] == [
            ("1", "77", "2024-05-06", "1", "5", "37248"),
            ("2", "77", "2024-05-06", "1", "5", "37248"),
            ("3", "77", "2024-05-06", "2", "5", "37249"),
        ]

    def test_parquet_with_types(self, tmp_path: Path) -> None:
        write(tmp_path / "n.parquet", kind="omop-note-nlp")
        schema = pq.read_schema(tmp_path / "n.parquet")
        assert schema.names == self.COLUMNS.split()
        assert [str(schema.field(n).type) for n in ("note_nlp_id", "nlp_date", "nlp_datetime")] == [
            "int64", "date32[day]", "timestamp[us]",
        ]  # fmt: skip

    def test_postgres_takes_the_files(self, tmp_path: Path, postgres: str) -> None:
        """The data definition is that of CDM 5.4 for PostgreSQL."""
        write(tmp_path / "n.csv", kind="omop-note-nlp")
        ddl = (
            "CREATE TEMP TABLE note_nlp (note_nlp_id integer NOT NULL, note_id integer NOT NULL, "
            'section_concept_id integer NULL, snippet varchar(250) NULL, "offset" varchar(50) NULL, '
            "lexical_variant varchar(250) NOT NULL, note_nlp_concept_id integer NULL, "
            "note_nlp_source_concept_id integer NULL, nlp_system varchar(250) NULL, nlp_date date NOT NULL, "
            "nlp_datetime TIMESTAMP NULL, term_exists varchar(1) NULL, term_temporal varchar(50) NULL, "
            "term_modifiers varchar(2000) NULL)"
        )
        engine = create_engine(postgres)
        with engine.begin() as connection:
            connection.execute(text(ddl))
            cursor = connection.connection.cursor()
            with cursor.copy("COPY note_nlp FROM STDIN WITH (FORMAT csv, HEADER)") as copy:
                copy.write((tmp_path / "n.csv").read_bytes())
            assert connection.execute(text("SELECT count(*), min(note_id) FROM note_nlp")).one() == (4, 12)
        engine.dispose()


def resources(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """The resources of a Bundle, each checked by fhir.resources."""
    Bundle.model_validate(bundle)
    found = [entry["resource"] for entry in bundle["entry"]]
    for resource in found:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    return found


class TestFhir:
    def test_a_bundle(self, tmp_path: Path) -> None:
        write(tmp_path / "r.json", kind="fhir")
        bundle = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
        found = resources(bundle)
        assert Counter(r["resourceType"] for r in found) == {"Device": 1, "Procedure": 4, "Claim": 2, "Provenance": 2}
        urls = [entry["fullUrl"] for entry in bundle["entry"]]
        assert len(set(urls)) == len(urls)
        referred = re.findall(r'"reference": "(urn:uuid:[^"]+)"', json.dumps(found))
        assert set(referred) <= set(urls)

    def test_codes_quantities_and_veins(self, tmp_path: Path) -> None:
        write(tmp_path / "r.json", THREE, kind="fhir")
        found = resources(json.loads((tmp_path / "r.json").read_text(encoding="utf-8")))
        procedures = [r for r in found if r["resourceType"] == "Procedure"]
        assert [(p["code"]["coding"][0]["code"], p["bodySite"][0]["text"]) for p in procedures] == [
            ("37248", "left common iliac vein"),
            ("37249", "left external iliac vein"),
            ("37249", "right external iliac vein"),
        ]
        assert {p["performedDateTime"] for p in procedures} == {"2024-05-06"}
        assert procedures[0]["subject"] == {"type": "Patient", "identifier": {"value": "77"}}
        (claim,) = (r for r in found if r["resourceType"] == "Claim")
        assert claim["status"] == "draft"
        assert [(i["quantity"]["value"], i["procedureSequence"]) for i in claim["item"]] == [(1, [1]), (2, [2, 3])]
        assert "display" not in json.dumps([claim["item"], [p["code"] for p in procedures]])
        (provenance,) = (r for r in found if r["resourceType"] == "Provenance")
        assert len(provenance["target"]) == 4
        assert provenance["entity"][0]["what"] == {"identifier": {"value": "13"}}

    def test_references_of_a_fhir_source_are_kept(self, tmp_path: Path) -> None:
        context = Context("Patient/p1", None, "Encounter/e1", "DocumentReference/d1")
        write(tmp_path / "r.json", ONE, kind="fhir", context=context)
        found = resources(json.loads((tmp_path / "r.json").read_text(encoding="utf-8")))
        (procedure,) = (r for r in found if r["resourceType"] == "Procedure")
        assert (procedure["subject"], procedure["encounter"]) == (
            {"reference": "Patient/p1"}, {"reference": "Encounter/e1"},
        )  # fmt: skip
        assert found[-1]["entity"][0]["what"]["reference"] == "DocumentReference/d1"

    def test_one_bundle_a_line(self, tmp_path: Path) -> None:
        write(tmp_path / "r.ndjson", kind="fhir", context=Context())
        bundles = [json.loads(line) for line in (tmp_path / "r.ndjson").read_text(encoding="utf-8").splitlines()]
        assert [len(resources(bundle)) for bundle in bundles] == [4, 6]

    def test_an_empty_run_is_still_a_bundle(self, tmp_path: Path) -> None:
        write(tmp_path / "r.json", NONE, kind="fhir")
        assert [r["resourceType"] for r in resources(json.loads((tmp_path / "r.json").read_text()))] == ["Device"]


class TestBrat:
    def test_offsets_count_the_text_beside(self, tmp_path: Path) -> None:
        write(tmp_path / "brat", kind="brat")
        assert sorted(p.name for p in (tmp_path / "brat").iterdir()) == sorted(
            ["annotation.conf", *(f"{n}.{kind}" for n in (12, 13, 14) for kind in ("ann", "txt"))]
        )
        note = (tmp_path / "brat" / "12.txt").read_bytes().decode()
        assert note == NOTE
        lines = (tmp_path / "brat" / "12.ann").read_text(encoding="utf-8").splitlines()
        first, place = lines[0].split("\t")[0], lines[0].split("\t")[1].split()
        assert (first, note[int(place[1]) : int(place[2])]) == ("T1", "left common iliac vein")
        assert "A1\tRole T1 treated" in lines
        assert "A2\tAssertion T2 performed" in lines
        assert "#1\tAnnotatorNotes T1\tleft common iliac vein" in lines
        assert (tmp_path / "brat" / "14.ann").read_text() == ""

    @given(st.text(alphabet="ab \r\n\t\u2028é", max_size=30), st.integers(0, 30), st.integers(0, 30))
    def test_an_annotation_over_lines_is_in_parts(self, words: str, start: int, end: int) -> None:
        mention = Mention("FLUOROSCOPY", start, end, words[start:end], "s", "R")
        for line in annotation_lines(replace(NONE, mentions=(mention,)), words):
            _, place, shown = line.split("\t", 2)
            spans = [tuple(map(int, part.split())) for part in place.removeprefix("FLUOROSCOPY ").split(";")]
            assert " ".join(words[a:b] for a, b in spans) == shown
            assert len(shown.splitlines()) == 1
            assert shown.split() == words[start:end].split()

    def test_a_directory_that_is_used_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "brat").mkdir()
        (tmp_path / "brat" / "thesis.txt").write_text("years of work")
        with pytest.raises(InputError, match="is there already and not an empty directory"):
            write(tmp_path / "brat", kind="brat")
        with pytest.raises(InputError, match="does not exist"):
            write(tmp_path / "no" / "brat", kind="brat")
        assert [p.name for p in tmp_path.rglob("*")] == ["brat", "thesis.txt"]

    def test_a_failure_leaves_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError):
            write_and_fail(str(tmp_path / "brat"), "brat")
        assert list(tmp_path.iterdir()) == []


@given(st.lists(st.text(min_size=1, max_size=400).filter(lambda t: t.isprintable()), unique=True))
def test_file_names_differ_for_every_id_and_lead_nowhere_else(ids: list[str]) -> None:
    ids = list({*ids, ".", "..", "../x", "a/b", "a.", "%2E"})
    names = [file_name(i) for i in ids]
    assert len(set(names)) == len(ids)
    assert all("/" not in n and not n.startswith(".") and len(n.encode()) < 200 for n in names)


class Links(HTMLParser):
    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == "href" and value]


class TestPages:
    def test_the_index_leads_to_every_note(self, tmp_path: Path) -> None:
        write(tmp_path / "run", replace(ONE, note_id='<a>&"/x'), THREE, NONE, kind="html")
        links = Links(tmp_path / "run" / "index.html").found
        assert len(links) == 3
        for link in links:
            assert (tmp_path / "run" / link.replace("%25", "%")).read_text().startswith("<!DOCTYPE html>")
        assert "<a>&" not in (tmp_path / "run" / "index.html").read_text()

    def test_a_long_run_has_several_index_pages(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(site, "PAGE_LENGTH", 2)
        write(tmp_path / "run", *(replace(NONE, note_id=str(i)) for i in range(5)), kind="html")
        pages = [Links(tmp_path / "run" / name).found for name in ("index.html", "index-2.html", "index-3.html")]
        assert [[link for link in page if link.startswith("index")] for page in pages] == [
            ["index-2.html"], ["index.html", "index-3.html"], ["index-2.html"],
        ]  # fmt: skip

    def test_an_empty_run(self, tmp_path: Path) -> None:
        with open_writer(str(tmp_path / "run"), "html"):
            pass
        assert (tmp_path / "run" / "index.html").read_text().endswith("</html>\n")

    def test_the_index_fetches_and_runs_nothing(self, tmp_path: Path) -> None:
        write(tmp_path / "run", kind="html")
        raw = (tmp_path / "run" / "index.html").read_text()
        assert not re.search(r"https?://|url\(|@import|<script", raw)
        assert "default-src 'none'" in raw


class TestSql:
    def check(self, url: str) -> None:
        write(url)
        engine = create_engine(url)
        with engine.connect() as connection:
            query = text("SELECT note_id, units_37248, units_37249, record FROM venocode_result ORDER BY note_id")
            rows = connection.execute(query).all()
        engine.dispose()
        assert [tuple(r[:3]) for r in rows] == [("12", 1, 0), ("13", 1, 2), ("14", 0, 0)]
        assert [json.loads(r[3]) for r in rows] == [json.loads(json.dumps(r.to_dict())) for r in RESULTS]
        with pytest.raises(InputError, match=r"table 'venocode_result' holds rows already; name another with --table"):
            write(url)

    def test_sqlite(self, tmp_path: Path) -> None:
        self.check(f"sqlite:///{tmp_path / 'r.db'}")

    def test_postgres(self, postgres: str) -> None:
        self.check(postgres)

    def test_a_sign_that_postgres_does_not_store(self, postgres: str) -> None:
        write(postgres, replace(ONE, note_id="a\0b"), table="odd")
        engine = create_engine(postgres)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT note_id FROM odd")).scalar() == "a\ufffdb"
        engine.dispose()

    def test_many_rows_into_a_named_table(self, tmp_path: Path) -> None:
        results = [replace(NONE, note_id=str(i)) for i in range(1_200)]
        write(f"sqlite:///{tmp_path / 'r.db'}", *results, table="mine")
        with sqlite3.connect(tmp_path / "r.db") as base:
            assert base.execute("SELECT count(*) FROM mine").fetchone() == (1_200,)
        base.close()

    def test_a_failure_keeps_nothing(self, postgres: str) -> None:
        with pytest.raises(RuntimeError):
            write_and_fail(postgres, "sql", "undone")
        engine = create_engine(postgres)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT to_regclass('undone')")).scalar() is None
        engine.dispose()

    def test_an_old_table_with_other_columns(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "r.db") as base:
            base.execute("CREATE TABLE venocode_result (x)")
        base.close()
        with pytest.raises(InputError, match=r"cannot be written .*no such column"):
            write(f"sqlite:///{tmp_path / 'r.db'}")

    def test_places_and_formats_that_do_not_fit(self, tmp_path: Path) -> None:
        for path, kind in (("sqlite:///x.db", "csv"), (str(tmp_path / "x"), "sql")):
            with pytest.raises(InputError, match="need its URL"):
                write(path, kind=kind)
        with pytest.raises(InputError, match="is a directory of files"):
            write("-", kind="brat")


def test_descriptors_are_never_written(tmp_path: Path) -> None:
    """The words of the licensed descriptors that our own words do not need."""
    for kind in FORMATS:
        if kind != "sql":
            write(tmp_path / kind, kind=kind)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert not re.search(
                rb"transluminal|imaging and radiological|each additional vein", path.read_bytes(), re.I
            )
