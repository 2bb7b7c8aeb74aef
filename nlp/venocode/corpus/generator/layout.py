"""Laying out: the sections of a note become its text, in the manner of its voice."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from venocode.corpus.generator import compose
from venocode.corpus.generator.grammar import read_rule_file
from venocode.corpus.generator.scenario import Scenario, weighted
from venocode.corpus.generator.teller import Teller

AROUND: Mapping[str, Callable[[Teller], list[str]]] = {
    "title": compose.title,
    "indication": compose.indication,
    "consent": compose.consent,
    "diagnosis": compose.diagnosis,
    "impression": compose.impression,
    "plan": compose.plan,
}
#: Sections that every note of a layout has, whatever chance says.
FIRM = frozenset({"technique", "findings", "result"})
LISTS = frozenset({"bullets", "numbered"})


@dataclass(frozen=True, slots=True)
class Layout:
    """How a note is laid out (``grammar/layouts.yaml``)."""

    name: str
    voice: str
    weight: float
    heads: str
    body: str
    findings: str
    sections: tuple[str, ...]


@lru_cache(maxsize=1)
def layouts() -> dict[str, Layout]:
    """The shipped layouts by name."""
    book = read_rule_file("layouts")["layouts"]
    return {
        name: Layout(name, e["voice"], e["weight"], e["heads"], e["body"], e["findings"], tuple(e["sections"]))
        for name, e in book.items()
    }


@lru_cache(maxsize=2)
def _spelling(key: str) -> tuple[re.Pattern[str], dict[str, str]]:
    words = read_rule_file("layouts")[key]
    return re.compile(rf"\b(?:{'|'.join(words)})\b"), words


def _respelled(text: str, key: str) -> str:
    """Words said otherwise; attributes of marks hold none of them."""
    pattern, words = _spelling(key)
    return pattern.sub(lambda m: words[m.group()], text)


def draw_layout(rng: random.Random, scenario: Scenario) -> Layout:
    """A layout whose voice tells such cases."""
    known = layouts()
    weights = {name: layout.weight for name, layout in known.items()}
    if "circuit" in scenario.known:
        weights = {n: w * (3 if known[n].voice == "dialysis" else 1) for n, w in weights.items()}
    elif scenario.setting not in ("catheter", "exchange", "old_access"):
        weights = {n: w for n, w in weights.items() if known[n].voice != "dialysis"}
    if not scenario.has_body or scenario.title_extra:
        weights = {n: w for n, w in weights.items() if "title" in known[n].sections}
    return known[weighted(rng, weights)]


def written(scenario: Scenario, layout: Layout, rng: random.Random) -> str:
    """The marked text of a note, clean of noise.

    Parameters
    ----------
    scenario : Scenario
        What happened.
    layout : Layout
        Voice and arrangement.
    rng : random.Random
        Source of chance.

    Returns
    -------
    str
    """
    t = Teller(scenario, layout.voice, rng)
    parts = _sections(t, layout)
    text = _archive(t, layout, parts) if layout.body == "archive" else _page(t, layout, parts)
    text = text.lstrip("\n")
    if layout.voice == "uk":
        text = _respelled(text, "british")
    if "artery" in scenario.known:
        text = _respelled(text, "arterial")
    return text


def _sections(t: Teller, layout: Layout) -> list[tuple[str, list[str]]]:
    s = t.scenario
    wanted = [x for x in layout.sections if x != "banner"]
    if not s.has_body:
        return [("title", compose.title(t))]
    if s.title == "none":
        wanted = [x for x in wanted if x != "title"]
    parts: dict[str, list[str]] = {}
    for name in wanted:  # what stands first is told first, so that sides are told before they are left out
        if name in FIRM:
            if "technique" not in parts:
                told = compose.tell(t, layout.findings)
                parts["findings"], parts["technique"], parts["result"] = (
                    list(told.findings), list(told.technique), list(told.result))  # fmt: skip
        elif name == "indication" or t.chance(0.75) or (name == "title" and s.title_extra):
            parts[name] = AROUND[name](t)
        elif name == "title":
            parts[name] = []
    return _placed(wanted, parts)


def _placed(wanted: Sequence[str], parts: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    """Findings and result go with the technique where the layout has no section for them."""
    technique = list(parts["technique"])
    if "findings" not in wanted:
        technique += parts["findings"]
    if "result" not in wanted and "findings" in wanted and wanted.index("findings") > wanted.index("technique"):
        parts = {**parts, "findings": [*parts["findings"], *parts["result"]]}
    elif "result" not in wanted:
        technique += parts["result"]
    parts = {**parts, "technique": technique}
    return [(name, parts[name]) for name in wanted if parts.get(name)]


def _page(t: Teller, layout: Layout, parts: Sequence[tuple[str, list[str]]]) -> str:
    blocks = []
    if "banner" in layout.sections and t.chance(0.8):
        blocks.append(t.say("banner"))
    if t.chance(0.7):
        blocks.append(t.say("details"))
    for name, lines in parts:
        head = layout.heads.format(head=t.say(f"head_{name}")) if layout.heads else ""
        blocks.append(_block(head, _body(t, layout, name, lines)))
    tail = t.say("tail")
    return ("\n" if layout.body == "lines" else "\n\n").join([*blocks, *([tail] if tail else [])]) + "\n"


def _block(head: str, body: str) -> str:
    if not head:
        return body
    if body.startswith("\n"):
        return head.rstrip() + body
    return head + body if head.endswith(("\n", " ")) else f"{head} {body}" if head.endswith(":") else f"{head}\n{body}"


def _body(t: Teller, layout: Layout, name: str, lines: Sequence[str]) -> str:
    if name == "title" and len(lines) > 1:
        return "".join(f"\n{i}. {t.sentence(line).rstrip('.')}" for i, line in enumerate(lines, 1))
    told = [t.sentence(line) for line in lines]
    if layout.body == "timed" and name == "technique":
        minute = 480 + int(t.rng.random() * 480)
        stamped = []
        for line in told:
            minute += 1 + int(t.rng.random() * 6)
            stamped.append(f"\n{minute // 60:02d}:{minute % 60:02d} {line}")
        return "".join(stamped)
    if layout.body in LISTS and name in ("technique", "findings", "result"):
        return "".join(f"\n {'-' if layout.body == 'bullets' else f'{i})'} {line}" for i, line in enumerate(told, 1))
    if layout.body == "lines" and name == "technique":
        return "".join(f"\n{line}" for line in told)
    return _paragraph(t, name, told)


def _paragraph(t: Teller, name: str, told: Sequence[str]) -> str:
    """Sentences in a row; a long technique falls into paragraphs."""
    text = told[0]
    since = 1
    for line in told[1:]:
        cut = name == "technique" and since > 3 and t.chance(0.2)
        ended = text.endswith((".", ":", "?"))
        text += ("\n" if cut else " " if ended else ", " if t.chance(0.5) else ". ") + line
        since = 1 if cut else since + 1
    return text


def _archive(t: Teller, layout: Layout, parts: Sequence[tuple[str, list[str]]]) -> str:
    """A transcription archive: no line breaks, commas where they were."""
    pieces = []
    for name, lines in parts:
        head = layout.heads.format(head=t.say(f"head_{name}").upper())
        told = [t.sentence(line) for line in lines]
        listed = name == "title" and len(told) > 1
        body = ",".join(f"{i}.  {line}" for i, line in enumerate(told, 1)) if listed else " ".join(told)
        pieces.append(head + body)
    return ",".join(pieces) + "\n"
