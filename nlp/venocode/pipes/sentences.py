"""Sentence borders for operative notes, in one linear pass over the tokens.

A border is a line break, a sentence-final sign, or an enumerator in a run of them ("1) ... 2) ..."). Abbreviations,
initials, decimals and enumerators do not end a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

#: Every token that ``norm in ".!?"`` finds (another tokenizer may glue signs), and the line end.
ENDS = frozenset({"\n", ".", "!", "?", ".!", "!?", ".!?"})
#: Most tokens of a sentence; the longest of 138,000 real and invented ones has 208.
LONGEST = 400
NEVER_FINAL = frozenset(
    "dr mr mrs ms prof st no nos approx fr e i g vs fig inj ref tel hosp dept assoc asst sr jr pt pts reg cons synd temp "
    "op wt ht est ca cf al incl resp min max".split()
)
FINAL_BEFORE_CAPITAL = frozenset(
    "v a vv vs fr lt rt ext int com anast brachioceph prox dist sup inf mm cm ml min".split()
)
ENUMERATOR = re.compile(r"(?:\d{1,2}|[a-hA-H]|i{1,3}|iv|v|vi{0,3})$")


def borders(
    texts: list[str], spaced: list[bool], norms: list[str], places: Iterable[int]
) -> list[tuple[int, int, bool]]:
    """Sentences as (first token, end token, begins a line).

    Parameters
    ----------
    texts, spaced, norms : list
        Of every token its text, whether a space follows, and its spelling.
    places : iterable of int
        The tokens at which a border may stand, from ``border_places``.
    """
    found: list[tuple[int, int, bool]] = []
    start = 0
    line_start = True
    for i in places:
        norm = norms[i]
        if norm == "\n":
            if i > start:
                found.append((start, i, line_start))
            start, line_start = i + 1, True
        elif norm in ".!?" and _final(texts, spaced, norms, i, start):
            found.append((start, i + 1, line_start))
            start, line_start = i + 1, False
        elif i > start + 2 and _enumerator(norms, i):
            found.append((start, i, line_start))
            start, line_start = i, False
    if start < len(norms):
        found.append((start, len(norms), line_start))
    if all(end - start <= LONGEST for start, end, _ in found):
        return found
    return [part for sentence in found for part in _parts(norms, *sentence)]


def _parts(norms: list[str], start: int, end: int, line_start: bool) -> Iterator[tuple[int, int, bool]]:
    """A text without full stops cut behind commas: what is read of a sentence is weighed against all of it."""
    while end - start > LONGEST:
        last = start + LONGEST
        cut = next((i + 1 for i in range(last - 1, last - LONGEST // 2, -1) if norms[i] in (",", ";")), last)
        yield start, cut, line_start
        start, line_start = cut, False
    yield start, end, line_start


def border_places(where: Mapping[str, list[int]]) -> list[int]:
    """The tokens at which a border may stand, in order: line ends, final signs, and what stands before a bracket."""
    places = {i for sign in ENDS for i in where.get(sign, ())}
    for i in where.get(")", ()):
        places.update((max(i - 2, 0), max(i - 1, 0)))
    return sorted(places)


def _enumerator(norms: list[str], i: int) -> bool:
    """An enumerator in mid-line: "2) " after a comma, sentence end or bracket, or "(b) "."""
    if i + 2 >= len(norms):
        return False
    if norms[i] == "(" and norms[i + 2] == ")" and ENUMERATOR.match(norms[i + 1]) and not norms[i + 1].isdecimal():
        return norms[i - 1] in (",", ";", ".", ":")
    if norms[i + 1] == ")" and ENUMERATOR.match(norms[i]):
        return norms[i - 1] in (",", ";", ".", ":", "and") or (norms[i].isdecimal() and norms[i - 1] not in ("(", "/"))
    return False


def _final(texts: list[str], spaced: list[bool], norms: list[str], i: int, start: int) -> bool:
    n = len(norms)
    if norms[i] != ".":
        return i + 1 >= n or spaced[i] or norms[i + 1] == "\n"
    if i + 1 < n and norms[i + 1] != "\n" and not spaced[i]:
        # no space after the period: "cava.The", but not "e.g" or ".35"
        return texts[i + 1][:1].isupper() and i > 0 and len(norms[i - 1]) > 2 and norms[i - 1].isalpha()
    if i == 0:
        return False
    previous = norms[i - 1]
    following = texts[i + 1][:1] if i + 1 < n else ""
    if i - start <= 1 and ENUMERATOR.match(previous):
        return False
    if previous in NEVER_FINAL:
        return following == "\n" or following == ""
    title = norms[i - 3] if i >= 3 and norms[i - 2] == "." else norms[i - 2] if i >= 2 else ""
    if len(previous) == 1 and texts[i - 1].isupper() and title in ("dr", "mr", "mrs", "ms", "prof", "miss"):
        return False
    if previous in FINAL_BEFORE_CAPITAL:
        return following == "\n" or following.isupper()
    if len(previous) == 1 and previous.isalpha() and texts[i - 1].isupper():
        return following == "\n" or following == ""
    return True
