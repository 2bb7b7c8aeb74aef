"""``venocode corpus describe``: what a corpus is made of."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from venocode.errors import CorpusError

if TYPE_CHECKING:
    from rich.table import Table

    from venocode.corpus.describe import Description


def describe(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Corpus files, or directories of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the tables of a datasheet.")] = False,
) -> None:
    """Count notes, words, marks, attributes, codes, reasons, flags and tags, one voice (file) at a time and together."""
    if as_json and as_markdown:
        raise CorpusError("--json and --markdown both write to standard output; choose one")
    from venocode.corpus.describe import describe as count
    from venocode.corpus.describe import markdown
    from venocode.corpus.formats import corpus_files, read_corpus

    notes = {path: list(read_corpus(path)) for path in corpus_files(files)}
    voices = {_voice(path, list(notes)): count(held) for path, held in notes.items()}
    total = count(note for held in notes.values() for note in held)
    if as_json:
        record = {"total": total.to_dict(), "voices": {name: counts.to_dict() for name, counts in voices.items()}}
        typer.echo(json.dumps(record, ensure_ascii=False, indent=2).encode("utf-8"))
    elif as_markdown:
        typer.echo(markdown(voices, total), nl=False)
    else:
        _show(voices, total)


def _voice(path: Path, among: list[Path]) -> str:
    """The name of a voice: the file without suffix, with its directory where two would be called alike."""
    return path.stem if sum(other.stem == path.stem for other in among) == 1 else str(path)


def _show(voices: Mapping[str, Description], total: Description) -> None:
    from rich.console import Console

    from venocode.corpus.describe import SHORT, VOICE_COLUMNS, voice_rows

    console = Console(file=sys.stdout, soft_wrap=True)
    table = _table("", *VOICE_COLUMNS)
    for row in voice_rows(voices, total):
        table.add_row(*row)
    console.print(table)
    console.print(f"\n{', '.join(f'{short} {label.lower()}' for label, short in SHORT.items())}", highlight=False)
    console.print(f"review: {total.review} of {total.notes} notes ({100 * total.review_share:.0f} %)", highlight=False)
    units = {"1 unit" if n == 1 else f"{n} units": count for n, count in total.units_per_note.items()}
    parts = {
        "codes (units)": total.codes, "notes by units": units, **total.attributes, "vein": total.veins,
        "not counted": total.not_counted, "access": total.access, "flag": total.flags, "phenomenon": total.phenomena,
    }  # fmt: skip
    for title, counts in parts.items():
        console.print()
        table = _table("", title, "count")
        for name, n in counts.items():
            table.add_row(name, str(n))
        console.print(table)


def _table(title: str, first: str, *numbers: str) -> Table:
    from rich.table import Table

    table = Table(title=title or None, box=None, pad_edge=False, header_style="bold")
    table.add_column(first, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table
