"""Text that remembers where each of its characters came from, and how edits keep that memory.

Between the stages a text holds four private signs, all of them white space to ``str.isspace`` and to ``\\s``:
``"\\n"`` a line end not judged yet, ``HARD`` a real border, ``PAGE`` a page break and ``CELL`` a column border.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

HARD = "\x1e"
CELL = "\x1f"
PAGE = "\f"

Edit = tuple[int, int, str]

_IDENTITY = array("I", range(16385))


def _count(start: int, stop: int) -> array[int]:
    if stop < len(_IDENTITY):
        return _IDENTITY[start:stop]
    return array("I", range(start, stop))


@dataclass(frozen=True, slots=True)
class Mapped:
    """A text and, for each of its characters, the source slice it stands for.

    Attributes
    ----------
    text : str
        The text at this stage.
    starts, ends : array of int
        ``source[starts[i]:ends[i]]`` is what ``text[i]`` stands for (offsets in characters, ``ends`` exclusive).
    """

    text: str
    starts: array[int]
    ends: array[int]

    @classmethod
    def identity(cls, text: str) -> Mapped:
        """A text that is its own source."""
        size = len(text)
        return cls(text, _count(0, size), _count(1, size + 1))

    @classmethod
    def pieces(cls, pieces: Iterable[tuple[str, int, int]]) -> Mapped:
        """Build a text from ``(text, start, end)`` pieces.

        A piece as long as its source slice is mapped character by character, any other as a whole.
        """
        parts: list[str] = []
        starts, ends = array("I"), array("I")
        for part, start, end in pieces:
            parts.append(part)
            if len(part) == 1:
                starts.append(start)
                ends.append(end)
            elif len(part) == end - start:
                starts.extend(_count(start, end))
                ends.extend(_count(start + 1, end + 1))
            else:
                starts.extend([start] * len(part))
                ends.extend([end] * len(part))
        return cls("".join(parts), starts, ends)

    def same_length(self, text: str) -> Mapped:
        """The same map under a text whose characters were exchanged one for one."""
        return Mapped(text, self.starts, self.ends)

    def edited(self, edits: Iterable[Edit]) -> Mapped:
        """Replace slices of the text.

        Parameters
        ----------
        edits : iterable of (start, end, new)
            Not empty, ascending and without overlap, offsets into ``text``. Every character of ``new`` stands for
            the whole slice it replaces.
        """
        parts: list[str] = []
        starts, ends = array("I"), array("I")
        position = 0
        for start, end, new in edits:
            if position < start:
                parts.append(self.text[position:start])
                starts.extend(self.starts[position:start])
                ends.extend(self.ends[position:start])
            if new:
                parts.append(new)
                first, last = self.starts[start], self.ends[end - 1]
                for _ in new:
                    starts.append(first)
                    ends.append(last)
            position = end
        if not parts and not position:
            return self
        parts.append(self.text[position:])
        starts.extend(self.starts[position:])
        ends.extend(self.ends[position:])
        return Mapped("".join(parts), starts, ends)
