"""Every shortcut taken for speed gives what the long way gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers import engine
from hypothesis import given, settings
from hypothesis import strategies as st

from venocode.classifier.features import features
from venocode.corpus import read_notes
from venocode.pipes import events
from venocode.pipes.analysis import Analysis, analysis_of
from venocode.text import archives, layout
from venocode.text.mapping import HARD

CORPORA = Path(__file__).resolve().parent.parent / "corpora" / "notes"
NOTES = [note.text for path in sorted(CORPORA.glob("*.notes")) for note in read_notes(path)]
#: How tokens were cut before the space behind a word was read with it.
TOKEN = re.compile(r"\d+\.\d+|\d+(?=mm\b|cm\b|atm\b|Fr\b|F\b)|[^\W_]+|\n|[^\S\n]+|[^\w\s]|_+")


def spans(found) -> list[tuple[tuple[int, int], str | None]]:
    return [(m.span(), m.lastgroup) for m in found]


@given(st.text(alphabet=" ,.:?!)%*12aAbcdeEF\n", max_size=40))
def test_separators_are_found_where_the_pattern_finds_them(text: str) -> None:
    assert spans(archives._separators(text)) == spans(archives._SEPARATOR.finditer(text))


@given(st.text(alphabet=f"ABCDEa ,'{HARD}", max_size=40))
def test_bare_headings_are_found_where_the_pattern_finds_them(text: str) -> None:
    anchored = re.compile(rf"(?:\A|(?<={HARD})){archives._BARE_HEADING.pattern}")
    assert [m.span() for m in archives._bare_headings(text)] == [m.span() for m in anchored.finditer(text)]


@given(st.text(max_size=40))
def test_runs_of_white_space_are_never_missed(text: str) -> None:
    assert layout._has_runs(text) or not layout._RUN.search(text)


@settings(deadline=None)  # the engine is built in the first call
@given(st.text(max_size=60) | st.text(alphabet="aB1.5 \n\t_-mFr", max_size=60))
def test_tokens_and_the_lists_beside_them(text: str) -> None:
    doc = engine().nlp.make_doc(text)
    assert doc.text == text
    words = [t.text for t in doc]
    assert [w for w in words if w != " "] == [w for w in TOKEN.findall(text) if w != " "]
    if text:
        found = analysis_of(doc)
        assert (found.texts, found.norms) == (words, [t.norm_ for t in doc])
        assert (found.starts, found.spaced) == ([t.idx for t in doc], [bool(t.whitespace_) for t in doc])


@pytest.fixture(scope="module")
def results() -> list[object]:
    return [engine().code(note).to_dict() for note in NOTES]


def test_sentences_that_tell_nothing_may_be_skipped(monkeypatch, results) -> None:
    monkeypatch.setattr(events, "_telling", lambda analysis: {s.index for s in analysis.sentences})
    assert [engine().code(note).to_dict() for note in NOTES] == results


def test_clauses_without_a_balloon_may_be_left_at_once(monkeypatch, results) -> None:
    monkeypatch.setattr(Analysis, "has_any", lambda *_: True)
    assert [engine().code(note).to_dict() for note in NOTES] == results


def test_explanations_add_up_to_the_log_odds_of_scikit_learn() -> None:
    model = engine().model
    for note in NOTES[::10]:
        findings = engine().case(analysis_of(engine().analyse(note)[1])).findings
        for finding, told in zip(findings, model.explanations(findings).values(), strict=True):
            (expected,) = model.head.decision_function([features(finding)])
            assert told.log_odds == pytest.approx(float(expected), abs=1e-12)
