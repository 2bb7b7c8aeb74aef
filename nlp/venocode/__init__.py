"""venocode: operative notes in, treated veins and code units out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from venocode.engine import Engine
    from venocode.records import NoteResult

__version__ = "0.1.0"


def load(policy: str | Path | None = None, model: str | Path | None = None) -> Engine:
    """Build an engine (about two seconds), or return the one already built with these files.

    Parameters
    ----------
    policy : str or Path, optional
        A site's policy file; the shipped settings otherwise.
    model : str or Path, optional
        Folder of a trained classifier; the shipped one otherwise.

    Returns
    -------
    Engine

    Raises
    ------
    PolicyError, ModelError, RuleError
        Naming the file and what is wrong with it.
    """
    from venocode.engine import load as build

    return build(None if policy is None else Path(policy), None if model is None else Path(model))


def code_note(text: str, note_id: str = "note") -> NoteResult:
    """Code one note with the shipped rules, policy and classifier.

    Parameters
    ----------
    text : str
        The note as received; all offsets of the result point into it.
    note_id : str
        Identifier carried into the record.

    Returns
    -------
    NoteResult

    Raises
    ------
    ModelError, RuleError
        When a file of the installation is missing or broken.
    """
    return load().code(text, note_id)
