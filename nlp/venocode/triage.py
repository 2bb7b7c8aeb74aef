"""Triage: which notes can be passed over without reading them, because the pipeline could find no code in them.

A note is passed over only where codes, counted veins, flags and lane are known before it is read (``docs/batch.md``
gives the proof). Two kinds of notes are: those in which no vein can be named, and those without a word from which an
act of dilation could arise and with so few names of veins that the note's probability cannot leave its lane.
All words come from the rule files and are compared in the spelling that the pipeline reads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import product

from venocode.anatomy import MIDLINE, SIDED
from venocode.counting.count import lane
from venocode.engine import Engine, calibrated
from venocode.findings import VeinFinding
from venocode.pipes.events import FAILED
from venocode.pipes.normalizer import normalise
from venocode.pipes.numbers import UNITS
from venocode.pipes.tokenizer import TOKEN
from venocode.pipes.veins import MODIFIERS, SKIP
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
#: Tokens behind a dilation in which its size would stand.
SIZE_REACH = 3
WHOLE = ("result", "normal", "untouched", "access", "other_balloon", "lesion")
RATIONALE = "Triage: no vein could be counted by the words of this note, so it was not read."

_PLAIN_SIGNS = {i: chr(i) if chr(i).isalnum() else " " for i in range(128)}
#: What the cleaning of a text may join or drop: words over line ends, page furniture, control characters.
_CLEANED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[-/][ \t]*[\r\n]|page|PAGE|Page")
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
    if text.isascii() and not _CLEANED.search(text) and not looks_like_html(text) and not looks_like_rtf(text):
        return split(text) if not _GLUED.search(text) else _tokens(text)
    return _tokens(read_note(text).text)


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
        rules = load_rules()
        found: dict[str, list[str]] = {}
        for entry in entries(rules):
            found.setdefault(_kind(entry.kind, entry.value), []).append(entry.literal)
        self.balloon = Literals(w for kind in ("balloon", "balloon_brand", *ACTS) for w in found.get(kind, ()))
        self.dilation = Literals(found["dilate"]).single
        self.special = Literals(found["baffle"])
        self.names = Literals([*found["full"], *found["stem"]])
        self.headed = Literals(found["stem never"])
        heads = rules["veins"]["heads"]["vein"]
        self.heads = frozenset(heads) | {w for stem in rules["veins"]["stems"] for w in stem.get("head", ())}
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
        probability, found = self._note(self._agreement(spelled, known))
        return probability if found == self.lane else None

    def _sized(self, words: list[str]) -> bool:
        """Whether a size may stand behind a dilation, which is told even where no balloon is named."""
        return any(
            after[0].isdecimal() or after in UNITS
            for at, word in enumerate(words)
            if word in self.dilation
            for after in words[at + 1 : at + 1 + SIZE_REACH]
        )

    def _agreement(self, words: list[str], known: set[str]) -> float:
        """The least log agreement of the veins that the words could name."""
        headed = not self.heads.isdisjoint(known)
        total = 0.0
        for vein in self.veins.named(words, known, headed):
            if (vein in MIDLINE and vein != "portal_vein") or vein in SIDED:
                total += self.cost["left"]
            else:
                total += 2 * self.cost["left"] + self.cost["unknown"]
        return total

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
        self.full = [(frozenset(split(word)), full["vein"]) for full in veins["full"] for word in full["words"]]
        self.full += [
            (frozenset(split(f"{side}{word}")), full["vein"])
            for full in veins["full"]
            if full.get("sided")
            for word in full["words"]
            for side in "rl"
        ]
        self.stems = {split(word)[-1]: stem for stem in veins["stems"] for word in stem["words"]}
        self.short = {word: split(meaning) for word, meaning in veins["qualifier_short"].items()}
        qualifiers = {w for q in veins["qualifiers"] for w in split(q)}
        sides = {w for words in veins["sides"].values() for side in words for w in split(side)}
        self.before = qualifiers | set(self.short) | sides | MODIFIERS | SKIP | GLUE

    def named(self, words: list[str], known: set[str], headed: bool) -> set[str]:
        """Canonical veins without sides; those whose stem needs a head only where the note has one."""
        found = {vein for literal, vein in self.full if literal <= known}
        for at, word in enumerate(words):
            stem = self.stems.get(word)
            if stem is not None and (headed or stem["headless"] != "never"):
                found.update(self._of_stem(stem["names"], words, at))
        return {name for vein in found for name in _resolved(vein)}

    def _of_stem(self, names: dict[str, str], words: list[str], at: int) -> Iterator[str]:
        """The names of a stem with the qualifiers that stand before it."""
        said: set[str] = set()
        while at and words[at - 1] in self.before:
            at -= 1
            said.update(self.short.get(words[at], ()), (words[at],))
        yield names.get("", next(iter(names.values())))
        yield from (vein for qualifier, vein in names.items() if said.issuperset(split(qualifier)))


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
