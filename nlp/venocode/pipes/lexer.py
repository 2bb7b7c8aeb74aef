"""Pipe ``venocode_lexer``: every lexicon literal in one matcher pass.

The rules are medspaCy ``TargetRule`` and ``ConTextRule`` objects in one ``MedspacyMatcher`` on the normalised
spelling; the longest hit of a kind wins.
"""

import warnings
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from venocode.pipes.analysis import Analysis, Atom, analysis_of
from venocode.rules import Entry, entries, load_rules

#: Words of a note on calf veins, in which PTV is the posterior tibial vein and not venoplasty.
TIBIAL = frozenset("tibial tibials atv atvs peroneal peroneals calf soleal gastrocnemius".split())
#: Kinds whose hits compete: only the longest of a family survives at one place.
FAMILIES = {"not_angioplasty": "angioplasty", "not_access": "access", "full": "name", "stem": "name", "artery": "name",
            "stent_old": "stent_old", "tips_not": "tips"}  # fmt: skip
DIRECTIONS = {"forward": "FORWARD", "backward": "BACKWARD", "both": "BIDIRECTIONAL", "terminate": "TERMINATE",
              "pseudo": "PSEUDO"}  # fmt: skip


def ptv_is_venoplasty(analysis: Analysis, at: int) -> bool:
    """PTV as percutaneous transluminal venoplasty, not the posterior tibial vein of a calf or of a named side (P12)."""
    sided = at > 0 and analysis.norms[at - 1] in ("left", "right", "l", "r", "lt", "rt")
    follows = analysis.norms[at + 1 : at + 2]
    return not analysis.facts["tibial"] and (not sided or follows in (["of"], ["with"], ["performed"], ["x"]))


class Lexer:
    """Match the lexicon and keep the hits as atoms on ``doc._.venocode``."""

    def __init__(self, nlp: Language) -> None:
        with warnings.catch_warnings():
            from medspacy.common.medspacy_matcher import MedspacyMatcher
            from medspacy.context import ConTextRule
            from medspacy.target_matcher import TargetRule
        self.vocab = nlp.vocab
        self.matcher = MedspacyMatcher(nlp, name="venocode", phrase_matcher_attr="NORM", prune=False)
        grouped: dict[str, list[Entry]] = {}
        for entry in entries(load_rules()):
            grouped.setdefault(entry.literal.lower(), []).append(entry)
        rules: list[Any] = []
        for literal, group in grouped.items():
            cue = next((e for e in group if e.kind == "cue"), None)
            if cue is not None:
                rules.append(ConTextRule(literal, "venocode", direction=DIRECTIONS[cue.value.direction],
                                         metadata={"entries": group}))  # fmt: skip
            else:
                rules.append(TargetRule(literal, "venocode", metadata={"entries": group}))
        self.matcher.add(rules)
        self.entries: dict[int, list[Entry]] = {
            self.vocab.strings[rule_id]: rule.metadata["entries"] for rule_id, rule in self.matcher.rule_map.items()
        }

    def __call__(self, doc: Doc) -> Doc:
        analysis = analysis_of(doc)
        analysis.norms = [token.norm_ for token in doc]
        texts = [token.text for token in doc]
        analysis.facts["month"] = {i for i, text in enumerate(texts) if text in ("May", "MAY")}
        analysis.facts["hyphens"] = {
            i for i, t in enumerate(texts) if t == "-" and i and not doc[i - 1].whitespace_ and not doc[i].whitespace_
        }
        analysis.facts["tibial"] = bool(TIBIAL & set(analysis.norms))
        analysis.facts["capital"] = {i for i, text in enumerate(texts) if len(text) == 1 and text.isupper()}
        by_family: dict[str, list[Atom]] = {}
        for match_id, start, end in self.matcher(doc):
            for entry in self.entries[match_id]:
                atom = Atom(start, end, entry.kind, entry.value, entry.rule)
                by_family.setdefault(_family(entry), []).append(atom)
        atoms = [a for family, found in by_family.items() for a in longest(found, overlap=family.startswith("cue"))]
        tools = {i for a in atoms if a.kind == "other_balloon" for i in range(a.start, a.end)}
        atoms = [a for a in atoms if a.kind != "lesion" or a.start not in tools]  # "an occlusion balloon"
        atoms.sort(key=lambda a: (a.start, a.end))
        analysis.atoms = atoms
        analysis.index_atoms()
        return doc


def _family(entry: Entry) -> str:
    """Kinds that compete; cues compete by direction, so that a longer backward cue does not hide a forward one."""
    if entry.kind == "cue":
        return f"cue {entry.value.direction}"
    return FAMILIES.get(entry.kind, entry.kind)


def longest(atoms: list[Atom], *, overlap: bool = False) -> list[Atom]:
    """Drop atoms inside a longer one (and, unless ``overlap``, those that overlap an earlier longer one)."""
    atoms.sort(key=lambda a: (a.start, -a.end))
    kept: list[Atom] = []
    for atom in atoms:
        if kept and atom.start < kept[-1].end:
            last = kept[-1]
            same = (atom.start, atom.end) == (last.start, last.end)
            if overlap and (same or atom.end > last.end):
                kept.append(atom)
            elif not overlap and atom.end - atom.start > last.end - last.start:
                kept[-1] = atom
            continue
        kept.append(atom)
    return kept


@Language.factory("venocode_lexer")
def create_lexer(nlp: Language, name: str) -> Lexer:
    """Build the pipe."""
    return Lexer(nlp)
