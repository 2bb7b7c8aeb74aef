"""Gold notes: marks in, spans out, and every shipped note reads."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venocode.corpus import APPROACHES, ASSERTIONS, ROLES, SIDES, GoldNote, parse_marked, read_notes, write_notes
from venocode.corpus.marked import read_drafts
from venocode.errors import CorpusError

NOTES = sorted((Path(__file__).resolve().parents[1] / "corpora" / "notes").glob("*.notes"))
LEFT_FV = {"vein": "femoral_vein", "side": "left"}
SVC = {"vein": "superior_vena_cava", "side": "none"}
NOTHING, ONE = {"37248": 0, "37249": 0}, {"37248": 1, "37249": 0}


def block(body: str = "<<A:performed|dilated>>\n", head: str = "n-1 | a voice | one, two", **changes: Any) -> str:
    gold: dict[str, Any] = {
        "treated_veins": [LEFT_FV], "codes": {"37248": 1, "37249": 0}, "not_counted": [], "flags": [], "access": [],
        "fluoroscopy": True, "review": False,
    }  # fmt: skip
    gold |= changes
    return f"=== {head}\n{json.dumps({k: v for k, v in gold.items() if v is not ...})}\n---\n{body}"


def read(tmp_path: Path, text: str | bytes) -> list[GoldNote]:
    path = tmp_path / "some.notes"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(read_notes(path))


def refused(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(CorpusError) as caught:
        read(tmp_path, text)
    return str(caught.value)


class TestMarks:
    def test_text_without_marks(self) -> None:
        assert parse_marked("no marks, 5 < 6 > 4 | here\n") == ("no marks, 5 < 6 > 4 | here\n", [])

    def test_offsets_point_into_the_plain_text(self) -> None:
        marked = (
            "Under <<F|fluoroscopy>> the <<V:left common_iliac_vein:treated|left CIV>> was <<A:performed|dilated>>,\n"
            "<<X:open|cutdown>>."
        )
        text, spans = parse_marked(marked)
        assert text == "Under fluoroscopy the left CIV was dilated,\ncutdown."
        assert [(s["label"], s["start"], s["end"]) for s in spans] == [
            ("FLUOROSCOPY", 6, 17),
            ("VEIN", 22, 30),
            ("ANGIOPLASTY", 35, 42),
            ("ACCESS", 44, 51),
        ]
        assert all(text[s["start"] : s["end"]] == s["text"] for s in spans)

    @pytest.mark.parametrize("assertion", ASSERTIONS)
    def test_an_act(self, assertion: str) -> None:
        _, (span,) = parse_marked(f"<<A:{assertion}|PTA>>")
        assert span == {"label": "ANGIOPLASTY", "start": 0, "end": 3, "text": "PTA", "assertion": assertion}

    @pytest.mark.parametrize("approach", APPROACHES)
    def test_an_access(self, approach: str) -> None:
        _, (span,) = parse_marked(f"<<X:{approach}|entered>>")
        assert span == {"label": "ACCESS", "start": 0, "end": 7, "text": "entered", "approach": approach}

    def test_fluoroscopy(self) -> None:
        assert parse_marked("<<F|fluoro>>")[1] == [{"label": "FLUOROSCOPY", "start": 0, "end": 6, "text": "fluoro"}]

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize("role", ROLES)
    def test_a_vein(self, side: str, role: str) -> None:
        _, (span,) = parse_marked(f"<<V:{side} femoral_vein:{role}|FV>>")
        assert (span["label"], span["veins"], span["role"]) == (
            "VEIN",
            [{"side": side, "vein": "femoral_vein"}],
            role,
        )

    @pytest.mark.parametrize("plus", ["+", " + "])
    def test_several_veins_in_one_phrase(self, plus: str) -> None:
        _, (span,) = parse_marked(f"<<V:left femoral_vein{plus}none superior_vena_cava:imaged|both>>")
        assert span["veins"] == [
            {"side": "left", "vein": "femoral_vein"},
            {"side": "none", "vein": "superior_vena_cava"},
        ]

    def test_a_mark_may_cross_a_line_and_hold_a_bar(self) -> None:
        text, (span,) = parse_marked("a <<A:performed|dil-\nated | twice>> b")
        assert text == "a dil-\nated | twice b"
        assert span["text"] == "dil-\nated | twice"

    @pytest.mark.parametrize(
        ("marked", "message"),
        [
            ("<<A:done|x>>", "unknown attribute 'done' near offset 0; allowed: performed"),
            ("<<A|x>>", "unknown attribute ''"),
            ("ab <<X:transfemoral|x>>", "unknown attribute 'transfemoral' near offset 3; allowed: percutaneous, open"),
            ("<<V:lefty femoral_vein:treated|x>>", "unknown attribute 'lefty'"),
            ("<<V:left femoral_vein:ballooned|x>>", "unknown attribute 'ballooned'"),
            ("<<V:left femoral vein:treated|x>>", "unknown vein 'femoral vein'"),
            ("<<V:femoral_vein:treated|x>>", "unknown vein ''"),
            ("<<V:left femoral_vein|x>>", "unknown vein"),
            ("<<V:left femoral_vein+:treated|x>>", "unknown vein ''"),
            ("<<V:|x>>", "unknown vein ''"),
            ("ab <<A:performed|x <<F|y>> z>>", "nested mark near offset 3"),
            ("<<X:open|<<F|a>>>>", "nested mark near offset 0"),
            ("ab <<F:foo|x>>", "unknown attribute 'foo' near offset 3; a mark F has none"),
            ("<<F:|x>>", "unknown attribute '' near offset 0; a mark F has none"),
            ("ab <<A:performed|>>", "empty mark near offset 3"),
            ("<<V:left femoral_vein:treated| \n>>", "empty mark near offset 0"),
            ("<<Q|x>>", "unreadable mark"),
            ("<<A:performed>>", "unreadable mark"),
            ("<<A:performed|x", "unreadable mark near offset 0"),
            ("<<A:performed|x>", "unreadable mark near offset 0"),
            ("ab >> c", "unreadable mark near offset 3"),
            ("ab << c", "unreadable mark near offset 3"),
        ],
    )
    def test_a_wrong_mark(self, marked: str, message: str) -> None:
        with pytest.raises(CorpusError) as caught:
            parse_marked(marked)
        assert message in str(caught.value)


MARKS = st.sampled_from(
    ["", *(f"A:{a}" for a in ASSERTIONS), *(f"X:{a}" for a in APPROACHES), "F", "V:left femoral_vein:treated",
     "V:none superior_vena_cava+bilateral popliteal_vein:imaged"]
)  # fmt: skip
WORDS = st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(MARKS, WORDS), max_size=12))
def test_stripping_marks_loses_nothing(parts: list[tuple[str, str]]) -> None:
    parts = [(mark if words.strip() else "", words) for mark, words in parts]  # an empty mark is refused
    marked = "".join(f"<<{mark}|{words}>>" if mark else words for mark, words in parts)
    text, spans = parse_marked(marked)
    assert text == "".join(words for _, words in parts)
    assert [s["text"] for s in spans] == [words for mark, words in parts if mark]
    assert all(text[s["start"] : s["end"]] == s["text"] for s in spans)
    assert all(a["end"] <= b["start"] for a, b in pairwise(spans))


class TestFiles:
    def test_notes_in_order_with_style_and_phenomena(self, tmp_path: Path) -> None:
        text = block() + "\n\n" + block("second <<F|fluoro>>\n\n\n", head="n-2 | other | ")
        one, two = read(tmp_path, text)
        assert (one.note_id, one.style, one.phenomena, one.text) == ("n-1", "a voice", ("one", "two"), "dilated\n")
        assert (two.note_id, two.style, two.phenomena, two.text) == ("n-2", "other", (), "second fluoro\n")

    def test_a_line_of_the_gold_file(self, tmp_path: Path) -> None:
        (note,) = read(tmp_path, block())
        line = json.loads(json.dumps(note.to_dict()))
        assert line["note_id"] == "n-1"
        assert line["codes"] == {"37248": 1, "37249": 0}
        assert line["spans"] == [
            {"label": "ANGIOPLASTY", "start": 0, "end": 7, "text": "dilated", "assertion": "performed"}
        ]

    def test_three_dashes_in_the_text_belong_to_it(self, tmp_path: Path) -> None:
        (note,) = read(tmp_path, block("above\n---\nbelow\n"))
        assert note.text == "above\n---\nbelow\n"

    def test_an_empty_file_holds_none(self, tmp_path: Path) -> None:
        assert read(tmp_path, "\n") == []

    def test_text_before_the_first_header_line_is_not_lost(self, tmp_path: Path) -> None:
        message = refused(tmp_path, "== n-0 | a | b\n" + block())
        assert message.startswith("some.notes, head of the file: text stands before the first line '=== '; ")

    def test_a_header_line_with_a_fourth_part(self, tmp_path: Path) -> None:
        assert "note n-1: header line has more than three parts" in refused(tmp_path, block(head="n-1 | a | b | c"))

    @pytest.mark.parametrize("key", ["text", "spans", "note_id"])
    def test_a_record_that_overwrites_the_note(self, key: str, tmp_path: Path) -> None:
        assert "note n-1: gold record holds one of note_id, style" in refused(tmp_path, block(**{key: "x"}))

    def test_a_file_of_another_editor(self, tmp_path: Path) -> None:
        (note,) = read(tmp_path, "\ufeff" + block("one\ntwo\n").replace("\n", "\r\n"))
        assert note.text == "one\ntwo\n"

    def test_every_fault_of_a_note_is_found(self, tmp_path: Path) -> None:
        path = tmp_path / "some.notes"
        path.write_text(block("<<A:done|a>> <<Q|b>> <<F|>> <<X:open|c\n", codes={}, review=...), encoding="utf-8")
        (draft,) = read_drafts(path)
        assert [fault.partition(";")[0] for fault in draft.faults] == [
            "unknown attribute 'done' near offset 0",
            "unreadable mark near offset 2",
            "empty mark near offset 10",
            "unreadable mark near offset 11",
            "gold record lacks review",
        ]

    def test_no_line_of_dashes(self, tmp_path: Path) -> None:
        message = refused(tmp_path, block().replace("\n---\n", "\n"))
        assert message == "some.notes, note n-1: no line '---' between the gold record and the text; write one"

    def test_a_record_that_is_no_json(self, tmp_path: Path) -> None:
        assert refused(tmp_path, "=== n-1 | a | b\n{oops\n---\nx\n").startswith("some.notes, note n-1: ")

    @pytest.mark.parametrize(
        "key", ["treated_veins", "codes", "not_counted", "flags", "access", "fluoroscopy", "review"]
    )
    def test_a_record_that_lacks_a_key(self, tmp_path: Path, key: str) -> None:
        assert refused(tmp_path, block(**{key: ...})).startswith(f"some.notes, note n-1: gold record lacks {key}; ")

    @pytest.mark.parametrize(
        ("veins", "codes"),
        [
            ([], {"37248": 1, "37249": 0}),
            ([LEFT_FV], {"37248": 0, "37249": 1}),
            ([LEFT_FV], {"37248": 1, "37249": 1}),
            ([LEFT_FV], {"37248": 1}),
            ([LEFT_FV, SVC], {"37248": 2, "37249": 0}),
            ([LEFT_FV, SVC], {"37248": 1, "37249": 0}),
        ],
    )
    def test_codes_that_do_not_fit_the_veins(self, tmp_path: Path, veins: list[Any], codes: dict[str, int]) -> None:
        message = refused(tmp_path, block(treated_veins=veins, codes=codes))
        assert f"note n-1: codes {codes} do not fit {len(veins)} treated veins" in message

    @pytest.mark.parametrize("key", ["treated_veins", "not_counted"])
    def test_an_unknown_vein(self, tmp_path: Path, key: str) -> None:
        assert "unknown vein 'leg_vein'" in refused(tmp_path, block(**{key: [{"vein": "leg_vein", "side": "left"}]}))

    def test_the_second_note_is_the_one_named(self, tmp_path: Path) -> None:
        message = refused(tmp_path, block() + block("<<A:done|x>>", head="n-2 | a | b"))
        assert message.startswith("some.notes, note n-2: unknown attribute 'done'")

    @pytest.mark.parametrize("vein", [{"vein": "femoral_vein", "side": "lefty"}, {"vein": "femoral_vein"}])
    def test_an_unknown_side(self, tmp_path: Path, vein: dict[str, str]) -> None:
        message = refused(tmp_path, block(treated_veins=[vein]))
        assert message.startswith("some.notes, note n-1: treated_veins: side of femoral_vein is missing or unknown")

    @pytest.mark.parametrize(
        "vein",
        [
            {"vein": "superior_vena_cava", "side": "left"},
            {"vein": "left_superior_pulmonary_vein", "side": "right"},
            {"vein": "femoral_vein", "side": "bilateral"},
        ],
    )
    def test_a_side_the_vein_cannot_have(self, tmp_path: Path, vein: dict[str, str]) -> None:
        assert refused(tmp_path, block(treated_veins=[vein])).startswith("some.notes, note n-1: treated_veins: ")

    def test_an_entry_without_its_vein(self, tmp_path: Path) -> None:
        message = refused(tmp_path, block(treated_veins=[{"side": "left"}]))
        assert message.startswith("some.notes, note n-1: treated_veins: an entry lacks 'vein'; ")

    @pytest.mark.parametrize("key", ["treated_veins", "not_counted", "access"])
    @pytest.mark.parametrize("entry", [5, None, "femoral_vein", {}, {"vein": 3, "vessel": 3}, {"vein": ["x"]}])
    def test_an_entry_of_another_type(self, tmp_path: Path, key: str, entry: object) -> None:
        none = {"treated_veins": [], "codes": ONE if key == "treated_veins" else NOTHING}
        message = refused(tmp_path, block(**(none | {key: [entry]})))
        assert message.startswith(f"some.notes, note n-1: {key}: an entry lacks '")

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"not_counted": [SVC]}, "not_counted: why is missing or unknown"),
            ({"not_counted": [SVC | {"why": "because"}]}, "not_counted: why is missing or unknown"),
            ({"not_counted": [LEFT_FV | {"why": "negated"}]}, "left femoral_vein stands twice"),
            ({"access": [{"vessel": "fistula", "side": "left"}]}, "access: approach is missing or unknown"),
            ({"access": [{"vessel": "fistula", "approach": "open"}]}, "access: side of fistula is missing or unknown"),
            ({"flags": "two_routes"}, "flags must be a list"),
            ({"flags": [1]}, "flags must be a list of strings"),
            ({"codes": 1}, "codes must be an object"),
            ({"fluoroscopy": "yes"}, "fluoroscopy must be true or false"),
            ({"review": 1}, "review must be true or false"),
        ],
    )
    def test_a_value_of_another_kind(self, tmp_path: Path, changes: dict[str, Any], told: str) -> None:
        assert refused(tmp_path, block(**changes)).startswith(f"some.notes, note n-1: {told}")

    def test_a_record_nested_without_end(self, tmp_path: Path) -> None:
        text = f"=== n-1 | a | b\n{'[' * 100_000}\n---\nx\n"
        assert refused(tmp_path, text).startswith("some.notes, note n-1: ")

    @pytest.mark.parametrize("record", ["5", block(treated_veins=3).split("\n")[1]])
    def test_a_record_of_another_type(self, tmp_path: Path, record: str) -> None:
        message = refused(tmp_path, f"=== n-1 | a | b\n{record}\n---\nx\n")
        assert message.startswith("some.notes, note n-1: ")

    def test_one_vein_treated_twice(self, tmp_path: Path) -> None:
        message = refused(tmp_path, block(treated_veins=[LEFT_FV, LEFT_FV], codes={"37248": 1, "37249": 1}))
        assert message == "some.notes, note n-1: left femoral_vein stands twice in the gold record; name it once"

    def test_a_file_that_is_not_utf8(self, tmp_path: Path) -> None:
        message = refused(tmp_path, block().encode() + block(head="n-2 | a | b").encode() + b"\xff")
        assert message.startswith("some.notes, note n-2: not UTF-8 at byte ")
        assert refused(tmp_path, b"\xff").startswith("some.notes: not UTF-8 at byte 0")

    def test_a_file_that_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"gone\.notes cannot be read"):
            list(read_notes(tmp_path / "gone.notes"))


class TestWriting:
    def test_how_it_looks(self, tmp_path: Path) -> None:
        notes = read(
            tmp_path, block() + block("<<V:left femoral_vein + none portal_vein:imaged|x>>\n", head="n-2 | b | ")
        )
        assert write_notes(notes).split("\n") == [
            "=== n-1 | a voice | one, two",
            '{"treated_veins": [{"vein": "femoral_vein", "side": "left"}],',
            ' "codes": {"37248": 1, "37249": 0},',
            ' "not_counted": [],',
            ' "flags": [],',
            ' "access": [],',
            ' "fluoroscopy": true, "review": false}',
            "---",
            "<<A:performed|dilated>>",
            "",
            "=== n-2 | b | ",
            *write_notes(notes).split("\n")[1:7],
            "---",
            "<<V:left femoral_vein+none portal_vein:imaged|x>>",
            "",
        ]

    def test_a_vein_name_in_a_value_does_not_disturb_the_layout(self, tmp_path: Path) -> None:
        notes = read(tmp_path, block(flags=[', "review": ']))
        assert read(tmp_path, write_notes(notes)) == notes


class TestShipped:
    def test_there_are_some(self) -> None:
        assert len(NOTES) >= 6

    @pytest.mark.parametrize("path", NOTES, ids=lambda p: p.stem)
    def test_every_file_reads(self, path: Path) -> None:
        notes = list(read_notes(path))
        assert notes
        assert len(notes) == sum(line.startswith("=== ") for line in path.read_text(encoding="utf-8").splitlines())
        for note in notes:
            assert note.text.strip()
            assert all(note.text[s["start"] : s["end"]] == s["text"] for s in note.spans)
            veins = [(v["vein"], v["side"]) for v in [*note.gold["treated_veins"], *note.gold["not_counted"]]]
            assert len(veins) == len(set(veins)), note.note_id
            assert {side for _, side in veins} <= set(SIDES), note.note_id
            assert all(v["why"] for v in note.gold["not_counted"]), note.note_id

    def test_note_ids_are_unique(self) -> None:
        ids = Counter(note.note_id for path in NOTES for note in read_notes(path))
        assert [i for i, n in ids.items() if n > 1] == []
