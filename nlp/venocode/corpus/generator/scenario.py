"""What happened: scenarios drawn from ``grammar/scenarios.yaml``, before a word is written.

A scenario is a plain record; the policy (:mod:`venocode.corpus.generator.policy`) and the language read it and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

from venocode.anatomy import OPPOSITE, side_of, touches
from venocode.corpus.generator.grammar import read_rule_file

T = TypeVar("T")
Vein = tuple[str, str]

#: What a balloon did in a vein that is no angioplasty (policy P13).
OTHER_BALLOON = frozenset({"macerated", "sheath", "freed", "swept", "sized"})
CIRCUITS = frozenset({"fistula", "graft"})


@dataclass(frozen=True, slots=True)
class Lesion:
    """What was seen: ``kind`` stenosis, occlusion, instent or mild; percent of narrowing; length in cm."""

    kind: str
    percent: int
    length: int


@dataclass(frozen=True, slots=True)
class Site:
    """Where a vessel was entered; ``tract``: over an existing catheter."""

    vessel: str
    side: str
    approach: str
    tract: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One vein of the note: what was seen and what was done to it in this session.

    ``act``: imaged, ballooned, stented, attempted, negated, planned, or one of ``OTHER_BALLOON``. ``around``: pre, post,
    both or none, the dilations of a stent. ``site``: index of the access by which it was reached.
    """

    vein: Vein
    act: str
    lesion: Lesion | None
    balloon: int
    residual: int
    around: str = "none"
    site: int = 0
    lesion_told: bool = True


@dataclass(frozen=True, slots=True)
class Scenario:
    """One session. ``bridge`` and ``long_stent``: pairs of ``facts`` with one lesion or one stent over both."""

    setting: str
    side: str
    facts: tuple[Fact, ...]
    sites: tuple[Site, ...]
    known: frozenset[str] = frozenset()
    bridge: tuple[int, int] | None = None
    long_stent: tuple[int, int] | None = None
    history: tuple[Vein, ...] = ()
    title: str = "agrees"
    title_extra: tuple[Vein, ...] = ()
    fluoroscopy: bool = True
    sized: bool = True
    result: bool = True
    age: int = 60
    female: bool = False

    @property
    def has_body(self) -> bool:
        """Whether the note has more than its title."""
        return "title_alone" not in self.known

    def doing(self, *acts: str) -> tuple[Fact, ...]:
        """The facts with one of these acts, in the order told."""
        return tuple(f for f in self.facts if f.act in acts)


@lru_cache(maxsize=1)
def _book() -> tuple[dict[str, Any], dict[str, Any], dict[str, list[int]]]:
    book, names = read_rule_file("scenarios"), read_rule_file("names")
    balloons = {name: entry["balloon"] for group in ("veins", "others") for name, entry in names[group].items()}
    return book["settings"], book["acts"], balloons


def settings() -> tuple[str, ...]:
    """Names of the patient settings."""
    return tuple(_book()[0])


def pick(rng: random.Random, options: Sequence[T]) -> T:
    """One of the options; faster than ``rng.choice`` and the same on every Python."""
    return options[int(rng.random() * len(options))]


def weighted(rng: random.Random, weights: Mapping[str, float]) -> str:
    """One of the keys, as likely as its weight."""
    at = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        at -= weight
        if at < 0:
            return key
    return key


def draw(rng: random.Random, setting: str | None = None) -> Scenario:
    """Draw one scenario.

    Parameters
    ----------
    rng : random.Random
        Source of chance; the same state gives the same scenario.
    setting : str, optional
        A patient setting instead of a drawn one.

    Returns
    -------
    Scenario
    """
    book, acts, balloons = _book()
    name = setting or weighted(rng, {k: v["weight"] for k, v in book.items()})
    entry = book[name]
    side = "unknown" if entry.get("unsided") else pick(rng, ("left", "right"))
    chain = [_vein(word, side) for word in pick(rng, entry["chains"])]
    chances = entry.get("acts", acts)
    facts = _facts(rng, chain, entry, chances, balloons)
    if rng.random() < entry.get("bilateral", 0) and side != "unknown":
        other = [_vein(word[0], _opposite(word[1])) for word in chain if word[1] == side]
        facts += _facts(rng, other[-2:], {"lesions": [1, 1]}, chances, balloons)
    sites = _sites(rng, entry, side, chain)
    if len(sites) == 2 and "circuit" in entry.get("facts", ()):
        last = max(i for i, f in enumerate(facts) if f.act == "ballooned")
        facts = [replace(f, site=1) if i == last else f for i, f in enumerate(facts)]
    scenario = Scenario(
        setting=name,
        side=side,
        facts=tuple(facts),
        sites=sites,
        known=frozenset(entry.get("facts", ())),
        fluoroscopy=rng.random() < 0.93,
        sized=rng.random() < 0.94 or any(f.act in OTHER_BALLOON or f.act == "stented" for f in facts),
        result=rng.random() < 0.94,
        age=20 + int(rng.random() * 65),
        female=rng.random() < 0.5,
    )
    return _titled(rng, _remembered(rng, _untold(rng, _joined(rng, scenario))))


def _vein(word: str, side: str) -> Vein:
    first, _, rest = word.partition(" ")
    name, at = (rest, first) if rest else (word, side)
    if at in ("same", "other"):
        at = side if at == "same" else _opposite(side)
    return name, side_of(name, at)


def _opposite(side: str) -> str:
    return OPPOSITE.get(side, side)


def _facts(
    rng: random.Random, chain: Sequence[Vein], entry: Mapping[str, Any], acts: Mapping[str, float], balloons: Any
) -> list[Fact]:
    """What is seen and done along one chain of veins."""
    low, high = entry["lesions"]
    free = [i for i, vein in enumerate(chain) if vein[0] in entry.get("focus", (vein[0],))]
    wanted = min(low + int(rng.random() * (high - low + 1)), len(free))
    sick: set[int] = set()
    while len(sick) < wanted:
        sick.add(pick(rng, free))
    facts = [
        _fact(rng, vein, weighted(rng, acts) if i in sick else "imaged", balloons[vein[0]])
        for i, vein in enumerate(chain)
        if i in sick or ("title_alone" not in entry.get("facts", ()) and rng.random() < 0.65)
    ]
    tried = [i for i, f in enumerate(facts) if f.act == "attempted"]
    return [replace(f, act="ballooned") if f.act == "attempted" and i != tried[-1] else f for i, f in enumerate(facts)]


def _fact(rng: random.Random, vein: Vein, act: str, balloons: Sequence[int]) -> Fact:
    percent = 60 + 5 * int(rng.random() * 7)
    length = 1 + int(rng.random() * 5)
    around = weighted(rng, {"none": 1, "pre": 2, "post": 3, "both": 4}) if act == "stented" else "none"
    kind = "occlusion" if rng.random() < 0.15 else "stenosis"
    lesion: Lesion | None = Lesion(kind, percent, length)
    if act == "instent":
        act, lesion = "ballooned", Lesion("instent", percent, length)
    elif act == "attempted":
        lesion = Lesion("occlusion", percent, length)
    elif act == "negated" and rng.random() < 0.5:
        lesion = Lesion("mild", 20 + 5 * int(rng.random() * 5), length)
    elif act == "imaged":
        lesion = Lesion("mild", 20 + 5 * int(rng.random() * 5), length) if rng.random() < 0.12 else None
    elif act in ("freed", "swept", "sized", "sheath"):
        lesion = None
    return Fact(vein, act, lesion, pick(rng, balloons), 5 * int(1 + rng.random() * 6), around)


def _sites(rng: random.Random, entry: Mapping[str, Any], side: str, chain: Sequence[Vein]) -> tuple[Site, ...]:
    words = [pick(rng, entry["sites"])]
    if "second" in entry and (rng.random() < 0.15 or "circuit" in entry.get("facts", ())):
        words.append(pick(rng, entry["second"]))
    sites: list[Site] = []
    for word in words:
        if word == "none" or ("facts" not in entry and rng.random() < 0.03):  # not told
            continue
        *before, how = word.split(" ") if word.endswith((" open", " tract")) else (*word.split(" "), "percutaneous")
        vessel, at = (chain[0][0], chain[0][1]) if before == ["chain"] else _vein(" ".join(before), side)
        site = Site(vessel, at, "open" if how == "open" else "percutaneous", how == "tract")
        if all((site.vessel, site.side) != (s.vessel, s.side) for s in sites):
            sites.append(site)
    return tuple(sites)


def _joined(rng: random.Random, s: Scenario) -> Scenario:
    """Neighbours with one lesion, or one stent, over both."""
    for i in range(len(s.facts) - 1):
        first, second = s.facts[i], s.facts[i + 1]
        if first.vein[1] != second.vein[1] and "none" not in (first.vein[1], second.vein[1]):
            continue
        if not touches(first.vein[0], second.vein[0]) or first.site != second.site:
            continue
        if first.act == second.act == "stented":
            facts = (*s.facts[: i + 1], replace(second, around=first.around), *s.facts[i + 2 :])
            return replace(s, facts=facts, long_stent=(i, i + 1))
        whole = {f.lesion.kind for f in (first, second) if f.lesion} <= {"stenosis", "occlusion"}
        if first.act == second.act == "ballooned" and whole and s.has_body and rng.random() < 0.3 and not s.known:
            facts = (*s.facts[: i + 1], replace(second, lesion=first.lesion), *s.facts[i + 2 :])
            return replace(s, facts=facts, bridge=(i, i + 1))
    return s


def _untold(rng: random.Random, s: Scenario) -> Scenario:
    """Leave out what notes leave out: the lesion of the only vein treated."""
    if not s.has_body:
        return replace(s, fluoroscopy=False, sized=False, result=False)
    acted = [f for f in s.facts if f.act != "imaged"]
    plain = len(acted) == 1 and acted[0].act == "ballooned" and acted[0].lesion and acted[0].lesion.kind != "instent"
    if plain and s.setting in ("leg", "chest", "lead", "catheter", "renal") and rng.random() < 0.12:
        return replace(s, facts=tuple(replace(f, lesion_told=f.act == "imaged") for f in s.facts))
    return s


def _remembered(rng: random.Random, s: Scenario) -> Scenario:
    """An earlier balloon in a vein that is only looked at, or treated again, today."""
    open_to = [f.vein for f in s.facts if f.act in ("imaged", "ballooned") and f.lesion_told]
    if (
        not open_to
        or not s.has_body
        or s.setting in ("unnamed", "unsided", "creation", "artery")
        or rng.random() > 0.25
    ):
        return s
    return replace(s, history=(pick(rng, open_to),))


def _titled(rng: random.Random, s: Scenario) -> Scenario:
    """What the title says: the veins treated, only the act, nothing, or a vein too many (policy P16)."""
    if not s.has_body:
        return replace(s, title="agrees")
    if s.setting in ("unnamed", "unsided"):
        return replace(s, title=pick(rng, ("generic", "none")))
    spare = [
        f.vein for f in s.facts if f.act == "imaged" and f.vein not in s.history and not s.known & {"artery", "baffle"}
    ]
    if spare and s.doing("ballooned") and rng.random() < 0.09:
        return replace(s, title="agrees", title_extra=(pick(rng, spare),))
    return replace(s, title=weighted(rng, {"agrees": 6, "generic": 2, "none": 1.5}))
