"""The engine: builds the pipeline once and runs the four stages for one note."""

from __future__ import annotations

import hashlib
import math
import threading
import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from venocode import __version__
from venocode.classifier.features import rules_probability
from venocode.counting import PolicySettings, count, load_policy
from venocode.counting.count import Counted, CountedNote, lane, log_agreement
from venocode.counting.policy import Case
from venocode.findings import NoteFacts, VeinFinding, circuit_limb, note_facts, vein_findings
from venocode.pipes.analysis import Analysis, analysis_of
from venocode.records import AccessSite, CodeLine, Evidence, Flag, Mention, NoteResult, Vein, VeinDecision
from venocode.rules import load_rules
from venocode.text import NoteText, read_note

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from venocode.classifier.model import VeinModel

PIPES = ("normalizer", "lexer", "sections", "sentences", "veins", "mentions", "status", "events")
MOST_EVIDENCE = 4


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
        counted = count(case, self.probabilities(case.findings))
        return _Record(note, doc, analysis, case.facts, counted, self).result(note_id)

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
        findings = tuple(vein_findings(analysis))
        valve = any(act.kind == "valve" and act.assertion == "performed" for act in analysis.acts)
        return Case(findings, note_facts(analysis), self.policy, circuit_limb(analysis), valve)

    def probabilities(self, findings: Sequence[VeinFinding]) -> dict[tuple[str, str], float]:
        """Probability (0-1) of every vein that it was ballooned in this session, by the classifier or by the rules.

        Parameters
        ----------
        findings : sequence of VeinFinding
            Of one note.

        Returns
        -------
        dict
            By vein and side.
        """
        if self.model is None:
            return {f.vein: rules_probability(f) for f in findings}
        return self.model.probabilities(findings)

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
        self, note: NoteText, doc: Doc, analysis: Analysis, facts: NoteFacts, counted: CountedNote, engine: Engine
    ) -> None:
        self.note, self.doc, self.a, self.facts, self.counted, self.engine = note, doc, analysis, facts, counted, engine
        self.rules: dict[tuple[int, int], str] = {}

    def span(self, start: int, end: int) -> tuple[int, int]:
        first, last = self.doc[start], self.doc[end - 1]
        return self.note.to_source(first.idx, last.idx + len(last))

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
        calibration = self.engine.model.calibration if self.engine.model else None
        probability = note_probability(self.counted, calibration)
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
            disposition=lane(names, probability, self.engine.policy.auto_threshold),
            probability=probability,
            rationale=self.counted.rationale,
            provenance=self.engine.provenance(self.note.source),
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
        return VeinDecision(
            vein, "counted" if d.counted else "not_counted", d.reason, d.probability, tuple(evidence), d.rules
        )

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


def note_probability(counted: CountedNote, calibration: tuple[float, float] | None) -> float:
    """Probability (0-1) that codes and units of the note are right.

    The product of the veins' probabilities is too low where many veins are only named, so it is calibrated by a
    logistic curve fitted to held-out notes.

    Parameters
    ----------
    counted : CountedNote
        The veins as decided.
    calibration : tuple of float, or None
        Intercept and slope on the log product; None gives the plain product.

    Returns
    -------
    float
    """
    return calibrated(log_agreement(counted.veins), calibration)


def calibrated(agreement: float, calibration: tuple[float, float] | None) -> float:
    """Probability (0-1) of a note from the log agreement of its veins (see ``note_probability``)."""
    if calibration is None:
        return math.exp(agreement)
    intercept, slope = calibration
    return 1.0 / (1.0 + math.exp(-(intercept + slope * agreement)))


@lru_cache(maxsize=4)
def load(policy: Path | None = None, model: Path | None = None) -> Engine:
    """The engine behind ``venocode.load``, which describes it: here the paths are ``Path`` objects, for the cache."""
    from venocode.classifier.model import load_model

    settings = load_policy(policy)
    return Engine(settings, load_model(model))
