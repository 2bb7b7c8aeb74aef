"""Numbers as dictated notes write them: digits or words."""

from __future__ import annotations

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
UNITS = {word: value for value, word in enumerate(f"{_SMALL} eighteen nineteen".split())}
TENS = {w: 10 * i for i, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)}


def word_number(word: str) -> float | None:
    """The value of one word or number ("forty", "12", "3.5"), None for anything else."""
    if word in UNITS:
        return float(UNITS[word])
    if word in TENS:
        return float(TENS[word])
    return float(word) if word.replace(".", "", 1).isdecimal() else None


def number_before(norms: list[str], at: int) -> float | None:
    """The number that ends before token ``at`` ("85", "eighty", "eighty - five")."""
    if at == 0:
        return None
    last = word_number(norms[at - 1])
    if last is None or norms[at - 1] not in UNITS or last >= 10:
        return last
    back = at - 3 if norms[at - 2 : at - 1] == ["-"] else at - 2
    tens = TENS.get(norms[back]) if back >= 0 else None
    return last + tens if tens is not None else last
