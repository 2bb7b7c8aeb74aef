"""Gold notes: their records and checks, the marked format, and the tools around them."""

from venocode.corpus.gold import (
    APPROACHES,
    ASSERTIONS,
    FLAGS,
    GOLD_KEYS,
    REASONS,
    ROLES,
    SIDES,
    Draft,
    GoldNote,
)
from venocode.corpus.marked import LABELS, parse_marked, read_notes, to_marked, write_notes

__all__ = [
    "APPROACHES",
    "ASSERTIONS",
    "FLAGS",
    "GOLD_KEYS",
    "LABELS",
    "REASONS",
    "ROLES",
    "SIDES",
    "Draft",
    "GoldNote",
    "parse_marked",
    "read_notes",
    "to_marked",
    "write_notes",
]
