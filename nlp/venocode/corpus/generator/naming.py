"""Vein phrases: names, abbreviations, sides left out where the note has told them, coordination; each with its mark."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from venocode.anatomy import SIDED
from venocode.corpus.generator.grammar import GROUPS, read_rule_file
from venocode.corpus.generator.scenario import Vein, pick

TERSE = frozenset(GROUPS["terse"])


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, dict[str, Any]], frozenset[str]]:
    book = read_rule_file("names")
    return book["veins"] | book["others"], frozenset(book["veins"])


class Namer:
    """The vein phrases of one note.

    Parameters
    ----------
    rng : random.Random
        Source of chance.
    voice : str
        Voice of the note: fragments abbreviate more.
    veins : sequence of Vein
        Every vein of the note; a side is left out only where no vein of the same name on the other side is among them.
    """

    def __init__(self, rng: random.Random, voice: str, veins: Sequence[Vein]) -> None:
        self._rng = rng
        self._terse = voice in TERSE
        sides: dict[str, set[str]] = {}
        for name, side in veins:
            sides.setdefault(name, set()).add(side)
        self._one_sided = {name for name, found in sides.items() if len(found) == 1}
        self._told: set[Vein] = set()
        self._word: dict[str, str] = {}

    def phrase(self, veins: Sequence[Vein], role: str, article: bool) -> str:
        """A marked phrase.

        Parameters
        ----------
        veins : sequence of Vein
            One vein, or several that share the phrase.
        role : str
            Role of the mark.
        article : bool
            Whether an article is wanted where the voice writes one.

        Returns
        -------
        str
        """
        the = "the " if article and not self._terse else ""
        if len(veins) == 1:
            return the + self._one(veins[0], role)
        if len(veins) == 2 and veins[0][0] == veins[1][0]:
            return self._both(veins, role, the)
        groups = self._by_side(veins)
        return " and ".join(the + self._row(group, role) for group in groups)

    def _one(self, vein: Vein, role: str) -> str:
        name, side = vein
        entry, marked = _names()[0][name], name in _names()[1]
        text = self._bare(name, entry)
        if side in ("left", "right") and name not in SIDED and not self._sideless(vein):
            text = f"{self._side(side)} {text}"
        self._told.add(vein)
        return f"<<V:{side} {name}:{role}|{text}>>" if marked else text

    def _bare(self, name: str, entry: dict[str, Any]) -> str:
        """The name without its side."""
        chance = self._rng.random()
        short = entry.get("short")
        if short and chance < (0.6 if self._terse else 0.12):
            return str(pick(self._rng, short))
        if "name" in entry:
            return str(pick(self._rng, entry["name"]))
        if "place" in entry and chance > 0.85:
            return str(pick(self._rng, entry["place"]))
        adjective = self._adjective(name, entry)
        if entry.get("bare") and chance > 0.8 and self._told:
            return adjective
        return f"{adjective} {'v.' if self._terse and chance > 0.7 else 'vein'}"

    def _adjective(self, name: str, entry: dict[str, Any]) -> str:
        """A name that has synonyms mostly keeps one of them in a note."""
        words: list[str] = entry["adjective"]
        if len(words) == 1:
            return words[0]
        if name not in self._word or self._rng.random() < 0.12:
            self._word[name] = pick(self._rng, words)
        return self._word[name]

    def _side(self, side: str) -> str:
        if self._terse and self._rng.random() < 0.6:
            return side[0].upper()
        return side

    def _sideless(self, vein: Vein) -> bool:
        return vein in self._told and vein[0] in self._one_sided and self._rng.random() < 0.45

    def _both(self, veins: Sequence[Vein], role: str, the: str) -> str:
        name = veins[0][0]
        entry = _names()[0][name]
        self._told.update(veins)
        noun = f"{entry['adjective'][0]} veins" if "adjective" in entry else f"{entry['name'][0]}s"
        if self._rng.random() < 0.5:
            text, lead = f"both {noun}", ""
        else:
            first, second = veins[0][1], veins[1][1]
            text, lead = f"{first} and {second} {noun}", the
            if self._terse:
                text = f"B {noun}" if self._rng.random() < 0.3 else f"bilateral {noun}"
        if name not in _names()[1]:
            return lead + text
        return f"{lead}<<V:bilateral {name}:{role}|{text}>>"

    def _by_side(self, veins: Sequence[Vein]) -> list[list[Vein]]:
        groups: dict[str, list[Vein]] = {}
        for vein in veins:
            alone = "name" in _names()[0][vein[0]]
            groups.setdefault(f"{vein[0]}" if alone else vein[1], []).append(vein)
        return list(groups.values())

    def _row(self, veins: Sequence[Vein], role: str) -> str:
        """Several veins of one side in one phrase: "left common and external iliac veins"."""
        if len(veins) == 1:
            return self._one(veins[0], role)
        entries = [_names()[0][name] for name, _ in veins]
        stems = {e.get("stem") for e in entries}
        adjectives = [e["adjective"][0] for e in entries]
        if len(stems) == 1 and None not in stems:
            stem = str(next(iter(stems)))
            adjectives[:-1] = [a.removesuffix(f" {stem}") for a in adjectives[:-1]]
        text = f"{_listed(adjectives)} veins"
        side = veins[0][1]
        if side in ("left", "right"):
            text = f"{self._side(side)} {text}"
        self._told.update(veins)
        if any(name not in _names()[1] for name, _ in veins):
            return text
        return f"<<V:{'+'.join(f'{s} {n}' for n, s in veins)}:{role}|{text}>>"


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
