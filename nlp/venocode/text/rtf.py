"""RTF exports: converted by striprtf, then aligned with the source."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from venocode.text.mapping import CELL, HARD, Mapped

_BEGIN = re.compile(r"[\s\ufeff]*\{\\rtf")
_TOKEN = re.compile(
    r"\\(?P<word>[a-z]{1,32})(?P<argument>-?\d{1,10})?[ ]?|\\'(?P<hex>[0-9a-f]{2})|\\(?P<sign>[^a-z])"
    r"|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)",
    re.IGNORECASE,
)
_BREAKS = {"par": "\n", "line": "\n", "sect": "\n\n", "page": "\n\n", "row": "\n"}
_WORDS = {
    "tab": "\t",
    "emdash": "\u2014",
    "endash": "\u2013",
    "emspace": "\u2003",
    "enspace": "\u2002",
    "qmspace": "\u2005",
    "bullet": "\u2022",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "cell": "|",
    "nestcell": "|",
}
_SIGNS = {"~": "\xa0", "\n": "\n", "\r": "\r", "{": "{", "}": "}", "\\": "\\", "-": "\xad", "_": "\u2011"}
_HIDDEN = frozenset(
    "fonttbl colortbl stylesheet info header headerl headerr headerf footer footerl footerr footerf footnote pict "
    "object fldinst listtable listoverridetable revtbl rsidtbl generator themedata datastore latentstyles xmlnstbl".split()
)
_LINE_ENDS = ("\n", "\r", "\n\n")
_ANY = ""
_REACH = 64
_PROOF = 4


_Piece = tuple[str, int, int]


class _Slot(NamedTuple):
    """Characters the conversion may hold; an empty text stands for any single one.

    A text as long as its source slice is mapped character by character, any other as a whole.
    """

    text: str
    start: int
    end: int
    cell: bool = False


@dataclass(slots=True)
class _State:
    hidden: bool = False
    skip: int = 1


@dataclass(slots=True)
class _Walk:
    """A pass over the source that notes where each visible character stands."""

    slots: list[_Slot] = field(default_factory=list)
    stack: list[_State] = field(default_factory=list)
    state: _State = field(default_factory=_State)
    skipping: int = 0

    def put(self, text: str, start: int, end: int, cell: bool = False) -> None:
        if text and not self.state.hidden:
            self.slots.append(_Slot(text, start, end, cell))

    def stretch(self, end: int) -> None:
        """Count a replacement character behind ``\\uN`` to that escape."""
        self.skipping -= 1
        if self.slots and not self.state.hidden:
            self.slots[-1] = self.slots[-1]._replace(end=end)


def looks_like_rtf(source: str) -> bool:
    """Whether a note begins like an RTF file."""
    return _BEGIN.match(source) is not None


def read_rtf(source: str) -> Mapped | None:
    """Convert an RTF export.

    Parameters
    ----------
    source : str
        The export as received.

    Returns
    -------
    Mapped or None
        The text: paragraph and line ends are hard borders, table cells column borders, an escape stands for its whole
        slice. None where the conversion fails or holds nothing.
    """
    from striprtf.striprtf import rtf_to_text

    try:
        text: str = rtf_to_text(source, errors="ignore")
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None
    if not text.strip():
        return None
    return Mapped.pieces(_aligned(text, _walk(source).slots, len(source)))


def _walk(source: str) -> _Walk:
    walk = _Walk()
    for found in _TOKEN.finditer(source):
        kind = found.lastgroup
        if kind == "text":
            _plain(walk, found[0], found.start())
        elif kind == "brace":
            if _brace(walk, found[0]):
                break
        elif kind == "hex":
            _hex(walk, found.start(), found.end())
        elif kind == "sign":
            _sign(walk, found["sign"], found.start(), found.end())
        elif kind is not None:
            _word(walk, found["word"], found["argument"], found.start(), found.end())
    return walk


def _plain(walk: _Walk, text: str, start: int) -> None:
    skipped = min(walk.skipping, len(text))
    for step in range(skipped):
        walk.stretch(start + step + 1)
    walk.put(text[skipped:], start + skipped, start + len(text))


def _brace(walk: _Walk, brace: str) -> bool:
    """Enter or leave a group; True at the end of the document."""
    walk.skipping = 0
    if brace == "{":
        walk.stack.append(walk.state)
        walk.state = _State(walk.state.hidden, walk.state.skip)
        return False
    if walk.stack:
        walk.state = walk.stack.pop()
    return not walk.stack


def _hex(walk: _Walk, start: int, end: int) -> None:
    if walk.skipping:
        walk.stretch(end)
    elif not walk.state.hidden:
        walk.slots.append(_Slot(_ANY, start, end))


def _sign(walk: _Walk, sign: str, start: int, end: int) -> None:
    walk.skipping = 0
    if sign == "*":
        walk.state.hidden = True
    else:
        walk.put(_SIGNS.get(sign, ""), start, end)


def _word(walk: _Walk, word: str, argument: str | None, start: int, end: int) -> None:
    walk.skipping = 0
    if word in _HIDDEN:
        walk.state.hidden = True
    elif word == "uc" and argument:
        walk.state.skip = max(0, int(argument))
    elif word == "u" and argument:
        walk.put(_code_point(int(argument)), start, end)
        walk.skipping = walk.state.skip
    else:
        walk.put(_BREAKS.get(word) or _WORDS.get(word, ""), start, end, cell=word in ("cell", "nestcell"))


def _code_point(number: int) -> str:
    number += 0x10000 if number < 0 else 0
    return chr(number) if 0 <= number < 0x110000 else _ANY


def _aligned(text: str, slots: list[_Slot], size: int) -> list[_Piece]:
    """Give every converted character the slot it came from."""
    pieces: list[_Piece] = []
    position = 0
    for slot in slots:
        part = slot.text or text[position : position + 1]
        if not text.startswith(part, position):
            return _aligned_singly(text, [single for whole in slots for single in _singles(whole)], size)
        position += len(part)
        pieces.append(_piece(part, slot))
    if position < len(text):
        return _aligned_singly(text, [single for whole in slots for single in _singles(whole)], size)
    return pieces


def _piece(part: str, slot: _Slot) -> _Piece:
    return CELL if slot.cell else HARD * len(part) if part in _LINE_ENDS else part, slot.start, slot.end


def _singles(slot: _Slot) -> list[_Slot]:
    if len(slot.text) <= 1:
        return [slot]
    if len(slot.text) != slot.end - slot.start:
        return [_Slot(sign, slot.start, slot.end, slot.cell) for sign in slot.text]
    return [_Slot(sign, offset, offset + 1) for offset, sign in enumerate(slot.text, slot.start)]


def _aligned_singly(text: str, slots: list[_Slot], size: int) -> list[_Piece]:
    """Align character by character.

    Where text and slots differ, the nearest place within 64 characters at which four agree again is taken; a character
    without a slot of its own stands for the empty slice at the nearest offset.
    """
    pieces: list[_Piece] = []
    position, here = 0, 0
    for number, sign in enumerate(text):
        if position < len(slots) and slots[position].text not in (sign, _ANY):
            position += _resume(text, number, slots, position)
        slot = slots[position] if position < len(slots) else None
        if slot is not None and slot.text in (sign, _ANY):
            pieces.append(_piece(sign, slot))
            here = slot.end
            position += 1
        else:
            here = min(here, size)
            pieces.append((HARD if sign in _LINE_ENDS else sign, here, here))
    return pieces


def _resume(text: str, number: int, slots: list[_Slot], position: int) -> int:
    """How many slots to pass over so that text and slots agree again; 0 where they do not."""
    proof = text[number : number + _PROOF]
    for step in range(1, _REACH):
        near = slots[position + step : position + step + len(proof)]
        if len(near) < len(proof):
            return 0
        if all(slot.text in (sign, _ANY) for slot, sign in zip(near, proof, strict=True)):
            return step
    return 0
