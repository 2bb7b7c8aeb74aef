"""Gold notes: the marked format, its records and their checks."""

from venocode.corpus.marked import (
    APPROACHES,
    ASSERTIONS,
    GOLD_KEYS,
    LABELS,
    REASONS,
    ROLES,
    SIDES,
    GoldNote,
    parse_marked,
    read_notes,
)

__all__ = [
    "APPROACHES",
    "ASSERTIONS",
    "GOLD_KEYS",
    "LABELS",
    "REASONS",
    "ROLES",
    "SIDES",
    "GoldNote",
    "parse_marked",
    "read_notes",
]
