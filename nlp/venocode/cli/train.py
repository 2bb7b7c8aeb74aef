"""``venocode train``: rebuild the classifier from gold notes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from venocode.errors import CorpusError


def train(
    corpora: Annotated[Path, typer.Argument(help="Directory that holds notes/*.notes.")] = Path("corpora"),
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Directory for the model, its manifest and its card.")
    ] = Path("models/vein-head"),
) -> None:
    """Train the classifier on gold notes and write it with its manifest."""
    if not corpora.is_dir():
        raise CorpusError(f"{corpora}: no such directory of gold notes; name the one that holds notes/*.notes")
    from venocode.classifier.training import train as train_model

    for name, value in train_model(corpora, out).items():
        typer.echo(f"{name}: {value}")
