"""``venocode code``: one note."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from venocode.cli.common import EncodingOption, ModelOption, PolicyOption, engine_for, say
from venocode.errors import InputError
from venocode.readers.note import read_note
from venocode.writers.base import is_stdout, output


def code(
    note: Annotated[str, typer.Argument(metavar="NOTE", help="Text, HTML, RTF or Word file, or - for standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result record as JSON.")] = False,
    html: Annotated[
        str | None, typer.Option("--html", metavar="OUT", help="Write one self-contained page with the marked note.")
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Show for each vein and for the note the features and weights that decided."),
    ] = False,
    note_id: Annotated[
        str | None, typer.Option("--note-id", help="Id for the record; the file name without suffix otherwise.")
    ] = None,
    policy: PolicyOption = None,
    model: ModelOption = None,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Code one note: codes with units, every vein with its decision, reason and evidence, flags and lane."""
    page_on_stdout = html is not None and is_stdout(html)
    if as_json and page_on_stdout:
        raise InputError("--json and --html both write to standard output; give --html a file")
    text = read_note(note, encoding, sys.stdin.buffer)
    result = engine_for(policy, model).code(text, note_id=note_id or default_id(note))
    if html is not None:
        from venocode.writers.html import render_page

        with output(html) as stream:
            stream.write(render_page(text, result).encode("utf-8"))
        say(f"page written to {'standard output' if page_on_stdout else html}")
    if as_json:
        typer.echo(json.dumps(result.to_dict(explain), ensure_ascii=False, indent=2).encode("utf-8"))
        return
    if page_on_stdout:
        return
    from rich.console import Console

    from venocode.writers.console import show

    show(result, Console(file=sys.stdout), explain)


def default_id(note: str) -> str:
    """The id of a note that was given none."""
    return "note" if note == "-" else Path(note).stem or "note"
