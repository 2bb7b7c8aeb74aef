"""Counts over gold notes: what a corpus is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from venocode.corpus.gold import ATTRIBUTES, GoldNote

#: The short names of the labels, as the marks write them.
SHORT = {"ANGIOPLASTY": "A", "VEIN": "V", "FLUOROSCOPY": "F", "ACCESS": "X"}


@dataclass(frozen=True, slots=True)
class Description:
    """Counts over some notes; every mapping is in descending order of its counts."""

    notes: int
    words: int
    characters: int
    labels: Mapping[str, int]
    attributes: Mapping[str, Mapping[str, int]]
    veins: Mapping[str, int]
    codes: Mapping[str, int]
    units_per_note: Mapping[int, int]
    not_counted: Mapping[str, int]
    access: Mapping[str, int]
    flags: Mapping[str, int]
    review: int
    fluoroscopy: int
    phenomena: Mapping[str, int]

    @property
    def review_share(self) -> float:
        """Share of notes a person must look at (0-1); 0 without notes."""
        return self.review / self.notes if self.notes else 0.0

    def to_dict(self) -> dict[str, Any]:
        """The counts as JSON."""
        return {
            "notes": self.notes,
            "words": self.words,
            "characters": self.characters,
            "labels": dict(self.labels),
            "attributes": {key: dict(values) for key, values in self.attributes.items()},
            "veins": dict(self.veins),
            "codes": dict(self.codes),
            "units_per_note": {str(units): n for units, n in self.units_per_note.items()},
            "not_counted": dict(self.not_counted),
            "access": dict(self.access),
            "flags": dict(self.flags),
            "review": self.review,
            "review_share": round(self.review_share, 4),
            "fluoroscopy": self.fluoroscopy,
            "phenomena": dict(self.phenomena),
        }


def describe(notes: Iterable[GoldNote]) -> Description:
    """Count what notes hold.

    Parameters
    ----------
    notes : iterable of GoldNote
        Notes without faults.

    Returns
    -------
    Description
        ``words`` are runs without white space; ``labels`` counts marks; ``veins`` counts the canonical veins the marks
        name, ``attributes["side"]`` their sides; ``codes`` counts units.
    """
    held = list(notes)
    spans = [span for note in held for span in note.spans]
    named = [vein for span in spans if span["label"] == "VEIN" for vein in span["veins"]]
    attributes = {
        key: _ranked(span[key] for span in spans if key in ATTRIBUTES[span["label"]])
        for key in ("assertion", "role", "approach")
    }
    units = Counter(len(note.gold["treated_veins"]) for note in held)
    codes: Counter[str] = Counter()
    for note in held:
        codes.update(note.gold["codes"])
    return Description(
        notes=len(held),
        words=sum(len(note.text.split()) for note in held),
        characters=sum(len(note.text) for note in held),
        labels={label: sum(span["label"] == label for span in spans) for label in ATTRIBUTES},
        attributes={**attributes, "side": _ranked(vein["side"] for vein in named)},
        veins=_ranked(vein["vein"] for vein in named),
        codes=dict(sorted(codes.items())),
        units_per_note=dict(sorted(units.items())),
        not_counted=_ranked(vein["why"] for note in held for vein in note.gold["not_counted"]),
        access=_ranked(site["approach"] for note in held for site in note.gold["access"]),
        flags=_ranked(flag for note in held for flag in note.gold["flags"]),
        review=sum(note.gold["review"] for note in held),
        fluoroscopy=sum(note.gold["fluoroscopy"] for note in held),
        phenomena=_ranked(tag for note in held for tag in note.phenomena),
    )


def _ranked(values: Iterable[str]) -> dict[str, int]:
    """Counts, the most frequent first, equal ones by name."""
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


VOICE_COLUMNS = ("voice", "notes", "words", *SHORT.values(), "units", "no unit", "review")


def voice_row(name: str, counts: Description) -> tuple[str, ...]:
    """One row of the table of voices, in the order of ``VOICE_COLUMNS``."""
    units = sum(counts.codes.values())
    numbers = (
        counts.notes,
        counts.words,
        *counts.labels.values(),
        units,
        counts.units_per_note.get(0, 0),
        counts.review,
    )
    return (name, *map(str, numbers))


def voice_rows(voices: Mapping[str, Description], total: Description) -> list[tuple[str, ...]]:
    """The table of voices, the total last."""
    return [*(voice_row(name, counts) for name, counts in voices.items()), voice_row("all", total)]


def markdown(voices: Mapping[str, Description], total: Description) -> str:
    """The tables a datasheet shows.

    Parameters
    ----------
    voices : mapping of str to Description
        One author voice each.
    total : Description
        All of them together.

    Returns
    -------
    str
        Markdown tables: voices, units per note, attributes, reasons and flags.
    """
    units = {"none" if n == 0 else str(n): count for n, count in total.units_per_note.items()}
    tables = [
        _table(VOICE_COLUMNS, voice_rows(voices, total)),
        _counts("units of a note", units),
        *(_counts(key, values) for key, values in total.attributes.items()),
        _counts("not_counted", total.not_counted),
        _counts("flag", total.flags),
    ]
    return "\n".join(tables)


def _counts(name: str, values: Mapping[str, int]) -> str:
    return _table((name, "count"), [(key, str(n)) for key, n in values.items()])


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    ruler = ("---", *("---:" for _ in header[1:]))
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, ruler, *rows))
