"""Gold notes as the pipes read them: the examples a head learns from and is measured on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from venocode.classifier.features import features, propose, rules_probability
from venocode.corpus import GoldNote, read_notes
from venocode.corpus.generate import is_generated
from venocode.counting.policy import Case
from venocode.errors import CorpusError
from venocode.pipes.analysis import analysis_of

if TYPE_CHECKING:
    from venocode.engine import Engine

Vein = tuple[str, str]
#: Reasons of the gold record under which the vein *was* ballooned, though it earns nothing.
BALLOONED = frozenset({"dialysis_circuit", "all_inclusive", "bridged", "special"})
#: A stented vein was ballooned only when the note says so; without it the example is left out.
STENTED = "stent_same_vein"


@dataclass(frozen=True, slots=True)
class Example:
    """One vein of one note; ``label`` is None where the gold does not say whether it was ballooned.

    ``proposal`` is what the rules say, ``rules`` their fixed probability; ``naive`` is whether the vein stands in a
    sentence with an angioplasty word.
    """

    vein: Vein
    row: tuple[float, ...]
    label: int | None
    proposal: str
    rules: float
    naive: bool


@dataclass(frozen=True, slots=True)
class ReadNote:
    """One gold note as the pipes read it."""

    note_id: str
    voice: str
    case: Case
    examples: tuple[Example, ...]
    treated: frozenset[Vein]
    units: tuple[int, int]
    review: bool

    @property
    def known(self) -> list[Example]:
        """Veins with a label."""
        return [e for e in self.examples if e.label is not None]


def read_files(files: Iterable[Path], engine: Engine) -> Iterator[ReadNote]:
    """Every note of marked corpus files; the name of a file is its author's voice."""
    for path in files:
        for note in read_notes(path):
            if is_generated(note):
                raise CorpusError(
                    f"{path.name}, note {note.note_id}: generated notes enter no figure; keep them out of the folder of hand-marked notes"
                )
            yield read_gold(engine, note, path.stem)


def read_gold(engine: Engine, note: GoldNote, voice: str) -> ReadNote:
    """One gold note as the pipes read it."""
    _, doc = engine.analyse(note.text)
    case = engine.case(analysis_of(doc))
    treated = frozenset((v["vein"], v["side"]) for v in note.gold["treated_veins"])
    codes = note.gold["codes"]
    return ReadNote(
        note_id=note.note_id,
        voice=voice,
        case=case,
        examples=tuple(_examples(case, treated, note.gold["not_counted"])),
        treated=treated,
        units=(codes["37248"], codes["37249"]),
        review=note.gold["review"],
    )


def _examples(case: Case, treated: frozenset[Vein], not_counted: list[dict[str, Any]]) -> Iterator[Example]:
    """The veins that the pipes found, with the label "ballooned in this session"."""
    why = {(v["vein"], v["side"]): v["why"] for v in not_counted}
    for f in case.findings:
        reason = why.get(f.vein)
        label = int(f.vein in treated or reason in BALLOONED or reason == STENTED)
        untold = reason == STENTED and not f.n("treated", "around")
        naive = f.evidence.get("beside_act", 0) > 0
        yield Example(f.vein, tuple(features(f)), None if untold else label, propose(f), rules_probability(f), naive)
