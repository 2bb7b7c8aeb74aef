"""The command line: one file a command. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

from typing import Annotated

import typer

from venocode import __version__
from venocode.cli import batch, calibrate, code, corpus, train
from venocode.cli.common import EXIT_CODES, Guarded, markup_mode, tolerant_streams

app = typer.Typer(
    name="venocode",
    cls=Guarded,
    help="Read operative notes and say which veins were widened by balloon: units of 37248 and 37249, with evidence.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=markup_mode(),
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"venocode {__version__}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Hold the options of the program itself."""


app.command("code", epilog=EXIT_CODES)(code.code)
app.command("batch", epilog=EXIT_CODES)(batch.batch)
app.command("train", epilog=EXIT_CODES)(train.train)
app.command("calibrate", epilog=EXIT_CODES)(calibrate.calibrate)
app.add_typer(corpus.app, name="corpus")


def main() -> None:
    """Entry point of the console script."""
    tolerant_streams()
    app()
