"""A note as the pipeline reads it, with the way back to the note as received."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Literal

from venocode.text.archives import split_archive
from venocode.text.characters import clean_bullets, clean_characters, free_reserved
from venocode.text.html import looks_like_html, read_html
from venocode.text.layout import lay_out
from venocode.text.mapping import Mapped
from venocode.text.rtf import looks_like_rtf, read_rtf

Format = Literal["plain", "html", "rtf"]


@dataclass(frozen=True, slots=True)
class NoteText:
    """A cleaned note.

    Attributes
    ----------
    source : str
        The note as received.
    text : str
        What the pipeline reads. ``"\\n"`` is a real line border, ``"\\n\\n"`` a paragraph border; every other run of
        white space is exactly one ``" "``.
    format : str
        ``"plain"``, ``"html"`` or ``"rtf"``.
    starts : array of int
        Source offset (in characters) of every character of ``text``, and ``len(source)`` as the last item.
    ends : array of int
        Source offset behind every character of ``text``.
    gaps : frozenset of int
        Offsets in ``text`` of the single spaces that separate columns of a table or fields of a header (at least
        three columns wide in the source, a tab, or a cell border); a wide run inside running text is not among them.
    """

    source: str = field(repr=False)
    text: str = field(repr=False)
    format: Format
    starts: array[int] = field(repr=False)
    ends: array[int] = field(repr=False)
    gaps: frozenset[int] = field(repr=False)

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Find the source slice of a slice of the text.

        Parameters
        ----------
        start, end : int
            Offsets into ``text``, ``end`` exclusive; cut to ``0 <= start <= end <= len(text)``.

        Returns
        -------
        tuple of (int, int)
            ``source[s:e]`` begins with the first and ends with the last character of ``text[start:end]``; an empty
            slice gives an empty slice.
        """
        size = len(self.text)
        start = min(max(start, 0), size)
        end = min(max(end, start), size)
        first = self.starts[start]
        return first, self.ends[end - 1] if end > start else first


def read_note(source: str) -> NoteText:
    """Clean a note for the pipeline.

    Parameters
    ----------
    source : str
        A note as received: plain text, HTML or RTF.

    Returns
    -------
    NoteText
        The cleaned text with a map back to ``source``. Never raises; what cannot be parsed is read as plain text.
    """
    kind, note = _open(free_reserved(source))
    note = clean_bullets(split_archive(clean_characters(note)))
    note, gaps = lay_out(note, stable=kind == "plain")
    starts = note.starts[:]
    starts.append(len(source))
    return NoteText(source, note.text, kind, starts, note.ends, gaps)


def _open(source: str) -> tuple[Format, Mapped]:
    if looks_like_rtf(source):
        note = read_rtf(source)
        if note is not None:
            return "rtf", note
    elif looks_like_html(source):
        note = read_html(source)
        if note is not None:
            return "html", note
    return "plain", Mapped.identity(source)
