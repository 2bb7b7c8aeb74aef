"""venocode: operative notes in, treated veins and code units out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from venocode.engine import Engine
    from venocode.records import NoteResult

__version__ = "0.1.0"


def load(policy: Path | None = None, model: Path | None = None) -> Engine:
    """Build an engine; see :func:`venocode.engine.load`."""
    from venocode.engine import load as build

    return build(policy, model)


def code_note(text: str, note_id: str = "note") -> NoteResult:
    """Code one note with the shipped rules, policy and classifier."""
    return load().code(text, note_id)
