"""Triage: which notes can be passed over without reading them, because the pipeline could find no code in them.

A note is passed over only where codes, counted veins, flags and lane are known before it is read (``docs/batch.md``
gives the proof). Two kinds of notes are: those in which no vein can be named, and those without a word from which an
act of dilation could arise and with so few names of veins that the note's probability cannot leave its lane.
All words come from the rule files and are compared in the spelling that the pipeline reads.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import pairwise, product
from typing import Any

from venocode.anatomy import MIDLINE, SIDED
from venocode.counting.count import lane
from venocode.engine import Engine, calibrated
from venocode.findings import VeinFinding
from venocode.pipes.events import FAILED
from venocode.pipes.normalizer import normalise
from venocode.pipes.numbers import UNITS
from venocode.pipes.tokenizer import TOKEN
from venocode.pipes.veins import MODIFIERS, PLURALS, SKIP
from venocode.records import NoteResult
from venocode.rules import entries, load_rules
from venocode.text import read_note
from venocode.text.html import looks_like_html
from venocode.text.rtf import looks_like_rtf

#: Kinds of angioplasty words that make a note one of balloons, and those of valves, which are acts too.
ACTS = ("act", "pta", "around", "valve")
#: Words that say vein without naming one (an act on "the vein", policy P25).
VEIN_WORDS = frozenset({"vein", "veins", "venoplasty", "venous"})
#: What may stand between the words of a vein's name and a name they are borrowed for.
GLUE = frozenset("and or to as well".split())
#: Words by which one name is two veins, besides those that say both sides by themselves.
BOTH = frozenset("both neither either each bilaterally".split())
SIDES = ("left", "right", "unknown")
#: Tokens behind a dilation in which its size would stand.
SIZE_REACH = 3
WHOLE = ("result", "normal", "untouched", "access", "other_balloon", "lesion")
RATIONALE = "Triage: no vein could be counted by the words of this note, so it was not read."

_PLAIN_SIGNS = {i: chr(i) if chr(i).isalnum() else " " for i in range(128)}
#: What the cleaning of a text may join or drop: control characters, and words over line ends.
_CLEANED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_JOINED = re.compile(r"[-/][ \t]*[\r\n]")
#: A decimal number with a word glued to it: cut apart by the tokenizer only.
_GLUED = re.compile(r"\d\.\d+[A-Za-z]")

Words = frozenset[str]


class Literals:
    """Literals of the lexicon as sets of words: one can stand in a note only if all its words do."""

    def __init__(self, literals: Iterable[str]) -> None:
        sets = {frozenset(split(literal)) for literal in literals}
        self.single: Words = frozenset(word for words in sets if len(words) == 1 for word in words)
        self.longer = tuple(words for words in sets if words.isdisjoint(self.single))

    def __call__(self, words: set[str]) -> bool:
        """Whether one of the literals may stand in a note of these words."""
        return not self.single.isdisjoint(words) or any(literal <= words for literal in self.longer)


def split(text: str) -> list[str]:
    """Words of a plain ASCII text in order: runs of letters and digits, in small letters."""
    return text.lower().translate(_PLAIN_SIGNS).split()


def words_of(text: str) -> list[str]:
    """The words that the pipeline will read in a note, and perhaps some that it will not, in their order.

    Parameters
    ----------
    text : str
        The note as received.

    Returns
    -------
    list of str
        As they are spelled, not yet normalised. A text that cleaning could change beyond its white space and
        punctuation is cleaned first, which is slower.
    """
    if not _is_plain(text):
        text = read_note(text).text
    elif not _GLUED.search(text):
        return split(text)
    return _tokens(text)


def _is_plain(text: str) -> bool:
    """Whether cleaning can change no word of a text, nor drop one."""
    if not text.isascii() or _CLEANED.search(text) or looks_like_html(text) or looks_like_rtf(text):
        return False
    lined = "\n" in text or "\r" in text
    return not (lined and (_JOINED.search(text) or "page" in text.lower()))


def _tokens(text: str) -> list[str]:
    return [token for token in TOKEN.findall(text) if token[0].isalnum()]


class Triage:
    """Decides for one engine which notes are passed over.

    Parameters
    ----------
    engine : Engine
        Its rules, model and policy decide what can be known beforehand.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        found = _literals()
        self.balloon = Literals(w for kind in ("balloon", "balloon_brand", *ACTS) for w in found.get(kind, ()))
        self.dilation = Literals(found["dilate"]).single
        self.special = Literals(found["baffle"])
        self.names = Literals([*found["full"], *found["stem"]])
        self.headed = Literals(found["stem never"])
        self.heads = _heads()
        self.veins = VeinNames()
        self.probability, self.lane = self._note(0.0)
        self.cost = {side: self._cost(side) for side in ("left", "unknown")}

    def passes_over(self, text: str) -> float | None:
        """Whether a note need not be read.

        Parameters
        ----------
        text : str
            The note as received.

        Returns
        -------
        float or None
            The least probability (0-1) that the pipeline could give the note; None when the note must be read.
        """
        words = words_of(text)
        known = {normalise(word) for word in set(words)}
        named = self.names(known) or (not self.heads.isdisjoint(known) and self.headed(known))
        if not named and VEIN_WORDS.isdisjoint(known):
            return self.probability if not self.special(known) else None
        if self.balloon(known) or ("crossing" in known and not FAILED.isdisjoint(known)):
            return None
        spelled = [normalise(word) for word in words]
        if not self.dilation.isdisjoint(known) and self._sized(spelled):
            return None
        probability, found = self._note(self._agreement(spelled))
        return probability if found == self.lane else None

    def _sized(self, words: list[str]) -> bool:
        """Whether a size may stand behind a dilation, which is told even where no balloon is named."""
        return any(
            after[0].isdecimal() or after in UNITS
            for at, word in enumerate(words)
            if word in self.dilation
            for after in words[at + 1 : at + 1 + SIZE_REACH]
        )

    def _agreement(self, words: list[str]) -> float:
        """The least log agreement of the veins that the words could name."""
        return sum(self._agreement_of(name, count) for name, count in self.veins.named(words).items())

    def _agreement_of(self, name: str, count: int) -> float:
        if name in SIDED or (name in MIDLINE and name != "portal_vein"):
            count = 1
        if count < len(SIDES):
            return count * self.cost["left"]
        return 2 * self.cost["left"] + self.cost["unknown"]

    def _note(self, agreement: float) -> tuple[float, str]:
        """Probability and lane of a note without flags whose veins agree so far."""
        calibration = self.engine.model.calibration if self.engine.model else None
        probability = calibrated(agreement, calibration)
        rising = calibration is None or calibration[1] >= 0
        if agreement and not rising:
            return probability, ""
        return probability, lane((), probability, self.engine.policy.auto_threshold)

    def _cost(self, side: str) -> float:
        """The least log agreement of one vein of which no dilation is told, whatever else is."""
        told = [dict(zip(WHOLE, values, strict=True)) for values in product((0, 1), repeat=len(WHOLE))]
        veins = [VeinFinding((str(i), side), counts, (), 1) for i, counts in enumerate(told)]
        found = self.engine.probabilities(veins).values()
        return min(math.log(max(p, 1.0 - p, 1e-9)) for p in found)


@cache
def _literals() -> dict[str, list[str]]:
    """All literals of the rule files by kind."""
    found: dict[str, list[str]] = {}
    for entry in entries(load_rules()):
        found.setdefault(_kind(entry.kind, entry.value), []).append(entry.literal)
    return found


def _kind(kind: str, value: object) -> str:
    """Kinds as triage asks for them: angioplasty words by their own kind, stems that need a head apart."""
    if kind == "angioplasty":
        return str(value)
    if kind == "stem":
        assert isinstance(value, dict)
        return "stem never" if value["headless"] == "never" else "stem"
    return kind


class VeinNames:
    """The veins that the words of a note can name at most."""

    def __init__(self) -> None:
        veins = load_rules()["veins"]
        self.full: dict[str, list[tuple[list[str], str]]] = {}
        for full in veins["full"]:
            for word in (
                f"{side}{w}" for w in full["words"] for side in ("", *(("r", "l") if full.get("sided") else ()))
            ):
                literal = split(word)
                self.full.setdefault(literal[0], []).append((literal, full["vein"]))
        self.stems: dict[str, list[dict[str, Any]]] = {}
        for stem in veins["stems"]:
            for word in stem["words"]:
                self.stems.setdefault(split(word)[-1], []).append(stem)
        self.heads = _heads()
        self.short = {word: split(meaning) for word, meaning in veins["qualifier_short"].items()}
        sides = {w for words in veins["sides"].values() for side in words for w in split(side)}
        self.telling = {w for q in veins["qualifiers"] for w in split(q)} | set(self.short) | sides
        self.before = self.telling | MODIFIERS | SKIP | GLUE
        vessels = [w for kind in ("stem", "stem never", "full", "artery") for w in _literals()[kind]]
        self.between = self.before | {w for name in [*vessels, *veins["heads"]["artery"]] for w in split(name)}
        self.both = {w for side in veins["sides"]["bilateral"] for w in split(side)} | BOTH | PLURALS

    def named(self, words: list[str]) -> Counter[str]:
        """How many veins of each canonical name the words can name at most, told apart by their sides."""
        found: Counter[str] = Counter()
        paired = {word for word, after in pairwise(words) if after in ("vein", "veins", "v")}
        sides = 2 if not self.both.isdisjoint(words) else 1
        for at, word in enumerate(words):
            for literal, vein in self.full.get(word, ()):
                if words[at : at + len(literal)] == literal:
                    self._count(found, {vein}, sides * (1 + len(self._telling_before(words, at))))
            for stem in self.stems.get(word, ()):
                if stem["headless"] != "never" or word in paired or self._has_head(words, at):
                    said = self._telling_before(words, at)
                    self._count(found, self._of_stem(stem["names"], said), sides * (1 + len(said)))
        return found

    def _count(self, found: Counter[str], veins: set[str], units: int) -> None:
        for vein in veins:
            for name in _resolved(vein):
                found[name] += units

    def _has_head(self, words: list[str], at: int) -> bool:
        """Whether a head may belong to the stem: its own, or one that it shares with the names after it."""
        at += 1
        while at < len(words) and words[at] in self.between and words[at] not in self.heads:
            at += 1
        return at < len(words) and words[at] in self.heads

    def _telling_before(self, words: list[str], at: int) -> list[str]:
        """Sides and qualifiers before a name, each of which may be a unit that borrows it."""
        said: list[str] = []
        while at and words[at - 1] in self.before:
            at -= 1
            if words[at] in self.telling:
                said.append(words[at])
        return said

    def _of_stem(self, names: dict[str, str], said: list[str]) -> set[str]:
        """The names of a stem with the qualifiers that stand before it."""
        known = {*said, *(w for word in said for w in self.short.get(word, ()))}
        plain = names.get("", next(iter(names.values())))
        return {plain, *(vein for qualifier, vein in names.items() if known.issuperset(split(qualifier)))}


def _heads() -> Words:
    """Words that make a name one of a vein."""
    veins = load_rules()["veins"]
    return frozenset(veins["heads"]["vein"]) | {w for stem in veins["stems"] for w in stem.get("head", ())}


def _resolved(vein: str) -> tuple[str, ...]:
    """What a name may turn into when the sides of a note are read."""
    if vein == "cava":
        return "superior_vena_cava", "inferior_vena_cava"
    if vein.endswith("_pulmonary"):
        return f"left_{vein}_vein", f"right_{vein}_vein", "pulmonary_vein"
    return (vein,)


class TriageCoder:
    """An engine that passes over the notes in which it would find no code."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.triage = Triage(engine)
        self.identity = engine.identity

    def code(self, text: str, note_id: str = "note") -> NoteResult:
        """Code one note, or say that it was passed over.

        Parameters
        ----------
        text : str
            The note as received.
        note_id : str
            Identifier carried into the record.

        Returns
        -------
        NoteResult
            With ``"triage": "skipped"`` in its provenance when the note was not read: mentions, access, fluoroscopy
            and documentation are then not known, and ``probability`` is the least the note could have.
        """
        probability = self.triage.passes_over(text)
        if probability is None:
            return self.engine.code(text, note_id)
        return NoteResult(
            note_id,
            disposition=self.triage.lane,
            probability=probability,
            rationale=(RATIONALE,),
            provenance={**self.engine.provenance(text), "triage": "skipped"},
        )


@cache
def triage_of(engine: Engine) -> TriageCoder:
    """The triage of an engine, built once (workers that are forked share it)."""
    return TriageCoder(engine)
