"""The engine: builds the pipeline once and runs the four stages for one note."""

from __future__ import annotations

import hashlib
import math
import threading
import warnings
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from venocode import __version__
from venocode.classifier.calibration import expit
from venocode.classifier.evidence import gather
from venocode.classifier.features import rules_probability
from venocode.classifier.note import note_features
from venocode.counting import PolicySettings, count, load_policy
from venocode.counting.count import Counted, CountedNote, lane, log_agreement
from venocode.counting.policy import Case
from venocode.findings import circuit_limb, note_facts, vein_findings
from venocode.pipes.analysis import Analysis, analysis_of
from venocode.records import AccessSite, CodeLine, Evidence, Explanation, Flag, Mention, NoteResult, Vein, VeinDecision
from venocode.rules import load_rules
from venocode.text import NoteText, read_note

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from venocode.classifier.model import VeinModel

PIPES = ("normalizer", "lexer", "sections", "sentences", "veins", "mentions", "status", "events")
MOST_EVIDENCE = 4
#: Threshold of the auto lane without a learned head, and one no probability reaches.
RULES_THRESHOLD, NEVER = 0.85, 1.1


def build_pipeline() -> Language:
    """A blank English pipeline with the venocode tokenizer and pipes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import spacy

        from venocode.pipes import registered
        from venocode.pipes.tokenizer import NoteTokenizer

        nlp = spacy.blank("en")
        nlp.tokenizer = NoteTokenizer(nlp.vocab)
        nlp.max_length = 20_000_000
        assert registered
        for name in PIPES:
            nlp.add_pipe(f"venocode_{name}")
    return nlp


class Engine:
    """Note in, result record out.

    Parameters
    ----------
    policy : PolicySettings
        Settings of the coding policy.
    model : VeinModel or None
        The classifier; None decides by the rules alone.
    """

    def __init__(self, policy: PolicySettings, model: VeinModel | None) -> None:
        self.policy = policy
        self.model = model
        self.nlp = build_pipeline()
        self._lock = threading.Lock()
        self._provenance = {
            "version": __version__,
            "rules": f"sha256:{load_rules().digest}",
            "model": f"sha256:{model.digest}" if model else "rules-only",
        }

    @property
    def identity(self) -> dict[str, str]:
        """What a result depends on besides its note: version, and the hashes of rules, model and policy settings."""
        policy = hashlib.sha256(self.policy.model_dump_json().encode("utf-8")).hexdigest()
        return {**self._provenance, "policy": f"sha256:{policy}"}

    def analyse(self, text: str) -> tuple[NoteText, Doc]:
        """Read a note and annotate it. The Doc must not leave the process.

        Parameters
        ----------
        text : str
            The note as received.

        Returns
        -------
        tuple of (NoteText, Doc)
            The text as read with the way back to ``text``, and the spaCy Doc with the analysis on ``doc._.venocode``.
        """
        note = read_note(text)
        with self._lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            doc = self.nlp(note.text)
        return note, doc

    def code(self, text: str, note_id: str = "note") -> NoteResult:
        """Code one note.

        Parameters
        ----------
        text : str
            The note as received; all offsets of the result point into it.
        note_id : str
            Identifier carried into the record.

        Returns
        -------
        NoteResult
        """
        note, doc = self.analyse(text)
        analysis = analysis_of(doc)
        case = self.case(analysis)
        weighed = self._weighed(case)
        counted = count(case, self._probabilities(case, weighed))
        return _Record(note, doc, analysis, case, counted, weighed, self).result(note_id)

    def case(self, analysis: Analysis) -> Case:
        """The findings and facts of one note, ready for the policy.

        Parameters
        ----------
        analysis : Analysis
            What the pipes found.

        Returns
        -------
        Case
        """
        findings, told = gather(vein_findings(analysis), analysis)
        facts = replace(note_facts(analysis), evidence=told)
        valve = any(act.kind == "valve" and act.assertion == "performed" for act in analysis.acts)
        return Case(findings, facts, self.policy, circuit_limb(analysis), valve)

    def decide(self, case: Case) -> CountedNote:
        """The veins of one note as counted.

        Parameters
        ----------
        case : Case
            Findings and facts of the note.

        Returns
        -------
        CountedNote
        """
        return count(case, self._probabilities(case, self._weighed(case)))

    def _weighed(self, case: Case) -> dict[tuple[str, str], Explanation]:
        return self.model.explanations(case.findings) if self.model else {}

    def _probabilities(self, case: Case, weighed: dict[tuple[str, str], Explanation]) -> dict[tuple[str, str], float]:
        if self.model is None:
            return {f.vein: rules_probability(f) for f in case.findings}
        return {v: expit(e.log_odds) for v, e in weighed.items()}

    @property
    def auto_threshold(self) -> float:
        """Note probability from which a note may be ``auto``: the policy's, else the model's; above 1 when it has none."""
        if self.policy.auto_threshold is not None:
            return self.policy.auto_threshold
        if self.model is None:
            return RULES_THRESHOLD
        return self.model.auto.threshold if self.model.auto else NEVER

    def provenance(self, text: str) -> dict[str, str]:
        """Version and hashes that make a result reproducible.

        Parameters
        ----------
        text : str
            The note as received.

        Returns
        -------
        dict of str to str
            ``version``, ``rules``, ``model`` and ``note_sha256``.
        """
        return {**self._provenance, "note_sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()}


class _Record:
    """Turn tokens into offsets of the note as received."""

    def __init__(
        self, note: NoteText, doc: Doc, analysis: Analysis, case: Case, counted: CountedNote,
        weighed: dict[tuple[str, str], Explanation], engine: Engine,
    ) -> None:  # fmt: skip
        self.note, self.doc, self.a, self.case, self.counted, self.engine = note, doc, analysis, case, counted, engine
        self.facts, self.weighed = case.facts, weighed
        self.rules: dict[tuple[int, int], str] = {}

    def span(self, start: int, end: int) -> tuple[int, int]:
        starts, last = self.a.starts, end - 1
        return self.note.to_source(starts[start], starts[last] + len(self.a.texts[last]))

    def evidence(self, start: int, end: int, rule: str) -> Evidence:
        s, e = self.span(start, end)
        section = self.a.sentence_at(start).section.name
        return Evidence(s, e, self.note.source[s:e], section, rule)

    def rule_at(self, at: tuple[int, int]) -> str:
        """The rule that found the access, the fluoroscopy or, where an access is only listed, the vessel."""
        if not self.rules:
            self.rules = {(s, e): rule for s, e, rule in self.a.fluoroscopy}
            self.rules |= {(m.start, m.end): m.rule for m in (*self.a.veins, *self.a.arteries)}
            self.rules |= {(x.start, x.end): x.rule for x in self.a.access}
        return self.rules[at]

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """The sentence around an act, at most forty tokens: what an auditor reads."""
        sentence = self.a.sentence_at(start)
        return max(sentence.start, start - 20), min(sentence.end, end + 20)

    def result(self, note_id: str) -> NoteResult:
        codes = tuple(code_lines(self.counted.counted, self.engine.policy))
        names = [name for name, _ in self.counted.flags]
        model = self.engine.model
        explanation = model.note_explanation(note_features(self.counted, self.case)) if model else None
        probability = note_probability(self.counted, model, explanation)
        return NoteResult(
            note_id=note_id,
            codes=codes,
            veins=tuple(self._decision(d) for d in self.counted.veins),
            mentions=tuple(sorted(self._mentions(), key=lambda m: (m.start, m.end, m.label))),
            access=tuple(
                AccessSite(v[0], v[1], approach, (self.evidence(*at, self.rule_at(at)),))
                for v, approach, at in self.facts.access
            ),
            fluoroscopy=tuple(self.evidence(*at, self.rule_at(at)) for at in self.facts.fluoroscopy),
            documentation=self.counted.documentation,
            flags=tuple(Flag(name, (self.evidence(*at, name),) if at else ()) for name, at in self.counted.flags),
            disposition=lane(names, probability, self.engine.auto_threshold),
            probability=probability,
            rationale=self.counted.rationale,
            provenance=self.engine.provenance(self.note.source),
            explanation=explanation,
        )

    def _decision(self, d: Counted) -> VeinDecision:
        order = {"treated": 0, "around": 1, "conclusion": 2, "stent": 3, "attempted": 4, "negated": 5, "historical": 6, "planned": 7,
                 "other_balloon": 8, "result": 9, "title": 10, "untouched": 11, "lesion": 12, "normal": 13, "access": 14}  # fmt: skip
        links = sorted(d.finding.links, key=lambda link: (order.get(link.event, 20), link.start))
        evidence: list[Evidence] = []
        for link in links:
            start, end = self.clause(link.start, link.end)
            item = self.evidence(start, end, link.rule)
            if all(item.start >= e.end or item.end <= e.start for e in evidence):
                evidence.append(item)
            if len(evidence) == MOST_EVIDENCE:
                break
        vein = Vein(*d.finding.vein)
        decision, explanation = "counted" if d.counted else "not_counted", self.weighed.get(d.finding.vein)
        return VeinDecision(vein, decision, d.reason, d.probability, tuple(evidence), d.rules, explanation)

    def _mentions(self) -> list[Mention]:
        out = []
        for act in self.a.acts:
            out.append(self._mention("ANGIOPLASTY", act.start, act.end, act.rule, assertion=act.assertion))
        for m in self.a.veins:
            veins = tuple(Vein(*v) for v in m.veins)
            out.append(self._mention("VEIN", m.start, m.end, m.rule, veins=veins, role=m.role))
        for start, end, rule in self.a.fluoroscopy:
            out.append(self._mention("FLUOROSCOPY", start, end, rule))
        for access in self.a.access:
            out.append(self._mention("ACCESS", access.start, access.end, access.rule, approach=access.approach))
        return out

    def _mention(self, label: str, start: int, end: int, rule: str, *, assertion: str | None = None,
                 veins: tuple[Vein, ...] = (), role: str | None = None, approach: str | None = None) -> Mention:  # fmt: skip
        e = self.evidence(start, end, rule)
        return Mention(label, e.start, e.end, e.text, e.section, rule, assertion, veins, role, approach)


def code_lines(counted: tuple[Counted, ...], policy: PolicySettings) -> list[CodeLine]:
    """P2: the first vein once, every further vein once; no line of zero units.

    Parameters
    ----------
    counted : tuple of Counted
        Veins that earn a unit, in the order of the note.
    policy : PolicySettings
        Names the two codes.

    Returns
    -------
    list of CodeLine
        Empty when no vein counts.
    """
    veins = tuple(Vein(*d.finding.vein) for d in counted)
    lines = []
    if veins:
        lines.append(CodeLine(policy.first_code, 1, veins[:1]))
    if len(veins) > 1:
        lines.append(CodeLine(policy.addon_code, len(veins) - 1, veins[1:]))
    return lines


def note_probability(counted: CountedNote, model: VeinModel | None, explanation: Explanation | None) -> float:
    """Probability (0-1) that codes and units of the note are right.

    Parameters
    ----------
    counted : CountedNote
        The veins as decided.
    model : VeinModel or None
        Holds the calibration.
    explanation : Explanation or None
        What the note head says; without one it is the plain product over the veins.

    Returns
    -------
    float
    """
    if model is None or explanation is None:
        return math.exp(log_agreement(counted.veins))
    return model.curve.probability(explanation.log_odds)


@lru_cache(maxsize=4)
def load(policy: Path | None = None, model: Path | None = None) -> Engine:
    """The engine behind ``venocode.load``, which describes it: here the paths are ``Path`` objects, for the cache."""
    from venocode.classifier.model import load_model

    settings = load_policy(policy)
    return Engine(settings, load_model(model))
