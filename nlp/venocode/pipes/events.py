"""Pipe ``venocode_events``: what was done to each vein, sentence by sentence.

Every sentence with a balloon act, a stent, a result or a state of a vein leaves links (vein, event, how). An act
without a vein in its clause is resolved by what the note has said before: sides, plurals, ordinals, the words of the
lesion, else the vein in focus.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from spacy.language import Language
from spacy.tokens import Doc

from venocode.anatomy import OPPOSITE
from venocode.pipes.analysis import AccessMention, Act, Analysis, Link, Sentence, VeinMention, analysis_of
from venocode.pipes.clauses import clauses
from venocode.pipes.reference import ADJECTIVES, Lesions, described_lesion, line_label, resolve
from venocode.pipes.states import NEGATIONS, State, introduces_lesion, read_state, strong_lesion
from venocode.pipes.status import assertion_at, dated, is_year

READ = frozenset({"body", "preamble", "conclusion", "neutral"})
Vein = tuple[str, str]


@dataclass(slots=True)
class Reading:
    """What is known while the sentences are read in order."""

    lesions: Lesions = field(default_factory=Lesions)
    focus: list[Vein] = field(default_factory=list)
    focus_sentence: int = -99
    treated: list[Vein] = field(default_factory=list)
    last_treated: list[Vein] = field(default_factory=list)
    around: list[Vein] = field(default_factory=list)
    stented: list[Vein] = field(default_factory=list)
    title_stents: list[Vein] = field(default_factory=list)
    titled: list[Vein] = field(default_factory=list)
    normal: set[Vein] = field(default_factory=set)
    named: dict[Vein, int] = field(default_factory=dict)
    line_topic: list[Vein] = field(default_factory=list)
    pair: list[Vein] = field(default_factory=list)
    topic: list[Vein] = field(default_factory=list)
    topic_sentence: int = -99
    acted: bool = False
    acted_sentence: int = -99
    old_stents: list[Vein] = field(default_factory=list)
    balloon_column: bool = False
    foreign: bool = False
    label: str = ""
    foreign_focus: int = -99


@Language.component("venocode_events")
def events(doc: Doc) -> Doc:
    """Link every event to its veins."""
    analysis = analysis_of(doc)
    reading = Reading()
    analysis.facts["ranges"] = []
    telling = _telling(analysis)
    for sentence in analysis.sentences if telling else ():
        if sentence.line_start:
            reading.line_topic = []
        if sentence.index in telling:
            names = analysis.veins_in(sentence.index)
            _Sentence(analysis, sentence, names, analysis.acts_in(sentence.index), reading).read()
        elif sentence.line_start:
            _read_label(analysis, sentence, reading)
    _title_stents(analysis, reading)
    _roles(analysis)
    return doc


#: Kinds of atoms that let a sentence say something about a vein it does not name.
TELLING = ("angioplasty", "balloon", "balloon_brand", "inflate", "lesion", "lesion_ref", "other_balloon", "percent", "pressure",
           "reserve", "residual", "same", "stent", "stent_old", "stent_verb", "treat", "untouched", "waist")  # fmt: skip


def _telling(analysis: Analysis) -> set[int]:
    """Sentences that can leave a link or change what the next ones mean; none in a note without vein, act and balloon.

    Most sentences of a note are not among them, and reading one costs as much as finding all of them.
    """
    entered = any(x.vessels for x in analysis.access)
    if not (analysis.veins or analysis.acts or entered or analysis.facts["balloon_note"]):
        return set()
    told: list[VeinMention | Act | AccessMention]
    told = [*analysis.veins, *analysis.arteries, *analysis.acts, *analysis.access]
    at = [*analysis.facts["sizes"], *analysis.facts["pairs"]]
    at += analysis.where.get("crossing", ())
    return {x.sentence for x in told} | analysis.sentences_with(TELLING) | {analysis.sentence_at(i).index for i in at}


def _read_label(analysis: Analysis, sentence: Sentence, reading: Reading) -> None:
    """What a line that tells nothing else may still do: name the letter or number of the lesion that follows."""
    kind = sentence.section.kind
    if (kind in READ or kind == "past") and not is_title(analysis, sentence):
        words = analysis.norms[sentence.start : min(sentence.end, sentence.start + 6)]
        reading.label = line_label(words, sentence.start in analysis.facts["capital"])


def _title_stents(analysis: Analysis, reading: Reading) -> None:
    """Stents that the body tells without their vein ("the whole segment was stented") are those of the title."""
    body = [link for link in analysis.links if link.event == "stent"]
    if not body:
        return
    plain = {link.vein for link in analysis.links if link.event == "treated" and link.how in ("direct", "implicit")}
    stented = {link.vein for link in body}
    for vein in dict.fromkeys(reading.title_stents):
        if vein not in stented and vein not in plain:
            first = body[0]
            analysis.links.append(Link(vein, "stent", "title", first.sentence, first.start, first.end, first.rule))


class _Sentence:
    """One sentence being read."""

    def __init__(
        self, analysis: Analysis, sentence: Sentence, names: list[VeinMention], acts: list[Act], reading: Reading
    ) -> None:
        self.a = analysis
        self.s = sentence
        self.names = names
        self.acts = acts
        self.r = reading
        self.linked: list[Vein] = []
        self.clauses = clauses(analysis, sentence, names)
        self.states: dict[int, State] = {}
        for m in names:
            self._settle_side(m)
            self.states[m.start] = read_state(analysis, m, sentence, self.clause_of(m.start), names)
            m.relation = self.states[m.start].relation

    def _settle_side(self, m: VeinMention) -> None:
        """A side that was only inferred yields to the side on which the note told a lesion of this vein."""
        if not m.inferred or len(m.veins) != 1:
            return
        name, side = m.veins[0]
        other = (name, OPPOSITE.get(side, ""))
        known = self.r.lesions.items
        if (
            other in known
            and not known[other].past
            and (name, side) not in known
            and not self.a.has("side", self.s.start, m.start)
        ):
            m.veins = [other]

    def clause_of(self, token: int) -> tuple[int, int]:
        for clause in self.clauses:
            if clause[0] <= token < clause[1]:
                return clause
        return (self.s.start, self.s.end)

    def names_in(self, clause: tuple[int, int]) -> list[VeinMention]:
        """The vein mentions that begin in a clause."""
        return [m for m in self.names if clause[0] <= m.start < clause[1]]

    # -- reading order -------------------------------------------------------------------------------------------

    def read(self) -> None:
        self._access()
        if self.s.section.kind == "header" or is_title(self.a, self.s):
            self._title()
            return
        self._asserted()
        if self.s.section.kind in READ:
            self._states()
            self._lesion_of_focus()
            self._other_balloon()
            self._acts()
            self._crossing()
            self._stents()
            self._results()
        elif self.s.section.kind == "past":
            self._states()
            stents = self.a.within("stent", self.s.start, self.s.end)
            after = [m for m in self.names if stents and m.start > stents[0].start]
            self.r.old_stents += [v for m in after or (self.names if stents else ()) for v in m.veins]
        self._refocus()

    def link(self, vein: Vein, event: str, how: str, start: int, end: int, rule: str) -> None:
        self.a.links.append(Link(vein, event, how, self.s.index, start, end, rule))

    def _access(self) -> None:
        for mention in self.a.access_in(self.s.index):
            for vessel in mention.vessels:
                self.link(vessel, "access", mention.approach, mention.start, mention.end, mention.rule)
            for m in self.names:
                if set(m.veins) & set(mention.vessels) and self.states[m.start].relation != "landmark":
                    m.role = "access"

    def _title(self) -> None:
        if any(x.kind == "valve" for x in self.acts) and not self.names:
            self.r.foreign = True
        stent = list(self.a.within("stent", self.s.start, self.s.end))
        stent += [
            a
            for a in self.a.within("stent_verb", self.s.start, self.s.end)
            if any(w.startswith("stent") for w in self.a.norms[a.start : a.end])
        ]
        for m in self.names:
            clause = self._title_clause(m)
            acts = [
                x
                for x in self.acts
                if clause[0] <= x.start < clause[1] and x.assertion == "performed" and x.kind != "valve"
            ]
            acts = [x for x in acts if x.end <= m.start or x.start - m.end <= 3]
            stented = any(clause[0] <= a.start < clause[1] for a in stent)
            if stented:
                self.r.title_stents += m.veins
                for v in m.veins:
                    self.link(v, "title_stent", "title", m.start, m.end, "STN-001")
                m.role = "stented"
            elif acts and m.relation not in ("source",):
                m.role = "treated" if m.role != "access" else m.role
            if acts:
                self.r.titled += m.veins
                for v in m.veins:
                    self.link(v, "title", "title", acts[0].start, acts[0].end, acts[0].rule)
            tried = [x for x in self.acts if clause[0] <= x.start < clause[1] and x.assertion == "attempted"]
            if tried and not acts and m.relation != "source":
                for v in m.veins:
                    self.link(v, "attempted", "title", tried[0].start, tried[0].end, tried[0].rule)

    def _title_clause(self, m: VeinMention) -> tuple[int, int]:
        """In a list of procedures on one line each item, cut at ; | or a further act, is read by itself."""
        start, end = self.s.start, self.s.end
        for i in range(self.s.start, self.s.end):
            if self.a.norms[i] in (";", "|") or (
                self.a.norms[i] == "," and self.a.has("angioplasty", i, i + 4) and i < m.start
            ):
                if i < m.start:
                    start = i
                elif i >= m.end:
                    end = i
                    break
        return start, end

    def _asserted(self) -> None:
        """Acts that were not performed: their veins, for the reason."""
        for act in self.acts:
            if act.assertion == "performed" or act.kind == "valve":
                continue
            clause = self.clause_of(act.start)
            near = [m for m in self.names_in(clause) if m.relation in ("plain", "dest")]
            if not near:
                near = [m for m in self.names if m.relation == "plain"]
            veins = [v for m in self._own_names(act, near) for v in m.veins]
            if not veins and act.assertion == "attempted" and self.s.section.kind in READ and not self._foreign(clause):
                veins = resolve(self.a, self.s, clause, self.r.lesions, self._context())[:2]
            if not veins and act.assertion == "negated" and self.s.section.kind in READ and not self._foreign(clause):
                veins = self._pointed_at(clause)
            retracted = act.assertion == "negated" and self.s.section.name == "addendum"
            for v in veins:
                self.link(v, "retracted" if retracted else act.assertion, "act", act.start, act.end, act.rule)

    def _pointed_at(self, clause: tuple[int, int]) -> list[Vein]:
        """ "Decided against any dilation of this one": the vein just told of."""
        pointed = any(
            w in ("here", "there") or (w in ("this", "it") and self.a.norms[i - 1] in ("of", "in", "on", "at", "for"))
            for i, w in enumerate(self.a.norms[clause[0] : clause[1]], start=clause[0])
        )
        vein = self._last_named(clause[0]) if pointed else None
        return [vein] if vein is not None and vein not in self.r.treated else []

    def _own_names(self, act: Act, names: list[VeinMention]) -> list[VeinMention]:
        """ "The common iliac, which we did not balloon, the external iliac 65 %": the names before such an act are its own."""
        before = [m for m in names if m.end <= act.start]
        after = [m for m in names if m.start >= act.end and "," not in self.a.norms[act.end : m.start]]
        if before and "which" in self.a.norms[before[-1].end : act.start]:
            return before[-1:]
        return [*before, *after] if before else names

    def _share_lesions(self) -> None:
        """ "stenoses of A, B and C", "A, B and C were stenosed": one statement about all the names of a row."""
        row: list[VeinMention] = []
        for m in [*sorted(self.names, key=lambda n: n.start), None]:
            if m is not None and (not row or self._in_row(row[-1], m)):
                row.append(m)
                continue
            if len(row) > 1:
                first, last = self.states[row[0].start], self.states[row[-1].start]
                told = first if first.lesion else last
                plural = first.lesion and self._plural_before(row[0])
                ranged = self._range(row[0], row[-1], self.a.norms[row[0].end : row[-1].start])
                if (ranged and self._narrowed(row)) or (told.lesion and (plural or (last.lesion and not first.lesion))):
                    if ranged:
                        self.a.facts["ranges"].append(tuple(v for n in row for v in n.veins))
                    for n in row:
                        state = self.states[n.start]
                        if ranged or (not state.normal and state.relation in ("plain", "dest")):
                            state.lesion, state.strong, state.relation = True, told.strong or ranged, "plain"
                            n.relation = "plain" if ranged else n.relation
            row = [m] if m is not None else []

    def _in_row(self, first: VeinMention, second: VeinMention) -> bool:
        between = self.a.norms[first.end : second.start]
        if self._range(first, second, between):
            return True
        joined = bool({",", "and", "&"} & set(between))
        return joined and len(between) <= 3 and all(w in (",", "and", "the", "&", "of") for w in between)

    def _narrowed(self, row: list[VeinMention]) -> bool:
        """Whether the clauses of a range tell a lesion."""
        start, end = self.clause_of(row[0].start)[0], self.clause_of(row[-1].start)[1]
        return self.a.has("lesion", start, end) and not NEGATIONS & set(self.a.norms[start : row[0].start])

    def _range(self, first: VeinMention, second: VeinMention, between: list[str]) -> bool:
        """ "starting in the innominate vein and running on into the SVC": one lesion over two names."""
        before = self.a.norms[max(self.s.start, first.start - 8) : first.start]
        begun = RANGE_BEGINS & set(before) or "from" in before[-4:]
        broken = (VERBS | {";", ")"}) & set(between) or self.states[first.start].normal or len(between) > 18
        return bool(begun and RANGE_ENDS & set(between[-8:])) and not broken

    def _plural_before(self, m: VeinMention) -> bool:
        words = self.a.norms[max(self.s.start, m.start - 6) : m.start]
        return any(w in ("stenoses", "lesions", "narrowings", "occlusions", "strictures", "webs") for w in words)

    def _lesion_of_focus(self) -> None:
        """ "Here there is a 70 % stenosis", "B: 70 % stenosis": a lesion told right after its vein, or by its letter."""
        self._located_lesions()
        for clause in self.clauses:
            self._new_lesion(clause)
        if self.names or self.acts or self.r.acted:
            return
        first = self.a.norms[self.s.start]
        by_label = len(self.r.lesions.labels) > 1 and self.a.norms[self.s.start + 1 : self.s.start + 2] == [":"]
        labelled = self.r.lesions.labels.get(first, []) if by_label else []
        near = first in ("here", "there", "this", "it") and self.s.index - self.r.focus_sentence <= 1
        if not labelled and not near:
            return
        words = set(self.a.norms[self.s.start : self.s.end])
        arteries = bool(self.a.arteries_in(self.s.index))
        told = strong_lesion(self.a, self.s.start, self.s.end) and not {"no", "not", "without"} & words
        if told and not arteries:
            for v in labelled or self.r.focus[:1]:
                self.link(v, "lesion", "state", self.s.start, self.s.end, "LES-001")
                self.r.lesions.add(v, self.s.index, {w for w in words if len(w) > 2}, self.s.start)

    def _located_lesions(self) -> None:
        """ "The former is in the subclavian and the latter in the axillary vein": lesions told before get their veins."""
        if self.acts or not self.names:
            return
        words = set(self.a.norms[self.s.start : self.s.end])
        if not any(pair <= words for pair in TWO_OF_THEM) or not {"is", "was", "lies", "lay", "sits", "sat"} & words:
            return
        for m in self.names:
            inside = {"in", "at", "within", "of"} & set(self.a.norms[max(self.s.start, m.start - 4) : m.start])
            if inside and m.relation in ("plain", "dest") and m.role != "access" and not self.states[m.start].normal:
                for v in m.veins:
                    self.link(v, "lesion", "state", m.start, m.end, m.rule)
                    self.r.lesions.add(v, self.s.index, self.states[m.start].words, m.start)

    def _adjective_vein(self, clause: tuple[int, int]) -> Vein | None:
        """ "In the caval stent there was a stenosis": the one vein of the note that the adjective can mean."""
        words = self.a.norms[clause[0] : clause[1]]
        for adjective, names in ADJECTIVES.items():
            if adjective in words and words[words.index(adjective) + 1 : words.index(adjective) + 2] in PARTS:
                known = {v for m in self.a.veins for v in m.veins if v[0] in names}
                return known.pop() if len(known) == 1 else None
        return None

    def _new_lesion(self, clause: tuple[int, int]) -> None:
        """A clause without a vein that brings in a lesion ("..., and the ostium was 90% narrowed") speaks of the vein before it."""
        own = [m for m in self.names_in(clause) if m.relation != "landmark"]
        if own or self.s.section.name == "result":
            return
        if self._lesion_in_old_stents(clause):
            return
        if not introduces_lesion(self.a, *clause) or self.a.has("residual", *clause) or self._foreign(clause):
            return
        vein = self._adjective_vein(clause) or self._last_named(clause[0])
        if vein is None or vein in self.r.lesions.items:
            return
        if vein in self.r.treated:  # findings told after the technique
            if self.s.section.name == "findings":
                self.link(vein, "lesion", "state", clause[0], clause[1], "LES-001")
            return
        if vein[0] in CAVAE and JOINED & set(self.a.norms[clause[0] : clause[1]]):
            return  # the anastomosis of a vein to the cava is that vein's
        words = {w for w in self.a.norms[clause[0] : clause[1]] if len(w) > 2}
        self.link(vein, "lesion", "state", clause[0], clause[1], "LES-001")
        self.r.lesions.add(vein, self.s.index, words, clause[0])
        self.r.normal.discard(vein)
        self.r.focus, self.r.focus_sentence = [vein], self.s.index

    def _lesion_in_old_stents(self, clause: tuple[int, int]) -> bool:
        """ "Stents: in-stent restenosis, R 70 %, L 55 %": the veins that the history says were stented."""
        spoken = any("in" in self.a.norms[x.start : x.end] for x in self.a.within("stent_old", *clause))
        told = spoken and strong_lesion(self.a, *clause) and not NEGATIONS & set(self.a.norms[clause[0] : clause[1]])
        if not told or not self.r.old_stents:
            return False
        sides = {a.value for a in self.a.within("side", *clause)}
        for v in dict.fromkeys(self.r.old_stents):
            if len(sides) != 1 or v[1] in sides or v[1] == "none":
                self.link(v, "lesion", "state", clause[0], clause[1], "LES-001")
                self.r.lesions.add(v, self.s.index, {"stent"}, clause[0])
        return True

    def _last_named(self, token: int) -> Vein | None:
        """The one vein last named before a token, in this sentence or the three before; None where an artery came later."""
        for index in range(self.s.index, max(-1, self.s.index - 4), -1):
            sentence = self.a.sentences[index]
            apart = sentence.section is not self.s.section and (
                self.s.index - index > 2 or sentence.section.kind != "body"
            )
            if apart or index == self.r.acted_sentence:
                return None  # after an act, an hourglass is the balloon's
            spoken = [m for m in (*self.a.veins_in(index), *self.a.arteries_in(index)) if m.end <= token]
            if spoken:
                last = max(spoken, key=lambda m: m.start)
                clear = not last.artery and last.role != "access" and last.relation in ("plain", "dest")
                return last.veins[0] if clear and len(last.veins) == 1 else None
        return None

    def _label(self) -> None:
        """A list line that begins with a letter or number names the lesion of its vein."""
        words = self.a.norms[self.s.start : self.s.end]
        label = line_label(words, self.s.start in self.a.facts["capital"])
        if (
            not label
            and self.s.line_start
            and words
            and words[0].isdecimal()
            and len(words[0]) <= 2
            and self.names
            and self.names[0].start - self.s.start <= 2
        ):
            label = words[0]
        plain = [m for m in self.names if m.relation == "plain" and m.role != "access"]
        if label and self.s.line_start:
            self.r.label = label
        elif self.s.line_start:
            self.r.label = ""
        label = label or self.r.label
        if label and plain:
            self.r.lesions.name(label, list(plain[0].veins))
            self.r.label = ""

    def _states(self) -> None:
        self._label()
        self._share_lesions()
        for m in self.names:
            state = self.states[m.start]
            if state.relation == "plain" and m.role != "access":
                for v in m.veins:
                    self.r.named[v] = self.r.named.get(v, 0) + 1
            for v in m.veins:
                if (
                    (state.relation == "plain" or (state.relation == "dest" and state.lesion and len(self.names) == 1))
                    and m.role != "access"
                    and not (self.r.acted and state.minor)
                    and not self._after_treatment()
                ):
                    if state.lesion:
                        self.link(v, "lesion", "state", m.start, m.end, m.rule)
                        self.r.lesions.add(
                            v,
                            self.s.index,
                            state.words,
                            m.start,
                            past=self.s.section.kind == "past" or dated(self.a, self.s, m.start),
                            strong=state.strong,
                        )
                        self.r.normal.discard(v)
                    elif state.normal:
                        if v not in self.r.lesions.items:
                            self.r.normal.add(v)
                        self.link(v, "normal", "state", m.start, m.end, m.rule)
                if state.untouched and state.relation == "plain":
                    withdrawn = self.s.section.name == "addendum" and v in self.r.treated
                    event = "retracted" if withdrawn else "untouched"
                    self.link(v, event, "act" if withdrawn else "state", m.start, m.end, m.rule)
                    self.r.lesions.exclude(v)

    def _after_treatment(self) -> bool:
        """Results are told: what is open or narrow now says nothing of the lesion that was treated."""
        return self.s.section.name == "result" and self.r.acted

    def _other_balloon(self) -> None:
        if not self.a.has("other_balloon", self.s.start, self.s.end):
            return
        for clause in self.clauses:
            cues = self.a.within("other_balloon", *clause)
            if not cues:
                continue
            for m in self.names_in(clause):
                for v in m.veins:
                    self.link(v, "other_balloon", "clause", cues[0].start, cues[0].end, cues[0].rule)

    # -- stents ----------------------------------------------------------------------------------------------------

    def _stents(self) -> None:
        for clause in self.clauses:
            cue = self._stent_cue(clause)
            if cue is None:
                continue
            span = self._stent_span(clause)
            targets = [
                m for m in self.names if span[0] <= m.start < span[1] and m.relation in ("plain", "dest", "source")
            ]
            targets = [m for m in targets if m.relation != "source" or self._along(m)]
            veins = [v for m in targets for v in m.veins]
            for m in targets:
                m.role = "stented"
            how = "clause"
            if not veins and self.linked:
                veins = list(dict.fromkeys(self.linked))
            if not veins:
                earlier = self._earlier_clause(clause)
                veins = [v for m in earlier for v in m.veins]
                for m in earlier:
                    m.role = "stented"
            if not veins:
                veins = self._stent_reference(clause)
                how = "reference"
            for v in dict.fromkeys(veins):
                self.link(v, "stent", how, cue[0], cue[1], "STN-001")
                if v not in self.r.stented:
                    self.r.stented.append(v)

    def _stent_span(self, clause: tuple[int, int]) -> tuple[int, int]:
        """The clause of a stent with the ones after it that go on about it ("..., and thus across all of the ...")."""
        end = clause[1]
        for start, stop in self.clauses:
            if start < clause[1]:
                continue
            words = self.a.norms[start : start + 4]
            if any(
                w in ("thus", "across", "covering", "extending", "down", "into", "through", "extended", "carried")
                for w in words
            ) and not any(start <= a.start < stop for a in self.acts):
                end = stop
            else:
                break
        return clause[0], end

    def _along(self, m: VeinMention) -> bool:
        """A stent that runs from, through or across a vein lies in it, unless that is the sheath's way."""
        before, after = self.a.norms[m.start - 3 : m.start], self.a.norms[m.end : m.end + 2]
        return bool({"from", "through", "across"} & set(before)) and not {"sheath", "access", "approach"} & set(after)

    def _stent_cue(self, clause: tuple[int, int]) -> tuple[int, int] | None:
        old = self.a.within("stent_old", *clause)
        verbs = self.a.within("stent_verb", *clause)
        for atom in self.a.within("stent", *clause):
            if self._label_of_stent(atom.end):
                continue
            if any(o.start <= atom.start < o.end for o in old) or self._old_stent(clause, atom.start, atom.end):
                continue
            words = self.a.norms[max(clause[0], atom.start - 5) : atom.start]
            if words[-1:] and words[-1] in BESIDE_STENT:
                continue
            if self._known_stent(atom.end, words) or {"no", "not", "without"} & set(words[-3:]):
                continue
            if any(
                w in ("no", "not", "without", "old", "existing", "prior", "previous", "never", "nor", "the")
                for w in words[-1:]
            ) and not (words[-1:] == ["the"] and any(v.start > atom.start for v in verbs)):
                continue
            if any(w in ("not", "none", "never", "was not") for w in self.a.norms[atom.end : atom.end + 3]):
                continue
            if not verbs and not self.a.sized(*clause):
                continue
            if assertion_at(self.a, atom.start, atom.end, self.s) != "performed" or any(
                is_year(w) for w in self.a.norms[clause[0] : clause[1]]
            ):
                continue
            if any(w in NOT_STENTED for w in self.a.norms[clause[0] : clause[1]]) or self.a.has("untouched", *clause):
                continue
            if self.a.has("reserve", *clause):
                continue
            return atom.start, atom.end
        for atom in verbs:
            word = self.a.norms[atom.start]
            if word == "stented" and self.a.norms[atom.start - 1 : atom.start] in (["the"], ["previously"], ["a"]):
                continue
            placed = word in ("stented", "stenting", "relined")
            denied = any(w in NOT_STENTED for w in self.a.norms[clause[0] : clause[1]])
            if placed and not denied and assertion_at(self.a, atom.start, atom.end, self.s) == "performed":
                return atom.start, atom.end
        return None

    def _label_of_stent(self, end: int) -> bool:
        """ "Stent 2: ditto": the number under which the note listed an old stent."""
        words = self.a.norms[end : end + 2]
        return words[:1] != [] and words[0] in self.r.lesions.labels and words[1:] in ([":"], ["-"], ["was"], ["and"])

    def _old_stent(self, clause: tuple[int, int], start: int, end: int) -> bool:
        """ "The old left iliac stent", "the iliac vein stent placed in 2019 showed in-stent restenosis"."""
        words = self.a.norms[max(clause[0], start - 7) : start]
        aged = [i for i, w in enumerate(words) if w in OLD]
        if aged and not PLACED & set(words[aged[-1] + 2 :]) - {"placed"}:
            return True
        return any(w in ("restenosis", "restenosed", "restenotic") for w in self.a.norms[end : end + 3])

    def _known_stent(self, end: int, words: list[str]) -> bool:
        """ "the two upper stents": a stent spoken of as known, unless the sentence goes on to place it."""
        articles = [w for w in words if w in ("a", "an", "the", "this", "these", "his", "her", "another", "new")]
        if (
            not articles
            or articles[-1] not in ("the", "this", "these", "his", "her")
            or any(w[:1].isdecimal() for w in words)
        ):
            return False
        return not any(w in PLACED for w in self.a.norms[end : end + 6])

    def _stent_reference(self, clause: tuple[int, int]) -> list[Vein]:
        if SHUNT_STENT & set(self.a.norms[clause[0] : clause[1]]):
            return []  # it lies in the tract of a portosystemic shunt
        if self.r.stented and any(
            w in ("both", "second", "it", "this", "these", "all", "each", "stents")
            for w in self.a.norms[clause[0] : clause[0] + 4]
        ):
            return []
        recent = [v for v in self.r.around if v not in self.r.stented]
        if recent:
            return recent[-2:] if len(recent) > 1 else recent
        if self.r.title_stents:
            return self.r.title_stents
        return self.r.focus[-1:] if self.s.index - self.r.focus_sentence <= 2 else []

    # -- balloon dilation --------------------------------------------------------------------------------------------

    def _acts(self) -> None:
        performed = [a for a in self.acts if a.assertion == "performed" and a.kind != "valve"]
        if performed and not self.names and "|" in self.a.norms[self.s.start : self.s.end]:
            self.r.balloon_column = True  # the head of a table: "Site | Before | Balloon dilation | After"
            return
        linked_any = foreign_before = False
        for clause in self.clauses:
            anchor = self._anchor(clause, performed)
            if anchor is None:
                continue
            start, end, rule, kind, explicit = anchor
            if explicit and self._given_up(end):
                self._attempt(clause, start, end, rule)
                continue
            targets = self._targets(clause, start, not explicit)
            how = "direct" if explicit else "implicit"
            veins = [v for m in targets for v in m.veins]
            veins = self._with_the_others(clause, veins)
            if not veins and self._cardiac_vein(clause):
                veins = [("coronary_sinus", "none")]
            if not veins and (self._foreign(clause) or (foreign_before and not self._own_lesion(clause))):
                self.r.acted = self.r.foreign = foreign_before = True
                continue
            if not veins and not linked_any:
                earlier = self._earlier_clause(clause)
                if earlier:
                    targets, veins = earlier, [v for m in earlier for v in m.veins]
            if not veins and self._artery_in_focus(clause):
                self.r.foreign = True
                continue
            if not veins:
                if linked_any and not self._elsewhere(clause):
                    continue
                if not explicit and not self._strong(clause):
                    continue
                veins = self._around_the_stent(kind, clause) or self._whole(
                    resolve(self.a, self.s, clause, self.r.lesions, self._context())
                )
                how = "reference"
                if self.s.section.kind == "conclusion" and len(veins) < 2:
                    continue
            if not veins and explicit and self._unnamed_vein(kind):
                self.link(("unknown_vein", "unknown"), "treated", "reference", start, end, rule)
            if not veins:
                continue
            if self._of_a_sleeve(clause, veins):
                for v in veins:
                    self.link(v, "other_balloon", "clause", start, end, "BAL-004")
                continue
            linked_any = True
            for m in targets:
                if (m.role == "imaged" and explicit) or (
                    m.role == "imaged" and not explicit and m.relation in ("plain", "dest")
                ):
                    m.role = "treated"
            self._treated(veins, kind, how, start, end, rule)

    def _given_up(self, act: int) -> bool:
        """ "... predilating, but it would not enter and was never inflated": the sentence goes on to say that nothing came of it."""
        if any(x.start >= act and x.assertion == "performed" for x in self.acts):
            return False
        return any(" ".join(self.a.norms[x.start : x.end]) in NEVER for x in self.a.within("reserve", act, self.s.end))

    def _attempt(self, clause: tuple[int, int], start: int, end: int, rule: str) -> None:
        """An act that came to nothing: its veins, or the one it speaks of."""
        veins = [v for m in self._targets(clause, start, False) for v in m.veins]
        for v in veins or resolve(self.a, self.s, clause, self.r.lesions, self._context())[:1]:
            self.link(v, "attempted", "act", start, end, rule)

    def _of_a_sleeve(self, clause: tuple[int, int], veins: list[Vein]) -> bool:
        """A balloon along a fibrin sleeve, in a vein without a lesion, widens no vein (policy P13)."""
        return self.a.has("sheath_fibrin", *clause) and not any(v in self.r.lesions.items for v in veins)

    def _around_the_stent(self, kind: str, clause: tuple[int, int]) -> list[Vein]:
        """ "... was deployed and post-dilated": dilation after a stent is of the veins dilated before it."""
        post = kind == "around" and any(w.startswith("post") for w in self.a.norms[clause[0] : clause[1]])
        return list(dict.fromkeys(self.r.around)) if post and len(set(self.r.around)) < 4 else []

    def _with_the_others(self, clause: tuple[int, int], veins: list[Vein]) -> list[Vein]:
        """ "A 14 mm balloon to each of these lesions, the CFV one first": the name is one of the group."""
        words = self.a.norms[clause[0] : clause[1]]
        if len(veins) != 1 or not any(words[i : i + 2] in OF_THESE for i in range(len(words))):
            return veins
        group = resolve(self.a, self.s, clause, self.r.lesions, self._context())
        return group if veins[0] in group else veins

    def _whole(self, veins: list[Vein]) -> list[Vein]:
        """The veins with those that share their one lesion ("from the innominate vein into the SVC")."""
        shared = [r for r in self.a.facts["ranges"] if set(r) & set(veins)]
        return list(dict.fromkeys([*(v for r in shared for v in r), *veins]))

    def _treated(self, veins: list[Vein], kind: str, how: str, start: int, end: int, rule: str) -> None:
        conclusion = self.s.section.kind == "conclusion"
        for v in dict.fromkeys(veins):
            event = "around" if kind == "around" else "conclusion" if conclusion else "treated"
            self.link(v, event, how, start, end, rule)
            if v not in self.r.treated:
                self.r.treated.append(v)
            if kind == "around":
                self.r.around.append(v)
        self.linked += veins
        self.r.acted_sentence = self.s.index
        self.r.last_treated = list(dict.fromkeys(self.linked))
        self.r.acted = True

    def _anchor(self, clause: tuple[int, int], performed: list[Act]) -> tuple[int, int, str, str, bool] | None:
        acts = [a for a in performed if clause[0] <= a.start < clause[1]]
        if acts:
            act = acts[0]
            return act.start, act.end, act.rule, act.kind, True
        if any(clause[0] <= a.start < clause[1] for a in self.acts):
            return None
        return self._implicit(clause)

    def _implicit(self, clause: tuple[int, int]) -> tuple[int, int, str, str, bool] | None:
        """A balloon that was inflated, or a vein that was treated like the one before, without an angioplasty word."""
        a, (start, end) = self.a, clause
        if not (a.sized(start, end) or a.has_any(IMPLYING, start, end)):
            return None
        if (
            a.has("other_balloon", self.s.start, self.s.end)
            or a.has("reserve", start, end)
            or a.has("dilator", start, end)
        ):
            return None
        if not a.facts["balloon_note"] or self._measured(clause):
            return None
        named = bool(self.names_in(clause))
        balloon = [x for k in ("balloon_brand", "balloon") for x in a.within(k, start, end)]
        known = a.within("stent_old", start, end)
        new = [
            x
            for x in a.within("stent", start, end)
            if not any(o.start <= x.start < o.end for o in known)
            and not self._label_of_stent(x.end)
            and not {"no", "not", "without"} & set(a.norms[max(start, x.start - 2) : x.start])
        ]
        if (new or (known and not balloon)) and not (named and balloon):
            return None
        sizes = a.pairs(start, end)
        force = (
            _told_pressure(a, start, end)
            or a.has("waist", start, end)
            or a.has("inflate", start, end)
            or _minutes(a.norms, start, end)
        )
        same = a.within("same", start, end)
        treat = [x for x in a.within("treat", start, end) if not _unpacked(a.norms, x.start)]
        listed = sizes and (self.r.acted or self.r.balloon_column) and self._list_line()
        next_turn = self.r.acted and named and a.sized(start, end) and self._next_turn()
        if balloon and (force or same or treat or listed or next_turn or self._given(clause)):
            at = (balloon[0].start, balloon[0].end, balloon[0].rule)
        elif a.sized(start, end) and self._gapped(clause):
            at = (start, end, "DEV-001")
        elif sizes and (force or same or (self._list_line() and (self.r.acted or a.has("percent", start, end)))):
            at = (sizes[0], sizes[0] + 1, "DEV-001")
        elif (
            force
            and not (balloon or sizes)
            and self._sentence_balloon()
            and (a.has("waist", start, end) or a.has("pressure", start, end))
        ):
            cue = next(x for k in ("waist", "pressure") for x in a.within(k, start, end))
            at = (cue.start, cue.end, cue.rule)
        elif treat and a.has("lesion_ref", start, end) and self._sentence_balloon() and self.clauses[0] != clause:
            at = (treat[0].start, treat[0].end, treat[0].rule)
        elif force and self.r.acted and named and a.has("inflate", start, end):
            cue = a.within("inflate", start, end)[0]
            at = (cue.start, cue.end, cue.rule)
        elif (
            self.r.acted
            and treat
            and (same or _likewise(a.norms, start, end))
            and (named or a.has("lesion_ref", start, end) or same or "both" in a.norms[start:end])
        ):
            at = (treat[0].start, treat[0].end, treat[0].rule)
        elif (
            self.r.acted
            and same
            and (named or self.r.lesions.labelled(a.norms[start:end], start in a.facts["capital"]))
            and (treat or force or self.acts or any("balloon" in a.norms[x.start : x.end] for x in same))
        ):
            at = (same[0].start, same[0].end, same[0].rule)
        else:
            return None
        if self._carried_over(bool(balloon and sizes)):
            return None
        cues = [*a.within("inflate", start, end)[:1], *a.within("treat", start, end)[:1]]
        if any(assertion_at(a, x, y, self.s) != "performed" for x, y in [at[:2], *((c.start, c.end) for c in cues)]):
            return None
        return at[0], at[1], at[2], "implicit", False

    def _next_turn(self) -> bool:
        """ "Then a 12 mm balloon in the femoral vein": a sentence without a verb that goes on with the act before."""
        words = self.a.norms[self.s.start : self.s.end]
        return words[0] in TURNS and not VERBS & set(words)

    def _given(self, clause: tuple[int, int]) -> bool:
        """ "The web had an 8 x 40 Sterling": a sized balloon as what a lesion was given."""
        return any(GIVEN & set(self.a.norms[max(clause[0], x - 2) : x]) for x in self.a.pairs(*clause))

    def _gapped(self, clause: tuple[int, int]) -> bool:
        """ "..., and the shelf with a 10 x 40": a clause without a verb goes on with the act before, at a lesion of its own."""
        words = self.a.norms[clause[0] : clause[1]]
        named = bool(self.names_in(clause))
        given = bool(self.linked) and bool({"with", "a", "an", "to", ";"} & set(words))
        return given and not VERBS & set(words) and (named or bool(self._own_lesion(clause)))

    def _own_lesion(self, clause: tuple[int, int]) -> list[Vein]:
        """The lesion a clause begins with by its own words, when the sentence has not treated it yet."""
        found = described_lesion(
            self.r.lesions.candidates(self.r.stented), self.a.norms[clause[0] : min(clause[1], clause[0] + 6)]
        )
        return [v for v in found if v not in self.linked]

    def _sentence_balloon(self) -> bool:
        """A sized balloon elsewhere in the sentence."""
        sized = bool(self.a.pairs(self.s.start, self.s.end))
        return sized and any(self.a.has(k, self.s.start, self.s.end) for k in ("balloon", "balloon_brand"))

    def _measured(self, clause: tuple[int, int]) -> bool:
        """A width measured or a dose told, and no balloon: no act."""
        a = self.a
        words = a.norms[clause[0] : clause[1]]
        forced = a.has("pressure", *clause) or a.has("waist", *clause)
        balloon = a.has("balloon", *clause) or a.has("balloon_brand", *clause)
        if not MEASURED.isdisjoint(words) and not forced and not balloon:
            return True
        if not CLOSING.isdisjoint(words) and not forced:
            return True
        screened = any(clause[0] <= start < clause[1] for start, _, _ in a.fluoroscopy) or not DOSE.isdisjoint(words)
        return screened and not forced and not a.sized(*clause)

    def _carried_over(self, own_balloon: bool) -> bool:
        """A balloon that the sentence before used for occlusion, sizing or freezing is still that balloon."""
        if own_balloon or self.s.index == 0:
            return False
        before = self.a.sentences[self.s.index - 1]
        if before.paragraph != self.s.paragraph or not self.a.has("other_balloon", before.start, before.end):
            return False
        return not any(x.assertion == "performed" for x in self.a.acts_in(before.index))

    def _list_line(self) -> bool:
        """A list line or table row that begins with a vein."""
        first = self.names[0].start if self.names else 10**9
        return first - self.s.start <= 5

    def _strong(self, clause: tuple[int, int]) -> bool:
        a = self.a
        same = any(a.norms[x.start : x.end] != ["the", "same"] for x in a.within("same", *clause))
        return (
            any(a.has(k, *clause) for k in ("pressure", "waist", "inflate", "treat"))
            or _minutes(a.norms, *clause)
            or same
            or self._given(clause)
            or self._gapped(clause)
        )

    def _elsewhere(self, clause: tuple[int, int]) -> bool:
        """Whether a further clause of the sentence turns to another lesion."""
        words = self.a.norms[clause[0] : clause[1]]
        return any(w in ELSEWHERE for w in words) or self.a.has("side", *clause) or bool(self._own_lesion(clause))

    def _crossing(self) -> None:
        """ "The balloon would not cross the lesion": an attempt without an angioplasty word."""
        if self.acts:
            return
        words = set(self.a.norms[self.s.start : self.s.end])
        balloon = "balloon" in words and bool(words & CROSSED) and self.a.has("reserve", self.s.start, self.s.end)
        failed = "crossing" in words and bool(words & FAILED)
        if not (balloon or failed) or self._foreign((self.s.start, self.s.end)):
            return
        veins = [v for m in self.names if m.relation == "plain" and m.role != "access" for v in m.veins]
        if not veins:
            veins = resolve(self.a, self.s, (self.s.start, self.s.end), self.r.lesions, self._context())[:1]
        for v in veins:
            if v in self.r.lesions.items and v not in self.r.treated:
                self.link(v, "attempted", "crossing", self.s.start, self.s.end, "BAL-005")

    def _targets(self, clause: tuple[int, int], anchor: int, implicit: bool) -> list[VeinMention]:
        out = []
        for m in self.names_in(clause):
            state = self.states[m.start]
            if state.relation in ("source", "landmark", "dest") and not (
                state.relation == "dest" and self._balloon_dest(m, clause)
            ):
                continue
            if m.role == "access" or state.untouched or self.a.norms[m.end : m.end + 1] in (["filter"], ["filters"]):
                continue
            if self._denied(m, clause):
                continue
            if state.normal and (implicit or (m.start > anchor and not self._object(m, anchor))):
                continue
            out.append(m)
        near = [m for m in out if max(m.start - anchor, anchor - m.end) <= REACH]
        return near or out

    def _object(self, m: VeinMention, anchor: int) -> bool:
        between = self.a.norms[anchor : m.start]
        return len(between) <= 6 and any(w in ("of", "in", "across") for w in between)

    def _balloon_dest(self, m: VeinMention, clause: tuple[int, int]) -> bool:
        movers = self.a.within("mover", clause[0], m.start)
        if movers and self.a.norms[movers[-1].start] in ("tip", "tips"):
            return False
        if movers and RESTING & set(self.a.norms[movers[-1].start : m.start]):
            return False
        return any(self.a.has(k, clause[0], m.start) for k in ("balloon", "balloon_brand")) or self.a.sized(
            clause[0], m.start
        )

    def _denied(self, m: VeinMention, clause: tuple[int, int]) -> bool:
        """A vein nearer to a denied act than to a performed one ("was dilated; the SVC was not ballooned")."""
        here = [a for a in self.acts if clause[0] <= a.start < clause[1]]
        if not any(a.assertion != "performed" for a in here):
            return False
        nearest = min(here, key=lambda a: min(abs(a.start - m.end), abs(m.start - a.end)))
        return nearest.assertion != "performed"

    def _earlier_clause(self, clause: tuple[int, int]) -> list[VeinMention]:
        """The veins of the clause before in this sentence, when this one goes on about them."""
        words = self.a.norms[clause[0] : clause[0] + 9]
        if any(w in ELSEWHERE for w in words):
            return []
        for before in reversed([c for c in self.clauses if c[1] <= clause[0]]):
            found = [
                m
                for m in self.names_in(before)
                if (m.relation == "plain" or (m.relation == "dest" and OWN & set(self.a.norms[clause[0] : clause[1]])))
                and m.role != "access"
            ]
            found = [m for m in found if not self.states[m.start].normal and not self.states[m.start].untouched]
            if found:
                lesions = [m for m in found if self.states[m.start].lesion]
                return lesions or self._row_of(found, before)
        return []

    def _row_of(self, found: list[VeinMention], clause: tuple[int, int]) -> list[VeinMention]:
        """The first name, with those a balloon was brought to together with it ("advanced to the EIV and the CIV")."""
        row = found[:1]
        if self._balloon_dest(row[0], clause):
            for m in found[1:]:
                if not self._in_row(row[-1], m):
                    break
                row.append(m)
        return row

    def _foreign(self, clause: tuple[int, int]) -> bool:
        """The act's object is no vein: an artery, a valve, a graft, an anastomosis of a circuit, a baffle, a tract."""
        a = self.a
        if any(clause[0] <= m.start < clause[1] for m in a.arteries_in(self.s.index)):
            return True
        words = a.norms[clause[0] : clause[1]]
        own = {a.norms[x.start] for x in self.acts}
        if not (FOREIGN - own).isdisjoint(words) or _graft_limb(words):
            return True
        if a.by_kind.get("baffle") and any(w in ("limb", "limbs", "channel") for w in words):
            return True
        return bool(a.by_kind.get("circuit")) and not CIRCUIT_PARTS.isdisjoint(words)

    def _cardiac_vein(self, clause: tuple[int, int]) -> bool:
        """A branch of the coronary sinus in a note that names the sinus (P18)."""
        branch = {"branch", "tributary", "cs", "posterolateral", "anterolateral"} & set(
            self.a.norms[clause[0] : clause[1]]
        )
        return bool(branch) and any(v == "coronary_sinus" for m in self.a.veins for v, _ in m.veins)

    def _unnamed_vein(self, kind: str) -> bool:
        """An act on "the vein" that no name can be found for (P25)."""
        if self.s.section.kind == "conclusion" or kind not in ("act", "pta", "dilate"):
            return False
        words = self.a.norms[self.s.start : self.s.end]
        return any(w in ("vein", "veins", "venoplasty", "venous") for w in words) and not any(
            w in ("graft", "patch", "bypass") for w in words
        )

    def _artery_in_focus(self, clause: tuple[int, int]) -> bool:
        """Whether the last vessel told with a lesion or an act was an artery, and nothing in the clause says vein."""
        words = self.a.norms[clause[0] : clause[1]]
        venous = any(w in ("vein", "veins", "venous", "caval") for w in words)
        return not venous and self.r.foreign_focus > self.r.focus_sentence and self.s.index - self.r.foreign_focus <= 8

    def _context(self) -> dict[str, list[Vein]]:
        near = self.s.index - self.r.focus_sentence <= 4
        return {
            "focus": self.r.line_topic or (self.r.focus if near else []),
            "treated": list(dict.fromkeys(self.r.treated)),
            "last": self.r.last_treated,
            "before": self._just_told(),
            "old_stents": list(dict.fromkeys(self.r.old_stents)),
            "stented": list(dict.fromkeys(self.r.stented)),
            "topic": self.r.topic if self.s.index - self.r.topic_sentence <= 2 else [],
            "titled": self.r.titled,
            "pair": self.r.pair,
            "beside": [v for m in self.names if m.relation == "plain" and m.role != "access" for v in m.veins],
            "foreign": [("artery", "none")] if self.r.foreign or not (self.r.lesions.items or self.r.titled) else [],
            "normal": list(self.r.normal),
            "common": sorted((v for v in self.r.named if v not in self.r.normal), key=lambda v: -self.r.named[v]),
        }

    def _just_told(self) -> list[Vein]:
        """What "it" means: the veins that the sentence before treated, else the one it told of."""
        if self.r.acted_sentence == self.s.index - 1:
            return self.r.last_treated
        told = self.r.focus_sentence == self.s.index - 1
        return [v for v in self.r.focus if v not in self.r.normal] if told else []

    # -- results and focus ---------------------------------------------------------------------------------------------

    def _results(self) -> None:
        """ "Residual: portal vein 20 %, SMV 25 %": a result told of a vein."""
        if not self.a.has("residual", self.s.start, self.s.end) and self.s.section.name != "result":
            return
        for m in self.names:
            state = self.states[m.start]
            if state.relation in ("plain", "dest") and not state.untouched and not state.normal:
                for v in m.veins:
                    self.link(v, "result", "state", m.start, m.end, m.rule)

    def _lesion_here(self) -> bool:
        return self.a.has("lesion", self.s.start, self.s.end) or self.a.has("waist", self.s.start, self.s.end)

    def _remember_pair(self) -> None:
        """The two veins told of together that a later "former" and "latter" mean."""
        told = dict.fromkeys(v for m in self.names if m.relation == "plain" and m.role != "access" for v in m.veins)
        if len(told) == 2 and self.s.section.kind in READ:
            self.r.pair = list(told)

    def _refocus(self) -> None:
        self._remember_pair()
        plain = [
            m
            for m in self.names
            if (m.relation == "plain" or (m.relation == "dest" and self.states[m.start].lesion))
            and m.role != "access"
            and not self.states[m.start].normal
        ]
        self._refocus_arteries(plain)
        if not self.names and (self.a.has("lesion_ref", self.s.start, self.s.end) or self._lesion_here()):
            described = described_lesion(
                self.r.lesions.candidates(self.r.stented), self.a.norms[self.s.start : self.s.end]
            )
            if described:
                self.r.focus, self.r.focus_sentence = described, self.s.index
        if not plain:
            plain = [
                m
                for m in self.names
                if m.relation == "plain"
                and m.role != "access"
                and not self.states[m.start].untouched
                and self._list_line()
            ]
        if not plain:
            return
        lesions = [m for m in plain if self.states[m.start].lesion]
        chosen = lesions or plain
        words = self.a.norms[self.s.start : self.s.end]
        turn = words[0] in TURNS and len(words) <= 14 and not VERBS & set(words)
        if turn and len(plain) == 1 and self.s.section.kind in READ:
            self.r.topic, self.r.topic_sentence = list(plain[0].veins), self.s.index
        else:
            self.r.topic = []
        self.r.focus = list(chosen[-1].veins) if lesions else list(chosen[0].veins)
        self.r.focus_sentence = self.s.index
        if self.s.line_start and self._list_line():
            self.r.line_topic = list(plain[0].veins)

    def _refocus_arteries(self, plain: list[VeinMention]) -> None:
        arteries = self.a.arteries_in(self.s.index)
        if not arteries or any(self.states[m.start].lesion for m in plain):
            return
        told = (
            strong_lesion(self.a, self.s.start, self.s.end)
            or self.a.has("percent", self.s.start, self.s.end)
            or self.acts
        )
        if told and not plain:
            self.r.foreign_focus = self.s.index


#: Kinds of atoms one of which (or a size) a clause must hold to tell a balloon without an angioplasty word.
IMPLYING = ("balloon", "balloon_brand", "inflate", "pressure", "same", "treat", "waist")
RANGE_BEGINS = frozenset(
    "starting starts started beginning begins began extending extended extends running runs ran".split()
)
RANGE_ENDS = frozenset("into to through ends ending reaches reaching".split())
#: Tokens between an act and a vein of its clause, where one stands nearer (run-on notes).
REACH = 45
CAVAE = frozenset({"inferior_vena_cava", "superior_vena_cava"})
JOINED = frozenset("anastomosis anastomotic suture reimplantation".split())
NEVER = frozenset(
    {
        "would not track",
        "would not enter",
        "never inflated",
        "not inflated",
        "without being inflated",
        "before any inflation",
        "never opened",
    }
)
OWN = frozenset({"its", "there"})
SHUNT_STENT = frozenset({"viatorr", "tips", "shunt"})
BESIDE_STENT = frozenset("below above beyond within inside through".split())
OF_THESE = (
    ["of", "these"],
    ["of", "the"],
    ["these", "lesions"],
    ["both", "lesions"],
    ["all", "lesions"],
    ["the", "lesions"],
)
TWO_OF_THEM = ({"former", "latter"}, {"first", "second"}, {"one", "other"})
PARTS = (["stent"], ["segment"], ["limb"], ["anastomosis"], ["end"], ["portion"], ["part"], ["confluence"], ["ostium"])
GIVEN = frozenset("had got took has gets takes".split())
RESTING = frozenset("lying parked seated looped tip resting left kept".split())
CROSSED = frozenset("cross crossed crossing track advance advanced pass passed traverse".split())
OLD = frozenset("old existing prior previous previously indwelling earlier".split())
FAILED = frozenset("failed unsuccessful unsuccessfully".split())
TURNS = frozenset("then next now first finally lastly second third on".split())
MEASURED = frozenset(
    "measured measures measuring diameter diameters area areas calibre caliber wide width reference".split()
)
CLOSING = frozenset(
    "sheaths removed hemostasis haemostasis compression manual manually dressing ward recovery sutured closed".split()
)
DOSE = frozenset("mgy contrast dap kerma omnipaque visipaque dose sedation fentanyl midazolam ebl".split())
PLACED = frozenset("deployed placed released implanted inserted delivered opened put laid".split())
NOT_STENTED = frozenset({"without", "opened", "shelf", "unopened", "declined", "considered", "discussed"})
ELSEWHERE = frozenset({"contralateral", "other", "second", "third", "opposite", "both", "each", "remaining"})
FOREIGN = frozenset(
    "valve valves annulus baffle tract septum septal defect conduit bypass esophagus duct ureter trachea arterial artery "
    "arteries coronary lad rca circumflex aortic mitral pulmonic branch atrial urethra pylorus shunt pta endplate hook "
    "viatorr mustard senning fontan pathway coarctation coarct recoarctation isthmus ductus rvot homograft "
    "apex struts strut vertebral tamps pedicle coupler sinuplasty endograft maxillary urethral".split()
)
CIRCUIT_PARTS = frozenset(
    "anastomosis anastomoses graft fistula intragraft swing juxta avf avg outflow cannulation circuit anast needling inflow".split()
)


def _minutes(norms: list[str], start: int, end: int) -> bool:
    """A duration of inflation: "2 min", "90 s", "60 sec", "x 2"."""
    for i in range(start, end - 1):
        if norms[i].isdecimal() and norms[i + 1] in ("min", "mins", "minutes", "minute", "s", "sec", "secs", "seconds"):
            return True
        if norms[i][:-1].isdecimal() and norms[i].endswith("s") and len(norms[i]) <= 4:
            return True
        if norms[i] in ("one", "two", "three", "five") and norms[i + 1] in (
            "minutes",
            "minute",
            "inflations",
            "inflation",
        ):
            return True
    return False


def _graft_limb(words: list[str]) -> bool:
    """ "The iliac limb": of an aortic endograft."""
    return ("limb" in words or "limbs" in words) and any(
        w in ("limb", "limbs") and words[i - 1] in ("iliac", "graft", "endograft") for i, w in enumerate(words) if i
    )


def _unpacked(norms: list[str], at: int) -> bool:
    """ "A balloon was opened", "opened and loaded": out of its packet."""
    return norms[at] == "opened" and (
        norms[at - 1] == "been"
        or (norms[at - 1] in ("was", "were") and norms[at - 2] in ("balloon", "balloons"))
        or (norms[at + 1 : at + 2] == ["and"] and bool(LOADED & set(norms[at + 2 : at + 4])))
    )


LOADED = frozenset("loaded prepped prepared flushed primed".split())


def _told_pressure(analysis: Analysis, start: int, end: int) -> bool:
    """A pressure with its number ("12 atm", "nominal pressure"); a table's head has none."""
    return any(analysis.norms[x.start - 1][:1].isdecimal() or (analysis.norms[x.start - 1].isalpha() and x.start - 1 > start
               and analysis.norms[x.start - 1] not in ("mm", "balloon")) for x in analysis.within("pressure", start, end))  # fmt: skip


def _likewise(norms: list[str], start: int, end: int) -> bool:
    words = norms[start:end]
    return any(
        w
        in (
            "both",
            "each",
            "two",
            "three",
            "four",
            "all",
            "also",
            "second",
            "third",
            "latter",
            "other",
            "next",
            "then",
            "turn",
            "too",
        )
        for w in words
    )


def is_title(analysis: Analysis, sentence: Sentence) -> bool:
    """A line without a verb, before the procedure begins, reads as a title even where no heading says so."""
    if (
        sentence.section.kind not in ("preamble", "body")
        or not sentence.line_start
        or sentence.end - sentence.start > 40
    ):
        return False
    if sentence.section.kind == "body" and not analysis.acts_in(sentence.index):
        return False
    words = analysis.norms[sentence.start : sentence.end]
    if words[1:2] == ["="]:  # a legend: "A = IVC"
        return False
    begun = analysis.access and sentence.index >= analysis.access[0].sentence
    if begun and (sentence.index > 6 or sentence.section.kind == "body"):
        return False
    sized = analysis.sized(sentence.start, sentence.end)
    told = any(analysis.has(k, sentence.start, sentence.end) for k in ("pressure", "percent", "residual", "waist"))
    return not VERBS & set(words) and not sized and not told and not any(is_year(w) for w in words)


VERBS = frozenset("was were is had has have are i we our found showed he she it came went".split())


def _roles(analysis: Analysis) -> None:
    """A vein dilated around today's stent is stented (how the guideline marks it)."""
    stented = {link.vein for link in analysis.links if link.event in ("stent",)}
    around = {(link.vein, link.sentence) for link in analysis.links if link.event == "around"}
    for m in analysis.veins:
        if m.role == "treated" and any(v in stented and (v, m.sentence) in around for v in m.veins):
            m.role = "stented"
