"""``venocode corpus``: the tools around gold notes, one file a command; each is registered here."""

from __future__ import annotations

import typer

from venocode.cli import convert, describe, generate, validate
from venocode.cli.common import markup_mode

EXIT_CODES = (
    "Exit codes: 0 all is well; 1 validate found errors, or something unexpected failed; 2 wrong usage or input."
)

app = typer.Typer(
    help="Check, count, convert and make gold notes.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=markup_mode(),
)

app.command("validate", epilog=EXIT_CODES)(validate.validate)
app.command("describe", epilog=EXIT_CODES)(describe.describe)
app.command("convert", epilog=EXIT_CODES)(convert.convert)
app.command("generate", epilog=EXIT_CODES)(generate.generate)
