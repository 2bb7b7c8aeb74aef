"""Directories in: text, HTML, RTF, and Word documents that python-docx made."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from venocode.errors import InputError
from venocode.readers import Row, open_source
from venocode.readers.docx import docx_text
from venocode.readers.note import read_note as read_one
from venocode.text import read_note


def rows(path: Path, **options: object) -> list[Row]:
    return list(open_source(str(path), **options).rows)  # type: ignore[arg-type]


def saved(document: docx.document.Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_xml(*elements: str) -> bytes:
    """A document whose body holds the given elements."""
    document = docx.Document()
    for number, element in enumerate(elements):
        document.element.body.insert(number, parse_xml(element.replace(">", f" {nsdecls('w')}>", 1)))
    return saved(document)


class TestFolder:
    def test_every_kind_of_document(self, tmp_path: Path) -> None:
        document = docx.Document()
        document.add_paragraph("left common iliac vein")
        (tmp_path / "a.docx").write_bytes(saved(document))
        (tmp_path / "b.htm").write_text("<p>left&nbsp;vein</p>")
        (tmp_path / "c.html").write_text("<p>right vein</p>")
        (tmp_path / "d.rtf").write_text(r"{\rtf1 a vein}")
        (tmp_path / "e.txt").write_text("text")
        (tmp_path / "~$a.docx").write_bytes(b"lock file of Word")
        assert [(r.note_id, r.text) for r in rows(tmp_path)] == [
            ("a", "left common iliac vein"),
            ("b", "<p>left&nbsp;vein</p>"),
            ("c", "<p>right vein</p>"),
            ("d", r"{\rtf1 a vein}"),
            ("e", "text"),
        ]

    def test_markup_stays_so_that_offsets_count_it(self, tmp_path: Path) -> None:
        (tmp_path / "a.html").write_text("<html><body><p>left&nbsp;common iliac vein</p></body></html>")
        (row,) = rows(tmp_path)
        note = read_note(row.text)
        start = note.text.index("iliac")
        begin, end = note.to_source(start, start + 5)
        assert row.text[begin:end] == "iliac"

    def test_the_encoding_a_document_declares(self, tmp_path: Path) -> None:
        (tmp_path / "a.html").write_bytes(b'<meta charset="windows-1252"><p>caf\xe9</p>')
        (tmp_path / "b.rtf").write_bytes(b"{\\rtf1\\ansi\\ansicpg1252 caf\xe9}")
        (tmp_path / "c.txt").write_bytes(b"charset=cp1252 caf\xe9")
        (tmp_path / "d.html").write_bytes(b"<meta charset=klingon>caf\xe9")
        first, second, third, fourth = rows(tmp_path)
        assert "café" in first.text
        assert "café" in second.text
        assert "--encoding" in (third.problem or "")
        assert "klingon" in (fourth.problem or "")

    def test_two_documents_of_one_name(self, tmp_path: Path) -> None:
        for name in ("op.html", "op.txt"):
            (tmp_path / name).write_text("x")
        assert [r.note_id for r in rows(tmp_path)] == ["op", "op.txt"]

    def test_broken_documents_are_rows(self, tmp_path: Path) -> None:
        good = saved(docx.Document())
        (tmp_path / "a.docx").write_bytes(good[: len(good) // 2])
        (tmp_path / "b.docx").write_bytes(b"secret")
        (tmp_path / "c.docx").write_bytes(good)
        problems = [r.problem or "" for r in rows(tmp_path)]
        assert [p[:30] for p in problems[:2]] == ["file is no whole Word document"] * 2
        assert problems[2] == "text is empty"
        assert "secret" not in str(problems)


class TestWord:
    def test_one_note(self, tmp_path: Path) -> None:
        document = docx.Document()
        document.add_paragraph("left common iliac vein")
        (tmp_path / "n.docx").write_bytes(saved(document))
        assert read_one(str(tmp_path / "n.docx")) == "left common iliac vein"

    def test_paragraphs_and_tables_in_order(self) -> None:
        document = docx.Document()
        document.add_heading("OPERATIVE NOTE", 1)
        document.add_paragraph("first\ttabbed")
        table = document.add_table(2, 2)
        for cell, words in zip(
            (c for r in table.rows for c in r.cells), ("vein", "side", "iliac", "left"), strict=True
        ):
            cell.text = words
        document.add_paragraph("last").add_run(" line\nbroken")
        assert docx_text(saved(document)) == (
            "OPERATIVE NOTE\nfirst\ttabbed\nvein\tside\niliac\tleft\nlast line\nbroken"
        )

    def test_insertions_count_and_deletions_do_not(self) -> None:
        data = with_xml(
            "<w:p><w:r><w:t>left </w:t></w:r><w:ins><w:r><w:t>common </w:t></w:r></w:ins>"
            "<w:del><w:r><w:delText>external </w:delText></w:r></w:del>"
            "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:r><w:t>iliac</w:t></w:r></w:p>"
        )
        assert docx_text(data) == "left common iliac"

    def test_content_controls_links_and_fields(self) -> None:
        data = with_xml(
            "<w:sdt><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>template</w:t></w:r></w:p></w:sdtContent></w:sdt>",
            "<w:p><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink><w:fldSimple><w:r><w:t> 7</w:t></w:r></w:fldSimple>"
            "<w:r><w:instrText>HIDDEN</w:instrText></w:r></w:p>",
        )
        assert docx_text(data) == "template\nlink 7"

    def test_a_table_in_a_table(self) -> None:
        document = docx.Document()
        cell = document.add_table(1, 1).cell(0, 0)
        cell.text = "outer"
        cell.add_table(1, 2).cell(0, 1).text = "inner"
        assert docx_text(saved(document)) == "outer\n\tinner"

    def test_a_document_that_unpacks_to_too_much(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("venocode.readers.docx.LARGEST", 10_000)
        with pytest.raises(InputError, match="unpacks to more"):
            docx_text(saved(docx.Document()))

    def test_a_zip_that_is_no_document(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("note.txt", "secret")
        with pytest.raises(InputError, match="is no whole Word document") as told:
            docx_text(out.getvalue())
        assert "secret" not in str(told.value)

    def test_a_missing_library_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "docx", None)
        with pytest.raises(InputError, match=r"needs docx, which is not installed; pip install 'venocode\[docx\]'"):
            docx_text(b"x")
