"""``venocode train``: rebuild the classifier from gold notes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from venocode.errors import CorpusError


def train(
    corpora: Annotated[Path, typer.Argument(help="Directory of gold notes.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Directory for the model, its manifest and its card.")],
) -> None:
    """Train the classifier on gold notes and write it with its manifest."""
    if not corpora.is_dir():
        raise CorpusError(f"{corpora}: no such directory of gold notes; give the one that holds the .notes files")
    from venocode.classifier.training import train as train_model

    for name, value in train_model(corpora, out).items():
        typer.echo(f"{name}: {value}")
