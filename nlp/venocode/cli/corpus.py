"""``venocode corpus``: the commands on gold notes."""

from __future__ import annotations

import typer

from venocode.cli import generate
from venocode.cli.common import EXIT_CODES, Guarded

app = typer.Typer(name="corpus", cls=Guarded, no_args_is_help=True, help="Gold notes: generate.")


@app.callback()
def top() -> None:
    """Gold notes: generate."""


app.command("generate", epilog=EXIT_CODES)(generate.generate)
