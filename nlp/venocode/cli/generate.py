"""``venocode corpus generate``: gold notes made from a grammar, for training breadth and load tests."""

from __future__ import annotations

from typing import Annotated

import typer

from venocode.cli.common import say
from venocode.errors import InputError


def generate(
    out: Annotated[
        str,
        typer.Option("-o", "--out", metavar="OUT", help="Gold JSONL, or inline-marked notes when it ends in .notes."),
    ],
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="How many notes.")] = 100,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed gives other notes.")] = 0,
    start: Annotated[int, typer.Option("--start", min=0, help="Index of the first note, to make a part.")] = 0,
    noise: Annotated[bool, typer.Option(help="Lay typos, broken lines and the like over a part of the notes.")] = True,
) -> None:
    """Write generated gold notes: the same seed and index always give the same note.

    Their ids begin with gen-. They train and they test load; they never enter a reported figure.
    """
    from venocode.corpus.generate import generate as make
    from venocode.corpus.generate import to_marked
    from venocode.writers.base import output
    from venocode.writers.jsonl import to_line

    if not out.endswith((".jsonl", ".notes")) and out != "-" and not out.startswith("/dev/"):
        raise InputError(f"{out}: unknown kind of file; end it in .jsonl or .notes")
    with output(out) as stream:
        for note in make(number, seed, start=start, noise=noise):
            stream.write(to_marked(note).encode() if out.endswith(".notes") else to_line(note.to_dict()))
    say(f"{number} generated notes, seed {seed}, in {out}")
