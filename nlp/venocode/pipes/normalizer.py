"""Pipe ``venocode_normalizer``: the spelling a token is read as, in ``token.norm_``.

Lower case, OCR digits read as letters, and bounded fuzzy matching of key words (spelling.yaml). A token that is a
lexicon word, a guarded real word or short is never respelled, so an artery never turns into a vein.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA
from spacy.language import Language
from spacy.tokens import Doc

from venocode.pipes.analysis import analysis_of, attach, read_tokens
from venocode.rules import key_words, load_rules

OCR = str.maketrans({"0": "o", "1": "l", "5": "s", "|": "l"})
#: "1O mm", "4Omm"
MISREAD_NUMBER = re.compile(r"\d[\do]*o[\do]*(?:mm)?")
SHORTEST = 5
TWO_SLIPS_FROM = 9


@lru_cache(maxsize=1)
def _spelling() -> tuple[tuple[str, ...], frozenset[str], dict[str, str]]:
    raw = load_rules()["spelling"]
    keys = tuple(dict.fromkeys(raw["keys"]))
    return keys, frozenset(raw["guard"]) | key_words() | frozenset(keys), raw["short"]


@lru_cache(maxsize=200_000)
def normalise(word: str) -> str:
    """The spelling a word is read as.

    Parameters
    ----------
    word : str
        One token as written.

    Returns
    -------
    str
        Lower case, respelled only when it is within one slip (two from nine letters on) of exactly one key word.
    """
    low = word.lower()
    keys, known, short = _spelling()
    if low in short:
        return short[low]
    if MISREAD_NUMBER.fullmatch(low):
        return low.replace("o", "0")
    if low in known or low.isdecimal() or len(low) < 4:
        return low
    if "rn" in low and (joined := low.replace("rn", "m")) in known:
        return joined  # OCR reads "m" as "rn"
    if not low.isalpha():
        letters = low.translate(OCR)
        if not letters.isalpha() or (not low[0].isalpha() and sum(c.isdecimal() for c in low) > 1):
            return low
        for candidate in (letters, letters.replace("l", "i", 1)):
            if candidate in short:
                return short[candidate]
            if candidate in known:
                return candidate
        low_letters = letters
    else:
        low_letters = low
    if len(low_letters) < SHORTEST:
        return low
    slips = 2 if len(low_letters) >= TWO_SLIPS_FROM else 1
    hits = process.extract(low_letters, keys, scorer=OSA.distance, score_cutoff=slips, limit=2)
    hits = [h for h in hits if h[0][0] == low_letters[0]]
    if not hits or (len(hits) > 1 and hits[0][1] == hits[1][1]):
        return low
    return str(hits[0][0])


@Language.component("venocode_normalizer", assigns=["token.norm"])
def normalizer(doc: Doc) -> Doc:
    """Set ``token.norm_`` of every word; the tokens of ``NoteTokenizer`` have it from their vocabulary."""
    if len(analysis_of(doc).norms) != len(doc):
        analysis = read_tokens(doc)
        for token in doc:
            token.norm_ = normalise(token.text)
        analysis.norms = [token.norm_ for token in doc]
        attach(doc, analysis)
    return doc
