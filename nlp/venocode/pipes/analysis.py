"""What the pipes know about one note while it is read: plain, slotted objects on ``doc._.venocode``."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spacy.tokens import Doc


class Atom(NamedTuple):
    """One lexicon hit: token offsets, what it stands for and its rule."""

    start: int
    end: int
    kind: str
    value: Any
    rule: str


@dataclass(slots=True)
class Section:
    """A stretch of tokens under one heading. ``kind`` decides how it is read (sections.yaml)."""

    name: str
    kind: str
    start: int
    end: int
    body_start: int


@dataclass(slots=True)
class Sentence:
    """A sentence or list line: token offsets, its section and its paragraph."""

    index: int
    start: int
    end: int
    section: Section
    paragraph: int
    line_start: bool


@dataclass(slots=True)
class VeinMention:
    """A vein noun phrase. ``names`` holds (side or None, canonical vein)."""

    start: int
    end: int
    names: list[tuple[str | None, str]]
    headed: bool
    rule: str
    sentence: int = -1
    artery: bool = False
    veins: list[tuple[str, str]] = field(default_factory=list)
    inferred: bool = False
    role: str = "imaged"
    relation: str = "plain"


@dataclass(slots=True)
class Act:
    """A mention of balloon dilation."""

    start: int
    end: int
    kind: str
    rule: str
    sentence: int
    assertion: str = "performed"


@dataclass(slots=True)
class AccessMention:
    """A mention of vascular access with the vessels it names."""

    start: int
    end: int
    approach: str
    rule: str
    sentence: int
    vessels: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Link:
    """A vein that a sentence says something about: what was done to it, how the text says so, and where."""

    vein: tuple[str, str]
    event: str
    how: str
    sentence: int
    start: int
    end: int
    rule: str


@dataclass(slots=True)
class Analysis:
    """Everything the pipes found in one note.

    The first five fields repeat what the Doc holds (the note, and of every token its text, whether a space follows, its
    first character and its spelling): reading a list costs a small part of asking a spaCy token.
    """

    text: str = ""
    texts: list[str] = field(default_factory=list)
    spaced: list[bool] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    norms: list[str] = field(default_factory=list)
    atoms: list[Atom] = field(default_factory=list)
    by_kind: dict[str, list[Atom]] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    veins: list[VeinMention] = field(default_factory=list)
    arteries: list[VeinMention] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    access: list[AccessMention] = field(default_factory=list)
    fluoroscopy: list[tuple[int, int, str]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    _starts: dict[str, list[int]] = field(default_factory=dict)
    _groups: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    _sentence_starts: list[int] = field(default_factory=list)
    _indexes: dict[str, tuple[Any, int, Any]] = field(default_factory=dict)

    @property
    def where(self) -> dict[str, list[int]]:
        """The places of every spelling: what would be a pass over the tokens becomes a look-up."""
        return self._cached("where", self.norms, _places)  # type: ignore[no-any-return]

    def index_atoms(self) -> None:
        """Group the atoms by kind, in text order."""
        self.by_kind = {}
        for atom in self.atoms:
            self.by_kind.setdefault(atom.kind, []).append(atom)
        self._starts = {kind: [a.start for a in atoms] for kind, atoms in self.by_kind.items()}
        self._groups = {}

    def within(self, kind: str, start: int, end: int) -> list[Atom]:
        """Atoms of a kind that begin in [start, end)."""
        starts = self._starts.get(kind)
        if starts is None:
            return []
        at = bisect_left(starts, start)
        return self.by_kind[kind][at : bisect_left(starts, end, at)]

    def has(self, kind: str, start: int, end: int) -> bool:
        """Whether an atom of the kind begins in [start, end)."""
        starts = self._starts.get(kind)
        return starts is not None and _any_in(starts, start, end)

    def has_any(self, kinds: tuple[str, ...], start: int, end: int) -> bool:
        """Whether an atom of one of the kinds begins in [start, end)."""
        starts = self._groups.get(kinds)
        if starts is None:
            starts = self._groups[kinds] = sorted(start for kind in kinds for start in self._starts.get(kind, ()))
        return _any_in(starts, start, end)

    def sentences_with(self, kinds: Iterable[str]) -> set[int]:
        """Indices of the sentences in which an atom of one of the kinds begins."""
        return {self.sentence_at(start).index for kind in kinds for start in self._starts.get(kind, ())}

    def sized(self, start: int, end: int) -> bool:
        """Whether a balloon-like size begins in [start, end)."""
        return _any_in(self.facts["sizes"], start, end)

    def pairs(self, start: int, end: int) -> list[int]:
        """Tokens in [start, end) where a pair such as "12 x 40" begins."""
        found: list[int] = self.facts["pairs"]
        return found[bisect_left(found, start) : bisect_left(found, end)]

    def acts_between(self, start: int, end: int) -> list[Act]:
        """Acts that begin in [start, end)."""
        starts = self._cached("act_starts", self.acts, lambda acts: [a.start for a in acts])
        return self.acts[bisect_left(starts, start) : bisect_left(starts, end)]

    def acts_in(self, sentence: int) -> list[Act]:
        """Acts of a sentence."""
        return self._cached("acts", self.acts, _by_sentence).get(sentence, [])  # type: ignore[no-any-return]

    def veins_in(self, sentence: int) -> list[VeinMention]:
        """Vein mentions of a sentence."""
        return self._cached("veins", self.veins, _by_sentence).get(sentence, [])  # type: ignore[no-any-return]

    def arteries_in(self, sentence: int) -> list[VeinMention]:
        """Artery mentions of a sentence."""
        return self._cached("arteries", self.arteries, _by_sentence).get(sentence, [])  # type: ignore[no-any-return]

    def access_in(self, sentence: int) -> list[AccessMention]:
        """Access mentions of a sentence."""
        return self._cached("access", self.access, _by_sentence).get(sentence, [])  # type: ignore[no-any-return]

    def _cached(self, name: str, items: list[Any], build: Callable[[list[Any]], Any]) -> Any:
        """An index over a list, built again when the list was replaced or has grown."""
        held = self._indexes.get(name)
        if held is None or held[0] is not items or held[1] != len(items):
            held = (items, len(items), build(items))
            self._indexes[name] = held
        return held[2]

    def paragraph_start(self, sentence: Sentence) -> int:
        """First token of the paragraph a sentence stands in."""
        starts = self._cached("paragraphs", self.sentences, _paragraph_starts)
        return int(starts[sentence.paragraph])

    def line_start(self, sentence: Sentence) -> int:
        """First token of the line a sentence stands on."""
        starts = self._cached("lines", self.sentences, _line_starts)
        return int(starts[sentence.index])

    def sentence_at(self, token: int) -> Sentence:
        """The sentence that holds a token."""
        if len(self._sentence_starts) != len(self.sentences):
            self._sentence_starts = [s.start for s in self.sentences]
        return self.sentences[max(0, bisect_right(self._sentence_starts, token) - 1)]


def _any_in(found: list[int], start: int, end: int) -> bool:
    at = bisect_left(found, start)
    return at < len(found) and found[at] < end


def _places(norms: list[str]) -> dict[str, list[int]]:
    out: defaultdict[str, list[int]] = defaultdict(list)
    for i, norm in enumerate(norms):
        out[norm].append(i)
    return dict(out)


def _by_sentence(items: list[Any]) -> dict[int, list[Any]]:
    out: dict[int, list[Any]] = {}
    for item in items:
        out.setdefault(item.sentence, []).append(item)
    return out


def _paragraph_starts(sentences: list[Any]) -> dict[int, int]:
    out: dict[int, int] = {}
    for s in sentences:
        out.setdefault(s.paragraph, s.start)
    return out


def _line_starts(sentences: list[Any]) -> list[int]:
    starts: list[int] = []
    for s in sentences:
        starts.append(s.start if s.line_start or not starts else starts[-1])
    return starts


def attach(doc: Doc, analysis: Analysis) -> None:
    """Make this the analysis of a doc."""
    if not Doc.has_extension("venocode"):
        Doc.set_extension("venocode", default=None)
    doc._.venocode = analysis


def analysis_of(doc: Doc) -> Analysis:
    """The analysis of a doc, made when first asked for."""
    found = doc._.venocode if Doc.has_extension("venocode") else None
    if found is None:
        found = read_tokens(doc)
        attach(doc, found)
    return found


def read_tokens(doc: Doc) -> Analysis:
    """A fresh analysis with the tokens of a doc that another tokenizer made, or another pipe changed."""
    return Analysis(
        text=doc.text,
        texts=[token.text for token in doc],
        spaced=[bool(token.whitespace_) for token in doc],
        starts=[token.idx for token in doc],
    )
