"""The record as a whole: offsets, determinism, hard input, size, and the keys of the contract."""

from __future__ import annotations

import html
import json
import random
import re
import time
from functools import cache
from pathlib import Path

import pytest
from helpers import assertions, coded, counted, engine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from venocode.corpus import read_notes
from venocode.engine import code_lines
from venocode.records import NoteResult

NOTE = (
    "TECHNIQUE: Under fluoroscopy the left popliteal vein was punctured. The left common iliac vein had an 80% stenosis and was "
    "ballooned to 14 mm with no residual stenosis. A stent was not needed.\nPLAN: Repeat venoplasty if it recurs."
)
KEYS = {
    "schema",
    "note_id",
    "codes",
    "veins",
    "mentions",
    "access",
    "fluoroscopy",
    "documentation",
    "flags",
    "disposition",
    "probability",
    "rationale",
    "provenance",
}
EVIDENCE_KEYS = {"start", "end", "text", "section", "rule"}
REASONS = {
    "stent_same_vein",
    "dialysis_circuit",
    "historical",
    "planned",
    "attempted",
    "negated",
    "imaged_only",
    "access_only",
    "non_angioplasty_balloon",
    "all_inclusive",
    "bridged",
    "artery",
    "header_only_mismatch",
    "special",
}
CORPORA = Path(__file__).parents[1] / "corpora" / "notes"


@cache
def corpus_notes() -> tuple[str, ...]:
    return tuple(note.text for path in sorted(CORPORA.glob("*.notes")) for note in read_notes(path))


@cache
def corpus_sentences() -> tuple[str, ...]:
    """Sentences of the shipped corpora, headings among them."""
    parts = (part for text in corpus_notes() for part in re.split(r"(?<=[.:])\s+|\n", text))
    return tuple(dict.fromkeys(p for p in parts if p.strip()))


def quotes(record: dict) -> list[dict]:
    """Everything in the record that claims to stand in the note."""
    out = [*record["mentions"], *record["fluoroscopy"]["evidence"]]
    for key in ("veins", "access", "flags"):
        out += [e for item in record[key] for e in item["evidence"]]
    return out


def assert_sound(text: str, result: NoteResult) -> None:
    """What holds of every record, whatever the note."""
    record = result.to_dict()
    for quote in quotes(record):
        assert 0 <= quote["start"] < quote["end"] <= len(text)
        assert text[quote["start"] : quote["end"]] == quote["text"]
    units = [(line["code"], line["units"]) for line in record["codes"]]
    assert all(n >= 1 for _, n in units)
    treated = [v for v in record["veins"] if v["decision"] == "counted"]
    assert sum(n for _, n in units) == len(treated)
    assert [code for code, _ in units] == ["37248", "37249"][: len(units)]
    for line in record["codes"]:
        assert len(line["veins"]) == line["units"]
    for vein in record["veins"]:
        assert (vein["reason"] is None) is (vein["decision"] == "counted")
        assert vein["reason"] is None or vein["reason"] in REASONS
        assert 0.0 <= vein["probability"] <= 1.0
    names = [(v["vein"], v["side"]) for v in record["veins"]]
    assert len(names) == len(set(names))
    assert record["disposition"] in ("auto", "review", "query")
    json.dumps(record, allow_nan=False)


# --- offsets ------------------------------------------------------------------------------------------------------------

GLUE = ["\n", "\r\n", "\t", "  ", " ", "\n\n", "\u00a0", "\u2009 ", "\f", " \u200b", "\n   ", ".,", "\u2028", "\r"]
UNICODE = [
    "\ufb01stula",
    "\u201cquoted\u201d",
    "caf\u00e9",
    "\U0001f9b5",
    "e\u0301",
    "12\u00a0mm",
    "\u2013",
    "\u00ad",
    "\ufeff",
]


@st.composite
def notes(draw):
    """Sentences of the corpora in any order, glued by odd white space and unicode."""
    parts = draw(
        st.lists(st.one_of(st.sampled_from(corpus_sentences()), st.sampled_from(UNICODE)), min_size=1, max_size=10)
    )
    return "".join(part + draw(st.sampled_from(GLUE)) for part in parts)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(notes())
def test_record_is_sound_for_any_plain_note(text):
    assert_sound(text, engine().code(text))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(notes(), st.sampled_from(["<p>", "<br>", "<div class='x'>", "<li>"]))
def test_record_is_sound_for_any_html_note(text, tag):
    body = tag.join(html.escape(part) for part in text.split("\n"))
    note = f"<html><head><style>p {{}}</style></head><body>{body}</body></html>"
    assert_sound(note, engine().code(note))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(notes())
def test_record_is_sound_for_any_rtf_note(text):
    assert_sound(rtf(text), engine().code(rtf(text)))


def rtf(text):
    body = "".join(
        "\\par\n"
        if c == "\n"
        else f"\\{c}"
        if c in "\\{}"
        else c
        if ord(c) < 128
        else f"\\u{ord(c) if ord(c) < 32768 else 63}?"
        for c in text
    )
    return r"{\rtf1\ansi\deff0 {\fonttbl{\f0 Arial;}}" + body + "}"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda t: t.replace(" ", "  "),
        lambda t: t.replace(" ", "\u00a0"),
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.replace(" vein", "\tvein"),
        lambda t: t.replace("common iliac", "common\n   iliac"),
        lambda t: f"\ufeff\n\n{t}\n\f",
        lambda t: f"<html><body><p>{t.replace('common', '<b>common</b>')}</p></body></html>",
        rtf,
    ],
    ids=["double spaces", "no-break spaces", "crlf", "tab", "broken line", "bom and form feed", "html", "rtf"],
)
def test_dress_of_a_note_changes_no_code(wrap):
    note = wrap(NOTE)
    result = engine().code(note)
    assert_sound(note, result)
    assert counted(note) == ["left common_iliac_vein"]
    assert assertions(note) == ["performed", "planned"]


# --- the same note ----------------------------------------------------------------------------------------------------------


def test_same_note_gives_the_same_record():
    first = [engine().code(text).to_dict() for text in corpus_notes()[:10]]
    again = [engine().code(text).to_dict() for text in reversed(corpus_notes()[:10])]
    assert first == again[::-1]


def test_note_id_is_carried_and_changes_nothing_else():
    one, two = (engine().code(NOTE, name).to_dict() for name in ("a", "b"))
    assert (one.pop("note_id"), two.pop("note_id")) == ("a", "b")
    assert one == two


# --- hard input ---------------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=300))
def test_any_text_is_read(text):
    assert_sound(text, engine().code(text))


WORDS = (
    "left right both L R the vein veins artery v. a. common external iliac CIV SVC was were not no if ; : , . ( ) / - \n 1. A) 12 x 40 mm "
    "atm 70 % balloon stent inflated dilated venoplasty PTA PLAN: HISTORY: TECHNIQUE: 2019 two each second same other lesion stenosis"
).split(" ")


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_run_of_lexicon_words_is_read(words):
    text = " ".join(words)
    assert_sound(text, engine().code(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n\t",
        "\x00",
        "\x00\x01\x02\xff",
        "\ufeff",
        ".",
        "<html>",
        "<html></html>",
        r"{\rtf1",
        r"{\rtf1}",
        "***",
        "\u200b",
        "\ud800",
    ],
)
def test_empty_or_broken_note_finds_nothing(text):
    result = engine().code(text)
    assert (result.codes, result.veins, result.mentions) == ((), (), ())
    assert_sound(text, result)


def test_note_without_findings():
    result = coded("The patient came to clinic. Blood pressure was normal.")
    assert (result.codes, result.veins, result.flags, result.access) == ((), (), (), ())
    assert result.to_dict()["fluoroscopy"] == {"documented": False, "evidence": []}
    assert result.documentation["access"] is False


def test_no_code_line_without_a_vein():
    assert code_lines((), engine().policy) == []


# --- size ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_ten_thousand_veins_in_one_note():
    names = ("left common iliac vein", "right subclavian vein", "SVC", "left popliteal vein")
    text = "FINDINGS: " + " ".join(f"The {names[i % 4]} was patent." for i in range(10_000))
    began = time.perf_counter()
    result = engine().code(text)
    assert time.perf_counter() - began < 30
    assert sum(m.label == "VEIN" for m in result.mentions) == 10_000
    assert_sound(text, result)


@pytest.mark.slow
def test_ten_thousand_veins_in_one_sentence():
    text = "FINDINGS: " + ", ".join(["left common iliac vein", "right common iliac vein"] * 500) + " were patent."
    assert_sound(text, engine().code(text))


@pytest.mark.slow
def test_one_megabyte():
    picked = random.Random(7)
    sentences = corpus_sentences()
    text = "".join(picked.choice(sentences) + "\n" for _ in range(30_000))[:1_000_000]
    assert len(text) == 1_000_000
    began = time.perf_counter()
    result = engine().code(text)
    assert time.perf_counter() - began < 40
    assert_sound(text, result)


# --- the contract ----------------------------------------------------------------------------------------------------------------


def test_record_keeps_the_keys_of_the_contract():
    record = engine().code(NOTE, "a001").to_dict()
    assert set(record) >= KEYS
    assert record["schema"] == "venocode/1"
    assert record["note_id"] == "a001"
    assert record["codes"] == [{"code": "37248", "units": 1, "veins": [{"vein": "common_iliac_vein", "side": "left"}]}]
    for vein in record["veins"]:
        assert set(vein) >= {"vein", "side", "decision", "reason", "probability", "evidence"}
    for access in record["access"]:
        assert set(access) >= {"vessel", "side", "approach", "evidence"}
    assert record["fluoroscopy"]["documented"] is True
    assert set(record["documentation"]) >= {"lesion", "balloon", "result"}
    assert set(record["provenance"]) >= {"version", "rules", "model", "note_sha256"}


def test_every_mention_carries_its_own_attribute():
    own = {"ANGIOPLASTY": {"assertion"}, "VEIN": {"veins", "role"}, "FLUOROSCOPY": set(), "ACCESS": {"approach"}}
    mentions = engine().code(NOTE).to_dict()["mentions"]
    assert {m["label"] for m in mentions} == set(own)
    for m in mentions:
        assert set(m) == {"label"} | EVIDENCE_KEYS | own[m["label"]]


def test_evidence_quotes_the_note():
    record = engine().code(NOTE).to_dict()
    treated = next(v for v in record["veins"] if v["decision"] == "counted")
    assert treated["evidence"]
    assert set(treated["evidence"][0]) == EVIDENCE_KEYS
    assert "ballooned" in treated["evidence"][0]["text"]


def test_provenance_holds_hashes_and_no_words_of_the_note():
    result = engine().code("Zebulon Quixote. " + NOTE)
    told = json.dumps([result.provenance, result.rationale, result.disposition])
    assert not any(word in told for word in ("Zebulon", "Quixote", "popliteal", "ballooned"))
    assert re.fullmatch(r"[0-9a-f]{64}", result.provenance["note_sha256"])


def test_record_survives_json():
    record = engine().code(NOTE).to_dict()
    assert json.loads(json.dumps(record)) == record


def test_corpus_notes_are_sound():
    for text in corpus_notes()[::4]:
        assert_sound(text, engine().code(text))
