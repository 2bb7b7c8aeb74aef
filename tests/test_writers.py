"""Records out: lines, tables, the terminal and the page."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from fakes import NOTE, FakeEngine
from venocode.errors import InputError
from venocode.readers import Row
from venocode.records import Contribution, Evidence, Explanation, Mention, NoteResult, Vein, VeinDecision
from venocode.writers import format_of, stream_writer
from venocode.writers.base import name_of, output
from venocode.writers.console import lines, show
from venocode.writers.html import KINDS, render_page
from venocode.writers.table import NOTES
from venocode.writers.words import REASONS, reason_in_words

RESULT = FakeEngine().code(NOTE, note_id="n1")


def written(kind: str, *results: NoteResult) -> str:
    stream = io.BytesIO()
    writer = stream_writer(kind, stream)
    for result in results:
        writer.write(result, Row(1, result.note_id, NOTE))
    writer.close()
    return stream.getvalue().decode("utf-8")


def shown(result: NoteResult, terminal: bool = False) -> str:
    out = io.StringIO()
    show(result, Console(file=out, force_terminal=terminal, width=60))
    return out.getvalue()


class Page(HTMLParser):
    """Reads a page back: the text of the note, and every element with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.note = ""
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag == "div" and (self._depth or found.get("class") == "note"):
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "div" and self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.note += data

    def marks(self) -> list[dict[str, str | None]]:
        return [a for tag, a in self.elements if tag == "mark" and "title" in a]


class TestLines:
    def test_one_record_a_line(self) -> None:
        lines = written("jsonl", RESULT, NoteResult("n2")).split("\n")
        assert [json.loads(line)["note_id"] for line in lines[:2]] == ["n1", "n2"]
        assert lines[2:] == [""]
        assert json.loads(lines[0]) == json.loads(json.dumps(RESULT.to_dict()))

    def test_no_reader_sees_a_line_end_inside_a_record(self) -> None:
        strange = "a\u2028b\u2029c\x85d\ne"
        line = written("jsonl", NoteResult("n", rationale=(strange,)))
        assert len(line.splitlines()) == 1
        assert json.loads(line)["rationale"] == [strange]


class TestTable:
    def test_one_row_a_note(self) -> None:
        header, row = list(csv.reader(io.StringIO(written("csv", RESULT))))
        assert header == list(NOTES.columns)
        assert row == [
            "n1",
            "1",
            "0",
            "review",
            "0.9100",
            "missing:lesion; missing:result",
            "left common iliac vein",
            "right common femoral vein: access_only",
        ]

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
    def test_a_spreadsheet_runs_no_cell_as_a_formula(self, start: str) -> None:
        (_, row) = list(csv.reader(io.StringIO(written("csv", NoteResult(f"{start}cmd()")), newline="")))
        assert row[0] == f"'{start}cmd()"

    def test_the_file_name_tells_the_format(self) -> None:
        names = ("a.csv", "a.CSV", "a.csv.gz", "a.parquet", "sqlite:///a.db", "a.jsonl", "a.jsonl.zst", "-", "a")
        wanted = ["csv", "csv", "csv", "parquet", "sql", *["jsonl"] * 4]
        assert [format_of(name) for name in names] == wanted


class TestWords:
    @pytest.mark.parametrize(
        ("vein", "words"),
        [
            (Vein("common_iliac_vein", "left"), "left common iliac vein"),
            (Vein("superior_vena_cava", "none"), "superior vena cava"),
            (Vein("femoral_vein", "unknown"), "femoral vein (side unknown)"),
            (Vein("right_superior_pulmonary_vein", "right"), "right superior pulmonary vein"),
        ],
    )
    def test_veins(self, vein: Vein, words: str) -> None:
        assert name_of(vein) == words

    def test_every_reason_of_the_contract_has_words(self) -> None:
        contract = (
            "stent_same_vein dialysis_circuit historical planned attempted negated imaged_only access_only "
            "non_angioplasty_balloon all_inclusive bridged artery header_only_mismatch special"
        )
        assert set(REASONS) == set(contract.split())
        unknown = VeinDecision(Vein("femoral_vein", "left"), "not_counted", "site_rule", 0.1)
        assert reason_in_words(unknown) == "not counted: site_rule"


class TestConsole:
    def test_everything_a_coder_needs_in_plain_lines(self) -> None:
        text = shown(RESULT)
        for words in (
            "37248 x 1  left common iliac vein",
            "lane review: a person must look",
            "+ left common iliac vein  counted (probability 0.97)",
            '"left common iliac vein"  technique, ANG-001',
            "- right common femoral vein  not counted: only entered for access",
            "right common femoral vein, percutaneous",
            "missing:lesion",
            "P1: one vein was widened.",
        ):
            assert words in text
        assert "\x1b" not in text

    def test_colour_on_a_terminal(self) -> None:
        assert "\x1b[" in shown(RESULT, terminal=True)

    def test_nothing_supported(self) -> None:
        assert "no unit of 37248 or 37249 is supported" in shown(NoteResult("n"))

    def test_a_note_cannot_steer_the_terminal_or_its_markup(self) -> None:
        evidence = Evidence(0, 9, "[bold]\x1b[2J\u202eveins\n\n  next" + "x" * 500, "technique", "R")
        vein = replace(RESULT.veins[0], evidence=(evidence,))
        text = shown(replace(RESULT, note_id="a\x1b]0;b\x07", veins=(vein,)))
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
        assert '"[bold]\ufffd[2J\ufffdveins next' in text
        assert max(map(len, text.splitlines())) < 300


class TestPage:
    def test_it_holds_the_note_unchanged_with_marks(self) -> None:
        page = Page(render_page(NOTE, RESULT))
        assert page.note == NOTE
        (mark,) = page.marks()
        assert mark["class"] == "ANGIOPLASTY VEIN EVIDENCE"
        assert mark["data-kind"] == "AVE"
        assert "performed" in (mark["title"] or "")

    def test_links_lead_to_the_evidence(self) -> None:
        page = Page(render_page(NOTE, RESULT))
        ids = [a["id"] for _, a in page.elements if "id" in a]
        links = [(a["href"] or "")[1:] for tag, a in page.elements if tag == "a"]
        assert links
        assert set(links) <= set(ids)
        assert len(ids) == len(set(ids))

    def test_it_needs_nothing_from_elsewhere_and_runs_nothing(self) -> None:
        raw = render_page(NOTE, RESULT)
        page = Page(raw)
        assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in page.elements}
        assert not re.search(r"https?://|url\(|@import", raw)
        assert "default-src 'none'" in raw

    def test_it_is_accessible(self) -> None:
        page = Page(render_page(NOTE, RESULT))
        assert ("html", {"lang": "en"}) in page.elements
        assert [tag for tag, _ in page.elements if tag in ("h1", "main", "title")] == ["title", "h1", "main"]
        assert all("scope" in a for tag, a in page.elements if tag == "th")
        legend = [a for tag, a in page.elements if tag == "mark" and "title" not in a]
        assert [a["data-kind"] for a in legend] == [letter for letter, _ in KINDS.values()]

    def test_colours_have_contrast_and_kinds_differ_without_colour(self) -> None:
        style = render_page(NOTE, RESULT).partition("<style>")[2].partition("</style>")[0]
        inks = re.findall(r"(?<![-\w])color: (#[0-9a-f]{6})", style)
        papers = re.findall(r"background: (#[0-9a-f]{6})", style)
        assert len(papers) >= len(KINDS)
        dark = [c for c in inks if c == "#1a1a1a"]
        assert dark
        assert min(contrast(dark[0], paper) for paper in papers) >= 4.5
        assert min(contrast(ink, "#ffffff") for ink in inks) >= 4.5

    @pytest.mark.parametrize(
        "note",
        [
            "<script>alert(1)</script> & </div></body> left common iliac vein <img src=x onerror=alert(1)>",
            "left common iliac vein \"'`{0}{title}%s&lt;\n\n\r\n\tend",
            "\n\nleft common iliac vein",
            "]]> <!-- left common iliac vein --> <textarea>",
        ],
    )
    def test_markup_in_the_note_stays_text(self, note: str) -> None:
        result = FakeEngine().code(note, note_id='"><script>x</script>')
        raw = render_page(note, result)
        assert "<script" not in raw
        assert "<img" not in raw
        assert Page(raw).note == note

    def test_characters_that_html_forbids(self) -> None:
        assert Page(render_page("a\x1bb\x08c", NoteResult("n"))).note == "a\ufffdb\ufffdc"

    @given(st.lists(st.tuples(st.integers(-2, 30), st.integers(-2, 30), st.sampled_from(list(KINDS)[:4])), max_size=12))
    def test_spans_may_overlap_in_any_way(self, spans: list[tuple[int, int, str]]) -> None:
        text = "a<b> & c\nd 'e' \"f\" ghij"
        mentions = tuple(Mention(label, a, b, text[max(a, 0) : b], "s", "R") for a, b, label in spans)
        page = Page(render_page(text, NoteResult("n", mentions=mentions)))
        assert page.note == text
        valid = {label for a, b, label in spans if 0 <= a < b <= len(text)}
        assert {k for m in page.marks() for k in (m["class"] or "").split()} == valid

    def test_ten_thousand_veins(self) -> None:
        text = "the left common iliac vein, " * 10_000
        mentions = tuple(Mention("VEIN", 28 * i + 4, 28 * i + 26, "x", "s", "R") for i in range(10_000))
        assert len(Page(render_page(text, NoteResult("n", mentions=mentions))).marks()) == 10_000


class TestOutput:
    def test_the_file_appears_when_it_is_complete(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        with output(str(path)) as stream:
            stream.write(b"new")
            assert not path.exists()
        assert path.read_bytes() == b"new"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_failure_leaves_the_old_file(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        path.write_bytes(b"old")

        def fail() -> None:
            with output(str(path)) as stream:
                stream.write(b"new")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real").write_bytes(b"old")
        (tmp_path / "link").symlink_to(tmp_path / "real")
        with output(str(tmp_path / "link")) as stream:
            stream.write(b"new")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_bytes() == b"new"

    def test_places_that_cannot_be_written(self, tmp_path: Path) -> None:
        for path, wanted in ((tmp_path, "is a directory"), (tmp_path / "no" / "out", "does not exist")):
            with pytest.raises(InputError, match=wanted), output(str(path)):
                pass

    def test_devices_are_written_directly(self) -> None:
        with output("/dev/null") as stream:
            stream.write(b"x")
        assert Path("/dev/null").is_char_device()


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours as the web accessibility guidelines define it."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class TestExplained:
    def explained(self) -> NoteResult:
        why = Explanation(-2.0, (Contribution("strong", 1.0, 3.5), Contribution("negated", 2.0, -0.25)))
        plain = FakeEngine().code(NOTE, "n1")
        first, *others = plain.veins
        return replace(plain, veins=(replace(first, explanation=why), *others), explanation=why)

    def test_the_console_shows_what_added_up(self) -> None:
        shown = ["".join(text for text, _ in line) for line in lines(self.explained(), explain=True)]
        at = shown.index("      log-odds +1.25 = base -2.00")
        assert shown[at + 1 : at + 3] == ["        +3.50  strong = 1", "        -0.25  negated = 2"]
        assert "      decided by the rules alone: no weights" in shown

    def test_and_only_when_asked(self) -> None:
        shown = ["".join(text for text, _ in line) for line in lines(self.explained())]
        assert not any("log-odds" in line or "no weights" in line for line in shown)
