"""Rule files: the domain knowledge, readable, with stable ids.

Every YAML file of this folder is checked against its schema when loaded; a fault is reported with file and key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from venocode.errors import RuleError

FILES = ("access", "angioplasty", "devices", "fluoroscopy", "policy", "sections", "spelling", "status", "veins")


@dataclass(frozen=True, slots=True)
class Entry:
    """One literal of the lexicon: what it stands for and the rule it comes from."""

    literal: str
    kind: str
    value: Any
    rule: str


@dataclass(frozen=True, slots=True)
class Cue:
    """What a status cue does (ConText direction, reach in tokens)."""

    category: str
    direction: str
    scope: int


@dataclass(frozen=True)
class Rules:
    """All rule files, loaded and checked."""

    raw: dict[str, Any]
    digest: str
    stems: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.raw[name]


def _read(name: str) -> tuple[Any, bytes]:
    data = files("venocode.rules").joinpath(f"{name}.yaml").read_bytes()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(data, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise RuleError(f"rule file {name}.yaml{where} is not valid YAML") from None
    if not isinstance(content, dict) or content.get("version") != 1:
        raise RuleError(f"rule file {name}.yaml: key 'version' must be 1")
    return content, data


@lru_cache(maxsize=1)
def load_rules() -> Rules:
    """Read the shipped rule files once.

    Raises
    ------
    RuleError
        Naming the file and key that do not follow the schema.
    """
    raw: dict[str, Any] = {}
    digest = hashlib.sha256()
    for name in FILES:
        raw[name], data = _read(name)
        digest.update(data)
    stems = {word: stem for stem in raw["veins"]["stems"] for word in stem["words"]}
    return Rules(raw, digest.hexdigest(), stems)


def entries(rules: Rules) -> Iterator[Entry]:
    """Every literal of every rule file, for one matcher pass."""
    yield from _vein_entries(rules["veins"])
    for rule in rules["angioplasty"]["rules"]:
        yield from _words(rule, "angioplasty", rule["kind"])
    for rule in rules["angioplasty"]["not"]:
        yield from _words(rule, "not_angioplasty", None)
    for rule in rules["access"]["rules"]:
        yield from _words(rule, "access", (rule["kind"], rule["approach"]))
    for rule in rules["access"]["not"]:
        yield from _words(rule, "not_access", None)
    for rule in rules["fluoroscopy"]["rules"]:
        yield from _words(rule, "fluoroscopy", rule.get("context"))
    for name, group in rules["devices"]["groups"].items():
        yield from _words(group, name, None)
    for cue in rules["status"]["cues"]:
        value = Cue(cue["category"], cue["direction"], cue.get("scope", 0))
        yield from _words(cue, "cue", value)


def _words(rule: dict[str, Any], kind: str, value: Any) -> Iterator[Entry]:
    for word in rule["words"]:
        yield Entry(str(word), kind, value, rule["id"])


def _vein_entries(veins: dict[str, Any]) -> Iterator[Entry]:
    for side, words in veins["sides"].items():
        for word in words:
            yield Entry(word, "side", side, "SIDE-001")
    for head, words in veins["heads"].items():
        for word in words:
            yield Entry(word, "head", head, "HEAD-001")
    for word in veins["qualifiers"]:
        yield Entry(word, "qualifier", word, "QUAL-001")
    for word, meaning in veins["qualifier_short"].items():
        yield Entry(word, "qualifier", meaning, "QUAL-002")
    for stem in veins["stems"]:
        for word in stem["words"]:
            yield Entry(word, "stem", stem, stem["id"])
    for full in veins["full"]:
        yield from _full(full, "full", (full["vein"], None, full.get("headless", "vein")))
    for art in veins["arteries"]:
        yield from _full(art, "artery", (art["vessel"], None, "artery"))


def _full(rule: dict[str, Any], kind: str, value: tuple[str, str | None, str]) -> Iterator[Entry]:
    for word in rule["words"]:
        if not rule.get("only_sided"):
            yield Entry(word, kind, value, rule["id"])
        if rule.get("sided"):
            for letter, side in (("r", "right"), ("l", "left")):
                yield Entry(f"{letter}{word}", kind, (value[0], side, value[2]), rule["id"])


@lru_cache(maxsize=1)
def key_words() -> frozenset[str]:
    """Every word of the lexicon: a token spelled like one of them is never respelled."""
    words: set[str] = set()
    for entry in entries(load_rules()):
        words.update(re.findall(r"[a-z]+", entry.literal.lower()))
    return frozenset(words)
