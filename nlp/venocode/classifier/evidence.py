"""Evidence beyond the bare links: how near, how plainly and under what circumstances the note speaks of each vein.

The findings say *that* an act speaks of a vein. A coder also looks at *how*: whether the act stands beside the vein or
sentences away, whether other veins compete for it, whether the sentence is about a plan or another day, whether a
balloon with a size and a pressure is told, and whether title and impression agree. These facts are read here, once,
while the analysis is at hand; the features (``features.py``, ``note.py``) only weigh them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import attrgetter

from venocode.findings import VeinFinding
from venocode.pipes.analysis import Analysis, Link, Sentence, VeinMention
from venocode.pipes.events import READ, is_title
from venocode.pipes.numbers import number_before
from venocode.pipes.status import is_year

Vein = tuple[str, str]
#: Events that say a balloon was inflated in the vein now.
ACTING = ("treated", "around", "conclusion")
FAR = 40
#: Events that say why a vein with a lesion was not dilated.
EXPLAINED = (
    "stent",
    "untouched",
    "negated",
    "planned",
    "attempted",
    "historical",
    "other_balloon",
    "access",
    "retracted",
)
#: Words of a sentence about something that was not, or not yet, done.
HEDGES = frozenset(
    "if would could might should may unless whether consider considered planned plan discussed risks offered declined "
    "consent consented possible option options future later instead than hoped intended booked scheduled".split()
)
#: Words of a sentence about another day.
PAST = frozenset(
    "ago yesterday previous previously prior earlier last history historical formerly originally since years months weeks "
    "elsewhere outside old".split()
)
DENIALS = frozenset("no not never without nor neither none nothing cannot refused avoided deferred".split())
COUNTED_THINGS = frozenset(
    "vein veins vessel vessels segment segments lesion lesions stenosis stenoses level levels site sites narrowing narrowings "
    "area areas stricture strictures spot spots occlusion occlusions".split()
)
NUMBERS = {"both": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6}
TREATING_WORDS = frozenset(
    "treated dilated ballooned angioplastied angioplasty venoplasty inflated inflation inflations".split()
)


def gather(findings: Iterable[VeinFinding], analysis: Analysis) -> tuple[tuple[VeinFinding, ...], dict[str, float]]:
    """The evidence of each vein and of the note.

    Parameters
    ----------
    findings : iterable of VeinFinding
        What the note says of each vein.
    analysis : Analysis
        What the pipes found.

    Returns
    -------
    tuple
        The same findings in the same order with ``evidence`` filled in, and what the whole note says about how many
        veins were treated and what of it found no vein. Only what was found stands in it; a missing key is 0.
    """
    note = _Note(analysis)
    return tuple(replace(f, evidence=note.vein(f)) for f in findings), note.whole()


@dataclass(frozen=True, slots=True)
class _Act:
    """One link that says a balloon was inflated, as it stands in its sentence."""

    gap: int
    before: bool
    between: int
    shared: int
    details: int
    hedged: bool
    dated: bool
    denied: bool
    stent: bool
    artery: bool
    body: bool
    since: int


class _Note:
    """The circumstances of one note, looked up for each vein."""

    def __init__(self, analysis: Analysis) -> None:
        self.a = analysis
        self.mentions: dict[Vein, list[VeinMention]] = {}
        for m in analysis.veins:
            for v in m.veins:
                self.mentions.setdefault(v, []).append(m)
        self.shared: dict[tuple[int, int], set[Vein]] = {}
        for link in analysis.links:
            if link.event in ACTING:
                self.shared.setdefault((link.sentence, link.start), set()).add(link.vein)
        acting = {link.sentence for link in analysis.links if link.event in (*ACTING, "stent")}
        self.acting_sentences = {link.sentence for link in analysis.links if link.event in ACTING}
        self.body = [s for s in _doing(analysis) if s.section.kind in READ and not is_title(analysis, s)]
        self.performed = [s.index for s in self.body if self._performed(s.index)]
        self.silent = {
            s.index for s in self.body
            if s.index not in acting and (self._performed(s.index) or _balloon_told(analysis, s))
        }  # fmt: skip
        self.titled = {link.vein for link in analysis.links if link.event in ("title", "title_stent")}
        self.concluded = {link.vein for link in analysis.links if link.event == "conclusion"}
        self.plain = {link.vein for link in analysis.links if link.event in ACTING and link.how == "direct"}

    def vein(self, finding: VeinFinding) -> dict[str, float]:
        """The evidence of one vein."""
        names = {finding.vein, *(link.vein for link in finding.links)}
        mentions = sorted((m for v in names for m in self.mentions.get(v, ())), key=lambda m: m.start)
        acts = [self._act(link, mentions, names) for link in finding.links if link.event in ACTING]
        found = _of_acts(acts) | self._of_mentions(mentions)
        supported = bool(acts)
        titled = bool(names & self.titled) or any(_unspecified(vein, self.titled) for vein in names)
        direct = any(link.event in ACTING and link.how == "direct" for link in finding.links)
        found["title_agrees"] = supported and titled
        found["title_omits"] = supported and bool(self.titled) and not titled and not direct
        found["impression_omits"] = supported and bool(self.concluded) and not names & self.concluded
        found["only_concluded"] = supported and not any(
            link.event != "conclusion" for link in finding.links if link.event in ACTING
        )
        found["rivals"] = 0 if names & self.plain else min(len(self.plain - names), 3)
        if not supported:
            found |= self._unsupported(finding, mentions)
        return {k: float(v) for k, v in found.items() if v}

    def whole(self) -> dict[str, float]:
        """The evidence of the note."""
        acting = [s for s in self.body if s.index in self.acting_sentences]
        found = {
            "words": len(self.a.acts),
            "orphans": len(self.silent),
            "sizes": len(_sizes(self.a, self.body)),
            **{f"told_{n}": True for n in _told(self.a, self.body)},
            "hedged": sum(_said(self.a, s, HEDGES) for s in acting),
            "old_stents": len(self.a.by_kind.get("stent_old", ())),
            "title_acts": sum(self._titled(x.sentence) for x in self.a.acts if x.assertion == "performed"),
        }
        return {k: float(v) for k, v in found.items() if v}

    def _titled(self, sentence: int) -> bool:
        s = self.a.sentences[sentence]
        return s.section.kind == "header" or is_title(self.a, s)

    def _unsupported(self, finding: VeinFinding, mentions: list[VeinMention]) -> dict[str, float]:
        """What could still speak for a vein that no act was linked to."""
        read = [m for m in mentions if self.a.sentences[m.sentence].section.kind in READ]
        open_lesion = finding.n("lesion") > 0 and not any(finding.n(e) for e in EXPLAINED)
        return {
            "open_lesion": open_lesion,
            "act_beside": any(self._performed(m.sentence) for m in read),
            "balloon_beside": any(self._balloon(m.sentence) for m in read),
            "act_follows": any(i in self.silent for m in read for i in (m.sentence + 1, m.sentence + 2)),
            "orphan_acts": min(len(self.silent), 3),
            "no_acts": not self.performed,
        }

    def _performed(self, sentence: int) -> bool:
        return any(x.assertion == "performed" for x in self.a.acts_in(sentence))

    def _balloon(self, sentence: int) -> bool:
        """A sized or pressed balloon in the sentence, and no stent."""
        s = self.a.sentences[sentence]
        return _balloon_told(self.a, s)

    def _of_mentions(self, mentions: list[VeinMention]) -> dict[str, float]:
        beside = any(self.a.acts_in(m.sentence) for m in mentions)
        severe = any(self._severe(m) for m in mentions)
        inferred = bool(mentions) and all(m.inferred for m in mentions)
        return {"beside_act": beside, "severe": severe, "side_inferred": inferred}

    def _severe(self, m: VeinMention) -> bool:
        """Half or more of the width told lost within a dozen words after the name."""
        sentence = self.a.sentences[m.sentence]
        return sentence.section.kind in READ and self._half(m.end, min(sentence.end, m.end + 12))

    def _half(self, start: int, stop: int) -> bool:
        values = [number_before(self.a.norms, x.start) for x in self.a.within("percent", start, stop)]
        return any(v is not None and v >= 50 for v in values)

    def _act(self, link: Link, mentions: list[VeinMention], names: set[Vein]) -> _Act:
        sentence = self.a.sentences[link.sentence]
        at = bisect_left(mentions, link.sentence, key=_sentence_of)
        here = mentions[at : bisect_right(mentions, link.sentence, at, key=_sentence_of)]
        gap, nearest = min(((_gap(m, link), m) for m in here), key=lambda p: p[0], default=(FAR, None))
        words = set(self.a.norms[max(sentence.start, link.start - 25) : min(sentence.end, link.end + 25)])
        near = set(self.a.norms[max(sentence.start, link.start - 6) : min(sentence.end, link.end + 4)])
        return _Act(
            gap=gap,
            before=nearest is not None and nearest.start < link.start,
            between=self._between(link, nearest),
            shared=len(self.shared.get((link.sentence, link.start), set()) - names),
            details=self.details(sentence),
            hedged=bool(words & HEDGES),
            dated=bool(words & PAST) or any(is_year(w) for w in words),
            denied=bool(near & DENIALS),
            stent=self._stent(sentence),
            artery=bool(self.a.arteries_in(sentence.index)),
            body=sentence.section.kind == "body",
            since=0 if here else self._since(link, mentions),
        )

    def _between(self, link: Link, m: VeinMention | None) -> int:
        """Other veins named between the act and the vein."""
        if m is None:
            return 0
        lo, hi = min(m.end, link.end), max(m.start, link.start)
        return sum(lo <= o.start < hi and o is not m for o in self.a.veins_in(link.sentence))

    def _since(self, link: Link, mentions: list[VeinMention]) -> int:
        """Sentences since the vein was last named."""
        past = bisect_left(mentions, link.start, key=_start_of)
        return min(link.sentence - mentions[past - 1].sentence, 10) if past else 10

    def _stent(self, sentence: Sentence) -> bool:
        old = self.a.within("stent_old", sentence.start, sentence.end)
        new = self.a.within("stent", sentence.start, sentence.end)
        return any(not any(o.start <= x.start < o.end for o in old) for x in new)

    def details(self, sentence: Sentence) -> int:
        """How many of size, pressure and waist the sentence tells of a balloon."""
        s, e = sentence.start, sentence.end
        sized = self.a.sized(s, e)
        forced = self.a.has("pressure", s, e) or self.a.has("inflate", s, e)
        return sized + forced + self.a.has("waist", s, e)


def _doing(analysis: Analysis) -> list[Sentence]:
    """Sentences with an act, a word of treatment or something of a balloon: no other tells that anything was done."""
    found = {x.sentence for x in analysis.acts} | {x.sentence for x in analysis.links if x.event in ACTING}
    found |= analysis.sentences_with(("balloon", "balloon_brand", "pressure", "inflate"))
    where = analysis.where
    found |= {analysis.sentence_at(i).index for word in TREATING_WORDS for i in where.get(word, ())}
    return [analysis.sentences[i] for i in sorted(found)]


_sentence_of, _start_of = attrgetter("sentence"), attrgetter("start")


def _gap(m: VeinMention, link: Link) -> int:
    return max(m.start - link.end, link.start - m.end, 0)


def _of_acts(acts: list[_Act]) -> dict[str, float]:
    """The best that any act says for the vein, and what is said against all of them."""
    if not acts:
        return {}
    clean = [a for a in acts if not (a.hedged or a.dated or a.denied)]
    gap = min(a.gap for a in acts)
    return {
        "near": 1 / (1 + gap / 4) if gap < FAR else 0,
        "named_before": any(a.before for a in acts),
        "between": min(min(a.between for a in acts if a.gap == gap), 2),
        "shared": min(min(a.shared for a in acts), 3),
        "details": max(a.details for a in acts),
        "clean": min(len(clean), 2),
        "hedged": all(a.hedged for a in acts),
        "dated": all(a.dated for a in acts),
        "denied": all(a.denied for a in acts),
        "stent_beside": all(a.stent for a in acts),
        "artery_beside": all(a.artery for a in acts),
        "outside_body": not any(a.body for a in acts),
        "since": min(a.since for a in acts),
    }


def _balloon_told(analysis: Analysis, s: Sentence) -> bool:
    """A balloon with a pressure, or a sized balloon, that no act or stent explains."""
    if (
        analysis.has("stent", s.start, s.end)
        or analysis.has("other_balloon", s.start, s.end)
        or analysis.has("reserve", s.start, s.end)
    ):
        return False
    balloon = analysis.has("balloon", s.start, s.end) or analysis.has("balloon_brand", s.start, s.end)
    forced = analysis.has("pressure", s.start, s.end) or analysis.has("inflate", s.start, s.end)
    return forced or (balloon and bool(analysis.pairs(s.start, s.end)))


def _sizes(analysis: Analysis, body: list[Sentence]) -> set[tuple[str, ...]]:
    """Distinct pairs of balloon sizes told beside a balloon or an act, not beside a stent."""
    out = set()
    for s in body:
        balloon = any(analysis.has(k, s.start, s.end) for k in ("balloon", "balloon_brand")) or analysis.acts_in(
            s.index
        )
        if balloon and not analysis.has("stent", s.start, s.end):
            out |= {tuple(analysis.norms[i : i + 4]) for i in analysis.pairs(s.start, s.end)}
    return out


def _told(analysis: Analysis, body: list[Sentence]) -> Iterator[int]:
    """Numbers of treated things told in words: "three veins were dilated", "both lesions"."""
    norms = analysis.norms
    for s in body:
        if not TREATING_WORDS & set(norms[s.start : s.end]) and not analysis.acts_in(s.index):
            continue
        for i in range(s.start, s.end):
            if norms[i] in NUMBERS and COUNTED_THINGS & set(norms[i + 1 : i + 4]) and "%" not in norms[i : i + 2]:
                yield NUMBERS[norms[i]]


def _said(analysis: Analysis, s: Sentence, words: frozenset[str]) -> bool:
    return bool(words & set(analysis.norms[s.start : s.end]))


def _unspecified(vein: tuple[str, str], titled: set[tuple[str, str]]) -> bool:
    """Whether a title names the vein loosely ("left iliac venoplasty" for the common iliac vein)."""
    name, side = vein
    loose = {("iliac_vein", side), ("iliac_vein", "unknown")} if name.endswith("iliac_vein") else set()
    return bool(titled & {(name, "unknown"), *loose})
