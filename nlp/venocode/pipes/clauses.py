"""Clauses of a sentence: the reach within which an act, a stent or a state speaks of a vein."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from venocode.pipes.analysis import Analysis, Sentence, VeinMention

BORDER = frozenset({";", "but", "while", "whereas", "although", "however"})
#: Without one of these no clause ends before its sentence does.
CUTTING = BORDER | {",", "and"}
VERBS = frozenset("was were is are had has have been did showed shows came went took needed received".split())


def clauses(analysis: Analysis, sentence: Sentence, names: Iterable[VeinMention]) -> list[tuple[int, int]]:
    """Token ranges of the clauses of a sentence. A vein phrase is never cut."""
    if CUTTING.isdisjoint(analysis.norms[sentence.start + 1 : sentence.end - 1]):
        return [(sentence.start, sentence.end)] if sentence.end > sentence.start else []
    inside = {t for m in names for t in range(m.start, m.end)}
    norms = analysis.norms
    cuts = [sentence.start]
    for i in range(sentence.start + 1, sentence.end - 1):
        if i in inside:
            continue
        word = norms[i]
        if word in BORDER or (word == "," and norms[i + 1] in ("and", "then") and i + 1 not in inside):
            cuts.append(i)
        elif word == "and" and norms[i + 1] in (
            "then",
            "afterwards",
            "afterward",
            "finally",
            "the",
            "it",
            "this",
            "here",
            "a",
            "an",
        ):
            if i - 1 in inside and _joins_names(norms, inside, i + 2):
                continue
            left = norms[cuts[-1] : i]
            right = norms[i + 1 : sentence.end]
            if norms[i + 1] in ("then", "afterwards", "afterward", "finally") or (_verb(left) and _verb(right[:14])):
                cuts.append(i)
    cuts.append(sentence.end)
    return [(a, b) for a, b in pairwise(cuts) if b > a]


def _joins_names(norms: list[str], inside: set[int], second: int) -> bool:
    """ "advanced to the EIV and the CIV, and ...": a second object, unless a verb of its own follows it."""
    end = second
    while end in inside:
        end += 1
    return end > second and norms[end : end + 1] == [","]


def _verb(words: list[str]) -> bool:
    return any(w in VERBS or (w.endswith("ed") and len(w) > 4) for w in words)
