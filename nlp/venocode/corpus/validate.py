"""What is wrong, or looks wrong, in gold notes: beyond their format, whether marks, gold record and policy agree.

An error breaks a rule of the format, of the guideline or of the coding policy. A warning is a contradiction that can be
meant: somebody should look. No finding quotes the text of a note.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from venocode.anatomy import VEINS
from venocode.corpus.formats import read_drafts
from venocode.corpus.gold import ELEMENTS, FLAGS, REVIEW_FLAGS, Draft, GoldNote, where
from venocode.errors import CorpusError

ERROR, WARNING = "error", "warning"
#: A marked surface of at least this many characters is looked for outside the marks.
LONG_ENOUGH = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend or to look at.

    Parameters
    ----------
    file : str
        The file as it was named.
    place : str
        The note, or the line where the note has no id; empty for the file as a whole.
    level : str
        ``error`` or ``warning``.
    message : str
        What is wrong and how to mend it.
    """

    file: str
    place: str
    level: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}{', ' if self.place else ''}{self.place}: {self.level}: {self.message}"


@dataclass(frozen=True, slots=True)
class Validation:
    """What a run over several files found."""

    notes: int
    findings: tuple[Finding, ...]

    def count(self, level: str) -> int:
        """Findings of one level."""
        return sum(finding.level == level for finding in self.findings)


def validate(paths: Iterable[Path]) -> Validation:
    """Check corpus files, each note by itself and all ids together.

    Parameters
    ----------
    paths : iterable of Path
        Files in any known format.

    Returns
    -------
    Validation
        Every finding, in the order of files and notes.
    """
    findings: list[Finding] = []
    first: dict[str, str] = {}
    notes = 0
    for path in paths:
        read = 0
        try:
            for draft in read_drafts(path):
                read += 1
                findings += (
                    Finding(str(path), draft.place, level, message) for level, message in _draft_findings(draft)
                )
                findings += _repeated(draft, path, first)
        except CorpusError as error:
            findings.append(Finding(str(path), "", ERROR, str(error)))
        else:
            if not read:
                findings.append(Finding(str(path), "", ERROR, "holds no notes; check its format and its name"))
        notes += read
    return Validation(notes, tuple(findings))


def _repeated(draft: Draft, path: Path, first: dict[str, str]) -> Iterator[Finding]:
    if draft.note is None:
        return
    note_id = draft.note.note_id
    if note_id in first:
        message = f"this id stands already in {first[note_id]}; give every note its own"
        yield Finding(str(path), draft.place, ERROR, message)
    first.setdefault(note_id, path.name)


def _draft_findings(draft: Draft) -> Iterator[tuple[str, str]]:
    for fault in draft.faults:
        yield ERROR, fault
    if draft.note is not None and not draft.faults:
        yield from check(draft.note)


def check(note: GoldNote) -> Iterator[tuple[str, str]]:
    """Whether marks, gold record and policy of a well-formed note agree.

    Parameters
    ----------
    note : GoldNote
        A note without faults of format.

    Yields
    ------
    tuple of str
        Level and message.
    """
    for rule in RULES:
        yield from rule(note)


# --- what the marks say --------------------------------------------------------------------------------------------------


def _surfaces(note: GoldNote) -> Iterator[tuple[str, str]]:
    for span in note.spans:
        if span["text"] != span["text"].strip():
            yield ERROR, f"{where(span)} begins or ends with white space; mark the words only"
        if "\n" in span["text"].strip():
            yield ERROR, f"{where(span)} crosses a line break; mark the part on one line"


def _mentioned(note: GoldNote, *roles: str) -> set[tuple[str, str]]:
    """Veins and sides of the marks with one of these roles, both sides written out."""
    return {
        (vein["vein"], side)
        for span in note.spans
        if span["label"] == "VEIN" and (not roles or span["role"] in roles)
        for vein in span["veins"]
        for side in _sides(vein["side"])
    }


def _sides(side: str) -> tuple[str, ...]:
    return ("left", "right") if side == "bilateral" else (side,)


def _found(vein: str, side: str, among: set[tuple[str, str]]) -> bool:
    """Whether a vein of the gold record is among marked ones; an unknown side fits every side."""
    sides = {s for name, s in among if name == vein}
    return bool(sides) and (side == "unknown" or "unknown" in sides or set(_sides(side)) <= sides)


def _treated_is_marked(note: GoldNote) -> Iterator[tuple[str, str]]:
    marked = _mentioned(note, "treated", "stented")
    bare = [_named(v) for v in note.gold["treated_veins"] if not _found(v["vein"], v["side"], marked)]
    if bare:
        yield (
            WARNING,
            (
                f"no mark has role treated for {', '.join(bare)}; right where they are treated by reference only "
                "('the second lesion'), otherwise mark where they are ballooned"
            ),
        )


def _not_counted_is_marked(note: GoldNote) -> Iterator[tuple[str, str]]:
    marked = _mentioned(note)
    for vein in note.gold["not_counted"]:
        if vein["vein"] in VEINS and vein["why"] != "artery" and not _found(vein["vein"], vein["side"], marked):
            yield WARNING, f"not_counted {_named(vein)} is mentioned in no mark; mark it or leave it out of the record"


def _ballooned_is_told(note: GoldNote) -> Iterator[tuple[str, str]]:
    told = {(v["vein"], v["side"]) for key in ("treated_veins", "not_counted") for v in note.gold[key]}
    told = {(vein, s) for vein, side in told for s in _sides(side)}
    for vein, side in sorted(_mentioned(note, "treated", "stented")):
        if vein in VEINS and not _found(vein, side, told):
            named = _named({"vein": vein, "side": side})
            yield (
                WARNING,
                f"{named} is marked treated or stented and stands nowhere in the gold record; say whether it counts",
            )


def _named(vein: dict[str, Any]) -> str:
    name, side = str(vein["vein"]), str(vein["side"])
    return name if side == "none" or name.startswith(f"{side}_") else f"{side} {name}"


def _unmarked_again(note: GoldNote) -> Iterator[tuple[str, str]]:
    """A long surface that is marked in one place and stands bare in another."""
    covered = [(span["start"], span["end"]) for span in note.spans]
    surfaces = {(span["label"], span["text"].lower()) for span in note.spans if _worth_looking(span)}
    lower = note.text.lower()
    if len(lower) != len(note.text):  # lower-casing moved the offsets
        return
    bare: dict[tuple[int, int], str] = {}
    for label, surface in surfaces:
        for m in re.finditer(rf"(?<!\w){re.escape(surface)}(?!\w)", lower):
            if not any(start < m.end() and m.start() < end for start, end in covered):
                bare[m.span()] = label
    for (start, end), label in sorted(bare.items()):
        if not any((a, b) != (start, end) and a <= start and end <= b for a, b in bare):
            yield (
                WARNING,
                f"characters {start}-{end} are bare here and marked {label} elsewhere in the note; mark them too",
            )


def _worth_looking(span: dict[str, Any]) -> bool:
    return span["label"] != "ACCESS" and len(span["text"]) >= LONG_ENOUGH


# --- what the policy says ------------------------------------------------------------------------------------------------


def _flags(note: GoldNote) -> Iterator[tuple[str, str]]:
    flags = note.gold["flags"]
    for flag, n in Counter(flags).items():
        if flag not in FLAGS:
            yield ERROR, f"flag {flag!r} is not in the policy; the known ones are {', '.join(sorted(FLAGS))}"
        if n > 1:
            yield ERROR, f"flag {flag!r} stands {n} times; name it once"
    asking = sorted(set(flags) & REVIEW_FLAGS)
    if asking and not note.gold["review"]:
        yield ERROR, f"review is false, but a person must look for {', '.join(asking)}; write true or mend the flags"
    if note.gold["review"] and not asking:
        yield WARNING, "review is true and no flag says why; name the flag or write false"


def _missing(note: GoldNote) -> Iterator[tuple[str, str]]:
    """``missing:*`` stands on notes that earn units, and agrees with what the record says of access and fluoroscopy."""
    gold = note.gold
    missing = [element for element in ELEMENTS if f"missing:{element}" in gold["flags"]]
    if missing and not gold["treated_veins"]:
        yield ERROR, f"missing:{', missing:'.join(missing)} on a note that earns no unit; remove the flag"
    for element, documented in (("access", bool(gold["access"])), ("fluoroscopy", gold["fluoroscopy"])):
        if documented and element in missing:
            yield ERROR, f"missing:{element}, but the record says it is documented; mend one of both"
        if not documented and element not in missing and gold["treated_veins"]:
            yield (
                WARNING,
                f"{element} is not documented and missing:{element} does not stand; add the flag or mend the record",
            )


def _fluoroscopy(note: GoldNote) -> Iterator[tuple[str, str]]:
    if note.gold["fluoroscopy"] and not any(span["label"] == "FLUOROSCOPY" for span in note.spans):
        yield WARNING, "fluoroscopy is true and no mark tells it; mark its words or write false"


def _access(note: GoldNote) -> Iterator[tuple[str, str]]:
    if note.gold["access"] and not any(span["label"] == "ACCESS" for span in note.spans):
        yield WARNING, "access is recorded and no mark tells it; mark its words or mend the record"


def _stents(note: GoldNote) -> Iterator[tuple[str, str]]:
    gold = note.gold
    stented = any(vein["why"] == "stent_same_vein" for vein in gold["not_counted"])
    marked = bool(_mentioned(note, "stented"))
    if "separate_vein_modifier" in gold["flags"]:
        if not gold["treated_veins"]:
            yield ERROR, "separate_vein_modifier on a note that earns no unit; remove the flag"
        if not stented and not marked:
            yield ERROR, "separate_vein_modifier without a stented vein; mend the flag or the record"
    elif gold["treated_veins"] and stented:
        yield WARNING, "units beside a vein that lost its own to a stent; add separate_vein_modifier"
    if stented and not marked:
        yield WARNING, "a vein lost its unit to a stent and no mark has role stented; mend one of both"


#: Flags and the reason of the vein that brings them.
PAIRS = {"bridging_lesion": "bridged", "attempted": "attempted", "header_body_mismatch": "header_only_mismatch"}


def _pairs(note: GoldNote) -> Iterator[tuple[str, str]]:
    reasons = {vein["why"] for vein in note.gold["not_counted"]}
    for flag, reason in PAIRS.items():
        if (flag in note.gold["flags"]) != (reason in reasons):
            has, lacks = (
                (f"flag {flag}", f"reason {reason}")
                if flag in note.gold["flags"]
                else (f"reason {reason}", f"flag {flag}")
            )
            yield WARNING, f"{has} without {lacks}; add it or mend the record"


def _unspecified(note: GoldNote) -> Iterator[tuple[str, str]]:
    sides = {vein["side"] for vein in note.gold["treated_veins"]}
    if ("unknown" in sides) != ("side_unspecified" in note.gold["flags"]):
        yield WARNING, "side_unspecified goes with a treated vein whose side is unknown; mend one of both"


Rule = Callable[[GoldNote], Iterator[tuple[str, str]]]
RULES: tuple[Rule, ...] = (
    _surfaces,
    _treated_is_marked,
    _not_counted_is_marked,
    _ballooned_is_told,
    _unmarked_again,
    _flags,
    _missing,
    _fluoroscopy,
    _access,
    _stents,
    _pairs,
    _unspecified,
)
