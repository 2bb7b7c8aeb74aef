"""Generated gold notes: language recombined clause by clause, for training breadth and for load tests.

A scenario says what happened, a small policy of its own says what that earns, and a grammar tells it with inline marks.
Generated notes test and train; no figure is ever reported on them: their ids begin with ``gen-``, their style says so, and
:func:`is_generated` keeps them out.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from venocode.corpus import marked
from venocode.corpus.generator.layout import draw_layout, written
from venocode.corpus.generator.noise import noisy
from venocode.corpus.generator.policy import gold_of
from venocode.corpus.generator.scenario import Scenario, draw
from venocode.corpus.gold import GoldNote

PREFIX = "gen-"
STYLE = "generated"


def generate(n: int, seed: int = 0, start: int = 0, noise: bool = True) -> Iterator[GoldNote]:
    """Gold notes one after another, in constant memory.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Another seed gives other notes.
    start : int
        Index of the first: the notes from ``start`` are the same whoever makes those before.
    noise : bool
        Whether typos, broken lines and the like are laid over a part of the notes.

    Yields
    ------
    GoldNote
    """
    for index in range(start, start + n):
        yield generated_note(index, seed, noise=noise)


def generated_note(index: int, seed: int = 0, setting: str | None = None, noise: bool = True) -> GoldNote:
    """One generated note.

    Parameters
    ----------
    index : int
        Its place in the stream of ``seed``; with it alone the note is made.
    seed : int
        Seed of the stream.
    setting : str, optional
        A patient setting (``venocode.corpus.generator.scenario.settings``) instead of a drawn one.
    noise : bool
        Whether noise may be laid over it.

    Returns
    -------
    GoldNote
    """
    rng = random.Random(f"venocode:{seed}:{index}")
    scenario = draw(rng, setting)
    layout = draw_layout(rng, scenario)
    told = written(scenario, layout, rng)
    told, noises = noisy(told, rng) if noise else (told, ())
    text, spans = marked.parse_marked(told)
    return GoldNote(
        note_id=f"{PREFIX}{seed}-{index:06d}",
        style=f"{STYLE}: {layout.name}",
        phenomena=(scenario.setting, *_phenomena(scenario), *noises),
        text=text,
        spans=tuple(spans),
        gold=gold_of(scenario),
    )


def is_generated(note: GoldNote) -> bool:
    """Whether a note came from here: such a note never enters a reported figure."""
    return note.note_id.startswith(PREFIX) or note.style.startswith(STYLE)


def to_marked(note: GoldNote) -> str:
    """One note as a block of a ``.notes`` file, as :func:`venocode.corpus.read_notes` reads it.

    Parameters
    ----------
    note : GoldNote
        A note whose spans do not overlap.

    Returns
    -------
    str
    """
    title = f"{note.note_id} | {note.style} | {', '.join(note.phenomena)}"
    return f"=== {title}\n{json.dumps(note.gold)}\n---\n{marked.to_marked(note.text, note.spans)}\n"


def _phenomena(s: Scenario) -> tuple[str, ...]:
    acts = sorted({f.act for f in s.facts} - {"imaged"})
    holds = {
        "bridging_lesion": s.bridge is not None,
        "stent_bridging_two": s.long_stent is not None,
        "header_body_mismatch": bool(s.title_extra),
        "historical": bool(s.history),
        "old_stent_ballooned": any(f.lesion and f.lesion.kind == "instent" for f in s.facts),
        "two_sides": len({f.vein[1] for f in s.facts} & {"left", "right"}) == 2,
        "missing_access": not s.sites,
        "missing_fluoroscopy": not s.fluoroscopy,
    }
    return (*acts, *(name for name, so in holds.items() if so))
