"""Pipe ``venocode_lexer``: every lexicon literal in one matcher pass.

The rules are medspaCy ``TargetRule`` and ``ConTextRule`` objects in one ``MedspacyMatcher`` on the normalised
spelling; the longest hit of a kind wins.
"""

import warnings
from operator import itemgetter
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from venocode.pipes.analysis import Analysis, Atom, analysis_of
from venocode.rules import Entry, entries, load_rules

#: Words of a note on calf veins, in which PTV is the posterior tibial vein and not venoplasty.
TIBIAL = frozenset("tibial tibials atv atvs peroneal peroneals calf soleal gastrocnemius".split())
MONTH = frozenset({"May", "MAY"})
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
        self.entries: dict[int, list[tuple[str, Entry]]] = {
            self.vocab.strings[rule_id]: [(_family(entry), entry) for entry in rule.metadata["entries"]]
            for rule_id, rule in self.matcher.rule_map.items()
        }

    def __call__(self, doc: Doc) -> Doc:
        analysis = analysis_of(doc)
        _mark_tokens(analysis)
        by_family: dict[str, list[Atom]] = {}
        for match_id, start, end in self.matcher(doc):
            for family, entry in self.entries[match_id]:
                by_family.setdefault(family, []).append(Atom(start, end, entry.kind, entry.value, entry.rule))
        atoms = [a for family, found in by_family.items() for a in longest(found, overlap=family.startswith("cue"))]
        tools = {i for a in atoms if a.kind == "other_balloon" for i in range(a.start, a.end)}
        atoms = [a for a in atoms if a.kind != "lesion" or a.start not in tools]  # "an occlusion balloon"
        atoms.sort(key=itemgetter(0, 1))
        analysis.atoms = atoms
        analysis.index_atoms()
        return doc


def _mark_tokens(analysis: Analysis) -> None:
    """Tokens that mean something by how they are written: "May", glued hyphens, single capitals."""
    texts, spaced = analysis.texts, analysis.spaced
    signs = {text for text in set(texts) if (len(text) == 1 and (text == "-" or text.isupper())) or text in MONTH}
    signed = [i for i, text in enumerate(texts) if text in signs]
    analysis.facts["month"] = {i for i in signed if texts[i] in MONTH}
    analysis.facts["hyphens"] = {i for i in signed if texts[i] == "-" and i and not spaced[i - 1] and not spaced[i]}
    analysis.facts["tibial"] = not TIBIAL.isdisjoint(analysis.where)
    analysis.facts["capital"] = {i for i in signed if len(texts[i]) == 1 and texts[i] != "-"}


def _family(entry: Entry) -> str:
    """Kinds that compete; cues compete by direction, so that a longer backward cue does not hide a forward one."""
    if entry.kind == "cue":
        return f"cue {entry.value.direction}"
    return FAMILIES.get(entry.kind, entry.kind)


def longest(atoms: list[Atom], *, overlap: bool = False) -> list[Atom]:
    """Drop atoms inside a longer one (and, unless ``overlap``, those that overlap an earlier longer one)."""
    if len(atoms) == 1:
        return atoms
    atoms.sort(key=itemgetter(1), reverse=True)  # two stable sorts by a plain item: by start, then longest first
    atoms.sort(key=itemgetter(0))
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
