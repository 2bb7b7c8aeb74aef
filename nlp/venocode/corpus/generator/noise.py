"""Noise: what typing, scanning and exporting do to a note, with its marks kept right.

A marked text is cut into pieces, the heads and tails of marks and the text between; only text is touched, and no mark is
ever emptied.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from venocode.corpus.generator.scenario import pick

MARKUP = re.compile(r"(<<[AVFX][^|<>]*\||>>)")
WORD = re.compile(r"[A-Za-z]{5,}")
#: Words a typo would turn into another one, or that hold the meaning in a few letters.
KEPT = frozenset({"right", "stent", "stents", "performed", "inflated", "planned", "attempted", "without", "patent"})
SCANNED = (("rn", "m"), ("l", "1"), ("O", "0"), ("cl", "d"), ("vv", "w"))

Noise = Callable[[str, random.Random], str]


def _outside(marked: str, change: Callable[[str], str]) -> str:
    """Change the text between marks and inside them, never the marks."""
    return "".join(piece if MARKUP.match(piece) else change(piece) for piece in MARKUP.split(marked))


def typos(marked: str, rng: random.Random) -> str:
    """Two letters change places, or one is lost or doubled, in one word of forty."""

    def slip(m: re.Match[str]) -> str:
        word = m.group()
        if rng.random() > 0.025 or word.lower() in KEPT or word.isupper():
            return word
        at = 1 + int(rng.random() * (len(word) - 3))
        how = int(rng.random() * 3)
        if how == 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + (word[at] * 2 if how == 1 else "") + word[at + 1 :]

    return _outside(marked, lambda text: WORD.sub(slip, text))


def scanned(marked: str, rng: random.Random) -> str:
    """Look-alike letters, as an optical reader leaves them, outside marks only."""
    inside = False
    pieces = []
    for piece in MARKUP.split(marked):
        if MARKUP.match(piece):
            inside = piece != ">>"
        elif not inside:
            piece = WORD.sub(lambda m: _misread(m.group(), rng), piece)
        pieces.append(piece)
    return "".join(pieces)


def _misread(word: str, rng: random.Random) -> str:
    if rng.random() > 0.02 or word.lower() in KEPT:
        return word
    old, new = pick(rng, SCANNED)
    return word.replace(old, new, 1)


def capitals(marked: str, rng: random.Random) -> str:
    """A note all in capitals."""
    return _outside(marked, str.upper)


def small(marked: str, rng: random.Random) -> str:
    """A note without capitals."""
    return _outside(marked, str.lower)


def glued(marked: str, rng: random.Random) -> str:
    """Now and then no space after a full stop or a comma."""
    return _outside(marked, lambda text: re.sub(r"([a-z][.,]) (?=[A-Za-z])", lambda m: _glue(m.group(1), rng), text))


def _glue(stop: str, rng: random.Random) -> str:
    return stop if rng.random() < 0.15 else f"{stop} "


def wrapped(marked: str, rng: random.Random) -> str:
    """Lines broken at a fixed width, in the middle of sentences and of marks."""
    width = pick(rng, (40, 50, 60, 72))
    return "\n".join(_wrapped_line(line, width) for line in marked.split("\n"))


def _wrapped_line(line: str, width: int) -> str:
    out: list[str] = []
    at = 0
    for piece in re.split(r"(<<[AVFX][^|<>]*\||>>| )", line):
        if MARKUP.match(piece):
            out.append(piece)
        elif piece == " ":
            out.append(" ")
            at += 1
        elif piece:
            if at and at + len(piece) > width and _break(out):
                at = 0
            out.append(piece)
            at += len(piece)
    return "".join(out)


def _break(out: list[str]) -> bool:
    """Turn the last space into a line break, if nothing but the head of a mark stands after it."""
    at = len(out) - 1
    while at >= 0 and out[at].startswith("<<"):
        at -= 1
    if at < 0 or out[at] != " ":
        return False
    out[at] = "\n"
    return True


def spaced(marked: str, rng: random.Random) -> str:
    """Two spaces after a full stop."""
    return re.sub(r"(?<=[a-z]\.) (?=[A-Z<])", "  ", marked)


#: Each noise, how often a note has it, and its name in the phenomena of the note.
NOISES: tuple[tuple[str, float, Noise], ...] = (
    ("typos", 0.1, typos),
    ("ocr", 0.04, scanned),
    ("missing_spaces", 0.06, glued),
    ("double_spaces", 0.06, spaced),
    ("lower_case", 0.03, small),
    ("upper_case", 0.03, capitals),
    ("hard_wrap", 0.12, wrapped),
)


def noisy(marked: str, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Lay the noise of one note over its text.

    Parameters
    ----------
    marked : str
        Text with inline marks.
    rng : random.Random
        Source of chance.

    Returns
    -------
    tuple of str and tuple of str
        The text, its marks kept, and the names of what was done to it.
    """
    names = []
    for name, share, noise in NOISES:
        if rng.random() < share and not (name == "hard_wrap" and marked.count("\n") < 3):
            marked = noise(marked, rng)
            names.append(name)
    return marked, tuple(names)
