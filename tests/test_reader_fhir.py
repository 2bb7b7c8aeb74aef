"""FHIR in: resources that fhir.resources made and checked."""

from __future__ import annotations

import base64
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.documentreference import DocumentReference

from fakes import NOTE
from memory import read_through
from venocode.errors import InputError
from venocode.readers import Context, Row, open_source

HTML = "<html><body><p>left common iliac vein &amp; caf\u00e9</p></body></html>"
RTF = r"{\rtf1\ansi left common iliac vein\par}"


def attachment(text: str, kind: str | None = "text/plain", encoding: str = "utf-8") -> dict[str, Any]:
    data = {"data": base64.b64encode(text.encode(encoding)).decode()}
    return data if kind is None else {"contentType": kind, **data}


def document(name: str, *attachments: dict[str, Any], **more: Any) -> dict[str, Any]:
    resource = {
        "resourceType": "DocumentReference",
        "id": name,
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "date": "2024-05-06T10:11:12Z",
        "context": {"encounter": [{"reference": "Encounter/e1"}]},
        "content": [{"attachment": a} for a in attachments],
        **more,
    }
    if attachments:
        DocumentReference.model_validate(resource)
    return resource


def report(name: str, *forms: dict[str, Any], **more: Any) -> dict[str, Any]:
    resource = {
        "resourceType": "DiagnosticReport",
        "id": name,
        "status": "final",
        "code": {"text": "operative report"},
        "effectiveDateTime": "2024-05-07",
        "presentedForm": list(forms),
        **more,
    }
    if not forms:
        del resource["presentedForm"]
    DiagnosticReport.model_validate(resource)
    return resource


def bundle(*resources: dict[str, Any]) -> str:
    entries = [{"fullUrl": f"urn:uuid:{i:032x}", "resource": resource} for i, resource in enumerate(resources)]
    return Bundle.model_validate({"resourceType": "Bundle", "type": "collection", "entry": entries}).model_dump_json()


PATIENT = {"resourceType": "Patient", "id": "p1"}
CONTEXT = Context("Patient/p1", "2024-05-06", "Encounter/e1", "DocumentReference/a")


def rows(tmp_path: Path, data: str | bytes, name: str = "export.json") -> list[Row]:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    source = open_source(str(path), kind="fhir")
    found = list(source.rows)
    source.close()
    return found


class TestShapes:
    def test_a_bundle(self, tmp_path: Path) -> None:
        data = bundle(PATIENT, document("a", attachment(NOTE)), report("b", attachment(HTML, "text/html")))
        assert rows(tmp_path, data) == [
            Row(2, "a", NOTE, context=CONTEXT),
            Row(3, "b", HTML, context=Context(None, "2024-05-07", None, "DiagnosticReport/b")),
        ]

    @pytest.mark.parametrize("indent", [None, 2])
    @pytest.mark.parametrize("size", [1, 50_000])
    def test_a_bundle_however_it_is_printed(self, tmp_path: Path, indent: int | None, size: int) -> None:
        data = json.loads(bundle(document("a", attachment(NOTE * size))))
        for name in ("e.json", "e.ndjson"):
            (row,) = rows(tmp_path, json.dumps(data, indent=indent), name)
            assert row.text == NOTE * size

    def test_one_resource(self, tmp_path: Path) -> None:
        (row,) = rows(tmp_path, "\ufeff" + json.dumps(document("a", attachment(NOTE)), indent=1))
        assert row == Row(1, "a", NOTE, context=CONTEXT)

    def test_one_resource_a_line(self, tmp_path: Path) -> None:
        lines = [
            PATIENT,
            document("a", attachment(NOTE)),
            json.loads(bundle(document("b", attachment(RTF, "application/rtf")))),
        ]
        data = "\n".join(map(json.dumps, lines)) + '\n{"broken": secret}\n[]\n'
        found = rows(tmp_path, data, "e.ndjson")
        assert [(r.number, r.note_id, r.problem) for r in found] == [
            (2, "a", None),
            (3, "b", None),
            (4, None, "line is not valid JSON at character 12"),
            (5, None, "line is not a JSON object"),
        ]
        assert found[1].text == RTF

    def test_standard_input_and_compressed_files(self, tmp_path: Path) -> None:
        resource = document("a", attachment(NOTE))
        (row,) = open_source("-", stdin=io.BytesIO(json.dumps(resource).encode()), kind="fhir").rows
        assert row.text == NOTE
        for name, data in (("a.json.gz", bundle(resource)), ("a.ndjson.gz", json.dumps(resource))):
            assert [r.text for r in rows(tmp_path, gzip.compress(data.encode()), name)] == [NOTE]

    def test_many_files(self, tmp_path: Path) -> None:
        for name in ("b", "a"):
            (tmp_path / f"{name}.json").write_text(json.dumps(document(name, attachment(NOTE)), indent=1))
        found = list(open_source(str(tmp_path), kind="fhir").rows)
        assert [(r.number, r.note_id) for r in found] == [(1, "a"), (2, "b")]


class TestAttachments:
    def test_the_plainest_rendition_is_read(self, tmp_path: Path) -> None:
        pdf = attachment("%PDF-1.7", "application/pdf")
        resource = document("a", pdf, attachment(HTML, "text/html; charset=utf-8"), attachment(NOTE))
        assert rows(tmp_path, json.dumps(resource))[0].text == NOTE

    def test_another_rendition_where_the_first_is_broken(self, tmp_path: Path) -> None:
        broken = {"contentType": "text/plain", "data": "!!!"}
        resource = {**document("a"), "content": [{"attachment": a} for a in (broken, attachment(HTML, "text/html"))]}
        assert rows(tmp_path, json.dumps(resource))[0].text == HTML

    def test_the_charset_of_the_content_type(self, tmp_path: Path) -> None:
        resource = document("a", attachment("café", "text/plain; charset=iso-8859-1", "latin-1"))
        assert rows(tmp_path, json.dumps(resource))[0].text == "café"

    def test_line_ends_stay_as_they_are(self, tmp_path: Path) -> None:
        assert rows(tmp_path, json.dumps(document("a", attachment("a\r\nb\rc\n", None))))[0].text == "a\r\nb\rc\n"

    def test_a_report_without_a_form_gives_its_conclusion(self, tmp_path: Path) -> None:
        assert rows(tmp_path, json.dumps(report("a", conclusion="patent veins")))[0].text == "patent veins"

    @pytest.mark.parametrize(
        ("resource", "wanted"),
        [
            (document("a", attachment("x", "application/pdf")), "attachment is of a kind that is not read; it must be"),
            (document("a", {"url": "Binary/1"}), "attachment is only linked; export it with its data"),
            (document("a", {"contentType": "text/plain"}), "attachment holds no data"),
            (document("a", attachment("café", "text/plain", "latin-1")), "attachment is not valid utf-8 at byte 3"),
            (
                document("a", attachment("x", "text/plain; charset=klingon")),
                "attachment encoding 'klingon' is not known",
            ),
            (document("a", attachment(" ", "text/plain")), "attachment holds nothing but white space"),
            (document("a"), "resource holds no attachment"),
            (document("a", attachment("x"), status="entered-in-error"), "resource is marked as entered in error"),
            ({"resourceType": "DocumentReference", "content": 5, "subject": [], "context": "x"}, "note_id is missing"),
            ({"resourceType": "DiagnosticReport", "id": ["a"], "presentedForm": [None, 1]}, "note_id is missing"),
        ],
    )
    def test_what_cannot_be_read_is_a_row_with_its_problem(
        self, tmp_path: Path, resource: dict[str, Any], wanted: str
    ) -> None:
        (row,) = rows(tmp_path, json.dumps(resource))
        if wanted.startswith("note_id"):
            assert row.note_id is None
        else:
            assert (row.problem or "").startswith(wanted)

    def test_other_ids(self, tmp_path: Path) -> None:
        named = document("a", attachment("x"), masterIdentifier={"value": "m1"})
        numbered = document("b", attachment("y"), identifier=[{"value": "i1"}])
        bare = document("c", attachment("z"))
        for resource in (named, numbered, bare):
            del resource["id"]
        found = rows(tmp_path, bundle(named, numbered, bare))
        assert [r.note_id for r in found] == ["m1", "i1", f"urn:uuid:{2:032x}"]


class TestDamage:
    def test_a_bundle_cut_short(self, tmp_path: Path) -> None:
        whole = bundle(document("a", attachment(NOTE)), document("b", attachment(NOTE)))
        first, last = rows(tmp_path, whole[: len(whole) - 150])
        assert first.text == NOTE
        assert last == Row(2, None, problem="the rest of the file is not valid JSON")

    @pytest.mark.parametrize("data", ["", "\n", "[]", "5", '"x"', "{}", '{"entry": [[], 3, null]}', '{"entry": {}}'])
    def test_other_json(self, tmp_path: Path, data: str) -> None:
        assert all(r.problem for r in rows(tmp_path, data))

    def test_a_library_that_is_missing_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "ijson", None)
        with pytest.raises(InputError, match=r"needs ijson, which is not installed; pip install 'venocode\[fhir\]'"):
            open_source("-", stdin=io.BytesIO(b'{\n"resourceType": "Bundle"}'), kind="fhir")

    def test_memory_does_not_grow_with_the_bundle(self, tmp_path: Path) -> None:
        one = json.dumps({"resource": document("a", attachment(NOTE * 100))})
        with (tmp_path / "e.json").open("w") as file:
            file.write('{"resourceType": "Bundle", "type": "collection", "entry": [')
            file.write(",".join([one] * 2_000) + "]}")
        number, peak = read_through(open_source(str(tmp_path / "e.json"), kind="fhir"))
        assert number == 2_000
        assert peak < 4 * 2**20  # the file is 26 MB
