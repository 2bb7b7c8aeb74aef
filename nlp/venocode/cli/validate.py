"""``venocode corpus validate``: everything that is wrong in gold notes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from venocode.cli.common import say


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Corpus files, or directories of them.")],
) -> None:
    """Check gold notes: every problem of every note, with its remedy.

    Errors break the format, the guideline or the coding policy. Warnings are contradictions that can be meant. Findings go
    to standard output, one a line.
    """
    from venocode.corpus.formats import corpus_files
    from venocode.corpus.validate import ERROR, WARNING
    from venocode.corpus.validate import validate as check
    from venocode.writers.console import clean

    result = check(corpus_files(files))
    for finding in result.findings:
        typer.echo(clean(str(finding)))
    say(f"notes: {result.notes}, errors: {result.count(ERROR)}, warnings: {result.count(WARNING)}")
    if result.count(ERROR):
        raise typer.Exit(1)
