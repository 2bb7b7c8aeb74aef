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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from venocode.anatomy import MIDLINE, SIDED
from venocode.classifier.calibration import expit
from venocode.classifier.evidence import COUNTED_THINGS, NUMBERS, TREATING_WORDS
from venocode.classifier.features import NAMES as VEIN_NAMES
from venocode.classifier.features import rules_probability
from venocode.classifier.note import MARGIN
from venocode.classifier.note import NAMES as NOTE_NAMES
from venocode.counting.count import lane
from venocode.engine import Engine
from venocode.findings import VeinFinding
from venocode.pipes.events import FAILED
from venocode.pipes.normalizer import normalise
from venocode.pipes.numbers import UNITS
from venocode.pipes.tokenizer import ANY_PIECE
from venocode.pipes.veins import MODIFIERS, PLURAL_LESIONS, PLURALS, PULMONARY_PLACES, SKIP
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
#: What a vein of which no act is told may show, by feature of the vein head.
WITHOUT_ACT = {"untouched": 1, "other_balloon": 1, "lesion": 1, "result": 1, "normal_without_lesion": 1, "open_lesion": 1,
               "access_without_lesion": 1, "no_acts": 1, "side_inferred": 1, "proofs": 1}  # fmt: skip
#: And what only a note with words of pressure or inflation, or one with percentages.
WITH_FORCE = {"balloon_beside": 1, "act_follows": 1, "orphan_acts": 3}
WITH_PERCENT = {"severe": 1}
RATIONALE = "Triage: no vein could be counted by the words of this note, so it was not read."

_PLAIN_SIGNS = {i: chr(i) if chr(i).isalnum() else " " for i in range(128)}
#: What the cleaning of a text may join or drop: control characters, and words over line ends.
_CLEANED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_JOINED = re.compile(r"[-/][ \t]*[\r\n]")
#: A decimal number with a word glued to it: cut apart by the tokenizer only.
_GLUED = re.compile(r"\d\.\d+[A-Za-z]")

if TYPE_CHECKING:
    from venocode.classifier.head import VeinHead

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
    return _words(readable(text))


def _words(text: str) -> list[str]:
    plain = text.isascii() and not _GLUED.search(text)
    return split(text) if plain else [piece.rstrip(" ") for piece in ANY_PIECE.findall(text) if piece[0].isalnum()]


def readable(text: str) -> str:
    """The text as cleaned, or as it is where cleaning changes nothing but white space and punctuation."""
    return text if _is_plain(text) else read_note(text).text


def _is_plain(text: str) -> bool:
    """Whether cleaning can change no word of a text, nor drop one."""
    if not text.isascii() or _CLEANED.search(text) or looks_like_html(text) or looks_like_rtf(text):
        return False
    lined = "\n" in text or "\r" in text
    return not (lined and (_JOINED.search(text) or "page" in text.lower()))


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
        self.acts = Literals(w for kind in ACTS for w in found.get(kind, ()))
        self.balloon = Literals([*found["balloon"], *found["balloon_brand"]])
        self.dilation = Literals(found["dilate"]).single
        self.special = Literals(found["baffle"])
        self.force = Literals([*found["pressure"], *found["inflate"]])
        self.percent = Literals(w for w in found["percent"] if split(w))
        self.old_stents = Literals(found["stent_old"])
        self.names = Literals([*found["full"], *found["stem"]])
        self.headed = Literals(found["stem never"])
        self.heads = _heads()
        self.veins = VeinNames()

    def passes_over(self, text: str) -> tuple[float, str] | None:
        """Whether a note need not be read.

        Parameters
        ----------
        text : str
            The note as received.

        Returns
        -------
        tuple of (float, str), or None
            The least probability (0-1) that the pipeline could give the note, and its lane; None when the note must
            be read.
        """
        text = readable(text)
        words = _words(text)
        known = {normalise(word) for word in set(words)}
        named = self.names(known) or (not self.heads.isdisjoint(known) and self.headed(known))
        acting = self.acts(known) or self.balloon(known)
        if not named and VEIN_WORDS.isdisjoint(known):
            return None if acting and self.special(known) else self._lane(Limits(), known, acting)
        if acting or ("crossing" in known and not FAILED.isdisjoint(known)):
            return None
        spelled = [normalise(word) for word in words]
        if not self.dilation.isdisjoint(known) and self._sized(spelled):
            return None
        percent = "%" in text or self.percent(known)
        return self._lane(self._limits(spelled, self.force(known), percent), known, acting)

    def _sized(self, words: list[str]) -> bool:
        """Whether a size may stand behind a dilation, which is told even where no balloon is named."""
        return any(
            after[0].isdecimal() or after in UNITS
            for at, word in enumerate(words)
            if word in self.dilation
            for after in words[at + 1 : at + 1 + SIZE_REACH]
        )

    def _limits(self, words: list[str], force: bool, percent: bool) -> Limits:
        """What the veins that the words could name can do to the note at most."""
        limits = Limits()
        unknown, sided = self._vein_odds(force, percent, True), self._vein_odds(force, percent, False)
        sided = min(sided[0], unknown[0]), sided[1]
        for name, count in self.veins.named(words).items():
            one = name in SIDED or (name in MIDLINE and name != "portal_vein")
            count = 1 if one else min(count, len(SIDES))
            limits = limits.with_veins(min(count, 2), sided, percent)
            if count == len(SIDES):
                limits = limits.with_veins(1, unknown, percent)
        return limits

    def _vein_odds(self, force: bool, percent: bool, unknown: bool) -> Interval:
        """Between which log-odds a vein without an act is taken as ballooned."""
        if self.engine.model is None:
            odds = logit(rules_probability(VeinFinding(("", "left"), {}, (), 1)))
            return odds, odds
        told = WITHOUT_ACT | (WITH_FORCE if force else {}) | (WITH_PERCENT if percent else {})
        values: dict[str, Interval] = {name: (0.0, float(most)) for name, most in told.items()}
        return log_odds(self.engine.model.head, VEIN_NAMES, values | {"side_unknown": (float(unknown),) * 2})

    def _lane(self, limits: Limits, known: set[str], acting: bool) -> tuple[float, str] | None:
        """The least probability of a note and its lane, where it can have no other."""
        force = acting or self.force(known)
        told = (acting or bool(TREATING_WORDS & known)) and bool(NUMBERS.keys() & known and COUNTED_THINGS & known)
        values: dict[str, Interval] = {
            "log_agreement": (max(limits.agreement, -4.0), 0.0),
            "left_margin": (max(limits.margin, -1.0), MARGIN),
            "no_act": (0.0 if acting else 1.0, 1.0),
            "old_stents": (0.0, float(self.old_stents(known))),
            "orphan_acts": (0.0, 4.0 * force),
            "balloon_unused": (0.0, 1.0 * force),
            "unused_sizes": (0.0, 3.0 * acting),
            "title_unmet": (0.0, 1.0 * acting),
            "told_apart": (0.0, 3.0 * told),
            "open_lesions": (0.0, min(limits.veins, 3.0)),
            "severe_apart": (0.0, min(limits.severe, 4.0)),
        }
        model = self.engine.model
        if model is None or model.note_head is None:
            least, most = math.exp(limits.agreement), 1.0
        else:
            least, most = map(model.curve.probability, log_odds(model.note_head, NOTE_NAMES, values))
        lanes = {lane((), p, self.engine.auto_threshold) for p in (least, most)}
        return (least, lanes.pop()) if len(lanes) == 1 else None


Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Limits:
    """The worst that the veins of a note can do: least log agreement and margin, most veins and most severe ones."""

    agreement: float = 0.0
    margin: float = MARGIN
    veins: int = 0
    severe: int = 0

    def with_veins(self, count: int, odds: Interval, percent: bool) -> Limits:
        """The limits with some more veins whose log-odds lie in an interval."""
        nearest = min(odds, key=abs) if odds[0] * odds[1] > 0 else 0.0
        return Limits(
            self.agreement + count * math.log(expit(abs(nearest))),
            min(self.margin, -odds[1]),
            self.veins + count,
            self.severe + count * percent,
        )


def log_odds(head: VeinHead, names: Sequence[str], values: dict[str, Interval]) -> Interval:
    """Between which log-odds a linear head lies when its features lie in intervals; those not named are 0."""
    least = most = float(head.intercept_[0])
    for name, weight in zip(names, head.coef_[0].tolist(), strict=True):
        ends = [weight * value for value in values.get(name, (0.0, 0.0))]
        least, most = least + min(ends), most + max(ends)
    return least, most


def logit(p: float) -> float:
    """Log-odds of a probability."""
    return math.log(p / (1.0 - p))


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
        self.both = {w for side in veins["sides"]["bilateral"] for w in split(side)} | BOTH | PLURALS | PLURAL_LESIONS

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
    if "pulmonary" in vein:  # one of them may be told by its place alone, and "PV" may be the portal vein
        places = sorted(set(PULMONARY_PLACES.values()))
        return (
            "pulmonary_vein",
            "portal_vein",
            *(f"{side}_{place}_vein" for side in ("left", "right") for place in places),
        )
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
        known = self.triage.passes_over(text)
        if known is None:
            return self.engine.code(text, note_id)
        probability, disposition = known
        return NoteResult(
            note_id,
            disposition=disposition,
            probability=probability,
            rationale=(RATIONALE,),
            provenance={**self.engine.provenance(text), "triage": "skipped"},
        )


@cache
def triage_of(engine: Engine) -> TriageCoder:
    """The triage of an engine, built once (workers that are forked share it)."""
    return TriageCoder(engine)
