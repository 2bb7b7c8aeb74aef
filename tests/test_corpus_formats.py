"""Every format of gold notes, both ways: what is written is read back, and what cannot be written is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from venocode.corpus import ASSERTIONS, ROLES, SIDES, GoldNote, parse_marked, read_notes, to_marked
from venocode.corpus.formats import FORMATS, SUFFIXES, corpus_files, format_of, read_corpus, read_drafts, write_corpus
from venocode.corpus.formats.brat import config
from venocode.errors import CorpusError, InputError

NOTES = sorted((Path(__file__).resolve().parents[1] / "corpora" / "notes").glob("*.notes"))
SUFFIX = {name: suffix for suffix, name in SUFFIXES.items()}
GOLD: dict[str, Any] = {
    "treated_veins": [{"vein": "femoral_vein", "side": "left"}], "codes": {"37248": 1, "37249": 0}, "not_counted": [],
    "flags": ["missing:result"], "access": [], "fluoroscopy": True, "review": False,
}  # fmt: skip
MARKED = (
    "Under <<F|fluoroscopy>> the <<V:left femoral_vein:treated|left femoral vein>> was <<A:performed|dilated>>.\n"
    "Entry: <<X:open|cut-down>>; <<V:none superior_vena_cava+bilateral popliteal_vein:imaged|SVC and both>>, é 👍.\n"
)


def note(marked: str = MARKED, note_id: str = "n-1") -> GoldNote:
    text, spans = parse_marked(marked)
    return GoldNote(note_id, "a voice", ("one", "two"), text, tuple(spans), GOLD)


def with_text(text: str, *spans: tuple[int, int], note_id: str = "n-1") -> GoldNote:
    marks = tuple({"label": "FLUOROSCOPY", "start": a, "end": b, "text": text[a:b]} for a, b in spans)
    return GoldNote(note_id, "a voice", ("one", "two"), text, marks, GOLD)


def there_and_back(notes: Iterable[GoldNote], name: str, folder: Path) -> list[GoldNote]:
    path = folder / f"again{SUFFIX[name]}"
    write_corpus(notes, str(path))
    return list(read_corpus(path))


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(CorpusError) as caught:
        act()
    return str(caught.value)


def rewritten(folder: Path, name: str, change: Callable[[str], str], file: str = "") -> str:
    """The fault of a written note after a change to its file."""
    path = folder / f"some{SUFFIX[name]}"
    write_corpus([note()], str(path))
    target = path / file if file else path
    target.write_bytes(change(target.read_bytes().decode("utf-8")).encode("utf-8"))
    return refused(lambda: list(read_corpus(path)))


@pytest.mark.parametrize("name", FORMATS)
class TestEveryFormat:
    def test_all_shipped_notes_come_back(self, name: str, tmp_path: Path) -> None:
        notes = [n for path in NOTES for n in read_notes(path)]
        assert there_and_back(notes, name, tmp_path) == notes

    def test_a_note_with_every_mark(self, name: str, tmp_path: Path) -> None:
        assert there_and_back([note(), note(note_id="n-2")], name, tmp_path) == [note(), note(note_id="n-2")]

    def test_no_notes(self, name: str, tmp_path: Path) -> None:
        assert there_and_back([], name, tmp_path) == []

    def test_marks_side_by_side_and_at_both_ends(self, name: str, tmp_path: Path) -> None:
        notes = [note("<<F|C-arm>><<X:open|cut>><<A:negated|PTA>>\n"), note("<<A:other|PTA>>, <<F|fl.>>\n", "n-2")]
        assert there_and_back(notes, name, tmp_path) == notes

    def test_a_mark_inside_a_word(self, name: str, tmp_path: Path) -> None:
        notes = [note("pre<<A:performed|dilated>>ly, Gefä<<F|ß>>e\n")]
        assert there_and_back(notes, name, tmp_path) == notes

    @pytest.mark.parametrize("note_id", ["a/b", "..", "A b", "ä #1", "x" * 300, "nul", "%2E", ".hidden"])
    def test_odd_ids(self, name: str, note_id: str, tmp_path: Path) -> None:
        notes = [note(note_id=note_id), note(note_id=note_id.swapcase() + "2")]
        assert there_and_back(notes, name, tmp_path) == notes

    def test_a_file_that_is_missing(self, name: str, tmp_path: Path) -> None:
        gone = tmp_path / f"gone{SUFFIX[name]}"
        assert "gone" in refused(lambda: list(read_corpus(gone)))

    def test_bytes_of_another_kind(self, name: str, tmp_path: Path) -> None:
        if name == "brat":
            pytest.skip("a directory")
        path = tmp_path / f"bad{SUFFIX[name]}"
        path.write_bytes(b"\xff\xfe\x00bad")
        assert refused(lambda: list(read_corpus(path))).startswith(path.name)

    def test_half_a_character_is_never_written(self, name: str, tmp_path: Path) -> None:
        message = refused(lambda: there_and_back([with_text("an \ud83d emoji\n")], name, tmp_path))
        assert message.startswith("note n-1: holds half a character (a lone surrogate)")
        assert list(tmp_path.iterdir()) == []


#: Characters that break careless readers: line ends of every kind, controls, marks of the formats, astral and combining.
ODD = "\r\n\t\x00\x0b\x0c\x1c\x85\u2028\u2029\u00a0\u200b\ufeff#|\\_<>={}[]'\",.;:-+ aB1éßİ\u0301👍𝔸"
TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])), max_size=60)
ATTRIBUTES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "ANGIOPLASTY": st.fixed_dictionaries({"assertion": st.sampled_from(ASSERTIONS)}),
    "VEIN": st.fixed_dictionaries({
        "veins": st.lists(
            st.fixed_dictionaries({
                "side": st.sampled_from(SIDES), "vein": st.sampled_from(["femoral_vein", "iliac_vein", "portal_vein"]),
            }),
            min_size=1, max_size=3,
        ),
        "role": st.sampled_from(ROLES),
    }),
    "FLUOROSCOPY": st.just({}),
    "ACCESS": st.fixed_dictionaries({"approach": st.sampled_from(["percutaneous", "open"])}),
}  # fmt: skip


@st.composite
def gold_notes(draw: st.DrawFn) -> GoldNote:
    """Any note a JSONL file can hold: overlapping marks too."""
    text = draw(TEXTS)
    spans: dict[tuple[int, int, str], dict[str, Any]] = {}
    for _ in range(draw(st.integers(0, 4)) if text else 0):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        label = draw(st.sampled_from(sorted(ATTRIBUTES)))
        if text[start:end].strip():
            place = {"label": label, "start": start, "end": end, "text": text[start:end]}
            spans[start, end, label] = place | draw(ATTRIBUTES[label])
    head = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
    tags = tuple(draw(st.lists(head, max_size=2)))
    return GoldNote(draw(head), draw(head), tags, text, tuple(spans[key] for key in sorted(spans)), GOLD)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=gold_notes())
def test_a_note_comes_back_or_is_refused_by_name(
    name: str, written: GoldNote, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("property")
    try:
        again = there_and_back([written], name, folder)
    except CorpusError as error:
        message = str(error)
    else:
        assert again == [written]
        return
    assert f"note {written.note_id}: " in message
    assert list(folder.iterdir()) == []
    assert may_refuse(name, written)


def may_refuse(name: str, written: GoldNote) -> bool:
    """Whether a format has a reason not to carry a note."""
    overlap = any(two["start"] < one["end"] for one, two in pairwise(written.spans))
    borders = "".join(span["text"][0] + span["text"][-1] for span in written.spans)
    return {
        "notes": True,  # tried one reason after another below
        "conll": overlap or any(c.isspace() for c in borders),
        "brat": "\n" in borders or "\r" in borders,
    }.get(name, False)


@settings(max_examples=300, deadline=None)
@given(gold_notes())
def test_marks_written_into_a_text_are_stripped_again(written: GoldNote) -> None:
    assume(not any(two["start"] < one["end"] for one, two in pairwise(written.spans)))
    assume(not any(brackets in to_plain(written) for brackets in ("<<", ">>")))
    assert parse_marked(to_marked(written.text, written.spans)) == (written.text, list(written.spans))


def to_plain(written: GoldNote) -> str:
    """The text with every mark shut in brackets: a bracket of the text must not touch them."""
    text = written.text
    for span in reversed(written.spans):
        text = f"{text[: span['end']]}>{text[span['end'] :]}"
    return text


class TestWhatAFormatCannotCarry:
    @pytest.mark.parametrize("name", ["notes", "conll"])
    def test_overlapping_marks(self, name: str, tmp_path: Path) -> None:
        message = refused(lambda: there_and_back([with_text("a b c d\n", (0, 3), (2, 5))], name, tmp_path))
        assert message.startswith("note n-1: FLUOROSCOPY at 0-3 and FLUOROSCOPY at 2-5 overlap, marks never nest; ")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", sorted(set(FORMATS) - {"notes", "conll"}))
    def test_overlapping_marks_elsewhere(self, name: str, tmp_path: Path) -> None:
        notes = [with_text("a b c d\n", (0, 3), (2, 5)), with_text("a b c\n", (0, 5), (2, 3), note_id="n-2")]
        assert there_and_back(notes, name, tmp_path) == notes

    @pytest.mark.parametrize("name", sorted(set(FORMATS) - {"notes"}))
    @pytest.mark.parametrize(
        "text", ["a\r\nb\r\n", "no line end", "two\n\n", "<<a>>\n", "=== a\n", "", " \t", "\ufeffa\n"]
    )
    def test_texts_only_inline_marks_cannot_carry(self, name: str, text: str, tmp_path: Path) -> None:
        assert there_and_back([with_text(text)], name, tmp_path) == [with_text(text)]

    @pytest.mark.parametrize(
        ("written", "told"),
        [
            (with_text("a\r\nb\n"), "text has Windows line ends, at offset 1; "),
            (with_text("no line end"), "text does not end with exactly one line break; "),
            (with_text("two\n\n"), "text does not end with exactly one line break; "),
            (with_text("a <<b\n"), "text holds double angle brackets at offset 2; "),
            (with_text("a> b\n", (0, 2)), "angle brackets of the text touch a mark; "),
            (with_text("a\n=== b\n"), "a line of the text begins with '=== '; "),
            (GoldNote("n-1", "a | b", (), "a\n", (), GOLD), "style does not come back as it was "),
            (GoldNote("n-1", " a", (), "a\n", (), GOLD), "style does not come back as it was "),
            (GoldNote("n-1", "a", ("x, y",), "a\n", (), GOLD), "phenomena does not come back as it was "),
        ],
    )
    def test_inline_marks(self, written: GoldNote, told: str, tmp_path: Path) -> None:
        message = refused(lambda: there_and_back([note(note_id="n-0"), written], "notes", tmp_path))
        assert message.startswith(f"note n-1: {told}")
        assert "jsonl" in message

    def test_columns_and_white_space_at_the_border_of_a_mark(self, tmp_path: Path) -> None:
        message = refused(lambda: there_and_back([with_text("a b c\n", (1, 3))], "conll", tmp_path))
        assert message.startswith("note n-1: FLUOROSCOPY at 1-3 begins or ends with white space")

    def test_brat_and_a_line_break_at_the_border_of_a_mark(self, tmp_path: Path) -> None:
        message = refused(lambda: there_and_back([with_text("a\nb c\n", (1, 3))], "brat", tmp_path))
        assert message.startswith("note n-1: FLUOROSCOPY at 1-3 begins or ends with a line break")


class TestJsonl:
    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("{", "line 2: not valid JSON; "),
            ("[]", "line 2: not a JSON object; "),
            ("[" * 100_000, "line 2: not valid JSON; "),
            ('{"note_id": "x"}', "note x: style is missing or not a string; "),
            ('{"text": 3}', "line 2: note_id is missing or not a string; "),
        ],
    )
    def test_a_line_of_another_kind(self, line: str, told: str, tmp_path: Path) -> None:
        path = tmp_path / "some.jsonl"
        path.write_text(f"\n{line}\n", encoding="utf-8")
        assert refused(lambda: list(read_corpus(path))).startswith(f"some.jsonl, {told}")

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"label": "NERVE"}, "span 1: label is missing or unknown; allowed: ANGIOPLASTY, VEIN"),
            ({"label": []}, "span 1: label is missing or unknown"),
            ({"end": 999}, "span 1: offsets are no place in the text"),
            ({"start": True}, "span 1: offsets are no place in the text"),
            ({"text": "other"}, "VEIN at 0-4: its text is not what stands at its offsets"),
            ({"rule": "V-1"}, "VEIN at 0-4: unknown keys rule"),
            ({"role": "seen"}, "VEIN at 0-4: role is missing or unknown; allowed: treated, stented"),
            ({"veins": []}, "VEIN at 0-4: veins is missing or empty"),
            ({"veins": ["x"]}, "VEIN at 0-4: a vein needs 'side' and 'vein' and nothing else"),
            ({"veins": [{"side": "left", "vein": "leg"}]}, "VEIN at 0-4: unknown vein 'leg'"),
            ({"veins": [{"side": "up", "vein": "femoral_vein"}]}, "VEIN at 0-4: side of femoral_vein is unknown"),
            ({"start": 4, "end": 5, "text": " "}, "VEIN at 4-5: empty mark"),
        ],
    )
    def test_a_span_of_another_kind(self, change: dict[str, Any], told: str, tmp_path: Path) -> None:
        record = note("<<V:left femoral_vein:treated|vein>> x\n").to_dict()
        record["spans"][0] |= change
        path = tmp_path / "some.jsonl"
        path.write_text(json.dumps(record), encoding="utf-8")
        assert refused(lambda: list(read_corpus(path))).startswith(f"some.jsonl, note n-1: {told}")

    def test_half_a_character(self, tmp_path: Path) -> None:
        path = tmp_path / "some.jsonl"
        path.write_text(json.dumps(with_text("an \ud83d emoji\n").to_dict()), encoding="utf-8")
        assert refused(lambda: list(read_corpus(path))).startswith("some.jsonl, note n-1: holds half a character")

    def test_every_fault_is_found(self, tmp_path: Path) -> None:
        record = note("<<V:left femoral_vein:treated|vein>> <<F|x>>\n").to_dict()
        record["spans"][0] |= {"role": "seen", "rule": "V-1"}
        record["spans"].append(record["spans"][1])
        record |= {"codes": {}, "flags": [1], "access": [5]}
        path = tmp_path / "some.jsonl"
        path.write_text(json.dumps(record), encoding="utf-8")
        (draft,) = read_drafts(path)
        assert len(draft.faults) == 6
        assert all("; " in fault for fault in draft.faults)

    def test_spans_come_in_the_order_of_the_text(self, tmp_path: Path) -> None:
        record = note().to_dict()
        record["spans"].reverse()
        path = tmp_path / "some.jsonl"
        path.write_text(json.dumps(record), encoding="utf-8")
        assert list(read_corpus(path)) == [note()]


class TestConll:
    def test_how_it_looks(self, tmp_path: Path) -> None:
        path = tmp_path / "some.conll"
        write_corpus([note(" <<V:left iliac_vein:treated|left iliac>> vein.\n\t<<F|fluoro>>\n")], str(path))
        first, lead, *lines = path.read_text(encoding="utf-8").split("\n")
        assert first.startswith('# note = {"note_id": "n-1", "style": "a voice", "phenomena": ["one", "two"], ')
        assert lead == "# lead = \\s"
        assert lines == [
            "left\t1\t5\t\\s\tB-VEIN\tleft iliac_vein:treated",
            "iliac\t6\t11\t\\s\tI-VEIN\t_",
            "vein\t12\t16\t_\tO\t_",
            ".\t16\t17\t\\n\\t\tO\t_",
            "",
            "fluoro\t19\t25\t\\n\tB-FLUOROSCOPY\t_",
            "",
            "",
        ]

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ("\tB-VEIN\tleft", "\tB-VEIN", "line 5: has 5 columns; write 6"),
            ("femoral\t27", "femoral\t28", "line 7: offsets do not fit the tokens before it, which end at 27"),
            ("\tI-VEIN", "\tI-NERVE", "line 7: tag is unknown; allowed: O, and B- or I- with ANGIOPLASTY"),
            ("\tI-VEIN", "\tI-ACCESS", "line 7: an I- tag follows no B- tag"),
            (":treated", ":seen", "line 6: unknown attribute 'seen'"),
            ("\\s\tO", "x\tO", "line 3: the column of white space holds something else"),
            ("# note = {", "# note = ", "line 1: the record of the note is not valid JSON"),
            ("# note = {", "text\n# note = {", "head of the file: lines stand before the first"),
        ],
    )
    def test_a_broken_file(self, old: str, new: str, told: str, tmp_path: Path) -> None:
        message = rewritten(tmp_path, "conll", lambda text: text.replace(old, new, 1))
        assert told.partition(":")[2] in message
        assert message.startswith("some.conll, ")


class TestBrat:
    def written(self, folder: Path, *notes: GoldNote) -> Path:
        write_corpus(notes, str(folder / "some.brat"))
        return folder / "some.brat"

    def test_how_it_looks(self, tmp_path: Path) -> None:
        folder = self.written(
            tmp_path, note("the <<V:left iliac_vein+unknown lumbar_vein:access|left\niliac>> <<F|C-arm>>\n")
        )
        assert {p.name for p in folder.iterdir()} == {"annotation.conf", "gold.jsonl", "n-1.txt", "n-1.ann"}
        assert (folder / "n-1.ann").read_text(encoding="utf-8") == (
            "T1\tVEIN 4 8;9 14\tleft iliac\n"
            "A1\tRole T1 access\n"
            "#1\tAnnotatorNotes T1\tleft iliac_vein+unknown lumbar_vein\n"
            "T2\tFLUOROSCOPY 15 20\tC-arm\n"
        )

    def test_brat_is_told_the_values(self) -> None:
        assert "Assertion\tArg:ANGIOPLASTY, Value:performed|negated|historical|planned|attempted|other\n" in config()

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("R1\tNext Arg1:T1 Arg2:T2", "is neither a mark, an attribute nor the veins of a mark"),
            ("A9\tCertainty T1 high", "unknown attribute; known: Assertion, Role, Approach"),
            ("A9\tRole T99 treated", "T99 is no mark of this file"),
            ("A9\tRole T2 treated", "T2 has two values for role"),
            ("#9\tAnnotatorNotes T1\tnice mark", "unknown vein"),
            ("T1\tFLUOROSCOPY 0 5\tUnder", "T1 stands twice"),
            ("T9\tFLUOROSCOPY 0 5\tother", "its text is not what stands at its offsets"),
            ("T9\tFLUOROSCOPY 0 5;8 9\tUnder u", "has several fragments with words between them"),
            ("T9 nonsense", "unreadable text-bound line"),
        ],
    )
    def test_a_line_a_gold_note_has_no_place_for(self, line: str, told: str, tmp_path: Path) -> None:
        message = rewritten(tmp_path, "brat", lambda text: f"{text}{line}\n", "n-1.ann")
        assert message.startswith("some.brat, note n-1: .ann line 12: ")
        assert told in message

    def test_lines_in_any_order_with_windows_line_ends(self, tmp_path: Path) -> None:
        folder = self.written(tmp_path, note())
        ann = folder / "n-1.ann"
        lines = ann.read_bytes().decode().splitlines()
        ann.write_bytes("\r\n".join(reversed(lines)).encode())
        assert list(read_corpus(folder)) == [note()]

    def test_a_text_that_is_not_named(self, tmp_path: Path) -> None:
        folder = self.written(tmp_path, note())
        (folder / "more.txt").write_text("x", encoding="utf-8")
        assert refused(lambda: list(read_corpus(folder))).startswith(
            "some.brat, file more.txt: is not named in gold.jsonl"
        )

    def test_a_file_that_is_gone(self, tmp_path: Path) -> None:
        folder = self.written(tmp_path, note())
        (folder / "n-1.ann").unlink()
        assert "its .txt or .ann file cannot be read" in refused(lambda: list(read_corpus(folder)))

    def test_a_directory_without_its_gold_records(self, tmp_path: Path) -> None:
        (tmp_path / "a.ann").write_text("", encoding="utf-8")
        assert "has no gold.jsonl; " in refused(lambda: list(read_corpus(tmp_path)))

    @pytest.mark.parametrize("line", ["{", "[]", "{}", '{"file": "../n-1"}', '{"file": 3}'])
    def test_a_record_that_names_no_file(self, line: str, tmp_path: Path) -> None:
        folder = self.written(tmp_path)
        (folder / "gold.jsonl").write_text(line, encoding="utf-8")
        assert refused(lambda: list(read_corpus(folder))).startswith("some.brat, gold.jsonl, line 1: ")

    def test_it_never_writes_over_anything(self, tmp_path: Path) -> None:
        folder = self.written(tmp_path, note())
        assert "not empty" in refused(lambda: write_corpus([note()], str(folder)))
        assert "does not exist" in refused(lambda: write_corpus([note()], str(tmp_path / "gone" / "x.brat")))
        (tmp_path / "empty.brat").mkdir()
        write_corpus([note()], str(tmp_path / "empty.brat"))
        assert list(read_corpus(tmp_path / "empty.brat")) == [note()]


#: What Label Studio adds to a task when it is exported.
ADDED_TO_TASK: dict[str, Any] = {
    "id": 7, "drafts": [], "predictions": [], "meta": {}, "created_at": "2024-01-02T03:04:05Z", "inner_id": 1,
    "updated_at": "2024-01-02T03:04:05Z", "total_annotations": 1, "cancelled_annotations": 1, "comment_count": 0,
    "unresolved_comment_count": 0, "last_comment_updated_at": None, "project": 3, "updated_by": 1, "comment_authors": [],
}  # fmt: skip
ADDED_TO_ANNOTATION: dict[str, Any] = {
    "id": 11, "completed_by": 1, "was_cancelled": False, "ground_truth": False, "created_at": "2024-01-02T03:04:05Z",
    "updated_at": "2024-01-02T03:04:05Z", "draft_created_at": None, "lead_time": 12.5, "prediction": {}, "result_count": 9,
    "unique_id": "5f", "import_id": None, "last_action": None, "task": 7, "project": 3, "parent_annotation": None,
}  # fmt: skip


class TestLabelStudio:
    def task(self, folder: Path, written: GoldNote | None = None) -> dict[str, Any]:
        path = folder / "task.json"
        write_corpus([written or note()], str(path))
        (task,) = json.loads(path.read_text(encoding="utf-8"))
        return dict(task)

    def read(self, folder: Path, *tasks: Any) -> list[GoldNote]:
        path = folder / "export.json"
        path.write_text(json.dumps(list(tasks)), encoding="utf-8")
        return list(read_corpus(path))

    def fault(self, folder: Path, task: Any) -> str:
        return refused(lambda: self.read(folder, task))

    def test_how_it_looks(self, tmp_path: Path) -> None:
        task = self.task(tmp_path, note("<<V:left iliac_vein:treated|left>>\n"))
        place = {"start": 0, "end": 4, "text": "left"}
        assert task["data"]["text"] == "left\n"
        assert task["data"]["gold"] == GOLD
        assert task["annotations"] == [{"result": [
            {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels", "value": place | {"labels": ["VEIN"]}},
            {"id": "r1", "from_name": "veins", "to_name": "text", "type": "taxonomy",
             "value": place | {"taxonomy": [["left", "iliac_vein"]]}},
            {"id": "r1", "from_name": "role", "to_name": "text", "type": "choices", "value": place | {"choices": ["treated"]}},
        ]}]  # fmt: skip

    def test_an_export_with_all_that_is_added(self, tmp_path: Path) -> None:
        task = self.task(tmp_path)
        result = [
            region | {"origin": "manual", "hidden": False} for region in reversed(task["annotations"][0]["result"])
        ]
        for region in result:
            region["value"]["globalOffsets"] = {"start": region["value"]["start"], "end": region["value"]["end"]}
        kept = ADDED_TO_ANNOTATION | {"result": result}
        skipped = ADDED_TO_ANNOTATION | {"id": 12, "was_cancelled": True, "result": []}
        exported = ADDED_TO_TASK | {"data": task["data"], "annotations": [skipped, kept]}
        assert self.read(tmp_path, exported) == [note()]

    def test_regions_without_their_text(self, tmp_path: Path) -> None:
        task = self.task(tmp_path)
        for region in task["annotations"][0]["result"]:
            del region["value"]["text"]
        assert self.read(tmp_path, task) == [note()]

    def test_offsets_of_an_older_version_count_halves_of_emoji(self, tmp_path: Path) -> None:
        written = note("👍 under <<F|👍fluoro>>\n")
        task = self.task(tmp_path, written)
        task["annotations"][0]["result"][0]["value"] |= {"start": 9, "end": 17}
        assert self.read(tmp_path, task) == [written]

    def test_line_breaks_written_as_backslash_and_n(self, tmp_path: Path) -> None:
        written = note("a <<F|fluoro\nscopy>>\n")
        task = self.task(tmp_path, written)
        task["annotations"][0]["result"][0]["value"]["text"] = "fluoro\\nscopy"
        assert self.read(tmp_path, task) == [written]

    def test_of_several_annotations_the_ground_truth_counts(self, tmp_path: Path) -> None:
        task = self.task(tmp_path)
        other = {"result": [], "ground_truth": False}
        assert "has several annotations" in self.fault(tmp_path, task | {"annotations": [*task["annotations"], other]})
        truth = task["annotations"][0] | {"ground_truth": True}
        assert self.read(tmp_path, task | {"annotations": [other, truth]}) == [note()]

    @pytest.mark.parametrize("annotations", [[], None, 3, [{"was_cancelled": True, "result": []}], [{}]])
    def test_a_task_nobody_submitted(self, annotations: Any, tmp_path: Path) -> None:
        message = self.fault(tmp_path, self.task(tmp_path) | {"annotations": annotations})
        assert message.startswith("export.json, note n-1: has no submitted annotation; ")

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            (
                {"type": "relation", "from_name": None, "value": {}},
                "region r1: is of a kind a gold note has no place for",
            ),
            ({"from_name": None, "type": "textarea"}, "region r1: is of a kind a gold note has no place for"),
            (
                {"id": "r2", "from_name": "role", "type": "choices", "value": {"choices": []}},
                "region r2: must have exactly one value",
            ),
            ({"id": "zz"}, "region zz: belongs to no labelled region"),
            ({"id": 3}, "result 10: no region with an id and a value"),
            ({}, "region r1: has two values for veins"),
            ({"type": "labels"}, "region r1: stands twice"),
            ({"id": "q", "type": "labels", "value": {"start": "/p[1]"}}, "region q: offsets are no place in the text"),
            (
                {"id": "q", "type": "labels", "value": {"start": 0, "end": 3, "text": "no"}},
                "region q: its text is not what stands",
            ),
            (
                {"id": "q", "type": "labels", "value": {"start": 0, "end": 3, "labels": []}},
                "region q: must have exactly one value",
            ),
        ],
    )
    def test_a_region_a_gold_note_has_no_place_for(self, change: dict[str, Any], told: str, tmp_path: Path) -> None:
        task = self.task(
            tmp_path, note("<<V:left iliac_vein:treated|left>> <<F|a>> <<F|b>> <<X:open|c>>, <<A:other|PTA>>\n")
        )
        result = task["annotations"][0]["result"]
        assert len(result) == 9
        result.append(result[1] | change)
        assert self.fault(tmp_path, task).startswith(f"export.json, note n-1: {told}")

    @pytest.mark.parametrize("task", [3, {}, {"data": {"text": "x"}}, {"data": {"gold": 3}}])
    def test_a_task_without_its_gold_record(self, task: Any, tmp_path: Path) -> None:
        assert self.fault(tmp_path, task).startswith("export.json, task 1: no task with 'data' and the gold record")

    def test_a_gold_record_that_overwrites_the_note(self, tmp_path: Path) -> None:
        task = self.task(tmp_path)
        task["data"]["gold"]["text"] = "other"
        assert "gold record holds text" in self.fault(tmp_path, task)

    @pytest.mark.parametrize(("data", "told"), [("{", "not valid JSON"), ("{}", "not a list of tasks")])
    def test_a_file_of_another_kind(self, data: str, told: str, tmp_path: Path) -> None:
        (tmp_path / "x.json").write_text(data, encoding="utf-8")
        assert refused(lambda: list(read_corpus(tmp_path / "x.json"))).startswith(f"x.json: {told}; ")


class TestDocBin:
    def docs(self, path: Path) -> list[Any]:
        import spacy
        from spacy.tokens import DocBin

        return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))

    def rewritten(self, folder: Path, change: Callable[[Any], None]) -> str:
        from spacy.tokens import DocBin

        path = folder / "some.spacy"
        write_corpus([note()], str(path))
        docs = self.docs(path)
        change(docs[0])
        DocBin(docs=docs, store_user_data=True).to_disk(path)
        return refused(lambda: list(read_corpus(path)))

    def test_how_it_looks_in_spacy(self, tmp_path: Path) -> None:
        write_corpus([note()], str(tmp_path / "some.spacy"))
        (doc,) = self.docs(tmp_path / "some.spacy")
        assert doc.text == note().text
        assert [(s.label_, s.text) for s in doc.spans["venocode"]] == [(s["label"], s["text"]) for s in note().spans]
        assert [t.text for t in doc[:5]] == ["Under", "fluoroscopy", "the", "left", "femoral"]

    def test_docs_of_another_kind(self, tmp_path: Path) -> None:
        assert "doc 1: user data 'venocode' holds no JSON object" in self.rewritten(
            tmp_path, lambda d: d.user_data.clear()
        )

    def test_marks_changed_on_one_side_only(self, tmp_path: Path) -> None:
        assert "note n-1: span group and attributes differ" in self.rewritten(tmp_path, lambda d: d.spans.clear())


class TestNames:
    @pytest.mark.parametrize(("suffix", "name"), SUFFIXES.items())
    def test_the_suffix_tells(self, suffix: str, name: str) -> None:
        assert format_of(Path(f"x{suffix.upper()}")) == name

    def test_a_name_that_tells_nothing(self, tmp_path: Path) -> None:
        assert "give --from or --to" in refused(lambda: format_of(Path("notes.txt")))
        assert format_of(tmp_path) == "brat"

    def test_a_directory_stands_for_its_files(self, tmp_path: Path) -> None:
        for name in ("b.notes", "a.jsonl", "read.me"):
            (tmp_path / name).write_text("", encoding="utf-8")
        assert [p.name for p in corpus_files([tmp_path, Path("x.notes")])] == ["a.jsonl", "b.notes", "x.notes"]

    def test_a_directory_of_brat_is_one_corpus(self, tmp_path: Path) -> None:
        write_corpus([note()], str(tmp_path / "some.brat"))
        assert list(corpus_files([tmp_path / "some.brat"])) == [tmp_path / "some.brat"]

    def test_a_directory_without_any(self, tmp_path: Path) -> None:
        assert "no corpus files" in refused(lambda: list(corpus_files([tmp_path])))

    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="does not exist"):
            write_corpus([note()], str(tmp_path / "gone" / "x.jsonl"))
