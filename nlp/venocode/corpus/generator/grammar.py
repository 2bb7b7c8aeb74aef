"""The generator's grammar: productions read from the rule files, chosen and expanded.

A production is a template. ``{rule}`` is another rule, ``{n:8-14/2}`` a number, ``{percent}`` a word given by the caller,
``{the vein:treated}`` a vein phrase in the role ``treated``; ``[a|b|]`` picks one of the alternatives; ``<<A:performed|...>>``
are the inline marks of gold notes (:mod:`venocode.corpus.marked`). ``if: sized !fluoro`` lets a production speak only where
these facts hold.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from venocode.errors import RuleError

FILES = ("access", "acts", "balloon", "boiler", "findings", "frame", "header", "settings", "status")
#: Voices that write sentences, and those that write fragments. ``any`` in a rule file means all of them.
GROUPS = {
    "prose": ("ir", "surgery", "cathlab", "uk"),
    "terse": ("terse", "dialysis"),
}
VOICES = tuple(voice for group in GROUPS.values() for voice in group)

TOKEN = re.compile(r"<<[AVFX][^|<>]*\||>>|\{[^{}]+\}|[\[\]|]")
NUMBER = re.compile(r"n:(\d+)-(\d+)(?:/(\d+))?$")

Facts = frozenset[str]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that the caller, another rule or a vein phrase fills: ``word`` with its ``attribute``."""

    word: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number drawn from ``low`` to ``high`` in steps."""

    low: int
    high: int
    step: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several pieces, equally likely."""

    options: tuple[Template, ...]


Template = tuple["str | Slot | Number | Choice", ...]


@dataclass(frozen=True, slots=True)
class Production:
    """One way to say a rule: its stable name, its template and the facts it asks for or shuns."""

    name: str
    template: Template
    wants: Facts
    shuns: Facts
    weight: float


class Grammar:
    """All productions by rule and voice."""

    def __init__(self, rules: Mapping[str, Mapping[str, tuple[Production, ...]]]) -> None:
        self._rules = rules
        self._asked = {
            rule: frozenset().union(*(p.wants | p.shuns for ps in voices.values() for p in ps))
            for rule, voices in rules.items()
        }
        self._fitting: dict[tuple[str, str, Facts], tuple[Production, ...]] = {}

    def __contains__(self, rule: str) -> bool:
        return rule in self._rules

    @property
    def productions(self) -> dict[str, Production]:
        """Every production by its stable name."""
        return {p.name: p for voices in self._rules.values() for ps in voices.values() for p in ps}

    @property
    def rules(self) -> frozenset[str]:
        """Names of the rules."""
        return frozenset(self._rules)

    def choose(self, rule: str, voice: str, facts: Facts, rng: random.Random) -> Production:
        """One production of a rule.

        Parameters
        ----------
        rule : str
            Name of the rule.
        voice : str
            Voice of the note.
        facts : frozenset of str
            What holds of the note and of the thing told.
        rng : random.Random
            Source of chance.

        Returns
        -------
        Production

        Raises
        ------
        RuleError
            When no production of the rule fits.
        """
        fitting = self.fitting(rule, voice, facts)
        if not fitting:
            raise RuleError(
                f"rule {rule}: no production for voice {voice} and {', '.join(sorted(facts)) or 'no facts'}"
            )
        return fitting[int(rng.random() * len(fitting))]

    def fitting(self, rule: str, voice: str, facts: Facts) -> tuple[Production, ...]:
        """The productions of a rule that may speak; one of weight n stands n times."""
        key = (rule, voice, facts & self._asked[rule])
        found = self._fitting.get(key)
        if found is None:
            found = self._fitting[key] = tuple(
                p
                for p in self._rules[rule].get(voice, ())
                if p.wants <= facts and not p.shuns & facts
                for _ in range(max(1, round(p.weight)))
            )
        return found


def compiled(source: str) -> Template:
    """Parse a template.

    Raises
    ------
    RuleError
        When brackets do not close.
    """
    tokens = list(_tokens(source))
    template, at = _sequence(tokens, 0, inside=False)
    if at != len(tokens):
        raise RuleError(f"template {source!r}: ']' without '['")
    return template


def _tokens(source: str) -> Iterator[str]:
    at = 0
    for m in TOKEN.finditer(source):
        if m.start() > at:
            yield source[at : m.start()]
        yield m.group()
        at = m.end()
    if at < len(source):
        yield source[at:]


def _sequence(tokens: Sequence[str], at: int, inside: bool) -> tuple[Template, int]:
    parts: list[str | Slot | Number | Choice] = []
    while at < len(tokens):
        token = tokens[at]
        if token == "]" or (token == "|" and inside):
            break
        if token == "[":
            choice, at = _choice(tokens, at + 1)
            parts.append(choice)
        elif token[0] == "{" and token[-1] == "}":
            parts.append(_slot(token[1:-1]))
            at += 1
        else:
            parts.append(token)
            at += 1
    return tuple(_joined(parts)), at


def _choice(tokens: Sequence[str], at: int) -> tuple[Choice, int]:
    options: list[Template] = []
    while True:
        option, at = _sequence(tokens, at, inside=True)
        options.append(option)
        if at == len(tokens):
            raise RuleError(f"template with alternatives near {''.join(tokens[-3:])!r}: '[' is not closed")
        if tokens[at] == "]":
            return Choice(tuple(options)), at + 1
        at += 1


def _slot(inner: str) -> Slot | Number:
    m = NUMBER.match(inner)
    if m:
        return Number(int(m.group(1)), int(m.group(2)), int(m.group(3) or 1))
    word, _, attribute = inner.partition(":")
    return Slot(word, attribute)


def _joined(parts: Sequence[str | Slot | Number | Choice]) -> Iterator[str | Slot | Number | Choice]:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
            text = ""
        yield part
    if text:
        yield text


def read_rule_file(name: str) -> dict[str, Any]:
    """One rule file of the generator.

    Raises
    ------
    RuleError
        When it is no valid YAML or lacks its version.
    """
    data = files("venocode.corpus.grammar").joinpath(f"{name}.yaml").read_bytes()
    try:
        content = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise RuleError(f"grammar file {name}.yaml{where} is not valid YAML") from None
    if not isinstance(content, dict) or content.get("version") != 1:
        raise RuleError(f"grammar file {name}.yaml: key 'version' must be 1")
    return content


@lru_cache(maxsize=1)
def load_grammar() -> Grammar:
    """Read the shipped productions once.

    Raises
    ------
    RuleError
        Naming the file and the production at fault.
    """
    rules: dict[str, dict[str, list[Production]]] = {}
    seen: set[str] = set()
    for name in FILES:
        for rule, by_voice in read_rule_file(name)["rules"].items():
            if rule in rules:
                raise RuleError(f"grammar file {name}.yaml: rule {rule} stands in two files")
            voices = rules[rule] = {voice: [] for voice in VOICES}
            for group, entries in by_voice.items():
                for production in _productions(name, entries, seen):
                    for voice in _voices(name, group):
                        voices[voice].append(production)
    return Grammar({rule: {v: tuple(ps) for v, ps in voices.items()} for rule, voices in rules.items()})


def _voices(name: str, group: str) -> tuple[str, ...]:
    if group == "any":
        return VOICES
    if group in GROUPS:
        return GROUPS[group]
    if group in VOICES:
        return (group,)
    raise RuleError(f"grammar file {name}.yaml: unknown voice {group!r}")


def _productions(name: str, entries: Mapping[str, Any], seen: set[str]) -> Iterator[Production]:
    for key, entry in entries.items():
        if key in seen:
            raise RuleError(f"grammar file {name}.yaml: production {key} stands twice")
        seen.add(key)
        told = {"say": entry} if isinstance(entry, str) else entry
        if not isinstance(told, dict) or not isinstance(told.get("say"), str) or set(told) - {"say", "if", "weight"}:
            raise RuleError(f"grammar file {name}.yaml: production {key} must be a text or have 'say', 'if', 'weight'")
        conditions = told.get("if", "").split()
        try:
            template = compiled(told["say"])
        except RuleError as error:
            raise RuleError(f"grammar file {name}.yaml: production {key}: {error}") from None
        yield Production(
            key,
            template,
            frozenset(c for c in conditions if not c.startswith("!")),
            frozenset(c[1:] for c in conditions if c.startswith("!")),
            float(told.get("weight", 1)),
        )
