"""The text layer: from a note as received to the text the pipeline reads, with a way back for every offset."""

from __future__ import annotations

from venocode.text.note import NoteText, read_note

__all__ = ["NoteText", "read_note"]
