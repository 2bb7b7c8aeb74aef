"""``venocode corpus convert``: gold notes from one format to another."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from venocode.cli.common import say


class CorpusFormat(StrEnum):
    """Formats of gold notes (``venocode.corpus.formats``)."""

    notes = "notes"
    jsonl = "jsonl"
    brat = "brat"
    conll = "conll"
    labelstudio = "labelstudio"
    docbin = "docbin"


FormatOption = CorpusFormat | None


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A corpus file, or the directory of a brat corpus.")],
    out: Annotated[
        str, typer.Argument(metavar="OUT", help="A file, - for standard output, or a new directory for brat.")
    ],
    source_format: Annotated[
        FormatOption, typer.Option("--from", help="Format of IN, when its name does not tell.")
    ] = None,
    out_format: Annotated[
        FormatOption, typer.Option("--to", help="Format of OUT, when its name does not tell.")
    ] = None,
) -> None:
    """Convert gold notes without loss: .notes, .jsonl, .brat, .conll, .json (Label Studio), .spacy (DocBin).

    A note that a format cannot carry is refused with its id and the reason, and nothing is written.
    """
    from venocode.corpus.formats import read_corpus, write_corpus

    notes = list(read_corpus(source, source_format))
    write_corpus(notes, out, out_format)
    say(f"notes written: {len(notes)}")
