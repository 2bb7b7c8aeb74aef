"""Single characters: unusual spaces, line ends, invisible signs, ligatures, quotes, dashes and bullets."""

from __future__ import annotations

import re

from venocode.text.mapping import HARD, PAGE, Edit, Mapped

_SPACES = (
    "\x1c\x1d\x1e\x1f\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_LINE_ENDS = "\r\v\x85\u2028\u2029"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_SINGLE = "\u2018\u2019\u201a\u201b\u2032"
_DOUBLE = "\u201c\u201d\u201e\u201f\u2033"
_INVISIBLE = "\xad\u180e\u200b\u200c\u200d\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_LIGATURES = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
}
_BULLETS = "\u2022\u2023\u2043\u2219\u00b7\u25a0\u25a1\u25aa\u25ab\u25ba\u25b6\u25c6\u25cb\u25cf\u25e6\u27a2\u27a4\uf0a7\uf0b7\uf0d8"

_RESERVED = re.compile("[\x1c-\x1f\ud800-\udfff]")
_ONE_FOR_ONE = {
    ord(old): new
    for group, new in ((_SPACES, " "), (_LINE_ENDS, "\n"), (_DASHES, "-"), (_SINGLE, "'"), (_DOUBLE, '"'))
    for old in group
    if old not in "\x1c\x1d\x1e\x1f"
}
_EXCHANGED = re.compile("[" + "".join(map(chr, _ONE_FOR_ONE)) + "]")
_RESIZED = re.compile(f"(?P<line>(?<!\r)\r+\n)|(?P<gone>[{_INVISIBLE}]+)|(?P<ligature>[{''.join(_LIGATURES)}])")
_LEADING_BULLET = re.compile(
    rf"(?:\A|(?<=[\n{HARD}{PAGE}]))(?P<space>[^\S\n{HARD}{PAGE}]*)(?P<sign>[{_BULLETS}])(?!\d)(?P<next>\s?)"
)


def free_reserved(source: str) -> str:
    """Turn characters no later stage may meet into spaces; the length stays.

    They are the separators this package uses between its stages, and halves of surrogate pairs: a JSON escape may
    hold one, and no encoder takes one.
    """
    return _RESERVED.sub(" ", source) if _RESERVED.search(source) else source


def clean_characters(note: Mapped) -> Mapped:
    """Exchange unusual characters for their plain forms.

    Spaces of any kind become ``" "``, line ends ``"\\n"``, quotes and dashes their ASCII forms, ligatures their
    letters; invisible signs go. A form feed stays until lines are judged. Other characters are kept.
    """
    text = note.text
    if not text.isascii() or "\r" in text:
        note = _resized(note)
    if _EXCHANGED.search(note.text):
        note = note.same_length(_EXCHANGED.sub(lambda found: _ONE_FOR_ONE[ord(found[0])], note.text))
    return note


def _resized(note: Mapped) -> Mapped:
    edits: list[Edit] = []
    for found in _RESIZED.finditer(note.text):
        if found.lastgroup == "line":
            new = "\n"
        elif found.lastgroup == "gone":
            new = ""
        else:
            new = _LIGATURES[found[0]]
        edits.append((found.start(), found.end(), new))
    return note.edited(edits) if edits else note


def clean_bullets(note: Mapped) -> Mapped:
    """Write every bullet sign at the start of a line as ``"* "``; elsewhere ("7·5 mm") it stays."""
    if note.text.isascii():
        return note
    edits: list[Edit] = []
    for found in _LEADING_BULLET.finditer(note.text):
        sign = found.start("sign")
        edits.append((sign, sign + 1, "*" if found["next"] else "* "))
    return note.edited(edits) if edits else note
