"""Pipes ``venocode_sections`` and ``venocode_sentences``: where a note is cut and how each part is read."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc

from venocode.pipes.analysis import Analysis, Section, Sentence, analysis_of
from venocode.pipes.sections import find_headings
from venocode.pipes.sentences import border_places, borders


@Language.component("venocode_sections")
def sections(doc: Doc) -> Doc:
    """Cut the note into sections; what stands before the first heading is the preamble."""
    analysis = analysis_of(doc)
    starts = analysis.starts
    found = find_headings(analysis.text)
    cuts = [(bisect_left(starts, s), bisect_left(starts, e), name, kind) for s, e, name, kind in found]
    out: list[Section] = []
    first = cuts[0][0] if cuts else len(doc)
    if first > 0 or not cuts:
        out.append(Section("preamble", "preamble", 0, first, 0))
    for i, (start, body, name, kind) in enumerate(cuts):
        end = cuts[i + 1][0] if i + 1 < len(cuts) else len(doc)
        out.append(Section(name, kind, start, end, min(body, end)))
    analysis.sections = out
    return doc


@Language.component("venocode_sentences", assigns=["token.is_sent_start"])
def sentences(doc: Doc) -> Doc:
    """Cut the note into sentences; a section border is always a sentence border."""
    analysis = analysis_of(doc)
    norms = analysis.norms
    out: list[Sentence] = []
    paragraph = 0
    places = border_places(analysis.where)
    for section in analysis.sections:
        current = section
        for start, end, line_start in section_sentences(analysis, section, places):
            if start > 1 and norms[start - 1] == "\n" and norms[start - 2] == "\n":
                paragraph += 1
            if current is section and _ends(norms, section, start, end):
                current = Section("narrative", "body", start, section.end, start)
                section.end = start
            out.append(Sentence(len(out), start, end, current, paragraph, line_start))
    analysis.sentences = out
    analysis.sections = sorted({id(s.section): s.section for s in out}.values(), key=lambda s: s.start)
    marks = np.full((len(doc), 1), -1, dtype="int64").astype("uint64")
    marks[[s.start for s in out], 0] = 1
    return doc.from_array([SENT_START], marks)


def section_sentences(analysis: Analysis, section: Section, places: list[int]) -> list[tuple[int, int, bool]]:
    """Sentences of one section, its heading a sentence of its own."""
    out: list[tuple[int, int, bool]] = []
    if section.body_start > section.start:
        out.append((section.start, section.body_start, True))
    first, end = section.body_start, section.end
    own = [i - first for i in places[bisect_left(places, first) : bisect_left(places, end)]]
    found = borders(analysis.texts[first:end], analysis.spaced[first:end], analysis.norms[first:end], own)
    out.extend((first + s, first + e, line) for s, e, line in found)
    return out


BEGINS = frozenset("prepped draped prepared supine prone punctured cannulated accessed sheath needled heparin lidocaine lignocaine "
                   "today brought sheaths puncture chlorhexidine chloraprep timeout entered stick micropuncture".split())  # fmt: skip
PAST_WORDS = frozenset("ago previously elsewhere outside prior earlier since".split())


def _ends(norms: list[str], section: Section, start: int, end: int) -> bool:
    """Whether a history-like section is over: its own line has ended, or the procedure begins in a new paragraph."""
    if section.kind == "conclusion":
        return start > section.body_start and _begins(norms, start, end)
    if section.kind not in ("past", "consent", "neutral", "header") or start <= section.body_start:
        return False
    new_line = norms[start - 1] == "\n"
    if not new_line:
        return section.kind == "past" and _begins(norms, start, end) and "\n" not in norms[section.start : start]
    inline = section.body_start < section.end and norms[section.body_start] != "\n"
    listed = (norms[start].isdecimal() and len(norms[start]) <= 2) or norms[start] in ("-", "*", "(")
    gap = norms[start - 2 : start] == ["\n", "\n"]
    if section.kind in ("neutral", "header"):
        return (gap and inline) or (inline and not listed and section.kind == "neutral")
    if inline and not listed:
        return True
    return gap and _begins(norms, start, end)


def _begins(norms: list[str], start: int, end: int) -> bool:
    words = norms[start:end]
    return any(w in BEGINS for w in words) and not any(
        w in PAST_WORDS or (w.isdecimal() and len(w) == 4 and w[:2] in ("19", "20")) for w in words
    )
